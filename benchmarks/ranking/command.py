"""The command line."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from ranking import changes, tables
from ranking.asking import WAYS
from ranking.measures import OF_COLLECTIONS, OF_QUESTIONS
from ranking.own import Kind, issues_in, of_kind
from ranking.published import load
from ranking.questions import QUESTIONS, SEEDS, UNSEEN, of_pasted, of_questions
from ranking.trials import Making, of_collection

_BEFORE_AND_NOW = (("any word", "any word"), ("any word", "as typed"), ("as typed", "as typed"))


def main(about: str) -> None:
    """Measure, and print."""
    parser = _parser(about)
    options = parser.parse_args()
    try:
        lasting = [changes.parsed(change) for change in options.lasting]
        tried = [changes.parsed(change) for change in options.tried]
    except ValueError as error:
        parser.error(str(error))
    tried += changes.KNOBS if options.knobs else ()
    with ExitStack() as stack:
        for change in lasting:
            stack.enter_context(change.made())
        for table in _tables(options, tried):
            print(table, end="\n\n", flush=True)


def _parser(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("collections", nargs="*", type=Path, metavar="COLLECTION", help="TREC, SMART or BEIR")
    add("--questions", action="store_true", help="questions about the seeds, and pasted texts")
    add("--own", nargs="*", type=Path, metavar="FOLDER", help="the newsletter's own kind")
    add("--runs", type=Path, metavar="DIR", help="write files for trec_eval")
    add("--set", action="append", default=[], metavar="NAME=VALUE", dest="lasting")
    add("--compare", action="append", default=[], metavar="NAME=VALUE", dest="tried")
    add("--knobs", action="store_true", help="compare every number of the formula")
    add("--against", type=Path, metavar="DIR", help="compare with the runs in a folder")
    add("--way", choices=list(WAYS), default="as typed", help="what --compare and --knobs ask")
    return parser


def _tables(options: argparse.Namespace, tried: Sequence[changes.Change]) -> Iterator[str]:
    published = [partial(of_collection, one.name, load(one)) for one in options.collections]
    own: list[Making] = []
    if options.own is not None:
        issues = issues_in([SEEDS, *options.own])
        own = [partial(of_kind, kind, issues) for kind in Kind]
    questions: list[Making] = []
    pasted: list[Making] = []
    if options.questions:
        issues = issues_in([SEEDS])
        questions = [partial(of_questions, name, issues) for name in (QUESTIONS, UNSEEN)]
        pasted = [partial(of_pasted, issues)]
    if options.against is not None:
        every = [*published, *own, *questions, *pasted]
        yield from (tables.against(every, options.against, ways) for ways in _BEFORE_AND_NOW)
        return
    # By the unseen questions no number may be chosen, nor by pasted texts, which all find theirs.
    deciding = [*published, *own, *questions[:1]]
    if options.tried:
        yield tables.comparison(deciding, tried, options.way)
        return
    both, runs = tables.BOTH_WAYS, options.runs
    if published:
        yield tables.figures(published, OF_COLLECTIONS, both, runs)
    if questions:
        yield tables.figures(questions, OF_QUESTIONS, tuple(WAYS), runs)
        yield tables.figures(pasted, OF_QUESTIONS, both, runs)
    if own:
        yield tables.figures(own, OF_COLLECTIONS, both, runs)
    if options.knobs:
        yield tables.comparison(deciding, tried, options.way)
