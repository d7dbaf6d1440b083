"""What somebody else's archive has in place of its files: a link, a pipe, a second name."""

import array
import ctypes
import fcntl
import os
import random
import re
import shutil
import signal
import stat
import struct
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability.test_faults import Done, copied, exported, import_all, run, write_issue

# Whatever a command does, it does not wait for a pipe.
_PATIENCE = 120  # seconds


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    import_all()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that has every kind of file there is in one."""
    place = tmp_path_factory.mktemp("made")
    archive = place / "archive"
    for number in (1, 2, 3):
        new = write_issue(place / f"{number}.txt", number, f"Mills {number}")
        assert run(archive, "ingest", str(new)).code == Exit.OK
    for words in (["set", "1", "title=Other"], ["search", "reeds", "--save", "reeds"]):
        assert run(archive, *words).code == Exit.OK
    assert run(archive, "remove", "--source", "3.txt", "--yes").code == Exit.OK
    for name, text in {"synonyms.toml": 'equal = [["reed", "rush"]]\n', "unfinished": ""}.items():
        (archive / name).write_text(text, encoding="utf-8")
        (archive / name).chmod(0o600)
    return archive


def commands(new: Path, backup: Path) -> list[list[str]]:
    """Every command that reads or writes something of an archive, in an order that writes first."""
    return [
        ["ingest", str(new)],
        ["set", "2", "title=Another"],
        ["search", "mills", "--save", "mills"],
        ["remove", "2", "--yes"],
        ["undo"],
        ["rebuild"],
        ["backup", str(backup)],
        ["verify"],
        ["search", "mills"],
        ["searches"],
        ["show", "@1"],
        ["log"],
        ["missing"],
        ["stats"],
        ["export"],
        ["doctor"],
    ]


def asked(archive: Path, words: list[str]) -> Done:
    """A command that ends by itself, without a traceback, with an exit code that is documented."""
    done = run(archive, *words, before=lambda: signal.alarm(_PATIENCE))
    assert done.code in set(Exit), f"{words}: {done.code} {done.err}"
    assert "Traceback" not in done.err, f"{words}: {done.err}"
    return done


def state(folder: Path) -> dict[str, tuple[object, ...]]:
    """All that is in a folder: names, modes, times and contents."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        known = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(known.st_mode) else b""
        found[str(path.relative_to(folder))] = (known.st_mode, known.st_mtime_ns, data)
    return found


# -- what is put in place of a file or folder ------------------------------------------------------


def link(path: Path, outside: Path) -> None:
    """A link to what was there, now outside: it reads as well as before."""
    aim = outside / path.name
    path.rename(aim)
    path.symlink_to(aim)


def dead_link(path: Path, outside: Path) -> None:
    """A link to where nothing is: whoever writes through it makes a file there."""
    remove(path)
    path.symlink_to(outside / "fresh")


def pipe(path: Path, outside: Path) -> None:
    """A pipe that has something to read, and no end."""
    del outside
    remove(path)
    os.mkfifo(path)


def second_name(path: Path, outside: Path) -> None:
    """A file that has another name, outside: what changes it in place changes that."""
    if path.is_dir():
        link(path, outside)
    else:
        os.link(path, outside / path.name)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


WAYS: Mapping[str, Callable[[Path, Path], None]] = {
    "link": link,
    "dead link": dead_link,
    "pipe": pipe,
    "second name": second_name,
}


def places(archive: Path) -> list[Path]:
    """Every file and folder in an archive but the lists of recent hits, which come and go."""
    return [path.relative_to(archive) for path in sorted(archive.rglob("*"))]


def kinds(archive: Path) -> list[Path]:
    """One place of each kind: of those that differ in a number or a hash, the first."""
    found = {
        re.sub(r"[0-9a-z]{12,}|[0-9a-f]{2}(?=/|$)|\d+", "", str(p)): p for p in places(archive)
    }
    assert len(found) >= 15, found
    return sorted(found.values())


# -- what a link leads to, seen from there --------------------------------------------------------

# Numbers of inotify: opened, changed, made, removed; and that it is about a folder.
_ANYTHING, _FOLDER = 0x20 | 0x2 | 0x100 | 0x200, 0x40000000


@contextmanager
def watched(outside: Path) -> Iterator[Callable[[], bool]]:
    """Whether a file in a folder was opened, changed, made or removed since it was last asked.

    Names may be listed. Where the system does not tell (it is not Linux), nothing ever was.
    """
    if sys.platform != "linux":
        yield lambda: False
        return
    library = ctypes.CDLL(None, use_errno=True)
    handle = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    for folder in (outside, *(path for path in outside.rglob("*") if path.is_dir())):
        assert library.inotify_add_watch(handle, os.fsencode(folder), _ANYTHING) >= 0

    def touched() -> bool:
        masks = []
        with suppress(BlockingIOError):
            data = os.read(handle, 65536)
            while data:
                _, mask, _, length = struct.unpack_from("iIII", data)
                masks.append(mask)
                data = data[16 + length :]
        return any(not mask & _FOLDER or mask & _ANYTHING & ~0x20 for mask in masks)

    try:
        yield touched
    finally:
        os.close(handle)


@contextmanager
def filled(path: Path) -> Iterator[Callable[[], bool]]:
    """Have a pipe hold a few bytes; whether any were taken out of it."""
    if not (path.exists() and stat.S_ISFIFO(path.lstat().st_mode)):
        yield lambda: False
        return
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    os.write(handle, b"words")

    def drained() -> bool:
        held = array.array("i", [0])
        fcntl.ioctl(handle, termios.FIONREAD, held)
        return held[0] != 5

    try:
        yield drained
    finally:
        os.close(handle)


