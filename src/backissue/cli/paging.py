"""Standard output on a terminal: collected until the command ends, and paged if it is long.

Every command writes through it, so none of them has to know about pagers.
"""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TextIO

from backissue.cli.programs import SHELL, words_of

PAGER_VARIABLE = "BACKISSUE_PAGER"
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
_LINK = re.compile(r"\x1b\]8;[^\x1b]*\x1b\\")


class Size(NamedTuple):
    """How many columns and rows a terminal has."""

    columns: int
    rows: int


def screen_size(width: int | None = None) -> Size:
    """The size of the terminal: `width`, or COLUMNS and LINES, or what the terminal says."""
    columns, rows = (_number(os.environ.get(name)) for name in ("COLUMNS", "LINES"))
    known = Size(0, 0)
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        with suppress(OSError, ValueError, AttributeError):
            known = Size(*os.get_terminal_size(stream.fileno()))  # type: ignore[union-attr]
            break
    return Size(width or columns or known.columns or 80, rows or known.rows or 24)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


class CollectedOutput:
    """Standard output on a terminal, kept until `close`. Notes wait for it, so that you see them.

    `command` gives the pager (see `pager_command`), and `say` gets a line if the pager fails.
    """

    def __init__(
        self, out: TextIO, command: Callable[[], str | None], say: Callable[[str], None]
    ) -> None:
        self._out = out
        self._command = command
        self._say = say
        self._kept: list[str] = []
        self._notes: list[str] = []
        self._shown = 0  # how many of the notes were written at once
        self._open = True

    @property
    def collected(self) -> "CollectedOutput":
        """The object itself, also where another stream stands before it."""
        return self

    def write(self, text: str) -> int:
        """Keep a text for `close`."""
        if not isinstance(text, str):  # Click asks so whether this is a stream of bytes
            raise TypeError("standard output takes text")
        if not self._open:
            self._out.write(text)
        elif text:
            self._kept.append(text)
        return len(text)

    def flush(self) -> None:
        """Write a line that is not complete: it is a question, and you are to answer it."""
        if self._open and self._kept and not self._kept[-1].endswith(("\n", "\0")):
            self._release()
        self._out.flush()

    def pass_through(self) -> None:
        """Page nothing: what is kept, and all that follows, is written at once."""
        self._release()
        self._open = False

    def note(self, line: str) -> bool:
        """Whether a line for standard error is kept until the text before it was shown."""
        if not (self._open and sys.stderr.isatty()):
            return False
        self._notes.append(line)
        self._shown += not self._kept
        return bool(self._kept)

    def close(self) -> None:
        """Show what is kept, in a pager if it is longer than the screen; and then the notes."""
        if not self._open:
            return
        text = "".join(self._kept)
        if _is_long(text) and self._paged(text):
            self._kept.clear()
            self._shown = 0  # the pager may have scrolled them away
        self.pass_through()
        self._out.flush()

    def will_page(self, text: str) -> bool:
        """Whether a text, if it is all there is, goes to a pager."""
        return self._open and _is_long(text) and bool(self._pager())

    def _release(self) -> None:
        """Write what is kept, and then the notes that waited for it."""
        self._out.write("".join(self._kept))
        for line in self._notes[self._shown :]:
            sys.stderr.write(line)
        self._kept.clear()
        self._shown = len(self._notes)

    def _paged(self, text: str) -> bool:
        """Whether a pager showed the text: yours, or less, or more."""
        command = self._pager()
        if not command:
            return False
        if _page(command, text):
            return True
        self._say(f"the pager “{command}” failed; set PAGER to another, or use --no-pager")
        return False

    def _pager(self) -> str:
        """The command of the pager; "" for none."""
        command = self._command()
        if command is None:
            from shutil import which

            command = next(filter(which, ("less", "more")), "")
        return "" if command.strip() in {"", "cat"} else command

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


def collected() -> CollectedOutput | None:
    """Standard output as it is collected for a pager; None if it is no terminal."""
    found: CollectedOutput | None = getattr(sys.stdout, "collected", None)
    return found


def pager_command(configured: Callable[[], str | None]) -> str | None:
    """The pager that you chose; "" is none, and None is the usual one.

    An empty PAGER means none, whatever the configuration says: so you switch it off once.
    """
    own, shared = os.environ.get(PAGER_VARIABLE), os.environ.get("PAGER")
    if own is not None or shared == "":
        return own or ""
    own = configured()
    return shared if own is None else own


def _is_long(text: str) -> bool:
    """Whether a text, and the prompt below it, are more than the screen holds."""
    columns, rows = screen_size()
    lines = _ESCAPE.sub("", text).split("\n")
    return sum(max(1, -(-len(line) // columns)) for line in lines) > rows


def _page(command: str, text: str) -> bool:
    """Whether a pager showed a text. Ctrl-C belongs to the pager while it runs."""
    words = words_of(command)
    if words[0] == SHELL or os.path.basename(words[0]) != "less":
        text = _LINK.sub("", text)  # others than less may print them
    elif not any(re.match(r"-[A-Za-z]*[rR]|--raw", word) for word in words[1:]):
        words.insert(1, "-R")
    # As git does: keep colors, end with a short text, and leave the text on the screen.
    environment = {"LESS": "FRX", "LESSCHARSET": "utf-8", "LV": "-c", **os.environ}
    import subprocess

    with _interrupts() as interrupted:
        try:
            pager = subprocess.Popen(  # noqa: S603  # what you chose
                words, stdin=subprocess.PIPE, env=environment
            )
        except OSError:
            return False
        pager.communicate(text.encode("utf-8", "surrogateescape"))
        return pager.returncode == 0 or bool(interrupted)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect Ctrl-C instead of obeying it. A program started here still gets its own."""
    import threading

    seen: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield seen
        return
    before = signal.signal(signal.SIGINT, lambda number, _: seen.append(number))
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)
