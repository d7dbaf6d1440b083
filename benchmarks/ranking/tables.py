"""The tables of docs/ranking.md, in Markdown."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from ranking import measures
from ranking.asking import WAYS, Answers, ask, tag_of
from ranking.changes import Change
from ranking.measures import NAMES, Figures, by_query, mean
from ranking.paired import difference
from ranking.published import Judged
from ranking.trials import Making, Trial

Row = Sequence[str]
BOTH_WAYS = ("as typed", "any word")
# What changes are judged by.
COMPARED = ("ndcg10", "map")
# Collections that are shown beside a change, and by which none is chosen.
ASIDE = ("questions", "questions-unseen", "pasted")


def printed(headers: Row, rows: Sequence[Row]) -> str:
    """A table."""
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    lines = [headers, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)


def figures(
    makings: Sequence[Making], columns: Sequence[str], ways: Sequence[str], runs: Path | None
) -> str:
    """How well each way of asking does on each trial; writes run files if `runs` is a folder."""
    rows: list[Row] = []
    for making in makings:
        of_trial: list[Row] = []
        with making() as trial:
            for way in ways:
                answers = ask(trial, WAYS[way])
                if runs is not None:
                    write(runs, trial, way, answers)
                of_trial += _rows(trial, way, answers, columns)
        labels = list(dict.fromkeys(row[0] for row in of_trial))
        rows += sorted(of_trial, key=lambda row, labels=labels: labels.index(row[0]))
    headers = ["", "asked", *(NAMES[column] for column in columns), "refused", "nothing"]
    return printed(headers, rows)


def _rows(trial: Trial, way: str, answers: Answers, columns: Sequence[str]) -> Iterator[Row]:
    for label, judged in _judgements(trial, each_kind=way in BOTH_WAYS):
        row = mean(by_query(answers, judged).values())
        shown = [f"{getattr(row, column):.4f}" for column in columns]
        ended = [answers[query] for query in judged]
        refused = sum(answer.refused for answer in ended)
        nothing = sum(not answer.documents for answer in ended) - refused
        yield [label, way, *shown, str(refused), str(nothing)]


def _judgements(trial: Trial, *, each_kind: bool) -> Iterator[tuple[str, Judged]]:
    """What counts as relevant: what was judged so; for each kind of query; and everything judged.

    The last where it is in doubt what a judgement means.
    """
    yield trial.about, trial.judged
    for kind, queries in trial.kinds.items() if each_kind else ():
        yield f"· {kind} ({len(queries)})", {query: trial.judged[query] for query in queries}
    if any(grade < 1 for row in trial.judged.values() for grade in row.values()):
        yield f"{trial.name}, every judged document", measures.every_judged(trial.judged)


def write(folder: Path, trial: Trial, way: str, answers: Answers) -> None:
    """The run file of a way, and the judgements beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    measures.write_run(run_file(folder, trial, way), answers, tag_of(way))
    measures.write_judgements(folder / f"{trial.name}.qrels", trial.judged)


def run_file(folder: Path, trial: Trial, way: str) -> Path:
    """Where the run of a way of asking is."""
    return folder / f"{trial.name}.{tag_of(way)}.run"


# --- what changes do -----------------------------------------------------------------------------

Measured = dict[str, dict[str, Figures]]  # by group, then by query


def comparison(makings: Sequence[Making], changes: Sequence[Change], way: str) -> str:
    """What each change does to each collection, and to the mean over those that decide."""
    rows: list[Row] = []
    with ExitStack() as stack:
        trials = [stack.enter_context(making()) for making in makings]
        before = _measured(trials, way)
        for change in changes:
            with change.made(), ExitStack() as made_anew:
                asked = trials
                if change.reindexes:
                    asked = [made_anew.enter_context(making()) for making in makings]
                found = list(compared(str(change), before, _measured(asked, way)))
            rows += found
            for row in found:  # a table takes its time
                print(*row, sep="  ", file=sys.stderr, flush=True)
    return printed(["change", "", *before, "mean"], rows)


def against(makings: Sequence[Making], folder: Path, ways: tuple[str, str]) -> str:
    """What became of the runs in a folder: its answers to one way of asking, and these to another.

    The trials must be those that the runs were of.
    """
    old: Measured = {}
    new: Measured = {}
    for making in makings:
        with making() as trial:
            kept = measures.read_run(run_file(folder, trial, ways[0]))
            _add(old, trial, kept)
            _add(new, trial, ask(trial, WAYS[ways[1]]))
    label = f"{ways[0]} before, {ways[1]} now"
    return printed(["change", "", *old, "mean"], list(compared(label, old, new)))


def _measured(trials: Sequence[Trial], way: str) -> Measured:
    found: Measured = {}
    for trial in trials:
        _add(found, trial, ask(trial, WAYS[way]))
    return found


def _add(measured: Measured, trial: Trial, answers: Answers) -> None:
    row = by_query(answers, trial.judged)
    measured.setdefault(trial.group, {}).update(row)


def compared(label: str, before: Measured, after: Measured) -> Iterator[Row]:
    """The rows of one change: one for each measure that decides."""
    for measure in COMPARED:
        cells, means = [], []
        for group, rows in before.items():
            one = {query: getattr(row, measure) for query, row in rows.items()}
            other = {query: getattr(row, measure) for query, row in after[group].items()}
            found = difference(one, other)
            cells.append(str(found))
            if group not in ASIDE:
                means.append(found.mean)
        overall = f"{sum(means) / len(means):+.4f}" if means else ""
        yield [label, NAMES[measure], *cells, overall]
