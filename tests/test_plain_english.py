"""Turns of phrase that code, docs and help avoid, each with a plainer one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLAINER = {
    r"anew": "again, rebuild",
    r"(?:told|tells?|telling) (?:\w+ )?apart": "distinguish",
    r"(?:take|takes|taken|taking|took) in": "ingest, read",
    r"whence(?!: int|\)| !=)": "from where",
    r"hence": "therefore",
    r"lest": "so that … not",
    r"for want of": "without",
    r"but for": "except",
    r"in the midst of": "in the middle of, among",
    r"apart by (?:a )?tabs?": "separated by tabs",
    r"(?:reader|user)['’]s (?:own )?words?": "what you say, your synonyms",
    r"puts? right|putting right": "repair",
    r"mend(?:s|ed|ing|able)?": "repair",
    r"heal(?:s|ed|ing)?": "repair",
    r"is said of": "what … says about",
    r"no matter": "whatever, any",
    r"made of it": "made from it",
    r"(?:what|that) is held": "in the archive",
    r"stands? in it": "is in it",
    r"nothing of it": "nothing about it, no part of it",
    r"come of it": "come from it",
    r"is no use": "is unusable",
    r"comes? along": "is built in, follows",
    r"aught|nought|betwixt|withal": "nothing, between",
}
# Keys of the JSON output, which keep their names within schema 1, and names of tests.
PROMISED = re.compile(r"[\"'`](?:mended|healing)[\"'`]|mended=|::test_\w+")
BANNED = re.compile(rf"\b(?:{'|'.join(PLAINER)})\b", re.IGNORECASE)


def pages() -> list[Path]:
    found = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY")]
    found += [*(ROOT / "docs").glob("*.md"), *(ROOT / "scripts").iterdir()]
    for ending in ("py", "toml", "md"):
        found += (ROOT / "src").rglob(f"*.{ending}")
    return sorted(found)


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_is_in_plain_english(path: Path) -> None:
    lines = PROMISED.sub("", path.read_text(encoding="utf-8")).splitlines()
    found = [f"{path.name}: {line.strip()}" for line in lines if BANNED.search(line)]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "The index is made anew.",
        "Sources are taken in.",
        "A damage is mended.",
        "for want of a fact",
    ],
)
def test_a_banned_turn_is_found(line: str) -> None:
    assert BANNED.search(line)


@pytest.mark.parametrize(
    "line",
    ["a newer index", "It takes two.", "recommended", "there is one", '"mended": 3', "health"],
)
def test_an_ordinary_line_is_not(line: str) -> None:
    assert not BANNED.search(PROMISED.sub("", line))
