"""Several issues and sections where one is taken, and the ways to write an address."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backissue.archive import ingestion
from backissue.cli.references import words_of
from backissue.cli.spellings import numbered, spellings
from backissue.errors import Exit
from tests.conftest import seed_items
from tests.test_addresses import other
from tests.test_cli import process

KNOWN = {"importai": "import-ai", "harbournotes": "harbour-notes"}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with two newsletters that both have a number 395."""
    folder = tmp_path_factory.mktemp("two") / "archive"
    ingestion.ingest(folder, [*seed_items(), other()])
    return folder


def shown(archive: Path, *refs: str, **environment: str) -> list[str]:
    """The addresses of what `show` shows of these, in order; `issue:` before that of an issue."""
    done = process(archive, "show", *refs, "--jsonl", **environment)
    assert done.returncode == Exit.OK, done.stderr
    records = map(json.loads, done.stdout.splitlines())
    return [
        one["section"]["id"] if "section" in one else f"issue:{one['issue']['id']}"
        for one in records
    ]


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        (["395.1", "396.2", "395.3"], ["395.1", "396.2", "395.3"]),
        (["395", "394.1"], ["issue:395", "394.1"]),
        (["395.1", "395.1"], ["395.1"]),
        (["394..396"], ["issue:394", "issue:395", "issue:396"]),
        (["395.."], ["issue:395", "issue:396"]),
        (["..387"], ["issue:386", "issue:387"]),
        (["396..999"], ["issue:396"]),
        (["import-ai/395..396"], ["issue:395", "issue:396"]),
        (["import-ai/395..import-ai/396"], ["issue:395", "issue:396"]),
        (["395..latest"], ["issue:395", "issue:396"]),
        (["latest-2.."], ["issue:394", "issue:395", "issue:396"]),
        (["#395..#396"], ["issue:395", "issue:396"]),
        (["395–396"], ["issue:395", "issue:396"]),
        (["395...396"], ["issue:395", "issue:396"]),
        (["395.1–395.2"], ["395.1", "395.2"]),
        (["395.1..395.3"], ["395.1", "395.2", "395.3"]),
        (["395.1..3"], ["395.1", "395.2", "395.3"]),
        (["395.5.."], ["395.5", "395.6"]),
        (["..395.2"], ["395.1", "395.2"]),
        (["395.6..396.1"], ["395.6", "396.1"]),
        (["situational-awareness.2..3"], ["situational-awareness.2", "situational-awareness.3"]),
        (["395.1,395.2"], ["395.1", "395.2"]),
        (["last", "2"], ["issue:395", "issue:396"]),
        (["last 2"], ["issue:395", "issue:396"]),
        (["latest"], ["issue:396"]),
        (["Latest"], ["issue:396"]),
        (["latest-1"], ["issue:395"]),
        (["latest.2"], ["396.2"]),
        (["import-ai/latest-2"], ["issue:394"]),
        (["Import", "AI", "395"], ["issue:395"]),
        (["import", "ai", "395.2", "396"], ["395.2", "issue:396"]),
        (["Import AI 395"], ["issue:395"]),
        (["Import AI #395"], ["issue:395"]),
        (["Import AI 395: AI and energy demand; distributed training via DeMo; and Phi-4"],
         ["issue:395"]),
        (["import-ai 395"], ["issue:395"]),
        (["ImportAI/395"], ["issue:395"]),
        (["#395"], ["issue:395"]),
        (["issue", "395"], ["issue:395"]),
        (["395#2"], ["395.2"]),
        (["395/2"], ["395.2"]),
        (["395."], ["issue:395"]),
        (["(395.2),"], ["395.2"]),
        (["３９５"], ["issue:395"]),
        (["0395"], ["issue:395"]),
        (["Situational Awareness"], ["issue:situational-awareness"]),
        (["situational", "awareness.2"], ["situational-awareness.2"]),
    ],
    ids=" ".join,
)  # fmt: skip
def test_refs_name_these_in_order(archive: Path, refs: list[str], expected: list[str]) -> None:
    assert shown(archive, *refs) == expected


@pytest.mark.parametrize("text", ["gpt-4", "405b", "39 5", "Llama 3.1", "AI 395", "", "2024-12-23"])
def test_a_text_with_a_number_is_not_yet_an_address(text: str) -> None:
    assert numbered(text, KNOWN) is None
    assert "395" not in list(spellings(text, KNOWN))


def test_a_long_text_is_no_address() -> None:
    assert list(spellings("395 " * 100_000, KNOWN)) == []
    assert numbered("#" * 100_000, KNOWN) is None


