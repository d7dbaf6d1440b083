"""The frozen types that cross borders: what a source, an issue, a section and a hit are.

Nothing here knows a file format, an index or a terminal. Every sequence is a tuple, so that a
record can be shared, hashed and compared; what is absent is `None`, never an empty guess.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct, field


class IssueKind(Enum):
    """What an issue is: a number of a newsletter, or a reader's notes on something."""

    NEWSLETTER = "newsletter"
    NOTES = "notes"


class SectionKind(Enum):
    """What a section is: reported story, the fiction that closes an issue, or one note."""

    STORY = "story"
    FICTION = "fiction"
    NOTE = "note"


class BlockKind(Enum):
    """What a line of a document is; a piece of code and a table are one block each.

    The text of `CODE` has its own line breaks and indents. Each line of the text of a `TABLE` is a
    row, in which tabs part the cells.
    """

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEM = "item"
    QUOTE = "quote"
    RULE = "rule"
    CODE = "code"
    TABLE = "table"


# Blocks of several lines that are the author's, and whose white space counts.
VERBATIM = frozenset({BlockKind.CODE, BlockKind.TABLE})


class Part(Enum):
    """Which part of its section a block belongs to."""

    BODY = "body"
    WHY = "why"
    LINK = "link"


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of an issue, from you or from a document; its `number` counts in its `volume`.

    `subtitle` is the line an author puts under a title; it opens the intro.
    """

    publication: str | None = None
    number: int | None = None
    volume: int | None = None
    title: str | None = None
    date: datetime.date | None = None
    kind: IssueKind | None = None
    url: str | None = None
    subtitle: str | None = None


NO_FACTS = Facts()


class Run(Struct, frozen=True, kw_only=True):
    """A stretch of text with one look: plain, strong, emphasis, or a link to `url`."""

    text: str
    strong: bool = False
    emphasis: bool = False
    url: str | None = None


class Block(Struct, frozen=True, kw_only=True):
    """One line of a document.

    `joined` says that only a line break, not a blank line, parts it from the block before.
    `level` is a heading's rank (1 is the highest), a list item's depth (1 is the outermost), or 1
    for a table whose first row has the names of its columns.
    """

    kind: BlockKind = BlockKind.PARAGRAPH
    runs: tuple[Run, ...] = ()
    level: int = 0
    joined: bool = False
    part: Part = Part.BODY

    @property
    def text(self) -> str:
        """The block's words, without marks."""
        return self.runs[0].text if len(self.runs) == 1 else "".join(run.text for run in self.runs)


class Link(Struct, frozen=True, kw_only=True):
    """Something a section points to. `label` is a link line's lead (`Read more`)."""

    label: str | None
    text: str
    url: str | None


class Passage(Struct, frozen=True, kw_only=True):
    """A labelled passage: `label` as written, the `thesis` behind it, and the words themselves."""

    label: str
    thesis: str | None
    text: str


class Confidence(Enum):
    """How sure a repair is: proved, told by its neighbours, or the likeliest of several."""

    CERTAIN = "certain"
    LIKELY = "likely"
    GUESSED = "guessed"


class Repair(Struct, frozen=True, kw_only=True):
    """One repair: at `start` of the repaired block, `after` replaced `before`.

    `witness` is the source whose copy had `after`, where the block's own text did not tell it.
    """

    rule: str
    before: str
    after: str
    start: int
    confidence: Confidence = Confidence.CERTAIN
    witness: str | None = None


def replay_backwards(text: str, steps: Sequence[Repair]) -> Iterator[tuple[Repair, str, str]]:
    """Each repair, the last one first, with the text before it and the text after it."""
    for repair in reversed(steps):
        before = text[: repair.start] + repair.before + text[repair.start + len(repair.after) :]
        yield repair, before, text
        text = before


class RepairedBlock(Struct, frozen=True, kw_only=True):
    """A block that was repaired: its whole text, and its repairs in the order they were made.

    `block` counts the document's blocks from 0; None is a title outside the blocks, as a feed's.
    """

    source: str
    block: int | None
    text: str
    steps: tuple[Repair, ...]

    @property
    def original(self) -> str:
        """The text before any repair."""
        *_, text = self.text, *(before for _, before, _ in replay_backwards(self.text, self.steps))
        return text


class Origin(Struct, frozen=True, kw_only=True):
    """Which source gave a part: `text`, `deck`, `link`, `title`, …; `text` says which link.

    No source: you gave it. `evidence` is the kind of evidence that decided a fact (`title line`),
    and `found` the words in which it was found, where they are not just the fact.
    """

    part: str
    source: str | None
    text: str | None = None
    evidence: str | None = None
    found: str | None = None


# The flaws of a text that only announces an issue, as a feed's summary does, and that breaks off.
TEASER, CUT_SHORT = "teaser", "cut-short"


class Flaw(Struct, frozen=True, kw_only=True):
    """Something wrong that could not be repaired: `code` names it, `text` shows it in context."""

    code: str
    text: str


class Doubt(Struct, frozen=True, kw_only=True):
    """A stretch of text, still damaged (`flaw`) or repaired with `confidence` at most.

    Another copy may have it undamaged.
    """

    start: int
    end: int
    confidence: Confidence | None = None
    flaw: Flaw | None = None


