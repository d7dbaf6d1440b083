"""Days as newsletters write them."""

import datetime
import re
from email.utils import parsedate_to_datetime

from backissue.text import MONTHS
from backissue.text.prose import squeeze

# Each month by its name and by its first three letters, and one by four.
_MONTHS = {
    **{name: number for number, name in enumerate(MONTHS, 1)},
    **{name[:3]: number for number, name in enumerate(MONTHS, 1)},
    "sept": 9,
}
# A month's name in a pattern, long or short.
MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_MONTH = rf"(?P<month>{MONTH})\.?"
_WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+|(?:mon|tue|wed|thu|fri|sat|sun)\.?,?\s+)?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_FORMS = (
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY},?\s+(?P<year>\d{{4}})", re.IGNORECASE),
    re.compile(rf"{_WEEKDAY}{_DAY}\s+(?:of\s+)?{_MONTH},?\s+(?P<year>\d{{4}})", re.IGNORECASE),
)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
# The year is first, so the month is certain: `2015.10.21`, `2015/10/21`.
_YEAR_FIRST = re.compile(r"(?P<year>(?:19|20)\d\d)[./](?P<month>\d{1,2})[./](?P<day>\d{1,2})")
# `06-29-2022`, `29.6.2022`: a number above twelve is a day. `3/4/2024` can mean two days.
_YEAR_LAST = re.compile(r"(?P<one>\d{1,2})([-/.])(?P<other>\d{1,2})\2(?P<year>(?:19|20)\d\d)")
_ALL = (_ISO, _YEAR_FIRST, *_FORMS)
# `NTK now, 2002-07-19`, `Data Is Plural — 2015.10.21 edition`, `The Lathe for June 3, 2024`.
_BEFORE_DAY = r"(?P<name>.*?\S)(?:\s*[,:|·•–—(\[]\s*|\s+-+\s+|\s+(?:for|of)\s+|\s+)"
_BEHIND_DAY = r"(?:\s+(?:edition|issue|newsletter|update|digest))?[)\]]?"
_TITLES = tuple(
    re.compile(rf"{_BEFORE_DAY}(?:the\s+)?{form.pattern}{_BEHIND_DAY}", re.IGNORECASE)
    for form in _ALL
)
_DAY_FIRST = tuple(
    re.compile(rf"{form.pattern}\s*[,:|·•–—-]\s*(?P<name>\S.*)", re.IGNORECASE) for form in _ALL
)
_LONGEST_TITLE = 300
_IN_URL = re.compile(
    r"https?://[^/\s]+/(?:[^?#\s]*?[/-])??(?P<year>(?:19|20)\d\d)[/-](?P<month>\d{2})[/-](?P<day>\d{2})"
    r"(?![0-9])",
    re.IGNORECASE,
)


def date_line(text: str) -> datetime.date | None:
    """The day of a line that consists of a date: `Dec 23, 2024`, `23 December 2024`; else None.

    Forms with numbers only are read if the year is first, because 3/4/2024 can mean two days.

    >>> date_line("Dec 23, 2024"), date_line("12 cranes were built in 2024")
    (datetime.date(2024, 12, 23), None)
    """
    line = squeeze(text)
    for form in _ALL:
        if match := form.fullmatch(line):
            return _day(match)
    return None


def day_in_title(title: str) -> tuple[str, datetime.date] | None:
    """The title without the issue's day, and that day; None if it has none.

    The day is at the end of the title or, with a mark after it, at the start. A day in the middle
    of words, or after `on`, is the day of an event (`What 11 May 1997 changed`).

    >>> day_in_title("Data Is Plural — 2015.10.21 edition")
    ('Data Is Plural', datetime.date(2015, 10, 21))
    """
    line = squeeze(title)
    if len(line) > _LONGEST_TITLE:
        return None
    for form in (*_TITLES, *_DAY_FIRST):
        match = form.fullmatch(line)
        if match and not re.search(r"\b(?:on|since|until|from|to|and|by)$", match["name"], re.I):
            day = _day(match)
            return (match["name"].rstrip(" -"), day) if day else None
    return None


def day_within(line: str) -> tuple[str, datetime.date, str] | None:
    """The first day in a line, with the words before and after it; None if it has none.

    >>> day_within("Posted on Jan 20, 2025 by Ada")
    ('Posted on ', datetime.date(2025, 1, 20), ' by Ada')
    """
    found = [match for form in _ALL if (match := form.search(line))]
    first = min(found, key=lambda match: match.start(), default=None)
    day = _day(first) if first else None
    return (line[: first.start()], day, line[first.end() :]) if first and day else None


def day_in_url(url: str) -> datetime.date | None:
    """The day in the path of an address, or None.

    >>> day_in_url("https://e.org/2024/12/23/cranes/")
    datetime.date(2024, 12, 23)
    """
    match = _IN_URL.match(url)
    return _day(match) if match else None


def day_of(value: object) -> datetime.date | None:
    """The day of a field: a day, a moment, ISO 8601, or as mail and newsletters write it.

    >>> day_of("Mon, 20 Jan 2025 13:30:00 +0000")
    datetime.date(2025, 1, 20)
    """
    if moment := moment_of(value):
        return moment.date()
    return None


def moment_of(value: object) -> datetime.datetime | None:
    """The moment that a field gives, in its own time zone; midnight if it gives only a day."""
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time())
    if not isinstance(value, str):
        return None
    text = value.strip()
    if day := date_line(text) or _day_without_doubt(text):
        return datetime.datetime.combine(day, datetime.time())
    for read in (datetime.datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(text)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _day_without_doubt(text: str) -> datetime.date | None:
    match = _YEAR_LAST.fullmatch(text)
    numbers = sorted((int(match["one"]), int(match["other"]))) if match else []
    if match is None or numbers[0] > 12 or (numbers[1] <= 12 and numbers[0] != numbers[1]):
        return None
    try:
        return datetime.date(int(match["year"]), *numbers)
    except ValueError:
        return None


def _day(match: re.Match[str]) -> datetime.date | None:
    month = match["month"].lower()
    number = int(month) if month.isdigit() else _MONTHS[month]
    try:
        return datetime.date(int(match["year"]), number, int(match["day"]))
    except ValueError:
        return None
