"""Bombs and tricks of every way to pack files, for the cases of tests/cases/hostile/bombs.toml."""

import base64
import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

_MEGABYTE = 2**20
_ZIP_METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}
# What other programs write, and Python's zipfile may not read.
_OTHER_METHODS = {"shrink": 1, "implode": 6, "deflate64": 9, "zstd": 93, "xz": 95, "ppmd": 98}
_LETTER = b"Letters 3: Weirs\n\nThe weirs ran low all summer, and nobody noticed.\n"


def _zeros(write: Callable[[bytes], object], megabytes: int) -> None:
    for _ in range(megabytes):
        write(bytes(_MEGABYTE))


def _packed(way: str, megabytes: int) -> bytes:
    """So many zeros, packed in one way."""
    file = io.BytesIO()
    if way in _ZIP_METHODS:
        with (
            zipfile.ZipFile(file, "w", _ZIP_METHODS[way]) as archive,
            archive.open("zeros.txt", "w") as member,
        ):
            _zeros(member.write, megabytes)
    elif way == "tar":
        info = tarfile.TarInfo("zeros.txt")
        info.size = megabytes * _MEGABYTE
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        _zeros(file.write, megabytes)
        file.write(bytes(2 * tarfile.BLOCKSIZE))
    else:
        with _opened(way, file) as stream:
            _zeros(stream.write, megabytes)
    return file.getvalue()


def _opened(way: str, file: io.BytesIO) -> Any:
    match way:
        case "gzip":
            return gzip.GzipFile("", "wb", 9, file, mtime=0)
        case "bz2":
            return bz2.BZ2File(file, "wb")
        case _:
            return lzma.LZMAFile(file, "wb", preset=0)


def _wrapped(way: str, data: bytes) -> bytes:
    """`data` in one more container."""
    match way:
        case "gzip":
            return gzip.compress(data, 6, mtime=0)
        case "bz2":
            return bz2.compress(data)
        case "xz":
            return lzma.compress(data, preset=0)
        case "tar":
            info = tarfile.TarInfo("inner")
            info.size = len(data)
            body = data + bytes(-len(data) % tarfile.BLOCKSIZE)
            return info.tobuf(tarfile.GNU_FORMAT) + body + bytes(2 * tarfile.BLOCKSIZE)
        case "mbox":
            coded = base64.encodebytes(data)
            head = b"From a@example.org Mon Feb  5 10:00:00 2024\nFrom: a@example.org\n"
            kind = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n"
            return head + b"Subject: Letters 4\nMIME-Version: 1.0\n" + kind + b"\n" + coded
        case _:
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w", _ZIP_METHODS[way]) as archive:
                archive.writestr(zipfile.ZipInfo("inner"), data, _ZIP_METHODS[way])
            return file.getvalue()


def chain(*, ways: Sequence[str], megabytes: int = 0, letter: bool = False) -> bytes:
    """Zeros, or a letter, packed in one way after another, the first innermost."""
    data = _LETTER if letter else _packed(ways[0], megabytes)
    for way in ways if letter else ways[1:]:
        data = _wrapped(way, data)
    return data


def many_streams(*, way: str, count: int) -> bytes:
    """So many empty streams, one behind another."""
    return _wrapped(way, b"") * count


def nameless_gzip(*, size: int) -> bytes:
    """A gzip file whose own name in it is so long."""
    data = gzip.compress(_LETTER, mtime=0)
    return data[:3] + b"\x08" + data[4:10] + b"x" * size + b"\0" + data[10:]


def padded_gzip(*, size: int) -> bytes:
    """A gzip file with so many zeros behind it."""
    return gzip.compress(_LETTER, mtime=0) + bytes(size)


