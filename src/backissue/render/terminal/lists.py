"""Lists of issues, publications, repairs, runs and the like, as lines for a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from backissue.records import Head, Places, Section
from backissue.render import presentation as shared
from backissue.render.manual import PartKind, parts, without_marks
from backissue.render.presentation import one_line
from backissue.render.rows import (
    OriginRow,
    Overview,
    PublicationRow,
    RelatedRows,
    RepairRow,
    SettingRow,
    UndoRow,
)
from backissue.render.terminal.flow import folded, indented
from backissue.render.terminal.hits import MEASURE, heading, linked
from backissue.render.terminal.marks import marked
from backissue.render.terminal.tables import Column, table
from backissue.render.theses import thesis

if TYPE_CHECKING:
    from backissue.archive.missing import Missing
    from backissue.archive.privacy import Finding
    from backissue.query.fields import FieldNote

Lines = list[Text]

_WIDEST_THESES = MEASURE + 10  # longer lines are tiring to read
_WIDEST_PAGE = 120

_SHELF = (
    Column(name="issue", style="address", lead=True),
    Column(name="date", style="muted"),
    Column(name="sections", style="muted", right=True, unit="section"),
    Column(name="title", lead=True),
)


def issues(heads: Sequence[Head], width: int) -> Lines:
    """Issues below their publications, which are named where there are several."""
    shelves = _shelves(heads)
    lines: Lines = []
    for shelf in shelves:
        if len(shelves) > 1:
            lines += [Text()] if lines else []
            lines += folded(_shelf_name(shelf), width)
        lines += table(_SHELF, [_shelf_row(head) for head in shelf], width)
    return lines


def newest_last(heads: Sequence[Head]) -> list[Head]:
    """The issues of each publication the other way round."""
    return [head for shelf in _shelves(heads) for head in reversed(shelf)]


def sorted_issues(heads: Sequence[Head], width: int) -> Lines:
    """Issues in one table; a column names their publications where there are several."""
    if len({head.slug for head in heads}) < 2:
        return table(_SHELF, [_shelf_row(head) for head in heads], width)
    columns = (*_SHELF[:-1], Column(name="publication", style="muted"), _SHELF[-1])
    rows = []
    for head in heads:
        *cells, title = _shelf_row(head)
        rows.append([*cells, Text(one_line(head.publication or "")), title])
    return table(columns, rows, width)


def _shelves(heads: Sequence[Head]) -> list[list[Head]]:
    return [list(shelf) for _, shelf in groupby(heads, key=lambda head: head.slug)]


def _shelf_name(shelf: Sequence[Head]) -> Text:
    name = next((head.publication for head in shelf if head.publication), "(no publication)")
    count = shared.counted(len(shelf), "issue")
    return Text.assemble((one_line(name), "title"), (f"  {count}", "muted"))


def _shelf_row(head: Head) -> list[Text]:
    title = Text.assemble(shared.listed_title(head), (shared.kind_of(head), "tag"))
    where = linked(Text(one_line(head.id)), head.url)
    return [where, Text(str(head.date or "")), Text(str(head.sections)), title]


_PUBLICATIONS = (
    Column(name="publication", style="address", lead=True),
    Column(name="issues", right=True, unit="issue"),
    Column(name="numbers", style="muted"),
    Column(name="days", style="muted"),
    Column(name="name", style="title", lead=True),
)


def publications(rows: Sequence[PublicationRow], width: int) -> Lines:
    """Short name, number of issues, first and last number and day, name."""
    cells = [
        (
            row.slug,
            row.issues,
            shared.span(row.first, row.last),
            shared.span(row.first_date, row.last_date),
            row.name or "",
        )
        for row in rows
    ]
    return table(_PUBLICATIONS, _texts(cells), width)


def facts(pairs: Iterable[tuple[str, str]], width: int) -> Lines:
    """Names, and values beside them."""
    columns = (Column(name="", style="muted", lead=True), Column(name="", lead=True))
    return table(columns, _texts(pairs), width, header=False)


def theses(items: Iterable[tuple[Head, Section]], width: int, places: Places) -> Lines:
    """Address, and what the why of the section says in one line."""
    columns = (Column(name="", style="address", lead=True), Column(name="", lead=True))
    rows = [
        [
            linked(Text(one_line(shared.address(head, section.position))), head.url),
            marked(Text(thesis(section)), "why", places),
        ]
        for head, section in items
    ]
    return table(columns, rows, min(width, _WIDEST_THESES), header=False)


def provenance(rows: Sequence[OriginRow], width: int) -> Lines:
    """Which source gave what."""
    columns = (
        Column(name="id", style="address", lead=True),
        Column(name="part", lead=True),
        Column(name="source", style="muted"),
        Column(name="what"),
    )
    cells = [(row.id, row.part, row.giver, row.what) for row in rows]
    return table(columns, _texts(cells), width)


def repairs(rows: Sequence[RepairRow], width: int) -> Lines:
    """Each repair: its place, rule and confidence, the word before and after, the sources."""
    columns = (
        Column(name="id", style="address", lead=True),
        Column(name="rule", lead=True),
        Column(name="confidence", style="muted"),
        Column(name="before"),
        Column(name="after", joint=" → "),
        Column(name="source", style="muted"),
        Column(name="witness", style="muted"),
    )
    cells = [
        (one.id, one.rule, one.confidence.value, one.was, one.now, one.source, one.witness)
        for one in rows
    ]
    return table(columns, _texts(cells), width)


def related(groups: Sequence[RelatedRows], width: int) -> Lines:
    """Numbered sections, and below each why it belongs with the section asked about."""
    indent = len(str(sum(len(group.items) for group in groups))) + 2
    lines: Lines = []
    number = 0
    for group in groups:
        if len(groups) > 1:
            lines += [Text()] if lines else []
            lines += folded(Text(f"related to {group.of}", "muted"), width)
        for one in group.items:
            number += 1
            lines += [Text()] if lines else []
            own = folded(heading(one.issue, one.section), width - indent)
            why = Text(shared.because(one, group.of), "muted")
            own += folded(why, min(width - indent, MEASURE))
            lines.append(Text.assemble((f"{number:>{indent - 2}}  ", "muted"), own[0]))
            lines += indented(own[1:], indent)
    return lines if number else []


def missing(found: Sequence["Missing"], width: int) -> Lines:
    """What seems to be missing, below its publication."""
    columns = (
        Column(name="kind", style="tag", lead=True),
        Column(name="issue", style="address", lead=True),
        Column(name="evidence", style="muted"),
    )
    lines: Lines = []
    for slug, own in groupby(found, key=lambda one: one.publication):
        lines += [Text()] if lines else []
        lines += folded(Text(one_line(slug), "title"), width)
        cells = [(one.kind.value, shared.which(one), one.evidence) for one in own]
        lines += table(columns, _texts(cells), width, header=False)
    return lines


def log(runs: Sequence[Mapping[str, object]], width: int) -> Lines:
    """Past runs: when, which command, its result, and from where."""
    columns = (
        Column(name="when", style="muted", lead=True),
        Column(name="command", lead=True),
        Column(name="result"),
        Column(name="from", style="muted"),
    )
    cells = [shared.run_cells(run) for run in runs]
    rows = [(when[:16].replace("T", " "), *rest) for when, *rest in cells]
    return table(columns, _texts(rows), width)


def undoable(runs: Sequence[UndoRow], width: int) -> Lines:
    """Runs that can be taken back: place, when, which command, how many sources, and what."""
    columns = (
        Column(name="", style="address", lead=True, right=True),
        Column(name="when", style="muted", lead=True),
        Column(name="command", lead=True),
        Column(name="sources", right=True, unit="source"),
        Column(name="what", style="muted"),
    )
    rows = [
        (str(run.number), run.when, run.command, str(run.sources), ", ".join(run.places))
        for run in runs
    ]
    shown = [(at, when.removesuffix("+00:00").replace("T", " "), *rest) for at, when, *rest in rows]
    return table(columns, _texts(shown), width)


def settings(rows: Iterable[SettingRow], width: int) -> Lines:
    """Keys of the configuration: value, and where it comes from."""
    columns = (
        Column(name="key", style="address", lead=True),
        Column(name="value", lead=True),
        Column(name="from", style="muted"),
    )
    return table(columns, _texts((row.key, row.value or "", row.giver) for row in rows), width)


def overview(whole: Overview, width: int) -> Lines:
    """What the archive has, its newest issues, and what to type."""
    return list(_overview(whole, width))


def _newest(heads: Sequence[Head], width: int) -> Iterator[Text]:
    """A line for each issue; one with a long address has its title on a line of its own."""
    short = [head for head in heads if len(head.id) <= max(width // 4, 8)]
    ids = max((len(head.id) for head in short), default=0)
    dated = any(head.date for head in heads)
    for head in heads:
        day = f"{head.date or ''!s:<12}" if dated else ""
        title = Text.assemble(shared.listed_title(head), (shared.kind_of(head), "tag"))
        name = Text(f"{one_line(head.id):<{ids}}", "address")
        if head in short:
            rows = [Text.assemble("  ", name, "  ", (day, "muted"), title)]
        else:
            above = Text.assemble(name, "  ", (day.rstrip(), "muted"))
            rows = [*indented(folded(above, width - 2), 2), Text.assemble("      ", title)]
        rows[-1].truncate(width, overflow="ellipsis")
        yield from rows


def _overview(whole: Overview, width: int) -> Iterator[Text]:
    amount, where = whole.headline
    yield from folded(Text(amount, "title"), width)
    yield from folded(Text(where, "muted"), width)
    yield from (Text(), Text("Newest issues"))
    yield from _newest(whole.newest, width)
    yield from (Text(), Text("To go on"))
    room = max(len(command) for command, _ in whole.suggestions) + 2
    for command, about in whole.suggestions:
        note = about if 2 + room + len(about) <= width else ""
        shown = f"{command:<{room}}" if note else command
        line = Text.assemble((shown, "title"), (note, "muted"))
        yield from indented(folded(line, width - 2), 2)
    yield from (Text(), Text(shared.ALL_COMMANDS, "muted"))


def fields(notes: Iterable["FieldNote"], width: int) -> Lines:
    """The fields of the query language."""
    columns = (
        Column(name="name", style="address", lead=True),
        Column(name="example", lead=True),
        Column(name="about", style="muted"),
    )
    cells = [(note.field.value, note.examples[0], shared.about(note)) for note in notes]
    return table(columns, _texts(cells), width)


def findings(found: Iterable["Finding"], width: int) -> Lines:
    """What is wrong, and below it what to do."""
    lines: Lines = []
    for one in found:
        what = Text.assemble((f"{one_line(str(one.about))}: ", "address"), one_line(one.matter))
        lines += folded(what, min(width, MEASURE))
        lines += indented(folded(Text(one_line(one.remedy), "muted"), min(width, MEASURE) - 4), 4)
    return lines


def pairs(rows: Iterable[tuple[str, str]], width: int, *, right: bool = False) -> Lines:
    """Two columns without names, such as saved searches, or counts (`right`) and values."""
    columns = (Column(name="", style="address", right=right, lead=True), Column(name="", lead=True))
    return table(columns, _texts(rows), width, header=False)


def _texts(rows: Iterable[Sequence[object]]) -> list[list[Text]]:
    """Cells as safe text; what is not known is empty."""
    return [[Text("" if one is None else one_line(str(one))) for one in row] for row in rows]


def page(text: str, width: int) -> Lines:
    """A page of the manual: its paragraphs and tables flow to the width."""
    lines: Lines = []
    for part in parts(text):
        lines += [Text()] if lines else []
        match part.kind:
            case PartKind.HEADING:
                lines += folded(Text(without_marks(part.lines[0]).upper(), "title"), width)
            case PartKind.PARAGRAPH:
                lines += folded(_prose(" ".join(part.lines)), min(width, MEASURE))
            case PartKind.CODE:
                for line in part.lines:
                    lines += indented(folded(Text(line.strip(), "code"), width - 4), 4)
            case PartKind.TABLE:
                lines += _manual_table(part.rows, min(width, _WIDEST_PAGE))
    return lines


def _manual_table(rows: Sequence[Sequence[str]], width: int) -> Lines:
    columns = [Column(name=name, lead=not place) for place, name in enumerate(rows[0])]
    cells = [[_prose(cell) for cell in row] for row in rows[1:]]
    return indented(table(columns, cells, width - 2), 2)


def _prose(text: str) -> Text:
    """A text with the code in it in its own style."""
    pieces = text.split("`")
    return Text.assemble(*((piece, "code" if at % 2 else "") for at, piece in enumerate(pieces)))
