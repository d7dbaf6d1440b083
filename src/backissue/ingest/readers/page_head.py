"""What the head of a web page says of it: title, publication, day, address.

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
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bs4.element import Comment, Tag

from backissue.records import Facts
from backissue.text.days import date_line
from backissue.text.prose import squeeze

# Names of those who run the machine, and not of what is printed on it.
_GENERATORS = frozenset(
    """
    beehiiv; blog; blogger; blogspot; buttondown; buttondown.email; campaign archive; convertkit;
    ghost; gmail; home; hugo; jekyll; kit; linkedin; mailchimp; medium; my blog; my site;
    newsletter; patreon; revue; squarespace; substack; substack.com; tinyletter; tumblr; untitled;
    website; wix; wordpress; wordpress.com
    """.replace("\n", " ")
    .strip()
    .split(";")
)
_NO_NAMES = frozenset(" ".join(name.split()) for name in _GENERATORS)
_SEPARATOR = re.compile(r"\s+(?:[|•·»«/–—-]|::)\s+")
_SEPARATOR_END = re.compile(rf"{_SEPARATOR.pattern}$")
_FEED_TITLE = re.compile(r"\s*(?:»|[|–-])?\s*(?:rss|atom)?\s*(?:feed)?$", re.IGNORECASE)
_DATE_NAMES = (
    *("article:published_time", "article:published", "og:article:published_time"),
    *("datepublished", "date", "dc.date", "dc.date.issued", "dcterms.date", "dcterms.created"),
    *("pubdate", "publishdate", "publish_date", "publication_date", "parsely-pub-date"),
    "sailthru.date",
)
# `Posted on June 3, 2024 by Ada Moore · 5 min read`
_PARTS = re.compile(
    r"\s+[|·•–—-]\s+|\s+by\s+.*|^(?:posted|published)(?:\s+on)?:?\s+", re.IGNORECASE
)
_SAVED_FROM = re.compile(r"(?:saved from url=\(\d+\)|\burl:)\s*(https?://\S+)", re.IGNORECASE)
_FIELD = re.compile(r'"(headline|datePublished|url)"\s*:\s*"((?:[^"\\]|\\.){1,500})"')
_LONGEST = 500
_MOST_NODES = 2000
_MOST_TAGS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """The headings of a page, one of which may be its title; `first` is its only first one."""

    first: str = ""
    all: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    meta: Mapping[str, str]
    title: str
    links: tuple[Tag, ...]
    article: Mapping[str, object]
    by_id: Mapping[str, Mapping[str, object]]
    saved_from: str | None


def facts_of(page: Tag, *, times: Iterable[Tag], headings: Headings, subtitle: str | None) -> Facts:
    """What a page says of itself; `times`, `headings` and `subtitle` stand above its text."""
    head = _read(page)
    full = _titles(head, headings)
    publication = _publication(head, full, headings)
    return Facts(
        title=_fit(_without_name(full, publication)),
        publication=_fit(publication),
        date=_date(head, times),
        url=_url(head),
        subtitle=_fit(subtitle),
    )


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
    )


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
    """The object that tells of the page's text: an article, else a page with a date."""
    nodes = list(nodes)
    for ending in ("Article", "Posting", "EmailMessage", "WebPage"):
        for node in nodes:
            kinds = node.get("@type")
            names = kinds if isinstance(kinds, list) else [kinds]
            told = node.get("headline") or node.get("datePublished")
            if told and any(str(name).endswith(ending) for name in names):
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


def _titles(head: _Head, headings: Headings) -> str:
    """The fullest word on the page's title: what is written for sharing, then the window's."""
    for title in (
        head.meta.get("og:title", ""),
        _clean(head.article.get("headline")),
        head.meta.get("twitter:title", ""),
    ):
        if title and title.casefold() not in _NO_NAMES:
            return title
    # A window's title is the page's own heading and the site's name, or names the site alone.
    window = head.title.casefold()
    first = headings.first
    held = [name for name in headings.all if window == name.casefold()]
    held += [name for name in headings.all if any(_beside(head.title, name))]
    if title := max(held, key=len, default=first if first.casefold() in window else ""):
        return title
    parts = [part for part in _SEPARATOR.split(head.title) if part.casefold() not in _NO_NAMES]
    return parts[0] if len(parts) == 1 else head.title if parts else first


def _publication(head: _Head, title: str, headings: Headings) -> str | None:
    for name in (
        head.meta.get("og:site_name", ""),
        *_whole(head, "isPartOf"),
        *_whole(head, "publisher"),
        *_beside(head.title, title),
        # What is written for sharing may have the site's name, too.
        *(name for heading in headings.all for name in _beside(title, heading)),
        head.meta.get("application-name", ""),
        *_feeds(head),
    ):
        if name and name.casefold() not in _NO_NAMES and name.casefold() != title.casefold():
            return name
    return None


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


def _beside(window: str, title: str) -> Iterator[str]:
    """What a window's title says beside the page's: `Ports - by Ada Moore - Harbour Notes`."""
    place = window.casefold().find(title.casefold()) if title else -1
    if place < 0:
        return
    before, after = window[:place], window[place + len(title) :]
    if _SEPARATOR.match(after) and not before:
        parts = _SEPARATOR.split(after)[1:]
    elif not after and (_SEPARATOR_END.search(before) or before.endswith(": ")):
        parts = _SEPARATOR.split(before.removesuffix(": "))
    else:
        return
    yield from (part for part in reversed(parts) if part and not part.lower().startswith("by "))


def _feeds(head: _Head) -> Iterator[str]:
    for link in head.links:
        if re.search(r"rss|atom", str(link.get("type") or "")):
            title = _clean(link.get("title"))
            if "comments" not in title.lower() and (name := _FEED_TITLE.sub("", title)):
                yield name


def _without_name(title: str, name: str | None) -> str:
    """`Ports | Harbour Notes` is `Ports`; `Harbour Notes 12: Ports` is a title line."""
    if not name:
        return title
    parts = _SEPARATOR.split(title)
    if len(parts) > 1 and parts[-1].casefold() == name.casefold():
        return title[: -len(parts[-1])].rstrip().rstrip("|•·»«/–—-:").rstrip()
    if len(parts) > 1 and parts[0].casefold() == name.casefold():
        return title[len(parts[0]) :].lstrip().lstrip("|•·»«/–—-:").lstrip()
    return title


def _fit(text: str | None) -> str | None:
    return text if text and len(text) <= _LONGEST and text.isprintable() else None


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
    # `0001-01-01` and `1970-01-01` are what a program writes for want of a date.
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
