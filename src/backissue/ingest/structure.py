"""Blocks to drafts: the issues a source holds, and the sections of each.

The evidence, strongest first: a title line opens an issue; a separator, a heading with a deck, a
marker (`Tech Tales:`) or a heading of the document's own section rank opens a section.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from backissue.ingest import grammar
from backissue.ingest.dates import date_line
from backissue.ingest.facts import overlay
from backissue.ingest.passages import make_section
from backissue.ingest.prints import prints_of
from backissue.prose import cut, plain, squeeze, squeeze_runs
from backissue.records import Block, BlockKind, Facts, Flaw, IssueKind, Mend, Section, SectionKind

# A title line, a byline, a date and a greeting stand within so many blocks of one another.
_MASTHEAD = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One issue as one source has it; `place` counts the source's issues from 0."""

    place: int
    facts: Facts
    intro: str | None
    boilerplate: tuple[str, ...]
    sections: tuple[Section, ...]
    prints: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A block with what was put right in it and what could not be."""

    block: Block
    mends: tuple[Mend, ...] = ()
    flaws: tuple[Flaw, ...] = ()


@dataclass(slots=True)
class _Masthead:
    """What the lines before the first section say, and the lines themselves."""

    facts: Facts
    boilerplate: list[str]
    body: list[Mended]


def drafts(
    blocks: Sequence[Mended], said: Facts, said_by_place: Mapping[int, Facts] | None = None
) -> tuple[Draft, ...]:
    """The issues in a source, in its order.

    `said` is the reader's word on the whole source, `said_by_place` on each of its issues. Where a
    source holds several, no number, title or date can be true of the whole, and none is taken.
    """
    lines = [line for line in map(_squeezed, blocks) if line.block.runs or _is_rule(line)]
    parts = list(_issues(lines, said.publication))
    if len(parts) > 1:
        said = replace(said, number=None, title=None, date=None)
    by_place = said_by_place or {}
    made = (
        _draft(place, facts, part, overlay(said, by_place.get(place, Facts())))
        for place, (facts, part) in enumerate(parts)
    )
    return tuple(draft for draft in made if draft.sections)


def _squeezed(line: Mended) -> Mended:
    return replace(line, block=replace(line.block, runs=squeeze_runs(line.block.runs)))


def _is_rule(line: Mended) -> bool:
    return line.block.kind is BlockKind.RULE


def _issues(
    lines: Sequence[Mended], publication: str | None
) -> Iterator[tuple[Facts, Sequence[Mended]]]:
    """Each issue's title-line facts and its lines; what stands before the first goes with it."""
    starts = _title_lines(lines, publication)
    if not starts:
        yield Facts(), lines
        return
    places = [*sorted(starts), len(lines)]
    before = lines[: places[0]]
    for start, end in pairwise(places):
        title = starts[start]
        facts = Facts(publication=title.publication, number=title.number, title=title.title)
        yield facts, [*before, *lines[start:end]]
        before = ()


def _title_lines(lines: Sequence[Mended], said: str | None) -> dict[int, grammar.TitleLine]:
    """The title lines, by place.

    `Claude 3: what it means` has the form of one, so form is not enough: the publication must be
    known otherwise, or the line opens the document, or a byline or a greeting stands below it.
    """
    greeted = {grammar.greeted_publication(line.block.text) for line in lines}
    known = {name.casefold() for name in (*greeted, said) if name}
    found: dict[int, grammar.TitleLine] = {}
    for place, line in enumerate(lines):
        block = line.block
        if block.kind in {BlockKind.PARAGRAPH, BlockKind.HEADING} and len(block.text) < 300:
            title = grammar.title_line(block.text)
            if title and _is_title(title, lines, place, known):
                found[place] = title
    return found


def _is_title(
    title: grammar.TitleLine, lines: Sequence[Mended], place: int, known: set[str]
) -> bool:
    below = [line.block for line in lines[place + 1 : place + 1 + _MASTHEAD]]
    if title.publication.casefold() in known:
        # A sub-heading about an older issue has no masthead; a title line in one document is first.
        return place <= 1 or any(map(_is_masthead, below))
    if below and (grammar.is_byline(below[0].text) or date_line(below[0].text)):
        return True
    return place == 0 and not known and bool(below) and grammar.deck(below[0]) is None


def _is_masthead(block: Block) -> bool:
    return grammar.is_byline(block.text) or grammar.greeted_publication(block.text) is not None


def _draft(place: int, title: Facts, lines: Sequence[Mended], said: Facts) -> Draft:
    masthead = _read_masthead(lines, title)
    facts = overlay(masthead.facts, said)
    if facts.kind is None:
        notes = title.number is None and _are_highlights(masthead.body)
        facts = replace(facts, kind=IssueKind.NOTES if notes else IssueKind.NEWSLETTER)
    if facts.kind is IssueKind.NOTES:
        intro, sections = None, _note_sections(masthead.body)
    else:
        intro, sections = _sections(masthead.body, facts)
    prints = prints_of(block.text for section in sections for block in section.blocks)
    return Draft(
        place=place,
        facts=facts,
        intro=intro,
        boilerplate=tuple(masthead.boilerplate),
        sections=sections,
        prints=prints,
    )


