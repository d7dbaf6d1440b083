"""What of a page is code, and which of its tables have data: blocks that keep lines and columns.

Mails and pages use tables to set columns, menus and buttons. A table of data has short values, the
same number of them in each row, and says by its headings, its lines or its numbers that it is one.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from msgspec.structs import replace

from backissue.ingest.readers import page_noise
from backissue.ingest.readers.formats import BlockBuilder
from backissue.ingest.readers.styles import read_style
from backissue.records import BlockKind, Run
from backissue.text.preformatted import reads_as_prose, trimmed
from backissue.text.prose import squeeze, squeeze_runs
from backissue.text.redirects import safe_target

_SIGNED = ("code", "samp", "kbd")
_FOLDED = re.compile(r"[ \t\r\n]+")
_LINES = frozenset({"div", "p", "li", "tr"})

# What a cell of data never holds: it makes a table one of columns, buttons or cards.
_LAYOUT = (
    *("table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "form", "button"),
    *("input", "iframe", "figure", "blockquote", "pre"),
)
_CELLS = ("td", "th")
_BLOCKS = frozenset({"p", "div", "center", "section"})
# Words of a cell of a table that says what it is, and of one that does not.
_LONGEST_CELL: Final = 60
_LONGEST_VALUE: Final = 12
# Rows that show what their columns hold, where nothing else says it.
_FEWEST_ROWS: Final = 3
# Percent of the cells that may be links and nothing else; of a column's, that are numbers.
_LINKED_PERCENT: Final = 33
_NUMBERS_PERCENT: Final = 66
_MOST_SPANNED = 50
_MOST_COLUMNS = 100
_NUMBER = re.compile(
    r"[~<>≈≤≥±+−–-]?\s?[$€£¥₹]?\s?\d[\d.,\s/:–-]*\s?(?:%|[^\W\d_]{1,4}|×)?|[–—-]|n/?a|yes|no|[✓✔✗✘]",
    re.IGNORECASE,
)
_BORDERED = re.compile(
    r"(?:^|;)\s*+border\s*+:\s*+(?!0|none|hidden)[^;]*\b(?:solid|dashed|dotted|double)"
)


def is_gutter(pre: Tag) -> bool:
    """Whether a `<pre>` has the numbers of the lines of code beside it, and nothing else."""
    numbers = pre.get_text(" ").split()
    return len(numbers) > 1 and numbers == [str(n) for n in range(1, len(numbers) + 1)]


def code_of(tag: Tag, url: str | None) -> tuple[Run, ...]:
    """The code in an element; nothing where that has a letter, a poem, or a word in a sentence.

    A `<code>` outside a `<pre>` is code of several lines if breaks part them, and nothing else is
    in its paragraph.
    """
    named = any(
        page_noise.RULES.pattern("code_classes").search(name)
        for around in (tag, tag.parent)
        if around is not None
        for name in page_noise.classes(around)
    )
    folds = tag.name == "code" and not read_style(str(tag.attrs.get("style") or "")).preformatted
    if folds and not (tag.find("br") and _is_alone(tag)):
        return ()
    runs = trimmed(list(_code_runs(tag, url, folds=folds)))
    text = "".join(run.text for run in runs)
    signed = named or tag.name == "code" or tag.find(_SIGNED)
    return runs if signed or not reads_as_prose(text) else ()


def _is_alone(code: Tag) -> bool:
    around = code.parent
    return around is None or squeeze(around.get_text()) == squeeze(code.get_text())


def _code_runs(pre: Tag, url: str | None, *, folds: bool) -> Iterator[Run]:
    """What is in an element, with a line end where an element of its own is a line.

    One that `folds` shows white space as one space; lines are then set in with hard spaces.
    """
    # Each line of code may be a `<code>`, which a style sheet sets as a block.
    names = _LINES if "\n" in pre.get_text() else _LINES | {"code"}
    last = "\n"
    stack: list[tuple[PageElement | None, str | None]] = [(pre, url)]
    while stack:
        element, target = stack.pop()
        text = ""
        if element is None or (isinstance(element, Tag) and element.name in names):
            text = "" if last == "\n" else "\n"
        if isinstance(element, NavigableString) and not isinstance(element, PreformattedString):
            text = _FOLDED.sub(" ", element) if folds else str(element)
            text = text.removeprefix(" ") if folds and last == "\n" else text
        elif isinstance(element, Tag):
            if element.name == "br":
                text = "\n"
            target = safe_target(element.get("href")) or target
            stack += [(None, target)] * (element.name in names)
            stack += [(child, target) for child in reversed(element.contents) if _is_shown(child)]
        if text:
            last = text[-1]
            yield Run(text=text, url=target if text.strip() else None)


def _is_shown(element: PageElement) -> bool:
    """Whether an element is part of the code, and no button beside it."""
    return not isinstance(element, Tag) or not (
        element.name in {"button", "script", "style", "svg"} or page_noise.is_noise(element)
    )


# -- tables ----------------------------------------------------------------------------------------


def has_data(table: Tag) -> bool:
    """Whether a table's rows are records and its cells their values."""
    if str(table.attrs.get("role") or "") in {"presentation", "none"} or table.find(_LAYOUT):
        return False
    if "markdown-table" in page_noise.classes(table):
        return True
    rows = [[cell for cell in row.find_all(_CELLS) if _is_seen(cell)] for row in _rows(table)]
    rows = [row for row in rows if any(squeeze(cell.get_text()) for cell in row)]
    widths = [sum(span(cell, "colspan") for cell in row) for row in rows]
    of_many = len(rows) > 1 and len(rows[0]) > 1 and max(widths) <= _MOST_COLUMNS
    if not of_many or any(map(_has_paragraphs, _all(rows))):
        return False
    spanned = any(span(cell, "rowspan") > 1 for cell in _all(rows))
    if _is_headed(table, rows):
        return _are_short(rows, _LONGEST_CELL) and (spanned or max(widths) == widths[0])
    return (
        not spanned
        and len(set(widths)) == 1
        and _are_short(rows, _LONGEST_VALUE)
        and not table.find(["img", "br"])
        and _are_values(rows)
        and (_is_ruled(table, rows) or (len(rows) >= _FEWEST_ROWS and _shows_columns(rows)))
    )


