"""Why a section scores as it does: what each part of a query adds to its score."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, assert_never

from backissue.index.search.ranking import (
    Answers,
    PartialMatch,
    PartialMatches,
    Ranking,
    asks_words,
    is_function_word,
)
from backissue.query import And, Fuzzy, Near, Node, Not, Or, Phrase, Sought, Term, Wild, conjuncts
from backissue.text import words

if TYPE_CHECKING:
    from backissue.text.variants import Spelling

_NOTHING = 1e-4  # a score is shown to four places


class WordForm(NamedTuple):
    """A word in a section: how often it is in each zone (`heading`, `deck`, `body`, …)."""

    word: str
    zones: tuple[tuple[str, int], ...]


class Earned(NamedTuple):
    """What one part of a query adds to a score.

    `kind` is

    * `word`: a word, phrase or pattern of the query;
    * `instead`: what a section has for the words of the query in `replaces`, which it lacks: a
      synonym adds `factor` times what it would add if it were asked for;
    * `form`: what is taken off where a section has only inflections of the single word that is
      asked for;
    * `share`: what is taken off for the words that a section lacks. The sum of all before it is
      multiplied by `factor`. `share` is how much of the rarity of all words the section has.

    `sections` is how many sections have the part: the fewer, the more it adds.
    """

    part: str
    kind: str
    points: float
    sections: int = 0
    forms: tuple[WordForm, ...] = ()
    replaces: str = ""
    factor: float = 1.0
    share: float = 1.0


def explain(ranking: Ranking, root: Node, answers: Answers, document: int) -> tuple[Earned, ...]:
    """What each part of a query adds to a section's score, in the order of the query.

    The points add up to the score.
    """
    match = answers.match(document)
    if match and (match.instead or match.missing):
        matches = answers.among(document)
        earned = [one for part in matches.scored for one in _earned(ranking, part, document)]
        earned += _instead(ranking, (matches, match), document)
        return (*earned, *_taken_off(ranking, root, match, sum(one.points for one in earned)))
    if document not in answers.complete:
        return ()
    earned = [one for part in conjuncts(root) for one in _earned(ranking, part, document)]
    off = answers.complete[document] - sum(one.points for one in earned)
    if abs(off) > _NOTHING:
        earned.append(Earned(" ".join(one.part for one in earned), "form", off))
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


def _instead(
    ranking: Ranking, found: tuple[PartialMatches, PartialMatch], document: int
) -> Iterator[Earned]:
    """What the synonyms add that a section has for words that it lacks."""
    matches, match = found
    for one in matches.substitutes:
        if one.name in match.instead and document in one.points:
            replaced, other = one.name
            scores, points = ranking.scores(one.node), one.points[document]
            factor = points / scores[document] if scores[document] else 1.0
            forms = tuple(_forms_in(ranking, one.node, document))
            yield Earned(other, "instead", points, len(scores), forms, replaced, factor)


def _taken_off(
    ranking: Ranking, root: Node, match: PartialMatch, points: float
) -> Iterator[Earned]:
    """What a section loses for the words that it lacks."""
    if match.factor == 1:
        return
    parts = [part for part in conjuncts(root) if asks_words(part)]
    telling = [part for part in parts if not is_function_word(part)] or parts
    worth = [ranking.rarity(len(ranking.scores(part))) for part in telling]
    had = [its for part, its in zip(telling, worth, strict=True) if str(part) not in match.missing]
    off = (match.factor - 1) * points
    yield Earned(str(root), "share", off, factor=match.factor, share=sum(had) / sum(worth))


def _forms_in(ranking: Ranking, node: Sought, document: int) -> Iterator[WordForm]:
    """The words with which a section answers `node`, and the zones of each."""
    spellings: tuple[Spelling, ...] = ()
    match node:
        case Phrase():
            forms = [word for _, word in node.words]
        case Near():
            forms = list(node.words)
        case Wild() | Fuzzy() | Term(prefix=True):
            forms = [word for word, _ in ranking.matcher.expansion(node).words]
        case Term():
            forms = [node.text, *words.kin(node.text)]
            spellings = node.spellings
        case _:
            assert_never(node)
    every = dict.fromkeys([*(((0, form),) for form in forms), *spellings])
    for form, zones in ranking.matcher.zones(node.field, every, document):
        yield WordForm(form, tuple(Counter(zones).items()))
