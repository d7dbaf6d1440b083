"""Hard-wrapped lines joined: text that a program or a person broke at a fixed width.

The evidence is the width itself, found over the whole text. Where a program broke the lines, nearly
none is longer than the width, and a line ends where the next word would not have fitted; where an
author ended it (a list, a poem, a table, a heading above its deck), it would have.

`unwrap` joins lines of plain text, which have columns, indents and marks of quotation; `unwrapped`
joins the blocks of pasted text and of PDFs, which have none of these; `unflow` needs no evidence.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from typing import Final
from unicodedata import normalize

from msgspec import Struct
from msgspec.structs import replace

from backissue.records import Block, BlockKind, Run
from backissue.text.prose import count_words, is_separator

# The widths that programs break lines at: 60 to 80 as a rule, 72 in mail, less in columns of a PDF.
_NARROWEST: Final = 45
_WIDEST: Final = 100
# So many line ends must be at the width, so many percent of all, and of these in a sentence.
_FEWEST: Final = 5
_AT_WIDTH_PERCENT: Final = 40
_IN_SENTENCE_PERCENT: Final = 50
# One line in so many may be longer than the width: an address, a table.
_ONE_LONGER_IN: Final = 50
# So many must end in a sentence where there is no width in characters; and most of these are of a
# length, up to so many percent more or less.
_MANY: Final = 20
_SPREAD_PERCENT: Final = 20
# Percent of the width: a line that goes on in a sentence may be broken from here on, and from here
# on one that only ends without a full stop.
_LONG_PERCENT: Final = 75
_NEARLY_FULL_PERCENT: Final = 87.5
_HYPHENED = re.compile(r"[^\W\d_][-\u2010\u00ad]\s*$")
# What begins a line of its own, however full the one above it is.
_OPENS = re.compile(
    r"\s*(?:[•◦▪▫‣●○■*+–—>|]\s|\(?\d{1,3}[.)]\s|\[\d{1,3}\]\s|https?://|…|\.\.\.|[A-Z][\w-]{1,20}:\s)"
)
# `Ada Moore` below a title that is as wide as a line may be.
_NAME = re.compile(r"(?:[Bb]y )?[A-Z][\w.’'-]*+(?: [A-Z][\w.’'-]*+){1,3}")
_CAST = re.compile("[\ufb00-\ufb06]")

# So much shorter than the width may a line be by carelessness, and still be broken to fit.
_SLACK: Final = 6
# Fewer lines that go on in the middle of a sentence show no width.
_FEWEST_LINES: Final = 3
# So many percent of the lines are no longer than the width.
_WITHIN_PERCENT: Final = 95
# Percent of a paragraph's line ends: where more are full, the others may be broken, too.
_FULL_ENDS_PERCENT: Final = 50
# Percent of a paragraph's lines: where so many go on with a small letter, it has its own width.
_LOWERED_PERCENT: Final = 40
# Percent of the width that a line must have to be full, or to go on all the same.
_SHORTEST_FULL_PERCENT: Final = 60
_SHORTEST_PERCENT: Final = 50
# Percent of a line's signs that are letters, digits or space; a drawing has fewer.
_WORDS_PERCENT: Final = 60
# Columns that a paragraph's first line may be set in or out.
_DEEPEST_INDENT: Final = 8
_LIST_ITEM = re.compile(
    r"[ \t]*(?:[*•◦▪‣●○■o+–—-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\[\w{1,4}\])[ \t]+\S"
)
_URL_ALONE = re.compile(r"\s*<?(?:https?://|www\.|ftp://|mailto:)\S+>?\s*", re.IGNORECASE)
_FIELD = re.compile(r"\s*+>?\s*+[A-Z][\w-]{1,20}:\s")
_SIGNS = re.compile(r"[^\w\s]|_")  # what is neither a letter or digit nor a space
_COLUMNS = re.compile(r"[^\s.!?:;]\s{3,}\S|\t\S|\|.*\|")
_QUOTE_MARK = re.compile(r"(?:>[ ]?)+")
_BOXED = re.compile(r"([#*|%+:]).*\1")
_GOES_ON = re.compile(r"[a-z]")
_ENDS = (".", "!", "?", ":", ";", "…")


class _End(Struct, frozen=True):
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
            or (end.goes_on and end.length * 100 >= width * _LONG_PERCENT)
        )
    if measure := _measure(ends):
        return lambda end: (
            end.hyphened
            or (end.goes_on and end.length * 100 >= measure * _LONG_PERCENT)
            or (not end.closed and end.length * 100 >= measure * _NEARLY_FULL_PERCENT)
        )
    return None


def _width(ends: Sequence[_End]) -> int:
    """The number of characters that the lines were broken at; 0 where there is none."""
    lengths = sorted(end.length for end in ends if not end.hyphened)
    if not lengths:
        return 0
    width = lengths[-1 - len(lengths) // _ONE_LONGER_IN]
    full = [end for end in ends if end.length <= width < end.with_next]
    in_sentence = sum(end.goes_on for end in full)
    proved = (
        _NARROWEST <= width <= _WIDEST
        and len(full) >= _FEWEST
        and len(full) * 100 >= _AT_WIDTH_PERCENT * len(ends)
        and in_sentence * 100 >= _IN_SENTENCE_PERCENT * len(full)
    )
    return width if proved else 0


def _measure(ends: Sequence[_End]) -> int:
    """The usual length of lines that were broken at a width in points, as in a PDF; 0 if none were.

    Letters differ in width there, so that lengths only gather about one; but most lines go on in
    the middle of a sentence, as an author's lines do not.
    """
    lengths = sorted(end.length for end in ends if end.goes_on)
    if len(lengths) < _MANY or len(lengths) * 100 < _AT_WIDTH_PERCENT * len(ends):
        return 0
    low, usual, high = (lengths[len(lengths) * part // 4] for part in (1, 2, 3))
    least, most = (usual * (100 + sign * _SPREAD_PERCENT) for sign in (-1, 1))
    gathered = low * 100 >= least and high * 100 <= most
    return usual if gathered and _NARROWEST <= usual <= _WIDEST else 0


def _joined(lines: Sequence[Block]) -> Block:
    first, *others = lines
    if not others:
        return first
    runs = list(first.runs)
    for line in others:
        runs += [Run(text="\n"), *line.runs]
    return replace(first, runs=tuple(runs))


class _Line(Struct, frozen=True):
    """A line; `indent` and `end` are columns, `mark` is what says that it is quoted: `> `."""

    text: str
    mark: str
    words: str
    indent: int
    end: int
    bullet: bool
    kept: bool = False


def unwrap(text: str, kept: Collection[int] = ()) -> str:
    """`text` with the lines of each hard-wrapped paragraph joined by a space.

    The lines at the places `kept` stay as they are.
    """
    lines = [
        replace(_line(line), kept=place in kept) for place, line in enumerate(text.split("\n"))
    ]
    width = _column(lines)
    if width is None:
        return text
    return "\n".join(
        joined for paragraph in _paragraphs(lines) for joined in _joined_lines(paragraph, width)
    )


def unflow(text: str, *, delete_space: bool = False) -> str:
    """`text` of `format=flowed` (RFC 3676) with its soft line breaks undone."""
    lines: list[list[str]] = []
    soft, depth = False, 0
    for line in text.split("\n"):
        bare = line.lstrip(">")
        quoted = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        if soft and quoted == depth and bare != "-- ":
            if delete_space:
                lines[-1][-1] = lines[-1][-1][:-1]
            lines[-1].append(bare)
        else:
            lines.append([">" * quoted + " " * bool(quoted) + bare])
        soft, depth = bare.endswith(" ") and bare != "-- ", quoted
    return "\n".join(map("".join, lines))


def _line(text: str) -> _Line:
    mark = match[0] if (match := _QUOTE_MARK.match(text)) else ""
    inner = text[len(mark) :]
    words = inner.strip(" \t")
    return _Line(
        text=text,
        mark=mark.strip(),
        words=words,
        indent=len((mark + inner[: len(inner) - len(inner.lstrip(" \t"))]).expandtabs(8)),
        end=len(text.rstrip().expandtabs(8)),
        bullet=_LIST_ITEM.match(inner) is not None,
    )


def _column(lines: Sequence[_Line]) -> int | None:
    """The column the text was broken at; None where nothing shows that it was.

    Told by the lines that go on with a small letter; a few too long, with an address in them, are
    no evidence.
    """
    ends = sorted(
        line.end
        for paragraph in _paragraphs(lines)
        for line, after in pairwise(paragraph)
        if _is_prose(line) and _is_prose(after) and _GOES_ON.match(after.words)
    )
    if len(ends) < _FEWEST_LINES:
        return None
    width = ends[min(len(ends) * _WITHIN_PERCENT // 100, len(ends) - 1)]
    return width if _NARROWEST <= width <= _WIDEST else None


def _paragraphs(lines: Sequence[_Line]) -> Iterator[Sequence[_Line]]:
    """Lines with no blank line or separator between them; each of these is one of its own."""
    start = 0
    for place, line in enumerate(lines):
        if not line.text.strip() or is_separator(line.text):
            if start < place:
                yield lines[start:place]
            yield [line]
            start = place + 1
    if start < len(lines):
        yield lines[start:]


def _joined_lines(paragraph: Sequence[_Line], width: int) -> Iterator[str]:
    """The paragraph's lines, those broken to fit joined."""
    width = _width_of(paragraph, width)
    pairs = list(pairwise(paragraph))
    full = [_is_full(line, after, width) for line, after in pairs]
    mostly = sum(full) * 100 > _FULL_ENDS_PERCENT * len(full)
    # Joined all at once: a paragraph may have any number of lines.
    parts, going_on = [paragraph[0].text], False
    for place, ((line, after), is_full) in enumerate(zip(pairs, full, strict=True)):
        lowered = _GOES_ON.match(after.words) is not None
        broken = (is_full and (mostly or lowered)) or (mostly and _goes_on(line, after, width))
        hangs = after.indent == line.indent or _hangs(paragraph, place)
        # An address on its own line stands under what it is the address of, or in mid-sentence.
        set_apart = _URL_ALONE.fullmatch(after.text) and (not going_on or line.text.endswith(_ENDS))
        going_on = broken and hangs and not set_apart and _may_join(line, after)
        if going_on:
            parts[-1] = parts[-1].rstrip(" \t")
            parts.append(after.words)
        else:
            yield " ".join(parts)
            parts = [after.text]
    yield " ".join(parts)


