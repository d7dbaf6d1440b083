"""Issues to an index and back: the one home of Whoosh.

An index holds, beside the words of every section, the whole records, so a search reads nothing
else. It is derived: one that is missing, damaged or of another version says so, and is rebuilt.

Whoosh keeps the segments, the lock, the merging and the one instant at which a commit counts.
Its plug-in points are used for three things, each measured in benchmarks/: words arrive analysed
(`ranking.entries`), are pooled by term instead of sorted as one long list, and lie on disk as plain
arrays (`segment`) instead of pickles.
"""

# Whoosh says it is typed and mostly is not.
# mypy: allow-untyped-calls

import json
import os
import stat
import sys
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from functools import cached_property
from heapq import nsmallest
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, assert_never

from whoosh import __version__ as whoosh_version
from whoosh.codec.whoosh3 import W3Codec
from whoosh.columns import CompressedBytesColumn, VarBytesColumn
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.formats import Existence, Format
from whoosh.index import TOC, FileIndex, LockError
from whoosh.matching.mcore import ListMatcher
from whoosh.reading import SegmentReader as WhooshReader

from backissue import codec, ranking
from backissue import query as language
from backissue.errors import BackissueError, BusyError, IndexUnusableError, NoArchiveError
from backissue.query import Address, And, Dates, Node, Numbers, Or, Query, Term
from backissue.records import Found, Head, Hit, Issue, Section
from backissue.segment import Lists, Postings, SegmentReader, SegmentWriter
from backissue.snippets import snippet

# Goes up when what is stored of a word changes: analysis, zones, weights, marks.
_SCHEMA_VERSION = 1
_NAME = "MAIN"
_STAMP = "stamp.json"
_MARK = "mark"
_HEAD = "head"
_RECORD = "record"
_ISSUE = "issue"  # the mark of every issue's own document


class Sort(Enum):
    """In which order hits come."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


# --- Whoosh's plug-in points ---------------------------------------------------------------------


class _Ready(FieldType):
    """A field whose value is its entries, analysed already: (term, 1, weight, spots)."""

    def index(self, value: Any, **_: Any) -> Any:
        return value


class _Codec(W3Codec):
    """Whoosh's columns, and our own file for words."""

    def field_writer(self, storage: FileStorage, segment: Any) -> "_FieldWriter":
        return _FieldWriter(segment.create_file(storage, W3Codec.TERMS_EXT))

    def terms_reader(self, storage: FileStorage, segment: Any) -> "_TermsReader":
        return _TermsReader(os.path.join(storage.folder, segment.make_filename(self.TERMS_EXT)))


class _Pool:
    """The postings of a segment in the making, by field and term."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[bytes, Lists]] = {}

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        field, term, document, weight, spots = item
        terms = self._fields.setdefault(field, {})
        lists = terms.get(term)
        if lists is None:
            lists = terms[term] = Lists()
        lists.add(document, int(weight), spots)

    def iter_postings(self) -> Iterator[tuple[str, bytes, Lists]]:
        for field, terms in sorted(self._fields.items()):
            for term in sorted(terms):
                yield field, term, terms[term]

    def cleanup(self) -> None:
        self._fields.clear()


class _FieldWriter:
    """What Whoosh hands the pool's postings to when it closes a segment."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._writer = SegmentWriter(file)
        self.is_closed = False

    def add_postings(
        self, _schema: Schema, _lengths: object, items: Iterable[tuple[str, bytes, Lists]]
    ) -> None:
        for field, term, lists in items:
            self._writer.add(field, term, lists)

    def close(self) -> None:
        self._writer.close()
        self._file.close()
        self.is_closed = True


class _TermsReader(SegmentReader):
    """What Whoosh reads words through when it merges segments."""

    def indexed_field_names(self) -> Iterable[str]:
        return self.fields()

    def terms(self) -> Iterator[tuple[str, bytes]]:
        for field in self.fields():
            for row in self.rows(field):
                yield field, self.key(row)

    def matcher(self, field: str, term: bytes, _format: Format, scorer: None = None) -> ListMatcher:
        row = self.row(field, term)
        if row is None:
            raise KeyError(term)
        if field == _MARK:
            documents = self.documents(row)
            return ListMatcher(documents, [1] * len(documents), [b""] * len(documents), _format)
        lists = self.postings(row)
        raw = lists.spots.cast("B")
        ends = [0]
        for count in lists.counts:
            ends.append(ends[-1] + 4 * count)
        spots = [bytes(raw[a:b]) for a, b in pairwise(ends)]
        return ListMatcher(lists.documents, lists.weights, spots, _format, scorer=scorer)


