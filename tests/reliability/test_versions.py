"""Archives of older and of newer versions of the program, and two versions at one archive.

A newer version is this one with higher numbers of every format. It stands for any that has changed
what it writes: all that this version may do with such a file is to leave it as it is.
"""

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backissue.archive import (
    backup,
    health,
    history,
    ingestion,
    journal,
    rebuilding,
    removal,
    restoring,
    store,
    tombstones,
    undoing,
)
from backissue.errors import Exit
from backissue.index.storage import snapshot
from tests.conftest import Trials
from tests.reliability.children import Ended, run, sound
from tests.reliability.letters import WORD, letter, shelf_of

# Loaded here once, and not in every child.
_LOADED = (backup, health, ingestion, rebuilding, removal, restoring, undoing)


def newer() -> None:
    """A child becomes a newer version."""
    snapshot._SCHEMA_VERSION += 1
    store._FORMAT += 1
    tombstones._FORMAT += 1
    journal.FORMAT += 1
    history.FORMAT += 1


def whole(archive: Path, version: Callable[[], None] | None = None) -> bytes:
    """The export of an archive."""
    return sound(run("--archive", archive, "export", doom=version), Exit.OK).stdout


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Letters, and copies of some that lack something."""
    letters = [(number, letter(number)) for number in range(1, 9)]
    copies = [(number, letter(number, lacking=1)) for number in (2, 5, 7)]
    return shelf_of(tmp_path_factory.mktemp("shelves") / "shelf", [*letters, *copies])


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, shelf: Path) -> Path:
    """An archive that has every kind of file that an archive can have."""
    archive = tmp_path_factory.mktemp("held") / "archive"
    for command in (
        ("ingest", *(shelf / f"{at:02}.txt" for at in range(6)), shelf / "catalog.toml"),
        ("set", "letters/3", "date=2024-02-03"),
        ("remove", "letters/4", "--yes"),
        ("search", WORD, "--save", "sea"),
    ):
        sound(run("--archive", archive, *command), Exit.OK, Exit.REJECTED_INPUT)
    return archive


# -- two versions ----------------------------------------------------------------------------------


def commands(dice: random.Random, shelf: Path, archive: Path) -> tuple[str | Path, ...]:
    """A command that writes, to either of two archives."""
    number = dice.randint(1, 8)
    return dice.choice(
        (
            ("ingest", dice.choice(sorted(shelf.glob("*.txt"))), "--publication", "Letters"),
            ("ingest", shelf),
            ("set", f"letters/{number}", f"title=Said {dice.randint(1, 99)}"),
            ("set", f"letters/{number}", f"date=2024-01-{dice.randint(1, 28):02}"),
            ("remove", f"letters/{number}", "--yes"),
            ("undo",),
            ("rebuild",),
            ("search", WORD, "--save", f"sea{number}"),
            ("backup", archive.with_name(f"{archive.name}.tgz")),
        )
    )


def is_refusal(ended: Ended) -> bool:
    """Whether it was refused because a newer version has been here, in a sentence that says so."""
    if ended.code != Exit.NO_ARCHIVE:
        return False
    last = ended.stderr.splitlines()[-1]
    assert re.search(r"a newer version of backissue wrote \S+ \(format \d", last), ended
    assert "update backissue" in last, ended
    return True


@pytest.mark.promise(
    "An older and a newer version may take turns at one archive: the older refuses what it cannot"
    " know in one sentence, with exit code 3, and what the newer then has is what it would have had"
    " alone."
)
def test_two_versions_may_take_turns(
    trials: Trials, tmp_path: Path, shelf: Path, held: Path
) -> None:
    refused = 0
    for seed in range(trials.number(few=2, many=20)):
        dice = random.Random(seed)
        archive = Path(shutil.copytree(held, tmp_path / str(seed) / "archive"))
        alone = Path(shutil.copytree(held, tmp_path / str(seed) / "alone"))
        for at in range(8):
            command, version = commands(dice, shelf, archive), dice.choice((None, newer))
            done = sound(run("--archive", archive, *command, doom=version), *OK, Exit.NO_ARCHIVE)
            if is_refusal(done):
                assert version is None, done
                refused += 1
                done = sound(run("--archive", archive, *command, doom=newer), *OK)
            twin = sound(run("--archive", alone, *command, doom=newer), *OK)
            assert done.code == twin.code, (seed, at, command, done, twin)
            assert whole(archive, newer) == whole(alone, newer), (seed, at, command)
            trials.did(1, "commands")
        # What was refused may have left its mark, which the next one that writes takes away.
        sound(run("--archive", archive, "set", "letters/1", "kind=newsletter", doom=newer), *OK)
        assert sound(run("--archive", archive, "doctor", doom=newer), Exit.OK).stdout == b""
        shutil.rmtree(tmp_path / str(seed))
    assert refused


OK = (Exit.OK, Exit.NOTHING_FOUND)

READING = (("search", WORD), ("show", "letters/1"), ("issues",), ("export",), ("log",), ("stats",))
WRITING = (
    ("ingest", "SHELF"),
    ("set", "letters/1", "title=Said"),
    ("remove", "letters/1", "--yes"),
    ("undo",),
    ("rebuild",),
    ("backup", "HERE/backup.tgz"),
    ("search", WORD, "--save", "other"),
    ("searches", "--forget", "sea"),
    ("doctor",),
    ("verify",),
)


def kept(archive: Path) -> dict[str, bytes]:
    """Every file of an archive that is not derived."""
    names = ("removed.json", "sayings.json", "searches.json", "history/*", "sources/??/*")
    found = (path for name in names for path in archive.glob(name))
    return {str(path.relative_to(archive)): path.read_bytes() for path in found}


def from_tomorrow(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Each file of an archive as a newer version may have written it."""
    for name, data in kept(archive).items():
        if name.endswith(".json"):
            yield name, json.dumps({**json.loads(data), "format": 99, "more": ["things"]}).encode()
        elif name.startswith("history/"):
            first, *rest = data.splitlines(keepends=True)
            heading = {**journal.read_line(first.strip()), "format": 99, "more": ["things"]}
            yield name, journal.line(heading) + b"".join(rest)


