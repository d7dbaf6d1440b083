"""The last run taken back: the store made what it was before, and the index brought up to date."""

from itertools import dropwhile, islice
from pathlib import Path

from backissue.archive import history
from backissue.archive.history import PastRun
from backissue.archive.incremental import Progress, silent
from backissue.archive.ingestion import changing, in_batches, working_set
from backissue.archive.store import Store
from backissue.errors import NothingFoundError
from backissue.records import Report

_MOST = 10


def undoable(folder: Path) -> list[PastRun]:
    """The last ten runs that can be taken back, the last first."""
    store = Store(folder)
    found = dropwhile(lambda run: not run.differs(store), history.runs(folder))
    return list(islice(found, _MOST))


def undo(folder: Path, phase: Progress = silent) -> tuple[PastRun, Report]:
    """Take back the last run that changed the store: which it was, and what became of the issues.

    Taking back is no run of its own: the next time, the run before that one is taken back. One that
    was cut short is completed. Raises `NothingFoundError` where there is no run, and `BusyError`
    while another process writes.
    """
    store = Store(folder)
    run = history.begun(folder)
    if run is None and not undoable(folder):
        raise _nothing()
    with changing(store, phase=phase) as reports:  # which completes what was cut short
        if run is None:
            with working_set(store) as (
                _,
                rebuilt,
            ):  # before the store changes
                reports.add(rebuilt)
            run = history.start(store, _last(store))
            history.put_back(store, run)
            done = in_batches(store, run.sources, phase, run.sources)
            reports.add(history.finish(store, run, *done))
    return run, reports.together()


def _last(store: Store) -> PastRun:
    """The last run that changed anything; those that were killed before they did are forgotten."""
    for run in history.runs(store.folder):
        if run.differs(store):
            return run
        history.forget(run)
    raise _nothing()


def _nothing() -> NothingFoundError:
    return NothingFoundError(
        "there is no run to take back", hint="to list past runs: backissue log"
    )
