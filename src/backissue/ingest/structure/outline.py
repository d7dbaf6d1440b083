"""Where the sections of an issue start.

The evidence, strongest first: the heads of a digest's messages; a separator, a heading with a deck,
a marker (`Tech Tales:`), a heading of the document's own section rank; and where a document has
none of these, lines that stand as headings do: in bold, in capitals, numbered, alone.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import (
    bare,
    has_deck_below,
    has_prose_below,
    has_sentences,
    is_bold_heading,
    is_headed,
    is_lone_rubric,
    is_prose,
    is_titled,
    may_stand_alone,
)
from backissue.ingest.structure.section_parts import opens_message
from backissue.records import VERBATIM, Block, BlockKind
from backissue.text.days import date_line
from backissue.text.prose import count_words

if TYPE_CHECKING:
    from backissue.ingest.structure.contents import Contents

# The part of a table of contents that is headings further down.
_LISTED_PART: Final = 2 / 3
# Words: what is longer before the first section may be an essay, and a section of its own; and it
# is one if it has more than so many percent of the words of all the others.
_LONGEST_INTRO: Final = 150
_ESSAY_PERCENT: Final = 50
# Words of a greeting that is a call: `Ahoy, sailors!`.
_LONGEST_CALL = 2
# Sections that an issue has besides a heading that only greets.
_FEWEST_BESIDE = 2


def section_starts(blocks: Sequence[Block], contents: "Contents | None" = None) -> list[int]:
    """The places at which a section starts; none without headings and separators.

    The lines that a table of `contents` names are headings.
    """
    messages = _messages(blocks)
    if len(messages) > 1:
        return messages
    labels = _labels(blocks)
    lone = _lone(blocks, labels)
    if contents:
        lone |= contents.named
    ranked, others = _ranked(blocks, labels)
    headings = others.union(ranked)
    starts: list[int] = []
    in_tale = first_of_tale = False
    for place, block in enumerate(blocks):
        marker = grammar.is_fiction_marker(block.text)
        after_rule = place > 0 and blocks[place - 1].kind is BlockKind.RULE
        opens = (
            marker
            or place in lone
            or has_deck_below(blocks, place)
            or place in headings
            # Behind a separator something new starts, but in a tale it may be the next scene.
            or (
                after_rule
                and not _is_below_framed(blocks, place, starts)
                and _may_open(blocks, place, ranked, in_tale=in_tale)
            )
        )
        stands = block.kind is not BlockKind.RULE and place not in labels
        if opens and stands and not (in_tale and first_of_tale):
            starts.append(place)
            in_tale = marker
        first_of_tale = marker or (first_of_tale and block.kind is BlockKind.RULE)
    return _with_opening(blocks, starts, contents)


def _lone(blocks: Sequence[Block], labels: frozenset[int]) -> frozenset[int]:
    """Lines that look like headings, if nothing else says where sections start."""
    if not any(map(may_stand_alone, blocks)):
        return frozenset()
    from backissue.ingest.structure.lone_headings import lone_headings  # noqa: PLC0415 - see above

    return lone_headings(blocks, labels)


def _with_opening(
    blocks: Sequence[Block], starts: list[int], contents: "Contents | None"
) -> list[int]:
    """`starts`, and the document's first line if that opens a section instead of a short intro.

    What is above a table of `contents` is the masthead and the intro.
    """
    top = contents.top if contents and contents.named else None
    starts = [start for start in starts if top is None or start >= top or _is_story(blocks, start)]
    first = next((n for n, block in enumerate(blocks) if block.kind is not BlockKind.RULE), None)
    if len(starts) > _FEWEST_BESIDE and starts[0] == first:
        from backissue.ingest.structure.greeting import greets  # noqa: PLC0415 - few open so

        if greets(blocks[starts[0]]):
            return starts[1:]
    if not starts or first is None or first >= starts[0] or top is not None:
        return starts
    # Where separators stand and headings behind them all, the first is one without a mark, too.
    kinds = {block.kind for block in blocks}
    parted = BlockKind.RULE in kinds and BlockKind.HEADING not in kinds
    headed = parted and all(is_headed(blocks, start) for start in starts)
    above = blocks[first : starts[0]]
    words = sum(count_words(block.text) for block in above)
    below = sum(count_words(block.text) for block in blocks[starts[0] :])
    opens = (
        (_is_marked(blocks, first) and not _calls(blocks[first]))
        or (headed and is_headed(blocks, first) and has_prose_below(blocks, first))
        or (words > _LONGEST_INTRO and words * 100 > _ESSAY_PERCENT * below)
        or any(grammar.why_label(block) or grammar.link_line(block) for block in above)
        # An intro is text without blocks; code and tables would lose their look in it.
        or any(block.kind in VERBATIM for block in above)
    )
    return [first, *starts] if opens else starts


def _is_marked(blocks: Sequence[Block], place: int) -> bool:
    """Whether a line is marked as a heading; a `!` or `?` is no mark where headings have ranks."""
    ranks = sum(block.kind is BlockKind.HEADING for block in blocks)
    block = blocks[place]
    if not _has_mark(block) and has_sentences(block.text):
        return False
    # `Ahoy!` greets.
    calls = ranks <= 1 and count_words(block.text) > _LONGEST_CALL
    return grammar.is_marked_heading(block) and (calls or _has_mark(block))


def _calls(block: Block) -> bool:
    """`The German edition is here!`, with a link: a sentence, and no heading."""
    linked = any(run.url for run in block.runs)
    plain = block.kind is BlockKind.PARAGRAPH and not grammar.is_bold_line(block)
    return linked and plain and block.text.endswith("!")


def _has_mark(block: Block) -> bool:
    """Whether a line is marked as a heading: by a rank, in bold or in capitals."""
    ranked = block.kind is BlockKind.HEADING
    return ranked or grammar.is_bold_line(block) or grammar.is_in_capitals(block.text)


def _is_story(blocks: Sequence[Block], place: int) -> bool:
    """Whether a line above a table of contents heads a section all the same."""
    return blocks[place].kind is BlockKind.HEADING and has_prose_below(blocks, place)


def rubrics(
    parts: Sequence[Sequence[Block]], touching: Collection[int] = frozenset()
) -> frozenset[int]:
    """The places of parts that only head the part below them: `BIG TECH` above a story.

    Nothing parts those that are `touching` from the next; among these a line without a mark may
    be one.
    """
    return frozenset(
        place
        for place, part in enumerate(parts[:-1])
        if _is_rubric(part)
        or _is_rubric_with_motto(part, parts[place + 1 : place + 3])
        or (place in touching and len(part) == 1 and is_lone_rubric(part[0]))
    )


def _is_rubric_with_motto(part: Sequence[Block], stories: Sequence[Sequence[Block]]) -> bool:
    """`## Jobs` and one short line, above two stories with headings of a lower rank."""
    head, *rest = part
    if len(rest) != 1 or len(stories) < 2 or head.kind is not BlockKind.HEADING:
        return False
    motto = rest[0].kind is BlockKind.PARAGRAPH and not is_prose(rest[0])
    return motto and all(
        story[0].kind is BlockKind.HEADING
        and story[0].level > head.level
        and any(is_prose(block) for block in story[1:])
        for story in stories
    )


def pointing(parts: Sequence[Sequence[Block]]) -> frozenset[int]:
    """The places of parts that only point to sections: tables of contents, and days."""
    headings = {bare(part[0].text) for part in parts}
    return frozenset(
        place
        for place, part in enumerate(parts)
        if _is_contents(part, headings)
        # A day between two separators, which the masthead had no need of.
        or (len(part) == 1 and date_line(part[0].text) is not None)
    )


def _is_rubric(part: Sequence[Block]) -> bool:
    """`BIG TECH` alone above the first story of its kind; a heading with a link is a story."""
    head = part[0]
    headed = (
        head.kind is BlockKind.HEADING or is_bold_heading(head) or grammar.is_in_capitals(head.text)
    )
    return len(part) == 1 and headed and not any(run.url for run in head.runs)


def _is_contents(part: Sequence[Block], headings: set[str]) -> bool:
    """`In this issue:` above the headings of sections further down."""
    listed = [bare(block.text) for block in part[1:] if block.kind is not BlockKind.RULE]
    known = sum(text in headings for text in listed)
    return len(listed) > 1 and known > 1 and known >= _LISTED_PART * len(listed)


def _messages(blocks: Sequence[Block]) -> list[int]:
    """Where the messages of a digest start: `From:`, `Subject:`, `Date:` above one another."""
    starts: list[int] = []
    for place, block in enumerate(blocks):
        if block.joined and place and blocks[place - 1].kind is not BlockKind.RULE:
            continue
        if opens_message(blocks, place):
            starts.append(place)
    return starts


def _ranked(
    blocks: Sequence[Block], labels: frozenset[int]
) -> tuple[Sequence[int], frozenset[int]]:
    """The places of the headings of the sections' rank, and of others that open sections."""
    if all(block.kind is not BlockKind.HEADING for block in blocks):
        return (), frozenset()
    from backissue.ingest.structure.ranks import ranks  # noqa: PLC0415 - many mails have none

    found = ranks(blocks, labels)
    return found.ranked, found.others


