"""One index segment on disk, as two files: its words and its records.

Whoosh decides when a segment is written, merged and thrown away; these are its bytes, which
`snapshot` reads without Whoosh and `whoosh_codec` reads for it. They are ours, because Whoosh's own
files are pickles in blocks, to be unpacked before the first answer. A file is written once, in
order, then mapped into memory and sliced: opening an archive costs little whatever its size.

Every byte that is read is checked: the tables and the directory when a file is opened, a term's
lists when they are asked for, a record by zlib as it is inflated. A byte that a bad disk changed
raises ValueError; it never changes an answer.

Words (`.words`):

    magic, then for each term its lists, one after another:
        documents  u32 each, rising
        weights    u16 each   } only in fields with spots
        counts     u16 each   }
        spots      u32 each, `counts` of them for each document, rising
    keys           the terms' bytes, one after another, sorted within each field
    key ends, list starts, list lengths   u32, u64, u32: one of each per term
    list sums      u32: the CRC-32 of each term's bytes and its lists
    directory      JSON: how many terms, and which belong to which field
    place of the keys, place of the directory, CRC-32 of all between (u64 each), magic

Records (`.records`):

    magic, each document's record (JSON, deflated), one after another
    record ends    u64: one per document
    lengths        u32: one per document and field, how many entries the field has there
    issues         u32: the document of each issue, rising
    head ends      u32: one per issue
    heads          JSON, each with a comma behind it, so that together they are read as one list
    directory      JSON: how many documents and issues, the fields that have lengths, and how many
                   bytes the heads have
    place of the record ends, place of the directory, CRC-32 of all between (u64 each), magic

Numbers are in the machine's own byte order; the index's stamp names it.
"""

import json
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, pairwise, repeat
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

from backissue.own_files import forget, mapped

_MAGIC = b"BISEG3\r\n"
# Of a larger table not all that was looked at in passing is kept in memory.
_LARGE = 16 * 2**20
# So many numbers of a table are in memory while it is written, and so many terms while all of a
# field are read.
_MANY = 2**16
_MANY_TERMS = 4096


