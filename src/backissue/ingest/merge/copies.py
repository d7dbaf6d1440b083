"""Which copies are of one issue.

Decided by publication and number, and, where a copy has no number, by the sentences it shares with
others; two different numbers are never brought together, however much they share.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Final

from backissue.ingest.structure import Draft
from backissue.records import DraftRef, Facts, Section
from backissue.text.prose import fold

UNFILED = "unfiled"  # the publication's place in the address of an issue that names none
# One in so many sentences of the longer copy is in the other, at least; and so many of the shorter
# one's, in percent and in number, unless they have all sentences in common.
LEAST_SHARE: Final = 4
_SHARED_PERCENT: Final = 50
_FEWEST_SHARED: Final = 3
_LONGEST_SLUG: Final = 60  # characters
# Days: a page may be dated a day off the mail, in another zone.
_SAME_DAY: Final = 1
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A draft, where it came from, and the facts you set for it.

    `duplicates` are the other drafts that say exactly the same, and the names of their sources.
    """

    draft: Draft
    ref: DraftRef
    names: tuple[str, ...]
    by_reader: Facts
    duplicates: tuple[tuple[DraftRef, tuple[str, ...]], ...] = ()

    @property
    def order(self) -> tuple[str, int]:
        """A total order of copies that depends on their content alone."""
        return (self.ref.source, self.ref.place)

    @property
    def refs(self) -> tuple[DraftRef, ...]:
        """The draft and its duplicates."""
        return (self.ref, *(ref for ref, _ in self.duplicates))


def distinct(copies: Iterable[Copy]) -> list[Copy]:
    """One copy of each content, in order, with the others as its duplicates.

    A feed that is kept every week has an entry twenty times over: it is one text from twenty
    sources, which nothing can be learned from comparing.
    """
    contents: dict[object, dict[tuple[str, int], tuple[DraftRef, tuple[str, ...]]]] = {}
    drafts: dict[object, Copy] = {}
    for copy in copies:
        content: object = copy.ref.content or copy.order
        drafts.setdefault(content, copy)
        for ref, names in ((copy.ref, copy.names), *copy.duplicates):
            contents.setdefault(content, {})[ref.source, ref.place] = (ref, names)
    made = []
    for content, refs in contents.items():
        (ref, names), *duplicates = (refs[order] for order in sorted(refs))
        made.append(replace(drafts[content], ref=ref, names=names, duplicates=tuple(duplicates)))
    return sorted(made, key=lambda copy: copy.order)


def is_loose(draft: Draft) -> bool:
    """Whether a draft does not say itself which issue it is of."""
    return draft.facts.number is None or not draft.facts.publication


def base_key(copy: Copy) -> str:
    """The address a copy would have if it were the only one."""
    facts = copy.draft.facts
    return key_of(facts.publication, facts.number, facts.title, copy.draft.sections)


