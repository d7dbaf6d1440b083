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


def loaded_by(
    archive: Path, *arguments: str, output: bool = True, code: int | None = 0
) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "--archive", str(archive), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if code is not None:
        assert done.returncode == code, done.stderr
        assert bool(done.stdout.strip()) is output
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


# Rooms in which what happens to a source, or to a search, is decided.
CORE = ("text", "ingest", "index", "archive", "records", "errors")
SHORT_MAIL = """\
From: Ada Moore <ada@example.org>
To: me@example.org
Subject: Harbour Notes 12: Ports
Date: Mon, 20 Jan 2025 13:30:00 +0000
Message-ID: <1@example.org>

Ports are busy this week, and ships wait outside.

***

Cranes grow taller. They lift more than they did.
"""
MOST_FOR_A_SHORT_MAIL = 45


# What decides which sections a search finds, and in which order. Opening the archive's folder and
# rendering are not counted.
SEARCH_CORE = ("text", "query", "index", "records")
MOST_FOR_A_SEARCH = 12
# Stages of their own that a search adds where it needs them: partial matches, and synonyms, where
# few sections have all words; fragments, where no sentence has all of what is shown.
WHERE_NEEDED = {
    "backissue.index.search.partial_matches",
    "backissue.query.synonyms",
    "backissue.index.search.fragments",
}


def core_of(loaded: set[str], core: tuple[str, ...] = CORE) -> list[str]:
    """The modules of the core that were loaded, packages themselves not counted."""
    names = sorted(name for name in loaded if name.startswith("backissue."))
    return [
        name
        for name in names
        if name.split(".")[1] in core and not any(n.startswith(f"{name}.") for n in names)
    ]


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (["training"], set[str]()),
        (["model", "training"], {"backissue.index.search.fragments"}),
        (["distributed", "training"], WHERE_NEEDED),
    ],
)
def test_following_a_search_touches_few_modules(
    archive: Path, words: list[str], more: set[str]
) -> None:
    loaded = loaded_by(archive, "search", *words)
    touched = [module for module in core_of(loaded, SEARCH_CORE) if module not in more]
    assert not (WHERE_NEEDED - more) & loaded
    assert "backissue.index.search.searcher" in touched
    everything = sorted(name for name in loaded if name.startswith("backissue"))
    assert len(touched) <= MOST_FOR_A_SEARCH, "\n".join(
        [f"{len(touched)} of the core:", *touched, f"{len(everything)} in all:", *everything]
    )


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (["distribted"], "index.search.spelling"),
        (["distributed", "training", "zebra"], "index.search.partial_matches"),
        (["robot*"], "index.search.expansion"),
        (["training", "--explain"], "index.search.explaining"),
        (["training", "--since", "2020"], "query.values"),
    ],
)
def test_a_search_loads_what_is_rare_when_it_needs_it(
    archive: Path, arguments: list[str], module: str
) -> None:
    loaded = loaded_by(archive, "search", *arguments, code=None)
    assert f"backissue.{module}" in loaded
    assert f"backissue.{module}" not in loaded_by(archive, "search", "training")


def test_following_a_short_mail_touches_few_modules(tmp_path: Path) -> None:
    mail = tmp_path / "ports.eml"
    mail.write_text(SHORT_MAIL, encoding="utf-8")
    loaded = loaded_by(tmp_path / "archive", "ingest", str(mail), output=False)
    touched = core_of(loaded)
    assert "backissue.ingest.readers.mail.parts" in touched
    assert not {"bs4", "feedparser", "markdown_it"} & loaded
    everything = sorted(name for name in loaded if name.startswith("backissue"))
    assert len(touched) <= MOST_FOR_A_SHORT_MAIL, "\n".join(
        [f"{len(touched)} of the core:", *touched, f"{len(everything)} in all:", *everything]
    )


def test_a_search_reads_no_table_of_rules(archive: Path) -> None:
    loaded = loaded_by(archive, "search", "distributed", "training")
    assert not {"tomllib", "backissue.text.rules"} & loaded
