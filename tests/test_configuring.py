"""`config`: each key, its value, and where that comes from."""

import json
import sys
from pathlib import Path

import pytest

from backissue.config import EXAMPLES, load
from backissue.render.terminal.styles import LOOKS
from tests.test_cli import on_terminal
from tests.transcript import run

FILE = """\
archive = "letters"
publication = "import-ai"
pager = "less -S"
[colors]
match = "bold red"
[alias]
chips = "search chips"
"""
# What a shell of the person who runs the tests may have set.
BARE = dict.fromkeys(
    ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "BACKISSUE_ARCHIVE"), ""
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / ".config" / "backissue" / "config.toml"
    place.parent.mkdir(parents=True)
    place.write_text(FILE, encoding="utf-8")
    return place


def shown(home: Path, typed: str, **environment: str) -> str:
    environment = BARE | environment
    return run(f"backissue {typed}", cwd=home, archive=home / "none", **environment)


def rows(home: Path, options: str = "", **environment: str) -> dict[str, tuple[str | None, ...]]:
    """Value, kind of origin and origin of each key."""
    found = json.loads(shown(home, f"{options} config --json", **environment))["config"]
    return {one["key"]: (one["value"], one["source"], one["origin"]) for one in found}


@pytest.mark.parametrize(
    ("key", "options", "environment", "expected"),
    [
        ("archive", "--archive /x", {"BACKISSUE_ARCHIVE": "/y"}, ("/x", "option", "--archive")),
        ("archive", "", {"BACKISSUE_ARCHIVE": "/y"}, ("/y", "environment", "BACKISSUE_ARCHIVE")),
        ("archive", "", {}, ("DIR/letters", "file", "FILE")),
        ("publication", "", {"BACKISSUE_PUBLICATION": "quay"},
         ("quay", "environment", "BACKISSUE_PUBLICATION")),
        ("publication", "", {"BACKISSUE_PUBLICATION": ""},
         ("", "environment", "BACKISSUE_PUBLICATION")),
        ("publication", "", {}, ("import-ai", "file", "FILE")),
        ("pager", "--no-pager", {"BACKISSUE_PAGER": "most"}, ("", "option", "--no-pager")),
        ("pager", "", {"BACKISSUE_PAGER": "most"}, ("most", "environment", "BACKISSUE_PAGER")),
        ("pager", "", {"PAGER": "more"}, ("less -S", "file", "FILE")),
        ("pager", "", {"PAGER": ""}, ("", "environment", "PAGER")),
        ("color", "--color always", {"NO_COLOR": "1"}, ("always", "option", "--color")),
        ("color", "", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, ("never", "environment", "NO_COLOR")),
        ("color", "", {"FORCE_COLOR": "1"}, ("always", "environment", "FORCE_COLOR")),
        ("color", "", {"FORCE_COLOR": "0"}, ("never", "environment", "FORCE_COLOR")),
        ("color", "", {"CLICOLOR": "0"}, ("never", "environment", "CLICOLOR")),
        ("color", "", {}, ("auto", "default", None)),
        ("width", "--width 70", {"COLUMNS": "50"}, ("70", "option", "--width")),
        ("width", "", {"COLUMNS": "50"}, ("50", "environment", "COLUMNS")),
        ("width", "", {}, ("80", "default", None)),
        ("colors.match", "", {}, ("bold red", "file", "FILE")),
        ("colors.title", "", {}, ("bold", "default", None)),
        ("alias.chips", "", {}, ("search chips", "file", "FILE")),
        ("file", "", {}, ("FILE", "default", None)),
    ],
)  # fmt: skip
def test_a_value_is_shown_with_its_origin(
    key: str,
    options: str,
    environment: dict[str, str],
    expected: tuple[str | None, ...],
    file: Path,
    tmp_path: Path,
) -> None:
    places = {"FILE": str(file), "DIR": str(file.parent)}
    for name, place in places.items():
        expected = tuple(part and part.replace(name, place, 1) for part in expected)
    assert rows(tmp_path, options, **environment)[key] == expected


