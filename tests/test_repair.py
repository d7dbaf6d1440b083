"""What repair promises: damage is repaired where it is proved, and healthy text is left alone."""

import re
import subprocess
import sys
import tomllib
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backissue.ingest.repair import RULES, may_be_damaged
from backissue.ingest.repair.block_repair import Repaired, repair, repair_runs
from backissue.ingest.repair.diagnosis import Diagnosis, diagnose
from backissue.ingest.repair.edits import Edit, in_rounds
from backissue.ingest.repair.mojibake import mojibake
from backissue.records import Confidence, RepairedBlock, Run
from backissue.text.decoding import decode

HERE = Path(__file__).parent
SEEDS = HERE.parent / "seeds"
NOTES = SEEDS / "003_97489e45dc471143.txt"
# Of the 86 lines of the hand-read notes, this many come out letter for letter.
LINES_RIGHT = 86

CARRIER = """Itâs late, and they donât know what the internetâs worth is.
Weâre sure that thatâs enoughâand itâll do. âYes,â she said, âitâs fine.â"""
BROKEN = """The training com- pute used for models is compute; frontier models are big.
The remain- ing bottle- necks are a con- text window and the human loop.
Most neces- sary sys- tems use feedback, and a drop-in remote worker is self-made.
Algorithmic breakthroughs change workflows; the battery and many months of work."""


def read_cases(*, expecting: bool = True) -> list[Any]:
    cases = []
    for path in sorted((HERE / "cases" / "repair").glob("*.toml")):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            marks = ()
            if expecting and (reason := case.get("known_failure")):
                marks = (pytest.mark.xfail(reason=reason, strict=True),)
            cases.append(pytest.param(case, id=f"{path.stem}: {case['name']}", marks=marks))
    return cases


def document_of(case: dict[str, Any]) -> str:
    document = case.get("document", case["input"])
    backgrounds = {"CARRIER": CARRIER, "BROKEN": BROKEN}
    return f"{backgrounds[document]}\n{case['input']}" if document in backgrounds else document


def original_of(repaired: Repaired) -> str:
    return RepairedBlock(source="", block=0, text=repaired.text, steps=repaired.steps).original


def lines_repaired(text: str) -> list[str]:
    found = diagnose(text)
    return [repair(line, found).text for line in text.split("\n")]


@pytest.mark.parametrize("case", read_cases())
def test_each_case_is_repaired_as_its_file_says(case: dict[str, Any]) -> None:
    found = diagnose(document_of(case))
    repaired = repair(case["input"], found)
    assert repaired.text == case.get("output", case["input"])
    assert list(dict.fromkeys(step.rule for step in repaired.steps)) == case.get("rules", [])
    assert [flaw.code for flaw in repaired.flaws] == case.get("flaws", [])
    assert original_of(repaired) == case["input"]


@pytest.mark.parametrize("case", read_cases(expecting=False))
def test_repairing_a_repaired_document_changes_nothing(case: dict[str, Any]) -> None:
    once = lines_repaired(document_of(case))
    assert lines_repaired("\n".join(once)) == once


def test_the_notes_come_out_as_a_person_read_them() -> None:
    truth = (HERE / "gold" / "notes.txt").read_text(encoding="utf-8").splitlines()
    lines = lines_repaired(decode(NOTES.read_bytes()).text)
    assert len(lines) == len(truth)
    assert sum(a == b for a, b in zip(lines, truth, strict=True)) >= LINES_RIGHT


def test_every_word_the_notes_show_broken_is_repaired_or_marked() -> None:
    document = decode(NOTES.read_bytes()).text
    lines = document.split("\n")
    found = diagnose(document)
    breaks = (HERE / "gold" / "notes-breaks.txt").read_text(encoding="utf-8").splitlines()
    for row in breaks:
        number, broken, whole = row.split("\t")
        line = repair(lines[int(number) - 1], found).text
        assert broken not in line
        assert whole in line
    flaws = [flaw for line in lines for flaw in repair(line, found).flaws]
    assert [flaw.code for flaw in flaws] == ["broken-word", "broken-word"]


