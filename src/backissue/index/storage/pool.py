"""The postings of a segment in the making: grouped by term from the start, and never sorted whole.

Whoosh's own pool sorts one long list of postings, which is most of the time that its writer takes.
"""

from array import array
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import chain, groupby
from operator import itemgetter

from backissue.index.storage.entries import WITH_SPOTS
from backissue.index.storage.segment import Lists, Packed, WordsReader

GONE = -1  # the new number of a document that is deleted

Posting = tuple[str, bytes, int, float, bytes]  # field, term, document, weight, spots


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
        """Takes the postings of a segment, which `cleanup` closes.

        `numbers` are the new ones of its documents, rising; GONE for those that are deleted.
        """
        self._others.append((words, numbers))

    def iter_postings(self) -> Iterator[tuple[str, bytes, Lists | Packed]]:
        """Every term of every field, in order, with its lists."""
        for field in sorted(
            {*self._fields, *(f for words, _ in self._others for f in words.fields())}
        ):
            new = self._fields.get(field, {})
            streams: list[Iterator[tuple[bytes, int, int]]]
            streams = [((term, GONE, 0) for term in sorted(new))]
            for place, (words, _) in enumerate(self._others):
                streams.append(words.terms_of(field, place))
            for term, found in groupby(merge(*streams), key=itemgetter(0)):
                parts = [
                    new[term] if place == GONE else self._lists(field, place, row)
                    for _, place, row in found
                ]
                kept = [part for part in parts if part.documents]
                if kept:
                    yield field, term, kept[0] if len(kept) == 1 else _joined(kept)

    def _lists(self, field: str, place: int, row: int) -> Packed:
        words, numbers = self._others[place]
        lists = words.packed(row, with_spots=field in WITH_SPOTS)
        moved = array("q", map(numbers.__getitem__, lists.documents))
        if GONE in moved:
            lists = lists.only([at for at, number in enumerate(moved) if number != GONE])
            moved = array("q", (number for number in moved if number != GONE))
        return lists._replace(documents=array("I", moved))

    def cleanup(self) -> None:
        """Lets go of everything."""
        for words, _ in self._others:
            words.close()
        self._others.clear()
        self._fields.clear()


def _joined(parts: Sequence[Lists | Packed]) -> Packed:
    """One term's lists from several segments, whose documents come one after another."""
    return Packed(
        array("I", chain.from_iterable(part.documents for part in parts)),
        array("H", chain.from_iterable(part.weights for part in parts)),
        array("H", chain.from_iterable(part.counts for part in parts)),
        b"".join(part.spots for part in parts),
    )
