"""Which charset bytes are in that declare none: asked of chardet, and checked. The home of chardet.

Windows-1252 stays the answer for Western text: for what looks like nothing else chardet is not even
loaded, and a guess of another Latin charset has to be much surer than it. A guess is refused where
no text looks as it would: letters of two scripts in one word, capitals at the ends of words.
"""

import re
from typing import Final

from backissue.text.bytes_read import read_bytes

WESTERN = "cp1252"

# How many times as sure as of Windows-1252 chardet must be of another charset of Latin letters: in
# a title of few words, `ã` of Portuguese is as likely the `ă` of Romanian.
_SURER: Final = 1.6
# A sign, or Icelandic's first letter, within a word: no Western language has one there.
_SIGN_IN_WORD = re.compile(
    rb"[A-Za-z\xc0-\xff][\xa3\xa5\xa6\xaa\xac\xae\xaf\xb1\xb3\xb5\xb6\xb9-\xbc\xbe\xbf\xfe]"
    rb"(?=[a-z\xe0-\xff])"
)

# A tag, which says nothing of the language, and has no byte that a pair of any charset may end in.
_TAG = re.compile(rb"<[^<>]{0,500}>")
_MOST = 200_000  # bytes; more make no guess any surer

# What Western text in Windows-1252 has few of: letters that only some of its languages use, which
# are the signature of others in another charset; three high bytes in a row; two that are signs;
# signs within words.
_NOT_PLAINLY_WESTERN = re.compile(
    rb"[\x81\x83\x8a\x8c-\x90\x9a\x9c-\x9f\xc3\xc6\xc8\xcc\xce\xd0\xd2\xd5\xd7-\xd9\xdb\xdd\xde"
    rb"\xe3\xe6\xe8\xec\xf0\xf2\xf5\xf7-\xf9\xfb\xfd-\xff]"
    rb"|[\x80-\xff]{3}|[\xa1-\xbf]{2}|(?<=[A-Za-z])[\xa1\xa3-\xa8\xac\xaf\xb1\xb3\xb5\xb6\xb8\xb9"
    rb"\xbc-\xbf]|[\xa1-\xa9\xac-\xbe](?=[a-z])"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")

# chardet's names of what may be guessed, and the codecs that read it. What it takes for Latin-1 or
# Latin-9 is Windows-1252; what it calls a subset is read as browsers read it.
_CODECS = {
    "cp1252": WESTERN,
    "iso8859-1": WESTERN,
    "iso8859-15": WESTERN,
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "cp1251": "cp1251",
    "iso8859-5": "iso8859-5",
    "cp866": "cp866",
    "cp932": "cp932",
    "shift_jis_2004": "cp932",
    "euc_jis_2004": "euc_jp",
    "cp949": "cp949",
    "euc_kr": "cp949",
    "gb18030": "gb18030",
    "big5hkscs": "big5hkscs",
    "cp874": "cp874",
    "tis-620": "cp874",
    "cp1255": "cp1255",
    "iso8859-8": "iso8859-8",
    "cp1253": "cp1253",
    "iso8859-7": "iso8859-7",
    "cp1256": "cp1256",
    "iso8859-6": "iso8859-6",
    "cp1250": "cp1250",
    "iso8859-2": "iso8859-2",
    "cp1254": "cp1254",
    "iso8859-9": "cp1254",
}
_LATIN = frozenset({"cp1250", "iso8859-2", "cp1254"})
_PAIRS = frozenset({"cp932", "euc_jp", "cp949", "gb18030", "big5hkscs"})
# Charsets in which the capitals of one are the small letters of another.
_CAPITALS = ("koi8-r", "cp1251", "cp1253")
_UNCASED = ("cp1255", "iso8859-8", "cp1256", "iso8859-6")
# Charsets that differ in a few letters, which are signs in the other.
_NEAR = {"cp1253": "iso8859-7", "cp1250": "iso8859-2"}
_SIGN_BY_LETTER = re.compile("[\x80-\x9f¦¬±¶¹»¼¾](?=[^\\W\\d_])")

# What no word has: Latin letters beside Greek, Cyrillic, Hebrew, Arabic or Thai ones, lines of a
# box beside a letter, control characters.
_FOREIGN = "\u0370-\u0373\u0376-\u03ff\u0400-\u052f\u05d0-\u0e7f"
_MIXED = re.compile(
    f"[A-Za-zß-ÿ\u2500-\u259f][{_FOREIGN}]|[{_FOREIGN}][A-Za-zß-ÿ\u2500-\u259f]|[\x80-\x9f]+"
)
_WORD = re.compile(f"[{_FOREIGN}]+")
# A capital below a small letter, and the other way round.
_RAISED = re.compile("[Α-ΩА-ЯЁ][α-ωа-яё]")
_DROPPED = re.compile("[α-ωа-яё][Α-ΩА-ЯЁ]")
# And what stands between them: full stops, letters of full width.
_KANA = re.compile("[\u3000-\u30fe\uff01-\uff5e]")


def guess(data: bytes) -> str:
    """The codec to read bytes with that are not UTF-8 and say nothing of their charset."""
    if not _NOT_PLAINLY_WESTERN.search(data):
        return WESTERN
    sample = _telling(data)
    found = _detected(sample)
    if found not in _PAIRS and (kana := _kana(sample)):
        return kana
    found = _nearer(sample, _in_small_letters(sample, found))
    return found if "\ufffd" not in read_bytes(data, found)[0] else WESTERN


def is_no_western_text(data: bytes) -> bool:
    """Whether most of the high bytes come three and more in a row, as in no Western language."""
    runs = sum(map(len, _HIGH_RUN.findall(data)))
    return runs * 2 > len(_HIGH.findall(data))


def _telling(data: bytes) -> bytes:
    """The lines that have a high byte, without tags."""
    lines = _TAG.sub(b" ", data).split(b"\n")
    return b"\n".join(line for line in lines if not line.isascii())[:_MOST] or data[:_MOST]


def _detected(sample: bytes) -> str:
    """The likeliest charset in which the sample is a text that a person could have written."""
    found = _likely(sample)
    western = max((sure for codec, sure in found if codec == WESTERN), default=0.0)
    for codec, sure in found:
        if codec == WESTERN:
            break
        if codec in _LATIN:
            if sure >= _SURER * western or _SIGN_IN_WORD.search(sample):
                return codec
        elif codec in _PAIRS or _is_sensible(read_bytes(sample, codec)[0]):
            return codec
    return WESTERN


def _likely(sample: bytes) -> list[tuple[str, float]]:
    """The codecs that chardet thinks possible, the likeliest first, and how sure it is."""
    import chardet  # noqa: PLC0415 - heavy, and hardly any text needs it

    found = chardet.detect_all(
        sample, ignore_threshold=True, include_encodings=_CODECS, compat_names=False
    )
    return [
        (_CODECS[str(one["encoding"])], float(one["confidence"]))
        for one in found
        if one["encoding"]
    ]


def _in_small_letters(sample: bytes, found: str) -> str:
    """`found`, or another in which the sample is all capitals, if that is likelier.

    What is capitals in Windows-1251 is small letters in KOI8, and chardet learned from texts in
    small letters. So each reading is put into small letters before chardet is asked about it.
    """
    if found == "koi8-u" and read_bytes(sample, "koi8-r") == read_bytes(sample, found):
        found = "koi8-r"
    if found not in (*_CAPITALS, *_UNCASED) or _RAISED.search(read_bytes(sample, found)[0]):
        return found

    def likely(codec: str) -> float:
        text, wrong = read_bytes(sample, codec)
        if wrong or not _is_sensible(text):
            return 0.0
        return dict(_likely(text.lower().encode(codec, "ignore"))).get(codec, 0.0)

    return max(sorted({found, *_CAPITALS}), key=lambda codec: (likely(codec), codec == found))


def _nearer(sample: bytes, found: str) -> str:
    """Of two charsets that differ in a few letters the one with fewer signs before letters."""
    near = _NEAR.get(found)
    if not near:
        return found

    def signs(codec: str) -> int:
        return len(_SIGN_BY_LETTER.findall(read_bytes(sample, codec)[0]))

    return near if signs(near) < signs(found) else found


def _is_sensible(text: str) -> bool:
    """Whether most words are of one script, and have their capitals in front."""
    words = _WORD.findall(text)
    if len(_MIXED.findall(text)) * 2 > len(words) or len(max(words, key=len, default="")) < 2:
        return False
    return len(_DROPPED.findall(text)) <= len(_RAISED.findall(text))


def _kana(sample: bytes) -> str | None:
    """The Japanese charset in which most of the sample's letters are kana, if there is one."""
    for codec in ("cp932", "euc_jp"):
        text, wrong = read_bytes(sample, codec)
        letters = sum(not char.isascii() for char in text) if wrong is None else 0
        if letters and len(_KANA.findall(text)) * 2 > letters:
            return codec
    return None
