"""One state of an index, open for reading: its segments, the tags of its documents, its records.

First what must be true of its folder. Beside each of Whoosh's tables of contents is a *view*: the
same list of segments as JSON. So reading needs neither Whoosh, which would make a cold search half
as long again, nor unpickling. `verify` and tests/test_whoosh.py compare the two readers.
"""

import json
import os
import re
import stat
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

from backissue import sealing
from backissue.errors import BackissueError, IndexUnusableError, NoArchiveError, cause
from backissue.index.storage import rows
from backissue.index.storage.rows import TAG, WITH_SPOTS, HeadRow
from backissue.index.storage.segment import Postings, RecordsReader, WordsReader
from backissue.own_files import opened_untouched, read_untouched
from backissue.records import Head, Issue, slug_of

# Goes up when what is stored of a word changes: analysis, stems, zones, weights, tags, definitions
# of abbreviations, files.
_SCHEMA_VERSION = 12
NAME = "MAIN"  # Whoosh's name for the index within its folder
KINDS = (".words", ".records")  # the endings of a segment's files
_END = 32  # bytes: what such a file ends in, with the checksum of its tables


def stamp() -> dict[str, object]:
    """What an index must say of itself to be read by this version."""
    return {"schema": _SCHEMA_VERSION, "records": rows.FORMAT, "byteorder": sys.byteorder}


def check_stamp(folder: Path) -> None:
    """Raises IndexUnusableError unless the index in `folder` is this version's."""
    if folder.is_symlink():  # nobody makes one here, and a commit would be written where it leads
        raise unusable("is a link")
    try:
        found = json.loads(read_untouched(folder / "stamp.json"))
    except (OSError, ValueError, RecursionError):
        raise unusable("is missing or unfinished") from None
    if found != stamp():
        raise unusable("was written by another version")


def view_of(generation: int) -> str:
    """The name of the file that lists the segments of a commit."""
    return f"view_{generation}.json"


Listed = list[tuple[str, list[int]]]  # the segments of a commit: names, and deleted documents


class Commit(NamedTuple):
    """What a view says: the segments, and for which change of the archive they were committed.

    A change is a number; there is none in an index of which nobody asks that.
    """

    segments: Listed
    change: str = ""


def view(folder: Path, generation: int, commit: Commit, toc: str) -> bytes:
    """What the view of a commit says; its table of contents is in the file `toc`.

    The commit, and a seal: see `sealing`.
    """
    seal = sealing.seal(_of_itself(folder, generation, commit, toc))
    change = {"change": commit.change} if commit.change else {}
    return json.dumps({"segments": commit.segments, **change, "seal": seal}).encode()


def commit_of(folder: Path, generation: int) -> Commit:
    """What the view of a commit says, if you made it, here.

    Raises IndexUnusableError if its seal does not fit, FileNotFoundError for a file that is gone,
    and other errors for a view that is damaged.
    """
    said = json.loads(read_untouched(folder / view_of(generation)))
    listed: Listed = [(name, gone) for name, gone in said["segments"] if "/" not in name]
    commit = Commit(listed, said.get("change", ""))
    if not sealing.fits(said["seal"], _of_itself(folder, generation, commit, toc_of(generation))):
        raise unusable("is damaged, or you did not make it on this machine")
    return commit


def check_seal(folder: Path) -> None:
    """Raises IndexUnusableError unless you made the last commit, here.

    To be asked before Whoosh opens an index: a table of contents is a pickle.
    """
    with guarded():
        commit_of(folder, newest(folder))


def change_of(folder: Path) -> str:
    """For which change of the archive the last commit was made. Raises IndexUnusableError."""
    with guarded():
        return commit_of(folder, newest(folder)).change


def _of_itself(folder: Path, generation: int, commit: Commit, toc: str) -> bytes:
    """What an index says of itself: what is sealed.

    That is its table of contents, for which change it is, and of each file of a segment its size
    and its end, which has the checksum of its tables; these have the checksums of all else. To read
    it takes a tenth of a millisecond.
    """
    listed, change = commit
    ends = [_end(folder / f"{name}{kind}") for name, _ in listed for kind in KINDS]
    contents = read_untouched(folder / toc).hex()
    return json.dumps([generation, contents, listed, ends, *filter(None, [change])]).encode()


def _end(path: Path) -> tuple[int, str]:
    with opened_untouched(path) as file:
        size = os.fstat(file.fileno()).st_size
        return size, os.pread(file.fileno(), _END, max(0, size - _END)).hex()


def toc_of(generation: int) -> str:
    """The name of a commit's table of contents."""
    return f"_{NAME}_{generation}.toc"


_TOC = re.compile(f"_{NAME}_([0-9]+)\\.toc")


def generation_of(toc: str) -> int:
    """The number of the commit that has this table of contents; -1 where it is none."""
    match = _TOC.fullmatch(toc)
    return int(match[1]) if match else -1


def newest(folder: Path) -> int:
    """The number of the last commit: that of the newest table of contents."""
    found = max(map(generation_of, os.listdir(folder)), default=-1)
    if found < 0:
        raise unusable("is missing")
    return found


