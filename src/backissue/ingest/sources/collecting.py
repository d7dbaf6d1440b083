"""Input files, folders, containers and standard input, in sorted order, with what is said of each.

The only reader of input files. What cannot be taken in comes back as a `Refusal`, not as an
exception, so that one bad file never stops the rest.
"""

import errno
import hashlib
import io
import os
import re
import stat
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from backissue.ingest.identity import overlay
from backissue.ingest.sources.containers import (
    COMPRESSED,
    DAMAGE,
    HEAD,
    Allowance,
    Kind,
    Member,
    Opened,
    Trouble,
    again,
    kind_of,
    members,
    reason_of,
    spooled,
    unpacked,
)
from backissue.ingest.sources.exports import INDEX_NAMES
from backissue.ingest.sources.folder_notes import CATALOG, NOTES, Beside, Word, is_hidden, no_text
from backissue.records import NO_FACTS, Facts

# A year of a weekly newsletter is 1 MB of text; what is larger is no text. A mailbox or an archive
# may be larger: it is each message and member that may not.
LARGEST_SOURCE = 64 * 2**20
# A mailbox in an archive in an archive is a backup of a backup; what is deeper is a trap.
DEEPEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One input: its name, its bytes, their sha256 in hexadecimal, and what you said of it.

    What lies in a container is named `export.zip!posts/396.html`, a message by its place in the
    mailbox: `inbox.mbox!12`. `by_carrier` is what the export it came in says of it.
    """

    name: str
    data: bytes
    sha256: str
    by_reader: Facts
    by_carrier: Facts = NO_FACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An input that was not taken in, and why. `skipped` ones were left out on purpose."""

    name: str
    reason: str
    skipped: bool = False


class Meter:
    """How far a run has come, in bytes of the files it reads: `done`, of `total`."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self._before = 0
        self._size = 0
        self._read = 0

    @property
    def done(self) -> int:
        """The files that are finished, and what was read of the one at hand."""
        return self._before + min(self._read, self._size)

    def count(self, size: int) -> None:
        """So much more of the file at hand was read."""
        self._read += size

    @contextmanager
    def file(self, size: int) -> Iterator[None]:
        """While one file is read."""
        self._size, self._read = size, 0
        yield
        self._before += size
        self._size = self._read = 0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While something is read that will be read again."""
        before = self._read
        yield
        self._read = before


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """What holds for a whole run: the command's word, the archive's own folder, the meter.

    `named` are the folders of files that the reader named himself.
    """

    by_reader: Facts
    besides: Path | None
    meter: Meter
    named: dict[Path, Beside] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an input stands: its name, what is said of it from beside, how deep it lies.

    One that the reader `named` himself is never passed over.
    """

    name: str
    by_reader: Facts = NO_FACTS
    by_carrier: Facts = NO_FACTS
    named: bool = False
    unpacked: bool = False
    depth: int = 0


_Items = Iterator[Source | Refusal]


def collect(
    paths: Iterable[str],
    by_reader: Facts,
    *,
    besides: Path | None = None,
    meter: Meter | None = None,
) -> Iterator[Source | Refusal]:
    """Every input under `paths`, folders in sorted order; `-` is standard input.

    `by_reader` comes from the command line and outweighs any catalog. The folder `besides`, the
    archive's own, is not looked into. `meter` is told how much was read.
    """
    walk = _Walk(by_reader=by_reader, besides=besides and besides.resolve(), meter=meter or Meter())
    for path in paths:
        if path == "-":
            yield from _from_standard_input(walk)
        elif os.path.isdir(path):
            yield from _from_folder(Path(path), walk)
        else:
            yield from _from_named(Path(path), walk)


def survey(paths: Iterable[str], *, besides: Path | None = None) -> int:
    """How many bytes there are to read under `paths`, as far as can be told beforehand."""
    size = 0
    for path in paths:
        if os.path.isdir(path):
            for folder in _folders(Path(path), besides and besides.resolve(), []):
                size += sum(_size_of(folder.path / name) for name in folder.names)
        elif path != "-":
            size += _size_of(Path(path))
    return size


def _size_of(path: Path) -> int:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def make_source(name: str, data: bytes, by_reader: Facts, by_carrier: Facts = NO_FACTS) -> Source:
    """A source from bytes already at hand."""
    digest = hashlib.sha256(data).hexdigest()
    return Source(name=name, data=data, sha256=digest, by_reader=by_reader, by_carrier=by_carrier)


# -- folders ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """A folder to look into: its path, the same from where the walk began, its files' names."""

    path: Path
    shown: str
    names: tuple[str, ...]
    is_archive: bool = False


