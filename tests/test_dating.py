"""When an issue without a date came out, as far as the numbers of its publication say."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from backissue.index import Index
from backissue.index.storage.writer import write
from backissue.records import Issue
from tests.test_index import issue

Days = Mapping[int | str, str | None]
Span = tuple[str | None, str | None]


def shelf(days: Days, **changes: object) -> list[Issue]:
    """Issues with these numbers (or names) and days."""
    return [
        issue(number, "word", date=day and date.fromisoformat(day), **changes)
        for number, day in days.items()
    ]


def again(number: int, day: date | None = None) -> Issue:
    """Another issue with a number that one has already."""
    made = issue(f"{number}-2", "word", date=day)
    return replace(made, head=replace(made.head, number=number))


def bounds(folder: Path, issues: list[Issue]) -> dict[str, Span]:
    """The bounds of the issues without a date, by id."""
    write(folder, add=issues)
    with Index.open(folder) as opened:
        found, heads = opened.shelf.bounds(), opened.shelf.heads()
    assert found.keys() == {head.key for head in heads}
    for head in heads:
        assert head.date is None or found[head.key] == (head.date, head.date)
    shown = {head.id: tuple(day and str(day) for day in found[head.key]) for head in heads}
    return {head.id: shown[head.id] for head in heads if head.date is None}  # type: ignore[misc]


CASES: dict[str, tuple[Days, dict[str, Span]]] = {
    "between two dated ones": (
        {390: "2024-11-01", 391: None, 395: None, 396: "2025-01-20"},
        {"391": ("2024-11-01", "2025-01-20"), "395": ("2024-11-01", "2025-01-20")},
    ),
    "below the first and above the last": (
        {1: None, 5: "2024-01-01", 6: "2024-01-08", 9: None},
        {"1": (None, "2024-01-01"), "9": ("2024-01-08", None)},
    ),
    "one dated issue bounds all others": (
        {386: None, 395: None, 396: "2025-01-20"},
        {"386": (None, "2025-01-20"), "395": (None, "2025-01-20")},
    ),
    "the nearest dated ones count": (
        {1: "2024-01-01", 2: "2024-01-08", 3: None, 4: "2024-01-22", 9: "2024-03-01"},
        {"3": ("2024-01-08", "2024-01-22")},
    ),
    "between two of one day the day is known": (
        {1: "2024-01-01", 2: None, 3: "2024-01-01"},
        {"2": ("2024-01-01", "2024-01-01")},
    ),
    "no dated issue": ({1: None, 2: None}, {"1": (None, None), "2": (None, None)}),
    "no number": (
        {1: "2024-01-01", "notes": None, 3: "2024-02-01"},
        {"notes": (None, None)},
    ),
    "one wrong date among many": (
        {
            1: "2024-01-01",
            2: "2024-01-08",
            3: "1999-01-01",
            4: None,
            5: "2024-02-01",
            6: "2031-01-01",
            7: None,
            8: "2024-03-01",
            9: "2024-04-01",
        },
        {"4": ("2024-01-08", "2024-02-01"), "7": ("2024-02-01", "2024-03-01")},
    ),
    "two dates that contradict each other": (
        {1: "2024-06-01", 2: None, 3: "2023-01-01"},
        {"2": (None, None)},
    ),
    "the wrong one of three cannot be the first": (
        {1: "2024-01-01", 2: None, 3: "2024-02-01", 4: None, 5: "2019-01-01"},
        {"2": ("2024-01-01", "2024-02-01"), "4": ("2024-02-01", None)},
    ),
    "numbers that fall as the days rise": (
        {1: "2024-04-01", 2: "2024-03-01", 3: None, 4: "2024-02-01", 5: "2024-01-01"},
        {"3": (None, None)},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_dated_issues_around_one_bound_its_day(tmp_path: Path, name: str) -> None:
    days, expected = CASES[name]
    assert bounds(tmp_path / "index", shelf(days)) == expected


def test_numbers_that_start_again_each_year_say_nothing(tmp_path: Path) -> None:
    first = {number: f"2023-{number:02}-01" for number in range(1, 13) if number != 7}
    second = [again(number, date(2024, number, 1)) for number in first]
    issues = [*shelf(first), *second, issue(7, "word")]
    assert bounds(tmp_path / "index", issues) == {"7": (None, None)}


def test_a_number_that_two_issues_have_says_nothing(tmp_path: Path) -> None:
    issues = [*shelf({1: "2024-01-01", 2: None, 3: "2024-02-01"}), again(2)]
    assert bounds(tmp_path / "index", issues) == {"2": (None, None), "2-2": (None, None)}


def test_publications_do_not_bound_each_other(tmp_path: Path) -> None:
    dated = [issue(1, "word", date=date(2024, 1, 1)), issue(3, "word", date=date(2024, 2, 1))]
    other = issue(2, "word", key="other/2", publication="Other")
    unfiled = issue(2, "word", key="unfiled/2-2", id="2-2", publication=None)
    unfiled_dated = issue(1, "word", key="unfiled/1", publication=None, date=date(2024, 1, 1))
    found = bounds(tmp_path / "index", [*dated, other, unfiled, unfiled_dated])
    assert set(found.values()) == {(None, None)}


def longest_rows(days: list[date]) -> list[set[int]]:
    """The longest rows of days that never fall, each as places; by trying them all."""
    for size in range(len(days), 0, -1):
        rows = [
            set(places)
            for places in combinations(range(len(days)), size)
            if all(days[a] <= days[b] for a, b in pairwise(places))
        ]
        if rows:
            return rows
    return [set()]


def test_only_issues_that_are_surely_in_order_count(tmp_path: Path) -> None:
    for seed in range(60):
        chance = random.Random(seed)
        count = chance.randint(1, 7)
        days = [date(2024, 1, 1) + timedelta(days=chance.randint(0, 6)) for _ in range(count)]
        sure = set.intersection(*longest_rows(days))
        issues = shelf({2 * at + 2: str(day) for at, day in enumerate(days)})
        issues += shelf({2 * at + 1: None for at in range(count + 1)})
        found = bounds(tmp_path / str(seed), issues)
        for at in range(count + 1):
            before = [str(days[place]) for place in sorted(sure) if place < at]
            after = [str(days[place]) for place in sorted(sure) if place >= at]
            wanted: Span = (before[-1] if before else None, after[0] if after else None)
            if 3 * len(sure) < 2 * count:
                wanted = (None, None)
            assert found[str(2 * at + 1)] == wanted, (seed, days, at)