def test_one_wrong_address_among_several_is_named_and_the_others_are_shown(archive: Path) -> None:
    done = process(archive, "show", "395.1", "405", "396.99", "395.2", "--jsonl")
    assert done.returncode == Exit.NOTHING_FOUND
    ids = [json.loads(line)["section"]["id"] for line in done.stdout.splitlines()]
    assert ids == ["395.1", "395.2"]
    assert done.stderr.splitlines() == [
        "backissue: no issue “405”; to list all: backissue issues",
        "backissue: 396 has sections 1 to 7, no 99; backissue show 396",
    ]


def test_if_all_addresses_are_wrong_nothing_is_shown(archive: Path) -> None:
    done = process(archive, "show", "405", "406", "--json")
    assert done.returncode == Exit.NOTHING_FOUND
    assert done.stdout == ""
    assert [line.split("“")[1][:3] for line in done.stderr.splitlines()] == ["405", "406"]


@pytest.mark.parametrize(
    ("ref", "code", "message"),
    [
        ("39 5", 1, "no issue “39 5”"),
        ("import-ai", 1, "backissue show import-ai/latest"),
        ("situatonal-awareness", 1, "did you mean situational-awareness?"),
        ("Import AI 385", 1, "did you mean 386"),
        ("395.99", 1, "395 has sections 1 to 6, no 99"),
        ("396..390", 2, "write 390..396"),
        ("395.3..395.1", 2, "write 395.1..395.3"),
        ("500..600", 1, "no issue in 500..600"),
        ("latest-99", 1, "no issue “latest-99”"),
        ("a..b", 2, "is not a range"),
        ("latest..394", 2, "runs backwards; write 394..latest"),
        ("394..395.2", 2, "is not a range"),
        ("386..situational-awareness", 2, "are of two publications"),
        ("390-396", 1, "for a range, write 390..396"),
        ("397.2", 1, "did you mean 396"),
        ("Import AI 397.2", 1, "did you mean 396"),
    ],
)
def test_a_wrong_address_is_answered_with_one_to_type(
    archive: Path, ref: str, code: int, message: str
) -> None:
    done = process(archive, "show", ref)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_digits_typed_with_a_space_are_one_address_in_the_hint(archive: Path) -> None:
    done = process(archive, "show", "39", "5")
    assert done.stderr == "backissue: no issue “39 5”; did you mean 395?\n"


def test_json_of_one_address_is_one_record_and_of_several_a_list(archive: Path) -> None:
    def document(*refs: str) -> dict[str, object]:
        return dict(json.loads(process(archive, "show", *refs, "--json").stdout))

    assert list(document("395.1")) == ["schema", "section"]
    assert list(document("395")) == ["schema", "issue"]
    assert list(document("Import", "AI", "395")) == ["schema", "issue"]
    mixed = document("395", "395.1")
    assert list(mixed) == ["schema", "records"]
    assert [list(one) for one in mixed["records"]] == [["issue"], ["section"]]  # type: ignore[attr-defined]
    for refs in (["395..395"], ["last 1"], ["395.2..395.2"], ["395.1", "395.1"]):
        assert list(document(*refs)) == ["schema", "records"]


def piped(archive: Path, text: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "backissue", "--archive", str(archive), *arguments],
        input=text,
        capture_output=True,
        encoding="utf-8",
        env=os.environ,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "compute"],
        ["search", "compute", "--ids"],
        ["search", "compute", "--ids", "-0"],
        ["search", "compute", "--group", "issue"],
        ["search", "compute", "--format", "{id}\\t{heading}"],
        ["related", "395.3", "395.1"],
    ],
    ids=" ".join,
)
def test_addresses_come_from_standard_input_in_the_lines_that_commands_write(
    archive: Path, arguments: list[str]
) -> None:
    answer = process(archive, *arguments, "-n", "4")
    # A template or --ids is not for JSON, which has all hits in full.
    words = [one for one in arguments if one not in ("--ids", "-0", "--format", "{id}\\t{heading}")]
    expected = json.loads(process(archive, *words, "-n", "4", "--json").stdout)
    wanted = [one["id"] for one in expected.get("hits") or expected["related"]]
    done = piped(archive, answer.stdout, "show", "-", "--jsonl")
    assert done.stderr == ""
    found = [json.loads(line)["section"]["id"] for line in done.stdout.splitlines()]
    assert found == list(dict.fromkeys(wanted))


def test_a_list_of_issues_is_read_from_standard_input(archive: Path) -> None:
    listed = process(archive, "issues", "394..396").stdout
    done = piped(archive, listed, "show", "-", "--jsonl")
    assert [json.loads(line)["issue"]["number"] for line in done.stdout.splitlines()] == [
        396,
        395,
        394,
    ]