@pytest.mark.parametrize(
    "path", [path for path in sorted(SEEDS.glob("*.txt")) if path != NOTES], ids=lambda p: p.name
)
def test_the_healthy_founding_documents_are_left_alone(path: Path) -> None:
    text = decode(path.read_bytes()).text
    words = re.sub(r"<[^>]*>", " ", text)
    for version in (text, words):
        assert diagnose(version) == Diagnosis()
        assert repair(version, diagnose(version)).text == version


def test_a_repair_names_its_place_in_the_repaired_text() -> None:
    text = "Itâs 3â6 com- pute and 1000xâŚ"
    repaired = repair(text, diagnose(f"{CARRIER}\n{BROKEN}\n{text}"))
    assert repaired.text == "It’s 3–6 compute and 1000x…"
    for step in repaired.steps:
        assert repaired.text[step.start : step.start + len(step.after)] == step.after
        assert step.rule in RULES


def test_two_rules_that_touch_the_same_place_become_one_repair() -> None:
    text = "â€œcomâ€‐ puteâ€\x9d, the com- pute and the com- puter of a sys- tem, donâ€™t"
    repaired = repair(text, diagnose(f"{text}\ncompute system"))
    assert original_of(repaired) == text
    starts = [step.start for step in repaired.steps]
    assert starts == sorted(starts)


def test_a_sign_of_which_a_byte_is_lost_is_guessed() -> None:
    found = [(edit.after, edit.confidence) for edit in mojibake("â\ufffdœgood it isâ€™")]
    assert found == [("\ufffd", Confidence.GUESSED), ("’", Confidence.CERTAIN)]


@pytest.mark.parametrize("sure", [*permutations(Confidence, 2)])
def test_what_two_rules_repaired_is_as_sure_as_the_less_sure(
    sure: tuple[Confidence, Confidence],
) -> None:
    def first(text: str) -> list[Edit]:
        return [Edit(0, 1, "b", "first", sure[0])] if text == "a" else []

    def second(text: str) -> list[Edit]:
        return [Edit(0, 1, "c", "second", sure[1])] if text == "b" else []

    less = max(sure, key=[*Confidence].index)
    assert in_rounds("a", [first, second]) == [Edit(0, 1, "c", "second", less)]


def test_context_is_seen_across_runs_and_each_character_stays_in_its_run() -> None:
    runs = (
        Run(text="They call it â"),
        Run(text="com- ", strong=True),
        Run(text="puteâ", emphasis=True),
        Run(text=", and donâ"),
        Run(text="t", url="https://example.org/com- pute"),
        Run(text=" know"),
    )
    repaired, steps, flaws = repair_runs(runs, diagnose(f"{CARRIER}\n{BROKEN}"))
    assert [run.text for run in repaired] == [
        "They call it “",
        "com",
        "pute”",
        ", and don’",
        "t",
        " know",
    ]
    assert [(run.strong, run.emphasis, run.url) for run in repaired] == [
        (run.strong, run.emphasis, run.url) for run in runs
    ]
    assert [step.rule for step in steps] == ["lone-a", "broken-word", "lone-a", "lone-a"]
    assert not flaws


def test_runs_without_damage_come_back_as_they_are() -> None:
    runs = (Run(text="plain "), Run(text="", strong=True), Run(text="text"))
    assert repair_runs(runs, Diagnosis()) == (runs, (), ())


def test_damages_are_named() -> None:
    assert diagnose("plain").damages == ()
    assert diagnose(f"{CARRIER}\n{BROKEN}").damages == ("lone-a", "line-breaks")
    assert diagnose("itâ€™s").damages == ("mojibake",)


def test_every_rule_has_a_case() -> None:
    used = {rule for case in read_cases() for rule in case.values[0].get("rules", [])}
    assert used == set(RULES)


