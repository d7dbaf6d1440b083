"""Truths about documents: what a person says is in them, and what the program finds.

A truth is a TOML file beside the documents it is about. Only what it names is compared. The form
of `tests/corpus`, whose issues stand in the order of their documents (or of their addresses, where
`merged` says that the documents are copies of one another):

    documents = ["cranes.txt"]       # as a rule left out: the file of the truth's own name
    why = "a deck of 300 characters" # what the document is there for

    [[issue]]
    publication = "Harbour Notes"    # "" says that there is none; so for `title`, `intro`, `date`
    number = 12                      # 0 says that there is none
    intro = "…"                      # the first words; boilerplate = [lines that are in no section]
    key = "harbour-notes/12"         # its address, and flaws = ["teaser"], by their codes

    [[issue.section]]
    heading = "Cranes"               # and deck, kind, words, blocks, links, mentions
    first = "The port"               # the first words, `last` the last; holds = [some others]
    why = ["Cranes are", "a town."]  # the passage's first and last words; `thesis` is its thesis

`wrong = ["1 title", "1.2 deck"]` names facts that the program gets wrong: of issue 1, of section 2
of issue 1. The form of `tests/gold` is one issue, with `sources` in the folder `seeds`.
"""

import datetime
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backissue.ingest.merge import Copy, merge
from backissue.ingest.pipeline import read
from backissue.ingest.sources import Source, collect
from backissue.ingest.structure import Draft
from backissue.records import NO_FACTS, DraftRef, Issue, Section, SectionKind
from backissue.text.prose import fold, plain

ROOT = Path(__file__).parent.parent
CORPUS, GOLD, SEEDS = ROOT / "tests" / "corpus", ROOT / "tests" / "gold", ROOT / "seeds"
Table = dict[str, Any]
Known = dict[Source, tuple[Draft, ...]]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a truth says; `place` is `1` or `1.2`, `known_wrong` that it is not found."""

    document: str
    place: str
    name: str
    wanted: object
    found: object
    known_wrong: bool

    @property
    def right(self) -> bool:
        """Whether the program finds what the truth says."""
        return self.wanted == self.found

    def __str__(self) -> str:
        return f"{self.document} {self.place} {self.name}: {self.found!r} for {self.wanted!r}"


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A truth and the documents it is about."""

    name: str
    table: Table
    documents: tuple[Source, ...]

    def facts(self, known: Known | None = None) -> list[Fact]:
        """Every fact, with what the program finds now; `known` is what it found in one run."""
        wrong = set(self.table.get("wrong", ()))
        return [
            Fact(self.name, place, name, wanted, found, f"{place} {name}" in wrong)
            for place, name, wanted, found in self._compared({} if known is None else known)
        ]

    def issues(self, known: Known) -> Sequence[Draft | Issue]:
        """The drafts of the documents in their order, or the issues merged of them."""
        drafts = [draft for made in self.documents for draft in _drafts(made, known)]
        if not self.table.get("merged"):
            number = self.table.get("only")
            return [one for one in drafts if number is None or one.facts.number == number]
        copies = (
            Copy(
                draft=draft,
                ref=DraftRef(source=made.sha256, digest="", place=draft.place),
                names=(made.name,),
            )
            for made in self.documents
            for draft in _drafts(made, known)
        )
        return sorted(merge(copies), key=lambda issue: issue.head.key)

    def _compared(self, known: Known) -> Iterator[tuple[str, str, object, object]]:
        told = self.table["issue"]
        found = self.issues(known)
        yield "0", "issues", len(told), len(found)
        for number, table in enumerate(told, 1):
            issue = found[number - 1] if number <= len(found) else None
            yield from _of_issue(str(number), table, issue)


