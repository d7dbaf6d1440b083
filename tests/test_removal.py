"""What you remove goes, and stays away, until you bring it back."""

import random
from pathlib import Path

import pytest

from backissue.archive import ingestion, rebuilding, removal
from backissue.archive.backup import back_up
from backissue.archive.health import examine, verify
from backissue.archive.missing import find_missing
from backissue.archive.restoring import restore
from backissue.archive.settings import INDEX
from backissue.archive.store import Store
from backissue.index import Index
from backissue.ingest.sources.contents import Source
from backissue.records import Outcome, Report, Status
from tests.conftest import (
    Trials,
    export,
    issues_in,
    seed_items,
    seed_sources,
    sha256,
    source,
    take_in,
)
from tests.transcript import run

AGAIN = ingestion.Options(again=True)
MILLS = "The river was low that year and the mills stood idle for most of the summer."
SHIPS = "A machine in the harbour counts every ship that leaves, in a large book."
LETTERS = "Seven researchers signed a letter that asked for much more time to think."


def issue_text(number: int, what: str, *sentences: str) -> str:
    body = "\n\n".join(sentences)
    greeting = "Welcome to The Mill, a newsletter about mills."
    return f"The Mill #{number}: of {what}\n\n{greeting}\n\n{what.title()}:\n…{what}…\n{body}\n"


ONE = issue_text(1, "mills", MILLS, "It rained in the autumn of that year, at last.")
TWO = issue_text(2, "ships", SHIPS, "No ship was ever counted twice, as far as we know.")
THREE = issue_text(3, "letters", LETTERS, "Nobody answered the letter in the end.")
SHELF = {"one.txt": ONE, "two.txt": TWO, "both.txt": f"{ONE}\n\n{THREE}"}


def shelf(**more: str) -> list[Source]:
    texts = {**SHELF, **{name.replace("_", "."): text for name, text in more.items()}}
    return [source(name, text, publication="The Mill") for name, text in texts.items()]


@pytest.fixture
def mill(tmp_path: Path) -> Path:
    """An archive of three issues: the first from two sources, one of which has the third, too."""
    folder = tmp_path / "mill"
    take_in(folder, *shelf())
    assert keys(folder) == ["the-mill/1", "the-mill/2", "the-mill/3"]
    return folder


def keys(folder: Path) -> list[str]:
    return [issue.head.key for issue in issues_in(folder)]


def remove(folder: Path, *chosen: str) -> tuple[removal.Removal, Report]:
    """Remove issues by key and sources by content."""
    return removal.remove(
        folder,
        removal.Chosen(
            keys=frozenset(one for one in chosen if "/" in one),
            sources=frozenset(one for one in chosen if "/" not in one),
        ),
    )


def sound(folder: Path) -> None:
    """Nothing is wrong with the archive, and a rebuild gives what it has."""
    assert list(examine(folder)) == []
    assert list(verify(folder)) == []


def outcome(report: Report, name: str) -> Outcome:
    (found,) = (one for one in report.outcomes if one.name == name)
    return found


# -- what goes ----------------------------------------------------------------------------------


def test_a_removed_issue_is_gone_from_all_its_sources_and_the_others_stay(mill: Path) -> None:
    found, report = remove(mill, "the-mill/1")
    assert [head.id for head in found.issues] == ["1"]
    assert list(found.sources.values()) == [("one.txt",)]
    assert list(found.parted.values()) == [("both.txt",)]
    assert report.removed == ("the-mill/1",)
    assert keys(mill) == ["the-mill/2", "the-mill/3"]
    sound(mill)


def test_a_removed_source_leaves_an_issue_that_has_another(mill: Path) -> None:
    found, report = remove(mill, sha256(ONE))
    assert (found.issues, [head.id for head in found.kept]) == ((), ["1"])
    assert report.removed == ()
    (one, *_) = issues_in(mill)
    assert one.head.sources == ("both.txt",)
    sound(mill)


def test_a_removed_source_takes_its_issues_along_where_they_have_no_other(mill: Path) -> None:
    found, report = remove(mill, sha256(SHELF["both.txt"]))
    assert [head.id for head in found.issues] == ["3"]
    assert report.removed == ("the-mill/3",)
    assert keys(mill) == ["the-mill/1", "the-mill/2"]
    sound(mill)


def test_two_sources_removed_together_take_the_issue_they_share(mill: Path) -> None:
    remove(mill, sha256(ONE), sha256(SHELF["both.txt"]))
    assert keys(mill) == ["the-mill/2"]
    sound(mill)


