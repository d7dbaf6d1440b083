"""Questions about the documents in seeds/, taken in as they are: written by hand, and pasted."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from backissue.records import Issue, Part, Section
from ranking.published import Judged
from ranking.trials import Trial, addresses, indexed

ROOT = Path(__file__).parent.parent.parent
SEEDS = ROOT / "seeds"
# By which numbers of the program were chosen, and by which none was.
QUESTIONS = "questions"
UNSEEN = "questions-unseen"
NAMES = {QUESTIONS: "questions", UNSEEN: "unseen questions"}


@contextmanager
def of_questions(name: str, issues: Sequence[Issue]) -> Iterator[Trial]:
    """The questions in a file of tests/gold, asked of the seeds' issues."""
    rows = tomllib.loads((ROOT / f"tests/gold/{name}.toml").read_text("utf-8"))["question"]
    named = {f"{row['words']}{at:02}": row for at, row in enumerate(rows, 1)}
    keys = {issue.head.id: issue.head.key for issue in issues}
    judged: Judged = {}
    for query, row in named.items():
        answers = (answer.rpartition(".") for answer in row["answers"])
        judged[query] = {f"{keys[issue]}.{position}": 1 for issue, _, position in answers}
    with indexed(issues) as folder:
        yield Trial(
            name=name,
            group=name,
            about=f"{len(rows)} {NAMES[name]}",
            folder=folder,
            queries={query: row["ask"] for query, row in named.items()},
            judged=judged,
            names=addresses(folder),
            kinds=by_kind(named),
        )


@contextmanager
def of_pasted(issues: Sequence[Issue]) -> Iterator[Trial]:
    """Each heading, deck and first sentence of the seeds' issues, pasted as the query."""
    queries: dict[str, str] = {}
    judged: Judged = {}
    for issue in issues:
        for section in issue.sections:
            for kind, text in pasted(section).items():
                query = f"{kind}{len(queries):03}"
                queries[query] = text
                judged[query] = {f"{issue.head.key}.{section.position}": 1}
    with indexed(issues) as folder:
        yield Trial(
            name="pasted",
            group="pasted",
            about=f"{len(queries)} pasted texts",
            folder=folder,
            queries=queries,
            judged=judged,
            names=addresses(folder),
            kinds=by_kind(queries),
        )


def pasted(section: Section) -> dict[str, str]:
    """The lines of a section that a reader may paste, by what they are."""
    body = [block.text for block in section.blocks if block.part is Part.BODY and block.text]
    found = {"heading": section.heading, "deck": section.deck or ""}
    if body and (first := re.match(r".*?[.!?…][”\"’')]*(?=\s|$)|.*", body[0], re.DOTALL)):
        found["sentence"] = first[0]
    return {kind: " ".join(text.split()) for kind, text in found.items() if text}


def by_kind(names: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """The names of queries by what they begin with."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(name.rstrip("0123456789"), []).append(name)
    return {kind: tuple(found) for kind, found in kinds.items()}
