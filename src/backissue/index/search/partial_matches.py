"""Sections that have most words of a query where none has all, or synonyms of them.

Only words can be missing: everything else in a query (an issue, a kind, a NOT) still holds. Each
section comes with the words it lacks, and the synonyms it has instead.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from backissue.index.search.ranking import Ranking, Scores, is_function_word
from backissue.query import (
    And,
    Group,
    Node,
    Not,
    Or,
    Phrase,
    Saying,
    Sought,
    Term,
    conjuncts,
    leaves,
)
from backissue.query.synonyms import alternatives

# What a section earns for a synonym beside the word itself.
_SYNONYM_WEIGHT = 0.5
# How many of a query's words are enough. Words of grammar (`the`, `of`) are let go first.
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


class _Stand(NamedTuple):
    """A synonym as it is looked for: for which parts of the query it stands, and who has it."""

    parts: range
    name: tuple[str, str]
    node: Sought
    having: Mapping[int, float]


def partial_matches(
    root: Node,
    ranking: Ranking,
    groups: Sequence[Group],
    *,
    share: float = ENOUGH,
) -> PartialMatches:
    """The sections that have at least `share` of the words of `root`, or synonyms of them.

    A word that no section has is not counted; it is named as missing. What a section earns for the
    words it has is multiplied by how many of them they are.
    """
    ask = ranking.scores
    every = list(conjuncts(root))
    parts = [part for part in every if _asks_words(part)]
    fixed = tuple(part for part in every if not _asks_words(part))
    stands = list(_stands(parts, ranking, groups))
    telling = [at for at, part in enumerate(parts) if share == 1 or not is_function_word(part)]
    direct = {at: ask(parts[at]) for at in telling}
    had: dict[int, set[int]] = defaultdict(set)
    for at in telling:
        for document in direct[at]:
            had[document].add(at)
    for stand in stands:
        for document in stand.having:
            had[document].update(at for at in stand.parts if at in direct)
    known = set().union(*had.values()) if had else set()
    # One word of two is no answer to both; of a question's words some are the asker's own.
    least = min(len(telling), _FEWEST)
    needed = len(telling) if share == 1 else max(least, -(-len(known) * share // 1))
    among = ask(And(nodes=fixed)) if fixed else None
    scores = ask(Or(nodes=tuple(parts))) if parts else {}
    found: dict[int, PartialMatch] = {}
    for document, has in had.items():
        if len(has) >= needed and (among is None or document in among):
            used = _used(stands, document, direct)
            score = scores.get(document, 0.0)
            score += _SYNONYM_WEIGHT * sum(stand.having[document] for stand in used)
            found[document] = PartialMatch(
                score=score * len(has) / len(telling),
                missing=tuple(str(parts[at]) for at in telling if at not in has),
                instead=tuple(stand.name for stand in used),
            )
    return PartialMatches(found, tuple(stand.node for stand in stands))


def _used(
    stands: list[_Stand], document: int, direct: Mapping[int, Mapping[int, float]]
) -> list[_Stand]:
    """The synonyms that a section has of what it lacks: of each part's the one that earns most."""
    best: dict[range, _Stand] = {}
    for stand in stands:
        if document in stand.having and any(
            document not in direct[at] for at in stand.parts if at in direct
        ):
            other = best.get(stand.parts)
            if other is None or stand.having[document] > other.having[document]:
                best[stand.parts] = stand
    return list(best.values())


def _asks_words(node: Node) -> bool:
    """Whether a part asks for words, as `kind:story` and `-robot` do not."""
    return not isinstance(node, Not) and any(isinstance(leaf, Sought) for leaf in leaves(node))


def _stands(parts: list[Node], ranking: Ranking, groups: Sequence[Group]) -> Iterator[_Stand]:
    """The synonyms of the plain words of a query that some section has."""
    plain = [
        part.text if isinstance(part, Term) and part.field is None and not part.prefix else None
        for part in parts
    ]
    for first, end, saying in dict.fromkeys(alternatives(plain, groups)):
        node = _node(saying)
        having = ranking.scores(node)
        if having:
            said = " ".join(word for word in plain[first:end] if word)
            yield _Stand(range(first, end), (said, " ".join(saying)), node, having)


def _node(saying: Saying) -> Sought:
    if len(saying) == 1:
        return Term(text=saying[0])
    return Phrase(words=tuple(enumerate(saying)))
