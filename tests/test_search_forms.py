"""What `search` can be asked for beside ranked hits, and where its numbered hits lead."""

import itertools
import json
import os
import re
from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.conftest import source, take_in
from tests.test_cli import on_terminal, process


@pytest.fixture
def shelf(fresh_archive: Path) -> Path:
    return fresh_archive


def lines(archive: Path, *arguments: str) -> list[str]:
    return process(archive, *arguments).stdout.splitlines()


def test_a_synonym_that_was_found_is_named_and_its_word_is_not_called_missing(shelf: Path) -> None:
    synonyms = 'equal = [["zyzzyva", "compute"]]\n'
    (shelf / "synonyms.toml").write_text(synonyms, encoding="utf-8")
    done = process(shelf, "search", "zyzzyva")
    assert "also found: “compute” for “zyzzyva”" in done.stderr
    assert "no section has" not in done.stderr
    assert "no section has “zyzzyva”" in process(shelf, "search", "zyzzyva", "--strict").stderr


# -- only a part of the answer --------------------------------------------------------------------


def test_count_is_how_many_sections_there_are(shelf: Path) -> None:
    total = json.loads(process(shelf, "search", "compute", "--json").stdout)["total"]
    assert lines(shelf, "search", "compute", "--count") == [str(total)]
    found = json.loads(process(shelf, "search", "compute", "--count", "--json").stdout)
    assert (found["total"], len(found["hits"])) == (total, 1)
    none = process(shelf, "search", "zyzzyva", "--count")
    assert (none.stdout, none.returncode) == ("0\n", Exit.NOTHING_FOUND)


def test_ids_are_addresses_of_all_hits_and_zero_ends_each_with_nul(shelf: Path) -> None:
    total = int(lines(shelf, "search", "compute", "--count")[0])
    ids = lines(shelf, "search", "compute", "--ids")
    assert len(ids) == len(set(ids)) == total
    assert process(shelf, "search", "compute", "--ids", "-0").stdout.split("\0") == [*ids, ""]
    assert lines(shelf, "search", "compute", "--ids", "-n", "2") == ids[:2]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{id}", "395.5"),
        (r"{rank}\t{kind}\t{number}", "1\tstory\t395"),
        ("{{{id}}}", "{395.5}"),
        (r"a\\b{url}c", r"a\bc"),
        ("", ""),
    ],
)
def test_a_template_is_filled_for_each_hit(shelf: Path, template: str, expected: str) -> None:
    query = ("search", "heading:adamw", "--format", template)
    assert process(shelf, *query).stdout == expected + "\n"


@pytest.mark.parametrize(
    ("template", "message"),
    [("{nope}", "no “{nope}” in a hit"), ("{id", "a lone {"), ("id}", "a lone } in the template")],
)
def test_a_template_that_cannot_be_filled_is_refused(
    shelf: Path, template: str, message: str
) -> None:
    done = process(shelf, "search", "compute", "--format", template)
    assert done.returncode == Exit.USAGE
    assert message in done.stderr


def test_a_facet_counts_what_the_search_finds_also_where_no_section_has_every_word(
    shelf: Path,
) -> None:
    words = ("search", "distributed training zeppelin")
    rows = [line.split("\t") for line in lines(shelf, *words, "--facet", "kind")]
    assert sum(int(count) for count, _ in rows) == int(lines(shelf, *words, "--count")[0]) > 0
    assert process(shelf, *words, "--facet", "kind", "--strict").returncode == Exit.NOTHING_FOUND


@pytest.mark.parametrize("more", [["--ids"], ["--count"], ["--format", "{id}"]])
def test_what_a_program_reads_is_not_explained(shelf: Path, more: list[str]) -> None:
    assert lines(shelf, "search", "compute", "--explain", *more) == lines(
        shelf, "search", "compute", *more
    )


