"""The names of publications: what may be one, and what of it is the name.

The fields of a message name one, too; a Subject is read without what programs put before it.
"""

import datetime
import re
from email.utils import parseaddr
from pathlib import Path

from msgspec import Struct

from backissue.ingest.identity.evidence import Decision, Evidence, EvidenceKind, reported, without
from backissue.records import Facts
from backissue.text.days import date_line, day_in_title
from backissue.text.prose import fold, squeeze
from backissue.text.rules import Table, bounded

WORDS = Table(path=Path(__file__).with_name("names.toml"))
SUBJECTS = Table(path=Path(__file__).with_name("subjects.toml"))

# `Ada’s newsletter` without it names nothing.
_NEWSLETTER = re.compile(r"(?<=\w)(?<!['’]s)\s+newsletter$", re.IGNORECASE)
_ADJECTIVE = re.compile(r"\b(?:weekly|daily|monthly|quarterly|annual) newsletter$", re.IGNORECASE)
# What senders add to their name in a mail; in a title, `Ops Team #12` is its whole name.
_LONGEST_NAME = 80
_TAIL = bounded(
    r"(?:(?<!['’]s)\s*[,|:–—-]?\s+(?:e-?mail\s+)?"
    r"(?:newsletters?|mailing[ -]list|announcements?|team))+$",
    _LONGEST_NAME,
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"the\s+(?=\S)", re.IGNORECASE)
_SIGNS = re.compile(r"[\W_]+")
_MOST_NAME_WORDS = 6
_MOST_WORDS = 16  # of what a greeting calls its publication
_THE = re.compile(r"The [A-Z][\w’']*(?: [A-Z][\w’']*){0,3}")


def is_periodical(name: str) -> bool:
    """Whether a name is that of something that appears again: `Harbour Weekly`, `The Lathe`."""
    return bool(WORDS.pattern("periodical").search(name) or _THE.fullmatch(name))


def is_letter(words: str) -> bool:
    """Whether words can only be a newsletter's name: `The Harbour Gazette`, `Harbour Weekly`."""
    parts = words.split()
    named = 1 < len(parts) <= _MOST_NAME_WORDS and WORDS.pattern("letters").match(parts[-1])
    own = named and all(part[:1].isupper() or part[:1].isdigit() for part in parts)
    own = own or (words.lower() == words.upper() and is_periodical(words))  # has no capitals
    return bool(own) and re.search(r"[.,:;!?|]", words) is None


def without_newsletter(name: str) -> str:
    """A name without the word that any newsletter may have.

    >>> without_newsletter("Harbour Newsletter"), without_newsletter("Ada’s Newsletter")
    ('Harbour', 'Ada’s Newsletter')
    """
    return name if _ADJECTIVE.search(name) else _NEWSLETTER.sub("", name)


def without_tail(name: str) -> str:
    """A sender's name without what senders add to it.

    >>> without_tail("Harbour Mailing List")
    'Harbour'
    """
    return _TAIL.sub("", name) or name


def bare_name(publication: str) -> str:
    """A publication's name to compare by: without case, spaces, signs, `the` and `newsletter`.

    >>> bare_name("The Harbour-Notes Newsletter"), bare_name("HarbourNotes")
    ('harbournotes', 'harbournotes')
    """
    name = _ARTICLE.sub("", _NEWSLETTER.sub("", fold(publication).strip()))
    return _SIGNS.sub("", name).casefold() or name.casefold()


def ends_in_name(words: str, bare: str) -> bool:
    """Whether words are a publication's name, or end in it: `the seventh Harbour Letter`.

    `bare` is the name as `bare_name` gives it.
    """
    parts = fold(words).split()[:_MOST_WORDS]
    return any(bare_name(" ".join(parts[place:])) == bare for place in range(len(parts)))


def known_as(name: str, *others: str | None) -> str:
    """A name, or the one that a carrier has for it: `Harbour Newsletter` for `Harbour`."""
    bare = bare_name(name)
    return next((other for other in others if other and bare_name(other) == bare), name)


