"""Sources that hold sources: zip, tar, compressed files and mailboxes, opened member by member.

Known by their content. Nothing is ever extracted: a member's name is only shown, and its bytes are
handed on as a stream, so that a mailbox of any size needs the memory of its largest message.
Whatever a hostile or damaged container does is a `Trouble` with its reason, never an exception.
"""

import bz2
import gzip
import io
import itertools
import lzma
import re
import stat
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import IO, Any, assert_never

from backissue.errors import RejectedSourceError

# So many bytes of a source tell what it is: a tar's first block, a mailbox's first lines.
HEAD = 4096
# A weekly newsletter has a thousand issues after twenty years. A directory of more is a trap.
MOST_MEMBERS = 100_000
# Text shrinks to a tenth, pages of one template to a fiftieth; zeros shrink to a thousandth.
LARGEST_RATIO = 250
# So much may be unpacked however little it came from, of one member and of all together.
_SMALL = 2**20
_ALLOWANCE = 256 * 2**20
# What a container's own directory may take up in memory. A hundred thousand names are 16 MB.
_LARGEST_DIRECTORY = 16 * 2**20
# A nested container that must be read from its end is kept on the disk, nameless, up to here.
LARGEST_SPOOL = 4 * 2**30
_IN_MEMORY = 2**20
_CHUNK = 2**16

_Stream = IO[bytes]
Opened = Callable[[], AbstractContextManager[_Stream]]


class Kind(Enum):
    """What holds sources, as a report names it."""

    ZIP = "ZIP archive"
    TAR = "tar archive"
    GZIP = "gzip file"
    BZIP2 = "bzip2 file"
    XZ = "xz file"
    MBOX = "mailbox"


COMPRESSED = frozenset({Kind.GZIP, Kind.BZIP2, Kind.XZ})


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What a container holds: its name in there, `/` between folders, and how to read it.

    `opened` gives a stream from the beginning, any number of times, until the next member is asked
    for.
    """

    name: str
    opened: Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A member that is not handed on, or, without a name, what is wrong with the container."""

    reason: str
    name: str | None = None
    skipped: bool = False


class Allowance:
    """How much may still be unpacked from one input of `size` bytes, however deep it is nested.

    `largest` is the size of the largest source that is taken.
    """

    def __init__(self, size: int, largest: int) -> None:
        self.largest = largest
        self._left = _ALLOWANCE + LARGEST_RATIO * size

    @property
    def too_large(self) -> str:
        """The reason why a larger source is not taken."""
        return f"larger than {self.largest // 2**20} MB"

    def spend(self, size: int) -> None:
        """Raises RejectedSourceError where more comes out than text ever shrinks to."""
        self._left -= size
        if self._left < 0:
            raise RejectedSourceError(f"unpacks to more than {LARGEST_RATIO} times its size")


