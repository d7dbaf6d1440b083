"""Where the sections of an issue start.

The evidence, strongest first: the heads of a digest's messages; a separator, a heading with a deck,
a marker (`Tech Tales:`), a heading of the document's own section rank; and where a document has
none of these, lines that stand as headings do: in bold, in capitals, numbered, alone.
"""

import re
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Final

from backissue.ingest.structure import grammar
from backissue.ingest.structure.section_parts import opens_message
from backissue.records import VERBATIM, Block, BlockKind
from backissue.text.days import date_line
from backissue.text.prose import count_words, fold

# Words: what is longer before the first section is an essay, and a section of its own.
_LONGEST_INTRO: Final = 150
# Words: so many are a story, where fewer may be a caption or one more line of a list.
_PROSE: Final = 12
# Words of a line without a mark that heads the prose below it.
_MOST_WORDS_ALONE: Final = 12
# Lines that head sections although separators stand, but above none of them.
_FEWEST_HEADS: Final = 3
# The part of a table of contents that is headings further down.
_LISTED_PART: Final = 2 / 3
# Percent. Of headings that group stories, so many have no words of their own; of stories, so many
# have.
_BARE_PERCENT: Final = 50
_TOLD_PERCENT: Final = 60
# Of paragraphs of prose, more than so many are numbered or open in bold.
_ALIKE_PERCENT: Final = 50


def section_starts(blocks: Sequence[Block]) -> list[int]:
    """The places at which a section starts; none without headings and separators."""
    messages = _messages(blocks)
    if len(messages) > 1:
        return messages
    labels = _labels(blocks)
    rank = _section_rank(blocks, labels)
    inner = _inner_headings(blocks, rank, labels)
    lone = _lone_headings(blocks, labels)
    ranked = _section_headings(blocks, rank, labels)
    headings = frozenset(ranked)
    starts: list[int] = []
    in_tale = first_of_tale = False
    for place, block in enumerate(blocks):
        marker = grammar.is_fiction_marker(block.text)
        after_rule = place > 0 and blocks[place - 1].kind is BlockKind.RULE
        opens = (
            marker
            or place in lone
            or place in inner
            or has_deck_below(blocks, place)
            or place in headings
            or (ranked and place > ranked[0] and _is_higher(block, rank))
            # Behind a separator something new starts, but in a tale it may be the next scene.
            or (after_rule and _may_open(blocks, place, ranked, in_tale=in_tale))
        )
        stands = block.kind is not BlockKind.RULE and place not in labels
        if opens and stands and not (in_tale and first_of_tale):
            starts.append(place)
            in_tale = marker
        first_of_tale = marker or (first_of_tale and block.kind is BlockKind.RULE)
    return _with_opening(blocks, starts)


def is_headed(blocks: Sequence[Block], place: int) -> bool:
    """Whether a block is the heading of the blocks below it."""
    return grammar.looks_like_heading(blocks[place], _below(blocks, place))


def _below(blocks: Sequence[Block], place: int) -> Block | None:
    return blocks[place + 1] if place + 1 < len(blocks) else None


def has_deck_below(blocks: Sequence[Block], place: int) -> bool:
    """Whether a block is a heading, because the next is its deck."""
    return (
        place + 1 < len(blocks)
        and grammar.may_be_heading(blocks[place])
        # `… telnet: http://e.org` above `… more …` is a list that trails off.
        and not re.match(grammar.ELLIPSIS, blocks[place].text)
        and "://" not in blocks[place].text
        and grammar.deck(blocks[place + 1]) is not None
    )


def is_item_heading(blocks: Sequence[Block], place: int) -> bool:
    """Whether a block is an item alone above prose: `* Bill passes`."""
    block = blocks[place]
    before = blocks[place - 1].kind if place else BlockKind.RULE
    after = _below(blocks, place)
    return (
        block.kind is BlockKind.ITEM
        and block.level == 1
        and before is not BlockKind.ITEM
        and after is not None
        and after.kind is BlockKind.PARAGRAPH
        and not after.joined
        and _is_titled(block.text)
    )


def pointing(parts: Sequence[Sequence[Block]]) -> frozenset[int]:
    """The places of parts that only point to sections: rubrics, and tables of contents."""
    headings = {_bare(part[0].text) for part in parts}
    return frozenset(
        place
        for place, part in enumerate(parts)
        if _is_contents(part, headings)
        or (place + 1 < len(parts) and _is_rubric(part))
        # A day between two separators, which the masthead had no need of.
        or (len(part) == 1 and date_line(part[0].text) is not None)
    )


def _is_rubric(part: Sequence[Block]) -> bool:
    """`BIG TECH` alone above the first story of its kind; a heading with a link is a story."""
    head = part[0]
    headed = (
        head.kind is BlockKind.HEADING
        or _is_bold_heading(head)
        or grammar.is_in_capitals(head.text)
    )
    return len(part) == 1 and headed and not any(run.url for run in head.runs)


