"""What `--explain` says adds up to the score of every hit, whatever it has or lacks."""

import tomllib
from pathlib import Path

import pytest

from backissue.archive.settings import INDEX
from backissue.index import Index
from backissue.index.search.explaining import Earned
from backissue.query import NO_SYNONYMS, SearchOptions, Synonyms
from backissue.query.parsing import parse
from backissue.records import Found, Hit
from backissue.render.presentation import Explanation, remarks
from tests.test_index import issue, section
from tests.test_ranking import holding

HERE = Path(__file__).parent
QUESTIONS = [
    row["ask"]
    for row in tomllib.loads((HERE / "gold/questions.toml").read_text("utf-8"))["question"][30::4]
]
QUERIES = [
    "robots",
    "computer",
    "distributed training",
    "the cost of training the models",
    "what is the",
    "training zebra robot",
    "the models OR scal* OR -china",
    "(robot OR otter zebra) training chips",
    '"world model" (genie OR o3) kind:story',
    '"world model"~5 zebra genie',
    "heading:phi* synthetic data zebra",
    "trainnig~ robbot~2 chips",
    "robot* w?ldc*rds kitchen",
    "why:robots deck:household toddler -china",
    "issue:390..396 fusion reactor kitchen",
    "issue:390..396 fusion reactor -claude",
    "training training robots zebra",
    "GPT-4o time-dependent distributed-training",
    "kind:fiction -robot",
]
OWN = (
    (("fusor",), ("fusion", "reactor")),
    (("kitchen",), ("home",), ("household",)),
    (("robots",), ("humanoid", "robots"), ("machines",)),
)
WAYS = {
    "strict": (NO_SYNONYMS, False),
    "without synonyms": (NO_SYNONYMS, True),
    "as typed": (Synonyms(), True),
    "with your own synonyms": (Synonyms(own=OWN), True),
    "with your own synonyms only": (Synonyms(own=OWN, built_in=False), False),
}


def explained(index: Index, options: SearchOptions, hit: Hit) -> tuple[Earned, ...]:
    return index.searcher.explain(options, hit.issue.key, hit.section.position)


def is_whole(hit: Hit, earned: tuple[Earned, ...]) -> bool:
    """Whether the points add up to the score, and also what is shown: points, and then a factor."""
    every = sum(one.points for one in earned)
    factors = [one.factor for one in earned if one.kind == "share"]
    given = sum(one.points for one in earned if one.kind != "share")
    shown = given * (factors[0] if factors else 1)
    return hit.score == pytest.approx(every, abs=1e-4) == pytest.approx(shown, abs=1e-4)


@pytest.mark.parametrize("way", WAYS)
def test_the_parts_of_every_hit_add_up_to_its_score(archive: Path, way: str) -> None:
    own, partial = WAYS[way]
    kinds: set[str] = set()
    with Index.open(archive / INDEX) as index:
        for query in [*QUERIES, *QUESTIONS]:
            options = SearchOptions(
                query=parse(query), limit=12, synonyms=own, partial=partial, fill=partial
            )
            for hit in index.searcher.search(options).hits:
                earned = explained(index, options, hit)
                assert is_whole(hit, earned), (query, hit.issue.id, hit.section.position)
                kinds |= {one.kind for one in earned}
                told = {one.part for one in earned if one.kind == "instead"}
                assert told == {found for _, found in hit.instead}
                assert all(one.sections for one in earned if one.kind in {"word", "instead"})
    expected = {"strict": {"word", "form"}, "without synonyms": {"word", "form", "share"}}
    assert kinds >= expected.get(way, {"word", "instead"})


ISSUES = (
    issue(1, section(heading="Robots", body="a robot trains robots")),
    issue(2, "an otter swims in the kitchen"),
    issue(3, "a whale and a vole"),
)


def lines(index: Index, query: str, synonyms: Synonyms = NO_SYNONYMS) -> dict[str, list[str]]:
    """What is said of each hit below its score."""
    options = SearchOptions(query=parse(query), synonyms=synonyms, partial=True, fill=True)
    found: Found = index.searcher.search(options)
    told: dict[str, list[str]] = {}
    for hit in found.hits:
        why = Explanation(query=query, scores={hit.rank: explained(index, options, hit)})
        every = list(remarks(hit, why))
        start = every.index(f"score {hit.score:.4f}")
        told[hit.issue.id] = every[start + 1 :]
    return told


def test_a_partial_match_says_what_it_has_and_what_share_that_is(tmp_path: Path) -> None:
    with holding(tmp_path / "index", *ISSUES) as index:
        told = lines(index, "otter kitchen whale")
    assert [line.split("  ", 1)[1] for line in told["2"]] == [
        "otter (in 1 section; otter: 1 in body)",
        "kitchen (in 1 section; kitchen: 1 in body)",
        "has 67% of what the words are worth",
    ]
    assert told["2"][-1].startswith("x 0.")
    assert told["3"][-1].endswith("has 33% of what the words are worth")


def test_a_synonym_says_what_it_stands_for_and_what_part_of_its_points_it_adds(
    tmp_path: Path,
) -> None:
    own = Synonyms(own=((("vole",), ("otter",)),))
    with holding(tmp_path / "index", *ISSUES) as index:
        told = lines(index, "vole kitchen", own)
        (synonym,) = (line for line in told["2"] if "“" in line)
    points, rest = synonym.split("  ", 1)
    assert rest.startswith("“otter” for “vole” (0.50 of ")
    assert rest.endswith("; in 1 section; otter: 1 in body)")
    whole = float(rest.partition(" of ")[2].partition(";")[0])
    assert float(points) == pytest.approx(whole / 2, abs=1e-4)
    assert not any(line.startswith("x ") for line in told["2"])  # it lacks nothing
