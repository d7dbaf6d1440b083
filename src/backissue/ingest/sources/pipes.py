"""Inputs that somebody writes while they are read: standard input, pipes, what you type."""

import os
import sys
import time
from typing import IO

from backissue.errors import RejectedSourceError, cause
from backissue.ingest.sources.contents import Refusal
from backissue.ingest.sources.streams import CHUNK, DAMAGE, Stream, reason_of, spooled

# How many seconds a named pipe is watched for a writer: the other side may start a little later.
_PATIENCE = 2.0


def read(path: str) -> Stream | Refusal:
    """A copy of all that comes through a pipe, or why there is none; `-` is standard input.

    A copy, since a container is looked at more than once.
    """
    name = name_of(path)
    try:
        if path != "-":
            return _read_path(path)
        if sys.stdin is None:
            return Refusal(name=name, reason="standard input is closed")
        return _unless_empty(spooled(sys.stdin.buffer), "standard input was empty")
    except OSError as error:
        return Refusal(name=name, reason=cause(error))
    except DAMAGE as error:
        return Refusal(name=name, reason=reason_of(error))


def name_of(path: str) -> str:
    """What a source from a pipe is called; `/dev/fd/63` is one that a shell made of a command.

    >>> name_of("-"), name_of("/dev/fd/63"), name_of("letters/today")
    ('stdin', 'pipe', 'today')
    """
    name = "stdin" if path == "-" else os.path.basename(path)
    return "pipe" if name.isdecimal() else name


def _read_path(path: str) -> Stream:
    # O_NONBLOCK: opening a pipe that nobody writes to must not wait for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with open(handle, "rb", buffering=0) as stream:
        head = _first_bytes(handle, 0 if _is_nameless(path) else _PATIENCE)
        os.set_blocking(handle, True)
        return _unless_empty(spooled(stream, head=head), "the pipe was empty")


def _first_bytes(handle: int, patience: float) -> bytes:
    """What is in a pipe already; nothing where its writer has not written yet.

    Raises `RejectedSourceError` where nobody opens it for writing.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            if head := os.read(handle, CHUNK):
                return head
        except BlockingIOError:
            return b""
        if not patience:
            return b""
        if time.monotonic() > deadline:
            raise RejectedSourceError("a pipe that nobody writes to")
        time.sleep(0.02)


def _is_nameless(path: str) -> bool:
    """Whether a path is another name of an open file: `/dev/stdin`, and `<(command)` in a shell."""
    return not os.path.lexists(os.path.realpath(path))


def _unless_empty(copy: IO[bytes], reason: str) -> Stream:
    empty = not any(chunk.strip() for chunk in iter(lambda: copy.read(CHUNK), b""))
    if empty:
        copy.close()
        raise RejectedSourceError(reason)
    copy.seek(0)
    return copy
