"""Sources in sources: taken one by one, however they are packed; traps are refused."""

import bz2
import gc
import gzip
import io
import lzma
import os
import sys
import tarfile
import tomllib
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backissue.ingest.identity import gather
from backissue.ingest.sources import (
    Meter,
    Refusal,
    Source,
    archives,
    collect,
    collecting,
    streams,
    survey,
)
from backissue.records import Facts, Status
from tests.conftest import Trials, sha256, take_in

CASES = Path(__file__).parent / "cases" / "containers"
MILLS = "The river was low that year and the mills stood idle for most of it.\n"
SHIPS = "A machine in the harbour counts every ship that leaves in a large book.\n"
INBOX = (
    f"From ada@example.org Mon Feb  5 10:00:00 2024\nSubject: Mills\n\n{MILLS}\n"
    f"From ada@example.org Tue Feb  6 10:00:00 2024\nSubject: Ships\n\n{SHIPS}\n"
)

Members = Mapping[str, str | bytes]


def collected(*paths: Path | str, **said: object) -> list[Source | Refusal]:
    return list(collect(map(str, paths), gather(said)))


def taken(*paths: Path | str, **said: object) -> dict[str, str]:
    """What is taken, by name."""
    items = collected(*paths, **said)
    return {item.name: item.data.decode() for item in items if isinstance(item, Source)}


def refused(*paths: Path | str) -> dict[str, str]:
    return {
        item.name: item.reason
        for item in collected(*paths)
        if isinstance(item, Refusal) and not item.skipped
    }


def skipped(*paths: Path | str) -> dict[str, str]:
    return {
        item.name: item.reason
        for item in collected(*paths)
        if isinstance(item, Refusal) and item.skipped
    }


def zipped(members: Members) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in members.items():
            archive.writestr(name.removesuffix("(2)"), content)
    return file.getvalue()


