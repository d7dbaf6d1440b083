"""Passages shortened to a few lines of a terminal: of each word found, at least one place stays."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from backissue.render.terminal.folding import DOTS, Span, atoms, fold, pieces

_WORDS_BEFORE = 5  # shown before a word that was searched
_SENTENCE_START = re.compile(r"(?:[.!?…]['\"”’)\]]* +)(?=\S)")


class Marked(NamedTuple):
    """A text, and where in it the words are that were searched."""

    text: str
    found: tuple[Span, ...]


def passage(whole: Marked, width: int, rows: int) -> Marked:
    """A passage in at most so many lines. Of each word found, at least one place is left.

    It has more lines if the words need them.
    """
    if _fits(whole, width, rows):
        return whole
    return _Shortening(whole, width, rows).best()


def _fits(one: Marked, width: int, rows: int) -> bool:
    return len(fold(one.text, width, solid=one.found)) <= rows


class _Shortening:
    """One passage while it is shortened: its words, and in which of them something was found."""

    def __init__(self, whole: Marked, width: int, rows: int) -> None:
        self._whole = whole
        self._width = width
        self._rows = rows
        self._words = list(pieces(whole.text, max(width - 4, 1), whole.found))
        self._broken = len(self._words) > len(atoms(whole.text, whole.found))
        # The cells of each, without and with the space after it.
        self._sizes = [
            (cell_len(whole.text[start:end].rstrip()), cell_len(whole.text[start:end]))
            for start, end in self._words
        ]
        starts = [start for start, _ in self._words]
        # Each found span as (first word, last word + 1), and which word of the query it is.
        self._found = [
            (bisect_right(starts, low) - 1, bisect_right(starts, high - 1))
            for low, high in whole.found
        ]
        self._names = [whole.text[low:high].casefold() for low, high in whole.found]

    def best(self) -> Marked:
        """One stretch with every word found, or else stretches with dots between them."""
        if not self._found:
            return self._cut([(0, self._longest(0))])
        windows = [(self._worth(low, rank), low) for low, rank in self._starts()]
        (names, *_), low = max(windows)
        if names == len(set(self._names)):
            return self._cut([(low, self._longest(low))])
        return self._stretches()

    def _starts(self) -> Iterator[tuple[int, int]]:
        """Where a stretch may begin, and how good a beginning it is: a sentence is best."""
        yield 0, 2
        text = self._whole.text
        sentences = {match.end() for match in _SENTENCE_START.finditer(text)}
        for at, (start, _) in enumerate(self._words):
            if start in sentences:
                yield at, 1
        for first, _ in self._found:
            yield max(first - _WORDS_BEFORE, 0), 0
            yield first, -1

    def _worth(self, low: int, rank: int) -> tuple[int, ...]:
        """How many words of the query the longest stretch from here has, and how good it is."""
        high = self._longest(low)
        inside = [
            name
            for name, (first, last) in zip(self._names, self._found, strict=True)
            if low <= first and last <= high
        ]
        full = high < len(self._words)  # else one that begins earlier has more
        return len(set(inside)), rank, len(inside), full, low if full else -low

    def _longest(self, low: int) -> int:
        """The end of the longest stretch from a word that fits."""
        fits, over = low + 1, len(self._words) + 1
        while over - fits > 1:
            middle = (fits + over) // 2
            if self._fits([(low, middle)]):
                fits = middle
            else:
                over = middle
        return fits

    def _stretches(self) -> Marked:
        """The first place of each word found, and as much around each as there are lines for."""
        firsts = dict(reversed(list(zip(self._names, self._found, strict=True))))
        kept = merged(firsts.values())
        growing = True
        while growing:
            growing = False
            for at in range(len(kept)):
                for left, right in ((0, 1), (1, 0)):
                    if at >= len(kept):
                        break
                    low, high = kept[at]
                    more = (max(low - left, 0), min(high + right, len(self._words)))
                    trial = merged([*kept[:at], more, *kept[at + 1 :]])
                    if more != (low, high) and self._fits(trial):
                        kept, growing = trial, True
        return self._cut(kept)

    def _fits(self, stretches: Sequence[Span]) -> bool:
        """Whether `_cut` would fit: what `fold` says, if possible without making the text."""
        if self._broken:
            return _fits(self._cut(stretches), self._width, self._rows)
        rows, used = 1, 0
        for size, whole in self._shown(stretches):
            if used and used + size > self._width:
                rows, used = rows + 1, 0
            used += whole
        return rows <= self._rows

    def _shown(self, stretches: Sequence[Span]) -> Iterator[tuple[int, int]]:
        """The sizes of all that `_cut` would show, the dots included."""
        for first, last in stretches:
            if self._words[first][0] > 0:
                yield 1, 2
            yield from self._sizes[first : last - 1]
            size, _ = self._sizes[last - 1]
            yield size, size + 1
        if stretches[-1][1] < len(self._words):
            yield 1, 1

    def _cut(self, stretches: Sequence[Span]) -> Marked:
        """Stretches of words, with dots where something is left out."""
        whole, text, found = self._whole, "", []
        for first, last in stretches:
            low, high = self._words[first][0], self._words[last - 1][1]
            part = whole.text[low:high].rstrip()
            if low > 0 and not part.startswith(DOTS) and not text.endswith(DOTS):
                text += f" {DOTS} " if text else f"{DOTS} "
            elif text:
                text += " "
            shift = len(text) - low
            found += [
                (start + shift, end + shift)
                for start, end in whole.found
                if low <= start and end <= high
            ]
            text += part
        if stretches[-1][1] < len(self._words) and not text.endswith(DOTS):
            text += f" {DOTS}"
        return Marked(text, tuple(found))


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, joined where they touch."""
    joined: list[Span] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined
