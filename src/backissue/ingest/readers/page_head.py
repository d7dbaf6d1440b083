"""Evidence in the head of a web page: title, publication, day, address.

Three vocabularies say much the same: Open Graph (`og:title`), schema.org in JSON-LD (`headline`),
and HTML's own (`<title>`, `rel=canonical`). Each is written by hand in some theme, and may be
missing, escaped twice, or be the site generator's name for itself.
"""

import datetime
import html
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bs4.element import Comment, Tag
from msgspec import Struct

from backissue.ingest.identity import Evidence, EvidenceKind, pages, reported
from backissue.records import Facts
from backissue.text.days import date_line
from backissue.text.prose import squeeze

_DATE_NAMES = (
    *("article:published_time", "article:published", "og:article:published_time"),
    *("datepublished", "date", "dc.date", "dc.date.issued", "dcterms.date", "dcterms.created"),
    *("pubdate", "publishdate", "publish_date", "publication_date", "parsely-pub-date"),
    "sailthru.date",
)
# `Posted on June 3, 2024 by Ada Moore · 5 min read`
_PARTS = re.compile(
    r"(?<!\s)\s++(?:[|·•–—-]\s+|by\s+.*)|^(?:posted|published)(?:\s+on)?:?\s+", re.IGNORECASE
)
_SAVED_FROM = re.compile(r"(?:saved from url=\(\d+\)|\burl:)\s*(https?://\S+)", re.IGNORECASE)
_FIELD = re.compile(r'"(headline|datePublished|url)"\s*:\s*"((?:[^"\\]|\\.){1,500})"')
_LONGEST = 500
_MOST_NODES = 2000
_MOST_TAGS = 400


class _Head(Struct, frozen=True, kw_only=True):
    meta: Mapping[str, str]
    title: str
    links: tuple[Tag, ...]
    article: Mapping[str, object]
    by_id: Mapping[str, Mapping[str, object]]
    saved_from: str | None
    account: str


def evidence_of(
    page: Tag, *, times: Iterable[Tag], headings: pages.Headings, subtitle: str | None, listed: bool
) -> tuple[Evidence, ...]:
    """The evidence of a page; `times`, `headings` and `subtitle` are those above its text.

    `listed` says that it is a page of a mailing list's archive.
    """
    head = _read(page)
    names = pages.PageNames(
        shared=(
            head.meta.get("og:title", ""),
            _clean(head.article.get("headline")),
            head.meta.get("twitter:title", ""),
        ),
        window=head.title,
        headings=headings,
        sites=tuple(_sites(head)),
        listed=listed,
    )
    others = Facts(
        date=_date(head, times), url=_url(head), subtitle=subtitle if pages.fits(subtitle) else None
    )
    return (*pages.in_page(names), *reported(EvidenceKind.PAGE_HEAD, others))


def _sites(head: _Head) -> Iterator[tuple[EvidenceKind, str]]:
    """The names of what the page belongs to, each with the place it is in."""
    if head.account:
        yield EvidenceKind.OG_SITE_NAME, head.account
    yield EvidenceKind.OG_SITE_NAME, head.meta.get("og:site_name", "")
    yield from ((EvidenceKind.PART_OF, name) for name in _whole(head, "isPartOf"))
    yield from ((EvidenceKind.PUBLISHER, name) for name in _whole(head, "publisher"))
    yield EvidenceKind.APPLICATION_NAME, head.meta.get("application-name", "")
    for link in head.links:
        if re.search(r"rss|atom", str(link.get("type") or "")):
            title = _clean(link.get("title"))
            if "comments" not in title.lower() and (name := pages.feed_name(title)):
                yield EvidenceKind.FEED_LINK, name


def _whole(head: _Head, name: str) -> Iterator[str]:
    """What an article is part of, or who publishes it; its page is part of a site in turn."""
    value = head.article.get(name)
    for _ in range(3):
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict):
            value = head.by_id.get(str(value.get("@id")), value)
        if not isinstance(value, dict):
            return
        if str(value.get("@type")).endswith("Page"):
            value = value.get("isPartOf")
            continue
        # A publisher who is a person is the author once more.
        if value.get("@type") != "Person" and isinstance(value.get("name"), str):
            yield _clean(value["name"])
        return