def greedy_xz(*, property_: int) -> bytes:
    """An xz file that asks for a dictionary of gigabytes."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 4096}]
    data = bytearray(lzma.compress(_LETTER, filters=filters))
    size = (data[12] + 1) * 4
    place = data.index(b"\x21\x01", 12, 12 + size) + 2
    data[place] = property_
    end = 12 + size - 4
    data[end : end + 4] = struct.pack("<I", zlib.crc32(bytes(data[12:end])))
    return bytes(data)


def greedy_zip(*, size: int) -> bytes:
    """A zip whose member, packed by LZMA, asks for a dictionary of that size."""
    data = bytearray(_wrapped("lzma", _LETTER))
    place = data.index(b"inner") + len("inner") + 4  # behind the version and size of properties
    data[place + 1 : place + 5] = struct.pack("<I", size)
    return bytes(data)


def other_zip(*, method: str) -> bytes:
    """A zip that says its members are packed in a way that few programs know."""
    return _patched(_wrapped("deflate", _LETTER), 8, 10, struct.pack("<H", _OTHER_METHODS[method]))


def encrypted_zip() -> bytes:
    """A zip whose members say that they are encrypted."""
    return _patched(_wrapped("deflate", _LETTER), 6, 8, struct.pack("<H", 1))


def wrong_sum_zip() -> bytes:
    """A zip of a member whose sum is wrong."""
    return _patched(_wrapped("deflate", _LETTER), 14, 16, b"\1\2\3\4")


def _patched(data: bytes, in_local: int, in_directory: int, by: bytes) -> bytes:
    """A zip with these bytes in the header of each member, and in the directory."""
    found = bytearray(data)
    for mark, place in ((b"PK\3\4", in_local), (b"PK\1\2", in_directory)):
        at = found.index(mark) + place
        found[at : at + len(by)] = by
    return bytes(found)


def doubled_zip(*, count: int) -> bytes:
    """A zip of members that have one name, and different letters."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            # As `writestr` warns of it, each has a name of its own length first.
            info = zipfile.ZipInfo(f"a{number}.txt")
            words = " and the ".join(f"weir{number}{part}" for part in "abcdef")
            archive.writestr(info, f"Letters {number + 30}: It\n\nThe {words} ran low.\n")
    data = file.getvalue()
    for number in range(count):
        data = data.replace(b"a%d.txt" % number, b"same.t"[: len("a0.txt")])
    return data


def huge_directory(*, megabytes: int) -> bytes:
    """A zip whose directory is many names of 60 kB."""
    entry = (b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 60_000, 0, 0, 0, 0, 0, 0)
    one = struct.pack("<4s6H3I5H2I", *entry) + b"x" * 60_000
    count = megabytes * _MEGABYTE // len(one)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, 0, 0)
    end = (b"PK\5\6", 0, 0, count, count, len(one) * count, len(local), 0)
    return local + one * count + struct.pack("<4s4H2IH", *end)


def lying_end(*, entries: int, size: int, start: int) -> bytes:
    """A zip whose last record tells of another directory than there is."""
    data = _wrapped("deflate", _LETTER)
    end = (b"PK\5\6", 0, 0, entries, entries, size, start, 0)
    return data[: data.rindex(b"PK\5\6")] + struct.pack("<4s4H2IH", *end)


def of_64_bits(*, entries: int) -> bytes:
    """A zip whose directory, in the form of 64 bits, has so many members."""
    data = _wrapped("deflate", _LETTER)
    start, stop = data.index(b"PK\1\2"), data.rindex(b"PK\5\6")
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, 2**62, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, stop, 1)
    end = (b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:stop] + record + locator + struct.pack("<4s4H2IH", *end)


def sparse_tar(*, form: str, size: int, by: str = "") -> bytes:
    """A tar of a member that is a hole of that size."""
    if form == "GNU":
        header = bytearray(_tar_head("hole.txt", 0, type=tarfile.GNUTYPE_SPARSE))
        header[386:398] = b"%011o " % 0
        header[483:495] = bytes([0x80, 0, 0, 0]) + size.to_bytes(8, "big")
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header[:512])
        data = bytes(header)
    else:
        fields = {
            "0.0": {"GNU.sparse.size": size, "GNU.sparse.numblocks": 0},
            "0.1": {"GNU.sparse.size": size, "GNU.sparse.map": "0,0"},
            "1.0": {"GNU.sparse.major": 1, "GNU.sparse.minor": 0, "GNU.sparse.realsize": size},
        }[form]
        info = tarfile.TarInfo("hole.txt")
        info.size = 512
        info.pax_headers = {name: str(value) for name, value in fields.items()}
        data = info.tobuf(tarfile.PAX_FORMAT) + b"1\n0\n0\n".ljust(512, b"\0")
    data += _tar_head("letter.txt", len(_LETTER)) + _LETTER + bytes(-len(_LETTER) % 512)
    data += bytes(2 * tarfile.BLOCKSIZE)
    return _wrapped(by, data) if by else data


