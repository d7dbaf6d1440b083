"""Tables of contents: `In this issue:` above the names of the stories further down.

The list repeats headings, so it is boilerplate; its lines are no sections and no intro.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import bare, is_titled
from backissue.records import Block, BlockKind
from backissue.text.prose import count_words, length_in_words
from backissue.text.rules import bounded

# Lines of a table with a label, and of one without.
_FEWEST = 2
_FEWEST_UNLABELLED = 3
# Blocks above a list without a label.
_REACH = 4
# Words: a line of a table that is longer is prose, and ends it.
_LONGEST_ENTRY = 30
# What only one of both may have behind the name: `Cranes ....... 3`, `Cranes (Ada Moore)`, `Cranes
# [pdf]`.
_BEHIND = bounded(
    r"(?:\s*\.{3,}\s*\d{0,4}|\s*\([^()]{1,80}\)|\s*\[[^\[\]]{1,20}\])\s*$", grammar.LONGEST_HEADING
)
_SUBJECT = re.compile(r"Subject:\s*(?=\S)")

_MAY_HEAD = frozenset({BlockKind.HEADING, BlockKind.PARAGRAPH})
Names = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Tables of contents among blocks.

    `places` are those of their lines and labels, `named` those of lines further down that they
    name, `top` that of the first label.
    """

    places: frozenset[int] = frozenset()
    named: frozenset[int] = frozenset()
    top: int | None = None

    def without_places(self) -> "Contents":
        """The same, counted in the blocks that are left when the tables are taken out."""
        inside = sorted(self.places)

        def moved(place: int) -> int:
            return place - bisect_left(inside, place)

        return Contents(
            named=frozenset(map(moved, self.named)),
            top=None if self.top is None else moved(self.top),
        )


NO_CONTENTS = Contents()


def contents(blocks: Sequence[Block]) -> Contents:
    """The tables of contents among these blocks."""
    names = _names(blocks)
    found: set[int] = set()
    labels: list[int] = []
    for place, block in enumerate(blocks):
        if place in found:
            continue
        labelled = grammar.is_contents_label(block.text)
        if labelled or grammar.is_contents_label(block.text, perhaps=True):
            start = _next(blocks, place + 1)
            listed = _up_to_first_story(blocks, start, names)
            if not listed and labelled:
                items = _items(blocks, start)
                listed = _listed(blocks, start, names)
                listed = listed if _is_table(blocks, items or listed, names) else []
            if listed or (labelled and _heads_story(blocks, start)):
                found |= {place, *listed}
                labels.append(place)
        elif block.kind is BlockKind.ITEM and place < _REACH:
            listed = _items(blocks, place)
            known = sum(_is_known(blocks, one, names) for one in listed)
            if len(listed) >= _FEWEST_UNLABELLED and 3 * known >= 2 * len(listed):
                found |= set(listed)
    entries = found.difference(labels)
    told = frozenset(_next(blocks, place + 1) for place in labels) - found
    return Contents(
        places=frozenset(found),
        named=_named(blocks, entries, found, names) | told,
        top=min(labels, default=None),
    )


def _named(
    blocks: Sequence[Block], entries: Collection[int], found: Collection[int], names: Names
) -> frozenset[int]:
    """The places below a table at which its lines come again as headings.

    A message whose subject it is opens at its first line.
    """
    named: set[int] = set()
    for entry in entries:
        place: int | None = entry
        while place is not None and (place == entry or place in found):
            place = _again(blocks[entry].text, place, names)
        if place is None:
            continue
        if _SUBJECT.match(blocks[place].text):
            place = _message_start(blocks, place)
        elif not (blocks[place].kind is BlockKind.ITEM or grammar.may_be_heading(blocks[place])):
            continue
        named.add(place)
    return frozenset(named)


def _heads_story(blocks: Sequence[Block], place: int) -> bool:
    """Whether a title and its text are directly below a label whose list is gone."""
    below = blocks[place : place + 2]
    plain = len(below) == 2 and all(block.kind is BlockKind.PARAGRAPH for block in below)
    return (
        plain and is_titled(below[0].text) and below[0].text[-1:].isalnum() and _is_text(below[1])
    )


def _next(blocks: Sequence[Block], place: int) -> int:
    """The first place from here on that is no separator."""
    while place < len(blocks) and blocks[place].kind is BlockKind.RULE:
        place += 1
    return place


def _keys(text: str) -> set[str]:
    """A line's bare words, with and without what only a table or a message has beside a name."""
    whole = _SUBJECT.sub("", text, count=1)
    shorter = whole[: behind.start()] if (behind := _BEHIND.search(whole)) else whole
    return {bare(one) for one in (whole, shorter) if one.strip()}


