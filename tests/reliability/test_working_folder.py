"""The folder in which a command is run may be anybody's: nothing in it is obeyed, or even read."""

import os
import pkgutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from backissue.cli import app
from backissue.errors import Exit
from tests.conftest import Trials
from tests.reliability.children import Ended, run
from tests.test_paging import on_screen

MARK = "obeyed"
# What would change an answer, or run a program, if it were read.
CONFIG = """\
archive = "elsewhere"
publication = "nobody"
pager = ": >obeyed"
[colors]
match = "bold red"
[alias]
issues = "stats"
"""
VARIABLES = """\
BACKISSUE_ARCHIVE=elsewhere
BACKISSUE_PAGER=": >obeyed"
BACKISSUE_PUBLICATION=nobody
PAGER=": >obeyed"
BROWSER="touch obeyed"
FORCE_COLOR=1
"""
SCRIPT = "#!/bin/sh\n: >obeyed\n"
CATALOG = 'publication = "Planted"\n["letter.txt"]\nnumber = 99\n'
# Where programs look for what you want of them, and files of an archive, of Python, of a shell.
PLANTED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "config.toml",
            "backissue.toml",
            ".backissue.toml",
            ".backissue",
            "pyproject.toml",
            "backissue/config.toml",
            ".config/backissue/config.toml",
            "~/.config/backissue/config.toml",
            ".local/share/backissue/config.toml",
        ),
        CONFIG,
    ),
    **dict.fromkeys((".env", ".envrc", "env", ".profile", ".bashrc"), VARIABLES),
    **dict.fromkeys(
        ("less", "more", "vi", "sh", "git", "www-browser", "xdg-open", "backissue.sh"), SCRIPT
    ),
    **dict.fromkeys(
        ("sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py", "click.py"),
        "open('obeyed', 'w')\n",
    ),
    "catalog.toml": CATALOG,
    "synonyms.toml": 'synonyms = [["compute", "obeyed"]]\n',
    "searches.json": '{"planted": "obeyed"}\n',
    "sayings.json": "{",
    "removed.json": "{",
    "log.jsonl": '{"when": "2024-01-01"}\n',
    "unfinished": "",
    "key": "k" * 32,
    ".local/state/backissue/key": "k" * 32,
    "lock": "1",
    "posts.csv": "title,post_id\nPlanted,1\n",
    ".less": "q quit\n",
    ".lesskey": "#env\nLESSOPEN=|touch obeyed\n",
    ".netrc": "machine e.org login x password y\n",
    "pyvenv.cfg": "home = elsewhere\n",
    "python311._pth": "elsewhere\n",
    "395": "planted\n",
    "latest": "planted\n",
    "compute": "planted\n",
    "issues": "planted\n",
}
# What takes seconds is tried with --long.
SLOW = frozenset({"rebuild", "restore", "verify"})
FEW = frozenset({"search", "show", "ingest", "config", "open"})
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "search": ("compute",),
    "related": ("395.2",),
    "searches": (),
    "fields": (),
    "issues": (),
    "publications": (),
    "show": ("395",),
    "why": ("395.1",),
    "open": ("395.1", "--print"),
    "cite": ("395.1",),
    "repairs": ("395",),
    "set": ("395", "title=Other"),
    "remove": ("396", "--yes"),
    "undo": (),
    "missing": (),
    "log": (),
    "backup": ("@OUT@/backup.tgz",),
    "restore": ("@OUT@/backup.tgz", "@OUT@/back"),
    "verify": (),
    "doctor": (),
    "stats": (),
    "export": (),
    "rebuild": (),
    "config": (),
    "schema": (),
    "completion": ("bash",),
    "help": (),
    "ingest": ("@OUT@/letter.txt",),
    "--complete": ("bash", " \t\n", "backissue", "backissue show "),
}


def plant(folder: Path) -> Path:
    """A folder with everything that somebody might have put there."""
    for name, text in PLANTED.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    return folder


def watched(here: Path, notes: Path, **environment: str | None) -> Callable[[], None]:
    """Before a run: in this folder, with this environment, what is read there goes to `notes`."""

    def prepare() -> None:
        os.chdir(here)
        for name, value in environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        handle = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

        def hear(event: str, arguments: tuple[object, ...]) -> None:
            if event not in {"open", "os.listdir", "os.scandir", "os.mkdir", "os.rename"}:
                return
            if isinstance(path := arguments[0], str | bytes | os.PathLike):
                whole = os.path.abspath(os.fsdecode(path))
                if whole == str(here) or whole.startswith(f"{here}/"):
                    os.write(handle, f"{event} {path!r}\n".encode())

        sys.addaudithook(hear)

    return prepare


def test_every_command_is_tried() -> None:
    assert COMMANDS.keys() >= set(app.app.list_commands(None))  # type: ignore[arg-type]


