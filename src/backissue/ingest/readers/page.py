"""Web pages: the issue on a saved page, without what the site has around it.

`article` finds it. What is around it is not lost: it is the document's boilerplate, a line for each
block. Where no article is found, all of the page is text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import urljoin

from bs4.element import Tag
from msgspec.structs import replace

from backissue.ingest.identity import Evidence, decide, pages
from backissue.ingest.readers import article, html, plaintext
from backissue.ingest.readers.article import Counts, names
from backissue.ingest.readers.formats import Document, Original, is_markup
from backissue.ingest.readers.page_ends import around_text
from backissue.ingest.readers.page_head import evidence_of
from backissue.ingest.readers.page_noise import RULES
from backissue.records import TEASER, Flaw
from backissue.text.boilerplate import footer
from backissue.text.prose import squeeze

_OPENING = re.compile(r"<(?:!doctype\s+html|html|head)\b", re.IGNORECASE)
_HEAD = re.compile(r"<head[\s>]|<title[\s>]", re.IGNORECASE)
# Before the head of a page there is at most a browser's remark.
_SAMPLE = 4_000

_ARCHIVE_MARKS = frozenset({"beginarticle", "X-Body-of-Message"})
_MARKUP = ("b", "strong", "i", "em", "h1", "h2", "h3", "h4", "ul", "ol", "table", "p", "div")
_NOT_RELATIVE = re.compile(r"#|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_FRONT = re.compile(r"(?:https?://[^/]+)?/?", re.IGNORECASE)
# A page's own heading is among so many of each rank.
_FEW_HEADINGS: Final = 10
_LONGEST_SUBTITLE: Final = 50  # words
# A paywall's notice: its characters, and among how many of the last lines it is.
_LONGEST_NOTICE: Final = 300
_LAST_LINES: Final = 3


def recognises(original: Original) -> bool:
    """Whether a text is a whole page, with a head of its own."""
    sample = original.text[:_SAMPLE]
    opens = _OPENING.search(sample) and _HEAD.search(sample)
    return opens is not None and is_markup(original.text)


def read(original: Original) -> tuple[Document, ...]:
    """The issue on the page, as one document; what is around it is its boilerplate."""
    page = html.parse(original.text)
    counts = article.count(page)
    message = _archived(page, original.text)
    texts = [message] if message else article.find(page, counts)
    subtitle = _subtitle(texts, counts)
    evidence = evidence_of(
        page,
        times=_times(texts, counts),
        headings=_headings(counts.elements),
        subtitle=squeeze(subtitle.get_text()) if subtitle else None,
        listed=message is not None,
    )
    facts = decide(evidence).facts
    _link_in_full(page, counts.elements, facts.url)
    beside = article.beside(page, texts, counts)
    if subtitle and facts.subtitle:
        # The fact has its words.
        subtitle.clear()
    return (_document(original, page, texts, beside, evidence),)


def _document(
    original: Original,
    page: Tag,
    texts: Sequence[Tag],
    beside: dict[int, bool],
    evidence: tuple[Evidence, ...],
) -> Document:
    content = html.content_of(page, lambda tag: beside.get(id(tag)))
    if not content.blocks:
        content = html.content_of(page, lambda _: None)
    if texts and (typed := _typed(texts)):
        content = replace(content, blocks=plaintext.blocks(typed))
    below = footer(content.blocks)
    if len(below) == len(content.blocks):
        below = frozenset()
    below |= _notices(content) | around_text(content.blocks)
    standing = (squeeze(content.blocks[place].text) for place in sorted(below))
    return Document(
        blocks=tuple(block for place, block in enumerate(content.blocks) if place not in below),
        evidence=evidence,
        boilerplate=(*content.boilerplate, *filter(None, standing)),
        flaws=(*original.decoded.flaws, *_teaser(content)),
    )


def _notices(content: Document) -> frozenset[int]:
    """The places of a notice about cookies, at the top or the bottom of a page."""
    count = len(content.blocks)
    near = {*range(min(count, _LAST_LINES)), *range(max(count - _LAST_LINES, 0), count)}
    lines = {place: squeeze(content.blocks[place].text) for place in near}
    cookies = RULES.pattern("cookie_notices")
    found = {
        place
        for place, line in lines.items()
        if len(line) < _LONGEST_NOTICE and cookies.match(line)
    }
    return frozenset(found if len(found) < count else ())


def _link_in_full(page: Tag, elements: Iterable[Tag], url: str | None) -> None:
    """Join links that are relative to the page's address, or to the one it names for them."""
    base = page.find("base")
    said = str(base.attrs.get("href") or "") if isinstance(base, Tag) else ""
    for tag in elements if url or said else ():
        href = str(tag.attrs.get("href") or "").strip() if tag.name == "a" else ""
        if href and not _NOT_RELATIVE.match(href):
            try:
                tag.attrs["href"] = urljoin(urljoin(url or "", said), href)
            except ValueError:
                continue


