"""What is shown of a message: of its alternatives the one that carries more, as blocks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import Message

from backissue.ingest.readers import plaintext
from backissue.ingest.readers.formats import Document, is_markup
from backissue.ingest.readers.mail.parts import MimePart
from backissue.records import Block, Flaw
from backissue.text import wrapping
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

_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SEAL = re.compile(r"-----BEGIN PGP (?P<what>SIGNATURE|PUBLIC KEY BLOCK)-----")
_SEAL_FIELD = re.compile(r"[A-Z][A-Za-z-]+: .*|\s*")
_SEAL_BODY = re.compile(r"\s*|[A-Z][a-z]+: .*|=?[A-Za-z0-9+/=]+")
# RFC 3676, section 4.3; where the space behind the dashes was lost, only a short one is sure.
_SIGNATURE = "-- "
_FEWEST_QUOTED = 5
_LONGEST_SIGNATURE = 15
_LONGEST_BARE_SIGNATURE = 6
# What pads a preview, so that a mail program shows no more words beside the subject. It never opens
# with a no-break space, which may be half of a damaged letter.
_NO_WIDTH = r"[\u034f\u200c\u00ad\u200b\u2060\ufeff]"
_PADDING = re.compile(rf"{_NO_WIDTH}(?:[ \t\xa0\u2007]*{_NO_WIDTH})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a part shows, and the whole messages it holds.

    `others` are the blocks of alternatives that carried less: they may have the only link to the
    issue. `digest` are messages that are one issue together. `leaf` is the part whose words are
    shown, if it is a single one.
    """

    blocks: tuple[Block, ...] = ()
    boilerplate: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    others: tuple[Block, ...] = ()
    messages: tuple[MimePart, ...] = ()
    digest: tuple[MimePart, ...] = ()
    rich: bool = False
    leaf: MimePart | None = None

    @property
    def words(self) -> int:
        """How many words it shows, addresses not counted."""
        return words_in(self.blocks)


def words_in(blocks: Sequence[Block]) -> int:
    """How many words blocks have, addresses not counted."""
    return sum(len(_STUB.sub(" ", block.text).split()) for block in blocks)


def body_of(part: MimePart, message: Message | None = None) -> Body:
    """What `part` shows; `message` is the header of the message around it."""
    message = part.header if message is None else message
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
    inner = [body_of(inner, message) for inner in part.parts]
    if kind == "alternative":
        body = _richest(inner)
    elif kind == "related":
        body = _related(part, inner)
    else:
        body = _joined(_without_footers(part, inner, message))
    return replace(body, boilerplate=(*body.boilerplate, *_around(part)))


def _without_footers(part: MimePart, bodies: list[Body], message: Message) -> Sequence[Body]:
    """The parts of a message, of which those that a list adds to it are boilerplate."""
    if sum(bool(body.blocks or body.messages) for body in bodies) < 2:
        return bodies
    from backissue.ingest.readers.mail import footers  # noqa: PLC0415 - few mails have such parts

    addresses = footers.addresses_of(message)
    own = [
        not inner.parts and bool(body.blocks) and footers.is_footer(body.blocks, addresses)
        for inner, body in zip(part.parts, bodies, strict=True)
    ]
    others = [body for body, adds in zip(bodies, own, strict=True) if not adds]
    if not any(body.blocks or body.messages or body.digest for body in others):
        return bodies
    return [_as_boilerplate(body) if adds else body for body, adds in zip(bodies, own, strict=True)]


def _as_boilerplate(body: Body) -> Body:
    lines = tuple(block.text for block in body.blocks if block.runs)
    return replace(body, blocks=(), boilerplate=(*lines, *body.boilerplate), rich=False)


def _messages(bodies: Sequence[Body]) -> tuple[MimePart, ...]:
    return tuple(message for body in bodies for message in body.messages)


