"""Seals are worth what their key is worth: lost, another's, read by others, or not to be kept."""

import os
import random
import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability.test_faults import Done, copied, import_all, run, write_issue
from tests.reliability.test_foreign import _MADE_ANEW, plain

READING = ("search reeds", "show 1", "why 1", "issues --json", "export")
WRITING = ("ingest HERE/new.txt", "set 1 title=Other", "remove 2 --yes", "undo")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, a state folder with the key that it was sealed with, and a file."""
    import_all()
    folder = tmp_path_factory.mktemp("whole")
    for number in (1, 2, 3):
        new = write_issue(folder / f"{number}.txt", number, f"Mills {number}")
        assert asked(folder, f"ingest {new}").code == Exit.OK
    write_issue(folder / "new.txt", 4, "Weirs")
    return folder


@pytest.fixture(scope="module")
def other(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another, of other letters, in as many commits, sealed with the same key."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copytree(whole / "state", folder / "state")
    for number in (1, 2, 3):
        new = write_issue(
            folder / f"{number}.txt", number, f"Fords {number}", "Cows drink there.\n"
        )
        assert asked(folder, f"ingest {new}").code == Exit.OK
    return folder


def asked(folder: Path, command: str, state: Path | None = None) -> Done:
    """A command on the archive in a folder, with the state folder in it, or another."""

    def before() -> None:
        os.environ["XDG_STATE_HOME"] = str(state or folder / "state")

    words = shlex.split(command.replace("HERE", str(folder)))
    return run(folder / "archive", *words, before=before)


def key_in(folder: Path) -> Path:
    return folder / "state" / "backissue" / "key"


def is_rebuilt(done: Done, expected: Done, case: str) -> bool:
    """Whether one line said that the index is rebuilt; the answer is as ever in any case."""
    said = _MADE_ANEW.findall(done.err)
    case = f"{case}: {done.code} {done.err}"
    assert len(said) <= 1, case
    assert "Traceback" not in done.err, case
    assert done.code == expected.code, case
    assert plain(done.out.decode()) == plain(expected.out.decode()), case
    return bool(said)


# -- what may have become of a key ----------------------------------------------------------------


def lost(key: Path) -> None:
    key.unlink()


def state_lost(key: Path) -> None:
    shutil.rmtree(key.parents[1])


def of_another(key: Path) -> None:
    key.write_bytes(random.Random(1).randbytes(32))


def empty(key: Path) -> None:
    key.write_bytes(b"")


def too_short(key: Path) -> None:
    key.write_bytes(key.read_bytes()[:-1])


def too_long(key: Path) -> None:
    key.write_bytes(key.read_bytes() + b"\0")


def mode(bits: int) -> Callable[[Path], None]:
    return lambda key: key.chmod(bits)


KEYS: Mapping[str, Callable[[Path], None]] = {
    "lost": lost,
    "lost with its folder": state_lost,
    "another": of_another,
    "empty": empty,
    "too short": too_short,
    "too long": too_long,
    "readable by the group": mode(0o640),
    "readable by others": mode(0o604),
    "writable by the group": mode(0o620),
    "writable by others": mode(0o602),
}


@pytest.mark.promise(
    "If the key is lost, another, too short or too long, or if others may read or change it,"
    " the index is rebuilt once, with one line, and sealed with a key that is yours alone."
)
@pytest.mark.parametrize("what", KEYS)
def test_a_key_that_is_not_yours_alone_opens_nothing(
    whole: Path, tmp_path: Path, trials: Trials, what: str
) -> None:
    old = key_in(whole).read_bytes()
    every = (*READING, *WRITING)
    commands = every if trials.long else (READING[len(what) % len(READING)], WRITING[0])
    for at, command in enumerate(commands):
        expected = asked(copied(whole, tmp_path / f"{at}-right"), command)
        folder = copied(whole, tmp_path / str(at))
        KEYS[what](key_in(folder))
        case = f"{what}, {command}"
        assert is_rebuilt(asked(folder, command), expected, case), case
        made = key_in(folder)
        assert made.stat().st_mode & 0o777 == 0o600, case
        assert len(made.read_bytes()) == 32, case
        assert made.read_bytes() != old, case
        assert "rebuil" not in asked(folder, "search reeds").err, case
        assert asked(folder, "doctor").out == b"", case
        trials.did(1)


@pytest.mark.promise(
    "A key that another user owns opens nothing, and is left as it is; each command rebuilds."
)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("command", [READING[0], WRITING[0]])
def test_a_key_of_another_user_opens_nothing(whole: Path, tmp_path: Path, command: str) -> None:
    expected = asked(copied(whole, tmp_path / "right"), command)
    folder = copied(whole, tmp_path / "folder")
    key = key_in(folder)
    os.chown(key, 65534, 65534)
    assert is_rebuilt(asked(folder, command), expected, command)
    assert "rebuil" in asked(folder, "search reeds").err
    assert key.read_bytes() == key_in(whole).read_bytes()
    assert key.stat().st_uid == 65534


@pytest.mark.promise(
    "Whoever has no key yet opens no index that somebody else sealed: it is rebuilt, with one line."
)
@pytest.mark.parametrize("command", [*READING, *WRITING])
def test_who_has_no_key_opens_no_index(whole: Path, tmp_path: Path, command: str) -> None:
    expected = asked(copied(whole, tmp_path / "right"), command)
    folder = copied(whole, tmp_path / "folder")
    other = tmp_path / "other"
    assert is_rebuilt(asked(folder, command, other), expected, command)
    assert (other / "backissue" / "key").read_bytes() != key_in(folder).read_bytes()
    # For whom it was sealed before, it is somebody else's now.
    assert "rebuil" in asked(folder, "search reeds").err


@pytest.mark.promise(
    "Where no key can be kept, each command rebuilds the index, answers, and writes what it should."
)
@pytest.mark.parametrize("command", [*READING, *WRITING])
def test_where_no_key_can_be_kept_commands_work(whole: Path, tmp_path: Path, command: str) -> None:
    expected = asked(copied(whole, tmp_path / "right"), command)
    folder = copied(whole, tmp_path / "folder")
    (nowhere := tmp_path / "a file").write_text("in the way", encoding="utf-8")
    assert is_rebuilt(asked(folder, command, nowhere), expected, command)
    assert is_rebuilt(
        asked(folder, "export", nowhere), asked(tmp_path / "right", "export"), command
    )
    assert nowhere.read_text(encoding="utf-8") == "in the way"


@pytest.mark.promise(
    "A file of a sealed index that is replaced by that of another index that you sealed is noticed,"
    " and the index is rebuilt."
)
@pytest.mark.parametrize("command", ["search reeds", "export", "show 1"])
def test_a_file_of_another_index_of_yours_is_noticed(
    whole: Path, other: Path, tmp_path: Path, trials: Trials, command: str
) -> None:
    expected = asked(copied(whole, tmp_path / "right"), command)
    names = sorted(os.listdir(whole / "archive" / "index"))
    theirs = sorted(
        os.listdir(other / "archive" / "index"), key=lambda name: name.rpartition(".")[2]
    )
    for at, name in enumerate(names):
        kind = name.rpartition(".")[2]
        found = [one for one in theirs if one.rpartition(".")[2] == kind]
        if kind in {"words", "records", "toc"}:
            folder = copied(whole, tmp_path / str(at))
            shutil.copy(
                other / "archive" / "index" / found[-1], folder / "archive" / "index" / name
            )
            assert is_rebuilt(asked(folder, command), expected, f"{command}, {name}"), name
            trials.did(1)