def test_what_goes_bit_by_bit_is_gone_as_if_at_once(tmp_path: Path) -> None:
    for folder in (tmp_path / "bits", tmp_path / "once"):
        take_in(folder, *shelf())
    remove(tmp_path / "bits", "the-mill/3")
    remove(tmp_path / "bits", "the-mill/1")
    remove(tmp_path / "once", "the-mill/1", "the-mill/3")
    assert export(tmp_path / "bits") == export(tmp_path / "once")
    hashes = Store(tmp_path / "bits").hashes()
    assert hashes == Store(tmp_path / "once").hashes() == [sha256(TWO)]


def test_looking_changes_nothing(mill: Path) -> None:
    before = {path: path.read_bytes() for path in mill.rglob("*") if path.is_file()}
    with Index.open(mill / INDEX) as index:
        chosen = removal.Chosen(keys=frozenset({"the-mill/1"}))
        found = removal.look(Store(mill), index, chosen)
    assert found.report.removed == ("the-mill/1",)
    assert {path: path.read_bytes() for path in mill.rglob("*") if path.is_file()} == before


def test_a_source_with_damaged_bytes_or_record_can_be_removed(mill: Path) -> None:
    for content, suffix in ((ONE, ".bin"), (TWO, ".json")):
        name = sha256(content)
        (mill / "sources" / name[:2] / f"{name}{suffix}").write_bytes(b"{")
        assert list(examine(mill))
        remove(mill, name)
        sound(mill)


def test_an_archive_that_a_rebuild_makes_lacks_what_was_removed(mill: Path) -> None:
    remove(mill, "the-mill/1")
    before = export(mill)
    rebuilding.rebuild(mill)
    assert export(mill) == before


# -- what stays away ----------------------------------------------------------------------------


def test_what_was_removed_is_left_out_when_it_comes_again_and_the_report_says_so(
    mill: Path,
) -> None:
    remove(mill, "the-mill/1")
    before = export(mill)
    report = take_in(mill, *shelf())
    assert export(mill) == before
    one, both = outcome(report, "one.txt"), outcome(report, "both.txt")
    assert (one.status, both.status) == (Status.SKIPPED, Status.UNCHANGED)
    for found in (one, both):
        assert found.reason
        assert found.reason.startswith("left out 1: removed on 20")
        assert found.reason.endswith("backissue ingest --again FILE")
    assert outcome(report, "two.txt").reason is None


def test_the_words_of_a_removed_issue_are_left_out_in_whatever_file_they_come(mill: Path) -> None:
    remove(mill, "the-mill/1")
    before = keys(mill)
    four = issue_text(4, "bridges", "All bridges were counted in the spring of that year.")
    new = source("new.txt", f"{ONE}\n\n\n{four}", publication="The Mill")
    alone = source("alone.txt", f"\n{ONE}\n\n", publication="The Mill")
    report = take_in(mill, new, alone)
    assert keys(mill) == [*before, "the-mill/4"]
    assert outcome(report, "new.txt").status is Status.ADDED
    assert outcome(report, "new.txt").issues == 1
    assert "left out 1: removed on" in str(outcome(report, "new.txt").reason)
    assert outcome(report, "alone.txt").status is Status.SKIPPED
    assert sha256("\n" + ONE + "\n\n") not in Store(mill).stored()
    sound(mill)


def as_mail(text: str, subject: str) -> str:
    day = "Mon, 23 Dec 2024 09:00:00 +0000"
    return f"From: The Mill <mill@example.org>\nSubject: {subject}\nDate: {day}\n\n{text}"


def as_page(text: str, likes: int) -> str:
    title, _, body = text.partition("\n\n")
    blocks = "".join(f"<p>{part}</p>" for part in body.replace("\n", "\n\n").split("\n\n") if part)
    return f"<html><body><h1>{title}</h1>{blocks}<p>{likes} Likes</p><p>{likes}</p></body></html>"


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}\n\n57 Likes\n\n∙ 12 Restacks\n\nShare\n",
        ONE.replace("\n\n", "\n\n\n").replace("’", "'"),
        as_mail(ONE.partition("\n\n")[2], "The Mill #1: of mills"),
        as_page(ONE, 5),
        as_page(ONE, 77),
    ],
    ids=["likes", "spaces", "mail", "page", "page-of-next-week"],
)
def test_a_removed_issue_is_known_by_its_sentences_in_any_form(mill: Path, text: str) -> None:
    remove(mill, "the-mill/1")
    report = take_in(mill, source("form", text, publication="The Mill"))
    assert outcome(report, "form").status is Status.SKIPPED, outcome(report, "form")
    assert keys(mill) == ["the-mill/2", "the-mill/3"]