def kind_of(head: bytes) -> Kind | None:
    """Which container a source with this beginning is, if it is one."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind.ZIP
    if head.startswith(b"\x1f\x8b\x08"):
        return Kind.GZIP
    if re.match(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", head):
        return Kind.BZIP2
    if head.startswith(b"\xfd7zXZ\x00"):
        return Kind.XZ
    if _is_tar(head):
        return Kind.TAR
    return Kind.MBOX if _is_mailbox(head) else None


def members(kind: Kind, opened: Opened, allowance: Allowance) -> Iterator[Member | Trouble]:
    """Everything in a container, in its own order; a zip's by name. Never fails.

    A trouble without a name comes last: what came before it is whole.
    """
    match kind:
        case Kind.ZIP:
            found = _in_zip(opened, allowance)
        case Kind.TAR:
            found = _in_tar(opened, allowance)
        case Kind.MBOX:
            found = _in_mailbox(opened, allowance)
        case Kind.GZIP | Kind.BZIP2 | Kind.XZ:
            raise ValueError("a compressed file has no members")
        case _:
            assert_never(kind)
    try:
        yield from found
    except DAMAGE as error:
        yield Trouble(reason=reason_of(error, kind))


def unpacked(kind: Kind, opened: Opened, allowance: Allowance) -> Opened:
    """The contents of a compressed file, to be opened as often as it can be itself.

    Reading it raises what `DAMAGE` lists where it is damaged, cut short, or a bomb.
    """
    openers: dict[Kind, Callable[[Any], Any]] = {
        # The mode, which it would otherwise take from a temporary file: that is open for writing.
        Kind.GZIP: lambda stream: gzip.GzipFile(fileobj=stream, mode="rb"),
        Kind.BZIP2: bz2.BZ2File,
        Kind.XZ: lzma.LZMAFile,
    }

    @contextmanager
    def reopened() -> Iterator[_Stream]:
        with opened() as packed, openers[kind](packed) as stream:
            yield _as_stream(_Metered(stream, allowance))

    return reopened


def spooled(stream: _Stream, most: int = LARGEST_SPOOL, head: bytes = b"") -> _Stream:
    """A copy of a stream that can be read again and again, on the disk where it is large.

    `head` was read of it already. Raises RejectedSourceError where it is larger than `most`.
    """
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        size = copy.write(head)
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise RejectedSourceError(f"larger than {most // 2**20} MB")
            copy.write(chunk)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return copy


def again(stream: _Stream) -> Opened:
    """A stream at hand, from its beginning whenever it is opened; whoever made it closes it."""

    def rewound() -> AbstractContextManager[_Stream]:
        stream.seek(0)
        return nullcontext(stream)

    return rewound


# -- what goes wrong ----------------------------------------------------------------------------

# What the standard library raises for containers that are damaged, cut short or of a rare kind.
DAMAGE = (
    RejectedSourceError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


def reason_of(error: Exception, kind: Kind | None = None) -> str:
    """What is wrong with a container or member, in a few words."""
    if isinstance(error, RejectedSourceError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, NotImplementedError):
        return "compressed in a way that is not known here"
    what = f"a {kind.value} that is " if kind else ""
    if isinstance(error, EOFError) or "unexpected end" in str(error):
        return f"{what}cut short"
    if "not a zip file" in str(error):
        return f"{what}cut short or damaged: its directory is missing"
    return f"{what}damaged{': its checksum is wrong' if 'CRC' in str(error) else ''}"


class _Metered(io.RawIOBase):
    """An unpacked stream whose bytes are counted against the allowance."""

    def __init__(self, stream: Any, allowance: Allowance) -> None:
        super().__init__()
        self._stream = stream
        self._allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # One read, not as many as it takes: of a file that is cut short, what comes before the cut.
        data: bytes = self._stream.read1(min(len(buffer), _CHUNK))
        self._allowance.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


def _as_stream(raw: io.RawIOBase) -> _Stream:
    return io.BufferedReader(raw, _CHUNK)


def tame(name: str) -> str:
    """A member's name as it is shown: relative, `/` between folders, nothing unprintable in it.

    Raises RejectedSourceError where it leads out of the container.
    """
    if "/" not in name:
        name = name.replace("\\", "/")  # some Windows programs write a zip so
    name = re.sub(r"^(?:[A-Za-z]:)?/+", "", name)
    if ".." in name.split("/"):
        raise RejectedSourceError("its name leads out of the archive")
    parts = (part for part in name.split("/") if part not in {"", "."})
    return _printable("/".join(parts))


def _printable(name: str) -> str:
    return "".join("�" if _is_command(char) else char for char in name)


def _is_command(char: str) -> bool:
    """Whether a terminal would obey it, or begin a line, or write the other way."""
    turns = unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF"}
    isolates = unicodedata.bidirectional(char) in {"LRI", "RLI", "FSI", "PDI"}
    return unicodedata.category(char) in {"Cc", "Zl", "Zp"} or turns or isolates


# -- zip ----------------------------------------------------------------------------------------

# Documents that are a ZIP archive inside, by the name of a member only they have.
_DOCUMENTS = {
    "[Content_Types].xml": "an Office document",
    "META-INF/container.xml": "an EPUB",
    "META-INF/manifest.xml": "an OpenDocument",
    "META-INF/MANIFEST.MF": "a program",
    "AndroidManifest.xml": "a program",
}


class _Directory(io.RawIOBase):
    """A file of which no part may be asked for that is larger than a directory may be.

    `zipfile` reads a directory at once, as long as it says it is.
    """

    def __init__(self, stream: _Stream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int | None = -1) -> bytes:
        most = _LARGEST_DIRECTORY + 1
        data = self._stream.read(most if size is None or size < 0 else min(size, most))
        if len(data) > _LARGEST_DIRECTORY:
            raise RejectedSourceError("its directory is too large")
        return data


def _in_zip(opened: Opened, allowance: Allowance) -> Iterator[Member | Trouble]:
    with opened() as stream, _seekable(stream) as file, _zip_file(file) as archive:
        infos = archive.infolist()
        _check_directory(infos)
        for info in sorted(infos, key=lambda info: (info.filename, info.header_offset)):
            if not info.is_dir():
                yield _zipped(archive, info, allowance)


def _zip_file(file: _Stream) -> zipfile.ZipFile:
    return zipfile.ZipFile(_Directory(file))


def _zipped(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: Allowance
) -> Member | Trouble:
    try:
        name = tame(info.filename)
        _check_zipped(info)
    except RejectedSourceError as error:
        return Trouble(name=_printable(info.filename), reason=error.message)
    if stat.S_ISLNK(info.external_attr >> 16):
        return Trouble(name=name, reason="a link", skipped=True)

    @contextmanager
    def opened() -> Iterator[_Stream]:
        with archive.open(info) as stream:
            yield _as_stream(_Metered(stream, allowance))

    return Member(name=name, opened=opened)


@contextmanager
def _seekable(stream: _Stream) -> Iterator[_Stream]:
    """The stream itself, or a copy where it can be read forwards only."""
    if stream.seekable():
        yield stream
        return
    with spooled(stream) as copy:
        yield copy


def _check_directory(infos: list[zipfile.ZipInfo]) -> None:
    """Raises RejectedSourceError for an archive of too many members, or a document's inside."""
    if len(infos) > MOST_MEMBERS:
        raise RejectedSourceError(f"holds more than {MOST_MEMBERS} files")
    names = {info.filename for info in infos}
    for name, what in _DOCUMENTS.items():
        if name in names:
            raise RejectedSourceError(f"not text, but {what}")
    # Where members overlap, a few bytes are unpacked thousands of times (David Fifield's bomb).
    spans = sorted((info.header_offset, info.compress_size) for info in infos)
    if any(start + 30 + size > after for (start, size), (after, _) in itertools.pairwise(spans)):
        raise RejectedSourceError("a zip bomb: its members overlap")


