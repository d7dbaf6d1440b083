"""What each run did: a line in `log.jsonl` for you to look up, and a file in `history/` for `undo`.

Nothing is derived from either, and an archive works without them. The log is append-only. A file of
the history has what the run is about to change of the store, as it was before: a line for each
batch, with a checksum, written before the change. The last ten runs with changes have one.
"""

import json
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO

from backissue.archive.files import Place, place_of, remove, replace_files
from backissue.own_files import flush, opener, read
from backissue.records import Report, Status

FILE = "log.jsonl"
HISTORY = "history"
# The endings of a run's file: before it is taken back, and while it is.
DONE, UNDOING = ".jsonl", ".undoing"
_MOST_RUNS = 10
FORMAT = 1  # of a line of the log, and of a file of the history

Entry = Mapping[str, object]


def note(
    folder: Path,
    command: str,
    places: Iterable[str],
    report: Report | None,
    *,
    place: Place | None = None,
) -> None:
    """Add a run: the command, where its input came from, what it did. None: it was interrupted.

    The `places` of an ingest are paths; those of other commands are what you named.

    A run that changed nothing and rejected nothing gets no line, nor does one of another archive:
    one that was at the `place` of this folder when it began.
    """
    if place is not None and place_of(folder) != place:
        return
    if report is not None and not _is_news(report):
        return
    entry = {
        "format": FORMAT,
        **_heading(command, places),
        **(_result(report) if report else {"interrupted": True}),
    }
    line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    # A full disk must not make a run that was done look undone.
    with suppress(OSError):
        path = _own(folder / FILE)
        is_new = not path.exists()
        with open(path, "a+b", opener=opener) as file:
            file.write(b"\n" + line if _is_torn(file) else line)
        flush(path)
        if is_new:
            flush(folder)


def _own(path: Path) -> Path:
    """A file that is appended to. One that has a second name (ln) becomes a copy of its own."""
    with suppress(FileNotFoundError):
        if os.lstat(path).st_nlink > 1:
            replace_files([(path, read(path))])
    return path


def _heading(command: str, places: Iterable[str]) -> dict[str, object]:
    """When a run began, which it is, and what it was about."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "from": [_place(place) if command == "ingest" else place for place in places],
    }


def _place(path: str) -> str:
    return path if path == "-" or "://" in path else os.path.abspath(path)


def _is_torn(file: IO[bytes]) -> bool:
    """Whether the last line has no end: a disk was full, or the power went."""
    if not file.seek(0, os.SEEK_END):
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _is_news(report: Report) -> bool:
    quiet = {Status.UNCHANGED, Status.SKIPPED}
    changed = report.added or report.changed or report.removed
    return bool(changed) or any(one.status not in quiet for one in report.outcomes)


def _result(report: Report) -> dict[str, object]:
    counts = Counter(outcome.status.value for outcome in report.outcomes)
    named = (Status.ADDED, Status.UPDATED, Status.REJECTED, Status.REMOVED)
    return {
        "counts": dict(sorted(counts.items())),
        "sources": [
            {"name": one.name, "status": one.status.value, "reason": one.reason}
            for one in report.outcomes
            if one.status in named
        ],
        "added": [issue.key for issue in report.added],
        "changed": [issue.key for issue in report.changed],
        "removed": list(report.removed),
    }


def entries(folder: Path) -> Iterator[Entry]:
    """The runs, the oldest first. A line that cannot be read, as after a crash, is passed over."""
    try:
        lines = read(folder / FILE).splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError, RecursionError):
            entry = json.loads(line)
            if isinstance(entry, dict) and isinstance(entry.get("when"), str):
                yield entry


# -- what can be taken back ---------------------------------------------------------------------


class Recorder:
    """Writes down what a run is about to change, in a file of its own, made when it is needed."""

    def __init__(self, folder: Path, command: str, places: Iterable[str]) -> None:
        self._folder = folder / HISTORY
        self._heading = {"format": FORMAT, **_heading(command, places)}
        self._has_begun = False

    @cached_property
    def number(self) -> int:
        """The run's number, by which runs are in order. It takes the lock to be sure of it."""
        return max(numbers(self._folder), default=0) + 1

    def write(self, before: Mapping[str, Mapping[str, object]]) -> None:
        """Add what is about to change, as it is: by kind, and by sha256; None is what is not there.

        It is on the disk when this returns. Raises `OSError` if it cannot be written.
        """
        lines = [before] if self._has_begun else [self._heading, before]
        if not self._has_begun and not self._folder.is_dir():
            self._folder.mkdir(mode=0o700)
            flush(self._folder.parent)
        path = self._folder / f"{self.number:06}{DONE}"
        try:
            with open(path, "ab" if self._has_begun else "xb", opener=opener) as file:
                file.writelines(map(line, lines))
                file.flush()
                os.fsync(file.fileno())
            if not self._has_begun:
                flush(self._folder)
        except OSError:
            if not self._has_begun:
                remove(path)  # nothing was changed
            raise
        self._has_begun = True

    def drop_old(self) -> int | None:
        """Drop the runs before the last ten; the first number that is left, if any was dropped."""
        found = numbers(self._folder) if self._has_begun else []
        for number in found[:-_MOST_RUNS]:
            (self._folder / f"{number:06}{DONE}").unlink(missing_ok=True)
        return found[-_MOST_RUNS] if len(found) > _MOST_RUNS else None


def numbers(history: Path) -> list[int]:
    """The numbers of the runs in a history, the oldest first."""
    try:
        names = os.listdir(history)
    except FileNotFoundError:
        return []
    stems = (name.removesuffix(DONE) for name in names if name.endswith(DONE))
    return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdecimal())


def line(value: Mapping[str, object]) -> bytes:
    """A value as a line with a checksum."""
    text = json.dumps(value, separators=(",", ":")).encode()
    return b"%s %s\n" % (_checksum(text), text)


def _checksum(text: bytes) -> bytes:
    return f"{zlib.crc32(text):08x}".encode()


def read_line(text: bytes) -> dict[str, object]:
    """What `line` gave. Raises `ValueError` if it is damaged."""
    checksum, _, text = text.partition(b" ")
    value = json.loads(text) if checksum == _checksum(text) else None
    if not isinstance(value, dict):
        raise ValueError("not as it was written")
    return value
