"""Transcripts: `$ backissue …`, what it writes, and its exit code. A case is a file.

$ backissue issues 394
394<TAB>-<TAB>6<TAB>Global MMLU; …        standard output, as it is
2> backissue: …                           standard error, behind `2> `
? 1                                       the exit code, where it is not 0
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a transcript, and what it says is written."""

    command: str
    output: str


def steps(text: str) -> Iterator[Step]:
    """The commands in a transcript, with what stands below each up to the next."""
    head, *rest = ("\n" + text).split("\n$ ")
    assert not head.strip(), f"a transcript opens with a command, not {head!r}"
    for part in rest:
        command, _, output = part.partition("\n")
        yield Step(command=command, output=output.strip("\n"))


def run(command: str, *, cwd: Path, archive: Path, **environment: str) -> str:
    """What a command line writes, in the form of a transcript."""
    words = shlex.split(command)
    assert words[0] == "backissue"
    plain = {"PATH": os.environ["PATH"], "HOME": str(cwd), "BACKISSUE_ARCHIVE": str(archive)}
    plain["XDG_STATE_HOME"] = os.environ["XDG_STATE_HOME"]
    done = subprocess.run(
        [sys.executable, "-m", "backissue", *words[1:]],
        cwd=cwd,
        env={**plain, "LC_ALL": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    lines = [done.stdout.rstrip("\n")] if done.stdout.strip() else []
    lines += [f"2> {line}".rstrip() for line in done.stderr.splitlines()]
    if done.returncode:
        lines.append(f"? {done.returncode}")
    text = "\n".join(lines).strip("\n").replace(str(archive), "ARCHIVE")
    days = {date.today().isoformat(), datetime.now(UTC).date().isoformat()}
    return re.sub("|".join(days), "TODAY", text)
