"""The fields of each list that a template of `--format` can name."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from backissue.records import Head, Hit, Issue, Related, Section
from backissue.render import presentation as shared
from backissue.render.rows import PublicationRow, RepairRow, UndoRow
from backissue.render.template import Fields
from backissue.render.theses import story_link, thesis

if TYPE_CHECKING:
    from backissue.archive.missing import Missing
    from backissue.query.fields import FieldNote


class Listed(NamedTuple):
    """The fields of a list, and what one of its items is called in a message."""

    fields: Fields
    what: str


class ListedIssue(Struct, frozen=True, kw_only=True):
    """An issue of a list; `whole` reads the rest of it."""

    head: Head
    whole: Callable[[], Issue]


class RankedRelated(NamedTuple):
    """A related section, its place in the list, and the section asked about."""

    rank: int
    item: Related
    of: str


_Item = tuple[Head, Section]


def _text(section: Section) -> str:
    from backissue.text.prose import plain  # noqa: PLC0415 - only if a template has it

    return plain(section.blocks)


def _markdown(section: Section) -> str:
    from backissue.text.prose import markdown  # noqa: PLC0415 - as above

    return markdown(section.blocks)


def _links(sections: tuple[Section, ...]) -> str:
    """Web addresses, each once, with spaces between them."""
    found = (link.url for section in sections for link in section.links)
    return " ".join(dict.fromkeys(filter(None, found)))


def _whole_text(issue: Issue) -> str:
    return "\n\n".join(filter(None, [issue.intro, *map(_text, issue.sections)]))


def _document(issue: Issue) -> str:
    from backissue.render.markdown import document  # noqa: PLC0415 - as above

    return document(issue)


_SECTION: Mapping[str, Callable[[_Item], object]] = {
    "id": lambda item: shared.address(item[0], item[1].position),
    "key": lambda item: shared.key(item[0], item[1].position),
    "heading": lambda item: item[1].heading,
    "deck": lambda item: item[1].deck,
    "kind": lambda item: item[1].kind.value,
    "words": lambda item: item[1].words,
    "why": lambda item: item[1].why and item[1].why.text,
    "thesis": lambda item: thesis(item[1]),
    "label": lambda item: item[1].why and item[1].why.label,
    "text": lambda item: _text(item[1]),
    "markdown": lambda item: _markdown(item[1]),
    "link": lambda item: story_link(*item),
    "links": lambda item: _links((item[1],)),
    "issue": lambda item: item[0].id,
    "publication": lambda item: item[0].publication,
    "number": lambda item: item[0].number,
    "volume": lambda item: item[0].volume,
    "title": lambda item: item[0].title,
    "date": lambda item: item[0].date,
    "url": lambda item: item[0].url,
}


def _of_section(field: Callable[[_Item], object], pair: Callable[[Any], _Item]) -> Any:
    return lambda item: field(pair(item))


def _with_section(own: Fields, pair: Callable[[Any], _Item]) -> Fields:
    """A list's own fields, and those of the section that `pair` finds in an item."""
    return {**own, **{name: _of_section(field, pair) for name, field in _SECTION.items()}}


def _hit_pair(hit: Hit) -> _Item:
    return hit.issue, hit.section


def _related_pair(ranked: RankedRelated) -> _Item:
    return ranked.item.issue, ranked.item.section


