"""The searcher: which sections of an index answer a query."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from heapq import nsmallest
from typing import TYPE_CHECKING, NamedTuple, assert_never

from backissue.index.search import ranking, snippets
from backissue.index.storage import TEXT, HeadRow, Postings, Snapshot, guarded, rows, short_address
from backissue.query import (
    Address,
    Dates,
    Facet,
    Group,
    Numbers,
    Query,
    SearchOptions,
    Sort,
    Sought,
)
from backissue.records import Found, Hit, Reason, Related, SectionKind, slug_of

if TYPE_CHECKING:
    from backissue.index.search import diagnostics, explaining, partial_matches
    from backissue.index.search import related as bonds


class Place(NamedTuple):
    """Where a section is: its issue's key, and its position, counted from 1."""

    key: str
    position: int


class Searcher:
    """Answers queries against one state of an index.

    Every method raises IndexUnusableError if a file turns out to be damaged.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def search(self, asked: SearchOptions) -> Found:
        """The sections that answer: how many in all, and the first `limit` of them.

        Equal scores are ordered by date, newest first, then by key and position. If nothing is
        found, `suggestion` is a query in the archive's own spelling that does find something.
        """
        with guarded():
            scores, partial = self._answers(asked)
            relaxed = bool(asked.partial and partial and partial.lacking)
            most = len(scores) if asked.limit is None else asked.limit
            documents = self._first(scores, len(scores) if asked.grouped else most, asked.sort)
            if asked.grouped:
                documents = self._by_issue(documents)[:most]
            wanted = (*asked.query.wanted(), *(partial.shown if partial else ()))
            hits = tuple(
                self._hit(
                    rank, document, scores[document], wanted, context=asked.context, partial=partial
                )
                for rank, document in enumerate(documents, 1)
            )
            suggestion = None if scores and not relaxed else self.respelled(asked.query)
            return Found(total=len(scores), hits=hits, suggestion=suggestion, relaxed=relaxed)

    def _answers(
        self, asked: SearchOptions
    ) -> "tuple[ranking.Scores, partial_matches.PartialMatches | None]":
        """The scores of the sections that answer; of partial matches also what they lack."""
        query, synonyms = asked.query, asked.synonyms
        found = self._ranking.answers(query.root)
        partial = None
        if synonyms.own:
            partial = self._partial(query, synonyms.own, 1.0)
        if asked.partial and not found and not (partial and partial.sections):
            partial = self._partial(query, (*synonyms.own, *synonyms.built_in()), None)
        if partial is None:
            return found, None
        return {doc: one.score for doc, one in partial.sections.items()} | found, partial

    def _partial(
        self, query: Query, groups: tuple[Group, ...], share: float | None
    ) -> "partial_matches.PartialMatches":
        from backissue.index.search import partial_matches

        return partial_matches.partial_matches(
            query.root,
            self._ranking.scores,
            groups,
            is_grammar=ranking.is_grammar,
            share=partial_matches.ENOUGH if share is None else share,
        )

    def _by_issue(self, documents: Iterable[int]) -> list[int]:
        """These sections, those of one issue together where the first of them stands."""
        issues: dict[int, list[int]] = {}
        for document in documents:
            issues.setdefault(self._snapshot.place_of(document), []).append(document)
        return [document for group in issues.values() for document in group]

    def facet(self, asked: SearchOptions, facet: Facet) -> tuple[int, tuple[tuple[str, int], ...]]:
        """How many sections `search` finds, and how many of them there are of each kind,
        publication, year or issue: the most frequent first, of equals the first by name.
        """
        with guarded():
            found, _ = self._answers(asked)
            if facet is Facet.KIND:
                kinds = {
                    kind.value: self._snapshot.tagged(f"kind:{kind.value}") for kind in SectionKind
                }
                counts = Counter({name: len(found.keys() & set(of)) for name, of in kinds.items()})
            else:
                heads = (
                    self._snapshot.rows[self._snapshot.place_of(document)][1] for document in found
                )
                counts = Counter(self._facet_of(row, facet) for row in heads)
        ranked = sorted((-count, value) for value, count in counts.items() if count)
        return len(found), tuple((value, -count) for count, value in ranked)

    def _facet_of(self, row: HeadRow, facet: Facet) -> str:
        match facet:
            case Facet.ISSUE:
                return self._snapshot.head(row).id
            case Facet.PUBLICATION:
                return slug_of(row.key)
            case Facet.YEAR:
                return row.date[:4] if row.date else "undated"
            case Facet.KIND:
                raise ValueError("a kind is a section's, not an issue's")
            case _:
                assert_never(facet)

    def related(self, key: str, position: int, limit: int = 10) -> tuple[Related, ...]:
        """The sections that belong with one, the closest first, each with its reasons.

        Other sections of its own issue are left out: they stand beside it anyway.
        """
        from backissue.index.search import related

        with guarded():
            found = self._snapshot.row_of(key)
            if found is None or not 1 <= position <= found[1].sections:
                return ()
            section = rows.section_from_json(self._snapshot.record(found[0] + position))
            slug = slug_of(key)
            bonds = related.ties(
                section,
                self._snapshot.head(found[1]),
                self._ranking.scores,
                self._ranking.rarity,
                lambda number: self._ranking.scores(Address(text=f"{slug}/{number}")),
            )
            own = range(found[0], found[0] + found[1].sections + 1)
            weight = {
                document: round(sum(tie.weight for tie in all_), 4)
                for document, all_ in bonds.items()
                if document not in own
            }
            closest = self._first(weight, limit, Sort.RELEVANCE)
            return tuple(self._related(one, weight[one], bonds[one]) for one in closest)

    def _related(self, document: int, weight: float, ties: "list[bonds.Tie]") -> Related:
        from backissue.index.search import related as bonds

        return Related(
            score=weight,
            section=rows.section_from_json(self._snapshot.record(document)),
            issue=self._snapshot.head(self._snapshot.row_around(document)[1]),
            reasons=tuple(
                Reason(kind=bond.value, names=names) for bond, names in bonds.named(ties)
            ),
        )

    def ranking_of(self, query: Query, *, limit: int | None = None) -> tuple[Place, ...]:
        """Where the sections are that answer `query`, the best first, and nothing more of them."""
        with guarded():
            scores = self._ranking.answers(query.root)
            most = len(scores) if limit is None else limit
            return tuple(self._place(one) for one in self._first(scores, most, Sort.RELEVANCE))

    def _place(self, document: int) -> Place:
        first, head = self._snapshot.row_around(document)
        return Place(head.key, document - first)

    def explain(
        self, query: Query, key: str, position: int, score: float | None = None
    ) -> "tuple[explaining.Earned, ...]":
        """What a section earns for each part of a query; none if it does not answer it.

        With `score`, which a loose answer gave it, what of the query it does answer.
        """
        from backissue.index.search import explaining

        with guarded():
            found = self._snapshot.row_of(key)
            if not found:
                return ()
            return explaining.explain(self._ranking, query.root, found[0] + position, score)

    def unmatched(self, query: Query) -> tuple[str, ...]:
        """The words and phrases of `query`, as it spells them, that no section has."""
        from backissue.index.search import diagnostics

        with guarded():
            return diagnostics.unmatched(self._ranking.scores, query)

    def blocking(self, query: Query) -> "diagnostics.Blocking | None":
        """What kept `query`, which finds nothing, from finding; None if no part would help."""
        from backissue.index.search import diagnostics

        with guarded():
            return diagnostics.blocking(self._ranking.scores, query)

    def cut_expansions(self, query: Query) -> "tuple[diagnostics.Cut, ...]":
        """What in `query` stands for more words than were looked for."""
        from backissue.index.search import diagnostics

        with guarded():
            return diagnostics.cut_expansions(self._ranking.expansion, query)

    def respelled(self, query: Query) -> str | None:
        """`query` respelled where no section has a word, if that finds something; else None."""
        from backissue.index.search import spelling

        with guarded():
            return spelling.respelled(self._ranking.scores, self._ranking.words, query)

    @cached_property
    def _ranking(self) -> ranking.Ranking:
        return ranking.Ranking(_Words(self._snapshot))

    def _first(self, scores: ranking.Scores, limit: int, sort: Sort) -> list[int]:
        order = self._order(sort)
        if sort is Sort.RELEVANCE:
            # Rounded, because sums of floats differ in their last bits for no reason of the reader.
            return nsmallest(
                limit,
                scores,
                key=lambda one: (-round(scores[one], 9), order[self._snapshot.place_of(one)], one),
            )
        return nsmallest(limit, scores, key=lambda one: (order[self._snapshot.place_of(one)], one))

    def _order(self, sort: Sort) -> list[int]:
        """For each of the rows its place among the issues in the order of `sort`."""
        match sort:
            case Sort.RELEVANCE:
                ordered = sorted(range(len(self._snapshot.rows)), key=self._by_date_and_key)
            case Sort.NEWEST:
                ordered = sorted(range(len(self._snapshot.rows)), key=self._newest_first)
            case Sort.OLDEST:
                ordered = sorted(range(len(self._snapshot.rows)), key=self._oldest_first)
            case _:
                assert_never(sort)
        order = [0] * len(ordered)
        for place, at in enumerate(ordered):
            order[at] = place
        return order

    def _by_date_and_key(self, at: int) -> tuple[int, str]:
        head = self._snapshot.rows[at][1]
        return (-head.day, head.key)

    def _newest_first(self, at: int) -> tuple[int, int, str]:
        head = self._snapshot.rows[at][1]
        return (-head.day, -(head.number or 0), head.key)

    def _oldest_first(self, at: int) -> tuple[bool, int, int, str]:
        head = self._snapshot.rows[at][1]
        return (head.date is None, head.day, head.number or 0, head.key)

    def _hit(
        self,
        rank: int,
        document: int,
        score: float,
        wanted: tuple[Sought, ...],
        *,
        context: int,
        partial: "partial_matches.PartialMatches | None",
    ) -> Hit:
        match = partial.sections.get(document) if partial else None
        section = rows.section_from_json(self._snapshot.record(document))
        return Hit(
            rank=rank,
            score=round(score, 4),
            section=section,
            issue=self._snapshot.head(self._snapshot.row_around(document)[1]),
            snippet=snippets.snippet(section, wanted, context),
            missing=match.missing if match else (),
            instead=match.instead if match else (),
        )


class _Words:
    """A snapshot as the ranking sees it (`ranking.Words`)."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def postings(self, field: str, word: str) -> list[Postings]:
        term = word.encode(errors="surrogatepass")
        found: list[Postings] = []
        for segment in self._snapshot.segments:
            row = segment.words.row(field, term)
            if row is not None:
                found.append(segment.postings(row))
        return found

    def beginning(self, field: str, prefix: str) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for segment in self._snapshot.segments:
            terms_at = segment.words.rows(field, prefix.encode(errors="surrogatepass"))
            terms = [key.decode(errors="surrogatepass") for key in segment.words.keys(terms_at)]
            counts = dict(zip(terms, segment.words.lengths(terms_at), strict=True))
            if found:
                counts.update({word: found[word] + counts.get(word, 0) for word in found})
            found = counts
        return found

    def of_kind(self, kind: str) -> Collection[int]:
        return self._snapshot.tagged(f"kind:{kind}")

    def among(self, node: Numbers | Address | Dates) -> Collection[int]:
        return self._sections(_accepts(node))

    def everything(self) -> Collection[int]:
        return self._sections(lambda _: True)

    def lengths(self) -> list[int]:
        found: list[int] = []
        for segment in self._snapshot.segments:
            lengths = segment.records.lengths(TEXT)
            if segment.gone:
                lengths = [0 if at in segment.gone else n for at, n in enumerate(lengths)]
            found += lengths
        return found

    def _sections(self, accepts: Callable[[HeadRow], bool]) -> list[int]:
        return [
            section
            for document, row in self._snapshot.rows
            if accepts(row)
            for section in range(document + 1, document + row.sections + 1)
        ]


def _accepts(node: Numbers | Address | Dates) -> Callable[[HeadRow], bool]:
    """Whether an issue's stored head is one that `node` means."""
    match node:
        case Numbers():
            return lambda row: row.number is not None and row.number in node
        case Address():
            wanted = node.text.casefold()
            if wanted.endswith("/"):
                return lambda row: row.key.startswith(wanted)
            return lambda row: wanted in (row.key.casefold(), short_address(row.key), row.date)
        case Dates():
            # ISO dates compare as text; an issue without a date is at no time.
            first = node.first.isoformat() if node.first else ""
            last = node.last.isoformat() if node.last else "9999-12-31"
            return lambda row: row.date is not None and first <= row.date <= last
        case _:
            assert_never(node)
