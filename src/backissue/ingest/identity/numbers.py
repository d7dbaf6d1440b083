"""The numbers of issues as newsletters of the world mark them: `#12`, `Ausgabe 12`, `第 12 期`.

Loaded only for a line that has such a mark. The marks are in `numbers.toml`.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from backissue.text.days import date_line, day_in_title, day_within
from backissue.text.periods import is_period
from backissue.text.rules import Table

RULES = Table(path=Path(__file__).with_suffix(".toml"))

_LONGEST_MARK = 30  # characters before a number among which its mark is
_MOST_NUMBERS = 6  # of a line; what comes later is not looked at
# `1,234`, `第十二期`
_DIGITS = re.compile(
    r"(?<!\d)(?<!\d[.,:/’'–-])(?:\d{1,3}(?:[,.’'\u202f]\d{3}){1,2}|\d{1,5})(?!\d)"
    r"|(?<=第)[一二三四五六七八九十百千〇零两]{1,9}(?=[期号號])"
)
_HAN = {sign: number for number, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
# `1.5`, `22:13`, `12%`, `5G`, `12-15` are no issue's numbers.
_NO_END = re.compile(r"[\w%°+]|[.,:/’'–-]\d| ?%| [–-] \d{1,5}$")
_OPENING = "([（【「『《〈{"
_CLOSING = re.compile(r" ?[)\]）】」』》〉}]")
_QUOTES = "\"'“”„«»‘’*_ "
# What may be between a name and the number, and between the number and a title.
_BEFORE = " \t,;:：|·•~–—-/。．、"
_BEHIND = re.compile(
    r" ?(?:[:：](?!\d\d(?!\d))|//|[|·•›»~—→/]|(?<= )[–-]|[–-](?= )|[,，、。]|\.(?= )"
    r"|(?=[「『《【])) ?"
)
# `Kiln News #37 For 27 Sep 1999`, `kilnNEWS #687 2023-09-12-2023-09-18`
_FOR_DAY = re.compile(r" (?:(?:for|of|from|vom|du|del|от|за) )?(?=\d)| ?(?=[(（])", re.IGNORECASE)
_VOLUME = re.compile(r",? vol(?:ume|\.)? ?#?(\d{1,4})(?!\d)", re.IGNORECASE)  # `No. 2, Vol. 6`
_OF_YEAR = re.compile(r"/(?:19|20)\d\d(?![\d/.-])")  # `Ausgabe 1/2017`
# `Newsletter “Kiln and clay”`
_QUOTED = re.compile(
    r"[^\W\d_]{2,20} [\"“„«»](?P<name>[^\W_][^\"“”„«»]{1,57})[\"”“»«]?", re.IGNORECASE
)
_VOLUME_MARK = re.compile(r"(?<![^\W\d_])vol(?:ume)?\.?\s?#?$", re.IGNORECASE)
_DIGITS_OF_VOLUME = 2
_IN_VOLUME = re.compile(
    r"[\s,:;/.·(–—-]{0,3}(?:\d|[#№]|n[°º]|(?:no|nr|num|number|issue|iss)\b)", re.IGNORECASE
)
_ONLY_DAYS = re.compile(r"[\d./–—-]{8,24}")
_OF_NAME = re.compile(
    r" (?:of|from|von|de|du|di|da|del|der|van|av|af) (?P<name>[^\W_a-z][^,.!?;:|\n–—]{1,58})"
    r"(?P<rest>(?:[,.!?;:：|–—].*)?)"
)
_BUTTON = re.compile(
    r"(?:read|view|open|watch|listen|see)(?: \w+)? (?:on|in|at|online|here)\b.{0,40}"
    r"|online|web version",
    re.IGNORECASE,
)
_YEAR = re.compile(r"[(\[]?(?:19|20)\d\d[)\]]?")
_REMARK = re.compile(r"[(（][^()（）]{1,40}[)）]")
_SHORT_YEAR = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3})[- ](\d\d)$")
_FIRST_YEAR = 70  # in 1970 there was no mail yet
_PARTS = re.compile(r" (?:[|·•–—-]|//) |[|·•]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A line with a marked number: `before` and `title` are what stands before and behind it.

    `mark` is what stands directly before the number. `apart` says that more than a space parts it
    from what is before; `loose` that only a space parts it from a title (`#12 Cranes`). `of` is the
    name in `Issue 12 of The Lathe`.
    """

    number: int
    before: str
    apart: bool
    bracketed: bool = False
    mark: str = ""
    volume: int | None = None
    title: str | None = None
    date: datetime.date | None = None
    of: str | None = None
    loose: bool = False


