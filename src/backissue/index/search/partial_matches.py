"""Sections that have most words of a query where none has all, or synonyms of them.

Only words can be missing: everything else in a query (an issue, a kind, a NOT) still holds. Each
section comes with the words it lacks, and the synonyms it has instead.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from backissue.index.search.ranking import Ranking, Scores, is_function_word
from backissue.query import And, Group, Node, Not, Or, Phrase, Sought, Term, conjuncts, leaves
from backissue.query.synonyms import alternatives

# What a synonym adds to a score, beside the word itself.
_SYNONYM_WEIGHT = 0.5
# How many of a query's words are enough; function words (`the`, `of`) are not counted.
ENOUGH = 0.5
_FEWEST = 2


class PartialMatch(NamedTuple):
    """A section that answers in part: its score, what it lacks, which synonyms it has."""

    score: float
    missing: tuple[str, ...]
    instead: tuple[tuple[str, str], ...]


class PartialMatches(NamedTuple):
    """The sections that answer in part; what they may show besides the words asked for."""

    sections: dict[int, PartialMatch]
    shown: tuple[Sought, ...]

    @property
    def scores(self) -> Scores:
        """The sections with their scores."""
        return {document: match.score for document, match in self.sections.items()}

    @property
    def lacking(self) -> bool:
        """Whether any of them lacks a word."""
        return any(one.missing for one in self.sections.values())


class _Synonym(NamedTuple):
    """A synonym of some parts of the query: what replaces what, and the sections that have it."""

    parts: range
    name: tuple[str, str]
    node: Sought
    scores: Scores


def partial_matches(
    root: Node, ranking: Ranking, groups: Sequence[Group], *, share: float
) -> PartialMatches:
    """The sections that have at least `share` of the words of `root`, or synonyms of them.

    A word that no section has does not count; it is named as missing. A section's score is
    multiplied by the share of the words that it has.
    """
    ask = ranking.scores
    every = list(conjuncts(root))
    parts = [part for part in every if _asks_words(part)]
    fixed = tuple(part for part in every if not _asks_words(part))
    synonyms = list(_synonyms(parts, ranking, groups))
    telling = [at for at, part in enumerate(parts) if share == 1 or not is_function_word(part)]
    direct = {at: ask(parts[at]) for at in telling}
    had: dict[int, set[int]] = defaultdict(set)
    for at in telling:
        for document in direct[at]:
            had[document].add(at)
    for synonym in synonyms:
        for document in synonym.scores:
            had[document].update(at for at in synonym.parts if at in direct)
    known = set().union(*had.values())
    # One word of two does not answer both; a question has words that its answer need not have.
    least = min(len(telling), _FEWEST)
    needed = len(telling) if share == 1 else max(least, -(-len(known) * share // 1))
    among = ask(And(nodes=fixed)) if fixed else None
    scores = ask(Or(nodes=tuple(parts))) if parts else {}
    found: dict[int, PartialMatch] = {}
    for document, has in had.items():
        if len(has) >= needed and (among is None or document in among):
            used = _used(synonyms, document, direct)
            score = scores.get(document, 0.0)
            score += _SYNONYM_WEIGHT * sum(one.scores[document] for one in used)
            found[document] = PartialMatch(
                score=score * len(has) / len(telling),
                missing=tuple(str(parts[at]) for at in telling if at not in has),
                instead=tuple(one.name for one in used),
            )
    return PartialMatches(found, tuple(one.node for one in synonyms))


def _used(synonyms: list[_Synonym], document: int, direct: Mapping[int, Scores]) -> list[_Synonym]:
    """The synonyms that a section has of words that it lacks: of each word's the best."""
    best: dict[range, _Synonym] = {}
    for synonym in synonyms:
        lacks = any(document not in direct[at] for at in synonym.parts if at in direct)
        if lacks and document in synonym.scores:
            other = best.get(synonym.parts)
            if other is None or synonym.scores[document] > other.scores[document]:
                best[synonym.parts] = synonym
    return list(best.values())


def _asks_words(node: Node) -> bool:
    """Whether a part asks for words, as `kind:story` and `-robot` do not."""
    return not isinstance(node, Not) and any(isinstance(leaf, Sought) for leaf in leaves(node))


def _synonyms(parts: list[Node], ranking: Ranking, groups: Sequence[Group]) -> Iterator[_Synonym]:
    """The synonyms of the plain words of a query that some section has."""
    plain = [
        part.text if isinstance(part, Term) and part.field is None and not part.prefix else None
        for part in parts
    ]
    for first, end, saying in dict.fromkeys(alternatives(plain, groups)):
        node = Phrase(words=tuple(enumerate(saying))) if saying[1:] else Term(text=saying[0])
        if scores := ranking.scores(node):
            replaced = " ".join(word for word in plain[first:end] if word)
            yield _Synonym(range(first, end), (replaced, " ".join(saying)), node, scores)
