"""Which of a document's headings open sections, by their ranks.

Sections have a rank of their own: the highest that more than one heading has. Headings above it
open sections, too. Those below it do so where they are stories under rubrics, or rubrics of a
lower rank behind the last story; else they part a section.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from msgspec import Struct

from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import bare, is_bold_heading, is_prose
from backissue.ingest.structure.sub_heads import rank_of, repeated_alike, repeated_below
from backissue.records import Block, BlockKind
from backissue.text.prose import count_words

# Percent. Of headings that group stories, so many have no words of their own; of stories, so many
# have.
_BARE_PERCENT: Final = 50
_TOLD_PERCENT: Final = 60
# Ranks: a heading so much lower than the sections' is a rubric by its look, and no part of a story.
_FAR_BELOW: Final = 2
# Rubrics with nothing but links behind the last story; fewer are what the story is drawn from.
_FEWEST_RUBRICS: Final = 3
# The lowest rank of all, which editors use for the look of it.
_LOWEST = 6


class Ranks(Struct, frozen=True):
    """The places of the headings of the sections' rank, and those of others that open sections."""

    ranked: tuple[int, ...]
    others: frozenset[int]


def ranks(blocks: Sequence[Block], labels: Collection[int]) -> Ranks:
    """Which headings open sections; those at `labels` never do."""
    within = _within_stories(blocks)
    headings = [
        place
        for place, block in enumerate(blocks)
        if block.kind is BlockKind.HEADING and place not in labels and place not in within
    ]
    rank = _section_rank(blocks, headings)
    ranked = [
        place
        for place in headings
        if blocks[place].level == rank
        and (grammar.why_label(blocks[place]) is None or grammar.is_why_heading(blocks[place]))
    ]
    if not ranked:
        return Ranks((), frozenset())
    lower = [
        place
        for place in range(ranked[0], len(blocks))
        if place not in within and _is_lower(blocks[place], rank or 0)
    ]
    stories = _stories(blocks, ranked, lower, within | frozenset(labels))
    rubrics = frozenset() if stories else _rubrics(blocks, ranked, lower)
    rubrics |= _eyebrows(blocks, headings, rank or 0)
    higher = frozenset(
        place
        for place in headings
        if blocks[place].level < (rank or 0) and (place > ranked[0] or blocks[place].level > 1)
    )
    return Ranks(tuple(ranked), stories | rubrics | higher)


def _within_stories(blocks: Sequence[Block]) -> frozenset[int]:
    """The headings and bold lines that part a story, and open nothing."""
    places = [
        place
        for place, block in enumerate(blocks)
        if block.kind is BlockKind.HEADING or is_bold_heading(block)
    ]
    within = repeated_below(blocks, places)
    ranked: defaultdict[int, list[int]] = defaultdict(list)
    for place in places:
        if place not in within:
            ranked[rank_of(blocks[place])].append(place)
    return within.union(*(repeated_alike(blocks, alike) for alike in ranked.values()))


def _section_rank(blocks: Sequence[Block], headings: Sequence[int]) -> int | None:
    """The rank of the sections' headings: the highest with more than one heading, or with any."""
    of_rank: defaultdict[int, list[str]] = defaultdict(list)
    for place in headings:
        of_rank[blocks[place].level].append(bare(blocks[place].text))
    # An issue's title, twice, is no rank of sections.
    repeated = [level for level, texts in of_rank.items() if len(set(texts)) > 1]
    return min(repeated or of_rank, default=None)


def _is_lower(block: Block, rank: int) -> bool:
    if block.kind is BlockKind.HEADING:
        return block.level > rank and grammar.why_label(block) is None
    return is_bold_heading(block)


