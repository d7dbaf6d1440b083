"""The mistakes of a week: what you mistype, and the one line that says what to type.

`tests/mistakes.txt` has each command, what it writes on standard error, and its exit code.
`REWRITE=1 pytest tests/test_mistakes.py` writes the file; the diff is the review.
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backissue.cli.boundary import run
from tests.transcript import Step, steps

FILE = Path(__file__).parent / "mistakes.txt"
STEPS = list(steps(FILE.read_text(encoding="utf-8")))
# Words of programmers, of Click and of Python, that say nothing to whoever mistyped.
INSIDE = re.compile(
    r"Traceback|Errno|invalid literal|surrogate|codec|NoneType|Invalid value|Missing argument"
    r"|Got unexpected|requires an argument|Usage:|\b[A-Z][a-z]+[A-Z]\w+|\b\w+\.\w+\(|0x[0-9a-f]+"
)
# Behind the semicolon is what to type. Of a file without text, there is no more to say.
NEXT = re.compile(r"; .|: (?:not text|.*\bempty|no such file|no file has a name of this pattern)$")


@pytest.fixture(scope="module")
def place(archive: Path, seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to make mistakes in, with an archive of the founding documents."""
    made = tmp_path_factory.mktemp("mistakes")
    shutil.copytree(archive, made / "archive", ignore=shutil.ignore_patterns("recent"))
    shutil.copytree(seeds, made / "seeds")
    (made / "empty").mkdir()
    (made / "full").mkdir()
    (made / "full" / "x.txt").touch()
    (made / "foo.txt").write_text("Foo\n\nTide mills grind at night.\n")
    (made / "notes.txt").write_text("not a backup")
    (made / "blob.bin").write_bytes(bytes(range(32)) * 9)
    before = Path.cwd()
    os.chdir(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKISSUE_ARCHIVE", str(made / "archive"))
        patch.setenv("XDG_CONFIG_HOME", str(made / "config"))
        patch.setenv("HOME", str(made))
        yield made
    os.chdir(before)


def answered(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What a command writes on standard error, in the form of a transcript; standard output."""
    capsys.readouterr()
    with open(os.devnull, encoding="utf-8") as nothing, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", nothing)
        code = run(shlex.split(command)[1:])
    out, err = capsys.readouterr()
    lines = [f"2> {line}".rstrip() for line in err.splitlines()]
    return "\n".join([*lines, *([f"? {int(code)}"] if code else [])]), out


def test_each_mistake_is_answered_as_the_file_says(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    actual = []
    for step in STEPS:
        said, out = answered(step.command, capsys)
        assert not out, f"{step.command} is no mistake: {out[:80]}"
        actual.append(Step(command=step.command, output=said.replace(str(place), "PLACE")))
    if os.environ.get("REWRITE"):
        text = "\n\n".join(f"$ {one.command}\n{one.output}" for one in actual)
        FILE.write_text(text + "\n", encoding="utf-8")
    else:
        assert actual == STEPS


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.command)
def test_a_mistake_is_answered_in_one_plain_line_that_says_what_to_type(step: Step) -> None:
    *lines, code = step.output.splitlines()
    assert re.fullmatch(r"\? [1-9]\d*", code)
    first = lines[0].removeprefix("2> backissue: ")
    assert first != lines[0]
    assert not INSIDE.search(first), first
    assert NEXT.search(first), first
    assert len(first) < 300
    # `ingest` says of each file what became of it, and sums up.
    assert len(lines) == 1 or shlex.split(step.command)[1] == "ingest"


def test_there_are_a_hundred_mistakes_and_each_is_there_once() -> None:
    assert len(STEPS) >= 100
    assert len({step.command for step in STEPS}) == len(STEPS)
