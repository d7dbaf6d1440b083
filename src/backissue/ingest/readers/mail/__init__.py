"""Mail: one RFC 5322 message, whatever its form and whatever is wrong with it.

* `parts`: the bytes as the tree of the message's parts.
* `bodies`: of the parts, those that are shown; a plain part as blocks.
* `headers`: what the fields say: title, date, publication, address.
* `forwards`: a message sent on within another.
* `digests`: many messages in one.
"""

import re
from dataclasses import replace

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import EvidenceKind, is_forward, reported
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.readers.mail import headers
from backissue.ingest.readers.mail.bodies import Body, body_of, words_in
from backissue.ingest.readers.mail.parts import MimePart, header_of, parse
from backissue.records import BlockKind, Facts

# Fields no one writes by hand; `Title:`, `Date:` and `Category:` are also front matter.
_MACHINE_MADE = frozenset(
    re.findall(
        r"\S+",
        """
        authentication-results content-transfer-encoding content-type delivered-to dkim-signature
        errors-to list-id list-post list-unsubscribe message-id mime-version precedence received
        reply-to return-path sender user-agent x-gmail-labels x-mailer x-mailman-version
        x-original-to x-sender
        """,
    )
)
_WRITTEN = frozenset({"from", "to", "date", "subject", "cc"})
_TOP = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,20}(?:>?From [^\n]*\n)?[!-9;-~]{1,60}[ \t]*:")
_LINE_OF_DIGEST = "-" * 28
# One of these is in each line that mail programs write above what is sent on: `Forwarded message`.
_SAYS_MESSAGE = re.compile("messag|nachricht|mail|mensaje|mensagem|bericht", re.IGNORECASE)
_MOST_MESSAGES = 1_000
_DEEPEST = 5


def recognises(original: Original) -> bool:
    """Whether a source opens with a message's header fields."""
    if not _TOP.match(original.data[:4096]):
        return False
    header = header_of(original.data)
    names = {name.lower() for name in header}
    made, written = len(names & _MACHINE_MADE), len(names & _WRITTEN)
    sent = "@" in headers.words_of(header, "From")
    dated = headers.day(headers.words_of(header, "Date")) is not None
    # Two fields a program wrote, or the two that no message may lack; and more than these.
    return made + written >= 3 and (made >= 2 or (sent and (dated or made > 0)))


def read(original: Original) -> tuple[Document, ...]:
    """The issue in a message; several where it has several messages attached.

    Raises `RejectedSourceError` where its parts are nested too deep to hold anything.
    """
    message = parse(original.data)
    documents = _documents(message, 0)
    if not any(document.blocks for document in documents) and any(
        flaw.code == "nested-too-deep" for document in documents for flaw in document.flaws
    ):
        raise RejectedSourceError("a message whose parts are nested too deep to be read")
    return documents


def _documents(message: MimePart, depth: int) -> tuple[Document, ...]:
    body = body_of(message)
    attached = body.messages[:_MOST_MESSAGES]
    if attached and depth < _DEEPEST and not body.digest:
        inner = [document for part in attached for document in _documents(part, depth + 1)]
        if sum(words_in(document.blocks) for document in inner) > body.words:
            # What the one who sends it on writes about it is no part of it.
            own = tuple(block.text for block in body.blocks if block.kind is not BlockKind.RULE)
            first = inner[0]
            lines = (*own, *body.boilerplate, *first.boilerplate)
            return (replace(first, boilerplate=lines), *inner[1:])
    return (_document(message, body),)


def _document(message: MimePart, body: Body) -> Document:
    evidence = headers.evidence_of(message.header)
    if digest := _digest(message, body):
        boilerplate = (*digest.boilerplate, *body.boilerplate)
        return replace(digest, evidence=evidence, boilerplate=boilerplate)
    blocks, boilerplate = body.blocks, body.boilerplate
    if forward := _forward(message, body):
        # Its own fields say what it is; the outer ones, who sent it on and when.
        outer = [one for one in evidence if one.fact == "title"]
        outer = [replace(one, kind=EvidenceKind.OUTER_SUBJECT) for one in outer]
        evidence = (*forward.evidence, *outer)
        blocks, boilerplate = forward.blocks, (*forward.boilerplate, *boilerplate)
    if not any(one.fact == "url" for one in evidence):
        link = headers.online_address([*blocks, *body.others])
        evidence = (*evidence, *reported(EvidenceKind.BODY_LINK, Facts(url=link)))
    return Document(blocks=blocks, evidence=evidence, boilerplate=boilerplate, flaws=body.flaws)


def _digest(message: MimePart, body: Body) -> Document | None:
    """A digest in parts of its own, or in a message's only part, which is plain."""
    plain = "" if message.parts or body.rich else message.text().text
    if not body.digest and _LINE_OF_DIGEST not in plain:
        return None
    from backissue.ingest.readers.mail import digests  # noqa: PLC0415 - few messages are one

    if body.digest:
        return digests.of_messages(body.blocks, body.digest, body.flaws)
    return digests.of_text(plain)


def _forward(message: MimePart, body: Body) -> Document | None:
    """The message sent on in this one, if any."""
    sent_on = is_forward(headers.words_of(message.header, "Subject"))
    if not sent_on and not any(_SAYS_MESSAGE.search(block.text) for block in body.blocks):
        return None
    from backissue.ingest.readers.mail import forwards  # noqa: PLC0415 - few messages hold one

    return forwards.inner(body.blocks, sent_on=sent_on)
