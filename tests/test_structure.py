"""The grammar of a newsletter: each case under tests/cases/text is a document and what it says."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import split_greeting, titles
from backissue.ingest.structure import grammar
from backissue.ingest.structure.drafts import Draft
from backissue.ingest.structure.lines import Line, make_ready
from backissue.ingest.structure.section_parts import excerpt
from backissue.records import Block, BlockKind, Link, Part, Passage, Run, Section, SectionKind
from backissue.text.prose import plain
from tests.conftest import reading

CASES = Path(__file__).parent / "cases" / "text"
FRAME = "Ports are deep:\n…And getting deeper…\n{}\n\n***\n\nLocks:\n…Wide…\nThey open.\n"
HTML_FRAME = "<p><b>Ports are deep:<br/></b><em>…And getting deeper…</em></p>{}<p>***</p><p>x</p>"


def read_cases(*names: str, known: bool = True) -> list[Any]:
    cases = []
    for name in names:
        for case in tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))["case"]:
            reason = case.get("known_failure") if known else None
            marks = (pytest.mark.xfail(reason=reason, strict=True),) if reason else ()
            cases.append(pytest.param(case, id=f"{name}: {case['name']}", marks=marks))
    return cases


def framed(case: dict[str, Any]) -> Section:
    """The section in which a case's lines stand."""
    frame = HTML_FRAME if case.get("html") else FRAME
    section = reading(frame.format(case["input"])).drafts[0].sections[0]
    assert section.heading == "Ports are deep"
    return section


def links_of(section: Section) -> list[dict[str, str]]:
    """Links as the case files write them."""
    return [present(label=link.label, text=link.text, url=link.url) for link in section.links]


def why_of(section: Section) -> dict[str, str] | None:
    why = section.why
    return present(label=why.label, thesis=why.thesis, text=why.text) if why else None


def words(*texts: str | None) -> Counter[str]:
    return Counter(word for text in texts for word in re.findall(r"\w+", text or ""))


