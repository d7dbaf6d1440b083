"""A real answer of each command, for docs/commands.md: run on the founding documents.

Each runs in a fresh copy of an archive of them, in a folder that has them as `seeds`. What differs
from one machine or day to the next is replaced: times, the size of the index, places.
"""

import contextlib
import io
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backissue.cli.boundary import run

_LINES = 8  # of an answer
_LONGEST = 140  # characters of a line
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.\d+)?(Z|\+00:00)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The command line that is shown, those that ran before it, and how many lines are shown.

    `empty` says that there is no archive yet.
    """

    line: str
    before: tuple[str, ...] = ()
    lines: int = _LINES
    empty: bool = False


EXAMPLES = {
    "ingest": Example(line="ingest seeds", empty=True),
    "search": Example(line="search distributed training -n 2", lines=10),
    "related": Example(line="related 395.5 -n 3"),
    "searches": Example(line="searches", before=("search 'gpu OR tpu' --save chips",)),
    "fields": Example(line="fields"),
    "issues": Example(line="issues 394..396"),
    "publications": Example(line="publications"),
    "show": Example(line="show 395.2", lines=12),
    "why": Example(line="why --thesis 395..396", lines=6),
    "open": Example(line="open 395.1 --print"),
    "cite": Example(line="cite 395.2"),
    "repairs": Example(line="repairs situational-awareness", lines=4),
    "set": Example(line="set 395 date=2025-01-13"),
    "remove": Example(line="remove 386 --yes"),
    "undo": Example(line="undo --list", before=("set 395 date=2025-01-13", "remove 386 --yes")),
    "missing": Example(line="missing"),
    "log": Example(line="log", before=("ingest seeds",), empty=True),
    "backup": Example(line="backup newsletters.tar.gz"),
    "restore": Example(
        line="restore newsletters.tar.gz copy", before=("backup newsletters.tar.gz",)
    ),
    "verify": Example(line="verify"),
    "doctor": Example(line="doctor"),
    "stats": Example(line="stats", lines=20),
    "export": Example(line="export --markdown letters"),
    "rebuild": Example(line="rebuild"),
    "config": Example(line="config", lines=6),
    "schema": Example(line="schema", lines=6),
    "completion": Example(line="completion bash", lines=4),
    "help": Example(line="help query", lines=6),
}


def answer(example: Example, seeds: Path, archive: Path, scratch: Path) -> str:
    """The command line and its answer, as in a console."""
    here = scratch / "here"
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    shutil.copytree(seeds, here / "seeds")
    if not example.empty:
        shutil.copytree(archive, here / "archive", ignore=shutil.ignore_patterns("recent"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        for name in [name for name in os.environ if name.startswith("BACKISSUE_")]:
            patch.delenv(name)
        for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "XDG_CONFIG_HOME"):
            patch.delenv(name, raising=False)
        for name, value in (("HOME", str(here)), ("COLUMNS", "80"), ("PAGER", "less")):
            patch.setenv(name, value)
        patch.setenv("BACKISSUE_ARCHIVE", str(here / "archive"))
        for line in example.before:
            _run(line)
        written, code = _run(example.line)
    places = {str(here / "archive"): "~/newsletters", str(here): "~"}
    for place, shown in places.items():
        written = written.replace(place, shown)
    lines = [f"$ backissue {example.line}", *_shortened(written, example.lines)]
    return "\n".join([*lines, f"(exit {code})"] if code else lines)


def _run(line: str) -> tuple[str, int]:
    """What a command writes, results first, and its exit code."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(shlex.split(line))
    return out.getvalue() + err.getvalue(), code


def _shortened(text: str, most: int) -> Iterator[str]:
    text = _TIME.sub(r"2025-02-01\g<1>09:00:00\g<2>", text)
    text = re.sub(r"(?m)^(index\t).*", r"\g<1>1.0 MB", text)
    lines = text.rstrip().splitlines()
    for line in lines[:most]:
        yield (line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…").rstrip()
    if len(lines) > most:
        yield "…"
