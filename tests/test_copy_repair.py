"""Repair from copies: three differently damaged copies of one issue give the text as it was."""

from difflib import SequenceMatcher
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backissue.ingest.merge.copy_repair import repaired_from_copies
from backissue.ingest.merge.merging import merge
from backissue.records import Confidence, Issue, RepairedBlock
from backissue.text.prose import plain
from tests.conftest import copies, reading, source
from tests.damage import DAMAGES, dropped

LETTER = (Path(__file__).parent / "cases" / "merge" / "letter.txt").read_text(encoding="utf-8")
# Of 1,000 characters so many may differ: a sign of which every copy has lost the same.
TOLERANCE = 1


def text_of(issue: Issue) -> str:
    """All that a reader reads of an issue."""
    parts = [issue.head.title or "", issue.intro or ""]
    for section in issue.sections:
        parts += [section.heading, section.deck or "", plain(section.blocks)]
    return "\n\n".join(parts)


COPIES = {
    name: copies(source(f"{name}.txt", damage(LETTER)))[0] for name, damage in DAMAGES.items()
}
CLEAN = text_of(merge(copies(source("clean.txt", LETTER)))[0])


def repaired(*names: str) -> Issue:
    """The one issue that the copies with these damages are of."""
    (issue,) = merge(COPIES[name] for name in names)
    return issue


