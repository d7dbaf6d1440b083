"""Folder notes: what a catalog and an export's index say of files, and which files are no issues.

A folder is one on the disk, by its whole path, or one in an archive, whose outermost folder is the
empty path. Parts of a path have `/` between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from backissue.errors import UsageError
from backissue.ingest.identity import facts_of, read_catalog
from backissue.ingest.sources.contents import CATALOG, INDEX_NAMES, FileNotes, joined
from backissue.records import NO_FACTS, Facts

if TYPE_CHECKING:
    from backissue.ingest.sources.exports import Export, ExportRecord

_LARGEST_CATALOG = 2**20
# Files about a folder. They are ingested when you name them, not when you name their folder.
_ABOUT_FOLDER = frozenset(
    {"readme", "license", "licence", "copying", "notice", "sources", "changelog", "contributing"}
)
_ABOUT_SUFFIXES = frozenset({"", ".md", ".txt", ".rst", ".org"})
# Google puts a page into each archive that lists what else is in there.
_ABOUT_ARCHIVE = "archive_browser.html"
# Files beside the issues of a site that are text and no issues: only their names show it.
_BESIDE_SUFFIXES = {
    ".css": "a style sheet",
    ".js": "a script",
    ".map": "a script",
    ".svg": "a picture",
}


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

    def missing(self, folder: str, is_there: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
        """The issues that a folder's indexes have and its files have not: paths, and reasons."""
        if export := self._exports.get(folder):
            for path, why in export.missing(is_there):
                yield joined(folder, path), why

    def of_file(self, path: str) -> FileNotes:
        """What is known of a file."""
        name = PurePosixPath(path)
        by_reader = facts_of(self._catalogs.get(_shown(name.parent), {}), name.name)
        record = self._record(name)
        return FileNotes(
            by_reader=by_reader,
            by_carrier=record.facts if record else NO_FACTS,
            skipped=self._indexes.get(path) or _left_out(record) or _skipped(name),
            remark=None if record else self._unlisted(name),
        )

    def _record(self, path: PurePosixPath) -> ExportRecord | None:
        """The record of a file in the nearest index above it."""
        for parent in path.parents if self._exports else ():
            export = self._exports.get(_shown(parent))
            if export and (record := export.record_of(path.relative_to(parent).as_posix())):
                return record
        return None

    def _unlisted(self, path: PurePosixPath) -> str | None:
        """A remark on a file that is beside those in an index, and not in it."""
        for parent in path.parents if self._exports else ():
            export = self._exports.get(_shown(parent))
            if export and (index := export.index_without(path.relative_to(parent).as_posix())):
                return f"{index} has no row for it"
        return None


def _shown(folder: PurePosixPath) -> str:
    return "" if str(folder) == "." else str(folder)


def _left_out(record: ExportRecord | None) -> str | None:
    if record is None or not record.left_out:
        return None
    return f"{'an' if record.left_out[0] in 'aeiou' else 'a'} {record.left_out}"


def _skipped(name: PurePosixPath) -> str | None:
    about = name.stem.lower() in _ABOUT_FOLDER and name.suffix.lower() in _ABOUT_SUFFIXES
    if about and not _is_issue_of_folder(name):
        return "describes its folder, and is no issue"
    if name.name == _ABOUT_ARCHIVE:
        return "describes the archive it is in, and is no issue"
    return _BESIDE_SUFFIXES.get(name.suffix.lower())


def _is_issue_of_folder(name: PurePosixPath) -> bool:
    """Whether a README is an issue with a folder of its own: `2025-05-09/README.md`."""
    if name.stem.lower() != "readme":
        return False
    from backissue.ingest.identity import file_names  # noqa: PLC0415 - few are one

    return bool(file_names.in_file_name(f"{name.parent.name}/{name.stem}.md"))


def _catalog(data: bytes) -> dict[str, Facts]:
    if len(data) > _LARGEST_CATALOG:
        raise UsageError("larger than 1 MB")
    try:
        return read_catalog(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise UsageError("not UTF-8") from None
