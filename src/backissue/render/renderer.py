"""What each form of output can show. `cli` picks a form, and hands it records.

A renderer writes its results itself. It writes nothing for an empty list, except as JSON.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from backissue.records import Found, Head, Issue, Places, Report, Section, Undated
from backissue.render.presentation import View
from backissue.render.rows import (
    BlockRow,
    OriginRow,
    Overview,
    PublicationRow,
    RelatedRows,
    RepairRow,
    SettingRow,
    Totals,
    UndoRow,
)

if TYPE_CHECKING:
    from backissue.archive.missing import Missing
    from backissue.archive.privacy import Finding
    from backissue.query.fields import FieldNote
    from backissue.render.citations import Citation


class Renderer(Protocol):
    """One form of output: plain lines, a terminal, or JSON."""

    def mark(self, places: Places) -> None:
        """Mark words in the sections that are shown next, if this form can.

        `places` finds them in a text of a field (`body`, `why`, …): offsets of start and end.
        """

    def issues(self, heads: Sequence[Head], *, as_sorted: bool = False) -> None:
        """A list of issues; `as_sorted`, if you asked for this order."""

    def publications(self, rows: Sequence[PublicationRow]) -> None:
        """A list of publications."""

    def stats(self, totals: Totals) -> None:
        """What an archive holds."""

    def overview(self, whole: Overview) -> None:
        """What the archive has, its newest issues, and what to type; as JSON the totals."""

    def section(self, head: Head, section: Section) -> None:
        """One section, whole."""

    def issue(self, issue: Issue) -> None:
        """One issue: its contents, then its sections."""

    def records(self, items: Iterable[tuple[Head, Issue | Section]]) -> None:
        """Several issues and sections, whole."""

    def whys(self, items: Sequence[tuple[Head, Section]], *, single: bool) -> None:
        """Each section's “why this matters”; `single`, if you asked for one section."""

    def theses(self, items: Sequence[tuple[Head, Section]]) -> None:
        """What each section's “why this matters” says in one line."""

    def provenance(self, rows: Sequence[OriginRow]) -> None:
        """Which source gave what."""

    def repairs(self, rows: Sequence[RepairRow], blocks: Sequence[BlockRow], *, undo: bool) -> None:
        """Each repair; with `undo`, the text of each block as its source has it."""

    def hits(self, answer: Found, view: View) -> None:
        """The answer of a search."""

    def facet(
        self,
        query: str,
        name: str,
        total: int,
        counts: Sequence[tuple[str, int]],
        undated: Undated | None = None,
    ) -> None:
        """How many of the sections found have each value of a facet; `undated` are left out."""

    def citations(self, found: Sequence["Citation"]) -> None:
        """Citations, each in its style."""

    def related(self, groups: Sequence[RelatedRows]) -> None:
        """Sections that belong with one section, or with each of several."""

    def searches(self, saved: Mapping[str, str]) -> None:
        """Saved searches by name."""

    def missing(self, missing: Sequence["Missing"]) -> None:
        """What seems to be missing."""

    def log(self, runs: Sequence[Mapping[str, object]]) -> None:
        """Past ingest runs."""

    def undoable(self, runs: Sequence[UndoRow]) -> None:
        """The runs that can be taken back."""

    def findings(self, found: Sequence["Finding"]) -> None:
        """What is wrong with an archive, and what to do."""

    def settings(self, rows: Sequence[SettingRow]) -> None:
        """Keys of the configuration, with their values and where these come from."""

    def fields(self, notes: Iterable["FieldNote"]) -> None:
        """The fields that a query can name."""

    def page(self, text: str) -> None:
        """A page of the manual, in Markdown."""

    def report(self, report: Report, *, dry_run: bool) -> None:
        """What a run did. People read it on standard error, so only JSON writes it."""
