"""Records on a terminal. The one home of Rich.

Source text reaches Rich only as `Text`, clean of controls: `[link]`, `[/b]` and `:warning:` are
prose here, never markup.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from backissue.records import (
    Block,
    BlockKind,
    Found,
    Head,
    Hit,
    Issue,
    IssueKind,
    Part,
    Related,
    Section,
)
from backissue.render import plain

if TYPE_CHECKING:
    from backissue.archive.missing import Gap

_MATCH = Style(bold=True, color="yellow")
_ADDRESS = Style(bold=True, color="cyan")
_DIM = Style(dim=True)
_TITLE = Style(bold=True)
_DECK = Style(italic=True)
_MARK = Style(color="magenta")
_WHY = Style(color="green")
# Longer lines are tiring to read, however wide the terminal.
_MEASURE = 96
_ROOM_FOR_TABLE = 80
_WIDEST_ADDRESS = 30


def console(*, forced: bool) -> Console:
    """A console on standard output. It obeys NO_COLOR, and COLUMNS where there is no terminal."""
    return Console(
        highlight=False, markup=False, emoji=False, soft_wrap=False, force_terminal=forced or None
    )


def to_text(screen: Console, content: RenderableType) -> str:
    """`content` as the characters that `screen` would be sent, for a pager."""
    with screen.capture() as capture:
        screen.print(content, width=min(screen.width, _MEASURE))
    return capture.get()


def show(screen: Console, content: RenderableType) -> None:
    """Print `content`, no wider than is good to read."""
    screen.print(content, width=min(screen.width, _MEASURE))


def issues(heads: Sequence[Head], width: int) -> RenderableType:
    """The shelf: a table of issues a publication, or where that is too narrow, two lines an issue.

    Publications are named where there are several.
    """
    shelves = [list(shelf) for _, shelf in groupby(heads, key=lambda head: head.slug)]
    # One width for all tables, so that their columns stand under one another.
    widest = min(max(5, *(len(head.id) for head in heads)), _WIDEST_ADDRESS) if heads else 5
    content: list[RenderableType] = []
    for shelf in shelves:
        if len(shelves) > 1:
            content += [Text(), _shelf_name(shelf)] if content else [_shelf_name(shelf)]
        wide = width >= _ROOM_FOR_TABLE
        content.append(_shelf_table(shelf, widest) if wide else _shelf_list(shelf))
    return Group(*content)


def _shelf_name(shelf: Sequence[Head]) -> RenderableType:
    name = next((head.publication for head in shelf if head.publication), "(no publication)")
    return Text.assemble((plain.one_line(name), _TITLE), (f"  {_issue_count(len(shelf))}", _DIM))


def _issue_count(number: object) -> str:
    return "1 issue" if number == 1 else f"{number} issues"


def publications(rows: Sequence[Mapping[str, object]], width: int) -> RenderableType:
    """A table of publications; where that is too narrow, two lines each."""
    if width < _ROOM_FOR_TABLE:
        return Group(*(line for row in rows for line in _publication_lines(row)))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_DIM)
    table.add_column("publication", style=_ADDRESS, overflow="fold")
    table.add_column("issues", justify="right")
    table.add_column("numbers", style=_DIM, no_wrap=True)
    table.add_column("days", style=_DIM, no_wrap=True)
    table.add_column("name", style=_TITLE)
    for row in rows:
        slug, name = (plain.one_line(str(row[key] or "")) for key in ("slug", "name"))
        table.add_row(
            Text(slug),
            str(row["issues"]),
            plain.span(row["first"], row["last"]),
            plain.span(row["first_date"], row["last_date"]),
            Text(name),
        )
    return table


def _publication_lines(row: Mapping[str, object]) -> Iterator[RenderableType]:
    slug, name = (plain.one_line(str(row[key] or "")) for key in ("slug", "name"))
    yield Text.assemble((slug, _ADDRESS), "  ", (name, _TITLE))
    numbers = plain.span(row["first"], row["last"])
    days = plain.span(row["first_date"], row["last_date"])
    known = ", ".join(part for part in (_issue_count(row["issues"]), numbers, days) if part)
    yield Padding(Text(known, _DIM), (0, 0, 0, 4))


def _shelf_table(heads: Sequence[Head], address_width: int) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_DIM)
    table.add_column("issue", style=_ADDRESS, overflow="fold", width=address_width)
    table.add_column("date", style=_DIM, no_wrap=True)
    table.add_column("sections", justify="right", style=_DIM)
    table.add_column("title")
    for head in heads:
        day = str(head.date) if head.date else "–"
        table.add_row(Text(plain.one_line(head.id)), day, str(head.sections), _shelf_title(head))
    return table


def _shelf_list(heads: Sequence[Head]) -> RenderableType:
    lines: list[RenderableType] = []
    for head in heads:
        day = f"{head.date}, " if head.date else ""
        lines.append(Text.assemble((plain.one_line(head.id), _ADDRESS), "  ", _shelf_title(head)))
        lines.append(Padding(Text(f"{day}{head.sections} sections", _DIM), (0, 0, 0, 4)))
    return Group(*lines)


def _shelf_title(head: Head) -> Text:
    title = Text(plain.one_line(head.title or head.publication or ""))
    if head.kind is IssueKind.NOTES:
        title.append(" [notes]", _MARK)
    return title


def found(
    answer: Found, *, grouped: bool = False, explained: Mapping[int, Sequence[str]] | None = None
) -> RenderableType:
    """Ranked hits, matched words marked, and how many more; `grouped`, under their issues.

    `explained` says by rank why a hit scored.
    """
    shown: list[RenderableType] = []
    last: str | None = None
    for hit in answer.hits:
        if grouped and hit.issue.key != last:
            shown.append(Text(plain.byline(hit.issue), _TITLE))
        last = hit.issue.key
        notes = [*plain.lacks(hit), *(explained or {}).get(hit.rank, ())]
        shown.append(Padding(_hit(hit, notes, under_issue=grouped), (0, 0, 1, 0)))
    sections = "section" if answer.total == 1 else "sections"
    more = f", the first {len(answer.hits)} shown; -n {answer.total} shows all"
    footer = f"{answer.total} {sections}{more if answer.total > len(answer.hits) else ''}"
    return Group(*shown, Text(footer, style=_DIM))


def _hit(hit: Hit, notes: Sequence[str], *, under_issue: bool) -> RenderableType:
    snippet = Text()
    place = 0
    for start, end in hit.snippet.highlights:
        snippet.append(plain.one_line(hit.snippet.text[place:start]))
        snippet.append(plain.one_line(hit.snippet.text[start:end]), _MATCH)
        place = end
    snippet.append(plain.one_line(hit.snippet.text[place:]))
    field = f"  [{hit.snippet.field}]" if hit.snippet.field != "body" else ""
    issue = "" if under_issue else plain.byline(hit.issue)
    under = Text.assemble((issue, _DIM), (field, _WHY))
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style=_DIM, justify="right")
    grid.add_column()
    lines = [_heading(hit.issue, hit.section), under, snippet]
    lines += [Text(note, _DIM) for note in notes]
    grid.add_row(str(hit.rank), Group(*filter(None, lines)))
    return grid


def gaps(found: Sequence["Gap"]) -> RenderableType:
    """What seems to be missing, publication by publication."""
    content: list[RenderableType] = []
    for slug, shelf in groupby(found, key=lambda gap: gap.publication):
        content += [Text(), Text(slug, _TITLE)] if content else [Text(slug, _TITLE)]
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style=_MARK, no_wrap=True)
        grid.add_column(style=_ADDRESS, overflow="fold")
        grid.add_column(style=_DIM)
        for gap in shelf:
            evidence = Text(plain.one_line(gap.evidence))
            grid.add_row(gap.lack.value, Text(plain.which(gap)), evidence)
        content.append(grid)
    return Group(*content)


def related(items: Sequence[Related], of: str) -> RenderableType:
    """Sections that belong with the one `of`, each with its reasons."""
    grid = Table.grid(padding=(0, 1, 1, 0))
    grid.add_column(style=_DIM, justify="right")
    grid.add_column()
    for number, item in enumerate(items, 1):
        heading = _heading(item.issue, item.section)
        grid.add_row(str(number), Group(heading, Text(plain.because(item, of), _DIM)))
    return grid


def _heading(issue: Head, item: Section) -> Text:
    """A section's address and heading, and its kind where it is no story."""
    return Text.assemble(
        (plain.one_line(plain.address(issue, item)), _ADDRESS),
        "  ",
        (plain.one_line(item.heading), _TITLE),
        (plain.marks(item), _MARK),
    )


