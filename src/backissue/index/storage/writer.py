"""Issues into an index, which is Whoosh's.

Whoosh's work: the writer and its lock, document numbers, segments, deletions, and the one instant
at which a commit counts: the renaming of its table of contents. Ours, through its plug-in points:
words arrive analysed (`entries`), are collected by term instead of sorted as one long list
(`_Pool`), and lie on disk as plain arrays (`whoosh_codec`, `segment`) instead of pickles. That
triples the speed of writing and lets a search begin in milliseconds. What one segment takes over
from another is copied term by term, so that memory stays flat as archives grow.

Beside each table of contents lies a *view*: the same list of segments as JSON, with a seal, written
before the table is renamed into place. `snapshot` reads that, and so needs neither Whoosh nor
unpickling. A view without its table of contents belongs to a commit that never happened.

What a commit names is on the disk before its table of contents has its name (`whoosh_codec`), and
that name is before `write` returns. So a power cut leaves the old state or the new one.
"""

# Whoosh says it is typed and mostly is not.
# mypy: allow-untyped-calls

import json
import os
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import merge
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from whoosh.index import TOC, FileIndex, LockError, clean_files
from whoosh.writing import SegmentWriter

from backissue import own_files
from backissue.errors import BusyError, IndexUnusableError
from backissue.index.storage import rows
from backissue.index.storage.entries import Entry, definition_tags, entries
from backissue.index.storage.rows import ASIDE, TAG, TEXT, WITH_SPOTS
from backissue.index.storage.segment import Lists, Packed, WordsReader
from backissue.index.storage.snapshot import (
    ISSUE_TAG,
    LOOSE_TAG,
    NAME,
    WHY_TAG,
    Commit,
    Listed,
    Snapshot,
    address_tags,
    change_of,
    check_owner,
    check_seal,
    check_stamp,
    guarded,
    newest,
    stamp,
    view_of,
)
from backissue.index.storage.whoosh_codec import IndexFolder, SegmentCodec, TermsIn
from backissue.index.storage.whoosh_fields import HEAD, RECORD, SCHEMA
from backissue.own_files import flush, make_folder
from backissue.records import Issue

_GONE = -1  # the new number of a document that is deleted
_Posting = tuple[str, bytes, int, float, bytes]  # field, term, document, weight, spots