def without_name_for_title(decision: Decision) -> Decision:
    """The facts of `The Lathe #7` without a title that only repeats the publication's name."""
    facts = decision.facts
    named = facts.number is not None and facts.publication and facts.title
    if named and bare_name(facts.title or "") == bare_name(facts.publication or ""):
        return without(decision, "title")
    return decision


# -- greetings -----------------------------------------------------------------------------------

_MAY_GREET = re.compile(r"\s*+(?:hello,?\s+and\s+)?welcome\s", re.IGNORECASE)


def day_beside(text: str, name: str | None) -> datetime.date | None:
    """The day after the publication's own name: `The Lathe 2024-06-03`."""
    found = day_in_title(text) if name else None
    return found[1] if found and bare_name(found[0]) == bare_name(name or "") else None


def greeted_publication(text: str) -> str | None:
    """The publication that a greeting names: `Welcome to Harbour Notes, a letter …`; or None."""
    if not _MAY_GREET.match(text):
        return None
    from backissue.ingest.identity import greetings  # noqa: PLC0415 - few lines greet

    return greetings.greeted(text)


def split_greeting(text: str) -> tuple[str, str]:
    """A greeting's fixed words, which end where it asks to subscribe, and its news."""
    if not _MAY_GREET.match(text):
        return "", text
    from backissue.ingest.identity import greetings  # noqa: PLC0415 - as above

    return greetings.split(text)


# -- a Subject, and what was put before it -------------------------------------------------------

# A chain of prefixes in a subject that a person can read is shorter than these.
_LONGEST_CHAIN = 24
_LONGEST_SUBJECT = 2_000
_LONGEST_TITLE = 500
_LIST_TAG = re.compile(r"[\[【](?P<name>[^\[\]【】]{2,60})[\]】]\s*")
# `[The Kiln #71] Ash`
_TAG_NUMBER = re.compile(r"(?<=\w)\s(?P<number>#\d{1,5})$")
# `[Kiln & Clay] Newsletter, March 5, 2024`: what is behind the tag has no name of its own.
_LETTER_BEHIND = re.compile(
    r"(?:e-?mail )?(?:newsletter|bulletin|digest|update|rundbrief|infolettre)\b"
    r"[ ,:|–-]{0,4}(?=[^,]{0,60}\d)",
    re.IGNORECASE,
)
# `[Fwd: Cranes]`, as Mozilla and its kin write it.
_FORWARD_TAG = re.compile(r"\[(?P<inner>fwd?\s?:[^\[\]]*)\]?$", re.IGNORECASE)
# An emoji, its joiners and its colour, and what else opens a subject only to be noticed.
_ORNAMENT = re.compile(
    r"(?:[\u2600-\u27bf\u2b00-\u2bff\ufe0e\ufe0f\u200d\U0001f000-\U0001faff\U000e0020-\U000e007f]"
    r"\s*+)++"
    r"(?=[\w\"'“‘(\[#])"
)


class Subject(Struct, frozen=True, kw_only=True):
    """A Subject taken apart: its own words, and what was before them.

    `prefixes` are `forward` and `reply`, in their order; `tags` the names in brackets that were
    taken off.
    """

    words: str
    prefixes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def title(self) -> str | None:
        """The words, as far as they can be a title; None where there are none."""
        return self.words[:_LONGEST_TITLE].strip() or None

    @property
    def is_forward(self) -> bool:
        """Whether the message was sent on: `Fwd: …`, `Re: [list] WG: …`."""
        return "forward" in self.prefixes

    @property
    def is_reply(self) -> bool:
        """Whether the message is an answer: `Re: …`, and not an answer that was sent on."""
        return self.prefixes[:1] == ("reply",)


