"""Why a section scores as it does: what each part of a query adds to its score."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, assert_never

from backissue.index.search.ranking import Ranking
from backissue.query import And, Fuzzy, Near, Node, Not, Or, Phrase, Sought, Term, Wild, conjuncts
from backissue.text import words

_NOTHING = 1e-4  # a score is shown to four places


class WordForm(NamedTuple):
    """A word in a section: how often it is in each zone (`heading`, `deck`, `body`, …)."""

    word: str
    zones: tuple[tuple[str, int], ...]


class Earned(NamedTuple):
    """What one part of a query adds to a score.

    `kind` is `word`, `near` (two words close together), `form` (what is taken off where a section
    has only inflections of the single word that is asked for) or `loose` (what a partial match
    loses for the words it lacks, and gets for synonyms). `sections` is how many sections have the
    part: the fewer, the more it adds.
    """

    part: str
    kind: str
    points: float
    sections: int = 0
    forms: tuple[WordForm, ...] = ()


def explain(
    ranking: Ranking, root: Node, document: int, score: float | None = None
) -> tuple[Earned, ...]:
    """What each part of a query adds to a section's score, in the order of the query.

    The points add up to the score. `score` is that of a partial match.
    """
    answers = ranking.answers(root)
    partial = document not in answers and score is not None
    asked = Or(nodes=tuple(conjuncts(root))) if partial else root
    earned = list(_earned(ranking, asked, document))
    total = score if partial and score is not None else answers.get(document, 0.0)
    off = total - sum(one.points for one in earned)
    if abs(off) > _NOTHING:
        earned.append(Earned(str(root), "loose" if partial else "form", off))
    return tuple(earned)


def _earned(ranking: Ranking, node: Node, document: int) -> Iterator[Earned]:
    if isinstance(node, Sought):
        scores = ranking.scores(node)
        if document in scores:
            forms = tuple(_forms_in(ranking, node, document))
            yield Earned(str(node), "word", scores[document], len(scores), forms)
    elif isinstance(node, And | Or) and document in ranking.scores(node):
        for inner in node.nodes:
            if not isinstance(inner, Not):
                yield from _earned(ranking, inner, document)
        for (one, other), scores in ranking.nearness(node):
            if document in scores:
                yield Earned(f"{one} … {other}", "near", scores[document], len(scores))


def _forms_in(ranking: Ranking, node: Sought, document: int) -> Iterator[WordForm]:
    """The words with which a section answers `node`, and the zones of each."""
    match node:
        case Phrase():
            forms = [word for _, word in node.words]
        case Near():
            forms = list(node.words)
        case Wild() | Fuzzy() | Term(prefix=True):
            forms = [word for word, _ in ranking.matcher.expansion(node).words]
        case Term():
            forms = [node.text, *words.kin(node.text)]
        case _:
            assert_never(node)
    for form, zones in ranking.matcher.zones(node.field, dict.fromkeys(forms), document):
        yield WordForm(form, tuple(Counter(zones).items()))
