"""The promises of query.py: what each spelling means, and one plain sentence for the rest."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from backissue.errors import QueryError, UsageError
from backissue.query import Field, LeftOut, Numbers, Omission, Phrase, Query, Term, leaves
from backissue.query.edit_distance import distance, nearest
from backissue.query.parsing import (
    DEEPEST,
    LONGEST,
    MOST_EXPANDING,
    MOST_TERMS,
    is_saved_name,
    parse,
    phrase_of,
)
from backissue.query.values import parse_range, parse_since, parse_until, restrict

NASTY = (Path(__file__).parent / "cases/query/nasty.txt").read_text(encoding="utf-8").splitlines()


SAVED = {
    "chips": "gpu OR tpu",
    "dull": "market",
    "both": ":chips -:dull",
    "loop": "a OR :pool",
    "pool": "(:loop)",
    "broken": "a foo:b",
}


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
        ('"near  words"~5', '"near words"~5'),
        ("why:“near words”~100 x", 'why:"near words"~100 x'),
        ('"GPT-4o model"~3', '"gpt-4o model"~3'),
        ("sc*ing", "sc*ing"),
        ("Sc**ing", "sc*ing"),
        ("*training", "*training"),
        ("wom?n,", "wom?n"),
        ("?ranium", "?ranium"),
        ("heading:*bot*", "heading:*bot*"),
        ("scal***", "scal*"),
        ("GPT-*", "gpt-*"),
        ("$8*", "$8*"),
        ("m?x?", "m?x?"),
        ("what is AGI?! (really??)", "what is agi really"),
        ("youtube.com/watch?v=1", '"youtube.com watch v 1"'),
        ("hunyan~", "hunyan~1"),
        ("trainings~", "trainings~2"),
        ("robot~", "robot~1"),
        ("robot~2", "robot~2"),
        ("~100 a~b", '100 "a b"'),
        ("thesis:scale label:matter", "thesis:scale label:matter"),
        ("date:nov-2024", "date:2024-11-01..2024-11-30"),
        ("date:November-2024", "date:2024-11-01..2024-11-30"),
        ("date:2024-q4", "date:2024-10-01..2024-12-31"),
        ('date:"23 dec 2024"', "date:2024-12-23"),
        ('date:"Dec 23rd, 2024"', "date:2024-12-23"),
        ("date:nov-2024..2025", "date:2024-11-01..2025-12-31"),
        (":chips", "gpu OR tpu"),
        (":chips -:dull", "(gpu OR tpu) NOT market"),
        ("why:(:chips)", "why:gpu OR why:tpu"),
        ("heading::dull", "heading:market"),
        (":both", "(gpu OR tpu) NOT market"),
        ("a :3 a:", "a 3 a"),
    ],
)
def test_a_query_means_what_it_says(text: str, meaning: str) -> None:
    query = parse(text, saved=SAVED)
    assert str(query) == meaning
    assert query.source == text


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ("*", 1, "alone is everything"),
        ("!!!", 1, "“!!!” has no letter or digit"),
        ("  – … ", 3, "“– …” has no letter or digit"),
        ('"..."', 1, "“...” has no letter or digit"),
        ('"', 1, "no letter or digit"),
        ("(", 1, "no letter or digit"),
        ("())", 1, "no letter or digit"),
        ("?", 1, "alone is everything"),
        ("OR", 1, "OR has no word beside it"),
        ("NOT (AND)", 1, "NOT has no word beside it"),
        ("why:-a", 1, "nothing to look for follows “why:”"),
        ("foo:(bar)", 1, "no field “foo”"),
        ('foo:"bar"', 1, "no field “foo”"),
        ("foo:bar", 1, "no field “foo”"),
        ("a isue:395", 3, "no field “isue”"),
        ("issue:gpt-4.2", 7, "address of a section"),
        ("issue:390-395", 7, "not a range"),
        ("issue:395..390", 7, "backwards"),
        ("issue:..", 7, "at least one end"),
        ("date:2024-13", 6, "not a date"),
        ("date:2025..2024", 6, "backwards"),
        ("kind:stories", 6, "no kind"),
        ('"a b"~', 6, "not how many words apart"),
        ('x "a b"~0', 8, "not how many words apart"),
        ('"a b"~101', 6, "not how many words apart"),
        ('"a b"~5x', 6, "not how many words apart"),
        ('"gpt-4o"~3', 1, "is one word"),
        ("?*", 1, "alone is everything"),
        ("hunyan~3", 1, "2 are the most"),
        ("hunyan~0", 1, "2 are the most"),
        ("scal*~", 1, "both"),
        ("date:yesterday", 6, "not a date"),
        ("date:3/4/2024", 6, "not a date"),
        ("date:2024-q5", 6, "not a date"),
        (":chisp", 1, "no saved search “chisp”"),
        ("a :nothing", 3, "no saved search “nothing”"),
        (":loop", 1, "uses itself"),
        ("x (:broken)", 4, "in the saved search “broken”: no field “foo”"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence_with_its_column(
    text: str, column: int, message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, saved=SAVED)
    assert message in caught.value.message or message in str(caught.value)
    assert caught.value.column == column
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint


def test_a_misspelt_field_is_answered_with_the_closest_one_and_with_quotes() -> None:
    with pytest.raises(QueryError) as caught:
        parse("isue:395")
    assert "issue:" in (caught.value.hint or "")
    assert '"isue:395"' in (caught.value.hint or "")


@pytest.mark.parametrize(("word", "slips"), [("scaling", 1), ("parallel", 2)])
def test_a_fuzzy_word_allows_two_slips_from_eight_letters_on(word: str, slips: int) -> None:
    assert parse(f"{word}~") == replace(parse(f"{word}~{slips}"), source=f"{word}~")


def test_brackets_inside_one_another_are_limited() -> None:
    parse("(" * DEEPEST + "a" + ")" * DEEPEST)
    parse(" ".join(["(a) -b"] * (MOST_TERMS // 2)))  # brackets that were closed do not count
    parse("(" * (DEEPEST + 1) + "a")  # nor do those that are not closed at all
    for text in (
        "(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1),
        "NOT " * (DEEPEST + 1) + "a",
    ):
        with pytest.raises(QueryError, match="more than 50 levels of brackets"):
            parse(text)


def beyond(query: Query) -> list[tuple[str, int]]:
    return [(one.text, one.column) for one in query.left_out if one.kind is Omission.BEYOND]


def test_a_query_of_too_many_words_is_cut_and_says_which_words_it_lacks() -> None:
    most = [f"w{number}" for number in range(MOST_TERMS)]
    whole = " ".join(most)
    assert parse(whole).left_out == ()
    query = parse(f"{whole} OR more (text – NOT here")
    assert str(query) == whole
    places = [(word, query.source.index(word) + 1) for word in ("more", "text", "here")]
    assert beyond(query) == places
    inside = parse(f"(why:({' OR '.join(most)} OR x) y) z")
    assert str(inside) == " OR ".join(f"why:{word}" for word in most)
    assert [text for text, _ in beyond(inside)] == ["x", "y", "z"]


def test_a_query_of_too_many_characters_is_cut_between_words() -> None:
    text = "word " * (LONGEST // 5 - 1)
    assert len(text + "whole") == LONGEST
    assert beyond(parse(text + "whole"))[-1:] == [("whole", LONGEST - 4)]
    phrase = parse(f'"{text}is cut" short')
    assert isinstance(phrase.root, Phrase)
    assert len(phrase.root.words) == LONGEST // 5
    assert beyond(phrase) == [('cut"', len(text) + 5), ("short", len(text) + 10)]
    assert str(parse("a" * (LONGEST + 5))) == "a" * LONGEST  # there is nowhere else to cut
    spaced = parse(f"(one) (two OR (three{' ' * LONGEST}four)) – five")
    assert str(spaced) == "one (two OR three)"
    assert [text for text, _ in beyond(spaced)] == ["four))", "five"]
    assert {one.kind for one in spaced.left_out} == {Omission.BEYOND}


def test_words_that_stand_for_many_are_limited_and_then_taken_as_they_are() -> None:
    for word, plain in (("ab*", "ab"), ("b?cd", '"b cd"'), ("abcd~", "abcd"), ("*ab*", "ab")):
        full = " ".join([word] * MOST_EXPANDING)
        assert not parse(full).left_out
        query = parse(f"{full} {word}")
        assert str(query).endswith(f" {plain}")
        assert query.left_out == (LeftOut(text=word, column=len(full) + 2, kind=Omission.MARK),)


def test_saved_searches_share_the_limits_of_the_query_and_guess_names() -> None:
    saved = {"many": " ".join(["a"] * 200), "twice": ":many :many"}
    query = parse("x :twice y", saved=saved)
    assert len(list(leaves(query.root))) == MOST_TERMS
    assert beyond(query) == [*[("a", 3)] * 145, ("y", 10)]
    with pytest.raises(QueryError) as caught:
        parse(":mayn", saved=saved)
    assert "did you mean :many?" in (caught.value.hint or "")
    chain = {f"s{at}": f":s{at + 1}" for at in range(70)}
    with pytest.raises(QueryError, match="levels of brackets"):
        parse(":s0", saved=chain)


def test_what_a_saved_search_leaves_out_is_not_told_again() -> None:
    query = parse("a – :dash", saved={"dash": 'b – "c'})
    assert str(query) == "a (b c)"
    assert query.left_out == (LeftOut(text="–", column=3, kind=Omission.SIGN),)
    assert str(parse(":d", saved={"d": "b"})) == "b"  # and no face


def test_a_search_is_saved_under_a_plain_name() -> None:
    assert is_saved_name("chips")
    assert is_saved_name("ai-chips_2")
    for wrong in ("", "2", "a b", "a:b", "-a", '"', "a" * 41, "a/b"):
        assert not is_saved_name(wrong)


@pytest.mark.parametrize("words", [["to", "be", "or"], ["to be", "or"], ['say "to be', "or”"]])
def test_arguments_become_one_phrase_whatever_signs_they_hold(words: list[str]) -> None:
    assert str(parse(phrase_of(words))).endswith('to be or"')
    assert str(parse(phrase_of(["-a", "OR", "why:b*"]))) == '"a or why b"'


TODAY = date(2025, 3, 31)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("today", "2025-03-31"),
        ("Yesterday", "2025-03-30"),
        ("3 days ago", "2025-03-28"),
        ("2 weeks", "2025-03-17"),
        ("2w", "2025-03-17"),
        ("a month ago", "2025-02-28"),
        ("last month", "2025-02-28"),
        ("3 months ago", "2024-12-31"),
        ("13 months ago", "2024-02-29"),
        ("last 6 months", "2024-09-30"),
        ("two quarters ago", "2024-09-30"),
        ("last year", "2024-03-31"),
        ("99999 years", "0001-01-01"),
        ("2024", "2024-01-01"),
        ("2024-11", "2024-11-01"),
        ("nov 2024", "2024-11-01"),
        ("2024-q4", "2024-10-01"),
    ],
)
def test_since_says_a_day_or_how_long_ago(text: str, first: str) -> None:
    assert str(parse_since(text, today=TODAY)) == f"date:{first}.."


def test_until_takes_in_the_whole_of_what_it_says() -> None:
    assert str(parse_until("2024-11", today=TODAY)) == "date:..2024-11-30"
    assert str(parse_until("2 weeks ago", today=TODAY)) == "date:..2025-03-17"
    days = (parse_since("2024"), parse_until("2024"))
    query = restrict(parse("a"), days=days)
    assert str(query) == "a date:2024-01-01.. date:..2024-12-31"
    for wrong in ("", "soon", "3", "3 fortnights", "week", "3/4/2024", "tomorrow"):
        with pytest.raises(UsageError) as caught:
            parse_since(wrong, today=TODAY)
        assert "3 months ago" in (caught.value.hint or "")


def test_within_gives_bare_words_a_field() -> None:
    assert str(parse("a heading:b", within="why")) == "why:a heading:b"
    assert parse("a", within="WHY").root == Term(text="a", field=Field.WHY)
    with pytest.raises(UsageError):
        parse("a", within="issue")


def test_options_restrict_a_query_and_keep_what_was_left_out() -> None:
    query = parse("a – b (c")
    assert restrict(query, kind="story").left_out == query.left_out
    assert len(query.left_out) == 2


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
    assert nearest("serh", ["search", "show"]) == "search"  # two slips in four letters
    assert nearest("srh", ["search", "show"]) is None  # and one in three
    assert nearest("pub", ["publications", "search"]) == "publications"
    assert nearest("se", ["search"]) is None
    assert distance("training", "trainnig", 2) == 1
    assert distance("a", "abcdef", 2) == 3


def outcome(text: str) -> Query | QueryError:
    try:
        return parse(text, saved=SAVED)
    except QueryError as error:
        return error


def check(text: str) -> None:
    match outcome(text):
        case QueryError() as error:
            assert 1 <= error.column <= len(text) + 1
            assert error.hint
            assert (error.message + error.hint).isprintable()
        case query:
            # The canonical spelling means the same, and has all of it.
            again = parse(str(query))
            assert again.root == query.root
            assert again.left_out == ()
            columns = [one.column for one in query.left_out]
            assert columns == sorted(columns)
            assert all(text[one.column - 1] == one.text[0] for one in query.left_out)


@example("B'𠀀")  # two letters, written with a hyphen once they are folded
@given(st.text(max_size=60))
def test_any_string_is_understood_or_refused_with_a_column_inside_it(text: str) -> None:
    check(text)


PIECES = """
    a b* " “ ( ) - OR AND NOT why: issue: date: kind: 1..2 .. 2024-11 story GPT-4 C++ x:y * ? : '
    ~ ~1 ~5 "a b"~2 a?b *c :chips :loop nov-2024 2024-q1 https:// / ü
"""


@given(st.lists(st.sampled_from([*PIECES.split(), "\x00", "\u00ad", " "]), max_size=14))
def test_any_mixture_of_the_language_is_understood_or_refused(pieces: list[str]) -> None:
    check("".join(pieces))
    check(" ".join(pieces))


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_query_is_understood_or_refused(text: str) -> None:
    check(text)