def tarred(members: Members, mode: str = "w", **special: bytes) -> bytes:
    """A tar; `special` members have a type of their own."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name.removesuffix("(2)"))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, kind in special.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    return file.getvalue()


PACKERS: dict[str, Callable[[Members], bytes]] = {
    "zip": zipped,
    "tar": tarred,
    "tar.gz": lambda members: tarred(members, "w:gz"),
    "tar.bz2": lambda members: tarred(members, "w:bz2"),
    "tar.xz": lambda members: tarred(members, "w:xz"),
}


@pytest.fixture(params=PACKERS)
def pack(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Members], Path]:
    """Makes an archive of each kind, under a name that tells nothing."""

    def made(members: Members) -> Path:
        path = tmp_path / "export"
        path.write_bytes(PACKERS[request.param](members))
        return path

    return made


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# -- archives -----------------------------------------------------------------------------------


def test_each_member_is_a_source_with_its_own_hash_and_a_path(
    pack: Callable[[Members], Path],
) -> None:
    items = collected(pack({"posts/1.txt": MILLS, "posts/2.txt": SHIPS}))
    assert [(item.name, item.sha256) for item in items if isinstance(item, Source)] == [
        ("export!posts/1.txt", sha256(MILLS)),
        ("export!posts/2.txt", sha256(SHIPS)),
    ]


def test_a_catalog_in_an_archive_works_as_in_a_folder(pack: Callable[[Members], Path]) -> None:
    catalog = 'publication = "Harbour Notes"\n["2.txt"]\nnumber = 7\n'
    path = pack({"a/1.txt": MILLS, "a/2.txt": SHIPS, "a/catalog.toml": catalog, "b/2.txt": "x"})
    said = {
        item.name: item.by_reader for item in collected(path, date="2024-02-05") if is_source(item)
    }
    assert said == {
        "export!a/1.txt": Facts(publication="Harbour Notes"),
        "export!a/2.txt": Facts(publication="Harbour Notes", number=7),
        "export!b/2.txt": Facts(),
    }


def is_source(item: Source | Refusal) -> bool:
    return isinstance(item, Source)


def test_what_the_index_of_an_export_tells_reaches_its_members(
    pack: Callable[[Members], Path],
) -> None:
    index = (
        "post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle\n"
        "1.mills,2024-02-05T10:00:00.000Z,true,,,newsletter,everyone,Mills stand idle,\n"
        "2.ships,2024-02-06T10:00:00.000Z,false,,,newsletter,everyone,Ships,\n"
    )
    members = {
        "x/posts/1.mills.html": "<p>M</p>",
        "x/posts/2.ships.html": "S",
        "x/posts.csv": index,
    }
    path = pack(members)
    (item,) = filter(is_source, collected(path))
    assert isinstance(item, Source)
    assert (item.name, item.by_carrier.title) == ("export!x/posts/1.mills.html", "Mills stand idle")
    assert skipped(path)["export!x/posts/2.ships.html"] == "a draft"
    assert "export!x/posts.csv" in skipped(path)


def test_what_a_walk_through_folders_passes_over_is_passed_over_in_an_archive(
    pack: Callable[[Members], Path],
) -> None:
    path = pack(
        {
            ".git/config": "x",
            "__MACOSX/._1.txt": "x",
            "a/.hidden": "x",
            "1.txt": MILLS,
            "README.md": "x",
            "assets/site.css": "p {}",
            "assets/site.js": "x()",
            "assets/mill.png": b"\x89PNG\r\n",
            "assets/mill.jpeg": b"\xff\xd8\xff\xe0",
            "assets/mill.mp4": b"\x00\x00\x00\x20ftypisom",
            "INBOX.mbox/Info.plist": '<?xml version="1.0"?>\n<!DOCTYPE plist>\n<plist/>',
        }
    )
    assert list(taken(path)) == ["export!1.txt"]
    assert refused(path) == {}
    assert skipped(path) == {
        "export!README.md": "describes its folder, and is no issue",
        "export!assets/site.css": "a style sheet",
        "export!assets/site.js": "a script",
        "export!assets/mill.png": "a picture",
        "export!assets/mill.jpeg": "a picture",
        "export!assets/mill.mp4": "a film, sound or a picture",
        "export!INBOX.mbox/Info.plist": "a property list",
    }


def test_a_picture_in_a_folder_is_skipped_and_one_that_is_named_is_a_source(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "f", "mill.png", b"\x89PNG\r\n and so on")
    assert skipped(tmp_path / "f") == {"mill.png": "a picture"}
    (item,) = collected(path)
    assert isinstance(item, Source)  # which reading it rejects
    (outcome,) = take_in(tmp_path / "a", item).outcomes
    assert (outcome.status, outcome.reason) == (Status.REJECTED, "not text, but a picture")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/etc/passwd", "etc/passwd"),
        ("./a//b.txt", "a/b.txt"),
        ("C:/posts/1.txt", "posts/1.txt"),
        ("posts\\1.txt", "posts/1.txt"),
        ("new\nline.txt", "new�line.txt"),
        ("\x1b[31mred.txt", "�[31mred.txt"),
        ("ünï – “x”.txt", "ünï – “x”.txt"),
        ("a../b..txt", "a../b..txt"),
    ],
)
def test_a_name_is_shown_so_that_it_can_do_no_harm(
    pack: Callable[[Members], Path], name: str, shown: str
) -> None:
    assert list(taken(pack({name: MILLS}))) == [f"export!{shown}"]


@pytest.mark.parametrize("name", ["../up.txt", "a/../../up.txt", "/../up.txt", "..\\up.txt"])
def test_a_name_that_leads_out_of_the_archive_is_refused_and_the_rest_is_taken(
    pack: Callable[[Members], Path], name: str
) -> None:
    path = pack({name: MILLS, "ships.txt": SHIPS})
    assert list(taken(path)) == ["export!ships.txt"]
    assert refused(path) == {f"export!{name}": "its name leads out of the archive"}


def test_members_of_one_name_are_all_taken(pack: Callable[[Members], Path]) -> None:
    path = pack({"1.txt": MILLS, "1.txt(2)": SHIPS})
    assert sorted(item.data.decode() for item in collected(path) if isinstance(item, Source)) == [
        SHIPS,
        MILLS,
    ]


def test_empty_members_and_an_empty_archive_are_refused(
    pack: Callable[[Members], Path], tmp_path: Path
) -> None:
    assert refused(pack({"1.txt": "", "2.txt": " \n", "3.txt": MILLS})) == {
        "export!1.txt": "empty",
        "export!2.txt": "empty",
    }
    assert refused(written(tmp_path, "none.zip", zipped({}))) == {"none.zip": "empty"}


def test_a_member_may_be_as_large_as_a_file_and_no_larger(
    pack: Callable[[Members], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "LARGEST_SOURCE", 2**20)
    noise = os.urandom(2**19).hex()
    path = pack({"exact.txt": noise, "large.txt": noise + "x"})
    assert list(taken(path)) == ["export!exact.txt"]
    assert refused(path) == {"export!large.txt": "larger than 1 MB"}


def test_an_archive_of_too_many_members_is_refused(
    pack: Callable[[Members], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    path = pack({f"{place}.txt": MILLS for place in range(5)})
    assert refused(path) == {"export": "holds more than 3 files"}


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_what_unpacks_to_hundreds_of_times_its_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(streams, "ALLOWANCE", 2**20)
    members = {f"{place}.txt": b"ha " * 2**20 for place in range(9)}
    path = written(tmp_path, "bomb", PACKERS[kind](members))
    assert len(taken(path)) < 9
    assert set(refused(path).values()) == {"unpacks to more than 250 times its size"}


def test_a_zip_whose_members_overlap_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"1.txt": MILLS, "2.txt": SHIPS}))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = bytes(4)  # where its bytes begin
    path = written(tmp_path, "bomb.zip", data)
    assert refused(path) == {"bomb.zip": "a zip bomb: its members overlap"}


def test_an_encrypted_member_is_refused_and_the_rest_is_taken(tmp_path: Path) -> None:
    data = bytearray(zipped({"1.txt": MILLS, "2.txt": SHIPS}))
    data[6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    path = written(tmp_path, "locked.zip", data)
    assert refused(path) == {"locked.zip!1.txt": "encrypted"}
    assert list(taken(path)) == ["locked.zip!2.txt"]


def test_a_member_whose_checksum_is_wrong_is_refused_and_the_rest_is_taken(tmp_path: Path) -> None:
    data = bytearray(zipped({"1.txt": MILLS, "2.txt": SHIPS}))
    for place in (14, data.find(b"PK\x01\x02") + 16):
        data[place] ^= 1
    path = written(tmp_path, "bad.zip", data)
    assert refused(path) == {"bad.zip!1.txt": "damaged: its checksum is wrong"}
    assert list(taken(path)) == ["bad.zip!2.txt"]


def test_a_zip_that_is_cut_short_is_refused_with_a_reason(tmp_path: Path) -> None:
    path = written(tmp_path, "cut.zip", zipped({"1.txt": MILLS})[:60])
    assert refused(path) == {
        "cut.zip": "a ZIP archive that is cut short or damaged: its directory is missing"
    }


@pytest.mark.parametrize(
    ("member", "what"),
    [
        ("[Content_Types].xml", "an Office document; save it as text or as a web page"),
        ("META-INF/container.xml", "an EPUB; save it as text or as a web page"),
        ("META-INF/MANIFEST.MF", "a program"),
    ],
)
def test_a_document_that_is_a_zip_inside_is_no_archive(
    tmp_path: Path, member: str, what: str
) -> None:
    path = written(tmp_path, "book", zipped({member: "x", "text/1.html": MILLS}))
    assert refused(path) == {"book": f"not text, but {what}"}


def test_links_and_devices_in_an_archive_are_skipped(tmp_path: Path) -> None:
    kinds = {
        "soft": tarfile.SYMTYPE,
        "hard": tarfile.LNKTYPE,
        "device": tarfile.CHRTYPE,
        "pipe": tarfile.FIFOTYPE,
    }
    path = written(tmp_path, "a.tar", tarred({"1.txt": MILLS}, **kinds))
    assert skipped(path) == {
        "a.tar!soft": "a link to another file",
        "a.tar!hard": "a link to another file",
        "a.tar!device": "not a regular file",
        "a.tar!pipe": "not a regular file",
    }
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert skipped(written(tmp_path, "a.zip", file.getvalue())) == {
        "a.zip!link": "a link to another file"
    }


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_of_a_tar_that_is_cut_short_what_was_read_is_kept(tmp_path: Path, mode: str) -> None:
    noise = os.urandom(50_000).hex()
    data = tarred({"1.txt": noise, "2.txt": os.urandom(50_000).hex()}, mode)
    path = written(tmp_path, "cut", data[: len(data) * 3 // 5])
    # bzip2 keeps blocks of 900 kB, whole or not at all.
    assert taken(path) == ({} if mode == "w:bz2" else {"cut!1.txt": noise})
    assert "cut short" in refused(path)["cut"]


def test_a_tar_that_ends_between_two_members_is_known_to_be_cut_short(tmp_path: Path) -> None:
    data = tarred({"1.txt": MILLS, "2.txt": SHIPS})
    path = written(tmp_path, "cut.tar", data[:1024])
    assert list(taken(path)) == ["cut.tar!1.txt"]
    assert refused(path) == {"cut.tar": "a tar archive that is cut short"}


def test_a_tar_header_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 2**30
    data = gzip.compress(info.tobuf() + bytes(2**20))
    assert refused(written(tmp_path, "x.tar.gz", data)) == {
        "x.tar.gz": "one of its headers is too large"
    }


# -- compressed files ---------------------------------------------------------------------------

COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_a_compressed_file_is_one_source_with_the_hash_of_its_contents(
    tmp_path: Path, kind: str
) -> None:
    path = written(tmp_path, "1.txt", COMPRESSORS[kind](MILLS.encode()))
    (item,) = collected(path, number=7)
    assert isinstance(item, Source)
    assert (item.name, item.sha256, item.by_reader.number) == ("1.txt", sha256(MILLS), 7)


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_a_compressed_file_that_is_cut_short_is_refused(tmp_path: Path, kind: str) -> None:
    data = COMPRESSORS[kind](os.urandom(9000).hex().encode())
    assert refused(written(tmp_path, "1.txt", data[:3000])) == {"1.txt": "cut short"}


def test_what_is_compressed_more_than_once_is_refused(tmp_path: Path) -> None:
    data = gzip.compress(bz2.compress(MILLS.encode()))
    assert refused(written(tmp_path, "1.gz", data)) == {"1.gz": "compressed more than once"}


# -- mailboxes ----------------------------------------------------------------------------------


def mailbox_cases() -> list[Any]:
    text = (CASES / "mailboxes.toml").read_text(encoding="utf-8")
    return [pytest.param(case, id=case["name"]) for case in tomllib.loads(text)["case"]]


@pytest.mark.parametrize("case", mailbox_cases())
def test_a_mailbox_is_its_messages(case: dict[str, Any], tmp_path: Path) -> None:
    text = case["input"].removeprefix("\n")
    messages = case.get("messages")
    expected = (
        {"in": text}
        if messages is None
        else {f"in!{place}": message for place, message in enumerate(messages, start=1)}
    )
    assert taken(written(tmp_path, "in", text)) == expected


def test_a_mailbox_that_grew_has_the_same_messages_and_new_ones(tmp_path: Path) -> None:
    first = written(tmp_path, "inbox", INBOX)
    take_in(tmp_path / "a", *collected(first))
    written(tmp_path, "inbox", INBOX + INBOX.replace("Mills", "Letters").split("\nFrom ")[0])
    report = take_in(tmp_path / "a", *collected(first))
    assert [outcome.status for outcome in report.outcomes] == [
        Status.UNCHANGED,
        Status.UNCHANGED,
        Status.ADDED,
    ]


def test_a_message_that_is_too_large_is_refused_and_the_others_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "LARGEST_SOURCE", 2**20)
    large = "x" * 79 + "\n"
    path = written(tmp_path, "in", INBOX.format() + INBOX.replace(MILLS, large * 2**14))
    assert refused(path) == {"in!3": "larger than 1 MB"}
    assert list(taken(path)) == ["in!1", "in!2", "in!4"]


def test_a_mailbox_is_never_in_memory_as_a_whole(tmp_path: Path, trials: Trials) -> None:
    body = "\n".join(f"Line {place} of a message." for place in range(2000))
    with (tmp_path / "in").open("w") as file:
        for _ in trials(few=800, many=8000, unit="messages"):
            file.write(INBOX.replace(MILLS, body))
    size = (tmp_path / "in").stat().st_size
    assert size > 30 * 2**20
    list(collect([str(written(tmp_path, "few", INBOX))], Facts()))  # modules and tables are loaded
    gc.collect()
    tracemalloc.start()
    for item in collect([str(tmp_path / "in")], Facts()):
        assert isinstance(item, Source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < size / 20


def test_a_maildir_is_read_message_by_message(tmp_path: Path) -> None:
    for name in (
        "new/1707127200.M1P2.mill",
        "cur/1707127201.M1P2.mill:2,S",
        "tmp/1707127202.M1P2.mill",
        ".Newsletters/cur/1707127203.M1P2.mill:2,RS",
        ".Newsletters/dovecot-uidlist",
        "dovecot.index",
        ".hidden/1.txt",
        "sub/1.txt",
    ):
        written(tmp_path / "m", name, f"Subject: {name}\n\n{MILLS}")
    (tmp_path / "m" / ".Newsletters" / "new").mkdir()
    assert list(taken(tmp_path / "m")) == [
        ".Newsletters/1707127203.M1P2.mill",
        "1707127201.M1P2.mill",
        "1707127200.M1P2.mill",
        "sub/1.txt",
    ]


def test_a_message_that_is_read_or_answered_is_the_same_source(tmp_path: Path) -> None:
    name = "1707127200.M1P2.mill"
    (tmp_path / "m" / "cur").mkdir(parents=True)
    path = written(tmp_path / "m", f"new/{name}", f"Subject: Mills\n\n{MILLS}")
    take_in(tmp_path / "a", *collected(tmp_path / "m"))
    path.rename(tmp_path / "m" / "cur" / f"{name}:2,RS")
    report = take_in(tmp_path / "a", *collected(tmp_path / "m"))
    assert [outcome.status for outcome in report.outcomes] == [Status.UNCHANGED]


def test_a_maildir_in_an_archive_is_read_as_one_on_the_disk(
    pack: Callable[[Members], Path],
) -> None:
    path = pack(
        {
            "Maildir/.Newsletters/cur/1707127203.M1P2.mill:2,S": f"Subject: M\n\n{MILLS}",
            "Maildir/cur/1707127204.M1P2.mill:2,": f"Subject: S\n\n{SHIPS}",
            "Maildir/tmp/1707127205.M1P2.mill": "half",
            "Maildir/dovecot-uidlist": "3 V1",
        }
    )
    assert sorted(taken(path)) == [
        "export!Maildir/.Newsletters/1707127203.M1P2.mill",
        "export!Maildir/1707127204.M1P2.mill",
    ]


# -- containers in containers -------------------------------------------------------------------


def test_a_takeout_is_read_message_by_message(pack: Callable[[Members], Path]) -> None:
    path = pack({"Takeout/Mail/Inbox.mbox": INBOX, "Takeout/archive_browser.html": "<p>x</p>"})
    assert list(taken(path)) == [
        "export!Takeout/Mail/Inbox.mbox!1",
        "export!Takeout/Mail/Inbox.mbox!2",
    ]
    assert skipped(path) == {
        "export!Takeout/archive_browser.html": "describes the archive it is in, and is no issue"
    }


def test_containers_may_lie_three_deep_and_no_deeper(pack: Callable[[Members], Path]) -> None:
    box = zipped({"in.mbox": INBOX})
    assert list(taken(pack({"a/b.zip": box}))) == [
        "export!a/b.zip!in.mbox!1",
        "export!a/b.zip!in.mbox!2",
    ]
    path = pack({"a.tar.gz": tarred({"b.zip": box}, "w:gz")})
    assert taken(path) == {}
    assert refused(path) == {"export!a.tar.gz!b.zip!in.mbox": "more than 3 containers deep"}


def test_an_archive_may_hold_compressed_files(pack: Callable[[Members], Path]) -> None:
    assert taken(pack({"1.txt.gz": gzip.compress(MILLS.encode())})) == {"export!1.txt.gz": MILLS}


def test_what_is_said_of_a_container_of_one_source_is_said_of_that(tmp_path: Path) -> None:
    first = INBOX.partition("\nFrom ")[0]
    (item,) = collected(written(tmp_path, "in", first), number=7, publication="Notes")
    assert isinstance(item, Source)
    assert item.by_reader == Facts(number=7, publication="Notes")


def test_a_number_said_of_a_container_of_several_is_true_of_none(tmp_path: Path) -> None:
    path = written(tmp_path, "in", INBOX)
    *items, refusal = collected(path, number=7, publication="Notes")
    assert [item.by_reader for item in items if isinstance(item, Source)] == [
        Facts(publication="Notes")
    ] * 2
    assert isinstance(refusal, Refusal)
    assert refusal.skipped
    assert "not used, as it has several issues" in refusal.reason


@pytest.mark.parametrize("kind", [*PACKERS, "mbox"])
def test_standard_input_may_be_a_container(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    data = PACKERS[kind]({"1.txt": MILLS}) if kind in PACKERS else INBOX.encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert list(taken("-")) == (["stdin!1.txt"] if kind in PACKERS else ["stdin!1", "stdin!2"])


# -- whatever comes -----------------------------------------------------------------------------


WHOLE = {
    kind: packer({"posts/1.txt": MILLS, "in.mbox": INBOX, "a.zip": zipped({"2.txt": SHIPS})})
    for kind, packer in PACKERS.items()
} | {"mbox": INBOX.encode()}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), kind=st.sampled_from(sorted(WHOLE)))
def test_damage_anywhere_is_a_reason_and_no_exception(
    data: st.DataObject, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    path = written(tmp_path_factory.mktemp("damaged"), "x", content)
    assert collected(path)


def test_a_survey_counts_what_a_run_will_read(tmp_path: Path) -> None:
    written(tmp_path / "f", "1.txt", MILLS)
    written(tmp_path / "f", "sub/a.zip", zipped({"1.txt": MILLS, "2.txt": SHIPS}))
    written(tmp_path / "f", ".hidden", "x" * 1000)
    total = survey([str(tmp_path / "f"), str(tmp_path / "none")])
    assert total == sum((tmp_path / "f" / name).stat().st_size for name in ("1.txt", "sub/a.zip"))
    meter = Meter(total)
    seen = [meter.done for _ in collect([str(tmp_path / "f")], Facts(), meter=meter)]
    assert seen == sorted(seen)
    assert meter.done == total


def test_a_line_longer_than_any_is_no_start_of_a_message_in_its_middle(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox"
    inside = "x" * 2**16 + "From ada@example.org Mon Feb  5 10:00:00 2024\nSubject: no\n"
    path.write_text(f"{INBOX.rstrip()}\n{inside}", encoding="utf-8")
    assert list(taken(path)) == ["in.mbox!1", "in.mbox!2"]


def test_a_zip_whose_members_overlap_by_a_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", MILLS)
        archive.writestr("b", SHIPS)
        whole = archive.infolist()[1].header_offset
        archive.infolist()[0].compress_size = archive.infolist()[0].file_size = whole - 29
    assert refused(path) == {"bomb.zip": "a zip bomb: its members overlap"}
