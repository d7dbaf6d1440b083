"""Days, months and quarters as you type them, and how long ago: spans of days.

The one parser of what you type. A module of its own, because every search imports it, and the
patterns of `days`, which reads days as newsletters write them, take four times as long to import.
"""

import re
from datetime import MAXYEAR, MINYEAR, date, timedelta
from typing import NamedTuple

from backissue.errors import UsageError, shown
from backissue.text import MONTHS
from backissue.text.rules import bounded

_APART = re.compile(r"[\s,./-]+")
_PART = re.compile(r"(?P<number>\d{1,2})(?:st|nd|rd|th)?|q(?P<quarter>[1-4])|(?P<name>[a-z]{3,9})")
_NAMES = ("number", "quarter", "name")
_ISO = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?", re.ASCII)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FILLERS = {"the", "of", "on", *_WEEKDAYS, *(day[:3] for day in _WEEKDAYS)}
# For a message: what `span` takes, what `span_of` takes besides, and what `day` takes.
FORMS = "2024, 2024-11, nov-2024, 2024-q4, 2024-11-05 or “5 nov 2024”"
PAST_FORMS = "yesterday, “last week”, “3 months ago”"
DAY_FORMS = "2025-01-20, “20 Jan 2025” or “January 20, 2025”"

_TWO_DAYS = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2,4}", re.ASCII)
_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_UNITS = {
    "d": "day",
    "day": "day",
    "w": "week",
    "wk": "week",
    "week": "week",
    "mo": "month",
    "month": "month",
    "q": "quarter",
    "quarter": "quarter",
    "y": "year",
    "yr": "year",
    "year": "year",
}
_LONGEST_AGO = 80  # characters
_AGO = bounded(
    r"(?:the |in the )?(?:(last|past|previous) )?(?:(\w+?) ?)??([a-z]+?)s?( ago)?",
    _LONGEST_AGO,
    re.ASCII,
)


class Past(NamedTuple):
    """Days as seen from today. `until_now` says that they are all days since the first."""

    first: date
    last: date
    until_now: bool = False


def span(text: str) -> tuple[date, date]:
    """The first and last day of a year, quarter, month or day: `2024`, `nov-2024`, `5 nov 2024`.

    A month in figures stands behind its year, so that no day is read two ways. Other days are read
    as in a newsletter (`Mon, 20 Jan 2025 13:30`, `20.1.2025`). Raises ValueError for anything else.
    """
    said = text.strip().lower()
    if match := _ISO.fullmatch(said):
        return _span(*(int(part) if part else None for part in match.groups()))
    parts = [part for part in _APART.split(said) if part not in _FILLERS]
    years = [int(part) for part in parts if re.fullmatch(r"\d{4}", part, re.ASCII)]
    found = [_PART.fullmatch(part) for part in parts if not re.fullmatch(r"\d{4}", part, re.ASCII)]
    if len(years) != 1 or not all(found) or not said.isascii():
        return _one_day(text)
    named = {name: match[name] for match in found if match for name in _NAMES if match[name]}
    match len(found), sorted(named):
        case 0, []:
            return _span(years[0])
        case 1, ["quarter"]:
            quarter = int(named["quarter"])
            return date(years[0], 3 * quarter - 2, 1), _span(years[0], 3 * quarter)[1]
        case (1, ["name"]) | (2, ["name", "number"]):
            return _span(years[0], _month(named["name"]), int(named.get("number", 0)) or None)
    return _one_day(text)


def _one_day(text: str) -> tuple[date, date]:
    """The day that a newsletter could write so. Raises ValueError if it is none."""
    if not re.search(r"\d", text) or re.search(r"w\d", text, re.IGNORECASE):  # a week: 2025-W04
        raise ValueError(text)
    from backissue.text.days import day_of  # noqa: PLC0415 - slow, and rarely needed

    if (day := day_of(text)) is None:
        raise ValueError(text)
    return day, day


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
    """The first day of `span_of`: `3 months ago`, `2w`, `yesterday`, `last year`, `2024-11`."""
    return span_of(text, today).first