def test_of_issues_without_a_number_the_title_and_the_day_tell_which_it_is(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "weeks"
    pause = "There is no letter this week, because the mill is closed until the summer ends.\n"
    first, second = (
        source(f"{day}.eml", as_mail(pause, "A pause").replace("23 Dec", f"{day} Dec"))
        for day in (23, 30)
    )
    take_in(folder, first)
    remove(folder, *keys(folder))
    assert outcome(take_in(folder, second), "30.eml").status is Status.ADDED
    assert outcome(take_in(folder, first), "23.eml").status is Status.SKIPPED


def test_another_copy_of_a_removed_issue_comes_in_and_the_report_says_so(mill: Path) -> None:
    remove(mill, "the-mill/1")
    other = issue_text(1, "mills", MILLS, "This copy ends in quite another way, as you see.")
    report = take_in(mill, source("other.txt", other, publication="The Mill"))
    assert keys(mill) == ["the-mill/1", "the-mill/2", "the-mill/3"]
    reason = outcome(report, "other.txt").reason
    assert reason
    assert reason.startswith("another copy of 1, which you removed on 20")


def test_once_another_copy_is_there_a_further_one_is_nothing_special(mill: Path) -> None:
    remove(mill, "the-mill/1")
    for number in (1, 2):
        other = issue_text(1, "mills", MILLS, f"Copy {number} ends in quite another way, I see.")
        report = take_in(mill, source(f"{number}.txt", other, publication="The Mill"))
        assert (outcome(report, f"{number}.txt").reason is None) == (number == 2)


def test_another_issue_with_the_same_words_comes_in(mill: Path) -> None:
    remove(mill, "the-mill/1")
    report = take_in(
        mill, source("five.txt", ONE.replace("Mill #1", "Mill #5"), publication="The Mill")
    )
    assert outcome(report, "five.txt").reason is None
    assert "the-mill/5" in keys(mill)


def test_the_words_of_a_removed_source_stay_if_another_has_them(mill: Path) -> None:
    remove(mill, sha256(ONE))
    report = take_in(mill, source("third.txt", ONE + "\n", publication="The Mill"), *shelf())
    assert outcome(report, "third.txt").status is Status.ADDED
    assert outcome(report, "one.txt").status is Status.SKIPPED


def test_a_dry_run_says_what_would_be_left_out_and_writes_nothing(mill: Path) -> None:
    remove(mill, "the-mill/1")
    before = (mill / "removed.json").read_bytes()
    for options in (ingestion.Options(dry_run=True), ingestion.Options(dry_run=True, again=True)):
        report = ingestion.ingest(mill, shelf(), options)
        expected = Status.ADDED if options.again else Status.SKIPPED
        assert outcome(report, "one.txt").status is expected
        assert (mill / "removed.json").read_bytes() == before
    assert keys(mill) == ["the-mill/2", "the-mill/3"]


# -- what comes back ----------------------------------------------------------------------------


def test_again_brings_back_what_it_reads_and_nothing_else(mill: Path, tmp_path: Path) -> None:
    take_in(tmp_path / "fresh", *shelf())
    expected = export(tmp_path / "fresh")
    remove(mill, "the-mill/1", "the-mill/2")
    one, two, both = shelf()
    report = ingestion.ingest(mill, [one], AGAIN)
    assert [issue.key for issue in report.added] == ["the-mill/1"]
    assert keys(mill) == ["the-mill/1", "the-mill/3"]
    sound(mill)
    ingestion.ingest(mill, [two, both], AGAIN)
    assert export(mill) == expected
    assert not (mill / "removed.json").exists()
    sound(mill)


def test_what_was_brought_back_no_longer_keeps_its_words_away(mill: Path) -> None:
    remove(mill, "the-mill/1")
    ingestion.ingest(mill, shelf()[:1], AGAIN)
    report = take_in(mill, source("third.txt", ONE + "\n", publication="The Mill"))
    assert outcome(report, "third.txt").status is Status.ADDED


def test_facts_that_you_set_hold_again_for_what_comes_back(mill: Path) -> None:
    with Index.open(mill / INDEX) as index:
        drafts = index.shelf.drafts("the-mill/2")
    facts = source("any", "any", title="Of boats").by_reader
    ingestion.set_facts(mill, drafts, facts, frozenset())
    before = export(mill)
    remove(mill, "the-mill/2")
    ingestion.ingest(mill, shelf()[1:2], AGAIN)
    assert export(mill) == before


# -- what carries it ----------------------------------------------------------------------------


def test_a_backup_carries_what_you_removed_and_not_its_bytes(mill: Path, tmp_path: Path) -> None:
    remove(mill, "the-mill/1", "the-mill/2")
    assert back_up(mill, tmp_path / "file") == 1
    restore(tmp_path / "file", tmp_path / "back")
    rebuilding.rebuild(tmp_path / "back")
    assert export(tmp_path / "back") == export(mill)
    report = take_in(tmp_path / "back", *shelf())
    assert [one.status for one in report.outcomes] == [
        Status.SKIPPED,
        Status.SKIPPED,
        Status.UNCHANGED,
    ]
    ingestion.ingest(tmp_path / "back", shelf(), AGAIN)
    take_in(tmp_path / "fresh", *shelf())
    assert export(tmp_path / "back") == export(tmp_path / "fresh")
    sound(tmp_path / "back")


@pytest.mark.parametrize("content", ["", "[]", '{"sources":[]}', '{"sources":{"ab":{}}}', "{" * 9])
def test_a_damaged_list_of_what_was_removed_is_named_and_not_overwritten(
    mill: Path, content: str
) -> None:
    file = mill / "removed.json"
    file.touch(0o600)
    file.write_text(content)
    assert [found.matter for found in examine(mill)] == [f"{file} is damaged"]
    with pytest.raises(Exception, match=r"removed\.json is damaged"):
        take_in(mill, source("new.txt", "Quite new.\n"))
    with pytest.raises(Exception, match=r"removed\.json is damaged"):
        remove(mill, "the-mill/1")
    assert file.read_text() == content


# -- what other commands say --------------------------------------------------------------------


def test_a_number_that_you_removed_is_not_missing(fresh_archive: Path) -> None:
    def missing() -> list[tuple[int | None, int | None]]:
        removed = Store(fresh_archive).removed()
        with Index.open(fresh_archive / INDEX) as index:
            found = find_missing(index, None, removed.keys if removed else ())
        return [(one.first, one.last) for one in found if one.first]

    before = missing()
    remove(fresh_archive, "import-ai/390", "import-ai/391", "import-ai/393")
    assert set(missing()) <= set(before)


def test_an_address_that_you_removed_is_named(fresh_archive: Path, tmp_path: Path) -> None:
    remove(fresh_archive, "import-ai/395")
    for address in ("395", "import-ai/395", "395.2"):
        output = run(f"backissue show {address}", cwd=tmp_path, archive=fresh_archive)
        assert output.startswith("2> backissue: you removed 395 on TODAY; ")
        assert output.endswith("? 1")
    output = run("backissue show 394.99", cwd=tmp_path, archive=fresh_archive)
    assert "removed" not in output


# -- in any order -------------------------------------------------------------------------------


def test_removing_and_ingesting_in_any_order_gives_what_a_rebuild_gives(
    tmp_path: Path, trials: Trials
) -> None:
    for attempt in trials(few=3, many=100):
        dice = random.Random(attempt)
        folder = tmp_path / str(attempt)
        items = [*shelf(), *seed_sources()[:2]]
        for _ in range(8):
            some = dice.sample(items, dice.randint(1, 4))
            match dice.choice(("ingest", "again", "issue", "source")):
                case "ingest":
                    take_in(folder, *some)
                case "again":
                    ingestion.ingest(folder, some, AGAIN)
                case "issue" if folder.exists() and (held := keys(folder)):
                    remove(folder, dice.choice(held))
                case "source" if folder.exists() and (hashes := Store(folder).hashes()):
                    remove(folder, dice.choice(hashes))
            if folder.exists():
                sound(folder)


def test_the_seeds_without_an_issue_and_with_it_again(fresh_archive: Path) -> None:
    before = export(fresh_archive)
    remove(fresh_archive, "import-ai/395", "unfiled/situational-awareness")
    sound(fresh_archive)
    ingestion.ingest(fresh_archive, seed_items())
    assert "import-ai/395" not in keys(fresh_archive)
    ingestion.ingest(fresh_archive, seed_items(), AGAIN)
    assert export(fresh_archive) == before
