"""The promises of words.py: what is one word, what finds it, and what does not."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.index import Index
from backissue.index.storage.writer import write
from backissue.query import SearchOptions
from backissue.query.parsing import parse
from backissue.text import words as analyser
from backissue.text.wildcards import pattern
from backissue.text.words import LONGEST_RUN, kin, phrase, placed, read_words, stem, tokens
from tests.test_index import issue, section

# Each of these is found as written, and finds none of the others.
VOCABULARY = """
    GPT-4 GPT-4o GPT-2 GPT-3 o1 o3 C C++ C# R R&D .NET NET π0 8-bit 8 $80bn $693m 10^25 x.com
    3.1-405B DeepSeek-R1-Lite-Preview Qwen2.5-Coder 100,000 100 2.5 1-8 don't don Tübingen Tuebingen
    50% A+
"""


def texts(text: str) -> set[str]:
    return {token.text for token in tokens(text)}


def found_in(query: str, text: str) -> bool:
    (word,) = phrase(query)
    return word[1] in texts(text)


@pytest.mark.parametrize("word", VOCABULARY.split())
@pytest.mark.parametrize("frame", ["{}", "({}),", "“{}”", "a {} b", "see {}.", "{}: yes", "{}; no"])
def test_a_name_is_found_as_written_wherever_it_stands(word: str, frame: str) -> None:
    assert found_in(word, frame.format(word))


@pytest.mark.parametrize("text", VOCABULARY.split())
def test_names_are_not_one_another(text: str) -> None:
    allowed = {("8", "8-bit"), ("8", "1-8")}
    found = {word for word in VOCABULARY.split() if found_in(word, text)}
    assert found - {text} == {word for word, whole in allowed if whole == text}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("GPT-4", "GPT-4’s"),
        ("GPT-4", "a GPT-4-class model"),
        ("gpt", "GPT-4o"),
        ("4o", "GPT-4o"),
        ("o1", "o1-preview"),
        ("GPT-2", "GPT-2/GPT-3"),
        ("GPT-3", "GPT-2/GPT-3"),
        ("Qwen2.5", "Qwen2.5-Coder"),
        ("R1-Lite", "DeepSeek-R1-Lite-Preview"),
        ("405B", "LLaMa 3.1-405B"),
        ("don't", "don’t"),
        ("don’t", "don't"),
        ("google", "Google’s"),
        ("Tubingen", "Tübingen"),
        ("Tübingen", "Tu\u0308bingen"),
        ("cooperate", "co\u00adoperate"),
        ("fine", "ﬁne"),
        ("1-8", "1–8"),
        ("80bn", "$80bn"),
        ("50", "50%"),
        ("10^25", "10²⁵"),
        ("well-known", "well\u2011known"),
        ("known", "known\u00a0unknowns"),
        ("growth", "growth.The"),
        ("x.com", "https://x.com/a"),
        ("C++", "C++-style"),
        ("AI", "#AI"),
        ("智能", "人工智能"),
        ("ト", "ヿ"),
    ],
)
def test_one_spelling_finds_the_other(query: str, text: str) -> None:
    assert found_in(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("GPT-4", "GPT-4o"),
        ("GPT-4", "GPT-4.5"),
        ("C", "C++ and C#"),
        ("C#", "C++"),
        ("R", "R&D"),
        ("NET", ".NET"),
        ("o1", "o10"),
        ("$80bn", "80bn"),
        ("Tübingen", "Tuebingen"),
        ("Tuebingen", "Tübingen"),
        ("2.5", "Qwen2.5"),
        ("100", "100,000"),
        ("1-8", "1 8"),
        ("self-driving", "self driving"),
    ],
)
def test_one_spelling_does_not_find_the_other(query: str, text: str) -> None:
    assert not found_in(query, text)


def test_common_words_are_words() -> None:
    assert [word for _, word in phrase("to be or not to be")] == [
        "to",
        "be",
        "or",
        "not",
        "to",
        "be",
    ]


def test_a_compound_takes_the_positions_of_its_parts() -> None:
    assert phrase("the GPT-4o model") == ((0, "the"), (1, "gpt-4o"), (3, "model"))
    assert phrase("the GPT 4o model") == ((0, "the"), (1, "gpt"), (2, "4o"), (3, "model"))


def test_a_long_compound_is_a_phrase_of_its_runs() -> None:
    parts = ["a1", "b2", "c3", "d4", "e5", "f6"]
    assert phrase("-".join(parts)) == ((0, "-".join(parts[:LONGEST_RUN])), (4, "e5-f6"))


@given(st.text())
def test_offsets_lie_in_the_text_and_positions_rise(text: str) -> None:
    last = 0
    for token in tokens(text):
        assert 0 <= token.start < token.end <= len(text)
        assert token.text
        assert token.span >= 1
        assert token.position >= last
        last = token.position


@given(st.text(alphabet="aZé4.-+#&$'’ 1,%^:_/ü\u00ad\u0308人", max_size=30))
def test_what_is_indexed_of_a_text_holds_what_the_text_asks_for(text: str) -> None:
    held = {(token.position, token.text) for token in tokens(text)}
    assert set(phrase(text)) <= held


@given(st.text(alphabet="aZé4.-+#&$'’1,%^:_ü\u00ad人", min_size=1, max_size=20))
def test_a_word_is_found_by_its_own_folded_spelling(text: str) -> None:
    for token in tokens(text):
        assert token.text in texts(token.text)


@pytest.mark.parametrize("text", ["人'Z+", "学习'C++'", "人.a", "a'人"])
def test_a_sign_between_two_scripts_is_kept_in_the_word_they_make(text: str) -> None:
    assert all(token.text in texts(token.text) for token in tokens(text))


SAME = [
    "robot robots",
    "company companies",
    "train trained training trains trainings",
    "scale scales scaled scaling",
    "release releases released releasing",
    "run runs running",
    "control controlled controlling",
    "use uses used using",
    "class classes",
    "generate generates generated generating",
    "embed embeds embedded embedding embeddings",
    "gpu gpus",
    "policy policies",
    "charge charged charging",
]


@pytest.mark.parametrize("group", SAME)
def test_inflections_of_one_word_have_one_stem(group: str) -> None:
    assert len({stem(word) for word in group.split()}) == 1


APART = [
    "universal university universe",
    "general generative generation generate",
    "new news",
    "organ organization organize",
    "plan plane",
    "unit united",
    "car care",
    "us use",
    "thing thin",
    "policy police",
    "gpt-4 gpt-4o",
]


@pytest.mark.parametrize("group", APART)
def test_other_words_keep_stems_of_their_own(group: str) -> None:
    words = group.split()
    assert len({stem(word) for word in words}) == len(words)


@given(st.from_regex(r"[a-z]{1,8}(s|es|ies|ed|ied|ing|ings)?", fullmatch=True))
def test_kin_is_the_inverse_of_stem(word: str) -> None:
    base = stem(word)
    for other in kin(word):
        assert stem(other) == base
        assert word in kin(other)


@pytest.mark.parametrize("word", ["gpt-4", "c++", "$80bn", "o1s", "8-bit", "π0s", "don't"])
def test_a_word_with_a_digit_or_sign_has_no_other_forms(word: str) -> None:
    assert stem(word) == word
    assert kin(word) == ()


@given(st.text(alphabet="aZé4.-+#&$'’ 1,%^:_/ü\u00ad\u0308人;)!\n", max_size=40) | st.text())
def test_indexing_and_highlighting_see_the_same_words(text: str) -> None:
    count, found = placed(text)
    seen = list(tokens(text))
    assert found == [(token.text, token.position) for token in seen]
    assert count == max([token.position + token.span for token in seen], default=0)


# --- with the whole engine: which queries find a text --------------------------------------------

CASES = [
    case
    for path in sorted((Path(__file__).parent / "cases/words").glob("*.toml"))
    for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index in which each case's text is the only section of the issue with its number."""
    folder = tmp_path_factory.mktemp("words") / "index"
    texts = [section(heading="-", body=case["text"]) for case in CASES]
    write(folder, add=[issue(number, text) for number, text in enumerate(texts, 1)])
    return folder


