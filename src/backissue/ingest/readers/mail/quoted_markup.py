"""What a page quotes of another message in the elements that mail programs make for it.

Gmail, Thunderbird, Apple Mail, Outlook on the web and Proton Mail use a `blockquote`, with a class
or a type of their own, below a line such as `On … wrote:` or around it.
"""

import re

from bs4.element import NavigableString, Tag
from msgspec.structs import replace

from backissue.ingest.readers import html
from backissue.ingest.readers.mail.bodies import words_in
from backissue.ingest.readers.mail.quotations import DEEPEST, LONGEST_LINE, Parted, strength

# What programs call the element; Outlook puts `x_` before the names of others.
_CONTAINER = re.compile(r"(?:x_)?(?:gmail_quote|protonmail_quote|moz-cite|cite|tutanota_quote)\Z")
# Elements before a quotation in which the line above it is looked for.
_REACH = 60


def in_markup(text: str, depth: int = 0) -> Parted | None:
    """What a page quotes in elements that mail programs make for it, and the words around them."""
    if "blockquote" not in text.lower():
        return None
    root = html.parse(text)
    found = _containers(root)
    if not found:
        return None
    inner = "\n".join(tag.extract().decode_contents() for tag in found)
    marked = any(map(_is_cited, found))
    outside = html.content(root.decode())
    shown = html.content(inner)
    deeper = in_markup(inner, depth + 1) if depth < DEEPEST else None
    own = [block.text for block in outside.blocks if block.runs]
    line = next((text for text in own if strength(text) > 1), "")
    line = line or next((text for text in own if strength(text)), "")
    # Apple Mail has the line within the quotation.
    quoted_blocks = list(shown.blocks)
    for place, block in enumerate(quoted_blocks[:2]):
        if not line and strength(block.text):
            line = block.text
            del quoted_blocks[place]
            break
    own = [text for text in own if text != line] + [*outside.boilerplate]
    if deeper and strength(deeper.line) and 2 * words_in(deeper.quoted) >= words_in(quoted_blocks):
        return replace(deeper, own=(*own, line, *deeper.own))
    return Parted(
        quoted=tuple(quoted_blocks), own=(*own, *shown.boilerplate), line=line, marked=marked
    )


def _containers(root: Tag) -> list[Tag]:
    """The outermost elements that quote a mail, in their order."""
    found: list[Tag] = []
    stack: list[Tag] = [root]
    while stack:
        tag = stack.pop()
        if tag.name == "blockquote" and (_is_cited(tag) or _has_line_above(tag)):
            found.append(tag)
        else:
            stack.extend(child for child in reversed(tag.contents) if isinstance(child, Tag))
    return found


def _is_cited(tag: Tag) -> bool:
    names = [str(tag.get("type") or ""), *tag.get_attribute_list("class")]
    return any(_CONTAINER.match(str(name).lower()) for name in names if name) or "cite" in tag.attrs


def _has_line_above(tag: Tag) -> bool:
    """Whether the words before a quotation are the line that programs write above it."""
    words = ""
    for number, before in enumerate(tag.previous_elements):
        if number > _REACH or len(words) > LONGEST_LINE:
            break
        if isinstance(before, NavigableString) and before.strip():
            words = f"{before} {words}"
            if strength(words) > 1:
                return True
    return False
