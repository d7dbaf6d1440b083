"""Lines `Why this matters` that stand like headings: parts of sections, and now and then a section.

Authors set the label on a line of its own, in capitals, bold or as a heading of any rank. What is
below it is a part of the story above. Only where an issue has one such heading, of the rank of its
sections, with an essay below it, is it a section: the essay on why all of the issue matters.
"""

from collections.abc import Sequence
from typing import Final

from backissue.records import Block, BlockKind
from backissue.text.prose import count_words

# Words below the heading, and other headings of its rank.
_SHORTEST_ESSAY: Final = 150
_FEWEST_OTHERS: Final = 3


def within_sections(blocks: Sequence[Block], places: Sequence[int]) -> frozenset[int]:
    """Of the places of such lines, those that are no section of their own."""
    return frozenset() if len(places) == 1 and _is_essay(blocks, places[0]) else frozenset(places)


def _is_essay(blocks: Sequence[Block], place: int) -> bool:
    rank = blocks[place].level
    if blocks[place].kind is not BlockKind.HEADING:
        return False
    ranks = [block.level for block in blocks if block.kind is BlockKind.HEADING]
    if min(ranks) < rank or ranks.count(rank) <= _FEWEST_OTHERS:
        return False
    words = 0
    for block in blocks[place + 1 :]:
        if block.kind is BlockKind.HEADING and block.level <= rank:
            break
        words += count_words(block.text)
    return words >= _SHORTEST_ESSAY