@pytest.mark.parametrize("number", range(1, len(CASES) + 1))
def test_a_text_is_found_by_these_queries_and_not_by_those(library: Path, number: int) -> None:
    case = CASES[number - 1]
    with Index.open(library) as index:
        finding = {
            query
            for query in [*case["found"], *case["missed"]]
            if index.searcher.search(SearchOptions(query=parse(f"({query}) issue:{number}"))).total
        }
    assert finding == set(case["found"])


def test_the_spelling_with_its_accents_comes_first(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(folder, add=[issue(1, "in Tubingen now"), issue(2, "in Tübingen now")])
    with Index.open(folder) as index:
        hits = index.searcher.search(SearchOptions(query=parse("Tübingen"))).hits
        assert [hit.issue.id for hit in hits] == ["2", "1"]
        assert index.searcher.search(SearchOptions(query=parse('"in Tübingen"'))).total == 1


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Sc*ing", "sc*ing"),
        ("GPT-*", "gpt-*"),
        ("GPT–4*", "gpt-4*"),
        ("(‘don’t*", "don't*"),
        ("...foo*", "foo*"),
        (".N*", ".n*"),
        ("$8*", "$8*"),
        ("C+*", "c+*"),
        ("ﬁ*", "fi*"),
        ("Tüb*", "tüb*"),
        ("co\u00adop*", "coop*"),
        ("*?", ""),
        ("&*", ""),
        ("a/b*", None),
        ("人工*", None),
        ("人*", "人*"),
    ],
)
def test_a_pattern_is_folded_as_words_are(text: str, folded: str | None) -> None:
    assert pattern(text) == folded


@given(st.text(alphabet="aZé4.-+#&$'’%^:_ü\u00ad人", min_size=1, max_size=12))
def test_a_word_begins_as_its_own_prefix_does(text: str) -> None:
    for token in tokens(text):
        folded = pattern(f"{token.text}*")
        assert folded is None or any(word.startswith(folded[:-1]) for word in texts(text))


def test_every_inflection_in_the_list_has_its_base() -> None:
    lines = read_words(Path(analyser.__file__).with_name("inflections.txt"))
    assert len(lines) > 40
    for base, *forms in lines:
        assert {stem(form) for form in forms} == ({base} if base != "=" else set(forms))


def test_a_list_of_words_has_comments_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("# about\n\ngo goes  # and gone\n= news\n", encoding="utf-8")
    assert read_words(path) == (("go", "goes"), ("=", "news"))
