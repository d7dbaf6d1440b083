"""Who else could read or change an archive, or have planted something in it."""

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

_GROUP_AND_OTHERS = 0o077
_WRITING = stat.S_IWGRP | stat.S_IWOTH


class Finding(Struct, frozen=True, kw_only=True):
    """Something wrong: what it is about, what is wrong with it, and what to do.

    `source` is the sha256 of the original that is damaged, if one is.
    """

    about: str
    matter: str
    remedy: str
    source: str | None = None


def privacy(folder: Path) -> Iterator[Finding]:
    """Links, owners and modes that are wrong, of every file and of the folders that lead to it."""
    yield from _above(folder)
    folder = folder.resolve()  # it may be named by a link
    for path in (folder, *sorted(folder.rglob("*"))):
        try:
            known = path.lstat()
        except OSError:
            continue  # it was removed meanwhile
        found = _matter(path, known, folder)
        if found:
            yield Finding(about=str(path), matter=found[0], remedy=found[1])


def _matter(path: Path, known: os.stat_result, folder: Path) -> tuple[str, str] | None:
    """What is wrong with a file or folder of the archive, and what to do."""
    named, mode = shlex.quote(str(path)), known.st_mode
    if stat.S_ISLNK(mode):
        remedy = f"put the file itself in its place, or remove it: rm {named}"
        return "is a link, and an archive has only files of its own", remedy
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "is not a regular file", f"rm {named}"
    if known.st_uid != os.getuid():
        return "belongs to another user", f'chown "$(id -un)" {named}'
    everything = f"chmod -R go= {shlex.quote(str(folder))}"
    if mode & _WRITING:
        return "can be changed by other users", everything
    return ("is open to other users", everything) if mode & _GROUP_AND_OTHERS else None


def _above(folder: Path) -> Iterator[Finding]:
    """The folders above the archive in which somebody else could put another in its place."""
    seen = set[tuple[int, int]]()
    # Those of a link to the archive, and those of the archive itself.
    for path in (*folder.absolute().parents, *folder.resolve().parents):
        try:
            known = path.stat()
        except OSError:
            continue
        if (known.st_dev, known.st_ino) in seen:
            continue
        seen.add((known.st_dev, known.st_ino))
        if known.st_uid not in {0, os.getuid()}:
            matter = "belongs to another user, who can put another archive in its place"
            yield Finding(about=str(path), matter=matter, remedy="move the archive elsewhere")
        elif known.st_mode & _WRITING and not known.st_mode & stat.S_ISVTX:
            matter = "can be changed by other users, who can put another archive in its place"
            remedy = f"chmod go-w {shlex.quote(str(path))}, or move the archive elsewhere"
            yield Finding(about=str(path), matter=matter, remedy=remedy)
