"""What decoding promises: it never fails, what is certain comes first, guesses are said."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.text.decoding import decode

HERE = Path(__file__).parent


def read_cases() -> list[Any]:
    text = (HERE / "cases" / "decode" / "cases.toml").read_text(encoding="utf-8")
    cases = []
    for case in tomllib.loads(text)["case"]:
        reason = case.get("known_failure")
        marks = (pytest.mark.xfail(reason=reason, strict=True),) if reason else ()
        cases.append(pytest.param(case, id=case["name"], marks=marks))
    return cases


@pytest.mark.parametrize("case", read_cases())
def test_each_case_is_decoded_as_its_file_says(case: dict[str, Any]) -> None:
    found = decode(case["bytes"].encode("latin-1"), case.get("declared"))
    assert found.text == case["text"]
    assert found.encoding == case["encoding"]
    assert [[flaw.code, flaw.text] for flaw in found.flaws] == case.get("flaws", [])


@given(st.binary(), st.none() | st.sampled_from(["utf-8", "shift_jis", "utf-16", "zlib", "", "é"]))
def test_any_bytes_are_decoded(data: bytes, declared: str | None) -> None:
    found = decode(data, declared)
    assert "\r" not in found.text
    assert decode(data, declared) == found


@given(st.text(st.characters(exclude_characters="\r\x00\ufeff", codec="utf-8")))
def test_utf8_comes_back_as_it_was_written(text: str) -> None:
    found = decode(text.encode("utf-8"), "cp1251")
    assert (found.text, found.encoding, found.flaws) == (text, "utf-8", ())


@given(st.binary())
def test_without_nuls_and_marks_no_byte_is_lost(data: bytes) -> None:
    data = b"x" + data.replace(b"\0", b"").replace(b"\r", b"")
    assert "\ufffd" not in decode(data).text.replace("\ufffd", "", data.count(b"\xef\xbf\xbd"))


def test_many_stray_bytes_make_one_flaw_for_each_kind() -> None:
    found = decode(("é" * 50).encode() + b" don\x92t" * 20)
    assert [flaw.text[:10] for flaw in found.flaws] == ["0x92 (20×)"]
    assert found.text.endswith("don’t")


def test_a_large_file_with_stray_bytes_takes_time_in_proportion() -> None:
    line = "naïve café – ".encode() + b"don\x92t "
    assert len(decode(line * 50_000).flaws) == 1


def test_nuls_in_both_halves_of_the_bytes_are_no_utf_16() -> None:
    assert decode(b"a\0" * 40).encoding == "utf-16-le"
    assert decode(b"a\0\0b" * 20).encoding == "utf-8"


def test_one_letter_of_utf_8_for_each_stray_byte_is_proof_enough() -> None:
    assert decode(b"caf\xc3\xa9 caf\xe9").encoding == "utf-8"
    assert decode(b"caf\xc3\xa9 caf\xe9, na\xefve").encoding == "cp1252"
