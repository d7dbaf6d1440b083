"""One reader a format: the text of a source to its blocks.

The format is found from the content, never from the name. A new format is one new module with
`NAME`, `recognises(text)` and `read(text)`, and its place in `READERS`, the most particular first.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backissue.ingest.readers import html, plaintext
from backissue.records import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A format: its name, whether a text is in it, and the text's blocks, white space untouched."""

    name: str
    recognises: Callable[[str], bool]
    read: Callable[[str], tuple[Block, ...]]


READERS = (
    Reader(name=html.NAME, recognises=html.recognises, read=html.read),
    Reader(name=plaintext.NAME, recognises=plaintext.recognises, read=plaintext.read),
)


def reader_for(text: str) -> Reader:
    """The first reader which recognises `text`; plain text recognises everything."""
    return next(reader for reader in READERS if reader.recognises(text))
