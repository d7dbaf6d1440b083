"""What commands say about a mistake in the configuration file: once, and with what to write."""

from pathlib import Path

import pytest

from backissue.cli.boundary import run
from backissue.errors import Exit

COMMANDS = ("search compute", "issues 396", "show 396.1", "why 395.1", "stats", "log", "doctor")


@pytest.fixture
def file(fresh_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration file of a user with an archive."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("BACKISSUE_ARCHIVE", str(fresh_archive))
    made = tmp_path / "config" / "backissue" / "config.toml"
    made.parent.mkdir(parents=True)
    return made


@pytest.mark.parametrize("command", [*COMMANDS, "ingest nosuch", "backup b.tgz", "restore x y"])
def test_an_unknown_key_is_named_once_with_the_nearest_and_the_command_runs(
    command: str,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    file.write_text('archiv = "~/newsletters"\n')
    code = run(command.split())
    err = capsys.readouterr().err
    assert code == {"ingest nosuch": 4, "log": 1, "restore x y": 2}.get(command, Exit.OK)
    if command != "restore x y":  # which uses no key
        assert err.count(f"{file} has an unknown key “archiv”; did you mean archive?") == 1


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("archive = 5\n", "archive is not a text; "),
        ('colors = "red"\n', "colors is not a table of texts; "),
        ("archive = \n", " is not valid TOML: "),
        ("[alias]\nchips = 5\n", "alias is not a table of texts; "),
    ],
)
def test_an_error_in_the_file_is_named_once_and_nothing_runs(
    command: str, text: str, what: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(text)
    assert run(command.split()) == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert str(file) in err
    assert what in err


def test_a_file_that_is_no_utf_8_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(b'archive = "\xff"\n')
    assert run(["stats"]) == Exit.USAGE
    assert capsys.readouterr().err == f"backissue: {file} is not UTF-8; save it as UTF-8\n"


def test_a_folder_in_place_of_the_file_is_named(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.mkdir()
    assert run(["stats"]) == Exit.USAGE
    assert capsys.readouterr().err == f"backissue: cannot read {file}: is a directory\n"


def test_an_archive_in_the_file_is_relative_to_it(
    file: Path, fresh_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKISSUE_ARCHIVE")
    (file.parent / "mine").symlink_to(fresh_archive)
    file.write_text('archive = "mine"\n')
    assert run(["issues", "396"]) == Exit.OK
