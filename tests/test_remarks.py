"""What is said besides hits: what is nowhere, what was in the way, what was cut, what was meant."""

from pathlib import Path

import pytest

from backissue.index import Index
from backissue.index.search.matching import runs
from backissue.index.storage.writer import write
from backissue.query import Fuzzy, SearchOptions
from backissue.query.edit_distance import alike, distance
from backissue.query.parsing import parse
from tests.test_index import issue, section

TEXTS = [
    "distributed training of GPT-4o models on o1 scaling",
    "distributed training costs, scaling laws, the data set and dataset",
    "Hunyuan is an open source model of distributed systems; a whale",
    "power for compute; compute for power; an embarrassing policy",
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("remarks") / "index"
    write(
        folder,
        add=[issue(n, section(body=text), title="Energy") for n, text in enumerate(TEXTS, 1)],
    )
    return folder


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("hunyan", "hunyuan"),
        ("Hunyaun", "hunyuan"),
        ("trianing", "training"),
        ("trainingg", "training"),
        ("modeeel", "model"),
        ("embarassing", "embarrassing"),
        ("distrbuted trainng", "distributed training"),
        ("distrbuted -trainng", "distributed NOT trainng"),
        ("distributedtraining", "distributed training"),
        ("opensource whale", "open source whale"),
        ("distri buted training", "distributed training"),
        ("pow er OR zzz", None),
        ("skal*", "scal*"),
        ("SKAL*", "scal*"),
        ('"distrbuted training"', '"distributed training"'),
        ('"trainng distributed"~3', '"training distributed"~3'),
        ("hunyan kind:story", "hunyuan kind:story"),
        ("body:trainng", "body:training"),
        ("energy", "title:energy"),
        # Silence is better:
        ("o4", None),
        ("gpt-5o", None),
        ("zzzzzz", None),
        ("trainng zzzzzz", None),
        ("heading:trainng", None),
        ("trainng kind:fiction", None),
        ("whale power", None),
        ("training", None),
        ("gpt4o", None),  # finds gpt-4o by itself
        ("ab", None),
    ],
)
def test_what_may_be_meant_is_said_and_found_or_nothing_is(
    library: Path, query: str, meant: str | None
) -> None:
    with Index.open(library) as index:
        suggestion = index.searcher.search(SearchOptions(query=parse(query))).suggestion
        assert suggestion == meant
        if suggestion:
            assert index.searcher.search(SearchOptions(query=parse(suggestion))).total


def test_the_frequent_spelling_is_meant_rather_than_the_rare(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(folder, add=[issue(1, "latte", "later", "later")])
    with Index.open(folder) as index:
        assert index.searcher.search(SearchOptions(query=parse("lateer"))).suggestion == "later"
        assert index.searcher.respelled(parse("lateer OR latte")) == "later OR latte"


@pytest.mark.parametrize(
    ("query", "unmatched"),
    [
        ("hunyan training", ("hunyan",)),
        ("hunyan OR training", ("hunyan",)),
        ("training (zebra OR (yak whale))", ("zebra", "yak")),
        ("training -zebra", ()),
        ('"zebra training"', ("zebra",)),
        ('"training distributed"', ('"training distributed"',)),
        ('why:"power zebra"', ("why:power", "why:zebra")),
        ("zeb* z?bra zebra~", ("zeb*", "z?bra", "zebra~1")),
        ("whale power", ()),
    ],
)
def test_words_that_no_section_has_are_named_wherever_they_stand(
    library: Path, query: str, unmatched: tuple[str, ...]
) -> None:
    with Index.open(library) as index:
        assert index.searcher.unmatched(parse(query)) == unmatched


@pytest.mark.parametrize(
    ("query", "parts", "rest", "total"),
    [
        ("distributed whale power", ("power",), "distributed whale", 1),
        ("distributed training whale", ("whale",), "distributed training", 2),
        ("distributed (training power)", ("power",), "distributed training", 2),
        ("whale issue:1", ("issue:1",), "whale", 1),
        ("distributed -distributed", ("NOT distributed",), "distributed", 3),
        ("whale zebra yak", ("zebra", "yak"), "whale", 1),
        ("whale kind:fiction", ("kind:fiction",), "whale", 1),
    ],
)
def test_what_kept_a_query_from_finding_is_the_least_that_can_be_left_out(
    library: Path, query: str, parts: tuple[str, ...], rest: str, total: int
) -> None:
    with Index.open(library) as index:
        assert index.searcher.search(SearchOptions(query=parse(query))).total == 0
        assert index.searcher.blocking(parse(query)) == (parts, rest, total)
        assert index.searcher.search(SearchOptions(query=parse(rest))).total == total


@pytest.mark.parametrize("query", ["zebra", "zebra yak", "whale", "whale OR zebra"])
def test_nothing_kept_a_query_from_finding_where_no_part_could_be_left_out(
    library: Path, query: str
) -> None:
    with Index.open(library) as index:
        assert index.searcher.blocking(parse(query)) is None


def test_what_stands_for_more_words_than_are_looked_for_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    write(
        folder, add=[issue(1, "ab1 ab2 xy"), issue(2, "ab2 ab3"), issue(3, "ab4"), issue(4, "ab3")]
    )
    with Index.open(folder) as index:
        assert index.searcher.cut_expansions(parse("ab* *b? abc~ -?b*")) == ()
    monkeypatch.setattr("backissue.index.search.expansion.MOST_EXPANSIONS", 2)
    with Index.open(folder) as index:
        assert index.searcher.cut_expansions(parse("ab* OR -*b? OR xy*")) == (
            ("ab*", 2, 4),
            ("*b?", 2, 4),
        )
        assert index.searcher.search(SearchOptions(query=parse("ab*"))).total == 3
    monkeypatch.setattr("backissue.index.search.expansion.MOST_ENTRIES", 1)
    monkeypatch.setattr("backissue.index.search.expansion.MOST_ENTRIES_EACH", 0)
    with Index.open(folder) as index:
        assert index.searcher.cut_expansions(parse("ab*")) == (("ab*", 1, 4),)


def test_a_run_is_the_shortest_that_holds_every_word_as_often_as_asked() -> None:
    assert runs([[1, 10], [3, 12]], [1, 1], 2) == [1, 10]
    assert runs([[1, 10], [3, 12]], [1, 1], 1) == []
    assert runs([[1, 2, 9]], [2], 1) == [1]
    assert runs([[5], [5]], [1, 1], 1) == [5]
    assert runs([[], [5]], [1, 1], 9) == []


def test_likeness_is_asked_of_few_words_and_misses_none() -> None:
    words = ["hunyuan", "hunan", "human", "uhnyan", "hunyanxy", "hunyan", "zebra", "h", ""]
    found = dict(alike(words, "hunyan", 2))
    assert found == {word: distance(word, "hunyan", 2) for word in words if word in found}
    assert set(found) == {word for word in words if distance(word, "hunyan", 2) <= 2}
    assert Fuzzy(text="hunyan", slips=1).accepts("hunyuan")
    assert not Fuzzy(text="hunyan", slips=1).accepts("human")
