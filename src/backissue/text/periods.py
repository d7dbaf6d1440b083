"""Months, weeks and spans of days beside a name: `June 2024`, `June 14-21`, `KW 12`."""

import re

from backissue.text.days import date_line, is_day_without_year, key, known, months
from backissue.text.prose import squeeze

_LONGEST = 60  # characters of a period
_LONGEST_TITLE = 300
_MOST_WORDS = 9  # `13th July 2024 to the 19th July 2024`
_BRACKETS = " \t()[]（）【】,.:;·|"
_AROUND = " \t,:|·•–—-([（."
_SEASON = re.compile(
    r"(?:(?:in|for|from) )?(?:spring|summer|autumn|fall|winter|early|mid|late"
    r"|frühjahr|frühling|sommer|herbst|printemps"
    r"|été|automne|hiver|primavera|verano|otoño|invierno|estate|autunno|inverno),?[ -]?"
    r"(?:19|20)\d\d(?:[/–-]\d\d)?",
    re.IGNORECASE,
)
_WEEK = re.compile(
    r"(?:week|kw|kalenderwoche|woche|semaine|semana|settimana|week nr\.?|viikko|vecka|uke|uge|w)"
    r"[ -]?#?\d{1,2}(?:(?:,? |[/–-])(?:of )?(?:19|20)\d\d)?|(?:19|20)\d\d[- ]?[wW]\d\d?",
    re.IGNORECASE,
)
_TWO_MONTHS = re.compile(
    r"(?P<one>[^\W\d_]{3,14})\.? ?(?:[/–—&+-]|and|und|et|y|e|en|och|og) ?"
    r"(?P<two>[^\W\d_]{3,14})\.?,? (?:(?:de|del|of) )?(?:19|20)\d\d",
    re.IGNORECASE,
)
_YEAR_AND_MONTH = re.compile(r"(?:19|20)\d\d[-./](?:0[1-9]|1[0-2])")
_DASH = re.compile(r" ?[–—~〜～-] ?| (?:to|until|till|through|thru|bis|au|al|a|t/m|tot|till|til) ")
_FROM = re.compile(r"(?:from|vom|du|del|dal|van) ", re.IGNORECASE)
_YEAR_BEHIND = re.compile(r"(?<!\d),? (?:de |del )?(?:19|20)\d\d$|(?<=\d), (?:19|20)\d\d$")
_NUMBERS = re.compile(r"\d{1,2}(?P<mark>[/.])\d{1,2}(?:(?P=mark)?(?:\d{4}|\d\d)?)")
_FEW_DIGITS = re.compile(r"\d{1,2}(?:st|nd|rd|th|er|\.)?", re.IGNORECASE)


def is_period(text: str) -> bool:
    """Whether a text is a month or a season of a year, a week, or some days; not a single day.

    >>> [is_period(text) for text in ("Dezember 2014", "June 14-21", "Week 20", "June 14")]
    [True, True, True, False]
    """
    line = squeeze(text).strip(_BRACKETS) if len(text) <= _LONGEST else ""
    if not re.search(r"\d", line):
        return False
    line = _without_edition(line)
    if not re.search(r"\d", line):
        return False
    return (
        _is_month(line)
        or _SEASON.fullmatch(line) is not None
        or _WEEK.fullmatch(line) is not None
        or _is_span(line)
    )


def period_in_title(title: str) -> str | None:
    """The name before the period that a title ends in; None where it ends in none.

    >>> period_in_title("Marsh Summary, June 14-21"), period_in_title("Marsh in June 2024")
    ('Marsh Summary', 'Marsh in')
    """
    line = squeeze(title) if len(title) <= 2 * _LONGEST_TITLE else ""
    if len(line) > _LONGEST_TITLE or not re.search(r"\d", line[-_LONGEST:]):
        return None
    words = line.split(" ")
    for start in range(max(1, len(words) - _MOST_WORDS), len(words)):
        if is_period(" ".join(words[start:])):
            return _named_before(words[:start])
    return None


def _without_edition(line: str) -> str:
    """`December 2021 edition` as the month."""
    words = line.split(" ")
    for count in (2, 1):
        if len(words) > count + 1 and key(" ".join(words[-count:])) in known("editions"):
            return " ".join(words[:-count])
    return line


def _is_month(line: str) -> bool:
    """`June 2024`, `2024年6月`, `July–August 2024`, `2024-06`."""
    if not re.search(r"\d{4}|['’]\d\d$", line):
        return False
    if line[-1].isdigit() and not line[0].isdigit() and date_line(f"1 {line}"):
        return True
    if line[-1] in "月월" and date_line(f"{line}1{'日' if line[-1] == '月' else '일'}"):
        return True
    two = _TWO_MONTHS.fullmatch(line)
    if two and {key(two["one"]), key(two["two"])} <= months().keys():
        return True
    return _YEAR_AND_MONTH.fullmatch(line) is not None


def _is_span(line: str) -> bool:
    """`June 14-21`, `12 - 18 August 2001`, `July 13th - July 19th, 2008`, `10/4 - 10/10/93`."""
    line = _YEAR_BEHIND.sub("", _FROM.sub("", line))
    for dash in _DASH.finditer(line):
        sides = (line[: dash.start()], line[dash.end() :])
        if all(map(_is_side, sides)) and any(map(_names_month, sides)):
            return True
    return False


def _is_side(text: str) -> bool:
    return _FEW_DIGITS.fullmatch(text) is not None or _names_month(text)


def _names_month(text: str) -> bool:
    return bool(_NUMBERS.fullmatch(text) or is_day_without_year(text) or date_line(text))


def _named_before(words: list[str]) -> str | None:
    """A name without `for the week of` and the marks at its end."""
    kept = [word for word in words if word]
    while kept:
        for count in range(min(4, len(kept) - 1), 0, -1):
            if key(" ".join(kept[-count:]).rstrip(_AROUND)) in known("of"):
                del kept[-count:]
                break
        else:
            if kept[-1].strip(_AROUND):
                break
            kept.pop()
    return " ".join(kept).rstrip(_AROUND) or None
