"""An index read twice, by Whoosh's reader and by ours, and compared with the records in it.

Both readers must find the same documents, terms, postings and counts, and the words that the index
has of a section must be those of its record. It goes term by term: what is in memory is one term's
postings, and eight bytes for each document.
"""

import zlib
from array import array
from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter, ne
from pathlib import Path
from typing import Any

from backissue.index.storage import rows
from backissue.index.storage.entries import entries
from backissue.index.storage.rows import TAG, WITH_SPOTS
from backissue.index.storage.snapshot import OpenSegment, Snapshot, guarded, newest
from backissue.index.storage.whoosh_fields import RECORD
from backissue.index.storage.writer import open_with_whoosh

Found = tuple[int, int, list[int]]  # a document, how often it has a term, at which positions


def disagreements(folder: Path) -> Iterator[str]:
    """What is wrong with the index in `folder`: each the end of a sentence that begins with it.

    Raises what `Snapshot.open` raises, for damage that is found on the way, too.
    """
    with guarded():
        while True:
            generation = newest(folder)
            whoosh: Any = open_with_whoosh(folder)
            with Snapshot.open(folder) as ours, whoosh.reader() as theirs:
                if newest(folder) == generation:  # otherwise a commit came between the two
                    yield from _disagreements(ours, theirs)
                    return


def _disagreements(ours: Snapshot, theirs: Any) -> Iterator[str]:
    size = sum(segment.records.size for segment in ours.segments)
    gone = {segment.base + one for segment in ours.segments for one in segment.gone}
    live = [document for document in range(size) if document not in gone]
    if (size, live) != (theirs.doc_count_all(), list(theirs.all_doc_ids())):
        yield "has other documents in Whoosh's list of segments than in ours"
        return
    for document in live:
        if theirs.stored_fields(document)[RECORD] != ours.record(document):
            yield f"gives Whoosh another record {document}"
    digests = array("I", bytes(4 * size))
    for field in (*WITH_SPOTS, TAG):
        matter = _in_field(ours, theirs, field, digests)
        if matter:
            yield matter
    for address in _of_other_words(ours, digests):
        yield f"does not have the words of {address} as its record gives them"


def _in_field(ours: Snapshot, theirs: Any, field: str, digests: "array[int]") -> str | None:
    """The first difference in a field. Adds what is read to the digests of the documents."""
    lengths = array("I", bytes(4 * len(digests)))
    lexicon = iter(theirs.lexicon(field))
    for term, held in _terms(ours, field):
        found = [one for segment, row in held for one in _ours(segment, row, field)]
        if next(lexicon, None) != term:
            return f"has other terms in {field} for Whoosh, the first at {term!r}"
        if found != list(_theirs(theirs, field, term)):
            return f"gives Whoosh other postings of {term!r} in {field}"
        if not theirs.has_deletions() and _counts(theirs, field, term) != _totals(found):
            return f"counts {term!r} in {field} otherwise for Whoosh"
        for document, count, positions in found if field in WITH_SPOTS else ():
            lengths[document] += count
            _digest(digests, document, term, array("I", positions).tobytes())
    if next(lexicon, None) is not None:
        return f"has more terms in {field} for Whoosh"
    counted = (theirs.doc_field_length(document, field) for document in theirs.all_doc_ids())
    if any(map(ne, counted, (lengths[document] for document in theirs.all_doc_ids()))):
        return f"does not count the words in {field} as they are"
    return None


def _counts(reader: Any, field: str, term: bytes) -> tuple[int, int]:
    """In how many documents Whoosh says that a term is, and how often.

    Deleted documents count until their segment is merged.
    """
    info = reader.term_info(field, term)
    return info.doc_frequency(), info.weight()


def _totals(found: list[Found]) -> tuple[int, int]:
    return len(found), sum(count for _, count, _ in found)


def _terms(ours: Snapshot, field: str) -> Iterator[tuple[bytes, list[tuple[OpenSegment, int]]]]:
    """Each term of a field, in order, with the segments that have it and its row there."""
    streams = (one.words.terms_of(field, place) for place, one in enumerate(ours.segments))
    for term, found in groupby(merge(*streams), key=itemgetter(0)):
        yield term, [(ours.segments[place], row) for _, place, row in found]


def _ours(segment: OpenSegment, row: int, field: str) -> Iterator[Found]:
    if field not in WITH_SPOTS:
        yield from ((document, 1, []) for document in segment.documents_of(row))
        return
    lists = segment.postings(row)
    place = 0
    for document, count in zip(lists.documents, lists.counts, strict=True):
        yield document, count, lists.spots[place : place + count].tolist()
        place += count


def _theirs(reader: Any, field: str, term: bytes) -> Iterator[Found]:
    matcher = reader.postings(field, term)
    while matcher.is_active():
        positions = matcher.value_as("positions") if field in WITH_SPOTS else []
        yield matcher.id(), matcher.weight(), positions
        matcher.next()


def _of_other_words(ours: Snapshot, digests: "array[int]") -> Iterator[str]:
    """The addresses of the sections whose record gives other words than the digests say."""
    for first, row in ours.rows:
        head = row.head(row.key)
        for document in range(first + 1, first + row.sections + 1):
            section = rows.section_from_json(ours.record(document))
            given = array("I", [0])
            for term, _, spots in (one for field in entries(section, head) for one in field):
                _digest(given, 0, term, spots)
            if given[0] != digests[document]:
                yield f"{row.key}.{section.position}"


def _digest(digests: "array[int]", place: int, term: bytes, spots: bytes) -> None:
    """Adds a posting to a digest, which does not depend on the order of what is added."""
    digests[place] = (digests[place] + zlib.crc32(spots, zlib.crc32(term))) & 0xFFFFFFFF
