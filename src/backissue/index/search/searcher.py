"""The way of a search: `IndexSearcher.search` has its stages, in order."""

# Searcher, the protocol, has the docstrings.
# ruff: noqa: D102

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cached_property
from heapq import nsmallest
from typing import TYPE_CHECKING, assert_never

from backissue.index.search import Searcher, snippets
from backissue.index.search.matching import Matcher
from backissue.index.search.ranking import Ranking, Scores
from backissue.index.storage import HeadRow, Snapshot, guarded, rows
from backissue.query import (
    Facet,
    Node,
    Query,
    SearchOptions,
    Sort,
    expands,
    in_doubt,
    leaves,
)
from backissue.records import (
    Found,
    Hit,
    Places,
    Reason,
    Related,
    Section,
    SectionKind,
    Undated,
    slug_of,
)

if TYPE_CHECKING:
    from backissue.index.search.diagnostics import Blocking, Cut
    from backissue.index.search.explaining import Earned
    from backissue.index.search.partial_matches import PartialMatches


class IndexSearcher(Searcher):
    """Answers queries against one state of an index."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def search(self, asked: SearchOptions) -> Found:
        """See `Searcher.search`. Names are resolved before: `query.parse` and `query.restrict`."""
        with guarded():
            scores, partial = self._scored(asked)  # expanded, matched and scored
            documents = self._sorted(scores, asked)  # grouped, and the first `limit`
            hits = self._hits(documents, scores, partial, asked)  # with snippets
            lacking = asked.partial and partial is not None and partial.lacking
            suggestion = self.respelled(asked.query) if lacking or not scores else None
            root = in_doubt(asked.query.root)  # another one if it asks for days
            undated = None if root is asked.query.root else self._undated(asked, root, scores)
        return Found(
            total=len(scores),
            hits=hits,
            suggestion=suggestion,
            relaxed=lacking,
            undated=undated,
        )

    @cached_property
    def _ranking(self) -> Ranking:
        return Ranking(Matcher(self._snapshot))

    def _scored(self, asked: SearchOptions) -> "tuple[Scores, PartialMatches | None]":
        """The sections that answer, with their scores, and those of them that do so in part."""
        whole = self._ranking.answers(asked.query.root)
        partial = self._partial_matches(asked, whole)
        return (whole if partial is None else partial.scores | whole), partial

    def _undated(self, asked: SearchOptions, root: Node, found: Collection[int]) -> Undated | None:
        """What is left out of `found`, but answers `root`: the days of its issues are not known."""
        from backissue.index.search.dating import in_order

        if all(row.date for _, row in self._snapshot.rows):
            return None
        query = Query(source=asked.query.source, root=root)
        maybe, _ = self._scored(replace(asked, query=query))
        lacking = sorted(maybe.keys() - found)
        if not lacking:
            return None
        issues = list(dict.fromkeys(map(self._snapshot.place_of, lacking)))
        rows = [self._snapshot.rows[at][1] for at in issues]
        first = in_order(rows, self._ranking.matcher.bounds, newest=True)[0]
        return Undated(
            sections=len(lacking), issues=len(rows), newest=self._snapshot.head(rows[first])
        )

    def _partial_matches(self, asked: SearchOptions, whole: Scores) -> "PartialMatches | None":
        """The sections that answer with your synonyms; if there are none, with most of the words.

        None where neither is asked for.
        """
        own, wants_most = asked.synonyms.own, asked.partial and not whole
        if not (own or wants_most):
            return None
        from backissue.index.search.partial_matches import ENOUGH, partial_matches
        from backissue.query.synonyms import built_in

        found = partial_matches(asked.query.root, self._ranking, own, share=1) if own else None
        if wants_most and not (found and found.sections):
            groups = (*own, *(built_in() if asked.synonyms.built_in else ()))
            found = partial_matches(asked.query.root, self._ranking, groups, share=ENOUGH)
        return found

    def _sorted(self, scores: Scores, asked: SearchOptions) -> list[int]:
        most = len(scores) if asked.limit is None else asked.limit
        if not asked.grouped:
            return self._first(scores, most, asked.sort)
        issues: dict[int, list[int]] = {}
        for document in self._first(scores, len(scores), asked.sort):
            issues.setdefault(self._snapshot.place_of(document), []).append(document)
        return [document for group in issues.values() for document in group][:most]

    def _first(self, scores: Scores, limit: int, sort: Sort) -> list[int]:
        place_of = self._snapshot.place_of
        if sort is not Sort.RELEVANCE:
            order = self._by_day(newest=sort is Sort.NEWEST)
            return nsmallest(limit, scores, key=lambda one: (order[place_of(one)], one))
        # Rounded, because sums of floats differ in their last bits.
        ranks = {document: -round(score, 9) for document, score in scores.items()}
        last = nsmallest(limit, ranks.values())[-1:]
        among = [document for document, rank in ranks.items() if [rank] <= last]
        if len({ranks[document] for document in among}) == len(among):  # nearly always
            return sorted(among, key=ranks.__getitem__)
        order = self._by_day(newest=True)
        return nsmallest(limit, among, key=lambda one: (ranks[one], order[place_of(one)], one))

    def _by_day(self, *, newest: bool) -> dict[int, int]:
        """For the place of each issue in `rows`, where it stands in the order of the days."""
        from backissue.index.search.dating import in_order

        heads = [head for _, head in self._snapshot.rows]
        ranked = in_order(heads, self._ranking.matcher.bounds, newest=newest)
        return {at: rank for rank, at in enumerate(ranked)}

    def _hits(
        self,
        documents: Iterable[int],
        scores: Scores,
        partial: "PartialMatches | None",
        asked: SearchOptions,
    ) -> tuple[Hit, ...]:
        wanted = (*asked.query.wanted(), *(partial.shown if partial else ()))
        places = snippets.places(wanted)
        hits: list[Hit] = []
        for rank, document in enumerate(documents, 1):
            section = self._section(document)
            match = partial.sections.get(document) if partial else None
            hits.append(
                Hit(
                    rank=rank,
                    score=round(scores[document], 4),
                    section=section,
                    issue=self._snapshot.head(self._snapshot.row_around(document)[1]),
                    snippet=snippets.snippet(section, wanted, asked.context),
                    missing=match.missing if match else (),
                    instead=match.instead if match else (),
                    heading_highlights=tuple(places("heading", section.heading)),
                )
            )
        return tuple(hits)

    def _section(self, document: int) -> Section:
        return rows.section_from_json(self._snapshot.record(document))

    def facet(self, asked: SearchOptions, facet: Facet) -> tuple[int, tuple[tuple[str, int], ...]]:
        with guarded():
            found = self._scored(asked)[0].keys()
            counts: Counter[str] = Counter()
            if facet is Facet.KIND:
                for kind in SectionKind:
                    of_kind = self._snapshot.tagged(f"kind:{kind.value}")
                    counts[kind.value] = len(found & set(of_kind))
            else:
                places = map(self._snapshot.place_of, found)
                counts.update(self._facet_of(self._snapshot.rows[at][1], facet) for at in places)
        ranked = sorted((-count, value) for value, count in counts.items() if count)
        return len(found), tuple((value, -count) for count, value in ranked)

    def _facet_of(self, row: HeadRow, facet: Facet) -> str:
        match facet:
            case Facet.ISSUE:
                return self._snapshot.head(row).id
            case Facet.PUBLICATION:
                return slug_of(row.key)
            case Facet.YEAR:
                return self._ranking.matcher.bounds[row.key].year or "undated"
            case Facet.KIND:
                raise ValueError("a kind is a section's, not an issue's")
            case _:
                assert_never(facet)

    def undated(self, asked: SearchOptions) -> Undated | None:
        with guarded():
            root = in_doubt(asked.query.root)  # another one if it asks for days
            if root is asked.query.root:
                return None
            return self._undated(asked, root, self._scored(asked)[0])

    def related(self, key: str, position: int, limit: int = 10) -> tuple[Related, ...]:
        from backissue.index.search import related

        with guarded():
            row = self._snapshot.row_of(key)
            if row is None or not 1 <= position <= row[1].sections:
                return ()
            issue, head = row[0], self._snapshot.head(row[1])
            ties = related.ties(self._section(issue + position), head, self._ranking)
            own = range(issue, issue + head.sections + 1)
            weights = {
                document: round(sum(tie.weight for tie in found), 4)
                for document, found in ties.items()
                if document not in own
            }
            return tuple(
                Related(
                    score=weights[document],
                    section=self._section(document),
                    issue=self._snapshot.head(self._snapshot.row_around(document)[1]),
                    reasons=tuple(
                        Reason(kind=bond.value, names=names)
                        for bond, names in related.named(ties[document])
                    ),
                )
                for document in self._first(weights, limit, Sort.RELEVANCE)
            )

    def explain(
        self, query: Query, key: str, position: int, score: float | None = None
    ) -> "tuple[Earned, ...]":
        from backissue.index.search.explaining import explain

        with guarded():
            row = self._snapshot.row_of(key)
            return explain(self._ranking, query.root, row[0] + position, score) if row else ()

    def places(self, query: Query) -> Places:
        return snippets.places(query.wanted())

    def unmatched(self, query: Query) -> tuple[str, ...]:
        with guarded():
            lacking = [leaf for leaf in query.wanted() if not self._ranking.scores(leaf)]
            if not lacking:
                return ()
            from backissue.index.search import diagnostics

            return diagnostics.unmatched(self._ranking, lacking)

    def blocking(self, query: Query) -> "Blocking | None":
        from backissue.index.search import diagnostics

        with guarded():
            return diagnostics.blocking(self._ranking, query)

    def cut_expansions(self, query: Query) -> "tuple[Cut, ...]":
        expanding = [leaf for leaf in dict.fromkeys(leaves(query.root)) if expands(leaf)]
        if not expanding:
            return ()
        from backissue.index.search import diagnostics

        with guarded():
            return diagnostics.cut_expansions(self._ranking, expanding)

    def respelled(self, query: Query) -> str | None:
        from backissue.index.search import spelling

        with guarded():
            return spelling.respelled(self._ranking, query)
