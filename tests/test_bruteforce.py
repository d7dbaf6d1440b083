"""The engine against reading everything: for every kind of query, in archives of any words.

The reading below is as simple as it can be and shares nothing with the engine but the analyser,
which says where which word stands: likeness is counted by its definition, patterns are `fnmatch`'s,
nearness tries every choice of places, and a name is put together in every way there is.
"""

import fnmatch
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backissue.index import Index
from backissue.index.storage.writer import write
from backissue.query import (
    Address,
    And,
    Dates,
    Field,
    Fuzzy,
    Kind,
    Near,
    Node,
    Not,
    Numbers,
    Or,
    Phrase,
    Query,
    SearchOptions,
    Sought,
    Term,
    Wild,
    leaves,
)
from backissue.query.names import with_spellings
from backissue.query.parsing import parse
from backissue.records import Head, Issue, Part, Passage, Section
from backissue.text import words
from tests.test_dating import Span, spans_of
from tests.test_index import DAYS, FIELDS, a_term, archives, issue, section, write_in_parts
from tests.test_index import LETTERS as WRITTEN

# Few letters, so that words are often like one another, and a few names with signs.
LETTERS = st.text(alphabet="abc", min_size=1, max_size=5)
NAMES = st.sampled_from(
    [
        *("GPT-4o", "GPT-4", "a-b", "C++", "$80bn", "don’t", "Tübingen", "Tubingen"),
        *("GPT4o", "GPT 4o", "GPT4", "GPT 4", "bb-ca", "bb ca", "B-1", "b1", "b 1", "c-1-2", "1-2"),
        *("1 2", "80bn", "80 billion", "$80 billion", "80 billion dollars", "cab v2", "cabv2"),
    ]
)
WORD = LETTERS | LETTERS | NAMES
TEXT = st.lists(WORD, max_size=8).map(" ".join)


@st.composite
def stories(draw: st.DrawFn) -> Section:
    why = draw(st.none() | TEXT)
    return section(
        heading=draw(TEXT),
        deck=draw(st.none() | TEXT),
        body=draw(st.lists(TEXT, max_size=3).map(lambda lines: "\n\n".join(filter(None, lines)))),
        why=Passage(label=draw(TEXT), thesis=draw(st.none() | TEXT), text=why) if why else None,
    )


@st.composite
def shelves(draw: st.DrawFn) -> list[Issue]:
    numbers = draw(st.lists(st.integers(1, 9), unique=True, min_size=1, max_size=4))
    return [
        issue(number, *draw(st.lists(stories(), min_size=1, max_size=3)), date=draw(DAYS))
        for number in numbers
    ]


def term(word: str) -> str:
    return words.phrase(word)[0][1]


