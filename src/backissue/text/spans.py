"""Days, months and quarters as you type them, and how long ago: spans of days.

A module of its own, because every search imports it, and the patterns of `days` take four times as
long to import.
"""

import re
from datetime import MAXYEAR, MINYEAR, date, timedelta

from backissue.text import MONTHS

_APART = re.compile(r"[\s,./-]+")
_PART = re.compile(r"(?P<number>\d{1,2})(?:st|nd|rd|th)?|q(?P<quarter>[1-4])|(?P<name>[a-z]{3,9})")
_ISO = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?", re.ASCII)
# For a message: what `span` takes.
FORMS = "2024, 2024-11, nov-2024, 2024-q4, 2024-11-05 or “5 nov 2024”"

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_UNITS = {
    "d": "day",
    "day": "day",
    "w": "week",
    "week": "week",
    "mo": "month",
    "month": "month",
    "q": "quarter",
    "quarter": "quarter",
    "y": "year",
    "year": "year",
}
_AGO = re.compile(r"(?:the |in the )?(?:(last|past) )?(?:(\w+?) ?)??([a-z]+?)s?(?: ago)?", re.ASCII)


def span(text: str) -> tuple[date, date]:
    """The first and last day of a year, quarter, month or day: `2024`, `nov-2024`, `5 nov 2024`.

    A month in figures stands behind its year, so that no day is read two ways. Raises ValueError
    for anything else.
    """
    said = text.strip().lower()
    if match := _ISO.fullmatch(said):
        return _span(*(int(part) if part else None for part in match.groups()))
    years, month, day, quarter = [], 0, 0, 0
    for part in _APART.split(said):
        match = _PART.fullmatch(part)
        if re.fullmatch(r"\d{4}", part, re.ASCII):
            years.append(int(part))
        elif match and match["name"] and not month:
            month = _month(match["name"])
        elif match and match["quarter"] and not quarter:
            quarter = int(match["quarter"])
        elif match and match["number"] and not day and part.isascii():
            day = int(match["number"])
        else:
            raise ValueError(text)
    if len(years) != 1 or bool(month) == bool(quarter) or (day and not month):
        raise ValueError(text)
    if quarter:
        first = date(years[0], 3 * quarter - 2, 1)
        return first, _span(years[0], 3 * quarter)[1]
    return _span(years[0], month, day or None)


def _month(name: str) -> int:
    """`nov`, `sept` or `november` as a number."""
    for number, month in enumerate(MONTHS, 1):
        if month.startswith(name):
            return number
    raise ValueError(name)


def _span(year: int | None, month: int | None = None, day: int | None = None) -> tuple[date, date]:
    first = date(year or 0, 1 if month is None else month, 1 if day is None else day)
    if day is not None:
        return first, first
    if month is None:
        return first, first.replace(month=12, day=31)
    # No month has 32 days, and the month after next starts no sooner than 32 days on.
    if month == 12:
        return first, first.replace(day=31)
    return first, first.replace(month=month + 1) - timedelta(days=1)


def speaks_of_days(text: str) -> bool:
    """Whether a range is one of days, not of numbers: `2024-11..`, `nov 2024`."""
    said = text.lower()
    return bool(
        re.search(r"(?:^|\.\.)\s*\d{4}[-/]\d{1,2}(?:$|[-/]|\s|\.\.)", said)
        or any(re.search(rf"\b{month[:3]}", said) for month in MONTHS)
        or re.search(r"\bq[1-4]\b", said)
    )


def since(text: str, today: date) -> date:
    """The first day of a span: `3 months ago`, `2w`, `yesterday`, `last year`, `2024-11`.

    `last month` is a month back from today, as `a month ago` is. Raises ValueError for anything
    else.
    """
    said = " ".join(text.lower().split())
    if said in {"today", "yesterday"}:
        return today - timedelta(days=said == "yesterday")
    match = _AGO.fullmatch(said)
    unit = _UNITS.get(match[3]) if match else None
    if match is None or unit is None or not (match[1] or match[2]):
        return span(text)[0]
    return _back(today, unit, _count(match[2] or "a"))


def _count(word: str) -> int:
    if word in {"a", "an"}:
        return 1
    if re.fullmatch(r"\d{1,6}", word, re.ASCII):
        return int(word)
    return _COUNTS.index(word) + 1  # a ValueError for anything else, as promised


def _back(today: date, unit: str, count: int) -> date:
    """`today` so many units back; the last of a month where its day is not in that month."""
    if unit in {"day", "week"}:
        days = count * (7 if unit == "week" else 1)
        return date.fromordinal(max(today.toordinal() - days, 1))
    months = (
        today.year * 12 + today.month - 1 - count * {"month": 1, "quarter": 3, "year": 12}[unit]
    )
    year, month = divmod(months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        return date.min
    return min(
        today.replace(year=year, day=1, month=month + 1) + timedelta(days=today.day - 1),
        _span(year, month + 1)[1],
    )
