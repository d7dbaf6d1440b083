"""Files, folders and standard input: taken in order, with their facts, or refused with a reason."""

import io
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from backissue.errors import UsageError
from backissue.ingest.identity import check, gather, overlay, read_catalog, to_plain
from backissue.ingest.sources import Refusal, Source, collect, collecting, pipes
from backissue.records import Facts, IssueKind
from tests.conftest import sha256


def collected(*paths: Path | str, **said: object) -> list[Source | Refusal]:
    return list(collect(map(str, paths), gather(said)))


def names(items: list[Source | Refusal]) -> list[str]:
    return [item.name for item in items]


def refusals(items: list[Source | Refusal]) -> dict[str, str]:
    return {item.name: item.reason for item in items if isinstance(item, Refusal)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    made.mkdir()
    return made


# -- what is taken ------------------------------------------------------------------------------


def test_a_folder_is_walked_in_sorted_order(folder: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/z.txt", "sub/deep/y.txt", "Sub/x.txt", "10.txt", "9.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    assert names(collected(folder)) == [
        "10.txt",
        "9.txt",
        "a.txt",
        "b.txt",
        "Sub/x.txt",
        "sub/z.txt",
        "sub/deep/y.txt",
    ]


def test_a_source_has_its_bytes_and_their_hash(folder: Path) -> None:
    (folder / "a.txt").write_bytes(b"\xff\x00 bytes")
    (item,) = collected(folder / "a.txt")
    assert item == Source(
        name="a.txt", data=b"\xff\x00 bytes", sha256=sha256(b"\xff\x00 bytes"), by_reader=Facts()
    )


def test_paths_are_taken_in_the_order_in_which_they_are_named(folder: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (folder / name).write_text(name)
    assert names(collected(folder / "b.txt", folder / "a.txt")) == ["b.txt", "a.txt"]


def test_a_hyphen_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"words")))
    (item,) = collected("-", number="7")
    assert isinstance(item, Source)
    assert (item.name, item.data, item.by_reader) == ("stdin", b"words", Facts(number=7))


