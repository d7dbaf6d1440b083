"""Titles that have the issue's day, its month or its week beside the newsletter's name.

`Data Is Plural — 2015.10.21 edition`, `Harbour letter: May 2025`, `Marsh Summary, June 14-21`; and
newsletters that are called after the time: `This Week in Lathes: cranes come back`.
"""

import datetime
import re

from backissue.ingest.identity.publications import WORDS, is_periodical
from backissue.records import Facts
from backissue.text.days import date_line, day_in_title
from backissue.text.periods import is_period, period_in_title
from backissue.text.prose import squeeze
from backissue.text.rules import bounded

_LONGEST = 300  # characters
_LONGEST_PERIOD = 60
_MOST_NAME_WORDS = 8
_BEFORE_VOLUME = re.compile(r",?(?<!\s)\s*+vol(?:\.|ume\b|\s).*", re.IGNORECASE)
# `The Kiln #12: a report`, `Welcome to the Kiln, Issue 12`, `Firmware Update 2.1`, `Here is the
# summary`
_NO_NAME = re.compile(
    r"[#№]\s?\d|:\s|\b(?:issue|edition|no\.|nr\.)\s?#?\d|\d\.\d+$|^welcome\b"
    r"|\bhere(?:['’]s| is| are)\b|^(?:this is|these are|and|but)\b",
    re.IGNORECASE,
)
_EDITION = re.compile(r"\b(?:edition|issue)\W*\Z", re.IGNORECASE)
# `This Week in Lathes: …`; `This week in pictures` is a part of an issue.
_THIS_WEEK = bounded(
    r"(?P<name>(?:this|last) (?:week|fortnight|month|quarter|year) (?:in|at|on) "
    r"(?:the )?(?-i:[A-Z0-9])[\w.+#’'/-]*(?: (?-i:[A-Z0-9])[\w.+#’'/-]*){0,3})"
    r"(?:(?:\s?(?::|[–—|]|\s-)\s|, )(?P<title>\S.*))?",
    _LONGEST,
    re.IGNORECASE,
)


def dated(text: str) -> Facts | None:
    """A title with the issue's day, or the month of a monthly letter; the words may name it.

    >>> dated("Harbour Weekly, June 3, 2024").publication
    'Harbour Weekly'
    >>> dated("June 3, 2024 Newsletter").publication is None
    True
    """
    line = squeeze(text)
    if found := day_in_title(line):
        name, day = found
        name = _BEFORE_VOLUME.sub("", name)
        named = is_periodical(name) or _EDITION.search(line)
        return Facts(publication=name if named and _is_name(name) else None, title=line, date=day)
    name = _BEFORE_VOLUME.sub("", period_in_title(line) or "")
    if name and is_periodical(name) and not _NO_NAME.search(name):
        return Facts(publication=name if _is_name(name) else None, title=line)
    return None


def _is_name(name: str) -> bool:
    """Whether words before a day are a name, and not `Newsletter` or a sentence."""
    if WORDS.pattern("generic").fullmatch(name) or WORDS.pattern("nameless").fullmatch(name):
        return False
    if WORDS.pattern("unfinished").fullmatch(name):  # `Newsletter readers met in June 2024`
        return False
    return _NO_NAME.search(name) is None and len(name.split()) <= _MOST_NAME_WORDS


def called_after_its_time(text: str) -> Facts | None:
    """The name and the title in `This Week in Lathes: cranes come back`.

    >>> called_after_its_time("This Week in Lathes: cranes").publication
    'This Week in Lathes'
    """
    match = _THIS_WEEK.fullmatch(squeeze(text))
    title = match["title"] if match else None
    if match is None or (title and (is_period(title) or date_line(title))):
        return None
    return Facts(publication=match["name"], title=title or match["name"])


def day_or_month(text: str) -> tuple[datetime.date | None] | None:
    """The day that a text is; None in its place for a month or a season; None for other texts."""
    if day := date_line(text):
        return (day,)
    return (None,) if len(text) <= _LONGEST_PERIOD and is_period(text) else None
