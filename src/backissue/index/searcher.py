"""The index of an archive: what is in it, and what in it answers a query.

An index holds, beside the words of every section, the whole records, so a search reads nothing
else. It is derived: one that is missing, damaged or of another version says so, and is rebuilt.

It is a Whoosh index, written, merged and committed by Whoosh (`writing`), and Whoosh can search it
(`writing.open_with_whoosh`). This is a shortcut through it for the few things a command asks: by
`segment` alone, without importing Whoosh, which would make a cold search half as long again. The
shortcut is checked: tests/test_whoosh.py asks both the same, and both must find the same.
"""

import json
import os
import re
import stat
import sys
import zlib
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from functools import cached_property
from heapq import nsmallest
from pathlib import Path
from typing import Any, NamedTuple, Self, assert_never

from backissue import query as language
from backissue.errors import BackissueError, IndexUnusableError, NoArchiveError
from backissue.index.search import diagnostics, ranking, spelling
from backissue.index.search.diagnostics import Blocking, Cut
from backissue.index.search.explaining import Earned, explain
from backissue.index.search.partial_matches import ENOUGH, NOT_LOOSE, Loosened, loosened
from backissue.index.search.related import Tie, named, ties
from backissue.index.search.snippets import snippet
from backissue.index.storage import rows
from backissue.index.storage.segment import Postings, RecordsReader, WordsReader
from backissue.query import Address, Dates, Numbers, Query, Sought
from backissue.query.synonyms import NO_SYNONYMS, Group, Synonyms
from backissue.records import (
    Found,
    Head,
    Hit,
    Issue,
    Reason,
    Related,
    Section,
    SectionKind,
    slug_of,
)

# Goes up when what is stored of a word changes: analysis, zones, weights, marks, files.
_SCHEMA_VERSION = 6
NAME = "MAIN"  # Whoosh's name for the index within its folder
MARK = "mark"  # the field of what is known of a document besides its words
ISSUE_MARK = "issue"  # the mark of every issue's own document
LOOSE_MARK = "loose"  # and of those made of a draft that may move to another issue
WHY_MARK = "why"  # and of every section with a why passage


class Facet(Enum):
    """By what hits are counted."""

    KIND = "kind"
    PUBLICATION = "publication"
    YEAR = "year"
    ISSUE = "issue"


