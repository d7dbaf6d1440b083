"""Blocks to drafts: the issues a source holds, and the sections of each.

The evidence, strongest first: a title line opens an issue; a separator, a heading with a deck, a
marker (`Tech Tales:`) or a heading of the document's own section rank opens a section.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from backissue.ingest import grammar
from backissue.ingest.facts import overlay
from backissue.ingest.lines import Line, make_ready
from backissue.ingest.masthead import issues, read_masthead, told_in_full
from backissue.ingest.passages import make_section
from backissue.ingest.prints import prints_of
from backissue.prose import count_words, plain, squeeze, squeeze_runs
from backissue.records import (
    NO_FACTS,
    Block,
    BlockKind,
    Facts,
    Flaw,
    IssueKind,
    Mend,
    Section,
    SectionKind,
)

# What is longer before the first section is an essay, and a section of its own.
_LONGEST_INTRO = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One issue as one source has it; `place` counts the source's issues from 0.

    `said` is what of the reader's word holds for it; `facts` are that and what it says itself.
    """

    place: int
    said: Facts
    facts: Facts
    intro: str | None
    boilerplate: tuple[str, ...]
    sections: tuple[Section, ...]
    prints: frozenset[int]
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One document's lines, and what its carrier says of them."""

    lines: tuple[Line, ...]
    told: Facts = NO_FACTS
    boilerplate: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()


def drafts(
    texts: Sequence[Text], said: Facts, said_by_place: Mapping[int, Facts] | None = None
) -> tuple[Draft, ...]:
    """The issues in a source, in its order.

    `said` is the reader's word on the whole source, `said_by_place` on each of its issues. Where a
    source holds several, no number, title, date or address can be true of the whole, and none is
    taken; nor is what a carrier tells of a text that holds several.
    """
    parts = [part for text in texts for part in _parts(text, said.publication)]
    if len(parts) > 1:
        said = _of_several(said)
    by_place = said_by_place or {}
    made = (
        _draft(place, title, part, overlay(said, by_place.get(place, Facts())))
        for place, (title, part) in enumerate(parts)
    )
    # An issue of which only the title line is held is an issue all the same.
    return tuple(draft for draft in made if draft.sections or draft.facts.number is not None)


def _parts(text: Text, publication: str | None) -> list[tuple[Facts, Text]]:
    """Each issue's title-line facts, and its share of the text."""
    told = told_in_full(text.told, publication)
    found = list(issues(make_ready(text.lines), publication or told.publication))
    if len(found) > 1:
        told = _of_several(told)
    return [(title, replace(text, lines=tuple(lines), told=told)) for title, lines in found]


def _of_several(facts: Facts) -> Facts:
    """What of the facts on a whole can be true of each of its issues."""
    return replace(facts, number=None, title=None, date=None, url=None)


def _draft(place: int, title: Facts, text: Text, said: Facts) -> Draft:
    masthead = read_masthead(text.lines, title, text.told)
    facts = overlay(masthead.facts, said)
    if facts.kind is None:
        unnamed = title.number is None and text.told == Facts()
        notes = unnamed and _are_highlights(masthead.body)
        facts = replace(facts, kind=IssueKind.NOTES if notes else IssueKind.NEWSLETTER)
    if facts.kind is IssueKind.NOTES:
        intro, sections = None, _note_sections(masthead.body)
    else:
        intro, sections = _sections(masthead.body, facts)
    opening = "\n\n".join(filter(None, [masthead.subtitle, intro]))
    prints = prints_of(block.text for section in sections for block in section.blocks)
    return Draft(
        place=place,
        said=said,
        facts=facts,
        intro=opening or None,
        boilerplate=(*masthead.boilerplate, *_markers(masthead.body), *text.boilerplate),
        sections=sections,
        prints=prints,
        flaws=text.flaws,
    )


def _markers(lines: Sequence[Line]) -> Iterator[str]:
    """`Tech Tales:`: what tells a tale is in no section of its own."""
    return (line.block.text for line in lines if grammar.is_fiction_marker(line.block.text))


def _are_highlights(lines: Sequence[Line]) -> bool:
    """Whether a document is a reader's highlights: loose lines, many of which start mid-sentence.

    A newsletter's paragraphs open with a capital; of what a reader marked in a book, a fifth or
    more does not.
    """
    blocks = [line.block for line in lines]
    if len(blocks) < 5 or any(
        block.joined or block.kind is not BlockKind.PARAGRAPH or len(block.runs) > 1
        for block in blocks
    ):
        return False
    lowered = sum(block.text[:1].islower() for block in blocks)
    return lowered * 5 >= len(blocks)