def _typed(texts: Sequence[Tag]) -> str | None:
    """A text that was typed, and not marked up: headings in it are set by their layout.

    Its links are addresses that a program has made links of, so that no target is lost.
    """
    pre = texts[0] if texts[0].name == "pre" else texts[0].find("pre")
    if len(texts) > 1 or not isinstance(pre, Tag) or pre.find(list(_MARKUP)):
        return None
    if squeeze(pre.get_text()) != squeeze(texts[0].get_text()):
        return None
    if any(str(link.get("href") or "") != link.get_text().strip() for link in pre.find_all("a")):
        return None
    return pre.get_text()


def _archived(page: Tag, text: str) -> Tag | None:
    """The message on a page of a mailing list's archive, as Mailman and MHonArc mark it."""
    if not any(mark in text for mark in _ARCHIVE_MARKS):
        return None
    for comment in page.find_all(string=_is_archive_mark):
        below = comment.find_next(["pre", "blockquote", "div", "p"])
        if isinstance(below, Tag):
            return below if below.name == "pre" or below.parent is None else below.parent
    return None


def _is_archive_mark(text: str | None) -> bool:
    return (text or "").strip() in _ARCHIVE_MARKS


def _subtitle(texts: Sequence[Tag], counts: Counts) -> Tag | None:
    """The line below the title: above the article or, where that has no known mark, in it."""
    above = True
    for tag in counts.elements if texts else ():
        above = above and tag is not texts[-1]
        headed = tag.name == "h2" and _is_in(tag, "web-header") and tag.find_previous("h1")
        may_be_named = above or not article.is_exact(texts[-1])
        named = may_be_named and not RULES.words("subtitles").isdisjoint(names(tag))
        if (named or headed) and 0 < counts.all[id(tag)] <= _LONGEST_SUBTITLE:
            return tag
        if not above and tag.name == "p":
            return None
    return None


def _is_in(tag: Tag, name: str) -> bool:
    return any(name in names(parent) for parent in tag.parents)


def _headings(elements: Iterable[Tag]) -> pages.Headings:
    """The headings that may be the page's title; one that leads to the site's front is its name."""
    named: dict[str, list[str]] = {name: [] for name in ("h1", "h2", "h3")}
    for tag in elements:
        if tag.name in named and len(named[tag.name]) < _FEW_HEADINGS:
            words = squeeze(tag.get_text())
            named[tag.name].append("" if _leads_home(tag) else words)
    first = named["h1"]
    return pages.Headings(
        first=first[0] if len(first) == 1 else "",
        all=tuple(words for names in named.values() for words in names if words),
    )


def _leads_home(heading: Tag) -> bool:
    link = heading.find("a")
    if not isinstance(link, Tag):
        return False
    return _FRONT.fullmatch(str(link.attrs.get("href") or "-")) is not None


def _times(texts: Sequence[Tag], counts: Counts) -> Iterator[Tag]:
    """The elements that may give the page's day: above the article, or in its head."""
    if not texts:
        return
    if texts[0].name == "pre" and (day := texts[0].find_previous("i")):
        # The line of a mailing list's archive between sender and message.
        yield day  # type: ignore[misc]
    inside = {id(tag) for text in texts for tag in text.find_all()}
    found = []
    above, in_text = True, False
    for tag in counts.elements:
        above = above and tag is not texts[0] and id(tag) not in inside
        in_text = in_text or (tag.name == "p" and id(tag) in inside and counts.all[id(tag)] > 0)
        if not (tag.name == "time" or any(map(RULES.pattern("dated").fullmatch, names(tag)))):
            continue
        around = [tag, *tag.parents]
        headed = tag.name == "time" and not in_text
        in_head = id(tag) in inside and (headed or any(id(box) in counts.noise for box in around))
        if (above or in_head) and not any(map(article.is_comment, around)):
            found.append(tag)
    yield from sorted(found, key=lambda tag: not any("publish" in name for name in names(tag)))


def _teaser(content: Document) -> Iterator[Flaw]:
    """A flaw where the page is only the free part of an issue."""
    lines = (*content.boilerplate, *(block.text for block in content.blocks[-_LAST_LINES:]))
    for line in lines:
        notice = squeeze(line) if len(line) < _LONGEST_NOTICE else ""
        if match := RULES.pattern("paywalls").match(notice):
            yield Flaw(code=TEASER, text=match[0])
            return
