"""Code keeps its lines and a table its columns, from the source to the screen and back."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from backissue.ingest.readers import markdown as reading
from backissue.ingest.sources import Source
from backissue.records import Block, BlockKind, Issue, Run
from backissue.text.prose import compared, fingerprints_of, markdown, plain, rows_of
from tests.conftest import issues_in, source, take_in
from tests.test_cli import on_terminal, process
from tests.test_export import come_again, told

PAGE = """\
<h1>Harbour Code 7: Cranes</h1>
<h2>Cranes are counted</h2>
<p>Words about cranes, so that this is a story of its own, with enough of them to be one.</p>
<pre><code>for crane in cranes:
    if crane.lifts &gt; 9:
        print(f"{crane.name}: a name so long that no narrow screen shows the whole line", crane)


Read more: nothing
</code></pre>
<table><thead><tr><th>Port</th><th>Depth</th><th>What they say of it</th></tr></thead>
<tr><td>Hull</td><td>9</td><td>a port with a bar | and <b>tides</b></td></tr>
<tr><td>函館市</td><td>12</td><td></td></tr></table>
<h2>Ships are counted</h2>
<p>Other words about ships, of which there are enough for one more story in this issue.</p>
"""
CODE = """\
for crane in cranes:
    if crane.lifts > 9:
        print(f"{crane.name}: a name so long that no narrow screen shows the whole line", crane)