def parse_subject(subject: str, *, is_list: bool = False) -> Subject:
    """A Subject less its prefixes, warnings, ornaments and tags; `is_list`: a list sent it.

    >>> parse_subject("[EXTERNAL] Re: [harbour-l] WG: Cranes").words
    'Cranes'
    """
    rest = squeeze(subject)[:_LONGEST_SUBJECT]
    prefixes: list[str] = []
    tags: list[str] = []
    for _ in range(_LONGEST_CHAIN):
        if sent_on := _FORWARD_TAG.match(rest):
            rest = sent_on["inner"]
        if found := _prefixed(rest):
            kind, end = found
            prefixes += [kind] if kind else []
        elif (tag := _LIST_TAG.match(rest)) and _is_list_tag(tag, is_list=is_list):
            end = tag.end()
            tags.append(_TAG_NUMBER.sub("", tag["name"]))
            if numbered := _TAG_NUMBER.search(tag["name"]):
                rest = f"{numbered['number']}: {rest[end:]}"
                break
        else:
            break
        if not rest[end:].strip():
            break
        rest = rest[end:].lstrip()
    return Subject(words=rest, prefixes=tuple(prefixes), tags=tuple(tags))


def _prefixed(text: str) -> tuple[str, int] | None:
    """What a text opens with (`forward`, `reply`, or "" for what says neither), and its end."""
    for kind, group in (("reply", "replies"), ("forward", "forwards"), ("", "warnings")):
        if match := SUBJECTS.pattern(group).match(text):
            return kind, match.end()
    ornament = _ORNAMENT.match(text)
    return ("", ornament.end()) if ornament else None


def _is_list_tag(tag: re.Match[str], *, is_list: bool) -> bool:
    """Whether words in brackets are the name of a list: `[Harbour Weekly]`, `[harbour-l]`."""
    name = tag["name"]
    if is_list or is_periodical(name) or SUBJECTS.pattern("list_names").match(name):
        return True
    if _LETTER_BEHIND.match(tag.string, tag.end()):
        return True
    # Nobody writes `[Sic] Re: …`.
    behind = _prefixed(tag.string[tag.end() :])
    return behind is not None and bool(behind[0])


def is_forward(subject: str) -> bool:
    """Whether a subject says that what is in the message was sent on: `Fwd: …`, `WG: …`."""
    return parse_subject(subject).is_forward


def is_reply(subject: str) -> bool:
    """Whether a subject says that the message is an answer: `Re: …`, `AW: …`, `回复：…`."""
    return parse_subject(subject).is_reply


def title_in_subject(subject: str, *, is_list: bool = False) -> str | None:
    """A subject without what was put before it. `is_list` says that a list sent it."""
    return parse_subject(subject, is_list=is_list).title


# -- in the fields of a message ------------------------------------------------------------------

_LONGEST_SENDER = 1000
_MOST_BRACKETS = 20
_ADDRESS = re.compile(r"\s*+(?P<name>.*?)<(?P<address>[^<>]*)>[^<>]*")
_LONGEST_SENDER = 200  # characters
_VIA = bounded(
    r"(?P<who>.+?)\s+(?:from|at|via|with|bei|von|chez)\s+(?P<name>[\w“\"‘'].*)",
    _LONGEST_SENDER,
    re.IGNORECASE,
)
_BESIDE = re.compile(r"(?:(?<!\s)\s++)?[|•·]\s*|(?<!\s)\s++[@/–—-]\s+|,\s+")
_BY = bounded(r"(?P<name>.+?)[,:]?\s+by\s+[^\W\d_].*", _LONGEST_SENDER, re.IGNORECASE)
# A list's number in a sending service is not its name: `f00ba4mc list`, `65a1…-4c`.
_NO_NAME = re.compile(r"[0-9a-f]{8,}.*|.*\bmc list\b.*|[\d\W_]+|.*(?:@|://).*", re.I | re.S)
# What a line has that may name a volume and a number; `volumes` reads it.
VOLUME_SIGN = re.compile(
    r"\d\.\d|\b(?:v(?:ol)?\d|vol(?:ume|umen)?\b|jahrgang\b|jg\b|tome\b|año\b|année\b|jaargang|årg|ročník|rocznik|ann[oa]|том)",
    re.IGNORECASE,
)
_MAY_BE_PERIOD = re.compile(r"\d{4}|\d ?[–-]|\b[kw]\w* ?\d", re.IGNORECASE)
# `Boletín nº 57`, `Newsletter of the Quay n. 23 of 7`
_NUMBER_BEHIND = re.compile(
    r"[,:]?\s(?:(?:nr|no|n|núm|num|nº|n°|numéro|número|nummer|ausgabe|issue)\b[.:]?\s?[#º°]?\s?\d{1,5}\b.{0,12}"
    r"|#?\d{1,5})$"
)
_DATED = re.compile(
    r"(?P<name>[^\W_][^:;!?]{1,58}?)\s*(?:[,:|(]|\s[-–—]|\s(?:for|of|from)\b)\s*(?P<day>[^,:|][^:|]{5,30}?)\)?"
)


