"""Taking in: what a run reports and leaves behind, however the run before it ended."""

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backissue.archive import files as archive_files
from backissue.archive import incremental, ingestion, rebuilding
from backissue.archive.opening import reading
from backissue.archive.settings import INDEX
from backissue.archive.store import Store
from backissue.errors import BusyError, NoArchiveError
from backissue.index import Index
from backissue.ingest.pipeline import Reading
from backissue.ingest.sources.contents import Refusal, Source
from backissue.records import Facts, Issue, IssueKind, Report, SectionKind, Status
from tests.conftest import export, issues_in, seed_items, seed_sources, sha256, source, take_in

ONE = "Mills:\n…Idle…\nThe river was low that year and the mills stood idle for most of it.\n"
TWO = "Ships:\n…Counted…\nA machine in the harbour counts every ship that leaves in a large book.\n"
THREE = "Letters:\n…Signed…\nSeven researchers signed a letter that asked for much more time.\n"
DRY = ingestion.Options(dry_run=True)
BOTH = f"{ONE}\n***\n\n{TWO}\n***\n\n{THREE}"


def keys(folder: Path) -> list[str]:
    return [issue.head.key for issue in issues_in(folder)]


def issue(folder: Path, key: str) -> Issue:
    with Index.open(folder / INDEX) as opened:
        found = opened.shelf.issue(key)
    assert found
    return found


def statuses(report: Report) -> list[tuple[str, Status]]:
    return [(outcome.name, outcome.status) for outcome in report.outcomes]


def say(folder: Path, key: str, *unsaid: str, **facts: object) -> Report:
    said = source("any", "any", **facts).by_reader
    return ingestion.set_facts(folder, issue(folder, key).drafts, said, frozenset(unsaid))


def cut_short(folder: Path, monkeypatch: pytest.MonkeyPatch, *items: Source) -> None:
    """A run that stores its sources and dies before it writes its issues."""

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(incremental.writer, "write", die)
        with pytest.raises(KeyboardInterrupt):
            take_in(folder, *items)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- what a run reports -------------------------------------------------------------------------


def test_a_first_run_reports_what_came(tmp_path: Path) -> None:
    report = take_in(tmp_path / "a", source("one.txt", ONE), source("two.txt", TWO))
    assert statuses(report) == [("one.txt", Status.ADDED), ("two.txt", Status.ADDED)]
    assert [found.key for found in report.added] == ["unfiled/mills", "unfiled/ships"]
    assert (report.changed, report.removed, report.rejected) == ((), (), ())
    assert [(found.format, found.issues) for found in report.outcomes] == [("plain text", 1)] * 2


def test_the_founding_documents_come_in_as_eleven_issues_and_a_document_of_notes(
    archive: Path,
) -> None:
    assert keys(archive) == [f"import-ai/{number}" for number in range(386, 397)] + [
        "unfiled/situational-awareness"
    ]


def test_repair_is_counted_by_rule_and_lasting_damage_by_kind(tmp_path: Path) -> None:
    report = ingestion.ingest(tmp_path / "a", seed_items())
    by_name = {outcome.name: outcome for outcome in report.outcomes}
    notes = by_name.pop("003_97489e45dc471143.txt")
    assert set(notes.repaired) >= {"lone-a", "broken-word"}
    assert dict(notes.damaged) == {"broken-word": 2}
    assert all(not outcome.repaired and not outcome.damaged for outcome in by_name.values())


def test_a_run_names_what_it_left_out_and_why(tmp_path: Path) -> None:
    report = take_in(
        tmp_path / "a",
        Refusal(name="README", reason="describes its folder, and is no issue", skipped=True),
        Refusal(name="gone.txt", reason="no such file"),
        source("pictures.zip", b"PK\x03\x04 and so on"),
        source("program", bytes(range(32)) * 20),
        source("rules.txt", "***"),
        source("one.txt", ONE),
    )
    assert [(found.name, found.status, found.reason) for found in report.outcomes] == [
        ("README", Status.SKIPPED, "describes its folder, and is no issue"),
        ("gone.txt", Status.REJECTED, "no such file"),
        ("pictures.zip", Status.REJECTED, "not text, but a ZIP archive"),
        ("program", Status.REJECTED, "not text"),
        ("rules.txt", Status.REJECTED, "no text to keep in it"),
        ("one.txt", Status.ADDED, None),
    ]
    assert [found.name for found in report.rejected] == [
        "gone.txt",
        "pictures.zip",
        "program",
        "rules.txt",
    ]
    assert Store(tmp_path / "a").hashes() == [sha256(ONE)]


