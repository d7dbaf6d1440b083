"""Streams of bytes that can be opened again, and what the first bytes of one say it is.

A source that holds sources is known by its content. Nothing is ever extracted to a folder: a member
is a stream, so that a mailbox of any size needs the memory of its largest message.
"""

import bz2
import gzip
import io
import lzma
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum
from typing import IO, Any

from msgspec import Struct

from backissue.errors import RejectedSourceError, cause

# The kind of a source is known from so many bytes: a tar's first block, a mailbox's first lines.
HEAD = 4096
# A weekly newsletter has a thousand issues after twenty years. A directory of more is a trap.
MOST_MEMBERS = 100_000
# Text shrinks to a tenth, pages of one template to a fiftieth; zeros shrink to a thousandth.
LARGEST_RATIO = 250
# So much may be unpacked from any input, however small.
ALLOWANCE = 256 * 2**20
# A nested container that must be read from its end is kept on the disk, nameless, up to here.
LARGEST_SPOOL = 4 * 2**30
CHUNK = 2**16
_IN_MEMORY = 2**20
# So many bytes of a gzip file may be read one by one, in each of which `gzip` takes a microsecond:
# names in headers, zeros behind members, beginnings of members. A file in blocks of 64 kB has one
# for each block.
_MOST_STEPS = 2**18

Stream = IO[bytes]
Opened = Callable[[], AbstractContextManager[Stream]]


class Container(Enum):
    """What holds sources, as a report names it."""

    ZIP = "ZIP archive"
    TAR = "tar archive"
    GZIP = "gzip file"
    BZIP2 = "bzip2 file"
    XZ = "xz file"
    MBOX = "mailbox"


# `From ada@example.org Mon Feb  5 10:00:00 2024`, `From - Mon Feb …` and, from other programs, with
# the zone before or behind the year, or the day before the month.
POSTMARK = re.compile(
    rb"From (?:[^\n]{0,300} )?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +"
    rb"(?:[A-Z][a-z]{2} +\d{1,2}|\d{1,2} +[A-Z][a-z]{2})\b[^\n]{0,60}\d\d:\d\d"
)
MAIL_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]?:|>From ")
# `From ` alone, with an address, or with one and a day in figures: some programs write no more.
# Each begins a message only where header fields follow.
BARE_POSTMARKS = (
    re.compile(rb"From[ \t]*\r?\n?"),
    re.compile(
        rb"From (?:\S{1,200}@\S{1,200}|MAILER-DAEMON|-)"
        rb"(?: +\d{4}-\d\d-\d\d\b[^\n]{0,40})?[ \t]*\r?\n?"
    ),
)
# A message has two of these, and one of the first kind.
_SENT = re.compile(rb"(?:from|date|received|return-path|message-id|delivered-to)[ \t]?:", re.I)
_WRITTEN = re.compile(rb"(?:subject|to|cc|sender|reply-to|mime-version|x-[\w-]+)[ \t]?:", re.I)
_SIGNATURES = {
    rb"PK(?:\x03\x04|\x05\x06)": Container.ZIP,
    rb"\x1f\x8b\x08": Container.GZIP,
    rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)": Container.BZIP2,
    rb"\xfd7zXZ\x00": Container.XZ,
}
COMPRESSED = frozenset({Container.GZIP, Container.BZIP2, Container.XZ})

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
    MemoryError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class Member(Struct, frozen=True, kw_only=True):
    """One file in a container: its name there, `/` between folders, and how to read it.

    `opened` gives a stream from the beginning, any number of times, until you ask for the next
    member.
    """

    name: str
    opened: Opened


class Trouble(Struct, frozen=True, kw_only=True):
    """A member that cannot be read or, without a name, what is wrong with the whole container."""

    reason: str
    name: str | None = None
    skipped: bool = False


class Allowance:
    """How many bytes may still be unpacked from one input of `size` bytes, at any depth.

    `largest` is the size of the largest source that is accepted.
    """

    def __init__(self, size: int, largest: int) -> None:
        self.largest = largest
        self._left = ALLOWANCE + LARGEST_RATIO * size

    @property
    def too_large(self) -> str:
        """The reason why a larger source is refused."""
        return f"larger than {self.largest // 2**20} MB"

    def spend(self, size: int) -> None:
        """Raises RejectedSourceError where more comes out than text ever shrinks to."""
        self._left -= size
        if self._left < 0:
            raise RejectedSourceError(f"unpacks to more than {LARGEST_RATIO} times its size")


