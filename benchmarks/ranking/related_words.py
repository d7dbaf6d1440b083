"""How often the words that a page of partial matches offers lead to a section that answers."""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from backissue.archive.settings import INDEX
from backissue.cli.searching import SearchArguments, search_options
from backissue.errors import BackissueError
from backissue.index import Index
from backissue.index.search.ranking import is_function_word
from backissue.query import SearchOptions, Term
from backissue.records import Issue, Section
from backissue.text import words
from ranking.own import issues_in
from ranking.published import Judged
from ranking.questions import QUESTIONS, SEEDS, UNSEEN, of_questions
from ranking.trials import Trial, addresses, indexed

_PAGE = 10
_MADE = 180  # queries
_NOWHERE = "zzxq"  # a word that no archive has
_FAR = 1000


def main() -> None:
    """Measure, and print."""
    issues = issues_in([SEEDS])
    for making in (
        of_questions(QUESTIONS, issues),
        of_questions(UNSEEN, issues),
        of_lost_words(issues),
    ):
        with making as trial:
            print(trial.about, *_lines(_offers(trial)), sep="\n")


class Try(NamedTuple):
    """A query that was offered words: the best right section before, and with each of the words.

    A rank counts from 1; 0 is none. `holds` says for each word whether a right section has it.
    """

    before: int
    holds: tuple[bool, ...]
    added: tuple[int, ...]
    alternative: tuple[int, ...]


class Offers(NamedTuple):
    """Of so many queries, these had no section with all words, and words were offered for these."""

    queries: int
    relaxed: int
    tries: tuple[Try, ...]


def _offers(trial: Trial) -> Offers:
    """What comes of the words that are offered for the queries of a trial."""
    tries: list[Try] = []
    relaxed = 0
    with Index.open(trial.folder / INDEX) as index:
        for query, text in trial.queries.items():
            right = {name for name, grade in trial.judged[query].items() if grade > 0}
            try:
                found = index.searcher.search(_options(trial, index, text, _PAGE))
            except BackissueError:
                continue
            relaxed += found.relaxed
            if found.related_words:
                tries.append(_try(trial, index, text, found.related_words, right))
    return Offers(len(trial.queries), relaxed, tuple(tries))


def _try(trial: Trial, index: Index, text: str, offered: tuple[str, ...], right: set[str]) -> Try:
    def first(query: str, *, strict: bool = False) -> int:
        options = _options(trial, index, query, _FAR, strict=strict)
        names = [trial.names[document] for document, _ in index.searcher.ranked(options)]
        return next((at for at, name in enumerate(names, 1) if name in right), 0)

    return Try(
        before=first(text),
        holds=tuple(first(word, strict=True) > 0 for word in offered),
        added=tuple(first(f"{text} {word}") for word in offered),
        alternative=tuple(first(f"{text} OR {word}") for word in offered),
    )


def _options(
    trial: Trial, index: Index, text: str, most: int, *, strict: bool = False
) -> SearchOptions:
    asked = SearchArguments(query=(text,), limit=most, strict=strict)
    return search_options(trial.folder, index, asked)


@contextmanager
def of_lost_words(issues: Sequence[Issue]) -> Iterator[Trial]:
    """For sections drawn by lot, two words of each and one that the archive lacks, in any order."""
    dice = random.Random(1)
    every = [(issue.head.key, section) for issue in issues for section in issue.sections]
    queries: dict[str, str] = {}
    judged: Judged = {}
    for at in range(_MADE):
        key, section = dice.choice(every)
        telling = sorted(_telling(section))
        if len(telling) >= _PAGE:
            picked = [*dice.sample(telling, 2), _NOWHERE]
            dice.shuffle(picked)
            queries[f"lost{at:03}"] = " ".join(picked)
            judged[f"lost{at:03}"] = {f"{key}.{section.position}": 1}
    with indexed(issues) as folder:
        yield Trial(
            name="lost words",
            group="lost words",
            about=f"{len(queries)} queries of two words of a section and one that is in none",
            folder=folder,
            queries=queries,
            judged=judged,
            names=addresses(folder),
        )


def _telling(section: Section) -> set[str]:
    text = " ".join(block.text for block in section.blocks)
    found = {word for _, word in words.phrase(text) if re.fullmatch("[a-z]{4,}", word)}
    return {word for word in found if not is_function_word(Term(text=word))}


def _lines(found: Offers) -> Iterator[str]:
    """The figures, to be read."""
    tries = found.tries
    yield (
        f"  {found.relaxed} of {found.queries} queries have no section with all words; "
        f"words are offered for {len(tries)}"
    )
    if not tries:
        return
    share = f"{sum(one.holds[0] for one in tries) / len(tries):.2f}"
    any_ = f"{sum(any(one.holds) for one in tries) / len(tries):.2f}"
    yield f"  a right section has the first word {share}, any of the words {any_}"
    for name, ranks in (
        ("as typed", [one.before for one in tries]),
        ("with the first word", [one.added[0] for one in tries]),
        ("with the best word", [_best(one.added) for one in tries]),
        ("OR the first word", [one.alternative[0] for one in tries]),
        ("OR the best word", [_best(one.alternative) for one in tries]),
    ):
        mrr = sum(1 / rank for rank in ranks if rank) / len(ranks)
        page = sum(1 <= rank <= _PAGE for rank in ranks)
        lost = [rank for rank, one in zip(ranks, tries, strict=True) if one.before != 1]
        yield (
            f"  {name:<20} first {sum(rank == 1 for rank in ranks):>4}  on the page {page:>4}  "
            f"MRR {mrr:.3f}  of {len(lost)} not first before: first {lost.count(1)}"
        )


def _best(ranks: tuple[int, ...]) -> int:
    return min((rank for rank in ranks if rank), default=0)
