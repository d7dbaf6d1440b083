"""The clipboard of the terminal, also at the other end of ssh: the control sequence OSC 52."""

import base64
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from backissue.cli.output import say
from backissue.errors import UsageError

if TYPE_CHECKING:
    from backissue.render.renderer import Renderer

_INSTEAD = "or pipe the answer to pbcopy, wl-copy or xclip"
_MOST = 74_994  # bytes in base64 that a terminal accepts: hterm's limit, the lowest in use

copy_option = click.option("--copy", is_flag=True, help="Copy it to the clipboard, too.")


def copy_plain(show: Callable[["Renderer"], None]) -> None:
    """Put on the clipboard what `show` shows, as plain text without the last line end."""
    from backissue.render.plain import PlainRenderer

    parts: list[str] = []
    show(PlainRenderer(parts.append, lambda _: None))
    copy_text("".join(parts).removesuffix("\n"))


def copy_text(text: str) -> None:
    """Put a text on the clipboard of the terminal, and say so.

    Raises `UsageError` if there is no terminal or the text is too long for one.
    """
    terminal = _terminal()
    encoded = base64.b64encode(text.encode("utf-8", "replace"))
    if len(encoded) > _MOST:
        raise UsageError("this is too long for the clipboard of a terminal", hint=_INSTEAD)
    sys.stderr.flush()
    os.write(terminal, sequence(encoded, os.environ))
    say("copied to the clipboard, if your terminal allows it")


def sequence(encoded: bytes, environment: Mapping[str, str]) -> bytes:
    """The bytes that copy a text in base64; tmux and screen need them in an envelope.

    tmux obeys the plain form with `set-clipboard on`, and passes the envelope on with
    `allow-passthrough on`.
    """
    plain = b"\x1b]52;c;" + encoded + b"\x07"
    if environment.get("TMUX"):
        return plain + b"\x1bPtmux;" + plain.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
    if environment.get("STY"):
        return b"\x1bP" + plain + b"\x1b\\"
    return plain


def _terminal() -> int:
    """The terminal to write to: that of standard error, or of standard output."""
    if os.environ.get("TERM") != "dumb":
        for stream in (2, 1):
            with suppress(OSError):
                if os.isatty(stream):
                    return stream
    raise UsageError("--copy needs a terminal, which has the clipboard", hint=_INSTEAD)