def _is_contents(part: Sequence[Block], headings: set[str]) -> bool:
    """`In this issue:` above the headings of sections further down."""
    listed = [_bare(block.text) for block in part[1:] if block.kind is not BlockKind.RULE]
    known = sum(text in headings for text in listed)
    return len(listed) > 1 and known > 1 and known >= _LISTED_PART * len(listed)


def _bare(text: str) -> str:
    """A heading's words without number and capitals."""
    words = re.sub(r"^[\W\d_]+", "", fold(text)) or text
    return words.casefold().rstrip(" .:")


def _messages(blocks: Sequence[Block]) -> list[int]:
    """Where the messages of a digest start: `From:`, `Subject:`, `Date:` above one another."""
    starts: list[int] = []
    for place, block in enumerate(blocks):
        if block.joined and place and blocks[place - 1].kind is not BlockKind.RULE:
            continue
        if opens_message(blocks, place):
            starts.append(place)
    return starts


def _section_headings(
    blocks: Sequence[Block], rank: int | None, labels: Collection[int]
) -> list[int]:
    """The places of headings of the sections' rank; a label in a section is none."""
    return [
        place
        for place, block in enumerate(blocks)
        if block.kind is BlockKind.HEADING
        and block.level == rank
        and place not in labels
        and (grammar.why_label(block) is None or grammar.is_why_heading(block))
    ]


def _is_higher(block: Block, rank: int | None) -> bool:
    """`# Quote of the week` after sections that are headed `## …`."""
    return block.kind is BlockKind.HEADING and block.level < (rank or 0)


def _may_open(blocks: Sequence[Block], place: int, ranked: Sequence[int], *, in_tale: bool) -> bool:
    """Whether the block after a separator opens a section.

    Where sections have headings, a line without one is the last word of the section above.
    """
    headed = len(ranked) > 1 and place > ranked[0]
    return not (in_tale or headed) or is_headed(blocks, place)


def _with_opening(blocks: Sequence[Block], starts: list[int]) -> list[int]:
    """`starts`, and the document's first line if that opens a section instead of a short intro."""
    first = next((n for n, block in enumerate(blocks) if block.kind is not BlockKind.RULE), None)
    if not starts or first is None or first >= starts[0]:
        return starts
    # Where separators stand and headings behind them all, the first is one without a mark, too.
    kinds = {block.kind for block in blocks}
    parted = BlockKind.RULE in kinds and BlockKind.HEADING not in kinds
    headed = parted and all(is_headed(blocks, start) for start in starts)
    above = blocks[first : starts[0]]
    words = sum(count_words(block.text) for block in above)
    opens = (
        (grammar.is_marked_heading(blocks[first]) and not _calls(blocks[first]))
        or (headed and is_headed(blocks, first) and _has_prose_below(blocks, first))
        or words > _LONGEST_INTRO
        or any(grammar.why_label(block) or grammar.link_line(block) for block in above)
        # An intro is text without blocks; code and tables would lose their look in it.
        or any(block.kind in VERBATIM for block in above)
    )
    return [first, *starts] if opens else starts


def _calls(block: Block) -> bool:
    """`The German edition is here!`, with a link: a sentence, and no heading."""
    linked = any(run.url for run in block.runs)
    plain = block.kind is BlockKind.PARAGRAPH and not grammar.is_bold_line(block)
    return linked and plain and block.text.endswith("!")


