"""Removals and undos, killed at any instant: the archive has the old or the new, and goes on."""

import random
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from backissue.archive import incremental, ingestion, removal, undoing
from backissue.archive.settings import INDEX
from backissue.errors import Exit
from backissue.index import Index
from tests.conftest import Trials, export
from tests.reliability.children import Steps, run, sound
from tests.reliability.letters import letter, shelf_of
from tests.reliability.test_kills import (
    BATCH,
    Work,
    die,
    left_over,
    look,
    undisturbed,
    whole_originals,
)

Command = tuple[str | Path, ...]
REMOVE_ONE: Command = ("remove", "letters/3", "--yes")
REMOVE_MANY: Command = ("remove", "letters/2..7", "--yes")
UNDO: Command = ("undo",)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "BATCH", BATCH)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Letters, copies of some of them, and one without a number."""
    letters = [(number, letter(number)) for number in range(1, 8)]
    copies = [(number, letter(number, lacking=1, damaged=0)) for number in (2, 3)]
    loose = [(None, letter(5, lacking=3)), (None, letter(30))]
    return shelf_of(tmp_path_factory.mktemp("shelves") / "shelf", [*copies, *letters, *loose])


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, shelf: Path) -> Path:
    """An archive of the shelf."""
    archive = tmp_path_factory.mktemp("held") / "archive"
    sound(run("--archive", archive, "ingest", shelf), Exit.OK)
    return archive


def after(held: Path, place: Path, *commands: Command) -> Path:
    """A copy of an archive, after some commands."""
    archive = Path(shutil.copytree(held, place / "before"))
    for command in commands:
        sound(run("--archive", archive, *command), Exit.OK)
    return archive


def states_of(
    archive: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]
) -> list[bytes]:
    """The exports of an archive after each commit of some work."""
    states, real = [export(archive)], incremental.writer.write

    def write(*arguments: object, **more: object) -> None:
        real(*arguments, **more)  # type: ignore[arg-type]  # as they came
        states.append(export(archive))

    with monkeypatch.context() as patch:
        patch.setattr(incremental.writer, "write", write)
        work()
    return states


def numbered(archive: Path) -> removal.Chosen:
    with Index.open(archive / INDEX) as index:
        heads = index.shelf.heads()
    return removal.Chosen(keys=frozenset(one.key for one in heads if (one.number or 0) > 1))


def try_kills(work: Work, tmp_path: Path, attempts: Iterable[int], known: Path) -> None:
    """Kill the command at random points; whatever runs next completes it, or it did not happen.

    `known` is a file that the archive has; ingesting it again does no more than to complete.
    """
    for attempt in attempts:
        dice, place = random.Random(attempt), tmp_path / f"attempt-{attempt}"
        place.mkdir()
        archive = work.start(place / "archive")
        point = f"seed {attempt}, killed {die(work, archive, dice)}, see {place}"
        try:
            whole_originals(archive)
            seen = Path(shutil.copytree(archive, place / "seen"))
            look(seen, work.states)
            sound(run("--archive", seen, "doctor"), Exit.OK, Exit.FINDINGS)
            archive = dice.choice((archive, seen))
            next_one = dice.choice((("ingest", known), ("rebuild",)))
            sound(run("--archive", archive, *next_one), Exit.OK)
            assert export(archive) in {work.states[0], work.states[-1]}, "neither old nor new"
            intact(archive)
            if export(archive) == work.states[0]:
                sound(run("--archive", archive, *work.command), Exit.OK)
            assert export(archive) == work.states[-1]
            intact(archive)
            if work.command != UNDO:
                sound(run("--archive", archive, "undo"), Exit.OK)
                assert export(archive) == work.states[0]
                intact(archive)
        except AssertionError as error:
            error.add_note(point)
            raise
        shutil.rmtree(place)


def intact(archive: Path) -> None:
    """Nothing is wrong with an archive, and nothing tells that a command was killed."""
    assert sound(run("--archive", archive, "doctor"), Exit.OK).stdout == b""
    assert sound(run("--archive", archive, "verify"), Exit.OK).stdout == b""
    assert left_over(archive) == []
    assert not list(archive.glob("history/*.undoing"))


@pytest.mark.promise(
    "A removal killed at any instant has happened, or has not, or is completed by the next run; and"
    " `undo` takes it back."
)
@pytest.mark.parametrize("command", [REMOVE_ONE, REMOVE_MANY], ids=["one", "many"])
def test_a_killed_removal_is_completed_or_has_not_happened(
    command: Command,
    trials: Trials,
    tmp_path: Path,
    held: Path,
    shelf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = after(held, tmp_path)
    states = [export(archive)]
    if command == REMOVE_MANY:
        work = lambda: removal.remove(archive, numbered(archive))  # noqa: E731  # of one line
        states = states_of(archive, monkeypatch, work)
        assert len(set(states)) > 2, "a run of one batch tries little"
    done = undisturbed(tmp_path, held, *command, states=states)
    try_kills(done, tmp_path, trials(few=2, many=40, unit="kills"), shelf / "10.txt")


@pytest.mark.promise(
    "An `undo` killed at any instant has happened, or has not, or is completed by the next run."
)
@pytest.mark.parametrize("what", ["ingest", "set", "remove"])
def test_a_killed_undo_is_completed_or_has_not_happened(
    what: str,
    trials: Trials,
    tmp_path: Path,
    held: Path,
    shelf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copies = [(number, letter(number, lacking=0, damaged=2)) for number in (1, 3, 4, 7, 40, 41)]
    more = shelf_of(tmp_path / "copies", copies)
    command: Command = {
        "ingest": ("ingest", more),
        "set": ("set", "letters/3", "number=77", "title=Of other things"),
        "remove": REMOVE_MANY,
    }[what]
    before = after(held, tmp_path, command)
    archive = Path(shutil.copytree(before, tmp_path / "by-commit"))
    states = states_of(archive, monkeypatch, lambda: undoing.undo(archive))
    assert states[-1] == export(held) != states[0]
    done = undisturbed(tmp_path, before, *UNDO, states=states)
    try_kills(done, tmp_path, trials(few=2, many=40, unit="kills"), shelf / "10.txt")


@pytest.mark.promise(
    "The same for a removal and an `undo` killed before each single file operation, and in the"
    " middle of each write."
)
@pytest.mark.parametrize("what", ["remove", "undo"])
def test_a_removal_and_an_undo_may_be_killed_between_any_two_of_their_steps(
    what: str, trials: Trials, tmp_path: Path, held: Path, shelf: Path
) -> None:
    before = held if what == "remove" else after(held, tmp_path, REMOVE_ONE)
    command = REMOVE_ONE if what == "remove" else UNDO
    work = undisturbed(tmp_path, before, *command, states=[export(before)])
    assert work.states[0] != work.states[1]
    dice = random.Random(work.steps)
    points = [(step, size) for step in range(work.steps) for size in (None, 0, dice.randrange(999))]
    if not trials.long:
        points = dice.sample(points, 4)
    for attempt in trials(few=len(points), many=len(points), unit="kills"):
        step, size = points[attempt]
        archive = work.start(tmp_path / str(attempt))
        steps = Steps(archive)
        doom = steps.killed_before(step) if size is None else steps.cut_after(step, size)
        run("--archive", archive, *work.command, doom=doom)
        assert export(archive) in work.states, (step, size)
        # The same command, unless it was done: then it would do more.
        if export(archive) == work.states[0]:
            sound(run("--archive", archive, *work.command), Exit.OK)
        sound(run("--archive", archive, "ingest", shelf / "10.txt"), Exit.OK)
        assert export(archive) == work.states[1], (step, size)
        intact(archive)
        shutil.rmtree(archive)
