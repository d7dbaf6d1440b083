"""Greetings, which name the publication: `Welcome to Import AI, a newsletter about …`."""

import re
from typing import TYPE_CHECKING

from backissue.ingest.identity.publications import WORDS, is_periodical
from backissue.records import Facts
from backissue.text.prose import squeeze

if TYPE_CHECKING:
    from backissue.ingest.identity import numbers

_MOST_GREETING_WORDS = 12
# `Welcome to the Harbour archive.`
_TAIL = re.compile(r"(?<=\S)\s(?:archives?|mailing list|inbox)$", re.IGNORECASE)
_MOST_NAME_WORDS = 8
_GREETING = re.compile(
    r"(?:hello,?\s+and\s+)?welcome\s+(?:back\s+)?to\s+(?:(?:this|another)\s+\w+\s+of\s+)?"
    # `to the three hundred and first issue of`, `to this year's fourth edition of`, `to issue 7 of`
    r"(?:(?:(?:the|this|another|an?|our|my|your)(?:['’]s)?\s+(?:[\w’'-]+\s+){0,8}?)?"
    r"(?:issue|edition|instal?lment|number)\s+(?:(?:no\.?\s*|number\s+)?[#№]?\d{1,5}\s+)?of\s+)?"
    r"(?P<publication>[A-Z0-9](?:[^,.!?:;\n]|\.(?=\w)){1,58}?)"
    r"(?:,\s+(?:a|an|the|your|my|our|where|in\s+which)\s|[.!:](?!\w)|\s+[-–—]\s)",
    re.IGNORECASE,
)
_NO_GREETED = re.compile(r"\b(?:issue|edition)\b.*\b(?:of|for)\b", re.IGNORECASE)
_DETERMINER = re.compile(r"(the|our|my|your|this|another|an?)\s+(?=\S)")
_MARKED = re.compile(r"(?:[#№]|\b(?:issue|edition|number|no\.)\s)\s?\d", re.IGNORECASE)
_GREETING_OPENING = re.compile(r"(?:hello,?\s+and\s+)?welcome\s+(?:back\s+)?to\b", re.IGNORECASE)
# A sentence from the words that ask to subscribe to its end.
_ASK = re.compile(r"\bsubscrib(?:e|ing)\b[^.!?]*+(?:[.!?]++(?=\s|$)|$)", re.IGNORECASE)
_LONGEST_GREETING = 2000


def greeted(text: str) -> str | None:
    """The publication that a greeting names, or None.

    >>> greeted("Welcome to Harbour Notes, a letter about ports.")
    'Harbour Notes'
    """
    match = _GREETING.match(squeeze(text))
    if match is None or _NO_GREETED.search(match["publication"]):
        return None
    name = match["publication"].strip()
    determiner = _DETERMINER.match(name)
    name = name[determiner.end() :] if determiner else name
    name = _TAIL.sub("", name)
    own = determiner is None or determiner[1].casefold() == "the" or is_periodical(name)
    # `Welcome to the show!`
    named = name[:1].isupper() or name[:1].isdigit() or name[1:2].isupper()
    nowhere = any(WORDS.pattern(group).fullmatch(name) for group in ("nowhere", "generic"))
    return name if own and named and not nowhere and not _MARKED.search(name) else None


def split(text: str) -> tuple[str, str]:
    """A greeting's fixed words, which end where it asks to subscribe, and its news."""
    if not _GREETING_OPENING.match(text.lstrip()):
        return "", text
    # A sentence that is not over where greetings are is the news already.
    opening = text[:_LONGEST_GREETING]
    ends = [ask.end() for ask in _ASK.finditer(opening)]
    end = max((end for end in ends if end < _LONGEST_GREETING or opening == text), default=0)
    return text[:end], text[end:]


def greeting_before(words: str) -> str | None:
    """What follows a greeting in the words before a number: a name, or nothing; None without one.

    >>> greeting_before("Welcome to the Harbour Letter"), greeting_before("Welcome to")
    ('Harbour Letter', '')
    """
    parts = words.split(" ")
    for count in range(min(len(parts), _MOST_GREETING_WORDS), 0, -1):
        if WORDS.pattern("welcomes").fullmatch(" ".join(parts[:count])):
            return " ".join(parts[count:])
    return None


def with_number(found: "numbers.Numbered") -> Facts | None:
    """The number that a greeting has, and the name in it: `Welcome to the Harbour Letter #12`."""
    name = greeting_before(found.before)
    worded = not found.mark or len(found.mark) > len("No. #") or found.number > 1
    if name is None or not worded or (name and (found.of or not _may_be_name(name))):
        return None
    return Facts(publication=name or found.of, number=found.number)


def _may_be_name(name: str) -> bool:
    """Whether words between a greeting and a number name a newsletter."""
    words = name.split()
    if len(words) > _MOST_NAME_WORDS or re.search(r"[.!?;:|]\s", name):
        return False
    if any(WORDS.pattern(group).fullmatch(name) for group in ("nameless", "generic", "nowhere")):
        return False
    counted = WORDS.pattern("counted_things").fullmatch(name)
    capitals = all(not word[:1].islower() for word in words)
    return not counted and (is_periodical(name) or capitals)
