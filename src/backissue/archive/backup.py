"""An archive's originals and your own words in one file. `restoring` brings them back.

A gzipped tar, so that `tar xzf` can read it where this program is not: `sources/…`, `sayings.json`,
`searches.json`, `synonyms.toml`, `log.jsonl`, `removed.json`. The index is derived, and is not in
it. Nor are originals that you removed. The same archive gives the same bytes.
"""

import gzip
import re
import tarfile
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from shlex import quote
from typing import IO

from backissue.archive.files import replace_files, sweep
from backissue.archive.journal import FILE as LOG
from backissue.archive.saved_searches import SEARCHES
from backissue.archive.saved_searches import load as load_searches
from backissue.archive.settings import SOURCES
from backissue.archive.store import REMOVED, SAYINGS, Store
from backissue.errors import NoArchiveError, RejectedSourceError, UsageError, cause
from backissue.ingest.sources import LARGEST_SOURCE, Allowance
from backissue.own_files import read
from backissue.query import SYNONYMS_FILE

# The names of the members: an original or its record, and your own words.
ORIGINAL = re.compile(
    rf"{SOURCES}/([0-9a-f]{{2}})/(?P<sha256>\1[0-9a-f]{{62}})\.(?P<what>bin|json)"
)
WORDS = (LOG, REMOVED, SAYINGS, SEARCHES, SYNONYMS_FILE)
_LARGEST_LOG = 256 * 2**20  # of two million sources


def most_bytes(name: str) -> int:
    """How large a member of this name may be; `restore` takes no larger ones."""
    return _LARGEST_LOG if name == LOG else LARGEST_SOURCE


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
    """Write the backup; the same archive gives the same bytes.

    Where it shrinks more than `restore` believes of a backup (megabytes of blanks), it is written
    without compression.
    """
    size = _packed(store, hashes, out, level=9)
    try:
        Allowance(out.tell(), LARGEST_SOURCE).spend(size)
    except RejectedSourceError:
        out.seek(0)
        out.truncate()
        _packed(store, hashes, out, level=0)


def _packed(store: Store, hashes: Sequence[str], out: IO[bytes], level: int) -> int:
    """Write the backup; how large it is before it is compressed."""
    with gzip.GzipFile("", "wb", level, out, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in WORDS:
                _add(tar, name, _read(store.folder / name))
            for sha256 in hashes:
                name = f"{SOURCES}/{sha256[:2]}/{sha256}"
                store.entry(sha256)  # both raise where it is not what it was
                _add(tar, f"{name}.bin", store.data(sha256))
                _add(tar, f"{name}.json", _read(store.folder / f"{name}.json"))
        return packed.tell()


def _read(path: Path) -> bytes | None:
    """A file's bytes, all at once, since it may grow meanwhile; None where there is no file."""
    try:
        return read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NoArchiveError(f"cannot read {path}: {cause(error)}") from None


def _add(tar: tarfile.TarFile, name: str, data: bytes | None) -> None:
    """One file, if there is one, without what depends on when and by whom it was written."""
    if data is not None:
        if len(data) > most_bytes(name):
            raise NoArchiveError(
                f"{name} is larger than {most_bytes(name) // 2**20} MB, which restore refuses",
                hint="move it away, and make it shorter",
            )
        info = tarfile.TarInfo(name)
        info.size = len(data)
        info.mode = 0o600
        tar.addfile(info, BytesIO(data))
