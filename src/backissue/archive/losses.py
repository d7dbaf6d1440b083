"""Originals that an archive once had and has no more, though you did not remove them.

The index knows which sources its issues were made of; after a rebuild, only the log does.
"""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from backissue.archive import journal
from backissue.archive.store import Store
from backissue.errors import NoArchiveError
from backissue.index import Index
from backissue.records import Issue, Status


class Loss(Struct, frozen=True, kw_only=True):
    """An original that is gone: its name, or those that it may have had.

    `sha256` is known where the index knows it.

    `ids` are the issues that a rebuild loses, `copied` those that only lose a copy. `when` is the
    day on which it came, and `places` is where it may have come from; both if only the log knows.
    """

    names: tuple[str, ...]
    sha256: str | None = None
    ids: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    when: str = ""
    places: tuple[str, ...] = ()


def losses(store: Store, index: Index | None) -> Iterator[Loss]:
    """What is gone, by what the index says and then by what the log says. `None`: no index."""
    named = set[str]()
    for loss in _by_index(store, index) if index else ():
        named.update(loss.names)
        yield loss
    yield from (loss for loss in _by_log(store) if named.isdisjoint(loss.names))


def _by_index(store: Store, index: Index) -> Iterator[Loss]:
    removed = store.removed()
    known = {*store.stored(), *(removed.sources if removed else ())}
    states = {state.partition(".")[0] for state in index.ledger.states()}
    # Where only the record is gone, the bytes are named as an original of which nothing is known.
    gone = {sha256 for sha256 in states - known if not store.has_file(sha256)}
    for sha256 in sorted(gone):
        keys = sorted(index.ledger.holding([sha256]))
        issues = [issue for key in keys if (issue := index.shelf.issue(key))]
        lost = [issue for issue in issues if {ref.source for ref in issue.drafts} <= gone]
        yield Loss(
            names=_named(store, issues, sha256, gone),
            sha256=sha256,
            ids=tuple(issue.head.id for issue in lost),
            copied=tuple(issue.head.id for issue in issues if issue not in lost),
        )


def _named(store: Store, issues: list[Issue], sha256: str, gone: set[str]) -> tuple[str, ...]:
    """What a lost source was called: the name that none of its issues' other sources has."""
    for issue in issues:
        others = {ref.source for ref in issue.drafts} - {sha256}
        if others & gone:
            continue
        taken = {name for other in others for name in _names(store, other)}
        left = [name for name in issue.head.sources if name not in taken]
        # Of two sources with one name, each is called with a part of its hash.
        marked = [name for name in issue.head.sources if name.endswith(f"({sha256[:8]})")]
        if marked or len(left) == 1:
            return ((marked or left)[0].removesuffix(f" ({sha256[:8]})"),)
    names = {name for issue in issues for name in issue.head.sources}
    taken = {name for one in store.stored() for name in _names(store, one)}
    return tuple(sorted(names - taken)) or (sha256[:12],)


def _names(store: Store, sha256: str) -> tuple[str, ...]:
    try:
        entry = store.entry(sha256)
    except NoArchiveError:  # a record that is damaged, which is said elsewhere
        return ()
    return entry.names if entry else ()


def _by_log(store: Store) -> Iterator[Loss]:
    came = _ingested(store.folder)
    if not came:
        return
    removed = store.removed()
    known = [source.names for source in removed.sources.values()] if removed else []
    for sha256 in store.stored():
        names = _names(store, sha256)
        if not names:  # its record is damaged, and may have any name
            return
        known.append(names)
    there = {name for names in known for name in names}
    yield from (loss for name, loss in came.items() if name not in there)


def _ingested(folder: Path) -> dict[str, Loss]:
    """Each source that a run ingested and that no later run took out, by name."""
    came: dict[str, Loss] = {}
    for entry in journal.entries(folder):
        sources, places = entry.get("sources"), entry.get("from")
        paths = tuple(map(str, places)) if isinstance(places, list) else ()
        for source in sources if isinstance(sources, list) else ():
            if not isinstance(source, dict):
                continue
            name, status = str(source.get("name")), source.get("status")
            if status in (Status.ADDED.value, Status.UPDATED.value):
                came[name] = Loss(names=(name,), when=str(entry["when"])[:10], places=paths)
            elif status == Status.REMOVED.value:
                came.pop(name, None)
    return came


def remedy(loss: Loss, folder: Path) -> str:
    """What to do about a loss."""
    again = "to have it again, ingest the file"
    if loss.sha256:
        return again
    return f"{again}; if you do not want it, take its name out of {folder / journal.FILE}"
