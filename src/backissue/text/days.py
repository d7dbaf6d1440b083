"""Days as newsletters write them, in the languages of `days.toml`."""

import datetime
import re
import unicodedata
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from backissue.text import MONTHS
from backissue.text.prose import squeeze
from backissue.text.rules import Table

RULES = Table(path=Path(__file__).with_suffix(".toml"))
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# An English month in a pattern, by its name or by its first letters.
_ENGLISH = {*MONTHS, *(name[:3] for name in MONTHS), "sept"}
MONTH = rf"(?:{'|'.join(sorted(_ENGLISH, key=len, reverse=True))})"

# What every day has: a year. Few lines have one, and only these are looked at closely.
_MAY_HAVE_DAY = re.compile(r"\d{4}|['’‘]\d\d\b|令和|平成")
_YEAR = r"(?P<year>(?:19|20)\d\d(?!\d)|['’‘]\d\d(?!\d))"
_WORD = r"(?<![^\W\d_])(?P<name>[^\W\d_]{3,14})"
# Each form says year, month (`month` or `name`) and day; all are tried on a squeezed line.
# The year is first, so the month is certain: `2015.10.21`, `2015/10/21`, `2024. 3. 5.`, `20240305`.
_YEAR_FIRST = re.compile(
    r"(?<![\w.-])(?P<year>(?:19|20)\d\d)"
    r"(?:(?P<mark>[-./]|\. )(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"|(?P<month2>[01]\d)(?P<day2>[0-3]\d)(?![-.]\d))(?:(?!\w)|(?=T\d))"
)
_EAST_ASIAN = re.compile(
    r"(?:(?P<year>\d{4})|(?P<era>令和|平成)(?P<reign>\d{1,2}|元)) ?[年년] ?"
    r"(?P<month>\d{1,2}) ?[月월] ?(?P<day>\d{1,2}) ?[日号號일](?:号|號|発行)?"
)
_MONTH_FIRST = re.compile(
    rf"{_WORD}\.? ?(?:the )?(?<=[ .])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:, ?| )(?:of )?{_YEAR}",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    r"(?<![\w.,/:-])(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|ª|°|-?го|e)?\.?(?:[ -]|(?<=\.)|/)"
    rf"(?:(?:of|de|di|do|d’) ?)?{_WORD}"
    rf"(?:[.,]{{0,2}} ?(?:(?:de|del|do) )?|-|/)(?<=[ .,/-]){_YEAR}",
    re.IGNORECASE,
)
_YEAR_AND_NAME = re.compile(
    r"(?<!\w)(?P<year>(?:19|20)\d\d)(?:\. |, |[ -])"
    rf"{_WORD}[. -]{{1,2}}(?P<day>\d{{1,2}})(?!\w|\.\d)",
    re.IGNORECASE,
)
_VIETNAMESE = re.compile(
    r"(?:ngày )?(?P<day>\d{1,2}) tháng (?P<month>\d{1,2}),? (?:năm )?(?P<year>(?:19|20)\d\d)", re.I
)
_NUMBERS = re.compile(
    r"(?<![\w.,/:-])\d{1,2}(?P<mark>[-/.])\d{1,2}(?P=mark)(?:19|20)\d\d(?![\w/-]|\.\d)"
)
_FORMS = (
    *(_YEAR_FIRST, _EAST_ASIAN, _MONTH_FIRST, _DAY_FIRST, _YEAR_AND_NAME, _VIETNAMESE, _NUMBERS),
)
# A day that ends a range is no issue's: `3–9 June 2024`, `June 3 – June 9, 2024`.
_RANGE = re.compile(
    r"(?:\d(?:st|nd|rd|th)?[-–—]|[(（]\d{1,2}(?:st|nd|rd|th|\.)? ?[-–—] ?"
    r"|[^\W\d_]{3,14}\.? \d{1,2}(?:st|nd|rd|th)? ?[-–—] ?)$"
)
# `06-29-2022`, `29.6.2022`: a number above twelve is a day, and a weekday says which it is, too.
# `3/4/2024` can mean two days.
_YEAR_LAST = re.compile(
    r"(?:(?P<weekday>[^\W\d_]{2,14})\.?,? )?(?P<one>\d{1,2})(?P<mark>[-/.])(?P<other>\d{1,2})"
    r"(?P=mark)(?P<year>(?:19|20)\d\d)(?P<rest>.{0,40})"
)
_HOUR = (
    r"(?:(?:[,.]| [-–—|·@])? ?(?:at |um |à |a las |alle |ore |om |kl\.? |klo |às |в |T"
    r"|[오上下午][전후午前後] ?)?"
    r"\d{1,2}(?:[:.h]\d\d(?::\d\d)?(?:[.,]\d{1,6})?| ?(?=[ap]\.?m))"
    r"(?: ?[ap]\.?m\.?)?(?: ?(?:uhr|h|Z|UTC|GMT|[A-Z]{2,4}T)\b)?(?: ?\(?[+-]\d\d:?\d\d\)?)?"
    r"(?: \([A-Z]{2,5}\))?)?"
)
# What may follow on a line that is a day: the year's own word, the hour, or a weekday and the hour.
_YEAR_WORD = r"(?: ?(?:г(?:\.|ода\b)?|р\.|року\b|r\.|roku\b))?"
_ONLY_HOUR = re.compile(rf"{_YEAR_WORD}{_HOUR}\.?", re.IGNORECASE)
_BEHIND = re.compile(
    rf"{_YEAR_WORD},? ?[(（]?(?P<weekday>[^\W\d_]{{1,14}})\.?[)）]?{_HOUR}\.?", re.IGNORECASE
)
# Characters. A title is longer than a line that is only a day.
_LONGEST_TITLE = 300
_LONGEST_LINE = 100
_LONGEST_OF = 4  # words of `for the week of`
_LONGEST_BEFORE = 3  # words before the day on its line: an article and a weekday
_BETWEEN = " \t,:|·•–—-([（"
_BEHIND_DAY = re.compile(r"(?: (?P<edition>\w[\w -]{2,30}))?[)\]）]?")
# `Berlin, den 5. März 2024`
_PLACE = re.compile(r"[^\W\d_][^,:;.!?]{1,30}, (?:den|le)", re.IGNORECASE)
_BETWEEN_BEHIND = re.compile(r" ?[,:|·•–—-] ?(?=\S)")
# A field of a message within a digest, which says nothing of the whole.
_MAIL_FIELD = re.compile(r"date: [^:]{8,30}:\d\d", re.IGNORECASE)
# `Mon, 20 Jan 2025 13:30:00 +0000`
_IN_MAIL = re.compile(r"(?:[A-Za-z]{3}, ?)?\d{1,2} [A-Za-z]{3} \d{2,4} \d{1,2}:\d\d")
_IN_URL = re.compile(
    r"https?://[^/\s]+/(?:[^?#\s]*?[/-])??(?P<year>(?:19|20)\d\d)[/-](?P<month>\d{2})[/-](?P<day>\d{2})"
    r"(?![0-9])",
    re.IGNORECASE,
)