def marked(line: str) -> Iterator[Numbered]:
    """The marked numbers of a squeezed line, in its order, each with what is around it."""
    for count, digits in enumerate(_DIGITS.finditer(line)):
        if count == _MOST_NUMBERS:
            return
        if span := _span(line, digits):
            yield _around(line, digits, *span)


def _span(line: str, digits: re.Match[str]) -> tuple[int, int] | None:
    """From the start of the number's mark to the end of what belongs to it; None without a mark."""
    first = max(0, digits.start() - _LONGEST_MARK)
    tail, end = line[first : digits.start()], digits.end()
    framed = RULES.pattern("frames").search(tail)
    if framed and (closed := RULES.pattern("frame_ends").match(line, end)):
        return first + framed.start(), closed.end()
    if digits[0][0] in _HAN or digits[0][0] in _HAN_UNITS:
        return None
    alone = not line[: digits.start()][-1:].isalnum()  # `ISO17799 Newsletter`
    if alone and (behind := RULES.pattern("marks_behind").match(line, end)):
        return digits.start(), behind.end()
    mark = RULES.pattern("marks").search(tail) or _volume_mark(line, digits, tail)
    if closed := RULES.pattern("frame_ends_alone").match(line, end):
        return first + mark.start() if mark else digits.start(), closed.end()
    if mark is None:
        return None
    counted = RULES.pattern("counted_in").match(line, end) or _OF_YEAR.match(line, end)
    end = counted.end() if counted else end
    if closed := RULES.pattern("frame_ends").match(line, end):
        end = closed.end()
    # `TideNEWS#439/20-Jul-98`
    dated = line[end : end + 1] == "/" and _title_and_day(line[end + 1 :])[1] is not None
    return (first + mark.start(), end) if dated or not _NO_END.match(line, end) else None


def _volume_mark(line: str, digits: re.Match[str], tail: str) -> re.Match[str] | None:
    """`vol.748`: no newsletter has so many volumes, so it counts issues, if nothing else does."""
    whole = len(digits[0]) > _DIGITS_OF_VOLUME and not _IN_VOLUME.match(line, digits.end())
    return _VOLUME_MARK.search(tail) if whole else None


def _around(line: str, digits: re.Match[str], start: int, end: int) -> Numbered:
    before, day = _before(line[:start])
    behind = line[end:]
    volume = _VOLUME.match(behind)
    behind = behind[volume.end() :] if volume else behind
    closing = _CLOSING.match(behind)
    dated = _day_in_brackets(behind[closing.end() :] if closing else behind)
    rest = dated[1] if dated else behind[closing.end() :] if closing else behind
    day = day or (dated[0] if dated else None)
    found = Numbered(
        number=_value(digits[0]),
        before=before,
        bracketed=bool(closing or dated) and line[:start].rstrip()[-1:] in set("(（["),
        volume=int(volume[1]) if volume else None,
        mark=line[start : digits.start()].strip(),
        apart=bool(line[:start][len(line[:start].rstrip(_BEFORE + _OPENING)) :].strip()),
        date=day,
    )
    # `[Kiln] #12 Ash`
    tagged = line[:1] in "[【" and line[:start].rstrip()[-1:] in {"]", "】"}
    # `第 12 期 灰`
    framed = line[end - 1 : end] in {"期", "号", "號", "호"} and rest[:1] == " "
    return _with_rest(found, rest, closed=bool(closing or dated or tagged or framed))


