"""The promises of ranking: what comes first, why, and what is given where nothing has all of it."""

import os
import random
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backissue.archive.settings import INDEX
from backissue.errors import UsageError
from backissue.index import Index
from backissue.index.storage.writer import write
from backissue.query import NO_SYNONYMS, SYNONYMS_FILE, SearchOptions, Sort, Synonyms, synonyms
from backissue.query.parsing import parse
from backissue.records import Found, Issue, Link, Passage
from ranking import changes, measures, own, paired, published, tables
from ranking.asking import WAYS, Answer, ask
from ranking.questions import QUESTIONS as QUESTIONS_FILE
from ranking.questions import SEEDS, UNSEEN, of_pasted, of_questions
from ranking.trials import of_collection
from tests.test_index import issue, search, section

HERE = Path(__file__).parent
QUESTIONS = tomllib.loads((HERE / "gold/questions.toml").read_text("utf-8"))["question"]
FILLER = [issue(100 + n, "something else altogether stands here") for n in range(20)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@contextmanager
def holding(folder: Path, *issues: Issue) -> Iterator[Index]:
    write(folder, add=[*issues, *FILLER])
    with Index.open(folder) as opened:
        yield opened


def asked(index: Index, query: str, **options: Any) -> Found:
    return index.searcher.search(SearchOptions(query=parse(query), **options))


def ids(found: Found) -> list[str]:
    return [f"{hit.issue.id}.{hit.section.position}" for hit in found.hits]


def order(folder: Path, query: str, *issues: Issue, **options: Any) -> list[str]:
    with holding(folder, *issues) as index:
        return ids(asked(index, query, **options))


# --- what comes first ----------------------------------------------------------------------------


def test_a_word_as_written_outranks_its_other_forms_however_often_these_stand(folder: Path) -> None:
    often = section(heading="Robot robot", body="robot " * 20)
    once = section(body="a word on robots, and " + "much else " * 200)
    assert order(folder, "robots", issue(1, often), issue(2, once)) == ["2.1", "1.1"]
    assert order(folder, "robots issue:1..2", issue(1, often), issue(2, once)) == ["2.1", "1.1"]


@pytest.mark.parametrize(
    ("typed", "other"),
    [("GPT 4o", "GPT4o"), ("GPT4o", "GPT-4o"), ("8 bit", "8bit"), ("DeepSeek V3", "DeepSeekV3")],
)
def test_a_name_as_written_comes_before_its_other_spellings(
    folder: Path, typed: str, other: str
) -> None:
    often = section(heading=other, body=f"{other} {other}")
    once = section(body=f"what is said of {typed} and of much else")
    with holding(folder, issue(1, often), issue(2, once)) as index:
        assert ids(asked(index, typed)) == ["2.1", "1.1"]
        assert ids(asked(index, f"{typed} issue:1..2")) == ["2.1", "1.1"]


@pytest.mark.parametrize("length", [4, 8, 12, 16, 24])
def test_a_word_as_written_comes_first_also_if_it_scores_little_less(
    folder: Path, length: int
) -> None:
    often = section(body="robot robot robot here")
    once = section(body="a word on robots, and " + "else " * length)
    assert order(folder, "robots", issue(1, often), issue(2, once)) == ["2.1", "1.1"]


def test_a_word_as_written_outranks_another_form_beside_other_words(folder: Path) -> None:
    issues = issue(1, "train a robot here"), issue(2, "train a robots here")
    assert order(folder, "train robots", *issues) == ["2.1", "1.1"]


def test_a_rarer_word_says_more(folder: Path) -> None:
    common = [issue(n, "model of things") for n in range(3, 9)]
    issues = issue(1, "otter of things"), issue(2, "model of things"), *common
    assert order(folder, "otter OR model", *issues)[0] == "1.1"


def test_a_word_says_more_in_a_short_section_than_in_a_long_one(folder: Path) -> None:
    issues = issue(1, "otter " + "filling words " * 40), issue(2, "otter and few")
    assert order(folder, "otter", *issues) == ["2.1", "1.1"]


def test_repeating_a_word_earns_less_each_time(folder: Path) -> None:
    both = issue(1, "otter whale " + "x " * 6)
    often = issue(2, "otter otter otter otter x x x x")
    whales = issue(3, "whale x x x x x x x")
    assert order(folder, "otter OR whale", both, often, whales)[0] == "1.1"


def test_the_heading_says_more_than_the_deck_and_that_more_than_why_and_body(folder: Path) -> None:
    body = "words of some length"
    why = Passage(label="W", thesis=None, text=f"otter {body}")
    issues = (
        issue(1, section(heading="An x", body="otter " + body)),
        issue(2, section(heading="An x", why=why)),
        issue(3, section(heading="An x", deck="otter", body=body)),
        issue(4, section(heading="An otter", body=body)),
    )
    assert order(folder, "otter", *issues) == ["4.1", "3.1", "2.1", "1.1"]


def test_words_of_grammar_hardly_count_but_are_required(folder: Path) -> None:
    issues = (
        issue(1, "how is it that there are whales"),
        issue(2, "otter"),
        issue(3, "how otter"),
    )
    assert order(folder, "how are otter OR nothing", *issues) == []
    assert order(folder, "how OR are OR there OR otter", *issues)[0] == "3.1"
    assert order(folder, "how OR are OR there OR otter", *issues)[-1] == "1.1"


def test_equal_sections_are_ordered_by_date_then_address(folder: Path) -> None:
    issues = (
        issue(4, "otter", "otter", date=date(2024, 1, 1)),
        issue(3, "otter", date=date(2024, 6, 1)),
        issue(1, "otter"),
    )
    assert order(folder, "otter", *issues) == ["3.1", "4.1", "4.2", "1.1"]


def test_the_order_of_arrival_does_not_show_in_scores(tmp_path: Path) -> None:
    chance = random.Random(7)
    words = ["otter", "otters", "whale", "training", "train", "the", "of"]
    issues = [issue(n, *[" ".join(chance.choices(words, k=n + 3))] * 2) for n in range(1, 15)]
    answers = []
    for seed in range(3):
        folder = tmp_path / str(seed)
        mixed = random.Random(seed).sample(issues, len(issues))
        for start in range(0, len(mixed), 5 - seed):
            write(folder, add=mixed[start : start + 5 - seed])
        write(folder, add=[issue(99, "otter " * 50)])
        write(folder, add=[], remove=["import-ai/99"])
        answers.append([search(folder, q, limit=None) for q in ("otter whale", "otters OR the")])
    assert all(answer == answers[0] for answer in answers)


# --- why -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "distributed training",
        "robots",
        "robot",
        "the models OR scal* OR -china",
        '"world model" (genie OR o3) kind:story',
        "heading:phi* synthetic data",
    ],
)
def test_what_is_explained_adds_up_to_the_score(archive: Path, query: str) -> None:
    with Index.open(archive / INDEX) as index:
        found = asked(index, query, limit=None)
        assert found.total
        for hit in found.hits:
            options = SearchOptions(query=parse(query), limit=None)
            earned = index.searcher.explain(options, hit.issue.key, hit.section.position)
            assert sum(one.points for one in earned) == pytest.approx(hit.score, abs=1e-4)


