"""CSV files of an export that hold no issue: its index without its texts, its readers' addresses.

They are recognised to say so, and to keep people's addresses out of an archive.
"""

from backissue.errors import RejectedSourceError
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.sources import exports, fields

_ADDRESSES = ("email", "email_address", "subscriber_email", "e-mail")
_SAMPLE = 20_000


def recognises(original: Original) -> bool:
    """Whether a text is such a table."""
    columns = fields.columns_of(original.text)
    return columns >= exports.SUBSTACK_COLUMNS or _is_of_people(columns, original.text)


def read(original: Original) -> tuple[Document, ...]:
    """Nothing. Raises `RejectedSourceError` with what it is."""
    if fields.columns_of(original.text) >= exports.SUBSTACK_COLUMNS:
        raise RejectedSourceError(
            "the index of a Substack export, without its texts",
            hint="ingest the folder or the zip it came in",
        )
    raise RejectedSourceError("a list of readers' addresses, not of issues")


def _is_of_people(columns: frozenset[str], text: str) -> bool:
    """Whether a table has a column of addresses in each row."""
    name = next((name for name in _ADDRESSES if name in columns), None)
    if name is None:
        return False
    rows = fields.rows_of(text[:_SAMPLE].rpartition("\n")[0])
    return bool(rows) and all("@" in row.get(name, "") for row in rows)