def span_of(text: str, today: date) -> Past:
    """The days of a span, or of words that look back from today: `3 days ago`, `last week`, `may`.

    `last month` and `2 weeks` are all days since then, a month back from today; a month or a day
    without a year is the latest one. Raises ValueError for anything else.
    """
    said = " ".join(text.lower().split())
    if said in {"now", "today", "yesterday"}:
        day = today - timedelta(days=said == "yesterday")
        return Past(day, day)
    if found := _weekday(said, today) or _this(said, today) or _back_from(said, today):
        return found
    try:
        return Past(*span(text))
    except ValueError:
        return _without_year(said, today)


def day(text: str, today: date | None = None) -> date:
    """The day that `text` says; words that look back (`yesterday`) are read only from `today`.

    Raises ValueError for anything else; its argument is what the text says instead, if anything:
    `a month`, `words that count from today`.
    """
    try:
        found = Past(*span(text))
    except ValueError:
        try:
            found = span_of(text, today or date.today())
        except ValueError:
            raise ValueError("") from None
        if today is None:
            raise ValueError("counted from today") from None
    if found.first == found.last and not found.until_now:
        return found.first
    if found.until_now:
        raise ValueError("several days")
    length = (found.last - found.first).days
    raise ValueError("a month" if length < 31 else "a quarter" if length < 92 else "a year")


def one_day(name: str, text: str, today: date | None = None) -> date:
    """The day that you gave as `name`, an option or a fact. See `day`.

    Raises `UsageError`, which names both, for anything but one day.
    """
    try:
        return day(text, today)
    except ValueError as error:
        instead = str(error)
    said = f"“{shown(text)}”"
    if instead == "counted from today":
        message = f"{said} is counted from today, and {name} is to stay the same day"
    elif instead:
        message = f"{said} is {instead}, and {name} is one day"
    elif _TWO_DAYS.fullmatch(text.strip()):
        message = f"{said} can be two days, and {name} is one day"
    else:
        message = f"{said} is no day for {name}"
    raise UsageError(message, hint=f"write {DAY_FORMS}")


def _weekday(said: str, today: date) -> Past | None:
    """`monday`, `last fri`: the latest such day before today."""
    name = said.removeprefix("on ").removeprefix("last ")
    for number, weekday in enumerate(_WEEKDAYS):
        if name in {weekday, weekday[:3]}:
            found = today - timedelta(days=(today.weekday() - number - 1) % 7 + 1)
            return Past(found, found)
    return None


def _this(said: str, today: date) -> Past | None:
    """The days of `this week`, `this year`, … up to today."""
    match said:
        case "this week":
            first = today - timedelta(days=today.weekday())
        case "this month":
            first = today.replace(day=1)
        case "this quarter":
            first = today.replace(month=today.month - (today.month - 1) % 3, day=1)
        case "this year":
            first = today.replace(month=1, day=1)
        case _:
            return None
    return Past(first, today, until_now=True)


def _back_from(said: str, today: date) -> Past | None:
    """`3 days ago` is one day; `last week` and `2 weeks` are all days since then."""
    match = _AGO.fullmatch(said)
    unit = _UNITS.get(match[3]) if match else None
    if match is None or unit is None or not (match[1] or match[2]):
        return None
    first = _back(today, unit, _count(match[2] or "a"))
    return Past(first, first) if match[4] else Past(first, today, until_now=True)


def _without_year(said: str, today: date) -> Past:
    """The latest `november` or `5 nov` that is not in the future."""
    if re.search(r"\d{3}|q\d", said) or not re.search("[a-z]{3}", said):
        raise ValueError(said)
    for year in range(today.year, max(today.year - 9, MINYEAR), -1):  # 1900 has no 29 February
        try:
            first, last = span(f"{said} {year}")
        except ValueError:  # no 29 February in that year, or nothing that is a day at all
            continue
        if first <= today:
            return Past(first, last)
    raise ValueError(said)


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
