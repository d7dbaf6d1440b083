"""Titles that say which issue they are of without being a title line: a number, or a day.

`#12 – Cranes`, `Issue 57`, `Cranes and locks (#12)`; `Data Is Plural — 2015.10.21 edition`,
`Harbour letter: May 2025`. A volume's number says nothing without the volume (`Vol. 6, No. 2`), so
none is taken from it: numbers 2 of two years are two issues.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from backissue.text.days import MONTH, day_in_title, day_within
from backissue.text.prose import squeeze

_MARK = r"(?:(?:issue|no\.|nr\.|edition|newsletter)\s*[#№]?|(?:number\s+)?[#№])\s*"
_LEADING = re.compile(
    rf"{_MARK}(?P<number>\d{{1,5}})(?:\s*[:|·–—-]+\s+(?P<title>\S.*)|\s*:\s*(?P<rest>\S.*))?",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    rf"(?P<title>\S.*?)(?:\s*[|·–—(\[:,]\s*|\s+-+\s+)(?:(?P<name>[A-Z][^|·–—(\[:,#]{{1,50}}?)\s+)?"
    rf"{_MARK}(?P<number>\d{{1,5}})[)\]]?",
    re.IGNORECASE,
)
_VOLUME = re.compile(r"\bvol(?:\.|ume\b|\s*#?\d)", re.IGNORECASE)
# `Vol. 6, No. 2`, `Volume 33 : Issue 52`
_VOLUME_AND_ISSUE = re.compile(
    r"\bvol(?:ume)?\.?\s*#?\d{1,4}\s*[,:;/·–—-]?\s*(?:no\.?|nr\.?|number|issue|iss\.?)\s*#?\d{1,5}\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|\bISSN\b:?\s*[\dX-]+", re.IGNORECASE)
_MARKS = " \t,;:|·•–—-/()[]"
_LONGEST_NAME = 60
_NUMBER_FIRST = re.compile(r"(?P<number>\d{1,5})\s*[-–—:|]\s*(?P<name>\S.*?)[\s,–—-]*")
_LONGEST = 300
# What newsletters call themselves: `Harbour Weekly, June 3` names one, `Cranes, June 3` does not.
_PERIODICAL = re.compile(
    r"\b(?:weekly|daily|monthly|fortnightly|quarterly|newsletter|news|digest|letter|notes|bulletin|"
    r"gazette|journal|dispatch|round-?up|review|report|times|post|now|today|update|brief(?:ing)?|"
    r"edition|this\s+week\s+in)\b",
    re.IGNORECASE,
)
_THE = re.compile(r"The [A-Z][\w’']*(?: [A-Z][\w’']*){0,3}")
_BEFORE_VOLUME = re.compile(r",?\s*vol(?:\.|ume\b|\s).*", re.IGNORECASE)
_EDITION = re.compile(r"\b(?:edition|issue)\W*\Z", re.IGNORECASE)
_MONTHLY = re.compile(
    rf"(?P<name>\S.*?)(?:\s*[,:|·–—(]\s*|\s+-+\s+|\s+for\s+|\s+)(?:{MONTH})\s+(?:19|20)\d\d\)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What a title says of its issue: a number or a day, and the words beside it."""

    publication: str | None = None
    number: int | None = None
    title: str | None = None
    date: datetime.date | None = None


def is_periodical(name: str) -> bool:
    """Whether a name is that of something that appears again: `Harbour Weekly`, `The Lathe`."""
    return bool(_PERIODICAL.search(name) or _THE.fullmatch(name))


def is_volume(text: str) -> bool:
    """`Vol. 6, No. 2`: which issue it is, in a form that is no number."""
    return len(text) <= 40 and _VOLUME.match(squeeze(text)) is not None


def numbered(text: str) -> Title | None:
    """A title that opens with the issue's number: `#12 – Cranes`, `Issue 57`, `No. 44: Locks`."""
    # A zero width space keeps programs from making a link of `#459`.
    line = squeeze(text.replace("\u200b", ""))
    dated = day_in_title(line)
    match = _LEADING.fullmatch(dated[0] if dated else line) if len(line) <= _LONGEST else None
    if match is None:
        return None
    return Title(
        number=int(match["number"]),
        title=match["title"] or match["rest"],
        date=dated[1] if dated else None,
    )


def ends_in_number(text: str) -> Title | None:
    """A title that closes with the number: `Cranes (#12)`, `Cranes | Harbour Notes #12`."""
    line = squeeze(text)
    match = _TRAILING.fullmatch(line) if len(line) <= _LONGEST else None
    if match is None or _VOLUME.search(line):
        return None
    return Title(
        publication=match["name"], number=int(match["number"]), title=match["title"].strip()
    )


def in_volume(text: str) -> Title | None:
    """A line that says nothing but a name, a volume's issue, and a day or an address.

    `Harbour Digest  Vol. 6, No. 2  June 3, 2024  editor@e.org`. A sentence that cites one is none.
    """
    line = squeeze(text)
    volume = _VOLUME_AND_ISSUE.search(line) if len(line) <= _LONGEST else None
    if volume is None:
        return None
    line = _ADDRESS.sub("", f"{line[: volume.start()]} | {line[volume.end() :]}")
    dated = day_within(line)
    before, _, after = (f"{dated[0]} | {dated[2]}" if dated else line).partition("|")
    name, rest = before.strip(_MARKS), after.strip(_MARKS)
    # `LETTER-LIST: Harbour Letter`
    name = name.rpartition(": ")[2]
    named = re.fullmatch(r"[^\W_a-z][^.!?;:]*", name) is not None and len(name) <= _LONGEST_NAME
    if re.search(r"\w", rest) or not (named or not name):
        return None
    return Title(publication=name or None, date=dated[1] if dated else None)


def before_name(text: str, names: Sequence[str]) -> Title | None:
    """A title that is a number, then the publication's own name: `12 - Harbour Notes - 3 June`."""
    line = squeeze(text)
    dated = day_in_title(line)
    match = _NUMBER_FIRST.fullmatch(dated[0] if dated else line) if len(line) <= _LONGEST else None
    if match is None or match["name"].casefold() not in {name.casefold() for name in names}:
        return None
    return Title(number=int(match["number"]), date=dated[1] if dated else None)


def dated(text: str) -> Title | None:
    """A title with the issue's day, or the month of a monthly letter; the words may name it."""
    line = squeeze(text)
    if found := day_in_title(line):
        name, day = found
        name = _BEFORE_VOLUME.sub("", name)
        named = is_periodical(name) or _EDITION.search(line)
        return Title(publication=name if named else None, title=line, date=day)
    month = _MONTHLY.fullmatch(line) if len(line) <= _LONGEST else None
    if month and is_periodical(name := _BEFORE_VOLUME.sub("", month["name"])):
        return Title(publication=name, title=line)
    return None
