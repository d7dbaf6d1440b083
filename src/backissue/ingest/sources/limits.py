"""How long the reading of one source may take, and how much memory, before it is given up.

A limit on size is not enough: whoever wrote a few bytes chose what it costs to read them.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from msgspec import Struct

from backissue.errors import RejectedSourceError, UsageError

SECONDS = "BACKISSUE_SOURCE_SECONDS"
MEGABYTES = "BACKISSUE_SOURCE_MB"
_RESERVE = 64 * 2**20


class Limits(Struct, frozen=True, kw_only=True):
    """What one source may take: seconds of processor, megabytes of memory; 0 is without end.

    A year of a weekly newsletter in one file takes a few seconds and a hundred megabytes.
    """

    seconds: int = 120
    megabytes: int = 2048


USUAL = Limits()
UNLIMITED = Limits(seconds=0, megabytes=0)


def configured() -> Limits:
    """The limits as the environment sets them. Raises `UsageError` for what is no number."""
    return Limits(
        seconds=_number(SECONDS, USUAL.seconds), megabytes=_number(MEGABYTES, USUAL.megabytes)
    )


def _number(variable: str, usual: int) -> int:
    said = os.environ.get(variable, "").strip()
    if not said:
        return usual
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise UsageError(f"{variable}={said} is no number", hint="such as 600; 0 is without end")
    return int(said)


@contextmanager
def bounded(limits: Limits) -> Iterator[None]:
    """Give up what the block does when it exceeds a limit, with `RejectedSourceError`.

    Time is only limited in a program's main thread, where Python runs the handlers of signals, and
    memory only where the system reports and limits how much a process has (Linux).
    """
    try:
        with _no_longer_than(limits.seconds), _no_larger_than(limits.megabytes * 2**20):
            yield
    except _OutOfTimeError:
        raise _rejected(f"{limits.seconds} s of processor time", SECONDS) from None
    except MemoryError:
        raise _rejected(f"{limits.megabytes} MB of memory", MEGABYTES) from None


def _rejected(what: str, variable: str) -> RejectedSourceError:
    return RejectedSourceError(f"takes more than {what} to read; to allow it more, set {variable}")


class _OutOfTimeError(BaseException):
    """No `Exception`, so that no parser takes it for damage in what it parses."""


def _end(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise _OutOfTimeError


@contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _end)
    # Again each second, should the first be lost where Python cannot raise, as in a destructor.
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def _no_larger_than(size: int) -> Iterator[None]:
    used = _address_space() if size else None
    if used is None:
        yield
        return
    import resource  # noqa: PLC0415  # there is none where the size is not known

    before, most = resource.getrlimit(resource.RLIMIT_AS)
    bound = used + size
    for other in (before, most):
        if other != resource.RLIM_INFINITY:
            # So that what is done when it is reached does not meet the system's own limit.
            bound = min(bound, max(other - _RESERVE, used))
    resource.setrlimit(resource.RLIMIT_AS, (bound, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))


def _address_space() -> int | None:
    """How many bytes this process has mapped; None where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
