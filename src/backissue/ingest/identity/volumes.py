"""A volume and the number in it: `Vol. 6, No. 2`, `Volume XII, Issue 3`, `V1 #33`, `15.28`.

The next volume has a number 2, too, so an issue keeps both. A volume alone (`vol. 12`) says no
number. Two numbers with a dot between them may be a version, a price or a day: they say an issue
only behind a name such as `Lathe Digest`.
"""

import datetime
import re
from dataclasses import dataclass

from backissue.records import Facts
from backissue.text.days import day_within
from backissue.text.periods import is_period

_LONGEST = 300  # characters of a line that is looked at
_MARK = (
    r"(?:(?:no|nr|num|number|issue|iss|ausgabe|núm|número|numéro|n[°º])\b\.?\s?[#№]?|[#№]|n(?=\d))"
)
_VOLUME = (
    r"(?:\b(?:vol|volume|volumen|jahrgang|jg|tome|año|année|jaargang|årgang|årg|ročník|rocznik|anno|annata|том)\b\.?\s?#?(?P<volume>\d{1,4}|[ivxlc]{1,8}\b)"
    r"|\bv(?:ol)?\.?(?P<short>\d{1,4}))"
)
_IN_VOLUME = rf"{_VOLUME}\s?[,:;/.·–—-]?\s?{_MARK}\s?(?P<number>\d{{1,5}})\b"
# Runs of spaces are one already: lines come squeezed.
_WITHIN = re.compile(_IN_VOLUME, re.IGNORECASE)
_NAME = r"(?P<name>[^\W_][^.!?;:|\n]{0,58}?)"
# A rest that a comma parts has the comma.
_REST = r"(?:\s?(?:(?::(?!\d\d\b)|\||\s[-–—])\s?(?=\S)|(?=,))(?P<rest>.+))?"
_WORDED = rf"{_NAME}[\s,:|(–—-]{{1,3}}{_IN_VOLUME}[)\]]?"
_NAMED = re.compile(_WORDED + _REST, re.IGNORECASE)
_OPENS = re.compile(_WORDED, re.IGNORECASE)
_WITH_DOT = rf"{_NAME},?\s(?P<volume>\d{{1,3}})\.(?P<number>\d{{1,3}})"
_DOTTED = re.compile(_WITH_DOT + _REST)
_OPENS_DOTTED = re.compile(_WITH_DOT + r"(?=\s?[:|,–—-]|$)")
# `Firmware Update 2.1` and `Release Notes 3.5` are versions.
_PERIODICAL = re.compile(
    r"\b(?:weekly|daily|monthly|fortnightly|quarterly|newsletter|news|digest|letter|bulletin|gazette|journal)\b",
    re.IGNORECASE,
)
# `Lathe Digest - Number 13.19`
_UNMARKED = re.compile(r"(?:\s[-–—]|,)?\s(?:number|issue|no\.?|nr\.?)$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?<!\S)\S+@\S+|https?://\S+|\bISSN\b:?\s*\d{4}\s?-?\s?[\dX]{4}", re.IGNORECASE
)
# `Volume 9.14`, `Vol-19-1116`: alone on a line, with the day.
_BOTH = re.compile(
    r"\bvol(?:ume|\.)?[ -]?(?P<volume>\d{1,3})(?:\.|-(?=\d{3}))(?P<number>\d{1,5})\b", re.IGNORECASE
)
# `Number 8.25, 22 December 2010`; `Harbour-gram 13.19, 7 October 2015`.
_NUMBER_BOTH = re.compile(
    r"(?P<name>(?:number|issue|no\.?|(?:[^\W_][^.!?;:|\n]{0,57}?)?(?P<periodical>\b(?:weekly|daily|monthly"
    r"|newsletter|news|digest|letter|bulletin|gazette|journal|alert|[^\W\d_]+-gramm?))),?)"
    r" (?P<volume>\d{1,3})\.(?P<number>\d{1,3})(?=[ ,|·(–-])",
    re.IGNORECASE,
)
_MARKS = " \t,;:|·•–—-/()[]"
_LONGEST_NAME = 60
_ROMAN = re.compile(r"(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})", re.IGNORECASE)
_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class InVolume:
    """Which issue of which volume, and where in the line that stands."""

    volume: int
    number: int
    start: int
    end: int
    dotted: bool = False


