"""Records as plain lines, for pipes: no colour, no box, no wrapping, no truncation."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from backissue.prose import plain
from backissue.records import (
    Block,
    Found,
    Head,
    Hit,
    Issue,
    IssueKind,
    Link,
    Part,
    Section,
    SectionKind,
)

# What a terminal would obey: C0 but for tab and line feed, DEL, C1, and the marks that turn the
# direction of writing. Each becomes U+FFFD, so that a reader sees that something was there.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAKS = re.compile(r"[\t\n]+")


def clean(text: str) -> str:
    """`text` without anything a terminal would obey."""
    return _CONTROLS.sub("\ufffd", text)


def one_line(text: str) -> str:
    """`text`, clean, on a single line without tabs, so that it can be a column."""
    return _BREAKS.sub(" ", clean(text))


def address(issue: Head, section: Section) -> str:
    """A section's address."""
    return f"{issue.id}.{section.position}"


def name(issue: Head) -> str:
    """An issue's full name: `Import AI 395: AI and energy demand; …`."""
    parts = [issue.publication or "", str(issue.number) if issue.number is not None else ""]
    start = " ".join(part for part in parts if part)
    return one_line(": ".join(part for part in (start, issue.title or "") if part) or issue.id)


def byline(issue: Head) -> str:
    """An issue's name and day."""
    return f"{name(issue)} ({issue.date})" if issue.date else name(issue)


def made_of(issue: Head) -> str:
    """The files an issue was made of."""
    return f"from {one_line(', '.join(issue.sources))}"


def marks(section: Section) -> str:
    """What a hit that is no story is marked with."""
    return "" if section.kind is SectionKind.STORY else f" [{section.kind.value}]"


def issues(heads: Iterable[Head]) -> Iterator[str]:
    """One line an issue: address, date, sections, title, apart by tabs."""
    for head in heads:
        notes = " [notes]" if head.kind is IssueKind.NOTES else ""
        title = one_line(head.title or head.publication or "")
        yield f"{head.id}\t{head.date or '-'}\t{head.sections}\t{title}{notes}"


def publications(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One line a publication, its values apart by tabs, `-` for what is not known."""
    keys = ("slug", "issues", "sections", "first", "last", "first_date", "last_date", "name")
    for row in rows:
        yield "\t".join(one_line(str("-" if row[key] is None else row[key])) for key in keys)


def found(answer: Found) -> Iterator[str]:
    """Three lines a hit and a blank one between two hits; matched words stand between asterisks."""
    for hit in answer.hits:
        if hit.rank > answer.hits[0].rank:
            yield ""
        where = address(hit.issue, hit.section)
        yield f"{where}  {one_line(hit.section.heading)}{marks(hit.section)}"
        yield f"    {byline(hit.issue)}"
        yield f"    {one_line(marked(hit))}"


def marked(hit: Hit) -> str:
    """A snippet with each matched stretch between asterisks."""
    text, pieces, place = hit.snippet.text, [], 0
    for start, end in hit.snippet.highlights:
        pieces += [text[place:start], "*", text[start:end], "*"]
        place = end
    return "".join([*pieces, text[place:]])


def section(issue: Head, item: Section) -> Iterator[str]:
    """A section: address and heading, deck, issue, body with the why set apart, links."""
    yield f"{address(issue, item)}  {one_line(item.heading)}{marks(item)}"
    if item.deck:
        yield one_line(item.deck)
    yield byline(issue)
    for part, blocks in parts(item.blocks):
        yield ""
        match part:
            case Part.WHY if item.why:
                yield from why(item)
            case Part.LINK:
                yield from (_with_targets(block) for block in blocks)
            case _:
                yield clean(plain(blocks))
    if others := other_links(item):
        yield ""
        yield "Links:"
        yield from (f"  {link_line(link)}" for link in others)
    if item.flaws:
        yield ""
        yield from flaws(item)


def flaws(item: Section) -> Iterator[str]:
    """What is wrong with a section and could not be put right, a line each."""
    return (f"({one_line(flaw.code)}: {one_line(flaw.text)})" for flaw in item.flaws)


def _with_targets(block: Block) -> str:
    """A link line, and behind it where it leads."""
    return " ".join([one_line(block.text), *(f"<{one_line(url)}>" for url in targets(block))])


def targets(block: Block) -> tuple[str, ...]:
    """Where a block's links lead, each once, in order."""
    return tuple(dict.fromkeys(run.url for run in block.runs if run.url))


def other_links(item: Section) -> tuple[Link, ...]:
    """The links with a target that stands in no link line."""
    shown = {url for block in item.blocks if block.part is Part.LINK for url in targets(block)}
    return tuple(link for link in item.links if link.url and link.url not in shown)


def parts(blocks: Sequence[Block]) -> Iterator[tuple[Part, list[Block]]]:
    """The blocks in stretches of body, why and link lines."""
    for part, stretch in groupby(blocks, key=lambda block: block.part):
        yield part, list(stretch)


def why(item: Section) -> Iterator[str]:
    """A section's “why this matters”: label and thesis, then the passage."""
    if item.why:
        yield why_title(item)
        yield ""
        yield clean(item.why.text)


def why_title(item: Section) -> str:
    """The line a passage stands under."""
    assert item.why is not None  # noqa: S101 - the caller has looked
    label, thesis = item.why.label, item.why.thesis
    return one_line(f"{label}: {thesis}" if thesis else label)


def link_line(link: Link) -> str:
    """A link's label, words and target."""
    label = f"{link.label}: " if link.label else ""
    return one_line(f"{label}{link.text} <{link.url}>")


def contents(issue: Issue) -> Iterator[str]:
    """An issue's name, intro and list of sections."""
    yield byline(issue.head)
    yield made_of(issue.head)
    if issue.intro:
        yield ""
        yield clean(issue.intro)
    yield ""
    for item in issue.sections:
        yield f"  {address(issue.head, item)}  {one_line(item.heading)}{marks(item)}"


def whole_issue(issue: Issue) -> Iterator[str]:
    """An issue: its contents, then its sections."""
    yield from contents(issue)
    for item in issue.sections:
        yield ""
        yield ""
        yield from section(issue.head, item)


def passages(issue: Head, items: Sequence[Section]) -> Iterator[str]:
    """Several passages, each under its section's heading."""
    for place, item in enumerate(items):
        if place:
            yield ""
        yield f"{address(issue, item)}  {one_line(item.heading)}"
        yield from why(item)


def span(first: object, last: object) -> str:
    """From first to last, as `386–396`; one of them where they are the same, none where unknown."""
    ends = dict.fromkeys(str(end) for end in (first, last) if end is not None)
    return "–".join(ends)


def totals(counts: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What an archive holds, as names and values in words."""
    for key, value in counts.items():
        if isinstance(value, list):
            for row in value:
                yield one_line(str(row["name"] or "(no publication)")), _span(row)
        elif value is not None:
            yield key, f"{value:,}" if isinstance(value, int) else str(value)


def _span(row: Mapping[str, object]) -> str:
    span = f", numbers {row['first']} to {row['last']}" if row["first"] is not None else ""
    issues = "1 issue" if row["issues"] == 1 else f"{row['issues']} issues"
    return issues + span
