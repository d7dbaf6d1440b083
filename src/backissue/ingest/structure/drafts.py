"""Blocks to drafts: the issues in a source, and the sections of each.

The evidence, strongest first: a title line opens an issue; a separator, a heading with a deck, a
marker (`Tech Tales:`) or a heading of the document's own section rank opens a section.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Final

from backissue.ingest.identity import (
    NO_DECISION,
    OWNERS,
    Decision,
    Evidence,
    EvidenceKind,
    decide,
    is_periodical,
    reported,
    taken_apart,
    without,
)
from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import (
    Line,
    has_deck_below,
    is_headed,
    is_item_heading,
    make_ready,
    stands_over_prose,
)
from backissue.ingest.structure.masthead import Masthead, issues, read_masthead
from backissue.ingest.structure.outline import pointing, rubrics, section_starts
from backissue.ingest.structure.section_parts import (
    Top,
    cuts,
    excerpt,
    make_section,
    markers,
    message_subject,
    tale_top,
    without_outer_rules,
)
from backissue.records import (
    NO_FACTS,
    TEASER,
    Block,
    BlockKind,
    Facts,
    Flaw,
    IssueKind,
    RepairedBlock,
    Section,
    SectionKind,
)
from backissue.text.prose import (
    compared,
    count_words,
    cut,
    fingerprints_of,
    fold,
    is_end_mark,
    plain,
    squeeze,
    squeeze_runs,
)

if TYPE_CHECKING:
    from backissue.ingest.structure.contents import Contents

# Lines on which a name may be, letters of a word that can be of any line, and of one's opening.
_ON_TOP = 14
_LONGEST_SMALL_WORD = 3
_OPENING = 5
_FIRST_LINES = 8  # among which a list may be a table of contents
# Words of `Dear friends and readers,`.
_LONGEST_GREETING: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One issue as one source has it; `place` counts the source's issues from 0.

    `by_reader` are the facts you set that hold for it; `facts` are those and what it says itself.
    `evidence` decided them. Copies repair one another from their `text`.
    """

    place: int
    by_reader: Facts
    facts: Facts
    evidence: tuple[Evidence, ...]
    intro: str | None
    boilerplate: tuple[str, ...]
    sections: tuple[Section, ...]
    fingerprints: frozenset[int]
    text: "Text"
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One document's lines, and what its carrier says of them.

    `lines` are as the reader gave them, `ready` as the grammar wants them. `by_name` is what the
    file's name says where the file holds one issue. `sections`: how many its own fields count.
    """

    lines: tuple[Line, ...]
    ready: tuple[Line, ...] = ()
    by_carrier: Decision = NO_DECISION
    by_name: tuple[Evidence, ...] = ()
    boilerplate: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    repairs: tuple[RepairedBlock, ...] = ()  # of what the carrier says
    sections: int = 0


def drafts(
    texts: Sequence[Text], by_reader: Facts, by_reader_of_issue: Mapping[int, Facts]
) -> tuple[Draft, ...]:
    """The issues in a source, in its order.

    You set `by_reader` for the whole source and `by_reader_of_issue` for its issues, by place. A
    number, title, date or address of a whole source, or of a carrier's whole text, is not used
    where that holds several issues.
    """
    parts = [part for text in texts for part in _shares(text, by_reader.publication)]
    whole = decide(reported(EvidenceKind.OWNER, by_reader))
    if len(parts) > 1:
        whole = _of_several(whole)
        parts = [(title, replace(part, by_name=())) for title, part in parts]
    made = (
        _draft(place, title, part, _owners(whole, by_reader_of_issue.get(place, NO_FACTS)))
        for place, (title, part) in enumerate(parts)
    )
    return tuple(draft for draft in made if draft.sections or _is_title_alone(draft))


def _shares(text: Text, publication: str | None) -> list[tuple[Decision, Text]]:
    """The issues of a text; the only one, if its own fields say how many sections it has."""
    if text.sections:
        from backissue.ingest.structure import marked  # noqa: PLC0415 - only exports are

        if ready := marked.counted(text.lines, text.sections):
            return [(NO_DECISION, replace(text, ready=ready))]
    return _parts(replace(text, sections=0), publication)


def _owners(whole: Decision, of_issue: Facts) -> Decision:
    """What the owner says of a source and, with `set`, of one issue in it."""
    return decide((*reported(EvidenceKind.SET, of_issue), *whole.evidence))


def _is_title_alone(draft: Draft) -> bool:
    """Whether a draft without text has the title of an issue, from a title line or a feed."""
    teaser = any(flaw.code == TEASER for flaw in draft.flaws)
    return draft.facts.number is not None or (teaser and draft.facts.title is not None)


def _parts(text: Text, publication: str | None) -> list[tuple[Decision, Text]]:
    """What each issue's title line says, and its share of the text."""
    carrier = taken_apart(_named(text), publication)
    found = list(issues(make_ready(text.lines), publication, carrier))
    if len(found) > 1:
        carrier = _of_several(carrier)
    numbers = [line.number for line in text.lines]
    starts = [0, *(bisect_left(numbers, lines[0].number) for _, lines in found[1:]), len(numbers)]
    return [
        (
            title,
            replace(text, lines=text.lines[start:end], ready=tuple(lines), by_carrier=carrier),
        )
        for (title, lines), (start, end) in zip(found, pairwise(starts), strict=True)
    ]


