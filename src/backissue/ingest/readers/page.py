"""Web pages: the issue on a saved page, without what the site has around it.

What is around it is not lost: it is the document's boilerplate, a line for each block. Where a page
is not plainly one issue (a list of posts, a mail, a few words) all of it is taken as text: to lose
words is worse than to keep a menu.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from urllib.parse import urljoin

from bs4.element import NavigableString, PreformattedString, Tag

from backissue.ingest.identity import Evidence, decide, pages
from backissue.ingest.readers import html, page_noise, plaintext
from backissue.ingest.readers.documents import Document, Original
from backissue.ingest.readers.formats import is_markup
from backissue.ingest.readers.page_head import evidence_of
from backissue.records import TEASER, Flaw
from backissue.text.boilerplate import footer
from backissue.text.prose import squeeze

_OPENING = re.compile(r"<(?:!doctype\s+html|html|head)\b", re.IGNORECASE)
_HEAD = re.compile(r"<head[\s>]|<title[\s>]", re.IGNORECASE)
# Before the head of a page there is at most a browser's remark.
_SAMPLE = 4_000

# Where known tools put an issue's text, most particular first.
_TEXTS = (
    *("body markup", "available-content"),  # Substack
    *("content-blocks", "rendered-post"),  # beehiiv
    *("email-body-content", "email-body", "gh-content"),  # Buttondown, Ghost
    *("entry-content", "wp-block-post-content", "td-post-content"),  # WordPress
    *("articlebody", "e-content", "h-entry-content", "post-full-content", "post-content"),
    "message-body",  # TinyLetter
    *("post-body", "article-body", "article-content", "post__content", "article__body"),
)
# A tool's exact mark is believed; the name of a class alone is, where it holds the page's prose.
_EXACT = frozenset({"body markup", "rendered-post", "gh-content"})
_SUBTITLES = frozenset(
    """
    subtitle post-subtitle entry-subtitle article-subtitle gh-article-excerpt article-excerpt
    post-full-custom-excerpt custom-excerpt post-excerpt deck dek standfirst article-dek
    """.split()  # noqa: SIM905 - a list of names reads as one
)
# Mailchimp's bar above an archived mail, and the mail's own head and foot; beehiiv's header.
_AROUND_TEXT = frozenset(
    {"awesomewrap", "awesomebar", "awesomeshare", "templatepreheader", "templatefooter"}
    | {"web-header", "bh--byline-wrapper"}
)
_COMMENTS = re.compile(
    r"(?:post-|entry-|article-)?comments?"
    r"(?:-(?:area|list|section|wrap|wrapper|container|respond|form|template|thread|title))*"
    r"|commentlist|respond|disqus(?:-thread)?|trackbacks?|pingbacks?|trackback-list|pinglist"
    r"|epoch-wrapp?er|comments-page|gh-comments|utterances|giscus|webmentions?"
)
_FURNITURE = re.compile(
    r"(?:[\w-]+-)?(?:share|sharing|social)"
    r"(?:-(?:buttons?|links?|icons?|bar|block|row|tools?|list|wrap|wrapper|container|post|media))+"
    r"|sharedaddy|sd-sharing[\w-]*|addtoany[\w-]*|heateor[\w-]*|a2a-kit|sharethis[\w-]*"
    r"|share"
    r"|(?:jp-)?related-?(?:posts?|articles?|content|stories|entries|reading)?(?:-[\w-]+)?|yarpp[\w-]*"
    r"|read-(?:next|more-posts)(?:-[\w-]+)?|recommended(?:-posts)?|more-(?:posts|stories|from[\w-]*)"
    r"|(?:[\w-]+-)?(?:nav|navigation|navbar|breadcrumbs?|breadcrumb-trail|pagination|pager|menu)"
    r"|nav-links|loop-nav|post-nav[\w-]*|(?:primary-|left-|right-)?sidebar(?:-[\w-]+)?"
    r"|widget(?:-area|s)?|cookie[\w-]*|gdpr[\w-]*|consent[\w-]*"
    r"|(?:[\w-]+-)?(?:newsletter|subscribe|subscription|signup|email)-(?:form|box|widget|cta|signup)"
    r"|popup[\w-]*|modal[\w-]*|(?:post-|entry-)?author-(?:box|bio|info|card|profile)|about-the-author"
    r"|(?:entry|post|article)-(?:meta|footer|tags|utility|byline|header|foot|info)|tags-links|cat-links"
    r"|byline|posted-on|edit-link|(?:site|page|global)-(?:footer|header)|skip-link|bh--byline-wrapper"
    r"|gh-(?:head|foot|footer|header|navigation|subscribe|readmore)|paywall(?:-[\w-]+)?|web-header"
    r"|post-ufi[\w-]*|visibility-check|post-header|post-footer"
)
_TAGS = frozenset({"nav", "footer", "header", "menu"})
# A heading may be called `discussion`, a paragraph `share`: their words are the author's.
_BOXES = frozenset(
    {"aside", "article", "details", "div", "dl", "figure", "form", "iframe", "li", "ol", "section"}
    | {"table", "ul", "footer", "header", "nav", "menu"}
)
_DATED = re.compile(
    r"(?:entry|post|article|email|message|publish(?:ed)?|pub|issue)?-?(?:date|published)(?:-header)?|posted-on|byline"
    r"|(?:entry|post|article)-(?:meta|byline|info)|bh--byline-wrapper"
)
_PAYWALL = re.compile(
    r"this (?:post|issue|content|article) is for (?:\w+ ){0,3}(?:subscribers|members)\b.{0,80}"
    r"|keep reading with a \d+-day free trial|subscribe to .{1,80} to keep reading this post.{0,80}"
    r"|(?:upgrade|subscribe|become a \w+ \w+|sign up) to (?:keep|continue) reading.{0,80}"
    r"|the rest of this (?:post|issue|article) is for .{1,80}",
    re.IGNORECASE,
)
_ARCHIVE_MARKS = frozenset({"beginarticle", "X-Body-of-Message"})
# Fewer words of prose than this on a page do not show where its text is.
_SHORT_PAGE = 50
_LEAST = 10
# A header is so near around its heading.
_NEAR = 6
_MARKUP = ("b", "strong", "i", "em", "h1", "h2", "h3", "h4", "ul", "ol", "table", "p", "div")
_NOT_RELATIVE = re.compile(r"#|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_FRONT = re.compile(r"(?:https?://[^/]+)?/?", re.IGNORECASE)
# A page's own heading is among so many of each rank.
_FEW_HEADINGS = 10
# What one element holds of the prose of all, to be where the text is.
_MOST = 0.85
# What the largest of several texts holds, for the others to be but teasers beside it.
_MAIN_OF_SEVERAL = 0.7
# Furniture with more than a third of a page's words is not furniture, whatever its name.
_LARGEST_FURNITURE = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """Words by element: `all` of them, and `prose`: outside links, menus and comments.

    `named` are the elements with words in them that may hold a text, by id, class and property.
    `sure` are the elements that are no part of any text, `guessed` those whose names say so.
    """

    all: dict[int, int]
    prose: dict[int, int]
    named: Mapping[str, list[Tag]]
    sure: frozenset[int]
    guessed: frozenset[int]

    @property
    def furniture(self) -> frozenset[int]:
        """All that is not the issue's."""
        return self.sure | self.guessed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Elements around a first heading, within an article, within a quotation."""

    headed: frozenset[int]
    in_text: frozenset[int]
    in_quote: frozenset[int]


def recognises(original: Original) -> bool:
    """Whether a text is a whole page, with a head of its own."""
    sample = original.text[:_SAMPLE]
    opens = _OPENING.search(sample) and _HEAD.search(sample)
    return opens is not None and is_markup(original.text)


def read(original: Original) -> tuple[Document, ...]:
    """The issue on the page, as one document; what is around it is its boilerplate."""
    page = html.parse(original.text)
    elements = page.find_all()
    counts = _count(elements)
    message = _archived(page, original.text)
    texts = [message] if message else _texts(page, elements, counts)
    subtitle = _subtitle(texts, elements, counts)
    evidence = evidence_of(
        page,
        times=_times(elements, texts, counts),
        headings=_headings(elements),
        subtitle=squeeze(subtitle.get_text()) if subtitle else None,
        listed=message is not None,
    )
    facts = decide(evidence).facts
    _link_in_full(page, elements, facts.url)
    beside = _beside(page, texts, counts)
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
    standing = (squeeze(content.blocks[place].text) for place in sorted(below))
    return Document(
        blocks=tuple(block for place, block in enumerate(content.blocks) if place not in below),
        evidence=evidence,
        boilerplate=(*content.boilerplate, *filter(None, standing)),
        flaws=(*original.decoded.flaws, *_teaser(content)),
    )


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


def _names(tag: Tag) -> tuple[str, ...]:
    """An element's id and classes, in one spelling."""
    if not tag.attrs:
        return ()
    names = (str(tag.attrs.get("id") or ""), *page_noise.classes(tag))
    return tuple(name.lower().replace("_", "-") for name in names if name)


