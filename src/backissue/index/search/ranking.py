"""Which sections answer a query, and how well: the words of a section, and the marks they earn.

The measure is BM25F: a word in a heading counts as several in the body, repeating a word earns less
each time, a long section earns less for it than a short one, and a rare word says more than a
common one. What a word counts in a section is worked out when it is indexed; the rest, when it is
asked for, from the sections there are. So the same sections give the same marks whatever the order
in which they came. The formula, and what each constant does, is in docs/ranking.md.

Knows neither Whoosh nor files: `Words` says what is asked of an index.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, cached_property
from heapq import nlargest
from itertools import accumulate, pairwise
from math import log
from pathlib import Path
from typing import Protocol, assert_never

from backissue.index.search.expansion import Expansion, expand, runs
from backissue.index.storage import ASIDE, TEXT, UNIT, WEIGHT_OF, ZONE_BITS, Postings, Zone
from backissue.query import (
    Address,
    And,
    Dates,
    Field,
    Fuzzy,
    Kind,
    Near,
    Node,
    Not,
    Numbers,
    Or,
    Phrase,
    Query,
    Sought,
    Term,
    Wild,
)
from backissue.text import words

_ZONES: dict[Field, tuple[tuple[str, frozenset[int]], ...]] = {
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
_ANYWHERE: tuple[tuple[str, None], ...] = ((TEXT, None),)

# How soon repeating a word stops to count, and how much a section's length does: see
# docs/ranking.md, where each of these numbers is varied.
_K = 1.2
_B = 0.75
# What another form of the word (`robot` for `robots`) counts beside the word as written, and what
# a section earns that has only other forms.
_KIN_COUNT = 0.5
_KIN_ONLY = 0.8
_BENEATH = 0.95  # what the best of those earns beside the last that has it as written
# What two words of a query earn for standing near one another, beside what each does: side by side
# in the query's order, or else within so many words.
_NEAR_WORTH = 0.2
_LOOSELY = 0.25
_NEAR = 8
# Only sections that are among the best so many by their words alone are looked through for that.
_MOST_NEAR = 500
# Words that hold a sentence together say little of what it is about, however rare they are in an
# archive: in a question, `what` and `how` are not what is looked for. They are found, and required,
# like any other; they only rank for less. Not among them: words that are names, too (`us`, `will`).
_LITTLE = 0.1
_FUNCTION_WORDS = Path(__file__).with_name("function_words.txt")


@cache
def _function_words() -> frozenset[str]:
    return frozenset(word for line in words.read_words(_FUNCTION_WORDS) for word in line)


class Words(Protocol):
    """What the ranking asks of an index. Documents are numbers; only sections have words."""

    def postings(self, field: str, word: str) -> list[Postings]:
        """The lists of a word, one for each segment that has it, in rising order of documents."""

    def beginning(self, field: str, prefix: str) -> Mapping[str, int]:
        """The words that begin with `prefix`, and in how many documents each is."""

    def of_kind(self, kind: str) -> Collection[int]:
        """The sections of a kind, or of issues of a kind."""

    def among(self, node: Numbers | Address | Dates) -> Collection[int]:
        """The sections of the issues that `node` says."""

    def everything(self) -> Collection[int]:
        """All sections."""

    def lengths(self) -> Sequence[int]:
        """How many words each document has in TEXT; 0 for one that is no section any more."""


Scores = dict[int, float]  # a section's document number, and what it earns


class Ranking:
    """Evaluates queries against one state of an index."""

    def __init__(self, index: Words) -> None:
        self._index = index
        self._total = len(index.everything())
        self._known: dict[Sought, Scores] = {}
        self._vocabularies: dict[tuple[str, str], Mapping[str, int]] = {}
        self._expansions: dict[Term | Wild | Fuzzy, Expansion] = {}
        self._spots: dict[tuple[str, str], _SpotLists] = {}

    @cached_property
    def _drags(self) -> list[float]:
        """For each document what its length adds to the counts that repeating must outweigh."""
        lengths = self._index.lengths()
        usual = sum(lengths) / self._total if self._total else 0.0
        slope = _K * _B / usual if usual else 0.0
        base = _K * (1 - _B)
        return [base + slope * length for length in lengths]

    def answers(self, root: Node) -> Scores:
        """Every section that answers a whole query, with its marks.

        As `scores`, but where one word is all that ranks, the sections that have it only in other
        forms all come after those that have it as written.
        """
        found = self.scores(root)
        asked = Query(source="", root=root).wanted()
        if len(asked) == 1 and isinstance(asked[0], Term) and not asked[0].prefix:
            written = {doc for doc, _ in self._counts(asked[0].field, asked[0].text)}
            lowest = min((found[doc] for doc in written if doc in found), default=0.0)
            highest = max((found[doc] for doc in found if doc not in written), default=0.0)
            if 0.0 < lowest <= highest:
                share = _BENEATH * lowest / highest
                return {doc: m if doc in written else share * m for doc, m in found.items()}
        return found

    def scores(self, node: Node) -> Scores:
        """Every section that answers `node`, with its marks (0.0 where nothing ranks it)."""
        match node:
            case And() | Or():
                return self._with_nearness(node)
            case Not():
                return self._except(node.node)
            case Term() | Wild() | Fuzzy() | Phrase() | Near():
                if node not in self._known:
                    self._known[node] = self._leaf(node)
                return self._known[node]
            case Kind():
                return dict.fromkeys(self._index.of_kind(node.value), 0.0)
            case Numbers() | Address() | Dates():
                return dict.fromkeys(self._index.among(node), 0.0)
            case _:
                assert_never(node)

    def _except(self, node: Node) -> Scores:
        while isinstance(node, Not) and isinstance(node.node, Not):  # ----x: no more work than x
            node = node.node.node
        if isinstance(node, Not):
            return dict.fromkeys(self.scores(node.node), 0.0)
        shut = self.scores(node)
        return dict.fromkeys([doc for doc in self._index.everything() if doc not in shut], 0.0)

    def _leaf(self, node: Sought) -> Scores:
        match node:
            case Phrase():
                return self._phrase(node)
            case Near():
                return self._near(node)
            case Wild() | Fuzzy() | Term(prefix=True):
                return self._expanded(node)
            case Term():
                return self._term(node)
            case _:
                assert_never(node)

    def _all(self, nodes: tuple[Node, ...]) -> Scores:
        """The sections that answer every node, with the sum of what each earns them."""
        asked = [self.scores(node) for node in nodes if not isinstance(node, Not)]
        shut = [self.scores(node.node) for node in nodes if isinstance(node, Not)]
        if asked:
            # Narrowing from the rarest is quick; adding in the order of the query keeps the sum
            # the same to the last bit however rare each word is.
            docs: Collection[int] = min(asked, key=len)
            for found in sorted(asked, key=len):
                docs = [doc for doc in docs if doc in found]
        else:
            docs = self._index.everything()
        for found in shut:
            docs = [doc for doc in docs if doc not in found]
        return {doc: sum([found[doc] for found in asked]) for doc in docs}

    def _with_nearness(self, node: And | Or) -> Scores:
        """The sections that answer, with what they earn for words and for words close together."""
        total = self._plainly(node)
        for _, earned in self._rewards(node.nodes, total):
            for doc, mark in earned.items():
                total[doc] += mark
        return total

    def _plainly(self, node: And | Or) -> Scores:
        return self._all(node.nodes) if isinstance(node, And) else self._any(node.nodes)

    def rewards(self, node: And | Or) -> list[tuple[tuple[Term, Term], Scores]]:
        """What the best sections earn for words of `node` that stand together, pair by pair."""
        return self._rewards(node.nodes, self._plainly(node))

    def _rewards(
        self, nodes: tuple[Node, ...], total: Scores
    ) -> list[tuple[tuple[Term, Term], Scores]]:
        pairs = _pairs(nodes)
        if not pairs:
            return []
        best = total
        if len(total) > _MOST_NEAR:
            least = nlargest(_MOST_NEAR, total.values())[-1]
            best = {doc: mark for doc, mark in total.items() if mark >= least}
        return [(pair, self._nearness(*pair, best)) for pair in pairs]

    def _nearness(self, one: Term, other: Term, among: Collection[int]) -> Scores:
        """What sections (`among` these) earn for the two words near one another."""
        found: Scores = {}
        step = next(words.tokens(one.text)).span
        for place, zones in _ZONES[one.field] if one.field else _ANYWHERE:
            first, second = (self._spots_of(place, term.text) for term in (one, other))
            for doc in among:
                if doc in first.documents and doc in second.documents:
                    count = _near_count(first[doc], second[doc], step, zones)
                    if count:
                        found[doc] = found.get(doc, 0.0) + count
        return self._weighed(
            {doc: _NEAR_WORTH * self._mark(doc, count) for doc, count in found.items()}
        )

    def _any(self, nodes: tuple[Node, ...]) -> Scores:
        total: Scores = {}
        for node in nodes:
            for doc, score in self.scores(node).items():
                total[doc] = total.get(doc, 0.0) + score
        return total

    def _term(self, node: Term) -> Scores:
        """The word as written, and for less its other forms."""
        counts = dict(self._counts(node.field, node.text))
        written = set(counts)
        for form in words.kin(node.text):
            for doc, count in self._counts(node.field, form):
                counts[doc] = counts.get(doc, 0.0) + _KIN_COUNT * count
        share = _LITTLE if node.text in _function_words() else 1.0
        marks = {
            doc: share * (1.0 if doc in written else _KIN_ONLY) * self._mark(doc, count)
            for doc, count in counts.items()
        }
        return self._weighed(marks)

    def words(self, field: Field | None) -> Mapping[str, int]:
        """The words of the places that a field looks at, and in how many documents each is."""
        found: dict[str, int] = {}
        for place, _ in _ZONES[field] if field else _ANYWHERE:
            found = {**found, **self._beginning(place, "")}
        return found

    def _beginning(self, place: str, prefix: str) -> Mapping[str, int]:
        key = (place, prefix)
        if key not in self._vocabularies:
            self._vocabularies[key] = self._index.beginning(place, prefix)
        return self._vocabularies[key]

    def expansion(self, node: Term | Wild | Fuzzy) -> Expansion:
        """The words that a prefix, a pattern or a likeness stands for."""
        if node not in self._expansions:
            places = [place for place, _ in (_ZONES[node.field] if node.field else _ANYWHERE)]
            self._expansions[node] = expand(self._beginning, node, places, self._total)
        return self._expansions[node]

    def _expanded(self, node: Term | Wild | Fuzzy) -> Scores:
        """Every word it stands for; a section earns what its best word does."""
        words = self.expansion(node).words
        marks: Scores = {}
        for worth in {worth for _, worth in words}:
            best: Scores = {}
            for word, its_worth in words:
                if its_worth == worth:
                    for doc, count in self._counts(node.field, word):
                        if count > best.get(doc, 0.0):
                            best[doc] = count
            # In one section the most frequent word earns most, so one mark a section is enough.
            for doc, count in best.items():
                marks[doc] = max(worth * self._mark(doc, count), marks.get(doc, 0.0))
        return self._weighed(marks)

    def _weighed(self, marks: Scores) -> Scores:
        """`marks` times what finding this at all says: much if few sections have it."""
        rarity = self.said_by(len(marks))
        return {doc: mark * rarity for doc, mark in marks.items()}

    def said_by(self, many: int) -> float:
        """What having something says of a section that `many` sections have."""
        return log(1 + (self._total - many + 0.5) / (many + 0.5))

    def forms_in(self, node: Sought, doc: int) -> Iterator[tuple[str, list[str]]]:
        """The words with which a section answers `node`, and in which zone each one stands."""
        match node:
            case Phrase():
                forms = [word for _, word in node.words]
            case Near():
                forms = list(node.words)
            case Wild() | Fuzzy() | Term(prefix=True):
                forms = [word for word, _ in self.expansion(node).words]
            case Term():
                forms = [node.text, *words.kin(node.text)]
            case _:
                assert_never(node)
        for place, zones in _ZONES[node.field] if node.field else _ANYWHERE:
            for form in dict.fromkeys(forms):
                spots = self._spots_of(place, form)
                here = [spot >> ZONE_BITS for spot in spots[doc]] if doc in spots.documents else []
                names = [Zone(zone).name.lower() for zone in here if not zones or zone in zones]
                if names:
                    yield form, names

    def rarity(self, word: str) -> float:
        """What it says of two sections that both have a word; 0.0 if many have it, or only one."""
        many = sum(len(lists.documents) for lists in self._index.postings(TEXT, word))
        return log(self._total / many) if 2 <= many <= self._total / 8 else 0.0

    def _counts(self, field: Field | None, word: str) -> Iterator[tuple[int, float]]:
        """The sections with a word in `field` or anywhere, and its weight there.

        Where a field is named, its sections are compared by it alone: each time counts one.
        """
        if field is None:
            for lists in self._index.postings(TEXT, word):
                for doc, weight in zip(lists.documents, lists.weights, strict=True):
                    yield doc, weight / UNIT
            return
        for place, zones in _ZONES[field]:
            spots = self._spots_of(place, word)
            for doc in spots.documents:
                count = len([spot for spot in spots[doc] if spot >> ZONE_BITS in zones])
                if count:
                    yield doc, float(count)

    def _mark(self, doc: int, count: float) -> float:
        """What a count earns in a section: ever less for more of it, and less in a long one."""
        return (_K + 1) * count / (count + self._drags[doc])

    def _spots_of(self, place: str, word: str) -> "_SpotLists":
        key = (place, word)
        if key not in self._spots:
            self._spots[key] = _SpotLists(self._index.postings(place, word))
        return self._spots[key]

    def _phrase(self, node: Phrase) -> Scores:
        marks: Scores = {}
        for place, zones in _ZONES[node.field] if node.field else _ANYWHERE:
            for doc, starts in self._starts(place, node.words):
                worth = _worth(starts, zones)
                if worth:
                    marks[doc] = marks.get(doc, 0.0) + self._mark(doc, worth)
        return self._weighed(marks)

    def _near(self, node: Near) -> Scores:
        marks: Scores = {}
        needed = Counter(node.words)
        for place, zones in _ZONES[node.field] if node.field else _ANYWHERE:
            lists = [self._spots_of(place, word) for word in needed]
            docs: Collection[int] = min((one.documents for one in lists), key=len)
            for one in lists:
                docs = [doc for doc in docs if doc in one.documents]
            for doc in docs:
                spots = [one[doc] for one in lists]
                starts = runs(spots, list(needed.values()), node.within)
                worth = _worth(starts, zones)
                if worth:
                    marks[doc] = marks.get(doc, 0.0) + self._mark(doc, worth)
        return self._weighed(marks)

    def _starts(
        self, place: str, phrase: tuple[tuple[int, str], ...]
    ) -> Iterator[tuple[int, Collection[int]]]:
        """Each section that has the phrase, with the spots where it begins."""
        lists = [(offset, self._spots_of(place, word)) for offset, word in phrase]
        rarest_first = sorted(lists, key=lambda item: len(item[1].documents))
        docs: Collection[int] = rarest_first[0][1].documents
        for _, spots in rarest_first:
            docs = [doc for doc in docs if doc in spots.documents]
        for doc in docs:
            starts: set[int] | None = None
            for offset, spots in rarest_first:
                here = {spot - offset for spot in spots[doc]}
                starts = here if starts is None else starts & here
                if not starts:
                    break
            if starts:
                yield doc, starts


class _SpotLists:
    """A word's spots by section, read only for the sections that are asked for."""

    def __init__(self, found: list[Postings]) -> None:
        documents = [doc for lists in found for doc in lists.documents]
        counts = [count for lists in found for count in lists.counts]
        self.documents = dict(zip(documents, range(len(documents)), strict=True))
        self._ends = [0, *accumulate(counts)]
        self._spots = (
            found[0].spots
            if len(found) == 1
            else memoryview(b"".join([lists.spots for lists in found])).cast("I")
        )

    def __getitem__(self, doc: int) -> list[int]:
        at = self.documents[doc]
        return self._spots[self._ends[at] : self._ends[at + 1]].tolist()


