"""A backup from elsewhere: it becomes a whole archive, or is refused and leaves nothing."""

import bz2
import gzip
import io
import lzma
import os
import signal
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from backissue.archive import restoring
from backissue.errors import Exit
from backissue.ingest.sources import streams
from tests.conftest import Trials
from tests.reliability.test_faults import Done, exported, import_all, run, write_issue
from tests.reliability.test_links import state

_PATIENCE = 300  # seconds, after which a restore has hung
_SHA = "00" * 32
_GIGABYTE = 2**30
# A member that a backup may have, and that nothing is wrong with whatever is in it.
_UNREAD = "synonyms.toml"


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    import_all()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that a backup has every kind of file of."""
    place = tmp_path_factory.mktemp("made")
    archive = place / "archive"
    for number in (1, 2, 3):
        new = write_issue(place / f"{number}.txt", number, f"Mills {number}")
        assert run(archive, "ingest", str(new)).code == Exit.OK
    for words in (["set", "1", "title=Other"], ["search", "reeds", "--save", "reeds"]):
        assert run(archive, *words).code == Exit.OK
    return archive


@pytest.fixture(scope="module")
def honest(made: Path) -> bytes:
    """The tar of a backup, without its end."""
    file = made.parent / "backup.tgz"
    assert run(made, "backup", str(file)).code == Exit.OK
    data = gzip.decompress(file.read_bytes())
    return data[: len(data.rstrip(b"\0")) // tarfile.BLOCKSIZE * tarfile.BLOCKSIZE + 512]


# -- members ---------------------------------------------------------------------------------------


def member(name: str, data: bytes = b"", **fields: object) -> bytes:
    """A member of a tar, with these fields of its header."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % tarfile.BLOCKSIZE)


def pax(fields: Mapping[str, str], name: str = "log.jsonl", data: bytes = b"x") -> bytes:
    """A member whose header has more fields, as POSIX has it."""
    info = tarfile.TarInfo(name)
    info.size, info.pax_headers = len(data), dict(fields)
    body = data + bytes(-len(data) % tarfile.BLOCKSIZE)
    return info.tobuf(tarfile.PAX_FORMAT) + body


def sparse(size: int, name: str = "log.jsonl") -> bytes:
    """A member of GNU tar that is one hole."""
    header = bytearray(member(name, type=tarfile.GNUTYPE_SPARSE))
    header[386:398] = b"%011o " % 0  # a part of no bytes, at the beginning
    header[483:495] = bytes([0x80, 0, 0, 0]) + size.to_bytes(8, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)


