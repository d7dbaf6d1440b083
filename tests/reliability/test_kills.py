"""Killed at any instant, an archive holds the old or the new, and the next run completes the work.

A run is killed at a random moment, before a random step it takes with a file, or within a write.
"""

import hashlib
import json
import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pytest

from backissue.archive import ingestion
from backissue.errors import Exit
from backissue.ingest.sources import Source, collect
from backissue.records import Facts
from tests.conftest import Trials, export
from tests.reliability.children import Ended, Steps, killed_after, run, sound
from tests.reliability.letters import WORD, letter, shelf_of

# A commit for so many sources, so that a short run has several.
BATCH = 5


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "BATCH", BATCH)


# -- what a run does when nobody disturbs it -------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A command on an archive, and what it does when it is not disturbed.

    `states` are the exports of the archive after each commit, from the old to the new. `steps` are
    those it takes with files, of which `renames` give a name, and `longest` is the size of the
    largest file.
    """

    before: Path | None
    command: tuple[str | Path, ...]
    states: tuple[bytes, ...]
    steps: int
    renames: tuple[int, ...]
    seconds: float
    longest: int

    def start(self, place: Path) -> Path:
        """The archive as it is before the command."""
        if self.before:
            shutil.copytree(self.before, place)
        return place


def undisturbed(
    place: Path, before: Path | None, *command: str | Path, states: Iterable[bytes]
) -> Work:
    """Measure a run."""
    archive = place / "undisturbed"
    if before:
        shutil.copytree(before, archive)
    steps = Steps(archive)
    start = perf_counter()
    ended = run("--archive", archive, *command, doom=steps.counted)
    seconds = perf_counter() - start
    assert ended.code == Exit.OK, ended
    states = (*states, export(archive))
    assert len(states[-1].splitlines()) > 1
    return Work(
        before=before,
        command=command,
        states=states,
        steps=steps.taken,
        renames=tuple(at for at, name in enumerate(steps.names) if name == "os.rename"),
        seconds=seconds,
        longest=max(path.stat().st_size for path in archive.rglob("*.*")),
    )


def after_each_batch(archive: Path, shelf: Path) -> Iterator[bytes]:
    """The exports of an archive that takes in a shelf batch by batch."""
    items = [one for one in collect([str(shelf)], Facts()) if isinstance(one, Source)]
    for start in range(0, len(items), BATCH):
        yield export(archive) if archive.exists() else b""
        ingestion.ingest(archive, items[start : start + BATCH])


# -- death, and what is looked at afterwards -------------------------------------------------------


def strike(work: Work, archive: Path, dice: random.Random) -> tuple[str, Ended]:
    """Let the command be killed at a random point; which, and how it ended."""
    steps = Steps(archive)
    arguments = ("--archive", archive, *work.command)
    step = dice.randrange(work.steps)
    match dice.choice(("moment", "step", "write")):
        case "moment":
            seconds = dice.uniform(0, work.seconds)
            return f"after {seconds} s", killed_after(seconds, *arguments)
        case "step":
            return f"before step {step}", run(*arguments, doom=steps.killed_before(step))
        case _:
            size = dice.choice((0, dice.randrange(200), dice.randrange(work.longest)))
            point = f"in a write beyond {size} bytes from step {step} on"
            return point, run(*arguments, doom=steps.cut_after(step, size))


def die(work: Work, archive: Path, dice: random.Random) -> str:
    """Strike until it was killed before its end."""
    while True:
        point, ended = strike(work, archive, dice)
        if ended.killed:
            return point
        sound(ended, Exit.OK)
        shutil.rmtree(archive)
        work.start(archive)


def look(archive: Path, states: Iterable[bytes]) -> None:
    """The archive opens, is in one of these states, and says the same by every command."""
    if not (archive / "sources").is_dir():
        assert sound(run("--archive", archive, "export"), Exit.NO_ARCHIVE).stdout == b""
        assert b"" in states
        return
    held = sound(run("--archive", archive, "export"), Exit.OK).stdout
    assert held in states
    if not held:  # every command says how to fill it
        return
    issues = [json.loads(line)["issue"] for line in held.splitlines()]
    listed = sound(run("--archive", archive, "issues", "--json"), Exit.OK).stdout
    assert sorted(one["id"] for one in json.loads(listed)["issues"]) == sorted(
        one["id"] for one in issues
    )
    total = sum(WORD in section["text"] for one in issues for section in one["sections"])
    hits = sound(
        run("--archive", archive, "search", WORD, "--json"),
        Exit.OK if total else Exit.NOTHING_FOUND,
    ).stdout
    assert json.loads(hits)["total"] == total


def whole_originals(archive: Path) -> None:
    """Whatever bears the name of an original is that original."""
    for path in archive.glob("sources/??/[!.]*.bin"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
    for path in archive.glob("sources/??/[!.]*.json"):
        assert path.with_suffix(".bin").exists(), "a record of an original that is not there"
        json.loads(path.read_bytes())


def complete(work: Work, archive: Path) -> None:
    """The same command again ends well, and nothing tells that it was ever disturbed."""
    sound(run("--archive", archive, *work.command), Exit.OK)
    assert sound(run("--archive", archive, "export"), Exit.OK).stdout == work.states[-1]
    assert sound(run("--archive", archive, "doctor"), Exit.OK).stdout == b""
    look(archive, work.states[-1:])
    assert left_over(archive) == []


def left_over(archive: Path) -> list[str]:
    """What a command that has ended does not leave."""
    known = {"lock", "sources", "index", "log.jsonl", "sayings.json", "recent"}
    known |= {"change", "history", "removed.json"}
    strange = {path.name for path in archive.iterdir()} - known
    hidden = {str(path.relative_to(archive)) for path in archive.glob("sources/*/.*")}
    return sorted(strange | hidden)


def try_kills(work: Work, tmp_path: Path, attempts: Iterable[int], *, other: Path) -> None:
    """Kill the command at random points; look at what it leaves, and complete it.

    `other` is a file that the archive holds in the end.
    """
    for attempt in attempts:
        place = tmp_path / f"attempt-{attempt}"
        place.mkdir()
        points: list[str] = []
        try:
            try_kill(work, place, random.Random(attempt), points, other)
        except AssertionError as error:
            error.add_note(f"seed {attempt}, killed {' and '.join(points)}, see {place}")
            raise
        shutil.rmtree(place)


def try_kill(work: Work, place: Path, dice: random.Random, points: list[str], other: Path) -> None:
    archive = work.start(place / "archive")
    points.append(die(work, archive, dice))
    whole_originals(archive)
    # Looking may mend the index. The next run must do without that, too.
    seen = place / "seen"
    if archive.exists():
        shutil.copytree(archive, seen)
    look(seen, work.states)
    if (seen / "sources").is_dir():
        sound(run("--archive", seen, "doctor"), Exit.OK, Exit.FINDINGS)
    archive = dice.choice((archive, seen))
    if dice.random() < 0.3:
        points.append(strike(work, archive, dice)[0])
    if dice.random() < 0.3:
        # Whatever ingest comes next, it takes up what was begun.
        sound(run("--archive", archive, "ingest", other), Exit.OK)
        said = sound(run("--archive", archive, "doctor"), Exit.OK, Exit.FINDINGS).stdout
        # Bytes that were stored and had not got their name yet: those only the same command names.
        assert all(b"of which nothing is known" in line for line in said.splitlines()), said
    complete(work, archive)
    if dice.random() < 0.3:
        assert sound(run("--archive", archive, "verify"), Exit.OK).stdout == b""


# -- the commands ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    """Letters, copies of some of them, and one of the founding documents."""
    letters = [(number, letter(number)) for number in range(1, 9)]
    copies = [(number, letter(number, lacking=1, damaged=0)) for number in (2, 7)]
    place = tmp_path_factory.mktemp("shelves") / "shelf"
    shelf = shelf_of(place, [*copies, *letters, (None, letter(5, lacking=3))])
    shutil.copy(seeds / "004_38e7123a1bbc474a.txt", shelf)
    return shelf


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, shelf: Path) -> Path:
    """An archive that holds the shelf, of which the reader has said something."""
    archive = tmp_path_factory.mktemp("held") / "archive"
    sound(run("--archive", archive, "ingest", shelf), Exit.OK)
    sound(run("--archive", archive, "set", "letters/3", "date=2024-02-03"), Exit.OK)
    return archive


@pytest.mark.promise("An ingestion killed at any instant loses nothing; the next one completes it.")
def test_a_killed_ingest_is_completed_by_the_next(
    trials: Trials, tmp_path: Path, shelf: Path
) -> None:
    states = after_each_batch(tmp_path / "by-batch", shelf)
    work = undisturbed(tmp_path, None, "ingest", shelf, states=states)
    assert len(set(work.states)) > 3, "a run of one batch tries little"
    try_kills(work, tmp_path, trials(few=3, many=80, unit="kills"), other=shelf / "05.txt")


@pytest.mark.promise("A rebuild killed at any instant leaves every issue as it was.")
def test_a_killed_rebuild_leaves_every_issue_as_it_was(
    trials: Trials, tmp_path: Path, held: Path, shelf: Path
) -> None:
    work = undisturbed(tmp_path, held, "rebuild", states=[export(held)])
    assert work.states[0] == work.states[1]
    try_kills(work, tmp_path, trials(few=3, many=80, unit="kills"), other=shelf / "05.txt")


@pytest.mark.promise(
    "A `set` killed at any instant has changed the issue completely, or not at all."
)
def test_a_killed_set_has_changed_all_or_nothing(
    trials: Trials, tmp_path: Path, held: Path, shelf: Path
) -> None:
    work = a_set(tmp_path, held)
    try_kills(work, tmp_path, trials(few=3, many=80, unit="kills"), other=shelf / "05.txt")


@pytest.mark.promise(
    "The same for a `set` killed before each single file operation, and in the middle of each"
    " write."
)
def test_a_set_may_be_killed_between_any_two_of_its_steps(
    trials: Trials, tmp_path: Path, held: Path
) -> None:
    work = a_set(tmp_path, held)
    dice = random.Random(work.steps)
    points = [(step, size) for step in range(work.steps) for size in (None, 0, dice.randrange(999))]
    if not trials.long:
        points = dice.sample(points, 3)
    for attempt in trials(few=len(points), many=len(points), unit="kills"):
        step, size = points[attempt]
        archive = work.start(tmp_path / str(attempt))
        steps = Steps(archive)
        doom = steps.killed_before(step) if size is None else steps.cut_after(step, size)
        run("--archive", archive, *work.command, doom=doom)
        held_now = sound(run("--archive", archive, "export"), Exit.OK).stdout
        assert held_now in work.states, (step, size)
        complete(work, archive)
        shutil.rmtree(archive)


def a_set(tmp_path: Path, held: Path) -> Work:
    said = ("title=Of other things", "date=2023-05-06", "kind=notes")
    work = undisturbed(tmp_path, held, "set", "letters/3", *said, states=[export(held)])
    assert work.states[0] != work.states[1]
    return work


@pytest.mark.promise("The next `ingest` or `set` indexes what a killed run had stored.")
@pytest.mark.parametrize("then", ["ingest", "set"])
@pytest.mark.parametrize("command", ["ingest", "set"])
def test_what_was_stored_is_taken_up_by_the_next_run(
    tmp_path: Path, held: Path, shelf: Path, command: str, then: str
) -> None:
    work = a_set(tmp_path, held)
    if command == "ingest":
        more = shelf_of(tmp_path / "more", [(21, letter(21)), (22, letter(22))])
        place = tmp_path / "with-more"
        place.mkdir()
        work = undisturbed(place, held, "ingest", more, states=[export(held)])
    archive = work.start(tmp_path / "archive")
    # The last name that is given is that of the mark, and the one before it that of the commit. All
    # before that has been stored.
    doom = Steps(archive).killed_before(work.renames[-2])
    assert run("--archive", archive, *work.command, doom=doom).killed
    assert export(archive) == work.states[0]
    nothing_new = {"ingest": ("ingest", shelf / "05.txt"), "set": ("set", "letters/1", "number=1")}
    sound(run("--archive", archive, *nothing_new[then]), Exit.OK)
    assert export(archive) == work.states[-1]
    assert sound(run("--archive", archive, "doctor"), Exit.OK).stdout == b""


@pytest.mark.promise(
    "If a run is killed while an issue moves to another address, the issue is at exactly one of"
    " the two."
)
def test_an_issue_that_moves_is_at_one_address_if_killed(
    trials: Trials, tmp_path: Path, held: Path, shelf: Path
) -> None:
    work = undisturbed(tmp_path, held, "set", "letters/3", "number=77", states=[export(held)])
    for attempt in trials(few=2, many=40, unit="kills"):
        archive = work.start(tmp_path / str(attempt))
        point = die(work, archive, random.Random(attempt))
        look(archive, work.states)
        again = run("--archive", archive, *work.command)
        # Where it has moved there is nothing at the old address; any ingest completes the rest.
        if sound(again, Exit.OK, Exit.NOTHING_FOUND).code == Exit.NOTHING_FOUND:
            sound(run("--archive", archive, "ingest", shelf / "00.txt"), Exit.OK)
        assert export(archive) == work.states[-1], (attempt, point)
        assert sound(run("--archive", archive, "doctor"), Exit.OK), (attempt, point)
        shutil.rmtree(archive)


@pytest.mark.promise(
    "A merge of new copies into existing issues, killed at any instant, is complete or has not"
    " happened."
)
def test_a_killed_merge_leaves_issues_old_or_new(
    trials: Trials, tmp_path: Path, held: Path
) -> None:
    copies = [
        *((number, letter(number, lacking=0, damaged=2)) for number in (1, 3, 4, 8)),
        *((None, letter(number, lacking=2)) for number in (2, 6)),
        *((number, letter(number)) for number in (9, 10, 11)),
        *((None, letter(number, lacking=1)) for number in (9, 12)),
    ]
    shelf = shelf_of(tmp_path / "copies", copies)
    by_batch = Path(shutil.copytree(held, tmp_path / "by-batch"))
    states = after_each_batch(by_batch, shelf)
    work = undisturbed(tmp_path, held, "ingest", shelf, states=states)
    assert len(set(work.states)) > 3
    try_kills(work, tmp_path, trials(few=3, many=80, unit="kills"), other=shelf / "05.txt")


# -- backup and restore ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """Two archives, one a later state of the other, and what undisturbed backups give of them."""

    archive: Path
    old: bytes
    new: bytes
    steps: int
    seconds: float


@pytest.fixture(scope="module")
def backups(tmp_path_factory: pytest.TempPathFactory, held: Path) -> Backups:
    place = tmp_path_factory.mktemp("backups")
    archive = Path(shutil.copytree(held, place / "archive"))
    sound(run("--archive", archive, "backup", place / "old"), Exit.OK)
    sound(run("--archive", archive, "set", "letters/4", "kind=notes"), Exit.OK)
    steps, start = Steps(place), perf_counter()
    sound(run("--archive", archive, "backup", place / "new", doom=steps.counted), Exit.OK)
    old, new = ((place / name).read_bytes() for name in ("old", "new"))
    assert old != new
    seconds = perf_counter() - start
    return Backups(archive=archive, old=old, new=new, steps=steps.taken, seconds=seconds)


def cut_short(
    place: Path, steps: int, seconds: float, dice: random.Random, *arguments: str | Path
) -> str:
    """Run the program; it is killed at a random point, if it does not end before."""
    step, size = dice.randrange(steps), dice.choice((0, dice.randrange(99_999)))
    watched = Steps(place)
    match dice.choice(("moment", "step", "write")):
        case "moment":
            killed_after(dice.uniform(0, seconds), *arguments)
            return "at a moment"
        case "step":
            run(*arguments, doom=watched.killed_before(step))
            return f"before step {step}"
        case _:
            run(*arguments, doom=watched.cut_after(step, size))
            return f"in a write beyond {size} bytes from step {step} on"


@pytest.mark.promise("A backup killed at any instant leaves the old file or the new one, complete.")
def test_a_killed_backup_leaves_the_old_file_or_the_new(
    trials: Trials, tmp_path: Path, backups: Backups
) -> None:
    for attempt in trials(few=4, many=80, unit="kills"):
        dice = random.Random(attempt)
        archive = Path(shutil.copytree(backups.archive, tmp_path / str(attempt) / "archive"))
        file = archive.with_name("backup")
        before = dice.choice((None, backups.old))
        if before:
            file.write_bytes(before)
        command = ("--archive", archive, "backup", file)
        point = cut_short(archive.parent, backups.steps, backups.seconds, dice, *command)
        held = file.read_bytes() if file.exists() else None
        assert held in {before, backups.new}, (attempt, point)
        sound(run("--archive", archive, "doctor"), Exit.OK)
        sound(run(*command), Exit.OK)
        assert file.read_bytes() == backups.new, (attempt, point)
        shutil.rmtree(archive.parent)


@pytest.mark.promise("A restore killed at any instant leaves nothing in its place, or everything.")
def test_a_killed_restore_leaves_nothing_or_all(
    trials: Trials, tmp_path: Path, backups: Backups
) -> None:
    file = tmp_path / "backup"
    file.write_bytes(backups.new)
    steps, start = Steps(tmp_path), perf_counter()
    sound(run("restore", file, tmp_path / "undisturbed", doom=steps.counted), Exit.OK)
    seconds, whole = perf_counter() - start, export(backups.archive)
    for attempt in trials(few=3, many=80, unit="kills"):
        dice = random.Random(attempt)
        archive = tmp_path / str(attempt) / "archive"
        archive.parent.mkdir()
        command = ("restore", file, archive)
        point = cut_short(tmp_path, steps.taken, seconds, dice, *command)
        if (archive / "sources").exists():
            look(archive, [whole])
            # It is there: another restore would have to overwrite it. Its records may not be.
            command = ("--archive", archive, "rebuild")
        sound(run(*command), Exit.OK)
        assert export(archive) == whole, (attempt, point)
        sound(run("--archive", archive, "doctor"), Exit.OK)
        shutil.rmtree(archive.parent)


@pytest.mark.promise("The next backup or restore removes what a killed one left half done.")
def test_what_a_killed_backup_or_restore_left_the_next_removes(
    tmp_path: Path, backups: Backups
) -> None:
    file, archive = tmp_path / "backup", tmp_path / "restored"
    for command in (
        ("--archive", backups.archive, "backup", file),
        ("restore", file, archive),
    ):
        cut = Steps(tmp_path).cut_after(0, 100)
        assert run(*command, doom=cut).killed
        assert not archive.exists()
        sound(run(*command), Exit.OK)
    assert {path.name for path in tmp_path.iterdir()} == {"backup", "restored"}
