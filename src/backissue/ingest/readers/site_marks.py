"""Marks of site generators in Markdown that no reader of the site sees, set aside as boilerplate.

`## Cranes {#cranes .big}` (Pandoc, Hugo, kramdown), `:::info` around a box (Docusaurus, Pandoc),
`{{< figure src="…" >}}` and `{% include x %}` (Hugo, Jekyll). Code is left as it is.
"""

import re
from collections.abc import Iterator

from backissue.text.rules import bounded

_SIGNS = ("{", ":::")
_LONGEST = 2000  # characters of a line; a longer one has no marks, or is code
_ATTRIBUTE = r"(?:[#.][\w-]{1,80}|[a-zA-Z][\w-]{0,40}=(?:\"[^\"{}]{0,200}\"|[\w:./_-]{1,200}))"
# An attribute list has a name that starts with `#` or `.`, or a key with its value: `{x}` is text.
_LIST = rf"\{{:?[ ]{{0,3}}{_ATTRIBUTE}(?:[ ]{{1,3}}{_ATTRIBUTE}){{0,12}}[ ]{{0,3}}\}}"
_HEADING = bounded(rf" {{0,3}}#{{1,6}}[ \t].*?(?P<mark>[ \t]*{_LIST})[ \t#]*", _LONGEST)
_ALONE = re.compile(rf"[ \t]*{_LIST}[ \t]*")
_BEHIND_LINK = re.compile(rf"(?<=\)){_LIST}")
_TAG = re.compile(
    r"[ \t]*(?:\{\{[<%] ?[^{}<>]{1,500}[>%]\}\}|\{% ?[^{}%]{1,500} ?%\})[ \t]*", re.DOTALL
)
_IN_TARGET = re.compile(r"(?<=\]\()[ ]?\{\{[^{}()\n]{1,80}\}\}[ ]?")
_BOX = re.compile(
    r" {0,3}(?P<mark>:{3,10}[ \t]*(?:\{[^{}]{1,200}\}|[\w-]{1,40})?)"
    r"[ \t]*(?P<title>.*)"
)
_BOX_END = re.compile(r" {0,3}:{3,10}[ \t]*")
_BOX_ENDS_LINE = re.compile(r"(?<=\s):{3,10}[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def set_aside(text: str) -> tuple[str, tuple[str, ...]]:
    r"""The text without its marks, and the marks in their order.

    >>> set_aside("## Cranes {#cranes}\n\nThey grow.")
    ('## Cranes\n\nThey grow.', ('{#cranes}',))
    """
    if not any(sign in text for sign in _SIGNS):
        return text, ()
    lines, marks = [], []
    boxes = _has_boxes(text)
    for line, is_code in _lines(text):
        if is_code or len(line) > _LONGEST:
            lines.append(line)
            continue
        kept, found = _of_line(line, boxes=boxes)
        lines.append(kept)
        marks += found
    return "\n".join(lines), tuple(marks)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is of a fenced or indented piece of code."""
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            yield line, True
            if match and match[1].startswith(fence) and line.strip() == match[1]:
                fence = ""
        else:
            fence = match[1] if match else ""
            yield line, match is not None or line.startswith(("    ", "\t"))


def _has_boxes(text: str) -> bool:
    """Whether a box is opened with its kind, and closed: three colons alone are text."""
    opened = False
    for line in text.split("\n"):
        if opened and (_BOX_END.fullmatch(line) or _BOX_ENDS_LINE.search(line)):
            return True
        box = _BOX.fullmatch(line)
        opened |= box is not None and box["mark"].strip(": \t") != ""
    return False


def _of_line(line: str, *, boxes: bool) -> tuple[str, list[str]]:
    if _ALONE.fullmatch(line) or _TAG.fullmatch(line):
        return "", [line.strip()]
    if heading := _HEADING.fullmatch(line):
        return line[: heading.start("mark")], [heading["mark"].strip()]
    marks: list[str] = []
    if boxes:
        line, marks = _of_box(line)
    for pattern in (_BEHIND_LINK, _IN_TARGET):
        if "{" in line:
            marks += [one.strip() for one in pattern.findall(line)]
            line = pattern.sub("", line)
    return line, marks


def _of_box(line: str) -> tuple[str, list[str]]:
    """A line without the colons of a box; the line above and below end their paragraphs."""
    if _BOX_END.fullmatch(line):
        return "", [line.strip()]
    marks = []
    if box := _BOX.fullmatch(line):
        marks.append(box["mark"].strip())
        line = f"\n{box['title']}"
    if end := _BOX_ENDS_LINE.search(line):
        marks.append(end[0].strip())
        line = f"{line[: end.start()].rstrip()}\n"
    return line, marks