def within(line: str) -> InVolume | None:
    """The volume and number that a line names in words, anywhere in it; its spaces are single.

    >>> found = within("The Lathe, Volume XII, Issue 3")
    >>> found.volume, found.number
    (12, 3)
    >>> within("Volume 12") is None
    True
    """
    match = _WITHIN.search(line) if len(line) <= _LONGEST else None
    return _issue(match) if match else None


def named(line: str) -> tuple[str, InVolume, str | None] | None:
    """A line that opens with a name and an issue of a volume: both, and the text behind them.

    >>> named("Lathe Digest 15.28: Cranes")
    ('Lathe Digest', InVolume(volume=15, number=28, start=13, end=18, dotted=True), 'Cranes')
    """
    if len(line) > _LONGEST:
        return None
    match = _NAMED.fullmatch(line) or _DOTTED.fullmatch(line)
    issue = _issue(match) if match else None
    if match is None or issue is None:
        return None
    # `Lathe Report #39: Steel 28.11 - 4.12` has its number elsewhere.
    if issue.dotted and ("#" in match["name"] or not _PERIODICAL.search(match["name"])):
        return None
    return _UNMARKED.sub("", match["name"]), issue, match["rest"]


def name_before(line: str, sender: str) -> str | None:
    """The name before an issue of a volume; before a dotted one, if it is the sender's."""
    if len(line) > _LONGEST:
        return None
    if match := _OPENS.match(line):
        return match["name"]
    match = _OPENS_DOTTED.match(line)
    return (
        _UNMARKED.sub("", match["name"])
        if match and _letters(match["name"]) in _letters(sender)
        else None
    )


def alone(line: str) -> Facts | None:
    """What a line says that has nothing but a name, a volume's issue, and a day or an address.

    `Harbour Digest  Vol. 6, No. 2  June 3, 2024  editor@e.org`. A sentence that cites one is none.
    """
    issue = within(line)
    both = None if issue else _in_one(line)
    issue = issue or both
    if issue is None:
        return None
    line = _ADDRESS.sub("", f"{line[: issue.start]} | {line[issue.end :]}")
    dated = day_within(line)
    before, _, after = (f"{dated[0]} | {dated[2]}" if dated else line).partition("|")
    name, rest = before.strip(_MARKS), after.strip(_MARKS).rstrip(".")
    # `LETTER-LIST: Harbour Letter`
    name = name.rpartition(": ")[2]
    named = re.fullmatch(r"[^\W_a-z][^.!?;:]*", name) is not None and len(name) <= _LONGEST_NAME
    if not dated and is_period(rest):
        rest = ""
    if re.search(r"\w", rest) or not (named or not name) or (both and not dated):
        return None
    return Facts(
        publication=name or None,
        number=issue.number,
        volume=issue.volume,
        date=dated[1] if dated else None,
    )


def _in_one(line: str) -> InVolume | None:
    """The volume and number that a dot joins, in a line that has a day, too."""
    if match := _BOTH.search(line):
        return InVolume(int(match["volume"]), int(match["number"]), match.start(), match.end())
    match = _NUMBER_BOTH.match(line)
    if match is None:
        return None
    start = match.end("name") if match["periodical"] else match.start()
    return InVolume(int(match["volume"]), int(match["number"]), start, match.end())


def is_day(pair: tuple[int, int], text: str, date: datetime.date) -> bool:
    """Whether `Harbour News 12.11` has the day of its carrier, the 12th of November.

    `pair` are the two numbers, `text` the line.
    """
    dotted = f"{pair[0]}.{pair[1]}" in text or f"{pair[0]}.0{pair[1]}" in text
    return dotted and pair in {(date.day, date.month), (date.month, date.day)}


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def _issue(match: re.Match[str]) -> InVolume | None:
    dotted = match.re is _DOTTED
    volume = match["volume"] if dotted else match["volume"] or match["short"]
    value = int(volume) if volume.isdecimal() else _roman(volume)
    if value is None:
        return None
    start = match.start("volume") if dotted or match.re is not _WITHIN else match.start()
    return InVolume(value, int(match["number"]), start, match.end("number"), dotted)


def _roman(text: str) -> int | None:
    """`XII` as 12; None for letters that are no number below 100.

    >>> _roman("XII"), _roman("MIX"), _roman("iiii")
    (12, None, None)
    """
    if not _ROMAN.fullmatch(text):
        return None
    values = [_DIGITS[letter] for letter in text.lower()]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-one if one < after else one for one, after in pairs)
