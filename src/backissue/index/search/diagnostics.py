"""What there is to say of a query besides its hits: what is nowhere, and what was in the way."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from backissue.index.search.expansion import Expansion
from backissue.query import (
    And,
    Fuzzy,
    Leaf,
    Near,
    Node,
    Phrase,
    Query,
    Sought,
    Term,
    Wild,
    conjuncts,
    expands,
    leaves,
)

Ask = Callable[[Node], Collection[int]]  # the sections that answer a part of a query


class Blocking(NamedTuple):
    """What kept a query from finding anything: the fewest of its parts without which it would.

    `parts` as the query spells them, `rest` the query without them, `total` what that finds.
    """

    parts: tuple[str, ...]
    rest: str
    total: int


class Cut(NamedTuple):
    """A part of a query that stands for more words than were looked for: how many of how many."""

    part: str
    words: int
    of: int


def unmatched(ask: Ask, query: Query) -> tuple[str, ...]:
    """The words and phrases of `query`, as it spells them, that no section has.

    Of a phrase the words that are nowhere, if there are such. What stands under a NOT is not asked.
    """
    found = [name for leaf in query.wanted() if not ask(leaf) for name in _missing(ask, leaf)]
    return tuple(dict.fromkeys(found))


def _missing(ask: Ask, leaf: Sought) -> Iterator[str]:
    if isinstance(leaf, Phrase | Near):
        words = leaf.words if isinstance(leaf, Near) else [word for _, word in leaf.words]
        each = [Term(text=word, field=leaf.field) for word in words]
        nowhere = [str(term) for term in each if not ask(term)]
        yield from nowhere or [str(leaf)]
    else:
        yield str(leaf)


def blocking(ask: Ask, query: Query) -> Blocking | None:
    """What kept `query` from finding; None if it finds, or if no part can be left out.

    Every section is asked how many of the parts it has: those that lack fewest say what is in the
    way. Of several answers the one that keeps the words of the query, then the one that finds most.
    """
    parts = list(conjuncts(query.root))
    if len(parts) < 2:
        return None
    has: Counter[int] = Counter()
    for at, part in enumerate(parts):
        for document in ask(part):
            has[document] |= 1 << at
    sets = Counter(has.values())
    if not sets or 2 ** len(parts) - 1 in sets:
        return None

    text = sum(1 << at for at, part in enumerate(parts) if _is_text(part))
    kept = max(sets, key=lambda one: (one.bit_count(), (one & text).bit_count(), sets[one], one))
    staying = tuple(part for at, part in enumerate(parts) if kept >> at & 1)
    return Blocking(
        parts=tuple(str(part) for at, part in enumerate(parts) if not kept >> at & 1),
        rest=str(staying[0] if len(staying) == 1 else And(nodes=staying)),
        total=sets[kept],
    )


def _is_text(node: Node) -> bool:
    """Whether a part asks for words, as `kind:story` does not."""
    return any(isinstance(leaf, Sought) for leaf in leaves(node))


def cut_expansions(
    expansion: Callable[[Term | Wild | Fuzzy], Expansion], query: Query
) -> tuple[Cut, ...]:
    """The parts of `query` that stand for more words than were looked for."""
    found: dict[Leaf, Cut] = {}
    for leaf in leaves(query.root):
        if isinstance(leaf, Term | Wild | Fuzzy) and expands(leaf):
            looked_for, left_out = expansion(leaf)
            if left_out:
                many = len(looked_for)
                found[leaf] = Cut(part=str(leaf), words=many, of=many + left_out)
    return tuple(found.values())