def _before(text: str) -> tuple[str, datetime.date | None]:
    """What is before the mark, without marks at its end and without the issue's day."""
    text = text.rstrip(_BEFORE + _OPENING)
    if text.endswith(".") and text.count(".") == 1:
        text = text[:-1]
    if text[:1] in _OPENING and text[-1:] in ")]）】」』》〉}":
        text = text[1:-1]
    if quoted := _QUOTED.fullmatch(text):
        text = quoted["name"]
    if dated := day_in_title(text):
        return dated[0].strip(_QUOTES), dated[1]
    day = date_line(text)
    return ("", day) if day else (text.strip(_QUOTES), None)


def _day_in_brackets(text: str) -> tuple[datetime.date | None, str] | None:
    """`(3 June 2024): Cranes` and `, 2024-06-03): Cranes`: the day or season, and what follows."""
    match = re.match(r"[ ,]*+[(（\[]?[ ,·|–—-]*([^()（）\[\]:：]{4,40})[)）\]]", text)
    if match is None:
        return None
    day = date_line(match[1])
    # The last is `3 June – 9 June 2024`.
    known = day or _is_year_or_period(match[1]) or day_within(match[1])
    return (day, text[match.end() :]) if known else None


def _is_year_or_period(text: str) -> bool:
    return _YEAR.fullmatch(text) is not None or is_period(text)


def _with_rest(found: Numbered, rest: str, *, closed: bool) -> Numbered:
    """The number with what stands behind it: a day, a title, buttons."""
    if not rest.strip():
        return found
    if of := _OF_NAME.fullmatch(rest):
        found = replace(found, of=of["name"].strip(_QUOTES))
        return _with_rest(found, of["rest"], closed=False)
    mark = _BEHIND.match(rest) or _FOR_DAY.match(rest)
    loose = mark is None and not closed
    text = rest[mark.end() :] if mark else rest.strip()
    title, day = _title_and_day(text)
    if mark and mark.re is _FOR_DAY and title is not None and not _REMARK.fullmatch(title):
        loose = True
    sentence = mark and (mark[0].strip() == "," or (mark[0].strip() == "." and text[-1:] in ".!?"))
    if title is not None and sentence and not day:
        loose = True
    return replace(found, title=title, date=found.date or day, loose=loose and title is not None)


def _title_and_day(text: str) -> tuple[str | None, datetime.date | None]:
    """What stands behind a number as title and day, either of which may be missing."""
    if day := date_line(_SHORT_YEAR.sub(_whole_year, text)):
        return None, day
    if _is_year_or_period(text) or _ONLY_DAYS.fullmatch(text):
        return None, None
    parts = [part for part in _PARTS.split(text) if not _BUTTON.fullmatch(part.strip())]
    days = [day for part in parts if (day := date_line(part))]
    if len(days) == 1:
        others = [part.strip() for part in parts if not date_line(part)]
        return " – ".join(others) or None, days[0]
    dated = day_within(text)
    if dated and not dated[0].strip() and (mark := _BEHIND.match(dated[2])):
        return dated[2][mark.end() :].strip() or None, dated[1]
    if len(parts) < len(_PARTS.split(text)):
        text = " – ".join(part.strip() for part in parts)
    return text.strip() or None, None


def _whole_year(match: re.Match[str]) -> str:
    """`20 Jul 1998` for `20-Jul-98`."""
    day, month, year = match.groups()
    century = "19" if int(year) >= _FIRST_YEAR else "20"
    return f"{day} {month} {century}{year}"


def _value(digits: str) -> int:
    """The number that digits write, in the figures of any script.

    >>> _value("1,234"), _value("二百三十一"), _value("012")
    (1234, 231, 12)
    """
    if digits[0] not in _HAN and digits[0] not in _HAN_UNITS:
        return int(re.sub(r"\D", "", digits))
    total = current = 0
    for sign in digits:
        if sign in _HAN_UNITS:
            total, current = total + max(current, 1) * _HAN_UNITS[sign], 0
        elif total == 0 or current == 0:
            current = _HAN[sign]
        else:
            current = current * 10 + _HAN[sign]
    return total + current
