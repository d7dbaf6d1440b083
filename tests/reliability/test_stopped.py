"""A writer is stopped (Ctrl-Z, SIGSTOP) before any of its steps, and others go on beside it."""

import fcntl
import json
import random
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backissue.archive import files, rebuilding
from backissue.archive.store import Store
from backissue.errors import Exit
from backissue.index.storage.writer import write
from tests.conftest import Trials
from tests.reliability.children import Child, Ended, Steps, program, run, sound
from tests.reliability.letters import WORD, letter, shelf_of
from tests.reliability.test_faults import import_all


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    import_all()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for one that is stopped for longer than it takes to see that."""
    monkeypatch.setattr(files, "_PATIENCE", 0.0)
    monkeypatch.setattr(rebuilding, "PATIENCE", 0.0)


READING = (
    ("search", WORD, "--json"),
    ("search", "gale OR reef", "--ids"),
    ("show", "letters/1", "--json"),
    ("why", "letters/2.1"),
    ("issues", "--json"),
    ("publications",),
    ("related", "letters/1.1"),
    ("cite", "letters/1"),
    ("repairs", "letters/2"),
    ("missing",),
    ("searches",),
    ("export",),
)
# What they say depends on the step, and on the time.
LOOKING = (
    ("log",),
    ("stats",),
    ("undo", "--list"),
    ("doctor",),
    ("verify",),
    ("fields",),
    ("config",),
)

WRITING: dict[str, tuple[str, ...]] = {
    "ingest first": ("ingest", "HERE/shelf"),
    "ingest more": ("ingest", "HERE/more"),
    "set": ("set", "letters/1", "title=Said", "date=2024-05-06"),
    "remove": ("remove", "letters/2", "--yes"),
    "undo": ("undo",),
    "rebuild": ("rebuild",),
    "save": ("search", WORD, "--save", "other"),
    "forget": ("searches", "--forget", "sea"),
    "backup": ("backup", "HERE/backup.tgz"),
    "markdown": ("export", "--markdown", "HERE/markdown"),
    "restore": ("restore", "HERE/before.tgz", "HERE/back"),
}
OTHERS = (
    ("set", "letters/3", "title=Others"),
    ("ingest", "HERE/more"),
    ("remove", "letters/3", "--yes"),
    ("undo",),
    ("rebuild",),
    ("search", WORD, "--save", "others"),
)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, letters that are in it, and more, and a backup."""
    here = tmp_path_factory.mktemp("start")
    shelf_of(here / "shelf", [(number, letter(number)) for number in (1, 2, 3)])
    copies = [(2, letter(2, lacking=1, damaged=0)), (4, letter(4))]
    shelf_of(here / "more", copies)
    for command in (
        ("ingest", here / "shelf"),
        ("search", WORD, "--save", "sea"),
        ("set", "letters/3", "date=2024-02-03"),
        ("backup", here / "before.tgz"),
    ):
        sound(run("--archive", here / "archive", *command), Exit.OK)
    return here


# What the commands that read say of one state of an archive: exit code, standard output.
Answers = dict[tuple[str, ...], tuple[int, bytes]]


def answers(archive: Path) -> Answers:
    """What each command that reads says of an archive."""
    said: Answers = {}
    for command in READING:
        ended = sound(run("--archive", archive, *command), *READ)
        said[command] = ended.code, ended.stdout
    return said


READ = (Exit.OK, Exit.NOTHING_FOUND, Exit.FINDINGS, Exit.NO_ARCHIVE)


def words(command: tuple[str, ...], here: Path) -> list[str]:
    """A command in this folder."""
    return [word.replace("HERE", str(here)) for word in command]


def begun(start: Path, here: Path, name: str) -> Path:
    """The folder as it is before a command, and the archive that is looked at meanwhile."""
    shutil.copytree(start, here)
    if name == "ingest first":
        shutil.rmtree(here / "archive")
    return here / ("back" if name == "restore" else "archive")


def holds(archive: Path) -> bool:
    """Whether some process holds the archive."""
    try:
        lock = open(archive / "lock", "rb")  # noqa: SIM115 - closed below
    except FileNotFoundError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def stopped(writer: Child) -> Iterator[bool]:
    """While it is stopped, if it stops; then it goes on to its end."""
    with writer:
        is_stopped = writer.stopped()
        yield is_stopped
        if is_stopped:
            writer.go_on()
        sound(writer.ended(), Exit.OK)


