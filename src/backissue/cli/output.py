"""Where output goes, and in which form: Rich on a terminal, plain in a pipe, JSON where asked."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backissue.render.presentation import one_line

if TYPE_CHECKING:
    from backissue.config import Config
    from backissue.ingest.sources import Meter
    from backissue.records import Report
    from backissue.render.renderer import Renderer


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """How you want answers on a terminal: colors, paging, and how many columns."""

    color: str = "auto"
    no_pager: bool = False
    width: int | None = None


def renderer(screen: Screen, config: "Config", *, json: bool, jsonl: bool) -> "Renderer":
    """The form that the options ask for; else what standard output can show.

    Rich needs a terminal, and one that is not dumb, or FORCE_COLOR, or `--color always`.
    """
    if json or jsonl:
        from backissue.render.json import JsonRenderer

        return JsonRenderer(sys.stdout.write, lines=jsonl)
    forced = screen.color == "always" or os.environ.get("FORCE_COLOR", "0") not in ("", "0")
    terminal = sys.stdout.isatty()
    if forced or (terminal and os.environ.get("TERM") != "dumb"):
        from backissue.render.terminal import TerminalRenderer

        del config
        return TerminalRenderer(sys.stdout.write, say, _page if terminal else None, forced=forced)
    from backissue.render.plain import PlainRenderer

    return PlainRenderer(sys.stdout.write, say)


def _page(text: str) -> None:
    # As git does: keep colours, and leave the text on the screen at the end.
    os.environ.setdefault("LESS", "FRX")
    click.echo_via_pager(text, color=True)


def write(lines: Iterable[str]) -> None:
    """Lines to standard output."""
    for line in lines:
        sys.stdout.write(line + "\n")


_quiet = False


def be_quiet(quiet: bool) -> None:
    """Whether only results and errors are written in this run."""
    global _quiet  # noqa: PLW0603  # one process is one run
    _quiet = quiet


def say(message: str) -> None:
    """A line for the person at the terminal, on standard error, unless only errors are wanted."""
    if not _quiet:
        _write_line(message)


def complain(message: str, hint: str | None) -> None:
    """What went wrong and what to type next, in one line that a log can keep."""
    _write_line(f"{message}; {hint}" if hint else message)


def _write_line(message: str) -> None:
    click.echo(f"backissue: {one_line(message)}", err=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Where a long run tells the name of each input, what it does between them, and how far it is.

    `shown` says whether anybody sees it.
    """

    shown: bool
    progress: Callable[[str], None]
    phase: Callable[[str], None]
    meter: "Meter"


@contextmanager
def watched() -> Iterator[Watch]:
    """Show how far a run is: a bar on standard error, if that is a terminal."""
    from backissue.ingest.sources import Meter

    meter = Meter()
    if not sys.stderr.isatty():
        from backissue.archive.incremental import silent

        yield Watch(shown=False, progress=silent, phase=silent, meter=meter)
        return
    from backissue.render.progress import progress

    with progress(lambda: meter.done / max(meter.total, 1)) as (named, phase):
        yield Watch(shown=True, progress=named, phase=phase, meter=meter)


def rebuild_watched(folder: Path) -> "Report":
    """Rebuild the records of an archive, and show how far that is."""
    from backissue.archive import rebuilding

    with watched() as watch:
        return rebuilding.rebuild(
            folder, progress=watch.progress, phase=watch.phase, meter=watch.meter
        )
