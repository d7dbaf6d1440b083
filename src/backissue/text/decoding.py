"""Bytes to text. Decoding never fails; a flaw records each guess.

The order is that of certainty: a byte order mark is explicit, so are escapes and NULs, valid UTF-8
proves itself, a declared charset is a claim, and a detector's answer is a guess. Windows-1252 is
the rest. A guess is always a flaw, since a detector could decode the same letter differently in two
issues. `charsets` reads the labels, `bytes_read` the bytes, `guessing` asks the detector.
"""

import codecs
import re
from collections import Counter

from msgspec import Struct

from backissue.records import Flaw

# Longest first: the UTF-32 mark begins with the UTF-16 mark.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE_MARKS = tuple(mark for mark, _ in _MARKS)
_LINE_END = re.compile(rb"(?<!\r)\r++\n")
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
# `É®`, `É’` and their like in capitals of cp1252, or a phonetic letter, which few texts have.
_PHONETIC = re.compile(rb"[\xc9-\xcb][\x80-\xbf]")
# Stray bytes side by side, or beside a sequence of UTF-8, for which NUL stands.
_TOUCHING = re.compile(rb"[\x80-\xff]{2,}|(?<=\0)[\x80-\xff]|[\x80-\xff](?=\0)")
_CP1252 = {
    byte: bytes([byte]).decode("cp1252")
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
    else chr(byte)
    for byte in range(0x80, 0x100)
}
_LATIN1_TO_CP1252 = {byte: text for byte, text in _CP1252.items() if byte < 0xA0}
# The code of the flaw of a text whose charset was guessed.
GUESSED = "guessed-charset"
# What shifts from one set of letters to another, except the plus sign of UTF-7.
_SHIFTS = (b"\x1b", b"\x0e", b"~{")
# What says that a text is in a charset of seven bits: it is also valid ASCII.
_SEVEN_BITS = {
    "iso2022_jp": re.compile(rb"\x1b[$(]|\x0e"),
    "iso2022_kr": re.compile(rb"\x1b\$\)C"),
    "hz": re.compile(rb"~\{"),
    "utf-7": re.compile(rb"\+[A-Za-z0-9/]"),
}
# Two bytes for each letter between two escapes; no text has these by chance.
_JAPANESE = re.compile(rb"\x1b\$[@B](?:[!-~]{2})+\x1b\([BJ]")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_NO_ASCII = re.compile(rb"[\x01-\x08\x0e-\x1f\x80-\xff]")
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1f\ue000-\uf8ff\ufffe\uffff]")
_AROUND = 16  # characters of context on either side, enough to find the place by searching


class Decoded(Struct, frozen=True, kw_only=True):
    r"""Text with `\n` line ends, the encoding it was read as, and what was wrong with the bytes.

    `encoding` is Python's name of the codec; `utf-8` with a `stray-byte` flaw is UTF-8 in which
    single bytes were read as cp1252.
    """

    text: str
    encoding: str
    flaws: tuple[Flaw, ...] = ()

    @property
    def guessed(self) -> bool:
        """Whether nothing says in which charset the bytes are."""
        return any(flaw.code == GUESSED for flaw in self.flaws)


