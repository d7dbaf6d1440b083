"""Every fact that a person wrote down about the documents of tests/corpus; `truth` has the form."""

import dataclasses
import re
import runpy
from typing import Any

import pytest

from tests.conftest import Trials
from tests.truth import CORPUS, GOLD, ROOT, Truth, truths

TRUTHS = truths(CORPUS)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)
def test_a_document_says_what_its_truth_says(truth: Truth) -> None:
    facts = truth.facts()
    assert [str(fact) for fact in facts if not fact.right and not fact.known_wrong] == []
    # What is right now is known wrong no more.
    assert [str(fact) for fact in facts if fact.right and fact.known_wrong] == []


def test_what_is_known_wrong_names_facts_of_its_truth() -> None:
    for truth in TRUTHS:
        known = {f"{fact.place} {fact.name}" for fact in truth.facts()}
        assert set(truth.table.get("wrong", ())) <= known


def test_each_document_of_the_corpus_has_a_truth() -> None:
    told = {source.name.rpartition("/")[2] for truth in TRUTHS for source in truth.documents}
    assert {path.name for path in CORPUS.iterdir() if path.suffix != ".toml"} == told


@pytest.mark.parametrize("name", ["link-lines", "copies-lost", "feed-summaries", "tale"])
def test_a_truth_in_which_all_is_changed_finds_nothing_right(name: str) -> None:
    (truth,) = (truth for truth in TRUTHS if truth.name == name)
    issues = [changed(issue) | {"section": sections(issue)} for issue in truth.table["issue"]]
    table = {**truth.table, "issue": issues}
    facts = dataclasses.replace(truth, table=table).facts()
    counts = {"issues", "sections", "has a why"}  # of these nothing was changed
    assert len(facts) > 15
    assert {fact.name for fact in facts if fact.right} <= counts


def sections(issue: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"kind": "note", "deck": "?", **changed(section)} for section in issue["section"]]


def changed(table: dict[str, Any]) -> dict[str, Any]:
    """A table in which each value is another."""
    return {name: other(value) for name, value in table.items() if name != "section"}


def other(value: object) -> object:
    if isinstance(value, list):
        return [f"{one}?" for one in value] or ["?"]
    return value + 1 if isinstance(value, int) else f"{value}?"


# -- thresholds -----------------------------------------------------------------------------------

STRUCTURE = runpy.run_path(str(ROOT / "benchmarks" / "structure"))
ROW = re.compile(r"\| `(?P<name>[\w.]+)` \| (?P<value>[\d.]+) \| (?P<half>.+) \| (?P<double>.+) \|")
TABLE = [ROW.fullmatch(line) for line in (ROOT / "docs" / "ingest.md").read_text().splitlines()]
ROWS = {row["name"]: row for row in TABLE if row}


def test_the_table_of_thresholds_has_each_with_its_value() -> None:
    named = {str(one): f"{one.value:.3g}" for one in STRUCTURE["thresholds"]()}
    assert {name: row["value"] for name, row in ROWS.items()} == named


def test_each_threshold_decides_something() -> None:
    assert [name for name, row in ROWS.items() if row["half"] == row["double"] == "nothing"] == []


def test_a_moved_threshold_loses_facts_where_the_table_says_so(trials: Trials) -> None:
    named = {str(one): one for one in STRUCTURE["thresholds"]()}
    documents = [*truths(GOLD), *TRUTHS]
    count = trials.number(few=1, many=len(ROWS))
    for at in trials(few=1, many=len(ROWS), unit="thresholds"):
        name, row = list(ROWS.items())[at * len(ROWS) // count]
        half, double = STRUCTURE["moved"](named[name].value)
        for side, value in (("half", half), ("double", double)):
            lost = STRUCTURE["lost"](named[name], value, documents)
            assert (lost == "nothing") == (row[side] == "nothing"), (name, side, lost)
