"""Why a section scores as it does: each word of a query, what it counts there, what it earns.

The sum of what is earned is the section's score, so nothing of a score is left unexplained.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from backissue.index.ranking import Ranking, is_grammar
from backissue.query import And, Node, Not, Or, Sought, Term


class Form(NamedTuple):
    """A word that stands in the section: how often in each zone (`heading`, `deck`, `body`, …)."""

    word: str
    as_written: bool
    zones: tuple[tuple[str, int], ...]


class Earned(NamedTuple):
    """What one part of a query earns: `points` = `mark` x `rarity`.

    `kind` is `word`, `near` (two words close together) or `form` (what is taken off where a word
    stands only in other forms and is all that is asked for). `sections` is how many have it, from
    which `rarity` follows; `mark` follows from the counts and the section's length. `grammar` says
    that the word only holds sentences together and earns a tenth.
    """

    part: str
    kind: str
    points: float
    mark: float
    rarity: float
    sections: int
    forms: tuple[Form, ...] = ()
    grammar: bool = False


def explain(ranking: Ranking, root: Node, document: int) -> tuple[Earned, ...]:
    """What a section earns for each part of a query that it has, in the order of the query."""
    earned = list(_earned(ranking, root, document))
    score = ranking.answers(root).get(document, 0.0)
    off = score - sum(one.points for one in earned)
    if abs(off) > 1e-9:
        earned.append(Earned(str(root), "form", off, 0.0, 0.0, 0))
    return tuple(earned)


def _earned(ranking: Ranking, node: Node, document: int) -> Iterator[Earned]:
    if isinstance(node, Sought):
        marks = ranking.scores(node)
        if document in marks:
            yield _leaf(ranking, node, marks[document], len(marks), document)
    elif isinstance(node, And | Or):
        if document not in ranking.scores(node):
            return
        for inner in node.nodes:
            if not isinstance(inner, Not):
                yield from _earned(ranking, inner, document)
        for (one, other), marks in ranking.rewards(node):
            if document in marks:
                rarity = ranking.said_by(len(marks))
                points = marks[document]
                part = f"{one} … {other}"
                yield Earned(part, "near", points, points / rarity, rarity, len(marks))


def _leaf(ranking: Ranking, node: Sought, points: float, sections: int, document: int) -> Earned:
    rarity = ranking.said_by(sections)
    plain = node.text if isinstance(node, Term) and not node.prefix else None
    forms = tuple(
        Form(word, as_written=plain in {None, word}, zones=tuple(Counter(zones).items()))
        for word, zones in ranking.forms_in(node, document)
    )
    return Earned(
        part=str(node),
        kind="word",
        points=points,
        mark=points / rarity,
        rarity=rarity,
        sections=sections,
        forms=forms,
        grammar=is_grammar(node),
    )
