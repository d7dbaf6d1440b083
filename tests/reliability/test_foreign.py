"""An archive that somebody else made is data: nothing in it is run, whatever is asked of it."""

import os
import pickle
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from whoosh.filedb.structfile import StructFile

from backissue.cli import commands
from backissue.errors import Exit
from backissue.index.storage import snapshot
from backissue.index.storage.whoosh_fields import SCHEMA
from tests.conftest import Trials
from tests.reliability.test_faults import Done, copied, import_all, run, write_issue

# What is asked of an archive of three issues, of every command.
COMMANDS: Mapping[str, str] = {
    "ingest": "ingest HERE/new.txt",
    "search": "search reeds",
    "related": "related 1.1",
    "searches": "searches",
    "fields": "fields",
    "issues": "issues --json",
    "publications": "publications",
    "show": "show 1",
    "why": "why 1",
    "open": "open 1",
    "cite": "cite 1",
    "repairs": "repairs 1",
    "set": "set 1 title=Other",
    "remove": "remove 2 --yes",
    "undo": "undo",
    "missing": "missing",
    "log": "log",
    "backup": "backup HERE/backup.tgz",
    "restore": "restore HERE/whole.tgz HERE/back",
    "verify": "verify",
    "doctor": "doctor",
    "stats": "stats",
    "export": "export",
    "rebuild": "rebuild",
    "config": "config",
    "schema": "schema",
    "completion": "completion bash",
    "help": "help",
    "--complete": "--complete bash backissue show im",
}
# These say what is wrong with an index, and leave it as it is.
NAMING = frozenset({"verify", "doctor"})
# These ask nothing of it.
WITHOUT = frozenset(
    {
        "searches",
        "fields",
        "log",
        "backup",
        "restore",
        "rebuild",
        "config",
        "schema",
        "completion",
        "help",
        "--complete",
    }
)
_MADE_ANEW = re.compile(r"backissue: the index .*; rebuil(?:ding|t) it from the originals\n")


class Payload:
    """What, unpickled, makes a file."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return open, (str(self._marker), "w")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, a backup of it, and a file to ingest."""
    import_all()
    folder = tmp_path_factory.mktemp("whole")
    for number in (1, 2, 3):
        new = write_issue(folder / f"{number}.txt", number, f"Mills {number}")
        assert run(folder / "archive", "ingest", str(new)).code == Exit.OK
    assert run(folder / "archive", "search", "reeds", "--save", "reeds").code == Exit.OK
    assert run(folder / "archive", "backup", str(folder / "whole.tgz")).code == Exit.OK
    write_issue(folder / "new.txt", 4, "Weirs")
    return folder


def table(generation: int, schema: object, segments: object, version: int = -111) -> bytes:
    """A table of contents as Whoosh writes it, with these things pickled in it."""
    data = BytesIO()
    file: Any = StructFile(data)
    for size in (4, 8, 4):
        file.write_varint(size)
    file.write_int(-12345)
    file.write_int(version)
    for number in (3, 54, 0):
        file.write_varint(number)
    file.write_string(pickle.dumps(schema, 2))
    file.write_int(generation)
    file.write_int(0)
    file.write_pickle(segments)
    return data.getvalue()


def tables(generation: int, marker: Path) -> Mapping[str, bytes]:
    """Tables of contents that make the marker where they are unpickled, each in another way."""
    payload = Payload(marker)
    return {
        "in the segments": table(generation, SCHEMA, [payload]),
        "for the segments": table(generation, SCHEMA, payload),
        "in the schema": table(generation, payload, []),
        "in an older table": table(generation, payload, [payload], -110),
        "in the table's place": pickle.dumps(payload),
        "in the oldest way": pickle.dumps(payload, 0),
    }