def read_beside(
    archive: Path, command: tuple[str, ...], states: list[dict[tuple[str, ...], tuple[int, bytes]]]
) -> None:
    """A reader beside a stopped writer has an answer of old or new, or says that it is busy."""
    ended = sound(run("--archive", archive, *command), *READ, Exit.BUSY)
    if ended.code == Exit.BUSY:
        # Only where there is no index, which nobody but the other can make.
        assert not (archive / "index" / "stamp.json").exists(), ended
        assert says_who(ended), ended
    elif command in READING:
        known = [state[command] for state in states]
        assert (ended.code, ended.stdout) in known, (command, ended)
        assert "rebuilding" not in ended.stderr, (command, ended)
    elif command == ("doctor",) and holds(archive) and ended.code != Exit.NO_ARCHIVE:
        assert b"is being written to by process" in ended.stdout, ended
        assert b"cut short" not in ended.stdout, ended


def says_who(ended: Ended) -> str | None:
    """The number of the process that is said to write."""
    said = re.search(
        r"is being written to by (?:process (\d+) since \S+|another process)", ended.stderr
    )
    assert "Traceback" not in ended.stderr
    return said and (said[1] or "another")


@pytest.mark.promise(
    "A writer may be stopped (SIGSTOP) before any of its steps: each command that reads answers"
    " from the state before or after, or says who writes where there is no index yet (exit code"
    " 75); another writer says who holds the archive (75); and when the first goes on, all is well."
)
@pytest.mark.parametrize("name", WRITING)
def test_a_writer_may_be_stopped_at_any_step(
    trials: Trials, tmp_path: Path, start: Path, name: str
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    looked = begun(start, before, name)
    states = [answers(looked)]
    steps = Steps(begun(start, after, name).parent)
    command = WRITING[name]
    done = run("--archive", after / "archive", *words(command, after), doom=steps.counted)
    sound(done, Exit.OK)
    states.append(answers(after / looked.name))
    if name == "ingest first":  # of which the first commit is an index without issues
        empty = tmp_path / "empty"
        Store(empty).create()
        write(empty / "index", add=[], clear=True)
        states.insert(0, answers(empty))
    dice = random.Random(name)
    for attempt in trials(few=2, many=20, unit="stops"):
        here = tmp_path / str(attempt)
        archive = begun(start, here, name)
        step = dice.randrange(steps.taken)
        doom = Steps(here).stopped_before(step)
        with stopped(
            program("--archive", here / "archive", *words(command, here), doom=doom)
        ) as is_so:
            if is_so:
                for reader in dice.sample((*READING, *LOOKING), 5):
                    read_beside(archive, reader, states)
                if holds(archive):
                    ended = run("--archive", archive, *words(dice.choice(OTHERS), here))
                    sound(ended, Exit.BUSY, Exit.NOTHING_FOUND, Exit.NO_ARCHIVE)
                    if ended.code == Exit.BUSY:
                        assert says_who(ended), ended
                        assert "try again when it is done" in ended.stderr, ended
        assert answers(archive) == states[-1], (name, step)
        assert sound(run("--archive", archive, "doctor"), Exit.OK).stdout == b"", (name, step)
        shutil.rmtree(here)


@pytest.mark.promise(
    "Searches that are saved and forgotten at the same time are all saved, and all forgotten."
)
def test_searches_that_are_saved_at_once_are_all_saved(
    trials: Trials, tmp_path: Path, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PATIENCE", 60.0)
    for attempt in trials(few=2, many=30):
        archive = Path(shutil.copytree(start / "archive", tmp_path / str(attempt)))
        names = [f"name{at}" for at in range(6)]
        writers = [program("--archive", archive, "search", WORD, "--save", name) for name in names]
        writers.append(program("--archive", archive, "searches", "--forget", "sea"))
        for writer in writers:
            sound(writer.ended(), Exit.OK)
        assert sorted(json.loads((archive / "searches.json").read_bytes())) == names
        shutil.rmtree(archive)
