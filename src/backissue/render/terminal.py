"""Records on a terminal. The one home of Rich.

Source text reaches Rich only as `Text`, clean of controls: `[link]`, `[/b]` and `:warning:` are
prose here, never markup.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from backissue.records import Block, BlockKind, Found, Head, Hit, Issue, IssueKind, Part, Section
from backissue.render import plain

_MATCH = Style(bold=True, color="yellow")
_ADDRESS = Style(bold=True, color="cyan")
_DIM = Style(dim=True)
_TITLE = Style(bold=True)
_DECK = Style(italic=True)
_MARK = Style(color="magenta")
_WHY = Style(color="green")
# Longer lines are tiring to read, however wide the terminal.
_MEASURE = 96


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


def issues(heads: Iterable[Head]) -> RenderableType:
    """The shelf: a table of issues."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_DIM)
    table.add_column("issue", style=_ADDRESS, no_wrap=True)
    table.add_column("date", style=_DIM, no_wrap=True)
    table.add_column("sections", justify="right", style=_DIM)
    table.add_column("title", overflow="fold")
    for head in heads:
        title = Text(plain.one_line(head.title or head.publication or ""))
        if head.kind is IssueKind.NOTES:
            title.append(" [notes]", _MARK)
        day = str(head.date) if head.date else "–"
        table.add_row(Text(plain.one_line(head.id)), day, str(head.sections), title)
    return table


def found(answer: Found) -> RenderableType:
    """Ranked hits, matched words marked, and how many more there are."""
    shown = [Padding(_hit(hit), (0, 0, 1, 0)) for hit in answer.hits]
    sections = "section" if answer.total == 1 else "sections"
    more = f", the first {len(shown)} shown; -n {answer.total} shows all"
    footer = f"{answer.total} {sections}{more if answer.total > len(shown) else ''}"
    return Group(*shown, Text(footer, style=_DIM))


def _hit(hit: Hit) -> RenderableType:
    heading = Text.assemble(
        (f"{hit.rank:>2} ", _DIM),
        (plain.one_line(plain.address(hit.issue, hit.section)), _ADDRESS),
        "  ",
        (plain.one_line(hit.section.heading), _TITLE),
        (plain.marks(hit.section), _MARK),
    )
    snippet = Text()
    place = 0
    for start, end in hit.snippet.highlights:
        snippet.append(plain.one_line(hit.snippet.text[place:start]))
        snippet.append(plain.one_line(hit.snippet.text[start:end]), _MATCH)
        place = end
    snippet.append(plain.one_line(hit.snippet.text[place:]))
    field = f"  [{hit.snippet.field}]" if hit.snippet.field != "body" else ""
    under = Text.assemble((plain.byline(hit.issue), _DIM), (field, _WHY))
    return Group(heading, Padding(under, (0, 0, 0, 3)), Padding(snippet, (0, 0, 0, 3)))


def section(issue: Head, item: Section) -> RenderableType:
    """A section, its why in a box of its own."""
    return Group(*_section(issue, item))


def _section(issue: Head, item: Section) -> Iterator[RenderableType]:
    yield Text.assemble(
        (plain.one_line(plain.address(issue, item)), _ADDRESS),
        "  ",
        (plain.one_line(item.heading), _TITLE),
        (plain.marks(item), _MARK),
    )
    if item.deck:
        yield Text(plain.one_line(item.deck), _DECK)
    yield Text(plain.byline(issue), _DIM)
    yield Text()
    for part, blocks in plain.parts(item.blocks):
        if part is Part.WHY and item.why:
            yield why(item)
        else:
            yield from _blocks(blocks)
        yield Text()
    targets = [link for link in item.links if link.url]
    for number, link in enumerate(targets, start=1):
        label = f"{link.label}: " if link.label else ""
        yield Padding(
            Text.assemble(
                (f"{number}. ", _DIM),
                plain.one_line(f"{label}{link.text}"),
                "\n",
                (plain.one_line(link.url or ""), Style(color="blue", link=_target(link.url))),
            ),
            (0, 0, 0, 2),
        )


def why(item: Section) -> RenderableType:
    """A “why this matters” in its box."""
    assert item.why is not None  # noqa: S101 - the caller has looked
    return Panel(
        Text(plain.clean(item.why.text)),
        title=Text(plain.why_title(item), style=_WHY),
        title_align="left",
        border_style=_WHY,
    )


def passages(issue: Head, items: Sequence[Section]) -> RenderableType:
    """Several passages, each under its section's heading."""
    parts: list[RenderableType] = []
    for item in items:
        parts.append(
            Text.assemble(
                (plain.one_line(plain.address(issue, item)), _ADDRESS),
                "  ",
                (plain.one_line(item.heading), _TITLE),
            )
        )
        parts.append(Padding(why(item), (0, 0, 1, 0)))
    return Group(*parts)


def whole_issue(issue: Issue) -> RenderableType:
    """An issue's name, intro and contents, then its sections."""
    parts: list[RenderableType] = [Text(plain.byline(issue.head), _TITLE), Text()]
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
            link=_target(run.url),
        )
        text.append(plain.clean(run.text), style)
    return text


def _target(url: str | None) -> str | None:
    """A link's target where a terminal may follow it: http, https and mailto, printable ASCII."""
    safe = url and url.isascii() and url.isprintable()
    return url if safe and url and url.startswith(("http://", "https://", "mailto:")) else None


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on standard error that counts and names what is being read, until the block ends."""
    screen = Console(stderr=True, highlight=False, markup=False, emoji=False)
    count = 0
    with screen.status(Text("reading"), spinner="dots") as status:

        def update(name: str) -> None:
            nonlocal count
            count += 1
            status.update(
                Text(plain.one_line(f"{count}  {name}"), overflow="ellipsis", no_wrap=True)
            )

        yield update
