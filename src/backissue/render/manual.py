"""A page of the manual, which is written in Markdown, in parts and as plain lines."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from msgspec import Struct, field

_CELL = re.compile(r"\| ((?:`[^`]*`|[^|`])*)")


class PartKind(Enum):
    """What a part of a page is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    TABLE = "table"
    CODE = "code"


class PagePart(Struct, frozen=True, kw_only=True):
    """A heading, a paragraph or code with its lines; a table with its rows, the first of names."""

    kind: PartKind
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=())


def parts(page: str) -> Iterator[PagePart]:
    """The parts of a page, which empty lines separate."""
    for text in re.split(r"\n{2,}", page.strip("\n")):
        lines = tuple(text.split("\n"))
        if lines[0].startswith("#"):
            yield PagePart(kind=PartKind.HEADING, lines=(lines[0].lstrip("# "),))
            lines = lines[1:]
        if not lines:
            continue
        if lines[0].startswith("|"):
            rows = tuple(_cells(line) for line in lines if not line.startswith("| ---"))
            yield PagePart(kind=PartKind.TABLE, rows=rows)
        elif lines[0].startswith("    "):
            yield PagePart(kind=PartKind.CODE, lines=lines)
        else:
            yield PagePart(kind=PartKind.PARAGRAPH, lines=lines)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in _CELL.findall(line))


def in_plain_text(page: str) -> Iterator[str]:
    """The lines of a page for a pipe, its tables in columns."""
    for place, part in enumerate(parts(page)):
        if place:
            yield ""
        match part.kind:
            case PartKind.HEADING:
                yield without_marks(part.lines[0]).upper()
            case PartKind.TABLE:
                yield from _columns([[without_marks(cell) for cell in row] for row in part.rows])
            case _:
                yield from map(without_marks, part.lines)


def without_marks(text: str) -> str:
    """A text without the backticks around code."""
    return text.replace("`", "")


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with their columns under one another, two spaces in."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()
