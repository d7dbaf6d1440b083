"""What was searched for is in what is shown: in any script, in long addresses, in headings."""

import random
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from backissue.index import Index
from backissue.index.search.ranking import is_function_word
from backissue.index.search.snippets import WIDTH, places, snippet, texts
from backissue.query import Fuzzy, Near, Phrase, Query, SearchOptions, Sought, Term, Wild
from backissue.query.parsing import parse
from backissue.records import Block, Link, Passage, Run, Section, Snippet
from backissue.text import words
from tests.test_index import issue, section

FILLER = "Nothing of interest is said in this sentence, which is here to take up some room. "
HAN = (
    "这家公司发布了一个新的开源模型，它在数学和编程方面的表现令人印象深刻。研究人员说训练成本很低。"
)
URL = "https://example.org/" + "/".join(f"part-{n}" for n in range(40)) + "?from=letter"


def cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def block(text: str, **changes: object) -> Block:
    return Block(runs=(Run(text=text),), **changes)  # type: ignore[arg-type]


def cut(one: Section, query: str, context: int = 0) -> Snippet:
    return snippet(one, parse(query).wanted(), context)


def shown(found: Snippet) -> list[str]:
    return [found.text[start:end] for start, end in found.highlights]


# --- single cases --------------------------------------------------------------------------------


@pytest.mark.parametrize("copies", [1, 8])
@pytest.mark.parametrize("found", ["whale", "鲸鱼", "GPT-4o", "ｗｈａｌｅ", "🐳whale"])
def test_a_match_in_writing_without_spaces_is_shown_whole(found: str, copies: int) -> None:
    text = HAN * copies + "结果" + found + "很好" + HAN * copies
    for body in (text, text.replace("，", "").replace("。", "")):
        hit = cut(section(1, body), found)
        assert "".join(shown(hit)) in {found, found.removeprefix("🐳")}
        assert cells(hit.text) <= WIDTH
        assert copies == 1 or cells(hit.text) > WIDTH - 30
        assert hit.text.strip("… ") in body


def test_letters_found_side_by_side_are_one_highlight() -> None:
    assert shown(cut(section(1, HAN), "新的开源模型")) == ["新的开源模型"]
    assert shown(cut(section(1, HAN), "开源 模型")) == ["开源模型"]
    assert shown(cut(section(1, "A whale, whale."), "whale")) == ["whale", "whale"]


def test_a_passage_of_han_starts_and_ends_at_sentences_where_they_fit() -> None:
    hit = cut(section(1, HAN * 5 + "鲸鱼在这里。" + HAN * 5), "鲸鱼")
    assert "鲸鱼在这里。" in hit.text
    assert hit.text[:3] in {"… 研", "… 鲸"}
    assert hit.text.endswith("。 …")


@pytest.mark.parametrize("place", ["start", "middle", "end"])
@pytest.mark.parametrize("where", ["body", "link"])
def test_a_match_in_a_long_address_is_shown_with_what_is_around_it(place: str, where: str) -> None:
    size = {"start": 20, "middle": 170, "end": len(URL)}[place]
    url = URL[:size] + "/whale/" + URL[size:]
    if where == "body":
        hit = cut(section(1, f"See {url} for more."), "whale")
    else:
        hit = cut(section(1, "", links=(Link(label=None, text="Here", url=url),)), "link:whale")
    assert (hit.field, shown(hit)) == (where, ["whale"])
    assert WIDTH - 40 < len(hit.text) <= WIDTH
    start = hit.highlights[0][0]
    assert hit.text[max(start - 10, 0) : start].removeprefix("…") in url
    assert hit.text[start : start + 8].removesuffix("…") in url + " for more."
    assert hit.text.startswith("…") == (place != "start")
    assert hit.text.endswith("…") == (place != "end")


def test_a_word_longer_than_the_passage_is_shown_whole() -> None:
    hit = cut(section(1, FILLER * 3 + "x" * 400 + " and more. " + FILLER * 3), "x" * 400)
    assert shown(hit) == ["x" * 400]


