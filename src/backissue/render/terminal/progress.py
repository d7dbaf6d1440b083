"""How far a long run has come, on a terminal. Apart, since no quick command needs these imports."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Group
from rich.constrain import Constrain
from rich.live import Live
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text
from rich.theme import Theme

from backissue.render.presentation import one_line
from backissue.render.terminal.canvas import Canvas

# Rich's own styles for a bar are hard to read on white.
STYLES = {
    "bar.back": "muted",
    "bar.complete": "link",
    "bar.finished": "link",
    "bar.pulse": "muted",
    "progress.elapsed": "muted",
    "progress.percentage": "title",
    "progress.remaining": "muted",
    "progress.spinner": "title",
}
# A longer bar tells no more.
_WIDEST = 96


@contextmanager
def progress(
    fraction: Callable[[], float], canvas: Canvas
) -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """A bar on standard error, with count, rate and time left, until the block ends.

    Gives two functions: one is told the name of each source, the other what is done between two of
    them. `fraction` says how much of the whole is done, from 0 to 1.
    """
    screen = canvas.console(lambda _: None, stderr=True)
    screen.push_theme(Theme({name: screen.get_style(own) for name, own in STYLES.items()}))
    bar = Progress(
        SpinnerColumn(),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[count]:,} sources, {task.fields[rate]:.0f}/s", markup=False),
        TimeRemainingColumn(),
        TextColumn("left", markup=False),
        console=screen,
        expand=True,
    )
    task = bar.add_task("", total=1.0, count=0, rate=0.0)
    below = Text("looking", style="muted", no_wrap=True, overflow="ellipsis")
    started = monotonic()
    count = 0

    def say(what: str) -> None:
        below.plain = one_line(what)
        bar.update(task, completed=fraction(), count=count, rate=_rate(count, started))

    def named(name: str) -> None:
        nonlocal count
        count += 1
        say(name)

    width = min(screen.width, _WIDEST)
    content = Constrain(Group(bar, Padding(below, (0, 0, 0, 2))), width)
    with Live(content, console=screen, transient=True, refresh_per_second=8):
        yield named, say


def _rate(count: int, started: float) -> float:
    return count / max(monotonic() - started, 0.1)