def wrong_characters(text: str) -> int:
    """How many characters are not as they were: those replaced, put in or lost."""
    if text == CLEAN:
        return 0
    matcher = SequenceMatcher(None, text, CLEAN, autojunk=False)
    return sum(max(b - a, d - c) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal")


def all_repairs(issue: Issue) -> list[RepairedBlock]:
    return [*issue.repairs, *(repair for part in issue.sections for repair in part.repairs)]


# Copies that have lost the same: which kind of quote a sign was, and the bullets of a list.
LOST_IN_ALL = ({"stripped", "replaced", "queried"}, {"replaced", "queried", "holes-1"})


@pytest.mark.parametrize("names", [*combinations(DAMAGES, 3)], ids="+".join)
def test_three_differently_damaged_copies_give_the_text_as_it_was(names: tuple[str, ...]) -> None:
    most = TOLERANCE if set(names) not in LOST_IN_ALL else 3 * TOLERANCE
    assert wrong_characters(text_of(repaired(*names))) * 1000 <= most * len(CLEAN)


def test_a_sound_copy_repairs_any_other() -> None:
    sound = copies(source("clean.txt", LETTER))
    for copy in COPIES.values():
        (issue,) = merge([copy, *sound])
        assert text_of(issue) == CLEAN
        assert not [flaw for part in issue.sections for flaw in part.flaws]
        assert not issue.flaws


def test_the_order_of_copies_does_not_show() -> None:
    names = ("replaced", "holes-1", "pdf", "stripped")
    whole = repaired(*names)
    assert all(repaired(*order) == whole for order in permutations(names))


def test_what_is_repaired_names_the_copy_that_had_it() -> None:
    issue = repaired("replaced", "holes-1")
    repairs = [one for block in all_repairs(issue) for one in block.steps]
    witnesses = {(one.rule, one.witness) for one in repairs if one.witness}
    kept = {origin.source for part in issue.sections for origin in part.origins}
    assert witnesses == {("other-copy", name) for name in {"replaced.txt", "holes-1.txt"} - kept}
    assert all("\ufffd" in one.before for one in repairs if one.rule == "other-copy")


def test_what_no_copy_knows_is_listed() -> None:
    issue = repaired("replaced", "holes-1")
    left = [char for char in text_of(issue) if char == "\ufffd"]
    told = [flaw for part in issue.sections for flaw in part.flaws]
    assert left
    assert len(told) == len(left)
    assert {flaw.code for flaw in told} == {"replacement-character"}


def test_a_difference_that_was_only_damage_is_not_told_as_one() -> None:
    for names in combinations(("cp1252", "pdf", "soft-hyphens", "stripped"), 2):
        issue = repaired(*names)
        flaws = [*issue.flaws, *(flaw for part in issue.sections for flaw in part.flaws)]
        assert not [flaw for flaw in flaws if flaw.code == "copies-differ"], names


def test_words_in_which_sound_copies_differ_are_no_damage() -> None:
    other = LETTER.replace("twelve minutes", "thirteen minutes").replace("coarse flour", "flour")
    made = copies(source("a.txt", LETTER), source("b.txt", other))
    (issue,) = merge(made)
    told = [flaw.code for part in issue.sections for flaw in part.flaws]
    assert told == ["copies-differ", "copies-differ"]
    assert not all_repairs(issue)


def test_straight_quotes_in_two_copies_do_not_outvote_curly_ones_in_a_third() -> None:
    straight = LETTER.translate(str.maketrans("‘’“”–", "''\"\"-"))
    made = copies(
        source("a.txt", straight), source("b.txt", straight + "\n"), source("c.txt", LETTER)
    )
    (issue,) = merge(made)
    assert not all_repairs(issue)


def test_bold_and_links_of_a_repaired_copy_stay() -> None:
    page = (
        "<p>Notes 7: Mills</p><p>by Ada</p><p><b>Mills stand:</b><br/><em>…Idle…</em></p>"
        '<p>The river wasn\ufffdt low, and <a href="https://e.org">the mill\ufffds wheel</a> stood'
        " <b>still \ufffd all</b> spring.</p>"
    )
    text = (
        "Notes 7: Mills\n\nby Ada\n\nMills stand:\n…Idle…\n\n"
        "The river wasn’t low, and the mill’s wheel stood still – all spring.\n"
    )
    (issue,) = merge(copies(source("page.html", page), source("mail.txt", text)))
    runs = issue.sections[0].blocks[0].runs
    assert [(run.text, run.strong, run.url) for run in runs] == [
        ("The river wasn’t low, and ", False, None),
        ("the mill’s wheel", False, "https://e.org"),
        (" stood ", False, None),
        ("still – all", True, None),
        (" spring.", False, None),
    ]


@pytest.mark.parametrize("names", [*combinations(DAMAGES, 2)], ids="+".join)
def test_replayed_backwards_each_repaired_block_is_what_its_reader_gave(
    names: tuple[str, ...],
) -> None:
    issue = repaired(*names)
    for repair in all_repairs(issue):
        copy = COPIES[repair.source.removesuffix(".txt")]
        (line,) = (line for line in copy.draft.text.lines if line.number == repair.block)
        own = line.repairs[0].original if line.repairs else line.block.text
        assert repair.original == own
        damaged = DAMAGES[repair.source.removesuffix(".txt")](LETTER)
        whole = damaged if isinstance(damaged, str) else damaged.decode("cp1252")
        assert repair.original in whole.replace("• ", "").replace("\r", "\n")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(DAMAGES)), min_size=1, max_size=3, unique=True))
def test_every_repair_replayed_backwards_gives_the_readers_text(names: list[str]) -> None:
    # One damage upon the other, as long as it is a text.
    text = LETTER
    for name in names:
        damaged = DAMAGES[name](text)
        text = damaged if isinstance(damaged, str) else damaged.decode("cp1252", "replace")
    for draft in reading(text).drafts:
        for line in draft.text.lines:
            for repair in line.repairs:
                assert repair.text == line.block.text
                assert repair.original.replace("\r", "\n") in text.replace("\r", "\n")


def test_each_rule_says_how_sure_it_is() -> None:
    sure = {
        (one.rule, one.confidence)
        for copy in COPIES.values()
        for line in copy.draft.text.lines
        for repair in line.repairs
        for one in repair.steps
    }
    assert {("mojibake", Confidence.CERTAIN), ("soft-hyphen", Confidence.CERTAIN)} <= sure
    assert {("lone-a", Confidence.LIKELY), ("lone-a", Confidence.GUESSED)} <= sure
    assert ("lost-apostrophe", Confidence.LIKELY) in sure