def _read_masthead(lines: Sequence[Mended], title: Facts) -> _Masthead:
    """Take title line, byline, date, greeting and buttons out; the rest is the issue's body."""
    masthead = _Masthead(facts=title, boilerplate=[], body=[])
    for place, line in enumerate(lines):
        text = line.block.text
        if _is_standing(line.block, place, title):
            masthead.boilerplate.append(text)
        elif place < _MASTHEAD and masthead.facts.date is None and (day := date_line(text)):
            masthead.facts = replace(masthead.facts, date=day)
            masthead.boilerplate.append(text)
        else:
            _take_greeting(masthead, line)
    return masthead


def _is_standing(block: Block, place: int, title: Facts) -> bool:
    """Whether a line says nothing of this issue but its title, author or publication."""
    if block.kind is BlockKind.RULE:
        return False
    text = block.text
    if grammar.is_boilerplate(text):
        return True
    if place >= _MASTHEAD:
        return False
    name = title.publication
    if name and text.casefold() == name.casefold():
        return True
    line = grammar.title_line(text) if title.number is not None else None
    own = line is not None and (line.publication, line.number) == (name, title.number)
    return own or (title.number is not None and grammar.is_byline(text))


def _take_greeting(masthead: _Masthead, line: Mended) -> None:
    """Keep a line, less a greeting's standing words; the greeting may name the publication."""
    if len(masthead.body) < _MASTHEAD:
        text = line.block.text
        if masthead.facts.publication is None and (name := grammar.greeted_publication(text)):
            masthead.facts = replace(masthead.facts, publication=name)
        standing, news = grammar.split_greeting(text)
        if standing:
            masthead.boilerplate.append(standing)
            if not news.strip():
                return
            runs = cut(line.block.runs, len(standing))
            line = replace(line, block=replace(line.block, runs=squeeze_runs(runs)))
    masthead.body.append(line)


def _are_highlights(lines: Sequence[Mended]) -> bool:
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


def _note_sections(lines: Sequence[Mended]) -> tuple[Section, ...]:
    kept = [line for line in lines if not _is_rule(line)]
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


def _sections(lines: Sequence[Mended], facts: Facts) -> tuple[str | None, tuple[Section, ...]]:
    """The words before the first section, and the sections."""
    starts = _starts([line.block for line in lines])
    if not starts:
        part = _without_outer_rules(lines)
        return None, (_whole(part, facts),) if part else ()
    intro = plain(line.block for line in lines[: starts[0]] if not _is_rule(line))
    parts = [
        _without_outer_rules(lines[start:end])
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]
    sections = (_section(part, place, facts) for place, part in enumerate(filter(None, parts), 1))
    return intro or None, tuple(sections)


def _without_outer_rules(lines: Sequence[Mended]) -> list[Mended]:
    part = list(lines)
    while part and _is_rule(part[-1]):
        part.pop()
    while part and _is_rule(part[0]):
        part.pop(0)
    return part


def _starts(blocks: Sequence[Block]) -> list[int]:
    """Where sections start."""
    rank = _section_rank(blocks)
    bold = _bold_headings(blocks)
    starts: list[int] = []
    in_tale = False
    for place, block in enumerate(blocks):
        marker = grammar.is_fiction_marker(block.text)
        after_rule = place > 0 and blocks[place - 1].kind is BlockKind.RULE
        opens = (
            marker
            or place in bold
            or _has_deck_below(blocks, place)
            or (block.kind is BlockKind.HEADING and block.level == rank)
            # Behind a separator something new starts, but in a tale it may be the next scene.
            or (after_rule and (not in_tale or _is_headed(blocks, place)))
        )
        if opens and block.kind is not BlockKind.RULE and not (in_tale and place == starts[-1] + 1):
            starts.append(place)
            in_tale = marker
    return _with_opening(blocks, starts)


def _with_opening(blocks: Sequence[Block], starts: list[int]) -> list[int]:
    """`starts`, and the document's first line where it is a heading and no intro in prose."""
    first = next((n for n, block in enumerate(blocks) if block.kind is not BlockKind.RULE), None)
    if not starts or first is None or first >= starts[0]:
        return starts
    return [first, *starts] if grammar.is_marked_heading(blocks[first]) else starts


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
    repeated = [level for level in levels if levels.count(level) > 1]
    return min(repeated or levels, default=None)


def _bold_headings(blocks: Sequence[Block]) -> frozenset[int]:
    """Bold lines that stand alone, in a document with no other sign of where sections start."""
    if any(block.kind in {BlockKind.RULE, BlockKind.HEADING} for block in blocks) or any(
        _has_deck_below(blocks, place) for place in range(len(blocks))
    ):
        return frozenset()
    alone = [
        place
        for place, block in enumerate(blocks)
        if not block.joined and block.kind is BlockKind.PARAGRAPH and grammar.is_bold_line(block)
    ]
    return frozenset(alone) if len(alone) > 1 else frozenset()


def _section(part: Sequence[Mended], position: int, facts: Facts) -> Section:
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


def _whole(part: Sequence[Mended], facts: Facts) -> Section:
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


def _mends(part: Sequence[Mended]) -> tuple[Mend, ...]:
    return tuple(mend for line in part for mend in line.mends)


def _flaws(part: Sequence[Mended]) -> tuple[Flaw, ...]:
    return tuple(flaw for line in part for flaw in line.flaws)
