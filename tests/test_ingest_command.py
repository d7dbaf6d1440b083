"""What `ingest` does with its arguments and options before anything is stored."""

import mailbox
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from backissue.cli.boundary import run
from backissue.errors import Exit
from tests.conftest import issues_in

MILLS = "Mills\n\nTide mills grind at night, and the miller sleeps by day.\n"
WELLS = "Wells\n\nDeep wells run dry in August, and nobody knows why.\n"
TWO = f"Harbour Notes 7: Mills\n\nby Ada\n\n{MILLS}\n\nHarbour Notes 8: Wells\n\nby Ada\n\n{WELLS}"


def ingest(archive: Path, *arguments: str | Path) -> int:
    return run(["--archive", str(archive), "ingest", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "new"
    made.mkdir()
    return made


def text_files(folder: Path) -> list[Path]:
    (folder / "a.txt").write_text(MILLS)
    (folder / "b.txt").write_text(WELLS)
    return [folder / "a.txt", folder / "b.txt"]


def a_folder(folder: Path) -> list[Path]:
    text_files(folder)
    return [folder]


def a_zip(folder: Path) -> list[Path]:
    with zipfile.ZipFile(folder / "export.zip", "w") as file:
        file.writestr("a.txt", MILLS)
        file.writestr("b.txt", WELLS)
    return [folder / "export.zip"]


def a_mailbox(folder: Path) -> list[Path]:
    box = mailbox.mbox(folder / "letters.mbox")
    for text in (MILLS, WELLS):
        message = EmailMessage()
        message["From"], message["Subject"] = "Ada <ada@example.org>", text.split()[0]
        message.set_content(text)
        box.add(message)
    box.close()
    return [folder / "letters.mbox"]


def one_file_with_two(folder: Path) -> list[Path]:
    (folder / "two.txt").write_text(TWO)
    return [folder / "two.txt"]


SEVERAL = (text_files, a_folder, a_zip, a_mailbox, one_file_with_two)


@pytest.mark.parametrize("several", SEVERAL)
@pytest.mark.parametrize(
    "option",
    [("--number", "5"), ("--title", "Foo"), ("--date", "2025-01-20"), ("--url", "https://a.org/")],
    ids=lambda option: option[0],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["", "dry"])
def test_a_fact_of_one_issue_with_several_is_refused_and_nothing_is_written(  # type: ignore[no-untyped-def]
    several,
    option: tuple[str, str],
    dry: tuple[str, ...],
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ingest(tmp_path / "a", *several(folder), *option, *dry) == Exit.USAGE
    assert not (tmp_path / "a").exists()
    out, err = capsys.readouterr()
    assert not out
    (line,) = err.splitlines()
    assert line.startswith(f"backissue: {option[0]} is for one issue, and ")
    assert f"backissue set REF {option[0][2:]}=" in line


def test_nothing_of_an_archive_changes_where_facts_of_one_issue_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    assert ingest(tmp_path / "a", *a_folder(folder)) == Exit.OK
    before = issues_in(tmp_path / "a")
    assert ingest(tmp_path / "a", folder, "--number", "5") == Exit.USAGE
    assert issues_in(tmp_path / "a") == before


@pytest.mark.parametrize("several", SEVERAL)
def test_a_publication_and_a_kind_are_for_many(several, folder: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    options = ("--publication", "Harbour Notes", "--kind", "notes")
    assert ingest(tmp_path / "a", *several(folder), *options) == Exit.OK
    heads = [issue.head for issue in issues_in(tmp_path / "a")]
    assert [(head.publication, head.kind.value) for head in heads] == [
        ("Harbour Notes", "notes")
    ] * 2


def test_a_folder_with_one_issue_gets_its_facts(folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text(MILLS)
    (folder / "README.md").write_text("About these files.")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7 and so on")
    options = ("--number", "5", "--date", "2025-01-20", "--publication", "Notes")
    assert ingest(tmp_path / "a", folder, *options) == Exit.REJECTED_INPUT  # the PDF
    (issue,) = issues_in(tmp_path / "a")
    assert (issue.head.key, str(issue.head.date)) == ("notes/5", "2025-01-20")


def test_the_one_issue_of_a_container_gets_its_facts(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(folder / "export.zip", "w") as file:
        file.writestr("a.txt", MILLS)
        file.writestr("program", bytes(range(32)) * 20)
    assert ingest(tmp_path / "a", folder / "export.zip", "--number", "5") == Exit.REJECTED_INPUT
    (issue,) = issues_in(tmp_path / "a")
    assert issue.head.number == 5


def test_a_fact_of_an_option_outweighs_the_catalog(folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text(MILLS)
    (folder / "catalog.toml").write_text('["a.txt"]\nnumber = 4\ntitle = "Mills"\n')
    assert ingest(tmp_path / "a", folder, "--number", "5") == Exit.OK
    (issue,) = issues_in(tmp_path / "a")
    assert (issue.head.number, issue.head.title) == (5, "Mills")


def test_a_catalog_that_gives_a_number_to_a_file_of_several_issues_is_remarked_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_file_with_two(folder)
    (folder / "catalog.toml").write_text('["two.txt"]\nnumber = 4\n')
    assert ingest(tmp_path / "a", folder) == Exit.OK
    assert "number not taken, as it holds several" in capsys.readouterr().err
    assert len(issues_in(tmp_path / "a")) == 2
