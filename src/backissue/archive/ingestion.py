"""Taking in: sources into the store, their drafts merged with what is held, issues to the index.

The work is in proportion to what changed: only the issues a new draft may belong to are read again.
A run that was cut short is completed by the next: what the store has and the index has not is taken
up with whatever else comes.
"""

import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from backissue.archive.files import sweep
from backissue.archive.incremental import WorkingSet, fault, merge_again
from backissue.archive.opening import INDEX
from backissue.archive.store import Original, Store
from backissue.errors import IndexUnusableError, LeftOutError, NoArchiveError, RejectedSourceError
from backissue.index import Index
from backissue.index.storage import writer
from backissue.ingest.identity import overlay
from backissue.ingest.pipeline import Reading, read
from backissue.ingest.sources import USUAL, Limits, Meter, Refusal, Source, bounded
from backissue.records import (
    NONE,
    ChangedIssue,
    DraftRef,
    Facts,
    Head,
    Issue,
    Outcome,
    Report,
    Status,
)

Progress = Callable[[str], None]

# Enough that a commit costs little of a batch, little enough that a killed run loses little.
_BATCH = 250
_BATCH_BYTES = 16 * 2**20
# Where a new index is made, before it takes the place of the old one.
_MAKING = f"{INDEX}.new"
_VERIFYING = ".verifying-"
# How long a reader waits for another process that is rebuilding the index it needs.
REBUILD_PATIENCE = 600.0


def silent(name: str) -> None:
    """Progress that nobody watches."""
    del name


def ingest(
    folder: Path,
    items: Iterable[Source | Refusal],
    *,
    limits: Limits = USUAL,
    dry_run: bool = False,
    progress: Progress = silent,
    phase: Progress = silent,
) -> Report:
    """Take in every source, and bring the index up to date. `progress` gets each name.

    The work is done batch by batch, each with a commit of its own: a run that is cut short keeps
    what it had finished. `phase` is told what is done between one source and the next. A source
    that exceeds the `limits` is rejected; one that is held is not held to them again, so that every
    rebuild has it. With `dry_run` nothing is written, and the report says what would be. Raises
    `BusyError` while another process writes.
    """
    store = Store(folder)
    run = _Run(items=iter(items), progress=progress, phase=phase, limits=limits, dry_run=dry_run)
    if dry_run:
        with _opened(folder) as held:
            return _ingest(WorkingSet(store, held), run)
    store.create()
    ledger = _Ledger()
    with store.lock(), store.unfinished() as resuming:
        if resuming:
            phase("completing what an earlier run began")
            _remove(folder / _MAKING)
            with _current(folder) as (working, rebuilt):
                ledger.enter(rebuilt, _update(working, _pending(working)))
        while run.goes_on:
            with _current(folder) as (working, rebuilt):
                ledger.enter(rebuilt, _ingest(working, run))
    return ledger.report()


@dataclass(slots=True, kw_only=True)
class _Run:
    """What a run has before it: the inputs that are left, their limits, and who watches it."""

    items: Iterator[Source | Refusal]
    progress: Progress
    phase: Progress
    limits: Limits
    dry_run: bool
    goes_on: bool = True

    def batch(self, taken: Mapping[str, tuple[Original, bytes]]) -> Iterator[Source | Refusal]:
        """The next inputs, until enough of them are `taken` for a commit.

        Those that are known already, or refused, cost nothing and do not count.
        """
        size = 0
        for item in self.items:
            self.progress(item.name)
            before = len(taken)
            yield item
            if isinstance(item, Source) and len(taken) > before:
                size += len(item.data)
            if not self.dry_run and (len(taken) >= _BATCH or size >= _BATCH_BYTES):
                return
        self.goes_on = False


def _opened(folder: Path) -> Index:
    """The index as it is, for a look; an empty one where there is none that can be used."""
    try:
        return Index.open(folder / INDEX)
    except IndexUnusableError:
        return Index.empty()