def _check_zipped(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x1:
        raise RejectedSourceError("encrypted")
    if info.file_size > max(_SMALL, LARGEST_RATIO * info.compress_size):
        raise RejectedSourceError(f"unpacks to more than {LARGEST_RATIO} times its size")


# -- tar ----------------------------------------------------------------------------------------


def _is_tar(head: bytes) -> bool:
    """Whether a tar's first header stands here: its checksum is right."""
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Forwards(io.RawIOBase):
    """A stream with a place in it, read forwards only, in parts that fit into memory.

    `tarfile` asks at once for a header as long as it says it is. It also takes an archive that ends
    anywhere for a whole one: `whole` says whether the block of zeros was there that ends each.
    """

    def __init__(self, stream: _Stream) -> None:
        super().__init__()
        self._stream = stream
        self._place = 0
        self.whole = False

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence != io.SEEK_SET or offset < self._place:
            raise tarfile.StreamError("cannot go back")
        while self._place < offset:
            if not self.read(min(_CHUNK, offset - self._place)):
                raise EOFError
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _LARGEST_DIRECTORY:
            raise RejectedSourceError("one of its headers is too large")
        data = self._stream.read(size)
        self._place += len(data)
        if size == tarfile.BLOCKSIZE:
            self.whole = data == bytes(tarfile.BLOCKSIZE)
        return data


def _in_tar(opened: Opened, allowance: Allowance) -> Iterator[Member | Trouble]:
    with opened() as stream:
        file = _Forwards(stream)
        with _tar_file(file) as archive:
            for count in itertools.count(1):
                info = archive.next()
                archive.members = []  # type: ignore[attr-defined]  # it would keep them all
                if info is None:
                    break
                if count > MOST_MEMBERS:
                    raise RejectedSourceError(f"holds more than {MOST_MEMBERS} files")
                if not info.isdir():
                    yield from _in_tar_at(archive, info, allowance)
        if not file.whole:
            raise EOFError


def _tar_file(file: _Forwards) -> tarfile.TarFile:
    return tarfile.TarFile(fileobj=file, mode="r", errors="surrogateescape")


def _in_tar_at(
    archive: tarfile.TarFile, info: tarfile.TarInfo, allowance: Allowance
) -> Iterator[Member | Trouble]:
    try:
        name = tame(info.name)
    except RejectedSourceError as error:
        yield Trouble(name=_printable(info.name), reason=error.message)
        return
    if info.issym() or info.islnk():
        yield Trouble(name=name, reason="a link", skipped=True)
    elif not info.isreg() or info.issparse():
        yield Trouble(name=name, reason="not a regular file", skipped=True)
    elif stream := archive.extractfile(info):
        with ExitStack() as kept:
            yield Member(name=name, opened=_kept(stream, info.size, allowance, kept))


def _kept(stream: _Stream, size: int, allowance: Allowance, kept: ExitStack) -> Opened:
    """A member as it can be opened again, until `kept` is closed: nothing goes back in a stream."""
    copies: list[_Stream] = []

    def opened() -> AbstractContextManager[_Stream]:
        if not copies:
            head = stream.read(HEAD)
            if size > (LARGEST_SPOOL if kind_of(head) else allowance.largest):
                raise RejectedSourceError(allowance.too_large)
            copies.append(kept.enter_context(spooled(stream, head=head)))
        return again(copies[0])()

    return opened


# -- mailboxes ----------------------------------------------------------------------------------

# `From ada@example.org Mon Feb  5 10:00:00 2024`, `From - Mon Feb …` and, from other programs, with
# the zone before or behind the year, or the day before the month.
_POSTMARK = re.compile(
    rb"From (?:[^\n]{0,300} )?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +"
    rb"(?:[A-Z][a-z]{2} +\d{1,2}|\d{1,2} +[A-Z][a-z]{2})\b[^\n]{0,60}\d\d:\d\d"
)
_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]?:|>From ")
# A line that the writer of a mailbox quoted, since it would have begun a message: `>From here on`.
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_LONGEST_LINE = 2**16