@pytest.mark.promise(
    "No command follows a link that stands for a file or folder in an archive, or waits for a pipe"
    " there, or changes a file through its second name."
)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_outside_is_touched_through_an_archive(
    made: Path, tmp_path: Path, trials: Trials, way: str
) -> None:
    new = write_issue(tmp_path / "new.txt", 9, "Weirs")
    every = kinds(made)
    turn = list(WAYS).index(way)
    for attempt in trials(few=len(every), many=3 * len(every)):
        place = every[attempt % len(every)]
        archive, outside = copied(made, tmp_path / str(attempt)), tmp_path / f"{attempt}-outside"
        outside.mkdir()
        WAYS[way](archive / place, outside)
        before = state(outside)
        words = commands(new, tmp_path / f"{attempt}.tgz")
        # A writer comes first; every other has its turn, with another kind of place in each way.
        mine = [words[0], *words[1 + (attempt + turn) % 5 :: 5]] if not trials.long else words
        if attempt >= len(every):
            mine = random.Random(f"{way} {attempt}").sample(words, len(words))
        with watched(outside) as touched, filled(archive / place) as drained:
            for command in mine:
                done = asked(archive, command)
                case = f"{way}, {place}, {command}: {done.code} {done.err}"
                assert way == "second name" or not touched(), case
                assert not drained(), case
                assert state(outside) == before, case
                touched()  # what has just been read here
        shutil.rmtree(archive)


@pytest.mark.promise(
    "`doctor` names every link and every file that is not regular, in an archive, and whatever"
    " others own or may change there or above it."
)
def test_the_doctor_names_what_others_could_have_planted(
    made: Path, tmp_path: Path, trials: Trials
) -> None:
    (clean := copied(made, tmp_path / "clean") / "unfinished").unlink()
    assert run(clean.parent, "doctor").code == Exit.OK
    every = places(made)
    for attempt in trials(few=8, many=4 * len(every)):
        dice = random.Random(attempt)
        place = dice.choice(every)
        archive, outside = copied(made, tmp_path / str(attempt)), tmp_path / f"{attempt}-outside"
        outside.mkdir()
        strange = {**WAYS, "mode": lambda path, _: path.chmod(path.stat().st_mode | 0o020)}
        del strange["second name"]
        way = dice.choice(sorted(strange))
        strange[way](archive / place, outside)
        done = asked(archive, ["doctor"])
        case = f"{attempt}: {way}, {place}: {done.out!r} {done.err}"
        if str(place) == "sources" and done.code == Exit.NO_ARCHIVE:
            continue  # without a folder for originals, it is no archive
        assert (done.code, str(archive / place) in done.out.decode()) == (Exit.FINDINGS, True), case
        shutil.rmtree(archive)


@pytest.mark.promise("`doctor` names a folder above the archive that others own or may change.")
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_the_doctor_names_a_folder_above_that_others_may_change(
    made: Path, tmp_path: Path, mode: int
) -> None:
    above = tmp_path / "above"
    archive = copied(made, above / "archive")
    assert str(above) not in _abouts(run(archive, "doctor"))
    above.chmod(mode)
    done = run(archive, "doctor")
    assert done.code == Exit.FINDINGS
    assert str(above) in _abouts(done)
    above.chmod(mode | stat.S_ISVTX)  # there, nobody renames what is another's
    assert str(above) not in _abouts(run(archive, "doctor"))


def _abouts(done: Done) -> list[str]:
    """What each finding is about."""
    return [line.split(": ")[0] for line in done.out.decode().splitlines()]


@pytest.mark.promise(
    "An index file that is a link, or that others own or may change, is not opened: the index is"
    " rebuilt, with one line."
)
def test_an_index_file_that_others_may_change_is_not_opened(
    made: Path, tmp_path: Path, trials: Trials
) -> None:
    issues = exported(made)
    names = [
        name for name in sorted(os.listdir(made / "index")) if not name.endswith(("LOCK", ".toc"))
    ]
    for attempt in trials(few=len(names) + 2, many=10 * len(names)):
        name = names[attempt % len(names)]
        archive, outside = copied(made, tmp_path / str(attempt)), tmp_path / f"{attempt}-outside"
        outside.mkdir()
        file = archive / "index" / name
        if attempt // len(names) % 2:
            link(file, outside)
        else:
            file.chmod(0o620 if attempt % 3 else 0o606)
        before, case = state(outside), f"{attempt}: {name}"
        done = asked(archive, ["search", "mills"])
        assert "rebuilding it from the originals" in done.err, f"{case}: {done.err}"
        assert len(done.lines) == 1, f"{case}: {done.err}"
        assert asked(archive, ["search", "mills"]).err == "", case
        assert exported(archive) == issues, case
        assert state(outside) == before, case
        shutil.rmtree(archive)


@pytest.mark.promise("An archive may be reached by a link to its folder.")
def test_an_archive_may_be_reached_by_a_link(made: Path, tmp_path: Path) -> None:
    archive = copied(made, tmp_path / "archive")
    reached = tmp_path / "link"
    reached.symlink_to(archive)
    for words in commands(write_issue(tmp_path / "new.txt", 9, "Weirs"), tmp_path / "backup"):
        # Where `missing` looks, there are no issues between 2 and 9.
        expected = Exit.FINDINGS if words == ["missing"] else Exit.OK
        assert asked(reached, words).code == expected, words
    assert reached.is_symlink()
    assert len(exported(archive)) == 3
