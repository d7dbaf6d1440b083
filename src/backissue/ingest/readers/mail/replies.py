"""A reply by a reader: what it quotes is kept as a copy of that, and the rest is set aside.

`quotations` finds what is quoted with `>`, `quoted_markup` what is quoted in a page. Outlook writes
the header as lines of text above what is answered, as `forwards` reads them. A reader may answer
above the quotation, below it, or between its paragraphs.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from backissue.ingest.identity import Evidence, EvidenceKind, in_message, is_reply, reported
from backissue.ingest.readers.formats import Document
from backissue.ingest.readers.mail import headers
from backissue.ingest.readers.mail.bodies import Body, plain_part, plain_text, words_in
from backissue.ingest.readers.mail.forwards import is_quoted, unquoted
from backissue.ingest.readers.mail.parts import MimePart
from backissue.ingest.readers.mail.quotations import LONGEST_LINE, Parted, in_text, sender, strength
from backissue.records import Block, BlockKind, Facts
from backissue.text.days import day_within
from backissue.text.prose import squeeze


def quoted(message: MimePart, body: Body) -> Document | None:
    """What a reply quotes; its boilerplate is what the reader wrote. None where it is no reply.

    A newsletter may be called `Re: your letters` and quote some, and a list's members answer one
    another: there the fields or the mail program's own marks must say that it is a reply, and most
    of its words must be quoted.
    """
    header = message.header
    subject = headers.words_of(header, "Subject")
    parted = _parted(body)
    if parted is None or not parted.quoted:
        return None
    above = strength(parted.line)
    by_program = parted.marked or above > 1
    threaded = headers.is_threaded(header)
    surely = is_reply(subject) and (threaded or (by_program and above > 0))
    mostly = by_program and words_in(parted.quoted) >= parted.own_words
    if not (surely or (threaded and mostly)) or (headers.is_list(header) and not mostly):
        return None
    return Document(
        blocks=parted.quoted,
        evidence=_evidence(parted.line, subject),
        boilerplate=tuple(filter(None, [*parted.own, parted.line])),
    )


def _evidence(line: str, subject: str) -> tuple[Evidence, ...]:
    """Who wrote what is quoted, and when; the title is the reply's own subject without `Re:`."""
    found = day_within(squeeze(line)) if line else None
    said = in_message(subject, sender(line))
    title = (replace(one, kind=EvidenceKind.OUTER_SUBJECT) for one in said if one.fact == "title")
    others = (one for one in said if one.fact != "title")
    date = Facts(date=found[1] if found else None)
    return (*others, *title, *reported(EvidenceKind.QUOTATION_LINE, date, line))


def within(sent_on: Document, subject: str) -> Document:
    """What a reply quotes that was itself sent on (`Fwd: Re: …`); as it is where it is no reply.

    A letter that was sent on may quote another: then its own words are more than those.
    """
    parted = _in_blocks(sent_on.blocks)
    if parted is None or not parted.quoted or parted.own_words > words_in(parted.quoted):
        return sent_on
    return replace(
        sent_on,
        blocks=parted.quoted,
        evidence=_evidence(parted.line, subject),
        boilerplate=(*sent_on.boilerplate, *parted.own, parted.line),
    )


def _parted(body: Body) -> Parted | None:
    found = _in_leaf(body.leaf, rich=body.rich) if body.leaf else None
    return found or _in_blocks(body.blocks)


def _in_leaf(leaf: MimePart, *, rich: bool) -> Parted | None:
    """What the only part that is shown quotes."""
    text = leaf.text().text
    if rich:
        if "blockquote" not in text.lower():
            return None
        from backissue.ingest.readers.mail import quoted_markup  # noqa: PLC0415 - Beautiful Soup

        return quoted_markup.in_markup(text)
    found = in_text(text)
    if found is None:
        return None
    quoted_text, own, line = found
    shown = plain_part(leaf, quoted_text)
    own_shown = plain_text(own)
    words = (*(block.text for block in own_shown.blocks if block.runs), *own_shown.boilerplate)
    return Parted(quoted=shown.blocks, own=(*words, *shown.boilerplate), line=line, marked=False)


def _in_blocks(blocks: Sequence[Block]) -> Parted | None:
    """What is below a line that a program writes above a quotation, with an address in it.

    Some programs mark nothing below that line: then all of it is quoted.
    """
    lines = (place for place, block in enumerate(blocks) if _is_line_with_address(block.text))
    place = next(lines, None)
    if place is None:
        return None
    below = blocks[place + 1 :]
    if any(map(is_quoted, below)):
        own = [
            block for block in below if block.kind is BlockKind.PARAGRAPH and not is_quoted(block)
        ]
    else:
        own = []
    others = set(map(id, own))
    kept = tuple(block for block in below if id(block) not in others)
    words = tuple(block.text for block in (*blocks[:place], *own) if block.runs)
    return Parted(quoted=unquoted(kept), own=words, line=blocks[place].text)


def _is_line_with_address(text: str) -> bool:
    return "@" in text[:LONGEST_LINE] and strength(text) > 1
