"""What a message quotes of another with `>`, and the line that mail programs write above that.

On Mon, Jan 20, 2025 at 1:30 PM Import AI <importai@e.org> wrote:
> Welcome to Import AI
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from backissue.ingest.readers.mail import headers
from backissue.records import Block
from backissue.text.days import day_within
from backissue.text.prose import count_words, squeeze

# A letter that was answered, and the answer answered: no more of these are followed.
DEEPEST = 5
_QUOTED = re.compile(r" ?>[ ]?")
# Characters of the line above a quotation, and lines on which a program breaks it.
LONGEST_LINE = 400
_MOST_LINES = 3
_ADDRESS = re.compile(r"[<(\[\u202a]?(?:mailto:)?(?P<address>[\w.+=-]{1,64}@[\w.-]{3,120})")
_AROUND_NAME = " ,;:.<([\u202a\"'"
_HOUR = re.compile(
    r"\d{1,2}[:.h時시]\d\d(?::\d\d)?(?:\s?[ap]\.?\s?m\b\.?)?(?:\s?[+-]\d{4})?"
    r"(?:\s(?:GMT|UTC|[ECMPA][SD]T|CES?T|BST|JST|Uhr)\b)?",
    re.IGNORECASE,
)
_NUMERIC_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")


class Parted(Struct, frozen=True, kw_only=True):
    """What a reply quotes, what its writer says himself, the line above the quotation.

    `marked` says that a mail program marked the quotation as one.
    """

    quoted: tuple[Block, ...]
    own: tuple[str, ...]
    line: str = ""
    marked: bool = False

    @property
    def own_words(self) -> int:
        """How many words the reader wrote."""
        return sum(map(count_words, self.own))


def strength(line: str) -> int:
    """How sure a line is the one above a quotation: 0 not, 1 `Ada wrote:`, 2 as programs write it.

    Programs write a day or an hour, and an address or a verb; the colon ends the line.
    """
    text = squeeze(line).rstrip("\u200e\u202c\u2069 ")
    if len(text) > LONGEST_LINE or text[-1:] not in {":", "："}:
        return 0
    verb = headers.RULES.pattern("wrote").search(text) is not None
    timed = _HOUR.search(text) or _NUMERIC_DAY.search(text) or day_within(text)
    address = _ADDRESS.search(text) is not None
    if timed and (verb or address):
        return 2
    return 1 if verb else 0


def sender(line: str) -> str:
    """Of the line above a quotation, who wrote that: `Import AI <importai@e.org>`."""
    text = squeeze(line)
    found = day_within(text)
    behind_day = found[2] if found else text
    address = _ADDRESS.search(behind_day) or _ADDRESS.search(text)
    if not address:
        return ""
    before = address.string[: address.start()]
    hours = list(_HOUR.finditer(before[:120]))
    name = before[hours[-1].end() :] if hours else before
    name = headers.RULES.pattern("wrote").sub(" ", name)
    bare = squeeze(name).strip(_AROUND_NAME)
    return f"{bare} <{address['address']}>"


def in_text(text: str, depth: int = 0) -> tuple[str, str, str] | None:
    """What a text quotes with `>`, the words around it, and the line above; None if it quotes none.

    A quotation that is itself a reply is followed into what that quotes.
    """
    lines = text.split("\n")
    marks = [_QUOTED.match(line) for line in lines]
    first = next((place for place, mark in enumerate(marks) if mark), None)
    if first is None:
        return None
    start, line = _line_above(lines, first)
    own: list[str] = []
    inner: list[str] = []
    for place, mark in enumerate(marks):
        if mark:
            if place and not marks[place - 1] and inner:
                inner.append("")
            inner.append(lines[place][mark.end() :])
        elif not start <= place < first:
            own.append(lines[place])
    quoted_text = "\n".join(inner)
    deeper = in_text(quoted_text, depth + 1) if depth < DEEPEST else None
    if deeper and strength(deeper[2]) and 2 * count_words(deeper[0]) >= count_words(quoted_text):
        own += ["", line, "", deeper[1]]
        return deeper[0], "\n".join(own), deeper[2]
    return quoted_text, "\n".join(own), line


def _line_above(lines: Sequence[str], first: int) -> tuple[int, str]:
    """Where the line above a quotation starts, and its words; it may be broken."""
    end = first
    while end and not lines[end - 1].strip():
        end -= 1
    best: tuple[int, int, str] = (0, end, "")
    for start in range(end - 1, max(-1, end - 1 - _MOST_LINES), -1):
        joined = " ".join(line.strip() for line in lines[start:end])
        if not lines[start].strip() or not (sure := strength(joined)):
            if not lines[start].strip():
                break
            continue
        if sure > best[0]:
            best = (sure, start, joined)
    return (best[1], best[2]) if best[0] else (first, "")