def test_the_same_file_twice_in_one_run_is_taken_once(tmp_path: Path) -> None:
    report = take_in(tmp_path / "a", source("one.txt", ONE), source("one.txt", ONE))
    assert statuses(report) == [("one.txt", Status.ADDED), ("one.txt", Status.UNCHANGED)]
    assert keys(tmp_path / "a") == ["unfiled/mills"]


def test_the_same_bytes_under_a_second_name_are_an_update_of_the_one_source(
    tmp_path: Path,
) -> None:
    take_in(tmp_path / "a", source("one.txt", ONE))
    report = take_in(tmp_path / "a", source("zwei.txt", ONE))
    assert statuses(report) == [("zwei.txt", Status.UPDATED)]
    assert Store(tmp_path / "a").entry(sha256(ONE)).names == ("one.txt", "zwei.txt")  # type: ignore[union-attr]
    assert keys(tmp_path / "a") == ["unfiled/mills"]
    assert statuses(take_in(tmp_path / "a", source("zwei.txt", ONE)))[0][1] is Status.UNCHANGED


def test_a_second_copy_changes_the_issue_it_is_of(tmp_path: Path) -> None:
    take_in(tmp_path / "a", source("one.txt", f"{ONE}\n***\n\n{TWO}\n***\n\n{THREE}"))
    report = take_in(tmp_path / "a", source("two.txt", f"{ONE}\n\n***\n\n{TWO}\n***\n\n{THREE}"))
    assert [found.sources for found in report.changed] == [("one.txt", "two.txt")]
    assert (report.added, report.removed) == ((), ())


def test_facts_that_come_later_with_the_same_bytes_are_taken(tmp_path: Path) -> None:
    take_in(tmp_path / "a", source("one.txt", ONE))
    report = take_in(tmp_path / "a", source("one.txt", ONE, number=7, publication="Notes"))
    assert statuses(report) == [("one.txt", Status.UPDATED)]
    assert [found.key for found in report.added] == ["notes/7"]
    assert report.removed == ("unfiled/mills",)
    assert keys(tmp_path / "a") == ["notes/7"]


def test_a_run_names_each_input_as_it_comes_to_it(tmp_path: Path) -> None:
    seen: list[str] = []
    ingestion.ingest(tmp_path / "a", [source("b", ONE), source("a", TWO)], progress=seen.append)
    assert seen == ["b", "a"]


def test_a_run_of_nothing_makes_nothing(tmp_path: Path) -> None:
    assert take_in(tmp_path / "a") == Report()
    refused = (Refusal(name="gone.txt", reason="no such file"), source("rules.txt", "***"))
    report = take_in(tmp_path / "a", *refused)
    assert [one.status for one in report.outcomes] == [Status.REJECTED] * 2
    assert not list(tmp_path.iterdir())


# -- dry runs -----------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_come_and_makes_nothing(tmp_path: Path) -> None:
    report = ingestion.ingest(tmp_path / "a", [source("one.txt", ONE)], DRY)
    assert [found.key for found in report.added] == ["unfiled/mills"]
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_on_an_archive_writes_nothing(fresh_archive: Path) -> None:
    before = files(fresh_archive)
    copy = seed_sources()[4]
    items = [source("new.txt", ONE), source("cut.txt", copy.data[:6000])]
    report = ingestion.ingest(fresh_archive, items, DRY)
    assert [found.key for found in report.added] == ["unfiled/mills"]
    assert [found.id for found in report.changed] == ["386"]
    assert files(fresh_archive) == before
    again = take_in(fresh_archive, *items)
    assert (again.added, again.changed) == (report.added, report.changed)


# -- what a reader says -------------------------------------------------------------------------


