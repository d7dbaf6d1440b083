"""Where your archive is, whether it may be there, what is in it, whether its index is of it."""

import os
import re
import stat
from pathlib import Path

from backissue import own_files
from backissue.config import ARCHIVE_VARIABLE, Config, expanded
from backissue.errors import IndexUnusableError, NoArchiveError, UsageError, cause
from backissue.index import Index, check_owner

INDEX = "index"
# Where a new index is made, before it takes the place of the old one.
NEW_INDEX = f"{INDEX}.new"
SOURCES = "sources"
UNFINISHED = "unfinished"
CHANGE = "change"
_DIGITS = 25  # of a number, with its point
_INDEXES = (INDEX, NEW_INDEX, f"{INDEX}.old")
_FILES = frozenset(
    {
        CHANGE,
        "lock",
        "log.jsonl",
        "removed.json",
        "sayings.json",
        "searches.json",
        "synonyms.toml",
        UNFINISHED,
    }
)
_FOLDERS = frozenset({SOURCES, "history", "recent"})
# Everything that may be in an archive's folder.
OWN_NAMES = _FILES | _FOLDERS | frozenset(_INDEXES)
_OTHER = "choose another folder with --archive DIR"
# What a system or a file manager puts into a folder by itself.
_NOBODYS = frozenset({".DS_Store", ".directory", ".localized", "desktop.ini", "lost+found"})


def archive_folder(option: str | None, config: Config) -> Path:
    """The folder of --archive, $BACKISSUE_ARCHIVE or the configuration, or else the usual one.

    Of a link, it is what the link leads to now: where it leads later is another archive. Raises
    `UsageError` where --archive is empty, as from a variable that is not set, or names the home of
    a user who is not here, and `NoArchiveError` where the current folder was deleted.
    """
    folder = _named(option, config)
    try:
        real = Path(os.path.realpath(folder))
        return folder if real == Path(os.path.abspath(folder)) else real
    except FileNotFoundError:
        raise NoArchiveError(
            f"the current folder, in which {folder} would be, was deleted",
            hint="go to another folder, or name the archive from the root: --archive /…",
        ) from None


def _named(option: str | None, config: Config) -> Path:
    if option is not None and not option.strip():
        raise UsageError("--archive names no folder", hint="write --archive DIR, or leave it out")
    chosen = option or os.environ.get(ARCHIVE_VARIABLE)
    if chosen:
        return expanded(chosen)
    if config.archive:
        return config.archive
    # A tenth of a search's start-up, and not needed by those who name their archive.
    from platformdirs import user_data_path  # noqa: PLC0415 - slow

    folder = user_data_path("backissue")
    if not folder.is_absolute():  # it would be in the working folder, which may be anybody's
        what = "the system knows no home folder of yours"
        raise UsageError(what, hint="name the archive with --archive DIR, or set HOME")
    return folder


def claim(folder: Path, *, force: bool = False) -> None:
    """Raise where `folder` can be no archive of yours, before anything is made in it.

    `NoArchiveError` where it is another user's, or cannot be listed; `UsageError` where it is a
    file, or holds other things, unless `force` allows these.
    """
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise UsageError(f"{folder} is a file, and an archive is a folder", hint=_OTHER) from None
    except OSError as error:
        raise _closed(folder, error) from None
    check_owner(folder)
    if exists(folder):
        return
    for name in _INDEXES:
        if name in names and not _is_index(folder / name):
            what = f"{folder} has a folder “{name}” of something else, and an archive needs one"
            raise UsageError(what, hint=_OTHER)
    others = sorted({*names} - OWN_NAMES - _NOBODYS)
    if force or (not others and SOURCES not in names):
        return
    others = others or [SOURCES]
    some = ", ".join(others[:3])
    raise UsageError(
        f"{folder} holds other files ({some}{', …' if len(others) > 3 else ''})",
        hint="name a new folder with --archive DIR, or add --force to keep an archive among them",
    )


def exists(folder: Path) -> bool:
    """Whether there is an archive in `folder`: originals in folders of two hexadecimal digits.

    Raises `NoArchiveError` where that cannot be seen.
    """
    sources = folder / SOURCES
    try:
        if not stat.S_ISDIR(os.stat(sources).st_mode):
            return False
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _closed(folder, error) from None
    try:
        names = [name for name in os.listdir(sources) if not name.startswith(".")]
    except OSError:  # which is said where the originals are needed
        return True
    return not names or any(re.fullmatch("[0-9a-f]{2}", name) for name in names)


def check_contents(folder: Path) -> None:
    """Raise `NotOwnError` for a link among the archive's own files and folders.

    An index that is a link is rebuilt, and single originals are opened without following links. The
    archive's folder itself may be reached by a link.
    """
    own_files.check(folder, _FILES, _FOLDERS)


def is_without_originals(folder: Path) -> bool:
    """Whether nothing was ever ingested here."""
    return next((folder / SOURCES).glob("*/*"), None) is None


def _is_index(path: Path) -> bool:
    """Whether a folder has the list of files that Whoosh keeps, or nothing."""
    try:
        names = os.listdir(path)
    except OSError:
        return False
    return not names or any(re.fullmatch(r"_MAIN_\d+\.toc", name) for name in names)


def _closed(folder: Path, error: OSError) -> NoArchiveError:
    """The error for a folder that cannot be looked into."""
    try:
        check_owner(folder)
    except NoArchiveError as belongs:
        return belongs
    except IndexUnusableError:  # not even the folder itself can be seen
        pass
    return NoArchiveError(f"cannot read {folder}: {cause(error)}", hint=_OTHER)


# -- the number of the last change --------------------------------------------------------------
#
# A run marks the archive as unfinished, and the mark holds a number drawn at random. Each commit of
# the index says for which change it was made: the number of the run, and one of its own. When the
# run ends, the mark becomes the file `change`, with the number of the last commit. So an index that
# is older or newer than what is stored does not go unnoticed: a loss of power or a copy can leave
# one. Archives of earlier versions have no such file, and their indexes no number: "" for both.


def open_index(folder: Path, default: str | None = None) -> Index:
    """The index of the archive in `folder`, open for reading.

    `default` is as in `Index.open`. Raises what that raises, and `IndexUnusableError` if the index
    is of another state of the archive.
    """
    while True:
        last = number_in(folder / CHANGE)
        index = Index.open(folder / INDEX, default)
        if index.change == last or _is_of_run(index.change, number_in(folder / UNFINISHED)):
            return index
        index.close()
        # Unless a writer has ended meanwhile, whose last commit this may have been.
        if number_in(folder / CHANGE) == last:
            raise IndexUnusableError(
                "the index is of another state of the archive",
                hint="backissue rebuild makes a new one",
            )


def number_in(path: Path) -> str:
    """The number that a file holds; "" where there is no file, or one without a number."""
    try:
        with own_files.opened(path) as file:
            found = file.read(_DIGITS + 1).decode("ascii", "ignore").strip()
            return found if len(found) == _DIGITS else ""
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise NoArchiveError(
            f"cannot read {path}: {cause(error)}", hint="correct the permissions: backissue doctor"
        ) from None


def draw(run: str = "") -> str:
    """A number that nothing has yet: of the run that has the number `run`, or of a new one."""
    return f"{_run(run) or os.urandom(8).hex()}.{os.urandom(4).hex()}"


def _run(number: str) -> str:
    return number.partition(".")[0]


def _is_of_run(number: str, mark: str) -> bool:
    """Whether a commit was made by the run that has this mark."""
    return bool(_run(mark)) and _run(number) == _run(mark)
