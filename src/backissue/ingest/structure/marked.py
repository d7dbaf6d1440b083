"""Texts whose own fields say how many sections they have, as an archive's export does.

Each heading of the second rank is a section, and nothing else is: no line is a masthead, a table of
contents or a button once more.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from backissue.ingest.identity import Decision
from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import Line, folded
from backissue.ingest.structure.masthead import Masthead
from backissue.ingest.structure.section_parts import Top, make_section, without_outer_rules
from backissue.records import BlockKind, Facts, Section, SectionKind
from backissue.text.prose import fold, plain, squeeze_runs


def counted(lines: Sequence[Line], sections: int) -> tuple[Line, ...]:
    """The lines, if they have as many sections as the fields say; else none."""
    ready = folded(lines)
    return ready if sum(map(_is_section, ready)) == sections else ()


def masthead(lines: Sequence[Line], carrier: Decision) -> Masthead:
    """What the fields say; the title is said once more above the text."""
    found = Masthead(facts=carrier.facts, decision=carrier)
    found.boilerplate = [line.block.text for line in _titles(lines, carrier.facts)]
    return found


def sections(lines: Sequence[Line], facts: Facts) -> tuple[str | None, tuple[Section, ...]]:
    """The words above the first section, and the sections."""
    titles = _titles(lines, facts)
    kept = [line for line in lines if line not in titles]
    starts = [place for place, line in enumerate(kept) if _is_section(line)]
    ends = [*starts[1:], len(kept)]
    intro = plain(line.block for line in kept[: starts[0]] if not line.is_rule)
    parts = (kept[start:end] for start, end in zip(starts, ends, strict=True))
    made = (_section(part, at, facts) for at, part in enumerate(parts, start=1))
    return intro or None, tuple(made)


def _is_section(line: Line) -> bool:
    """Whether a line is a heading of the second rank, which an export gives to sections alone."""
    return line.block.kind is BlockKind.HEADING and line.block.level == 2


def _titles(lines: Sequence[Line], facts: Facts) -> list[Line]:
    """The heading of the first rank that says the title."""
    first = next((line for line in lines if not line.is_rule), None)
    if first is None or first.block.kind is not BlockKind.HEADING or _is_section(first):
        return []
    return [first] if fold(first.block.text) == fold(facts.title or "") else []


def _section(lines: Sequence[Line], position: int, facts: Facts) -> Section:
    part = without_outer_rules(lines)
    head, *rest = (line.block for line in part)
    deck = grammar.deck(rest[0]) if rest else None
    if deck:
        opening = replace(rest[0], runs=squeeze_runs(deck.rest))
        rest = [opening, *rest[1:]] if opening.runs else rest[1:]
    tale = any(grammar.is_inspiration(block.text) for block in rest)
    return make_section(
        part,
        Top(head.text, rest, deck=deck.text or None if deck else None, head=head),
        position=position,
        kind=SectionKind.FICTION if tale else SectionKind.STORY,
        facts=facts,
    )
