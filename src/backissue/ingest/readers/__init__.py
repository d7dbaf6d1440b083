"""One reader a format: a source to its documents, and each document to its blocks.

The format is found from the content, never from the name. A new format is one new module with
`NAME`, `recognises(original)` and `read(original)`, and its place in `READERS`, the most particular
first.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backissue.ingest.readers import (
    beehiiv,
    buttondown,
    feed,
    ghost,
    html,
    jsonfeed,
    lists,
    mail,
    markdown,
    mhtml,
    page,
    plaintext,
    wxr,
)
from backissue.ingest.readers.documents import Document, Original

__all__ = ("READERS", "Document", "Original", "Reader", "reader_for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A format: its name, whether an original is in it, and the documents in one that is."""

    name: str
    recognises: Callable[[Original], bool]
    read: Callable[[Original], tuple[Document, ...]]


READERS = tuple(
    Reader(name=module.NAME, recognises=module.recognises, read=module.read)
    for module in (
        wxr,
        feed,
        jsonfeed,
        ghost,
        buttondown,
        beehiiv,
        lists,
        mhtml,
        mail,
        markdown,
        page,
        html,
        plaintext,
    )
)


def reader_for(original: Original) -> Reader:
    """The first reader which recognises `original`; plain text recognises everything."""
    return next(reader for reader in READERS if reader.recognises(original))
