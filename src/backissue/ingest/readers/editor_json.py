"""The editors' own JSON, in which Ghost keeps a post: Lexical and Mobiledoc, as HTML and Markdown.

Lexical nests nodes; Mobiledoc is a list of sections, whose runs open and close marks by number.
What a node of an unknown type says in the fields that hold words is kept.
"""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby

from msgspec import Struct

# Lexical's bits of a text's format.
_BOLD, _ITALIC = 1, 2
_TAGS = {
    "paragraph": "p",
    "extended-heading": "h2",
    "heading": "h2",
    "quote": "blockquote",
    "code": "pre",
    "extended-quote": "blockquote",
    "aside": "blockquote",
    "listitem": "li",
}
# Fields of cards that hold markup, and those that hold words, in the order they are shown in.
_MARKUP = ("html", "calloutText", "caption", "content")
_WORDS = ("heading", "header", "title", "productTitle", "subheader", "fileTitle")
_MORE_WORDS = ("productDescription", "description", "fileCaption")
_BUTTONS = (("buttonText", "buttonUrl"), ("productButton", "productUrl"))
_UNSEEN_CARDS = frozenset({"paywall", "signup", "email-cta"})


class Fragment(Struct, frozen=True, kw_only=True):
    """A stretch of a post, as HTML or as Markdown."""

    text: str
    markdown: bool = False


def of_lexical(value: object) -> tuple[Fragment, ...]:
    """A Lexical document's text; nothing where a value is none."""
    root = value.get("root") if isinstance(value, dict) else None
    return _joined(_lexical(root)) if isinstance(root, dict) else ()


def _lexical(root: Mapping[str, object]) -> Iterator[Fragment]:
    """Its nodes in order. The walk keeps its own stack, whatever depth a file claims."""
    stack: list[object] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield Fragment(text=node)
        elif isinstance(node, dict):
            children = node.get("children")
            if isinstance(children, list):
                before, behind = _around(node)
                yield Fragment(text=before)
                stack.append(behind)
                stack.extend(reversed(children))
            else:
                yield _leaf(node)


def _around(node: Mapping[str, object]) -> tuple[str, str]:
    """The tags around a node's children."""
    kind = str(node.get("type"))
    if kind == "link":
        return f'<a href="{escape(str(node.get("url") or ""))}">', "</a>"
    if kind == "list":
        tag = "ol" if node.get("listType") == "number" else "ul"
    elif kind.endswith("heading") and str(node.get("tag")) in {"h1", "h2", "h3", "h4", "h5", "h6"}:
        tag = str(node["tag"])
    else:
        tag = _TAGS.get(kind, "")
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")


def _leaf(node: Mapping[str, object]) -> Fragment:
    kind = str(node.get("type"))
    if kind == "markdown":
        return Fragment(text=str(node.get("markdown") or ""), markdown=True)
    if kind == "horizontalrule":
        return Fragment(text="<hr>")
    if kind == "linebreak":
        return Fragment(text="<br>")
    if isinstance(text := node.get("text"), str) and kind.endswith("text"):
        bits = node.get("format")
        return Fragment(text=_marked(text, bits if isinstance(bits, int) else 0))
    return Fragment(text="" if kind in _UNSEEN_CARDS else _of_card(node))


def _marked(text: str, bits: int) -> str:
    shown = escape(text, quote=False)
    if bits & _ITALIC:
        shown = f"<em>{shown}</em>"
    return f"<strong>{shown}</strong>" if bits & _BOLD else shown


def _of_card(card: Mapping[str, object]) -> str:
    """What a card shows: its words, its markup, where its button leads."""
    metadata = card.get("metadata")
    fields = {**metadata, **card} if isinstance(metadata, dict) else card
    made = [f"<p>{escape(words)}</p>" for words in _texts(fields, _WORDS)]
    made += [f"<pre><code>{escape(code)}</code></pre>" for code in _texts(fields, ("code",))]
    made += [f"<div>{markup}</div>" for markup in _texts(fields, _MARKUP)]
    made += [f"<div>{words}</div>" for words in _texts(fields, _MORE_WORDS)]
    for name, target in _BUTTONS:
        if isinstance(words := fields.get(name), str) and words:
            made.append(f'<p><a href="{escape(str(fields.get(target)))}">{escape(words)}</a></p>')
    return "".join(made)


