"""Whoosh's codec for our segments: how Whoosh writes them, searches in them, and commits.

Whoosh decides when a segment begins and ends, which document has which number, what is deleted;
its readers, queries and scoring work on what is given here. Ours are the bytes of a segment
(`segment`), and the pool in which its postings are collected (in `writer`).

To Whoosh a posting's weight is its *frequency*, and its spots are positions. Our own weights lie
beside them; `index.search.ranking` alone reads those.

Every index names `SegmentCodec`: its table of contents pickles it. Whoever moves or renames it must
raise the schema version in `snapshot`.

Unpickling runs what it reads, and that table is the only pickle that is read here. There are two
guards before it: nothing is opened whose seal does not fit (`snapshot.check_seal`), and what is
unpickled may name two classes only.
"""

# Whoosh says it is typed and mostly is not.
# mypy: allow-untyped-calls
# What these methods are to do is said where Whoosh declares them.
# ruff: noqa: D102

import json
import pickle
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from functools import cached_property
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any

from whoosh.codec.base import FieldCursor, PerDocumentReader, TermsReader
from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.fields import FieldType
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.formats import Format
from whoosh.matching.mcore import LeafMatcher, ReadTooFar
from whoosh.reading import TermInfo

from backissue import own_files
from backissue.index.storage import rows
from backissue.index.storage.entries import text_of
from backissue.index.storage.rows import TEXT, WITH_SPOTS
from backissue.index.storage.segment import (
    Lists,
    Packed,
    Postings,
    RecordsReader,
    RecordsWriter,
    WordsReader,
    WordsWriter,
)
from backissue.index.storage.snapshot import KINDS, Commit, generation_of, view, view_of
from backissue.index.storage.whoosh_fields import ADDRESS, HEAD, RECORD
from backissue.own_files import flush


class SegmentCodec(W3Codec):
    """Whoosh's segments, with our own files in them."""

    length_stats = False  # lengths are read where they are asked for

    def per_document_writer(self, storage: Any, segment: Any) -> "RecordsOut":
        return RecordsOut(segment.create_file(storage, ".records"))

    def per_document_reader(self, storage: Any, segment: Any) -> "RecordsIn":
        return RecordsIn(_path(storage, segment, ".records"), segment)

    def field_writer(self, storage: Any, segment: Any) -> "TermsOut":
        return TermsOut(segment.create_file(storage, ".words"))

    def terms_reader(self, storage: Any, segment: Any) -> "TermsIn":
        records = self.per_document_reader(storage, segment)
        return TermsIn(_path(storage, segment, ".words"), records)


def _path(storage: Any, segment: Any, ending: str) -> Path:
    return Path(storage.folder, segment.make_filename(ending))


# --- words ---------------------------------------------------------------------------------------


