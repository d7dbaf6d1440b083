"""Ten thousand queries of every sort: each gives hits, none, or one plain sentence."""

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from backissue.errors import QueryError, UsageError
from backissue.index import Index
from backissue.index.search import expansion
from backissue.index.storage.writer import write
from backissue.query import Query, SearchOptions, expands, leaves
from backissue.query.parsing import LONGEST, MOST_EXPANDING, parse
from tests.test_index import STORY, issue

NASTY = (Path(__file__).parent / "cases/query/nasty.txt").read_text(encoding="utf-8").splitlines()
WORDS = (
    "training robots the a o1 GPT-4o C++ don’t Tübingen $80bn 10^25 x.com hands money zebra 人工 "
    "π0 😀 power arm Scaling laws AND OR NOT and or not https://arxiv.org/abs/1 12:30 2.5 -- … "
    "co\u00adop ﬁne"
)
FIELDS = "heading deck why thesis label body link title publication source issue date kind x"
VALUES = "7 6..8 ..9 7.. 8..6 2024 nov-2024 2024-q2 2024-05..2025 story notes 7.1 import-ai/7"
SAVED = {"one": "robots OR hands", "two": ":one -power", "loop": ":loop", "bad": "(a"}
SIGNS = "\"“”()*?~:-+^\\/|&.,;'\x00\t\u00a0\u200b\u0301é𝔸人\ud800%$#@[]{}<>=!_0123456789abcAND OR"


def word(chance: random.Random) -> str:
    """A word, perhaps with signs of the language in it or about it."""
    made = chance.choice(WORDS.split())
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        at = chance.randrange(len(made) + 1)
        made = made[:at] + chance.choice("**??~-ae") + made[at:]
    return made + chance.choice(("", "", "", "", "*", "~", "~1", "~2", "~3", "?", "!"))


def query(chance: random.Random, deep: int = 0) -> str:  # noqa: PLR0911
    """A query by the grammar, now and then with a mistake in it."""
    match chance.randrange(11 if deep < 6 else 5):
        case 0:
            words = " ".join(word(chance) for _ in range(chance.randrange(5)))
            return f'"{words}"' + chance.choice(("", "", "~1", "~5", "~100", "~", "~0", "~x"))
        case 1:
            value = chance.choice([*VALUES.split(), word(chance), ""])
            return f"{chance.choice(FIELDS.split())}:{value}"
        case 2:
            return ":" + chance.choice([*SAVED, "none", "1"])
        case 3 | 4:
            return word(chance)
        case 5:
            return f"({query(chance, deep + 1)})"
        case 6:
            return chance.choice(("-", "NOT ", "- ", "--")) + query(chance, deep + 1)
        case 7:
            return f"{chance.choice(FIELDS.split())}:({query(chance, deep + 1)})"
        case _:
            joint = chance.choice((" ", " ", " OR ", " AND ", " NOT ", ""))
            return joint.join(query(chance, deep + 1) for _ in range(chance.randrange(1, 5)))


def storm(count: int, seed: int = 396) -> Iterator[str]:
    """So many queries: by the grammar, of mere signs, and nasty ones spoilt and put together."""
    chance = random.Random(seed)
    for at in range(count):
        match at % 4:
            case 0 | 1:
                text = query(chance)
            case 2:
                text = "".join(chance.choices(SIGNS, k=chance.randrange(1, 40)))
            case _:
                text = chance.choice((" ", "", " OR ")).join(chance.choices(NASTY, k=2))
        if chance.random() < 0.1:
            text = text[: chance.randrange(len(text) + 1)] + chance.choice(SIGNS)
        yield text * chance.choice((1,) * 30 + (2, 50))


def outcome(text: str) -> Query | QueryError:
    try:
        return parse(text, saved=SAVED)
    except QueryError as error:
        return error


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("storm") / "index"
    write(folder, add=[issue(7, STORY, "a b c *** () “x”", "a a a", date=date(2024, 5, 6))])
    with Index.open(folder) as index:
        yield index


def test_ten_thousand_queries_give_hits_or_none_or_one_plain_sentence(opened: Index) -> None:
    asked = refused = 0
    for text in storm(10_000):
        understood = outcome(text)
        if isinstance(understood, QueryError):
            refused += 1
            said = f"{understood.message}; {understood.hint}"
            assert understood.hint
            assert said.isprintable(), text
            assert len(said) < 500
            assert 1 <= understood.column <= len(text) + 1
            continue
        asked += 1
        if len(str(understood)) <= LONGEST:  # saved searches and dates grow when written out
            assert parse(str(understood)).root == understood.root, text
        try:
            found = opened.searcher.search(SearchOptions(query=understood, limit=3))
        except UsageError:  # issue:1.2, where no volume has such an issue
            if "issue" not in text.lower():
                raise
            continue
        assert len(found.hits) == min(3, found.total)
        opened.searcher.unmatched(understood)
        opened.searcher.cut_expansions(understood)
        if not found.total:
            blocking = opened.searcher.blocking(understood)
            assert blocking is None or blocking.total
        if found.suggestion:
            assert opened.searcher.search(SearchOptions(query=parse(found.suggestion))).total
    assert asked > 3000
    assert refused > 1500


def test_no_query_asks_for_more_than_a_bounded_number_of_words() -> None:
    most = 0
    for text in storm(4000, seed=1):
        understood = outcome(text)
        if isinstance(understood, Query):
            most = max(most, sum(expands(leaf) for leaf in leaves(understood.root)))
    assert 0 < most <= MOST_EXPANDING


def test_words_that_stand_for_many_take_a_bounded_number_of_places() -> None:
    every = {f"a{at:05}": 1 + at % 7 for at in range(50_000)} | {"ab": 900_000}

    def beginning(_: str, prefix: str) -> dict[str, int]:
        return {text: count for text, count in every.items() if text.startswith(prefix)}

    for text in ("a*", "*0*", "*a*", "a00123~2"):
        (leaf,) = parse(text).wanted()
        words, left_out = expansion.expand(beginning, leaf, ["text"], 5_000)  # type: ignore[arg-type]
        assert 0 < len(words) <= expansion.MOST_EXPANSIONS
        places = sum(every[each] for each, _ in words)
        assert len(words) == 1 or places <= expansion.MOST_ENTRIES
        described = [each for each in every if leaf.accepts(each)] if text[-1] != "*" else None
        assert described is None or len(described) == len(words) + left_out
