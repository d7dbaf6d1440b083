"""Files written whole or not at all, for their owner alone, so that a loss of power spares them."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from backissue.errors import NoArchiveError


def privately(path: str, flags: int) -> int:
    """An `opener` for `open`: a file made so is for its owner alone, whatever the umask says."""
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def write_whole(files: Sequence[tuple[Path, bytes]]) -> None:
    """Put its data in each of these paths, whole or not at all, in their order.

    All are flushed before the first gets its name: a disk does that in one go, and needs almost as
    long for each file alone. Raises `NoArchiveError` where one cannot be written.
    """
    halves = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path, _ in files}
    folders = {path.parent for path, _ in files}
    at = files[0][0] if files else Path()
    try:
        for at, data in files:
            if not at.parent.is_dir():
                at.parent.mkdir(mode=0o700)
                folders.add(at.parent.parent)
            with open(halves[at], "wb", opener=privately) as file:
                file.write(data)
        for at, _ in files:
            flush(halves[at])
        for at, half in halves.items():
            half.replace(at)
        for at in sorted(folders):
            flush(at)
    except OSError as error:
        raise NoArchiveError(
            f"cannot write {at}: {error.strerror}",
            hint="nothing was lost; make room or correct the permissions, and run it again",
        ) from None
    finally:
        for left_over in halves.values():
            with suppress(OSError):  # what kept it from being written may keep it from going
                left_over.unlink(missing_ok=True)


def sweep(folder: Path, start: str, end: str) -> None:
    """Remove the halves in `folder`, named start, process number, end, that a killed one left."""
    with suppress(OSError):
        for half in folder.iterdir():
            number = half.name.removeprefix(start).removesuffix(end)
            if half.name == f"{start}{number}{end}" and _is_gone(number):
                if half.is_dir() and not half.is_symlink():
                    from shutil import rmtree  # noqa: PLC0415  # rarely needed, and slow to load

                    rmtree(half)
                else:
                    half.unlink()


def _is_gone(number: str) -> bool:
    """Whether there is no process of this number."""
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


def flush(path: Path) -> None:
    """Have a file's contents, or a folder's names, on the disk before anything goes on."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
