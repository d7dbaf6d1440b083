"""One post of a feed or an export as a document: its text, its links in full, whether it is whole.

A post may have several texts, a summary and a content: the longest is its text, and the others are
its subtitle or boilerplate.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from backissue.ingest.identity import EvidenceKind, pages, reported
from backissue.ingest.readers import html, plaintext
from backissue.ingest.readers.formats import Document, is_markup
from backissue.ingest.sources import fields
from backissue.records import CUT_SHORT, TEASER, Block, BlockKind, Flaw, Run
from backissue.text.decoding import GUESSED
from backissue.text.prose import count_words, squeeze
from backissue.text.rules import bounded

_HREF = r"<a\s(?:[^<>]{0,500}?\s)?href\s*=\s*[\"']"
_OF_SCHEME = re.compile(rf"{_HREF}(?=//[^/])", re.IGNORECASE)
_OF_SITE = re.compile(rf"{_HREF}(?=/(?!/))", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_END_OF_LINE = 200  # characters
_TEASER_END = bounded(
    r"(?:\[\s*(?:…|\.{3})\s*\]|…|\.{3}|[([]?(?:continue|keep)\s+reading\b.{0,150}|"
    r"[([]?read\s+(?:more|on|the\s+rest|the\s+full|full)\b[^.:]{0,100})[\s→»›>…\])]*$",
    _END_OF_LINE,
    re.IGNORECASE,
)
_APPEARED = re.compile(
    r"The post .{1,400} (?:first appeared|appeared first) on .{1,200}"
    r"|.{1,400} was originally published in .{1,200} on Medium\b.{0,200}",
    re.DOTALL,
)
# Words: shorter than an issue, longer than a teaser that was written by hand, or cut off.
_SHORT: Final = 120
_LONGEST_TEASER: Final = 400
_LONGEST_SUBTITLE: Final = 300  # characters
_LONGEST_READ_MORE: Final = 8  # words
_WORD = re.compile(r"\w+")
# The fields that give a post's day, the best first.
DAYS = ("published", "updated", "created")


class Piece(Struct, frozen=True, kw_only=True):
    """A text of a post: whether it is plain, and whether it is the content and no summary."""

    text: str
    plain: bool = False
    content: bool = False


class Post(Struct, frozen=True, kw_only=True):
    """One post as a feed has it.

    `fields` are its short fields, by feedparser's names; `pieces` may be its text. `left_out` says
    why it is no issue, if it is none; `recorded`, that it has sound or film.
    """

    fields: Mapping[str, str]
    title: Piece
    pieces: tuple[Piece, ...]
    source: str | None = None
    left_out: str | None = None
    recorded: bool = False


class Feed(Struct, frozen=True, kw_only=True):
    """A feed: its name and address, its posts, and whether the last of these is whole."""

    name: str | None
    url: str | None
    posts: tuple[Post, ...]
    whole: bool = True


def document_of(post: Post, feed: Feed) -> Document:
    """A post as a document; one that only leads to its issue is flagged as a teaser."""
    if post.left_out:
        return Document(left_out=post.left_out)
    shown = ((one, content_of(one, feed.url)) for one in post.pieces)
    texts = [(one, seen) for one, seen in shown if seen.blocks] or [(Piece(text=""), Document())]
    piece, seen = max(texts, key=lambda one: len(_text(one[1].blocks)))
    body, appeared = _without_appeared(seen.blocks)
    others = [_text(other.blocks) for one, other in texts if one is not piece]
    new = [text for text in others if not _is_in(text, (*seen.boilerplate, _text(body)))]
    subtitle = next((text for text in new if len(text) <= _LONGEST_SUBTITLE), None)
    facts = fields.facts_from(
        title=plain_title(post.title),
        date=_day(post.fields),
        url=absolute(fields.first(post.fields, "feedburner_origlink", "link"), feed.url),
        subtitle=subtitle,
    )
    if not body and facts.title is None:
        return Document(left_out="empty entry")
    if post.recorded and len(_WORD.findall(_text(body))) < _SHORT:
        # A few words about a recording are no issue; a whole text is the issue, read out.
        return Document(left_out="podcast")
    # A site that has no more to give gives its teaser twice, as summary and as content.
    content = piece.content and _text(body) not in others
    flaws: tuple[Flaw, ...] = ()
    if _is_teaser(body, facts.url, content=content):
        flaws = (Flaw(code=TEASER, text=_text(body[-1:])[-100:] or "a title alone"),)
    source = fields.facts_from(publication=pages.feed_name(post.source))
    return Document(
        blocks=body,
        evidence=(
            *reported(EvidenceKind.ENTRY, facts),
            *reported(EvidenceKind.ENTRY_SOURCE, source),
            *reported(EvidenceKind.FEED_TITLE, fields.facts_from(publication=feed.name)),
        ),
        boilerplate=(*seen.boilerplate, *appeared, *(text for text in new if text != subtitle)),
        flaws=flaws,
    )


def with_flaws(
    documents: Iterable[Document], feed: Feed, flaws: tuple[Flaw, ...]
) -> tuple[Document, ...]:
    """`documents` with what is wrong with the source as a whole, and where it breaks off.

    The first that is an issue has it; a guess of the charset concerns each of them.
    """
    guesses = tuple(flaw for flaw in flaws if flaw.code == GUESSED)
    made = [replace(one, flaws=(*guesses, *one.flaws)) if guesses else one for one in documents]
    first = next((place for place, document in enumerate(made) if not document.left_out), None)
    if first is not None:
        rest = (flaw for flaw in flaws if flaw.code != GUESSED)
        made[first] = replace(made[first], flaws=(*rest, *made[first].flaws))
    if made and not feed.whole:
        cut = Flaw(code=CUT_SHORT, text="the feed breaks off in this entry")
        made[-1] = replace(made[-1], flaws=(*made[-1].flaws, cut))
    return tuple(made)


def misfit(text: str) -> Document:
    """A row of a table whose fields are shifted, so that only its words can be kept."""
    flaw = Flaw(code="damaged-row", text=squeeze(text)[:80])
    lines = filter(str.strip, text.split("\n"))
    blocks = (Block(runs=(Run(text=line),), joined=n > 0) for n, line in enumerate(lines))
    return Document(blocks=tuple(blocks), flaws=(flaw,))


def is_recording(media_type: object) -> bool:
    """Whether a file that comes with a post is sound or film."""
    return str(media_type).lower().startswith(("audio/", "video/"))


def content_of(piece: Piece, base: str | None = None) -> Document:
    """What is seen of a text: HTML, text with character references alone, or plain text.

    Links that start at the root of the site are made full with `base`, an address on it.
    """
    text = with_links(piece.text, base)
    if piece.plain and not is_markup(text):
        return Document(blocks=plaintext.blocks(text))
    if _TAG.search(text):
        return html.content(text)
    return Document(blocks=plaintext.blocks(fields.unescaped(text)))


def with_links(text: str, base: str | None) -> str:
    """HTML with those links in full that start at the root of the site: `href="/p/ice"`."""
    site = _split(base) if base else None
    if site is None:
        return text
    text = _OF_SCHEME.sub(lambda link: f"{link[0]}{site.scheme}:", text)
    return _OF_SITE.sub(lambda link: f"{link[0]}{site.scheme}://{site.netloc}", text)


def plain_title(title: Piece) -> str | None:
    """A title's words: without markup, character references read."""
    if not title.plain and _TAG.search(title.text):
        return _text(html.blocks(title.text)) or None
    return fields.unescaped(title.text) or None


