"""Input files, folders and standard input, in sorted order, with the notes on each.

The only reader of input files. What cannot be read comes back as a `Refusal`, not as an exception,
so that one bad file never stops the rest.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from backissue.errors import cause
from backissue.ingest.sources.contents import (
    CATALOG,
    INDEX_NAMES,
    NO_NOTES,
    NOTES,
    Input,
    Items,
    Meter,
    Refusal,
    Scope,
    from_stream,
    joined,
    mail_name,
)
from backissue.ingest.sources.streams import Allowance, Stream, again
from backissue.records import Facts

if TYPE_CHECKING:
    from backissue.ingest.sources.folder_notes import FolderNotes

# A year of a weekly newsletter is 1 MB of text; what is larger is no text. A mailbox or an archive
# may be larger: it is each message and member that may not.
LARGEST_SOURCE = 64 * 2**20
STANDARD_INPUT = "-"


class _Walk(Struct, frozen=True, kw_only=True):
    """What holds for a whole run: the command's facts, the archive's own folder, the meter.

    `noted` has the notes of the folders of files that you named yourself.
    """

    by_reader: Facts
    archive: Path | None
    meter: Meter
    noted: dict[Path, FolderNotes | None] = field(default_factory=dict)


def collect(
    paths: Iterable[str],
    by_reader: Facts,
    *,
    archive: Path | None = None,
    meter: Meter | None = None,
    pipes: Sequence[Stream | Refusal | None] | None = None,
) -> Items:
    """Every input under `paths`, folders in sorted order; `-` is standard input.

    `by_reader` comes from the command line and outweighs any catalog. The folder `archive` is not
    looked into. `meter` counts how much was read. `pipes` is what `read_pipes` gave for `paths`;
    else they are read when the first input is asked for.
    """
    walk = _Walk(by_reader=by_reader, archive=archive and archive.resolve(), meter=meter or Meter())
    paths = tuple(paths)
    for path, pipe in zip(paths, pipes or read_pipes(paths), strict=True):
        if pipe is not None:
            yield from _from_pipe(pipe, path, walk)
        elif os.path.isdir(path):
            yield from _from_folder(Path(path), walk)
        elif _is_there(path):
            yield from _from_named(Path(path), walk)
        else:
            yield _not_there(path)


def survey(paths: Iterable[str], *, archive: Path | None = None) -> int:
    """How many bytes there are to read under `paths`; 0 for what gives no size."""
    size = 0
    for path in paths:
        if os.path.isdir(path):
            for folder in _folders(Path(path), archive and archive.resolve(), []):
                size += sum(_size_of(folder.path / name) for name in folder.names)
        else:
            size += _size_of(Path(path))
    return size


def _size_of(path: Path) -> int:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


# -- folders ------------------------------------------------------------------------------------


class _Folder(Struct, frozen=True, kw_only=True):
    """A folder to look into: its path, the same from where the walk began, its files' names."""

    path: Path
    shown: str
    names: tuple[str, ...]
    is_archive: bool = False


def _folders(root: Path, archive: Path | None, closed: list[OSError]) -> Iterator[_Folder]:
    """Every folder below `root`, in sorted order; those that cannot be listed go to `closed`."""
    for folder, subfolders, names in os.walk(root, onerror=closed.append, followlinks=False):
        here = Path(folder)
        shown = here.relative_to(root).as_posix()
        shown = "" if shown == "." else shown
        in_mail = {"cur", "new"} <= set(subfolders)
        if archive and here.resolve() == archive:
            subfolders.clear()
            yield _Folder(path=here, shown=shown, names=(), is_archive=True)
            continue
        subfolders[:] = sorted(
            name for name in subfolders if _is_open(here / name, in_mail=in_mail)
        )
        # The files of a Maildir outside its folders are the mail program's own.
        kept = [] if in_mail else sorted(name for name in names if not name.startswith("."))
        yield _Folder(path=here, shown=shown, names=tuple(kept))


def _is_open(folder: Path, *, in_mail: bool) -> bool:
    """Whether a folder is looked into: a hidden one only where it is a Maildir in a Maildir."""
    if in_mail and folder.name == "tmp":
        return False
    return not folder.name.startswith(".") or (in_mail and (folder / "cur").is_dir())


def _from_folder(root: Path, walk: _Walk) -> Items:
    empty = True
    for item in _below(root, walk):
        empty = False
        yield item
    if empty:
        what = "has no files, or hidden ones only" if os.listdir(root) else "is empty"
        reason = f"nothing to ingest in it, the folder {what}"
        yield Refusal(name=str(root), reason=reason, skipped=True)


def _below(root: Path, walk: _Walk) -> Items:
    from backissue.ingest.sources.folder_notes import FolderNotes  # noqa: PLC0415 - see `_learn`

    closed: list[OSError] = []
    beside = FolderNotes()
    # The index of an export whose `posts` alone was named.
    yield from _learn(beside, root.absolute().parent, "..", INDEX_NAMES)
    yield from _missing(beside, root.absolute().parent, "..")
    for folder in _folders(root, walk.archive, closed):
        if folder.is_archive:
            yield Refusal(name=folder.path.name, reason="the archive itself", skipped=True)
            continue
        yield from _learn(beside, folder.path.absolute(), folder.shown, NOTES)
        yield from _missing(beside, folder.path.absolute(), folder.shown)
        for name in folder.names:
            if name != CATALOG:
                yield from _from_path(folder.path / name, joined(folder.shown, name), beside, walk)
    for error in closed:
        inside = Path(error.filename).relative_to(root).as_posix()
        shown = str(root) if inside == "." else inside
        yield Refusal(name=shown, reason=cause(error))


