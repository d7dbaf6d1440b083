"""Records as plain lines, for pipes: no colour, no box, no wrapping, no truncation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from backissue.records import Block, Found, Head, Issue, Part, Places, Report, Section, Undated
from backissue.render import presentation as shared
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
from backissue.render.theses import story_link, thesis

if TYPE_CHECKING:
    from backissue.archive.missing import Missing
    from backissue.archive.privacy import Finding
    from backissue.query.fields import FieldNote
    from backissue.render.citations import Citation

Counts = Sequence[tuple[str, int]]
P = ParamSpec("P")
R = TypeVar("R", bound="PlainRenderer")


def written(
    lines: Callable[Concatenate[R, P], Iterable[str]],
) -> Callable[Concatenate[R, P], None]:
    """A method that gives lines, as one that writes them."""

    @wraps(lines)
    def write(self: R, /, *args: P.args, **kwargs: P.kwargs) -> None:
        for line in lines(self, *args, **kwargs):
            self.write(line + "\n")

    return write


class PlainRenderer:
    """Lines for a pipe. `write` gets the results, `note` what only a person wants to know."""

    def __init__(self, write: Callable[[str], object], note: Callable[[str], None]) -> None:
        self.write = write
        self.note = note

    def mark(self, places: Places) -> None:
        """Nothing: a program reads the text as it is."""

    @written
    def issues(self, heads: Sequence[Head], *, as_sorted: bool = False) -> Iterator[str]:
        """Address, day, number of sections, title."""
        del as_sorted
        for head in heads:
            title = shared.listed_title(head) + shared.kind_of(head)
            yield _row(head.id, head.date, head.sections, title)

    @written
    def publications(self, rows: Sequence[PublicationRow]) -> Iterator[str]:
        """Short name, issues, sections, first and last number, first and last day, name."""
        for row in rows:
            numbers, days = (row.first, row.last), (row.first_date, row.last_date)
            yield _row(row.slug, row.issues, row.sections, *numbers, *days, row.name)

    @written
    def stats(self, totals: Totals) -> Iterator[str]:
        """Name and value."""
        return (f"{name}\t{value}" for name, value in facts(totals))

    @written
    def overview(self, whole: Overview) -> Iterator[str]:
        """How much there is and where, the newest issues, and what to type."""
        yield " ".join(whole.headline)
        yield ""
        for head in whole.newest:
            yield f"  {head.id}  {head.date or ''}  {shared.listed_title(head)}"
        yield ""
        for command, about in whole.suggestions:
            yield f"  {command}  ({about})"
        yield ""
        yield shared.ALL_COMMANDS

    @written
    def section(self, head: Head, section: Section) -> Iterator[str]:
        """Address and heading, deck, issue, text with the why set apart, links."""
        return _section(head, section)

    @written
    def issue(self, issue: Issue) -> Iterator[str]:
        """Name, sources, intro and list of sections, then the sections."""
        yield shared.byline(issue.head)
        yield shared.sources(issue.head)
        if issue.intro:
            yield ""
            yield clean(issue.intro)
        yield ""
        for section in issue.sections:
            yield f"  {_heading(issue.head, section)}"
        for section in issue.sections:
            yield ""
            yield ""
            yield from _section(issue.head, section)

    def records(self, items: Iterable[tuple[Head, Issue | Section]]) -> None:
        """Each as it is shown alone, with two empty lines between."""
        for place, (head, whole) in enumerate(items):
            if place:
                self.write("\n\n")
            if isinstance(whole, Section):
                self.section(head, whole)
            else:
                self.issue(whole)

    @written
    def whys(self, items: Sequence[tuple[Head, Section]], *, single: bool) -> Iterator[str]:
        """Label, thesis and passage; of several, each below its heading, issue and link."""
        for place, (head, section) in enumerate(items):
            if place:
                yield ""
            if not single:
                yield _heading(head, section)
                yield f"    {shared.byline(head)}"
                if url := story_link(head, section):
                    yield f"    {url}"
            yield from _why(section)

    @written
    def theses(self, items: Sequence[tuple[Head, Section]]) -> Iterator[str]:
        """Address, and thesis or first sentence."""
        return (_row(shared.address(head, one.position), thesis(one)) for head, one in items)

    @written
    def provenance(self, rows: Sequence[OriginRow]) -> Iterator[str]:
        """Address, part, source, and which link or how many places."""
        return (_row(row.id, row.part, row.giver, row.what) for row in rows)

    @written
    def repairs(
        self, rows: Sequence[RepairRow], blocks: Sequence[BlockRow], *, undo: bool
    ) -> Iterator[str]:
        """Address, rule, confidence, word before and after, source, witness; or the blocks."""
        if not undo:
            for row in rows:
                words = (row.was, row.now)
                yield _row(row.id, row.rule, row.confidence.value, *words, row.source, row.witness)
            return
        for place, block in enumerate(blocks):
            if place:
                yield ""
            yield clean(block.original)

    def hits(self, answer: Found, view: View) -> None:
        if view.count:
            self.write(f"{answer.total}\n")
        elif view.template is not None:
            from backissue.render.listed import HITS  # noqa: PLC0415 - only what has a template
            from backissue.render.template import filled  # noqa: PLC0415 - as above

            for hit in answer.hits:
                self.write(filled(view.template, hit, HITS.fields) + view.end)
        else:
            self.full_hits(answer, view)

    def full_hits(self, answer: Found, view: View) -> None:
        """Three lines a hit, with asterisks around matched words, and below it its remarks."""
        if view.brief:
            self._brief(answer)
        else:
            self._hits(answer, view)
        if shared.below_the_line(answer):
            self.note(shared.hits_counted(answer))
        elif len(answer.hits) < answer.total:
            shown, total = len(answer.hits), answer.total
            self.note(f"{shown} of {total} sections; -n {total} shows all")

    @written
    def _brief(self, answer: Found) -> Iterator[str]:
        """Address, day, heading."""
        for hit in answer.hits:
            where = shared.address(hit.issue, hit.section.position)
            yield _row(where, hit.issue.date, hit.section.heading)

    @written
    def _hits(self, answer: Found, view: View) -> Iterator[str]:
        yield from view.preface
        last, indent = None, "  " if view.grouped else ""
        line = shared.below_the_line(answer)
        for hit in answer.hits:
            if hit.rank == line:
                yield from ("", shared.LINE)
                last = ""
            starts = not view.grouped or hit.issue.key != last
            if last is not None and starts:
                yield ""
            if view.grouped and starts:
                yield shared.byline(hit.issue)
            yield f"{indent}{_heading(hit.issue, hit.section)}"
            if not view.grouped:
                yield f"    {shared.byline(hit.issue)}"
            pieces = (f"*{piece}*" if hot else piece for piece, hot in shared.highlighted(hit))
            yield f"{indent}    {one_line(''.join(pieces))}"
            yield from (f"{indent}    {line}" for line in shared.remarks(hit, view.explanation))
            last = hit.issue.key

    @written
    def facet(
        self, query: str, name: str, total: int, counts: Counts, undated: Undated | None = None
    ) -> Iterator[str]:
        """Number of sections, and value."""
        del query, name, total, undated
        return (_row(count, value) for value, count in counts)

    @written
    def citations(self, found: Sequence["Citation"]) -> Iterator[str]:
        """A line each; entries of several lines with an empty line between."""
        for place, one in enumerate(found):
            if place and "\n" in one.text:
                yield ""
            yield one.text

    @written
    def related(self, groups: Sequence[RelatedRows]) -> Iterator[str]:
        """The section, and below it the reasons; of several, below what they belong with."""
        for place, group in enumerate(groups):
            if place:
                yield ""
            if len(groups) > 1:
                yield f"related to {group.of}:"
            for item in group.items:
                yield _heading(item.issue, item.section)
                yield f"    {shared.because(item, group.of)}"

    @written
    def searches(self, saved: Mapping[str, str]) -> Iterator[str]:
        """Name and query."""
        return (_row(f":{name}", query) for name, query in saved.items())

    @written
    def missing(self, missing: Sequence["Missing"]) -> Iterator[str]:
        """Publication, kind, which issues, evidence."""
        for one in missing:
            yield _row(one.publication, one.kind.value, shared.which(one), one.evidence)

    @written
    def log(self, runs: Sequence[Mapping[str, object]]) -> Iterator[str]:
        """Time, command, result, and from where."""
        return (_row(*shared.run_cells(run)) for run in runs)

    @written
    def undoable(self, runs: Sequence[UndoRow]) -> Iterator[str]:
        """Place, time, command, number of sources, and what was named."""
        return (
            _row(run.number, run.when, run.command, run.sources, ", ".join(run.places))
            for run in runs
        )

    @written
    def findings(self, found: Sequence["Finding"]) -> Iterator[str]:
        """What is wrong, and what to do."""
        return (one_line(f"{one.about}: {one.matter}; {one.remedy}") for one in found)

    @written
    def settings(self, rows: Sequence[SettingRow]) -> Iterator[str]:
        """Key, value, kind of origin, and origin."""
        for row in rows:
            yield _row(row.key, row.value, row.source, row.origin)

    @written
    def fields(self, notes: Iterable["FieldNote"]) -> Iterator[str]:
        """Name, type, example, and what it is."""
        for note in notes:
            yield _row(note.field.value, note.type, note.examples[0], shared.about(note))

    @written
    def page(self, text: str) -> Iterator[str]:
        """Headings in capitals, tables in columns."""
        from backissue.render.manual import in_plain_text  # noqa: PLC0415  # rarely needed

        return in_plain_text(text)

    def report(self, report: Report, *, dry_run: bool) -> None:
        """Nothing: the report is on standard error."""


def _row(*cells: object) -> str:
    """Cells separated by tabs, `-` for what is not known."""
    return "\t".join(one_line("-" if cell is None else str(cell)) for cell in cells)


def _heading(head: Head, section: Section) -> str:
    where = shared.address(head, section.position)
    return f"{where}  {one_line(section.heading)}{shared.kind_of(section)}"


def _section(head: Head, section: Section) -> Iterator[str]:
    yield _heading(head, section)
    if section.deck:
        yield one_line(section.deck)
    yield shared.byline(head)
    from backissue.text.prose import plain  # noqa: PLC0415  # only what shows a section's text

    for part, blocks in shared.parts(section.blocks):
        yield ""
        match part:
            case Part.WHY if section.why:
                yield from _why(section)
            case Part.LINK:
                yield from map(_with_targets, blocks)
            case _:
                yield clean(plain(blocks))
    if others := shared.other_links(section):
        yield ""
        yield "Links:"
        yield from (f"  {shared.link_words(link)} <{one_line(link.url or '')}>" for link in others)
    if section.flaws:
        yield ""
        yield from shared.flaws(section)


def _with_targets(block: Block) -> str:
    """A link line, and behind it where it leads."""
    urls = (f"<{one_line(url)}>" for url in shared.targets(block))
    return " ".join([one_line(block.text), *urls])


def _why(section: Section) -> Iterator[str]:
    if section.why:
        yield shared.why_title(section)
        yield ""
        yield clean(section.why.text)
