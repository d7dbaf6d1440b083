"""An export into a folder: whole, or as it was before; what was cut short, the next completes."""

import errno
import os
import random
import resource
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from backissue.archive import exporting
from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability import test_faults
from tests.reliability.children import Steps, run, sound
from tests.reliability.test_faults import import_all, write_issue


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    import_all()


Files = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """An archive at two times, and what an undisturbed export gives of each."""

    before: Path
    after: Path
    old: Files
    new: Files


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    place = tmp_path_factory.mktemp("exports")
    before, after = place / "before", place / "after"
    for number in (1, 2, 3):
        new = write_issue(place / f"{number}.txt", number, f"Mills {number}")
        sound(run("--archive", before, "ingest", new), Exit.OK)
    shutil.copytree(before, after)
    sound(run("--archive", after, "remove", "2", "--yes"), Exit.OK)
    new = write_issue(place / "other.txt", 4, "Weirs", "\nThe reeds grew.\n" * 2000)
    sound(run("--archive", after, "ingest", new), Exit.OK)
    found = []
    for archive in (before, after):
        sound(run("--archive", archive, "export", "--markdown", place / f"{archive.name}-files"), 0)
        found.append(contents(place / f"{archive.name}-files"))
    assert found[0].keys() != found[1].keys()
    return Exports(before=before, after=after, old=found[0], new=found[1])


