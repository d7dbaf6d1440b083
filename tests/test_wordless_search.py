"""A search without words lists what its options name."""

import json
from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.test_cli import process


def lines(archive: Path, *arguments: str) -> list[str]:
    done = process(archive, "search", *arguments)
    assert done.returncode == Exit.OK, done.stderr
    return done.stdout.splitlines()


FICTION = [f"{number}." for number in range(396, 385, -1)]


@pytest.mark.parametrize(
    ("options", "query"),
    [
        (["--kind", "fiction"], "kind:fiction"),
        (["--issue", "395"], "issue:395"),
        (["--issue", "390..392", "--kind", "story"], "issue:390..392 kind:story"),
        (["--publication", "Import AI", "--since", "2025"], "issue:import-ai/ date:2025.."),
        (["--until", "2025-01-20"], "date:..2025-01-20"),
    ],
)
def test_options_alone_list_all_that_they_name(
    archive: Path, options: list[str], query: str
) -> None:
    listed = lines(archive, *options, "--ids")
    assert listed == lines(archive, query, "--ids")
    assert lines(archive, *options, "--count") == [str(len(listed))]
    assert lines(archive, "", *options, "--ids") == lines(archive, " ", *options, "--ids") == listed
    counted = [row.split("\t") for row in lines(archive, *options, "--facet", "issue")]
    assert sum(int(count) for count, _ in counted) == len(listed)


def test_the_newest_come_first_and_each_issue_in_its_order(archive: Path) -> None:
    tales = lines(archive, "--kind", "fiction", "--ids")
    assert [tale.partition(".")[0] + "." for tale in tales] == FICTION
    assert lines(archive, "--kind", "fiction", "--ids", "--sort", "oldest") == tales[::-1]
    assert lines(archive, "--issue", "395", "--ids") == [f"395.{n}" for n in range(1, 7)]
    done = process(archive, "search", "--kind", "fiction")
    assert "10 of 11 sections; -n 11 shows all" in done.stderr


def test_what_is_shown_of_a_section_is_its_beginning(archive: Path) -> None:
    done = process(archive, "search", "--kind", "fiction", "--json", "-n", "1")
    answer = json.loads(done.stdout)
    assert (answer["query"], answer["total"], answer["relaxed"]) == ("", 11, False)
    (hit,) = answer["hits"]
    assert (hit["id"], hit["snippet"]["field"]) == ("396.7", "body")
    assert hit["snippet"]["text"].startswith("[T-Minus 2 years to takeoff] ")
    assert hit["snippet"]["highlights"] == hit["heading_highlights"] == []
    shown = json.loads(process(archive, "show", "396.7", "--json").stdout)["section"]["text"]
    assert " ".join(shown.split()).startswith(hit["snippet"]["text"].removesuffix("…").strip())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no words to search for; write backissue search WORDS, or narrow"),
        ([""], "no words to search for; write backissue search WORDS, or narrow"),
        (["  ", "--json"], "no words to search for"),
        (["-n", "3"], "no words to search for"),
        (["--phrase"], "no words to search for"),
        (["--in", "why"], "no words to look for in why; write backissue search WORDS --in why"),
        (["--in", "wy", "--issue", "395"], "no text field “wy” to search in; did you mean why?"),
        (["--kind", "fictoin"], "no kind “fictoin”; did you mean fiction?"),
        (["--count", "--save", "all"], "nothing to save"),
    ],
)
def test_what_names_nothing_is_answered_with_what_to_type(
    archive: Path, arguments: list[str], said: str
) -> None:
    done = process(archive, "search", *arguments)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_option_that_sorts_or_counts_is_about_every_section(archive: Path) -> None:
    (every,) = lines(archive, "--count")
    assert int(every) == int(lines(archive, "NOT nowherezzz", "--count")[0])
    assert lines(archive, "--sort", "oldest", "--ids", "-n", "1") == ["386.1"]
    kinds = [row.split("\t") for row in lines(archive, "--facet", "kind")]
    assert sum(int(count) for count, _ in kinds) == int(every)


def test_a_saved_search_may_be_without_words(fresh_archive: Path) -> None:
    saved = process(fresh_archive, "search", "--kind", "fiction", "--issue", "390..", "--save", "f")
    assert "saved as :f: issue:390.. kind:fiction" in saved.stderr
    assert lines(fresh_archive, ":f", "--count") == ["7"]
    assert process(fresh_archive, "show", "@1").stdout.startswith("396.7  ")


def test_a_list_that_is_empty_says_so(archive: Path) -> None:
    done = process(archive, "search", "--kind", "note", "--issue", "395")
    assert (done.returncode, done.stdout) == (Exit.NOTHING_FOUND, "")
    assert done.stderr.startswith("backissue: nothing found; without ")
