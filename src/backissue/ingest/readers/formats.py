"""The formats, and what all readers have in common: what they are given and what they give back.

A format is found from the content and never from a name. `FORMATS` lists them, the most particular
first. Each has a cheap test of a text's opening, so that a module, and the libraries it needs, is
loaded only for a text that may be in its format; the module's own `recognises` then decides.
"""

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Final

from msgspec import Struct

from backissue.ingest.identity import Evidence, decide
from backissue.records import Block, BlockKind, Facts, Flaw, Run
from backissue.text.decoding import Decoded
from backissue.text.prose import is_separator

# How much of a text is looked at. Prose that mentions one tag in passing has no second one in it.
_SAMPLE = 20_000
_LONGEST_HEADER = 10_000
# Tags that open and that close in a text that is marked up, and one in so many lines.
_FEWEST_TAGS: Final = 3
_ONE_TAG_IN: Final = 4
_BLANK = re.compile(r"[\ufeff\s]*+")

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

# `---------- Forwarded message ---------`, `Begin forwarded message:`: how such a line begins among
# the first of a text, and how the first line of a header does that is saved without it.
_FEW_LINES, _FIRST_LINES, _LONGEST_MARK = 60, 4, 200
_ABOVE_MESSAGE = re.compile(
    r"[-–—_>\s]{2,200}[^\W\d_]|(?=.{0,60}[:：]$)"
    r".{0,40}(?:messag|nachricht|mail|mensaje|mensagem|bericht|сообщен|邮件|メッセージ|메일)",
    re.IGNORECASE,
)
_FIELD_OF_MAIL = re.compile(r"[*\s>]{0,20}[^\W\d_][\w-]{0,12}\s?\*{0,2}[:：]")


# -- what a reader is given, and what it gives back ------------------------------------------------


class Original(Struct, frozen=True, kw_only=True):
    """A source's bytes, and the text they decode to."""

    data: bytes
    decoded: Decoded

    @property
    def text(self) -> str:
        """The bytes as text."""
        return self.decoded.text