def are_alike(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether two texts have most of their sentences in common.

    Most of the shorter one's, and at least a quarter of the longer one's: a copy may be cut off,
    but a page that quotes an issue is no copy of it.
    """
    shared = len(one & other)
    small, large = sorted((len(one), len(other)))
    return (
        shared * 100 >= _SHARED_PERCENT * small
        and shared * LEAST_SHARE >= large
        and (shared >= _FEWEST_SHARED or (one == other and shared > 0))
    )


def slug(text: str) -> str:
    """`text` as the part of an address: lower case, words joined by hyphens, accents dropped."""
    letters = unicodedata.normalize("NFKD", fold(text).replace("'", "")).casefold()
    words = _WORD.findall("".join(char for char in letters if not unicodedata.combining(char)))
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
    """An issue's full address, before any other issue claims the same."""
    place = (slug(publication) if publication else "") or UNFILED
    if number is not None:
        return f"{place}/{number}"
    return f"{place}/{slug(title or sections[0].heading) or 'untitled'}"


def groups(copies: Sequence[Copy]) -> list[list[Copy]]:
    """The copies of each issue together. They must come sorted by their `order`."""
    homes: dict[tuple[str, int], list[Copy]] = defaultdict(list)
    home_of: dict[tuple[str, int], tuple[str, int]] = {}
    for copy in copies:
        facts = copy.draft.facts
        if not is_loose(copy.draft):
            home = (slug(facts.publication or ""), facts.number or 0)
            homes[home].append(copy)
            home_of[copy.order] = home
    kin = _Kin(copies)
    loose: list[Copy] = []
    for copy in copies:
        if copy.order in home_of:
            continue
        # The numbered copy it shares most sentences with, and of equals the last in order.
        others = [other for other in kin.alike(copy) if other.order in home_of]
        own = copy.draft.fingerprints
        shared = {other.order: len(own & other.draft.fingerprints) for other in others}
        best = max(others, key=lambda other: (shared[other.order], other.order), default=None)
        if best:
            homes[home_of[best.order]].append(copy)
        else:
            loose.append(copy)
    return [*homes.values(), *_clusters(loose, kin)]


class _Kin:
    """Which copies share sentences, found by the sentences."""

    def __init__(self, copies: Sequence[Copy]) -> None:
        self._copies = copies
        self._by_print: dict[int, list[int]] = defaultdict(list)
        self._by_entry: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._known: dict[int, list[Copy]] = {}  # by id: each copy is asked for twice
        for place, copy in enumerate(copies):
            for mark in copy.draft.fingerprints:
                self._by_print[mark].append(place)
            if is_loose(copy.draft) and (entry := _entry(copy)):
                self._by_entry[entry].append(place)

    def alike(self, copy: Copy) -> list[Copy]:
        """The copies that may be of the same issue, in order."""
        if id(copy) not in self._known:
            sharing = [self._copies[place] for place in self._sharing(copy)]
            found = {other.order: other for other in sharing if other.order != copy.order}
            self._known[id(copy)] = [one for one in found.values() if _may_be_one(copy, one)]
        return self._known[id(copy)]

    def _sharing(self, copy: Copy) -> list[int]:
        """The places of the copies that may be of its issue: they share sentences, or its name.

        They are counted before they are compared: a footer is in every copy there is.
        """
        own = copy.draft.fingerprints
        shared: Counter[int] = Counter()
        for mark in own:
            shared.update(self._by_print[mark])
        # A copy of so few sentences is alike to its equals only, which share them all.
        least = max(-(-len(own) // LEAST_SHARE), min(len(own), _FEWEST_SHARED))
        enough = [place for place, count in shared.items() if count >= least]
        alike = {
            place
            for place in enough
            if shared[place] * LEAST_SHARE >= len(self._copies[place].draft.fingerprints)
        }
        entry = _entry(copy) if is_loose(copy.draft) else None
        return sorted(alike | set(self._by_entry[entry] if entry else ()))


def _may_be_one(one: Copy, other: Copy) -> bool:
    same_kind = one.draft.facts.kind is other.draft.facts.kind
    alike = are_alike(one.draft.fingerprints, other.draft.fingerprints) or _came_as_one(one, other)
    return same_kind and alike and _agree([one, other])


def _came_as_one(one: Copy, other: Copy) -> bool:
    """Whether two texts have one publication, one title, and one address or day.

    So a feed's teaser goes with the mail it announces, though they share no sentence.
    """
    ours, theirs = one.draft.facts, other.draft.facts
    if _entry(one) is None or _entry(one) != _entry(other):
        return False
    if ours.url and theirs.url:
        return ours.url == theirs.url
    return (
        ours.date is not None
        and theirs.date is not None
        and _days_apart(ours.date, theirs.date) <= _SAME_DAY
    )


def _entry(copy: Copy) -> tuple[str, str] | None:
    """Publication and title, where a copy says both."""
    facts = copy.draft.facts
    if not facts.publication or not facts.title:
        return None
    return slug(facts.publication), slug(facts.title)


def _agree(copies: Sequence[Copy]) -> bool:
    """Whether no two of these copies say different numbers or publications, or came apart.

    Two titles on two days are two issues, though one may repeat the other's words.
    """
    facts = [copy.draft.facts for copy in copies]
    numbers = {fact.number for fact in facts if fact.number is not None}
    publications = {slug(fact.publication) for fact in facts if fact.publication}
    came = {(slug(fact.title), fact.date) for fact in facts if fact.title and fact.date}
    apart = any(
        one[0] != other[0] and _days_apart(one[1], other[1]) > _SAME_DAY
        for one, other in combinations(sorted(came), 2)
    )
    return len(numbers) <= 1 and len(publications) <= 1 and not apart


def _days_apart(one: date, other: date) -> int:
    return abs((one - other).days)


def _clusters(copies: Sequence[Copy], kin: _Kin) -> list[list[Copy]]:
    """Copies in sets, each connected by likeness, with one number and publication at most."""
    clusters: dict[tuple[str, int], list[Copy]] = {}
    for copy in copies:
        own = [copy]
        for other in kin.alike(copy):
            theirs = clusters.get(other.order, [])
            if theirs and theirs is not own and _agree([*own, *theirs]):
                own = theirs + own
                clusters.update({member.order: own for member in own})
        clusters[copy.order] = own
    return list({id(cluster): cluster for cluster in clusters.values()}.values())