def _names(blocks: Sequence[Block]) -> Names:
    """The places of each line that may head a story, by its bare words."""
    names: defaultdict[str, list[int]] = defaultdict(list)
    for place, block in enumerate(blocks):
        if _may_head(blocks, place) and len(block.text) <= grammar.LONGEST_HEADING:
            for key in _keys(block.text):
                names[key].append(place)
    return names


def _may_head(blocks: Sequence[Block], place: int) -> bool:
    """Whether a block may head a story; an item, where a separator is above and text below it."""
    if blocks[place].kind is not BlockKind.ITEM:
        return blocks[place].kind in _MAY_HEAD
    around = blocks[place - 1 : place + 2] if place else ()
    kinds = [block.kind for block in around]
    return kinds == [BlockKind.RULE, BlockKind.ITEM, BlockKind.PARAGRAPH]


def _again(text: str, place: int, names: Names) -> int | None:
    """The first place below another at which a line comes again."""
    if len(text) > grammar.LONGEST_HEADING:
        return None
    places = [below for key in _keys(text) for below in names.get(key, ()) if below > place]
    return min(places, default=None)


def _up_to_first_story(blocks: Sequence[Block], start: int, names: Names) -> list[int]:
    """The lines from here to where the first of them comes again, if no prose is among them.

    The first story may be the only one there is: a mail that was cut short has no more.
    """
    again = _again(blocks[start].text, start, names) if start < len(blocks) else None
    if again is None:
        return []
    if _SUBJECT.match(blocks[again].text):
        again = _message_start(blocks, again)
    listed = list(takewhile(lambda place: _is_line(blocks[place]), range(start, again)))
    worded = [place for place in listed if blocks[place].kind is not BlockKind.RULE]
    # Behind prose the next line is not the table's first story.
    whole = listed[-1:] == [again - 1] or len(worded) >= _FEWEST
    # Lines that were not joined are short each.
    told = sum(length_in_words(block.text) for block in blocks[again + 1 :])
    return worded if whole and told > grammar.MOST_TITLE_WORDS else []


def _message_start(blocks: Sequence[Block], place: int) -> int:
    """The first line of a message's head that has its subject at a place."""
    while place and blocks[place].joined:
        place -= 1
    return place


def _is_line(block: Block) -> bool:
    """Whether a block is as short as a line of a table."""
    words = length_in_words(block.text)
    ends = block.text[-1:] in ".!?" and words > grammar.MOST_TITLE_WORDS
    return words <= _LONGEST_ENTRY and not ends


def _is_text(block: Block) -> bool:
    return length_in_words(block.text) > grammar.MOST_TITLE_WORDS


def _is_known(blocks: Sequence[Block], place: int, names: Names) -> bool:
    """Whether a line is named again further down, or leads there."""
    block = blocks[place]
    leads = any(run.url and run.url.startswith("#") for run in block.runs)
    return leads or _again(block.text, place, names) is not None


def _items(blocks: Sequence[Block], start: int) -> list[int]:
    """The places of the list items that follow one another from here."""
    places = range(start, len(blocks))
    return list(takewhile(lambda place: blocks[place].kind is BlockKind.ITEM, places))


def _listed(blocks: Sequence[Block], start: int, names: Names) -> list[int]:
    """The lines of a table: items, and short lines below one another."""
    items = _items(blocks, start)
    if items and not _is_table(blocks, items, names):
        return items
    places = range(start + len(items), len(blocks))
    return [*items, *takewhile(lambda place: _is_entry(blocks, place, names), places)]


def _is_entry(blocks: Sequence[Block], place: int, names: Names) -> bool:
    """Whether a line is named again further down, or stands as the lines of a table do."""
    block = blocks[place]
    below = block.joined or grammar.ordinal(block.text) is not None
    return _is_known(blocks, place, names) or (
        block.kind is BlockKind.PARAGRAPH and below and _is_short(block)
    )


def _is_short(block: Block) -> bool:
    return count_words(block.text) <= grammar.MOST_TITLE_WORDS


def _is_table(blocks: Sequence[Block], listed: Sequence[int], names: Names) -> bool:
    """Whether lines below `In this issue` only name stories.

    They are further down, or the lines are short, lead nowhere else, and more text is below.
    """
    if len(listed) < _FEWEST:
        return False
    known = sum(_is_known(blocks, place, names) for place in listed)
    if known >= _FEWEST and 2 * known >= len(listed):
        return True
    short = all(
        blocks[place].kind is BlockKind.ITEM
        and _is_short(blocks[place])
        and not any(run.url for run in blocks[place].runs)
        for place in listed
    )
    below = sum(count_words(block.text) for block in blocks[listed[-1] + 1 :])
    return short and below > sum(count_words(blocks[place].text) for place in listed)
