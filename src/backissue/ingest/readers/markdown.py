"""Markdown: CommonMark with tables, footnotes and front matter. The one home of markdown-it.

markdown-it parses and renders; what it renders is read as every other page is, so that a tag in
the text and the Markdown around it come out as one. Only line ends are decided here: Markdown
makes one paragraph of lines that follow one another, and newsletters set headings, decks and link
lines on lines of their own without a blank line between.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import escape
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from msgspec import Struct, field

from backissue.ingest.readers import frontmatter, html, plaintext, site_marks
from backissue.ingest.readers.formats import Document, Original, is_markup
from backissue.records import Block, BlockKind

# Characters that are looked at, and marks that make them Markdown.
_SAMPLE = 20_000
_ENOUGH_MARKS: Final = 2
# Deeper than people nest. markdown-it drops what is deeper still: then the text is read as lines.
_DEEPEST = 40
# Of so many open brackets in one paragraph, the parser asks of each whether it ever closes.
_MOST_BRACKETS = 5000
_TARGET = re.compile(r"(?:https?:|mailto:|www\.|[/#.])|[\w-]+(?:\.\w+)?[./]", re.IGNORECASE)
_DECK = re.compile(r"(?:…|\.{3,4}).*(?:…|\.{3,4})", re.DOTALL)
_SENTENCE_ENDS = (".", "!", "?", ":", ";", "…", ")", "”", '"', "’", "]")
_CONTINUE = ":;,.)"
_LISTS = ("- ", "* ", "+ ", "1. ", "[", "!")
_BOLD_FIELD = re.compile(r"[A-Z][\w -]{0,30}:")
_LABEL = re.compile(r"\s*[A-Z][^.!?:]{0,60}:\s*")
_LONGEST_BEHIND_LINK: Final = 80  # characters
# Characters. No wrapping is so narrow: where other lines are longer, these were ended on purpose.
_LONGEST_VERSE: Final = 60
_LONGEST_OF_TWO: Final = 40
_SHORTEST_WRAP: Final = 72
# `5. März 2024` is a day, and no list.
_DAY_AS_ITEM = re.compile(r"(?m)^( {0,3}\d{1,2})(?=\. [^\W\d_]{3,14}\.? (?:19|20)\d\d[ \t]*$)")
_WORD = re.compile(r"[^\W\d_]+[.!?]?")
# `##Cranes grow`, as people type a heading; one sign before a word is a hashtag.
_TIGHT = re.compile(r"(?m)^(#{2,6})(?=[^\W_]|\[[^\]\n])")
_TIGHT_TITLE = re.compile(r"(\n{0,9}#)(?=[^\W_][^\n]{0,200}\n[ \t]*\n)")
_FENCE = re.compile(r"(?m)^ {0,3}(?:```|~~~)")


class _MarkdownLine(Struct):
    """A line of a paragraph as it will be seen: its stretches of text, and each one's look."""

    texts: list[str] = field(default_factory=list)
    strong: list[bool] = field(default_factory=list)
    emphasis: list[bool] = field(default_factory=list)
    linked: list[bool] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()

    def is_all(self, looks: list[bool]) -> bool:
        seen = [look for text, look in zip(self.texts, looks, strict=True) if text.strip()]
        return bool(seen) and all(seen)

    @property
    def opens_strong(self) -> bool:
        looks = zip(self.texts, self.strong, strict=True)
        return next((strong for text, strong in looks if text.strip()), False)

    @property
    def is_field(self) -> bool:
        """`**From:** Ada Moore`."""
        stretches = zip(self.texts, self.strong, strict=True)
        first = next((text for text, strong in stretches if strong and text.strip()), "")
        return self.opens_strong and _BOLD_FIELD.fullmatch(first.strip()) is not None

    @property
    def is_link_line(self) -> bool:
        """`Read more: [Ports](https://e.org)`."""
        place = self.linked.index(True) if True in self.linked else 0
        parts = zip(self.texts, self.linked, strict=True)
        unlinked = sum(len(text) for text, link in parts if not link)
        label = _LABEL.fullmatch("".join(self.texts[:place]))
        return label is not None and unlinked <= _LONGEST_BEHIND_LINK


# An editor's remark, and the text on the same line, which Markdown would take for a part of it.
_REMARK = re.compile(r"\s{0,20}<!--[^\n<>]{0,200}-->[ \t]{0,4}(?=[^\s<])")


