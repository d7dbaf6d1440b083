"""Several processes at one archive: one writes, any number read, and none is in another's way."""

import json
import mmap
import os
import random
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from backissue.archive import files, rebuilding, store
from backissue.archive.opening import reading
from backissue.errors import Exit
from backissue.query import SearchOptions, parse
from tests.conftest import Trials, export, exported
from tests.reliability.children import Child, Steps, program, run, sound
from tests.reliability.letters import TALES, WORD, letter, shelf_of

READERS = 8


class Flag:
    """Something that one process tells all others."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    def __bool__(self) -> bool:
        return self._shared[0] != 0

    def up(self) -> None:
        self._shared[0] = 1

    def wait(self) -> None:
        """Until it is up."""
        while not self:
            time.sleep(0.001)


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """A folder for letters, of which `take_in` writes each."""
    folder = tmp_path / "letters"
    folder.mkdir()
    return folder


def take_in(
    archive: Path, letters: Path, number: int, *, again: bool = False
) -> tuple[str | Path, ...]:
    """The command that takes in a letter, or a copy of it that lacks something."""
    file, text = letters / f"{number}.txt", letter(number)
    if again:
        file = letters / f"{number}-again.txt"
        text = letter(number, lacking=number % 4, damaged=(number + 1) % 4)
    file.write_text(text, encoding="utf-8")
    return (
        *("--archive", archive, "ingest", file, "--number", str(number)),
        *("--publication", "Letters", "--title", f"Letter {number}"),
    )


# -- a writer and its readers ----------------------------------------------------------------------


def write_on(archive: Path, letters: Path, stop: Flag) -> None:
    """Add letter after letter and then a copy of it, say something, rebuild; how many there are."""
    number = 2
    while not stop:
        number += 1
        for command in (
            take_in(archive, letters, number),
            ("--archive", archive, "set", "letters/1", f"title=Said {number}"),
            take_in(archive, letters, number, again=True),
            ("--archive", archive, "rebuild"),
        ):
            ended = run(*command)
            assert (ended.code, "Traceback" in ended.stderr) == (Exit.OK, False), ended
    sys.stdout.write(str(number))


class Seen:
    """What a reader knows of the archive, which only ever grows."""

    def __init__(self) -> None:
        self.reads = 0
        self._letters = 0
        self._said = 0

    def check(self, issues: list[tuple[int, str, tuple[str, ...]]]) -> None:
        """Each issue is there whole, those that came before others too, and nothing goes back."""
        numbers = sorted(number for number, _, _ in issues)
        assert numbers == list(range(1, len(issues) + 1)), numbers
        assert len(issues) >= self._letters, "an issue has gone"
        self._letters = len(issues)
        for number, title, headings in issues:
            assert headings == TALES, (number, headings)
            said = re.fullmatch(r"Said (\d+)", title)
            if said:
                assert (number, int(said[1]) >= self._said) == (1, True), (number, title)
                self._said = int(said[1])
            else:
                assert title == f"Letter {number}"
                assert number > 1 or not self._said, "what was said is forgotten"
        self.reads += 1


def read_as_library(archive: Path, stop: Flag, dice: random.Random) -> None:
    """Read whole archives, each as the commands do, until it is enough; how often."""
    seen, told = Seen(), list[str]()
    while not stop:
        with reading(archive, notify=told.append, rebuild=rebuilding.rebuild_if_unusable) as index:
            issues = [index.shelf.issue(head.key) for head in index.shelf.heads()]
            assert all(issues)
            found = index.searcher.search(SearchOptions(query=parse(WORD), limit=None))
            shown = dice.choice(found.hits)
            section = index.shelf.section(shown.issue.key, shown.section.position)
        assert told == []
        assert found.total == len(found.hits) == len(TALES) * len(issues)
        assert section == shown.section
        seen.check(
            [
                (one.head.number or 0, one.head.title, tuple(s.heading for s in one.sections))
                for one in issues
                if one
            ]
        )
    sys.stdout.write(str(seen.reads))


def read_as_program(archive: Path, stop: Flag, dice: random.Random) -> None:
    """Export, search, list and show, until it is enough; how often."""
    seen = Seen()
    while not stop:
        seen.check(_exported(archive))
        held = len(_exported(archive))
        number = dice.randint(1, held)
        for command in (
            ("search", f"{WORD} issue:{number}", "--json"),
            ("show", f"letters/{number}", "--json"),
            ("issues", "--json"),
        ):
            ended = run("--archive", archive, *command)
            assert (ended.code, ended.stderr) == (Exit.OK, ""), ended
            answer = json.loads(ended.stdout)
            assert answer.get("total", 4) == len(TALES)
            assert len(answer.get("issue", {}).get("sections", TALES)) == len(TALES)
            assert len(answer.get("issues", range(held))) >= held
            seen.reads += 1
    sys.stdout.write(str(seen.reads))


def _exported(archive: Path) -> list[tuple[int, str, tuple[str, ...]]]:
    ended = run("--archive", archive, "export")
    assert (ended.code, ended.stderr) == (Exit.OK, ""), ended
    issues = [json.loads(line)["issue"] for line in ended.stdout.splitlines()]
    return [
        (one["number"], one["title"], tuple(section["heading"] for section in one["sections"]))
        for one in issues
    ]


@pytest.mark.promise("Eight readers beside a writer never get an error or half of a change.")
def test_readers_beside_a_writer_see_the_old_or_the_new(
    trials: Trials, tmp_path: Path, letters: Path
) -> None:
    archive, stop = tmp_path / "archive", Flag()
    for number in (1, 2):
        sound(run(*take_in(archive, letters, number)), Exit.OK)
    with ExitStack() as children:
        writer = children.enter_context(Child(lambda: write_on(archive, letters, stop)))
        readers = []
        for seed in range(READERS):
            read_on = read_as_library if seed % 2 else read_as_program
            work = partial(read_on, archive, stop, random.Random(seed))
            readers.append(children.enter_context(Child(work)))
        enough = time.monotonic() + trials.number(few=3, many=30)
        while time.monotonic() < enough and all(one.running() for one in (writer, *readers)):
            time.sleep(0.05)
        stop.up()
        read = [int(sound(reader.ended(), Exit.OK).stdout) for reader in readers]
        written = int(sound(writer.ended(), Exit.OK).stdout)
    assert min(read) > 0
    assert written > 2
    assert len(export(archive).splitlines()) == written
    assert sound(run("--archive", archive, "verify"), Exit.OK).stdout == b""
    trials.did(sum(read), "reads")


# -- every two steps -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three letters."""
    place = tmp_path_factory.mktemp("held")
    for number in (1, 2, 3):
        sound(run(*take_in(place / "archive", place, number)), Exit.OK)
    # Another rebuild makes files of the same names, as far as names are not drawn by lot.
    sound(run("--archive", place / "archive", "rebuild"), Exit.OK)
    return place / "archive"


