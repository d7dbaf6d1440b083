"""An input, the notes on it, and the source that it holds; `containers` has those with several."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from backissue.ingest.identity import overlay
from backissue.ingest.sources.streams import (
    COMPRESSED,
    DAMAGE,
    HEAD,
    Allowance,
    Opened,
    container_of,
    reason_of,
    unpacked,
)
from backissue.records import NO_FACTS, Facts
from backissue.text.decoding import with_line_feeds

CATALOG = "catalog.toml"
# The names under which an export keeps its index, at its root.
INDEX_NAMES = frozenset({"posts.csv", "emails.csv", "emails.json"})
# The files with notes on others, which are read before them.
NOTES = INDEX_NAMES | {CATALOG}
# Of `cur/1706781600.M1P2.host:2,S` in a Maildir, what stays when the message is read or answered.
MAILDIR_MESSAGE = re.compile(r"(^|.*/)(?:cur|new)/(\d+\.[^/:]+)(?:[:;!]2,[A-Za-z]*)?")
# Files beside the issues of a site that are no text: how they begin.
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
# Apple Mail keeps one beside each of its folders: `Info.plist`.
_PROPERTY_LIST = re.compile(rb"\s{0,20}<\?xml[^<>]{0,200}>\s{0,20}(?:<!DOCTYPE plist|<plist)\b")


class Source(Struct, frozen=True, kw_only=True):
    """One input: its name, its bytes, their digest, and what you said of it.

    `sha256` is what `digest_of` gives: the same for a mail from a server and from a disk.

    A file in a container is named `export.zip!posts/396.html`, a message by its place in the
    mailbox: `inbox.mbox!12`. `by_carrier` are the facts in the export it came in; `remark` is what
    a report says of it besides.
    """

    name: str
    data: bytes
    sha256: str
    by_reader: Facts
    by_carrier: Facts = NO_FACTS
    remark: str | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    """An input that is not ingested, and why. `skipped` ones are left out on purpose."""

    name: str
    reason: str
    skipped: bool = False


class Meter:
    """How far a run has come, in bytes of the files it reads: `done`, of `total`."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self._before = 0
        self._size = 0
        self._read = 0

    @property
    def done(self) -> int:
        """Bytes of the files that are finished, and of what was read of the current one."""
        return self._before + min(self._read, self._size)

    def count(self, size: int) -> None:
        """So much more of the current file was read."""
        self._read += size

    @contextmanager
    def file(self, size: int) -> Iterator[None]:
        """While one file is read."""
        self._size, self._read = size, 0
        yield
        self._before += size
        self._size = self._read = 0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While something is read that will be read again."""
        before = self._read
        yield
        self._read = before


class FileNotes(Struct, frozen=True, kw_only=True):
    """What is known of a file: by the catalog, by the export's index, and why it is skipped.

    `remark` is what a report says of it besides.
    """

    by_reader: Facts = NO_FACTS
    by_carrier: Facts = NO_FACTS
    skipped: str | None = None
    remark: str | None = None


NO_NOTES = FileNotes()


class Input(Struct, frozen=True, kw_only=True):
    """An input to be read: its name, the notes on it, its depth in containers.

    One that you `named` yourself is never skipped.
    """

    name: str
    notes: FileNotes = NO_NOTES
    named: bool = False
    unpacked: bool = False
    depth: int = 0


class Scope(Struct, frozen=True, kw_only=True):
    """What holds for all that is in one input: the command's facts, the meter, the allowance."""

    by_reader: Facts
    meter: Meter
    allowance: Allowance


Items = Iterator[Source | Refusal]


def make_source(name: str, data: bytes, by_reader: Facts, by_carrier: Facts = NO_FACTS) -> Source:
    """A source from its bytes."""
    return Source(
        name=name,
        data=data,
        sha256=digest_of(data),
        by_reader=by_reader,
        by_carrier=by_carrier,
    )


def digest_of(data: bytes) -> str:
    r"""The name that a source has in an archive: the sha256 of its bytes, in hexadecimal.

    Line ends count as `\n`, however they are written, so that a mail is one source, and not one
    more when it comes from elsewhere.
    """
    return hashlib.sha256(with_line_feeds(data)).hexdigest()


def digests_of(data: bytes) -> tuple[str, ...]:
    """All names that an archive may have for these bytes; older ones counted line ends."""
    names = digest_of(data), hashlib.sha256(data).hexdigest()
    return tuple(dict.fromkeys(names))


def from_stream(opened: Opened, origin: Input, scope: Scope) -> Items:
    """The source that a stream is, or those that are in it."""
    try:
        with opened() as stream:
            head = stream.read(HEAD)
        kind = container_of(head)
        if kind is None:
            yield _one(head, opened, origin, scope)
        elif kind not in COMPRESSED:
            from backissue.ingest.sources.containers import from_container  # noqa: PLC0415 - rare

            yield from from_container(kind, opened, origin, scope)
        elif origin.unpacked:
            yield Refusal(name=origin.name, reason="compressed more than once")
        else:
            inner = replace(origin, unpacked=True)
            yield from from_stream(unpacked(kind, opened, scope.allowance), inner, scope)
    except DAMAGE as error:
        yield Refusal(name=origin.name, reason=reason_of(error))


def _one(head: bytes, opened: Opened, origin: Input, scope: Scope) -> Source | Refusal:
    if not origin.named and (what := _no_text(head)):
        return Refusal(name=origin.name, reason=what, skipped=True)
    with opened() as stream:
        data = stream.read(scope.allowance.largest + 1)
    if len(data) > scope.allowance.largest:
        return Refusal(name=origin.name, reason=scope.allowance.too_large)
    if not data.strip():
        return Refusal(name=origin.name, reason="empty")
    by_reader = overlay(origin.notes.by_reader, scope.by_reader)
    made = make_source(origin.name, data, by_reader, origin.notes.by_carrier)
    return replace(made, remark=origin.notes.remark) if origin.notes.remark else made


def _no_text(head: bytes) -> str | None:
    """What a file with this beginning is, where it is no text and may be beside issues."""
    if head[4:8] == b"ftyp":
        return "a film, sound or a picture"
    if head.startswith(b"bplist") or _PROPERTY_LIST.match(head):
        return "a property list"
    return next((what for bytes_, what in _BESIDE_BYTES.items() if head.startswith(bytes_)), None)


def joined(folder: str, name: str) -> str:
    """The path of a file in a folder, or in the outermost one."""
    return f"{folder}/{name}" if folder else name


def mail_name(path: str) -> str:
    """A path as it is shown: that of a message in a Maildir without what mail programs change."""
    found = MAILDIR_MESSAGE.fullmatch(path)
    return found[1] + found[2] if found else path