def section(issue: Head, item: Section) -> RenderableType:
    """A section, its why in a box of its own."""
    return Group(*_section(issue, item))


def _section(issue: Head, item: Section) -> Iterator[RenderableType]:
    yield _heading(issue, item)
    if item.deck:
        yield Text(plain.one_line(item.deck), _DECK)
    yield Text(plain.byline(issue), _DIM)
    yield Text()
    for part, blocks in plain.parts(item.blocks):
        match part:
            case Part.WHY if item.why:
                yield why(item)
            case Part.LINK:
                yield from (_link_line(block) for block in blocks)
            case _:
                yield from _blocks(blocks)
        yield Text()
    for link in plain.other_links(item):
        label = f"{link.label}: " if link.label else ""
        words = plain.one_line(f"{label}{link.text}")
        yield Group(Text(words), Padding(_url(link.url or ""), (0, 0, 0, 2)))
    for flaw in plain.flaws(item):
        yield Text(flaw, _DIM)


def _link_line(block: Block) -> RenderableType:
    """A link line, and under it where it leads."""
    urls = (Padding(_url(url), (0, 0, 0, 2)) for url in plain.targets(block))
    return Group(_runs(block), *urls)


def _url(url: str) -> Text:
    return Text(plain.one_line(url), Style(color="blue", link=plain.followed(url)), overflow="fold")