def recognises(original: Original) -> bool:
    """Whether a text has front matter, or marks that nobody sets who does not write Markdown."""
    front = frontmatter.split(original.text)
    if front.fields:
        return True
    sample = _with_spaces(original.text[:_SAMPLE])
    if not any(mark in sample for mark in ("](", "][", "]: ", "**", "__", "# ")):
        return False
    tokens = _parser().parse(sample)
    marks = _marks(tokens, sample.split("\n"))
    if not is_markup(sample):
        return marks >= _ENOUGH_MARKS
    tags = sum(token.type in {"html_inline", "html_block"} for token in _all(tokens))
    return marks >= max(_ENOUGH_MARKS, tags)


def read(original: Original) -> tuple[Document, ...]:
    """The text, as one document, with what its front matter says."""
    front = frontmatter.split(original.text)
    text, marks = site_marks.set_aside(front.text)
    found = blocks(text)
    heading = next((block.text for block in found[:2] if block.kind is BlockKind.HEADING), None)
    return (
        Document(
            blocks=found,
            evidence=frontmatter.evidence_of(front, heading),
            boilerplate=(*front.lines, *marks),
            flaws=original.decoded.flaws,
            left_out="draft" if frontmatter.is_draft(front) else None,
            sections=frontmatter.sections_of(front),
        ),
    )


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a text without front matter, white space untouched."""
    if max(part.count("[") for part in text.split("\n\n")) > _MOST_BRACKETS:
        return plaintext.blocks(text)
    if len(_DAY_AS_ITEM.findall(text)) == 1:
        text = _DAY_AS_ITEM.sub(r"\1\\", text)
    parser = _parser()
    if remark := _REMARK.match(text):
        text = f"{remark[0]}\n\n{text[remark.end() :]}"
    text = _with_spaces(text)
    environment: dict[str, Any] = {}
    tokens = parser.parse(text, environment)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return plaintext.blocks(text)
    wrapped = _is_wrapped_short(text)
    verse = False
    for token in tokens:
        if token.children:
            verse = _break_lines(token.children, wrapped=wrapped, in_verse=verse)
    _number_footnotes(tokens)
    page = parser.renderer.render(tokens, parser.options, environment)
    return html.blocks(page + _stray_definitions(environment, text))


def _with_spaces(text: str) -> str:
    """A space between a heading's signs and its words; no text with code is changed."""
    if not _TIGHT.search(text) or _FENCE.search(text):
        return text
    title = _TIGHT_TITLE.match(text)
    opened = f"{title[1]} {text[title.end() :]}" if title else text
    return _TIGHT.sub(r"\1 ", opened)


@cache
def _parser() -> MarkdownIt:
    """One parser for all texts: it keeps nothing of them, and takes longer to make than a text."""
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"])
    parser.use(footnote_plugin)
    # A footnote stays where it is written, cited or not, and no inline one is moved to the end.
    parser.disable(["footnote_tail", "footnote_inline"])
    parser.normalizeLink = _as_it_is  # type: ignore[method-assign]
    parser.add_render_rule("table_open", _data_table)
    parser.add_render_rule("code_block", _indented)
    parser.add_render_rule("footnote_ref", _footnote_mark)
    parser.add_render_rule("footnote_reference_open", _border)
    parser.add_render_rule("footnote_reference_close", _border)
    return parser


def _as_it_is(url: str) -> str:
    """A link's target as it was written; Python's way of quoting it would change signs."""
    return url


def _footnote_mark(_: object, tokens: Sequence[Token], place: int, *__: object) -> str:
    return f"[{tokens[place].meta['label']}]"


def _data_table(*_: object) -> str:
    """What Markdown sets as a table is one, however long its cells are."""
    return '<table class="markdown-table">'


def _indented(_: object, tokens: Sequence[Token], place: int, *__: object) -> str:
    """Lines set in, which may be code or only set in: a `<pre>` that does not say which."""
    return f"<pre>{escape(tokens[place].content)}</pre>"


def _border(*_: object) -> str:
    return "\n"


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _marks(tokens: Sequence[Token], lines: Sequence[str]) -> int:
    """How many marks there are that say Markdown, the sure ones counted twice."""
    marks = 0
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.markup.startswith("#"):
            # A row of `#` alone is a separator of plain text.
            marks += 2 * (bool(tokens[place + 1].content) and _stands_apart(token, lines))
        marks += token.type in {"fence", "table_open"}
        for inner in token.children or ():
            if inner.type == "link_open" and inner.markup == "":
                marks += 2 * bool(_TARGET.match(str(inner.attrGet("href"))))
            marks += inner.type in {"strong_open", "image"}
    return marks


def _stands_apart(heading: Token, lines: Sequence[str]) -> bool:
    """Whether a heading has a blank line above, and below it another or a list: no comment has."""
    start, end = heading.map or (0, 0)
    above = lines[start - 1].strip() if start else ""
    below = lines[end].strip() if end < len(lines) else ""
    return not above and (not below or below.startswith(_LISTS) or heading.markup != "#")


def _number_footnotes(tokens: Sequence[Token]) -> None:
    """Put each footnote's mark before its words."""
    for place, token in enumerate(tokens):
        if token.type == "footnote_reference_open":
            below = next((other for other in tokens[place:] if other.type == "inline"), None)
            if below and below.children is not None:
                mark = Token("text", "", 0, content=f"[{token.meta['label']}] ")
                below.children.insert(0, mark)


def _break_lines(tokens: Sequence[Token], *, wrapped: bool, in_verse: bool) -> bool:
    """Make a line break of each line end in a paragraph that was meant as one.

    Whether it is verse comes back: two short lines are, below a stanza.
    """
    ends = [token for token in tokens if token.type in {"softbreak", "hardbreak"}]
    if not ends:
        return False
    lines = _lines(tokens)
    verse = not wrapped and _is_verse(lines, in_verse=in_verse)
    for end, above, below in zip(ends, lines, lines[1:], strict=False):
        if end.type == "softbreak" and (verse or (not end.level and _is_meant(above, below))):
            end.type, end.tag = "hardbreak", "br"
    return verse


def _lines(tokens: Sequence[Token]) -> list[_MarkdownLine]:
    lines = [_MarkdownLine()]
    depth = Counter[str]()
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            lines.append(_MarkdownLine())
        elif token.nesting:
            depth[token.tag] += token.nesting
        elif token.type in {"text", "code_inline", "footnote_ref"}:
            lines[-1].texts.append(token.content)
            lines[-1].strong.append(depth["strong"] > 0)
            lines[-1].emphasis.append(depth["em"] > 0)
            lines[-1].linked.append(depth["a"] > 0)
    return lines


def _is_meant(above: _MarkdownLine, below: _MarkdownLine) -> bool:
    """Whether a line ends where its author ended it, and not where it happened to be full."""
    if not above.text or not below.text:
        return False
    # A deck, or a tale's setting: `*…like this…*`, `*[Norway, 2041]*`.
    if _DECK.fullmatch(below.text) or _DECK.fullmatch(above.text):
        return True
    if below.is_all(below.emphasis) and below.text.startswith(("…", "...", "[")):
        return True
    starts_new = not below.text[0].islower() and below.text[0] not in _CONTINUE
    if above.is_all(above.strong) or above.is_link_line or (above.is_field and below.is_field):
        return starts_new
    at_an_end = above.text.endswith(_SENTENCE_ENDS)
    return at_an_end and (below.opens_strong or below.is_link_line) and starts_new


def _is_verse(lines: Sequence[_MarkdownLine], *, in_verse: bool) -> bool:
    """Whether lines are so short that no wrapping made them: a poem, an address, a signature."""
    texts = [line.text for line in lines]
    if any(len(text) > _LONGEST_VERSE for text in texts):
        return False
    starts_new = all(text[:1].isupper() or text[:1].isdigit() for text in texts)
    return in_verse or len(lines) > 2 or (starts_new and max(map(len, texts)) <= _LONGEST_OF_TWO)


def _is_wrapped_short(text: str) -> bool:
    """Whether a text is wrapped so short that a short line says nothing."""
    return max(map(len, text.split("\n"))) < _SHORTEST_WRAP


def _stray_definitions(environment: Mapping[str, Any], text: str) -> str:
    """`[Ed]: Thanks`: words in the form of a link's definition, which Markdown would not show."""
    lines = text.split("\n")
    stray = (
        "\n".join(lines[slice(*reference["map"])])
        for reference in environment.get("references", {}).values()
        if _WORD.fullmatch(reference["href"])
    )
    return "".join(f"<p>{escape(words)}</p>" for words in stray)
