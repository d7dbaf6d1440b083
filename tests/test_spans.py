"""Days as you type them: one parser for every option."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from backissue.cli.boundary import run
from backissue.errors import Exit, UsageError
from backissue.ingest.identity.evidence import read_catalog
from backissue.text import spans

TODAY = date(2025, 3, 5)  # a Wednesday


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-20",
        "2025/1/20",
        "2025.1.20",
        "20250120",
        "20.1.2025",
        "20/1/2025",
        "1/20/2025",
        "20 Jan 2025",
        "20 January, 2025",
        "January 20, 2025",
        "Jan. 20th, 2025",
        "the 20th of January 2025",
        "Monday, 20 January 2025",
        "Mon, 20 Jan 2025 13:30:00 +0000",
        "2025-01-20T13:30",
        "2025 jan 20",
        " 20-jan-2025 ",
    ],
)
def test_a_day_is_read_in_many_forms(text: str) -> None:
    assert spans.day(text) == date(2025, 1, 20)
    assert spans.span_of(text, TODAY) == (date(2025, 1, 20), date(2025, 1, 20), False)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", "2025-03-05", "2025-03-05"),
        ("yesterday", "2025-03-04", "2025-03-04"),
        ("3 days ago", "2025-03-02", "2025-03-02"),
        ("a year ago", "2024-03-05", "2024-03-05"),
        ("monday", "2025-03-03", "2025-03-03"),
        ("last wed", "2025-02-26", "2025-02-26"),
        ("20 jan", "2025-01-20", "2025-01-20"),
        ("20 march", "2024-03-20", "2024-03-20"),  # not in the future
        ("29 feb", "2024-02-29", "2024-02-29"),
        ("january", "2025-01-01", "2025-01-31"),
        ("may", "2024-05-01", "2024-05-31"),
        ("2025", "2025-01-01", "2025-12-31"),
        ("nov-2024", "2024-11-01", "2024-11-30"),
        ("2024-q1", "2024-01-01", "2024-03-31"),
    ],
)
def test_words_that_look_back_are_days(text: str, first: str, last: str) -> None:
    found = spans.span_of(text, TODAY)
    assert [str(day) for day in found[:2]] == [first, last]
    assert not found.until_now


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("last week", "2025-02-26"),
        ("2w", "2025-02-19"),
        ("past 3 days", "2025-03-02"),
        ("this week", "2025-03-03"),
        ("this month", "2025-03-01"),
        ("this quarter", "2025-01-01"),
        ("this year", "2025-01-01"),
        ("6 months", "2024-09-05"),
    ],
)
def test_a_stretch_runs_until_today(text: str, first: str) -> None:
    assert spans.span_of(text, TODAY) == (date.fromisoformat(first), TODAY, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "5",
        "hello",
        "3/4/2024",
        "2025-W04",
        "2024-13",
        "30 feb",
        "30 feb 2024",
        "12:30",
        "2024 2025",
        "386 2024",
        "last 5",
        "latest",
        "tomorrow",
        "q4",
        "week",
        "25-01-20",
    ],
)
def test_what_is_no_day_or_could_be_two_is_none(text: str) -> None:
    try:
        found = spans.span_of(text, TODAY)
    except ValueError:
        found = None
    assert found is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("2025-01", "a month"),
        ("nov 2024", "a month"),
        ("2024-q4", "a quarter"),
        ("2024", "a year"),
        ("last week", "several days"),
        ("soon", ""),
    ],
)
def test_one_day_is_not_several(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=f"^{what}$"):
        spans.day(text, TODAY)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("2025-01", "“2025-01” is a month, and --date is one day; write 2025-01-20, “20 Jan 2025”"),
        ("last week", "“last week” is several days, and --date is one day"),
        ("3/4/2024", "“3/4/2024” can be two days, and --date is one day; write 2025-01-20"),
        ("soon", "“soon” is no day for --date; write"),
        ("2025-02-30", "“2025-02-30” is no day for --date"),
    ],
)
def test_the_day_of_an_issue_is_one_day(
    typed: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Letters 7: Tides\n\nby Ada Moore\n\nTides rise.\n", encoding="utf-8")
    archive = ["--archive", str(tmp_path / "archive")]
    assert run([*archive, "ingest", str(letter), "--date", typed]) == Exit.USAGE
    written = capsys.readouterr().err
    assert says in written
    assert written.count("\n") == 1
    assert not (tmp_path / "archive").exists()
    assert run([*archive, "ingest", str(letter)]) == Exit.OK
    capsys.readouterr()
    assert run([*archive, "set", "7", f"date={typed}"]) == Exit.USAGE
    assert says.replace("--date", "date") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "back"), [("20 Jan 2025", None), ("yesterday", 1), ("3 days ago", 3), ("today", 0)]
)
def test_ingest_and_set_read_the_days_that_since_reads(
    typed: str, back: int | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    today = date.today()
    expected = date(2025, 1, 20) if back is None else today - timedelta(days=back)
    archive = ["--archive", str(tmp_path / "archive")]
    for number in (7, 8):
        letter = tmp_path / f"{number}.txt"
        text = f"Letters {number}: Tides\n\nby Ada Moore\n\nTides rise {number} feet.\n"
        letter.write_text(text, encoding="utf-8")
    assert run([*archive, "ingest", str(tmp_path / "7.txt"), "--date", typed]) == Exit.OK
    assert run([*archive, "ingest", str(tmp_path / "8.txt")]) == Exit.OK
    assert run([*archive, "set", "8", f"date={typed}"]) == Exit.OK
    capsys.readouterr()
    assert run([*archive, "issues", "--since", typed, "--until", typed]) == Exit.OK
    days = [line.split("\t")[1] for line in capsys.readouterr().out.splitlines()]
    assert days == [str(expected)] * 2


def test_a_catalog_has_days_in_words_but_none_that_changes() -> None:
    assert read_catalog('["a.txt"]\ndate = "20 January 2025"')["a.txt"].date == date(2025, 1, 20)
    with pytest.raises(UsageError, match="“yesterday” is counted from today, and date is to stay"):
        read_catalog('["a.txt"]\ndate = "yesterday"')
    with pytest.raises(UsageError, match="“2025-01” is a month, and date is one day"):
        read_catalog('["a.txt"]\ndate = "2025-01"')


def test_a_day_that_counts_from_today_needs_today() -> None:
    assert spans.day("yesterday", TODAY) == date(2025, 3, 4)
    for text in ("yesterday", "3 days ago", "20 jan", "monday"):
        with pytest.raises(ValueError, match="counted from today"):
            spans.day(text)
