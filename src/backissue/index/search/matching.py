"""Which sections have a word, a phrase, words near one another, or belong to an issue.

A section is a document number. The place of a word in it is a *spot*: the zone and the position in
one number. How much a section has of something is a count: each occurrence counts what its zone
weighs. Ranking makes scores of counts.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

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
    Term,
    Wild,
)

if TYPE_CHECKING:
    from backissue.index.search.dating import Bounds
    from backissue.index.search.expansion import Expansion
    from backissue.text.variants import Spelling

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

Counted = Iterator[tuple[int, float]]  # sections, and how much of something each has


class Matcher:
    """Finds the sections of one state of an index that have what a query asks for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._vocabularies: dict[tuple[str, str], Mapping[str, int]] = {}
        self._expansions: dict[Term | Wild | Fuzzy, Expansion] = {}
        self._spots: dict[tuple[str, str], _SpotLists] = {}
        self._tags: dict[str, Mapping[str, int]] = {}

    # --- sections ---

    @cached_property
    def sections(self) -> list[int]:
        """All sections."""
        return self._of_issues(lambda _: True)

    def known(self, node: Known) -> Collection[int]:
        """The sections of a kind, or of the issues that `node` means."""
        if isinstance(node, Kind):
            return self._snapshot.tagged(f"kind:{node.value}")
        from backissue.index.search.facts import accepts, check_found

        found = self._of_issues(accepts(node, lambda: self.bounds))
        check_found(node, found)
        return found

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

    def tags(self, prefix: str) -> Mapping[str, int]:
        """The tags that begin so, and how many documents have each."""
        if prefix not in self._tags:
            self._tags[prefix] = self._snapshot.tags(prefix)
        return self._tags[prefix]

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

    def frequency(self, place: str, word: str) -> int:
        """How many documents have a word, deleted ones included; cheaper than its lists."""
        term = word.encode(errors="surrogatepass")
        rows = [(one.words, one.words.row(place, term)) for one in self._snapshot.segments]
        return sum(own.lengths(range(row, row + 1))[0] for own, row in rows if row is not None)

    def postings(self, place: str, word: str) -> list[Postings]:
        """The lists of a word, one for each segment that has it, in rising order of documents."""
        term = word.encode(errors="surrogatepass")
        rows = [(one, one.words.row(place, term)) for one in self._snapshot.segments]
        return [segment.postings(row) for segment, row in rows if row is not None]

    def has_any(self, forms: Iterable[str]) -> bool:
        """Whether some section has one of these words, as it is written here."""
        terms = [form.encode(errors="surrogatepass") for form in forms]
        segments = self._snapshot.segments
        return any(one.words.row(TEXT, term) is not None for one in segments for term in terms)

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
            for document, starts in self._runs(place, node.words):
                if count := _weight(starts, zones):
                    yield document, count

    def spelled(self, node: Term) -> dict[int, float]:
        """The sections with other spellings of a word; how often each has the most frequent."""
        found: dict[int, float] = {}
        for spelling in node.spellings:
            for document, count in self._spelled(node.field, spelling):
                found[document] = max(found.get(document, 0.0), count)
        return found

    def _spelled(self, field: Field | None, spelling: "Spelling") -> Counted:
        if not spelling[1:]:
            yield from self.word(field, spelling[0][1])
            return
        for place, zones in _PLACES[field]:
            for document, starts in self._runs(place, spelling):
                count = len([spot for spot in starts if _in(spot, zones)])
                if count:
                    yield document, _weight(starts, zones) if field is None else float(count)

    def _runs(
        self, place: str, run: "Spelling", among: Collection[int] | None = None
    ) -> Iterator[tuple[int, Collection[int]]]:
        """The sections with words one after another, or those `among` a few, and where."""
        if not all(self._has(place, word) for _, word in run):
            return  # before any list is read
        lists = [(offset, self._spots_of(place, word)) for offset, word in run]
        lists.sort(key=lambda item: len(item[1].documents))
        for document in _in_all([spots for _, spots in lists], among):
            starts: set[int] | None = None
            for offset, spots in lists:  # the rarest first, which leaves least to compare
                here = {spot - offset for spot in spots[document]}
                starts = here if starts is None else starts & here
                if not starts:
                    break
            if starts:
                yield document, starts

    def _has(self, place: str, word: str) -> bool:
        term = word.encode(errors="surrogatepass")
        return any(one.words.row(place, term) is not None for one in self._snapshot.segments)

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

    def zones(
        self, field: Field | None, forms: "Iterable[Spelling]", document: int
    ) -> Iterator[tuple[str, list[str]]]:
        """Those of `forms` that a section has in `field`, with the zones they are in, in order.

        Several words do not count where one word of `forms` is: `gpt 4o` in `GPT-4o`.
        """
        for place, zones in _PLACES[field]:
            seen: set[int] = set()
            for form in forms:
                runs_ = self._runs(place, form, among=(document,))
                here = {spot for _, starts in runs_ for spot in starts}
                here = here - seen if form[1:] else here
                seen |= here
                spots = [spot for spot in sorted(here) if _in(spot, zones)]
                names = [Zone(spot >> ZONE_BITS).name.lower() for spot in spots]
                if names:
                    yield " ".join(word for _, word in form), names

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


def _in_all(lists: list[_SpotLists], among: Collection[int] | None = None) -> Collection[int]:
    """The sections that have all of these words, narrowed from the rarest, or from `among`."""
    found = min((one.documents for one in lists), key=len) if among is None else among
    for one in lists:
        found = [document for document in found if document in one.documents]
    return found


def _weight(spots: Collection[int], zones: Zones) -> float:
    """What the zones of these spots weigh together."""
    return sum([WEIGHT_OF[spot >> ZONE_BITS] for spot in sorted(spots) if _in(spot, zones)])


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
