"""Plain Whoosh on an archive's index, and docs/whoosh.md."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from inspect import getsource
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from whoosh import query as whoosh
from whoosh.index import open_dir
from whoosh.qparser import QueryParser

from backissue.archive.settings import INDEX
from backissue.index.storage import ASIDE, TEXT, entries
from backissue.index.storage.rows import TAG
from backissue.index.storage.whoosh_fields import SCHEMA
from backissue.index.storage.writer import write
from backissue.records import Issue
from tests.test_index import archives, issue
from tests.test_whoosh import RANDOM, issues_of

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def seeds_index(archive: Path) -> Path:
    return archive / INDEX


# --- plain Whoosh, opened by itself --------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(seeds_index: Path) -> Iterator[Any]:
    """A searcher that Whoosh opens by itself, knowing nothing of us."""
    with open_dir(str(seeds_index)).searcher() as searcher:
        yield searcher


def asked(searcher: Any, query: str, **options: Any) -> Any:
    """What a query finds, parsed by Whoosh's own parser."""
    return searcher.search(QueryParser(TEXT, searcher.schema).parse(query), **options)


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        ("Robots", whoosh.Term(TEXT, "robots")),
        ("GPT-4o", whoosh.Term(TEXT, "gpt-4o")),
        ("$80bn", whoosh.Term(TEXT, "$80bn")),
        ("x.com/robots", whoosh.Phrase(TEXT, ["x", "com", "robots"])),
        ('"GPT-4o’s Tübingen"', whoosh.Phrase(TEXT, ["gpt", "4o", "tübingen"])),
        ("Distrib*", whoosh.Prefix(TEXT, "distrib")),
        ("Rob?ts", whoosh.Wildcard(TEXT, "rob?ts")),
        ("to be", whoosh.And([whoosh.Term(TEXT, "to"), whoosh.Term(TEXT, "be")])),
        ("tag:'kind:story'", whoosh.Term(TAG, "kind:story")),
        ("aside:arxiv", whoosh.Term(ASIDE, "arxiv")),
    ],
)
def test_the_query_parser_of_whoosh_knows_our_words(plain: Any, typed: str, parsed: Any) -> None:
    assert QueryParser(TEXT, plain.schema).parse(typed) == parsed


def test_a_phrase_in_whoosh_finds_a_compound_by_its_parts(tmp_path: Path) -> None:
    write(tmp_path / "index", add=[issue(1, "a GPT-4o model", "GPT-4 o model")])
    with open_dir(str(tmp_path / "index")).searcher() as searcher:
        found = asked(searcher, '"GPT-4o model"')
        assert [hit["address"] for hit in found] == ["import-ai/1.1"]
        assert [hit["address"] for hit in asked(searcher, "4o")] == ["import-ai/1.1"]


def test_hits_of_whoosh_come_ranked_with_address_text_and_highlights(plain: Any) -> None:
    found = asked(plain, "distributed training", limit=3)
    assert [hit["address"] for hit in found] == [
        "import-ai/393.4",
        "import-ai/389.3",
        "import-ai/387.2",
    ]
    assert found[0].score > found[1].score > found[2].score > 0
    marked = '<b class="match term0">distributed</b> <b class="match term1">training</b>'
    assert f"using its own {marked} techniques" in found[0].highlights(TEXT)
    assert found[0][TEXT].startswith("NOUS enters the distributed training arena\n\nMere days")


def test_whoosh_marks_a_compound_whole(plain: Any) -> None:
    (best, *_) = asked(plain, "GPT-4")
    assert '<b class="match term0">GPT-4</b>' in best.highlights(TEXT)


def test_whoosh_finds_key_terms_and_sections_like_another(plain: Any) -> None:
    found = asked(plain, "distributed training")
    assert {"training", "distributed"} <= {word for word, _ in found.key_terms(TEXT)}
    assert plain.key_terms([found[0].docnum], TEXT)[0][0] == "nous"
    assert plain.key_terms_from_text(TEXT, "Robots, learn!", numterms=1)[0][0] == "robots"
    assert "import-ai/393.3" in [hit["address"] for hit in found[0].more_like_this(TEXT)]


def test_whoosh_suggests_words_of_the_archive(plain: Any) -> None:
    assert plain.suggest(TEXT, "distribted")[0] == "distributed"
    assert plain.reader().corrector(TEXT).suggest("trainig", limit=1) == ["training"]
    query = QueryParser(TEXT, plain.schema).parse("distribted trainig")
    assert plain.correct_query(query, "distribted trainig").string == "distributed training"


def check_texts(archive: list[Issue]) -> None:
    """The words of a stored text are those that the index has, as often."""
    for one in archive:
        for section in one.sections:
            indexed, _ = entries.entries(section, one.head)
            text = entries.text_of(section)
            analysed = {term: count for term, count, _, _ in SCHEMA[TEXT].index(text)}
            assert analysed == {term: len(spots) // 4 for term, _, spots in indexed}


def test_the_texts_of_the_seeds_have_the_words_that_are_indexed(seeds_index: Path) -> None:
    check_texts(issues_of(seeds_index))


@RANDOM
@given(archive=archives())
def test_a_random_text_has_the_words_that_are_indexed(archive: list[Issue]) -> None:
    check_texts(archive)


def test_whoosh_opens_the_index_knowing_only_that_we_are_installed(seeds_index: Path) -> None:
    code = (
        "import sys, whoosh.index; searcher = whoosh.index.open_dir(sys.argv[1]).searcher();"
        "print(len(searcher.document(tag='key:import-ai/395')['record']) > 0)"
    )
    command = [sys.executable, "-c", code, str(seeds_index)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


# --- docs/whoosh.md ------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "whoosh.md").read_text(encoding="utf-8")


def test_the_script_of_the_page_searches_highlights_and_suggests(archive: Path) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(script.strip().splitlines()) <= 10 + 1  # a blank line
    command = [sys.executable, "-W", "error", "-c", script, str(archive)]
    done = subprocess.run([*command, "distributed"], capture_output=True, text=True, check=True)
    *hits, suggested = done.stdout.splitlines()
    assert re.match(r"import-ai/\d+\.\d+ .*<b class=\"match term0\">Distributed</b>", hits[0], re.I)
    assert suggested == "[]"
    done = subprocess.run([*command, "distribted"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['distributed', 'distracted']"]


def test_the_page_has_every_field_of_the_index() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(SCHEMA.names())


SOURCES = [
    path
    for path in (ROOT / "src").rglob("*.py")
    if re.search(r"^(from|import) whoosh\b", path.read_text(), re.M)
]
PRIVATE = r"_(?!_)\w+"


def private_names(path: Path) -> set[str]:
    """The private names of Whoosh that a module imports, asks objects for, or has in a class."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("whoosh"):
            found.update(re.findall(rf"\b{PRIVATE}", ast.unparse(node)))
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) != "self":
            found.update(re.findall(f"^{PRIVATE}", node.attr))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"getattr", "setattr"}:
            found.update(re.findall(f"^'({PRIVATE})'", ast.unparse(node.args[1])))
    found -= {"_replace"}  # of our own named tuples
    module = importlib.import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
    for cls in vars(module).values():
        if isinstance(cls, type) and cls.__module__ == module.__name__:
            ours, theirs = (
                {
                    name
                    for base in cls.__mro__
                    if base.__module__.partition(".")[0] == owner
                    for name in re.findall(
                        rf"(?:\bself\.|\bdef |^    )({PRIVATE})", getsource(base), re.M
                    )
                }
                for owner in ("backissue", "whoosh")
            )
            found |= ours & theirs
    return found


def test_the_page_lists_every_private_name_of_whoosh_that_is_used() -> None:
    listed = PAGE.partition("<!-- private names -->")[2].partition("<!-- /private names -->")[0]
    assert {path.stem for path in SOURCES} >= {"writer", "whoosh_codec", "whoosh_fields"}
    used = set().union(*map(private_names, SOURCES))
    assert used == set(re.findall(rf"`({PRIVATE})`", listed))
    declared = re.search(r"whoosh3>=([\d.]+)", (ROOT / "pyproject.toml").read_text())
    assert declared
    assert declared[1] in listed
