"""The parts of one section: its “why this matters”, its links, the issues it cites."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import Line, is_titled
from backissue.records import (
    CUT_SHORT,
    Block,
    BlockKind,
    Facts,
    Flaw,
    Link,
    Part,
    Passage,
    Section,
    SectionKind,
)
from backissue.text.boilerplate import says_cut
from backissue.text.prose import count_words, cut, plain, squeeze, squeeze_runs

# Lines that the head of a message in a digest may have.
_LONGEST_MESSAGE_HEAD: Final = 12
# Characters: what is longer below `Tech Tales:` is the tale, and not its title.
_LONGEST_TALE_TITLE: Final = 120
# Characters of the opening words that stand in for a heading.
_LONGEST_EXCERPT: Final = 72
_MESSAGE_HEAD = re.compile(
    r"(?P<name>From|Subject|Date|To|Cc|Reply-To|Sender|Message|Message-ID|Organization|Newsgroups)"
    r":\s*(?P<value>.*)"
)


class _Why(Struct, frozen=True, kw_only=True):
    """The place of a section's passage: its blocks are `start` to `end`, without the last."""

    label: grammar.Label
    start: int
    end: int


class Top(Struct, frozen=True):
    """A section's heading, from the line `head`, and its deck; `blocks` are below these."""

    heading: str
    blocks: Sequence[Block]
    deck: str | None = None
    head: Block | None = None


def make_section(
    lines: Sequence[Line], top: Top, *, position: int, kind: SectionKind, facts: Facts
) -> Section:
    """The section that these lines are. What its heading links to is its first link."""
    # A tale may say “Watch: …”; only what the author linked is a link in it.
    parted, links = _part_links(top.blocks, guess=kind is SectionKind.STORY)
    links = (*(_links(top.head, None) if top.head else ()), *links)
    why = _find_why(parted) if kind is SectionKind.STORY else None
    if why:
        inside = range(why.start, why.end)
        parted = [
            replace(block, part=Part.WHY) if place in inside else block
            for place, block in enumerate(parted)
        ]
    text = plain(parted)
    return Section(
        position=position,
        kind=kind,
        heading=top.heading,
        deck=top.deck,
        blocks=tuple(parted),
        why=_passage(parted, why) if why else None,
        links=links,
        mentions=tuple(sorted(grammar.mentions(text, facts.publication, facts.number))),
        words=count_words(text),
        repairs=tuple(repair for line in lines for repair in line.repairs),
        flaws=tuple(flaw for line in lines for flaw in line.flaws),
    )


def _part_links(blocks: Sequence[Block], *, guess: bool) -> tuple[list[Block], tuple[Link, ...]]:
    """The blocks with their link lines marked, and every link in order."""
    parted: list[Block] = []
    links: list[Link] = []
    label_above: str | None = None
    for block in blocks:
        line = grammar.link_line(block) if guess else None
        if label_above and (block.joined or _is_one_link(block)) and not line:
            # `Get the benchmark here:` stands alone, and what it points to on the next line.
            line = grammar.LinkLine(label=label_above, rest=block.text.removesuffix("."), start=0)
        label_above = line.label if line and not line.rest else None
        parted.append(replace(block, part=Part.LINK) if line else block)
        if not label_above:
            links.extend(_links(block, line))
    return parted, tuple(links)


def _is_one_link(block: Block) -> bool:
    """Whether a paragraph is but what a label above it points to: a link and its full stop."""
    unlinked = "".join(run.text for run in block.runs if not run.url)
    return block.kind is BlockKind.PARAGRAPH and unlinked.strip(" .") == "" and block.text != ""


def _links(block: Block, line: grammar.LinkLine | None) -> list[Link]:
    """The links of one block; a link line of a format that keeps no URLs is one without."""
    anchors = _anchors(block)
    if not anchors:
        return [Link(label=line.label, text=line.rest, url=None)] if line and line.rest else []
    first = anchors[0]
    labelled = line is not None and not block.text[line.start : first[0]].strip()
    return [
        Link(
            label=line.label if line and labelled and place == 0 else None,
            text=squeeze(text),
            url=url,
        )
        for place, (_, text, url) in enumerate(anchors)
    ]


def _anchors(block: Block) -> list[tuple[int, str, str]]:
    """Offset, words and target of each link; neighbours with one target are one link."""
    anchors: list[tuple[int, str, str]] = []
    place, end = 0, -1
    for run in block.runs:
        if run.url:
            if anchors and end == place and anchors[-1][2] == run.url:
                start, text, url = anchors[-1]
                anchors[-1] = (start, text + run.text, url)
            else:
                anchors.append((place, run.text, run.url))
            end = place + len(run.text)
        place += len(run.text)
    return [anchor for anchor in anchors if anchor[1].strip()]


