"""`remove` and `undo` as you type them: the question, several addresses, reports and the log."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from backissue.archive.settings import INDEX
from backissue.errors import Exit
from backissue.index import Index
from tests.test_cli import on_terminal

COMMAND = (sys.executable, "-m", "backissue")


def environment(archive: Path, scratch: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "XDG_STATE_HOME": os.environ["XDG_STATE_HOME"],
        "BACKISSUE_ARCHIVE": str(archive),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm",
    }


def program(
    archive: Path, scratch: Path, *words: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """The program in a pipe."""
    return subprocess.run(
        [*COMMAND, *words],
        env=environment(archive, scratch),
        input=typed,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def at_terminal(archive: Path, scratch: Path, keys: bytes, *words: str) -> tuple[int, str]:
    """The program on a terminal, where these keys are pressed when it waits for an answer."""
    child, screen = pty.fork()
    if not child:
        os.execve(COMMAND[0], [*COMMAND, *words], environment(archive, scratch))
    shown, patience = b"", time.monotonic() + 60
    while time.monotonic() < patience:
        try:
            if select.select([screen], [], [], 0.5)[0]:
                shown += os.read(screen, 1000)
                continue
        except OSError:  # so Linux says that the other side was closed
            break
        if b"]:" in shown:  # and again: Ctrl-C may come in the moment before it is waited for
            os.write(screen, keys)
    else:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(screen)
    return os.waitstatus_to_exitcode(status), shown.decode()


def numbers(archive: Path) -> set[int]:
    with Index.open(archive / INDEX) as index:
        return {head.number for head in index.shelf.heads() if head.number}


@pytest.mark.parametrize(
    ("keys", "code", "removed", "said"),
    [
        (b"y\n", Exit.OK, True, "1 issue and 1 source removed"),
        (b"\n", Exit.OK, False, "nothing was removed"),
        (b"n\n", Exit.OK, False, "nothing was removed"),
        (b"\x03", Exit.INTERRUPTED, False, "interrupted"),
        (b"\x04", Exit.INTERRUPTED, False, "interrupted"),
    ],
    ids=["yes", "enter", "no", "ctrl-c", "ctrl-d"],
)
def test_on_a_terminal_it_asks_and_no_is_the_default(
    fresh_archive: Path, tmp_path: Path, keys: bytes, code: int, removed: bool, said: str
) -> None:
    ended, shown = at_terminal(fresh_archive, tmp_path, keys, "remove", "395")
    assert ended == code, shown
    assert "remove 395: AI and energy demand" in shown
    assert "remove 1 issue and 1 source? [y/N]" in shown
    assert said in shown
    assert (395 not in numbers(fresh_archive)) == removed
    assert (fresh_archive / "removed.json").exists() == removed


def test_without_a_terminal_it_wants_to_be_told(fresh_archive: Path, tmp_path: Path) -> None:
    done = program(fresh_archive, tmp_path, "remove", "395", typed="y\n")
    assert done.returncode == Exit.USAGE
    assert "--yes" in done.stderr
    assert 395 in numbers(fresh_archive)


@pytest.mark.parametrize(
    ("refs", "typed", "gone"),
    [
        (["386..388", "import-ai/390"], "", {386, 387, 388, 390}),
        (["386,387"], "", {386, 387}),
        (["last", "2"], "", {395, 396}),
        (["Import AI 391"], "", {391}),
        (["-"], "392\tday\ttitle\n393\tday\ttitle\n", {392, 393}),
        (["--publication", "Import AI"], "", set(range(386, 397))),
    ],
    ids=["ranges", "comma", "last", "name", "stdin", "publication"],
)
def test_what_other_commands_take_as_an_address_can_be_removed_and_taken_back(
    fresh_archive: Path, tmp_path: Path, refs: Sequence[str], typed: str, gone: set[int]
) -> None:
    before = numbers(fresh_archive)
    done = program(fresh_archive, tmp_path, "remove", *refs, "--yes", typed=typed)
    assert done.returncode == Exit.OK, done.stderr
    assert numbers(fresh_archive) == before - gone
    done = program(fresh_archive, tmp_path, "undo")
    assert done.returncode == Exit.OK, done.stderr
    assert numbers(fresh_archive) == before


@pytest.mark.parametrize(
    "words", [["395", "999"], ["395.2"], ["395", "394.1"], ["--source", "nothing.txt"]]
)
def test_a_wrong_address_among_others_removes_nothing(
    fresh_archive: Path, tmp_path: Path, words: list[str]
) -> None:
    before = numbers(fresh_archive)
    done = program(fresh_archive, tmp_path, "remove", *words, "--yes")
    assert done.returncode in {Exit.USAGE, Exit.NOTHING_FOUND}
    assert numbers(fresh_archive) == before


def test_a_source_is_named_by_its_name_or_the_start_of_its_hash(
    fresh_archive: Path, tmp_path: Path
) -> None:
    (record,) = (
        path
        for path in fresh_archive.glob("sources/??/*.json")
        if "004_38e7123a1bbc474a.txt" in path.read_text(encoding="utf-8")
    )
    for name in ("004_38e7123a1bbc474a.txt", record.stem, record.stem[:8]):
        done = program(fresh_archive, tmp_path, "remove", "--source", name, "--yes")
        assert done.returncode == Exit.OK, done.stderr
        again = program(fresh_archive, tmp_path, "remove", "--source", record.stem, "--yes")
        assert again.returncode == Exit.NOTHING_FOUND
        assert program(fresh_archive, tmp_path, "undo").returncode == Exit.OK


def test_a_container_or_a_folder_is_removed_with_all_that_is_in_it(
    fresh_archive: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    (folder / "deep").mkdir(parents=True)
    mail = "From x Mon Dec 23 09:00:00 2024\nFrom: A <a@example.org>\nSubject: {0}\n\nOf {0}.\n\n"
    box = "".join(map(mail.format, ("Mills", "Ships")))
    (folder / "in.mbox").write_text(box, encoding="utf-8")
    (folder / "deep" / "one.txt").write_text("Bridges were counted.\n", encoding="utf-8")
    (folder / "deep" / "two.txt").write_text("Towers were counted.\n", encoding="utf-8")
    program(fresh_archive, tmp_path, "ingest", str(folder))
    for name in ("in.mbox", "deep", "deep/"):
        done = program(fresh_archive, tmp_path, "remove", "--source", name, "--yes")
        assert done.returncode == Exit.OK, done.stderr
        assert "2 issues and 2 sources removed" in done.stderr
        program(fresh_archive, tmp_path, "undo")


def test_two_sources_of_one_name_are_told_apart(fresh_archive: Path, tmp_path: Path) -> None:
    for text in ("Mills stood idle that year.\n", "Ships were counted that year.\n"):
        (tmp_path / "same.txt").write_text(text, encoding="utf-8")
        program(fresh_archive, tmp_path, "ingest", str(tmp_path / "same.txt"))
    done = program(fresh_archive, tmp_path, "remove", "--source", "same.txt", "--yes")
    assert done.returncode == Exit.USAGE
    assert "“same.txt” is 2 sources; write " in done.stderr
    first = done.stderr.partition("write ")[2].split()[0]
    done = program(fresh_archive, tmp_path, "remove", "--source", first, "--yes")
    assert done.returncode == Exit.OK, done.stderr


def test_the_log_and_the_list_of_runs_name_what_was_done(
    fresh_archive: Path, tmp_path: Path
) -> None:
    program(fresh_archive, tmp_path, "remove", "395", "--yes")
    program(fresh_archive, tmp_path, "set", "396", "number=397")
    listed = program(fresh_archive, tmp_path, "undo", "--list")
    cells = [line.split("\t") for line in listed.stdout.splitlines()]
    assert [(cell[0], *cell[2:]) for cell in cells[:2]] == [
        ("1", "set", "1", "396, number=397"),
        ("2", "remove", "2", "395"),
    ]
    as_json = json.loads(program(fresh_archive, tmp_path, "undo", "--list", "--json").stdout)
    assert [run["from"] for run in as_json["undoable"][:2]] == [["396", "number=397"], ["395"]]
    for _ in range(2):
        assert program(fresh_archive, tmp_path, "undo").returncode == Exit.OK
    runs = program(fresh_archive, tmp_path, "log", "--jsonl").stdout.splitlines()
    logged = [json.loads(line)["run"] for line in runs[-3:]]
    assert [(run["command"], run["from"]) for run in logged] == [
        ("remove", ["395"]),
        ("undo", ["set 396 number=397"]),
        ("undo", ["remove 395"]),
    ]


def test_a_dry_run_writes_nothing(fresh_archive: Path, tmp_path: Path) -> None:
    program(fresh_archive, tmp_path, "set", "396", "number=397")
    before = {path: path.read_bytes() for path in fresh_archive.rglob("*") if path.is_file()}
    for words in (["remove", "395", "--dry-run"], ["undo", "--dry-run"], ["undo", "--list"]):
        assert program(fresh_archive, tmp_path, *words).returncode == Exit.OK
    now = {path: path.read_bytes() for path in fresh_archive.rglob("*") if path.is_file()}
    assert now == before


@pytest.mark.parametrize("words", [["undo"], ["undo", "--list"], ["undo", "--dry-run"]])
def test_where_there_is_nothing_to_take_back_that_is_said(
    fresh_archive: Path, tmp_path: Path, words: list[str]
) -> None:
    program(fresh_archive, tmp_path, "undo")
    done = program(fresh_archive, tmp_path, *words)
    assert (done.returncode, done.stdout) == (Exit.NOTHING_FOUND, "")
    assert "no run to take back" in done.stderr
    doctor = program(fresh_archive, tmp_path, "doctor")
    assert doctor.stdout == ""


@pytest.mark.parametrize("columns", [30, 200])
def test_a_narrow_list_of_runs_has_each_count_with_its_word_once(
    columns: int, fresh_archive: Path
) -> None:
    screen = on_terminal(fresh_archive, "undo", "--list", columns=columns)
    words = re.sub(r"\x1b\[[0-9;]*m", "", screen).split()
    assert words[-1] == "5" if columns == 200 else words[-2:] == ["5", "sources"], screen


def test_an_interrupted_question_ends_its_line(fresh_archive: Path, tmp_path: Path) -> None:
    code, shown = at_terminal(fresh_archive, tmp_path, b"\x03", "remove", "395")
    assert code == Exit.INTERRUPTED
    assert re.search(r"\[y/N\]: (?:\^C)?\r\nbackissue: interrupted", shown), shown
    assert 395 in numbers(fresh_archive)
