"""What a query can say: its fields, and the tree it is understood as; what is asked of a search."""

import re
from collections.abc import Iterator
from datetime import date
from enum import Enum
from functools import cache
from operator import is_
from typing import TYPE_CHECKING, TypeGuard, assert_never

from msgspec import Struct
from msgspec.structs import replace

from backissue.records import IssueKind, SectionKind

if TYPE_CHECKING:
    from backissue.text.variants import Spelling


class Field(Enum):
    """A part of a section, or a fact about its issue, that a query can name."""

    HEADING = "heading"
    DECK = "deck"
    WHY = "why"
    THESIS = "thesis"
    LABEL = "label"
    BODY = "body"
    LINK = "link"
    TITLE = "title"
    PUBLICATION = "publication"
    SOURCE = "source"
    ISSUE = "issue"
    DATE = "date"
    KIND = "kind"


KINDS = tuple(kind.value for kind in (*SectionKind, *IssueKind))
UNTEXTUAL = {Field.ISSUE, Field.DATE, Field.KIND}
TEXT_FIELDS = tuple(field for field in Field if field not in UNTEXTUAL)


class Term(Struct, frozen=True, kw_only=True):
    """A word, in `field` or (None) anywhere; `prefix` asks for every word that begins so.

    `spellings` are the other ways in which a text may have it, if it is a name or a part of one.
    They follow from the query as it is written; see `names`.
    """

    text: str
    field: Field | None = None
    prefix: bool = False
    spellings: "tuple[Spelling, ...]" = ()

    def __str__(self) -> str:
        return f"{_label(self.field)}{self.text}{'*' if self.prefix else ''}"


class Wild(Struct, frozen=True, kw_only=True):
    """Every word that `pattern` describes: `*` is any letters or none, `?` is one."""

    pattern: str
    field: Field | None = None

    def __str__(self) -> str:
        return f"{_label(self.field)}{self.pattern}"

    @property
    def beginning(self) -> str:
        """What all its words begin with; may be empty."""
        return re.split("[*?]", self.pattern, maxsplit=1)[0]

    def accepts(self, word: str) -> bool:
        """Whether `word` is one of those described."""
        return _glob(self.pattern).fullmatch(word) is not None


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    """`pattern` as an expression that takes time in proportion to the word.

    The text between two stars matches where it is first found, and is never tried elsewhere:
    otherwise `a*a*a*a*b` would try every way to divide a row of `a`.
    """
    first, *others = [
        "".join("." if char == "?" else re.escape(char) for char in piece)
        for piece in re.sub(r"\*+", "*", pattern).split("*")
    ]
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1] if piece)
    last = f".*{others[-1]}" if others else ""
    return re.compile(first + middle + last, re.DOTALL)


class Fuzzy(Struct, frozen=True, kw_only=True):
    """Every word that is `text` with at most `slips` letters added, dropped, changed or swapped."""

    text: str
    slips: int
    field: Field | None = None

    def __str__(self) -> str:
        return f"{_label(self.field)}{self.text}~{self.slips}"

    def accepts(self, word: str) -> bool:
        """Whether `word` is one of those described."""
        from backissue.query.edit_distance import alike

        return any(alike((word,), self.text, self.slips))


class Phrase(Struct, frozen=True, kw_only=True):
    """Words one after another within one field, each with its distance from the first."""

    words: tuple[tuple[int, str], ...]
    field: Field | None = None

    def __str__(self) -> str:
        return f'{_label(self.field)}"{" ".join(text for _, text in self.words)}"'


class Near(Struct, frozen=True, kw_only=True):
    """Words in any order within one paragraph, the last at most `within` words from the first.

    A word that is named twice must be there twice.
    """

    words: tuple[str, ...]
    within: int
    field: Field | None = None

    def __str__(self) -> str:
        return f'{_label(self.field)}"{" ".join(self.words)}"~{self.within}'


class Numbers(Struct, frozen=True, kw_only=True):
    """Issues numbered `first` to `last`, both included; None is open."""

    first: int | None
    last: int | None

    def __str__(self) -> str:
        return "issue:" + _span(self.first, self.last)

    def __contains__(self, number: int) -> bool:
        return (self.first is None or self.first <= number) and (
            self.last is None or number <= self.last
        )


class Address(Struct, frozen=True, kw_only=True):
    """The issue with this address, short or full, in lower case; with `/` behind it all issues of
    the publication whose short name it is.
    """

    text: str

    def __str__(self) -> str:
        return f"issue:{self.text}"


