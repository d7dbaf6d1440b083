"""What a terminal can show, as Rich needs to know it: colors, links, width, and the styles."""

from collections.abc import Callable, Mapping

from msgspec import Struct, field
from rich.console import Console
from rich.errors import StyleSyntaxError
from rich.style import Style
from rich.theme import Theme

from backissue.render.terminal.styles import styles


class Canvas(Struct, frozen=True, kw_only=True):
    """A terminal of `width` columns and `height` rows. Without `color`, only text is written.

    `links` says that it understands hyperlinks; `colors` is that table of the configuration. `fits`
    says whether a text is shown without a pager; it is None where there is no screen.
    """

    width: int
    height: int = 24
    color: bool = True
    links: bool = False
    colors: Mapping[str, str] = field(default_factory=dict)
    fits: Callable[[str], bool] | None = None

    def console(self, warn: Callable[[str], None], *, stderr: bool = False) -> Console:
        """Rich's console for this terminal, which knows the styles by name."""
        # Rich finds no colors on a terminal that is dumb; if you force them, it has the first 16.
        systems = ("auto", "standard") if self.color else (None,)
        for system in systems:
            console = Console(
                stderr=stderr,
                highlight=False,
                markup=False,
                emoji=False,
                width=self.width,
                height=self.height,
                force_terminal=True,
                no_color=not self.color,
                color_system=system,  # type: ignore[arg-type]  # a literal
                legacy_windows=False,
            )
            if console.color_system:
                break
        many = console.color_system in {"256", "truecolor"}
        found = styles(self.colors, many=many, valid=_is_style, warn=warn)
        console.push_theme(Theme(found))
        return console


def _is_style(text: str) -> bool:
    try:
        return Style.parse(text).link is None
    except StyleSyntaxError:
        return False
