"""RSS 0.9x, 1.0, 2.0 and Atom. The one home of feedparser, which is imported when a feed is read.

Nothing is fetched: feedparser is given a stream of bytes, never a text, which it could take for an
address. An entry is one document: the longest of what it has as its text, with whatever else it
says about itself.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from urllib.parse import SplitResult, urljoin, urlsplit

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import EvidenceKind, feed_name, reported
from backissue.ingest.readers import html, plaintext
from backissue.ingest.readers.documents import Document, Original
from backissue.ingest.readers.formats import is_markup
from backissue.ingest.sources import fields
from backissue.records import TEASER, Block, BlockKind, Flaw, Run

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

# feedparser takes letters of Latin-1 for damage where their bytes happen to be UTF-8, and strips
# no-break spaces; what is damaged is decided by the one repair that says what it did. So these
# letters are out of its sight while it parses, in a plane no feed uses.
_LATIN = range(0x80, 0x100)
_AWAY = 0x10F000
_HIDE = {letter: _AWAY + letter for letter in _LATIN}
_SHOW = {_AWAY + letter: letter for letter in _LATIN}

_ANY_TAG = re.compile(
    r"(?P<cdata><!\[CDATA\[.*?(?:\]\]>|\Z))|"
    r"<(?P<end>/?)(?P<name>[A-Za-z][\w.:-]*)[^<>]*?(?P<empty>/?)>|(?P<broken><[^<>]*\Z)",
    re.DOTALL,
)
# What reads XML looks for each attribute of an element among all of them: 100,000 took two minutes.
_MOST_ATTRIBUTES = 500
_CROWDED = re.compile(
    r"<[^\s<>/=]++(?:\s++[^\s<>=\"']++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s<>\"']++))"
    rf"{{{_MOST_ATTRIBUTES + 1}}}"
)
# Deeper than any issue; what is open in there is not worth closing.
_DEEPEST = 200
_HREF = r"<a\s(?:[^<>]{0,500}?\s)?href\s*=\s*[\"']"
_OF_SCHEME = re.compile(rf"{_HREF}(?=//[^/])", re.IGNORECASE)
_OF_SITE = re.compile(rf"{_HREF}(?=/(?!/))", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_TEASER_END = re.compile(
    r"(?:\[\s*(?:…|\.{3})\s*\]|…|\.{3}|[([]?(?:continue|keep)\s+reading\b.{0,150}|"
    r"[([]?read\s+(?:more|on|the\s+rest|the\s+full|full)\b[^.:]{0,100})[\s→»›>…\])]*$",
    re.IGNORECASE,
)
_APPEARED = re.compile(
    r"The post .{1,400} (?:first appeared|appeared first) on .{1,200}"
    r"|.{1,400} was originally published in .{1,200} on Medium\b.{0,200}",
    re.DOTALL,
)
# Blogger's backup of a site is a feed of all it has, and says of each entry of which kind it is.
_KIND = re.compile(r"http://schemas\.google\.com/blogger/2008/kind#(?P<kind>\w{1,40})")
_POST = "post"
# Shorter than an issue, longer than a hand-written teaser.
_SHORT = 120
_LONGEST_TEASER = 400
_LONGEST_SUBTITLE = 300
_WORD = re.compile(r"\w+")

_DAYS = ("published", "updated", "created")
_COMMENTS = re.compile(r"comments\s+(?:on|for)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A text of an entry, and whether it is said to be plain."""

    text: str
    plain: bool = False
    content: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the feed has it.

    `fields` are those with but one text in them, by feedparser's names; `pieces` may be its text.
    `left_out` says why it is no issue, if it is none; `recorded`, that there is something to hear.
    """

    fields: Mapping[str, str]
    title: Piece
    pieces: tuple[Piece, ...]
    source: str | None = None
    left_out: str | None = None
    recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed: its name and address, its entries, and whether the last of these is whole."""

    name: str | None
    url: str | None
    entries: tuple[Entry, ...]
    whole: bool = True


_NOTHING = (Piece(text=""), Document())


