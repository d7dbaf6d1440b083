r"""Plain text: what a browser, a mail program or a PDF viewer puts on the clipboard.

Lines are cut at `\n` alone: `str.splitlines` also cuts at U+0085 and U+2028, and the first of
these is half of a damaged letter (`Ã\x85`).
"""

import re

from backissue.ingest.readers import layout
from backissue.ingest.readers.blocks import BlockBuilder
from backissue.ingest.readers.documents import Document, Original
from backissue.records import Block, BlockKind
from backissue.text.prose import is_separator

NAME = "plain text"

_BULLET = re.compile(r"(?P<indent>[ \t\xa0]*)(?:[•◦▪▫‣●○■–*+-])(?:[ \t\xa0]+)(?=\S)")
# Below one blank line in twenty, blank lines are accidents and every line is a paragraph.
_FEW_BLANKS = 0.05


def recognises(original: Original) -> bool:
    """Any text is plain text."""
    del original
    return True


def read(original: Original) -> tuple[Document, ...]:
    """The text, as one document."""
    return (Document(blocks=blocks(original.text), flaws=original.decoded.flaws),)


def blocks(text: str) -> tuple[Block, ...]:
    """A block a line. Lines are joined where the text uses blank lines to part its paragraphs."""
    lines = text.strip("\n").split("\n")
    blanks = sum(not line.strip() for line in lines)
    every_line_is_a_paragraph = blanks < _FEW_BLANKS * len(lines)
    headings = layout.headings(lines)
    build = BlockBuilder()
    indents: list[int] = []
    for place, line in enumerate(lines):
        heading = headings.get(place)
        if heading is None:
            indents = _line(build, line, indents)
        elif heading.text:
            build.border()
            build.begin(BlockKind.HEADING, heading.level)
            build.text(heading.text, strong=False, emphasis=False, url=None)
        if every_line_is_a_paragraph or heading:
            build.border()
        else:
            build.line_break()
    return build.finish()


def _line(build: BlockBuilder, line: str, indents: list[int]) -> list[int]:
    """Add one line below list items with these `indents`; those of the next line come back."""
    if not line.strip():
        return indents
    bullet = None if is_separator(line) else _BULLET.match(line)
    if bullet:
        indent = len(bullet["indent"].expandtabs(4))
        indents = [*(outer for outer in indents if outer < indent), indent]
        build.begin(BlockKind.ITEM, len(indents))
        line = line[bullet.end() :]
    else:
        build.begin(BlockKind.PARAGRAPH)
        indents = []
    build.text(line, strong=False, emphasis=False, url=None)
    return indents
