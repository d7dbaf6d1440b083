"""What decoding promises: it never fails, what is certain comes first, guesses are said."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.text.charsets import RULES, codec_of, is_ascii
from backissue.text.decoding import GUESSED, decode

HERE = Path(__file__).parent


def read_cases() -> list[Any]:
    cases = []
    for name in ("cases", "declared", "guessed"):
        text = (HERE / "cases" / "decode" / f"{name}.toml").read_text(encoding="utf-8")
        for case in tomllib.loads(text)["case"]:
            reason = case.get("known_failure")
            marks = (pytest.mark.xfail(reason=reason, strict=True),) if reason else ()
            cases.append(pytest.param(case, id=f"{name}: {case['name']}", marks=marks))
    return cases


@pytest.mark.parametrize("case", read_cases())
def test_each_case_is_decoded_as_its_file_says(case: dict[str, Any]) -> None:
    found = decode(case["bytes"].encode("latin-1"), case.get("declared"))
    assert found.text == case["text"]
    assert found.encoding == case["encoding"]
    assert [[flaw.code, flaw.text] for flaw in found.flaws] == case.get("flaws", [])


def test_every_label_of_the_standard_names_a_codec() -> None:
    from webencodings.labels import LABELS

    read_by = {word: rule.name for rule in RULES.groups()["encodings"] for word in rule.words}
    for label, encoding in LABELS.items():
        # Of seven bits or of no letters: Python reads the first, browsers none of them.
        if encoding not in {"replacement", "x-user-defined"}:
            assert codec_of(label) == codec_of(f" {label.upper()} ") == read_by[encoding], label


def test_labels_are_read_as_browsers_and_mail_programs_mean_them() -> None:
    text = (HERE / "cases" / "decode" / "labels.toml").read_text(encoding="utf-8")
    for codec, labels in tomllib.loads(text)["codecs"].items():
        found = {label: codec_of(label) for label in labels}
        assert found == dict.fromkeys(labels, None if codec == "none" else codec)


def test_a_label_that_claims_ascii_is_known_in_every_spelling() -> None:
    assert all(map(is_ascii, ("US-ASCII", "ascii", "ANSI_X3.4-1968", "iso_646.irv:1991", "646")))
    assert not any(map(is_ascii, ("iso-8859-1", "ansi", "", "utf-8")))


def test_utf_8_that_is_declared_loads_no_table_of_labels() -> None:
    program = (
        "import sys; from backissue.text.decoding import decode;"
        "decode('<meta charset=iso-8859-1>né'.encode(), 'utf-8');"
        "sys.exit('webencodings' in sys.modules or 'chardet' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_western_bytes_load_no_detector() -> None:
    program = (
        "import sys; from backissue.text.decoding import decode;"
        "decode(b'it\\x92s a caf\\xe9'); sys.exit('chardet' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_guess_is_a_flaw_and_no_other_text_has_it() -> None:
    told = decode("Пряжа зимой".encode("cp1251"))
    assert told.guessed
    assert [flaw.code for flaw in told.flaws] == [GUESSED]
    assert not decode("Пряжа зимой".encode("cp1251"), "cp1251").guessed
    assert not decode("Où est l’élève ?".encode("cp1252")).guessed


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
