"""Which copies are of one issue.

Publication and number decide, and for a copy without a number the sentences it shares with others.
Copies with different numbers are never one issue, however much they share.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Final

from backissue.ingest.structure import Draft
from backissue.records import DraftRef, Section
from backissue.text.prose import WORD, fold

UNFILED = "unfiled"  # in the address of an issue without a publication
# One in so many sentences of the longer copy is in the other, at least; and so many of the shorter
# one's, in percent and in number, unless they have all sentences in common.
LEAST_SHARE: Final = 4
_SHARED_PERCENT: Final = 50
_FEWEST_SHARED: Final = 3
_LONGEST_SLUG: Final = 60  # characters
# Days: a page may be dated a day off the mail, in another zone.
_SAME_DAY: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A draft, and the names of its source.

    `duplicates` are the other drafts with the same content, and the names of their sources.
    """

    draft: Draft
    ref: DraftRef
    names: tuple[str, ...]
    duplicates: tuple[tuple[DraftRef, tuple[str, ...]], ...] = ()

    @property
    def order(self) -> tuple[str, int]:
        """A total order of copies that depends on their content alone."""
        return (self.ref.source, self.ref.place)

    @property
    def sources(self) -> tuple[tuple[DraftRef, tuple[str, ...]], ...]:
        """The draft and its duplicates, each with the names of its source."""
        return ((self.ref, self.names), *self.duplicates)


def distinct(copies: Iterable[Copy]) -> list[Copy]:
    """One copy of each content, in order, with the others as its duplicates.

    A feed that is kept every week has an entry twenty times over: it is one text from twenty
    sources, and to compare them shows nothing.
    """
    by_content: dict[object, list[Copy]] = defaultdict(list)
    for copy in copies:
        by_content[copy.ref.content or copy.order].append(copy)
    found = []
    for same in by_content.values():
        refs = {(one[0].source, one[0].place): one for copy in same for one in copy.sources}
        (ref, names), *duplicates = (refs[order] for order in sorted(refs))
        found.append(replace(same[0], ref=ref, names=names, duplicates=tuple(duplicates)))
    return sorted(found, key=lambda copy: copy.order)


def is_loose(draft: Draft) -> bool:
    """Whether a draft does not say itself which issue it is of."""
    return draft.facts.number is None or not draft.facts.publication


def base_key(copy: Copy) -> str:
    """The address a copy would have if it were the only one."""
    facts = copy.draft.facts
    return key_of(facts.publication, facts.number, facts.title, copy.draft.sections)