def truths(folder: Path) -> list[Truth]:
    """The truths in a folder, by name."""
    found: list[Truth] = []
    for path in sorted(folder.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        if "issue" in table:
            beside = (one.name for one in sorted(folder.glob(f"{path.stem}.*")) if one != path)
            names = table.get("documents") or list(beside)
            found.append(Truth(path.stem, table, _sources(folder, names)))
        elif "section" in table and "sources" in table:
            found += _gold(path.stem, table)
    return found


def _gold(name: str, table: Table) -> Iterator[Truth]:
    """One truth for each source of an issue; the HTML copy of 395 does not say which it is."""
    for source in table["sources"]:
        untold = source.startswith("000")
        # The truth about 395 was read in a copy in which links in mid-sentence are marked.
        linked = table["number"] != 395 or source[:3] in {"000", "002"}
        issue: Table = {"publication": "Import AI", "section": table["section"]}
        if linked:
            issue["section"] = [
                {**section, "links": [link["text"] for link in section.get("link", ())]}
                for section in table["section"]
            ]
        if not untold:
            issue |= {"number": table["number"], "title": table["title"]}
        whole = {"issue": [issue]} | ({} if untold else {"only": table["number"]})
        yield Truth(f"{name} {source[:3]}", whole, _sources(SEEDS, [source]))


def _sources(folder: Path, names: Sequence[str]) -> tuple[Source, ...]:
    items = collect([str(folder / name) for name in names], NO_FACTS)
    return tuple(item for item in items if isinstance(item, Source))


def _drafts(made: Source, known: Known) -> tuple[Draft, ...]:
    if made not in known:
        known[made] = read(made.data, made.by_reader, by_carrier=made.by_carrier).drafts
    return known[made]


# -- what is compared ----------------------------------------------------------------------------


def _of_issue(
    place: str, table: Table, issue: Draft | Issue | None
) -> Iterator[tuple[str, str, object, object]]:
    known = issue.head if isinstance(issue, Issue) else issue.facts if issue else None
    for name in ("publication", "number", "title", "date", "kind", "url", "subtitle"):
        if name in table:
            yield place, name, _plain(table[name]), _plain(getattr(known, name, None))
    if "key" in table:
        yield place, "key", table["key"], issue.head.key if isinstance(issue, Issue) else None
    if "flaws" in table:
        flaws = [flaw for one in (issue, *issue.sections) for flaw in one.flaws] if issue else []
        yield place, "flaws", table["flaws"], sorted({flaw.code for flaw in flaws})
    if "intro" in table:
        yield place, "intro", *_opening(table["intro"], issue.intro if issue else None)
    for line in table.get("boilerplate", ()):
        standing = {fold(one) for one in issue.boilerplate} if issue else set()
        yield place, f"boilerplate {line[:20]}", True, fold(line) in standing
    told = table.get("section", ())
    found = issue.sections if issue else ()
    yield place, "sections", len(told), len(found)
    for number, wanted in enumerate(told, 1):
        section = found[number - 1] if number <= len(found) else None
        for name, want, got in _of_section(wanted, section):
            yield f"{place}.{number}", name, want, got


def _of_section(table: Table, section: Section | None) -> Iterator[tuple[str, object, object]]:
    text = fold(plain(section.blocks)) if section else ""
    why = section.why if section else None
    told = table.get("why")
    told = dict(zip(("first", "last"), told, strict=True)) if isinstance(told, list) else told
    yield "heading", fold(table["heading"]), fold(section.heading) if section else None
    yield "deck", fold(table.get("deck", "")), fold(section.deck or "") if section else None
    yield "kind", table.get("kind", "story"), (section.kind if section else SectionKind.NOTE).value
    yield "has a why", told is not None, why is not None
    if told and "first" in told:
        yield "why", *_opening(told["first"], why.text if why else None)
    if told and "last" in told:
        yield "why's end", *_ending(told["last"], why.text if why else None)
    if told and "label" in told:
        yield "label", fold(told["label"]), fold(why.label) if why else None
    if thesis := table.get("thesis") or (told or {}).get("thesis"):
        yield "thesis", fold(thesis), fold(why.thesis or "") if why else None
    if "first" in table:
        yield "first", *_opening(table["first"], text)
    if "last" in table:
        yield "last", *_ending(table["last"], text)
    for words in table.get("holds", ()):
        yield f"holds {words[:20]}", True, fold(words) in text
    yield from _of_contents(table, section)


def _of_contents(table: Table, section: Section | None) -> Iterator[tuple[str, object, object]]:
    """How many blocks a section has, where it links to, which issues it cites."""
    if "blocks" in table:
        yield "blocks", table["blocks"], len(section.blocks) if section else 0
    if "links" in table:
        links = [fold(link.text) for link in section.links] if section else []
        yield "links", [fold(link) for link in table["links"]], links
    if "mentions" in table:
        yield "mentions", sorted(table["mentions"]), sorted(section.mentions) if section else []


def _plain(value: object) -> object:
    """A fact in the form of the truths: text folded, nothing as `""`."""
    value = getattr(value, "value", value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return fold(value) if isinstance(value, str) else value or ""


def _opening(wanted: str, found: str | None) -> tuple[str, str]:
    """The words wanted, and as many of those found; all, where none are wanted."""
    text, told = fold(found or ""), fold(wanted)
    return told, text[: len(told)] if told else text


def _ending(wanted: str, found: str | None) -> tuple[str, str]:
    text, told = fold(found or ""), fold(wanted)
    return told, text[-len(told) :]
