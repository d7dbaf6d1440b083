"""RSS 0.9x, 1.0, 2.0 and Atom: the XML as posts. feedparser is imported when a feed is read.

Nothing is fetched: feedparser is given a stream of bytes, never a text, which it could use as an
address.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from io import BytesIO

from msgspec.structs import replace

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import pages
from backissue.ingest.readers import posts
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.readers.posts import Feed, Piece, Post
from backissue.ingest.sources import fields
from backissue.text.days import is_day_first, numeric_days

_ROOTS = frozenset({"rss", "rdf", "feed"})
_NO_FEEDS = {"opml": "an OPML file: a list of feeds, not issues"}
_SPACE = re.compile(r"[\ufeff\s]*+")
# The subset in brackets is where entities are declared.
_DOCTYPE = re.compile(r"<!DOCTYPE\b[^\[>]*+(?:\[(?P<subset>.*?)\]\s*)?>", re.IGNORECASE | re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]{1,80}:)?(?P<name>[\w.-]{1,80})(?=[\s/>])(?P<rest>[^>]{0,5000})")
# More processing instructions and comments than any feed has above its root.
_LONGEST_PROLOG = 100
_ENTITY = re.compile(r"<!ENTITY\s+(?:%\s+)?[\w.:-]+\s+(?P<value>\"[^\"]*\"|'[^']*'|[^>]*)", re.I)
_PLAIN_VALUE = re.compile(r"[\"'](?:&#\w{1,8};|[^&%<]{0,200})[\"']")
_EVERY_ENTITY = re.compile(r"<!ENTITY\b", re.IGNORECASE)
# A character no document can hold (XML 1.0, section 2.2), written as a reference.
_BAD_REFERENCE = re.compile(r"&#(?:0*(?P<decimal>\d{1,12})|[xX]0*(?P<hex>[0-9a-fA-F]{1,12}));")
# An `&` that refers to nothing makes XML no XML, and the rest of it a guess. In CDATA it is an `&`.
_BARE_AND = re.compile(
    r"(?P<kept><!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))|&(?!#\w{1,8};|[A-Za-z][\w.:-]{0,30};)",
    re.DOTALL,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")

# feedparser "repairs" letters of Latin-1 whose bytes happen to be UTF-8, and strips hard spaces.
# Only `ingest.repair` may do that, since it says what it did. So while feedparser parses, these
# letters are hidden from it, in a plane no feed uses.
_LATIN = range(0x80, 0x100)
_AWAY = 0x10F000
_HIDE = {letter: _AWAY + letter for letter in _LATIN}
_SHOW = {_AWAY + letter: letter for letter in _LATIN}

_ANY_TAG = re.compile(
    r"(?P<cdata><!\[CDATA\[.*?(?:\]\]>|\Z))|"
    r"<(?P<end>/?)(?P<name>[A-Za-z][\w.:-]*+)[^<>]*?(?P<empty>/?)>|(?P<broken><[^<>]*\Z)",
    re.DOTALL,
)
# An XML parser compares each attribute of an element with all others: 100,000 took two minutes.
_MOST_ATTRIBUTES = 500
_CROWDED = re.compile(
    r"<[^\s<>/=]++(?:\s++[^\s<>=\"']++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s<>\"']++))"
    rf"{{{_MOST_ATTRIBUTES + 1}}}"
)
# Deeper than any issue; what is open in there is not worth closing.
_DEEPEST = 200
# Blogger's backup of a site is a feed of all it has, in which each entry names its kind.
_KIND = re.compile(r"http://schemas\.google\.com/blogger/2008/kind#(?P<kind>\w{1,40})")
_POST = "post"
# Days in two numbers that show by their sequence which number is the day.
_FEWEST_IN_TIME = 3
_COMMENTS = re.compile(r"comments\s+(?:on|for)\b", re.IGNORECASE)


def recognises(original: Original) -> bool:
    """Whether a text is XML whose root is a feed's; or a list of feeds, to say what it is."""
    return root_of(original.text) in _ROOTS | _NO_FEEDS.keys()


def read(original: Original) -> tuple[Document, ...]:
    """Each entry, as a document. Raises `RejectedSourceError` for what is no feed of issues."""
    root = root_of(original.text) or ""
    if root in _NO_FEEDS:
        raise RejectedSourceError(_NO_FEEDS[root])
    feed = parse(original.text)
    if not feed.posts:
        raise RejectedSourceError("a feed without entries")
    if _COMMENTS.match(feed.name or ""):
        return (Document(left_out="comment"),) * len(feed.posts)
    documents = (posts.document_of(post, feed) for post in feed.posts)
    return posts.with_flaws(documents, feed, original.decoded.flaws)


def root_of(text: str) -> str | None:
    """The name of an XML document's root element, in lower case; None where no tag comes first."""
    _, root = _prolog(text)
    if root is None:
        return None
    name = root["name"].lower()
    sample = text[root.start() : root.start() + 20_000].lower()
    if name == "feed" and "atom" not in root["rest"].lower() and "<entry" not in sample:
        return None
    return None if name == "rdf" and "rss" not in sample and "<channel" not in sample else name


