"""Web pages as a browser saves them in one file (MHTML, RFC 2557): a mail of the page's parts."""

import email
import re
from email.message import Message

from msgspec.structs import replace

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import EvidenceKind, reported
from backissue.ingest.readers import page
from backissue.ingest.readers.formats import Document, Original
from backissue.records import Facts
from backissue.text.decoding import decode

_LOCATION = re.compile(r"^Snapshot-Content-Location:\s*(https?://\S+)", re.I | re.M)
# `From: <Saved by Blink>`, `From: "Saved by Windows Internet Explorer 10"`.
_SAVED = re.compile(r"^From:\s*[<\"]?Saved by\b", re.IGNORECASE | re.MULTILINE)
_RELATED = re.compile(r"^Content-Type:\s*multipart/related\b", re.IGNORECASE | re.MULTILINE)
_SAMPLE = 4_000


def recognises(original: Original) -> bool:
    """Whether a mail's head says that a browser wrote it."""
    head = original.text[:_SAMPLE].lstrip().partition("\n\n")[0]
    saved = _SAVED.search(head) or _LOCATION.search(head)
    return saved is not None and _RELATED.search(head) is not None


def read(original: Original) -> tuple[Document, ...]:
    """The page, as one document. Raises `RejectedSourceError` where no part of it is HTML."""
    message = email.message_from_bytes(original.data.lstrip())
    part = next((part for part in message.walk() if _is_page(part)), None)
    content = part.get_payload(decode=True) if part else None
    if part is None or not isinstance(content, bytes):
        raise RejectedSourceError("a web archive without a page in it")
    charset = part.get_content_charset(failobj="") or None
    (document,) = page.read(Original(data=content, decoded=decode(content, charset)))
    said = _LOCATION.search(original.text[:_SAMPLE])
    url = said[1] if said and said[1].isprintable() else None
    found = reported(EvidenceKind.SNAPSHOT, Facts(url=url))
    return (replace(document, evidence=(*document.evidence, *found)),)


def _is_page(part: Message) -> bool:
    return part.get_content_type() in {"text/html", "application/xhtml+xml"}
