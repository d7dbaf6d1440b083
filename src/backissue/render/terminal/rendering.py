"""Records on a terminal. The one home of Rich.

Source text reaches Rich only as `Text`, clean of controls: `[link]`, `[/b]` and `:warning:` are
prose here, never markup.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from backissue.records import (
    VERBATIM,
    Block,
    BlockKind,
    Found,
    Head,
    Issue,
    Part,
    Places,
    Run,
    Section,
    Undated,
)
from backissue.render import presentation as shared
from backissue.render.plain import Counts, PlainRenderer
from backissue.render.presentation import View, clean, one_line
from backissue.render.rows import (
    BlockRow,
    OriginRow,
    Overview,
    PublicationRow,
    RelatedRows,
    RepairRow,
    SettingRow,
    Totals,
    UndoRow,
    facts,
)
from backissue.render.terminal import lists
from backissue.render.terminal.canvas import Canvas
from backissue.render.terminal.columns import Code, Columns
from backissue.render.terminal.flow import Flow, folded
from backissue.render.terminal.hits import MEASURE, Layout, brief, heading, hits, linked
from backissue.render.terminal.marks import marked, marked_together, nowhere
from backissue.render.theses import story_link
from backissue.text.prose import rows_of

if TYPE_CHECKING:
    from backissue.archive.missing import Missing
    from backissue.archive.privacy import Finding
    from backissue.query.fields import FieldNote

# Names of styles: see `styles`.
_ADDRESS = "address"
_DIM = "muted"
_TITLE = "title"
_DECK = "deck"
_WHY = "why"
_PADDING = re.compile(r"(?<! ) +$", re.MULTILINE)
_LINK = re.compile(r"\x1b\]8;[^\x1b]*\x1b\\")


class TerminalRenderer(PlainRenderer):
    """Rich output, no wider than is good to read; what has no better form stays plain lines."""

    def __init__(
        self, write: Callable[[str], object], note: Callable[[str], None], canvas: Canvas
    ) -> None:
        super().__init__(write, note)
        self._screen = canvas.console(note)
        self._links = canvas.links
        self._height = canvas.height
        self._fits = canvas.fits
        self._places: Places = nowhere

    def mark(self, places: Places) -> None:
        self._places = places

    def _show(self, content: RenderableType) -> None:
        """Write what Rich lays out, no wider than is good to read."""
        with self._screen.capture() as capture:
            self._screen.print(content, width=min(self._screen.width, MEASURE))
        self._write(capture.get())

    def _lines(self, lines: Sequence[Text]) -> None:
        """Write lines that have their width already."""
        if lines:
            self._write(self._laid_out(lines))

    def _laid_out(self, lines: Sequence[Text]) -> str:
        with self._screen.capture() as capture:
            self._screen.print(Text("\n").join(lines), soft_wrap=True)
        return capture.get()

    def _write(self, text: str) -> None:
        text = _PADDING.sub("", text)
        self.write(text if self._links else _LINK.sub("", text))

    @property
    def _width(self) -> int:
        return self._screen.width

    def issues(self, heads: Sequence[Head], *, as_sorted: bool = False) -> None:
        """The newest issue is last, next to the prompt, if all fit on the screen."""
        if as_sorted:
            self._lines(lists.sorted_issues(heads, self._width))
            return
        lines = lists.issues(heads, self._width)
        if self._fits and self._fits(self._laid_out(lines)):
            lines = lists.issues(lists.newest_last(heads), self._width)
        self._lines(lines)

    def publications(self, rows: Sequence[PublicationRow]) -> None:
        self._lines(lists.publications(rows, self._width))

    def stats(self, totals: Totals) -> None:
        self._lines(lists.facts(facts(totals), self._width))

    def overview(self, whole: Overview) -> None:
        self._lines(lists.overview(whole, self._width))

    def section(self, head: Head, section: Section) -> None:
        self._show(Group(*_section(head, section, self._places)))

    def issue(self, issue: Issue) -> None:
        self._show(Group(*_issue(issue, self._places)))

    def records(self, items: Iterable[tuple[Head, Issue | Section]]) -> None:
        content: list[RenderableType] = []
        for head, whole in items:
            content += (Text(), Rule(style=_DIM), Text()) if content else ()
            if isinstance(whole, Section):
                content += _section(head, whole, self._places)
            else:
                content += _issue(whole, self._places)
        self._show(Group(*content))

    def whys(self, items: Sequence[tuple[Head, Section]], *, single: bool) -> None:
        content: list[RenderableType] = []
        for head, section in items:
            content.append(heading(head, section))
            if not single:
                content.append(Flow(shared.byline(head), _DIM))
            why = _why(section, self._places)
            content.append(Group(why, *map(_url, filter(None, [story_link(head, section)]))))
            content += [] if single else [Text()]
        self._show(Group(*content))

    def theses(self, items: Sequence[tuple[Head, Section]]) -> None:
        self._lines(lists.theses(items, self._width, self._places))

    def provenance(self, rows: Sequence[OriginRow]) -> None:
        self._lines(lists.provenance(rows, self._width))

    def repairs(self, rows: Sequence[RepairRow], blocks: Sequence[BlockRow], *, undo: bool) -> None:
        if undo:
            super().repairs(rows, blocks, undo=True)
        else:
            self._lines(lists.repairs(rows, self._width))

    def full_hits(self, answer: Found, view: View) -> None:
        """Numbered hits with their remarks, under their issues if grouped; then how many."""
        if not answer.total:
            return
        preface = [line for text in view.preface for line in folded(Text(text), self._width)]
        layout = Layout(
            width=self._width, height=self._height, asterisks=self._screen.color_system is None
        )
        lines = brief(answer, layout) if view.brief else [*hits(answer, view, layout)]
        below = folded(Text(shared.hits_counted(answer), "muted"), self._width)
        self._lines([*preface, *lines, *below])

    def facet(
        self, query: str, name: str, total: int, counts: Counts, undated: Undated | None = None
    ) -> None:
        del query, name, total, undated
        rows = [(str(count), value) for value, count in counts]
        self._lines(lists.pairs(rows, self._width, right=True))

    def related(self, groups: Sequence[RelatedRows]) -> None:
        self._lines(lists.related(groups, self._width))

    def searches(self, saved: Mapping[str, str]) -> None:
        rows = [(f":{name}", query) for name, query in saved.items()]
        self._lines(lists.pairs(rows, self._width))

    def missing(self, missing: Sequence["Missing"]) -> None:
        self._lines(lists.missing(missing, self._width))

    def log(self, runs: Sequence[Mapping[str, object]]) -> None:
        self._lines(lists.log(runs, self._width))

    def findings(self, found: Sequence["Finding"]) -> None:
        self._lines(lists.findings(found, self._width))

    def undoable(self, runs: Sequence[UndoRow]) -> None:
        self._lines(lists.undoable(runs, self._width))

    def settings(self, rows: Sequence[SettingRow]) -> None:
        self._lines(lists.settings(rows, self._width))

    def fields(self, notes: Iterable["FieldNote"]) -> None:
        self._lines(lists.fields(notes, self._width))

    def page(self, text: str) -> None:
        self._lines(lists.page(text, self._width))


def _section(head: Head, section: Section, places: Places) -> Iterator[RenderableType]:
    yield heading(head, section, places=places)
    if section.deck:
        yield marked(Flow(one_line(section.deck), _DECK), "deck", places)
    yield Flow(shared.byline(head), _DIM)
    yield Text()
    for part, blocks in shared.parts(section.blocks):
        match part:
            case Part.WHY if section.why:
                yield _why(section, places)
            case Part.LINK:
                yield from (_link_line(block, places) for block in blocks)
            case _:
                yield from _blocks(blocks, part.value, places)
        yield Text()
    for link in shared.other_links(section):
        words = marked(Flow(shared.link_words(link)), "link", places)
        yield Group(words, Padding(_url(link.url or ""), (0, 0, 0, 2)))
    for flaw in shared.flaws(section):
        yield Flow(flaw, _DIM)


def _issue(issue: Issue, places: Places) -> Iterator[RenderableType]:
    yield Flow(shared.byline(issue.head), _TITLE)
    yield Flow(shared.sources(issue.head), _DIM)
    yield Text()
    if issue.intro:
        yield from (Flow(clean(issue.intro)), Text())
    for section in issue.sections:
        yield Padding(heading(issue.head, section, ""), (0, 0, 0, 2))
    for section in issue.sections:
        yield from (Text(), Rule(style=_DIM), Text(), *_section(issue.head, section, places))


def _link_line(block: Block, places: Places) -> RenderableType:
    """A link line, and under it where it leads."""
    urls = (Padding(_url(url), (0, 0, 0, 2)) for url in shared.targets(block))
    return Group(marked(_runs(block), "link", places), *urls)


def _url(url: str) -> Text:
    return linked(Flow(one_line(url), "link", overflow="fold"), url)


def _why(section: Section, places: Places) -> RenderableType:
    """A “why this matters” in its box."""
    title = marked(Flow(shared.why_title(section), "label"), "thesis", places)
    return Panel(Group(title, Text(), *_why_text(section, places)), border_style=_WHY)


def _why_text(section: Section, places: Places) -> Iterator[RenderableType]:
    """The passage, in which code and tables keep their look."""
    text = section.why.text if section.why else ""
    for block in section.blocks:
        if block.part is Part.WHY and block.kind in VERBATIM and block.text in text:
            above, _, text = text.partition(block.text)
            if above.strip():
                yield from (marked(Flow(clean(above.strip("\n"))), "why", places), Text())
            yield _block(block, marked(_runs(block), "why", places), places)
            yield from [Text()] * bool(text.strip())
    yield marked(Flow(clean(text.strip("\n"))), "why", places)


def _blocks(blocks: Sequence[Block], field: str, places: Places) -> Iterator[RenderableType]:
    texts = [_runs(block) for block in blocks]
    starts = [place for place, block in enumerate(blocks) if not (place and block.joined)]
    for start, end in pairwise([*starts, len(blocks)]):
        marked_together(texts[start:end], field, places)
    for place, block in enumerate(blocks):
        listed = block.kind is BlockKind.ITEM and blocks[place - 1].kind is BlockKind.ITEM
        if place and not block.joined and not listed:
            yield Text()
        yield _block(block, texts[place], places)


def _block(block: Block, text: Text, places: Places) -> RenderableType:  # noqa: PLR0911 - one for each kind
    match block.kind:
        case BlockKind.RULE:
            return Rule(style=_DIM)
        case BlockKind.HEADING:
            text.stylize_before(_TITLE)
            return text
        case BlockKind.ITEM:
            grid = Table.grid()
            grid.add_column(width=2 * max(block.level, 1))
            grid.add_column(overflow="fold")
            grid.add_row(Text("•", justify="right"), Padding(text, (0, 0, 0, 1)))
            return grid
        case BlockKind.QUOTE:
            return Padding(text, (0, 0, 0, 4))
        case BlockKind.CODE:
            return Code(text)
        case BlockKind.TABLE:
            field = block.part.value
            rows = [
                [marked(_styled(cell), field, places) for cell in row] for row in rows_of(block)
            ]
            return Columns(rows, headed=block.level > 0)
        case BlockKind.PARAGRAPH:
            return text


def _runs(block: Block) -> Text:
    return _styled(block.runs)


def _styled(runs: Iterable[Run]) -> Text:
    text = Flow()
    for run in runs:
        style = Style(
            bold=run.strong or None,
            italic=run.emphasis or None,
            underline=bool(run.url) or None,
            link=shared.followed(run.url),
        )
        text.append(clean(run.text), style)
    return text
