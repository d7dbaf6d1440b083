"""Titles that say which issue they are of without being a title line: a number, or a day.

`#12 – Cranes`, `Issue 57`, `Cranes and locks (#12)`; `Data Is Plural — 2015.10.21 edition`,
`Harbour letter: May 2025`. A volume's number says nothing without the volume (`Vol. 6, No. 2`), so
none is taken from it: numbers 2 of two years are two issues.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backissue.ingest.identity.evidence import Decision, EvidenceKind, decide, reported
from backissue.ingest.identity.publications import (
    WORDS,
    bare_name,
    is_periodical,
    known_as,
    without_newsletter,
)
from backissue.records import Facts
from backissue.text.days import MONTH, date_line, day_in_title, day_within
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
_TITLE = re.compile(
    r"(?P<publication>[^\W_][^.!?;:|\n]{0,58}?)"
    r"(?:[\s,]+(?:[-–—|]\s*)?|:\s+(?=issue\b|no\b|[#№]))"
    r"(?P<marker>(?:(?:issue|no\.?|nr\.?|number|vol\.?|volume|edition)\s*)?[#№]?)\s*(?P<number>\d{1,5})"
    # `22:13` is an hour.
    r"(?:,\s+vol(?:ume|\.)?\s*#?\d{1,4})?(?:\s*(?::(?!\d\d\b)|\||\s[-–—])\s*(?P<title>\S.*))?",
    re.IGNORECASE,
)
# `March 7, 2022 | Read online` and `The best of 2024: …` have the form of a title line, too.
_ENDS_IN_DAY = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?(?:\s+\d{1,2}(?:st|nd|rd|th)?)?,?$",
    re.IGNORECASE,
)
# `Lathe News, Vol 6, No 2`: the next volume has a number 2, too, and is another issue.
_ENDS_IN_VOLUME = re.compile(r"\bvol(?:ume|\.)?\s*#?\d{1,4},?$", re.IGNORECASE)
_MARKED = re.compile(r"(?:[#№]|\b(?:issue|no|nr|number|edition)\b\.?)\s*\d", re.IGNORECASE)
_SEASON = re.compile(
    rf",?\s+\(?(?:spring|summer|autumn|fall|winter|{MONTH})\s+(?:19|20)\d\d\)?$", re.IGNORECASE
)
_YEAR = re.compile(r"(?:19|20)\d\d")
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
_LONGEST_SEASONAL = 250
_BEFORE_VOLUME = re.compile(r",?\s*vol(?:\.|ume\b|\s).*", re.IGNORECASE)
_EDITION = re.compile(r"\b(?:edition|issue)\W*\Z", re.IGNORECASE)
_MONTHLY = re.compile(
    rf"(?P<name>\S.*?)(?:\s*[,:|·–—(]\s*|\s+-+\s+|\s+for\s+|\s+)(?:{MONTH})\s+(?:19|20)\d\d\)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleLine:
    """`Import AI 395: AI and energy demand`, taken apart.

    `sure` says that its form alone tells it from `Claude 3: what it means` and `Chapter 12`: the
    number is marked as an issue's (`#12`, `No. 12`), or a name of two words has one of two digits
    that is no year.
    """

    publication: str
    number: int
    title: str | None
    sure: bool
    date: datetime.date | None = None

    @property
    def facts(self) -> Facts:
        """What the line says of its issue."""
        return Facts(
            publication=self.publication, number=self.number, title=self.title, date=self.date
        )


def title_line(text: str) -> TitleLine | None:
    """An issue's title line: publication, number and, as a rule, a title; or a day for one."""
    line = squeeze(text)
    match, day = _TITLE.fullmatch(line), None
    title = match["title"] if match else None
    if title and (day := date_line(title)):
        title = None
    if (match is None or not match["marker"]) and (dated := _undated(line)):
        # `The Lathe #7, June 3 2024`: the last number is a year.
        inner = _TITLE.fullmatch(dated[0])
        if inner and inner["marker"]:
            match, title, day = inner, inner["title"], dated[1]
    if match is None or _ENDS_IN_DAY.search(match["publication"]):
        return None
    if _ENDS_IN_VOLUME.search(match["publication"]):
        return None
    name = match["publication"].strip().rstrip(" -–—|")
    publication = without_newsletter(name)
    if WORDS.pattern("nameless").fullmatch(publication):
        return None
    return TitleLine(
        publication=publication,
        number=int(match["number"]),
        title=title,
        date=day,
        sure=bool(match["marker"])
        or (
            " " in publication
            and (len(match["number"]) > 1 or publication.lower().startswith("the "))
            and not _YEAR.fullmatch(match["number"])
        ),
    )