def _folders(root: Path, besides: Path | None, closed: list[OSError]) -> Iterator[_Folder]:
    """Every folder below `root`, in sorted order; those that cannot be listed go to `closed`."""
    for folder, subfolders, names in os.walk(root, onerror=closed.append, followlinks=False):
        here = Path(folder)
        shown = here.relative_to(root).as_posix()
        shown = "" if shown == "." else shown
        is_mail = {"cur", "new"} <= set(subfolders)
        if besides and here.resolve() == besides:
            subfolders.clear()
            yield _Folder(path=here, shown=shown, names=(), is_archive=True)
            continue
        subfolders[:] = sorted(name for name in subfolders if _is_open(here / name, is_mail))
        # What lies in a Maildir beside its folders is the mail program's own.
        kept = [] if is_mail else sorted(name for name in names if not name.startswith("."))
        yield _Folder(path=here, shown=shown, names=tuple(kept))


def _is_open(folder: Path, in_mail: bool) -> bool:  # noqa: FBT001
    """Whether a folder is looked into: a hidden one only where it is a Maildir in a Maildir."""
    if in_mail and folder.name == "tmp":
        return False
    return not folder.name.startswith(".") or (in_mail and (folder / "cur").is_dir())


def _from_folder(root: Path, walk: _Walk) -> _Items:
    closed: list[OSError] = []
    beside = Beside()
    # The index of an export whose `posts` alone was named.
    yield from _learn(beside, root.absolute().parent, "..", INDEX_NAMES)
    for folder in _folders(root, walk.besides, closed):
        if folder.is_archive:
            yield Refusal(name=folder.path.name, reason="is the archive itself", skipped=True)
            continue
        yield from _learn(beside, folder.path.absolute(), folder.shown, NOTES)
        for name in folder.names:
            if name != CATALOG:
                yield from _from_path(folder.path / name, _joined(folder.shown, name), beside, walk)
    for error in closed:
        shown = Path(error.filename).relative_to(root).as_posix()
        yield Refusal(name=shown, reason=error.strerror or "cannot be listed")


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _learn(beside: Beside, folder: Path, shown: str, names: Collection[str]) -> _Items:
    """Have these notes of a folder read, as far as they are there; what is wrong with a catalog."""
    notes: dict[str, bytes] = {}
    for name in sorted(names):
        try:
            notes[name] = _read(folder / name, LARGEST_SOURCE)
        except FileNotFoundError:
            continue
        except OSError as error:
            if name == CATALOG:  # an index is looked at again, as a file
                yield Refusal(name=_joined(shown, name), reason=error.strerror or "cannot be read")
    reason = beside.learn(folder.as_posix(), notes, lambda path: (folder / path).is_file())
    if reason:
        yield Refusal(name=_joined(shown, CATALOG), reason=reason)


def _read(path: Path, most: int) -> bytes:
    """A file's bytes, at most one more than `most`. Raises OSError for what is no regular file."""
    with _opened(path, Meter()) as file:
        return file.read(most + 1)


def _from_path(path: Path, inside: str, beside: Beside, walk: _Walk) -> _Items:
    """One file of a folder. `inside` is its path in there."""
    word = beside.word_of(path.absolute().as_posix())
    if word.skipped:
        yield Refusal(name=inside, reason=word.skipped, skipped=True)
    else:
        place = _Place(
            name=_mail_name(inside), by_reader=word.by_reader, by_carrier=word.by_carrier
        )
        yield from _from_file(path, place, walk)


# Of `cur/1706781600.M1P2.host:2,S` in a Maildir, what stays when the message is read or answered.
_MAIL_NAME = re.compile(r"(^|.*/)(?:cur|new)/(\d+\.[^/:]+)(?:[:;!]2,[A-Za-z]*)?")


def _mail_name(path: str) -> str:
    """A path as it is shown: that of a message in a Maildir without what mail programs change."""
    found = _MAIL_NAME.fullmatch(path)
    return found[1] + found[2] if found else path


# -- files --------------------------------------------------------------------------------------


