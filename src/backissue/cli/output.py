"""Where output goes, and in which of its three forms: Rich on a terminal, plain in a pipe, JSON."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING

import click

from backissue.render.plain import one_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from backissue.ingest.sources import Meter


class Form(Enum):
    """How results are written."""

    PLAIN = "plain"
    RICH = "rich"
    JSON = "json"
    JSONL = "jsonl"


def human_form() -> Form:
    """Rich on a terminal that can show it, or where FORCE_COLOR asks for it; else plain."""
    if os.environ.get("FORCE_COLOR"):
        return Form.RICH
    return Form.RICH if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else Form.PLAIN


def write(lines: Iterable[str]) -> None:
    """Lines to standard output."""
    out = sys.stdout
    for line in lines:
        out.write(line + "\n")


def write_ended(items: Iterable[str], end: str) -> None:
    """Items to standard output, each with `end` behind it."""
    out = sys.stdout
    for item in items:
        out.write(item + end)


def write_rich(content: "Callable[[int], RenderableType]", *, paged: bool = False) -> None:
    """Rich output, made for a width, through the reader's pager where it is long."""
    from backissue.render import terminal

    screen = terminal.console(forced=bool(os.environ.get("FORCE_COLOR")))
    if paged and sys.stdout.isatty():
        _page(screen, content(screen.width))
    else:
        terminal.show(screen, content(screen.width))


def _page(screen: "Console", content: "RenderableType") -> None:
    from backissue.render import terminal

    text = terminal.to_text(screen, content)
    # As git does: leave a short text on the screen, keep colours, leave it there at the end.
    os.environ.setdefault("LESS", "FRX")
    if text.count("\n") < screen.height:
        click.echo(text, nl=False, color=True)
    else:
        click.echo_via_pager(text, color=True)


def say(message: str) -> None:
    """A line for the person at the terminal, on standard error."""
    click.echo(f"backissue: {one_line(message)}", err=True)


def complain(message: str, hint: str | None) -> None:
    """What went wrong and what to type next, in one line that a log can keep."""
    say(f"{message}; {hint}" if hint else message)


@contextmanager
def watched(meter: "Meter") -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """Two functions to tell what is being read, and what is done in between; silent in a pipe.

    On a terminal there is a bar on standard error meanwhile, which shows how far the `meter` is.
    """
    if not sys.stderr.isatty():
        from backissue.archive.incremental import silent

        yield silent, silent
        return
    from backissue.render.progress import progress

    with progress(lambda: meter.done / max(meter.total, 1)) as told:
        yield told