class _Found(NamedTuple):
    """A day in a squeezed line, and where it is; `numeric` says that its year is first."""

    start: int
    end: int
    day: datetime.date
    numeric: bool


def date_line(text: str) -> datetime.date | None:
    """The day of a line that consists of a date, alone or with weekday, hour or label; else None.

    `Dec 23, 2024`, `Lunes, 23 de diciembre de 2024`, `Posted on 2024-12-23`. Forms with numbers
    only are read if the year is first or a number is above twelve: 3/4/2024 can mean two days.

    >>> date_line("Dec 23, 2024"), date_line("12 cranes were built in 2024")
    (datetime.date(2024, 12, 23), None)
    """
    line = _lined(text, _LONGEST_LINE)
    if line is None or _MAIL_FIELD.match(line):
        return None
    for found in _days(line):
        if _says_nothing_before(line[: found.start]) and _says_nothing_behind(line[found.end :]):
            return found.day
    days = numeric_days(line)
    return days[0] if len(days) == 1 else None


def day_in_title(title: str) -> tuple[str, datetime.date] | None:
    """The title without the issue's day, and that day; None if it has none.

    The day is at the end of the title or, with a mark after it, at the start. A day in the middle
    of words, or after `on`, is the day of an event (`What 11 May 1997 changed`).

    >>> day_in_title("Data Is Plural — 2015.10.21 edition")
    ('Data Is Plural', datetime.date(2015, 10, 21))
    """
    line = _lined(title, _LONGEST_TITLE)
    if line is None:
        return None
    days = [found for found in _days(line) if not _is_version(line, found)]
    for found in reversed(days):
        name = _name_before(line, found)
        if name and len(days) == 1 and _may_follow(line[found.end :]):
            return name, found.day
    for found in days[:1]:
        name = _name_behind(line, found)
        if name and date_line(name) is None:
            return name, found.day
    return None


