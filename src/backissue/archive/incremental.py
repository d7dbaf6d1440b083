"""What a change of some sources affects, merged again: in proportion to the change.

Only a draft without a number or a publication can move from issue to issue. So only such drafts,
and new ones, are compared with the issues that share sentences with them.
"""

import hashlib
import re
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from backissue.archive.store import Store, StoredSource
from backissue.errors import (
    BackissueError,
    IndexUnusableError,
    LeftOutError,
    NewerFormatError,
    NoArchiveError,
    cause,
)
from backissue.index import Index
from backissue.index.storage import writer
from backissue.ingest.identity import titles
from backissue.ingest.merge import (
    LEAST_SHARE,
    Copy,
    base_key,
    chosen,
    counted,
    is_loose,
    key_in,
    key_of,
    merge,
    name_in,
    name_key,
)
from backissue.ingest.pipeline import Reading, read
from backissue.ingest.sources import UNLIMITED, Limits, Refusal, Source, bounded
from backissue.ingest.structure import Draft
from backissue.records import (
    ChangedIssue,
    DraftRef,
    Facts,
    Head,
    Issue,
    Outcome,
    Report,
    Status,
    slug_of,
)
from backissue.text.days import date_line
from backissue.text.prose import squeeze

Progress = Callable[[str], None]

# Sources for a commit: a larger batch costs less, and a killed run loses more.
BATCH = 250
_TOP = 6  # lines at the top of a text, which say which issue it is


def silent(name: str) -> None:
    """Progress that nobody watches."""
    del name


class WorkingSet:
    """The sources one run works on, each read at most once, and what was wrong with any.

    It is no fault if a source that is `leaving` is not in the store any more.
    """

    def __init__(self, store: Store, index: Index, leaving: frozenset[str] = frozenset()) -> None:
        self.limits = UNLIMITED  # for sources of the store: nearly all were read before
        self._leaving = leaving
        self.store = store
        self.index = index
        self.entries: dict[str, StoredSource] = {}
        self.readings: dict[str, Reading] = {}
        self._troubles: dict[str, Outcome] = {}

    @property
    def troubles(self) -> tuple[Outcome, ...]:
        """The originals that could not be read again: one must not stop the work on the others."""
        return tuple(outcome for _, outcome in sorted(self._troubles.items()))

    def entry(self, sha256: str) -> StoredSource | None:
        """What is known of a source. Raises `NoArchiveError` where its record is damaged."""
        if sha256 not in self.entries and (found := self.store.entry(sha256)):
            self.entries[sha256] = found
        return self.entries.get(sha256)

    def has_state(self, ref: DraftRef) -> bool:
        """Whether a source is still in the state in which this draft of it was read."""
        try:
            entry = self.entry(ref.source)
        except NoArchiveError:
            return False
        return entry is not None and entry.digest == ref.digest

    def is_indexed(self, entry: StoredSource) -> bool:
        """Whether the index has a source as it is now; a damaged index has none."""
        try:
            return self.index.ledger.knows(entry.state)
        except IndexUnusableError:
            return False

    def read(self, entry: StoredSource, data: bytes, done: Reading | None = None) -> Reading:
        """Read a source, unless that is `done`. Raises what `pipeline.read` raises."""
        reading = done or read(
            data,
            entry.by_reader,
            entry.by_reader_of_issue,
            by_carrier=entry.by_carrier,
            name=entry.names[0],
        )
        self.entries[entry.sha256], self.readings[entry.sha256] = entry, reading
        return reading

    def drop(self, sha256: str) -> None:
        """Forget a source that was read and is not to be stored."""
        self.entries.pop(sha256, None)
        self.readings.pop(sha256, None)

    def copies(self, sha256: str) -> list[Copy]:
        """A source's drafts that you did not remove, to merge; none where it cannot be read."""
        name = sha256[:12]
        try:
            entry = self.entry(sha256)
            if entry.is_removed if entry else sha256 in self._leaving:
                return []
            if entry is None:
                raise NoArchiveError("its original is gone; to have it again, ingest the file")
            name = entry.names[0]
            with bounded(self.limits):
                reading = self.readings.get(sha256) or self.read(entry, self.store.data(sha256))
        except NewerFormatError:
            raise  # it is whole, and must not be left out
        except Exception as error:  # one original must not stop the rest, even by a fault of ours
            reason = reason_of(error)
            self._troubles[sha256] = Outcome(name=name, status=Status.REJECTED, reason=reason)
            return []
        return [_copy(draft, entry) for draft in reading.drafts if draft.place not in entry.removed]


