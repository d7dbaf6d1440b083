"""What the forms of output share: text that is safe to show, addresses, names, spans and counts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from backissue.records import (
    Block,
    Found,
    Head,
    Hit,
    Issue,
    IssueKind,
    Link,
    Part,
    Places,
    Related,
    Section,
    SectionKind,
    numbering,
)

if TYPE_CHECKING:
    from backissue.archive.missing import Missing
    from backissue.index import Earned
    from backissue.query.fields import FieldNote

# What a terminal would obey: C0 except tab and line feed, DEL, C1, and the marks that turn the
# direction of writing. Each becomes U+FFFD, so that you see that something was there.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u206f"
    "\ud800-\udfff]"
)
ALL_COMMANDS = "All commands: backissue help"
# Between the hits that have all words of a query and those that have some of them.
LINE = "— some of the words —"
_MOST_NAMED = 6  # words that a hit lacks
_UNITS = ((1e3, "kB"), (1e6, "MB"), (1e9, "GB"))
_BREAKS = re.compile(r"[\t\n]+")
# Where links lead: http, https and mailto. RFC 3986 has no other signs in them.
_FOLLOWED = re.compile(r"https?://[^/?#]|mailto:[^?#]", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")


def clean(text: str) -> str:
    """`text` without anything a terminal would obey."""
    return _CONTROLS.sub("\ufffd", text)


def one_line(text: str) -> str:
    """`text`, clean, on a single line without tabs, so that it can be a column."""
    return _BREAKS.sub(" ", clean(text))


def followed(url: str | None) -> str | None:
    """A link's target in a form that is safe for a terminal or a browser; None if there is none.

    Only web and mail addresses are safe. A character that no address can have is percent-encoded:
    a space, after which a browser would read an option, a quote, a letter that looks like another.
    """
    if not url or not _FOLLOWED.match(url):
        return None
    return _NO_ADDRESS.sub(lambda char: _percent(char[0]), url)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


def counted(number: int, noun: str) -> str:
    """`1 issue`, `2 issues`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def size(number: int) -> str:
    """A number of bytes in units of 1000.

    >>> size(999), size(4_250_000)
    ('999 bytes', '4.2 MB')
    """
    if number < 1000:
        return counted(number, "byte")
    scaled, unit = next(
        ((number / scale, unit) for scale, unit in _UNITS if number < 999.5 * scale),
        (number / 1e12, "TB"),
    )
    return f"{scaled:.1f} {unit}" if scaled < 9.95 else f"{scaled:.0f} {unit}"


def span(first: object, last: object) -> str:
    """From first to last, as `386–396`; one of them where they are the same, none where unknown."""
    ends = dict.fromkeys(str(end) for end in (first, last) if end is not None)
    return "–".join(ends)


def address(head: Head, position: int) -> str:
    """The address of an issue's section."""
    return f"{head.id}.{position}"


def key(head: Head, position: int) -> str:
    """The full address of an issue's section, which never changes: `import-ai/395.2`."""
    return f"{head.key}.{position}"


def key_of(head: Head, whole: Issue | Section) -> str:
    """The full address of an issue or of its section."""
    return key(head, whole.position) if isinstance(whole, Section) else head.key


def place(head: Head, whole: Issue | Section) -> str:
    """The address of an issue or of its section."""
    return address(head, whole.position) if isinstance(whole, Section) else head.id


def name(head: Head) -> str:
    """An issue's full name: `Import AI 395: AI and energy demand; …`."""
    parts = [head.publication or "", numbering(head.number, head.volume) or ""]
    start = " ".join(part for part in parts if part)
    return one_line(": ".join(part for part in (start, head.title or "") if part) or head.id)


def short_name(head: Head) -> str:
    """An issue's name without its title, if it has a number: `Import AI 395`."""
    if head.number is not None and head.publication:
        return one_line(f"{head.publication} {numbering(head.number, head.volume)}")
    return one_line(head.title or head.publication or head.id)


def byline(head: Head) -> str:
    """An issue's name and day."""
    return f"{name(head)} ({head.date})" if head.date else name(head)


def listed_title(head: Head) -> str:
    """What a list of issues calls an issue: its title, or else its publication."""
    return one_line(head.title or head.publication or "")


def kind_of(record: Head | Section) -> str:
    """The kind of an issue or a section in brackets, ` [fiction]`; "" for the usual kind."""
    usual = record.kind in {IssueKind.NEWSLETTER, SectionKind.STORY}
    return "" if usual else f" [{record.kind.value}]"


def sources(head: Head) -> str:
    """The files that an issue comes from."""
    return f"from {one_line(', '.join(head.sources))}"


def parts(blocks: Sequence[Block]) -> Iterator[tuple[Part, list[Block]]]:
    """The blocks in stretches of body, why and link lines."""
    for part, stretch in groupby(blocks, key=lambda block: block.part):
        yield part, list(stretch)


def why_title(section: Section) -> str:
    """The line above a “why this matters”: its label and thesis."""
    assert section.why is not None  # noqa: S101  # for the type checker: the caller has looked
    label, thesis = section.why.label, section.why.thesis
    return one_line(f"{label}: {thesis}" if thesis else label)


def targets(block: Block) -> tuple[str, ...]:
    """Where a block's links lead, each once, in order."""
    return tuple(dict.fromkeys(run.url for run in block.runs if run.url))


def other_links(section: Section) -> tuple[Link, ...]:
    """The links whose target is in no link line."""
    shown = {url for block in section.blocks if block.part is Part.LINK for url in targets(block)}
    return tuple(link for link in section.links if link.url and link.url not in shown)


def link_words(link: Link) -> str:
    """A link's label and words."""
    label = f"{link.label}: " if link.label else ""
    return one_line(f"{label}{link.text}")