class Sort(Enum):
    """In which order hits come."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


def stamp() -> dict[str, object]:
    """What an index must say of itself to be read by this version."""
    return {"schema": _SCHEMA_VERSION, "records": rows.FORMAT, "byteorder": sys.byteorder}


def check_stamp(folder: Path) -> None:
    """Raises IndexUnusableError unless the index in `folder` is this version's."""
    try:
        found = json.loads((folder / "stamp.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        raise _unusable("is missing or unfinished") from None
    if found != stamp():
        raise _unusable("was written by another version")


def view_of(generation: int) -> str:
    """The name of the file that lists the segments of a commit."""
    return f"view_{generation}.json"


def seal(name: str, gone: list[int]) -> int:
    """What a view says beside a segment's name and its deleted documents: their CRC-32."""
    return zlib.crc32(f"{name} {gone}".encode())


_TOC = re.compile(f"_{NAME}_([0-9]+)\\.toc")


def newest(folder: Path) -> int:
    """The number of the last commit: that of the newest table of contents."""
    found = [int(match[1]) for name in os.listdir(folder) if (match := _TOC.fullmatch(name))]
    if not found:
        raise _unusable("is missing")
    return max(found)


def _unusable(what: str) -> IndexUnusableError:
    return IndexUnusableError(f"the index {what}", hint="backissue rebuild makes a new one")


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever a damaged file makes its readers raise, as IndexUnusableError."""
    try:
        yield
    except BackissueError:
        raise
    except Exception as error:
        raise _unusable(f"is damaged ({type(error).__name__})") from error


def check_owner(folder: Path) -> None:
    """Raises NoArchiveError if somebody else could have written what is in `folder`.

    Whoosh unpickles what it commits to, and unpickling runs what it reads.
    """
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


class Place(NamedTuple):
    """Where a section is: its issue's key, and its position, counted from 1."""

    key: str
    position: int


class _Part:
    """One segment, open: its words, its records, and the number of its first document."""

    def __init__(self, folder: Path, name: str, gone: list[int], base: int) -> None:
        self.base = base
        self.gone = frozenset(gone)
        self.words = WordsReader(folder / f"{name}.words")
        self.records = RecordsReader(folder / f"{name}.records")

    def heads(self) -> Iterator[tuple[int, list[Any]]]:
        """Each issue's document number in the whole index, and its head as stored."""
        for document, head in zip(self.records.issues, self.records.heads, strict=True):
            if document not in self.gone:
                yield self.base + document, head

    def head_of(self, document: int) -> tuple[int, list[Any]]:
        """The issue that a document is of: its own document, and its head as stored."""
        issue, head = self.records.head_of(document - self.base)
        return self.base + issue, json.loads(head)

    def documents(self, mark: str) -> list[int]:
        row = self.words.row(MARK, mark.encode(errors="surrogatepass"))
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
        self.records.close()


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


def _parts(folder: Path, generation: int) -> list[_Part]:
    parts: list[_Part] = []
    base = 0
    for name, gone, sealed in json.loads((folder / view_of(generation)).read_bytes()):
        if seal(name, gone) != sealed:
            raise ValueError("the list of segments is damaged")
        part = _Part(folder, name, gone, base)
        parts.append(part)
        base += part.records.size
    return parts


class Index:
    """One state of an index, open for reading: whatever is committed later is not seen.

    Every method raises IndexUnusableError if a file turns out to be damaged.
    """

    def __init__(self, parts: list[_Part]) -> None:
        self._parts = parts
        self._lookups = 0

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The index in `folder`, as last committed.

        Raises IndexUnusableError if it is missing, damaged or of another version (rebuild it), and
        NoArchiveError if somebody else could have written it (it is not opened at all).
        """
        check_owner(folder)
        check_stamp(folder)
        with guarded():
            return cls.unchecked(folder)

    @classmethod
    def unchecked(cls, folder: Path) -> Self:
        """The index in `folder`, for the writer, who has made sure of it."""
        while True:
            generation = newest(folder)
            try:
                return cls(_parts(folder, generation))
            except FileNotFoundError:
                # A commit has removed what was there a moment ago; then there is a newer one.
                if newest(folder) == generation:
                    raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the files; records already given out stay."""
        for part in self._parts:
            part.close()

    def forget(self) -> None:
        """Lets the system take back the memory of what was read, until it is read again."""
        for part in self._parts:
            part.words.forget()
            part.records.forget()

    # --- issues

    @cached_property
    def _rows(self) -> list[tuple[int, list[Any]]]:
        """Each issue's document and its head as stored, in the order of documents."""
        return [row for part in self._parts for row in part.heads()]

    @cached_property
    def _places(self) -> list[int]:
        return [document for document, _ in self._rows]

    def _head(self, row: list[Any]) -> Head:
        """A head as it was stored, with the shortest address that no other issue has."""
        namesakes = self._marked(f"at:{_short(row[0])}")
        return rows.head_from_list(row, _ident(row[0], shared=len(namesakes) > 1))

    def heads(self) -> tuple[Head, ...]:
        """All issues: publication by publication, newest number first, then the unnumbered."""
        with guarded():
            shelf = [row for _, row in sorted(self._rows, key=_shelf_order)]
            # Counted, which is quicker than asking for each.
            shorts = Counter(_short(row[0]) for row in shelf)
            idents = [_ident(row[0], shared=shorts[_short(row[0])] > 1) for row in shelf]
            return tuple(map(rows.head_from_list, shelf, idents))

    def find(self, address: str) -> tuple[str, ...]:
        """The keys of the issues whose short or full address this is, sorted; case is no matter.

        A day (`2024-12-23`, `import-ai/2024-12-23`) is an address, too, where none is spelled so.
        """
        wanted = address.strip().casefold()
        keys = self._marked_issues([f"at:{wanted}"]) or self._marked_issues([f"on:{wanted}"])
        return tuple(sorted(keys))

    def neighbours(self, address: str) -> tuple[str, ...]:
        """Up to three ids of issues close to `address`, the closest first."""
        wanted = address.strip().casefold()
        if not wanted:
            return ()
        with guarded():
            known = [head.id for head in self.heads()]
        ranked = sorted((_apart(wanted, one), at) for at, one in enumerate(known))
        return tuple(known[at] for apart, at in ranked[:3] if apart < _TOO_FAR)

    def issue(self, key: str) -> Issue | None:
        """The whole record of an issue, or None if there is no such key."""
        with guarded():
            found = self._row_of(key)
            if found is None:
                return None
            document, row = found
            sections = tuple(
                rows.section_from_json(self._record(document + at)) for at in range(1, row[6] + 1)
            )
            return rows.issue_from_json(self._head(row), self._record(document), sections)

    def head(self, key: str) -> Head | None:
        """What is said of an issue in a list, or None if there is no such key."""
        with guarded():
            found = self._row_of(key)
            return self._head(found[1]) if found else None

    def section(self, key: str, position: int) -> Section | None:
        """One section of an issue, counted from 1, or None if there is none."""
        with guarded():
            found = self._row_of(key)
            if found is None or not 1 <= position <= found[1][6]:
                return None
            return rows.section_from_json(self._record(found[0] + position))

    def counts(self) -> dict[str, int]:
        """How many sections there are of each kind, and (`why`) with a why passage."""
        with guarded():
            found = {kind.value: len(self._marked(f"kind:{kind.value}")) for kind in SectionKind}
            return found | {"why": len(self._marked(WHY_MARK))}

    def _row_of(self, key: str) -> tuple[int, list[Any]] | None:
        for document in self._marked(f"key:{key}"):
            return self._row_around(document)
        return None

    def _row_around(self, document: int) -> tuple[int, list[Any]]:
        """The issue that a document is of: its own document, and its head as stored."""
        return self._part_of(document).head_of(document)

    def _row_at(self, document: int) -> int:
        """Where in `_rows` the issue of a document stands."""
        return bisect_right(self._places, document) - 1

    def documents_of(self, keys: Iterable[str]) -> Iterator[int]:
        """The documents of these issues and their sections, for the writer to take out."""
        for key in sorted(keys):
            found = self._row_of(key)
            if found is not None:
                yield from range(found[0], found[0] + found[1][6] + 1)

    def _part_of(self, document: int) -> _Part:
        return next(part for part in reversed(self._parts) if part.base <= document)

    def _record(self, document: int) -> bytes:
        part = self._part_of(document)
        return part.records.record(document - part.base)

    def _marked(self, mark: str) -> list[int]:
        self._lookups += 1
        if self._lookups % _MANY_LOOKUPS == 0:
            # Each looks at a few pages of the file somewhere; an ingest does it a million times.
            self.forget()
        return [document for part in self._parts for document in part.documents(mark)]

    # --- what ingesting asks, so that its memory does not grow with the archive

    def knows(self, state: str) -> bool:
        """Whether a draft of this state, `source.said`, is in the index: it need not be read."""
        with guarded():
            return bool(self._marked(f"state:{state}"))

    def states(self) -> frozenset[str]:
        """Every state that is known."""
        with guarded():
            return frozenset(
                key.decode(errors="surrogatepass").removeprefix("state:")
                for part in self._parts
                for row in part.words.rows(MARK, b"state:")
                if not part.gone or any(one not in part.gone for one in part.words.documents(row))
                for key in (part.words.key(row),)
            )

    def has(self, key: str) -> bool:
        """Whether there is an issue of this key."""
        with guarded():
            return bool(self._marked(f"key:{key}"))

    def holding(self, sources: Iterable[str]) -> frozenset[str]:
        """The keys of the issues that have a draft of one of these sources, named by sha256."""
        return frozenset(self._marked_issues(f"source:{source}" for source in sources))

    def kin(self, prints: Iterable[int], *, loose: bool = False) -> Mapping[str, int]:
        """The keys of the issues that have some of these fingerprints, and how many of them.

        With `loose` only of the issues made of a draft that may move to another.
        """
        found = Counter(self._marked_issues(f"print:{number:x}" for number in prints))
        if not loose:
            return found
        movable = self._marked_issues([LOOSE_MARK]) if found else ()
        return {key: found[key] for key in movable if key in found}

    def _marked_issues(self, marks: Iterable[str]) -> list[str]:
        with guarded():
            return [
                self._row_around(document)[1][0]
                for mark in marks
                for document in self._marked(mark)
            ]

    # --- searching

    def search(
        self,
        query: Query,
        *,
        limit: int | None = 10,
        sort: Sort = Sort.RELEVANCE,
        grouped: bool = False,
        context: int = 0,
        synonyms: Synonyms = NO_SYNONYMS,
        relax: bool = False,
    ) -> Found:
        """The sections that answer `query`: how many in all, and the first `limit` of them.

        Equal marks are ordered by date, newest first, then by key and position. `grouped` puts the
        sections of one issue together, at the place of the first. `context` is how many more
        sentences a snippet shows on either side. If nothing is found, `suggestion` is a query in
        the archive's own spelling that does find something.

        The reader's own `synonyms` stand for words of the query always. With `relax`, if nothing is
        found, the sections are that have at least half of its words, or any synonyms of them.
        """
        with guarded():
            scores, loose = self._answers(query, synonyms, relax=relax)
            relaxed = relax and any(one.missing for one in loose.sections.values())
            most = len(scores) if limit is None else limit
            documents = self._first(scores, len(scores) if grouped else most, sort)
            if grouped:
                documents = self._by_issue(documents)[:most]
            wanted = (*query.wanted(), *loose.shown)
            hits = tuple(
                self._hit(rank, document, scores[document], wanted, context=context, loose=loose)
                for rank, document in enumerate(documents, 1)
            )
            suggestion = None if scores and not relaxed else self.respelled(query)
            return Found(total=len(scores), hits=hits, suggestion=suggestion, relaxed=relaxed)

    def _answers(
        self, query: Query, synonyms: Synonyms, *, relax: bool
    ) -> tuple[ranking.Scores, Loosened]:
        """The marks of the sections that answer; and of those that do loosely, what is missing."""
        found, loose = self._ranking.answers(query.root), NOT_LOOSE
        if synonyms.own:
            loose = self._loosened(query, synonyms.own, 1.0)
        if relax and not found and not loose.sections:
            loose = self._loosened(query, (*synonyms.own, *synonyms.built_in()), ENOUGH)
        return {doc: one.mark for doc, one in loose.sections.items()} | found, loose

    def _loosened(self, query: Query, groups: tuple[Group, ...], share: float) -> Loosened:
        return loosened(
            query.root, self._ranking.scores, groups, is_grammar=ranking.is_grammar, share=share
        )

    def _by_issue(self, documents: Iterable[int]) -> list[int]:
        """These sections, those of one issue together where the first of them stands."""
        issues: dict[int, list[int]] = {}
        for document in documents:
            issues.setdefault(self._row_at(document), []).append(document)
        return [document for group in issues.values() for document in group]

    def facet(
        self,
        query: Query,
        facet: Facet,
        *,
        synonyms: Synonyms = NO_SYNONYMS,
        relax: bool = False,
    ) -> tuple[int, tuple[tuple[str, int], ...]]:
        """How many sections `search` finds, and how many of them there are of each kind,
        publication, year or issue: the most frequent first, of equals the first by name.
        """
        with guarded():
            found, _ = self._answers(query, synonyms, relax=relax)
            if facet is Facet.KIND:
                kinds = {kind.value: self._marked(f"kind:{kind.value}") for kind in SectionKind}
                counts = Counter({name: len(found.keys() & set(of)) for name, of in kinds.items()})
            else:
                rows = (self._rows[self._row_at(document)][1] for document in found)
                counts = Counter(self._facet_of(row, facet) for row in rows)
        ranked = sorted((-count, value) for value, count in counts.items() if count)
        return len(found), tuple((value, -count) for count, value in ranked)

    def _facet_of(self, row: list[Any], facet: Facet) -> str:
        match facet:
            case Facet.ISSUE:
                return self._head(row).id
            case Facet.PUBLICATION:
                return str(row[0]).partition("/")[0]
            case Facet.YEAR:
                return str(row[4])[:4] if row[4] else "undated"
            case Facet.KIND:
                raise ValueError("a kind is a section's, not an issue's")
            case _:
                assert_never(facet)

    def related(self, key: str, position: int, limit: int = 10) -> tuple[Related, ...]:
        """The sections that belong with one, the closest first, each with its reasons.

        Other sections of its own issue are left out: they stand beside it anyway.
        """
        with guarded():
            found = self._row_of(key)
            section = self.section(key, position)
            if found is None or section is None:
                return ()
            slug = slug_of(key)
            bonds = ties(
                section,
                self._head(found[1]),
                self._ranking.scores,
                self._ranking.rarity,
                lambda number: self._ranking.scores(Address(text=f"{slug}/{number}")),
            )
            own = range(found[0], found[0] + found[1][6] + 1)
            worth = {
                document: round(sum(tie.worth for tie in all_), 4)
                for document, all_ in bonds.items()
                if document not in own
            }
            closest = self._first(worth, limit, Sort.RELEVANCE)
            return tuple(self._related(one, worth[one], bonds[one]) for one in closest)

    def _related(self, document: int, worth: float, bonds: list[Tie]) -> Related:
        return Related(
            score=worth,
            section=rows.section_from_json(self._record(document)),
            issue=self._head(self._row_around(document)[1]),
            reasons=tuple(Reason(kind=bond.value, names=names) for bond, names in named(bonds)),
        )

    def ranking_of(self, query: Query, *, limit: int | None = None) -> tuple[Place, ...]:
        """Where the sections are that answer `query`, the best first, and nothing more of them."""
        with guarded():
            scores = self._ranking.answers(query.root)
            most = len(scores) if limit is None else limit
            return tuple(self._place(one) for one in self._first(scores, most, Sort.RELEVANCE))

    def _place(self, document: int) -> Place:
        first, head = self._row_around(document)
        return Place(head[0], document - first)

    def explain(
        self, query: Query, key: str, position: int, score: float | None = None
    ) -> tuple[Earned, ...]:
        """What a section earns for each part of a query; none if it does not answer it.

        With `score`, which a loose answer gave it, what of the query it does answer.
        """
        with guarded():
            found = self._row_of(key)
            if not found:
                return ()
            return explain(self._ranking, query.root, found[0] + position, score)

    def unmatched(self, query: Query) -> tuple[str, ...]:
        """The words and phrases of `query`, as it spells them, that no section has."""
        with guarded():
            return diagnostics.unmatched(self._ranking.scores, query)

    def blocking(self, query: Query) -> Blocking | None:
        """What kept `query`, which finds nothing, from finding; None if no part would help."""
        with guarded():
            return diagnostics.blocking(self._ranking.scores, query)

    def cut_expansions(self, query: Query) -> tuple[Cut, ...]:
        """What in `query` stands for more words than were looked for."""
        with guarded():
            return diagnostics.cut_expansions(self._ranking.expansion, query)

    def respelled(self, query: Query) -> str | None:
        """`query` with what no section has put right, if it finds something so; else None."""
        with guarded():
            return spelling.respelled(self._ranking.scores, self._ranking.words, query)

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
        wanted: tuple[Sought, ...],
        *,
        context: int,
        loose: Loosened,
    ) -> Hit:
        loosely = loose.sections.get(document)
        section = rows.section_from_json(self._record(document))
        head = self._head(self._row_around(document)[1])
        return Hit(
            rank=rank,
            score=round(score, 4),
            section=section,
            issue=head,
            snippet=snippet(section, wanted, context),
            missing=loosely.missing if loosely else (),
            instead=loosely.instead if loosely else (),
        )


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
            rows = part.words.rows(field, prefix.encode(errors="surrogatepass"))
            terms = [key.decode(errors="surrogatepass") for key in part.words.keys(rows)]
            counts = dict(zip(terms, part.words.lengths(rows), strict=True))
            if found:
                counts.update({word: found[word] + counts.get(word, 0) for word in found})
            found = counts
        return found

    def of_kind(self, kind: str) -> Collection[int]:
        return self._index._marked(f"kind:{kind}")

    def among(self, node: Numbers | Address | Dates) -> Collection[int]:
        return self._sections(_accepts(node))

    def everything(self) -> Collection[int]:
        return self._sections(lambda _: True)

    def lengths(self) -> list[int]:
        found: list[int] = []
        for part in self._index._parts:
            lengths = part.records.lengths(ranking.TEXT)
            if part.gone:
                lengths = [0 if at in part.gone else n for at, n in enumerate(lengths)]
            found += lengths
        return found

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
            if wanted.endswith("/"):
                return lambda row: row[0].startswith(wanted)
            return lambda row: wanted in (row[0].casefold(), _short(row[0]), row[4])
        case Dates():
            # ISO dates compare as text; an issue without a date is at no time.
            first = node.first.isoformat() if node.first else ""
            last = node.last.isoformat() if node.last else "9999-12-31"
            return lambda row: row[4] is not None and first <= row[4] <= last
        case _:
            assert_never(node)


def address_marks(head: Head) -> set[str]:
    """Where an issue is found: at its full and its short address, and at its day."""
    days = [head.date.isoformat()] if head.date else []
    return {
        *(f"at:{address}" for address in (head.key.casefold(), _short(head.key))),
        *(f"on:{place}" for day in days for place in (day, f"{head.slug}/{day}".casefold())),
    }


def _ident(key: str, *, shared: bool) -> str:
    """An issue's address as it is shown: in full where another issue has the same short one."""
    return key if shared else key.partition("/")[2]


def _short(key: str) -> str:
    """An issue's address within its publication, for comparing."""
    return key.partition("/")[2].casefold()


def _shelf_order(item: tuple[int, list[Any]]) -> tuple[str, bool, int, int, str]:
    key, _, number, _, day, *_ = item[1]
    return (slug_of(key), number is None, -(number or 0), -_day(day), key)


def _day(day: str | None) -> int:
    """A stored date as a number that grows with it; 0 where there is none."""
    return int(day.replace("-", "")) if day else 0


_TOO_FAR = 4
_MANY_LOOKUPS = 512


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
