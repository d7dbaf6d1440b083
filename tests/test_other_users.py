"""An archive of another user, and folders closed to you: exit code 3 and a sentence."""

import importlib
import os
import pkgutil
import shlex
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import backissue
from backissue.cli import boundary
from backissue.errors import Exit
from tests.conftest import source, take_in
from tests.reliability.test_faults import Done, import_all, run

NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
COMMANDS = (
    "search foo",
    "issues",
    "show foo",
    "why foo",
    "related foo.1",
    "stats",
    "stats --json",
    "export",
    "missing",
    "repairs foo",
    "searches",
    "log",
    "doctor",
    "verify",
    "rebuild",
    "backup FILE",
    "set foo number=4",
    "remove foo --yes",
    "ingest TEXT",
    "ingest TEXT --dry-run",
    "ingest TEXT --force",
)


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """Load everything: another user cannot read where Python itself may be."""
    import_all()
    for module in pkgutil.walk_packages(backissue.__path__, "backissue."):
        if module.name != "backissue.__main__":
            importlib.import_module(module.name)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may look into, with a text in it; pytest's own are closed."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "a.txt").write_text("Foo\n\nBar baz qux.\n")
        (folder / "a.txt").chmod(0o644)
        yield folder


def become_nobody() -> None:
    os.chdir("/")
    os.environ["XDG_CONFIG_HOME"] = "/nowhere"
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def by_nobody(archive: Path, place: Path, command: str) -> Done:
    typed = command.replace("TEXT", str(place / "a.txt")).replace("FILE", str(place / "b.tgz"))
    return run(archive, *shlex.split(typed), before=become_nobody)


@as_root
@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_an_archive_of_another_user_is_named_as_such_by_every_command(
    mode: int, place: Path
) -> None:
    archive = place / "archive"
    take_in(archive, source("foo.txt", "Foo\n\nBar baz qux.\n"))
    archive.chmod(mode)
    for command in COMMANDS:
        done = by_nobody(archive, place, command)
        assert (done.code, done.out) == (Exit.NO_ARCHIVE, b""), f"{command}: {done.err}"
        assert done.err == (
            f"backissue: {archive} belongs to another user, and an index is only opened by its "
            "owner; keep an archive of your own: --archive DIR\n"
        ), command


@as_root
@pytest.mark.parametrize("command", COMMANDS)
def test_an_archive_in_a_folder_that_is_closed_to_you_cannot_be_read(
    command: str, place: Path
) -> None:
    closed = place / "closed"
    take_in(closed / "archive", source("foo.txt", "Foo\n\nBar baz qux.\n"))
    closed.chmod(0o700)
    done = by_nobody(closed / "archive", place, command)
    assert (done.code, done.out) == (Exit.NO_ARCHIVE, b""), done.err
    assert done.err == (
        f"backissue: cannot read {closed}/archive: permission denied; "
        "choose another folder with --archive DIR\n"
    )


@as_root
def test_no_archive_is_made_in_a_folder_of_another_user(place: Path) -> None:
    (place / "theirs").mkdir()
    for folder in (place / "theirs", place / "theirs" / "new"):
        for command in ("ingest TEXT", "ingest TEXT --force"):
            done = by_nobody(folder, place, command)
            assert done.code == Exit.NO_ARCHIVE, done.err
            assert len(done.err.splitlines()) == 1
            assert "--archive DIR" in done.err
    assert not list((place / "theirs").iterdir())


@as_root
def test_a_folder_of_another_user_without_an_archive_has_none(place: Path) -> None:
    (place / "theirs").mkdir(mode=0o755)
    done = by_nobody(place / "theirs", place, "issues")
    assert done.code == Exit.NO_ARCHIVE
    assert f"no archive in {place}/theirs" in done.err


@as_root
def test_a_backup_is_not_restored_into_a_folder_of_another_user(place: Path) -> None:
    take_in(place / "archive", source("foo.txt", "Foo\n\nBar baz qux.\n"))
    assert run(place / "archive", "backup", str(place / "b.tgz")).code == Exit.OK
    (place / "b.tgz").chmod(0o644)
    (place / "theirs").mkdir(mode=0o755)
    for folder in ("archive", "theirs", "new"):
        done = by_nobody(place / "any", place, f"restore FILE {place}/{folder}")
        assert done.code == Exit.NO_ARCHIVE, done.err
        assert ("permission denied" if folder == "new" else "another user") in done.err
        assert len(done.err.splitlines()) == 1


def test_who_owns_an_archive_is_asked_before_anything_is_stored(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "theirs").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: NOBODY)
    arguments = ["--archive", str(place / "theirs"), "ingest", str(place / "a.txt")]
    assert boundary.run(arguments) == Exit.NO_ARCHIVE
    assert "belongs to another user" in capsys.readouterr().err
    assert not list((place / "theirs").iterdir())


@as_root
@pytest.mark.parametrize("path", ["closed/a.txt", "closed", "closed.txt"])
def test_what_you_may_not_read_is_rejected_in_plain_words(path: str, place: Path) -> None:
    (place / "closed").mkdir()
    (place / "closed" / "a.txt").write_text("Foo")
    (place / "closed").chmod(0o700)
    (place / "closed.txt").write_text("Foo")
    (place / "closed.txt").chmod(0o600)
    (place / "own").mkdir()
    os.chown(place / "own", NOBODY, NOBODY)
    done = by_nobody(place / "own", place, f"ingest {place}/{path} TEXT")
    assert done.code == Exit.REJECTED_INPUT
    assert "permission denied" in done.err.splitlines()[0]
    assert "1 added, 1 rejected" in done.err
