"""The originals: kept by hash, for their owner alone, whole or not at all, one writer at a time."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from backissue.archive import files, store
from backissue.archive import files as archive_files
from backissue.archive.opening import require
from backissue.archive.store import Store, StoredSource
from backissue.errors import BusyError, Exit, NoArchiveError
from backissue.ingest.sources.contents import make_source
from backissue.records import Facts, IssueKind
from tests.conftest import sha256

DATA = b"\xffbytes\x00 of any kind\r\n"


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    """A store that holds one source."""
    made = Store(tmp_path / "archive")
    made.create()
    keep(made, "a.txt")
    return made


def keep(held: Store, name: str, said: Facts | None = None, data: bytes = DATA) -> StoredSource:
    known = held.entry(sha256(data))
    entry = held.with_source(make_source(name, data, said or Facts()), known)
    held.keep([(entry, data)])
    return entry


def only_entry(held: Store) -> StoredSource:
    (entry,) = held.entries()
    return entry


def bin_of(held: Store, data: bytes = DATA) -> Path:
    return held.folder / "sources" / sha256(data)[:2] / f"{sha256(data)}.bin"


# -- originals ----------------------------------------------------------------------------------


def test_bytes_are_kept_as_they_came_under_their_hash(kept: Store) -> None:
    assert bin_of(kept).read_bytes() == DATA
    assert kept.data(sha256(DATA)) == DATA
    assert kept.hashes() == [sha256(DATA)]


def test_an_original_is_written_once(kept: Store) -> None:
    before = bin_of(kept).stat()
    keep(kept, "b.txt")
    after = bin_of(kept).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_original_that_was_altered_is_noticed(kept: Store) -> None:
    bin_of(kept).write_bytes(DATA + b".")
    with pytest.raises(NoArchiveError, match="has been altered") as caught:
        kept.data(sha256(DATA))
    assert str(bin_of(kept)) in caught.value.message
    assert caught.value.hint


def test_an_original_that_is_gone_is_noticed(kept: Store) -> None:
    bin_of(kept).unlink()
    with pytest.raises(NoArchiveError, match="cannot read the original"):
        kept.data(sha256(DATA))


def test_what_is_not_held_has_no_entry(kept: Store) -> None:
    assert kept.entry("0" * 64) is None


def test_an_archive_is_there_once_it_was_made(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "down"
    with pytest.raises(NoArchiveError, match="no archive in"):
        require(folder)
    Store(folder).create()
    require(folder)
    Store(folder).create()


def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = Store(tmp_path / "archive")
        made.create()
        keep(made, "a.txt")
        made.set_facts({sha256(DATA): {0: Facts(number=7)}})
        with made.lock():
            pass
    finally:
        os.umask(before)
    paths = [made.folder, *made.folder.rglob("*")]
    assert len(paths) == 7
    for path in paths:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert (path.name, mode) == (path.name, 0o700 if path.is_dir() else 0o600)


def test_a_folder_that_you_made_keeps_its_mode_and_what_is_in_it_is_closed(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive").chmod(0o755)
    Store(tmp_path / "archive").create()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in sorted(tmp_path.rglob("*"))]
    assert modes == [0o755, 0o700]


def test_where_a_file_stands_no_archive_is_made(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("in the way")
    with pytest.raises(NoArchiveError, match="cannot make an archive") as caught:
        Store(tmp_path / "archive").create()
    assert caught.value.exit_code == Exit.NO_ARCHIVE


def test_a_full_disk_leaves_the_old_file_and_no_other(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(path.name for path in kept.folder.rglob("*"))
    monkeypatch.setattr(store.os, "fsync", fail)
    with pytest.raises(NoArchiveError, match="no space left on device"):
        keep(kept, "b.txt")
    assert sorted(path.name for path in kept.folder.rglob("*")) == before
    assert only_entry(kept).names == ("a.txt",)


def test_bytes_are_on_disk_before_anything_names_them(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[str] = []
    real = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda half, path: (writes.append(path.suffix), real(half, path))[1]
    )
    keep(kept, "b.txt", data=b"other")
    assert writes == [".bin", ".json"]


def test_a_file_is_on_disk_before_it_has_its_name_and_its_folder_after(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    monkeypatch.setattr(archive_files, "flush", lambda path: flushed.append(path.name))
    keep(kept, "c.txt", data=DATA)
    assert [name.rpartition(".")[2] for name in flushed[:-1]] == ["tmp"]
    assert flushed[-1] == sha256(DATA)[:2]


def test_only_what_an_ended_process_left_is_swept(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    names = [f".x.{number}.tmp" for number in (ended.pid, os.getppid(), "me")]
    for name in names:
        (tmp_path / name).touch()
    archive_files.sweep(tmp_path, ".x.", ".tmp")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])


# -- what is known of them ----------------------------------------------------------------------


def test_the_same_bytes_under_a_second_name_are_one_source_with_two_names(kept: Store) -> None:
    keep(kept, "z.txt")
    keep(kept, "0.txt")
    assert only_entry(kept).names == ("0.txt", "a.txt", "z.txt")


def test_what_is_said_later_is_added_to_what_was_said(kept: Store) -> None:
    keep(kept, "a.txt", Facts(number=7, title="Mills"))
    keep(kept, "a.txt", Facts(title="Tills", kind=IssueKind.NOTES))
    assert only_entry(kept).by_reader == Facts(number=7, title="Tills", kind=IssueKind.NOTES)


def test_a_source_keeps_the_time_at_which_it_first_came(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = only_entry(kept).came
    monkeypatch.setattr(store, "_now", lambda: "2099-01-01T00:00:00+00:00")
    keep(kept, "b.txt")
    assert only_entry(kept).came == came < "2099"


def test_a_sources_state_changes_with_what_records_are_made_from_and_nothing_else(
    kept: Store,
) -> None:
    first = only_entry(kept).state
    keep(kept, "z.txt")  # the first of the names is the one that is shown
    assert only_entry(kept).state == first
    states = {first}
    keep(kept, "0.txt")
    states.add(only_entry(kept).state)
    keep(kept, "0.txt", Facts(number=7))
    states.add(only_entry(kept).state)
    kept.set_facts({sha256(DATA): {1: Facts(title="Mills")}})
    states.add(only_entry(kept).state)
    assert len(states) == 4
    kept.set_facts({sha256(DATA): {1: Facts()}})
    assert only_entry(kept).state in states


def test_a_sources_state_changes_with_what_its_export_says_of_it(kept: Store) -> None:
    without = only_entry(kept)
    states = {without.state}
    for told in (Facts(number=7), Facts(number=8), Facts(title="Mills")):
        source = make_source("a.txt", DATA, Facts(), told)
        kept.keep([(kept.with_source(source, without), DATA)])
        assert only_entry(kept).by_carrier == told
        states.add(only_entry(kept).state)
    assert len(states) == 4


def test_what_is_said_of_single_issues_is_kept_by_source_and_place(kept: Store) -> None:
    kept.set_facts({sha256(DATA): {0: Facts(number=7)}, "f" * 64: {0: Facts(number=8)}})
    kept.set_facts({sha256(DATA): {2: Facts(title="Mills – “x”")}})
    assert only_entry(kept).by_reader_of_issue == {
        0: Facts(number=7),
        2: Facts(title="Mills – “x”"),
    }


@pytest.mark.parametrize("content", ["{", "", "\x00\x00"])
def test_a_damaged_entry_is_named(kept: Store, content: str) -> None:
    bin_of(kept).with_suffix(".json").write_text(content)
    with pytest.raises(NoArchiveError, match=r"\.json is damaged") as caught:
        kept.entry(sha256(DATA))
    assert caught.value.hint


@pytest.mark.parametrize("content", ["[]", "{}", '{"names": []}', '{"said": {"number": "x"}}'])
def test_an_entry_of_another_form_is_named_too(kept: Store, content: str) -> None:
    bin_of(kept).with_suffix(".json").write_text(content)
    with pytest.raises(NoArchiveError, match="damaged"):
        kept.entry(sha256(DATA))


def test_damaged_sayings_are_named(kept: Store) -> None:
    (kept.folder / "sayings.json").write_text("{")
    with pytest.raises(NoArchiveError, match=r"sayings\.json is damaged"):
        kept.entry(sha256(DATA))


def test_entries_are_written_for_people_too(kept: Store) -> None:
    keep(kept, "é.txt", Facts(title="Über"))
    text = bin_of(kept).with_suffix(".json").read_text(encoding="utf-8")
    assert "Über" in text
    assert json.loads(text)["format"] == 2


# -- one writer ---------------------------------------------------------------------------------

HOLDER = """
import sys
from pathlib import Path
from backissue.archive.store import Store
with Store(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_who_holds_the_archive(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PATIENCE", 0.05)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(kept.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        told = f"process {holder.pid} since 20"
        with pytest.raises(BusyError, match=told) as caught, kept.lock():
            pytest.fail("two writers")
        assert caught.value.exit_code == Exit.BUSY
        assert str(kept.folder) in caught.value.message
        assert kept.data(sha256(DATA)) == DATA  # readers never wait
        holder.communicate()
    with kept.lock():
        pass


def test_a_writer_that_was_killed_leaves_no_lock(kept: Store) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(kept.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    with kept.lock():
        pass


def test_the_lock_is_given_back_after_an_error(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PATIENCE", 0.05)
    with pytest.raises(ValueError, match="trouble"), kept.lock():
        raise ValueError("trouble")
    with kept.lock():
        pass