COMMANDS = (
    "set",
    "ingest",
    "rebuild",
)


def export_at_once(archive: Path) -> None:
    """An export that fails where it would have to wait, or has something to say."""

    def fail(said: object) -> None:
        raise AssertionError(said)

    with reading(archive, notify=fail, rebuild=fail) as index:
        issues = [
            index.shelf.issue(key) for key in sorted(head.key for head in index.shelf.heads())
        ]
        assert index.searcher.search(SearchOptions(query=parse(WORD), limit=None)).total == len(
            TALES
        ) * len(issues)
    sys.stdout.buffer.write(exported(one for one in issues if one))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.promise(
    "At each step of a writer, a reader gets an answer from the old or the new state."
)
def test_a_reader_is_answered_at_every_step_of_a_writer(
    trials: Trials, tmp_path: Path, held: Path, letters: Path, command: str
) -> None:
    arguments = writing(command, letters)
    old, new, steps = both_states(tmp_path, held, arguments)
    # A name that is given or taken is what others see.
    renames = [step for step, name in enumerate(steps.names) if name == "os.rename"]
    chosen = some(range(steps.taken), trials, [*renames, renames[-1] + 1])
    for attempt in trials(few=len(chosen), many=len(chosen), unit="steps"):
        archive = Path(shutil.copytree(held, tmp_path / str(attempt)))
        doom = Steps(archive).stopped_before(chosen[attempt])
        with program("--archive", archive, *arguments, doom=doom) as writer:
            if writer.stopped():
                read = Child(partial(export_at_once, archive)).ended()
                assert read.code == Exit.OK, (chosen[attempt], read.stderr)
                assert read.stdout in {old, new}, chosen[attempt]
                writer.go_on()
            sound(writer.ended(), Exit.OK)
        shutil.rmtree(archive)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.promise("At each step of a reader, a writer can do its work.")
def test_a_writer_may_do_its_work_at_every_step_of_a_reader(
    trials: Trials, tmp_path: Path, held: Path, letters: Path, command: str
) -> None:
    arguments = writing(command, letters)
    old, new, _ = both_states(tmp_path, held, arguments)
    for reader in (("show", "letters/1"), ("search", WORD, "--json"), ("export",)):
        counting = Steps(tmp_path)
        undisturbed = tmp_path / "undisturbed"
        sound(run("--archive", undisturbed, *reader, doom=counting.counted), Exit.OK)
        steps = range(counting.taken)
        few = steps if reader == ("export",) else [random.Random(len(steps)).choice(steps)]
        for step in some(steps, trials, few):
            archive = Path(shutil.copytree(held, tmp_path / "archive"))
            doom = Steps(archive).stopped_before(step)
            with program("--archive", archive, *reader, doom=doom) as child:
                assert child.stopped()
                sound(run("--archive", archive, *arguments), Exit.OK)
                child.go_on()
                read = sound(child.ended(), Exit.OK)
            assert "rebuilding" not in read.stderr, (reader, step, read.stderr)
            assert reader != ("export",) or read.stdout in {old, new}, step
            shutil.rmtree(archive)
            trials.did(1, "steps")