def _width_of(paragraph: Sequence[_Line], width: int) -> int:
    """The column this paragraph was broken at: a quotation may be narrower than the rest.

    So is a verse, but its lines open with capitals.
    """
    own = max(line.end for line in paragraph)
    lowered = sum(_GOES_ON.match(line.words) is not None for line in paragraph[1:])
    prose = len(paragraph) > 2 and lowered * 100 >= _LOWERED_PERCENT * (len(paragraph) - 1)
    return min(width, own) if own >= _NARROWEST and prose else width


def _hangs(paragraph: Sequence[_Line], place: int) -> bool:
    """Whether the next line is set in otherwise, as a list item's or behind an opening line."""
    line, after = paragraph[place : place + 2]
    if line.bullet:
        return after.indent >= line.indent
    opening = place == 0 and len(paragraph) > 2 and paragraph[2].indent == after.indent
    return opening and abs(after.indent - line.indent) <= _DEEPEST_INDENT


def _is_full(line: _Line, after: _Line, width: int) -> bool:
    """Whether the first word of the next line would not have fitted on this one."""
    word = after.words.split(maxsplit=1)[0] if after.words else ""
    return (
        line.end + 1 + len(word) > width - _SLACK
        and line.end * 100 >= _SHORTEST_FULL_PERCENT * width
    )


