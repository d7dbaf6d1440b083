"""Sections that are called as their issue is: `Mill Notes #22: Noise` opens with a story `Noise`.

A line that only repeats the issue's title is boilerplate, and a heading is not.
"""

from collections.abc import Sequence

from backissue.ingest.identity import Decision
from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import Line, has_prose_below, is_bold_heading
from backissue.ingest.structure.sub_heads import rank_of
from backissue.records import Block, BlockKind
from backissue.text.prose import fold

# The kinds of lines that head sections where headings have no ranks.
_CAPITALS_RANK = 8


def namesakes(lines: Sequence[Line], known: Decision) -> frozenset[int]:
    """The places of lines that head a section, though they say the issue's title.

    The title was taken out of a longer line (`Mill Notes #22: Noise`), which a heading `Noise`
    does not repeat. It is of the same rank as another, and its text is directly below it.
    """
    title = known.facts.title
    found = next((one.text for one in known.evidence if one.fact == "title"), "")
    if not title or len(fold(found)) <= len(fold(title)):
        return frozenset()
    wanted = fold(title).casefold()
    blocks = [line.block for line in lines]
    same = [
        place
        for place, block in enumerate(blocks)
        if len(block.text) < 2 * len(title) and fold(block.text).casefold() == wanted
    ]
    return frozenset(place for place in same if _heads_section(blocks, place))


def _heads_section(blocks: Sequence[Block], place: int) -> bool:
    """Whether a heading is one of several alike, each directly above its text."""
    rank = _rank(blocks[place])
    if rank is None or not has_prose_below(blocks, place):
        return False
    own = fold(blocks[place].text)
    return not grammar.is_byline(blocks[place + 1].text) and any(
        _rank(block) == rank and fold(block.text) != own and has_prose_below(blocks, other)
        for other, block in enumerate(blocks)
    )


def _rank(block: Block) -> int | None:
    """How a heading looks; None for a line that is marked as none."""
    if block.kind is BlockKind.HEADING or is_bold_heading(block):
        return rank_of(block)
    return _CAPITALS_RANK if grammar.is_in_capitals(block.text) else None
