"""Open an archive for reading: find it, open its index, rebuild the index if it is unusable.

sources/ab/abcd….bin   original bytes, by hash; with the .json beside them the truth
sayings.json           the facts you set for single issues, with `set`
change                 the number of the last change, which the index repeats
index/                 everything else: derived, disposable
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backissue.archive.settings import check_contents, exists, open_index
from backissue.errors import IndexUnusableError, NoArchiveError
from backissue.index import Index, check_owner


def require(folder: Path, command: str = "backissue", *, whole: bool = True) -> None:
    """Raise `NoArchiveError`, with what to type, where there is no archive, or not our own.

    `command` is how the program is called for this folder. Only `doctor`, which names each, goes on
    where the archive has links: it is not `whole` then.
    """
    if not exists(folder):
        if folder.is_file():
            raise NoArchiveError(
                f"{folder} is a file, and an archive is a folder",
                hint="name a folder: backissue --archive DIR",
            )
        raise NoArchiveError(
            f"no archive in {folder}", hint=f"make one with: {command} ingest FILE-OR-FOLDER…"
        )
    check_owner(folder)
    if whole:
        check_contents(folder)


@contextmanager
def reading(
    folder: Path,
    *,
    notify: Callable[[str], None],
    rebuild: Callable[[Path], object],
    default: str | None = None,
    command: str = "backissue",
) -> Iterator[Index]:
    """The archive's index, open. One that is missing, damaged, or of another version of the program
    or state of the archive is rebuilt.

    `notify` gets a line about it first, and `rebuild` does it: only this rare case needs the
    parsers. `default` is the publication whose issues keep short addresses. Raises
    `NoArchiveError` where there is no archive: see `require`.
    """
    require(folder, command)
    try:
        index = open_index(folder, default)
    except IndexUnusableError as trouble:
        notify(f"{trouble.message}; rebuilding it from the originals")
        rebuild(folder)
        index = open_index(folder, default)
    with index:
        yield index