def container_of(head: bytes) -> Container | None:
    """Which container a source with this beginning is, if it is one."""
    for signature, kind in _SIGNATURES.items():
        if re.match(signature, head):
            return kind
    try:  # whether the checksum of a tar's first header is right
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        first, _, rest = head.partition(b"\n")
        dated = POSTMARK.match(first) and MAIL_FIELD.match(rest)
        bare = any(one.fullmatch(first) for one in BARE_POSTMARKS) and opens_header(rest)
        return Container.MBOX if dated or bare else None
    return Container.TAR


def opens_header(text: bytes) -> bool:
    """Whether a text opens with the fields of a message: two that most have, one by its sender."""
    sent = others = 0
    for line in text.split(b"\n"):
        if line[:1] in {b" ", b"\t"} and sent + others:
            continue
        if not MAIL_FIELD.match(line):
            break
        sent += _SENT.match(line) is not None
        others += _WRITTEN.match(line) is not None
    return sent > 0 and sent + others > 1


def unpacked(kind: Container, opened: Opened, allowance: Allowance) -> Opened:
    """The contents of a compressed file, to be opened as often as the file can.

    Reading it raises what `DAMAGE` lists where it is damaged, cut short, or a bomb.
    """

    @contextmanager
    def reopened() -> Iterator[Stream]:
        with opened() as packed, _DECOMPRESSORS[kind](packed) as stream:
            yield metered(stream, allowance)

    return reopened


def spooled(stream: Stream, most: int = LARGEST_SPOOL, head: bytes = b"") -> Stream:
    """A copy of a stream that can be read again and again, on the disk where it is large.

    `head` was read of it already. Raises RejectedSourceError where it is larger than `most`. The
    first read that gives nothing ends it: at a terminal, one Ctrl-D is enough.
    """
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        size = copy.write(head)
        while chunk := read(CHUNK):
            size += len(chunk)
            if size > most:
                raise RejectedSourceError(f"larger than {most // 2**20} MB")
            copy.write(chunk)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return copy


def again(stream: Stream) -> Opened:
    """An open stream, from its beginning whenever it is opened; whoever opened it closes it."""

    def rewound() -> AbstractContextManager[Stream]:
        stream.seek(0)
        return nullcontext(stream)

    return rewound


def metered(stream: Any, allowance: Allowance) -> Stream:
    """An unpacked stream whose bytes are counted against the allowance."""
    return io.BufferedReader(_Metered(stream, allowance), CHUNK)


def gunzipped(stream: Stream) -> gzip.GzipFile:
    """What a gzip file has in it; reading it raises what `DAMAGE` lists where it is a trap."""
    # The mode keeps `gzip` from asking the file for its own.
    stepped: Any = _Stepped(stream)
    return gzip.GzipFile(fileobj=stepped, mode="rb")


class _Stepped:
    """A file for `gzip`, which reads some parts of it byte by byte, however long they are."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._steps = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises RejectedSourceError where too many were asked for one by one."""
        self._steps += size == 1
        if self._steps > _MOST_STEPS:
            raise RejectedSourceError("its headers or its members are too many")
        return self._stream.read(size)


# Each gives a stream of what is compressed.
_DECOMPRESSORS: dict[Container, Callable[[Any], Any]] = {
    Container.GZIP: gunzipped,
    Container.BZIP2: bz2.BZ2File,
    Container.XZ: lzma.LZMAFile,
}


class _Metered(io.RawIOBase):
    def __init__(self, stream: Any, allowance: Allowance) -> None:
        super().__init__()
        self._stream = stream
        self._allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # One read, not as many as it takes: of a file that is cut short, what comes before the cut.
        data: bytes = self._stream.read1(min(len(buffer), CHUNK))
        self._allowance.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


# By whether memory is what lacks: what it was packed with may be a dictionary of gigabytes.
_UNPACKABLE = {
    False: "compressed in a way that is not known here",
    True: "needs more memory to unpack than there is",
}


def reason_of(error: Exception, kind: Container | None = None) -> str:
    """What is wrong with a container or member, in a few words."""
    if isinstance(error, RejectedSourceError):
        return f"{error.message}; {error.hint}" if error.hint else error.message
    if isinstance(error, OSError) and error.strerror:
        return cause(error)
    if isinstance(error, NotImplementedError | MemoryError):
        return _UNPACKABLE[isinstance(error, MemoryError)]
    what = f"a {kind.value} that is " if kind else ""
    if isinstance(error, EOFError) or "unexpected end" in str(error):
        return f"{what}cut short"
    if "not a zip file" in str(error):
        return f"{what}cut short or damaged: its directory is missing"
    return f"{what}damaged{': its checksum is wrong' if 'CRC' in str(error) else ''}"
