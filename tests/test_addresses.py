"""Addresses: what names an issue or a section, today and after other newsletters came."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backissue.archive import ingestion
from backissue.cli.helping import addresses_page
from backissue.errors import Exit
from tests.conftest import seed_items, source
from tests.test_cli import process

OTHER = """\
{name} 395: Winds and tides

by Ada Moore

***

Tides are rising: The harbour measures them every day, and the tables are public.

***

Cranes grow taller: They lift more than they did, and nobody counts them.
"""


def other(name: str = "Harbour Notes") -> Any:
    """A file of another newsletter that has a number 395, too."""
    return source(f"{name}.txt", OTHER.format(name=name), publication=name)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with two newsletters that both have a number 395; not to be written to."""
    folder = tmp_path_factory.mktemp("two") / "archive"
    ingestion.ingest(folder, [*seed_items(), other()])
    return folder


def records(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a document, at any depth."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from records(inner)


@pytest.mark.parametrize(
    "arguments",
    [
        ["issues"],
        ["show", "395"],
        ["show", "395.2"],
        ["show", "395", "--provenance"],
        ["search", "compute"],
        ["related", "395.1"],
        ["why", "395.1"],
        ["repairs", "situational-awareness"],
        ["export"],
    ],
    ids=" ".join,
)
def test_every_json_record_with_an_id_has_a_key_that_names_the_same(
    archive: Path, arguments: list[str]
) -> None:
    document = json.loads(process(archive, *arguments, "--json").stdout)
    found = [record for record in records(document) if "id" in record]
    assert found
    for record in found:
        assert record["key"].partition("/")[2] == record["id"]
        assert record["key"].partition("/")[0] in {"import-ai", "unfiled", "situational-awareness"}


def test_a_key_stays_when_another_newsletter_has_the_same_number(archive: Path, two: Path) -> None:
    def found(folder: Path) -> list[tuple[str, str]]:
        hits = json.loads(process(folder, "search", "distributed training", "--json").stdout)
        return [(hit["id"], hit["key"]) for hit in hits["hits"]]

    before, after = found(archive), found(two)
    assert [key for _, key in before] == [key for _, key in after]
    assert ("395.2", "import-ai/395.2") not in after
    assert any(ident == key and key.startswith("import-ai/395.") for ident, key in after)


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "import-ai/395.2"],
        ["show", "IMPORT-AI/395"],
        ["why", "import-ai/395.1"],
        ["why", "--issue", "import-ai/395"],
        ["open", "import-ai/395.2", "--print"],
        ["related", "import-ai/395.2"],
        ["search", "training", "--issue", "import-ai/395"],
        ["search", "training issue:import-ai/395"],
    ],
    ids=" ".join,
)
def test_a_key_is_accepted_wherever_an_address_is(
    archive: Path, two: Path, arguments: list[str]
) -> None:
    alone = process(archive, *arguments)
    assert alone.returncode == Exit.OK, alone.stderr
    both = process(two, *arguments)
    assert both.returncode == Exit.OK, both.stderr


def test_two_newsletters_with_a_number_are_named_with_the_way_to_set_a_default(two: Path) -> None:
    done = process(two, "show", "395")
    assert done.returncode == Exit.USAGE
    assert done.stdout == ""
    assert "harbour-notes/395 or import-ai/395" in done.stderr
    assert "BACKISSUE_PUBLICATION=" in done.stderr
    assert "config.toml" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["show", "why", "open", "cite", "related"])
def test_a_section_of_two_newsletters_is_named_with_its_number(two: Path, command: str) -> None:
    done = process(two, command, "395.1")
    assert done.returncode == Exit.USAGE
    assert "write harbour-notes/395.1 or import-ai/395.1, or " in done.stderr


@pytest.mark.parametrize("name", ["import-ai", "Import AI", " import  ai ", "IMPORT-AI"])
def test_the_default_publication_keeps_its_short_addresses(two: Path, name: str) -> None:
    chosen = {"BACKISSUE_PUBLICATION": name}
    shown = process(two, "show", "395.2", **chosen)
    assert shown.returncode == Exit.OK
    assert shown.stderr == ""
    assert shown.stdout.startswith("395.2  ")
    listed = process(two, "issues", **chosen).stdout
    ids = [line.partition("\t")[0] for line in listed.splitlines()]
    assert {"395", "harbour-notes/395"} <= set(ids)
    hits = process(two, "search", "training", "--ids", **chosen).stdout.split()
    assert not [hit for hit in hits if hit.startswith("import-ai/")]
    hits = process(two, "search", "tides", "--format", "{id} {issue}", **chosen).stdout
    assert hits == "harbour-notes/395.1 harbour-notes/395\n"
    (found,) = (json.loads(process(two, "show", "395", "--json", **chosen).stdout)["issue"],)
    assert (found["id"], found["key"]) == ("395", "import-ai/395")