def test_what_is_said_of_an_issue_holds_until_it_is_unsaid(fresh_archive: Path) -> None:
    before = export(fresh_archive)
    report = say(fresh_archive, "import-ai/390", title="Minds", date="2024-11-04")
    assert [found.key for found in report.changed] == ["import-ai/390"]
    rebuilding.rebuild(fresh_archive)
    head = issue(fresh_archive, "import-ai/390").head
    assert (head.title, str(head.date)) == ("Minds", "2024-11-04")
    say(fresh_archive, "import-ai/390", "date", title="Minds, again")
    head = issue(fresh_archive, "import-ai/390").head
    assert (head.title, head.date) == ("Minds, again", None)
    say(fresh_archive, "import-ai/390", "title")
    assert export(fresh_archive) == before


def test_what_is_said_of_one_issue_of_a_source_is_not_true_of_its_others(
    fresh_archive: Path,
) -> None:
    before = {found.head.key: found.head.date for found in issues_in(fresh_archive)}
    say(fresh_archive, "import-ai/390", date="2024-11-04")
    after = {found.head.key: found.head.date for found in issues_in(fresh_archive)}
    assert {key for key in after if after[key] != before[key]} == {"import-ai/390"}


def test_a_number_said_of_a_loose_issue_merges_it_with_the_copy_of_that_number(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "a"
    take_in(folder, source("seven.txt", ONE, number=7, publication="Notes"))
    take_in(folder, source("loose.txt", TWO))
    assert keys(folder) == ["notes/7", "unfiled/ships"]
    report = say(folder, "unfiled/ships", number=7, publication="Notes")
    assert [found.key for found in report.changed] == ["notes/7"]
    assert report.removed == ("unfiled/ships",)
    assert issue(folder, "notes/7").head.sources == ("loose.txt", "seven.txt")
    assert issue(folder, "notes/7").head.sections == 2


def test_a_merged_issue_comes_apart_again_when_its_number_is_unsaid(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    take_in(folder, source("seven.txt", ONE, number=7, publication="Notes"))
    take_in(folder, source("loose.txt", TWO))
    before = export(folder)
    say(folder, "unfiled/ships", number=7, publication="Notes")
    loose = next(ref for ref in issue(folder, "notes/7").drafts if ref.source == sha256(TWO))
    ingestion.set_facts(folder, [loose], Facts(), frozenset({"number", "publication"}))
    assert export(folder) == before


def test_a_source_said_to_be_notes_has_a_section_a_paragraph(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    take_in(folder, source("both.txt", BOTH))
    assert [part.kind for part in issue(folder, "unfiled/mills").sections] == [
        SectionKind.STORY
    ] * 3
    say(folder, "unfiled/mills", kind="notes", title="Marked")
    marked = issue(folder, "unfiled/marked")
    assert marked.head.kind is IssueKind.NOTES
    assert {part.kind for part in marked.sections} == {SectionKind.NOTE}
    assert len(marked.sections) == 9
    say(folder, "unfiled/marked", "kind", "title")
    assert len(issue(folder, "unfiled/mills").sections) == 3


def test_saying_what_is_known_already_changes_nothing(fresh_archive: Path) -> None:
    say(fresh_archive, "import-ai/390", title="Minds")
    before = export(fresh_archive)
    assert say(fresh_archive, "import-ai/390", title="Minds") == Report()
    assert export(fresh_archive) == before


def test_a_saying_outlives_a_second_ingest_of_its_source(fresh_archive: Path) -> None:
    say(fresh_archive, "import-ai/390", title="Minds")
    report = take_in(fresh_archive, *seed_items())
    assert {outcome.status for outcome in report.outcomes} == {Status.UNCHANGED, Status.SKIPPED}
    assert issue(fresh_archive, "import-ai/390").head.title == "Minds"


def test_an_original_that_was_deleted_and_comes_again_is_what_was_said_of_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "a"
    take_in(folder, source("one.txt", ONE))
    say(folder, "unfiled/mills", title="Boats")
    for path in (folder / "sources").glob("??/*"):
        path.unlink()
    rebuilding.rebuild(folder)
    assert keys(folder) == []
    take_in(folder, source("one.txt", ONE))
    assert keys(folder) == ["unfiled/boats"]


# -- runs that ended badly ----------------------------------------------------------------------


def test_a_run_that_was_cut_short_is_completed_by_the_next(
    fresh_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = export(fresh_archive)
    cut_short(fresh_archive, monkeypatch, source("one.txt", ONE))
    assert export(fresh_archive) == before
    assert sha256(ONE) in Store(fresh_archive).hashes()
    report = take_in(fresh_archive, source("two.txt", TWO))
    assert [found.key for found in report.added] == ["unfiled/mills", "unfiled/ships"]


def test_a_file_of_a_run_that_was_cut_short_is_no_news_but_its_issue_is(
    fresh_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_short(fresh_archive, monkeypatch, source("one.txt", ONE))
    report = take_in(fresh_archive, source("one.txt", ONE))
    assert [found.key for found in report.added] == ["unfiled/mills"]
    assert statuses(report) == [("one.txt", Status.UNCHANGED)]


def test_an_archive_whose_index_was_deleted_is_rebuilt_the_same(fresh_archive: Path) -> None:
    before = export(fresh_archive)
    shutil.rmtree(fresh_archive / INDEX)
    rebuilding.rebuild(fresh_archive)
    assert export(fresh_archive) == before


def test_ingesting_into_an_archive_without_an_index_rebuilds_it_first(fresh_archive: Path) -> None:
    shutil.rmtree(fresh_archive / INDEX)
    report = take_in(fresh_archive, source("one.txt", ONE))
    assert [found.key for found in report.added] == ["unfiled/mills"]
    assert len(keys(fresh_archive)) == 13


def test_a_reader_of_an_archive_without_an_index_has_it_rebuilt_and_is_told(
    fresh_archive: Path,
) -> None:
    before = export(fresh_archive)
    shutil.rmtree(fresh_archive / INDEX)
    told: list[str] = []
    with reading(fresh_archive, notify=told.append, rebuild=rebuilding.rebuild) as opened:
        assert len(opened.shelf.heads()) == 12
    assert len(told) == 1
    assert "rebuilding" in told[0]
    assert export(fresh_archive) == before


def test_where_there_is_no_archive_a_reader_is_told_how_to_make_one(tmp_path: Path) -> None:
    with (
        pytest.raises(NoArchiveError, match="no archive in") as caught,
        reading(tmp_path, notify=print, rebuild=rebuilding.rebuild),
    ):
        pytest.fail("there is none")
    assert caught.value.hint
    assert "backissue ingest" in caught.value.hint


def test_one_altered_original_does_not_take_the_others_records_with_it(
    fresh_archive: Path,
) -> None:
    broken = seed_sources()[2]
    path = fresh_archive / "sources" / broken.sha256[:2] / f"{broken.sha256}.bin"
    path.write_bytes(b"something else")
    report = rebuilding.rebuild(fresh_archive)
    assert [(found.name, found.status) for found in report.rejected] == [
        (broken.name, Status.REJECTED)
    ]
    assert "altered" in (report.rejected[0].reason or "")
    assert [key for key in keys(fresh_archive) if key.endswith("396")] == []
    assert len(keys(fresh_archive)) == 11


def test_rebuilding_reports_every_issue_and_names_every_source(fresh_archive: Path) -> None:
    seen: list[str] = []
    report = rebuilding.rebuild(fresh_archive, progress=seen.append)
    assert len(report.added) == 12
    assert sorted(seen) == [made.name for made in seed_sources()]


def test_while_another_writes_a_run_gives_up_and_leaves_everything(
    fresh_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_files, "_PATIENCE", 0.05)
    before = files(fresh_archive / "sources")
    with Store(fresh_archive).lock():
        with pytest.raises(BusyError):
            take_in(fresh_archive, source("one.txt", ONE))
        with pytest.raises(BusyError):
            rebuilding.rebuild(fresh_archive)
        assert len(keys(fresh_archive)) == 12
    assert files(fresh_archive / "sources") == before


def test_only_what_may_have_changed_is_read_again(
    fresh_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []
    real = incremental.read

    def watch(data: bytes, *more: object, **told: object) -> Reading:
        read.append(data)
        return real(data, *more, **told)  # type: ignore[arg-type]

    monkeypatch.setattr(incremental, "read", watch)
    take_in(fresh_archive, source("one.txt", ONE))
    assert read == [ONE.encode()]


def test_only_issues_that_changed_are_written_again(
    fresh_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    real = incremental.writer.write

    def watch(folder: Path, *, add: list[Issue], **more: object) -> None:
        written.extend(found.head.key for found in add)
        real(folder, add=add, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(incremental.writer, "write", watch)
    copy = seed_sources()[4]
    take_in(fresh_archive, source("one.txt", ONE), source("cut.txt", copy.data[:6000]))
    assert sorted(written) == ["import-ai/386", "unfiled/mills"]


# -- what reviews found -------------------------------------------------------------------------

ESSAY = " ".join(f"Sentence number {n} speaks at some length about the day." for n in range(6))
TWO_ISSUES = (
    f"Harbour Notes 12: Beta\n\nby Ada\n\n{TWO}\n\nHarbour Notes 11: Alpha\n\nby Ada\n\n{ONE}"
)


def original_of(folder: Path, content: str) -> Path:
    digest = sha256(content)
    return folder / "sources" / digest[:2] / f"{digest}.bin"


def test_an_address_that_only_the_merged_issue_has_hides_no_other_issue(tmp_path: Path) -> None:
    take_in(tmp_path, source("held.txt", f"Prime Letter 5: Original\n\nby Ada\n\n{TWO}"))
    take_in(tmp_path, source("numbered.txt", ESSAY, number=5))
    take_in(tmp_path, source("published.txt", f"{ESSAY} ", publication="Prime Letter"))
    assert keys(tmp_path) == ["prime-letter/5", "prime-letter/5-2"]
    grown = export(tmp_path)
    rebuilding.rebuild(tmp_path)
    assert export(tmp_path) == grown


def test_what_is_said_of_a_file_of_several_issues_is_true_of_none(tmp_path: Path) -> None:
    take_in(tmp_path, source("two.txt", TWO_ISSUES))
    before = export(tmp_path)
    report = take_in(tmp_path, source("two.txt", TWO_ISSUES, number=5, title="Foo"))
    assert "number and title not used, as it has 2 issues" in (report.outcomes[0].reason or "")
    assert export(tmp_path) == before


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_a_lost_original_is_taken_back_when_it_comes_again(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    take_in(tmp_path, source("one.txt", ONE))
    spoil(original_of(tmp_path, ONE))
    take_in(tmp_path, source("one.txt", ONE))
    assert original_of(tmp_path, ONE).read_bytes() == ONE.encode()
    assert rebuilding.rebuild(tmp_path).rejected == ()
    assert keys(tmp_path) == ["unfiled/mills"]


def test_one_lost_original_stops_no_work_on_others_and_is_named(tmp_path: Path) -> None:
    take_in(tmp_path, source("one.txt", ONE), source("two.txt", TWO))
    original_of(tmp_path, ONE).unlink()
    report = take_in(tmp_path, source("again.txt", f"{ONE} "))
    assert [outcome.name for outcome in report.rejected] == ["one.txt"]
    assert "ingest the file" in (report.rejected[0].reason or "")
    assert say(tmp_path, "unfiled/ships", date="2024-05-06").changed
    take_in(tmp_path, source("three.txt", THREE))
    assert "unfiled/letters" in keys(tmp_path)


def test_a_damaged_record_takes_no_other_with_it(tmp_path: Path) -> None:
    take_in(tmp_path, source("one.txt", ONE), source("two.txt", TWO))
    original_of(tmp_path, ONE).with_suffix(".json").write_text("", encoding="utf-8")
    report = rebuilding.rebuild(tmp_path)
    assert "is damaged" in (report.rejected[0].reason or "")
    assert keys(tmp_path) == ["unfiled/ships"]


def test_what_an_option_said_can_be_taken_back(tmp_path: Path) -> None:
    take_in(tmp_path, source("one.txt", ONE, title="Said"))
    assert keys(tmp_path) == ["unfiled/said"]
    say(tmp_path, "unfiled/said", "title")
    assert keys(tmp_path) == ["unfiled/mills"]


def test_a_rebuild_that_another_process_has_done_is_not_done_again(tmp_path: Path) -> None:
    take_in(tmp_path, source("one.txt", ONE))
    before = files(tmp_path / INDEX)
    assert rebuilding.rebuild_if_unusable(tmp_path) == Report()
    assert files(tmp_path / INDEX) == before


def test_an_issue_is_not_changed_because_its_address_is_shared(tmp_path: Path) -> None:
    take_in(tmp_path, source("one.txt", f"Prime Letter 5: Mills\n\nby Ada\n\n{ONE}"))
    take_in(tmp_path, source("two.txt", f"Harbour Notes 5: Ships\n\nby Ada\n\n{TWO}"))
    report = take_in(
        tmp_path, source("one.txt", f"Prime Letter 5: Mills\n\nby Ada\n\n{ONE}", kind="newsletter")
    )
    assert (report.added, report.changed, report.removed) == ((), (), ())


def test_left_over_files_of_a_killed_run_are_swept_up(tmp_path: Path) -> None:
    take_in(tmp_path, source("one.txt", ONE))
    left_over = original_of(tmp_path, ONE).with_name(".half.bin.1.tmp")
    left_over.write_bytes(b"half")
    (tmp_path / "unfinished").touch()
    take_in(tmp_path, source("two.txt", TWO))
    assert not left_over.exists()
    assert not (tmp_path / "unfinished").exists()


def test_what_is_said_also_completes_a_run_that_was_cut_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(tmp_path, source("one.txt", ONE))
    cut_short(tmp_path, monkeypatch, source("two.txt", TWO))
    say(tmp_path, "unfiled/mills", date="2024-05-06")
    assert keys(tmp_path) == ["unfiled/mills", "unfiled/ships"]


# -- large and repeated -------------------------------------------------------------------------


def letters(count: int) -> list[Source]:
    """So many sources, no two of them alike."""
    return [
        source(f"{place:03}.txt", f"Letter {place}:\n…One of many…\n{ONE.replace(' ', str(place))}")
        for place in range(1, count + 1)
    ]


def test_an_interrupted_run_keeps_what_it_had_read_and_the_next_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "BATCH", 3)
    made = letters(8)

    def interrupted() -> Iterator[Source]:
        yield from made[:5]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingestion.ingest(tmp_path / "a", interrupted())
    assert len(keys(tmp_path / "a")) == 5
    report = take_in(tmp_path / "a", *made)
    assert [outcome.status for outcome in report.outcomes] == [
        *[Status.UNCHANGED] * 5,
        *[Status.ADDED] * 3,
    ]
    take_in(tmp_path / "b", *made)
    assert export(tmp_path / "a") == export(tmp_path / "b")


@pytest.mark.parametrize("killed", ["keep", "write"])
def test_a_run_killed_at_any_step_of_a_batch_is_completed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    monkeypatch.setattr(ingestion, "BATCH", 3)
    made = letters(8)
    calls = 0

    def die(*more: Any, **named: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        real(*more, **named)

    home: Any = Store if killed == "keep" else incremental.writer
    real = getattr(home, killed)
    with monkeypatch.context() as patch:
        patch.setattr(home, killed, die)
        with pytest.raises(KeyboardInterrupt):
            take_in(tmp_path / "a", *made)
    assert (tmp_path / "a" / "unfinished").exists()
    take_in(tmp_path / "a", *made)
    take_in(tmp_path / "b", *made)
    assert export(tmp_path / "a") == export(tmp_path / "b")
    assert len(keys(tmp_path / "a")) == 8


def test_an_interrupt_while_a_batch_is_written_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "BATCH", 3)

    def interrupt(phase: str) -> None:
        if phase.startswith("keeping"):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        ingestion.ingest(tmp_path / "a", letters(8), phase=interrupt)
    assert len(keys(tmp_path / "a")) == 3


def test_a_second_interrupt_does_not_wait(tmp_path: Path) -> None:
    def interrupt(phase: str) -> None:
        if phase.startswith(("keeping", "merging")):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        ingestion.ingest(tmp_path / "a", letters(3), phase=interrupt)
    assert keys(tmp_path / "a") == []
    take_in(tmp_path / "a")
    assert len(keys(tmp_path / "a")) == 3


def test_a_fault_of_a_reader_is_named_and_stops_no_other_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = incremental.read

    def faulty(data: bytes, *args: object, **kwargs: object) -> object:
        if b"Ships" in data:
            raise TypeError("no such thing")
        return real(data, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(incremental, "read", faulty)
    report = take_in(
        tmp_path,
        source("a.txt", "Ships\n\nA ship came in."),
        source("b.txt", "Mills\n\nThey turn."),
    )
    assert [(one.name, one.status.value) for one in report.outcomes] == [
        ("a.txt", "rejected"),
        ("b.txt", "added"),
    ]
    assert re.fullmatch(
        r"a fault of the program, in test_ingestion\.py, line \d+; please report it",
        report.outcomes[0].reason or "",
    )


def test_what_is_known_already_is_passed_over_without_a_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "BATCH", 2)
    made = letters(6)
    take_in(tmp_path / "a", *made)
    opened: list[Path] = []
    real = Index.open
    monkeypatch.setattr(
        Index, "open", lambda folder, *more: (opened.append(folder), real(folder, *more))[1]
    )
    monkeypatch.setattr(incremental.writer, "write", None)
    take_in(tmp_path / "a", *made)
    assert len(opened) == 1


def test_a_rebuild_in_several_batches_makes_what_one_makes(
    fresh_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = export(fresh_archive)
    monkeypatch.setattr(rebuilding, "BATCH", 2)
    rebuilding.rebuild(fresh_archive)
    assert export(fresh_archive) == before
    assert {path.name for path in fresh_archive.glob("index*")} == {INDEX}


def test_a_rebuild_that_is_cut_short_leaves_the_index_as_it_was(fresh_archive: Path) -> None:
    before = export(fresh_archive)

    def die(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuilding.rebuild(fresh_archive, progress=die)
    assert export(fresh_archive) == before
    rebuilding.rebuild(fresh_archive)
    assert export(fresh_archive) == before


def test_a_run_says_what_it_does_between_sources(tmp_path: Path) -> None:
    said: list[str] = []
    ingestion.ingest(tmp_path / "a", letters(2), phase=said.append)
    assert said == ["keeping 2 originals", "merging 2 sources", "indexing 2 issues"]


FEED = """<?xml version="1.0"?><rss version="2.0"
xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Harbour Notes</title><lastBuildDate>Week {week}</lastBuildDate>{items}</channel></rss>"""
ITEM = """<item><title>Entry {place}</title><link>https://harbour.example/{place}</link>
<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"""


def feed(week: int) -> Source:
    """A feed as it is in one week: the last three entries."""
    texts = [
        f"{'Really? ' * place}In week {place} seven ships left, and each was counted twice."
        for place in range(week, week + 3)
    ]
    items = (ITEM.format(place=place, text=text) for place, text in enumerate(texts, week))
    return source(f"feed-{week}.xml", FEED.format(week=week, items="".join(items)))


def test_of_a_feed_kept_every_week_only_the_new_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weeks = [feed(week) for week in range(1, 7)]
    for week in weeks[:-1]:
        take_in(tmp_path / "a", week)
    read: list[bytes] = []
    real = incremental.read
    monkeypatch.setattr(
        incremental, "read", lambda data, *a, **k: (read.append(data), real(data, *a, **k))[1]
    )
    report = take_in(tmp_path / "a", weeks[-1])
    assert read == [weeks[-1].data]
    assert (len(report.added), len(report.changed)) == (1, 2)
    monkeypatch.undo()
    found = issues_in(tmp_path / "a")
    assert [len(made.head.sources) for made in found] == [1, 2, 3, 3, 3, 3, 2, 1]
    rebuilding.rebuild(tmp_path / "a")
    assert issues_in(tmp_path / "a") == found
    take_in(tmp_path / "b", *reversed(weeks))
    assert export(tmp_path / "b") == export(tmp_path / "a")


def test_texts_without_a_sentence_of_their_own_are_one_where_they_are_equal(tmp_path: Path) -> None:
    take_in(
        tmp_path, source("1.txt", "Mills\n\nNo news.\n"), source("2.txt", "Mills\n\nNo news.\n\n")
    )
    assert keys(tmp_path) == ["unfiled/mills"]


def test_a_source_that_holds_only_a_draft_is_skipped_and_no_failure(tmp_path: Path) -> None:
    text = "---\ntitle: Mills\ndraft: true\n---\n\nThe mills stand *idle*.\n"
    report = take_in(tmp_path, source("mills.md", text))
    assert [(made.status, made.reason) for made in report.outcomes] == [
        (Status.SKIPPED, "has only drafts, which are no issues")
    ]
    assert report.rejected == ()


# -- what mutations of the code found ------------------------------------------------------------


def sentences(first: int, count: int) -> str:
    """So many different sentences, each in a paragraph of its own."""
    return "\n\n".join(
        f"Sentence number {place} speaks at some length about ship {place}."
        for place in range(first, first + count)
    )


def test_a_draft_that_shares_just_a_quarter_of_its_sentences_joins_the_issue(
    tmp_path: Path,
) -> None:
    take_in(tmp_path, source("5.txt", sentences(0, 3), number=5, publication="Prime Letter"))
    take_in(tmp_path, source("long.txt", sentences(0, 12)))
    assert keys(tmp_path) == ["prime-letter/5"]


def test_an_address_that_becomes_free_goes_to_the_next_namesake(tmp_path: Path) -> None:
    texts = (ONE, TWO.replace("Ships", "Mills"), THREE.replace("Letters", "Mills"))
    take_in(tmp_path, *(source(f"{place}.txt", text) for place, text in enumerate(texts)))
    assert keys(tmp_path) == ["unfiled/mills", "unfiled/mills-2", "unfiled/mills-3"]
    say(tmp_path, "unfiled/mills-2", title="Other")
    assert keys(tmp_path) == ["unfiled/mills", "unfiled/mills-2", "unfiled/other"]


def test_an_issue_that_comes_and_changes_in_one_run_is_only_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "BATCH", 1)
    said = {"number": 5, "publication": "Prime Letter"}
    report = take_in(tmp_path, source("a.txt", ONE, **said), source("b.txt", TWO, **said))
    assert ([one.key for one in report.added], report.changed) == (["prime-letter/5"], ())
    assert report.added[0].sources == ("a.txt", "b.txt")


def test_an_issue_that_goes_and_comes_back_in_one_run_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(tmp_path, source("loose.txt", f"Mills\n\n{sentences(0, 5)}"))
    assert keys(tmp_path) == ["unfiled/mills"]
    monkeypatch.setattr(ingestion, "BATCH", 1)
    report = take_in(
        tmp_path,
        source("5.txt", f"Mills\n\n{sentences(0, 5)}", number=5, publication="Prime Letter"),
        source("other.txt", f"Mills\n\n{sentences(50, 5)}"),
    )
    assert keys(tmp_path) == ["prime-letter/5", "unfiled/mills"]
    assert [one.key for one in report.added] == ["prime-letter/5"]
    assert [one.key for one in report.changed] == ["unfiled/mills"]
    assert report.removed == ()


def test_an_index_behind_a_link_is_rebuilt_in_its_own_place(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "a", tmp_path / "elsewhere"
    take_in(folder, source("one.txt", ONE))
    (folder / INDEX).rename(elsewhere)
    (folder / INDEX).symlink_to(elsewhere)
    before = files(elsewhere)
    rebuilding.rebuild(folder)
    assert not (folder / INDEX).is_symlink()
    assert files(elsewhere) == before
    assert keys(folder) == ["unfiled/mills"]


def test_a_batch_ends_at_its_size_in_bytes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "_BATCH_BYTES", 1)
    phases: list[str] = []
    ingestion.ingest(tmp_path, letters(3), phase=phases.append)
    assert phases.count("keeping 1 originals") == 3
