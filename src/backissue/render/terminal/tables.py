"""Tables on a terminal: as wide as they need to be, and no wider than there is room.

Where the columns would be too narrow to read, each row has lines of its own instead.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from msgspec import Struct
from rich.cells import cell_len
from rich.text import Text

from backissue.render.terminal.flow import folded, indented
from backissue.render.terminal.folding import atoms

_GAP = 2
_INDENT = 4
# A column of prose is not made narrower than this, in cells.
_NARROWEST = 24
# A longer word, such as a path, may be broken.
_LONGEST_WORD = 48


class Column(Struct, frozen=True, kw_only=True):
    """A column: its name, its style, and how a row has it on lines of its own.

    There, `lead` columns come first, and the others below, each after its `joint`. A count has its
    `unit` behind it, in the singular.
    """

    name: str
    style: str = ""
    right: bool = False
    lead: bool = False
    unit: str = ""
    joint: str = " · "


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


def _styled(cell: Text, column: Column) -> Text:
    styled = cell.copy()
    if column.style:
        styled.stylize_before(column.style)
    return styled


def _widths(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int, *, header: bool
) -> list[int] | None:
    """How wide each column is; None if there is no room for them side by side."""
    whole, words = [], []
    for at, column in enumerate(columns):
        name = cell_len(column.name) if header else 0
        texts = [row[at].plain for row in rows]
        whole.append(max([name, *map(cell_len, texts)]))
        words.append(min(whole[-1], max([_NARROWEST, *map(_longest_word, texts)]), _LONGEST_WORD))
    least = [min(one, _NARROWEST) for one in whole]
    room = width - _GAP * (len(columns) - 1)
    if sum(least) > room:
        return None
    # First so that words stay whole, then so that lines do.
    return _grown(_grown(least, words, room), whole, room)


def _grown(widths: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """Widths that share the room which is left, each up to its most."""
    found, spare = list(widths), room - sum(widths)
    while spare > 0 and (growing := [at for at in range(len(found)) if found[at] < most[at]]):
        share = max(spare // len(growing), 1)
        for at in growing[:spare]:
            more = min(share, most[at] - found[at])
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
    rest = Text()
    for column, cell in pairs:
        if not column.lead:
            rest.append(column.joint if rest.plain else "", "muted")
            rest.append_text(cell)
            plural = "" if cell.plain == "1" else "s"
            rest.append(f" {column.unit}{plural}" if column.unit else "", column.style)
    above = folded(Text("  ").join(leads), width - _INDENT, first=width)
    yield from above[:1]
    yield from indented(above[1:], _INDENT)
    if rest.plain:
        yield from indented(folded(rest, width - _INDENT), _INDENT)
