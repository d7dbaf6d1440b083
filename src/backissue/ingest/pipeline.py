"""One source from bytes to drafts: `read` has every stage, a line each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from backissue.errors import LeftOutError, RejectedSourceError
from backissue.ingest.identity import Decision, Evidence, EvidenceKind, decide, reported
from backissue.ingest.readers import Document, Original, reader_for
from backissue.ingest.repair import may_be_damaged
from backissue.ingest.structure import Draft, Line, Text, drafts
from backissue.records import NO_FACTS, Block, BlockKind, Facts, Flaw, Repair, RepairedBlock
from backissue.text.decoding import GUESSED, decode, with_line_feeds
from backissue.text.prose import plural
from backissue.text.wrapping import unwrapped

if TYPE_CHECKING:
    from backissue.ingest.repair import diagnosis as diagnosing

# What a file that is not text opens with.
_SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x7fELF": "a program",
    b"SQLite format 3": "a database",
    b"\xd0\xcf\x11\xe0": "an Office document",
}
# How to get the text of such a file.
_HINTS = {
    "a PDF": "for its text: pdftotext FILE - | backissue ingest -",
    "an Office document": "save it as text or as a web page",
}
# Text has none of these; a stray one is damage, one in a hundred is another kind of file.
_CONTROLS = frozenset(map(chr, [*range(9), *range(14, 27), *range(28, 32)]))
# ISO-2022-KR announces itself, and then shifts out of Western letters and in.
_KOREAN, _SHIFTS = "\x1b$)C", frozenset("\x0e\x0f")
# Between two blocks; a block may have a line end of its own.
_BETWEEN = "\n\n"


class Reading(Struct, frozen=True, kw_only=True):
    """What one source holds: its format, encoding and issues, and what was repaired on the way.

    `left_out` counts what in it is no issue (`draft`, `podcast`).
    """

    format: str
    encoding: str
    drafts: tuple[Draft, ...]
    repairs: tuple[Repair, ...]
    flaws: tuple[Flaw, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


def read(
    data: bytes,
    by_reader: Facts,
    by_reader_of_issue: Mapping[int, Facts] = MappingProxyType({}),
    *,
    by_carrier: Facts = NO_FACTS,
    name: str = "",
) -> Reading:
    """The issues in `data`.

    You set `by_reader` for the whole source, `by_reader_of_issue` for its issues, by place;
    `by_carrier` is what the index of an export says of it, `name` that of its file. Raises
    `RejectedSourceError` where it holds no issue, `LeftOutError` where it holds only what is left
    out on purpose.
    """
    _refuse_other_files(data)
    # A source is the same with either kind of line end, and so is what is read in it.
    data = with_line_feeds(data)
    decoded = decode(data)
    _refuse_controls(decoded.text)
    original = Original(data=data, decoded=decoded)
    reader = reader_for(original)
    documents, left_out = _without_left_out(reader.read(original))
    texts: list[Text] = []
    for document in documents:
        carrier = decide((*reported(EvidenceKind.EXPORT_INDEX, by_carrier), *document.evidence))
        blocks = unwrapped(document.blocks)
        guessed = any(flaw.code == GUESSED for flaw in document.flaws)
        titles = (document.facts.title, by_carrier.title)
        diagnosis = _diagnosed(blocks, titles, guessed=guessed)
        carrier, title_repairs = _repaired_title(carrier, diagnosis)
        lines = tuple(_repaired(block, number, diagnosis) for number, block in enumerate(blocks))
        text = _text(document, lines, carrier, title_repairs)
        texts.append(replace(text, by_name=_by_name(name)))
    issues = drafts(texts, by_reader, by_reader_of_issue)
    _refuse_nothing(issues, left_out)
    return Reading(
        format=reader.name,
        encoding=decoded.encoding,
        drafts=issues,
        repairs=tuple(step for text in texts for block in _repairs(text) for step in block.steps),
        flaws=tuple(flaw for text in texts for flaw in _flaws(text)),
        left_out=left_out,
    )


def _by_name(name: str) -> tuple[Evidence, ...]:
    """What a file's name says; few have a number."""
    if not re.search(r"\d", name):
        return ()
    from backissue.ingest.identity import file_names  # noqa: PLC0415 - few names say anything

    return file_names.in_file_name(name)


