"""What a reader says of an issue, from a `catalog.toml`, from options and from `set`, checked.

One table of names serves all three, so that a fact means the same wherever it is said.
"""

import datetime
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from backissue.errors import UsageError
from backissue.records import Facts, IssueKind

NAMES = tuple(field.name for field in fields(Facts))
# Longer than any real title, shorter than anything that hurts a terminal or an index.
_LONGEST_TEXT = 500
_HIGHEST_NUMBER = 999_999
# A key of thousands of dots takes a gigabyte to read.
_LONGEST_LINE = 4000
_SHOWN = 60


def check(name: str, value: object) -> Facts:
    """One fact from its name and its value, as text or as TOML gave it.

    Raises `UsageError` with what was expected. An empty text unsays a fact: the field is None.
    """
    if name not in _CHECKS:
        raise UsageError(f"no fact “{_cut(name)}”", hint=f"facts are {', '.join(NAMES)}")
    return Facts() if value == "" else replace(Facts(), **{name: _CHECKS[name](value)})


def gather(said: Mapping[str, object]) -> Facts:
    """Facts from a mapping of names to values. Raises `UsageError` at the first that is wrong."""
    facts = Facts()
    for name, value in said.items():
        facts = overlay(facts, check(name, value))
    return facts


def overlay(under: Facts, over: Facts) -> Facts:
    """`under`, with whatever `over` says in its place."""
    said = {name: value for name in NAMES if (value := getattr(over, name)) is not None}
    return replace(under, **said)


def to_plain(facts: Facts) -> dict[str, str | int]:
    """Facts as JSON values, absent ones left out; `gather` reads them back."""
    plain: dict[str, str | int] = {}
    for name in NAMES:
        value = getattr(facts, name)
        if isinstance(value, IssueKind):
            plain[name] = value.value
        elif isinstance(value, datetime.date):
            plain[name] = value.isoformat()
        elif value is not None:
            plain[name] = value
    return plain


def read_catalog(text: str) -> dict[str, Facts]:
    """The facts in a `catalog.toml`: by file name, and under "" those that hold for every file.

    Raises `UsageError` naming the table and the key that is wrong.
    """
    if max(map(len, text.splitlines()), default=0) > _LONGEST_LINE:
        raise UsageError(f"a line of more than {_LONGEST_LINE} characters")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"not valid TOML: {error}") from None
    except (RecursionError, ValueError):  # brackets in brackets; a number of thousands of digits
        raise UsageError("not TOML that can be read") from None
    common = {key: value for key, value in tables.items() if not isinstance(value, dict)}
    catalog = {"": _table("", common)}
    for name, table in tables.items():
        if isinstance(table, dict):
            catalog[name] = _table(name, table)
    return catalog


def facts_of(catalog: Mapping[str, Facts], name: str) -> Facts:
    """What a catalog says of one file."""
    return overlay(catalog.get("", Facts()), catalog.get(name, Facts()))


def _table(name: str, table: Mapping[str, object]) -> Facts:
    try:
        return gather(table)
    except UsageError as error:
        place = f"[“{_cut(name)}”] " if name else ""
        raise UsageError(place + error.message, hint=error.hint) from None


def _number(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _HIGHEST_NUMBER:
        expected = f"number is a whole number up to {_HIGHEST_NUMBER}"
        raise UsageError(f"{expected}, not {_shown(value)}", hint="such as number=396")
    return value


def _date(value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    raise UsageError(f"date is a day, not {_shown(value)}", hint="such as date=2025-01-20")


def _kind(value: object) -> IssueKind:
    try:
        return IssueKind(value)
    except ValueError:
        kinds = " or ".join(kind.value for kind in IssueKind)
        raise UsageError(
            f"kind is {kinds}, not {_shown(value)}", hint="such as kind=notes"
        ) from None


def _url(value: object) -> str:
    url = _text("url", value)
    if not re.fullmatch(r"https?://\S+", url, re.IGNORECASE):
        raise UsageError(f"url is a web address, not {_shown(value)}", hint="such as url=https://…")
    return url


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name} is a text, not {_shown(value)}", hint=f'{name}="…"')
    text = " ".join(value.split())
    if not text or len(text) > _LONGEST_TEXT or not text.isprintable():
        raise UsageError(f"{name} is one printable line of at most {_LONGEST_TEXT} characters")
    return text


def _shown(value: object) -> str:
    """A value that was refused, as a message repeats it."""
    try:
        return _cut(repr(value))
    except (ValueError, RecursionError):  # Python prints no number of thousands of digits
        return "this"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_CHECKS: dict[str, Callable[[object], Any]] = {
    "publication": lambda value: _text("publication", value),
    "number": _number,
    "title": lambda value: _text("title", value),
    "date": _date,
    "kind": _kind,
    "url": _url,
    "subtitle": lambda value: _text("subtitle", value),
}
