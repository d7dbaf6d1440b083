"""The promises of variants.py: which spellings are of one name, and when words are one together."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.cli.helping import query_page
from backissue.index import Index
from backissue.index.storage.writer import write
from backissue.query import SearchOptions
from backissue.query.parsing import parse
from backissue.text import words
from backissue.text.variants import spellings, together
from tests.test_index import issue, section


def written(word: str) -> list[str]:
    """The spellings of a word, as text."""
    return [" ".join(text for _, text in spelling) for spelling in spellings(word)]


@pytest.mark.parametrize(
    ("word", "others"),
    [
        ("gpt-4o", ["gpt 4o", "gpt4o"]),
        ("gpt4o", ["gpt 4o"]),
        ("llama-3.1-405b", ["llama 3.1 405b", "llama3.1 405b"]),
        ("deepseek-v3", ["deepseek v3", "deepseekv3"]),
        ("state-of-the-art", ["state of the art"]),
        ("f16", ["f-16"]),
        ("3d-printing", ["3d printing", "3-d printing"]),
        ("80bn", ["80 billion", "80b", "80-b", "80 bn"]),
        ("50%", ["50 percent", "50 per cent"]),
        ("10^25", ["1e25"]),
        ("5e25", ["5 10^25", "5 x 10^25", "5x10^25"]),
    ],
)
def test_a_name_has_its_other_spellings(word: str, others: list[str]) -> None:
    assert written(word) == others


@pytest.mark.parametrize(
    "word",
    [
        *("training", "c++", "r&d", "x.com", "12:30", "2024", "100,000", "2.5", "2411.19870"),
        *("10-20", "2024-12", "2024-12-05", "1-8", "10-50%", "192.168.1.1", "$80", "u.s"),
        *("to-do", "how-to", "a-list", "人工智能", "don't", "in2024"),
    ],
)
def test_what_is_written_in_one_way_has_no_other_spelling(word: str) -> None:
    assert written(word) == []


@pytest.mark.parametrize(
    ("query", "one_word"),
    [
        ("gpt 4o", "gpt4o"),
        ("deepseek v3", "deepseekv3"),
        ("the 8 bit model", "8bit"),
        ("gpt 4-turbo", "gpt4 turbo"),
        ("80 billion", "80bn"),
        ("80 billion dollars", "$80bn"),
        ("50 per cent", "50%"),
        ("3.8 x 10^25", "3.8e25"),
    ],
)
def test_words_of_a_query_are_one_name_together(query: str, one_word: str) -> None:
    found = {" ".join(text for _, text in one.spelling) for one in together(query.split())}
    assert one_word in found


@pytest.mark.parametrize(
    "query",
    ["section a 1", "f 16", "a 100", "in 2024", "v 2", "10 20", "1 b", "open source", "c ++"],
)
def test_words_beside_one_another_are_no_name(query: str) -> None:
    assert list(together(query.split())) == []


def test_what_is_no_plain_word_parts_a_name() -> None:
    assert list(together(["gpt", None, "4o"])) == []


@given(st.text(alphabet="aeIZé4.-+#&$'’1,%^:_ü\u00ad人bnmx", min_size=1, max_size=20))
def test_every_spelling_is_of_words_as_the_index_has_them(text: str) -> None:
    for token in words.tokens(text):
        for spelling in spellings(token.text):
            at = 0
            for place, word in spelling:
                assert place == at
                at += next(words.tokens(word)).span


# --- with the whole engine ------------------------------------------------------------------------

Name = dict[str, list[str]]
CASES = Path(__file__).parent / "cases/names/names.toml"
NAMES: list[Name] = tomllib.loads(CASES.read_text(encoding="utf-8"))["name"]
FILLER = "Nothing else is said here. " * 40
TEXTS = sorted({text for name in NAMES for texts in name.values() for text in texts})
EACH = pytest.mark.parametrize("name", NAMES, ids=lambda name: name["same"][0])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index in which each text of the cases is the only section of an issue.

    Each stands among other words, so that all sections are about as long.
    """
    folder = tmp_path_factory.mktemp("names") / "index"
    texts = [section(heading="-", body=f"It was {text}. {FILLER}") for text in TEXTS]
    write(folder, add=[issue(at, text) for at, text in enumerate(texts)])
    return folder


def finding(index: Index, query: str) -> list[str]:
    """The texts that a query finds, the best first."""
    asked = SearchOptions(query=parse(query), limit=None)
    return [TEXTS[hit.issue.number or 0] for hit in index.searcher.search(asked).hits]


def has(text: str, query: str) -> bool:
    """Whether a text has each telling word of a query by itself, wherever it is."""
    telling = {word for _, word in words.phrase(query)} - words.function_words()
    return telling <= {one.text for one in words.tokens(text)}