def test_no_letter_is_parted_from_its_accent_or_an_emoji_from_its_joiners() -> None:
    for lead in range(40):
        text = "e\u0301" * (200 + lead) + "鲸" + "👩\u200d🔬" * 200
        hit = cut(section(1, text), "鲸")
        assert shown(hit) == ["鲸"]
        inner = hit.text.strip("… ")
        assert unicodedata.category(inner[0])[0] not in "MC"
        after = text[text.index(inner) + len(inner) :]
        assert unicodedata.category(after[0])[0] not in "MC"


def test_each_word_is_shown_in_fragments_from_all_parts() -> None:
    why = Passage(label="Why this matters", thesis="a thesis on otters", text=f"{FILLER}A heron.")
    one = section(1, FILLER * 4 + "A whale. " + FILLER * 4, why=why, deck="…a newt…")
    hit = cut(one, "whale heron newt")
    assert shown(hit) == ["whale", "heron", "newt"]
    assert hit.field == "body"
    assert hit.text.count(" … ") >= 2
    assert cells(hit.text) <= WIDTH


def test_a_word_that_the_heading_has_needs_no_fragment() -> None:
    one = section(1, FILLER * 4 + "A whale. " + FILLER * 9 + "Robots walk.", heading="Robots")
    hit = cut(one, "whale robots")
    assert shown(hit) == ["whale"]
    assert places(parse("whale robots").wanted())("heading", "Robots") == ((0, 6),)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("matters", "Why this matters: scale"),
        ("label:why", "Why this matters: scale"),
        ("thesis:scale", "scale"),
        ("link:example", "https://example.org/scale"),
        ("https://example.org/scale", "https://example.org/scale"),
    ],
)
def test_a_match_in_a_label_or_behind_a_link_is_shown(query: str, text: str) -> None:
    why = Passage(label="Why this matters", thesis="scale", text="It does.")
    link = Link(label=None, text="Here", url="https://example.org/scale")
    hit = cut(section(1, "Of money.", why=why, links=(link,)), query)
    assert hit.text == text
    assert hit.highlights


def test_function_words_are_not_chased() -> None:
    text = f"The cost of it. {FILLER * 6}All training there is of the kind. {FILLER * 3}"
    assert shown(cut(section(1, text), "the cost of training")).count("cost") == 1
    assert "training" in shown(cut(section(1, text), "the cost of training"))
    assert cut(section(1, text), "the cost of training").text.count(" … ") == 1
    assert shown(cut(section(1, text), "the of"))


def test_words_far_apart_are_fragments_and_a_long_phrase_is_whole() -> None:
    far = "whale " + "word " * 60 + "otter" + " word" * 60
    assert shown(cut(section(1, far), '"whale otter"~70')) == ["whale", "otter"]
    assert cells(cut(section(1, far), '"whale otter"~70').text) <= WIDTH
    phrase = " ".join(f"word{n}" for n in range(40))
    hit = cut(section(1, f"{FILLER}{phrase}. {FILLER}"), f'"{phrase}"')
    assert phrase in hit.text


@pytest.mark.parametrize("context", [1, 3])
def test_more_context_is_more_text_and_marks_all_that_is_in_it(context: int) -> None:
    one = section(1, f"{FILLER * 3}A whale. {FILLER * 3}Whales. {FILLER}\n\n{FILLER * 2}")
    hit = cut(one, "whale", context)
    assert hit.text.count("Nothing") == 2 * context
    assert shown(hit)[0] == "whale"


def test_a_hit_says_where_its_heading_answers(tmp_path_factory: pytest.TempPathFactory) -> None:
    from backissue.index.storage.writer import write

    folder = tmp_path_factory.mktemp("heading") / "index"
    write(folder, add=[issue(1, section(1, "Nothing.", heading="A Whale’s GPT-4o and 鲸鱼"))])
    with Index.open(folder) as opened:
        for query, expected in {
            "whale": ["Whale’s"],
            "gpt-4o 鲸": ["GPT-4o", "鲸"],
            "heading:gpt*": ["GPT-4o"],
            "nothing": [],
            "kind:story": [],
        }.items():
            (hit,) = opened.searcher.search(SearchOptions(query=parse(query))).hits
            heading = hit.section.heading
            found = [heading[start:end] for start, end in hit.heading_highlights]
            assert found == expected, query
            assert hit.snippet.text == "Nothing."


