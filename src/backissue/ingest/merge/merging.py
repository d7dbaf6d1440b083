"""Drafts to issues: copies of one issue become one record with the best of each.

A pure function of the *set* of copies: they are sorted by content before anything is decided, so
that the order in which files arrived can never show.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Final

from backissue.ingest.identity import NAMES, overlay
from backissue.ingest.merge.copies import Copy, aliases_of, are_alike, distinct, groups, key_of
from backissue.records import (
    TEASER,
    VERBATIM,
    Block,
    Facts,
    Flaw,
    Head,
    Issue,
    IssueKind,
    Link,
    Origin,
    RepairedBlock,
    Section,
)
from backissue.text.prose import WORD, compared, fingerprints_of, fold, plain

# Percent of the longest version's words: one with fewer is not whole.
_WHOLE_PERCENT: Final = 80


def merge(copies: Iterable[Copy]) -> tuple[Issue, ...]:
    """The issues these copies are of, sorted by key."""
    issues = [_issue(group) for group in groups(distinct(copies))]
    return tuple(sorted(_with_distinct_keys(issues), key=lambda issue: issue.head.key))


def _issue(copies: Sequence[Copy]) -> Issue:
    labels = _labels(copies)
    ranked = sorted(_without_teasers(_repaired(copies, labels)), key=_rank)
    facts = _facts(ranked)
    sections = _sections(ranked, labels, facts.number)
    intros = _intros(ranked, labels)
    givers = [name for name, _ in intros[:1]]
    drafts = {ref for copy in copies for ref, _ in copy.sources}
    head = _head(facts, sections, labels)
    return Issue(
        head=head,
        intro=intros[0][1] if intros else None,
        sections=sections,
        boilerplate=_distinct(line for copy in ranked for line in copy.draft.boilerplate),
        flaws=(
            *dict.fromkeys(flaw for copy in ranked for flaw in copy.draft.flaws),
            *(flaw for intro in intros[1:] for flaw in _differences(intros[0], intro)),
        ),
        drafts=tuple(sorted(drafts, key=lambda ref: (ref.source, ref.place))),
        fingerprints=frozenset().union(*(copy.draft.fingerprints for copy in copies)),
        repairs=_repairs_outside(ranked, labels, givers),
        origins=(
            *_origins(ranked, facts, labels),
            *(Origin(part="intro", source=name) for name in givers),
        ),
        aliases=tuple(sorted(aliases_of(copies) - {head.key})),
    )


def _head(facts: Facts, sections: Sequence[Section], labels: Mapping[str, str]) -> Head:
    key = key_of(facts.publication, facts.number, facts.title, sections)
    return Head(
        key=key,
        id=key.partition("/")[2],
        publication=facts.publication,
        number=facts.number,
        title=facts.title,
        date=facts.date,
        kind=facts.kind or IssueKind.NEWSLETTER,
        sections=len(sections),
        words=sum(section.words for section in sections),
        sources=tuple(sorted(labels.values())),
        url=facts.url,
    )


def _repaired(copies: Sequence[Copy], labels: Mapping[str, str]) -> Sequence[Copy]:
    """The copies, each repaired from the others; most issues have one copy."""
    if len(copies) == 1:
        return copies
    from backissue.ingest.merge.copy_repair import repaired_from_copies  # noqa: PLC0415 - see above

    return repaired_from_copies(copies, labels)


def _without_teasers(copies: Sequence[Copy]) -> Iterator[Copy]:
    """The copies; one that only announces the issue gives no text where another has the issue.

    Its words are in the issue already, or were written to sell it: they are boilerplate.
    """
    whole_is_there = not all(map(_is_teaser, copies))
    for copy in copies:
        if whole_is_there and _is_teaser(copy):
            draft = copy.draft
            words = (*filter(None, [draft.intro]), *map(_words, draft.sections))
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


def _is_teaser(copy: Copy) -> bool:
    return any(flaw.code == TEASER for flaw in copy.draft.flaws)


def _rank(copy: Copy) -> tuple[object, ...]:
    """Smallest for the copy that keeps most of what the author wrote."""
    sections = copy.draft.sections
    blocks = [block for section in sections for block in section.blocks]
    return (*_lost_look(blocks), -sum(section.words for section in sections), copy.order)


def _lost_look(blocks: Sequence[Block]) -> tuple[bool, bool, bool, bool]:
    """Whether blocks have no links, nothing bold, no code or table, and no lines in paragraphs."""
    runs = [run for block in blocks for run in block.runs]
    return (
        not any(run.url for run in runs),
        not any(run.strong for run in runs),
        not any(block.kind in VERBATIM for block in blocks),
        not any(block.joined for block in blocks),
    )


def _facts(ranked: Sequence[Copy]) -> Facts:
    """What the copies say together: the facts you set first, then those of the best copy."""
    known = [copy.draft.by_reader for copy in ranked] + [copy.draft.facts for copy in ranked]
    # A sound title is taken before a damaged one.
    known.sort(key=lambda facts: "\ufffd" in (facts.title or ""))
    found = Facts()
    for facts in reversed(known):
        found = overlay(found, facts)
    return found


def _intros(ranked: Sequence[Copy], labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """The copies' intros with their source's name, a sound and long one first."""
    intros = [(labels[copy.ref.source], copy.draft.intro) for copy in ranked if copy.draft.intro]
    return sorted(intros, key=lambda intro: ("\ufffd" in intro[1], -len(intro[1])))


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


def _with_distinct_keys(issues: Sequence[Issue]) -> list[Issue]:
    """The oldest of the issues with one address keeps it, the others get `-2`, `-3`."""
    by_key: dict[str, list[Issue]] = defaultdict(list)
    for issue in issues:
        by_key[issue.head.key].append(issue)
    found: dict[str, Issue] = {}
    later: list[Issue] = []
    for key, namesakes in sorted(by_key.items()):
        namesakes.sort(key=lambda issue: (str(issue.head.date or "~"), issue.drafts[0].source))
        found[key] = namesakes[0]
        later += namesakes[1:]
    # Only now, since an issue called “Mills 2” has a better right to `mills-2`.
    for issue in later:
        key = next(key for n in count(2) if (key := f"{issue.head.key}-{n}") not in found)
        found[key] = replace(issue, head=replace(issue.head, key=key, id=key.partition("/")[2]))
    return list(found.values())


# -- sections across copies ---------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class _Slot:
    """One section as the copies have it, each version with its source's name."""

    versions: list[tuple[str, Section]]
    heading: tuple[str, ...]
    fingerprints: frozenset[int]