@pytest.mark.parametrize("more", [[], ["--group", "issue"]])
@pytest.mark.parametrize("query", ["compute training", "distributed training zeppelin"])
def test_each_hits_explanation_adds_up_to_its_score(
    shelf: Path, query: str, more: list[str]
) -> None:
    said = [line.strip() for line in lines(shelf, "search", query, "--explain", *more)]
    assert said[0].startswith("understood as: ")
    scores = [at for at, line in enumerate(said) if line.startswith("score ")]
    assert len(scores) == min(10, int(lines(shelf, "search", query, "--count")[0]))
    for at in scores:
        points = itertools.takewhile(lambda line: re.match(r"[+-]\d", line), said[at + 1 :])
        terms = [float(line.split()[0]) for line in points]
        below = said[at + 1 + len(terms) : at + 2 + len(terms)]
        share = [float(line.split()[1]) for line in below if line.startswith("x ")]
        total = sum(terms) * (share[0] if share else 1.0)
        assert total == pytest.approx(float(said[at].split()[1]), abs=0.001)


@pytest.mark.parametrize("facet", ["kind", "publication", "year", "issue"])
def test_a_facet_counts_every_section_once(shelf: Path, facet: str) -> None:
    total = int(lines(shelf, "search", "compute", "--count")[0])
    rows = [line.split("\t") for line in lines(shelf, "search", "compute", "--facet", facet)]
    counts = [int(count) for count, _ in rows]
    assert sum(counts) == total
    assert counts == sorted(counts, reverse=True)
    for count, value in rows:
        narrow = {"kind": f"kind:{value}", "issue": f"issue:{value}"}.get(facet)
        if narrow:
            assert lines(shelf, "search", "compute", narrow, "--count") == [count]


def test_grouped_hits_stand_under_their_issues_the_best_first(shelf: Path) -> None:
    plain = hits(shelf, "compute", "-n", "100")
    grouped = hits(shelf, "compute", "-n", "100", "--group", "issue")
    runs: list[str] = []
    for complete in (True, False):  # above the line, and below it
        runs += checked_groups(
            [hit["id"] for hit in plain if hit["complete"] is complete],
            [hit["id"] for hit in grouped if hit["complete"] is complete],
        )
    shown = lines(shelf, "search", "compute", "--group", "issue", "-n", "100")
    assert sum(line.startswith("Import AI") for line in shown) == sum(map(str.isdigit, runs))


def checked_groups(plain: list[str], grouped: list[str]) -> list[str]:
    """The issues of grouped hits, each of them once, in the order of its best hit."""
    assert plain
    assert sorted(plain) == sorted(grouped)
    issues = [name.rpartition(".")[0] for name in grouped]
    runs = [one for at, one in enumerate(issues) if not at or issues[at - 1] != one]
    assert len(runs) == len(set(runs))
    assert runs == list(dict.fromkeys(name.rpartition(".")[0] for name in plain))
    return runs


def hits(archive: Path, *arguments: str) -> list[dict[str, object]]:
    found = json.loads(process(archive, "search", *arguments, "--json").stdout)
    return found["hits"]  # type: ignore[no-any-return]


# -- numbered hits --------------------------------------------------------------------------------


def test_a_hit_of_the_last_search_is_an_address(shelf: Path) -> None:
    ids = lines(shelf, "search", "distributed", "--ids")
    for number in (1, 3):
        shown = process(shelf, "show", f"@{number}").stdout
        assert shown.startswith(f"{ids[number - 1]}  ")
    process(shelf, "related", ids[0])
    assert not process(shelf, "show", "@1").stdout.startswith(f"{ids[0]}  ")


def test_a_search_that_finds_nothing_leaves_the_last_hits(shelf: Path) -> None:
    process(shelf, "search", "heading:adamw")
    process(shelf, "search", "zyzzyva")
    assert process(shelf, "show", "@1").stdout.startswith("395.5  ")


@pytest.mark.parametrize("form", [["--count"], ["--count", "--json"], ["--facet", "kind"]])
def test_a_search_that_only_counts_leaves_the_last_hits(shelf: Path, form: list[str]) -> None:
    process(shelf, "search", "heading:adamw")
    assert process(shelf, "search", "distributed", *form).returncode == Exit.OK
    assert process(shelf, "show", "@1").stdout.startswith("395.5  ")


