"""A message sent on, and then saved as a page or as text: its header's lines are evidence.

`Begin forwarded message:`, in any of the languages that `mail.forwards` knows, or nothing but the
lines `From: …`, `Sent: …`, `Subject: …` at the very top. A text with a title of its own above them
quotes a message, and is none.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from msgspec.structs import replace

from backissue.ingest.identity import titles
from backissue.ingest.readers.formats import Document
from backissue.ingest.readers.mail import forwards
from backissue.records import Block, BlockKind
from backissue.text.prose import count_words, squeeze

_FIELD = re.compile(r"[*\s>]*+[^\W\d_][\w-]{0,12}\s?\*{0,2}[:：]")
# Of a header without a mark above it: sender, subject and one more.
_FEWEST_FIELDS = 3
_MOST_OWN_WORDS = 40  # above such a header


def taken_out(document: Document) -> Document:
    """The message sent on in a document, if there is one at its top; else the document."""
    blocks = document.blocks
    found = forwards.inner(blocks, sent_on=False) or _headed_by_fields(blocks)
    if found is None or not found.blocks:
        return document
    above = blocks[: len(blocks) - len(found.blocks)]
    if any(map(_is_title, above)) or _words(above) > _words(found.blocks):
        return document
    return replace(
        document,
        blocks=found.blocks,
        evidence=(*found.evidence, *document.evidence),
        boilerplate=(*found.boilerplate, *document.boilerplate),
    )


def _headed_by_fields(blocks: Sequence[Block]) -> Document | None:
    """The message whose header is at the top without a mark: three lines, and an address.

    Below a few words of who sends it on, as Outlook has it, four lines.
    """
    own = sum(count_words(block.text) for block in takewhile(_is_words, blocks))
    if own > _MOST_OWN_WORDS:
        return None
    found = forwards.inner(blocks, sent_on=True)
    above = blocks[: len(blocks) - len(found.blocks)] if found else ()
    lines = [block.text for block in above if _FIELD.match(block.text)]
    addressed = any("@" in line for line in lines)
    return found if addressed and len(lines) >= _FEWEST_FIELDS + (own > 0) else None


def _is_words(block: Block) -> bool:
    """Whether a block is no field of a header."""
    return not block.runs or _FIELD.match(block.text[:100]) is None


def _is_title(block: Block) -> bool:
    """Whether a line above a message is the title of the text that it is in."""
    if block.kind is BlockKind.HEADING:
        return True
    line = squeeze(block.text)
    return titles.title_line(line) is not None and not _FIELD.match(line)


def _words(blocks: Iterable[Block]) -> int:
    """The words outside of header lines and marks."""
    texts = (squeeze(block.text) for block in blocks)
    return sum(
        count_words(text) for text in texts if not _FIELD.match(text) and not forwards.is_mark(text)
    )
