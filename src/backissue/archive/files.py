"""Files for their owner alone: written whole or not at all, and removed."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Generic, TypeVar

from backissue.errors import NoArchiveError, cause

Content = bytes | Callable[[IO[bytes]], None]  # a file's bytes, or a function that writes them

_Parsed = TypeVar("_Parsed")


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
            found = self.path.stat()
            stamp: tuple[int, ...] = (found.st_ino, found.st_mtime_ns, found.st_size)
        except FileNotFoundError:
            stamp = ()
        if self._known is None or self._known[0] != stamp:
            self._known = (stamp, self._parse(self.path.read_bytes() if stamp else None))
        return self._known[1]


def privately(path: str, flags: int) -> int:
    """An `opener` for `open`: the file it makes is for its owner alone, whatever the umask says."""
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


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
            with open(temporary[path], "wb", opener=privately) as file:
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


def flush(path: Path) -> None:
    """Wait until a file's contents, or a folder's names, are on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
