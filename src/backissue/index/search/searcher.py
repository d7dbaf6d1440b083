"""The way of a search: `IndexSearcher.search` has its stages, in order."""

# Searcher, the protocol, has the docstrings.
# ruff: noqa: D102

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from heapq import nsmallest
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from backissue.index.search import Searcher, snippets
from backissue.index.search.matching import Matcher
from backissue.index.search.ranking import NO_MATCHES, Answers, Ranking, Scores
from backissue.index.storage import HeadRow, Snapshot, guarded, rows
from backissue.query import (
    And,
    Facet,
    Field,
    Node,
    Query,
    SearchOptions,
    Sort,
    Sought,
    conjuncts,
    expands,
    in_doubt,
    leaves,
)
from backissue.query.parsing import parse
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


class IndexSearcher(Searcher):
    """Answers queries against one state of an index."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._explained: tuple[SearchOptions, Answers] | None = None  # hits come one by one

    def search(self, asked: SearchOptions) -> Found:
        """See `Searcher.search`. Names are resolved before: `query.parse` and `query.restrict`."""
        with guarded():
            answers = self._answers(asked)  # expanded, matched and scored
            documents = self._sorted(answers, asked)  # grouped, and the first `limit`
            hits = self._hits(documents, answers, asked)  # with snippets
            respelled = asked.partial and not answers.complete
            suggestion = self.respelled(asked.query) if respelled or not hits else None
            related = self._related_words(asked, answers, hits)
            root = in_doubt(asked.query.root)  # another one if it asks for days
            undated = None
            if root is not asked.query.root:
                undated = self._undated(asked, root, answers.found)
        return Found(
            total=len(answers.found),
            complete=len(answers.complete),
            partial=self._count_partial(answers, asked),
            hits=hits,
            suggestion=suggestion,
            relaxed=not answers.complete and bool(answers.partial.scores),
            undated=undated,
            related_words=related,
        )

    def ranked(self, asked: SearchOptions) -> tuple[tuple[int, float], ...]:
        with guarded():
            answers = self._answers(asked)
            return tuple((one, answers.score(one)) for one in self._sorted(answers, asked))

    @cached_property
    def _ranking(self) -> Ranking:
        return Ranking(Matcher(self._snapshot))

    def _answers(self, asked: SearchOptions) -> Answers:
        """The sections that have all of a query, and those that have some of it if asked for."""
        root, own = asked.query.root, asked.synonyms.own
        complete, of_synonyms = self._ranking.answers(root), NO_MATCHES
        if own:
            from backissue.index.search.partial_matches import with_synonyms

            of_synonyms = with_synonyms(root, self._ranking, own)
            complete = of_synonyms.scores | complete
        fills = asked.fill and (asked.limit is None or len(complete) < asked.limit)
        if not (asked.partial and (fills or not complete)):
            return Answers(complete, of_synonyms, NO_MATCHES)
        from backissue.index.search.partial_matches import partial_matches

        partial = partial_matches(root, self._ranking, asked.synonyms, complete)
        return Answers(complete, of_synonyms, partial)

    def _related_words(
        self, asked: SearchOptions, answers: Answers, hits: Sequence[Hit]
    ) -> tuple[str, ...]:
        """Words that lead on from partial matches, where there is nothing else."""
        root, most = asked.query.root, asked.limit
        if not asked.related_words or answers.complete or most is None:
            return ()
        from backissue.index.search.partial_matches import partial_matches
        from backissue.index.search.related_words import related_words

        before = answers.partial.scores
        page = set(self._first(before, most, Sort.RELEVANCE))

        def changes(word: str) -> bool:
            """Whether another section comes on the page if `word` is asked for, too."""
            node = parse(word).root
            more = And(nodes=(*conjuncts(root), node))
            having = self._ranking.scores(node)
            coming = {one: before.get(one, 0.0) + having[one] for one in having.keys() - page}
            only = page.union(self._first(coming, most, Sort.RELEVANCE))  # the likeliest
            scores = partial_matches(more, self._ranking, asked.synonyms, {}, only).scores
            return not page.issuperset(self._first(scores, most, Sort.RELEVANCE))

        known = [leaf for leaf in leaves(root) if isinstance(leaf, Sought)]
        return related_words(hits, (*known, *answers.shown), self._ranking, changes)

    def _count_partial(self, answers: Answers, asked: SearchOptions) -> int:
        """How many sections have some of a query and not all; of those that are not listed, too."""
        if not asked.partial:
            return 0
        if answers.partial.scores or not answers.complete:
            return len(answers.partial.scores)
        return len(self._ranking.some(asked.query.root) - answers.complete.keys())

    def _undated(self, asked: SearchOptions, root: Node, found: Collection[int]) -> Undated | None:
        """What is left out of `found`, but answers `root`: the days of its issues are not known."""
        from backissue.index.search.dating import in_order

        if all(row.date for _, row in self._snapshot.rows):
            return None
        query = replace(asked.query, root=root)
        lacking = sorted(self._answers(replace(asked, query=query)).found.keys() - found)
        if not lacking:
            return None
        issues = list(dict.fromkeys(map(self._snapshot.place_of, lacking)))
        rows = [self._snapshot.rows[at][1] for at in issues]
        first = in_order(rows, self._ranking.matcher.bounds, newest=True)[0]
        return Undated(
            sections=len(lacking), issues=len(rows), newest=self._snapshot.head(rows[first])
        )

    def _sorted(self, answers: Answers, asked: SearchOptions) -> list[int]:
        """The first `limit` sections: all that are complete come before those that are not.

        Of partial matches, the best are listed; the sort order says only in which order.
        """
        most = len(answers) if asked.limit is None else asked.limit
        listed = self._in_order(answers.complete, most, asked)
        best = answers.partial.scores
        if len(best) > most - len(listed):
            chosen = self._first(best, most - len(listed), Sort.RELEVANCE)
            best = {document: best[document] for document in chosen}
        return listed + self._in_order(best, len(best), asked)

    def _in_order(self, scores: Scores, most: int, asked: SearchOptions) -> list[int]:
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
        self, documents: Iterable[int], answers: Answers, asked: SearchOptions
    ) -> tuple[Hit, ...]:
        wanted = (*asked.query.wanted(), *answers.shown)
        places = snippets.places(wanted)
        rarity = self._rarity(wanted, len(asked.query.wanted()))
        hits: list[Hit] = []
        for rank, document in enumerate(documents, 1):
            section, match = self._section(document), answers.match(document)
            instead = match.instead if match else ()
            hits.append(
                Hit(
                    rank=rank,
                    score=round(answers.score(document), 4),
                    complete=document in answers.complete,
                    section=section,
                    issue=self._snapshot.head(self._snapshot.row_around(document)[1]),
                    snippet=snippets.snippet(section, wanted, asked.context, rarity(instead)),
                    missing=match.missing if match else (),
                    instead=instead,
                    heading_highlights=tuple(places("heading", section.heading)),
                )
            )
        return tuple(hits)

    def _rarity(
        self, wanted: tuple[Sought, ...], asked: int
    ) -> Callable[[tuple[tuple[str, str], ...]], tuple[float, ...]]:
        """How much each of `wanted` says of a section, by the synonyms that it has.

        The first `asked` of `wanted` are the words of the query, the others their synonyms. One
        that stands for no word in a section is worth nothing there.
        """
        ranking = self._ranking
        each = [ranking.rarity(len(ranking.scores(leaf))) for leaf in wanted]
        named = [str(leaf).strip('"') for leaf in wanted[asked:]]

        def known(instead: tuple[tuple[str, str], ...]) -> tuple[float, ...]:
            has = {found for _, found in instead}
            synonyms = (
                worth / 2 if name in has else 0.0
                for name, worth in zip(named, each[asked:], strict=True)
            )
            return (*each[:asked], *synonyms)

        return known

    def _section(self, document: int) -> Section:
        return rows.section_from_json(self._snapshot.record(document))

    def facet(self, asked: SearchOptions, facet: Facet) -> tuple[int, tuple[tuple[str, int], ...]]:
        with guarded():
            found = self._answers(asked).found.keys()
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
            return self._undated(asked, root, self._answers(asked).found)

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

    def explain(self, asked: SearchOptions, key: str, position: int) -> "tuple[Earned, ...]":
        from backissue.index.search.explaining import explain

        with guarded():
            row = self._snapshot.row_of(key)
            if row is None:
                return ()
            if self._explained is None or self._explained[0] != asked:
                self._explained = (asked, self._answers(asked))
            answers = self._explained[1]
            return explain(self._ranking, asked.query.root, answers, row[0] + position)

    def places(self, query: Query) -> Places:
        return snippets.places(query.wanted())

    def unmatched(self, query: Query) -> tuple[str, ...]:
        with guarded():
            wanted = query.wanted()
            lacking = [leaf for leaf in wanted if not self._ranking.scores(leaf)]
            # The address of a page is looked for in the text, and also behind links.
            lacking = [
                leaf
                for leaf in lacking
                if leaf.field is not Field.LINK or replace(leaf, field=None) not in wanted
            ]
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