def are_alike(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether two texts, by their fingerprints, have most of their sentences in common.

    Half of the shorter one's, a quarter of the longer one's, and three at least, or all: a copy may
    be cut off, but a page that quotes an issue is no copy of it.

    >>> are_alike(frozenset({1, 2, 3}), frozenset({1, 2, 3, 4, 5, 6}))
    True
    >>> are_alike(frozenset({1, 2}), frozenset({1, 2, 3}))
    False
    """
    shared = len(one & other)
    small, large = sorted((len(one), len(other)))
    return (
        shared * 100 >= _SHARED_PERCENT * small
        and shared * LEAST_SHARE >= large
        and (shared >= _FEWEST_SHARED or (one == other and shared > 0))
    )


def slug(text: str) -> str:
    """`text` as the part of an address: lower case, words joined by hyphens, accents dropped.

    >>> slug("Émile’s Letter"), slug("2024")
    ('emiles-letter', 'no-2024')
    """
    letters = unicodedata.normalize("NFKD", fold(text).replace("'", "")).casefold()
    words = WORD.findall("".join(char for char in letters if not unicodedata.combining(char)))
    kept = ""
    for word in words:
        longer = f"{kept}-{word}" if kept else word[:_LONGEST_SLUG]
        if len(longer) > _LONGEST_SLUG:
            break
        kept = longer
    # An address of digits alone is a number's.
    return f"no-{kept}" if kept.isdigit() else kept


def key_of(
    publication: str | None, number: int | None, title: str | None, sections: Sequence[Section]
) -> str:
    """An issue's full address, before another issue has the same."""
    place = (slug(publication) if publication else "") or UNFILED
    if number is not None:
        return f"{place}/{number}"
    return f"{place}/{next(filter(None, map(slug, _names(title, sections))), 'untitled')}"


def _names(title: str | None, sections: Sequence[Section]) -> Iterator[str]:
    """What an issue without a number may be called: its title or else its first words.

    A title or heading may have no words at all (`***`, an emoji).
    """
    if title:
        yield title
    for section in sections[:1]:
        yield section.heading
        yield from (block.text for block in section.blocks)


def aliases_of(copies: Sequence[Copy]) -> set[str]:
    """The addresses that an issue has as long as less is known of it.

    A file may have come before another one that says the number, or before you set a publication.
    What you noted then still names the issue: its title, as far as any copy has one, with and
    without the publication, and its number without.
    """
    publications = {copy.draft.facts.publication for copy in copies} | {None}
    found: set[str] = set()
    for copy in copies:
        facts, sections = copy.draft.facts, copy.draft.sections
        titled = (None,) if facts.title or sections else ()
        for publication in publications:
            for number in dict.fromkeys((facts.number, *titled)):
                found.add(key_of(publication, number, facts.title, sections))
    return {key for key in found if not key.endswith("/untitled")}


def groups(copies: Sequence[Copy]) -> list[list[Copy]]:
    """The copies of each issue together. They must come sorted by their `order`."""
    numbered: dict[tuple[str, int], list[Copy]] = defaultdict(list)
    issue_of: dict[tuple[str, int], tuple[str, int]] = {}
    for copy in copies:
        facts = copy.draft.facts
        if not is_loose(copy.draft):
            issue = (slug(facts.publication or ""), facts.number or 0)
            numbered[issue].append(copy)
            issue_of[copy.order] = issue
    candidates = _Candidates(copies)
    loose: list[Copy] = []
    for copy in copies:
        if copy.order in issue_of:
            continue
        # The numbered copy it shares most sentences with, and of equals the last in order.
        others = [other for other in candidates.of(copy) if other.order in issue_of]
        own = copy.draft.fingerprints
        shared = {other.order: len(own & other.draft.fingerprints) for other in others}
        best = max(others, key=lambda other: (shared[other.order], other.order), default=None)
        if best:
            numbered[issue_of[best.order]].append(copy)
        else:
            loose.append(copy)
    return [*numbered.values(), *_clusters(loose, candidates)]


class _Candidates:
    """Which copies may be of one issue: they share sentences, or publication and title."""

    def __init__(self, copies: Sequence[Copy]) -> None:
        self._copies = copies
        self._by_fingerprint: dict[int, list[int]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._known: dict[tuple[str, int], list[Copy]] = {}  # each copy is asked for twice
        for place, copy in enumerate(copies):
            for fingerprint in copy.draft.fingerprints:
                self._by_fingerprint[fingerprint].append(place)
            if is_loose(copy.draft) and (name := _name(copy)):
                self._by_name[name].append(place)

    def of(self, copy: Copy) -> list[Copy]:
        """The other copies that may be of the same issue, in order."""
        if copy.order not in self._known:
            near = [self._copies[place] for place in self._near(copy)]
            self._known[copy.order] = [
                other for other in near if other is not copy and _may_be_one(copy, other)
            ]
        return self._known[copy.order]

    def _near(self, copy: Copy) -> list[int]:
        """The places of the copies that share enough with it to be compared.

        Shared sentences are counted first, without comparing: every copy may have one footer.
        """
        own = copy.draft.fingerprints
        shared: Counter[int] = Counter()
        for fingerprint in own:
            shared.update(self._by_fingerprint[fingerprint])
        # A copy of three sentences or fewer is alike to its equals only, which share them all.
        least = max(-(-len(own) // LEAST_SHARE), min(len(own), _FEWEST_SHARED))
        alike = {
            place
            for place, count in shared.items()
            if count >= least and count * LEAST_SHARE >= len(self._copies[place].draft.fingerprints)
        }
        name = _name(copy) if is_loose(copy.draft) else None
        return sorted(alike | set(self._by_name[name] if name else ()))


def _may_be_one(one: Copy, other: Copy) -> bool:
    same_kind = one.draft.facts.kind is other.draft.facts.kind
    alike = are_alike(one.draft.fingerprints, other.draft.fingerprints) or _have_one_name(
        one, other
    )
    return same_kind and alike and _agree([one, other])


def _have_one_name(one: Copy, other: Copy) -> bool:
    """Whether two texts have one publication, one title, and one address or day.

    So a feed's teaser joins the mail it announces, though they share no sentence.
    """
    ours, theirs = one.draft.facts, other.draft.facts
    if _name(one) is None or _name(one) != _name(other):
        return False
    if ours.url and theirs.url:
        return ours.url == theirs.url
    return bool(ours.date and theirs.date and _is_same_day(ours.date, theirs.date))


def _name(copy: Copy) -> tuple[str, str] | None:
    """Publication and title, where a copy says both."""
    facts = copy.draft.facts
    if not facts.publication or not facts.title:
        return None
    return slug(facts.publication), slug(facts.title)


def _agree(copies: Sequence[Copy]) -> bool:
    """Whether no two of these copies differ in number or publication, or in both title and day.

    Two titles on two days are two issues, though one may repeat the other's words.
    """
    facts = [copy.draft.facts for copy in copies]
    numbers = {fact.number for fact in facts if fact.number is not None}
    publications = {slug(fact.publication) for fact in facts if fact.publication}
    titled = {(slug(fact.title), fact.date) for fact in facts if fact.title and fact.date}
    apart = any(
        one[0] != other[0] and not _is_same_day(one[1], other[1])
        for one, other in combinations(sorted(titled), 2)
    )
    return len(numbers) <= 1 and len(publications) <= 1 and not apart


def _is_same_day(one: date, other: date) -> bool:
    return abs((one - other).days) <= _SAME_DAY


def _clusters(copies: Sequence[Copy], candidates: _Candidates) -> list[list[Copy]]:
    """Copies in sets, each connected by likeness, with one number and publication at most."""
    clusters: dict[tuple[str, int], list[Copy]] = {}
    for copy in copies:
        own = [copy]
        for other in candidates.of(copy):
            theirs = clusters.get(other.order, [])
            if theirs and theirs is not own and _agree([*own, *theirs]):
                own = theirs + own
                clusters.update({member.order: own for member in own})
        clusters[copy.order] = own
    return list({id(cluster): cluster for cluster in clusters.values()}.values())
