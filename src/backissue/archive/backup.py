"""An archive's originals and your own words in one file, and back.

A gzipped tar, so that `tar xzf` can read it where this program is not: `sources/…`, `sayings.json`,
`searches.json`, `synonyms.toml`, `log.jsonl`, `removed.json`. The index is derived, and is not in
it. Nor are originals that you removed. The same archive gives the same bytes.
"""

import gzip
import hashlib
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from shlex import quote
from typing import IO

from backissue.archive.files import flush, privately, remove, replace_files, sweep
from backissue.archive.journal import FILE as LOG
from backissue.archive.saved_searches import SEARCHES
from backissue.archive.saved_searches import load as load_searches
from backissue.archive.settings import SOURCES
from backissue.archive.store import REMOVED, SAYINGS, Store
from backissue.errors import NoArchiveError, UsageError, cause
from backissue.index import check_owner
from backissue.query import SYNONYMS_FILE

_ORIGINAL = re.compile(rf"{SOURCES}/([0-9a-f]{{2}})/((?:\1)[0-9a-f]{{62}})\.(?P<what>bin|json)")
_WORDS = (LOG, REMOVED, SAYINGS, SEARCHES, SYNONYMS_FILE)
_PIECE = 2**20


def back_up(folder: Path, file: Path) -> int:
    """Write the archive in `folder` to `file`, whole or not at all; how many originals it holds.

    Raises `NoArchiveError` where an original or your own words are damaged: a backup that
    cannot be trusted is none.
    """
    if file.exists() and not file.is_file():
        raise UsageError(f"{file} is not a regular file", hint="name a new file")
    store = Store(folder)
    hashes = store.hashes()
    store.sayings()  # both raise where they are damaged
    load_searches(folder)
    sweep(file.absolute().parent, f".{file.name}.", ".tmp")
    try:
        replace_files([(file, partial(_pack, store, hashes))])
    except FileNotFoundError:
        raise UsageError(
            f"there is no folder {file.parent} to write to",
            hint=f"make it: mkdir {quote(str(file.parent))}",
        ) from None
    except OSError as error:
        raise UsageError(
            f"cannot write {file}: {cause(error)}",
            hint="make room or correct the permissions, or name another file",
        ) from None
    return len(hashes)


def _pack(store: Store, hashes: Sequence[str], out: IO[bytes]) -> None:
    """Write the backup; the same archive gives the same bytes."""
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in _WORDS:
            _add(tar, name, _read(store.folder / name))
        for sha256 in hashes:
            name = f"{SOURCES}/{sha256[:2]}/{sha256}"
            store.entry(sha256)  # both raise where it is not what it was
            _add(tar, f"{name}.bin", store.data(sha256))
            _add(tar, f"{name}.json", _read(store.folder / f"{name}.json"))


def restore(file: Path, folder: Path) -> int:
    """Bring a backup back into `folder`, which must be new or empty; how many originals came.

    A folder that exists keeps its mode. Raises `UsageError` for a file that is no backup, or a
    damaged one; then `folder` is as it was.
    """
    folder = folder.resolve()  # it may be named by a link
    if not file.is_file():
        what = "is not a regular file" if file.exists() else "is not there"
        hint = "name the file that backissue backup wrote"
        raise UsageError(f"the backup {file} {what}", hint=hint)
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.restoring")
    sweep(folder.absolute().parent, f".{folder.name}.", ".restoring")
    try:
        if folder.exists():
            check_owner(folder)
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", hint="restore into a new folder")
        fresh.mkdir(mode=0o700, parents=True)
        (fresh / SOURCES).mkdir(mode=0o700)
        count = _unpack(file, fresh)
        for made in (*(fresh / SOURCES).iterdir(), fresh / SOURCES, fresh):
            flush(made)
        if folder.exists():
            fresh.chmod(stat.S_IMODE(folder.stat().st_mode))
            folder.rmdir()
        fresh.rename(folder)
        flush(folder.parent)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ValueError):
        hint = "name the file that backissue backup wrote"
        raise UsageError(f"{file} is no backup, or a damaged one", hint=hint) from None
    except OSError as error:
        raise NoArchiveError(
            f"cannot restore {file} into {folder}: {cause(error)}",
            hint="make room or correct the permissions, or name another folder",
        ) from None
    finally:
        remove(fresh)
    return count


def _unpack(file: Path, folder: Path) -> int:
    """Every member into `folder`, each checked before it gets its name."""
    count = 0
    with gzip.open(file) as packed:
        with tarfile.open(fileobj=packed, mode="r:") as tar:
            for member in tar:
                data = tar.extractfile(member) if member.isreg() else None
                match = _ORIGINAL.fullmatch(member.name)
                if data is None or not (match or member.name in _WORDS):
                    raise UsageError(f"{file} is no backup: it holds “{member.name!a}”")
                place = folder / member.name
                place.parent.mkdir(mode=0o700, exist_ok=True)
                _copy(data, place, expected=match[2] if match and match["what"] == "bin" else None)
                count += place.suffix == ".bin"
        while packed.read(_PIECE):
            pass  # to the end, where the checksum is
    _check_words(folder)
    return count


def _copy(data: IO[bytes], place: Path, *, expected: str | None) -> None:
    """One file; an original must still be what its name says."""
    digest = hashlib.sha256()
    with open(place, "wb", opener=privately) as out:
        while piece := data.read(_PIECE):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    if expected and digest.hexdigest() != expected:
        raise UsageError(f"the backup is damaged: {expected} is not what it was")


def _check_words(folder: Path) -> None:
    """Raise `UsageError` where what came is no archive that can be read."""
    store = Store(folder)
    try:
        store.sayings()
        store.removed()
        load_searches(folder)
        for sha256 in store.hashes():
            store.entry(sha256)
    except NoArchiveError as error:
        raise UsageError(f"the backup is damaged: {error.message}") from None


def _read(path: Path) -> bytes | None:
    """A file's bytes, all at once, since it may grow meanwhile; None where there is no file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NoArchiveError(f"cannot read {path}: {cause(error)}") from None


def _add(tar: tarfile.TarFile, name: str, data: bytes | None) -> None:
    """One file, if there is one, without what depends on when and by whom it was written."""
    if data is not None:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        info.mode = 0o600
        tar.addfile(info, BytesIO(data))
