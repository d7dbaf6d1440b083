"""README.md, SECURITY.md and other guides against the files and names they mention."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "backissue"
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
GUIDES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        *(
            f"docs/{page}"
            for page in (
                "architecture.md",
                "ingest.md",
                "ranking.md",
                "reliability.md",
                "whoosh.md",
            )
        ),
    )
}
MOST_WORDS = 25
# Files of an archive or an export, which the pages name as well.
OF_AN_ARCHIVE = {"catalog.toml", "posts/", "synonyms.toml"}


def quoted_paths(page: str) -> set[str]:
    """The files and folders that a page names: `text/days.py`, `ingest/readers/`."""
    text = re.sub(r"REWRITE=1 ", "", page)
    found = set(re.findall(r"`([\w./-]+(?:/|\.(?:py|toml|md|json)))`", text))
    found |= set(re.findall(r"(?<![\w/.-])(?:\./)?((?:scripts|docs|tests)/[\w./-]*\w)", text))
    return found - OF_AN_ARCHIVE


def named(path: str) -> Path:
    """The file that a path means: from the root, or inside the package."""
    inside = SOURCE / path
    return inside if inside.exists() else ROOT / path


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_names_only_files_that_exist(name: str) -> None:
    paths = quoted_paths(GUIDES[name])
    assert paths
    assert [path for path in sorted(paths) if not named(path).exists()] == []


def table(mark: str, heading: str) -> list[list[str]]:
    """The rows of the table that follows a mark or heading, without its own first two lines."""
    lines = ARCHITECTURE.partition(mark)[2].partition(heading)[0].splitlines()
    rows = [line for line in lines if line.startswith("| ")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


CHANGES = table("<!-- changes -->", "<!-- /changes -->")


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row[0])
def test_a_change_starts_at_a_name_in_a_file_that_the_row_names(row: list[str]) -> None:
    _, where, names = row
    paths = [named(path) for path in re.findall(r"`([\w./]+\.\w+)`", where)]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    for name in re.findall(r"`(\w+)`", names):
        defined = rf"(?m)^\s*(?:(?:def|class) {name}\b|\[+{name}\]|{name}\s*[:=])"
        assert any(re.search(defined, text) for text in texts), name


def test_the_table_of_changes_covers_each_package() -> None:
    packages = {
        path.split("/")[0] for row in CHANGES for path in re.findall(r"`([\w/]+)\.", row[1])
    }
    assert {"archive", "cli", "index", "ingest", "query", "render", "text"} <= packages


GLOSSARY = table("## Glossary", "\n## ")


def test_the_glossary_is_short_and_in_sentences_of_their_own() -> None:
    words = [word for word, _ in GLOSSARY]
    assert 15 <= len(words) <= MOST_WORDS
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("word", [word for word, _ in GLOSSARY])
def test_a_word_of_the_glossary_is_used_in_the_code(word: str) -> None:
    pattern = re.compile(word.replace(" ", "[ _]?"), re.IGNORECASE)
    texts = (path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    names = (re.sub(r'"""[\s\S]*?"""|#.*', "", text) for text in texts)
    assert any(pattern.search(text) for text in names)


def test_the_ranking_page_names_only_constants_that_exist() -> None:
    named_there = set(re.findall(r"`(_[A-Z_]+)`", GUIDES["docs/ranking.md"]))
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.glob("index/search/*.py")]
    defined = set(re.findall(r"(?m)^(_[A-Z_]+)\b.* = ", "\n".join(texts)))
    assert len(named_there) >= 5
    assert named_there <= defined