def test_healthy_text_does_not_import_ftfy() -> None:
    program = (
        "import sys; from backissue.ingest.repair.block_repair import repair;"
        "from backissue.ingest.repair.diagnosis import diagnose;"
        "text = 'It’s “so” – 3–6… naïve and à la carte, itâs';"
        "repair(text, diagnose(text)); sys.exit('ftfy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == 0


# Pieces of which damaged and healthy prose is made, so that random text meets the rules.
PIECES = st.sampled_from(
    re.split(
        "[|]",
        "â|ââ|âs|nât|âŚ|â¦|⢠|â€™|â€œ|â€|Ã©|Ã |Â |‚Äô|вЂ™|\x92|\ufffd|\ufffe|é|château|it|that"
        "|don|the|labs|com- |pute|drop- |in|pre- |and|AI- |level|un- |hobbling|feed- |back|align- "
        "|work|•|–|—|“|”|’|3|6|,|.|(|)|=|-|model|human|context|more| | |\n|\xa0|itâs|donât"
        "|sys- tem ",
    )
)
PROSE = st.lists(PIECES, max_size=40).map("".join) | st.lists(PIECES, max_size=40).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(PROSE, PROSE)
def test_replaying_backwards_gives_the_original(line: str, more: str) -> None:
    found = diagnose(f"{CARRIER}\n{BROKEN}\n{line}\n{more}")
    repaired = repair(line, found)
    assert original_of(repaired) == line
    assert repair(line, found) == repaired


@settings(max_examples=300, deadline=None)
@given(PROSE, st.booleans())
def test_a_second_pass_changes_nothing(text: str, carried: bool) -> None:
    document = f"{CARRIER}\n{BROKEN}\n{text}" if carried else text
    once = lines_repaired(document)
    assert lines_repaired("\n".join(once)) == once


@given(st.text(st.characters(codec="ascii")))
def test_plain_ascii_without_breaks_is_untouched(text: str) -> None:
    text = re.sub(r"-\s", "-", text)
    repaired = repair(text, diagnose(text))
    assert repaired.text == text
    assert not repaired.steps


@settings(max_examples=500, deadline=None)
@given(PROSE)
@example("You don?t, and they won?t.")
@example("a com- pute, a com- pute, the sys- tem, un- hob- bling and feed- back")
@example("com-\npute, com-\npute, un-\nhobbling and feed-\nback")
@example("super\u00adintelligence")
@example("\ufb01nd, \ufb02ow and \ufb01t")
@example("it\ufffds")
def test_a_text_with_no_sign_of_damage_has_none(text: str) -> None:
    if not may_be_damaged(text):
        assert diagnose(text) == Diagnosis()
        assert repair(text, Diagnosis()).flaws == ()


def test_usual_prose_shows_no_sign_of_damage() -> None:
    assert not may_be_damaged("It’s “so” – a well-known case… isn't it? Yes - it is (1-2).")
    assert may_be_damaged("itâ€™s")


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    found = diagnose(text)
    assert original_of(repair(text, found)) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=30), st.lists(st.integers(0, 200), max_size=4))
def test_runs_joined_are_repaired_as_one_text(pieces: list[str], cuts: list[int]) -> None:
    text = "".join(pieces)
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    runs = tuple(
        Run(text=text[a:b], strong=bool(at % 2)) for at, (a, b) in enumerate(pairwise(places))
    )
    found = diagnose(f"{CARRIER}\n{BROKEN}\n{text}")
    repaired, steps, flaws = repair_runs(runs, found)
    whole = repair(text, found)
    assert "".join(run.text for run in repaired) == whole.text
    assert (steps, flaws) == (whole.steps, whole.flaws)


def test_flaws_of_several_kinds_are_in_the_order_of_the_text() -> None:
    found = repair("The model- is kâ and \ufffd now", Diagnosis(lone_a=1, line_breaks=1))
    codes = [flaw.code for flaw in found.flaws]
    assert codes == ["broken-word", "undecided-character", "replacement-character"]


@pytest.mark.parametrize(
    ("text", "damages"),
    [
        ("We donÃ¢t know; itÃ¢s late, and weÃ¢re here.", ("mojibake", "lone-a")),
        ("We donâ- t know; itâ- s late, and weâ- re here.", ("lone-a", "line-breaks")),
    ],
)
def test_damage_that_a_repair_uncovers_is_diagnosed(text: str, damages: tuple[str, ...]) -> None:
    assert set(diagnose(text).damages) == set(damages)
