"""Boilerplate: how long a notice may be, what makes a row of buttons, and where an end begins."""

import pytest

from backissue.records import Block, Run
from backissue.text.boilerplate import footer, is_boilerplate

_VISIT = "To subscribe, visit https://example.org/tin and wait, "
_STORY = "The robot folded the laundry of a whole hotel, and nobody asked it to stop. " * 10


def _footer(*lines: str) -> frozenset[int]:
    return footer([Block(runs=(Run(text=line),)) for line in lines])


def test_a_long_line_that_opens_with_a_copyright_is_an_authors() -> None:
    rights = "© 2024 Tin Weekly"
    assert is_boilerplate(rights)
    assert not is_boilerplate(f"{rights} is what the model wrote below {_STORY}"[:200])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Subscribe | Work With Us | Share", True),
        ("Subscribe | Work With Us | Robots", False),
        ("Facebook | Share", True),
        ("Unsubscribe (https://a.example/u) • Email preferences (https://a.example/p)", True),
        (
            "Why did I get this? (https://a.example/w) unsubscribe (https://a.example/u)",
            True,
        ),
        ("Cranes (https://a.example/u) • Locks (https://a.example/p)", False),
        ("Facebook", False),
    ],
)
def test_two_thirds_of_a_row_of_buttons_are_known_ones(row: str, expected: bool) -> None:
    assert is_boilerplate(row) is expected


@pytest.mark.parametrize(
    ("words", "length", "expected"),
    [
        ("all the robots ", 200, True),
        ("all the robots ", 300, False),
        ("all your robots ", 300, True),
        ("all your robots ", 900, False),
    ],
)
def test_a_long_notice_at_the_end_speaks_to_you(words: str, length: int, expected: bool) -> None:
    notice = (_VISIT + words * 80)[:length]
    assert (1 in _footer(_STORY, notice, "Unsubscribe")) is expected


def test_a_heading_goes_with_the_end_only_where_all_below_it_goes() -> None:
    notice = "You are receiving this email because you signed up."
    assert _footer(_STORY, "Contact", notice, "Unsubscribe") == {1, 2, 3}
    authors = "The robot waved once more, and then it went home."
    assert _footer(_STORY, "Contact", notice, authors, "Unsubscribe") == {2, 4}


def test_a_name_at_the_end_goes_only_below_what_goes() -> None:
    notice = "You are receiving this email because you signed up."
    authors = "The robot waved once more, and then it went home."
    assert _footer(_STORY, notice, "Ada Moore", "Unsubscribe") == {1, 2, 3}
    assert _footer(_STORY, notice, authors, "Ada Moore", "Unsubscribe") == {1, 4}
