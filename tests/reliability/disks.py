"""What a disk may have after a loss of power: what a command did to it, and a model of its rules.

A command is recorded in a child: before each operation that changes names, and at each flush, the
folder is read. What differs from the time before is what was done between.

The rules are those of ext4 with data=ordered, made more hostile:

* A flush of a file (fsync) has the bytes on the disk that were written to it before; a flush of a
  folder has the names that were made, changed or removed in it. Nothing else has either. (On ext4,
  any flush has all earlier changes of names on the disk, too.)
* Names are changed one operation at a time, each whole or not at all; a rename, or an exchange of
  two names, is one operation. Those that were not flushed may be missing in any combination. (On
  ext4 only the last ones can, since the journal keeps their order.)
* Bytes that were not flushed may be missing, or some of them, or be zeros, whether or not the name
  of their file is there. (On ext4 with data=ordered there are no zeros.)
* What was flushed stays. A disk that says so and lies is not modelled.
"""

import hashlib
import os
import pickle
import random
import re
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

# Operations that were not flushed and may be missing: the last ones. The others had time enough.
MOST_MISSING = 10

Name = tuple[int, str]  # of a folder, by its number, and within it
_TOP = 0  # the number of the folder that is recorded


@dataclass(frozen=True, slots=True)
class Names:
    """Names that one operation set, by the number of what they name; None: it removed them."""

    changed: Mapping[Name, int | None]


@dataclass(frozen=True, slots=True)
class Bytes:
    """What one file had before, and after, some writes."""

    file: int
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Flush:
    """A file's bytes, or a folder's names, are on the disk."""

    number: int


Step = Names | Bytes | Flush


@dataclass(slots=True)
class Disk:
    """Folders and files by number: the mode of each, the bytes of files, and all names."""

    modes: dict[int, int] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)
    names: dict[Name, int] = field(default_factory=dict)

    def copy(self) -> "Disk":
        return Disk(dict(self.modes), dict(self.files), dict(self.names))

    def paths(self, folder: int = _TOP, place: str = "") -> Iterator[tuple[str, int]]:
        """Everything that can be reached by a name, sorted; a folder before what is in it."""
        for (where, name), number in sorted(self.names.items()):
            if where == folder:
                path = f"{place}{name}"
                yield path, number
                if number not in self.files:
                    yield from self.paths(number, f"{path}/")

    def digest(self, without: re.Pattern[str]) -> bytes:
        """The same for two disks on which the same can be read, but for the files `without`.

        Of those, only the names count.
        """
        found = hashlib.blake2b(digest_size=16)
        for path, number in self.paths():
            data = None if without.search(path) else self.files.get(number)
            found.update(repr((path, data)).encode())
        return found.digest()

    def write(self, folder: Path) -> Path:
        """Make it of files in a new folder."""
        folder.mkdir(mode=0o700)
        for path, number in self.paths():
            if number in self.files:
                (folder / path).write_bytes(self.files[number])
            else:
                (folder / path).mkdir()
            (folder / path).chmod(self.modes[number])
        return folder


# -- what a command does --------------------------------------------------------------------------

_CHANGES_NAMES = frozenset(
    {"os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
)
_Seen = tuple[dict[tuple[int, str], int], dict[int, tuple[int, bytes | None]]]


class Recorder:
    """Given to a child as `before`: has written down what it does to a folder."""

    def __init__(self, folder: Path, notes: Path) -> None:
        self._folder = str(folder)
        self._notes = notes
        self._busy = False
        self._first = _look(self._folder)

    def __call__(self) -> None:
        self._out = open(self._notes, "wb", buffering=0)  # noqa: SIM115 - until the child ends
        sys.addaudithook(self._hear)
        os.fsync = self._flush

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            writes = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            writes = event in _CHANGES_NAMES
        if writes and not self._busy:
            self._note(None)

    def _flush(self, handle: int) -> None:
        self._note(os.fstat(handle).st_ino)

    def _note(self, flushed: int | None) -> None:
        self._busy = True
        self._out.write(pickle.dumps((_look(self._folder), flushed)))
        self._busy = False

    def steps(self) -> tuple[Disk, list[Step]]:
        """The disk as it was before the command, and each step of it, once it has ended."""
        noted: list[tuple[_Seen, int | None]] = []
        with open(self._notes, "rb") as file:
            while file.peek(1):
                noted.append(pickle.load(file))
        numbers = _Numbers()
        disk = numbers.disk(self._first)
        first, steps = disk.copy(), list[Step]()
        for seen, flushed in [*noted, (_look(self._folder), None)]:
            now = numbers.disk(seen)
            steps += _between(disk, now)
            for number in now.files:
                first.files.setdefault(number, b"")  # without a name as yet
            disk = now
            if flushed is not None and (number := numbers.known(flushed)) is not None:
                steps.append(Flush(number))
        return Disk(numbers.modes, first.files, first.names), steps


def _look(folder: str) -> _Seen:
    """Every name below a folder, and what it names: its mode, and the bytes of a file."""
    names: dict[tuple[int, str], int] = {}
    found: dict[int, tuple[int, bytes | None]] = {}
    top = os.stat(folder)
    found[0] = (top.st_ino, None)
    waiting = [(folder, top.st_ino)]
    while waiting:
        path, inode = waiting.pop()
        with os.scandir(path) as entries:
            for entry in entries:
                known = entry.stat(follow_symlinks=False)
                names[inode, entry.name] = known.st_ino
                data = None
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, known.st_ino))
                else:
                    with open(entry.path, "rb") as file:
                        data = file.read()
                found[known.st_ino] = (stat.S_IMODE(known.st_mode), data)
    return names, found


