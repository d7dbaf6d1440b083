"""Text that flows to a width by our own rule: see `folding`."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.containers import Lines
from rich.text import Text

from backissue.render.terminal.folding import fold


class Flow(Text):
    """Rich's text, whose lines also end between wide characters, and not within a match."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        """The lines of the text, each `width` cells at most."""
        if options.get("no_wrap") or options.get("overflow") == "ignore":
            return super().wrap(console, width, **options)
        lines = Lines()
        for line in self.split(allow_blank=True):
            line.expand_tabs(options.get("tab_size", 8))
            lines.extend(folded(line, width))
        if justify := options.get("justify"):
            lines.justify(console, width, justify=justify, overflow="fold")
        return lines


def folded(text: Text, width: int, *, first: int | None = None) -> list[Text]:
    """The lines of a text that has no line ends, with its styles."""
    matches = sorted((span.start, span.end) for span in text.spans if span.style == "match")
    lines = fold(text.plain, width, first=first, solid=matches)
    return [text[start:end] for start, end in lines] or [Text()]


def indented(lines: Sequence[Text], indent: int) -> list[Text]:
    """Lines with so many spaces before each."""
    return [Text.assemble(" " * indent, line) for line in lines]
