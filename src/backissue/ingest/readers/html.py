"""HTML: what of a page or fragment is seen, as blocks.

The walk keeps its own stack, so that no nesting, however deep, meets Python's recursion limit.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeGuard

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from msgspec import Struct
from msgspec.structs import replace

from backissue.ingest.readers import page_noise
from backissue.ingest.readers.formats import BlockBuilder, Document, Original, is_markup
from backissue.ingest.readers.styles import Style, read_style
from backissue.records import Block, BlockKind
from backissue.text.prose import squeeze
from backissue.text.redirects import safe_target

if TYPE_CHECKING:
    from backissue.ingest.readers.code_and_tables import TableBuilder

# `annotation` is what a formula is written in beside it, as TeX or for a program.
_UNSEEN = frozenset(
    """
    script style head template noscript svg object iframe select option textarea audio video
    canvas annotation annotation-xml rp
    """.split()  # noqa: SIM905 - a list of names reads as one
)
_BORDERS = frozenset(
    """
    address article aside blockquote body center dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header html li main nav ol p pre section summary table tbody
    tfoot thead tr ul
    """.split()  # noqa: SIM905 - a list of names reads as one
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
# What changes the look of the words in it by its name.
_LOOKS = frozenset(
    {"strong", "b", "th", "em", "i", "cite", "a", "sup", "blockquote", "pre", "ul", "ol"}
    | _HEADINGS.keys()
)
_CONTROLS = frozenset({"a", "button", "label"})
# How signs are said, small beside them, `<ruby>漢<rt>かん</rt></ruby>`: it would part the words.
_READINGS = frozenset({"rt", "rtc"})
_CELLS = frozenset({"td", "th"})
_VERBATIM = frozenset({"pre", "code", "table"})
_PLAIN_STYLE = Style()
# Three or more signs without a width, with or without space between them, hold nothing apart but
# what a mail program shows beside the subject. One or two may join or part letters.
_UNSEEN_SIGNS = "\u00ad\u034f\u061c\u115f\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_NO_WORDS = _UNSEEN_SIGNS + " \n\t\xa0\u2007|\u00b7"
_PADDING = re.compile(rf"[{_UNSEEN_SIGNS}](?:\s*[{_UNSEEN_SIGNS}]){{2,}}")
# So many words at most are a value, a mark before a line, or a word of a menu.
_SHORT_CELL: Final = 8
_NOTE_NUMBER = re.compile(r"\[?(\d{1,3}|[a-z]|[ivxlc]{1,5}|[*†‡§]{1,3})\]?")
_POWER = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_LONGEST_POWER = 3


class _Look(Struct, frozen=True, kw_only=True):
    strong: bool = False
    emphasis: bool = False
    url: str | None = None
    quoted: bool = False
    preformatted: bool = False
    depth: int = 0
    raised: bool = False
    note: bool = False
    heading: bool = False
    speck: bool = False
    aside: bool = False


def recognises(original: Original) -> bool:
    """Whether a text is marked up: it opens with a tag, or has several that open and close."""
    return is_markup(original.text)


def read(original: Original) -> tuple[Document, ...]:
    """The page or fragment, as one document."""
    return (replace(content(original.text), flaws=original.decoded.flaws),)


def content(text: str) -> Document:
    """What is seen of a fragment: its text, and apart from it subscribe boxes, buttons and such."""
    return content_of(parse(text), _by_noise)


def blocks(text: str) -> tuple[Block, ...]:
    """All visible blocks, subscribe boxes and buttons too; white space untouched."""
    return content_of(parse(text), lambda _: None).blocks


def parse(text: str) -> Tag:
    """A page or fragment as a tree."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        return BeautifulSoup(text, "lxml")


def content_of(root: Tag, is_aside: Callable[[Tag], bool | None]) -> Document:
    """The visible blocks of a tree, entities decoded and white space untouched.

    `is_aside` is whether an element is beside the text; None is the same as the element around it.
    """
    text, aside = BlockBuilder(), BlockBuilder()
    beside = False
    verbatim = _Verbatim(text, aside)
    for element, look, leaving in _walk(root, is_aside):
        if verbatim.takes(element, look, leaving=leaving):
            continue
        if look.aside is not beside:
            # A button within a sentence is no part of it, and does not part it.
            aside.border()
            beside = look.aside
        build = aside if beside else text
        if isinstance(element, Tag):
            if beside and element.name in _CONTROLS:
                # A menu's words are set apart by its style sheet: `<a>Home</a><a>About</a>`.
                build.text(" ")
            _border(build, element, look, leaving=leaving)
        elif _is_text(element):
            _text(build, element, look)
    return Document(
        blocks=tuple(filter(_is_seen, text.finish())),
        boilerplate=tuple(
            squeeze(block.text) for block in aside.finish() if block.text and _is_seen(block)
        ),
    )


def _is_text(element: PageElement) -> TypeGuard[NavigableString]:
    return isinstance(element, NavigableString) and not isinstance(element, PreformattedString)


def _by_noise(tag: Tag) -> bool | None:
    return page_noise.is_noise(tag) or None