def plants(index: Path, marker: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Ways to plant hostile pickles in every file of an index: what each is called, and does."""
    pickled = pickle.dumps(Payload(marker))
    own, strange = dict(os.environ), {"XDG_STATE_HOME": str(marker.with_name("strange"))}

    def everywhere() -> None:
        for path in index.iterdir():
            path.write_bytes(pickled)
        for name in ("_MAIN_999999.toc", "view_999999.json", "whatever.seg", "x.pickle"):
            (index / name).write_bytes(pickled)

    def in_file(path: Path) -> Callable[[], None]:
        return lambda: void(path.write_bytes(pickled))

    def sealed(data: bytes, environment: Mapping[str, str]) -> Callable[[], None]:
        def plant() -> None:
            generation = snapshot.newest(index)
            said = snapshot.commit_of(index, generation)
            (index / snapshot.toc_of(generation)).write_bytes(data)
            os.environ.update(environment)
            try:
                made = snapshot.view(index, generation, said, snapshot.toc_of(generation))
            finally:
                os.environ.update(own)
            (index / snapshot.view_of(generation)).write_bytes(made)

        return plant

    def unsealed(data: bytes) -> Callable[[], None]:
        return lambda: void((index / snapshot.toc_of(snapshot.newest(index))).write_bytes(data))

    yield "in every file", everywhere
    for path in sorted(index.glob("*.*")):
        yield f"in {path.suffix or path.name}", in_file(path)
    for where, data in tables(snapshot.newest(index), marker).items():
        yield f"{where}, without a seal", unsealed(data)
        yield f"{where}, under a stranger's seal", sealed(data, strange)
        yield f"{where}, under your own seal", sealed(data, own)


def void(_: object) -> None:
    """Nothing."""


def asked(folder: Path, command: str) -> Done:
    words = COMMANDS[command].replace("HERE", str(folder))

    def before() -> None:
        os.environ |= {"BROWSER": "true", "COLUMNS": "80"}

    return run(folder / "archive", *shlex.split(words), before=before)


def test_every_command_is_tried() -> None:
    assert COMMANDS.keys() - {"--complete"} == commands.COMMANDS.keys()


@pytest.mark.promise(
    "No command unpickles what others put into any file of an index: where you did not make the"
    " index on this machine, it is rebuilt, with one line, and the answer is as ever."
)
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_in_a_foreign_index_is_run(
    whole: Path, tmp_path: Path, trials: Trials, command: str
) -> None:
    folder, marker = tmp_path / "folder", tmp_path / "marker"
    expected = asked(copied(whole, folder), command)
    names = [name for name, _ in plants(whole / "archive" / "index", marker)]
    own = [name for name in names if name.endswith("your own seal")]
    # What others sealed is no better than what nobody sealed; and a turn of the rest each.
    few = [names[0], "in the segments, under a stranger's seal", names[len(command) % len(names)]]
    few += [] if command in WITHOUT else own
    for name in names if trials.long else few:
        shutil.rmtree(folder)
        copied(whole, folder)
        dict(plants(folder / "archive" / "index", marker))[name]()
        done, case = asked(folder, command), f"{command}, {name}"
        assert not marker.exists(), case
        check_answer(command, done, expected, case, spoilt=name not in own)
        trials.did(1)


def check_answer(command: str, done: Done, expected: Done, case: str, *, spoilt: bool) -> None:
    """The answer is as ever, after one line if the index is of no use; some say only that."""
    assert "Traceback" not in done.err, f"{case}: {done.err}"
    if command in NAMING:
        assert done.code != Exit.OK or not spoilt, case
        return
    said = _MADE_ANEW.findall(done.err)
    case = f"{case}: {done.code} {done.err}"
    assert len(said) <= 1, case
    if spoilt:
        assert bool(said) is (command not in WITHOUT), case
    elif said:  # by a writer that had begun, and so counts what was made anew among its changes
        assert done.code == expected.code, case
        return
    rest = _MADE_ANEW.sub("", done.err)
    assert (done.code, plain(rest)) == (expected.code, plain(expected.err)), case
    assert plain(done.out.decode()) == plain(expected.out.decode()), case


def plain(text: str) -> str:
    """Output without what differs from run to run."""
    return re.sub(r"\d\d:\d\d(?::\d\d)?|[\d.,]+ [kM]?B\b|index_bytes.*", "", text)
