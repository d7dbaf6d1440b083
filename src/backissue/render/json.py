"""Records as JSON. Its shape is a promise: docs/output-schema.md, version 1.

Text is UTF-8 and not escaped, except what JSON or a terminal would take as a command: C0 and C1
controls, DEL, lone surrogates, line separators and the marks that turn the direction of writing.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from backissue.records import (
    Flaw,
    Found,
    Head,
    Hit,
    Issue,
    Places,
    Related,
    Report,
    Section,
    Undated,
)
from backissue.render.presentation import View, about, address, key
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
from backissue.render.theses import first_sentence, story_link
from backissue.text.prose import markdown, plain

if TYPE_CHECKING:
    from backissue.archive.missing import Missing
    from backissue.archive.privacy import Finding
    from backissue.query.fields import FieldNote
    from backissue.render.citations import Citation

SCHEMA = 1

Json = dict[str, object]

_ESCAPED = re.compile(
    "[\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u206f\ud800-\udfff]"
)


class JsonRenderer:
    """One JSON document, or with `lines` a document for each record of a list."""

    def __init__(self, write: Callable[[str], object], *, lines: bool = False) -> None:
        self._write = write
        self._lines = lines

    def _document(self, name: str, value: object, **more: object) -> None:
        """Write the schema's version, and `value` under its name."""
        text = json.dumps(
            {"schema": SCHEMA, name: value, **more},
            ensure_ascii=False,
            separators=(",", ":"),
            default=_value,
        )
        self._write(_ESCAPED.sub(lambda char: f"\\u{ord(char[0]):04x}", text) + "\n")

    def _list(self, names: str, name: str, values: Iterable[object], **more: object) -> None:
        """Write a list as one document `names`, or a line `name` for each value."""
        if not self._lines:
            self._document(names, list(values), **more)
            return
        for value in values:
            self._document(name, value)

    def mark(self, places: Places) -> None:
        """Nothing: see `mark` of PlainRenderer."""

    def issues(self, heads: Sequence[Head], *, as_sorted: bool = False) -> None:
        del as_sorted
        self._list("issues", "issue", map(_head, heads))

    def whole_issues(self, issues: Iterable[Issue]) -> None:
        """Every issue in full, each written before the next is read."""
        self._list("issues", "issue", map(_issue, issues))

    def publications(self, rows: Sequence[PublicationRow]) -> None:
        self._list("publications", "publication", map(_record, rows))

    def stats(self, totals: Totals) -> None:
        kept = ("name", "issues", "first", "last")
        rows = [{name: getattr(row, name) for name in kept} for row in totals.publications]
        self._document("stats", {**_record(totals), "publications": rows})

    def overview(self, whole: Overview) -> None:
        self.stats(whole.totals)

    def section(self, head: Head, section: Section) -> None:
        self._document("section", _section(head, section))

    def issue(self, issue: Issue) -> None:
        self._document("issue", _issue(issue))

    def records(self, items: Iterable[tuple[Head, Issue | Section]]) -> None:
        made = (
            ("section", _section(head, whole))
            if isinstance(whole, Section)
            else ("issue", _issue(whole))
            for head, whole in items
        )
        if not self._lines:
            self._document("records", [dict([named]) for named in made])
            return
        for name, value in made:
            self._document(name, value)

    def whys(self, items: Sequence[tuple[Head, Section]], *, single: bool) -> None:
        del single
        self._list("passages", "passage", (_passage(*item) for item in items))

    def theses(self, items: Sequence[tuple[Head, Section]]) -> None:
        self.whys(items, single=False)

    def provenance(self, rows: Sequence[OriginRow]) -> None:
        self._list("provenance", "origin", map(_record, rows))

    def repairs(self, rows: Sequence[RepairRow], blocks: Sequence[BlockRow], *, undo: bool) -> None:
        del undo
        repairs = [_record(row, "was", "now") for row in rows]
        self._list("repairs", "repair", repairs, blocks=[_record(block) for block in blocks])

    def hits(self, answer: Found, view: View) -> None:
        hits = [_hit(hit) for hit in answer.hits]
        if self._lines:
            self._list("hits", "hit", hits)
            return
        self._document(
            "query",
            view.query,
            total=answer.total,
            complete=answer.complete,
            partial=answer.partial,
            hits=hits,
            suggestion=answer.suggestion,
            relaxed=answer.relaxed,
            undated=_undated(answer.undated) if answer.undated else None,
            related_words=answer.related_words,
        )

    def facet(
        self,
        query: str,
        name: str,
        total: int,
        counts: Sequence[tuple[str, int]],
        undated: Undated | None = None,
    ) -> None:
        values = [{"value": value, "count": count} for value, count in counts]
        left_out = _undated(undated) if undated else None
        self._document("query", query, total=total, facet=name, values=values, undated=left_out)

    def citations(self, found: Sequence["Citation"]) -> None:
        self._list("citations", "citation", map(_record, found))

    def related(self, groups: Sequence[RelatedRows]) -> None:
        found = [_related(group, item) for group in groups for item in group.items]
        self._list("related", "related", found)

    def searches(self, saved: Mapping[str, str]) -> None:
        rows = [{"name": name, "query": query} for name, query in saved.items()]
        self._document("searches", rows)

    def missing(self, missing: Sequence["Missing"]) -> None:
        self._list("missing", "missing", map(_missing, missing))

    def log(self, runs: Sequence[Mapping[str, object]]) -> None:
        self._list("log", "run", map(_run, runs))

    def undoable(self, runs: Sequence[UndoRow]) -> None:
        self._document("undoable", list(map(_undoable, runs)))

    def findings(self, found: Sequence["Finding"]) -> None:
        self._document("findings", [_record(one, "source") for one in found])

    def settings(self, rows: Sequence[SettingRow]) -> None:
        self._document("config", [_record(row) for row in rows])

    def fields(self, notes: Iterable["FieldNote"]) -> None:
        self._list("fields", "field", map(_field, notes))

    def page(self, text: str) -> None:
        self._document("page", text)

    def report(self, report: Report, *, dry_run: bool) -> None:
        self._document("report", _report(report), dry_run=dry_run)


