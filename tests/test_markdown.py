"""Markdown: what is recognised, the blocks it becomes, what its front matter says."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.errors import RejectedSourceError
from backissue.ingest.readers import markdown, reader_for, site_marks
from backissue.ingest.readers.frontmatter import split
from backissue.records import BlockKind
from backissue.text.prose import plain
from tests.conftest import original, reading
from tests.test_readers import read_cases, shown

ISSUE = "# Harbour Notes 12: Cranes\n\n## Cranes\n\nThey [grow](https://e.org/1).\n"


@pytest.mark.parametrize("case", read_cases("markdown/blocks.toml"))
def test_markdown_becomes_the_blocks_its_case_says(case: dict[str, Any]) -> None:
    assert [shown(block) for block in markdown.blocks(case["input"])] == case["blocks"]


@pytest.mark.parametrize("case", read_cases("markdown/format.toml"))
def test_markdown_is_told_from_what_only_looks_like_it(case: dict[str, Any]) -> None:
    assert reader_for(original(case["input"])).name == case["format"]


@pytest.mark.parametrize("case", read_cases("markdown/frontmatter.toml"))
def test_front_matter_says_what_its_case_says(case: dict[str, Any]) -> None:
    facts = reading(case["input"]).drafts[0].facts
    found = {name: getattr(facts, name) for name in case["facts"]}
    found = {name: "" if value is None else value for name, value in found.items()}
    if found.get("date"):
        found["date"] = found["date"].isoformat()
    assert found == case["facts"]


@pytest.mark.parametrize("case", read_cases("markdown/site_marks.toml"))
def test_marks_of_site_generators_are_set_aside(case: dict[str, Any]) -> None:
    text, marks = site_marks.set_aside(case["input"])
    assert (text, list(marks)) == (case["text"], case["marks"])
    assert site_marks.set_aside(text) == (text, ())


def test_marks_of_site_generators_are_boilerplate() -> None:
    (draft,) = reading("# Marsh Letter #4 {.wide}\n\n## Cranes {#one}\n\nThey grow.").drafts
    assert (draft.facts.publication, draft.facts.number) == ("Marsh Letter", 4)
    assert [section.heading for section in draft.sections] == ["Cranes"]
    assert {"{.wide}", "{#one}"} <= set(draft.boilerplate)


def test_front_matter_is_boilerplate_and_in_no_section() -> None:
    (draft,) = reading("---\ntitle: Cranes\ncolour: teal\n---\n\nWords.").drafts
    assert "colour: teal" in draft.boilerplate
    assert "teal" not in repr(draft.sections)


def test_broken_front_matter_loses_nothing() -> None:
    (draft,) = reading('---\ntitle: "Cranes\ndate: [\n---\n\nWords.').drafts
    assert draft.boilerplate == ('title: "Cranes', "date: [")
    assert plain(draft.sections[0].blocks) == "Words."


@pytest.mark.parametrize("field", ["draft: true", "status: draft", "published: false"])
def test_a_draft_is_no_issue(field: str) -> None:
    with pytest.raises(RejectedSourceError, match="has only drafts"):
        reading(f"---\ntitle: Cranes\n{field}\n---\n\nWords.")


def test_front_matter_that_never_ends_is_text() -> None:
    text = "---\ntitle: Cranes\n" + "words\n" * 50
    assert split(text).text == text


@pytest.mark.parametrize(
    "head",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]",
        "a: " + "[" * 5000,
        "a: &x\n  b: *x",
        "date: 2024-99-99",
        "a: !!python/object/apply:os.system ['true']",
        "title: {{ template }}",
    ],
)
def test_hostile_front_matter_is_survived(head: str) -> None:
    (draft,) = reading(f"---\n{head}\n---\n\n{ISSUE}").drafts
    assert draft.facts.number == 12
    assert [section.heading for section in draft.sections] == ["Cranes"]


@pytest.mark.parametrize(
    "unit",
    [">", "- ", "[", "![", "*a ", "**a", "_", "`", "<b>", "<", "| ", "[^1]", "](", "\\", "# "],
)
def test_one_mark_over_and_over_is_survived_and_loses_nothing(unit: str) -> None:
    start = time.perf_counter()
    text = f"{ISSUE}\n{unit * 2000}\ninside\n\nafter\n"
    words = " ".join(block.text for block in markdown.blocks(text))
    assert "inside" in words
    assert "after" in words
    assert time.perf_counter() - start < 5


def test_brackets_that_never_close_are_told_at_once() -> None:
    start = time.perf_counter()
    (block,) = markdown.blocks("[" * 200_000)
    assert block.text == "[" * 200_000
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("unit", ["> ", "- ", "1. "])
def test_nesting_deeper_than_people_nest_is_read_and_keeps_its_words(unit: str) -> None:
    words = " ".join(block.text for block in markdown.blocks(f"before\n\n{unit * 500}inside"))
    assert "before" in words
    assert "inside" in words


@given(st.text(st.sampled_from("#*_[]()>-+!`~|<b/>:\\ \n1.aé^=\"'&;")))
def test_any_markdown_is_survived(text: str) -> None:
    blocks = markdown.blocks(text)
    assert all(block.kind is BlockKind.RULE or block.text.strip() for block in blocks)


@given(st.lists(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1), min_size=1))
def test_paragraphs_come_back_word_for_word(words: list[str]) -> None:
    text = "\n\n".join(f"{word} **{word}**" for word in words)
    assert [block.text for block in markdown.blocks(text)] == [f"{word} {word}" for word in words]


def test_a_day_without_an_hour_is_the_day_of_the_copy_either_way() -> None:
    for day, copied in (
        ("2024-02-05T10:00:00", "2024-02-05"),
        ("2024-02-05", "2024-02-05T10:00:00"),
    ):
        (document,) = markdown.read(
            original(f"---\ntitle: Ice\ndate: {day}\nexported_at: {copied}\n---\nIce.\n")
        )
        assert document.facts.date is None