def _rows(table: Tag) -> Iterator[Tag]:
    for row in table.find_all("tr"):
        if isinstance(row, Tag) and _is_seen(row):
            yield row


def _is_seen(tag: Tag) -> bool:
    style = tag.attrs.get("style")
    return "hidden" not in tag.attrs and not (style and read_style(str(style)).hidden)


def _all(rows: Sequence[Sequence[Tag]]) -> Iterator[Tag]:
    return (cell for row in rows for cell in row)


def span(cell: Tag, name: str) -> int:
    """Over how many columns or rows a cell goes."""
    said = str(cell.attrs.get(name) or "1").strip()
    number = int(said[:3]) if said.isascii() and said.isdecimal() else 1
    return min(max(number, 1), _MOST_SPANNED)


def _has_paragraphs(cell: Tag) -> bool:
    """Whether a cell has more than one paragraph, and so is a place on the page."""
    blocks = [child for child in cell.children if isinstance(child, Tag) and child.name in _BLOCKS]
    return len(blocks) > 1


def _is_headed(table: Tag, rows: Sequence[Sequence[Tag]]) -> bool:
    """Whether a table says that it is one: by a caption, or by headings of columns or rows.

    Where every cell is a heading, a mail's template sets its columns so.
    """
    if str(table.attrs.get("role") or "") in {"table", "grid"}:
        return True
    if all(cell.name == "th" for cell in _all(rows)):
        return False
    caption = table.find("caption")
    above = all(cell.name == "th" for cell in rows[0]) or (
        rows[0][0].parent is not None and page_noise.around(rows[0][0], {"thead"}) is not None
    )
    beside = all(row[0].name == "th" and len(row) > 1 for row in rows)
    return above or beside or (caption is not None and bool(squeeze(caption.get_text())))


def _are_short(rows: Sequence[Sequence[Tag]], longest: int) -> bool:
    return all(len(cell.get_text().split()) <= longest for cell in _all(rows))


def _are_values(rows: Sequence[Sequence[Tag]]) -> bool:
    """Whether cells are more than the links of a menu or a list."""
    cells = list(_all(rows))
    linked = 0
    for cell in cells:
        link = cell.find("a")
        linked += link is not None and squeeze(link.get_text()) == squeeze(cell.get_text())
    return linked * 100 <= _LINKED_PERCENT * len(cells)


