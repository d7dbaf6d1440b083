"""Mail: one RFC 5322 message, whatever its form and whatever is wrong with it.

* `parts`: the bytes as the tree of the message's parts.
* `bodies`: of the parts, those that are shown; a plain part as blocks.
* `plain_markdown`: Markdown in a plain part.
* `encoded_files`: files written into a text as lines.
* `footers`: parts that a list adds to a message.
* `headers`: what the fields say: title, date, publication, address.
* `forwards`: a message sent on within another.
* `sent_on`: a message sent on, and then saved as a page or as text.
* `replies`: what a reader answers.
* `quotations`: what is quoted with `>`, and the line above it.
* `quoted_markup`: what is quoted in a page.
* `digests`: many messages in one.
"""

import re
from dataclasses import replace
from email.message import Message

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import EvidenceKind, is_forward, is_reply, reported
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
_TOP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,20}(?:\d{1,10}[ \t]*[\r\n]{1,2})?"
    rb"(?:>?From [^\n]*\n)?[!-9;-~]{1,60}[ \t]*:"
)
_LINES_OF_DIGEST = ("-" * 28, "_" * 28)
# One of these is in each line that mail programs write above what is sent on: `Forwarded message`.
_SAYS_MESSAGE = re.compile("messag|nachricht|mail|mensaje|mensagem|bericht", re.IGNORECASE)
_MOST_MESSAGES = 1_000
# `End of the Lathe Digest` is on one of the last.
_LAST_LINES = 5
# Lines near the top that repeat a header: `To: Reader`.
_LIKE_FIELD = re.compile(r"\s{0,20}[^\W\d_][\w-]{0,12}\s?[:：]")
_FIRST_LINES = 12
_DEEPEST = 5


def recognises(original: Original) -> bool:
    """Whether a source opens with a message's header fields."""
    if not _TOP.match(original.data[:4096]):
        return False
    header = header_of(original.data)
    names = {name.lower() for name in header}
    made, written = len(names & _MACHINE_MADE), len(names & _WRITTEN)
    if "content-type" in names and ("mime-version" in names or _is_multipart(header)):
        return True
    sent = "@" in headers.words_of(header, "From")
    dated = headers.day(headers.words_of(header, "Date")) is not None
    received = "subject" in names and "@" in headers.words_of(header, "To")
    # Two fields a program wrote, or the two that no message may lack; and more than these. One that
    # a person saved may lack the day, and has addresses.
    return made + written >= 3 and (made >= 2 or (sent and (dated or received or made > 0)))


def _is_multipart(header: Message) -> bool:
    """Whether a header says that several parts follow, and by which line they are parted."""
    return header.get_content_maintype() == "multipart" and header.get_boundary() is not None


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
        flaws = (*headers.guesses_in(message.header), *digest.flaws)
        return replace(digest, evidence=evidence, boilerplate=boilerplate, flaws=flaws)
    blocks, boilerplate = body.blocks, body.boilerplate
    if inner := _inner(message, body):
        # Its own fields say what it is; the outer ones, who sent it on or answered it, and when.
        outer = [one for one in evidence if one.fact == "title"]
        outer = [replace(one, kind=EvidenceKind.OUTER_SUBJECT) for one in outer]
        evidence = (*inner.evidence, *outer)
        blocks, boilerplate = inner.blocks, (*inner.boilerplate, *boilerplate)
    elif headers.is_threaded(message.header) and not headers.is_list(message.header):
        # It quotes nothing. Its subject is that of what it answers, and would number it so.
        subject = headers.words_of(message.header, "Subject")
        evidence = tuple(one for one in evidence if one.fact != "title" or not is_reply(subject))
    if sum(_LIKE_FIELD.match(block.text) is not None for block in blocks[:_FIRST_LINES]) > 1:
        from backissue.ingest.readers.mail import forwards  # noqa: PLC0415 - few mails have them

        blocks, lines = forwards.without_fields(blocks)
        boilerplate = (*boilerplate, *lines)
    ends = any(block.text.lstrip()[:6].lower() == "end of" for block in blocks[-_LAST_LINES:])
    if ends or headers.is_list(message.header):
        from backissue.ingest.readers.mail import footers  # noqa: PLC0415 - few mails are a list's

        blocks, standing = footers.without_footer(blocks, message.header)
        boilerplate = (*boilerplate, *standing)
    if (receiver := headers.receiver(message.header)) and any(
        receiver in block.text.lower() for block in blocks
    ):
        from backissue.ingest.readers.mail import footers  # noqa: PLC0415 - few mails name one

        blocks, named = footers.without_receiver(blocks, receiver)
        boilerplate = (*boilerplate, *named)
    if not any(one.fact == "url" for one in evidence):
        link = headers.online_address([*blocks, *body.others])
        evidence = (*evidence, *reported(EvidenceKind.BODY_LINK, Facts(url=link)))
    flaws = (*headers.guesses_in(message.header), *body.flaws)
    return Document(blocks=blocks, evidence=evidence, boilerplate=boilerplate, flaws=flaws)


def _digest(message: MimePart, body: Body) -> Document | None:
    """A digest in parts of its own, or in a message's only part, which is plain."""
    plain = "" if message.parts or body.rich else message.text().text
    if not body.digest and not any(line in plain for line in _LINES_OF_DIGEST):
        return None
    from backissue.ingest.readers.mail import digests  # noqa: PLC0415 - few messages are one

    if body.digest:
        return digests.of_messages(body.blocks, body.digest, body.flaws)
    return digests.of_text(plain)


def _inner(message: MimePart, body: Body) -> Document | None:
    """The message that this one sends on or answers, if any."""
    subject = headers.words_of(message.header, "Subject")
    sent_on, answers = is_forward(subject), headers.is_answer(message.header)
    if answers and (is_reply(subject) or not sent_on):
        from backissue.ingest.readers.mail import replies  # noqa: PLC0415 - few messages are one

        if reply := replies.quoted(message, body):
            return _deeper(reply, sent_on=sent_on)
        # Outlook writes the header above what is answered as lines of text.
        sent_on = sent_on or is_reply(subject)
    if not sent_on and not any(_SAYS_MESSAGE.search(block.text) for block in body.blocks):
        return None
    from backissue.ingest.readers.mail import forwards  # noqa: PLC0415 - few messages hold one

    found = forwards.inner(body.blocks, sent_on=sent_on)
    if found and is_forward(subject):
        from backissue.ingest.readers.mail import replies  # noqa: PLC0415 - few messages are one

        return replies.within(found, subject)
    return found


def _deeper(reply: Document, *, sent_on: bool) -> Document:
    """What a reply quotes or, where that was sent on, what was sent on in it."""
    from backissue.ingest.readers.mail import forwards  # noqa: PLC0415 - few messages hold one

    inner = forwards.inner(reply.blocks, sent_on=sent_on)
    return replace(inner, boilerplate=(*reply.boilerplate, *inner.boilerplate)) if inner else reply