CAFE = "The caf{} at the quay opens late, and its owner waits for the last boat of the day."


def cafe_in(*letters: str) -> tuple[str, Confidence]:
    "The first of some copies, repaired from the others, and how sure that is."
    made = [source(f"{n}.txt", CAFE.format(one) + " " * n) for n, one in enumerate(letters)]
    names = {one.sha256: one.name for one in made}
    first, *_ = repaired_from_copies(copies(*made), names)
    (line,) = first.draft.text.lines
    (step,) = (step for block in line.repairs for step in block.steps)
    return line.block.text, step.confidence


def test_where_two_sound_copies_disagree_a_repair_is_guessed() -> None:
    assert cafe_in("\ufffd", "é") == (CAFE.format("é"), Confidence.CERTAIN)
    assert cafe_in("\ufffd", "é", "è")[1] is Confidence.GUESSED


def test_of_sound_copies_that_disagree_the_many_are_believed() -> None:
    assert cafe_in("\ufffd", "é", "è", "é")[0] == CAFE.format("é")
    assert cafe_in("\ufffd", "é", "è", "è")[0] == CAFE.format("è")


def test_a_row_of_signs_is_not_what_one_damaged_sign_was() -> None:
    made = [source(f"{n}.txt", CAFE.format(signs)) for n, signs in enumerate(("\ufffd", " –" * 9))]
    first, _ = repaired_from_copies(copies(*made), {one.sha256: one.name for one in made})
    assert first.draft.text.lines[0].block.text == CAFE.format("\ufffd")


NAMES = """Mill Letter #12: The weavers

The weavers of the upper town

The looms run again, and it’s late. Bálint Szőke wove for five hundred people; his friend
Łukasz Żak says that “nobody was cold in that winter”. We don’t know who counted – perhaps
Růžena did.

Szőke would have liked the new wheel: three thousand teeth, none alike…

***

A table in Malmö

In Malmö the café of Åsa Lindqvist keeps a table free. “Come as you are,” she says. The soup is a
smørrebrød, of sorts; the bill is £4.

Nobody asks who pays. That’s why it matters: a naïve rule that holds for a year is a custom.
"""
NAMED = {
    name: copies(source(f"{name}.txt", damage(NAMES)))[0]
    for name, damage in {**DAMAGES, "dropped": dropped}.items()
}
WHOLE = text_of(merge(copies(source("whole.txt", NAMES)))[0])
# Each loses letters, or all but their first bytes.
LOSING = ("stripped", "dropped", "replaced", "queried", "cp1252-bytes", "bytes-lost")
# UTF-8 in another charset, of which nothing is lost.
MISREAD = ("cp1252", "latin-1", "cp1251", "iso8859-2", "mac-roman")


@pytest.mark.parametrize("lost", [*combinations(LOSING, 2)], ids="+".join)
@pytest.mark.parametrize("misread", MISREAD)
def test_of_names_that_two_copies_lost_the_third_has_the_letters(
    lost: tuple[str, str], misread: str
) -> None:
    (issue,) = merge(NAMED[name] for name in (*lost, misread))
    assert text_of(issue) == WHOLE


@pytest.mark.parametrize("order", [*permutations(("stripped", "dropped", "cp1251"))], ids="+".join)
def test_in_any_order_no_letter_is_lost_without_a_trace(order: tuple[str, ...]) -> None:
    (issue,) = merge(NAMED[name] for name in order)
    assert text_of(issue) == WHOLE
    assert not [flaw for part in issue.sections for flaw in part.flaws]