def _is_ruled(table: Tag, rows: Sequence[Sequence[Tag]]) -> bool:
    """Whether a table's cells have lines around them."""
    if str(table.attrs.get("border") or "0").strip() not in {"0", "0px"}:
        return True
    return all(_BORDERED.search(str(cell.attrs.get("style") or "").lower()) for cell in _all(rows))


def _shows_columns(rows: Sequence[Sequence[Tag]]) -> bool:
    """Whether a column other than the first has numbers, or the first row alone is bold."""
    first, *others = rows
    if all(map(_is_bold, first)) and not any(all(map(_is_bold, row)) for row in others):
        return True
    for column in range(1, len(first)):
        values = [squeeze(row[column].get_text()) for row in others if column < len(row)]
        numbers = sum(_NUMBER.fullmatch(value) is not None for value in values)
        if numbers and numbers * 100 >= _NUMBERS_PERCENT * len(values):
            return True
    return False


def _is_bold(cell: Tag) -> bool:
    bold = cell.find(["b", "strong"])
    return bold is not None and squeeze(bold.get_text()) == squeeze(cell.get_text())


class TableBuilder(BlockBuilder):
    """Gathers the words of a table cell by cell, and makes one block of them."""

    def __init__(self) -> None:
        super().__init__()
        self._cells: list[list[list[Run]]] = []
        self._caption: list[Run] = []
        self._named: list[bool] = []  # whether each cell of the first row is a heading
        self._held: dict[int, int] = {}  # columns that a cell above goes down into, and how far

    def open(self, tag: Tag) -> None:
        """Begin a row or a cell."""
        if tag.name == "tr":
            if not self._cells or self._cells[-1]:
                self._cells.append([])
        elif tag.name in _CELLS and self._cells:
            row = self._cells[-1]
            self._pass_held(row)
            place = len(row)
            wide, high = span(tag, "colspan"), span(tag, "rowspan")
            row += [[] for _ in range(wide)]
            self._held |= {place + n: high - 1 for n in range(wide) if high > 1}
            self._open = row[place]
            if len(self._cells) == 1:
                named = tag.name == "th" or page_noise.around(tag, {"thead"}) is not None
                self._named += [named] * (len(row) - len(self._named))

    def _pass_held(self, row: list[list[Run]]) -> None:
        while self._held.get(len(row)):
            self._held[len(row)] -= 1
            row.append([])

    def text(
        self, text: str, *, strong: bool = False, emphasis: bool = False, url: str | None = None
    ) -> None:
        """Add a stretch of text to the cell, or to the caption above the first row."""
        if text:
            to = self._open if self._cells and self._cells[-1] else self._caption
            to.append(Run(text=text, strong=strong, emphasis=emphasis, url=url))

    def line_break(self) -> None:
        """A space: a cell is one line."""
        self.text(" ")

    def border(self) -> None:
        """A space: a cell is one paragraph."""
        self.text(" ")

    def add_to(self, build: BlockBuilder) -> None:
        """Add the caption and the table to what they stand in."""
        build.border()
        for run in self._caption:
            build.text(run.text, strong=run.strong, emphasis=run.emphasis, url=run.url)
        rows = [[squeeze_runs(cell) for cell in row] for row in self._cells]
        cells = list(zip(self._named, rows[0] if rows else (), strict=False))
        headed = any(named and cell for named, cell in cells) and all(
            named or not cell for named, cell in cells
        )
        if headed:
            rows[0] = [tuple(replace(run, strong=False) for run in cell) for cell in rows[0]]
        rows = [row for row in rows if any(row)]
        width = max(map(len, rows), default=0)
        rows = [row + [()] * (width - len(row)) for row in rows]
        filled = [place for place in range(width) if any(row[place] for row in rows)]
        runs: list[Run] = []
        for number, row in enumerate(rows):
            for place in filled:
                parted = "\t" if place != filled[0] else "\n" * bool(number)
                runs += [Run(text=parted), *row[place]] if parted else row[place]
        build.verbatim(BlockKind.TABLE, runs, int(headed))