def test_what_was_not_found_is_said_once_quoted(shelf: Path) -> None:
    done = process(shelf, "search", "zyzzyva", "otter", "--phrase")
    assert '“"' not in done.stderr
    assert "“zyzzyva”" in done.stderr
    dated = process(shelf, "search", "date:1999")
    assert dated.stderr.startswith("backissue: nothing found that is surely of these days\n")
    assert process(shelf, "search", "date:1999 issue:396").stderr.startswith("backissue: nothing")


def test_a_name_with_a_sign_is_no_slip_of_a_plain_word(shelf: Path) -> None:
    assert "did you mean" not in process(shelf, "search", "R&D").stderr


def test_a_hit_that_was_not_shown_is_said_so(shelf: Path) -> None:
    assert "no search was done" in process(shelf, "show", "@1").stderr
    process(shelf, "search", "heading:adamw")
    done = process(shelf, "why", "@2")
    assert done.returncode == Exit.NOTHING_FOUND
    assert "the last search showed 1 hit, no @2; -n N shows more" in done.stderr
    assert process(shelf, "show", "@x").returncode == Exit.USAGE


def test_terminals_do_not_see_one_anothers_hits(shelf: Path) -> None:
    process(shelf, "search", "heading:adamw")
    assert "no search was done in this terminal" in on_terminal(shelf, "show", "@1")


def test_an_archive_that_cannot_be_written_is_searched_all_the_same(shelf: Path) -> None:
    (shelf / "recent").write_text("a file where a folder should be")
    done = process(shelf, "search", "compute")
    assert done.returncode == Exit.OK
    assert done.stdout == process(shelf, "search", "compute").stdout != ""
    assert len(done.stderr.splitlines()) == 1  # how many more there are, and no complaint


def test_what_is_remembered_is_private(shelf: Path) -> None:
    process(shelf, "search", "compute")
    (kept,) = (shelf / "recent").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700


# -- what it links to -----------------------------------------------------------------------------

LINKED = """<h1>Crane Weekly 7: Of cranes</h1><p>by Ada Moore</p>
<h2>Tower cranes</h2><p>They are <a href="https://e.org/tall">tall</a> and stand in cities.</p>
<p>Read more: <a href="https://e.org/paper">The crane paper</a> (Cranes, PDF).</p>
<h2>Small cranes</h2><p>They are birds, and stand in water.</p>"""


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    take_in(tmp_path / "archive", source("cranes.html", LINKED))
    return tmp_path / "archive"


def test_open_prints_what_a_section_sends_its_readers_to(linked: Path) -> None:
    assert lines(linked, "open", "7.1", "--print") == ["https://e.org/paper"]
    assert lines(linked, "open", "7.1", "--link", "1", "--print") == ["https://e.org/tall"]
    done = process(linked, "open", "7.1", "--link", "3", "--print")
    assert "7.1 has 2 links with an address; --link 1 to --link 2" in done.stderr


def test_open_opens_the_browser_that_is_set(linked: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o755)
    done = process(linked, "open", "7.1", BROWSER=str(browser), PATH=os.environ["PATH"])
    assert done.returncode == Exit.OK
    assert seen.read_text() == "https://e.org/paper\n"


def test_open_says_what_to_do_where_there_is_no_address(linked: Path) -> None:
    done = process(linked, "open", "7.2", "--print")
    assert done.returncode == Exit.NOTHING_FOUND
    assert "7.2 has no address to open; to give its page: backissue set 7 url=" in done.stderr
    process(linked, "set", "7", "url=https://cranes.example/7")
    assert lines(linked, "open", "7.2", "--print") == ["https://cranes.example/7"]
    assert lines(linked, "open", "7", "--print") == ["https://cranes.example/7"]


# -- what belongs together ------------------------------------------------------------------------


def test_a_section_that_cites_an_issue_belongs_with_what_it_cites(shelf: Path) -> None:
    found = json.loads(process(shelf, "related", "395.5", "--json").stdout)["related"]
    first = found[0]
    assert first["issue"]["number"] == 393
    assert {"kind": "cites", "names": ["393"]} in first["reasons"]
    assert "395.5 cites 393" in process(shelf, "related", "395.5").stdout
    back = json.loads(process(shelf, "related", first["id"], "--json").stdout)["related"]
    assert any(
        one["id"] == "395.5" and {"kind": "cited", "names": ["393"]} in one["reasons"]
        for one in back
    )


