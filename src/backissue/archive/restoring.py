"""An archive made of a backup, which somebody else may have written: nothing in it is trusted.

The limits of `ingest` hold for what it unpacks to. A member has one of the names that a backup has,
or the backup is refused; each is checked before it is written, and all come into a folder beside,
which takes its place when the backup was whole.
"""

import gzip
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, NoReturn

from msgspec import Struct, field

from backissue.archive.backup import ORIGINAL, WORDS, most_bytes
from backissue.archive.files import remove, sweep
from backissue.archive.saved_searches import load as load_searches
from backissue.archive.settings import SOURCES
from backissue.archive.store import Store
from backissue.errors import (
    NewerFormatError,
    NoArchiveError,
    RejectedSourceError,
    UsageError,
    cause,
    shown,
)
from backissue.index import check_owner
from backissue.ingest.sources import (
    LARGEST_SOURCE,
    MOST_MEMBERS,
    USUAL,
    Allowance,
    Limits,
    archives,
    bounded,
    digests_of,
    gunzipped,
    metered,
)
from backissue.own_files import flush, opener

_PIECE = 2**20
# The name of an original takes 32 bytes of a backup that cannot be compressed, and it has two
# members. So a backup of any size may have the members that `backup` writes.
_BYTES_OF_A_MEMBER = 16
_HINT = "name the file that backissue backup wrote"


def restore(file: Path, folder: Path, limits: Limits = USUAL) -> int:
    """Bring a backup back into `folder`, which must be new or empty; how many originals came.

    To read its records and your own words may take no more than `limits`.

    A folder that exists keeps its mode. Raises `UsageError` for a file that is no backup, a damaged
    one, or one that exceeds a limit; then `folder` is as it was.
    """
    folder = folder.resolve()  # it may be named by a link
    if not file.is_file():
        what = "is not a regular file" if file.exists() else "is not there"
        raise UsageError(f"the backup {file} {what}", hint=_HINT)
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.restoring")
    sweep(folder.absolute().parent, f".{folder.name}.", ".restoring")
    try:
        if folder.exists():
            check_owner(folder)
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", hint="restore into a new folder")
        fresh.mkdir(mode=0o700, parents=True)
        (fresh / SOURCES).mkdir(mode=0o700)
        count = _Backup(file, fresh, limits).unpack()
        for made in (*(fresh / SOURCES).iterdir(), fresh / SOURCES, fresh):
            flush(made)
        if folder.exists():
            fresh.chmod(stat.S_IMODE(folder.stat().st_mode))
        fresh.rename(folder)  # in one step, also over an empty folder
        flush(folder.parent)
    except RejectedSourceError as error:
        raise UsageError(f"the backup {file} {error.message}", hint=_HINT) from None
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ValueError):
        raise UsageError(f"{file} is no backup, or a damaged one", hint=_HINT) from None
    except OSError as error:
        raise NoArchiveError(
            f"cannot restore {file} into {folder}: {cause(error)}",
            hint="make room or correct the permissions, or name another folder",
        ) from None
    finally:
        remove(fresh)
    return count


class _Backup(Struct):
    """A backup on its way into a folder of its own."""

    file: Path
    folder: Path
    limits: Limits
    names: set[str] = field(default_factory=set)

    def unpack(self) -> int:
        """Every member into the folder; how many originals there were."""
        size = self.file.stat().st_size
        most = MOST_MEMBERS + size // _BYTES_OF_A_MEMBER
        with self.file.open("rb") as file, gunzipped(file) as packed:
            stream = metered(packed, Allowance(size, LARGEST_SOURCE))
            for archive, member in archives.walked(stream, most):
                self._take(archive, member)
            while stream.read(_PIECE):
                pass  # to the end, where the checksum is
        with bounded(self.limits):
            return self._check()

    def _take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Write a member, once it is known to be what its name says."""
        name = member.name
        is_known = name in WORDS or ORIGINAL.fullmatch(name)
        if not is_known or not member.isreg() or member.issparse():
            raise UsageError(
                f"{self.file} is no backup: it holds “{shown(ascii(name)[1:-1])}”",
                hint=f"{_HINT}; to restore one of a newer version, update backissue",
            )
        if name in self.names:
            self._is_damaged(f"{shown(name)} comes twice")
        self.names.add(name)
        largest = most_bytes(name)
        if not 0 <= member.size <= largest:
            self._is_damaged(f"{shown(name)} is larger than {largest // 2**20} MB")
        if (data := archive.extractfile(member)) is None:  # which a regular file never is
            self._is_damaged(f"{shown(name)} cannot be read")
        place = self.folder / name
        place.parent.mkdir(mode=0o700, exist_ok=True)
        with open(place, "xb", opener=opener) as out:
            for piece in self._checked(data, name):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())

    def _checked(self, data: IO[bytes], name: str) -> Iterator[bytes]:
        """The bytes of a member; an original is read whole, and must be what its name says."""
        match = ORIGINAL.fullmatch(name)
        if not (match and match["what"] == "bin"):
            yield from iter(partial(data.read, _PIECE), b"")
            return
        whole = b"".join(iter(partial(data.read, _PIECE), b""))  # a header may not be as large
        if match["sha256"] not in digests_of(whole):
            self._is_damaged(f"{match['sha256']} is not what it was")
        yield whole

    def _check(self) -> int:
        """The number of originals. Raises `UsageError` where what came is no archive."""
        store, counts = Store(self.folder), dict.fromkeys(("bin", "json"), 0)
        for name in self.names:
            if match := ORIGINAL.fullmatch(name):
                counts[match["what"]] += 1
                other = {"bin": "json", "json": "bin"}[match["what"]]
                if f"{name.removesuffix(match['what'])}{other}" not in self.names:
                    self._is_damaged(f"it has only one of the two files of {match['sha256']}")
        try:
            store.sayings()
            store.removed()
            load_searches(self.folder)
            for sha256 in store.hashes():
                store.entry(sha256)
        except NewerFormatError as error:
            raise UsageError(f"{self.file}: {error.message}", hint=error.hint) from None
        except NoArchiveError as error:
            self._is_damaged(error.message)
        return counts["bin"]

    def _is_damaged(self, what: str) -> NoReturn:
        raise UsageError(f"the backup {self.file} is damaged: {what}", hint=_HINT)
