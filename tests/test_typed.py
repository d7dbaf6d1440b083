"""What people type out of habit: options in any position, other programs' names, aliases."""

import os
import re
from pathlib import Path

import click
import pytest

from backissue.cli.app import app
from backissue.cli.typed import FAMILIAR, POINTED, arranged, no_command
from backissue.errors import UsageError
from tests.transcript import run

CONTEXT = click.Context(app, info_name="backissue")
ALIASES = """\
archive = "elsewhere"
[alias]
chips = "search chips -n 1"
c = "chips --ids"
plain = "backissue --width 60 issues"
list = "issues 395"
issues = "search chips"
a = "b"
b = "a x"
bad = "search 'x"
empty = " "
home = "ingest ~/letters '~5'"
unknown = "sarch x"
"""


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with aliases, where `run` and this process find it."""
    file = tmp_path / ".config" / "backissue" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(ALIASES, encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return file


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("search x -q", "-q search x"),
        ("search x --quiet -n 5", "--quiet search x -n 5"),
        ("issues -V", "-V issues"),
        ("issues --version", "--version issues"),
        ("issues --width 60 395", "--width 60 issues 395"),
        ("issues --width=60 395", "--width=60 issues 395"),
        ("-q issues --color never --no-pager", "-q --color never --no-pager issues"),
        ("--archive a issues --archive b", "--archive a --archive b issues"),
        ("--width 40 --color always issues", "--width 40 --color always issues"),
        # What is the command's own stays with it.
        ("issues --json", "issues --json"),
        ("search x -n 5 -robot", "search x -n 5 -robot"),
        ("search -- -q --width", "search -- -q --width"),
        ("search x --save -q", "search x --save -q"),
        ("ingest a --title --archive", "ingest a --title --archive"),
        ("search -V2", "search -V2"),
        ("search --width-of-chips", "search --width-of-chips"),
        ("-- issues -q", "-- issues -q"),
        ("-h", "-h"),
        ("", ""),
        ("nonsense -q", "nonsense -q"),
        # Names from other programs.
        ("ls 395 -q", "-q issues 395"),
        ("-q add x", "-q ingest x"),
        ("cat 395 --json", "show 395 --json"),
        ("version", "--version"),
        ("-q version", "-q --version"),
        # Aliases.
        ("chips", "search chips -n 1"),
        ("chips --sort newest -q", "-q search chips -n 1 --sort newest"),
        ("c 5", "search chips -n 1 --ids 5"),
        ("-q plain 395", "-q --width 60 issues 395"),
        ("list", "issues 395"),
        ("issues", "issues"),
        ("unknown", "sarch x"),
    ],
)
def test_what_is_typed_is_put_in_order(typed: str, meant: str) -> None:
    assert arranged(app, CONTEXT, typed.split()) == meant.split()


def test_an_alias_is_read_as_a_shell_reads_it(tmp_path: Path) -> None:
    assert arranged(app, CONTEXT, ["home"]) == ["ingest", str(tmp_path / "letters"), "~5"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a", "an alias leads back to itself: a → b → a"),
        ("b", "an alias leads back to itself: b → a → b"),
        ("bad", "the alias bad cannot be read"),
        ("empty", "the alias empty is empty"),
        ("issues --width", "--width needs a value"),
    ],
)
def test_what_cannot_be_put_in_order_is_named(typed: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        arranged(app, CONTEXT, typed.split())


def test_no_command_takes_a_global_option_for_itself() -> None:
    """Then `backissue COMMAND --width 60` would mean two things."""

    def options(command: click.Command) -> set[str]:
        named = (one for one in command.params if isinstance(one, click.Option))
        return {name for one in named for name in one.opts}

    for name in app.list_commands(CONTEXT):
        command = app.get_command(CONTEXT, name)
        assert command
        assert options(command) & options(app) <= {"--json"}, name


def test_names_from_other_programs_lead_to_commands_and_hide_none() -> None:
    commands = set(app.list_commands(CONTEXT))
    assert {one for one in FAMILIAR.values() if not one.startswith("--")} <= commands
    assert not commands & (FAMILIAR.keys() | POINTED.keys())
    assert not FAMILIAR.keys() & POINTED.keys()
    named = {one for text in POINTED.values() for one in re.findall(r"backissue ([a-z]+)", text)}
    assert named
    assert named <= commands


@pytest.mark.parametrize("command", sorted(set(FAMILIAR.values())))
def test_a_name_from_another_program_runs_only_what_reads_or_adds(command: str) -> None:
    assert command in {
        "issues", "ingest", "show", "search", "stats", "related", "log", "doctor", "help",
        "config", "publications", "--version",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("395", "to show it: backissue show 395"),
        ("395.2 --json", "to show it: backissue show 395.2"),
        ("'#395'", "to show it: backissue show 395"),
        ("@3", "to show it: backissue show @3"),
        ("import-ai/395", "to show it: backissue show import-ai/395"),
        ("2024-12-23", "to show it: backissue show 2024-12-23"),
        ("situational-awareness", "to show it: backissue show situational-awareness"),
        ("neural minecraft", "to search: backissue search neural minecraft"),
        ("'test-time compute' chip", "to search: backissue search 'test-time compute' chip"),
        ("serach chips", "did you mean search? To search for it: backissue search serach chips"),
        ("chps", "did you mean chips?"),
        ("latest", "to show it: backissue show latest"),
        ("random", "to show it: backissue show random"),
        ("recent", "backissue issues last 5"),
        ("rm 395", "backissue remove REF; to take that back: backissue undo"),
        ("-v issues", "did you mean -V?"),
        ("init", "to start an archive: backissue ingest FOLDER"),
        ("reindex", "to rebuild the index: backissue rebuild"),
        ("fetch", "nothing is downloaded"),
        ("fetsh", "nothing is downloaded"),
        ("deleet 395", "to take an issue out: backissue remove REF"),
        ("https://example.org/395", "save the page"),
        ("letters/1.txt", "to add a file or a folder: backissue ingest letters/1.txt"),
        ("1.eml", "backissue ingest 1.eml"),
        ("-n 5 issues", "Options of a command follow it: backissue COMMAND -n"),
        ("--colour never issues", "did you mean --color?"),
    ],
)
def test_what_is_no_command_is_answered_with_what_to_type(
    typed: str, hint: str, archive: Path, tmp_path: Path
) -> None:
    output = run(f"backissue -q {typed}", cwd=tmp_path, archive=archive)
    assert output.count("\n") == 1, output  # one message, and the exit code
    assert hint in output
    assert output.endswith("? 2")


def test_a_folder_that_is_there_is_offered_to_ingest(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    output = run("backissue letters", cwd=tmp_path, archive=tmp_path / "none")
    assert "to add a file or a folder: backissue ingest letters" in output


def test_a_name_from_another_program_answers_as_the_command(archive: Path, tmp_path: Path) -> None:
    (tmp_path / ".config" / "backissue" / "config.toml").unlink()
    for typed, meant in (("ls 395", "issues 395"), ("cat 395.1", "show 395.1")):
        answers = {run(f"backissue {one}", cwd=tmp_path, archive=archive) for one in (typed, meant)}
        assert len(answers) == 1
        assert "? " not in answers.pop()


def test_an_alias_of_a_commands_name_is_named_once(archive: Path, tmp_path: Path) -> None:
    output = run("backissue issues 395", cwd=tmp_path, archive=archive)
    assert output.count("the alias issues never runs: issues is a command") == 1
    assert output.startswith("395\t")


def test_aliases_run_and_are_in_the_help(archive: Path, tmp_path: Path) -> None:
    ids = run("backissue c -q", cwd=tmp_path, archive=archive)
    assert re.fullmatch(r"[\w/-]+\.\d+", ids)
    assert os.environ["HOME"] == str(tmp_path)
    shown = run("backissue --help", cwd=tmp_path, archive=archive)
    assert re.search(r"(?m)^  chips +your alias for: search chips -n 1$", shown)
    assert re.search(r"(?m)^  issues +list, ls, ", shown)
    assert "alias for: search chips\n" not in shown


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("help ls", "Usage: backissue issues"),
        ("help chips", "Usage: backissue search"),
        ("ls --help", "Usage: backissue issues"),
        ("help query", "The query language"),
    ],
)
def test_help_knows_familiar_names_and_aliases(typed: str, page: str, tmp_path: Path) -> None:
    output = run(f"backissue {typed}", cwd=tmp_path, archive=tmp_path / "none")
    assert page.casefold() in output.casefold()
    if "chips" in typed:
        assert "chips is your alias for: search chips -n 1" in output


def test_help_points_where_there_is_none(tmp_path: Path) -> None:
    output = run("backissue help rm", cwd=tmp_path, archive=tmp_path / "none")
    assert "no help on “rm”; to take an issue out: backissue remove REF" in output


@pytest.mark.parametrize("typed", ["--help", "help", "ls --help", "help search", "-V", "version"])
def test_help_is_shown_also_with_a_configuration_that_is_wrong(
    typed: str, configuration: Path, tmp_path: Path
) -> None:
    configuration.write_text("archive = [", encoding="utf-8")
    output = run(f"backissue {typed}", cwd=tmp_path, archive=tmp_path / "none")
    if typed in {"ls --help", "version"}:  # which may be aliases
        assert "is not valid TOML" in output
    else:
        assert "? " not in output.splitlines()[-1]


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("nope", "did you mean open? To search for it: backissue search nope"),
        ("copi", "to copy the archive: backissue backup FILE"),
        ("serch", "did you mean search? To search for it: backissue search serch"),
    ],
)
def test_only_what_is_a_command_is_guessed(typed: str, hint: str) -> None:
    assert no_command([typed], ["open", "search", "show"], held=False).hint == hint


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("fields why", "backissue search why:WORD"),
        ("fields foo", "type: backissue fields"),
        ("missing import-ai", "backissue missing --publication import-ai"),
        ("missing 395", "type: backissue missing"),
        ("export out.json", "backissue export > out.json"),
        ("export 395", "type: backissue export"),
        ("log 3", "backissue log -n 3"),
        ("log yesterday", "type: backissue log"),
    ],
)
def test_a_word_too_many_is_answered_with_what_works(
    typed: str, hint: str, archive: Path, tmp_path: Path
) -> None:
    output = run(f"backissue {typed}", cwd=tmp_path, archive=archive)
    assert output.endswith(f"{hint}\n? 2")
    assert output.count("\n") == 1