def zeros(name: str, size: int) -> Iterator[bytes]:
    """A member of zeros, in pieces."""
    yield member(name, size=size)
    for _ in range(size // 2**20):
        yield bytes(2**20)


def record(number: int) -> str:
    """The name of a record."""
    return f"sources/00/00{number:062x}.json"


def many(members: int) -> bytes:
    """So many empty members."""
    return b"".join(member(record(number)) for number in range(members))


ADDED: Mapping[str, bytes] = {
    "an absolute path": member("/tmp/planted.txt", b"x"),
    "a path that leads out": member("../planted.txt", b"x"),
    "a path that leads out of sources": member("sources/00/../../../planted.txt", b"x"),
    "a path with a dot": member("./log.jsonl", b"x"),
    "a link": member(_UNREAD, type=tarfile.SYMTYPE, linkname="../secret.txt"),
    "a link to a folder, and a file in it": member(
        "sources/00", type=tarfile.SYMTYPE, linkname="../../.."
    )
    + member(f"sources/00/{_SHA}.bin", b"x"),
    "a hard link": member(_UNREAD, type=tarfile.LNKTYPE, linkname="../secret.txt"),
    "a hard link to a member": member(_UNREAD, type=tarfile.LNKTYPE, linkname="log.jsonl"),
    "a device": member(_UNREAD, type=tarfile.CHRTYPE, devmajor=1, devminor=5),
    "a disk": member(_UNREAD, type=tarfile.BLKTYPE, devmajor=8),
    "a pipe": member(_UNREAD, type=tarfile.FIFOTYPE),
    "a folder": member(_UNREAD, type=tarfile.DIRTYPE),
    "your words twice": member("searches.json", b"{}"),
    "a name in capitals": member("LOG.JSONL", b"x"),
    "an original in capitals": member(f"sources/AB/{'AB' * 32}.bin", b"x"),
    "a planted index": member("index/_MAIN_1.toc", b"x"),
    "a planted lock": member("lock", b"x"),
    "a planted history": member("history/000001.undoing", b"x"),
    "an original that is another": member(f"sources/00/{_SHA}.bin", b"x"),
    "an original without a record": member(
        "sources/2d/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881.bin", b"x"
    ),
    "a record without an original": member(record(0), b"{}"),
    "a record that is none": member("removed.json", b"[" * 100_000),
    "a name of 20 MB": member("@LongLink", b"x" * 20 * 2**20, type=tarfile.GNUTYPE_LONGNAME),
    "a header of 20 MB": pax({"comment": "x" * 20 * 2**20}),
    "a header with another path": pax({"path": "../planted.txt"}),
    "a header with an absolute path": pax({"path": "/tmp/planted.txt"}),
    "a header with a link": pax({"linkpath": "../secret.txt"}, "x"),
    "a header with a size": pax({"size": str(100 * _GIGABYTE)}, _UNREAD),
    "a header with a size below nothing": pax({"size": "-512"}, _UNREAD),
    "a hole of 1 MB": sparse(2**20, _UNREAD),
    "a hole of 100 GB": sparse(100 * _GIGABYTE),
    "a hole of 100 GB, as POSIX has it": pax(
        {"GNU.sparse.size": str(100 * _GIGABYTE), "GNU.sparse.map": "0,0"}, "removed.json"
    ),
    "a hole of 1 MB, as POSIX has it": pax(
        {"GNU.sparse.size": str(2**20), "GNU.sparse.map": "0,0"}, _UNREAD
    ),
    "100 GB that are not there": member("removed.json", size=100 * _GIGABYTE),
    "too many members": many(3000),  # each in less than half of what one may take
}

# Why each is refused, so that none is refused for another reason; most for what they are.
REASONS: Mapping[str, str] = {
    "your words twice": "searches.json comes twice",
    "an original that is another": "is not what it was",
    "an original without a record": "only one of the two files",
    "a record without an original": "only one of the two files",
    "a record that is none": "removed.json is damaged",
    "a name of 20 MB": "one of its headers is too large",
    "a header of 20 MB": "one of its headers is too large",
    "a header with a size": "synonyms.toml is larger than",
    "a header with a size below nothing": "synonyms.toml is larger than",
    "100 GB that are not there": "removed.json is larger than",
    "too many members": "holds more than",
}


def ended(*parts: bytes) -> bytes:
    """A tar that ends as one does."""
    return b"".join(parts) + bytes(2 * tarfile.BLOCKSIZE)


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("backup.tar", data)
    return file.getvalue()


# What is made of an honest tar.
PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    "compressed twice": lambda tar: gzip.compress(gzip.compress(ended(tar))),
    "bzip2": lambda tar: bz2.compress(ended(tar)),
    "xz": lambda tar: lzma.compress(ended(tar)),
    "xz in gzip": lambda tar: gzip.compress(lzma.compress(ended(tar))),
    "zip": lambda tar: zipped(ended(tar)),
    "zip in gzip": lambda tar: gzip.compress(zipped(ended(tar))),
    "no end": gzip.compress,
    "half": lambda tar: half(gzip.compress(ended(tar))),
    "a tar alone": ended,
    "nothing": lambda _: b"",
}


# -- trials ----------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a file of yours, where a backup is restored into another."""
    (tmp_path / "secret.txt").write_text("a word\n", encoding="utf-8")
    return tmp_path


def restored(place: Path, data: bytes | Sequence[bytes]) -> Done:
    """A restore of this backup, which ends by itself; how much it had written goes to `written`."""
    (place / "backup.tgz").write_bytes(b"".join([data] if isinstance(data, bytes) else data))
    tidy = restoring.remove

    def before() -> None:
        os.chdir(place)
        signal.alarm(_PATIENCE)
        restoring.remove = noting  # type: ignore[attr-defined]

    def noting(folder: Path) -> None:
        sizes = (path.lstat().st_size for path in folder.rglob("*") if path.is_file())
        (place / "written").write_text(str(sum(sizes)), encoding="utf-8")
        tidy(folder)

    return run(place / "none", "restore", "backup.tgz", "new/back", before=before)