def attempt(
    source: Source, limits: Limits, reading: Callable[[], Reading] | None = None
) -> Reading | Refusal:
    """What a source holds, or why it cannot be read. `reading` reads it where more is known."""
    try:
        with bounded(limits):
            if reading:
                return reading()
            return read(
                source.data, source.by_reader, by_carrier=source.by_carrier, name=source.name
            )
    except LeftOutError as error:
        return Refusal(name=source.name, reason=error.message, skipped=True)
    except Exception as error:  # one file must not stop the rest, even by a fault of ours
        return Refusal(name=source.name, reason=reason_of(error))


def reason_of(error: Exception) -> str:
    """Why a source could not be read, for a report; of a fault of the program, its place."""
    if isinstance(error, BackissueError):
        return f"{error.message}; {error.hint}" if error.hint else error.message
    if isinstance(error, OSError):
        return cause(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = Path(place.filename).name
    return f"a fault of the program, in {file}, line {place.lineno}; please report it"


def update(
    working: WorkingSet, pending: Collection[str], folder: Path | None, phase: Progress = silent
) -> Report:
    """Merge the drafts of `pending` sources with those they may belong to, and write the issues.

    The index is in `folder`; None: nothing is written, and the report says what would be. Raises
    `IndexUnusableError` where the index turns out to be damaged.
    """
    if not pending:
        return Report()
    phase(f"merging {len(pending)} sources")
    before, issues = merge_affected(working, pending)
    gone = before.keys() - {issue.head.key for issue in issues}
    fresh = [issue for issue in issues if before.get(issue.head.key) != issue]
    working.readings.clear()  # not needed in memory beside what is written now
    working.index.ledger.forget()
    if folder:
        phase(f"indexing {len(fresh)} issues")
        working.store.position.check()
        writer.write(folder, add=fresh, remove=gone, change=working.store.next_change())
    differing = (issue for issue in fresh if _differs(before.get(issue.head.key), issue))
    return Report(
        outcomes=working.troubles,
        added=tuple(_summary(issue) for issue in fresh if issue.head.key not in before),
        changed=tuple(map(_summary, differing)),
        removed=tuple(sorted(gone)),
    )


class Reports:
    """What one batch after another did, as one report."""

    def __init__(self) -> None:
        self._outcomes: list[Outcome] = []
        self._added: dict[str, ChangedIssue] = {}
        self._changed: dict[str, ChangedIssue] = {}
        self._removed: set[str] = set()
        self._remarks: list[str] = []

    def add(self, *reports: Report) -> None:
        """Add what was done next. What came and went again in one run is no news."""
        for report in reports:
            self._outcomes += report.outcomes
            self._remarks += report.remarks
            for key in report.removed:
                self._changed.pop(key, None)
                if self._added.pop(key, None) is None:
                    self._removed.add(key)
            for issue in report.changed:
                (self._added if issue.key in self._added else self._changed)[issue.key] = issue
            for issue in report.added:
                (self._changed if issue.key in self._removed else self._added)[issue.key] = issue
                self._removed.discard(issue.key)

    def together(self) -> Report:
        """All of it, the issues sorted by key."""
        return Report(
            outcomes=tuple(self._outcomes),
            added=tuple(issue for _, issue in sorted(self._added.items())),
            changed=tuple(issue for _, issue in sorted(self._changed.items())),
            removed=tuple(sorted(self._removed)),
            remarks=tuple(self._remarks),
        )


def together(parts: Iterable[Report]) -> Report:
    """Several reports, in order, as one."""
    reports = Reports()
    reports.add(*parts)
    return reports.together()


def summary(head: Head, *, repaired: bool = False) -> ChangedIssue:
    """What a report says of an issue."""
    sources = head.sources if repaired or len(head.sources) > 1 else ()
    return ChangedIssue(head.key, head.id, head.sections, sources, repaired)


def _summary(issue: Issue) -> ChangedIssue:
    repaired = bool(issue.repairs) or any(section.repairs for section in issue.sections)
    return summary(issue.head, repaired=repaired)


def _differs(before: Issue | None, now: Issue) -> bool:
    """Whether you would see a difference, beyond the state of the sources."""
    if before is None:
        return False
    # How short its address may be depends on other issues.
    same_head = replace(before.head, id=now.head.id)
    return replace(before, head=same_head, drafts=()) != replace(now, drafts=())


def _copy(draft: Draft, entry: StoredSource) -> Copy:
    ref = DraftRef(
        source=entry.sha256,
        digest=entry.digest,
        place=draft.place,
        loose=is_loose(draft),
        content=_content(draft),
        text=text_of(draft),
    )
    return Copy(draft=draft, ref=ref, names=entry.names)


def _content(draft: Draft) -> str:
    """A digest of all that can be seen of a draft in the issue it is merged into."""
    text = draft.text
    facts = (draft.facts, draft.by_reader, draft.evidence)
    rest = (draft.intro, draft.boilerplate, draft.flaws)
    heads = [(section.kind, section.heading, section.deck) for section in draft.sections]
    return _digest(repr((facts, rest, heads, text.by_carrier, text.repairs, text.lines)))


def text_of(draft: Draft) -> str:
    """A digest of a draft's sentences, and of which issue its source says it is, whatever you set.

    That is the number, or else the title and the day. Counts of likes and buttons do not change it.
    """
    carrier = draft.text.by_carrier.facts
    lines = [squeeze(line.block.text) for line in draft.text.lines]
    titled = next(filter(None, map(titles.title_line, lines[:_TOP])), None)
    number = titled.number if carrier.number is None and titled else carrier.number
    day = carrier.date or next(filter(None, map(date_line, lines[:_TOP])), None)
    said = (carrier.title, day) if number is None else number
    return _digest(repr((said, sorted(draft.fingerprints) or lines)))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


# -- which issues -------------------------------------------------------------------------------


def merge_affected(
    working: WorkingSet, pending: Collection[str]
) -> tuple[dict[str, Issue], tuple[Issue, ...]]:
    """The issues that the pending sources affect: as they are, by key, and as they are to be."""
    further: set[str] = set()
    names = _Names(working.index)
    while True:
        before, copies = _affected(working, pending, further, names)
        others = names.beside(before.values(), copies)
        issues = merge(copies, others)
        # A merged issue may have an address that none of its copies has alone.
        namesakes = (
            _namesakes(working.index, issue.head.key) | _of_number(working.index, issue.head)
            for issue in issues
        )
        renamed = names.renamed(others, issues)
        missed = renamed.union(*namesakes) - before.keys()
        if not missed:
            return before, issues
        further |= missed


def _affected(
    working: WorkingSet, pending: Collection[str], further: Iterable[str], names: "_Names"
) -> tuple[dict[str, Issue], list[Copy]]:
    """The issues that the pending drafts, or `further` keys, lead to; all drafts of both."""
    index = working.index
    copies = {copy.order: copy for sha in sorted(pending) for copy in working.copies(sha)}
    contents = {copy.ref.content: copy for copy in copies.values()}
    before: dict[str, Issue] = {}
    movable = list(contents.values())
    keys = {*index.ledger.holding(pending), *further}
    while movable or keys - before.keys():
        for copy in movable:
            keys |= _candidates(index, copy)
            for spelled in names.spelled(copy):
                keys |= _namesakes(index, base_key(spelled))
                keys |= _of_number(index, spelled.draft.facts)
        movable = []
        for key in sorted(keys - before.keys()):
            issue = index.shelf.issue(key)
            if issue is None:
                keys.discard(key)
                continue
            before[key] = issue
            keys |= _namesakes(index, key) | _namesakes(index, re.sub(r"-\d+$", "", key))
            keys |= _of_number(index, issue.head)
            for copy in _copies_of(working, issue, pending, contents):
                if copy.order not in copies:
                    copies[copy.order] = copy
                    movable += [copy] if copy.ref.loose else []
    return before, list(copies.values())


class _Names:
    """How an index spells the publications that a run is about."""

    def __init__(self, index: Index) -> None:
        self._ledger = index.ledger
        self._known: dict[str, Mapping[str, int]] = {}

    def _spellings(self, key: str) -> Mapping[str, int]:
        if key and key not in self._known:
            self._known[key] = self._ledger.spellings(key)
        return self._known.get(key, {})

    def spelled(self, copy: Copy) -> Iterator[Copy]:
        """A copy with each spelling of its publication."""
        facts = copy.draft.facts
        found = map(name_in, self._spellings(name_key(facts.publication)))
        for name in dict.fromkeys((facts.publication, *found)):
            said = replace(facts, publication=name)
            yield replace(copy, draft=replace(copy.draft, facts=said))

    def beside(self, before: Iterable[Issue], copies: Iterable[Copy]) -> Counter[str]:
        """How many issues beside those that are merged again have each spelling."""
        merged = counted(issue.spellings for issue in before)
        found: Counter[str] = Counter()
        keys = {name_key(copy.draft.facts.publication) for copy in copies}
        for key in keys.union(map(key_in, merged)):
            found.update(self._spellings(key))
        found.subtract(merged)
        return +found

    def renamed(self, others: Mapping[str, int], issues: Iterable[Issue]) -> set[str]:
        """The keys of issues whose publication is spelled in another way from now on."""
        now = chosen(counted(issue.spellings for issue in issues) + Counter(others))
        known = {key: self._spellings(key) for key in map(key_in, others)}
        changed = (own for key, own in known.items() if chosen(own).get(key) != now[key])
        return set().union(*map(self._ledger.spelled, changed))


def _copies_of(
    working: WorkingSet, issue: Issue, pending: Collection[str], contents: dict[str, Copy]
) -> Iterator[Copy]:
    """An issue's drafts, less those of pending sources, which are known in their new state.

    Each content is read once: other drafts with the same content say the same.
    """
    for ref in issue.drafts:
        if ref.source in pending:
            continue
        known = contents.get(ref.content) if ref.content else None
        if known and working.has_state(ref):
            names = working.entries[ref.source].names
            yield replace(known, ref=ref, names=names, duplicates=())
            continue
        for copy in working.copies(ref.source):
            if copy.ref.place == ref.place:
                contents[copy.ref.content] = copy
                yield copy


def _candidates(index: Index, copy: Copy) -> set[str]:
    """The issues with enough of a draft's sentences that it may be a copy of one of theirs.

    A draft that says which issue it is of joins no other, but loose drafts may join it.
    """
    fewest = len(copy.draft.fingerprints) / LEAST_SHARE
    sharing = index.ledger.sharing(copy.draft.fingerprints, loose=not copy.ref.loose)
    return {key for key, shared in sharing.items() if shared >= fewest}


def _of_number(index: Index, known: Facts | Head) -> frozenset[str]:
    """The issues with a publication's number, of whatever day, that one copy more may change."""
    if known.number is None or not known.publication:
        return frozenset()
    place = key_of(Facts(publication=known.publication, number=known.number), ())
    return index.ledger.of_number(slug_of(place), known.number, known.volume)


def _namesakes(index: Index, key: str) -> set[str]:
    """The issues that have an address, or would have it without the number at its end.

    Where no issue has it, none got a number: “Week 7” is no namesake of “Week 8”.
    """
    found = {key} if index.ledger.has(key) else set()
    while found and index.ledger.has(further := f"{key}-{len(found) + 1}"):
        found.add(further)
    return found
