"""The documentation against the code: what is there is described, and nothing else is.

`REWRITE=1 pytest tests/test_docs.py` rewrites docs/commands.md.
"""

import ast
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest

from backissue.cli.app import app
from backissue.cli.helping import addresses_page, query_page
from backissue.errors import Exit
from backissue.ingest import repair
from backissue.query import Field
from backissue.query.fields import FIELD_NOTES
from backissue.query.parsing import parse
from tests.answers import EXAMPLES, answer
from tests.transcript import run

ROOT = Path(__file__).parent.parent
COMMANDS_PAGE = ROOT / "docs" / "commands.md"


def commands() -> dict[str, click.Command]:
    context = click.Context(app, info_name="backissue")
    found = {name: app.get_command(context, name) for name in app.list_commands(context)}
    return {name: command for name, command in found.items() if command}


def help_pages() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(ROOT / "no-such-folder"))  # without your own aliases
        yield from _help_pages()


def _help_pages() -> Iterator[str]:
    names = ["-h", "--help"]
    context = click.Context(app, info_name="backissue", terminal_width=100, help_option_names=names)
    yield app.get_help(context)
    for name, command in commands().items():
        own = click.Context(
            command,
            info_name=name,
            parent=context,
            terminal_width=100,
            help_option_names=names,
        )
        yield command.get_help(own)


EXIT_MEANINGS = {
    Exit.OK: "the command succeeded",
    Exit.NOTHING_FOUND: "nothing found, or nothing to ingest",
    Exit.USAGE: "bad usage or bad query",
    Exit.NO_ARCHIVE: "no archive here, or one that cannot be opened or written",
    Exit.REJECTED_INPUT: "ingest finished, but some input was rejected, each named with its reason",
    Exit.FINDINGS: "`doctor`, `verify` or `missing` found something",
    Exit.BUSY: "another process is writing; try again",
    Exit.INTERRUPTED: "interrupted; finished work is kept",
}


def commands_page(answers: Mapping[str, str]) -> str:
    whole, *pages = help_pages()
    rows = "\n".join(f"| {code.value} | {EXIT_MEANINGS[code]} |" for code in Exit)
    parts = "\n\n".join(
        f"## {name}\n\n```text\n{page.rstrip()}\n```\n\n```console\n{answers[name]}\n```"
        for name, page in zip(commands(), pages, strict=True)
    )
    return f"""# Commands

Generated from the program's own help and answers; `REWRITE=1 ./scripts/test tests/test_docs.py`
rewrites it. The answers are those for the documents in `seeds/`, in a pipe, and shortened.

You may put the options of `backissue` itself before or after the command: `backissue issues -q`.
What people type out of habit is understood (`ls`, `cat 395`, `add FOLDER`) or answered with what to
type here.

Results go to standard output, everything else to standard error. Off a terminal there is no
colour, no box, no wrapping and no truncation; `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` are obeyed.
A closed pipe is silent.

| exit | meaning |
| --- | --- |
{rows}

```text
{whole.rstrip()}
```

{parts}
"""


@pytest.fixture(scope="module")
def answers(seeds: Path, archive: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    scratch = tmp_path_factory.mktemp("answers")
    return {name: answer(example, seeds, archive, scratch) for name, example in EXAMPLES.items()}


def test_every_command_has_an_example_for_its_answer() -> None:
    """Add one to EXAMPLES in tests/answers.py."""
    assert EXAMPLES.keys() == commands().keys()
    for name, example in EXAMPLES.items():
        assert example.line.split()[0] == name


def test_every_answer_is_one(answers: Mapping[str, str]) -> None:
    for name, text in answers.items():
        lines = text.splitlines()
        assert 2 <= len(lines) <= 22, name
        findings = name in {"missing"}
        assert not re.search(r"\(exit [^5]\)|Error|Traceback", text), text
        assert ("(exit 5)" in text) == findings, text


def test_the_commands_page_is_what_the_help_says(answers: Mapping[str, str]) -> None:
    if os.environ.get("REWRITE"):
        COMMANDS_PAGE.write_text(commands_page(answers), encoding="utf-8")
    assert COMMANDS_PAGE.read_text(encoding="utf-8") == commands_page(answers)


@pytest.mark.parametrize("name", commands())
def test_every_command_has_examples_and_every_option_help(name: str) -> None:
    command = commands()[name]
    assert command.epilog
    assert f"backissue {name}" in command.epilog
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "sort":
            assert parameter.help, f"{name} {parameter.opts}"


def test_every_field_is_on_the_query_page_and_no_other_is() -> None:
    page = (ROOT / "docs" / "query-language.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `(\w+):", page, re.MULTILINE))
    assert described == {field.value for field in Field}