def is_refused(place: Path, data: bytes | Sequence[bytes], case: str) -> str:
    """The backup is refused in one sentence, and nothing is left of it; the sentence."""
    secret = (place / "secret.txt").read_bytes()
    (place / "new").mkdir(exist_ok=True)
    done = restored(place, data)
    told = f"{case}: {done.code} {done.err}"
    assert done.code == Exit.USAGE, told
    assert len(done.lines) == 1, told
    assert len(done.err) < 500, told
    assert not state(place / "new"), told
    assert {path.name for path in place.iterdir()} <= {"secret.txt", "backup.tgz", "new", "written"}
    assert (place / "secret.txt").read_bytes() == secret, told
    assert not Path("/tmp/planted.txt").exists(), told
    written = int((place / "written").read_text(encoding="utf-8"))
    allowed = streams.ALLOWANCE + streams.LARGEST_RATIO * (place / "backup.tgz").stat().st_size
    assert written <= allowed, told
    return done.err


@pytest.mark.promise(
    "A backup with a strange member (paths that lead out, links, devices, pipes, names that come"
    " twice, a planted index, holes, headers without end) is refused in one sentence, and nothing"
    " is left of it."
)
@pytest.mark.parametrize("case", ADDED)
def test_a_backup_with_a_strange_member_is_refused(
    honest: bytes, place: Path, case: str, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "MOST_MEMBERS", 12)
    parts = {
        "behind": (honest, ADDED[case]),
        "in front": (ADDED[case], honest),
        "alone": (ADDED[case],),
    }
    ways = list(parts) if trials.long else ["behind"]
    if trials.long and case == "your words twice":
        ways.remove("alone")  # there, they come once
    for at in trials(few=1, many=len(ways), unit="backups"):
        told = is_refused(place, gzip.compress(ended(*parts[ways[at]]), 1), f"{case} {ways[at]}")
        assert at or REASONS.get(case, "it holds “") in told, told


@pytest.mark.promise("What is compressed in another way, or not whole, is refused as no backup.")
@pytest.mark.parametrize("case", PACKED)
def test_what_is_compressed_in_another_way_is_no_backup(
    honest: bytes, place: Path, case: str
) -> None:
    assert "is no backup" in is_refused(place, PACKED[case](honest), case)


@pytest.mark.promise(
    "A backup that unpacks to more than `ingest` would take is refused, and what it had written"
    " stays within that limit."
)
@pytest.mark.parametrize("case", ["records", "log", "behind the end", "in a header", "one record"])
def test_a_backup_that_is_a_bomb_is_refused(
    honest: bytes, place: Path, case: str, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With --long the limits are those that are in force.
    if not trials.long:
        monkeypatch.setattr(streams, "ALLOWANCE", 4 * 2**20)
        monkeypatch.setattr(streams, "LARGEST_RATIO", 4)
    megabytes = 600 if trials.long else 40
    many = {
        "records": [
            part for number in range(megabytes // 20) for part in zeros(record(number), 20 * 2**20)
        ],
        "log": list(zeros("log.jsonl", megabytes * 2**20)),
        "behind the end": [bytes(2**20)] * megabytes,
        "in a header": [
            pax({"comment": "x" * 15 * 2**20}, record(number)) for number in range(megabytes // 15)
        ],
        "one record": list(zeros(record(0), 65 * 2**20)),
    }
    file = io.BytesIO()
    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
        if case == "behind the end":
            packed.write(ended(honest))
        for part in many[case]:
            packed.write(part)
    told = is_refused(place, file.getvalue(), case)
    assert any(word in told for word in ("unpacks to more", "is larger than")), told
    trials.did(1)


@pytest.mark.promise(
    "Whatever an archive holds, `restore` takes the backup that `backup` wrote of it."
)
@pytest.mark.parametrize("limit", [0, 10_000, 2**30])
def test_a_backup_that_shrinks_beyond_belief_is_restored(
    made: Path, tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "ALLOWANCE", limit)
    monkeypatch.setattr(streams, "LARGEST_RATIO", 2)
    new = write_issue(tmp_path / "blank.txt", 4, "Blanks", "\n" * 200_000)
    blank = tmp_path / "archive"
    assert run(blank, "ingest", str(new)).code == Exit.OK
    for archive in (made, blank):
        file, back = tmp_path / "backup.tgz", tmp_path / f"{archive.parent.name}-back"
        assert run(archive, "backup", str(file)).code == Exit.OK
        done = run(archive, "restore", str(file), str(back))
        assert done.code == Exit.OK, done.err
        assert exported(back) == exported(archive)
