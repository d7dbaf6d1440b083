"""Records as plain lines, for pipes: no colour, no box, no wrapping, no truncation."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from backissue.errors import UsageError
from backissue.records import (
    Block,
    Found,
    Head,
    Hit,
    Issue,
    IssueKind,
    Link,
    Part,
    Related,
    Section,
    SectionKind,
)
from backissue.text.prose import plain

if TYPE_CHECKING:
    from backissue.archive.health import Finding
    from backissue.archive.missing import Gap
    from backissue.index.search import explaining
    from backissue.query import Query

# What a terminal would obey: C0 but for tab and line feed, DEL, C1, and the marks that turn the
# direction of writing. Each becomes U+FFFD, so that a reader sees that something was there.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u206f"
    "\ud800-\udfff]"
)
# Where links lead: http, https and mailto. RFC 3986 has no other signs in them.
_FOLLOWED = re.compile(r"https?://[^/?#]|mailto:[^?#]", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_NONE: Mapping[int, Sequence[str]] = {}
_BREAKS = re.compile(r"[\t\n]+")


def clean(text: str) -> str:
    """`text` without anything a terminal would obey."""
    return _CONTROLS.sub("\ufffd", text)


def one_line(text: str) -> str:
    """`text`, clean, on a single line without tabs, so that it can be a column."""
    return _BREAKS.sub(" ", clean(text))


def followed(url: str | None) -> str | None:
    """A link's target as a terminal or a browser may be given it; None where it may not be.

    It is a web or mail address, in which whatever has no place there is written as `%20`: a space,
    behind which a browser would read an option, a quote, a letter that looks like another.
    """
    if not url or not _FOLLOWED.match(url):
        return None
    return _NO_ADDRESS.sub(lambda char: _percent(char[0]), url)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


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


def found(answer: Found, explained: Mapping[int, Sequence[str]] = _NONE) -> Iterator[str]:
    """Three lines a hit and a blank one between two hits; matched words stand between asterisks.

    What a hit lacks of the query, and why it scored (`explained`, by rank), stand below it.
    """
    for hit in answer.hits:
        if hit.rank > answer.hits[0].rank:
            yield ""
        where = address(hit.issue, hit.section)
        yield f"{where}  {one_line(hit.section.heading)}{marks(hit.section)}"
        yield f"    {byline(hit.issue)}"
        yield f"    {one_line(marked(hit))}"
        yield from (f"    {line}" for line in (*lacks(hit), *explained.get(hit.rank, ())))


def lacks(hit: Hit) -> Iterator[str]:
    """What a hit lacks of the query, and what stands in it for words of the query."""
    if hit.instead:
        yield "has " + ", ".join(f"“{one_line(b)}” for “{one_line(a)}”" for a, b in hit.instead)
    if hit.missing:
        yield "lacks " + ", ".join(f"“{one_line(word)}”" for word in hit.missing)


def understood(asked: "Query") -> Iterator[str]:
    """How a query was understood: in full, with the brackets that are not typed."""
    yield f"understood as: {one_line(str(asked))}"
    yield ""


def earned(hit: Hit, parts: "Sequence[explaining.Earned]") -> Iterator[str]:
    """Why a hit scored as it did: a line for each part of the query that earned something."""
    yield f"score {hit.score:.4f}"
    for part in parts:
        forms = "; ".join(
            f"{one_line(form.word)}: "
            + ", ".join(f"{count} in {zone}" for zone, count in form.zones)
            for form in part.forms
        )
        if part.kind == "loose":
            yield f"{part.points:+.4f}  for what it lacks, and has instead"
            continue
        rare = f"in {part.sections} sections" if part.sections != 1 else "in 1 section"
        what = {"near": " close together", "form": " in other forms only"}.get(part.kind, "")
        said = f"{part.points:+.4f}  {one_line(part.part)}{what} ({rare}"
        yield f"{said}; {forms})" if forms else f"{said})"


def grouped(answer: Found, explained: Mapping[int, Sequence[str]]) -> Iterator[str]:
    """Hits under their issues: a line an issue, two a hit and what `explained` says of it."""
    for place, (_, hits) in enumerate(groupby(answer.hits, key=lambda hit: hit.issue.key)):
        for number, hit in enumerate(hits):
            if not number:
                yield from ("",) if place else ()
                yield byline(hit.issue)
            where = address(hit.issue, hit.section)
            yield f"  {where}  {one_line(hit.section.heading)}{marks(hit.section)}"
            yield f"      {one_line(marked(hit))}"
            notes = (*lacks(hit), *explained.get(hit.rank, ()))
            yield from (f"      {line}" for line in notes)


def findings(found: Iterable["Finding"]) -> Iterator[str]:
    """A line for each thing wrong: what, and what to do."""
    for one in found:
        yield one_line(f"{one.about}: {one.matter}; {one.remedy}")


def gaps(found: Iterable["Gap"]) -> Iterator[str]:
    """A line for each thing missing, its values apart by tabs."""
    for gap in found:
        yield "\t".join([gap.publication, gap.lack.value, which(gap), one_line(gap.evidence)])


def which(gap: "Gap") -> str:
    """The numbers or the issue that a gap is about."""
    return gap.issue or span(gap.first, gap.last)


def related(items: Iterable[Related], of: str) -> Iterator[str]:
    """What belongs with the section `of`: a line a section, and one below it with the reasons."""
    for item in items:
        where = address(item.issue, item.section)
        yield f"{where}  {one_line(item.section.heading)}{marks(item.section)}"
        yield f"    {because(item, of)}"


def because(item: Related, of: str) -> str:
    """Why a section belongs with `of`: `395.5 cites 393; both have DeMo, all-reduce`."""
    told = {
        "link": "both link {names}",
        "cites": f"{of} cites {{names}}",
        "cited": f"{address(item.issue, item.section)} cites {{names}}",
        "words": "both have {names}",
    }
    reasons = (told[why.kind].format(names=", ".join(why.names)) for why in item.reasons)
    return one_line("; ".join(reasons))


_VALUES: Mapping[str, Callable[[Hit], object]] = {
    "rank": lambda hit: hit.rank,
    "id": lambda hit: address(hit.issue, hit.section),
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
    """What is wrong with a section and could not be repaired, a line each."""
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