_READY: Any = None  # no analyser: what comes is analysed


def _schema() -> Schema:
    return Schema(
        **{
            ranking.TEXT: _Ready(Format(), _READY),
            ranking.ASIDE: _Ready(Format(), _READY),
            _MARK: _Ready(Existence(), _READY),
            _HEAD: COLUMN(VarBytesColumn()),
            _RECORD: COLUMN(CompressedBytesColumn(level=6)),
        }
    )


_SCHEMA = _schema()


def _merge(writer: Any, segments: list[Any]) -> list[Any]:
    """Takes into the new segment every one that is not more than twice as large.

    So sizes at least double from one segment to the next: an archive of n documents has about
    log2(n) segments, and adding an issue costs, on average, a few times its own size.
    """
    size = writer.doc_count()
    kept: list[Any] = []
    for segment in sorted(segments, key=lambda one: (one.doc_count(), one.segment_id())):
        live = segment.doc_count()
        mostly_gone = live < segment.deleted_count()
        if live == 0:
            continue
        if live <= 2 * size or mostly_gone:
            reader = WhooshReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
            size += live
        else:
            kept.append(segment)
    return kept


def _drop_all(_writer: Any, _segments: list[Any]) -> list[Any]:
    return []


# --- writing -------------------------------------------------------------------------------------


def write(
    folder: Path, *, add: Iterable[Issue], remove: Iterable[str] = (), clear: bool = False
) -> None:
    """Puts `add` in place of any issues of the same keys and takes out `remove`, in one commit.

    `clear` replaces everything instead. Whoever reads meanwhile sees all of the old or all of the
    new. Raises IndexUnusableError if what is there cannot be added to (`clear` always can),
    BusyError if another process is writing, ValueError if two issues have one key.
    """
    issues = sorted(add, key=lambda issue: issue.head.key)
    keys = [issue.head.key for issue in issues]
    if len(set(keys)) != len(keys):
        twice = sorted(key for key, count in Counter(keys).items() if count > 1)
        raise ValueError(f"issues with one key: {', '.join(twice)}")
    with _private():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(folder)
        if clear or not any(folder.glob(f"_{_NAME}_*.toc")):
            _make_writable(folder)
        else:
            _check_stamp(folder)
        _commit(folder, issues, {*keys, *remove}, clear=clear)
        _write_stamp(folder)


@contextmanager
def _private() -> Iterator[None]:
    """Files made here are for their owner only. Whoosh opens them with whatever the umask says."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _stamp() -> dict[str, object]:
    return {
        "schema": _SCHEMA_VERSION,
        "records": codec.FORMAT,
        "whoosh": list(whoosh_version),
        "byteorder": sys.byteorder,
    }


def _check_stamp(folder: Path) -> None:
    try:
        found = json.loads((folder / _STAMP).read_bytes())
    except (OSError, ValueError):
        raise _unusable("has no version stamp") from None
    if found != _stamp():
        raise _unusable("was written by another version")


def _write_stamp(folder: Path) -> None:
    """Last, so that whatever bears this stamp was written whole by this version.

    Killed before, the folder has no stamp or an older one, and is rebuilt.
    """
    text = json.dumps(_stamp(), sort_keys=True)
    path = folder / _STAMP
    if path.exists() and path.read_text() == text:
        return
    fresh = folder / (_STAMP + ".new")
    fresh.write_text(text)
    fresh.replace(path)


def _make_writable(folder: Path) -> None:
    """An empty index, if there is none here that this version could commit to."""
    try:
        _check_stamp(folder)
        TOC.read(FileStorage(str(folder)), _NAME, schema=_SCHEMA)
    except Exception:  # whatever is wrong with it, it is replaced
        (folder / _STAMP).unlink(missing_ok=True)
        TOC.create(FileStorage(str(folder)), _SCHEMA, _NAME)


def _commit(folder: Path, issues: list[Issue], gone: set[str], *, clear: bool) -> None:
    storage = FileStorage(str(folder))
    try:
        writer: Any = FileIndex(storage, schema=_SCHEMA, indexname=_NAME).writer(
            codec=_Codec(), compound=False
        )
    except LockError:
        raise BusyError("another process is writing to the index", hint="try again") from None
    try:
        (folder / f"{_NAME}_WRITELOCK").chmod(0o600)
        writer.pool = _Pool()
        if not clear:
            with Index._open(folder) as index:
                for document in index._documents_of(gone):
                    writer.delete_document(document)
        for issue in issues:
            _add(writer, issue)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(mergetype=_drop_all if clear else _merge)


def _add(writer: Any, issue: Issue) -> None:
    """The issue's own document and, right behind it, one for each section."""
    head = issue.head
    if len(issue.sections) != head.sections:
        raise ValueError(f"{head.key} says {head.sections} sections and has {len(issue.sections)}")
    marks = {_ISSUE, f"key:{head.key}"}
    marks.update(f"print:{number:x}" for number in issue.prints)
    marks.update(f"source:{draft.source}" for draft in issue.drafts)
    marks.update(f"state:{draft.source}.{draft.said}" for draft in issue.drafts)
    writer.add_document(
        **{
            _MARK: _marks(marks),
            _HEAD: codec.head_to_json(head),
            _RECORD: codec.rest_to_json(issue),
        }
    )
    for section in issue.sections:
        text, aside = ranking.entries(section, head)
        writer.add_document(
            **{
                ranking.TEXT: [(term, 1, weight, spots) for term, weight, spots in text],
                ranking.ASIDE: [(term, 1, weight, spots) for term, weight, spots in aside],
                _MARK: _marks({f"kind:{section.kind.value}", f"kind:{head.kind.value}"}),
                _RECORD: codec.section_to_json(section),
            }
        )


