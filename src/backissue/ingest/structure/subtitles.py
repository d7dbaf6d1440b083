"""The line below an issue's title: `PLUS: locks and gulls`, or a motto set as a small heading.

It opens no section, though it is marked up as the headings of sections are.
"""

from collections.abc import Sequence

from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import block_below, is_prose, is_titled
from backissue.records import Block, BlockKind


def is_subtitle(blocks: Sequence[Block], title: Block | None, *, adjoining: bool) -> bool:
    """Whether the first of an issue's blocks is its subtitle.

    `title` is the heading above them that has the issue's title; it is `adjoining` where nothing
    stands between the two.
    """
    if len(blocks) < 2:
        return False
    first = blocks[0]
    if first.kind is BlockKind.HEADING and grammar.announces_more(first.text):
        return True
    if title is None or grammar.opens_issue(first.text) or first.text.isupper():
        return False
    below = [
        block
        for block in blocks[1:]
        if block.kind is BlockKind.HEADING and grammar.why_label(block) is None
    ]
    if len(below) < 2:
        return False
    if first.kind is BlockKind.HEADING:
        return title.level < first.level and _is_below_sections(blocks, below)
    return adjoining and _is_motto(blocks)


def heads_story(blocks: Sequence[Block]) -> bool:
    """Whether the text below a subtitle is a story: rubrics of a lower rank follow it."""
    rubric = next((block for block in blocks[1:] if block.kind is BlockKind.HEADING), None)
    headed = blocks[0].kind is BlockKind.HEADING
    return rubric is not None and headed and rubric.level > blocks[0].level


def _is_below_sections(blocks: Sequence[Block], below: Sequence[Block]) -> bool:
    """Whether a heading is of a lower rank than the sections, or has no words of its own."""
    first = blocks[0]
    after = next(block for block in blocks[1:] if block.kind is not BlockKind.RULE)
    if after.kind is BlockKind.HEADING:
        return after.level <= first.level
    levels = [block.level for block in below]
    higher = [level for level in levels if level < first.level and levels.count(level) > 1]
    return levels[0] in higher


def _is_motto(blocks: Sequence[Block]) -> bool:
    """A short line without a mark and without a full stop, above prose."""
    first, after = blocks[0], block_below(blocks, 0)
    return (
        first.kind is BlockKind.PARAGRAPH
        and is_titled(first.text)
        and grammar.may_be_heading(first)
        and not grammar.is_bold_line(first)
        and not any(run.url for run in first.runs)
        and after is not None
        and is_prose(after)
        and not after.joined
    )
