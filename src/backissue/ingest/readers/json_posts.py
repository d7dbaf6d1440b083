"""JSON that is in none of the formats above: posts as publishing tools' programs give them.

Each shape is known by fields that only its tool writes. JSON of another shape is rejected with its
reason: its keys and values are no prose, and a dump of a program is no issue.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from msgspec import Struct

from backissue.errors import RejectedSourceError
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.readers.posts import Feed, Piece, Post, content_of, document_of, with_flaws
from backissue.ingest.sources import fields

Fields = Mapping[str, object]

_KEY = re.compile(r'[\[{\s\ufeff]*+"[^"\n]{1,200}"\s*+:')
_ANY_KEY = re.compile(r'"[^"\n]{1,200}"\s{0,20}:')
_FEWEST_KEYS = 3
# How a line of JSON begins, or one of a remark; an empty line does, too.
_LINE = re.compile(r"""[\[\]{}"',:\d-]|true\b|false\b|null\b|//|/?\*|\Z""")
_HINT = (
    "known are Ghost, beehiiv, Buttondown, Substack, WordPress, Blogger, Kit, listmonk and "
    "JSON Feed; save other posts as a JSON Feed, or as HTML"
)
_SUBSTACK_ISSUES = frozenset({"newsletter", "post", ""})
_KIT_SIGNS = frozenset({"email_template", "email_layout_template"})


class _Shape(Struct, frozen=True, kw_only=True):
    """One tool's posts: the keys they are under, the fields that each has, and how one is read."""

    under: tuple[str, ...]
    signs: frozenset[str]
    read: Callable[[Fields], Post]
    fits: Callable[[Fields], bool] = lambda _: True

    def posts_in(self, value: object) -> list[Fields]:
        """The posts; none where one of them is not this tool's."""
        for key in self.under:
            value = value.get(key, value) if isinstance(value, dict) else value
        rows = value if isinstance(value, list) else [value]
        found = [row for row in fields.objects_in(rows) if row.keys() >= self.signs]
        return found if len(found) == len(rows) and all(map(self.fits, found)) else []


def recognises(original: Original) -> bool:
    """Whether a text is JSON or JSON Lines, or JSON that breaks off."""
    text = original.text
    if not fields.is_json(text):
        return False
    if isinstance(fields.json_of(text), dict | list):
        return True
    return (_KEY.match(text) is not None and fields.breaks_off(text)) or _is_meant(text)


def _is_meant(text: str) -> bool:
    """Whether a text is JSON with a mistake or a remark in it: no line of it is prose."""
    lines = (line.strip() for line in text.strip("\ufeff \n\t").split("\n"))
    closed = text.rstrip()[-1:] in {"}", "]"}
    keys = islice(_ANY_KEY.finditer(text), _FEWEST_KEYS)
    return closed and sum(1 for _ in keys) == _FEWEST_KEYS and all(map(_LINE.match, lines))


def read(original: Original) -> tuple[Document, ...]:
    """Each post, as a document. Raises `RejectedSourceError` for JSON of no known tool."""
    value = fields.json_of(original.text)
    if value is None:
        what = "breaks off" if fields.breaks_off(original.text) else "cannot be read"
        raise RejectedSourceError(f"JSON that {what}", hint="save it once more, and whole")
    if _is_campaign(value):
        return (_campaign(value, original),)  # type: ignore[arg-type]
    for shape in _SHAPES:
        if found := shape.posts_in(value):
            feed = Feed(name=None, url=None, posts=tuple(map(shape.read, found)))
            documents = (document_of(post, feed) for post in feed.posts)
            return with_flaws(documents, feed, original.decoded.flaws)
    if isinstance(value, dict) and _are_campaigns(value.get("campaigns")):
        raise RejectedSourceError(
            "a list of Mailchimp campaigns, without their texts",
            hint="export the campaigns themselves, which gives HTML",
        )
    raise RejectedSourceError("JSON that is no known export", hint=_HINT)


def _post(
    *, title: str | None, day: object, link: str | None, pieces: Iterable[Piece], source: str = ""
) -> Post:
    """A record as a post of a feed; `day` may count seconds."""
    moment = fields.facts_from(date=day).date
    published = str(moment) if moment else ""
    found = {"published": published, "link": link or ""}
    return Post(
        fields={name: text for name, text in found.items() if text},
        title=Piece(text=title or ""),
        pieces=tuple(piece for piece in pieces if piece.text.strip()),
        source=source or None,
    )


def _text(record: object, *names: str) -> str:
    """The text at the end of a path of fields; nothing where the path ends before."""
    for name in names:
        record = record.get(name) if isinstance(record, dict) else None
    return record if isinstance(record, str) else ""


# -- the tools -----------------------------------------------------------------------------------


