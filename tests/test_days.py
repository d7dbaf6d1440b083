"""Days as newsletters write them: tests/cases/days has the lines and their false friends."""

import datetime
import tomllib
from pathlib import Path

import pytest

from backissue.text import MONTHS
from backissue.text.days import (
    date_line,
    day_in_title,
    day_of,
    is_day_without_year,
    moment_of,
    numeric_days,
)
from backissue.text.periods import is_period, period_in_title
from backissue.text.rules import Table

CASES = tomllib.loads(
    (Path(__file__).parent / "cases" / "days" / "days.toml").read_text(encoding="utf-8")
)
PERIODS = tomllib.loads(
    (Path(__file__).parent / "cases" / "days" / "periods.toml").read_text(encoding="utf-8")
)
DAY = datetime.date(2024, 3, 5)
RULES = Table(path=Path(__file__).parent.parent / "src" / "backissue" / "text" / "days.toml")


@pytest.mark.parametrize("line", CASES["lines"])
def test_a_line_is_a_day_in_many_forms_and_languages(line: str) -> None:
    assert date_line(line) == DAY
    assert date_line(f"  {line.upper()}\n") == DAY


@pytest.mark.parametrize("line", CASES["no_lines"])
def test_a_line_with_more_than_a_day_or_less_is_none(line: str) -> None:
    assert date_line(line) is None


@pytest.mark.parametrize("title", CASES["titles"])
def test_a_title_has_a_name_and_a_day(title: str) -> None:
    assert day_in_title(title) == (CASES["titles"][title], DAY)


@pytest.mark.parametrize("title", CASES["no_titles"])
def test_a_title_with_an_events_day_has_none(title: str) -> None:
    assert day_in_title(title) is None


@pytest.mark.parametrize("line", PERIODS["periods"])
def test_a_line_is_a_month_a_week_or_some_days(line: str) -> None:
    assert is_period(line)
    assert date_line(line) is None


@pytest.mark.parametrize("line", PERIODS["no_periods"])
def test_a_day_a_year_and_other_numbers_are_no_period(line: str) -> None:
    assert not is_period(line)


@pytest.mark.parametrize("title", PERIODS["titles"])
def test_a_title_has_a_name_and_a_period(title: str) -> None:
    assert period_in_title(title) == PERIODS["titles"][title]


@pytest.mark.parametrize("line", CASES["without_year"])
def test_a_day_may_lack_its_year(line: str) -> None:
    assert is_day_without_year(line)
    assert date_line(line) is None


@pytest.mark.parametrize("line", CASES["with_more"])
def test_words_beside_a_day_make_a_line_of_words(line: str) -> None:
    assert not is_day_without_year(line)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("04/01/2024 - 12:00", ["2024-01-04", "2024-04-01"]),
        ("Thu, 01/04/2024 - 12:00", ["2024-01-04"]),
        ("jeu, 04/01/2024 - 12:00", ["2024-01-04"]),
        ("Mon, 04/01/2024 - 12:00", ["2024-04-01"]),
        ("25/01/2024 - 12:00", ["2024-01-25"]),
        ("01/25/2024 12:00", ["2024-01-25"]),
        ("05.05.2024", ["2024-05-05"]),
        ("31/31/2024", []),
        ("1/2/2024/3", []),
        ("1-2/2024", []),
    ],
)
def test_two_numbers_and_a_year_are_two_days_one_or_none(text: str, days: list[str]) -> None:
    assert [day.isoformat() for day in numeric_days(text)] == days
    assert day_of(text) == (datetime.date.fromisoformat(days[0]) if len(days) == 1 else None)


@pytest.mark.parametrize(
    "text",
    ["<2024-03-05 Tue>", "[2024-03-05 mar. 10:00]", "2024-03-05", "5. März 2024", "5 mars 2024"],
)
def test_a_field_may_be_a_day_as_people_and_programs_write_it(text: str) -> None:
    assert day_of(text) == DAY


def test_a_moment_keeps_its_hour_and_zone() -> None:
    moment = moment_of("Tue, 05 Mar 2024 23:30:00 +0100")
    assert moment
    assert moment.isoformat() == "2024-03-05T23:30:00+01:00"


def test_a_word_is_one_month_in_all_languages() -> None:
    words = [word for name in MONTHS for word in RULES.listed(name)]
    assert len(words) == len(set(words))