def _tar_head(name: str, size: int, **fields: Any) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def doubled_tar(*, count: int) -> bytes:
    """A tar of members that have one name, and different letters."""
    parts = []
    for number in range(count):
        words = " and the ".join(f"ford{number}{part}" for part in "abcdef")
        letter = f"Letters {number + 50}: It\n\nThe {words} ran low.\n".encode()
        parts.append(_tar_head("same.txt", len(letter)) + letter + bytes(-len(letter) % 512))
    return b"".join(parts) + bytes(2 * tarfile.BLOCKSIZE)


def headers_tar(*, count: int, size: int, by: str) -> bytes:
    """A tar of so many headers of that size before one member."""
    file = io.BytesIO()
    with _opened(by, file) as stream:
        for _ in range(count):
            stream.write(_tar_head("././@LongLink", size, type=tarfile.GNUTYPE_LONGNAME))
            stream.write(b"x" * size + bytes(-size % 512))
        stream.write(_tar_head("letter.txt", 0) + bytes(2 * tarfile.BLOCKSIZE))
    return file.getvalue()


# -- mail ------------------------------------------------------------------------------------------

_FROM = b"From: a@example.org\nDate: Mon, 5 Feb 2024 10:00:00 +0000\nSubject: Letters 5\n"


def coded_mail(*, encoding: str, megabytes: int) -> bytes:
    """A mail whose text, of so many megabytes, is written in that encoding."""
    line = {
        "quoted-printable": b"=" * 1 + b"\n",
        "base64": base64.b64encode(bytes(57)) + b"\n",
        "x-uuencode": b"M" + b"`" * 60 + b"\n",
        "8bit": b"weir\n",
        "x-gzip": b"\x1f\x8b\x08\n",
    }[encoding]
    head = _FROM + b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    start = b"begin 600 x\n" if encoding == "x-uuencode" else b""
    body = start + line * (megabytes * _MEGABYTE // len(line))
    return head + b"Content-Transfer-Encoding: " + encoding.encode() + b"\n\n" + body


def mail_in_mail(*, depth: int) -> bytes:
    """A mail in a mail in a mail, each in base64, which MIME forbids."""
    data = _FROM + b"\nThe weirs ran low.\n"
    for _ in range(depth):
        kind = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        data = _FROM + b"MIME-Version: 1.0\n" + kind + base64.encodebytes(data)
    return data


def attached(*, way: str, megabytes: int) -> bytes:
    """A mail with a bomb beside its text."""
    coded = base64.encodebytes(_packed(way, megabytes))
    return (
        _FROM + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
        b"The weirs ran low all summer.\n\n--b\nContent-Type: application/zip; name=bomb.zip\n"
        b"Content-Transfer-Encoding: base64\n\n" + coded + b"--b--\n"
    )


def web_archive(*, depth: int, megabytes: int) -> bytes:
    """A web archive in web archives, with a page of blanks."""
    page = b"<html><head><title>Letters 6</title></head><body><p>The weirs ran low.</p>"
    data = page + b" " * (megabytes * _MEGABYTE) + b"</body></html>"
    kind = b"text/html"
    for number in range(depth):
        mark = b"b%d" % number
        data = (
            b"From: <Saved by Blink>\nSnapshot-Content-Location: https://e.org/\n"
            b"Subject: Letters 6\n"
            b"Date: Mon, 5 Feb 2024 10:00:00 +0000\nMIME-Version: 1.0\n"
            b'Content-Type: multipart/related; type="text/html"; boundary="' + mark + b'"\n\n--'
            + mark + b"\nContent-Type: " + kind + b"\nContent-Location: https://e.org/\n\n" + data
            + b"\n--" + mark + b"--\n"
        )  # fmt: skip
        kind = b"message/rfc822"
    return data


RECIPES: Mapping[str, Callable[..., bytes]] = {
    "chain": chain,
    "many_streams": many_streams,
    "nameless_gzip": nameless_gzip,
    "padded_gzip": padded_gzip,
    "greedy_xz": greedy_xz,
    "greedy_zip": greedy_zip,
    "other_zip": other_zip,
    "encrypted_zip": encrypted_zip,
    "wrong_sum_zip": wrong_sum_zip,
    "doubled_zip": doubled_zip,
    "huge_directory": huge_directory,
    "lying_end": lying_end,
    "of_64_bits": of_64_bits,
    "sparse_tar": sparse_tar,
    "doubled_tar": doubled_tar,
    "headers_tar": headers_tar,
    "coded_mail": coded_mail,
    "mail_in_mail": mail_in_mail,
    "attached": attached,
    "web_archive": web_archive,
    "spread": partial(chain, letter=True),
}
