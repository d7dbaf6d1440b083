"""Several publications in one archive: told apart, listed, and named only where there is need."""

import json
from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.conftest import source, take_in
from tests.test_cli import on_terminal, process

LETTER = (
    "A letter without a number\n\nIt has one long sentence about cranes and nothing else at all."
)
LATER = "A letter from the sea\n\nThe tide was out, the boats lay on their sides, and no one came."
CRANES = """Crane Weekly 395: On cranes
by Ada Moore
Dec 23, 2024

Tower cranes
…Tall…
They are tall, and they stand in cities everywhere.
"""


@pytest.fixture
def shelves(fresh_archive: Path) -> Path:
    """The founding archive, with a second newsletter that has a 395, and letters."""
    take_in(
        fresh_archive,
        source("cranes.txt", CRANES),
        source("one.txt", LETTER, publication="Quiet Letters", date="2024-12-23"),
        source("two.txt", LATER, publication="Quiet Letters", date="2024-11-02"),
    )
    return fresh_archive


def out(archive: Path, *arguments: str) -> str:
    return process(archive, *arguments).stdout


def test_an_address_has_its_publication_only_where_it_needs_one(shelves: Path) -> None:
    ids = [line.split("\t")[0] for line in out(shelves, "issues", "394..396").splitlines()]
    assert ids == ["crane-weekly/395", "396", "import-ai/395", "394"]
    asked = process(shelves, "show", "395")
    assert asked.returncode == Exit.USAGE
    assert "write crane-weekly/395 or import-ai/395" in asked.stderr


@pytest.mark.parametrize("name", ["crane-weekly", "Crane Weekly", "CRANE  weekly"])
def test_an_option_says_which_publication_is_meant(shelves: Path, name: str) -> None:
    assert "Tower cranes" in out(shelves, "show", "395.1", "--publication", name)
    assert out(shelves, "issues", "--publication", name).count("\n") == 1
    assert out(shelves, "search", "they", "--publication", name).startswith("crane-weekly/395.1")
    assert out(shelves, "export", "--publication", name).count("\n") == 1
    assert process(shelves, "why", "395.1", "--publication", name).returncode == Exit.NOTHING_FOUND
    assert "dominance" in out(shelves, "why", "395.1", "--publication", "import ai")


@pytest.mark.parametrize(
    "query",
    [
        "publication:crane",
        "publication:craneweekly",
        "publication:CraneWeekly",
        'publication:"crane weekly"',
        'publication:"The Crane-Weekly"',
        "publication:crane-weekly",
        "-publication:ImportAI",
        "(publication:craneweekly OR publication:nobody)",
    ],
)
def test_a_query_names_a_publication_in_any_spelling(shelves: Path, query: str) -> None:
    assert out(shelves, "search", f"cities everywhere {query}").startswith("crane-weekly/395.1")


@pytest.mark.parametrize("name", ["craneweek", "weeklycrane", "importai", "nobody"])
def test_a_query_with_another_name_finds_no_issue_of_a_publication(
    shelves: Path, name: str
) -> None:
    assert "crane-weekly" not in process(shelves, "search", f"publication:{name}", "--ids").stdout


def test_a_publication_that_is_not_there_is_named_and_the_nearest_with_it(shelves: Path) -> None:
    for command in (["issues"], ["search", "they"], ["show", "395"], ["export"]):
        done = process(shelves, *command, "--publication", "cranes weekly")
        assert done.returncode == Exit.NOTHING_FOUND
        assert "no publication “cranes weekly”; did you mean crane-weekly?" in done.stderr
    done = process(shelves, "issues", "--publication", "zzz")
    assert "to list them: backissue publications" in done.stderr


def test_a_day_is_an_address(shelves: Path) -> None:
    assert "A letter" in out(shelves, "show", "2024-11-02")
    assert "A letter" in out(shelves, "show", "2024-11-02.1")
    assert "A letter" in out(shelves, "show", "quiet-letters/2024-12-23")
    both = process(shelves, "show", "2024-12-23")
    assert both.returncode == Exit.USAGE
    assert "crane-weekly/395 or quiet-letters/" in both.stderr
    assert process(shelves, "show", "2024-12-24").returncode == Exit.NOTHING_FOUND


def test_two_issues_of_one_day_in_one_publication_are_told_apart(shelves: Path) -> None:
    more = "Another letter\n\nThis one is about bridges, and of a different mind altogether."
    take_in(shelves, source("3.txt", more, publication="Quiet Letters", date="2024-11-02"))
    asked = process(shelves, "show", "2024-11-02")
    assert "is several issues; write quiet-letters/" in asked.stderr


def test_issues_are_listed_by_a_range_of_days(shelves: Path) -> None:
    listed = out(shelves, "issues", "2024-11..2024-12").splitlines()
    assert [line.split("\t")[1] for line in listed] == ["2024-12-23", "2024-12-23", "2024-11-02"]
    assert out(shelves, "issues", "2024-11-02").count("\n") == 1
    assert process(shelves, "issues", "2024-13").returncode == Exit.USAGE


def test_publications_are_listed_with_their_counts_and_spans(shelves: Path) -> None:
    rows = [line.split("\t") for line in out(shelves, "publications").splitlines()]
    assert rows[0] == [
        *("crane-weekly", "1", "1", "395", "395", "2024-12-23", "2024-12-23", "Crane Weekly")
    ]
    assert rows[1][:5] == ["import-ai", "11", "59", "386", "396"]
    assert rows[2][:5] == ["quiet-letters", "2", "2", "-", "-"]
    assert [row[0] for row in rows] == ["crane-weekly", "import-ai", "quiet-letters", "unfiled"]
    listed = json.loads(out(shelves, "publications", "--json"))["publications"]
    assert listed[3]["name"] is None
    assert listed[2]["first_date"] == "2024-11-02"


@pytest.mark.parametrize("columns", [60, 120])
def test_on_a_terminal_each_publication_has_its_heading(shelves: Path, columns: int) -> None:
    shown = on_terminal(shelves, "issues", columns=columns)
    for heading in ("Crane Weekly", "Import AI", "Quiet Letters", "(no publication)"):
        assert heading in shown
    assert "Import AI" in on_terminal(shelves, "publications", columns=columns)


def test_one_publication_alone_needs_no_heading(tmp_path: Path) -> None:
    take_in(tmp_path / "archive", source("cranes.txt", CRANES))
    assert "Crane Weekly" not in on_terminal(tmp_path / "archive", "issues", columns=120)