def write(
    folder: Path,
    *,
    add: Iterable[Issue],
    remove: Iterable[str] = (),
    clear: bool = False,
    change: str = "",
) -> None:
    """Puts `add` in place of any issues of the same keys and removes `remove`, in one commit.

    `clear` replaces everything instead. `change` is what the commit is to say of itself (see
    `snapshot.Commit`). Whoever reads meanwhile sees all of the old or all of the new. Raises
    IndexUnusableError if the index there cannot be added to (with `clear` it need not be),
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
    with _private(), _disk_errors_apart():
        make_folder(folder, above=False)  # not where an archive was before it was moved
        check_owner(folder)
        if clear or not any(folder.iterdir()):
            _make_writable(folder)
        else:
            _check_own(folder)
        _commit(folder, issues, None if clear else {*keys, *remove}, change)
        _write_stamp(folder)


def adopt(folder: Path, fresh: Path) -> None:
    """Puts the whole index in `fresh` in place of the one in `folder`, in one commit.

    Whoever reads meanwhile sees all of the old or all of the new, and there is no moment without
    either. Both must be of this version. `fresh` is no index afterwards.
    """
    for index in (folder, fresh):
        check_owner(index)
        _check_own(index)
    with _private(), _disk_errors_apart():
        storage = IndexFolder(str(folder))
        segments = TOC.read(IndexFolder(str(fresh)), NAME, schema=SCHEMA).segments
        # Before anything is moved: where there is none, this is no index to put one into.
        generation = newest(folder) + 1
        commit = Commit(_listed(segments), change_of(fresh))
        names = tuple(f"{segment.segment_id()}." for segment in segments)
        for file in sorted(fresh.iterdir()):
            if file.name.startswith(names):
                file.rename(folder / file.name)  # a name drawn by lot, which nobody has
        storage.commit = commit
        TOC(SCHEMA, segments, generation).write(storage, NAME)
        clean_files(storage, NAME, generation, segments)
        _sweep(folder, keep=view_of(generation))


def open_with_whoosh(folder: Path) -> FileIndex:
    """The index in `folder` as Whoosh's own: `.reader()`, `.searcher()`, `.schema`.

    docs/whoosh.md says what it has. To be read only: a commit that is not `write`'s has no view,
    and the index is rebuilt. Raises what `Snapshot.open` raises. `whoosh.index.open_dir` gives the
    same, but does not ask who wrote the pickles that it loads.
    """
    check_owner(folder)
    _check_own(folder)
    with guarded():
        return FileIndex(IndexFolder(str(folder)), schema=SCHEMA, indexname=NAME)


def _check_own(folder: Path) -> None:
    """Raises IndexUnusableError unless you made the index, here, with this version."""
    check_stamp(folder)
    check_seal(folder)


@contextmanager
def _disk_errors_apart() -> Iterator[None]:
    """IndexUnusableError for an index that must be rebuilt; OSError for a disk that fails."""
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
    """Comes last: an index with this stamp was written whole by this version.

    A run that is killed earlier leaves no stamp or an older one, and the index is rebuilt.
    """
    try:
        check_stamp(folder)
    except IndexUnusableError:
        fresh = folder / "stamp.new"
        own_files.write_new(fresh, json.dumps(stamp(), sort_keys=True).encode())
        flush(fresh)
        fresh.replace(folder / "stamp.json")
        flush(folder)


def _make_writable(folder: Path) -> None:
    """An empty index, if there is none here that this version could commit to."""
    storage = IndexFolder(str(folder))
    try:
        _check_own(folder)
        TOC.read(storage, NAME, schema=SCHEMA)
    except Exception:  # whatever is wrong with it, a new one replaces it
        (folder / "stamp.json").unlink(missing_ok=True)
        TOC.create(storage, SCHEMA, NAME)


def _commit(folder: Path, issues: list[Issue], gone: set[str] | None, change: str) -> None:
    """Adds issues, in place of those that are `gone`; None: of all."""
    storage = IndexFolder(str(folder))
    index = FileIndex(storage, schema=SCHEMA, indexname=NAME)
    try:
        own_files.clear_the_way(folder / f"{NAME}_WRITELOCK")
        writer = _Writer(index)
    except LockError:
        raise BusyError("another process is writing to the index", hint="try again") from None
    try:
        (folder / f"{NAME}_WRITELOCK").chmod(0o600)
        if gone is not None:
            with Snapshot.unchecked(folder) as before:
                for document in before.documents_of(gone):
                    writer.delete_document(document)
        for issue in issues:
            _add(writer, issue)
    except BaseException:
        writer.cancel()
        raise

    def merged(_: object, segments: list[Any]) -> list[Any]:
        kept = [] if gone is None else _merged(writer, segments)
        fresh = [writer.newsegment] if writer.doc_count() else []
        storage.commit = Commit(_listed([*kept, *fresh]), change)
        return kept

    writer.commit(mergetype=merged)
    _sweep(folder, keep=view_of(writer.generation))


def _sweep(folder: Path, *, keep: str) -> None:
    """Removes views of earlier commits, and tables that a killed process never renamed."""
    for old in (*folder.glob("view_*.json"), *folder.glob(f"_{NAME}_*.toc.*")):
        if old.name != keep:
            old.unlink(missing_ok=True)


def _listed(segments: list[Any]) -> Listed:
    """What a view says of segments."""
    return [(one.segment_id(), sorted(one.deleted_docs())) for one in segments]


def _merged(writer: "_Writer", segments: list[Any]) -> list[Any]:
    """Copies into the new segment every one that is at most twice as large; returns the others.

    Sizes at least double from one segment to the next: an archive of n documents has about log2(n)
    segments, and adding an issue costs, on average, a few times its own size.
    """
    size = writer.doc_count()
    kept: list[Any] = []
    for segment in sorted(segments, key=lambda one: (one.doc_count(), one.segment_id())):
        live = segment.doc_count()
        if not live:
            continue
        if live <= 2 * size or live < segment.deleted_count():
            writer.add_reader(writer.codec.terms_reader(writer.storage, segment))
            size += live
        else:
            kept.append(segment)
    return kept


def _add(writer: "_Writer", issue: Issue) -> None:
    """The issue's own document and, right behind it, one for each section."""
    head = issue.head
    tags = {ISSUE_TAG, f"key:{head.key}", *address_tags(issue)}
    if any(draft.loose for draft in issue.drafts):
        tags.add(LOOSE_TAG)
    tags.update(f"print:{number:x}" for number in issue.fingerprints)
    tags.update(f"source:{draft.source}" for draft in issue.drafts)
    tags.update(f"state:{draft.source}.{draft.digest}" for draft in issue.drafts)
    writer.add_document(
        **{
            TAG: _tags(tags),
            HEAD: rows.head_to_json(head),
            RECORD: rows.rest_to_json(issue),
        }
    )
    for section in issue.sections:
        text, aside = entries(section, head)
        known = {f"kind:{section.kind.value}", f"kind:{head.kind.value}"}
        known |= definition_tags(section)
        if section.why:
            known.add(WHY_TAG)
        writer.add_document(
            **{
                TEXT: text,
                ASIDE: aside,
                TAG: _tags(known),
                RECORD: rows.section_to_json(section),
            }
        )


