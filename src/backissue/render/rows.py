"""Records that are counted or joined for a list: publications, totals, repairs, provenance."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from backissue.records import (
    Confidence,
    Head,
    Issue,
    Related,
    RepairedBlock,
    Section,
    replay_backwards,
)
from backissue.render.presentation import counted, key_of, one_line, place, size

if TYPE_CHECKING:
    from backissue.archive.history import PastRun

_AROUND = 24  # characters of context on either side of a repair


class PublicationRow(Struct, frozen=True, kw_only=True):
    """How many issues of a publication there are: `first` and `last` are numbers of issues."""

    slug: str
    name: str | None
    issues: int
    first: int | None
    last: int | None
    sections: int
    words: int
    first_date: date | None
    last_date: date | None


class Totals(Struct, frozen=True, kw_only=True):
    """What an archive holds; `whys` are sections with a “why this matters”.

    `place` is its folder, `bytes` the size of the originals, `index_bytes` that of the index.
    """

    place: str
    bytes: int
    index_bytes: int
    issues: int
    sections: int
    words: int
    stories: int
    tales: int
    notes: int
    whys: int
    sources: int
    first_date: date | None
    last_date: date | None
    publications: tuple[PublicationRow, ...]


class SettingRow(Struct, frozen=True, kw_only=True):
    """A key of the configuration, and its value: None if nothing sets it.

    `source` is `option`, `environment`, `file` or `default`; `origin` is which option, environment
    variable or file it is.
    """

    key: str
    value: str | None
    source: str
    origin: str | None

    @property
    def giver(self) -> str:
        """Where the value comes from, in a word: `$PAGER`, `--width`, `file`."""
        match self.source:
            case "environment":
                return f"${self.origin}"
            case "option":
                return f"{self.origin}"
        return "not set" if self.value is None else self.source


def publications(heads: Iterable[Head]) -> list[PublicationRow]:
    """A row for each publication, by its short name; its name is the one most issues have."""
    by_slug: dict[str, list[Head]] = defaultdict(list)
    for head in heads:
        by_slug[head.slug].append(head)
    rows = []
    for slug, own in sorted(by_slug.items()):
        names = Counter(head.publication for head in own if head.publication)
        usual = min(names, key=lambda name: (-names[name], name), default=None)
        rows.append(_row(slug, usual, own))
    return rows


class Overview(Struct, frozen=True, kw_only=True):
    """What `backissue` alone shows: `suggestions` are commands, each with what it does."""

    totals: Totals
    newest: tuple[Head, ...]
    suggestions: tuple[tuple[str, str], ...]

    @property
    def headline(self) -> tuple[str, str]:
        """How much there is, and where."""
        whole = self.totals
        names = sum(row.name is not None for row in whole.publications)
        of_several = f" of {names} publications" if names > 1 else ""
        amount = (
            f"{counted(whole.issues, 'issue')}{of_several}, "
            f"{counted(whole.sections, 'section')}, "
            f"{whole.words:,} {'word' if whole.words == 1 else 'words'}"
        )
        return amount, f"in {one_line(whole.place)}"


class Disk(Struct, frozen=True, kw_only=True):
    """Where an archive is, and how large: bytes of the originals, and of the index."""

    place: str
    bytes: int
    index_bytes: int


def totals(heads: Sequence[Head], counts: Mapping[str, int], sources: int, disk: Disk) -> Totals:
    """The totals of all issues; `counts` are sections by kind, and `why`, those with a why."""
    by_name: dict[str, list[Head]] = defaultdict(list)
    for head in heads:
        by_name[head.publication or ""].append(head)
    whole = _row("", None, heads)
    return Totals(
        **asdict(disk),
        issues=whole.issues,
        sections=whole.sections,
        words=whole.words,
        stories=counts["story"],
        tales=counts["fiction"],
        notes=counts["note"],
        whys=counts["why"],
        sources=sources,
        first_date=whole.first_date,
        last_date=whole.last_date,
        publications=tuple(_row("", name or None, own) for name, own in sorted(by_name.items())),
    )


def facts(whole: Totals) -> Iterator[tuple[str, str]]:
    """Totals as names and values in words, then each publication."""
    yield "place", one_line(whole.place)
    yield "originals", size(whole.bytes)
    yield "index", size(whole.index_bytes)
    for name, value in list(asdict(whole).items())[3:]:
        if isinstance(value, tuple):
            yield from map(_publication_fact, value)
        elif value is not None:
            yield name, f"{value:,}" if isinstance(value, int) else str(value)


def _publication_fact(row: PublicationRow) -> tuple[str, str]:
    numbers = ""
    if row.first is not None:
        one = row.first == row.last
        numbers = f", number {row.first}" if one else f", numbers {row.first} to {row.last}"
    return one_line(row.name or "(no publication)"), counted(row.issues, "issue") + numbers


def _row(slug: str, name: str | None, heads: Sequence[Head]) -> PublicationRow:
    numbers = [head.number for head in heads if head.number is not None]
    days = [head.date for head in heads if head.date]
    return PublicationRow(
        slug=slug,
        name=name,
        issues=len(heads),
        first=min(numbers, default=None),
        last=max(numbers, default=None),
        sections=sum(head.sections for head in heads),
        words=sum(head.words for head in heads),
        first_date=min(days, default=None),
        last_date=max(days, default=None),
    )


class RelatedRows(Struct, frozen=True, kw_only=True):
    """The sections that belong with the section `of`, whose full address is `key`."""

    of: str
    key: str
    items: tuple[Related, ...]


class BlockRow(Struct, frozen=True, kw_only=True):
    """A block that was repaired; `id` is the address of its section, or else of the issue.

    `key` is the full address, which never changes.
    """

    id: str
    key: str
    source: str
    block: int | None
    text: str
    original: str


class RepairRow(Struct, frozen=True, kw_only=True):
    """One repair: `start` is an offset into the block's text at the time it was made.

    `was` and `now` are `before` and `after` with the rest of their word (`event- ually` and
    `eventually`); `context` is `after` with what is around it; `key` is the full address.
    """

    id: str
    key: str
    source: str
    block: int | None
    start: int
    rule: str
    before: str
    after: str
    confidence: Confidence
    witness: str | None
    context: str
    was: str
    now: str


def repaired_blocks(head: Head, whole: Issue | Section) -> list[BlockRow]:
    """The repaired blocks of an issue and its sections, or of one section."""
    return [
        BlockRow(
            id=place(head, part),
            key=key_of(head, part),
            source=block.source,
            block=block.block,
            text=block.text,
            original=block.original,
        )
        for part in _parts(whole)
        for block in part.repairs
    ]


def repairs(head: Head, whole: Issue | Section) -> list[RepairRow]:
    """Each repair, in the order in which they were made within a block."""
    return [
        row
        for part in _parts(whole)
        for block in part.repairs
        for row in reversed(list(_undone(head, part, block)))
    ]


def _parts(whole: Issue | Section) -> Iterator[Issue | Section]:
    """An issue and its sections, or one section."""
    yield whole
    if isinstance(whole, Issue):
        yield from whole.sections


def _undone(head: Head, part: Issue | Section, block: RepairedBlock) -> Iterator[RepairRow]:
    """The repairs of a block, the last one first."""
    for repair, _, text in replay_backwards(block.text, block.steps):
        end = repair.start + len(repair.after)
        lead, trail = text[max(repair.start - _AROUND, 0) : repair.start], text[end : end + _AROUND]
        start_of_word, end_of_word = re.split(r"\s", lead)[-1], re.split(r"\s", trail)[0]
        yield RepairRow(
            id=place(head, part),
            key=key_of(head, part),
            source=block.source,
            block=block.block,
            context=" ".join(f"{lead}{repair.after}{trail}".split()),
            was=f"{start_of_word}{repair.before}{end_of_word}",
            now=f"{start_of_word}{repair.after}{end_of_word}",
            **asdict(repair),
        )


class OriginRow(Struct, frozen=True, kw_only=True):
    """Which source gave a part of an issue or section, and what decided it.

    `source` is None for what you said; `text` says which link; `evidence` is the kind of evidence,
    with the words it was `found` in; `count` is how many places of another source it repaired.
    `key` is the full address, which never changes.
    """

    id: str
    key: str
    part: str
    source: str | None
    text: str | None = None
    count: int | None = None
    evidence: str | None = None
    found: str | None = None

    @property
    def giver(self) -> str:
        """The source's name, or `said`."""
        return "said" if self.source is None else self.source

    @property
    def what(self) -> str | None:
        """How many places were repaired, or which evidence or link it was."""
        if self.count is not None:
            return counted(self.count, "place")
        if self.evidence and self.found:
            return f"{self.evidence}: “{self.found}”"
        return self.evidence or self.text


