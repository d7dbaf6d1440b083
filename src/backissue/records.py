"""The frozen types that cross borders: what a source, an issue, a section and a hit are.

Nothing here knows a file format, an index or a terminal. Every sequence is a tuple, so that a
record can be shared, hashed and compared; what is absent is `None`, never an empty guess.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


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
    """What a line of a document is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEM = "item"
    QUOTE = "quote"
    RULE = "rule"


class Part(Enum):
    """Which part of its section a block belongs to."""

    BODY = "body"
    WHY = "why"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of an issue as a whole. A reader's word and a document's have the same form."""

    publication: str | None = None
    number: int | None = None
    title: str | None = None
    date: datetime.date | None = None
    kind: IssueKind | None = None
    url: str | None = None


NO_FACTS = Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of text with one look: plain, strong, emphasis, or a link to `url`."""

    text: str
    strong: bool = False
    emphasis: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One line of a document.

    `joined` says that only a line break, not a blank line, parts it from the block before.
    `level` is a heading's rank (1 is the highest) or a list item's depth (1 is the outermost).
    """

    kind: BlockKind = BlockKind.PARAGRAPH
    runs: tuple[Run, ...] = ()
    level: int = 0
    joined: bool = False
    part: Part = Part.BODY

    @property
    def text(self) -> str:
        """The block's words, without marks."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Something a section points to. `label` is a link line's lead (`Read more`)."""

    label: str | None
    text: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A labelled passage: `label` as written, the `thesis` behind it, and the words themselves."""

    label: str
    thesis: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """One repair: at `start` of the mended block, `before` stood where `after` stands now."""

    rule: str
    before: str
    after: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Something wrong that could not be put right: `code` names it, `text` shows it in context."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
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
    mends: tuple[Mend, ...] = ()
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is said of an issue in a list.

    `key` is its full address, unique in an archive (`import-ai/395`); `id` is the shortest address
    that is (`395`); `url` is where it was published.
    """

    key: str
    id: str
    publication: str | None
    number: int | None
    title: str | None
    date: datetime.date | None
    kind: IssueKind
    sections: int
    words: int
    sources: tuple[str, ...]
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRef:
    """Which draft of which source.

    `source` is the sha256 of its bytes; `said` digests what the reader said about that source when
    the draft was read; `place` counts the source's drafts from 0. A `loose` draft does not say
    itself which issue it is of, and belongs to whichever it is most alike.
    """

    source: str
    said: str
    place: int
    loose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue, made of all copies held of it.

    `boilerplate` keeps the recognised lines that are in no section (greeting, byline, buttons).
    `prints` are the fingerprints of its sentences, by which further copies are recognised.
    """

    head: Head
    intro: str | None
    sections: tuple[Section, ...]
    boilerplate: tuple[str, ...]
    flaws: tuple[Flaw, ...]
    drafts: tuple[DraftRef, ...]
    prints: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """The passage of a section that best answers a query.

    `highlights` are (start, end) offsets into `text`, in code points, sorted and disjoint.
    """

    field: str
    text: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A section that answers a query, `rank` counting from 1."""

    rank: int
    score: float
    section: Section
    issue: Head
    snippet: Snippet


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer to a query: how many sections in all, those asked for, and a better spelling."""

    total: int
    hits: tuple[Hit, ...]
    suggestion: str | None


class Status(Enum):
    """What became of one input."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One input: what became of it, and why; how often each rule mended it, what stays damaged."""

    name: str
    status: Status
    reason: str | None = None
    format: str | None = None
    issues: int = 0
    mended: Mapping[str, int] = field(default_factory=dict)
    damaged: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run did: each input's outcome, and the issues that came, changed and went."""

    outcomes: tuple[Outcome, ...] = ()
    added: tuple[Head, ...] = ()
    changed: tuple[Head, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def rejected(self) -> tuple[Outcome, ...]:
        """The inputs that could not be taken in."""
        return tuple(outcome for outcome in self.outcomes if outcome.status is Status.REJECTED)