def test_a_label_is_shown_with_the_beginning_of_its_passage() -> None:
    why = Passage(label="Why this matters", thesis=None, text=f"Matters are grave. {FILLER * 4}")
    hit = cut(section(1, "Of money.", why=why), "label:matters")
    assert hit.text.startswith("Why this matters: Matters are grave. Nothing")
    assert shown(hit) == ["matters"]
    assert len(hit.text) <= WIDTH


def test_the_words_of_the_founding_documents_are_all_in_what_is_shown(archive: Path) -> None:
    chance = random.Random(11)
    with Index.open(archive / "index") as opened:
        issues = [opened.shelf.issue(head.key) for head in opened.shelf.heads()]
    sections = [one for whole in issues if whole for one in whole.sections]
    for one in sections:
        every = [one.heading, *(text for _, name, text in texts(one) if name != "url")]
        known = sorted({token.text for text in every for token in words.tokens(text)})
        for count in (1, 1, 1, 2, 3):
            asked = tuple(Term(text=word) for word in chance.sample(known, min(count, len(known))))
            hit = snippet(one, asked)
            marks = [one.heading[a:b] for a, b in places(asked)("heading", one.heading)]
            marks += shown(hit)
            assert marks
            for node in asked:
                there = is_function_word(node) or any(answered(node, mark) for mark in marks)
                assert there, (one.heading, asked, node)
            assert all(any(answered(node, mark) for node in asked) for mark in marks)
            longest = max(map(cells, marks), default=0)
            assert cells(hit.text) <= WIDTH or longest > WIDTH / 4


@pytest.mark.parametrize(
    ("changes", "field", "start"),
    [
        ({}, "body", "Ports. Cranes."),
        ({"blocks": ()}, "why", "A thesis. It is money."),
        ({"blocks": (), "why": None}, "deck", "…a deck…"),
        ({"blocks": (), "why": None, "deck": None}, "link", "The report"),
        ({"blocks": (), "why": None, "deck": None, "links": ()}, "heading", "Heading 1"),
        ({"blocks": (), "why": None, "deck": None, "links": (), "heading": " \n"}, "heading", ""),
    ],
)
def test_a_section_without_a_match_shows_the_beginning_of_what_it_has(
    changes: dict[str, object], field: str, start: str
) -> None:
    why = Passage(label="Why", thesis="A thesis.", text="It is money.")
    link = Link(label=None, text="The report", url=URL)
    one = section(1, "Ports.\n\nCranes.", why=why, deck="…a deck…", links=(link,))
    found = cut(replace(one, **changes), "kind:story")  # type: ignore[arg-type]
    assert (found.field, found.text, found.highlights) == (field, start, ())


# --- where a text answers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "name", "expected"),
    [
        ("robots", "body", ["robot"]),
        ("robots", "label", ["robot"]),
        ('"the scaling laws"', "why", ["the", "scaling", "laws"]),
        ('"laws scaling"~3', "heading", ["scaling", "laws"]),
        ("sca* l?ws", "link", ["scaling", "laws"]),
        ("robotx~", "deck", ["robot"]),
        ("heading:robots", "heading", ["robot"]),
        ("heading:robots", "body", []),
        ("why:robots", "why", ["robot"]),
        ("why:robots", "thesis", ["robot"]),
        ("why:robots", "body", []),
        ("thesis:robots", "thesis", ["robot"]),
        ("thesis:robots", "why", []),
        ("thesis:robots OR laws", "why", ["laws"]),
        ("label:robots", "label", ["robot"]),
        ("laws NOT robots", "body", ["laws"]),
        ("issue:395 kind:story", "body", []),
        ("title:robots", "heading", []),
        ("title:robots laws", "title", ["robot"]),
    ],
)
def test_the_searcher_finds_the_words_of_a_query_in_a_text(
    query: str, name: str, expected: list[str]
) -> None:
    text = "A robot obeys the scaling\nlaws."
    with Index.empty() as index:
        found = index.searcher.places(parse(query))(name, text)
    assert [text[start:end] for start, end in found] == expected


