"""Lines that look like headings, where nothing else says where sections start.

The finders, strongest first: lines in bold, in capitals, numbered lines and paragraphs, paragraphs
that open in bold, and short lines alone above their text, as a browser copies a page's headings.
"""

import re
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Final

from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import (
    bare,
    block_below,
    has_deck_below,
    has_prose_below,
    is_bold_heading,
    is_capital_heading,
    is_item_heading,
    is_lone_rubric,
    is_prose,
    is_titled,
    stands_over_prose,
    under_rubrics,
)
from backissue.records import Block, BlockKind
from backissue.text.prose import length_in_words

# Words of a line that heads a list, where no list has marks.
_MOST_WORDS_OVER_LIST: Final = 4
# What ends a sentence.
_ENDS = frozenset(".!?:”\"’')。！？」』）")
# Lines that head sections although separators stand, but above none of them.
_FEWEST_HEADS: Final = 3
# Percent. Of paragraphs of prose, more than so many are numbered or open in bold.
_ALIKE_PERCENT: Final = 50


def lone_headings(blocks: Sequence[Block], labels: Collection[int]) -> frozenset[int]:
    """Lines that look like headings, if nothing else says where sections start."""
    places = [place for place in range(len(blocks)) if place not in labels]
    if any(has_deck_below(blocks, place) for place in places):
        return frozenset()
    if ranked := sum(blocks[place].kind is BlockKind.HEADING for place in places):
        # One heading, of a footer maybe, among lines in bold.
        told = [place for place in _bold_lines(blocks) if has_prose_below(blocks, place)]
        told = told if ranked == 1 else under_rubrics(blocks, _capital_lines(blocks, ()))
        return frozenset(told if len(told) >= _FEWEST_HEADS else ())
    behind_rules = [
        place
        for place, (before, block) in enumerate(pairwise(blocks), 1)
        if before.kind is BlockKind.RULE and block.kind is not BlockKind.RULE
    ]
    bold = any(run.strong for block in blocks for run in block.runs)
    alone = [] if bold or behind_rules else _alone(blocks)
    finders: list[Callable[[Sequence[Block]], list[int]]] = [
        _bold_lines,
        lambda blocks: _capital_lines(blocks, alone),
        _numbered_lines,
        _numbered_paragraphs,
        _leads,
        lambda _: alone,
    ]
    for marked in (_capital_leads(blocks), _starred_lines(blocks)):
        if len(marked) > 1:
            return frozenset(marked) - frozenset(labels)
    for find in finders:
        found = [place for place in find(blocks) if place not in labels]
        found = _without_sub_heads(blocks, found)
        if len(found) > 1 and _outweighs(found, behind_rules):
            return frozenset(found)
    return frozenset()


def _without_sub_heads(blocks: Sequence[Block], found: list[int]) -> list[int]:
    """Of lines that look alike, those that are not repeated under one of the others each."""
    if len({bare(blocks[place].text) for place in found}) == len(found):
        return found
    from backissue.ingest.structure.sub_heads import repeated_alike  # noqa: PLC0415 - rare

    within = repeated_alike(blocks, found)
    return [place for place in found if place not in within]


def _outweighs(found: Sequence[int], behind_rules: Sequence[int]) -> bool:
    """Whether lines head the sections although there are separators, none of them above one."""
    inner = [place for place in behind_rules if place > found[0]]
    return not inner or (len(found) >= _FEWEST_HEADS and not set(inner) & set(found))


def _bold_lines(blocks: Sequence[Block]) -> list[int]:
    return [place for place, block in enumerate(blocks) if is_bold_heading(block)]


def _capital_leads(blocks: Sequence[Block]) -> list[int]:
    """`01. STEEL IS DEAR.  It costs …`: numbered paragraphs, or most of all, that open so."""
    told = [
        place
        for place, block in enumerate(blocks)
        if block.kind is BlockKind.PARAGRAPH and not block.joined and is_prose(block)
    ]
    led = [place for place in told if grammar.capital_lead(blocks[place].text, numbered=True)]
    if len(led) > 1:
        return _in_order(blocks, led)
    led = [place for place in told if grammar.capital_lead(blocks[place].text)]
    most = len(led) >= _FEWEST_HEADS and len(led) * 100 > _ALIKE_PERCENT * len(told)
    return led if most else []


def _starred_lines(blocks: Sequence[Block]) -> list[int]:
    """`*Steel is dear`, a star before its first word and none behind the last, above its text."""
    return [
        place
        for place, block in enumerate(blocks)
        if re.match(r"\*{1,3}[^\W\d_]", block.text)
        and "*" not in block.text[3:]
        and not block.joined
        and block.kind is BlockKind.PARAGRAPH
        and is_titled(block.text)
        and place + 1 < len(blocks)
        and blocks[place + 1].kind is BlockKind.PARAGRAPH
        and is_prose(blocks[place + 1])
    ]


