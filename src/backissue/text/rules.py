"""Rules as data: tables of words and patterns, read from a TOML file when first asked for.

A pattern that can take more than linear time is a `BoundedPattern`, in a table and elsewhere.

A table has groups of rules. Each rule has a name, a `pattern` (verbose, case ignored) or `words`,
examples that it `takes` and false friends that it `leaves`. `tests/test_rules.py` runs them all.
`[parts]` has what several patterns of a table share: `{mail}` in a pattern is the part `mail`.
`[longest]` has, by group, how many characters a text has at most on which its pattern is tried.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct


class BoundedPattern(Struct, frozen=True):
    """A pattern that matches nothing in a text of more than `most` characters.

    What it is about (a title, a line of a masthead, an address) is short. `tests/test_patterns.py`
    shows that the time is small up to `most`, whatever the text.

    >>> BoundedPattern(re.compile("a+b"), most=3).match("aaab") is None
    True
    """

    pattern: re.Pattern[str]
    most: int  # characters

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """A match at the place where `text` starts to be looked at."""
        return self.pattern.match(text, start) if len(text) <= self.most else None

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """A match of all of `text`."""
        return self.pattern.fullmatch(text) if len(text) <= self.most else None

    def search(self, text: str) -> re.Match[str] | None:
        """The first match in `text`."""
        return self.pattern.search(text) if len(text) <= self.most else None

    def sub(self, by: str, text: str) -> str:
        """`text` with `by` instead of each match."""
        return self.pattern.sub(by, text) if len(text) <= self.most else text

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches in `text`."""
        return self.pattern.finditer(text) if len(text) <= self.most else iter(())


def bounded(pattern: str, most: int, flags: int = 0) -> BoundedPattern:
    """The compiled `pattern` with its bound, in characters."""
    return BoundedPattern(re.compile(pattern, flags), most)


class Rule(Struct, frozen=True, kw_only=True):
    """One rule of a table; either its pattern or its words are empty."""

    name: str
    pattern: str = ""
    words: tuple[str, ...] = ()
    takes: tuple[str, ...]
    leaves: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """Whether the rule matches where `text` starts, or has `text` among its words."""
        return text in self.words or bool(self.pattern and _compiled(self.pattern).match(text))


# A table is a constant of its module, and asked for its rules for every line: it is its own key.
class Table(Struct, frozen=True, kw_only=True, eq=False):
    """The rules in a TOML file. Making one reads nothing; each group is compiled once."""

    path: Path

    def pattern(self, group: str) -> re.Pattern[str] | BoundedPattern:
        """The patterns of a group as one, in the order of the file."""
        return _pattern(self, group)

    def words(self, group: str) -> frozenset[str]:
        """The words of a group."""
        return _words(self, group)

    def listed(self, group: str) -> tuple[str, ...]:
        """The words of a group in the order of the file."""
        return tuple(word for rule in _groups(self)[group] for word in rule.words)

    def groups(self) -> dict[str, tuple[Rule, ...]]:
        """All rules, by group; a KeyError where one has no name, `takes` or `leaves`."""
        return _groups(self)


@cache
def _read(table: Table) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  # only a run that asks for a rule reads TOML

    return tomllib.loads(table.path.read_text(encoding="utf-8"))


@cache
def _groups(table: Table) -> dict[str, tuple[Rule, ...]]:
    read = dict(_read(table))
    parts = read.pop("parts", {})
    return {
        group: tuple(_rule(written, parts) for written in rules)
        for group, rules in read.items()
        if group != "longest"
    }


@cache
def _longest(table: Table) -> dict[str, int]:
    return dict(_read(table).get("longest", {}))


def _rule(written: dict[str, str | list[str]], parts: dict[str, str]) -> Rule:
    lists = {key: tuple(value) for key, value in written.items() if isinstance(value, list)}
    pattern = str(written.get("pattern", ""))
    for name, part in parts.items():
        pattern = pattern.replace(f"{{{name}}}", part)
    return Rule(
        name=str(written["name"]),
        pattern=pattern,
        words=lists.get("words", ()),
        takes=lists["takes"],
        leaves=lists["leaves"],
    )


@cache
def _pattern(table: Table, group: str) -> re.Pattern[str] | BoundedPattern:
    pattern = _compiled("\n|".join(rule.pattern for rule in _groups(table)[group]))
    longest = _longest(table).get(group)
    return BoundedPattern(pattern, longest) if longest else pattern


@cache
def _words(table: Table, group: str) -> frozenset[str]:
    return frozenset(table.listed(group))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?:{pattern}\n)", re.IGNORECASE | re.VERBOSE)
