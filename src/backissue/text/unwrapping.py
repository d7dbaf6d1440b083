"""Hard-wrapped lines put together again, where a program or an author broke them to fit a width.

A line was broken to fit if the next line's first word would not have fitted on it. One pair of
lines proves nothing: the evidence is the whole text's, and verse, tables, lists, headings and
addresses, whose lines end where their authors wanted, stay as they are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from backissue.text.prose import is_separator

# Mail is wrapped at 72, give or take what a habit, a margin or a quotation mark takes.
_NARROWEST, _WIDEST = 45, 100
# So much shorter than the width may a line be for want of care, and still be broken to fit.
_SLACK = 6
# Below so many lines that go on in the middle of a sentence, there is no width to be known.
_FEWEST = 3
_BULLET = re.compile(
    r"[ \t]*(?:[*•◦▪‣●○■o+–—-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\[\w{1,4}\])[ \t]+\S"
)
_URL_ALONE = re.compile(r"\s*<?(?:https?://|www\.|ftp://|mailto:)\S+>?\s*", re.IGNORECASE)
_FIELD = re.compile(r"\s*>?\s*[A-Z][\w-]{1,20}:\s")
_COLUMNS = re.compile(r"[^\s.!?:;]\s{3,}\S|\t\S|\|.*\|")
_QUOTE_MARK = re.compile(r"(?:>[ ]?)+")
_BOXED = re.compile(r"([#*|%+:]).*\1")
_GOES_ON = re.compile(r"[a-z]")
_ENDS = (".", "!", "?", ":", ";", "…")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line; `indent` and `end` are columns, `mark` is what says that it is quoted: `> `."""

    text: str
    mark: str
    words: str
    indent: int
    end: int
    bullet: bool


def unwrap(text: str) -> str:
    """`text` with the lines of each hard-wrapped paragraph joined by a space."""
    lines = [_line(line) for line in text.split("\n")]
    width = _width(lines)
    if width is None:
        return text
    return "\n".join(
        joined for paragraph in _paragraphs(lines) for joined in _joined(paragraph, width)
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
        bullet=_BULLET.match(inner) is not None,
    )


def _width(lines: Sequence[_Line]) -> int | None:
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
    if len(ends) < _FEWEST:
        return None
    width = ends[min(int(len(ends) * 0.95), len(ends) - 1)]
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


def _joined(paragraph: Sequence[_Line], width: int) -> Iterator[str]:
    """The paragraph's lines, those broken to fit joined."""
    width = _width_of(paragraph, width)
    pairs = list(pairwise(paragraph))
    full = [_is_full(line, after, width) for line, after in pairs]
    mostly = 2 * sum(full) > len(full)
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
    prose = len(paragraph) > 2 and lowered * 5 >= 2 * (len(paragraph) - 1)
    return min(width, own) if own >= _NARROWEST and prose else width


def _hangs(paragraph: Sequence[_Line], place: int) -> bool:
    """Whether the next line is set in otherwise, as a list item's or behind an opening line."""
    line, after = paragraph[place : place + 2]
    if line.bullet:
        return after.indent >= line.indent
    opening = place == 0 and len(paragraph) > 2 and paragraph[2].indent == after.indent
    return opening and abs(after.indent - line.indent) <= 8


def _is_full(line: _Line, after: _Line, width: int) -> bool:
    """Whether the first word of the next line would not have fitted on this one."""
    word = after.words.split(maxsplit=1)[0] if after.words else ""
    return line.end + 1 + len(word) > width - _SLACK and line.end >= width * 0.6


def _goes_on(line: _Line, after: _Line, width: int) -> bool:
    """Whether a line too short to have been full ends in the middle of a sentence."""
    mid_sentence = not line.text.rstrip().endswith(_ENDS)
    lowered = _GOES_ON.match(after.words) is not None
    return line.end >= width * 0.5 and mid_sentence and lowered


def _may_join(line: _Line, after: _Line) -> bool:
    """Whether nothing in two lines says that each is meant to stand alone."""
    if not (_is_prose(line) and _is_prose(after)) or after.bullet or _FIELD.match(after.text):
        return False
    if _URL_ALONE.fullmatch(line.text) and not _GOES_ON.match(after.words):
        return False
    return line.mark == after.mark and _is_capitals(line.text) == _is_capitals(after.text)


def _is_capitals(text: str) -> bool:
    """A line without a small letter, and with a word to be one: `OTHER STORIES`."""
    return text.isupper() and len(text.split()) > 1


def _is_prose(line: _Line) -> bool:
    """Whether a line is words, not columns or a drawing."""
    text = line.words
    if not text or is_separator(text) or _COLUMNS.search(text) or _BOXED.fullmatch(text):
        return False
    words = sum(char.isalnum() or char.isspace() for char in text)
    return words >= 0.6 * len(text) or _URL_ALONE.fullmatch(text) is not None