class TermsOut:
    """What Whoosh hands the pool's postings to when it closes a segment."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._writer = WordsWriter(file.raw_file())
        self.is_closed = False

    def add_postings(
        self, _schema: object, _lengths: object, items: Iterable[tuple[str, bytes, Lists | Packed]]
    ) -> None:
        for field, term, lists in items:
            self._writer.add(field, term, lists)

    def close(self) -> None:
        self._writer.close()
        self._file.close()
        self.is_closed = True


class TermsIn(WordsReader, TermsReader):
    """What Whoosh reads words through. Terms are bytes, in their order; fields by name."""

    def __init__(self, path: Path, records: "RecordsIn") -> None:
        super().__init__(path)
        self.records = records  # opened now, as a later commit may remove the file

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self.row(*term) is not None

    def indexed_field_names(self) -> Iterable[str]:
        return self.fields()

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return self.terms_from("", b"")

    def terms_from(self, field: str, term: bytes) -> Iterator[tuple[str, bytes]]:
        for name in self.fields():
            if name >= field:
                rows = self.rows_from(name, term) if name == field else self.rows(name)
                for row in rows:
                    yield name, self.key(row)

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return self.items_from("", b"")

    def items_from(self, field: str, term: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        for found in self.terms_from(field, term):
            yield found, self.term_info(*found)

    def cursor(self, field: str, kind: FieldType) -> "_Cursor":
        return _Cursor(self, field, kind)

    def doc_frequency(self, field: str, term: bytes) -> int:
        return self.length(self._known(field, term))

    def frequency(self, field: str, term: bytes) -> int:
        return sum(self.lists(field, self._known(field, term)).counts)

    def term_info(self, field: str, term: bytes) -> TermInfo:
        return self.info(field, self.lists(field, self._known(field, term)))

    def matcher(
        self, field: str, term: bytes, form: Format, scorer: object = None
    ) -> "SpotsMatcher":
        lists = self.lists(field, self._known(field, term))
        return SpotsMatcher(lists, self.info(field, lists), form, scorer, (field, term))

    def lists(self, field: str, row: int) -> Postings:
        """The lists of a row; where there are no spots, each document has the term once."""
        lists = self.packed(row, with_spots=field in WITH_SPOTS).postings()
        once = [1] * len(lists.documents)
        return lists if lists.counts else lists._replace(weights=once, counts=once)

    def info(self, field: str, lists: Postings) -> TermInfo:
        """What Whoosh wants to know of a term. It changes what it gets, so each is new."""
        lengths = self.records.lengths(field)
        found = [lengths[document] for document in lists.documents]
        return TermInfo(
            weight=sum(lists.counts),
            df=len(found),
            minlength=min(found),
            maxlength=max(found),
            maxweight=max(lists.counts),
            minid=lists.documents[0],
            maxid=lists.documents[-1],
        )

    def _known(self, field: str, term: bytes) -> int:
        row = self.row(field, term)
        if row is None:
            raise KeyError(term)
        return row

    def close(self) -> None:
        super().close()
        self.records.close()


class SpotsMatcher(LeafMatcher):
    """A term's postings, one after another, as Whoosh's queries go through them.

    The whole list is one block: its quality is the best that its highest frequency and its
    shortest document could give.
    """

    def __init__(
        self,
        lists: Postings,
        info: TermInfo,
        form: Format,
        scorer: Any,
        term: tuple[str, bytes],
    ) -> None:
        self.format = form
        self.scorer = scorer
        self._searched = term
        self._info = info
        self._lists = lists
        self._place = 0

    def term(self) -> tuple[str, bytes]:
        return self._searched

    def copy(self) -> "SpotsMatcher":
        return copy(self)

    def reset(self) -> None:
        self._place = 0

    def is_active(self) -> bool:
        return self._place < len(self._lists.documents)

    def next(self) -> Any:
        """Goes on to the next posting; says whether that ended the block."""
        if not self.is_active():
            raise ReadTooFar
        self._place += 1
        return not self.is_active()

    def skip_to(self, document: int) -> None:
        if not self.is_active():
            raise ReadTooFar
        self._place = bisect_left(self._lists.documents, document, lo=self._place)

    def skip_to_quality(self, least: float) -> int:
        if self.block_quality() > least:
            return 0
        self._place = len(self._lists.documents)
        return 1

    def id(self) -> int:
        return self._lists.documents[self._place]

    def weight(self) -> float:
        return self._lists.counts[self._place]

    def value(self) -> bytes:
        low, high = self._ends[self._place], self._ends[self._place + 1]
        return bytes(self._lists.spots[low:high])

    @cached_property
    def _ends(self) -> list[int]:
        return [0, *accumulate(self._lists.counts)]

    def block_min_length(self) -> int:
        return self._info.min_length() or 0

    def block_max_length(self) -> int:
        return self._info.max_length()

    def block_max_weight(self) -> float:
        return self._info.max_weight()


class _Cursor(FieldCursor):
    """Whoosh's way through the terms of a field, for words spelled nearly so."""

    def __init__(self, words: TermsIn, field: str, kind: FieldType) -> None:
        self._words = words
        self._field = field
        self._kind = kind
        self.first()

    def first(self) -> str | None:
        return self._go(self._words.rows(self._field))

    def find(self, term: str | bytes) -> str | None:
        """Goes to `term`, or to the first one behind where it would be."""
        return self._go(self._words.rows_from(self._field, self._kind.to_bytes(term)))

    def next(self) -> str | None:
        return self._go(self._rows[1:])

    def _go(self, rows: range) -> str | None:
        self._rows = rows
        return self.text()

    def text(self) -> str | None:
        return self._kind.from_bytes(self._words.key(self._rows[0])) if self._rows else None

    def term(self) -> str | None:
        return self.text()

    def term_info(self) -> TermInfo | None:
        if not self._rows:
            return None
        return self._words.info(self._field, self._words.lists(self._field, self._rows[0]))

    def is_valid(self) -> bool:
        return bool(self._rows)


# --- records -------------------------------------------------------------------------------------


