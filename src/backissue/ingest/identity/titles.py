"""Titles that say which issue they are of without being a title line: a number, or a day.

`#12 – Cranes`, `Issue 57`, `Cranes and locks (#12)`; `Data Is Plural — 2015.10.21 edition`,
`Harbour letter: May 2025`. A volume and the number in it (`Vol. 6, No. 2`) are read by `volumes`.
"""

import datetime
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from backissue.ingest.identity.evidence import Decision, EvidenceKind, decide, reported
from backissue.ingest.identity.publications import (
    VOLUME_SIGN,
    WORDS,
    bare_name,
    is_letter,
    is_periodical,
    is_person,
    known_as,
    sender_of,
    unadorned,
    without_newsletter,
)
from backissue.records import Facts
from backissue.text.days import date_line, day_in_title
from backissue.text.prose import fold, squeeze
from backissue.text.rules import bounded

if TYPE_CHECKING:
    from backissue.ingest.identity import numbers

_TITLE = re.compile(
    r"(?P<publication>[^\W_][^.!?;:|\n]{0,58}?)(?:\s|(?<!\d),)\s?(?:[-–—|]\s)?(?P<number>\d{1,5})"
    # `22:13` is an hour.
    r"(?:,\s+vol(?:ume|\.)?\s*#?(?P<volume>\d{1,4}))?(?:\s*(?::(?!\d\d\b)|\||\s[-–—])\s*(?P<title>\S.*))?",
    re.IGNORECASE,
)
# What a marked number has beside it, in any language: a sign, or a word before or behind it.
_SIGN = re.compile(r"[#＃№°º第제期号號호]|\d(?:\.|[^\W\d_]{1,3})\s[^\W\d_]|\b[nN]\.\s?\d")
_WORD_BEFORE = re.compile(r"((?:[^\W\d_]|[\u0900-\u094f\u0e31-\u0e4e]){1,16})[.:,]?\s?\d")
_TWO_THINGS = re.compile(r"[;:：|\n]|\s[–—-]\s|[.!?。！？]\s(?=\S)|[#№]\s?\d")
# `Yahoo! News`, `St. Ives Letter`
_ONE_THING = re.compile(r"(?:[^\W\d_]{1,3}\.|[^\W\d_]+[!?]) [^.!?;:|–—]+")
# `March 7, 2022 | Read online` and `The best of 2024: …` have the form of a title line, too.
_ENDS_IN_DAY = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?(?:\s+\d{1,2}(?:st|nd|rd|th)?)?,?$",
    re.IGNORECASE,
)
# `The Lathe, vol. 12: wool` says no number.
_ENDS_IN_VOLUME = re.compile(r"(?i)\bvol(?:ume|\.)?\s*(?:#?(?:\d{1,4}|[ivxlc]{1,8}),?)?$")
# `The Line #12` is a letter, `The Top 10` a list.
_THE_ONE = re.compile(r"The (?!Top|Part|First|Last|Next|Best)[A-Z][\w’']+")
_CAMEL = re.compile(r"[a-z][A-Z]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_VOLUME = re.compile(r"\bvol(?:\.|ume\b|\s*#?\d)", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s?[|·–—(\[:]\s?|,\s|\s-+\s|[.!?…]\s")
_LONGEST_NAME = 60
_LONGEST, _LONGEST_WELCOME = 300, 160  # characters
_NUMBER_FIRST = bounded(r"(?P<number>\d{1,5})\s*[-–—:|]\s*(?P<name>\S.*?)[\s,–—-]*", _LONGEST)
_MOST_WORDS, _SENTENCE = 4, 8  # words of a name behind a number, and of what is no name
_SHORTEST_IN_ADDRESS = 4  # characters of a name that an address has, too, though not by chance
_HEADING_MARK = re.compile(r"#{1,6}\s(?=\D)")
_TIME = re.compile(r"\s*+(?:this|last)\s", re.IGNORECASE)
_HAS_NUMBER = re.compile(r"\d|第")


class TitleLine(Struct, frozen=True, kw_only=True):
    """`Import AI 395: AI and energy demand`, taken apart.

    `sure` says that its form alone tells it from `Claude 3: what it means` and `Chapter 12`: the
    number is marked as an issue's (`#12`, `No. 12`), or a name of two words has one of two digits
    that is no year, or one word is written as only a name is (`ImportAI 449`). `marked` says that
    it is so marked. `name` is the publication as written; it is `apart` where more than a space
    parts it from the number.
    """

    publication: str
    number: int
    title: str | None
    sure: bool
    marked: bool = False
    volume: int | None = None
    date: datetime.date | None = None
    name: str = ""
    apart: bool = False

    @property
    def facts(self) -> Facts:
        """What the line says of its issue."""
        return Facts(
            publication=self.publication,
            number=self.number,
            volume=self.volume,
            title=self.title,
            date=self.date,
        )


def title_line(text: str) -> TitleLine | None:
    """An issue's title line: publication, number and, as a rule, a title; or a day for one."""
    line = squeeze(text).replace(" -- ", " – ")
    if VOLUME_SIGN.search(line[:_LONGEST]) and (in_parts := _in_volume(line)):
        return in_parts[0]
    lines = (_marked_line(found) for found in _marked(line))
    return next(filter(None, lines), None) or _plain_line(line)


def _marked(line: str) -> Iterator["numbers.Numbered"]:
    """The marked numbers of a line; few lines have one."""
    top = line[:_LONGEST]
    if not _HAS_NUMBER.search(top):
        return
    before = {word.casefold() for word in _WORD_BEFORE.findall(top)}
    if not _SIGN.search(top) and before.isdisjoint(WORDS.words("number_words") | {"vol"}):
        return
    from backissue.ingest.identity import numbers  # noqa: PLC0415 - few lines have one

    yield from numbers.marked(line)


def _marked_line(found: "numbers.Numbered") -> TitleLine | None:
    """`The Lathe, Issue No. 12: Steel`, `窑洞周刊（第 12 期）`."""
    name = found.of or found.before
    if (found.of and found.before) or _greeting_before(found.before) is not None:
        return None
    publication = without_newsletter(name)
    if not _is_name(name) or (found.loose and (found.title or "")[-1:] in ".!?:;,"):
        return None
    if found.bracketed and not found.date and found.mark[:1] in "#(" and not is_periodical(name):
        return None  # `Cranes and locks (#12)`
    return TitleLine(
        publication=publication,
        number=found.number,
        title=found.title,
        date=found.date,
        volume=found.volume,
        marked=not found.loose,
        sure=not found.loose and not found.of,
        name=name,
        apart=found.apart,
    )


def _in_volume(line: str) -> tuple[TitleLine | None] | None:
    """`Lathe Digest 15.28`, `Lathe Weekly, Vol 6, No 2: Cranes`; None for a line of another form.

    None in its place for one that is no title line, though it names a volume's issue.
    """
    from backissue.ingest.identity import dated_titles, volumes  # noqa: PLC0415 - few have a volume

    found = volumes.named(line)
    if found is None:
        return None
    name, issue, rest = found
    before = day_in_title(name)  # `Harbour Digest Thu July 30, 1998 Volume 10 : Issue 43`
    name = before[0] if before else name
    publication = without_newsletter(name.rstrip(" ,-–—|("))
    if WORDS.pattern("nameless").fullmatch(publication):
        return (None,)
    day = dated_titles.day_or_month(rest.removeprefix(",").strip()) if rest else None
    if rest and rest.startswith(",") and not day:
        return (None,)  # a sentence that cites it goes on so
    line_of = TitleLine(
        publication=publication,
        number=issue.number,
        volume=issue.volume,
        title=None if day else rest,
        date=before[1] if before else day[0] if day else None,
        marked=True,
        sure=True,
        name=name,
    )
    return (line_of,)


def _plain_line(line: str) -> TitleLine | None:
    """`Import AI 395: Energy`, with nothing but a space before the number."""
    match = _TITLE.fullmatch(line)
    if match is None or _ENDS_IN_DAY.search(match["publication"]):
        return None
    name = match["publication"].strip().rstrip(" -–—|,")
    again = name.count(" ") < _SENTENCE and WORDS.pattern("periodical").search(name) is not None
    if not _is_name(name) or (not again and WORDS.pattern("versions").fullmatch(name)):
        return None
    publication, number, title = without_newsletter(name), match["number"], match["title"]
    day = date_line(title) if title else None
    long = len(number) > 1 or again or publication.lower().startswith("the ")
    camel = len(number) > 2 and _CAMEL.search(name) is not None
    return TitleLine(
        publication=publication,
        number=int(number),
        title=None if day else title,
        date=day,
        volume=int(match["volume"]) if match["volume"] else None,
        sure=not _YEAR.fullmatch(number) and (camel or (" " in publication and long)),
        name=name,
    )


def _is_name(name: str) -> bool:
    """Whether what is before an issue's number can be a publication's name."""
    if not 0 < len(name) <= _LONGEST_NAME or not name.lstrip("[「『【")[:1].isalnum():
        return False
    if _ENDS_IN_VOLUME.search(name) or _VOLUME.match(name) or name[-1] in "#＃№°º":
        return False
    if WORDS.pattern("nameless").fullmatch(name) or WORDS.pattern("generic").fullmatch(name):
        return False
    if _TWO_THINGS.search(name) and not _ONE_THING.fullmatch(name):
        return False
    counted = WORDS.pattern("counted_things").fullmatch(name) and not _THE_ONE.fullmatch(name)
    last = name.rpartition(" ")[2].rstrip(".:").casefold()
    words = WORDS.words("number_words")
    return not counted and not WORDS.pattern("unfinished").fullmatch(name) and last not in words


def is_volume(text: str) -> bool:
    """`Vol. 6, No. 2`: which issue it is, in a form that is no number."""
    return len(text) <= 40 and _VOLUME.match(squeeze(text)) is not None


def numbered(text: str, *, loose: bool = False) -> Facts | None:
    """A title that opens with the issue's number: `#12 – Cranes`, `Issue 57`, `No. 44: Locks`.

    `loose` says that the publication is known, so that `#012 Cranes` is one, too.

    >>> numbered("#12 – Cranes").number
    12
    """
    # A zero width space keeps programs from making a link of `#459`.
    line = _HEADING_MARK.sub("", unadorned(squeeze(text.replace("\u200b", ""))))
    if len(line) > _LONGEST:
        return None
    for found in _marked(line):
        generic = WORDS.pattern("generic").fullmatch(found.before)
        # `Number 10: a house`
        house = found.mark.casefold() == "number" and found.title
        if (not found.before or generic) and not house:
            name, _, title = (found.title or "").partition(" | ")
            if (found.loose or "|" in line) and found.number > 1 and _is_letter(name):
                return Facts(publication=name, number=found.number, title=title or None)
            signed = found.mark[:1] in {"#", "＃", "№"}
            if found.loose and not (loose and signed and found.number > 1):
                break
            return Facts(
                publication=found.of, number=found.number, title=found.title, date=found.date
            )
        break
    plain = _TITLE.fullmatch(line)
    if plain and WORDS.pattern("generic").fullmatch(plain["publication"]):
        return Facts(number=int(plain["number"]), title=plain["title"])
    return None


def _is_letter(text: str) -> bool:
    """Whether words can only be a publication's name: `The Lathe`, `Harbour Weekly`."""
    return len(text.split()) <= _MOST_WORDS and is_periodical(text) and _is_in_title_case(text)


def _is_in_title_case(name: str) -> bool:
    return not any(word[:1].islower() for word in name.split())


def welcomed(text: str) -> Facts | None:
    """The number in a greeting: `Welcome to issue #12 of The Lathe!`, `Willkommen zur 12. Ausgabe`.

    >>> welcomed("Welcome to issue #100!").number
    100
    """
    found = next(_marked(squeeze(text[:_LONGEST_WELCOME])), None)
    if found is None or not found.before:
        return None
    from backissue.ingest.identity import greetings  # noqa: PLC0415 - few lines have a number

    return greetings.with_number(found)


def ends_in_number(text: str, names: Sequence[str] = ()) -> Facts | None:
    """A title that closes with the number: `Cranes (#12)`, `Cranes | Harbour Notes #12`.

    One of the `names` of the publication may follow a whole sentence: `They grow! The Lathe #12`.

    >>> ends_in_number("Cranes (#12)").title
    'Cranes'
    """
    line = squeeze(text)
    if len(line) > _LONGEST or _VOLUME.search(line):
        return None
    for found in _marked(line):
        if found.title is None and found.before and not found.of:
            title, name = _title_and_name(found, names)
            if title:
                return Facts(publication=name, number=found.number, title=title, date=found.date)
    return None


def _title_and_name(
    found: "numbers.Numbered", names: Sequence[str]
) -> tuple[str | None, str | None]:
    """What is before a number that ends a title, as title and publication."""
    if found.apart:
        unfit = WORDS.pattern("counted_things").fullmatch(found.before)
        return (None if unfit else found.before), None
    parts = list(_SEPARATOR.finditer(found.before))
    for part in reversed(parts):
        title, name = found.before[: part.start()], found.before[part.end() :]
        known = bare_name(name) in {bare_name(one) for one in names}
        if known or (_is_name(name) and part[0].strip() not in {".", "!", "?", "…"}):
            return title.strip(), name
        if _is_name(name) and len(name.split()) <= _MOST_WORDS and _is_in_title_case(name):
            return found.before[: part.end()].strip(), None
    return None, None


def in_volume(text: str) -> Facts | None:
    """A line that says nothing but a name, a volume's issue, and a day or an address.

    `Harbour Digest  Vol. 6, No. 2  June 3, 2024  editor@e.org`. A sentence that cites one is none.
    """
    line = squeeze(text)
    if len(line) > _LONGEST or not VOLUME_SIGN.search(line):
        return None
    from backissue.ingest.identity import volumes  # noqa: PLC0415 - few lines name a volume

    return volumes.alone(line)


def before_name(text: str, names: Sequence[str]) -> Facts | None:
    """A title that is a number, then the publication's own name: `12 - Harbour Notes - 3 June`."""
    line = squeeze(text)
    dated = day_in_title(line)
    match = _NUMBER_FIRST.fullmatch(dated[0] if dated else line)
    if match is None or bare_name(match["name"]) not in set(map(bare_name, names)):
        return None
    return Facts(number=int(match["number"]), date=dated[1] if dated else None)


def dated(text: str) -> Facts | None:
    """A title with the issue's day, or the month of a monthly letter; the words may name it."""
    if not re.search(r"\d", text[:_LONGEST]):
        return None
    from backissue.ingest.identity import dated_titles  # noqa: PLC0415 - few lines have a number

    return dated_titles.dated(text)


def _after_its_time(text: str) -> Facts | None:
    """The name and title in `This Week in Lathes: cranes come back`."""
    if not _TIME.match(text):
        return None
    from backissue.ingest.identity import dated_titles  # noqa: PLC0415 - few titles open so

    return dated_titles.called_after_its_time(text)


def _greeting_before(words: str) -> str | None:
    from backissue.ingest.identity import greetings  # noqa: PLC0415 - few lines have a number

    return greetings.greeting_before(words) if words else None


def taken_apart(carrier: Decision, publication: str | None = None) -> Decision:
    """What a carrier says, with its title taken apart where that has the form of a title line.

    A feed's title of its entry, a mail's subject: `Import AI 396: $80bn on AI infrastructure`.
    `publication` is what the owner of the archive calls it.
    """
    facts = carrier.facts
    text = facts.title or ""
    names = [name for name in (publication, facts.publication) if name]
    line = title_line(text)
    if line and line.volume is not None and facts.date:
        from backissue.ingest.identity import volumes  # noqa: PLC0415 - few lines name a volume

        day = volumes.is_day((line.volume, line.number), text, facts.date)
        line = None if day else line
    if line and (line.sure or line.number == facts.number or _is_named(line, names, carrier)):
        if facts.number not in {None, line.number}:
            return carrier
        return _of_line(carrier, line, names)
    loose = bool(names or facts.date)
    title = numbered(text, loose=loose) or ends_in_number(text, names) or before_name(text, names)
    if facts.number is None and title:
        named = title.publication and not publication and sender_of(carrier)
        kind = EvidenceKind.CARRIER_TITLE_LINE if named else EvidenceKind.CARRIER_TITLE
        return _with(carrier, kind, title)
    if not names and (title := _after_its_time(text)):
        return _with(carrier, EvidenceKind.CARRIER_TITLE_LINE, title)
    greeted = welcomed(text) if facts.number is None else None
    if greeted or (title := dated(text)):
        found = greeted or replace(title or Facts(), title=None)
        kind = EvidenceKind.CARRIER_TITLE
        if greeted and greeted.publication and not publication and sender_of(carrier):
            kind = EvidenceKind.CARRIER_TITLE_LINE
        return decide((*reported(kind, found, text), *carrier.evidence))
    return carrier


def _of_line(carrier: Decision, line: TitleLine, names: list[str]) -> Decision:
    """The facts of a title line: name, number, and the issue's own title."""
    uncased = line.marked and line.name.upper() == line.name.lower() and is_periodical(line.name)
    bare = not uncased and line.title is None and line.date is None and bool(names)
    if bare and not _is_named(line, names, carrier) and not _names_more(line, names, carrier):
        # `Cranes and locks, issue 12`, where the newsletter is known by another name.
        found = Facts(number=line.number, title=line.name)
    else:
        found = replace(line.facts, publication=known_as(line.publication, *names))
    if line.volume is not None and line.title is None:
        # `Lathe News, Vol 6, No 2, June 2002` is all the title that there is.
        found = replace(found, title=carrier.facts.title)
    return _with(carrier, EvidenceKind.CARRIER_TITLE_LINE, found)


def _names_more(line: TitleLine, names: list[str], carrier: Decision) -> bool:
    """Whether a title line has a better name than what is known: that of a person, or a part of it.

    `LatheFocus Linux Newsletter #92` from Ada Moore; `The Kiln #12` from The Weekly Kiln.
    """
    words = set(fold(line.publication).casefold().split()) - {"the"}
    if any(words <= set(fold(name).casefold().split()) for name in names):
        return True
    found = next((one for one in carrier.evidence if one.fact == "publication"), None)
    if found and found.kind is EvidenceKind.LIST_ID and len(names) == 1:
        return line.marked and is_letter(line.name)  # the list may carry more than one
    sender = sender_of(carrier)
    if sender is None or len(names) > 1:
        return False
    if WORDS.pattern("letters").match(line.name.split()[-1]) or is_person(sender):
        return True
    title_case = not line.apart and _is_in_title_case(line.name)
    return not is_periodical(names[0]) and (title_case or is_periodical(line.name))


def _with(carrier: Decision, kind: EvidenceKind, found: Facts) -> Decision:
    """The decision with what its title says in place of the title as a whole."""
    others = (one for one in carrier.evidence if one.fact != "title")
    return decide((*reported(kind, found, carrier.facts.title), *others))


def _is_named(line: TitleLine, names: list[str], carrier: Decision) -> bool:
    """Whether a title line has the name of its publication, or that of the sender's address."""
    bare = bare_name(line.publication)
    sender = sender_of(carrier, weak=False) or ""
    address = bare_name(sender.rpartition("<")[2]) if "@" in sender else ""
    own = len(bare) >= _SHORTEST_IN_ADDRESS and bare in address
    return bare in {bare_name(name) for name in names} or own