def is_grammar(node: Node) -> bool:
    """Whether a part of a query is a word that holds a sentence together, anywhere in a text."""
    return isinstance(node, Term) and not node.prefix and node.text in _function_words()


def _pairs(nodes: tuple[Node, ...]) -> list[tuple[Term, Term]]:
    """The words that follow one another in a query, whatever holds its sentences together.

    Each pair once (`the the the`), and no word with itself, which is nowhere near.
    """
    telling = [node for node in nodes if not is_grammar(node)]
    return [
        (one, other)
        for one, other in dict.fromkeys(pairwise(telling))
        if isinstance(one, Term)
        and isinstance(other, Term)
        and one.field is other.field
        and one.text != other.text
        and not (one.prefix or other.prefix)
    ]


def _near_count(
    first: list[int], second: list[int], step: int, zones: frozenset[int] | None
) -> float:
    """What the spots of one word count that stand near some of another, which rise."""
    count = 0.0
    for spot in first:
        zone = spot >> ZONE_BITS
        if zones is not None and zone not in zones:
            continue
        at = bisect_left(second, spot + 1)
        after = second[at] - spot if at < len(second) else _NEAR + 1
        before = spot - second[at - 1] if at else _NEAR + 1
        if after == step:
            count += WEIGHT_OF[zone]
        elif min(after, before) <= _NEAR:
            count += _LOOSELY * WEIGHT_OF[zone]
    return count


def _worth(starts: Collection[int], zones: frozenset[int] | None) -> float:
    """What spots are worth together, those in `zones`."""
    return sum(
        [
            WEIGHT_OF[start >> ZONE_BITS]
            for start in sorted(starts)
            if zones is None or start >> ZONE_BITS in zones
        ]
    )