def _marks(marks: set[str]) -> list[tuple[bytes, int, int, bytes]]:
    return [(mark.encode(errors="surrogatepass"), 1, 1, b"") for mark in sorted(marks)]


# --- reading -------------------------------------------------------------------------------------


def _unusable(what: str) -> IndexUnusableError:
    return IndexUnusableError(f"the index {what}", hint="backissue rebuild makes a new one")


@contextmanager
def _guarded() -> Iterator[None]:
    """Whatever Whoosh and a damaged file raise (pickle, struct, zlib, index errors), as one."""
    try:
        yield
    except BackissueError:
        raise
    except Exception as error:
        raise _unusable(f"is damaged ({type(error).__name__})") from error


def _check_owner(folder: Path) -> None:
    """Whoosh unpickles what it opens, so it opens only what nobody else could have written."""
    try:
        found = folder.stat()
    except OSError:
        raise _unusable("is missing") from None
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


class _Part:
    """One segment, open: its words, its columns, and the number of its first document."""

    def __init__(self, storage: FileStorage, segment: Any, base: int) -> None:
        self.base = base
        self.size = segment.doc_count_all()
        self.gone = frozenset(segment.deleted_docs())
        self.words = segment.codec().terms_reader(storage, segment)
        self._columns = segment.codec().per_document_reader(storage, segment)

    def heads(self) -> list[tuple[int, bytes]]:
        """Each issue's document number in the whole index, and its head as JSON."""
        if not self._columns.has_column(_HEAD):
            return []
        column = self._columns.column_reader(_HEAD, VarBytesColumn())
        return [
            (self.base + document, head)
            for document, head in enumerate(column)
            if head and document not in self.gone
        ]

    def record(self, document: int) -> bytes:
        column = self._columns._cached_reader(_RECORD, CompressedBytesColumn())
        found: bytes = column[document - self.base]
        return found

    def documents(self, mark: str) -> list[int]:
        row = self.words.row(_MARK, mark.encode(errors="surrogatepass"))
        if row is None:
            return []
        return [
            self.base + document
            for document in self.words.documents(row)
            if document not in self.gone
        ]

    def postings(self, row: int) -> Postings:
        lists: Postings = self.words.postings(row)
        if not self.gone.isdisjoint(lists.documents):
            lists = _without(lists, self.gone)
        if self.base:
            lists = lists._replace(documents=[self.base + one for one in lists.documents])
        return lists

    def close(self) -> None:
        self.words.close()
        self._columns.close()


def _without(lists: Postings, gone: frozenset[int]) -> Postings:
    """`lists` without the documents that were taken out since the segment was written."""
    kept: list[int] = []
    spots = array("I")
    place = 0
    for at, (document, count) in enumerate(zip(lists.documents, lists.counts, strict=True)):
        if document not in gone:
            kept.append(at)
            spots.extend(lists.spots[place : place + count])
        place += count
    return Postings(
        [lists.documents[at] for at in kept],
        [lists.weights[at] for at in kept],
        [lists.counts[at] for at in kept],
        memoryview(spots),
    )


