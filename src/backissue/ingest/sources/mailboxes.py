"""Mailboxes in one file (mbox), opened message by message."""

import io
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice

from backissue.ingest.sources.streams import (
    BARE_POSTMARKS,
    MAIL_FIELD,
    POSTMARK,
    Allowance,
    Member,
    Opened,
    Stream,
    Trouble,
    again,
    opens_header,
)

# A line that the writer of a mailbox quoted, since it would have begun a message: `>From here on`.
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_LONGEST_LINE = 2**16
# Lines of a header in which two fields that most messages have are looked for.
_LOOKED_AT = 30


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


class _Lines:
    """The lines of a stream, with a look at those that follow."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._ahead: deque[bytes] = deque()

    def next(self) -> bytes:
        """The next line; nothing at the end."""
        return self._ahead.popleft() if self._ahead else self._stream.readline(_LONGEST_LINE)

    def ahead(self, count: int) -> bytes:
        """Up to so many lines that follow."""
        while len(self._ahead) < count and (line := self._stream.readline(_LONGEST_LINE)):
            self._ahead.append(line)
        return b"".join(islice(self._ahead, count))


def _messages(stream: Stream, largest: int) -> Iterator[bytes | None]:
    """The bytes of each message, None for one that is too large to be held."""
    lines = _Lines(stream)
    parts: list[bytes] = []
    size = 0
    before = b"\n"
    line = lines.next()
    # A mailbox that opens with a bare `From ` has no others; in one with days it is a line of text.
    bare = next((one for one in BARE_POSTMARKS if one.fullmatch(line)), None)
    while line:
        if before.endswith(b"\n") and _begins_message(line, lines, bare):
            if size:
                yield _message(parts) if size <= largest else None
            parts, size = [], 0
        else:
            size += len(line)
            if size <= largest:
                parts.append(line)
            else:
                parts.clear()
        before, line = line, lines.next()
    if size:
        yield _message(parts) if size <= largest else None


def _begins_message(line: bytes, lines: _Lines, bare: re.Pattern[bytes] | None) -> bool:
    if not line.startswith(b"From"):
        return False
    if POSTMARK.match(line):
        return MAIL_FIELD.match(lines.ahead(1)) is not None
    return bool(bare and bare.fullmatch(line) and opens_header(lines.ahead(_LOOKED_AT)))


def _message(parts: list[bytes]) -> bytes:
    if len(parts) > 1 and parts[-1] in {b"\n", b"\r\n"} and parts[-2].endswith(b"\n"):
        parts.pop()
    return b"".join(parts)
