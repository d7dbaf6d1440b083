"""Tables on a terminal: as wide as they need to be, and no wider than there is room.

Where the columns would be too narrow to read, each row has lines of its own instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len
from rich.text import Text

from backissue.render.folding import atoms, fold

_GAP = 2
_INDENT = 4
# A column of prose is not made narrower than this, in cells.
_NARROWEST = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name, its style, and what it is on lines of their own.

    `lead` columns come first there, and the others below them, with `unit` behind the value.
    """

    name: str
    style: str = ""
    right: bool = False
    lead: bool = False
    unit: str = ""


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int, *, header: bool = True
) -> list[Text]:
    """The lines of a table. A column in which every cell is empty is left out."""
    shown = [at for at in range(len(columns)) if any(row[at].plain for row in rows)]
    kept = [columns[at] for at in shown]
    cells = [[_styled(row[at], columns[at]) for at in shown] for row in rows]
    widths = _widths(kept, cells, width, header=header)
    if widths is None:
        return [line for row in cells for line in _stacked(kept, row, width)]
    lines = [line for row in cells for line in _row(kept, row, widths)]
    if header:
        names = [Text(column.name, "muted") for column in kept]
        lines = [*_row(kept, names, widths), *lines]
    return lines


def folded(text: Text, width: int, *, first: int | None = None) -> list[Text]:
    """The lines of a text of one line, with its styles."""
    found = [text[start:end] for start, end in fold(text.plain, width, first=first)]
    return found or [Text()]


def indented(lines: Sequence[Text], indent: int) -> list[Text]:
    """Lines with so many spaces before each."""
    return [Text.assemble(" " * indent, line) for line in lines]


def _styled(cell: Text, column: Column) -> Text:
    styled = cell.copy()
    if column.style:
        styled.stylize_before(column.style)
    return styled


def _widths(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int, *, header: bool
) -> list[int] | None:
    """How wide each column is; None if there is no room for them side by side."""
    whole, least = [], []
    for at, column in enumerate(columns):
        name = cell_len(column.name) if header else 0
        texts = [row[at].plain for row in rows]
        whole.append(max([name, *map(cell_len, texts)]))
        words = max([name, *(_longest_word(text) for text in texts)])
        # What is short stays on one line; a word as long as a path may be broken.
        least.append(min(whole[-1], max(min(words, 2 * _NARROWEST), min(whole[-1], _NARROWEST))))
    room = width - _GAP * (len(columns) - 1)
    if sum(least) > room:
        return None
    found, spare = list(least), room - sum(least)
    while spare > 0 and (open_ := [at for at in range(len(found)) if found[at] < whole[at]]):
        share = max(spare // len(open_), 1)
        for at in open_[:spare]:
            more = min(share, whole[at] - found[at])
            found[at] += more
            spare -= more
    return found


def _longest_word(text: str) -> int:
    return max((cell_len(text[low:high].rstrip()) for low, high in atoms(text)), default=0)


def _row(columns: Sequence[Column], row: Sequence[Text], widths: Sequence[int]) -> Iterator[Text]:
    """The lines of a row, each cell folded under itself."""
    cells = [folded(cell, width) for cell, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*cells):
        line = Text()
        for at, part in enumerate(parts):
            text = part or Text()
            space = widths[at] - cell_len(text.plain)
            before = space if columns[at].right else 0
            line.append(" " * (before + (_GAP if at else 0)))
            line.append_text(text)
            line.append(" " * (space - before))
        line.rstrip()
        yield line


def _stacked(columns: Sequence[Column], row: Sequence[Text], width: int) -> Iterator[Text]:
    """A row on lines of its own: what leads, and below it the rest."""
    pairs = [(column, cell) for column, cell in zip(columns, row, strict=True) if cell.plain]
    leads = [cell for column, cell in pairs if column.lead]
    rest = [Text.assemble(cell, column.unit) for column, cell in pairs if not column.lead]
    above = folded(Text("  ").join(leads), width - _INDENT, first=width)
    yield from above[:1]
    yield from indented(above[1:], _INDENT)
    if rest:
        yield from indented(folded(Text(" · ", "muted").join(rest), width - _INDENT), _INDENT)