def provenance(head: Head, whole: Issue | Section) -> list[OriginRow]:
    """Which source gave what, and on which evidence; and which repaired another's damage."""
    rows = []
    for part in _parts(whole):
        one = partial(OriginRow, id=place(head, part), key=key_of(head, part))
        rows += [one(**asdict(origin)) for origin in part.origins]
        steps = (step for block in part.repairs for step in block.steps)
        witnesses = Counter(step.witness for step in steps if step.witness)
        rows += [
            one(part="healing", source=source, count=count)
            for source, count in sorted(witnesses.items())
        ]
    return rows


class UndoRow(Struct, frozen=True, kw_only=True):
    """A run that can be taken back; `number` 1 is the next. `when` is in UTC, ISO 8601."""

    number: int
    when: str
    command: str
    places: tuple[str, ...]
    sources: int

    @property
    def about(self) -> str:
        """`ingest ~/newsletters (5 sources)`, as one would type it."""
        words = " ".join(map(_quoted, self.places))
        return f"{self.command} {words}".rstrip() + f" ({counted(self.sources, 'source')})"


def undone(runs: Sequence["PastRun"]) -> list[UndoRow]:
    """A row for each run, the last run first."""
    return [
        UndoRow(
            number=number,
            when=run.when,
            command=run.command,
            places=run.places,
            sources=len(run.sources),
        )
        for number, run in enumerate(runs, start=1)
    ]


def _quoted(word: str) -> str:
    """A word in quotes if it has a space in it."""
    return f"“{word}”" if " " in word and not word.startswith("--") else word
