"""Lists of Org as HTML: items by how far they are set in, boxes, terms and their meanings."""

import re
from collections.abc import Sequence

from msgspec import Struct

from backissue.ingest.readers.org_inline import inline

ITEM = re.compile(
    r"(?P<indent>[ \t]*)(?P<mark>[-+]|(?<=[ \t])\*|\d{1,4}[.)]|[A-Za-z][.)])"
    r"(?:[ \t]+(?P<text>\S.*)|[ \t]*)"
)
_BOX = re.compile(r"\[[ Xx-]\][ \t]+|\[@\d+\][ \t]+")
_BLANK = re.compile(r"\n{2,}")
_TERM = re.compile(r"(?P<term>\S.{0,200}?)[ \t]::(?:[ \t]+(?P<text>.*)|$)")


class _Item(Struct, frozen=True):
    """An item: how far its mark is set in, its kind of list, its lines."""

    indent: int
    tag: str
    lines: list[str]


def end_of_list(lines: Sequence[str], place: int) -> int:
    """Where a list ends: at a heading, at two blank lines, or at a line that is not set in."""
    end = place
    for at in range(place, len(lines)):
        line = lines[at]
        if line.startswith("*") or line.lstrip().startswith("#+"):
            break
        if ITEM.fullmatch(line) or line[:1] in {" ", "\t"}:
            end = at + 1
        elif line.strip() or at >= end + 1:
            break
    return end


def list_of(lines: Sequence[str]) -> str:
    """The lines of a list as HTML."""
    items: list[_Item] = []
    for line in lines:
        if match := ITEM.fullmatch(line):
            tag = "ul" if match["mark"] in "-+*" else "ol"
            indent = len(match["indent"].expandtabs(8))
            items.append(_Item(indent, tag, [_BOX.sub("", match["text"] or "", count=1)]))
        elif items:
            items[-1].lines.append(line.strip())
    return _nested(items)


def _nested(items: Sequence[_Item]) -> str:
    """Items as lists within lists, by how far they are set in."""
    made: list[str] = []
    open_lists: list[_Item] = []
    for item in items:
        while open_lists and item.indent < open_lists[-1].indent:
            made.append(f"</li></{open_lists.pop().tag}>")
        if not open_lists or item.indent > open_lists[-1].indent:
            open_lists.append(item)
            made.append(f"<{item.tag}>")
        else:
            made.append("</li>")
        made.append(f"<li>{_item(item.lines)}")
    made += [f"</li></{one.tag}>" for one in reversed(open_lists)]
    return "".join(made) + "\n"


def _item(lines: Sequence[str]) -> str:
    text = "\n".join(lines).strip()
    first, *more = _BLANK.split(text)
    if term := _TERM.match(first):
        words = inline(first[term.start("text") :] if term["text"] else "")
        first = f"<strong>{inline(term['term'])}</strong>: {words}"
    else:
        first = inline(first)
    return first + "".join(f"<p>{inline(part)}</p>" for part in more)
