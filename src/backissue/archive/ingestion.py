"""Ingestion: originals to the store, their drafts merged with those of other sources, issues to
the index.

The work is in proportion to what changed: only the issues a new draft may belong to are read again.
The next run completes one that was cut short: it indexes whatever the store has and the index has
not.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from backissue.archive.files import remove
from backissue.archive.incremental import (
    BATCH,
    Progress,
    Reports,
    WorkingSet,
    attempt,
    silent,
    summary,
    together,
    update,
)
from backissue.archive.journal import Recorder
from backissue.archive.settings import INDEX, NEW_INDEX, exists, open_index
from backissue.archive.store import Store, StoredSource
from backissue.errors import IndexUnusableError
from backissue.index import Index
from backissue.index.storage import writer
from backissue.ingest.identity import overlay
from backissue.ingest.pipeline import Reading
from backissue.ingest.sources import USUAL, Limits, Refusal, Source, digests_of
from backissue.records import NONE, DraftRef, Facts, Outcome, Report, Status
from backissue.text.prose import plural

if TYPE_CHECKING:
    from backissue.archive.leaving_out import Sieve

# A batch ends at this size, too, so that a killed run loses little.
_BATCH_BYTES = 16 * 2**20


class Options(Struct, frozen=True, kw_only=True):
    """How to ingest.

    A source that exceeds the `limits` is rejected; one that is in the store already is not limited
    again, so that every rebuild has it. With `dry_run` nothing is written, and the report says what
    would be. `again` brings back what you removed. `places` are where the input comes from, for
    the list of runs that can be taken back.
    """

    limits: Limits = USUAL
    dry_run: bool = False
    again: bool = False
    places: tuple[str, ...] = ()


AS_USUAL = Options()


def ingest(
    folder: Path,
    items: Iterable[Source | Refusal],
    options: Options = AS_USUAL,
    *,
    progress: Progress = silent,
    phase: Progress = silent,
) -> Report:
    """Ingest every source, and bring the index up to date. `progress` gets each name.

    The work is done batch by batch, each with a commit of its own: a run that is cut short keeps
    what it had finished. `phase` gets what is done between one source and the next. Raises
    `BusyError` while another process writes.
    """
    store = Store(folder)
    run = _Inputs(iter(items), options, progress=progress, phase=phase)
    if options.dry_run:
        with index_for_a_look(folder) as index:
            return _ingest_batch(WorkingSet(store, index), run)
    if not exists(folder) and not run.find_first():
        return Report(outcomes=tuple(map(_refused, run.refused)))
    store.create()
    with changing(store, Recorder(folder, "ingest", options.places), phase) as reports:
        while run.are_left:
            with working_set(store) as (working, rebuilt):
                reports.add(rebuilt, _ingest_batch(working, run))
    return reports.together()


def set_facts(
    folder: Path,
    drafts: Iterable[DraftRef],
    facts: Facts,
    unset: frozenset[str],
    words: Iterable[str] = (),
) -> Report:
    """Set facts of the issue that has these `drafts`; `unset` names the facts to forget.

    `words` are those you typed, for the list of runs that can be taken back.
    """
    store = Store(folder)
    recorder = Recorder(folder, "set", words)
    with changing(store, recorder) as reports, working_set(store) as (working, rebuilt):
        by_issue: dict[str, dict[int, Facts]] = {}
        for ref in drafts:
            entry = store.entry(ref.source)
            if entry is None:
                continue
            known = entry.by_reader_of_issue.get(ref.place, Facts())
            kept = replace(known, **dict.fromkeys(unset))
            by_issue.setdefault(ref.source, {})[ref.place] = overlay(kept, facts)
            if unset and len(working.copies(ref.source)) == 1 and not entry.removed:
                # What you set for a file with one issue in it, you set for that issue.
                by_reader = replace(entry.by_reader, **dict.fromkeys(unset))
                store.write_entry(replace(entry, by_reader=by_reader))
        store.set_facts(by_issue)
        reports.add(rebuilt, bring_up_to_date(WorkingSet(store, working.index), set(by_issue)))
    return reports.together()


# -- one run ------------------------------------------------------------------------------------


class _Batch(Struct, kw_only=True):
    """The sources of one commit, as they are to be stored, and what became of each input."""

    sieve: "Sieve | None" = None
    sources: dict[str, tuple[StoredSource, bytes]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.sources) >= BATCH or self.size >= _BATCH_BYTES

    def add(self, entry: StoredSource, data: bytes) -> None:
        self.sources[entry.sha256] = (entry, data)
        self.size += len(data)


class _Inputs(Struct):
    """The inputs that are left of a run, their limits, and who watches it."""

    items: Iterator[Source | Refusal]
    options: Options
    progress: Progress
    phase: Progress
    are_left: bool = True
    refused: list[Refusal] = field(default_factory=list)
    first: Reading | None = None

    def find_first(self) -> bool:
        """Read the inputs up to the first that can be read; whether there is one.

        It stays among the inputs, and what it holds is in `first`; `refused` has those before it.
        """
        for item in self.items:
            found = item if isinstance(item, Refusal) else attempt(item, self.options.limits)
            if isinstance(found, Refusal):
                self.refused.append(found)
                continue
            self.first, self.items = found, chain(self.refused, [item], self.items)
            return True
        return False

    def until_full(self, batch: _Batch) -> Iterator[Source | Refusal]:
        """The next inputs, until the batch is full; what needs no commit does not fill it."""
        for item in self.items:
            self.progress(item.name)
            yield item
            if batch.is_full and not self.options.dry_run:
                return
        self.are_left = False


def _ingest_batch(working: WorkingSet, run: _Inputs) -> Report:
    """Read the next inputs, store the originals, merge their drafts, and index the issues."""
    dry_run = run.options.dry_run
    batch = _Batch(sieve=_sieve(working, run.options))
    try:
        for item in run.until_full(batch):
            batch.outcomes.append(_read(working, item, batch, run))
    finally:
        # Also when interrupted: the next run need not read again what this one has read.
        with _uninterrupted():
            if batch.sources and not dry_run:
                run.phase(f"keeping {len(batch.sources)} originals")
                if batch.sieve and batch.sieve.changed:
                    working.store.set_removed(batch.sieve.removed)
                working.store.keep(batch.sources.values())
            pending = {sha for sha, one in working.entries.items() if not working.is_indexed(one)}
            report = bring_up_to_date(working, pending, run.phase, dry_run=dry_run)
    return replace(report, outcomes=(*batch.outcomes, *report.outcomes))


def _sieve(working: WorkingSet, options: Options) -> "Sieve | None":
    """What you removed, for a batch; None where you removed nothing."""
    if (removed := working.store.removed()) is None:
        return None
    from backissue.archive.leaving_out import Sieve  # noqa: PLC0415 - rarely needed

    return Sieve(removed, working.index.ledger.has, again=options.again)


def _read(working: WorkingSet, item: Source | Refusal, batch: _Batch, run: _Inputs) -> Outcome:
    """Read one source into the batch, unless nothing about it is new, or it cannot be read."""
    if isinstance(item, Refusal):
        return _refused(item)
    item = _as_named(working.store, item)
    known = working.entries.get(item.sha256) or working.store.entry(item.sha256)
    entry, sieve = working.store.with_source(item, known), batch.sieve
    if sieve:
        entry = sieve.lift(entry)
        if entry.is_removed:
            return sieve.skipped(item)
    indexed = known is not None and working.is_indexed(known)
    if entry == known and (indexed or item.sha256 in working.entries):
        read = run.options.dry_run or item.sha256 in batch.sources
        if not read and not working.store.has_bytes(item.sha256, item.data):
            batch.add(entry, item.data)
        left_out = sieve.left_out(entry) if sieve else None
        return Outcome(name=item.name, status=Status.UNCHANGED, reason=left_out)
    ahead, run.first = (run.first, None) if not entry.by_reader_of_issue else (None, None)
    reading = attempt(item, run.options.limits, partial(working.read, entry, item.data, ahead))
    if isinstance(reading, Refusal):
        return _refused(reading)
    remarks = _remarks(item, entry, reading)
    if sieve:
        entry = sieve.sifted(entry, reading.drafts, is_new=known is None)
        if entry.is_removed:
            working.drop(item.sha256)
            return sieve.skipped(item)
        remarks = chain(remarks, sieve.remarks(entry))
        working.entries[item.sha256] = entry
    batch.add(entry, item.data)
    return Outcome(
        name=item.name,
        status=Status.UPDATED if indexed else Status.ADDED,
        reason="; ".join(remarks) or None,
        format=reading.format,
        issues=sum(draft.place not in entry.removed for draft in reading.drafts),
        repaired=Counter(repair.rule for repair in reading.repairs) or NONE,
        damaged=Counter(flaw.code for flaw in reading.flaws) or NONE,
    )


def _as_named(store: Store, item: Source) -> Source:
    """A source under the name that the store has for it, which may be of an older archive."""
    removed = store.removed()
    for name in digests_of(item.data):
        if store.path(name, ".json").exists() or (removed and name in removed.sources):
            return replace(item, sha256=name)
    return item


def _refused(refusal: Refusal) -> Outcome:
    status = Status.SKIPPED if refusal.skipped else Status.REJECTED
    return Outcome(name=refusal.name, status=status, reason=refusal.reason)


def _remarks(item: Source, entry: StoredSource, reading: Reading) -> Iterator[str]:
    """What was left out of a source, and which facts you gave cannot be true of several issues."""
    if item.remark:
        yield item.remark
    left_out = (
        f"{number} {what if number == 1 else plural(what)}"
        for what, number in sorted(reading.left_out.items())
    )
    if reading.left_out:
        yield f"left out {', '.join(left_out)}"
    names = ("number", "volume", "title", "date", "url")
    given = [name for name in names if getattr(entry.by_reader, name) is not None]
    if given and len(reading.drafts) > 1:
        facts = " and ".join(given)
        what = f"{facts} not used, as it has {len(reading.drafts)} issues"
        yield f"{what}; to set it for one: backissue set REF {given[0]}=…"


@contextmanager
def _uninterrupted() -> Iterator[None]:
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


# -- the index ----------------------------------------------------------------------------------


def index_for_a_look(folder: Path) -> Index:
    """The index as it is; an empty one where there is none that can be used."""
    try:
        return open_index(folder)
    except IndexUnusableError:
        return Index.empty()


@contextmanager
def changing(
    store: Store, recorder: Recorder | None = None, phase: Progress = silent
) -> Iterator[Reports]:
    """Hold the archive for a change; what a killed run began is completed first.

    What the store has before the change goes to `recorder`. `phase` gets what is done. Raises
    `BusyError` while another process writes.
    """
    reports = Reports()
    with store.lock(), store.unfinished() as resuming:
        if resuming:
            phase("completing what an earlier run began")
            remove(store.folder / NEW_INDEX)
            reports.add(*_completed(store))
        store.recorder = recorder
        yield reports
        if recorder and (oldest := recorder.drop_old()) is not None:
            from backissue.archive import history  # noqa: PLC0415 - few runs remove anything

            history.purge(store, oldest)


def _completed(store: Store) -> Iterator[Report]:
    """Complete what a killed run began: taking a run back, or indexing what the store has."""
    from backissue.archive import history  # noqa: PLC0415 - rarely needed

    undone = history.begun(store.folder)
    if undone:
        history.put_back(store, undone)
    with working_set(store) as (working, rebuilt):
        yield rebuilt
        pending = _not_indexed(working)
    sources = undone.sources if undone else frozenset()
    done = tuple(in_batches(store, pending | sources, leaving=sources))
    yield history.finish(store, undone, *done) if undone else together(done)


@contextmanager
def working_set(
    store: Store, leaving: frozenset[str] = frozenset()
) -> Iterator[tuple[WorkingSet, Report]]:
    """An empty working set, and what a rebuild rejected where the index could not be used.

    Sources that are `leaving` may have left the store.
    """
    report = Report()
    try:
        index = open_index(store.folder)
    except IndexUnusableError as trouble:
        report = _made(store, trouble)
        index = Index.open(store.folder / INDEX)
    with index:
        yield WorkingSet(store, index, leaving), report


def _made(store: Store, trouble: IndexUnusableError) -> Report:
    """Make the index; returns why, and which originals could not be read. A new one has no why."""
    folder = store.folder / INDEX
    if not os.path.lexists(folder) and next(store.entries(), None) is None:
        writer.write(folder, add=[], clear=True, change=store.next_change())
        return Report()
    from backissue.archive.rebuilding import rebuild_locked  # noqa: PLC0415 - rarely needed

    # Which records are derived again is no news; that some could not be is.
    why = f"{trouble.message}; rebuilt it from the originals"
    return Report(outcomes=rebuild_locked(store).rejected, remarks=(why,))


def _not_indexed(working: WorkingSet) -> set[str]:
    """The sources of which the index is not up to date, and those that you removed."""
    entries = (entry for entry in working.store.entries() if isinstance(entry, StoredSource))
    pending = {entry.sha256 for entry in entries if not working.is_indexed(entry)}
    if removed := working.store.removed():
        pending |= {sha256 for sha256, source in removed.sources.items() if source.whole}
    return pending


def in_batches(
    store: Store,
    sources: Iterable[str],
    phase: Progress = silent,
    leaving: frozenset[str] = frozenset(),
) -> Iterator[Report]:
    """Bring the index up to date on sources, a commit for each batch; what each changed.

    Sources that are `leaving` may have left the store.
    """
    pending = sorted(sources)
    for start in range(0, len(pending), BATCH):
        with working_set(store, leaving) as (working, rebuilt):
            yield rebuilt
            yield bring_up_to_date(working, set(pending[start : start + BATCH]), phase)


def bring_up_to_date(
    working: WorkingSet, pending: set[str], phase: Progress = silent, *, dry_run: bool = False
) -> Report:
    """Bring the index up to date on `pending` sources; a damaged one is rebuilt, with these."""
    folder = working.store.folder / INDEX
    try:
        return update(working, pending, None if dry_run else folder, phase)
    except IndexUnusableError as trouble:
        if dry_run:
            raise
        rebuilt = _made(working.store, trouble)
    with Index.open(folder) as index:
        heads = map(index.shelf.head, sorted(index.ledger.holding(pending)))
        changed = tuple(summary(head) for head in heads if head)
    return replace(rebuilt, changed=changed)
