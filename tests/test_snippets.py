"""The promises of snippets.py: the passage that answers, whole, and the words in it that do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.index.search.snippets import WIDTH, snippet
from backissue.query.parsing import parse
from backissue.records import Block, Link, Part, Passage, Run, Section, SectionKind, Snippet

FILLER = "Nothing of interest is said in this sentence, which is here to take up some room. "


def section(*lines: str, why: Passage | None = None, **changes: object) -> Section:
    blocks = tuple(Block(runs=(Run(text=line),)) for line in lines)
    return Section(
        **{
            "position": 1,
            "kind": SectionKind.STORY,
            "heading": "A heading about robots",
            "deck": "…a deck about whales…",
            "blocks": blocks,
            "why": why,
            "links": (),
            "mentions": (),
            "words": 1,
            **changes,
        }
    )


def cut(one: Section, query: str, rarity: tuple[float, ...] = ()) -> Snippet:
    return snippet(one, parse(query).wanted(), rarity=rarity)


def marked(found: Snippet) -> list[str]:
    return [found.text[start:end] for start, end in found.highlights]


def test_the_body_is_shown_where_the_why_passage_answers_little_better() -> None:
    why = Passage(label="Why this matters", thesis=None, text="Robot training is dear.")
    one = section("A robot is given some training.", why=why)
    assert cut(one, "robot training").field == "body"
    assert cut(section("A robot walks.", why=why), "robot training").field == "why"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("robots", ["Robot’s"]),
        ("GPT-4", ["GPT-4"]),
        ("gpt-4o", ["GPT-4o"]),
        ("gpt", ["GPT", "GPT"]),
        ("train*", ["trained", "training"]),
        ("training", ["trained", "training"]),
        ('"was trained"', ["was", "trained"]),
        ('"gpt 4o"', ["GPT", "4o"]),
        ("body:trained", ["trained", "training"]),
        ("tubingen", ["Tübingen"]),
        ("trained -robot", ["trained", "training"]),
        ("C++ OR absent", ["C++"]),
    ],
)
def test_what_answers_is_highlighted_as_it_stands(query: str, words: list[str]) -> None:
    text = "The Robot’s GPT-4 was trained, and GPT-4o is in training in Tübingen with C++."
    found = cut(section(text), query)
    assert (found.field, found.text) == ("body", text)
    assert marked(found) == words


def test_a_passage_is_whole_sentences_of_two_lines() -> None:
    text = FILLER * 5 + "Here is the whale. " + FILLER * 5
    found = cut(section(text), "whale")
    assert "Here is the whale." in found.text
    assert found.text.startswith("… ")
    assert found.text.endswith(" …")
    inner = found.text.removeprefix("… ").removesuffix(" …")
    assert inner[0].isupper()
    assert inner[-1] == "."
    assert 100 <= len(inner) <= WIDTH


def test_the_passage_with_most_of_the_words_close_together_wins() -> None:
    apart = FILLER + "A whale was seen. " + FILLER * 3 + "An otter was too."
    together = "There is one whale and one otter here."
    found = cut(section(apart, FILLER, together), "whale otter")
    assert together in found.text
    assert marked(found) == ["whale", "otter"]


def test_a_sentence_too_long_is_cut_at_words_around_what_answers() -> None:
    text = "word " * 100 + "whale " + "word " * 100
    found = cut(section(text.strip() + "."), "whale")
    assert WIDTH - 20 <= len(found.text) <= WIDTH
    assert marked(found) == ["whale"]
    assert set(found.text.split()) <= {"word", "whale", "word.", "…"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("robots", "body"),  # only in the heading: the body's beginning, unmarked
        ("whales", "deck"),
        ("money", "why"),
        ("thesis", "why"),
        ("report", "link"),
        ("kind:story", "body"),
        ("why:body", "body"),
    ],
)
def test_the_snippet_says_where_it_is_from(query: str, field: str) -> None:
    one = section(
        "The body begins here.",
        why=Passage(label="Why", thesis="a thesis", text="It is money."),
        links=(Link(label=None, text="The report", url=None),),
    )
    found = cut(one, query)
    assert found.field == field
    assert bool(found.highlights) == (query in {"whales", "money", "thesis", "report"})


def test_lines_of_one_paragraph_are_one_passage() -> None:
    blocks = (
        Block(runs=(Run(text="the blue"),)),
        Block(runs=(Run(text="whale"),), joined=True),
        Block(runs=(Run(text="Read more: whale"),), part=Part.LINK),
    )
    found = cut(section(blocks=blocks), '"blue whale"')
    assert found.text == "the blue whale"
    assert marked(found) == ["blue", "whale"]


def test_a_section_of_nothing_but_a_heading_shows_that() -> None:
    assert cut(section(deck=None), "robots") == Snippet(
        field="heading", text="A heading about robots", highlights=()
    )


WORDS = st.lists(
    st.sampled_from(
        ["whale", "whales", "otter.", "a", "“x”", "ﬁne", "co\u00adop", "x" * 400, "\n"]
    ),
    max_size=60,
)


@given(
    st.lists(WORDS.map(" ".join), max_size=4),
    st.sampled_from(["whale", "whale otter", '"a whale"', "w* a", "fine", "coop", "kind:story"]),
)
def test_highlights_are_sorted_disjoint_and_inside(lines: list[str], query: str) -> None:
    found = cut(section(*lines), query)
    ends = [0, *[place for span in found.highlights for place in span]]
    assert ends == sorted(ends)
    assert ends[-1] <= len(found.text)
    assert all(start < end for start, end in found.highlights)
    assert "\n" not in found.text
    # Only a word that does not fit may be longer: 400 letters here, or two in a phrase.
    assert len(found.text) <= WIDTH or "x" * 100 in found.text


def test_a_paragraph_of_thousands_of_answers_shows_a_passage_of_them() -> None:
    found = cut(section("\n".join(["Gpt, 5"] * 4000 + ["Gpt 4o and gpt 5"])), "gpt")
    assert found.text.startswith("Gpt, 5 Gpt, 5")
    assert len(found.text) <= WIDTH
    assert set(marked(found)) == {"Gpt"}


def test_words_close_together_win_among_thousands_of_one() -> None:
    text = "\n".join(["Gpt, 5"] * 3000 + ["A whale on gpt."] + ["Gpt, 5"] * 3000)
    found = cut(section(text), "gpt whale")
    assert "A whale on gpt." in found.text


def test_words_that_the_passage_lacks_are_shown_where_they_stand_in_more_fragments() -> None:
    one = section(
        f"An otter was seen. {FILLER * 4}",
        f"{FILLER * 3}A heron stood by. {FILLER * 3}",
        f"{FILLER * 3}A newt lay in the mud. {FILLER * 3}",
        f"{FILLER * 3}A toad was heard. {FILLER * 3}",
    )
    found = cut(one, "otter heron newt toad")
    assert marked(found) == ["otter", "heron", "newt", "toad"]
    assert found.text.count(" … ") == 3
    assert len(found.text) <= WIDTH
    assert "  " not in found.text


def test_a_passage_that_has_every_word_stands_alone() -> None:
    one = section(f"{FILLER * 4}The otter met the heron. {FILLER * 4}", f"A heron. {FILLER * 3}")
    found = cut(one, "otter heron")
    assert marked(found) == ["otter", "heron"]
    assert found.text.count("heron") == 1


@pytest.mark.parametrize("context", [1, 2, 50])
def test_context_is_whole_sentences_on_either_side_across_paragraphs(context: int) -> None:
    before = [f"Before {n} there was one. " for n in range(1, 9)]
    after = [f"After {n} came another. " for n in range(1, 9)]
    one = section("".join(before), "The otter swam.", "".join(after))
    found = snippet(one, parse("otter").wanted(), context)
    assert marked(found) == ["otter"]
    shown = min(context, 8)
    assert f"Before {9 - shown} there" in found.text
    assert f"After {shown} came" in found.text
    assert f"Before {8 - shown} there" not in found.text
    assert found.text.startswith("… ") == found.text.endswith(" …") == (context < 8)


def test_the_sentence_with_what_is_rare_comes_before_one_with_more_words() -> None:
    common = "Many models need data of this kind, and models of this kind need data. "
    rare = "A fusor needs a kitchen, a pump and some patience from all who live there. "
    one = section(f"{common}{FILLER * 3}{rare}{FILLER * 3}")
    asked = "models data fusor"
    assert cut(one, asked).text.removeprefix("… ").startswith(common.strip())
    assert cut(one, asked, (0.1, 0.1, 4.0)).text.startswith(f"… {rare.strip()}")


def test_a_whole_sentence_comes_before_part_of_one_with_the_same_words() -> None:
    long = "word " * 60 + "the otter met a heron " + "word " * 60
    short = "One otter was seen near the bank, and one heron."
    found = cut(section(f"{long.strip()}. {FILLER * 2}{short}"), "otter heron")
    assert found.text.endswith(short)


@pytest.mark.parametrize(
    ("rarity", "text"),
    [
        ((3.0, 3.0, 0.5), "Whales sing to otters"),  # all that is rare, and no more to see
        ((0.5, 0.5, 3.0), "A heron."),
    ],
)
def test_a_deck_or_a_thesis_is_shown_if_it_has_more_of_what_is_rare(
    rarity: tuple[float, ...], text: str
) -> None:
    lines = (f"The whale. {FILLER * 2}A heron. {FILLER * 2}An otter. {FILLER * 2}",)
    deck = section(*lines, deck="…Whales sing to otters…")
    why = Passage(label="Why", thesis="Whales sing to otters", text=FILLER)
    for one, field in ((deck, "deck"), (section(*lines, why=why, deck=None), "why")):
        found = cut(one, "whales otters heron", rarity)
        assert text in found.text
        assert found.field == (field if text.startswith("Whales") else "body")


def test_what_answers_best_is_first_and_as_whole_as_it_can_be() -> None:
    best = "An otter and a heron met in the reeds."
    one = section(f"A toad sat there. {FILLER * 4}", f"{FILLER * 4}{best} {FILLER * 4}")
    found = cut(one, "otter heron toad", (4.0, 4.0, 2.0))
    assert found.text.startswith(f"… {best} … A toad sat there. ")
    assert marked(found) == ["otter", "heron", "toad"]


def test_a_word_that_most_sections_have_gets_no_fragment() -> None:
    one = section(f"{FILLER * 4}A model. {FILLER * 4}", f"{FILLER * 4}A fusor. {FILLER * 4}")
    assert marked(cut(one, "fusor model", (4.0, 2.0))) == ["fusor", "model"]
    assert marked(cut(one, "fusor model", (4.0, 0.3))) == ["fusor"]
    assert marked(cut(one, "model", (0.3,))) == ["model"]


def test_of_a_long_query_the_rare_words_are_shown() -> None:
    names = ["otter", "heron", "newt", "toad", "stoat", "vole"]
    one = section(*(f"{FILLER * 4}One {name}. {FILLER * 4}" for name in names))
    found = cut(one, " ".join(names), (4.0, 4.0, 4.0, 1.0, 1.0, 1.0))
    assert marked(found) == ["otter", "heron", "newt"]


def test_a_word_without_worth_is_marked_where_it_stands_and_has_no_fragment() -> None:
    one = section(f"{FILLER * 4}A lynx. {FILLER * 4}", f"A cat met an otter. {FILLER * 4}")
    assert marked(cut(one, "otter cat lynx", (3.0, 0.0, 0.0))) == ["cat", "otter"]
    assert marked(cut(one, "lynx", (0.0,))) == ["lynx"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A whale was seen by Li et al. (2024) off the coast.",
        "A whale vs. an otter is no match.",
        "The whale… was it a whale at all?",
        "“A whale!” cried J. Smith, who had seen it.",
        "A whale is seen at last. " + "o3 saw it first.",
    ],
)
def test_a_sentence_ends_where_its_stop_ends_it(sentence: str) -> None:
    from backissue.index.search.snippets import sentences

    count = 2 if "o3" in sentence else 1
    every = sentences(f"Before it. {sentence} After it.\n\nAfter that.")
    assert len(every) == 3 + count


def test_a_long_sentence_is_cut_between_its_parts() -> None:
    before, after = "some words, " * 12, ", some words" * 12
    found = cut(section(f"Here are {before}one whale that swam{after}."), "whale")
    inner = found.text.removeprefix("… ").removesuffix(" …")
    assert inner.startswith("some words, ")
    assert inner.endswith("some words,")
