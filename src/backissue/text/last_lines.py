"""What ends a text without the words of a footer: who has signed it, and lines that it repeats."""

import re
from collections.abc import Sequence

from backissue.records import Block, BlockKind
from backissue.text.prose import count_words, fold, squeeze

# Lines of a signature, and words of one.
_MOST_LINES = 7
_MOST_WORDS = 8
# Lines on top that may come again, words of one that is no heading, characters that are looked at.
_ON_TOP = 40
_FEWEST_WORDS = 5
_LONGEST = 300
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:\s(?:[^\W\d_][\w.'’-]*|[A-Z]\.)){1,3}(?:,.{1,40})?")
# `You` alone is no sign: an author may say such a sentence twice.
_ASKS = re.compile(r"\b(?:please|your|friends?)\b|!$", re.IGNORECASE)
_REACHED = re.compile(
    r"\(?\+?\d[\d ()/-]{5,20}\d|\S@\w|\b(?:www\.|https?://)|\b(?:phone|tel|fax|fon)\b",
    re.IGNORECASE,
)


def signature(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of a last part, behind a separator, that only says who wrote and where they are.

    `Ada Moore`, `Harbour Office`, `(617) 253-2715`: short lines, none of them a sentence.
    """
    end = len(blocks)
    while end and blocks[end - 1].kind is BlockKind.RULE:
        end -= 1
    start = end
    while start and blocks[start - 1].kind is not BlockKind.RULE:
        start -= 1
        if end - start > _MOST_LINES:
            return frozenset()
    lines = [squeeze(block.text[:_LONGEST]) for block in blocks[start:end]]
    if not start or len(lines) < 2 or not _NAME.fullmatch(lines[0]):
        return frozenset()
    plain = all(block.kind is BlockKind.PARAGRAPH for block in blocks[start:end])
    short = all(count_words(line) <= _MOST_WORDS and line[-1:] not in ".!?:" for line in lines)
    reached = any(_REACHED.search(line) for line in lines[1:])
    return frozenset(range(start, len(blocks))) if plain and short and reached else frozenset()


def repeated(blocks: Sequence[Block]) -> tuple[frozenset[int], frozenset[int]]:
    """The places of sentences on top that come again among the last lines, above and below.

    `Tell a friend!` does. What a story says is said once; a heading is no sentence.
    """
    above: set[int] = set()
    below: set[int] = set()
    if len(blocks) >= _ON_TOP // 4:
        first_lines = reversed([*enumerate(blocks[:_ON_TOP])])
        top = {_key(block): place for place, block in first_lines if _says(block)}
        for place in range(max(len(blocks) // 2, len(blocks) - _ON_TOP), len(blocks)):
            first = top.get(_key(blocks[place])) if _says(blocks[place]) else None
            if first is not None and first < len(blocks) // 2:
                above.add(first)
                below.add(place)
    return frozenset(above), frozenset(below)


def _says(block: Block) -> bool:
    """Whether a block is a sentence that asks the reader for something."""
    text = block.text
    sentence = text[-1:] in ".!?" and block.kind is BlockKind.PARAGRAPH
    whole = sentence and text[:1].isupper() and len(text) <= _LONGEST
    return whole and count_words(text) >= _FEWEST_WORDS and _ASKS.search(text) is not None


def _key(block: Block) -> str:
    return squeeze(fold(block.text[: _LONGEST + 1])).casefold()


def first_of_end(blocks: Sequence[Block], top: int) -> int:
    """Where an end at `top` starts with the short lines above it that only lead somewhere.

    Each is between separators, or was set as a heading because it is.
    """
    while top > 2:
        line = blocks[top - 2] if blocks[top - 1].kind is BlockKind.RULE else blocks[top - 1]
        place = top - 2 if line is blocks[top - 2] else top - 1
        framed = line.kind is BlockKind.HEADING or (
            place < top - 1 and blocks[place - 1].kind is BlockKind.RULE
        )
        if not framed or "://" not in line.text or count_words(line.text) > _MOST_WORDS:
            break
        top = place
    return top
