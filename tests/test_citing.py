"""Citations, and the clipboard of a terminal."""

import base64
import io
import json
import re
import warnings
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace
from pybtex.database import Entry
from pybtex.database.input.bibtex import Parser

from backissue.cli.clipboard import sequence
from backissue.errors import Exit
from backissue.records import Head, Issue, IssueKind
from backissue.render.citations import CitationStyle, citation
from tests.conftest import source, take_in
from tests.test_cli import EVIL, on_terminal, process
from tests.test_renderers import ISSUE, SECTION

HEAD = Head(
    key="quay/48",
    id="48",
    publication="Quay & Sons",
    number=48,
    title="100% of $5 {braces} #1 a_b ~ ^ \\ @misc{x,",
    date=date(2024, 12, 23),
    kind=IssueKind.NEWSLETTER,
    sections=3,
    words=210,
    sources=("a.txt",),
    url="https://quay.example/48?a=1&b=2%20c#d_e",
)


def whole(head: Head) -> Issue:
    return replace(ISSUE, head=head)


def parsed(text: str) -> dict[str, Entry]:
    """The entries of a BibTeX file, as a parser of another project reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Parser(encoding="utf-8").parse_stream(io.StringIO(text))
    return dict(found.entries.items())


def read_back(latex: str) -> str:
    """The text that LaTeX would print for a field."""
    text = latex.removeprefix("{").removesuffix("}")
    names = {
        "textbackslash": "\\",
        "textbraceleft": "{",
        "textbraceright": "}",
        "textasciitilde": "~",
        "textasciicircum": "^",
    }
    return re.sub(
        r"\\(?:(text\w+)\{\}|([#$%&_]))", lambda found: names.get(found[1] or "", found[2]), text
    )


def test_bibtex_of_a_hostile_title_is_read_by_another_parser() -> None:
    (entry,) = parsed(citation(HEAD, whole(HEAD), CitationStyle.BIBTEX).text).values()
    assert entry.type == "misc"
    assert entry.key == "quay/48"
    assert read_back(entry.fields["title"]) == HEAD.title
    assert read_back(entry.fields["organization"]) == HEAD.publication
    assert entry.fields["number"] == "48"
    assert (entry.fields["year"], entry.fields["month"]) == ("2024", "December")
    assert entry.fields["url"] == HEAD.url


@given(st.text(), st.text(), st.text())
def test_bibtex_of_any_text_is_read_back(title: str, publication: str, heading: str) -> None:
    head = replace(HEAD, title=title, publication=publication)
    section = replace(SECTION, heading=heading)
    text = citation(head, section, CitationStyle.BIBTEX).text
    (entry,) = parsed(text).values()
    if heading.strip() and heading.isprintable():
        assert read_back(entry.fields["title"]) == " ".join(heading.split())


def test_each_style_has_what_is_known() -> None:
    section = replace(SECTION, heading="Cranes *rise* [again]")
    head = replace(HEAD, title="Tides", publication="Quay")
    text = citation(head, section, CitationStyle.TEXT).text
    assert text == (
        "“Cranes *rise* [again].” Quay 48: Tides, 2024-12-23. "
        "https://quay.example/48?a=1&b=2%20c#d_e"
    )
    markdown = citation(head, section, CitationStyle.MARKDOWN).text
    html = MarkdownIt().render(markdown)
    assert html == (
        "<p>“Cranes *rise* [again].” "
        '<a href="https://quay.example/48?a=1&amp;b=2%20c#d_e"><em>Quay</em> 48: Tides</a>, '
        "2024-12-23.</p>\n"
    )


@pytest.mark.parametrize("style", CitationStyle)
def test_what_is_not_known_is_left_out(style: CitationStyle) -> None:
    bare = replace(HEAD, publication=None, number=None, date=None, url=None, title="Tides")
    text = citation(bare, whole(bare), style).text
    assert "Tides" in text
    assert not re.search(r"None|null|http|20\d\d|url|year|month|organization|number", text)


@pytest.mark.parametrize(
    ("heading", "quoted"),
    [("What now?", "“What now?” "), ("It works", "“It works.” "), ("The “end.”", "“The “end.”” ")],
)
def test_a_heading_has_one_full_stop(heading: str, quoted: str) -> None:
    section = replace(SECTION, heading=heading)
    assert citation(HEAD, section, CitationStyle.TEXT).text.startswith(quoted)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "x y"])
def test_an_address_that_is_none_is_left_out(url: str) -> None:
    head = replace(HEAD, url=url, title="Tides")
    for style in CitationStyle:
        assert url not in citation(head, whole(head), style).text


def test_a_parenthesis_in_an_address_does_not_end_a_markdown_link() -> None:
    head = replace(HEAD, url="https://quay.example/a_(b)", title="Tides")
    html = MarkdownIt().render(citation(head, whole(head), CitationStyle.MARKDOWN).text)
    assert 'href="https://quay.example/a_%28b%29"' in html


def test_cite_takes_several_and_a_key_of_bibtex_is_an_address(archive: Path) -> None:
    done = process(archive, "cite", "395.2", "396", "--style", "bibtex")
    entries = parsed(done.stdout)
    assert list(entries) == ["import-ai/395.2", "import-ai/396"]
    for key in entries:
        assert process(archive, "show", key).returncode == Exit.OK
    lines = process(archive, "cite", "395.2", "396", "395.4").stdout.splitlines()
    assert len(lines) == 3


def test_cite_names_a_wrong_address_and_cites_the_others(archive: Path) -> None:
    done = process(archive, "cite", "395.2", "999", "--jsonl")
    assert done.returncode == Exit.NOTHING_FOUND
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["citation"]["key"] == "import-ai/395.2"
    assert "no issue “999”" in done.stderr


@pytest.fixture(scope="module")
def quay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quay") / "archive"
    text = "Cranes: They lift more\n…than they did…\nAnd nobody counts them, said Zoë.\n"
    said = {
        "publication": "Quay",
        "number": "7",
        "date": "2024-12-23",
        "url": "https://q.example/7",
    }
    take_in(folder, source("quay.txt", text, **said))
    return folder


COPIED = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


def copied(shown: str) -> str:
    (found,) = COPIED.findall(shown)
    return base64.b64decode(found).decode()


@pytest.mark.parametrize(
    "arguments",
    [["cite", "7"], ["cite", "7.1", "--style", "bibtex"], ["show", "7.1"]],
    ids=" ".join,
)
def test_copy_puts_the_text_of_a_pipe_on_the_clipboard(quay: Path, arguments: list[str]) -> None:
    plain = process(quay, *arguments).stdout
    shown = on_terminal(quay, *arguments, "--copy", TMUX="", STY="")
    assert copied(shown) == plain.removesuffix("\n")
    assert "copied to the clipboard" in shown


def test_open_copies_the_address_and_opens_nothing(quay: Path) -> None:
    shown = on_terminal(quay, "open", "7", "--copy", TMUX="", STY="", BROWSER="false")
    assert copied(shown) == "https://q.example/7"
    assert "no browser" not in shown


def test_in_tmux_a_copy_is_also_passed_on(quay: Path) -> None:
    shown = on_terminal(quay, "cite", "7", "--copy", TMUX="/tmp/tmux-0/x,1,0")
    assert "\x1bPtmux;\x1b\x1b]52;c;" in shown
    assert sequence(b"QQ==", {"STY": "1.x"}) == b"\x1bP\x1b]52;c;QQ==\x07\x1b\\"
    assert sequence(b"QQ==", {}) == b"\x1b]52;c;QQ==\x07"


def test_copy_without_a_terminal_says_what_to_do(quay: Path) -> None:
    done = process(quay, "cite", "7", "--copy")
    assert done.returncode == Exit.USAGE
    assert done.stderr == (
        "backissue: --copy needs a terminal, which has the clipboard; "
        "or pipe the answer to pbcopy, wl-copy or xclip\n"
    )


def test_nothing_in_a_source_ends_the_sequence_of_a_copy(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    take_in(folder, source("evil.txt", EVIL))
    shown = on_terminal(folder, "show", "500.1", "--copy", TMUX="", STY="")
    assert "\x07" not in COPIED.sub("", shown)
    assert "\x1b" not in copied(shown)
