"""Org's marks inside a line as HTML: emphasis, links, notes, times, code."""

import re
from html import escape

_BEFORE = r"(?:(?<=[\s\-—–(\[{'\"“‘:.,;/])|(?<![\s\S]))"
_AFTER = r"(?=[\s\-—–.,;:!?'\"”’)\]}\[|…/]|\Z)"
# What is marked is a stretch of one line or two, and opens and ends with a sign that is no space.
_INSIDE = r"[^\s{0}](?:[^{0}\n]{{0,400}}(?:\n[^{0}\n]{{1,400}})?[^\s{0}])?|[^\s{0}]"
_LINK = re.compile(
    r"\[\[(?P<target>[^\[\]\n]{1,2000})\]"
    r"(?:\[(?P<words>(?:[^\[\]]|\[(?!\[)|\](?!\])){1,2000})\])?\]"
    r"|<(?P<angle>(?:https?|mailto):[^\s<>]{1,2000})>"
    r"|(?<![\w/])(?P<bare>https?://[^\s<>\[\]\"']{1,2000}[^\s<>\[\]\"'.,;:!?)])"
)
_NOTE = re.compile(r"\[fn:(?P<name>[\w-]{0,60})(?::(?P<words>[^\[\]]{1,1000}))?\]")
_CODE = re.compile(
    rf"{_BEFORE}(?:=(?P<equals>{_INSIDE.format('=')})=|~(?P<tilde>{_INSIDE.format('~')})~){_AFTER}"
)
_EMPHASIS = tuple(
    (
        re.compile(
            rf"{_BEFORE}{re.escape(sign)}(?P<text>{_INSIDE.format(re.escape(sign))}){re.escape(sign)}{_AFTER}"
        ),
        sign,
        tag,
    )
    for sign, tag in (("*", "strong"), ("/", "em"), ("_", "u"), ("+", "del"))
)
_MACRO = re.compile(
    r"@@(?P<to>\w{1,20}):(?P<text>[^@\n]{0,500})@@|\{\{\{(?P<name>[^{}\n]{1,300})\}\}\}"
)
_BREAK = re.compile(r"\\\\[ \t]*(?=\n|\Z)")
_PICTURE = re.compile(r".*\.(?:png|jpe?g|gif|svg|webp|avif)(?:\?.*)?$", re.IGNORECASE)
_ENTITIES = {
    "mdash": "—",
    "ndash": "–",
    "hellip": "…",
    "dots": "…",
    "nbsp": "\u00a0",
    "amp": "&",
    "copy": "©",
    "euro": "€",
    "pound": "£",
    "deg": "°",
    "times": "×",
    "rarr": "→",
    "larr": "←",
}
_ENTITY = re.compile(r"\\(?P<name>[a-z]{2,8})(?:\{\}|(?![A-Za-z]))")
_HELD = re.compile("\x00(\\d+)\x00")


def note_mark(name: str) -> str:
    """The mark of a footnote, at its place and before its words."""
    return f"[{escape(name, quote=False)}]"


def inline(text: str) -> str:
    """A line of Org, or several of one paragraph, as HTML."""
    held: list[str] = []

    def hold(shown: str) -> str:
        """Put aside what no further mark is looked for in."""
        held.append(shown)
        return f"\x00{len(held) - 1}\x00"

    text = text.replace("\x00", "\ufffd")
    text = _CODE.sub(
        lambda m: hold(f"<code>{escape(m['equals'] or m['tilde'], quote=False)}</code>"), text
    )
    text = _MACRO.sub(lambda m: hold(_macro(m)), text)
    text = _LINK.sub(lambda m: hold(_link(m)), text)
    text = _NOTE.sub(lambda m: hold(_note(m)), text)
    text = _BREAK.sub(lambda _: hold("<br>"), text)
    text = _ENTITY.sub(lambda m: _ENTITIES.get(m["name"], m[0]), text)
    return _shown(_emphasised(text), held)


def _emphasised(text: str) -> str:
    """Text without links and code, as HTML."""
    text = escape(text, quote=False)
    for pattern, sign, tag in _EMPHASIS:
        if sign in text:
            text = pattern.sub(rf"<{tag}>\g<text></{tag}>", text)
    return text


def _shown(text: str, held: list[str]) -> str:
    """`text` with what was put aside back in its place; code may be within a link."""
    for _ in range(3):
        text = _HELD.sub(lambda m: held[int(m[1])], text)
    return text


def _link(match: re.Match[str]) -> str:
    target = match["target"] or match["angle"] or match["bare"] or ""
    words = match["words"] or target
    if match["target"] and not match["words"]:
        path = target.removeprefix("file:")
        if _PICTURE.match(path) and not path.startswith("http"):
            return ""
        words = path.removeprefix("*").removeprefix("#")
    if words.startswith(("http", "file:")) and _PICTURE.match(words):
        words = target
    shown = _emphasised(words) if words == match["words"] else escape(words, quote=False)
    if not target.startswith(("http://", "https://", "mailto:")):
        return shown
    return f'<a href="{escape(target)}">{shown}</a>'


def _note(match: re.Match[str]) -> str:
    name = note_mark(match["name"]) if match["name"] else ""
    words = f" ({_emphasised(match['words'].strip())})" if match["words"] else ""
    return f"{name}{words}"


def _macro(match: re.Match[str]) -> str:
    if match["to"]:
        return match["text"] if match["to"].lower() == "html" else ""
    return escape(match["name"].partition("(")[2].removesuffix(")"), quote=False)
