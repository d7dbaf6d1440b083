"""One source from bytes to drafts: decode, find the reader, mend, structure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backissue.errors import LeftOutError, RejectedSourceError
from backissue.ingest.identity import overlay
from backissue.ingest.readers import Document, Original, reader_for
from backissue.ingest.repair import Diagnosis, diagnose, doubts, mend, mend_runs
from backissue.ingest.structure import Draft, Line, Text, drafts
from backissue.records import NO_FACTS, Block, Facts, Flaw, Mend, Repair
from backissue.text.decoding import decode
from backissue.text.wrapping import unwrapped

# What a file that is no text opens with.
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
# Text has none of these; a stray one is damage, one in a hundred is another kind of file.
_NO_TEXT = frozenset(map(chr, [*range(9), *range(14, 27), *range(28, 32)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one source holds: its format, encoding and issues, and what was mended on the way.

    `left_out` counts what in it is no issue (`draft`, `podcast`).
    """

    format: str
    encoding: str
    drafts: tuple[Draft, ...]
    mends: tuple[Mend, ...]
    flaws: tuple[Flaw, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


def read(
    data: bytes,
    said: Facts,
    said_by_place: Mapping[int, Facts] | None = None,
    *,
    told: Facts = NO_FACTS,
) -> Reading:
    """The issues in `data`; `told` is what the export it came in says of it.

    Raises `RejectedSourceError` where it holds no issue, `LeftOutError` where that is on purpose.
    """
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            raise RejectedSourceError(f"not text, but {what}")
    decoded = decode(data)
    if sum(map(decoded.text.count, _NO_TEXT)) * 100 > len(decoded.text):
        raise RejectedSourceError("not text")
    original = Original(data=data, decoded=decoded)
    reader = reader_for(original)
    documents = reader.read(original)
    left_out = Counter(document.left_out for document in documents if document.left_out)
    texts: list[Text] = []
    for document in documents:
        if not document.left_out:
            texts.append(_text(document, told))
    found = drafts(texts, said, said_by_place)
    if not found:
        if left_out:
            raise LeftOutError(f"holds nothing but: {' and '.join(sorted(left_out))}")
        raise RejectedSourceError("no text to keep in it")
    return Reading(
        format=reader.name,
        encoding=decoded.encoding,
        drafts=found,
        mends=tuple(
            mend
            for text in texts
            for repair in (*text.repairs, *(one for line in text.lines for one in line.repairs))
            for mend in repair.mends
        ),
        flaws=tuple(
            flaw
            for text in texts
            for flaw in (*text.flaws, *(flaw for line in text.lines for flaw in line.flaws))
        ),
        left_out=left_out,
    )


def _text(document: Document, told: Facts) -> Text:
    """A document, mended, with what its carrier and the export it came in say of it.

    Its blocks are numbered from 0: an entry is the same wherever it stands in its feed.
    """
    blocks = unwrapped(document.blocks)
    names = [name for name in (document.facts.title, told.title) if name]
    # A blank line, since a block may hold a line end of its own.
    diagnosis = diagnose("\n\n".join([*names, *(block.text for block in blocks)]), "\n\n")
    facts, repairs = _mend_title(overlay(document.facts, told), diagnosis)
    return Text(
        lines=tuple(_mend(block, number, diagnosis) for number, block in enumerate(blocks)),
        told=facts,
        boilerplate=document.boilerplate,
        flaws=document.flaws,
        repairs=repairs,
    )


def _mend_title(facts: Facts, diagnosis: Diagnosis) -> tuple[Facts, tuple[Repair, ...]]:
    """A carrier's facts with the title mended as the text below it is."""
    mended = mend(facts.title or "", diagnosis)
    if not mended.mends:
        return facts, ()
    repair = Repair(source="", block=None, text=mended.text, mends=mended.mends)
    return replace(facts, title=mended.text), (repair,)


def _mend(block: Block, number: int, diagnosis: Diagnosis) -> Line:
    """A block mended, on the evidence of the whole document."""
    runs, mends, flaws = mend_runs(block.runs, diagnosis)
    whole = replace(block, runs=runs)
    text = whole.text if mends or flaws else ""
    return Line(
        block=whole,
        number=number,
        repairs=(Repair(source="", block=number, text=text, mends=mends),) if mends else (),
        flaws=flaws,
        doubts=doubts(text, mends, diagnosis) if text else (),
    )