def _read(page: Tag) -> _Head:
    meta: dict[str, str] = {}
    links: list[Tag] = []
    scripts: list[str] = []
    title = ""
    for tag in page.find_all(["meta", "title", "link", "script"]):
        if tag.name == "meta":
            name = tag.get("property") or tag.get("name") or tag.get("itemprop")
            if name and (content := _clean(tag.get("content"))):
                meta.setdefault(str(name).lower(), content)
        elif tag.name == "title" and not title and tag.find_parent("svg") is None:
            title = _clean(tag.get_text())
        elif tag.name == "link" and len(links) < _MOST_TAGS:
            links.append(tag)
        elif "ld+json" in str(tag.get("type") or ""):
            scripts.append(tag.get_text())
    nodes = [node for script in scripts for node in _nodes(script)]
    return _Head(
        meta=meta,
        title=title,
        links=tuple(links),
        article=_article(nodes),
        by_id={str(node["@id"]): node for node in nodes if len(node) > 1 and "@id" in node},
        saved_from=_saved_from(page),
        account=_account(page),
    )


def _account(page: Tag) -> str:
    """The account that a page of WeChat is of; its `og:site_name` is WeChat's own name."""
    found = page.find(id="js_name")
    is_there = isinstance(found, Tag) and page.find(class_="rich_media_content") is not None
    return _clean(found.get_text()) if is_there else ""  # type: ignore[union-attr]


def _clean(value: object) -> str:
    """A value as one line; what was escaped twice is read twice."""
    text = squeeze(str(value or ""))
    return squeeze(html.unescape(text)) if "&" in text else text


def _nodes(script: str) -> Iterator[Mapping[str, object]]:
    """Every object of a JSON-LD script; of one that is no JSON, the fields that can be made out."""
    text = re.sub(
        r"^\s*(?:/\*)?<!(?:\[CDATA\[|--)(?:\*/)?|(?:/\*)?(?:\]\]|--)>(?:\*/)?\s*$", "", script
    )
    for attempt in (text, html.unescape(text)):
        try:
            queue = deque([json.loads(attempt, strict=False)])
            break
        except (ValueError, RecursionError):
            continue
    else:
        found = dict(reversed(_FIELD.findall(html.unescape(text))))
        queue = deque([{"@type": "Article", **found}] if found else [])
    for _ in range(_MOST_NODES):
        if not queue:
            return
        value = queue.popleft()
        if isinstance(value, dict):
            yield value
            queue.extend(value.values())
        elif isinstance(value, list):
            queue.extend(value)


def _article(nodes: Iterable[Mapping[str, object]]) -> Mapping[str, object]:
    """The object about the page's text: an article, else a page with a date."""
    nodes = list(nodes)
    for ending in ("Article", "Posting", "EmailMessage", "WebPage"):
        for node in nodes:
            kinds = node.get("@type")
            names = kinds if isinstance(kinds, list) else [kinds]
            named = node.get("headline") or node.get("datePublished")
            if named and any(str(name).endswith(ending) for name in names):
                return node
    return {}


def _saved_from(page: Tag) -> str | None:
    """Where a browser says it saved the page from: `<!-- saved from url=(0018)https://… -->`."""
    for place, element in enumerate(page.descendants):
        if isinstance(element, Comment) and (match := _SAVED_FROM.search(element)):
            return match[1]
        if place > 20:
            break
    return None


def _date(head: _Head, times: Iterable[Tag]) -> datetime.date | None:
    said = head.meta.get(_DATE_NAMES[0]), head.article.get("datePublished")
    others = (head.meta.get(name) for name in _DATE_NAMES[1:])
    shown = (
        value
        for time in times
        for value in (*map(time.get, ("datetime", "content", "title")), time.get_text())
    )
    for value in (*said, *others, *shown):
        if value and (day := _day(_clean(value))):
            return day
    return None


def _day(text: str) -> datetime.date | None:
    """The day of a time as heads write it: ISO 8601, RFC 822, or as a reader would."""
    text = text[:_LONGEST]
    iso = re.match(r"(\d{4}-\d{2}-\d{2})(?=$|[T\s])", text)
    lines = [iso[1]] if iso else [part for part in _PARTS.split(text) if part]
    day = next((day for line in lines if (day := date_line(line))), None)
    if day is None and not iso:
        try:
            day = parsedate_to_datetime(text).date()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    # `0001-01-01` and `1970-01-01` are what a program writes without a date.
    return day if day and day.year > 1980 else None


def _url(head: _Head) -> str | None:
    entity = head.article.get("mainEntityOfPage")
    canonical = (link.get("href") for link in head.links if "canonical" in (link.get("rel") or ""))
    for url in (
        *canonical,
        head.meta.get("og:url"),
        entity.get("@id") if isinstance(entity, dict) else entity,
        head.article.get("url"),
        head.saved_from,
    ):
        if isinstance(url, str) and (address := _address(url.strip())):
            return address
    return None


def _address(url: str) -> str | None:
    """`url` where it is the web address of a page; a site's front is the address of none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    whole = (
        parts.scheme in {"http", "https"}
        and parts.netloc
        and (parts.path.strip("/") or parts.query)
    )
    return url if whole and re.fullmatch(r"\S{1,500}", url) and url.isprintable() else None
