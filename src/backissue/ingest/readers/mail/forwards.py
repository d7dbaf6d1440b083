"""Messages sent on within another: whose words are whose, and what the inner one's fields say.

Mail programs write the inner header as lines of text, each in its own way and language:

    ---------- Forwarded message ---------
    From: Import AI <importai@e.org>
    Date: Mon, Jan 20, 2025 at 1:30 PM
    Subject: Import AI 396
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from backissue.ingest.identity import Evidence, EvidenceKind, in_message, is_forward, reported
from backissue.ingest.readers.formats import Document
from backissue.ingest.readers.mail import headers
from backissue.records import Block, BlockKind, Facts
from backissue.text.days import date_line
from backissue.text.prose import count_words, cut, squeeze

_FIELD = re.compile(
    r"[*\s>]*(?P<name>[^\W\d_][\w-]{0,12})\s?[*]*:[*]*\s*(?P<value>\S.*)?", re.DOTALL
)
_TIME = re.compile(
    r"[\s,]*(?:\b(?:at|um|à|a las|alle(?: ore)?|om|kl\.?|klo|às)\b)?\s*\d{1,2}[:.h]\d{2}.*$",
    re.IGNORECASE,
)
_REPLY = re.compile(r"origin|urspr|oorspr", re.IGNORECASE)
# Above a forwarded mail people write little; a text that quotes a mail in passing has more.
_MOST_OWN_WORDS = 400
_DEEPEST = 5
_MOST_FIELDS = 60  # lines, of which most are addresses
_QUOTE_MARK = re.compile(r"[ \t]*>[ ]?")


def inner(blocks: Sequence[Block], *, sent_on: bool) -> Document | None:
    """The message sent on in `blocks`, or the one sent on in that; None where there is none.

    `sent_on`: the subject begins with `Fwd:`; else a line must be `Begin forwarded message:`.
    Its boilerplate are the lines around it.
    """
    found: Document | None = None
    for _ in range(_DEEPEST):
        deeper = _inner(found.blocks if found else blocks, sent_on=sent_on)
        if deeper is None:
            break
        document, sent_on = deeper
        around = (*(found.boilerplate if found else ()), *document.boilerplate)
        found = replace(document, boilerplate=around)
    return found


def _inner(blocks: Sequence[Block], *, sent_on: bool) -> tuple[Document, bool] | None:
    """The message sent on in `blocks`, and whether it was itself sent on."""
    own = 0
    for place, block in enumerate(blocks):
        marked = _is_mark(squeeze(block.text))
        start = _after_rules(blocks, place + 1) if marked else place
        if marked or (sent_on and _field(block)):
            end, fields = _fields(blocks, start)
            # What a reply quotes below itself is not sent on, unless it is most of the message.
            least = own if not sent_on and _REPLY.search(block.text) else 0
            if _is_header(fields, marked=marked) and _has_more(blocks, least, end):
                document = Document(
                    blocks=_unquoted(blocks[end:]),
                    evidence=_evidence(fields),
                    boilerplate=tuple(line.text for line in blocks[:end] if line.runs),
                )
                return document, is_forward(fields.get("subject", ""))
        own += count_words(block.text)
        if own > _MOST_OWN_WORDS:
            break
    return None


def _is_mark(text: str) -> bool:
    """`---------- Forwarded message ---------`, in many languages."""
    words = text.lstrip("-–—_> ").rstrip("-–—_ ").removesuffix(":").rstrip()
    return headers.RULES.pattern("forward_marks").fullmatch(words) is not None


@cache
def _names() -> dict[str, str]:
    """The names of fields in all languages, each with the one in English."""
    rules = headers.RULES.groups()["forward_fields"]
    return {word: rule.name for rule in rules for word in rule.words}


def _after_rules(blocks: Sequence[Block], place: int) -> int:
    while place < len(blocks) and blocks[place].kind is BlockKind.RULE:
        place += 1
    return place


def _field(block: Block) -> tuple[str, str] | None:
    """A line that is a header's field, by the name it has in English, and its value."""
    match = _FIELD.fullmatch(block.text.strip()) if len(block.text) < 2000 else None
    name = _names().get(match["name"].lower()) if match else None
    return (name, squeeze(match["value"] or "")) if match and name else None


def _fields(blocks: Sequence[Block], start: int) -> tuple[int, dict[str, str]]:
    """The fields from `start` on, and where they end; a long value may go on below."""
    fields: dict[str, str] = {}
    last = ""
    place = start
    while place < min(len(blocks), start + _MOST_FIELDS):
        block = blocks[place]
        if found := _field(block):
            last = found[0]
            fields.setdefault(*found)
        elif not (last in {"to", "cc", "subject"} and block.joined and _goes_on(block, last)):
            break
        elif last == "subject":
            fields[last] = squeeze(f"{fields[last]} {block.text}")
        place += 1
    return place, fields


def _goes_on(block: Block, field: str) -> bool:
    """Whether a joined line is the rest of a long field: more addresses, more of a subject."""
    return "@" in block.text if field != "subject" else len(block.text) < 80


def _is_header(fields: dict[str, str], *, marked: bool) -> bool:
    return "from" in fields and ("subject" in fields or (marked and "date" in fields))


def _has_more(blocks: Sequence[Block], least: int, end: int) -> bool:
    """Whether there are more than so many words below the header."""
    words = 0
    for block in blocks[end:]:
        words += count_words(block.text)
        if words > least:
            return True
    return False


def _unquoted(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """What was sent on in quotation, without: a quotation of everything says nothing."""
    quoted = [block for block in blocks if block.runs and _is_quoted(block)]
    if len(quoted) * 10 < sum(bool(block.runs) for block in blocks) * 9:
        return tuple(blocks)
    found: list[Block] = []
    gap = True
    for block in blocks:
        mark = _QUOTE_MARK.match(block.text)
        runs = cut(block.runs, mark.end()) if mark else block.runs
        if block.runs and not any(run.text.strip() for run in runs):
            gap = True  # a blank line of the quotation
            continue
        kind = BlockKind.PARAGRAPH if block.kind is BlockKind.QUOTE else block.kind
        found.append(replace(block, runs=runs, kind=kind, joined=block.joined and not gap))
        gap = False
    return tuple(found)


def _is_quoted(block: Block) -> bool:
    return block.kind is BlockKind.QUOTE or _QUOTE_MARK.match(block.text) is not None


def _evidence(fields: dict[str, str]) -> tuple[Evidence, ...]:
    return (
        *in_message(fields.get("subject", ""), _sender(fields["from"])),
        *reported(EvidenceKind.DATE_FIELD, Facts(date=_day(fields.get("date", "")))),
    )


def _sender(text: str) -> str:
    """`Import AI [mailto:news@e.org]` and `Import AI (news@e.org)` as `Import AI <news@e.org>`."""
    return re.sub(
        r"[\[(<]\s*(?:mailto:)?([^\s<>()\[\]]+@[^\s<>()\[\]]+?)\s*[\])>].*", r"<\1>", text
    )


def _day(text: str) -> datetime.date | None:
    """The day of a date as programs write it for readers: `Mon, Jan 20, 2025 at 1:30 PM`."""
    return date_line(_TIME.sub("", text).strip(" ,")) or headers.day(text)
