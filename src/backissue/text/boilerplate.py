"""Boilerplate: lines that every issue of a newsletter repeats.

There are two kinds of evidence. Some lines are boilerplate in any place (`Unsubscribe`, `You are
receiving this because …`). Others are boilerplate only among such lines at the end of a text (a
postal address, `Privacy`), because a story can have the same heading. A sentence *about*
unsubscribing is not an instruction to the reader, so it stays.
"""

import re
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import Final

from backissue.records import Block, BlockKind
from backissue.text.prose import count_words, squeeze
from backissue.text.rules import Table

_RULES = Table(path=Path(__file__).with_suffix(".toml"))
_APART = re.compile(r"\s*[|·•‧∙/→»]\s*|\s{2,}|\s+(?:or|and|–|—|-)\s+")
_IN_PLAIN_TEXT = re.compile(r"^\*\*\s+(?=\w)|(?<=\w)\s+\((?:https?://|mailto:)[^\s()]*\)$")
_PADDING = "\u034f\u00ad\u200b\u200c\u200d\u2007\u2060\ufeff\xa0 \t\n"

_FAREWELL = re.compile(r"thank(?:s| you) for reading\b[^.!?\n]{0,60}[.!]?", re.IGNORECASE)
# A notice has one to three lines; a longer text has content.
# Characters.
_LONGEST: Final = 400
_LONGEST_RIGHTS: Final = 160
_LONGEST_BUTTONS: Final = 120
# The least part of a row of buttons that must be known buttons.
_KNOWN_PART: Final = 2 / 3

