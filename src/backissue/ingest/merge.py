"""Drafts to issues: copies of one issue become one record with the best of each.

A pure function of the *set* of copies: they are sorted by content before anything is decided, so
that the order in which files arrived can never show.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import Match, SequenceMatcher
from itertools import accumulate, chain, count

from backissue.ingest.copies import Copy, are_alike, groups, key_of
from backissue.ingest.facts import NAMES
from backissue.ingest.prints import prints_of
from backissue.ingest.structure import Draft
from backissue.prose import fold, plain
from backissue.records import Facts, Flaw, Head, Issue, IssueKind, Link, Section

_WORD = re.compile(r"[^\W_]+")
# How many places in another text may be looked at for each word, to find what two texts share.
_WORK_A_WORD = 500


def merge(copies: Iterable[Copy]) -> tuple[Issue, ...]:
    """The issues these copies are of, sorted by key."""
    issues = [_issue(group) for group in groups(sorted(copies, key=lambda copy: copy.order))]
    return tuple(sorted(_with_distinct_keys(issues), key=lambda issue: issue.head.key))


def _issue(copies: Sequence[Copy]) -> Issue:
    ranked = sorted(copies, key=lambda copy: (*_rank(copy.draft), copy.order))
    facts = _facts(ranked)
    labels = _labels(copies)
    sections = _sections(ranked, labels, facts.number)
    key = key_of(facts.publication, facts.number, facts.title, sections)
    head = Head(
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
    intros = [(labels[copy.ref.source], copy.draft.intro) for copy in ranked if copy.draft.intro]
    intros.sort(key=lambda intro: -len(intro[1]))
    return Issue(
        head=head,
        intro=intros[0][1] if intros else None,
        sections=sections,
        boilerplate=_distinct(line for copy in ranked for line in copy.draft.boilerplate),
        flaws=(
            *_distinct_flaws(ranked),
            *(flaw for intro in intros[1:] for flaw in _differences(intros[0], intro)),
        ),
        drafts=tuple(
            sorted((copy.ref for copy in copies), key=lambda ref: (ref.source, ref.place))
        ),
        prints=frozenset().union(*(copy.draft.prints for copy in copies)),
    )


def _rank(draft: Draft) -> tuple[bool, bool, bool, int]:
    """Smallest for the copy that keeps most of what the author wrote."""
    blocks = [block for section in draft.sections for block in section.blocks]
    return (
        not any(run.url for block in blocks for run in block.runs),
        not any(run.strong for block in blocks for run in block.runs),
        not any(block.joined for block in blocks),
        -sum(section.words for section in draft.sections),
    )


def _facts(ranked: Sequence[Copy]) -> Facts:
    """What the copies say together: the reader's word first, then that of the best copy."""

    def first(name: str) -> object:
        words = [copy.said for copy in ranked] + [copy.draft.facts for copy in ranked]
        return next((value for word in words if (value := getattr(word, name)) is not None), None)

    return Facts(**{name: first(name) for name in NAMES})  # type: ignore[arg-type]


def _distinct_flaws(copies: Sequence[Copy]) -> tuple[Flaw, ...]:
    return tuple(dict.fromkeys(flaw for copy in copies for flaw in copy.draft.flaws))


