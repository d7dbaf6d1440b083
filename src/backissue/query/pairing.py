"""Which quotation marks and brackets of a query have a partner; and where a long query is cut.

A text that was copied has signs that nobody meant for a program: `3.5" disk`, `chips (Intel`, a
quotation of which one end is missing. Whatever has no partner is no part of the query.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from backissue.errors import shown
from backissue.query.nodes import LeftOut, Omission
from backissue.query.refusals import wrong
from backissue.text.words import HEBREW_MARK

_QUOTES = '"“”„‟＂«»'
_OPENING, _CLOSING = "“„‟«", "”»"
_WORDS = re.compile(r"\S+")
_LETTER = re.compile(r"[^\W_]")
_SIGNS = re.compile(rf"[(){_QUOTES}]")
_WITHIN_WORD = re.compile(HEBREW_MARK)
_FACE = re.compile(r"(?<![^\s(])[:;=]-?[()]")
# Signs behind which a quotation does not open, and before which it does not close.
_ENDS = frozenset(".,;!?)]}%…'’")
_BEGINS = frozenset("([{$€£¥#@")


class Pairing(NamedTuple):
    """The end of each quotation by its beginning, and the places of what has no partner."""

    quotations: dict[int, int]
    alone: frozenset[int]
    faces: frozenset[int]  # those of them that are part of a :-)
    unclosed: int  # how many brackets are opened and not closed

    def left_out(self, text: str) -> Iterator[LeftOut]:
        """What has no partner, as the query remembers it."""
        for at in sorted(self.alone - self.faces):
            kind = Omission.BRACKET if text[at] in "()" else Omission.QUOTE
            yield LeftOut(text=text[at], column=at + 1, kind=kind)


def paired(text: str) -> Pairing:
    """The pairs of `text`: of quotation marks from left to right, of brackets outside quotations.

    A mark behind a word cannot open a quotation, and one before a word cannot close it. So of two
    marks that could both open, the second does, and the first has no partner.

    >>> paired('a 3.5" disk is "test-time" compute').quotations
    {15: 25}
    """
    faces = frozenset(match.end() - 1 for match in _FACE.finditer(text))
    within = {match.start() for match in _WITHIN_WORD.finditer(text)}
    marks = [
        match.start() for match in _SIGNS.finditer(text) if match.start() not in faces | within
    ]
    quotations: dict[int, int] = {}
    opened: int | None = None
    for at in marks:
        if text[at] in "()":
            continue
        opens, closes = _sides(text, at)
        if opened is not None and closes:
            quotations[opened] = at
            opened = None
        elif opens:
            opened = at
    taken = {*quotations, *quotations.values()}
    alone = {at for at in marks if text[at] not in "()" and at not in taken}
    brackets: list[int] = []
    end = -1
    for at in marks:
        end = max(end, quotations.get(at, -1))
        if at <= end or text[at] not in "()":
            continue
        if text[at] == "(":
            brackets.append(at)
        elif brackets:
            brackets.pop()
        else:
            alone.add(at)
    return Pairing(quotations, frozenset({*alone, *brackets, *faces}), faces, len(brackets))


def _sides(text: str, at: int) -> tuple[bool, bool]:
    """Whether the mark at a place can open a quotation, and whether it can close one."""
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    opens = not before or not (before.isalnum() or before in _ENDS)
    closes = not after or not (after.isalnum() or after in _BEGINS)
    if opens is not closes:
        return opens, closes
    if text[at] in _OPENING or text[at] in _CLOSING:
        return text[at] in _OPENING, text[at] in _CLOSING
    return not before.isdigit(), True  # 3.5"x is of inches


def how_far(figures: str, most: int, column: int) -> int:
    """How many words a quotation may spread over, as its `~5` says. Raises QueryError."""
    if re.fullmatch("[0-9]{1,6}", figures) and 1 <= int(figures) <= most:
        return int(figures)
    hint = f'write "near words"~5, with a number from 1 to {most}'
    raise wrong(f"“~{shown(figures)}” is not how many words apart", column, hint)


def cut(text: str, most: int) -> tuple[str, tuple[LeftOut, ...]]:
    """The first words of `text`, of at most `most` characters, and the words that follow them.

    What is open at that place is closed.
    """
    last = re.match(r"(?s:.*)\s", text[: most + 1])
    place = last.end() if last else most
    rest = tuple(
        LeftOut(text=match[0], column=match.start() + 1, kind=Omission.BEYOND)
        for match in _WORDS.finditer(text, place)
        if _LETTER.search(match[0])
    )
    kept = text[:place]
    for begin, end in paired(text).quotations.items():
        if begin < place <= end:
            kept = kept.rstrip() + text[end]
    return kept + ")" * paired(kept).unclosed, rest
