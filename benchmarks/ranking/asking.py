"""Asking: what a reader gets who types a query, and what any of its words would give."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from backissue.archive.settings import INDEX
from backissue.cli.searching import SearchArguments, search_options
from backissue.errors import BackissueError
from backissue.index import Index
from backissue.query import NO_SYNONYMS, Or, Query, SearchOptions, Term
from backissue.text import words
from ranking.trials import Trial

MOST = 1000  # hits of a query, as trec_eval expects


class Answer(NamedTuple):
    """The documents that a query found, the best first; `refused` says that it ended in exit 2."""

    documents: tuple[str, ...] = ()
    refused: bool = False


Answers = Mapping[str, Answer]  # by query
Way = Callable[[Trial, Index, str], SearchOptions]


def as_typed(trial: Trial, index: Index, text: str) -> SearchOptions:
    """What `backissue search` asks for when the query is its one argument."""
    return search_options(trial.folder, index, SearchArguments(query=(text,), limit=MOST))


def strictly(trial: Trial, index: Index, text: str) -> SearchOptions:
    """What `backissue search --strict` asks for."""
    asked = SearchArguments(query=(text,), limit=MOST, strict=True)
    return search_options(trial.folder, index, asked)


def without_synonyms(trial: Trial, index: Index, text: str) -> SearchOptions:
    """As typed, without the synonyms that come with the program."""
    return replace(as_typed(trial, index, text), synonyms=NO_SYNONYMS)


def any_word(_trial: Trial, _index: Index, text: str) -> SearchOptions:
    """Any of the words of a query, whatever signs stand between them."""
    terms = tuple(Term(text=token.text) for token in words.tokens(text))
    return SearchOptions(query=Query(source=text, root=Or(nodes=terms)), limit=MOST)


WAYS: Mapping[str, Way] = {
    "as typed": as_typed,
    "no synonyms": without_synonyms,
    "--strict": strictly,
    "any word": any_word,
}


def tag_of(way: str) -> str:
    """The name of a way of asking in files."""
    return way.strip("-").replace(" ", "-")


def ask(trial: Trial, way: Way) -> Answers:
    """What each query of a trial finds."""
    with Index.open(trial.folder / INDEX) as index:
        return {query: _answer(trial, index, way, text) for query, text in trial.queries.items()}


def _answer(trial: Trial, index: Index, way: Way, text: str) -> Answer:
    try:
        options = way(trial, index, text)
    except BackissueError:
        return Answer(refused=True)
    ranked = index.searcher.ranked(options)
    return Answer(tuple(trial.names[document] for document, _ in ranked))
