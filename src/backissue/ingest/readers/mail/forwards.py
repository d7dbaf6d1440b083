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
from functools import cache

from msgspec.structs import replace

from backissue.ingest.identity import Evidence, EvidenceKind, in_message, is_forward, reported
from backissue.ingest.readers.formats import Document
from backissue.ingest.readers.mail import headers
from backissue.records import Block, BlockKind, Facts, Run
from backissue.text.days import date_line
from backissue.text.prose import count_words, cut, squeeze

_FIELD = re.compile(
    r"[*\s>]*(?P<name>[^\W\d_][\w-]{0,20}(?: [\w-]{1,12}){0,2})\s?[*]*[:：][*]*\s*(?P<value>\S.*)?",
    re.DOTALL,
)
_TIME = re.compile(
    r"(?<![\s,])[\s,]*+(?:\b(?:at|um|à|a las|alle(?: ore)?|om|kl\.?|klo|às)\b)?"
    r"\s*+\d{1,2}[:.h]\d{2}.*$",
    re.IGNORECASE,
)
_REPLY = re.compile(r"origin|urspr|oorspr", re.IGNORECASE)
# Above a forwarded mail people write little; a text that quotes a mail in passing has more.
_MOST_OWN_WORDS = 400
_DEEPEST = 5
_MOST_FIELDS = 60  # lines, of which most are addresses
_TOP_LINES = 8  # a title, a day and a volume may be above lines that repeat a header
_LONGEST_NAME = 12  # characters of `Re:` with what is before it
_PROSE = frozenset({BlockKind.PARAGRAPH, BlockKind.QUOTE})
_QUOTE_MARK = re.compile(r"[ \t]*>[ ]?")


def inner(blocks: Sequence[Block], *, sent_on: bool) -> Document | None:
    """The message sent on in `blocks`, or the one sent on in that; None where there is none.

    `sent_on`: the subject begins with `Fwd:`; else a line must be `Begin forwarded message:`.
    Its boilerplate are the lines around it.
    """
    found: Document | None = None
    blocks = _lined(blocks)
    for _ in range(_DEEPEST):
        deeper = _inner(found.blocks if found else blocks, sent_on=sent_on)
        if deeper is None:
            break
        document, sent_on = deeper
        around = (*(found.boilerplate if found else ()), *document.boilerplate)
        found = replace(document, boilerplate=around)
    return found


def without_fields(
    blocks: Sequence[Block],
) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """A letter without the lines near its top that repeat a header: `To: … From: … Re: …`.

    Three in a row, or two with an address, are no letter's words; `From: Berlin` may be. Sender,
    day and subject without who gets it are the head of a message that the letter holds.
    """
    for place in range(min(len(blocks), _TOP_LINES)):
        end = place
        names: set[str] = set()
        while end < len(blocks) and (found := _field(blocks[end]) or _about(blocks[end])):
            names.add(found[0])
            end += 1
        lines = tuple(block.text for block in blocks[place:end])
        sure = len(names) > 2 or (len(names) > 1 and any("@" in line for line in lines))
        if sure and "to" in names and "date" not in names and end < len(blocks):
            return (*blocks[:place], *blocks[end:]), lines
    return tuple(blocks), ()


def _about(block: Block) -> tuple[str, str] | None:
    """`Re: your letters`, which some write below `From:`."""
    is_about = block.text[:_LONGEST_NAME].strip().lower().startswith("re:")
    return ("about", block.text) if is_about else None


def _inner(blocks: Sequence[Block], *, sent_on: bool) -> tuple[Document, bool] | None:
    """The message sent on in `blocks`, and whether it was itself sent on."""
    own = 0
    for place, block in enumerate(blocks):
        marked = is_mark(squeeze(block.text))
        start = _after_rules(blocks, place + 1) if marked else place
        if marked or (sent_on and _field(block)):
            end, fields = _fields(blocks, start)
            # What a reply quotes below itself is not sent on, unless it is most of the message.
            least = own if not sent_on and _REPLY.search(block.text) else 0
            if _is_header(fields, marked=marked) and _has_more(blocks, least, end):
                document = Document(
                    blocks=unquoted(blocks[end:]),
                    evidence=_evidence(fields),
                    boilerplate=tuple(line.text for line in blocks[:end] if line.runs),
                )
                return document, is_forward(fields.get("subject", ""))
        own += count_words(block.text)
        if own > _MOST_OWN_WORDS:
            break
    return None


def _lined(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks, with a header that a program set as a table in lines again."""
    if not any(block.kind is BlockKind.TABLE for block in blocks):
        return blocks
    found: list[Block] = []
    for block in blocks:
        rows = [Block(runs=(Run(text=row),)) for row in block.text.split("\n") if row.strip()]
        if block.kind is BlockKind.TABLE and rows and all(map(_field, rows)):
            found += (replace(row, joined=number > 0) for number, row in enumerate(rows))
        else:
            found.append(block)
    return found


def is_mark(text: str) -> bool:
    """`---------- Forwarded message ---------`, in many languages."""
    words = text.lstrip("-–—_=> ").rstrip("-–—_= ").rstrip(":： ")
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


def unquoted(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """What was sent on in quotation, without: a quotation of everything says nothing."""
    quoted = [block for block in blocks if block.runs and is_quoted(block)]
    # A heading or a list keeps its kind within a quotation.
    prose = [block for block in blocks if block.runs and block.kind in _PROSE]
    if len(quoted) * 10 < len(prose) * 9:
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


def is_quoted(block: Block) -> bool:
    """Whether a mail program marked a block as quoted."""
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