def in_message(
    subject: str, sender: str, *, list_id: str = "", listed: bool = False
) -> tuple[Evidence, ...]:
    """What a message's fields say of title and publication.

    The title is the subject less what only sends it on. The publication is named by what comes
    first in `names` below; else the one who sends is what is sent.
    """
    name, address = _name_and_address(sender)
    parsed = parse_subject(subject, is_list=listed)
    # A tag that no list is known to have set may be the author's own word.
    words = parse_subject(subject).words
    names = (
        (EvidenceKind.SENDER_FOR, sender, _sent_for(name)),
        (EvidenceKind.LIST_TAG, subject, _of_list(parsed, listed=listed)),
        (EvidenceKind.SUBJECT_VOLUME, subject, _of_volume(words, f"{sender} {list_id}")),
        (EvidenceKind.SENDER_ADDRESS, sender, _named_as_address(name, address)),
        (EvidenceKind.SUBJECT_DAY, subject, _of_dated(words)),
        (EvidenceKind.LIST_ID, list_id, _trimmed(_description(list_id))),
        (EvidenceKind.SUBJECT_NAME, subject, _of_name(words, sender)),
        (EvidenceKind.SENDER, sender, _trimmed(name)),
    )
    found = [
        one
        for kind, text, publication in names
        for one in reported(kind, Facts(publication=publication), text)
    ]
    return (
        *found,
        *reported(EvidenceKind.SUBJECT, Facts(title=parsed.title), subject),
    )


def _name_and_address(sender: str) -> tuple[str, str]:
    """`The Batch @ Example <batch@e.org>`; `email.utils` cuts a name at its first odd sign."""
    sender = sender[:_LONGEST_SENDER]
    if found := _ADDRESS.match(sender):
        return found["name"].strip().strip("\"'“”‘’ "), found["address"]
    # Python reads brackets in brackets by calling itself.
    name, address = parseaddr(sender) if sender.count("(") < _MOST_BRACKETS else ("", "")
    return name, address


def unadorned(text: str) -> str:
    """A name or title without the emoji that open it."""
    ornament = _ORNAMENT.match(text)
    return text[ornament.end() :] if ornament else text


