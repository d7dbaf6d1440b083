"""Identity: small decisions about which issue a text is, each shown by the input that needs it."""

import tomllib
from pathlib import Path

import pytest

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import (
    EvidenceKind,
    decide,
    in_message,
    reported,
    taken_apart,
    titles,
)
from backissue.ingest.identity.pages import Headings, PageNames, in_page
from backissue.ingest.pipeline import read
from backissue.records import NO_FACTS, Facts


def test_of_two_pieces_of_evidence_of_one_kind_the_first_decides() -> None:
    first = reported(EvidenceKind.SUBJECT, Facts(title="Cranes"))
    second = reported(EvidenceKind.SUBJECT, Facts(title="Locks"))
    assert decide((*first, *second)).facts.title == "Cranes"


@pytest.mark.parametrize(
    ("length", "shown"), [(200, "a" * 200), (201, "a" * 199 + "…"), (999, "a" * 199 + "…")]
)
def test_the_text_of_evidence_is_200_characters_at_most(length: int, shown: str) -> None:
    (one,) = reported(EvidenceKind.SUBJECT, Facts(title="Cranes"), "a" * length)
    assert one.text == shown


@pytest.mark.parametrize(
    ("text", "volume", "number", "title"),
    [
        ("Lathe News, Vol 6, No 2", 6, 2, None),
        ("Lathe News, No 2", None, 2, None),
        ("Lathe News Vol. 6 No. 2: Cranes", 6, 2, "Cranes"),
        ("Harbour Digest Volume 33 : Issue 52", 33, 52, None),
        ("harbour Digest V1 #33", 1, 33, None),
        ("The Lathe, Volume XII, Issue 3 - Steel is dear", 12, 3, "Steel is dear"),
        ("Lathe News v6n2", 6, 2, None),
        ("Lathe News, Vol 6, No 2, June 2002", 6, 2, None),
        ("Lathe Weekly (Vol. 2, No. 9)", 2, 9, None),
        ("Lathe-Bote, Jahrgang 6, Nr. 2", 6, 2, None),
        ("Harbour Digest 15.28", 15, 28, None),
        ("Harbour Digest 15.28: Cranes grow", 15, 28, "Cranes grow"),
        ("The Lathe #7, vol 2: Cranes", 2, 7, "Cranes"),
    ],
)
def test_a_title_line_has_the_number_and_its_volume(
    text: str, volume: int | None, number: int, title: str | None
) -> None:
    line = titles.title_line(text)
    assert line
    assert (line.volume, line.number, line.title) == (volume, number, title)


@pytest.mark.parametrize(
    "text",
    [
        "The Loom, vol. 12: wool",
        "The Loom Vol. 12",
        "Harbour Linux 22.04",
        "Lathe 3.5: what is new",
        "Release Notes 3.5",
        "Firmware Update 2.1",
        "A crane for 3.5 million",
        "The paper is in Acta Portuaria, Vol. 3, No. 7, and was written in a shed",
        "In Lathe News, vol 2 issue 3 we said so",
        "Lathe News, volume MIX, issue 3",
    ],
)
def test_what_only_looks_like_a_volume_has_none(text: str) -> None:
    line = titles.title_line(text)
    assert line is None or line.volume is None
    assert line is None or line.number not in {12, 22, 4, 5, 28}


def test_a_title_with_the_number_that_is_known_is_a_title_line() -> None:
    for number, title in ((7, "what lifts"), (None, "Cranes 7: what lifts")):
        known = Facts(title="Cranes 7: what lifts", number=number)
        decided = taken_apart(decide(reported(EvidenceKind.FRONT_MATTER, known)))
        assert decided.facts.title == title


@pytest.mark.parametrize(
    ("line", "sure"), [("Harbour Notes 2024: Ports", False), ("Harbour Notes 204: Ports", True)]
)
def test_a_year_behind_a_name_is_no_sure_number(line: str, sure: bool) -> None:
    found = titles.title_line(line)
    assert found
    assert found.sure is sure


@pytest.mark.parametrize(
    ("site", "publication"), [("Ports", None), ("Harbour Notes", "Harbour Notes")]
)
def test_a_site_named_as_the_page_is_no_publication(site: str, publication: str | None) -> None:
    sites = ((EvidenceKind.OG_SITE_NAME, site),)
    page = PageNames(shared=("Ports",), window="", headings=Headings(), sites=sites)
    assert decide(in_page(page)).facts.publication == publication


@pytest.mark.parametrize(("local", "named"), [("adam", False), ("news", True)])
def test_a_person_whose_address_has_an_initial_is_no_publication(local: str, named: bool) -> None:
    found = in_message("Cranes", f"Ada Moore <{local}@adamoore.example>")
    assert (EvidenceKind.SENDER_ADDRESS in {one.kind for one in found}) is named


