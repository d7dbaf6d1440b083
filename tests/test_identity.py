"""Identity: small decisions about which issue a text is, each shown by the input that needs it."""

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


def test_a_volume_and_a_number_are_no_title_line() -> None:
    assert titles.title_line("Lathe News, Vol 6, No 2") is None
    assert titles.title_line("Lathe News, No 2") is not None


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
