"""The last run is taken back whole: the archive is what it was, byte for byte."""

import random
from pathlib import Path

import pytest

from backissue.archive import history, incremental, ingestion, rebuilding, removal, undoing
from backissue.archive.health import examine
from backissue.archive.journal import HISTORY
from backissue.archive.settings import INDEX
from backissue.archive.store import Store
from backissue.errors import NoArchiveError, NothingFoundError
from backissue.index import Index
from backissue.ingest.sources.contents import Source
from backissue.records import Report, Status
from tests.conftest import Trials, export, sha256, source, take_in
from tests.test_removal import AGAIN, ONE, TWO, keys, remove, shelf, sound

Files = dict[str, bytes]


def truth(folder: Path) -> Files:
    """All files of an archive that nothing else is derived from, besides its history."""
    files = [*(folder / "sources").rglob("*.*"), *folder.glob("*.json")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.is_file()}


def state(folder: Path) -> tuple[bytes, Files]:
    return export(folder), truth(folder)


def undo(folder: Path) -> Report:
    return undoing.undo(folder)[1]


def set_title(folder: Path, key: str, title: str) -> None:
    with Index.open(folder / INDEX) as index:
        drafts = index.shelf.drafts(key)
    facts = source("any", "any", title=title).by_reader
    unset = frozenset() if title else frozenset({"title"})
    ingestion.set_facts(folder, drafts, facts, unset, (key, f"title={title}"))


@pytest.fixture
def mill(tmp_path: Path) -> Path:
    folder = tmp_path / "mill"
    take_in(folder, *shelf())
    return folder


# -- each kind of run ---------------------------------------------------------------------------


def test_an_ingest_is_taken_back_and_may_be_done_again(mill: Path) -> None:
    before = state(mill)
    four = source("four.txt", TWO.replace("#2", "#4"), publication="The Mill")
    take_in(mill, four)
    after = export(mill)
    report = undo(mill)
    assert report.removed == ("the-mill/4",)
    assert [(one.name, one.status) for one in report.outcomes] == [("four.txt", Status.REMOVED)]
    assert state(mill) == before
    sound(mill)
    assert [issue.key for issue in take_in(mill, four).added] == ["the-mill/4"]
    assert export(mill) == after


def test_a_second_name_is_taken_back(mill: Path) -> None:
    before = state(mill)
    take_in(mill, source("another name.txt", ONE, publication="The Mill"))
    assert state(mill) != before
    undo(mill)
    assert state(mill) == before
    sound(mill)


def test_a_correction_is_taken_back(mill: Path) -> None:
    before = state(mill)
    set_title(mill, "the-mill/1", "Of wheels")
    between = state(mill)
    set_title(mill, "the-mill/1", "")
    undo(mill)
    assert state(mill) == between
    undo(mill)
    assert state(mill) == before
    sound(mill)


def test_a_removal_is_taken_back(mill: Path) -> None:
    before = state(mill)
    remove(mill, "the-mill/1", sha256(TWO))
    report = undo(mill)
    assert [issue.key for issue in report.added] == ["the-mill/1", "the-mill/2"]
    assert state(mill) == before
    sound(mill)


def test_what_came_again_is_removed_again(mill: Path) -> None:
    remove(mill, "the-mill/1")
    before = state(mill)
    ingestion.ingest(mill, shelf(), AGAIN)
    undo(mill)
    assert state(mill) == before
    sound(mill)


def test_the_first_ingest_is_taken_back_to_an_archive_with_nothing_in_it(mill: Path) -> None:
    undo(mill)
    assert state(mill) == (b"", {})
    sound(mill)
    with pytest.raises(NothingFoundError, match="no run to take back"):
        undo(mill)


def test_an_ingest_of_several_batches_is_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "BATCH", 1)
    folder = tmp_path / "mill"
    take_in(folder, *shelf()[:1])
    before = state(folder)
    take_in(folder, *shelf())
    assert len(undoing.undoable(folder)) == 2
    undo(folder)
    assert state(folder) == before
    sound(folder)