def _named(text: Text) -> Decision:
    """What the carrier says, with the name that a mail's Subject shares with its text."""
    subject = text.by_carrier.facts.title or ""
    before = "".join(takewhile(lambda char: not char.isdigit(), subject)) or subject
    top = "".join(line.block.text for line in text.lines[:_ON_TOP]).casefold().replace(" ", "")
    words = [word for word in before.casefold().split() if len(word) > _LONGEST_SMALL_WORD]
    if not any(word[:_OPENING] in top for word in words) or not (
        before != subject or is_periodical(subject)
    ):
        return text.by_carrier
    from backissue.ingest.identity import shared_names  # noqa: PLC0415 - few subjects have a name

    return shared_names.confirmed(text.by_carrier, [line.block.text for line in text.lines])


def redrafted(draft: Draft, lines: tuple[Line, ...]) -> Draft:
    """The draft rebuilt from its repaired lines; as it was if it would be another issue.

    Publication, number and kind stay as they were decided.
    """
    found = _shares(replace(draft.text, lines=lines), draft.facts.publication)
    if len(found) != 1:
        return draft
    title, text = found[0]
    if title.facts.number not in {None, draft.facts.number}:
        return draft
    owners = [one for one in draft.evidence if one.kind in OWNERS and one.fact != "kind"]
    owners += reported(EvidenceKind.OWNER, Facts(kind=draft.facts.kind))
    made = _draft(draft.place, title, text, decide(owners))
    if not made.sections:
        return draft
    kept = ("publication", "number", "volume")
    known = replace(made.facts, **{name: getattr(draft.facts, name) for name in kept})
    evidence = (
        *(one for one in draft.evidence if one.fact in kept),
        *(one for one in made.evidence if one.fact not in kept),
    )
    return replace(
        made, by_reader=draft.by_reader, facts=known, evidence=evidence, flaws=draft.flaws
    )


def _of_several(known: Decision) -> Decision:
    """The facts on a whole that can be true of each of its issues."""
    return without(known, "number", "volume", "title", "date", "url")


