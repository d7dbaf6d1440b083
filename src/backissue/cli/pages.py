"""Help pages that flow to the width of the terminal, also where it is narrow."""

import re
import sys
from collections.abc import Iterable, Iterator

import click

from backissue.cli.paging import screen_size
from backissue.render.presentation import clean

# Wider help is tiring to read; narrower than this, options and their help stand in turn.
_WIDEST = 100
_NARROW = 60
_NARROWEST = 24
_INDENT = 4
# A word of a shell: what is in quotes belongs to it.
_SHELL_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|[^\s'"])+""")


class HelpPage(click.HelpFormatter):
    """A help page no line of which is wider than `width`, examples and lists included."""

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write options with their help beside them, or below them where there is no room."""
        rows = list(rows)
        longest = max((len(name) for name, _ in rows), default=0)
        if self.width >= _NARROW or longest <= self.width // 3:
            super().write_dl(rows, col_max, col_spacing)
            return
        for name, about in rows:
            self.write(f"{'':>{self.current_indent}}{name}\n")
            self.indent()
            self.indent()
            if about:
                self.write_text(about)
            self.dedent()
            self.dedent()

    def getvalue(self) -> str:
        """The page."""
        # Your aliases are in it, and a configuration may be copied from anywhere.
        lines = clean(super().getvalue()).split("\n")
        return "\n".join(part for line in lines for part in _narrowed(line, self.width))


class HelpContext(click.Context):
    """A context whose help pages are as wide as the terminal, up to 100 columns."""

    formatter_class = HelpPage

    def make_formatter(self) -> click.HelpFormatter:
        """An empty help page."""
        return HelpPage(width=self.terminal_width or _page_width(self))


def _page_width(context: click.Context) -> int:
    """How wide a help page is: with two columns to spare, where the terminal has them."""
    asked = context.find_root().params.get("width")
    if not (asked or sys.stdout.isatty()):  # in a pipe, as Click does
        import shutil

        return max(min(shutil.get_terminal_size().columns, _WIDEST) - 2, 50)
    columns = screen_size(asked).columns
    return max(min(columns, _WIDEST) - (2 if columns > _NARROW else 0), _NARROWEST)


def _narrowed(line: str, width: int) -> Iterator[str]:
    """A line that Click does not fold, in lines that are no wider than this."""
    if len(line) <= width:
        yield line
        return
    indent = " " * (len(line) - len(line.lstrip()))
    command, gap, about = line.strip().partition("  ")
    if gap:
        yield from _narrowed(indent + command, width)
        yield from _folded(about.split(), indent + " " * _INDENT, indent + " " * _INDENT, width)
    elif command.startswith("backissue "):
        yield from _continued(_SHELL_WORD.findall(command), indent, width)
    else:
        yield from _folded(command.split(), indent, indent + " " * _INDENT, width)


def _continued(words: list[str], indent: str, width: int) -> Iterator[str]:
    """A command in several lines, as a shell reads it: a line ends with a backslash, or in quotes.

    Within quotes, a line end is as good as a space in all our examples.
    """
    rest = indent + " " * _INDENT
    line, quoted = indent, False
    for word in words:
        fits = len(rest) + len(word) + 2 <= width
        pieces = [word] if fits else word.split(" ")
        for place, part in enumerate(pieces):
            piece = part
            if line.strip() and len(line) + 1 + len(piece) + 2 > width:
                yield line if quoted else f"{line} \\"
                line = rest
            while len(rest) + len(piece) > width and "/" in piece[: width - 1]:
                end = piece.rfind("/", 0, width - 1) + 1  # a path: nothing stands before the rest
                yield f"{piece[:end]}\\"
                line, piece = "", piece[end:]
            line += f" {piece}" if line.strip() else piece
            quoted = place < len(pieces) - 1
    yield line


def _folded(words: list[str], first: str, rest: str, width: int) -> Iterator[str]:
    line = first
    for word in words:
        for place, part in enumerate(_broken(word, width - len(rest))):
            joint = " " if line.strip() and not place else ""
            if line.strip() and len(line) + len(joint) + len(part) > width:
                yield line
                line, joint = rest, ""
            line += joint + part
    yield line


def _broken(word: str, width: int) -> list[str]:
    """A word; one wider than the line, such as a long choice `[a|b|c]`, in parts."""
    return [word] if len(word) <= width else re.findall(r"[^|]+\|?", word)
