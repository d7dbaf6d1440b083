"""What a shell offers at TAB: the answers themselves, and three shells that ask for them."""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backissue.cli.completion.bash_words import BashLine
from backissue.cli.completion.table import table
from tests.conftest import source, take_in

FOLDER = Path(__file__).parent.parent / "src" / "backissue" / "cli" / "completion"
TABLE = FOLDER / "table.json"
BREAKS = " \t\n\"'@><=;|&(:"
SHELLS = ("bash", "zsh", "fish")


def test_the_table_is_what_the_commands_say() -> None:
    if os.environ.get("REWRITE"):
        TABLE.write_text(table(), encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == table()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a configuration that has aliases."""
    file = tmp_path / ".config" / "backissue" / "config.toml"
    file.parent.mkdir(parents=True)
    text = '[alias]\nchips = "search chips --sort newest"\nreads = "cat"\nbad = "x \'"\n'
    file.write_text(text, encoding="utf-8")
    return tmp_path


def surroundings(home: Path, archive: Path) -> dict[str, str]:
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    plain = {"PATH": programs, "HOME": str(home), "BACKISSUE_ARCHIVE": str(archive)}
    plain["XDG_STATE_HOME"] = os.environ["XDG_STATE_HOME"]  # where the key of the index is
    return {**plain, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


def ask(home: Path, archive: Path, *arguments: str) -> tuple[str, dict[str, str]]:
    """What `backissue --complete` answers: how, and each answer with its description."""
    done = subprocess.run(
        [sys.executable, "-m", "backissue", "--complete", *arguments],
        env=surroundings(home, archive),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    how, *lines = done.stdout.splitlines() or [""]
    return how, dict(line.split("\t") for line in lines)


def offered(home: Path, archive: Path, line: str) -> list[str]:
    """The answers for a line, whose last word is the one at the cursor."""
    return list(ask(home, archive, "zsh", *line.split(" "))[1])


ISSUES = ["396", "395", "394", "393", "392", "391", "390"]
SITUATIONAL = [f"situational-awareness.{n}" for n in (8, *range(80, 87))]
IN_395 = [f"395.{position}" for position in range(1, 7)]


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("sea", ["search", "searches"]),
        ("-q sea", ["search", "searches"]),
        ("--width 60 iss", ["issues"]),
        ("chi", ["chips"]),
        ("l", ["log", "list", "ls", "less"]),
        ("show 39", ISSUES),
        ("cat 39", ISSUES),
        ("reads 39", ISSUES),
        ("show 395", ["395", *IN_395]),
        ("show 395.", IN_395),
        ("show import-ai/395.", [f"import-ai/{one}" for one in IN_395]),
        ("show IMPORT-AI/39", [f"import-ai/{one}" for one in ISSUES]),
        ("show situational-awareness.8", SITUATIONAL),
        ("issues 390..39", [f"390..{one}" for one in ISSUES]),
        ("search kind:f", ["kind:fiction"]),
        ("search (-kind:f", ["(-kind:fiction"]),
        ("search KIND:f", ["KIND:fiction"]),
        ("search -kind:f", ["-kind:fiction"]),
        ("search publication:", ["publication:import-ai", "publication:unfiled"]),
        ("search issue:39", [f"issue:{one}" for one in ISSUES]),
        ("search date:2025", ["date:2025", "date:2025-01"]),
        ("search th", ["thesis:"]),
        ("search source:000", ["source:000_0aacfcacfca5fa1e.txt"]),
        ("search issue:la", []),
        ("remove --source 004", ["004_38e7123a1bbc474a.txt"]),
        ("show la", ["latest"]),
        ("search x --so", ["--sort"]),
        ("search -robot --so", ["--sort"]),
        ("search x --wid", ["--width"]),
        ("search --sort ", ["relevance", "newest", "oldest"]),
        ("search --sort=n", ["--sort=newest"]),
        ("search --sort newest --in he", ["heading"]),
        ("search -n ", []),
        ("search -- --so", []),
        ("search x -- kind:f", ["kind:fiction"]),
        ("chips --so", ["--sort"]),
        ("issues --publication im", ["import-ai"]),
        ("--color a", ["auto", "always"]),
        ("help qu", ["query"]),
        ("set 395 ti", ["title="]),
        ("ingest --kind n", ["newsletter", "notes"]),
        ("completion z", ["zsh"]),
        ("nonsense x", []),
        ("bad x", []),
        ("rebuild x", []),
    ],
)
def test_what_fits_is_offered(line: str, answers: list[str], archive: Path, home: Path) -> None:
    assert offered(home, archive, line) == answers


def test_answers_have_descriptions(archive: Path, home: Path) -> None:
    _, refs = ask(home, archive, "fish", "show", "395.")
    assert refs["395.3"] == "Everything becomes a game - DeepMind demos Genie 2"
    _, commands = ask(home, archive, "fish", "")
    assert commands["search"] == "Find sections."
    assert commands["chips"] == "alias: search chips --sort newest"
    assert "ls" not in commands


@pytest.mark.parametrize(
    ("line", "how"),
    [
        ("ingest ", "files"),
        ("ingest a b", "files"),
        ("backup ", "files"),
        ("restore x", "files"),
        ("restore x ", "folders"),
        ("--archive ", "folders"),
        ("export --markdown ", "folders"),
        ("search ki", "open"),
        ("set 395 ti", "open"),
        ("search kind:f", "words"),
        ("show 395", "words"),
    ],
)
def test_it_says_how_to_read_the_answers(line: str, how: str, archive: Path, home: Path) -> None:
    assert ask(home, archive, "zsh", *line.split(" "))[0] == how


def test_saved_searches_are_offered(fresh_archive: Path, home: Path) -> None:
    (fresh_archive / "searches.json").write_text('{"chips": "gpu OR tpu"}', encoding="utf-8")
    assert offered(home, fresh_archive, "search :") == [":chips"]
    assert offered(home, fresh_archive, "search -:c") == ["-:chips"]
    assert offered(home, fresh_archive, "searches --forget ") == ["chips"]


@pytest.mark.parametrize("line", ["show ", "search publication:", "search kind:f", "search :", ""])
def test_without_an_archive_nothing_is_said(line: str, home: Path) -> None:
    for place in (home / "none", home):
        found = offered(home, place, line)
        assert (found == []) == (line in {"show ", "search publication:", "search :"})
    assert not (home / "none").exists()


def test_a_damaged_index_or_configuration_is_no_noise(fresh_archive: Path, home: Path) -> None:
    (home / ".config" / "backissue" / "config.toml").write_text("archive = [", encoding="utf-8")
    assert offered(home, fresh_archive, "sea") == ["search", "searches"]
    for file in (fresh_archive / "index").iterdir():
        file.write_bytes(b"damaged")
    before = sorted((fresh_archive / "index").iterdir())
    assert offered(home, fresh_archive, "show 39") == []
    assert sorted((fresh_archive / "index").iterdir()) == before


def test_a_description_is_one_short_clean_line(tmp_path: Path, home: Path) -> None:
    text = "Evil \x1b[31m 5: One\n\nby A\n\nHeading \x1b]0;pwned\x07 \u202e " + "long " * 50
    take_in(tmp_path / "a", source("a", text))
    _, found = ask(home, tmp_path / "a", "fish", "show", "")
    assert found
    for about in found.values():
        assert about.isprintable()
        assert len(about) <= 72


def test_the_archive_of_the_line_is_asked(archive: Path, home: Path) -> None:
    for line in (f"--archive {archive} show 39", f"show --archive={archive} 39"):
        assert offered(home, home / "none", line) == ISSUES


@pytest.mark.parametrize(
    ("line", "words", "word", "answer", "inserted"),
    [
        ("backissue show 39", ["show"], "39", "395", "395"),
        ("backissue show ", ["show"], "", "395", "395"),
        ("backissue search kind:fi", ["search"], "kind:fi", "kind:fiction", "fiction"),
        ("backissue search kind:", ["search"], "kind:", "kind:fiction", "fiction"),
        ('backissue search "kind:fi', ["search"], "kind:fi", "kind:fiction", "kind:fiction"),
        ("backissue search 'a b", ["search"], "a b", "a b'c", "a b'\\''c"),
        ("backissue search --sort=n", ["search"], "--sort=n", "--sort=newest", "newest"),
        ("backissue show @1", ["show"], "@1", "@12", "12"),
        ("backissue x a\\ b", ["x"], "a b", "a b c", "a\\ b\\ c"),
        ("backissue search '(a' b", ["search", "(a"], "b", "b$c", "b\\$c"),
        ('backissue x "a$', ["x"], "a$", "a$b", "a\\$b"),
        ("backissue x ''", ["x"], "", "a", "a"),
        ("A=1 ~/bin/backissue sh", [], "sh", "show", "show"),
        ("backissue\tshow  39", ["show"], "39", "395", "395"),
    ],
)
def test_a_line_of_bash_is_read_as_bash_reads_it(
    line: str, words: list[str], word: str, answer: str, inserted: str
) -> None:
    command = "~/bin/backissue" if "~/bin" in line else "backissue"
    read = BashLine.read(BREAKS, command, line)
    assert (list(read.words), read.word) == (words, word)
    assert read.inserted(answer) == inserted


def test_an_answer_is_quick_and_loads_little(archive: Path, home: Path) -> None:
    probe = (
        "import atexit, os, sys; os._exit = sys.exit\n"
        "atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)))\n"
        "from backissue.cli import main; main(['--complete', 'zsh', 'show', '395.'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env=surroundings(home, archive),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    loaded = set(done.stderr.split())
    assert "backissue.index" in loaded
    heavy = {"click", "rich", "whoosh", "bs4", "lxml", "backissue.ingest", "backissue.text.words"}
    assert not heavy & loaded


class Typist:
    """A shell in a terminal, with the completion loaded."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self.shown = ""

    def type(self, text: str) -> None:
        """Type, and forget what was shown before."""
        self.shown = ""
        os.write(self._leader, text.encode())

    def sees(self, expected: str, seconds: float = 30) -> bool:
        """Whether a text comes to be shown."""
        until = time.monotonic() + seconds
        while expected not in self.shown and time.monotonic() < until:
            if select.select([self._leader], [], [], 0.2)[0]:
                part = os.read(self._leader, 65536).decode("utf-8", "replace")
                self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>(]B?|\r", "", part)
        return expected in self.shown


START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(backissue completion bash)"'),
    "zsh": (
        ["zsh", "-f", "-i"],
        "unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D;"
        " source <(backissue completion zsh)",
    ),
    "fish": (["fish", "--no-config", "-i"], "backissue completion fish | source"),
}


