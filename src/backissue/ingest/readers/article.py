"""Where the article is on a web page, and which elements beside it are the site's.

A known tool's own mark is trusted; else the article is where most of the page's prose is. Where a
page is not plainly one issue (a list of posts, a mail, a few words) no article is found: to lose
words is worse than to keep a menu.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final

from bs4.element import NavigableString, PreformattedString, Tag
from msgspec import Struct

from backissue.ingest.readers import html, page_noise
from backissue.ingest.readers.page_noise import RULES
from backissue.text.prose import count_words

_TAGS = frozenset({"nav", "footer", "header", "menu"})
# A heading may be called `discussion`, a paragraph `share`: their words are the author's.
_BOXES = frozenset(
    {"aside", "article", "details", "div", "dl", "figure", "form", "iframe", "li", "ol", "section"}
    | {"table", "ul", "footer", "header", "nav", "menu"}
)
# Words of prose: fewer on a page do not show where its article is.
_SHORT: Final = 50
# Words of an article, of the text in a mark.
_LEAST: Final = 10
# Elements: a header is so near around its heading.
_NEAR: Final = 6
# What one element holds of the prose of all, to be where the text is.
_MOST: Final = 0.85
# What the largest of several texts holds, where the others are only teasers beside it.
_MAIN_OF_SEVERAL: Final = 0.7
# An element with more than this part of a page's words is no noise, whatever its name.
_LARGEST_NOISE: Final = 1 / 3
# What a known tool's element holds of a page's prose, at least, and its article, if it is the text.
_LEAST_MARKED: Final = 1 / 3
_LEAST_ARTICLE: Final = 0.5
# Tables on a page that is laid out in them.
_FEWEST_TABLES: Final = 4


class Counts(Struct, frozen=True, kw_only=True):
    """The words of a page by element: `all` of them, and `prose`: outside links, menus, comments.

    `elements` are in document order; the other mappings and sets are by `id` of an element. `named`
    are the elements with words that may hold an article, by id, class and property. `sure` are the
    elements that are no part of any article, `guessed` those that are none by their names.
    """

    elements: Sequence[Tag]
    all: dict[int, int]
    prose: dict[int, int]
    named: Mapping[str, list[Tag]]
    sure: frozenset[int]
    guessed: frozenset[int]

    @property
    def noise(self) -> frozenset[int]:
        """All elements that are not the issue's."""
        return self.sure | self.guessed


class _Places(Struct, frozen=True, kw_only=True):
    """Elements around a first heading, within an article, within a quotation."""

    headed: frozenset[int]
    in_text: frozenset[int]
    in_quote: frozenset[int]


def find(page: Tag, counts: Counts) -> list[Tag]:
    """The elements that are the article, one as a rule; none where that is not plain."""
    body = page.find("body")
    if not isinstance(body, Tag):
        return []
    marked = _marked_texts(body, counts)
    if marked is not None:
        return _with_paragraphs(marked, counts)
    if counts.prose[id(body)] < _SHORT:
        return _only_article(body, counts)
    return [] if _is_mail(counts) else _with_paragraphs(_unmarked_text(body, counts), counts)


def _marked_texts(body: Tag, counts: Counts) -> list[Tag] | None:
    """Where a known tool puts the text; empty where there are several, None where there is none."""
    for name in (name for rule in RULES.groups()["articles"] for name in rule.words):
        found = _outermost(_named(name, counts))
        if found and name in RULES.words("own_marks"):
            # The same mark on a letterhead above the text is part of the mail.
            return found
        if len(found) > 1 and _are_parts(found, counts):
            return found
        text = _largest(found, counts)
        if found and text is None:
            return []
        least = max(_LEAST_MARKED * counts.prose[id(body)], _LEAST)
        if text and counts.prose[id(text)] >= least:
            return [text]
    return None


def _are_parts(tags: Sequence[Tag], counts: Counts) -> bool:
    """Whether elements stand one below another, nothing between, and none has a title of its own.

    The posts of a list each have a heading that leads to the post.
    """
    for tag, below in pairwise(tags):
        after = (one for one in tag.next_siblings if isinstance(one, Tag) and counts.all[id(one)])
        if next(after, None) is not below:
            return False
    headings = (tag.find(["h1", "h2", "h3"]) for tag in tags)
    return not any(isinstance(one, Tag) and one.find("a") for one in headings)


