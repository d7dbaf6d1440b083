"""What a command loads before its first output."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("bs4", "lxml", "ftfy", "rich", "backissue.archive.ingestion", "backissue.ingest.readers")
PROBE = """
import sys
from backissue.cli.boundary import run
code = run(sys.argv[1:])
sys.stderr.write("\\nMODULES " + " ".join(sorted(sys.modules)))
sys.exit(code)
"""


def loaded_by(archive: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "--archive", str(archive), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    return set(done.stderr.rpartition("MODULES ")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["ingest", "--help"],
        ["issues"],
        ["issues", "--json"],
        ["show", "395.1"],
        ["show", "395", "--provenance"],
        ["repairs", "situational-awareness"],
        ["why", "395.1"],
        ["search", "distributed", "training"],
        ["search", "compute", "--json"],
        ["stats"],
    ],
    ids=" ".join,
)
def test_a_reading_command_in_a_pipe_loads_no_parser_and_no_rich(
    archive: Path, arguments: list[str]
) -> None:
    loaded = loaded_by(archive, *arguments)
    assert "backissue.cli" in loaded
    assert not [
        name for name in loaded if any(name == top or name.startswith(f"{top}.") for top in HEAVY)
    ]


def test_help_loads_no_index(archive: Path) -> None:
    assert not {"whoosh", "backissue.index"} & loaded_by(archive, "--help")