def _value(value: object) -> object:
    """What stands in JSON for a value that JSON has no form for."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"no JSON for {value!r}")


def _record(record: Any, *without: str) -> Json:
    """Every field of a record by its name, in order; those named in `without` are left out."""
    return {name: value for name, value in asdict(record).items() if name not in without}


def _head(head: Head) -> Json:
    return {"id": head.id, **_record(head, "url")}


def _issue_ref(head: Head) -> Json:
    """An issue as its sections name it."""
    return {"id": head.id, **_record(head, "url", "kind", "sections", "words", "sources")}


def _ids(head: Head, section: Section) -> Json:
    """A section's address, and the one that never changes."""
    return {"id": address(head, section.position), "key": key(head, section.position)}


def _issue(issue: Issue) -> Json:
    """An issue with its sections, its intro and all its flaws."""
    flaws = [_flaw(flaw, issue.head, None) for flaw in issue.flaws]
    flaws += [
        _flaw(flaw, issue.head, section) for section in issue.sections for flaw in section.flaws
    ]
    return {
        **_head(issue.head),
        "sections": [_section(issue.head, section) for section in issue.sections],
        "intro": issue.intro,
        "url": issue.head.url,
        "flaws": flaws,
    }


def _section(head: Head, section: Section) -> Json:
    return {
        **_ids(head, section),
        "position": section.position,
        "kind": section.kind,
        "heading": section.heading,
        "deck": section.deck,
        "text": plain(section.blocks),
        "markdown": markdown(section.blocks),
        "why": _record(section.why) if section.why else None,
        "links": [_record(link) for link in section.links],
        "mentions": section.mentions,
        "words": section.words,
        "issue": _issue_ref(head),
    }


def _passage(head: Head, section: Section) -> Json:
    assert section.why is not None  # noqa: S101  # for the type checker: only such are shown
    return {
        **_ids(head, section),
        "heading": section.heading,
        **_record(section.why),
        "sentence": first_sentence(section.why.text),
        "kind": section.kind,
        "date": head.date,
        "url": story_link(head, section),
        "issue": _issue_ref(head),
    }


def _flaw(flaw: Flaw, head: Head, section: Section | None) -> Json:
    ids = {"section": None, "key": head.key}
    if section is not None:
        place = section.position
        ids = {"section": address(head, place), "key": key(head, place)}
    return {"code": flaw.code, **ids, "text": flaw.text}


def _hit(hit: Hit) -> Json:
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        **_ids(hit.issue, hit.section),
        "kind": hit.section.kind,
        "heading": hit.section.heading,
        "heading_highlights": hit.heading_highlights,
        "deck": hit.section.deck,
        "issue": _issue_ref(hit.issue),
        "snippet": _record(hit.snippet),
        "complete": hit.complete,
        "missing": hit.missing,
        "instead": [{"word": word, "found": found} for word, found in hit.instead],
    }


def _undated(left_out: Undated) -> Json:
    """What is left out because its day is not known, with the addresses of the newest issue."""
    newest = left_out.newest
    return {**_record(left_out), "newest": newest.id, "key": newest.key}


def _related(group: RelatedRows, item: Related) -> Json:
    return {
        "of": {"id": group.of, "key": group.key},
        "score": item.score,
        **_ids(item.issue, item.section),
        "kind": item.section.kind,
        "heading": item.section.heading,
        "issue": _issue_ref(item.issue),
        "reasons": [_record(reason) for reason in item.reasons],
    }


def _missing(one: "Missing") -> Json:
    return {
        "publication": one.publication,
        "kind": one.kind,
        "volume": one.volume,
        "first": one.first,
        "last": one.last,
        "issue": one.issue,
        "key": one.key,
        "evidence": one.evidence,
    }


def _run(run: Mapping[str, object]) -> Json:
    """A run of the log, whose line may lack a key."""
    return {
        "when": run["when"],
        "command": run.get("command"),
        "from": run.get("from", []),
        "interrupted": bool(run.get("interrupted")),
        "counts": run.get("counts", {}),
        **{name: run.get(name, []) for name in ("sources", "added", "changed", "removed")},
    }


def _undoable(row: UndoRow) -> Json:
    """A run that can be taken back."""
    return {**_record(row, "places"), "from": row.places}


def _field(note: "FieldNote") -> Json:
    return {
        "name": note.field.value,
        "type": note.type,
        "about": about(note),
        "examples": note.examples,
    }


def _report(report: Report) -> Json:
    return {
        "sources": [
            {
                "name": outcome.name,
                "status": outcome.status,
                "reason": outcome.reason,
                "format": outcome.format,
                "issues": outcome.issues,
                "mended": dict(sorted(outcome.repaired.items())),
                "damaged": dict(sorted(outcome.damaged.items())),
            }
            for outcome in report.outcomes
        ],
        "added": [issue.key for issue in report.added],
        "changed": [issue.key for issue in report.changed],
        "removed": report.removed,
    }
