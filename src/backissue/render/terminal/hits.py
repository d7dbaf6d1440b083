"""Hits of a search on a terminal: four lines each, or one."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from backissue.records import Found, Head, Hit, Places, Section
from backissue.render import presentation as shared
from backissue.render.presentation import View, one_line
from backissue.render.terminal.flow import Flow, folded, indented
from backissue.render.terminal.folding import fold, shortened
from backissue.render.terminal.marks import marked, nowhere
from backissue.render.terminal.passages import Marked, passage

# Longer lines are tiring to read, however wide the terminal.
MEASURE = 96
_LINES = 4  # of a hit
_LINES_WHERE_NARROW = 6
_ROOM_FOR_FOUR = 72  # columns
_NARROW = 60
# A heading folds under itself where what is before it is no wider than this.
_WIDEST_HANG = 14
_NARROWEST_HEADING = 12
_NARROWEST_NAME = 24
_DOT = " · "
_INDENT = 4


class Layout(Struct, frozen=True, kw_only=True):
    """How much room there is, and whether words found have `asterisks` instead of a color."""

    width: int
    height: int
    asterisks: bool


def linked(text: Text, url: str | None) -> Text:
    """A text that leads to a page, if its address is safe to follow."""
    if target := shared.followed(url):
        text.stylize(Style(link=target))
    return text


def heading(head: Head, section: Section, style: str = "title", places: Places = nowhere) -> Text:
    """A section's address and heading, and its kind where it is no story."""
    title = marked(Text(one_line(section.heading), style), "heading", places)
    return Flow.assemble(_address(head, section), "  ", title, _kind(section))


def _address(head: Head, section: Section) -> Text:
    where = one_line(shared.address(head, section.position))
    return linked(Text(where, "address"), head.url)


def _kind(section: Section) -> tuple[str, str]:
    return shared.kind_of(section), "tag"


def hits(answer: Found, view: View, layout: Layout) -> list[Text]:
    """All hits, under their issues if grouped, with a line below each if there is room."""
    blocks = list(_blocks(answer, view, layout))
    close = sum(map(len, blocks)) + 1  # how long is it with the line that counts
    if close < layout.height <= close + len(blocks) and not view.grouped:
        return [line for block in blocks for line in block]
    return [line for block in blocks for line in (*block, Text())]


def _blocks(answer: Found, view: View, layout: Layout) -> Iterator[list[Text]]:
    indent = max((len(str(hit.rank)) for hit in answer.hits), default=0) + 2
    last: str | None = None
    line = shared.below_the_line(answer)
    for hit in answer.hits:
        if hit.rank == line:
            yield [_line(layout)]
            last = None
        number = Text(f"{hit.rank:>{indent - 2}}", "muted")
        lines = list(_hit(hit, view, layout, layout.width - indent))
        block = [Text.assemble(number, "  ", lines[0]), *indented(lines[1:], indent)]
        if view.grouped and hit.issue.key != last:
            block = [*folded(_issue_name(hit.issue), layout.width), *block]
        last = hit.issue.key
        yield block


def _line(layout: Layout) -> Text:
    """What divides the hits that have all words from those that have some."""
    width = min(layout.width, MEASURE)
    return Text(f" {shared.LINE.strip('— ')} ".center(width, "─"), "muted")


def _issue_name(head: Head) -> Text:
    return linked(Text(shared.byline(head), "title"), head.url)


def _hit(hit: Hit, view: View, layout: Layout, width: int) -> Iterator[Text]:
    """Heading; issue, day and remarks; passage. What the query has, no line leaves out."""
    top = list(_heading_lines(hit, layout, width))
    remarks = list(shared.remarks(hit, None))
    about = list(_about(hit, view, layout, remarks, width))
    yield from top
    yield from about
    most = _LINES if layout.width >= _ROOM_FOR_FOUR else _LINES_WHERE_NARROW
    longest = 2 if layout.width >= _NARROW else 3  # lines of a passage
    rows = min(max(most - len(top) - len(about), 1), longest)
    if not _repeats_heading(hit):
        yield from _passage_lines(hit, layout, min(width, MEASURE), None if view.whole else rows)
    if view.explanation:
        for line in list(shared.remarks(hit, view.explanation))[len(remarks) :]:
            yield from folded(Text(line, "muted"), width)


def _repeats_heading(hit: Hit) -> bool:
    """Whether a passage says no more than the heading, as that of a note may."""
    if hit.snippet.highlights and not hit.heading_highlights:
        return False
    texts = (hit.snippet.text, hit.section.heading)
    return len({text.strip(" .…").casefold() for text in texts}) == 1


