"""Collections of which people have judged what answers what, as others publish them.

A folder holds documents, queries and judgements, found by what they look like: TREC (`<doc>`,
`<top>`, four columns), SMART (`.I .T .W`), BEIR (`corpus.jsonl`, `queries.jsonl`), or a tar of one
file a document. TREC files are no newsletters, so the readers of `ingest` are not asked: each
document becomes a section, its title the heading.
"""

import html
import json
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from backissue.records import Block, DraftRef, Head, Issue, IssueKind, Run, Section, SectionKind

Judged = dict[str, dict[str, int]]  # for each query the documents, and what each was judged


class Document(NamedTuple):
    """A document of a collection."""

    name: str
    title: str
    text: str


class Collection(NamedTuple):
    """What a folder holds: documents, queries by name, and what each document was judged."""

    documents: list[Document]
    queries: dict[str, str]
    judged: Judged


def load(folder: Path) -> Collection:
    """The collection in a folder."""
    documents: list[Document] = []
    queries: dict[str, str] = {}
    judged: Judged = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        if path.name.lower().startswith(("readme", "license")):
            continue
        if tarfile.is_tarfile(path):
            documents += tarred(path)
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if found := judgements(text):
            judged.update(found)
        elif re.search("top|qry|quer", path.name, re.IGNORECASE):
            queries.update((one.name, f"{one.title} {one.text}") for one in records(text))
        else:
            documents += records(text)
    if not (documents and queries and judged):
        raise SystemExit(f"{folder}: no documents, queries or judgements in it")
    on_one_line = {name: " ".join(text.split()) for name, text in queries.items()}
    return Collection(documents, in_order(on_one_line, judged), judged)


def in_order(queries: dict[str, str], judged: Judged) -> dict[str, str]:
    """The queries as the judgements number them: by their names, or from 1 in their order."""
    if set(judged) <= set(queries):
        return queries
    return {str(place): text for place, text in enumerate(queries.values(), 1)}


def judgements(text: str) -> Judged:
    """Each query's documents and what they were judged, if all lines say so."""
    found: Judged = defaultdict(dict)
    for line in text.splitlines():
        row = line.split()
        if not row or row[0] in {"query-id", "qid"}:
            continue
        try:
            if len(row) == 4 and row[2] == "0" and "." in row[3]:  # SMART: query, document, 0, 0.0
                found[row[0]][row[1]] = 1
            elif len(row) in {3, 4}:
                found[row[0]][row[-2]] = int(row[-1])
            else:
                return {}
        except ValueError:
            return {}
    return dict(found)


def tarred(path: Path) -> Iterator[Document]:
    """The members of a tar, one document each, named as their files are; a title ends at a gap."""
    with tarfile.open(path) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                text = plain(file.read().decode("utf-8", errors="replace"))
                title, _, rest = text.partition("\n\n")
                yield Document(Path(member.name).stem, title, rest)


def records(text: str) -> Iterator[Document]:
    """The documents or queries of one file."""
    if text.lstrip().startswith("{"):
        for row in map(json.loads, filter(None, text.splitlines())):
            yield Document(str(row["_id"]), row.get("title", ""), row.get("text", ""))
    elif re.match(r"\.I\s", text):
        for part in re.split(r"^\.I\s+", text, flags=re.MULTILINE)[1:]:
            fields = dict(re.findall(r"^\.(\w)[ \t]*\n(.*?)(?=^\.\w\s|\Z)", part, re.M | re.S))
            yield Document(part.split()[0], fields.get("T", ""), fields.get("W", ""))
    else:
        for _, part in re.findall(r"<(doc|top)\b[^>]*>(.*?)</\1>", text, re.I | re.S):
            yield tagged(part)


def tagged(part: str) -> Document:
    """A document or query in TREC's tags; a text that repeats its title is cut."""

    def field(names: str) -> str:
        found = re.search(rf"<({names})\b[^>]*>(.*?)(?=</\1>|<(?!/)|\Z)", part, re.I | re.S)
        return plain(found[2]) if found else ""

    name = re.sub(r"^(number|topic):?\s*", "", field("docno|num"), flags=re.IGNORECASE)
    title, text = field("title"), field("text|desc")
    if not title and not text:
        text = plain(re.sub(r"<(docno|num)\b[^>]*>[^<]*(</\1>)?", "", part, flags=re.I))
    return Document(name, title, text.removeprefix(title).strip())


def plain(text: str) -> str:
    """Without tags and entities."""
    return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()


def as_issue(documents: list[Document]) -> Issue:
    """A collection as one issue, each document a section."""
    sections = tuple(as_section(at, document) for at, document in enumerate(documents, 1))
    head = Head(
        key="collection/1",
        id="1",
        publication=None,
        number=1,
        title=None,
        date=None,
        kind=IssueKind.NEWSLETTER,
        sections=len(sections),
        words=0,
        sources=(),
    )
    return Issue(
        head=head,
        intro=None,
        sections=sections,
        boilerplate=(),
        flaws=(),
        drafts=(DraftRef(source="0" * 64, digest="", place=0),),
        fingerprints=frozenset(),
    )


def as_section(position: int, document: Document) -> Section:
    """A document as a section."""
    paragraphs = re.split(r"\n\s*\n", document.text)
    return Section(
        position=position,
        kind=SectionKind.STORY,
        heading=document.title,
        deck=None,
        blocks=tuple(Block(runs=(Run(text=one),)) for one in paragraphs if one.strip()),
        why=None,
        links=(),
        mentions=(),
        words=0,
    )