def _trimmed(name: str | None) -> str | None:
    """A name that can be a publication's, without what all of them may be called."""
    name = squeeze((name or "").strip("\"'“”‘’ "))
    if (
        not name
        or len(name) > _LONGEST_NAME
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


def _of_list(subject: Subject, *, listed: bool) -> str | None:
    """`[Name] …`, from a mailing list."""
    # What is sent on has lost the list's own fields: `[Lathe Weekly] …` names it all the same.
    letter = _LETTER_BEHIND.match(subject.words)
    named = (tag for tag in subject.tags if listed or letter or is_periodical(tag))
    found = (_trimmed(tag) for tag in named if re.search(r"[^\W\d_]{2}", tag))
    return next(filter(None, found), None)


def _of_volume(subject: str, sender: str) -> str | None:
    """`Name, Vol 6, No 2`; `Name 15.24: …`, which may be a program's version, too."""
    if not VOLUME_SIGN.search(subject):
        return None
    from backissue.ingest.identity import volumes  # noqa: PLC0415 - few subjects have a volume

    return _trimmed(volumes.name_before(squeeze(subject), sender))


def _of_dated(subject: str) -> str | None:
    """`Name, 2002-07-19`; `Marsh Summary, June 14-21`, if it sounds like a name."""
    behind = _LIST_TAG.sub("", subject, count=1)
    found = _DATED.fullmatch(behind)
    # Behind a tag, only what sounds like a newsletter: `[Sic] Ashes, May 9, 2008`.
    if found and date_line(found["day"]) and (behind == subject or is_periodical(found["name"])):
        name = _NUMBER_BEHIND.sub("", found["name"])
        return None if WORDS.pattern("generic").fullmatch(name) else _trimmed(name)
    if not _MAY_BE_PERIOD.search(subject[:_LONGEST_TITLE]):
        return None
    from backissue.text.periods import period_in_title  # noqa: PLC0415 - few subjects have one

    name = _NUMBER_BEHIND.sub("", period_in_title(subject) or "")
    named = name and is_periodical(name) and not WORDS.pattern("generic").fullmatch(name)
    return _trimmed(name) if named else None


def _of_name(subject: str, sender: str) -> str | None:
    """`The Harbour Newsletter`, from a person or from nobody."""
    nobody = _trimmed(_name_and_address(sender)[0]) is None
    return subject if is_letter(subject) and (nobody or is_person(sender)) else None


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def _named_as_address(name: str, address: str) -> str | None:
    """A sender's name, or the half of it, that the address has, too."""
    halves = [name, *_BESIDE.split(name)]
    return next((_trimmed(half) for half in halves if half and _is_named_as(half, address)), None)


def _is_named_as(name: str, address: str) -> bool:
    """Whether a sender's name is the address's, and not a person's, whose address is theirs."""
    local, _, host = address.lower().partition("@")
    parts = [_letters(part) for part in re.split(r"[._-]", local.partition("+")[0])]
    local = "".join(parts)
    words = [_letters(word) for word in name.split()]
    if len(words) in {2, 3} and local and words[0] != "the":
        first, last = words[0], words[-1]
        if local in {first, last, first[:1] + last, first + last[:1], last + first}:
            return False
        # `ada.moore@…`, whose name is written as two words
        if parts == words and not is_periodical(name):
            return False
    named = {local, *(_letters(label) for label in host.split(".")[:-1])}
    letters = _letters(name)
    return len(letters) > 1 and not named.isdisjoint({letters, letters.removeprefix("the")})


def is_person(sender: str) -> bool:
    """Whether a sender is a person, by an address that has a part of the name.

    >>> is_person("Ada Moore <a.moore@e.org>"), is_person("Quay Press <news@quay.org>")
    (True, False)
    """
    name, address = _name_and_address(sender)
    words = [_letters(word) for word in name.split()]
    local = _letters(address.partition("@")[0].partition("+")[0])
    if len(words) not in {2, 3} or is_periodical(name) or not local:
        return False
    return any(len(word) > 2 and word in local for word in (words[0], words[-1]))


def sender_of(carrier: Decision, *, weak: bool = True) -> str | None:
    """The `From` of a message from which its publication is known, else None.

    `weak`: only where nothing says that it is more than who sends.
    """
    found = next((one for one in carrier.evidence if one.fact == "publication"), None)
    kinds = {EvidenceKind.SENDER}
    if not weak:
        kinds |= {EvidenceKind.SENDER_ADDRESS, EvidenceKind.SENDER_FOR}
    return found.text if found and found.kind in kinds else None


def _description(list_id: str) -> str | None:
    """The words before a list's id: `Import AI <importai.substack.com>`."""
    words = list_id.partition("<")[0].strip().strip('"')
    return words if "<" in list_id and not re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", words) else None
