"""Whether an archive is whole: its folder, its originals, your own words, its index.

`examine` looks at everything and changes nothing. `verify` also derives every record again from the
originals, reads the index a second time through Whoosh, and compares.
"""

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from backissue.archive.files import holder
from backissue.archive.history import runs
from backissue.archive.incremental import Progress, silent
from backissue.archive.losses import Loss, losses
from backissue.archive.losses import remedy as loss_remedy
from backissue.archive.privacy import Finding, privacy
from backissue.archive.rebuilding import derived
from backissue.archive.saved_searches import load
from backissue.archive.settings import INDEX, UNFINISHED, open_index
from backissue.archive.store import Store, StoredSource
from backissue.errors import BackissueError, NewerFormatError, NoArchiveError
from backissue.index.storage import whoosh_check
from backissue.ingest.sources import Meter
from backissue.query.synonyms import load as load_synonyms
from backissue.records import Issue

_AGAIN = "to have it again, ingest the file"
_INDEX = "the index"
_MOST_IDS = 12
_REBUILD = "backissue rebuild makes a new one"


def examine(
    folder: Path, progress: Progress = silent, meter: Meter | None = None
) -> Iterator[Finding]:
    """Everything wrong with the archive in `folder` that can be seen without deriving it again.

    `progress` gets the name of each original, `meter` how many there are and were looked at.
    """
    meter = meter or Meter()
    meter.total = len(Store(folder).stored())
    yield from privacy(folder)
    yield from _words(folder)
    yield from _originals(folder, progress, meter)
    yield from _lost(folder)
    yield from _index(folder)


def verify(
    folder: Path, progress: Progress = silent, meter: Meter | None = None
) -> Iterator[Finding]:
    """Damaged originals, issues that differ from what the originals give, faults of the index.

    Raises IndexUnusableError if the index cannot be opened or the record of an issue is damaged.
    """
    meter = meter or Meter()
    meter.total = 2 * len(Store(folder).stored())  # each is looked at, and read
    damaged = [*_originals(folder, progress, meter), *_lost(folder)]
    yield from damaged
    lost = {finding.source for finding in damaged}
    with derived(folder, progress, meter) as fresh, open_index(folder) as held:
        keys = {head.key for head in held.shelf.heads()} | {
            head.key for head in fresh.shelf.heads()
        }
        # A rebuild would lose what only a damaged original gave, and may make another issue of the
        # other drafts: the finding about the original covers that.
        torn = set[tuple[str, int]]().union(
            *(_drafts(held.shelf.issue(key)) for key in held.ledger.holding(filter(None, lost)))
        )
        for key in sorted(keys):
            before, now = held.shelf.issue(key), fresh.shelf.issue(key)
            matter = _difference(before, now)
            if matter and torn.isdisjoint(_drafts(before or now)):
                yield Finding(about=key, matter=matter, remedy=_REBUILD)
    try:
        for matter in whoosh_check.disagreements(folder / INDEX):
            yield Finding(about=_INDEX, matter=matter, remedy=_REBUILD)
    except BackissueError as error:
        yield Finding(about=_INDEX, matter=error.message, remedy=_REBUILD)


def _drafts(issue: Issue | None) -> set[tuple[str, int]]:
    """Which drafts of which originals an issue is made of."""
    return {(ref.source, ref.place) for ref in issue.drafts} if issue else set()


def _difference(held: Issue | None, fresh: Issue | None) -> str | None:
    """How a record differs from what the originals give."""
    if held is None:
        return "is not in the index, though the originals give it"
    if fresh is None:
        return "is in the index, and no original gives it"
    if held.head != fresh.head:
        return "is not what the originals give: its title, number, date or sources differ"
    for section, other in zip(held.sections, fresh.sections, strict=True):
        if section != other:
            return f"is not what the originals give: section {section.position} differs"
    return None if held == fresh else "is not what the originals give"


