"""Each style is readable on black and on white, in every usual palette."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.style import Style
from rich.terminal_theme import TerminalTheme

from backissue.render.terminal.canvas import Canvas
from backissue.render.terminal.styles import LOOKS

PAGE = Path(__file__).parent.parent / "docs" / "terminal.md"
LEAST = 4.5  # WCAG 2.2, success criterion 1.4.3
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
Rgb = tuple[int, int, int]
# The first 16 colors of terminals as they come. Sources: their own settings files.
PALETTES: Mapping[str, str] = {
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5"
    " 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "Linux console": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa"
    " 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "Windows Terminal": "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc"
    " 767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2",
    "macOS Terminal": "000000 c23621 25bc24 adad27 492ee1 d338d3 33bbc8 cbcccd"
    " 818383 fc391f 31e722 eaec23 5833ff f935f8 14f0f0 e9ebeb",
    "GNOME": "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf"
    " 555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec",
    "Solarized": "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5"
    " 002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3",
}


def luminance(color: Rgb) -> float:
    """Relative luminance, from 0 for black to 1 for white. Source: WCAG 2.2."""
    parts = (value / 255 for value in color)
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast of two colors, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def theme_of(palette: str) -> TerminalTheme:
    colors = [tuple(bytes.fromhex(code)) for code in palette.split()]
    return TerminalTheme(BLACK, WHITE, colors[:8], colors[8:])  # type: ignore[arg-type]


def least_contrast(style: Style, theme: TerminalTheme) -> float:
    """The contrast of a style on black or on white, whichever is less."""
    assert style.bgcolor is None
    if style.dim or style.conceal:
        return 0.0  # some terminals show half of the color, some a third
    if style.color is None or style.color.is_default:
        return 21.0  # the color of all other text
    color = style.color.get_truecolor(theme)
    return min(contrast(color, BLACK), contrast(color, WHITE))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [(BLACK, WHITE, 21.0), (WHITE, WHITE, 1.0), ((118, 118, 118), WHITE, 4.54)],
)
def test_contrast_is_that_of_the_standard(one: Rgb, other: Rgb, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("palette", PALETTES)
def test_the_test_knows_a_style_that_is_hard_to_read(palette: str) -> None:
    theme = theme_of(PALETTES[palette])
    for usual in ("yellow", "cyan", "green", "dim", "#ffff00"):
        assert least_contrast(Style.parse(usual), theme) < LEAST, usual


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("many", [True, False], ids=["256 colors", "16 colors"])
@pytest.mark.parametrize("name", LOOKS)
def test_a_style_is_readable_on_black_and_on_white(name: str, many: bool, palette: str) -> None:
    style = Style.parse(LOOKS[name].style(many=many))
    assert least_contrast(style, theme_of(PALETTES[palette])) >= LEAST


@pytest.mark.parametrize("many", [True, False])
def test_a_match_looks_like_nothing_around_it(many: bool) -> None:
    looks = {name: look.style(many=many) for name, look in LOOKS.items()}
    assert [name for name, style in looks.items() if style == looks["match"]] == ["match"]
    assert looks["match"] not in {"none", looks["title"]}


def shown(term: str, monkeypatch: pytest.MonkeyPatch, **colors: str) -> tuple[str, list[str]]:
    """A word in the style of a match, on a terminal of this type, and what was said."""
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM", raising=False)
    said: list[str] = []
    console = Canvas(width=80, colors=colors).console(said.append)
    with console.capture() as capture:
        console.print("x", style="match", end="")
    return capture.get(), said


@pytest.mark.parametrize(
    ("term", "colors", "code"),
    [
        ("xterm-256color", {}, "1;38;5;163"),
        ("linux", {}, "1;4"),
        ("dumb", {}, "1;4"),  # you forced color
        ("linux", {"match": "bold magenta"}, "1;35"),
        ("xterm-256color", {"match": "reverse"}, "7"),
    ],
)
def test_a_style_is_that_of_the_terminal_or_yours(
    term: str, colors: dict[str, str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(term, monkeypatch, **colors) == (f"\x1b[{code}mx\x1b[0m", [])


@pytest.mark.parametrize("nothing", ["", "none"])
def test_a_style_can_be_none(nothing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown("xterm-256color", monkeypatch, match=nothing) == ("x", [])


@pytest.mark.parametrize(
    ("name", "style", "hint"),
    [
        ("macth", "bold", "unknown style “macth”; did you mean match?"),
        ("sea", "bold", "unknown style “sea”; styles are match, address"),
        (
            "match",
            "bold mgenta",
            "“bold mgenta” is no style for match; write such as",
        ),
        ("match", "link https://e.org", "is no style for match"),
        ("match", "color(300)", "is no style for match"),
    ],
)
def test_a_style_that_is_not_understood_changes_nothing_and_is_named(
    name: str, style: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, _ = shown("xterm-256color", monkeypatch)
    text, said = shown("xterm-256color", monkeypatch, **{name: style})
    assert text == usual
    assert len(said) == 1
    assert hint in said[0]


def styles_table() -> str:
    """The table of styles in docs/terminal.md."""
    rows = [
        f"| `{name}` | {look.about} | `{look.style(many=True)}` | `{look.style(many=False)}` |"
        for name, look in LOOKS.items()
    ]
    head = ["| style | what has it | usual | with 16 colors |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def test_the_page_lists_every_style() -> None:
    text = PAGE.read_text(encoding="utf-8")
    start, end = "<!-- styles -->\n", "\n<!-- /styles -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    if os.environ.get("REWRITE"):
        PAGE.write_text(f"{before}{start}{styles_table()}{end}{after}", encoding="utf-8")
    assert f"{start}{styles_table()}{end}" in PAGE.read_text(encoding="utf-8")


def test_the_bar_of_a_long_run_has_no_style_but_ours() -> None:
    from backissue.render.terminal.progress import STYLES

    assert set(STYLES.values()) <= set(LOOKS)
    # Those that Rich gives to the columns that the bar has.
    used = {"bar.back", "bar.complete", "bar.finished", "bar.pulse"}
    used |= {f"progress.{part}" for part in ("percentage", "remaining", "spinner")}
    assert set(STYLES) >= used
