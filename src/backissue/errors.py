"""What can stop a command: one base class, and each error with its exit code, message and hint."""

from enum import IntEnum
from pathlib import Path


class Exit(IntEnum):
    """Exit codes of every command, the table in docs/commands.md."""

    OK = 0
    NOTHING_FOUND = 1
    USAGE = 2
    NO_ARCHIVE = 3
    REJECTED_INPUT = 4
    FINDINGS = 5
    BUSY = 75  # EX_TEMPFAIL of sysexits.h: try again
    INTERRUPTED = 130


class BackissueError(Exception):
    """Something the user can understand and act on.

    `message` says what is wrong and where, in one sentence; `hint` says what to type next.
    """

    exit_code = Exit.USAGE

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def shown(text: str) -> str:
    """`text` fit for a message: at most 40 characters, all of them printable.

    >>> shown("a" * 50)[-3:]
    'aa…'
    """
    clean = "".join(char if char.isprintable() else "�" for char in text)
    return clean if len(clean) <= 40 else clean[:39] + "…"


def cause(error: OSError) -> str:
    """What the system says went wrong, as the end of a sentence.

    >>> cause(PermissionError(13, "Permission denied"))
    'permission denied'
    """
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]


class NothingFoundError(BackissueError):
    """The address or query is well-formed, and the archive holds nothing for it."""

    exit_code = Exit.NOTHING_FOUND


class EmptyArchiveError(NothingFoundError):
    """There is an archive, and no issue in it."""


class QueryError(BackissueError):
    """A query that cannot be understood; `column` is the 1-based place in the query."""

    def __init__(self, message: str, *, column: int, hint: str | None = None) -> None:
        super().__init__(f"{message} (column {column})", hint=hint)
        self.column = column


class UsageError(BackissueError):
    """An argument or option whose value does not fit."""


class NoArchiveError(BackissueError):
    """There is no archive here, or it is not one we may open."""

    exit_code = Exit.NO_ARCHIVE


class NewerFormatError(BackissueError):
    """A newer version wrote this, and it is left as it is: nobody here knows what it says."""

    exit_code = Exit.NO_ARCHIVE


class IndexUnusableError(BackissueError):
    """The index is missing, damaged or of another version: rebuild it from the originals.

    `archive` is the folder of the archive, where a command met the damage after it began.
    """

    exit_code = Exit.NO_ARCHIVE
    archive: Path | None = None


class BusyError(BackissueError):
    """Another process is writing to the archive."""

    exit_code = Exit.BUSY


class RejectedSourceError(BackissueError):
    """One source cannot be ingested; the run continues and names it in its report."""

    exit_code = Exit.REJECTED_INPUT


class LeftOutError(RejectedSourceError):
    """One source holds only what is no issue (a draft): it is left out on purpose, and named."""
