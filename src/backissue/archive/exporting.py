"""Files written into a folder of yours that is then whole, or as it was before.

They are written into a folder beside, which takes the place of the other in one step. Where that is
not possible (you are in the folder, or it is a disk of its own), they are written into a folder in
it, `unfinished-export`, which is there until all is in its place. A list of the files and their
checksums, `.backissue-export`, lets a later export know what it may replace.
"""

import ctypes
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from backissue.archive.files import remove, replace_files, sweep
from backissue.errors import NoArchiveError, UsageError, cause, shown
from backissue.own_files import flush, read

LIST = ".backissue-export"
INSIDE = "unfinished-export"
_BESIDE = ".exporting"
_OLD = ".replaced"
_FORMAT = 1  # of the list
_AT_ONCE = 100  # files, flushed to the disk together
_AGAIN = "nothing was lost; make room or correct the permissions, and run it again"
# Numbers of Linux and of macOS: paths are as this process has them; exchange the two.
_HERE, _EXCHANGE = -100, 2


def export(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write these files, by their names in the folder, and count them.

    `folder` must be new, empty, or an earlier export that nobody changed; then it is replaced.
    Raises `UsageError` for any other, and where it cannot be written: then nothing was changed.
    """
    folder = folder.resolve()  # it may be named by a link
    known = _replaceable(folder)
    for ending in (_BESIDE, _OLD):
        sweep(folder.parent, f".{folder.name}.", ending)
    beside = _may_be_replaced(folder)
    fresh = (
        folder.with_name(f".{folder.name}.{os.getpid()}{_BESIDE}") if beside else folder / INSIDE
    )
    is_written = False
    try:
        remove(folder / INSIDE)
        fresh.mkdir(parents=True)
        count = _write(fresh, files)
        is_written = True
        if beside:
            _put_in_place(fresh, folder)
        else:
            _move_up(fresh, folder, known)
    except OSError as error:
        where = error.filename or folder
        raise UsageError(f"cannot write to {where}: {cause(error)}", hint=_AGAIN) from None
    finally:
        if beside or not is_written:
            remove(fresh)
    return count


def _beside(folder: Path, ending: str) -> Path:
    """A folder of this process beside another, which `sweep` knows."""
    return folder.with_name(f".{folder.name}.{os.getpid()}{ending}")


def _write(fresh: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write all files, and at last the list of them."""
    sums: dict[str, str] = {}
    rest = iter(files)
    folders = {fresh}
    _write_list(fresh, sums)  # by which a later run knows whose folder this is
    while some := dict(islice(rest, _AT_ONCE)):
        for name in some:
            (fresh / name).parent.mkdir(mode=0o700, exist_ok=True)  # of its publication
            folders.add((fresh / name).parent)
        replace_files([(fresh / name, data) for name, data in some.items()])
        sums.update((name, hashlib.sha256(data).hexdigest()) for name, data in some.items())
    _write_list(fresh, sums)
    for one in folders:
        flush(one)
    return len(sums)


def _write_list(fresh: Path, sums: dict[str, str]) -> None:
    listed = json.dumps({"format": _FORMAT, "files": sums}, indent=1, sort_keys=True)
    replace_files([(fresh / LIST, listed.encode() + b"\n")])


# -- what is there --------------------------------------------------------------------------------


def _replaceable(folder: Path) -> list[Path]:
    """The files of an earlier export in `folder`, and its list. Raises `UsageError` for others."""
    try:
        if not os.path.lexists(folder) or not any(folder.iterdir()):
            return []
    except OSError as error:
        what = (
            f"{folder} is a file"
            if folder.is_file()
            else f"cannot write to {folder}: {cause(error)}"
        )
        raise UsageError(what, hint="name a new or an empty folder") from None
    sums = {**_listed(folder / INSIDE), **_listed(folder)}
    found = list(_files(folder))
    for path in found:
        name = str(path.relative_to(folder))
        if not sums or (name != LIST and not _is_as_written(path, name, sums)):
            what = f"{shown(name)} is not as an export wrote it" if sums else ""
            raise UsageError(
                f"{folder} is not empty{what and f', and {what}'}", hint="export into a new folder"
            )
    return [path for path in found if not path.is_dir()]


def _listed(folder: Path) -> dict[str, str]:
    """The names and checksums of the files of an export; none where there is no list."""
    try:
        known = json.loads(read(folder / LIST))
        if known["format"] != _FORMAT:
            return {}
        return {str(name): str(one) for name, one in known["files"].items()}
    except (OSError, NoArchiveError):
        return {}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):  # not our list
        return {}


def _files(folder: Path) -> Iterator[Path]:
    """Every file in a folder, and every empty folder; not those of an unfinished export."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            inner = sorted(path.iterdir())
            if path.name != INSIDE or (inner and path / LIST not in inner):
                yield from inner or [path]
        else:
            yield path


def _is_as_written(path: Path, name: str, sums: dict[str, str]) -> bool:
    if path.is_dir() and not path.is_symlink():  # emptied by a run that was killed
        return any(one.startswith(f"{name}/") for one in sums)
    try:
        return hashlib.sha256(read(path)).hexdigest() == sums.get(name)
    except (OSError, NoArchiveError):
        return False


# -- taking the place -----------------------------------------------------------------------------


def _may_be_replaced(folder: Path) -> bool:
    """Whether another folder can take its place, and nobody notices that it is another."""
    if not folder.exists():
        return True
    here = Path.cwd().resolve()
    within = folder == here or folder in here.parents
    return not (within or folder.is_mount()) and os.access(folder.parent, os.W_OK)


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Put `fresh` in the place of `folder`, in one step where the system can."""
    old = _beside(folder, _OLD)
    if folder.exists():
        fresh.chmod(stat.S_IMODE(folder.stat().st_mode))
        if any(folder.iterdir()):
            if _exchange(fresh, folder):
                flush(folder.parent)
                return
            folder.rename(old)
    fresh.rename(folder)  # over an empty folder, if there is one
    flush(folder.parent)
    remove(old)


def _exchange(one: Path, other: Path) -> bool:
    """Have two folders change places; False where the system cannot do it in one step."""
    library = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if hasattr(library, "renameat2"):
        return bool(library.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE) == 0)
    if hasattr(library, "renamex_np"):
        return bool(library.renamex_np(*names, _EXCHANGE) == 0)
    return False


def _move_up(fresh: Path, folder: Path, known: list[Path]) -> None:
    """Move what is in `fresh` to the folder that it is in; `known` are the files of before."""
    for path in known:
        if path.name != LIST:
            path.unlink()
    for path in folder.iterdir():
        if path.name not in {INSIDE, LIST}:
            path.rmdir()
    (folder / LIST).unlink(missing_ok=True)  # by it, a later run knows what is still there
    for path in sorted(fresh.iterdir(), key=lambda path: path.name == LIST):
        path.rename(folder / path.name)
    flush(folder)
    fresh.rmdir()