def _is_below_framed(blocks: Sequence[Block], place: int, starts: Sequence[int]) -> bool:
    """Whether a separator only parts a heading from its text, as one of two around it."""
    head = starts[-1] if starts else place
    # Between both may be where the whole story is: `Archive: <https://…>`.
    between = blocks[head + 1 : place - 1]
    framed = len(between) < 2 and all(grammar.has_address(block.text) for block in between)
    return (
        framed
        and 0 < head < place - 1
        and is_titled(blocks[head].text)
        and blocks[head - 1].kind is BlockKind.RULE
        and not _has_mark(blocks[place])
    )


def _may_open(blocks: Sequence[Block], place: int, ranked: Sequence[int], *, in_tale: bool) -> bool:
    """Whether the block after a separator opens a section.

    Where sections have headings, a line without one is the last word of the section above.
    """
    if len(ranked) > 1:
        # So is one above them all, behind the line below a masthead, of the intro.
        told = place < ranked[0] and any(map(is_prose, blocks[place : ranked[0]]))
        return is_headed(blocks, place) and (_has_mark(blocks[place]) or told)
    return not in_tale or is_headed(blocks, place)


def _labels(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of lines `Why this matters` that are no section, but a part of one."""
    places = [place for place, block in enumerate(blocks) if grammar.is_why_heading(block)]
    if not places:
        return frozenset()
    from backissue.ingest.structure.why_headings import within_sections  # noqa: PLC0415 - rare

    return within_sections(blocks, places)
