"""When there are colors and hyperlinks: options, variables, kinds of terminal."""

import re
from pathlib import Path

import pytest

from backissue.cli.output import color_choice, has_links
from tests.test_cli import process
from tests.test_paging import on_screen

VARIABLES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")


@pytest.mark.parametrize(
    ("option", "environment", "chosen"),
    [
        ("auto", {}, None),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, None),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "yes"}, True),
        ("auto", {"FORCE_COLOR": "0"}, False),
        ("auto", {"FORCE_COLOR": "false"}, False),
        ("auto", {"FORCE_COLOR": ""}, None),
        ("auto", {"CLICOLOR_FORCE": "1"}, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, None),
        ("auto", {"CLICOLOR": "0"}, False),
        ("auto", {"CLICOLOR": "1"}, None),
        ("auto", {"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, True),
    ],
)
def test_who_decides_on_colors(
    option: str,
    environment: dict[str, str],
    chosen: bool | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert color_choice(option) is chosen


@pytest.mark.parametrize(
    ("term", "vte", "links"),
    [
        ("xterm-256color", None, True),
        ("xterm", "6800", True),
        ("xterm-256color", "4205", False),  # prints the address
        ("screen", None, True),
        ("tmux-256color", None, True),
        ("linux", None, False),
        ("dumb", None, False),
        ("vt220", None, False),
        ("", None, False),
    ],
)
def test_a_terminal_that_knows_no_links_gets_none(
    term: str, vte: str | None, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("VTE_VERSION", raising=False)
    if vte:
        monkeypatch.setenv("VTE_VERSION", vte)
    assert has_links() is links


COMMANDS = [
    ["search", "distributed", "training"],
    ["issues"],
    ["show", "395.1"],
    ["why", "395.1"],
    ["related", "395.1"],
    ["help", "query"],
    ["stats"],
    ["missing"],
    ["log"],
    ["fields"],
    ["publications"],
    [],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_color_never_and_no_color_write_no_escape_at_all(archive: Path, words: list[str]) -> None:
    for options, environment in (
        (["--color", "never"], {}),
        ([], {"NO_COLOR": "1"}),
        ([], {"FORCE_COLOR": "0"}),
        ([], {"TERM": "dumb"}),
        ([], {"TERM": "unknown"}),
    ):
        shown = on_screen(archive, "--no-pager", *options, *words, **environment)
        assert shown.text
        assert "\x1b" not in shown.text, (options, environment)


@pytest.mark.parametrize(
    "words", [one for one in COMMANDS if one not in ([], ["log"])], ids=" ".join
)
def test_a_pipe_has_colors_only_if_you_force_them_and_never_links(
    archive: Path, words: list[str]
) -> None:
    assert "\x1b" not in process(archive, *words).stdout
    assert "\x1b" not in process(archive, *words, FORCE_COLOR="").stdout
    forced = process(archive, "--color", "always", *words, TERM="xterm-256color").stdout
    assert "\x1b[" in forced
    assert "\x1b]8" not in forced


def test_words_found_are_marked_without_colors(archive: Path) -> None:
    shown = on_screen(archive, "--color", "never", "search", "phi", "-n", "1").text
    assert "*Phi" in shown
    assert "Import AI 3" in shown


@pytest.mark.parametrize("width", [40, 60, 132])
def test_width_is_obeyed_on_a_terminal_and_where_colors_are_forced(
    archive: Path, width: int
) -> None:
    words = ("--width", str(width), "show", "395.2")
    for text in (
        on_screen(archive, "--no-pager", *words).text,
        on_screen(archive, "--no-pager", "show", "395.2", COLUMNS=str(width)).text,
        process(archive, "--color", "always", *words).stdout,
        process(archive, "show", "395.2", FORCE_COLOR="1", COLUMNS=str(width)).stdout,
    ):
        plain = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", text)
        widest = max(map(len, plain.splitlines()))
        assert min(width, 96) * 0.8 <= widest <= width


def test_colors_of_the_configuration_are_used_and_errors_in_it_named(
    tmp_path: Path, archive: Path
) -> None:
    folder = tmp_path / "backissue"
    folder.mkdir()
    file = folder / "config.toml"
    home = {"XDG_CONFIG_HOME": str(tmp_path), "PAGER": "cat"}
    file.write_text('[colors]\nmatch = "bold magenta"\n', encoding="utf-8")
    assert "\x1b[1;35mPhi" in on_screen(archive, "search", "phi", "-n", "1", **home).text
    file.write_text('[colors]\nmacth = "bold"\ntitle = "purplish"\n', encoding="utf-8")
    # Notes fold at the width of the screen.
    shown = " ".join(on_screen(archive, "search", "phi", "-n", "1", **home).text.split())
    assert "unknown style “macth”; did you mean match?" in shown
    assert "“purplish” is no style for title" in shown
    piped = process(archive, "search", "phi", "-n", "1", **home)
    assert "style" not in piped.stderr  # there are no colors