def day_within(line: str) -> tuple[str, datetime.date, str] | None:
    """The first day in a line, with the words before and after it; None if it has none.

    >>> day_within("Posted on Jan 20, 2025 by Ada")
    ('Posted on ', datetime.date(2025, 1, 20), ' by Ada')
    """
    found = next(iter(_days(line)), None) if _MAY_HAVE_DAY.search(line) else None
    if found is None:
        return None
    before = line[: found.start]
    word = before.rstrip(" ,.").rpartition(" ")[2]
    if word and key(word) in weekdays():
        before = before[: before.rindex(word)]
    return before, found.day, line[found.end :]


def is_day_without_year(text: str) -> bool:
    """Whether a line is a day of some year: `Apr 26`, `Montag, 5. März`, `26 avril`.

    >>> is_day_without_year("Apr 26"), is_day_without_year("May 5 people")
    (True, False)
    """
    line = squeeze(text).rstrip(" .,") if len(text) <= _LONGEST_LINE else ""
    if not re.search(r"\d", line) or re.search(r"\d{3}", line):
        return False
    # A leap year, so that 29 February is a day of it.
    if "月" in line or "월" in line:
        return date_line(f"2000年{line}") is not None
    return any(
        found.end == len(line) + 5 and _says_nothing_before(line[: found.start])
        for found in _days(f"{line} 2000")
    )


def day_in_url(url: str) -> datetime.date | None:
    """The day in the path of an address, or None.

    >>> day_in_url("https://e.org/2024/12/23/cranes/")
    datetime.date(2024, 12, 23)
    """
    match = _IN_URL.match(url)
    return _date(match["year"], match["month"], match["day"]) if match else None


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
    return _moment_in(value) if isinstance(value, str) else None


def _moment_in(text: str) -> datetime.datetime | None:
    # Org writes `<2024-06-03 Mon>` and `[2024-06-03 Mon 10:00]`.
    text = text.strip(" \t\r\n<>[]")
    moment = _read_by(datetime.datetime.fromisoformat, text)
    if moment is None and _IN_MAIL.match(text):
        moment = _read_by(parsedate_to_datetime, text)
    if moment is None and (day := date_line(text)):
        moment = datetime.datetime.combine(day, datetime.time())
    if moment is None and " GMT" in text:
        moment = _read_by(_as_scripts_write, text)
    # The reader of mail takes other forms, too, and some of them wrongly.
    if moment is None and not numeric_days(text):
        moment = _read_by(parsedate_to_datetime, text)
    return moment


def _as_scripts_write(text: str) -> datetime.datetime:
    """`Wed May 03 2023 13:31:13 GMT+0000 (Coordinated Universal Time)`, JavaScript's form."""
    moment = text.partition(" (")[0]
    return datetime.datetime.strptime(moment, "%a %b %d %Y %H:%M:%S GMT%z")


