"""The index as Whoosh sees it, and our reader held against Whoosh's own searcher."""

import json
import random
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import query as whoosh

from backissue.archive.settings import INDEX
from backissue.errors import IndexUnusableError, NoArchiveError
from backissue.index import Index
from backissue.index.storage import ASIDE, TEXT, entries, rows
from backissue.index.storage.rows import TAG
from backissue.index.storage.whoosh_fields import HEAD, RECORD
from backissue.index.storage.writer import open_with_whoosh, write
from backissue.query import And, Kind, Node, Not, Or, Phrase, Query, SearchOptions, Term
from backissue.records import Issue
from backissue.text import words
from tests.test_index import LETTERS, PADDING, a_term, archives, issue, write_in_parts

Places = set[tuple[str, int]]  # sections, by their issue's key and their position
SECTIONS = whoosh.Prefix(TAG, "kind:")  # an issue's own document has no kind


@contextmanager
def searching(folder: Path, **options: Any) -> Iterator[Any]:
    with open_with_whoosh(folder).searcher(**options) as searcher:
        yield searcher


def shelf(reader: Any) -> dict[int, tuple[str, int]]:
    """Each section's place by its number: its issue's document is the last one before it."""
    places: dict[int, tuple[str, int]] = {}
    key, first = "", 0
    for document, stored in reader.iter_docs():
        if HEAD in stored:
            key, first = json.loads(stored[HEAD])[0], document
        else:
            places[document] = (key, document - first)
    return places


def whoosh_finds(
    searcher: Any, query: Any, among: dict[int, tuple[str, int]] | None = None
) -> Places:
    """The sections that Whoosh finds."""
    places = among or shelf(searcher.reader())
    return {places[hit.docnum] for hit in searcher.search(query, limit=None)}


@contextmanager
def both(folder: Path) -> Iterator[Callable[[Node], tuple[Places, Places]]]:
    """What Whoosh finds, and what our reader does."""
    with Index.open(folder) as opened, searching(folder) as searcher:
        places = shelf(searcher.reader())

        def ask(node: Node) -> tuple[Places, Places]:
            hits = opened.searcher.search(
                SearchOptions(query=Query(source="", root=node), limit=None)
            ).hits
            ours = {(hit.issue.key, hit.section.position) for hit in hits}
            return whoosh_finds(searcher, in_whoosh(node), places), ours

        yield ask


def in_whoosh(node: Node) -> Any:  # noqa: PLR0911
    """`node` as a query of Whoosh's own."""
    match node:
        case Term(prefix=True):
            return whoosh.Prefix(TEXT, node.text)
        case Term():
            forms = (node.text, *words.kin(node.text))
            return whoosh.Or([whoosh.Term(TEXT, form) for form in forms])
        case Phrase():
            return whoosh.Phrase(TEXT, [word for _, word in node.words])
        case Kind():
            return whoosh.Term(TAG, f"kind:{node.value}")
        case Not():
            return whoosh.And([SECTIONS, whoosh.Not(in_whoosh(node.node))])
        case And():
            return whoosh.And([SECTIONS, *map(in_whoosh, node.nodes)])
        case Or():
            return whoosh.Or([in_whoosh(inner) for inner in node.nodes])
        case _:
            raise AssertionError(f"not asked of Whoosh: {node}")


# --- both asked the same -------------------------------------------------------------------------

