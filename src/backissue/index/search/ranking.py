"""How well a section answers a query: its score.

The measure is BM25F: a word in a heading counts as several in the body, repeating a word adds less
each time, a long section gets less for it than a short one, and a rare word says more than a common
one. What a word weighs in a section is computed when the section is indexed; everything else when a
query is asked, from the sections there are. So the order of ingestion changes no score. The formula
and its constants are explained, and their effect measured, in docs/ranking.md.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from math import log
from typing import NamedTuple, assert_never

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
    Sought,
    Term,
    Wild,
    conjuncts,
    in_doubt,
    leaves,
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
# What a name counts that is spelled in another way (`GPT4o` for `GPT-4o`): nearly all, because it
# is the same name, and less, so that of two sections that are alike the one as typed comes first.
_OTHER_SPELLING = 0.9
# Function words hold a sentence together and say little of what it is about, however rare they are
# in an archive: nobody looks for `what` and `how`. They add little, and a section need not have
# them, unless a query has nothing else.
_FUNCTION_WORD = 0.1

Scores = dict[int, float]  # of sections, by document number


class Substitute(NamedTuple):
    """What may stand for some parts of a query: what replaces what.

    `points` is what it adds to the score of each section that has it, before what `PartialMatch`
    takes off.
    """

    parts: range
    name: tuple[str, str]
    node: Sought
    points: Scores


class PartialMatch(NamedTuple):
    """A section that answers in part: its score, what it lacks, which synonyms it has.

    The score is the points of what it has, times `factor`.
    """

    score: float
    missing: tuple[str, ...]
    instead: tuple[tuple[str, str], ...]
    factor: float = 1.0


class PartialMatches(NamedTuple):
    """The sections that answer in part; what may stand for words; the parts that give points.

    `match` says of one of these sections why it is among them: few of thousands are shown.
    """

    scores: Scores
    substitutes: tuple[Substitute, ...]
    scored: tuple[Node, ...]
    match: Callable[[int], PartialMatch]

    @property
    def shown(self) -> tuple[Sought, ...]:
        """What the sections may show besides the words asked for."""
        return tuple(one.node for one in self.substitutes)


NO_MATCHES = PartialMatches({}, (), (), lambda _: PartialMatch(0.0, (), ()))


class Answers(NamedTuple):
    """The sections that have all of a query, those that have some of it, and why they count."""

    complete: Scores
    by_synonyms: PartialMatches  # which of the complete ones are so by synonyms of your own
    partial: PartialMatches

    def __len__(self) -> int:
        return len(self.complete) + len(self.partial.scores)

    @property
    def found(self) -> Scores:
        """What a search finds: the complete sections, or if there are none, the partial matches."""
        return self.complete or self.partial.scores

    @property
    def shown(self) -> tuple[Sought, ...]:
        """What the sections may show besides the words asked for."""
        return tuple(dict.fromkeys((*self.by_synonyms.shown, *self.partial.shown)))

    def among(self, document: int) -> PartialMatches:
        """The sections that answer in the way of one, and what gives them points."""
        return self.by_synonyms if document in self.complete else self.partial

    def match(self, document: int) -> PartialMatch | None:
        """Why a section counts that has not each word itself."""
        among = self.among(document)
        return among.match(document) if document in among.scores else None

    def score(self, document: int) -> float:
        """The score of a section that was found."""
        if document in self.complete:
            return self.complete[document]
        return self.partial.scores[document]


class Ranking:
    """Scores the sections of one state of an index."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._total = len(matcher.sections)
        self._known: dict[Sought, Scores] = {}

    def answers(self, root: Node) -> Scores:
        """Every section that answers a whole query, with its score: it has all telling words.

        As `scores`, with two exceptions. Function words add to a score, and decide nothing unless
        the query has no other words. Where a single word or name is asked for, the sections that
        have only inflections or other spellings all come after those that have it as typed.
        """
        found = self._by_telling_words(root)
        asked = list(filter(asks_words, conjuncts(root)))
        terms = [one for one in asked if isinstance(one, Term) and not one.prefix]
        named = len(terms) == 1 or all(one.spellings for one in terms)
        if terms and named and len(terms) == len(asked):
            typed = set(found).intersection(
                *({doc for doc, _ in self.matcher.word(one.field, one.text)} for one in terms)
            )
            lowest = min((found[doc] for doc in typed), default=0.0)
            highest = max((found[doc] for doc in found if doc not in typed), default=0.0)
            if 0.0 < lowest <= highest:
                share = _BELOW_AS_TYPED * lowest / highest
                return {doc: s if doc in typed else share * s for doc, s in found.items()}
        return found

    def _by_telling_words(self, root: Node) -> Scores:
        parts = list(conjuncts(root))
        telling = [part for part in parts if not is_function_word(part)]
        if len(telling) == len(parts) or not any(map(asks_words, telling)):
            return self.scores(root)
        found = self._all(tuple(telling))
        # In the order of the query, so that a sum is the same to the last bit.
        each = [self.scores(part) for part in parts if not isinstance(part, Not)]
        return {doc: sum([one.get(doc, 0.0) for one in each]) for doc in found}

    def some(self, root: Node) -> set[int]:
        """Every section that has some of the words of a query, and all that is no word."""
        parts = list(conjuncts(root))
        worded = [part for part in parts if asks_words(part)]
        telling = [part for part in worded if not is_function_word(part)] or worded
        found: set[int] = set().union(*map(self.scores, telling))
        fixed = tuple(part for part in parts if not asks_words(part))
        return found & self._all(fixed).keys() if fixed else found

    def scores(self, node: Node) -> Scores:
        """Every section that answers `node`, with its score (0.0 where nothing ranks it)."""
        match node:
            case And() | Or():
                return self._of_parts(node)
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
        """The word as typed, and for less its inflections and other spellings."""
        counts = dict(self.matcher.word(node.field, node.text))
        typed = set(counts)
        for form in words.kin(node.text):
            for doc, count in self.matcher.word(node.field, form):
                counts[doc] = counts.get(doc, 0.0) + _INFLECTION * count
        if node.spellings:
            for doc, count in self.matcher.spelled(node).items():
                counts[doc] = max(counts.get(doc, 0.0), _OTHER_SPELLING * count)
                typed.add(doc)
        share = _FUNCTION_WORD if node.text in words.function_words() else 1.0
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

    def rarity(self, many: int) -> float:
        """What it says of a section to have something that `many` have: more, the fewer have it."""
        return log(1 + (self._total - many + 0.5) / (many + 0.5))

    def _with_rarity(self, tfs: Scores) -> Scores:
        rarity = self.rarity(len(tfs))
        return {doc: tf * rarity for doc, tf in tfs.items()}


def is_function_word(node: Node) -> bool:
    """Whether a part of a query is a word that only holds a sentence together.

    >>> from backissue.query import Term
    >>> is_function_word(Term(text="the")), is_function_word(Term(text="chips"))
    (True, False)
    """
    return isinstance(node, Term) and not node.prefix and node.text in words.function_words()


def asks_words(node: Node) -> bool:
    """Whether a part of a query asks for words, as `kind:story` and `-robot` do not."""
    return not isinstance(node, Not) and any(isinstance(leaf, Sought) for leaf in leaves(node))