def _refuse_other_files(data: bytes) -> None:
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            raise RejectedSourceError(f"not text, but {what}", hint=_HINTS.get(what))


def _refuse_controls(text: str) -> None:
    controls = _CONTROLS - _SHIFTS if _KOREAN in text else _CONTROLS
    if sum(map(text.count, controls)) * 100 > len(text):
        raise RejectedSourceError("not text")


def _refuse_nothing(issues: Sequence[Draft], left_out: Mapping[str, int]) -> None:
    if left_out and not issues:
        kinds = " and ".join(map(plural, sorted(left_out)))
        raise LeftOutError(f"has only {kinds}, which are no issues")
    if not issues:
        raise RejectedSourceError("no text to keep in it")


def _without_left_out(documents: Sequence[Document]) -> tuple[list[Document], Counter[str]]:
    """The documents that are issues, and how many others there are of each kind."""
    left_out = Counter(document.left_out for document in documents if document.left_out)
    return [document for document in documents if not document.left_out], left_out


def _diagnosed(
    blocks: Sequence[Block], titles: Sequence[str | None], *, guessed: bool
) -> "diagnosing.Diagnosis | None":
    """Which damages a document shows, in its blocks and titles; None where it can have none.

    Where its charset was guessed, what looks like text in a wrong charset may be a wrong guess.
    """
    given = [title for title in titles if title]
    text = _BETWEEN.join([*given, *map(_prose_of, blocks)])
    if not may_be_damaged(text):
        return None
    from backissue.ingest.repair import diagnosis as diagnosing  # noqa: PLC0415 - few short texts

    return diagnosing.diagnose(text, _BETWEEN, guessed=guessed)


def _prose_of(block: Block) -> str:
    """What of a block can show damage: each cell of a table by itself, and no code."""
    if block.kind is BlockKind.TABLE:
        return re.sub(r"[\t\n]+", _BETWEEN, block.text)
    return "" if block.kind is BlockKind.CODE else block.text


def _repaired_title(
    carrier: Decision, diagnosis: "diagnosing.Diagnosis | None"
) -> tuple[Decision, tuple[RepairedBlock, ...]]:
    """What the carrier says, with its title repaired, and the repairs."""
    if diagnosis is None:
        return carrier, ()
    from backissue.ingest.repair import block_repair  # noqa: PLC0415 - as in `_diagnosed`

    repaired = block_repair.repair(carrier.facts.title or "", diagnosis)
    if not repaired.steps:
        return carrier, ()
    block = RepairedBlock(source="", block=None, text=repaired.text, steps=repaired.steps)
    evidence = (
        replace(one, value=repaired.text) if one.fact == "title" else one
        for one in carrier.evidence
    )
    return decide(evidence), (block,)


def _repaired(block: Block, number: int, diagnosis: "diagnosing.Diagnosis | None") -> Line:
    """A block repaired on the evidence of the whole document.

    `number` counts the document's blocks from 0: an entry is the same wherever it is in a feed.
    """
    if diagnosis is None or block.kind is BlockKind.CODE:
        return Line(block=block, number=number)
    from backissue.ingest.repair import block_repair  # noqa: PLC0415 - as in `_diagnosed`

    repair_runs = (
        block_repair.repair_cells if block.kind is BlockKind.TABLE else block_repair.repair_runs
    )
    runs, steps, flaws = repair_runs(block.runs, diagnosis)
    whole = replace(block, runs=runs)
    text = whole.text if steps or flaws else ""
    return Line(
        block=whole,
        number=number,
        repairs=(RepairedBlock(source="", block=number, text=text, steps=steps),) if steps else (),
        flaws=flaws,
        doubts=block_repair.doubts(text, steps, diagnosis) if text else (),
    )


def _text(
    document: Document,
    lines: tuple[Line, ...],
    carrier: Decision,
    title_repairs: tuple[RepairedBlock, ...],
) -> Text:
    return Text(
        lines=lines,
        by_carrier=carrier,
        boilerplate=document.boilerplate,
        flaws=document.flaws,
        repairs=title_repairs,
        sections=document.sections,
    )


def _repairs(text: Text) -> Iterator[RepairedBlock]:
    yield from text.repairs
    for line in text.lines:
        yield from line.repairs


def _flaws(text: Text) -> Iterator[Flaw]:
    yield from text.flaws
    for line in text.lines:
        yield from line.flaws
