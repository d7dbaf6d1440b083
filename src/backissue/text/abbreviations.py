"""Abbreviations that a text defines itself: `large language models (LLMs)`, `LLM (large …)`.

The idea is that of Schwartz and Hearst (“A simple algorithm for identifying abbreviation
definitions in biomedical text”, Pacific Symposium on Biocomputing, 2003): a *short form* and a
*long form*, one of them in brackets right behind the other. Theirs looks for the letters of the
short form anywhere in the long form. Here each must begin a word: a wrong pair makes a search find
what nobody asked for, and a definition that is missed costs little.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from backissue.text.prose import squeeze
from backissue.text.words import singular


class Definition(NamedTuple):
    """A short form and the long form that it stands for, as written, but in the singular."""

    short: str
    long: str


_JOINING = frozenset(
    """
    a an the and or & of in on at by for from to into onto over under upon via with without as per
    through
    """.split()  # noqa: SIM905  # words, one after another, are easier to read
)
# With what no long form begins or ends (`one of us (US)`, `LLM (like Llama models)`). No short form
# is one of these either: whoever types `or` or `it` does not mean operations research.
_OUTSIDE = _JOINING | frozenset(
    """
    i me my we us our you your he him his she her it its they them their this that these those am is
    are was were be been do does did has had not no so if but than then also already all any always
    again like such see using including because before after when where which while who whose what
    how why
    """.split()  # noqa: SIM905  # the same
)


class _Part(NamedTuple):
    """A word of a long form, or a part of a compound: `Internet` of `Over-the-Internet`."""

    text: str
    start: int
    end: int
    follows: bool  # another part of its compound

    @property
    def joins(self) -> bool:
        """Whether it is a word like `of`, which a short form may leave out."""
        return self.text.casefold() in _JOINING


# What may stand before a form in brackets: `(or RLHF)`, `(short for “test-time compute”)`.
_LEAD = (
    r"(?:(?:or|also|i\.e\.|aka|a\.k\.a\.|(?:which )?stands for|short for"
    r"|(?:abbreviated|known)(?: as| to)?|called|hereafter|henceforth),? )?[\"“‘']?"
)
_END = r"[\"”’']?(?=[,;]|$)"
_WORD = r"[^\W_]+(?:['’][^\W_]+)*"
_BRACKETS = re.compile(r"\(([^()]{2,160})\)")
_SHORT = r"([^\W_]+(?:[-&/][^\W_]+)*)"
_SHORT_INSIDE = re.compile(_LEAD + _SHORT + _END)
_LONG_INSIDE = re.compile(rf"{_LEAD}({_WORD}(?:(?:[/‐‑–-]|\s)(?:{_WORD}|&))+){_END}")
_SHORT_BEFORE = re.compile(rf"(?<![\w.&/-]){_SHORT}[\"”’]?$")
# What no long form reaches across: other signs, a dash with spaces, the end of a paragraph.
_STOP = re.compile(r"[^\w\s'’&/‐‑–-]|_|\s[‐‑–-]+(?=\s)|\n\s*\n")
_PART = re.compile(rf"((?<=[^\W_][/‐‑–-]))?({_WORD}|&)")
_ROMAN = re.compile("[IVX]+")
# Of the letters of a short form; and of the words of a long form.
_FEWEST, _MOST, _MOST_PARTS = 2, 10, 16
_REACH = 200  # characters before a bracket, in which a form must begin


def definitions(text: str) -> tuple[Definition, ...]:
    """The abbreviations that `text` defines, each once, in its order.

    Each letter of the short form begins a word or a part of a compound, in order. Only words like
    `of`, and parts behind a hyphen, may be left out. A small letter may also continue a word.

    >>> for short, long in definitions("Language models (LMs) use rotary embeddings (RoEm)."):
    ...     print(short, "=", long)
    LM = Language model
    RoEm = rotary embeddings
    """
    found: dict[Definition, None] = {}
    for brackets in _BRACKETS.finditer(text):
        inside, start = brackets[1].strip(), brackets.start()
        if not text[start - 1 : start].isspace():
            continue
        short = _SHORT_INSIDE.match(inside)
        if short and _may_be_short(short[1]):
            pair = _long_before(text, start, short[1])
        else:
            pair = _long_inside(text, start, inside)
        if pair:
            found[pair] = None
    return tuple(found)


def _long_before(text: str, end: int, short: str) -> Definition | None:
    """The definition `large language model (LLM)`, with a bracket at `end`."""
    first = max(0, end - _REACH)
    before = text[first:end]
    before = (before.partition(" ")[2] if first else before).rstrip().rstrip('"”’')
    stops = [stop.end() for stop in _STOP.finditer(before)]
    parts = _parts(before, stops[-1] if stops else 0)[-_MOST_PARTS:]
    for at in range(len(parts) - 2, -1, -1):  # the nearest that fits
        pair = _pair(short, before, parts[at:])
        if pair:
            is_known = not _is_name(pair) or _is_used(pair.short, text)
            return pair if is_known else None
    return None


def _long_inside(text: str, end: int, inside: str) -> Definition | None:
    """The definition `LLM (large language model)`, with a bracket at `end`."""
    last = text[max(0, end - _REACH) : end].split()[-1:]
    short = _SHORT_BEFORE.search(last[0]) if last else None
    if not short or not _may_be_short(short[1]):
        return None
    match = _LONG_INSIDE.match(inside)
    parts = _parts(match[1], 0) if match else []
    pair = _pair(short[1], match[1], parts) if match and len(parts) <= _MOST_PARTS else None
    return None if pair is None or _is_name(pair) else pair


def _parts(text: str, first: int) -> list[_Part]:
    """The words of `text` from `first` on, compounds in parts."""
    return [
        _Part(match[2], *match.span(2), match[1] is not None)
        for match in _PART.finditer(text, first)
    ]


def _may_be_short(short: str) -> bool:
    """Whether `short` looks like a short form: it has capitals, and is no number or common word."""
    letters = sum(char.isalnum() for char in short)
    return (
        _FEWEST <= letters <= _MOST
        and sum(char.isupper() for char in short) >= _FEWEST
        and short.casefold() not in _OUTSIDE
        and not _ROMAN.fullmatch(short)
    )


def _is_name(pair: Definition) -> bool:
    """Whether the short form is the initials of two words with capitals: `Jack Clark (JC)`."""
    names = pair.long.split()
    return len(_letters(pair.short)) == len(names) == 2 and all(one[0].isupper() for one in names)


def _is_used(short: str, text: str) -> bool:
    """Whether `text` has `short` somewhere in a sentence, not only before what somebody says."""
    uses = re.finditer(rf"(?<![\w-]){re.escape(short)}(?![\w-])(?!\)|\s*[:–—])", text)
    return any(True for _ in uses)


def _pair(short: str, text: str, parts: Sequence[_Part]) -> Definition | None:
    """The definition of `short` as exactly these parts of `text`."""
    first, last = parts[0], parts[-1]
    if first.follows or (not first.text[1:] and first.text.islower()):
        return None
    if {first.text.casefold(), last.text.casefold()} & _OUTSIDE:
        return None
    long = text[first.start : last.end]
    if short.casefold() == first.text.casefold() or _letters(short) == _letters(long):
        return None  # CVE-2016-1699 (CVE)
    plural = last.text.endswith("s") and short[-1] == "s" and short[-2].isupper()
    if plural and _spells(_letters(short[:-1]), parts, first=True):
        head = text[first.start : last.start]
        return Definition(short[:-1], squeeze(head + singular(last.text)))
    return Definition(short, squeeze(long)) if _spells(_letters(short), parts, first=True) else None


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _spells(letters: str, parts: Sequence[_Part], *, first: bool = False) -> bool:
    """Whether the parts give these letters, in order, and no part that counts is left."""
    if not parts:
        return not letters
    part, rest = parts[0], parts[1:]
    if any(_spells(letters[count:], rest) for count in _given(letters, part, first=first)):
        return True
    return not first and (part.joins or part.follows) and _spells(letters, rest)


def _given(letters: str, part: _Part, *, first: bool) -> Iterator[int]:
    """How many of the next letters a part may give: its first, and those that continue it.

    Small letters continue a word (`RoPE`), others only what has no small letters (`RNA` in `mRNA`).
    A small letter begins a word only if that is first, or joins (`CoT`).
    """
    word = part.text
    for count, (letter, its) in enumerate(zip(letters, word, strict=False), 1):
        if letter.casefold() != its.casefold():
            return
        if count == 1 and letter.islower() and not (first or part.joins):
            return
        if count > 1 and not letter.islower() and word[:count] != word[:count].upper():
            return
        yield count
