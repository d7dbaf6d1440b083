"""Blocks prepared for the grammar: torn lines joined, a heading split from its deck.

Readers keep a document's own blocks. Site generators and editors cut these in places no author
would: a heading and its deck in one paragraph, a link line in three.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from backissue.ingest.identity import bare_name, titles
from backissue.ingest.structure import grammar
from backissue.records import Block, BlockKind, Doubt, Facts, Flaw, RepairedBlock, Run
from backissue.text.days import is_day_without_year
from backissue.text.prose import count_words, cut, fold, length_in_words, squeeze_runs, squeezed

# `:` and `.` alone, or before a link: the rest of a line that was cut off after its bold.
_ONLY_WHICH = re.compile(r"(?<![\s\d./:|·•–—-])[\s\d./:|·•–—-]+$")
_CONTINUES = re.compile(r"[:;,.)](?![.\w])")
# `by Ada Moore` below a bold title line; `by hand` goes on with a sentence.
_AUTHOR = re.compile(r"by\s+[A-Z]")
_MAY_GO_ON = frozenset({BlockKind.PARAGRAPH, BlockKind.ITEM})
# Characters: a line of verse has fewer.
_LONGER_THAN_VERSE: Final = 80
# Words: so many are a story, where fewer may be a caption or one more line of a list.
_PROSE: Final = 12
# Characters: no paragraph that opens with a title is shorter, and it takes so many of them.
_SHORTEST_LED, _FEWEST_LED = 30, 3
# Words of a line without a mark that heads the prose below it.
_MOST_WORDS_ALONE: Final = 12
# Words of a headline, if the paragraph below it is half as long again at least.
_MOST_WORDS_OF_HEADLINE: Final = 20
# Words of a line without a mark that groups headings.
_MOST_WORDS_OF_RUBRIC: Final = 5
_SENTENCE_END = re.compile(r"[.!?。！？](?:\s|$)")
_SENTENCES = re.compile(r"[^\W\d_]{3}[.!]\s+[A-Z]")  # one ends, another opens
_QUOTES = "”\"’'"
# Signs: an emoji is several.
_LONGEST_EMBLEM: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A block, with what was repaired in it and what could not be.

    `number` counts the blocks of its document from 0; a torn line has the first part's.
    `doubts` are stretches of the block's text that other copies may have undamaged.
    """

    block: Block
    repairs: tuple[RepairedBlock, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    number: int = 0
    doubts: tuple[Doubt, ...] = ()

    @property
    def is_rule(self) -> bool:
        """Whether the line is a separator."""
        return self.block.kind is BlockKind.RULE


def make_ready(lines: Iterable[Line]) -> list[Line]:
    """`lines` with white space folded, torn lines joined, headings and decks split."""
    torn: list[list[Line]] = []
    for line in map(_squeezed, lines):
        if not line.block.runs and not line.is_rule:
            continue
        if torn and _is_torn_off(torn[-1], line.block):
            torn[-1].append(line)
        else:
            torn.append([line])
    whole = list(_whole_headings([_joined(parts) for parts in torn]))
    ready = [part for line in _demoted(whole) for part in _split(line)]
    told = sum(len(line.block.text) > _SHORTEST_LED for line in ready)
    if told < _FEWEST_LED or any(line.block.kind is BlockKind.HEADING for line in ready):
        return ready
    from backissue.ingest.structure.title_leads import parted  # noqa: PLC0415 - many have headings

    return list(parted(ready))


def folded(lines: Iterable[Line]) -> tuple[Line, ...]:
    """`lines` with white space folded, without those that have nothing then."""
    return tuple(line for line in map(_squeezed, lines) if line.block.runs or line.is_rule)


def _demoted(lines: Sequence[Line]) -> Iterator[Line]:
    """`lines`; what is set as a heading and is none, such as a file's name, is a paragraph."""
    days = [
        place
        for place, line in enumerate(lines)
        if line.block.kind is BlockKind.HEADING and is_day_without_year(line.block.text)
    ]
    for place, line in enumerate(lines):
        # Days head the parts of a diary; one alone is that of a byline.
        if (len(days) == 1 and place in days) or grammar.heads_nothing(line.block):
            yield replace(line, block=replace(line.block, kind=BlockKind.PARAGRAPH, level=0))
        else:
            yield line


def _squeezed(line: Line) -> Line:
    return replace(line, block=squeezed(line.block))


def _is_torn_off(before: Sequence[Line], block: Block) -> bool:
    """Whether a paragraph is the rest of the line whose parts are `before` it."""
    last = before[-1].block
    if last.kind not in _MAY_GO_ON or block.kind is not BlockKind.PARAGRAPH:
        return False
    if _CONTINUES.match(block.text):
        # No author starts a paragraph with a colon; but lines that all start so are meant to.
        return not (block.joined and _CONTINUES.match(last.text))
    if _is_torn_behind_look(last, block):
        return True
    # `**Find out more**` and, in a paragraph of its own, `at the website (First Proof)`.
    author = _AUTHOR.match(block.text) and grammar.is_byline(block.text)
    may_go_on = last.text[-1:].isalpha() and block.text[:1].islower() and not author
    # The whole is only put together to be looked at where it is as short as a heading.
    return (
        may_go_on
        and sum(len(part.block.text) for part in before) <= grammar.LONGEST_HEADING
        and grammar.is_bold_line(_joined(before).block)
    )


def _is_torn_behind_look(last: Block, block: Block) -> bool:
    """Whether a converter ended a paragraph after a link or italics: `They *take*`, `power`.

    Where the look was lost, only a line break and the words on both sides are left of it: `on the
    show`, `The Wire`, `there is a scene in which …`. Lines of verse are shorter than that.
    """
    if not last.runs or block.joined or not block.text[:1].islower():
        return False
    tail = last.runs[-1]
    looks = bool(tail.emphasis or tail.url)
    if looks and len(last.runs) > 1:
        return last.text[-1:].isalnum() or last.text.endswith(",")
    plain = last.joined and not looks and not tail.strong
    return plain and last.text[-1:].isalnum() and len(block.text) > _LONGER_THAN_VERSE


def _whole_headings(lines: Sequence[Line]) -> Iterator[Line]:
    """`lines` with each heading of two lines, or of an emoji and a line, on one."""
    place = 0
    while place < len(lines):
        if place + 1 < len(lines) and _is_emblem(lines[place].block, lines[place + 1].block):
            whole, heading = _joined(lines[place : place + 2]), lines[place + 1].block
            yield replace(whole, block=replace(heading, runs=whole.block.runs))
            place += 2
            continue
        two = [line.block for line in lines[place : place + 2]]
        if len(two) == 2 and _goes_on_in_heading(*two):
            yield _joined(lines[place : place + 2])
            place += 2
            continue
        three = [line.block for line in lines[place : place + 3]]
        if len(three) == 3 and _is_heading_in_two(*three):
            yield _joined(lines[place : place + 2])
            place += 2
        else:
            yield lines[place]
            place += 1


def _goes_on_in_heading(first: Block, second: Block) -> bool:
    """Whether a heading goes on in the next one: `A loan of millions` above `shows its limits`."""
    return (
        first.kind is second.kind is BlockKind.HEADING
        and first.level == second.level
        and (first.text[-1:].isalnum() or first.text.endswith(","))
        and second.text[:1].islower()
    )


def _is_emblem(block: Block, below: Block) -> bool:
    """Whether a block is an emoji alone above its heading."""
    if block.kind is not BlockKind.PARAGRAPH or below.kind is not BlockKind.HEADING:
        return False
    signs = [char for char in block.text if not char.isspace()]
    pictured = any(unicodedata.category(char) == "So" for char in signs)
    return pictured and len(signs) <= _LONGEST_EMBLEM and not any(map(str.isalnum, signs))


def _is_heading_in_two(first: Block, second: Block, deck: Block) -> bool:
    whole = len(first.text) + len(second.text) <= grammar.LONGEST_HEADING
    goes_on = first.text[-1:].isalnum() or first.text.endswith((",", "-", "–"))
    return (
        whole
        and goes_on
        and second.joined
        and not first.joined
        and first.kind is second.kind is BlockKind.PARAGRAPH
        and grammar.deck(deck) is not None
        and grammar.deck(first) is None
        and grammar.deck(second) is None
    )


def _joined(parts: Sequence[Line]) -> Line:
    """The parts of one line joined in one step: there may be thousands."""
    first, *others = parts
    if not others:
        return first
    runs = list(first.block.runs)
    for part in others:
        space = "" if _CONTINUES.match(part.block.text) else " "
        runs += [Run(text=space), *part.block.runs]
    return Line(
        number=first.number,
        block=replace(first.block, runs=squeeze_runs(runs)),
        repairs=tuple(repair for part in parts for repair in part.repairs),
        flaws=tuple(flaw for part in parts for flaw in part.flaws),
    )


def _split(line: Line) -> Iterator[Line]:
    """A paragraph of a heading and its deck, or a tale's title and its setting, as two lines."""
    start = _second_line(line.block.runs) if line.block.kind is BlockKind.PARAGRAPH else 0
    if not start:
        yield line
        return
    first, second = cut(line.block.runs, 0, start), cut(line.block.runs, start)
    yield replace(line, block=replace(line.block, runs=squeeze_runs(first)))
    below = replace(line.block, runs=squeeze_runs(second), joined=True)
    yield Line(block=below, number=line.number)


def _second_line(runs: Sequence[Run]) -> int:
    """Where an emphasised deck or setting starts after a short heading; or 0."""
    place = 0
    for number, run in enumerate(runs):
        opens = re.match(rf"\s*(?P<deck>{grammar.ELLIPSIS})|\s*\[", run.text)
        if number and run.emphasis and opens:
            heading = runs[:number]
            bold = all(part.strong for part in heading if part.text.strip())
            to_the_end = all(part.emphasis for part in runs[number:] if part.text.strip())
            short = place <= grammar.LONGEST_HEADING
            return place if short and (bold if opens["deck"] else to_the_end) else 0
        place += len(run.text)
    return 0


# -- what a line is by what stands below it ------------------------------------------------------


def is_headed(blocks: Sequence[Block], place: int) -> bool:
    """Whether a block is the heading of the blocks below it."""
    return grammar.looks_like_heading(blocks[place], block_below(blocks, place))


def bare(text: str) -> str:
    """A heading's words without number, signs and capitals."""
    words = re.sub(r"^[\W\d_]+", "", fold(text)) or text
    return words.casefold().rstrip(" .:?")


def block_below(blocks: Sequence[Block], place: int) -> Block | None:
    """The block after that at a place, and after lines that only say who wrote it."""
    place += 1
    while place < len(blocks) and grammar.is_imprint(blocks[place]):
        place += 1
    return blocks[place] if place < len(blocks) else None


def has_deck_below(blocks: Sequence[Block], place: int) -> bool:
    """Whether a block is a heading, because the next is its deck."""
    return (
        place + 1 < len(blocks)
        and grammar.deck(blocks[place + 1]) is not None
        and grammar.may_be_heading(blocks[place])
        # `… telnet: http://e.org` above `… more …` is a list that trails off.
        and not re.match(grammar.ELLIPSIS, blocks[place].text)
        and "://" not in blocks[place].text
    )


def is_item_heading(blocks: Sequence[Block], place: int) -> bool:
    """Whether a block is an item alone above prose: `* Bill passes`."""
    block = blocks[place]
    before = blocks[place - 1].kind if place else BlockKind.RULE
    after = block_below(blocks, place)
    return (
        block.kind is BlockKind.ITEM
        and block.level == 1
        and before is not BlockKind.ITEM
        and after is not None
        and after.kind is BlockKind.PARAGRAPH
        and (not after.joined or (after.text[:1].isupper() and is_prose(after)))
        and is_titled(block.text)
    )


def is_prose(block: Block) -> bool:
    """Whether a block is as long as the shortest story."""
    return length_in_words(block.text) >= _PROSE


def is_bold_heading(block: Block) -> bool:
    """Whether a block is a line in bold, alone, and not a label within a section."""
    return (
        not block.joined
        and block.kind is BlockKind.PARAGRAPH
        and grammar.is_bold_line(block)
        and grammar.why_label(block) is None
        and grammar.link_line(block) is None
    )


def has_prose_below(blocks: Sequence[Block], place: int) -> bool:
    """Whether the block below is a longer paragraph that ends as a sentence does."""
    below = block_below(blocks, place)
    return (
        below is not None
        and below.kind is BlockKind.PARAGRAPH
        and len(below.text) > len(blocks[place].text)
        and below.text[-1:] in ".!?”\"’'):。！？」』"
    )


def is_titled(text: str) -> bool:
    """Whether a line is as short as a title, and ends as none that goes on."""
    return length_in_words(text) <= grammar.MOST_TITLE_WORDS and text[-1:] not in ".,;。，；"


def is_page_title(lines: Sequence[Line], place: int) -> bool:
    """Whether a heading is the document's own: the only one of the highest rank."""
    own = lines[place].block
    if own.kind is not BlockKind.HEADING or len(lines) == place + 1:
        return False
    others = [
        line.block.level
        for number, line in enumerate(lines)
        if number != place and line.block.kind is BlockKind.HEADING
    ]
    return own.level < min(others, default=2)


def may_stand_alone(block: Block) -> bool:
    """Whether a line can be a heading without a rank: bold, numbered, in capitals, no sentence."""
    marked = any(run.strong for run in block.runs) or grammar.ordinal(block.text) is not None
    plain = marked or not block.text.endswith(".") or grammar.capital_lead(block.text) is not None
    return bool(block.runs) and plain


def stands_over_prose(blocks: Sequence[Block], place: int) -> bool:
    """Whether a short line is above a paragraph of sentences that is not joined to it."""
    below = block_below(blocks, place)
    if below is None or below.joined or has_sentences(blocks[place].text):
        return False
    # `Cranes in the marsh (Ada Moore)` is one more line of a list.
    told = below.text[-1:] not in _QUOTES + ")" or _SENTENCE_END.search(below.text) is not None
    if not told or not has_prose_below(blocks, place):
        return False
    words = count_words(blocks[place].text)
    titled = words <= _MOST_WORDS_ALONE and is_headed(blocks, place)
    return titled or (2 * count_words(below.text) >= 3 * words and _is_headline(blocks[place]))


def _is_headline(block: Block) -> bool:
    """Whether a line ends as a headline does, which may be longer than a title."""
    text = block.text
    quoted = text[-1:] in _QUOTES and re.search(r"\w\s[“„\"'‘]\w", text) is not None
    return (
        sum(any(map(str.isalnum, word)) for word in text.split()) <= _MOST_WORDS_OF_HEADLINE
        and (text[-1:].isalnum() or text[-1:] in "?!)" or quoted)
        and grammar.may_be_heading(block)
    )


def has_sentences(text: str) -> bool:
    """Whether a sentence ends within a line: `Hello! In this issue we have:`."""
    return _SENTENCES.search(text) is not None


def is_lone_rubric(block: Block) -> bool:
    """Whether a line without a mark may be a rubric: a few words that are no sentence."""
    short = length_in_words(block.text) <= _MOST_WORDS_OF_RUBRIC
    words = any(map(str.isalnum, block.text))
    return short and words and not block.joined and block.text[-1:].isalnum()


def is_capital_heading(text: str) -> bool:
    """Whether a line is a heading in capitals, or one with its author: `REPORT - Ada Moore`."""
    head, dash, name = text.partition(" - ") if len(text) <= grammar.LONGEST_HEADING else ("",) * 3
    signed = bool(dash) and grammar.is_in_capitals(head) and grammar.is_name(name.split(",")[0])
    return signed or grammar.is_in_capitals(text)


def is_name_and_day(text: str, name: str) -> bool:
    """`Ada Moore - Harbour Notes   12/03/2005`: the publication's name, its author's, a day."""
    parts = _ONLY_WHICH.sub("", text).split(" - ") if len(text) <= grammar.LONGEST_HEADING else []
    own = [bare_name(part) == bare_name(name) for part in parts]
    others = (part for part, is_own in zip(parts, own, strict=True) if not is_own)
    return len(parts) > 1 and any(own) and all(map(grammar.is_name, others))


def volume_line(text: str, *, dated: bool) -> Facts | None:
    """What a line says of volume and number; if it must be `dated`, only with the day as well."""
    found = titles.in_volume(text)
    return found if found and (found.date or not dated) else None


def under_rubrics(blocks: Sequence[Block], capitals: Sequence[int]) -> list[int]:
    """Of lines in `capitals` those above text, if nearly all headings are only above such lines.

    `INTERNET` between two rows, and `WIRES ARE SHARED` above its text: the rubric has no text.
    """
    told = [place for place in capitals if any(map(is_prose, blocks[place + 1 : place + 3]))]
    heads = [place for place, block in enumerate(blocks) if block.kind is BlockKind.HEADING]
    next_lines = {
        head: next((n for n in range(head + 1, len(blocks)) if blocks[n].runs), -1)
        for head in heads
    }
    bare = sum(below in told for below in next_lines.values())
    return told if bare > 1 and 3 * bare >= 2 * len(heads) and len(told) > len(heads) else []


def may_stand_on_top(line: Line, *, alone: bool) -> bool:
    """Whether a line may be above the issue's day: a name, an address, a separator.

    Above one that a separator parts from what follows, a motto may, too.
    """
    text = line.block.text
    if titles.is_volume(text) or grammar.is_byline(text):
        return True
    motto = alone and len(text) <= grammar.LONGEST_NAME and text[-1:] not in ".!?:"
    return line.is_rule or grammar.is_name(text) or "://" in text[: grammar.LONGEST_NAME] or motto