_HIT = _with_section(
    {
        "rank": lambda hit: hit.rank,
        "score": lambda hit: f"{hit.score:.4f}",
        "snippet": lambda hit: hit.snippet.text,
        "field": lambda hit: hit.snippet.field,
        "missing": lambda hit: ", ".join(hit.missing),
    },
    _hit_pair,
)
_RELATED = _with_section(
    {
        "rank": lambda one: one.rank,
        "score": lambda one: f"{one.item.score:.4f}",
        "of": lambda one: one.of,
        "reason": lambda one: shared.because(one.item, one.of),
    },
    _related_pair,
)
_ISSUE: Mapping[str, Callable[[ListedIssue], object]] = {
    "id": lambda one: one.head.id,
    "key": lambda one: one.head.key,
    "number": lambda one: one.head.number,
    "volume": lambda one: one.head.volume,
    "title": lambda one: one.head.title,
    "name": lambda one: shared.name(one.head),
    "date": lambda one: one.head.date,
    "kind": lambda one: one.head.kind.value,
    "publication": lambda one: one.head.publication,
    "sections": lambda one: one.head.sections,
    "words": lambda one: one.head.words,
    "sources": lambda one: ", ".join(one.head.sources),
    "url": lambda one: one.head.url,
    "intro": lambda one: one.whole().intro,
    "text": lambda one: _whole_text(one.whole()),
    "markdown": lambda one: _document(one.whole()),
    "why": lambda one: "\n\n".join(
        section.why.text for section in one.whole().sections if section.why
    ),
    "thesis": lambda one: "; ".join(filter(None, map(thesis, one.whole().sections))),
    "links": lambda one: _links(one.whole().sections),
}
_PUBLICATION: Mapping[str, Callable[[PublicationRow], object]] = {
    "id": lambda row: row.slug,
    "key": lambda row: row.slug,
    "name": lambda row: row.name,
    "issues": lambda row: row.issues,
    "sections": lambda row: row.sections,
    "words": lambda row: row.words,
    "first": lambda row: row.first,
    "last": lambda row: row.last,
    "first_date": lambda row: row.first_date,
    "last_date": lambda row: row.last_date,
    "date": lambda row: row.last_date,
}
_MISSING: Mapping[str, "Callable[[Missing], object]"] = {
    "id": shared.which,
    "key": lambda one: one.key,
    "kind": lambda one: one.kind.value,
    "publication": lambda one: one.publication,
    "first": lambda one: one.first,
    "last": lambda one: one.last,
    "issue": lambda one: one.issue,
    "evidence": lambda one: one.evidence,
}
_REPAIR: Mapping[str, Callable[[RepairRow], object]] = {
    "id": lambda row: row.id,
    "key": lambda row: row.key,
    "rule": lambda row: row.rule,
    "confidence": lambda row: row.confidence.value,
    "before": lambda row: row.before,
    "after": lambda row: row.after,
    "was": lambda row: row.was,
    "now": lambda row: row.now,
    "context": lambda row: row.context,
    "source": lambda row: row.source,
    "witness": lambda row: row.witness,
}
_SEARCH: Mapping[str, Callable[[tuple[str, str]], object]] = {
    "id": lambda pair: f":{pair[0]}",
    "name": lambda pair: pair[0],
    "query": lambda pair: pair[1],
}
_RUN: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "when": lambda run: shared.run_cells(run)[0],
    "date": lambda run: shared.run_cells(run)[0][:10],
    "command": lambda run: shared.run_cells(run)[1],
    "result": lambda run: shared.run_cells(run)[2],
    "from": lambda run: shared.run_cells(run)[3],
}
_UNDO: Mapping[str, Callable[[UndoRow], object]] = {
    "id": lambda row: row.number,
    "when": lambda row: row.when,
    "date": lambda row: row.when[:10],
    "command": lambda row: row.command,
    "sources": lambda row: row.sources,
    "from": lambda row: ", ".join(row.places),
}
_FIELD: Mapping[str, "Callable[[FieldNote], object]"] = {
    "id": lambda note: f"{note.field.value}:",
    "name": lambda note: note.field.value,
    "type": lambda note: note.type,
    "example": lambda note: note.examples[0],
    "what": lambda note: note.what,
}

HITS = Listed(_HIT, "a hit")
ISSUES = Listed(_ISSUE, "an issue")
PUBLICATIONS = Listed(_PUBLICATION, "a publication")
RELATED = Listed(_RELATED, "a related section")
WHYS = Listed(_SECTION, "a section")
MISSING = Listed(_MISSING, "what is missing")
REPAIRS = Listed(_REPAIR, "a repair")
SEARCHES = Listed(_SEARCH, "a saved search")
RUNS = Listed(_RUN, "a run")
UNDOABLE = Listed(_UNDO, "a run")
FIELDS = Listed(_FIELD, "a field")