def _with_paragraphs(texts: list[Tag], counts: Counts) -> list[Tag]:
    """The text, or what is around it if a known tool's paragraphs are beside it as well."""
    own = RULES.words("paragraphs")
    if len(texts) != 1 or is_exact(texts[0]):
        return texts
    marked = [tag for tag in counts.elements if tag.name == "p" and not own.isdisjoint(names(tag))]
    if not marked:
        return texts
    noise = _within(counts.elements, counts.noise)
    inside = {id(tag) for tag in texts[0].find_all("p")}
    outside = [tag for tag in marked if id(tag) not in inside and id(tag) not in noise]
    if not outside:
        return texts
    ends = [{id(box) for box in tag.parents} for tag in (outside[0], outside[-1])]
    around = (box for box in texts[0].parents if all(id(box) in one for one in ends))
    return [next(around, texts[0])]


def _only_article(body: Tag, counts: Counts) -> list[Tag]:
    """The one article of a page of few words, or of links alone, where it is most of the page."""
    found = _outermost(tag for tag in _articles(counts) if counts.all[id(tag)])
    most = len(found) == 1 and counts.all[id(found[0])] >= _LEAST_ARTICLE * counts.all[id(body)]
    return found if most and counts.all[id(found[0])] >= _LEAST else []


def _unmarked_text(body: Tag, counts: Counts) -> list[Tag]:
    """Where the text of a page of no known tool is: its article, or where its prose is densest."""
    articles = _outermost(tag for tag in _articles(counts) if counts.prose[id(tag)])
    start = _largest(articles, counts)
    if articles and start is None:
        return []
    least = _LEAST_ARTICLE * counts.prose[id(body)]
    # An article with less of the page's prose is one of its boxes.
    return [_densest(start if start and counts.prose[id(start)] >= least else body, counts)]


def _articles(counts: Counts) -> Iterator[Tag]:
    return (tag for tag in counts.elements if tag.name == "article")


def _named(name: str, counts: Counts) -> Iterator[Tag]:
    first, *others = name.split()
    for tag in counts.named.get(first, ()):
        if set(others) <= set(names(tag)):
            yield tag


def _outermost(tags: Iterable[Tag]) -> list[Tag]:
    """`tags` in document order, less those inside another."""
    kept: list[Tag] = []
    within: set[int] = set()
    for tag in tags:
        if id(tag) not in within:
            kept.append(tag)
            within.update(id(inner) for inner in tag.find_all())
    return kept


def _largest(tags: Sequence[Tag], counts: Counts) -> Tag | None:
    """The one that holds most of the words of all; None where these are shared out."""
    if not tags:
        return None
    largest = max(tags, key=lambda tag: counts.all[id(tag)])
    total = sum(counts.all[id(tag)] for tag in tags)
    return largest if counts.all[id(largest)] >= _MAIN_OF_SEVERAL * total else None


def _densest(start: Tag, counts: Counts) -> Tag:
    """The innermost element that holds most of the prose in `start`."""
    most = counts.prose[id(start)] * _MOST
    while inner := [
        child
        for child in start.children
        if isinstance(child, Tag) and child.name != "p" and counts.prose[id(child)] >= most
    ]:
        start = inner[0]
    return start


def _is_mail(counts: Counts) -> bool:
    """Whether a page is laid out in tables, as mails are: its text is in most of its cells."""
    tables = [tag for tag in counts.elements if tag.name == "table"]
    prose = sum(counts.prose[id(tag)] for tag in _outermost(tables))
    return len(tables) >= _FEWEST_TABLES and prose >= _MOST * max(
        counts.prose[id(counts.elements[0])], 1
    )


def beside(page: Tag, texts: Sequence[Tag], counts: Counts) -> dict[int, bool]:
    """Which elements, by `id`, are beside the article, and which within those are of it."""
    found = dict.fromkeys(counts.sure, True)
    if not texts:
        return found
    for text in texts:
        guessed = [tag for tag in text.find_all() if id(tag) in counts.guessed]
        words = sum(counts.all[id(tag)] for tag in _outermost(guessed))
        # Where so much of a text has such names, they mean something else in it.
        if not is_exact(text) and words <= _LARGEST_NOISE * counts.all[id(text)]:
            found |= {id(tag): True for tag in guessed}
    return {**found, id(page): True, **{id(text): False for text in texts}}


def is_exact(text: Tag) -> bool:
    """Whether an article has a known tool's own mark."""
    own = set(names(text))
    return any(set(name.split()) <= own for name in RULES.words("own_marks"))