class Index:
    """One state of an index, open for reading: whatever is committed later is not seen.

    Every method raises IndexUnusableError if a file turns out to be damaged.
    """

    def __init__(self, parts: list[_Part]) -> None:
        self._parts = parts

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The index in `folder`, as last committed.

        Raises IndexUnusableError if it is missing, damaged or of another version (rebuild it), and
        NoArchiveError if somebody else could have written it (it is not opened at all).
        """
        _check_owner(folder)
        _check_stamp(folder)
        with _guarded():
            return cls._open(folder)

    @classmethod
    def _open(cls, folder: Path) -> Self:
        storage = FileStorage(str(folder))
        for attempt in range(10, -1, -1):
            parts: list[_Part] = []
            try:
                base = 0
                for segment in TOC.read(storage, _NAME, schema=_SCHEMA).segments:
                    parts.append(_Part(storage, segment, base))
                    base += segment.doc_count_all()
            except FileNotFoundError:
                # A commit has removed what the table of contents just read still names.
                for part in parts:
                    part.close()
                if not attempt:
                    raise
            else:
                return cls(parts)
        raise AssertionError("the last attempt returns or raises")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the files; records already given out stay."""
        for part in self._parts:
            part.close()

    # --- issues

    @cached_property
    def _rows(self) -> list[tuple[int, list[Any]]]:
        """Each issue's document and its head as stored, in the order of documents."""
        found = [row for part in self._parts for row in part.heads()]
        # One JSON text parses many times faster than thousands of small ones.
        heads = json.loads(b"[" + b",".join([head for _, head in found]) + b"]")
        return [(document, head) for (document, _), head in zip(found, heads, strict=True)]

    @cached_property
    def _places(self) -> list[int]:
        return [document for document, _ in self._rows]

    @cached_property
    def _shorts(self) -> Counter[str]:
        return Counter(_short(head[0]) for _, head in self._rows)

    def _head(self, row: list[Any]) -> Head:
        short = row[0].partition("/")[2]
        return codec.head_from_list(row, short if self._shorts[_short(row[0])] == 1 else row[0])

    def heads(self) -> tuple[Head, ...]:
        """All issues: publication by publication, newest number first, then the unnumbered."""
        with _guarded():
            return tuple([self._head(row) for _, row in sorted(self._rows, key=_shelf_order)])

    def find(self, address: str) -> tuple[str, ...]:
        """The keys of the issues whose short or full address this is, sorted; case is no matter."""
        wanted = address.strip().casefold()
        with _guarded():
            return tuple(
                sorted(
                    row[0] for _, row in self._rows if wanted in (row[0].casefold(), _short(row[0]))
                )
            )

    def neighbours(self, address: str) -> tuple[str, ...]:
        """Up to three ids of issues close to `address`, the closest first."""
        wanted = address.strip().casefold()
        with _guarded():
            known = [self._head(row).id for _, row in sorted(self._rows, key=_shelf_order)]
        ranked = sorted((_apart(wanted, one), at) for at, one in enumerate(known))
        return tuple(known[at] for apart, at in ranked[:3] if apart < _TOO_FAR)

    def issue(self, key: str) -> Issue | None:
        """The whole record of an issue, or None if there is no such key."""
        with _guarded():
            found = self._row_of(key)
            if found is None:
                return None
            document, row = found
            sections = tuple(
                codec.section_from_json(self._record(document + at)) for at in range(1, row[6] + 1)
            )
            return codec.issue_from_json(self._head(row), self._record(document), sections)

    def section(self, key: str, position: int) -> Section | None:
        """One section of an issue, counted from 1, or None if there is none."""
        with _guarded():
            found = self._row_of(key)
            if found is None or not 1 <= position <= found[1][6]:
                return None
            return codec.section_from_json(self._record(found[0] + position))

    def _row_of(self, key: str) -> tuple[int, list[Any]] | None:
        for document in self._marked(f"key:{key}"):
            return self._rows[self._row_at(document)]
        return None

    def _row_at(self, document: int) -> int:
        """Where in `_rows` the issue of a document stands."""
        return bisect_right(self._places, document) - 1

    def _documents_of(self, keys: Iterable[str]) -> Iterator[int]:
        for key in sorted(keys):
            found = self._row_of(key)
            if found is not None:
                yield from range(found[0], found[0] + found[1][6] + 1)

    def _part_of(self, document: int) -> _Part:
        return next(part for part in reversed(self._parts) if part.base <= document)

    def _record(self, document: int) -> bytes:
        return self._part_of(document).record(document)

    def _marked(self, mark: str) -> list[int]:
        return [document for part in self._parts for document in part.documents(mark)]

    # --- what ingesting asks

    def states(self) -> frozenset[str]:
        """`source.said` of every draft in the index: what need not be read again."""
        with _guarded():
            return frozenset(
                key.decode(errors="surrogatepass").removeprefix("state:")
                for part in self._parts
                for row in part.words.rows(_MARK, b"state:")
                if not part.gone or any(one not in part.gone for one in part.words.documents(row))
                for key in (part.words.key(row),)
            )

    def kin(self, prints: Iterable[int], sources: Iterable[str]) -> frozenset[str]:
        """The keys of the issues that hold any of these fingerprints or drafts of these sources."""
        marks = [f"print:{number:x}" for number in prints]
        marks += [f"source:{source}" for source in sources]
        with _guarded():
            documents = {document for mark in marks for document in self._marked(mark)}
            return frozenset(self._rows[self._row_at(document)][1][0] for document in documents)

    # --- searching

    def search(self, query: Query, *, limit: int | None = 10, sort: Sort = Sort.RELEVANCE) -> Found:
        """The sections that answer `query`: how many in all, and the first `limit` of them.

        Equal marks are ordered by date, newest first, then by key and position. If nothing is
        found, `suggestion` is a query in the archive's own spelling that does find something.
        """
        with _guarded():
            scores = self._ranking.scores(query.root)
            documents = self._first(scores, len(scores) if limit is None else limit, sort)
            wanted = query.wanted()
            hits = tuple(
                self._hit(rank, document, scores[document], wanted)
                for rank, document in enumerate(documents, 1)
            )
            suggestion = None if scores else self._suggestion(query)
            return Found(total=len(scores), hits=hits, suggestion=suggestion)

    def unmatched(self, query: Query) -> tuple[str, ...]:
        """The words and phrases of `query`, as it spells them, that no section has."""
        with _guarded():
            return ranking.unmatched(self._ranking, query)

    @cached_property
    def _ranking(self) -> ranking.Ranking:
        return ranking.Ranking(_Shelf(self))

    def _first(self, scores: ranking.Scores, limit: int, sort: Sort) -> list[int]:
        order = self._order(sort)
        if sort is Sort.RELEVANCE:
            # Rounded, because sums of floats differ in their last bits for no reason of the reader.
            return nsmallest(
                limit,
                scores,
                key=lambda one: (-round(scores[one], 9), order[self._row_at(one)], one),
            )
        return nsmallest(limit, scores, key=lambda one: (order[self._row_at(one)], one))

    def _order(self, sort: Sort) -> list[int]:
        """For each of `_rows` its place among the issues in the order of `sort`."""
        match sort:
            case Sort.RELEVANCE:
                ordered = sorted(range(len(self._rows)), key=self._by_date_and_key)
            case Sort.NEWEST:
                ordered = sorted(range(len(self._rows)), key=self._newest_first)
            case Sort.OLDEST:
                ordered = sorted(range(len(self._rows)), key=self._oldest_first)
            case _:
                assert_never(sort)
        order = [0] * len(ordered)
        for place, at in enumerate(ordered):
            order[at] = place
        return order

    def _by_date_and_key(self, at: int) -> tuple[int, str]:
        head = self._rows[at][1]
        return (-_day(head[4]), head[0])

    def _newest_first(self, at: int) -> tuple[int, int, str]:
        head = self._rows[at][1]
        return (-_day(head[4]), -(head[2] or 0), head[0])

    def _oldest_first(self, at: int) -> tuple[bool, int, int, str]:
        head = self._rows[at][1]
        return (head[4] is None, _day(head[4]), head[2] or 0, head[0])

    def _hit(
        self,
        rank: int,
        document: int,
        score: float,
        wanted: tuple[Term | language.Phrase, ...],
    ) -> Hit:
        section = codec.section_from_json(self._record(document))
        head = self._head(self._rows[self._row_at(document)][1])
        return Hit(
            rank=rank,
            score=round(score, 4),
            section=section,
            issue=head,
            snippet=snippet(section, wanted),
        )

    def _suggestion(self, query: Query) -> str | None:
        """`query` with each word that no section has put right, if that finds something."""
        mended: dict[Term, str] = {}
        for leaf in query.wanted():
            if isinstance(leaf, Term) and not self._ranking.scores(leaf):
                better = self._closest(leaf.text)
                if better is None:
                    return None
                mended[leaf] = better
        if not mended:
            return None
        root = _mend(query.root, mended)
        return str(root) if self._ranking.scores(root) else None

    def _closest(self, word: str) -> str | None:
        """The archive's word that is spelled most like `word`, of equals the most frequent."""
        limit = 1 if len(word) < 5 else 2
        if len(word) < 3 or not word.isalpha():
            return None  # o4 is not a slip for o1
        best: tuple[int, int, str] | None = None
        for other, count in _Shelf(self).beginning(ranking.TEXT, word[0]).items():
            if abs(len(other) - len(word)) > limit or not other.isalpha():
                continue
            apart = language.distance(word, other, limit)
            if apart <= limit and (best is None or (apart, -count, other) < best):
                best = (apart, -count, other)
        return best[2] if best else None