def test_the_other_newsletter_can_be_the_default(two: Path) -> None:
    chosen = {"BACKISSUE_PUBLICATION": "harbour-notes"}
    assert "Tides are rising" in process(two, "show", "395.1", **chosen).stdout
    assert process(two, "show", "import-ai/395.1", **chosen).stdout.startswith("import-ai/395.1  ")
    named = process(two, "show", "395.1", "--publication", "import-ai", **chosen)
    assert named.stdout.startswith("import-ai/395.1  ")


def test_the_configuration_chooses_a_default_and_the_variable_overrides_it(
    two: Path, tmp_path: Path
) -> None:
    file = tmp_path / "backissue" / "config.toml"
    file.parent.mkdir()
    file.write_text('publication = "import-ai"\n', encoding="utf-8")
    place = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert process(two, "show", "395.1", **place).stdout.startswith("395.1  ")
    over = process(two, "show", "395.1", **place, BACKISSUE_PUBLICATION="Harbour Notes")
    assert "Tides are rising" in over.stdout
    none = process(two, "show", "395.1", **place, BACKISSUE_PUBLICATION="")
    assert none.returncode == Exit.USAGE


def test_a_default_that_no_issue_has_is_noted_once_with_the_nearest(two: Path) -> None:
    done = process(two, "issues", "386", BACKISSUE_PUBLICATION="import-au")
    assert done.returncode == Exit.OK
    assert done.stdout.startswith("386\t")
    assert done.stderr.splitlines() == [
        "backissue: no issue is of the default publication “import-au”; did you mean import-ai?"
    ]


def test_without_a_namesake_a_default_changes_nothing(archive: Path) -> None:
    usual = process(archive, "issues").stdout
    assert process(archive, "issues", BACKISSUE_PUBLICATION="import-ai").stdout == usual


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("395", "395"),
        ("#395", "395"),
        ("(395)", "395"),
        ("issue 395", "395"),
        ("Import AI 395", "395"),
        ("import-ai/395", "395"),
        ("395.2", "395.2"),
        ("395#2", "395.2"),
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_a_search_for_an_address_points_to_show(
    archive: Path, query: str, shown: str, apart: bool
) -> None:
    done = process(archive, "search", *(query.split() if apart else [query]), "--ids")
    assert done.returncode == (Exit.OK if done.stdout else Exit.NOTHING_FOUND)
    pointing = [line for line in done.stderr.splitlines() if "to read it" in line]
    (line,) = pointing
    assert line.endswith(f"; to read it: backissue show {shown}")


@pytest.mark.parametrize(
    "query",
    ["405", "gpt-4", "llama 3", "395.99", "395 compute", "2024", "issue:395", "phi-4", "8b", "3.1"],
)
def test_a_search_for_words_with_numbers_points_to_no_issue(archive: Path, query: str) -> None:
    assert "to read it" not in process(archive, "search", query).stderr


def test_a_search_for_a_number_of_two_newsletters_points_to_both(two: Path) -> None:
    told = process(two, "search", "395").stderr
    assert "backissue show harbour-notes/395 or backissue show import-ai/395" in told
    told = process(two, "search", "395", BACKISSUE_PUBLICATION="import-ai").stderr
    assert told.endswith("to read it: backissue show 395\n")
    told = process(two, "search", "395", "--publication", "Harbour Notes").stderr
    assert told.endswith("to read it: backissue show harbour-notes/395\n")


LOOSE = """\
The harbour is full again, and forty ships wait outside for a berth today.

***

The pilots went home early: nobody knows who called them back to the station at night.

***

Cranes grow taller: they lift more than they did, and nobody counts them on Sundays now.
"""


def sources() -> list[Any]:
    """Copies of one issue, of which the first does not say that it is number 7."""
    return [
        source("a.txt", LOOSE, title="Ships at night"),
        source("b.txt", LOOSE + "\nAnd a line more.\n", publication="Quay Letter", number="7"),
        source("c.txt", LOOSE.replace("berth", "place"), publication="Quay Letter", title="Ships"),
    ]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
