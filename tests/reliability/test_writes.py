"""Every single write fails, or writes less than it was given, for every command that writes.

`test_faults` has the steps that open, name and remove files fail. Here it is what is written: the
disk is full (ENOSPC), a quota is used up (EDQUOT), the disk fails (EIO), or a write is short.
"""

import builtins
import errno
import io
import os
import random
import shutil
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability import test_faults as faults
from tests.reliability.test_faults import (
    TASKS,
    Done,
    Task,
    check_after,
    copied,
    exported,
    make_task,
    on_a_small_disk,
    room_left,
    run,
    start,
)

__all__ = ["start"]  # a fixture

_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
# Further commands that write, and what is done before them.
MORE: dict[str, tuple[str, ...]] = {
    "forget": ("searches", "--forget", "cranes"),
    "again": ("ingest", "--again", "HERE/old"),
    "unset": ("set", "1", "title="),
    "publication": ("remove", "--publication", "crane-weekly", "--yes"),
    "markdown": ("export", "--markdown", "HERE/markdown"),
    "verify": ("verify",),
    "without index": ("search", "crane"),
    "resumed": ("ingest", "HERE/old"),
}
BEFORE: dict[str, tuple[str, ...]] = {
    "again": ("remove", "2", "--yes"),
    "unset": ("set", "1", "title=Storks"),
}
# Done again, these do more, or find nothing to do.
ONCE = frozenset({"forget", "publication"})


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    faults.import_all()


@pytest.fixture(scope="module", params=[*TASKS, *MORE])
def task(
    request: pytest.FixtureRequest, start: Path, tmp_path_factory: pytest.TempPathFactory
) -> Task:
    """Each command that writes, with what it does when nothing disturbs it."""
    return any_task(request.param, start, tmp_path_factory.mktemp("undisturbed"))


def any_task(name: str, start: Path, scratch: Path) -> Task:
    if name in TASKS:
        return make_task(name, start, scratch)
    before = copied(start, scratch / "start")
    archive = before / "archive"
    if name in BEFORE:
        assert run(archive, *BEFORE[name]).code == Exit.OK
    if name == "without index":
        shutil.rmtree(archive / "index")
    if name == "resumed":  # a run that ended when all was stored and nothing was indexed
        run(archive, "ingest", f"{before}/new", before=Writes(archive / "index", 1, errno.EIO))
        assert (archive / "unfinished").exists()
    folder = copied(before, scratch / "folder")
    plain = Task(name=name, arguments=MORE[name], start=before, old={}, new={}, files=frozenset())
    done = plain.attempt(folder)
    assert done.code == Exit.OK, done.err
    return replace(
        plain,
        old=exported(copied(before, scratch / "old") / "archive"),
        new=exported(folder / "archive"),
        files=faults.kept_files(folder / "archive"),
    )


@dataclass(frozen=True)
class Short:
    """Instead of an error, a write takes a part of what it was given."""