def _find_why(blocks: Sequence[Block]) -> _Why | None:
    """The section's first labelled passage, over its continuation lines."""
    bold_kept = any(run.strong for block in blocks for run in block.runs)
    for start, block in enumerate(blocks):
        if label := grammar.why_label(block):
            end = start + 1
            while (
                end < len(blocks)
                and not _ends_passage(blocks[end], bold_kept=bold_kept)
                and not _ends_item(block, blocks[end])
            ):
                end += 1
            return _Why(label=label, start=start, end=end)
    return None


def _ends_passage(block: Block, *, bold_kept: bool) -> bool:
    return (
        block.part is Part.LINK
        or block.kind in {BlockKind.RULE, BlockKind.HEADING}
        or grammar.is_why_heading(block)
        or (grammar.is_in_capitals(block.text) and not block.joined)
        or grammar.opens_with_lead(block, bold_kept=bold_kept)
    )


def _ends_item(label: Block, block: Block) -> bool:
    """Whether a block is not within the list item that has the label."""
    within = block.kind is BlockKind.ITEM and block.level > label.level
    return label.kind is BlockKind.ITEM and not within


def _passage(blocks: Sequence[Block], why: _Why) -> Passage:
    first = blocks[why.start]
    opening = replace(
        first, kind=BlockKind.PARAGRAPH, runs=squeeze_runs(cut(first.runs, why.label.end))
    )
    rest = blocks[why.start + 1 : why.end]
    words = plain([opening, *rest] if opening.runs else rest)
    return Passage(label=why.label.label, thesis=why.label.thesis, text=words)


# -- the head of a message in a digest ----------------------------------------------------------


def message_subject(blocks: Sequence[Block]) -> tuple[str, int] | None:
    """The subject of the message that opens these blocks, and the place of its line."""
    first = _MESSAGE_HEAD.fullmatch(blocks[0].text)
    # The other lines of the head may be gone, as those of the issue.
    bare = first and first["name"] == "Subject" and is_titled(first["value"]) and len(blocks) > 1
    if not bare and not opens_message(blocks, 0):
        return None
    for place, match in _message_head(blocks, 0):
        if match["name"] == "Subject" and match["value"].strip():
            return match["value"], place
    return None


def opens_message(blocks: Sequence[Block], place: int) -> bool:
    """Whether the head of a message starts here: `From:`, `Subject:`, `Date:`."""
    names = {match["name"] for _, match in _message_head(blocks, place)}
    return "Subject" in names and bool(names & {"From", "Date"})


def _message_head(blocks: Sequence[Block], start: int) -> Iterator[tuple[int, re.Match[str]]]:
    for place in range(start, min(start + _LONGEST_MESSAGE_HEAD, len(blocks))):
        block = blocks[place]
        match = _MESSAGE_HEAD.fullmatch(block.text)
        if block.kind is not BlockKind.PARAGRAPH or (place > start and not block.joined):
            return
        if match is None and place == start:
            return
        if match:
            yield place, match


def without_outer_rules(lines: Sequence[Line]) -> list[Line]:
    """The lines without separators above the first and below the last."""
    part = list(lines)
    while part and part[-1].is_rule:
        part.pop()
    while part and part[0].is_rule:
        part.pop(0)
    return part


def markers(lines: Sequence[Line]) -> Iterator[str]:
    """Lines such as `Tech Tales:`, which are in no section."""
    return (line.block.text for line in lines if grammar.is_fiction_marker(line.block.text))


def tale_top(blocks: Sequence[Block]) -> tuple[str, list[Block]]:
    """A tale's title, which is below the marker, and the tale; else the words of the marker."""
    marker, *rest = blocks
    while rest and rest[0].kind is BlockKind.RULE:
        rest.pop(0)
    title = rest[0].text if rest else ""
    if len(rest) < 2 or len(title) > _LONGEST_TALE_TITLE or title.endswith("."):
        return grammar.heading_text(marker.text), rest
    return grammar.heading_text(title) or title, rest[1:]


def excerpt(text: str, longest: int | None = None) -> str:
    """The first words of `text`, instead of a heading; `…` if it goes on."""
    line, longest = squeeze(text), longest or _LONGEST_EXCERPT
    if len(line) <= longest:
        return line
    return line[: line.rfind(" ", 0, longest) if " " in line[:longest] else longest] + "…"


def cuts(boilerplate: Sequence[str]) -> Iterator[Flaw]:
    """What a mail program says of the rest that it left out."""
    for line in boilerplate:
        if says_cut(line):
            yield Flaw(code=CUT_SHORT, text=squeeze(line))
