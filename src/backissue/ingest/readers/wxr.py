"""WordPress exports (WXR): RSS with WordPress's own fields. Published posts are issues.

The export has a text as the author typed it, not as the page shows it: a blank line is a paragraph,
a line end a line break (`wpautop` in WordPress), and shortcodes are in brackets.
"""

import re

from msgspec.structs import replace

from backissue.ingest.identity import EvidenceKind, reported
from backissue.ingest.readers import feed, posts
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.readers.posts import Feed, Piece, Post
from backissue.ingest.sources import fields
from backissue.records import TEASER

_SAMPLE = 20_000
_STATUSES = {
    "publish": None,
    "draft": "draft",
    "auto-draft": "draft",
    "pending": "draft",
    "future": "scheduled",
    "private": "private",
    "trash": "trashed",
    "inherit": "attachment",
}
# Plugins which send newsletters keep them as posts of their own type: `newspack_nl_cpt`.
_ISSUE_TYPE = re.compile(r"post|.*(?:newsletter|_nl_|issue|edition).*", re.IGNORECASE)

_BLOCKS = (
    "table|thead|tfoot|caption|col|colgroup|tbody|tr|td|th|div|dl|dd|dt|ul|ol|li|pre|form|map|area|"
    "blockquote|address|style|p|h[1-6]|hr|fieldset|legend|section|article|aside|hgroup|header|"
    "footer|nav|figure|figcaption|details|menu|summary|script|iframe|video|audio"
)
_OPENING = re.compile(rf"(?=<(?:{_BLOCKS})[\s/>])", re.IGNORECASE)
_CLOSING = re.compile(rf"(</(?:{_BLOCKS})\s*>|<hr\b[^<>]*>)", re.IGNORECASE)
_BLOCK = re.compile(rf"</?(?:{_BLOCKS})[\s/>]|<!--", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n(?:[ \t\xa0]*\n)+")
_MARKUP = re.compile(r"(<[^<>]*>)")
_PREFORMATTED = re.compile(r"(</?(?:pre|script|style)\b[^<>]*>)", re.IGNORECASE)
_BLOCK_EDITOR = re.compile(r"<!--\s*/?wp:[a-z]")
_SHORTCODE = re.compile(
    r"\[(?P<end>/?)(?P<name>[A-Za-z][\w-]{1,60})(?P<rest>(?:\s[^\[\]]{0,2000})?)/?\]"
)
_KNOWN = frozenset({"caption", "wp_caption", "gallery", "embed", "audio", "video", "playlist"})


def recognises(original: Original) -> bool:
    """Whether a text is RSS which says that WordPress exported it."""
    sample = original.text[:_SAMPLE]
    marked = "<wp:wxr_version>" in sample or "wordpress.org/export/" in sample
    return marked and feed.root_of(original.text) == "rss"


def read(original: Original) -> tuple[Document, ...]:
    """Each item, as a document; what is no published post is left out."""
    exported = feed.parse(original.text)
    documents = [_document(post, exported) for post in exported.posts]
    return posts.with_flaws(documents, exported, original.decoded.flaws)


def _document(post: Post, exported: Feed) -> Document:
    if reason := _left_out(post):
        return Document(left_out=reason)
    excerpt = fields.first(post.fields, "excerpt_encoded")
    pieces = tuple(replace(piece, text=as_html(piece.text)) for piece in post.pieces)
    if excerpt:
        pieces = (*pieces, Piece(text=as_html(excerpt)))
    document = posts.document_of(replace(post, pieces=pieces), exported)
    # What an author keeps of a post is the whole of it, however short.
    flaws = tuple(flaw for flaw in document.flaws if flaw.code != TEASER or not document.blocks)
    posted = fields.facts_from(date=fields.first(post.fields, "wp_post_date", "wp_post_date_gmt"))
    evidence = (*reported(EvidenceKind.EXPORT_RECORD, posted), *document.evidence)
    return replace(document, evidence=evidence, flaws=flaws)


def _left_out(post: Post) -> str | None:
    kind = fields.first(post.fields, "wp_post_type") or "post"
    if not _ISSUE_TYPE.fullmatch(kind):
        return fields.reason(kind.replace("_", " "))
    status = fields.first(post.fields, "wp_status") or "publish"
    return _STATUSES[status] if status in _STATUSES else fields.reason(status)


def as_html(text: str) -> str:
    """What an author typed, as the page shows it: with paragraphs, and without shortcodes."""
    text = _without_shortcodes(text)
    if _BLOCK_EDITOR.search(text):
        return text
    parts = _PREFORMATTED.split(text)
    made, depth = [], 0
    for number, part in enumerate(parts):
        if number % 2:
            depth = max(depth - 1, 0) if part.startswith("</") else depth + 1
            made.append(part)
        else:
            made.append(part if depth else _with_paragraphs(part))
    return "".join(made)


def _with_paragraphs(text: str) -> str:
    text = _CLOSING.sub(r"\1\n\n", _OPENING.sub("\n\n", text))
    chunks = (chunk.strip("\n") for chunk in _BLANK_LINES.split(text))
    return "\n\n".join(
        chunk if _BLOCK.match(chunk) else f"<p>{_with_line_breaks(chunk)}"
        for chunk in chunks
        if chunk.strip()
    )


def _with_line_breaks(chunk: str) -> str:
    """A line end between words is a line break; one within a tag is none."""
    parts = _MARKUP.split(chunk)
    parts[::2] = [part.replace("\n", "<br>\n") for part in parts[::2]]
    return "".join(parts)


def _without_shortcodes(text: str) -> str:
    """`text` without `[caption id="7"]` and its like; the words between two of them stay.

    `[sic]` and `[2]` are words: a shortcode of a plugin is known by its closing one, or by an
    attribute.
    """
    closed = {match["name"] for match in _SHORTCODE.finditer(text) if match["end"]}

    def kept(match: re.Match[str]) -> str:
        name = match["name"]
        known = name in _KNOWN or name in closed or re.search(r"\w=[\"'&\d]", match["rest"])
        return "" if known else match[0]

    return _SHORTCODE.sub(kept, text)
