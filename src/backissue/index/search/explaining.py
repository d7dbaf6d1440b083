"""Why a section scores as it does: each word of a query, what it counts there, what it earns.

The sum of what is earned is the section's score, so nothing of a score is left unexplained.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from backissue.index.search.ranking import Ranking, is_grammar
from backissue.query import And, Node, Not, Or, Sought, Term, conjuncts

_NOTHING = 1e-4  # a score is told to four places


class Form(NamedTuple):
    """A word that stands in the section: how often in each zone (`heading`, `deck`, `body`, …)."""

    word: str
    as_written: bool
    zones: tuple[tuple[str, int], ...]


class Earned(NamedTuple):
    """What one part of a query earns: `points` = `mark` x `rarity`.

    `kind` is `word`, `near` (two words close together), `form` (what is taken off where a word
    stands only in other forms and is all that is asked for) or `loose` (what a loose answer takes
    off for the words that are not there, and gives for others instead of them). `sections` is how
    many have it, from which `rarity` follows; `mark` follows from the counts and the section's
    length. `grammar` says that the word only holds sentences together and earns a tenth.
    """

    part: str
    kind: str
    points: float
    mark: float
    rarity: float
    sections: int
    forms: tuple[Form, ...] = ()
    grammar: bool = False


def explain(
    ranking: Ranking, root: Node, document: int, score: float | None = None
) -> tuple[Earned, ...]:
    """What a section earns for each part of a query that it has, in the order of the query.

    A section that answers only loosely has its `score` from that answer.
    """
    answers = ranking.answers(root)
    loose = document not in answers and score is not None
    asked = Or(nodes=tuple(conjuncts(root))) if loose else root
    earned = list(_earned(ranking, asked, document))
    total = score if loose and score is not None else answers.get(document, 0.0)
    off = total - sum(one.points for one in earned)
    if abs(off) > _NOTHING:
        earned.append(Earned(str(root), "loose" if loose else "form", off, 0.0, 0.0, 0))
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