def _stories(
    blocks: Sequence[Block], ranked: Sequence[int], lower: Sequence[int], within: Collection[int]
) -> frozenset[int]:
    """The headings one rank lower, if those of the sections' rank only group stories.

    `Big Tech` directly above `A port buys a crane (3 minute read)` and its blurb is a rubric. A
    group of links without blurbs is one section.
    """
    highest = min((rank_of(blocks[place]) for place in lower), default=0)
    stories = [place for place in lower if rank_of(blocks[place]) == highest]
    headings = frozenset(stories)
    bare = sum(_heads(blocks, place, headings) for place in ranked)
    ends = dict(zip(starts := sorted({*ranked, *stories}), [*starts[1:], len(blocks)], strict=True))
    full = sum(_has_story_below(blocks, range(place, ends[place]), within) for place in stories)
    grouped = bare * 100 >= _BARE_PERCENT * len(ranked) and len(stories) > bare
    are_stories = full * 100 >= _TOLD_PERCENT * len(stories)
    return headings if grouped and are_stories else frozenset()


def _heads(blocks: Sequence[Block], place: int, headings: Collection[int]) -> bool:
    """Whether a rubric is directly above its first story, or above one short line and that."""
    below = _next(blocks, place)
    if below in headings or below == len(blocks):
        return below in headings
    motto = blocks[below].kind is BlockKind.PARAGRAPH and not is_prose(blocks[below])
    return motto and _next(blocks, below) in headings


def _next(blocks: Sequence[Block], place: int) -> int:
    """The place of the block below, separators left out."""
    place += 1
    while place < len(blocks) and blocks[place].kind is BlockKind.RULE:
        place += 1
    return place


def _has_story_below(blocks: Sequence[Block], story: range, within: Collection[int]) -> bool:
    told = any(_tells(blocks[place]) for place in story[1:])
    return told or story.start + 1 in within


def _tells(block: Block) -> bool:
    """Whether a block is prose; an item, and not only in the words that lead elsewhere."""
    if block.kind is BlockKind.ITEM:
        own = "".join(run.text for run in block.runs if not run.url)
        return is_prose(block) and 2 * count_words(own) > count_words(block.text)
    return block.kind in {BlockKind.PARAGRAPH, BlockKind.QUOTE} and is_prose(block)


def _rubrics(
    blocks: Sequence[Block], ranked: Sequence[int], lower: Sequence[int]
) -> frozenset[int]:
    """Headings of a lower rank that are rubrics beside the stories, and parts of none.

    `###### PICKS` among sections that are headed `### …`; or three and more lists of links behind
    the last story.
    """
    found: list[int] = []
    alike: defaultdict[int, list[int]] = defaultdict(list)
    for place in lower:
        if blocks[place].kind is BlockKind.HEADING:
            alike[blocks[place].level].append(place)
    starts = sorted({*ranked, *(place for places in alike.values() for place in places)})
    ends = dict(zip(starts, [*starts[1:], len(blocks)], strict=True))
    for level, places in alike.items():
        far = level >= blocks[ranked[0]].level + _FAR_BELOW
        capitals = all(_is_shouted(blocks[place]) for place in places)
        own = blocks[ranked[-1] + 1 : ends[ranked[-1]]]
        behind = places[0] > ranked[-1] and any(is_prose(block) for block in own)
        linked = all(_is_of_links(blocks[place + 1 : ends[place]]) for place in places)
        by_look = len(places) > 1 and far and (capitals or level == _LOWEST)
        of_links = len(places) >= _FEWEST_RUBRICS and behind and linked
        if by_look or of_links:
            found += places
    return frozenset(found)


def _eyebrows(blocks: Sequence[Block], headings: Sequence[int], rank: int) -> frozenset[int]:
    """Small headings of which most stand directly above one of the sections': `MARKETS`."""
    alike: defaultdict[int, list[int]] = defaultdict(list)
    for place in headings:
        if blocks[place].level > rank:
            alike[blocks[place].level].append(place)
    sections = {place for place in headings if blocks[place].level == rank}
    found: list[int] = []
    for places in alike.values():
        above = sum(_next(blocks, place) in sections for place in places)
        if above > 1 and above * 100 >= _BARE_PERCENT * len(places):
            found += places
    return frozenset(found)


def _is_shouted(block: Block) -> bool:
    return block.text.isupper()


def _is_of_links(blocks: Sequence[Block]) -> bool:
    """Whether these are items or links, and no prose without one."""
    words = [block for block in blocks if block.kind is not BlockKind.RULE]
    return bool(words) and all(
        block.kind is BlockKind.ITEM or any(run.url for run in block.runs) for block in words
    )
