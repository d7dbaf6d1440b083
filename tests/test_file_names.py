"""The day and the number in a file's name: the last resort, in a few clear forms."""

from pathlib import Path

import pytest

from backissue.ingest.identity import decide
from backissue.ingest.identity.file_names import in_file_name
from tests.conftest import issues_in, source, take_in

TEXT = "The crane came back to the marsh this week, and the keepers were glad of it.\n"


@pytest.mark.parametrize(
    ("name", "day", "number"),
    [
        ("2017-12-21-issue-99.md", "2017-12-21", 99),
        ("posts/2017-12-21-issue-99-cranes.markdown", "2017-12-21", 99),
        ("site.zip!_posts/2017-12-21-no-7.html", "2017-12-21", 7),
        ("2017-12-21-cranes-come-back.md", "2017-12-21", None),
        ("2017-12-21.txt", "2017-12-21", None),
        ("2017-12-21-issue-99/index.md", "2017-12-21", 99),
        ("2017-12-21-issue099/_index.md", "2017-12-21", 99),
        ("Quay-newsletter-2017-12-21.md", "2017-12-21", None),
        ("quay-news_2017-12-21-mended.html", "2017-12-21", None),
        ("2016-5-30-issue-1.md", "2016-05-30", 1),
        ("2016-11-3-cranes.md", "2016-11-03", None),
        ("newsletter-19-august-2025.md", "2025-08-19", None),
        ("Quay_News_August_19_2025.html", "2025-08-19", None),
        ("newsletter-no-7-march-2024.md", None, 7),
        ("19-août-2025-issue-7.md", "2025-08-19", 7),
        ("2025_05_09/README.md", "2025-05-09", None),
        ("issue-12/readme.md", None, 12),
        ("issue-99.md", None, 99),
        ("Issue 099.html", None, 99),
        ("newsletter-no-12.md", None, 12),
        ("ausgabe-12-kraniche.md", None, 12),
    ],
)
def test_a_file_may_be_named_after_day_and_number(
    name: str, day: str | None, number: int | None
) -> None:
    facts = decide(in_file_name(name)).facts
    assert (facts.date and facts.date.isoformat(), facts.number) == (day, number)


@pytest.mark.parametrize(
    "name",
    [
        "99.md",
        "cranes-99.md",
        "part-3.txt",
        "20171221.md",
        "page-2017-12-21.html",
        "newsletter-2017-12-21-2017-12-28.html",
        "2017-13-41-cranes.md",
        "2017-5-123-cranes.md",
        "cranes-19-august-2025.md",
        "2017-12-21x.md",
        "2017_12-21.md",
        "project-2.0/README.md",
        "issue-2017.md",
        "newsletter-2017-12.md",
        "no-1-hits.md",
        "no-country-2.md",
        "issue-99",
        "inbox.mbox!12",
        "2017-12-21-issue-99/cranes.md",
        "version-1.2.3.txt",
        "-",
        "",
    ],
)
def test_other_numbers_in_a_name_count_something_else(name: str) -> None:
    assert in_file_name(name) == ()


def test_a_files_name_decides_where_nothing_else_does(tmp_path: Path) -> None:
    take_in(tmp_path / "archive", source("2017-12-21-issue-99.md", f"# Cranes come back\n\n{TEXT}"))
    (issue,) = issues_in(tmp_path / "archive")
    assert (issue.head.number, str(issue.head.date)) == (99, "2017-12-21")


def test_whatever_the_file_says_comes_before_its_name(tmp_path: Path) -> None:
    text = f"Harbour Notes #12: Cranes\n\n5 March 2024\n\n{TEXT}"
    take_in(tmp_path / "archive", source("2017-12-21-issue-99.txt", text))
    (issue,) = issues_in(tmp_path / "archive")
    assert (issue.head.number, str(issue.head.date)) == (12, "2024-03-05")


def test_the_name_of_a_file_with_two_issues_is_neithers(tmp_path: Path) -> None:
    text = "".join(f"Harbour Notes #{n}: Cranes\nby Ada Moore\n\n{TEXT * n}\n" for n in (12, 13))
    take_in(tmp_path / "archive", source("2017-12-21-issue-99.txt", text))
    assert {(one.head.number, one.head.date) for one in issues_in(tmp_path / "archive")} == {
        (12, None),
        (13, None),
    }