class Lists:
    """The lists of one term while they grow: appended to in rising order of documents."""

    __slots__ = ("counts", "documents", "spots", "weights")

    def __init__(self) -> None:
        self.documents = array("I")
        self.weights = array("H")
        self.counts = array("H")
        self.spots = bytearray()

    def add(self, document: int, weight: int, spots: bytes) -> None:
        """Adds one document with its weight and its spots (u32 each, as bytes)."""
        self.documents.append(document)
        if spots:
            # A count is u16. A word that is there 65,535 times in one section is there.
            count = min(len(spots) // 4, 0xFFFF)
            self.weights.append(weight)
            self.counts.append(count)
            self.spots += spots[: 4 * count]


class _GrowingTable:
    """A table in the making: its numbers or bytes, on the disk except the last of them.

    Forty thousand mails have five million terms, whose tables are two hundred megabytes.
    """

    def __init__(self, kind: str) -> None:
        self._last: array[int] = array(kind)
        self._file: IO[bytes] | None = None

    def append(self, number: int) -> None:
        self._last.append(number)
        self._spill()

    def extend(self, data: bytes) -> None:
        self._last.frombytes(data)
        self._spill()

    def _spill(self) -> None:
        if len(self._last) >= _MANY:
            from tempfile import TemporaryFile

            self._file = self._file or TemporaryFile()  # noqa: SIM115 - closed when it is written
            self._file.write(self._last)
            del self._last[:]

    def chunks(self) -> Iterator[bytes]:
        """All of it, once."""
        if self._file:
            with self._file as file:
                file.seek(0)
                while chunk := file.read(2**20):
                    yield chunk
        yield self._last.tobytes()


class WordsWriter:
    """Writes a file of words; terms come field by field, sorted by bytes within each field."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._place = file.write(_MAGIC)
        self._keys = _GrowingTable("B")
        self._ends = _GrowingTable("I")
        self._starts = _GrowingTable("Q")
        self._lengths = _GrowingTable("I")
        self._sums = _GrowingTable("I")
        self._terms = 0
        self._size = 0
        self._fields: dict[str, tuple[int, int]] = {}

    def add(self, field: str, term: bytes, lists: "Lists | Packed") -> None:
        """Writes the lists of one term."""
        row = self._terms
        self._terms += 1
        self._fields[field] = (self._fields.get(field, (row, row))[0], row + 1)
        self._keys.extend(term)
        self._size += len(term)
        self._ends.append(self._size)
        self._starts.append(self._place)
        self._lengths.append(len(lists.documents))
        data = b"".join((lists.documents, lists.weights, lists.counts, lists.spots))
        self._sums.append(zlib.crc32(data, zlib.crc32(term)))
        self._place += self._file.write(data)

    def close(self) -> None:
        """Writes the keys and the directory; the file itself stays open."""
        directory = {"fields": self._fields, "terms": self._terms}
        tables = (self._keys, self._ends, self._starts, self._lengths, self._sums)
        chunks = chain.from_iterable(table.chunks() for table in tables)
        _close(self._file, self._place, chunks, json.dumps(directory).encode())


def _close(file: BinaryIO, place: int, tables: Iterable[bytes], directory: bytes) -> None:
    """Writes the end of a file: tables, from `place` on, directory, and how to find them."""
    end, checksum = place, 0
    for data in tables:
        end += file.write(data)
        checksum = zlib.crc32(data, checksum)
    ends = (place, end, zlib.crc32(directory, checksum))
    file.write(directory + array("Q", ends).tobytes() + _MAGIC)


class _Open(NamedTuple):
    """A file's contents, its directory, and where its tables and its directory begin."""

    view: memoryview
    directory: Any
    tables: int
    end: int


def _open(path: Path | str) -> _Open:
    view = mapped(path)
    tail = len(view) - len(_MAGIC) - 3 * 8
    if tail < len(_MAGIC) or view[-len(_MAGIC) :] != _MAGIC or view[: len(_MAGIC)] != _MAGIC:
        raise ValueError(f"{path} is not a whole segment")
    tables, end, checksum = view[tail : -len(_MAGIC)].cast("Q")
    found = 0
    for start in range(tables, tail, _LARGE):
        found = zlib.crc32(view[start : min(start + _LARGE, tail)], found)
        if tail - tables > _LARGE:
            forget(view)
    if found != checksum:
        raise ValueError(f"{path} is damaged")
    return _Open(view, json.loads(bytes(view[end:tail])), tables, end)


class Postings(NamedTuple):
    """One term's lists as a search uses them: documents, and for each its weight and its spots."""

    documents: list[int]
    weights: list[int]
    counts: list[int]
    spots: memoryview


class Packed(NamedTuple):
    """One term's lists as they lie in a file; without spots only the documents are not empty."""

    documents: "memoryview | array[int]"  # u32
    weights: "memoryview | array[int]"  # u16
    counts: "memoryview | array[int]"  # u16
    spots: memoryview | bytes

    def only(self, places: Sequence[int]) -> "Packed":
        """The lists of the documents at these places in them, rising."""
        documents = array("I", [self.documents[place] for place in places])
        if not self.counts:
            return self._replace(documents=documents)
        ends = [0, *accumulate(self.counts)]
        return Packed(
            documents,
            array("H", [self.weights[place] for place in places]),
            array("H", [self.counts[place] for place in places]),
            b"".join([self.spots[4 * ends[place] : 4 * ends[place + 1]] for place in places]),
        )

    def postings(self, base: int = 0) -> Postings:
        """The lists as numbers, with `base` added to those of the documents."""
        documents = self.documents.tolist()
        return Postings(
            [base + document for document in documents] if base else documents,
            self.weights.tolist(),
            self.counts.tolist(),
            memoryview(self.spots).cast("I"),
        )


class WordsReader:
    """Reads a file of words. Raises ValueError if it is not whole, here or when it is asked."""

    def __init__(self, path: Path | str) -> None:
        view, directory, keys, end = _open(path)
        count = directory["terms"]
        start = end - 20 * count  # of the tables; before them come the keys
        self._ends = view[start : start + 4 * count].cast("I")
        self._starts = view[start + 4 * count : start + 12 * count].cast("Q")
        self._lengths = view[start + 12 * count : start + 16 * count].cast("I")
        self._sums = view[start + 16 * count : end].cast("I")
        self._keys = view[keys:start]
        self._view = view
        self._fields: dict[str, tuple[int, int]] = {
            name: (low, high) for name, (low, high) in directory["fields"].items()
        }

    def key(self, row: int) -> bytes:
        """The bytes of the term in `row`."""
        return bytes(self._keys[self._ends[row - 1] if row else 0 : self._ends[row]])

    def keys(self, rows: range) -> list[bytes]:
        """The bytes of the terms in `rows`, all at once, which is five times as quick."""
        if not rows:
            return []
        start = self._ends[rows[0] - 1] if rows[0] else 0
        data = bytes(self._keys[start : self._ends[rows[-1]]])
        ends = [end - start for end in self._ends[rows[0] : rows[-1] + 1]]
        return [data[low:high] for low, high in pairwise([0, *ends])]

    def terms_of(self, field: str, place: int) -> Iterator[tuple[bytes, int, int]]:
        """Each term of a field with `place` and its row, in order; gives memory back on the way.

        `place` is this reader's among those whose terms are merged.
        """
        rows = self.rows(field)
        for start in range(0, len(rows), _MANY_TERMS):
            some = rows[start : start + _MANY_TERMS]
            yield from zip(self.keys(some), repeat(place), some, strict=False)
            self.forget()

    def lengths(self, rows: range) -> list[int]:
        """How many documents have each of the terms in `rows`."""
        return self._lengths[rows.start : rows.stop].tolist()

    def fields(self) -> Iterable[str]:
        """The names of the fields that hold terms."""
        return self._fields

    def rows(self, field: str, prefix: bytes = b"") -> range:
        """The rows of the terms in `field` that begin with `prefix`."""
        low, high = self._fields.get(field, (0, 0))
        if not prefix:
            return range(low, high)
        first = self._place(prefix, low, high)
        # No UTF-8 has the byte FF, so this is past every term that begins so.
        return range(first, self._place(prefix + b"\xff", first, high))

    def rows_from(self, field: str, term: bytes) -> range:
        """The rows of the terms in `field` from `term` on, whether it is there or not."""
        low, high = self._fields.get(field, (0, 0))
        return range(self._place(term, low, high), high)

    def row(self, field: str, term: bytes) -> int | None:
        """The row of `term`, if the segment has it."""
        low, high = self._fields.get(field, (0, 0))
        place = self._place(term, low, high)
        return place if place < high and self.key(place) == term else None

    def _place(self, term: bytes, low: int, high: int) -> int:
        return bisect_left(range(high), term, lo=low, key=self.key)

    def length(self, row: int) -> int:
        """How many documents have the term in `row`."""
        return self._lengths[row]

    def packed(self, row: int, *, with_spots: bool) -> Packed:
        """The lists of the term in `row`; `with_spots` says whether its field has them."""
        count, start = self._lengths[row], self._starts[row]
        ends = [start + 4 * count, start + 6 * count, start + 8 * count]
        documents = self._view[start : ends[0]]
        if not with_spots:
            self._check(row, documents)
            nothing = documents[:0]
            return Packed(documents.cast("I"), nothing, nothing, nothing)
        counts = self._view[ends[1] : ends[2]].cast("H")
        end = ends[2] + 4 * sum(counts)
        self._check(row, self._view[start:end])
        weights = self._view[ends[0] : ends[1]].cast("H")
        return Packed(documents.cast("I"), weights, counts, self._view[ends[2] : end])

    def forget(self) -> None:
        """Lets the system take back the memory that holds what was read, until it is read again."""
        forget(self._view)

    def _check(self, row: int, lists: memoryview) -> None:
        if zlib.crc32(lists, zlib.crc32(self.key(row))) != self._sums[row]:
            raise ValueError("the lists of a term are damaged")

    def close(self) -> None:
        """Lets go of the map; the lists already read stay."""
        del self._view, self._keys, self._ends, self._starts, self._lengths, self._sums


class RecordsWriter:
    """Writes a file of records; documents come in order from 0."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._place = file.write(_MAGIC)
        self._ends = array("Q")
        self._lengths: dict[str, array[int]] = {}
        self._issues = array("I")
        self._head_ends = array("I")
        self._heads = _GrowingTable("B")
        self._heads_size = 0

    def add(self, record: bytes, head: bytes, lengths: Mapping[str, int]) -> None:
        """Writes one document's record, and its head (JSON) if it is an issue's own.

        `lengths` are how many entries it has in each field, as far as there are any.
        """
        self.add_packed(zlib.compress(record, 6), head, lengths)

    def add_packed(
        self, record: bytes | memoryview, head: bytes, lengths: Mapping[str, int]
    ) -> None:
        """The same with a record as it lies in another file."""
        document = len(self._ends)
        if head:
            self._heads.extend(head + b",")
            self._heads_size += len(head) + 1
            self._issues.append(document)
            self._head_ends.append(self._heads_size)
        for field, length in lengths.items():
            column = self._lengths.setdefault(field, array("I"))
            column.extend([0] * (document - len(column)))
            column.append(length)
        self._place += self._file.write(record)
        self._ends.append(self._place)

    def close(self) -> None:
        """Writes the directory; the file itself stays open."""
        count = len(self._ends)
        for column in self._lengths.values():
            column.extend([0] * (count - len(column)))
        directory = {
            "documents": count,
            "lengths": list(self._lengths),
            "issues": len(self._issues),
            "heads": self._heads_size,
        }
        numbers = (self._ends, *self._lengths.values(), self._issues, self._head_ends)
        tables = chain((table.tobytes() for table in numbers), self._heads.chunks())
        _close(self._file, self._place, tables, json.dumps(directory).encode())


class RecordsReader:
    """Reads a file of records. Raises ValueError if it is not whole.

    `size` counts the documents; `issues` are those that are an issue's own, rising.
    """

    def __init__(self, path: Path | str) -> None:
        view, directory, ends, end = _open(path)
        self.size: int = directory["documents"]
        self._view = view
        self._lengths_at = ends + 8 * self.size
        self._fields: list[str] = directory["lengths"]
        self._ends = view[ends : self._lengths_at].cast("Q")
        count, heads_at = directory["issues"], end - directory["heads"]
        self.issues = view[heads_at - 8 * count : heads_at - 4 * count].cast("I")
        self._head_ends = view[heads_at - 4 * count : heads_at].cast("I")
        self._heads = view[heads_at:end]

    @cached_property
    def heads(self) -> list[list[Any]]:
        """The heads of all issues, in the order of `issues`."""
        heads: list[list[Any]] = json.loads(b"[%b]" % bytes(self._heads[:-1]))
        return heads

    def head_of(self, document: int) -> tuple[int, bytes]:
        """The issue that a document is of: its own document, and its head (JSON)."""
        place = bisect_right(self.issues, document) - 1
        start = self._head_ends[place - 1] if place else 0
        return self.issues[place], bytes(self._heads[start : self._head_ends[place] - 1])

    def record(self, document: int) -> bytes:
        """One document's record."""
        return zlib.decompress(self.packed(document))

    def packed(self, document: int) -> memoryview:
        """One document's record as it is, deflated."""
        start = self._ends[document - 1] if document else len(_MAGIC)
        return self._view[start : self._ends[document]]

    def fields(self) -> Iterable[str]:
        """The names of the fields that have lengths."""
        return self._fields

    def forget(self) -> None:
        """Lets the system take back the memory that holds what was read, until it is read again."""
        forget(self._view)

    def lengths(self, field: str) -> Sequence[int]:
        """How many entries each document has in `field`."""
        if field not in self._fields:
            return [0] * self.size
        start = self._lengths_at + 4 * self.size * self._fields.index(field)
        return self._view[start : start + 4 * self.size].cast("I").tolist()

    def close(self) -> None:
        """Lets go of the map."""
        del self._view, self._ends, self.issues, self._head_ends, self._heads
