"""Whoosh's codec for our segments: how Whoosh writes them and searches in them.

Whoosh's work: when a segment begins and ends, which document has which number, what is deleted;
and, for whoever opens the index with it, its readers, queries and scoring. Ours: the bytes of a
segment (`segment`), what one takes over from another, which words a section has
(`entries.entries`), and what is called here `Entries`, a field whose value is analysed already.

That an index is Whoosh's through and through is what lets `reading`, which does without Whoosh for
speed, be held against it: tests/test_whoosh.py asks both the same. A posting there has its
*frequency* for a weight, its spots for positions; our marks travel beside them, from field to pool
and from segment to segment.

The names of classes here are in every index: its table of contents pickles the schema and the
codec. To change one is to change the schema version in `reading`.
"""

# Whoosh says it is typed and mostly is not.
# mypy: allow-untyped-calls
# What these methods are to do is said where Whoosh declares them.
# ruff: noqa: D102

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from functools import cached_property
from heapq import merge
from itertools import accumulate, groupby, repeat
from operator import itemgetter
from pathlib import Path
from typing import Any

from whoosh.codec.base import FieldCursor, PerDocumentReader, TermsReader
from whoosh.codec.whoosh3 import W3Codec
from whoosh.fields import FieldType
from whoosh.formats import Format
from whoosh.matching.mcore import LeafMatcher, ReadTooFar
from whoosh.reading import TermInfo

from backissue.index.storage.entries import ASIDE, TEXT, Entry
from backissue.index.storage.segment import (
    Lists,
    Packed,
    Postings,
    RecordsReader,
    RecordsWriter,
    WordsReader,
    WordsWriter,
)

HEAD = "head"  # the stored fields: an issue's head,
RECORD = "record"  # and what a document holds, as JSON in bytes (`index.codec`)
WITH_SPOTS = (TEXT, ASIDE)

_GONE = -1  # the new number of a document that is deleted
_MANY = 4096  # terms or documents, after which memory is given back

Posting = tuple[str, bytes, int, float, bytes]  # field, term, document, mark, spots


class Spots(Format):
    """A posting's value: where the word stands, u32 each, rising; see `ranking` for what they say.

    To Whoosh these are positions. Words one after another in one paragraph have one after another.
    """

    def encode(self, positions: Iterable[int]) -> bytes:
        return array("I", positions).tobytes()

    def decode_positions(self, value: bytes) -> list[int]:
        return array("I", value).tolist()

    def decode_frequency(self, value: bytes) -> int:
        return len(value) // 4

    def decode_weight(self, value: bytes) -> float:
        return self.decode_frequency(value)

    def decode_position_boosts(self, value: bytes) -> list[tuple[int, float]]:
        return [(position, 1.0) for position in self.decode_positions(value)]

    def combine(self, values: Iterable[bytes]) -> bytes:
        return self.encode(sorted({spot for one in values for spot in self.decode_positions(one)}))


class Entries(FieldType):
    """A field whose value is its entries, analysed already."""

    def __init__(self, form: Format, *, scorable: bool) -> None:
        no_analyser: Any = None
        super().__init__(form, no_analyser, scorable=scorable)

    def index(self, value: Iterable[Entry], **_: Any) -> Any:
        """The entries as Whoosh takes them: term, frequency, weight (our mark), value."""
        return [(term, len(spots) >> 2, mark, spots) for term, mark, spots in value]

    def to_bytes(self, value: Any) -> bytes:
        """A term as it is stored; a lone surrogate, from a file's name, is kept as it is."""
        if isinstance(value, list | tuple):
            value = value[0]
        return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")

    def from_bytes(self, term: Any) -> str:
        return bytes(term).decode(errors="surrogatepass")


class Codec(W3Codec):
    """Whoosh's segments, with our own files in them."""

    length_stats = False  # lengths are read where they are asked for

    def per_document_writer(self, storage: Any, segment: Any) -> "_RecordsOut":
        return _RecordsOut(segment.create_file(storage, ".records"))

    def per_document_reader(self, storage: Any, segment: Any) -> "_RecordsIn":
        return _RecordsIn(_path(storage, segment, ".records"), segment)

    def field_writer(self, storage: Any, segment: Any) -> "_WordsOut":
        return _WordsOut(segment.create_file(storage, ".words"))

    def terms_reader(self, storage: Any, segment: Any) -> "_WordsIn":
        records = self.per_document_reader(storage, segment)
        return _WordsIn(_path(storage, segment, ".words"), records)

    def carry_over(self, writer: Any, segment: Any) -> None:
        """Takes the live documents of another segment into the one that `writer` is making.

        Whoosh's `add_reader` does the same posting by posting, in memory: a second for each hundred
        issues, and a gigabyte for forty thousand.
        """
        records = self.per_document_reader(writer.storage, segment)
        numbers = array("q", [_GONE]) * records.size
        for document in range(records.size):
            if not records.is_deleted(document):
                writer.perdocwriter.carry_over(records, document)
                numbers[document] = writer.docnum
                writer.docnum += 1
            if document % _MANY == 0:
                records.forget()
        writer.pool.carry_over(WordsReader(_path(writer.storage, segment, ".words")), numbers)
        records.close()
        writer._added = True  # as `add_reader` has it: there is something to commit


