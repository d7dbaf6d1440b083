"""Which words of an archive a prefix, a pattern or a fuzzy word stands for.

A letter and a star can stand for every word there is, so their number is limited: to the most
frequent words, and to so many entries of theirs. The words left out are counted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from backissue.query import Fuzzy, Term, Wild
from backissue.query.edit_distance import alike

MOST_EXPANSIONS = 4096  # words
# Entries (a word in a section) of all those words together: so many, or so many for each section
# if there are thousands. A section has some three hundred.
MOST_ENTRIES = 150_000
MOST_ENTRIES_EACH = 30

# What a word weighs that is 0, 1 or 2 slips away from the one typed.
_WEIGHT_OF_SLIPS = (1.0, 0.35, 0.2)

# The words of one of the index's fields that begin so, and how many documents have each.
Vocabulary = Callable[[str, str], Mapping[str, int]]


class Expansion(NamedTuple):
    """The words that a leaf stands for, each with its weight; and how many more there are."""

    words: tuple[tuple[str, float], ...]
    left_out: int


def expand(
    vocabulary: Vocabulary, leaf: Term | Wild | Fuzzy, places: Iterable[str], sections: int
) -> Expansion:
    """The words that `leaf` stands for in the index's fields `places`, the most frequent first.

    Equally frequent words are sorted by alphabet, so that the choice is always the same.
    """
    found: Counter[str] = Counter()
    weight: dict[str, float] = {}
    for place in places:
        for word, count, value in _described(vocabulary, leaf, place):
            found[word] += count
            weight[word] = value
    ranked = sorted(found, key=lambda word: (-found[word], word))
    most = max(MOST_ENTRIES, MOST_ENTRIES_EACH * sections)
    kept: list[tuple[str, float]] = []
    for word in ranked[:MOST_EXPANSIONS]:
        most -= found[word]
        if most < 0 and kept:
            break
        kept.append((word, weight[word]))
    return Expansion(words=tuple(kept), left_out=len(ranked) - len(kept))


def _described(
    vocabulary: Vocabulary, leaf: Term | Wild | Fuzzy, place: str
) -> Iterator[tuple[str, int, float]]:
    """Each word of `place` that `leaf` stands for, how many documents have it, and its weight."""
    match leaf:
        case Term():
            for word, count in vocabulary(place, leaf.text).items():
                yield word, count, 1.0
        case Wild():
            for word, count in vocabulary(place, leaf.beginning).items():
                if leaf.accepts(word):
                    yield word, count, 1.0
        case Fuzzy():
            every = vocabulary(place, "")
            for word, slips in alike(every, leaf.text, leaf.slips):
                yield word, every[word], _WEIGHT_OF_SLIPS[slips]