def with_line_feeds(data: bytes) -> bytes:
    r"""`data` with `\n` for each `\r\n`, and for the `\r\r\n` that text mode makes of it.

    A mail has the first on its way, and as a rule the second on a disk. Of UTF-16 and UTF-32 the
    bytes stay as they are; `decode` takes care of their lines.
    """
    if b"\r\n" not in data or b"\0" in data or data.startswith(_WIDE_MARKS):
        return data
    return _LINE_END.sub(b"\n", data)


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """`data` as text. `declared` is the charset that its carrier names, before that of its markup.

    Flaw codes: `stray-byte` (read as cp1252 inside UTF-8), `unknown-charset` (declared, and no
    codec has that name), `charset-misfit` (declared, and the bytes contradict it),
    `guessed-charset` (none declared that fits, and the bytes are not Western: what they were taken
    for), `undecodable-bytes` (each became U+FFFD).
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
    """UTF-32 or UTF-16 without a mark, by its NULs, of which no other text has any.

    In UTF-32 one of the four bytes of each letter is NUL, in UTF-16 one of two is in Western text
    and in spaces and line ends of any other. Japanese without either stays unrecognised.
    """
    if b"\0" not in data or len(data) % 2:
        return None
    quarters = [data[place::4] for place in range(4)]
    for name, high, next_high in (("utf-32-le", 3, 2), ("utf-32-be", 0, 1)):
        if len(data) % 4 or quarters[high].strip(b"\0") or max(quarters[next_high]) > 0x10:
            continue
        if found := _strictly(data, name):
            return found
    return _by_nuls_of_two(data)


def _by_nuls_of_two(data: bytes) -> Decoded | None:
    sample = data[:4096]
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    name = "utf-16-le" if odd > even else "utf-16-be"
    if min(even, odd) > 0.1 * half:
        return None
    found = _strictly(data, name)
    if found and even + odd < 0.4 * half and not (_NO_ASCII.search(sample) and _is_worded(found)):
        return None
    return found


def _strictly(data: bytes, name: str) -> Decoded | None:
    try:
        return Decoded(text=data.decode(name), encoding=name)
    except UnicodeDecodeError:
        return None


def _is_worded(found: Decoded) -> bool:
    """Whether a text of few NULs is one in UTF-16: no control but line ends, and mostly letters."""
    if _NO_TEXT.search(found.text):
        return False
    return len(_NO_LETTERS.sub("", found.text)) * 2 > len(found.text)


def _by_escapes(data: bytes, declared: str | None) -> Decoded | None:
    """What is also valid ASCII; only its declared name and its escapes show what it is.

    Japanese mail that lost its name is known by its escapes alone. UTF-7 is read only where it is
    declared, and all of it fits: `A+B` is no UTF-7.
    """
    label = declared or _declared_in_markup(data)
    if not any(sign in data for sign in _SHIFTS) and "7" not in (label or ""):
        return None  # as nearly all texts, which need no table of labels
    name = _codec_of(label) if label else None
    sign = _SEVEN_BITS.get(name or "")
    if name and sign and sign.search(data) and (name != "utf-7" or _strictly(data, name)):
        return _with_replacements(data, name)
    if _JAPANESE.search(data) and (sign or data.isascii()):
        found = _with_replacements(data, "iso2022_jp")
        flaw = Flaw(code=GUESSED, text=_shown("iso2022_jp", found.text))
        return Decoded(text=found.text, encoding=found.encoding, flaws=(flaw, *found.flaws))
    return None


def _strict_utf8(data: bytes) -> Decoded | None:
    try:
        return Decoded(text=data.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError:
        return None


def _mostly_utf8(data: bytes) -> Decoded | None:
    """UTF-8 with a few bytes of another origin, as when two files were pasted together.

    In cp1252 text, two high bytes in a row hardly ever form a UTF-8 sequence by chance. One such
    sequence for each stray byte is sufficient evidence, and three where the strays touch others,
    as they all do in Chinese, Japanese, Korean and Thai of another charset.
    """
    rest, sequences = _UTF8_SEQUENCE.subn(b"\0", data)
    sequences -= len(_PHONETIC.findall(data))
    strays = len(_HIGH.findall(rest))
    touching = sum(map(len, _TOUCHING.findall(rest)))
    needed = 3 * strays if touching * 2 > strays else strays
    return _utf8_with_strays(data) if sequences >= needed else None


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
    from backissue.text.charsets import is_ascii  # noqa: PLC0415 - most texts are UTF-8

    label = declared or _declared_in_markup(data)
    if not label or is_ascii(label):  # the bytes are not ASCII
        return _guessed(data)
    match _codec_of(label):
        case None:
            return _guessed(data, Flaw(code="unknown-charset", text=label))
        case "cp1252":
            return _cp1252(data)
        case "utf-8" | "utf-8-sig":  # the bytes are not valid UTF-8
            misfit = f"{label}: not UTF-8 throughout"
            return _guessed(data, Flaw(code="charset-misfit", text=misfit))
        case name:
            found = _with_replacements(data, name)
    if found.text.count("\ufffd") * 50 > len(found.text):  # one character in fifty is not damage
        return _guessed(data, Flaw(code="charset-misfit", text=label))
    return found


def _guessed(data: bytes, *flaws: Flaw) -> Decoded:
    """Bytes of which nothing says what they are; no flaw where they are Western text."""
    from backissue.text import guessing  # noqa: PLC0415 - most texts are UTF-8, or say what they are

    name = guessing.guess(data)
    found = _cp1252(data) if name == "cp1252" else _with_replacements(data, name)
    western = _cp1252(data).text
    if found.text == western and not guessing.is_no_western_text(data):
        return Decoded(text=western, encoding="cp1252", flaws=flaws)
    guess = Flaw(code=GUESSED, text=_shown(name, found.text))
    return Decoded(text=found.text, encoding=found.encoding, flaws=(*flaws, guess))


def _shown(name: str, text: str) -> str:
    """A charset, and the first words that are in it."""
    first = next((place for place, char in enumerate(text) if not char.isascii()), 0)
    return f"{name}: {' '.join(text[first : first + 2 * _AROUND].split())}"


def _cp1252(data: bytes, *flaws: Flaw) -> Decoded:
    text = data.decode("latin-1").translate(_LATIN1_TO_CP1252)
    return Decoded(text=text, encoding="cp1252", flaws=flaws)


def _with_replacements(data: bytes, name: str) -> Decoded:
    from backissue.text.bytes_read import read_bytes  # noqa: PLC0415 - most texts are UTF-8

    text, wrong = read_bytes(data, name)
    # UTF-7 can encode half a character, which no file can store.
    text = _SURROGATES.sub("\ufffd", text)
    flaws = (Flaw(code="undecodable-bytes", text=f"{name}, {wrong}"),) if wrong else ()
    return Decoded(text=text, encoding=name, flaws=flaws)


def _declared_in_markup(data: bytes) -> str | None:
    """The charset that the document declares. A claim of UTF-16 in bytes read as ASCII is false."""
    head = data[:1024]
    match = _XML.search(head) or _META.search(head)
    label = match[1].decode("ascii", "replace") if match else None
    return None if label and label.lower().startswith(("utf-16", "utf-32", "ucs")) else label


def _codec_of(label: str) -> str | None:
    from backissue.text.charsets import codec_of  # noqa: PLC0415 - most texts are UTF-8

    return codec_of(label)
