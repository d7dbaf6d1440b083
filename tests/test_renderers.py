"""Each form of output against the records: a field that a form does not show is listed here.

A field added to a record needs a value in its example below, and each form has to show it, or to
leave it out by name: else a test fails that names the form and the field.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from enum import Enum
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from backissue.archive.missing import Missing, MissingKind
from backissue.archive.privacy import Finding
from backissue.records import (
    Block,
    ChangedIssue,
    Confidence,
    DraftRef,
    Flaw,
    Found,
    Head,
    Hit,
    Issue,
    IssueKind,
    Link,
    Origin,
    Outcome,
    Part,
    Passage,
    Reason,
    Related,
    Repair,
    RepairedBlock,
    Report,
    Run,
    Section,
    SectionKind,
    Snippet,
    Status,
    Undated,
)
from backissue.render import rows
from backissue.render.citations import Citation, CitationStyle, citation
from backissue.render.json import JsonRenderer
from backissue.render.plain import PlainRenderer
from backissue.render.presentation import Explanation, View, kind_of, span
from backissue.render.renderer import Renderer
from backissue.render.report import told
from backissue.render.terminal.canvas import Canvas
from backissue.render.terminal.rendering import TerminalRenderer

DAY = date(2024, 12, 23)
HEAD = Head(
    key="quay/48",
    id="48",
    publication="Quay",
    number=48,
    volume=6,
    title="Cranes",
    date=DAY,
    kind=IssueKind.NOTES,
    sections=3,
    words=210,
    sources=("a.txt", "b.txt"),
    url="https://quay.example/48",
)
PASSAGE = Passage(label="Why it matters", thesis="cranes listen", text="They do.")
LINK = Link(label="Read more", text="Paper", url="https://quay.example/paper")
FLAW = Flaw(code="broken-word", text="a crane stan ds")
STEP = Repair(
    rule="ligature",
    before="ﬁt",
    after="fit",
    start=4,
    confidence=Confidence.LIKELY,
    witness="b.txt",
)
REPAIRED = RepairedBlock(source="a.txt", block=7, text="The fit crane", steps=(STEP,))
ORIGIN = Origin(
    part="title", source="a.txt", text="the link", evidence="title line", found="Quay 48: Cranes"
)
SECTION = Section(
    position=2,
    kind=SectionKind.FICTION,
    heading="A crane",
    deck="It stands",
    blocks=(
        Block(runs=(Run(text="The fit crane stands."),)),
        Block(runs=(Run(text="Why"),), part=Part.WHY),
    ),
    why=PASSAGE,
    links=(LINK,),
    mentions=(47, 46),
    words=31,
    repairs=(REPAIRED,),
    flaws=(FLAW,),
    origins=(ORIGIN,),
)
ISSUE = Issue(
    head=HEAD,
    intro="Good morning.",
    sections=(SECTION,),
    boilerplate=("Subscribe",),
    flaws=(Flaw(code="teaser", text="Read on"),),
    drafts=(DraftRef(source="abcd", digest="", place=0),),
    fingerprints=frozenset({1}),
    repairs=(REPAIRED,),
    origins=(ORIGIN,),
)
SNIPPET = Snippet(field="deck", text="It stands", highlights=((3, 9),))
HIT = Hit(
    rank=1,
    score=2.5,
    section=SECTION,
    issue=HEAD,
    snippet=SNIPPET,
    missing=("gantry",),
    instead=(("lift", "hoist"),),
    heading_highlights=((0, 3),),
)
UNDATED = Undated(sections=4, issues=2, newest=HEAD)
FOUND = Found(
    total=3,
    complete=0,
    partial=3,
    hits=(HIT,),
    suggestion="crane",
    relaxed=True,
    undated=UNDATED,
    related_words=("derrick", "winch"),
)
REASON = Reason(kind="words", names=("crane", "quay"))
RELATED = Related(score=1.5, section=SECTION, issue=HEAD, reasons=(REASON,))
MISSING = Missing(
    kind=MissingKind.CUT,
    publication="quay",
    evidence="short",
    first=3,
    last=5,
    issue="48",
    key="quay/48",
    volume=6,
)
FINDING = Finding(about="a.txt", matter="is altered", remedy="ingest it", source="abcd")
UNDO_ROW = rows.UndoRow(
    number=1, when="2024-12-23T10:00:00+00:00", command="set", places=("48", "date="), sources=2
)
OUTCOME = Outcome(
    name="a.txt",
    status=Status.ADDED,
    reason="took long",
    format="html",
    issues=2,
    repaired={"ligature": 3},
    damaged={"broken-word": 1},
)
REPORT = Report(
    outcomes=(OUTCOME,),
    added=(ChangedIssue("quay/48", "48", 3, ("a.txt", "b.txt")),),
    changed=(ChangedIssue("quay/47", "47", 2, ("c.txt", "d.txt")),),
    removed=("quay/46",),
    remarks=("the index is of another version; rebuilt it from the originals",),
)
PUBLICATION = rows.publications([HEAD])[0]
DISK = rows.Disk(place="/letters", bytes=4_250_000, index_bytes=999)
TOTALS = rows.totals([HEAD], {"story": 1, "fiction": 2, "note": 3, "why": 4}, 5, DISK)
(REPAIR_ROW,) = rows.repairs(HEAD, SECTION)
(BLOCK_ROW,) = rows.repaired_blocks(HEAD, SECTION)
ORIGIN_ROW = rows.OriginRow(
    id="48",
    key="quay/48",
    part="healing",
    source="a.txt",
    text="link",
    count=2,
    evidence="Subject",
    found="Quay",
)


CITATION = citation(HEAD, SECTION, CitationStyle.TEXT)
RELATED_ROWS = rows.RelatedRows(of="47.1", key="quay/47.1", items=(RELATED,))


def show_section(present: Renderer, section: Section, head: Head = HEAD) -> None:
    present.section(head, section)
    present.repairs(rows.repairs(head, section), [], undo=False)
    present.provenance(rows.provenance(head, section))
    present.issue(replace(ISSUE, sections=(section,)))


def show_issue(present: Renderer, issue: Issue) -> None:
    present.issue(issue)
    present.repairs(rows.repairs(issue.head, issue), [], undo=False)
    present.provenance(rows.provenance(issue.head, issue))


def show_head(present: Renderer, head: Head) -> None:
    present.issues([head])
    show_issue(present, replace(ISSUE, head=head))


def show_found(present: Renderer, found: Found) -> None:
    explained = Explanation(query="crane", scores=defaultdict(tuple))
    present.hits(found, View(query="crane", explanation=explained))


def show_snippet(present: Renderer, snippet: Snippet) -> None:
    show_found(present, replace(FOUND, hits=(replace(HIT, snippet=snippet),)))


def show_related(present: Renderer, item: Related) -> None:
    present.related([replace(RELATED_ROWS, items=(item,))])


def show_missing(present: Renderer, one: Missing) -> None:
    present.missing([one, replace(one, issue=None)])


def show_origin(present: Renderer, row: rows.OriginRow) -> None:
    said = replace(row, count=None)
    present.provenance([row, said, replace(said, evidence=None)])


def show_report(present: Renderer, report: Report) -> None:
    present.report(report, dry_run=False)
    if not isinstance(present, JsonRenderer):  # people read it on standard error
        present.searches(dict.fromkeys(told(report, dry_run=False), ""))


def in_section(**fields: Any) -> Section:
    return replace(SECTION, **fields)


# Each record, and how the forms come to show it.
SHOWN: list[tuple[Any, Callable[[Renderer, Any], None]]] = [
    (HEAD, show_head),
    (ISSUE, show_issue),
    (SECTION, show_section),
    (PASSAGE, lambda present, one: present.whys([(HEAD, in_section(why=one))], single=True)),
    (LINK, lambda present, one: present.section(HEAD, in_section(links=(one,)))),
    (FLAW, lambda present, one: show_section(present, in_section(flaws=(one,)))),
    (FOUND, show_found),
    (HIT, lambda present, one: show_found(present, replace(FOUND, hits=(one,)))),
    (SNIPPET, show_snippet),
    (RELATED, show_related),
    (REASON, lambda present, one: show_related(present, replace(RELATED, reasons=(one,)))),
    (CITATION, lambda present, one: present.citations([one])),
    (RELATED_ROWS, lambda present, one: present.related([one, one])),
    (MISSING, show_missing),
    (FINDING, lambda present, one: present.findings([one])),
    (UNDO_ROW, lambda present, one: present.undoable([one])),
    (REPORT, show_report),
    (OUTCOME, lambda present, one: show_report(present, replace(REPORT, outcomes=(one,)))),
    (PUBLICATION, lambda present, one: present.publications([one])),
    (TOTALS, lambda present, one: present.stats(one)),
    (REPAIR_ROW, lambda present, one: present.repairs([one], [], undo=False)),
    (BLOCK_ROW, lambda present, one: present.repairs([], [one], undo=True)),
    (ORIGIN_ROW, show_origin),
]  # fmt: skip

INSIDE = {
    "aliases",
    "boilerplate",
    "drafts",
    "fingerprints",
    "spellings",
}  # for merging and further copies
# The command tells people on standard error; a line divides the hits, where there are two kinds.
TOLD = {"suggestion", "relaxed", "undated", "complete", "partial", "related_words"}
# What a form leaves out on purpose.
LEFT_OUT: Mapping[str, Mapping[type, set[str]]] = {
    "json": {
        Issue: INSIDE,
        Finding: {"source"},  # `about` names it
        Report: {"remarks"},  # that an index was rebuilt is news for people
        rows.RepairRow: {"was", "now"},  # a program has `before`, `after` and `context`
    },
    "plain": {
        # `id` is the shortest that is unique; `stats` counts words; `open --print` has the address
        Head: {"key", "words", "url"},
        Issue: {*INSIDE, "flaws"},
        Section: {"mentions", "words"},
        Found: TOLD,
        # The lines are in the order of ranks, and a heading stays as it is.
        Hit: {"rank", "heading_highlights", "complete"},
        Snippet: {"field"},
        Related: {"score"},
        Finding: {"source"},
        Missing: {"key"},
        rows.PublicationRow: {"words"},
        rows.RepairRow: {"key", "block", "start", "before", "after", "context"},
        rows.BlockRow: {"id", "key", "source", "block", "text"},
        rows.OriginRow: {"key"},
        rows.RelatedRows: {"key"},
        Citation: {*Citation.__struct_fields__} - {"text"},  # which has them
    },
    "terminal": {
        Head: {"key", "words", "url"},
        Issue: {*INSIDE, "flaws"},
        Section: {"mentions", "words"},
        Found: TOLD - {"complete"},
        Hit: {"complete"},
        Related: {"score"},
        Finding: {"source"},
        Missing: {"key"},
        rows.PublicationRow: {"sections", "words"},
        rows.RepairRow: {"key", "block", "start", "before", "after", "context"},
        rows.BlockRow: {"id", "key", "source", "block", "text"},
        rows.OriginRow: {"key"},
        rows.RelatedRows: {"key"},
        Citation: {*Citation.__struct_fields__} - {"text"},  # which has them
    },
}


OTHERS: list[tuple[type, Callable[[Any], object]]] = [
    (int, lambda number: number + 1),
    (float, lambda number: number + 1),
    (str, lambda text: "link" if text == REASON.kind else f"{text}x"),
    (date, lambda day: day + timedelta(days=1)),
    (Enum, lambda member: next(one for one in type(member) if one is not member)),
    (Head, lambda head: replace(head, id=f"{head.id}x", title="Otherwise")),
    (Section, lambda section: replace(section, heading="Otherwise")),
    (Undated, lambda undated: replace(undated, sections=9)),
    (Snippet, lambda snippet: replace(snippet, text="Otherwise")),
    (Passage, lambda why: replace(why, text="Otherwise")),
    (Mapping, lambda counts: {**counts, "otherwise": 1}),
    (frozenset, lambda hashes: hashes | {2}),
    (tuple, lambda values: values[:-1]),
]


def other(value: object) -> object:
    """Another value of the same type."""
    for kind, change in OTHERS:
        if isinstance(value, kind):
            return change(value)
    raise AssertionError(f"no other value for {value!r}: give the field one in its example")


def output(form: str, show: Callable[[Renderer, Any], None], record: object) -> str:
    """Everything a form writes and notes of a record."""
    written: list[str] = []
    present: Renderer = {
        "json": lambda: JsonRenderer(written.append),
        "plain": lambda: PlainRenderer(written.append, written.append),
        "terminal": lambda: TerminalRenderer(written.append, written.append, Canvas(width=200)),
    }[form]()
    show(present, record)
    return re.sub(r"id=\d+;", "", "".join(written))  # of a hyperlink, new each time


def cases() -> Iterator[Any]:
    for form in LEFT_OUT:
        for record, show in SHOWN:
            yield pytest.param(form, record, show, id=f"{form}-{type(record).__name__}")


@pytest.mark.parametrize(("form", "record", "show"), list(cases()))
def test_a_form_shows_every_field_of_a_record_or_leaves_it_out_by_name(
    form: str, record: Any, show: Callable[[Renderer, Any], None]
) -> None:
    assert isinstance(record, Struct)
    usual = output(form, show, record)
    assert usual == output(form, show, record)
    ignored = {
        name
        for name in record.__struct_fields__
        if output(form, show, replace(record, **{name: other(getattr(record, name))})) == usual
    }
    assert ignored == LEFT_OUT[form].get(type(record), set())


def test_only_an_unusual_kind_is_named() -> None:
    assert kind_of(replace(SECTION, kind=SectionKind.STORY)) == ""
    assert kind_of(SECTION) == " [fiction]"
    assert kind_of(replace(HEAD, kind=IssueKind.NEWSLETTER)) == ""
    assert kind_of(HEAD) == " [notes]"


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [(386, 396, "386–396"), (3, 3, "3"), (0, 0, "0"), (0, None, "0"), (None, None, "")],
)
def test_a_span_names_each_end_once(first: int | None, last: int | None, shown: str) -> None:
    assert span(first, last) == shown


def merged(*names: str) -> str:
    issue = ChangedIssue("quay/48", "48", 3, names)
    return next(told(Report(added=(issue,)), dry_run=False))


def test_a_report_names_four_sources_of_an_issue_and_counts_the_others() -> None:
    assert merged("a", "b") == "merged a and b: both have issue 48"
    assert merged("a", "b", "c", "d") == "merged a, b, c and d: all have issue 48"
    many = "merged a, b, c, d and 2 more: all have issue 48"
    assert merged("a", "b", "c", "d", "e", "f") == many


def test_a_report_says_in_plain_words_what_was_repaired_and_what_is_missing() -> None:
    def line(**fields: Any) -> str:
        outcome = Outcome(**{"name": "a.txt", "status": Status.ADDED, "format": "html", **fields})
        issue = ChangedIssue("quay/48", "48", 3, ("a.txt",), repaired=True)
        return next(told(Report(outcomes=(outcome,), added=(issue,)), dry_run=False))

    repairs = {"lone-a": 130, "broken-word": 9}
    assert line(issues=1, repaired=repairs, damaged={"broken-word": 2}) == (
        "added a.txt: HTML, 1 issue; repaired 139 places, 2 still damaged: backissue repairs 48"
    )
    assert line(issues=2, repaired={"lone-a": 1}) == (
        "added a.txt: HTML, 2 issues; repaired 1 place: backissue repairs 48"
    )
    assert line(issues=2, damaged={"teaser": 1, "cut-short": 2, "unknown-charset": 1}) == (
        "added a.txt: HTML, 2 issues; 2 issues cut off; only the beginning of 1 issue;"
        " encoding guessed"
    )
    assert line(status=Status.REJECTED, format=None, reason="permission denied") == (
        "cannot read a.txt: permission denied"
    )


def test_only_a_first_report_with_an_issue_says_how_to_search() -> None:
    report = Report(added=(ChangedIssue("quay/48", "48", 3),))
    *_, last = told(report, dry_run=False, first=True)
    assert last == "to search: backissue search WORDS"
    for other in (
        told(report, dry_run=False),
        told(report, dry_run=True, first=True),
        told(Report(), dry_run=False, first=True),
    ):
        assert last not in other


def test_a_report_of_more_than_a_screen_has_lines_only_for_what_needs_a_look() -> None:
    usual = [
        Outcome(name=f"{place}.txt", status=Status.ADDED, format="html") for place in range(30)
    ]
    odd = Outcome(name="odd.txt", status=Status.REJECTED, reason="no text")
    short = list(told(Report(outcomes=(*usual, odd)), dry_run=False))
    assert len(short) == 32
    more = Outcome(name="30.txt", status=Status.ADDED, format="html")
    long = list(told(Report(outcomes=(*usual, more, odd)), dry_run=True))
    assert long == [
        "cannot read odd.txt: no text",
        "sources: 31 added, 1 rejected; nothing changed (dry run: nothing was written)",
    ]


@pytest.mark.parametrize(
    ("total", "footer"), [(1, "1 section"), (3, "3 sections, the first 1 shown; -n 3 shows all")]
)
def test_a_terminal_says_how_many_sections_it_does_not_show(total: int, footer: str) -> None:
    shown = output("terminal", show_found, replace(FOUND, total=total, complete=total))
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()[-1].strip() == footer


def test_a_publication_has_the_name_that_most_of_its_issues_have() -> None:
    names = ["QUAY", "Quay", "Quay", "A Quay", None]
    heads = [replace(HEAD, publication=name) for name in names]
    assert [row.name for row in rows.publications(heads)] == ["Quay"]


def test_totals_end_with_a_line_for_each_publication() -> None:
    nameless = replace(HEAD, publication=None, number=None)
    whole = rows.totals([HEAD, nameless], {"story": 1, "fiction": 2, "note": 3, "why": 4}, 5, DISK)
    assert list(rows.facts(whole))[-2:] == [
        ("(no publication)", "1 issue"),
        ("Quay", "1 issue, number 48"),
    ]