class Document(Struct, frozen=True, kw_only=True):
    """One text, with the evidence of which issue it is that its carrier's own fields give.

    `boilerplate` is what you would see and is in no block: navigation, a footer. `left_out` is set
    for what is no issue, and gives the reason in a word or two: `draft`, `podcast`. `sections` is
    how many its fields say that it has.
    """

    blocks: tuple[Block, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    boilerplate: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    left_out: str | None = None
    sections: int = 0

    @property
    def facts(self) -> Facts:
        """What the evidence supports."""
        return decide(self.evidence).facts


class BlockBuilder:
    """Gathers runs into lines and lines into blocks, and counts the gaps between them.

    A line break leaves a gap of one, the border of a block element or a blank line a gap of two;
    a block behind a gap of one is `joined` to the one before.
    """

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._runs: list[Run] = []
        self._gap = 2
        self._kind = BlockKind.PARAGRAPH
        self._level = 0

    def text(
        self, text: str, *, strong: bool = False, emphasis: bool = False, url: str | None = None
    ) -> None:
        """Add a stretch of text to the line."""
        if text:
            self._runs.append(Run(text=text, strong=strong, emphasis=emphasis, url=url))

    def line_break(self) -> None:
        """End the line; two in a row are a blank line."""
        if not self._end_line():
            self._gap += 1
        else:
            self._gap = 1

    def border(self) -> None:
        """End the line and the paragraph."""
        self._end_line()
        self._gap = 2

    def begin(self, kind: BlockKind, level: int = 0) -> None:
        """Whatever comes next is of this kind, until the next `begin`."""
        self._kind, self._level = kind, level

    def rule(self) -> None:
        """A separator."""
        self.border()
        self._blocks.append(Block(kind=BlockKind.RULE))

    def verbatim(self, kind: BlockKind, runs: Iterable[Run], level: int = 0) -> None:
        """Code or a table, as one block; nothing where there are no words in it."""
        self.border()
        block = Block(kind=kind, runs=tuple(runs), level=level)
        if block.text.strip():
            self._blocks.append(block)

    def finish(self) -> tuple[Block, ...]:
        """All blocks."""
        self.border()
        return tuple(self._blocks)

    def _end_line(self) -> bool:
        """Make a block of the line; False where it has no words."""
        runs, self._runs = tuple(self._runs), []
        if not any(run.text.strip() for run in runs):
            return False
        if is_separator("".join(run.text for run in runs)):
            self._blocks.append(Block(kind=BlockKind.RULE))
            return True
        joined = self._gap < 2 and bool(self._blocks)
        self._blocks.append(Block(kind=self._kind, runs=runs, level=self._level, joined=joined))
        if self._kind is BlockKind.ITEM:
            # A list item's further lines are its own paragraphs, not items.
            self.begin(BlockKind.PARAGRAPH)
        return True


# -- which format a text is in ---------------------------------------------------------------------


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
    closed = len(_CLOSING.findall(sample))
    return min(tags, closed) >= _FEWEST_TAGS and tags * _ONE_TAG_IN >= lines


class Format(Struct, frozen=True):
    """A format: its name in reports, its module in this package, and a cheap test.

    `may_be` is true of every text in the format, and of few others. `loose` says that a text in the
    format has no header of its own, so that a message sent on may have been saved in it.
    """

    name: str
    module: str
    may_be: Callable[[str], bool]
    loose: bool = False

    def recognises(self, original: Original) -> bool:
        """Whether an original is in this format."""
        found: bool = self.may_be(original.text) and self._load().recognises(original)
        return found

    def read(self, original: Original) -> tuple[Document, ...]:
        """The documents in an original of this format. May raise `RejectedSourceError`."""
        documents: tuple[Document, ...] = self._load().read(original)
        if not self.loose or not any(map(_may_be_sent_on, documents)):
            return documents
        taken_out = import_module(f"{__package__}.mail.sent_on").taken_out
        return tuple(map(taken_out, documents))

    def _load(self) -> ModuleType:
        return import_module(f"{__package__}.{self.module}")


def _may_be_sent_on(document: Document) -> bool:
    """Whether a line near the top may be above a message, or the first of its header."""
    for place, block in enumerate(document.blocks[:_FEW_LINES]):
        line = block.text[:_LONGEST_MARK].strip()
        if _ABOVE_MESSAGE.match(line) or (place < _FIRST_LINES and _FIELD_OF_MAIL.match(line)):
            return True
    return False


def opens_with(pattern: str) -> Callable[[str], bool]:
    """A test of what a text opens with, a byte order mark and white space passed over."""
    compiled = re.compile(pattern, re.IGNORECASE)

    def test(text: str) -> bool:
        blank = _BLANK.match(text)
        return compiled.match(text, blank.end() if blank else 0) is not None

    return test


def has(pattern: str) -> Callable[[str], bool]:
    """A test of whether a pattern is somewhere in the first pages of a text."""
    compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    return lambda text: compiled.search(text[:_SAMPLE]) is not None


def has_column(*names: str) -> Callable[[str], bool]:
    """A test of the first line of a text: whether it names one of these columns of a CSV file."""

    def test(text: str) -> bool:
        header = text.lstrip("\ufeff\n")[:_LONGEST_HEADER].partition("\n")[0].lower()
        cells = (cell.strip("\ufeff \t\"'") for cell in re.split("[,;\t]", header))
        return any("_".join(cell.split()) in names for cell in cells)

    return test


def either(*tests: Callable[[str], bool]) -> Callable[[str], bool]:
    """A test that one of several passes."""
    return lambda text: any(test(text) for test in tests)


FORMATS = (
    Format("WordPress export", "wxr", has(r"<wp:wxr_version>|wordpress\.org/export/")),
    Format("feed", "feed", opens_with("<")),
    Format("JSON feed", "jsonfeed", opens_with(r"\{")),
    Format("Ghost export", "ghost", opens_with(r"\{")),
    Format(
        "Buttondown export",
        "buttondown",
        either(opens_with(r"<!-- buttondown|[{\[]"), has_column("subject")),
    ),
    Format(
        "beehiiv export",
        "beehiiv",
        either(
            opens_with(r"[{\[]"),
            has_column("title", "web_title", "subject", "subject_line", "email_subject_line"),
        ),
    ),
    Format("JSON", "json_posts", opens_with(r"[{\[]")),
    Format(
        "list",
        "lists",
        has_column("post_id", "email", "email_address", "subscriber_email", "e-mail"),
    ),
    Format(
        "web archive (MHTML)",
        "mhtml",
        has(r"^(?:From:\s*[<\"]?Saved by\b|Snapshot-Content-Location:)"),
    ),
    Format(
        "mail",
        "mail",
        opens_with(r"(?:\d{1,10}[ \t]*\n)?(?:>?From [^\n]*\n)?[!-9;-~]{1,60}[ \t]*:"),
    ),
    Format(
        "Org",
        "org",
        # A keyword, a heading or list with stars, or a drawer at the start of a line.
        has(r"^[ \t]*#\+[a-z]|^\*+[ \t]|^[ \t]*:[\w-]+:[ \t]*$|^# -\*-"),
    ),
    Format("AsciiDoc", "asciidoc", has(r"^={1,6}[ \t]+\S")),
    Format("reStructuredText", "rst", has(r"^\.\.[ \t]+\S|>`_")),
    Format(
        "markdown",
        "markdown",
        # A fence or a field on top, or a sign of links, bold or headings.
        has(r"\A\ufeff*(?:---|\+\+\+|[a-z][\w -]{0,40}?[ \t]*:)|\]\(|\]\[|\]: |\*\*|__|# |^##+\w"),
        loose=True,
    ),
    Format(
        "Medium export",
        "medium",
        has(r"\bclass=[\"'](?:[\w -]{0,80} )?h-(?:entry|card|cite|feed)\b|>medium<"),
    ),
    Format("web page", "page", has(r"<(?:!doctype\s+html|html|head)\b"), loose=True),
    Format("html", "html", is_markup, loose=True),
    Format("plain text", "plaintext", lambda _: True, loose=True),
)


def reader_for(original: Original) -> Format:
    """The first format which `original` is in; any text is plain text."""
    return next(one for one in FORMATS if one.recognises(original))