Read more: nothing"""


def taken(page: str) -> Source:
    """A page as a source, of the seventh issue."""
    return source("page.html", page, publication="Harbour Code", number=7)


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    """An archive of one issue with code and a table."""
    folder = tmp_path / "harbour"
    take_in(folder, taken(PAGE))
    return folder


def only(archive: Path) -> Issue:
    (issue,) = issues_in(archive)
    return issue


def test_code_and_a_table_are_one_block_each_and_no_line_in_them_is_a_link_line(
    harbour: Path,
) -> None:
    section = only(harbour).sections[0]
    kinds = [block.kind for block in section.blocks]
    assert kinds == [BlockKind.PARAGRAPH, BlockKind.CODE, BlockKind.TABLE]
    assert section.blocks[1].text == CODE
    assert not section.links
    assert section.words == len(plain(section.blocks).split()) + 2  # 函館市 is three


def test_in_a_pipe_code_has_its_lines_and_a_row_is_a_line_of_cells_with_tabs(harbour: Path) -> None:
    shown = process(harbour, "show", "7.1").stdout
    assert f"\n\n{CODE}\n\n" in shown
    assert "\nPort\tDepth\tWhat they say of it\nHull\t9\ta port with a bar | and tides\n" in shown


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_on_a_terminal_no_line_of_code_is_lost_and_columns_stand_under_one_another(
    harbour: Path, columns: int
) -> None:
    from rich.cells import cell_len

    shown = on_terminal(harbour, "show", "7.1", columns=columns, NO_COLOR="1").replace("\r\n", "\n")
    shown = re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", shown)
    lines = [line.rstrip() for line in shown.split("\n")]
    assert max(map(cell_len, lines)) <= columns
    assert "  for crane in cranes:" in lines
    assert "      if crane.lifts > 9:" in lines
    code = shown.partition("for crane")[2].partition("Read more")[0]
    assert "".join(CODE.partition("for crane")[2].partition("Read more")[0].split()) == "".join(
        code.split()
    )
    head = next(line for line in lines if line.startswith("  Port"))
    ends = {head.index("Depth") + len("Depth")}
    for port in ("Hull", "函館市"):
        row = next(line for line in lines if line.startswith(f"  {port}"))
        number = re.search(r"9|12", row)
        assert number
        ends.add(cell_len(row[: number.end()]))
    assert len(ends) == 1


def test_a_table_too_wide_for_the_screen_has_a_line_for_each_value(tmp_path: Path) -> None:
    names = "".join(f"<th>Column number {n}</th>" for n in range(8))
    cells = "".join(f"<td>a value of {n}</td>" for n in range(8))
    page = PAGE.replace("<th>Port</th>", names).replace("<td>Hull</td>", cells)
    page = page.replace("<td>函館市</td>", cells)
    take_in(tmp_path / "archive", taken(page))
    shown = on_terminal(tmp_path / "archive", "show", "7.1", columns=60, NO_COLOR="1").replace(
        "\r\n", "\n"
    )
    assert "  a value of 0\n  Column number 1: a value of 1\n" in shown


def test_both_come_back_from_an_export_as_they_were(harbour: Path, tmp_path: Path) -> None:
    before, after = only(harbour), come_again(harbour, tmp_path)
    assert [told(issue) for issue in after] == [told(before)]
    assert [section.blocks for section in after[0].sections] == [
        section.blocks for section in before.sections
    ]


@pytest.mark.parametrize(
    "block",
    [
        Block(kind=BlockKind.CODE, runs=(Run(text="a\n```\n````\n  b"),)),
        Block(
            kind=BlockKind.CODE, runs=(Run(text="<b> & "), Run(text="x", url="https://e.org/?a&b"))
        ),
        Block(kind=BlockKind.CODE, runs=(Run(text="| a | b |\n| - | - |"),)),
        Block(
            kind=BlockKind.TABLE,
            level=1,
            runs=(Run(text="a|b\t\\|\n\t"), Run(text="c", strong=True)),
        ),
        Block(kind=BlockKind.TABLE, runs=(Run(text="1\t# 2\n- 3\t*4*"),)),
        Block(
            kind=BlockKind.TABLE,
            level=1,
            runs=(Run(text="a\tb\nc\t"), Run(text="d", url="https://e.org/a|b")),
        ),
    ],
    ids=lambda block: block.text.replace("\n", " "),
)
def test_whatever_signs_they_have_they_come_back_from_markdown(block: Block) -> None:
    before, *found, after = reading.blocks(
        markdown([Block(runs=(Run(text="x"),)), block, Block(runs=(Run(text="y"),))])
    )
    assert [before.text.strip(), after.text.strip()] == ["x", "y"]
    (again,) = found
    urls = [run.url and run.url.replace("%7C", "|") for run in again.runs]
    assert (again.kind, again.level, again.text) == (block.kind, block.level, block.text)
    assert [url for url in urls if url] == [run.url for run in block.runs if run.url]


def test_a_cell_keeps_its_runs() -> None:
    table = Block(
        kind=BlockKind.TABLE,
        runs=(Run(text="a\tb "), Run(text="c", strong=True), Run(text="\n\td")),
    )
    assert rows_of(table) == [
        [(Run(text="a"),), (Run(text="b "), Run(text="c", strong=True))],
        [(), (Run(text="d"),)],
    ]


def test_code_is_not_repaired_and_each_cell_of_a_table_is(tmp_path: Path) -> None:
    damaged = PAGE.replace("Words about cranes", "At the cafÃ© of VendÃ´me, voilÃ ")
    damaged = damaged.replace("crane.lifts &gt; 9", "crane.name == 'cafÃ©'")
    damaged = damaged.replace("<td>Hull</td>", "<td>cafÃ©-</td>").replace(
        "<td>9</td>", "<td>VendÃ´me</td>"
    )
    take_in(tmp_path / "archive", source("page.html", damaged))
    section = only(tmp_path / "archive").sections[0]
    words, code, table = section.blocks
    assert "At the café of Vendôme" in words.text
    assert "'cafÃ©'" in code.text
    assert "\ncafé-\tVendôme\t" in table.text
    repaired = [one for one in section.repairs if one.text == table.text]
    assert [one.original for one in repaired] == [
        table.text.replace("café", "cafÃ©").replace("Vendôme", "VendÃ´me")
    ]


def test_a_passage_of_code_has_no_line_break_and_no_indent(harbour: Path) -> None:
    found = process(harbour, "search", "lifts", "--format", "{snippet}").stdout
    assert "if crane.lifts > 9: print(" in found
    assert process(harbour, "search", "tides").stdout.count("\n") <= 3


def test_a_copy_with_its_code_as_lines_is_of_the_same_issue(tmp_path: Path) -> None:
    text = """Cranes\n\nfor crane in cranes that are at the quay of Hull today\n
    one more line of the code that both of the copies have\n"""
    page = "<p>Cranes</p><pre><code>" + text.partition("\n\n")[2] + "</code></pre>"
    lines = fingerprints_of(line for line in text.split("\n"))
    assert len(lines) == 2
    take_in(tmp_path / "archive", source("page.html", page))
    blocks = [block for section in only(tmp_path / "archive").sections for block in section.blocks]
    assert fingerprints_of(compared(blocks)) == lines


def test_what_stands_above_the_first_section_is_a_section_where_it_has_code(tmp_path: Path) -> None:
    page = PAGE.replace(
        "<h2>Cranes are", "<p>Hello.</p><pre><code>a = 1;\n  b</code></pre><h2>Cranes are"
    )
    take_in(tmp_path / "archive", source("page.html", page))
    issue = only(tmp_path / "archive")
    assert issue.intro is None
    assert [block.text for block in issue.sections[0].blocks] == ["Hello.", "a = 1;\n  b"]


def test_the_copy_that_has_code_as_code_is_kept() -> None:
    from backissue.ingest.merge.text import lost_look as _lost_look

    code = Block(kind=BlockKind.CODE, runs=(Run(text="a\nb"),))
    assert _lost_look([code]) < _lost_look([replace(code, kind=BlockKind.PARAGRAPH)])


MAIL = """\
From: Ada Moore <ada@example.org>
Subject: Harbour Code 8: Quays
Date: Mon, 20 Jan 2025 13:30:00 +0000

