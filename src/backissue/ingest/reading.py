"""One source from bytes to drafts: decode, find the reader, mend, structure."""

from collections.abc import Mapping
from dataclasses import dataclass

from backissue.errors import RejectedSourceError
from backissue.ingest.decode import decode
from backissue.ingest.lines import Line
from backissue.ingest.readers import reader_for
from backissue.ingest.repair import diagnose, mend_runs
from backissue.ingest.structure import Draft, drafts
from backissue.records import Block, Facts, Flaw, Mend

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
    """What one source holds: its format, encoding and issues, and what was mended on the way."""

    format: str
    encoding: str
    drafts: tuple[Draft, ...]
    mends: tuple[Mend, ...]
    flaws: tuple[Flaw, ...]


def read(data: bytes, said: Facts, said_by_place: Mapping[int, Facts] | None = None) -> Reading:
    """The issues in `data`. Raises `RejectedSourceError` where it holds no text."""
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            raise RejectedSourceError(f"not text, but {what}")
    decoded = decode(data)
    if sum(map(decoded.text.count, _NO_TEXT)) * 100 > len(decoded.text):
        raise RejectedSourceError("not text")
    reader = reader_for(decoded.text)
    mended = _mend(reader.read(decoded.text))
    found = drafts(mended, said, said_by_place)
    if not found:
        raise RejectedSourceError("no text to keep in it")
    return Reading(
        format=reader.name,
        encoding=decoded.encoding,
        drafts=found,
        mends=tuple(mend for line in mended for mend in line.mends),
        flaws=decoded.flaws + tuple(flaw for line in mended for flaw in line.flaws),
    )


def _mend(blocks: tuple[Block, ...]) -> list[Line]:
    """Every block mended, on the evidence of the whole document."""
    diagnosis = diagnose("\n".join(block.text for block in blocks))
    mended = []
    for block in blocks:
        runs, mends, flaws = mend_runs(block.runs, diagnosis)
        whole = Block(
            kind=block.kind, runs=runs, level=block.level, joined=block.joined, part=block.part
        )
        mended.append(Line(block=whole, mends=mends, flaws=flaws))
    return mended
