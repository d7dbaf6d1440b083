"""What is in the package besides code: tables, pages, scripts, and the JSON Schema."""

import fnmatch
import json
import tomllib
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from tests.transcript import run

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "backissue"
DATA = sorted(
    path
    for path in SOURCE.rglob("*")
    if path.is_file() and path.suffix not in {".py", ".pyc"} and "__pycache__" not in path.parts
)


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.name)
def test_a_file_beside_the_code_is_in_the_wheel(path: Path) -> None:
    """Setuptools takes the files that a pattern names, from folders that are packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    assert any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)
    assert (path.parent / "__init__.py").exists()


def test_what_commands_print_is_found_in_an_installed_package() -> None:
    for package, name in (
        ("backissue.render", "output-schema.json"),
        ("backissue.cli.completion", "table.json"),
        ("backissue.cli.completion", "script.bash"),
        ("backissue.query", "query-language.md"),
        ("backissue.cli", "addresses.md"),
    ):
        assert files(package).joinpath(name).is_file(), name


def test_schema_prints_the_schema_that_the_output_follows(archive: Path, tmp_path: Path) -> None:
    for typed in ("backissue schema", "backissue --json schema"):
        printed = run(typed, cwd=tmp_path, archive=tmp_path / "none")
        schema = json.loads(printed)
        jsonschema.Draft202012Validator.check_schema(schema)
    stats = run("backissue stats --json", cwd=tmp_path, archive=archive)
    jsonschema.Draft202012Validator(schema).validate(json.loads(stats))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({"schema": 1, "stats": {"issues": 3}})
