"""Parts that a list, a mail service or a virus scanner adds to a message, as parts of their own.

Mailman, Google Groups and Yahoo put a list's footer below a letter in HTML or with attachments as
one more text part (Mailman: `Mailman/Handlers/Decorate.py`). No mail program shows that it is not
the letter's.
"""

import re
from collections.abc import Sequence
from email.message import Message

from backissue.ingest.readers.mail import headers
from backissue.records import Block, BlockKind
from backissue.text.boilerplate import footer
from backissue.text.prose import squeeze

_LIST_FIELDS = (
    "List-Post",
    "List-Unsubscribe",
    "List-Subscribe",
    "List-Help",
    "List-Archive",
    "X-Mailing-List",
    "Mailing-List",
)
_ADDRESS = re.compile(r"https?://[^\s<>,\"]{4,500}|[\w.+=-]{1,100}@[\w.-]{3,200}")
_LONGEST_LINE = 1_000
# What opens a list's footer stands in one of its first lines.
_REACH = 3
# Lines; RFC 3676 allows a signature four, lists write up to a dozen.
_LONGEST_TO_RECEIVER = 300  # characters
_MOST_LINES = 15


def addresses_of(header: Message) -> frozenset[str]:
    """The addresses by which a list is read, left and written to, in small letters."""
    found: set[str] = set()
    for name in _LIST_FIELDS:
        for address in _ADDRESS.findall(headers.words_of(header, name)):
            bare = address.partition("?")[0].rstrip(".;/").lower()
            found.add(bare.removeprefix("list "))
    return frozenset(found)


def is_footer(blocks: Sequence[Block], addresses: frozenset[str]) -> bool:
    """Whether a part says nothing but what a list or a service adds below each letter.

    `addresses` are the list's own. It opens as footers do; or all of it is boilerplate; or a row or
    half of its few lines lead to the list's own addresses.
    """
    shown = [block for block in blocks if block.kind is not BlockKind.RULE]
    lines = [squeeze(block.text[:_LONGEST_LINE]) for block in shown]
    if not lines:
        return True
    if lines[0] == "--" and len(lines) <= _MOST_LINES:
        return True
    opens = headers.RULES.pattern("list_footers").match
    if any(opens(line) for line in lines[:_REACH]):
        return True
    if len(lines) > _MOST_LINES:
        return False
    places = footer(shown)
    if all(place in places for place in range(len(shown))):
        return True
    named = [line for line in lines if _leads_to(line, addresses)]
    ruled = blocks[0].kind is BlockKind.RULE
    return bool(named) and (ruled or 2 * len(named) >= len(lines))


def without_footer(
    blocks: Sequence[Block], header: Message
) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """A letter's blocks without the footer that its list put below it, and the footer's lines.

    It has few lines, and opens as the footer of a list does, or half of them lead to the list.
    """
    addresses = addresses_of(header)
    opens = headers.RULES.pattern("list_footers").match
    first = max(1, len(blocks) - _MOST_LINES)
    for place in range(first, len(blocks)):
        below = [block for block in blocks[place:] if block.runs]
        ruled = blocks[place].kind is BlockKind.RULE
        lines = [squeeze(block.text[:_LONGEST_LINE]) for block in below]
        if not lines:
            break
        named = ruled and 2 * sum(_leads_to(line, addresses) for line in lines) >= len(lines)
        if named or opens(lines[0]):
            end = place - 1 if not ruled and blocks[place - 1].kind is BlockKind.RULE else place
            return tuple(blocks[:end]), tuple(block.text for block in below)
    return tuple(blocks), ()


def _leads_to(line: str, addresses: frozenset[str]) -> bool:
    """Whether a line has an address of the list, or of its commands: `loom-leave@…`."""
    low = line.lower()
    return any(address in low for address in addresses)


def without_receiver(
    blocks: Sequence[Block], receiver: str
) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The blocks without short lines that have the receiver's own address, and those lines.

    `This message was sent to ada@e.org` is of one copy. A letter to a list of one, in which a
    story has the address, is longer.
    """
    named = [
        receiver in block.text.lower()
        and len(block.text) <= _LONGEST_TO_RECEIVER
        and headers.RULES.pattern("to_receiver").match(squeeze(block.text)) is not None
        for block in blocks
    ]
    kept = tuple(block for block, own in zip(blocks, named, strict=True) if not own)
    return kept, tuple(block.text for block, own in zip(blocks, named, strict=True) if own)
