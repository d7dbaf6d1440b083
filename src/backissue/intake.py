"""Taking in: sources into the store, their drafts merged with what is held, issues to the index.

The work is in proportion to what changed: only the issues a new draft may belong to are read again.
A run that was cut short is completed by the next: what the store has and the index has not is taken
up with whatever else comes.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from backissue.archive import INDEX
from backissue.errors import IndexUnusableError, NoArchiveError, RejectedSourceError
from backissue.index import Index
from backissue.index.writing import write
from backissue.ingest.copies import LEAST_SHARE, Copy, base_key, is_loose
from backissue.ingest.facts import overlay
from backissue.ingest.merge import merge
from backissue.ingest.reading import Reading, read
from backissue.ingest.sources import Refusal, Source
from backissue.records import DraftRef, Facts, Issue, Outcome, Report, Status
from backissue.store import Entry, Store

Progress = Callable[[str], None]

# Enough that a commit costs little of a batch, little enough that an interruption loses little.
_BATCH = 250
_BATCH_BYTES = 32 * 2**20


def _silent(name: str) -> None:
    """Progress that nobody watches."""
    del name


def ingest(
    folder: Path,
    items: Iterable[Source | Refusal],
    *,
    dry_run: bool = False,
    progress: Progress = _silent,
) -> Report:
    """Take in every source, and bring the index up to date. `progress` gets each name.

    The work is done batch by batch, each with a commit of its own: a run that is cut short keeps
    what it had finished. With `dry_run` nothing is written, and the report says what would be.
    Raises `BusyError` while another process writes.
    """
    store = Store(folder)
    if dry_run:
        return _ingest(_Run(store, _opened(folder)), items, progress, dry_run=True)
    store.create()
    report = Report()
    with store.lock(), store.unfinished() as resuming:
        if resuming:
            with _current(folder) as run:
                report = _update(run, _pending(run))
        for batch in _batches(items):
            with _current(folder) as run:
                report = _sum(report, _ingest(run, batch, progress, dry_run=False))
    return report


def _batches(items: Iterable[Source | Refusal]) -> Iterator[list[Source | Refusal]]:
    """`items` in batches, so that memory stays flat; one at least, and perhaps empty."""
    batch: list[Source | Refusal] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item.data) if isinstance(item, Source) else 0
        if len(batch) >= _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def _sum(one: Report, other: Report) -> Report:
    """What two runs did, one after the other."""
    added = {head.key: head for head in one.added}
    changed = {head.key: head for head in one.changed}
    for head in other.changed:
        (added if head.key in added else changed)[head.key] = head
    added |= {head.key: head for head in other.added}
    for key in other.removed:
        changed.pop(key, None)
    return Report(
        outcomes=one.outcomes + other.outcomes,
        added=tuple(head for key, head in sorted(added.items()) if key not in other.removed),
        changed=tuple(head for _, head in sorted(changed.items())),
        removed=tuple(sorted({*one.removed, *other.removed} - added.keys())),
    )


def say(folder: Path, drafts: Iterable[DraftRef], facts: Facts, unsaid: frozenset[str]) -> Report:
    """Set facts of the issue made of `drafts`; `unsaid` names those to forget."""
    store = Store(folder)
    with store.lock(), store.unfinished(), _current(folder) as run:
        words: dict[str, dict[int, Facts]] = {}
        for ref in drafts:
            entry = store.entry(ref.source)
            known = entry.said_by_place.get(ref.place, Facts()) if entry else Facts()
            kept = replace(known, **dict.fromkeys(unsaid))
            words.setdefault(ref.source, {})[ref.place] = overlay(kept, facts)
        store.say(words)
        return _update(run, _pending(run))


def rebuild(folder: Path, *, progress: Progress = _silent) -> Report:
    """Derive everything again from the originals, and replace the index in one step."""
    store = Store(folder)
    with store.lock(), store.unfinished():
        return _rebuild(store, progress)


# -- one run ------------------------------------------------------------------------------------


class _Run:
    """What one run knows: the store, the index as it was, and each source read at most once."""

    def __init__(self, store: Store, held: Index | None) -> None:
        self.store = store
        self.held = held
        self.entries: dict[str, Entry] = {}
        self.readings: dict[str, Reading] = {}

    def entry(self, sha256: str) -> Entry:
        if sha256 not in self.entries:
            entry = self.store.entry(sha256)
            if entry is None:
                raise IndexUnusableError(f"the index knows a source {sha256} that is not held")
            self.entries[sha256] = entry
        return self.entries[sha256]

    def read(self, entry: Entry) -> Reading:
        if entry.sha256 not in self.readings:
            data = self.store.data(entry.sha256)
            self.readings[entry.sha256] = read(data, entry.said, entry.said_by_place)
        return self.readings[entry.sha256]

    def copies(self, sha256: str) -> list[Copy]:
        entry = self.entry(sha256)
        return [
            Copy(
                draft=draft,
                ref=DraftRef(
                    source=sha256, said=entry.digest, place=draft.place, loose=is_loose(draft)
                ),
                names=entry.names,
                said=overlay(entry.said, entry.said_by_place.get(draft.place, Facts())),
            )
            for draft in self.read(entry).drafts
        ]


def _opened(folder: Path) -> Index | None:
    try:
        return Index.open(folder / INDEX)
    except IndexUnusableError:
        return None


@contextmanager
def _current(folder: Path) -> Iterator[_Run]:
    """A run on an index that can be used: one that cannot is rebuilt first."""
    store = Store(folder)
    held = _opened(folder)
    if held is None:
        _rebuild(store, _silent)
        held = Index.open(folder / INDEX)
    with held:
        yield _Run(store, held)


def _ingest(
    run: _Run, items: Iterable[Source | Refusal], progress: Progress, *, dry_run: bool
) -> Report:
    states = run.held.states() if run.held else frozenset()
    outcomes = []
    try:
        for item in items:
            progress(item.name)
            outcomes.append(
                _refused(item)
                if isinstance(item, Refusal)
                else _take(run, item, states, dry_run=dry_run)
            )
    finally:
        # Also when interrupted: what was taken in is not left for the next run to index.
        pending = {sha for sha, entry in run.entries.items() if entry.state not in states}
        report = _update(run, pending, dry_run=dry_run)
    return replace(report, outcomes=tuple(outcomes))


def _refused(item: Refusal) -> Outcome:
    status = Status.SKIPPED if item.skipped else Status.REJECTED
    return Outcome(name=item.name, status=status, reason=item.reason)


def _take(run: _Run, source: Source, states: frozenset[str], *, dry_run: bool) -> Outcome:
    """Put one source in the store, unless nothing about it is new or nothing in it can be read."""
    known = run.entries.get(source.sha256) or run.store.entry(source.sha256)
    entry = run.store.with_source(source.sha256, source.name, source.said, known)
    if known and entry == known and (known.state in states or source.sha256 in run.entries):
        return Outcome(name=source.name, status=Status.UNCHANGED)
    try:
        reading = run.readings[source.sha256] = read(source.data, entry.said, entry.said_by_place)
    except RejectedSourceError as error:
        return Outcome(name=source.name, status=Status.REJECTED, reason=error.message)
    if not dry_run:
        run.store.keep(entry, source.data)
    run.entries[source.sha256] = entry
    return Outcome(
        name=source.name,
        status=Status.UPDATED if known and _is_indexed(known, states) else Status.ADDED,
        format=reading.format,
        issues=len(reading.drafts),
        mended=Counter(mend.rule for mend in reading.mends),
        damaged=Counter(flaw.code for flaw in reading.flaws),
    )


def _is_indexed(entry: Entry, states: frozenset[str]) -> bool:
    """Whether the index has this source, with whatever the reader said of it."""
    return any(state.startswith(entry.sha256) for state in states)


def _pending(run: _Run) -> set[str]:
    """The sources of which the index is not up to date."""
    states = run.held.states() if run.held else frozenset()
    return {entry.sha256 for entry in run.store.entries() if entry.state not in states}


def _update(run: _Run, pending: set[str], *, dry_run: bool = False) -> Report:
    """Merge the drafts of `pending` sources with those they may belong to, and write the issues."""
    if not pending:
        return Report()
    before, copies = _affected(run, pending)
    issues = merge(copies)
    gone = before.keys() - {issue.head.key for issue in issues}
    fresh = [issue for issue in issues if before.get(issue.head.key) != issue]
    if not dry_run:
        write(run.store.folder / INDEX, add=fresh, remove=gone)
    changed = (issue for issue in fresh if _differs(before.get(issue.head.key), issue))
    return Report(
        added=tuple(issue.head for issue in fresh if issue.head.key not in before),
        changed=tuple(issue.head for issue in changed),
        removed=tuple(sorted(gone)),
    )


def _differs(before: Issue | None, now: Issue) -> bool:
    """Whether a reader would see a difference, beyond which state of its sources it is made of."""
    return before is not None and replace(before, drafts=()) != replace(now, drafts=())


def _affected(run: _Run, pending: set[str]) -> tuple[dict[str, Issue], list[Copy]]:
    """The issues that the pending sources may change, as they are, and all drafts to merge anew.

    Only a draft without a number can move from issue to issue, so only such drafts, and the new
    ones, are asked which others they are like.
    """
    copies = {copy.order: copy for sha in sorted(pending) for copy in run.copies(sha)}
    if run.held is None:
        return {}, list(copies.values())
    before: dict[str, Issue] = {}
    asked = list(copies.values())
    keys = set(run.held.holding(pending))
    while asked or keys - before.keys():
        for copy in asked:
            keys |= _kin(run.held, copy)
            keys |= _namesakes(run.held, base_key(copy))
        asked = []
        for key in sorted(keys - before.keys()):
            issue = run.held.issue(key)
            if issue is None:
                keys.discard(key)
                continue
            before[key] = issue
            keys |= _namesakes(run.held, re.sub(r"-\d+$", "", key))
            for copy in _copies_of(run, issue, pending):
                if copy.order not in copies:
                    copies[copy.order] = copy
                    if copy.ref.loose:
                        asked.append(copy)
    return before, list(copies.values())


def _copies_of(run: _Run, issue: Issue, pending: set[str]) -> list[Copy]:
    """An issue's drafts, less those of pending sources, which are at hand in their new state."""
    return [
        copy
        for ref in issue.drafts
        if ref.source not in pending
        for copy in run.copies(ref.source)
        if copy.ref.place == ref.place
    ]


