"""A mail's header, and to whom it was sent, in an intro."""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from backissue.text.rules import Table

_RULES = Table(path=Path(__file__).with_name("headers.toml"))
_OF_A_HEADER = ("address", "subject", "day", "person")
_LONGEST_FIELD = 300  # characters of a line that may be a field


def without_header(intro: str) -> tuple[str | None, tuple[str, ...]]:
    """An intro without a mail's header and the reader's address, and the lines that were both.

    A run of fields is a header if one of them is an address, or if they say a person, a day and a
    subject: `From: Oslo` may begin a timetable.
    """
    marked = list(_marked(intro))
    aside = tuple(line for line, is_aside in marked if is_aside and line.strip())
    if not aside:
        return intro, ()
    kept = "\n".join(line for line, is_aside in marked if not is_aside)
    return re.sub(r"\n{3,}", "\n\n", kept).strip() or None, aside


def _marked(intro: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is of a header or names the reader.

    Blank lines between two fields are of the header, too.
    """
    lines = intro.split("\n")
    for is_field, run in groupby(lines, key=lambda line: _is("field", line) or not line.strip()):
        if is_field:
            yield from _header_of(list(run))
        else:
            yield from ((line, _is("reader", line)) for line in run)


def _header_of(run: list[str]) -> Iterator[tuple[str, bool]]:
    fields = [line for line in run if line.strip()]
    said = {group for line in fields for group in _OF_A_HEADER if _is(group, line)}
    header = "address" in said or said >= {"subject", "day", "person"}
    yield from ((line, header and bool(line.strip())) for line in run)


def _is(group: str, line: str) -> bool:
    return len(line) <= _LONGEST_FIELD and bool(_RULES.pattern(group).match(line))