def _is_mailbox(head: bytes) -> bool:
    first, _, rest = head.partition(b"\n")
    return bool(_POSTMARK.match(first) and _FIELD.match(rest))


def _in_mailbox(opened: Opened, allowance: Allowance) -> Iterator[Member | Trouble]:
    """Each message, named by its place, without the line that begins it.

    A mailbox grows at its end, and so a message keeps its bytes: the empty line that parts it from
    the next, which the last may lack, is not its own. One `>` before `From ` is the writer's.
    """
    with opened() as stream:
        for place, message in enumerate(_messages(stream, allowance.largest), start=1):
            if message is None:
                yield Trouble(name=str(place), reason=allowance.too_large)
            else:
                data = _QUOTED.sub(rb"\1", message)
                yield Member(name=str(place), opened=again(io.BytesIO(data)))


def _messages(stream: _Stream, largest: int) -> Iterator[bytes | None]:
    """The bytes of each message, None for one that is too large to be held."""
    parts: list[bytes] = []
    size = 0
    before = b"\n"
    line = stream.readline(_LONGEST_LINE)
    while line:
        after = stream.readline(_LONGEST_LINE)
        if before.endswith(b"\n") and _POSTMARK.match(line) and _FIELD.match(after):
            if size:
                yield _message(parts) if size <= largest else None
            parts, size = [], 0
        else:
            size += len(line)
            if size <= largest:
                parts.append(line)
            else:
                parts.clear()
        before, line = line, after
    if size:
        yield _message(parts) if size <= largest else None


def _message(parts: list[bytes]) -> bytes:
    if len(parts) > 1 and parts[-1] in {b"\n", b"\r\n"} and parts[-2].endswith(b"\n"):
        parts.pop()
    return b"".join(parts)