def _read_by(read: Callable[[str], datetime.datetime], text: str) -> datetime.datetime | None:
    try:
        return read(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def numeric_days(text: str) -> tuple[datetime.date, ...]:
    """The days that two numbers and a year can mean, the one with the day first before the other.

    `29.6.2022` is one day, and so is `Thu, 01/04/2024 - 12:00`, by its weekday; `3/4/2024` two.

    >>> [day.isoformat() for day in numeric_days("3/4/2024")]
    ['2024-04-03', '2024-03-04']
    """
    line = _lined(text, _LONGEST_LINE)
    match = _YEAR_LAST.fullmatch(line) if line else None
    if match is None or not _ONLY_HOUR.fullmatch(match["rest"]):
        return ()
    one, other, weekday = match["one"], match["other"], match["weekday"]
    found = (_date(match["year"], other, one), _date(match["year"], one, other))
    days = tuple(dict.fromkeys(day for day in found if day))
    if weekday and len(days) > 1:
        named = tuple(day for day in days if weekdays().get(key(weekday)) == day.weekday())
        return named or days
    return days


def is_day_first(text: str) -> bool | None:
    """Whether the day is before the month in two numbers and a year; None if both can be.

    >>> is_day_first("25/01/2024"), is_day_first("01/25/2024"), is_day_first("01/02/2024")
    (True, False, None)
    """
    days = numeric_days(text)
    numbers = re.findall(r"\d+", text)[:2]
    if len(days) != 1 or int(numbers[0]) == int(numbers[1]):
        return None
    return (days[0].day, days[0].month) == tuple(map(int, numbers))


# -- days in a line --------------------------------------------------------------------------------


def _lined(text: str, longest: int) -> str | None:
    """`text` as one line; None where it is too long, or has no year and so no day."""
    if len(text) > 2 * longest or not _MAY_HAVE_DAY.search(text):
        return None
    line = squeeze(text)
    return line if len(line) <= longest else None


def _days(line: str) -> tuple[_Found, ...]:
    """The days in a squeezed line, in its order; none of two that a dash joins."""
    found: list[_Found] = []
    for form in _FORMS:
        for match in form.finditer(line):
            day = _day(match)
            if day and not _RANGE.search(line, max(0, match.start() - 24), match.start()):
                numeric = form in {_YEAR_FIRST, _EAST_ASIAN}
                found.append(_Found(*match.span(), day, numeric))
    found.sort(key=lambda one: (one.start, -one.end))
    return tuple(
        one
        for place, one in enumerate(found)
        if all(one.start >= before.end for before in found[:place])
    )


def _day(match: re.Match[str]) -> datetime.date | None:
    if match.re is _NUMBERS:
        days = numeric_days(match[0])
        return days[0] if len(days) == 1 else None
    groups = match.groupdict()
    if groups.get("name"):
        month = months().get(key(match["name"]))
        # `Set 5 2024` counts; only English has a short month before the day.
        if month and match.re is _MONTH_FIRST and len(match["name"]) < 4:
            month = month if match["name"].lower() in _ENGLISH else None
        return _date(match["year"], str(month), match["day"]) if month else None
    if groups.get("era"):
        first = {"令和": 2018, "平成": 1988}[match["era"]]
        year = first + (1 if match["reign"] == "元" else int(match["reign"]))
        return _date(str(year), match["month"], match["day"])
    return _date(match["year"], groups["month"] or match["month2"], groups["day"] or match["day2"])


def _date(year: str, month: str, day: str) -> datetime.date | None:
    digits = year.lstrip("'’‘")
    whole = int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 70 else 1900)
    try:
        return datetime.date(whole, int(month), int(day))
    except ValueError:
        return None


def _says_nothing_before(text: str) -> bool:
    """Whether only an article, the weekday or a label is before the day."""
    left = text.strip(" ,.:：()（–—-|")
    if key(left) in known("labels") or _PLACE.fullmatch(left):
        return True
    label, mark, rest = left.partition(": ")
    if mark and key(label) in known("labels"):
        left = rest
    words = re.sub("[,|·]", " ", left).split()
    articles = known("articles")
    return len(words) <= _LONGEST_BEFORE and all(
        key(word) in articles or key(word) in weekdays() for word in words
    )


