"""The disk is full, or fails, or refuses: a sentence, an exit code, and nothing half done."""

import ctypes
import errno
import gzip
import io
import json
import mmap
import os
import random
import re
import resource
import selectors
import shutil
import stat
import struct
import sys
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from backissue.archive import (  # noqa: F401 - once, not in every child
    backup,
    health,
    ingestion,
    journal,
    restoring,
)
from backissue.cli import app, boundary
from backissue.errors import Exit
from tests.conftest import Trials

# -- the program in a child ------------------------------------------------------------------------

Before = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a run of the program."""

    code: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        """What it said on standard error."""
        return self.err.splitlines()


def nothing() -> None:
    """Nothing is done to a child before it becomes the program."""


def run(archive: Path, *arguments: str, before: Before = nothing) -> Done:
    """The program in a forked child, since starting Python takes ten times as long.

    `before` is called in the child, and may do to it what it likes.
    """
    pipes = [os.pipe(), os.pipe()]
    child = os.fork()
    if not child:
        for number, (_, end) in enumerate(pipes, 1):
            os.dup2(end, number)
        _become_the_program([f"--archive={archive}", *arguments], before)
    for _, end in pipes:
        os.close(end)
    out, err = _drained([reading for reading, _ in pipes])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Done(code=code, out=out, err=err.decode())


def _become_the_program(arguments: Sequence[str], before: Before) -> None:
    try:
        warnings.resetwarnings()
        warnings.simplefilter("ignore")
        # No power is lost here, and flushing takes longer than all else together.
        os.fsync = lambda _: None
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
        for number, name in enumerate(("stdout", "stderr"), 1):
            raw = io.FileIO(number, "w", closefd=False)
            through = number == 2
            buffered = io.BufferedWriter(raw)
            setattr(sys, name, io.TextIOWrapper(buffered, "utf-8", write_through=through))
        before()
        boundary.main(arguments)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(99)


def _drained(ends: Sequence[int]) -> tuple[bytes, bytes]:
    """All that comes from these pipes, read side by side."""
    read: dict[int, bytes] = dict.fromkeys(ends, b"")
    with selectors.DefaultSelector() as ready:
        for end in ends:
            ready.register(end, selectors.EVENT_READ)
        while ready.get_map():
            for key, _ in ready.select():
                piece = os.read(key.fd, 2**16)
                read[key.fd] += piece
                if not piece:
                    ready.unregister(key.fd)
                    os.close(key.fd)
    out, err = (read[end] for end in ends)
    return out, err


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    import_all()


def import_all() -> None:
    """Import what commands import where they run: once, not in every child."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import feedparser  # noqa: F401
    context = app.app.make_context("backissue", ["help"])
    for name in app.app.list_commands(context):
        app.app.get_command(context, name)


def exported(archive: Path) -> dict[str, bytes]:
    """Each issue of an archive as `export` writes it, by publication and address."""
    done = run(archive, "export")
    assert done.code == Exit.OK, done.err
    return issues_in(done.out)


def issues_in(out: bytes) -> dict[str, bytes]:
    """The lines that `export` wrote, by publication and address."""
    issues = {}
    for line in out.splitlines():
        issue = json.loads(line)["issue"]
        issues[f"{issue['publication']} {issue['id']}"] = line
    return issues


# -- a small archive, and what is done to it -------------------------------------------------------

ISSUE = """Crane Weekly {number}: {title}
by Ada Moore

Cranes over {title}:
…The birds are back, and they are {number} more than last year…
The cranes were counted at dawn by {number} people who stood in the reeds of {title} until noon.
Why this matters: where cranes rest, the water is good, and where the water is good, people stay.
Read more: Counting cranes in {title} (Crane Weekly).
"""


