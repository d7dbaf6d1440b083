"""The index of an archive: a Whoosh index, and a small reader that is faster.

* `shelf`: which issues and sections there are, by address.
* `ledger`: which drafts of which sources are indexed, for ingestion.
* `search`: which sections answer a query.
* `storage`: the files.

Reading imports neither Whoosh nor pickle. An index is derived from the originals: if it is missing,
damaged or of another version, opening it raises an error, and it is rebuilt.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from backissue.index.storage import Snapshot, change_of, check_owner

if TYPE_CHECKING:
    from backissue.index.ledger import Ledger
    from backissue.index.search import Blocking, Cut, Earned, Searcher
    from backissue.index.shelf import Shelf

__all__ = (
    "Blocking",
    "Cut",
    "Earned",
    "Index",
    "Ledger",
    "Searcher",
    "Shelf",
    "change_of",
    "check_owner",
)


class Index:
    """One state of an index, open for reading; later commits do not change it.

    Its three parts are made when they are first used, so that a list of issues loads no ranking.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @classmethod
    def open(cls, folder: Path, default: str | None = None) -> Self:
        """The index in `folder`, as last committed.

        `default` is the name or short name of the publication whose issues keep short addresses.
        Raises IndexUnusableError if it is missing, damaged or of another version (rebuild it), and
        NoArchiveError if another user can write to it.
        """
        return cls(Snapshot.open(folder, default))

    @classmethod
    def empty(cls) -> Self:
        """An index without issues."""
        return cls(Snapshot())

    @property
    def change(self) -> str:
        """For which change of the archive its last commit was made: a number, or ""."""
        return self._snapshot.change

    @property
    def default(self) -> str | None:
        """The short name of the default publication; None if no issue is of one."""
        return self._snapshot.default

    @property
    def is_empty(self) -> bool:
        """Whether it has no issue."""
        return self._snapshot.is_empty

    @cached_property
    def shelf(self) -> "Shelf":
        """Its issues and sections, by address."""
        from backissue.index.shelf import Shelf

        return Shelf(self._snapshot)

    @cached_property
    def searcher(self) -> "Searcher":
        """The object that answers queries."""
        from backissue.index.search import searcher

        return searcher.IndexSearcher(self._snapshot)

    @cached_property
    def ledger(self) -> "Ledger":
        """Which drafts of which sources are indexed."""
        from backissue.index.ledger import Ledger

        return Ledger(self._snapshot)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self) -> None:
        """Read all of it. Raises IndexUnusableError if any part is damaged."""
        self._snapshot.check()

    def close(self) -> None:
        """Close the files; records already given out stay."""
        self._snapshot.close()