def test_hidden_files_and_folders_and_the_catalog_are_not_taken(folder: Path) -> None:
    for name in (".hidden", ".git/config", "catalog.toml", "a.txt"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("title = 'T'")
    assert names(collected(folder)) == ["a.txt"]


@pytest.mark.parametrize("name", ["README", "README.md", "Readme.txt", "LICENSE", "SOURCES.md"])
def test_files_about_a_folder_are_skipped_unless_named(folder: Path, name: str) -> None:
    (folder / name).write_text("About this folder.")
    assert collected(folder) == [
        Refusal(name=name, reason="describes its folder, and is no issue", skipped=True)
    ]
    assert isinstance(collected(folder / name)[0], Source)


@pytest.mark.parametrize("place", ["2025_05_09", "2025-05-09-cranes", "issue-12"])
def test_a_readme_in_a_folder_named_as_an_issue_is_one(folder: Path, place: str) -> None:
    (folder / place).mkdir()
    (folder / place / "README.md").write_text("An issue.")
    (folder / place / "LICENSE").write_text("About this folder.")
    assert names(collected(folder)) == [f"{place}/LICENSE", f"{place}/README.md"]
    assert [isinstance(item, Source) for item in collected(folder)] == [False, True]


@pytest.mark.parametrize("name", ["readme.html", "readme-2.txt", "sources.csv", "my notice.md"])
def test_files_with_names_a_little_like_those_are_taken(folder: Path, name: str) -> None:
    (folder / name).write_text("An issue.")
    assert isinstance(collected(folder)[0], Source)


def test_a_link_to_a_file_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.txt").write_text("words")
    (folder / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    (item,) = collected(folder)
    assert isinstance(item, Source)
    assert item.data == b"words"


def test_a_link_to_a_folder_is_not_followed_inside_a_folder(folder: Path) -> None:
    (folder / "a.txt").write_text("words")
    (folder / "loop").symlink_to(folder)
    assert names(collected(folder)) == ["a.txt"]


@pytest.mark.parametrize("name", ["new\nline.txt", "\x1b[31mred.txt", "tab\t.txt", "ünï – “x”.txt"])
def test_a_file_of_any_name_is_taken_under_it(folder: Path, name: str) -> None:
    (folder / name).write_text("words")
    assert names(collected(folder)) == [name]


def test_a_name_that_is_not_utf8_is_taken(folder: Path) -> None:
    path = os.path.join(os.fsencode(folder), b"caf\xe9.txt")
    with open(path, "wb") as file:
        file.write(b"words")
    (item,) = collected(folder)
    assert isinstance(item, Source)
    assert os.fsencode(item.name) == b"caf\xe9.txt"


# -- what is refused ----------------------------------------------------------------------------


def test_a_missing_file_is_refused_and_the_others_are_taken(folder: Path) -> None:
    (folder / "a.txt").write_text("words")
    items = collected(folder / "none.txt", folder / "a.txt")
    assert refusals(items) == {"none.txt": "no such file"}
    assert names(items) == ["none.txt", "a.txt"]


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n"])
def test_an_empty_file_is_refused(folder: Path, content: bytes) -> None:
    (folder / "a.txt").write_bytes(content)
    assert refusals(collected(folder)) == {"a.txt": "empty"}


def test_a_file_that_is_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "LARGEST_SOURCE", 2**20)
    (folder / "exact.txt").write_bytes(b"x" * 2**20)
    (folder / "large.txt").write_bytes(b"x" * (2**20 + 1))
    items = collected(folder)
    assert refusals(items) == {"large.txt": "larger than 1 MB"}
    assert names(items) == ["exact.txt", "large.txt"]


def test_a_pipe_that_nobody_writes_to_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(folder / "pipe")
    assert refusals(collected(folder)) == {"pipe": "not a regular file"}
    monkeypatch.setattr(pipes, "_PATIENCE", 0.05)
    assert refusals(collected(folder / "pipe")) == {"pipe": "a pipe that nobody writes to"}


def test_a_device_is_refused() -> None:
    assert refusals(collected("/dev/null")) == {"null": "not a regular file"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_refused(folder: Path) -> None:
    (folder / "a.txt").write_text("words")
    (folder / "a.txt").chmod(0)
    assert refusals(collected(folder)) == {"a.txt": "permission denied"}


def test_a_file_that_cannot_be_opened_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = os.open

    def refuse(path: Path, flags: int) -> int:
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return opening(path, flags)

    (folder / "a.txt").write_text("words")
    monkeypatch.setattr(collecting.os, "open", refuse)
    assert refusals(collected(folder / "a.txt")) == {"a.txt": "permission denied"}


def test_a_broken_link_and_a_link_to_itself_are_refused(folder: Path) -> None:
    (folder / "broken").symlink_to("nowhere")
    (folder / "self").symlink_to("self")
    found = refusals(collected(folder))
    assert found["broken"] == "no such file"
    assert "symbolic links" in found["self"]


def test_a_name_no_file_can_have_is_refused() -> None:
    assert refusals(collected("nul\0byte.txt")) == {"nul\0byte.txt": "not a file name"}


def test_a_folder_that_may_not_be_listed_is_refused_with_a_reason(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "shut").mkdir()
    (folder / "a.txt").write_text("words")
    listing = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    items = collected(folder)
    assert "a.txt" in names(items)
    assert refusals(items) == {"shut": "permission denied"}


# -- what the reader says -----------------------------------------------------------------------

CATALOG = """
publication = "Harbour Notes"
date = 2020-01-01
["a.txt"]
number = 7
date = 2021-02-03
title = "  Mills   and tills "
kind = "notes"
["gone.txt"]
number = 8
"""


def said_of(item: Source | Refusal) -> Facts:
    assert isinstance(item, Source)
    return item.by_reader


def test_what_a_catalog_says_of_a_file_outweighs_what_it_says_of_all(folder: Path) -> None:
    (folder / "catalog.toml").write_text(CATALOG)
    (folder / "a.txt").write_text("words")
    (folder / "b.txt").write_text("words")
    one, other = map(said_of, collected(folder))
    assert one == gather(
        {
            "publication": "Harbour Notes",
            "number": 7,
            "date": "2021-02-03",
            "title": "Mills and tills",
            "kind": "notes",
        }
    )
    assert other == gather({"publication": "Harbour Notes", "date": "2020-01-01"})


def test_what_the_command_says_outweighs_the_catalog(folder: Path) -> None:
    (folder / "catalog.toml").write_text(CATALOG)
    (folder / "a.txt").write_text("words")
    (item,) = collected(folder / "a.txt", number=9)
    assert (said_of(item).number, said_of(item).publication) == (9, "Harbour Notes")


def test_each_folder_has_its_own_catalog(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "catalog.toml").write_text('publication = "Outer"')
    (folder / "sub" / "catalog.toml").write_text('["a.txt"]\nnumber = 3')
    (folder / "a.txt").write_text("words")
    (folder / "sub" / "a.txt").write_text("words")
    outer, inner = map(said_of, collected(folder))
    assert outer == Facts(publication="Outer")
    assert inner == Facts(number=3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"number =", "not valid TOML"),
        (b'number = "many"', "number is a whole number"),
        (b'["a.txt"]\nauthor = "Ada"', "[“a.txt”] no fact “author”"),
        (b"date = 2020-13-01", "not valid TOML"),
        (b'kind = "book"', "kind is newsletter or notes"),
        (b'title = "\xff"', "not UTF-8"),
        (b"# " + b"x" * 2**20, "larger than 1 MB"),
    ],
)
def test_a_broken_catalog_is_refused_and_its_files_are_taken(
    folder: Path, content: bytes, reason: str
) -> None:
    (folder / "catalog.toml").write_bytes(content)
    (folder / "a.txt").write_text("words")
    refusal, item = collected(folder)
    assert isinstance(refusal, Refusal)
    assert refusal.name == "catalog.toml"
    assert refusal.reason.startswith(reason)
    assert not refusal.skipped
    assert said_of(item) == Facts()


