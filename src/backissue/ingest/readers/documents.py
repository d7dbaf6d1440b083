"""What a reader is given, what it gives back, and the builder with which it makes blocks."""

from dataclasses import dataclass

from backissue.ingest.identity import Evidence, decide
from backissue.records import Block, BlockKind, Facts, Flaw, Run
from backissue.text.decoding import Decoded
from backissue.text.prose import is_separator


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A source's bytes, and the text they decode to."""

    data: bytes
    decoded: Decoded

    @property
    def text(self) -> str:
        """The bytes as text."""
        return self.decoded.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One text, with the evidence of which issue it is that its carrier's own fields give.

    `boilerplate` is what you would see and is in no block: navigation, a footer. `left_out` is set
    for what is no issue, and gives the reason in a word or two: `draft`, `podcast`.
    """

    blocks: tuple[Block, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    boilerplate: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    left_out: str | None = None

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
