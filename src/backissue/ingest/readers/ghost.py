"""Ghost exports: JSON, with posts, settings and what else a site has, as `{"db": [{"data": …}]}`.

A post has its page as HTML. Where that is missing (a post that was never rendered, an import), its
text is in the editor's own JSON: Lexical, or Mobiledoc before Ghost 5.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import EvidenceKind, reported
from backissue.ingest.readers import editor_json, html, markdown, posts
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.sources import fields

_TEXTS = ("html", "lexical", "mobiledoc", "markdown", "plaintext")
_PUBLISHED = frozenset({"published", "sent"})
_PLACEHOLDER = "__GHOST_URL__"


def recognises(original: Original) -> bool:
    """Whether a text is JSON with posts as Ghost has them."""
    text = original.text
    may_be = fields.is_json(text) and '"posts"' in text
    return may_be and _data(fields.json_of(text)) is not None


def read(original: Original) -> tuple[Document, ...]:
    """Each post, as a document; what is no published post is left out."""
    data = _data(fields.json_of(original.text))
    if data is None or not fields.objects_in(data.get("posts")):
        raise RejectedSourceError("a Ghost export without posts")
    settings = _settings(data.get("settings"))
    email_only = {
        str(meta.get("post_id"))
        for meta in fields.objects_in(data.get("posts_meta"))
        if meta.get("email_only") in {1}
    }
    return tuple(_document(post, settings, email_only) for post in fields.objects_in(data["posts"]))


def _data(value: object) -> Mapping[str, object] | None:
    """What an export holds, by table: under `db`, under `data`, or at the top."""
    for _ in range(3):
        if not isinstance(value, dict):
            return None
        if "posts" in value:
            posts = fields.objects_in(value["posts"])
            ours = all(any(name in post for name in (*_TEXTS, "status")) for post in posts)
            titled = all("title" in post and ("slug" in post or "id" in post) for post in posts)
            return value if isinstance(value["posts"], list) and ours and titled else None
        value = value.get("db", value.get("data"))
        if isinstance(value, list):
            value = value[0] if value else None
    return None


def _settings(value: object) -> dict[str, str]:
    """A site's settings: rows of key and value, or one object."""
    if isinstance(value, dict):
        return {key: text for key, text in value.items() if isinstance(text, str)}
    rows = ((row.get("key"), row.get("value")) for row in fields.objects_in(value))
    return {key: text for key, text in rows if isinstance(key, str) and isinstance(text, str)}


def _document(
    post: Mapping[str, object], settings: Mapping[str, str], email_only: set[str]
) -> Document:
    if reason := _left_out(post):
        return Document(left_out=reason)
    site = fields.first(settings, "url", "site_url")
    url = fields.first(post, "url", "canonical_url")
    # What was only sent has no page of its own.
    sent = str(post.get("id")) in email_only or post.get("status") == "sent"
    if url is None and site and not sent and (slug := fields.first(post, "slug")):
        url = f"{site.rstrip('/')}/{slug}/"
    facts = fields.facts_from(
        publication=fields.first(settings, "title"),
        title=fields.first(post, "title"),
        date=post.get("published_at") or post.get("created_at"),
        url=url.replace(_PLACEHOLDER, (site or "").rstrip("/")) if url else None,
        subtitle=fields.first(post, "custom_excerpt"),
    )
    return replace(_content(post, site), evidence=reported(EvidenceKind.EXPORT_RECORD, facts))


def _left_out(post: Mapping[str, object]) -> str | None:
    if post.get("type") == "page" or post.get("page") in {1}:
        return "page"
    status = str(post.get("status") or "published")
    return None if status in _PUBLISHED else fields.reason(status)


def _content(post: Mapping[str, object], site: str | None) -> Document:
    if page := fields.first(post, "html"):
        return _seen(page, site)
    for name, fragments_of in (
        ("lexical", editor_json.of_lexical),
        ("mobiledoc", editor_json.of_mobiledoc),
    ):
        if found := fields.first(post, name):
            parts = [_part(fragment, site) for fragment in fragments_of(fields.json_of(found))]
            if any(part.blocks for part in parts):
                return Document(
                    blocks=tuple(block for part in parts for block in part.blocks),
                    boilerplate=tuple(line for part in parts for line in part.boilerplate),
                )
    if text := fields.first(post, "markdown"):
        return Document(blocks=markdown.blocks(text))
    return posts.content_of(posts.Piece(text=fields.first(post, "plaintext") or "", plain=True))


def _part(fragment: editor_json.Fragment, site: str | None) -> Document:
    if fragment.markdown:
        return Document(blocks=markdown.blocks(fragment.text))
    return _seen(fragment.text, site)


def _seen(page: str, site: str | None) -> Document:
    """A page's text, its links to other pages of the site in full."""
    page = page.replace(_PLACEHOLDER, (site or "").rstrip("/"))
    return html.content(posts.with_links(page, site))