class RecordsOut:
    """What Whoosh hands each document's stored fields to, and the lengths of the others."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._writer = RecordsWriter(file.raw_file())
        self.is_closed = False

    def start_doc(self, _document: int) -> None:
        self._stored: dict[str, bytes] = {}
        self._lengths: dict[str, int] = {}

    def add_field(self, name: str, _kind: object, value: bytes | None, length: int) -> None:
        if value is not None:
            self._stored[name] = value
        if length:
            self._lengths[name] = length

    def finish_doc(self) -> None:
        self._writer.add(self._stored[RECORD], self._stored.get(HEAD, b""), self._lengths)

    def carry_over(self, records: "RecordsIn", document: int) -> None:
        """Writes a document as it is in another segment."""
        issue, its_head = records.head_of(document)
        head = its_head if issue == document else b""
        found = {field: records.lengths(field)[document] for field in records.fields()}
        lengths = {field: length for field, length in found.items() if length}
        self._writer.add_packed(records.packed(document), head, lengths)

    def cancel_doc(self) -> None:
        """Nothing is written before a document is finished."""

    def close(self) -> None:
        self._writer.close()
        self._file.close()
        self.is_closed = True


class RecordsIn(RecordsReader, PerDocumentReader):
    """What Whoosh reads documents through: stored fields, lengths, what is deleted.

    Stored are the records; addresses and texts are worked out from them.
    """

    def __init__(self, path: Path, segment: Any) -> None:
        super().__init__(path)
        self._segment = segment
        self._known: dict[str, Sequence[int]] = {}

    def doc_count(self) -> int:
        return self.size - int(self._segment.deleted_count())

    def doc_count_all(self) -> int:
        return self.size

    def has_deletions(self) -> bool:
        return bool(self._segment.has_deletions())

    def is_deleted(self, document: int) -> bool:
        return bool(self._segment.is_deleted(document))

    def deleted_docs(self) -> Iterable[int]:
        deleted: Iterable[int] = self._segment.deleted_docs()
        return deleted

    def stored_fields(self, document: int) -> dict[str, str | bytes]:
        record = self.record(document)
        issue, head = self.head_of(document)
        key = json.loads(head)[0]
        if issue == document:
            return {ADDRESS: key, HEAD: head, RECORD: record}
        text = text_of(rows.section_from_json(record))
        return {ADDRESS: f"{key}.{document - issue}", TEXT: text, RECORD: record}

    def lengths(self, field: str) -> Sequence[int]:
        if field not in self._known:
            self._known[field] = super().lengths(field)
        return self._known[field]

    def doc_field_length(self, document: int, field: str, default: int = 0) -> int:
        return self.lengths(field)[document] or default

    def field_length(self, field: str) -> int:
        return sum(self.lengths(field))

    def min_field_length(self, field: str) -> int:
        return min(filter(None, self.lengths(field)), default=0)

    def max_field_length(self, field: str) -> int:
        return max(self.lengths(field), default=0)


# --- the folder, and its table of contents --------------------------------------------------------


class IndexFolder(FileStorage):
    """Whoosh's storage; `commit` is what the view of the next commit is to say."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.commit = Commit([])

    def open_file(self, name: str, **_: Any) -> StructFile:
        """The file's contents; the file itself is closed, which Whoosh forgets if it is damaged."""
        return _Contents(BytesIO(own_files.read_untouched(Path(self.folder, name))), name=name)

    def rename_file(self, frm: str, to: str, safe: Any = False) -> None:  # noqa: FBT002 - as Whoosh's
        """Have a commit count: nothing but a table of contents is renamed.

        What it names is on the disk before, and so is the view, with its seal.
        """
        folder, generation = Path(self.folder), generation_of(to)
        listing = folder / view_of(generation)
        own_files.write_new(listing, view(folder, generation, self.commit, frm))
        segments = [f"{name}{kind}" for name, _ in self.commit.segments for kind in KINDS]
        for name in (*segments, frm, listing.name, "."):
            flush(folder / name)
        super().rename_file(frm, to, safe)
        flush(folder)


class _Contents(StructFile):
    def read_pickle(self) -> Any:
        return _Unpickler(self.file).load()


class _Unpickler(pickle.Unpickler):
    """Raises UnpicklingError for all but what is in a table of contents, whose schema is ours."""

    def find_class(self, module: str, name: str) -> Any:
        for known in (W3Segment, SegmentCodec):
            if (module, name) == (known.__module__, known.__name__):
                return known
        raise pickle.UnpicklingError(f"{module}.{name} is not of a table of contents")
