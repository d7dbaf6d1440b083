"""What `doctor` says of originals that are gone, though nobody removed them."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from backissue.archive.health import examine, verify
from backissue.archive.privacy import Finding
from backissue.cli.boundary import run
from backissue.errors import Exit
from tests.conftest import sha256

LETTER = """Harbour Notes {number}: {word}

by Ada

{word} mills grind at night, and the miller sleeps by day. It has been so for a hundred years.

A {word} mill needs no coal, says its owner. It needs the tide alone, which comes twice a day.

Nobody knows who built the first {word} mill. It stood on the Severn, or else on the Rance.
"""
SEVEN = LETTER.format(number=7, word="Tide")
EIGHT = LETTER.format(number=8, word="Wind")


def original(archive: Path, content: str, suffix: str) -> Path:
    digest = sha256(content)
    return archive / "sources" / digest[:2] / f"{digest}{suffix}"


def lose(archive: Path, content: str, suffixes: Iterable[str] = (".bin", ".json")) -> None:
    for suffix in suffixes:
        original(archive, content, suffix).unlink()


def backissue(archive: Path, *arguments: str | Path) -> int:
    return run(["--archive", str(archive), *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two issues in files of their own, and a second copy of the first."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "seven.txt").write_text(SEVEN)
    (folder / "seven.copy.txt").write_text(f"{SEVEN}\n\n")
    (folder / "eight.txt").write_text(EIGHT)
    return folder


@pytest.fixture
def archive(files: Path, tmp_path: Path) -> Path:
    made = tmp_path / "archive"
    assert backissue(made, "ingest", files) == Exit.OK
    assert list(examine(made)) == []
    return made


def only(findings: Iterable[Finding]) -> Finding:
    (found,) = findings
    return found


def test_an_original_that_the_index_knows_is_named_with_what_a_rebuild_loses(archive: Path) -> None:
    lose(archive, EIGHT)
    found = only(examine(archive))
    assert found.about == "eight.txt"
    assert found.matter == "its original is gone: a rebuild loses 8"
    assert found.remedy == "to have it again, ingest the file"
    assert backissue(archive, "doctor") == backissue(archive, "verify") == Exit.FINDINGS
    assert only(verify(archive)) == found


def test_an_issue_with_another_copy_is_not_lost(archive: Path) -> None:
    lose(archive, SEVEN)
    found = only(examine(archive))
    assert found.about == "seven.txt"
    assert found.matter == "its original is gone: 7 would be left to other copies"


def test_where_all_copies_are_gone_the_issue_is_lost(archive: Path) -> None:
    lose(archive, SEVEN)
    lose(archive, f"{SEVEN}\n\n")
    found = list(examine(archive))
    assert {one.about for one in found} == {"seven.copy.txt or seven.txt"}
    assert {one.matter for one in found} == {"its original is gone: a rebuild loses 7"}
    assert len(found) == 2


def test_after_a_rebuild_the_log_still_knows_it(archive: Path, files: Path) -> None:
    lose(archive, EIGHT)
    assert backissue(archive, "rebuild") == Exit.OK
    found = only(examine(archive))
    assert found.about == "eight.txt"
    assert found.matter.startswith("was ingested on ")
    assert found.matter.endswith(f" from {files}, and its original is gone")
    assert found.remedy.startswith("to have it again, ingest the file; if you do not want it, ")
    assert backissue(archive, "ingest", files) == Exit.OK
    assert list(examine(archive)) == []


def test_without_an_index_the_log_knows_it(archive: Path) -> None:
    lose(archive, EIGHT)
    shutil.rmtree(archive / "index")
    assert [one.about for one in examine(archive)] == ["eight.txt", "the index"]


def test_without_a_log_the_index_knows_it(archive: Path) -> None:
    lose(archive, EIGHT)
    (archive / "log.jsonl").unlink()
    assert only(examine(archive)).about == "eight.txt"
    assert backissue(archive, "rebuild") == Exit.OK
    assert list(examine(archive)) == []  # nobody knows it any more


def test_an_original_that_comes_again_is_not_missed(archive: Path, files: Path) -> None:
    lose(archive, EIGHT)
    assert backissue(archive, "ingest", files / "eight.txt") == Exit.OK
    assert list(examine(archive)) == []


@pytest.mark.parametrize("arguments", [("8",), ("--source", "eight.txt")])
def test_an_original_that_you_removed_is_not_missed(
    archive: Path, arguments: tuple[str, ...]
) -> None:
    assert backissue(archive, "remove", "--yes", *arguments) == Exit.OK
    assert list(examine(archive)) == []
    lose(archive, EIGHT)  # as when it is no more needed to take the removal back
    assert list(examine(archive)) == []
    assert backissue(archive, "rebuild") == Exit.OK
    assert list(examine(archive)) == []


def test_a_source_that_was_rejected_is_not_missed(archive: Path, files: Path) -> None:
    (files / "program").write_bytes(bytes(range(32)) * 20)
    assert backissue(archive, "ingest", files) == Exit.REJECTED_INPUT
    assert list(examine(archive)) == []


def test_a_source_that_came_under_another_name_is_not_missed(archive: Path, files: Path) -> None:
    (files / "eight.txt").rename(files / "8.txt")
    assert backissue(archive, "ingest", files) == Exit.OK
    assert list(examine(archive)) == []


def test_of_two_sources_with_one_name_the_index_knows_which_is_gone(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    for number, content in enumerate((SEVEN, f"{SEVEN}\n\n")):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "letter.txt").write_text(content)
        assert backissue(archive, "ingest", tmp_path / str(number)) == Exit.OK
    lose(archive, SEVEN)
    found = only(examine(archive))
    assert (found.about, found.source) == ("letter.txt", sha256(SEVEN))


@pytest.mark.parametrize(
    ("suffix", "about", "matter"),
    [
        (".bin", "eight.txt", "cannot read the original "),
        (".json", ".bin", "is an original of which nothing is known"),
    ],
)
def test_half_of_an_original_is_named_once(
    archive: Path, suffix: str, about: str, matter: str
) -> None:
    lose(archive, EIGHT, [suffix])
    found = [one for one in examine(archive) if not one.matter.startswith("was ingested on")]
    assert only(found).about.endswith(about)
    assert only(found).matter.startswith(matter)


def test_a_damaged_record_makes_no_other_original_missed(archive: Path) -> None:
    original(archive, EIGHT, ".json").write_text("{")
    assert [one.about for one in examine(archive)] == ["a record"]


def test_a_log_that_is_no_log_stops_nobody(archive: Path) -> None:
    lines = [{"when": "2025", "sources": [1, None], "from": 5}, {"when": "2025", "sources": {}}, 7]
    (archive / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert list(examine(archive)) == []
