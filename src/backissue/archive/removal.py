"""Issues and sources removed: hidden by their tombstones, and left out when they come again.

Removing writes one file, `removed.json`, and then brings the index up to date. The originals stay
where they are, as long as `undo` can bring them back.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from backissue.archive.incremental import Progress, silent
from backissue.archive.ingestion import changing, in_batches, working_set
from backissue.archive.journal import Recorder
from backissue.archive.store import Store
from backissue.archive.tombstones import Removed, RemovedIssue, RemovedSource
from backissue.errors import NoArchiveError
from backissue.index import Index
from backissue.records import DraftRef, Head, Outcome, Report, Status


class Chosen(Struct, frozen=True, kw_only=True):
    """What you want removed: issues by key, and sources by sha256."""

    keys: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()


class Removal(Struct, frozen=True, kw_only=True, dict=True):
    """What a removal takes out.

    `issues` go; `kept` lose a copy, and stay because they have others. `sources` are removed as a
    whole, named by sha256, each with its names; of `parted` sources some issues stay.
    """

    issues: tuple[Head, ...] = ()
    kept: tuple[Head, ...] = ()
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def report(self) -> Report:
        """The same as the report of a run that removes it."""
        outcomes = (
            Outcome(name=names[0], status=Status.REMOVED) for names in self.sources.values()
        )
        keys = tuple(sorted(head.key for head in self.issues))
        return Report(outcomes=tuple(outcomes), removed=keys)


def look(store: Store, index: Index, chosen: Chosen) -> Removal:
    """What a removal would take out; nothing is changed."""
    return _Extent(store, index, chosen).removal()


def remove(
    folder: Path, chosen: Chosen, words: Iterable[str] = (), phase: Progress = silent
) -> tuple[Removal, Report]:
    """Remove what you chose; what that was, and what became of the issues.

    `words` are those you typed, for the list of runs that can be taken back. Raises `BusyError`
    while another process writes.
    """
    store = Store(folder)
    recorder = Recorder(folder, "remove", words)
    with changing(store, recorder, phase) as reports:
        with working_set(store) as (working, rebuilt):
            reports.add(rebuilt)
            search = _Extent(store, working.index, chosen)
            removal = search.removal()
            store.set_removed(search.removed(_now(), recorder.number))
        reports.add(*in_batches(store, search.places, phase))
    report = reports.together()
    return removal, replace(report, outcomes=(*removal.report.outcomes, *report.outcomes))


def names_of(store: Store, sha256: str) -> tuple[str, ...]:
    """A source's names; where its record is damaged, or there is none, the start of its hash."""
    try:
        entry = store.entry(sha256)
    except NoArchiveError:  # which must not keep it from being removed
        entry = None
    return entry.names if entry else (sha256[:12],)


class _Extent:
    """The drafts that are to be removed, by source and place."""

    def __init__(self, store: Store, index: Index, chosen: Chosen) -> None:
        self._store = store
        self._index = index
        self._chosen = chosen
        self._drafts: dict[str, tuple[DraftRef, ...]] = {}
        self.places: dict[str, dict[int, tuple[str, str]]] = {one: {} for one in chosen.sources}
        self._keys = set(chosen.keys)
        self._kept: set[str] = set()
        for key in sorted(index.ledger.holding(chosen.sources) - chosen.keys):
            goes = all(ref.source in chosen.sources for ref in self._of(key))
            (self._keys if goes else self._kept).add(key)
        for key in sorted(self._keys):
            for ref in self._of(key):
                self.places.setdefault(ref.source, {})[ref.place] = (key, ref.text)
        for key in sorted(self._kept):
            for ref in self._of(key):
                if ref.source in chosen.sources:
                    # The issue stays, so only these bytes of it are to stay away.
                    self.places[ref.source][ref.place] = (key, "")

    def _of(self, key: str) -> tuple[DraftRef, ...]:
        """The drafts of an issue."""
        if key not in self._drafts:
            self._drafts[key] = self._index.shelf.drafts(key)
        return self._drafts[key]

    def removal(self) -> Removal:
        """What goes and what stays."""
        names = {sha256: names_of(self._store, sha256) for sha256 in sorted(self.places)}
        whole = {sha256 for sha256 in names if self._is_whole(sha256)}
        return Removal(
            issues=tuple(self._heads(self._keys)),
            kept=tuple(self._heads(self._kept)),
            sources={one: names[one] for one in names if one in whole},
            parted={one: names[one] for one in names if one not in whole},
        )

    def _heads(self, keys: set[str]) -> Iterator[Head]:
        if keys:
            yield from (head for head in self._index.shelf.heads() if head.key in keys)

    def _is_whole(self, sha256: str) -> bool:
        """Whether nothing of a source stays."""
        places = {
            ref.place
            for key in self._index.ledger.holding([sha256])
            for ref in self._of(key)
            if ref.source == sha256
        }
        return places <= self.places[sha256].keys()

    def removed(self, when: str, run: int) -> Removed:
        """All that you removed, with this."""
        before = self._store.removed()
        sources = dict(before.sources) if before else {}
        ids = {head.key: head.id for head in self._heads(self._keys | self._kept)}
        for sha256, places in self.places.items():
            issues = {
                place: RemovedIssue(key=key, id=ids[key], when=when, text=text)
                for place, (key, text) in places.items()
            }
            source = sources.get(sha256) or RemovedSource(
                names=names_of(self._store, sha256), when=when
            )
            sources[sha256] = replace(
                source,
                when=when,
                run=run,
                whole=source.whole or self._is_whole(sha256),
                issues={**source.issues, **issues},
            )
        return Removed(sources)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
