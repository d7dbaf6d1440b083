"""The promises of related words: where no section has all of a query, what to try next, and why."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backissue.index import Index
from backissue.index.storage.writer import write
from backissue.query import SearchOptions
from backissue.query.parsing import parse
from backissue.records import Found, Issue
from tests.test_index import issue, section

# Three sections of a page share a fusor and a tokamak; two more have these, and no star machine.
STARS = (
    issue(1, "a star machine in a garage: the fusor glows, and the tokamak waits"),
    issue(2, "a star over the fusor, the fusor and the tokamak, made at home"),
    issue(3, "the machine beside a fusor hums"),
    issue(4, "a fusor of brass"),
    issue(5, "a tokamak of steel"),
)
FILLER = [issue(100 + n, "ordinary news of markets and weather stands here") for n in range(60)]


@contextmanager
def holding(folder: Path, *issues: Issue) -> Iterator[Index]:
    folder.mkdir(exist_ok=True)
    write(folder / "index", add=[*issues, *FILLER])
    with Index.open(folder / "index") as opened:
        yield opened


def asked(index: Index, query: str, **options: Any) -> Found:
    plain = {"partial": True, "fill": True, "related_words": True, "limit": 10}
    return index.searcher.search(SearchOptions(query=parse(query), **plain | options))


def offered(folder: Path, query: str, *issues: Issue, **options: Any) -> tuple[str, ...]:
    with holding(folder, *issues) as index:
        return asked(index, query, **options).related_words


def test_what_the_best_partial_matches_share_is_offered_most_telling_first(tmp_path: Path) -> None:
    assert offered(tmp_path, "homemade star machine", *STARS) == ("fusor", "tokamak")


def test_each_word_offered_brings_another_section_onto_the_page(tmp_path: Path) -> None:
    with holding(tmp_path, *STARS) as index:
        found = asked(index, "homemade star machine")
        page = {hit.issue.id for hit in found.hits}
        for word in found.related_words:
            more = asked(index, f"homemade star machine {word}")
            assert {hit.issue.id for hit in more.hits} - page


def test_a_word_that_changes_nothing_is_not_offered(tmp_path: Path) -> None:
    # On a page of three, the sections that have a fusor and nothing else do not come in sight.
    assert offered(tmp_path, "homemade star machine", *STARS, limit=3) == ()
    # And without those, there is nothing to bring in sight.
    assert offered(tmp_path / "2", "homemade star machine", *STARS[:3]) == ()


def test_nothing_is_offered_where_a_section_has_all_words_or_it_is_not_asked_for(
    tmp_path: Path,
) -> None:
    with holding(tmp_path, *STARS) as index:
        assert asked(index, "star machine").related_words == ()
        assert asked(index, "fusor").related_words == ()
        assert asked(index, "homemade star machine", related_words=False).related_words == ()
        assert asked(index, "homemade star machine", partial=False).related_words == ()
        assert asked(index, "homemade star machine", limit=None).related_words == ()


def test_nothing_is_offered_where_nothing_is_found(tmp_path: Path) -> None:
    assert offered(tmp_path, "zebra gnu okapi", *STARS) == ()


@pytest.mark.parametrize(
    "word",
    [
        "fusors",  # an inflection of what is asked for
        "fusor-like",  # a compound of it
        "rapidly",  # says how, not what
        "whether",  # holds sentences together
        "important",  # is in texts on anything
        "2024",
        "3.5",
        "example.org",
        "max_tokens",
        "don't",
        "x",
    ],
)
def test_a_word_that_says_nothing_new_is_not_offered(tmp_path: Path, word: str) -> None:
    bodies = [f"the fusor {word} glows", f"a fusor {word} waits", f"{word} alone", f"more {word}"]
    issues = [issue(n, body) for n, body in enumerate(bodies, 1)]
    assert offered(tmp_path, "fusor zebra okapi gnu", *issues) == ()


@pytest.mark.parametrize("query", ["tokamak* zebra gnu", "tokamac~ zebra gnu", "tok?mak zebra gnu"])
def test_a_word_that_the_query_stands_for_is_not_offered(tmp_path: Path, query: str) -> None:
    bodies = ("a tokamak by the lagoon", "the lagoon, a tokamak", "a lagoon", "tokamaks, lagoons")
    issues = [issue(n, body) for n, body in enumerate(bodies, 1)]
    assert offered(tmp_path, query, *issues) == ("lagoon",)


def test_a_word_left_out_of_the_query_is_not_offered(tmp_path: Path) -> None:
    issues = (*STARS, issue(6, "a star by a fusor"), issue(7, "a machine, a fusor"))
    assert offered(tmp_path, "homemade star machine", *issues) == ("fusor", "tokamak")
    assert offered(tmp_path / "2", "homemade star machine -tokamak", *issues) == ("fusor",)


def test_a_synonym_that_is_searched_for_anyway_is_not_offered(tmp_path: Path) -> None:
    own = (("star",), ("tokamak",))
    from backissue.query import Synonyms

    found = offered(tmp_path, "homemade star machine", *STARS, synonyms=Synonyms(own=(own,)))
    assert found == ("fusor",)


def test_a_name_is_offered_whole_or_by_a_part_but_not_both(tmp_path: Path) -> None:
    bodies = ("a lagoon, LLaMa-3.1", "LLaMa-3.1 by the lagoon", "LLaMa-3.1", "LLaMa-3.1 and LLaMa")
    issues = [issue(n, body) for n, body in enumerate(bodies, 1)]
    assert offered(tmp_path, "lagoon zebra gnu", *issues) == ("llama",)


def test_a_word_of_a_heading_outranks_one_of_the_body(tmp_path: Path) -> None:
    issues = (
        issue(1, section(heading="Lagoon of herons", body="zinc in the lagoon")),
        issue(2, section(heading="Herons", body="a lagoon, and zinc")),
        issue(3, section(heading="Few", body="herons")),
        issue(4, section(heading="None", body="zinc")),
    )
    assert offered(tmp_path, "lagoon zebra gnu", *issues) == ("herons", "zinc")


def test_writing_without_spaces_is_offered_in_whole_words(tmp_path: Path) -> None:
    issues = (
        issue(1, "芯片出口的限制和量子计算机有关"),
        issue(2, "芯片,量子计算机"),
        issue(3, "量子计算机很快"),
        issue(4, "天气很好"),
    )
    with holding(tmp_path, *issues) as index:
        found = asked(index, "芯片 斑马 羚羊")
        assert found.related_words == ("量子计算机",)
        more = asked(index, f"芯片 斑马 羚羊 {found.related_words[0]}")
        assert [hit.issue.id for hit in more.hits] == ["2", "3", "1"]


def test_a_pasted_text_gets_no_offer(tmp_path: Path) -> None:
    pasted = " ".join(f"word{n}" for n in range(50))
    assert offered(tmp_path, f"star machine {pasted}", *STARS) == ()


def test_the_same_words_come_whatever_the_order_of_the_hits(tmp_path: Path) -> None:
    from backissue.query import Sort

    with holding(tmp_path, *STARS) as index:
        found = {asked(index, "homemade star machine", sort=sort).related_words for sort in Sort}
    assert found == {("fusor", "tokamak")}


# --- what the command says -----------------------------------------------------------------------

QUERY = ("universities", "lack", "GPUs")


def backissue(archive: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backissue", "--archive", str(archive), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_offers_words_with_a_line_to_paste(archive: Path) -> None:
    done = backissue(archive, "search", *QUERY)
    (line,) = [line for line in done.stderr.splitlines() if "related words here" in line]
    words = line.partition("here: ")[2].partition(" (")[0].split(", ")
    typed = shlex.split(line.partition("(try: ")[2].removesuffix(")"))
    assert typed == ["backissue", "search", f"universities lack gpus {words[0]}"]
    assert backissue(archive, *typed[1:]).returncode == 0
    as_json = json.loads(backissue(archive, "search", *QUERY, "--json").stdout)
    assert as_json["related_words"] == words


@pytest.mark.parametrize(
    "option", ["--count", "--ids", "--format={id}", "--facet=kind", "--strict", "--ids -n 5"]
)
def test_no_words_are_offered_to_a_program_or_where_nothing_may_lack(
    archive: Path, option: str
) -> None:
    done = backissue(archive, "search", *QUERY, *option.split())
    assert "related words" not in done.stderr