PATTERNS = st.text(alphabet="abc*?", min_size=1, max_size=5).filter(
    # What ends in `?` and has no other sign is a question.
    lambda text: text.strip("*?") and "**" not in text and ("*" in text or "?" in text.rstrip("?"))
)
IN_ANY = st.one_of(FIELDS, st.sampled_from([Field.THESIS, Field.LABEL]))
ASKED = WORD | st.sampled_from(WRITTEN)
LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.builds(a_term, text=ASKED.map(term), field=IN_ANY),
    st.builds(a_term, text=ASKED.map(term), field=IN_ANY, prefix=st.just(True)),
    st.builds(Wild, pattern=PATTERNS, field=IN_ANY),
    st.builds(
        Fuzzy,
        text=ASKED.map(term).filter(lambda text: len(text) > 2),
        slips=st.integers(1, 2),
        field=IN_ANY,
    ),
    st.builds(
        lambda text, field: Phrase(words=words.phrase(text), field=field),
        st.lists(ASKED, min_size=2, max_size=3).map(" ".join),
        IN_ANY,
    ),
    st.builds(
        Near,
        words=st.lists(ASKED.map(term), min_size=2, max_size=3).map(tuple),
        within=st.integers(1, 6),
        field=IN_ANY,
    ),
    st.builds(Numbers, first=st.integers(0, 9), last=st.none() | st.integers(0, 9)),
    st.builds(Numbers, first=st.none(), last=st.integers(0, 9)),
    st.builds(Dates, first=st.dates(date(2024, 1, 1), date(2024, 1, 9)), last=DAYS),
    st.builds(Dates, first=st.none(), last=st.dates(date(2024, 1, 1), date(2024, 1, 9))),
    st.builds(Kind, value=st.sampled_from(["story", "fiction", "newsletter", "notes"])),
    st.builds(Address, text=st.sampled_from(["3", "import-ai/4", "x"])),
)
SPACED = st.sampled_from(["gpt 4o", "gpt 4", "bb ca", "b 1", "1 2", "80 billion", "cab v2", "bb 1"])
LEAVES_OR_NAMES = LEAVES | st.builds(
    lambda text, field: And(nodes=tuple(Term(text=word, field=field) for word in text.split())),
    SPACED,
    IN_ANY,
)
NODES = st.recursive(
    LEAVES_OR_NAMES,
    lambda inner: st.one_of(
        st.builds(Not, node=inner),
        st.builds(And, nodes=st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, nodes=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


# --- reading everything --------------------------------------------------------------------------


def paragraphs(one: Section, field: Field | None, head: Head) -> Iterator[str]:
    """The texts of a section in which a word or phrase of `field` may stand."""
    why = one.why
    shown = [block.text for block in one.blocks if block.part is Part.LINK]
    more = [link.text for link in one.links if not any(link.text in line for line in shown)]
    texts: dict[Field, Iterable[str]] = {
        Field.HEADING: [one.heading],
        Field.DECK: [one.deck or ""],
        Field.THESIS: [(why and why.thesis) or ""],
        Field.LABEL: [why.label if why else ""],
        Field.BODY: [block.text for block in one.blocks if block.part is Part.BODY],
        Field.LINK: [*shown, *more],
    }
    if field is None:
        yield from (line for lines in texts.values() for line in lines)
    elif field is Field.WHY:
        yield from texts[Field.THESIS]
    elif field is Field.TITLE:
        yield head.title or ""
    elif field is Field.PUBLICATION:
        yield from (head.publication or "", head.slug)
    elif field is Field.SOURCE:
        yield from head.sources
    else:
        yield from texts[field]
    if field is Field.LINK:
        yield from (link.url or "" for link in one.links)
    if field in (None, Field.WHY):
        yield from why.text.split("\n\n") if why else ()


@cache
def placed(text: str) -> frozenset[tuple[int, str]]:
    """The words of a text, each with its place."""
    return frozenset((token.position, token.text) for token in words.tokens(text))


@cache
def slips(one: str, other: str) -> int:
    """How many letters to add, drop, change or swap with a neighbour, by definition."""
    if not one or not other:
        return len(one) + len(other)
    found = [
        slips(one[:-1], other) + 1,
        slips(one, other[:-1]) + 1,
        slips(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if len(one) > 1 and len(other) > 1 and one[-2:] == other[-1] + other[-2]:
        found.append(slips(one[:-2], other[:-2]) + 1)
    return min(found)


def is_near(node: Near, places: frozenset[tuple[int, str]]) -> bool:
    """Whether some choice of a place for each word is close enough together."""
    of_each = [[at for at, text in places if text == word] for word in node.words]
    for chosen in product(*of_each):
        taken = set(zip(chosen, node.words, strict=True))
        if len(taken) == len(chosen) and max(chosen) - min(chosen) <= node.within:
            return True
    return False


SIGNS = ("", "-", " ")
BARE = ("80bn", "80 bn", "80b", "80-b", "80 billion")
DOLLARS = (*(f"${amount}" for amount in BARE), *(f"{amount} dollars" for amount in BARE))
AMOUNTS = {
    **dict.fromkeys(("80bn", "80 billion"), BARE),
    **dict.fromkeys(("$80bn", "$80 billion", "80 billion dollars"), DOLLARS),
}


def is_same(pieces: list[str], typed: tuple[str, ...], written: tuple[str, ...]) -> bool:
    """Whether pieces of a name that were typed with these signs between them may be so written."""
    for at, (one, other) in enumerate(pairwise(pieces)):
        numbers = one.isdigit() + other.isdigit()
        letters = other if one.isdigit() else one
        joined, apart = written[at] == "", written[at] == " "
        if written[at] == typed[at]:
            continue
        if numbers == 2:
            same = not joined and any(piece.isalpha() for piece in pieces)
        elif numbers == 1 and len(letters) == 1:
            same = at == 0 and not apart and typed[at] != " "
        elif numbers == 1:
            same = letters not in words.function_words()
        else:
            versioned = len(one) > 2 and len(other) == 1 and typed[at + 1 : at + 2] == ("",)
            same = one not in {"a", "i"} and (not joined or versioned)
        if not same:
            return False
    return written == typed or not words.function_words().issuperset(pieces)


@cache
def ways(typed: str, *, joined: bool = False) -> frozenset[tuple[tuple[int, str], ...]]:
    """The words of each way to write a name; only as fewer words, if they are to be `joined`."""
    found = {typed, *AMOUNTS.get(typed, ())}
    pieces = re.findall(r"\d+|[^\W\d]+", typed)
    if typed not in AMOUNTS and re.fullmatch(r"(?:[a-z0-9]|\b[- ]\b)+", typed):
        signs = tuple(re.findall(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)|[- ]", typed))
        for written in product(SIGNS, repeat=len(signs)):
            apart = joined and any(
                way for sign, way in zip(signs, written, strict=True) if sign == " "
            )
            if not apart and is_same(pieces, signs, written):
                found.add("".join(map("".join, zip(pieces, (*written, ""), strict=True))))
    versioned = re.sub(r"([a-z]{3,})([a-z]\d)", r"\1 \2", typed)
    others = ways(versioned) if versioned != typed and not joined else frozenset()
    return frozenset(words.phrase(way) for way in found) | others


def is_there(run: tuple[tuple[int, str], ...], found: frozenset[tuple[int, str]]) -> bool:
    return any(all((start + at, word) in found for at, word in run) for start, _ in found)


def answers_each(
    nodes: tuple[Node, ...], one: Section, head: Head, span: Span
) -> list[bool | None]:
    """Which of some parts a section answers, with names that are several of them."""
    each = [answers(inner, one, head, span) for inner in nodes]
    for first in range(len(nodes)):
        for end in range(first + 2, len(nodes) + 1):
            run = nodes[first:end]
            if not all(isinstance(node, Term) and not node.prefix for node in run):
                break
            asked = [node for node in run if isinstance(node, Term)]
            typed = " ".join(node.text for node in asked)
            if len({node.field for node in asked}) == 1:
                for text in paragraphs(one, asked[0].field, head):
                    if any(is_there(way, placed(text)) for way in ways(typed, joined=True)):
                        each[first:end] = [True] * len(run)
    return each


@lru_cache(maxsize=2**14)
def in_paragraph(node: Node, text: str) -> bool:
    found = placed(text)
    match node:
        case Phrase():
            return is_there(node.words, found)
        case Near():
            return is_near(node, found)
        case Term(prefix=True):
            return any(word.startswith(node.text) for _, word in found)
        case Term():
            same = any(words.stem(word) == words.stem(node.text) for _, word in found)
            return same or any(is_there(way, found) for way in ways(node.text))
        case Wild():
            return any(fnmatch.fnmatchcase(word, node.pattern) for _, word in found)
        case Fuzzy():
            return any(slips(word, node.text) <= node.slips for _, word in found)
    raise AssertionError(node)


def answers(node: Node, one: Section, head: Head, span: Span) -> bool | None:  # noqa: PLR0911
    """Whether a section answers; None if that depends on the day, which is only in a `span`."""
    match node:
        case And():
            each = answers_each(node.nodes, one, head, span)
            return False if False in each else None if None in each else True
        case Or():
            each = [answers(inner, one, head, span) for inner in node.nodes]
            return True if True in each else None if None in each else False
        case Not():
            inner = answers(node.node, one, head, span)
            return None if inner is None else not inner
        case Numbers(first=first, last=last):
            number = head.number
            above = number is not None and number >= (first or 0)
            return above and (last is None or (number or 0) <= last)
        case Dates(first=first, last=last):
            low, high = (date.fromisoformat(day) if day else None for day in span)
            start, end = first or date.min, last or date.max
            if start <= (low or date.min) and (high or date.max) <= end:
                return True
            return None if start <= (high or date.max) and (low or date.min) <= end else False
        case Term() | Wild() | Fuzzy() | Phrase() | Near():
            return any(in_paragraph(node, text) for text in paragraphs(one, node.field, head))
        case Kind():
            return node.value in (one.kind.value, head.kind.value)
        case Address():
            publication, _, own = head.key.partition("/")
            return node.text in (head.key, own, f"{publication}/")
    raise AssertionError(node)


Answered = tuple[Node, bool | None]


def parts_of(node: Node, one: Section, head: Head, span: Span) -> Iterator[Answered]:
    """The parts that must all be there, and whether a section answers them."""
    if not isinstance(node, And):
        yield node, answers(node, one, head, span)
        return
    for inner, answered in zip(node.nodes, answers_each(node.nodes, one, head, span), strict=True):
        yield from (
            parts_of(inner, one, head, span) if isinstance(inner, And) else [(inner, answered)]
        )


def asks_words(node: Node) -> bool:
    return not isinstance(node, Not) and any(isinstance(leaf, Sought) for leaf in leaves(node))


def answers_whole(node: Node, one: Section, head: Head, span: Span) -> bool | None:
    """As `answers`, of a whole query: function words decide nothing if it has others."""
    parts = list(parts_of(node, one, head, span))
    telling = [
        (part, answered)
        for part, answered in parts
        if not (isinstance(part, Term) and not part.prefix and part.text in words.function_words())
    ]
    each = [
        answered for _, answered in (telling if any(asks_words(p) for p, _ in telling) else parts)
    ]
    return False if False in each else None if None in each else True


def found_by_reading(
    archive: list[Issue], node: Node, wanted: tuple[bool | None, ...] = (True,)
) -> set[tuple[str, int]]:
    spans = spans_of([one.head for one in archive])
    return {
        (one.head.key, each.position)
        for one in archive
        for each in one.sections
        if answers_whole(node, each, one.head, spans[one.head.key]) in wanted
    }


# --- and what the engine says --------------------------------------------------------------------

RANDOM = settings(
    max_examples=60,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@RANDOM
@given(archive=shelves() | archives(), nodes=st.lists(NODES, min_size=1, max_size=25))
def test_the_engine_finds_exactly_what_reading_everything_finds(
    tmp_path_factory: pytest.TempPathFactory, archive: list[Issue], nodes: list[Node]
) -> None:
    folder = tmp_path_factory.mktemp("brute") / "index"
    archive = write_in_parts(folder, archive)
    with Index.open(folder) as opened:
        for node in nodes:
            query = Query(source="", root=with_spellings(node))
            answer = opened.searcher.search(SearchOptions(query=query, limit=None))
            hits = {(hit.issue.key, hit.section.position) for hit in answer.hits}
            assert hits == found_by_reading(archive, node), node
            assert answer.total == len(answer.hits)
            unknown = found_by_reading(archive, node, (None,))
            undated = answer.undated
            assert (undated.sections if undated else 0) == len(unknown), node
            assert (undated.issues if undated else 0) == len({key for key, _ in unknown})


PIECES = st.sampled_from(["gpt", "v", "o", "ab", "of", "4", "21"])


@st.composite
def names(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(PIECES, min_size=2, max_size=3))
    return "".join(piece + draw(st.sampled_from(SIGNS)) for piece in pieces).strip(" -")


@RANDOM
@given(texts=st.lists(names(), min_size=10, max_size=30), asked=st.lists(names(), min_size=20))
def test_a_name_is_found_however_it_is_written_and_no_other_name_is(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], asked: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names") / "index"
    archive = [issue(number, section(heading="", body=text)) for number, text in enumerate(texts)]
    write(folder, add=archive)
    with Index.open(folder) as opened:
        for typed in asked:
            root = And(nodes=tuple(Term(text=word) for word in typed.split()))
            query = Query(source="", root=with_spellings(root))
            hits = opened.searcher.search(SearchOptions(query=query, limit=None)).hits
            assert {(hit.issue.key, hit.section.position) for hit in hits} == found_by_reading(
                archive, root
            ), typed


@RANDOM
@given(archive=shelves(), nodes=st.lists(LEAVES, min_size=2, max_size=5))
def test_what_is_said_of_a_query_that_finds_nothing_is_so(
    tmp_path_factory: pytest.TempPathFactory, archive: list[Issue], nodes: list[Node]
) -> None:
    folder = tmp_path_factory.mktemp("said") / "index"
    archive = write_in_parts(folder, archive)
    query = Query(source="", root=with_spellings(And(nodes=tuple(nodes))))
    with Index.open(folder) as opened:
        blocking = opened.searcher.blocking(query)
        everything = found_by_reading(archive, query.root)
        for leaf in query.wanted():
            absent = str(leaf) in opened.searcher.unmatched(query)
            assert not absent or not found_by_reading(archive, leaf)
        suggestion = opened.searcher.search(SearchOptions(query=query)).suggestion
        if suggestion is not None:
            assert not everything
            assert found_by_reading(archive, parse(suggestion).root)
    if blocking is None:
        return
    assert not everything
    rest = found_by_reading(archive, parse(blocking.rest).root)
    assert len(rest) == blocking.total > 0
    # No section has more of the query than what is left of it.
    spans = spans_of([one.head for one in archive])
    most = max(
        answers_each(tuple(nodes), each, one.head, spans[one.head.key]).count(True)
        for one in archive
        for each in one.sections
    )
    assert len(blocking.parts) == len(nodes) - most
