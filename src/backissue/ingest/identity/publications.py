"""The names of publications: what may be one, and what of it is the name.

A greeting names the publication, too: `Welcome to Import AI, a newsletter about …`.
"""

import re
from email.utils import parseaddr
from pathlib import Path

from backissue.ingest.identity.evidence import Evidence, EvidenceKind, reported
from backissue.records import Facts
from backissue.text.days import date_line
from backissue.text.prose import fold, squeeze
from backissue.text.rules import Table

WORDS = Table(path=Path(__file__).with_name("names.toml"))

# `Ada’s newsletter` without it names nothing.
_NEWSLETTER = re.compile(r"(?<=\w)(?<!['’]s)\s+newsletter$", re.IGNORECASE)
# What senders add to their name in a mail; in a title, `Ops Team #12` is its whole name.
_TAIL = re.compile(
    r"(?:(?<!['’]s)\s*[,|:–—-]?\s+(?:e-?mail\s+)?"
    r"(?:newsletters?|mailing[ -]list|announcements?|team))+$",
    re.IGNORECASE,
)
_FEED_PREFIX = re.compile(r"(?:rss|atom)\s+feed\s+(?:for|of|from)\s+", re.IGNORECASE)
_THE = re.compile(r"The [A-Z][\w’']*(?: [A-Z][\w’']*){0,3}")
_GREETING = re.compile(
    r"(?:hello,?\s+and\s+)?welcome\s+(?:back\s+)?to\s+(?:(?:this|another)\s+\w+\s+of\s+)?"
    # `to the three hundred and first issue of`, `to this year's fourth edition of`, `to issue 7 of`
    r"(?:(?:(?:the|this|another|an?|our|my|your)(?:['’]s)?\s+(?:[\w’'-]+\s+){0,8}?)?"
    r"(?:issue|edition|instal?lment|number)\s+(?:(?:no\.?\s*|number\s+)?[#№]?\d{1,5}\s+)?of\s+)?"
    r"(?P<publication>[A-Z0-9](?:[^,.!?:;\n]|\.(?=\w)){1,58}?)"
    r"(?:,\s+(?:a|an|the|your|my|our)\s|[.!:](?!\w)|\s+[-–—]\s)",
    re.IGNORECASE,
)
_NO_GREETED = re.compile(r"\b(?:issue|edition)\b.*\b(?:of|for)\b", re.IGNORECASE)
_GREETING_OPENING = re.compile(r"(?:hello,?\s+and\s+)?welcome\s+(?:back\s+)?to\b", re.IGNORECASE)
# A sentence from the words that ask to subscribe to its end.
_ASK = re.compile(r"\bsubscrib(?:e|ing)\b[^.!?]*+(?:[.!?]++(?=\s|$)|$)", re.IGNORECASE)
_LONGEST_GREETING = 2000


def is_periodical(name: str) -> bool:
    """Whether a name is that of something that appears again: `Harbour Weekly`, `The Lathe`."""
    return bool(WORDS.pattern("periodical").search(name) or _THE.fullmatch(name))


def without_newsletter(name: str) -> str:
    """A name without the word that any newsletter may have: `Harbour` for `Harbour Newsletter`.

    >>> without_newsletter("Harbour Newsletter"), without_newsletter("Ada’s Newsletter")
    ('Harbour', 'Ada’s Newsletter')
    """
    return _NEWSLETTER.sub("", name)


def without_tail(name: str) -> str:
    """A sender's name without what senders add to it.

    >>> without_tail("Harbour Mailing List")
    'Harbour'
    """
    return _TAIL.sub("", name) or name


def feed_name(name: str | None) -> str | None:
    """A feed's title without what says that it is a feed: `The Lathe (RSS)`.

    >>> feed_name("The Lathe » Feed")
    'The Lathe'
    """
    shown = _FEED_PREFIX.sub("", squeeze(name or ""), count=1)
    while (suffix := _last(WORDS.pattern("feed_suffix"), shown)) and suffix.start() > 0:
        shown = shown[: suffix.start()].rstrip()
    return shown or None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The match with which a short text ends."""
    return next((m for m in pattern.finditer(text[:500]) if m.end() == len(text)), None)


def bare_name(publication: str) -> str:
    """A publication's name to compare by: `Harbour Newsletter` and `Harbour` are one.

    >>> bare_name("Harbour Newsletter") == bare_name("Harbour")
    True
    """
    return without_newsletter(fold(publication).strip()).casefold()


def known_as(name: str, *others: str | None) -> str:
    """A name, or the one that a carrier has for it: `Harbour Newsletter` for `Harbour`."""
    bare = bare_name(name)
    return next((other for other in others if other and bare_name(other) == bare), name)


def greeted_publication(text: str) -> str | None:
    """The publication a greeting names, or None.

    >>> greeted_publication("Welcome to Import AI, a newsletter about AI.")
    'Import AI'
    """
    match = _GREETING.match(squeeze(text))
    if match is None or _NO_GREETED.search(match["publication"]):
        return None
    return match["publication"].strip()


def split_greeting(text: str) -> tuple[str, str]:
    """A greeting's fixed words, which end where it asks to subscribe, and its news."""
    if not _GREETING_OPENING.match(text.lstrip()):
        return "", text
    # A sentence that is not over where greetings are is the news already.
    opening = text[:_LONGEST_GREETING]
    ends = [ask.end() for ask in _ASK.finditer(opening)]
    end = max((end for end in ends if end < _LONGEST_GREETING or opening == text), default=0)
    return text[:end], text[end:]


