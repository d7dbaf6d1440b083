"""Evidence in a message's header fields: title, date, publication, address."""

import datetime
import re
from collections.abc import Sequence
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_tz
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from backissue.ingest.identity import Evidence, EvidenceKind, in_message, reported
from backissue.records import Block, Facts
from backissue.text.boilerplate import says_where
from backissue.text.decoding import decode
from backissue.text.prose import squeeze
from backissue.text.rules import Table

RULES = Table(path=Path(__file__).with_suffix(".toml"))

_ENCODED_WORD_CUT_OFF = re.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*$", re.IGNORECASE)
_ENCODED_WORD = re.compile(r"(=\?[^?\s]{1,60}\?[bq]\?[^?]*\?=)", re.IGNORECASE)
_LONGEST_FIELD = 4_000

_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def words_of(header: Message, name: str) -> str:
    """A header field as a reader sees it: folding undone, encoded words and stray bytes read."""
    raw = _raw(header, name)[:_LONGEST_FIELD]
    if not raw.isascii():
        raw = decode(raw.encode("utf-8", "surrogateescape")).text
    raw = squeeze(raw)
    if _ENCODED_WORD_CUT_OFF.search(raw):
        raw += "?="
    text = _read_encoded(raw) if "=?" in raw else raw
    return squeeze("".join(char if char.isprintable() else " " for char in text))


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


def is_list(header: Message) -> bool:
    """Whether a mailing list sent it."""
    return any(
        name in header
        for name in ("List-Id", "List-Post", "List-Unsubscribe", "Mailing-List", "X-Mailing-List")
    )


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