def _from_named(path: Path, walk: _Walk) -> _Items:
    """A file that the reader named, with what its folder's catalog and its export say of it."""
    if not path.name:  # nothing between quotes, as from an empty variable
        yield Refusal(name="“”", reason="not a file name")
        return
    folder = path.absolute().parent
    if folder not in walk.named:
        walk.named[folder] = Beside()
        yield from _learn(walk.named[folder], folder.parent, "..", INDEX_NAMES)
        yield from _learn(walk.named[folder], folder, folder.name, NOTES)
    word = walk.named[folder].word_of(path.absolute().as_posix())
    place = _Place(name=path.name, by_reader=word.by_reader, by_carrier=word.by_carrier, named=True)
    yield from _from_file(path, place, walk)


def _from_file(path: Path, place: _Place, walk: _Walk) -> _Items:
    try:
        file = _opened(path, walk.meter)
    except FileNotFoundError:
        yield Refusal(name=place.name, reason="no such file")
    except OSError as error:
        yield Refusal(name=place.name, reason=error.strerror or "cannot be read")
    except ValueError:
        yield Refusal(name=place.name, reason="not a file name")
    else:
        with file:
            size = os.fstat(file.fileno()).st_size
            with walk.meter.file(size):
                allowance = Allowance(size, LARGEST_SOURCE)
                yield from _from_stream(again(file), place, walk, allowance)


def _opened(path: Path, meter: Meter) -> io.BufferedReader:
    """A file, open. Raises OSError for what is no regular file."""
    # O_NONBLOCK: opening a FIFO that nobody writes to must not wait for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "Is a directory")
        raise OSError(errno.EINVAL, "not a regular file")
    return io.BufferedReader(_Counted(handle, meter), 2**16)


class _Counted(io.FileIO):
    """A file of which a meter knows how much was read."""

    def __init__(self, handle: int, meter: Meter) -> None:
        super().__init__(handle)
        self._meter = meter

    def readinto(self, buffer: Any) -> int:
        size = super().readinto(buffer) or 0
        self._meter.count(size)
        return size


def _from_standard_input(walk: _Walk) -> _Items:
    place = _Place(name="stdin", named=True)
    if sys.stdin is None:
        yield Refusal(name=place.name, reason="closed")
        return
    try:
        # A copy, since a container is looked at more than once.
        copy = spooled(sys.stdin.buffer)
    except DAMAGE as error:
        yield Refusal(name=place.name, reason=reason_of(error))
        return
    with copy:
        allowance = Allowance(copy.seek(0, io.SEEK_END), LARGEST_SOURCE)
        yield from _from_stream(again(copy), place, walk, allowance)


# -- what is in them ----------------------------------------------------------------------------


def _from_stream(opened: Opened, place: _Place, walk: _Walk, allowance: Allowance) -> _Items:
    """The source that a stream is, or those that are in it."""
    try:
        with opened() as stream:
            head = stream.read(HEAD)
        kind = kind_of(head)
        if kind is None:
            yield _one(head, opened, place, walk)
        elif kind not in COMPRESSED:
            yield from _from_container(kind, opened, place, walk, allowance)
        elif place.unpacked:
            yield Refusal(name=place.name, reason="compressed more than once")
        else:
            inner = replace(place, unpacked=True)
            yield from _from_stream(unpacked(kind, opened, allowance), inner, walk, allowance)
    except DAMAGE as error:
        yield Refusal(name=place.name, reason=reason_of(error))


def _one(head: bytes, opened: Opened, place: _Place, walk: _Walk) -> Source | Refusal:
    if not place.named and (what := no_text(head)):
        return Refusal(name=place.name, reason=what, skipped=True)
    with opened() as stream:
        data = stream.read(LARGEST_SOURCE + 1)
    if len(data) > LARGEST_SOURCE:
        return Refusal(name=place.name, reason=f"larger than {LARGEST_SOURCE // 2**20} MB")
    if not data.strip():
        return Refusal(name=place.name, reason="empty")
    return make_source(place.name, data, overlay(place.by_reader, walk.by_reader), place.by_carrier)