class Writes(faults._Counting):
    """Has the writes to files under a folder counted, and one of them fail, or be short.

    The n-th fails, and with `lasting` whatever comes after it. Given to a child as `before`.
    """

    def __init__(
        self, under: Path, nth: int, fault: int | Short = 0, *, lasting: bool = False
    ) -> None:
        self._under = f"{under}/"
        self._nth = nth
        self._fault = fault
        self._lasting = lasting
        super().__init__()

    def __call__(self) -> None:
        step = self._step

        class Raw(io.FileIO):
            def write(self, data: Any) -> int:
                return super().write(memoryview(data)[: step(self.name, len(data))])

        real_open, real_write, real_pwrite = builtins.open, os.write, os.pwrite

        def opened(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            is_path = not isinstance(file, int)
            if not (is_path and set(mode) & set("wax+") and "b" in mode):
                return real_open(file, mode, *rest, **named)
            raw = Raw(file, mode.replace("b", ""), opener=named.get("opener"))
            return io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)

        builtins.open = opened  # type: ignore[assignment]
        os.write = lambda handle, data: real_write(handle, data[: step(handle, len(data))])
        os.pwrite = lambda handle, data, at: real_pwrite(
            handle, data[: step(handle, len(data))], at
        )

    def _step(self, file: Any, size: int) -> int:
        """How much of a write is done."""
        name = os.readlink(f"/proc/self/fd/{file}") if isinstance(file, int) else os.fsdecode(file)
        if not name.startswith(self._under):
            return size
        count = self.count + 1
        self._shared[:] = struct.pack("I", count)
        if count == self._nth or (self._lasting and count > self._nth):
            if isinstance(self._fault, int):
                raise OSError(self._fault, os.strerror(self._fault), name)
            return max(size // 2, 1)
        return size


def check_said(done: Done, case: str) -> None:
    """What is said of a fault: a sentence with what to do, or nothing where none was felt."""
    lines = [line for line in done.lines if not line.endswith("; rebuilding it from the originals")]
    faults.check_said(replace(done, err="".join(f"{line}\n" for line in lines)), case)


def check(task: Task, folder: Path, done: Done, case: str) -> None:
    """One sentence was said, the archive holds old or new, and the same command completes."""
    check_said(done, case)
    if task.name not in ONCE:
        check_after(task, folder, done, case, swept=False)
        return
    held = exported(folder / "archive")
    assert held == task.new or (done.code != Exit.OK and held == task.old), case
    again = task.attempt(folder)
    assert again.code in {Exit.OK, Exit.NOTHING_FOUND}, f"{case}: {again.err}"
    assert exported(folder / "archive") == task.new, case


@pytest.mark.promise(
    "If any single write of any command fails (ENOSPC, EDQUOT, EIO), once or from then on, or is"
    " short, you get one sentence and the old or the new contents; the same command completes when"
    " the disk works again."
)
def test_any_one_write_may_fail_or_be_short(task: Task, tmp_path: Path, trials: Trials) -> None:
    folder = copied(task.start, tmp_path / "counted")
    counted = Writes(folder, 0)
    assert task.attempt(folder, counted).code == Exit.OK
    shutil.rmtree(folder)
    assert counted.count > 0
    dice = random.Random(task.name)
    kinds: list[tuple[int | Short, bool]] = [(code, on) for code in _ERRORS for on in (False, True)]
    kinds += [(Short(), False), (Short(), True)]
    cases = [(nth, *kind) for nth in range(1, counted.count + 1) for kind in kinds]
    cases = dice.sample(cases, min(len(cases), trials.number(few=2, many=30)))
    for at in trials(few=len(cases), many=len(cases), unit="writes"):
        nth, fault, lasting = cases[at]
        kind = errno.errorcode[fault] if isinstance(fault, int) else "short"
        case = f"{task.name}, write {nth} of {counted.count}, {kind}, {lasting=}"
        folder = copied(task.start, tmp_path / str(at))
        done = task.attempt(folder, Writes(folder, nth, fault, lasting=lasting))
        check(task, folder, done, case)
        shutil.rmtree(folder)


@pytest.mark.promise(
    "A real disk may be full at any page, too, when a search is forgotten, or what was removed"
    " comes back, or records are exported, verified, rebuilt by a reader, or completed."
)
def test_a_real_disk_may_be_full(start: Path, tmp_path: Path, trials: Trials) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    tasks = [any_task(name, start, tmp_path / name.replace(" ", "-")) for name in MORE]
    dice = random.Random(5)
    cases = [(task, pages) for task in tasks for pages in range(0, 40, 4)]
    if not trials.long:
        cases = dice.sample(cases, 4)

    def fill_it() -> None:
        for at, (task, pages) in enumerate(cases):
            folder = copied(task.start, disk / str(at))
            with room_left(disk, pages):
                done = task.attempt(folder)
            check(task, folder, done, f"{task.name}, {pages} pages left")
            shutil.rmtree(folder)

    on_a_small_disk(disk, 4 * 2**20, fill_it)
    trials.did(len(cases))
