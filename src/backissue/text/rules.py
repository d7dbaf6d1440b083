"""Rules as data: tables of words and patterns, read from a TOML file when first asked for.

A table has groups of rules. Each rule has a name, a `pattern` (verbose, case ignored) or `words`,
examples that it `takes` and false friends that it `leaves`. `tests/test_rules.py` runs them all.
`[parts]` has what several patterns of a table share: `{mail}` in a pattern is the part `mail`.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a table; either its pattern or its words are empty."""

    name: str
    pattern: str = ""
    words: tuple[str, ...] = ()
    takes: tuple[str, ...]
    leaves: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """Whether the rule matches where `text` starts, or has `text` among its words."""
        return text in self.words or bool(self.pattern and _compiled(self.pattern).match(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rules in a TOML file. Making one reads nothing; each group is compiled once."""

    path: Path

    def pattern(self, group: str) -> re.Pattern[str]:
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
def _groups(table: Table) -> dict[str, tuple[Rule, ...]]:
    import tomllib  # noqa: PLC0415  # only a run that asks for a rule reads TOML

    read = tomllib.loads(table.path.read_text(encoding="utf-8"))
    parts = read.pop("parts", {})
    return {
        group: tuple(_rule(written, parts) for written in rules) for group, rules in read.items()
    }


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
def _pattern(table: Table, group: str) -> re.Pattern[str]:
    return _compiled("\n|".join(rule.pattern for rule in _groups(table)[group]))


@cache
def _words(table: Table, group: str) -> frozenset[str]:
    return frozenset(table.listed(group))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?:{pattern}\n)", re.IGNORECASE | re.VERBOSE)
