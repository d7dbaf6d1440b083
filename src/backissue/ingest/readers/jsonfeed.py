"""JSON Feed 1.0 and 1.1 (jsonfeed.org): what RSS and Atom say, as JSON."""

from collections.abc import Mapping

from backissue.errors import RejectedSourceError
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.readers.posts import (
    Feed,
    Piece,
    Post,
    document_of,
    is_recording,
    with_flaws,
)
from backissue.ingest.sources import fields

_VERSION = "jsonfeed.org/version/"
_TEXTS = ("content_html", "content_text", "summary")


def recognises(original: Original) -> bool:
    """Whether a text is JSON that says it is such a feed."""
    # JSON may write a slash as `\/`.
    may_be = fields.is_json(original.text) and _VERSION in original.text.replace("\\/", "/")
    return may_be and _feed_in(fields.json_of(original.text)) is not None


def read(original: Original) -> tuple[Document, ...]:
    """Each item, as a document. Raises `RejectedSourceError` for a feed without any."""
    said = _feed_in(fields.json_of(original.text)) or {}
    feed = Feed(
        name=fields.first(said, "title"),
        url=fields.first(said, "home_page_url", "feed_url"),
        posts=tuple(map(_post, fields.objects_in(said.get("items")))),
    )
    if not feed.posts:
        raise RejectedSourceError("a feed without entries")
    documents = (document_of(post, feed) for post in feed.posts)
    return with_flaws(documents, feed, original.decoded.flaws)


def _feed_in(value: object) -> Mapping[str, object] | None:
    version = value.get("version") if isinstance(value, dict) else None
    return value if isinstance(version, str) and _VERSION in version else None  # type: ignore[return-value]


def _post(item: Mapping[str, object]) -> Post:
    """An item as a post. `external_url` is what the item is about, and `id` often its address."""
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
    return Post(
        fields={name: value for name, value in {**days, "link": link}.items() if value},
        title=Piece(text=fields.first(item, "title") or "", plain=True),
        pieces=tuple(
            Piece(text=text, plain=name != "content_html", content=name != "summary")
            for name in _TEXTS
            if (text := fields.first(item, name))
        ),
        recorded=any(
            is_recording(file.get("mime_type"))
            for file in fields.objects_in(item.get("attachments"))
        ),
    )
