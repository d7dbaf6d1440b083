"""Which copies are of one issue.

Publication and number decide, if the days agree or sentences are shared: a newsletter may count
from 1 every year, or in every volume. For a copy without a number the sentences decide that it
shares with others. Copies with different numbers are never one issue, however much they share.

The work grows with the copies and with those that are alike, not with those that have a title, a
number or a footer in common: a copy is compared with another only if both have one of its rarest
sentences, as many of them as leave too few others to be alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from backissue.ingest.merge.copies import (
    Copy,
    are_alike,
    is_loose,
    is_same_day,
    least_shared,
    name_key,
    slug,
)
from backissue.ingest.merge.scripts import Writing, writing_of
from backissue.records import TEASER

# Places of copies that have a sentence in common; of more, those are found that agree with a copy.
_MANY = 64


def groups(copies: Sequence[Copy]) -> list[list[Copy]]:
    """The copies of each issue together. They must come sorted by their `order`."""
    numbered: dict[tuple[str, int], list[Copy]] = defaultdict(list)
    loose: list[Copy] = []
    for copy in copies:
        facts = copy.draft.facts
        if is_loose(copy.draft):
            loose.append(copy)
        else:
            numbered[name_key(facts.publication), facts.number or 0].append(copy)
    issues = [issue for same in numbered.values() for issue in _of_one_number(same)]
    if not loose:
        return issues
    issue_of = {copy.order: place for place, issue in enumerate(issues) for copy in issue}
    twins = _twins(loose)
    followers = {copy.order for own in twins.values() for copy in own[1:]}
    candidates = _Candidates([copy for copy in copies if copy.order not in followers])
    homeless: list[Copy] = []
    for copy in (own[0] for own in twins.values()):
        # The numbered copy it shares most sentences with, and of equals the last in order.
        others = [other for other in candidates.alike(copy) if other.order in issue_of]
        own = copy.draft.fingerprints
        shared = {other.order: len(own & other.draft.fingerprints) for other in others}
        best = max(others, key=lambda other: (shared[other.order], other.order), default=None)
        if best:
            issues[issue_of[best.order]].append(copy)
        else:
            homeless.append(copy)
    found = [*issues, *_clusters(homeless, candidates)]
    return [[twin for copy in own for twin in twins.get(copy.order, (copy,))] for own in found]


def _twins(copies: Sequence[Copy]) -> dict[tuple[str, int], list[Copy]]:
    """Copies with the same sentences and facts together, by the first: they go where it goes."""
    found: dict[object, list[Copy]] = {}
    for copy in copies:
        own, facts = copy.draft.fingerprints, copy.draft.facts
        found.setdefault((own, replace(facts, subtitle=None)) if own else copy.order, []).append(
            copy
        )
    return {own[0].order: own for own in found.values()}


# -- copies of one number -----------------------------------------------------------------------


def _of_one_number(copies: Sequence[Copy]) -> list[list[Copy]]:
    """The issues that copies with one publication and one number are of."""
    return [issue for own in _by_language(copies) for issue in _by_day(own)]


def _by_language(copies: Sequence[Copy]) -> list[list[Copy]]:
    """The copies in each script and language; in two they are an issue and its translation.

    What is in no language for sure goes with the first of its script, what is in no script with
    the first of all.
    """
    if len(copies) == 1:
        return [list(copies)]
    written = [writing_of(copy) for copy in copies]
    found: dict[Writing, list[Copy]] = {one: [] for one in written if one[1]}
    scripts = {script for script, _ in found}
    found |= {one: [] for one in written if one[0] and one[0] not in scripts}
    if len(found) < 2:
        return [list(copies)]
    for copy, own in zip(copies, written, strict=True):
        alike = (one for one in found if one[0] == own[0])
        found[own if own in found else next(alike, next(iter(found)))].append(copy)
    return list(found.values())


def _by_day(copies: Sequence[Copy]) -> list[list[Copy]]:
    """The issues of copies with one number, by their days and the sentences they share."""
    days = sorted({day for copy in copies if (day := copy.draft.facts.date)})
    volumes = {copy.draft.facts.volume for copy in copies} - {None}
    if len(volumes) <= 1 and all(is_same_day(*pair) for pair in pairwise(days)):
        return [list(copies)]
    found = _Joined(copies)
    for one, other in _surely_one(copies):
        found.join(one, other)
    for one, other in _sharing(copies):
        found.join(one, other)
    _join_undated(found)
    return found.groups()


def _surely_one(copies: Sequence[Copy]) -> Iterator[tuple[int, int]]:
    """Places of two copies that are of one issue by their volume, their address or their day."""
    places: dict[tuple[str, object], list[int]] = defaultdict(list)
    dated: list[tuple[date, int]] = []
    for place, copy in enumerate(copies):
        facts = copy.draft.facts
        if facts.volume is not None:
            places["volume", facts.volume].append(place)
        if facts.url:
            places["url", facts.url].append(place)
        if facts.date:
            dated.append((facts.date, place))
    for own in places.values():
        yield from pairwise(own)
    for (day, one), (later, other) in pairwise(sorted(dated)):
        if is_same_day(day, later):
            yield one, other
    yield from _announced(copies)


def _announced(copies: Sequence[Copy]) -> Iterator[tuple[int, int]]:
    """Places of a text that only announces an issue, and of the only other one of its title.

    They share no sentence, and a feed may date what it announces by the day of its import.
    """
    titled: dict[str, list[int]] = defaultdict(list)
    for place, copy in enumerate(copies):
        if copy.draft.facts.title:
            titled[slug(copy.draft.facts.title)].append(place)
    for own in titled.values():
        teasers = {at for at in own if any(flaw.code == TEASER for flaw in copies[at].draft.flaws)}
        if len(own) == 2 and teasers:
            yield own[0], own[1]


def _sharing(copies: Sequence[Copy]) -> Iterator[tuple[int, int]]:
    """Places of two copies that share a good part of the shorter one's sentences.

    One number says much already, so less is asked than of copies without one: a copy may be cut
    off, or damaged. Most first, so that it shows in no order who comes first.
    """
    postings = _postings(copies)
    found: list[tuple[int, int, int]] = []
    for place, copy in enumerate(copies):
        own = copy.draft.fingerprints
        least = least_shared(len(own))
        for other in _with_rare(own, least, postings):
            theirs = copies[other].draft.fingerprints
            if other == place or (len(theirs), other) < (len(own), place):
                continue
            shared = len(own & theirs)
            if shared >= least and (shared > 1 or own == theirs):
                found.append((-shared, min(place, other), max(place, other)))
    return ((one, other) for _, one, other in sorted(found))


def _join_undated(found: "_Joined") -> None:
    """Give what has no day to the only issue that it can be of; what is left is one issue."""
    clusters = found.groups()
    dated = [own for own in clusters if any(copy.draft.facts.date for copy in own)]
    undated = [own for own in clusters if not any(copy.draft.facts.date for copy in own)]
    for own in undated:
        for goal in dated if len(dated) == 1 else undated[:1]:
            found.join(found.place[own[0].order], found.place[goal[0].order])


class _Joined:
    """Copies in sets that grow, each of one volume at most."""

    def __init__(self, copies: Sequence[Copy]) -> None:
        self._copies = copies
        self.place = {copy.order: at for at, copy in enumerate(copies)}
        self._root = list(range(len(copies)))
        self._volumes = [{copy.draft.facts.volume} - {None} for copy in copies]

    def root(self, place: int) -> int:
        """The set that a copy is in."""
        while self._root[place] != place:
            self._root[place] = self._root[self._root[place]]
            place = self._root[place]
        return place

    def join(self, one: int, other: int) -> None:
        """Make one set of two, unless they are of two volumes."""
        one, other = sorted((self.root(one), self.root(other)))
        both = self._volumes[one] | self._volumes[other]
        if one != other and len(both) <= 1:
            self._root[other] = one
            self._volumes[one] = both

    def groups(self) -> list[list[Copy]]:
        """The sets, and the copies in each, in order."""
        found: dict[int, list[Copy]] = defaultdict(list)
        for place, copy in enumerate(self._copies):
            found[self.root(place)].append(copy)
        return list(found.values())


# -- which copies are alike ---------------------------------------------------------------------


def _postings(copies: Sequence[Copy]) -> dict[int, list[int]]:
    """Each sentence's fingerprint, with the places of the copies that have it."""
    found: dict[int, list[int]] = defaultdict(list)
    for place, copy in enumerate(copies):
        for fingerprint in copy.draft.fingerprints:
            found[fingerprint].append(place)
    return found


def _rarest(own: Iterable[int], least: int, postings: dict[int, list[int]]) -> list[int]:
    """So many of the rarest sentences that who has none of them shares fewer than `least`."""
    ordered = sorted(own, key=lambda one: (len(postings[one]), one))
    return ordered[: len(ordered) - least + 1]


def _with_rare(own: Iterable[int], least: int, postings: dict[int, list[int]]) -> set[int]:
    """The places of the copies that may share `least` sentences with these, or more."""
    return {place for one in _rarest(own, least, postings) for place in postings[one]}


class _Claim(NamedTuple):
    """What two copies must agree in to be one: title and day, if both have both."""

    title: str
    day: date


def _claim(copy: Copy) -> _Claim | None:
    facts = copy.draft.facts
    return _Claim(slug(facts.title), facts.date) if facts.title and facts.date else None


class _Agreeing:
    """The copies that have one common sentence, by what they must agree in."""

    def __init__(self, places: Sequence[int], claims: Sequence[_Claim | None]) -> None:
        self._all = places
        self._open: list[int] = []
        self._by: dict[object, list[int]] = defaultdict(list)
        for place in places:
            if claim := claims[place]:
                self._by[claim.title].append(place)
                self._by[claim.day].append(place)
            else:
                self._open.append(place)

    def with_(self, claim: _Claim | None) -> Iterable[int]:
        """Those that may be of one issue with a copy that claims this."""
        if claim is None:
            return self._all
        day = timedelta(1)
        keys = (claim.title, claim.day, claim.day - day, claim.day + day)
        return {*self._open, *(place for key in keys for place in self._by.get(key, ()))}


class _Candidates:
    """Which copies may be of one issue: they share sentences, or publication and title."""

    def __init__(self, copies: Sequence[Copy]) -> None:
        self._copies = copies
        self._postings = _postings(copies)
        self._claims = [_claim(copy) for copy in copies]
        self._facts = [_Known(copy) for copy in copies]
        self._agreeing: dict[int, _Agreeing] = {}
        self._named = _namesakes(copies)
        self._places = {copy.order: place for place, copy in enumerate(copies)}
        self._known: dict[tuple[str, int], list[Copy]] = {}  # each copy is asked for twice

    def alike(self, copy: Copy) -> list[Copy]:
        """The other copies that are alike and agree, in order."""
        if copy.order not in self._known:
            near = [self._copies[place] for place in self._near(copy)]
            self._known[copy.order] = [
                other
                for other in near
                if self._may_agree(copy, other)
                and are_alike(copy.draft.fingerprints, other.draft.fingerprints)
            ]
        return self._known[copy.order]

    def _may_agree(self, one: Copy, other: Copy) -> bool:
        """Whether two copies are of one kind, and do not differ in what decides."""
        ours, theirs = (self._facts[self._places[copy.order]] for copy in (one, other))
        return ours.agrees(theirs) and one.draft.facts.kind is other.draft.facts.kind

    def of(self, copy: Copy) -> list[Copy]:
        """The other copies that may be of the same issue, in order."""
        named = {self._copies[place].order for place in self._named[self._places[copy.order]]}
        found = {other.order: other for other in self.alike(copy)}
        for order in named - found.keys():
            other = self._copies[self._places[order]]
            if self._may_agree(copy, other):
                found[order] = other
        return [found[order] for order in sorted(found)]

    def _near(self, copy: Copy) -> list[int]:
        """The places of the copies that share enough with it to be compared."""
        own = copy.draft.fingerprints
        place, least = self._places[copy.order], least_shared(len(own))
        claim = self._claims[place]
        found: set[int] = set()
        for fingerprint in _rarest(own, least, self._postings):
            places = self._postings[fingerprint]
            if len(places) > _MANY:
                if fingerprint not in self._agreeing:
                    self._agreeing[fingerprint] = _Agreeing(places, self._claims)
                found.update(self._agreeing[fingerprint].with_(claim))
            else:
                found.update(places)
        return sorted(found - {place})


