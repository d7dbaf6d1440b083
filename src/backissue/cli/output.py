"""Where output goes, and in which form: Rich on a terminal, plain in a pipe, JSON where asked."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

import click
from msgspec import Struct

from backissue.cli.paging import CollectedOutput, collected, pager_command, screen_size
from backissue.errors import BackissueError
from backissue.render.presentation import one_line

if TYPE_CHECKING:
    from backissue.config import Config
    from backissue.ingest.sources import Limits, Meter
    from backissue.records import Report
    from backissue.render.renderer import Renderer
    from backissue.render.terminal import canvas


class Screen(Struct, frozen=True, kw_only=True):
    """How you want answers on a terminal: colors, and how many columns."""

    color: str = "auto"
    width: int | None = None


def renderer(screen: Screen, config: "Config", *, json: bool, jsonl: bool) -> "Renderer":
    """The form that the options ask for; else what standard output can show.

    Rich needs a terminal, and one that is not dumb, or colors that you forced.
    """
    if json or jsonl:
        from backissue.render.json import JsonRenderer

        do_not_page()
        return JsonRenderer(sys.stdout.write, lines=jsonl)
    color = color_choice(screen.color)
    terminal = sys.stdout.isatty()
    if color or (terminal and not is_dumb()):
        from backissue.render.terminal import rendering

        shown = _canvas(screen, config.colors, terminal=terminal)
        return rendering.TerminalRenderer(sys.stdout.write, say, shown)
    from backissue.render.plain import PlainRenderer

    return PlainRenderer(sys.stdout.write, say)


def _canvas(screen: Screen, colors: Mapping[str, str], *, terminal: bool) -> "canvas.Canvas":
    from backissue.render.terminal import canvas

    size = screen_size(screen.width)
    return canvas.Canvas(
        width=size.columns,
        height=size.rows,
        color=color_choice(screen.color) is not False,
        links=terminal and has_links(),
        colors=colors,
        fits=_fits if terminal else None,
    )


def _fits(text: str) -> bool:
    """Whether a text is shown without a pager."""
    out = collected()
    return out is None or not out.will_page(text)


def color_choice(option: str) -> bool | None:
    """Whether there are to be colors; None: on a terminal.

    `--color` decides, then NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE and CLICOLOR, in this order.
    Sources: no-color.org, force-color.org, bixense.com/clicolors.
    """
    if option != "auto":
        return option == "always"
    no, force, cli_force, cli = (
        os.environ.get(name, "").lower()
        for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR")
    )
    if no or force in _OFF:
        return False
    if force or (cli_force and cli_force not in _OFF):
        return True
    return False if cli in _OFF else None


_OFF = ("0", "false", "no", "never")


def is_dumb() -> bool:
    """Whether the terminal shows nothing but characters, one after another."""
    return os.environ.get("TERM") in {"dumb", "unknown"}


def has_links() -> bool:
    """Whether the terminal hides a hyperlink (OSC 8) that it cannot show, as most do."""
    terminal, vte = os.environ.get("TERM", ""), os.environ.get("VTE_VERSION", "")
    old = vte.isdigit() and int(vte) < _FIRST_VTE_WITH_LINKS
    return not (old or terminal in _NO_LINKS or terminal.startswith("vt"))


_NO_LINKS = ("", "dumb", "linux", "ansi", "cons25", "eterm", "eterm-color", "emacs", "sun")
_FIRST_VTE_WITH_LINKS = 5000


def collecting(out: TextIO) -> TextIO:
    """Standard output, collected for a pager if it is a terminal that can have one."""
    if not out.isatty() or is_dumb():
        return out
    return cast("TextIO", CollectedOutput(out, _pager, say))


def _pager() -> str | None:
    from backissue.config import config_file, load

    def configured() -> str | None:
        with suppress(BackissueError):  # the command has said what is wrong with the file
            return load(config_file(), lambda _: None).pager
        return None

    return pager_command(configured)


def show_collected() -> None:
    """Show what was collected: at once, or in a pager."""
    if out := collected():
        out.close()


def do_not_page() -> None:
    """Write standard output as it comes: it is for a program, or too much to collect."""
    if out := collected():
        out.pass_through()


def write(lines: Iterable[str]) -> None:
    """Lines to standard output, without anything a terminal would obey."""
    for line in lines:
        sys.stdout.write(one_line(line) + "\n")


_quiet = False
_COMMAND = "backissue "  # to copy from a message, which must be in one piece for that


def be_quiet(quiet: bool) -> None:
    """Whether only results and errors are written in this run."""
    global _quiet  # noqa: PLW0603  # one process is one run
    _quiet = quiet


def say(message: str) -> None:
    """A line for the person at the terminal, on standard error, unless only errors are wanted."""
    if not _quiet:
        _write_line(message, fold=_COMMAND not in message)


def complain(message: str, hint: str | None) -> None:
    """What went wrong and what to type next, in one line that a log can keep."""
    _write_line(f"{message}; {hint}" if hint else message)


def _write_line(message: str, *, fold: bool = False) -> None:
    """A line on standard error; on a terminal in several, if it may be folded between words."""
    line = f"backissue: {one_line(message)}"
    if fold and sys.stderr.isatty():
        line = click.wrap_text(line, screen_size(None).columns, subsequent_indent="  ")
    if not ((out := collected()) and out.note(f"{line}\n")):
        click.echo(line, err=True)


class Watch(Struct, frozen=True, kw_only=True):
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
    from backissue.render.terminal import progress

    context = click.get_current_context(silent=True)
    settings = context and context.find_root().obj
    shown = _canvas(settings.screen if settings else Screen(), {}, terminal=False)
    with progress.progress(lambda: meter.done / max(meter.total, 1), shown) as (named, phase):
        yield Watch(shown=True, progress=named, phase=phase, meter=meter)


def rebuild_watched(folder: Path, limits: "Limits | None" = None) -> "Report":
    """Rebuild the records of an archive, within the limits if any, and show how far that is."""
    from backissue.archive import rebuilding
    from backissue.ingest.sources import UNLIMITED

    with watched() as watch:
        return rebuilding.rebuild(
            folder,
            progress=watch.progress,
            phase=watch.phase,
            meter=watch.meter,
            limits=limits or UNLIMITED,
        )
