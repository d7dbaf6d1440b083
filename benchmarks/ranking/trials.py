"""Queries whose answers are known, and the archive that they are asked of."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from backissue.archive.settings import INDEX
from backissue.index.storage import Snapshot
from backissue.index.storage.writer import write
from backissue.records import Issue
from ranking.published import Collection, Judged, as_issue


class Trial(NamedTuple):
    """Queries, what was judged of their answers, and the archive in `folder`.

    Trials with the same `group` are one collection where changes are compared. `names` has what the
    judgements call each document of the index, by its number. `kinds` has the queries of each kind,
    where figures of each are of interest.
    """

    name: str
    group: str
    about: str
    folder: Path
    queries: Mapping[str, str]
    judged: Judged
    names: Mapping[int, str]
    kinds: Mapping[str, tuple[str, ...]] = {}


Making = Callable[[], AbstractContextManager[Trial]]


@contextmanager
def indexed(issues: Iterable[Issue]) -> Iterator[Path]:
    """An archive of these issues, of which there are no originals."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder / INDEX, add=issues)
        yield folder


@contextmanager
def of_collection(name: str, collection: Collection) -> Iterator[Trial]:
    """A published collection, written straight into an index as one issue."""
    with indexed([as_issue(collection.documents)]) as folder:
        judged = {
            query: row for query, row in collection.judged.items() if query in collection.queries
        }
        yield Trial(
            name=name,
            group=name,
            about=f"{name}: {len(collection.documents):,} documents, {len(judged)} queries",
            folder=folder,
            queries={query: collection.queries[query] for query in judged},
            judged=judged,
            names={at: document.name for at, document in enumerate(collection.documents, 1)},
        )


def addresses(folder: Path) -> dict[int, str]:
    """The full address of each section of an archive, by its document number."""
    with Snapshot.open(folder / INDEX) as snapshot:
        return {
            issue + position: f"{row.key}.{position}"
            for issue, row in snapshot.rows
            for position in range(1, row.sections + 1)
        }
