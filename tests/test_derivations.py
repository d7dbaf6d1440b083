"""Words of the same origin: which spelling shows, and which it must not."""

import tomllib
from itertools import combinations
from pathlib import Path

import pytest

from backissue.query.synonyms import derived
from backissue.text import words

CASES = tomllib.loads(
    (Path(__file__).parent / "cases/derivations/derivations.toml").read_text("utf-8")
)


@pytest.mark.parametrize("line", CASES["together"])
def test_a_word_is_of_the_same_origin_as_those_made_from_it(line: str) -> None:
    first, *others = line.split()
    assert [other for other in others if other not in derived(first)] == []


@pytest.mark.parametrize("line", CASES["apart"])
def test_words_that_only_look_alike_are_kept_apart(line: str) -> None:
    pairs = combinations(line.split(), 2)
    assert [pair for pair in pairs if words.stem(pair[1]) in derived(pair[0])] == []


@pytest.mark.parametrize("line", CASES["together"] + CASES["apart"])
def test_what_is_derived_is_so_both_ways_in_any_inflection_and_never_an_inflection(
    line: str,
) -> None:
    for word in line.split():
        base = words.stem(word)
        made = derived(word)
        assert word not in made
        assert made == derived(base)
        assert [other for other in made if words.stem(other) != other] == []
        assert [other for other in made if base not in derived(other)] == []


@pytest.mark.parametrize("word", ["", "a", "the", "gpt-4o", "c++", "30%", "人工智能"])
def test_names_and_words_too_short_are_of_no_origin(word: str) -> None:
    assert derived(word) == ()
