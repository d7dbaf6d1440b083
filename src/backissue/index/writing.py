"""Issues into an index: the one home of Whoosh.

Whoosh has the writer's lock, the segments, their merging, and the one instant at which a commit
counts: the renaming of its table of contents. Its plug-in points are used for what is ours: words
arrive analysed (`ranking.entries`), are pooled by term instead of sorted as one long list, and lie
on disk as plain arrays (`segment`) instead of pickles.

Beside each table of contents lies a *view*: the same list of segments as JSON, written before the
table is renamed into place. Readers read that, and so need neither Whoosh nor unpickling; a view
without its table of contents belongs to a commit that never happened.
"""

# Whoosh says it is typed and mostly is not.
# mypy: allow-untyped-calls

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from whoosh.codec.whoosh3 import W3Codec
from whoosh.columns import VarBytesColumn
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.formats import Existence, Format
from whoosh.index import TOC, FileIndex, LockError
from whoosh.matching.mcore import ListMatcher
from whoosh.reading import SegmentReader

from backissue.errors import BusyError, IndexUnusableError
from backissue.index import codec, ranking
from backissue.index.reading import (
    ISSUE_MARK,
    MARK,
    NAME,
    WHY_MARK,
    Index,
    check_owner,
    check_stamp,
    guarded,
    stamp,
    view_of,
)
from backissue.index.segment import Lists, RecordsReader, RecordsWriter, WordsReader, WordsWriter
from backissue.records import Issue

_HEAD = "head"
_RECORD = "record"


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
    for issue in issues:
        if len(issue.sections) != issue.head.sections:
            raise ValueError(f"{issue.head.key} does not have the sections its head says")
    with _private(), _told_apart():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_owner(folder)
        if clear or not any(folder.iterdir()):
            _make_writable(folder)
        else:
            check_stamp(folder)
        _commit(folder, issues, {*keys, *remove}, clear=clear)
        _write_stamp(folder)


@contextmanager
def _told_apart() -> Iterator[None]:
    """A disk that cannot be written is not an index that cannot be read: that one is rebuilt."""
    try:
        with guarded():
            yield
    except IndexUnusableError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError):
            raise cause from None
        raise


@contextmanager
def _private() -> Iterator[None]:
    """Files made here are for their owner only. Whoosh opens them with whatever the umask says."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _write_stamp(folder: Path) -> None:
    """Last, so that whatever bears this stamp was written whole by this version.

    Killed before, the folder has no stamp or an older one, and is rebuilt.
    """
    try:
        check_stamp(folder)
    except IndexUnusableError:
        fresh = folder / "stamp.new"
        fresh.write_text(json.dumps(stamp(), sort_keys=True))
        fresh.replace(folder / "stamp.json")


def _make_writable(folder: Path) -> None:
    """An empty index, if there is none here that this version could commit to."""
    storage = _Storage(str(folder))
    try:
        check_stamp(folder)
        TOC.read(storage, NAME, schema=_SCHEMA)
    except Exception:  # whatever is wrong with it, it is replaced
        (folder / "stamp.json").unlink(missing_ok=True)
        _write_view(folder, 0, [])
        TOC.create(storage, _SCHEMA, NAME)


def _commit(folder: Path, issues: list[Issue], gone: set[str], *, clear: bool) -> None:
    index = FileIndex(_Storage(str(folder)), schema=_SCHEMA, indexname=NAME)
    try:
        writer: Any = index.writer(codec=_Codec(), compound=False)
    except LockError:
        raise BusyError("another process is writing to the index", hint="try again") from None
    try:
        (folder / f"{NAME}_WRITELOCK").chmod(0o600)
        writer.pool = _Pool()
        if not clear:
            with Index.unchecked(folder) as before:
                for document in before.documents_of(gone):
                    writer.delete_document(document)
        for issue in issues:
            _add(writer, issue)
    except BaseException:
        writer.cancel()
        raise

    def merge(_: object, segments: list[Any]) -> list[Any]:
        kept = [] if clear else _merged(writer, segments)
        fresh = [writer.newsegment] if writer.doc_count() else []
        _write_view(folder, writer.generation, [*kept, *fresh])
        return kept

    writer.commit(mergetype=merge)
    _sweep(folder, keep=view_of(writer.generation))


def _sweep(folder: Path, *, keep: str) -> None:
    """Removes views of earlier commits, and what a killed process never renamed."""
    for old in (*folder.glob("view_*.json"), *folder.glob(f"_{NAME}_*.toc.*")):
        if old.name != keep:
            old.unlink(missing_ok=True)


def _write_view(folder: Path, generation: int, segments: list[Any]) -> None:
    listed = [[one.segment_id(), sorted(one.deleted_docs())] for one in segments]
    (folder / view_of(generation)).write_text(json.dumps(listed))


def _merged(writer: Any, segments: list[Any]) -> list[Any]:
    """Takes into the new segment every one that is not more than twice as large; gives the rest.

    So sizes at least double from one segment to the next: an archive of n documents has about
    log2(n) segments, and adding an issue costs, on average, a few times its own size.
    """
    size = writer.doc_count()
    kept: list[Any] = []
    for segment in sorted(segments, key=lambda one: (one.doc_count(), one.segment_id())):
        live = segment.doc_count()
        if not live:
            continue
        if live <= 2 * size or live < segment.deleted_count():
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
            size += live
        else:
            kept.append(segment)
    return kept


def _add(writer: Any, issue: Issue) -> None:
    """The issue's own document and, right behind it, one for each section."""
    head = issue.head
    marks = {ISSUE_MARK, f"key:{head.key}"}
    marks.update(f"print:{number:x}" for number in issue.prints)
    marks.update(f"source:{draft.source}" for draft in issue.drafts)
    marks.update(f"state:{draft.source}.{draft.said}" for draft in issue.drafts)
    writer.add_document(
        **{
            MARK: _marks(marks),
            _HEAD: codec.head_to_json(head),
            _RECORD: codec.rest_to_json(issue),
        }
    )
    for section in issue.sections:
        text, aside = ranking.entries(section, head)
        known = {f"kind:{section.kind.value}", f"kind:{head.kind.value}"}
        if section.why:
            known.add(WHY_MARK)
        writer.add_document(
            **{
                ranking.TEXT: text,
                ranking.ASIDE: aside,
                MARK: _marks(known),
                _RECORD: codec.section_to_json(section),
            }
        )


