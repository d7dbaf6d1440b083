"""Looking after an archive: its log, backups, and what they are worth when they come back."""

import gzip
import io
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from backissue.archive import journal
from backissue.archive.backup import back_up
from backissue.archive.health import examine
from backissue.archive.restoring import restore
from backissue.archive.settings import CHANGE
from backissue.archive.store import Store
from backissue.errors import Exit, NoArchiveError, UsageError
from backissue.records import Outcome, Report, Status
from tests.conftest import export, seed_items, source, take_in
from tests.test_cli import process


def log(archive: Path) -> list[dict[str, object]]:
    found = json.loads(process(archive, "log", "--json").stdout)["log"]
    assert isinstance(found, list)
    return found


# -- the log --------------------------------------------------------------------------------------


def test_a_run_is_logged_with_where_from_and_what_came_of_it(seeds: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    process(archive, "ingest", str(seeds), str(tmp_path / "nowhere.txt"))
    (run,) = log(archive)
    assert run["from"] == [str(seeds), str(tmp_path / "nowhere.txt")]
    assert run["counts"] == {"added": 5, "rejected": 1, "skipped": 1}
    assert {"name": "nowhere.txt", "status": "rejected", "reason": "no such file"} in run["sources"]  # type: ignore[operator]
    assert "import-ai/395" in run["added"]  # type: ignore[operator]
    (line,) = process(archive, "log").stdout.splitlines()
    assert line.split("\t")[1:3] == [
        "ingest",
        "sources: 5 added, 1 rejected, 1 skipped; issues: 12 added",
    ]


def test_the_log_has_a_web_address_as_you_typed_it(seeds: Path, tmp_path: Path) -> None:
    archive, page = tmp_path / "archive", "https://example.org/p/395"
    process(archive, "ingest", str(seeds), page)
    assert log(archive)[0]["from"] == [str(seeds), page]


def test_a_run_that_changed_nothing_and_a_dry_one_are_not_logged(
    seeds: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    process(archive, "ingest", str(seeds))
    process(archive, "ingest", str(seeds))
    process(archive, "ingest", "--dry-run", str(seeds / "SOURCES.md"))
    assert len(log(archive)) == 1


def test_a_torn_line_of_the_log_is_passed_over(seeds: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    process(archive, "ingest", str(seeds))
    with open(archive / "log.jsonl", "ab") as file:
        file.write(b'{"when": "2024')
    assert len(log(archive)) == 1
    assert (archive / "log.jsonl").stat().st_mode & 0o777 == 0o600


def test_all_runs_are_listed_or_only_the_last(seeds: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    for file in sorted(seeds.glob("00[0-2]*.txt")):
        process(archive, "ingest", str(file))
    runs = process(archive, "log").stdout.splitlines()
    assert [line.rpartition("/")[2][:3] for line in runs] == ["000", "001", "002"]
    assert process(archive, "log", "-n", "2").stdout.splitlines() == runs[1:]


def test_an_archive_without_a_log_says_so(fresh_archive: Path) -> None:
    done = process(fresh_archive, "log")
    assert (done.returncode, done.stdout) == (Exit.NOTHING_FOUND, "")


# -- archives of earlier versions -----------------------------------------------------------------

FORMAT_1 = Path(__file__).parent / "cases" / "archive" / "format-1"


def keys_on_disk(archive: Path) -> list[list[str]]:
    """The keys of each original's record, in the order of their names."""
    records = sorted((archive / "sources").glob("??/*.json"))
    return [sorted(json.loads(record.read_bytes())) for record in records]


OLD_KEYS = ["came", "format", "names", "said", "told"]
NEW_KEYS = ["by_carrier", "by_reader", "came", "format", "names"]


def format_1(folder: Path) -> Path:
    """An archive as the first format wrote it, with facts of all three kinds."""
    archive = folder / "archive"
    shutil.copytree(FORMAT_1, archive)
    assert keys_on_disk(archive) == [OLD_KEYS, OLD_KEYS]
    return archive


def exported_of_format_1() -> str:
    return FORMAT_1.with_name("format-1.export.jsonl").read_text(encoding="utf-8")


def test_an_archive_of_format_1_exports_the_same(tmp_path: Path) -> None:
    archive = format_1(tmp_path)
    assert process(archive, "export").stdout == exported_of_format_1()
    assert keys_on_disk(archive) == [OLD_KEYS, OLD_KEYS]  # no reader writes a record


def test_an_archive_of_format_1_is_written_in_the_new_form_and_stays_the_same(
    tmp_path: Path,
) -> None:
    archive = format_1(tmp_path)
    store = Store(archive)
    before = [store.entry(sha256) for sha256 in store.hashes()]
    for entry in before:
        assert entry is not None
        store.write_entry(entry)
    assert keys_on_disk(archive) == [NEW_KEYS, NEW_KEYS]
    after = [store.entry(sha256) for sha256 in store.hashes()]
    assert after == before
    assert [entry and entry.state for entry in after] == [entry and entry.state for entry in before]
    assert process(archive, "export").stdout == exported_of_format_1()


def test_an_ingest_writes_the_record_of_format_1_that_it_changes_in_the_new_form(
    tmp_path: Path,
) -> None:
    archive = format_1(tmp_path)
    original = next(path for path in archive.rglob("*.bin") if b"mills" in path.read_bytes())
    (tmp_path / "11.mills.html").write_bytes(original.read_bytes())
    done = process(archive, "ingest", "--number", "11", str(tmp_path / "11.mills.html"))
    assert done.returncode == Exit.OK
    assert sorted(keys_on_disk(archive)) == [NEW_KEYS, OLD_KEYS]
    kept = Store(archive).entry(original.stem)
    assert kept is not None
    assert (kept.by_reader.number, kept.by_reader.publication) == (11, "The Lathe")
    assert kept.by_carrier.title == "Mills stand idle"


def test_a_backup_of_format_1_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for path in sorted(FORMAT_1.rglob("*.*")):
            tar.add(path, path.relative_to(FORMAT_1).as_posix())
    assert process(tmp_path / "any", "restore", str(file), str(tmp_path / "back")).returncode == 0
    assert process(tmp_path / "back", "export").stdout == exported_of_format_1()


# -- backups --------------------------------------------------------------------------------------


def test_what_comes_back_is_what_was_there(fresh_archive: Path, tmp_path: Path) -> None:
    process(fresh_archive, "set", "395", "date=2024-12-23")
    process(fresh_archive, "search", "chip*", "--save", "chips")
    (fresh_archive / "synonyms.toml").write_text('equal = [["fusor", "fusion reactor"]]\n')
    file = tmp_path / "backup.tar.gz"
    assert process(fresh_archive, "backup", str(file)).returncode == Exit.OK
    back = tmp_path / "back"
    done = process(fresh_archive, "restore", str(file), str(back))
    assert done.returncode == Exit.OK
    assert "5 originals, 12 issues in" in done.stderr
    assert export(back) == export(fresh_archive)
    for name in ("sayings.json", "searches.json", "synonyms.toml"):
        assert (back / name).read_bytes() == (fresh_archive / name).read_bytes()
    assert back.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in back.rglob("*.bin")} == {0o600}


def test_the_same_archive_gives_the_same_bytes(tmp_path: Path) -> None:
    items = seed_items()
    take_in(tmp_path / "one", *items)
    take_in(tmp_path / "two", *items[::-1])
    for entry in (tmp_path / "two").rglob("*.json"):
        other = tmp_path / "one" / entry.relative_to(tmp_path / "two")
        entry.write_bytes(other.read_bytes())  # they came at other seconds
        os.utime(entry, (0, 0))
    back_up(tmp_path / "one", tmp_path / "1.tgz")
    back_up(tmp_path / "two", tmp_path / "2.tgz")
    assert (tmp_path / "1.tgz").read_bytes() == (tmp_path / "2.tgz").read_bytes()


def test_an_archive_with_a_damaged_original_is_not_backed_up(
    fresh_archive: Path, tmp_path: Path
) -> None:
    damaged = next(fresh_archive.rglob("*.bin"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    done = process(fresh_archive, "backup", str(tmp_path / "backup.tgz"))
    assert done.returncode == Exit.NO_ARCHIVE
    assert "has been altered" in done.stderr
    assert list(tmp_path.glob("*.tgz")) == []
    assert list(tmp_path.glob(".*")) == []


def altered(file: Path, name: str, data: bytes, into: Path, **how: object) -> Path:
    """The backup `file` with one more member, or with one member's contents replaced."""
    with tarfile.open(file, "r:gz") as old, tarfile.open(into, "w:gz") as new:
        for member in old:
            if member.name != name:
                new.addfile(member, old.extractfile(member))
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for key, value in how.items():
            setattr(info, key, value)
        new.addfile(info, io.BytesIO(data))
    return into


@pytest.fixture
def file(fresh_archive: Path, tmp_path: Path) -> Path:
    back_up(fresh_archive, tmp_path / "good.tgz")
    return tmp_path / "good.tgz"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("../outside.txt", {}),
        ("/tmp/outside.txt", {}),
        ("sources/ab/../../outside.bin", {}),
        ("sources/zz/short.bin", {}),
        ("index/toc", {}),
        ("searches.json", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}),
        ("sayings.json", {"type": tarfile.FIFOTYPE}),
    ],
)
def test_a_member_that_is_no_part_of_a_backup_is_refused_and_nothing_is_left(
    file: Path, tmp_path: Path, name: str, how: dict[str, object]
) -> None:
    bad = altered(file, name, b"" if how else b"x", tmp_path / "bad.tgz", **how)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError):
        restore(bad, tmp_path / "back")
    assert sorted(tmp_path.iterdir()) == before


def test_a_backup_that_was_cut_or_altered_is_refused(file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    with tarfile.open(file) as tar:
        name = next(name for name in tar.getnames() if name.endswith(".bin"))
    bad = {
        "cut.tgz": data[: len(data) // 2],
        "flipped.tgz": data[:2000] + bytes([data[2000] ^ 1]) + data[2001:],
        "empty.tgz": b"",
        "text.tgz": b"no backup at all",
        "no tar.tgz": gzip.compress(b"no tar"),
    }
    for title, contents in bad.items():
        (tmp_path / title).write_bytes(contents)
    altered(file, name, b"other words", tmp_path / "other.tgz")
    for title in (*bad, "other.tgz"):
        with pytest.raises((UsageError, NoArchiveError)):
            restore(tmp_path / title, tmp_path / "back")
        assert not (tmp_path / "back").exists()


def test_nothing_is_restored_over_an_archive(file: Path, fresh_archive: Path) -> None:
    with pytest.raises(UsageError, match="is not empty"):
        restore(file, fresh_archive)


def test_a_backup_that_cannot_be_written_is_said_so(fresh_archive: Path, tmp_path: Path) -> None:
    done = process(fresh_archive, "backup", str(tmp_path / "nowhere" / "backup.tgz"))
    assert done.returncode == Exit.USAGE
    assert f"there is no folder {tmp_path / 'nowhere'} to write to; make it" in done.stderr


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_folder_that_exists_keeps_its_mode(file: Path, tmp_path: Path, mode: int) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real").chmod(mode)
    (tmp_path / "link").symlink_to("real")
    assert process(tmp_path / "any", "restore", str(file), str(tmp_path / "link")).returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").stat().st_mode & 0o777 == mode
    assert process(tmp_path / "link", "issues").stdout


def test_nothing_is_restored_where_others_can_write(file: Path, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    done = process(tmp_path / "any", "restore", str(file), str(tmp_path / "open"))
    assert done.returncode == Exit.NO_ARCHIVE
    assert f"chmod go-w {tmp_path / 'open'}" in done.stderr
    assert not list((tmp_path / "open").iterdir())


def test_what_is_restored_can_be_added_to(file: Path, tmp_path: Path) -> None:
    restore(file, tmp_path / "back")
    report = take_in(
        tmp_path / "back", source("new.txt", "Crane Weekly 7: A\nby Ada Moore\n\nWords.")
    )
    assert [issue.key for issue in report.added] == ["crane-weekly/7"]


# -- doctor and verify ----------------------------------------------------------------------------


def findings(archive: Path, command: str = "doctor") -> list[dict[str, str]]:
    found = json.loads(process(archive, command, "--json").stdout)["findings"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("command", ["doctor", "verify"])
def test_of_an_archive_that_is_well_nothing_is_said(fresh_archive: Path, command: str) -> None:
    done = process(fresh_archive, command)
    assert (done.returncode, done.stdout) == (Exit.OK, "")
    assert done.stderr.startswith("backissue: ")
    assert list(fresh_archive.glob(".*")) == []


@pytest.mark.parametrize("command", ["doctor", "verify"])
def test_an_original_that_was_altered_is_named_and_left_as_it_is(
    fresh_archive: Path, command: str
) -> None:
    damaged = sorted(fresh_archive.rglob("*.bin"))[0]
    data = damaged.read_bytes() + b"?"
    damaged.write_bytes(data)
    done = process(fresh_archive, command)
    assert done.returncode == Exit.FINDINGS
    assert f"the original {damaged} has been altered; to have it again" in done.stdout
    assert done.stdout.count("\n") == 1
    assert damaged.read_bytes() == data


def test_an_original_that_is_gone_is_named(fresh_archive: Path) -> None:
    sorted(fresh_archive.rglob("*.bin"))[0].unlink()
    (finding,) = findings(fresh_archive)
    assert "cannot read the original" in finding["matter"]


def test_what_is_open_to_others_is_named_with_the_command_that_closes_it(
    fresh_archive: Path,
) -> None:
    fresh_archive.chmod(0o755)
    (finding,) = findings(fresh_archive)
    assert finding["remedy"] == f"chmod -R go= {fresh_archive}"


def test_words_of_the_reader_that_cannot_be_read_are_named(fresh_archive: Path) -> None:
    for name in ("sayings.json", "searches.json", "synonyms.toml"):
        (fresh_archive / name).write_text("[")
        (fresh_archive / name).chmod(0o600)
    assert len(findings(fresh_archive)) >= 3


@pytest.mark.parametrize("suffix", ["words", "records"])
def test_a_damaged_byte_anywhere_in_the_index_is_found(fresh_archive: Path, suffix: str) -> None:
    """Opening an index checks its tables; `doctor` reads the lists and records as well."""
    (file,) = (fresh_archive / "index").glob(f"*.{suffix}")
    whole = file.read_bytes()
    for place in range(0, len(whole), len(whole) // 40):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert any("damaged" in one.matter for one in examine(fresh_archive)), place
    file.write_bytes(whole)
    assert list(examine(fresh_archive)) == []


def test_an_index_that_is_no_use_or_lacks_a_source_is_named(
    fresh_archive: Path, tmp_path: Path
) -> None:
    take_in(fresh_archive, source("new.txt", "Crane Weekly 7: A\nby Ada Moore\n\nWords."))
    new = json.loads(process(fresh_archive, "show", "7", "--json").stdout)["issue"]["sources"]
    assert new == ["new.txt"]
    take_in(tmp_path / "other", *seed_items())
    for path in (fresh_archive / "index").iterdir():
        path.unlink()
    for path in (tmp_path / "other" / "index").iterdir():
        (fresh_archive / "index" / path.name).write_bytes(path.read_bytes())
        (fresh_archive / "index" / path.name).chmod(0o600)
    (finding,) = findings(fresh_archive)
    assert (finding["about"], finding["matter"]) == (
        "the index",
        "the index is of another state of the archive",
    )
    (fresh_archive / CHANGE).write_bytes((tmp_path / "other" / CHANGE).read_bytes())
    (finding,) = findings(fresh_archive)
    assert finding["about"] == "new.txt"
    assert finding["matter"] == "is kept, and not in the index"
    assert [one["about"] for one in findings(fresh_archive, "verify")] == ["crane-weekly/7"]
    for path in (fresh_archive / "index").iterdir():
        path.write_bytes(b"")
    assert findings(fresh_archive)[0]["about"] == "the index"


def test_what_a_killed_run_left_is_removed_by_the_next(fresh_archive: Path, seeds: Path) -> None:
    nobody = 2**22 + 1  # above the highest number a process can have
    left = [
        fresh_archive / f".verifying-{nobody}" / "stamp.json",
        fresh_archive / f".searches.json.{nobody}.tmp",
        fresh_archive / "index.new" / "stamp.json",
        fresh_archive / "unfinished",
    ]
    for file in left:
        file.parent.mkdir(exist_ok=True)
        file.touch()
    process(fresh_archive, "verify")
    process(fresh_archive, "search", "gpu", "--save", "chips")
    process(fresh_archive, "ingest", str(seeds / "000_0aacfcacfca5fa1e.txt"))
    assert [file for file in left if file.exists()] == []
    assert not left[0].parent.exists()
    assert not left[2].parent.exists()
    assert process(fresh_archive, "doctor").returncode == Exit.OK


def test_what_an_interrupted_run_left_is_named(fresh_archive: Path) -> None:
    (fresh_archive / "unfinished").touch(mode=0o600)
    (finding,) = findings(fresh_archive)
    assert finding["matter"] == "a run was cut short"


def test_a_file_whose_name_is_no_utf_8_is_kept_and_comes_back(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    take_in(tmp_path / "archive", source(name, "Crane Weekly 7: A\nby Ada Moore\n\nWords."))
    back_up(tmp_path / "archive", tmp_path / "backup.tgz")
    restore(tmp_path / "backup.tgz", tmp_path / "back")
    take_in(tmp_path / "back", source("new.txt", "Crane Weekly 8: B\nby Ada Moore\n\nMore."))
    shown = json.loads(process(tmp_path / "back", "issues", "--json").stdout)["issues"]
    assert [issue["number"] for issue in shown] == [8, 7]


@pytest.mark.parametrize("command", ["doctor", "verify", "rebuild", "backup"])
def test_a_record_nested_without_end_is_named_as_damaged(
    fresh_archive: Path, tmp_path: Path, command: str
) -> None:
    record = sorted((fresh_archive / "sources").rglob("*.json"))[0]
    record.write_text("[" * 100_000)
    more = [str(tmp_path / "backup.tgz")] if command == "backup" else []
    done = process(fresh_archive, command, *more)
    assert "Traceback" not in done.stderr
    assert f"{record} is damaged" in done.stdout + done.stderr
    wanted = {"doctor": Exit.FINDINGS, "verify": Exit.FINDINGS, "rebuild": Exit.REJECTED_INPUT}
    assert done.returncode == wanted.get(command, Exit.NO_ARCHIVE)


def test_only_a_regular_file_is_written_or_read_as_a_backup(
    fresh_archive: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo")
    for call in (
        lambda: back_up(fresh_archive, tmp_path / "fifo"),
        lambda: restore(tmp_path / "fifo", tmp_path / "back"),
    ):
        with pytest.raises(UsageError, match="is not a regular file"):
            call()
    with pytest.raises(UsageError, match="is not there"):
        restore(tmp_path / "nowhere.tgz", tmp_path / "back")


@pytest.mark.parametrize(
    ("status", "noted"),
    [(Status.REJECTED, True), (Status.UNCHANGED, False), (Status.SKIPPED, False)],
)
def test_a_run_that_only_rejected_something_is_noted(
    tmp_path: Path, status: Status, noted: bool
) -> None:
    outcome = Outcome(name="a.txt", status=status, reason="no text")
    journal.note(tmp_path, "ingest", ["a.txt"], Report(outcomes=(outcome,)))
    assert (tmp_path / journal.FILE).exists() is noted