def unusable(what: str) -> IndexUnusableError:
    """The error of an index that must be rebuilt."""
    return IndexUnusableError(f"the index {what}", hint="backissue rebuild makes a new one")


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever a damaged file makes its readers raise, as IndexUnusableError."""
    try:
        yield
    except BackissueError:
        raise
    except Exception as error:
        what = f": {cause(error)}" if isinstance(error, OSError) else ""
        raise unusable(f"is damaged{what}") from error


def check_owner(folder: Path) -> None:
    """Raises NoArchiveError if somebody else could have written what is in `folder`.

    Whoosh unpickles what it commits to, and unpickling runs what it reads.
    """
    try:
        found = folder.stat()
    except OSError:
        raise unusable("is missing") from None
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise NoArchiveError(
            f"{folder} belongs to another user, and an index is only opened by its owner",
            hint="keep an archive of your own: --archive DIR",
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise NoArchiveError(
            f"{folder} can be written by other users, so its index is not opened",
            hint=f"chmod go-w {folder}",
        )


ISSUE_TAG = "issue"  # of every issue's own document
LOOSE_TAG = "loose"  # of an issue made of a draft that may move to another
WHY_TAG = "why"  # of every section with a why passage

# Each lookup reads a few pages of a file somewhere; an ingest makes a million of them.
_LOOKUPS_BEFORE_FORGETTING = 512


def address_tags(issue: Issue) -> set[str]:
    """Where an issue is found: at its addresses, its aliases and its day, and by its spellings."""
    head = issue.head
    days = [head.date.isoformat()] if head.date else []
    return {
        *(f"at:{address}" for address in (head.key.casefold(), short_address(head.key))),
        *(f"as:{place}" for key in issue.aliases for place in (key.casefold(), short_address(key))),
        *(f"named:{spelling}" for spelling in issue.spellings),
        *([f"in:{head.slug}/{head.number}"] if head.volume is not None else ()),
        *(f"on:{place}" for day in days for place in (day, f"{head.slug}/{day}".casefold())),
    }


def short_address(key: str) -> str:
    """An issue's address within its publication, for comparing."""
    return key.partition("/")[2].casefold()


class OpenSegment:
    """One segment, open: its words, its records, and the number of its first document."""

    def __init__(self, folder: Path, name: str, gone: list[int], base: int) -> None:
        self.base = base
        self.gone = frozenset(gone)
        self.words = WordsReader(folder / f"{name}.words")
        self.records = RecordsReader(folder / f"{name}.records")

    def heads(self) -> Iterator[tuple[int, HeadRow]]:
        """Each issue's document number in the whole index, and its head."""
        for document, head in zip(self.records.issues, self.records.heads, strict=True):
            if document not in self.gone:
                yield self.base + document, HeadRow(*head)

    def head_of(self, document: int) -> tuple[int, HeadRow]:
        """The issue that a document is of: its own document, and its head as stored."""
        issue, head = self.records.head_of(document - self.base)
        return self.base + issue, HeadRow(*json.loads(head))

    def documents(self, tag: str) -> list[int]:
        """The documents that have a tag, numbered in the whole index."""
        row = self.words.row(TAG, tag.encode(errors="surrogatepass"))
        return [] if row is None else self.documents_of(row)

    def documents_of(self, row: int) -> list[int]:
        """The documents that have the term in `row`, which is of a field without spots."""
        return self._lists(row, with_spots=False).documents

    def tags(self, prefix: str) -> Iterator[tuple[str, int]]:
        """The tags that begin so and that any document has, and how many have each."""
        for row in self.words.rows(TAG, prefix.encode(errors="surrogatepass")):
            count = len(self.documents_of(row)) if self.gone else self.words.length(row)
            if count:
                yield self.words.key(row).decode(errors="surrogatepass"), count

    def postings(self, row: int) -> Postings:
        """The lists of the term in `row`, documents numbered in the whole index."""
        return self._lists(row, with_spots=True)

    def _lists(self, row: int, *, with_spots: bool) -> Postings:
        lists = self.words.packed(row, with_spots=with_spots)
        if self.gone and not self.gone.isdisjoint(lists.documents):
            gone = self.gone
            lists = lists.only([at for at, one in enumerate(lists.documents) if one not in gone])
        return lists.postings(self.base)

    def check(self) -> None:
        """Read every record and every term's lists. Raises an error at the first damaged one."""
        for document in range(self.records.size):
            self.records.record(document)
        for field in self.words.fields():
            for row in self.words.rows(field):
                self.words.packed(row, with_spots=field in WITH_SPOTS)

    def close(self) -> None:
        """Close its files."""
        self.words.close()
        self.records.close()


