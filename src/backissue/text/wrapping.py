"""Lines of one paragraph put together: text that a mail program or a PDF broke at a fixed width.

The evidence is the width itself. Where a program broke the lines, nearly none is longer than the
width, and a line ends where the next word would not have fitted; where an author ended it (a list,
a poem, a heading above its deck), it would have.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from unicodedata import normalize

from backissue.records import Block, BlockKind, Run

# What programs break lines at: 60 to 80 as a rule, columns of a PDF somewhat less.
_NARROWEST, _WIDEST = 45, 100
# So many line ends must be at the width, two in five of all, and one in two of them in a sentence.
_FEWEST = 5
# So many must end in a sentence where there is no width in characters.
_MANY = 20
_HYPHENED = re.compile(r"[^\W\d_][-\u2010\u00ad]\s*$")
# What begins a line of its own, however full the one above it is.
_OPENS = re.compile(
    r"\s*(?:[•◦▪▫‣●○■*+–—>|]\s|\(?\d{1,3}[.)]\s|\[\d{1,3}\]\s|https?://|…|\.\.\.|[A-Z][\w-]{1,20}:\s)"
)
# `Ada Moore` below a title that is as wide as a line may be.
_NAME = re.compile(r"(?:[Bb]y )?[A-Z][\w.’'-]*+(?: [A-Z][\w.’'-]*+){1,3}")
_CAST = re.compile("[\ufb00-\ufb06]")


@dataclass(frozen=True, slots=True)
class _End:
    """A line's end: how long the line is, and how long with the next word."""

    length: int
    with_next: int
    hyphened: bool
    goes_on: bool  # the next line begins within a sentence
    closed: bool  # a sentence ends here, and perhaps its paragraph


def unwrapped(blocks: Sequence[Block]) -> tuple[Block, ...]:
    r"""`blocks` with those joined that are lines of one paragraph, a `\n` where the line ended.

    Smallest: `to get a taste of all the ways` above `in which it can go wrong`, both as wide as
    fits. Price: where paragraphs are not set apart, one whose last line is full joins the next.
    """
    ends = [_end(*pair) for pair in pairwise(blocks)]
    is_break = _breaks([end for end in ends if end])
    if is_break is None:
        return tuple(blocks)
    # A blank line parts paragraphs, if the document has paragraphs of more lines than one.
    set_apart = sum(block.joined for block in blocks) >= _FEWEST
    whole: list[list[Block]] = [[blocks[0]]]
    for end, block in zip(ends, blocks[1:], strict=True):
        if end and is_break(end) and (block.joined or end.hyphened or not set_apart):
            whole[-1].append(block)
        else:
            whole.append([block])
    return tuple(map(_joined, whole))


def _end(line: Block, below: Block) -> _End | None:
    """The end of a line, if it may be one within a paragraph."""
    if line.kind not in {BlockKind.PARAGRAPH, BlockKind.ITEM} or not below.text.strip():
        return None
    if below.kind is not BlockKind.PARAGRAPH or (line.kind is BlockKind.ITEM and not below.joined):
        return None
    if _OPENS.match(below.text) or _NAME.fullmatch(below.text.strip()):
        return None
    text = line.text.rstrip()
    # The bullet and its space are not in an item's text.
    length = _letters(text) + (2 * line.level if line.kind is BlockKind.ITEM else 0)
    following = below.text.split()[0]
    return _End(
        length=length,
        with_next=length + 1 + _letters(following),
        hyphened=_HYPHENED.search(text) is not None and following[0].islower(),
        goes_on=following[0].islower() and text[-1:] not in ".!?:",
        closed=text[-1:] in '.!?:;”")' and not below.joined,
    )


def _letters(text: str) -> int:
    """How long a text is; letters cast in one piece were two or three when it was broken."""
    return len(_CAST.sub(lambda sign: normalize("NFKC", sign[0]), text))


def _breaks(ends: Sequence[_End]) -> Callable[[_End], bool] | None:
    """What tells which of these ends are breaks; None where the lines are the author's own."""
    if len(ends) < _FEWEST:
        return None
    if width := _width(ends):
        # A line whose first word was moved up in part is shorter than it would have been.
        return lambda end: (
            end.hyphened
            or end.length <= width < end.with_next
            or (end.goes_on and end.length * 4 >= width * 3)
        )
    if measure := _measure(ends):
        return lambda end: (
            end.hyphened
            or (end.goes_on and end.length * 4 >= measure * 3)
            or (not end.closed and end.length * 8 >= measure * 7)
        )
    return None


def _width(ends: Sequence[_End]) -> int:
    """The number of characters that the lines were broken at; 0 where there is none."""
    lengths = sorted(end.length for end in ends if not end.hyphened)
    if not lengths:
        return 0
    # One line in fifty may be longer: an address, a table.
    width = lengths[-1 - len(lengths) // 50]
    full = [end for end in ends if end.length <= width < end.with_next]
    in_sentence = sum(end.goes_on for end in full)
    proved = (
        _NARROWEST <= width <= _WIDEST
        and len(full) >= _FEWEST
        and len(full) * 5 >= len(ends) * 2
        and in_sentence * 2 >= len(full)
    )
    return width if proved else 0


def _measure(ends: Sequence[_End]) -> int:
    """The usual length of lines that were broken at a width in points, as in a PDF; 0 if none were.

    Letters differ in width there, so that lengths only gather about one; but most lines go on in
    the middle of a sentence, as an author's lines do not.
    """
    lengths = sorted(end.length for end in ends if end.goes_on)
    if len(lengths) < _MANY or len(lengths) * 5 < len(ends) * 2:
        return 0
    low, usual, high = (lengths[len(lengths) * part // 4] for part in (1, 2, 3))
    gathered = low * 5 >= usual * 4 and high * 5 <= usual * 6
    return usual if gathered and _NARROWEST <= usual <= _WIDEST else 0


def _joined(lines: Sequence[Block]) -> Block:
    first, *others = lines
    if not others:
        return first
    runs = list(first.runs)
    for line in others:
        runs += [Run(text="\n"), *line.runs]
    return replace(first, runs=tuple(runs))
