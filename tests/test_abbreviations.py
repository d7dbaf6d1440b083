"""Which abbreviations a text defines: the cases, and what holds of any text."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.index import Index
from backissue.index.storage import Snapshot
from backissue.index.storage.writer import write
from backissue.query import NO_SYNONYMS, SearchOptions, Synonyms
from backissue.query.parsing import parse
from backissue.query.synonyms import defined
from backissue.records import Hit
from backissue.text.abbreviations import definitions
from tests.test_index import issue

_FILE = Path(__file__).parent / "cases" / "text" / "abbreviations.toml"
CASES = tomllib.loads(_FILE.read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:40] for case in CASES])
def test_a_text_defines_these_abbreviations_and_no_others(case: dict[str, Any]) -> None:
    assert [[*pair] for pair in definitions(case["text"])] == case["defines"]


_PIECES = ("A", "AI", "A.I.", "the-art", "large", "Language", "models", "of", "RNA", "’s", "“x”")
_SIGNS = ("–", "(LLM)", "(LMs)", "(oA)", "(", ")", "\n")


@given(st.text() | st.lists(st.sampled_from(_PIECES + _SIGNS), max_size=30).map(" ".join))
def test_both_forms_of_a_definition_are_in_the_text(text: str) -> None:
    plain = " ".join(text.split())
    for short, long in definitions(text):
        assert short in plain
        assert long[:-1] in plain  # a plural's last letter may be another: policies, policy
        assert " " in long or "-" in long or "/" in long


def test_a_long_text_full_of_brackets_is_read_in_a_moment() -> None:
    """Ways to leave out words, and to continue one, are not tried without end."""
    joining = "a " * 40 + "(ABAAAAAAAB) "
    assert definitions(joining * 200) == ()
    assert definitions("(" * 20_000 + "A" * 20_000 + " (" + "a-" * 10_000) == ()


# --- what the index stores of them ---------------------------------------------------------------


def forms(folder: Path, *asked: str | None) -> list[str]:
    """The other forms of the words of a query; before each, the words it is for."""
    with Snapshot.open(folder) as snapshot:
        return [
            f"{' '.join(filter(None, asked[first:end]))}: {' '.join(saying)}"
            for first, end, saying in defined(asked, snapshot.tags)
        ]


def test_an_index_knows_both_forms_in_any_inflection(tmp_path: Path) -> None:
    write(tmp_path / "index", add=[issue(1, "They train large language models (LLMs).")])
    folder = tmp_path / "index"
    assert forms(folder, "llm") == ["llm: large language model"]
    assert forms(folder, "cheap", "llms", "win") == ["llms: large language model"]
    assert forms(folder, "large", "language", "model") == ["large language model: llm"]
    assert forms(folder, "a", "large", "language", "models") == ["large language models: llm"]
    for other in (
        "ll",
        "llmx",
        "large language",
        "large",
        "large languages modes",
        "language model",
    ):
        assert forms(folder, *other.split()) == []
    assert forms(folder, "large", None, "language", "model", None) == []


def test_a_function_word_is_no_abbreviation(tmp_path: Path) -> None:
    write(tmp_path / "index", add=[issue(1, "The controller area network (CAN) can.")])
    assert forms(tmp_path / "index", "what", "can", "it", "do") == []
    assert forms(tmp_path / "index", "controller", "area", "networks") == [
        "controller area networks: can"
    ]


def test_a_compound_is_a_long_form_of_its_parts(tmp_path: Path) -> None:
    write(tmp_path / "index", add=[issue(1, "A mixture-of-experts (MoE), by input-output (I/O)")])
    folder = tmp_path / "index"
    assert forms(folder, "moe") == ["moe: mixture of experts"]
    assert forms(folder, "mixture", "of", "experts") == ["mixture of experts: moe"]
    assert forms(folder, "a", "mixture-of-experts") == ["mixture-of-experts: moe"]
    assert forms(folder, "mixture", "of-expert", "model") == ["mixture of-expert: moe"]
    assert forms(folder, "mixture", "of-experts-model") == forms(folder, "i", "o") == []


def test_the_three_meanings_that_most_sections_define_count(tmp_path: Path) -> None:
    mad, deal, disorder, most = (
        "Mutual assured destruction (MAD)",
        "Mutually agreed deals (MADs)",
        "Model Autophagy Disorder (MAD)",
        "Many arms, dear (MAD), most arms dear (MAD)",
    )
    write(tmp_path / "index", add=[issue(1, most, mad, deal), issue(2, disorder, mad, mad)])
    assert forms(tmp_path / "index", "mad") == [
        "mad: mutual assured destruction",
        "mad: model autophagy disorder",
        "mad: most arms dear",
    ]


def test_inflections_of_a_long_form_are_one_in_the_most_frequent(tmp_path: Path) -> None:
    plural = "large language models (LLM)"
    write(tmp_path / "index", add=[issue(1, plural, "large language model (LLM)", plural)])
    assert forms(tmp_path / "index", "llm") == ["llm: large language models"]


@pytest.mark.parametrize("others", [0, 5])
def test_what_a_removed_issue_defines_is_gone(tmp_path: Path, others: int) -> None:
    """Whether or not its segment is merged at once."""
    folder = tmp_path / "index"
    rest = [issue(number, "a plain text") for number in range(2, 2 + others)]
    write(folder, add=[issue(1, "large language models (LLMs)"), *rest])
    write(folder, add=[issue(9, "test-time compute (TTC)")], remove=["import-ai/1"])
    assert forms(folder, "llm") == forms(folder, "large", "language", "model") == []
    assert forms(folder, "ttc") == ["ttc: test time compute"]


def test_definitions_of_several_commits_are_counted_together(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(
        folder, add=[issue(1, "Near Conscious Entity (NCE)"), *[issue(n, "b") for n in range(2, 9)]]
    )
    write(folder, add=[issue(20, "natural clear end (NCE)", "Natural clear end (NCE)")])
    with Snapshot.open(folder) as snapshot:
        assert len(snapshot.segments) == 2
    assert forms(folder, "nce") == ["nce: natural clear end", "nce: near conscious entity"]


# --- a search ------------------------------------------------------------------------------------


TEXTS = (
    "A retrieval-augmented generator (RAG) answers.",
    "The RAG of today.",
    "Two retrieval-augmented generators compete.",
    "A wolf of otters.",
)


def hits(folder: Path, query: str, **options: Any) -> tuple[Hit, ...]:
    """What a query finds in an index of `TEXTS`."""
    if not any(folder.iterdir()):
        write(folder, add=[issue(number, text) for number, text in enumerate(TEXTS, 1)])
    asked = {"partial": True, "fill": True, "synonyms": Synonyms(), **options}
    with Index.open(folder) as index:
        return index.searcher.search(SearchOptions(query=parse(query), **asked)).hits


def found(folder: Path, query: str, **options: Any) -> list[tuple[Any, ...]]:
    """The sections that a query finds, whether each is complete, and by which synonyms."""
    return [(hit.issue.id, hit.complete, *hit.instead) for hit in hits(folder, query, **options)]


def test_a_search_for_one_form_finds_the_other_below_the_line(tmp_path: Path) -> None:
    assert found(tmp_path, "RAGs") == [
        ("2", True),
        ("1", True),
        ("3", False, ("rags", "retrieval augmented generators")),
    ]
    assert found(tmp_path, "retrieval-augmented generator") == [
        ("1", True),
        ("3", True),
        ("2", False, ("retrieval-augmented generator", "rag")),
    ]


def test_what_has_the_other_form_marks_it(tmp_path: Path) -> None:
    snippet = hits(tmp_path, "RAG")[-1].snippet
    marked = [snippet.text[start:end] for start, end in snippet.highlights]
    assert marked == ["retrieval", "augmented", "generators"]


def test_abbreviations_are_switched_off_with_what_is_built_in(tmp_path: Path) -> None:
    assert found(tmp_path, "RAG", synonyms=NO_SYNONYMS) == [("2", True), ("1", True)]
    assert found(tmp_path, "RAG", partial=False) == [("2", True), ("1", True)]
    assert found(tmp_path, "RAG*") == [("2", True), ("1", True)]


def test_a_query_with_both_forms_counts_neither_twice(tmp_path: Path) -> None:
    assert found(tmp_path, "retrieval augmented generators RAG wolf")[1:] == [
        ("3", False),
        ("4", False),
        ("2", False),
    ]


def test_a_form_of_several_words_stands_for_all_of_them(tmp_path: Path) -> None:
    assert found(tmp_path, "wolf retrieval augmented generators")[-2:] == [
        ("4", False),
        ("2", False, ("retrieval augmented generators", "rag")),
    ]
