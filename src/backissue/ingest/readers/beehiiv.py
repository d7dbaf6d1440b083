"""beehiiv exports: a CSV file of posts, or what the API answers with, as JSON.

The columns of the export have changed over the years; each is looked for under all its names.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import EvidenceKind, reported
from backissue.ingest.readers import posts
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.sources import fields

_CONTENTS = (
    *("content_html", "web_content_html", "free_web_content", "web_content", "content"),
    *("email_content_html", "free_email_content", "email_content", "rss_content", "html", "body"),
)
_TITLES = ("web_title", "title", "email_subject_line", "subject_line", "subject")
_SUBTITLES = ("web_subtitle", "subtitle", "email_preview_text", "preview_text")
_DAYS = ("publish_date", "published_at", "displayed_date", "scheduled_at", "created_at", "created")
_URLS = ("web_url", "url", "canonical_url", "post_url")
# Columns which only an export of posts has.
_OWN = frozenset({"status", "audience", "web_audiences", "content_tags", "thumbnail_url"})
# `archived` posts have been sent, and are hidden from the site.
_SENT = frozenset({"confirmed", "published", "archived", "sent", "live", "completed"})


def recognises(original: Original) -> bool:
    """Whether a text is a table of posts with titles, contents and status, or their JSON."""
    text = original.text
    if columns := fields.columns_of(text):
        return all(not columns.isdisjoint(names) for names in (_CONTENTS, _TITLES, _OWN))
    may_be = fields.is_json(text) and '"subject_line"' in text
    return may_be and bool(_posts_in(fields.json_of(text)))


def read(original: Original) -> tuple[Document, ...]:
    """Each post, as a document; drafts are left out."""
    found, misfits = fields.posts_of(original.text, _posts_in)
    if not found and not misfits:
        raise RejectedSourceError("a beehiiv export without posts")
    return (*map(_document, found), *map(posts.misfit, misfits))


def _posts_in(value: object) -> fields.Records:
    """The posts of an API answer, one or several, with its contents as columns."""
    if isinstance(value, dict):
        value = value.get("data", [value])
    rows = value if isinstance(value, list) else [value]
    found = [row for row in rows if isinstance(row, dict) and "subject_line" in row]
    return tuple(map(_flat, found)) if len(found) == len(rows) else ()


def _flat(post: Mapping[str, object]) -> Mapping[str, object]:
    """`{"content": {"free": {"web": …}}}` as columns."""
    content = post.get("content")
    audiences = content if isinstance(content, dict) else {}
    found = {}
    for texts in filter(None, map(audiences.get, ("premium", "free"))):
        for form in ("rss", "email", "web") if isinstance(texts, dict) else ():
            if isinstance(text := texts.get(form), str) and text.strip():
                found[f"{form}_content"] = text
    return {**{name: value for name, value in post.items() if name != "content"}, **found}


def _document(post: Mapping[str, object]) -> Document:
    status = (fields.first(post, "status") or "").lower()
    if status and status not in _SENT:
        return Document(left_out=fields.reason(status))
    facts = fields.facts_from(
        title=fields.first(post, *_TITLES),
        subtitle=fields.first(post, *_SUBTITLES),
        date=next((post[name] for name in _DAYS if post.get(name)), None),
        url=fields.first(post, *_URLS),
    )
    content = posts.content_of(posts.Piece(text=fields.first(post, *_CONTENTS) or ""))
    return replace(content, evidence=reported(EvidenceKind.EXPORT_RECORD, facts))
