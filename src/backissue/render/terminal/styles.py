"""How each kind of text looks on a terminal, and how `[colors]` of the configuration changes it.

A style has attributes (bold, underline), which every terminal shows, and a color for terminals with
256 colors or more. The first 16 colors differ from one palette to the next, and none of them is
readable everywhere, so no style uses them. Every color here has a contrast of at least 4.5:1 both
on black and on white (WCAG 2.2, success criterion 1.4.3).
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

# Numbers of the 256-color cube, which terminals do not let you change.
_TEAL: Final = 29
_BLUE: Final = 63
_VIOLET: Final = 98
_MAGENTA: Final = 163
_GRAY: Final = 243


class Look(Struct, frozen=True, kw_only=True):
    """How one kind of text looks.

    `plain` are its attributes where there are 16 colors; else it has `rich` and the `color`.
    """

    about: str
    rich: str = ""
    plain: str = ""
    color: int | None = None

    def style(self, *, many: bool) -> str:
        """The style in Rich's words, on a terminal with `many` colors or with 16."""
        if not many:
            return self.plain or "none"
        color = "" if self.color is None else f"color({self.color})"
        return f"{self.rich} {color}".strip() or "none"


LOOKS: Mapping[str, Look] = {
    "match": Look(
        about="a word that was searched", rich="bold", plain="bold underline", color=_MAGENTA
    ),
    "address": Look(about="an address, such as 395.2", rich="bold", plain="bold", color=_BLUE),
    "title": Look(about="a heading, or an issue's name", rich="bold", plain="bold"),
    "deck": Look(about="the line below a heading", rich="italic", plain="italic"),
    "muted": Look(about="dates, numbers, remarks", color=_GRAY),
    "tag": Look(about="a kind in brackets, such as [fiction]", color=_VIOLET),
    "label": Look(
        about="the label of a “why this matters”", rich="bold", plain="bold", color=_TEAL
    ),
    "why": Look(about="the frame around a “why this matters”", color=_TEAL),
    "link": Look(about="a web address", rich="underline", plain="underline", color=_BLUE),
    "code": Look(about="code", color=_TEAL),
}


def styles(
    colors: Mapping[str, str],
    *,
    many: bool,
    valid: Callable[[str], bool],
    warn: Callable[[str], None],
) -> dict[str, str]:
    """Each style by name, with your `colors` in place of the usual.

    `valid` says whether Rich understands a style. `warn` gets a line about each name that is
    unknown, and about each style that is not valid; these change nothing.
    """
    found = {name: look.style(many=many) for name, look in LOOKS.items()}
    for name, style in colors.items():
        if name not in LOOKS:
            warn(_unknown(name))
        elif not valid(style or "none"):
            warn(
                f"[colors] in the configuration: “{style}” is no style for {name};"
                ' write such as "bold magenta", "underline", "#d700af" or "color(163)"'
            )
        else:
            found[name] = style or "none"
    return found


def _unknown(name: str) -> str:
    from backissue.query.edit_distance import nearest  # noqa: PLC0415 - rarely needed

    near = nearest(name, LOOKS)
    guess = f"did you mean {near}?" if near else f"styles are {', '.join(LOOKS)}"
    return f"[colors] in the configuration has an unknown style “{name}”; {guess}"