def _namesakes(copies: Sequence[Copy]) -> list[list[int]]:
    """For each copy some with its publication, its title, and its address or, without one, its day.

    Enough that all of one name are connected. So a feed's teaser joins the mail it announces,
    though they share no sentence.
    """
    found: list[list[int]] = [[] for _ in copies]
    by_url: dict[object, list[int]] = defaultdict(list)
    by_day: dict[tuple[object, date], list[int]] = defaultdict(list)
    with_url: list[tuple[object, date, int]] = []
    for place, copy in enumerate(copies):
        facts = copy.draft.facts
        name = _name_of(copy) if is_loose(copy.draft) else None
        if name and facts.url:
            by_url[name, facts.kind, facts.url].append(place)
            if facts.date:
                with_url.append(((name, facts.kind), facts.date, place))
        elif name and facts.date:
            by_day[(name, facts.kind), facts.date].append(place)
    day = timedelta(1)
    links = [pair for own in (*by_url.values(), *by_day.values()) for pair in pairwise(own)]
    links += [
        (own[-1], by_day[name, at + day][0])
        for (name, at), own in list(by_day.items())
        if (name, at + day) in by_day
    ]
    links += [
        (place, by_day[name, near][0])
        for name, at, place in with_url
        for near in (at - day, at, at + day)
        if (name, near) in by_day
    ]
    for one, other in links:
        found[one].append(other)
        found[other].append(one)
    return found


def _name_of(copy: Copy) -> tuple[str, str] | None:
    """Publication and title, where a copy says both."""
    facts = copy.draft.facts
    if not facts.publication or not facts.title:
        return None
    return name_key(facts.publication), slug(facts.title)


class _Known:
    """What is known of some copies: numbers, volumes, publications, and the days of each title."""

    def __init__(self, copy: Copy) -> None:
        facts = copy.draft.facts
        self.members = [copy]
        publication = name_key(facts.publication) if facts.publication else None
        known = (facts.number, facts.volume, publication)
        self.single: list[set[int | str | None]] = [{one} - {None} for one in known]
        claim = _claim(copy)
        self.titled = {claim.title: (claim.day, claim.day)} if claim else {}

    def agrees(self, other: "_Known") -> bool:
        """Whether they do not differ in number or publication, or in both title and day.

        Two titles on two days are two issues, though one may repeat the other's words.
        """
        for ours, theirs in zip(self.single, other.single, strict=True):
            if ours and theirs and ours != theirs:
                return False
        return all(
            title == their_title
            or (is_same_day(first, their_last) and is_same_day(last, their_first))
            for title, (first, last) in self.titled.items()
            for their_title, (their_first, their_last) in other.titled.items()
        )

    def take(self, other: "_Known") -> None:
        """Add what is known of others."""
        self.members += other.members
        self.single = [
            ours | theirs for ours, theirs in zip(self.single, other.single, strict=True)
        ]
        for title, (first, last) in other.titled.items():
            ours = self.titled.get(title, (first, last))
            self.titled[title] = (min(first, ours[0]), max(last, ours[1]))


def _clusters(copies: Sequence[Copy], candidates: _Candidates) -> list[list[Copy]]:
    """Copies in sets, each connected by likeness, with one number and publication at most."""
    cluster_of: dict[tuple[str, int], _Known] = {}
    for copy in copies:
        own = cluster_of[copy.order] = _Known(copy)
        for other in candidates.of(copy):
            theirs = cluster_of.get(other.order)
            if theirs is None or theirs is own or not own.agrees(theirs):
                continue
            small, own = sorted((own, theirs), key=lambda one: len(one.members))
            own.take(small)
            cluster_of.update({member.order: own for member in small.members})
    found = {id(cluster): cluster.members for cluster in cluster_of.values()}
    return [sorted(members, key=lambda copy: copy.order) for members in found.values()]