class _Ledger:
    """What one batch after another did, as one run."""

    def __init__(self) -> None:
        self._outcomes: list[Outcome] = []
        self._added: dict[str, ChangedIssue] = {}
        self._changed: dict[str, ChangedIssue] = {}
        self._removed: set[str] = set()

    def enter(self, *reports: Report) -> None:
        """Add what was done next. What came and went again in one run is no news."""
        for report in reports:
            self._outcomes += report.outcomes
            for key in report.removed:
                self._changed.pop(key, None)
                if self._added.pop(key, None) is None:
                    self._removed.add(key)
            for issue in report.changed:
                (self._added if issue.key in self._added else self._changed)[issue.key] = issue
            for issue in report.added:
                (self._changed if issue.key in self._removed else self._added)[issue.key] = issue
                self._removed.discard(issue.key)

    def report(self) -> Report:
        """All of it, the issues sorted by key."""
        return Report(
            outcomes=tuple(self._outcomes),
            added=tuple(issue for _, issue in sorted(self._added.items())),
            changed=tuple(issue for _, issue in sorted(self._changed.items())),
            removed=tuple(sorted(self._removed)),
        )


def say(folder: Path, drafts: Iterable[DraftRef], facts: Facts, unsaid: frozenset[str]) -> Report:
    """Set facts of the issue made of `drafts`; `unsaid` names those to forget."""
    store = Store(folder)
    with store.lock(), store.unfinished() as resuming, _current(folder) as (working, report):
        words: dict[str, dict[int, Facts]] = {}
        for ref in drafts:
            entry = store.entry(ref.source)
            if entry is None:
                continue
            known = entry.by_reader_of_issue.get(ref.place, Facts())
            kept = replace(known, **dict.fromkeys(unsaid))
            words.setdefault(ref.source, {})[ref.place] = overlay(kept, facts)
            if unsaid and len(working.copies(ref.source)) == 1:
                # What was said of a file with one issue in it was said of that issue.
                by_reader = replace(entry.by_reader, **dict.fromkeys(unsaid))
                store.note(replace(entry, by_reader=by_reader))
        store.say(words)
        affected = words.keys() | (_pending(working) if resuming else set())
        ledger = _Ledger()
        ledger.enter(report, _update(WorkingSet(store, working.held), affected))
        return ledger.report()


def rebuild(
    folder: Path,
    *,
    progress: Progress = silent,
    phase: Progress = silent,
    meter: Meter | None = None,
    patience: float | None = None,
) -> Report:
    """Derive everything again from the originals, and replace the index in one step.

    `patience` is how many seconds to wait for another process that writes. `meter` is told how many
    originals there are, and how many of them are done.
    """
    store = Store(folder)
    with store.lock(patience), store.unfinished():
        return _rebuild(store, progress, phase, meter or Meter())


def rebuild_if_unusable(folder: Path) -> Report:
    """Rebuild, for a reader, unless another process has done it while this one waited for it."""
    store = Store(folder)
    with store.lock(patience=REBUILD_PATIENCE):
        try:
            Index.open(folder / INDEX).close()
        except IndexUnusableError:
            with store.unfinished():
                return _rebuild(store)
    return Report()


# -- one run ------------------------------------------------------------------------------------


@contextmanager
def _current(folder: Path) -> Iterator[tuple[WorkingSet, Report]]:
    """A desk with an index that can be used, and what a rebuild did where it could not."""
    store = Store(folder)
    report = Report()
    try:
        held = Index.open(folder / INDEX)
    except IndexUnusableError:
        rebuilt = _rebuild(store)
        # That records which were held are derived again is no news; what could not be is.
        report = Report(outcomes=rebuilt.rejected)
        held = Index.open(folder / INDEX)
    with held:
        yield WorkingSet(store, held), report


def _ingest(working: WorkingSet, run: _Run) -> Report:
    """Take in one batch."""
    outcomes: list[Outcome] = []
    taken: dict[str, tuple[Original, bytes]] = {}
    try:
        for item in run.batch(taken):
            outcomes.append(
                _refused(item)
                if isinstance(item, Refusal)
                else _take(working, item, taken, limits=run.limits, dry_run=run.dry_run)
            )
    finally:
        # Also when interrupted: what was taken in is not left for the next run to do again.
        with _finishing():
            if taken and not run.dry_run:
                run.phase(f"keeping {len(taken)} originals")
                working.store.keep_all(taken.values())
            pending = {sha for sha, entry in working.entries.items() if not _knows(working, entry)}
            report = _update(working, pending, phase=run.phase, dry_run=run.dry_run)
    return replace(report, outcomes=(*outcomes, *report.outcomes))


