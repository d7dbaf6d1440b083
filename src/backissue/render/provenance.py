"""Where a text came from, and what was repaired in it, as JSON and as plain lines."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from backissue.records import Head, Issue, Origin, Repair, RepairedBlock, Section, replay_backwards
from backissue.render.json import Json, section_id
from backissue.render.plain import clean, one_line

# The reader's own word, which no source has.
_READER = "said"
_AROUND = 24  # characters of context on either side of a repair


def blocks_of(head: Head, whole: Issue | None, sections: Iterable[Section]) -> list[Json]:
    """Each repaired block: of which section (else the issue), its text, and the text as it was."""
    return [
        {
            "id": place,
            "source": block.source,
            "block": block.block,
            "text": block.text,
            "original": block.original,
        }
        for place, block in _blocks(head, whole, sections)
    ]


def repairs_of(head: Head, whole: Issue | None, sections: Iterable[Section]) -> list[Json]:
    """Each repair, in the order in which they were made within a block."""
    return [
        {
            "id": place,
            "source": block.source,
            "block": block.block,
            "start": repair.start,
            "rule": repair.rule,
            "before": repair.before,
            "after": repair.after,
            "confidence": repair.confidence.value,
            "witness": repair.witness,
            "context": context,
        }
        for place, block in _blocks(head, whole, sections)
        for repair, context in _in_context(block)
    ]


def _blocks(
    head: Head, whole: Issue | None, sections: Iterable[Section]
) -> Iterator[tuple[str, RepairedBlock]]:
    if whole:
        yield from ((head.id, block) for block in whole.repairs)
    for section in sections:
        yield from ((section_id(head, section), block) for block in section.repairs)


def _in_context(block: RepairedBlock) -> Iterator[tuple[Repair, str]]:
    """Each repair with the text around it, as it was when the repair was made."""
    found: list[tuple[Repair, str]] = []
    for repair, _, text in replay_backwards(block.text, block.steps):
        end = repair.start + len(repair.after)
        around = text[max(repair.start - _AROUND, 0) : end + _AROUND]
        found.append((repair, " ".join(around.split())))
    return reversed(found)


REPAIR_COLUMNS = ("id", "rule", "confidence", "before", "after", "source", "witness")


def repair_rows(
    head: Head, whole: Issue | None, sections: Iterable[Section]
) -> list[dict[str, object]]:
    """The repairs for a person: whole words before and after, `event- ually` and `eventually`."""
    return [
        {
            "id": place,
            "rule": repair.rule,
            "confidence": repair.confidence.value,
            "before": before,
            "after": after,
            "source": block.source,
            "witness": repair.witness,
        }
        for place, block in _blocks(head, whole, sections)
        for repair, before, after in _in_words(block)
    ]


def _in_words(block: RepairedBlock) -> Iterator[tuple[Repair, str, str]]:
    """Each repair with the word that it is in, as it was and as it is."""
    found: list[tuple[Repair, str, str]] = []
    for repair, _, text in replay_backwards(block.text, block.steps):
        end = repair.start + len(repair.after)
        lead = re.split(r"\s", text[max(repair.start - _AROUND, 0) : repair.start])[-1]
        trail = re.split(r"\s", text[end : end + _AROUND])[0]
        found.append((repair, lead + repair.before + trail, lead + repair.after + trail))
    return reversed(found)


def repairs(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One line a repair, its values apart by tabs, `-` for what there is not."""
    return (_line(row, REPAIR_COLUMNS) for row in rows)


def originals(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The text of each repaired block as its source has it, a blank line between two."""
    for place, row in enumerate(rows):
        if place:
            yield ""
        yield clean(str(row["original"]))


def provenance_of(head: Head, whole: Issue | None, sections: Iterable[Section]) -> list[Json]:
    """Which source gave what, and on which evidence; and which repaired another's damage."""
    rows = _given(head.id, whole.origins, whole.repairs) if whole else []
    for section in sections:
        rows += _given(section_id(head, section), section.origins, section.repairs)
    return rows


def _given(place: str, origins: Iterable[Origin], blocks: Iterable[RepairedBlock]) -> list[Json]:
    nothing: Json = {"text": None, "count": None, "evidence": None, "found": None}
    rows: list[Json] = [{"id": place, **nothing, **asdict(one)} for one in origins]
    witnesses = Counter(one.witness for block in blocks for one in block.steps if one.witness)
    rows += [
        {"id": place, "part": "healing", "source": name, **nothing, "count": count}
        for name, count in sorted(witnesses.items())
    ]
    return rows


PROVENANCE_COLUMNS = ("id", "part", "source", "what")


def provenance_rows(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """The rows for a person: which evidence or link it was, or how many places were repaired."""
    return [
        {
            "id": row["id"],
            "part": row["part"],
            "source": _READER if row["source"] is None else row["source"],
            "what": _what(row),
        }
        for row in rows
    ]


def _what(row: Mapping[str, object]) -> object:
    if row["count"] is not None:
        return "1 place" if row["count"] == 1 else f"{row['count']} places"
    found = row["found"] and f"{row['evidence']}: “{row['found']}”"
    return found or row["evidence"] or row["text"]


def provenance(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One line a part: address, part, source, and which evidence, link or number of places."""
    return (_line(row, PROVENANCE_COLUMNS) for row in provenance_rows(rows))


def _line(row: Mapping[str, object], columns: Iterable[str]) -> str:
    return "\t".join(one_line("-" if row[key] is None else str(row[key])) for key in columns)
