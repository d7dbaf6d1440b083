"""The shelf: which issues and sections an archive has, by address. Imports nothing that ranks."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from backissue.index.storage import WHY_TAG, HeadRow, Snapshot, guarded, rows, short_address
from backissue.records import DraftRef, Head, Issue, Section, SectionKind, slug_of

_TOO_FAR = 4  # edits between two addresses that have nothing to do with each other


class Shelf:
    """The issues of one state of an index.

    Every method raises IndexUnusableError if a file turns out to be damaged.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def heads(self) -> tuple[Head, ...]:
        """All issues: publication by publication, newest number first, then the unnumbered."""
        with guarded():
            ordered = sorted((row for _, row in self._snapshot.rows), key=_shelf_order)
            # Counting is faster than looking up each.
            shorts = Counter(short_address(row.key) for row in ordered)
            return tuple(
                row.head(self._snapshot.ident(row.key, shorts[short_address(row.key)]))
                for row in ordered
            )

    def find(self, address: str, publication: str | None = None) -> tuple[str, ...]:
        """The keys of the issues whose short or full address this is, sorted; case does not count.

        If no issue is called so, an address that an issue had when less was known of it is one,
        too, and then a day (`2024-12-23`, `import-ai/2024-12-23`).
        `publication` is the short name of the only one to look at. Without it, an address of
        several publications means the default's issue.
        """
        wanted = address.strip().casefold()
        with guarded():
            found = (self._of(tag, wanted, publication) for tag in ("at", "as", "on"))
            return next(filter(None, found), ())

    def _of(self, tag: str, wanted: str, publication: str | None) -> tuple[str, ...]:
        keys = sorted(set(self._snapshot.tagged_issues([f"{tag}:{wanted}"])))
        if publication is None and len(keys) > 1:
            own = self._snapshot.default
            keys = [key for key in keys if slug_of(key) == own] or keys
        return tuple(key for key in keys if publication in (None, slug_of(key)))

    def by_day(self, *, newest: bool) -> list[str]:
        """The keys of all issues, the newest or the oldest first, those of unknown days last."""
        from backissue.index.search import dating

        with guarded():
            found = [row for _, row in self._snapshot.rows]
            order = dating.in_order(found, dating.bounds(found), newest=newest)
            return [found[at].key for at in order]

    def neighbours(self, address: str) -> tuple[str, ...]:
        """Up to three ids of issues close to `address`, the closest first."""
        wanted = address.strip().casefold()
        if not wanted:
            return ()
        with guarded():
            known = [head.id for head in self.heads()]
        ranked = sorted((_edits_between(wanted, one), at) for at, one in enumerate(known))
        # A name of which no letter stays is not close.
        furthest = _TOO_FAR if wanted.isdigit() else min(_TOO_FAR, len(wanted))
        return tuple(known[at] for edits, at in ranked[:3] if edits < furthest)

    def issue(self, key: str) -> Issue | None:
        """The whole record of an issue, or None if there is no such key."""
        with guarded():
            found = self._snapshot.row_of(key)
            if found is None:
                return None
            document, row = found
            record = self._snapshot.record
            sections = tuple(
                rows.section_from_json(record(document + at)) for at in range(1, row.sections + 1)
            )
            return rows.issue_from_json(self._snapshot.head(row), record(document), sections)

    def drafts(self, key: str) -> tuple[DraftRef, ...]:
        """The drafts that an issue is made of; none if there is no such key."""
        with guarded():
            found = self._snapshot.row_of(key)
            if found is None:
                return ()
            head, rest = self._snapshot.head(found[1]), self._snapshot.record(found[0])
            return rows.issue_from_json(head, rest, ()).drafts

    def head(self, key: str) -> Head | None:
        """The head of an issue, or None if there is no such key."""
        with guarded():
            found = self._snapshot.row_of(key)
            return self._snapshot.head(found[1]) if found else None

    def section(self, key: str, position: int) -> Section | None:
        """One section of an issue, counted from 1, or None if there is none."""
        with guarded():
            found = self._snapshot.row_of(key)
            if found is None or not 1 <= position <= found[1].sections:
                return None
            return rows.section_from_json(self._snapshot.record(found[0] + position))

    def bounds(self) -> Mapping[str, tuple[date | None, date | None]]:
        """The first and last day on which each issue may have come out, by key; None is open.

        Both are its date if it has one. Otherwise the numbers of the dated issues of its
        publication say it: see `index.search.dating`.
        """
        from backissue.index.search import dating

        with guarded():
            found = dating.bounds(row for _, row in self._snapshot.rows)
            return {key: (_day(first), _day(last)) for key, (first, last) in found.items()}

    def counts(self) -> dict[str, int]:
        """How many sections there are of each kind, and (`why`) with a why passage."""
        with guarded():
            found = {
                kind.value: len(self._snapshot.tagged(f"kind:{kind.value}")) for kind in SectionKind
            }
            return found | {"why": len(self._snapshot.tagged(WHY_TAG))}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _shelf_order(row: HeadRow) -> tuple[str, bool, int, int, int, str]:
    volume, number = row.order
    return (slug_of(row.key), row.number is None, -volume, -number, -row.day, row.key)


def _edits_between(wanted: str, address: str) -> int:
    """How many edits are between two addresses; `_TOO_FAR` if they are unrelated."""
    from backissue.query.edit_distance import distance

    short = address.casefold().rpartition("/")[2]
    if wanted.isdecimal() and short.isdecimal():
        return min(abs(int(wanted[:9]) - int(short[:9])), _TOO_FAR)
    if len(wanted) > 2 and wanted in short:
        return 1
    return min(
        distance(wanted, short, _TOO_FAR - 1), distance(wanted, address.casefold(), _TOO_FAR - 1)
    )
