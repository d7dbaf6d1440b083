"""The promises of query.py: what each spelling means, and one plain sentence for the rest."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.errors import QueryError, UsageError
from backissue.query import (
    DEEPEST,
    LONGEST,
    MOST_TERMS,
    Field,
    Numbers,
    Phrase,
    Query,
    Term,
    distance,
    nearest,
    parse,
    parse_range,
    restrict,
)

NASTY = (Path(__file__).parent / "cases/query/nasty.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("distributed training", "distributed training"),
        ("a AND b", "a b"),
        ("a b OR c d", "(a b) OR (c d)"),
        ("a (b OR c)", "a (b OR c)"),
        ("a -b", "a NOT b"),
        ("a NOT b", "a NOT b"),
        ("-(a b)", "NOT (a b)"),
        ('-"a b"', 'NOT "a b"'),
        ('"to be or not to be"', '"to be or not to be"'),
        ("“curly quotes”", '"curly quotes"'),
        ('"one"', "one"),
        ("or and not", "or and not"),
        ("scal*", "scal*"),
        ("GPT-4*", "gpt-4*"),
        ("C++ C# R&D .NET $80bn don’t 10^25 π0", "c++ c# r&d .net $80bn don't 10^25 π0"),
        ("a-b -a-b", "a-b NOT a-b"),
        ("what is AGI?", "what is agi"),
        ("and/or", '"and or"'),
        ("12:30", "12:30"),
        ("Import AI: energy", "import ai energy"),
        ("https://x.com/a", '"https x.com a" OR link:"https x.com a"'),
        ("f(x)", "f x"),
        ("why:energy", "why:energy"),
        ("WHY:energy", "why:energy"),
        ('why:"a phrase"', 'why:"a phrase"'),
        ("heading:(a OR b) c", "(heading:a OR heading:b) c"),
        ("why:(a heading:b)", "why:a heading:b"),
        ("issue:395", "issue:395"),
        ("issue:390..395", "issue:390..395"),
        ("issue:(390 OR 395)", "issue:390 OR issue:395"),
        ("issue:import-ai/395", "issue:import-ai/395"),
        ("issue:Situational-Awareness", "issue:situational-awareness"),
        ("date:2024", "date:2024-01-01..2024-12-31"),
        ("date:2024-02", "date:2024-02-01..2024-02-29"),
        ("date:2024-11-05..2025-01", "date:2024-11-05..2025-01-31"),
        ("date:2024-11..", "date:2024-11-01.."),
        ("date:..2024-12", "date:..2024-12-31"),
        ("kind:Fiction", "kind:fiction"),
        ("source:a.txt", "source:a.txt"),
    ],
)
def test_a_query_means_what_it_says(text: str, meaning: str) -> None:
    query = parse(text)
    assert str(query) == meaning
    assert query.source == text


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ('a "b', 3, "quote"),
        ("a (b", 3, "opened and not closed"),
        ("a b)", 4, "closed that was not opened"),
        ("()", 2, "nothing"),
        ("OR a", 1, "OR has nothing before"),
        ("a OR", 5, "ends too soon"),
        ("a AND AND b", 7, "AND has nothing before"),
        ("a NOT", 3, "NOT has nothing after"),
        ("*", 1, "alone is everything"),
        ("a ?", 3, "alone is everything"),
        ("sc*ling", 1, "can only end a word"),
        ("!!!", 1, "no letter or digit"),
        ('x "..."', 3, "no letter or digit"),
        ("a - b", 3, "no letter or digit"),
        ("foo:bar", 1, "no field “foo”"),
        ("a isue:395", 3, "no field “isue”"),
        ("issue: 395", 1, "nothing follows “issue:”"),
        ("issue:395.2", 7, "address of a section"),
        ("issue:390-395", 7, "not a range"),
        ("issue:395..390", 7, "backwards"),
        ("issue:..", 7, "at least one end"),
        ("date:2024-13", 6, "not a date"),
        ("date:2025..2024", 6, "backwards"),
        ("kind:stories", 6, "no kind"),
        ("https://a/b*", 1, "several words"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence_with_its_column(
    text: str, column: int, message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert message in caught.value.message or message in str(caught.value)
    assert caught.value.column == column
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint


def test_a_misspelt_field_is_answered_with_the_closest_one_and_with_quotes() -> None:
    with pytest.raises(QueryError) as caught:
        parse("isue:395")
    assert "issue:" in (caught.value.hint or "")
    assert '"isue:395"' in (caught.value.hint or "")


def test_the_limits_are_told() -> None:
    parse(" ".join(["a"] * MOST_TERMS))
    parse("(" * DEEPEST + "a" + ")" * DEEPEST)
    for text in (
        "a" * (LONGEST + 1),
        " ".join(["a"] * (MOST_TERMS + 1)),
        "(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1),
        "NOT " * (DEEPEST + 1) + "a",
        "-" * (DEEPEST + 1) + "a",
    ):
        with pytest.raises(QueryError):
            parse(text)


def test_within_gives_bare_words_a_field() -> None:
    assert str(parse("a heading:b", within="why")) == "why:a heading:b"
    assert parse("a", within="WHY").root == Term(text="a", field=Field.WHY)
    with pytest.raises(UsageError):
        parse("a", within="issue")


def test_options_restrict_a_query_and_keep_its_source() -> None:
    query = restrict(parse("a OR b"), issue="390..395", kind="story", publication="import-ai")
    assert str(query) == "(a OR b) issue:390..395 kind:story issue:import-ai/"
    assert parse(str(query)).root == query.root
    assert query.source == "a OR b"
    assert restrict(query) == query
    for wrong in ({"issue": "x..y"}, {"kind": "tale"}):
        with pytest.raises(UsageError):
            restrict(query, **wrong)


def test_a_range_of_numbers_includes_both_ends() -> None:
    assert parse_range("386..396") == Numbers(first=386, last=396)
    assert parse_range("395") == Numbers(first=395, last=395)
    assert parse_range("..390") == Numbers(first=None, last=390)
    assert 390 in parse_range("390..")
    assert 389 not in parse_range("390..")
    for wrong in ("", "..", "a", "1..b", "2..1", "1.2", "-1", "1...2", "²"):
        with pytest.raises(UsageError):
            parse_range(wrong)


def test_only_what_a_hit_may_show_is_wanted() -> None:
    query = parse('a -b why:"c d" issue:1 kind:story (e OR a)')
    assert query.wanted() == (
        Term(text="a"),
        Phrase(words=((0, "c"), (1, "d")), field=Field.WHY),
        Term(text="e"),
    )


def test_nearest_knows_slips_of_the_finger() -> None:
    assert nearest("haeding", ["heading", "deck"]) == "heading"
    assert nearest("xyz", ["heading", "deck"]) is None
    assert distance("training", "trainnig", 2) == 1
    assert distance("a", "abcdef", 2) == 3


def outcome(text: str) -> Query | QueryError:
    try:
        return parse(text)
    except QueryError as error:
        return error


def check(text: str) -> None:
    match outcome(text):
        case QueryError() as error:
            assert 1 <= error.column <= len(text) + 1
            assert error.hint
            assert (error.message + error.hint).isprintable()
        case query:
            # The canonical spelling means the same.
            assert parse(str(query)).root == query.root


@given(st.text(max_size=60))
def test_any_string_is_understood_or_refused_with_a_column_inside_it(text: str) -> None:
    check(text)


PIECES = """
    a b* " “ ( ) - OR AND NOT why: issue: date: kind: 1..2 .. 2024-11 story GPT-4 C++ x:y * ? : '
"""


@given(st.lists(st.sampled_from([*PIECES.split(), "\x00", "\u00ad", " "]), max_size=14))
def test_any_mixture_of_the_language_is_understood_or_refused(pieces: list[str]) -> None:
    check("".join(pieces))
    check(" ".join(pieces))


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_query_is_understood_or_refused(text: str) -> None:
    check(text)
