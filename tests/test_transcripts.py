"""Whole sessions: what a user types, and every byte that comes back.

`REWRITE=1 pytest tests/test_transcripts.py` writes the files anew; the diff is the review.
"""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.transcript import run, steps

ROOT = Path(__file__).parent.parent
TRANSCRIPTS = sorted((ROOT / "tests" / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_a_session_goes_as_its_transcript_says(file: Path, seeds: Path, tmp_path: Path) -> None:
    shutil.copytree(seeds, tmp_path / "seeds")
    archive = tmp_path / "archive"
    if not file.stem.startswith("first-"):
        run("backissue ingest seeds", cwd=tmp_path, archive=archive)
    expected = list(steps(file.read_text(encoding="utf-8")))
    actual = [(step.command, run(step.command, cwd=tmp_path, archive=archive)) for step in expected]
    if os.environ.get("REWRITE"):
        text = "\n\n".join(f"$ {command}\n{output}".strip() for command, output in actual)
        file.write_text(text + "\n", encoding="utf-8")
    else:
        assert actual == [(step.command, step.output) for step in expected]


def test_the_session_in_the_readme_goes_as_it_says(seeds: Path, tmp_path: Path) -> None:
    shutil.copytree(seeds, tmp_path / "seeds")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    session = re.search(r"```console\n(.*?)```", readme, re.DOTALL)
    assert session
    for step in steps(session[1]):
        output = run(step.command, cwd=tmp_path, archive=tmp_path / "archive")
        said = [line.removeprefix("2> ").rstrip() for line in output.splitlines()]
        shown = [line.rstrip() for line in step.output.splitlines() if line.strip() != "…"]
        # The README may leave lines out, with a line that says so; it may not make any up.
        assert [line for line in shown if line not in said] == [], step.command
