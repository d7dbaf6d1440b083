"""Files of an archive, opened only where they are regular files: no link is followed.

Whoever gave you an archive chose what its names stand for: a link to a file of yours, a pipe
without an end, a device. The archive's own folder may be a link, since you made that one.
"""

import errno
import mmap
import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from backissue.errors import NoArchiveError

# Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


class NotOwnError(NoArchiveError):
    """Something in an archive is a link, or neither a regular file nor a folder of its own."""

    def __init__(self, path: Path | str, what: str) -> None:
        super().__init__(
            f"{path} is {what}, and an archive has only files of its own",
            hint=f"put the file itself in its place, or remove it: rm {shlex.quote(str(path))}",
        )


def home() -> Path | None:
    """Your home folder; None where the system knows none, or one that depends on where you are."""
    try:
        found = Path.home()
    except RuntimeError:
        return None
    return found if found.is_absolute() else None


def opener(path: str, flags: int) -> int:
    """An `opener` for `open`: no link is followed, and only a regular file is opened.

    A file that it makes is for its owner alone, whatever the umask says. Raises `NotOwnError`.
    """
    try:
        handle = os.open(path, flags | _FLAGS, 0o600)
    except OSError as error:
        # ELOOP is a link; ENXIO a socket, or a pipe that nobody reads.
        if error.errno in {errno.ELOOP, errno.ENXIO} and (what := _strange(path)):
            raise NotOwnError(path, what) from None
        raise
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        raise NotOwnError(path, "not a regular file")
    return handle


def opened(path: Path | str) -> IO[bytes]:
    """A file, open for reading. Raises `OSError`, and `NotOwnError` for what is no regular file."""
    return open(path, "rb", opener=opener)


def read(path: Path) -> bytes:
    """A file's bytes. Raises `OSError`, and `NotOwnError` for what is no regular file."""
    with opened(path) as file:
        return file.read()


def flush(path: Path) -> None:
    """Wait until a file's contents, or a folder's names, are on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path, *, above: bool = True) -> None:
    """Make a folder for this user alone, and those `above` it; one that exists keeps its mode.

    Its name is on the disk when this returns. Raises `OSError` where it cannot be made.
    """
    made = [one for one in (path, *path.parents) if not one.exists()]
    path.mkdir(mode=0o700, parents=above, exist_ok=True)
    for one in made:
        flush(one.parent)


def check(folder: Path, files: frozenset[str], folders: frozenset[str]) -> None:
    """Raise `NotOwnError` for a link among these names in `folder`, or another special file.

    Of `folders`, also what is directly in them: a link there leads writers out of the archive.
    """
    for name in sorted(files):
        if what := _strange(folder / name):
            raise NotOwnError(folder / name, what)
    for name in sorted(folders):
        # A file in a folder's place does no harm: whoever needs the folder says that it is none.
        if what := _strange(folder / name):
            raise NotOwnError(folder / name, what)
        for entry in _entries(folder / name):
            if entry.is_symlink():
                raise NotOwnError(entry.path, "a link")


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return  # none is there, or whoever needs it says why it cannot be listed


def _strange(path: Path | str) -> str | None:
    """What something is that is neither a regular file nor a folder; None where nothing is."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return None
    if stat.S_ISLNK(mode):
        return "a link"
    return None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "not a regular file"


# -- files of an index, read only where nobody else could have written them ---------------------


def opened_untouched(path: Path | str) -> IO[bytes]:
    """A file of an index, open for reading.

    Raises `OSError`, and `ValueError` for a link, for what is no regular file, and for a file that
    is another user's or that others can write: to whoever reads an index, it is damaged then.
    """
    try:
        file = opened(path)
    except NotOwnError as error:
        raise ValueError(error.message) from None
    known = os.fstat(file.fileno())
    if known.st_uid != os.getuid() or known.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        file.close()
        raise ValueError(f"{path} can be written by other users")
    return file


def read_untouched(path: Path | str) -> bytes:
    """The bytes of a file of an index. Raises what `opened_untouched` raises."""
    with opened_untouched(path) as file:
        return file.read()


def mapped(path: Path | str) -> memoryview:
    """The contents of such a file, read as they are needed. Raises the same."""
    with opened_untouched(path) as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def forget(view: memoryview) -> None:
    """Let the system take back the memory of what was read of a file, until it is read again."""
    if isinstance(view.obj, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        view.obj.madvise(mmap.MADV_DONTNEED)


def write_new(path: Path, data: bytes) -> None:
    """Write a new file of an index. An older file of this name is removed first."""
    path.unlink(missing_ok=True)
    with open(path, "xb", opener=opener) as file:
        file.write(data)


def clear_the_way(path: Path) -> None:
    """Remove a link, a pipe or a file with a second name: Whoosh itself would open it."""
    try:
        known = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(known.st_mode) or known.st_nlink > 1:
        path.unlink()
