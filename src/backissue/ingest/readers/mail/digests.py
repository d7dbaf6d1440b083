"""Digests: many messages in one, each a section under its subject.

In MIME (RFC 2046, section 5.1.5), and in plain text (RFC 1153): a preamble, then each message's
own fields and words between lines of thirty hyphens, then `End of … Digest`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from backissue.ingest.identity import title_in_subject
from backissue.ingest.readers.formats import Document
from backissue.ingest.readers.mail import headers
from backissue.ingest.readers.mail.bodies import body_of, plain_text
from backissue.ingest.readers.mail.parts import MimePart
from backissue.records import Block, BlockKind, Flaw, Run
from backissue.text.boilerplate import footer
from backissue.text.prose import fold, squeeze

# RFC 1153 has 70 hyphens below the preamble and 30 between messages; lists have kept to neither,
# and Yahoo's have underscores.
_BETWEEN = re.compile(r"^(?:-{28,100}|_{28,100}|--\[\d{1,3}\]-{20,100})[ \t]*\n", re.M)
# Yahoo's digests indent some fields.
_INDENTED = re.compile(r"[ \t]{1,12}(?:date|from|to|cc|subject|reply-to):", re.IGNORECASE)
_FIELD = re.compile(r"(?P<name>[A-Z][\w-]{1,30}):[ \t]*(?P<value>.*)")
_ESCAPED = re.compile(r"^- (?=-)", re.MULTILINE)
_FLOWED = re.compile(r"\bformat=\"?flowed\b", re.IGNORECASE)
_SHOWN = ("From", "Date")
_FEWEST = 2
_LONGEST_HEAD = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    subject: str
    fields: tuple[str, ...]
    blocks: tuple[Block, ...]
    rest: tuple[str, ...] = ()


def of_messages(
    preamble: Sequence[Block], messages: Sequence[MimePart], flaws: Sequence[Flaw] = ()
) -> Document:
    """A digest whose messages are parts of their own."""
    items: list[_Message] = []
    found: list[Flaw] = [*flaws]
    for message in messages:
        body = body_of(message)
        found.extend(body.flaws)
        subject = headers.words_of(message.header, "Subject")
        shown = [(name, headers.words_of(message.header, name)) for name in _SHOWN]
        inner = [block for part in body.messages for block in body_of(part).blocks]
        items.append(
            _Message(
                subject=_subject(subject),
                fields=tuple(f"{name}: {value}" for name, value in shown if value),
                blocks=(*body.blocks, *inner),
                rest=body.boilerplate,
            )
        )
    return _digest(preamble, items, flaws=found)


def of_text(text: str) -> Document | None:
    """A digest in plain text; None where it is no digest."""
    cuts = _cuts(text)
    if len(cuts) < _FEWEST:
        return None
    preamble, *_ = _BETWEEN.split(text[: cuts[0]].rstrip() + "\n")
    items: list[_Message] = []
    ending: tuple[str, ...] = ()
    for start, end in pairwise([*cuts, len(text)]):
        item, below = _item(text[start:end])
        items.append(item)
        ending += below
    return _digest(plain_text(preamble).blocks, items, ending)


def _cuts(text: str) -> list[int]:
    """Where messages start: behind a line of hyphens, with fields of their own."""
    cuts = []
    for line in _BETWEEN.finditer(text):
        fields, _ = _head(text[line.end() : line.end() + _LONGEST_HEAD])
        if {"from", "subject"} <= {name.lower() for name, _ in fields}:
            cuts.append(line.end())
    return cuts


def _head(text: str) -> tuple[list[tuple[str, str]], int]:
    """The fields a message opens with, and where its words start."""
    fields: list[tuple[str, str]] = []
    place = 0
    for line in text.splitlines(keepends=True):
        if not line.strip():
            if fields:
                return fields, place
        elif match := _FIELD.match(line.lstrip() if _INDENTED.match(line) else line):
            fields.append((match["name"], match["value"].strip()))
        elif fields and line[0] in " \t":
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
        else:
            return [], 0
        place += len(line)
    return fields, place


def _item(text: str) -> tuple[_Message, tuple[str, ...]]:
    """One message, and the lines below its last line of hyphens, which end the digest."""
    fields, place = _head(text)
    # A line of a message that opens with a hyphen is set in by another (RFC 934).
    body, *others = (_ESCAPED.sub("", part) for part in _BETWEEN.split(text[place:]))
    ending = [squeeze(line) for other in others for line in other.split("\n") if line.strip()]
    ends = headers.RULES.pattern("digest_ends")
    if ending and not any(map(ends.match, ending)):
        # A message's own line of hyphens: what is below it is the message's.
        body, ending = _ESCAPED.sub("", text[place:]), []
    values = {name.lower(): value for name, value in fields}
    plain = plain_text(body, flowed=bool(_FLOWED.search(values.get("content-type", ""))))
    item = _Message(
        subject=_subject(values["subject"]),
        fields=tuple(
            f"{name}: {values[name.lower()]}" for name in _SHOWN if name.lower() in values
        ),
        blocks=plain.blocks if "\n\n" in body.strip() else _as_one_paragraph(plain.blocks),
        rest=(
            *(f"{n}: {value}" for n, value in fields if n not in {*_SHOWN, "Subject"}),
            *plain.boilerplate,
        ),
    )
    return item, tuple(ending)


def _as_one_paragraph(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """A short message without an empty line: its lines are those of one paragraph."""
    return tuple(
        replace(block, joined=number > 0 and block.kind is BlockKind.PARAGRAPH)
        for number, block in enumerate(blocks)
    )


def _digest(
    preamble: Sequence[Block],
    items: Sequence[_Message],
    ending: Sequence[str] = (),
    flaws: Sequence[Flaw] = (),
) -> Document:
    subjects = [fold(item.subject).casefold() for item in items if item.subject]
    # A list's footer comes as a part below the messages, and is read with the preamble.
    above, standing = _without_footer(preamble)
    above, contents = _without_contents(above, subjects)
    intro, how_to = _without_instructions(above)
    # What is above the first message is a masthead; neither rows nor headings in it part anything.
    blocks = [one for block in intro for one in _of_masthead(block)]
    rest = [*how_to, *contents, *standing]
    for item in items:
        own, below = _without_footer(item.blocks)
        blocks += _section(replace(item, blocks=tuple(own)))
        rest += [*item.rest, *below]
    return Document(blocks=tuple(blocks), boilerplate=(*rest, *ending), flaws=tuple(flaws))


def _without_footer(blocks: Sequence[Block]) -> tuple[list[Block], list[str]]:
    """A message's words, and the footer that its sender or the list puts below each."""
    standing = footer(blocks)
    kept = [block for place, block in enumerate(blocks) if place not in standing]
    return kept, [blocks[place].text for place in sorted(standing) if blocks[place].runs]


