"""The publication's name that a Subject shares with the first lines of its mail.

`EDU News, March 14, 2001` from `Loom Institute <loom@…>`, above `EDU News is a service of …`: who
sends is not always what is sent. No sign is sure alone, so several must agree: the Subject has a
day or a number behind the name, a line on top is the name, a day or a number is beside that or
next to it, the name sounds like a newsletter's, and comes again where the text speaks of itself.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backissue.ingest.identity.evidence import Decision, Evidence, EvidenceKind, decide, reported
from backissue.ingest.identity.publications import (
    WORDS,
    bare_name,
    is_letter,
    is_periodical,
)
from backissue.records import Facts
from backissue.text.days import day_within
from backissue.text.periods import is_period
from backissue.text.prose import fold, squeeze

# Lines: the name is on one of so many, and its number or day within so many of it.
_FIRST = 14
_NEAR = 2
# Signs that must agree; more where the one who sends is named as a newsletter's sender is.
_FEWEST = 3
_FEWEST_AGAINST = 4
_MASTHEAD = 5
_OFTEN = 2  # lines that have the name again
_LONGEST_LINE = 120
_LONGEST_NAME = 60
_MOST_WORDS = 7
_MOST_LINES = 2_000
# What says which issue it is, behind the name.
_WHICH = re.compile(
    r"[#№]\s?\d|\bv(?:ol)?\.?\s?\d|\b\d{1,3}\.\d{1,3}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
    r"|\b\d{1,2}[ -][A-Za-z]{3,9}[ -](?:\d\d)?\d\d\b"
    r"|\b(?:no|nr|num|number|issue|iss|volume|edition|ausgabe|jahrgang|jaargang|nummer|numéro|número"
    r"|numero|n[°º]|núm|выпуск|номер)\b\.?:?\s?[#№]?\s?\d|第\s?\d",
    re.IGNORECASE,
)
_FOR = re.compile(r"(?:^|\s)(?:for|of|from|vom|du|del|van|от)$", re.IGNORECASE)
_PARTS = re.compile(r"(?<!\s)\s++[-–—|·•>]{1,3}\s+|[:|,]\s+")
_IS_DAY = re.compile(r"\d{1,2}[./ -][\dA-Za-z]{1,9}[./ -]\d")
_QUOTED = re.compile(r"(?<!\S)[\"“„«]([^\"“”„«»]{2,60})")
_NO_NAMES = ("generic", "nameless", "nobody")
_LATEST = re.compile(
    r"(?:(?:here is |this is )?the )?(?:latest|new|newest)\s+(?=\S)", re.IGNORECASE
)
# `Here is the latest Kiln Weekly News`
_INTRODUCES = re.compile(r"(?:here is|this is|welcome to|you are reading)\b", re.IGNORECASE)
_AROUND = " \t,.:;|·•–—-/(){}<>\"'“”„«»‘’*=_#~■□◆◇●○★☆▼【】「」『』"
_REST = re.compile(r"[\s\d)\]]*(?:[:–—|]|\s-)\s+(?P<title>[^\W\d].*)|\s*\)\s+(?P<behind>[^\W\d].*)")
# Where a text speaks of itself.
_OF_ITSELF = re.compile(
    r"subscri|copyright|©|\bissn\b|publish|newsletter|\barchive|service of|\bedit|abonn|abbestell"
    r"|herausgeb|désinscri|desabonn|rassylk|рассылк|подпис|배포|退订|配信",
    re.IGNORECASE,
)
_WEAK = frozenset({None, EvidenceKind.SENDER, EvidenceKind.SUBJECT_DAY, EvidenceKind.SUBJECT_NAME})
_MAY_CHANGE = _WEAK | {
    EvidenceKind.SENDER_ADDRESS,
    EvidenceKind.LIST_TAG,
    EvidenceKind.LIST_ID,
    EvidenceKind.SUBJECT_VOLUME,
}


@dataclass(frozen=True, slots=True)
class _Named:
    """What may be a name in a line, whether a day or number is behind it, and the words after."""

    names: tuple[str, ...]
    dated: bool
    rest: str = ""
    day: bool = False
    quoted: str = ""

    def quotes(self, name: str) -> bool:
        """Whether the line has this name in quotation marks."""
        return bool(self.quoted) and self.quoted == name


def confirmed(carrier: Decision, lines: Sequence[str]) -> Decision:
    """What a mail's fields say, with the name that Subject and first lines agree on."""
    kind = _kind(carrier, "publication")
    title = next((one for one in carrier.evidence if one.fact == "title"), None)
    if title is None or title.kind is not EvidenceKind.SUBJECT or kind not in _MAY_CHANGE:
        return carrier
    subject = _named(str(title.value))
    lines = [squeeze(line) for line in lines[:_MOST_LINES]]
    fewest = _FEWEST if kind in _WEAK else _FEWEST_AGAINST
    found = _agreed(subject, lines, weak=kind in _WEAK, fewest=fewest)
    if found is None and kind is EvidenceKind.SENDER and not subject.names:
        found = _beside_day(lines)
    if found is None:
        return carrier
    made: tuple[Evidence, ...] = reported(
        EvidenceKind.SHARED_NAME, Facts(publication=found), title.text
    )
    # Behind a number, the title's own rules part both.
    if own := subject.day and _REST.fullmatch(subject.rest):
        words = (own["title"] or own["behind"]).strip()
        made += reported(EvidenceKind.CARRIER_TITLE, Facts(title=words), title.text)
    return decide((*made, *carrier.evidence))


def _kind(carrier: Decision, fact: str) -> EvidenceKind | None:
    return next((one.kind for one in carrier.evidence if one.fact == fact), None)