def flaws(section: Section) -> Iterator[str]:
    """What is wrong with a section and could not be repaired, a line each."""
    return (f"({one_line(flaw.code)}: {one_line(flaw.text)})" for flaw in section.flaws)


class Explanation(Struct, frozen=True, kw_only=True):
    """How a query was understood, and by rank what each hit scored for each part of it."""

    query: str
    scores: "Mapping[int, Sequence[Earned]]"


class View(Struct, frozen=True, kw_only=True):
    """What to show of an answer to `query`: all of each hit, or only their number, or a template.

    `template` is a checked template for each hit, and `end` what to write after it; hits may be
    `grouped` under their issues, or `brief`: a line each. `whole` says that no passage is to be
    shortened, and `places` finds the words searched in a title. JSON always has all of
    it, except the explanation.
    """

    query: str
    count: bool = False
    template: str | None = None
    end: str = "\n"
    grouped: bool = False
    brief: bool = False
    whole: bool = False
    places: Places | None = None
    explanation: Explanation | None = None

    @property
    def preface(self) -> Iterator[str]:
        """How the query was understood: in full, with the brackets that you did not type."""
        if self.explanation:
            yield f"understood as: {one_line(self.explanation.query)}"
            yield ""


def remarks(hit: Hit, explanation: Explanation | None) -> Iterator[str]:
    """Which synonyms a hit has, which words it lacks, and why it has its score."""
    if hit.instead:
        yield "has " + ", ".join(f"“{one_line(b)}” for “{one_line(a)}”" for a, b in hit.instead)
    if hit.missing:
        yield "lacks " + first_of([f"“{one_line(word)}”" for word in hit.missing], _MOST_NAMED)
    if explanation:
        yield from _earned(hit, explanation.scores[hit.rank])


def first_of(names: Sequence[str], most: int) -> str:
    """The first of `names`, and how many there are besides.

    >>> first_of(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def below_the_line(answer: Found) -> int | None:
    """The rank of the first hit that has only some of the words, if others have all of them."""
    if not answer.complete:
        return None
    return next((hit.rank for hit in answer.hits if not hit.complete), None)


def hits_counted(answer: Found) -> str:
    """How many sections were found, how many of them are shown, and how to see all."""
    shown = len(answer.hits)
    below = sum(not hit.complete for hit in answer.hits)
    if not answer.complete or not below:
        some = "" if answer.complete else " with some of the words"
        text = counted(answer.total, "section") + some
        if shown < answer.total:
            text += f", the first {shown} shown; -n {answer.total} shows all"
        return text
    text = f"{counted(answer.complete, 'section')}, and {answer.partial} with some of the words"
    if below < answer.partial:
        text += f", the first {below} shown; -n {answer.complete + answer.partial} shows all"
    return text


def highlighted(hit: Hit) -> Iterator[tuple[str, bool]]:
    """A hit's snippet in pieces, each with whether it matched."""
    text, place = hit.snippet.text, 0
    for start, end in hit.snippet.highlights:
        yield text[place:start], False
        yield text[start:end], True
        place = end
    yield text[place:], False


def _earned(hit: Hit, scored: "Sequence[Earned]") -> Iterator[str]:
    """Why a hit has its score: a line for each part of the query that adds to it."""
    yield f"score {hit.score:.4f}"
    for part in scored:
        name, points = one_line(part.part), f"{part.points:+.4f}"
        if part.kind == "share":
            yield f"x {part.factor:.4f}  has {part.share:.0%} of what the words are worth"
        elif part.kind == "form":
            yield f"{points}  {name} in other forms only"
        elif part.kind == "instead":
            weight = f"{part.factor:.2f} of {part.points / part.factor:.4f}; "
            stands = f"“{name}” for “{one_line(part.replaces)}”"
            yield f"{points}  {stands} ({weight}{_found_in(part)})"
        else:
            yield f"{points}  {name} ({_found_in(part)})"


def _found_in(part: "Earned") -> str:
    """How many sections have a part of a query, and where this one has which of its forms."""
    forms = (
        f"{one_line(form.word)}: " + ", ".join(f"{count} in {zone}" for zone, count in form.zones)
        for form in part.forms
    )
    return "; ".join([f"in {counted(part.sections, 'section')}", *forms])


def because(item: Related, of: str) -> str:
    """Why a section belongs with `of`: `395.5 cites 393; both have DeMo, all-reduce`."""
    told = {
        "link": "both link {names}",
        "cites": f"{of} cites {{names}}",
        "cited": f"{address(item.issue, item.section.position)} cites {{names}}",
        "words": "both have {names}",
    }
    reasons = (told[why.kind].format(names=", ".join(why.names)) for why in item.reasons)
    return one_line("; ".join(reasons))


def about(note: "FieldNote") -> str:
    """What a field of the query looks at."""
    return note.what.replace("`", "")


def which(one: "Missing") -> str:
    """The numbers or the issue that is missing."""
    volume = "" if one.volume is None else f"{one.volume}."
    return one.issue or volume + span(one.first, one.last)


def run_cells(run: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """A run of the log in four cells: when, which command, its result, and from where."""
    places = ", ".join(map(str, run.get("from", ())))
    return (str(run["when"]), str(run.get("command")), _result(run), places)


def _result(run: Mapping[str, Any]) -> str:
    """The result of a run: `sources: 5 added, 1 skipped; issues: 12 added`."""
    if run.get("interrupted"):
        return "interrupted"
    issues = {key: len(run.get(key, ())) for key in ("added", "changed", "removed")}
    listed = {
        name: ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        for name, counts in (("sources", run.get("counts", {})), ("issues", issues))
    }
    return "; ".join(f"{name}: {counts}" for name, counts in listed.items() if counts)