def _count(elements: Sequence[Tag]) -> _Counts:
    """The words of each element, from the innermost out."""
    own = {id(tag): _own_words(tag) for tag in elements}
    everything = dict(own)
    for tag in reversed(elements):
        if tag.parent is not None and id(tag.parent) in everything:
            everything[id(tag.parent)] += everything[id(tag)]
    most = max(everything.values(), default=0) * _LARGEST_FURNITURE
    sure = frozenset(id(tag) for tag in elements if _is_beside_any(tag))
    places = _Places(
        headed=frozenset(
            id(box) for tag in _title_headings(elements) for box in islice(tag.parents, _NEAR)
        ),
        in_text=_inside(elements, {"article", "main"}),
        in_quote=_inside(elements, {"blockquote"}),
    )
    small = (tag for tag in elements if everything[id(tag)] <= most)
    guessed = frozenset(id(tag) for tag in small if _looks_beside(tag, places))
    furniture = sure | guessed
    prose = own
    for tag in reversed(elements):
        if tag.name == "a" or id(tag) in furniture:
            prose[id(tag)] = 0
        elif tag.parent is not None and id(tag.parent) in prose:
            prose[id(tag.parent)] += prose[id(tag)]
    named = _index(tag for tag in elements if everything[id(tag)])
    return _Counts(all=everything, prose=prose, named=named, sure=sure, guessed=guessed)


