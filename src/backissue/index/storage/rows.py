"""Records to compact JSON and back: what the index stores beside its words.

Positions in lists instead of names, because a section has hundreds of runs: the order below is the
format, and `FORMAT` goes up when it changes (an index of another format is rebuilt, not read).
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from backissue.records import (
    Block,
    BlockKind,
    Confidence,
    DraftRef,
    Flaw,
    Head,
    Issue,
    IssueKind,
    Link,
    Mend,
    Origin,
    Part,
    Passage,
    Repair,
    Run,
    Section,
    SectionKind,
)

FORMAT = 3

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_BLOCK_KINDS = tuple(BlockKind)
_PARTS = tuple(Part)
_CONFIDENCES = tuple(Confidence)


def _encode(rows: list[Any]) -> bytes:
    # A lone surrogate, from a file name that is not UTF-8, is kept as it is.
    return _encoder.encode(rows).encode(errors="surrogatepass")


def section_to_json(section: Section) -> bytes:
    """`section` as one line of JSON."""
    why = section.why
    return _encode(
        [
            section.position,
            section.kind.value,
            section.heading,
            section.deck,
            [_block_to_list(block) for block in section.blocks],
            why and [why.label, why.thesis, why.text],
            [[link.label, link.text, link.url] for link in section.links],
            section.mentions,
            section.words,
            [_repair_to_list(repair) for repair in section.repairs],
            [[flaw.code, flaw.text] for flaw in section.flaws],
            _origins_to_lists(section.origins),
        ]
    )


def section_from_json(text: bytes) -> Section:
    """The section that `section_to_json` wrote."""
    (position, kind, heading, deck, blocks, why, links, mentions, count, *rest) = json.loads(text)
    repairs, flaws, origins = rest
    return Section(
        position=position,
        kind=SectionKind(kind),
        heading=heading,
        deck=deck,
        blocks=tuple([_block_from_list(block) for block in blocks]),
        why=why and Passage(label=why[0], thesis=why[1], text=why[2]),
        links=tuple([Link(label=label, text=words, url=url) for label, words, url in links]),
        mentions=tuple(mentions),
        words=count,
        repairs=tuple([_repair_from_list(row) for row in repairs]),
        flaws=_flaws(flaws),
        origins=_origins_from_lists(origins),
    )


def head_to_json(head: Head) -> bytes:
    """`head` as one line of JSON, without its `id`, which depends on the rest of the archive."""
    return _encode(
        [
            head.key,
            head.publication,
            head.number,
            head.title,
            head.date and head.date.isoformat(),
            head.kind.value,
            head.sections,
            head.words,
            head.sources,
            head.url,
        ]
    )


def head_from_list(row: list[Any], ident: str) -> Head:
    """The head whose JSON is `row`, with the id it has in its archive."""
    key, publication, number, title, day, kind, sections, count, sources, url = row
    return Head(
        key=key,
        id=ident,
        publication=publication,
        number=number,
        title=title,
        date=day and date.fromisoformat(day),
        kind=IssueKind(kind),
        sections=sections,
        words=count,
        sources=tuple(sources),
        url=url,
    )


def rest_to_json(issue: Issue) -> bytes:
    """What `issue` has besides its head and its sections."""
    return _encode(
        [
            issue.intro,
            issue.boilerplate,
            [[flaw.code, flaw.text] for flaw in issue.flaws],
            [
                [draft.source, draft.said, draft.place, draft.loose, draft.content]
                for draft in issue.drafts
            ],
            sorted(issue.prints),
            [_repair_to_list(repair) for repair in issue.repairs],
            _origins_to_lists(issue.origins),
        ]
    )


def issue_from_json(head: Head, rest: bytes, sections: tuple[Section, ...]) -> Issue:
    """The issue of which `rest_to_json` wrote `rest`."""
    intro, boilerplate, flaws, drafts, prints, repairs, origins = json.loads(rest)
    return Issue(
        head=head,
        intro=intro,
        sections=sections,
        boilerplate=tuple(boilerplate),
        flaws=_flaws(flaws),
        drafts=tuple(
            [
                DraftRef(source=source, said=said, place=place, loose=loose, content=content)
                for source, said, place, loose, content in drafts
            ]
        ),
        prints=frozenset(prints),
        repairs=tuple([_repair_from_list(row) for row in repairs]),
        origins=_origins_from_lists(origins),
    )


def _flaws(rows: list[list[str]]) -> tuple[Flaw, ...]:
    return tuple([Flaw(code=code, text=text) for code, text in rows])


def _repair_to_list(repair: Repair) -> list[Any]:
    mends = [
        [
            mend.rule,
            mend.before,
            mend.after,
            mend.start,
            _CONFIDENCES.index(mend.confidence),
            mend.witness,
        ]
        for mend in repair.mends
    ]
    return [repair.source, repair.block, repair.text, mends]


def _repair_from_list(row: list[Any]) -> Repair:
    source, block, text, mends = row
    return Repair(
        source=source,
        block=block,
        text=text,
        mends=tuple(
            [
                Mend(
                    rule=rule,
                    before=before,
                    after=after,
                    start=start,
                    confidence=_CONFIDENCES[sure],
                    witness=witness,
                )
                for rule, before, after, start, sure, witness in mends
            ]
        ),
    )


def _origins_to_lists(origins: Iterable[Origin]) -> list[Any]:
    return [[origin.part, origin.source, origin.text] for origin in origins]


def _origins_from_lists(rows: list[list[Any]]) -> tuple[Origin, ...]:
    return tuple([Origin(part=part, source=source, text=text) for part, source, text in rows])


def _block_to_list(block: Block) -> list[Any]:
    runs = [
        run.text
        if run.url is None and not run.strong and not run.emphasis
        else [run.text, 2 * run.strong + run.emphasis, run.url]
        for run in block.runs
    ]
    kind, part = _BLOCK_KINDS.index(block.kind), _PARTS.index(block.part)
    return [kind, part, block.level, int(block.joined), *runs]


def _block_from_list(row: list[Any]) -> Block:
    kind, part, level, joined, *runs = row
    return Block(
        kind=_BLOCK_KINDS[kind],
        runs=tuple([_run(run) for run in runs]),
        level=level,
        joined=bool(joined),
        part=_PARTS[part],
    )


def _run(row: str | list[Any]) -> Run:
    if isinstance(row, str):
        return Run(text=row)
    text, look, url = row
    return Run(text=text, strong=bool(look & 2), emphasis=bool(look & 1), url=url)
