"""The clock is wrong: it is set back between runs and within one, to 1970, or far ahead.

Every reading of the clock in a child gives another time, and between two runs each file of the
archive gets another time, as if it had been written then.
"""

import json
import os
import random
import re
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Self

import pytest

from backissue.cli import recent
from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability.children import Child, run, sound
from tests.reliability.letters import WORD, letter, shelf_of
from tests.reliability.test_faults import import_all
from tests.reliability.test_together import Flag, hold

# From 1970 to 2106, beyond the years in which 31 and 32 bits of seconds end.
_LAST = 2**32 + 10_000


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    import_all()


def clock(dice: random.Random) -> Callable[[], None]:
    """A child whose clock jumps: each reading is of any time, sooner or later than the last."""
    seed = dice.random()

    def set_it() -> None:
        times = random.Random(seed)

        def jumps() -> float:
            return times.choice((0.0, times.uniform(0, _LAST), times.uniform(1.7e9, 1.8e9)))

        class Moment(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromtimestamp(jumps(), tz)

        class Day(date):
            @classmethod
            def today(cls) -> Self:
                return cls.fromtimestamp(jumps())

        time.time = jumps
        for name, module in list(sys.modules.items()):
            for attribute, real, other in (("datetime", datetime, Moment), ("date", date, Day)):
                if name.startswith("backissue.") and vars(module).get(attribute) is real:
                    setattr(module, attribute, other)

    return set_it


def shake(archive: Path, dice: random.Random) -> None:
    """Give every file and folder any time."""
    for path in (archive, *archive.rglob("*")):
        os.utime(path, (dice.uniform(0, _LAST), dice.uniform(0, _LAST)))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Letters, some with a copy."""
    letters = [(number, letter(number)) for number in range(1, 7)]
    copies = [(number, letter(number, lacking=1)) for number in (2, 5)]
    return shelf_of(tmp_path_factory.mktemp("shelves") / "shelf", [*letters, *copies])


def commands(dice: random.Random, shelf: Path) -> tuple[str | Path, ...]:
    """A command that writes."""
    number = dice.randint(1, 6)
    return dice.choice(
        (
            ("ingest", dice.choice(sorted(shelf.glob("*.txt"))), "--publication", "Letters"),
            ("set", f"letters/{number}", f"title=Said {dice.randint(1, 99)}"),
            ("remove", f"letters/{number}", "--yes"),
            ("undo",),
            ("undo",),
            ("rebuild",),
        )
    )


def runs(archive: Path, *command: str, name: str) -> list[tuple[str, ...]]:
    """What a list of runs says of each but its time, in order."""
    ended = sound(run("--archive", archive, *command, "--json"), Exit.OK, Exit.NOTHING_FOUND)
    rows = json.loads(ended.stdout or b"{}").get(name, [])
    for row in rows:
        datetime.fromisoformat(row["when"])
    return [(row["command"], *row["from"], str(row.get("sources"))) for row in rows]


@pytest.mark.promise(
    "Whatever the clock says, also set back or within a run, an archive is what it would be by a"
    " right clock: its issues, the order of its log, and which run `undo` takes back."
)
def test_nothing_relies_on_the_clock(trials: Trials, tmp_path: Path, shelf: Path) -> None:
    for seed in range(trials.number(few=1, many=20)):
        dice = random.Random(seed)
        wrong, right = (tmp_path / str(seed) / name for name in ("wrong", "right"))
        for archive in (wrong, right):
            sound(run("--archive", archive, "ingest", shelf), Exit.OK)
        for at in range(10):
            command = commands(dice, shelf)
            shake(wrong, dice)
            done = run("--archive", wrong, *command, doom=clock(dice))
            twin = run("--archive", right, *command)
            sound(done, Exit.OK, Exit.NOTHING_FOUND)
            said = [
                re.sub(r"\d{4}-\d\d-\d\d\S*", "", one.stderr.replace(str(archive), "ARCHIVE"))
                for one, archive in ((done, wrong), (twin, right))
            ]
            assert (done.code, said[0]) == (twin.code, said[1]), (seed, at, command)
            for lists in ("log",), ("undo", "--list"):
                name = "log" if lists == ("log",) else "undoable"
                assert runs(wrong, *lists, name=name) == runs(right, *lists, name=name), command
            whole = [run("--archive", one, "export").stdout for one in (wrong, right)]
            assert whole[0] == whole[1], (seed, at, command)
            trials.did(1, "runs")
        for command in ("doctor", "verify"):
            assert sound(run("--archive", wrong, command, doom=clock(dice)), Exit.OK).stdout == b""
        shutil.rmtree(tmp_path / str(seed))


@pytest.mark.promise(
    "A lock that was taken at any time, also in the future, is held as long as its process lives,"
    " and no longer."
)
def test_a_lock_has_no_age(trials: Trials, tmp_path: Path, shelf: Path) -> None:
    archive = tmp_path / "archive"
    sound(run("--archive", archive, "ingest", shelf), Exit.OK)
    for attempt in trials(few=1, many=20):
        dice = random.Random(attempt)
        held, enough, moment = Flag(), Flag(), clock(dice)

        def holding() -> None:
            moment()  # noqa: B023 - called before the next
            hold(archive, held, enough)  # noqa: B023

        with Child(holding) as holder:
            held.wait()
            shake(archive, dice)
            ended = sound(run("--archive", archive, "rebuild", doom=clock(dice)), Exit.BUSY)
            said = re.search(r"by process (\d+) since (\S+);", ended.stderr)
            assert said, ended
            assert int(said[1]) == holder.pid
            assert datetime.fromisoformat(said[2]) < datetime.fromtimestamp(_LAST + 1, UTC)
            holder.kill()
        sound(run("--archive", archive, "set", "letters/1", f"title=Said {attempt}"), Exit.OK)


@pytest.mark.promise(
    "The hits that are kept for each terminal stay few, and those of this terminal are there,"
    " whatever the clock says."
)
def test_hits_of_terminals_stay_few(trials: Trials, tmp_path: Path, shelf: Path) -> None:
    archive = tmp_path / "archive"
    sound(run("--archive", archive, "ingest", shelf), Exit.OK)
    most = recent._MOST_FILES
    for attempt in trials(few=1, many=30):
        dice = random.Random(attempt)
        folder = archive / "recent"
        folder.mkdir(exist_ok=True)
        for at in range(most + 10):
            (folder / f"dev-pts-{at}").write_text('{"keys": [], "query": ""}', encoding="utf-8")
        shake(folder, dice)
        sound(run("--archive", archive, "search", WORD, doom=clock(dice)), Exit.OK)
        sound(run("--archive", archive, "show", "@1", doom=clock(dice)), Exit.OK)
        assert len(list(folder.iterdir())) <= most