def _goes_on(line: _Line, after: _Line, width: int) -> bool:
    """Whether a line too short to have been full ends in the middle of a sentence."""
    mid_sentence = not line.text.rstrip().endswith(_ENDS)
    lowered = _GOES_ON.match(after.words) is not None
    return line.end * 100 >= _SHORTEST_PERCENT * width and mid_sentence and lowered


def _may_join(line: _Line, after: _Line) -> bool:
    """Whether nothing in two lines says that each is meant to stand alone."""
    if not (_is_prose(line) and _is_prose(after)) or after.bullet or _FIELD.match(after.text):
        return False
    if _URL_ALONE.fullmatch(line.text) and not _GOES_ON.match(after.words):
        return False
    return line.mark == after.mark and _is_capitals(line.text) == _is_capitals(after.text)


def _is_capitals(text: str) -> bool:
    """A line without a small letter, and with a word to be one: `OTHER STORIES`."""
    return text.isupper() and count_words(text) > 1


def _is_prose(line: _Line) -> bool:
    """Whether a line is words, not columns or a drawing."""
    text = line.words
    if (
        line.kept
        or not text
        or is_separator(text)
        or _COLUMNS.search(text)
        or _BOXED.fullmatch(text)
    ):
        return False
    words = len(text) - len(_SIGNS.findall(text))
    return words * 100 >= _WORDS_PERCENT * len(text) or _URL_ALONE.fullmatch(text) is not None