def test_an_explanation_names_forms_and_where_they_stand(folder: Path) -> None:
    one = issue(1, section(heading="Robots", body="a robot trains robots"))
    with holding(folder, one) as index:
        options = SearchOptions(query=parse("robots"))
        (earned,) = index.searcher.explain(options, "import-ai/1", 1)
        assert [(form.word, form.zones) for form in earned.forms] == [
            ("robots", (("heading", 1), ("body", 1))),
            ("robot", (("body", 1),)),
        ]
        assert earned.sections == 1
        assert index.searcher.explain(options, "import-ai/101", 1) == ()
        assert index.searcher.explain(options, "import-ai/7", 1) == ()


# --- most of the words ---------------------------------------------------------------------------

LOOSE = issue(1, "an otter swims"), issue(2, "a whale sings and swims"), issue(3, "a whale")


def test_nothing_is_let_go_unless_asked(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "otter whale")
        assert (found.total, found.relaxed) == (0, False)


def test_where_none_has_all_the_words_some_are_enough_and_what_lacks_is_named(
    folder: Path,
) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "otter whale sings", partial=True)
        assert (found.relaxed, found.total, found.complete, found.partial) == (True, 3, 0, 3)
        assert [(hit.issue.id, hit.missing) for hit in found.hits] == [
            ("2", ("otter",)),
            ("1", ("whale", "sings")),
            ("3", ("otter", "sings")),
        ]