def _kin(held: Index, copy: Copy) -> set[str]:
    """The issues with enough of a draft's sentences that it may be a copy of one of theirs.

    A draft that says which issue it is of goes nowhere else, but may draw loose drafts to it.
    """
    fewest = len(copy.draft.prints) / LEAST_SHARE
    kin = held.kin(copy.draft.prints, loose=not copy.ref.loose)
    return {key for key, shared in kin.items() if shared >= fewest}


def _namesakes(held: Index, key: str) -> set[str]:
    """The issues which have an address or, told apart by a number, would have it."""
    found = set(held.find(key))
    place = 2
    while more := held.find(f"{key}-{place}"):
        found.update(more)
        place += 1
    return found


def _rebuild(store: Store, progress: Progress) -> Report:
    run = _Run(store, None)
    copies: list[Copy] = []
    outcomes: list[Outcome] = []
    for entry in store.entries():
        progress(entry.names[0])
        run.entries[entry.sha256] = entry
        try:
            copies.extend(run.copies(entry.sha256))
        except (RejectedSourceError, NoArchiveError) as error:
            # One original that is gone or altered must not take the others' records with it.
            name, reason = entry.names[0], error.message
            outcomes.append(Outcome(name=name, status=Status.REJECTED, reason=reason))
    issues = merge(copies)
    write(store.folder / INDEX, add=issues, clear=True)
    return Report(outcomes=tuple(outcomes), added=tuple(issue.head for issue in issues))
