"""The builder with which a reader makes blocks of what it finds, line by line."""

from backissue.records import Block, BlockKind, Run
from backissue.text.prose import is_separator


class BlockBuilder:
    """Gathers runs into lines and lines into blocks, and keeps count of the gaps between them.

    A line break leaves a gap of one, the border of a block element or a blank line a gap of two;
    a block behind a gap of one is `joined` to the one before.
    """

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._runs: list[Run] = []
        self._gap = 2
        self._kind = BlockKind.PARAGRAPH
        self._level = 0

    def text(self, text: str, *, strong: bool, emphasis: bool, url: str | None) -> None:
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
