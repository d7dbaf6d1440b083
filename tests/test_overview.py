"""The program without a command, and `stats`: what the archive has, and what to type."""

import json
import re
import shlex
from pathlib import Path

import pytest

from backissue.cli.boundary import run as run_here
from backissue.errors import Exit
from tests.conftest import source, take_in
from tests.test_cli import on_terminal, process
from tests.transcript import run

CHINESE = "# 第{n}期：周刊\n\n## 人工智能与可再生能源\n\n内容很多。\n\n## 量子计算\n\n更多内容。\n"
NO_WORDS = "Ada's Notes {n}\n\nby Ada\n\nA b c.\n"


def plain(screen: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", screen)


def commands(screen: str) -> list[list[str]]:
    """The suggested commands, as the shell reads them."""
    found = re.findall(r"(?m)^  backissue (\w+ .+?)(?:  +[a-z].*)?$", plain(screen))
    return [shlex.split(command) for command in found]


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_alone_on_a_terminal_it_shows_what_the_archive_has(archive: Path, columns: int) -> None:
    lines = plain(on_terminal(archive, columns=columns)).splitlines()
    shown = "\n".join(lines)
    assert max(map(len, lines)) <= columns
    if columns >= 80:
        assert len(lines) <= 24
        assert "12 issues, 145 sections, " in shown  # one has no publication
        assert "\n  396  2025-01-20  $80bn on AI" in shown
    assert str(archive) in shown.replace("\n", "")
    ids = re.findall(r"(?m)^  (\d+) ", shown)
    assert ids == ["396", "395", "394", "393", "392"]


def test_what_has_no_publication_is_not_counted_as_one(tmp_path: Path) -> None:
    texts = {"a": "Harbour Notes #3\n\nA pier.\n", "b": "Mill Letter #4\n\nA weir.\n"}
    alone = {"c": "Notes\n\nThe tide came in twice today.\n"}
    for name, added, said in [
        ("one", texts, "2 issues of 2 publications, "),
        *[("two", texts | alone, "3 issues of 2 publications, "), ("three", alone, "1 issue, ")],
    ]:
        archive = tmp_path / name
        take_in(archive, *[source(f"{n}.txt", text) for n, text in added.items()])
        assert plain(on_terminal(archive)).startswith(said)


def test_its_three_commands_answer_something(archive: Path) -> None:
    suggested = commands(on_terminal(archive))
    assert [words[0] for words in suggested] == ["search", "show", "why"]
    for words in suggested:
        done = process(archive, *words)
        assert done.returncode == Exit.OK, words
        assert done.stdout


@pytest.mark.parametrize("text", [CHINESE, NO_WORDS], ids=["chinese", "no words"])
def test_its_commands_fit_any_archive(text: str, tmp_path: Path) -> None:
    take_in(tmp_path / "a", *(source(f"{n}.md", text.format(n=n)) for n in (1, 2)))
    suggested = commands(on_terminal(tmp_path / "a"))
    assert suggested
    for words in suggested:
        assert process(tmp_path / "a", *words).returncode in {Exit.OK, Exit.NOTHING_FOUND}, words
        if words[0] == "search":
            assert process(tmp_path / "a", *words, "--strict").returncode == Exit.OK, words


def test_the_newest_issues_are_the_newest_of_all_publications(tmp_path: Path) -> None:
    letters = [
        source(f"{name}{n}", f"{name} {n}: X\n\nby A\n\nWords here.", number=str(n), date=day,
               publication=name)
        for name, n, day in (
            ("Alpha", 1, "2024-01-01"), ("Alpha", 2, "2024-03-01"), ("Beta", 9, "2024-02-01"),
            ("Beta", 8, "2023-12-01"),
        )
    ]  # fmt: skip
    take_in(tmp_path / "a", *letters)
    shown = plain(on_terminal(tmp_path / "a"))
    assert re.findall(r"(?m)^  (\d) ", shown) == ["2", "9", "1", "8"]


@pytest.mark.parametrize("columns", [40, 80])
def test_a_long_address_leaves_room_for_the_title(columns: int, tmp_path: Path) -> None:
    letters = [
        source(str(n), f"{name} {n}\n\nby A\n\nWords here.", title=f"{name} {n}")
        for n, name in enumerate(["On the harbour and its cranes in winter, a long report"] * 5)
    ]
    take_in(tmp_path / "a", *letters)
    shown = plain(on_terminal(tmp_path / "a", columns=columns))
    assert shown.count("      On the harbour and") == 5
    assert shown.replace("\n", "").replace(" ", "").count("winter-a-long-report-") >= 5
    assert columns < 80 or len(shown.splitlines()) <= 24
    assert max(map(len, shown.splitlines())) <= columns


def test_an_issue_without_a_date_is_as_old_as_its_number_says(tmp_path: Path) -> None:
    letters = [
        source(str(n), f"Alpha {n}: X\n\nby A\n\nWords here.", number=str(n), publication="Alpha",
               **({"date": day} if day else {}))
        for n, day in ((1, "2024-01-01"), (2, None), (3, "2024-03-01"), (4, None))
    ]  # fmt: skip
    take_in(tmp_path / "a", *letters)
    assert re.findall(r"(?m)^  (\d) ", plain(on_terminal(tmp_path / "a"))) == ["4", "3", "2", "1"]


def test_without_an_archive_it_says_how_to_start(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        shown = plain(on_terminal(folder))
        assert f"There is no issue yet in {folder}." in shown.replace("\n", "")
        assert "no archive." not in shown
        assert "\n  backissue ingest FOLDER\n" in shown
        assert len(shown.splitlines()) <= 24
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_an_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("text", encoding="utf-8")
    assert "has other files, and no archive." in plain(on_terminal(tmp_path)).replace("\n", " ")
    assert "is a file, and an archive is a folder" in plain(on_terminal(tmp_path / "letters"))


def test_on_a_dumb_terminal_it_has_no_colors(archive: Path) -> None:
    shown = on_terminal(archive, TERM="dumb")
    assert "\x1b" not in shown
    assert [words[0] for words in commands(shown.replace("  (", "   "))] == [
        "search", "show", "why",
    ]  # fmt: skip


def test_alone_in_a_pipe_it_writes_the_help_and_says_what_is_missing(archive: Path) -> None:
    for arguments in ([], ["-q"]):
        done = process(archive, *arguments)
        assert done.returncode == Exit.USAGE
        assert done.stdout.startswith("Usage: backissue")
        assert done.stderr == "backissue: no command was given; backissue help explains each\n"


def test_alone_with_json_it_is_stats(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert process(archive, "--json").stdout == process(archive, "stats", "--json").stdout
    assert run_here(["--archive", str(tmp_path), "--json"]) == Exit.NO_ARCHIVE
    capsys.readouterr()


def test_stats_start_with_place_and_size(archive: Path, tmp_path: Path) -> None:
    rows = [
        line.split("\t")
        for line in run("backissue stats", cwd=tmp_path, archive=archive).splitlines()
    ]
    assert [row[0] for row in rows[:4]] == ["place", "originals", "index", "issues"]
    assert rows[0][1] == "ARCHIVE"
    originals = sum(file.stat().st_size for file in archive.glob("sources/*/*.bin"))
    index = sum(file.stat().st_size for file in archive.glob("index/*"))
    assert rows[1][1] == f"{originals / 1000:.0f} kB"
    stats = json.loads(process(archive, "stats", "--json").stdout)["stats"]
    assert (stats["place"], stats["bytes"]) == (str(archive), originals)
    assert stats["index_bytes"] == index


def test_a_relative_archive_is_named_in_full_and_as_the_folder_that_a_link_leads_to(
    archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "letters").symlink_to(archive)
    output = run("backissue --archive letters stats", cwd=tmp_path, archive=tmp_path)
    assert output.startswith(f"place\t{archive}\n")