# --- and for any text ----------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "whale", "whales", "Otter.", "otters", "GPT-4o", "heron,", "鲸鱼", "模型", HAN, FILLER, URL,
        "https://whale.org/otter/heron", "x" * 90, "co\u00adop", "ﬁne", "Tübingen", "e\u0301tude",
        "👩\u200d🔬", "“quoted”", "$80bn", "\n", "a", "the",
    ]
)  # fmt: skip
TEXT = st.lists(PIECES, min_size=1, max_size=25).map(" ".join)
TIGHT = st.lists(PIECES, min_size=1, max_size=12).map("".join)
ASKED = """\
whale otters heron gpt-4o 鲸鱼 模 fine tubingen coop the a whal* w*e heren~ "whale otter" 80bn
"otter whale"~6 "whale heron"~100 body:heron why:whale deck:otter link:whale heading:heron"""
QUERIES = st.lists(
    st.sampled_from([match[0] for match in re.finditer(r'"[^"]+"\S*|\S+', ASKED)]),
    min_size=1,
    max_size=3,
    unique=True,
)


@st.composite
def sections(draw: st.DrawFn) -> Section:
    text = TEXT | TIGHT
    why = draw(st.none() | text)
    links = draw(
        st.lists(st.builds(Link, label=st.none(), text=TEXT, url=st.just(URL)), max_size=1)
    )
    return section(
        1,
        heading=draw(text),
        deck=draw(st.none() | text),
        blocks=tuple(block(line) for line in draw(st.lists(text, max_size=3))),
        why=Passage(label="Why", thesis=draw(st.none() | TEXT), text=why) if why else None,
        links=tuple(links),
    )


def answered(node: Sought, text: str) -> bool:
    """Whether a word of a text answers, or is one of those that would have to be together."""
    for token in words.tokens(text):
        match node:
            case Phrase():
                if token.text in {word for _, word in node.words}:
                    return True
            case Near():
                if token.text in node.words:
                    return True
            case Wild() | Fuzzy():
                if node.accepts(token.text):
                    return True
            case Term():
                same = words.stem(token.text) == words.stem(node.text)
                if token.text.startswith(node.text) if node.prefix else same:
                    return True
    return False


def parts_that_answer(one: Section, query: Query) -> Iterator[Sought]:
    """The parts of a query that a section has in one of its texts."""
    every = [("heading", one.heading), *((name, text) for _, name, text in texts(one))]
    for node in query.wanted():
        if any(places((node,))(name, text) for name, text in every):
            yield node


@settings(
    max_examples=150,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(one=sections(), query=QUERIES.map(" OR ".join), context=st.sampled_from([0, 0, 0, 2]))
def test_every_word_that_a_section_has_is_in_what_is_shown(
    one: Section, query: str, context: int
) -> None:
    asked = parse(query)
    hit = snippet(one, asked.wanted(), context)
    heading = places(asked.wanted())("heading", one.heading)
    marks = [one.heading[start:end] for start, end in heading] + shown(hit)
    has = list(parts_that_answer(one, asked))
    assert bool(marks) == bool(has)
    # Each stretch that is marked answers, and each word of the query that the section has is there.
    assert all(any(answered(node, mark) for node in has) for mark in marks)
    telling = [node for node in has if str(node) not in {"the", "a"}] or has[:1]
    if not context:
        for node in telling:
            assert any(answered(node, mark) for mark in marks), node
        longest = max((cells(mark) for mark in marks), default=0)
        assert cells(hit.text) <= max(WIDTH, longest + 40)