def _distinct(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple({fold(line): line for line in reversed(list(lines))}.values())[::-1]


def _with_distinct_keys(issues: Sequence[Issue]) -> list[Issue]:
    """Issues with one address told apart: the oldest keeps it, the others get `-2`, `-3`."""
    by_key: dict[str, list[Issue]] = defaultdict(list)
    for issue in issues:
        by_key[issue.head.key].append(issue)
    told: dict[str, Issue] = {}
    later: list[Issue] = []
    for key, namesakes in sorted(by_key.items()):
        namesakes.sort(key=lambda issue: (str(issue.head.date or "~"), issue.drafts[0].source))
        told[key] = namesakes[0]
        later += namesakes[1:]
    # Only now, since an issue called “Mills 2” has a better right to `mills-2`.
    for issue in later:
        key = next(key for n in count(2) if (key := f"{issue.head.key}-{n}") not in told)
        told[key] = replace(issue, head=replace(issue.head, key=key, id=key.partition("/")[2]))
    return list(told.values())


# -- sections across copies ---------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class _Slot:
    """One section as the copies have it, each version with its source's name."""

    versions: list[tuple[str, Section]]
    heading: tuple[str, ...]
    prints: frozenset[int]


def _labels(copies: Sequence[Copy]) -> dict[str, str]:
    """What each source is called by its hash: its name, and where two have one name, both."""
    names = {copy.ref.source: copy.names[0] for copy in copies}
    shared = Counter(names.values())
    return {
        sha256: name if shared[name] == 1 else f"{name} ({sha256[:8]})"
        for sha256, name in names.items()
    }


def _sections(
    ranked: Sequence[Copy], labels: Mapping[str, str], number: int | None
) -> tuple[Section, ...]:
    if len(ranked) == 1:
        return _numbered(ranked[0].draft.sections, number)
    slots: list[_Slot] = []
    # The copy with most sections gives the order; the others' are found in it or put in.
    for copy in sorted(ranked, key=lambda copy: -len(copy.draft.sections)):
        _fit(slots, labels[copy.ref.source], copy.draft.sections)
    return _numbered((_best(slot.versions) for slot in slots), number)


def _numbered(sections: Iterable[Section], number: int | None) -> tuple[Section, ...]:
    """Sections with their places in the issue, which does not cite itself."""
    return tuple(
        replace(
            section,
            position=position,
            mentions=tuple(cited for cited in section.mentions if cited != number),
        )
        for position, section in enumerate(sections, start=1)
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
            heading=tuple(_WORD.findall(fold(section.heading).casefold())),
            prints=prints_of(block.text for block in section.blocks),
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
        self._by_heading: dict[tuple[str, ...], list[_Slot]] = defaultdict(list)
        self._by_print: dict[int, list[_Slot]] = defaultdict(list)
        self._taken: set[int] = set()
        for slot in slots:
            self._by_heading[slot.heading].append(slot)
            for mark in slot.prints:
                self._by_print[mark].append(slot)

    def take(self, own: _Slot) -> _Slot | None:
        """The slot of the same heading, else the first with most sentences in common."""
        sharing = (slot for mark in sorted(own.prints) for slot in self._by_print.get(mark, ()))
        alike = (slot for slot in sharing if are_alike(own.prints, slot.prints))
        for slot in chain(self._by_heading.get(own.heading, ()), alike):
            if id(slot) not in self._taken:
                self._taken.add(id(slot))
                return slot
        return None


def _best(versions: Sequence[tuple[str, Section]]) -> Section:
    """The best version of a section, with what only the others have."""
    longest = max(section.words for _, section in versions)
    ordered = sorted(versions, key=lambda version: _section_rank(version[1], longest))
    (name, best), others = ordered[0], ordered[1:]
    for other_name, other in others:
        best = replace(
            best,
            deck=best.deck or other.deck,
            why=best.why or other.why,
            links=_joined_links(best.links, other.links),
            mentions=tuple(sorted({*best.mentions, *other.mentions})),
            flaws=best.flaws + _differences((name, _words(best)), (other_name, _words(other))),
        )
    return best


def _words(section: Section) -> str:
    """All that a section says."""
    return "\n".join([section.heading, section.deck or "", plain(section.blocks)])


def _section_rank(section: Section, longest: int) -> tuple[bool, int, bool, bool, bool]:
    """Smallest for the version that is whole, undamaged, and keeps links, bold and paragraphs."""
    runs = [run for block in section.blocks for run in block.runs]
    return (
        section.words * 5 < longest * 4,
        len(section.flaws),
        not any(run.url for run in runs),
        not any(run.strong for run in runs),
        not any(block.joined for block in section.blocks),
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
    return " ".join(_WORD.findall(fold(link.text).casefold()))


def _differences(best: tuple[str, str], other: tuple[str, str]) -> tuple[Flaw, ...]:
    """The words in which a copy differs from the one that was kept: nothing is lost unsaid."""
    ours, theirs = (_WORD.findall(fold(text).casefold()) for _, text in (best, other))
    if ours == theirs:
        return ()
    first, last = _outer_words(ours, theirs)
    ours, theirs = ours[first : len(ours) - last], theirs[first : len(theirs) - last]
    return tuple(
        Flaw(
            code="copies-differ",
            text=f"“{' '.join(ours[a:b])}” in {best[0]}, “{' '.join(theirs[c:d])}” in {other[0]}",
        )
        for tag, a, b, c, d in _Matcher(ours, theirs).get_opcodes()
        if tag != "equal"
    )


def _outer_words(ours: Sequence[str], theirs: Sequence[str]) -> tuple[int, int]:
    """How many words two texts have in common at their beginning, and behind that at their end."""
    shorter = min(len(ours), len(theirs))
    first = next((at for at in range(shorter) if ours[at] != theirs[at]), shorter)
    rest = shorter - first
    return first, next((at for at in range(rest) if ours[-1 - at] != theirs[-1 - at]), rest)


class _Matcher(SequenceMatcher[str]):
    """Finds what two texts have in common, with work in proportion to their length.

    Where each word is in many places of the other text (`ha ha ha …`, thousands of times), or the
    texts have little but short words in common, finding all would take the cube of their length. A
    stretch for which the work left is not enough counts as different, as a whole.
    """

    b2j: dict[str, list[int]]  # the places of each of their words

    def __init__(self, ours: Sequence[str], theirs: Sequence[str]) -> None:
        super().__init__(None, ours, theirs, autojunk=len(ours) + len(theirs) > 20_000)
        self._left = _WORK_A_WORD * (len(ours) + len(theirs))
        # The work of looking at the first words of `ours`, up to each.
        work = (1 + len(self.b2j.get(word, ())) for word in ours)
        self._work = list(accumulate(work, initial=0))

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """The longest common stretch between these bounds; an empty one if there is none."""
        ahi = len(self._work) - 1 if ahi is None else ahi
        work = self._work[ahi] - self._work[alo]
        if work > self._left:
            return Match(alo, blo, 0)
        self._left -= work
        return super().find_longest_match(alo, ahi, blo, bhi)
