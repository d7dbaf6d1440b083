"""The power goes: what the disk has then opens, and nothing that was confirmed is lost."""

import json
import random
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backissue.archive import incremental, ingestion, rebuilding
from backissue.archive.settings import CHANGE, INDEX
from backissue.errors import Exit
from backissue.index.storage import snapshot, writer
from backissue.ingest.sources import collect
from backissue.records import Facts
from tests.conftest import Trials
from tests.reliability.disks import Disk, Recorder, Step, after, sampled, whole
from tests.reliability.test_faults import (
    Done,
    Task,
    check_after,
    copied,
    exported,
    import_all,
    issues_in,
    kept_files,
    make_start,
    make_task,
    run,
)

_ANOTHER_STATE = "backissue: the index is of another state of the archive; rebuil"
# What changes what an index is made of, or makes it anew.
CHANGING = ("ingest", "set", "remove", "undo", "rebuild")
# Each opens the index, and is asked after one of another state was put in its place.
ASKED = (
    "search reeds",
    "export",
    "issues --json",
    "show 1",
    "publications",
    "ingest HERE/old/1.txt",
    "set 1 title=Other",
    "remove 1 --yes",
)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, files that are new to it, and a backup of it."""
    import_all()
    return make_start(tmp_path_factory.mktemp("start"))


@pytest.fixture(scope="module", params=CHANGING)
def task(
    request: pytest.FixtureRequest, start: Path, tmp_path_factory: pytest.TempPathFactory
) -> Task:
    """Each command that changes what an index is made of."""
    return make_task(request.param, start, tmp_path_factory.mktemp("undisturbed"))


# -- an index of another state --------------------------------------------------------------------


def ask(folder: Path, words: str) -> Done:
    return run(folder / "archive", *words.replace("HERE", str(folder)).split())


def put_in_place(index: Path, folder: Path) -> None:
    """Have an archive's index be another one."""
    shutil.rmtree(folder / "archive" / INDEX)
    shutil.copytree(index, folder / "archive" / INDEX)


@pytest.mark.promise(
    "An index of an earlier or a later state, in place of the archive's own, is noticed by the next"
    " command, and rebuilt with one line; the answers are those of what is stored."
)
def test_an_index_of_another_state_is_rebuilt(task: Task, tmp_path: Path, trials: Trials) -> None:
    after = copied(task.start, tmp_path / "after")
    assert task.attempt(after).code == Exit.OK
    sides = ((task.start, after, task.old), (after, task.start, task.new))
    cases = [(words, *side) for words in ASKED for side in sides]
    if not trials.long:
        cases = random.Random(task.name).sample(cases, 4)
    for at in trials(few=4, many=len(cases)):
        words, own, other, issues = cases[at]
        folder, undisturbed = (copied(own, tmp_path / f"{at}{side}") for side in "ab")
        put_in_place(other / "archive" / INDEX, folder)
        done, right = ask(folder, words), ask(undisturbed, words)
        case = f"{task.name}, {words}: {done.err}"
        (line,) = set(done.lines) - set(right.lines)
        assert line.startswith(_ANOTHER_STATE), case
        assert (done.code, done.out) == (right.code, right.out), case
        assert exported(folder / "archive") == exported(undisturbed / "archive"), case
        if words.startswith("export"):
            assert exported(folder / "archive") == issues, case
        assert (doctor := ask(folder, "doctor")).code == Exit.OK, doctor


def test_the_doctor_and_verify_name_an_index_of_another_state(task: Task, tmp_path: Path) -> None:
    folder = copied(task.start, tmp_path / "folder")
    assert task.attempt(folder).code == Exit.OK
    put_in_place(task.start / "archive" / INDEX, folder)
    for words, code in (("doctor", Exit.FINDINGS), ("verify", Exit.NO_ARCHIVE)):
        done = ask(folder, words)
        assert b"another state of the archive" in done.out + done.err.encode(), words
        assert done.code == code, done


def test_an_index_of_an_earlier_commit_of_the_last_run_is_rebuilt(
    start: Path, tmp_path: Path
) -> None:
    folder = copied(start, tmp_path / "folder")
    indexes = list[Path]()

    def write(index: Path, **more: Any) -> None:
        writer.write(index, **more)
        indexes.append(shutil.copytree(index, tmp_path / str(len(indexes))))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingestion, "BATCH", 1)
        patch.setattr(incremental, "writer", SimpleNamespace(write=write))
        ingestion.ingest(folder / "archive", collect([f"{folder}/new"], Facts()))
    assert len(indexes) == 2
    right = ask(folder, "export")
    assert (right.code, right.err) == (Exit.OK, "")
    put_in_place(indexes[0], folder)
    done = ask(folder, "export")
    assert done.err.startswith(_ANOTHER_STATE)
    assert done.out == right.out