def _labels(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of lines `Why this matters` that are no section, but a part of one."""
    places = [place for place, block in enumerate(blocks) if grammar.is_why_heading(block)]
    if not places:
        return frozenset()
    from backissue.ingest.structure.why_headings import within_sections  # noqa: PLC0415 - rare

    return within_sections(blocks, places)


def _section_rank(blocks: Sequence[Block], labels: Collection[int]) -> int | None:
    """The rank of the sections' headings: the highest with more than one heading, or with any."""
    levels = [
        block.level
        for place, block in enumerate(blocks)
        if block.kind is BlockKind.HEADING and place not in labels
    ]
    repeated = [level for level in set(levels) if levels.count(level) > 1]
    return min(repeated or levels, default=None)


def _inner_headings(
    blocks: Sequence[Block], rank: int | None, labels: Collection[int]
) -> frozenset[int]:
    """The headings one rank lower, if those of the sections' rank only group stories.

    `Big Tech` directly above `A port buys a crane (3 minute read)` and its blurb is a rubric. A
    group of links without blurbs is one section.
    """
    ranked = _section_headings(blocks, rank, labels)
    if not ranked:
        return frozenset()
    lower = [place for place in range(ranked[0], len(blocks)) if _is_lower(blocks[place], rank)]
    levels = [_level(blocks[place]) for place in lower]
    highest = min(levels, default=0)
    stories = [place for place in lower if _level(blocks[place]) == highest]
    headings = frozenset(stories)
    bare = sum(place + 1 in headings for place in ranked)
    full = sum(_has_story_below(blocks, place) for place in stories)
    grouped = bare * 100 >= _BARE_PERCENT * len(ranked) and len(stories) > bare
    are_stories = full * 100 >= _TOLD_PERCENT * len(stories)
    return headings if grouped and are_stories else frozenset()


def _is_lower(block: Block, rank: int | None) -> bool:
    if block.kind is BlockKind.HEADING:
        return block.level > (rank or 0) and grammar.why_label(block) is None
    return _is_bold_heading(block)


def _level(block: Block) -> int:
    """A heading's rank; a bold line ranks below them all."""
    return block.level if block.kind is BlockKind.HEADING else 7


def _has_story_below(blocks: Sequence[Block], place: int) -> bool:
    below = _below(blocks, place)
    return below is not None and below.kind is BlockKind.PARAGRAPH and _is_prose(below)


def _is_prose(block: Block) -> bool:
    return count_words(block.text) >= _PROSE


def _lone_headings(blocks: Sequence[Block], labels: Collection[int]) -> frozenset[int]:
    """Lines that look like headings, if nothing else says where sections start."""
    places = [place for place in range(len(blocks)) if place not in labels]
    if any(
        blocks[place].kind is BlockKind.HEADING or has_deck_below(blocks, place) for place in places
    ):
        return frozenset()
    behind_rules = [
        place
        for place, (before, block) in enumerate(pairwise(blocks), 1)
        if before.kind is BlockKind.RULE and block.kind is not BlockKind.RULE
    ]
    bold = any(run.strong for block in blocks for run in block.runs)
    finders: list[Callable[[Sequence[Block]], list[int]]] = [
        _bold_lines,
        _capital_lines,
        _numbered_lines,
        _numbered_paragraphs,
        _leads,
        *([] if bold or behind_rules else [_alone]),
    ]
    for find in finders:
        found = [place for place in find(blocks) if place not in labels]
        if len(found) > 1 and _outweighs(found, behind_rules):
            return frozenset(found)
    return frozenset()


def _outweighs(found: Sequence[int], behind_rules: Sequence[int]) -> bool:
    """Whether lines head the sections although there are separators, none of them above one."""
    inner = [place for place in behind_rules if place > found[0]]
    return not inner or (len(found) >= _FEWEST_HEADS and not set(inner) & set(found))


def _bold_lines(blocks: Sequence[Block]) -> list[int]:
    return [place for place, block in enumerate(blocks) if _is_bold_heading(block)]


def _is_bold_heading(block: Block) -> bool:
    """Whether a block is a line in bold, alone, and not a label within a section."""
    return (
        not block.joined
        and block.kind is BlockKind.PARAGRAPH
        and grammar.is_bold_line(block)
        and grammar.why_label(block) is None
        and grammar.link_line(block) is None
    )


def _capital_lines(blocks: Sequence[Block]) -> list[int]:
    """`STEEL IS DEAR`: lines in capitals, alone or above the paragraph they head."""
    return [
        place
        for place, block in enumerate(blocks)
        if not block.joined
        and block.kind is BlockKind.PARAGRAPH
        and grammar.is_in_capitals(block.text)
        and place + 1 < len(blocks)
        and not (blocks[place + 1].joined and grammar.is_in_capitals(blocks[place + 1].text))
    ]


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
                and _is_titled(block.text)
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
        if block.kind is BlockKind.PARAGRAPH and not block.joined and _is_prose(block)
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
        if block.kind is BlockKind.PARAGRAPH and not block.joined and _is_prose(block)
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
    """Short lines without a full stop, alone over longer prose."""
    return [
        place
        for place, block in enumerate(blocks)
        if not block.joined
        and block.kind is BlockKind.PARAGRAPH
        and _stands_over_prose(blocks, place)
    ]


def _stands_over_prose(blocks: Sequence[Block], place: int) -> bool:
    """Whether a short line is above a paragraph of sentences that is not joined to it."""
    titled = count_words(blocks[place].text) <= _MOST_WORDS_ALONE and is_headed(blocks, place)
    return titled and _has_prose_below(blocks, place) and not blocks[place + 1].joined


def _has_prose_below(blocks: Sequence[Block], place: int) -> bool:
    below = _below(blocks, place)
    return (
        below is not None
        and below.kind is BlockKind.PARAGRAPH
        and len(below.text) > len(blocks[place].text)
        and below.text[-1:] in ".!?”\"’'):"
    )


def _has_text_below(blocks: Sequence[Block], place: int) -> bool:
    """Whether the block below a numbered line is its text, and not the next line of a list."""
    below = _below(blocks, place)
    return (
        below is not None
        and below.kind is not BlockKind.RULE
        and grammar.ordinal(below.text) is None
    )


def _is_titled(text: str) -> bool:
    return count_words(text) <= grammar.MOST_TITLE_WORDS and text[-1:] not in ".,;"
