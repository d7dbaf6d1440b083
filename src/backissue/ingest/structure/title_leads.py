"""Paragraphs that each open with a title: `Cranes in Spring. The warden said …`.

Nothing marks the title but its capitals and its full stop, so it takes several such paragraphs, and
hardly another from the first of them on.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from backissue.records import Block, BlockKind
from backissue.text.prose import count_words, cut, squeeze_runs

if TYPE_CHECKING:
    from backissue.ingest.structure.lines import Line

# Paragraphs that open with a title, and percent of the paragraphs from the first of them on.
_FEWEST: Final = 3
_LED_PERCENT: Final = 70
# Words of a title, and of the text behind it; percent of a title's longer words with a capital.
_LONGEST: Final = 10
_SHORTEST_TEXT: Final = 12
_CAPITAL_PERCENT: Final = 60
_LOOK = 400  # characters behind a title in which its text is counted
_TITLE = re.compile(r"[A-Z0-9][^.!?\n]{3,90}[.!?]\s+(?=[A-Z“\"‘'\[(])")
_LONGER_WORD = re.compile(r"[^\W\d_][\w’'-]{3,}")


def parted(lines: Sequence["Line"]) -> Iterator["Line"]:
    """`lines`; if their paragraphs open with titles, each of these as a heading of its own."""
    ends = _ends([line.block for line in lines])
    for place, line in enumerate(lines):
        end = ends.get(place)
        if end is None:
            yield line
            continue
        title = squeeze_runs(cut(line.block.runs, 0, end))
        yield replace(line, block=replace(line.block, kind=BlockKind.HEADING, level=2, runs=title))
        told = replace(line.block, runs=squeeze_runs(cut(line.block.runs, end)), joined=True)
        yield replace(line, block=told, repairs=(), flaws=(), doubts=())


def _ends(blocks: Sequence[Block]) -> dict[int, int]:
    """Where the titles of these paragraphs end, by the places of the paragraphs."""
    marked = any(
        block.kind is BlockKind.HEADING or any(run.strong for run in block.runs) for block in blocks
    )
    if marked:
        return {}
    told = [
        place
        for place, block in enumerate(blocks)
        if block.kind is BlockKind.PARAGRAPH
        and not block.joined
        and count_words(block.text) >= _SHORTEST_TEXT
    ]
    ends = {place: end for place in told if (end := _title_end(blocks[place].text))}
    # `3 things to read` above some of them each: those are the headings.
    if sum(place - 1 >= 0 and _may_head(blocks[place - 1]) for place in ends) > 1:
        return {}
    # Beside those in capitals, a title may be set as a sentence.
    capitals = sum(_has_capitals(blocks[place].text[:end]) for place, end in ends.items())
    if capitals < _FEWEST or capitals * 2 < len(ends):
        return {}
    among = sum(place >= min(ends) for place in told)
    return ends if len(ends) * 100 >= _LED_PERCENT * among else {}


def _may_head(block: Block) -> bool:
    """Whether a line above such a paragraph looks like a heading: a few words, no sentence."""
    words = count_words(block.text)
    return block.kind is BlockKind.PARAGRAPH and words < _LONGEST and block.text[-1:].isalnum()


def _title_end(text: str) -> int:
    """The end of a first sentence that is as short as a title; or 0."""
    title = _TITLE.match(text)
    if title is None or count_words(title[0]) > _LONGEST:
        return 0
    told = count_words(text[title.end() : title.end() + _LOOK]) >= _SHORTEST_TEXT
    return title.end() if told else 0


def _has_capitals(title: str) -> bool:
    """Whether the longer words of a title begin with capitals; the first does in any case."""
    _, *others = _LONGER_WORD.findall(title) or [""]
    capitals = sum(word[0].isupper() for word in others)
    return bool(others) and capitals * 100 >= _CAPITAL_PERCENT * len(others)
