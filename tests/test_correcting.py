"""`set`: which issues it takes, and what it says about their addresses."""

from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.conftest import source, take_in
from tests.test_addresses import other
from tests.test_cli import process

NOTES = """\
The harbour is full again: forty ships wait outside for a berth today.

***

The pilots went home early: nobody knows who called them back to the station.

***

Cranes grow taller: they lift more than they did, and nobody counts them on Sundays.
"""
MORE = """\
A different letter came: it is about bridges, and about nothing that was said before.

***

Bridges are repaired: the work takes eleven weeks and two hundred people.
"""


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """An archive with two texts that do not say which issue they are of."""
    folder = tmp_path / "archive"
    take_in(
        folder,
        source("a.txt", NOTES, publication="Harbour Notes", title="Ships"),
        source("b.txt", MORE, publication="Harbour Notes", title="Bridges"),
    )
    return folder


def said(done: object) -> list[str]:
    return [line.removeprefix("backissue: ") for line in done.stderr.splitlines()]  # type: ignore[attr-defined]


def test_set_says_the_new_address_of_an_issue(loose: Path) -> None:
    done = process(loose, "set", "ships", "number=7")
    assert done.returncode == Exit.OK
    assert "ships is now 7" in said(done)
    assert process(loose, "show", "7").returncode == Exit.OK
    assert process(loose, "show", "ships.1").stdout.startswith("7.1  ")  # as you noted it
    done = process(loose, "set", "7", "number=")
    assert "7 is now ships" in said(done)


def test_set_says_the_new_address_after_another_title_or_publication(loose: Path) -> None:
    assert "ships is now full-harbour" in said(process(loose, "set", "ships", "title=Full harbour"))
    done = process(loose, "set", "bridges", "publication=Bay")
    assert "harbour-notes/bridges is now bay/bridges" in said(done)
    assert process(loose, "show", "bay/bridges").returncode == Exit.OK


def test_set_that_changes_no_address_says_nothing_about_it(loose: Path) -> None:
    done = process(loose, "set", "ships", "date=2024-12-23", "kind=notes")
    assert done.returncode == Exit.OK
    assert not [line for line in said(done) if " is now " in line]


def test_set_says_that_an_issue_became_part_of_another(loose: Path) -> None:
    process(loose, "set", "ships", "number=7")
    done = process(loose, "set", "bridges", "number=7")
    assert "bridges is now part of 7, which was in the archive before" in said(done)
    assert process(loose, "show", "bridges").stdout == process(loose, "show", "7").stdout


def test_set_takes_a_hit_of_the_last_search_and_every_spelling(loose: Path) -> None:
    process(loose, "search", "pilots")
    done = process(loose, "set", "@1", "number=7")
    assert "ships is now 7" in said(done)
    assert "7 is now 8" in said(process(loose, "set", "Harbour Notes 7", "number=8"))
    assert "8 is now 9" in said(process(loose, "set", "#8.1", "number=9"))
    assert "9 is now 10" in said(process(loose, "set", "harbour-notes/9", "number=10"))


def test_set_takes_several_for_a_fact_that_they_may_share(loose: Path) -> None:
    done = process(loose, "set", "ships", "bridges", "publication=Bay Letter", "kind=notes")
    assert done.returncode == Exit.OK
    listed = process(loose, "issues", "--publication", "Bay Letter").stdout
    assert {line.partition("\t")[0] for line in listed.splitlines()} == {"ships", "bridges"}


@pytest.mark.parametrize(
    "fact", ["number=7", "title=Tides", "date=2024-12-23", "url=https://q.example"]
)
def test_set_refuses_a_fact_of_one_issue_for_several(loose: Path, fact: str) -> None:
    before = process(loose, "export").stdout
    done = process(loose, "set", "ships", "bridges", fact, "kind=notes")
    assert done.returncode == Exit.USAGE
    assert f"{fact.partition('=')[0]} is for one issue, and these are several" in done.stderr
    assert "bridges and ships" in done.stderr or "ships and bridges" in done.stderr
    assert process(loose, "export").stdout == before


def test_two_sections_of_one_issue_are_one_issue(loose: Path) -> None:
    done = process(loose, "set", "ships.1", "ships.2", "number=7")
    assert done.returncode == Exit.OK
    assert "ships is now 7" in said(done)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ships", "title"], "“title” is not KEY=VALUE; write title=VALUE"),
        (["ships", "number=7", "kind"], "“kind” is not KEY=VALUE"),
        (["number=7", "kind=notes"], "no address before the facts; such as"),
        (["ship", "number=7"], "did you mean ships?"),
    ],
)  # fmt: skip
def test_a_wrong_set_says_what_to_type(loose: Path, arguments: list[str], message: str) -> None:
    done = process(loose, "set", *arguments)
    assert done.returncode in {Exit.USAGE, Exit.NOTHING_FOUND}
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_ingest_says_which_addresses_became_longer(fresh_archive: Path, tmp_path: Path) -> None:
    made = other()
    (tmp_path / "harbour.txt").write_bytes(made.data)
    file = str(tmp_path / "harbour.txt")
    done = process(fresh_archive, "ingest", file, "--publication", "Harbour Notes")
    (line,) = [line for line in said(done) if " is now " in line]
    assert line.startswith(
        "395 is now import-ai/395, as another publication has 395, too; to keep it short: "
        "BACKISSUE_PUBLICATION=import-ai, or publication = "
    )
    assert process(fresh_archive, "show", "import-ai/395.2").returncode == Exit.OK
    again = process(fresh_archive, "ingest", file)
    assert " is now " not in again.stderr


def test_ingest_says_nothing_of_the_default_publication(
    fresh_archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "harbour.txt").write_bytes(other().data)
    done = process(
        fresh_archive,
        "ingest",
        str(tmp_path / "harbour.txt"),
        "--publication",
        "Harbour Notes",
        BACKISSUE_PUBLICATION="import-ai",
    )
    assert " is now " not in done.stderr


def test_if_one_of_several_addresses_is_wrong_nothing_is_set(loose: Path) -> None:
    before = process(loose, "export").stdout
    done = process(loose, "set", "ships", "birdges", "kind=notes")
    assert done.returncode == Exit.NOTHING_FOUND
    assert said(done) == ["no issue “birdges”; did you mean bridges?", "nothing was changed"]
    assert process(loose, "export").stdout == before
