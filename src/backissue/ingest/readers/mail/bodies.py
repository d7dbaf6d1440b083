"""What is shown of a message: of its alternatives the one that carries more, as blocks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backissue.ingest.readers import html
from backissue.ingest.readers.mail import texts
from backissue.ingest.readers.mail.parts import Part
from backissue.records import Block, Flaw
from backissue.text.prose import squeeze

_TEXTS = frozenset({"text/plain", "text/html", "application/xhtml+xml", "text/enriched"})
# What a mail program acts on and shows nothing of.
_UNSEEN = re.compile(
    r"application/(?:pgp|pkcs7|x-pkcs7)-\w+|message/delivery-status|text/x-amp-html"
)
_STUB = re.compile(r"\bhttps?://\S+|[\W\d_]+")
# Below this share of the plain part's words, the HTML part is a stub, or cut off.
_MOST_OF_IT = 0.75
_USUAL_PREAMBLE = re.compile(r"this is a (?:multi-?part|cryptographically signed) message\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a part shows, and the whole messages it holds.

    `others` are the blocks of alternatives that carried less: a link to the issue may stand there
    alone. `digest` are messages that are one issue together.
    """

    blocks: tuple[Block, ...] = ()
    boilerplate: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    others: tuple[Block, ...] = ()
    messages: tuple[Part, ...] = ()
    digest: tuple[Part, ...] = ()
    rich: bool = False

    @property
    def words(self) -> int:
        """How many words it shows, addresses not counted."""
        return words_in(self.blocks)


def words_in(blocks: Sequence[Block]) -> int:
    """How many words blocks have, addresses not counted."""
    return sum(len(_STUB.sub(" ", block.text).split()) for block in blocks)


def body_of(part: Part) -> Body:
    """What `part` shows."""
    if part.cut_off:
        flaw = Flaw(code="nested-too-deep", text=f"not taken apart: {part.type}")
        return replace(_joined([body_of(inner) for inner in part.parts]), flaws=(flaw,))
    if part.is_message:
        return Body(messages=part.parts)
    if not part.parts:
        return _leaf(part)
    kind = part.type.partition("/")[2]
    if kind == "digest":
        inner = [body_of(inner) for inner in part.parts]
        return replace(_joined(inner), messages=(), digest=_messages(inner))
    if kind == "alternative":
        body = _richest([body_of(inner) for inner in part.parts])
    elif kind == "related":
        body = _related(part)
    else:
        body = _joined([body_of(inner) for inner in part.parts])
    return replace(body, boilerplate=(*body.boilerplate, *_around(part)))


def _messages(bodies: Sequence[Body]) -> tuple[Part, ...]:
    return tuple(message for body in bodies for message in body.messages)


def _joined(bodies: Sequence[Body]) -> Body:
    """One thing below the other, as a mail program shows them."""
    return Body(
        blocks=tuple(block for body in bodies for block in body.blocks),
        boilerplate=tuple(line for body in bodies for line in body.boilerplate),
        flaws=tuple(flaw for body in bodies for flaw in body.flaws),
        others=tuple(block for body in bodies for block in body.others),
        messages=_messages(bodies),
        digest=tuple(message for body in bodies for message in body.digest),
        rich=any(body.rich for body in bodies),
    )


def _richest(bodies: Sequence[Body]) -> Body:
    """Of several forms of the same, the one that carries most.

    HTML has headings, bold and links besides, and wins unless it is a stub (`View in browser`).
    """
    if not bodies:
        return Body()
    most = max(body.words for body in bodies)
    whole = [body for body in bodies if body.words >= most * _MOST_OF_IT]
    best = max(whole, key=lambda body: (body.rich, body.words))
    others = [block for body in bodies if body is not best for block in body.blocks]
    # A message sent on in one form alone is held all the same.
    return replace(
        best,
        others=(*best.others, *others),
        messages=best.messages or _messages(bodies),
        digest=best.digest or tuple(part for body in bodies for part in body.digest),
    )


def _related(part: Part) -> Body:
    """The part that is shown; the others are its pictures, but for what is attached."""
    start = part.parameter("start")
    root = next(
        (inner for inner in part.parts if start and inner.header.get("Content-ID", "") == start),
        next((inner for inner in part.parts if _is_shown(inner)), part.parts[0]),
    )
    besides = [inner for inner in part.parts if inner is not root and not _is_picture(inner)]
    return _joined([body_of(root), *map(body_of, besides)])


def _is_shown(part: Part) -> bool:
    return part.type in _TEXTS or part.type.startswith("multipart/")


def _is_picture(part: Part) -> bool:
    return part.type.startswith(("image/", "font/")) or part.type == "text/css"


def _leaf(part: Part) -> Body:
    if _UNSEEN.fullmatch(part.type):
        return Body()
    shown = part.type in _TEXTS or part.type.startswith(("multipart/", "text/x-"))
    if part.is_attachment or not shown:
        return _attachment(part)
    decoded = part.text()
    text = decoded.text
    marked_up = html.is_markup(text)
    if marked_up or (part.type == "text/html" and re.search(r"<\w+[^<>]*>", text)):
        seen = html.content(text)
        body = Body(blocks=seen.blocks, boilerplate=seen.aside, rich=True)
    else:
        plain = texts.read(
            text,
            flowed=(part.parameter("format") or "").lower() == "flowed",
            delete_space=(part.parameter("delsp") or "").lower() == "yes",
        )
        body = Body(blocks=plain.blocks, boilerplate=plain.boilerplate)
    return replace(body, flaws=decoded.flaws)


def _attachment(part: Part) -> Body:
    """What is attached is not read, but named; a picture without a name is part of the page."""
    if not part.name and (_is_picture(part) or "Content-ID" in part.header):
        return Body()
    if not part.name and not part.body.strip():
        return Body()
    return Body(boilerplate=(f"attachment: {squeeze(part.name or '') or part.type}",))


def _around(part: Part) -> list[str]:
    """The words before the first boundary and behind the last."""
    found = map(squeeze, part.words_around())
    return [text for text in found if text and not _USUAL_PREAMBLE.match(text)]