@pytest.mark.promise(
    "An index of an earlier version has no number, and is used as it is; the first change gives it"
    " one, without a rebuild."
)
def test_an_archive_of_an_older_version_gets_its_number_quietly(
    task: Task, tmp_path: Path, trials: Trials
) -> None:
    for at in trials(few=1, many=1):
        folder = copied(task.start, tmp_path / str(at))
        without_number(folder / "archive")
        right = ask(task.start, "search reeds")
        assert ask(folder, "search reeds") == right
        assert not (folder / "archive" / CHANGE).exists()
        done = task.attempt(folder)
        assert (done.code, done.err) == (
            Exit.OK,
            task.attempt(copied(task.start, tmp_path / "b")).err,
        )
        assert exported(folder / "archive") == task.new
        number = (folder / "archive" / CHANGE).read_text().strip()
        assert number == snapshot.change_of(folder / "archive" / INDEX) != ""
        # With a number on one side, one without is not believed.
        put_in_place(task.start / "archive" / INDEX, folder)
        without_number(folder / "archive", keep=True)
        assert exported(folder / "archive") == task.new


def without_number(archive: Path, *, keep: bool = False) -> None:
    """Have the index, and unless `keep` the archive, be as an older version left them."""
    index = archive / INDEX
    generation = snapshot.newest(index)
    commit = snapshot.commit_of(index, generation)._replace(change="")
    view = snapshot.view(index, generation, commit, snapshot.toc_of(generation))
    (index / snapshot.view_of(generation)).write_bytes(view)
    if not keep:
        (archive / CHANGE).unlink()


def test_the_number_is_in_no_export_and_no_backup(start: Path, tmp_path: Path) -> None:
    folders = [copied(start, tmp_path / name) for name in ("as it was", "rebuilt")]
    assert ask(folders[1], "rebuild").code == Exit.OK
    numbers = {(folder / "archive" / CHANGE).read_bytes() for folder in folders}
    assert len(numbers) == 2
    for words in ("export", "issues --json", "search reeds --json"):
        one, other = (ask(folder, words) for folder in folders)
        assert one == other, words
    for folder in folders:
        assert run(folder / "archive", "backup", str(folder / "backup.tgz")).code == Exit.OK
    one, other = ((folder / "backup.tgz").read_bytes() for folder in folders)
    assert one == other


# -- the power goes -------------------------------------------------------------------------------