# Of a query's words, one that is in every text (`a`) may be missing where no section has it.
WORDS = sorted(
    {token.text for each in [*LETTERS, "absent"] for token in words.tokens(each)}
    - words.function_words()
)
BEGINNINGS = ["g", "gp", "gpt-4", "r", "x", "2"]
PHRASES = st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(
    lambda chosen: Phrase(words=tuple(enumerate(chosen)))
)
LEAVES = st.one_of(
    st.builds(a_term, text=st.sampled_from(WORDS)),
    st.builds(a_term, text=st.sampled_from(BEGINNINGS), prefix=st.just(True)),
    PHRASES,
    st.builds(Kind, value=st.sampled_from(["story", "fiction", "newsletter", "notes"])),
)
NODES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, node=inner),
        st.builds(And, nodes=st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, nodes=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
RANDOM = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@RANDOM
@given(archive=archives(), nodes=st.lists(NODES, min_size=1, max_size=12))
def test_whoosh_finds_in_a_random_archive_what_our_reader_finds(
    tmp_path_factory: pytest.TempPathFactory, archive: list[Issue], nodes: list[Node]
) -> None:
    folder = tmp_path_factory.mktemp("both") / "index"
    write_in_parts(folder, archive)
    with both(folder) as ask:
        for node in nodes:
            theirs, ours = ask(node)
            assert theirs == ours, node


@pytest.fixture(scope="module")
def seeds_index(archive: Path) -> Path:
    return archive / INDEX


def test_whoosh_finds_every_word_of_the_seeds_as_often_as_our_reader(seeds_index: Path) -> None:
    with Index.open(seeds_index) as opened, searching(seeds_index) as searcher:
        stored = [term.decode() for term in searcher.reader().lexicon(TEXT)]
        assert len(stored) > 3000
        for word in stored:
            expected = searcher.search(in_whoosh(Term(text=word)), limit=None)
            answer = opened.searcher.search(
                SearchOptions(query=Query(source="", root=Term(text=word)), limit=0)
            )
            assert answer.total == len(expected) > 0, word


def test_whoosh_finds_in_the_seeds_what_our_reader_finds(seeds_index: Path) -> None:
    chance = random.Random(396)
    with searching(seeds_index) as searcher:
        stored = [term.decode() for term in searcher.reader().lexicon(TEXT)]
    with both(seeds_index) as ask:
        for _ in range(60):
            one, other, third = (Term(text=word) for word in chance.sample(stored, 3))
            begun = Term(text=chance.choice(stored)[:3], prefix=True)
            for node in (one, begun, Or(nodes=(one, other)), And(nodes=(begun, Not(node=third)))):
                theirs, ours = ask(node)
                assert theirs == ours, node


def test_whoosh_finds_the_phrases_of_the_seeds_where_our_reader_does(seeds_index: Path) -> None:
    headings = [section.heading for one in issues_of(seeds_index) for section in one.sections]
    with both(seeds_index) as ask:
        for heading in headings:
            chosen = [word for word in heading.casefold().split() if word.isalpha()]
            for pair in pairwise(chosen):
                theirs, ours = ask(Phrase(words=tuple(enumerate(pair))))
                assert theirs == ours, pair


# --- what Whoosh is told -------------------------------------------------------------------------


def issues_of(folder: Path) -> list[Issue]:
    with Index.open(folder) as opened:
        found = [opened.shelf.issue(head.key) for head in opened.shelf.heads()]
    return [one for one in found if one]


def spots_of(archive: list[Issue], field: str) -> dict[tuple[str, int], dict[bytes, list[int]]]:
    """Where each word stands in `field` of each section, as the records have it."""
    return {
        (one.head.key, section.position): {
            term: array("I", spots).tolist()
            for term, _, spots in entries.entries(section, one.head)[field == ASIDE]
        }
        for one in archive
        for section in one.sections
    }


def check_words(reader: Any, archive: list[Issue], field: str) -> None:
    """Holds all that `reader`, without deletions in it, knows of words against the records."""
    places = shelf(reader)
    here = spots_of(archive, field)
    lengths = {place: sum(map(len, spots.values())) for place, spots in here.items()}
    assert {places[at]: reader.doc_field_length(at, field) for at in places} == lengths
    assert reader.field_length(field) == sum(lengths.values())
    assert reader.max_field_length(field) == max(lengths.values(), default=0)
    stored = {term for spots in here.values() for term in spots}
    assert list(reader.lexicon(field)) == sorted(stored)
    for term in stored:
        having = {place: spots[term] for place, spots in here.items() if term in spots}
        counts = [len(spots) for spots in having.values()]
        info = reader.term_info(field, term)
        assert reader.frequency(field, term) == info.weight() == sum(counts)
        assert reader.doc_frequency(field, term) == info.doc_frequency() == len(having)
        assert info.max_weight() == max(counts)
        assert info.min_length() == min(lengths[place] for place in having)
        assert info.max_length() == max(lengths[place] for place in having)
        check_postings(reader.postings(field, term), places, having)


def check_postings(
    matcher: Any, places: dict[int, tuple[str, int]], having: dict[tuple[str, int], list[int]]
) -> None:
    """Holds a term's postings against the places that have it, and where there."""
    found = {}
    while matcher.is_active():
        spots = matcher.value_as("positions")
        assert matcher.weight() == matcher.value_as("frequency") == len(spots)
        found[places[matcher.id()]] = spots
        matcher.next()
    assert found == having


@RANDOM
@given(archive=archives())
def test_whoosh_counts_the_words_that_the_records_have(
    tmp_path_factory: pytest.TempPathFactory, archive: list[Issue]
) -> None:
    folder = tmp_path_factory.mktemp("counts") / "index"
    archive = [*PADDING, *archive]
    write(folder, add=PADDING)
    for one in archive[2:]:
        write(folder, add=[one])
    with open_with_whoosh(folder).reader() as reader:
        assert reader.doc_count() == len(archive) + sum(len(one.sections) for one in archive)
        for field in (TEXT, ASIDE):
            check_words(reader, archive, field)


def test_whoosh_counts_the_words_of_the_seeds_as_they_are(seeds_index: Path) -> None:
    with open_with_whoosh(seeds_index).reader() as reader:
        for field in (TEXT, ASIDE):
            check_words(reader, issues_of(seeds_index), field)


@RANDOM
@given(archive=archives())
def test_the_records_that_whoosh_stores_come_back_equal(
    tmp_path_factory: pytest.TempPathFactory, archive: list[Issue]
) -> None:
    folder = tmp_path_factory.mktemp("records") / "index"
    write_in_parts(folder, archive)
    check_records(folder)


def test_the_records_of_the_seeds_come_back_equal(seeds_index: Path) -> None:
    check_records(seeds_index)


def check_records(folder: Path) -> None:
    """Puts every issue together from what Whoosh stores."""
    expected = {one.head.key: one for one in issues_of(folder)}
    with searching(folder) as searcher:
        assert searcher.doc_count() == sum(1 + len(one.sections) for one in expected.values())
        documents = list(searcher.reader().all_stored_fields())
        heads = [at for at, stored in enumerate(documents) if HEAD in stored]
        for first, last in pairwise([*heads, len(documents)]):
            issue, *sections = documents[first:last]
            key = json.loads(issue[HEAD])[0]
            assert searcher.document(tag=f"key:{key}") == issue
            whole = expected.pop(key)
            head = rows.HeadRow(*json.loads(issue[HEAD])).head(whole.head.id)
            read = tuple(rows.section_from_json(stored[RECORD]) for stored in sections)
            assert rows.issue_from_json(head, issue[RECORD], read) == whole
    assert not expected


def test_whoosh_sees_no_deleted_document(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(folder, add=[issue(number, "old words", "more words") for number in range(1, 9)])
    write(folder, add=[], remove=["import-ai/3"])
    with searching(folder) as searcher:
        reader = searcher.reader()
        assert (reader.doc_count_all(), reader.doc_count()) == (24, 21)
        gone = [at for at in range(24) if reader.is_deleted(at)]
        assert len(gone) == 3
        assert not set(gone) & {at for at, _ in reader.iter_docs()}
        assert ("import-ai/3", 1) not in whoosh_finds(searcher, whoosh.Term(TEXT, "words"))
        assert len(whoosh_finds(searcher, whoosh.Every(TEXT))) == 14


def test_a_searcher_of_whoosh_keeps_the_state_it_opened(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(folder, add=[issue(1, "old words")])
    with searching(folder) as before:
        write(folder, add=[issue(1, "new words")], clear=True)
        assert len(before.search(whoosh.Term(TEXT, "old"))) == 1
        assert before.reader().term_info(TEXT, "old").doc_frequency() == 1
    with searching(folder) as after:
        assert len(after.search(whoosh.Term(TEXT, "old"))) == 0


# --- what Whoosh can do besides ------------------------------------------------------------------


def test_the_best_that_whoosh_finds_are_the_best_of_all_it_finds(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    chance = random.Random(25)
    texts = [" ".join(chance.choices("abcdefgh", k=chance.randint(2, 60))) for _ in range(600)]
    write(folder, add=[issue(1, *texts)])
    terms = [whoosh.Term(TEXT, letter) for letter in "abc"]
    with searching(folder) as searcher:
        for query in (terms[0], whoosh.Or(terms), whoosh.And(terms)):
            everything = [hit.score for hit in searcher.search(query, limit=None)]
            assert everything == sorted(everything, reverse=True)
            assert everything[0] > everything[-1] > 0
            for limit in (1, 3, 10):
                best = [hit.score for hit in searcher.search(query, limit=limit)]
                assert best == pytest.approx(everything[:limit])


@pytest.mark.parametrize("parts", [1, 3])
def test_whoosh_goes_through_the_terms_of_a_field(tmp_path: Path, parts: int) -> None:
    folder = tmp_path / "index"
    # Each later segment is too small for the one before to be merged into it.
    for number in range(1, parts + 1):
        names = ["distributed robots", "distribution", "über", "\U0001f600 x10"]
        write(folder, add=[issue(number, *names * 4 ** (parts - number))])
    with searching(folder) as searcher:
        reader = searcher.reader()
        assert len(reader.leaf_readers()) == parts
        assert list(reader.expand_prefix(TEXT, "distrib")) == [b"distributed", b"distribution"]
        assert set(reader.terms_within(TEXT, "distrbuted", 1)) == {"distributed"}
        assert (TEXT, "über") in reader
        assert (TEXT, "zzz") not in reader
        fields = [field for field, _ in reader.all_terms()]
        assert fields == sorted(fields)
        assert set(fields) == {TEXT, ASIDE, TAG}
        for query in (
            whoosh.FuzzyTerm(TEXT, "distrbution"),
            whoosh.Wildcard(TEXT, "*tion"),
            whoosh.TermRange(TEXT, "distributi", "distributz"),
        ):
            expected = whoosh_finds(searcher, whoosh.Term(TEXT, "distribution"))
            assert whoosh_finds(searcher, query) == expected != set()


def test_an_index_that_we_do_not_open_is_not_opened_with_whoosh_either(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with pytest.raises(IndexUnusableError):
        open_with_whoosh(folder)
    write(folder, add=[issue(1, "a")])
    folder.chmod(0o777)
    with pytest.raises(NoArchiveError):
        open_with_whoosh(folder)
