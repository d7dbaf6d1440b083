"""Org: each case under tests/cases/org is a text and what is in it."""

import tomllib
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from backissue.errors import BackissueError
from backissue.ingest.readers.org_inline import inline
from tests.conftest import export, issues_in, reading, source, take_in
from tests.test_feeds import of_draft

CASES = Path(__file__).parent / "cases" / "org" / "org.toml"


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case["name"])
        for case in tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]
    ],
)
def test_an_org_file_holds_the_issues_its_case_says(case: dict[str, Any]) -> None:
    if "rejected" in case:
        with pytest.raises(BackissueError) as error:
            reading(case["input"])
        assert error.value.message == case["rejected"]
        return
    found = reading(case["input"])
    assert found.format == case["format"]
    assert len(found.drafts) == len(case["issue"])
    pairs = zip(found.drafts, case["issue"], strict=True)
    assert [of_draft(*pair) for pair in pairs] == case["issue"]


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("*a* /b/ _c_ +d+", "<strong>a</strong> <em>b</em> <u>c</u> <del>d</del>"),
        ("=a < *b*=", "<code>a &lt; *b*</code>"),
        ("[[javascript:alert(1)][x]]", "x"),
        ("* a*", "* a*"),
        ("a\\mdash{}b \\rarr c", "a—b → c"),
        ("{{{crane(red, tall)}}}", "red, tall"),
    ],
)
def test_marks_within_a_line_become_tags(text: str, page: str) -> None:
    assert inline(text) == page


AS_ORG = """\
#+title: Quay Letters #31: Bells
#+date: <2024-06-07 Fri>

All of it is about /bells/ this week.

* The ferry's bell
The bell of the ferry is *cracked*, and the mate has said nothing about it.
See [[https://e.org/bell][the report]].

* The church's bell
The bell of the church is whole, and nobody rings it on a weekday.
"""
AS_TEXT = """\
Quay Letters #31: Bells

All of it is about bells this week.

THE FERRY'S BELL

The bell of the ferry is cracked, and the mate has said nothing about it. See the report.

THE CHURCH'S BELL

The bell of the church is whole, and nobody rings it on a weekday.
"""
AS_HTML = """\
<h1>Quay Letters #31: Bells</h1><p>All of it is about <i>bells</i> this week.</p>
<h2>The ferry's bell</h2><p>The bell of the ferry is <b>cracked</b>, and the mate has said nothing
about it. See <a href="https://e.org/bell">the report</a>.</p>
<h2>The church's bell</h2><p>The bell of the church is whole, and nobody rings it on a weekday.</p>
"""


def test_an_issue_as_org_as_text_and_as_html_is_one_record(tmp_path: Path) -> None:
    copies = [source("a.org", AS_ORG), source("a.txt", AS_TEXT), source("a.html", AS_HTML)]
    exports = set()
    for number, order in enumerate(permutations(copies)):
        folder = tmp_path / str(number)
        take_in(folder, *order)
        (issue,) = issues_in(folder)
        assert (issue.head.key, str(issue.head.date)) == ("quay-letters/31", "2024-06-07")
        headings = [section.heading.casefold() for section in issue.sections]
        assert headings == ["the ferry's bell", "the church's bell"]
        assert len(issue.head.sources) == len(copies)
        exports.add(export(folder))
    assert len(exports) == 1


def test_addresses_beside_the_words_of_a_text_do_not_make_it_another_issue(tmp_path: Path) -> None:
    sentences = (
        "The bell of the {ferry} is cracked, and the mate has said nothing about it.",
        "The bell of the {church} is whole, and nobody rings it on a weekday.",
        "The bell of the {school} was sold in the spring, to pay for the roof.",
    )
    places = ("ferry", "church", "school")
    as_org = {name: f"[[https://e.org/{name}?a=1][{name}]]" for name in places}
    as_text = {name: f"[{name}] (<https://e.org/{name}?a=1>)" for name in places}
    paragraphs = [sentence.format(**as_text) for sentence in sentences]
    outline = [sentence.format(**as_org) for sentence in sentences]
    take_in(
        tmp_path,
        source("a.txt", "\n\n".join(paragraphs)),
        source("a.org", "#+title: Bells\n\n" + "\n\n".join(outline)),
    )
    (issue,) = issues_in(tmp_path)
    assert (issue.head.title, len(issue.head.sources)) == ("Bells", 2)