def test_the_larger_share_of_the_rarity_comes_first(folder: Path) -> None:
    issues = (issue(1, "an otter swims"), issue(2, "a whale sings and dives"))
    with holding(folder, *issues) as index:
        found = asked(index, "otter swims whale sings dives", partial=True)
        assert (ids(found), found.relaxed) == (["2.1", "1.1"], True)


def test_sections_with_all_the_words_come_first_and_others_fill_the_page(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "whale swims", partial=True, fill=True)
        assert (found.relaxed, found.total, found.complete, found.partial) == (False, 1, 1, 2)
        assert [(hit.issue.id, hit.complete, hit.missing) for hit in found.hits] == [
            ("2", True, ()),
            ("3", False, ("swims",)),
            ("1", False, ("whale",)),
        ]
        full = asked(index, "whale swims", partial=True, fill=True, limit=1)
        assert (ids(full), full.complete, full.partial) == (["2.1"], 1, 2)


@pytest.mark.parametrize("sort", Sort)
def test_the_line_stays_where_it_is_in_every_order(folder: Path, sort: Sort) -> None:
    days = [date(2024, month, 1) for month in (3, 1, 2)]
    bodies = ("an otter swims", "a whale sings and swims", "a whale")
    issues = [issue(n, bodies[n - 1], date=days[n - 1]) for n in (1, 2, 3)]
    with holding(folder, *issues) as index:
        found = asked(index, "whale swims", partial=True, fill=True, sort=sort)
        assert ids(found)[0] == "2.1"
        below = {"newest": ["1.1", "3.1"], "oldest": ["3.1", "1.1"]}
        assert ids(found)[1:] == below.get(sort.value, ids(found)[1:])
        # Of those below the line, the best are shown, not the newest.
        best = ids(asked(index, "whale swims", partial=True, fill=True, limit=2))
        assert ids(asked(index, "whale swims", partial=True, fill=True, limit=2, sort=sort)) == best


def test_where_some_section_has_all_the_words_nothing_is_let_go_unless_to_fill_the_page(
    folder: Path,
) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "whale swims", partial=True)
        assert (ids(found), found.relaxed) == (["2.1"], False)
        assert found.hits[0].missing == ()


def test_a_word_that_no_section_has_is_named_as_missing(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "zebra whale sings", partial=True)
        assert [(hit.issue.id, hit.missing) for hit in found.hits] == [
            ("2", ("zebra",)),
            ("3", ("zebra", "sings")),
        ]


def test_a_misspelled_word_is_corrected_beside_what_has_the_others(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "whale sinsg swims", partial=True)
        assert (ids(found)[0], found.relaxed) == ("2.1", True)
        assert found.suggestion == "whale sings swims"


def test_two_words_are_joined_only_if_one_of_them_is_nowhere(folder: Path) -> None:
    with holding(folder, issue(1, "news"), issue(2, "a letter"), issue(3, "newsletter")) as index:
        assert asked(index, "news letter").suggestion is None
        assert asked(index, "newsl etter").suggestion == "newsletter"