def recognises(original: Original) -> bool:
    """Whether a text is XML whose root is a feed's; or a list of feeds, to say what it is."""
    return root_of(original.text) in _ROOTS | _NO_FEEDS.keys()


def read(original: Original) -> tuple[Document, ...]:
    """Each entry, as a document. Raises `RejectedSourceError` for what is no feed of issues."""
    root = root_of(original.text) or ""
    if root in _NO_FEEDS:
        raise RejectedSourceError(_NO_FEEDS[root])
    feed = parse(original.text)
    if not feed.entries:
        raise RejectedSourceError("a feed without entries")
    comments = _COMMENTS.match(feed.name or "") is not None
    documents = [
        Document(left_out="comment") if comments else document_of(entry, feed)
        for entry in feed.entries
    ]
    return with_flaws(documents, feed, original.decoded.flaws)


def with_flaws(
    documents: Iterable[Document], feed: Feed, flaws: tuple[Flaw, ...]
) -> tuple[Document, ...]:
    """`documents` with what is wrong with the source as a whole, and where it breaks off."""
    made = list(documents)
    kept = [place for place, document in enumerate(made) if not document.left_out]
    if kept and flaws:
        made[kept[0]] = replace(made[kept[0]], flaws=(*flaws, *made[kept[0]].flaws))
    if kept and kept[-1] == len(made) - 1 and not feed.whole:
        cut = Flaw(code="cut-short", text="the feed breaks off in this entry")
        made[-1] = replace(made[-1], flaws=(*made[-1].flaws, cut))
    return tuple(made)


def misfit(text: str) -> Document:
    """A row of a table whose fields are shifted, so that only its words can be kept."""
    flaw = Flaw(code="damaged-row", text=" ".join(text.split())[:80])
    lines = filter(str.strip, text.split("\n"))
    blocks = (Block(runs=(Run(text=line),), joined=n > 0) for n, line in enumerate(lines))
    return Document(blocks=tuple(blocks), flaws=(flaw,))


# -- the XML -------------------------------------------------------------------------------------


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
    """Where the document type stands, and the root's tag."""
    place, doctype = 0, None
    for _ in range(_LONGEST_PROLOG):
        place = _match_end(_SPACE, text, place)
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


