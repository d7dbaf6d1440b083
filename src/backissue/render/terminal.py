"""Records on a terminal. The one home of Rich.

Source text reaches Rich only as `Text`, clean of controls: `[link]`, `[/b]` and `:warning:` are
prose here, never markup.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from backissue.records import Block, BlockKind, Found, Head, Hit, Issue, Part, Places, Run, Section
from backissue.render import presentation as shared
from backissue.render.canvas import Canvas
from backissue.render.columns import Code, Columns
from backissue.render.marks import marked, marked_together, nowhere
from backissue.render.plain import PlainRenderer
from backissue.render.presentation import View, clean, one_line
from backissue.render.rows import (
    BlockRow,
    OriginRow,
    Overview,
    PublicationRow,
    RelatedRows,
    RepairRow,
    Totals,
    facts,
)
from backissue.text.prose import rows_of

if TYPE_CHECKING:
    from backissue.archive.missing import Missing
    from backissue.query.fields import FieldNote

# Names of styles: see `styles`.
_MATCH = "match"
_ADDRESS = "address"
_DIM = "muted"
_TITLE = "title"
_DECK = "deck"
_TAG = "tag"
_WHY = "why"
_PADDING = re.compile(r" +$", re.MULTILINE)
_LINK = re.compile(r"\x1b\]8;[^\x1b]*\x1b\\")
# Longer lines are tiring to read, however wide the terminal.
_MEASURE = 96
_ROOM_FOR_TABLE = 80
_WIDEST_ADDRESS = 30


class TerminalRenderer(PlainRenderer):
    """Rich output, no wider than is good to read; what has no better form stays plain lines."""

    def __init__(
        self, write: Callable[[str], object], note: Callable[[str], None], canvas: Canvas
    ) -> None:
        super().__init__(write, note)
        self._screen = canvas.console(note)
        self._links = canvas.links
        self._places: Places = nowhere

    def mark(self, places: Places) -> None:
        self._places = places

    def _show(self, content: RenderableType) -> None:
        with self._screen.capture() as capture:
            self._screen.print(content, width=min(self._screen.width, _MEASURE))
        text = _PADDING.sub("", capture.get())
        self.write(text if self._links else _LINK.sub("", text))

    def issues(self, heads: Sequence[Head]) -> None:
        if heads:
            self._show(_shelves(heads, wide=self._screen.width >= _ROOM_FOR_TABLE))

    def publications(self, rows: Sequence[PublicationRow]) -> None:
        if rows and self._screen.width >= _ROOM_FOR_TABLE:
            self._show(_publication_table(rows))
        elif rows:
            self._show(Group(*map(_publication_lines, rows)))

    def stats(self, totals: Totals) -> None:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(style=_DIM)
        table.add_column(overflow="fold")
        for label, value in facts(totals):
            table.add_row(label, Text(value))
        self._show(table)

    def overview(self, whole: Overview) -> None:
        width = min(self._screen.width, _MEASURE)
        self._show(Group(*_overview(whole, width)))

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

    def whys(self, head: Head, sections: Sequence[Section], *, single: bool) -> None:
        del single
        content: list[RenderableType] = []
        for section in sections:
            why = _why(section, self._places)
            content += [_heading(head, section), Padding(why, (0, 0, 1, 0))]
        self._show(Group(*content))

    def provenance(self, rows: Sequence[OriginRow]) -> None:
        cells = [(row.id, row.part, row.giver, row.what) for row in rows]
        self._show(_table(("id", "part", "source", "what"), cells))

    def repairs(self, rows: Sequence[RepairRow], blocks: Sequence[BlockRow], *, undo: bool) -> None:
        if undo:
            super().repairs(rows, blocks, undo=True)
        elif rows:
            columns = ("id", "rule", "confidence", "before", "after", "source", "witness")
            cells = [
                (one.id, one.rule, one.confidence.value, one.was, one.now, one.source, one.witness)
                for one in rows
            ]
            self._show(_table(columns, cells))

    def full_hits(self, answer: Found, view: View) -> None:
        """Numbered hits with their remarks, under their issues if grouped; then how many."""
        if not answer.total:
            return
        for line in view.preface:
            self.write(line + "\n")
        content: list[RenderableType] = []
        last: str | None = None
        for hit in answer.hits:
            if view.grouped and hit.issue.key != last:
                content.append(Text(shared.byline(hit.issue), _TITLE))
            last = hit.issue.key
            content.append(Padding(_hit(hit, view), (0, 0, 1, 0)))
        footer = shared.counted(answer.total, "section")
        if answer.total > len(answer.hits):
            footer += f", the first {len(answer.hits)} shown; -n {answer.total} shows all"
        self._show(Group(*content, Text(footer, style=_DIM)))

    def related(self, groups: Sequence[RelatedRows]) -> None:
        content: list[RenderableType] = []
        number = 0
        for group in groups:
            if len(groups) > 1:
                content += [Text(f"related to {group.of}", _DIM), Text()]
            rows = [
                Group(_heading(one.issue, one.section), Text(shared.because(one, group.of), _DIM))
                for one in group.items
            ]
            content.append(_numbered(enumerate(rows, number + 1), below=1))
            number += len(rows)
        if number:
            self._show(Group(*content))

    def missing(self, missing: Sequence["Missing"]) -> None:
        content: list[RenderableType] = []
        for slug, own in groupby(missing, key=lambda one: one.publication):
            content += [Text(), Text(slug, _TITLE)] if content else [Text(slug, _TITLE)]
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_column(style=_TAG, no_wrap=True)
            grid.add_column(style=_ADDRESS, overflow="fold")
            grid.add_column(style=_DIM)
            for one in own:
                grid.add_row(one.kind.value, Text(shared.which(one)), Text(one_line(one.evidence)))
            content.append(grid)
        if content:
            self._show(Group(*content))

    def log(self, runs: Sequence[Mapping[str, object]]) -> None:
        cells = [shared.run_cells(run) for run in runs]
        rows = [(when[:16].replace("T", " "), *rest) for when, *rest in cells]
        if rows:
            self._show(_table(("when", "command", "result", "from"), rows))

    def fields(self, notes: Iterable["FieldNote"]) -> None:
        cells = [(note.field.value, note.examples[0], shared.about(note)) for note in notes]
        self._show(_table(("name", "example", "about"), cells))


def _shelves(heads: Sequence[Head], *, wide: bool) -> RenderableType:
    """Issues below their publications, which are named where there are several."""
    shelves = [list(shelf) for _, shelf in groupby(heads, key=lambda head: head.slug)]
    # One width for all tables, so that their columns stand under one another.
    widest = min(max(5, *(len(head.id) for head in heads)), _WIDEST_ADDRESS)
    content: list[RenderableType] = []
    for shelf in shelves:
        if len(shelves) > 1:
            content += [Text(), _shelf_name(shelf)] if content else [_shelf_name(shelf)]
        content.append(_shelf_table(shelf, widest) if wide else Group(*map(_shelf_lines, shelf)))
    return Group(*content)


def _shelf_name(shelf: Sequence[Head]) -> RenderableType:
    name = next((head.publication for head in shelf if head.publication), "(no publication)")
    count = shared.counted(len(shelf), "issue")
    return Text.assemble((one_line(name), _TITLE), (f"  {count}", _DIM))


def _publication_table(rows: Sequence[PublicationRow]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_DIM)
    table.add_column("publication", style=_ADDRESS, overflow="fold")
    table.add_column("issues", justify="right")
    table.add_column("numbers", style=_DIM, no_wrap=True)
    table.add_column("days", style=_DIM, no_wrap=True)
    table.add_column("name", style=_TITLE)
    for row in rows:
        numbers, days = shared.span(row.first, row.last), shared.span(row.first_date, row.last_date)
        table.add_row(row.slug, str(row.issues), numbers, days, Text(one_line(row.name or "")))
    return table


def _publication_lines(row: PublicationRow) -> RenderableType:
    numbers, days = shared.span(row.first, row.last), shared.span(row.first_date, row.last_date)
    below = ", ".join(filter(None, (shared.counted(row.issues, "issue"), numbers, days)))
    return _two_lines(row.slug, Text(one_line(row.name or ""), _TITLE), below)


def _shelf_table(heads: Sequence[Head], address_width: int) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_DIM)
    table.add_column("issue", style=_ADDRESS, overflow="fold", width=address_width)
    table.add_column("date", style=_DIM, no_wrap=True)
    table.add_column("sections", justify="right", style=_DIM)
    table.add_column("title")
    for head in heads:
        day = str(head.date) if head.date else "–"
        table.add_row(one_line(head.id), day, str(head.sections), _shelf_title(head))
    return table


def _shelf_lines(head: Head) -> RenderableType:
    day = f"{head.date}, " if head.date else ""
    return _two_lines(one_line(head.id), _shelf_title(head), f"{day}{head.sections} sections")


def _two_lines(address: str, title: Text, below: str) -> RenderableType:
    """A row where a table is too wide."""
    above = Text.assemble((address, _ADDRESS), "  ", title)
    return Group(above, Padding(Text(below, _DIM), (0, 0, 0, 4)))


def _overview(whole: Overview, width: int) -> Iterator[RenderableType]:
    amount, where = whole.headline
    yield from (Text(amount, _TITLE), Text(where, _DIM, overflow="fold"), Text())
    yield Text("Newest issues")
    ids = max(len(head.id) for head in whole.newest)
    dated = any(head.date for head in whole.newest)
    for head in whole.newest:
        day = f"{head.date or ''!s:<12}" if dated else ""
        title = shared.listed_title(head) + shared.kind_of(head)
        line = Text.assemble("  ", (f"{head.id:<{ids}}", _ADDRESS), "  ", (day, _DIM), title)
        line.truncate(width, overflow="ellipsis")
        yield line
    yield from (Text(), Text("To go on"))
    room = max(len(command) for command, _ in whole.suggestions) + 2
    for command, about in whole.suggestions:
        note = about if 2 + room + len(about) <= width else ""
        shown = f"{command:<{room}}" if note else command
        yield Text.assemble("  ", (shown, _TITLE), (note, _DIM), overflow="fold")
    yield from (Text(), Text(shared.ALL_COMMANDS, _DIM))


def _shelf_title(head: Head) -> Text:
    return Text.assemble(shared.listed_title(head), (shared.kind_of(head), _TAG))


def _hit(hit: Hit, view: View) -> RenderableType:
    snippet = Text()
    for piece, matched in shared.highlighted(hit):
        snippet.append(one_line(piece), _MATCH if matched else None)
    field = f"  [{hit.snippet.field}]" if hit.snippet.field != "body" else ""
    issue = "" if view.grouped else shared.byline(hit.issue)
    below = Text.assemble((issue, _DIM), (field, _WHY))
    lines = [_heading(hit.issue, hit.section), below, snippet]
    lines += [Text(remark, _DIM) for remark in shared.remarks(hit, view.explanation)]
    return _numbered([(hit.rank, Group(*filter(None, lines)))], below=0)


def _numbered(items: Iterable[tuple[int, RenderableType]], *, below: int) -> RenderableType:
    """Items with their numbers before them, and so many empty lines below each."""
    grid = Table.grid(padding=(0, 1, below, 0))
    grid.add_column(style=_DIM, justify="right")
    grid.add_column()
    for number, item in items:
        grid.add_row(str(number), item)
    return grid


def _heading(
    head: Head, section: Section, style: Style | str = _TITLE, places: Places = nowhere
) -> Text:
    """A section's address and heading, and its kind where it is no story."""
    return Text.assemble(
        (one_line(shared.address(head, section.position)), _ADDRESS),
        "  ",
        marked(Text(one_line(section.heading), style), "heading", places),
        (shared.kind_of(section), _TAG),
    )