def _marks(marks: set[str]) -> list[ranking.Entry]:
    return [(mark.encode(errors="surrogatepass"), 1, b"") for mark in sorted(marks)]


# --- Whoosh's plug-in points ---------------------------------------------------------------------


class _Storage(FileStorage):
    """Whoosh's folder. All it reads there by itself is the table of contents, which is small."""

    def open_file(self, name: str, **_: Any) -> StructFile:
        """The file's contents; the file itself is closed, which Whoosh forgets if it is damaged."""
        return StructFile(BytesIO(Path(self.folder, name).read_bytes()), name=name)


class _Ready(FieldType):
    """A field whose value is its entries, analysed already."""

    def __init__(self, form: Format) -> None:
        no_analyser: Any = None
        super().__init__(form, no_analyser)

    def index(self, value: Any, **_: Any) -> Any:
        """The entries as Whoosh wants them: term, frequency, weight, value."""
        return [(term, 1, weight, spots) for term, weight, spots in value]


_SCHEMA = Schema(
    **{
        ranking.TEXT: _Ready(Format()),
        ranking.ASIDE: _Ready(Format()),
        MARK: _Ready(Existence()),
        _HEAD: COLUMN(VarBytesColumn()),
        _RECORD: COLUMN(VarBytesColumn()),
    }
)


class _Codec(W3Codec):
    """Whoosh's segments, with our own files in them."""

    length_stats = False

    def per_document_writer(self, storage: Any, segment: Any) -> "_RecordsOut":
        return _RecordsOut(segment.create_file(storage, ".records"))

    def per_document_reader(self, storage: Any, segment: Any) -> "_RecordsIn":
        return _RecordsIn(os.path.join(storage.folder, segment.make_filename(".records")), segment)

    def field_writer(self, storage: Any, segment: Any) -> "_WordsOut":
        return _WordsOut(segment.create_file(storage, ".words"))

    def terms_reader(self, storage: Any, segment: Any) -> "_WordsIn":
        return _WordsIn(os.path.join(storage.folder, segment.make_filename(".words")))


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


class _WordsOut:
    """What Whoosh hands the pool's postings to when it closes a segment."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._writer = WordsWriter(file.raw_file())
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


class _WordsIn(WordsReader):
    """What Whoosh reads words through when it merges segments."""

    def indexed_field_names(self) -> Iterable[str]:
        return self.fields()

    def terms(self) -> Iterator[tuple[str, bytes]]:
        for field in self.fields():
            for row in self.rows(field):
                yield field, self.key(row)

    def matcher(self, field: str, term: bytes, form: Format, scorer: object = None) -> ListMatcher:
        row = self.row(field, term)
        if row is None:
            raise KeyError(term)
        if field == MARK:
            documents = self.documents(row)
            return ListMatcher(documents, [1] * len(documents), [b""] * len(documents), form)
        lists = self.postings(row)
        raw = lists.spots.cast("B")
        ends = [0]
        for count in lists.counts:
            ends.append(ends[-1] + 4 * count)
        spots = [bytes(raw[start:end]) for start, end in pairwise(ends)]
        return ListMatcher(lists.documents, lists.weights, spots, form, scorer=scorer)


class _RecordsOut:
    """What Whoosh hands each document's columns to."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._writer = RecordsWriter(file.raw_file())
        self._columns: dict[str, bytes] = {}
        self.is_closed = False

    def start_doc(self, _document: int) -> None:
        self._columns = {}

    def add_field(self, *_: object) -> None:
        """Nothing is stored but columns."""

    def add_column_value(self, name: str, _column: object, value: bytes) -> None:
        self._columns[name] = value

    def finish_doc(self) -> None:
        self._writer.add(self._columns[_RECORD], self._columns.get(_HEAD, b""))

    def cancel_doc(self) -> None:
        self._columns = {}

    def close(self) -> None:
        self._writer.close()
        self._file.close()
        self.is_closed = True


class _RecordsIn(RecordsReader):
    """What Whoosh reads each document's columns through when it merges segments."""

    def __init__(self, path: str, segment: Any) -> None:
        super().__init__(path)
        self._segment = segment

    def has_deletions(self) -> bool:
        return bool(self._segment.has_deletions())

    def deleted_docs(self) -> Iterable[int]:
        deleted: Iterable[int] = self._segment.deleted_docs()
        return deleted

    def iter_docs(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for document in range(self.size):
            if not self._segment.is_deleted(document):
                yield document, {}

    def doc_field_length(self, *_: object) -> int:
        return 0

    def has_column(self, name: str) -> bool:
        return name in {_HEAD, _RECORD}

    def column_reader(self, name: str, _column: object) -> "_Column":
        return _Column(self, name)


class _Column:
    """One column of a segment's records."""

    def __init__(self, records: RecordsReader, name: str) -> None:
        self._records = records
        self._heads = (
            {document: codec.head_list_to_json(head) for document, head in records.heads}
            if name == _HEAD
            else None
        )

    def __getitem__(self, document: int) -> bytes:
        if self._heads is None:
            return self._records.record(document)
        return self._heads.get(document, b"")
