"""The runs that can be taken back: what each changed, and the store as it was before."""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from backissue.archive import tombstones
from backissue.archive.files import check_format, write_whole
from backissue.archive.incremental import together
from backissue.archive.journal import (
    DONE,
    FORMAT,
    HISTORY,
    UNDOING,
    line,
    note,
    numbers,
    read_line,
)
from backissue.archive.store import Store
from backissue.errors import NoArchiveError
from backissue.own_files import flush, read
from backissue.records import Outcome, Report, Status

# Records that are written with one flush of their folders.
_AT_ONCE = 250


class PastRun(Struct, frozen=True, kw_only=True, dict=True):
    """A run that changed the store: its place in the order, and what was there before.

    `when` is in UTC, ISO 8601; `places` are the paths of an ingest, or what you named. The rest is
    by sha256: the text of a record, the facts of single issues, what you removed; None is what was
    not there. `names` are those that sources lose when it is taken back, known once that began.
    """

    path: Path
    when: str
    command: str
    places: tuple[str, ...]
    records: dict[str, str | None] = field(default_factory=dict)
    sayings: dict[str, Any] = field(default_factory=dict)
    removed: dict[str, Any] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)

    @cached_property
    def sources(self) -> frozenset[str]:
        """The sources that the run added or changed."""
        return frozenset(self.records.keys() | self.sayings.keys() | self.removed.keys())

    def differs(self, store: Store) -> bool:
        """Whether the store is other than before the run; not if it was killed at its start."""
        removed = store.removed()
        known = removed.plain["sources"] if removed else {}
        return (
            any(known.get(sha256) != value for sha256, value in self.removed.items())
            or any(store.sayings().get(sha) != value for sha, value in self.sayings.items())
            or any(store.record(sha256) != text for sha256, text in self.records.items())
        )


def runs(folder: Path) -> Iterator[PastRun]:
    """The runs that can be taken back, the last first.

    Raises `NoArchiveError` where the file of one is damaged.
    """
    history = folder / HISTORY
    for number in reversed(numbers(history)):
        if run := _read(history / f"{number:06}{DONE}"):
            yield run


def begun(folder: Path) -> PastRun | None:
    """The run that is being taken back, if that was cut short."""
    for path in (folder / HISTORY).glob(f"*{UNDOING}"):
        return _read(path)
    return None


def _read(path: Path) -> PastRun | None:
    """A run; None where it ended before it could change anything."""
    *lines, torn = read(path).split(b"\n")
    try:
        if _is_line(torn[:-1]):
            raise ValueError("its end was altered")  # else the run was killed there
        if not lines:
            return None
        heading, *changes = map(read_line, lines)
        check_format(path, heading, FORMAT)
        run = PastRun(
            path=path,
            when=str(heading["when"]),
            command=str(heading["command"]),
            places=tuple(map(str, heading["from"])),  # type: ignore[call-overload]  # or it raises
        )
        for change in changes:
            for kind, known in (
                ("records", run.records),
                ("sayings", run.sayings),
                ("removed", run.removed),
                ("names", run.names),
            ):
                for sha256, value in change.get(kind, {}).items():  # type: ignore[attr-defined]
                    known.setdefault(sha256, value)  # the first has what was before the run
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise NoArchiveError(
            f"{path} is damaged, so that run and those before it cannot be taken back",
            hint=f"delete the folder {path.parent}; the archive works without it",
        ) from None
    return run


def _is_line(text: bytes) -> bool:
    try:
        return bool(read_line(text))
    except (ValueError, RecursionError):
        return False


def start(store: Store, run: PastRun) -> PastRun:
    """Mark a run as being taken back: from here on, that is completed even after a kill."""
    store.position.check()
    path = run.path.with_suffix(UNDOING)
    names = line({"names": dict.fromkeys(_lost_names(store, run))})
    # Whole lines only: the run may have been killed while it wrote one.
    *lines, _ = read(run.path).split(b"\n")
    write_whole([(path, b"\n".join([*lines, names]))])
    run.path.unlink()
    (again,) = filter(None, [_read(path)])
    return again


def _lost_names(store: Store, run: PastRun) -> list[str]:
    """The names that sources have now and did not have before a run."""
    names: set[str] = set()
    for sha256, before in run.records.items():
        names.update(_names_in(store.record(sha256)) - _names_in(before))
    return sorted(names)


def _names_in(record: str | None) -> set[str]:
    """The names in the text of a record; none in a damaged one."""
    try:
        return {str(name) for name in json.loads(record or "{}").get("names", ())}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return set()


def put_back(store: Store, run: PastRun) -> None:
    """Make the store what it was before the run. It may be done again."""
    store.position.check()
    if run.removed:
        before = store.removed()
        sources = dict(before.sources) if before else {}
        for sha256, value in run.removed.items():
            sources.pop(sha256, None)
            if value is not None:
                sources[sha256] = tombstones.from_plain(value)
        store.set_removed(tombstones.Removed(sources))
    if run.sayings:
        sayings = {**store.sayings(), **run.sayings}
        store.set_sayings({sha256: one for sha256, one in sayings.items() if one is not None})
    known = [(sha256, text) for sha256, text in sorted(run.records.items()) if text is not None]
    for at in range(0, len(known), _AT_ONCE):
        write_whole(
            [
                (store.path(sha256, ".json"), text.encode("utf-8", "surrogateescape"))
                for sha256, text in known[at : at + _AT_ONCE]
            ]
        )
    delete(store, (sha256 for sha256, text in sorted(run.records.items()) if text is None))


def finish(store: Store, run: PastRun, *reports: Report) -> Report:
    """Log that a run was taken back, and forget it; what became of its sources and issues."""
    store.position.check()
    gone = (Outcome(name=name, status=Status.REMOVED) for name in run.names)
    report = together((Report(outcomes=tuple(gone)), *reports))
    note(store.folder, "undo", [" ".join((run.command, *run.places))], report)
    forget(run)
    return report


def forget(run: PastRun) -> None:
    """Forget a run."""
    for suffix in (DONE, UNDOING):  # a kill may have left both
        run.path.with_suffix(suffix).unlink(missing_ok=True)
    flush(run.path.parent)


def delete(store: Store, sources: Iterator[str]) -> None:
    """Delete originals and their records: a record never lacks its bytes."""
    folders = set()
    for sha256 in sources:
        for suffix in (".json", ".bin"):  # in this order, so that a killed run can go on
            path = store.path(sha256, suffix)
            path.unlink(missing_ok=True)
            folders.add(path.parent)
    for folder in folders:
        with suppress(OSError):  # it may be gone already, or have others in it
            flush(folder)
            folder.rmdir()


def purge(store: Store, oldest: int) -> None:
    """Delete the originals that you removed in a run before `oldest`: nothing brings them back."""
    if removed := store.removed():
        known = removed.sources.items()
        gone = (sha256 for sha256, one in known if one.whole and one.run < oldest)
        delete(store, (sha256 for sha256 in gone if store.path(sha256, ".bin").exists()))