def _draft(place: int, title: Decision, text: Text, owner: Decision) -> Draft:
    masthead = _masthead(text, title)
    ends = _take_end_marks(masthead)
    leading = _take_subtitle(masthead, text.ready)
    decision = decide((*owner.evidence, *masthead.decision.evidence, *text.by_name))
    facts = decision.facts
    if facts.kind is None:
        unnamed = title.facts.number is None and not text.by_carrier.evidence
        notes = unnamed and _are_highlights(masthead.body)
        facts = replace(facts, kind=IssueKind.NOTES if notes else IssueKind.NEWSLETTER)
    listed, named = _take_contents(masthead)
    pointers: tuple[str, ...] = ()
    if facts.kind is IssueKind.NOTES:
        intro, sections = None, _note_sections(masthead.body)
    elif text.sections:
        from backissue.ingest.structure import marked  # noqa: PLC0415 - only exports are

        intro, sections = marked.sections(text.ready, facts)
    else:
        starts = section_starts([line.block for line in masthead.body], named)
        intro, sections, pointers = _sections(masthead.body, facts, starts, leading=leading)
    words = fold(" ".join(filter(None, [masthead.subtitle, intro])))
    subtitle = facts.subtitle if facts.subtitle and fold(facts.subtitle) not in words else None
    opening = "\n\n".join(filter(None, [subtitle, masthead.subtitle, intro]))
    return Draft(
        place=place,
        by_reader=owner.facts,
        facts=facts,
        evidence=decision.evidence,
        intro=opening or None,
        boilerplate=(
            *masthead.boilerplate,
            *ends,
            *listed,
            *markers(masthead.body),
            *pointers,
            *text.boilerplate,
        ),
        sections=sections,
        fingerprints=fingerprints_of(
            compared(block for section in sections for block in section.blocks)
        ),
        text=text,
        flaws=(*text.flaws, *cuts(masthead.boilerplate)),
    )


def _masthead(text: Text, title: Decision) -> Masthead:
    if not text.sections:
        return read_masthead(text.ready, title, text.by_carrier)
    from backissue.ingest.structure import marked  # noqa: PLC0415 - only exports are

    return marked.masthead(text.ready, text.by_carrier)


def _take_end_marks(masthead: Masthead) -> list[str]:
    """Make separators of lines such as `- end -`; their words are in no section."""
    found = [line.block.text for line in masthead.body if is_end_mark(line.block.text)]
    if found:
        rule = Block(kind=BlockKind.RULE)
        masthead.body = [
            replace(line, block=rule) if is_end_mark(line.block.text) else line
            for line in masthead.body
        ]
    return found


def _take_subtitle(masthead: Masthead, lines: Sequence[Line]) -> bool:
    """Take the subtitle out of the body; whether the text below it is a story under the title."""
    blocks = [line.block for line in masthead.body]
    if all(block.kind is not BlockKind.HEADING for block in blocks):
        return False
    from backissue.ingest.structure.subtitles import (  # noqa: PLC0415 - many mails have no heading
        heads_story,
        is_subtitle,
    )

    first = masthead.body[0].number
    above = [line for line in lines if line.number < first and not line.is_rule]
    headings = [line.block for line in above if line.block.kind is BlockKind.HEADING]
    title = headings[-1] if headings else None
    adjoining = title is not None and above[-1].block is title
    if not is_subtitle(blocks, title, adjoining=adjoining):
        return False
    leading = heads_story(blocks)
    masthead.subtitle = "\n\n".join(filter(None, [masthead.subtitle, blocks[0].text]))
    del masthead.body[0]
    return leading


def _take_contents(masthead: Masthead) -> tuple[list[str], "Contents | None"]:
    """Take tables of contents out of the body; their lines come back, and what they name."""
    blocks = [line.block for line in masthead.body]
    items = sum(block.kind is BlockKind.ITEM for block in blocks[:_FIRST_LINES])
    if items < 2 and not any(
        grammar.is_contents_label(block.text, perhaps=True) for block in blocks
    ):
        return [], None
    from backissue.ingest.structure.contents import contents  # noqa: PLC0415 - few have any

    found = contents(blocks)
    masthead.body = [line for place, line in enumerate(masthead.body) if place not in found.places]
    listed = [blocks[place].text for place in sorted(found.places) if blocks[place].runs]
    return listed, found.without_places()


def _are_highlights(lines: Sequence[Line]) -> bool:
    from backissue.ingest.structure import highlights  # noqa: PLC0415 - a carrier names most texts

    return highlights.are_highlights([line.block for line in lines])


def _note_sections(lines: Sequence[Line]) -> tuple[Section, ...]:
    kept = [line for line in lines if not line.is_rule]
    return tuple(
        make_section(
            [line],
            Top(excerpt(line.block.text), [replace(line.block, joined=False)]),
            position=position,
            kind=SectionKind.NOTE,
            facts=NO_FACTS,
        )
        for position, line in enumerate(kept, start=1)
    )


