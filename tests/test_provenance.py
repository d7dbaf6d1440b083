"""`repairs` and `show --provenance`: what was repaired, and which source gave what."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from backissue.ingest.identity import NAMES
from backissue.ingest.pipeline import read
from backissue.ingest.structure import redrafted
from backissue.records import Facts, IssueKind, Run
from tests.conftest import source, take_in
from tests.damage import DAMAGES
from tests.test_copy_repair import LETTER
from tests.transcript import run


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one letter in three copies, and of one that is sound."""
    folder = tmp_path_factory.mktemp("shelf")
    made = [source(f"{name}.txt", DAMAGES[name](LETTER)) for name in ("replaced", "holes-1", "pdf")]
    sound = LETTER.replace("Quayside Letter 48", "Quayside Letter 49")
    take_in(folder, *made, source("sound.txt", sound, number=49))
    return folder


def told(command: str, shelf: Path) -> str:
    return run(f"backissue {command}", cwd=shelf, archive=shelf)


def document(command: str, shelf: Path) -> dict[str, list[dict[str, object]]]:
    return json.loads(next(line for line in told(command, shelf).splitlines() if line[:1] == "{"))


def test_repairs_taken_back_in_reverse_order_give_the_original(shelf: Path) -> None:
    found = document("repairs 48 --json", shelf)
    assert found["blocks"]
    for block in found["blocks"]:
        text = str(block["text"])
        own = [one for one in found["repairs"] if same_block(one, block)]
        for one in reversed(own):
            start, after = int(str(one["start"])), str(one["after"])
            assert text[start : start + len(after)] == after
            text = text[:start] + str(one["before"]) + text[start + len(after) :]
        assert text == block["original"]


def same_block(one: dict[str, object], other: dict[str, object]) -> bool:
    return (one["source"], one["block"]) == (other["source"], other["block"])


def test_undone_blocks_are_as_their_sources_have_them(shelf: Path) -> None:
    output = told("repairs 48 --undo", shelf)
    pages = [str(DAMAGES[name](LETTER)) for name in ("replaced", "holes-1", "pdf")]
    lines = [line for line in output.splitlines() if line]
    assert lines
    assert all(any(line in page for page in pages) for line in lines)


def test_in_a_pipe_a_repair_is_one_line_of_columns(shelf: Path) -> None:
    rows = [line.split("\t") for line in told("repairs 48", shelf).splitlines()]
    assert rows
    assert {len(row) for row in rows} == {7}
    assert all(row[3] != row[4] for row in rows)
    assert {row[2] for row in rows} <= {"certain", "likely", "guessed"}
    assert {row[0].partition(".")[0] for row in rows} == {"48"}


def test_where_nothing_was_repaired_a_sentence_says_so(shelf: Path) -> None:
    output = told("repairs 49", shelf)
    assert "nothing in 49 was repaired" in output
    assert output.endswith("\n? 1")
    assert document("repairs 49 --json", shelf) == {"schema": 1, "repairs": [], "blocks": []}


def test_provenance_names_a_source_for_every_section(shelf: Path) -> None:
    sections = document("show 48 --provenance --json", shelf)["provenance"]
    assert {row["id"] for row in sections if row["part"] == "text"} == {"48.1", "48.2", "48.3"}
    healing = [row for row in sections if row["part"] == "healing"]
    assert healing
    assert all(row["count"] for row in healing)


def test_what_the_reader_said_is_told_from_what_a_source_says(shelf: Path) -> None:
    rows = document("show 49 --provenance --json", shelf)["provenance"]
    facts = {row["part"]: row["source"] for row in rows if row["id"] == "49"}
    assert facts["number"] is None
    assert facts["title"] == "sound.txt"
    assert "number\tsaid\toption or catalog" in told("show 49 --provenance", shelf)


MAIL = """From: Ada Moore <ada@example.org>
Date: Mon, 03 Jun 2024 10:00:00 +0000
Subject: Quayside Letter 50: Cranes

The cranes were painted again this year, and nobody asked why it took so long.

The locks stay shut until the autumn, and the barges wait in the upper basin.
"""


def test_provenance_tells_which_evidence_decided_each_fact(tmp_path: Path) -> None:
    take_in(tmp_path, source("50.eml", MAIL))
    rows = document("show 50 --provenance --json", tmp_path)["provenance"]
    won = {row["part"]: (row["source"], row["evidence"], row["found"]) for row in rows}
    subject = "Quayside Letter 50: Cranes"
    assert won["number"] == ("50.eml", "carrier's title line", subject)
    assert won["title"] == ("50.eml", "carrier's title line", subject)
    assert won["date"] == ("50.eml", "Date", None)
    assert won["text"] == ("50.eml", None, None)
    output = told("show 50 --provenance", tmp_path)
    assert f"50\tnumber\t50.eml\tcarrier's title line: “{subject}”\n" in output
    assert "50\tdate\t50.eml\tDate\n" in output


def test_what_is_set_is_evidence_above_the_title_line(tmp_path: Path) -> None:
    take_in(tmp_path, source("49.txt", LETTER))
    told("set 48 title=Ropes", tmp_path)
    rows = document("show 48 --provenance --json", tmp_path)["provenance"]
    won = {row["part"]: (row["source"], row["evidence"]) for row in rows}
    assert won["title"] == (None, "set")
    assert won["number"] == ("49.txt", "title line")


def test_a_copy_repaired_from_another_keeps_its_evidence(shelf: Path) -> None:
    rows = document("show 48 --provenance --json", shelf)["provenance"]
    assert "healing" in {row["part"] for row in rows}
    won = {row["part"]: row["evidence"] for row in rows if row["id"] == "48"}
    assert won["number"] == won["title"] == "title line"


def test_a_repaired_draft_has_evidence_for_each_of_its_facts() -> None:
    data = str(DAMAGES["replaced"](LETTER)).encode()
    said = Facts(publication="Quayside Letter", date=date(2024, 6, 3), kind=IssueKind.NEWSLETTER)
    (draft,) = read(data, said, {0: Facts(url="https://e.org/48")}).drafts
    first, *others = draft.text.lines
    title = replace(first, block=replace(first.block, runs=(Run(text="Quayside Letter 48: Tar"),)))
    made = redrafted(draft, (title, *others))
    assert made.facts.title == "Tar"
    assert {one.fact: one.value for one in made.evidence} == known(made.facts)
    kinds = {one.fact: one.kind.value for one in made.evidence}
    assert (kinds["date"], kinds["url"]) == ("option or catalog", "set")


def known(facts: Facts) -> dict[str, object]:
    return {name: value for name in NAMES if (value := getattr(facts, name)) is not None}


def test_provenance_counts_every_repair_that_another_source_made_possible(shelf: Path) -> None:
    repairs = document("repairs 48 --json", shelf)["repairs"]
    rows = document("show 48 --provenance --json", shelf)["provenance"]
    counts: Counter[tuple[object, object]] = Counter()
    for row in rows:
        if row["part"] == "healing":
            counts[row["id"], row["source"]] += int(str(row["count"]))
    assert counts == Counter((one["id"], one["witness"]) for one in repairs if one["witness"])
    assert max(counts.values()) > 1