def why(item: Section) -> RenderableType:
    """A “why this matters” in its box."""
    assert item.why is not None  # noqa: S101 - the caller has looked
    title = Text(plain.why_title(item), Style(bold=True, color="green"))
    return Panel(Group(title, Text(), Text(plain.clean(item.why.text))), border_style=_WHY)


def passages(issue: Head, items: Sequence[Section]) -> RenderableType:
    """Several passages, each under its section's heading."""
    parts: list[RenderableType] = []
    for item in items:
        parts.append(_heading(issue, item))
        parts.append(Padding(why(item), (0, 0, 1, 0)))
    return Group(*parts)


def whole_issue(issue: Issue) -> RenderableType:
    """An issue's name, intro and contents, then its sections."""
    parts: list[RenderableType] = [
        Text(plain.byline(issue.head), _TITLE),
        Text(plain.made_of(issue.head), _DIM),
        Text(),
    ]
    if issue.intro:
        parts += [Text(plain.clean(issue.intro)), Text()]
    for item in issue.sections:
        line = Text.assemble(
            (plain.one_line(plain.address(issue.head, item)), _ADDRESS),
            "  ",
            plain.one_line(item.heading),
            (plain.marks(item), _MARK),
        )
        parts.append(Padding(line, (0, 0, 0, 2)))
    for item in issue.sections:
        parts += [Text(), Rule(style=_DIM), Text(), section(issue.head, item)]
    return Group(*parts)


def table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> RenderableType:
    """Rows as a table, without the columns in which nothing stands."""
    held = [row for row in rows if row]
    shown = [name for name in columns if any(row[name] is not None for row in held)]
    made = Table(box=None, padding=(0, 2, 0, 0), header_style=_DIM)
    for name in shown:
        made.add_column(name, style=_ADDRESS if name == "id" else "", overflow="fold")
    for row in held:
        cells = ("" if row[name] is None else str(row[name]) for name in shown)
        made.add_row(*(Text(plain.one_line(cell)) for cell in cells))
    return made


def facts(rows: Iterable[tuple[str, str]]) -> RenderableType:
    """Names and values in two columns."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style=_DIM)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(label, Text(plain.one_line(value)))
    return table


def _blocks(blocks: Sequence[Block]) -> Iterator[RenderableType]:
    for place, block in enumerate(blocks):
        listed = block.kind is BlockKind.ITEM and blocks[place - 1].kind is BlockKind.ITEM
        if place and not block.joined and not listed:
            yield Text()
        yield _block(block)


def _block(block: Block) -> RenderableType:
    match block.kind:
        case BlockKind.RULE:
            return Rule(style=_DIM)
        case BlockKind.HEADING:
            return Text(plain.clean(block.text), _TITLE)
        case BlockKind.ITEM:
            grid = Table.grid()
            grid.add_column(width=2 * max(block.level, 1))
            grid.add_column(overflow="fold")
            grid.add_row(Text("•", justify="right"), Padding(_runs(block), (0, 0, 0, 1)))
            return grid
        case BlockKind.QUOTE:
            return Padding(_runs(block), (0, 0, 0, 4))
        case BlockKind.PARAGRAPH:
            return _runs(block)


def _runs(block: Block) -> Text:
    text = Text()
    for run in block.runs:
        style = Style(
            bold=run.strong or None,
            italic=run.emphasis or None,
            underline=bool(run.url) or None,
            link=plain.followed(run.url),
        )
        text.append(plain.clean(run.text), style)
    return text