@pytest.mark.promise(
    "Every command leaves what a newer version wrote as it is, byte for byte; one that needs it"
    " says so in one sentence (exit code 3), `doctor` names it, and nothing else is lost."
)
def test_what_a_newer_version_wrote_is_left_as_it_is(
    trials: Trials, tmp_path: Path, shelf: Path, held: Path
) -> None:
    planted = list(from_tomorrow(held))
    assert {name.partition("/")[0] for name, _ in planted} == {
        *("history", "removed.json", "sayings.json", "searches.json", "sources")
    }
    cases = [(one, command) for one in planted for command in (*READING, *WRITING)]
    if not trials.long:
        cases = random.Random(1).sample(cases, 8)
    for at in trials(few=len(cases), many=len(cases), unit="runs"):
        (name, data), command = cases[at]
        folder = tmp_path / str(at)
        archive = Path(shutil.copytree(held, folder / "archive"))
        (archive / name).write_bytes(data)
        before = kept(archive)
        words = [str(one).replace("HERE", str(folder)) for one in command]
        words = [one.replace("SHELF", str(shelf)) for one in words]
        done = sound(run("--archive", archive, *words), *OK, Exit.NO_ARCHIVE, Exit.FINDINGS)
        if command == ("doctor",):
            assert (done.code, b"a newer version" in done.stdout) == (Exit.FINDINGS, True), name
        elif done.code == Exit.FINDINGS:
            assert command == ("verify",), (name, command, done)
        else:
            assert is_refusal(done) or done.code in OK
        if command in (("rebuild",), ("backup", "HERE/backup.tgz")) and "history" not in name:
            is_needed = name != "searches.json" or command != ("rebuild",)
            assert is_refusal(done) or not is_needed, (name, command, done)
        # A history has the last ten runs, and `undo` takes the last away.
        after = kept(archive)
        assert after.get(name) == before[name], (name, command, done)
        if command[0] in {"rebuild", "backup", "doctor", "verify"} or command in READING:
            assert after == before, (name, command)
        shutil.rmtree(folder)


