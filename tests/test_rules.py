"""Rules as data: every rule takes its examples and leaves its false friends."""

from pathlib import Path

import pytest

import backissue
from backissue.text.rules import Rule, Table

_ROOT = Path(backissue.__file__).parent
# Settings and word lists of other shapes, which their own modules read.
_OTHER_TABLES: set[str] = set()


def _tables() -> list[Table]:
    found = sorted(_ROOT.rglob("*.toml"))
    kept = [path for path in found if path.relative_to(_ROOT).as_posix() not in _OTHER_TABLES]
    return [Table(path=path) for path in kept]


_RULES = [
    pytest.param(rule, id=f"{table.path.stem}-{group}-{rule.name}")
    for table in _tables()
    for group, rules in table.groups().items()
    for rule in rules
]


def test_there_are_rules() -> None:
    assert len(_RULES) > 50


@pytest.mark.parametrize("rule", _RULES)
def test_a_rule_takes_its_examples_and_leaves_its_false_friends(rule: Rule) -> None:
    assert bool(rule.pattern) != bool(rule.words)
    assert rule.takes, "a rule needs an example"
    assert rule.leaves, "a rule needs a counter-example"
    assert [text for text in rule.takes if not rule.matches(text)] == []
    assert [text for text in rule.leaves if rule.matches(text)] == []


@pytest.mark.parametrize("table", _tables(), ids=lambda table: table.path.stem)
def test_names_of_rules_are_not_given_twice(table: Table) -> None:
    for rules in table.groups().values():
        names = [rule.name for rule in rules]
        assert len(names) == len(set(names))