def test_without_a_file_everything_is_default(tmp_path: Path) -> None:
    found = rows(tmp_path, PAGER="more -s")
    assert found["publication"] == (None, "default", None)
    assert found["pager"] == ("more -s", "environment", "PAGER")
    assert found["archive"][1:] == ("default", None)
    assert {f"colors.{name}" for name in LOOKS} <= found.keys()
    assert not (tmp_path / ".config").exists()


def test_the_variable_that_moves_the_file_is_named(tmp_path: Path) -> None:
    if sys.platform == "linux":
        found = rows(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "x"))
        place = str(tmp_path / "x" / "backissue" / "config.toml")
        assert found["file"] == (place, "environment", "XDG_CONFIG_HOME")


def test_one_key_prints_its_value_alone(file: Path, tmp_path: Path) -> None:
    assert shown(tmp_path, "config pager") == "less -S"
    assert shown(tmp_path, "config alias.chips") == "search chips"
    assert shown(tmp_path, "config file") == str(file)
    assert shown(tmp_path, "config color --no-pager") == "auto"
    assert json.loads(shown(tmp_path, "config pager --json"))["config"] == [
        {"key": "pager", "value": "less -S", "source": "file", "origin": str(file)}
    ]


def test_in_a_pipe_it_is_rows(file: Path, tmp_path: Path) -> None:
    lines = [line.split("\t") for line in shown(tmp_path, "config", COLUMNS="50").splitlines()]
    assert lines[0] == ["file", str(file), "default", "-"]
    assert ["width", "50", "environment", "COLUMNS"] in lines
    assert {len(line) for line in lines} == {4}


def test_a_table_prints_its_keys(file: Path, tmp_path: Path) -> None:
    assert shown(tmp_path, "config alias") == f"alias.chips\tsearch chips\tfile\t{file}"
    colors = shown(tmp_path, "config colors").splitlines()
    assert len(colors) == len(LOOKS)


@pytest.mark.parametrize(
    ("typed", "said", "code"),
    [
        ("config archvie", "no key “archvie”; did you mean archive?", 2),
        ("config qqqqqq", "no key “qqqqqq”; keys are archive, publication, pager,", 2),
        ("config publication=x", "config only shows values; to set it, write publication =", 2),
        ("config publication", "publication is not set; to set it, write publication =", 1),
        ("config alias", "alias is not set; to set it, write [alias]", 1),
    ],
)
def test_what_cannot_be_shown_says_how_to_set_it(
    typed: str, said: str, code: int, tmp_path: Path
) -> None:
    output = shown(tmp_path, typed)
    assert said in output
    assert output.endswith(f"\n? {code}")


def test_on_a_terminal_it_is_a_table(archive: Path) -> None:
    screen = on_terminal(archive, "config", columns=100)
    assert "$COLUMNS" in screen
    assert "--archive" in screen
    assert str(archive) in screen


def test_edit_opens_a_file_with_an_example_of_each_key(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i.bak 's/^# archive/archive/' \"$1\"\n", encoding="utf-8")
    editor.chmod(0o700)
    output = shown(tmp_path, "config --edit", VISUAL=str(editor))
    assert output == ""
    file = tmp_path / ".config" / "backissue" / "config.toml"
    text = file.read_text(encoding="utf-8")
    assert load(file).archive == Path("~/newsletters").expanduser()
    for key in EXAMPLES:
        assert key in text
    # Every example is valid as it is.
    bare = "".join(line.removeprefix("# ") + "\n" for line in text.splitlines()[1:])
    file.write_text(bare, encoding="utf-8")
    said: list[str] = []
    whole = load(file, said.append)
    assert said == []
    assert whole.alias
    assert whole.colors


def test_edit_names_a_mistake_at_once_and_opens_a_file_that_is_wrong(
    file: Path, tmp_path: Path
) -> None:
    file.write_text("archvie = 'x'\n", encoding="utf-8")
    assert "did you mean archive?" in shown(tmp_path, "config --edit", VISUAL="true")
    file.write_text("archive = [", encoding="utf-8")
    output = shown(tmp_path, "config --edit", VISUAL="true")
    assert "is not valid TOML" in output
    assert output.endswith("? 2")
