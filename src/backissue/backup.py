"""An archive's originals and the reader's words in one file, and back.

A gzipped tar, so that `tar xzf` can read it where this program is not: `sources/…`, `sayings.json`,
`searches.json`, `synonyms.toml`, `log.jsonl`. The index is derived, and is not in it. The same
archive gives the same bytes.
"""

import gzip
import hashlib
import json
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from backissue.archive import SOURCES
from backissue.errors import NoArchiveError, UsageError
from backissue.journal import FILE as LOG
from backissue.saved import SEARCHES
from backissue.store import SAYINGS, Store
from backissue.synonyms import FILE as SYNONYMS

_ORIGINAL = re.compile(rf"{SOURCES}/([0-9a-f]{{2}})/((?:\1)[0-9a-f]{{62}})\.(?P<what>bin|json)")
_WORDS = (LOG, SAYINGS, SEARCHES, SYNONYMS)
_LONGEST_WORDS = 64 * 2**20
_PIECE = 2**20


def back_up(folder: Path, file: Path) -> int:
    """Write the archive in `folder` to `file`, whole or not at all; how many originals it holds.

    Raises `NoArchiveError` where an original is damaged: a backup that cannot be trusted is none.
    """
    if file.exists() and not file.is_file():
        raise UsageError(f"{file} is not a regular file", hint="name a new file")
    store = Store(folder)
    hashes = store.hashes()
    with _whole(file) as out, _packed(out) as tar:
        for name in _WORDS:
            if (folder / name).exists():
                _add(tar, folder, name)
        for sha256 in hashes:
            store.entry(sha256)  # both raise where it is not what it was
            store.data(sha256)
            for suffix in ("bin", "json"):
                _add(tar, folder, f"{SOURCES}/{sha256[:2]}/{sha256}.{suffix}")
    return len(hashes)


def restore(file: Path, folder: Path) -> int:
    """Bring a backup back into `folder`, which must be new or empty; how many originals came.

    Raises `UsageError` for a file that is no backup, or a damaged one: nothing is left half done.
    """
    if not file.is_file():
        what = "is not a regular file" if file.exists() else "is not there"
        raise UsageError(f"the backup {file} {what}", hint="name the file that backup wrote")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", hint="restore into a new folder")
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.restoring")
    try:
        fresh.mkdir(mode=0o700, parents=True)
        (fresh / SOURCES).mkdir(mode=0o700)
        count = _unpack(file, fresh)
        if folder.exists():
            folder.rmdir()
        fresh.rename(folder)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise UsageError(
            f"{file} is no backup, or a damaged one: {error}", hint="make one: backissue backup"
        ) from None
    except OSError as error:
        raise NoArchiveError(f"cannot restore {file}: {error.strerror or error}") from None
    finally:
        _remove(fresh)
    return count


def _unpack(file: Path, folder: Path) -> int:
    """Every member into `folder`, each checked before it gets its name."""
    count = 0
    with tarfile.open(file, "r:gz") as tar:
        for member in tar:
            data = tar.extractfile(member) if member.isreg() else None
            match = _ORIGINAL.fullmatch(member.name)
            if data is None or not (match or member.name in _WORDS):
                raise UsageError(f"{file} is no backup: it holds “{member.name!a}”")
            place = folder / member.name
            place.parent.mkdir(mode=0o700, exist_ok=True)
            if match and match["what"] == "bin":
                _copy(data, place, expected=match[2])
                count += 1
            else:
                _copy_words(data, place)
    return count


def _copy(data: IO[bytes], place: Path, *, expected: str) -> None:
    """An original, which must still be what its name says."""
    digest = hashlib.sha256()
    with open(place, "wb", opener=_privately) as out:
        while piece := data.read(_PIECE):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != expected:
        raise UsageError(f"the backup is damaged: {expected} is not what it was")


def _copy_words(data: IO[bytes], place: Path) -> None:
    words = data.read(_LONGEST_WORDS)
    try:
        if place.suffix == ".json":
            json.loads(words)
    except (ValueError, RecursionError):
        raise UsageError(f"the backup is damaged: {place.name} is not readable") from None
    with open(place, "wb", opener=_privately) as out:
        out.write(words)
        out.flush()
        os.fsync(out.fileno())


def _add(tar: tarfile.TarFile, folder: Path, name: str) -> None:
    """One file, without what depends on when and by whom it was written."""
    path = folder / name
    info = tarfile.TarInfo(name)
    info.size = path.stat().st_size
    info.mode = 0o600
    with open(path, "rb") as data:
        tar.addfile(info, data)


@contextmanager
def _packed(out: IO[bytes]) -> Iterator[tarfile.TarFile]:
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        yield tar


@contextmanager
def _whole(file: Path) -> Iterator[IO[bytes]]:
    """A file to write that gets its name when it is done and safe on the disk."""
    half = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        with open(half, "wb", opener=_privately) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
    finally:
        half.unlink(missing_ok=True)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _remove(folder: Path) -> None:
    """What a restore that failed left."""
    from shutil import rmtree  # noqa: PLC0415  # rarely needed

    rmtree(folder, ignore_errors=True)