def _from_container(
    kind: Kind, opened: Opened, place: _Place, walk: _Walk, allowance: Allowance
) -> _Items:
    """Every source in a container, with what is said of the container as far as it holds of each.

    A number, a title, a date are of one issue: they hold where there is one source in it.
    """
    if place.depth == DEEPEST:
        yield Refusal(name=place.name, reason=f"more than {DEEPEST} containers deep")
        return
    under, over = _of_one(place.by_reader), _of_one(walk.by_reader)
    of_all = replace(walk, by_reader=_of_all(walk.by_reader))
    inside = _inside(
        kind, opened, replace(place, by_reader=_of_all(place.by_reader)), of_all, allowance
    )
    if under == over == NO_FACTS:
        yield from inside
        return
    only: Source | None = None
    count = 0
    for item in inside:
        count += isinstance(item, Source)
        if isinstance(item, Source) and count == 1:
            only = item
            continue
        if only and count == 2:
            yield only
            only = None
        yield item
    if only:
        yield replace(only, by_reader=overlay(overlay(under, only.by_reader), over))
    elif count:
        reason = "number, title, date and url are not taken, as it holds several"
        yield Refusal(name=place.name, reason=reason, skipped=True)


def _of_all(facts: Facts) -> Facts:
    return Facts(publication=facts.publication, kind=facts.kind)


def _of_one(facts: Facts) -> Facts:
    return replace(facts, publication=None, kind=None)


def _inside(kind: Kind, opened: Opened, place: _Place, walk: _Walk, allowance: Allowance) -> _Items:
    beside = Beside()
    names: Collection[str] = ()
    if kind is not Kind.MBOX:
        with walk.meter.paused():
            names, troubles = _learn_inside(beside, kind, opened, allowance)
        for name, reason in troubles:
            yield Refusal(name=f"{place.name}!{name}", reason=reason)
    mail = {found[1] for name in names if (found := _MAIL_NAME.fullmatch(name))}
    empty = True
    for member in members(kind, opened, allowance):
        empty = False
        if isinstance(member, Trouble):
            name = f"{place.name}!{member.name}" if member.name else place.name
            yield Refusal(name=name, reason=member.reason, skipped=member.skipped)
        elif kind is Kind.MBOX:
            inner = _inner(place, member.name, Word(by_reader=place.by_reader))
            yield from _from_stream(member.opened, inner, walk, allowance)
        elif not _is_passed_over(member.name, mail):
            yield from _from_member(member, beside.word_of(member.name), place, walk, allowance)
    if empty:
        yield Refusal(name=place.name, reason="empty")


def _learn_inside(
    beside: Beside, kind: Kind, opened: Opened, allowance: Allowance
) -> tuple[Collection[str], list[tuple[str, str]]]:
    """Have an archive's catalogs and indexes read; the names in it, and what is wrong with any."""
    names: set[str] = set()
    notes: dict[str, dict[str, bytes]] = {}
    troubles: list[tuple[str, str]] = []
    for member in members(kind, opened, allowance):
        if isinstance(member, Trouble):
            continue
        names.add(member.name)
        folder, _, name = member.name.rpartition("/")
        if name in NOTES and not is_hidden(member.name):
            try:
                with member.opened() as stream:
                    notes.setdefault(folder, {})[name] = stream.read(LARGEST_SOURCE + 1)
            except DAMAGE as error:
                if name == CATALOG:
                    troubles.append((member.name, reason_of(error)))
    for folder, files in sorted(notes.items()):
        below = {name.removeprefix(f"{folder}/") if folder else name for name in names}
        reason = beside.learn(folder, files, below.__contains__)
        if reason:
            troubles.append((_joined(folder, CATALOG), reason))
    return names, troubles


def _is_passed_over(name: str, mail: Collection[str]) -> bool:
    """Whether a member is one that a walk through folders would not look at."""
    folder, slash, last = name.rpartition("/")
    own = folder + slash in mail or folder.removesuffix("tmp") in mail
    return last == CATALOG or is_hidden(name) or own


def _from_member(
    member: Member, word: Word, place: _Place, walk: _Walk, allowance: Allowance
) -> _Items:
    if word.skipped:
        name = f"{place.name}!{member.name}"
        yield Refusal(name=name, reason=word.skipped, skipped=True)
    else:
        word = replace(word, by_reader=overlay(place.by_reader, word.by_reader))
        yield from _from_stream(member.opened, _inner(place, member.name, word), walk, allowance)


def _inner(place: _Place, name: str, word: Word) -> _Place:
    """The place of a member."""
    shown = f"{place.name}!{_mail_name(name)}"
    return _Place(
        name=shown, by_reader=word.by_reader, by_carrier=word.by_carrier, depth=place.depth + 1
    )
