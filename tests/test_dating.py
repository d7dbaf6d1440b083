"""When an issue without a date came out, and what a search makes of it."""

import json
import random
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from backissue.index import Index
from backissue.index.storage.writer import write
from backissue.query import Facet, SearchOptions, Sort
from backissue.query.parsing import parse
from backissue.records import Head, Issue
from tests.test_cli import process
from tests.test_index import issue, search

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


def spans_of(heads: list[Head]) -> dict[str, Span]:
    """The bounds of issues, by their definition."""
    found: dict[str, Span] = {}
    for head in heads:
        own = [one for one in heads if one.slug == head.slug and one.number is not None]
        dated = sorted((one.number or 0, one.date) for one in own if one.date)
        sure = set.intersection(*longest_rows([day for _, day in dated]))
        alone = [one.number for one in own].count(head.number) == 1
        if head.date:
            found[head.key] = (str(head.date), str(head.date))
        elif not alone or not head.publication or 3 * len(sure) < 2 * len(dated):
            found[head.key] = (None, None)
        else:
            number = head.number or 0
            before = [str(dated[at][1]) for at in sorted(sure) if dated[at][0] < number]
            after = [str(dated[at][1]) for at in sorted(sure) if dated[at][0] > number]
            found[head.key] = (before[-1] if before else None, after[0] if after else None)
    return found


def test_only_issues_that_are_surely_in_order_count(tmp_path: Path) -> None:
    for seed in range(60):
        chance = random.Random(seed)
        count = chance.randint(1, 7)
        days = [date(2024, 1, 1) + timedelta(days=chance.randint(0, 6)) for _ in range(count)]
        issues = shelf({2 * at + 2: str(day) for at, day in enumerate(days)})
        issues += shelf({2 * at + 1: None for at in range(count + 1)})
        spans = spans_of([one.head for one in issues])
        expected = {one.head.id: spans[one.head.key] for one in issues if not one.head.date}
        assert bounds(tmp_path / str(seed), issues) == expected, (seed, days)


# --- what a search makes of it -------------------------------------------------------------------


def other(number: int, day: str | None) -> Issue:
    """An issue of another publication."""
    made = issue(f"other-{number}", "word", date=day and date.fromisoformat(day))
    facts = {"key": f"other/{number}", "publication": "Other", "number": number}
    return replace(made, head=replace(made.head, **facts))  # type: ignore[arg-type]


SHELF = [
    *shelf({1: None, 2: "2024-02-01", 3: None, 4: "2024-04-01", 5: None, 6: "2025-06-01"}),
    *shelf({7: None, "letter": "2024-03-01", "notes": None}),
]


def answers(folder: Path, query: str, **options: object) -> list[str]:
    hits = search(folder, query, limit=None, **options).hits
    return [hit.issue.key.removeprefix("import-ai/").replace("/", "-") for hit in hits]


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    write(tmp_path / "index", add=SHELF)
    return tmp_path / "index"


@pytest.mark.parametrize(
    ("query", "inside", "unknown"),
    [
        ("date:2024", ["2", "3", "4", "letter"], ["1", "5", "notes"]),
        ("date:2024-02..2024-04", ["2", "3", "4", "letter"], ["1", "5", "notes"]),
        ("date:2024-03", ["letter"], ["3", "notes"]),
        ("date:..2024-03", ["1", "2", "letter"], ["3", "notes"]),
        ("date:2024-04..", ["4", "5", "6", "7"], ["3", "notes"]),
        ("date:2025-07..", [], ["7", "notes"]),
        ("NOT date:2024", ["6", "7"], ["1", "5", "notes"]),
        ("NOT NOT date:2024", ["2", "3", "4", "letter"], ["1", "5", "notes"]),
        ("NOT (date:2024 OR date:2023)", ["6", "7"], ["1", "5", "notes"]),
        ("NOT (NOT date:2024 issue:..4)", ["2", "3", "4", "5", "6", "7", "letter", "notes"], ["1"]),
        ("date:2024 OR issue:1", ["1", "2", "3", "4", "letter"], ["5", "notes"]),
        ("date:2024 NOT issue:5", ["2", "3", "4", "letter"], ["1", "notes"]),
        ("date:2024 issue:2..4", ["2", "3", "4"], []),
    ],
)
def test_an_issue_is_in_a_range_of_days_or_not_or_left_out_of_both(
    dated: Path, query: str, inside: list[str], unknown: list[str]
) -> None:
    assert sorted(answers(dated, query)) == inside
    with Index.open(dated) as opened:
        asked = SearchOptions(query=parse(query), limit=3)
        answer = opened.searcher.search(asked)
        assert answer.undated == opened.searcher.undated(asked)
        left_out = answer.undated
    assert (left_out.sections, left_out.issues) == (len(unknown),) * 2 if left_out else not unknown
    if left_out:
        numbers = [one for one in unknown if one.isdecimal()]
        assert left_out.newest.id == (numbers or unknown)[-1]