# -- older -----------------------------------------------------------------------------------------


def as_once(archive: Path, dice: random.Random) -> None:
    """Make an archive what an older version might have left: records and an index of its forms."""
    for path in archive.glob("sources/??/*.json"):
        known = json.loads(path.read_bytes())
        if dice.random() < 0.7:
            known["said"], known["told"] = known.pop("by_reader"), known.pop("by_carrier")
            known["format"] = 1
            path.write_text(json.dumps(known), encoding="utf-8")
    index = archive / "index"
    stamp = json.loads((index / "stamp.json").read_bytes())
    match dice.choice(("schema", "records", "none", "no seal", "no index")):
        case "none":
            (index / "stamp.json").unlink()
        case "no index":
            shutil.rmtree(index)
        case "no seal":
            for view in index.glob("view_*.json"):
                view.write_text(json.dumps(json.loads(view.read_bytes())["segments"]))
        case name:
            older = {**stamp, name: dice.randrange(stamp[name])}
            (index / "stamp.json").write_text(json.dumps(older), encoding="utf-8")


@pytest.mark.promise(
    "An archive of an older version is used as it is: its index is rebuilt, with one line, its"
    " records are read, and every command gives what it gives in an archive of today."
)
def test_an_archive_of_an_older_version_is_used_as_it_is(
    trials: Trials, tmp_path: Path, shelf: Path, held: Path
) -> None:
    for attempt in trials(few=3, many=60, unit="runs"):
        dice = random.Random(attempt)
        folder = tmp_path / str(attempt)
        once = Path(shutil.copytree(held, folder / "once"))
        today = Path(shutil.copytree(held, folder / "today"))
        as_once(once, dice)
        command = dice.choice((*READING, *WRITING[:-2]))
        words = [str(one).replace("HERE", str(folder)) for one in command]
        words = [one.replace("SHELF", str(shelf)) for one in words]
        done, expected = (
            sound(run("--archive", archive, *words), *OK) for archive in (once, today)
        )
        assert done.code == expected.code, (attempt, command, done)
        assert command not in READING or done.stdout == expected.stdout, (attempt, command)
        rebuilt = [line for line in done.stderr.splitlines() if "rebuil" in line]
        assert len(rebuilt) <= 1, done
        assert whole(once) == whole(today), (attempt, command)
        assert sound(run("--archive", once, "doctor"), Exit.OK).stdout == b"", (attempt, command)
        shutil.rmtree(folder)


# -- backups ---------------------------------------------------------------------------------------


@pytest.mark.promise(
    "A backup of a newer version is refused in one sentence that says so, and leaves nothing; a"
    " newer version restores one of this."
)
def test_a_backup_of_a_newer_version_is_refused(
    trials: Trials, tmp_path: Path, shelf: Path, held: Path
) -> None:
    for at in trials(few=1, many=10):
        folder = tmp_path / str(at)
        archive = Path(shutil.copytree(held, folder / "archive"))
        file, back = folder / "backup.tgz", folder / "back"
        sound(run("--archive", archive, "backup", file), Exit.OK)
        sound(run("restore", file, folder / "of-older", doom=newer), Exit.OK)
        assert whole(folder / "of-older", newer) == whole(archive, newer)
        more = commands(random.Random(at), shelf, archive)
        sound(run("--archive", archive, *more, doom=newer), *OK)
        sound(run("--archive", archive, "set", "letters/1", "title=New", doom=newer), *OK)
        one = shelf / f"{6 + at % 5:02}.txt"
        sound(run("--archive", archive, "ingest", one, doom=newer), *OK)
        sound(run("--archive", archive, "backup", file, doom=newer), Exit.OK)
        refused = sound(run("restore", file, back), Exit.USAGE)
        assert "a newer version of backissue wrote" in refused.stderr, refused
        assert len(refused.stderr.splitlines()) == 1, refused
        assert not back.exists()
        sound(run("restore", file, back, doom=newer), Exit.OK)
        assert whole(back, newer) == whole(archive, newer)
        shutil.rmtree(folder)
