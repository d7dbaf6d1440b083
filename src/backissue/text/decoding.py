"""Bytes to text. Decoding never fails; a flaw records each guess.

The order is that of certainty: a byte order mark is explicit, valid UTF-8 proves itself, a declared
charset is a claim, and cp1252 is the rest. There is no statistical detector: it could decode the
same letter differently in two issues. Charset labels are read as browsers read them
(WHATWG Encoding Standard, section 4.2), and so are the bytes cp1252 leaves undefined.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass

from backissue.records import Flaw

# What a browser uses if a page declares the name on the left.
_WHATWG = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_NO_CHARSETS = ("idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape")
# Longest first: the UTF-32 mark begins with the UTF-16 mark.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(rb"<meta\b[^>]{0,200}?\bcharset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]{1,40})")
_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]"
    rb"|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_UTF8 = re.compile(rb"(?:[\x00-\x7f]++|" + _UTF8_SEQUENCE.pattern + rb")++")
_SURROGATES = re.compile("[\ud800-\udfff]")
_HIGH = re.compile(rb"[\x80-\xff]")
_CP1252 = {
    byte: bytes([byte]).decode("cp1252")
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
    else chr(byte)
    for byte in range(0x80, 0x100)
}
_LATIN1_TO_CP1252 = {byte: text for byte, text in _CP1252.items() if byte < 0xA0}
_AROUND = 16  # characters of context on either side, enough to find the place by searching


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    r"""Text with `\n` line ends, the encoding it was read as, and what was wrong with the bytes.

    `encoding` is Python's name of the codec; `utf-8` with a `stray-byte` flaw is UTF-8 in which
    single bytes were read as cp1252.
    """

    text: str
    encoding: str
    flaws: tuple[Flaw, ...] = ()


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """`data` as text. `declared` is the charset that its carrier names, before that of its markup.

    Flaw codes: `stray-byte` (read as cp1252 inside UTF-8), `unknown-charset` (declared, and no
    codec has that name), `charset-misfit` (declared, and the bytes contradict it),
    `undecodable-bytes` (each became U+FFFD).
    """
    found = (
        _by_mark(data)
        or _by_nuls(data)
        or _by_escapes(data, declared)
        or _strict_utf8(data)
        or _mostly_utf8(data)
        or _by_declaration(data, declared)
    )
    newlines = found.text.replace("\r\n", "\n").replace("\r", "\n")
    return Decoded(text=newlines, encoding=found.encoding, flaws=found.flaws)


def _by_mark(data: bytes) -> Decoded | None:
    if data.startswith(codecs.BOM_UTF8):
        body = data[len(codecs.BOM_UTF8) :]
        found = _strict_utf8(body) or _utf8_with_strays(body)
        return Decoded(text=found.text, encoding="utf-8-sig", flaws=found.flaws)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _with_replacements(data[len(mark) :], name)
    return None


def _by_nuls(data: bytes) -> Decoded | None:
    """UTF-16 without a mark: in Western text every second byte is NUL."""
    sample = data[:4096]
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if len(data) % 2 or half == 0 or even + odd < 0.4 * half:
        return None
    if min(even, odd) > 0.1 * half:
        return None
    try:
        name = "utf-16-le" if odd > even else "utf-16-be"
        return Decoded(text=data.decode(name), encoding=name)
    except UnicodeDecodeError:
        return None


def _by_escapes(data: bytes, declared: str | None) -> Decoded | None:
    """ISO-2022 text is also valid ASCII; only its declared name and its escapes show what it is."""
    name = _codec_name(declared or _declared_in_markup(data) or "")
    if not name or not name.startswith("iso2022") or not re.search(rb"\x1b[$(]", data):
        return None
    return _with_replacements(data, name)


def _strict_utf8(data: bytes) -> Decoded | None:
    try:
        return Decoded(text=data.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError:
        return None


def _mostly_utf8(data: bytes) -> Decoded | None:
    """UTF-8 with a few bytes of another origin, as when two files were pasted together.

    In cp1252 text, two high bytes in a row hardly ever form a UTF-8 sequence by chance. One such
    sequence for each stray byte is sufficient evidence.
    """
    rest, sequences = _UTF8_SEQUENCE.subn(b"", data)
    strays = len(_HIGH.findall(rest))
    return _utf8_with_strays(data) if sequences >= strays else None


def _utf8_with_strays(data: bytes) -> Decoded:
    parts: list[str] = []
    strays: Counter[int] = Counter()
    first: dict[int, str] = {}
    place = 0
    while place < len(data):
        if good := _UTF8.match(data, place):
            parts.append(good[0].decode("utf-8"))
            place = good.end()
            continue
        byte = data[place]
        if byte not in first:
            first[byte] = _around(data, place)
        strays[byte] += 1
        parts.append(_CP1252[byte])
        place += 1
    flaws = tuple(
        Flaw(code="stray-byte", text=f"0x{byte:02X} ({strays[byte]}×): {first[byte]}")
        for byte in sorted(strays)
    )
    return Decoded(text="".join(parts), encoding="utf-8", flaws=flaws)


def _around(data: bytes, place: int) -> str:
    lead = data[max(place - _AROUND, 0) : place].decode("utf-8", "ignore")
    trail = data[place + 1 : place + 1 + _AROUND].decode("utf-8", "ignore")
    return " ".join(f"{lead}{_CP1252[data[place]]}{trail}".split())


def _by_declaration(data: bytes, declared: str | None) -> Decoded:
    label = declared or _declared_in_markup(data)
    if not label:
        return _cp1252(data)
    name = _codec_name(label)
    if name is None:
        return _cp1252(data, Flaw(code="unknown-charset", text=label))
    if name in ("cp1252", "utf-8", "utf-8-sig"):  # the bytes are not valid UTF-8
        misfit = Flaw(code="charset-misfit", text=f"{label}: not UTF-8 throughout")
        return _cp1252(data) if name == "cp1252" else _cp1252(data, misfit)
    found = _with_replacements(data, name)
    if found.text.count("\ufffd") * 50 > len(found.text):  # one character in fifty is not damage
        return _cp1252(data, Flaw(code="charset-misfit", text=label))
    return found


def _cp1252(data: bytes, *flaws: Flaw) -> Decoded:
    text = data.decode("latin-1").translate(_LATIN1_TO_CP1252)
    return Decoded(text=text, encoding="cp1252", flaws=flaws)


def _with_replacements(data: bytes, name: str) -> Decoded:
    try:
        # UTF-7 can encode half a character, which no file can store.
        text = _SURROGATES.sub("\ufffd", data.decode(name))
        return Decoded(text=text, encoding=name)
    except UnicodeDecodeError as error:
        where = f"{name}, byte {error.start}: {error.reason}"
        flaw = Flaw(code="undecodable-bytes", text=where)
        text = _SURROGATES.sub("\ufffd", data.decode(name, "replace"))
        return Decoded(text=text, encoding=name, flaws=(flaw,))


def _declared_in_markup(data: bytes) -> str | None:
    """The charset that the document declares. A claim of UTF-16 in bytes read as ASCII is false."""
    head = data[:1024]
    match = _XML.search(head) or _META.search(head)
    label = match[1].decode("ascii", "replace") if match else None
    return None if label and label.lower().startswith(("utf-16", "utf-32", "ucs")) else label


def _codec_name(label: str) -> str | None:
    """Python's name of the codec browsers use for `label`; None if it names no charset."""
    try:
        name = codecs.lookup(label.strip().strip("\"'")).name
        # `rot13`, `zlib` and their like are codecs, but do not turn bytes into text.
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return None
    # Python writes some of its names with dashes, and which ones differs with its version.
    return None if name.replace("-", "_") in _NO_CHARSETS else _WHATWG.get(name, name)
