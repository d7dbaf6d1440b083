"""Days and numbers as titles, addresses and fields say them."""

import datetime
from pathlib import Path

import pytest

from backissue.ingest.identity import (
    EvidenceKind,
    dated,
    decide,
    greeted_publication,
    reported,
    taken_apart,
    titles,
)
from backissue.ingest.identity.evidence import TRUST
from backissue.records import Facts
from backissue.text.days import date_line, day_in_title, day_in_url, day_of

DAY = datetime.date(2024, 6, 3)


@pytest.mark.parametrize(
    "text",
    [
        "June 3, 2024",
        "Monday, June 3rd, 2024",
        "3 June 2024",
        "3rd of June 2024",
        "2024-06-03",
        "2024.06.03",
        "2024/6/3",
    ],
)
def test_a_line_may_be_a_day(text: str) -> None:
    assert date_line(text) == DAY


@pytest.mark.parametrize("text", ["3/6/2024", "June 2024", "June 31, 2024", "2024.13.01", "2024"])
def test_what_is_no_day_or_two_is_none(text: str) -> None:
    assert date_line(text) is None


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Harbour now, 2024-06-03", "Harbour now"),
        ("Harbour Is Plural — 2024.06.03 edition", "Harbour Is Plural"),
        ("The Lathe for June 3, 2024", "The Lathe"),
        ("The Lathe for the 3rd of June 2024", "The Lathe"),
        ("Weekly links (3 June 2024)", "Weekly links"),
        ("2024-06-03: Cranes", "Cranes"),
    ],
)
def test_a_title_may_have_the_issues_day(title: str, name: str) -> None:
    assert day_in_title(title) == (name, DAY)


@pytest.mark.parametrize(
    "title",
    [
        "What happened on June 3, 2024",
        "Cranes since June 3, 2024",
        "What June 3, 2024 changed",
        "Harbour letter: May 2025",
        "Harbour 2024",
    ],
)
def test_a_day_in_a_sentence_is_an_events(title: str) -> None:
    assert day_in_title(title) is None


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://e.org/2024/06/03/cranes/", DAY),
        ("https://e.org/p/2024-06-03-cranes", DAY),
        ("https://e.org/p/cranes-2024-06-03?x=1", DAY),
        ("https://e.org/?day=2024/06/03", None),
        ("https://e.org/2024/06/cranes", None),
        ("https://e.org/2024/99/03/x", None),
        ("https://e.org/12024/06/031", None),
    ],
)
def test_an_address_may_have_the_day(url: str, day: datetime.date | None) -> None:
    assert day_in_url(url) == day


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (DAY, DAY),
        (datetime.datetime(2024, 6, 3, 10), DAY),
        ("2024-06-03T10:00:00Z", DAY),
        ("2024-06-03 10:00:00 +0200", DAY),
        ("Mon, 03 Jun 2024 10:00:00 +0200", DAY),
        ("June 3, 2024", DAY),
        ("soon", None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_a_field_may_be_a_day_or_a_moment(value: object, day: datetime.date | None) -> None:
    assert day_of(value) == day


@pytest.mark.parametrize(
    ("text", "number", "title"),
    [
        ("#12 – Cranes", 12, "Cranes"),
        ("Issue 57", 57, None),
        ("Issue #57: Locks", 57, "Locks"),
        ("No. 44: Locks", 44, "Locks"),
        ("#\u200b459 — October 20, 2022", 459, None),
    ],
)
def test_a_title_may_open_with_the_number(text: str, number: int, title: str | None) -> None:
    found = titles.numbered(text)
    assert found
    assert (found.number, found.title) == (number, title)


@pytest.mark.parametrize(
    "text", ["#harbour 12", "Number 10: a house", "No 12 is here", "Vol. 6, No. 2", "12"]
)
def test_other_numbers_are_not_the_issues(text: str) -> None:
    assert titles.numbered(text) is None
    assert titles.ends_in_number(text) is None


@pytest.mark.parametrize(
    ("text", "publication", "number", "title"),
    [
        ("Cranes and locks (#12)", None, 12, "Cranes and locks"),
        ("Cranes | Harbour Notes #12", "Harbour Notes", 12, "Cranes"),
        ("Cranes – Issue 12", None, 12, "Cranes"),
    ],
)
def test_a_title_may_close_with_the_number(
    text: str, publication: str | None, number: int, title: str
) -> None:
    expected = Facts(publication=publication, number=number, title=title)
    assert titles.ends_in_number(text) == expected


@pytest.mark.parametrize(
    ("text", "publication"),
    [
        ("Harbour Weekly, June 3, 2024", "Harbour Weekly"),
        ("The Lathe: June 3, 2024", "The Lathe"),
        ("Cranes, June 3, 2024", None),
        ("Cranes, June 3, 2024 edition", "Cranes"),
        ("Harbour letter: May 2025", "Harbour letter"),
        ("HARBOUR NEWS, Vol 6, No 2, June 2002", "HARBOUR NEWS"),
    ],
)
def test_a_dated_title_names_what_appears_again(text: str, publication: str | None) -> None:
    found = dated(text)
    assert found
    assert found.publication == publication


def test_a_month_beside_anything_else_is_no_letter() -> None:
    assert dated("The best of May 2025") is None
    assert dated("Cranes in May 2025") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("06-03-2024", None),
        ("06-29-2024", datetime.date(2024, 6, 29)),
        ("29.6.2024", datetime.date(2024, 6, 29)),
        ("29/30/2024", None),
        ("06/06/2024", datetime.date(2024, 6, 6)),
        ("31-02-2024", None),
    ],
)
def test_a_fields_day_is_read_where_there_is_no_doubt_which_is_the_month(
    text: str, day: datetime.date | None
) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    ("title", "told", "known"),
    [
        ("Harbour Weekly - #321, June 3rd 2024", None, ("Harbour Weekly", 321, None, DAY)),
        ("Harbour Newsletter #12", "Harbour Newsletter", ("Harbour Newsletter", 12, None, None)),
        ("Harbour #12: Cranes", "Harbour Newsletter", ("Harbour Newsletter", 12, "Cranes", None)),
        ("523 - The Lathe - 3 June 2024", "The Lathe", ("The Lathe", 523, None, DAY)),
        (
            "523 - Steel - 3 June 2024",
            "The Lathe",
            ("The Lathe", None, "523 - Steel - 3 June 2024", DAY),
        ),
    ],
)
def test_a_carriers_title_is_taken_apart(
    title: str, told: str | None, known: tuple[object, ...]
) -> None:
    carried = reported(EvidenceKind.ENTRY, Facts(title=title))
    named = reported(EvidenceKind.FEED_TITLE, Facts(publication=told))
    facts = taken_apart(decide((*carried, *named))).facts
    assert (facts.publication, facts.number, facts.title, facts.date) == known


@pytest.mark.parametrize(
    ("greeting", "publication"),
    [
        ("Welcome to Harbour Notes, a letter about ports.", "Harbour Notes"),
        ("Welcome to the three hundred and first issue of Lathe News, a letter.", "Lathe News"),
        ("Welcome to this year's fourth edition of Lathe News, the letter.", "Lathe News"),
        ("Welcome to issue 601 of Lathe News. Read on.", "Lathe News"),
        ("Welcome to Lathe.org, a letter.", "Lathe.org"),
        ("Welcome to the Lathe.org Edition for June 3, 2024", None),
        ("Welcome to all of you", None),
    ],
)
def test_a_greeting_names_the_publication(greeting: str, publication: str | None) -> None:
    assert greeted_publication(greeting) == publication


def test_the_table_of_trust_in_the_docs_is_the_one_that_decides() -> None:
    page = (Path(__file__).parent.parent / "docs" / "ingest.md").read_text(encoding="utf-8")
    table = page.partition("<!-- trust -->")[2].partition("<!-- /trust -->")[0]
    rows = [line.strip("| ").split(" | ") for line in table.strip().splitlines()[2:]]
    assert dict(rows) == {
        fact: ", ".join(kind.value for kind in kinds) for fact, kinds in TRUST.items()
    }


def test_every_kind_of_evidence_is_trusted_for_some_fact() -> None:
    assert {kind for kinds in TRUST.values() for kind in kinds} == set(EvidenceKind)


def test_the_most_trusted_evidence_decides_in_whatever_order_it_is_reported() -> None:
    lines = reported(EvidenceKind.TITLE_LINE, Facts(publication="Harbour Notes", number=12))
    sender = reported(EvidenceKind.SENDER, Facts(publication="Ada Moore"), "Ada Moore <ada@e.org>")
    for evidence in ((*lines, *sender), (*sender, *lines)):
        decision = decide(evidence)
        assert decision.facts == Facts(publication="Harbour Notes", number=12)
        assert {one.kind for one in decision.evidence} == {EvidenceKind.TITLE_LINE}
    assert decide(sender).evidence[0].text == "Ada Moore <ada@e.org>"


def test_a_name_that_is_a_possessive_keeps_its_noun() -> None:
    line = titles.title_line("Ada’s Newsletter 12: Cranes")
    assert line is not None
    assert line.publication == "Ada’s Newsletter"
    line = titles.title_line("Harbour Newsletter 12: Cranes")
    assert line is not None
    assert line.publication == "Harbour"


@pytest.mark.parametrize(
    ("line", "publication"),
    [
        ("Harbour Newsletter #12: Cranes", "Harbour"),
        ("Ada’s Newsletter #12: Cranes", "Ada’s Newsletter"),
        ("Ops Team #12: Cranes", "Ops Team"),
        ("Harbour Mailing List #12: Cranes", "Harbour Mailing List"),
        ("Announcements #12: Cranes", "Announcements"),
    ],
)
def test_a_title_line_loses_the_word_newsletter_and_no_other(line: str, publication: str) -> None:
    title = titles.title_line(line)
    assert title is not None
    assert title.publication == publication