def writing(command: str, letters: Path) -> tuple[str | Path, ...]:
    """A command that writes, after `--archive DIR`."""
    match command:
        case "ingest":
            return take_in(letters, letters, 2, again=True)[2:]
        case "set":
            return "set", "letters/1", "title=Said 1", "date=2024-01-02"
        case _:
            return (command,)


def both_states(
    tmp_path: Path, held: Path, arguments: tuple[str | Path, ...]
) -> tuple[bytes, bytes, Steps]:
    """The exports before and after a command, and the steps it takes."""
    archive = Path(shutil.copytree(held, tmp_path / "undisturbed"))
    steps = Steps(archive)
    sound(run("--archive", archive, *arguments, doom=steps.counted), Exit.OK)
    return export(held), export(archive), steps


def some(steps: range, trials: Trials, few: Sequence[int]) -> Sequence[int]:
    """All steps, or a few of them."""
    return steps if trials.long else few


# -- two writers -----------------------------------------------------------------------------------


@contextmanager
def writer_that_waits(archive: Path) -> Iterator[tuple[Child, Flag]]:
    """A process that has the archive's lock until the flag is up."""
    has_it, enough = Flag(), Flag()
    with Child(partial(hold, archive, has_it, enough)) as holder:
        has_it.wait()
        yield holder, enough


def hold(archive: Path, held: Flag, enough: Flag) -> None:
    """Have the archive's lock until it is enough."""
    with store.Store(archive).lock():
        held.up()
        enough.wait()


@pytest.mark.promise(
    "A second writer says which process holds the archive and since when: exit code 75."
)
def test_a_second_writer_says_who_holds_the_archive(
    trials: Trials, tmp_path: Path, held: Path
) -> None:
    archive = Path(shutil.copytree(held, tmp_path / "archive"))
    whole = export(archive)
    for _ in trials(few=1, many=5):
        start = datetime.now(UTC) - timedelta(seconds=1)
        with writer_that_waits(archive) as (holder, enough):
            ended = sound(run("--archive", archive, "rebuild"), Exit.BUSY)
            said = re.search(r"written to by process (\d+) since ([^;\s]+)", ended.stderr)
            assert said, ended
            assert int(said[1]) == holder.pid
            assert start <= datetime.fromisoformat(said[2]) <= datetime.now(UTC)
            assert "try again" in ended.stderr
            assert export(archive) == whole
            enough.up()
            sound(holder.ended(), Exit.OK)
        sound(run("--archive", archive, "set", "letters/1", "title=Letter 1"), Exit.OK)