def _undated(line: str) -> tuple[str, datetime.date | None] | None:
    """A line without its day or its season: `The Lathe #7, 3 June 2024`, `…, Spring 2003`."""
    # Few lines have a number that is marked, and to look for days in all others takes time.
    if not _MARKED.search(line):
        return None
    if dated := day_in_title(line):
        return dated
    season = _SEASON.search(line) if len(line) <= _LONGEST_SEASONAL else None
    return (line[: season.start()], None) if season else None


def is_volume(text: str) -> bool:
    """`Vol. 6, No. 2`: which issue it is, in a form that is no number."""
    return len(text) <= 40 and _VOLUME.match(squeeze(text)) is not None


def numbered(text: str) -> Facts | None:
    """A title that opens with the issue's number: `#12 – Cranes`, `Issue 57`, `No. 44: Locks`.

    >>> numbered("#12 – Cranes").number
    12
    """
    # A zero width space keeps programs from making a link of `#459`.
    line = squeeze(text.replace("\u200b", ""))
    dated = day_in_title(line)
    match = _LEADING.fullmatch(dated[0] if dated else line) if len(line) <= _LONGEST else None
    if match is None:
        return None
    return Facts(
        number=int(match["number"]),
        title=match["title"] or match["rest"],
        date=dated[1] if dated else None,
    )


def ends_in_number(text: str) -> Facts | None:
    """A title that closes with the number: `Cranes (#12)`, `Cranes | Harbour Notes #12`.

    >>> ends_in_number("Cranes (#12)").title
    'Cranes'
    """
    line = squeeze(text)
    match = _TRAILING.fullmatch(line) if len(line) <= _LONGEST else None
    if match is None or _VOLUME.search(line):
        return None
    return Facts(
        publication=match["name"], number=int(match["number"]), title=match["title"].strip()
    )


def in_volume(text: str) -> Facts | None:
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
    return Facts(publication=name or None, date=dated[1] if dated else None)


def before_name(text: str, names: Sequence[str]) -> Facts | None:
    """A title that is a number, then the publication's own name: `12 - Harbour Notes - 3 June`."""
    line = squeeze(text)
    dated = day_in_title(line)
    match = _NUMBER_FIRST.fullmatch(dated[0] if dated else line) if len(line) <= _LONGEST else None
    if match is None or match["name"].casefold() not in {name.casefold() for name in names}:
        return None
    return Facts(number=int(match["number"]), date=dated[1] if dated else None)


def dated(text: str) -> Facts | None:
    """A title with the issue's day, or the month of a monthly letter; the words may name it."""
    line = squeeze(text)
    if found := day_in_title(line):
        name, day = found
        name = _BEFORE_VOLUME.sub("", name)
        named = is_periodical(name) or _EDITION.search(line)
        return Facts(publication=name if named else None, title=line, date=day)
    month = _MONTHLY.fullmatch(line) if len(line) <= _LONGEST else None
    if month and is_periodical(name := _BEFORE_VOLUME.sub("", month["name"])):
        return Facts(publication=name, title=line)
    return None


def taken_apart(carrier: Decision, publication: str | None = None) -> Decision:
    """What a carrier says, with its title taken apart where that has the form of a title line.

    A feed's title of its entry, a mail's subject: `Import AI 396: $80bn on AI infrastructure`.
    `publication` is what the owner of the archive calls it.
    """
    facts = carrier.facts
    text = facts.title or ""
    names = [name for name in (publication, facts.publication) if name]
    line = title_line(text)
    if line and (line.sure or line.number == facts.number or _is_named(line, names)):
        if facts.number not in {None, line.number}:
            return carrier
        return _of_line(carrier, line, names)
    title = numbered(text) or ends_in_number(text) or before_name(text, names)
    if facts.number is None and title:
        return _with(carrier, EvidenceKind.CARRIER_TITLE, title)
    if title := dated(text):
        found = reported(EvidenceKind.CARRIER_TITLE, replace(title, title=None), text)
        return decide((*found, *carrier.evidence))
    return carrier


def _of_line(carrier: Decision, line: TitleLine, names: list[str]) -> Decision:
    """The facts of a title line: name, number, and the issue's own title."""
    if names and not _is_named(line, names) and line.title is None and line.date is None:
        # `Cranes and locks, issue 12`, where the newsletter is known by another name.
        found = Facts(number=line.number, title=line.publication)
    else:
        found = replace(line.facts, publication=known_as(line.publication, *names))
    return _with(carrier, EvidenceKind.CARRIER_TITLE_LINE, found)


def _with(carrier: Decision, kind: EvidenceKind, found: Facts) -> Decision:
    """The decision with what its title says in place of the title as a whole."""
    others = (one for one in carrier.evidence if one.fact != "title")
    return decide((*reported(kind, found, carrier.facts.title), *others))


def _is_named(line: TitleLine, names: list[str]) -> bool:
    return bare_name(line.publication) in {bare_name(name) for name in names}