def _match_end(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place


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
    # Its loose parser leaves what it knows no field of as the XML has it.
    loose = bool(parsed.bozo)
    return Feed(
        name=feed_name(_plain_title(_piece(parsed.feed, "title"))),
        url=_base(parsed.feed),
        entries=tuple(_entry(entry, loose=loose) for entry in parsed.entries),
        whole=whole,
    )


def _base(about: Mapping[str, object]) -> str | None:
    """An address that relative ones can be joined to: the site's, or the feed's own."""
    links = about.get("links")
    others = [link.get("href") for link in links] if isinstance(links, list) else []
    targets = [about.get("link"), *others, about.get("id")]
    absolute = (_absolute(url, None) for url in targets if isinstance(url, str))
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


def _entry(parsed: Mapping[str, object], *, loose: bool) -> Entry:
    contents = parsed.get("content")
    pieces = [_piece_of(content) for content in (contents if isinstance(contents, list) else ())]
    summary = _piece(parsed, "summary")
    # For want of a summary feedparser tells the content again.
    if summary.text and summary.text not in {piece.text for piece in pieces}:
        pieces.append(summary)
    source = parsed.get("source")
    about = _fields(source) if isinstance(source, Mapping) else {}
    texts = _fields(parsed)
    if loose:
        texts = {name: fields.unescaped(value) for name, value in texts.items()}
    return Entry(
        fields=_with_days(texts, parsed),
        title=_piece(parsed, "title"),
        pieces=tuple(piece for piece in pieces if piece.text.strip()),
        source=about.get("title"),
        left_out="draft" if fields.flag(texts.get("app_draft")) else _other_kind(parsed),
        recorded=any(is_recording(sound.get("type")) for sound in _enclosures(parsed)),
    )


def _other_kind(parsed: Mapping[str, object]) -> str | None:
    """What an entry of a backup says it is, where that is no post."""
    terms = (str(tag.get("term")) for tag in _dicts(parsed, "tags"))
    kinds = [match["kind"] for term in terms if (match := _KIND.fullmatch(term))]
    return kinds[0] if kinds and kinds[0] != _POST else None


def _dicts(parsed: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    values = parsed.get(name)
    return [one for one in values if isinstance(one, Mapping)] if isinstance(values, list) else []


def _enclosures(parsed: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The files that come with an entry; the parser looks for them among its links, unchecked."""
    links = parsed.get("links")
    is_list = isinstance(links, list) and all(isinstance(link, Mapping) for link in links)
    return _dicts(parsed, "enclosures") if is_list else []


def is_recording(media_type: object) -> bool:
    """Whether a file that comes with an entry is there to be heard or watched."""
    return str(media_type).lower().startswith(("audio/", "video/"))


def _fields(parsed: Mapping[str, object]) -> dict[str, str]:
    return {
        name: value.translate(_SHOW) for name, value in parsed.items() if isinstance(value, str)
    }


def _with_days(texts: dict[str, str], parsed: Mapping[str, object]) -> dict[str, str]:
    """`texts`, with days that only feedparser can read as it has read them (in UTC)."""
    for name in _DAYS:
        key = f"{name}_parsed"
        moment = parsed[key] if key in parsed else None  # noqa: SIM401 - `get` tells of others
        # `1518478934` counts seconds or nothing; it is no day of a calendar.
        counted = texts.get(name, "").strip().isdigit()
        if moment and not counted and not fields.facts_from(date=texts.get(name)).date:
            texts[name] = "{:04}-{:02}-{:02}".format(*moment[:3])  # type: ignore[index]
    return texts


def _piece(parsed: Mapping[str, object], name: str) -> Piece:
    text, detail = parsed.get(name), parsed.get(f"{name}_detail")
    kind = detail.get("type") if isinstance(detail, Mapping) else None
    plain = kind == "text/plain"
    return Piece(text=text.translate(_SHOW) if isinstance(text, str) else "", plain=plain)


def _piece_of(content: Mapping[str, object]) -> Piece:
    text = content.get("value")
    plain = content.get("type") == "text/plain"
    shown = text.translate(_SHOW) if isinstance(text, str) else ""
    return Piece(text=shown, plain=plain, content=True)


# -- an entry ------------------------------------------------------------------------------------


def document_of(entry: Entry, feed: Feed) -> Document:
    """An entry as a document; one that but leads to its issue is flagged as a teaser."""
    if entry.left_out:
        return Document(left_out=entry.left_out)
    made = [(piece, seen) for piece in entry.pieces if (seen := _seen(piece, feed)).blocks]
    piece, seen = max(made or [_NOTHING], key=lambda one: len(_text(one[1].blocks)))
    body, appeared = _without_appeared(seen.blocks)
    others = [_text(other.blocks) for one, other in made if one is not piece]
    new = [text for text in others if not _is_in(text, (*seen.boilerplate, _text(body)))]
    subtitle = next((text for text in new if len(text) <= _LONGEST_SUBTITLE), None)
    source = fields.facts_from(publication=feed_name(entry.source))
    facts = fields.facts_from(
        title=_plain_title(entry.title),
        date=_day(entry.fields),
        url=_absolute(fields.first(entry.fields, "feedburner_origlink", "link"), feed.url),
        subtitle=subtitle,
    )
    if not body and facts.title is None:
        return Document(left_out="empty entry")
    if entry.recorded and len(_WORD.findall(_text(body))) < _SHORT:
        # A few words about what is to be heard are no issue; with a text, it is that read out.
        return Document(left_out="podcast")
    # A site that has no more to give gives its teaser twice, as summary and as content.
    content = piece.content and _text(body) not in others
    teaser = _is_teaser(body, facts.url, content=content)
    shown = _text(body[-1:])[-100:] or "a title alone"
    return Document(
        blocks=body,
        evidence=(
            *reported(EvidenceKind.ENTRY, facts),
            *reported(EvidenceKind.ENTRY_SOURCE, source),
            *reported(EvidenceKind.FEED_TITLE, fields.facts_from(publication=feed.name)),
        ),
        boilerplate=(*seen.boilerplate, *appeared, *(text for text in new if text != subtitle)),
        flaws=(Flaw(code=TEASER, text=shown),) if teaser else (),
    )


def _seen(piece: Piece, feed: Feed) -> Document:
    return content_of(replace(piece, text=with_links(piece.text, feed.url)))


def with_links(text: str, base: str | None) -> str:
    """Markup with those links in full that start at the root of the site: `href="/p/ice"`."""
    site = _split(base) if base else None
    if site is None:
        return text
    text = _OF_SCHEME.sub(lambda link: f"{link[0]}{site.scheme}:", text)
    return _OF_SITE.sub(lambda link: f"{link[0]}{site.scheme}://{site.netloc}", text)


def content_of(piece: Piece) -> Document:
    """What is seen of a text: marked up, or with references alone, or as plain as it is said."""
    if piece.plain and not is_markup(piece.text):
        return Document(blocks=plaintext.blocks(piece.text))
    if _TAG.search(piece.text):
        return html.content(piece.text)
    return Document(blocks=plaintext.blocks(fields.unescaped(piece.text)))


def _text(blocks: Iterable[Block]) -> str:
    return " ".join(" ".join(block.text for block in blocks).split())


def _is_in(text: str, others: Iterable[str]) -> bool:
    """Whether the words of `text` stand in another, in this order; it may break off with dots."""
    words = " ".join(_WORD.findall(text.casefold()))
    return any(words in " ".join(_WORD.findall(other.casefold())) for other in others)


def _without_appeared(blocks: tuple[Block, ...]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """`The post Ice appeared first on The Lathe.`, which WordPress puts below every entry."""
    if len(blocks) > 1 and _APPEARED.fullmatch(text := _text(blocks[-1:])):
        return blocks[:-1], (text,)
    return blocks, ()


def _is_teaser(blocks: tuple[Block, ...], url: str | None, *, content: bool) -> bool:
    """Whether an entry but leads to the issue.

    It ends in dots or in a link to itself, or is a description of few words where other entries
    have a content.
    """
    words = len(_WORD.findall(_text(blocks)))
    last = next((block for block in reversed(blocks) if block.kind is not BlockKind.RULE), None)
    if last is None:
        return True
    if url and len(last.text.split()) <= 8 and any(_same(run.url, url) for run in last.runs):
        return True
    line = " ".join(last.text.split())
    ends = _TEASER_END.search(line[-200:])
    # Authors, too, let a sentence end in dots; but only sites put them in brackets.
    breaks_off = ends is not None and not (content and ends[0].startswith(("…", "...")))
    return (breaks_off and words < _LONGEST_TEASER) or (not content and words < _SHORT)


def _same(one: str | None, other: str) -> bool:
    """Whether two addresses lead to one page; what stands behind `?` and `#` counts visits."""
    ours, theirs = _split(one or ""), _split(other)
    if not (one and ours and theirs):
        return False
    return (ours.netloc, ours.path.rstrip("/")) == (theirs.netloc, theirs.path.rstrip("/"))


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None where it has none, as `https://[x`."""
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _plain_title(title: Piece) -> str | None:
    """A title's words: markup in it taken away, references read."""
    if not title.plain and _TAG.search(title.text):
        return _text(html.blocks(title.text)) or None
    return fields.unescaped(title.text) or None


def _day(texts: Mapping[str, str]) -> object:
    """The day an entry was published on, in the zone it names; else changed, else made."""
    for name in _DAYS:
        if fields.facts_from(date=texts.get(name)).date:
            return texts[name]
    return None


def _absolute(url: str | None, base: str | None) -> str | None:
    """A link's target in full, as far as it can be told."""
    if not url:
        return None
    try:
        joined = urljoin(base or "", url.strip())
        return joined if urlsplit(joined).scheme in {"http", "https"} else None
    except ValueError:
        return None
