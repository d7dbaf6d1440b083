"""Files for their owner alone: written whole or not at all, and removed; the lock on them all."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Generic, TypeVar

from backissue.errors import BusyError, NewerFormatError, NoArchiveError, cause
from backissue.own_files import flush, opener, read

Content = bytes | Callable[[IO[bytes]], None]  # a file's bytes, or a function that writes them

_Parsed = TypeVar("_Parsed")

# Long enough for another command to finish its commit, short enough not to look hung.
_PATIENCE = 3.0


class Reread(Generic[_Parsed]):
    """What a small file says; it is read again only when it changed.

    `parse` gets its bytes, or None where there is no file.
    """

    def __init__(self, path: Path, parse: Callable[[bytes | None], _Parsed]) -> None:
        self.path = path
        self._parse = parse
        self._known: tuple[tuple[int, ...], _Parsed] | None = None

    def __call__(self) -> _Parsed:
        """What the file says now. Raises what `parse` raises."""
        try:
            found = os.lstat(self.path)
            stamp: tuple[int, ...] = (found.st_ino, found.st_mtime_ns, found.st_size)
        except FileNotFoundError:
            stamp = ()
        if self._known is None or self._known[0] != stamp:
            self._known = (stamp, self._parse(read(self.path) if stamp else None))
        return self._known[1]


def check_format(path: Path, value: object, known: int) -> None:
    """Raise `NewerFormatError` if what the file at `path` says has a higher format than `known`.

    Written again, it would lose what this version does not know.
    """
    found = value.get("format") if isinstance(value, dict) else None
    if isinstance(found, int) and found > known:
        raise NewerFormatError(
            f"a newer version of backissue wrote {path} (format {found}; this one reads {known})",
            hint="nothing was lost; update backissue, and run it again",
        )


def write_whole(files: Sequence[tuple[Path, Content]]) -> None:
    """Write each file whole or not at all, in this order, so that it survives a loss of power.

    Raises `NoArchiveError` where one cannot be written.
    """
    try:
        replace_files(files)
    except OSError as error:
        raise NoArchiveError(
            f"cannot write {error.filename}: {cause(error)}",
            hint="nothing was lost; make room or correct the permissions, and run it again",
        ) from None


def replace_files(files: Sequence[tuple[Path, Content]]) -> None:
    """The same. Raises `OSError` with the file's name where one cannot be written.

    All are flushed before the first gets its name: a disk does that in one go, and needs almost as
    long for each file alone.
    """
    temporary = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path, _ in files}
    path = Path()
    try:
        for path, content in files:
            remove(temporary[path])  # of a killed process that had our number
            with open(temporary[path], "xb", opener=opener) as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    content(file)
        for path, _ in files:
            flush(temporary[path])
        for path, _ in files:
            temporary[path].replace(path)
        for path in sorted({path.absolute().parent for path, _ in files}):
            flush(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None
    finally:
        for left_over in temporary.values():
            remove(left_over)


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it; what cannot be removed stays."""
    if path.is_dir() and not path.is_symlink():
        from shutil import rmtree  # noqa: PLC0415  # rarely needed, and slow to load

        rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def sweep(folder: Path, start: str, end: str) -> None:
    """Remove what killed processes left in `folder`, named start, process number, end."""
    with suppress(OSError):
        for path in folder.iterdir():
            number = path.name.removeprefix(start).removesuffix(end)
            if path.name == f"{start}{number}{end}" and _has_ended(number):
                remove(path)


def _has_ended(number: str) -> bool:
    """Whether there is no process of this number."""
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return False
    try:
        os.kill(int(number), 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False


# -- the lock that writers hold -----------------------------------------------------------------


Place = tuple[int, int]  # the device and the number of a file


def place_of(folder: Path) -> Place | None:
    """Which folder has this name now; None where there is none."""
    try:
        known = os.stat(folder)
    except OSError:
        return None
    return known.st_dev, known.st_ino


class Position:
    """Which folder an archive is in, once that is `fix`ed: whatever else has its name later."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._place: Place | None = None

    def fix(self) -> None:
        """From now on, it is the folder that has the name now."""
        self._place = place_of(self._folder)

    def check(self) -> None:
        """Raise `NoArchiveError` if the folder has gone, or another has its name.

        A lock is that of the archive that was here: nothing may be written to another one.
        """
        if self._place is not None and place_of(self._folder) != self._place:
            raise NoArchiveError(
                f"{self._folder} was moved, deleted or replaced while it was being written to",
                hint="run it again for the archive where it is now",
            )


@contextmanager
def held(folder: Path, patience: float | None = None) -> Iterator[None]:
    """Hold the archive in `folder`, after waiting for it for at most `patience` seconds.

    Raises `BusyError` naming who holds it.
    """
    try:
        handle = opener(str(folder / "lock"), os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise NoArchiveError(
            f"cannot write to {folder}: {cause(error)}",
            hint="choose another folder with --archive DIR",
        ) from None
    try:
        _wait_for(handle, folder, _PATIENCE if patience is None else patience)
        _say(handle, f"process {os.getpid()} since {_now()}\n")
        yield
        _say(handle, "")
    except BrokenPipeError:  # standard output was closed, which is no fault of the archive
        raise
    except OSError as error:
        raise NoArchiveError(
            f"cannot write {error.filename or folder}: {cause(error)}",
            hint="nothing was lost; make room or correct the permissions, and run it again",
        ) from None
    finally:
        os.close(handle)


def holder(folder: Path) -> str | None:
    """Which process writes to the archive now, and since when; None where none does."""
    try:
        handle = opener(str(folder / "lock"), os.O_RDONLY)
    except (OSError, NoArchiveError):
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
    return None


def _holder(handle: int) -> str:
    return os.pread(handle, 200, 0).decode("ascii", "replace").strip() or "another process"


def _say(handle: int, text: str) -> None:
    """Say who holds the lock; not in a file that has another name, and may be another's (ln)."""
    if os.fstat(handle).st_nlink == 1:
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)


def _wait_for(handle: int, folder: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise BusyError(
                    f"the archive {folder} is being written to by {_holder(handle)}",
                    hint="try again when it is done",
                ) from None
            time.sleep(0.05)
        else:
            return


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