def test_sections_that_link_the_same_paper_belong_together(tmp_path: Path) -> None:
    one = "<h1>Crane Weekly 7: A</h1><p>by Ada Moore</p><h2>Up</h2><p>See <a href='https://arxiv.org/abs/2411.19870'>it</a>.</p><h2>Down</h2><p>Nothing.</p>"
    two = "<h1>Crane Weekly 8: B</h1><p>by Ada Moore</p><h2>Far</h2><p>Or <a href='https://arxiv.org/pdf/2411.19870v2'>this</a>.</p><h2>Near</h2><p>More.</p>"
    take_in(tmp_path / "archive", source("1.html", one), source("2.html", two))
    found = json.loads(process(tmp_path / "archive", "related", "7.1", "--json").stdout)["related"]
    assert [(item["id"], item["reasons"]) for item in found] == [
        ("8.1", [{"kind": "link", "names": ["arXiv 2411.19870"]}])
    ]


def test_what_belongs_with_nothing_is_said_so(tmp_path: Path) -> None:
    take_in(tmp_path / "archive", source("1.html", LINKED))
    done = process(tmp_path / "archive", "related", "7.1")
    assert (done.returncode, done.stdout) == (Exit.NOTHING_FOUND, "")
    assert "no section is related to 7.1" in done.stderr
    assert process(tmp_path / "archive", "related", "7").returncode == Exit.USAGE


# -- saved searches -------------------------------------------------------------------------------


def test_a_search_is_kept_listed_and_forgotten(shelf: Path) -> None:
    assert "saved as :chips" in process(shelf, "search", "chip* OR gpu", "--save", "Chips").stderr
    assert lines(shelf, "searches") == [":chips\tchip* OR gpu"]
    assert json.loads(process(shelf, "searches", "--json").stdout)["searches"] == [
        {"name": "chips", "query": "chip* OR gpu"}
    ]
    assert process(shelf, "searches", "--forget", ":chips").returncode == Exit.OK
    assert process(shelf, "searches").returncode == Exit.NOTHING_FOUND
    assert "no search “chips”" in process(shelf, "searches", "--forget", "chips").stderr


def test_a_kept_search_keeps_what_narrowed_it_and_is_found_in_any_case(shelf: Path) -> None:
    narrowed = ("search", "compute", "--issue", "390..393", "--kind", "story", "--in", "why")
    done = process(shelf, *narrowed, "--save", "chips")
    assert "saved as :chips: why:compute" in done.stderr
    assert lines(shelf, "search", ":Chips", "--ids") == lines(shelf, *narrowed, "--ids") != []


def test_a_search_that_would_use_itself_is_not_kept(shelf: Path) -> None:
    process(shelf, "search", "gpu", "--save", "chips")
    done = process(shelf, "search", ":chips OR tpu", "--save", "chips")
    assert done.returncode == Exit.USAGE
    assert "the saved search “chips” uses itself" in done.stderr
    assert lines(shelf, "searches") == [":chips\tgpu"]


def test_a_search_that_cannot_be_named_so_is_refused(shelf: Path) -> None:
    done = process(shelf, "search", "gpu", "--save", "my chips")
    assert done.returncode == Exit.USAGE
    assert "is no name for a search" in done.stderr


def test_saved_searches_outlive_a_rebuild(shelf: Path) -> None:
    process(shelf, "search", "gpu", "--save", "chips")
    process(shelf, "rebuild")
    assert lines(shelf, "searches") == [":chips\tgpu"]


def test_damaged_saved_searches_are_named(shelf: Path) -> None:
    (shelf / "searches.json").write_text("[1]")
    done = process(shelf, "searches")
    assert done.returncode == Exit.NO_ARCHIVE
    assert "searches.json is damaged" in done.stderr


def test_days_that_run_backwards_are_refused(shelf: Path) -> None:
    done = process(shelf, "search", "compute", "--since", "2025", "--until", "2024")
    assert done.returncode == Exit.USAGE
    assert "--since 2025 is after --until 2024" in done.stderr


def test_runs_within_a_compound_are_no_words_in_common(shelf: Path) -> None:
    assert " of-the-art" not in process(shelf, "related", "395.3").stdout