def contents(folder: Path) -> Files:
    """Each file in a folder, but those whose names begin with a dot."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def within(folder: Path, doom: Callable[[], None]) -> Callable[[], None]:
    """A doom in the folder that is exported to, so that no other can take its place."""

    def go() -> None:
        os.chdir(folder)
        doom()

    return go


# The steps by which files and folders come into their places, and how many of the last are tried.
_MOVING = frozenset({"os.rename", "os.remove", "os.rmdir"})
_LAST = 12
STARTS = ("new", "empty", "earlier", "here", "here, earlier")


def started(exports: Exports, folder: Path, start: str) -> Files:
    """Make the folder as an export finds it; what is in it."""
    folder.parent.mkdir()
    if "earlier" in start:
        sound(run("--archive", exports.before, "export", "--markdown", folder), Exit.OK)
        return exports.old
    if start != "new":
        folder.mkdir()
    return {}


def is_old_or_new(folder: Path, old: Files, new: Files, case: str) -> None:
    """The folder has what it had, or all of the new; or it says that it is not finished."""
    if (folder / exporting.INSIDE).exists():
        return
    found = contents(folder)
    assert found in (old, new), f"{case}: {sorted(found)}"
    names = {path.name for path in folder.parent.iterdir() if not path.name.startswith(".")}
    assert names <= {folder.name}, case


@pytest.mark.promise(
    "An `export --markdown` killed at any instant leaves the folder as it was, or complete, or with"
    " a folder `unfinished-export` in it; the same command completes it."
)
@pytest.mark.parametrize("start", STARTS)
def test_a_killed_export_leaves_the_old_or_the_new(
    exports: Exports, tmp_path: Path, trials: Trials, start: str
) -> None:
    def doomed(folder: Path, doom: Callable[[], None]) -> Callable[[], None]:
        return within(folder, doom) if "here" in start else doom

    command = ("--archive", exports.after, "export", "--markdown")
    folder = tmp_path / "first" / "letters"
    started(exports, folder, start)
    steps = Steps(tmp_path)
    sound(run(*command, folder, doom=doomed(folder, steps.counted)), Exit.OK)
    taken = steps.taken
    assert contents(folder) == exports.new
    # Where the new takes the place of the old, each step is tried; elsewhere, some.
    ends = [at for at, name in enumerate(steps.names) if name in _MOVING][-_LAST:]
    for attempt in trials(few=len(ends) + 3, many=len(ends) + 20, unit="kills"):
        dice = random.Random(f"{start} {attempt}")
        folder = tmp_path / str(attempt) / "letters"
        old = started(exports, folder, start)
        step, size = dice.randrange(taken), dice.choice((0, 100, dice.randrange(40_000)))
        watched = Steps(tmp_path)
        doom = dice.choice((watched.killed_before(step), watched.cut_after(step, size)))
        if attempt < len(ends):
            doom = watched.killed_before(step := ends[attempt])
        run(*command, folder, doom=doomed(folder, doom))
        case = f"{start}, {attempt}: step {step} of {taken}, {size} bytes"
        is_old_or_new(folder, old, exports.new, case)
        sound(run(*command, folder, doom=doomed(folder, lambda: None)), Exit.OK)
        assert contents(folder) == exports.new, case
        assert {path.name for path in folder.parent.iterdir()} == {"letters"}, case
        assert not (folder / exporting.INSIDE).exists(), case
        shutil.rmtree(folder.parent)


@pytest.mark.promise(
    "An `export --markdown` for which there is no space, at any byte, changes nothing, with one"
    " sentence and exit code 2; the same command completes it when there is space."
)
@pytest.mark.parametrize("start", STARTS)
def test_an_export_without_space_changes_nothing(
    exports: Exports, tmp_path: Path, trials: Trials, start: str
) -> None:
    command = ("export", "--markdown")
    largest = max(map(len, exports.new.values()))
    for attempt in trials(few=3, many=8):
        dice = random.Random(f"{start} {attempt}")
        folder = tmp_path / str(attempt) / "letters"
        old = started(exports, folder, start)
        size = dice.choice((0, 10, dice.randrange(largest)))

        def full(size: int = size, folder: Path = folder) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            if "here" in start:
                os.chdir(folder)

        # Its messages go through pipes, which are not files that grow.
        done = test_faults.run(exports.after, *command, str(folder), before=full)
        case = f"{start}, {size} bytes: {done.err}"
        assert (done.code, len(done.lines)) == (Exit.USAGE, 1), case
        assert os.strerror(errno.EFBIG).lower() in done.err, case
        assert contents(folder) == old, case
        assert {path.name for path in folder.parent.iterdir()} <= {"letters"}, case
        assert not (folder / exporting.INSIDE).exists(), case
        assert test_faults.run(exports.after, *command, str(folder)).code == Exit.OK, case
        assert contents(folder) == exports.new, case
        shutil.rmtree(folder.parent)


def changed(folder: Path) -> None:
    file = next(folder.rglob("1.md"))
    file.write_text(file.read_text(encoding="utf-8") + "\nMy note.\n", encoding="utf-8")


def added(folder: Path) -> None:
    (folder / "notes.md").write_text("My note.\n", encoding="utf-8")


def added_deep(folder: Path) -> None:
    (next(folder.rglob("1.md")).parent / "notes").mkdir()


def linked(folder: Path) -> None:
    file = next(folder.rglob("1.md"))
    file.rename(folder.parent / "1.md")
    file.symlink_to(folder.parent / "1.md")


def unlisted(folder: Path) -> None:
    (folder / exporting.LIST).unlink()


def other_list(folder: Path) -> None:
    (folder / exporting.LIST).write_text("[" * 100_000, encoding="utf-8")


def other_work(folder: Path) -> None:
    (folder / exporting.INSIDE).mkdir()
    (folder / exporting.INSIDE / "notes.md").write_text("My note.\n", encoding="utf-8")


@pytest.mark.promise(
    "An `export --markdown` replaces no folder in which anything was changed or added, and says so."
)
@pytest.mark.parametrize(
    "change", [changed, added, added_deep, linked, unlisted, other_list, other_work]
)
@pytest.mark.parametrize("here", [False, True])
def test_an_export_replaces_nothing_that_is_yours(
    exports: Exports, tmp_path: Path, change: Callable[[Path], None], here: bool
) -> None:
    folder = tmp_path / "place" / "letters"
    started(exports, folder, "earlier")
    change(folder)
    before = contents(folder)
    doom = within(folder, lambda: None) if here else None
    done = sound(run("--archive", exports.after, "export", "--markdown", folder, doom=doom), 2)
    assert "is not empty" in done.stderr
    assert contents(folder) == before


@pytest.mark.promise("Where two folders cannot change places in one step, an export is safe, too.")
def test_an_export_is_safe_where_folders_cannot_be_exchanged(
    exports: Exports, tmp_path: Path, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_exchange", lambda *_: False)
    command = ("--archive", exports.after, "export", "--markdown")
    for attempt in trials(few=4, many=20, unit="kills"):
        dice = random.Random(attempt)
        folder = tmp_path / str(attempt) / "letters"
        started(exports, folder, "earlier")
        watched = Steps(tmp_path)
        run(*command, folder, doom=watched.killed_before(dice.randrange(20, 60)))
        found = contents(folder)
        assert found in ({}, exports.old, exports.new), attempt
        sound(run(*command, folder), Exit.OK)
        assert contents(folder) == exports.new, attempt
        assert {path.name for path in folder.parent.iterdir()} == {"letters"}, attempt
        shutil.rmtree(folder.parent)
