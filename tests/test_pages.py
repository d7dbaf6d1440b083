"""Help flows to the width of the screen, and its examples stay what a shell understands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from backissue.cli.app import app
from backissue.cli.pages import HelpContext
from tests.test_cli import process
from tests.test_paging import on_screen

NAMES = ["-h", "--help"]
WIDTHS = (40, 60, 80, 100)


def pages(width: int) -> Iterator[tuple[str, str]]:
    """The help of the program and of every command, by name."""
    context = HelpContext(app, info_name="backissue", terminal_width=width, help_option_names=NAMES)
    yield "", app.get_help(context)
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        assert command is not None
        assert command.context_class is HelpContext
        own = HelpContext(command, info_name=name, parent=context, help_option_names=NAMES)
        yield name, command.get_help(own)


def examples(page: str) -> list[list[str]]:
    """The words of each example, as a shell reads them."""
    text = page.partition("Examples:\n")[2].replace("\\\n", "")
    starts = re.split(r"\n(?=    backissue )", f"\n{text}")
    return [shlex.split(part) for part in starts if part.strip()]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_help_is_wider_than_the_screen(width: int) -> None:
    for name, page in pages(width):
        wide = [line for line in page.split("\n") if len(line) > width]
        assert not wide, (name, wide)


@pytest.mark.parametrize("width", [24, 30, 40, 60, 80])
def test_a_folded_example_is_the_same_command(width: int) -> None:
    wide = dict(pages(100))
    for name, page in pages(width):
        folded = [[" ".join(word.split()) for word in words] for words in examples(page)]
        assert folded == [[" ".join(w.split()) for w in words] for words in examples(wide[name])]


def test_every_command_has_its_words_at_every_width() -> None:
    wide = dict(pages(100))
    for name, page in pages(40):
        text = page.replace("/\\\n", "/").replace("\\\n", " ")
        text = re.sub(r"(?<=\w\|)\n +", "", text)  # a long choice
        assert sorted(text.split()) == sorted(wide[name].split())


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
@pytest.mark.parametrize(
    "words", [["--help"], ["help"], ["help", "query"], ["help", "search"], ["issues", "--help"]]
)
def test_help_on_a_terminal_has_its_width(archive: Path, words: list[str], columns: int) -> None:
    for options, environment in (
        (["--no-pager"], {"COLUMNS": str(columns)}),
        (["--no-pager", "--width", str(columns)], {"COLUMNS": "90"}),
    ):
        shown = on_screen(archive, *options, *words, **environment)
        text = re.sub(r"\x1b\[[0-9;]*m", "", shown.text)
        widest = max(map(len, text.splitlines()))
        assert min(columns, 100) * 0.8 <= widest <= columns


def test_in_a_pipe_help_is_as_wide_as_ever(archive: Path) -> None:
    page = process(archive, "search", "--help").stdout
    assert max(map(len, page.splitlines())) == 78
    query = process(archive, "help", "query").stdout
    assert max(map(len, query.splitlines())) > 100
    assert "\x1b" not in query


def test_a_narrow_list_has_its_help_below_the_options() -> None:
    page = dict(pages(40))["search"]
    assert "  --issue RANGE\n      Only these issues" in page
    assert "  search        Find sections." in dict(pages(40))[""]
    assert isinstance(HelpContext(app).make_formatter(), click.HelpFormatter)