def _says_nothing_behind(text: str) -> bool:
    """Whether only a weekday or the hour is behind the day."""
    rest = text.rstrip(" )")
    match = None if _ONLY_HOUR.fullmatch(rest) else _BEHIND.fullmatch(rest)
    return key(match["weekday"]) in weekdays() if match else _ONLY_HOUR.fullmatch(rest) is not None


def _is_version(line: str, found: _Found) -> bool:
    """`2024.1.2` in a title is a program's, and `2024.06.03` a day."""
    return found.numeric and re.search(r"\.\d\b", line[found.start : found.end]) is not None


def _name_before(line: str, found: _Found) -> str | None:
    """The name before a day; None where a word says that the day is an event's."""
    name = line[: found.start]
    if name and name[-1] not in " ([（,:|·•–—-":
        return None
    while (word := name.rstrip(" ,.(（").rpartition(" ")[2]) and (
        key(word) == "the" or key(word) in weekdays()
    ):
        name = name[: name.rindex(word)]
    name = name.rstrip(_BETWEEN)
    last = key(name.rpartition(" ")[2])
    if last in known("events"):
        return None
    # `Harbour Notes (Number 21, 2024-06-03)`
    if "(" in name and line.endswith(")") and ")" not in name[name.rindex("(") :]:
        opened = name.rindex("(")
        name = f"{name[:opened].rstrip(_BETWEEN)}, {name[opened + 1 :]}".removeprefix(", ")
    words = name.split(" ")
    for count in range(min(_LONGEST_OF, len(words) - 1), 0, -1):
        if key(" ".join(words[-count:])) in known("of"):
            name = " ".join(words[:-count])
            break
    return name.rstrip(_BETWEEN) or None


def _may_follow(text: str) -> bool:
    """Whether nothing follows a day in a title but `edition`, a bracket, or the weekday."""
    match = _BEHIND_DAY.fullmatch(text)
    if match and (match["edition"] is None or key(match["edition"]) in known("editions")):
        return True
    return len(text) <= _LONGEST_LINE and _says_nothing_behind(text)


def _name_behind(line: str, found: _Found) -> str | None:
    """The name behind a day that opens a title: `2024-06-03: Cranes`, `2024-06-03 Harbour news`.

    `3 June 2024 was hot` is a sentence, so words need a mark, or be `Newsletter`.
    """
    if not _says_nothing_before(line[: found.start]):
        return None
    rest = line[found.end :].lstrip(")")
    behind = _BETWEEN_BEHIND.match(rest)
    if behind:
        return rest[behind.end() :]
    words = rest.strip()
    whole = rest.startswith(" ") and (found.numeric or key(words) in known("editions"))
    return words if whole and words else None


# -- words -----------------------------------------------------------------------------------------


def key(word: str) -> str:
    """A word without capitals, accents and the dot at its end: `Févr.` is `fevr`."""
    plain = word.casefold().rstrip(".").replace("ı", "i").replace("'", "’")
    if plain.isascii():
        return plain
    signs = unicodedata.normalize("NFD", plain)
    return "".join(sign for sign in signs if not unicodedata.combining(sign))


@cache
def months() -> dict[str, int]:
    """Each month's number, by all its names."""
    return {
        key(word): number for number, name in enumerate(MONTHS, 1) for word in RULES.listed(name)
    }


@cache
def weekdays() -> dict[str, int]:
    """Each weekday's number from Monday, 0, by all its names."""
    return {key(word): number for number, name in enumerate(_WEEK) for word in RULES.listed(name)}


@cache
def known(group: str) -> frozenset[str]:
    """The words of one group of `days.toml`, to compare with `key` of a word."""
    return frozenset(map(key, RULES.words(group)))
