"""Bombs and tricks in every way of packing that is read: bounded in time, memory and disk.

The cases are in tests/cases/hostile/bombs.toml, and packing.py makes their files. Each is tried by
a process of its own, which the system ends beyond a limit, alone and inside a backup.
"""

import gzip
import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability import packing
from tests.reliability.test_hostile import GOOD, cases, marked

BOMBS = cases("bombs")
# What one run may take. Three quarters of a gigabyte is a page of 64 MB as a tree, and is never
# needed to unpack; the seconds are of processor time, and twenty times what the slowest takes.
_MEMORY = 768 * 2**20
_SECONDS = 240
# Temporary copies and the archive: what one input may unpack to, whatever its size.
_DISK = 320 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What came of a run: its exit code, its messages, its most memory in bytes."""

    code: int
    err: str
    peak: int


def bounded_run(place: Path, *arguments: str, **environment: str) -> Ended:
    """The program in a process that the system ends where it exceeds a limit."""

    def bind() -> None:
        for kind, most in (
            (resource.RLIMIT_AS, _MEMORY),
            (resource.RLIMIT_CPU, _SECONDS),
            (resource.RLIMIT_FSIZE, _DISK),
        ):
            resource.setrlimit(kind, (most, most))

    scratch = place / "scratch"
    scratch.mkdir(exist_ok=True)
    with (place / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "backissue", *arguments],
            cwd=place,
            env={**os.environ, "TMPDIR": str(scratch), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=err,
            preexec_fn=bind,  # noqa: PLW1509 - there are no threads here
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert not os.listdir(scratch)
    said = (place / "err").read_text(encoding="utf-8")
    done = Ended(code=process.returncode, err=said, peak=used.ru_maxrss * 1024)
    assert "Traceback" not in said, said[-2000:]
    assert done.code >= 0, (done.code, said[-2000:])
    # The system's own limits are not what stops it.
    assert "too large" not in said.replace("directory is too large", "").replace(
        "headers is too large", ""
    ), said
    return done


def made(case: Mapping[str, Any]) -> bytes:
    """The file of a case."""
    told = {key: value for key, value in case["file"].items() if key != "recipe"}
    return packing.RECIPES[case["file"]["recipe"]](**told)


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.promise(
    "A bomb or a trick, in each way of packing that is read and in their combinations, is rejected"
    " with its reason, within 768 MB of memory and bounds of time and disk; the file beside it is"
    " ingested."
)
@pytest.mark.parametrize("case", [marked(case) for case in BOMBS])
def test_a_bomb_is_refused_within_bounds(
    case: dict[str, Any], tmp_path: Path, trials: Trials
) -> None:
    if case.get("long") and not trials.long:
        pytest.skip("tried with --long")
    (tmp_path / "bomb").write_bytes(made(case))
    (tmp_path / "good.txt").write_text(GOOD, encoding="utf-8")
    archive = tmp_path / "archive"
    done = bounded_run(tmp_path, "--archive", str(archive), "ingest", "bomb", "good.txt")
    lines = [line.removeprefix("backissue: ") for line in done.err.splitlines()]
    assert any(line.startswith("added good.txt: plain text") for line in lines), done
    refused = {
        name: reason
        for line in lines
        if line.startswith("cannot read ")
        for name, _, reason in [line.removeprefix("cannot read ").partition(": ")]
    }
    wanted = case.get("rejected", {})
    assert refused.keys() == wanted.keys(), done
    for name, reason in wanted.items():
        assert reason in refused[name], done
    for name in case.get("added", ()):
        assert any(line.startswith(f"added {name}: ") for line in lines), done
    count = sum(line.startswith("added ") for line in lines)
    assert count == len(case.get("added", ())) + case.get("same", 1), done
    assert done.code == (Exit.REJECTED_INPUT if wanted else Exit.OK), done
    assert size_of(archive) < 2 * 2**20 + case.get("kept", 0), size_of(archive)
    trials.did(1, "bombs")


# -- inside a backup -------------------------------------------------------------------------------


def backup_of(*originals: bytes, records: Sequence[bytes | None] = ()) -> bytes:
    """A backup of these originals, whole in all else; a record may be another than it would be."""
    file = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for number, data in enumerate(originals):
            name = hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
            usual = {"format": 2, "names": [f"{number}.txt"], "came": "2024-01-01T00:00:00Z"}
            usual |= {"by_reader": {}, "by_carrier": {}}
            given = records[number] if number < len(records) else None
            _add(tar, f"sources/{name[:2]}/{name}.bin", data)
            _add(tar, f"sources/{name[:2]}/{name}.json", given or json.dumps(usual).encode())
    return file.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


LETTER = b"Letters 9: Fords\n\nThe fords were deep, and few went over them on foot.\n"
# Records, and words of yours, that take a hundred times their size as a backup has it.
_RECORDS: Mapping[str, bytes] = {
    "a record of 60 MB of empty lists": b"[" + b"[]," * 20_000_000 + b"[]]",
    "a record of 60 MB of lists in lists": b"[" * 60_000_000,
    "a record of 60 MB of names": b'{"names": [' + b'"a",' * 15_000_000 + b'"a"], "came": "x"}',
    "a record of a number of 60 MB": b'{"names": ["a"], "came": ' + b"9" * 60_000_000 + b"}",
}


def restored(place: Path, backup: bytes, **environment: str) -> Ended:
    """A restore of this backup, within bounds."""
    (place / "backup.tgz").write_bytes(backup)
    return bounded_run(place, "restore", "backup.tgz", "back", **environment)


@pytest.mark.promise(
    "A backup whose records, headers or ends are bombs is refused within 768 MB of memory and"
    " bounds of time and disk, and nothing is left of it."
)
@pytest.mark.parametrize("case", [*_RECORDS, "a long name", "zeros behind it", "empty members"])
def test_a_backup_with_a_bomb_is_refused_within_bounds(
    case: str, tmp_path: Path, trials: Trials
) -> None:
    honest = backup_of(LETTER)
    backup = {
        "a long name": lambda: (
            honest[:3] + b"\x08" + honest[4:10] + b"x" * 30_000_000 + honest[10:]
        ),
        "zeros behind it": lambda: honest + bytes(30_000_000),
        "empty members": lambda: honest + gzip.compress(b"") * 200_000 + b"x",
    }.get(case, lambda: backup_of(LETTER, records=[_RECORDS[case]]))()
    done = restored(tmp_path, backup)
    assert done.code == Exit.USAGE, done
    assert len(done.err.splitlines()) == 1, done
    assert not (tmp_path / "back").exists()
    assert sorted(os.listdir(tmp_path)) == ["backup.tgz", "err", "scratch"]
    trials.did(1, "backups")


SLOW = {
    "headings": ("# T\n\nThe gates stood open.\n\n" + "## x\n\n" * 200_000).encode(),
    "tags": b"<html><body><p>The gates stood open.</p>" + b"<h2>x</h2>" * 200_000,
    "lines": b"The gates stood open.\n\n" + b"Ada:\n\n* weir\n\n" * 200_000,
}


@pytest.mark.promise(
    "`restore` holds the limits of `ingest` while it reads the originals: one that takes longer is"
    " named, kept and not indexed; the others are there, and `rebuild` reads all."
)
@pytest.mark.parametrize("slow", SLOW)
def test_an_original_of_a_backup_takes_no_longer_than_ingest_allows(
    slow: str, tmp_path: Path, trials: Trials
) -> None:
    done = restored(tmp_path, backup_of(SLOW[slow], LETTER), BACKISSUE_SOURCE_SECONDS="1")
    assert done.code == Exit.REJECTED_INPUT, done
    assert "cannot read 0.txt: takes more than 1 s of processor time" in done.err, done
    assert "1 original" in done.err or "2 originals, 1 issue in back" in done.err, done
    assert "backissue --archive back rebuild" in done.err, done
    assert len(list((tmp_path / "back" / "sources").glob("*/*.bin"))) == 2
    out = subprocess.run(
        [sys.executable, "-m", "backissue", "--archive", "back", "search", "fords", "--count"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert out.stdout.strip() == "1"
    trials.did(1, "backups")


@pytest.mark.promise("The same limits hold for memory.")
def test_an_original_of_a_backup_takes_no_more_memory_than_ingest_allows(tmp_path: Path) -> None:
    large = "The gates stood open.\n\n" + "weir " * 4_000_000  # and more than a header may have
    done = restored(tmp_path, backup_of(large.encode(), LETTER), BACKISSUE_SOURCE_MB="100")
    assert done.code == Exit.REJECTED_INPUT, done
    assert "cannot read 0.txt: takes more than 100 MB of memory" in done.err, done
    assert "2 originals, 1 issue in back" in done.err, done