def write_issue(path: Path, number: int, title: str, more: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ISSUE.format(number=number, title=title) + more, encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A command, what the archive's issues are before and after it, and what files there are."""

    name: str
    arguments: tuple[str, ...]
    start: (
        Path  # the folder that holds the archive and what lies beside it, copied for each attempt
    )
    old: Mapping[str, bytes]
    new: Mapping[str, bytes]
    files: frozenset[str]
    archive: str = "archive"  # which of what lies in the folder is to be looked at afterwards

    def attempt(self, folder: Path, before: Before = nothing) -> Done:
        """The command, in a copy of the folder it is for."""
        words = [one.replace("HERE", str(folder)) for one in self.arguments]
        return run(folder / "archive", *words, before=before)


TASKS: dict[str, tuple[str, ...]] = {
    "ingest": ("ingest", "HERE/new"),
    "set": ("set", "2", "title=Storks", "date=2024-05-06"),
    "remove": ("remove", "2", "--yes"),
    "undo": ("undo",),
    "rebuild": ("rebuild",),
    "backup": ("backup", "HERE/again.tgz"),
    "restore": ("restore", "HERE/backup.tgz", "HERE/back"),
    "save": ("search", "reeds", "--save", "reeds"),
}
# What is done to the archive before a command, and commands that do more when they are repeated.
PREPARED: dict[str, tuple[str, ...]] = {"undo": ("remove", "2", "--yes")}
ONCE = frozenset({"remove", "undo"})


def kept_files(archive: Path) -> frozenset[str]:
    """The names of all that is kept in an archive besides what can be derived again."""
    passing = {"index", "index.old", "recent", "history"}
    history = archive / "history"
    odd = {path.name for path in history.glob("*") if not re.fullmatch(r"\d{6}\.jsonl", path.name)}
    assert not odd
    return frozenset(
        name
        for path in archive.rglob("*")
        if (name := path.relative_to(archive).as_posix()).partition("/")[0] not in passing
    )


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, files that are new to it, and a backup of it."""
    return make_start(tmp_path_factory.mktemp("start"))


def make_start(folder: Path) -> Path:
    write_issue(folder / "old" / "1.txt", 1, "Mills")
    write_issue(folder / "old" / "2.txt", 2, "Tills")
    write_issue(folder / "new" / "2-longer.txt", 2, "Tills", "A story more, of a heron.\n")
    write_issue(folder / "new" / "3.txt", 3, "Hills")
    for words in (["ingest", f"{folder}/old"], ["search", "crane", "--save", "cranes"]):
        assert run(folder / "archive", *words).code == Exit.OK
    assert run(folder / "archive", "backup", f"{folder}/backup.tgz").code == Exit.OK
    return folder


@pytest.fixture(scope="session", params=TASKS)
def task(
    request: pytest.FixtureRequest, start: Path, tmp_path_factory: pytest.TempPathFactory
) -> Task:
    """Each command that writes, with what it does when nothing disturbs it."""
    return make_task(request.param, start, tmp_path_factory.mktemp("undisturbed"))


def make_task(name: str, start: Path, scratch: Path) -> Task:
    if name in PREPARED:
        start = copied(start, scratch / "start")
        assert run(start / "archive", *PREPARED[name]).code == Exit.OK
    folder = copied(start, scratch / "folder")
    plain = Task(name=name, arguments=TASKS[name], start=start, old={}, new={}, files=frozenset())
    done = plain.attempt(folder)
    assert done.code == Exit.OK, done.err
    archive = "back" if name == "restore" else "archive"
    return Task(
        name=name,
        arguments=plain.arguments,
        start=start,
        old=exported(start / "archive"),
        new=exported(folder / archive),
        files=kept_files(folder / archive),
        archive=archive,
    )


def copied(start: Path, folder: Path, *without: str) -> Path:
    unseen = shutil.ignore_patterns(*without)
    return Path(shutil.copytree(start, folder, symlinks=True, ignore=unseen))


def check_said(done: Done, case: str) -> None:
    """What is said of a fault: a sentence with what to do, or nothing where none was felt."""
    assert "Traceback" not in done.err, f"{case}: {done.err}"
    if done.code != Exit.OK:
        assert done.code in {Exit.USAGE, Exit.NO_ARCHIVE}, f"{case}: {done.code} {done.err}"
        assert len(done.lines) == 1, f"{case}: {done.err}"
        assert done.err.startswith("backissue: "), f"{case}: {done.err}"


def check_after(task: Task, folder: Path, done: Done, case: str, *, swept: bool = True) -> None:
    """The fault is gone: the archive holds old or new, and the same command completes.

    `swept` says that files could be removed.
    """
    archive = folder / task.archive
    # An original that cannot be read is named, and what it alone gave is left out until it can be.
    if task.name != "restore" and done.code != Exit.REJECTED_INPUT:
        held = exported(archive)
        for key in held.keys() | (task.old.keys() & task.new.keys()):
            assert held.get(key) in (task.old.get(key), task.new.get(key)), f"{case}: {key}"
        if done.code == Exit.OK:
            assert held == task.new, f"{case}: said to be done, and is not"
    if done.code == Exit.REJECTED_INPUT:
        # What was left out with its original is derived again by a rebuild alone.
        assert run(archive, "rebuild").code == Exit.OK, case
    if task.name == "restore" and archive.exists():
        # What came back is whole; it may be that its index was not.
        assert run(archive, "rebuild").code == Exit.OK, case
    elif task.name in ONCE and exported(archive) == task.new:
        # The same command would do more; any other completes what is left to do.
        again = run(archive, "ingest", str(folder / "old" / "1.txt"))
        assert again.code == Exit.OK, f"{case}: {again.err}"
    else:
        again = task.attempt(folder)
        assert again.code == Exit.OK, f"{case}: {again.err}"
    assert exported(archive) == task.new, case
    if swept:
        assert kept_files(archive) | {"log.jsonl"} == task.files | {"log.jsonl"}, case
        assert stray(folder) == [], case
    doctor = run(archive, "doctor")
    assert doctor.out == b"", f"{case}: {doctor.out.decode()}"


def stray(folder: Path) -> list[str]:
    """What an attempt left of its own making."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


# -- every step that can fail, fails ---------------------------------------------------------------

_STEPS = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod"}
_ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS)


