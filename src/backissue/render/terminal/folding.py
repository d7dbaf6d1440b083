"""Text folded to a width in cells of a terminal.

A cell is the width of `a`. `語` and most emoji have two, a combining accent has none.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

Span = tuple[int, int]

DOTS = "…"
_JOINER = "\u200d"
# Marks that no line begins with, and marks that no line ends with.
_CLOSING = frozenset(
    "、。，．・：；！？」』）】〉》〕］｝〟’”…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ.,:;!?)]}"
)
_OPENING = frozenset("「『（【〈《〔［｛〝‘“([{")
# Where a word that is longer than a line is best broken: behind one of these.
_SEAMS = frozenset("/?&=#_-.,:;%+~")


def clusters(text: str) -> Iterator[Span]:
    """The characters as you see them: a letter with its accents, an emoji with its parts."""
    if text.isascii():
        yield from ((at, at + 1) for at in range(len(text)))
        return
    start, flags = 0, 0
    for at, char in enumerate(text):
        flags = flags + 1 if "\U0001f1e6" <= char <= "\U0001f1ff" else 0
        joins = (
            unicodedata.category(char) in {"Mn", "Me", "Mc"}
            or char == _JOINER
            or "\U0001f3fb" <= char <= "\U0001f3ff"
            or (at > 0 and text[at - 1] == _JOINER)
            or (flags > 0 and flags % 2 == 0)  # two letters make a flag
        )
        if at > start and not joins:
            yield start, at
            start = at
    if start < len(text):
        yield start, len(text)


def atoms(text: str, solid: Sequence[Span] = ()) -> list[Span]:
    """The stretches between which a line may end: words, and each character of a wide script.

    White space belongs to what is before it. No span of `solid` is parted.
    """
    found: list[Span] = []
    start, last = 0, ""  # of the stretch, and the character before
    inside = _starts_inside(solid)
    for low, high in clusters(text):
        char = text[low]
        space = char.isspace()
        together = space or last in _OPENING or char in _CLOSING
        ends = low > start and (
            (last.isspace() and not space) or (_parts(last, text[low:high]) and not together)
        )
        if ends and not inside(low):
            found.append((start, low))
            start = low
        last = text[low:high]
    if start < len(text):
        found.append((start, len(text)))
    return found


def _parts(one: str, other: str) -> bool:
    """Whether a line may end between two characters: one of them is wide."""
    if one.isascii() and other.isascii():
        return False
    return cell_len(one) > 1 or cell_len(other) > 1


def _starts_inside(solid: Sequence[Span]) -> "_Within":
    return _Within([low for low, _ in solid], [high for _, high in solid])


class _Within(NamedTuple):
    """Whether a place is inside one of the spans, and not at its start or end."""

    starts: list[int]
    ends: list[int]

    def __call__(self, place: int) -> bool:
        at = bisect_right(self.starts, place) - 1
        return at >= 0 and self.starts[at] < place < self.ends[at]


def fold(
    text: str, width: int, *, first: int | None = None, solid: Sequence[Span] = ()
) -> list[Span]:
    """The lines of a text that has no line ends, each `width` cells at most.

    The `first` line may have another width. Spaces at the end of a line are left out. A word longer
    than a line is broken, if possible not within a span of `solid`.
    """
    lines: list[list[int]] = []
    used, room = 0, width if first is None else first
    for start, end in pieces(text, width, solid):
        size = cell_len(text[start:end].rstrip())
        if lines and used + size <= room:
            lines[-1][1] = end
        else:
            if not lines and size > room and first is not None:
                lines.append([start, start])  # nothing fits beside what is before the text
            lines.append([start, end])
            used, room = 0, width if len(lines) > 1 else room
        used += cell_len(text[start:end])
    return [(start, start + len(text[start:end].rstrip())) for start, end in lines]


def pieces(text: str, width: int, solid: Sequence[Span]) -> Iterator[Span]:
    """The atoms of a text, the ones that are wider than a line in pieces."""
    for start, end in atoms(text, solid):
        if cell_len(text[start:end].rstrip()) <= width:
            yield start, end
        else:
            yield from _broken(text, (start, end), width, solid)


def _broken(text: str, whole: Span, width: int, solid: Sequence[Span]) -> Iterator[Span]:
    """A long word in pieces, broken at a seam if there is one in the second half of a line."""
    start, end = whole
    inside = _starts_inside(solid)
    while start < end:
        used, high, seam = 0, start, start
        for low, stop in clusters(text[start:end].rstrip()):
            used += cell_len(text[start + low : start + stop])
            if used > width:
                break
            high = start + stop
            if text[high - 1] in _SEAMS and used * 2 >= width and not inside(high):
                seam = high
        else:
            yield start, end
            return
        high = max(high, start + 1)  # a character wider than the line
        if seam > start:
            high = seam
        elif inside(high):
            high = _before(solid, high, start) or high
        yield start, high
        start = high


def _before(solid: Sequence[Span], place: int, start: int) -> int | None:
    """The start of the span around a place, if it is after `start`."""
    low = next(low for low, high in solid if low < place < high)
    return low if low > start else None


def shortened(text: str, width: int) -> str:
    """A text of one line, cut with dots if it is wider."""
    if cell_len(text) <= width:
        return text
    used, end = 0, 0
    for low, high in clusters(text):
        used += cell_len(text[low:high])
        if used > width - 1:
            break
        end = high
    space = text.rfind(" ", 0, end + 1)
    kept = text[: space if space > end // 2 else end]
    return kept.rstrip() + DOTS if width > 0 else ""
