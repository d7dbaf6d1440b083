"""How well a section answers a query: its score.

The measure is BM25F: a word in a heading counts as several in the body, repeating a word adds less
each time, a long section gets less for it than a short one, and a rare word says more than a common
one. What a word weighs in a section is computed when the section is indexed; everything else when a
query is asked, from the sections there are. So the order of ingestion changes no score. The formula
and its constants are explained, and their effect measured, in docs/ranking.md.
"""

from collections.abc import Collection, Iterable
from functools import cache, cached_property
from heapq import nlargest
from itertools import pairwise
from math import log
from pathlib import Path
from typing import assert_never

from backissue.index.search.matching import Matcher
from backissue.query import (
    Address,
    And,
    Dates,
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
    in_doubt,
)
from backissue.text import words

# How soon repeating a word adds no more, and how much the length of a section does.
_K = 1.2
_B = 0.75
# What an inflection (`robot` for `robots`) counts beside the word as typed, what a section keeps
# that has inflections only, and what the best of those gets of the last that has it as typed.
_INFLECTION = 0.5
_ONLY_INFLECTIONS = 0.8
_BELOW_AS_TYPED = 0.95
# What two words of a query that are near one another add, beside what each adds.
_NEAR_WEIGHT = 0.2
# Only sections that are among the best so many by their words alone are looked through for that.
_MOST_NEAR = 500
# Function words hold a sentence together and say little of what it is about, however rare they are
# in an archive: nobody looks for `what` and `how`. They are found, and required, like any other
# word; they only add less. Not among them: words that are also names (`us`, `will`).
_FUNCTION_WORD = 0.1
_FUNCTION_WORDS = Path(__file__).with_name("function_words.txt")

Scores = dict[int, float]  # of sections, by document number


class Ranking:
    """Scores the sections of one state of an index."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._total = len(matcher.sections)
        self._known: dict[Sought, Scores] = {}

    def answers(self, root: Node) -> Scores:
        """Every section that answers a whole query, with its score.

        As `scores`, but where a single word is asked for, the sections that have only inflections
        of it all come after those that have it as typed.
        """
        found = self.scores(root)
        asked = Query(source="", root=root).wanted()
        if len(asked) == 1 and isinstance(asked[0], Term) and not asked[0].prefix:
            typed = {doc for doc, _ in self.matcher.word(asked[0].field, asked[0].text)}
            lowest = min((found[doc] for doc in typed if doc in found), default=0.0)
            highest = max((found[doc] for doc in found if doc not in typed), default=0.0)
            if 0.0 < lowest <= highest:
                share = _BELOW_AS_TYPED * lowest / highest
                return {doc: s if doc in typed else share * s for doc, s in found.items()}
        return found

    def scores(self, node: Node) -> Scores:
        """Every section that answers `node`, with its score (0.0 where nothing ranks it)."""
        match node:
            case And() | Or():
                total = self._of_parts(node)
                for _, added in self._nearness(node.nodes, total):
                    for doc, score in added.items():
                        total[doc] += score
                return total
            case Not():
                return self._without(node.node)
            case Term() | Wild() | Fuzzy() | Phrase() | Near():
                if node not in self._known:
                    self._known[node] = self._leaf(node)
                return self._known[node]
            case Kind() | Numbers() | Address() | Dates():
                return dict.fromkeys(self.matcher.known(node), 0.0)
            case _:
                assert_never(node)

    def _without(self, node: Node) -> Scores:
        while isinstance(node, Not) and isinstance(node.node, Not):  # ----x: no more work than x
            node = node.node.node
        if isinstance(node, Not):
            return dict.fromkeys(self.scores(node.node), 0.0)
        shut = self.scores(in_doubt(node))
        return dict.fromkeys([doc for doc in self.matcher.sections if doc not in shut], 0.0)

    def _of_parts(self, node: And | Or) -> Scores:
        """The sections that answer all or any of the parts, with the sum of what each adds."""
        if isinstance(node, And):
            return self._all(node.nodes)
        total: Scores = {}
        for part in node.nodes:
            for doc, score in self.scores(part).items():
                total[doc] = total.get(doc, 0.0) + score
        return total

    def _all(self, nodes: tuple[Node, ...]) -> Scores:
        asked = [self.scores(node) for node in nodes if not isinstance(node, Not)]
        shut = [self.scores(in_doubt(node.node)) for node in nodes if isinstance(node, Not)]
        docs: Collection[int] = min(asked, key=len) if asked else self.matcher.sections
        # Narrowing from the rarest is quick; adding in the order of the query keeps the sum the
        # same to the last bit however rare each word is.
        for found in sorted(asked, key=len):
            docs = [doc for doc in docs if doc in found]
        for found in shut:
            docs = [doc for doc in docs if doc not in found]
        return {doc: sum([found[doc] for found in asked]) for doc in docs}

    def nearness(self, node: And | Or) -> list[tuple[tuple[Term, Term], Scores]]:
        """What words of `node` near one another add, pair by pair, to the best sections."""
        return self._nearness(node.nodes, self._of_parts(node))

    def _nearness(
        self, nodes: tuple[Node, ...], total: Scores
    ) -> list[tuple[tuple[Term, Term], Scores]]:
        pairs = _pairs(nodes)
        best = total
        if pairs and len(total) > _MOST_NEAR:
            least = nlargest(_MOST_NEAR, total.values())[-1]
            best = {doc: score for doc, score in total.items() if score >= least}
        found = [(pair, self.matcher.neighbours(*pair, best)) for pair in pairs]
        return [
            (pair, self._with_rarity({d: _NEAR_WEIGHT * self._tf(d, n) for d, n in counts.items()}))
            for pair, counts in found
        ]

    def _leaf(self, node: Sought) -> Scores:
        match node:
            case Phrase():
                return self._counted(self.matcher.phrase(node))
            case Near():
                return self._counted(self.matcher.near(node))
            case Wild() | Fuzzy() | Term(prefix=True):
                return self._expanded(node)
            case Term():
                return self._term(node)
            case _:
                assert_never(node)

    def _counted(self, counted: Iterable[tuple[int, float]]) -> Scores:
        tfs: Scores = {}
        for doc, count in counted:
            tfs[doc] = tfs.get(doc, 0.0) + self._tf(doc, count)
        return self._with_rarity(tfs)

    def _term(self, node: Term) -> Scores:
        """The word as typed, and for less its inflections."""
        counts = dict(self.matcher.word(node.field, node.text))
        typed = set(counts)
        for form in words.kin(node.text):
            for doc, count in self.matcher.word(node.field, form):
                counts[doc] = counts.get(doc, 0.0) + _INFLECTION * count
        share = _FUNCTION_WORD if node.text in _function_words() else 1.0
        tfs = {
            doc: share * (1.0 if doc in typed else _ONLY_INFLECTIONS) * self._tf(doc, count)
            for doc, count in counts.items()
        }
        return self._with_rarity(tfs)

    def _expanded(self, node: Term | Wild | Fuzzy) -> Scores:
        """Every word that `node` stands for; a section gets what its best word adds."""
        expansion = self.matcher.expansion(node).words
        tfs: Scores = {}
        for weight in {weight for _, weight in expansion}:
            best: Scores = {}
            for word, its_weight in expansion:
                if its_weight == weight:
                    for doc, count in self.matcher.word(node.field, word):
                        if count > best.get(doc, 0.0):
                            best[doc] = count
            # Of words that weigh the same, the most frequent in a section adds most.
            for doc, count in best.items():
                tfs[doc] = max(weight * self._tf(doc, count), tfs.get(doc, 0.0))
        return self._with_rarity(tfs)

    def _tf(self, doc: int, count: float) -> float:
        """What a count adds in a section: ever less for more of it, and less in a long one."""
        return (_K + 1) * count / (count + self._drags[doc])

    @cached_property
    def _drags(self) -> list[float]:
        """For each document what its length sets against its counts."""
        lengths = self.matcher.lengths()
        usual = sum(lengths) / self._total if self._total else 0.0
        slope = _K * _B / usual if usual else 0.0
        base = _K * (1 - _B)
        return [base + slope * length for length in lengths]

    def _with_rarity(self, tfs: Scores) -> Scores:
        """Scores: having something says more of a section the fewer have it."""
        many = len(tfs)
        rarity = log(1 + (self._total - many + 0.5) / (many + 0.5))
        return {doc: tf * rarity for doc, tf in tfs.items()}


@cache
def _function_words() -> frozenset[str]:
    return frozenset(word for line in words.read_words(_FUNCTION_WORDS) for word in line)


def is_function_word(node: Node) -> bool:
    """Whether a part of a query is a word that only holds a sentence together.

    >>> from backissue.query import Term
    >>> is_function_word(Term(text="the")), is_function_word(Term(text="chips"))
    (True, False)
    """
    return isinstance(node, Term) and not node.prefix and node.text in _function_words()


def _pairs(nodes: tuple[Node, ...]) -> list[tuple[Term, Term]]:
    """The words that follow one another in a query, function words aside.

    Each pair once (`the the the`), and no word with itself, which is nowhere near.
    """
    telling = [node for node in nodes if not is_function_word(node)]
    return [
        (one, other)
        for one, other in dict.fromkeys(pairwise(telling))
        if isinstance(one, Term)
        and isinstance(other, Term)
        and one.field is other.field
        and one.text != other.text
        and not (one.prefix or other.prefix)
    ]