@EACH
def test_every_spelling_of_a_name_finds_every_other(library: Path, name: Name) -> None:
    with Index.open(library) as index:
        for query in name["same"]:
            found = set(finding(index, query))
            assert {*name["same"], *name.get("within", ())} <= found, query
            others = found & {*name["other"], *name.get("part", ())}
            assert not [text for text in others if " " not in query or not has(text, query)], query
        for query in name.get("part", ()):
            assert set(name["same"]) <= set(finding(index, query)), query


@EACH
def test_another_name_does_not_find_it(library: Path, name: Name) -> None:
    with Index.open(library) as index:
        for query in name["other"]:
            found = set(finding(index, query)) & set(name["same"])
            assert not [text for text in found if not has(text, query)], query


@EACH
def test_the_spelling_as_typed_comes_first(library: Path, name: Name) -> None:
    with Index.open(library) as index:
        for query in name["same"]:
            as_typed = [has(text, query) for text in finding(index, query)]
            assert as_typed == sorted(as_typed, reverse=True), query


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("GPT4o", ["GPT-4o", "GPT", "4o", "GPT4o"]),
        ("GPT-4o", ["GPT-4o", "GPT", "4o", "GPT4o"]),
        ("GPT 4o", ["GPT", "4o", "GPT", "4o", "GPT4o"]),
        ('"GPT-4o"', ["GPT-4o"]),
        ("80bn", ["$80bn", "$80", "billion"]),
        ("80 billion", ["$80bn", "$80", "billion"]),
        ("open-source", ["open", "source"]),
        ("source -GPT4o", ["source"]),
    ],
)
def test_each_spelling_of_a_name_is_marked(query: str, expected: list[str]) -> None:
    text = "GPT-4o, a GPT 4o and GPT4o: an open source of $80bn, or $80 billion."
    with Index.empty() as index:
        found = index.searcher.places(parse(query))("body", text)
    assert [text[start:end] for start, end in found] == expected


def test_the_spellings_that_a_section_has_are_explained(tmp_path: Path) -> None:
    write(tmp_path / "index", add=[issue(1, section(heading="GPT-4o", body="a GPT 4o and GPT4o"))])
    with Index.open(tmp_path / "index") as index:
        (earned,) = index.searcher.explain(SearchOptions(query=parse("GPT-4o")), "import-ai/1", 1)
    assert [(form.word, form.zones) for form in earned.forms] == [
        ("gpt-4o", (("heading", 1),)),
        ("gpt 4o", (("body", 1),)),
        ("gpt4o", (("body", 1),)),
    ]


def test_a_name_in_another_spelling_is_neither_missing_nor_a_synonym(tmp_path: Path) -> None:
    write(tmp_path / "index", add=[issue(1, "a GPT4o for $80bn"), issue(2, "gpt and 4o")])
    asked = SearchOptions(query=parse("GPT 4o 80 billion"), partial=True)
    with Index.open(tmp_path / "index") as index:
        answer = index.searcher.search(asked)
    assert [(hit.issue.number, hit.missing, hit.instead) for hit in answer.hits][:1] == [
        (1, (), ())
    ]
    assert not answer.relaxed


@pytest.mark.parametrize(
    ("query", "better"), [("gptt-4 chips", "gpt-4 chips"), ("cihps GPT4o", "chips gpt4o")]
)
def test_a_corrected_query_finds_names_in_any_spelling(
    tmp_path: Path, query: str, better: str
) -> None:
    write(tmp_path / "index", add=[issue(1, "chips of GPT 4 and GPT-4o"), issue(2, "GPT-4")])
    with Index.open(tmp_path / "index") as index:
        assert index.searcher.respelled(parse(query)) == better


ROWS = re.findall(
    r"^\| (`[^|]+`) \| ([^|]*) \| ([^|]*) ?\|$",
    query_page().partition("## Names")[2].partition("## Fields")[0],
    re.MULTILINE,
)


@pytest.mark.parametrize(("typed", "found", "missed"), ROWS)
def test_the_query_page_tells_how_names_are_found(
    tmp_path: Path, typed: str, found: str, missed: str
) -> None:
    of_each = [
        [text.removeprefix("and lower ") for text in cell.strip().split(", ") if text]
        for cell in (found, missed)
    ]
    every = [text for texts in of_each for text in texts]
    write(tmp_path / "index", add=[issue(at, f"It was {text}.") for at, text in enumerate(every)])
    with Index.open(tmp_path / "index") as index:
        for query in re.findall("`([^`]+)`", typed):
            hits = index.searcher.search(SearchOptions(query=parse(query), limit=None)).hits
            assert {every[hit.issue.number or 0] for hit in hits} == set(of_each[0]), query


def test_the_query_page_has_names() -> None:
    assert len(ROWS) > 20
