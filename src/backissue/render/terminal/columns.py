"""Code and tables on a terminal: their lines and columns kept, however wide they are."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from backissue.render.terminal.hits import MEASURE

_TAB: Final = 4
_INDENT: Final = 2
_GAP: Final = 2
# Cells by which the rest of a line is set in deeper than the line.
_HANGING: Final = 4
# Cells of a column that words can still be read in, where a table is wider than the screen.
_NARROWEST: Final = 12
_NUMBER = re.compile(r"[~<>≈+−–-]?\s?[$€£¥]?\d[\d.,]*\s?(?:%|×|[A-Za-z]{1,2})?|[–—-]?")

Row = Sequence[Text]


def _room(console: Console, options: ConsoleOptions) -> int:
    """The whole width of the screen, except within a frame: text is set narrower than that."""
    is_outermost = options.max_width == min(console.width, MEASURE)
    return console.width if is_outermost else options.max_width


class Code:
    """Code, set in a little; a line wider than the screen goes on below, set in deeper."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._text.style = "code"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(_room(console, options) - _INDENT, 1)
        for line in self._text.split("\n", allow_blank=True):
            line.expand_tabs(_TAB)
            own = len(line.plain) - len(line.plain.lstrip(" "))
            below = min(own + _HANGING, width // 2)
            for number, piece in enumerate(line.divide(_breaks(line.plain, width, below))):
                indent = " " * (_INDENT + (below if number else 0))
                whole = Text.assemble(indent, piece)
                whole.no_wrap, whole.overflow = True, "ignore"
                yield whole


def _breaks(line: str, width: int, below: int) -> list[int]:
    """The offsets at which a line is full; each piece but the first is set in so far `below`."""
    found: list[int] = []
    used = 0
    for place, char in enumerate(line):
        cells = cell_len(char)
        if used + cells > width and place:
            found.append(place)
            used = below
        used += cells
    return found


class Columns:
    """A table with its columns under one another; where they do not fit, a line for each value."""

    def __init__(self, rows: Sequence[Row], *, headed: bool) -> None:
        self._names = rows[0] if headed else None
        self._rows = rows[1:] if headed else rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = _room(console, options)
        every = [*([self._names] if self._names else []), *self._rows]
        widths = [max(cell.cell_len for cell in column) for column in zip(*every, strict=True)]
        least = sum(min(width, _NARROWEST) + _GAP for width in widths) - _GAP
        if least <= room - _INDENT:
            table = Padding(self._table(), (0, 0, 0, _INDENT))
            yield from console.render(table, options.update(width=room))
        else:
            yield from self._stacked()

    def _table(self) -> Table:
        table = Table(
            box=None, padding=(0, _GAP, 0, 0), header_style="title", show_header=bool(self._names)
        )
        for place, column in enumerate(zip(*self._rows, strict=True)):
            header = self._names[place] if self._names else ""
            right = place > 0 and all(map(_is_number, column))
            table.add_column(header, justify="right" if right else "left", overflow="fold")
        for row in self._rows:
            table.add_row(*row)
        return table

    def _stacked(self) -> Iterator[Text]:
        """Each row as lines `name: value`, an empty line between two."""
        for number, row in enumerate(self._rows):
            if number:
                yield Text()
            for place, cell in enumerate(row):
                name = self._names[place] if self._names and place else Text()
                if cell.plain:
                    lead = Text.assemble(name, ": ") if name.plain else Text()
                    yield Text.assemble(" " * _INDENT, lead, cell)


def _is_number(cell: Text) -> bool:
    return _NUMBER.fullmatch(cell.plain) is not None
