"""Blocks made ready for the grammar: one line each, what belongs together joined, and apart split.

Readers keep a document's own blocks. Site generators and editors cut these in places no author
would: a heading and its deck in one paragraph, a link line in three.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from backissue.ingest import grammar
from backissue.prose import cut, squeeze_runs
from backissue.records import Block, BlockKind, Flaw, Mend, Run

# `:` and `.` alone, or before a link: the rest of a line that was cut off behind its bold.
_CONTINUES = re.compile(r"[:;,.)](?![.\w])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A block, with what was put right in it and what could not be."""

    block: Block
    mends: tuple[Mend, ...] = ()
    flaws: tuple[Flaw, ...] = ()

    @property
    def is_rule(self) -> bool:
        """Whether the line is a separator."""
        return self.block.kind is BlockKind.RULE


def make_ready(lines: Iterable[Line]) -> list[Line]:
    """`lines` with white space folded, torn lines joined, headings and decks apart."""
    ready: list[Line] = []
    for line in map(_squeezed, lines):
        if not line.block.runs and not line.is_rule:
            continue
        if ready and _is_torn_off(ready[-1].block, line.block):
            ready[-1] = _join(ready[-1], line)
        else:
            ready.append(line)
    return [part for line in ready for part in _split(line)]


def _squeezed(line: Line) -> Line:
    return replace(line, block=replace(line.block, runs=squeeze_runs(line.block.runs)))


def _is_torn_off(before: Block, block: Block) -> bool:
    """Whether a paragraph is the rest of the one before: no author starts one with a colon."""
    if before.kind is not BlockKind.PARAGRAPH or block.kind is not BlockKind.PARAGRAPH:
        return False
    if _CONTINUES.match(block.text):
        return True
    # `**Find out more**` and, in a paragraph of its own, `at the website (First Proof)`.
    return grammar.is_bold_line(before) and before.text[-1:].isalpha() and block.text[:1].islower()


def _join(line: Line, rest: Line) -> Line:
    space = "" if _CONTINUES.match(rest.block.text) else " "
    runs = (*line.block.runs, Run(text=space), *rest.block.runs)
    block = replace(line.block, runs=squeeze_runs(runs))
    return Line(block=block, mends=line.mends + rest.mends, flaws=line.flaws + rest.flaws)


def _split(line: Line) -> Iterator[Line]:
    """A heading with its deck, or a tale's title with its setting, in one paragraph, as two."""
    start = _second_line(line.block.runs) if line.block.kind is BlockKind.PARAGRAPH else 0
    if not start:
        yield line
        return
    first, second = cut(line.block.runs, 0, start), cut(line.block.runs, start)
    yield replace(line, block=replace(line.block, runs=squeeze_runs(first)))
    yield Line(block=replace(line.block, runs=squeeze_runs(second), joined=True))


def _second_line(runs: Sequence[Run]) -> int:
    """Where an emphasised deck or setting starts behind a short heading; or 0."""
    place = 0
    for number, run in enumerate(runs):
        opens = re.match(rf"\s*(?P<deck>{grammar.ELLIPSIS})|\s*\[", run.text)
        if number and run.emphasis and opens:
            heading = runs[:number]
            bold = all(part.strong for part in heading if part.text.strip())
            to_the_end = all(part.emphasis for part in runs[number:] if part.text.strip())
            short = place <= grammar.LONGEST_HEADING
            return place if short and (bold if opens["deck"] else to_the_end) else 0
        place += len(run.text)
    return 0
