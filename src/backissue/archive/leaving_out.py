"""What an ingest run leaves out because you removed it, and what `--again` brings back."""

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from backissue.archive.incremental import text_of
from backissue.archive.store import StoredSource
from backissue.archive.tombstones import Removed, RemovedSource, day
from backissue.ingest.merge import key_of
from backissue.ingest.sources import Source
from backissue.ingest.structure import Draft
from backissue.records import Outcome, Status

_AGAIN = "to bring it back: backissue ingest --again FILE"


class Sieve:
    """What you removed, as one batch of sources leaves it. `changed` says whether that differs.

    `is_held` says whether there is an issue with a key. With `again`, nothing that is read stays
    removed.
    """

    def __init__(self, removed: Removed, is_held: Callable[[str], bool], *, again: bool) -> None:
        self.removed = removed
        self._is_held = is_held
        self.changed = False
        self._again = again
        self._remarks: dict[str, list[str]] = {}
        self._not_stored: dict[str, RemovedSource] = {}

    def lift(self, entry: StoredSource) -> StoredSource:
        """A source that came, with nothing in it removed if that is wanted."""
        if not self._again or not (entry.removed or entry.is_removed):
            return entry
        return replace(entry, removed=frozenset(), is_removed=False)

    def sifted(self, entry: StoredSource, drafts: Sequence[Draft], *, is_new: bool) -> StoredSource:
        """A source that was read, with those of its issues removed that you removed elsewhere."""
        texts = {draft.place: text_of(draft) for draft in drafts}
        if self._again:
            self._bring_back(entry.sha256, frozenset(texts.values()))
            return entry
        if not is_new:
            return entry
        known = self.removed.texts
        found = {place: known[text] for place, text in texts.items() if text in known}
        remarks = self._remarks[entry.sha256] = []
        for draft in drafts:
            facts = draft.facts
            key = key_of(facts, draft.sections)
            other = self.removed.keys.get(key)
            if other and draft.place not in found and not self._is_held(key):
                remarks.append(
                    f"another copy of {other.id}, which you removed on {day(other.when)}"
                )
        if not found:
            return entry
        before = self.removed.sources.get(entry.sha256)
        issues = {**(before.issues if before else {}), **found}
        source = RemovedSource(
            names=entry.names,
            when=max(one.when for one in issues.values()),
            whole=texts.keys() <= issues.keys(),
            issues=issues,
        )
        if source.whole:  # it is not stored, and not listed as removed
            self._not_stored[entry.sha256] = source
            return replace(entry, is_removed=True)
        self.removed = Removed({**self.removed.sources, entry.sha256: source})
        self.changed = True
        return replace(entry, removed=entry.removed | found.keys())

    def _bring_back(self, sha256: str, texts: frozenset[str]) -> None:
        if sha256 in self.removed.sources or not texts.isdisjoint(self.removed.texts):
            self.removed = self.removed.lifted(frozenset({sha256}), texts)
            self.changed = True

    def skipped(self, item: Source) -> Outcome:
        """What became of a source of which everything was removed."""
        source = self._not_stored.get(item.sha256) or self.removed.sources[item.sha256]
        reason = _left_out(source) if source.issues else f"removed on {day(source.when)}; {_AGAIN}"
        return Outcome(name=item.name, status=Status.SKIPPED, reason=reason)

    def left_out(self, entry: StoredSource) -> str | None:
        """Which issues of a source were left out, and how to bring them back."""
        source = self.removed.sources.get(entry.sha256)
        return _left_out(source) if source and entry.removed else None

    def remarks(self, entry: StoredSource) -> Iterator[str]:
        """What the report says of a source besides what was read in it."""
        yield from self._remarks.get(entry.sha256, ())
        if reason := self.left_out(entry):
            yield reason


def _left_out(source: RemovedSource) -> str:
    """`left out 395, 396: removed on 2026-11-29; to bring them back: …`."""
    days = ", ".join(sorted({day(one.when) for one in source.issues.values()}))
    again = _AGAIN if len(source.issues) == 1 else _AGAIN.replace("it", "them", 1)
    return f"left out {source.ids}: removed on {days}; {again}"