@pytest.mark.promise("A second writer waits up to three seconds, and works as soon as it may.")
def test_a_second_writer_waits_for_a_little(
    trials: Trials, tmp_path: Path, held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert files._PATIENCE == 3  # seconds, as docs/reliability.md says
    # Longer than the little it is, since a busy machine may take seconds to let the first go on.
    monkeypatch.setattr(files, "_PATIENCE", 60.0)
    for attempt in trials(few=1, many=10):
        archive = Path(shutil.copytree(held, tmp_path / str(attempt)))
        held_by_first, enough = Flag(), Flag()
        with Child(partial(hold, archive, held_by_first, enough)) as first:
            held_by_first.wait()
            with program("--archive", archive, "set", "letters/1", "title=Said 1") as second:
                time.sleep(0.5)
                assert second.running(), second.ended()
                enough.up()
                sound(first.ended(), Exit.OK)
                sound(second.ended(), Exit.OK)
        assert b"Said 1" in export(archive)


@pytest.mark.promise("The lock of a killed process blocks nobody.")
def test_the_lock_of_a_killed_process_is_no_lock(
    trials: Trials, tmp_path: Path, held: Path
) -> None:
    archive = Path(shutil.copytree(held, tmp_path / "archive"))
    for attempt in trials(few=1, many=20, unit="kills"):
        with writer_that_waits(archive) as (holder, _):
            holder.kill()
            assert holder.ended().killed
            assert str(holder.pid) in (archive / "lock").read_text()
            title = f"Said {attempt}"
            sound(run("--archive", archive, "set", "letters/1", f"title={title}"), Exit.OK)
            assert title.encode() in export(archive)
        assert sound(run("--archive", archive, "doctor"), Exit.OK).stdout == b""


@pytest.mark.promise(
    "Two first ingestions at the same time give the same result as one after the other."
)
def test_two_ingests_at_one_moment_give_what_they_give_in_turn(
    trials: Trials, tmp_path: Path
) -> None:
    shelves = (
        shelf_of(tmp_path / "one", [(number, letter(number)) for number in (1, 2, 3, 4)]),
        shelf_of(tmp_path / "two", [(number, letter(number, lacking=0)) for number in (3, 4, 5)]),
    )
    for shelf in shelves:
        sound(run("--archive", tmp_path / "in-turn", "ingest", shelf), Exit.OK)
    whole = export(tmp_path / "in-turn")
    for attempt in trials(few=3, many=60):
        archive, go = tmp_path / str(attempt), Flag()
        commands = [("--archive", archive, "ingest", shelf) for shelf in shelves]
        writers = [program(*command, doom=go.wait) for command in commands]
        go.up()
        for command, writer in zip(commands, writers, strict=True):
            if sound(writer.ended(), Exit.OK, Exit.BUSY).code == Exit.BUSY:
                sound(run(*command), Exit.OK)
        assert export(archive) == whole
        assert sound(run("--archive", archive, "doctor"), Exit.OK).stdout == b""


# -- readers without an index ----------------------------------------------------------------------


def without_index(archive: Path, dice: random.Random) -> str:
    """Do something to an index after which it is no use; what."""
    index = archive / "index"
    what = dice.choice(("gone", "cut short", "of another version", "without its list"))
    match what:
        case "gone":
            shutil.rmtree(index)
        case "cut short":
            segment = dice.choice(sorted([*index.glob("*.words"), *index.glob("*.records")]))
            os.truncate(segment, dice.randrange(segment.stat().st_size))
        case "of another version":
            (index / "stamp.json").write_text('{"schema": 1}')
        case _:
            next(index.glob("view_*.json")).unlink()
    return what


@pytest.mark.promise(
    "A reader that waited for an index does not mark the unfinished work of another process as"
    " done."
)
def test_a_reader_that_finds_an_index_after_all_leaves_the_mark_of_others(
    tmp_path: Path, held: Path, letters: Path
) -> None:
    archive = Path(shutil.copytree(held, tmp_path / "archive"))
    shutil.rmtree(archive / "index")
    doom = Steps(archive).stopped_before(0)
    with program("--archive", archive, "export", doom=doom) as reader:
        assert reader.stopped(), "it has seen that there is no index, and has no lock yet"
        sound(run("--archive", archive, "rebuild"), Exit.OK)
        rehearsal = Path(shutil.copytree(archive, tmp_path / "rehearsal"))
        watched = Steps(rehearsal / "index")
        sound(run(*take_in(rehearsal, letters, 4), doom=watched.counted), Exit.OK)
        renames = [step for step, name in enumerate(watched.names) if name == "os.rename"]
        before_commit = Steps(archive / "index").killed_before(renames[-1])
        assert run(*take_in(archive, letters, 4), doom=before_commit).killed
        assert (archive / "unfinished").exists()
        reader.go_on()
        sound(reader.ended(), Exit.OK)
    sound(run(*take_in(archive, letters, 5)), Exit.OK)
    assert len(export(archive).splitlines()) == 5


def read_and_rebuild(archive: Path, go: Flag) -> int:
    """Export to standard output as soon as it may; the exit code says whether this rebuilt."""
    rebuilt = []

    def rebuild(folder: Path) -> None:
        rebuilt.append(bool(rebuilding.rebuild_if_unusable(folder).added))

    go.wait()
    with reading(archive, notify=lambda _: None, rebuild=rebuild) as index:
        issues = [
            index.shelf.issue(key) for key in sorted(head.key for head in index.shelf.heads())
        ]
    sys.stdout.buffer.write(exported(one for one in issues if one))
    return int(any(rebuilt))


@pytest.mark.promise(
    "If several readers find no index, one rebuilds it, and all get their answers."
)
def test_of_readers_that_find_no_index_one_rebuilds_it(
    trials: Trials, tmp_path: Path, held: Path
) -> None:
    whole = export(held)
    for attempt in trials(few=3, many=60):
        archive, go = Path(shutil.copytree(held, tmp_path / str(attempt))), Flag()
        what = without_index(archive, random.Random(attempt))
        readers = [Child(partial(read_and_rebuild, archive, go)) for _ in range(6)]
        go.up()
        ends = [sound(reader.ended(), 0, 1) for reader in readers]
        assert [end.stdout == whole for end in ends] == [True] * 6, (attempt, what, ends)
        assert sum(end.code for end in ends) == 1, (attempt, what)