def _index(tags: Iterable[Tag]) -> Mapping[str, list[Tag]]:
    """Elements by each of their names. A page has thousands, and is asked for a dozen names."""
    named: dict[str, list[Tag]] = {}
    for tag in tags:
        if tag.attrs and tag.name not in {"html", "body"}:
            for name in {str(tag.attrs.get("itemprop") or "").lower(), *_names(tag)}:
                named.setdefault(name, []).append(tag)
    return named


def _title_headings(elements: Sequence[Tag]) -> Iterator[Tag]:
    """First headings, and the one an article opens with: below a site's name it is the second."""
    first, second = _first_inside(elements, "h1"), _first_inside(elements, "h2")
    for tag in elements:
        heading = tag if tag.name == "h1" else None
        if tag.name == "article" and id(tag) not in first:
            heading = second.get(id(tag))
        if heading is not None:
            yield heading


def _first_inside(elements: Sequence[Tag], name: str) -> Mapping[int, Tag]:
    """The first element of this name in each. One look for all: articles may lie in articles."""
    found: dict[int, Tag] = {}
    for tag in reversed(elements):
        first = tag if tag.name == name else found.get(id(tag))
        if first is not None and tag.parent is not None:
            found[id(tag.parent)] = first
    return found


def _own_words(tag: Tag) -> int:
    if html.is_unseen(tag):
        return 0
    return sum(
        len(child.split())
        for child in tag.children
        if isinstance(child, NavigableString) and not isinstance(child, PreformattedString)
    )