def test_a_search_without_days_leaves_nothing_out(dated: Path) -> None:
    with Index.open(dated) as opened:
        for query in ("word", "NOT issue:3", "kind:story"):
            answer = opened.searcher.search(SearchOptions(query=parse(query)))
            assert (answer.total > 0, answer.undated) == (True, None)


def test_undated_issues_stand_by_their_numbers_among_the_days(dated: Path) -> None:
    by_day = ["1", "2", "letter", "3", "4", "5", "6", "7"]
    assert answers(dated, "word", sort=Sort.OLDEST) == [*by_day, "notes"]
    assert answers(dated, "word", sort=Sort.NEWEST) == [*reversed(by_day), "notes"]
    assert answers(dated, "word") == [*reversed(by_day), "notes"]  # they score the same
    assert answers(dated, "kind:story") == [*reversed(by_day), "notes"]


def test_without_any_date_the_numbers_order_a_publication(tmp_path: Path) -> None:
    issues = [*shelf({1: None, 2: None, 10: None, "notes": None}), other(3, None), other(1, None)]
    write(tmp_path / "index", add=issues)
    oldest = ["1", "2", "10", "other-1", "other-3", "notes"]
    newest = ["10", "2", "1", "other-3", "other-1", "notes"]
    assert answers(tmp_path / "index", "word", sort=Sort.OLDEST) == oldest
    assert answers(tmp_path / "index", "word", sort=Sort.NEWEST) == newest


def test_two_publications_are_sorted_by_day(tmp_path: Path) -> None:
    issues = [
        *shelf({50: None, 51: "2024-02-01", 52: None, 53: "2024-04-01", 54: None}),
        *(other(1, "2024-01-15"), other(2, None), other(3, "2024-03-01"), other(4, "2024-04-01")),
    ]
    write(tmp_path / "index", add=issues)
    oldest = ["other-1", "50", "51", "other-2", "other-3", "52", "other-4", "53", "54"]
    assert answers(tmp_path / "index", "word", sort=Sort.OLDEST) == oldest
    assert answers(tmp_path / "index", "word", sort=Sort.NEWEST) == oldest[::-1]


def test_a_year_is_counted_where_no_other_is_possible(dated: Path) -> None:
    with Index.open(dated) as opened:
        total, counts = opened.searcher.facet(SearchOptions(query=parse("word")), Facet.YEAR)
    assert (total, dict(counts)) == (9, {"2024": 4, "undated": 4, "2025": 1})


def test_the_founding_documents_are_sorted_by_number(archive: Path) -> None:
    with Index.open(archive / "index") as opened:
        for sort in (Sort.OLDEST, Sort.NEWEST):
            asked = SearchOptions(query=parse("kind:newsletter"), limit=None, sort=sort)
            hits = opened.searcher.search(asked).hits
            numbers = [hit.issue.number or 0 for hit in hits]
            assert set(numbers) == set(range(386, 397))
            assert numbers == sorted(numbers, reverse=sort is Sort.NEWEST)
            by_issue = [(hit.issue.number, hit.section.position) for hit in hits]
            assert all(a[1] < b[1] for a, b in pairwise(by_issue) if a[0] == b[0])


@pytest.mark.parametrize(
    ("arguments", "count", "said"),
    [
        (["--since", "2024"], "3", "left out 25 sections of 9 issues whose days are not known"),
        (["--until", "2025-02"], "28", ""),
        (["--since", "2025-02"], "0", ""),
        (["--until", "2024", "--issue", "395"], "0", "left out 6 sections of 1 issue whose day is"),
    ],
)
def test_what_is_left_out_is_counted_with_what_to_type(
    archive: Path, arguments: list[str], count: str, said: str
) -> None:
    words = ["search", "training", "kind:newsletter", *arguments]
    for form in (["--count"], ["--facet", "issue"], ["--ids"], []):
        done = process(archive, *words, *form)
        assert (said in done.stderr) if said else ("left out" not in done.stderr), done.stderr
        if said:
            assert "to give a day: backissue set 395 date=YYYY-MM-DD" in done.stderr
    assert process(archive, *words, "--count").stdout.strip() == count
    facets = json.loads(process(archive, *words, "--facet", "issue", "--json").stdout)
    found = json.loads(process(archive, *words, "--json").stdout)
    assert facets["undated"] == found["undated"]
    assert (facets["undated"] is not None) == bool(said)
