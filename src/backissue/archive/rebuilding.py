"""The whole index derived from the originals, and put in the place of the old one in one step."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import monotonic

from backissue.archive import history
from backissue.archive.files import remove, sweep
from backissue.archive.incremental import BATCH, Progress, WorkingSet, silent, summary, update
from backissue.archive.settings import INDEX, NEW_INDEX, open_index
from backissue.archive.store import Store, StoredSource
from backissue.errors import BusyError, IndexUnusableError, NoArchiveError
from backissue.index import Index
from backissue.index.storage import writer
from backissue.ingest.sources import UNLIMITED, Limits, Meter
from backissue.own_files import flush
from backissue.records import Outcome, Report, Status

# How long a reader waits for another process that is rebuilding the index it needs, in seconds.
PATIENCE = 600.0
_MOMENT = 3.0  # seconds after which it looks whether it must still wait
_VERIFYING = ".verifying-"


def rebuild(
    folder: Path,
    *,
    progress: Progress = silent,
    phase: Progress = silent,
    meter: Meter | None = None,
    patience: float | None = None,
    limits: Limits = UNLIMITED,
) -> Report:
    """Derive everything again from the originals, and replace the index in one step.

    `patience` is how many seconds to wait for another process that writes. `meter` counts the
    originals. One that takes more than `limits` to read is left out, and named.
    """
    store = Store(folder)
    with store.lock(patience), store.unfinished():
        return rebuild_locked(store, progress, phase, meter or Meter(), limits)


def rebuild_if_unusable(folder: Path, waiting: Progress = silent) -> Report:
    """Rebuild, for a reader, unless another process makes an index while this one waits for it.

    `waiting` gets a sentence on the process that is waited for, if it takes longer than a moment.
    """
    store = Store(folder)
    deadline = monotonic() + PATIENCE
    told = False
    while True:
        try:
            with store.lock(min(_MOMENT, PATIENCE)):
                if _is_usable(folder):
                    return Report()
                with store.unfinished():
                    return rebuild_locked(store)
        except BusyError as error:
            if _is_usable(folder):  # since the first batch of a long ingest
                return Report()
            if monotonic() > deadline:
                raise
            if not told:
                waiting(f"{error.message}; waiting for it")
            told = True


def _is_usable(folder: Path) -> bool:
    """Whether there is an index that can be opened."""
    try:
        open_index(folder).close()
    except IndexUnusableError:
        return False
    return True


def rebuild_locked(
    store: Store,
    progress: Progress = silent,
    phase: Progress = silent,
    meter: Meter | None = None,
    limits: Limits = UNLIMITED,
) -> Report:
    """The same, for one that holds the lock."""
    making = store.folder / NEW_INDEX
    remove(making)
    undone = history.begun(store.folder)
    if undone:
        history.put_back(store, undone)
    outcomes = _derive(store, making, progress, phase, meter or Meter(), limits)
    with Index.open(making) as index:
        added = tuple(map(summary, index.shelf.heads()))
    store.position.check()
    _put_in_place(making, store.folder / INDEX)
    if undone:
        history.finish(store, undone)
    return Report(outcomes=tuple(outcomes), added=added)


@contextmanager
def derived(folder: Path, progress: Progress, meter: Meter) -> Iterator[Index]:
    """A temporary index of what the originals give now."""
    sweep(folder, _VERIFYING, "")
    making = folder / f"{_VERIFYING}{os.getpid()}"
    try:
        _derive(Store(folder), making, progress, silent, meter)
        with Index.open(making) as index:
            yield index
    finally:
        remove(making)


def _derive(
    store: Store,
    making: Path,
    progress: Progress,
    phase: Progress,
    meter: Meter,
    limits: Limits = UNLIMITED,
) -> list[Outcome]:
    """Make an index of all originals, batch by batch; returns what could not be read."""
    outcomes: list[Outcome] = []
    writer.write(making, add=[], clear=True, change=store.next_change())
    meter.total = meter.total or len(store.hashes())
    entries = store.entries()
    while batch := tuple(islice(entries, BATCH)):
        with Index.open(making) as index:
            working = WorkingSet(store, index)
            working.limits = limits
            for entry in batch:
                with meter.file(1):
                    if isinstance(entry, StoredSource):
                        progress(entry.names[0])
                        working.entries[entry.sha256] = entry
                        working.copies(entry.sha256)
                    else:
                        outcomes.append(
                            Outcome(name="a record", status=Status.REJECTED, reason=str(entry))
                        )
            outcomes += update(working, set(working.entries), making, phase).outcomes
    return outcomes


def _put_in_place(fresh: Path, index: Path) -> None:
    """Replace an index by another, in one step where there is one that readers could use."""
    old = index.with_name(f"{index.name}.old")
    try:
        if index.is_symlink():  # to nowhere, or to where no file can be renamed to
            raise IndexUnusableError("the index is a link")
        writer.adopt(index, fresh)
    except (IndexUnusableError, NoArchiveError):  # unusable, or others could have written it
        remove(old)
        if os.path.lexists(index):
            index.rename(old)
        fresh.rename(index)
        flush(index.parent)
    remove(old)
    remove(fresh)