def _agreed(subject: _Named, lines: Sequence[str], *, weak: bool, fewest: int) -> str | None:
    """The name for which most signs speak, if these are enough; as the text spells it."""
    # Behind a colon is a title, unless it sounds like a newsletter's name.
    opening = _key(subject.names[0]) if subject.names else ""
    own = {
        _key(name): name
        for name in reversed(subject.names)
        if opening.startswith(_key(name)) or is_letter(name) or subject.quotes(name)
    }
    first = [_named(line) for line in lines[:_FIRST]]
    best: tuple[int, str] | None = None
    for place, line in enumerate(first):
        near = first[max(0, place - _NEAR) : place + _NEAR + 1]
        introduces = _INTRODUCES.match(lines[place]) is not None
        which = subject.dated + (line.dated or introduces or any(one.dated for one in near))
        for name in line.names if which else ():
            other = own.get(_key(name)) or (_ending(name, own) if line.dated else None)
            if not other:
                continue
            sounds = is_periodical(name) or is_letter(name)
            # The line itself is the first sign.
            # Both are nothing but the name and which issue it is.
            alone = subject.names[0] == other and _key(line.names[0]) == _key(name)
            signs = 1 + which + introduces + sounds + weak + (alone and (sounds or which > 1))
            signs += _recurs(name, lines)
            rank = signs + 2 * _key(subject.names[0]).startswith(_key(other))
            if signs >= fewest and (best is None or rank > best[0]):
                best = rank, _spelled(name, other)
    return best[1] if best else None


def _beside_day(lines: Sequence[str]) -> str | None:
    """The name next to a day or month on top, where a person's Subject has none: `June letter`.

    It sounds like a newsletter's, or is in capitals.
    """
    first = [_named(line) for line in lines[:_MASTHEAD]]
    for place, line in enumerate(first):
        near = [*first[max(0, place - 1) : place], *first[place + 1 : place + 2]]
        alone = not line.dated and len(line.names) == 1 and line.names[0] == lines[place].strip()
        if alone and any(one.dated and not one.names for one in near):
            name = line.names[0]
            if is_letter(name) or (name.isupper() and len(name.split()) > 1):
                return name
    return None


def _recurs(name: str, lines: Sequence[str]) -> int:
    """One sign if other lines have the name again, two if the text speaks of itself in one."""
    low = fold(name).casefold()
    having = [line for line in lines if low in fold(line).casefold()]
    told = [line for line in having if _OF_ITSELF.search(line.casefold().replace(low, " "))]
    return (len(having) > _OFTEN) + bool(told)


def _ending(name: str, own: dict[str, str]) -> str | None:
    """The subject's shorter name for what a line calls `This is Kiln`: `Kiln`."""
    words = name.split()
    keys = (_key(" ".join(words[place:])) for place in range(1, min(len(words), _MOST_WORDS)))
    return next((name for key in keys if len(own.get(key, "")) > 3), None)


def _spelled(name: str, other: str) -> str:
    """A name as the line has it; where that is in capitals, as the Subject spells it."""
    if name.isupper() and not other.isupper() and _key(name) == _key(other):
        return other
    return name


def _key(name: str) -> str:
    """A name to compare by, in which `día` and `dia` are the same."""
    plain = unicodedata.normalize("NFKD", bare_name(name))
    return "".join(char for char in plain if not unicodedata.combining(char))


def _named(text: str) -> _Named:
    """What is before the first day or number of a short line, whole and in its parts."""
    line = squeeze(text)
    which = _WHICH.search(line[: 2 * _LONGEST_LINE])
    day = day_within(line) if len(line) <= 2 * _LONGEST_LINE else None
    ends = [which.start()] if which else []
    starts = [which.end()] if which else []
    if day:
        ends.append(len(day[0]))
        starts.append(len(line) - len(day[2]))
    before = _FOR.sub("", line[: min(ends)].rstrip(_AROUND)) if ends else line
    period = _period(before)
    names = dict.fromkeys(_candidates(before[:period], opens=not ends))
    rest = line[max(starts) :] if starts else ""
    is_day = day is not None or (which is not None and _IS_DAY.match(which[0]) is not None)
    quoted = _QUOTED.search(before)
    return _Named(
        names=tuple(names),
        dated=bool(ends) or period is not None,
        rest=rest,
        day=is_day,
        quoted=quoted[1].strip(_AROUND) if quoted else "",
    )


def _period(line: str) -> int | None:
    """Where a month or a week starts, as the whole of a part of a line."""
    if len(line) > _LONGEST_LINE:
        return None
    starts = [0, *(part.end() for part in _PARTS.finditer(line))]
    ends = [*(part.start() for part in _PARTS.finditer(line)), len(line)]
    parts = zip(starts, ends, strict=True)
    return next((start for start, end in parts if is_period(line[start:end].strip(_AROUND))), None)


def _candidates(text: str, *, opens: bool) -> Iterator[str]:
    quoted = _QUOTED.search(text[: 2 * _LONGEST_LINE])
    for part in (text, *([quoted[1]] if quoted else []), *_PARTS.split(text)[:_MOST_WORDS]):
        name = _LATEST.sub("", part.strip(_AROUND), count=1).strip(_AROUND).rstrip("[")
        worded = re.search(r"[^\W\d_]{2}", name) and len(name) <= _LONGEST_NAME
        if worded and not any(WORDS.pattern(one).fullmatch(name) for one in _NO_NAMES):
            yield name
    # `EDU News is a service of …`
    if opens and (verb := re.match(r"(?P<name>[A-Z].{1,50}?)\s+(?:is|est|ist|es)\s", text)):
        yield verb["name"].strip(_AROUND)