def _heading_lines(hit: Hit, layout: Layout, width: int) -> Iterator[Text]:
    """Address and heading. A long heading goes on below."""
    lead = Text.assemble(_address(hit.issue, hit.section), "  ")
    size = cell_len(lead.plain)
    if size > width - _NARROWEST_HEADING:
        yield from folded(_address(hit.issue, hit.section), width)
        lead, size = Text(), 0
    words = _with_asterisks(Marked(_cleaned(hit.section.heading), hit.heading_highlights), layout)
    title = _highlighted(words, "title")
    title.append(*_kind(hit.section))
    hang = size if size <= _WIDEST_HANG and width >= _NARROW else 0
    spans = fold(title.plain, width - hang, first=width - size, solid=words.found)
    for place, (start, end) in enumerate(spans or [(0, 0)]):
        yield Text.assemble(" " * hang if place else lead, title[start:end])


def _about(
    hit: Hit, view: View, layout: Layout, remarks: Sequence[str], width: int
) -> Iterator[Text]:
    """Issue and day, where the passage is from, and what it lacks: one line, if it is enough."""
    rest = [Text(remark, "muted") for remark in remarks]
    if hit.snippet.field != "body":
        rest.insert(0, Text(f"[{hit.snippet.field}]", "why"))
    if not view.grouped:
        room = width - sum(cell_len(text.plain) + len(_DOT) for text in rest)
        rest.insert(0, _dated_name(hit, view, layout, max(room, _NARROWEST_NAME)))
    if rest:
        yield from folded(Text(_DOT, "muted").join(rest), width)


def _dated_name(hit: Hit, view: View, layout: Layout, width: int) -> Text:
    """`Import AI 395, 2024-12-23`; with the title, where words were found in that."""
    day = f", {hit.issue.date}" if hit.issue.date else ""
    title, name = one_line(hit.issue.title or ""), shared.name(hit.issue)
    spans = view.places("title", title) if view.places and title else ()
    if not spans:
        return Text(f"{shortened(shared.short_name(hit.issue), width - len(day))}{day}", "muted")
    before = len(name) - len(title)
    found = Marked(name, tuple((before + start, before + end) for start, end in spans))
    shown = passage(_with_asterisks(found, layout), width - len(day), 1)
    return Text.assemble(_highlighted(shown, "muted"), (day, "muted"))


def _passage_lines(hit: Hit, layout: Layout, width: int, rows: int | None) -> Iterator[Text]:
    """The passage in so many rows; with None, all of it."""
    whole = _with_asterisks(Marked(_cleaned(hit.snippet.text), hit.snippet.highlights), layout)
    shown = whole if rows is None else passage(whole, width, rows)
    text = _highlighted(shown, "")
    yield from (text[low:high] for low, high in fold(text.plain, width, solid=shown.found))


def _cleaned(text: str) -> str:
    """A text on one line, each of whose characters stays where it is."""
    return re.sub(r"[\t\n]", " ", shared.clean(text))


def _with_asterisks(whole: Marked, layout: Layout) -> Marked:
    """A passage with asterisks around each word found, where there are no colors."""
    if not layout.asterisks or not whole.found:
        return whole
    text, found, place = "", [], 0
    for start, end in whole.found:
        text += whole.text[place:start]
        found.append((len(text), len(text) + end - start + 2))
        text += f"*{whole.text[start:end]}*"
        place = end
    return Marked(text + whole.text[place:], tuple(found))


def _highlighted(shown: Marked, style: str) -> Text:
    text = Text(shown.text, style)
    for start, end in shown.found:
        text.stylize("match", start, end)
    return text


def brief(answer: Found, layout: Layout) -> list[Text]:
    """A line for each hit: address, day, heading. A heading is cut, but no word found in it."""
    addresses = [_address(hit.issue, hit.section) for hit in answer.hits]
    widest = min(max((cell_len(one.plain) for one in addresses), default=0), layout.width // 3)
    dated = any(hit.issue.date for hit in answer.hits) and layout.width >= _NARROW
    lines: list[Text] = []
    line = shared.below_the_line(answer)
    for hit, where in zip(answer.hits, addresses, strict=True):
        if hit.rank == line:
            lines.append(_line(layout))
        lead = where.copy()
        lead.append(" " * (max(widest - cell_len(where.plain), 0) + 2))
        if dated:
            lead.append(f"{hit.issue.date or '–'!s:10}  ", "muted")
        lines += _brief_lines(hit, (where, lead), layout)
    return lines


def _brief_lines(hit: Hit, leads: tuple[Text, Text], layout: Layout) -> Iterator[Text]:
    """One line, or more if the words found need them. `leads` are the address, alone and padded."""
    where, lead = leads
    words = _with_asterisks(Marked(_cleaned(hit.section.heading), hit.heading_highlights), layout)
    room = layout.width - cell_len(lead.plain)
    if room < _NARROWEST_HEADING:
        yield from folded(where, layout.width)
        lead, room = Text(" " * _INDENT), layout.width - _INDENT
    title = passage(words, room, 1)
    text = _highlighted(title, "title")
    spans = fold(title.text, layout.width - _INDENT, first=room, solid=title.found)
    for place, (start, end) in enumerate(spans or [(0, 0)]):
        yield Text.assemble(" " * _INDENT if place else lead, text[start:end])
