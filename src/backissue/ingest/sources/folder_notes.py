"""Folder notes: what a catalog and an export's index say of files, and which files are no issues.

A folder is one on the disk, by its whole path, or one in an archive, whose outermost folder is the
empty path. Parts of a path have `/` between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from backissue.errors import UsageError
from backissue.ingest.identity import facts_of, read_catalog
from backissue.records import NO_FACTS, Facts

if TYPE_CHECKING:
    from backissue.ingest.sources.exports import Export, ExportRecord

CATALOG = "catalog.toml"
# The names under which an export keeps its index, at its root.
INDEX_NAMES = frozenset({"posts.csv", "emails.csv", "emails.json"})
# The files with notes on others, which are read before them.
NOTES = INDEX_NAMES | {CATALOG}
_LARGEST_CATALOG = 2**20
# Files about a folder. They are ingested when you name them, not when you name their folder.
_ABOUT_FOLDER = frozenset(
    {"readme", "license", "licence", "copying", "notice", "sources", "changelog", "contributing"}
)
_ABOUT_SUFFIXES = frozenset({"", ".md", ".txt", ".rst"})
# Google puts a page into each archive that lists what else is in there.
_ABOUT_ARCHIVE = "archive_browser.html"
# Files beside the issues of a site that are text and no issues: only their names show it.
_BESIDE_SUFFIXES = {
    ".css": "a style sheet",
    ".js": "a script",
    ".map": "a script",
    ".svg": "a picture",
}
_BESIDE_BYTES = {
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"RIFF": "a picture or sound",
    b"\x00\x00\x01\x00": "a picture",
    b"wOFF": "a font",
    b"wOF2": "a font",
    b"ID3": "sound",
    b"\xff\xfb": "sound",
    b"OggS": "sound",
}


# Of `cur/1706781600.M1P2.host:2,S` in a Maildir, what stays when the message is read or answered.
MAILDIR_MESSAGE = re.compile(r"(^|.*/)(?:cur|new)/(\d+\.[^/:]+)(?:[:;!]2,[A-Za-z]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNotes:
    """What is known of a file: by the catalog, by the export's index, and why it is skipped."""

    by_reader: Facts = NO_FACTS
    by_carrier: Facts = NO_FACTS
    skipped: str | None = None


NO_NOTES = FileNotes()


class FolderNotes:
    """What was learned of the folders met so far. An outer folder must be learned before inner."""

    def __init__(self) -> None:
        self._catalogs: dict[str, Mapping[str, Facts]] = {}
        self._exports: dict[str, Export] = {}
        self._indexes: dict[str, str] = {}

    def learn(
        self, folder: str, notes: Mapping[str, bytes], is_there: Callable[[str], bool]
    ) -> str | None:
        """Read a folder's catalog and indexes; returns what is wrong with the catalog.

        `notes` are the bytes of those of its files whose name is in `NOTES`; `is_there` says
        whether a path below the folder is a file.
        """
        reason = None
        if CATALOG in notes:
            try:
                self._catalogs[folder] = _catalog(notes[CATALOG])
            except UsageError as error:
                reason = error.message
        if indexes := {name: data for name, data in notes.items() if name in INDEX_NAMES}:
            from backissue.ingest.sources.exports import index_of  # noqa: PLC0415 - few have any

            export = index_of(indexes)
            if any(map(is_there, export.records)):
                self._exports[folder] = export
                self._indexes |= {joined(folder, name): why for name, why in export.indexes.items()}
        return reason

    def of_file(self, path: str) -> FileNotes:
        """What is known of a file."""
        name = PurePosixPath(path)
        by_reader = facts_of(self._catalogs.get(_shown(name.parent), {}), name.name)
        record = self._record(name)
        return FileNotes(
            by_reader=by_reader,
            by_carrier=record.facts if record else NO_FACTS,
            skipped=self._indexes.get(path) or _left_out(record) or _skipped(name),
        )

    def _record(self, path: PurePosixPath) -> ExportRecord | None:
        """The record of a file in the nearest index above it."""
        for parent in path.parents if self._exports else ():
            export = self._exports.get(_shown(parent))
            if export and (record := export.record_of(path.relative_to(parent).as_posix())):
                return record
        return None


def _shown(folder: PurePosixPath) -> str:
    return "" if str(folder) == "." else str(folder)


def no_text(head: bytes) -> str | None:
    """What a file with this beginning is, where it is no text and may be beside issues."""
    if head[4:8] == b"ftyp":
        return "a film, sound or a picture"
    return next((what for bytes_, what in _BESIDE_BYTES.items() if head.startswith(bytes_)), None)


def is_hidden(path: str) -> bool:
    """Whether a path in an archive is one that a walk through folders would not look at."""
    parts = path.split("/")
    # A Maildir keeps its folders as `.Newsletters/cur`; macOS keeps what no file holds elsewhere.
    pairs = zip(parts, [*parts[1:], ""], strict=True)
    return "__MACOSX" in parts or any(
        part.startswith(".") and after not in {"cur", "new"} for part, after in pairs
    )


def joined(folder: str, name: str) -> str:
    """The path of a file in a folder, or in the outermost one."""
    return f"{folder}/{name}" if folder else name


def mail_name(path: str) -> str:
    """A path as it is shown: that of a message in a Maildir without what mail programs change."""
    found = MAILDIR_MESSAGE.fullmatch(path)
    return found[1] + found[2] if found else path


def _left_out(record: ExportRecord | None) -> str | None:
    if record is None or not record.left_out:
        return None
    return f"{'an' if record.left_out[0] in 'aeiou' else 'a'} {record.left_out}"


def _skipped(name: PurePosixPath) -> str | None:
    if name.stem.lower() in _ABOUT_FOLDER and name.suffix.lower() in _ABOUT_SUFFIXES:
        return "tells about its folder"
    if name.name == _ABOUT_ARCHIVE:
        return "tells about its archive"
    return _BESIDE_SUFFIXES.get(name.suffix.lower())


def _catalog(data: bytes) -> dict[str, Facts]:
    if len(data) > _LARGEST_CATALOG:
        raise UsageError("larger than 1 MB")
    try:
        return read_catalog(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise UsageError("not UTF-8") from None
