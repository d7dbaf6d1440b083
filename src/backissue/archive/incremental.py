"""What a change of some sources touches: the issues as they are, and all drafts to merge anew.

Only a draft without a number or publication can move from issue to issue, so only such drafts, and
the new ones, are asked which others they are like: the work is in proportion to the change.
"""

import hashlib
import re
import traceback
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from backissue.archive.store import Original, Store
from backissue.errors import NoArchiveError, RejectedSourceError
from backissue.index import Index
from backissue.ingest.merge import LEAST_SHARE, Copy, base_key, is_loose, merge
from backissue.ingest.pipeline import Reading, read
from backissue.ingest.structure import Draft
from backissue.records import DraftRef, Issue, Outcome, Status


class WorkingSet:
    """The sources one run works on, each read at most once, and what was wrong with any."""

    def __init__(self, store: Store, held: Index) -> None:
        self.store = store
        self.held = held
        self.entries: dict[str, Original] = {}
        self.readings: dict[str, Reading] = {}
        self._troubles: dict[str, Outcome] = {}

    @property
    def troubles(self) -> tuple[Outcome, ...]:
        """The originals that could not be read again: one must not stop the work on the others."""
        return tuple(outcome for _, outcome in sorted(self._troubles.items()))

    def entry(self, sha256: str) -> Original | None:
        """What is known of a source. Raises `NoArchiveError` where its record is damaged."""
        if sha256 not in self.entries and (found := self.store.entry(sha256)):
            self.entries[sha256] = found
        return self.entries.get(sha256)

    def sound_entry(self, sha256: str) -> Original | None:
        """The same, and None where its record is damaged."""
        try:
            return self.entry(sha256)
        except NoArchiveError:
            return None

    def copies(self, sha256: str) -> list[Copy]:
        """A source's drafts, as copies to merge; none where it cannot be read."""
        name = sha256[:12]
        try:
            entry = self.entry(sha256)
            if entry is None:
                raise NoArchiveError("its original is gone; to have it again, ingest the file")
            name = entry.names[0]
            if sha256 not in self.readings:
                data = self.store.data(sha256)
                self.readings[sha256] = read(
                    data, entry.by_reader, entry.by_reader_of_issue, by_carrier=entry.by_carrier
                )
        except (NoArchiveError, RejectedSourceError) as error:
            reason = f"{error.message}; {error.hint}" if error.hint else error.message
            self._troubles[sha256] = Outcome(name=name, status=Status.REJECTED, reason=reason)
            return []
        except Exception as error:  # one original must not stop the rest, even by a fault of ours
            self._troubles[sha256] = Outcome(name=name, status=Status.REJECTED, reason=fault(error))
            return []
        return [_copy(draft, entry) for draft in self.readings[sha256].drafts]


def fault(error: Exception) -> str:
    """What a report says of a source that the program failed on, so that it can be repaired."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = Path(place.filename).name
    return f"a fault of the program: {type(error).__name__} in {file}, line {place.lineno}"


def _copy(draft: Draft, entry: Original) -> Copy:
    ref = DraftRef(
        source=entry.sha256,
        said=entry.digest,
        place=draft.place,
        loose=is_loose(draft),
        content=_content(draft),
    )
    return Copy(draft=draft, ref=ref, names=entry.names, said=draft.said)


def _content(draft: Draft) -> str:
    """A digest of all that can be seen of a draft in the issue it is merged into."""
    text = draft.text
    said = (draft.facts, draft.said, draft.evidence, draft.intro, draft.boilerplate, draft.flaws)
    heads = [(section.kind, section.heading, section.deck) for section in draft.sections]
    whole = repr((said, heads, text.told, text.repairs, text.lines))
    return hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def merge_again(
    working: WorkingSet, pending: Collection[str]
) -> tuple[dict[str, Issue], tuple[Issue, ...]]:
    """The issues that the pending sources touch: as they are, by key, and as they are to be."""
    met: set[str] = set()
    while True:
        before, copies = _touched(working, pending, met)
        issues = merge(copies)
        # A merged issue may have an address that none of its copies has alone.
        claimed = (_namesakes(working.held, issue.head.key) for issue in issues)
        unmet = set().union(*claimed) - before.keys()
        if not unmet:
            return before, issues
        met |= unmet


def _touched(
    working: WorkingSet, pending: Collection[str], met: Iterable[str]
) -> tuple[dict[str, Issue], list[Copy]]:
    """The held issues in reach of the pending drafts, and all drafts of these and those."""
    held = working.held
    copies = {copy.order: copy for sha in sorted(pending) for copy in working.copies(sha)}
    contents = {copy.ref.content: copy for copy in copies.values()}
    before: dict[str, Issue] = {}
    asked = list(contents.values())
    keys = {*held.ledger.holding(pending), *met}
    while asked or keys - before.keys():
        for copy in asked:
            keys |= _kin(held, copy) | _namesakes(held, base_key(copy))
        asked = []
        for key in sorted(keys - before.keys()):
            issue = held.shelf.issue(key)
            if issue is None:
                keys.discard(key)
                continue
            before[key] = issue
            keys |= _namesakes(held, key) | _namesakes(held, re.sub(r"-\d+$", "", key))
            for copy in _copies_of(working, issue, pending, contents):
                if copy.order not in copies:
                    copies[copy.order] = copy
                    asked += [copy] if copy.ref.loose else []
    return before, list(copies.values())


def _copies_of(
    working: WorkingSet, issue: Issue, pending: Collection[str], contents: dict[str, Copy]
) -> Iterator[Copy]:
    """An issue's drafts, less those of pending sources, which are at hand in their new state.

    A content is read once: of the other drafts that say the same it is known what they say.
    """
    for ref in issue.drafts:
        if ref.source in pending:
            continue
        known = contents.get(ref.content) if ref.content else None
        entry = working.sound_entry(ref.source) if known else None
        if known and entry and entry.digest == ref.said:
            yield replace(known, ref=ref, names=entry.names, echoes=())
            continue
        for copy in working.copies(ref.source):
            if copy.ref.place == ref.place:
                contents[copy.ref.content] = copy
                yield copy


def _kin(held: Index, copy: Copy) -> set[str]:
    """The issues with enough of a draft's sentences that it may be a copy of one of theirs.

    A draft that says which issue it is of goes nowhere else, but may draw loose drafts to it.
    """
    fewest = len(copy.draft.prints) / LEAST_SHARE
    kin = held.ledger.sharing(copy.draft.prints, loose=not copy.ref.loose)
    return {key for key, shared in kin.items() if shared >= fewest}


def _namesakes(held: Index, key: str) -> set[str]:
    """The issues which have an address or, told apart by a number, would have it.

    Where none has it, none was told apart: “Week 7” is no namesake of “Week 8”.
    """
    found = {key} if held.ledger.has(key) else set()
    while found and held.ledger.has(further := f"{key}-{len(found) + 1}"):
        found.add(further)
    return found