def test_one_word_of_two_is_no_answer_where_the_other_is_nowhere(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        assert asked(index, "otter zebra", partial=True).total == 0
        # A sentence is answered by what there is.
        assert ids(asked(index, "where is an otter without a zebra?", partial=True)) == ["1.1"]
        found = asked(index, "otter sings", partial=True)
        assert [(hit.issue.id, hit.missing) for hit in found.hits] == [
            ("1", ("sings",)),
            ("2", ("otter",)),
        ]


def test_only_words_are_let_go_and_never_a_field_a_range_or_a_not(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        assert ids(asked(index, "otter whale sings issue:2", partial=True)) == ["2.1"]
        assert ids(asked(index, "otter whale sings issue:1", partial=True)) == ["1.1"]
        assert ids(asked(index, "otter whale sings -swims", partial=True)) == ["3.1"]
        assert ids(asked(index, "otter kind:fiction", partial=True)) == []


def test_words_of_grammar_are_let_go_first(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "why does the otter swim", partial=True)
        lacking = [(hit.issue.id, hit.missing) for hit in found.hits]
        assert lacking == [("1", ())]


# --- synonyms ------------------------------------------------------------------------------------

FUSOR = (("fusor",), ("fusion", "reactor"))


def test_a_readers_own_synonym_is_always_looked_for_and_counts_less(folder: Path) -> None:
    issues = issue(1, "a fusion reactor today"), issue(2, "a fusor today"), issue(3, "a fusor")
    with holding(folder, *issues) as index:
        found = asked(index, "fusion reactors today", synonyms=Synonyms(own=(FUSOR,)))
        assert [(hit.issue.id, hit.instead) for hit in found.hits] == [
            ("1", ()),
            ("2", (("fusion reactors", "fusor"),)),
        ]
        assert found.relaxed is False
        text, spans = found.hits[1].snippet.text, found.hits[1].snippet.highlights
        assert "fusor" in [text[start:end] for start, end in spans]


def test_of_two_synonyms_of_a_word_the_one_that_adds_more_is_named(folder: Path) -> None:
    cars = ("car",), ("wagon",), ("vehicle",)
    for body, other in (
        ("a wagon " + "vehicle " * 4, "vehicle"),
        ("a vehicle " + "wagon " * 4, "wagon"),
    ):
        with holding(folder, issue(1, body)) as index:
            (hit,) = asked(index, "car", synonyms=Synonyms(own=(cars,))).hits
            assert hit.instead == (("car", other),)


def test_no_section_that_lacks_a_word_is_found_where_your_own_synonym_answers(folder: Path) -> None:
    issues = issue(1, "a fusor today"), issue(2, "fusion alone today")
    with holding(folder, *issues) as index:
        own = Synonyms(own=(FUSOR,), built_in=False)
        found = asked(index, "fusion reactor today", synonyms=own, partial=True)
        assert (ids(found), found.relaxed) == (["1.1"], False)


def test_the_synonyms_that_come_along_wait_until_the_words_as_typed_are_nowhere(
    folder: Path,
) -> None:
    equal = Synonyms()  # FUSOR is among the built-in ones
    issues = issue(1, "a fusion reactor"), issue(2, "a fusor")
    with holding(folder, *issues) as index:
        assert ids(asked(index, "fusion reactor", synonyms=equal, partial=True)) == ["1.1"]
    with holding(folder.with_name("other"), issues[1]) as index:
        found = asked(index, "fusion reactor", synonyms=equal, partial=True)
        assert ids(found) == ["2.1"]
        assert found.hits[0].instead == (("fusion reactor", "fusor"),)
        assert asked(index, "fusion reactor", synonyms=NO_SYNONYMS, partial=True).total == 0


def test_synonyms_are_read_from_the_archive_and_can_be_switched_off(tmp_path: Path) -> None:
    assert synonyms.load(tmp_path) == Synonyms(own=(), built_in=True)
    come_along = synonyms.built_in()
    assert FUSOR[::-1] in come_along or FUSOR in come_along
    file = tmp_path / SYNONYMS_FILE
    file.write_text('built-in = false\nequal = [["big blue", "IBM"], ["alone"]]\n')
    assert synonyms.load(tmp_path) == Synonyms(own=((("big", "blue"), ("ibm",)),), built_in=False)


@pytest.mark.parametrize("text", ["equal = 1", "equal = [[1]]", "eqal = []", "built-in = 3", "["])
def test_a_file_of_synonyms_that_is_not_understood_is_refused_in_one_sentence(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / SYNONYMS_FILE).write_text(text)
    with pytest.raises(UsageError, match=r"synonyms\.toml"):
        synonyms.load(tmp_path)


# --- the newsletter's own questions --------------------------------------------------------------


def test_there_are_sixty_questions_and_half_are_worded_differently() -> None:
    assert [one["words"] for one in QUESTIONS].count("other") == len(QUESTIONS) - 30 == 30
    assert len({one["ask"] for one in QUESTIONS}) == 60


@pytest.mark.parametrize(
    ("with_synonyms", "least"),
    [(False, (55, 57, 56.0)), (True, (58, 60, 59.0))],
)
def test_the_questions_are_answered_no_worse_than_they_were(
    archive: Path, with_synonyms: bool, least: tuple[float, ...]
) -> None:
    equal = synonyms.load(archive) if with_synonyms else NO_SYNONYMS
    ranks = []
    with Index.open(archive / INDEX) as index:
        for one in QUESTIONS:
            found = ids(asked(index, one["ask"], limit=20, partial=True, synonyms=equal))
            ranks.append(next((at for at, x in enumerate(found, 1) if x in one["answers"]), 0))
    reached = (ranks.count(1), sum(1 <= r <= 5 for r in ranks), sum(1 / r for r in ranks if r))
    assert all(got >= want for got, want in zip(reached, least, strict=True)), reached


# --- the measure ---------------------------------------------------------------------------------


def test_the_figures_are_those_of_trec_eval() -> None:
    found = {"1": Answer(("c", "a", "d", "b")), "3": Answer(refused=True)}
    judged = {"1": {"a": 1, "b": 1, "c": 0}, "2": {"x": 0}, "3": {"z": 1}}
    rows = measures.by_query(found, judged)
    assert list(rows) == ["1", "3"]
    figures = measures.mean(rows.values())
    assert figures.map == pytest.approx((1 / 2 + 2 / 4) / 2 / 2)
    assert figures.ndcg10 == pytest.approx((0.6309 + 0.4307) / 1.6309 / 2, abs=1e-4)
    assert figures.p30 == pytest.approx(2 / 30 / 2)
    assert figures.recall100 == pytest.approx(1 / 2)
    assert (figures.success1, figures.success5, figures.mrr) == (0, 1 / 2, 1 / 4)


def test_the_gain_of_a_document_is_its_grade_and_of_none_below_zero() -> None:
    figures = measures.figures(["a", "x", "b"], {"a": 1, "b": 3, "c": 2, "x": -1})
    best = 3 + 2 / 1.5850 + 1 / 2
    assert figures.ndcg10 == pytest.approx((1 + 3 / 2) / best, abs=1e-4)


def test_a_run_file_counts_down_so_that_trec_eval_keeps_the_order(tmp_path: Path) -> None:
    measures.write_run(tmp_path / "run", {"1": Answer(("b", "a")), "2": Answer()}, "typed")
    assert (tmp_path / "run").read_text() == "1 Q0 b 1 2 typed\n1 Q0 a 2 1 typed\n"
    measures.write_judgements(tmp_path / "qrels", {"1": {"a": 2}, "2": {"b": 0}})
    assert (tmp_path / "qrels").read_text() == "1 0 a 2\n2 0 b 0\n"


def test_a_collection_is_asked_as_a_reader_types_and_any_of_the_words() -> None:
    documents = [
        published.Document(name=name, title="", text=text)
        for name, text in (("a", "Ports are busy."), ("b", "Cranes lift ports."))
    ]
    judged = {"1": {"b": 1}, "2": {"a": 1}, "3": {"a": 1}}
    queries = {"1": "cranes", "2": "issue:abc..", "3": "where zebras are busy"}
    collection = published.Collection(documents, queries, judged)
    with of_collection("ports", collection) as trial:
        typed, any_word = (ask(trial, WAYS[way]) for way in ("as typed", "any word"))
    assert typed["1"] == any_word["1"] == Answer(("b",))
    assert typed["2"] == Answer(refused=True)
    assert any_word["2"] == Answer()
    assert any_word["3"] == Answer(("a",))


def test_a_run_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    measures.write_run(tmp_path / "run", {"1": Answer(("b", "a")), "2": Answer(("c",))}, "typed")
    assert measures.read_run(tmp_path / "run") == {"1": Answer(("b", "a")), "2": Answer(("c",))}


def test_a_difference_is_luck_if_as_many_queries_got_worse_and_not_if_all_got_better() -> None:
    before = {str(at): 0.5 for at in range(12)}
    better = dict.fromkeys(before, 0.6)
    mixed = {query: 0.5 + 0.1 * (-1) ** int(query) for query in before}
    found = paired.difference(before, better)
    assert (found.mean, found.better, found.worse) == (pytest.approx(0.1), 12, 0)
    assert found.p == pytest.approx(2 / 2**12, abs=0.0005)  # all signs one way or the other
    assert paired.difference(before, mixed).p == 1
    assert paired.difference(before, before) == paired.Difference(0, 1, 0, 0)
    assert found == paired.difference(before, better)  # drawn with a fixed seed


def test_a_change_of_a_number_lasts_as_long_as_it_is_tried() -> None:
    for change in changes.KNOBS:
        usual = changes.present(change.name)
        with changes.parsed(f"{change.name}={change.value}").made():
            assert changes.present(change.name) == change.value
        assert changes.present(change.name) == usual
    for wrong in ("_K", "_K=much", "_NO_SUCH=1", "_FEW=1"):
        with pytest.raises(ValueError, match=wrong.partition("=")[0]):
            changes.parsed(wrong)


def test_a_comparison_shows_what_a_change_does_to_each_collection_and_to_their_mean() -> None:
    texts = "a port", "a port port and much more that is said of it at length", "x", "y"
    documents = [
        published.Document(name, "", text) for name, text in zip("abcd", texts, strict=True)
    ]
    collection = published.Collection(documents, {"1": "port"}, {"1": {"b": 1}})
    making = partial(of_collection, "ports", collection)
    table = tables.comparison([making], [changes.parsed("_B=0")], "as typed")
    assert "| `_B` 0 | nDCG@10 | +0.3691 (1↑ 0↓, p 1.00) | +0.3691 |" in table


def test_a_line_is_a_question_only_if_it_says_something_that_the_heading_does_not() -> None:
    assert own.is_question("Where cranes lift ports", "A harbour")
    assert not own.is_question("Where is the crane of the twin-harbour?", "Ports")  # two words
    assert not own.is_question("http://ports.example/cranes/of/the/north", "Ports")
    assert not own.is_question("Where cranes lift ports.", "Where cranes lift ports – today")
    assert not own.is_question("Where cranes lift ports – today", "…Where cranes lift ports…")


@pytest.mark.parametrize("kind", own.Kind)
def test_the_lines_that_become_questions_are_in_no_copy_that_they_are_asked_of(
    kind: own.Kind,
) -> None:
    told = {
        own.Kind.LINK: "Cranes of the Northern Ports",
        own.Kind.DECK: "Steel arms that never tire",
        own.Kind.THESIS: "logistics decides every war",
    }
    repeated = f"A paper says: “{told[kind].upper()}”. Ships wait."
    link = Link(label="Read more", text=f"{told[own.Kind.LINK]} (arXiv).", url=None)
    one = section(
        heading="Harbours",
        deck=told[own.Kind.DECK],
        body=repeated,
        why=Passage(label="Why", thesis=told[own.Kind.THESIS], text="It does."),
        links=(link,),
    )
    with own.of_kind(kind, [issue(1, one), issue(2, "a harbour")]) as trial:
        assert list(trial.queries.values()) == [told[kind]]
        assert list(trial.judged.values()) == [{"import-ai/1.1": 1}]
        with Index.open(trial.folder / INDEX) as index:
            (copy,) = index.shelf.issue("import-ai/1").sections
    assert own.lines(copy, kind) == ()
    assert told[kind].casefold() not in repr(copy).casefold()
    others = set(own.Kind) - {kind}
    assert all(own.lines(copy, other) == (told[other],) for other in others)


# --- docs/ranking.md -----------------------------------------------------------------------------

PAGE = HERE.parent / "docs/ranking.md"


@pytest.fixture(scope="module")
def founding() -> tuple[Issue, ...]:
    return own.issues_in([SEEDS])


@pytest.mark.parametrize("name", ["questions", "pasted", "own"])
def test_the_page_has_the_figures_of_today(name: str, founding: tuple[Issue, ...]) -> None:
    if name == "own":
        makings = [partial(own.of_kind, kind, founding) for kind in own.Kind]
        table = tables.figures(makings, measures.OF_COLLECTIONS, tables.BOTH_WAYS, None)
    elif name == "pasted":
        makings = [partial(of_pasted, founding)]
        table = tables.figures(makings, measures.OF_QUESTIONS, tables.BOTH_WAYS, None)
    else:
        makings = [partial(of_questions, one, founding) for one in (QUESTIONS_FILE, UNSEEN)]
        table = tables.figures(makings, measures.OF_QUESTIONS, tuple(WAYS), None)
    narrow = re.sub("-{3,}", "---", re.sub(r" +\|", " |", table))
    page = PAGE.read_text(encoding="utf-8")
    before, start, rest = page.partition(f"<!-- table: {name} -->\n")
    shown, end, after = rest.partition("<!-- /table -->")
    assert start
    assert end
    if os.environ.get("REWRITE"):
        PAGE.write_text(f"{before}{start}{narrow}\n{end}{after}", encoding="utf-8")
    else:
        assert shown.splitlines() == narrow.splitlines()


# --- what belongs together -----------------------------------------------------------------------

SHARED = "ozone quartz yarrow zephyr nickel walnut gazelle obsidian lantern"


def test_words_that_only_one_section_has_leave_room_for_those_that_two_share(folder: Path) -> None:
    own = " ".join(f"unique{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(60))
    with holding(folder, issue(1, f"{SHARED} {own}"), issue(2, SHARED)) as index:
        (found,) = index.searcher.related("import-ai/1", 1)
        assert found.issue.id == "2"
        assert [reason.kind for reason in found.reasons] == ["words"]


def test_of_an_issue_that_is_cited_those_sections_belong_that_share_words(folder: Path) -> None:
    citing = section(body=SHARED, mentions=(2,))
    with holding(folder, issue(1, citing), issue(2, "nothing of the kind", SHARED)) as index:
        (found,) = index.searcher.related("import-ai/1", 1)
        assert (found.issue.id, found.section.position) == ("2", 2)
        assert [reason.kind for reason in found.reasons] == ["cites", "words"]


# --- words of the same origin, and compounds -----------------------------------------------------


def test_a_word_of_the_same_origin_answers_below_the_line_and_is_named(folder: Path) -> None:
    issues = (
        issue(1, "to measure otters"),
        issue(2, "the measurements of otters"),
        issue(3, "of otters and of others"),
    )
    with holding(folder, *issues) as index:
        found = asked(index, "measure otters", partial=True, fill=True)
        assert [(hit.issue.id, hit.complete, hit.missing, hit.instead) for hit in found.hits] == [
            ("1", True, (), ()),
            ("2", False, (), (("measure", "measurement"),)),
            ("3", False, ("measure",), ()),
        ]
        text, spans = found.hits[1].snippet.text, found.hits[1].snippet.highlights
        assert "measurements" in [text[start:end] for start, end in spans]
        assert ids(asked(index, "measure otters")) == ["1.1"]
        assert ids(asked(index, "measure otters", partial=True)) == ["1.1"]


def test_a_word_that_only_looks_derived_never_answers(folder: Path) -> None:
    issues = issue(1, "the state of a university"), issue(2, "a general import")
    with holding(folder, *issues) as index:
        for query in ("station", "universal", "generation", "important"):
            assert asked(index, query, partial=True).total == 0


def test_a_word_of_the_same_origin_is_no_rarer_than_the_word_asked_for(folder: Path) -> None:
    many = [issue(n, "to measure it all") for n in range(3, 9)]
    issues = issue(1, "a measurement taken here"), issue(2, "an otter taken here"), *many
    assert order(folder, "measure otter it", *issues, partial=True)[0] == "2.1"


def test_a_compound_of_plain_words_is_answered_by_each_of_them_below_the_line(folder: Path) -> None:
    issues = (
        issue(1, "time-dependent otters"),
        issue(2, "otters, dependent on the time of day"),
        issue(3, "a dependent whale"),
        issue(4, "GPT-4 alone"),
    )
    with holding(folder, *issues) as index:
        found = asked(index, "time-dependent otters whale", partial=True)
        assert [(hit.issue.id, hit.missing) for hit in found.hits] == [
            ("1", ("whale",)),
            ("2", ("time-dependent", "whale")),
            ("3", ("time-dependent", "otters")),
        ]
        assert ids(asked(index, "GPT-4o whale", partial=True)) == []
        assert ids(asked(index, "part-time", partial=True)) == []


def test_a_phrase_is_answered_by_its_words_below_the_line(folder: Path) -> None:
    issues = (
        issue(1, "the world model of an otter"),
        issue(2, "a model of the world, and whales"),
        issue(3, "the measurements of a model"),
    )
    with holding(folder, *issues) as index:
        found = asked(index, '"world model" whales', partial=True)
        assert [(hit.issue.id, hit.missing) for hit in found.hits] == [
            ("2", ('"world model"',)),
            ("1", ("whales",)),
            ("3", ('"world model"', "whales")),
        ]
        assert ids(asked(index, '"model world"', partial=True)) == []
        found = asked(index, '"to measure" whale otter', partial=True)
        assert found.hits[-1].instead == (("measure", "measurement"),)


def test_of_two_or_three_words_the_share_that_a_section_has_counts(folder: Path) -> None:
    issues = (
        issue(1, "otter otter otter otter otter"),
        issue(2, "an otter and a whale " + "stand far apart " * 4),
        issue(3, "a zebra"),
    )
    assert order(folder, "otter whale zebra", *issues, partial=True)[0] == "2.1"
    sentence = "otter whale zebra in some larger lake of ours"
    assert order(folder, sentence, *issues, partial=True)[0] != "2.1"