@pytest.mark.promise(
    "No command reads a file of the working folder that you did not name, and its answer is the"
    " same in any folder."
)
@pytest.mark.parametrize("home", ["a home", "no home", "a home that is relative"])
def test_what_lies_in_the_working_folder_changes_nothing(
    home: str, fresh_archive: Path, tmp_path: Path, trials: Trials
) -> None:
    here, empty, notes = plant(tmp_path / "here"), tmp_path / "empty", tmp_path / "notes"
    environment: dict[str, str | None] = dict.fromkeys(
        ("PAGER", "BROWSER", "BACKISSUE_ARCHIVE", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    )
    environment["HOME"] = {"a home": str(tmp_path), "no home": "~no-such-user"}.get(home, ".")
    for name in ("here", "empty"):
        for folder in (empty, tmp_path / f"of-{name}"):
            folder.mkdir(exist_ok=True)
        (tmp_path / f"of-{name}" / "letter.txt").write_text("Letters 7: Mills\n\nThe mill stood.\n")
    tried = dict(COMMANDS)
    if not trials.long:
        tried = {
            name: words
            for name, words in COMMANDS.items()
            if name in FEW or (home == "a home" and name not in SLOW)
        }
    ends: dict[str, list[Ended]] = {}
    for folder in (empty, here):
        out = tmp_path / f"of-{folder.name}"
        archive = out / "archive"
        subprocess.run(["cp", "-r", fresh_archive, archive], check=True)
        ends[folder.name] = []
        for command, words in tried.items():
            typed = [word.replace("@OUT@", str(out)) for word in words]
            first = [] if command == "--complete" else ["--archive", str(archive)]
            before = watched(folder, notes, **environment)
            done = run(*first, command, *typed, doom=before)
            assert "Traceback" not in done.stderr, done
            assert not notes.read_bytes(), (command, notes.read_bytes())
            ends[folder.name].append(done)
            trials.did(1, "runs of a command")
        bare = run("issues", doom=watched(folder, notes, **environment))
        assert not notes.read_bytes(), notes.read_bytes()
        assert "elsewhere" not in bare.stderr
        assert bare.code != Exit.OK
    for ours, theirs, command in zip(ends["empty"], ends["here"], tried, strict=True):
        assert ours.code == theirs.code, (command, theirs)
        if command not in {"log", "undo"}:  # which say when
            assert ours.stdout.replace(b"of-empty", b"of-here") == theirs.stdout, command
    assert not (here / MARK).exists()
    assert sorted(os.listdir(empty)) == []


@pytest.mark.promise("No program of the working folder is started: no pager, editor or browser.")
@pytest.mark.parametrize(
    "words", [("show", "395"), ("open", "395.1"), ("config", "--edit"), ("help", "query")]
)
def test_no_program_of_the_working_folder_is_started(
    words: tuple[str, ...], archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    trials: Trials,
) -> None:  # fmt: skip
    here, notes = plant(tmp_path / "here"), tmp_path / "notes"
    monkeypatch.chdir(here)
    bare = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PATH": "/nowhere"}
    for name in ("EDITOR", "VISUAL", "PAGER", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    done = run("--archive", archive, *words, doom=watched(here, notes, **bare))
    assert "Traceback" not in done.stderr, done
    shown = on_screen(archive, *words, **bare)
    assert "Traceback" not in shown.text
    assert not (here / MARK).exists()
    trials.did(2, "runs of a command")


def modules() -> Iterator[str]:
    """Every module that could be imported, but this program."""
    found = {*sys.stdlib_module_names, *(one.name for one in pkgutil.iter_modules())}
    yield from sorted(found - {"backissue"})


def first_of_python(folder: Path) -> frozenset[str]:
    """The modules that Python imports from the working folder before any program that it runs."""
    (folder / "nothing").mkdir(parents=True)
    (folder / "nothing" / "__main__.py").write_text("import sys\nprint(*sys.modules)\n")
    told = subprocess.run(
        [sys.executable, "-m", "nothing"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    return frozenset(name.partition(".")[0] for name in told.split())


@pytest.mark.promise(
    "No module of the working folder is imported: never by `backissue`, and by `python -m"
    " backissue` only what Python itself imports before it starts a program."
)
@pytest.mark.parametrize("way", ["backissue", "python -m backissue", "python -P -m backissue"])
def test_no_module_of_the_working_folder_is_imported(
    way: str, fresh_archive: Path, tmp_path: Path, trials: Trials
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    spared = first_of_python(tmp_path / "python") if way == "python -m backissue" else frozenset()
    for name in modules():
        if name not in spared:
            text = f"raise SystemExit('the {name} of the working folder')\n"
            (here / f"{name}.py").write_text(text, encoding="utf-8")
    start = {
        "backissue": [f"{sysconfig.get_path('scripts')}/backissue"],
        "python -m backissue": [sys.executable, "-m", "backissue"],
        "python -P -m backissue": [sys.executable, "-P", "-m", "backissue"],
    }[way]
    quick = ["search", "show", "ingest", "open", "--complete"]
    for command in COMMANDS if trials.long else quick:
        words = [word.replace("@OUT@", str(tmp_path)) for word in COMMANDS[command]]
        environment = {**os.environ, "BACKISSUE_ARCHIVE": str(fresh_archive)}
        environment.pop("PYTHONPATH", None)
        done = subprocess.run(
            [*start, command, *words], cwd=here, env=environment, capture_output=True, check=False
        )
        assert b"of the working folder" not in done.stderr + done.stdout, done
        assert b"Traceback" not in done.stderr, done
        trials.did(1, "runs of a command")