def test_the_query_page_is_what_help_prints() -> None:
    path = ROOT / "docs" / "query-language.md"
    if os.environ.get("REWRITE"):
        path.write_text(query_page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == query_page()


def test_the_page_on_addresses_is_what_help_prints() -> None:
    path = ROOT / "docs" / "addresses.md"
    if os.environ.get("REWRITE"):
        path.write_text(addresses_page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == addresses_page()


def test_every_query_on_the_query_page_is_understood() -> None:
    tables = re.findall(r"^\| (`.*?)(?= \|)", query_page(), re.MULTILINE)
    queries = [one for cell in tables for one in re.findall("`([^`]*)`", cell)]
    queries += [example for note in FIELD_NOTES for example in note.examples]
    assert len(queries) > 50
    for text in queries:
        if not text.endswith(":"):
            query = parse(text, saved={"chips": "gpu OR tpu"})
            assert parse(str(query)).root == query.root


def test_every_repair_rule_is_described_and_no_other_is() -> None:
    page = (ROOT / "docs" / "ingest.md").read_text(encoding="utf-8")
    table = page.partition("| rule | example |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == set(repair.RULES)


def test_every_key_of_the_output_is_described() -> None:
    schema = json.loads((ROOT / "docs" / "output-schema.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "output-schema.md").read_text(encoding="utf-8")
    keys = {
        key
        for definition in schema["$defs"].values()
        for key in definition.get("properties", {})
        if key not in {"schema"}
    }
    assert {key for key in keys if f"`{key}`" not in page and f'"{key}"' not in page} == set()


def test_the_schema_in_the_package_is_the_one_in_docs() -> None:
    shipped = ROOT / "src" / "backissue" / "render" / "output-schema.json"
    written = (ROOT / "docs" / "output-schema.json").read_text(encoding="utf-8")
    if os.environ.get("REWRITE"):
        shipped.write_text(written, encoding="utf-8")
    assert shipped.read_text(encoding="utf-8") == written


OUTPUTS = [
    "issues --json",
    "issues 394..395 --jsonl",
    "show 395 --json",
    "show 395.1 --json",
    "show situational-awareness.2 --json",
    "show 395 396.1 --json",
    "show 395 396.1 --jsonl",
    "show 395.1 --jsonl",
    "show 395.1..395.2 --json",
    "show 395 --provenance --json",
    "show 395 --provenance --jsonl",
    "show 395.1 --provenance --json",
    "repairs situational-awareness --json",
    "repairs situational-awareness --jsonl",
    "why 395.1 --json",
    "why --issue 395 --json",
    "why --issue 395 --jsonl",
    "why 390..391 --json",
    "why --thesis 390..391 --jsonl",
    "why --search compute --json",
    "why --search xyzzyq --json",
    "search compute --json",
    "search compute --jsonl",
    "search xyzzyq --json",
    "export --json",
    "export --jsonl",
    "stats --json",
    "config --json",
    "config colors --json",
    "fields --json",
    "fields --jsonl",
    "search compute --facet issue --json",
    "search compute --group issue --json",
    "search compute -C 3 --jsonl",
    "related 395.5 --json",
    "related 395.5 --jsonl",
    "cite 395.2 395 --json",
    "cite 395.2 --style bibtex --jsonl",
    "undo --list --json",
    "undo --dry-run --json",
    "remove 395 --dry-run --json",
    "doctor --json",
    "verify --json",
    "missing --json",
    "missing --jsonl",
    "publications --json",
    "publications --jsonl",
    "--json issues",
    "--json search robot -n 1",
]


@pytest.mark.parametrize("arguments", OUTPUTS)
def test_output_for_machines_has_the_shape_it_promises(
    arguments: str, archive: Path, tmp_path: Path
) -> None:
    schema = json.loads((ROOT / "docs" / "output-schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    output = run(f"backissue {arguments}", cwd=tmp_path, archive=archive)
    lines = [line for line in output.splitlines() if line.startswith("{")]
    assert lines
    assert len(lines) == 1 or "jsonl" in arguments
    for line in lines:
        validator.validate(json.loads(line))


def test_a_report_has_the_shape_it_promises(seeds: Path, tmp_path: Path) -> None:
    schema = json.loads((ROOT / "docs" / "output-schema.json").read_text(encoding="utf-8"))
    command = f"backissue ingest --dry-run --json {seeds} nowhere.txt"
    output = run(command, cwd=tmp_path, archive=tmp_path / "none")
    line = next(line for line in output.splitlines() if line.startswith("{"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(line))


def test_the_readme_names_no_file_that_is_not_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (ROOT / target).exists(), target
    for script in re.findall(r"(?<![\w/])\./?(scripts/\w+)", readme):
        assert (ROOT / script).exists(), script


def test_the_scripts_are_sound_shell() -> None:
    every = [*(ROOT / "scripts").iterdir(), *(ROOT / ".ci").iterdir()]
    shell = [path for path in every if path.is_file() and b"bash" in path.read_bytes()[:40]]
    assert {"demo", "test", "test-versions", "lock", "release-check", "run"} <= {
        path.name for path in shell
    }
    for script in (*shell, ROOT / "scripts" / "environment.sh"):
        subprocess.run(["bash", "-n", str(script)], check=True)
        if script.suffix != ".sh":
            assert os.access(script, os.X_OK), script


def test_the_seeds_are_the_founding_documents_byte_for_byte() -> None:
    import hashlib

    page = (ROOT / "seeds" / "SOURCES.md").read_text(encoding="utf-8")
    sums = re.findall(r"^ {4}([0-9a-f]{64})  (\S+)$", page, re.MULTILINE)
    assert len(sums) == 5
    for digest, name in sums:
        data = (ROOT / "seeds" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest, name


def test_the_reader_that_contributing_shows_is_a_whole_reader() -> None:
    from backissue.ingest.identity import EvidenceKind, reported
    from backissue.ingest.readers import Document, Format, Original, plaintext
    from backissue.ingest.readers.formats import opens_with
    from backissue.records import Facts
    from tests.conftest import original

    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = page.partition('    row = Format("letter"')
    code = (shown[1] + shown[2].partition("\n\nA reader returns")[0]).replace("\n    ", "\n")
    names: dict[str, Any] = {
        "Document": Document,
        "Format": Format,
        "Original": Original,
        "EvidenceKind": EvidenceKind,
        "Facts": Facts,
        "opens_with": opens_with,
        "plaintext": plaintext,
        "reported": reported,
    }
    exec(code.strip(), names)  # our own page
    letter = original("%LETTER 1\nSubject: On mills\n\nThe river was low.\n\nSo it was.")
    assert names["recognises"](letter)
    assert names["row"].may_be(letter.text)
    other = original("A letter")
    assert not names["recognises"](other)
    assert not names["row"].may_be(other.text)
    (document,) = names["read"](letter)
    assert document.facts.title == "On mills"
    assert [block.text for block in document.blocks] == ["The river was low.", "So it was."]


def test_the_table_of_promises_has_each_promise_with_its_test_and_no_other() -> None:
    promises = set()
    for file in sorted((ROOT / "tests" / "reliability").glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for one in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
                if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.promise":
                    promises.add((ast.literal_eval(one.args[0]), f"{file.name}::{node.name}"))
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?m)^\| (.+?) \| `(test_\w+\.py::test_\w+)`", page)) == promises