def _prolog(text: str) -> tuple[tuple[int, int] | None, re.Match[str] | None]:
    """Where the document type is, and the root's tag."""
    place, doctype = 0, None
    for _ in range(_LONGEST_PROLOG):
        if space := _SPACE.match(text, place):
            place = space.end()
        if text.startswith("<?", place):
            end, width = text.find("?>", place), 2
        elif text.startswith("<!--", place):
            end, width = text.find("-->", place), 3
        elif match := _DOCTYPE.match(text, place):
            doctype = match.span()
            end, width = match.end(), 0
        else:
            return doctype, _ROOT.match(text, place)
        if end < 0:
            break
        place = end + width
    return doctype, None


def _without_doctype(text: str) -> str:
    """`text` without its document type, which no feed needs.

    Raises `RejectedSourceError` where it declares entities made of others or kept elsewhere: what
    expands a few lines to gigabytes, or reads files.
    """
    span, _ = _prolog(text)
    if span is None:
        return text
    doctype = text[slice(*span)]
    values = [match["value"] for match in _ENTITY.finditer(doctype)]
    parameters = len(re.findall(r"<!ENTITY\s+%", doctype))
    plain = sum(_PLAIN_VALUE.fullmatch(value.strip()) is not None for value in values)
    if plain + parameters < len(_EVERY_ENTITY.findall(doctype)):
        raise RejectedSourceError("declares XML entities of its own, which are not expanded")
    return text[: span[0]] + text[span[1] :]


