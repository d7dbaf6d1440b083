"""What a “why this matters” says in one line, and where its story is."""

import re

from backissue.records import Head, Section
from backissue.render.presentation import followed, one_line

# A full stop behind one of these, or behind a single letter, ends no sentence.
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|al|approx|no|fig|dr|mr|mrs|ms|prof|st|inc|ltd|jr|sr|u\.s|u\.k)"
    r"|(?<![^\W_])[^\W\d_])\.$",
    re.IGNORECASE,
)
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’)\]»]*(?=\s)|[。！？]+[」』”’）]*|\n")


def first_sentence(text: str) -> str:
    """The first sentence of a text, or its first line where that is shorter.

    >>> first_sentence("The U.S. builds 2.5 GW, e.g. in Texas. It is costly.")
    'The U.S. builds 2.5 GW, e.g. in Texas.'
    """
    text = text.strip()
    for match in _END.finditer(text):
        after = text[match.end() :].lstrip()[:1]
        if after.islower() or (match[0] == "." and _SHORT.search(text[: match.end()])):
            continue
        return one_line(text[: match.end()].strip())
    return one_line(text)


def thesis(section: Section) -> str:
    """The thesis of a section's why, or its first sentence where it has none."""
    if section.why is None:
        return ""
    return one_line(section.why.thesis or first_sentence(section.why.text))


def story_link(head: Head, section: Section) -> str | None:
    """Where a section's story is: its first labelled link (Read more: …), or its issue's page."""
    labelled = [link.url for link in section.links if link.label]
    return next(filter(None, map(followed, (*labelled, head.url))), None)
