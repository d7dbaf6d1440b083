"""A line that says the day of an issue, beside its number, its author, a button."""

import datetime
import re

from backissue.ingest.identity import titles
from backissue.ingest.structure import grammar
from backissue.text.boilerplate import is_boilerplate
from backissue.text.days import date_line

_DAY_AND_AUTHOR = re.compile(r"(?<!\s)\s++(?:[·•∙|]\s+|(?=by\s))", re.IGNORECASE)
_PARTS = re.compile(r"(?<!\s)\s++(?://|[·•∙|–—-])\s+")
_BARE_NUMBER = re.compile(r"number\s+(?=\d{1,5}\b)", re.IGNORECASE)
_LONGEST = 160  # characters: what is longer is a paragraph


def day_of_line(text: str, *, numbered: bool, named: bool) -> datetime.date | None:
    """The day a line names, alone or beside the author: `June 3, 2024 by Ada Moore`.

    Beside a number (`3 June 2024 | Issue 12`) there is none unless the issue is `numbered` already;
    beside a name (`Ada Moore | 3 June 2024`) only where that is no title, but `named` as a person.
    """
    if not numbered and _has_number(text):
        return None
    parts = _DAY_AND_AUTHOR.split(text)
    if grammar.is_byline(text) and len(parts) == 1:
        parts = _signed_and_dated(text)
    days = [day for part in parts if (day := date_line(part))]
    others = [part for part in parts if not date_line(part)]
    aside = len(text) <= grammar.LONGEST_NAME and date_line(parts[0]) is not None
    aside = aside or all(grammar.is_byline(part) or is_boilerplate(part) for part in others)
    return days[0] if len(days) == 1 and aside else _day_among(text, named=named)


def _day_among(text: str, *, named: bool) -> datetime.date | None:
    """The day between words that say nothing of the issue: `Newsletter | 3 June 2024`."""
    parts = _PARTS.split(text) if len(text) <= _LONGEST else []
    days = [day for part in parts if (day := date_line(part))]
    if len(days) != 1 or len(parts) == 1:
        return None
    others = [part for part in parts if not date_line(part)]
    aside = all(_is_aside(part) or (named and grammar.is_name(part)) for part in others)
    return days[0] if aside else None


def _is_aside(text: str) -> bool:
    """Whether words beside an issue's day or number say nothing: a button, `3 min read`."""
    return grammar.is_byline(text) or is_boilerplate(text) or grammar.is_aside(text)


def _signed_and_dated(text: str) -> list[str]:
    """The author and the day of a byline: `by Ada Moore, June 3, 2024`; or the line as it is."""
    for gap in re.finditer(r",?\s+(?:on\s+)?", text):
        if date_line(text[gap.end() :]):
            return [text[: gap.start()], text[gap.end() :]]
    return [text]


def unbuttoned(text: str) -> str:
    """`Issue 12 // 3 June 2024 // View in your browser` without the button, and the day last."""
    if text.startswith("(") and text.endswith(")"):
        text = _BARE_NUMBER.sub("No. ", text[1:-1], count=1)
    parts = _PARTS.split(text) if len(text) <= _LONGEST else [text]
    kept = [part for part in parts if not _is_aside(part)]
    if len(parts) == 1 or not kept:
        return text if kept else ""
    numbers = [part for part in kept if titles.numbered(part)]
    days = [part for part in kept if date_line(part)]
    if len(kept) == len(parts) and not (numbers and days):
        return text
    others = [part for part in kept if part not in numbers and part not in days]
    return " · ".join([*numbers, *others, *days])


def _has_number(text: str) -> bool:
    """Whether a line says the issue's number beside its day: `3 June 2024 | Issue 12`."""
    parts = _PARTS.split(text) if len(text) <= _LONGEST else []
    return len(parts) > 1 and any(map(titles.numbered, parts))


def is_of_issue(text: str) -> bool:
    """Whether a line has an issue's number and its day, and no more: `Issue 7 · 5 May 2024`."""
    found = titles.numbered(text) if len(text) <= _LONGEST else None
    return found is not None and found.date is not None and found.title is None
