"""AsciiDoc and reStructuredText: what letters in them hold, and texts that are in neither."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.ingest.readers import Original, asciidoc, rst
from backissue.text.decoding import decode
from backissue.text.prose import fold, plain
from tests.conftest import reading

CASES = Path(__file__).parent / "cases" / "lightweight"


def read_cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.toml"))
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    ]


@pytest.mark.parametrize("case", read_cases())
def test_a_letter_holds_what_its_case_says(case: dict[str, Any]) -> None:
    found = reading(case["input"])
    assert found.format == case["format"]
    (draft,) = found.drafts
    (wanted,) = case["issue"]
    known = {
        "publication": draft.facts.publication,
        "number": draft.facts.number,
        "title": draft.facts.title,
        "date": draft.facts.date and draft.facts.date.isoformat(),
        "intro": draft.intro,
        "headings": [section.heading for section in draft.sections],
    }
    for name in wanted.keys() & known.keys():
        assert known[name] == wanted[name]
    blocks = [block for section in draft.sections for block in section.blocks]
    text = fold("\n".join([draft.intro or "", plain(blocks)]))
    assert [words for words in wanted.get("holds", ()) if fold(words) not in text] == []
    assert [words for words in wanted.get("lacks", ()) if fold(words) in text] == []


SIGNS = st.text(st.sampled_from("=-`:.|_*[]<>{}+ \nab/h"), max_size=300)


@given(SIGNS)
def test_any_signs_are_read_without_a_loss_of_words(signs: str) -> None:
    data = f"word {signs} last".encode()
    original = Original(data=data, decoded=decode(data))
    for reader in (asciidoc, rst):
        reader.recognises(original)
        (document,) = reader.read(original)
        lines = (*(block.text for block in document.blocks), *document.boilerplate)
        assert "last" in " ".join(lines)