def _tags(tags: set[str]) -> list[Entry]:
    return [(tag.encode(errors="surrogatepass"), 1, b"") for tag in sorted(tags)]


# --- what Whoosh writes with ---------------------------------------------------------------------


class _Pool:
    """The postings of a segment in the making: new ones, and those of segments it takes over.

    Postings are grouped by term from the start: Whoosh's own pool sorts one long list of them,
    which is most of the time that its writer takes. Only the new ones are in memory. The others are
    copied term by term, when they are asked for, in the order in which they are written.
    """

    def __init__(self) -> None:
        self._fields: dict[str, dict[bytes, Lists]] = {}
        self._others: list[tuple[WordsReader, Sequence[int]]] = []

    def add(self, item: _Posting) -> None:
        """Take a new posting, of a document with a higher number than any before it."""
        field, term, document, mark, spots = item
        terms = self._fields.setdefault(field, {})
        lists = terms.get(term)
        if lists is None:
            lists = terms[term] = Lists()
        lists.add(document, int(mark), spots)

    def carry_over(self, words: WordsReader, numbers: Sequence[int]) -> None:
        """Take the postings of a segment, which `cleanup` closes.

        `numbers` are the new ones of its documents, rising; _GONE for those that are deleted.
        """
        self._others.append((words, numbers))

    def iter_postings(self) -> Iterator[tuple[str, bytes, Lists | Packed]]:
        """Every term of every field, in order, with its lists."""
        for field in sorted(
            {*self._fields, *(f for words, _ in self._others for f in words.fields())}
        ):
            new = self._fields.get(field, {})
            streams: list[Iterator[tuple[bytes, int, int]]]
            streams = [((term, _GONE, 0) for term in sorted(new))]
            for place, (words, _) in enumerate(self._others):
                streams.append(words.terms_of(field, place))
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
            lists = lists.only([at for at, number in enumerate(moved) if number != _GONE])
            moved = array("q", (number for number in moved if number != _GONE))
        return lists._replace(documents=array("I", moved))

    def cleanup(self) -> None:
        """Let go of everything."""
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


class _Writer(SegmentWriter):
    """Whoosh's writer; what one segment takes over from another goes term by term.

    Whoosh itself does that posting by posting, in memory: a second for each hundred issues, and a
    gigabyte for forty thousand.
    """

    pool: Any

    def __init__(self, index: FileIndex) -> None:
        super().__init__(index, codec=SegmentCodec(), compound=False)
        self.pool = _Pool()

    def write_per_doc(self, _: object, terms: TermsIn) -> Sequence[int]:
        """Copies the documents that are not deleted; gives the new number of each, or _GONE."""
        records = terms.records
        numbers = array("q", [_GONE]) * records.size
        for document in range(records.size):
            if not records.is_deleted(document):
                self.perdocwriter.carry_over(records, document)
                numbers[document] = self.docnum
                self.docnum += 1
            if document % 4096 == 0:
                records.forget()
        return numbers

    def add_postings_to_pool(self, terms: TermsIn, _: object, numbers: Sequence[int]) -> None:
        """Has the pool take the postings as they lie in the other segment."""
        self.pool.carry_over(terms, numbers)
