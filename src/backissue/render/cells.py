"""How wide a text is on a terminal, in cells, without Rich: for plain lines with columns.

A cell is the width of `a`. `語` and most emoji have two, a combining accent has none (UAX 11).
"""

import unicodedata
from collections.abc import Iterator

_DOTS = "…"
_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_NONE = {"Mn", "Me", "Mc", "Cf"}  # categories of characters without a width of their own


def width(text: str) -> int:
    """The width of a text on one line.

    >>> width("abc"), width("語り")
    (3, 4)
    """
    return len(text) if text.isascii() else sum(size for _, size in _clusters(text))


def fitted(text: str, cells: int, align: str = "<") -> str:
    """A text in exactly so many cells: filled with spaces, or cut and ended with `…`.

    `align` is `<`, `>` or `^`: on which side the text is.

    >>> fitted("cranes", 8), fitted("cranes", 4), fitted("7", 3, ">")
    ('cranes  ', 'cra…', '  7')
    """
    size = width(text)
    if size > cells:
        text, size = _cut(text, cells - 1)
        text, size = text + _DOTS, size + 1
    spare = cells - size
    before = {"<": 0, ">": spare, "^": spare // 2}[align]
    return " " * before + text + " " * (spare - before)


def _cut(text: str, cells: int) -> tuple[str, int]:
    """The beginning of a text that has at most so many cells, and how many it has."""
    found, used = "", 0
    for part, size in _clusters(text):
        if used + size > cells:
            break
        found, used = found + part, used + size
    kept = found.rstrip()
    return kept, used - (len(found) - len(kept))


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """The characters as you see them, each with its width: a letter with its accents, a flag."""
    cluster, size, flags = "", 0, 0
    for char in text:
        flags = flags + 1 if "\U0001f1e6" <= char <= "\U0001f1ff" else 0
        joins = cluster and (
            cluster.endswith(_JOINER)
            or unicodedata.category(char) in _NONE
            or "\U0001f3fb" <= char <= "\U0001f3ff"  # the color of a skin
            or "\u1160" <= char <= "\u11ff"  # the rest of a Korean syllable
            or flags == 2
        )
        if joins:
            cluster += char
            size = 2 if char == _EMOJI_STYLE or flags == 2 else size
            flags = flags % 2
            continue
        if cluster:
            yield cluster, size
        cluster, size = char, _width_of(char)
    if cluster:
        yield cluster, size


def _width_of(char: str) -> int:
    if unicodedata.category(char) in _NONE:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
