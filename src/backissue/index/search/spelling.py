"""“Did you mean”: a query that finds nothing, in the archive's own words.

Only what was tried and finds something is suggested. Digits are never changed: o4 is not a slip
for o1.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise, product

from msgspec.structs import replace

from backissue.index.search.ranking import Ranking
from backissue.query import And, Field, Near, Node, Or, Phrase, Query, Term, conjuncts
from backissue.query.edit_distance import alike
from backissue.query.names import with_spellings
from backissue.query.parsing import LONGEST
from backissue.text import words

_MOST_TRIED = 3  # spellings of one word
_MOST_TOGETHER = 12  # and of all of them together
_MOST_LACKING = 12  # words to respell in one query; each is compared with the whole vocabulary
_SHORTEST = 3  # letters; between words of two, one slip is common


def respelled(ranking: Ranking, query: Query) -> str | None:
    """`query` with words that no section has corrected, if it then finds something; else None.

    A correction is the closest word of the archive, two words for one, one for two; or the same
    word in the titles of issues, which are searched only if a query says so.
    """
    joined = with_spellings(_with_words_joined(ranking, query.root))
    for root in dict.fromkeys((joined, query.root)):
        lacking = [
            leaf
            for leaf in Query(source="", root=root).wanted()
            if isinstance(leaf, Term | Phrase | Near) and not ranking.scores(leaf)
        ]
        if len(lacking) > _MOST_LACKING or (not lacking and root is query.root):
            continue
        known = tuple(part for part in conjuncts(root) if part not in lacking)
        if known and not ranking.answers(And(nodes=known)):
            continue  # no spelling of the others can help
        choices = [list(islice(_better(ranking, leaf), _MOST_TRIED)) for leaf in lacking]
        for chosen in islice(product(*choices), _MOST_TOGETHER):
            corrected = with_spellings(_put(root, dict(zip(lacking, chosen, strict=True))))
            if len(str(corrected)) <= LONGEST and ranking.answers(corrected):
                return str(corrected)
    return None


def _put(node: Node, instead: Mapping[Node, Node]) -> Node:
    """`node` with leaves replaced; an AND inside an AND is flattened."""
    if isinstance(node, And | Or):
        nodes: list[Node] = []
        for inner in node.nodes:
            put = _put(inner, instead)
            nodes += put.nodes if isinstance(node, And) and isinstance(put, And) else (put,)
        return replace(node, nodes=tuple(nodes))
    return instead.get(node, node)


def _with_words_joined(ranking: Ranking, node: Node) -> Node:
    """`node` with `distri buted` as one word, if the archive has that and not both halves."""
    if not isinstance(node, And | Or):
        return node
    nodes = [_with_words_joined(ranking, inner) for inner in node.nodes]
    at = 0
    for one, other in pairwise(tuple(nodes)) if isinstance(node, And) else ():
        at += 1
        if not (isinstance(one, Term) and isinstance(other, Term)) or one.prefix or other.prefix:
            continue
        whole = one.text + other.text
        if (
            one.field is other.field
            and nodes[at - 1] is one
            and whole in ranking.matcher.words(one.field)
            and not (ranking.scores(one) and ranking.scores(other))
        ):
            nodes[at - 1 : at + 1] = [replace(one, text=whole)]
            at -= 1
    return nodes[0] if len(nodes) == 1 else replace(node, nodes=tuple(nodes))


def _better(ranking: Ranking, leaf: Term | Phrase | Near) -> Iterator[Node]:
    """What may be meant instead of a leaf that no section has, the likeliest first."""
    every = ranking.matcher.words(leaf.field)
    if not isinstance(leaf, Term):
        yield from _better_phrase(every, leaf)
        return
    titled = replace(leaf, field=Field.TITLE)
    if leaf.field is None and ranking.scores(titled):
        yield titled
    if leaf.prefix:
        every = _beginnings(every, leaf.text)
        yield from [replace(leaf, text=text) for text in _closest(every, leaf.text, apart=2)]
    else:
        yield from _better_word(ranking, every, leaf)


def _better_word(ranking: Ranking, every: Mapping[str, int], leaf: Term) -> Iterator[Node]:
    near, far = (_closest(every, leaf.text, apart=apart) for apart in (1, 2))
    for text in near:
        yield replace(leaf, text=text)
    halves = [tuple(replace(leaf, text=half) for half in two) for two in _halves(every, leaf.text)]
    for one, other in halves:
        phrase = Phrase(words=((0, one.text), (1, other.text)), field=leaf.field)
        if ranking.scores(phrase):
            yield And(nodes=(one, other))
    for text in far:
        if text not in near:
            yield replace(leaf, text=text)


def _better_phrase(every: Mapping[str, int], leaf: Phrase | Near) -> Iterator[Node]:
    """The phrase with the closest spellings of its unknown words."""
    said = leaf.words if isinstance(leaf, Near) else [word for _, word in leaf.words]
    lacking = {word for word in said if word not in every}
    if not 0 < len(lacking) <= _MOST_LACKING:
        return
    closest = {word: _closest(every, word, apart=2)[:_MOST_TRIED] for word in sorted(lacking)}
    choices = [closest.get(word, [word]) for word in said]
    for chosen in islice(product(*choices), _MOST_TRIED):
        if isinstance(leaf, Near):
            yield replace(leaf, words=chosen)
        else:
            yield Phrase(words=words.phrase(" ".join(chosen)), field=leaf.field)


def _closest(every: Mapping[str, int], word: str, *, apart: int) -> list[str]:
    """The archive's words nearest to `word`, of equals the most frequent first."""
    plain = re.sub(r"(.)\1{2,}", r"\1\1", word)  # no word has the same letter three times: reeead
    if len(plain) < _SHORTEST:
        return []
    limit = min(apart, 1 if len(plain) < 5 else 2)
    signs = _signs(plain)
    found = [
        (slips, -every[other], other)
        for other, slips in alike(every, plain, limit)
        if _signs(other) == signs and any(char.isalpha() for char in other)
    ]
    return [other for _, _, other in sorted(found)[:_MOST_TRIED]]


def _signs(word: str) -> str:
    """The digits and signs of a word, which are never slips: `R&D` is not *red*, nor `o4` *o1*."""
    return re.sub(r"[^\W\d_]|['.-]", "", word)


def _beginnings(every: Mapping[str, int], beginning: str) -> Mapping[str, int]:
    """The first letters of the archive's words, as many as `beginning` has, and their counts."""
    found: dict[str, int] = {}
    for word, count in every.items():
        start = word[: len(beginning)]
        found[start] = found.get(start, 0) + count
    return found


def _halves(every: Mapping[str, int], word: str) -> list[tuple[str, str]]:
    """Two words of the archive that `word` is if a space is missing, the most frequent first."""
    found = [
        (-min(every[word[:at]], every[word[at:]]), word[:at], word[at:])
        for at in range(2, len(word) - 1)
        if word[:at] in every and word[at:] in every
    ]
    return [(one, other) for _, one, other in sorted(found)[:_MOST_TRIED]]