def _path(storage: Any, segment: Any, ending: str) -> Path:
    return Path(storage.folder, segment.make_filename(ending))


# --- words ---------------------------------------------------------------------------------------


class _WordsOut:
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


class _WordsIn(WordsReader, TermsReader):
    """What Whoosh reads words through. Terms are bytes, in their order; fields by name."""

    def __init__(self, path: Path, records: "_RecordsIn") -> None:
        super().__init__(path)
        self._records = records  # opened now, as a later commit may remove the file

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
        if field in WITH_SPOTS:
            return self.postings(row)
        documents = self.documents(row)
        once = [1] * len(documents)
        return Postings(documents, once, once, memoryview(b""))

    def info(self, field: str, lists: Postings) -> TermInfo:
        """What Whoosh wants to know of a term. It changes what it gets, so each is new."""
        lengths = self._records.lengths(field)
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
        self._records.close()


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
        self._term = term
        self._info = info
        self._lists = lists
        self._place = 0

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

    def __init__(self, words: _WordsIn, field: str, kind: FieldType) -> None:
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


class Pool:
    """The postings of a segment in the making: new ones, and those of segments it takes over.

    Only the new ones are in memory. The others are carried over term by term, as they are asked for
    in the order in which they are written.
    """

    def __init__(self) -> None:
        self._fields: dict[str, dict[bytes, Lists]] = {}
        self._others: list[tuple[WordsReader, Sequence[int]]] = []

    def add(self, item: Posting) -> None:
        """Takes a new posting, of a document with a higher number than any before it."""
        field, term, document, mark, spots = item
        terms = self._fields.setdefault(field, {})
        lists = terms.get(term)
        if lists is None:
            lists = terms[term] = Lists()
        lists.add(document, int(mark), spots)

    def carry_over(self, words: WordsReader, numbers: Sequence[int]) -> None:
        """Takes a segment's postings; `numbers` are the new ones of its documents, rising."""
        self._others.append((words, numbers))

    def iter_postings(self) -> Iterator[tuple[str, bytes, Lists | Packed]]:
        """Every term of every field, in order, with its lists."""
        for field in sorted(
            {*self._fields, *(f for words, _ in self._others for f in words.fields())}
        ):
            new = self._fields.get(field, {})
            streams: list[Iterator[tuple[bytes, int, int]]]
            streams = [((term, _GONE, 0) for term in sorted(new))]
            streams += [
                _terms(words, field, place) for place, (words, _) in enumerate(self._others)
            ]
            for term, found in groupby(merge(*streams), key=itemgetter(0)):
                parts = [
                    new[term] if place == _GONE else self._lists(field, place, row)
                    for _, place, row in found
                ]
                kept = [part for part in parts if part.documents]
                if kept:
                    yield field, term, kept[0] if len(kept) == 1 else _joined(kept)

    def _lists(self, field: str, place: int, row: int) -> Packed:
        words, numbers = self._others[place]
        lists = words.packed(row, with_spots=field in WITH_SPOTS)
        moved = array("q", map(numbers.__getitem__, lists.documents))
        if _GONE in moved:
            lists = _without(lists, moved)
            moved = array("q", (number for number in moved if number != _GONE))
        return lists._replace(documents=array("I", moved))

    def cleanup(self) -> None:
        """Lets go of everything."""
        for words, _ in self._others:
            words.close()
        self._others.clear()
        self._fields.clear()


def _terms(words: WordsReader, field: str, place: int) -> Iterator[tuple[bytes, int, int]]:
    """The terms of a field, each with the segment's place and its row."""
    rows = words.rows(field)
    for start in range(rows.start, rows.stop, _MANY):
        some = range(start, min(start + _MANY, rows.stop))
        yield from zip(words.keys(some), repeat(place), some, strict=False)
        words.forget()


def _without(lists: Packed, numbers: Sequence[int]) -> Packed:
    """The lists' weights, counts and spots without those of documents that are gone."""
    if not lists.counts:
        return lists
    weights, counts = memoryview(lists.weights).cast("H"), memoryview(lists.counts).cast("H")
    ends = [0, *accumulate(counts)]
    kept = [place for place, number in enumerate(numbers) if number != _GONE]
    spots = (lists.spots[4 * ends[place] : 4 * ends[place + 1]] for place in kept)
    return Packed(
        lists.documents,
        array("H", [weights[place] for place in kept]).tobytes(),
        array("H", [counts[place] for place in kept]).tobytes(),
        b"".join(spots),
    )


def _joined(parts: Sequence[Lists | Packed]) -> Packed:
    """One term's lists from several segments, whose documents come one after another."""
    documents = array("I")
    for part in parts:
        documents.extend(part.documents)
    return Packed(
        documents,
        b"".join(part.weights for part in parts),
        b"".join(part.counts for part in parts),
        b"".join(part.spots for part in parts),
    )


# --- records -------------------------------------------------------------------------------------


class _RecordsOut:
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

    def carry_over(self, records: "_RecordsIn", document: int) -> None:
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


class _RecordsIn(RecordsReader, PerDocumentReader):
    """What Whoosh reads documents through: stored fields, lengths, what is deleted."""

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

    def stored_fields(self, document: int) -> dict[str, bytes]:
        stored = {RECORD: self.record(document)}
        issue, head = self.head_of(document)
        return stored | {HEAD: head} if issue == document else stored

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
