r"""Code, and tables set by hand: text whose lines, indents and columns are the author's.

A format may say so (`<pre><code>`, a fence in Markdown). Where it does not, signs tell: those that
programs have and sentences have not, and columns that stand under one another.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from backissue.records import Run
from backissue.text.prose import cut, parted
from backissue.text.rules import bounded

_LONGEST_CODE_LINE = 1500  # characters; what is longer was written by a program
# A line of a program or of a terminal: by how it ends, by an operator, a call, an assignment, a
# prompt, a comment, a tag, a key in JSON, or a command that is no word of English.
_CODE_LINE = bounded(
    r"""
    .*(?:[;{}]|\)\s*:|=>|\\|\(|\[)\s*$
    | .*(?:==|!=|=>|->|::|\+=|-=|&&|\|\||</|/>|\$\{|:=|\w\(\)|[\w\])]\.\w+\()
    | \s*[\w.\[\]"'*&]+(?:\s*:\s*+[\w\[\], |.]++)?\s*[-+*/|&]?=\s*[^\s=]
    | \s*(?:[$%]\s*[^\W\d]|>>>\s|\#!|C:\\>|PS>)
    | .*[^\W\d]\([^()]*\)\s*(?:(?:\#|//).*)?$
    | \s*[A-Za-z_][\w.]*\(
    | \s*(?:for|while|if|elif|else|try|except|with|match|case)\b[^.!?]*:\s*$
    | \s*(?://|/\*|\*/|<!--)
    | \s*\#\s*(?:include|define|if|endif|pragma)\b
    | \s*<[/!?]?[a-z][\w:-]*(?:\s[^<>]*)?>
    | \s*"[\w.$-]+"\s*:\s*\S
    | \s*[\])}]+[;,]?\s*$
    | \s*(?:sudo|pip3?|pipx|npm|npx|yarn|pnpm|cargo|rustup|git|docker|kubectl|curl|wget|brew|apt
        |apt-get|uv|conda|chmod|mkdir|grep|ssh|systemctl)\s+[\w./~-]
    | \s*(?:def|class|fn|func|function|struct|enum|impl|interface|trait)\s+\w+\s*[(<{:]
    | \s*(?:from\s+[\w.]+\s+)?import\s+[\w.*{]+(?:\s+as\s+\w+)?\s*$
    | \s*(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|CREATE\s+TABLE)\s
    """,
    _LONGEST_CODE_LINE,
    re.VERBOSE,
)
# What is typed in a terminal; below it stands what that answered.
_PROMPT = re.compile(r"\s*+(?:\$|>>>|PS>|C:\\>)\s+[^\d\s]")
_URL = re.compile(r"<?\b(?:https?://|www\.)\S+")
_LEAD = re.compile(r"\A[\s>*•–—-]+")
_WORDY = re.compile(r"[^\W_]|[\s,.;:!?…'’‘\"“”()–—-]")
# Two words on one line with so much space between them that they stand in columns.
_COLUMNS = re.compile(r"\S(?:[ \xa0]{3,}|\t[ \t]*)\S|[^|]\|[^|].*\|")
# Percent of a line's signs, and of a text's lines.
_WORDY_PERCENT: Final = 90
_PROSE_PERCENT: Final = 60
_CODE_PERCENT: Final = 50
_FEWEST_CODE_LINES: Final = 2
# Signs of white space that are as wide as a space, and some that have no width.
_SPACES = str.maketrans({"\xa0": " ", "\u2007": " ", "\u202f": " ", "\u200b": "", "\ufeff": ""})


def trimmed(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Runs without blank lines around them, the indent that all lines share, and trailing space."""
    whole = _merged(Run(text=run.text.translate(_SPACES), url=run.url) for run in runs)
    lines = parted(whole, "\n")
    texts = ["".join(run.text for run in line).rstrip() for line in lines]
    filled = [place for place, text in enumerate(texts) if text]
    indent = _shared_indent([texts[place] for place in filled])
    found: list[Run] = []
    for place in range(filled[0], filled[-1] + 1) if filled else ():
        found += [Run(text="\n")] * (place > filled[0])
        found += cut(lines[place], min(indent, len(texts[place])), len(texts[place]))
    return _merged(found)


def _shared_indent(lines: Sequence[str]) -> int:
    """The length of the white space that all lines open with."""
    indents = [line[: len(line) - len(line.lstrip())] for line in lines]
    shared = min(indents, key=len, default="")
    while not all(indent.startswith(shared) for indent in indents):
        shared = shared[:-1]
    return len(shared)


def _merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Runs with neighbours that lead to one place joined."""
    grouped = groupby(runs, key=lambda run: run.url)
    return tuple(Run(text="".join(run.text for run in own), url=url) for url, own in grouped)


def code_lines(lines: Iterable[str]) -> int:
    """How many lines have the signs of a program or of a terminal."""
    return sum(_CODE_LINE.match(line) is not None for line in lines)


def may_be_code(signed: int, lines: int) -> bool:
    """Whether enough of so many lines have these signs."""
    return signed * 100 >= _CODE_PERCENT * lines


def is_code(signed: int, lines: int) -> bool:
    """Whether so many lines are surely code: two with its signs at least, and most of them."""
    return signed >= _FEWEST_CODE_LINES and may_be_code(signed, lines)


def reads_as_prose(text: str) -> bool:
    r"""Whether a text that was set in a fixed width is sentences or verse all the same.

    >>> reads_as_prose("Dear friends,\n\nthe ice is late this year.")
    True
    >>> reads_as_prose("for ship in ships:\n    print(ship.name)")
    False
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if any(map(_PROMPT.match, lines)):
        return False
    return sum(map(_is_prose, lines)) * 100 >= _PROSE_PERCENT * len(lines)


def _is_prose(line: str) -> bool:
    words = _URL.sub("", _LEAD.sub("", line, count=1)).strip()
    if _CODE_LINE.match(line) or _COLUMNS.search(words):
        return False
    return len(_WORDY.findall(words)) * 100 >= _WORDY_PERCENT * len(words)
