"""Where a text answers a query: the words in it that are marked.

Needs the text and what is asked for, not the index.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, assert_never

from backissue.index.search.matching import runs
from backissue.query import Fuzzy, Near, Phrase, Sought, Term, Wild
from backissue.text import words

if TYPE_CHECKING:
    from backissue.text.variants import Spelling

Span = tuple[int, int]  # offsets into a text: where something starts, and where it has ended


_FAR = 66  # characters, wide ones too: near words so far apart are matches by themselves
LEAVES = 1000  # which have numbers of their own, beyond those that a query can have


class Match(NamedTuple):
    """`start` to `end` of a text answers part number `leaf` of a query, by the words at `marks`."""

    start: int
    end: int
    leaf: int
    marks: tuple[Span, ...]


class Asked(NamedTuple):
    """A word or phrase of the query, with the forms of which one must be there, and its number.

    `runs` are spellings of a name as several words: one of them may be there instead.
    """

    node: Sought
    forms: frozenset[str]
    leaf: int
    runs: "tuple[Spelling, ...]" = ()

    @classmethod
    def of(cls, node: Sought, leaf: int) -> "Asked":
        """What a part of a query asks of a text."""
        match node:
            case Phrase():
                forms = {node.words[0][1]}
            case Near():
                forms = set(node.words)
            case Fuzzy():
                forms = set()
            case Wild():
                forms = {max(re.split("[*?]", node.pattern), key=len)}
            case Term(prefix=True):
                forms = {node.text}
            case Term():
                single = [spelling[0][1] for spelling in node.spellings if not spelling[1:]]
                forms = {node.text, *words.kin(node.text), *single}
                runs = tuple(spelling for spelling in node.spellings if spelling[1:])
                return cls(node, frozenset(forms), leaf, runs)
            case _:
                assert_never(node)
        return cls(node, frozenset(forms), leaf)


def matches(text: str, asked: Sequence[Asked]) -> list[Match]:
    """Where `text` answers each of `asked`, in order of place."""
    if not asked or hopeless(text, asked):
        return []
    tokens = list(words.tokens(text))
    found: list[Match] = []
    for one in asked:
        match one.node:
            case Phrase():
                found_ = _phrases(one.node.words, tokens)
            case Near():
                found_ = _nears(one.node, tokens)
            case _:
                found_ = _words(one, one.node, tokens)
        for run in found_:
            marks = tuple(sorted({(token.start, token.end) for token in run}))
            start, end = marks[0][0], max(end for _, end in marks)
            if isinstance(one.node, Near) and end - start > _FAR:
                for token in run:
                    leaf = one.leaf + LEAVES * (1 + one.node.words.index(token.text))
                    mark = (token.start, token.end)
                    found.append(Match(*mark, leaf, (mark,)))
            else:
                found.append(Match(start, end, one.leaf, marks))
    return sorted(found)


def disjoint(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order of place, those that overlap or touch made one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


# Signs of print that change nothing in how the letters beside them fold.
_PRINT = str.maketrans(dict.fromkeys("“”‘’–—…•£€\xa0", " "))


def hopeless(text: str, asked: Sequence[Asked]) -> bool:
    """Whether surely no word asked for is in `text`: cheaper than finding its words.

    Only for text whose letters are ASCII: `ﬁne` has no `fine` in it until it is folded.
    """
    if not text.translate(_PRINT).isascii():
        return False
    lower = text.lower()
    return not any(
        not one.forms
        or any(form in lower or not form.isalnum() for form in one.forms)
        or any(run[0][1] in lower or not run[0][1].isalnum() for run in one.runs)
        for one in asked
    )


def _words(
    asked: Asked, node: Term | Wild | Fuzzy, tokens: list[words.Token]
) -> Iterator[list[words.Token]]:
    accepted = _accepted(node, asked.forms, tokens)
    found = [token for token in tokens if token.text in accepted]
    yield from ([token] for token in found)
    if asked.runs:
        yield from _spelled(asked.runs, found, tokens)


def _accepted(
    node: Term | Wild | Fuzzy, forms: frozenset[str], tokens: list[words.Token]
) -> Collection[str]:
    """The words of a text that answer; each is asked once, however often it is there."""
    if isinstance(node, Wild | Fuzzy):
        return {text for text in {token.text for token in tokens} if node.accepts(text)}
    if node.prefix:
        return {token.text for token in tokens if token.text.startswith(node.text)}
    return forms


def _phrases(phrase: "Spelling", tokens: list[words.Token]) -> Iterator[list[words.Token]]:
    by_place = {(token.position, token.text): token for token in tokens}
    first = phrase[0][1]
    for token in tokens:
        if token.text == first:
            run = [by_place.get((token.position + offset, word)) for offset, word in phrase]
            here = [one for one in run if one]
            if len(here) == len(run):
                yield here


def _spelled(
    spellings: "Iterable[Spelling]", found: Iterable[words.Token], tokens: list[words.Token]
) -> Iterator[list[words.Token]]:
    """Where a name is several words, or the parts of a compound, and was not `found` there."""
    compounds = {(token.start, token.end): token for token in tokens if token.span > 1}
    taken = {(token.start, token.end) for token in found}
    for spelling in spellings:
        for run in _phrases(spelling, tokens):
            place = (run[0].start, run[-1].end)
            if place not in taken:
                yield [compounds[place]] if place in compounds else run


def _nears(node: Near, tokens: list[words.Token]) -> Iterator[list[words.Token]]:
    """The words of each run that has them all."""
    needed = Counter(node.words)
    its = [token for token in tokens if token.text in needed]
    spots = [[token.position for token in its if token.text == word] for word in needed]
    places = [token.position for token in its]
    for start in runs(spots, list(needed.values()), node.within):
        yield its[bisect_left(places, start) : bisect_right(places, start + node.within)]
