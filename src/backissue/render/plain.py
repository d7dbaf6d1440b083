"""Records as plain lines, for pipes: no colour, no box, no wrapping, no truncation."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from itertools import groupby
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from backissue.errors import UsageError
from backissue.records import Block, Found, Head, Hit, Issue, Part, Related, Report, Section
from backissue.render import presentation as shared
from backissue.render.presentation import clean, one_line
from backissue.render.rows import BlockRow, OriginRow, PublicationRow, RepairRow, Totals, facts
from backissue.text.prose import plain

if TYPE_CHECKING:
    from backissue.archive.health import Finding
    from backissue.archive.missing import Missing
    from backissue.query import Query
    from backissue.query.fields import FieldNote

P = ParamSpec("P")
R = TypeVar("R", bound="PlainRenderer")
_NONE: Mapping[int, Sequence[str]] = {}


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

    @written
    def issues(self, heads: Sequence[Head]) -> Iterator[str]:
        """Address, day, number of sections, title."""
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

    @written
    def whys(self, head: Head, sections: Sequence[Section], *, single: bool) -> Iterator[str]:
        """Label and thesis, then the passage; of several, each below its section's heading."""
        for place, section in enumerate(sections):
            if place:
                yield ""
            if not single:
                yield f"{shared.address(head, section.position)}  {one_line(section.heading)}"
            yield from _why(section)

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
    def findings(self, found: Sequence["Finding"]) -> Iterator[str]:
        """What is wrong, and what to do."""
        return (one_line(f"{one.about}: {one.matter}; {one.remedy}") for one in found)

    @written
    def fields(self, notes: Iterable["FieldNote"]) -> Iterator[str]:
        """Name, type, example, and what it is."""
        for note in notes:
            yield _row(note.field.value, note.type, note.examples[0], shared.about(note))

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


def found(answer: Found, explained: Mapping[int, Sequence[str]] = _NONE) -> Iterator[str]:
    """Three lines a hit and a blank one between two hits; matched words stand between asterisks.

    What a hit lacks of the query, and why it scored (`explained`, by rank), stand below it.
    """
    for hit in answer.hits:
        if hit.rank > answer.hits[0].rank:
            yield ""
        yield f"{_heading(hit.issue, hit.section)}"
        yield f"    {shared.byline(hit.issue)}"
        yield f"    {one_line(marked(hit))}"
        yield from (f"    {line}" for line in (*shared.remarks(hit), *explained.get(hit.rank, ())))


def understood(asked: "Query") -> Iterator[str]:
    """How a query was understood: in full, with the brackets that are not typed."""
    yield f"understood as: {one_line(str(asked))}"
    yield ""


def grouped(answer: Found, explained: Mapping[int, Sequence[str]]) -> Iterator[str]:
    """Hits under their issues: a line an issue, two a hit and what `explained` says of it."""
    for place, (_, hits) in enumerate(groupby(answer.hits, key=lambda hit: hit.issue.key)):
        for number, hit in enumerate(hits):
            if not number:
                yield from ("",) if place else ()
                yield shared.byline(hit.issue)
            yield f"  {_heading(hit.issue, hit.section)}"
            yield f"      {one_line(marked(hit))}"
            notes = (*shared.remarks(hit), *explained.get(hit.rank, ()))
            yield from (f"      {line}" for line in notes)


def related(items: Iterable[Related], of: str) -> Iterator[str]:
    """What belongs with the section `of`: a line a section, and one below it with the reasons."""
    for item in items:
        yield f"{_heading(item.issue, item.section)}"
        yield f"    {shared.because(item, of)}"


_VALUES: Mapping[str, Callable[[Hit], object]] = {
    "rank": lambda hit: hit.rank,
    "id": lambda hit: shared.address(hit.issue, hit.section.position),
    "score": lambda hit: f"{hit.score:.4f}",
    "heading": lambda hit: hit.section.heading,
    "deck": lambda hit: hit.section.deck,
    "kind": lambda hit: hit.section.kind.value,
    "words": lambda hit: hit.section.words,
    "snippet": lambda hit: hit.snippet.text,
    "field": lambda hit: hit.snippet.field,
    "issue": lambda hit: hit.issue.id,
    "publication": lambda hit: hit.issue.publication,
    "number": lambda hit: hit.issue.number,
    "title": lambda hit: hit.issue.title,
    "date": lambda hit: hit.issue.date,
    "url": lambda hit: hit.issue.url,
}
TEMPLATE_NAMES = tuple(_VALUES)
_SLOT = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\\([tn0\\])|([{}])")
_ESCAPES = {"t": "\t", "n": "\n", "0": "\0", "\\": "\\"}


def checked_template(template: str) -> str:
    """`template`, if it can be filled. Raises `UsageError` naming what is wrong in it."""
    for match in _SLOT.finditer(template):
        if match[3]:
            raise UsageError(
                f"a lone {match[3]} in the template (column {match.start() + 1})",
                hint="write {{ or }} for a brace",
            )
        if match[1] is not None and match[1] not in _VALUES:
            raise UsageError(
                f"no “{{{match[1]}}}” in a hit", hint=f"there are {', '.join(TEMPLATE_NAMES)}"
            )
    return template


def filled(answer: Found, template: str) -> Iterator[str]:
    r"""The template for each hit, what is absent as nothing: `{id}`, `\t`, `\n`, `{{`."""
    for hit in answer.hits:
        yield _SLOT.sub(lambda match, hit=hit: _slot(match, hit), template)  # type: ignore[misc]


def _slot(match: re.Match[str], hit: Hit) -> str:
    if match[1] is not None:
        value = _VALUES[match[1]](hit)
        return "" if value is None else one_line(str(value))
    return _ESCAPES[match[2]] if match[2] else match[0][0]


def marked(hit: Hit) -> str:
    """A snippet with each matched stretch between asterisks."""
    pieces = (f"*{piece}*" if matched else piece for piece, matched in shared.highlighted(hit))
    return "".join(pieces)