def _joined(bodies: Sequence[Body]) -> Body:
    """One thing below the other, as a mail program shows them."""
    shown = [body.leaf for body in bodies if body.blocks]
    return Body(
        blocks=tuple(block for body in bodies for block in body.blocks),
        boilerplate=tuple(line for body in bodies for line in body.boilerplate),
        flaws=tuple(flaw for body in bodies for flaw in body.flaws),
        others=tuple(block for body in bodies for block in body.others),
        messages=_messages(bodies),
        digest=tuple(message for body in bodies for message in body.digest),
        rich=any(body.rich for body in bodies),
        leaf=shown[0] if len(shown) == 1 else None,
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


def _related(part: MimePart, bodies: Sequence[Body]) -> Body:
    """The part that is shown; the others are its pictures, except attachments."""
    start = part.parameter("start")
    root = next(
        (inner for inner in part.parts if start and inner.header.get("Content-ID", "") == start),
        next((inner for inner in part.parts if _is_shown(inner)), part.parts[0]),
    )
    both = list(zip(part.parts, bodies, strict=True))
    shown = [body for inner, body in both if inner is root]
    besides = [body for inner, body in both if inner is not root and not _is_picture(inner)]
    return _joined([*shown, *besides])


def _is_shown(part: MimePart) -> bool:
    return part.type in _TEXTS or part.type.startswith("multipart/")


def _is_picture(part: MimePart) -> bool:
    return part.type.startswith(("image/", "font/")) or part.type == "text/css"


def _leaf(part: MimePart) -> Body:
    if _UNSEEN.fullmatch(part.type):
        return Body()
    is_text = part.type in _TEXTS or part.type.startswith(("multipart/", "text/x-"))
    if part.is_attachment or not is_text:
        return _attachment(part)
    decoded = part.text()
    text = decoded.text
    rich = is_markup(text) or (part.type == "text/html" and re.search(r"<\w++[^<>]*>", text))
    shown = _rich_text(text) if rich else plain_part(part, text)
    return Body(
        blocks=shown.blocks,
        boilerplate=shown.boilerplate,
        flaws=decoded.flaws,
        rich=bool(rich),
        leaf=part,
    )


def plain_part(part: MimePart, text: str) -> Document:
    """The text of a plain part, or some of it, with its lines joined as the part says."""
    return plain_text(
        text,
        flowed=(part.parameter("format") or "").lower() == "flowed",
        delete_space=(part.parameter("delsp") or "").lower() == "yes",
    )


def _rich_text(text: str) -> Document:
    from backissue.ingest.readers import html  # noqa: PLC0415 - loads Beautiful Soup

    return html.content(text)


def _attachment(part: MimePart) -> Body:
    """What is attached is not read, but named; a picture without a name is part of the page."""
    if not part.name and (_is_picture(part) or "Content-ID" in part.header):
        return Body()
    if not part.name and not part.body.strip():
        return Body()
    return Body(boilerplate=(f"attachment: {squeeze(part.name or '') or part.type}",))


def _around(part: MimePart) -> list[str]:
    """The words before the first boundary and behind the last."""
    found = map(squeeze, part.words_around())
    return [text for text in found if text and not _USUAL_PREAMBLE.match(text)]


# -- a plain part --------------------------------------------------------------------------------


def plain_text(text: str, *, flowed: bool = False, delete_space: bool = False) -> Document:
    """A plain part; seals and the signature are boilerplate, lines broken to fit are joined."""
    text = _PADDING.sub("", text)
    text = _unquoted(text)
    text, attached = _without_files(text)
    text, sealed = _unsealed(text)
    text, signature = _without_signature(text)
    text = wrapping.unflow(text, delete_space=delete_space) if flowed else text
    return Document(blocks=_blocks(text), boilerplate=(*sealed, *signature, *attached))


def _blocks(text: str) -> tuple[Block, ...]:
    marked = "## " in text or "](" in text
    if marked:
        from backissue.ingest.readers.mail import plain_markdown  # noqa: PLC0415 - few texts are

        if plain_markdown.is_markdown(text):
            return plain_markdown.blocks_of(text)
    kept = {place for one in plaintext.laid_out(text) for place in range(one.start, one.end)}
    blocks = plaintext.blocks(wrapping.unwrap(text, kept))
    return plain_markdown.linked(blocks) if marked else blocks


def _unquoted(text: str) -> str:
    """A text of which every line is quoted, as some send on what they got, without the marks."""
    lines = [line for line in text.split("\n") if line.strip()] if text[:1] == ">" else []
    if len(lines) < _FEWEST_QUOTED or not all(line.startswith(">") for line in lines):
        return text
    return re.sub(r"^> ?", "", text, flags=re.MULTILINE)


def _without_files(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` without files written into it as lines (uuencode, yEnc), which are named."""
    if "begin" not in text or not re.search(r"^(?:begin(?:-base64)? [0-7]|=ybegin )", text, re.M):
        return text, ()
    from backissue.ingest.readers.mail import encoded_files  # noqa: PLC0415 - few texts have any

    text, names = encoded_files.without_files(text)
    return text, tuple(f"attachment: {name}" for name in names)


def _unsealed(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` without PGP's armour (RFC 9580, section 7), and the armour's lines."""
    if "-----BEGIN PGP " not in text:
        return text, ()
    kept: list[str] = []
    seal_lines: list[str] = []
    signed = False
    lines = iter(text.split("\n"))
    for line in lines:
        if line.rstrip() == _SIGNED:
            signed = True
            seal_lines.append(line)
            kept.extend(_below(lines, seal_lines, _SEAL_FIELD, ""))
        elif seal := _SEAL.match(line):
            signed = False
            seal_lines.append(line)
            end = f"-----END PGP {seal['what']}-----"
            kept.extend(_below(lines, seal_lines, _SEAL_BODY, end))
        else:
            # What opens with a dash is set in by another while it is signed.
            kept.append(line.removeprefix("- ") if signed else line)
    return "\n".join(kept), ("\n".join(seal_lines),) if seal_lines else ()


def _below(
    lines: Iterator[str], seal_lines: list[str], pattern: re.Pattern[str], end: str
) -> Iterator[str]:
    """Move lines of the armour up to its end (empty: a blank line); gives the first other line."""
    for line in lines:
        ends = line.startswith(end) if end else not line.strip()
        if not ends and not pattern.fullmatch(line):
            yield line
            return
        seal_lines.append(line)
        if ends:
            return


def _without_signature(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` without the signature below its last `-- `, and that."""
    lines = text.split("\n")
    for place in range(len(lines) - 1, 0, -1):
        if lines[place].rstrip() != "--":
            continue
        below = [line for line in lines[place + 1 :] if line.strip()]
        exact = lines[place] == _SIGNATURE
        longest = _LONGEST_SIGNATURE if exact else _LONGEST_BARE_SIGNATURE
        if len(below) > longest or not any(line.strip() for line in lines[:place]):
            break
        return "\n".join(lines[:place]), ("\n".join(below),) if below else ()
    return text, ()
