"""What an archive lacks: said with its evidence, and not said of what is whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from backissue.errors import Exit
from tests.conftest import source, take_in
from tests.test_cli import on_terminal, process

STORY = "It stood at the harbour for {0} years, and {0} ships were unloaded by it, day after day."
TALE = "Tech Tales:\n\nThe lamp {0}\n\nA lamp stood in a window, and {0} people passed below it."


def issue(number: int, *more: str, tale: bool = False) -> str:
    top = f"Crane Weekly {number}: On crane {number}\nby Ada Moore\n"
    story = f"Crane {number}\n…The {number}th of them…\n{STORY.format(number)}"
    parts = [top, story, *more, *([TALE.format(number)] if tale else [])]
    return "\n\n***\n\n".join(parts)


def shelf(folder: Path, *issues: str) -> Path:
    take_in(folder, *(source(f"{place}.txt", text) for place, text in enumerate(issues)))
    return folder


def missing(folder: Path, *options: str) -> list[dict[str, Any]]:
    found = json.loads(process(folder, "missing", "--json", *options).stdout)["missing"]
    assert isinstance(found, list)
    return found


def test_a_whole_shelf_lacks_nothing(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "a", *(issue(number, tale=True) for number in range(7, 13)))
    done = process(folder, "missing")
    assert (done.returncode, done.stdout) == (Exit.OK, "")
    assert "nothing seems to be missing" in done.stderr


def test_numbers_between_the_first_and_the_last_are_absent(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "a", issue(7), issue(9), issue(13))
    found = [(gap["kind"], gap["first"], gap["last"]) for gap in missing(folder)]
    assert found == [("absent", 8, 8), ("absent", 10, 12)]
    done = process(folder, "missing")
    assert done.returncode == Exit.FINDINGS
    assert done.stdout.splitlines()[1] == "crane-weekly\tabsent\t10–12\t9 and 13 are held"


def test_what_is_cited_and_not_held_is_named_with_who_cites_it(tmp_path: Path) -> None:
    folder = shelf(
        tmp_path / "a", issue(7, "As Crane Weekly 3 said, and Crane Weekly 8."), issue(8)
    )
    assert [(gap["kind"], gap["first"], gap["evidence"]) for gap in missing(folder)] == [
        ("cited", 3, "cited in 7.2")
    ]


def test_an_issue_that_ends_in_the_middle_of_a_sentence_is_cut_off(tmp_path: Path) -> None:
    cut = issue(8)[:-15]
    (gap,) = missing(shelf(tmp_path / "a", issue(7), cut, issue(9)))
    assert (gap["kind"], gap["issue"]) == ("cut-off", "8")
    assert "ends in the middle of a sentence" in gap["evidence"]


WHOLE = "The keepers counted every bird on the marsh and wrote all of it into the long grey book"


@pytest.mark.parametrize(
    "end",
    [
        f"{WHOLE}。",
        f"{WHOLE}！",
        f"{WHOLE}？",
        f"{WHOLE}（to be continued）",
        f"「{WHOLE}」",
        f"» {WHOLE} «",
        f"„{WHOLE}“",
        f"{WHOLE} ।",
        f"{WHOLE} 🦩",
        f"- {WHOLE}\n- {WHOLE}",
        "Sam and Pat, from the harbour",
        "沼に帰ってきた鶴を毎日数えて灰色の帳面に書きつけました。",
    ],
)
def test_what_ends_as_a_text_of_any_script_does_is_whole(tmp_path: Path, end: str) -> None:
    assert missing(shelf(tmp_path / "a", issue(7), issue(8, end), issue(9))) == []


@pytest.mark.parametrize(
    "end",
    [
        WHOLE,
        f"{WHOLE},",
        f"{WHOLE}、",
        f"{WHOLE} (",
        "沼に帰ってきた鶴を毎日数えて灰色の帳面に書きつけましたが今年は去年より多くの",
    ],
)
def test_what_breaks_off_in_any_script_is_cut_off(tmp_path: Path, end: str) -> None:
    (gap,) = missing(shelf(tmp_path / "a", issue(7), issue(8, end), issue(9)))
    assert (gap["kind"], gap["issue"]) == ("cut-off", "8")


def test_issues_that_name_no_publication_are_no_series(tmp_path: Path) -> None:
    texts = [
        f"# Issue {number}\n\n## Cranes\n\n"
        + " ".join(STORY.format(1000 * number + at) for at in range(40))
        for number in (4, 30, 31, 90)
    ]
    assert missing(shelf(tmp_path / "a", *texts, "# Issue 92\n\n## Cranes\n\nThey fly.")) == []


def test_an_issue_without_a_tale_among_issues_with_one_is_cut_off(tmp_path: Path) -> None:
    issues = [issue(number, tale=number != 9) for number in range(7, 13)]
    (gap,) = missing(shelf(tmp_path / "a", *issues))
    assert (gap["kind"], gap["issue"]) == ("cut-off", "9")
    assert gap["evidence"] == "has no tale, and 5 of the 5 issues around it have one"


def test_an_issue_much_shorter_than_those_around_it_is_cut_off(tmp_path: Path) -> None:
    long = [" ".join(STORY.format(n * 100 + at) for at in range(40)) for n in range(4)]
    issues = [issue(7 + at, text) for at, text in enumerate(long)]
    (gap,) = missing(shelf(tmp_path / "a", *issues, issue(11)))
    assert gap["issue"] == "11"
    assert "words, and those around it about" in gap["evidence"]


def test_two_issues_are_too_few_to_say_what_is_usual(tmp_path: Path) -> None:
    long = [" ".join(STORY.format(n * 100 + at) for at in range(40)) for n in range(2)]
    issues = [issue(7 + at, text) for at, text in enumerate(long)]
    assert missing(shelf(tmp_path / "a", *issues, issue(9))) == []


def test_one_text_under_two_numbers_is_a_duplicate(tmp_path: Path) -> None:
    text = "\n".join(f"{STORY.format(at)}" for at in range(20))
    (gap,) = missing(shelf(tmp_path / "a", issue(7, text), issue(8, text)))
    assert (gap["kind"], gap["issue"]) == ("duplicate", "7")
    assert gap["evidence"] == "has most of its sentences in common with 8"


def test_each_publication_is_looked_at_by_itself(tmp_path: Path) -> None:
    other = [issue(number).replace("Crane Weekly", "Bridge News") for number in (1, 3)]
    folder = shelf(tmp_path / "a", issue(7), issue(8), *other)
    assert [gap["publication"] for gap in missing(folder)] == ["bridge-news"]
    assert missing(folder, "--publication", "crane-weekly") == []
    assert "bridge-news" in on_terminal(folder, "missing", columns=60)


def test_the_founding_archive_cites_what_it_does_not_hold(archive: Path) -> None:
    kinds = [(gap["kind"], gap["first"]) for gap in missing(archive)]
    assert ("cited", 374) in kinds
    assert not [kind for kind, _ in kinds if kind != "cited"]