def parse(text: str) -> Feed:
    """The feed in an XML text, well-formed or not. Raises `RejectedSourceError`."""
    import feedparser  # noqa: PLC0415 - takes half as long as starting the program

    text = _without_doctype(text)
    if _CROWDED.search(text):
        raise RejectedSourceError(f"an element in it has more than {_MOST_ATTRIBUTES} attributes")
    text = _CONTROLS.sub("\ufffd", text.translate(_HIDE))
    text = _BAD_REFERENCE.sub(_good_reference, text)
    text = _BARE_AND.sub(lambda sign: sign["kept"] or "&amp;", text)
    whole = _is_whole(text)
    try:
        parsed = feedparser.parse(
            BytesIO((text if whole else _closed(text)).lstrip("\ufeff \n\t").encode("utf-8")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # it raises whatever its handlers stumble over
        raise RejectedSourceError(f"not a feed that can be read: {error}"[:200]) from None
    # Its loose parser leaves fields it does not know as the XML has them.
    loose = bool(parsed.bozo)
    found = [_post(entry, loose=loose) for entry in parsed.entries]
    return Feed(
        name=pages.feed_name(posts.plain_title(_detailed(parsed.feed, "title"))),
        url=_base(parsed.feed),
        posts=_with_sure_days(found),
        whole=whole,
    )


def _base(about: Mapping[str, object]) -> str | None:
    """An address that relative ones can be joined to: the site's, or the feed's own."""
    links = [link.get("href") for link in fields.objects_in(about.get("links"))]
    targets = [about.get("link"), *links, about.get("id")]
    absolute = (posts.absolute(url, None) for url in targets if isinstance(url, str))
    return next(filter(None, absolute), None)


def _last_entry(text: str) -> int:
    return max(map(text.rfind, ("<item>", "<item ", "<entry>", "<entry ")))


def _is_whole(text: str) -> bool:
    """Whether the last entry that begins also ends: a download may have broken off in it."""
    ends = max(text.rfind("</item>"), text.rfind("</entry>"), text.rfind("</rss>"))
    return max(ends, text.rfind("</rdf:RDF>"), text.rfind("</feed>")) >= _last_entry(text)


def _closed(text: str) -> str:
    """`text` with what is open in its last entry closed, so that its words are not lost."""
    opened: list[str] = []
    end = len(text)
    for tag in _ANY_TAG.finditer(text, _last_entry(text)):
        if tag["cdata"]:
            opened += [] if tag["cdata"].endswith("]]>") else ["]]>"]
        elif tag["broken"]:
            end = tag.start()
        elif tag["end"]:
            if f"</{tag['name']}>" in opened:
                del opened[_last_index(opened, f"</{tag['name']}>") :]
        elif not tag["empty"]:
            opened.append(f"</{tag['name']}>")
        if len(opened) > _DEEPEST:
            return text
    return text[:end] + "".join(reversed(opened))


def _last_index(values: list[str], value: str) -> int:
    return len(values) - 1 - values[::-1].index(value)


def _good_reference(match: re.Match[str]) -> str:
    code = int(match["decimal"]) if match["decimal"] else int(match["hex"], 16)
    good = code in {9, 10, 13} or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE
    return match[0] if good or 0x10000 <= code < _AWAY else "\ufffd"


def _post(parsed: Mapping[str, object], *, loose: bool) -> Post:
    pieces = [
        _piece(content.get("value"), content.get("type"), content=True)
        for content in fields.objects_in(parsed.get("content"))
    ]
    summary = _detailed(parsed, "summary")
    # Where there is no summary, feedparser gives the content again.
    if summary.text and summary.text not in {piece.text for piece in pieces}:
        pieces.append(summary)
    source = parsed.get("source")
    about = _texts(source) if isinstance(source, Mapping) else {}
    texts = _texts(parsed)
    if loose:
        texts = {name: fields.unescaped(value) for name, value in texts.items()}
    return Post(
        fields=_with_days(texts, parsed),
        title=_detailed(parsed, "title"),
        pieces=tuple(piece for piece in pieces if piece.text.strip()),
        source=about.get("title"),
        left_out="draft" if fields.flag(texts.get("app_draft")) else _other_kind(parsed),
        recorded=any(posts.is_recording(file.get("type")) for file in _enclosures(parsed)),
    )


def _with_sure_days(found: Sequence[Post]) -> tuple[Post, ...]:
    """The posts, with days that can be two read as the feed's other days are written.

    Drupal writes `04/01/2024 - 12:00`, in the order of its country. Where another day of the feed
    is certain (`25/01/2024`, `Thu, 01/04/2024`), or the posts follow one another in time in one of
    the two orders only, that order holds for all; else such a day is none.
    """
    values = [value for post in found if (value := _day_in_two_numbers(post))]
    if not values:
        return tuple(found)
    orders = {order for value in values if (order := is_day_first(value)) is not None}
    if not orders:
        orders = {order for order in (True, False) if _in_time(values, day_first=order)}
    if len(orders) != 1:
        return tuple(found)
    (day_first,) = orders
    return tuple(
        replace(post, fields=_in_order(post.fields, day_first=day_first)) for post in found
    )


def _day_in_two_numbers(post: Post) -> str | None:
    fields_with_days = (post.fields.get(name, "") for name in posts.DAYS)
    return next((value for value in fields_with_days if numeric_days(value)), None)


def _in_time(values: Sequence[str], *, day_first: bool) -> bool:
    """Whether posts whose day is written in this order are in the order of time."""
    days = [_read(value, day_first=day_first) for value in values]
    return len(values) >= _FEWEST_IN_TIME and days in (sorted(days), sorted(days, reverse=True))


def _in_order(texts: Mapping[str, str], *, day_first: bool) -> dict[str, str]:
    two = {name for name in posts.DAYS if len(numeric_days(texts.get(name, ""))) > 1}
    sure = {name: _read(texts[name], day_first=day_first).isoformat() for name in two}
    return {**texts, **sure}


def _read(value: str, *, day_first: bool) -> datetime.date:
    return numeric_days(value)[0 if day_first else -1]


def _other_kind(parsed: Mapping[str, object]) -> str | None:
    """The kind that an entry of a backup names, where that is no post."""
    terms = (str(tag.get("term")) for tag in fields.objects_in(parsed.get("tags")))
    kinds = [match["kind"] for term in terms if (match := _KIND.fullmatch(term))]
    return kinds[0] if kinds and kinds[0] != _POST else None


def _enclosures(parsed: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The files that come with an entry; feedparser looks for them among its links, unchecked."""
    links = parsed.get("links")
    is_list = isinstance(links, list) and len(fields.objects_in(links)) == len(links)
    return fields.objects_in(parsed.get("enclosures")) if is_list else []


def _texts(parsed: Mapping[str, object]) -> dict[str, str]:
    """The fields that are one text each, with the hidden letters back in them."""
    return {
        name: value.translate(_SHOW) for name, value in parsed.items() if isinstance(value, str)
    }


def _with_days(texts: dict[str, str], parsed: Mapping[str, object]) -> dict[str, str]:
    """`texts`, with days that only feedparser can read as it has read them (in UTC)."""
    for name in posts.DAYS:
        key = f"{name}_parsed"
        moment = parsed[key] if key in parsed else None  # noqa: SIM401 - `get` answers with another's
        # `1518478934` counts seconds or nothing; it is no day of a calendar.
        counted = texts.get(name, "").strip().isdigit()
        two = len(numeric_days(texts.get(name, ""))) > 1
        if moment and not counted and not two and not fields.facts_from(date=texts.get(name)).date:
            texts[name] = "{:04}-{:02}-{:02}".format(*moment[:3])  # type: ignore[index]
    return texts


def _detailed(parsed: Mapping[str, object], name: str) -> Piece:
    detail = parsed.get(f"{name}_detail")
    kind = detail.get("type") if isinstance(detail, Mapping) else None
    return _piece(parsed.get(name), kind)


def _piece(text: object, kind: object, *, content: bool = False) -> Piece:
    shown = text.translate(_SHOW) if isinstance(text, str) else ""
    return Piece(text=shown, plain=kind == "text/plain", content=content)