class _Shelf:
    """An index as the ranking sees it (`ranking.Words`)."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def postings(self, field: str, word: str) -> list[Postings]:
        term = word.encode(errors="surrogatepass")
        found: list[Postings] = []
        for part in self._index._parts:
            row = part.words.row(field, term)
            if row is not None:
                found.append(part.postings(row))
        return found

    def beginning(self, field: str, prefix: str) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for part in self._index._parts:
            for row in part.words.rows(field, prefix.encode(errors="surrogatepass")):
                word = part.words.key(row).decode(errors="surrogatepass")
                found[word] = found.get(word, 0) + part.words.length(row)
        return found

    def of_kind(self, kind: str) -> Collection[int]:
        return self._index._marked(f"kind:{kind}")

    def among(self, node: Numbers | Address | Dates) -> Collection[int]:
        return self._sections(_accepts(node))

    def everything(self) -> Collection[int]:
        return self._sections(lambda _: True)

    def _sections(self, accepts: Callable[[list[Any]], bool]) -> list[int]:
        return [
            section
            for document, row in self._index._rows
            if accepts(row)
            for section in range(document + 1, document + row[6] + 1)
        ]


def _accepts(node: Numbers | Address | Dates) -> Callable[[list[Any]], bool]:
    """Whether an issue's stored head is one that `node` means."""
    match node:
        case Numbers():
            return lambda row: row[2] is not None and row[2] in node
        case Address():
            wanted = node.text.casefold()
            return lambda row: wanted in (row[0].casefold(), _short(row[0]))
        case Dates():
            # ISO dates compare as text; an issue without a date is at no time.
            first = node.first.isoformat() if node.first else ""
            last = node.last.isoformat() if node.last else "9999-12-31"
            return lambda row: row[4] is not None and first <= row[4] <= last
        case _:
            assert_never(node)


