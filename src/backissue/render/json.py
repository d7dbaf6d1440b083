"""Records as JSON. Its shape is a promise: docs/output-schema.md, version 1.

Text is UTF-8 and not escaped, but for what JSON or a terminal would take as a command: C0 and C1
controls, DEL, lone surrogates, line separators and the marks that turn the direction of writing.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from backissue.records import Flaw, Found, Head, Hit, Issue, Link, Passage, Related, Report, Section
from backissue.text.prose import markdown, plain

if TYPE_CHECKING:
    from backissue.archive.health import Finding
    from backissue.archive.missing import Gap

SCHEMA = 1

Json = dict[str, object]

_ESCAPED = re.compile(
    "[\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u206f\ud800-\udfff]"
)


def document(name: str, value: object, **more: object) -> str:
    """One JSON document: the schema's version, and `value` under its name."""
    return _dump({"schema": SCHEMA, name: value, **more})


def lines(name: str, values: Iterable[object]) -> Iterable[str]:
    """JSON Lines: one document a value."""
    return (document(name, value) for value in values)


def _dump(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _ESCAPED.sub(lambda char: f"\\u{ord(char[0]):04x}", text)


def head(issue: Head) -> Json:
    """An issue in a list."""
    return {
        **issue_ref(issue),
        "kind": issue.kind.value,
        "sections": issue.sections,
        "words": issue.words,
        "sources": list(issue.sources),
    }


def issue_ref(issue: Head) -> Json:
    """An issue as its sections name it."""
    return {
        "id": issue.id,
        "publication": issue.publication,
        "number": issue.number,
        "title": issue.title,
        "date": issue.date.isoformat() if issue.date else None,
    }


def whole_issue(issue: Issue) -> Json:
    """An issue with its sections, its intro and all that is wrong with it."""
    flaws = [_flaw(flaw, None) for flaw in issue.flaws]
    flaws += [
        _flaw(flaw, section_id(issue.head, item)) for item in issue.sections for flaw in item.flaws
    ]
    return {
        **head(issue.head),
        "sections": [section(issue.head, item) for item in issue.sections],
        "intro": issue.intro,
        "url": issue.head.url,
        "flaws": flaws,
    }


def section_id(issue: Head, item: Section) -> str:
    """A section's address."""
    return f"{issue.id}.{item.position}"


def section(issue: Head, item: Section) -> Json:
    """A section, whole."""
    return {
        "id": section_id(issue, item),
        "position": item.position,
        "kind": item.kind.value,
        "heading": item.heading,
        "deck": item.deck,
        "text": plain(item.blocks),
        "markdown": markdown(item.blocks),
        "why": _why(item.why) if item.why else None,
        "links": [_link(link) for link in item.links],
        "mentions": list(item.mentions),
        "words": item.words,
        "issue": issue_ref(issue),
    }


def passage(issue: Head, item: Section) -> Json:
    """A section's “why this matters”; only for a section that has one."""
    assert item.why is not None  # noqa: S101 - the caller chose the sections
    return {
        "id": section_id(issue, item),
        "heading": item.heading,
        **_why(item.why),
    }


def found(answer: Found, query: str) -> str:
    """A search's answer, as one document."""
    return _dump(
        {
            "schema": SCHEMA,
            "query": query,
            "total": answer.total,
            "hits": [hit(item) for item in answer.hits],
            "suggestion": answer.suggestion,
            "relaxed": answer.relaxed,
        }
    )


def facets(query: str, total: int, facet: str, counts: Iterable[tuple[str, int]]) -> str:
    """How many of the sections found there are of each kind, publication, year or issue."""
    values = [{"value": value, "count": count} for value, count in counts]
    return _dump(
        {"schema": SCHEMA, "query": query, "total": total, "facet": facet, "values": values}
    )


def hit(item: Hit) -> Json:
    """One hit."""
    return {
        "rank": item.rank,
        "score": round(item.score, 4),
        "id": section_id(item.issue, item.section),
        "kind": item.section.kind.value,
        "heading": item.section.heading,
        "deck": item.section.deck,
        "issue": issue_ref(item.issue),
        "snippet": {
            "field": item.snippet.field,
            "text": item.snippet.text,
            "highlights": [list(span) for span in item.snippet.highlights],
        },
        "missing": list(item.missing),
        "instead": [{"word": word, "found": found} for word, found in item.instead],
    }


def run(entry: Mapping[str, object]) -> Json:
    """A run of the log."""
    return {
        "when": entry["when"],
        "command": entry.get("command"),
        "from": entry.get("from", []),
        "interrupted": bool(entry.get("interrupted")),
        "counts": entry.get("counts", {}),
        "sources": entry.get("sources", []),
        "added": entry.get("added", []),
        "changed": entry.get("changed", []),
        "removed": entry.get("removed", []),
    }


def finding(item: "Finding") -> Json:
    """Something wrong with the archive."""
    return {"about": item.about, "matter": item.matter, "remedy": item.remedy}


def gap(item: "Gap") -> Json:
    """Something that seems to be missing."""
    return {
        "publication": item.publication,
        "kind": item.lack.value,
        "first": item.first,
        "last": item.last,
        "issue": item.issue,
        "evidence": item.evidence,
    }


def related(item: Related) -> Json:
    """A section that belongs with another, and why."""
    return {
        "score": item.score,
        "id": section_id(item.issue, item.section),
        "kind": item.section.kind.value,
        "heading": item.section.heading,
        "issue": issue_ref(item.issue),
        "reasons": [{"kind": why.kind, "names": list(why.names)} for why in item.reasons],
    }


def _why(why: Passage) -> Json:
    return {"label": why.label, "thesis": why.thesis, "text": why.text}


def _link(link: Link) -> Json:
    return {"label": link.label, "text": link.text, "url": link.url}


def _flaw(flaw: Flaw, place: str | None) -> Json:
    return {"code": flaw.code, "section": place, "text": flaw.text}


def totals(heads: Sequence[Head], counts: Mapping[str, int], sources: int) -> Json:
    """What an archive holds; `counts` are sections by kind, and `why`, those with a why."""
    publications: dict[str, list[Head]] = {}
    for issue in heads:
        publications.setdefault(issue.publication or "", []).append(issue)
    days = sorted(issue.date for issue in heads if issue.date)
    return {
        "issues": len(heads),
        "sections": sum(issue.sections for issue in heads),
        "words": sum(issue.words for issue in heads),
        "stories": counts["story"],
        "tales": counts["fiction"],
        "notes": counts["note"],
        "whys": counts["why"],
        "sources": sources,
        "first_date": days[0].isoformat() if days else None,
        "last_date": days[-1].isoformat() if days else None,
        "publications": [
            _publication(name, issues) for name, issues in sorted(publications.items())
        ],
    }


def publications(heads: Iterable[Head]) -> list[Json]:
    """Each publication, by its short name: how much of it is held, and from when to when."""
    shelves: dict[str, list[Head]] = {}
    for issue in heads:
        shelves.setdefault(issue.slug, []).append(issue)
    return [_shelf(slug, issues) for slug, issues in sorted(shelves.items())]


def _shelf(slug: str, issues: Sequence[Head]) -> Json:
    days = sorted(issue.date.isoformat() for issue in issues if issue.date)
    names = Counter(issue.publication for issue in issues if issue.publication)
    held = _publication(min(names, key=lambda name: (-names[name], name), default=""), issues)
    return {
        "slug": slug,
        **held,
        "sections": sum(issue.sections for issue in issues),
        "words": sum(issue.words for issue in issues),
        "first_date": days[0] if days else None,
        "last_date": days[-1] if days else None,
    }


def report(done: Report) -> Json:
    """What a run did."""
    return {
        "sources": [
            {
                "name": outcome.name,
                "status": outcome.status.value,
                "reason": outcome.reason,
                "format": outcome.format,
                "issues": outcome.issues,
                "mended": dict(sorted(outcome.repaired.items())),
                "damaged": dict(sorted(outcome.damaged.items())),
            }
            for outcome in done.outcomes
        ],
        "added": [issue.key for issue in done.added],
        "changed": [issue.key for issue in done.changed],
        "removed": list(done.removed),
    }


def _publication(name: str, issues: Sequence[Head]) -> Json:
    numbers = sorted(issue.number for issue in issues if issue.number is not None)
    return {
        "name": name or None,
        "issues": len(issues),
        "first": numbers[0] if numbers else None,
        "last": numbers[-1] if numbers else None,
    }
