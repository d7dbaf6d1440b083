"""HTML, whole pages and fragments. The one home of Beautiful Soup and lxml.

The walk keeps its own stack, so that no nesting, however deep, meets Python's recursion limit.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from backissue.ingest.blocks import BlockBuilder
from backissue.ingest.documents import Document, Original
from backissue.records import Block, BlockKind

NAME = "html"

_OPENING = re.compile(
    r"<(?:(?:!doctype\s+html|html|head|body|p|div|br|h[1-6]|ul|ol|li|table|article|section|blockquote|"
    r"hr|pre|figure|span|strong|b|em|i)(?=[\s>/])|"
    r"a\s+(?:href|class|id|name|rel|target|title)\s*=)[^<>]*>",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"</(?:html|body|p|div|h[1-6]|ul|ol|li|table|article|section|blockquote|strong|em|a)\s*>|<br\s*/?>",
    re.IGNORECASE,
)
# A comment ends at its first `-->`: if each might end at any later one, a page of comments and no
# tag would be tried in as many ways as there are sets of them.
_PAGE = re.compile(
    r"[\ufeff\s]*+(?:(?><!--.{0,2000}?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
# Enough of a text to tell by; prose that mentions one tag in passing has no second and no closing.
_SAMPLE = 20_000

_UNSEEN = frozenset(
    {
        "script",
        "style",
        "head",
        "template",
        "noscript",
        "svg",
        "object",
        "iframe",
        "select",
        "option",
        "textarea",
        "audio",
        "video",
        "canvas",
        # A formula is seen; what it is written in beside it, as TeX or for a program, is not.
        "annotation",
        "annotation-xml",
    }
)
_BORDERS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    }
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SAFE_URL = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    strong: bool = False
    emphasis: bool = False
    url: str | None = None
    quoted: bool = False
    preformatted: bool = False
    depth: int = 0


def recognises(original: Original) -> bool:
    """Whether a text is marked up: it opens with a tag, or has several that open and close."""
    return is_markup(original.text)


def read(original: Original) -> tuple[Document, ...]:
    """The page or fragment, as one document."""
    return (Document(blocks=blocks(original.text), flaws=original.decoded.flaws),)


def is_markup(text: str) -> bool:
    """Whether `text` opens with a tag, or has several that open and close."""
    sample = text[:_SAMPLE]
    if _PAGE.match(sample):
        return True
    if not (opening := _OPENING.search(sample)):
        return False
    if not sample[: opening.start()].strip("\ufeff \t\n") and _CLOSING.search(sample):
        return True
    lines = sample.count("\n") + 1
    tags = len(_OPENING.findall(sample))
    return tags >= 3 and tags * 4 >= lines and len(_CLOSING.findall(sample)) >= 3


def blocks(text: str) -> tuple[Block, ...]:
    """The visible blocks of a page or fragment, entities decoded and white space untouched."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(text, "lxml")
    build = BlockBuilder()
    for element, look, leaving in _walk(soup):
        if isinstance(element, Tag):
            _border(build, element, look, leaving=leaving)
        elif isinstance(element, NavigableString) and not isinstance(element, PreformattedString):
            _text(build, element, look)
    return build.finish()


def _walk(root: Tag) -> Iterator[tuple[PageElement, _Look, bool]]:
    """Every visible element, on the way in and (tags) on the way out, with the look around it."""
    stack: list[tuple[PageElement, _Look, bool]] = [(root, _Look(), False)]
    while stack:
        element, look, leaving = stack.pop()
        yield element, look, leaving
        if leaving or not isinstance(element, Tag):
            continue
        inner = _look_inside(element, look)
        stack.append((element, look, True))
        stack.extend(
            (child, inner, False)
            for child in reversed(element.contents)
            if not (isinstance(child, Tag) and _is_unseen(child))
        )


def _is_unseen(tag: Tag) -> bool:
    if tag.name in _UNSEEN or tag.has_attr("hidden"):
        return True
    style = str(tag.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style


def _look_inside(tag: Tag, look: _Look) -> _Look:
    match tag.name:
        case "strong" | "b" | "th":
            return replace(look, strong=True)
        case "em" | "i" | "cite":
            return replace(look, emphasis=True)
        case "a":
            return replace(look, url=_safe_url(tag.get("href")) or look.url)
        case "blockquote" | "pre":
            quoted = look.quoted or tag.name == "blockquote"
            preformatted = look.preformatted or tag.name == "pre"
            return replace(look, quoted=quoted, preformatted=preformatted)
        case "ul" | "ol":
            return replace(look, depth=look.depth + 1)
        case _:
            return look


def _safe_url(value: object) -> str | None:
    """A link's target if it is one that may be shown and followed."""
    url = "".join(char for char in str(value or "").strip() if char.isprintable())
    return url if _SAFE_URL.match(url) else None


def _border(build: BlockBuilder, tag: Tag, look: _Look, *, leaving: bool) -> None:
    """What a tag's start or end does to the line."""
    if tag.name == "br" and not leaving:
        build.line_break()
    elif tag.name == "hr" and not leaving:
        build.rule()
    elif tag.name in {"td", "th"} and leaving:
        build.text(" ", strong=False, emphasis=False, url=None)
    elif tag.name in _BORDERS and not _is_item_paragraph(tag):
        build.border()
        build.begin(*(_outer_kind(look) if leaving else _kind(tag, look)))


def _is_item_paragraph(tag: Tag) -> bool:
    """A list item's first paragraph: the item's line, not a line of its own."""
    parent = tag.parent
    return (
        tag.name == "p"
        and parent is not None
        and parent.name == "li"
        and not any(isinstance(before, Tag) for before in tag.previous_siblings)
    )


def _kind(tag: Tag, look: _Look) -> tuple[BlockKind, int]:
    if tag.name in _HEADINGS:
        return BlockKind.HEADING, _HEADINGS[tag.name]
    if tag.name == "li":
        return BlockKind.ITEM, max(look.depth, 1)
    if tag.name == "blockquote":
        return BlockKind.QUOTE, 0
    return _outer_kind(look)


def _outer_kind(look: _Look) -> tuple[BlockKind, int]:
    return (BlockKind.QUOTE, 0) if look.quoted else (BlockKind.PARAGRAPH, 0)


def _text(build: BlockBuilder, string: NavigableString, look: _Look) -> None:
    lines = str(string).split("\n") if look.preformatted else [str(string)]
    for number, line in enumerate(lines):
        if number:
            build.line_break()
        build.text(line, strong=look.strong, emphasis=look.emphasis, url=look.url)
