"""How an element's own `style` changes the look of its words, and whether they are seen at all.

Style sheets are not read: mail programs drop them, so that senders write what matters into each
element. Only what hides for certain counts: `mso-hide:all` alone hides from one program,
`opacity:0` alone may be the start of an animation, and a colour like its background's is not
looked for.
"""

import re
from functools import lru_cache

from msgspec import Struct

_HIDDEN = {"display": {"none"}, "visibility": {"hidden", "collapse"}}
_ZERO = re.compile(r"0(?:\.0+)?(?:px|pt|em|rem|%)?")
# A letter one pixel high is a speck; `font-size:1px` is how a preheader is hidden from the eye.
_SPECK = re.compile(r"(?:0(?:\.\d+)?|1(?:\.0+)?)(?:px|pt|%)?|0(?:\.0+)?r?em")
_RELATIVE = re.compile(r"[\d.]+(?:em|%)|inherit|smaller|larger")
# Word writes a list as paragraphs, the bullet of each in an element of its own.
_WORD_LIST = re.compile(r"\bl\d+ level(?P<level>[1-9])\b")
_NO_BORDER = re.compile(
    r"(?:^|\s)(?:none|hidden|transparent|white|#fff(?:fff)?|0(?:px|pt)?)(?:\s|$)"
)


class Style(Struct, frozen=True, kw_only=True):
    """How an element changes what is inside it; None if it does not say.

    `hidden` hides whatever is inside, `speck` only words that set no size of their own. `ruled` is
    a border above or below, which an element without words shows as a line. `item` is the depth of
    an item in one of Word's lists, 0 where an element is none. `preformatted` keeps white space.
    """

    hidden: bool = False
    speck: bool | None = None
    strong: bool | None = None
    emphasis: bool | None = None
    ruled: bool = False
    item: int = 0
    preformatted: bool = False


@lru_cache(maxsize=4096)
def read_style(text: str) -> Style:
    """The style in a `style` attribute."""
    said = {}
    for declaration in text.lower().split(";"):
        name, _, value = declaration.partition(":")
        said[name.strip()] = value.partition("!")[0].strip()
    listed = said.get("mso-list", "")
    level = _WORD_LIST.match(listed)
    return Style(
        hidden=listed == "ignore"
        or any(said.get(name) in values for name, values in _HIDDEN.items())
        or _is_folded_away(said),
        speck=_is_speck(said.get("font-size")),
        strong=_is_strong(said.get("font-weight")),
        emphasis=_one_of(said.get("font-style"), {"italic", "oblique"}, {"normal"}),
        ruled=any(
            value and not _NO_BORDER.search(value)
            for value in (said.get("border-top", ""), said.get("border-bottom", ""))
        ),
        item=int(level["level"]) if level else 0,
        preformatted=said.get("white-space", "").strip() == "pre",
    )


def _is_folded_away(said: dict[str, str]) -> bool:
    """Whether an element has no height, and its contents are cut off at it."""
    flat = any(_ZERO.fullmatch(said.get(name, "")) for name in ("max-height", "height"))
    clipped = (
        bool({said.get("overflow"), said.get("overflow-y")} & {"hidden", "clip"})
        or said.get("mso-hide") == "all"
        or _ZERO.fullmatch(said.get("opacity", "")) is not None
    )
    # `height:0;padding-bottom:56%` keeps room for a picture, and shows what is in it.
    roomy = any(name.startswith("padding") and "%" in value for name, value in said.items())
    return flat and clipped and not roomy


def _is_speck(size: str | None) -> bool | None:
    if not size or (_RELATIVE.fullmatch(size) and not _SPECK.fullmatch(size)):
        return None
    return _SPECK.fullmatch(size) is not None


def _is_strong(weight: str | None) -> bool | None:
    if weight and weight.isdecimal():
        return int(weight) >= 600
    return _one_of(weight, {"bold", "bolder"}, {"normal", "lighter"})


def _one_of(value: str | None, yes: set[str], no: set[str]) -> bool | None:
    return None if value not in yes | no else value in yes
