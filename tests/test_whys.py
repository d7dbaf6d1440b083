"""`why`: each “why this matters” of what addresses, options or a search name."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backissue.errors import Exit
from backissue.render.theses import first_sentence
from tests.test_cli import on_terminal, process


def theses(archive: Path, *arguments: str) -> list[str]:
    """The addresses that `why --thesis` writes."""
    output = process(archive, "why", "--thesis", *arguments).stdout
    return [line.split("\t")[0] for line in output.splitlines()]


def test_one_section_is_only_its_label_thesis_and_passage(archive: Path) -> None:
    shown = process(archive, "why", "395.1").stdout
    passage = json.loads(process(archive, "why", "395.1", "--json").stdout)["passages"][0]
    expected = f"{passage['label']}: {passage['thesis']}\n\n{passage['text']}\n"
    assert shown == expected
    assert process(archive, "why", "#395.1").stdout == expected


@pytest.mark.parametrize(
    "several", [["395.1", "395.3"], ["395.1..395.3"], ["395.1", "395.2", "395.3"]]
)
def test_of_several_each_has_heading_issue_and_link(several: list[str], archive: Path) -> None:
    blocks = re.split(r"\n(?=395\.\d  )", process(archive, "why", *several).stdout)
    assert len(blocks) == 2
    lines = blocks[0].splitlines()
    assert lines[0] == "395.1  AI is driving a massive growth in US data center electricity demand"
    assert lines[1].startswith("    Import AI 395: AI and energy demand")
    assert lines[2].startswith("    https://eta-publications.lbl.gov/")
    assert "\n".join(lines[3:]).rstrip() == process(archive, "why", "395.1").stdout.rstrip()


def test_the_link_is_a_labelled_one_or_else_the_page_of_the_issue(fresh_archive: Path) -> None:
    process(fresh_archive, "set", "395", "url=https://e.org/395", "date=2024-12-23")
    shown = process(fresh_archive, "why", "395").stdout
    assert "(2024-12-23)\n    https://eta-publications.lbl.gov/" in shown
    assert "(2024-12-23)\n    https://e.org/395\nWhy this matters: progress will be" in shown
    output = process(fresh_archive, "why", "395.4", "--json").stdout
    assert json.loads(output)["passages"][0]["url"] == "https://e.org/395"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["387"], ["387.2"]),
        (["--issue", "387"], ["387.2"]),
        (["387", "388"], ["387.2", "388.1", "388.2"]),
        (["387..388"], ["387.2", "388.1", "388.2"]),
        (["388.2", "387.2"], ["388.2", "387.2"]),
        (["387.2", "387"], ["387.2"]),
        (["388.1..388.2"], ["388.1", "388.2"]),
        (["latest"], ["396.1", "396.2", "396.3", "396.4", "396.5"]),
        (["--latest"], ["396.1", "396.2", "396.3", "396.4", "396.5"]),
        (["2025"], ["396.1", "396.2", "396.3", "396.4", "396.5"]),
        (["2025-01", "-n", "2"], ["396.1", "396.2"]),
        (["--since", "2025", "-n1"], ["396.1"]),
        (["387..396", "--since", "2025", "-n1"], ["396.1"]),
        (["--kind", "story", "--publication", "import-ai", "-n1"], ["386.1"]),
        (["--search", "prime intellect", "--issue", "387"], ["387.2"]),
        (["--search", "prime", "intellect", "--issue", "387"], ["387.2"]),
        (["--search", "why:gamma OR thesis:vibe"], ["389.2"]),
    ],
    ids=lambda value: value[0] + value[-1],
)
def test_addresses_and_options_name_whys(typed: list[str], found: list[str], archive: Path) -> None:
    assert theses(archive, *typed) == found


def test_a_search_is_in_its_order_and_has_only_sections_with_a_why(fresh_archive: Path) -> None:
    ids = process(fresh_archive, "search", "training", "--ids").stdout.split()
    whys = theses(fresh_archive, "386..396")
    best = [one for one in ids if one in whys]
    assert len(best) > 12
    assert theses(fresh_archive, "--search", "training") == best[:10]
    assert theses(fresh_archive, "--search", "training", "-n", "12") == best[:12]
    assert theses(fresh_archive, "--search", "training", "-n", "500") == best
    more = process(fresh_archive, "why", "--search", "training", "-n", "2").stderr
    assert more == "backissue: the best 2; -n 4 shows more\n"


def test_a_hit_of_such_a_search_has_its_number(fresh_archive: Path) -> None:
    first, second = theses(fresh_archive, "--search", "compute", "-n", "2")
    assert theses(fresh_archive, "@2") == [second]
    assert theses(fresh_archive, "@1..2") == [first, second]


def test_addresses_come_from_standard_input(archive: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backissue", "--archive", str(archive), "why", "--thesis", "-"],
        input="388.2\n395.2\n387.2\n",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["388.2", "387.2"]


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        ([], Exit.USAGE, "give a section, an issue, a range, --search or --latest; such as"),
        (["395.2"], Exit.NOTHING_FOUND, "395.2 has no “why this matters”; to read it: backissue"),
        (["395.2", "395.6"], Exit.NOTHING_FOUND, "no section of these has a “why this matters”"),
        (["999"], Exit.NOTHING_FOUND, "no issue “999”"),
        (["--search", "xyzzyq"], Exit.NOTHING_FOUND, "nothing found: no section has “xyzzyq”"),
        (
            ["--search", "kind:note"],
            Exit.NOTHING_FOUND,
            "no section found has a “why this matters”",
        ),
        (["--kind", "novel"], Exit.USAGE, "no kind “novel”"),
        (["--since", "soon"], Exit.USAGE, "“soon” is not a time for --since"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_where_there_is_none_it_says_what_to_type(
    typed: list[str], code: Exit, says: str, archive: Path
) -> None:
    done = process(archive, "why", *typed)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_one_wrong_address_is_named_and_the_others_are_shown(archive: Path) -> None:
    done = process(archive, "why", "--thesis", "387.2", "999")
    assert done.returncode == Exit.NOTHING_FOUND
    assert done.stdout.startswith("387.2\t")
    assert "no issue “999”" in done.stderr


def test_json_says_whether_there_is_a_thesis_and_has_the_first_sentence(archive: Path) -> None:
    rows = process(archive, "why", "--thesis", "386..396", "--jsonl").stdout.splitlines()
    passages = [json.loads(row)["passage"] for row in rows]
    plain = dict(
        line.split("\t")
        for line in process(archive, "why", "--thesis", "386..396").stdout.splitlines()
    )
    assert {one["thesis"] is None for one in passages} == {True, False}
    for one in passages:
        assert plain[one["id"]] == (one["thesis"] or one["sentence"])
        assert one["text"].startswith(one["sentence"][:20])
        assert one["issue"]["id"] == one["id"].split(".")[0]
        assert one["key"] == f"import-ai/{one['id']}"
    assert passages[-1]["date"] == "2025-01-20"


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_theses_fold_under_themselves_on_a_terminal(columns: int, archive: Path) -> None:
    shown = on_terminal(archive, "why", "--thesis", "386..396", columns=columns)
    lines = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", shown).splitlines()
    assert max(map(len, lines)) <= columns
    assert all(re.match(r"\d{3}\.\d  \S| {7}\S", line) for line in lines)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("It matters. Much more.", "It matters."),
        ("It costs $2.5bn, e.g. in Texas. It is new.", "It costs $2.5bn, e.g. in Texas."),
        ("The U.S. leads. China follows.", "The U.S. leads."),
        ("J. R. Smith wrote “it is so.” He left.", "J. R. Smith wrote “it is so.”"),
        ("Is it? Yes.", "Is it?"),
        ("Well… maybe. Yes.", "Well… maybe."),
        ("One line\nAnother line.", "One line"),
        ("これは大事です。次の文。", "これは大事です。"),
        ("no end", "no end"),
        ("", ""),
        ("GPT-4.5 is out! Buy.", "GPT-4.5 is out!"),
    ],
)
def test_the_first_sentence_of_a_text(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence
