"""Which sections have a word, a phrase, words near one another, or belong to an issue; and where.

A section is a document number. The place of a word in it is a *spot*: the zone and the position in
one number. How much a section has of something is a count: each occurrence counts what its zone
weighs. Ranking makes scores of counts.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, assert_never

from backissue.index.storage import (
    ASIDE,
    TEXT,
    UNIT,
    WEIGHT_OF,
    ZONE_BITS,
    HeadRow,
    Postings,
    Snapshot,
    Zone,
)
from backissue.query import (
    Field,
    Fuzzy,
    Kind,
    Known,
    Near,
    Phrase,
    Sought,
    Term,
    Wild,
)
from backissue.text import words

if TYPE_CHECKING:
    from backissue.index.search.dating import Bounds
    from backissue.index.search.expansion import Expansion

# Where each field looks: the index's fields, and the zones in them; None is all zones.
Zones = frozenset[int] | None
_PLACES: dict[Field | None, tuple[tuple[str, Zones], ...]] = {
    None: ((TEXT, None),),
    Field.HEADING: ((TEXT, frozenset({Zone.HEADING})),),
    Field.DECK: ((TEXT, frozenset({Zone.DECK})),),
    Field.WHY: ((TEXT, frozenset({Zone.THESIS, Zone.WHY})),),
    Field.THESIS: ((TEXT, frozenset({Zone.THESIS})),),
    Field.LABEL: ((TEXT, frozenset({Zone.LABEL})),),
    Field.BODY: ((TEXT, frozenset({Zone.BODY})),),
    Field.LINK: ((TEXT, frozenset({Zone.LINK})), (ASIDE, frozenset({Zone.URL}))),
    Field.TITLE: ((ASIDE, frozenset({Zone.TITLE})),),
    Field.PUBLICATION: ((ASIDE, frozenset({Zone.PUBLICATION})),),
    Field.SOURCE: ((ASIDE, frozenset({Zone.SOURCE})),),
}
# Two words of a query that are side by side in its order count 1, within so many words less.
_NEAR = 8
_APART = 0.25

Counted = Iterator[tuple[int, float]]  # sections, and how much of something each has


class Matcher:
    """Finds the sections of one state of an index that have what a query asks for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._vocabularies: dict[tuple[str, str], Mapping[str, int]] = {}
        self._expansions: dict[Term | Wild | Fuzzy, Expansion] = {}
        self._spots: dict[tuple[str, str], _SpotLists] = {}

    # --- sections ---

    @cached_property
    def sections(self) -> list[int]:
        """All sections."""
        return self._of_issues(lambda _: True)

    def known(self, node: Known) -> Collection[int]:
        """The sections of a kind, or of the issues that `node` means."""
        if isinstance(node, Kind):
            return self._snapshot.tagged(f"kind:{node.value}")
        from backissue.index.search.facts import accepts

        return self._of_issues(accepts(node, lambda: self.bounds))

    @cached_property
    def bounds(self) -> "Mapping[str, Bounds]":
        """Between which days each issue came out, by key."""
        from backissue.index.search.dating import bounds

        return bounds(row for _, row in self._snapshot.rows)

    def _of_issues(self, accepts: Callable[[HeadRow], bool]) -> list[int]:
        return [
            section
            for document, row in self._snapshot.rows
            if accepts(row)
            for section in range(document + 1, document + row.sections + 1)
        ]

    def lengths(self) -> list[int]:
        """How many words each document has in TEXT; 0 for a deleted one."""
        found: list[int] = []
        for segment in self._snapshot.segments:
            lengths = segment.records.lengths(TEXT)
            if segment.gone:
                lengths = [0 if at in segment.gone else n for at, n in enumerate(lengths)]
            found += lengths
        return found

    # --- words ---

    def vocabulary(self, place: str, prefix: str = "") -> Mapping[str, int]:
        """The words that begin so in a field of the index, and how many documents have each."""
        key = (place, prefix)
        if key not in self._vocabularies:
            found: dict[str, int] = {}
            for segment in self._snapshot.segments:
                rows = segment.words.rows(place, prefix.encode(errors="surrogatepass"))
                terms = [key.decode(errors="surrogatepass") for key in segment.words.keys(rows)]
                counts = dict(zip(terms, segment.words.lengths(rows), strict=True))
                if found:
                    counts.update({word: found[word] + counts.get(word, 0) for word in found})
                found = counts
            self._vocabularies[key] = found
        return self._vocabularies[key]

    def words(self, field: Field | None) -> Mapping[str, int]:
        """The words that a field searches, and how many documents have each."""
        found: dict[str, int] = {}
        for place, _ in _PLACES[field]:
            found = {**found, **self.vocabulary(place)}
        return found

    def expansion(self, node: Term | Wild | Fuzzy) -> "Expansion":
        """The words that a prefix, a pattern or a fuzzy word stands for."""
        if node not in self._expansions:
            from backissue.index.search.expansion import expand

            places = [place for place, _ in _PLACES[node.field]]
            self._expansions[node] = expand(self.vocabulary, node, places, len(self.sections))
        return self._expansions[node]

    def postings(self, place: str, word: str) -> list[Postings]:
        """The lists of a word, one for each segment that has it, in rising order of documents."""
        term = word.encode(errors="surrogatepass")
        rows = [(one, one.words.row(place, term)) for one in self._snapshot.segments]
        return [segment.postings(row) for segment, row in rows if row is not None]

    # --- what a section has of a query ---

    def word(self, field: Field | None, word: str) -> Counted:
        """The sections with a word in `field`, or in any zone for None.

        A zone counts what it weighs, but where a field is named each occurrence counts 1: its
        sections are compared by it alone.
        """
        if field is None:
            for lists in self.postings(TEXT, word):
                for document, weight in zip(lists.documents, lists.weights, strict=True):
                    yield document, weight / UNIT
            return
        for place, zones in _PLACES[field]:
            spots = self._spots_of(place, word)
            for document in spots.documents:
                count = len([spot for spot in spots[document] if _in(spot, zones)])
                if count:
                    yield document, float(count)

    def phrase(self, node: Phrase) -> Counted:
        """The sections with words one after another."""
        for place, zones in _PLACES[node.field]:
            lists = [(offset, self._spots_of(place, word)) for offset, word in node.words]
            lists.sort(key=lambda item: len(item[1].documents))
            for document in _in_all([spots for _, spots in lists]):
                starts: set[int] | None = None
                for offset, spots in lists:  # the rarest first, which leaves least to compare
                    here = {spot - offset for spot in spots[document]}
                    starts = here if starts is None else starts & here
                    if not starts:
                        break
                if starts and (count := _weight(starts, zones)):
                    yield document, count

    def near(self, node: Near) -> Counted:
        """The sections with words near one another."""
        needed = Counter(node.words)
        for place, zones in _PLACES[node.field]:
            lists = [self._spots_of(place, word) for word in needed]
            for document in _in_all(lists):
                spots = [one[document] for one in lists]
                count = _weight(runs(spots, list(needed.values()), node.within), zones)
                if count:
                    yield document, count

    def neighbours(self, one: Term, other: Term, among: Collection[int]) -> dict[int, float]:
        """Which of the sections `among` have two words of a query near one another, and how often.

        Side by side in the query's order counts what the zone weighs, within `_NEAR` words less.
        """
        found: dict[int, float] = {}
        step = next(words.tokens(one.text)).span
        for place, zones in _PLACES[one.field]:
            first, second = (self._spots_of(place, term.text) for term in (one, other))
            for document in among:
                if document in first.documents and document in second.documents:
                    count = _near_count(first[document], second[document], step, zones)
                    if count:
                        found[document] = found.get(document, 0.0) + count
        return found

    def zones(
        self, field: Field | None, forms: Iterable[str], document: int
    ) -> Iterator[tuple[str, list[str]]]:
        """Those of `forms` that a section has in `field`, with the zones they are in, in order."""
        for place, zones in _PLACES[field]:
            for form in forms:
                spots = self._spots_of(place, form)
                here = spots[document] if document in spots.documents else []
                names = [Zone(spot >> ZONE_BITS).name.lower() for spot in here if _in(spot, zones)]
                if names:
                    yield form, names

    def _spots_of(self, place: str, word: str) -> "_SpotLists":
        key = (place, word)
        if key not in self._spots:
            self._spots[key] = _SpotLists(self.postings(place, word))
        return self._spots[key]


class _SpotLists:
    """A word's spots by section, read only for the sections that are asked for."""

    def __init__(self, found: list[Postings]) -> None:
        documents = [document for lists in found for document in lists.documents]
        counts = [count for lists in found for count in lists.counts]
        self.documents = dict(zip(documents, range(len(documents)), strict=True))
        self._ends = [0, *accumulate(counts)]
        self._spots = (
            found[0].spots
            if len(found) == 1
            else memoryview(b"".join([lists.spots for lists in found])).cast("I")
        )

    def __getitem__(self, document: int) -> list[int]:
        at = self.documents[document]
        return self._spots[self._ends[at] : self._ends[at + 1]].tolist()


def _in(spot: int, zones: Zones) -> bool:
    return zones is None or spot >> ZONE_BITS in zones


def _in_all(lists: list[_SpotLists]) -> Collection[int]:
    """The sections that have all of these words, narrowed from the rarest."""
    found: Collection[int] = min((one.documents for one in lists), key=len)
    for one in lists:
        found = [document for document in found if document in one.documents]
    return found


def _weight(spots: Collection[int], zones: Zones) -> float:
    """What the zones of these spots weigh together."""
    return sum([WEIGHT_OF[spot >> ZONE_BITS] for spot in sorted(spots) if _in(spot, zones)])


def _near_count(first: list[int], second: list[int], step: int, zones: Zones) -> float:
    """How often one word stands near another; `second` rises."""
    count = 0.0
    for spot in first:
        if not _in(spot, zones):
            continue
        at = bisect_left(second, spot + 1)
        after = second[at] - spot if at < len(second) else _NEAR + 1
        before = spot - second[at - 1] if at else _NEAR + 1
        if after == step:
            count += WEIGHT_OF[spot >> ZONE_BITS]
        elif min(after, before) <= _NEAR:
            count += _APART * WEIGHT_OF[spot >> ZONE_BITS]
    return count


def runs(spots: Sequence[Sequence[int]], needed: Sequence[int], within: int) -> list[int]:
    """Where runs begin that have each word as often as it is `needed`, `within` words long at most.

    `spots` are those of each word, rising. The length of a run is from its first spot to its last.
    Of runs that end at the same spot only the shortest counts.

    >>> runs([[1, 9], [3, 20]], [1, 1], within=5)
    [1]
    """
    every = sorted((spot, word) for word, of_word in enumerate(spots) for spot in of_word)
    lacking = list(needed)
    missing = len(lacking)
    first = 0
    found: list[int] = []
    for last, word in every:
        lacking[word] -= 1
        missing -= lacking[word] == 0
        while missing == 0:
            start, opening = every[first]
            first += 1
            lacking[opening] += 1
            if lacking[opening] == 1:
                missing += 1
                if last - start <= within:
                    found.append(start)
    return found


# --- where a text has it -------------------------------------------------------------------------

Span = tuple[int, int]  # offsets into a text: where something starts, and where it has ended


_FAR = 66  # characters, wide ones too: near words so far apart are matches by themselves
_LEAVES = 1000  # which have numbers of their own, beyond those that a query can have