def _labels(copies: Sequence[Copy]) -> dict[str, str]:
    """What each source is called by its hash: its name, and where two have one name, both."""
    names = {ref.source: known[0] for copy in copies for ref, known in copy.sources}
    shared = Counter(names.values())
    return {
        sha256: name if shared[name] == 1 else f"{name} ({sha256[:8]})"
        for sha256, name in names.items()
    }


def _sections(
    ranked: Sequence[Copy], labels: Mapping[str, str], number: int | None
) -> tuple[Section, ...]:
    """The best version of each section, with its place in the issue, which does not cite itself."""
    if len(ranked) == 1:
        label = labels[ranked[0].ref.source]
        versions = [[(label, section)] for section in ranked[0].draft.sections]
    else:
        slots: list[_Slot] = []
        # The copy with most sections gives the order; the others' are found in it or put in.
        for copy in sorted(ranked, key=lambda copy: -len(copy.draft.sections)):
            _fit(slots, labels[copy.ref.source], copy.draft.sections)
        versions = [slot.versions for slot in slots]
    return tuple(
        replace(
            section,
            position=position,
            mentions=tuple(cited for cited in section.mentions if cited != number),
        )
        for position, section in enumerate(map(_best, versions), start=1)
    )


def _fit(slots: list[_Slot], name: str, sections: Sequence[Section]) -> None:
    """Put one copy's sections into the slots they are versions of, and others between them.

    Two sections of one copy never share a slot, even if both are called “In brief”.
    """
    free = _Free(slots)
    after = 0
    for section in sections:
        own = _Slot(
            versions=[(name, section)],
            heading=tuple(WORD.findall(fold(section.heading).casefold())),
            fingerprints=fingerprints_of(compared(section.blocks)),
        )
        slot = free.take(own)
        if slot is None:
            slots.insert(after, own)
            after += 1
        else:
            slot.versions += own.versions
            after = slots.index(slot) + 1


