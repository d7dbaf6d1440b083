"""What was ingested when, from where, and with what result: one line for each run, append-only.

It is for you to look up. Nothing is derived from it, and an archive works without it.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from backissue.archive.files import privately
from backissue.records import Report, Status

FILE = "log.jsonl"
_FORMAT = 1

Entry = Mapping[str, object]


def note(folder: Path, command: str, places: Iterable[str], report: Report | None) -> None:
    """Add a run: the command, where its input came from, what it did. None: it was interrupted.

    The `places` of an ingest are paths; those of other commands are what you named.

    A run that changed nothing and rejected nothing gets no line.
    """
    if report is not None and not _is_news(report):
        return
    entry = {
        "format": _FORMAT,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "from": [_place(place) if command == "ingest" else place for place in places],
        **(_result(report) if report else {"interrupted": True}),
    }
    line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    # A full disk must not make a run that was done look undone.
    with suppress(OSError), open(folder / FILE, "a+b", opener=privately) as file:
        file.write(b"\n" + line if _is_torn(file) else line)


def _place(path: str) -> str:
    return os.path.abspath(path) if path != "-" else "-"


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
        lines = (folder / FILE).read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError, RecursionError):
            entry = json.loads(line)
            if isinstance(entry, dict) and isinstance(entry.get("when"), str):
                yield entry
