"""Long answers on a terminal go to a pager, whatever the pager does; nothing else goes there."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from backissue.errors import Exit

# Says that it was called and with what, then shows the text.
TELLER = """#!/bin/sh
printf '<%s LESS=%s CHARSET=%s>\\n' "$*" "$LESS" "$LESSCHARSET"
cat
"""


class Screen(NamedTuple):
    """What a command wrote to a terminal, and its exit code."""

    text: str
    code: int


@pytest.fixture
def pager(tmp_path: Path) -> str:
    """A pager that says how it was called."""
    return program(tmp_path / "teller", TELLER)


def program(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o700)
    return str(path)


def on_screen(
    archive: Path,
    *arguments: str,
    meanwhile: Callable[[int, bytes], object] = lambda *_: None,
    **environment: str | None,
) -> Screen:
    """Run a command on a terminal of 80 columns and 24 rows.

    `meanwhile` gets the terminal and what was written so far, whenever there is more, and twice a
    second. What does not end within a minute is killed.
    """
    settings: dict[str, str | None] = {
        **dict(os.environ),
        **dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "PAGER", "LESS", "LESSCHARSET", "LINES")),
        "XDG_CONFIG_HOME": str(archive.parent / "no-config"),
        "TERM": "xterm-256color",
        "COLUMNS": "80",
        "LINES": "24",
        **environment,
    }
    pid, leader = pty.fork()
    if pid == 0:
        command = [sys.executable, "-m", "backissue", "--archive", str(archive), *arguments]
        os.execve(
            command[0], command, {k: v for k, v in settings.items() if v is not None}
        )  # our own
    written = b""
    patience = time.monotonic() + 60
    while True:
        if not select.select([leader], [], [], 0.5)[0]:
            meanwhile(leader, written)
            if time.monotonic() > patience:
                os.kill(pid, signal.SIGKILL)
                break
            continue
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
        meanwhile(leader, written)
    _, status = os.waitpid(pid, 0)
    os.close(leader)
    return Screen(written.decode("utf-8").replace("\r\n", "\n"), os.waitstatus_to_exitcode(status))


LONG: list[list[str]] = [
    ["search", "compute", "-n", "50"],
    ["search", "compute", "-n", "50", "--ids"],
    ["search", "compute", "--explain", "-n", "20"],
    ["show", "395"],
    ["show", "395.2"],
    ["show", "395", "--provenance"],
    ["why", "--issue", "395"],
    ["related", "395.2", "-n", "20"],
    ["repairs", "situational-awareness"],
    ["help"],
    ["help", "query"],
    ["help", "search"],
    ["search", "--help"],
    ["--help"],
]


@pytest.mark.parametrize("words", LONG, ids=" ".join)
def test_every_long_answer_is_paged(archive: Path, pager: str, words: list[str]) -> None:
    shown = on_screen(archive, *words, PAGER=pager, LINES="12")
    assert shown.text.startswith("<")
    assert shown.text.count("<  LESS") + shown.text.count("< LESS") == 1
    assert shown.code == Exit.OK
    assert "Traceback" not in shown.text


@pytest.mark.parametrize(
    "words",
    [
        ["why", "395.1"],
        ["stats"],
        ["search", "compute", "-n", "1"],
        ["search", "compute", "--json"],
    ],
    ids=" ".join,
)
def test_a_short_answer_and_one_for_a_program_are_not_paged(
    archive: Path, pager: str, words: list[str]
) -> None:
    assert " LESS=" not in on_screen(archive, *words, PAGER=pager, LINES="60").text


@pytest.mark.parametrize(("rows", "paged"), [("22", True), ("500", False)])
def test_what_fits_on_the_screen_is_not_paged(
    archive: Path, pager: str, rows: str, paged: bool
) -> None:
    shown = on_screen(archive, "help", "search", PAGER=pager, LINES=rows)
    assert (" LESS=" in shown.text) is paged


def configured(archive: Path, text: str) -> dict[str, str | None]:
    """An environment with this configuration file."""
    home = archive.parent / "config"
    (home / "backissue").mkdir(parents=True, exist_ok=True)
    (home / "backissue" / "config.toml").write_text(text, encoding="utf-8")
    return {"XDG_CONFIG_HOME": str(home)}


def test_who_chooses_the_pager(tmp_path: Path, archive: Path) -> None:
    names = {
        name: program(tmp_path / name, f"#!/bin/sh\necho '<{name}>'\ncat\n")
        for name in ("own", "file", "usual")
    }
    file = configured(tmp_path / "x", f'pager = "{names["file"]}"')
    off = configured(tmp_path / "y" / "x", 'pager = ""')

    def chosen(*options: str, **environment: str | None) -> str:
        text = on_screen(archive, *options, "show", "395", **environment).text
        found = re.match(r"<(\w+)>", text)
        return found[1] if found else ""

    usual = names["usual"]
    assert chosen(PAGER=usual) == "usual"
    assert chosen(PAGER=usual, **file) == "file"
    assert chosen(PAGER=usual, BACKISSUE_PAGER=names["own"], **file) == "own"
    assert chosen("--no-pager", PAGER=usual, BACKISSUE_PAGER=names["own"], **file) == ""
    assert chosen(PAGER=usual, **off) == ""
    assert chosen(PAGER="") == ""
    assert chosen(PAGER="", **file) == ""
    assert chosen(PAGER="", BACKISSUE_PAGER=names["own"]) == "own"
    assert chosen(PAGER="cat") == ""
    assert chosen(PAGER=usual, BACKISSUE_PAGER="") == ""
    assert chosen(PAGER=usual, TERM="dumb") == ""
    assert chosen(PAGER=f"sed -e s/395/395/ | {usual}") == "usual"


@pytest.mark.parametrize(
    ("less", "seen"), [(None, "<-R LESS=FRX CHARSET=utf-8>"), ("-i", "<-R LESS=-i CHARSET=utf-8>")]
)
def test_less_has_its_options_from_us_where_you_set_none(
    tmp_path: Path, archive: Path, less: str | None, seen: str
) -> None:
    program(tmp_path / "less", TELLER)
    path = f"{tmp_path}:{os.environ['PATH']}"
    shown = on_screen(archive, "show", "395", PATH=path, LESS=less)
    assert shown.text.startswith(seen)


@pytest.mark.parametrize(
    "broken",
    [
        "no-such-pager",
        "/",
        "false",
        "sh -c 'exit 3'",
        "'unclosed",
        "no-such | thing",
        "sh -c 'kill $$'",
    ],
)
def test_a_pager_that_fails_costs_nothing(archive: Path, broken: str) -> None:
    shown = on_screen(archive, "show", "395.2", PAGER=broken, LINES="10")
    usual = on_screen(archive, "--no-pager", "show", "395.2", LINES="10")
    link = re.compile(r"\x1b\]8;id=\d+;")  # its number is new each time
    assert link.sub("", usual.text).strip() in link.sub("", shown.text)
    assert "failed; set PAGER" in shown.text
    assert "Traceback" not in shown.text
    assert shown.code == Exit.OK


def test_quitting_the_pager_early_is_no_error(archive: Path) -> None:
    shown = on_screen(archive, "search", "compute", "-n", "50", "--strict", PAGER="head -n 3")
    assert len(shown.text.splitlines()) == 3
    assert shown.code == Exit.OK


@pytest.mark.skipif(not os.path.exists("/usr/bin/less"), reason="needs less")
def test_ctrl_c_in_less_is_for_less(archive: Path) -> None:
    pressed: list[bytes] = []

    def press(leader: int, written: bytes) -> None:
        if pressed:
            os.write(leader, b"q")  # again, where less was not yet listening
        elif re.search(rb":(\x1b\[[0-9;?]*[A-Za-z])*$", written):
            pressed.append(b"\x03")
            os.write(leader, b"\x03")

    shown = on_screen(archive, "show", "395", PAGER="less", meanwhile=press)
    assert pressed
    assert "Traceback" not in shown.text
    assert "interrupted" not in shown.text
    assert shown.code == Exit.OK


def test_ctrl_c_that_ends_a_pager_ends_only_that(tmp_path: Path, archive: Path) -> None:
    slow = program(tmp_path / "slow", "#!/bin/sh\necho ready\nexec sleep 30\n")
    pressed: list[bytes] = []

    def press(leader: int, written: bytes) -> None:
        if not pressed and b"ready" in written:
            pressed.append(b"\x03")
            os.write(leader, b"\x03")

    shown = on_screen(archive, "show", "395", PAGER=slow, meanwhile=press)
    assert shown.text.replace("^C", "").strip() == "ready"
    assert shown.code == Exit.OK


def test_the_exit_code_and_the_notes_are_those_of_the_command(archive: Path, pager: str) -> None:
    shown = on_screen(archive, "search", "compute", "training", "zeppelin", PAGER=pager, LINES="10")
    assert shown.text.startswith("<")
    *_, note, related = shown.text.rstrip().splitlines()
    assert note.startswith("backissue: no section has “zeppelin”")
    assert related.startswith("backissue: related words here: ")
    missing = on_screen(archive, "missing", PAGER=pager, LINES="3")
    assert missing.text.startswith("<")
    assert missing.code == Exit.FINDINGS


def test_a_note_from_before_the_text_is_repeated_behind_the_pager(
    tmp_path: Path, archive: Path, pager: str
) -> None:
    own = configured(tmp_path / "x", "unknown = 1")
    shown = on_screen(archive, "show", "395", PAGER=pager, **own)
    before, after = shown.text.split("<", 1)
    assert "unknown key" in before
    assert "unknown key" in after.splitlines()[-1]
    short = on_screen(archive, "stats", PAGER=pager, LINES="60", **own)
    assert short.text.count("unknown key") == 1


def test_no_pager_is_obeyed_before_help(archive: Path, pager: str) -> None:
    for words in (["--no-pager", "--help"], ["--no-pager", "search", "--help"]):
        shown = on_screen(archive, *words, PAGER=pager, LINES="12")
        assert " LESS=" not in shown.text
        assert "Usage: backissue" in shown.text


def test_a_pipe_has_no_pager(archive: Path, pager: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backissue", "--archive", str(archive), "show", "395"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PAGER": pager, "FORCE_COLOR": "1", "LINES": "10"},
        check=True,
    )
    assert " LESS=" not in done.stdout


def test_the_signal_is_as_before(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from backissue.cli import paging

    del archive
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(paging, "words_of", lambda _: ["true"])
    out = paging.CollectedOutput(sys.stdout, lambda: "true", lambda _: None)
    out.write("x\n" * 1000)
    out.close()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_question_is_shown_before_it_is_answered() -> None:
    import io

    from backissue.cli import paging

    screen = io.StringIO()
    out = paging.CollectedOutput(screen, lambda: "", lambda _: None)
    out.write("a line\n")
    out.flush()
    assert screen.getvalue() == ""
    out.write("Remove 3 issues? [y/N] ")
    out.flush()
    assert screen.getvalue() == "a line\nRemove 3 issues? [y/N] "
    out.write("removed\n")
    out.close()
    assert screen.getvalue().endswith("removed\n")