def _without_contents(
    preamble: Sequence[Block], subjects: Sequence[str]
) -> tuple[list[Block], list[str]]:
    """The preamble without its list of the subjects, and that list."""
    listed = [
        place
        for place, block in enumerate(preamble)
        if any(subject in fold(block.text).casefold() for subject in subjects)
    ]
    if len(listed) < max(_FEWEST, len(subjects) // 2):
        return list(preamble), []
    start = listed[0]
    # `Contents:`, `Today's Topics:` is the line above the list.
    while start and preamble[start - 1].text.rstrip().endswith(":"):
        start -= 1
    contents = [block.text for block in preamble[start : listed[-1] + 1] if block.runs]
    return [*preamble[:start], *preamble[listed[-1] + 1 :]], contents


def _without_instructions(preamble: Sequence[Block]) -> tuple[list[Block], list[str]]:
    """The preamble without the paragraphs that say how to use the list, and those."""
    kept: list[Block] = []
    taken: list[str] = []
    says = headers.RULES.pattern("digest_preambles")
    paragraph: list[Block] = []
    for block in [*preamble, Block(kind=BlockKind.RULE)]:
        if block.joined and paragraph:
            paragraph.append(block)
            continue
        if any(says.match(squeeze(line.text[:_LONGEST_HEAD])) for line in paragraph):
            taken += [line.text for line in paragraph if line.runs]
        else:
            kept += paragraph
        paragraph = [block]
    return kept, taken


def _section(item: _Message) -> Iterator[Block]:
    """A message as one section: nothing in it may look like the start of another."""
    subject = item.subject or "(no subject)"
    yield Block(kind=BlockKind.HEADING, runs=(Run(text=subject),), level=1)
    for number, line in enumerate(item.fields):
        yield Block(runs=(Run(text=line),), joined=number > 0)
    parted = True
    for block in item.blocks:
        if block.kind is BlockKind.RULE:
            parted = True
            continue
        whole = replace(block, joined=block.joined and not parted)
        parted = False
        yield _plain(whole)


def _of_masthead(block: Block) -> Iterator[Block]:
    """A block above the messages as lines; what is set in there is centred, and no code."""
    if block.kind is BlockKind.CODE:
        lines = [line.strip() for line in block.text.split("\n") if line.strip()]
        for number, line in enumerate(lines):
            yield Block(runs=(Run(text=line),), joined=number > 0)
    elif block.kind is not BlockKind.RULE:
        yield _plain(block)


def _plain(block: Block) -> Block:
    """A heading as a paragraph in bold, and any other block as it is."""
    if block.kind is not BlockKind.HEADING:
        return block
    runs = tuple(replace(run, strong=True) for run in block.runs)
    return replace(block, kind=BlockKind.PARAGRAPH, runs=runs, level=0)


def _subject(text: str) -> str:
    """A subject as a heading: every message of a list's digest has the list's tag."""
    return title_in_subject(text, is_list=True) or ""