_ADDRESS_ALONE = re.compile(
    r"(?:\w+:\s*)?[<(\[]?(?:(?:https?://|ftp://|www\.)\S+|(?:mailto:)?[\w.+-]+@[\w-]+\.[\w.-]+)[>)\]]?[.,]?",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(r"(?:published|produced|sent|brought\s+to\s+you)\s+by\b", re.IGNORECASE)
# Words of a postal address, of a line above an address, of a name or place.
_LONGEST_POSTAL: Final = 20
_LONGEST_LEAD: Final = 12
_SHORT: Final = 6
# Characters. A longer notice must say “you” or “your”; at the end, none may be longer than 800.
_LONG_NOTICE: Final = 240
_LONGEST_AT_END: Final = 800
_TO_READER = re.compile(r"\byour?\b", re.IGNORECASE)
# At most so many words of the author may come between the lines at the end.
_MOST_BETWEEN: Final = 60
# Percent of the words of a paragraph at the end that must be boilerplate.
_STANDING_PERCENT: Final = 50


def is_boilerplate(text: str) -> bool:
    """Whether a line is boilerplate in any place: a button, a farewell, a notice."""
    line = squeeze(text.strip(_PADDING))
    if not line:
        return bool(text.strip())
    # `** unsubscribe from this list (https://…)`: a button in plain text.
    line = _IN_PLAIN_TEXT.sub("", line)
    if len(line) > _LONGEST:
        return False
    if _is_button(line) or _FAREWELL.fullmatch(line):
        return True
    if opening := _RULES.pattern("openings").match(line):
        rights = opening[0].lower().startswith(("©", "(c)", "copyright"))
        return not rights or len(line) <= _LONGEST_RIGHTS
    return says_where(line) is not None or _RULES.pattern("networks").fullmatch(line) is not None


def says_where(text: str) -> int | None:
    """The offset of the address in a line that says where to read the issue online.

    `View this post on the web at https://…`; None if the line says anything else.
    """
    says = _RULES.pattern("says_where").match(text)
    if not says:
        return None
    rest = text[says.end() :].strip()
    return says.end() if not rest or _ADDRESS_ALONE.fullmatch(rest) or _is_button(rest) else None


def _is_button(line: str) -> bool:
    """One button, or several in a row: `Signup | Work With Us | Follow on X`."""
    plain = line.lower().rstrip(".!:?»→ ").lstrip("[(→ ").rstrip(")] ")
    buttons = _RULES.words("buttons")
    if plain in buttons:
        return True
    parts = [part.rstrip(".!: ") for part in _APART.split(plain) if part]
    known = sum(
        part in buttons or _RULES.pattern("network").fullmatch(part) is not None for part in parts
    )
    # A row may have a few words besides several buttons.
    return len(parts) > 1 and len(plain) < _LONGEST_BUTTONS and known >= _KNOWN_PART * len(parts)


def footer(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of the boilerplate at the end of a text.

    It extends upwards from the end as long as few words come between such lines. The words between
    them are not part of it.
    """
    groups = _groups(blocks)
    tail = _tail(blocks, groups)
    if not any(is_boilerplate(blocks[place].text) for group in tail for place in group):
        return frozenset()
    found = {place for group in tail for place in group}
    top, bottom = min(found), max(found)
    for place in range(top, len(blocks)):
        if place not in found and _belongs(blocks, place, found, bottom):
            found.add(place)
    # A heading goes with what is below it, if all of that goes.
    whole = all(place in found for place in range(top, len(blocks)))
    if whole and top and _RULES.pattern("end_headings").fullmatch(squeeze(blocks[top - 1].text)):
        found.add(top - 1)
    return frozenset(found)


def _groups(blocks: Sequence[Block]) -> list[list[int]]:
    """The places of each paragraph's lines."""
    groups: list[list[int]] = []
    for place, block in enumerate(blocks):
        if block.joined and groups and block.kind is not BlockKind.RULE:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _tail(blocks: Sequence[Block], groups: Sequence[list[int]]) -> list[list[int]]:
    """The paragraphs of boilerplate at the end.

    A button can be above the first story or below the last, so it does not show the end.
    """
    found: list[list[int]] = []
    between = 0
    for group in reversed(groups):
        words = [count_words(blocks[place].text) for place in group]
        lines = [squeeze(blocks[place].text) for place in group]
        known = [_tells_end(line) for line in lines]
        ends = [tells or _is_place(line) for tells, line in zip(known, lines, strict=True)]
        if any(known) and sum(compress(words, ends)) * 100 >= _STANDING_PERCENT * sum(words):
            found.append(group)
            between = 0
            continue
        between += sum(
            count
            for count, place in zip(words, group, strict=True)
            if not is_boilerplate(blocks[place].text)
        )
        if between > _MOST_BETWEEN:
            break
    return found


def _tells_end(text: str) -> bool:
    plain = _IN_PLAIN_TEXT.sub("", text)
    if _RULES.pattern("openings").match(plain):
        return True
    if plain.lower().startswith("unsubscribe") and _is_button(plain):
        return True
    if _PUBLISHED.match(text) and _is_place(text):
        return True
    if len(text) > _LONG_NOTICE and not _TO_READER.search(text):
        return False
    return len(text) <= _LONGEST_AT_END and _RULES.pattern("at_the_end").match(text) is not None


def _is_place(text: str) -> bool:
    """A web, mail or postal address, and nothing else."""
    if _ADDRESS_ALONE.fullmatch(text):
        return True
    postal = (
        _RULES.pattern("postal").search(text) is not None and re.search(r"\d", text) is not None
    )
    return postal and count_words(text) <= _LONGEST_POSTAL and text[-1:] not in "!?:"


def _belongs(blocks: Sequence[Block], place: int, found: set[int], bottom: int) -> bool:
    """Whether a line among those at the end adds nothing: an address, a name, a rule."""
    block = blocks[place]
    text = squeeze(block.text)
    below = place - 1 in found
    if block.kind is BlockKind.RULE:
        return below or place + 1 in found
    if not below:
        return False
    after = squeeze(blocks[place + 1].text) if place + 1 < len(blocks) else ""
    words = count_words(text)
    return (
        is_boilerplate(text)
        or _is_place(text)
        or _RULES.pattern("end_headings").fullmatch(text) is not None
        or (words <= _LONGEST_LEAD and text.endswith(":") and bool(_ADDRESS_ALONE.fullmatch(after)))
        # `Ada Moore`, `San Francisco`: too short to be content, between lines without content.
        or (
            words <= _SHORT
            and text[-1:] not in ".!?:…"
            and place < bottom
            and block.kind is not BlockKind.HEADING
        )
    )