class Match(NamedTuple):
    """`start` to `end` of a text answers part number `leaf` of a query, by the words at `marks`."""

    start: int
    end: int
    leaf: int
    marks: tuple[Span, ...]


class Asked(NamedTuple):
    """A word or phrase of the query, with the forms of which one must be there, and its number."""

    node: Sought
    forms: frozenset[str]
    leaf: int

    @classmethod
    def of(cls, node: Sought, leaf: int) -> "Asked":
        """What a part of a query asks of a text."""
        match node:
            case Phrase():
                forms = {node.words[0][1]}
            case Near():
                forms = set(node.words)
            case Fuzzy():
                forms = set()
            case Wild():
                forms = {max(re.split("[*?]", node.pattern), key=len)}
            case Term(prefix=True):
                forms = {node.text}
            case Term():
                forms = {node.text, *words.kin(node.text)}
            case _:
                assert_never(node)
        return cls(node, frozenset(forms), leaf)


def matches(text: str, asked: Sequence[Asked]) -> list[Match]:
    """Where `text` answers each of `asked`, in order of place."""
    if not asked or _hopeless(text, asked):
        return []
    tokens = list(words.tokens(text))
    found: list[Match] = []
    for one in asked:
        match one.node:
            case Phrase():
                runs_ = _phrases(one.node, tokens)
            case Near():
                runs_ = _nears(one.node, tokens)
            case _:
                accepted = _accepted(one.node, one.forms, tokens)
                runs_ = ([token] for token in tokens if token.text in accepted)
        for run in runs_:
            marks = tuple(sorted({(token.start, token.end) for token in run}))
            start, end = marks[0][0], max(end for _, end in marks)
            if isinstance(one.node, Near) and end - start > _FAR:
                for token in run:
                    leaf = one.leaf + _LEAVES * (1 + one.node.words.index(token.text))
                    mark = (token.start, token.end)
                    found.append(Match(*mark, leaf, (mark,)))
            else:
                found.append(Match(start, end, one.leaf, marks))
    return sorted(found)


# Signs of print that change nothing in how the letters beside them fold.
_PRINT = str.maketrans(dict.fromkeys("“”‘’–—…•£€\xa0", " "))


def _hopeless(text: str, asked: Sequence[Asked]) -> bool:
    """Whether surely no word asked for is in `text`: cheaper than finding its words.

    Only for text whose letters are ASCII: `ﬁne` has no `fine` in it until it is folded.
    """
    if not text.translate(_PRINT).isascii():
        return False
    lower = text.lower()
    return not any(
        not one.forms or any(form in lower or not form.isalnum() for form in one.forms)
        for one in asked
    )


def _accepted(
    node: Term | Wild | Fuzzy, forms: frozenset[str], tokens: list[words.Token]
) -> Collection[str]:
    """The words of a text that answer; each is asked once, however often it is there."""
    if isinstance(node, Wild | Fuzzy):
        return {text for text in {token.text for token in tokens} if node.accepts(text)}
    if node.prefix:
        return {token.text for token in tokens if token.text.startswith(node.text)}
    return forms


def _phrases(node: Phrase, tokens: list[words.Token]) -> Iterator[list[words.Token]]:
    by_place = {(token.position, token.text): token for token in tokens}
    first = node.words[0][1]
    for token in tokens:
        if token.text == first:
            run = [by_place.get((token.position + offset, word)) for offset, word in node.words]
            here = [one for one in run if one]
            if len(here) == len(run):
                yield here


def _nears(node: Near, tokens: list[words.Token]) -> Iterator[list[words.Token]]:
    """The words of each run that has them all."""
    needed = Counter(node.words)
    its = [token for token in tokens if token.text in needed]
    spots = [[token.position for token in its if token.text == word] for word in needed]
    places = [token.position for token in its]
    for start in runs(spots, list(needed.values()), node.within):
        yield its[bisect_left(places, start) : bisect_right(places, start + node.within)]
