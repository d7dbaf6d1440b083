"""What `ingest` does with its arguments and options before anything is stored."""

import fcntl
import json
import mailbox
import os
import pty
import subprocess
import sys
import termios
import time
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from backissue.cli.boundary import run
from backissue.errors import Exit
from tests.conftest import issues_in

MILLS = "Mills\n\nTide mills grind at night, and the miller sleeps by day.\n"
WELLS = "Wells\n\nDeep wells run dry in August, and nobody knows why.\n"
TWO = f"Harbour Notes 7: Mills\n\nby Ada\n\n{MILLS}\n\nHarbour Notes 8: Wells\n\nby Ada\n\n{WELLS}"


def ingest(archive: Path, *arguments: str | Path) -> int:
    return run(["--archive", str(archive), "ingest", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "new"
    made.mkdir()
    return made


def text_files(folder: Path) -> list[Path]:
    (folder / "a.txt").write_text(MILLS)
    (folder / "b.txt").write_text(WELLS)
    return [folder / "a.txt", folder / "b.txt"]


def a_folder(folder: Path) -> list[Path]:
    text_files(folder)
    return [folder]


def a_zip(folder: Path) -> list[Path]:
    with zipfile.ZipFile(folder / "export.zip", "w") as file:
        file.writestr("a.txt", MILLS)
        file.writestr("b.txt", WELLS)
    return [folder / "export.zip"]


def a_mailbox(folder: Path) -> list[Path]:
    box = mailbox.mbox(folder / "letters.mbox")
    for text in (MILLS, WELLS):
        message = EmailMessage()
        message["From"], message["Subject"] = "Ada <ada@example.org>", text.split()[0]
        message.set_content(text)
        box.add(message)
    box.close()
    return [folder / "letters.mbox"]


def one_file_with_two(folder: Path) -> list[Path]:
    (folder / "two.txt").write_text(TWO)
    return [folder / "two.txt"]


SEVERAL = (text_files, a_folder, a_zip, a_mailbox, one_file_with_two)


@pytest.mark.parametrize("several", SEVERAL)
@pytest.mark.parametrize(
    "option",
    [("--number", "5"), ("--title", "Foo"), ("--date", "2025-01-20"), ("--url", "https://a.org/")],
    ids=lambda option: option[0],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["", "dry"])
def test_a_fact_of_one_issue_with_several_is_refused_and_nothing_is_written(  # type: ignore[no-untyped-def]
    several,
    option: tuple[str, str],
    dry: tuple[str, ...],
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ingest(tmp_path / "a", *several(folder), *option, *dry) == Exit.USAGE
    assert not (tmp_path / "a").exists()
    out, err = capsys.readouterr()
    assert not out
    (line,) = err.splitlines()
    assert line.startswith(f"backissue: {option[0]} is for one issue, and ")
    assert f"backissue set REF {option[0][2:]}=" in line


def test_nothing_of_an_archive_changes_where_facts_of_one_issue_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    assert ingest(tmp_path / "a", *a_folder(folder)) == Exit.OK
    before = issues_in(tmp_path / "a")
    assert ingest(tmp_path / "a", folder, "--number", "5") == Exit.USAGE
    assert issues_in(tmp_path / "a") == before


@pytest.mark.parametrize("several", SEVERAL)
def test_a_publication_and_a_kind_are_for_many(several, folder: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    options = ("--publication", "Harbour Notes", "--kind", "notes")
    assert ingest(tmp_path / "a", *several(folder), *options) == Exit.OK
    heads = [issue.head for issue in issues_in(tmp_path / "a")]
    assert [(head.publication, head.kind.value) for head in heads] == [
        ("Harbour Notes", "notes")
    ] * 2


def test_a_folder_with_one_issue_gets_its_facts(folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text(MILLS)
    (folder / "README.md").write_text("About these files.")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7 and so on")
    options = ("--number", "5", "--date", "2025-01-20", "--publication", "Notes")
    assert ingest(tmp_path / "a", folder, *options) == Exit.REJECTED_INPUT  # the PDF
    (issue,) = issues_in(tmp_path / "a")
    assert (issue.head.key, str(issue.head.date)) == ("notes/5", "2025-01-20")


def test_the_one_issue_of_a_container_gets_its_facts(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(folder / "export.zip", "w") as file:
        file.writestr("a.txt", MILLS)
        file.writestr("program", bytes(range(32)) * 20)
    assert ingest(tmp_path / "a", folder / "export.zip", "--number", "5") == Exit.REJECTED_INPUT
    (issue,) = issues_in(tmp_path / "a")
    assert issue.head.number == 5


def test_a_fact_of_an_option_outweighs_the_catalog(folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text(MILLS)
    (folder / "catalog.toml").write_text('["a.txt"]\nnumber = 4\ntitle = "Mills"\n')
    assert ingest(tmp_path / "a", folder, "--number", "5") == Exit.OK
    (issue,) = issues_in(tmp_path / "a")
    assert (issue.head.number, issue.head.title) == (5, "Mills")


def test_a_catalog_that_gives_a_number_to_a_file_of_several_issues_is_remarked_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_file_with_two(folder)
    (folder / "catalog.toml").write_text('["two.txt"]\nnumber = 4\n')
    assert ingest(tmp_path / "a", folder) == Exit.OK
    assert "number not used, as it has 2 issues" in capsys.readouterr().err
    assert len(issues_in(tmp_path / "a")) == 2


# -- standard input and pipes ---------------------------------------------------------------------


def started(archive: Path, *arguments: str | Path, **streams: Any) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "backissue", "--archive", str(archive), "ingest"]
    return subprocess.Popen(
        [*command, *map(str, arguments)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, **streams
    )


def wait_until_it_reads(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a process waits for its input."""
    place = Path(f"/proc/{process.pid}/wchan")
    for _ in range(200):
        if "pipe_read" in place.read_text() or "pipe_wait" in place.read_text():
            return
        time.sleep(0.05)


@pytest.mark.parametrize("path", ["-", "/dev/stdin"])
def test_no_other_writer_waits_for_one_that_waits_for_its_input(
    path: str, folder: Path, tmp_path: Path
) -> None:
    text_files(folder)
    waiting = started(tmp_path / "a", path, stdin=subprocess.PIPE)
    wait_until_it_reads(waiting)
    assert not (tmp_path / "a").exists()
    assert ingest(tmp_path / "a", folder / "a.txt") == Exit.OK
    out, err = waiting.communicate(WELLS.encode(), timeout=60)
    assert (waiting.returncode, out) == (Exit.OK, b""), err
    assert b"added stdin: plain text, 1 issue" in err
    assert len(issues_in(tmp_path / "a")) == 2


def test_a_named_pipe_is_read_to_its_end(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe")
    waiting = started(tmp_path / "a", folder / "pipe")
    with open(folder / "pipe", "w") as pipe:
        pipe.write(MILLS[:20])
        pipe.flush()
        time.sleep(0.1)
        pipe.write(MILLS[20:])
    _, err = waiting.communicate(timeout=60)
    assert waiting.returncode == Exit.OK, err
    (issue,) = issues_in(tmp_path / "a")
    assert issue.head.sources == ("pipe",)


def test_what_a_shell_puts_in_place_of_a_command_is_read(tmp_path: Path) -> None:
    end, start = os.pipe()
    os.write(start, MILLS.encode())
    os.close(start)
    assert ingest(tmp_path / "a", f"/dev/fd/{end}") == Exit.OK
    os.close(end)
    (issue,) = issues_in(tmp_path / "a")
    assert issue.head.sources == ("pipe",)


@pytest.mark.parametrize("content", [b"", b" \n\n"])
@pytest.mark.parametrize(("path", "what"), [("-", "standard input"), ("/dev/stdin", "the pipe")])
def test_where_nothing_comes_in_that_is_said_and_nothing_is_made(
    content: bytes, path: str, what: str, tmp_path: Path
) -> None:
    process = started(tmp_path / "a", path, stdin=subprocess.PIPE)
    _, err = process.communicate(content, timeout=60)
    assert process.returncode == Exit.REJECTED_INPUT
    assert f"backissue: cannot read stdin: {what} was empty\n" in err.decode()
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("path", ["-", "/dev/stdin", "/dev/tty"])
def test_at_a_terminal_you_are_asked_to_type_and_how_to_end_it(path: str, tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    process = started(tmp_path / "a", path, stdin=follower, start_new_session=True, preexec_fn=own)
    os.close(follower)
    with process:
        assert process.stderr
        asked = process.stderr.readline()
        assert asked == b"backissue: reading standard input; end it with Ctrl-D\n"
        os.write(leader, MILLS.encode() + b"\x04")
        assert process.wait(60) == Exit.OK, process.stderr.read()
    os.close(leader)
    assert len(issues_in(tmp_path / "a")) == 1


def own() -> None:
    """Make standard input the terminal of this process."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_in_a_pipe_nobody_is_asked_to_type(tmp_path: Path) -> None:
    process = started(tmp_path / "a", "-", stdin=subprocess.PIPE)
    _, err = process.communicate(MILLS.encode(), timeout=60)
    assert b"Ctrl-D" not in err


# -- paths at which there is nothing --------------------------------------------------------------


def first_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.splitlines()[0].removeprefix("backissue: ")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("seed", "no such file; did you mean seeds?"),
        ("seeds//", "no such file; did you mean seeds/?"),
        ("SEEDS/", "no such file; did you mean seeds/?"),
        ("sedes/396.html", "no such file; did you mean seeds/396.html?"),
        ("seeds/369.html", "no such file; did you mean seeds/396.html?"),
        ("seeds/396", "no such file; did you mean seeds/396.html?"),
        ("sedes/12.html", "no such file; did you mean seeds?"),
        ("elsewhere", "no such file"),
        ("x", "no such file"),
        ("seeds/*.eml", "no file has a name of this pattern"),
        ("~/seeds", "no such file; write ~ without quotes"),
        ("https://importai.net/p/396", "a web address; save the page"),
        ("HTTP://importai.net", "a web address; save the page"),
        ("www.importai.net", "a web address; save the page"),
        ("feed:https://importai.net/feed", "a web address; save the page"),
        ("importai.net/p/396", "no such file; of a web address, save the page"),
        ("ftp://a.org/x.zip", "an address (ftp:), and no file; fetch it"),
        ("s3://bucket/x.html", "an address (s3:), and no file; fetch it"),
        ("file:///tmp/a%20b.html", "the address of a file; give its path: /tmp/a b.html"),
        ("mailto:ada@example.org", "a mail address; save the message as a file"),
        ("number=5", "no such file; a fact is an option: --number 5"),
        ("title=Two mills", "no such file; a fact is an option: --title 'Two mills'"),
        ("", "not a file name"),
    ],
)
def test_a_path_at_which_there_is_nothing_is_answered_with_what_to_type(
    typed: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harbour").mkdir()
    if typed != "seeds//":
        (tmp_path / "seeds").mkdir()
        (tmp_path / "seeds" / "396.html").write_text(MILLS)
    else:
        typed = "seds/"
        (tmp_path / "seeds").mkdir()
    assert ingest(tmp_path / "a", typed) == Exit.REJECTED_INPUT
    said = first_line(capsys)
    assert said.startswith("cannot read ")
    assert said.partition(": ")[2].startswith(reason) or reason in said
    assert not (tmp_path / "a").exists()


def test_a_file_with_the_name_of_an_address_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "www.importai.net").write_text(MILLS)
    (tmp_path / "http:").mkdir()
    (tmp_path / "http:" / "a.txt").write_text(WELLS)
    assert ingest(tmp_path / "a", "www.importai.net", "http://a.txt") == Exit.OK


def test_a_mistyped_path_among_good_ones_is_named_and_the_rest_ingested(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text_files(folder)
    assert ingest(tmp_path / "a", folder / "a.txt", f"{folder}x") == Exit.REJECTED_INPUT
    assert f"cannot read newx: no such file; did you mean {folder}?" in capsys.readouterr().err
    assert len(issues_in(tmp_path / "a")) == 1


# -- folders in which there is nothing ------------------------------------------------------------


@pytest.mark.parametrize(
    ("hidden", "what"), [((), "is empty"), ((".a.txt",), "has no files, or hidden ones only")]
)
def test_an_empty_folder_is_said_to_be_empty(
    hidden: tuple[str, ...],
    what: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in hidden:
        (folder / name).write_text(MILLS)
    assert ingest(tmp_path / "a", folder) == Exit.NOTHING_FOUND
    assert first_line(capsys) == f"skipped {folder}: nothing to ingest in it, the folder {what}"
    assert not (tmp_path / "a").exists()


def test_an_empty_folder_among_others_is_named(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text_files(folder)
    (tmp_path / "empty").mkdir()
    assert ingest(tmp_path / "a", tmp_path / "empty", folder) == Exit.OK
    assert "the folder is empty" in first_line(capsys)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a.png": b"\x89PNG\r\n", "style.css": b"a {}"}, Exit.NOTHING_FOUND),
        ({"README.md": b"About these."}, Exit.NOTHING_FOUND),
        ({"a.pdf": b"%PDF-1.7 x", "b.db": b"SQLite format 3\0"}, Exit.REJECTED_INPUT),
    ],
)
def test_a_folder_without_any_issue_is_said_to_be_so_and_nothing_is_made(
    files: dict[str, bytes],
    code: Exit,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    assert ingest(tmp_path / "a", folder) == code
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"backissue: nothing to ingest in {folder}; "
        "ingest reads text, pages, mail and feeds, also in zip and tar files and mailboxes"
    )
    assert not (tmp_path / "a").exists()


def test_what_is_known_already_is_something_to_ingest(folder: Path, tmp_path: Path) -> None:
    text_files(folder)
    assert ingest(tmp_path / "a", folder) == Exit.OK
    assert ingest(tmp_path / "a", folder) == Exit.OK


def test_a_run_that_made_no_archive_leaves_no_log_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert ingest(tmp_path / "a", "nosuch") == Exit.REJECTED_INPUT
    assert not list((tmp_path / "a").iterdir())


# -- where an archive may be ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "others", [("letter.odt",), (".git/config",), ("sources/main.c",), ("a", "b", "c", "d")]
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["", "dry"])
def test_a_folder_that_holds_other_files_is_no_place_for_an_archive(
    others: tuple[str, ...],
    dry: tuple[str, ...],
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text_files(folder)
    place = tmp_path / "documents"
    for name in others:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("mine")
    before = sorted(place.rglob("*"))
    assert ingest(place, folder, *dry) == Exit.USAGE
    named = ", ".join(sorted({name.partition("/")[0] for name in others})[:3])
    assert first_line(capsys).startswith(f"{place} holds other files ({named}")
    assert sorted(place.rglob("*")) == before
    assert ingest(place, folder, "--force") == Exit.OK
    assert ingest(place, folder) == Exit.OK
    assert len(issues_in(place)) == 2
    assert all((place / name).read_text() == "mine" for name in others)


@pytest.mark.parametrize("options", [(), ("--force",)])
@pytest.mark.parametrize("name", ["index", "index.new", "index.old"])
def test_an_index_of_something_else_is_never_replaced(
    name: str, options: tuple[str, ...], folder: Path, tmp_path: Path
) -> None:
    text_files(folder)
    place = tmp_path / "site"
    (place / name).mkdir(parents=True)
    (place / name / "a.html").write_text("mine")
    assert ingest(place, folder, *options) == Exit.USAGE
    assert (place / name / "a.html").read_text() == "mine"
    assert len(list(place.rglob("*"))) == 2


@pytest.mark.parametrize("others", [(), (".DS_Store",), ("synonyms.toml",), ("lost+found",)])
def test_an_empty_folder_is_a_place_for_an_archive(
    others: tuple[str, ...], folder: Path, tmp_path: Path
) -> None:
    text_files(folder)
    place = tmp_path / "empty"
    place.mkdir()
    for name in others:
        (place / name).touch()
    assert ingest(place, folder) == Exit.OK


def test_a_file_is_no_place_for_an_archive(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text_files(folder)
    assert ingest(folder / "b.txt", folder / "a.txt") == Exit.USAGE
    assert "b.txt is a file, and an archive is a folder; choose another" in first_line(capsys)
    assert run(["--archive", str(folder / "b.txt"), "issues"]) == Exit.NO_ARCHIVE
    assert "b.txt is a file, and an archive is a folder" in first_line(capsys)


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_the_mode_of_a_folder_that_exists_stays(mode: int, folder: Path, tmp_path: Path) -> None:
    text_files(folder)
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(mode)
    before = os.umask(0o022)
    try:
        assert ingest(place, folder) == Exit.OK
        assert run(["--archive", str(place), "search", "mills"]) == Exit.OK
    finally:
        os.umask(before)
    assert place.stat().st_mode & 0o777 == mode
    assert [path for path in place.rglob("*") if path.lstat().st_mode & 0o077] == []
    assert run(["--archive", str(place), "doctor"]) == (Exit.FINDINGS if mode & 0o77 else Exit.OK)


def test_a_folder_that_is_made_is_private(folder: Path, tmp_path: Path) -> None:
    text_files(folder)
    assert ingest(tmp_path / "deep" / "a", folder) == Exit.OK
    assert (tmp_path / "deep" / "a").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_to_is_refused_before_anything_is_stored(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text_files(folder)
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(0o775)
    assert ingest(place, folder) == Exit.NO_ARCHIVE
    assert f"chmod go-w {place}" in first_line(capsys)
    assert not list(place.iterdir())


def test_a_link_to_a_folder_is_a_place_for_an_archive(folder: Path, tmp_path: Path) -> None:
    text_files(folder)
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    assert ingest(tmp_path / "link", folder) == Exit.OK
    assert run(["--archive", str(tmp_path / "link"), "doctor"]) == Exit.OK
    (tmp_path / "real").chmod(0o755)
    assert run(["--archive", str(tmp_path / "link"), "doctor"]) == Exit.FINDINGS


# -- an archive without an issue ------------------------------------------------------------------


@pytest.fixture
def empty_archive(folder: Path, tmp_path: Path) -> Path:
    """An archive from which everything was removed."""
    (folder / "a.txt").write_text(MILLS)
    assert ingest(tmp_path / "a", folder) == Exit.OK
    assert run(["--archive", str(tmp_path / "a"), "remove", "mills", "--yes"]) == Exit.OK
    return tmp_path / "a"


@pytest.mark.parametrize(
    "command",
    [
        "search mills",
        "issues",
        "issues 395",
        "publications",
        "show mills",
        "why mills.1",
        "related mills.1",
        "repairs mills",
        "open mills",
        "stats",
        "missing",
        "export --markdown out",
        "set mills number=4",
        "remove mills",
    ],
)
def test_an_archive_without_issues_says_how_to_fill_it(
    command: str, empty_archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["--archive", str(empty_archive), *command.split()]) == Exit.NOTHING_FOUND
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"backissue: the archive {empty_archive} has no issue; "
        f"to fill it: backissue --archive {empty_archive} ingest FILE-OR-FOLDER…\n"
    )


@pytest.mark.parametrize("command", ["search mills", "issues", "publications", "stats", "missing"])
def test_an_archive_without_issues_is_an_empty_document_in_json(
    command: str, empty_archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    run(["--archive", str(empty_archive), *command.split(), "--json"])
    out, err = capsys.readouterr()
    assert json.loads(out)["schema"] == 1
    assert err.startswith(f"backissue: the archive {empty_archive} has no issue; to fill it:")


def test_an_archive_without_issues_is_exported_as_nothing(
    empty_archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["--archive", str(empty_archive), "export"]) == Exit.OK
    out, err = capsys.readouterr()
    assert out == ""
    assert "has no issue; to fill it:" in err


def test_where_no_archive_was_made_a_search_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest(tmp_path / "a", "nosuch") == Exit.REJECTED_INPUT
    capsys.readouterr()
    assert run(["--archive", str(tmp_path / "a"), "search", "mills"]) == Exit.NO_ARCHIVE
    assert first_line(capsys) == (
        f"no archive in {tmp_path / 'a'};"
        f" make one with: backissue --archive {tmp_path / 'a'} ingest FILE-OR-FOLDER…"
    )
