"""`show @1` marks what was searched: by the matching of the search, on a terminal only."""

import re
from pathlib import Path

import pytest

from backissue.errors import Exit
from tests.conftest import source, take_in
from tests.test_cli import process

LETTER = """\
Quay Letter 7: Cranes

by Ada Moore

***

Cranes at work: The harbour trains its crane drivers.
…What a driver hears…

A trained driver lifts more. Training takes years, and the tide
table helps. The word train alone is in this line, and "tide tables" are elsewhere.

> A quoted driver hears the tide table.

Why this matters – drivers matter: Without trained drivers nothing moves.

Read more: Training drivers (Port Journal).
"""


@pytest.fixture(scope="module")
def quay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quay") / "archive"
    take_in(folder, source("quay.txt", LETTER))
    return folder


def marked(text: str) -> list[str]:
    """The stretches of a screen in the style of a match, `bold white on red` here."""
    found: list[str] = []
    on = False
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        if part.startswith("\x1b["):
            on = part != "\x1b[0m" and "41" in part[2:-1].split(";")
        elif on and part.strip():
            found.append(part)
    return found


@pytest.fixture
def colors(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "backissue" / "config.toml"
    file.parent.mkdir()
    file.write_text('[colors]\nmatch = "on red"\n', encoding="utf-8")
    return {"XDG_CONFIG_HOME": str(tmp_path), "COLORTERM": "truecolor", "FORCE_COLOR": "1"}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (["training"], ["trains", "trained", "Training", "train", "trained", "Training"]),
        (['"tide table"'], ["tide", "table", "tide", "table"]),
        (["tabl*"], ["table", "tables", "table"]),
        (["why:trained"], ["trained"]),
        (["heading:cranes"], ["Cranes", "crane"]),
        (["deck:hears"], ["hears"]),
        (["drivers", "-robot"], ["drivers", "driver", "driver", "driver", "drivers", "drivers",
                                 "drivers"]),
        (["date:2020..", "OR", "quoted"], ["quoted"]),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_shown_hit_has_the_words_of_the_search_marked(
    quay: Path, colors: dict[str, str], query: list[str], words: list[str]
) -> None:
    assert process(quay, "search", *query).returncode == Exit.OK
    shown = process(quay, "show", "@1", **colors)
    assert shown.returncode == Exit.OK
    assert marked(shown.stdout) == words


def test_a_section_that_was_not_searched_has_no_marks(quay: Path, colors: dict[str, str]) -> None:
    process(quay, "search", "training")
    assert marked(process(quay, "show", "7.1", **colors).stdout) == []


def test_hits_of_related_have_no_marks(archive: Path, colors: dict[str, str]) -> None:
    process(archive, "search", "compute")
    process(archive, "related", "395.1")
    assert marked(process(archive, "show", "@1", **colors).stdout) == []


def test_a_synonym_that_was_found_is_marked(archive: Path, colors: dict[str, str]) -> None:
    done = process(archive, "search", "large language models Huawei", "-n", "2")
    assert "“llm” for “large language models”" in done.stderr
    found = {word.casefold() for word in marked(process(archive, "show", "@2", **colors).stdout)}
    assert "huawei" in found
    assert "llms" in found or "llm" in found


@pytest.mark.parametrize("form", [[], ["--json"], ["--jsonl"]])
def test_in_a_pipe_and_in_json_nothing_is_marked(quay: Path, form: list[str]) -> None:
    process(quay, "search", "training")
    assert process(quay, "show", "@1", *form).stdout == process(quay, "show", "7.1", *form).stdout
