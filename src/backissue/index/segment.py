"""One index segment on disk, as two files: its words and its records.

Written once, in order; then mapped into memory and sliced, so that opening an archive costs little
whatever its size, and reading a word's list is three copies out of the map. No pickles.

Words (`.words`):

    magic, then for each term its lists, one after another:
        documents  u32 each, rising
        weights    u16 each   } only in fields with spots
        counts     u16 each   }
        spots      u32 each, `counts` of them for each document, rising
    keys           the terms' bytes, one after another, sorted within each field
    key ends, list starts, list lengths   u32, u64, u32: one of each per term
    directory      JSON: where these are, and which terms belong to which field
    length of the directory (u32), magic

Records (`.records`):

    magic, each document's record (JSON, deflated), one after another
    record ends    u64: one per document
    directory      JSON: how many documents, and the heads: [document, head] for each issue
    length of the directory (u32), magic

Numbers are in the machine's own byte order; the index's stamp names it.
"""

import json
import mmap
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

_MAGIC = b"BISEG1\r\n"


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


class WordsWriter:
    """Writes a file of words; terms come field by field, sorted by bytes within each field."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._place = file.write(_MAGIC)
        self._keys: list[bytes] = []
        self._ends = array("I")
        self._starts = array("Q")
        self._lengths = array("I")
        self._fields: dict[str, tuple[int, int]] = {}
        self._size = 0

    def add(self, field: str, term: bytes, lists: Lists) -> None:
        """Writes the lists of one term."""
        row = len(self._keys)
        self._fields[field] = (self._fields.get(field, (row, row))[0], row + 1)
        self._keys.append(term)
        self._size += len(term)
        self._ends.append(self._size)
        self._starts.append(self._place)
        self._lengths.append(len(lists.documents))
        for part in (lists.documents, lists.weights, lists.counts):
            self._place += self._file.write(part.tobytes())
        self._place += self._file.write(lists.spots)

    def close(self) -> None:
        """Writes the keys and the directory; the file itself stays open."""
        directory = {"fields": self._fields, "terms": len(self._keys), "keys": self._place}
        for part in (b"".join(self._keys), self._ends, self._starts, self._lengths):
            self._file.write(part)
        _close(self._file, json.dumps(directory).encode())


def _close(file: BinaryIO, directory: bytes) -> None:
    file.write(directory + array("I", [len(directory)]).tobytes() + _MAGIC)


def _open(path: Path | str) -> tuple[memoryview, Any, int]:
    """A file's contents, its directory, and where that begins."""
    with open(path, "rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    tail = len(view) - len(_MAGIC)
    if tail < len(_MAGIC) + 4 or view[tail:] != _MAGIC or view[: len(_MAGIC)] != _MAGIC:
        raise ValueError(f"{path} is not a whole segment")
    (length,) = view[tail - 4 : tail].cast("I")
    start = tail - 4 - length
    if start < len(_MAGIC):
        raise ValueError(f"{path} has no directory")
    return view, json.loads(bytes(view[start : tail - 4])), start


class Postings(NamedTuple):
    """One term's lists: the documents, and for each the weight and the spots (as far as read)."""

    documents: list[int]
    weights: list[int]
    counts: list[int]
    spots: memoryview


class WordsReader:
    """Reads a file of words. Raises ValueError if it is not whole."""

    def __init__(self, path: Path | str) -> None:
        view, directory, ends = _open(path)
        count = directory["terms"]
        self._lengths = view[ends - 4 * count : ends].cast("I")
        ends -= 4 * count
        self._starts = view[ends - 8 * count : ends].cast("Q")
        ends -= 8 * count
        self._ends = view[ends - 4 * count : ends].cast("I")
        self._keys = view[directory["keys"] : ends - 4 * count]
        self._view = view
        self._fields: dict[str, tuple[int, int]] = {
            name: (low, high) for name, (low, high) in directory["fields"].items()
        }

    def key(self, row: int) -> bytes:
        """The bytes of the term in `row`."""
        return bytes(self._keys[self._ends[row - 1] if row else 0 : self._ends[row]])

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

    def documents(self, row: int) -> list[int]:
        """The documents that have the term in `row`."""
        start = self._starts[row]
        return self._view[start : start + 4 * self._lengths[row]].cast("I").tolist()

    def postings(self, row: int) -> Postings:
        """The lists of the term in `row`, which is of a field with spots."""
        count, start = self._lengths[row], self._starts[row]
        view = self._view
        documents = view[start : start + 4 * count].cast("I").tolist()
        start += 4 * count
        weights = view[start : start + 2 * count].cast("H").tolist()
        counts = view[start + 2 * count : start + 4 * count].cast("H").tolist()
        start += 4 * count
        return Postings(documents, weights, counts, view[start : start + 4 * sum(counts)].cast("I"))

    def close(self) -> None:
        """Lets go of the map; the lists already read stay."""
        del self._view, self._keys, self._ends, self._starts, self._lengths


class RecordsWriter:
    """Writes a file of records; documents come in order from 0."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._place = file.write(_MAGIC)
        self._ends = array("Q")
        self._heads: list[bytes] = []

    def add(self, record: bytes, head: bytes) -> None:
        """Writes one document's record, and its head (JSON) if it is an issue's own."""
        if head:
            self._heads.append(b"[%d,%b]" % (len(self._ends), head))
        self._place += self._file.write(zlib.compress(record, 6))
        self._ends.append(self._place)

    def close(self) -> None:
        """Writes the directory; the file itself stays open."""
        self._file.write(self._ends.tobytes())
        heads = b",".join(self._heads)
        _close(self._file, b'{"documents":%d,"heads":[%b]}' % (len(self._ends), heads))


class RecordsReader:
    """Reads a file of records. Raises ValueError if it is not whole.

    `size` counts the documents; `heads` are [document, head] for each issue, in order.
    """

    def __init__(self, path: Path | str) -> None:
        view, directory, end = _open(path)
        self.size: int = directory["documents"]
        self.heads: list[tuple[int, list[Any]]] = directory["heads"]
        self._view = view
        self._ends = view[end - 8 * self.size : end].cast("Q")

    def record(self, document: int) -> bytes:
        """One document's record."""
        start = self._ends[document - 1] if document else len(_MAGIC)
        return zlib.decompress(self._view[start : self._ends[document]])

    def close(self) -> None:
        """Lets go of the map."""
        del self._view, self._ends