def _mend(node: Node, mended: dict[Term, str]) -> Node:
    match node:
        case Term():
            return replace(node, text=mended[node]) if node in mended else node
        case And() | Or():
            return replace(node, nodes=tuple(_mend(inner, mended) for inner in node.nodes))
        case _:
            return node


def _short(key: str) -> str:
    """An issue's address within its publication, for comparing."""
    return key.partition("/")[2].casefold()


def _shelf_order(item: tuple[int, list[Any]]) -> tuple[str, bool, int, int, str]:
    key, _, number, _, day, *_ = item[1]
    slug = key.partition("/")[0]
    return (slug, number is None, -(number or 0), -_day(day), key)


def _day(day: str | None) -> int:
    """A stored date as a number that grows with it; 0 where there is none."""
    return int(day.replace("-", "")) if day else 0


_TOO_FAR = 4


def _apart(wanted: str, ident: str) -> int:
    """How unlike two addresses are; `_TOO_FAR` if they have nothing to do with one another."""
    short = ident.casefold().rpartition("/")[2]
    if wanted.isdecimal() and short.isdecimal():
        return min(abs(int(wanted[:9]) - int(short[:9])), _TOO_FAR)
    if len(wanted) > 2 and wanted in short:
        return 1
    return min(
        language.distance(wanted, short, _TOO_FAR - 1),
        language.distance(wanted, ident.casefold(), _TOO_FAR - 1),
    )