# -- in the fields of a message ------------------------------------------------------------------

# What mail programs put before the subject of what they send on, in a dozen languages.
_PREFIX = re.compile(
    r"(?:(?:fwd?|re|aw|wg|tr|rv|enc|i|r|sv|vs|vb|doorst|fs|odp|pd|ynt|ilt)"
    r"(?:\[\d{1,3}\])?\s*[:：]\s*)+",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"(?:(?:re|aw|sv|vs|r)\s*:\s*)*(?:fwd?|wg|tr|rv|enc|i|vb|doorst|fs|pd|ilt)\s*[:：]|\[fwd:",
    re.IGNORECASE,
)
_LIST_TAG = re.compile(r"\[(?P<name>[^\[\]]{2,60})\]\s*")
# An emoji, its joiners and its colour, and what else opens a subject only to be noticed.
_ORNAMENT = re.compile(
    r"(?:[\u2600-\u27bf\u2b00-\u2bff\ufe0e\ufe0f\u200d\U0001f000-\U0001faff\U000e0020-\U000e007f]"
    r"\s*+)++"
    r"(?=[\w\"'“‘(\[])"
)
_ADDRESS = re.compile(r"\s*(?P<name>.*?)\s*<(?P<address>[^<>]*)>[^<>]*")
_LONGEST = 500
_VIA = re.compile(r"(?P<who>.+?)\s+(?:from|at|via|with|bei|von|chez)\s+(?P<name>[\w“\"‘'].*)", re.I)
_BESIDE = re.compile(r"\s*[|•·]\s*|\s+[@/–—-]\s+|,\s+")
_BY = re.compile(r"(?P<name>.+?)[,:]?\s+by\s+[^\W\d_].*", re.IGNORECASE)
# A list's number in a sending service is not its name: `f00ba4mc list`, `65a1…-4c`.
_NO_NAME = re.compile(r"[0-9a-f]{8,}.*|.*\bmc list\b.*|[\d\W_]+|.*(?:@|://).*", re.I | re.S)
_VOLUME = re.compile(
    r"(?P<name>[^\W_][^:;!?]{1,58}?)[\s,:–—-]+(?:vol(?:ume)?\.?\s*\d+[\s,:/.–—-]*(?:no|nr|number|issue|iss|num)"
    r"\b\.?\s*\d+|v\d+\s*n\d+)",
    re.IGNORECASE,
)
_VOLUME_AND_NUMBER = re.compile(
    r"(?P<name>[^\W_][^:;!?]{1,58}?)\s+\d{1,3}\.\d{1,3}(?=\s*[:|,–—-]|$)"
)
_DATED = re.compile(
    r"(?P<name>[^\W_][^:;!?]{1,58}?)\s*(?:[,:|(]|\s[-–—]|\s(?:for|of|from)\b)\s*(?P<day>[^,:|][^:|]{5,30}?)\)?"
)


def is_forward(subject: str) -> bool:
    """Whether a subject says that what is in the message was sent on: `Fwd: …`, `WG: …`."""
    return _FORWARDED.match(_ORNAMENT.sub("", subject, count=1)) is not None


def title_in_subject(subject: str, *, is_list: bool = False) -> str | None:
    """A subject without `Fwd:`, the list's tag, and an emoji in front.

    >>> title_in_subject("Fwd: [harbour] Cranes", is_list=True)
    'Cranes'
    """
    found = subject.strip()
    for _ in range(4):
        before = found
        found = _PREFIX.sub("", found, count=1) if _PREFIX.match(found) else found
        found = _ORNAMENT.sub("", found, count=1) if _ORNAMENT.match(found) else found
        tag = _LIST_TAG.match(found)
        if tag and (
            is_list or is_periodical(tag["name"]) or tag["name"].lower().startswith("fwd:")
        ):
            found = found[tag.end() :] or found
        if found == before:
            break
    return found[:_LONGEST].strip() or None