def test_one_control_in_a_hundred_signs_is_no_text() -> None:
    words = "Ships came in. " * 10
    assert read(f"{words}\x01".encode(), NO_FACTS).drafts
    with pytest.raises(RejectedSourceError, match="not text"):
        read(f"{words}\x01\x02".encode(), NO_FACTS)


def test_a_title_given_by_a_carrier_is_repaired_as_the_text_is() -> None:
    text = (
        "---\ntitle: Mills donâ€™t turn\n---\n\nThey donâ€™t turn, and nobody here knows *why*.\n"
    )
    (draft,) = read(text.encode(), NO_FACTS).drafts
    assert draft.facts.title == "Mills don’t turn"
    assert [one.value for one in draft.evidence if one.fact == "title"] == ["Mills don’t turn"]


# -- the numbers of issues in titles -------------------------------------------------------------

GROUPS = tomllib.loads(
    (Path(__file__).parent / "cases" / "identity" / "numbers.toml").read_text(encoding="utf-8")
)["group"]
TAKEN = [pytest.param(case, id=case[0]) for group in GROUPS for case in group["taken"]]
LEFT = [title for group in GROUPS for title in group["left"]]
STORIES = "Ash fell.\n\n## Clay\n\nClay is dug in the hills.\n\n## Fire\n\nFire is made in June."
MAIL = "From: Ada Moore <ada@e.org>\nDate: Mon, 20 Jan 2025 13:55:00 +0000\nMIME-Version: 1.0\n"
FEED = "<rss version='2.0'><channel><title>Quay Press</title><item><title>{}</title><description>"


def as_heading(title: str) -> Facts:
    return read(f"# {title}\n\n{STORIES}\n".encode(), NO_FACTS).drafts[0].facts


def as_subject(title: str) -> Facts:
    words = "Content-Type: text/plain; charset=utf-8\n\nAsh fell on the town all week, it is said."
    return read(f"{MAIL}Subject: {title}\n{words}".encode(), NO_FACTS).drafts[0].facts


def as_entry(title: str) -> Facts:
    words = "Ash fell on the town all week.</description></item></channel></rss>"
    return read(f"{FEED.format(title)}{words}".encode(), NO_FACTS).drafts[0].facts


@pytest.mark.parametrize("case", TAKEN)
def test_a_title_has_its_issues_number(case: list[str | int]) -> None:
    text, *expected = case
    for facts, sender in ((as_heading(str(text)), ""), (as_subject(str(text)), "Ada Moore")):
        found = [facts.publication or "", facts.number, facts.title or ""]
        assert found == [expected[0] or sender, *expected[1:]]


@pytest.mark.parametrize("title", LEFT)
def test_a_title_with_another_number_is_left_whole(title: str) -> None:
    assert (as_heading(title).number, as_heading(title).title) == (None, title)
    for facts, known in ((as_subject(title), "Ada Moore"), (as_entry(title), "Quay Press")):
        assert (facts.publication, facts.number, facts.title) == (known, None, title)


SENDERS = tomllib.loads(
    (Path(__file__).parent / "cases" / "identity" / "senders.toml").read_text(encoding="utf-8")
)["case"]


@pytest.mark.parametrize("case", SENDERS, ids=lambda case: case["name"])
def test_a_newsletter_is_known_by_its_subject_or_else_by_who_sends_it(
    case: dict[str, str | int],
) -> None:
    mail = (
        MAIL.replace("Ada Moore <ada@e.org>", str(case["from"])) + f"Subject: {case['subject']}\n"
    )
    words = "Content-Type: text/plain; charset=utf-8\n\nAsh fell on the town all week, it is said."
    facts = read(f"{mail}{words}".encode(), NO_FACTS).drafts[0].facts
    for name in ("publication", "number", "title"):
        assert (getattr(facts, name) or "") == case[name]


MASTHEADS = tomllib.loads(
    (Path(__file__).parent / "cases" / "identity" / "mastheads.toml").read_text(encoding="utf-8")
)["case"]


@pytest.mark.parametrize("case", MASTHEADS, ids=lambda case: case["name"])
def test_the_first_lines_say_which_issue_it_is(case: dict[str, str | int]) -> None:
    stories = "Ash fell on the town all week, it is said.\n\nClay is dug in the hills.\n"
    facts = read(f"{case['text']}{stories}".encode(), NO_FACTS).drafts[0].facts
    for name in ("publication", "volume", "number", "date"):
        assert str(getattr(facts, name) or "") == str(case.get(name, ""))


@pytest.mark.parametrize(
    "line", ["第" * 32_000, "a#1 " * 8_000, "team " * 6_000, "The Kiln " + "No 1, " * 5_000]
)
def test_a_long_line_is_no_title_line_and_found_so_at_once(line: str) -> None:
    assert titles.title_line(line) is None
    assert titles.numbered(line) is None
    assert titles.ends_in_number(line) is None
    assert in_message(line, line)


def test_a_sender_of_brackets_in_brackets_is_nobody() -> None:
    assert {one.fact for one in in_message("Cranes", "(1" * 2_000)} == {"title"}
