"""What makes the files of tests/cases/hostile: a bomb is a recipe there, and a file here."""

import bz2
import gzip
import io
import lzma
import os
import socket
import stat
import struct
import tarfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

_CHUNK = 2**20
_TYPES = {
    "link": tarfile.LNKTYPE,
    "symbolic link": tarfile.SYMTYPE,
    "character device": tarfile.CHRTYPE,
    "block device": tarfile.BLKTYPE,
    "fifo": tarfile.FIFOTYPE,
    "long name": tarfile.GNUTYPE_LONGNAME,
}
_PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
_OPENERS: Mapping[str, Callable[[Any], Any]] = {
    "gzip": lambda file: gzip.GzipFile(fileobj=file, mode="wb", mtime=0),
    "bz2": lambda file: bz2.BZ2File(file, "wb"),
    "xz": lambda file: lzma.LZMAFile(file, "wb", preset=0),  # noqa: SIM115 - whoever asked closes it
}


def make(folder: Path, told: Mapping[str, Any], kept: ExitStack) -> None:
    """Make one file of a case in `folder`; what must be there meanwhile goes into `kept`."""
    arguments = dict(told)
    path = folder / name_of(arguments.pop("name"), arguments.pop("repeat_name", 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    recipe = arguments.pop("recipe", None)
    if recipe in _PLACES:
        _PLACES[recipe](path, kept, **arguments)
    elif "sparse" in arguments:
        path.touch()
        os.truncate(path, arguments["sparse"])
    else:
        path.write_bytes(_BYTES[recipe](**arguments) if recipe else text(**arguments))


def name_of(name: str, times: int = 1) -> str:
    """A file's name; `hex:ff.txt` is one that is no text."""
    if name.startswith("hex:"):
        return os.fsdecode(bytes.fromhex(name[4:-4]) + name[-4:].encode())
    return name * times


def text(
    *,
    before: str = "",
    repeat: str = "",
    times: int = 1,
    between: str = "",
    repeat2: str = "",
    times2: int = 1,
    after: str = "",
    encoding: str = "utf-8",
    **whole: str,
) -> bytes:
    """What a case tells of a text, as bytes."""
    if "hex" in whole:
        return bytes.fromhex(whole["hex"])
    if "text" in whole:
        return whole["text"].encode(encoding)
    parts = (before, _repeated(repeat, times), between, _repeated(repeat2, times2), after)
    return "".join(parts).encode(encoding)


def _repeated(pattern: str, times: int) -> str:
    if "{n" not in pattern:
        return pattern * times
    turns = (pattern.replace("{n}", str(n)).replace("{n1}", str(n + 1)) for n in range(times))
    return "".join(turns)


# -- containers ---------------------------------------------------------------------------------


def _content(said: str | int) -> bytes:
    """A member's bytes: its words, or so many zeros."""
    return bytes(said) if isinstance(said, int) else said.encode()


def zipped(*, members: Mapping[str, str | int], again: int = 0) -> bytes:
    """A zip; `again` so many times in another."""
    data = _zip({name: _content(said) for name, said in members.items()})
    for _ in range(again):
        data = _zip({"inner.zip": data}, zipfile.ZIP_STORED)
    return data


def _zip(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            # Whatever the name: `writestr` would make it that of this system.
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, method
            archive.writestr(info, data)
    return file.getvalue()


def linked_zip(*, link: str) -> bytes:
    """A zip with a symbolic link in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, link)
    return file.getvalue()


def crowded(*, members: int) -> bytes:
    """A zip of so many empty files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(members):
            archive.writestr(zipfile.ZipInfo(f"{number}.txt"), b"")
    return file.getvalue()


def lying_zip(*, size: int, said: int) -> bytes:
    """A zip of zeros whose directory says that there are fewer."""
    data = bytearray(zipped(members={"zeros.txt": size}))
    for place in (data.find(b"PK\3\4") + 22, data.rfind(b"PK\1\2") + 24):
        data[place : place + 4] = struct.pack("<I", said)
    return bytes(data)


def overlapping(*, members: int, size: int) -> bytes:
    """A zip whose directory names the same bytes again and again."""
    kernel = _deflated(bytes(size))
    head = _local(b"0", kernel, zlib.crc32(bytes(size)), size)
    entry = (0, b"0", len(kernel), zlib.crc32(bytes(size)), size)
    return _with_directory(head + kernel, [entry] * members)


def quoting(*, members: int, size: int) -> bytes:
    """David Fifield's bomb: each member is the header of the next, quoted, and that member."""
    body = _deflated(bytes(size))
    plain = bytes(size)
    data = head = b""
    found: list[tuple[int, bytes, int, int, int]] = []
    for number in reversed(range(members)):
        name = b"%d" % number
        if data:
            body = b"\0" + struct.pack("<HH", len(head), 0xFFFF - len(head)) + head + body
            plain = head + plain
        head = _local(name, body, zlib.crc32(plain), len(plain))
        found.append((len(head) + len(body), name, len(body), zlib.crc32(plain), len(plain)))
        data = head + body
    entries = [(len(data) - start, *rest) for start, *rest in found]
    return _with_directory(data, entries)


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _local(name: bytes, body: bytes, crc: int, size: int) -> bytes:
    fields = (b"PK\3\4", 20, 0, 8, 0, 33, crc, len(body), size, len(name), 0)
    return struct.pack("<4s5H3I2H", *fields) + name


def _with_directory(data: bytes, entries: Sequence[tuple[Any, ...]]) -> bytes:
    """Members, and the directory of a zip: where each starts, its name, sizes and sum."""
    directory = b""
    for start, name, packed_size, crc, size in entries:
        fields = (b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, packed_size, size, len(name))
        directory += struct.pack("<4s6H3I5H2I", *fields, 0, 0, 0, 0, 0, start) + name
    count = len(entries)
    end = (b"PK\5\6", 0, 0, count, count, len(directory), len(data), 0)
    return data + directory + struct.pack("<4s4H2IH", *end)


def packed(*, by: Sequence[str], zeros: int) -> bytes:
    """So many zeros, compressed."""
    file = io.BytesIO()
    with _OPENERS[by[0]](file) as stream:
        for _ in range(zeros // _CHUNK):
            stream.write(bytes(_CHUNK))
    data = file.getvalue()
    for packer in by[1:]:
        data = _PACKERS[packer](data)
    return data


def tarred(*, members: Sequence[Mapping[str, Any]], by: Sequence[str] = ()) -> bytes:
    """A tar of members with a name, a type, words or zeros, and the size they say they have."""
    file = io.BytesIO()
    with ExitStack() as kept:
        stream = kept.enter_context(_OPENERS[by[0]](file)) if by else file
        for member in members:
            for part in _tar_member(member):
                stream.write(part)
        stream.write(bytes(2 * tarfile.BLOCKSIZE))
    return file.getvalue()


def _tar_member(member: Mapping[str, Any]) -> Iterator[bytes]:
    data, zeros = member.get("text", "").encode(), member.get("zeros", 0)
    info = tarfile.TarInfo(member["name"])
    info.type = _TYPES.get(member.get("type", ""), tarfile.REGTYPE)
    info.linkname = member.get("link", "")
    info.size = member.get("size", len(data) + zeros)
    yield info.tobuf(tarfile.GNU_FORMAT)
    for _ in range(zeros // _CHUNK):
        yield bytes(_CHUNK)
    yield data + bytes((zeros % _CHUNK) + -(len(data) + zeros) % tarfile.BLOCKSIZE)


def long_mailbox(*, size: int) -> bytes:
    """A mailbox of one message of that size, and a small one."""
    mark = b"From ada@example.org Mon Feb  5 10:00:00 2024\nSubject: Mills\n\n"
    words = b"The gates stood open.\n"
    return mark + words * (size // len(words)) + b"\n" + mark + words


# -- places -------------------------------------------------------------------------------------


def link(path: Path, kept: ExitStack, *, to: str) -> None:
    """A symbolic link."""
    del kept
    path.symlink_to(to)


def folder(path: Path, kept: ExitStack) -> None:
    """A folder with nothing in it."""
    del kept
    path.mkdir()


def pipe(path: Path, kept: ExitStack) -> None:
    """A pipe that nobody writes to."""
    del kept
    os.mkfifo(path)


def local_socket(path: Path, kept: ExitStack) -> None:
    """A socket somebody listens at."""
    # The path of a socket is short: it is made beside, and moved.
    made = kept.enter_context(socket.socket(socket.AF_UNIX))
    short = f"/tmp/{os.getpid()}.backissue-test"
    made.bind(short)
    made.listen()
    os.rename(short, path)


def deep_folders(path: Path, kept: ExitStack, *, depth: int, text: str) -> None:
    """Folders in folders, and a file in the innermost."""
    del kept
    inner = path.joinpath(*["d"] * depth)
    inner.mkdir(parents=True)
    (inner / "letter.txt").write_text(text, encoding="utf-8")


def growing(path: Path, kept: ExitStack, *, text: str, without_end: bool = False) -> None:
    """A file that somebody writes to all the while."""
    path.write_text(text, encoding="utf-8")
    kept.enter_context(_written_to(path, text.encode() * (2**16 if without_end else 1)))


@contextmanager
def _written_to(path: Path, data: bytes) -> Iterator[None]:
    done = threading.Event()

    def write() -> None:
        with path.open("ab", buffering=0) as file:
            while not done.is_set() and file.tell() < 2**30:
                file.write(data)
                time.sleep(0.0005)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


_BYTES: Mapping[str, Callable[..., bytes]] = {
    "zipped": zipped,
    "linked_zip": linked_zip,
    "crowded": crowded,
    "lying_zip": lying_zip,
    "overlapping": overlapping,
    "quoting": quoting,
    "packed": packed,
    "tarred": tarred,
    "long_mailbox": long_mailbox,
}
_PLACES: Mapping[str, Callable[..., None]] = {
    "link": link,
    "folder": folder,
    "pipe": pipe,
    "socket": local_socket,
    "deep_folders": deep_folders,
    "growing": growing,
}
