"""Drafts to issues: copies of one issue become one record with the best of each.

A pure function of the *set* of copies: they are sorted by content before anything is decided, so
that the order in which files arrived can never show.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec.structs import replace

from backissue.ingest.identity import NAMES, overlay
from backissue.ingest.merge.copies import (
    Copy,
    MergedText,
    aliases_of,
    chosen,
    cleaned_intro,
    counted,
    distinct,
    from_one,
    key_of,
    respelled,
    spellings_of,
    with_distinct_keys,
    words_of,
)
from backissue.records import (
    CUT_SHORT,
    TEASER,
    Facts,
    Head,
    Issue,
    IssueKind,
    Origin,
    RepairedBlock,
    Section,
)
from backissue.text.prose import fold


def merge(copies: Iterable[Copy], others: Mapping[str, int] | None = None) -> tuple[Issue, ...]:
    """The issues these copies are of, sorted by key.

    `others` says how many issues that are made of other copies have each spelling of a publication.
    """
    groups = _grouped(distinct(copies))
    spellings = [spellings_of(group) for group in groups]
    counts = counted(spellings)
    counts.update(others or {})
    names = chosen(counts)
    issues = [
        _issue(group, respelled(group, names), own)
        for group, own in zip(groups, spellings, strict=True)
    ]
    return tuple(sorted(with_distinct_keys(issues), key=lambda issue: issue.head.key))


def _grouped(copies: list[Copy]) -> list[list[Copy]]:
    if len(copies) == 1:
        return [copies]
    from backissue.ingest.merge.grouping import groups  # noqa: PLC0415 - most runs add one file

    return groups(copies)


def _issue(found: Sequence[Copy], copies: Sequence[Copy], spellings: frozenset[str]) -> Issue:
    """One issue, of copies as they were found and as their publication is spelled."""
    labels = _labels(copies)
    ranked, text = _text_of(copies, labels)
    facts = _facts(ranked)
    sections = _placed(text.sections, facts.number)
    givers = [] if text.intro_from is None else [text.intro_from]
    drafts = {ref for copy in copies for ref, _ in copy.sources}
    head = _head(facts, sections, labels)
    return Issue(
        head=head,
        intro=text.intro,
        sections=sections,
        boilerplate=_distinct(
            chain.from_iterable([*(copy.draft.boilerplate for copy in ranked), text.aside])
        ),
        flaws=(
            *dict.fromkeys(flaw for copy in ranked for flaw in copy.draft.flaws),
            *text.flaws,
        ),
        drafts=tuple(sorted(drafts, key=lambda ref: (ref.source, ref.place))),
        fingerprints=frozenset().union(*(copy.draft.fingerprints for copy in copies)),
        repairs=_repairs_outside(ranked, labels, givers),
        origins=(
            *_origins(ranked, facts, labels),
            *(Origin(part="intro", source=name) for name in givers),
        ),
        aliases=tuple(sorted((aliases_of(found) | aliases_of(copies)) - {head.key})),
        spellings=tuple(sorted(spellings)),
    )


def _head(facts: Facts, sections: Sequence[Section], labels: Mapping[str, str]) -> Head:
    key = key_of(facts, sections)
    return Head(
        key=key,
        id=key.partition("/")[2],
        publication=facts.publication,
        number=facts.number,
        volume=facts.volume,
        title=facts.title,
        date=facts.date,
        kind=facts.kind or IssueKind.NEWSLETTER,
        sections=len(sections),
        words=sum(section.words for section in sections),
        sources=tuple(sorted(labels.values())),
        url=facts.url,
    )


def _text_of(
    copies: Sequence[Copy], labels: Mapping[str, str]
) -> tuple[Sequence[Copy], MergedText]:
    """The copies, the best first, and their text; most issues have one copy."""
    if len(copies) > 1:
        # What only several copies need is loaded for them alone.
        from backissue.ingest.merge.copy_repair import repaired_from_copies  # noqa: PLC0415 - above
        from backissue.ingest.merge.text import merged, rank  # noqa: PLC0415 - see above

        repaired = repaired_from_copies(copies, labels)
        ranked = sorted(_without_cuts(_without_teasers(repaired)), key=rank)
        return ranked, merged(ranked, labels)
    (copy,) = alone = tuple(_without_cuts(_without_teasers(copies)))
    label = labels[copy.ref.source]
    sections = (from_one(section, label) for section in copy.draft.sections)
    intro, aside = cleaned_intro(copy.draft.intro)
    giver = label if intro else None
    return alone, MergedText(tuple(sections), intro, giver, aside)


def _placed(sections: Sequence[Section], number: int | None) -> tuple[Section, ...]:
    """The sections, each with its place in the issue, which does not cite itself."""
    return tuple(
        replace(
            section,
            position=position,
            mentions=tuple(cited for cited in section.mentions if cited != number),
        )
        for position, section in enumerate(sections, start=1)
    )


def _without_teasers(copies: Sequence[Copy]) -> Iterator[Copy]:
    """The copies; one that only announces the issue gives no text where another has the issue.

    Its words are in the issue already, or were written to sell it: they are boilerplate.
    """
    whole_is_there = not all(map(_is_teaser, copies))
    for copy in copies:
        if whole_is_there and _is_teaser(copy):
            draft = copy.draft
            words = (*filter(None, [draft.intro]), *map(words_of, draft.sections))
            draft = replace(
                draft,
                intro=None,
                sections=(),
                flaws=tuple(flaw for flaw in draft.flaws if flaw.code != TEASER),
                boilerplate=(*draft.boilerplate, *words),
            )
            yield replace(copy, draft=draft)
        else:
            yield copy


def _without_cuts(copies: Iterable[Copy]) -> Iterator[Copy]:
    """The copies; of one that was cut short nothing is said where another goes on to the end."""
    known = list(copies)
    cut = [any(flaw.code == CUT_SHORT for flaw in copy.draft.flaws) for copy in known]
    longest = max(
        (_length(copy) for copy, short in zip(known, cut, strict=True) if not short), default=0
    )
    for copy, short in zip(known, cut, strict=True):
        if short and _length(copy) <= longest:
            flaws = tuple(flaw for flaw in copy.draft.flaws if flaw.code != CUT_SHORT)
            yield replace(copy, draft=replace(copy.draft, flaws=flaws))
        else:
            yield copy


def _length(copy: Copy) -> int:
    return sum(section.words for section in copy.draft.sections)


def _is_teaser(copy: Copy) -> bool:
    return any(flaw.code == TEASER for flaw in copy.draft.flaws)


def _facts(ranked: Sequence[Copy]) -> Facts:
    """What the copies say together: the facts you set first, then those of the best copy."""
    known = [copy.draft.by_reader for copy in ranked] + [copy.draft.facts for copy in ranked]
    # A sound title is taken before a damaged one.
    known.sort(key=lambda facts: "\ufffd" in (facts.title or ""))
    found = Facts()
    for facts in reversed(known):
        found = overlay(found, facts)
    return found


def _origins(ranked: Sequence[Copy], facts: Facts, labels: Mapping[str, str]) -> tuple[Origin, ...]:
    """Which source and which evidence gave each fact of an issue; no source: you gave it."""
    found: list[Origin] = []
    for name in NAMES:
        value = getattr(facts, name)
        if value is None or name == "kind":
            continue
        set_by_you = (copy for copy in ranked if getattr(copy.draft.by_reader, name) == value)
        read = (copy for copy in ranked if getattr(copy.draft.facts, name) == value)
        teller = next(set_by_you, None)
        giver = teller or next(read)
        source = None if teller else labels[giver.ref.source]
        won = next(one for one in giver.draft.evidence if one.fact == name)
        words = None if won.text == str(value) else won.text
        found.append(Origin(part=name, source=source, evidence=won.kind.value, found=words))
    return tuple(found)


def _repairs_outside(
    ranked: Sequence[Copy], labels: Mapping[str, str], givers: Collection[str]
) -> tuple[RepairedBlock, ...]:
    """Repairs in the title and intro that were kept, and in no section of their copies."""
    found: list[RepairedBlock] = []
    for place, copy in enumerate(ranked):
        label, draft = labels[copy.ref.source], copy.draft
        if place > 0 and label not in givers:
            continue
        inside = {repair.block for section in draft.sections for repair in section.repairs}
        lines = (repair for line in draft.text.lines for repair in line.repairs)
        found += [
            replace(repair, source=label)
            for repair in (*draft.text.repairs, *lines)
            if repair.block not in inside
        ]
    return tuple(found)


def _distinct(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines, each once, in its first spelling and in its last place."""
    return tuple({fold(line): line for line in reversed(list(lines))}.values())[::-1]


def _labels(copies: Sequence[Copy]) -> dict[str, str]:
    """What each source is called by its hash: its name, and where two have one name, both."""
    names = {ref.source: known[0] for copy in copies for ref, known in copy.sources}
    shared = Counter(names.values())
    return {
        sha256: name if shared[name] == 1 else f"{name} ({sha256[:8]})"
        for sha256, name in names.items()
    }