def test_an_interrupted_ingest_is_taken_back(mill: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(mill)
    four = source("four.txt", TWO.replace("#2", "#4"), publication="The Mill")
    with monkeypatch.context() as patch:
        patch.setattr(incremental.writer, "write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            take_in(mill, four)
    assert truth(mill) != before[1]
    undo(mill)
    assert state(mill) == before
    sound(mill)


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


# -- which runs there are -----------------------------------------------------------------------


def test_the_last_ten_runs_are_listed_and_can_be_taken_back_one_by_one(mill: Path) -> None:
    states = []
    for number in range(12):
        states.append(state(mill))
        set_title(mill, "the-mill/1", f"Of wheels {number}")
    found = undoing.undoable(mill)
    assert [run.places[1] for run in found] == [
        f"title=Of wheels {number}" for number in range(11, 1, -1)
    ]
    for number in range(11, 1, -1):
        undo(mill)
        assert state(mill) == states[number]
    with pytest.raises(NothingFoundError):
        undo(mill)


def test_a_run_that_changes_nothing_is_no_run(mill: Path) -> None:
    set_title(mill, "the-mill/1", "Of wheels")
    known = len(undoing.undoable(mill))
    set_title(mill, "the-mill/1", "Of wheels")
    take_in(mill, *shelf())
    ingestion.ingest(mill, shelf(), ingestion.Options(dry_run=True))
    rebuilding.rebuild(mill)
    assert len(undoing.undoable(mill)) == known == 2


def test_a_run_that_was_killed_before_it_changed_anything_is_passed_over(
    mill: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "set_sayings", interrupt)
        with pytest.raises(KeyboardInterrupt):
            set_title(mill, "the-mill/1", "Of wheels")
    assert len(list(history.runs(mill))) == 2
    assert [run.command for run in undoing.undoable(mill)] == ["ingest"]
    undo(mill)
    assert export(mill) == b""


def test_what_was_removed_is_deleted_when_its_removal_can_no_longer_be_taken_back(
    mill: Path,
) -> None:
    remove(mill, "the-mill/2")
    for number in range(9):
        set_title(mill, "the-mill/1", f"Of wheels {number}")
    assert sha256(TWO) in Store(mill).stored()
    set_title(mill, "the-mill/1", "Of wheels")
    assert sha256(TWO) not in Store(mill).stored()
    assert not list(mill.rglob(f"{sha256(TWO)}*"))
    sound(mill)
    assert [issue.key for issue in take_in(mill, *shelf()).added] == []
    ingestion.ingest(mill, shelf(), AGAIN)
    assert "the-mill/2" in keys(mill)
    sound(mill)


def test_an_archive_without_a_history_works(mill: Path) -> None:
    for path in (mill / HISTORY).iterdir():
        path.unlink()
    (mill / HISTORY).rmdir()
    assert undoing.undoable(mill) == []
    sound(mill)
    remove(mill, "the-mill/1")
    undo(mill)
    assert "the-mill/1" in keys(mill)


# -- damage and death ---------------------------------------------------------------------------


def test_a_flipped_bit_of_the_history_is_noticed_and_nothing_is_changed(mill: Path) -> None:
    set_title(mill, "the-mill/1", "Of wheels")
    file = max((mill / HISTORY).iterdir())
    data, before = file.read_bytes(), state(mill)
    dice = random.Random(1)
    for at in (*dice.sample(range(len(data) * 8), 40), len(data) * 8 - 1):
        bent = bytearray(data)
        bent[at // 8] ^= 1 << at % 8
        file.write_bytes(bent)
        with pytest.raises(NoArchiveError, match="is damaged"):
            undo(mill)
        (found,) = examine(mill)
        assert str(file) in found.matter
        assert state(mill) == before
    take_in(mill, source("new.txt", "Quite new, and of no number.\n"))  # nobody else minds


@pytest.mark.parametrize("where", ["put_back", "in_batches", "finish"])
@pytest.mark.parametrize("then", ["ingest", "set", "remove", "undo", "rebuild"])
@pytest.mark.parametrize("run", ["ingest", "set", "remove"])
def test_an_undo_that_was_cut_short_is_completed_by_the_next_run(
    mill: Path, monkeypatch: pytest.MonkeyPatch, where: str, then: str, run: str
) -> None:
    set_title(mill, "the-mill/3", "Of stamps")
    before = state(mill)
    match run:
        case "ingest":
            take_in(mill, source("four.txt", TWO.replace("#2", "#4"), publication="The Mill"))
        case "set":
            set_title(mill, "the-mill/1", "Of wheels")
        case _:
            remove(mill, "the-mill/1")
    with monkeypatch.context() as patch:
        home = undoing if where == "in_batches" else history
        patch.setattr(home, where, interrupt)
        with pytest.raises(KeyboardInterrupt):
            undo(mill)
    assert [found.matter for found in examine(mill)][-1:] != []
    match then:
        case "ingest":
            take_in(mill, *shelf())
        case "set":
            set_title(mill, "the-mill/3", "Of stamps")
        case "remove":
            remove(mill)
        case "undo":
            undo(mill)
        case _:
            rebuilding.rebuild(mill)
    assert state(mill) == before
    sound(mill)


# -- any sequence -------------------------------------------------------------------------------


def items() -> list[Source]:
    four = TWO.replace("#2", "#4").replace("harbour", "lagoon")
    loose = ONE.partition("Mills:")[2]
    return shelf(four_txt=f"{four}\n\n{ONE}", loose_txt=f"Mills:{loose}", copy_txt=f"{ONE}\n")


def test_any_sequence_of_runs_is_taken_back_step_by_step(tmp_path: Path, trials: Trials) -> None:
    for attempt in trials(few=4, many=150):
        dice = random.Random(attempt)
        folder = tmp_path / str(attempt)
        take_in(folder, *dice.sample(items(), 2))
        states = [(b"", {}), state(folder)]
        for _ in range(9):
            if dice.random() < 0.25 and len(states) > 1:
                undo(folder)
                states.pop()
            else:
                known = len(undoing.undoable(folder))
                step(folder, dice)
                if len(undoing.undoable(folder)) > known:
                    states.append(state(folder))
            assert state(folder) == states[-1]
            sound(folder)
        while len(states) > 1:
            undo(folder)
            states.pop()
            assert state(folder) == states[-1]
            sound(folder)


def step(folder: Path, dice: random.Random) -> None:
    """Ingest, bring back, correct or remove something."""
    some, held = dice.sample(items(), dice.randint(1, 3)), keys(folder)
    match dice.choice(("ingest", "again", "set", "issue", "source")):
        case "ingest":
            take_in(folder, *some)
        case "again":
            ingestion.ingest(folder, some, AGAIN)
        case "set" if held:
            set_title(folder, dice.choice(held), dice.choice(("", "Of wheels", "Of sails")))
        case "issue" if held:
            removal.remove(folder, removal.Chosen(keys=frozenset({dice.choice(held)})))
        case "source" if hashes := Store(folder).hashes():
            removal.remove(folder, removal.Chosen(sources=frozenset({dice.choice(hashes)})))
