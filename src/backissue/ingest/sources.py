"""Input files, folders and standard input, in sorted order, with what a catalog says of each.

The only reader of input files. A name that cannot be taken in comes back as a `Refusal`, not as an
exception, so that one bad file never stops the rest.
"""

import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from backissue.errors import UsageError
from backissue.ingest.facts import facts_of, overlay, read_catalog
from backissue.records import NO_FACTS, Facts

CATALOG = "catalog.toml"
# A year of a weekly newsletter is 1 MB of text; what is larger is an archive file or no text.
LARGEST_SOURCE = 64 * 2**20
_LARGEST_CATALOG = 2**20
# Files which tell a person about a folder. They are read when they are named, not when a folder is.
_ABOUT_FOLDER = frozenset(
    {"readme", "license", "licence", "copying", "notice", "sources", "changelog", "contributing"}
)
_ABOUT_SUFFIXES = frozenset({"", ".md", ".txt", ".rst"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One input: its name, its bytes, their sha256 in hexadecimal, and what the reader said.

    `told` is what the export it came in says of it.
    """

    name: str
    data: bytes
    sha256: str
    said: Facts
    told: Facts = NO_FACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An input that was not taken in, and why. `skipped` ones were left out on purpose."""

    name: str
    reason: str
    skipped: bool = False


def collect(
    paths: Iterable[str], said: Facts, *, besides: Path | None = None
) -> Iterator[Source | Refusal]:
    """Every input under `paths`, folders in sorted order; `-` is standard input.

    `said` comes from the command line and outweighs any catalog. The folder `besides`, the
    archive's own, is not looked into.
    """
    for path in paths:
        if path == "-":
            yield _from_standard_input(said)
        elif os.path.isdir(path):
            yield from _from_folder(Path(path), said, besides and besides.resolve())
        else:
            yield from _from_one(Path(path), said)


def make_source(name: str, data: bytes, said: Facts) -> Source:
    """A source from bytes already at hand."""
    return Source(name=name, data=data, sha256=hashlib.sha256(data).hexdigest(), said=said)


def _from_standard_input(said: Facts) -> Source | Refusal:
    if sys.stdin is None:
        return Refusal(name="stdin", reason="closed")
    return _from_bytes("stdin", sys.stdin.buffer.read(LARGEST_SOURCE + 1), said)


def _from_one(path: Path, said: Facts) -> Iterator[Source | Refusal]:
    catalog, trouble = _catalog_of(path.parent, path.parent.name)
    if trouble:
        yield trouble
    yield _from_file(path, path.name, overlay(facts_of(catalog, path.name), said))


def _from_folder(root: Path, said: Facts, besides: Path | None) -> Iterator[Source | Refusal]:
    closed: list[OSError] = []
    for folder, subfolders, names in os.walk(root, onerror=closed.append, followlinks=False):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        here = Path(folder)
        if besides and here.resolve() == besides:
            subfolders.clear()
            yield Refusal(name=here.name, reason="is the archive itself", skipped=True)
            continue
        catalog, trouble = _catalog_of(here, os.path.relpath(here, root))
        if trouble:
            yield trouble
        for name in sorted(names):
            if name == CATALOG or name.startswith("."):
                continue
            path = here / name
            shown = path.relative_to(root).as_posix()
            if _is_about_folder(path):
                yield Refusal(name=shown, reason="tells about its folder", skipped=True)
            else:
                yield _from_file(path, shown, overlay(facts_of(catalog, name), said))
    for error in closed:
        shown = Path(error.filename).relative_to(root).as_posix()
        yield Refusal(name=shown, reason=error.strerror or "cannot be listed")


def _is_about_folder(path: Path) -> bool:
    return path.stem.lower() in _ABOUT_FOLDER and path.suffix.lower() in _ABOUT_SUFFIXES


def _from_file(path: Path, shown: str, said: Facts) -> Source | Refusal:
    try:
        return _from_bytes(shown, _read(path, LARGEST_SOURCE), said)
    except FileNotFoundError:
        return Refusal(name=shown, reason="no such file")
    except OSError as error:
        return Refusal(name=shown, reason=error.strerror or "cannot be read")
    except ValueError:
        return Refusal(name=shown, reason="not a file name")


def _read(path: Path, most: int) -> bytes:
    """A file's bytes, at most one more than `most`. Raises OSError for what is no regular file."""
    # O_NONBLOCK: opening a FIFO that nobody writes to must not wait for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return file.read(most + 1)


def _from_bytes(name: str, data: bytes, said: Facts) -> Source | Refusal:
    if len(data) > LARGEST_SOURCE:
        return Refusal(name=name, reason=f"larger than {LARGEST_SOURCE // 2**20} MB")
    if not data.strip():
        return Refusal(name=name, reason="empty")
    return make_source(name, data, said)


def _catalog_of(folder: Path, shown: str) -> tuple[dict[str, Facts], Refusal | None]:
    """A folder's catalog, or nothing and the reason why it cannot be used."""
    try:
        data = _read(folder / CATALOG, _LARGEST_CATALOG)
        if len(data) > _LARGEST_CATALOG:
            raise UsageError("larger than 1 MB")
        return read_catalog(data.decode("utf-8")), None
    except FileNotFoundError:
        return {}, None
    except UnicodeDecodeError:
        reason = "not UTF-8"
    except UsageError as error:
        reason = error.message
    except OSError as error:
        reason = error.strerror or "cannot be read"
    name = CATALOG if shown in {"", "."} else f"{shown}/{CATALOG}"
    return {}, Refusal(name=name, reason=reason)