def _is_beside_any(tag: Tag) -> bool:
    """Whether an element is beside the text wherever it stands. Comments may be longer than it."""
    return page_noise.is_noise(tag) or _is_comment(tag) or not _AROUND_TEXT.isdisjoint(_names(tag))


def _inside(elements: Sequence[Tag], names: set[str]) -> frozenset[int]:
    """The elements within one of these names; each comes behind the one it is in."""
    found: set[int] = set()
    for tag in elements:
        parent = tag.parent
        if parent is not None and (parent.name in names or id(parent) in found):
            found.add(id(tag))
    return frozenset(found)


def _looks_beside(tag: Tag, places: _Places) -> bool:
    """Whether an element's name says that it is the site's and not the issue's."""
    if tag.name in {"html", "body", "main", "article"}:
        return False
    if tag.name == "header":
        # A story within the text may have a header, too.
        return id(tag) in places.headed or id(tag) not in places.in_text
    if tag.name in _TAGS:
        return id(tag) not in places.in_quote
    return tag.name in _BOXES and any(map(_is_furniture, _names(tag)))


@lru_cache(maxsize=4096)
def _is_furniture(name: str) -> bool:
    return _FURNITURE.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _holds_comments(name: str) -> bool:
    return _COMMENTS.fullmatch(name) is not None


def _is_comment(tag: Tag) -> bool:
    return tag.name in _BOXES and any(map(_holds_comments, _names(tag)))


def _texts(page: Tag, elements: Sequence[Tag], counts: _Counts) -> list[Tag]:
    """Where the issue's text is, in one piece as a rule; empty where that is not plain."""
    body = page.find("body")
    if not isinstance(body, Tag):
        return []
    marked = _marked_texts(body, counts)
    if marked is not None:
        return marked
    if counts.prose[id(body)] < _SHORT_PAGE:
        return _only_article(body, elements, counts)
    return [] if _is_mail(elements, counts) else _unmarked_text(body, elements, counts)


def _marked_texts(body: Tag, counts: _Counts) -> list[Tag] | None:
    """Where a known tool puts the text; empty where there are several, None where there is none."""
    for name in _TEXTS:
        found = _outermost(_named(name, counts))
        if found and name in _EXACT:
            # The same mark on a letterhead above the text is part of the mail.
            return found
        text = _largest(found, counts)
        if found and text is None:
            return []
        least = max(_LARGEST_FURNITURE * counts.prose[id(body)], _LEAST)
        if text and counts.prose[id(text)] >= least:
            return [text]
    return None


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


def _only_article(body: Tag, elements: Sequence[Tag], counts: _Counts) -> list[Tag]:
    """The one article of a page of few words, or of links alone, where it is most of the page."""
    found = _outermost(tag for tag in elements if tag.name == "article" and counts.all[id(tag)])
    most = len(found) == 1 and counts.all[id(found[0])] * 2 >= counts.all[id(body)]
    return found if most and counts.all[id(found[0])] >= _LEAST else []


def _unmarked_text(body: Tag, elements: Sequence[Tag], counts: _Counts) -> list[Tag]:
    """Where the text of a page of no known tool is: its article, or where its prose is densest."""
    articles = _outermost(
        tag for tag in elements if tag.name == "article" and counts.prose[id(tag)]
    )
    start = _largest(articles, counts)
    if articles and start is None:
        return []
    # An article with less than half of the page's prose is one of its boxes.
    whole = counts.prose[id(body)]
    return [_densest(start if start and counts.prose[id(start)] >= whole / 2 else body, counts)]


def _named(name: str, counts: _Counts) -> Iterator[Tag]:
    first, *others = name.split()
    for tag in counts.named.get(first, ()):
        if set(others) <= set(_names(tag)):
            yield tag


def _outermost(tags: Iterable[Tag]) -> list[Tag]:
    """`tags` in document order, less those inside another."""
    kept: list[Tag] = []
    within: set[int] = set()
    for tag in tags:
        if id(tag) not in within:
            kept.append(tag)
            within.update(id(inner) for inner in tag.find_all())
    return kept


