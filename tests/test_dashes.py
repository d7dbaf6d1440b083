"""What `search` makes of an argument that begins with a dash, and what an unknown option meets."""

from pathlib import Path

import pytest

from backissue.cli.boundary import run
from backissue.errors import Exit
from tests.conftest import source, take_in
from tests.test_cli import process


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["-a", "chips"], "no option -a; see backissue search --help; to leave out"),
        (["-l", "5", "phi"], "did you mean -n 5? to leave out the word “l”: NOT l, or -- -l"),
        (["-l5", "phi"], "did you mean -n 5?"),
        (["-k=3", "phi"], "did you mean -n 3?"),
        (["chips", "-s", "newest"], "did you mean --sort newest?"),
        (["chips", "-s=oldest"], "did you mean --sort oldest?"),
        (["chips", "-s", "title"], "did you mean --sort? "),
        (["chips", "-c"], "--count or -C"),
        (["chips", "-j"], "--json or --jsonl"),
        (["chips", "-u", "2024"], "did you mean --until 2024?"),
        (["chips", "-i", "395"], "--issue 395, --in 395 or --ids"),
        (["chips", "-N", "5"], "did you mean -n 5?"),
        (["chips", "-A3"], "did you mean -C 3?"),
        (["chips", "-?"], "did you mean --help?"),
        (["chips", "-n5x"], "-n takes a number, not “5x”; write -n 5; to leave out"),
        (["chips", "-n=5"], "write -n 5"),
        (["chips", "-10"], "to see 10 hits: -n 10; to leave out the word “10”: NOT 10"),
        (["chips", "-5"], "-n 5"),
        (["chips", "--limit", "5"], "did you mean -n 5?"),
        (["chips", "--limit=5"], "did you mean -n 5?"),
        (["chips", "--sotr", "newest"], "did you mean --sort newest?"),
        (["chips", "--from", "2024"], "did you mean --since 2024?"),
        (["chips", "--nothing-like-it"], "see backissue search --help"),
        (["chips", "\u2013sort", "newest"], "“–sort” begins with no hyphen; write --sort"),
        (["chips", "\u2014n", "5"], "write -n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_unknown_option_is_named_with_the_nearest(
    typed: list[str], says: str, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(archive), "search", *typed]) == Exit.USAGE
    written = capsys.readouterr()
    assert written.out == ""
    assert says in written.err
    assert written.err.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "query", "left_out"),
    [
        (["chips", "-robot"], "chips NOT robot", "“robot”"),
        (["chips", "-gpt4"], "chips NOT gpt4", "“gpt4”"),
        (["chips", "-o1"], "chips NOT o1", "“o1”"),
        (["chips", "-H100"], "chips NOT H100", "“H100”"),
        (["chips", "-2024"], "chips NOT 2024", "“2024”"),
        (["chips", "-c++"], "chips NOT c++", "“c++”"),
        (["chips", "-robot*", "-nous"], "chips NOT robot* NOT nous", "“robot*”, “nous”"),
        (["chips", '-"power law"'], 'chips NOT "power law"', '"power law"'),
        (["chips", "-heading:power"], "chips NOT heading:power", "“heading:power”"),
        (["-robot chips"], "chips NOT robot", "“robot”"),
        (["chips", "--", "-a"], "chips NOT a", "“a”"),
        (["chips", "--", "-l5"], "chips NOT l5", "“l5”"),
        (["chips", "-中"], "chips NOT 中", "“中”"),
        (["chips", "-sort"], "chips NOT sort", "“sort”; for the option write --sort"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_word_with_a_dash_is_left_out_and_said_once(
    typed: list[str],
    query: str,
    left_out: str,
    archive: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = run(["--archive", str(archive), "search", "--ids", query])
    same = capsys.readouterr()
    assert "without" not in same.err  # it is not from an argument
    assert run(["--archive", str(archive), "search", "--ids", *typed]) == expected == Exit.OK
    written = capsys.readouterr()
    assert written.out == same.out
    assert written.err.splitlines()[0] == f"backissue: without {left_out}"
    assert written.err.count("without") == 1


@pytest.mark.parametrize(
    "typed",
    [
        ["-n5"],
        ["-n", "5"],
        ["-C2"],
        ["-C", "2", "-n1"],
        ["--ids", "-0"],
        ["--ids", "-0n5"],
        ["--format", "-{id}"],
        ["--sort=newest"],
        ["–robot"],
    ],
    ids=" ".join,
)
def test_an_option_and_its_value_stay_what_they_are(
    typed: list[str], archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["--archive", str(archive), "search", "chips", *typed])
    written = capsys.readouterr()
    assert code == Exit.OK or "no section has" in written.err
    assert "backissue: without" not in written.err
    if "--format" in typed:
        assert all(line.startswith("-") for line in written.out.splitlines())


def test_a_letter_with_figures_is_a_word_where_the_archive_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Letters 7: Two chips\n\nby Ada Moore\n\nThe L40 and the M4 are chips.\n\nChips rule.\n"
    archive = tmp_path / "archive"
    take_in(archive, source("seven.txt", text))
    for typed, code in (("-L40", Exit.NOTHING_FOUND), ("-l40", Exit.NOTHING_FOUND)):
        assert run(["--archive", str(archive), "search", "chips", typed]) == code
        assert f"without “{typed[1:]}”" in capsys.readouterr().err
    assert run(["--archive", str(archive), "search", "chips", "-l5"]) == Exit.USAGE
    assert "did you mean -n 5?" in capsys.readouterr().err


def test_words_of_a_phrase_are_not_left_out(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["--archive", str(archive), "search", "--phrase", "distributed", "-training"])
    assert "without" not in capsys.readouterr().err


def test_quiet_leaves_the_note_about_words_left_out(archive: Path) -> None:
    done = process(archive, "-q", "search", "chips", "-robot", "--ids")
    assert (done.returncode, done.stderr) == (Exit.OK, "")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["issues", "--jsn"], "issues has no option --jsn; did you mean --json?"),
        (["related", "395.1", "-l", "5"], "related has no option -l; did you mean -n 5?"),
        (["issues", "-5"], "issues has no option -5; did you mean -n?"),
        (["issues", "-20"], "did you mean -n?"),
        (["log", "--last", "3"], "see backissue log --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_other_commands_name_the_nearest_option_too(
    typed: list[str], says: str, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(archive), *typed]) == Exit.USAGE
    assert says in capsys.readouterr().err
