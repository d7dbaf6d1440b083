"""Medium exports: a page for each post, as `posts/2023-05-04_Kilns-8f2a.html`, and pages about you.

A post is marked up as an `h-entry` (microformats.org): title, subtitle, body, day and address. What
was never published has no day. Lists of bookmarks, claps and sessions, and the profile, hold no
issue.
"""

import re
from itertools import dropwhile

from bs4.element import Tag

from backissue.ingest.identity import EvidenceKind, reported
from backissue.ingest.readers import html
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.sources import fields
from backissue.records import BlockKind
from backissue.text.prose import fold, squeeze

_BODY = re.compile(r"<section\b[^>]{0,200}\bdata-field=[\"']body[\"']", re.IGNORECASE)
_EXPORTED = re.compile(
    r"Exported\s+from\s+<a\b[^>]{0,300}\bmedium\.com\b[^>]{0,300}>\s*Medium\s*</a>\s+on\b",
    re.IGNORECASE,
)
# Where the footer is, and the title of a page about the account.
_FOOTER = 3000
_TITLE = re.compile(
    r"<title>\s*(?:profile|bookmarks|claps|highlights|interests|ips|lists|sessions|twitter"
    r"|partner\s+program|blocked\s+users|(?:users?|topics?|publications?)(?:\s+follow\w+)?)\b",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"class=[\"'](?:[\w -]{0,80} )?h-(?:card|cite|feed|entry)\b", re.IGNORECASE)
_HEAD = 5000
# What Medium calls a post that its author gave no title.
_PLACEHOLDER = re.compile(
    r"\(?(?:untitled(?:\s+(?:story|post|draft))?|no\s+title)\)?", re.IGNORECASE
)


def recognises(original: Original) -> bool:
    """Whether a text is a page of Medium's export."""
    text = original.text
    if _EXPORTED.search(text[-_FOOTER:]):
        return True
    if _BODY.search(text):
        return "dt-published" in text and "h-entry" in text
    return bool(_TITLE.search(text[:_HEAD]) and _ACCOUNT.search(text)) and "medium.com/" in text


def read(original: Original) -> tuple[Document, ...]:
    """The post, as one document; drafts and pages about the account are left out."""
    page = html.parse(original.text)
    body = page.find("section", attrs={"data-field": "body"})
    if not isinstance(body, Tag):
        return (Document(left_out="account page"),)
    time = page.find("time", class_="dt-published")
    if not isinstance(time, Tag):
        return (Document(left_out="draft"),)
    title = _words(page.find(class_="p-name"))
    subtitle = _words(page.find("section", attrs={"data-field": "subtitle"}))
    link = page.find("a", class_="p-canonical")
    facts = fields.facts_from(
        title=None if _PLACEHOLDER.fullmatch(title) else title,
        subtitle=subtitle,
        date=time.get("datetime") or squeeze(time.get_text()),
        url=str(link.get("href") or "") if isinstance(link, Tag) else None,
    )
    aside = [_words(page.find("footer"))]
    for heading, known in (("graf--title", title), ("graf--subtitle", subtitle)):
        _drop_repeated(body, heading, known)
    content = html.content_of(body, lambda _: None)
    return (
        Document(
            # The line that opens the first part is not drawn.
            blocks=tuple(dropwhile(lambda block: block.kind is BlockKind.RULE, content.blocks)),
            evidence=reported(EvidenceKind.EXPORT_RECORD, facts),
            boilerplate=(*content.boilerplate, *filter(None, aside)),
            flaws=original.decoded.flaws,
        ),
    )


def _words(tag: object) -> str:
    return squeeze(tag.get_text(" ")) if isinstance(tag, Tag) else ""


def _drop_repeated(body: Tag, name: str, known: str) -> None:
    """Drop the heading in the body that says the title once more."""
    heading = body.find(class_=name)
    if isinstance(heading, Tag) and fold(_words(heading)) == fold(known):
        heading.decompose()