def _is_seen(block: Block) -> bool:
    """Whether a block has anything in it but signs without a width, or that part buttons."""
    return block.kind is BlockKind.RULE or bool(block.text.strip(_NO_WORDS))


def _walk(
    root: Tag, is_aside: Callable[[Tag], bool | None]
) -> Iterator[tuple[PageElement, _Look, bool]]:
    """Every visible element, on the way in and (tags) on the way out, with the look around it."""
    stack: list[tuple[PageElement, _Look, bool]] = [(root, _Look(), False)]
    while stack:
        element, look, leaving = stack.pop()
        yield element, look, leaving
        if leaving or not isinstance(element, Tag):
            continue
        inner = _look_inside(element, look)
        aside = True if element.name in _READINGS else is_aside(element)
        if aside is not None and aside is not look.aside:
            inner = replace(inner, aside=aside)
        stack.append((element, look, True))
        stack.extend(
            (child, inner, False)
            for child in reversed(element.contents)
            if not (isinstance(child, Tag) and is_unseen(child))
        )


class _Verbatim:
    """Takes the code and the tables of data out of a walk, each as one block of `build`."""

    def __init__(self, build: BlockBuilder, aside: BlockBuilder) -> None:
        self._build = build
        self._aside = aside
        self._whole: PageElement | None = None
        self._table: TableBuilder | None = None

    def takes(self, element: PageElement, look: _Look, *, leaving: bool) -> bool:
        """Whether an element is part of such a block, and needs no more of anyone's care."""
        if self._whole is None:
            return isinstance(element, Tag) and not leaving and self._opens(element, look)
        if element is self._whole:
            self._close(look)
        elif self._table and isinstance(element, Tag):
            _in_table(self._table, element, look, leaving=leaving)
        elif self._table and _is_text(element):
            _text(self._table, element, look)
        return True

    def _opens(self, tag: Tag, look: _Look) -> bool:
        if look.aside or not (tag.name in _VERBATIM or _style(tag).preformatted):
            return False
        from backissue.ingest.readers import code_and_tables  # noqa: PLC0415 - few mails have any

        if tag.name == "table":
            if not code_and_tables.has_data(tag):
                return False
            self._table = code_and_tables.TableBuilder()
        elif code_and_tables.is_gutter(tag):
            self._aside.border()
            self._aside.text(tag.get_text(" "))
            self._aside.border()
        elif runs := code_and_tables.code_of(tag, look.url):
            self._build.verbatim(BlockKind.CODE, runs)
        else:
            return False
        self._whole = tag
        return True

    def _close(self, look: _Look) -> None:
        if self._table:
            self._build.begin(*_outer_kind(look))
            self._table.add_to(self._build)
        self._build.begin(*_outer_kind(look))
        self._whole = self._table = None


def _in_table(build: "TableBuilder", tag: Tag, look: _Look, *, leaving: bool) -> None:
    """What a tag in a table of data does: rows, cells, and space between what is in a cell."""
    if leaving:
        build.text(" " if tag.name in _BORDERS else "")
        return
    build.open(tag)
    build.text(" " if tag.name in _BORDERS else "")
    _start(build, tag, look)


def _style(tag: Tag) -> Style:
    style = tag.attrs.get("style")
    return read_style(str(style)) if style else _PLAIN_STYLE


def is_unseen(tag: Tag) -> bool:
    """Whether nothing inside an element is ever seen."""
    if tag.name in _UNSEEN or (tag.name == "dialog" and "open" not in tag.attrs):
        return True
    if not tag.attrs:
        return False
    if "hidden" in tag.attrs:
        return True
    # SingleFile marks what its page's style sheets hide.
    hidden = _style(tag).hidden or "sf-hidden" in page_noise.classes(tag)
    return hidden and not page_noise.is_shown_later(tag)


def _look_inside(tag: Tag, look: _Look) -> _Look:
    if tag.name in _LOOKS:
        look = _look_by_tag(tag, look)
    style = _style(tag)
    return look if style is _PLAIN_STYLE else _look_by_style(look, style)


@lru_cache(maxsize=4096)
def _look_by_style(look: _Look, style: Style) -> _Look:
    """A mail has thousands of elements and few looks: to make one takes longer than to find it."""
    # A heading is bold anyway, and a sender's links are as bold as his design has them.
    bold = style.strong and not look.heading and look.url is None
    return replace(
        look,
        strong=bold or (look.strong and style.strong is not False),
        emphasis=look.emphasis if style.emphasis is None else style.emphasis,
        speck=look.speck if style.speck is None else style.speck,
    )