def absolute(url: str | None, base: str | None) -> str | None:
    """A link's target in full; None where it is no address on the web."""
    if not url:
        return None
    try:
        joined = urljoin(base or "", url.strip())
        return joined if urlsplit(joined).scheme in {"http", "https"} else None
    except ValueError:
        return None


def _text(blocks: Iterable[Block]) -> str:
    return squeeze(" ".join(block.text for block in blocks))


def _is_in(text: str, others: Iterable[str]) -> bool:
    """Whether another text has the words of `text`, in this order; it may break off with dots."""
    words = " ".join(_WORD.findall(text.casefold()))
    return any(words in " ".join(_WORD.findall(other.casefold())) for other in others)


def _without_appeared(blocks: tuple[Block, ...]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """`The post Ice appeared first on The Lathe.`, which WordPress puts below every post."""
    if len(blocks) > 1 and _APPEARED.fullmatch(text := _text(blocks[-1:])):
        return blocks[:-1], (text,)
    return blocks, ()


def _is_teaser(blocks: tuple[Block, ...], url: str | None, *, content: bool) -> bool:
    """Whether a post only leads to the issue.

    It ends in dots or in a link to itself, or is a description of few words where other posts have
    a content.
    """
    words = len(_WORD.findall(_text(blocks)))
    last = next((block for block in reversed(blocks) if block.kind is not BlockKind.RULE), None)
    if last is None:
        return True
    if (
        url
        and count_words(last.text) <= _LONGEST_READ_MORE
        and any(_same(run.url, url) for run in last.runs)
    ):
        return True
    line = squeeze(last.text)
    ends = _TEASER_END.search(line[-_END_OF_LINE:])
    # Authors, too, let a sentence end in dots; but only sites put them in brackets.
    breaks_off = ends is not None and not (content and ends[0].startswith(("…", "...")))
    return (breaks_off and words < _LONGEST_TEASER) or (not content and words < _SHORT)


def _same(one: str | None, other: str) -> bool:
    """Whether two addresses lead to one page; what is behind `?` and `#` counts visits."""
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


def _day(texts: Mapping[str, str]) -> object:
    """The day a post was published on, in the zone it names; else changed, else created."""
    days = (texts[name] for name in DAYS if fields.facts_from(date=texts.get(name)).date)
    return next(days, None)
