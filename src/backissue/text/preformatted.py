r"""Code, and tables set by hand: text whose lines, indents and columns are the author's.

A format may say so (`<pre><code>`, a fence in Markdown). Where it does not, signs tell: those that
programs have and sentences have not, and columns that stand under one another.
"""

import re
from collections.abc import Sequence
from typing import Final

from backissue.records import Run
from backissue.text.prose import cut

# A line of a program or of a terminal: by how it ends, by an operator, a call, an assignment, a
# prompt, a comment, a tag, a key in JSON, or a command that is no word of English.
_CODE_LINE = re.compile(
    r"""
    .*(?:[;{}]|\)\s*:|=>|\\|\(\s*|\[\s*)\s*$
    | .*(?:==|!=|=>|->|::|\+=|-=|&&|\|\||</|/>|\$\{|:=|\w\(\)|[\w\])]\.\w+\()
    | \s*[\w.\[\]"'*&]+(?:\s*:\s*[\w\[\], |.]+)?\s*[-+*/|&]?=\s*[^\s=]
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
    re.VERBOSE,
)
# What is typed in a terminal; below it stands what that answered.
_PROMPT = re.compile(r"\s*(?:\$|>>>|PS>|C:\\>)\s+[^\d\s]")
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


def trimmed(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Runs without blank lines around them, the indent that all lines share, and trailing space."""
    runs = [Run(text=run.text.translate(_SPACES), url=run.url) for run in runs]
    spans: list[tuple[int, int]] = []
    place = 0
    for line in "".join(run.text for run in runs).split("\n"):
        spans.append((place, place + len(line.rstrip())))
        place += len(line) + 1
    while spans and spans[0][0] == spans[0][1]:
        spans.pop(0)
    while spans and spans[-1][0] == spans[-1][1]:
        spans.pop()
    text = "".join(run.text for run in runs)
    lines = [text[start:end] for start, end in spans if start < end]
    indent = _shared_indent(lines)
    found: list[Run] = []
    for number, (start, end) in enumerate(spans):
        found += [Run(text="\n")] * bool(number) + list(cut(runs, min(start + indent, end), end))
    return _merged(found)


def _shared_indent(lines: Sequence[str]) -> int:
    """The length of the white space that all lines open with."""
    indents = [line[: len(line) - len(line.lstrip())] for line in lines]
    shared = min(indents, key=len, default="")
    while not all(indent.startswith(shared) for indent in indents):
        shared = shared[:-1]
    return len(shared)


def _merged(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Runs with neighbours of one look joined."""
    found: list[Run] = []
    for run in runs:
        if found and found[-1].url == run.url:
            found[-1] = Run(text=found[-1].text + run.text, url=run.url)
        else:
            found.append(run)
    return tuple(found)


def is_code(lines: Sequence[str]) -> bool:
    """Whether lines are surely a program's or a terminal's: two at least, and most of them."""
    words = [line for line in lines if line.strip()]
    signed = sum(_CODE_LINE.match(line) is not None for line in words)
    return signed >= _FEWEST_CODE_LINES and signed * 100 >= _CODE_PERCENT * len(words)


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
