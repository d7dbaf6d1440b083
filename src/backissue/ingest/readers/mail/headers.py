"""What a message's header fields say of the issue in it: title, date, publication, address."""

import datetime
import re
from collections.abc import Sequence
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_tz
from itertools import pairwise
from urllib.parse import parse_qsl, urlencode, urlsplit

from backissue.ingest.identity.titles import is_periodical
from backissue.records import Block, Facts
from backissue.text.boilerplate import says_where
from backissue.text.days import date_line
from backissue.text.decoding import decode
from backissue.text.prose import squeeze
from backissue.text.redirects import unwrapped

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
_ENCODED_WORD_CUT_OFF = re.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*$", re.IGNORECASE)
_ENCODED_WORD = re.compile(r"(=\?[^?\s]{1,60}\?[bq]\?[^?]*\?=)", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*(?P<name>.*?)\s*<(?P<address>[^<>]*)>[^<>]*")
_LONGEST = 500
_LONGEST_FIELD = 4_000

_VIA = re.compile(r"(?P<who>.+?)\s+(?:from|at|via|with|bei|von|chez)\s+(?P<name>[\w“\"‘'].*)", re.I)
_BESIDE = re.compile(r"\s*[|•·]\s*|\s+[@/–—-]\s+|,\s+")
_BY = re.compile(r"(?P<name>.+?)[,:]?\s+by\s+[^\W\d_].*", re.IGNORECASE)
# Who sends, but not what: `News Team`, `no-reply`.
_NOBODY = re.compile(
    r"(?:no.?reply|do.?not.?reply|news|newsletters?|info|mail(?:er|ing)?(?:\s+list)?|admin\w*|editors?|"
    r"updates?|alerts?|hello|hi|team|support|contact|digest\w*|notifications?|root|"
    r"list(?:serv)?|majordomo|postmaster|mailer-daemon|undisclosed|unknown)",
    re.IGNORECASE,
)
_NAME_TAIL = re.compile(
    r"(?:(?<!['’]s)\s*[,|:–—-]?\s+(?:e-?mail\s+)?"
    r"(?:newsletters?|mailing[ -]list|announcements?|team))+$",
    re.IGNORECASE,
)
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
_ISSUE_PATH = re.compile(
    r"https?://[^/\s<>]+/(?:[^\s<>]*/)?(?:p|posts?|issues?|newsletters?|news|emails?|letters?|\d{4}/\d\d)"
    r"/[\w%.~-]{3,}[^\s<>]*",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def words_of(header: Message, name: str) -> str:
    """A header field as a reader sees it: folding undone, encoded words and stray bytes read."""
    raw = _raw(header, name)[:_LONGEST_FIELD]
    if not raw.isascii():
        raw = decode(raw.encode("utf-8", "surrogateescape")).text
    raw = " ".join(raw.split())
    if _ENCODED_WORD_CUT_OFF.search(raw):
        raw += "?="
    text = _read_encoded(raw) if "=?" in raw else raw
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _read_encoded(text: str) -> str:
    """RFC 2047's encoded words read; one that is broken stays, and spoils no other."""
    try:
        return "".join(_decoded(*part) for part in decode_header(text))
    except (MessageError, ValueError):
        words = _ENCODED_WORD.split(text)
        return "".join(words) if len(words) < 2 else "".join(map(_read_encoded_word, words))


def _read_encoded_word(text: str) -> str:
    try:
        return (
            "".join(_decoded(*part) for part in decode_header(text)) if text[:2] == "=?" else text
        )
    except (MessageError, ValueError):
        return text


def _raw(header: Message, name: str) -> str:
    """The first field of this name, as written; eight-bit letters are surrogates in it."""
    wanted = name.lower()
    return next((str(value) for key, value in header.raw_items() if key.lower() == wanted), "")


def _decoded(chunk: str | bytes, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    # RFC 2231 lets a language follow the charset: `utf-8*en`.
    return decode(chunk, declared=(charset or "").partition("*")[0] or None).text


def facts_of(header: Message) -> Facts:
    """The facts in the fields; the title is the subject as given, less what only sends it on."""
    subject = words_of(header, "Subject")
    sender = words_of(header, "From") or words_of(header, "Sender")
    return Facts(
        publication=publication(subject, sender, header),
        title=title(subject, is_list=is_list(header)),
        date=day(words_of(header, "Date")),
        url=_address(header),
    )


def is_list(header: Message) -> bool:
    """Whether a mailing list sent it."""
    return any(
        name in header
        for name in ("List-Id", "List-Post", "List-Unsubscribe", "Mailing-List", "X-Mailing-List")
    )


def is_forward(subject: str) -> bool:
    """Whether a subject says that what is in the message was sent on: `Fwd: …`, `WG: …`."""
    return _FORWARDED.match(_ORNAMENT.sub("", subject, count=1)) is not None


def title(subject: str, *, is_list: bool = False) -> str | None:
    """A subject without `Fwd:`, the list's tag, and an emoji in front."""
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


def day(text: str) -> datetime.date | None:
    """The day of a `Date:` as its sender wrote it, in the sender's own zone; None if it is none."""
    try:
        parsed = parsedate_tz(text)
        found = datetime.date(*parsed[:3]) if parsed else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # The clock of a machine that lost its battery says 1970, and spam comes from 2038.
    return found if found and 1971 < found.year < 2100 else None


def publication(subject: str, sender: str, header: Message | None = None) -> str | None:
    """What is published, by the strongest evidence there is.

    `Jack Clark from Import AI` and `[Import AI] …` say so; so does a subject that has a volume
    behind the name; a sender named as the address is (`ChinaTalk <chinatalk@…>`) is one; a subject
    that is a name and a date names it; a list's description may be it; and for want of all, the
    one who sends is what is sent.
    """
    header = header or Message()
    name, address = _name_and_address(sender)
    subject = _unprefixed(subject)
    return (
        _sent_for(name)
        or _of_list(subject, listed=is_list(header))
        or _of_volume(subject, f"{sender} {words_of(header, 'List-Id')}")
        or _named_as_address(name, address)
        or _of_dated(subject)
        or _trimmed(_description(words_of(header, "List-Id")))
        or _trimmed(name)
    )


def _name_and_address(sender: str) -> tuple[str, str]:
    """`The Batch @ Example <batch@e.org>`; `email.utils` cuts a name at its first odd sign."""
    if found := _ADDRESS.match(sender):
        return found["name"].strip("\"'“”‘’ "), found["address"]
    name, address = parseaddr(sender)
    return name, address


def _trimmed(name: str | None) -> str | None:
    """A name that can be a publication's, without what all of them may be called."""
    name = " ".join((name or "").strip("\"'“”‘’ ").split())
    if not name or len(name) > 80 or _NOBODY.fullmatch(name) or _NO_NAME.fullmatch(name):
        return None
    return _NAME_TAIL.sub("", name) or name


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
    subject = title(subject) or ""
    if volume := _VOLUME.match(subject):
        return _trimmed(volume["name"])
    if (volume := _VOLUME_AND_NUMBER.match(subject)) and _letters(volume["name"]) in _letters(
        sender
    ):
        return _trimmed(volume["name"])
    return None


def _of_dated(subject: str) -> str | None:
    """`Name, 2002-07-19`."""
    dated = _DATED.fullmatch(title(subject) or "")
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


def _address(header: Message) -> str | None:
    """Where this message stands on the web; a list's archive as a whole is no such place."""
    if archived := _URL.search(words_of(header, "Archived-At")):
        return clean(archived[0])
    for name in ("List-Post", "List-Archive", "X-Archive-URL"):
        if found := _ISSUE_PATH.search(words_of(header, name)):
            return clean(found[0])
    return None


# -- where the message stands on the web ----------------------------------------------------------

# What a link opens in a program is not where the issue stands.
_IN_APP = re.compile(r"\bapp\b", re.IGNORECASE)
_LINE_URL = re.compile(r"https?://[^\s<>\"\])]+", re.IGNORECASE)
# What follows a reader about, and is no part of the address.
_TRACKING = re.compile(
    r"utm_\w+|mc_[ce]id|e|token|r|ref|s|isFreemail|triedRedirect|publication_id|post_id|ck_subscriber_id|"
    r"_bhlid|jwt_token|sd_\w+|fbclid|gclid|email|subscriber\w*",
    re.IGNORECASE,
)
_TRACKING_HOST = re.compile(
    r"(?:^|\.)(?:clicks?|track(?:ing)?|links?|trk|url\d+|email|e-?mail|mailer|list-manage|mandrillapp|"
    r"sendgrid|awstrack|ct|lnk|go)\.",
    re.IGNORECASE,
)
_LONGEST_PIECE = 120
_LONGEST_LINE = 300


def online_address(blocks: Sequence[Block]) -> str | None:
    """The address behind `View in browser`, or in words beside or below it."""
    for block in blocks:
        for run in block.runs:
            text = squeeze(run.text)
            online = says_where(text) and not _IN_APP.search(text)
            if run.url and online and (url := clean(run.url)):
                return url
    for block, below in pairwise([*blocks, Block()]):
        text = squeeze(block.text)
        place = says_where(text) if len(text) < _LONGEST_LINE else None
        if place is not None:
            rest = text[place:].strip() or squeeze(below.text)
            found = _LINE_URL.match(rest.lstrip("<([ "))
            if found and (url := clean(found[0])):
                return url
    return None


def clean(url: str) -> str | None:
    """An address as anyone may use it; None where it leads only one reader there."""
    url = unwrapped(url).rstrip(".,;")
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return None
    if not parts.hostname or _TRACKING_HOST.search(parts.hostname) or not url.isprintable():
        return None
    kept = [(name, value) for name, value in query if not _TRACKING.fullmatch(name)]
    if len(parts.path) > 2 * _LONGEST_PIECE or "/app-link/" in parts.path:
        return None
    if any(len(value) > _LONGEST_PIECE for _, value in kept):
        return None
    return parts._replace(query=urlencode(kept), fragment="").geturl()
