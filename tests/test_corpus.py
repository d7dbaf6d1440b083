"""Every fact that a person wrote down about the documents of tests/corpus; `truth` has the form."""

import pytest

from tests.truth import CORPUS, Truth, truths

TRUTHS = truths(CORPUS)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)
def test_a_document_says_what_its_truth_says(truth: Truth) -> None:
    facts = truth.facts()
    assert [str(fact) for fact in facts if not fact.right and not fact.known_wrong] == []
    # What is right now is known wrong no more.
    assert [str(fact) for fact in facts if fact.right and fact.known_wrong] == []


def test_what_is_known_wrong_names_facts_of_its_truth() -> None:
    for truth in TRUTHS:
        known = {f"{fact.place} {fact.name}" for fact in truth.facts()}
        assert set(truth.table.get("wrong", ())) <= known


def test_each_document_of_the_corpus_has_a_truth() -> None:
    told = {source.name.rpartition("/")[2] for truth in TRUTHS for source in truth.documents}
    assert {path.name for path in CORPUS.iterdir() if path.suffix != ".toml"} == told