def _look_by_tag(tag: Tag, look: _Look) -> _Look:  # noqa: PLR0911 - one for each tag
    match tag.name:
        case "strong" | "b" | "th":
            return look if look.strong else replace(look, strong=True)
        case "em" | "i" | "cite":
            return look if look.emphasis else replace(look, emphasis=True)
        case "a":
            if page_noise.is_note_mark(tag, raised=look.raised):
                return replace(look, note=True)
            return replace(look, url=safe_target(tag.get("href")) or look.url)
        case _ if tag.name in _HEADINGS:
            return replace(look, heading=True)
        case "sup":
            return replace(look, raised=True)
        case "blockquote" | "pre":
            quoted = look.quoted or tag.name == "blockquote"
            preformatted = look.preformatted or tag.name == "pre"
            return replace(look, quoted=quoted, preformatted=preformatted)
        case "ul" | "ol":
            return replace(look, depth=look.depth + 1)
        case _:
            return look


def _border(build: BlockBuilder, tag: Tag, look: _Look, *, leaving: bool) -> None:
    """What a tag's start or end does to the line."""
    if tag.name in _CELLS and not _is_own_block(tag):
        if leaving:
            build.text(" ")
    elif tag.name in _CELLS or (tag.name in _BORDERS and not _goes_on(tag)):
        build.border()
        build.begin(*(_outer_kind(look) if leaving else _kind(tag, look)))
    elif page_noise.is_footnote_text(tag) and not leaving:
        build.text(" ")
    if not leaving:
        _start(build, tag, look)


def _start(build: BlockBuilder, tag: Tag, look: _Look) -> None:
    """What an element is by itself: a break, a line across the page, a picture read as words."""
    if tag.name == "br":
        build.line_break()
    elif tag.name == "hr" or (tag.name == "img" and page_noise.draws_rule(tag)) or _is_ruled(tag):
        build.rule()
    elif tag.name == "img" and look.url and (words := page_noise.link_words(tag)):
        build.text(words, strong=look.strong, emphasis=look.emphasis, url=look.url)
    elif found := page_noise.embedded_words(tag):
        words, url = found
        url = safe_target(url) or look.url
        build.text(words, strong=look.strong, emphasis=look.emphasis, url=url)


def _is_ruled(tag: Tag) -> bool:
    """Whether an element without words shows as a line, as mail editors draw them.

    `<p style="border-top:1px solid;font-size:1px">`, or a divider by its class; any other cell or
    box may have a border for its looks alone.
    """
    if tag.name not in {"p", "div", "td"} or not (style := _style(tag)).ruled:
        return False
    named = any("divider" in name.lower() for name in page_noise.classes(tag))
    drawn = named or (style.speck is True and tag.name == "p")
    return drawn and not page_noise.has_words(tag)


def _is_own_block(cell: Tag) -> bool:
    """Whether a cell is a place on the page, and not a value in a row."""
    if any(
        isinstance(child, Tag) and (child.name in _BORDERS or child.name in {"br", "hr"})
        for child in cell.children
    ):
        return True
    table = page_noise.around(cell, {"table"})
    laid_out = table is not None and table.get("role") in {"presentation", "none"}
    # `Sign up | Work with us`: a row of short words is a line of the mail's own menu.
    return laid_out and len(page_noise.words_of(cell).split()) > _SHORT_CELL


def _goes_on(tag: Tag) -> bool:
    """Whether a block's words go on the current line."""
    return _is_item_paragraph(tag) or page_noise.is_footnote_text(tag)


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
    # The line below a title, though marked up as a heading, opens no section.
    if tag.name in _HEADINGS and "subtitle" not in page_noise.classes(tag):
        return BlockKind.HEADING, _HEADINGS[tag.name]
    if tag.name == "li":
        return BlockKind.ITEM, max(look.depth, 1)
    if tag.name == "blockquote":
        return BlockKind.QUOTE, 0
    if tag.name == "p" and (depth := _style(tag).item):
        return BlockKind.ITEM, depth
    return _outer_kind(look)


def _outer_kind(look: _Look) -> tuple[BlockKind, int]:
    return (BlockKind.QUOTE, 0) if look.quoted else (BlockKind.PARAGRAPH, 0)


def _text(build: BlockBuilder, string: NavigableString, look: _Look) -> None:
    if look.speck:
        return
    text = _PADDING.sub(_gap, str(string))
    if look.raised or look.note:
        text = _raised(text, string, look)
    lines = text.split("\n") if look.preformatted else [text]
    for number, line in enumerate(lines):
        if number:
            build.line_break()
        build.text(line, strong=look.strong, emphasis=look.emphasis, url=look.url)


def _gap(padding: re.Match[str]) -> str:
    """What is left of padding: the space in it, if any."""
    return "".join(char for char in padding[0] if char.isspace())


def _raised(text: str, string: NavigableString, look: _Look) -> str:
    """`said<sup><a href="#1">1</a></sup>` is `said[1]`, `10<sup>9</sup>` is `10⁹`.

    Left as they are they would run into the word: `said1`, `109`.
    """
    core = text.strip()
    if look.note:
        number = _NOTE_NUMBER.fullmatch(core)
        return text.replace(core, f"[{number[1]}]") if number else text
    before = string.parent.previous_sibling if string.parent else None
    raises = isinstance(before, NavigableString) and before[-1:].isdigit()
    if raises and len(core) <= _LONGEST_POWER and {ord(sign) for sign in core} <= set(_POWER):
        return text.translate(_POWER)
    return text