@contextmanager
def typing(shell: str, home: Path, archive: Path) -> Iterator[Typist]:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    command, load = START[shell]
    child, leader = pty.fork()
    if child == 0:
        env = surroundings(home, archive) | {"INPUTRC": "/dev/null", "COLUMNS": "100"}
        os.execvpe(command[0], command, env)
    typist = Typist(leader)
    try:
        typist.type(f"{load}; echo rea''dy\n")
        assert typist.sees("ready"), typist.shown
        yield typist
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(leader)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_at_tab(shell: str, fresh_archive: Path, home: Path) -> None:
    with typing(shell, home, fresh_archive) as typist:
        for typed, expected in (
            ("backissue publ", "publications"),
            ("backissue search kind:fic", "kind:fiction"),
            ('backissue search "kind:fic', "kind:fiction"),
            ("backissue search -robot --so", "--sort"),
            ("backissue issues --publication im", "import-ai"),
            ("backissue show import-ai/396.1", "import-ai/396.1"),
            ("backissue chi", "chips"),
            ("backissue --archive /et", "/etc/"),
            ("backissue --archive=/et", "/etc/"),
            ("backissue ingest /et", "/etc/"),
        ):
            typist.type(f"{typed}\t")
            assert typist.sees(expected), (typed, typist.shown)
            typist.type("\x15")  # Ctrl-U
        typist.type("backissue search robots --ids -n 2\n")
        assert typist.sees("\n3"), typist.shown
        typist.type("backissue show @\t\t")
        assert typist.sees("2"), typist.shown


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_shows_headings(shell: str, archive: Path, home: Path) -> None:
    with typing(shell, home, archive) as typist:
        typist.type("backissue show 395.\t\t")
        assert typist.sees("Everything becomes a game - DeepMind demos Genie 2"), typist.shown


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_without_an_archive_stays_silent(shell: str, home: Path) -> None:
    with typing(shell, home, home / "none") as typist:
        typist.type("backissue show 3\t")
        assert not typist.sees("backissue:", 2)
        typist.type("\x15backissue publ\t")
        assert typist.sees("publications"), typist.shown


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_sound_and_says_how_to_install_it(shell: str, tmp_path: Path) -> None:
    from tests.transcript import run

    script = run(f"backissue completion {shell}", cwd=tmp_path, archive=tmp_path / "none")
    assert script == (FOLDER / f"script.{shell}").read_text(encoding="utf-8").rstrip()
    assert f"backissue completion {shell}" in script.split("\n\n")[0]
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, encoding="utf-8", check=True)
    page = run("backissue help completion", cwd=tmp_path, archive=tmp_path / "none")
    assert f"backissue completion {shell}" in page


def test_every_option_of_the_table_is_known() -> None:
    """What an option or an argument takes is a list, or something `answering` knows."""
    from backissue.cli.completion.answering import _OFFERED

    known = {*_OFFERED, "files", "folders"}
    whole = json.loads(TABLE.read_text(encoding="utf-8"))
    for name, command in whole["commands"].items():
        for one in (*command["options"], *command["arguments"], *whole["global"]):
            takes = one["takes"]
            assert takes is None or isinstance(takes, list) or takes in known, (name, one)
