"""The word lists of one index segment as a file: written once in order, then read in place.

One flat file, mapped into memory and sliced, so that opening an archive of any size costs the
same, and reading a word's list is three copies out of the map:

    magic, then for each term its lists, one after another:
        documents  u32 each, rising
        weights    u16 each   } only in fields with spots
        counts     u16 each   }
        spots      u32 each, `counts` of them for each document, rising
    keys           the terms' bytes, one after another, sorted within each field
    key ends, list starts, list lengths   u32, u64, u32: one of each per term
    directory      JSON: where these are, and which terms belong to which field
    length of the directory (u32), magic

Numbers are in the machine's own byte order; the index's stamp names it.
"""

import json
import mmap
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

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


class SegmentWriter:
    """Writes the file; terms come field by field, sorted by bytes within each field."""

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
        packed = json.dumps(directory).encode()
        self._file.write(packed)
        self._file.write(array("I", [len(packed)]).tobytes() + _MAGIC)


class Postings(NamedTuple):
    """One term's lists: the documents, and for each the weight and the spots (as far as read)."""

    documents: list[int]
    weights: list[int]
    counts: list[int]
    spots: memoryview

    def spots_by_document(self) -> Iterator[tuple[int, list[int]]]:
        """Each document with its spots."""
        spots = self.spots.tolist()
        place = 0
        for document, count in zip(self.documents, self.counts, strict=True):
            yield document, spots[place : place + count]
            place += count


class SegmentReader:
    """Reads the file. Raises ValueError if it is not whole."""

    def __init__(self, path: Path | str) -> None:
        with open(path, "rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        view = memoryview(self._map)
        tail = len(view) - len(_MAGIC)
        if tail < len(_MAGIC) + 4 or view[tail:] != _MAGIC or view[: len(_MAGIC)] != _MAGIC:
            raise ValueError(f"{path} is not a whole segment")
        (length,) = view[tail - 4 : tail].cast("I")
        directory = json.loads(bytes(view[tail - 4 - length : tail - 4]))
        count = directory["terms"]
        ends = tail - 4 - length
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