def _largest(tags: Sequence[Tag], counts: _Counts) -> Tag | None:
    """The one that holds most of the words of all; None where these are shared out."""
    if not tags:
        return None
    largest = max(tags, key=lambda tag: counts.all[id(tag)])
    total = sum(counts.all[id(tag)] for tag in tags)
    return largest if counts.all[id(largest)] >= _MAIN_OF_SEVERAL * total else None


def _densest(start: Tag, counts: _Counts) -> Tag:
    """The innermost element that holds most of the prose in `start`."""
    most = counts.prose[id(start)] * _MOST
    while inner := [
        child
        for child in start.children
        if isinstance(child, Tag) and child.name != "p" and counts.prose[id(child)] >= most
    ]:
        start = inner[0]
    return start


def _is_mail(elements: Sequence[Tag], counts: _Counts) -> bool:
    """Whether a page is laid out in tables, as mails are: its text is in most of its cells."""
    tables = [tag for tag in elements if tag.name == "table"]
    prose = sum(counts.prose[id(tag)] for tag in _outermost(tables))
    return len(tables) > 3 and prose >= _MOST * max(counts.prose[id(elements[0])], 1)


def _beside(page: Tag, texts: Sequence[Tag], counts: _Counts) -> dict[int, bool]:
    """Which elements are beside the text, and which, within those, are of it after all."""
    beside = dict.fromkeys(counts.sure, True)
    if not texts:
        return beside
    for text in texts:
        guessed = [tag for tag in text.find_all() if id(tag) in counts.guessed]
        words = sum(counts.all[id(tag)] for tag in _outermost(guessed))
        # Where so much of a text has such names, they mean something else in it.
        if not _is_exact(text) and words <= _LARGEST_FURNITURE * counts.all[id(text)]:
            beside |= {id(tag): True for tag in guessed}
    return {**beside, id(page): True, **{id(text): False for text in texts}}


def _is_exact(text: Tag) -> bool:
    own = set(_names(text))
    return any(set(name.split()) <= own for name in _EXACT)


def _subtitle(texts: Sequence[Tag], elements: Sequence[Tag], counts: _Counts) -> Tag | None:
    """The line below the title: above the text, or where its head is no part of that, in it."""
    above = True
    for tag in elements if texts else ():
        above = above and tag is not texts[-1]
        headed = tag.name == "h2" and _is_in(tag, "web-header") and tag.find_previous("h1")
        named = (above or not _is_exact(texts[-1])) and not _SUBTITLES.isdisjoint(_names(tag))
        if (named or headed) and 0 < counts.all[id(tag)] <= _SHORT_PAGE:
            return tag
        if not above and tag.name == "p":
            return None
    return None


def _is_in(tag: Tag, name: str) -> bool:
    return any(name in _names(parent) for parent in tag.parents)


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


def _times(elements: Iterable[Tag], texts: Sequence[Tag], counts: _Counts) -> Iterator[Tag]:
    """What names the page's own day: stands above the text, or in the head of it."""
    if not texts:
        return
    if texts[0].name == "pre" and (day := texts[0].find_previous("i")):
        # The line of a mailing list's archive between sender and message.
        yield day  # type: ignore[misc]
    inside = {id(tag) for text in texts for tag in text.find_all()}
    found = []
    above = True
    for tag in elements:
        above = above and tag is not texts[0] and id(tag) not in inside
        if not (tag.name == "time" or any(map(_DATED.fullmatch, _names(tag)))):
            continue
        around = [tag, *tag.parents]
        in_head = id(tag) in inside and any(id(box) in counts.furniture for box in around)
        if (above or in_head) and not any(map(_is_comment, around)):
            found.append(tag)
    yield from sorted(found, key=lambda tag: not any("publish" in name for name in _names(tag)))


def _teaser(content: Document) -> Iterator[Flaw]:
    """Whether the page is but the free part of an issue."""
    lines = (*content.boilerplate, *(block.text for block in content.blocks[-3:]))
    for line in lines:
        if len(line) < 300 and (match := _PAYWALL.match(squeeze(line))):
            yield Flaw(code=TEASER, text=match[0])
            return
