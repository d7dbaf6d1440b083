"""CSV and JSON as exports write them: records of named fields, and what is known from a field.

Columns come and go with the years and differ with the plan an author pays for, so that a record is
read by the first of several names which it has; a field that does not hold what its name says is
ignored.
"""

import csv
import datetime
import html
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import compress

from backissue.errors import UsageError
from backissue.ingest.identity import check, overlay
from backissue.records import NO_FACTS, Facts
from backissue.text.days import day_of
from backissue.text.prose import squeeze
from backissue.text.redirects import target_of

Records = tuple[Mapping[str, object], ...]

# A field holds a whole issue with its markup; the csv module's own limit is 128 kB.
_LARGEST_FIELD = 2**27
_LONGEST_HEADER, _LONGEST_NAME = 10_000, 80
_LONGEST_LINE = 500
_LAST_SECOND = 2**33  # in the year 2242
# The days of counters at zero: 1970-01-01, 0001-01-01.
_FIRST_YEAR = 1971
# `2024-01-09 10:00:00 UTC`, `2009/03/07 10:00`: a day, whatever the zone behind it is called.
_DAY_FIRST = re.compile(r"\s*(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?=[T\s]\S|\s*$)")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
# What the parser says of a text that goes on behind its first value.
_MORE = "Extra data"
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})


def json_of(text: str) -> object:
    """The value a JSON text holds, or the objects of JSON Lines, one in each line, as a list.

    None where a text is neither, or nested deeper than any export.
    """
    try:
        value = _loaded(text.lstrip("\ufeff"))
        if _ESCAPED_HALF.search(text):
            # Half a character, which no file can hold and no other parser takes.
            whole = _SURROGATES.sub("\ufffd", json.dumps(value, ensure_ascii=False))
            value = json.loads(whole)
        return value
    except (ValueError, RecursionError):
        return None


def _loaded(text: str) -> object:
    """The value; raises ValueError where there is none."""
    try:
        # Exports written by hand have line ends in their strings.
        return json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        if error.msg != _MORE or not all(line.startswith("{") for line in lines):
            raise
        return [json.loads(line, strict=False) for line in lines]


def breaks_off(text: str) -> bool:
    """Whether a text is JSON as far as it goes, and ends in the middle of a value."""
    try:
        json.loads(text.lstrip("\ufeff"), strict=False)
    except RecursionError:
        return True
    except json.JSONDecodeError as error:
        return error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    except ValueError:  # a number of thousands of digits
        return True
    return False


def is_json(text: str) -> bool:
    """Whether a text opens as a JSON object or list."""
    return text[:200].lstrip("\ufeff \n\t")[:1] in {"{", "["}


def objects_in(value: object) -> list[Mapping[str, object]]:
    """The JSON objects in a list; none where a value is no list."""
    rows = value if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, dict)]


def columns_of(text: str) -> frozenset[str]:
    """The names in a CSV file's first line, in lower case; none where it is no header."""
    header = text.lstrip("\ufeff\n")[:_LONGEST_HEADER].partition("\n")[0]
    if header.startswith(("{", "[", "<")):
        return frozenset()
    names = next(_cells(header, _delimiter(header)), [])
    header_like = len(names) > 1 and all(len(name) <= _LONGEST_NAME for name in names)
    return frozenset(map(_name, names)) if header_like else frozenset()


def rows_of(text: str) -> tuple[Mapping[str, str], ...]:
    """The records of a CSV file, by its columns' names in lower case."""
    names, rows = _table(text)
    return tuple(dict(zip(names, row, strict=False)) for row in rows)


def table_of(text: str) -> tuple[tuple[Mapping[str, str], ...], tuple[str, ...]]:
    """The records of a CSV file, and the words of each row that does not fit its columns.

    A quotation mark lost or left over shifts a row's fields, or swallows the rows below it; the
    words are kept, though not which field they belong to.
    """
    names, rows = _table(text)
    width = len(names)
    fits = [len(row) >= width and not any(row[width:]) for row in rows]
    misfits = (row for row, fit in zip(rows, fits, strict=True) if not fit)
    return (
        tuple(dict(zip(names, row, strict=False)) for row in compress(rows, fits)),
        tuple("\n".join(filter(str.strip, row)) for row in misfits),
    )


def posts_of(text: str, in_json: Callable[[object], Records]) -> tuple[Records, tuple[str, ...]]:
    """The posts of an export: of its CSV, with the words of misfits, or of its JSON."""
    return table_of(text) if columns_of(text) else (in_json(json_of(text)), ())


def _table(text: str) -> tuple[list[str], list[list[str]]]:
    text = text.lstrip("\ufeff\n")
    cells = _cells(text, _delimiter(text[:_LONGEST_HEADER].partition("\n")[0]))
    names = [_name(name) for name in next(cells, [])]
    while names and not names[-1]:
        names.pop()
    return names, [row for row in cells if any(row)]


def _cells(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LARGEST_FIELD)
    lines = io.StringIO(text, newline="")
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:
        # What it stumbles over is kept, as a row of one field.
        yield [lines.read()]


def _delimiter(header: str) -> str:
    """A spreadsheet which opened an export may have saved it with another."""
    return max(",;\t", key=header.count)


def _name(name: str) -> str:
    return "_".join(name.strip("\ufeff \t\"'").lower().split())


def first(record: Mapping[str, object], *names: str) -> str | None:
    """The text of the first field of these names that has words."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return None


def flag(value: object) -> bool | None:
    """Yes or no, as CSV and JSON say it; None where it says neither.

    >>> flag("true"), flag("0"), flag("maybe")
    (True, False, None)
    """
    word = str(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def unescaped(text: str) -> str:
    """`text` with its character references read: `Rust &amp; iron`. A lone `&` is an `&`."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def one_line(text: str) -> str | None:
    """A field's words as one printable line; None where it has none."""
    words = squeeze(text)
    line = "".join(char for char in words if char.isprintable()).strip()
    if len(line) > _LONGEST_LINE:
        line = f"{line[: _LONGEST_LINE - 1]}…"
    return line or None


def reason(status: str) -> str:
    """A status, of which the document may be any, as a report says it."""
    return (one_line(status) or "of a status without a name")[:_LONGEST_NAME]


def _moment(value: object) -> object:
    """A number as the moment it counts seconds to, or milliseconds; a text as its first day."""
    if isinstance(value, str) and (day := _DAY_FIRST.match(value)):
        return f"{day[1]}-{int(day[3]):02}-{int(day[4]):02}"
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    seconds = value // 1000 if value > _LAST_SECOND else value
    if not 0 < seconds < _LAST_SECOND:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def facts_from(
    *,
    publication: str | None = None,
    title: str | None = None,
    date: object = None,
    url: str | None = None,
    subtitle: str | None = None,
) -> Facts:
    """The facts in fields; a value that is not what its name says is left out."""
    day = day_of(_moment(date))
    values = {
        "publication": one_line(publication or ""),
        "title": one_line(title or ""),
        "subtitle": one_line(subtitle or ""),
        "date": day if day and day.year >= _FIRST_YEAR else None,
        "url": target_of((url or "").strip()),
    }
    facts = NO_FACTS
    for name, value in values.items():
        try:
            facts = overlay(facts, check(name, value or ""))
        except UsageError:
            continue
    return facts
