r"""A source is the same whether its lines end with `\n`, with `\r\n`, or with `\r\r\n`."""

import hashlib
from itertools import permutations
from pathlib import Path

import pytest

from backissue.archive import ingestion, rebuilding, removal
from backissue.archive.backup import back_up
from backissue.archive.health import examine, verify
from backissue.archive.restoring import restore
from backissue.archive.store import Store
from backissue.ingest.sources.contents import Source
from backissue.records import Status
from backissue.text.decoding import decode, with_line_feeds
from tests.conftest import export, issues_in, sha256, source, take_in

MAIL = """\
From: Kiln Notes <kiln@example.org>
To: me@example.org
Subject: Kiln Notes #9: Slips
Date: Thu, 02 May 2024 10:00:00 +0000
Message-ID: <9@example.org>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8; format=flowed
Content-Transfer-Encoding: quoted-printable

A slip is clay in water, and nothing but clay in =
water, until it dries.

Then it is dust.
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGgyPlJlZDwvaDI+PHA+SXJvbiBtYWtlcyBpdCByZWQuPC9wPg==
--b--
"""
TEXT = (
    "Quay Letters #3: Ropes\n\nHemp is strong, and it smells.\n\n***\n\nSisal is not as strong.\n"
)
ENDS = ("\n", "\r\n", "\r\r\n")


def forms(text: str, name: str = "one") -> list[Source]:
    """A text with each kind of line end."""
    return [source(name, text.replace("\n", end)) for end in ENDS]


@pytest.mark.parametrize("text", [MAIL, TEXT, "# Ropes\n\nHemp is **strong**, [they say](/a).\n"])
def test_a_source_with_other_line_ends_is_the_same_source(tmp_path: Path, text: str) -> None:
    exports = set()
    for number, order in enumerate(permutations(forms(text))):
        folder = tmp_path / str(number)
        first, *others = order
        assert take_in(folder, first).outcomes[0].status is Status.ADDED
        for other in others:
            report = take_in(folder, other)
            assert [outcome.status for outcome in report.outcomes] == [Status.UNCHANGED]
        (only,) = Store(folder).hashes()
        assert Store(folder).data(only) == first.data  # kept as it first came
        exports.add(export(folder))
        assert rebuilding.rebuild(folder).rejected == ()
        exports.add(export(folder))
        assert list(verify(folder)) == []
        assert [one for one in examine(folder) if "original" in str(one)] == []
    assert len(exports) == 1


def test_both_in_one_run_are_one_source(tmp_path: Path) -> None:
    report = take_in(tmp_path, *forms(MAIL))
    assert [outcome.status for outcome in report.outcomes] == [
        Status.ADDED,
        Status.UNCHANGED,
        Status.UNCHANGED,
    ]
    assert len(Store(tmp_path).hashes()) == 1


def test_each_name_is_kept(tmp_path: Path) -> None:
    unix, windows, _ = forms(MAIL)
    take_in(tmp_path, unix, Source(**{**fields(windows), "name": "imap"}))
    (only,) = Store(tmp_path).entries()
    assert only.names == ("imap", "one")  # type: ignore[union-attr]


def fields(one: Source) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("name", "data", "sha256", "by_reader")}


def test_what_was_removed_stays_away_with_other_line_ends(tmp_path: Path) -> None:
    unix, windows, mangled = forms(MAIL)
    take_in(tmp_path, windows, source("other", TEXT))
    removal.remove(tmp_path, removal.Chosen(sources=frozenset({windows.sha256})))
    for form in (unix, windows, mangled):
        assert [one.status for one in take_in(tmp_path, form).outcomes] == [Status.SKIPPED]
    assert [issue.head.number for issue in issues_in(tmp_path)] == [3]
    take_in_again = ingestion.ingest(tmp_path, [unix], ingestion.Options(again=True))
    assert [one.status for one in take_in_again.outcomes] == [Status.ADDED]


def test_a_backup_of_each_kind_is_restored(tmp_path: Path) -> None:
    take_in(tmp_path / "one", *forms(MAIL)[1:], source("other", TEXT))
    back_up(tmp_path / "one", tmp_path / "file")
    restore(tmp_path / "file", tmp_path / "two")
    rebuilding.rebuild(tmp_path / "two")
    assert export(tmp_path / "two") == export(tmp_path / "one")


def test_an_archive_that_counted_line_ends_knows_its_sources(tmp_path: Path) -> None:
    windows = forms(MAIL)[1]
    older = Source(**{**fields(windows), "sha256": hashlib.sha256(windows.data).hexdigest()})
    store = Store(tmp_path)
    store.create()
    store.keep([(store.with_source(older, None), older.data)])
    rebuilding.rebuild(tmp_path)
    assert [one.status for one in take_in(tmp_path, windows).outcomes] == [Status.UNCHANGED]
    assert Store(tmp_path).hashes() == [older.sha256]
    assert list(verify(tmp_path)) == []


def test_a_damaged_original_is_replaced_by_any_form(tmp_path: Path) -> None:
    unix, windows, _ = forms(MAIL)
    take_in(tmp_path, windows)
    path = Store(tmp_path).path(windows.sha256, ".bin")
    path.write_bytes(b"damaged")
    take_in(tmp_path, unix)
    assert Store(tmp_path).data(windows.sha256) == unix.data


def test_wide_characters_keep_their_bytes() -> None:
    text = "ഊരുക\nസ്വര ഊ"  # U+0D0A has the bytes of a line end
    for encoding in ("utf-16", "utf-16-be", "utf-16-le", "utf-32"):
        data = text.encode(encoding)
        assert with_line_feeds(data) == data
    marked = text.replace("\n", "ഊ").encode("utf-16")
    assert decode(with_line_feeds(marked)).text == text.replace("\n", "ഊ")


@pytest.mark.parametrize(
    ("data", "same"),
    [
        (b"a\r\nb", b"a\nb"),
        (b"a\r\r\r\nb", b"a\nb"),
        (b"a\rb", b"a\rb"),
        (b"a\r\n\r\nb", b"a\n\nb"),
        (b"a\n\rb\r\n", b"a\n\rb\n"),
    ],
)
def test_line_ends_become_line_feeds(data: bytes, same: bytes) -> None:
    assert with_line_feeds(data) == same
    assert sha256(data) == hashlib.sha256(same).hexdigest()


def test_a_run_of_returns_takes_no_time() -> None:
    data = b"\r" * 2_000_000 + b"a\r\n"
    assert len(with_line_feeds(data)) == 2_000_002
