"""What a folder says of the files in it: its catalog, an export's index, and which are no issues.

A folder is one on the disk, by its whole path, or one in an archive, whose outermost folder is the
empty path. Parts of a path have `/` between them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from backissue.errors import UsageError
from backissue.ingest.identity import facts_of, read_catalog
from backissue.ingest.sources.exports import INDEX_NAMES, Export, Told, index_of
from backissue.records import NO_FACTS, Facts

CATALOG = "catalog.toml"
# The files that tell of others, and are read before them.
NOTES = INDEX_NAMES | {CATALOG}
_LARGEST_CATALOG = 2**20
# Files which tell a person about a folder. They are read when they are named, not when a folder is.
_ABOUT_FOLDER = frozenset(
    {"readme", "license", "licence", "copying", "notice", "sources", "changelog", "contributing"}
)
_ABOUT_SUFFIXES = frozenset({"", ".md", ".txt", ".rst"})
# Google puts a page into each archive that tells what else is in there.
_ABOUT_ARCHIVE = "archive_browser.html"
# What stands beside the issues of a site, is none, and is text: only its name tells it.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What is known of a file from beside: the catalog's word, the export's, why it is skipped."""

    by_reader: Facts = NO_FACTS
    by_carrier: Facts = NO_FACTS
    skipped: str | None = None


class Beside:
    """What was learned of the folders met so far. An outer folder must be learned before inner."""

    def __init__(self) -> None:
        self._catalogs: dict[str, Mapping[str, Facts]] = {}
        self._exports: dict[str, Export] = {}
        self._indexes: dict[str, str] = {}

    def learn(
        self, folder: str, notes: Mapping[str, bytes], is_there: Callable[[str], bool]
    ) -> str | None:
        """Take in a folder's catalog and indexes; the reason why its catalog is of no use.

        `notes` are those of its files whose name is in `NOTES`; `is_there` tells of a path below it
        whether there is a file.
        """
        reason = None
        if CATALOG in notes:
            try:
                self._catalogs[folder] = _catalog(notes[CATALOG])
            except UsageError as error:
                reason = error.message
        export = index_of({name: data for name, data in notes.items() if name in INDEX_NAMES})
        if any(map(is_there, export.told)):
            self._exports[folder] = export
            self._indexes |= {_joined(folder, name): why for name, why in export.indexes.items()}
        return reason

    def word_of(self, path: str) -> Word:
        """What is known of a file."""
        name = PurePosixPath(path)
        folder = "" if str(name.parent) == "." else str(name.parent)
        told = self._told(name)
        skipped = self._indexes.get(path) or _left_out(told) or _skipped(name)
        by_reader = facts_of(self._catalogs.get(folder, {}), name.name)
        return Word(by_reader=by_reader, by_carrier=told.facts, skipped=skipped)

    def _told(self, path: PurePosixPath) -> Told:
        """What the nearest index above a file tells of it."""
        for parent in path.parents if self._exports else ():
            export = self._exports.get("" if str(parent) == "." else str(parent))
            if export and (told := export.told_of(path.relative_to(parent).as_posix())):
                return told
        return Told()


def no_text(head: bytes) -> str | None:
    """What a file with this beginning is, where it may stand beside issues and is no text."""
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


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _left_out(told: Told) -> str | None:
    if not told.left_out:
        return None
    return f"{'an' if told.left_out[0] in 'aeiou' else 'a'} {told.left_out}"


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
