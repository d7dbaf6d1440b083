"""What verify compares by reading the index a second time, with Whoosh."""

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from whoosh.reading import TermInfo

from backissue.archive.health import verify
from backissue.archive.settings import INDEX
from backissue.index.storage import TEXT, entries, whoosh_check
from backissue.index.storage.snapshot import Commit, Snapshot, commit_of, newest, toc_of
from backissue.index.storage.snapshot import view as sealed_view
from backissue.index.storage.whoosh_codec import RecordsIn, SpotsMatcher, TermsIn
from backissue.index.storage.whoosh_fields import RECORD
from backissue.index.storage.writer import open_with_whoosh, write
from backissue.records import Issue
from tests.test_index import archives, issue, write_in_parts
from tests.test_whoosh import RANDOM


@pytest.fixture(scope="module")
def seeds_index(archive: Path) -> Path:
    return archive / INDEX


# --- what verify compares ------------------------------------------------------------------------


def differing(folder: Path) -> list[str]:
    return list(whoosh_check.disagreements(folder))


@RANDOM
@given(archive=archives())
def test_both_readers_agree_on_a_random_archive_and_its_records(
    tmp_path_factory: pytest.TempPathFactory, archive: list[Issue]
) -> None:
    folder = tmp_path_factory.mktemp("agreed") / "index"
    write_in_parts(folder, archive)
    assert differing(folder) == []


def test_both_readers_agree_on_words_that_only_deleted_sections_have(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(folder, add=[issue(1, *["many words"] * 9), issue(2, "lonely")])
    write(folder, add=[issue(3, "one")], remove=["import-ai/2"])
    with open_with_whoosh(folder).reader() as reader:
        assert len(reader.leaf_readers()) == 2
        assert (TEXT, "lonely") in reader
    assert differing(folder) == []


def test_a_commit_between_the_two_readers_is_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    write(folder, add=[issue(1, "old words")])
    snapshot = Snapshot.open
    commits = iter([issue(2, "new words")])

    def opened_before_a_commit(folder: Path) -> Snapshot:
        found = snapshot(folder)
        for one in commits:
            write(folder, add=[one])
        return found

    monkeypatch.setattr(Snapshot, "open", opened_before_a_commit)
    assert differing(folder) == []
    assert next(commits, None) is None


def test_both_readers_agree_on_the_seeds_and_on_an_empty_index(
    seeds_index: Path, tmp_path: Path
) -> None:
    assert differing(seeds_index) == []
    write(tmp_path / "index", add=[])
    assert differing(tmp_path / "index") == []


@pytest.mark.parametrize(
    ("method", "other", "matter"),
    [
        (RecordsIn.is_deleted, lambda _, document: document == 1, "has other documents"),
        (RecordsIn.stored_fields, lambda *_: {RECORD: b"[]"}, "gives Whoosh another record 0"),
        (RecordsIn.doc_field_length, lambda *_: 7, "does not count the words in text"),
        (TermsIn.terms_from, lambda *_: iter([]), "has other terms in text for Whoosh, the first"),
        (TermsIn.info, lambda *_: TermInfo(weight=9, df=1), "counts b'1' in text otherwise"),
        (SpotsMatcher.weight, lambda _: 3, "gives Whoosh other postings of b'1' in text"),
        (SpotsMatcher.value, lambda _: bytes(4), "gives Whoosh other postings of b'1' in text"),
        (SpotsMatcher.id, lambda _: 0, "gives Whoosh other postings of b'1' in text"),
    ],
    ids=lambda method: getattr(method, "__qualname__", None),
)
def test_verify_reports_what_whoosh_reads_otherwise(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: Callable[..., Any],
    other: Callable[..., Any],
    matter: str,
) -> None:
    write(tmp_path / "index", add=[issue(1, "new words")])
    monkeypatch.setattr(f"{method.__module__}.{method.__qualname__}", other)
    assert differing(tmp_path / "index")[0].startswith(matter)


def test_verify_reports_more_terms_than_we_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "index", add=[issue(1, "new words")])
    terms_from = TermsIn.terms_from

    def with_another(self: TermsIn, field: str, term: bytes) -> Iterator[tuple[str, bytes]]:
        yield from terms_from(self, field, term)
        yield field, b"zzz"

    monkeypatch.setattr(TermsIn, "terms_from", with_another)
    assert differing(tmp_path / "index")[0] == "has more terms in text for Whoosh"


@pytest.mark.parametrize("changed", ["term", "place", "missing"])
def test_verify_reports_words_that_are_not_those_of_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    def careless(section: Any, head: Any) -> Any:
        text, aside = entries.entries(section, head)
        if section.position == 2:
            term, weight, spots = text.pop()
            moved = array("I", [array("I", spots)[0] + 1]).tobytes()
            if changed != "missing":
                text.append((b"old", weight, spots) if changed == "term" else (term, weight, moved))
        return text, aside

    monkeypatch.setattr("backissue.index.storage.writer.entries", careless)
    write(tmp_path / "index", add=[issue(1, "new words", "new roads")])
    (matter,) = differing(tmp_path / "index")
    assert matter == "does not have the words of import-ai/1.2 as its record gives them"


def findings(archive: Path) -> list[tuple[str, str]]:
    return [(found.about, found.matter) for found in verify(archive)]


def test_verify_names_the_index_whose_list_of_segments_is_not_that_of_whoosh(
    fresh_archive: Path,
) -> None:
    assert findings(fresh_archive) == []
    (view,) = (fresh_archive / INDEX).glob("view_*.json")
    generation = newest(fresh_archive / INDEX)
    ((name, _),), change = commit_of(fresh_archive / INDEX, generation)
    commit = Commit([(name, [1])], change)
    view.write_bytes(sealed_view(fresh_archive / INDEX, generation, commit, toc_of(generation)))
    assert ("the index", "has other documents in Whoosh's list of segments than in ours") in (
        findings(fresh_archive)
    )


def test_verify_names_an_index_in_which_a_posting_is_damaged(fresh_archive: Path) -> None:
    (words_file,) = (fresh_archive / INDEX).glob("*.words")
    data = bytearray(words_file.read_bytes())
    data[len(data) // 4] ^= 1  # a byte of the postings, which are the first half of the file
    words_file.write_bytes(data)
    assert findings(fresh_archive) == [("the index", "the index is damaged")]