@contextmanager
def _finishing() -> Iterator[None]:
    """Hold back a first Ctrl-C until what was begun is done; a second one ends it at once."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if asked:
        raise KeyboardInterrupt


def _refused(item: Refusal) -> Outcome:
    status = Status.SKIPPED if item.skipped else Status.REJECTED
    return Outcome(name=item.name, status=status, reason=item.reason)


def _take(
    working: WorkingSet,
    source: Source,
    taken: dict[str, tuple[Original, bytes]],
    *,
    limits: Limits,
    dry_run: bool,
) -> Outcome:
    """Read one source into `taken`, unless nothing about it is new, or it cannot be read."""
    store, sha256 = working.store, source.sha256
    known = working.entries.get(sha256) or store.entry(sha256)
    entry = store.with_source(source, known)
    indexed = known is not None and _knows(working, known)
    if known and entry == known and (indexed or sha256 in working.entries):
        if not dry_run and sha256 not in taken and not store.holds(sha256, source.data):
            taken[sha256] = (entry, source.data)
        return Outcome(name=source.name, status=Status.UNCHANGED)
    try:
        with bounded(limits):
            reading = read(
                source.data, entry.by_reader, entry.by_reader_of_issue, by_carrier=entry.by_carrier
            )
    except LeftOutError as error:
        return Outcome(name=source.name, status=Status.SKIPPED, reason=error.message)
    except RejectedSourceError as error:
        return Outcome(name=source.name, status=Status.REJECTED, reason=error.message)
    except Exception as error:  # one file must not stop the rest, even by a fault of ours
        return Outcome(name=source.name, status=Status.REJECTED, reason=fault(error))
    taken[sha256] = (entry, source.data)
    working.readings[sha256], working.entries[sha256] = reading, entry
    return Outcome(
        name=source.name,
        status=Status.UPDATED if indexed else Status.ADDED,
        reason=_remark(entry, reading),
        format=reading.format,
        issues=len(reading.drafts),
        repaired=Counter(repair.rule for repair in reading.repairs) or NONE,
        damaged=Counter(flaw.code for flaw in reading.flaws) or NONE,
    )


def _remark(entry: Original, reading: Reading) -> str | None:
    """What in a source was left out, and what of the reader's word was not taken."""
    left_out = ", ".join(f"{number} {what}" for what, number in sorted(reading.left_out.items()))
    remarks = [f"left out: {left_out}" if left_out else None, _untaken(entry, reading)]
    return "; ".join(filter(None, remarks)) or None


def _untaken(entry: Original, reading: Reading) -> str | None:
    """What of the reader's word was not taken, since it cannot be true of several issues."""
    words = {name: getattr(entry.by_reader, name) for name in ("number", "title", "date", "url")}
    said = [name for name, value in words.items() if value is not None]
    if not said or len(reading.drafts) < 2:
        return None
    return f"{' and '.join(said)} not taken, as it holds several; to say it of one: backissue set"


def _pending(working: WorkingSet) -> set[str]:
    """The sources of which the index is not up to date."""
    entries = (entry for entry in working.store.entries() if isinstance(entry, Original))
    return {entry.sha256 for entry in entries if not _knows(working, entry)}


def _knows(working: WorkingSet, entry: Original) -> bool:
    """Whether the index has a source as it is. A damaged one is none to ask."""
    try:
        return working.held.ledger.knows(entry.state)
    except IndexUnusableError:
        return False


def _update(
    working: WorkingSet,
    pending: set[str],
    *,
    phase: Progress = silent,
    dry_run: bool = False,
    folder: Path | None = None,
) -> Report:
    """Merge the drafts of `pending` sources with those they may belong to, and write the issues.

    An index that turns out to be damaged is made anew, of these sources, too, which are kept.
    """
    if not pending:
        return Report()
    try:
        return _merged(working, pending, phase=phase, dry_run=dry_run, folder=folder)
    except IndexUnusableError:
        if dry_run or folder:
            raise
    rebuilt = _rebuild(working.store)
    with Index.open(working.store.folder / INDEX) as held:
        heads = map(held.shelf.head, sorted(held.ledger.holding(pending)))
        changed = tuple(_changed_issue(head) for head in heads if head)
    return Report(outcomes=rebuilt.rejected, changed=changed)


