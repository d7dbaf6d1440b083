"""Mailboxes in one file (mbox), opened message by message."""

import io
import re
from collections.abc import Iterator

from backissue.ingest.sources.streams import (
    MAIL_FIELD,
    POSTMARK,
    Allowance,
    Member,
    Opened,
    Stream,
    Trouble,
    again,
)

# A line that the writer of a mailbox quoted, since it would have begun a message: `>From here on`.
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_LONGEST_LINE = 2**16


def in_mailbox(opened: Opened, allowance: Allowance) -> Iterator[Member | Trouble]:
    """Each message, named by its place, without the line that begins it.

    A mailbox grows at its end, and so a message keeps its bytes: the empty line that parts it from
    the next, which the last may lack, is not its own. One `>` before `From ` is the writer's.
    """
    with opened() as stream:
        for place, message in enumerate(_messages(stream, allowance.largest), start=1):
            if message is None:
                yield Trouble(name=str(place), reason=allowance.too_large)
            else:
                data = _QUOTED.sub(rb"\1", message)
                yield Member(name=str(place), opened=again(io.BytesIO(data)))


def _messages(stream: Stream, largest: int) -> Iterator[bytes | None]:
    """The bytes of each message, None for one that is too large to be held."""
    parts: list[bytes] = []
    size = 0
    before = b"\n"
    line = stream.readline(_LONGEST_LINE)
    while line:
        after = stream.readline(_LONGEST_LINE)
        if before.endswith(b"\n") and POSTMARK.match(line) and MAIL_FIELD.match(after):
            if size:
                yield _message(parts) if size <= largest else None
            parts, size = [], 0
        else:
            size += len(line)
            if size <= largest:
                parts.append(line)
            else:
                parts.clear()
        before, line = line, after
    if size:
        yield _message(parts) if size <= largest else None


def _message(parts: list[bytes]) -> bytes:
    if len(parts) > 1 and parts[-1] in {b"\n", b"\r\n"} and parts[-2].endswith(b"\n"):
        parts.pop()
    return b"".join(parts)
