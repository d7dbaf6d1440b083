"""What a web page or a feed is called, and what it is of, by what its head and its headings say.

`<title>` has the page's own title and the site's name, in either order; what is written for
sharing (`og:title`, `og:site_name`) may be missing, or be the site generator's name for itself.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from backissue.ingest.identity.evidence import Evidence, EvidenceKind, decide, reported
from backissue.ingest.identity.publications import WORDS
from backissue.records import Facts
from backissue.text.days import date_line
from backissue.text.prose import squeeze
from backissue.text.rules import BoundedPattern

_SEPARATOR = re.compile(r"(?<!\s)\s++(?:[|•·»«/–—-]|::)\s+")
_SEPARATOR_END = re.compile(rf"{_SEPARATOR.pattern}$")
# `[Harbour] [News] Ports`: what a list puts before a subject, on a page of its archive.
_LIST_TAGS = re.compile(r"(?:\[[^\[\]]{1,60}\]\s*)+(?=\S)")
_LONGEST = 500
_FEED_PREFIX = re.compile(r"(?:rss|atom)\s+feed\s+(?:for|of|from)\s+", re.IGNORECASE)


class Headings(Struct, frozen=True, kw_only=True):
    """The headings of a page, one of which may be its title; `first` is its only first one."""

    first: str = ""
    all: tuple[str, ...] = ()


class PageNames(Struct, frozen=True, kw_only=True):
    """What a page says of its title and of the site it is on.

    `shared` are the titles written for sharing, the fullest first; `window` is that of `<title>`;
    `sites` are the names of what the page belongs to, each with the place it was found in.
    `listed` says that the page is one of a mailing list's archive.
    """

    shared: tuple[str, ...]
    window: str
    headings: Headings
    sites: tuple[tuple[EvidenceKind, str], ...]
    listed: bool = False


def in_page(page: PageNames) -> tuple[Evidence, ...]:
    """What a page's names say of title and publication."""
    full = _title(page)
    window = (
        *_beside(page.window, full),
        # What is written for sharing may have the site's name, too.
        *(name for heading in page.headings.all for name in _beside(full, heading)),
    )
    names = (
        *page.sites,
        *((EvidenceKind.PAGE_TITLE, name) for name in window),
    )
    found = tuple(
        one
        for kind, name in names
        if _may_be_site(name, full)
        for one in reported(kind, Facts(publication=name))
    )
    title = _without_name(full, decide(found).facts.publication)
    if page.listed:
        title = _LIST_TAGS.sub("", title)
    known = Facts(title=title if fits(title) else None)
    return (*found, *reported(EvidenceKind.PAGE_TITLE, known, full))


def feed_name(name: str | None) -> str | None:
    """A feed's title without what says that it is a feed: `The Lathe (RSS)`.

    >>> feed_name("The Lathe » Feed")
    'The Lathe'
    """
    shown = _FEED_PREFIX.sub("", squeeze(name or ""), count=1)
    while (suffix := _last(WORDS.pattern("feed_suffix"), shown)) and suffix.start() > 0:
        shown = shown[: suffix.start()].rstrip()
    return shown or None


def _last(pattern: re.Pattern[str] | BoundedPattern, text: str) -> re.Match[str] | None:
    """The match with which a short text ends."""
    return next((m for m in pattern.finditer(text[:500]) if m.end() == len(text)), None)


def fits(text: str | None) -> bool:
    """Whether a text can be a fact: one printable line of a length that a person writes."""
    return bool(text) and len(text or "") <= _LONGEST and (text or "").isprintable()


def _may_be_site(name: str, title: str) -> bool:
    return (
        fits(name)
        and name.casefold() not in WORDS.words("machines")
        and name.casefold() != title.casefold()
        and not (date_line(name) or date_line(f"1 {name}"))  # `January 2024`
    )


def _title(page: PageNames) -> str:
    """The fullest word on the page's title: what is written for sharing, then the window's."""
    for title in page.shared:
        if title and title.casefold() not in WORDS.words("machines"):
            return title
    # A window's title is the page's own heading and the site's name, or names the site alone.
    window = page.window.casefold()
    first = page.headings.first
    titles = [name for name in page.headings.all if window == name.casefold()]
    titles += [name for name in page.headings.all if any(_beside(page.window, name))]
    if title := max(titles, key=len, default=""):
        return title
    if first and first.casefold() in window:
        # `The Old Quay, issue 19` above a heading `The Old Quay` says more.
        return page.window if _says_number(page.window) else first
    parts = [
        part
        for part in _SEPARATOR.split(page.window)
        if part.casefold() not in WORDS.words("machines")
    ]
    return parts[0] if len(parts) == 1 else page.window if parts else first


def _says_number(window: str) -> bool:
    from backissue.ingest.identity import titles  # noqa: PLC0415 - few pages have such a heading

    line = titles.title_line(window)
    return line is not None and line.marked


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