def _learn(
    beside: FolderNotes | None, folder: Path, shown: str, names: Collection[str]
) -> Generator[Refusal, None, FolderNotes | None]:
    """Read those of a folder's notes with these names; gives what is wrong with a catalog.

    Returns `beside` with them. Most files that you name have none, and need no `FolderNotes`.
    """
    notes: dict[str, bytes] = {}
    for name in sorted(names):
        try:
            with _opened(folder / name, Meter()) as file:
                notes[name] = file.read(LARGEST_SOURCE + 1)
        except FileNotFoundError:
            continue
        except OSError as error:
            # An index is looked at again, as a file; and so is one that is closed as a whole.
            if name == CATALOG and os.access(folder, os.X_OK):
                yield Refusal(name=joined(shown, name), reason=cause(error))
    if not notes:
        return beside
    from backissue.ingest.sources.folder_notes import FolderNotes  # noqa: PLC0415 - few have any

    beside = beside or FolderNotes()
    reason = beside.learn(folder.as_posix(), notes, lambda path: (folder / path).is_file())
    if reason:
        yield Refusal(name=joined(shown, CATALOG), reason=reason)
    return beside


def _missing(beside: FolderNotes, folder: Path, shown: str) -> Iterator[Refusal]:
    """What a folder's indexes list and its files have not."""
    for path, why in beside.missing(folder.as_posix(), lambda path: (folder / path).is_file()):
        yield Refusal(name=joined(shown, path.removeprefix(f"{folder.as_posix()}/")), reason=why)


def _from_path(path: Path, inside: str, beside: FolderNotes, walk: _Walk) -> Items:
    """One file of a folder. `inside` is its path in there."""
    notes = beside.of_file(path.absolute().as_posix())
    if notes.skipped:
        yield Refusal(name=inside, reason=notes.skipped, skipped=True)
    else:
        yield from _from_file(path, Input(name=mail_name(inside), notes=notes), walk)


def _is_there(path: str) -> bool:
    """Whether there is something at a path, as far as can be seen."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:  # which is said when it is opened
        return True
    return True


def _not_there(path: str) -> Refusal:
    """What is wrong with a path that you named, at which there is nothing."""
    from backissue.ingest.sources import mistyped  # noqa: PLC0415 - rarely needed

    if not path or "\0" in path:  # nothing between quotes, as from an empty variable
        return Refusal(name=path or "“”", reason="not a file name")
    if reason := mistyped.address(path):
        return Refusal(name=path, reason=reason)
    return Refusal(name=Path(path).name or path, reason=mistyped.why_missing(path))


# -- files --------------------------------------------------------------------------------------


def _from_named(path: Path, walk: _Walk) -> Items:
    """A file that you named, with the notes of its folder's catalog and export on it."""
    folder = path.absolute().parent
    if folder not in walk.noted:
        around = yield from _learn(None, folder.parent, "..", INDEX_NAMES)
        walk.noted[folder] = yield from _learn(around, folder, folder.name, NOTES)
    beside = walk.noted[folder]
    notes = beside.of_file(path.absolute().as_posix()) if beside else NO_NOTES
    yield from _from_file(path, Input(name=path.name, notes=notes, named=True), walk)


def _from_file(path: Path, origin: Input, walk: _Walk) -> Items:
    try:
        file = _opened(path, walk.meter)
    except FileNotFoundError:
        yield Refusal(name=origin.name, reason="no such file")
    except OSError as error:
        yield Refusal(name=origin.name, reason=cause(error))
    except ValueError:
        yield Refusal(name=origin.name, reason="not a file name")
    else:
        with file:
            size = os.fstat(file.fileno()).st_size
            with walk.meter.file(size):
                yield from _from_open(file, size, origin, walk)


def _opened(path: Path, meter: Meter) -> io.BufferedReader:
    """A file, open. Raises OSError for what is no regular file."""
    # O_NONBLOCK: opening a FIFO that nobody writes to must not wait for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
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


def read_pipes(paths: Iterable[str]) -> tuple[Stream | Refusal | None, ...]:
    """For each path a copy of what comes through it, or why there is none; None for a file.

    They are read to their end before anything is ingested, so that nobody waits for a run that
    waits for its input.
    """
    return tuple(_pipe(path) if _is_pipe(path) else None for path in paths)


def is_typed(path: str) -> bool:
    """Whether what is read from here is typed at a terminal."""
    if path == STANDARD_INPUT:
        return sys.stdin is not None and sys.stdin.isatty()
    return stat.S_ISCHR(_mode_of(path)) and _is_terminal(path)


def _is_pipe(path: str) -> bool:
    return path == STANDARD_INPUT or stat.S_ISFIFO(_mode_of(path)) or is_typed(path)


def _pipe(path: str) -> Stream | Refusal:
    from backissue.ingest.sources import pipes  # noqa: PLC0415 - rarely needed

    return pipes.read(path)


def _mode_of(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return 0


def _is_terminal(path: str) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.isatty(handle)
    finally:
        os.close(handle)


def _from_pipe(pipe: Stream | Refusal, path: str, walk: _Walk) -> Items:
    if isinstance(pipe, Refusal):
        yield pipe
        return
    from backissue.ingest.sources import pipes  # noqa: PLC0415 - rarely needed

    with pipe:
        origin = Input(name=pipes.name_of(path), named=True)
        yield from _from_open(pipe, pipe.seek(0, io.SEEK_END), origin, walk)


def _from_open(file: Stream, size: int, origin: Input, walk: _Walk) -> Items:
    """What an open file holds."""
    allowance = Allowance(size, LARGEST_SOURCE)
    scope = Scope(by_reader=walk.by_reader, meter=walk.meter, allowance=allowance)
    yield from from_stream(again(file), origin, scope)