def _capital_lines(blocks: Sequence[Block], alone: Sequence[int]) -> list[int]:
    """`STEEL IS DEAR`: lines in capitals, alone or above the paragraph they head.

    Where they are directly above lines that stand `alone`, and these are more, they group them.
    """
    found = [
        place
        for place, block in enumerate(blocks)
        if not block.joined
        and block.kind is BlockKind.PARAGRAPH
        and is_capital_heading(block.text)
        and place + 1 < len(blocks)
        and not (blocks[place + 1].joined and grammar.is_in_capitals(blocks[place + 1].text))
    ]
    above = sum(place + 1 in alone for place in found)
    grouped = found and above * 100 >= _ALIKE_PERCENT * len(found) and len(alone) > above
    return sorted({*found, *alone}) if grouped else found


def _numbered_lines(blocks: Sequence[Block]) -> list[int]:
    """`1. Steel is dear` above prose; the lines of a table of contents follow one another."""
    headed = [
        place
        for place, block in enumerate(blocks)
        if not block.joined
        and (
            is_item_heading(blocks, place)
            or (
                grammar.ordinal(block.text) is not None
                and is_titled(block.text)
                and _has_text_below(blocks, place)
            )
        )
    ]
    return _in_order(blocks, headed)


def _numbered_paragraphs(blocks: Sequence[Block]) -> list[int]:
    """Paragraphs of prose, most of them numbered: a digest without headings."""
    prose = [
        place
        for place, block in enumerate(blocks)
        if block.kind is BlockKind.PARAGRAPH and not block.joined and is_prose(block)
    ]
    numbered = [place for place in prose if grammar.ordinal(blocks[place].text) is not None]
    return _in_order(blocks, numbered) if _are_most(numbered, prose) else []


def _in_order(blocks: Sequence[Block], places: Sequence[int]) -> list[int]:
    """These places, if their numbers go up or down by one; items of a list have none."""
    numbers = [
        grammar.ordinal(blocks[place].text)
        for place in places
        if blocks[place].kind is not BlockKind.ITEM
    ]
    steps = {after - before for before, after in pairwise(n for n in numbers if n is not None)}
    return list(places) if steps <= {1} or steps == {-1} else []


def _leads(blocks: Sequence[Block]) -> list[int]:
    """Paragraphs that open in bold and go on, if most do: each is a section."""
    paragraphs = [
        place
        for place, block in enumerate(blocks)
        if block.kind is BlockKind.PARAGRAPH and not block.joined and is_prose(block)
    ]
    led = [place for place in paragraphs if _is_led(blocks[place])]
    return led if _are_most(led, paragraphs) else []


def _are_most(found: Sequence[int], paragraphs: Sequence[int]) -> bool:
    return len(found) * 100 > _ALIKE_PERCENT * len(paragraphs)


def _is_led(block: Block) -> bool:
    lead = grammar.strong_lead(block.runs).strip()
    label = grammar.why_label(block) or grammar.link_line(block)
    return bool(lead) and len(lead) < len(block.text) and not label


def _alone(blocks: Sequence[Block]) -> list[int]:
    """Short lines without a full stop, alone over longer prose, or among longer lines."""
    told = [
        place
        for place, block in enumerate(blocks)
        if not block.joined
        and block.kind is BlockKind.PARAGRAPH
        and stands_over_prose(blocks, place)
    ]
    # `You will get this:` leads on to what is below, unless headings end so here.
    leading = [place for place in told if blocks[place].text.endswith((":", "："))]
    found = told if len(leading) * 2 >= len(told) else [one for one in told if one not in leading]
    if len(found) < 2:
        return found
    over_lists = (place for place in range(1, len(blocks) - 1) if _is_far_shorter(blocks, place))
    found = sorted({*found, *over_lists})
    return sorted({*found, *_rubrics_above(blocks, found)})


def _is_far_shorter(blocks: Sequence[Block], place: int) -> bool:
    """Whether a line is no sentence, and far shorter than those above and below it.

    What is below is a list whose marks are lost.
    """
    block, above, below = blocks[place], blocks[place - 1], blocks[place + 1]
    words = length_in_words(block.text)
    letters = [char for char in block.text if char.isalpha()]
    return (
        block.kind is BlockKind.PARAGRAPH
        and not block.joined
        and not below.joined
        and words <= _MOST_WORDS_OVER_LIST
        and bool(letters)
        and not letters[0].islower()
        and block.text[-1:] not in ".,;:!?…)]。，；：！？）"
        and grammar.may_be_heading(block)
        and all(length_in_words(one.text) >= 2 * words for one in (above, below))
    )


def _rubrics_above(blocks: Sequence[Block], found: Sequence[int]) -> list[int]:
    """Lines that group the headings at these places: `Bridges` directly above one, and no text.

    They are no last line of a list: the line above each ends a sentence. One alone may be anything.
    """
    above = [
        place - 1
        for place in found
        if place > 1
        and place - 1 not in found
        and blocks[place - 1].kind is BlockKind.PARAGRAPH
        and is_lone_rubric(blocks[place - 1])
        and blocks[place - 2].text[-1:] in _ENDS
    ]
    return above if 1 < len(above) < len(found) else []


def _has_text_below(blocks: Sequence[Block], place: int) -> bool:
    """Whether the block below a numbered line is its text, and not the next line of a list."""
    below = block_below(blocks, place)
    return (
        below is not None
        and below.kind is not BlockKind.RULE
        and grammar.ordinal(below.text) is None
    )
