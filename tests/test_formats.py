"""`--format` on every list: its fields, their widths, and what is wrong in a template."""

import json
import re
from pathlib import Path

import pytest
from wcwidth import wcswidth

from backissue.cli.boundary import run
from backissue.errors import Exit
from backissue.render import listed
from backissue.render.cells import fitted, width
from tests.conftest import source, take_in
from tests.test_cli import EVIL, OBEYED, process
from tests.test_screens import TEXTS

LISTS = {
    "issues": (listed.ISSUES, ["issues"]),
    "publications": (listed.PUBLICATIONS, ["publications"]),
    "search": (listed.HITS, ["search", "distributed training", "-n", "20"]),
    "related": (listed.RELATED, ["related", "395.5"]),
    "why": (listed.WHYS, ["why", "395"]),
    "missing": (listed.MISSING, ["missing"]),
    "repairs": (listed.REPAIRS, ["repairs", "situational-awareness"]),
    "searches": (listed.SEARCHES, ["searches"]),
    "log": (listed.RUNS, ["log"]),
    "undo": (listed.UNDOABLE, ["undo", "--list"]),
    "fields": (listed.FIELDS, ["fields"]),
}
NAMES = [(name, field) for name, (one, _) in LISTS.items() for field in one.fields]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    """An archive in which each list has something."""
    folder = tmp_path_factory.mktemp("formats") / "archive"
    process(folder, "ingest", str(seeds))
    process(folder, "search", "chips", "--save", "chips")
    process(folder, "set", "395", "date=2024-12-23")
    process(folder, "set", "390", "number=380")  # so that numbers are missing
    return folder


def formatted(archive: Path, name: str, template: str, *more: str) -> str:
    done = process(archive, *LISTS[name][1], "--format", template, *more)
    assert done.returncode in {Exit.OK, Exit.FINDINGS}, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", LISTS)
def test_each_field_of_each_list_can_be_written(name: str, shelf: Path) -> None:
    fields = LISTS[name][0].fields
    names = [field for field in fields if field != "markdown"]
    template = "\\t".join(f"{{{field}}}" for field in names)
    rows = [line.split("\t") for line in formatted(shelf, name, template).splitlines()]
    assert rows
    assert {len(row) for row in rows} == {len(names)}
    known = {field for row in rows for field, cell in zip(names, row, strict=True) if cell}
    absent = {"url", "issue", "intro", "first", "last", "number", "witness", "of", "deck", "key"}
    absent |= {"volume"}
    assert set(names) - known <= absent


def test_a_template_without_a_list_takes_nothing_back(shelf: Path) -> None:
    done = process(shelf, "undo", "--format", "{id}")
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert done.stderr == "backissue: --format is for a list; add --list: nothing is taken back\n"
    assert formatted(shelf, "undo", "{id} {command}").startswith("1 set\n2 set\n3 ingest\n")