def _words(folder: Path) -> Iterator[Finding]:
    """Your own words: corrections of issues, what you removed, runs, searches, synonyms."""
    store = Store(folder)
    for read in (
        store.sayings,
        store.removed,
        lambda: list(runs(folder)),
        lambda: load(folder),
        lambda: load_synonyms(folder),
    ):
        try:
            read()
        except BackissueError as error:
            yield Finding(
                about=str(folder), matter=error.message, remedy=error.hint or "repair the file"
            )
        except NotADirectoryError as error:
            matter = f"{error.filename} is not a folder"
            yield Finding(about=str(folder), matter=matter, remedy="remove it")


def _originals(folder: Path, progress: Progress, meter: Meter) -> Iterator[Finding]:
    """Every original whose bytes or whose record changed, and files that nothing refers to."""
    store = Store(folder)
    for entry in _entries(store):
        if not isinstance(entry, StoredSource):
            yield Finding(about="a record", matter=entry.message, remedy=entry.hint or _AGAIN)
            continue
        progress(entry.names[0])
        try:
            with meter.file(1):
                store.data(entry.sha256)
        except BackissueError as error:
            yield Finding(
                about=entry.names[0],
                matter=error.message,
                remedy=error.hint or _AGAIN,
                source=entry.sha256,
            )
    known = set(store.stored())
    for path in sorted((folder / "sources").glob("??/*")):
        if path.name.startswith("."):
            matter = "is what an interrupted run left"
            yield Finding(about=str(path), matter=matter, remedy="the next ingest removes it")
        elif path.suffix == ".bin" and path.stem not in known:
            matter = "is an original of which nothing is known"
            remedy = f"backissue ingest {shlex.quote(str(path))}"
            yield Finding(about=str(path), matter=matter, remedy=remedy)


def _lost(folder: Path) -> Iterator[Finding]:
    """Originals that the index or the log knows, and that are gone."""
    try:
        with open_index(folder) as index:
            found = list(losses(Store(folder), index))
    except BackissueError:  # which `_index` and `_words` report
        found = _lost_by_log(folder)
    for loss in found:
        yield Finding(
            about=" or ".join(loss.names),
            matter=_loss(loss),
            remedy=loss_remedy(loss, folder),
            source=loss.sha256,
        )


def _lost_by_log(folder: Path) -> list[Loss]:
    try:
        return list(losses(Store(folder), None))
    except BackissueError:
        return []


def _loss(loss: Loss) -> str:
    """What a lost original means."""
    if loss.sha256 is None:
        places = f" from {' and '.join(loss.places)}" if loss.places else ""
        return f"was ingested on {loss.when}{places}, and its original is gone"
    parts = []
    if loss.ids:
        parts.append(f"a rebuild loses {_listed(loss.ids)}")
    if loss.copied:
        parts.append(f"{_listed(loss.copied)} would be left to other copies")
    return f"its original is gone: {' and '.join(parts) or 'no issue needs it'}"


def _listed(ids: Sequence[str]) -> str:
    """The first few of many addresses."""
    shown = ", ".join(ids[:_MOST_IDS])
    return shown if len(ids) <= _MOST_IDS else f"{shown} and {len(ids) - _MOST_IDS} more"


def _entries(store: Store) -> list[StoredSource | BackissueError]:
    """All records of originals; none if your own words cannot be read, which `_words` reports."""
    try:
        return list(store.entries())
    except NewerFormatError as error:
        return [error]
    except NoArchiveError:
        return []


def _index(folder: Path) -> Iterator[Finding]:
    """An index that cannot be used, or that lacks an original of the store."""
    if writer := holder(folder):
        matter, remedy = f"is being written to by {writer}", "look again when it is done"
        yield Finding(about=str(folder), matter=matter, remedy=remedy)
    elif os.path.lexists(folder / UNFINISHED):
        matter = "a run was cut short"
        remedy = "the next ingest completes it: backissue ingest with any file"
        yield Finding(about=str(folder), matter=matter, remedy=remedy)
    try:
        with open_index(folder) as index:
            index.check()
            states = index.ledger.states()
    except BackissueError as error:
        yield Finding(about=_INDEX, matter=error.message, remedy=_REBUILD)
        return
    for entry in _entries(Store(folder)):
        if isinstance(entry, StoredSource) and entry.state not in states:
            matter = "is kept, and not in the index"
            yield Finding(about=entry.names[0], matter=matter, remedy=_REBUILD)