def in_message(
    subject: str, sender: str, *, list_id: str = "", listed: bool = False
) -> tuple[Evidence, ...]:
    """What a message's fields say of title and publication.

    The title is the subject as given, less what only sends it on. The publication is named by
    `Jack Clark from Import AI` and `[Import AI] …`; by a subject that has a volume behind the name;
    by a sender named as the address is (`ChinaTalk <chinatalk@…>`); by a subject that is a name and
    a date; by a list's description; else the one who sends is what is sent.
    """
    name, address = _name_and_address(sender)
    bare = _unprefixed(subject)
    names = (
        (EvidenceKind.SENDER_FOR, sender, _sent_for(name)),
        (EvidenceKind.LIST_TAG, subject, _of_list(bare, listed=listed)),
        (EvidenceKind.SUBJECT_VOLUME, subject, _of_volume(bare, f"{sender} {list_id}")),
        (EvidenceKind.SENDER_ADDRESS, sender, _named_as_address(name, address)),
        (EvidenceKind.SUBJECT_DAY, subject, _of_dated(bare)),
        (EvidenceKind.LIST_ID, list_id, _trimmed(_description(list_id))),
        (EvidenceKind.SENDER, sender, _trimmed(name)),
    )
    found = [
        one
        for kind, text, publication in names
        for one in reported(kind, Facts(publication=publication), text)
    ]
    return (
        *found,
        *reported(
            EvidenceKind.SUBJECT, Facts(title=title_in_subject(subject, is_list=listed)), subject
        ),
    )


def _name_and_address(sender: str) -> tuple[str, str]:
    """`The Batch @ Example <batch@e.org>`; `email.utils` cuts a name at its first odd sign."""
    if found := _ADDRESS.match(sender):
        return found["name"].strip("\"'“”‘’ "), found["address"]
    name, address = parseaddr(sender)
    return name, address


def _trimmed(name: str | None) -> str | None:
    """A name that can be a publication's, without what all of them may be called."""
    name = squeeze((name or "").strip("\"'“”‘’ "))
    if (
        not name
        or len(name) > 80
        or WORDS.pattern("nobody").fullmatch(name)
        or _NO_NAME.fullmatch(name)
    ):
        return None
    return without_tail(name)


def _sent_for(name: str) -> str | None:
    """`Jack Clark from Import AI`, `Import AI by Jack Clark`."""
    if via := _VIA.fullmatch(name):
        return _trimmed(via["name"])
    return _trimmed(by["name"]) if (by := _BY.fullmatch(name)) else None


def _unprefixed(subject: str) -> str:
    while prefix := _PREFIX.match(subject):
        subject = subject[prefix.end() :]
    return subject


def _of_list(subject: str, *, listed: bool) -> str | None:
    """`[Name] …`, from a mailing list."""
    tag = _LIST_TAG.match(subject)
    # What is sent on has lost the list's own fields: `[Lathe Weekly] …` names it all the same.
    named = (
        tag and (listed or is_periodical(tag["name"])) and re.search(r"[^\W\d_]{2}", tag["name"])
    )
    return _trimmed(tag["name"]) if tag and named else None


def _of_volume(subject: str, sender: str) -> str | None:
    """`Name, Vol 6, No 2`; `Name 15.24: …`, which may be a program's version, too."""
    subject = title_in_subject(subject) or ""
    if volume := _VOLUME.match(subject):
        return _trimmed(volume["name"])
    if (volume := _VOLUME_AND_NUMBER.match(subject)) and _letters(volume["name"]) in _letters(
        sender
    ):
        return _trimmed(volume["name"])
    return None


def _of_dated(subject: str) -> str | None:
    """`Name, 2002-07-19`."""
    dated = _DATED.fullmatch(title_in_subject(subject) or "")
    return _trimmed(dated["name"]) if dated and date_line(dated["day"]) else None


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def _named_as_address(name: str, address: str) -> str | None:
    """A sender's name, or the half of it, that the address has, too."""
    halves = [name, *_BESIDE.split(name)]
    return next((_trimmed(half) for half in halves if half and _is_named_as(half, address)), None)


def _is_named_as(name: str, address: str) -> bool:
    """Whether a sender's name is the address's, and not a person's, whose address is theirs."""
    local, _, host = address.lower().partition("@")
    local = _letters(local.partition("+")[0])
    words = [_letters(word) for word in name.split()]
    if len(words) in {2, 3} and local and words[0] != "the":
        first, last = words[0], words[-1]
        if local in {first, last, first[:1] + last, first + last[:1], last + first}:
            return False
    named = {local, *(_letters(label) for label in host.split(".")[:-1])}
    letters = _letters(name)
    return len(letters) > 1 and not named.isdisjoint({letters, letters.removeprefix("the")})


def _description(list_id: str) -> str | None:
    """The words before a list's id: `Import AI <importai.substack.com>`."""
    words = list_id.partition("<")[0].strip().strip('"')
    return words if "<" in list_id and not re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", words) else None