def present(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def of_section(section: Section, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a section has of what a case names; heading, deck and kind are always compared."""
    found = {
        "heading": section.heading,
        "kind": section.kind.value,
        "deck": section.deck,
        "text": plain(section.blocks),
        "why": why_of(section),
        "links": links_of(section),
        "mentions": list(section.mentions),
    }
    return {name: found[name] for name in {"heading", "kind", "deck", *wanted}}


def of_draft(draft: Draft, wanted: dict[str, Any]) -> dict[str, Any]:
    """What an issue has of what a case names, with `""` for nothing."""
    facts = draft.facts
    found = {
        "publication": facts.publication,
        "number": facts.number,
        "volume": facts.volume,
        "title": facts.title,
        "date": facts.date and facts.date.isoformat(),
        "kind": facts.kind and facts.kind.value,
        "intro": draft.intro,
        "boilerplate": list(draft.boilerplate),
        "flaws": [flaw.code for flaw in draft.flaws],
    }
    named = (name for name in wanted if name != "sections")
    return {name: "" if found[name] is None else found[name] for name in named}


DOCUMENTS = (
    "mastheads",
    "sections",
    "outlines",
    "tales",
    "shapes",
    "layouts",
    "digests",
    "titles",
    "torn",
    "closings",
)
DOCUMENTS += ("dated", "cut", "headings", "namesakes", "sites")


@pytest.mark.parametrize("case", read_cases(*DOCUMENTS))
def test_a_document_holds_the_issues_its_case_says(case: dict[str, Any]) -> None:
    drafts = reading(case["input"], **case.get("said", {})).drafts
    assert len(drafts) == len(case["issue"])
    for draft, wanted in zip(drafts, case["issue"], strict=True):
        if "sections" in wanted:
            told = [{"kind": "story", "deck": None, **section} for section in wanted["sections"]]
            assert [section.heading for section in draft.sections] == [
                section["heading"] for section in told
            ]
            for section, truth in zip(draft.sections, told, strict=True):
                assert of_section(section, truth) == truth
        assert of_draft(draft, wanted) == {
            name: value for name, value in wanted.items() if name != "sections"
        }


@pytest.mark.parametrize("case", read_cases("whys"))
def test_a_labelled_passage_is_what_its_case_says(case: dict[str, Any]) -> None:
    assert why_of(framed(case)) == case.get("why")


@pytest.mark.parametrize("case", read_cases("links"))
def test_the_links_of_a_section_are_what_its_case_says(case: dict[str, Any]) -> None:
    assert links_of(framed(case)) == case["links"]


@pytest.mark.parametrize("case", read_cases("whys", "links", known=False))
def test_the_parts_of_a_section_are_marked_and_hold_all_its_words(case: dict[str, Any]) -> None:
    section = framed(case)
    why = [block for block in section.blocks if block.part is Part.WHY]
    assert bool(why) == bool(section.why)
    if section.why:
        assert plain(why).endswith(section.why.text)
        assert plain(why).startswith(section.why.label.rstrip("?"))
    assert section.words == len(plain(section.blocks).split())


MASTHEAD = "Harbour Notes 20: Ice\n\nby Ada Moore\n\n"
CITING = "Ice:\n…Thin…\n{}\n\n***\n\nThaw:\n…Quick…\nIt went.\n"


@pytest.mark.parametrize(
    ("words", "cited"),
    [
        ("As I wrote in Harbour Notes 12 and Harbour Notes #7.", (7, 12)),
        ("See harbour notes issue 12.", (12,)),
        ("Harbour Notes\u00a012 had it.", (12,)),
        ("This is Harbour Notes 20.", ()),
        ("Harbour Notes 12.5 and Harbour Notes 123456 are none.", (12,)),
        ("Old Harbour Notes 12 is another paper; so is The Lathe 9.", (12,)),
        ("Harbour Noteses 12 and Harbour Notes twelve.", ()),
    ],
)
def test_cited_issues_of_the_same_publication_are_noted(words: str, cited: tuple[int, ...]) -> None:
    sections = reading(MASTHEAD + CITING.format(words)).drafts[0].sections
    assert sections[0].mentions == cited
    assert sections[1].mentions == ()


def test_without_a_publication_nothing_is_cited() -> None:
    assert reading(CITING.format("Harbour Notes 12.")).drafts[0].sections[0].mentions == ()


@pytest.mark.parametrize("text", ["***", "***\n\n***\n\n---", "<p></p><br/><hr/>"])
def test_a_document_without_words_is_rejected_with_a_reason(text: str) -> None:
    with pytest.raises(RejectedSourceError, match="no text"):
        reading(text)


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("short", "short"),
        ("one two three four", "one two…"),
        ("abcdefghijklmnop", "abcdefghij…"),
        ("a  b\u00a0c", "a b c"),
    ],
)
def test_an_excerpt_ends_with_a_whole_word(text: str, opening: str) -> None:
    assert excerpt(text, longest=10) == opening


TITLE = "Harbour Notes 12: Cranes"
LINES = st.sampled_from(
    [
        TITLE,
        "by Ada Moore",
        "Dec 3, 2023",
        "Welcome to Harbour Notes, a paper. Please subscribe. More.",
        "Subscribe now",
        "***",
        "",
        "Cranes:",
        "…Tall…",
        "…Tall…They stand.",
        "They stand on rails, and have stood there for as long as there was a port at all.",
        "Tech Tales:",
        "Things that inspired this story: fog.",
        "Why this matters: Whoever has the port has the town.",
        "Why this matters – ports:",
        "Read more: Ports (Gazette).",
        "Read more:",
        "  • an item",
        "which is why nobody asked",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=14))
def test_lines_in_any_order_are_read_and_counted_from_one(lines: list[str]) -> None:
    try:
        drafts = reading("\n".join(lines)).drafts
    except RejectedSourceError:
        return
    assert [draft.place for draft in drafts] == sorted({draft.place for draft in drafts})
    for draft in drafts:
        assert [section.position for section in draft.sections] == list(
            range(1, len(draft.sections) + 1)
        )
        for section in draft.sections:
            assert section.heading
            assert all(isinstance(link, Link) and link.text for link in section.links)
            assert section.why is None or isinstance(section.why, Passage)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=14))
def test_lines_in_any_order_lose_no_word(lines: list[str]) -> None:
    try:
        drafts = reading("\n".join(lines)).drafts
    except RejectedSourceError:
        return
    kept = [line for draft in drafts for line in (draft.intro, *draft.boilerplate)]
    for part in (part for draft in drafts for part in draft.sections):
        kept += [part.heading, part.deck, plain(part.blocks)]
    assert dict(words(*lines) - words(*kept)) == {}


def test_the_cover_of_an_issue_without_sections_is_kept() -> None:
    covers = "Harbour Notes 13: Gulls\n\nby Mary Shelley\n\nHarbour Notes 12: Cranes\n\nby Ada\n\n"
    drafts = reading(covers + CITING.format("Cold.")).drafts
    assert "Gulls" in repr(drafts)
    assert "Mary Shelley" in repr(drafts)


def test_the_marker_of_a_tale_is_kept() -> None:
    (draft,) = reading("Tech Tales:\n\nThe lamp\n\nNobody had lit it.\n\nFor years.\n").drafts
    assert draft.sections[0].kind is SectionKind.FICTION
    assert "Tech Tales" in repr((draft.boilerplate, draft.sections))


# -- what is long and of one kind ---------------------------------------------------------------


def test_a_line_torn_in_thousands_of_parts_is_one_line() -> None:
    parts = [Line(block=Block(runs=(Run(text=f", part {n}"),))) for n in range(5000)]
    (line,) = make_ready([Line(block=Block(runs=(Run(text="Parts"),))), *parts])
    assert line.block.text == "Parts" + "".join(f", part {n}" for n in range(5000))


def test_capitals_that_are_no_name_are_told_from_one_at_once() -> None:
    text = (
        "Harbour Notes 12: Cranes\n\nby Ada Moore\n\n" + "A" * 5000 + "!\n\nDec 3, 2023\n\nWords."
    )
    (draft,) = reading(text).drafts
    assert draft.facts.date is None
    assert "A" * 5000 in repr(draft.sections)


def test_the_rank_of_sections_is_found_among_thousands_of_headings() -> None:
    page = "<h2>Top</h2>" + "<h3>Part</h3><p>Words.</p>" * 5000
    (draft,) = reading(page).drafts
    assert len(draft.sections) >= 5000


@pytest.mark.parametrize("ask", ["Subscribe ", "subscribe.x ", "please subscribe!x"])
def test_a_greeting_that_asks_thousands_of_times_loses_nothing(ask: str) -> None:
    text = "Welcome to Harbour Notes. " + ask * 5000 + ".x"
    standing, news = split_greeting(text)
    assert standing + news == text


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("Welcome to A. Please subscribe. News.", "Welcome to A. Please subscribe."),
        ("Welcome to A. Subscribe! Or subscribe? News.", "Welcome to A. Subscribe! Or subscribe?"),
        ("Welcome to A. Subscribe. Or subscribe at a.org", "Welcome to A. Subscribe."),
        ("Welcome to A. Subscribe", "Welcome to A. Subscribe"),
        ("Welcome to A. " + "News " * 500 + "subscribe. More.", ""),
        (
            "Welcome to A. Subscribe. Do subscribe " + "now " * 500 + ". Yes.",
            "Welcome to A. Subscribe.",
        ),
    ],
)
def test_a_greeting_stands_up_to_where_it_last_asks_to_subscribe(text: str, standing: str) -> None:
    assert split_greeting(text) == (standing, text.removeprefix(standing))


@pytest.mark.parametrize(
    ("opening", "unit"),
    [
        ("", "Why this matters "),
        ("Why this matters and why ", " \n"),
        ("Why this matters – ", "a: "),
        ("Why this matters – a", " \n"),
        ("Why this matters ", "("),
        ("…", " "),
        ("…", "… "),
        ("…", "a…"),
        ("by ", "by "),
        ("Read ", "(a"),
        ("Read more", "Read more "),
        ("", "# 1 "),
        ("", "inspired "),
        ("", "7"),
    ],
)
def test_a_line_of_one_thing_over_and_over_is_none_of_the_grammars(opening: str, unit: str) -> None:
    block = Block(runs=(Run(text=opening + unit * (20_000 // len(unit)) + "!"),))
    assert grammar.deck(block) is None
    assert grammar.link_line(block) is None
    assert titles.title_line(block.text) is None
    assert not grammar.is_byline(block.text)
    assert not grammar.is_inspiration(block.text)
    label = grammar.why_label(block)
    assert label is None or label.end < 400


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (BlockKind.HEADING, BlockKind.PARAGRAPH),
        (BlockKind.QUOTE, BlockKind.PARAGRAPH),
        (BlockKind.PARAGRAPH, BlockKind.ITEM),
    ],
)
def test_only_a_paragraph_goes_on_with_a_paragraph_or_an_item(
    above: BlockKind, below: BlockKind
) -> None:
    pairs = (above, "Cranes of the harbour"), (below, ": they lean in the wind.")
    parts = [Line(block=Block(kind=kind, runs=(Run(text=text),))) for kind, text in pairs]
    assert len(make_ready(parts)) == 2


@pytest.mark.parametrize(
    ("line", "is_day"),
    [("View online | June 3, 2024", True), ("They opened it | June 3, 2024", False)],
)
def test_a_day_may_follow_a_button_and_no_other_words(line: str, is_day: bool) -> None:
    top = f"Harbour Notes 12: Cranes\n\n{line}\n\nCranes:\n…They lean…\nThey lean in the wind.\n"
    (draft,) = reading(top).drafts
    assert (draft.facts.date is not None) is is_day


@pytest.mark.parametrize(
    ("line", "is_day"),
    [
        ("by Ada Moore · June 3, 2024", True),
        ("By Ada Moore | 3 June 2024", True),
        ("by Ada Moore, June 3, 2024", True),
        ("By Ada Moore on 2024-06-03", True),
        ("June 3, 2024 by Ada Moore", True),
        ("by June Moore", False),
        ("by Ada Moore on 3 cranes", False),
        ("by Ada Moore, author of 1984", False),
    ],
)
def test_a_byline_may_have_the_day_beside_the_author(line: str, is_day: bool) -> None:
    top = f"Harbour Notes 12: Cranes\n\n{line}\n\nCranes:\n…They lean…\nThey lean in the wind.\n"
    (draft,) = reading(top).drafts
    assert (draft.facts.date is not None) is is_day
    assert line in draft.boilerplate