class Section(Struct, frozen=True, kw_only=True):
    """One story, tale or note: the unit of search. `position` counts from 1 within its issue."""

    position: int
    kind: SectionKind
    heading: str
    deck: str | None
    blocks: tuple[Block, ...]
    why: Passage | None
    links: tuple[Link, ...]
    mentions: tuple[int, ...]
    words: int
    repairs: tuple[RepairedBlock, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    origins: tuple[Origin, ...] = ()


def slug_of(key: str) -> str:
    """The publication's part of a full address: `import-ai` of `import-ai/395`."""
    return key.partition("/")[0]


def numbering(number: int | None, volume: int | None = None) -> str | None:
    """An issue's number, with its volume's before it: `395`, `15.28`; None if it has none."""
    return None if number is None else f"{number}" if volume is None else f"{volume}.{number}"


class Head(Struct, frozen=True, kw_only=True):
    """An issue without its sections: what a list shows.

    `key` is its full address, unique in an archive (`import-ai/395`); `id` the shortest that is.
    """

    key: str
    id: str
    publication: str | None
    number: int | None
    volume: int | None = None
    title: str | None
    date: datetime.date | None
    kind: IssueKind
    sections: int
    words: int
    sources: tuple[str, ...]
    url: str | None = None

    @property
    def slug(self) -> str:
        """The publication's part of the address."""
        return slug_of(self.key)


class DraftRef(Struct, frozen=True, kw_only=True):
    """Which draft of which source.

    `source` is the sha256 of its bytes; `digest` is that of its record when the draft was read;
    `place` counts the source's drafts from 0. A `loose` draft does not say itself which issue it is
    of, and belongs to the one it is most alike. `content` digests all that it says: drafts with one
    content are interchangeable; "" is like no other. `text` digests only its sentences
    and which issue its source says it is, not what you set: a removed issue is recognised by it.
    """

    source: str
    digest: str
    place: int
    loose: bool = False
    content: str = ""
    text: str = ""


class Issue(Struct, frozen=True, kw_only=True):
    """One issue, merged from all its copies in the archive.

    `boilerplate` keeps the recognised lines that are in no section (greeting, byline, buttons).
    `fingerprints` are the fingerprints of its sentences, by which further copies are recognised.
    `repairs` and `origins` are of what is in no section: title, date, intro, boilerplate.
    `aliases` are full addresses that it has while less is known of it or of its namesakes.
    """

    head: Head
    intro: str | None
    sections: tuple[Section, ...]
    boilerplate: tuple[str, ...]
    flaws: tuple[Flaw, ...]
    drafts: tuple[DraftRef, ...]
    fingerprints: frozenset[int]
    repairs: tuple[RepairedBlock, ...] = ()
    origins: tuple[Origin, ...] = ()
    aliases: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()  # what its copies call its publication


Spans = tuple[tuple[int, int], ...]  # (start, end) in a text: code points, sorted, disjoint


class Snippet(Struct, frozen=True, kw_only=True):
    """The passage of a section that best answers a query, by the words at `highlights`."""

    field: str
    text: str
    highlights: Spans


# Finds the words of a search in a text of a field (`body`, `why`, …): sorted, disjoint offsets.
Places = Callable[[str, str], Sequence[tuple[int, int]]]


class Hit(Struct, frozen=True, kw_only=True):
    """A section that answers a query, `rank` counting from 1.

    A `complete` one has all words of the query. `missing` are those that it lacks; `instead` are
    words of the query and what stands for them here: synonyms, or words of the same origin.
    """

    rank: int
    score: float
    section: Section
    issue: Head
    snippet: Snippet
    complete: bool = True
    missing: tuple[str, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()
    heading_highlights: Spans = ()


class Undated(Struct, frozen=True, kw_only=True):
    """Sections, and their issues, that may be of the days asked for; `newest` is the last issue."""

    sections: int
    issues: int
    newest: Head


class Found(Struct, frozen=True, kw_only=True):
    """The answer to a query: how many sections it finds, those asked for, and a better spelling.

    `complete` have all of it, `partial` only some of its words. `total` is the first, or in a
    `relaxed` answer (if that is 0) the second, which has `related_words` to try. What is `undated`
    is left out.
    """

    total: int
    complete: int
    partial: int
    hits: tuple[Hit, ...]
    suggestion: str | None
    relaxed: bool = False
    undated: Undated | None = None
    related_words: tuple[str, ...] = ()


class Reason(Struct, frozen=True, kw_only=True):
    """Why two sections belong together, with addresses, issues or words, the strongest first.

    `kind` is `link` (both link the same), `cites`, `cited` or `words` (rare words in both).
    """

    kind: str
    names: tuple[str, ...]


class Related(Struct, frozen=True, kw_only=True):
    """A section that belongs with another, and why. Scores of one answer compare."""

    score: float
    section: Section
    issue: Head
    reasons: tuple[Reason, ...]


# Counts of nothing, shared, since most inputs have nothing to count.
NONE: Mapping[str, int] = MappingProxyType({})


class Status(Enum):
    """What became of one input."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    REMOVED = "removed"


class Outcome(Struct, frozen=True, kw_only=True):
    """One input: what became of it, and why; its repairs by rule, and what stays damaged."""

    name: str
    status: Status
    reason: str | None = None
    format: str | None = None
    issues: int = 0
    repaired: Mapping[str, int] = field(default_factory=lambda: NONE)
    damaged: Mapping[str, int] = field(default_factory=lambda: NONE)


class ChangedIssue(NamedTuple):
    """An issue that a run made or changed; `sources` if there are several, or it was `repaired`."""

    # No more than a report tells, since a run may have many.

    key: str
    id: str
    sections: int
    sources: tuple[str, ...] = ()
    repaired: bool = False


class Report(Struct, frozen=True, kw_only=True):
    """What a run did: each input's outcome, the issues that came, changed and went; what it met."""

    outcomes: tuple[Outcome, ...] = ()
    added: tuple[ChangedIssue, ...] = ()
    changed: tuple[ChangedIssue, ...] = ()
    removed: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def rejected(self) -> tuple[Outcome, ...]:
        """The inputs that could not be ingested."""
        return tuple(outcome for outcome in self.outcomes if outcome.status is Status.REJECTED)
