"""Which issues `issues` lists, and in which order."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from backissue.cli.boundary import run
from backissue.errors import Exit
from tests.conftest import source, take_in
from tests.test_cli import on_terminal, process

# Number, day, publication. 3 and 7 have no day; the numbers say between which days they came out.
MADE = (
    (1, "2023-05-01"),
    (2, "2023-12-30"),
    (3, None),
    (4, "2024-01-15"),
    (5, "2024-02-20"),
    (6, "2024-11-05"),
    (7, None),
    (8, "2025-03-03"),
)


def letter(publication: str, number: int, day: str | None, **facts: object) -> object:
    said = {"publication": publication, "number": number, "title": f"Story {number}", **facts}
    if day:
        said["date"] = day
    text = f"Tide {number} of {publication} rose.\n\nWaves of {number} broke on a quay."
    return source(f"{publication}-{number}.txt", text, **said)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    take_in(folder, *(letter("Tides", number, day) for number, day in MADE))
    return folder


@pytest.fixture(scope="module")
def two_shelves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    made = [letter("Tides", number, day) for number, day in MADE]
    made += [
        letter("Almanac", number, f"2024-{month:02}-01")
        for number, month in ((2020, 3), (2023, 4), (2024, 12))
    ]
    made.append(letter("Almanac", 2026, "2024-12-09", kind="notes", title="A note"))
    take_in(folder, *made)
    return folder


def listed(archive: Path, *arguments: str) -> list[str]:
    """The addresses that `issues` writes."""
    output = process(archive, "issues", *arguments).stdout
    return [line.split("\t")[0] for line in output.splitlines()]


def uncoloured(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("5", "5"),
        ("#5", "5"),
        ("2 4", "4 2"),
        ("2, 4", "4 2"),
        ("2,4", "4 2"),
        ("7..", "8 7"),
        ("..2", "2 1"),
        ("2..4", "4 3 2"),
        ("2 .. 4", "4 3 2"),
        ("2 to 4", "4 3 2"),
        ("2–4", "4 3 2"),
        ("2...4", "4 3 2"),
        ("5..latest", "8 7 6 5"),
        ("2..3 3..4 8", "8 4 3 2"),
        ("2024", "6 5 4"),
        ("2024..", "8 7 6 5 4"),
        ("..2023", "2 1"),
        ("2023..2024", "6 5 4 3 2 1"),
        ("2024-01", "4"),
        ("2024-01..2024-12", "6 5 4"),
        ("2024-01..2025", "8 7 6 5 4"),
        ("nov 2024", "6"),
        ("november 2024", "6"),
        ("5 nov 2024", "6"),
        ("nov 5, 2024", "6"),
        ("5 nov 2024 to 3 march 2025", "8 7 6"),
        ("2024-q1", "5 4"),
        ("2024-11-05", "6"),
        ("2024-11-05..2025-03-03", "8 7 6"),
        ("2 nov 2024 2", "2"),  # the first is a day, without an issue
        ("2 2024-11", "6 2"),
        ("last 3", "8 7 6"),
        ("latest 3", "8 7 6"),
        ("the last 3 issues", "8 7 6"),
        ("first 2", "2 1"),
        ("latest", "8"),
        ("latest-1", "7"),
        ("oldest", "1"),
        ("tides/2", "2"),
        ("tides/latest", "8"),
        ("Tides 4", "4"),
        ("Tides 4 Tides 2", "4 2"),
        ("Tides #4 2024-11", "6 4"),
        ("latest..", "8"),
        ("latest-1..", "8 7"),
        ("tides/2..tides/4", "4 3 2"),
        ("tides/latest-1..tides/latest", "8 7"),
        ("tides/2..4", "4 3 2"),
        ("tides", "8 7 6 5 4 3 2 1"),
        ("TIDES", "8 7 6 5 4 3 2 1"),
        ("2.1", "2"),
        ("all", "8 7 6 5 4 3 2 1"),
        ("1999 5", "5"),
    ],
)
def test_words_name_issues(words: str, numbers: str, shelf: Path) -> None:
    assert listed(shelf, *words.split(" ")) == numbers.split()
    assert listed(shelf, words) == numbers.split()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("1999", Exit.NOTHING_FOUND, "no issue 1999; there are numbers 1 to 8, days 2023-05-01 to"),
        ("50..60", Exit.NOTHING_FOUND, "no issue in 50..60; there are numbers 1 to 8"),
        ("2019-02", Exit.NOTHING_FOUND, "no issue in 2019-02; there are numbers 1 to 8, days 2023"),
        ("nonesuch", Exit.NOTHING_FOUND, "no issue “nonesuch”; write 395"),
        ("nonesuch", Exit.NOTHING_FOUND, "to search: backissue search nonesuch"),
        ("4..2", Exit.USAGE, "“4..2” runs backwards; write 2..4"),
        ("2025..2023", Exit.USAGE, "write 2023..2025"),
        ("2024-11..2024-01", Exit.USAGE, "runs backwards; write 2024-01..2024-11"),
        ("2024-13", Exit.USAGE, "“2024-13” is no day or month; write 2024, 2024-11"),
        ("..", Exit.USAGE, "a range needs at least one end"),
        ("x..y", Exit.USAGE, "“x..y” is not a range of issues; write 395, 386..396"),
    ],
)
def test_words_that_name_no_issue_meet_what_the_archive_has(
    words: str, code: Exit, says: str, shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(shelf), "issues", words]) == code
    written = capsys.readouterr()
    assert says in written.err
    assert (written.out, written.err.count("\n")) == ("", 1)


def test_what_is_lacking_beside_what_is_found_is_named(shelf: Path) -> None:
    done = process(shelf, "issues", "2", "90", "70..80")
    assert done.returncode == Exit.OK
    assert done.stderr == "backissue: no issue 90, in 70..80\n"


@pytest.mark.parametrize(
    ("words", "found", "note"),
    [
        ("2024", "2024", "2024 is the number of an issue; for the year: 2024-01..2024-12"),
        ("2023..2024", "2024 2023", "for the years: 2023-01..2024-12"),
        ("2024..", "2026 2024", "for the years: 2024-01.."),
        ("#2024", "2024", None),
        ("2025", "8", None),  # no number, but a year
        ("2026", "2026", None),  # a number, but no year
    ],
)
def test_a_year_that_is_a_number_too_is_the_number_and_says_so(
    words: str, found: str, note: str | None, two_shelves: Path
) -> None:
    done = process(two_shelves, "issues", words)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == found.split()
    assert (note or "") in done.stderr
    assert bool(note) == ("number" in done.stderr)


def test_the_year_of_a_publication_without_such_numbers_is_a_year(two_shelves: Path) -> None:
    assert listed(two_shelves, "2024", "--publication", "tides") == ["6", "5", "4"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["-n", "3"], "2026 8 7"),  # the newest of all, publication by publication
        (["-n3", "--sort", "newest"], "8 7 2026"),
        (["--sort", "oldest", "-n", "4"], "1 2 3 4"),
        (["--sort", "date", "-n", "4"], "1 2 3 4"),
        (["--sort", "number", "-n", "3"], "1 2 3"),
        (["--sort", "title", "-n", "2"], "2026 1"),
        (["--sort", "publication", "-n", "1"], "2026"),
        (["--kind", "notes"], "2026"),
        (["--since", "2025"], "8"),
        (["--since", "2024-11-05", "--publication", "tides"], "8 7 6"),
        (["--until", "2023"], "2 1"),
        (["--since", "2024-01", "--until", "jan 2024"], "4"),
        (["1..5", "--since", "2024"], "5 4"),
        (["last", "3", "--publication", "almanac"], "2026 2024 2023"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_narrow_and_sort_the_list(
    options: list[str], found: str, two_shelves: Path
) -> None:
    assert listed(two_shelves, *options) == found.split()


def test_issues_of_unknown_days_are_counted_where_days_are_asked(shelf: Path) -> None:
    message = "left out 1 issue whose day is not known; to give a day: backissue set {} date="
    assert message.format(3) in process(shelf, "issues", "2024..").stderr
    assert message.format(7) in process(shelf, "issues", "--since", "2025").stderr
    assert "left out 2 issues whose days are not known" in process(shelf, "issues", "2024").stderr
    assert "left out" not in process(shelf, "issues").stderr
    assert "left out" not in process(shelf, "issues", "1..2", "--since", "2024").stderr
    assert "left out" not in process(shelf, "issues", "2023..2024-02").stderr


def test_yesterday_and_last_month_are_days_for_a_list(tmp_path: Path) -> None:
    today = date.today()
    days = [today - timedelta(days=back) for back in (1, 10, 100)]
    made = [letter("Tides", 3 - at, day.isoformat()) for at, day in enumerate(days)]
    take_in(tmp_path / "a", *made)
    assert listed(tmp_path / "a", "yesterday") == ["3"]
    assert listed(tmp_path / "a", "last", "week") == ["3"]
    assert listed(tmp_path / "a", "last month") == ["3", "2"]
    assert listed(tmp_path / "a", "100 days ago..10 days ago") == ["2", "1"]
    assert listed(tmp_path / "a", "--since", "2 weeks") == ["3", "2"]


def test_a_pipe_begins_with_the_newest_and_a_terminal_ends_with_it(shelf: Path) -> None:
    assert listed(shelf) == ["8", "7", "6", "5", "4", "3", "2", "1"]

    def shown(*arguments: str, **environment: str) -> list[str]:
        text = uncoloured(on_terminal(shelf, "issues", *arguments, **environment))
        return [line.split()[0] for line in text.splitlines()[1:] if "Story" in line]

    assert shown(LINES="40") == ["1", "2", "3", "4", "5", "6", "7", "8"]
    assert shown("last", "3", LINES="40") == ["6", "7", "8"]
    assert shown("--sort", "newest", LINES="40") == ["8", "7", "6", "5", "4", "3", "2", "1"]
    paged = shown(LINES="6", PAGER="cat -u")
    assert paged == ["8", "7", "6", "5", "4", "3", "2", "1"]
    assert shown(LINES="6", PAGER="")[-1] == "8"


def test_a_sorted_list_of_several_publications_names_each(two_shelves: Path) -> None:
    shown = uncoloured(on_terminal(two_shelves, "issues", "--sort", "newest", "-n", "3"))
    names = [line.split()[-3] for line in shown.splitlines()[1:3]]
    assert names == ["Tides", "Tides"]
    assert "Almanac" in shown.splitlines()[3]
    narrow = on_terminal(two_shelves, "issues", "--sort", "newest", "-n", "3", columns=40)
    assert "2024-12-09 · 2 sections · Almanac" in uncoloured(narrow)


@pytest.mark.parametrize("typed", [["--issue", "2025", "tide"], ["tide issue:2025"]])
def test_a_search_for_a_year_as_a_number_names_the_field_for_days(
    typed: list[str], two_shelves: Path
) -> None:
    done = process(two_shelves, "search", *typed)
    assert done.returncode == Exit.NOTHING_FOUND
    assert "no issue has the number 2025; for the year: date:2025" in done.stderr
    other = process(two_shelves, "search", "tide", "--issue", "1999")
    assert "date:" not in other.stderr
