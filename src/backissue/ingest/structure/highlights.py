"""Highlights from a book, which are a document of loose lines."""

from collections.abc import Sequence
from typing import Final

from backissue.records import Block, BlockKind

# Fewer lines than these are no highlights; of highlights, so many percent start mid-sentence.
_FEWEST_HIGHLIGHTS: Final = 5
_LOWERED_PERCENT: Final = 20


def are_highlights(blocks: Sequence[Block]) -> bool:
    """Whether a document is highlights from a book: loose lines, many of which start mid-sentence.

    A newsletter's paragraphs start with a capital letter.
    """
    if len(blocks) < _FEWEST_HIGHLIGHTS or any(
        block.joined or block.kind is not BlockKind.PARAGRAPH or len(block.runs) > 1
        for block in blocks
    ):
        return False
    lowered = sum(block.text[:1].islower() for block in blocks)
    return lowered * 100 >= _LOWERED_PERCENT * len(blocks)
