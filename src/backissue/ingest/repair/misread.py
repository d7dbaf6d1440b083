"""UTF-8 read in another charset, letter by letter: what ftfy, which weighs whole blocks, leaves.

A charset that was shown to be that of some of a document's damage explains the rest of it as well:
one rule for all of a text. Without such evidence nothing is repaired, and what is in no language is
marked.
"""

import re
from collections.abc import Iterator
from functools import cache

from backissue.ingest.repair.edits import Edit
from backissue.records import Confidence

_CHARSETS = ("cp1252", "latin-1", "cp1251", "iso8859-2", "cp1250", "mac-roman")

_RUN = re.compile("[^\x00-\x7f]{2,}")
_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe1-\xec][\x80-\xbf]{2}|\xe0[\xa0-\xbf][\x80-\xbf]"
)
# Letters of Latin script and the signs of its print: what English newsletters are damaged in.
# Phonetic letters are not among them, which `É®` and `É’` would be.
_EXPECTED = re.compile("[\xa0-\u024f\u02c6-\u02dd\u1e00-\u1eff\u2010-\u203a\u20a0-\u22ff]")
# `Ã` by itself, which is `à` without its no-break space.
_LONE_GRAVE = re.compile(r"(?<![^\W\d_])(?<!Ã)Ã(?=\s[a-z\s])|(?<=[a-zß-ÿ])Ã(?=\s)")


@cache
def _bytes_of(charset: str) -> dict[str, int]:
    """The byte of each character of a charset that is not ASCII; what it leaves undefined is C1."""
    found = {chr(byte): byte for byte in range(0x80, 0xA0)}
    for byte in range(0x80, 0x100):
        char = bytes([byte]).decode(charset, "ignore")
        if char:
            found[char] = byte
    return found


def _encoded(run: str, charset: str) -> bytes | None:
    """The bytes that a run of characters was in a charset; None where it has not all of them."""
    table = _bytes_of(charset)
    if all(char in table for char in run):
        return bytes(table[char] for char in run)
    return None


def charset_of(before: str, after: str) -> str:
    """The charset in which `before` is `after` in UTF-8; empty where it is none of those known."""
    wanted = re.sub(r"[\x00-\x7f]", "", after).encode("utf-8", "replace")
    run = re.sub(r"[\x00-\x7f]", "", before)
    found = (charset for charset in _CHARSETS if run and _encoded(run, charset) == wanted)
    return next(found, "")


def left_over(text: str, charsets: frozenset[str]) -> list[Edit]:
    """Letters and signs still misread, in one of `charsets`.

    Likely: bytes of another origin hardly ever form UTF-8, but here one letter has to show it.
    """
    edits: list[Edit] = []
    shown = [charset for charset in _CHARSETS if charset in charsets]
    for run in _RUN.finditer(text) if shown else ():
        edits += next(filter(None, (_readings(text, run, charset) for charset in shown)), [])
    if charsets & {"cp1252", "latin-1"}:
        edits += [
            Edit(match.start(), match.end(), "à", "mojibake", Confidence.LIKELY)
            for match in _LONE_GRAVE.finditer(text)
        ]
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit.start):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def _readings(text: str, run: re.Match[str], charset: str) -> list[Edit]:
    table = _bytes_of(charset)
    # What the charset has not parts the run, as a full stop would.
    data = bytes(table.get(char, 0) for char in run[0])
    found = (
        (
            run.start() + match.start(),
            run.start() + match.end(),
            match[0].decode("utf-8", "replace"),
        )
        for match in _SEQUENCE.finditer(data)
    )
    return [
        Edit(start, end, after, "mojibake", Confidence.LIKELY)
        for start, end, after in found
        if _EXPECTED.fullmatch(after) and not _is_capital_with_sign(text, start, end)
    ]


def _is_capital_with_sign(text: str, start: int, end: int) -> bool:
    """`NESTLÉ®`, `PÅ”`: the end of capitals, and a sign behind them; or `a lot of Ã’s`."""
    capitals = text[start - 1 : start].isupper() and not text[end : end + 1].isalpha()
    return capitals or _PLURAL.match(text, end - 1) is not None


_PLURAL = re.compile(r"’s(?!\w)")


# -- what stays ------------------------------------------------------------------------------------

# The first byte of a letter, read as a capital, between small letters (`ErdÅs`, `ErdЕs`), or before
# a sign that stands there in no language (`DrÃ¥ber`, `Ã…lesund`).
_FIRST_BYTE = re.compile(
    "(?<=[a-zß-öø-ÿ])[ÂÄÅĂĹ\u0412-\u0415](?=[a-zß-öø-ÿ])|Ã(?=[a-zß-öø-ÿ])"
    "|(?<![A-ZÀ-Þ])[ÃÄÅ][\x80-\xbf€‚ƒ„…†‡ˆ‰‹•–—˜™›](?=[a-zß-öø-ÿ])"
)
# In a document that was read in a wrong charset: the same before a word, a pair that nothing
# repaired, and what is left of a quote.
_REST = re.compile(
    _FIRST_BYTE.pattern
    + "|(?<![A-ZÀ-Þ])[ÂÃÄÅ][\x80-\xbf€‚ƒ„…†‡ˆ‰‹‘’“”•–—˜™›](?![\x80-\xbf])|â€.?"
    + r"|(?<![^\W\d_])Ã(?=\s)|[\x80-\x9f]+"
)
# In one whose controls were stripped as well, no such letter is one.
_STRIPPED = re.compile(
    _FIRST_BYTE.pattern + "|[ÂÃÄÅ](?=[a-zß-öø-ÿ])(?<![A-ZÀ-Þ][ÂÃÄÅ])|(?<=[a-zß-öø-ÿ])[ÃÄÅ](?!\\w)"
)


def count_first_bytes(text: str) -> int:
    """How many letters of words show that all but their first byte is lost."""
    return len(_FIRST_BYTE.findall(text))


# In one whose apostrophes became question marks: a question mark within a word, or before one.
_QUERIED = re.compile(r"(?<=[A-Za-z])(?<![/=&])\?(?=[a-z])(?!\w{0,20}=)|(?<!\S)\?(?=[A-Za-z])")


def unrepaired(
    text: str, *, misread: bool, stripped: bool, queried: bool
) -> Iterator[re.Match[str]]:
    """Damaged letters and pairs that no rule repaired, in a document of these damages."""
    if queried:
        yield from _QUERIED.finditer(text)
    if text.isascii():
        return
    pattern = _STRIPPED if stripped else _REST if misread else _FIRST_BYTE
    yield from pattern.finditer(text)
