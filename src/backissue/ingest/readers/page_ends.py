"""What a site has above and below the text of a page, where no element's name says so.

Lines with the time that it takes to read, tags and buttons; a heading above other posts, or above
what readers say, with all that follows it.
"""

from collections.abc import Sequence
from typing import Final

from backissue.ingest.readers.page_noise import RULES
from backissue.records import Block, BlockKind
from backissue.text.prose import count_words, squeeze

# Blocks at the top and at the bottom among which such lines are.
_TOP, _BOTTOM = 4, 8
_LONGEST_LINE = 160  # characters
# Words: a block of more, with no link, is prose. The list of posts has none.
_LONGEST_TEASER: Final = 25
# Percent of a page's words that is text above the comments and other posts, at least.
_LEAST_TEXT: Final = 30


def around_text(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of blocks that are the site's; none where nothing else would be left."""
    lines = [squeeze(block.text) if len(block.text) <= _LONGEST_LINE else "" for block in blocks]
    end = _end(blocks, lines)
    ends = {*range(min(_TOP, end)), *range(max(end - _BOTTOM, 0), end)}
    found = {
        place
        for place in ends
        if blocks[place].kind is not BlockKind.HEADING and _is_line(lines[place])
    }
    found |= set(range(end, len(blocks)))
    words = sum(place not in found and bool(block.runs) for place, block in enumerate(blocks))
    return frozenset(found if words else ())


def _is_line(line: str) -> bool:
    return bool(line) and RULES.pattern("site_lines").match(line) is not None


def _end(blocks: Sequence[Block], lines: Sequence[str]) -> int:
    """Where the text ends: at a heading above comments or other posts, or behind the last block."""
    total = sum(count_words(block.text) for block in blocks)
    above = 0
    for place, (block, line) in enumerate(zip(blocks, lines, strict=True)):
        may_end = line and above * 100 >= _LEAST_TEXT * total and total
        if may_end and RULES.pattern("comment_headings").match(line):
            return place
        if may_end and RULES.pattern("other_posts").match(line) and _lists(blocks[place + 1 :]):
            return place
        above += count_words(block.text)
    return len(blocks)


def _lists(blocks: Sequence[Block]) -> bool:
    """Whether blocks are links and teasers, up to the end or to a heading above comments."""
    listed = 0
    for block in blocks:
        line = squeeze(block.text[:_LONGEST_LINE])
        if RULES.pattern("comment_headings").match(line):
            break
        prose = block.kind is BlockKind.PARAGRAPH and count_words(block.text) > _LONGEST_TEASER
        if prose and not any(run.url for run in block.runs):
            return False
        listed += bool(block.runs)
    return listed > 0