class _Counting:
    """What counts in a child, and tells its parent."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 4)  # with the child

    @property
    def count(self) -> int:
        """How often it was heard in the child."""
        found: int = struct.unpack("I", self._shared[:])[0]
        return found


class Faults(_Counting):
    """Has the steps that change files under a folder counted, and some of them fail.

    The n-th fails, and with `lasting` whatever comes after it. `reading` counts opening a file to
    read, too. Given to a child as `before`.
    """

    def __init__(
        self, under: Path, nth: int, code: int = 0, *, lasting: bool = False, reading: bool = False
    ) -> None:
        self._under = f"{under}/"
        self._nth = nth
        self._code = code
        self._lasting = lasting
        self._reading = reading
        super().__init__()

    def __call__(self) -> None:
        sys.addaudithook(self._hear)
        real = os.fsync  # which no audit event tells of

        def fsync(handle: int) -> None:
            self._step(os.readlink(f"/proc/self/fd/{handle}"))
            real(handle)

        if os.path.exists("/proc/self/fd"):
            os.fsync = fsync

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            writing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writing or self._reading:
                self._step(path)
        elif event in _STEPS:
            self._step(arguments[0])

    def _step(self, path: object) -> None:
        if isinstance(path, int):
            path = os.readlink(f"/proc/self/fd/{path}")
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        name = os.fsdecode(path)
        if not name.startswith(self._under):
            return
        count = self.count + 1
        self._shared[:] = struct.pack("I", count)
        if count == self._nth or (self._lasting and count > self._nth):
            raise OSError(self._code, os.strerror(self._code), name)


def steps_of(task: Task, folder: Path, *, reading: bool = False) -> int:
    """How many steps a command takes that can fail."""
    counted = Faults(folder, 0, reading=reading)
    task.attempt(copied(task.start, folder), counted)
    shutil.rmtree(folder)
    return counted.count


@pytest.mark.promise(
    "If any step of writing fails, with any error of the disk, you get one sentence and the old"
    " or the new contents; the same command completes when the disk works again."
)
def test_any_one_step_may_fail(task: Task, tmp_path: Path, trials: Trials) -> None:
    steps = steps_of(task, tmp_path / "counted")
    assert steps > 3
    # Each step, for this once and for good; the errors in turn.
    both = [(nth, lasting) for nth in range(1, steps + 1) for lasting in (False, True)]
    cases = [(nth, _ERRORS[(at + at // 8) % 4], lasting) for at, (nth, lasting) in enumerate(both)]
    if not trials.long:
        cases = random.Random(task.name).sample(cases, 3)
    for at in trials(few=len(cases), many=len(cases)):
        nth, code, lasting = cases[at]
        case = f"{task.name}, step {nth} of {steps}, {errno.errorcode[code]}, {lasting=}"
        folder = copied(task.start, tmp_path / str(at))
        done = task.attempt(folder, Faults(folder, nth, code, lasting=lasting))
        check_said(done, case)
        check_after(task, folder, done, case, swept=False)
        shutil.rmtree(folder)


@pytest.mark.promise("If writing to the archive fails at any step, the exit code is 3.")
def test_an_archive_that_cannot_be_written_has_its_exit_code(
    start: Path, tmp_path: Path, trials: Trials
) -> None:
    task = make_task("set", start, tmp_path / "undisturbed")
    for at in trials(few=30, many=30):
        folder = copied(start, tmp_path / str(at))
        done = task.attempt(folder, Faults(folder, at + 1, errno.ENOSPC, lasting=True))
        assert done.code in {Exit.OK, Exit.NO_ARCHIVE}, done.err


@pytest.mark.promise(
    "If any one file cannot be opened, a command still answers, or says in one sentence why not."
)
@pytest.mark.parametrize("words", ["search reeds", "show 2", "issues", "export", "log", "stats"])
def test_any_one_file_may_not_open(words: str, start: Path, tmp_path: Path, trials: Trials) -> None:
    archive = copied(start / "archive", tmp_path / "archive")
    right = run(archive, *words.split())
    counted = Faults(archive, 0, reading=True)
    run(archive, *words.split(), before=counted)
    dice = random.Random(words)
    for _ in trials(few=2, many=60):
        nth, code = dice.randint(1, counted.count), dice.choice(_ERRORS)
        case = f"{words}, step {nth} of {counted.count}, {errno.errorcode[code]}"
        done = run(
            archive, *words.split(), before=Faults(archive, nth, code, reading=True, lasting=True)
        )
        assert "Traceback" not in done.err, f"{case}: {done.err}"
        assert done.code in {*Exit} - {Exit.INTERRUPTED, Exit.BUSY}, f"{case}: {done.err}"
        assert done.out == right.out or done.lines, case
        again = run(archive, *words.split())
        assert (again.code, again.out) == (right.code, right.out), case


# -- the disk is full ------------------------------------------------------------------------------


def limited(size: int) -> Before:
    """No file of the child may grow beyond so many bytes: writes fail, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.promise(
    "If a file cannot grow, at any byte, the archive has the old or the new contents; the same"
    " command completes when it can."
)
def test_files_may_not_grow(task: Task, tmp_path: Path, trials: Trials) -> None:
    dice = random.Random(task.name)
    largest = max(path.stat().st_size for path in task.start.rglob("*"))
    for attempt in trials(few=2, many=40):
        size = int(largest ** dice.uniform(0, 1.05)) - 1
        case = f"{task.name}, files of at most {size} bytes"
        folder = copied(task.start, tmp_path / str(attempt))
        done = task.attempt(folder, limited(size))
        check_said(done, case)
        check_after(task, folder, done, case)
        shutil.rmtree(folder)


