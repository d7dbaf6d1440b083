"""Headings within a story, known by this: they are repeated under one story after another.

`What happened`, `Why it matters` and `What to watch` below each story part it, and open nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import bare
from backissue.records import Block, BlockKind

# Percent of the headings of one rank: if more are repeated under other heads, all part stories.
_REPEATED_PERCENT: Final = 50
# The rank of a line in bold, below those of all headings.
_BOLD_RANK = 7


def rank_of(block: Block) -> int:
    """A heading's rank; a bold line ranks below them all."""
    return block.level if block.kind is BlockKind.HEADING else _BOLD_RANK


def repeated_below(blocks: Sequence[Block], places: Sequence[int]) -> frozenset[int]:
    """Of the headings at these places, those of each rank most of which are repeated.

    They are repeated below several heads of a higher rank. A label (`Why it matters`) is never the
    heading of a story, so half is enough with it.
    """
    ranks: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    heads: list[int] = []
    for place in places:
        rank = rank_of(blocks[place])
        while heads and rank_of(blocks[heads[-1]]) >= rank:
            heads.pop()
        if heads:
            ranks[rank].append((place, heads[-1]))
        heads.append(place)
    found: list[int] = []
    for below in ranks.values():
        pairs = {(bare(blocks[place].text), head) for place, head in below}
        heads_of = Counter(words for words, _ in pairs)
        repeated = sum(heads_of[words] > 1 for words, _ in pairs)
        labelled = any(grammar.is_why_heading(blocks[place]) for place, _ in below)
        if repeated * 100 + labelled > _REPEATED_PERCENT * len(below) and repeated:
            found += [place for place, _ in below]
    return frozenset(found)


def repeated_alike(blocks: Sequence[Block], places: Sequence[int]) -> frozenset[int]:
    """Of headings that all look alike, those that are repeated below heads without words.

    `Story 1`, directly below it `What happened`, its text, `What to watch`; then `Story 2`.
    """
    counts = Counter(bare(blocks[place].text) for place in places)
    repeated = frozenset(place for place in places if counts[bare(blocks[place].text)] > 1)
    heads = [place for place in places if place not in repeated]
    below = [place + 1 in repeated for place in heads]
    return repeated if len(heads) > 1 and all(below) and places[0] in heads else frozenset()