# What changes what is stored. `first` makes an archive, `many` commits more than once.
WRITING = (*CHANGING, "first", "many", "save", "backup", "restore", "export", "export again")
# How often it goes in an everyday run of each; in a long one, how many are also completed.
_FEW = 4
_COMPLETED = 0.25
# What cannot change what a command does: who held the lock, what the log says, and what is in files
# that were given no name.
_UNREAD = re.compile(r"(?:^|/)(?:lock|log\.jsonl|MAIN\.tmp|\.[^/]*\.tmp|stamp\.new)$")
_REBUILT = re.compile(r"backissue: the index .*; rebuil(?:ding|t) it from the originals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A command, the disk before it, and what it did to the disk."""

    task: Task
    disk: Disk
    steps: Sequence[Step]


@pytest.fixture(scope="module", params=WRITING)
def recorded(
    request: pytest.FixtureRequest, start: Path, tmp_path_factory: pytest.TempPathFactory
) -> Recorded:
    """Each command that writes, with all that it did."""
    place = tmp_path_factory.mktemp("recorded")
    name = request.param
    if name == "first":
        start = copied(start, place / "start", "archive")
    with small_batches(name):
        task = made(name, start, place)
        folder = copied(task.start, place / "recorded")
        recorder = Recorder(folder, place / "notes")
        assert task.attempt(folder, recorder).code == Exit.OK
    disk, steps = recorder.steps()
    return Recorded(task=replace(task, new=exported(folder / task.archive)), disk=disk, steps=steps)


def made(name: str, start: Path, place: Path) -> Task:
    """One of these commands, and what it starts with."""
    if name == "first":  # into an archive that is not there
        plain = Task(name=name, arguments=(), start=start, old={}, new={}, files=frozenset())
        return replace(plain, arguments=("ingest", "HERE/new"))
    if not name.startswith("export"):
        return make_task("ingest" if name == "many" else name, start, place)
    task = make_task("rebuild", start, place)
    start = copied(start, place / "exported")
    task = replace(task, name=name, arguments=("export", "--markdown", "HERE/out"), start=start)
    if name == "export again":  # in place of an earlier one, of which everything is other now
        assert task.attempt(start).code == Exit.OK
        for words in ("set 1 title=Herons", "set 2 title=Storks"):
            assert ask(start, words).code == Exit.OK
        task = replace(task, old=exported(start / "archive"), files=kept_files(start / "archive"))
    return task


@contextmanager
def small_batches(name: str) -> Iterator[None]:
    """A commit for each source, for a run that is to have several."""
    with pytest.MonkeyPatch.context() as patch:
        if name == "many":
            patch.setattr(ingestion, "BATCH", 1)
            patch.setattr(rebuilding, "BATCH", 1)
        yield


@pytest.mark.promise(
    "If the power goes at any point of a command, and any of the last ten operations that were not"
    " flushed are missing, an archive has the old or the new contents, in a usable index;"
    " the same command completes. What the command had confirmed is there."
)
def test_the_power_may_go(recorded: Recorded, tmp_path: Path, trials: Trials) -> None:
    dice = random.Random(recorded.task.name)
    steps, seen = recorded.steps, set[tuple[bytes, bool]]()
    cases = whole(steps, dice) if trials.long else iter(lambda: sampled(steps, dice), None)
    for point, missing in cases:
        disk = after(recorded.disk, steps[:point], missing)
        is_done = point == len(steps)
        case = f"{recorded.task.name}, after {point} of {len(steps)} steps without {missing}"
        check_kept(recorded, disk, case, is_done=is_done)
        trials.did(1, "losses of power")
        if (kind := (disk.digest(_UNREAD), is_done)) in seen:
            continue
        seen.add(kind)
        folder = disk.write(tmp_path / str(len(seen)))
        check_opens(recorded.task, folder, case, dice, is_done=is_done)
        if not trials.long or dice.random() < _COMPLETED:
            check_completes(recorded, folder, case, is_done=is_done)
        shutil.rmtree(folder)
        if not trials.long and len(seen) == _FEW:
            break


def check_kept(recorded: Recorded, disk: Disk, case: str, *, is_done: bool) -> None:
    """What was there and stays is there; after the end of the command, what it made is, too."""
    before, now = (kept(one) for one in (recorded.disk, disk))
    end = kept(after(recorded.disk, recorded.steps, {}))
    for path, data in end.items():
        if is_done or before.get(path) == data:
            assert now.get(path) == data, f"{case}: {path}"


def kept(disk: Disk) -> Mapping[str, bytes]:
    """All files but those that can be made again, and those that say what goes on."""
    return {
        path: disk.files[number]
        for path, number in disk.paths()
        if number in disk.files
        and not re.match(r"[^/]*/(?:index|recent|lock|change|unfinished)(?:/|$)", path)
    }


def check_opens(task: Task, folder: Path, case: str, dice: random.Random, *, is_done: bool) -> None:
    """What reads an archive answers, with the old contents or the new."""
    archive = folder / task.archive
    if not is_done and (not task.old or task.name == "restore"):
        return  # there need not be one yet
    words = [["export"], ["search", "reeds", "-n", "50", "--json"]]
    dice.shuffle(words)
    answers = {one[0]: run(archive, *one) for one in words}
    said = [line for done in answers.values() for line in done.lines]
    if task.name == "restore":  # a backup has no index
        assert len(said) <= 1, f"{case}: {said}"
        assert all(_REBUILT.fullmatch(line) for line in said), f"{case}: {said}"
    else:
        assert not said, f"{case}: {said}"
    assert {done.code for done in answers.values()} == {Exit.OK}, f"{case}: {answers}"
    issues = issues_in(answers["export"].out)
    for key in issues.keys() | (task.old.keys() & task.new.keys()):
        assert issues.get(key) in (task.old.get(key), task.new.get(key)), f"{case}: {key}"
    assert not is_done or issues == task.new, f"{case}: said to be done, and is not"
    held = sum(
        "reeds" in part["text"]
        for line in issues.values()
        for part in json.loads(line)["issue"]["sections"]
    )
    assert json.loads(answers["search"].out)["total"] == held, case


def check_completes(recorded: Recorded, folder: Path, case: str, *, is_done: bool) -> None:
    """The same command once more completes, and nothing tells of the loss."""
    task = recorded.task
    if task.old:
        code = Exit.OK if is_done else -9
        check_after(task, folder, Done(code=code, out=b"", err=""), case)
        for path, data in kept(after(recorded.disk, recorded.steps, {})).items():
            if path.startswith(("out/", "again.tgz")):
                assert (folder / path).read_bytes() == data, f"{case}: {path}"
        return
    assert task.attempt(folder).code == Exit.OK, case
    assert exported(folder / task.archive) == task.new, case
    assert run(folder / task.archive, "doctor").out == b"", case
