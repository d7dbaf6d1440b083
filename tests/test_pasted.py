"""Text that was copied is a query: what is searched for, what is left out of it, what it finds."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backissue.archive.settings import INDEX
from backissue.cli.boundary import run
from backissue.cli.omissions import omissions
from backissue.cli.searching import SearchArguments, search_options
from backissue.errors import Exit
from backissue.index import Index
from backissue.query.parsing import parse
from backissue.records import Section
from backissue.text.prose import plain

CASES = Path(__file__).parent / "cases" / "query" / "pasted.toml"
TYPED = [
    pytest.param(text, expected, id=text)
    for group in tomllib.loads(CASES.read_text(encoding="utf-8")).values()
    for text, expected in group.items()
    if expected
]


@pytest.mark.parametrize(("text", "expected"), TYPED)
def test_of_copied_text_the_words_are_searched_for(text: str, expected: list[str]) -> None:
    query = parse(text)
    left_out = [f"{one.kind.name.lower()} {one.column}" for one in query.left_out]
    assert [str(query), *left_out] == expected
    assert query.source == text


# -- every heading, deck and first sentence of the founding documents ------------------------------


def pasted(section: Section) -> Iterator[tuple[str, str]]:
    """What you may copy of a section, and where it stands."""
    yield "heading", section.heading
    if section.deck:
        yield "deck", section.deck
    text = plain(section.blocks) or section.heading
    sentence = re.match(r".+?[.!?…][”\"’')]*(?=\s|$)", text, re.DOTALL)
    yield "sentence", sentence[0] if sentence else text.partition("\n")[0]


@pytest.fixture(scope="module")
def founding(archive: Path) -> Iterator[Index]:
    with Index.open(archive / INDEX) as index:
        yield index


def every_section(index: Index) -> Iterator[tuple[str, int, Section]]:
    for head in index.shelf.heads():
        issue = index.shelf.issue(head.key)
        for section in issue.sections if issue else ():
            yield head.key, section.position, section


def first_hit(archive: Path, index: Index, asked: SearchArguments) -> tuple[str, int] | None:
    """The section that the command shows first."""
    hits = index.searcher.search(search_options(archive, index, asked)).hits
    return (hits[0].issue.key, hits[0].section.position) if hits else None


def test_what_is_copied_from_a_section_finds_that_section_first(
    archive: Path, founding: Index
) -> None:
    asked, others = 0, []
    for key, position, section in every_section(founding):
        for kind, text in pasted(section):
            whole = SearchArguments(query=(text,), limit=1)
            several = SearchArguments(query=tuple(text.split()), limit=1)
            assert parse(whole.text).root == parse(several.text).root
            asked += 1
            if first_hit(archive, founding, whole) != (key, position):
                others.append(f"{kind} {key}.{position}: {text}")
    assert asked == 145 + 47 + 145
    assert len(others) <= 0.01 * asked, "\n".join(others)


@pytest.mark.parametrize(
    "narrowed", [{"strict": True}, {"within": "heading"}], ids=["strict", "in headings"]
)
def test_a_copied_heading_finds_its_section_in_narrower_searches(
    narrowed: dict[str, Any], archive: Path, founding: Index
) -> None:
    for key, position, section in every_section(founding):
        asked = SearchArguments(query=(section.heading,), limit=1, **narrowed)
        assert first_hit(archive, founding, asked) == (key, position)


# -- what the command says -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain words, “in print”", ""),
        ("a – b", "left out: “–” (a sign alone)"),
        ("a – b – c", "left out: “–” (a sign alone)"),
        ("a – b & c + d > e / f", "left out: “–”, “&”, “+” and 2 more (signs alone)"),
        ('a "b', "left out: the unpaired quotation mark at column 3"),
        ("a (b (c", "left out: the unpaired brackets at columns 3, 6"),
        ("Portland, OR", "left out: “OR” (an operator without a word)"),
        ("a/b* x", "left out: the * or ~ of “a/b*”"),
        ("Source: Wired", "“source:” is a word here; to search the field: source:value"),
        (
            "Title: why: –",
            "left out: “–” (a sign alone); “title:”, “why:” are words here; to search",
        ),
        ("word " * 257, "left out: the last word (a query has at most 256 words and 10,000 char"),
        ("word " * 5000, "left out: the last 4,744 words (a query has at most"),
    ],
)
def test_all_that_is_left_out_is_said_in_one_line(text: str, said: str) -> None:
    line = omissions(parse(text))
    assert line.startswith(said) if said else line == ""
    assert "\n" not in line


@pytest.mark.parametrize(
    "typed",
    [
        ["AI", "chips", "-", "the", "year"],
        ["AI", "chips", "–", "the", "year"],
        ["AI", "chips", "---", "the", "year"],
        ["AI chips - the year"],
        ["- AI chips the year"],
        ["-- AI chips the year"],
        ["--- AI chips the year"],
        ["AI", "chips", "the", "year", "-", "-n", "3"],
        ["AI", "-*", "chips", "the", "year"],
        ["AI", "--…", "chips", "the", "year"],
    ],
    ids=" ".join,
)
def test_a_lone_dash_is_no_option_and_excludes_nothing(
    typed: list[str], archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = run(["--archive", str(archive), "search", "--ids", "-n3", "AI chips the year"])
    same = capsys.readouterr()
    assert run(["--archive", str(archive), "search", "--ids", "-n3", *typed]) == expected == Exit.OK
    written = capsys.readouterr()
    assert written.out == same.out
    first, *others = written.err.splitlines()
    assert re.fullmatch(r"backissue: left out: “[-–*…]+” \(a sign alone\)", first)
    assert others == same.err.splitlines()


def test_two_dashes_alone_end_the_options_and_the_text_goes_on(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = []
    for typed in (["--ids", "AI", "chips", "--", "the", "year"], ["--ids", "AI chips the year"]):
        assert run(["--archive", str(archive), "search", *typed]) == Exit.OK
        written.append(capsys.readouterr())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("WHAT WE DO NOT KNOW", "without “know”; to search for it, put it in quotes"),
        (
            "Support for -moz-radius* and -moz-box has been removed from it",
            "without “moz-radius*”, “moz-box”; to search for them, put them in quotes",
        ),
        ("chips -china", ""),  # typed, not copied
        ("chips NOT China", ""),
        ("what chips were made in the year before this one", ""),
    ],
)
def test_what_a_dash_or_not_excludes_in_a_copied_text_is_named(
    typed: str, said: str, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(archive), "search", typed]) == Exit.OK
    notes = capsys.readouterr().err.splitlines()
    without = [note for note in notes if note.startswith("backissue: without ")]
    assert without == ([f"backissue: {said}"] if said else [])


def test_an_option_within_a_quoted_argument_is_named(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(archive), "search", "--issue 395"]) == Exit.USAGE
    assert "--issue" in capsys.readouterr().err


@pytest.mark.parametrize(
    "form", [["--json"], ["--ids"], ["--count"], ["--facet", "kind"], ["--brief"]]
)
def test_what_is_left_out_changes_nothing_but_standard_error(
    form: list[str], archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(archive), "search", "chips the year", *form]) == Exit.OK
    plain_text = capsys.readouterr()
    assert run(["--archive", str(archive), "search", "chips – the year (", *form]) == Exit.OK
    written = capsys.readouterr()
    assert written.out.replace("chips – the year (", "chips the year") == plain_text.out
    said = "left out: “–” (a sign alone), the unpaired bracket at column 18"
    assert written.err.splitlines()[0] == f"backissue: {said}"
    assert written.err.count("left out") == 1


def test_a_search_is_saved_as_typed_and_reports_its_signs_once(
    fresh_archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = ["--archive", str(fresh_archive)]
    assert run([*archive, "search", "distributed – training (", "--save", "both"]) == Exit.OK
    assert "saved as :both: distributed – training (" in capsys.readouterr().err
    assert run([*archive, "search", ":both"]) == Exit.OK
    assert "left out" not in capsys.readouterr().err
    assert run([*archive, "search", "–", "--save", "none"]) == Exit.USAGE


@pytest.mark.parametrize(
    "typed", [["–"], ["-"], ["?"], ['""'], ["(", ")"], ["–", "--phrase"], ["OR"]]
)
def test_a_query_of_nothing_but_signs_is_an_error_with_a_hint(
    typed: list[str], archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(archive), "search", *typed]) == Exit.USAGE
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    assert "column 1" in written.err
    assert "; " in written.err