def test_an_address_noted_before_other_files_came_still_names_the_issue(
    tmp_path: Path, order: list[int]
) -> None:
    items = sources()
    for place in order:
        ingestion.ingest(tmp_path / "archive", [items[place]])
    assert process(tmp_path / "archive", "issues").stdout.startswith("7\t")
    noted = ["ships-at-night", "unfiled/ships-at-night", "quay-letter/ships", "ships", "unfiled/7"]
    for address in [*noted, "Ships at Night", "Quay Letter/Ships at night"]:
        done = process(tmp_path / "archive", "show", f"{address}.1", "--json")
        assert done.returncode == Exit.OK, (address, done.stderr)
        assert json.loads(done.stdout)["section"]["key"] == "quay-letter/7.1"


def test_an_issue_that_is_called_so_comes_before_one_that_was(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    ingestion.ingest(folder, sources())
    fresh = "Bridges are repaired: it takes eleven weeks.\n\n***\n\nA ferry sank: nobody drowned.\n"
    ingestion.ingest(folder, [source("d.txt", fresh, title="Ships at night")])
    assert "Bridges" in process(folder, "show", "ships-at-night").stdout
    assert "Bridges" not in process(folder, "show", "quay-letter/ships").stdout


def test_a_title_of_many_issues_names_a_few_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    items = [
        source(
            f"{number}.txt",
            f"Week {number}: {number * 7} ships came.\n\n***\n\nNews: {number} of them.\n",
            publication="Quay Letter",
            number=str(number),
            title="Links",
        )
        for number in range(1, 9)
    ]
    ingestion.ingest(folder, items)
    done = process(folder, "show", "links")
    assert done.returncode == Exit.USAGE
    assert done.stderr.count("quay-letter/") == 4
    assert done.stderr.endswith(" …\n")


@pytest.mark.parametrize("mark", ["}", "🚢"])
def test_an_issue_whose_heading_has_no_words_is_called_by_its_first_words(
    tmp_path: Path, mark: str
) -> None:
    """It would be called untitled, and get another number with each of the kind that comes."""
    folder = tmp_path / "archive"
    words = ["harbour", "bridge", "pilot", "crane"]
    texts = [f'{mark}\n\n"{word}": "{word}s are busy",\n\n"byline": null\n' for word in words]
    ingestion.ingest(folder, [source("0.txt", texts[0])])
    (noted,) = process(folder, "issues").stdout.splitlines()
    address = noted.partition("\t")[0]
    assert address.startswith("harbour")
    for place, text in enumerate(texts[1:], 1):
        ingestion.ingest(folder, [source(f"{place}.txt", text)])
    assert "harbours are busy" in process(folder, "show", address).stdout
    assert "untitled" not in process(folder, "issues").stdout


def test_every_address_on_the_page_about_them_names_something(fresh_archive: Path) -> None:
    process(fresh_archive, "set", "390", "date=2024-11-18")
    process(fresh_archive, "set", "395", "date=2024-12-23", "url=https://importai.substack.com/p/…")
    ingestion.ingest(
        fresh_archive,
        [
            counted("Lathe Digest, Vol. 15, No. 28", "3 May 2020", "Masts"),
            counted("Lathe Digest, Vol. 16, No. 1", "9 July 2020", "Bells"),
            counted("Mill Weekly #3: Bridges", "5 March 2024", "Bridges"),
        ],
    )
    process(fresh_archive, "search", "compute")
    rows = re.findall(r"^\| (`.*?) \|", addresses_page(), re.MULTILINE)
    addresses = [one for row in rows for one in re.findall("`([^`]*)`", row)]
    addresses += ["Import AI 395", "ImportAI/395", "#395", "issue 395", "395#2"]
    assert len(addresses) > 25
    for address in addresses:
        if address != "-":
            assert f"`{address}`" in addresses_page()
            done = process(fresh_archive, "show", *address.split(), "--jsonl")
            assert done.returncode == Exit.OK, (address, done.stderr)


# -- volumes, and numbers that start again ------------------------------------------------------

WORDS = ("The mills stood idle all the year.", "Every ship was counted.", "Tar was dear in May.")


def counted(name: str, day: str, word: str, stories: int = 2) -> Any:
    """A file of an issue with so many stories."""
    told = "".join(f"## {word} {at}\n\n{word} {WORDS[at % 3]}\n\n" for at in range(stories))
    return source(f"{word}.md", f"# {name}\n\n*{day}*\n\n{told}")


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one newsletter in volumes, and one that counts from 1 each year."""
    folder = tmp_path_factory.mktemp("volumes") / "archive"
    items = [
        counted("Lathe Digest, Vol. 15, No. 28", "3 May 2024", "Masts"),
        counted("Lathe Digest, Vol. 15, No. 31", "9 June 2024", "Ropes"),
        counted("Lathe Digest, Vol. 16, No. 1", "9 July 2024", "Bells"),
        counted("Mill Weekly #3: Cranes", "5 March 2023", "Cranes"),
        counted("Mill Weekly #3: Bridges", "3 March 2024", "Bridges"),
        counted("Harbour Notes #15", "3 May 2021", "Boats", stories=30),
    ]
    ingestion.ingest(folder, items)
    return folder


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ("issues lathe-digest/15.28", ["15.28"]),
        ("issues 15.", ["15.31", "15.28"]),
        ("issues 15.29..16.1", ["16.1", "15.31"]),
        ("issues --publication lathe-digest --sort number", ["15.28", "15.31", "16.1"]),
        ("issues 3-2024", ["3-2024"]),
    ],
)
def test_issues_of_volumes_and_years_are_listed(
    volumes: Path, arguments: str, shown: list[str]
) -> None:
    lines = process(volumes, *arguments.split()).stdout.splitlines()
    assert [line.partition("\t")[0] for line in lines] == shown


@pytest.mark.parametrize(
    ("ref", "key"),
    [
        ("15.28", "lathe-digest/15.28"),
        ("Lathe Digest vol. 15, no. 28", "lathe-digest/15.28"),
        ("Lathe Digest 15.28", "lathe-digest/15.28"),
        ("15.28.2", "lathe-digest/15.28.2"),
        ("15.3", "harbour-notes/15.3"),
        ("15#28", "harbour-notes/15.28"),
        ("mill-weekly/3-2023", "mill-weekly/3-2023"),
        ("3-2023.1", "mill-weekly/3-2023.1"),
    ],
)
def test_an_issue_of_a_volume_or_a_year_is_found(volumes: Path, ref: str, key: str) -> None:
    document = json.loads(process(volumes, "show", ref, "--json").stdout)
    assert next(records({"any": [document]} | document))
    assert document.get("issue", document.get("section"))["key"] == key


def test_an_address_of_an_issue_and_of_a_section_is_the_issue_and_says_so(volumes: Path) -> None:
    answer = process(volumes, "show", "15.28", "--json")
    assert "15.28 is an issue; section 28 of issue 15 is 15#28" in answer.stderr


def test_a_number_of_two_years_names_both(volumes: Path) -> None:
    answer = process(volumes, "show", "3")
    assert answer.returncode == Exit.USAGE
    assert "mill-weekly/3-2023 or mill-weekly/3-2024" in answer.stderr


@pytest.mark.parametrize("runs", [["cranes.md bridges.md"], ["cranes.md", "bridges.md"]])
def test_ingest_says_that_a_number_is_of_two_issues(tmp_path: Path, runs: list[str]) -> None:
    for name, day in (("Cranes", "5 March 2023"), ("Bridges", "3 March 2024")):
        one = counted(f"Mill Weekly #3: {name}", day, name)
        (tmp_path / f"{name.lower()}.md").write_bytes(one.data)
    for run in runs:
        files = [str(tmp_path / name) for name in run.split()]
        answer = process(tmp_path / "archive", "ingest", *files)
    both = "mill-weekly/3 is 2 issues, of different days and words: mill-weekly/3-2023, "
    assert both + "mill-weekly/3-2024" in answer.stderr


def test_ingest_says_that_a_number_is_of_two_languages(tmp_path: Path) -> None:
    letters = {
        "en.md": "The mill stood idle for the whole of the spring, and nobody in town could say "
        "when the wheel would turn. There is a crack in the shaft, and it is as long as a hand.",
        "de.md": "Die Mühle stand das ganze Frühjahr still, und niemand in der Stadt weiß, "
        "wann sich das Rad wieder dreht. Die Welle hat einen Riss, und er ist lang wie eine Hand.",
    }
    for name, text in letters.items():
        made = f"# Mill Weekly #3: Wheel\n\n*5 March 2024*\n\n## 1\n\n{text} {text.upper()}\n"
        (tmp_path / name).write_text(made, encoding="utf-8")
    answer = process(tmp_path / "archive", "ingest", *map(str, sorted(tmp_path.glob("*.md"))))
    both = "of different languages: mill-weekly/3-2024-03-05, mill-weekly/3-2024-03-05-2; to name"
    assert both in answer.stderr


def test_a_query_finds_a_volume_and_refuses_a_section(volumes: Path) -> None:
    assert "15.28.1" in process(volumes, "search", "issue:15.28", "masts").stdout
    assert "address of a section" in process(volumes, "search", "issue:3.7", "masts").stderr


def test_numbers_are_missing_within_their_volume(volumes: Path) -> None:
    lines = process(volumes, "missing", "--publication", "lathe-digest").stdout.splitlines()
    absent = [line.split("\t") for line in lines if "absent" in line]
    assert [cells[2] for cells in absent] == ["15.29–30"]
