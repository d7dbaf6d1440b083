"""The program against the hand-read truth of the founding documents, in tests/gold.

Every issue is looked at in each source that holds it, and again as all its sources
together give it.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from backissue.ingest.pipeline import read
from backissue.ingest.structure.drafts import Draft
from backissue.records import Facts, Issue, IssueKind, Link, Section, SectionKind
from backissue.text.prose import fold, plain
from tests.conftest import issues_in, seed_sources

GOLD = Path(__file__).parent / "gold"
MERGED = "merged"
NOTES = "003_97489e45dc471143.txt"
# Of the 86 lines of the notes, this many come out letter for letter as a person read them.
LINES_RIGHT = 86

Truth = dict[str, Any]
Pairs = list[tuple[Section, Truth]]


@cache
def truths() -> dict[int, Truth]:
    read_all = (tomllib.loads(path.read_text("utf-8")) for path in sorted(GOLD.glob("[0-9]*.toml")))
    return {truth["number"]: truth for truth in read_all}


@cache
def drafts() -> dict[tuple[str, int | None], Draft]:
    """Every draft, by source and number; the HTML copy of 395 does not say which it is."""
    found = {}
    for source in seed_sources():
        for draft in read(source.data, source.by_reader).drafts:
            number = 395 if source.name.startswith("000") else draft.facts.number
            found[source.name, number] = draft
    return found


@dataclass(frozen=True)
class Look:
    """One issue in one place: in a source, or merged of all its sources."""

    number: int
    place: str

    @property
    def truth(self) -> Truth:
        return truths()[self.number]

    @property
    def has_urls(self) -> bool:
        return self.place == MERGED or self.place.startswith(("000", "002"))

    def __str__(self) -> str:
        return f"{self.number} {self.place[:3] if self.place != MERGED else MERGED}"


LOOKS = [
    Look(number, place)
    for number, truth in truths().items()
    for place in (*truth["sources"], MERGED)
]
every_look = pytest.mark.parametrize("look", LOOKS, ids=str)


@pytest.fixture(scope="module")
def merged(archive: Path) -> dict[int | None, Issue]:
    return {issue.head.number: issue for issue in issues_in(archive)}


@pytest.fixture
def pairs(look: Look, merged: dict[int | None, Issue]) -> Pairs:
    """The sections that were found, each with the truth about it."""
    found = sections_of(look, merged)
    assert [fold(section.heading) for section in found] == [
        fold(truth["heading"]) for truth in look.truth["section"]
    ]
    return list(zip(found, look.truth["section"], strict=True))


def sections_of(look: Look, merged: dict[int | None, Issue]) -> tuple[Section, ...]:
    if look.place == MERGED:
        return merged[look.number].sections
    return drafts()[look.place, look.number].sections


def folded(text: str | None) -> str | None:
    return None if text is None else fold(text)


def text_of(section: Section) -> str:
    return fold(plain(section.blocks))


# -- what there is ------------------------------------------------------------------------------


def test_the_truth_is_of_eleven_issues_with_59_sections() -> None:
    sections = [section for truth in truths().values() for section in truth["section"]]
    assert list(truths()) == list(range(386, 397))
    assert len(sections) == 59
    assert sum(section["kind"] == "fiction" for section in sections) == 11
    assert sum("why" in section for section in sections) == 41


def test_each_source_holds_the_issues_it_holds_and_no_others() -> None:
    told = {(place, number) for number, truth in truths().items() for place in truth["sources"]}
    assert set(drafts()) == told | {(NOTES, None)}


def test_the_archive_holds_each_issue_once_with_all_its_sources(
    merged: dict[int | None, Issue],
) -> None:
    held = {number: issue.head.sources for number, issue in merged.items()}
    told = {number: tuple(truth["sources"]) for number, truth in truths().items()}
    assert held == {**told, None: (NOTES,)}


def test_the_archive_holds_41_whys_and_18_sections_without(
    merged: dict[int | None, Issue],
) -> None:
    sections = [section for number, issue in merged.items() if number for section in issue.sections]
    assert len(sections) == 59
    assert sum(section.why is not None for section in sections) == 41


@every_look
def test_publication_title_and_kind_are_those_on_the_cover(
    look: Look, merged: dict[int | None, Issue]
) -> None:
    draft = None if look.place == MERGED else drafts()[look.place, look.number].facts
    facts = draft or merged[look.number].head
    assert facts.publication == "Import AI"
    assert facts.kind is IssueKind.NEWSLETTER
    untitled = look.place.startswith("000")
    assert folded(facts.title) == (None if untitled else fold(look.truth["title"]))


@every_look
def test_no_story_is_left_in_the_intro_or_the_boilerplate(
    look: Look, merged: dict[int | None, Issue]
) -> None:
    held = merged[look.number] if look.place == MERGED else drafts()[look.place, look.number]
    assert len((held.intro or "").split()) < 60
    assert all(len(line.split()) < 60 for line in held.boilerplate)


# -- sections -----------------------------------------------------------------------------------


@every_look
def test_headings_are_those_the_author_set(look: Look, merged: dict[int | None, Issue]) -> None:
    found = sections_of(look, merged)
    assert [fold(section.heading) for section in found] == [
        fold(truth["heading"]) for truth in look.truth["section"]
    ]
    assert [section.position for section in found] == list(range(1, len(found) + 1))


@every_look
def test_decks_stand_without_their_dots(pairs: Pairs) -> None:
    assert [folded(section.deck) for section, _ in pairs] == [
        folded(truth.get("deck")) for _, truth in pairs
    ]


@every_look
def test_stories_and_tales_are_told_apart(pairs: Pairs) -> None:
    assert [section.kind for section, _ in pairs] == [
        SectionKind(truth["kind"]) for _, truth in pairs
    ]


@every_look
def test_a_section_runs_from_its_first_words_to_its_last(
    pairs: Pairs,
) -> None:
    for section, truth in pairs:
        assert text_of(section).startswith(fold(truth["first"]))
        assert text_of(section).endswith(fold(truth["last"]))


@every_look
def test_cited_issues_are_noted(pairs: Pairs) -> None:
    assert [list(section.mentions) for section, _ in pairs] == [
        sorted(truth.get("mentions", [])) for _, truth in pairs
    ]


# -- why this matters ---------------------------------------------------------------------------


@every_look
def test_exactly_the_sections_that_say_why_have_a_why(pairs: Pairs) -> None:
    assert [section.why is not None for section, _ in pairs] == [
        "why" in truth for _, truth in pairs
    ]


@every_look
def test_label_and_thesis_are_taken_apart(pairs: Pairs) -> None:
    for section, truth in pairs:
        if section.why:
            assert fold(section.why.label) == fold(truth["why"]["label"])
            assert folded(section.why.thesis) == folded(truth["why"].get("thesis"))


@every_look
def test_a_passage_runs_from_its_first_words_to_its_last(
    pairs: Pairs,
) -> None:
    for section, truth in pairs:
        if section.why:
            assert fold(section.why.text).startswith(fold(truth["why"]["first"]))
            assert fold(section.why.text).endswith(fold(truth["why"]["last"]))


# -- links --------------------------------------------------------------------------------------

Row = tuple[str | None, str, str | None]


def told_links(truth: Truth) -> list[Row]:
    return [
        (folded(link.get("label")), fold(link["text"]), link.get("url"))
        for link in truth.get("link", [])
    ]


def found_links(links: tuple[Link, ...]) -> list[Row]:
    return [(folded(link.label), fold(link.text), link.url) for link in links]


@pytest.mark.parametrize(
    "look", [look for look in LOOKS if look.has_urls or look.number != 395], ids=str
)
def test_links_have_their_labels_words_and_targets(pairs: Pairs) -> None:
    for section, truth in pairs:
        assert found_links(section.links) == told_links(truth)


def test_a_copy_without_urls_has_the_link_lines_of_one_with_them() -> None:
    """The truth about 395 was read in its HTML copy, where links in mid-sentence are marked too."""
    (look,) = (look for look in LOOKS if look.number == 395 and look.place.startswith("001"))
    for section, truth in zip(sections_of(look, {}), look.truth["section"], strict=True):
        told = told_links(truth)
        labelled = [(label, text, None) for label, text, _ in told if label]
        assert [row for row in found_links(section.links) if row[0]] == labelled
        for label, text, url in found_links(section.links):
            assert label or any(text.endswith(words) for _, words, _ in told)
            assert url is None


# -- the notes ----------------------------------------------------------------------------------


def test_each_line_of_the_notes_is_a_section_as_a_person_read_it(
    merged: dict[int | None, Issue],
) -> None:
    truth = (GOLD / "notes.txt").read_text(encoding="utf-8").splitlines()
    for sections in (drafts()[NOTES, None].sections, merged[None].sections):
        lines = [plain(section.blocks) for section in sections]
        right = sum(a == re.sub(r"\s+", " ", b) for a, b in zip(lines, truth, strict=True))
        assert right >= LINES_RIGHT


def test_the_notes_are_notes_and_nothing_else_is(merged: dict[int | None, Issue]) -> None:
    assert {number for number, issue in merged.items() if issue.head.kind is IssueKind.NOTES} == {
        None
    }
    assert {section.kind for section in merged[None].sections} == {SectionKind.NOTE}
    assert all(section.heading and section.why is None for section in merged[None].sections)


def test_the_notes_need_no_catalog_to_be_known_as_notes() -> None:
    (source,) = (source for source in seed_sources() if source.name == NOTES)
    (draft,) = read(source.data, Facts()).drafts
    assert draft.facts == Facts(kind=IssueKind.NOTES)