def _substack(record: Fields) -> Post:
    """`/api/v1/posts` and `/api/v1/archive`, which has only the first words of each text."""
    kind = _text(record, "type").lower()
    if record.get("is_published") is False:
        return _left_out("draft")
    if kind not in _SUBSTACK_ISSUES:
        return _left_out(fields.reason(kind))
    summaries = (_text(record, name) for name in ("subtitle", "truncated_body_text"))
    pieces = (
        Piece(text=_text(record, "body_html"), content=True),
        *(Piece(text=text, plain=True) for text in summaries),
    )
    return _post(
        title=fields.first(record, "title"),
        day=record.get("post_date"),
        link=fields.first(record, "canonical_url"),
        pieces=pieces,
        source=_publication(record),
    )


def _publication(record: Fields) -> str:
    """The name of the publication that a post of Substack is in, from its authors' lists."""
    wanted = record.get("publication_id")
    for author in fields.objects_in(record.get("publishedBylines")):
        for role in fields.objects_in(author.get("publicationUsers")):
            if wanted is not None and role.get("publication_id") == wanted:
                return _text(role, "publication", "name")
    return ""


def _wordpress(record: Fields) -> Post:
    """`/wp-json/wp/v2/posts`."""
    status, kind = _text(record, "status") or "publish", _text(record, "type") or "post"
    if status != "publish" or kind != "post":
        return _left_out(fields.reason(kind if kind != "post" else status))
    return _post(
        title=_text(record, "title", "rendered"),
        day=record.get("date"),
        link=fields.first(record, "link"),
        pieces=(
            Piece(text=_text(record, "content", "rendered"), content=True),
            Piece(text=_text(record, "excerpt", "rendered")),
        ),
    )


def _blogger(record: Fields) -> Post:
    """A post of Blogger's API, version 3."""
    if (status := _text(record, "status").lower()) not in {"", "live"}:
        return _left_out(fields.reason(status))
    return _post(
        title=fields.first(record, "title"),
        day=record.get("published"),
        link=fields.first(record, "url"),
        pieces=(Piece(text=_text(record, "content"), content=True),),
    )


def _kit(record: Fields) -> Post:
    """A broadcast of Kit, once ConvertKit; one without a day was not sent."""
    day = record.get("published_at") or record.get("send_at")
    if not day:
        return _left_out("draft")
    summaries = (_text(record, name) for name in ("preview_text", "description"))
    return _post(
        title=fields.first(record, "subject"),
        day=day,
        link=fields.first(record, "public_url"),
        pieces=(
            Piece(text=_text(record, "content"), content=True),
            *(Piece(text=text, plain=True) for text in summaries),
        ),
    )


def _listmonk(record: Fields) -> Post:
    """A campaign of listmonk."""
    if (status := _text(record, "status").lower()) not in {"", "finished", "running"}:
        return _left_out(fields.reason(status))
    return _post(
        title=fields.first(record, "subject"),
        day=record.get("send_at") or record.get("started_at") or record.get("created_at"),
        link=None,
        pieces=(
            Piece(
                text=_text(record, "body"),
                plain=_text(record, "content_type") == "plain",
                content=True,
            ),
        ),
    )


def _left_out(reason: str) -> Post:
    return Post(fields={}, title=Piece(text=""), pieces=(), left_out=reason)


_SHAPES = (
    _Shape(
        under=("posts",),
        signs=frozenset({"post_date", "slug", "audience", "publication_id"}),
        read=_substack,
    ),
    _Shape(
        under=(),
        signs=frozenset({"title", "content", "date", "link", "slug"}),
        read=_wordpress,
        fits=lambda post: isinstance(post["content"], dict) and "rendered" in post["content"],
    ),
    _Shape(
        under=("items",),
        signs=frozenset({"kind", "content", "published", "url"}),
        read=_blogger,
        fits=lambda post: post["kind"] == "blogger#post",
    ),
    _Shape(
        under=("broadcasts", "broadcast"),
        signs=frozenset({"subject", "content", "public", "send_at"}),
        read=_kit,
        fits=lambda post: not _KIT_SIGNS.isdisjoint(post),
    ),
    _Shape(
        under=("data", "results"),
        signs=frozenset({"subject", "body", "content_type", "messenger"}),
        read=_listmonk,
    ),
)


def _is_campaign(value: object) -> bool:
    """Whether a value is the content of one campaign, as Mailchimp's API answers."""
    return isinstance(value, dict) and value.keys() >= {"html", "plain_text", "archive_html"}


def _campaign(value: Fields, original: Original) -> Document:
    text = fields.first(value, "archive_html", "html", "plain_text") or ""
    plain = not fields.first(value, "archive_html", "html")
    document = content_of(Piece(text=text, plain=plain))
    return Document(
        blocks=document.blocks, boilerplate=document.boilerplate, flaws=original.decoded.flaws
    )


def _are_campaigns(value: object) -> bool:
    campaigns = fields.objects_in(value)
    return bool(campaigns) and all({"settings", "send_time"} <= one.keys() for one in campaigns)
