"""The readers: formats are found by content, and blocks come out as their case files say."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.ingest.readers import FORMATS, html, plaintext, reader_for
from backissue.ingest.readers.formats import is_markup
from backissue.records import VERBATIM, Block, BlockKind
from backissue.text.decoding import decode
from backissue.text.prose import squeeze_runs
from tests.conftest import original, reading, source, take_in

CASES = Path(__file__).parent / "cases"


def read_cases(*files: str) -> list[Any]:
    cases = []
    for file in files:
        for case in tomllib.loads((CASES / file).read_text(encoding="utf-8"))["case"]:
            reason = case.get("known_failure")
            marks = (pytest.mark.xfail(reason=reason, strict=True),) if reason else ()
            cases.append(pytest.param(case, id=case["name"], marks=marks))
    return cases


LEVELLED = {BlockKind.HEADING, BlockKind.ITEM, BlockKind.TABLE}


def shown(block: Block, *, squeezed: bool = True) -> str:
    """A block as the case files write it."""
    if block.kind is BlockKind.RULE:
        return "rule"
    runs = squeeze_runs(block.runs) if squeezed and block.kind not in VERBATIM else block.runs
    words = ""
    for run in runs:
        core = run.text.strip()
        if not core:
            words += run.text
            continue
        marks = "**" * run.strong + "*" * run.emphasis
        core = f"{marks}{f'[{core}]({run.url})' if run.url else core}{marks}"
        lead, _, tail = run.text.partition(run.text.strip())
        words += f"{lead}{core}{tail}"
    level = f" {block.level}" if block.kind in LEVELLED else ""
    return f"{'+' * block.joined}{block.kind.value}{level}: {words}"


@pytest.mark.parametrize("case", read_cases("html/blocks.toml", "html/code_and_tables.toml"))
def test_html_becomes_the_blocks_its_case_says(case: dict[str, Any]) -> None:
    assert [shown(block) for block in html.blocks(case["input"])] == case["blocks"]


@pytest.mark.parametrize("case", read_cases("text/blocks.toml", "text/code_and_tables.toml"))
def test_plain_text_becomes_the_blocks_its_case_says(case: dict[str, Any]) -> None:
    found = plaintext.blocks(decode(case["input"].encode()).text)
    squeezed = case.get("squeezed", True)
    assert [shown(block, squeezed=squeezed) for block in found] == case["blocks"]


@pytest.mark.parametrize("case", read_cases("html/format.toml"))
def test_the_format_is_found_from_the_content(case: dict[str, Any]) -> None:
    assert reader_for(original(case["input"])).name == case["format"]
    assert reading(case["input"]).format == case["format"]


def test_the_format_is_never_found_from_the_name(tmp_path: Path) -> None:
    text = source("page.html", "Only words, and no tag.\n\nAnd more of them.")
    page = source("notes.txt", "<p>Words in tags.</p><p>And more of them.</p>")
    report = take_in(tmp_path / "archive", text, page)
    assert [outcome.format for outcome in report.outcomes] == ["plain text", "html"]


def test_every_text_has_a_reader_and_the_last_takes_all() -> None:
    assert FORMATS[-1].recognises(original(""))
    assert len({one.name for one in FORMATS}) == len(FORMATS)


@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "ul", "table", "span", "em", "section"])
def test_nesting_of_five_thousand_levels_is_read_and_keeps_its_words(tag: str) -> None:
    deep = f"<p>before</p>{f'<{tag}>' * 5000}inside{f'</{tag}>' * 5000}<p>after</p>"
    assert [block.text for block in html.blocks(deep)] == ["before", "inside", "after"]


def test_five_thousand_open_tags_are_read_and_keep_their_words() -> None:
    text = " ".join(block.text for block in html.blocks("<p>x</p>" + "<div><b>y" * 5000))
    assert text.count("y") == 5000


def test_words_of_an_unseen_element_never_reach_a_record() -> None:
    page = "<p>seen</p><script>alert('secret')</script><style>secret</style><p>seen</p>"
    (draft,) = reading(page).drafts
    assert "secret" not in repr(draft)


@given(st.text(st.characters(exclude_characters="\r", codec="utf-8")))
def test_plain_text_loses_no_word(text: str) -> None:
    words = "".join(block.text for block in plaintext.blocks(text))
    lost = [char for char in text if char.isalnum() and char not in words]
    assert lost == []


@given(st.text(st.sampled_from("<>/&;#xbpdivulista!-[]\"'= \n\t\xa0*é")))
def test_any_markup_is_survived(text: str) -> None:
    blocks = html.blocks(text)
    assert all(block.kind is BlockKind.RULE or block.text.strip() for block in blocks)


@given(
    st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1), min_size=1)
)
def test_escaped_paragraphs_come_back_word_for_word(words: list[str]) -> None:
    page = "".join(f"<p>{word}</p>" for word in words)
    assert [block.text for block in html.blocks(page)] == words


def test_comments_without_a_page_behind_them_are_told_from_one_at_once() -> None:
    comments = "<!-- one -->" * 1500
    assert not is_markup(comments + "words")
    assert is_markup(comments + "<html>words</html>")


def test_no_cheap_test_keeps_a_text_from_its_reader() -> None:
    from importlib import import_module

    texts = [
        case["input"]
        for file in sorted(CASES.rglob("*.toml"))
        for case in tomllib.loads(file.read_text(encoding="utf-8")).get("case", ())
        if isinstance(case.get("input"), str)
    ]
    files = [path.read_bytes() for path in sorted(CASES.rglob("*")) if path.is_file()]
    saved = "From: <Saved by Blink>\nSubject: Ice\nContent-Type: multipart/related; boundary=b\n\n"
    seen = set()
    for made in map(original, [saved, *texts, *files]):
        for one in FORMATS:
            module = import_module(f"backissue.ingest.readers.{one.module}")
            if module.recognises(made):
                seen.add(one.name)
                assert one.may_be(made.text), (one.name, made.text[:200])
    assert seen == {one.name for one in FORMATS}


def test_a_raised_number_is_a_power_behind_a_digit_alone() -> None:
    (block,) = html.blocks("<p>m<sup>2</sup> and 10<sup>9</sup></p>")
    assert block.text == "m2 and 10⁹"


def test_words_in_brackets_head_a_section_in_capitals_alone() -> None:
    text = "[ Steel ]\n\nIt is dear.\n\n[ Brass ]\n\nIt is not.\n"
    for said, headings in (
        (text, 0),
        (text.replace("Steel", "STEEL").replace("Brass", "BRASS"), 2),
    ):
        kinds = [block.kind for block in plaintext.blocks(said)]
        assert kinds.count(BlockKind.HEADING) == headings