class Dates(Struct, frozen=True, kw_only=True):
    """Issues dated from `first` to `last`, both included; None is open.

    Of issues without a date, those that are surely of these days; with `possibly`, all that may be.
    """

    first: date | None
    last: date | None
    possibly: bool = False

    def __str__(self) -> str:
        return "date:" + _span(self.first, self.last)

    def __contains__(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Kind(Struct, frozen=True, kw_only=True):
    """Sections of a kind, or of issues of a kind: one of `KINDS`."""

    value: str

    def __str__(self) -> str:
        return f"kind:{self.value}"


class Not(Struct, frozen=True, kw_only=True):
    """Everything but."""

    node: "Node"

    def __str__(self) -> str:
        return f"NOT {_bracketed(self.node)}"


class And(Struct, frozen=True, kw_only=True):
    """All of these in one section; of none, every section."""

    nodes: tuple["Node", ...]

    def __str__(self) -> str:
        return " ".join(_bracketed(node) for node in self.nodes)


class Or(Struct, frozen=True, kw_only=True):
    """Any of these."""

    nodes: tuple["Node", ...]

    def __str__(self) -> str:
        return " OR ".join(_bracketed(node) for node in self.nodes)


# What is searched for in the text of a section, and facts about its issue.
Sought = Term | Wild | Fuzzy | Phrase | Near
Known = Numbers | Address | Dates | Kind
Leaf = Sought | Known
Node = Leaf | Not | And | Or


def expands(node: Node) -> TypeGuard[Term | Wild | Fuzzy]:
    """Whether a node stands for many words: for which, depends on the words of the archive."""
    return isinstance(node, Wild | Fuzzy) or (isinstance(node, Term) and node.prefix)


class Omission(Enum):
    """Why a piece of the text is no part of the query."""

    SIGN = "it has no letter or digit"
    QUOTE = "a quotation mark without its partner"
    BRACKET = "a bracket without its partner"
    OPERATOR = "an operator without a word beside it"
    MARK = "a word in which * or ~ cannot stand for letters"
    FIELD = "the name of a field with no value right behind it, which is searched for as a word"
    BEYOND = "a word behind the most that a query may have"


class LeftOut(Struct, frozen=True, kw_only=True):
    """A piece of the text as typed that is no part of the query, its column (from 1), and why."""

    text: str
    column: int
    kind: Omission


class Query(Struct, frozen=True, kw_only=True):
    """A checked query: `source` as you typed it, `root` as it was understood.

    `str(query)` is the canonical spelling, which `parse` reads back to the same `root`. It does not
    have what was `left_out` of `source`, in the order of the columns.
    """

    source: str
    root: Node
    left_out: tuple[LeftOut, ...] = ()

    def __str__(self) -> str:
        return str(self.root)

    def wanted(self) -> tuple[Sought, ...]:
        """The words and phrases that a hit can show: all but those under a NOT, in query order."""
        found = leaves(self.root, shut=False)
        return tuple(dict.fromkeys(leaf for leaf in found if isinstance(leaf, Sought)))


EVERYTHING = Query(source="", root=And(nodes=()))

Saying = tuple[str, ...]  # one way to say something: its words in order, as the index has them
Group = tuple[Saying, ...]


class Synonyms(Struct, frozen=True, kw_only=True):
    """Groups of sayings: each saying of a group may stand for any other.

    `own` are yours; `built_in` says whether those that come with backissue may be used, too.
    """

    own: tuple[Group, ...] = ()
    built_in: bool = True


NO_SYNONYMS = Synonyms(built_in=False)
SYNONYMS_FILE = "synonyms.toml"  # of your own, in the archive's folder


class Sort(Enum):
    """In which order hits come."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


class Facet(Enum):
    """By what hits are counted."""

    KIND = "kind"
    PUBLICATION = "publication"
    YEAR = "year"
    ISSUE = "issue"


class SearchOptions(Struct, frozen=True, kw_only=True):
    """What is asked of a search: the query, and which of its hits to show how.

    `limit` is how many hits at most; None is all. `grouped` puts the hits of one issue together, at
    the place of the first. `context` is how many more sentences a snippet shows on either side.
    Your own `synonyms` always count. With `partial`, if no section has all words, the sections
    count that have some of them, or synonyms of them; with `fill`, they also follow the sections
    that have all words, where these are fewer than `limit`. With `related_words`, where no section
    has all words, the answer says which others to try.
    """

    query: Query
    limit: int | None = 10
    sort: Sort = Sort.RELEVANCE
    grouped: bool = False
    context: int = 0
    synonyms: Synonyms = NO_SYNONYMS
    partial: bool = False
    fill: bool = False
    related_words: bool = False


def conjuncts(node: Node) -> Iterator[Node]:
    """The parts of which a section must answer every one."""
    if isinstance(node, And):
        for inner in node.nodes:
            yield from conjuncts(inner)
    else:
        yield node


def leaves(node: Node, *, shut: bool = True) -> Iterator[Leaf]:
    """The leaves of a query, in its order; those under a NOT only if `shut`."""
    match node:
        case And() | Or():
            for inner in node.nodes:
                yield from leaves(inner, shut=shut)
        case Not():
            if shut:
                yield from leaves(node.node, shut=shut)
        case Term() | Wild() | Fuzzy() | Phrase() | Near():
            yield node
        case Numbers() | Address() | Dates() | Kind():
            yield node
        case _:
            assert_never(node)


def in_doubt(node: Node) -> Node:
    """`node` for the other side of a NOT, where an issue whose day is not known must not change it.

    What is surely in a range of days becomes what may be in it, and the other way round. So neither
    `date:2024` nor `NOT date:2024` has an issue that may or may not be of 2024.
    """
    match node:
        case Dates():
            return replace(node, possibly=not node.possibly)
        case Not():
            inner = in_doubt(node.node)
            return node if inner is node.node else Not(node=inner)
        case And() | Or():
            nodes = tuple(map(in_doubt, node.nodes))
            unchanged = all(map(is_, nodes, node.nodes))
            return node if unchanged else replace(node, nodes=nodes)
        case _:
            return node


def _label(field: Field | None) -> str:
    return f"{field.value}:" if field else ""


def _span(first: object, last: object) -> str:
    if first == last:
        return str(first)
    return f"{'' if first is None else first}..{'' if last is None else last}"


def _bracketed(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)
