"""Which sections answer a query, and how well: the words of a section, and the marks they earn.

The measure is BM25F: a word in a heading counts as several in the body, repeating a word earns less
each time, and a rare word says more than a common one. The first two depend on the section alone
and are worked out when it is indexed; how rare a word is, when it is asked for. So the same
sections give the same marks whatever the order in which they came.

Knows neither Whoosh nor files: `Words` says what is asked of an index.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import IntEnum
from heapq import nlargest
from itertools import accumulate, pairwise
from math import log
from typing import Protocol, assert_never

from backissue import query as language
from backissue import words
from backissue.index.segment import Postings
from backissue.query import Address, And, Dates, Field, Kind, Node, Not, Numbers, Or, Phrase, Term
from backissue.records import Block, Head, Part, Section


class Zone(IntEnum):
    """Where in a section a word stands. The values are stored."""

    HEADING = 0
    DECK = 1
    THESIS = 2
    WHY = 3
    BODY = 4
    LINK = 5
    LABEL = 6
    # What only a query that names the field looks at; an issue's title is on all its sections, and
    # would make each of them a hit for every story that the title announces:
    TITLE = 7
    PUBLICATION = 8
    SOURCE = 9
    URL = 10


TEXT = "text"  # the index's field for the zones that every query looks at
ASIDE = "aside"  # and for the others
_ASIDE_ZONES = {Zone.TITLE, Zone.PUBLICATION, Zone.SOURCE, Zone.URL}

_WORTH = {
    Zone.HEADING: 5.0,
    Zone.DECK: 2.5,
    Zone.THESIS: 2.5,
    Zone.WHY: 1.2,
    Zone.BODY: 1.0,
    Zone.LINK: 0.6,
    Zone.LABEL: 0.1,
    Zone.TITLE: 0.5,
    Zone.PUBLICATION: 1.0,
    Zone.SOURCE: 1.0,
    Zone.URL: 0.6,
}
_ZONES: dict[Field, tuple[tuple[str, frozenset[int]], ...]] = {
    Field.HEADING: ((TEXT, frozenset({Zone.HEADING})),),
    Field.DECK: ((TEXT, frozenset({Zone.DECK})),),
    Field.WHY: ((TEXT, frozenset({Zone.THESIS, Zone.WHY})),),
    Field.BODY: ((TEXT, frozenset({Zone.BODY})),),
    Field.LINK: ((TEXT, frozenset({Zone.LINK})), (ASIDE, frozenset({Zone.URL}))),
    Field.TITLE: ((ASIDE, frozenset({Zone.TITLE})),),
    Field.PUBLICATION: ((ASIDE, frozenset({Zone.PUBLICATION})),),
    Field.SOURCE: ((ASIDE, frozenset({Zone.SOURCE})),),
}
_ANYWHERE: tuple[tuple[str, None], ...] = ((TEXT, None),)
_WORTH_OF = [_WORTH[zone] for zone in Zone]

# A spot is a zone and a position in it, in 32 bits.
_ZONE_BITS = 24
_LAST_POSITION = (1 << _ZONE_BITS) - 1
# Between paragraphs lie positions that no word has, so that no phrase reaches across.
_GAP = 16

# BM25's constants, as everyone has them. The length that counts as usual is fixed, not the
# archive's average, so that adding an issue never changes the marks of another.
_K = 1.2
_B = 0.5
_USUAL_LENGTH = 400
# A mark is stored as 16 bits; the formula stays below _K + 1 = 2.2.
_SCALE = 16384
# What another form of the word is worth (`robot` for `robots`): less than any one plain match of
# the word as written in a section of the usual length.
_KIN_WORTH = 0.35
# What two words of a query are worth for standing side by side, beside what each is worth.
_PAIR_WORTH = 0.5
# The most words a prefix stands for: the most frequent ones, of equals the first by alphabet.
MOST_EXPANSIONS = 4096

Entry = tuple[bytes, int, bytes]  # term, weight, spots


# --- the words of a section ---------------------------------------------------------------------


def entries(section: Section, head: Head) -> tuple[list[Entry], list[Entry]]:
    """The index entries of `section` for the fields TEXT and ASIDE."""
    text, aside = _Spots(), _Spots()
    text.add(Zone.HEADING, section.heading)
    text.add(Zone.DECK, section.deck)
    if section.why:
        text.add(Zone.LABEL, section.why.label)
        text.add(Zone.THESIS, section.why.thesis)
        for line in section.why.text.split("\n\n"):
            text.add(Zone.WHY, line)
    text.add_blocks(Zone.BODY, (block for block in section.blocks if block.part is Part.BODY))
    text.add_blocks(Zone.LINK, (block for block in section.blocks if block.part is Part.LINK))
    if not section.why:
        text.add_blocks(Zone.WHY, (block for block in section.blocks if block.part is Part.WHY))
    shown = {block.text for block in section.blocks if block.part is Part.LINK}
    for link in section.links:
        if not any(link.text in line for line in shown):
            text.add(Zone.LINK, link.text)
        aside.add(Zone.URL, link.url)
    aside.add(Zone.TITLE, head.title)
    aside.add(Zone.PUBLICATION, head.publication)
    aside.add(Zone.PUBLICATION, head.key.partition("/")[0])
    for source in head.sources:
        aside.add(Zone.SOURCE, source)
    return text.entries(), aside.entries()


class _Spots:
    """The spots of each word of one section, while it is read."""

    def __init__(self) -> None:
        self._spots: dict[str, list[int]] = {}
        self._free = [0] * len(Zone)
        self._length = 0

    def add(self, zone: Zone, text: str | None, *, joined: bool = False) -> None:
        """Adds a paragraph, or (`joined`) the continuation of one."""
        if not text:
            return
        base = min(self._free[zone] + (0 if joined else _GAP), _LAST_POSITION)
        count, found = words.placed(text)
        if base + count > _LAST_POSITION:  # more than 16 million words: all the rest stand there
            found = [(word, min(place, _LAST_POSITION - base)) for word, place in found]
        first = (zone << _ZONE_BITS) + base
        spots = self._spots
        for word, place in found:
            if word in spots:
                spots[word].append(first + place)
            else:
                spots[word] = [first + place]
        self._free[zone] = min(base + count, _LAST_POSITION)
        self._length += count if zone < Zone.LABEL else 0

    def add_blocks(self, zone: Zone, blocks: Iterable[Block]) -> None:
        for block in blocks:
            self.add(zone, block.text, joined=block.joined)

    def entries(self) -> list[Entry]:
        usual = _K * (1 - _B + _B * self._length / _USUAL_LENGTH)
        made: list[Entry] = []
        for word, spots in self._spots.items():
            if len(spots) == 1:
                worth = _WORTH_OF[spots[0] >> _ZONE_BITS]
            else:
                worth = sum([_WORTH_OF[spot >> _ZONE_BITS] for spot in spots])
            weight = int(_SCALE * (_K + 1) * worth / (worth + usual))
            # Zones are not filled in their order (title after body), and a spot list rises.
            rising = array("I", spots if len(spots) == 1 else sorted(spots))
            made.append((word.encode(errors="surrogatepass"), weight, rising.tobytes()))
        return made


# --- what answers a query -----------------------------------------------------------------------


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


Scores = dict[int, float]  # a section's document number, and what it earns


class Ranking:
    """Evaluates queries against one state of an index."""

    def __init__(self, index: Words) -> None:
        self._index = index
        self._total = len(index.everything())
        self._known: dict[Term | Phrase, Scores] = {}
        self._spots: dict[tuple[str, str], _SpotLists] = {}

    def scores(self, node: Node) -> Scores:
        """Every section that answers `node`, with its marks (0.0 where nothing ranks it)."""
        match node:
            case And():
                return self._all(node.nodes)
            case Or():
                return self._any(node.nodes)
            case Not():
                shut = self.scores(node.node)
                return dict.fromkeys(
                    [doc for doc in self._index.everything() if doc not in shut], 0.0
                )
            case Term() | Phrase():
                if node not in self._known:
                    self._known[node] = self._leaf(node)
                return self._known[node]
            case Kind():
                return dict.fromkeys(self._index.of_kind(node.value), 0.0)
            case Numbers() | Address() | Dates():
                return dict.fromkeys(self._index.among(node), 0.0)
            case _:
                assert_never(node)

    def _leaf(self, node: Term | Phrase) -> Scores:
        if isinstance(node, Phrase):
            return self._phrase(node)
        return self._prefix(node) if node.prefix else self._term(node)

    def _all(self, nodes: tuple[Node, ...]) -> Scores:
        """The sections that answer every node; marks add up."""
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
        total = {doc: sum([found[doc] for found in asked]) for doc in docs}
        for one, other in dict.fromkeys(pairwise(nodes)):  # the the the: once
            if isinstance(one, Term) and isinstance(other, Term) and _could_touch(one, other):
                self._reward(total, one, other)
        return total

    def _reward(self, total: Scores, one: Term, other: Term) -> None:
        """Adds to `total` for words that stand side by side as the query has them."""
        found: Scores = {}
        step = next(words.tokens(one.text)).span
        for place, zones in _ZONES[one.field] if one.field else _ANYWHERE:
            for doc, starts in self._starts(place, ((0, one.text), (step, other.text)), total):
                worth = _worth(starts, zones)
                if worth:
                    found[doc] = found.get(doc, 0.0) + _PAIR_WORTH * _mark(worth)
        for doc, mark in self._weighed(found).items():
            total[doc] += mark

    def _any(self, nodes: tuple[Node, ...]) -> Scores:
        total: Scores = {}
        for node in nodes:
            for doc, score in self.scores(node).items():
                total[doc] = total.get(doc, 0.0) + score
        return total

    def _term(self, node: Term) -> Scores:
        """The word as written, and for less its other forms."""
        marks: Scores = {}
        for worth, forms in ((1.0, (node.text,)), (_KIN_WORTH, words.kin(node.text))):
            for form in forms:
                for doc, mark in self._marks(node.field, form):
                    earned = mark * worth
                    if earned > marks.get(doc, 0.0):
                        marks[doc] = earned
        return self._weighed(marks)

    def _prefix(self, node: Term) -> Scores:
        """Every word that begins so; a section earns what its best word does."""
        marks: Scores = {}
        for word in expansions(self._index, node):
            for doc, mark in self._marks(node.field, word):
                if mark > marks.get(doc, 0.0):
                    marks[doc] = mark
        return self._weighed(marks)

    def _weighed(self, marks: Scores) -> Scores:
        """`marks` times what finding this at all says: much if few sections have it."""
        many = len(marks)
        rarity = log(1 + (self._total - many + 0.5) / (many + 0.5)) if many else 0.0
        return {doc: mark * rarity for doc, mark in marks.items()}

    def _marks(self, field: Field | None, word: str) -> Iterator[tuple[int, float]]:
        if field is None:
            for lists in self._index.postings(TEXT, word):
                for doc, weight in zip(lists.documents, lists.weights, strict=True):
                    yield doc, weight / _SCALE
            return
        for place, zones in _ZONES[field]:
            spots = self._spots_of(place, word)
            for doc in spots.documents:
                count = len([spot for spot in spots[doc] if spot >> _ZONE_BITS in zones])
                if count:
                    yield doc, _mark(count)

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
                    marks[doc] = marks.get(doc, 0.0) + _mark(worth)
        return self._weighed(marks)

    def _starts(
        self, place: str, phrase: tuple[tuple[int, str], ...], among: Collection[int] | None = None
    ) -> Iterator[tuple[int, Collection[int]]]:
        """Each section (`among` these) that has the phrase, with the spots where it begins."""
        lists = [(offset, self._spots_of(place, word)) for offset, word in phrase]
        rarest_first = sorted(lists, key=lambda item: len(item[1].documents))
        docs = rarest_first[0][1].documents if among is None else among
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


def _could_touch(one: Term, other: Term) -> bool:
    return one.field is other.field and not (one.prefix or other.prefix)


def _worth(starts: Collection[int], zones: frozenset[int] | None) -> float:
    """What spots are worth together, those in `zones`."""
    return sum(
        [
            _WORTH_OF[start >> _ZONE_BITS]
            for start in sorted(starts)
            if zones is None or start >> _ZONE_BITS in zones
        ]
    )


def expansions(index: Words, node: Term) -> list[str]:
    """The words that a prefix stands for, at most `MOST_EXPANSIONS`, most frequent first."""
    found: dict[str, int] = {}
    for place, _ in _ZONES[node.field] if node.field else _ANYWHERE:
        for word, count in index.beginning(place, node.text).items():
            found[word] = found.get(word, 0) + count
    if len(found) <= MOST_EXPANSIONS:
        return list(found)
    # By alphabet first, so that of equally frequent words the choice does not hang on chance.
    return nlargest(MOST_EXPANSIONS, sorted(found), key=found.__getitem__)


def _mark(worth: float) -> float:
    return (_K + 1) * worth / (worth + _K)


def unmatched(index: Ranking, query: language.Query) -> tuple[str, ...]:
    """The words and phrases of `query`, as it spells them, that no section has."""
    return tuple(str(leaf) for leaf in query.wanted() if not index.scores(leaf))