def test_a_broken_catalog_deeper_down_is_named_by_its_path(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "catalog.toml").write_text("x = 1")
    assert list(refusals(collected(folder))) == ["sub/catalog.toml"]


def test_a_catalog_that_is_no_file_is_refused(folder: Path) -> None:
    (folder / "catalog.toml").mkdir()
    (folder / "a.txt").write_text("words")
    assert refusals(collected(folder / "a.txt")) == {"papers/catalog.toml": "is a directory"}


def test_a_catalog_that_is_a_pipe_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "catalog.toml")
    (folder / "a.txt").write_text("words")
    # A writer that goes away, so that a reader of the pipe is not kept for ever.
    handle = os.open(folder / "catalog.toml", os.O_RDWR)
    os.write(handle, b"number = 3")
    closing = threading.Timer(0.1, os.close, [handle])
    closing.start()
    items = collected(folder)
    closing.join()
    assert refusals(items) == {"catalog.toml": "not a regular file"}


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("number", "396", 396),
        ("number", 0, 0),
        ("number", "0007", 7),
        ("number", 999_999, 999_999),
        ("title", " a  b ", "a b"),
        ("kind", "notes", IssueKind.NOTES),
        ("publication", "Über – “x”", "Über – “x”"),
        ("title", "", None),
        ("number", "", None),
    ],
)
def test_a_fact_is_read_from_text_or_toml(name: str, value: object, fact: object) -> None:
    assert getattr(check(name, value), name) == fact


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", -1),
        ("number", 1_000_000),
        ("number", "1234567890123"),
        ("number", True),
        ("number", 1.5),
        ("number", "12a"),
        ("number", "١٢"),
        ("date", "2020-02-30"),
        ("date", "3/4/2020"),
        ("date", 2020),
        ("kind", "book"),
        ("kind", ["notes"]),
        ("title", 7),
        ("title", "a\x1b[31m"),
        ("title", "x" * 501),
        ("title", "   "),
        ("author", "Ada"),
    ],
)
def test_a_fact_that_does_not_fit_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=name):
        check(name, value)


def test_facts_as_json_are_read_back() -> None:
    facts = gather({"publication": "P", "number": 7, "title": "T", "date": "2020-02-29"})
    facts = overlay(facts, Facts(kind=IssueKind.NOTES))
    assert gather(to_plain(facts)) == facts
    assert to_plain(Facts()) == {}


def test_the_catalog_of_the_founding_documents_can_be_read(seeds: Path) -> None:
    catalog = read_catalog((seeds / "catalog.toml").read_text(encoding="utf-8"))
    named = sorted(name for name in catalog if name)
    assert all((seeds / name).is_file() for name in named)
    assert catalog[named[0]].number == 396
