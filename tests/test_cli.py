"""What the command line promises beyond its transcripts: pipes, signals, terminals, bad text."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backissue.cli.boundary import run
from backissue.errors import Exit

EVIL = """Import AI 500: Evil \x1b]0;pwned\x07 title

by

Heading [bold red]x[/bold red] :warning: \x1b[31mred\x1b[0m:
…Deck \u202eturned\u202c text…
Body \u009b31m [link=https://e.org]a[/link] [/b] \x1b]52;c;AAAA\x07 text\u2028more words.
Why this matters: it does [/] not.
Read more: Foo (Bar).
"""
OBEYED = ("\x1b", "\x07", "\u009b", "\u202e", "\u2028")


def process(
    archive: Path, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "backissue", "--archive", str(archive), *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        check=False,
    )


def on_terminal(archive: Path, *arguments: str, columns: int = 80, **environment: str) -> str:
    """What a command writes to a terminal of so many columns."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "backissue", "--archive", str(archive), *arguments]
    clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    settings = {"TERM": "xterm-256color", "COLUMNS": str(columns), "PAGER": "cat", **environment}
    done = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env={**clean, **settings}
    )
    os.close(follower)
    written = b""
    while select.select([leader], [], [], 20)[0]:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
    done.wait()
    os.close(leader)
    return written.decode("utf-8").replace("\r\n", "\n")


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    (tmp_path / "evil.txt").write_text(EVIL, encoding="utf-8")
    done = process(tmp_path / "archive", "ingest", str(tmp_path / "evil.txt"))
    assert done.returncode == 0
    return tmp_path / "archive"


@pytest.mark.parametrize(
    "arguments",
    [[], ["issues"], ["show", "500"], ["show", "500.1"], ["why", "500.1"], ["search", "words"]],
    ids=" ".join,
)
def test_nothing_a_source_says_reaches_a_terminal_as_a_command(
    evil: Path, arguments: list[str]
) -> None:
    piped = process(evil, *arguments).stdout
    assert not [mark for mark in OBEYED if mark in piped]
    shown = on_terminal(evil, *arguments)
    assert "]0;pwned" not in shown.replace("\ufffd]0;pwned", "")
    assert not [mark for mark in OBEYED[1:] if mark in shown]


def test_json_on_a_terminal_is_harmless_and_loses_nothing(evil: Path) -> None:
    output = process(evil, "show", "500.1", "--json").stdout
    assert not [mark for mark in OBEYED if mark in output]
    section = json.loads(output)["section"]
    assert section["heading"] == "Heading [bold red]x[/bold red] :warning: \x1b[31mred\x1b[0m"
    assert section["deck"] == "Deck \u202eturned\u202c text"


def test_markup_in_a_source_is_prose(evil: Path) -> None:
    shown = on_terminal(evil, "show", "500.1", columns=200)
    assert "Heading [bold red]x[/bold red] :warning:" in shown
    assert "[link=https://e.org]a[/link] [/b]" in shown


@pytest.mark.parametrize(
    "arguments",
    [["issues"], ["search", "compute", "-n", "100"], ["show", "395"], ["export"], ["publications"]],
    ids=" ".join,
)
def test_a_closed_pipe_is_silent(archive: Path, arguments: list[str]) -> None:
    done = subprocess.Popen(
        [sys.executable, "-m", "backissue", "--archive", str(archive), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert done.stdout is not None
    assert done.stderr is not None
    done.stdout.close()  # before the first line is written
    assert done.stderr.read() == b""
    assert done.wait() == Exit.OK
    done.stderr.close()


def test_a_pipe_gets_no_colour_and_a_terminal_does(archive: Path) -> None:
    assert "\x1b[" not in process(archive, "search", "compute").stdout
    assert "\x1b[" in on_terminal(archive, "search", "compute")
    assert "\x1b[" in process(archive, "search", "compute", FORCE_COLOR="1").stdout


def test_no_color_and_a_dumb_terminal_are_obeyed(archive: Path) -> None:
    assert "\x1b[3" not in on_terminal(archive, "issues", NO_COLOR="1")
    assert "\x1b" not in on_terminal(archive, "search", "compute", TERM="dumb")


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize(
    "arguments",
    [["issues"], ["search", "distributed", "training"], ["show", "395"], ["why", "--issue", "393"]],
    ids=" ".join,
)
def test_a_terminal_is_never_overrun(archive: Path, arguments: list[str], columns: int) -> None:
    import re

    shown = re.sub(
        r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\",
        "",
        on_terminal(archive, *arguments, columns=columns),
    )
    assert len(shown) > 200
    assert max(map(len, shown.splitlines())) <= columns


def test_an_interrupted_ingest_says_so_and_the_next_completes_it(tmp_path: Path) -> None:
    folder, archive = tmp_path / "files", tmp_path / "archive"
    folder.mkdir()
    for number in range(1, 400):
        body = "\n\n".join(f"Story {number}-{part} is told in so many words." for part in range(40))
        text = f"Letters 1{number:03}: One\n\nby Ada\n\n{body}\n"
        (folder / f"{number:03}.txt").write_text(text, encoding="utf-8")
    done = subprocess.Popen(
        [sys.executable, "-m", "backissue", "--archive", str(archive), "ingest", str(folder)],
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    while done.poll() is None and not list(archive.glob("sources/*/*.json")):
        time.sleep(0.01)
    done.send_signal(signal.SIGINT)
    _, said = done.communicate(timeout=60)
    assert done.returncode == Exit.INTERRUPTED
    assert "interrupted" in said
    assert "Traceback" not in said
    assert process(archive, "issues").returncode in {Exit.OK, Exit.NOTHING_FOUND}
    again = process(archive, "ingest", str(folder))
    assert again.returncode == Exit.OK
    assert len(process(archive, "issues").stdout.splitlines()) == 399


def test_standard_input_is_a_source(tmp_path: Path, seeds: Path) -> None:
    data = (seeds / "004_38e7123a1bbc474a.txt").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "backissue", "--archive", str(tmp_path / "a"), "ingest", "-"],
        input=data,
        capture_output=True,
        check=False,
    )
    assert done.returncode == Exit.OK
    assert b"added stdin: plain text, 1 issue" in done.stderr


def test_output_is_utf8_in_any_locale(archive: Path) -> None:
    assert "π0" in process(archive, "search", "π0", LC_ALL="C", PYTHONUTF8="0").stdout


def test_a_folder_that_is_no_archive_is_named_with_what_to_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(tmp_path), "issues"]) == Exit.NO_ARCHIVE
    said = capsys.readouterr().err
    assert str(tmp_path) in said
    assert f"backissue --archive {tmp_path} ingest" in said


def test_an_archive_is_found_by_option_variable_and_configuration(
    archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "backissue").mkdir()
    configuration = tmp_path / "backissue" / "config.toml"
    configuration.write_text(f'archive = "{archive}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "backissue", "issues", "395"]
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    found = [
        subprocess.run(command, env=env, capture_output=True, check=False).returncode
        for env in (bare, {**bare, "BACKISSUE_ARCHIVE": str(archive)})
    ]
    assert found == [Exit.OK, Exit.OK]
    configuration.write_text("archive = 3\n", encoding="utf-8")
    done = subprocess.run(command, env=bare, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == Exit.USAGE
    assert str(configuration) in done.stderr


def test_streams_that_are_closed_are_no_traceback(archive: Path) -> None:
    command = f"'{sys.executable}' -m backissue --archive '{archive}'"
    for line in (f"{command} issues >&-", f"{command} ingest --dry-run - <&-"):
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=False)
        assert b"Traceback" not in done.stderr


def test_a_mistyped_option_is_no_word_of_the_query(archive: Path) -> None:
    done = process(archive, "search", "compute", "--sotr", "newest")
    assert done.returncode == Exit.USAGE
    assert "--sort" in done.stderr


def test_a_word_left_out_is_no_row_of_options(archive: Path) -> None:
    all_tales = process(archive, "search", "kind:fiction", "-n50").stdout
    without = process(archive, "search", "kind:fiction", "-human", "-n50").stdout
    assert 0 < without.count("[fiction]") < all_tales.count("[fiction]")


def test_the_archive_does_not_take_itself_in(tmp_path: Path, seeds: Path) -> None:
    archive = tmp_path / "letters" / "archive"
    process(archive, "ingest", str(seeds / "004_38e7123a1bbc474a.txt"))
    done = process(archive, "ingest", str(tmp_path / "letters"))
    assert "skipped archive: the archive itself" in done.stderr
    assert len(process(archive, "issues").stdout.splitlines()) == 1


def test_every_message_is_one_line(archive: Path) -> None:
    done = process(archive, "show", "no\nsuch\x1b[31m")
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