class _Numbers:
    """Numbers for files and folders: that of a file which is gone may be that of the next one."""

    def __init__(self) -> None:
        self._of: dict[int, int] = {}
        self._next = _TOP
        self.modes: dict[int, int] = {}

    def known(self, inode: int) -> int | None:
        return self._of.get(inode)

    def disk(self, seen: _Seen) -> Disk:
        names, found = seen
        top = found.pop(0)[0]
        self._of = {inode: one for inode, one in self._of.items() if inode in found or not one}
        for inode in (top, *found):
            if inode not in self._of:
                self._of[inode] = self._next
                self._next += 1
        of = self._of
        self.modes.update((of[inode], mode) for inode, (mode, _) in found.items())
        files = {of[inode]: data for inode, (_, data) in found.items() if data is not None}
        named = {(of[folder], name): of[inode] for (folder, name), inode in names.items()}
        return Disk({}, files, named)


def _between(before: Disk, now: Disk) -> Iterator[Step]:
    """What was done between two looks: one change of names at most, and writes."""
    keys = before.names.keys() | now.names.keys()
    changed = {
        key: now.names.get(key) for key in keys if before.names.get(key) != now.names.get(key)
    }
    assert len(changed) <= 2, f"more than one operation: {changed}"
    if changed:
        yield Names(changed)
    for number, data in sorted(now.files.items()):
        if (was := before.files.get(number, b"")) != data:
            yield Bytes(number, was, data)


# -- what a loss of power leaves ------------------------------------------------------------------


def pending(steps: Sequence[Step]) -> list[int]:
    """The places of the steps that were not flushed by a later one."""
    flushed: set[int] = set()
    found = []
    for at in range(len(steps) - 1, -1, -1):
        match steps[at]:
            case Flush(number):
                flushed.add(number)
            case Bytes(file=number):
                if number not in flushed:
                    found.append(at)
            case Names(changed):
                if not flushed.issuperset(folder for folder, _ in changed):
                    found.append(at)
    return sorted(found)


def after(first: Disk, steps: Sequence[Step], missing: Mapping[int, float]) -> Disk:
    """The disk after these steps without some of them.

    Of those of bytes, a part is `missing`: 1 is all of it; less than 0 says that it is zeros.
    """
    disk = first.copy()
    for at, step in enumerate(steps):
        match step:
            case Names(changed) if at not in missing:
                for name, number in changed.items():
                    disk.names.pop(name, None)
                    if number is not None:
                        disk.names[name] = number
            case Bytes(file=number):
                disk.files[number] = _written(disk.files[number], step, missing.get(at, 0.0))
            case _:
                pass
    return disk


def _written(there: bytes, step: Bytes, missing: float) -> bytes:
    """A file's bytes after a write, of which a part is missing."""
    if missing == 1:
        return there
    old, new = b"", step.after
    if new.startswith(step.before):  # it was appended to; what is missing before that is zeros
        size = len(step.before)
        old, new = there[:size].ljust(size, b"\0"), new[size:]
    return old + (bytes(len(new)) if missing < 0 else new[: int(len(new) * (1 - missing))])


def whole(steps: Sequence[Step], dice: random.Random) -> Iterator[tuple[int, Mapping[int, float]]]:
    """Every point at which the power may go, with all that may be missing then.

    What is missing of bytes is all, or, once for each choice of steps, a part.
    """
    for point in _points(steps):
        missable = pending(steps[:point])[-MOST_MISSING:]
        for choice in product((False, True), repeat=len(missable)):
            missing = [at for at, is_missing in zip(missable, choice, strict=True) if is_missing]
            yield point, dict.fromkeys(missing, 1.0)
            if any(isinstance(steps[at], Bytes) for at in missing):
                yield point, _parts(steps, missing, dice)


def sampled(steps: Sequence[Step], dice: random.Random) -> tuple[int, Mapping[int, float]]:
    """One of these; the end of the command is as likely as all else."""
    points = _points(steps)
    point = points[-1] if dice.random() < 0.5 else dice.choice(points)
    missable = pending(steps[:point])[-MOST_MISSING:]
    missing = [at for at in missable if dice.random() < 0.5]
    return point, _parts(steps, missing, dice)


def _points(steps: Sequence[Step]) -> list[int]:
    """After each step, and at the end. What can be missing after a flush can be before it, too."""
    found = [at for at, step in enumerate(steps, 1) if not isinstance(step, Flush)]
    return sorted({0, *found, len(steps)})


def _parts(
    steps: Sequence[Step], missing: Sequence[int], dice: random.Random
) -> Mapping[int, float]:
    part = (1.0, -1.0, 0.5)
    return {at: dice.choice(part) if isinstance(steps[at], Bytes) else 1.0 for at in missing}