class Snapshot:
    """One state of an index: whatever is committed later is not seen.

    Documents are numbers: an issue's own document, and right behind it one for each section.
    `default` is the name or short name of the publication whose issues keep short addresses;
    `change` is what its view says.
    """

    def __init__(
        self, segments: Iterable[OpenSegment] = (), default: str | None = None, change: str = ""
    ) -> None:
        self.segments = tuple(segments)
        self.change = change
        self._default = default
        self._lookups = 0

    @classmethod
    def open(cls, folder: Path, default: str | None = None) -> Self:
        """The index in `folder`, as last committed.

        Raises IndexUnusableError if it is missing, damaged or of another version (rebuild it), and
        NoArchiveError if somebody else could have written it (it is not opened at all).
        """
        check_owner(folder)
        check_stamp(folder)
        with guarded():
            return cls.unchecked(folder, default)

    @classmethod
    def unchecked(cls, folder: Path, default: str | None = None) -> Self:
        """The index in `folder`, for the writer, who has checked it."""
        while True:
            generation = newest(folder)
            try:
                commit = commit_of(folder, generation)
                return cls(_segments(folder, commit), default, commit.change)
            except FileNotFoundError:
                # A commit has removed what was there a moment ago; then there is a newer one.
                if newest(folder) == generation:
                    raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; records already given out stay."""
        for segment in self.segments:
            segment.close()

    def check(self) -> None:
        """Read the whole index; opening it checks only its tables.

        Raises IndexUnusableError at the first damaged part.
        """
        with guarded():
            for segment in self.segments:
                segment.check()

    def forget(self) -> None:
        """Let the system take back the memory of what was read, until it is read again."""
        for segment in self.segments:
            segment.words.forget()
            segment.records.forget()

    @cached_property
    def rows(self) -> list[tuple[int, HeadRow]]:
        """Each issue's document and its head, in the order of documents."""
        return [row for segment in self.segments for row in segment.heads()]

    @cached_property
    def _places(self) -> list[int]:
        return [document for document, _ in self.rows]

    def place_of(self, document: int) -> int:
        """Where in `rows` the issue of a document is."""
        return bisect_right(self._places, document) - 1

    def row_of(self, key: str) -> tuple[int, HeadRow] | None:
        """The document and the head of the issue with this key."""
        for document in self.tagged(f"key:{key}"):
            return self.row_around(document)
        return None

    def row_around(self, document: int) -> tuple[int, HeadRow]:
        """The document and the head of the issue that a document is of."""
        return self._segment_of(document).head_of(document)

    def head(self, row: HeadRow) -> Head:
        """A head with the shortest address that names no other issue."""
        namesakes = self.tagged(f"at:{short_address(row.key)}")
        return row.head(self.ident(row.key, len(namesakes)))

    def ident(self, key: str, namesakes: int) -> str:
        """An issue's address as it is shown: in full where several issues have the same short one.

        The default publication's issues keep theirs.
        """
        short = namesakes < 2 or slug_of(key) == self.default
        return key.partition("/")[2] if short else key

    @cached_property
    def default(self) -> str | None:
        """The short name of the default publication; None if there is none with an issue."""
        if self._default is None:
            return None
        wanted = " ".join(self._default.split()).casefold()
        slug = wanted.replace(" ", "-")
        if any(True for one in self.segments for _ in one.tags(f"key:{slug}/")):
            return slug
        named = (row for _, row in self.rows if (row.publication or "").casefold() == wanted)
        return next((slug_of(row.key) for row in named), None)

    def record(self, document: int) -> bytes:
        """A document's record."""
        segment = self._segment_of(document)
        return segment.records.record(document - segment.base)

    @property
    def is_empty(self) -> bool:
        """Whether it has no document."""
        return all(len(one.gone) == one.records.size for one in self.segments)

    def tagged(self, tag: str) -> list[int]:
        """The documents that have a tag."""
        self._lookups += 1
        if self._lookups % _LOOKUPS_BEFORE_FORGETTING == 0:
            self.forget()
        return [document for segment in self.segments for document in segment.documents(tag)]

    def tags(self, prefix: str) -> dict[str, int]:
        """The tags that begin so, sorted, and how many documents have each."""
        found: dict[str, int] = {}
        for segment in self.segments:
            for tag, count in segment.tags(prefix):
                found[tag] = found.get(tag, 0) + count
        return dict(sorted(found.items()))

    def tagged_issues(self, tags: Iterable[str]) -> list[str]:
        """The keys of the issues that have these tags, once for each tag."""
        with guarded():
            return [
                self.row_around(document)[1].key for tag in tags for document in self.tagged(tag)
            ]

    def documents_of(self, keys: Iterable[str]) -> Iterator[int]:
        """The documents of these issues and their sections."""
        for key in sorted(keys):
            found = self.row_of(key)
            if found is not None:
                yield from range(found[0], found[0] + found[1].sections + 1)

    def _segment_of(self, document: int) -> OpenSegment:
        return next(one for one in reversed(self.segments) if one.base <= document)


def _segments(folder: Path, commit: Commit) -> Iterator[OpenSegment]:
    base = 0
    for name, gone in commit.segments:
        segment = OpenSegment(folder, name, gone, base)
        yield segment
        base += segment.records.size