_NEW_USERS, _NEW_MOUNTS = 0x10000000, 0x00020000
_PRIVATE_AND_BELOW = 0x40000 | 0x4000
_SKIPPED = 77


def _mount_a_disk(place: Path, size: int) -> None:
    """A disk in memory, which this process alone sees. Raises OSError where there are none."""
    system = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()

    def call(name: str, *arguments: object) -> None:
        if getattr(system, name)(*arguments):
            raise OSError(ctypes.get_errno(), name)

    call("unshare", _NEW_USERS | _NEW_MOUNTS)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    call("mount", None, b"/", None, _PRIVATE_AND_BELOW, None)
    call("mount", b"tmpfs", os.fsencode(place), b"tmpfs", 0, b"size=%d,mode=700" % size)


def on_a_small_disk(place: Path, size: int, work: Callable[[], None]) -> None:
    """Do `work` in a child for which a disk of so many bytes stands at `place`."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            _mount_a_disk(place, size)
        except OSError:
            os._exit(_SKIPPED)
        try:
            work()
            code = 0
        except BaseException:
            os.write(writing, traceback.format_exc()[-8000:].encode())
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, "rb") as file:
        failure = file.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == _SKIPPED:
        pytest.skip("no disk can be mounted here")
    assert code == 0, failure


@contextmanager
def room_left(disk: Path, pages: int) -> Iterator[None]:
    """A disk on which there are only so many pages left."""
    filler = disk / "filler"
    known = os.statvfs(disk)
    with open(filler, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(known.f_bavail - pages, 1) * known.f_bsize)
    yield
    filler.unlink()


@pytest.mark.promise(
    "If the disk is full, at any page, the archive has the old or the new contents; the same"
    " command completes when there is space."
)
def test_the_disk_may_be_full(task: Task, tmp_path: Path, trials: Trials) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    most = trials.number(few=2, many=40)
    sizes = range(most) if trials.long else random.Random(task.name).sample(range(40), most)

    def fill_it() -> None:
        for pages in sizes:
            case = f"{task.name}, {pages} pages left"
            folder = copied(task.start, disk / str(pages))
            with room_left(disk, pages):
                done = task.attempt(folder)
            check_said(done, case)
            check_after(task, folder, done, case)
            shutil.rmtree(folder)

    on_a_small_disk(disk, 4 * 2**20, fill_it)
    trials.did(most)


@pytest.mark.promise("If a full disk cuts off a line of the log, no other line is lost.")
def test_the_log_goes_on_after_a_torn_line(start: Path, tmp_path: Path, trials: Trials) -> None:
    archive = copied(start / "archive", tmp_path / "archive")
    whole = (archive / journal.FILE).read_bytes()
    dice = random.Random(1)
    for attempt in trials(few=3, many=100):
        cut = dice.randrange(len(whole))
        (archive / journal.FILE).write_bytes(whole + whole[:cut])
        new = write_issue(tmp_path / f"{attempt}.txt", 100 + attempt, "Weirs")
        assert run(archive, "ingest", str(new)).code == Exit.OK
        entries = list(journal.entries(archive))
        assert entries[-1]["from"] == [str(new)], cut
        assert entries[0]["added"] == ["crane-weekly/1", "crane-weekly/2"], cut


# -- what may not be read or written ---------------------------------------------------------------

_CAPABILITIES_3 = 0x20080522


def obey_permissions() -> None:
    """Have root obey permissions as others do: it lays down what lets it pass them over."""
    if os.geteuid():
        return
    header = struct.pack("Ii", _CAPABILITIES_3, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, bytes(24)):
        raise OSError(ctypes.get_errno(), "capset")


def _obeys() -> bool:
    """Whether a child can be made to obey permissions here."""
    child = os.fork()
    if not child:
        try:
            obey_permissions()
            with TemporaryFile() as file:
                os.fchmod(file.fileno(), 0)
                os._exit(os.access(f"/dev/fd/{file.fileno()}", os.W_OK))
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


obeying = pytest.mark.skipif(not _obeys(), reason="root obeys no permissions here")


@contextmanager
def with_modes(modes: Mapping[Path, int]) -> Iterator[None]:
    """These files and folders with these permissions, deepest first; then as they were."""
    before = {path: stat.S_IMODE(path.lstat().st_mode) for path in modes}
    for path in sorted(modes, reverse=True):
        path.chmod(modes[path])
    yield
    for path in sorted(modes):
        if path.exists():
            path.chmod(before[path])


@obeying
@pytest.mark.promise(
    "In a read-only archive, commands that read work, and commands that write say why they cannot."
)
def test_an_archive_may_be_read_only(task: Task, tmp_path: Path, trials: Trials) -> None:
    folder = copied(task.start, tmp_path / "folder")
    archive = folder / "archive"
    reading = ("search reeds", "show 2", "issues", "export", "log", "why 2.1", "doctor")
    right = [run(archive, *words.split()) for words in reading]
    modes = {path: 0o500 if path.is_dir() else 0o400 for path in (folder, *folder.rglob("*"))}
    with with_modes(modes):
        for words, expected in zip(reading, right, strict=True):
            done = run(archive, *words.split(), before=obey_permissions)
            assert done == expected, words
            trials.did(1)
        done = task.attempt(folder, obey_permissions)
        assert done.code != Exit.OK
        check_said(done, task.name)
        trials.did(1)
    check_after(task, folder, done, task.name)


@obeying
@pytest.mark.promise(
    "If a permission of any file or folder is removed, a command says so; when it is restored,"
    " nothing is lost."
)
def test_any_one_permission_may_be_gone(task: Task, tmp_path: Path, trials: Trials) -> None:
    dice = random.Random(task.name)
    for attempt in trials(few=2, many=40):
        folder = copied(task.start, tmp_path / str(attempt))
        every = sorted(path for path in (folder, *folder.rglob("*")))
        path = dice.choice(every)
        mode = dice.choice([0, 0o100, 0o200, 0o300, 0o400, 0o500])
        if path.is_dir() and "sources" in path.parts[-2:]:
            mode |= 0o500  # without it: the test below
        modes = {path: mode}
        case = f"{task.name}, {modes}"
        with with_modes(modes):
            done = task.attempt(folder, obey_permissions)
        assert "Traceback" not in done.err, f"{case}: {done.err}"
        if done.code == Exit.REJECTED_INPUT:
            assert "cannot read " in done.err, case
        else:
            check_said(done, case)
        check_after(task, folder, done, case)
        shutil.rmtree(folder)


@obeying
@pytest.mark.promise("If the originals cannot be listed, a command says so and leaves none out.")
@pytest.mark.parametrize("name", ["rebuild", "backup"])
@pytest.mark.parametrize("below", [False, True])
def test_originals_that_cannot_be_listed_are_not_left_out(
    start: Path, tmp_path: Path, trials: Trials, name: str, below: bool
) -> None:
    task = make_task(name, start, tmp_path / "undisturbed")
    for at in trials(few=1, many=1):
        folder = copied(start, tmp_path / str(at))
        sources = folder / "archive" / "sources"
        closed = sorted(sources.iterdir())[0] if below else sources
        with with_modes({closed: 0o300}):
            done = task.attempt(folder, obey_permissions)
        assert done.code not in {Exit.OK, Exit.NOTHING_FOUND}, done.err
        check_said(done, name)
        check_after(task, folder, done, name)


# -- what changes while it is read -----------------------------------------------------------------


@pytest.mark.promise("A file that vanishes before it is read is named, and the rest is ingested.")
def test_a_source_may_vanish(tmp_path: Path, trials: Trials) -> None:
    dice = random.Random(7)
    for attempt in trials(few=4, many=100):
        folder = tmp_path / str(attempt)
        files = [write_issue(folder / "new" / f"{n}.txt", n, f"Mills {n}") for n in range(1, 9)]
        # Opened in order, so what goes when the first is opened was listed and is not read.
        first, *others = dice.sample(files, dice.randint(2, 5))
        gone = [file for file in others if file > first]
        done = run(folder / "archive", "ingest", f"{folder}/new", before=when_opened(first, gone))
        assert "Traceback" not in done.err, done.err
        assert done.code == (Exit.REJECTED_INPUT if gone else Exit.OK), done.err
        for file in gone:
            assert f"backissue: cannot read {file.name}: no such file" in done.lines
        assert len(exported(folder / "archive")) == len(files) - len(gone)
        shutil.rmtree(folder)


def when_opened(first: Path, gone: Sequence[Path]) -> Before:
    """When `first` is opened, the other files go."""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]) == str(first):
            for file in gone:
                file.unlink(missing_ok=True)

    return lambda: sys.addaudithook(hear)


class Reads(_Counting):
    """Has the reads of a child counted, and between the n-th and the one before it files change.

    Given to a child as `before`.
    """

    def __init__(self, nth: int = 0, change: Before = nothing) -> None:
        self._nth = nth
        self._change = change
        super().__init__()

    def __call__(self) -> None:
        sys.setprofile(self._hear)

    def _hear(self, _: object, event: str, function: Any) -> None:
        if event != "c_call" or function.__name__ not in {"read", "read1", "readinto", "readline"}:
            return
        count = self.count + 1
        self._shared[:] = struct.pack("I", count)
        if count == self._nth:
            sys.setprofile(None)
            self._change()


@pytest.mark.promise(
    "A file that changes between any two reads affects no other file, and the archive keeps"
    " what was read."
)
def test_a_source_may_change_while_it_is_read(tmp_path: Path, trials: Trials) -> None:
    counted = Reads()
    _moving_files(tmp_path / "counted")
    run(tmp_path / "archive", "ingest", f"{tmp_path}/counted", before=counted)
    for attempt in trials(few=2, many=20):
        dice = random.Random(attempt)
        folder = tmp_path / str(attempt)
        still = [write_issue(folder / "new" / f"{n}.txt", n, f"Mills {n}") for n in range(1, 4)]
        moving = _moving_files(folder / "new")
        reads = Reads(dice.randint(1, counted.count), lambda: _move(moving, dice))  # noqa: B023
        done = run(folder / "archive", "ingest", f"{folder}/new", before=reads)
        assert "Traceback" not in done.err, f"{attempt}: {done.err}"
        assert done.code in {Exit.OK, Exit.REJECTED_INPUT}, f"{attempt}: {done.err}"
        rejected = [line for line in done.lines if line.startswith("backissue: cannot read")]
        assert not any(f"cannot read {file.name}" in line for file in still for line in rejected)
        assert bool(rejected) == (done.code == Exit.REJECTED_INPUT), f"{attempt}: {done.err}"
        held = exported(folder / "archive")
        assert {f"Crane Weekly {n}" for n in (1, 2, 3)} <= held.keys(), attempt
        verified = run(folder / "archive", "verify")
        assert (verified.code, verified.out) == (Exit.OK, b""), f"{attempt}: {verified.out!r}"
        shutil.rmtree(folder)


def _moving_files(folder: Path) -> list[Path]:
    """Files of several kinds, larger than what is read of them at once."""
    folder.mkdir(exist_ok=True)
    text = ISSUE.format(number=50, title="Moors") + "The reeds moved in the wind.\n\n" * 2_400
    (folder / "0-moving.txt").write_text(text, encoding="utf-8")
    (folder / "0-moving.txt.gz").write_bytes(gzip.compress(random.Random(1).randbytes(2**17)))
    letter = "From ada Thu Feb  1 12:00:00 2024\nSubject: Crane Weekly {0}\n\n{1}\n"
    letters = (letter.format(n, ISSUE.format(number=n, title="Moors") * 8) for n in range(60, 62))
    (folder / "0-moving.mbox").write_text("".join(letters), encoding="utf-8")
    with zipfile.ZipFile(folder / "0-moving.zip", "w", zipfile.ZIP_STORED) as archive:
        for number in range(51, 54):
            words = ISSUE.format(number=number, title="Moors") * 3
            archive.writestr(f"{number}.txt", words)
    return sorted(folder.glob("0-moving*"))


def _move(files: Sequence[Path], dice: random.Random) -> None:
    """Have each of the files grow, shrink, be another, or go."""
    for file in files:
        whole = file.read_bytes()
        match dice.randrange(6):
            case 0:
                with open(file, "ab") as out:
                    out.write(b"\nThe reeds moved on.\n" * dice.randint(1, 500))
            case 1:
                os.truncate(file, dice.randrange(len(whole)))
            case 2:
                file.write_bytes(whole[::-1])
            case 3:
                other = file.with_name(f".{file.name}")
                other.write_bytes(whole[::-1])
                other.replace(file)
            case 4:
                file.unlink()
            case _:
                file.write_bytes(whole.replace(b"reeds", b"weeds"))


@pytest.mark.promise(
    "A named pipe or other special file is rejected by name, and the rest is ingested."
)
def test_a_fifo_among_the_sources_is_refused(tmp_path: Path, trials: Trials) -> None:
    for _ in trials(few=1, many=1):
        write_issue(tmp_path / "new" / "1.txt", 1, "Mills")
        os.mkfifo(tmp_path / "new" / "2.txt")
        os.symlink(tmp_path / "nowhere", tmp_path / "new" / "3.txt")
        write_issue(tmp_path / "new" / "4.txt", 4, "Tills")
        done = run(tmp_path / "archive", "ingest", f"{tmp_path}/new")
        assert done.code == Exit.REJECTED_INPUT
        assert "backissue: cannot read 2.txt: not a regular file" in done.lines
        assert "backissue: cannot read 3.txt: no such file" in done.lines
        assert len(exported(tmp_path / "archive")) == 2
