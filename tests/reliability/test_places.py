"""An archive is moved, exchanged, copied, deleted or reached by a link, amid commands."""

import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability.children import Ended, Steps, program, run, sound
from tests.reliability.letters import WORD, letter, shelf_of
from tests.reliability.test_faults import import_all

READING = (
    ("search", WORD, "--json"),
    ("show", "letters/1"),
    ("issues",),
    ("export",),
    ("stats",),
    ("doctor",),
    ("verify",),
    ("log",),
)
WRITING = (
    ("ingest", "HERE/more"),
    ("set", "letters/1", "title=Said"),
    ("remove", "letters/2", "--yes"),
    ("undo",),
    ("rebuild",),
    ("search", WORD, "--save", "other"),
    ("backup", "HERE/backup.tgz"),
    ("export", "--markdown", "HERE/markdown"),
)
ENDS = (
    Exit.OK,
    Exit.NOTHING_FOUND,
    Exit.USAGE,
    Exit.NO_ARCHIVE,
    Exit.REJECTED_INPUT,
    Exit.FINDINGS,
)
_OWN = ("sources/??/*", "*.json", "log.jsonl", "history/*")


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    import_all()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two archives, and letters that are new to both."""
    here = tmp_path_factory.mktemp("start")
    shelf_of(here / "shelf", [(number, letter(number)) for number in (1, 2, 3)])
    shelf_of(here / "others", [(number, letter(number)) for number in (1, 7, 8)])
    shelf_of(here / "more", [(2, letter(2, lacking=1, damaged=0)), (4, letter(4))])
    for name, shelf in (("archive", "shelf"), ("other", "others")):
        sound(run("--archive", here / name, "ingest", here / shelf), Exit.OK)
        sound(run("--archive", here / name, "search", WORD, "--save", "sea"), Exit.OK)
        sound(run("--archive", here / name, "set", "letters/1", "date=2024-02-03"), Exit.OK)
    return here


def whole(archive: Path) -> bytes:
    """The export of an archive."""
    return sound(run("--archive", archive, "export"), Exit.OK).stdout


def own(archive: Path) -> dict[str, bytes]:
    """What an archive has that is not derived."""
    found = (path for name in _OWN for path in archive.glob(name))
    return {str(path.relative_to(archive)): path.read_bytes() for path in found}


def words(command: tuple[str, ...], here: Path) -> list[str]:
    """A command in this folder."""
    return [word.replace("HERE", str(here)) for word in command]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A command, the steps that it takes, and the exports before and after it."""

    command: tuple[str, ...]
    steps: int
    states: tuple[bytes, bytes]


@pytest.fixture(scope="module")
def works(start: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Work]:
    """Each command, undisturbed."""
    made = []
    for at, command in enumerate((*WRITING, *READING)):
        here = Path(shutil.copytree(start, tmp_path_factory.mktemp("undisturbed") / str(at)))
        before, steps = whole(here / "archive"), Steps(here)
        ended = run("--archive", here / "archive", *words(command, here), doom=steps.counted)
        sound(ended, Exit.OK)
        states = before, whole(here / "archive")
        made.append(Work(command=command, steps=steps.taken, states=states))
    return made


# -- what happens to it ----------------------------------------------------------------------------

Happening = Callable[[Path], Path]


def moved(here: Path) -> Path:
    (here / "archive").rename(here / "elsewhere")
    return here / "elsewhere"


def exchanged(here: Path) -> Path:
    moved(here)
    (here / "other").rename(here / "archive")
    return here / "elsewhere"


def linked_anew(here: Path) -> Path:
    fresh = here / "fresh"
    fresh.symlink_to(here / "other")
    fresh.rename(here / "link")
    return here / "archive"


def deleted(here: Path) -> Path:
    shutil.rmtree(here / "archive")
    return here / "archive"


def check_ended(ended: Ended, case: str) -> None:
    """It ended in one of the documented ways, with a sentence, and no fault of the program."""
    assert ended.code in ENDS, f"{case}: {ended}"
    assert "Traceback" not in ended.stderr, f"{case}: {ended}"
    assert "fault of the program" not in ended.stderr, f"{case}: {ended}"


@pytest.mark.promise(
    "An archive may be moved, deleted, or exchanged for another, or the link to it may change,"
    " before any step of a command: the command ends well or with one sentence, the archive is"
    " whole where it is now, the other is untouched, and nothing is made in the old place."
)
@pytest.mark.parametrize("happening", [moved, exchanged, linked_anew, deleted])
def test_an_archive_may_go_at_any_step(
    trials: Trials, tmp_path: Path, start: Path, works: list[Work], happening: Happening
) -> None:
    for attempt in trials(few=2, many=30, unit="steps"):
        dice = random.Random(f"{happening.__name__} {attempt}")
        here = Path(shutil.copytree(start, tmp_path / str(attempt), symlinks=True))
        (here / "link").symlink_to(here / "archive")
        work = dice.choice(works[: len(WRITING)] if dice.random() < 0.7 else works)
        step = dice.randrange(work.steps)
        case = f"{happening.__name__} {attempt}: {work.command}, step {step} of {work.steps}"
        others = own(here / "other"), whole(here / "other")
        named = here / ("link" if happening is linked_anew else "archive")
        doom = Steps(here).stopped_before(step)
        command = program("--archive", named, *words(work.command, here), doom=doom)
        with command:
            now = here / "archive"
            if command.stopped():
                now = happening(here)
                command.go_on()
            check_ended(command.ended(), case)
        other = (
            here / "archive"
            if happening is exchanged and now != here / "archive"
            else here / "other"
        )
        assert own(other) == others[0], case
        assert whole(other) == others[1], case
        if now == here / "elsewhere" and happening is moved:
            assert not (here / "archive").exists(), (
                f"{case}: {sorted((here / 'archive').rglob('*'))}"
            )
        if happening is deleted and now == here / "archive" and not (now / "sources").exists():
            assert not now.exists(), f"{case}: {sorted(now.rglob('*'))}"
            assert run("--archive", now, "issues").code == Exit.NO_ARCHIVE
        else:
            assert whole(now) in work.states, case
            again = run("--archive", now, *words(work.command, here))
            check_ended(again, case)
            sound(run("--archive", now, "ingest", here / "shelf"), Exit.OK, Exit.NOTHING_FOUND)
            assert sound(run("--archive", now, "doctor"), Exit.OK).stdout == b"", case
        shutil.rmtree(here)


