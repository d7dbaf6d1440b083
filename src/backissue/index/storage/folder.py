"""The folder of an index: what must be true of it before it is read, and which commit is newest.

Beside each of Whoosh's tables of contents lies a *view*: the same list of segments as JSON, so that
reading needs neither Whoosh nor unpickling.
"""

import json
import os
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backissue.errors import BackissueError, IndexUnusableError, NoArchiveError
from backissue.index.storage import rows

# Goes up when what is stored of a word changes: analysis, zones, weights, tags, files.
_SCHEMA_VERSION = 8
NAME = "MAIN"  # Whoosh's name for the index within its folder


def stamp() -> dict[str, object]:
    """What an index must say of itself to be read by this version."""
    return {"schema": _SCHEMA_VERSION, "records": rows.FORMAT, "byteorder": sys.byteorder}


def check_stamp(folder: Path) -> None:
    """Raises IndexUnusableError unless the index in `folder` is this version's."""
    try:
        found = json.loads((folder / "stamp.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        raise unusable("is missing or unfinished") from None
    if found != stamp():
        raise unusable("was written by another version")


def view_of(generation: int) -> str:
    """The name of the file that lists the segments of a commit."""
    return f"view_{generation}.json"


def seal(name: str, gone: list[int]) -> int:
    """What a view says beside a segment's name and its deleted documents: their CRC-32."""
    return zlib.crc32(f"{name} {gone}".encode())


_TOC = re.compile(f"_{NAME}_([0-9]+)\\.toc")


def newest(folder: Path) -> int:
    """The number of the last commit: that of the newest table of contents."""
    found = [int(match[1]) for name in os.listdir(folder) if (match := _TOC.fullmatch(name))]
    if not found:
        raise unusable("is missing")
    return max(found)


def unusable(what: str) -> IndexUnusableError:
    """The error of an index that must be rebuilt."""
    return IndexUnusableError(f"the index {what}", hint="backissue rebuild makes a new one")


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever a damaged file makes its readers raise, as IndexUnusableError."""
    try:
        yield
    except BackissueError:
        raise
    except Exception as error:
        raise unusable(f"is damaged ({type(error).__name__})") from error


def check_owner(folder: Path) -> None:
    """Raises NoArchiveError if somebody else could have written what is in `folder`.

    Whoosh unpickles what it commits to, and unpickling runs what it reads.
    """
    try:
        found = folder.stat()
    except OSError:
        raise unusable("is missing") from None
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise NoArchiveError(
            f"{folder} belongs to another user, and an index is only opened by its owner",
            hint="keep an archive of your own: --archive DIR",
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise NoArchiveError(
            f"{folder} can be written by other users, so its index is not opened",
            hint=f"chmod go-w {folder}",
        )
