"""Evidence in a message's header fields: title, date, publication, address."""

import datetime
import re
from collections.abc import Callable, Sequence
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_tz
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from backissue.ingest.identity import Evidence, EvidenceKind, in_message, is_reply, reported
from backissue.records import Block, Facts, Flaw
from backissue.text.boilerplate import says_where
from backissue.text.decoding import GUESSED, decode
from backissue.text.prose import squeeze
from backissue.text.rules import Table

RULES = Table(path=Path(__file__).with_suffix(".toml"))

_ENCODED_WORD_CUT_OFF = re.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*$", re.IGNORECASE)
_ENCODED_WORD = re.compile(r"(=\?[^?\s]{1,60}\?[bq]\?[^?]*\?=)", re.IGNORECASE)
_LONGEST_FIELD = 4_000

_RECEIVER = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,100}")
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def words_of(header: Message, name: str) -> str:
    """A header field as a reader sees it: folding undone, encoded words and stray bytes read."""
    return _read(header, name)[0]


def guesses_in(header: Message) -> tuple[Flaw, ...]:
    """Where the title and the sender do not say in which charset they are, what was guessed."""
    return tuple(
        dict.fromkeys(
            flaw
            for name in ("Subject", "From")
            for flaw in _read(header, name)[1]
            if flaw.code == GUESSED
        )
    )


def _read(header: Message, name: str) -> tuple[str, tuple[Flaw, ...]]:
    """A field's words, and what was wrong with the bytes they were."""
    raw = _raw(header, name)[:_LONGEST_FIELD]
    flaws: list[Flaw] = []
    if not raw.isascii() or "\x1b" in raw:
        # Letters that no encoded word holds are most likely in the charset of the text below.
        charset = _or_none(header.get_content_charset)
        raw = _words_in(raw.encode("utf-8", "surrogateescape"), charset, flaws)
    raw = squeeze(raw)
    if _ENCODED_WORD_CUT_OFF.search(raw):
        raw += "?="
    text = _read_encoded(raw, flaws) if "=?" in raw else raw
    return squeeze("".join(char if char.isprintable() else " " for char in text)), tuple(flaws)


def _words_in(data: bytes, charset: str | None, flaws: list[Flaw]) -> str:
    decoded = decode(data, declared=charset)
    flaws += decoded.flaws
    return decoded.text


def _read_encoded(text: str, flaws: list[Flaw]) -> str:
    """RFC 2047's encoded words read; one that is broken stays, and spoils no other."""
    try:
        return "".join(_decoded(part, flaws) for part in decode_header(text))
    except (MessageError, ValueError):
        words = _ENCODED_WORD.split(text)
        if len(words) < 2:
            return "".join(words)
        return "".join(_read_encoded_word(word, flaws) for word in words)


def _read_encoded_word(text: str, flaws: list[Flaw]) -> str:
    if text[:2] != "=?":
        return text
    try:
        return "".join(_decoded(part, flaws) for part in decode_header(text))
    except (MessageError, ValueError):
        return text


def _raw(header: Message, name: str) -> str:
    """The first field of this name, as written; eight-bit letters are surrogates in it."""
    wanted = name.lower()
    return next((str(value) for key, value in header.raw_items() if key.lower() == wanted), "")


def _decoded(part: tuple[str | bytes, str | None], flaws: list[Flaw]) -> str:
    chunk, charset = part
    if isinstance(chunk, str):
        return chunk
    # RFC 2231 lets a language follow the charset: `utf-8*en`.
    return _words_in(chunk, (charset or "").partition("*")[0] or None, flaws)


def _or_none(ask: Callable[[], str | None]) -> str | None:
    """What a header says, or None where it is so damaged that `email` raises an error."""
    try:
        return ask()
    except (LookupError, MessageError, TypeError, ValueError, AttributeError):
        return None


def evidence_of(header: Message) -> tuple[Evidence, ...]:
    """The evidence in the fields of which issue it is."""
    return (
        *in_message(
            words_of(header, "Subject"),
            words_of(header, "From") or words_of(header, "Sender"),
            list_id=words_of(header, "List-Id"),
            listed=is_list(header),
        ),
        *reported(EvidenceKind.DATE_FIELD, Facts(date=day(words_of(header, "Date")))),
        *reported(EvidenceKind.MAIL_ADDRESS, Facts(url=_address(header))),
    )


def receiver(header: Message) -> str | None:
    """The address of the one who was sent it, in lower case; a list's is nobody's."""
    found = _RECEIVER.search(words_of(header, "To")) if "@" in _raw(header, "To") else None
    return None if found is None or _raw(header, "To").count("@") > 1 else found[0].lower()


def is_list(header: Message) -> bool:
    """Whether a mailing list sent it."""
    return any(
        name in header
        for name in ("List-Id", "List-Post", "List-Unsubscribe", "Mailing-List", "X-Mailing-List")
    )


def is_answer(header: Message) -> bool:
    """Whether a message may be a reply: its fields name another, or its subject does."""
    return is_threaded(header) or is_reply(words_of(header, "Subject"))


def is_threaded(header: Message) -> bool:
    """Whether the fields name a message that this one answers."""
    return any(_raw(header, name).strip() for name in ("In-Reply-To", "References"))


def day(text: str) -> datetime.date | None:
    """The day of a `Date:` as its sender wrote it, in the sender's own zone; None if it is none."""
    try:
        parsed = parsedate_tz(text)
        found = datetime.date(*parsed[:3]) if parsed else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # The clock of a machine that lost its battery says 1970, and spam comes from 2038.
    return found if found and 1971 < found.year < 2100 else None


def _address(header: Message) -> str | None:
    """The address of this message on the web; a list's whole archive is not one."""
    if archived := _URL.search(words_of(header, "Archived-At")):
        return clean(archived[0])
    for name in ("List-Post", "List-Archive", "X-Archive-URL"):
        if found := RULES.pattern("issue_addresses").search(words_of(header, name)):
            return clean(found[0])
    return None


# -- the address of the message on the web ------------------------------------------------------

# What a link opens in a program is not where the issue stands.
_IN_APP = re.compile(r"\bapp\b", re.IGNORECASE)
_LINE_URL = re.compile(r"https?://[^\s<>\"\])]+", re.IGNORECASE)
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
    from backissue.text.redirects import target_of  # noqa: PLC0415 - a mail may have no link

    url = target_of(url).rstrip(".,;")
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return None
    if (
        not parts.hostname
        or RULES.pattern("tracking_hosts").match(parts.hostname)
        or not url.isprintable()
    ):
        return None
    kept = [(name, value) for name, value in query if not RULES.pattern("tracking").fullmatch(name)]
    if len(parts.path) > 2 * _LONGEST_PIECE or "/app-link/" in parts.path:
        return None
    if any(len(value) > _LONGEST_PIECE for _, value in kept):
        return None
    return parts._replace(query=urlencode(kept), fragment="").geturl()