def _merged(
    working: WorkingSet, pending: set[str], *, phase: Progress, dry_run: bool, folder: Path | None
) -> Report:
    phase(f"merging {len(pending)} sources")
    before, issues = merge_again(working, pending)
    gone = before.keys() - {issue.head.key for issue in issues}
    fresh = [issue for issue in issues if before.get(issue.head.key) != issue]
    # What was read for this is not needed in memory beside what is written now.
    working.readings.clear()
    working.held.ledger.forget()
    if not dry_run:
        phase(f"indexing {len(fresh)} issues")
        writer.write(folder or working.store.folder / INDEX, add=fresh, remove=gone)
    changed = (issue for issue in fresh if _differs(before.get(issue.head.key), issue))
    return Report(
        outcomes=working.troubles,
        added=tuple(_changed_issue(issue.head) for issue in fresh if issue.head.key not in before),
        changed=tuple(_changed_issue(issue.head) for issue in changed),
        removed=tuple(sorted(gone)),
    )


def _changed_issue(head: Head) -> ChangedIssue:
    sources = head.sources if len(head.sources) > 1 else ()
    return ChangedIssue(head.key, head.id, head.sections, sources)


def _differs(before: Issue | None, now: Issue) -> bool:
    """Whether a reader would see a difference, beyond which state of its sources it is made of."""
    if before is None:
        return False
    # How short its address may be depends on other issues.
    same_head = replace(before.head, id=now.head.id)
    return replace(before, head=same_head, drafts=()) != replace(now, drafts=())


def _rebuild(
    store: Store,
    progress: Progress = silent,
    phase: Progress = silent,
    meter: Meter | None = None,
) -> Report:
    """Make a new index beside the old one, and put it in its place."""
    making = store.folder / _MAKING
    shutil.rmtree(making, ignore_errors=True)
    outcomes = _derive(store, making, progress, phase, meter or Meter())
    with Index.open(making) as held:
        added = tuple(map(_changed_issue, held.shelf.heads()))
    _put_in_place(making, store.folder / INDEX)
    return Report(outcomes=tuple(outcomes), added=added)


@contextmanager
def derived(folder: Path, progress: Progress, meter: Meter) -> Iterator[Index]:
    """An index of what the originals give now, made aside and gone afterwards."""
    sweep(folder, _VERIFYING, "")
    making = folder / f"{_VERIFYING}{os.getpid()}"
    try:
        _derive(Store(folder), making, progress, silent, meter)
        with Index.open(making) as index:
            yield index
    finally:
        _remove(making)


def _derive(
    store: Store, making: Path, progress: Progress, phase: Progress, meter: Meter
) -> list[Outcome]:
    """Make an index of all originals, batch by batch; what could not be read comes back."""
    outcomes: list[Outcome] = []
    writer.write(making, add=[], clear=True)
    meter.total = meter.total or len(store.hashes())
    for entries in _in_batches(store.entries()):
        with Index.open(making) as held:
            working = WorkingSet(store, held)
            for entry in entries:
                with meter.file(1):
                    if isinstance(entry, Original):
                        progress(entry.names[0])
                        working.entries[entry.sha256] = entry
                        working.copies(entry.sha256)
                    else:
                        outcomes.append(_refused(Refusal(name="a record", reason=str(entry))))
            report = _update(working, set(working.entries), phase=phase, folder=making)
            outcomes += report.outcomes
    return outcomes


_Known = TypeVar("_Known")


def _in_batches(entries: Iterable[_Known]) -> Iterator[tuple[_Known, ...]]:
    rest = iter(entries)
    while batch := tuple(islice(rest, _BATCH)):
        yield batch


def _put_in_place(fresh: Path, index: Path) -> None:
    """Replace an index by another, in one step where there is one that readers could use."""
    old = index.with_name(f"{index.name}.old")
    try:
        if index.is_symlink():  # to nowhere, or to where no file can be renamed to
            raise IndexUnusableError("the index is a link")
        writer.adopt(index, fresh)
    except (IndexUnusableError, NoArchiveError):  # no use, or others could have written it
        shutil.rmtree(old, ignore_errors=True)
        if os.path.lexists(index):
            index.rename(old)
        fresh.rename(index)
    _remove(old)
    _remove(fresh)


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