The quays are counted by a program, which is as old as the quays and which
nobody has read for years; it is short, and this is all of it that we have
found in the papers of the office:

    for quay in all_the_quays_of_the_town_that_are_not_yet_under_water():
        print(quay)  # and that is all, since nobody wanted to know more

It prints a list, which is wrong in the same way each time that it is run,
and which goes to the same office each time, where it is put on a shelf as
it has been ever since.

Quay      Ships   Cranes
North        12        3
South         9        -

Nobody counts the cranes.
"""


def test_lines_of_a_mail_are_joined_and_those_of_its_code_and_columns_are_not(
    tmp_path: Path,
) -> None:
    take_in(tmp_path / "archive", source("mail.eml", MAIL))
    (section,) = only(tmp_path / "archive").sections
    assert [block.kind.value for block in section.blocks] == [
        "paragraph",
        "code",
        "paragraph",
        "code",
        "paragraph",
    ]
    assert section.blocks[0].text.endswith("found in the papers of the office:")
    assert section.blocks[1].text.count("\n") == 1
    assert section.blocks[3].text == (
        "Quay      Ships   Cranes\nNorth        12        3\nSouth         9        -"
    )


def test_code_in_a_why_keeps_its_lines_in_its_frame(tmp_path: Path) -> None:
    page = PAGE.replace("<pre>", "<h3>WHY THIS MATTERS</h3><p>It is short:</p><pre>")
    take_in(tmp_path / "archive", taken(page))
    (section, _) = only(tmp_path / "archive").sections
    assert section.why is not None
    assert section.why.text.startswith(f"It is short:\n\n{CODE}\n\nPort\tDepth")
    for command in ("show", "why"):
        shown = on_terminal(tmp_path / "archive", command, "7.1", columns=60, NO_COLOR="1")
        assert "│   for crane in cranes:      " in shown
        assert "│       if crane.lifts > 9:   " in shown
        assert re.search(r"│   Port +Depth +What they say of it +│", shown)


def test_code_uses_the_whole_width_of_a_wide_screen(harbour: Path) -> None:
    shown = on_terminal(harbour, "show", "7.1", columns=120, NO_COLOR="1").replace("\r\n", "\n")
    assert all(f"  {line}\n" in shown for line in CODE.split("\n") if line)
