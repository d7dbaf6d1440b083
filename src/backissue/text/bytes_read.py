"""Bytes read by one codec, with the signs that programs really send and Python's codec lacks.

Japanese mail programs write ISO-2022-JP and EUC-JP with NEC's and IBM's signs (`①`, `㈱`, `髙`) and
half-width kana, as Windows does; Big5 comes with the signs of Hong Kong and the euro; GBK with the
euro as one byte; one-byte charsets with bytes that they leave undefined. Each is read as browsers
read it (WHATWG Encoding Standard).
"""

import codecs
import re
from collections.abc import Callable

# -- what Python's codecs lack ---------------------------------------------------------------------

# Where Python follows JIS and Unicode's first tables, and the standard follows Windows.
_AS_WINDOWS = {
    "euc_jp": str.maketrans("〜‖−¢£¬", "～∥－￠￡￢"),
    "big5hkscs": str.maketrans("•､‾∼♁☉¥¢£", "‧﹑¯～⊕⊙￥￠￡"),
}


def _jis_to_shift(first: int, second: int) -> bytes:
    """A pair of JIS, its high bits set, as Shift JIS writes it, which has more signs in Python."""
    row, cell = first - 0xA1, second - 0xA1
    lead = (row >> 1) + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + 0x40 + (cell >= 63)
    return bytes((lead, trail))


def _other_reading(error: UnicodeDecodeError) -> tuple[str, int] | None:
    """What the bytes at which a codec failed are, and where they end; None if nobody knows."""
    data, place = error.object, error.start
    one, pair = data[place], data[place : place + 2]
    if error.encoding == "charmap" and 0x80 <= one < 0xA0:
        return chr(one), place + 1
    if error.encoding == "gb18030" and one == 0x80:
        return "€", place + 1
    try:
        if error.encoding == "euc_jp" and len(pair) == 2 and min(pair) > 0xA0 and max(pair) < 0xFF:
            return _jis_to_shift(*pair).decode("cp932"), place + 2
        if error.encoding == "big5hkscs" and len(pair) == 2:
            return pair.decode("cp950"), place + 2
    except UnicodeDecodeError:
        return None
    return None


def _or_raise(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError) and (found := _other_reading(error)):
        return found
    raise error


def _or_replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _other_reading(error) or ("\ufffd", error.end)


_STRICT, _REPLACE = "backissue.strict", "backissue.replace"
codecs.register_error(_STRICT, _or_raise)
codecs.register_error(_REPLACE, _or_replace)


def read_bytes(data: bytes, codec: str) -> tuple[str, str | None]:
    """`data` as text, and what was wrong with the first of the bytes that became U+FFFD."""
    decode = _SEVEN_BITS.get(codec, _plainly)
    try:
        return decode(data, codec, _STRICT), None
    except UnicodeDecodeError as error:
        reason = f"byte {error.start}: {error.reason}"
    return decode(data, codec, _REPLACE), reason


def _plainly(data: bytes, codec: str, errors: str) -> str:
    text = data.decode(codec, errors)
    table = _AS_WINDOWS.get(codec)
    return text.translate(table) if table else text


# -- ISO-2022-JP -----------------------------------------------------------------------------------

# An escape says what follows it, up to the next or to the end of the line; SO and SI put half-width
# kana between them.
_ESCAPE = re.compile(rb"(\x1b(?:\$\([@BDOPQC]|\$[@BA]|\([BJIH])|[\x0e\x0f\n])")
_PAIRS = bytes.maketrans(bytes(range(0x21, 0x7F)), bytes(range(0xA1, 0xFF)))
_YEN = bytes.maketrans(b"\\~", b"\x01\x02")
_YEN_SIGNS = str.maketrans("\x01\x02", "¥‾")
# Codec of the pairs that follow an escape, and what stands before each of them there.
_SETS = {
    b"\x1b$@": ("euc_jp", b""),
    b"\x1b$B": ("euc_jp", b""),
    b"\x1b$(@": ("euc_jp", b""),
    b"\x1b$(B": ("euc_jp", b""),
    b"\x1b$(D": ("euc_jp", b"\x8f"),
    b"\x1b$(O": ("euc_jis_2004", b""),
    b"\x1b$(Q": ("euc_jis_2004", b""),
    b"\x1b$(P": ("euc_jis_2004", b"\x8f"),
    b"\x1b$A": ("gb18030", b""),
    b"\x1b$(C": ("cp949", b""),
}
_KANA = (b"\x1b(I", b"\x0e")


def _iso2022_jp(data: bytes, _: str, errors: str) -> str:
    """ISO-2022-JP with everything that calls itself so (RFC 1468, 1554, 2237; cp50220 to 50222)."""
    parts: list[str] = []
    state, place = b"", 0
    for odd, piece in enumerate(_ESCAPE.split(data)):
        if odd % 2:
            state = b"" if piece in b"\n\x0f" else piece
            if piece == b"\n":
                parts.append("\n")
        elif piece:
            try:
                parts.append(_after_escape(piece, state, errors))
            except UnicodeDecodeError as error:
                raise UnicodeDecodeError(
                    "iso2022_jp", data, place, place + 1, error.reason
                ) from error
        place += len(piece)
    return "".join(parts)


def _after_escape(piece: bytes, state: bytes, errors: str) -> str:
    if state in _SETS:
        codec, lead = _SETS[state]
        pairs = piece.translate(_PAIRS)
        if lead:
            pairs = re.sub(rb"[\xa1-\xfe]{2}", lambda pair: lead + pair[0], pairs)
        return _plainly(pairs, codec, errors)
    if state in _KANA:
        return piece.translate(_PAIRS).decode("cp932", errors)
    if state == b"\x1b(J":
        return piece.translate(_YEN).decode("cp932", errors).translate(_YEN_SIGNS)
    return piece.decode("cp932", errors)  # ASCII, and half-width kana with the high bit set


_SEVEN_BITS: dict[str, Callable[[bytes, str, str], str]] = {"iso2022_jp": _iso2022_jp}
