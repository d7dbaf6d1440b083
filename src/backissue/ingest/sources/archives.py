"""Zip and tar archives, opened member by member.

A member's name is only shown, never used as a path. Whatever a hostile or damaged member does is a
`Trouble` with its reason; what is wrong with the whole archive is raised, as an error of `DAMAGE`.
"""

import io
import itertools
import re
import stat
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from backissue.errors import RejectedSourceError
from backissue.ingest.sources.streams import (
    CHUNK,
    HEAD,
    LARGEST_RATIO,
    LARGEST_SPOOL,
    MOST_MEMBERS,
    Allowance,
    Member,
    Opened,
    Stream,
    Trouble,
    again,
    container_of,
    metered,
    spooled,
)

# So much one member may unpack to, however small it is in the archive.
_SMALL = 2**20
# What a container's own directory may take up in memory. A hundred thousand names are 16 MB.
_LARGEST_DIRECTORY = 16 * 2**20
# Documents that are a ZIP archive inside, by the name of a member only they have.
_DOCUMENTS = {
    "[Content_Types].xml": "an Office document",
    "META-INF/container.xml": "an EPUB",
    "META-INF/manifest.xml": "an OpenDocument",
    "META-INF/MANIFEST.MF": "a program",
    "AndroidManifest.xml": "a program",
}
_HINT = "save it as text or as a web page"
_TURNS_TEXT = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def tame(name: str) -> str:
    """A member's name as it is shown: relative, `/` between folders, nothing unprintable in it.

    Raises RejectedSourceError where it leads out of the container.

    >>> tame("posts/./396.html")
    'posts/396.html'
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
    turns = unicodedata.bidirectional(char) in _TURNS_TEXT
    return turns or unicodedata.category(char) in {"Cc", "Zl", "Zp"}


# -- zip ----------------------------------------------------------------------------------------


class _Directory(io.RawIOBase):
    """A file that gives no part larger than a directory may be.

    `zipfile` reads a directory at once, as long as it says it is.
    """

    def __init__(self, stream: Stream) -> None:
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


def in_zip(opened: Opened, allowance: Allowance) -> Iterator[Member | Trouble]:
    """The members of a zip archive, sorted by name."""
    with (
        opened() as stream,
        _seekable(stream) as file,
        zipfile.ZipFile(_Directory(file)) as archive,
    ):
        infos = archive.infolist()
        _check_directory(infos)
        for info in sorted(infos, key=lambda info: (info.filename, info.header_offset)):
            if not info.is_dir():
                yield _zipped(archive, info, allowance)


def _zipped(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: Allowance
) -> Member | Trouble:
    try:
        name = tame(info.filename)
        _check_zipped(info)
    except RejectedSourceError as error:
        return Trouble(name=_printable(info.filename), reason=error.message)
    if stat.S_ISLNK(info.external_attr >> 16):
        return Trouble(name=name, reason="a link to another file", skipped=True)

    @contextmanager
    def opened() -> Iterator[Stream]:
        with archive.open(info) as stream:
            yield metered(stream, allowance)

    return Member(name=name, opened=opened)


@contextmanager
def _seekable(stream: Stream) -> Iterator[Stream]:
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
            raise RejectedSourceError(
                f"not text, but {what}", hint=None if what == "a program" else _HINT
            )
    # Where members overlap, a few bytes are unpacked thousands of times (David Fifield's bomb).
    spans = sorted((info.header_offset, info.compress_size) for info in infos)
    if any(start + 30 + size > after for (start, size), (after, _) in itertools.pairwise(spans)):
        raise RejectedSourceError("a zip bomb: its members overlap")


def _check_zipped(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x1:
        raise RejectedSourceError("encrypted", hint="unpack it, and ingest the folder")
    if info.file_size > max(_SMALL, LARGEST_RATIO * info.compress_size):
        raise RejectedSourceError(f"unpacks to more than {LARGEST_RATIO} times its size")


# -- tar ----------------------------------------------------------------------------------------


class _Forwards(io.RawIOBase):
    """A stream read forwards only, in parts that fit into memory.

    `tarfile` asks at once for a header as long as it says it is. It also accepts an archive that
    ends anywhere: `whole` says whether it ended with the block of zeros that ends each.
    """

    def __init__(self, stream: Stream) -> None:
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
            if not self.read(min(CHUNK, offset - self._place)):
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


def in_tar(opened: Opened, allowance: Allowance) -> Iterator[Member | Trouble]:
    """The members of a tar archive, in its own order."""
    with opened() as stream:
        for archive, info in walked(stream, MOST_MEMBERS):
            if not info.isdir():
                yield from _in_tar_at(archive, info, allowance)


def walked(stream: Stream, most: int) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Each member of a tar archive, in its own order, which is read forwards only.

    Raises RejectedSourceError for more members than `most`, or a header that is too large, EOFError
    where the archive was cut short, and what `tarfile` raises.
    """
    file = _Forwards(stream)
    with tarfile.TarFile(fileobj=file, mode="r", errors="surrogateescape") as archive:
        for count in itertools.count(1):
            info = archive.next()
            archive.members = []  # type: ignore[attr-defined]  # it would keep them all
            if info is None:
                break
            if count > most:
                raise RejectedSourceError(f"holds more than {most} files")
            yield archive, info
    if not file.whole:
        raise EOFError


def _in_tar_at(
    archive: tarfile.TarFile, info: tarfile.TarInfo, allowance: Allowance
) -> Iterator[Member | Trouble]:
    try:
        name = tame(info.name)
    except RejectedSourceError as error:
        yield Trouble(name=_printable(info.name), reason=error.message)
        return
    if info.issym() or info.islnk():
        yield Trouble(name=name, reason="a link to another file", skipped=True)
    elif not info.isreg() or info.issparse():
        yield Trouble(name=name, reason="not a regular file", skipped=True)
    elif stream := archive.extractfile(info):
        with ExitStack() as kept:
            yield Member(name=name, opened=_kept(stream, info.size, allowance, kept))


def _kept(stream: Stream, size: int, allowance: Allowance, kept: ExitStack) -> Opened:
    """A member as it can be opened again, until `kept` is closed: nothing goes back in a stream."""
    copies: list[Stream] = []

    def opened() -> AbstractContextManager[Stream]:
        if not copies:
            head = stream.read(HEAD)
            if size > (LARGEST_SPOOL if container_of(head) else allowance.largest):
                raise RejectedSourceError(allowance.too_large)
            copies.append(kept.enter_context(spooled(stream, head=head)))
        return again(copies[0])()

    return opened