class _Free:
    """The slots that no section of the copy at hand has taken, by heading and by sentence."""

    def __init__(self, slots: Sequence[_Slot]) -> None:
        self._by_heading: dict[tuple[str, ...], deque[_Slot]] = defaultdict(deque)
        self._by_fingerprint: dict[int, list[_Slot]] = defaultdict(list)
        self._taken: set[int] = set()
        for slot in slots:
            self._by_heading[slot.heading].append(slot)
            for fingerprint in slot.fingerprints:
                self._by_fingerprint[fingerprint].append(slot)

    def take(self, own: _Slot) -> _Slot | None:
        """The slot of the same heading, else the first with most sentences in common."""
        known = self._by_fingerprint
        sharing = (slot for one in sorted(own.fingerprints) for slot in known.get(one, ()))
        alike = (slot for slot in sharing if are_alike(own.fingerprints, slot.fingerprints))
        named = self._by_heading.get(own.heading, deque())
        while named and id(named[0]) in self._taken:  # not looked at again: thousands may have it
            named.popleft()
        for slot in chain(named, alike):
            if id(slot) not in self._taken:
                self._taken.add(id(slot))
                return slot
        return None


def _best(versions: Sequence[tuple[str, Section]]) -> Section:
    """The best version of a section, with what only the others have."""
    longest = max(section.words for _, section in versions)
    ordered = sorted(versions, key=lambda version: _section_rank(version[1], longest))
    (name, best), others = ordered[0], ordered[1:]
    repairs = tuple(replace(repair, source=name) for repair in best.repairs)
    best = replace(best, repairs=repairs, origins=(Origin(part="text", source=name),))
    for other_name, other in others:
        links = _joined_links(best.links, other.links)
        best = replace(
            best,
            deck=best.deck or other.deck,
            why=best.why or other.why,
            links=links,
            mentions=tuple(sorted({*best.mentions, *other.mentions})),
            flaws=best.flaws + _differences((name, _words(best)), (other_name, _words(other))),
            origins=best.origins + _added(best, other, links, other_name),
        )
    return best


def _added(best: Section, other: Section, links: Sequence[Link], name: str) -> tuple[Origin, ...]:
    """What another version, of the source of this `name`, adds to the best one."""
    added = [
        Origin(part=part, source=name)
        for part in ("deck", "why")
        if getattr(best, part) is None and getattr(other, part) is not None
    ]
    known = set(best.links)
    added += [
        Origin(part="link", source=name, text=link.text) for link in links if link not in known
    ]
    return tuple(added)


def _words(section: Section) -> str:
    """All that a section says."""
    return "\n".join([section.heading, section.deck or "", plain(section.blocks)])


def _section_rank(section: Section, longest: int) -> tuple[object, ...]:
    """Smallest for the version that is whole, undamaged, and keeps links, bold and paragraphs.

    Of equals the one that needed least repair.
    """
    return (
        section.words * 100 < longest * _WHOLE_PERCENT,
        len(section.flaws),
        *_lost_look(section.blocks),
        sum(len(repair.steps) for repair in section.repairs),
    )


def _joined_links(ours: Sequence[Link], theirs: Sequence[Link]) -> tuple[Link, ...]:
    """Our links with the labels and targets that theirs add, and those that only they have."""
    by_text = {_link_words(link): link for link in theirs}
    known = {_link_words(link) for link in ours}
    targets = {link.url for link in ours if link.url}
    joined = []
    for link in ours:
        other = by_text.get(_link_words(link))
        joined.append(
            replace(link, label=link.label or other.label, url=link.url or other.url)
            if other
            else link
        )
    added = [
        link
        for link in theirs
        if link.url and link.url not in targets and _link_words(link) not in known
    ]
    return (*joined, *added)


def _link_words(link: Link) -> str:
    return " ".join(WORD.findall(fold(link.text).casefold()))


def _differences(best: tuple[str, str], other: tuple[str, str]) -> tuple[Flaw, ...]:
    """The words in which a copy differs from the one that was kept, as flaws."""
    ours, theirs = (WORD.findall(fold(text).casefold()) for _, text in (best, other))
    if ours == theirs:
        return ()
    from backissue.ingest.merge.alignment import differences  # noqa: PLC0415 - copies seldom differ

    return tuple(
        Flaw(
            code="copies-differ",
            text=f"“{' '.join(ours[a:b])}” in {best[0]}, “{' '.join(theirs[c:d])}” in {other[0]}",
        )
        for a, b, c, d in differences(ours, theirs)
    )
