"""Where a text came from, and what was mended in it, as JSON and as plain lines."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from backissue.records import Head, Issue, Mend, Origin, Repair, Section
from backissue.render.json import Json, section_id
from backissue.render.plain import clean, one_line

# The reader's own word, which no source has.
_READER = "said"
_AROUND = 24  # characters of context on either side of a mending


def repairs_of(head: Head, whole: Issue | None, sections: Iterable[Section]) -> list[Json]:
    """Each mended block: of which section (else the issue), its text, and the text as it was."""
    return [
        {
            "id": place,
            "source": repair.source,
            "block": repair.block,
            "text": repair.text,
            "original": repair.original,
        }
        for place, repair in _repairs(head, whole, sections)
    ]


def mends_of(head: Head, whole: Issue | None, sections: Iterable[Section]) -> list[Json]:
    """Each mending, in the order in which they were made within a block."""
    return [
        {
            "id": place,
            "source": repair.source,
            "block": repair.block,
            "start": mend.start,
            "rule": mend.rule,
            "before": mend.before,
            "after": mend.after,
            "confidence": mend.confidence.value,
            "witness": mend.witness,
            "context": context,
        }
        for place, repair in _repairs(head, whole, sections)
        for mend, context in _in_context(repair)
    ]


def _repairs(
    head: Head, whole: Issue | None, sections: Iterable[Section]
) -> Iterator[tuple[str, Repair]]:
    if whole:
        yield from ((head.id, repair) for repair in whole.repairs)
    for section in sections:
        yield from ((section_id(head, section), repair) for repair in section.repairs)


def _in_context(repair: Repair) -> Iterator[tuple[Mend, str]]:
    """Each mending with what stands around it, at the time at which it was made."""
    text = repair.text
    found: list[tuple[Mend, str]] = []
    for mend in reversed(repair.mends):
        end = mend.start + len(mend.after)
        around = text[max(mend.start - _AROUND, 0) : end + _AROUND]
        found.append((mend, " ".join(around.split())))
        text = text[: mend.start] + mend.before + text[end:]
    return reversed(found)


MEND_COLUMNS = ("id", "rule", "confidence", "before", "after", "source", "witness")


def mend_rows(
    head: Head, whole: Issue | None, sections: Iterable[Section]
) -> list[dict[str, object]]:
    """The mendings for a person: whole words before and after, `event- ually` and `eventually`."""
    return [
        {
            "id": place,
            "rule": mend.rule,
            "confidence": mend.confidence.value,
            "before": before,
            "after": after,
            "source": repair.source,
            "witness": mend.witness,
        }
        for place, repair in _repairs(head, whole, sections)
        for mend, before, after in _in_words(repair)
    ]


def _in_words(repair: Repair) -> Iterator[tuple[Mend, str, str]]:
    """Each mending with the word in which it stands, as it was and as it is."""
    text = repair.text
    found: list[tuple[Mend, str, str]] = []
    for mend in reversed(repair.mends):
        end = mend.start + len(mend.after)
        lead = re.split(r"\s", text[max(mend.start - _AROUND, 0) : mend.start])[-1]
        trail = re.split(r"\s", text[end : end + _AROUND])[0]
        found.append((mend, lead + mend.before + trail, lead + mend.after + trail))
        text = text[: mend.start] + mend.before + text[end:]
    return reversed(found)


def mends(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One line a mending, its values apart by tabs, `-` for what there is not."""
    return (_line(row, MEND_COLUMNS) for row in rows)


def originals(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The text of each mended block as its source has it, a blank line between two."""
    for place, row in enumerate(rows):
        if place:
            yield ""
        yield clean(str(row["original"]))


def provenance_of(head: Head, whole: Issue | None, sections: Iterable[Section]) -> list[Json]:
    """Which source gave what, and on which evidence; and which healed another's damage."""
    rows = _given(head.id, whole.origins, whole.repairs) if whole else []
    for section in sections:
        rows += _given(section_id(head, section), section.origins, section.repairs)
    return rows


def _given(place: str, origins: Iterable[Origin], repairs: Iterable[Repair]) -> list[Json]:
    nothing: Json = {"text": None, "count": None, "evidence": None, "found": None}
    rows: list[Json] = [{"id": place, **nothing, **asdict(one)} for one in origins]
    healers = Counter(mend.witness for repair in repairs for mend in repair.mends if mend.witness)
    rows += [
        {"id": place, "part": "healing", "source": name, **nothing, "count": count}
        for name, count in sorted(healers.items())
    ]
    return rows


PROVENANCE_COLUMNS = ("id", "part", "source", "what")


def provenance_rows(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """The rows for a person: which evidence or link it was, or how many places were healed."""
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