def _texts(card: Mapping[str, object], names: tuple[str, ...]) -> list[str]:
    return [text for name in names if isinstance(text := card.get(name), str) and text.strip()]


def of_mobiledoc(value: object) -> tuple[Fragment, ...]:
    """A Mobiledoc document's text; nothing where a value is none."""
    if not isinstance(value, dict):
        return ()
    markups, atoms, all_cards = (_list(value.get(name)) for name in ("markups", "atoms", "cards"))
    made: list[Fragment] = []
    # A section's kind is a number: 1 is marked up, 3 a list, 10 a card; 2 is a picture.
    for section in map(_list, _list(value.get("sections"))):
        match section:
            case [1, str(tag), list(markers), *_]:
                made.append(_tagged(tag, _markers(markers, markups, atoms)))
            case [3, str(tag), list(items), *_]:
                rows = (_tagged("li", _markers(_list(item), markups, atoms)).text for item in items)
                made.append(_tagged(tag, "".join(rows)))
            case [10, int(place), *_] if 0 <= place < len(all_cards):
                made.append(_mobiledoc_card(_list(all_cards[place])))
    return _joined(iter(made))


def _tagged(tag: str, inner: str) -> Fragment:
    tag = tag if tag.isalnum() else "p"
    return Fragment(text=f"<{tag}>{inner}</{tag}>")


def _mobiledoc_card(card: list[object]) -> Fragment:
    match card:
        case [str(name), dict(payload), *_] if "markdown" in name:
            return Fragment(text=str(payload.get("markdown") or ""), markdown=True)
        case ["hr", *_]:
            return Fragment(text="<hr>")
        case [str(name), dict(payload), *_] if name not in _UNSEEN_CARDS:
            return Fragment(text=_of_card(payload))
    return Fragment(text="")


def _markers(markers: list[object], markups: list[object], atoms: list[object]) -> str:
    """Runs of text: `[kind, marks that open, how many close behind it, text]`."""
    made: list[str] = []
    open_tags: list[str] = []
    for marker in map(_list, markers):
        match marker:
            case [kind, list(opened), int(closed), value, *_]:
                for place in opened:
                    tag, start = _mark(markups, place)
                    open_tags.append(tag)
                    made.append(start)
                made.append(escape(value, quote=False) if isinstance(value, str) else "")
                if kind == 1:
                    made.append(_atom(atoms, value))
                for _ in range(min(closed, len(open_tags))):
                    made.append(f"</{open_tags.pop()}>")
    return "".join(made)


def _mark(markups: list[object], place: object) -> tuple[str, str]:
    known = isinstance(place, int) and 0 <= place < len(markups)
    match _list(markups[place]) if known else []:  # type: ignore[call-overload]
        case ["a", list(pairs), *_]:
            names = dict(zip(pairs[::2], pairs[1::2], strict=False)) if pairs else {}
            return "a", f'<a href="{escape(str(names.get("href", "")))}">'
        case [str(tag), *_] if tag.isalnum():
            return tag, f"<{tag}>"
    return "span", "<span>"


def _atom(atoms: list[object], place: object) -> str:
    known = isinstance(place, int) and 0 <= place < len(atoms)
    match _list(atoms[place]) if known else []:  # type: ignore[call-overload]
        case ["soft-return", *_]:
            return "<br>"
        case [_, str(text), *_]:
            return escape(text)
    return ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _joined(parts: Iterator[Fragment]) -> tuple[Fragment, ...]:
    """Neighbours of one form as one, so that what opens in one may close in another."""
    groups = groupby((part for part in parts if part.text), key=lambda part: part.markdown)
    return tuple(
        Fragment(text=("\n\n" if marked else "").join(part.text for part in group), markdown=marked)
        for marked, group in groups
    )
