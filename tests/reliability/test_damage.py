"""What is in the archive is not what was written there: noticed, named, mended, never a lie."""

import gzip
import json
import os
import pickle
import random
import re
import shlex
import shutil
import stat
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability.test_faults import Done, copied, import_all, run, write_issue

# Between them these read every kind of thing that an index holds.
QUESTIONS = (
    "search distributed training",
    """search '"AI safety"' -n 30 --json""",
    "search chip* OR intel~ --facet issue",
    "search why:compute issue:387..396 --sort newest --explain",
    "search date:2025 --facet year",
    "search zzyzx",
    "related 395.2 --json",
    "show 395",
    "show 396.1 --json",
    "why --issue 395",
    "issues --json",
    "stats --json",
    "missing --json",
    "repairs 395 --json",
    "export",
)

Answers = Mapping[str, Done]


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    import_all()


@pytest.fixture(scope="module")
def seeded(
    seeds: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """An archive of founding documents in several segments, with words of its reader.

    In ordinary runs without the one that holds ten issues, since it is derived anew so often.
    """
    made = tmp_path_factory.mktemp("seeded") / "archive"
    unseen = () if request.config.getoption("--long") else ("001_*",)
    taken = copied(seeds, made.parent / "seeds", *unseen)
    (first,) = taken.glob("000_*")
    assert run(made, "ingest", str(first), "--number", "395").code == Exit.OK
    assert run(made, "ingest", str(taken)).code in {Exit.OK, Exit.REJECTED_INPUT}
    for number in (1, 2):
        new = write_issue(made.parent / f"{number}.txt", number, f"Mills {number}")
        assert run(made, "ingest", str(new)).code == Exit.OK
    assert run(made, "set", "395", "date=2024-12-23").code == Exit.OK
    assert run(made, "search", "chip*", "--save", "chips").code == Exit.OK
    synonyms = made / "synonyms.toml"
    synonyms.write_text('equal = [["fusor", "fusion reactor"]]\n', encoding="utf-8")
    synonyms.chmod(0o600)
    assert run(made, "doctor").out == b""
    return made


@pytest.fixture(scope="module")
def right(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What each question is answered while nothing is damaged."""
    whole = copied(seeded, tmp_path_factory.mktemp("right") / "archive")
    answers = {question: answer(whole, question) for question in QUESTIONS}
    for question, done in answers.items():
        assert done.out or done.code == Exit.NOTHING_FOUND, question
        assert done.code in {Exit.OK, Exit.NOTHING_FOUND} or question.startswith("missing")
        assert "rebuilding" not in done.err
    return answers


def answer(archive: Path, question: str) -> Done:
    return run(archive, *shlex.split(question))


_REBUILDING = re.compile(r"backissue: the index .*; rebuilding it from the originals\n")


def check_answers(archive: Path, right: Answers, case: str, *, dice: random.Random) -> int:
    """Questions are answered as ever; how often it was said that the index is made anew."""
    said = 0
    for question in dice.sample(QUESTIONS, 6):
        said += is_answered(answer(archive, question), right[question], f"{case}, {question}")
    return said


def is_answered(done: Done, right: Done, case: str) -> bool:
    """Whether it was said, in one line, that the index is made anew; all else is as ever."""
    rebuilt = _REBUILDING.match(done.err)
    rest = done.err[rebuilt.end() :] if rebuilt else done.err
    assert (done.code, rest) == (right.code, right.err), f"{case}: {done.code} {done.err}"
    assert _without_place(done.out) == _without_place(right.out), case
    return bool(rebuilt)


def _without_place(out: bytes) -> bytes:
    """Output without the archive's folder and the size of its index, which are others in a copy."""
    return re.sub(rb'"place":"[^"]*"|"index_bytes":\d+', b"", out)


def index_files(archive: Path) -> list[Path]:
    """The files of an index in an order that does not depend on how they happen to be called."""
    files = [path for path in (archive / "index").iterdir() if path.is_file()]
    return sorted(files, key=lambda path: (path.suffix, path.stat().st_size))


# -- the index -------------------------------------------------------------------------------------


@pytest.mark.promise(
    "A flipped bit anywhere in the index changes no answer: the program notices it and rebuilds"
    " the index, with one line on standard error."
)
def test_a_bit_of_the_index_may_flip(
    seeded: Path, right: Answers, tmp_path: Path, trials: Trials
) -> None:
    for seed in trials(few=4, many=150):
        dice = random.Random(seed)
        archive = copied(seeded, tmp_path / str(seed))
        file = dice.choice(index_files(archive))
        place = flip(file, dice)
        case = f"seed {seed}: {file.name}, bit {place}"
        assert check_answers(archive, right, case, dice=dice) <= 1, case
        shutil.rmtree(archive)


def flip(file: Path, dice: random.Random) -> int:
    """Flip one bit of a file; which. An empty one gets a byte."""
    data = bytearray(file.read_bytes()) or bytearray(1)
    # As often in what tells of the rest, which is short, as in the rest.
    first = dice.choice([0, max(0, len(data) - 4096), max(0, len(data) - 32)])
    place = dice.randrange(8 * first, 8 * len(data))
    data[place // 8] ^= 1 << place % 8
    file.write_bytes(data)
    return place


@pytest.mark.promise("A flipped bit anywhere in the index does not stop a command that writes.")
def test_what_writes_goes_on_with_a_flipped_bit(
    seeded: Path, tmp_path: Path, trials: Trials
) -> None:
    new = write_issue(tmp_path / "new.txt", 3, "Hills")
    whole = copied(seeded, tmp_path / "whole")
    assert run(whole, "ingest", str(new)).code == Exit.OK
    expected = answer(whole, "export")
    for seed in trials(few=2, many=100):
        dice = random.Random(seed)
        archive = copied(seeded, tmp_path / str(seed))
        files = index_files(archive)
        # The table of contents is what only writers read.
        file = dice.choice(files + [one for one in files if one.suffix == ".toc"] * 4)
        case = f"seed {seed}: {file.name}, bit {flip(file, dice)}"
        done = run(archive, "ingest", str(new))
        assert done.code == Exit.OK, f"{case}: {done.err}"
        is_answered(answer(archive, "export"), expected, case)
        shutil.rmtree(archive)


@pytest.mark.promise(
    "Damage that a command meets after it has started is repaired in the same way, with one line."
)
@pytest.mark.parametrize(
    "question", ["export", "show 395", "missing --json", "search distributed training"]
)
def test_damage_that_is_met_late_is_mended_too(
    seeded: Path, right: Answers, tmp_path: Path, trials: Trials, question: str
) -> None:
    for at in trials(few=1, many=3):
        archive = copied(seeded, tmp_path / str(at))
        for path in index_files(archive):
            if path.suffix == ".records":
                data = bytearray(path.read_bytes())
                # Between the first bytes and the tables, whose place is told at the end, lies what
                # is deflated of each record.
                tables = int.from_bytes(data[-32:-24], sys.byteorder)
                data[8:tables] = bytes(tables - 8)
                path.write_bytes(data)
        check_first_answer(archive, question, right, "records")


def delete_index(archive: Path) -> None:
    shutil.rmtree(archive / "index")


def empty_index(archive: Path) -> None:
    for path in index_files(archive):
        path.unlink()


def index_is_a_file(archive: Path) -> None:
    delete_index(archive)
    (archive / "index").write_text("in the way", encoding="utf-8")


def index_is_a_dead_link(archive: Path) -> None:
    delete_index(archive)
    (archive / "index").symlink_to(archive / "nowhere")


def stamped(**changes: object) -> Callable[[Path], None]:
    def change(archive: Path) -> None:
        stamp = archive / "index" / "stamp.json"
        told = json.loads(stamp.read_text(encoding="utf-8"))
        assert told.keys() >= changes.keys()
        stamp.write_text(json.dumps(told | changes), encoding="utf-8")

    return change


def stamp_of_more(archive: Path) -> None:
    stamp = archive / "index" / "stamp.json"
    told = json.loads(stamp.read_text(encoding="utf-8"))
    stamp.write_text(json.dumps(told | {"more": 1}), encoding="utf-8")


def stamp_nested(archive: Path) -> None:
    (archive / "index" / "stamp.json").write_text("[" * 100_000, encoding="utf-8")


def view_nested(archive: Path) -> None:
    for view in (archive / "index").glob("view_*.json"):
        view.write_text("[" * 100_000, encoding="utf-8")


def files_are_folders(archive: Path) -> None:
    for path in index_files(archive):
        path.unlink()
        path.mkdir()


def only_the_index_is_gone_halfway(archive: Path) -> None:
    """As when a rebuild was killed between its two steps."""
    (archive / "index").rename(archive / "index.old")


WAYS: Mapping[str, Callable[[Path], None]] = {
    "deleted": delete_index,
    "empty": empty_index,
    "a file": index_is_a_file,
    "a dead link": index_is_a_dead_link,
    "another schema": stamped(schema=1),
    "a newer schema": stamped(schema=10**6),
    "other records": stamped(records=10**6),
    "another byte order": stamped(byteorder="middle"),
    "a stamp of more": stamp_of_more,
    "a stamp nested without end": stamp_nested,
    "a view nested without end": view_nested,
    "folders for files": files_are_folders,
    "moved away": only_the_index_is_gone_halfway,
}


@pytest.mark.promise(
    "If the index is missing, or from another version or machine, or not an index, the next"
    " command that reads rebuilds it, with one line, and answers as before."
)
@pytest.mark.parametrize("way", WAYS)
def test_an_index_that_is_no_use_is_made_anew(
    seeded: Path, right: Answers, tmp_path: Path, trials: Trials, way: str
) -> None:
    for seed in trials(few=1, many=3):
        archive = copied(seeded, tmp_path / str(seed))
        WAYS[way](archive)
        dice = random.Random(f"{way} {seed}")
        question = dice.choice(QUESTIONS)
        check_first_answer(archive, question, right, way)
        if trials.long:
            assert check_answers(archive, right, way, dice=dice) == 0


def check_first_answer(archive: Path, question: str, right: Answers, case: str) -> None:
    """The question is answered as ever, after one line on standard error; the next has none."""
    for made_anew in (True, False):
        done = answer(archive, question)
        assert is_answered(done, right[question], f"{case}, {question}") is made_anew, done.err


@pytest.mark.promise("If any file of the index is missing or cut off, the index is rebuilt.")
def test_any_file_of_the_index_may_be_gone_or_cut(
    seeded: Path, right: Answers, tmp_path: Path, trials: Trials
) -> None:
    names = [path.name for path in index_files(seeded)]
    for seed in trials(few=2, many=100):
        dice = random.Random(seed)
        archive = copied(seeded, tmp_path / str(seed))
        file = archive / "index" / names[seed % len(names)]
        size = dice.choice([None, dice.randrange(file.stat().st_size + 1)])
        if size is None:
            file.unlink()
        else:
            os.truncate(file, size)
        case = f"seed {seed}: {file.name} cut to {size}"
        assert check_answers(archive, right, case, dice=dice) <= 1, case
        shutil.rmtree(archive)


# -- whose the index is ----------------------------------------------------------------------------


class Marker:
    """What, unpickled, makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return open, (str(self._path), "w")


def plant(archive: Path, marker: Path) -> None:
    """Have every file of the index be a pickle that makes a file where it is loaded."""
    pickled = pickle.dumps(Marker(marker))
    for path in index_files(archive):
        if path.suffix == ".toc":
            path.write_bytes(pickled)
    for name in ("_MAIN_999999.toc", "whatever.seg", "x.pickle"):
        (archive / "index" / name).write_bytes(pickled)


def change(path: Path, how: int | str) -> None:
    """Have a folder so that somebody else may write to it."""
    if isinstance(how, int):
        path.chmod(how)
    elif os.geteuid():
        pytest.skip("only root can give a folder away")
    else:
        os.chown(path, 65534, 65534)


STRANGE = [0o770, 0o707, 0o777, 0o720, 0o702, "given away"]


def writers(new: Path) -> tuple[str, ...]:
    """Commands that write: of them alone, Whoosh unpickles what is in an index."""
    backup = new.with_name("backup.tgz")
    return (
        f"ingest {new}",
        "set 395 title=Other",
        "remove 395 --yes",
        "undo",
        "search chip --save chip",
        f"backup {backup}",
    )


def check_refused(archive: Path, closed: Path, command: str, case: str) -> None:
    """A command opens no file in the `closed` folder, whatever its files are, and says what to do.

    Nothing can be unpickled then, sealed or not.
    """
    opened = archive.with_name("opened")

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        path = arguments[0] if event == "open" else None
        if isinstance(path, str | os.PathLike) and Path(path).is_relative_to(closed):
            opened.write_text(os.fspath(path), encoding="utf-8")

    done = run(archive, *shlex.split(command), before=lambda: sys.addaudithook(hear))
    case = f"{case}, {command}: {done.code} {done.err}"
    assert not opened.exists(), f"{case}: {opened.read_text(encoding='utf-8')}"
    assert done.code == Exit.NO_ARCHIVE, case
    assert len(done.lines) == 1, case
    assert str(archive) in done.err, case
    assert re.search(r"; (?:chmod|keep an archive of your own)", done.err), case


@pytest.mark.promise(
    "The program rejects an index that another user owns or can write, says how to repair it,"
    " and opens no file of it."
)
@pytest.mark.parametrize("how", STRANGE)
def test_an_index_that_others_could_have_written_is_not_opened(
    seeded: Path, tmp_path: Path, trials: Trials, how: int | str
) -> None:
    new = write_issue(tmp_path / "new.txt", 3, "Hills")
    archive = copied(seeded, tmp_path / "archive")
    change(archive / "index", how)
    # Saving a search and making a backup ask nothing of an index.
    writing = [one for one in writers(new) if one.split()[0] in {"ingest", "set", "remove", "undo"}]
    dice = random.Random(str(how))
    reading = dice.sample(QUESTIONS, trials.number(few=2, many=len(QUESTIONS)))
    for command in (*writing, "verify", *reading):
        check_refused(archive, archive / "index", command, str(how))
        trials.did(1)
    # What rebuilds it needs nothing of it, and unpickles nothing in it.
    plant(archive, tmp_path / "marker")
    assert run(archive, "rebuild").code == Exit.OK
    assert not (tmp_path / "marker").exists()
    assert run(archive, "doctor").out == b""


@pytest.mark.promise(
    "The program rejects an archive that another user owns or can write, says how to repair it,"
    " and opens no file of it."
)
@pytest.mark.parametrize("how", STRANGE)
def test_an_archive_that_others_could_have_written_is_not_opened(
    seeded: Path, tmp_path: Path, trials: Trials, how: int | str
) -> None:
    new = write_issue(tmp_path / "new.txt", 3, "Hills")
    archive = copied(seeded, tmp_path / "archive")
    change(archive, how)
    dice = random.Random(str(how))
    reading = dice.sample(QUESTIONS, trials.number(few=1, many=len(QUESTIONS)))
    for command in (*writers(new), "rebuild", "verify", *reading):
        check_refused(archive, archive, command, str(how))
        trials.did(1)


# -- originals -------------------------------------------------------------------------------------


def alter(file: Path, dice: random.Random) -> str:
    """Delete, cut, or alter an original; what was done."""
    data = file.read_bytes()
    match dice.randrange(4):
        case 0:
            file.unlink()
            return "deleted"
        case 1:
            file.write_bytes(data[: dice.randrange(len(data))])
            return "cut"
        case 2:
            flip(file, dice)
            return "flipped"
        case _:
            file.write_bytes(data + b"\n")
            return "longer"


def altered_originals(archive: Path) -> dict[Path, bytes | None]:
    return {
        path: path.read_bytes() if path.exists() else None
        for path in sorted((archive / "sources").glob("??/*.json"))
        for path in (path.with_suffix(".bin"),)
    }


@pytest.mark.promise(
    "`verify` and `doctor` name an original that was altered, cut or deleted; nothing"
    " overwrites it; ingesting the same file restores it."
)
def test_an_altered_original_is_named_and_comes_back(
    seeded: Path, tmp_path: Path, trials: Trials
) -> None:
    seeds = seeded.with_name("seeds")
    expected = answer(seeded, "export").out
    names = {
        json.loads(path.read_bytes())["names"][0]: path.with_suffix(".bin")
        for path in (seeded / "sources").glob("??/*.json")
    }
    for seed in trials(few=2, many=25):
        dice = random.Random(seed)
        archive = copied(seeded, tmp_path / str(seed))
        name = dice.choice(sorted(set(names) & {path.name for path in seeds.iterdir()}))
        original = archive / names[name].relative_to(seeded)
        case = f"seed {seed}: {name} {alter(original, dice)}"
        found = altered_originals(archive)
        for command in ("verify", "doctor"):
            done = run(archive, command)
            assert done.code == Exit.FINDINGS, f"{case}: {done.out!r}"
            assert str(original) in done.out.decode(), f"{case}: {done.out!r}"
            assert len(done.out.splitlines()) == 1, f"{case}: {done.out!r}"
        check_not_overwritten(archive, found, tmp_path, case, dice)
        assert run(archive, "ingest", str(seeds)).code in {Exit.OK, Exit.REJECTED_INPUT}, case
        assert run(archive, "set", "395", "date=2024-12-23").code == Exit.OK, case
        assert run(archive, "doctor").out == b"", case
        assert run(archive, "verify").out == b"", case
        held = answer(archive, "export").out.splitlines()
        assert [line for line in held if b"Crane Weekly 9" not in line] == expected.splitlines()
        shutil.rmtree(archive)


def check_not_overwritten(
    archive: Path, found: Mapping[Path, bytes | None], scratch: Path, case: str, dice: random.Random
) -> None:
    """Other commands leave an altered original as it is, and none ends in a traceback."""
    other = write_issue(scratch / "9.txt", 9, "Crane Weekly 9")
    commands = {
        "ingest": ["ingest", str(other)],
        "rebuild": ["rebuild"],
        "set": ["set", "395", "date=2024-12-24"],
        "backup": ["backup", str(scratch / "no.tgz")],
    }
    for name in dice.sample(sorted(commands), 3):
        done = run(archive, *commands[name])
        assert "Traceback" not in done.err, f"{case}, {name}: {done.err}"
        if name == "backup":
            assert done.code == Exit.NO_ARCHIVE, f"{case}: {done.err}"
            assert not (scratch / "no.tgz").exists(), case
        now = altered_originals(archive)
        assert {path: now[path] for path in found} == found, f"{case}, {name}"


# -- the reader's own words ------------------------------------------------------------------------


@pytest.mark.promise(
    "A damaged file of your own facts, removals, searches or synonyms is named, and no command"
    " loses or overwrites it."
)
@pytest.mark.parametrize(
    "name", ["sayings.json", "removed.json", "searches.json", "synonyms.toml", "log.jsonl"]
)
def test_damaged_words_are_named_and_left_as_they_are(
    seeded: Path, tmp_path: Path, trials: Trials, name: str
) -> None:
    new = write_issue(tmp_path / "new.txt", 3, "Hills")
    commands = (
        ["search", "reeds", "--save", "reeds"],
        ["search", ":chips"],
        ["searches"],
        ["set", "395", "title=Other"],
        ["remove", "395", "--yes"],
        ["undo"],
        ["ingest", str(new)],
        ["rebuild"],
        ["backup", str(tmp_path / "backup.tgz")],
        ["verify"],
        ["log"],
        ["show", "395"],
    )
    for seed in trials(few=1, many=12):
        dice = random.Random(f"{name} {seed}")
        archive = copied(seeded, tmp_path / str(seed))
        file = archive / name
        assert run(archive, "remove", "--source", "2.txt", "--yes").code == Exit.OK
        whole = file.read_bytes()
        damaged = unreadable(whole, dice)
        file.write_bytes(damaged)
        if name != "log.jsonl":
            done = run(archive, "doctor")
            assert (done.code, name in done.out.decode()) == (Exit.FINDINGS, True), (
                f"{seed}: {damaged!r}: {done.out!r}"
            )
        for command in dice.sample(commands, len(commands) if trials.long else 3):
            done = run(archive, *command)
            case = f"{name}, seed {seed}, {damaged[:80]!r}, {command[0]}: {done.err}"
            assert "Traceback" not in done.err, case
            assert file.read_bytes().startswith(damaged), case
        file.write_bytes(whole)
        # What could not be done before is taken up by the next run.
        assert run(archive, "ingest", str(new)).code == Exit.OK, f"{name}, seed {seed}"
        assert run(archive, "doctor").out == b"", f"{name}, seed {seed}"
        shutil.rmtree(archive)


def unreadable(data: bytes, dice: random.Random) -> bytes:
    """Data so damaged that it is no JSON and no TOML any more."""
    cut = data[: dice.randrange(1, max(2, len(data) - 2))]
    ways = (cut + b"{", b"\xff" + data, b"[" * 100_000, data.replace(b"[", b"", 1) + b"]]\x00")
    return dice.choice(ways)


# -- backups ---------------------------------------------------------------------------------------


@pytest.mark.promise(
    "The same archive always gives the same backup, byte for byte, and `restore` brings back"
    " everything."
)
def test_a_backup_is_the_same_and_brings_all_back(
    seeded: Path, tmp_path: Path, trials: Trials
) -> None:
    for seed in trials(few=1, many=10):
        archive = copied(seeded, tmp_path / str(seed))
        if seed:
            new = write_issue(tmp_path / "new.txt", seed + 10, f"Weirs {seed}")
            assert run(archive, "ingest", str(new)).code == Exit.OK
        first, second = tmp_path / f"{seed}-1.tgz", tmp_path / f"{seed}-2.tgz"
        for file in (first, second):
            assert run(archive, "backup", str(file)).code == Exit.OK
        assert first.read_bytes() == second.read_bytes()
        back = tmp_path / f"{seed}-back"
        assert run(archive, "restore", str(first), str(back)).code == Exit.OK
        assert answer(back, "export").out == answer(archive, "export").out
        assert run(back, "verify").out == run(back, "doctor").out == b""
        assert run(back, "backup", str(second)).code == Exit.OK
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.promise("A backup with a flipped bit is rejected, or restores the original archive.")
def test_a_bit_of_a_backup_may_flip(seeded: Path, tmp_path: Path, trials: Trials) -> None:
    whole = tmp_path / "whole.tgz"
    assert run(seeded, "backup", str(whole)).code == Exit.OK
    expected = answer(seeded, "export").out
    for seed in trials(few=8, many=400):
        dice = random.Random(seed)
        file = Path(shutil.copy(whole, tmp_path / f"{seed}.tgz"))
        case = f"seed {seed}, bit {flip(file, dice)}"
        back = tmp_path / f"{seed}-back"
        done = run(seeded, "restore", str(file), str(back))
        check_refused_or_whole(done, back, expected, case)
        file.unlink()


def check_refused_or_whole(done: Done, back: Path, expected: bytes, case: str) -> None:
    assert "Traceback" not in done.err, f"{case}: {done.err}"
    if done.code == Exit.OK:
        assert answer(back, "export").out == expected, case
        shutil.rmtree(back)
    else:
        assert done.code == Exit.USAGE, f"{case}: {done.code} {done.err}"
        assert len(done.lines) == 1, f"{case}: {done.err}"
        assert not back.exists(), case
        assert not list(back.parent.glob(".*")), case


@pytest.mark.promise(
    "A backup whose contents a program altered is rejected, or restores a complete archive."
)
def test_a_backup_with_an_altered_member_is_refused(
    seeded: Path, tmp_path: Path, trials: Trials
) -> None:
    whole = tmp_path / "whole.tgz"
    assert run(seeded, "backup", str(whole)).code == Exit.OK
    expected = answer(seeded, "export").out
    data = gzip.decompress(whole.read_bytes())
    with tarfile.open(whole) as tar:
        places = [(one.offset_data, one.size) for one in tar if one.name.endswith(".bin")]
    for seed in trials(few=3, many=100):
        dice = random.Random(seed)
        start, size = dice.choice(places)
        place = start + dice.randrange(size)
        made = data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]
        file = tmp_path / f"{seed}.tgz"
        file.write_bytes(gzip.compress(made, 1))
        back = tmp_path / f"{seed}-back"
        done = run(seeded, "restore", str(file), str(back))
        assert done.code != Exit.OK
        check_refused_or_whole(done, back, expected, f"seed {seed}, byte {place}")
        file.unlink()


# -- for its owner alone ---------------------------------------------------------------------------


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    yield
    os.umask(before)


@pytest.mark.promise(
    "With any umask, every folder of an archive is 0700, every file 0600, and a backup 0600."
)
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_everything_is_for_its_owner_alone(tmp_path: Path, trials: Trials, mask: int) -> None:
    archive, back, file = tmp_path / "archive", tmp_path / "back", tmp_path / "backup.tgz"
    new = [write_issue(tmp_path / f"{n}.txt", n, f"Mills {n}") for n in (1, 2, 3)]
    commands = (
        (archive, ["ingest", str(new[0])]),
        (archive, ["ingest", str(new[1])]),
        (archive, ["set", "1", "title=Other"]),
        (archive, ["search", "reeds", "--save", "reeds"]),
        (archive, ["log"]),
        (archive, ["rebuild"]),
        (archive, ["ingest", str(new[2])]),
        (archive, ["verify"]),
        (archive, ["backup", str(file)]),
        (archive, ["restore", str(file), str(back)]),
        (back, ["search", "reeds", "--save", "reeds"]),
        (back, ["ingest", *map(str, new)]),
    )
    with umask(mask):
        for place, command in commands:
            done = run(place, *command)
            assert done.code == Exit.OK, f"{command}: {done.err}"
            assert open_to_others(tmp_path) == [], command
            trials.did(1)


def open_to_others(folder: Path) -> list[str]:
    """What others may read or write of the archives and the backup in a folder."""
    made = [folder / name for name in ("archive", "back", "backup.tgz")]
    paths = [path for one in made if one.exists() for path in (one, *one.rglob("*"))]
    return [
        f"{path} {stat.S_IMODE(path.stat().st_mode):o}"
        for path in paths
        if stat.S_IMODE(path.stat().st_mode) != (0o700 if path.is_dir() else 0o600)
    ]
