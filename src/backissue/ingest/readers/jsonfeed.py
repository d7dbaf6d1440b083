"""JSON Feed 1.0 and 1.1 (jsonfeed.org): what RSS and Atom say, as JSON."""

from collections.abc import Mapping

from backissue.errors import RejectedSourceError
from backissue.ingest.readers.documents import Document, Original
from backissue.ingest.readers.feed import Entry, Feed, Piece, document_of, is_recording, with_flaws
from backissue.ingest.sources import fields

_VERSION = "jsonfeed.org/version/"
_TEXTS = ("content_html", "content_text", "summary")


def recognises(original: Original) -> bool:
    """Whether a text is JSON that says it is such a feed."""
    text = original.text
    opens = text[:200].lstrip("\ufeff \n\t").startswith("{")
    # JSON may write a slash as `\/`.
    return (
        opens
        and _VERSION in text.replace("\\/", "/")
        and _feed_in(fields.json_of(text)) is not None
    )


def read(original: Original) -> tuple[Document, ...]:
    """Each item, as a document. Raises `RejectedSourceError` for a feed without any."""
    said = _feed_in(fields.json_of(original.text)) or {}
    items = said.get("items")
    rows = items if isinstance(items, list) else []
    feed = Feed(
        name=fields.first(said, "title"),
        url=fields.first(said, "home_page_url", "feed_url"),
        entries=tuple(_entry(item) for item in rows if isinstance(item, dict)),
    )
    if not feed.entries:
        raise RejectedSourceError("a feed without entries")
    documents = (document_of(entry, feed) for entry in feed.entries)
    return with_flaws(documents, feed, original.decoded.flaws)


def _feed_in(value: object) -> Mapping[str, object] | None:
    version = value.get("version") if isinstance(value, dict) else None
    return value if isinstance(version, str) and _VERSION in version else None  # type: ignore[return-value]


def _entry(item: Mapping[str, object]) -> Entry:
    """An item as an entry. `external_url` is what the item is about, and `id` often its address."""
    days = {
        "published": fields.first(item, "date_published"),
        "updated": fields.first(item, "date_modified"),
    }
    named = fields.first(item, "url") or fields.first(item, "id") or ""
    link = (
        named
        if named.startswith(("http://", "https://", "/"))
        else fields.first(item, "external_url")
    )
    attached = item.get("attachments")
    files = attached if isinstance(attached, list) else []
    return Entry(
        fields={name: value for name, value in {**days, "link": link}.items() if value},
        title=Piece(text=fields.first(item, "title") or "", plain=True),
        pieces=tuple(
            Piece(text=text, plain=name != "content_html", content=name != "summary")
            for name in _TEXTS
            if (text := fields.first(item, name))
        ),
        recorded=any(is_recording(one.get("mime_type")) for one in files if isinstance(one, dict)),
    )
