"""What to say of a query besides its hits: which words are nowhere, and what was in the way."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from backissue.index.search.ranking import Ranking
from backissue.query import (
    And,
    Fuzzy,
    Near,
    Node,
    Phrase,
    Query,
    Sought,
    Term,
    Wild,
    conjuncts,
    leaves,
)
from backissue.query.names import with_spellings


class Blocking(NamedTuple):
    """What kept a query from finding anything: the fewest of its parts without which it would.

    `parts` as the query spells them, `rest` the query without them, `total` what that finds.
    """

    parts: tuple[str, ...]
    rest: str
    total: int


class Cut(NamedTuple):
    """A part of a query that stands for more words than were searched for: how many of how many."""

    part: str
    words: int
    of: int


def unmatched(ranking: Ranking, lacking: Iterable[Sought]) -> tuple[str, ...]:
    """The names of leaves that no section has; of a phrase only the words that no section has."""
    return tuple(dict.fromkeys(name for leaf in lacking for name in _missing(ranking, leaf)))


def _missing(ranking: Ranking, leaf: Sought) -> Iterator[str]:
    if isinstance(leaf, Phrase | Near):
        words = leaf.words if isinstance(leaf, Near) else [word for _, word in leaf.words]
        each = [Term(text=word, field=leaf.field) for word in words]
        nowhere = [str(term) for term in each if not ranking.scores(term)]
        yield from nowhere or [str(leaf)]
    else:
        yield str(leaf)


def blocking(ranking: Ranking, query: Query) -> Blocking | None:
    """What kept `query` from finding anything; None if it finds something, or if no part helps.

    Every section is asked how many of the parts it has: those that lack fewest show what is in the
    way. Of several answers, the one that keeps most words of the query, then the one that finds
    most.
    """
    parts = list(conjuncts(query.root))
    if len(parts) < 2 or ranking.answers(query.root):
        return None
    has: Counter[int] = Counter()
    for at, part in enumerate(parts):
        for document in ranking.scores(part):
            has[document] |= 1 << at
    sets = Counter(has.values())
    if not sets:
        return None

    text = sum(1 << at for at, part in enumerate(parts) if _is_text(part))
    kept = max(sets, key=lambda one: (one.bit_count(), (one & text).bit_count(), sets[one], one))
    staying = tuple(part for at, part in enumerate(parts) if kept >> at & 1)
    # Words that stay may now be a name together.
    rest = with_spellings(staying[0] if len(staying) == 1 else And(nodes=staying))
    return Blocking(
        parts=tuple(str(part) for at, part in enumerate(parts) if not kept >> at & 1),
        rest=str(rest),
        total=len(ranking.answers(rest)),
    )


def _is_text(node: Node) -> bool:
    """Whether a part asks for words, as `kind:story` does not."""
    return any(isinstance(leaf, Sought) for leaf in leaves(node))


def cut_expansions(ranking: Ranking, expanding: Iterable[Term | Wild | Fuzzy]) -> tuple[Cut, ...]:
    """Those of the leaves that stand for more words than were searched for."""
    found = ((leaf, ranking.matcher.expansion(leaf)) for leaf in expanding)
    return tuple(
        Cut(part=str(leaf), words=len(words), of=len(words) + left_out)
        for leaf, (words, left_out) in found
        if left_out
    )