def _section(head: Head, section: Section, places: Places) -> Iterator[RenderableType]:
    yield _heading(head, section, places=places)
    if section.deck:
        yield marked(Text(one_line(section.deck), _DECK), "deck", places)
    yield Text(shared.byline(head), _DIM)
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
        words = marked(Text(shared.link_words(link)), "link", places)
        yield Group(words, Padding(_url(link.url or ""), (0, 0, 0, 2)))
    for flaw in shared.flaws(section):
        yield Text(flaw, _DIM)


def _issue(issue: Issue, places: Places) -> Iterator[RenderableType]:
    yield Text(shared.byline(issue.head), _TITLE)
    yield Text(shared.sources(issue.head), _DIM)
    yield Text()
    if issue.intro:
        yield from (Text(clean(issue.intro)), Text())
    for section in issue.sections:
        yield Padding(_heading(issue.head, section, ""), (0, 0, 0, 2))
    for section in issue.sections:
        yield from (Text(), Rule(style=_DIM), Text(), *_section(issue.head, section, places))


def _link_line(block: Block, places: Places) -> RenderableType:
    """A link line, and under it where it leads."""
    urls = (Padding(_url(url), (0, 0, 0, 2)) for url in shared.targets(block))
    return Group(marked(_runs(block), "link", places), *urls)


def _url(url: str) -> Text:
    return _linked(Text(one_line(url), "link", overflow="fold"), url)


def _linked(text: Text, url: str | None) -> Text:
    """A text that leads to a page, if its address is safe to follow."""
    if target := shared.followed(url):
        text.stylize(Style(link=target))
    return text


def _why(section: Section, places: Places) -> RenderableType:
    """A “why this matters” in its box."""
    title = marked(Text(shared.why_title(section), "label"), "why", places)
    text = marked(Text(clean(section.why.text) if section.why else ""), "why", places)
    return Panel(Group(title, Text(), text), border_style=_WHY)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> RenderableType:
    """Rows as a table, without the columns in which every cell is absent."""
    shown = [place for place in range(len(columns)) if any(row[place] is not None for row in rows)]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_DIM)
    for place in shown:
        style = _ADDRESS if columns[place] == "id" else ""
        table.add_column(columns[place], style=style, overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(row[place] or "")) for place in shown))
    return table


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
    text = Text()
    for run in runs:
        style = Style(
            bold=run.strong or None,
            italic=run.emphasis or None,
            underline=bool(run.url) or None,
            link=shared.followed(run.url),
        )
        text.append(clean(run.text), style)
    return text