def _note_sections(lines: Sequence[Line]) -> tuple[Section, ...]:
    kept = [line for line in lines if not line.is_rule]
    return tuple(
        make_section(
            position=position,
            kind=SectionKind.NOTE,
            heading=excerpt(line.block.text),
            deck=None,
            blocks=(replace(line.block, joined=False),),
            mends=line.mends,
            flaws=line.flaws,
            facts=Facts(),
        )
        for position, line in enumerate(kept, start=1)
    )


def excerpt(text: str, longest: int = 72) -> str:
    """The opening words of `text`, for want of a heading; `…` where it goes on."""
    line = squeeze(text)
    if len(line) <= longest:
        return line
    return line[: line.rfind(" ", 0, longest) if " " in line[:longest] else longest] + "…"


def _sections(lines: Sequence[Line], facts: Facts) -> tuple[str | None, tuple[Section, ...]]:
    """The words before the first section, and the sections."""
    starts = _starts([line.block for line in lines])
    if not starts:
        part = _without_outer_rules(lines)
        return None, (_whole(part, facts),) if part else ()
    intro = plain(line.block for line in lines[: starts[0]] if not line.is_rule)
    parts = [
        _without_outer_rules(lines[start:end])
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]
    sections = (_section(part, place, facts) for place, part in enumerate(filter(None, parts), 1))
    return intro or None, tuple(sections)


def _without_outer_rules(lines: Sequence[Line]) -> list[Line]:
    part = list(lines)
    while part and part[-1].is_rule:
        part.pop()
    while part and part[0].is_rule:
        part.pop(0)
    return part


def _starts(blocks: Sequence[Block]) -> list[int]:
    """Where sections start."""
    rank = _section_rank(blocks)
    lone = _lone_headings(blocks)
    starts: list[int] = []
    in_tale = first_of_tale = False
    for place, block in enumerate(blocks):
        marker = grammar.is_fiction_marker(block.text)
        after_rule = place > 0 and blocks[place - 1].kind is BlockKind.RULE
        opens = (
            marker
            or place in lone
            or _has_deck_below(blocks, place)
            or _is_section_heading(block, rank)
            # Behind a separator something new starts, but in a tale it may be the next scene.
            or (after_rule and (not in_tale or _is_headed(blocks, place)))
        )
        if opens and block.kind is not BlockKind.RULE and not (in_tale and first_of_tale):
            starts.append(place)
            in_tale = marker
        first_of_tale = marker or (first_of_tale and block.kind is BlockKind.RULE)
    return _with_opening(blocks, starts)


def _is_section_heading(block: Block, rank: int | None) -> bool:
    """A heading of the sections' rank, unless it is a label within one."""
    ranked = block.kind is BlockKind.HEADING and block.level == rank
    return ranked and grammar.why_label(block) is None


def _with_opening(blocks: Sequence[Block], starts: list[int]) -> list[int]:
    """`starts`, and the document's first line where a section starts there and no short intro."""
    first = next((n for n, block in enumerate(blocks) if block.kind is not BlockKind.RULE), None)
    if not starts or first is None or first >= starts[0]:
        return starts
    # Where separators stand and headings behind them all, the first is one without a mark, too.
    kinds = {block.kind for block in blocks}
    parted = BlockKind.RULE in kinds and BlockKind.HEADING not in kinds
    headed = parted and all(_is_headed(blocks, start) for start in starts)
    above = blocks[first : starts[0]]
    words = sum(count_words(block.text) for block in above)
    opens = (
        grammar.is_marked_heading(blocks[first])
        or (headed and _is_headed(blocks, first) and _has_prose_below(blocks, first))
        or words > _LONGEST_INTRO
        or any(grammar.why_label(block) or grammar.link_line(block) for block in above)
    )
    return [first, *starts] if opens else starts


def _is_headed(blocks: Sequence[Block], place: int) -> bool:
    after = blocks[place + 1] if place + 1 < len(blocks) else None
    return grammar.looks_like_heading(blocks[place], after)


def _has_deck_below(blocks: Sequence[Block], place: int) -> bool:
    return (
        place + 1 < len(blocks)
        and grammar.may_be_heading(blocks[place])
        and grammar.deck(blocks[place + 1]) is not None
    )