@pytest.mark.parametrize("name", LISTS)
def test_the_help_of_each_list_names_its_fields(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run([LISTS[name][1][0], "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert ", ".join(LISTS[name][0].fields) in shown


OF_A_TEXT = ["why", "thesis", "text", "markdown", "links", "url", "date", "key", "words", "id"]


@pytest.mark.parametrize("name", ["search", "related", "why"])
def test_sections_have_all_fields_of_a_section(name: str) -> None:
    assert {*OF_A_TEXT, "heading"} <= set(LISTS[name][0].fields)


def test_issues_have_the_fields_of_their_sections(shelf: Path) -> None:
    assert {*OF_A_TEXT, "title"} <= set(listed.ISSUES.fields)
    whole = json.loads(process(shelf, "show", "395", "--json").stdout)["issue"]
    line = process(shelf, "issues", "395", "--format", "{why}\\t{thesis}\\t{links}\\t{text}").stdout
    why, thesis, links, text = line.rstrip("\n").split("\t")
    passages = [one["why"] for one in whole["sections"] if one["why"]]
    assert why == " ".join(
        "\n\n".join(one["text"] for one in passages).replace("\n\n", "\n").split("\n")
    )
    assert thesis.split("; ")[0] == passages[0]["thesis"]
    assert set(links.split()) >= {link["url"] for link in whole["sections"][0]["links"]}
    assert whole["sections"][1]["text"].splitlines()[0] in text


def test_what_is_not_known_is_empty(shelf: Path) -> None:
    rows = process(shelf, "issues", "394", "396", "--format", "{id}|{date}|{url}").stdout
    assert rows == "396|2025-01-20|\n394||\n"
    assert process(shelf, "issues", "394", "--format", "{date:10}|").stdout == " " * 10 + "|\n"


def test_markdown_keeps_its_lines_and_text_is_one_line(shelf: Path) -> None:
    section = json.loads(process(shelf, "show", "395.1", "--json").stdout)["section"]
    assert (
        process(shelf, "why", "395.1", "--format", "{markdown}").stdout
        == section["markdown"] + "\n"
    )
    assert "\n" in section["text"]
    assert process(shelf, "why", "395.1", "--format", "{text}").stdout.count("\n") == 1


def test_items_end_with_nul_where_asked(shelf: Path) -> None:
    for name in LISTS:
        output = formatted(shelf, name, "x", "-0")
        assert output
        assert set(output) == {"x", "\0"}


def test_json_has_no_template(shelf: Path) -> None:
    done = process(shelf, "issues", "395", "--format", "{id}", "--json")
    assert json.loads(done.stdout)["issues"][0]["id"] == "395"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{idd}", "did you mean {id}?"),
        ("{nonesuch}", "no “{nonesuch}” in "),
        ("{}", "no “{}” in "),
        ("{nonesuch:10}", "no “{nonesuch}” in "),
        ("{", "a lone { in the template (column 1); write {{ or }} for a brace"),
        ("a}", "a lone } in the template (column 2)"),
    ],
)
def test_what_is_wrong_in_a_template_is_named(
    name: str, template: str, says: str, shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if template == "{idd}" and "id" not in LISTS[name][0].fields:
        says = "no “{idd}” in a run; there are when"
    code = run(["--archive", str(shelf), *LISTS[name][1], "--format", template])
    written = capsys.readouterr()
    assert (code, written.out) == (Exit.USAGE, "")
    assert says in written.err


@pytest.mark.parametrize("spec", ["x", "0", "-5", "5x", "1000", "=5", ""])
def test_a_width_that_is_none_is_named(
    spec: str, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["--archive", str(archive), "issues", "--format", f"{{title:{spec}}}"])
    assert code == Exit.USAGE
    assert "write {title:40}, or {title:>40} for the right" in capsys.readouterr().err


@pytest.mark.parametrize("text", [text for text, _ in TEXTS.values() if "\x1b" not in text])
@pytest.mark.parametrize("cells", [1, 2, 5, 20, 40, 500])
@pytest.mark.parametrize("align", ["<", ">", "^"])
def test_a_width_is_one_of_cells(text: str, cells: int, align: str) -> None:
    line = fitted(text, cells, align)
    assert width(line) == cells
    if not re.search("[\U0001f1e6-\U0001f1ff\u200d\ufe0f\u1100-\u11ff]", text):  # versions differ
        assert wcswidth(line) == cells
    bare = line.strip(" ").removesuffix("…").rstrip()
    assert text.strip().startswith(bare)


def test_columns_of_other_scripts_stand_under_one_another(tmp_path: Path) -> None:
    made = [
        source(f"{number}.txt", f"Words of {number}.", publication="P", number=number, title=title)
        for number, title in enumerate(
            ("Cranes", "起重机在工作起重机", "Ca\u0301c cẩu", "항구의"), 1
        )
    ]
    take_in(tmp_path / "a", *made)
    rows = process(tmp_path / "a", "issues", "--format", "{title:12}|{id:>3}|").stdout.splitlines()
    assert {wcswidth(row) for row in rows} == {17}
    assert rows[2] == "起重机在工…" + " |  2|"


def test_what_a_template_shows_cannot_command_a_terminal(tmp_path: Path) -> None:
    take_in(tmp_path / "a", source("evil.txt", EVIL))
    for typed in (["issues"], ["search", "words"], ["why", "500.1"]):
        for field in ("title", "markdown", "text", "title:200", "why"):
            shown = process(tmp_path / "a", *typed, "--format", f"{{{field}}}").stdout
            assert shown.strip()
            assert not set(shown) & set(OBEYED)
