"""How good an answer is, as trec_eval measures it, and files that trec_eval reads.

A figure is the mean over all queries that have a relevant document; a query that was refused or
found nothing counts as 0 (trec_eval -c). What nobody judged is not relevant. The gain of a document
in nDCG is its grade, and the best that a query could have is that of all its relevant documents.
"""

from collections.abc import Iterable, Mapping
from math import log2
from pathlib import Path
from typing import NamedTuple

from ranking.asking import Answer, Answers
from ranking.published import Judged


class Figures(NamedTuple):
    """The measures of one query, or their means over several."""

    map: float
    ndcg10: float
    p30: float
    recall100: float
    success1: float
    success5: float
    mrr: float


NAMES = {
    "map": "MAP",
    "ndcg10": "nDCG@10",
    "p30": "P@30",
    "recall100": "recall@100",
    "success1": "success@1",
    "success5": "success@5",
    "mrr": "MRR",
}
OF_COLLECTIONS = ("map", "ndcg10", "p30", "recall100", "success5")
OF_QUESTIONS = ("success1", "success5", "mrr", "ndcg10", "recall100")


def figures(documents: Iterable[str], grades: Mapping[str, int]) -> Figures:
    """The measures of one query, of which at least one document is relevant (graded above 0)."""
    gains = [max(grades.get(name, 0), 0) for name in documents]
    best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    ranks = [rank for rank, gain in enumerate(gains, 1) if gain]
    first = ranks[0] if ranks else None
    return Figures(
        map=sum(so_far / rank for so_far, rank in enumerate(ranks, 1)) / len(best),
        ndcg10=_discounted(gains[:10]) / _discounted(best[:10]),
        p30=sum(rank <= 30 for rank in ranks) / 30,
        recall100=sum(rank <= 100 for rank in ranks) / len(best),
        success1=float(first == 1),
        success5=float(first is not None and first <= 5),
        mrr=1 / first if first else 0.0,
    )


def _discounted(gains: Iterable[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))


def by_query(answers: Answers, judged: Judged) -> dict[str, Figures]:
    """The measures of each query that has a relevant document."""
    return {
        query: figures(answers[query].documents if query in answers else (), grades)
        for query, grades in judged.items()
        if max(grades.values(), default=0) > 0
    }


def mean(rows: Iterable[Figures]) -> Figures:
    """The mean of each measure."""
    kept = list(rows)
    return Figures(*(sum(column) / len(kept) for column in zip(*kept, strict=True)))


def every_judged(judged: Judged) -> Judged:
    """The judgements with every document in them relevant, whatever it was judged.

    For collections whose judgements leave out what nobody looked at, and hold codes that readers
    take differently.
    """
    return {query: dict.fromkeys(grades, 1) for query, grades in judged.items()}


def write_run(path: Path, answers: Answers, tag: str) -> None:
    """A run file. Scores only count down, since trec_eval sorts by them and not by the rank."""
    lines = [
        f"{query} Q0 {name} {rank} {len(answer.documents) - rank + 1} {tag}\n"
        for query, answer in answers.items()
        for rank, name in enumerate(answer.documents, 1)
    ]
    path.write_text("".join(lines), encoding="utf-8")


def read_run(path: Path) -> dict[str, Answer]:
    """The answers in a run file that `write_run` wrote."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        query, _, name, *_ = line.split()
        found.setdefault(query, []).append(name)
    return {query: Answer(tuple(names)) for query, names in found.items()}


def write_judgements(path: Path, judged: Judged) -> None:
    """The judgements of a collection, for trec_eval."""
    lines = [
        f"{query} 0 {name} {grade}\n"
        for query, grades in judged.items()
        for name, grade in grades.items()
    ]
    path.write_text("".join(lines), encoding="utf-8")
