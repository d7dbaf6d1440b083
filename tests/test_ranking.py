"""The promises of ranking: what comes first, why, and what is given where nothing has all of it."""

import random
import runpy
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from backissue.archive.settings import INDEX
from backissue.errors import UsageError
from backissue.index import Index
from backissue.index.storage.writer import write
from backissue.query import NO_SYNONYMS, SYNONYMS_FILE, SearchOptions, Synonyms, parse, synonyms
from backissue.records import Found, Issue, Passage
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


@pytest.mark.parametrize("length", [4, 8, 12, 16, 24])
def test_a_word_as_written_comes_first_also_if_it_scores_little_less(
    folder: Path, length: int
) -> None:
    often = section(body="robot robot robot here")
    once = section(body="a word on robots, and " + "else " * length)
    assert order(folder, "robots", issue(1, often), issue(2, once)) == ["2.1", "1.1"]


def test_words_of_two_fields_and_one_word_twice_are_not_near_one_another(folder: Path) -> None:
    one = issue(1, section(heading="Otter whale", body="an otter whale otter"))
    with holding(folder, one) as index:

        def kinds(query: str) -> list[str]:
            return [part.kind for part in index.searcher.explain(parse(query), "import-ai/1", 1)]

        assert kinds("heading:otter heading:whale") == ["word", "word", "near"]
        assert kinds("heading:otter whale") == ["word", "word"]
        assert kinds("otter otter") == ["word", "word"]
        assert kinds("otter whale*") == kinds("otter* whale") == ["word", "word"]


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
    often = issue(2, "otter otter otter otter otter otter x x")
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


def test_words_close_together_rank_before_words_apart(folder: Path) -> None:
    apart = "training of one kind and of another " + "which goes on " * 5 + "is distributed"
    near = "distributed and other training " + "which goes on and on and on " * 3
    side = "distributed training " + "which goes on and on and on so " * 3
    issues = issue(1, apart), issue(2, near), issue(3, side)
    assert order(folder, "distributed training", *issues) == ["3.1", "2.1", "1.1"]


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
            earned = index.searcher.explain(parse(query), hit.issue.key, hit.section.position)
            assert sum(one.points for one in earned) == pytest.approx(hit.score, abs=1e-4)


def test_an_explanation_names_forms_and_where_they_stand(folder: Path) -> None:
    one = issue(1, section(heading="Robots", body="a robot trains robots"))
    with holding(folder, one) as index:
        (earned,) = index.searcher.explain(parse("robots"), "import-ai/1", 1)
        assert [(form.word, form.zones) for form in earned.forms] == [
            ("robots", (("heading", 1), ("body", 1))),
            ("robot", (("body", 1),)),
        ]
        assert earned.sections == 1
        assert index.searcher.explain(parse("robots"), "import-ai/101", 1) == ()
        assert index.searcher.explain(parse("robots"), "import-ai/7", 1) == ()


# --- most of the words ---------------------------------------------------------------------------

LOOSE = issue(1, "an otter swims"), issue(2, "a whale sings and swims"), issue(3, "a whale")


def test_nothing_is_let_go_unless_asked(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "otter whale")
        assert (found.total, found.relaxed) == (0, False)


def test_where_none_has_all_the_words_most_of_them_are_enough_and_what_lacks_is_named(
    folder: Path,
) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "otter whale sings", partial=True)
        assert found.relaxed
        assert [(hit.issue.id, hit.missing) for hit in found.hits] == [("2", ("otter",))]


def test_half_of_five_words_is_three(folder: Path) -> None:
    issues = (issue(1, "an otter swims"), issue(2, "a whale sings and dives"))
    with holding(folder, *issues) as index:
        found = asked(index, "otter swims whale sings dives", partial=True)
        assert (ids(found), found.relaxed) == (["2.1"], True)


def test_where_some_section_has_all_the_words_nothing_is_let_go(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "whale swims", partial=True)
        assert (ids(found), found.relaxed) == (["2.1"], False)
        assert found.hits[0].missing == ()


def test_a_word_that_no_section_has_is_named_as_missing(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "zebra whale sings", partial=True)
        assert [(hit.issue.id, hit.missing) for hit in found.hits] == [("2", ("zebra",))]


def test_a_misspelled_word_is_corrected_beside_what_has_the_others(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "whale sinsg swims", partial=True)
        assert (ids(found), found.relaxed) == (["2.1"], True)
        assert found.suggestion == "whale sings swims"


def test_two_words_are_joined_only_if_one_of_them_is_nowhere(folder: Path) -> None:
    with holding(folder, issue(1, "news"), issue(2, "a letter"), issue(3, "newsletter")) as index:
        assert asked(index, "news letter").suggestion is None
        assert asked(index, "newsl etter").suggestion == "newsletter"


def test_one_word_of_two_is_no_answer_to_both(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        assert asked(index, "otter zebra", partial=True).total == 0
        assert asked(index, "otter sings", partial=True).total == 0


def test_only_words_are_let_go_and_never_a_field_a_range_or_a_not(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        assert ids(asked(index, "otter whale sings issue:2", partial=True)) == ["2.1"]
        assert ids(asked(index, "otter whale sings issue:1", partial=True)) == []
        assert ids(asked(index, "otter whale sings -swims", partial=True)) == []
        assert ids(asked(index, "otter kind:fiction", partial=True)) == []


def test_words_of_grammar_are_let_go_first(folder: Path) -> None:
    with holding(folder, *LOOSE) as index:
        found = asked(index, "why does the otter swim", partial=True)
        lacking = [(hit.issue.id, hit.missing) for hit in found.hits]
        assert lacking == [("1", ())]


# --- synonyms ------------------------------------------------------------------------------------

FUSOR = (("fusor",), ("fusion", "reactor"))


def test_a_readers_own_synonym_is_always_looked_for_and_counts_less(folder: Path) -> None:
    issues = issue(1, "a fusion reactor here"), issue(2, "a fusor here"), issue(3, "a fusor")
    with holding(folder, *issues) as index:
        found = asked(index, "fusion reactors here", synonyms=Synonyms(own=(FUSOR,)))
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
    retrieval = runpy.run_path(str(HERE.parent / "benchmarks/retrieval"))
    judged = {"1": {"a": 1, "b": 1, "c": 0}, "2": {"x": 0}, "3": {"z": 1}}
    figures = retrieval["measure"]({"1": ["c", "a", "d", "b"], "3": []}, judged, 1)
    assert figures.map == pytest.approx((1 / 2 + 2 / 4) / 2 / 2)
    assert figures.ndcg10 == pytest.approx((0.6309 + 0.4307) / 1.6309 / 2, abs=1e-4)
    assert figures.p30 == pytest.approx(2 / 30 / 2)
    assert figures.recall100 == pytest.approx(1 / 2)


def test_the_documents_of_a_collection_are_asked_as_sections() -> None:
    retrieval = runpy.run_path(str(HERE.parent / "benchmarks/retrieval"))
    documents = [
        retrieval["Document"](name=name, title="", text=text)
        for name, text in (("a", "Ports are busy."), ("b", "Cranes lift ports."))
    ]
    collection = retrieval["Collection"](documents, {"1": "cranes"}, {"1": {"b": 1}})
    assert retrieval["run"](collection, retrieval["Or"]) == {"1": ["b"]}


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
