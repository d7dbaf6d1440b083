"""Which words of an archive a prefix, a pattern or a likeness stands for; where words stand near.

A letter and a star can stand for every word there is, so what is looked for is bounded: the most
frequent words, and so many entries of theirs. What is left out is counted, to be told.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from backissue.query import (
    Fuzzy,
    Term,
    Wild,
)
from backissue.query.edit_distance import alike

MOST_EXPANSIONS = 4096  # words
# Entries (a word in a section) of all those words together: so many, or so many for each section
# where there are thousands. A section has some three hundred.
MOST_ENTRIES = 150_000
MOST_ENTRIES_EACH = 30

# What a word is worth that is one slip from the one written, or two.
_WORTH_OF_SLIPS = (1.0, 0.35, 0.2)


# The words of a field of the index that begin in some way, and in how many documents each is.
Beginning = Callable[[str, str], Mapping[str, int]]


class Expansion(NamedTuple):
    """The words a leaf stands for, each with its worth; and how many more there are."""

    words: tuple[tuple[str, float], ...]
    left_out: int


def expand(
    beginning: Beginning, leaf: Term | Wild | Fuzzy, places: Iterable[str], sections: int
) -> Expansion:
    """The words that `leaf` stands for in the index's fields `places`, most frequent first.

    Of equally frequent ones the first by alphabet, so that the choice does not hang on chance.
    """
    found: Counter[str] = Counter()
    worth: dict[str, float] = {}
    for place in places:
        for word, count, value in _described(beginning, leaf, place):
            found[word] += count
            worth[word] = value
    ranked = sorted(found, key=lambda word: (-found[word], word))
    most = max(MOST_ENTRIES, MOST_ENTRIES_EACH * sections)
    kept: list[tuple[str, float]] = []
    for word in ranked[:MOST_EXPANSIONS]:
        most -= found[word]
        if most < 0 and kept:
            break
        kept.append((word, worth[word]))
    return Expansion(words=tuple(kept), left_out=len(ranked) - len(kept))


def _described(
    beginning: Beginning, leaf: Term | Wild | Fuzzy, place: str
) -> Iterator[tuple[str, int, float]]:
    """Each word of `place` that `leaf` stands for, how many have it, and its worth."""
    match leaf:
        case Term():
            for word, count in beginning(place, leaf.text).items():
                yield word, count, 1.0
        case Wild():
            for word, count in beginning(place, leaf.beginning).items():
                if leaf.accepts(word):
                    yield word, count, 1.0
        case Fuzzy():
            every = beginning(place, "")
            for word, slips in alike(every, leaf.text, leaf.slips):
                yield word, every[word], _WORTH_OF_SLIPS[slips]


def runs(spots: Sequence[Sequence[int]], needed: Sequence[int], within: int) -> list[int]:
    """Where runs begin that hold each word as often as it is `needed`, no more than `within` long.

    `spots` are those of each word, rising; a run's length is from its first spot to its last. Of
    runs that end alike only the shortest counts.
    """
    every = sorted((spot, word) for word, of_word in enumerate(spots) for spot in of_word)
    lacking = list(needed)
    missing = len(lacking)
    first = 0
    found: list[int] = []
    for last, word in every:
        lacking[word] -= 1
        missing -= lacking[word] == 0
        while missing == 0:
            start, opening = every[first]
            first += 1
            lacking[opening] += 1
            if lacking[opening] == 1:
                missing += 1
                if last - start <= within:
                    found.append(start)
    return found