def _sections(
    lines: Sequence[Line], facts: Facts, starts: list[int], *, leading: bool
) -> tuple[str | None, tuple[Section, ...], tuple[str, ...]]:
    """The words before the first section, the sections, and lines that only point to them.

    If the first words are `leading`, they are a story that the issue's title heads.
    """
    leading = leading and facts.title is not None and bool(starts) and starts[0] > 0
    if leading:
        starts = [0, *starts]
    if not starts:
        part = without_outer_rules(lines)
        return None, (_whole(part, 1, facts),) if part else (), ()
    intro = plain(line.block for line in lines[: starts[0]] if not line.is_rule)
    cut_out = (
        without_outer_rules(lines[start:end])
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    )
    parts = [part for part in cut_out if part]
    blocks = [[line.block for line in part] for part in parts]
    pointers = pointing(blocks)
    touching = {
        place
        for place, (part, below) in enumerate(pairwise(parts))
        if part[-1].number + 1 == below[0].number
    }
    heads = rubrics(blocks, touching) - pointers
    sections: list[Section] = []
    above: list[Line] = []
    for place, part in enumerate(parts):
        if place in heads:
            above += part
        elif place not in pointers:
            of_title = leading and not sections
            make = _whole if of_title else _section
            sections.append(make([*above, *part], len(sections) + 1, facts, rubrics=len(above)))
            above = []
    beside = [line.block.text for place in sorted(pointers) for line in parts[place]]
    beside += [line.block.text for line in above]
    return intro or None, tuple(sections), tuple(filter(None, beside))


def _section(part: Sequence[Line], position: int, facts: Facts, *, rubrics: int = 0) -> Section:
    """One section from its lines, the first of which are `rubrics` above its heading."""
    standing = [replace(line.block, joined=False) for line in part[:rubrics]]
    blocks = [line.block for line in part[rubrics:]]
    marked = grammar.is_fiction_marker(blocks[0].text)
    tale = marked or any(grammar.is_inspiration(block.text) for block in blocks)
    heading, rest = tale_top(blocks) if marked else _story_top(blocks)
    above = [block for block in blocks[:2] if not any(block is other for other in rest)]
    deck = grammar.deck(rest[0]) if rest and not marked else None
    if deck:
        opening = replace(rest[0], runs=squeeze_runs(deck.rest))
        rest = [opening, *rest[1:]] if opening.runs else rest[1:]
    head = above[-1] if above else None
    rest = [*standing, *rest]
    return make_section(
        part,
        Top(heading, rest, deck=deck.text or None if deck else None, head=head),
        position=position,
        kind=SectionKind.FICTION if tale else SectionKind.STORY,
        facts=facts,
    )


def _whole(part: Sequence[Line], position: int, facts: Facts, *, rubrics: int = 0) -> Section:
    """The section that an issue's title heads, as where there are no headings and separators."""
    if facts.title is None:
        return _section(part, position, facts, rubrics=rubrics)
    top = Top(squeeze(facts.title), [line.block for line in part])
    return make_section(part, top, position=position, kind=SectionKind.STORY, facts=facts)


def _story_top(blocks: list[Block]) -> tuple[str, list[Block]]:
    """A section's heading and the blocks below it; without one, its first words and all blocks."""
    if opening := grammar.capital_lead(blocks[0].text):
        heading, start = opening
        told = replace(blocks[0], runs=squeeze_runs(cut(blocks[0].runs, start)))
        return heading, [told, *blocks[1:]]
    if subject := message_subject(blocks):
        heading, place = subject
        return heading, [*blocks[:place], *blocks[place + 1 :]]
    headed = has_deck_below(blocks, 0) or is_headed(blocks, 0) or is_item_heading(blocks, 0)
    if headed or stands_over_prose(blocks, 0):
        return grammar.heading_text(blocks[0].text) or blocks[0].text, blocks[1:]
    # `Dear friends,` opens every letter.
    greeting = blocks[0].text
    short = count_words(greeting) <= _LONGEST_GREETING
    greets = greeting.endswith(",") and short and len(blocks) > 1
    first = blocks[1 if greets else 0]
    lead = grammar.heading_text(grammar.strong_lead(first.runs)).removesuffix(".").rstrip()
    return lead or excerpt(first.text), blocks