@pytest.mark.promise(
    "A copy (`cp -a`) that is made while a command works, in part before and in part after any of"
    " its steps, opens and has each issue old or new, or says what is wrong; the same command and a"
    " rebuild make it whole."
)
def test_a_copy_may_be_made_at_any_step(
    trials: Trials, tmp_path: Path, start: Path, works: list[Work]
) -> None:
    for attempt in trials(few=4, many=60, unit="copies"):
        dice = random.Random(attempt)
        here = Path(shutil.copytree(start, tmp_path / str(attempt)))
        work = dice.choice(works[:6])
        step = dice.randrange(work.steps)
        case = f"{attempt}: {work.command}, step {step} of {work.steps}"
        archive, copy = here / "archive", here / "copy"
        doom = Steps(here).stopped_before(step)
        with program("--archive", archive, *words(work.command, here), doom=doom) as command:
            if command.stopped():
                # As `cp -a` goes through the folders, which the command changes meanwhile.
                every = [path.relative_to(archive) for path in archive.rglob("*")]
                dice.shuffle(every)
                half = dice.randrange(len(every))
                copy_some(archive, copy, every[:half])
                command.go_on()
            sound(command.ended(), Exit.OK)
        copy_some(archive, copy, [path.relative_to(archive) for path in archive.rglob("*")])
        for reader in dice.sample(READING, 3):
            check_ended(run("--archive", copy, *reader), case)
        read = run("--archive", copy, "export")
        check_ended(read, case)
        known = {line for state in work.states for line in state.splitlines()}
        assert read.code != Exit.OK or set(read.stdout.splitlines()) <= known, case
        check_ended(run("--archive", copy, *words(work.command, here)), case)
        for more in (("ingest", here / "shelf"), ("rebuild",)):
            sound(run("--archive", copy, *more), Exit.OK)
        assert set(whole(copy).splitlines()) <= known, case
        assert sound(run("--archive", copy, "doctor"), Exit.OK).stdout == b"", case
        shutil.rmtree(here)


def copy_some(archive: Path, copy: Path, names: list[Path]) -> None:
    """Copy these files of an archive, as far as they are still there and not copied yet."""
    copy.mkdir(exist_ok=True)
    for name in names:
        place = copy / name
        if (archive / name).is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                shutil.copy2(archive / name, place)
    for folder in (copy, *(path for path in copy.rglob("*") if path.is_dir())):
        folder.chmod(0o700)


@pytest.mark.promise(
    "Where the current folder was deleted, every command works with an archive that is named from"
    " the root, and says in one sentence what is wrong where it is not."
)
@pytest.mark.parametrize("named", ["from the root", "from here", "by a variable"])
def test_the_current_folder_may_be_gone(
    trials: Trials, tmp_path: Path, start: Path, works: list[Work], named: str
) -> None:
    for at in trials(few=len(works), many=len(works)):
        here = Path(shutil.copytree(start, tmp_path / str(at)))
        command, gone = words(works[at].command, here), here / "gone"
        gone.mkdir()

        def without_a_folder() -> None:
            os.chdir(gone)  # noqa: B023
            gone.rmdir()  # noqa: B023
            if named == "by a variable":
                os.environ["BACKISSUE_ARCHIVE"] = "archive"

        option = {
            "from the root": ["--archive", str(here / "archive")],
            "from here": ["--archive", "a"],
        }
        ended = run(*option.get(named, []), *command, doom=without_a_folder)
        check_ended(ended, f"{named}: {command}")
        if named == "from the root":
            assert ended.code == Exit.OK, ended
            assert whole(here / "archive") == works[at].states[1]
        else:
            assert ended.code == Exit.NO_ARCHIVE, ended
            assert "the current folder" in ended.stderr, ended
            assert len(ended.stderr.splitlines()) == 1, ended
        shutil.rmtree(here)


@pytest.mark.promise(
    "By a link that leads to another archive after each command, each is read and written as by its"
    " own name."
)
def test_a_link_may_lead_elsewhere_between_commands(
    trials: Trials, tmp_path: Path, start: Path
) -> None:
    for attempt in trials(few=2, many=30):
        dice = random.Random(attempt)
        here = Path(shutil.copytree(start, tmp_path / str(attempt)))
        twin = Path(shutil.copytree(start, tmp_path / f"{attempt}-twin"))
        link = here / "link"
        for _ in range(6):
            name, command = dice.choice(("archive", "other")), dice.choice((*WRITING[:6], *READING))
            link.unlink(missing_ok=True)
            link.symlink_to(here / name, target_is_directory=True)
            ended = run("--archive", link, *words(command, here))
            alike = run("--archive", twin / name, *words(command, twin))
            assert ended.code == alike.code, (attempt, command, ended)
            for one in ("archive", "other"):
                assert whole(here / one) == whole(twin / one), (attempt, command)
        shutil.rmtree(here)
        shutil.rmtree(twin)
