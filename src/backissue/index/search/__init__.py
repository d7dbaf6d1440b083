"""Which sections answer a query, how well, and what to say about it.

* `searcher`: the way of a search, stage by stage; sort orders, counts by facet.
* `matching`: the sections that have a word, a phrase, or words near one another.
* `marking`: where a text answers, word for word.
* `ranking`: the score of a section.
* `expansion`: the words that a prefix, a pattern or a fuzzy word stands for.
* `dating`: between which days an issue without a date came out.
* `facts`: which issues a query means by number, address or day.
* `partial_matches`: sections that have most of the words, or synonyms of them.
* `related_words`: words that the best partial matches have in common, to try next.
* `snippets`: the passage that answers best.
* `fragments`: what a section has of a query beside that passage.
* `passages`: the beginning of a section; a passage with more sentences around it.
* `spelling`: a query in the archive's own words.
* `diagnostics`: which words are nowhere, and what kept a query from finding anything.
* `explaining`: why a section scores as it does.
* `related`: which sections belong with one, and why.

`Searcher` is what the rest of the program knows of all this.
"""

from typing import TYPE_CHECKING, Protocol

from backissue.query import Facet, Query, SearchOptions
from backissue.records import Found, Places, Related, Undated

if TYPE_CHECKING:
    from backissue.index.search.diagnostics import Blocking, Cut
    from backissue.index.search.explaining import Earned

__all__ = (
    "Blocking",
    "Cut",
    "Earned",
    "Searcher",
    "dating",
    "diagnostics",
    "explaining",
    "facts",
    "fragments",
    "marking",
    "matching",
    "partial_matches",
    "passages",
    "ranking",
    "related",
    "related_words",
    "searcher",
    "snippets",
    "spelling",
)


class Searcher(Protocol):
    """Answers queries against one state of an index.

    Every method raises IndexUnusableError if a file turns out to be damaged.
    """

    def search(self, asked: SearchOptions) -> Found:
        """The sections that answer: how many in all, and the first `limit` of them.

        Sections that have all words come before those that have some. Equal scores are sorted by
        date, newest first, then by address. If no section has all words, `suggestion` is a query in
        the archive's own spelling that does find something.
        """

    def ranked(self, asked: SearchOptions) -> tuple[tuple[int, float], ...]:
        """The sections of `search` as document numbers, with their scores: nothing is read of them.

        A document number counts the issues and sections of the index in its order.
        """

    def facet(self, asked: SearchOptions, facet: Facet) -> tuple[int, tuple[tuple[str, int], ...]]:
        """How many sections `search` finds, and how many of them for each value of a facet.

        The most frequent value comes first, of equals the first by alphabet.
        """

    def places(self, query: Query) -> Places:
        """What finds the words of `query` in a text: in all forms, phrases and patterns.

        A text is the `heading`, `deck`, `body`, `label`, `thesis`, `why` or a `link` of a section,
        or the `title` of an issue. What is under a NOT is not found.
        """

    def undated(self, asked: SearchOptions) -> Undated | None:
        """What is left out of `search` because it is not known whether its days are in a range."""

    def related(self, key: str, position: int, limit: int = 10) -> tuple[Related, ...]:
        """The sections of other issues that belong with one, the closest first, with reasons.

        None if there is no such section; positions count from 1.
        """

    def explain(self, asked: SearchOptions, key: str, position: int) -> "tuple[Earned, ...]":
        """What each part of a query adds to a section's score; none if `search` does not find it.

        The points add up to the score.
        """

    def unmatched(self, query: Query) -> tuple[str, ...]:
        """The words and phrases of `query`, as it spells them, that no section has."""

    def blocking(self, query: Query) -> "Blocking | None":
        """What kept `query` from finding anything; None if leaving out parts would not help."""

    def cut_expansions(self, query: Query) -> "tuple[Cut, ...]":
        """The parts of `query` that stand for more words than were searched for."""

    def respelled(self, query: Query) -> str | None:
        """`query` with words that no section has corrected, if it then finds something."""
