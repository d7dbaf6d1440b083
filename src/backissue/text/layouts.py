r"""Code and tables in plain text: the stretches of lines that keep their breaks and columns.

Nothing marks them, so little is taken for one: what stands between fences, what is set in and has
the signs of a program, rows with the same number of tabs or bars, and words that stand under one
another in three columns or more. All other lines are an author's, and may be joined.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from backissue.records import BlockKind, Run
from backissue.text.preformatted import code_lines, is_code, may_be_code, trimmed

_FENCE = re.compile(r"\s{0,3}(?P<sign>`{3,}|~{3,})\s*+[\w+#.-]*+\s*")
_SET_IN = re.compile(r"(?=\s*?(?: {4}|\t))\s*+\S")
_BARS = re.compile(r"\|?(?:[^|]++\|)++[^|]*")
_RULED = re.compile(r"\s*+\|?\s*+:?-{3,}+:?\s*+(?:\|\s*+:?-{3,}+:?\s*+)*\|?\s*")
_BOXED = re.compile(r"\s*(?:\+[-=+]+\+|\|.*\||[┌├└│╔╠╚║].*[┐┤┘│╗╣╝║])\s*")
_GAP = re.compile(r" {2,}")
_WORD = re.compile(r"[^\W_]")
# Words of a cell; rows of two cells, and of more; gaps that stand under one another.
_LONGEST_CELL: Final = 12
_FEWEST_PAIRS: Final = 3
_FEWEST_ROWS: Final = 2
_FEWEST_ALIGNED: Final = 3
_FEWEST_GAPS: Final = 2
# Lines that one stretch may have, so that no text makes each line be looked at by every other.
_MOST_LINES = 1000


class Stretch(NamedTuple):
    """Lines from `start` to `end` (not with it) that are one block."""

    start: int
    end: int
    kind: BlockKind
    runs: tuple[Run, ...]
    level: int = 0


def stretches(text: str) -> list[Stretch]:
    """The code and tables among the lines of a text, in order."""
    lines = text.split("\n")
    found: list[Stretch] = []
    place = 0
    while place < len(lines):
        below = found[-1].end if found else 0
        one = _at(lines, place) if lines[place].strip() and _may_open(lines, place, below) else None
        if one:
            found.append(one)
        place = one.end if one else place + 1
    return found


def _may_open(lines: Sequence[str], place: int, below: int) -> bool:
    """Whether nothing runs into a line from above; `below` is where the last stretch ended."""
    above = lines[place - 1].rstrip() if place > below else ""
    return not above or above.endswith(":")


def _at(lines: Sequence[str], place: int) -> Stretch | None:
    finders = (_fenced, _barred, _tabbed, _boxed, _set_in, _aligned)
    return next(filter(None, (find(lines, place) for find in finders)), None)


def _code(start: int, end: int, inner: Sequence[str]) -> Stretch | None:
    runs = trimmed([Run(text="\n".join(inner))])
    return Stretch(start, end, BlockKind.CODE, runs) if runs else None


def _table(start: int, end: int, rows: Sequence[Sequence[str]], level: int) -> Stretch:
    width = max(map(len, rows))
    cells = (
        "\t".join([" ".join(cell.split()) for cell in row] + [""] * (width - len(row)))
        for row in rows
    )
    return Stretch(start, end, BlockKind.TABLE, (Run(text="\n".join(cells)),), level)


def _while(lines: Sequence[str], start: int, holds: Callable[[str], object]) -> int:
    """The end of the lines from `start` on for which something holds."""
    end = start
    last = min(len(lines), start + _MOST_LINES)
    while end < last and lines[end].strip() and holds(lines[end]):
        end += 1
    return end


def _fenced(lines: Sequence[str], start: int) -> Stretch | None:
    """What is between two fences, with a language behind the first."""
    opening = _FENCE.fullmatch(lines[start])
    if opening is None:
        return None
    for end in range(start + 1, min(len(lines), start + _MOST_LINES)):
        closing = lines[end].strip() if opening["sign"] in lines[end] else ""
        if (
            closing
            and set(closing) == {opening["sign"][0]}
            and len(closing) >= len(opening["sign"])
        ):
            return _code(start, end + 1, lines[start + 1 : end])
    return None


def _barred(lines: Sequence[str], start: int) -> Stretch | None:
    """`| Port | Depth |` above `|---|---|`, as Markdown has it."""
    ruled = (
        start + 1 < len(lines) and "|" in lines[start + 1] and _RULED.fullmatch(lines[start + 1])
    )
    if not ruled or not _BARS.fullmatch(lines[start]):
        return None
    end = _while(lines, start + 2, lambda line: "|" in line)
    rows = [line.strip().strip("|").split("|") for line in (lines[start], *lines[start + 2 : end])]
    return _table(start, end, rows, 1) if len(rows) > 1 and len(rows[0]) > 1 else None


def _tabbed(lines: Sequence[str], start: int) -> Stretch | None:
    """Rows with the same number of tabs, as a browser copies a table."""
    tabs = lines[start].count("\t")
    if not tabs or lines[start][0].isspace():
        return None
    end = _while(lines, start, lambda line: line.count("\t") == tabs and not line[0].isspace())
    rows = [line.split("\t") for line in lines[start:end]]
    short = all(len(cell.split()) <= _LONGEST_CELL for row in rows for cell in row)
    enough = end - start >= (_FEWEST_PAIRS if tabs == 1 else _FEWEST_ROWS)
    whole = end == len(lines) or not lines[end].strip()
    return _table(start, end, rows, 0) if enough and short and whole else None


def _boxed(lines: Sequence[str], start: int) -> Stretch | None:
    """A table or a box drawn with bars."""
    end = _while(lines, start, _BOXED.fullmatch)
    drawn = any(set(line.strip()) <= set("+-=|─━═┌┬┐├┼┤└┴┘╔╦╗╠╬╣╚╩╝") for line in lines[start:end])
    if end - start < _FEWEST_ALIGNED or not drawn:
        return None
    return _code(start, end, lines[start:end])


def _set_in(lines: Sequence[str], start: int) -> Stretch | None:
    """Lines that are set in and have the signs of a program; empty lines may part them."""
    signed = count = 0
    place = end = start
    while place < len(lines) and _SET_IN.match(lines[place]):
        below = _while(lines, place, _SET_IN.match)
        more = code_lines(lines[place:below])
        if not may_be_code(signed + more, count + below - place):
            break
        signed, count, end = signed + more, count + below - place, below
        place = next((at for at in range(below, len(lines)) if lines[at].strip()), len(lines))
    return _code(start, end, lines[start:end]) if is_code(signed, count) else None


def _aligned(lines: Sequence[str], start: int) -> Stretch | None:
    """Lines whose words stand under one another in three columns or more."""
    end = _while(lines, start, lambda line: _GAP.search(line.strip().expandtabs(8)))
    rows = [line.expandtabs(8).rstrip() for line in lines[start:end]]
    if end - start < _FEWEST_ALIGNED:
        return None
    width = max(map(len, rows))
    blank = [all(row[at : at + 1] in {"", " "} for row in rows) for at in range(width)]
    indent = min(len(row) - len(row.lstrip()) for row in rows)
    gaps = _gaps("".join(" " if empty else "x" for empty in blank)[indent:], indent)
    # Each column is filled in most rows, the first and the last of them in all.
    bounds = [0, *gaps, width]
    columns = [[row[low:high].strip() for row in rows] for low, high in pairwise(bounds)]
    filled = all(sum(map(bool, column)) * 2 > len(rows) for column in columns)
    if len(gaps) < _FEWEST_GAPS or not filled or not all(columns[0]):
        return None
    short = all(len(cell.split()) <= _LONGEST_CELL for column in columns for cell in column)
    worded = sum(any(map(_WORD.search, column)) for column in columns)
    return _code(start, end, lines[start:end]) if short and worded == len(columns) else None


def _gaps(gutters: str, shift: int) -> list[int]:
    """The ends of the gaps of two columns and more that no row has a sign in."""
    return [gap.end() + shift for gap in _GAP.finditer(gutters) if gap.end() < len(gutters)]