@pytest.mark.parametrize("other", ["stripped", "replaced", "queried"])
def test_where_no_copy_has_a_letter_its_damage_is_kept_and_marked(other: str) -> None:
    (issue,) = merge([NAMED["dropped"], NAMED[other]])
    text = text_of(issue)
    assert "Szke" not in text
    assert "Malm " not in text
    assert "its late" not in text
    told = " ".join(flaw.text for part in (issue, *issue.sections) for flaw in part.flaws)
    assert "sa Lindqvist" in told


HOLES = {
    # Each copy has holes of its own: letters dropped, or U+FFFD or a question mark for one.
    "Béla Szőke": ("Bla Szőke", "Béla Szke"),
    "Łukasz Żak, Poznań": ("Łukasz ak, Pozna?", "?ukasz Żak, Poznań"),
    "Åsa Öberg på torget": ("sa Öberg p\ufffd torget", "Åsa berg på torget"),
    "São João é já amanhã": ("So João ? já amanh?", "São Joo é j\ufffd amanhã"),
    "Růžena Dvořáková": ("Ržena Dvořáková", "Růžena Dvokov", "R\ufffdžena Dvořáková"),
}


@pytest.mark.parametrize("whole", HOLES)
def test_letters_that_each_copy_lost_in_another_word_are_found(whole: str) -> None:
    text = "# Mill Letter #12: Names\n\n## People\n\nThe mill was run by {}, who wove at night.\n"
    made = [source(f"{at}.md", text.format(damaged)) for at, damaged in enumerate(HOLES[whole])]
    (issue,) = merge(copies(*made))
    assert whole in text_of(issue)
    assert not [flaw for part in issue.sections for flaw in part.flaws]


@pytest.mark.parametrize(
    ("ours", "theirs", "shown"),
    [
        ("Szke", "Sz?ke", "Sz\ufffdke"),
        ("Szke", "Sz\ufffdke", "Sz\ufffdke"),
        ("Sz?ke", "Sz\ufffdke", "Sz\ufffdke"),
        ("Ji", "Ji??", "Ji\ufffd\ufffd"),
        ("Bla Szke", "Béla Sz?ke", "Béla Sz\ufffdke"),
    ],
)
def test_a_letter_that_every_copy_lost_is_marked(ours: str, theirs: str, shown: str) -> None:
    text = "# Mill Letter #12: Names\n\n## People\n\nThe mill was run by {} alone, at night.\n"
    (issue,) = merge(copies(source("a.md", text.format(ours)), source("b.md", text.format(theirs))))
    assert f" {shown} alone" in text_of(issue)
    assert any("\ufffd" in flaw.text for part in issue.sections for flaw in part.flaws)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Who pays? Nobody.", "Who pays? Nobody."),
        ("Who pays? Nobody.", "Who pays? Nobody at all."),
        ("See e.org/find?crane for it.", "See e.org/find?heron for it."),
        ("Really? Yes, “now”.", 'Really? Yes, "now".'),
    ],
)
def test_a_question_mark_that_is_one_stays(ours: str, theirs: str) -> None:
    text = "# Mill Letter #12: Names\n\n## People\n\nThe mill was closed at night. {}\n"
    (issue,) = merge(copies(source("a.md", text.format(ours)), source("b.md", text.format(theirs))))
    assert ours.partition("?")[0] + "?" in text_of(issue)
    assert "\ufffd" not in text_of(issue)


@pytest.mark.parametrize("names", [*combinations(LOSING, 3)], ids="+".join)
def test_copies_that_all_lost_letters_are_merged_all_the_same(names: tuple[str, ...]) -> None:
    (issue,) = merge(NAMED[name] for name in names)
    assert merge(NAMED[name] for name in reversed(names)) == (issue,)


def test_a_letter_that_one_copy_has_not_is_another_word_where_it_stands_alone() -> None:
    other = NAMES.replace("A table in", "Ö table in")
    (issue,) = merge(copies(source("a.txt", NAMES), source("b.txt", other)))
    assert not all_repairs(issue)
