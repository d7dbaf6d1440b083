"""Lines that a program broke are put together; those that an author ended are not."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.ingest.readers.plaintext import blocks
from backissue.text.wrapping import unwrapped

CASES = Path(__file__).parent / "cases" / "wrapping" / "lines.toml"


def read_cases() -> list[Any]:
    cases = tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", read_cases())
def test_lines_are_joined_as_their_case_says(case: dict[str, Any]) -> None:
    lines = blocks(case["input"])
    joined = [" ".join(block.text.split()) for block in unwrapped(lines)]
    assert joined == case.get("output", [" ".join(block.text.split()) for block in lines])


@given(st.text(alphabet="ab –-A.\n", max_size=400))
def test_joining_lines_loses_no_character_but_line_ends(text: str) -> None:
    lines = blocks(text)
    whole = "".join(block.text for block in unwrapped(lines))
    assert whole.replace("\n", "") == "".join(block.text for block in lines).replace("\n", "")


def test_lines_that_were_joined_stay_joined() -> None:
    for case in tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]:
        once = unwrapped(blocks(case["input"]))
        assert unwrapped(once) == once
