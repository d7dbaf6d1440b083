"""Sections that have some of the words of a query, or others instead, but not all of the words.

Only words can be missing: everything else in a query (an issue, a kind, a NOT) still holds. Each
section comes with the words it lacks, and those it has instead: synonyms, and words of the same
origin (`measurement` for `measure`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property

from backissue.index.search.ranking import (
    NO_MATCHES,
    PartialMatch,
    PartialMatches,
    Ranking,
    Scores,
    Substitute,
    asks_words,
    is_function_word,
)
from backissue.query import (
    And,
    Group,
    Near,
    Node,
    Or,
    Phrase,
    Saying,
    Sought,
    Synonyms,
    Term,
    conjuncts,
)
from backissue.query.synonyms import Alternative, alternatives, built_in, defined, derived
from backissue.text import words

# What a synonym adds to a score, and a word made from the word asked for, beside that word itself.
_SYNONYM_WEIGHT = 0.5
_DERIVATION_WEIGHT = 0.7
# Of so few words each was chosen, and a section with one of them is worth its share. A sentence has
# words that no answer needs: there the points of those that a section has are enough.
_FEW = 3


class _Parts:
    """The parts of a query that ask for words, and which of them each section has.

    A set of parts is a number: bit `at` stands for part number `at`.
    """

    def __init__(self, root: Node, ranking: Ranking) -> None:
        every = list(conjuncts(root))
        self.ranking = ranking
        self.parts = [part for part in every if asks_words(part)]
        self.fixed = tuple(part for part in every if not asks_words(part))
        telling = [at for at, part in enumerate(self.parts) if not is_function_word(part)]
        self.telling = telling or list(range(len(self.parts)))
        self.direct = {at: ranking.scores(self.parts[at]) for at in self.telling}
        # `time-dependent` is answered by each of its words, if it is not all that is asked for.
        apart = [_taken_apart(part) if len(self.telling) > 1 else (part,) for part in self.parts]
        self.apart: list[tuple[Node, ...]] = apart
        self.loose = tuple(node for nodes in apart for node in nodes)
        self.are_whole = self.loose == tuple(self.parts)
        self._factors: dict[int, float] = {}

    @property
    def all(self) -> int:
        """All parts that a section must have to answer the whole query."""
        return sum(1 << at for at in self.telling)

    def had(
        self, substitutes: Sequence[Substitute], loose: Scores, only: Set[int] | None = None
    ) -> dict[int, int]:
        """Which parts each section has, itself or by a substitute, of those that tell something.

        Those in `loose` are among them, even if they have none; `only` limits them.
        """

        def among(scores: Scores) -> Iterable[int]:
            return scores if only is None else scores.keys() & only

        found = dict.fromkeys(among(loose), 0)
        for at, scores in self.direct.items():
            bit = 1 << at
            for document in among(scores):
                found[document] = found.get(document, 0) | bit
        for substitute in substitutes:
            bits = sum(1 << at for at in substitute.parts if at in self.direct)
            for document in among(substitute.points):
                found[document] = found.get(document, 0) | bits
        if not self.fixed:
            return found
        fixed = self.ranking.scores(And(nodes=self.fixed))
        return {document: has for document, has in found.items() if document in fixed}

    def missing(self, has: int) -> tuple[str, ...]:
        """The parts that a section lacks which has only the parts `has`."""
        lacks = (str(self.parts[at]) for at in self.telling if not has >> at & 1)
        return tuple(dict.fromkeys(lacks))

    @cached_property
    def weighs_shares(self) -> bool:
        """Whether it matters which share of the query a section has: each word was chosen."""
        return len(self.telling) <= _FEW and self.are_whole

    def factor(self, has: int) -> float:
        """What the score of a section is multiplied by which has only the parts `has`."""
        if not self.weighs_shares:
            return 1.0
        if has not in self._factors:
            worth = {at: self.ranking.rarity(len(self.direct[at])) for at in self.telling}
            share = sum(worth[at] for at in self.telling if has >> at & 1) / sum(worth.values())
            self._factors[has] = share
        return self._factors[has]

    def synonyms(self, known: Synonyms) -> Iterator[Substitute]:
        """The synonyms of the plain words of a query that some section has.

        Inflections of one synonym are as rare as they are together.
        """
        plain = [_plain(part) for part in self.parts]
        for first, end, saying in _different(self._alternatives(plain, known)):
            replaced = " ".join(word for word in plain[first:end] if word)
            asked = ((name, node, self.ranking.scores(node)) for name, node in _inflected(saying))
            found = [one for one in asked if one[2]]
            rarity = self.ranking.rarity(len(set().union(*(scores for _, _, scores in found))))
            for name, node, scores in found:
                weight = _SYNONYM_WEIGHT * rarity / self.ranking.rarity(len(scores))
                points = {document: weight * score for document, score in scores.items()}
                yield Substitute(range(first, end), (replaced, name), node, points)

    def _alternatives(self, plain: Sequence[str | None], known: Synonyms) -> Iterator[Alternative]:
        yield from alternatives(plain, known.own)
        if known.built_in:
            asked = {words.stem(word) for word in plain if word}
            yield from (
                one
                for one in (
                    *alternatives(plain, built_in()),
                    *defined(plain, self.ranking.matcher.tags),
                )
                # `large language models (LLMs)` asks for both already.
                if not asked.issuperset(map(words.stem, one.saying))
            )

    def derivations(self) -> Iterator[Substitute]:
        """The words of the archive of the same origin as the plain words of a query.

        Each counts only for sections that lack the word asked for, and as no rarer than that.
        """
        for at, (part, nodes) in enumerate(zip(self.parts, self.apart, strict=True)):
            # One for a word of a compound or phrase does not answer for the whole.
            parts = range(at, at + 1) if nodes == (part,) else range(0)
            for node in nodes:
                word = None if is_function_word(node) else _plain(node)
                if word is not None:
                    yield from self._derivations(parts, word, self.ranking.scores(node))

    def _derivations(self, parts: range, word: str, had: Scores) -> Iterator[Substitute]:
        for other in derived(word):
            if not self.ranking.matcher.has_any((other, f"{other}s")):
                continue
            node = Term(text=other)
            if scores := self.ranking.scores(node):
                most, rarity = (self.ranking.rarity(len(one)) for one in (had, scores))
                weight = _DERIVATION_WEIGHT * min(1.0, most / rarity)
                points = {one: weight * s for one, s in scores.items() if one not in had}
                yield Substitute(parts, (word, other), node, points)

    def leave_no_choice(self, substitutes: Sequence[Substitute]) -> bool:
        """Whether the query is two words and one is nowhere: a section has at most half of it.

        `otter zebra` is not answered with otters where there are no zebras; a sentence is, which
        has function words, too.
        """
        if len(self.parts) > len(self.telling):
            return False
        replaced = {at for substitute in substitutes for at in substitute.parts}
        known = [at for at in self.telling if self.direct[at] or at in replaced]
        return len(self.telling) == 2 > len(known) and self.are_whole


def with_synonyms(root: Node, ranking: Ranking, own: tuple[Group, ...]) -> PartialMatches:
    """The sections that have each word of `root`, or one of your own synonyms instead of it."""
    parts = _Parts(root, ranking)
    synonyms = list(parts.synonyms(Synonyms(own=own, built_in=False)))
    if not synonyms:
        return NO_MATCHES
    complete = {
        document: has for document, has in parts.had(synonyms, {}).items() if has == parts.all
    }
    return _matches(parts, complete, synonyms, tuple(parts.parts))


def partial_matches(
    root: Node,
    ranking: Ranking,
    known: Synonyms,
    complete: Scores,
    only: Set[int] | None = None,
) -> PartialMatches:
    """The sections besides `complete` that have any word of `root`, or another instead of one.

    Function words (`the`, `of`) are no reason to be among them, unless there is nothing else.
    `only` names the sections that matter, if not all do.
    """
    parts = _Parts(root, ranking)
    substitutes = [*parts.synonyms(known), *parts.derivations()]
    if not parts.parts or parts.leave_no_choice(substitutes):
        return NO_MATCHES
    loose = parts.loose
    added = [one for one in loose if one not in parts.parts and not is_function_word(one)]
    apart = ranking.scores(Or(nodes=tuple(added)))
    some = {
        document: has
        for document, has in parts.had(substitutes, apart, only).items()
        if document not in complete
    }
    return _matches(parts, some, substitutes, loose)


def _matches(
    parts: _Parts,
    had: Mapping[int, int],
    substitutes: Sequence[Substitute],
    scored: tuple[Node, ...],
) -> PartialMatches:
    """The sections that have these parts, with what they score and what they have instead."""
    total = dict.fromkeys(had, 0.0)
    for scores in map(parts.ranking.scores, scored):
        for document, score in scores.items():
            if document in total:
                total[document] += score
    used = _used(substitutes, parts.direct, had)
    for document, instead in used.items():
        total[document] += sum([one.points[document] for one in instead])
    if parts.weighs_shares:
        total = {document: parts.factor(had[document]) * score for document, score in total.items()}

    def match(document: int) -> PartialMatch:
        """Why a section is among them."""
        has, instead = had[document], tuple(one.name for one in used.get(document, ()))
        return PartialMatch(total[document], parts.missing(has), instead, parts.factor(has))

    return PartialMatches(total, tuple(substitutes), scored, match)


def _used(
    substitutes: Sequence[Substitute], direct: Mapping[int, Scores], among: Mapping[int, int]
) -> dict[int, tuple[Substitute, ...]]:
    """What each section has instead of words that it lacks: for each word the best."""
    best: dict[int, dict[tuple[range, str], Substitute]] = {}
    for one in substitutes:
        replaced = [direct[at] for at in one.parts if at in direct]
        key = (one.parts, one.name[0])
        for document, points in one.points.items():
            lacks = not replaced or any(document not in scores for scores in replaced)
            if lacks and document in among:
                here = best.setdefault(document, {})
                other = here.get(key)
                if other is None or points > other.points[document]:
                    here[key] = one
    return {document: tuple(here.values()) for document, here in best.items()}


def _different(found: Iterable[Alternative]) -> list[Alternative]:
    """Each once in all its inflections, and for the most words that it can stand for.

    `llm` stands for `large language model`, or where that is not asked for, for `language model`.
    """
    kept: dict[tuple[int, int, tuple[str, ...]], Alternative] = {}
    for one in found:
        kept.setdefault((one.first, one.end, tuple(map(words.stem, one.saying))), one)
    return [
        one
        for (first, end, stems), one in kept.items()
        if not any(
            stems == others and low <= first and end <= high and (low, high) != (first, end)
            for low, high, others in kept
        )
    ]


def _inflected(saying: Saying) -> Iterator[tuple[str, Sought]]:
    """A word, or words one after another with the last in each of its inflections."""
    if not saying[1:]:
        yield saying[0], Term(text=saying[0])
        return
    before, last = saying[:-1], saying[-1]
    for form in (last, *words.kin(last)):
        text = " ".join((*before, form))
        yield text, Phrase(words=words.phrase(text))


def _plain(part: Node) -> str | None:
    """A part of a query that is a word in any field, and nothing more."""
    plain = isinstance(part, Term) and part.field is None and not part.prefix
    return part.text if plain and isinstance(part, Term) else None


def _taken_apart(part: Node) -> tuple[Node, ...]:
    """The words of a phrase or of a compound of plain words; any other part as it is.

    `GPT-4o` is only found as a whole.

    >>> [str(one) for one in _taken_apart(Term(text="time-dependent"))]
    ['time', 'dependent']
    """
    apart: Sequence[str] = ()
    match part:
        case Term(prefix=False) if "-" in part.text:
            apart = part.text.split("-")
            if not all(word.isalpha() and len(word) > 1 for word in apart):
                return (part,)
        case Phrase():
            apart = [word for _, word in part.words]
        case Near():
            apart = part.words
        case _:
            return (part,)
    return tuple(Term(text=word, field=part.field) for word in apart)
