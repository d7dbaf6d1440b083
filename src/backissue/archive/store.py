"""The originals on disk: bytes by hash, and the facts you set.

Nothing here is derived, and nothing is changed in place: a file is written under a temporary name,
flushed to the disk, and renamed, so that a crash leaves the old contents or the new.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from backissue.archive.files import Position, Reread, check_format, held, remove, write_whole
from backissue.archive.settings import (
    CHANGE,
    INDEX,
    SOURCES,
    UNFINISHED,
    check_contents,
    draw,
    number_in,
)
from backissue.errors import IndexUnusableError, NoArchiveError, UsageError, cause
from backissue.index import change_of
from backissue.ingest.identity import gather, overlay, to_plain
from backissue.ingest.sources import Source, digest_of, digests_of
from backissue.own_files import flush, make_folder, read
from backissue.records import NO_FACTS, Facts

if TYPE_CHECKING:
    from backissue.archive.journal import Recorder
    from backissue.archive.tombstones import Removed, RemovedSource

# Format 1 named what you said of a source `said`, and what its export says of it `told`.
_FORMAT = 2
_NO_FORMAT = 0  # of a file that says none
SAYINGS = "sayings.json"
REMOVED = "removed.json"


class StoredSource(Struct, frozen=True, kw_only=True):
    """The record of an original: its hash, every name it came under, and what is known of it.

    You set `by_reader` for the whole source, `by_reader_of_issue` for its issues, counted from 0;
    `by_carrier` is what the export it came in says of it. `came` is when it first came, in UTC,
    ISO 8601. You removed those of its issues that are at the places `removed`, or it `is_removed`
    as a whole.
    """

    sha256: str
    names: tuple[str, ...]
    came: str
    by_reader: Facts
    by_reader_of_issue: Mapping[int, Facts]
    by_carrier: Facts = NO_FACTS
    removed: frozenset[int] = frozenset()
    is_removed: bool = False

    @property
    def digest(self) -> str:
        """Changes when, and only when, something changes that issues are derived from."""
        by_place = {
            str(place): to_plain(facts)
            for place, facts in self.by_reader_of_issue.items()
            if facts != NO_FACTS
        }
        known: list[object] = [self.names[:1], to_plain(self.by_reader), to_plain(self.by_carrier)]
        known.append(by_place)
        if self.removed or self.is_removed:
            known.append(["removed", sorted(self.removed), self.is_removed])
        text = json.dumps(known, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    @property
    def state(self) -> str:
        """The source as it is now; an index that has it is up to date on it."""
        return f"{self.sha256}.{self.digest}"


class Store:
    """The originals of one archive. Writing needs the lock; reading never waits.

    `sayings()` gives the facts you set for single issues, by source and place, as JSON values, and
    `removed()` what you removed, or None for nothing. Both raise `NoArchiveError` where their file
    is damaged. What is about to change goes to the `recorder` first, if there is one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recorder: Recorder | None = None
        self._mark = self._next = ""
        self.position = Position(folder)
        self._sources = folder / SOURCES
        self._sayings = folder / SAYINGS
        removed = folder / REMOVED
        self.sayings = Reread(self._sayings, self._checked)
        self.removed = Reread(removed, partial(_removed, removed))

    def create(self) -> None:
        """Make the folder, for this user alone; one that exists keeps its mode.

        Raises `NoArchiveError` where it cannot be made.
        """
        try:
            make_folder(self.folder)
            make_folder(self._sources)
        except OSError as error:
            raise NoArchiveError(
                f"cannot make an archive in {self.folder}: {cause(error)}",
                hint="choose another folder with --archive DIR",
            ) from None

    @contextmanager
    def lock(self, patience: float | None = None) -> Iterator[None]:
        """Hold the archive for writing, after waiting for it for at most `patience` seconds.

        Raises `BusyError` naming who holds it, and `NotOwnError` where the archive has a link.
        """
        check_contents(self.folder)
        with held(self.folder, patience):
            self.position.fix()
            yield

    @contextmanager
    def unfinished(self) -> Iterator[bool]:
        """Mark the archive as being changed; yields whether an earlier run left its mark.

        When the block ends well, the mark becomes the number of the last change (see `settings`).
        After a killed run it is still there, and the next run knows that the index may lack what
        the store has.
        """
        mark = self.folder / UNFINISHED
        resuming = os.path.lexists(mark)
        for left_over in self._temporary_files(with_sources=resuming):
            remove(left_over)
        self._mark = number_in(mark)
        if not self._mark:  # nor has that of an older version
            self._mark = self._next = draw()
            write_whole([(mark, f"{self._mark}\n".encode())])
        yield resuming
        self.position.check()
        self._end(mark)

    def next_change(self) -> str:
        """What the next commit of the index is to say of itself; "" where nothing is changed."""
        following, self._next = self._next or (self._mark and draw(self._mark)), ""
        return following

    def _end(self, mark: Path) -> None:
        """Have the archive say what its index says; the mark itself says so after one commit."""
        last = self.folder / CHANGE
        try:
            made = change_of(self.folder / INDEX)
        except IndexUnusableError:  # whoever opens it next rebuilds it
            made = number_in(last)
        if made == self._mark:
            mark.replace(last)
        else:
            if made != number_in(last):
                write_whole([(last, f"{made}\n".encode())])
            mark.unlink(missing_ok=True)
        self._mark = self._next = ""

    def _temporary_files(self, *, with_sources: bool) -> Iterator[Path]:
        """The files that a killed run was writing."""
        for name in (UNFINISHED, CHANGE, SAYINGS, REMOVED):
            yield from self.folder.glob(f".{name}.*.tmp")
        if with_sources:
            yield from self._sources.glob("??/.*.tmp")
            yield from self.folder.glob("history/.*.tmp")

    def hashes(self) -> list[str]:
        """The sha256 of every original that you did not remove, sorted.

        Raises `NoArchiveError` where a folder cannot be listed, as its originals are not gone.
        """
        removed = self.removed()
        return [
            one
            for one in self.stored()
            if not (removed and (known := removed.sources.get(one)) and known.whole)
        ]

    def stored(self) -> list[str]:
        """The same with those that you removed, as long as `undo` may bring them back."""
        try:
            return sorted(
                name.removesuffix(".json")
                for folder in _listed(self._sources)
                for name in _listed(self._sources / folder)
                if name.endswith(".json") and not name.startswith(".")
            )
        except OSError as error:
            raise NoArchiveError(
                f"cannot list the originals in {error.filename}: {cause(error)}",
                hint="correct the permissions: backissue doctor",
            ) from None

    def entry(self, sha256: str) -> StoredSource | None:
        """What is known of an original, or None where there is none."""
        return self._entry(sha256, self.sayings())

    def entries(self) -> Iterator[StoredSource | NoArchiveError]:
        """Every original that you did not remove, sorted by hash.

        One whose record is damaged comes as its error. Raises `NewerFormatError` at the first that
        a newer version wrote: it is not damaged, and its issues must not be left out.
        """
        sayings = self.sayings()
        for sha256 in self.hashes():
            try:
                if entry := self._entry(sha256, sayings):
                    yield entry
            except NoArchiveError as error:
                yield error

    def _entry(self, sha256: str, sayings: Mapping[str, Any]) -> StoredSource | None:
        try:
            known = json.loads(read(self.path(sha256, ".json")).decode())
            check_format(self.path(sha256, ".json"), known, _FORMAT)
            removed = self._removed(sha256)
            return StoredSource(
                sha256=sha256,
                names=tuple(map(str, known["names"])),
                came=str(known["came"]),
                by_reader=gather(known["by_reader" if "by_reader" in known else "said"]),
                by_reader_of_issue=_by_place(sayings.get(sha256, {})),
                by_carrier=gather(known.get("by_carrier", known.get("told", {}))),
                removed=frozenset(removed.issues) if removed else frozenset(),
                is_removed=bool(removed and removed.whole),
            )
        except FileNotFoundError:
            return None
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, UsageError):
            raise NoArchiveError(
                f"{self.path(sha256, '.json')} is damaged",
                hint="restore it from a backup, or delete it and ingest the original again",
            ) from None

    def data(self, sha256: str) -> bytes:
        """An original's bytes. Raises `NoArchiveError` where they are gone or altered."""
        path = self.path(sha256, ".bin")
        try:
            data = read(path)
        except OSError as error:
            raise NoArchiveError(
                f"cannot read the original {path}: {cause(error)}",
                hint="to have it again, ingest the file",
            ) from None
        if sha256 not in digests_of(data):
            raise NoArchiveError(
                f"the original {path} has been altered",
                hint="to have it again, ingest the file",
            )
        return data

    def with_source(self, source: Source, known: StoredSource | None) -> StoredSource:
        """The record of a source that came, perhaps again, with all that is known of it."""
        if known is None:
            # What you set for an issue holds again when its deleted original comes again.
            by_place = _by_place(self.sayings().get(source.sha256, {}))
            removed = self._removed(source.sha256)
            return StoredSource(
                sha256=source.sha256,
                names=(source.name,),
                came=_now(),
                by_reader=source.by_reader,
                by_reader_of_issue=by_place,
                by_carrier=source.by_carrier,
                removed=frozenset(removed.issues) if removed else frozenset(),
                is_removed=bool(removed and removed.whole),
            )
        return replace(
            known,
            names=tuple(sorted({*known.names, source.name})),
            by_reader=overlay(known.by_reader, source.by_reader),
            by_carrier=overlay(known.by_carrier, source.by_carrier),
        )

    def has_file(self, sha256: str) -> bool:
        """Whether the store has a file for an original's bytes, whatever is in it."""
        return os.path.lexists(self.path(sha256, ".bin"))

    def has_bytes(self, sha256: str, data: bytes) -> bool:
        """Whether the store has an original with these bytes, with either kind of line end."""
        try:
            stored = read(self.path(sha256, ".bin"))
        except (OSError, NoArchiveError):
            return False
        return stored == data or digest_of(stored) == digest_of(data)

    def keep(self, originals: Iterable[tuple[StoredSource, bytes]]) -> None:
        """Write originals and their records: the bytes first, so that no record lacks its bytes.

        All are flushed together, which costs a disk little more than one.
        """
        originals = list(originals)
        files = [
            (self.path(entry.sha256, ".bin"), data)
            for entry, data in originals
            if not self.has_bytes(entry.sha256, data)
        ]
        records = [(self.path(entry.sha256, ".json"), _record(entry)) for entry, _ in originals]
        self._note(records=self._changing(entry for entry, _ in originals))
        fresh = {path.parent for path, _ in files if not path.parent.is_dir()}
        for folder in fresh:
            folder.mkdir(mode=0o700)
        write_whole([*files, *records])
        if fresh:
            flush(self._sources)

    def write_entry(self, entry: StoredSource) -> None:
        """Write the record of an original."""
        self._note(records=self._changing([entry]))
        write_whole([(self.path(entry.sha256, ".json"), _record(entry))])

    def set_facts(self, facts: Mapping[str, Mapping[int, Facts]]) -> None:
        """Set facts of issues, by source and place: all of them, or none."""
        sayings = deepcopy(self.sayings())
        for sha256, by_place in facts.items():
            plain = {str(place): to_plain(one) for place, one in by_place.items()}
            sayings.setdefault(sha256, {}).update(plain)
        before = self.sayings()
        self._note(sayings=_differing(before, sayings))
        self.set_sayings(sayings)

    def set_sayings(self, sayings: Mapping[str, Any]) -> None:
        """Write the facts you set for single issues, in place of what the file says."""
        self._write_or_remove(self._sayings, sayings, sayings)

    def record(self, sha256: str) -> str | None:
        """The record of an original as its file has it, or None where there is none."""
        try:
            return read(self.path(sha256, ".json")).decode(errors="surrogateescape")
        except FileNotFoundError:
            return None

    def _changing(self, entries: Iterable[StoredSource]) -> dict[str, str | None]:
        """The records that these entries are about to change, as they are."""
        if self.recorder is None:
            return {}
        before = ((entry, self.record(entry.sha256)) for entry in entries)
        return {
            entry.sha256: text
            for entry, text in before
            if text is None or text.encode("utf-8", "surrogateescape") != _record(entry)
        }

    def _note(self, **before: Mapping[str, object]) -> None:
        """Have what is about to change written down, if this is still the archive."""
        self.position.check()
        if self.recorder and any(before.values()):
            self.recorder.write(before)

    def _write_or_remove(self, path: Path, content: Sized, value: object) -> None:
        """Write a file; without content there is none."""
        self.position.check()
        if content:
            write_whole([(path, _json_bytes(value))])
        elif os.path.lexists(path):
            path.unlink()
            flush(self.folder)

    def _removed(self, sha256: str) -> "RemovedSource | None":
        removed = self.removed()
        return removed.sources.get(sha256) if removed else None

    def set_removed(self, removed: "Removed") -> None:
        """Write what you removed, in place of what the file says."""
        before = self.removed()
        self._note(
            removed=_differing(before.plain["sources"] if before else {}, removed.plain["sources"])
        )
        self._write_or_remove(self.removed.path, removed.sources, removed.plain)

    def _checked(self, data: bytes | None) -> dict[str, Any]:
        if data is None:
            return {}
        try:
            sayings: dict[str, Any] = json.loads(data)
            check_format(self._sayings, sayings, _NO_FORMAT)
            if all(isinstance(of_source, dict) for of_source in sayings.values()):
                return sayings
        except (ValueError, RecursionError, AttributeError):
            pass
        raise NoArchiveError(
            f"{self._sayings} is damaged", hint="restore it from a backup, or delete it"
        )

    def path(self, sha256: str, suffix: str) -> Path:
        """Where an original (`.bin`) or its record (`.json`) is."""
        return self._sources / sha256[:2] / f"{sha256}{suffix}"


def _removed(path: Path, data: bytes | None) -> "Removed | None":
    if data is None:
        return None
    from backissue.archive import tombstones  # noqa: PLC0415 - many archives have no such file

    return tombstones.parse(path, data)


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What is not in both, as it was before; None where it was not there."""
    keys = before.keys() | now.keys()
    return {key: before.get(key) for key in sorted(keys) if before.get(key) != now.get(key)}


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _by_place(sayings: Mapping[str, Mapping[str, object]]) -> dict[int, Facts]:
    return {int(place): gather(by_reader) for place, by_reader in sayings.items()}


def _record(entry: StoredSource) -> bytes:
    return _json_bytes(
        {
            "format": _FORMAT,
            "names": list(entry.names),
            "came": entry.came,
            "by_reader": to_plain(entry.by_reader),
            "by_carrier": to_plain(entry.by_carrier),
        }
    )


def _json_bytes(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
    try:
        return (text + "\n").encode()
    except UnicodeEncodeError:  # a file name that is no UTF-8
        return (json.dumps(value, sort_keys=True, indent=1) + "\n").encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
