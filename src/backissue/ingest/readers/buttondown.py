"""Buttondown: emails with their bodies, as the export and the API's archive give them.

The index of an export that keeps the bodies in files of their own is read by `sources.exports`;
alone it holds no issue.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import EvidenceKind, reported
from backissue.ingest.readers import html, markdown, posts
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.sources import exports, fields

_FANCY = "<!-- buttondown-editor-mode: fancy -->"
_PLAINTEXT = "<!-- buttondown-editor-mode: plaintext -->"


def recognises(original: Original) -> bool:
    """Whether a text is an email's body, or a table or JSON list of emails with their fields."""
    text = original.text
    if _is_body(text):
        return True
    if fields.is_json(text):
        return '"subject"' in text and bool(exports.emails_in(fields.json_of(text)))
    columns = fields.columns_of(text)
    return "subject" in columns and len(columns & exports.BUTTONDOWN_OWN) > 0


def read(original: Original) -> tuple[Document, ...]:
    """Each email, as a document; drafts and the like are left out."""
    if _is_body(original.text):
        return (replace(content_of(original.text), flaws=original.decoded.flaws),)
    emails, misfits = fields.posts_of(original.text, exports.emails_in)
    if not exports.has_bodies(emails) and not misfits:
        raise RejectedSourceError(
            "the index of a Buttondown export, without its texts",
            hint="ingest the folder or the zip it came in",
        )
    return (*map(_document, emails), *map(posts.misfit, misfits))


def _is_body(text: str) -> bool:
    return text[:200].lstrip("\ufeff \n\t").startswith((_FANCY, _PLAINTEXT))


def _document(email: Mapping[str, object]) -> Document:
    if reason := exports.buttondown_left_out(email):
        return Document(left_out=reason)
    evidence = reported(EvidenceKind.EXPORT_RECORD, exports.buttondown_facts(email))
    return replace(content_of(fields.first(email, "body") or ""), evidence=evidence)


def content_of(body: str) -> Document:
    """What is seen of a body, in HTML or in Markdown, which may have HTML in it."""
    text = body.lstrip("\ufeff \n\t")
    if text.startswith(_FANCY):
        return html.content(text)
    if text.startswith(_PLAINTEXT):
        return Document(blocks=markdown.blocks(text.removeprefix(_PLAINTEXT)))
    if text.startswith("<"):
        return posts.content_of(posts.Piece(text=text))
    return Document(blocks=markdown.blocks(body))
