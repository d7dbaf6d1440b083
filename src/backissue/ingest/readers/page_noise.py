"""What a publishing tool adds to an author's words: buttons, subscribe boxes, cards, pictures.

Some of it is boilerplate, some has words that the tool would show, and some draws a line.
"""

import json
from collections.abc import Collection
from itertools import islice
from pathlib import Path
from typing import Final

from bs4.element import NavigableString, Tag

from backissue.text.prose import count_words, squeeze
from backissue.text.rules import Table

RULES = Table(path=Path(__file__).with_suffix(".toml"))

# A form around more than this is the whole page, as some site generators have it.
_LONGEST_FORM: Final = 60  # words

# Pixels of a picture that is drawn as a line.
_LOWEST_RULE: Final = 2
_HIGHEST_RULE: Final = 20
_NARROWEST_RULE: Final = 300
# How much of an element is looked at to see whether it is small. Hostile pages nest large ones.
_FEW = 50
_MOST_AROUND = 32
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = ("td", "th", "p", "div", "figure", "li", "center", "section", "body", "h1", "h2", "h3")


def classes(tag: Tag) -> list[str]:
    """An element's classes."""
    found = tag.attrs.get("class")
    return found if isinstance(found, list) else str(found or "").split()


def is_shown_later(tag: Tag) -> bool:
    """Whether a page hides an element only until its program runs: WeChat's text, a whole page."""
    if tag.name in {"html", "body"}:
        return True
    return not RULES.words("shown_later").isdisjoint(classes(tag))


def is_noise(tag: Tag) -> bool:
    """Whether an element is a publishing tool's own, and no part of the author's words."""
    if tag.name == "button":
        return True
    if tag.name == "form":
        return _count_words(tag) <= _LONGEST_FORM
    if tag.name == "a":
        return _leads_to_itself(tag)
    own = classes(tag)
    if not own:
        return False
    by_class = not RULES.words("tool_classes").isdisjoint(own)
    return by_class or ("button-wrapper" in own and _only_asks(tag))


def _leads_to_itself(link: Tag) -> bool:
    """Whether a link is the handle of its heading: `<h2 id="tin">Tin<a href="#tin">¶</a></h2>`."""
    if not str(link.attrs.get("href") or "").startswith("#"):
        return False
    heading = around(link, _HEADINGS)
    return heading is not None and not any(map(str.isalnum, words_of(link)))


def _only_asks(tag: Tag) -> bool:
    """Whether a button leads to subscribing, sharing or comments; others are the author's links."""
    links = [str(link.get("href") or "") for link in tag.find_all("a")]
    return bool(links) and all(map(RULES.pattern("asks").match, links))


def embedded_words(tag: Tag) -> tuple[str, str | None] | None:
    """What an element that is filled by a program would show, and where it leads.

    Substack keeps mentioned people and quoted posts in an attribute:
    `<span class="mention-wrap" data-attrs='{"name": "Ada"}'></span>`.
    """
    if "data-attrs" not in tag.attrs or has_words(tag):
        return None
    own = classes(tag)
    try:
        said = json.loads(str(tag["data-attrs"]))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    name = "name" if "mention-wrap" in own else "full_text"
    words, url = said.get(name), said.get("url")
    if not isinstance(words, str) or not words.strip():
        return None
    return words, url if isinstance(url, str) and name == "full_text" else None


def draws_rule(image: Tag) -> bool:
    """Whether a picture alone in its block parts what is above from what is below."""
    alt = squeeze(str(image.get("alt") or ""))
    file = str(image.get("src") or "").partition("?")[0].rpartition("/")[2]
    named = RULES.pattern("rule_alts").fullmatch(alt) or RULES.pattern("rule_files").match(file)
    if not named and (alt or RULES.pattern("spacer_files").match(file) or not _is_flat(image)):
        return False
    block = around(image, _BLOCKS)
    return block is not None and not has_words(block) and len(block.find_all("img", limit=2)) == 1


def _is_flat(image: Tag) -> bool:
    """Wide and a few pixels high; one pixel is what old mails keep columns open with."""
    sizes = [str(image.get(name) or "").removesuffix("px") for name in ("width", "height")]
    if not all(size.isascii() and size.isdecimal() for size in sizes):
        return False
    width, height = (int(size[:6]) for size in sizes)
    return _LOWEST_RULE <= height <= _HIGHEST_RULE and width >= _NARROWEST_RULE


def link_words(image: Tag) -> str | None:
    """A linked picture's words, where the link has no others and they are not a picture's name."""
    link = around(image, {"a"})
    alt = squeeze(str(image.get("alt") or ""))
    if link is None or not alt or RULES.pattern("picture_names").match(alt) or has_words(link):
        return None
    to_picture = RULES.pattern("picture_addresses").match(str(link.get("href") or ""))
    return None if to_picture or link.find("img") is not image else alt


def around(tag: Tag, names: Collection[str]) -> Tag | None:
    """The nearest element of these names around one, not looked for far up in a hostile page."""
    above = islice(tag.parents, _MOST_AROUND)
    return next((parent for parent in above if parent.name in names), None)


def words_of(tag: Tag) -> str:
    """The words of an element that holds few; of a larger one, its first."""
    parts = islice(tag.descendants, _FEW)
    return "".join(part for part in parts if isinstance(part, NavigableString)).strip()


def has_words(tag: Tag) -> bool:
    """Whether an element has words in it; a large one always counts as having some."""
    parts = list(islice(tag.descendants, _FEW))
    return len(parts) == _FEW or any(
        isinstance(part, NavigableString) and part.strip() for part in parts
    )


def _count_words(tag: Tag) -> int:
    """How many words an element has, counted no further than is of interest."""
    count = 0
    for part in tag.descendants:
        count += count_words(part) if isinstance(part, NavigableString) else 0
        if count > _LONGEST_FORM:
            break
    return count


def is_note_mark(link: Tag, *, raised: bool) -> bool:
    """Whether an `<a>` leads to a footnote: `<sup><a href="#fn1">1</a></sup>`."""
    if "footnote-anchor" in classes(link):
        return True
    if "#" not in (href := str(link.get("href") or "")):
        return False
    to_note = href.startswith("#") or RULES.pattern("note_targets").match(href) is not None
    return to_note and (raised or link.find("sup") is not None)


def is_footnote_text(tag: Tag) -> bool:
    """Whether a block goes on the line of its footnote's number, as Substack writes them."""
    if tag.name == "div":
        return "footnote-content" in classes(tag)
    parent = tag.parent
    return (
        tag.name == "p"
        and parent is not None
        and "footnote-content" in classes(parent)
        and not any(isinstance(before, Tag) for before in tag.previous_siblings)
    )