def _section_rank(blocks: Sequence[Block]) -> int | None:
    """The rank of heading that sections have: the highest that stands more than once, or at all."""
    levels = [block.level for block in blocks if block.kind is BlockKind.HEADING]
    repeated = [level for level in set(levels) if levels.count(level) > 1]
    return min(repeated or levels, default=None)


def _lone_headings(blocks: Sequence[Block]) -> frozenset[int]:
    """Lines that stand alone as headings do, where nothing else says where sections start.

    In bold, where the document has any; else short, without a full stop, and over longer prose.
    """
    if any(block.kind in {BlockKind.RULE, BlockKind.HEADING} for block in blocks) or any(
        _has_deck_below(blocks, place) for place in range(len(blocks))
    ):
        return frozenset()
    bold = any(run.strong for block in blocks for run in block.runs)
    alone = [
        place
        for place, block in enumerate(blocks)
        if not block.joined
        and block.kind is BlockKind.PARAGRAPH
        and (grammar.is_bold_line(block) if bold else _stands_over_prose(blocks, place))
    ]
    return frozenset(alone) if len(alone) > 1 else frozenset()


def _stands_over_prose(blocks: Sequence[Block], place: int) -> bool:
    """Whether a line is titled, and a paragraph of sentences stands below it, not joined to it."""
    titled = len(blocks[place].text.split()) <= 12 and _is_headed(blocks, place)
    return titled and _has_prose_below(blocks, place) and not blocks[place + 1].joined


def _has_prose_below(blocks: Sequence[Block], place: int) -> bool:
    below = blocks[place + 1] if place + 1 < len(blocks) else None
    return (
        below is not None
        and below.kind is BlockKind.PARAGRAPH
        and len(below.text) > len(blocks[place].text)
        and below.text[-1:] in ".!?”\"’'):"
    )


def _section(part: Sequence[Line], position: int, facts: Facts) -> Section:
    """One section from its lines."""
    blocks = [line.block for line in part]
    marked = grammar.is_fiction_marker(blocks[0].text)
    tale = marked or any(grammar.is_inspiration(block.text) for block in blocks)
    heading, rest = _tale_top(blocks) if marked else _story_top(blocks)
    deck = grammar.deck(rest[0]) if rest and not marked else None
    if deck:
        opening = replace(rest[0], runs=squeeze_runs(deck.rest))
        rest = [opening, *rest[1:]] if opening.runs else rest[1:]
    return make_section(
        position=position,
        kind=SectionKind.FICTION if tale else SectionKind.STORY,
        heading=heading,
        deck=deck.text if deck else None,
        blocks=rest,
        mends=_mends(part),
        flaws=_flaws(part),
        facts=facts,
    )


def _whole(part: Sequence[Line], facts: Facts) -> Section:
    """An issue in which nothing parts one thing from another is one section."""
    if facts.title is None:
        return _section(part, 1, facts)
    return make_section(
        position=1,
        kind=SectionKind.STORY,
        heading=facts.title,
        deck=None,
        blocks=[line.block for line in part],
        mends=_mends(part),
        flaws=_flaws(part),
        facts=facts,
    )


def _tale_top(blocks: Sequence[Block]) -> tuple[str, list[Block]]:
    """A tale's title, which stands below the marker, and the tale; else the marker's own words."""
    marker, *rest = blocks
    while rest and rest[0].kind is BlockKind.RULE:
        rest.pop(0)
    title = rest[0].text if rest else ""
    if len(rest) < 2 or len(title) > 120 or title.endswith("."):
        return grammar.heading_text(marker.text), rest
    return grammar.heading_text(title), rest[1:]


def _story_top(blocks: list[Block]) -> tuple[str, list[Block]]:
    """A section's heading and what stands below it; for want of one, its opening words."""
    if _has_deck_below(blocks, 0) or _is_headed(blocks, 0):
        return grammar.heading_text(blocks[0].text), blocks[1:]
    lead = grammar.heading_text(grammar.strong_lead(blocks[0].runs))
    return lead or excerpt(blocks[0].text), blocks


def _mends(part: Sequence[Line]) -> tuple[Mend, ...]:
    return tuple(mend for line in part for mend in line.mends)


def _flaws(part: Sequence[Line]) -> tuple[Flaw, ...]:
    return tuple(flaw for line in part for flaw in line.flaws)