@pytest.mark.parametrize("text", ["", "\n \n", "\0"])
def test_no_address_on_standard_input_is_said(archive: Path, text: str) -> None:
    done = piped(archive, text, "show", "-")
    assert done.returncode == Exit.NOTHING_FOUND
    assert "no address on standard input" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("395.1 395.2\n396", ["395.1", "395.2", "396"]),
        ("395.1\x00395.2\x00", ["395.1", "395.2"]),
        ("395.2  A heading\n396.1\n", ["395.2", "396.1"]),
        ("  395.2  A heading [fiction]\nA sentence.  And one more.\n", ["395.2"]),
        ("395\t2024-12-23\t6\tA title\r\n394\t-\t5\tB\r\n", ["395", "394"]),
    ],
)
def test_the_first_column_of_a_line_is_its_address(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_random_is_a_section(archive: Path) -> None:
    (found,) = shown(archive, "random")
    assert shown(archive, found) == [found]


def test_a_range_and_the_latest_are_of_the_default_publication(two: Path) -> None:
    chosen = {"BACKISSUE_PUBLICATION": "harbour-notes"}
    assert shown(two, "latest", **chosen) == ["issue:395"]
    assert shown(two, "latest", "--publication", "import-ai", **chosen) == ["issue:396"]
    assert shown(two, "394..395", **chosen) == ["issue:395"]
    assert shown(two, "situational-awareness.2..2", **chosen) == ["situational-awareness.2"]
    assert shown(two, "396..397", **chosen) == ["issue:396"]
    both = ["issue:harbour-notes/395", "issue:import-ai/395"]
    assert shown(two, "395..395") == both
    assert shown(two, "Harbour Notes 395") == both[:1]
    assert shown(two, "harbour-notes/395.1..2") == [
        "harbour-notes/395.1",
        "harbour-notes/395.2",
    ]


def test_an_issue_without_a_date_is_newer_than_a_lower_number(archive: Path) -> None:
    """396 has no date where only its number is known, and 395 has one."""
    heads = json.loads(process(archive, "issues", "--json").stdout)["issues"]
    assert [head for head in heads if head["number"] is not None and head["date"] is None]
    assert shown(archive, "last 11") == [f"issue:{number}" for number in range(386, 397)]


def test_related_takes_several_sections_and_says_to_which_each_belongs(archive: Path) -> None:
    done = process(archive, "related", "395.3", "395.1", "-n", "2", "--jsonl")
    lines = [json.loads(line)["related"] for line in done.stdout.splitlines()]
    assert [one["of"]["id"] for one in lines] == ["395.3", "395.3", "395.1", "395.1"]
    assert lines[0]["of"]["key"] == "import-ai/395.3"
    alone = process(archive, "related", "395.3", "-n", "2").stdout
    both = process(archive, "related", "395.3", "395.1", "-n", "2").stdout
    assert both.startswith(f"related to 395.3:\n{alone}\nrelated to 395.1:\n")


def test_hits_of_related_of_several_are_numbered_through(archive: Path) -> None:
    process(archive, "related", "395.3", "395.1", "-n", "2")
    lines = process(archive, "related", "395.3", "395.1", "-n", "2", "--jsonl").stdout
    ids = [json.loads(line)["related"]["id"] for line in lines.splitlines()]
    assert shown(archive, "@1..") == list(dict.fromkeys(ids))
    assert shown(archive, "@3", "@1..@2") == [ids[2], ids[0], ids[1]]


def test_open_takes_several(archive: Path) -> None:
    done = process(archive, "open", "395.1", "396", "395.2", "--print")
    assert len(done.stdout.splitlines()) == 2
    assert done.returncode == Exit.NOTHING_FOUND
    assert "396 has no address to open" in done.stderr


def test_repairs_takes_several(archive: Path) -> None:
    one = process(archive, "repairs", "situational-awareness.1", "situational-awareness.2").stdout
    two = process(archive, "repairs", "situational-awareness.1..2").stdout
    assert one == two
    assert one


def test_words_that_are_one_wrong_address_have_one_message(archive: Path) -> None:
    done = process(archive, "cite", "Import", "AI", "397", "395", "import-ai", "0398.2")
    assert done.stdout.startswith("Import AI 395")
    assert [line.split(";")[0] for line in done.stderr.splitlines()] == [
        "backissue: no issue “Import AI 397”",
        "backissue: no issue “import-ai 0398.2”",
    ]


def test_a_list_of_issues_reads_their_addresses_from_standard_input(archive: Path) -> None:
    def listed(text: str, *more: str) -> list[str]:
        done = piped(archive, text, "issues", "-", *more)
        assert (done.returncode, done.stderr) == (Exit.OK, "")
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    assert listed("395.2\n386.1\n395.4\n") == ["395", "386"]
    assert listed("386..388\n", "390") == ["390", "388", "387", "386"]
    assert listed(process(archive, "issues", "last 2").stdout) == ["396", "395"]
    empty = piped(archive, "", "issues", "-")
    assert empty.returncode == Exit.NOTHING_FOUND
    assert empty.stderr.startswith("backissue: no address on standard input; such as: ")