def count(page: Tag) -> Counts:
    """Count the words of each element of a page, from the innermost out."""
    elements = page.find_all()
    own = {id(tag): _own_words(tag) for tag in elements}
    everything = dict(own)
    for tag in reversed(elements):
        if tag.parent is not None and id(tag.parent) in everything:
            everything[id(tag.parent)] += everything[id(tag)]
    most = max(everything.values(), default=0) * _LARGEST_NOISE
    sure = frozenset(id(tag) for tag in elements if _is_beside_any(tag))
    places = _Places(
        headed=frozenset(
            id(box) for tag in _title_headings(elements) for box in islice(tag.parents, _NEAR)
        ),
        in_text=_inside(elements, {"article", "main"}),
        in_quote=_inside(elements, {"blockquote"}),
    )
    small = (tag for tag in elements if everything[id(tag)] <= most)
    guessed = frozenset(id(tag) for tag in small if _looks_beside(tag, places))
    noise = sure | guessed
    prose = own
    for tag in reversed(elements):
        if tag.name == "a" or id(tag) in noise:
            prose[id(tag)] = 0
        elif tag.parent is not None and id(tag.parent) in prose:
            prose[id(tag.parent)] += prose[id(tag)]
    named = _index(tag for tag in elements if everything[id(tag)])
    return Counts(
        elements=elements, all=everything, prose=prose, named=named, sure=sure, guessed=guessed
    )


def _index(tags: Iterable[Tag]) -> Mapping[str, list[Tag]]:
    """Elements by each of their names. A page has thousands, and is asked for a dozen names."""
    named: dict[str, list[Tag]] = {}
    for tag in tags:
        if tag.attrs and tag.name not in {"html", "body"}:
            for name in {str(tag.attrs.get("itemprop") or "").lower(), *names(tag)}:
                named.setdefault(name, []).append(tag)
    return named


def _title_headings(elements: Sequence[Tag]) -> Iterator[Tag]:
    """First headings, and the one an article opens with: below a site's name it is the second."""
    first, second = _first_inside(elements, "h1"), _first_inside(elements, "h2")
    for tag in elements:
        heading = tag if tag.name == "h1" else None
        if tag.name == "article" and id(tag) not in first:
            heading = second.get(id(tag))
        if heading is not None:
            yield heading


def _first_inside(elements: Sequence[Tag], name: str) -> Mapping[int, Tag]:
    """The first element of this name in each. One look for all: articles may lie in articles."""
    found: dict[int, Tag] = {}
    for tag in reversed(elements):
        first = tag if tag.name == name else found.get(id(tag))
        if first is not None and tag.parent is not None:
            found[id(tag.parent)] = first
    return found


def _own_words(tag: Tag) -> int:
    if html.is_unseen(tag):
        return 0
    return sum(
        count_words(child)
        for child in tag.children
        if isinstance(child, NavigableString) and not isinstance(child, PreformattedString)
    )


def _is_beside_any(tag: Tag) -> bool:
    """Whether an element is beside the text wherever it stands. Comments may be longer than it."""
    return (
        page_noise.is_noise(tag)
        or is_comment(tag)
        or not RULES.words("around_article").isdisjoint(names(tag))
    )


def _inside(elements: Sequence[Tag], names: set[str]) -> frozenset[int]:
    """The elements within one of these names; each comes behind the one it is in."""
    found: set[int] = set()
    for tag in elements:
        parent = tag.parent
        if parent is not None and (parent.name in names or id(parent) in found):
            found.add(id(tag))
    return frozenset(found)


def _within(elements: Sequence[Tag], boxes: Collection[int]) -> frozenset[int]:
    """The elements in boxes that are given by their `id`, and these."""
    found: set[int] = set()
    for tag in elements:
        if id(tag) in boxes or (tag.parent is not None and id(tag.parent) in found):
            found.add(id(tag))
    return frozenset(found)


def _looks_beside(tag: Tag, places: _Places) -> bool:
    """Whether an element's name says that it is the site's and not the issue's."""
    if tag.name in {"html", "body", "main", "article"}:
        return False
    if tag.name == "header":
        # A story within the text may have a header, too.
        return id(tag) in places.headed or id(tag) not in places.in_text
    if tag.name in _TAGS:
        return id(tag) not in places.in_quote
    return tag.name in _BOXES and any(map(_is_noise_name, names(tag)))


@lru_cache(maxsize=4096)
def _is_noise_name(name: str) -> bool:
    return RULES.pattern("noise").fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _holds_comments(name: str) -> bool:
    return RULES.pattern("comments").fullmatch(name) is not None


def is_comment(tag: Tag) -> bool:
    """Whether an element holds readers' comments, by its name."""
    return tag.name in _BOXES and any(map(_holds_comments, names(tag)))


def names(tag: Tag) -> tuple[str, ...]:
    """An element's id and classes, in lower case with hyphens."""
    if not tag.attrs:
        return ()
    names = (str(tag.attrs.get("id") or ""), *page_noise.classes(tag))
    return tuple(name.lower().replace("_", "-") for name in names if name)
