"""Markdown in a plain part: many writers and programs send what they typed as it is.

Headings of two signs or more that stand apart say that the whole text is Markdown. A link as
`[words](address)` says nothing of the rest, which is laid out as plain text is.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from backissue.records import VERBATIM, Block, Run

# `## Cranes come back`; what opens with a small letter may be a comment in a program.
_HEADING = re.compile(r"#{2,6}[ \t]+(?P<words>[^\s#].*)")
# Not behind a backtick, a bracket or a word: those are code, or an element of a list.
_LINK = re.compile(
    r"(?<![\w`\]!\\])\[(?P<words>[^\[\]]{1,300})\]\((?P<url>(?:https?://|mailto:)[^\s()<>]{1,2000})\)"
)
_CODE = re.compile(r"^(?:\$ |> \$|#!|#include|#define|@@ |diff --git |[+-]{3} [ab]/)", re.MULTILINE)
_FEWEST = 2  # headings; one, beside a link


def is_markdown(text: str) -> bool:
    r"""Whether a text is Markdown as a whole, by its headings.

    >>> is_markdown("## Cranes\n\nThey came.\n\n## Bridges\n\nThey fell.\n")
    True
    >>> is_markdown("## settings\n\nspeed = 3\n\n## lamp\n\nlight = 4\n")
    False
    """
    if "## " not in text or _CODE.search(text):
        return False
    headings = len(set(_headings(text.split("\n"))))
    return headings >= _FEWEST or (headings > 0 and _LINK.search(text) is not None)


def _headings(lines: Sequence[str]) -> Iterator[str]:
    """The headings that have a blank line above and words in the line below or the next."""
    for place, line in enumerate(lines):
        heading = _HEADING.fullmatch(line) if line.startswith("##") else None
        if heading is None or (place and lines[place - 1].strip()):
            continue
        words = heading["words"]
        below = "".join(lines[place + 1 : place + 3]).strip()
        if not words[0].islower() and below and any(map(str.isalpha, words)):
            yield words


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a text that is Markdown as a whole."""
    from backissue.ingest.readers import markdown  # noqa: PLC0415 - few plain parts are

    return markdown.blocks(text)


def linked(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks of a plain text, `[words](address)` in them as links; code stays as it is."""
    return tuple(
        replace(block, runs=tuple(_linked(block.runs)))
        if block.kind not in VERBATIM and "](" in block.text
        else block
        for block in blocks
    )


def _linked(runs: Sequence[Run]) -> Iterator[Run]:
    for run in runs:
        place = 0
        for link in () if run.url else _LINK.finditer(run.text):
            if before := run.text[place : link.start()]:
                yield replace(run, text=before)
            yield replace(run, text=link["words"], url=link["url"])
            place = link.end()
        if rest := run.text[place:]:
            yield replace(run, text=rest)
