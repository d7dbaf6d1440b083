"""The drawing in docs/architecture.md against the imports."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "backissue"
HOMES = {
    "bs4": {
        "ingest.readers.html",
        "ingest.readers.mail.quoted_markup",
        "ingest.readers.article",
        "ingest.readers.page_head",
        "ingest.readers.page",
        "ingest.readers.page_noise",
        "ingest.readers.code_and_tables",
        "ingest.readers.medium",
    },
    "lxml": {"ingest.readers.html"},
    "feedparser": {"ingest.readers.feed"},
    "ftfy": {"ingest.repair"},
    "chardet": {"text.guessing"},
    "webencodings": {"text.charsets"},
    "markdown_it": {"ingest.readers.markdown"},
    "mdit_py_plugins": {"ingest.readers.markdown"},
    "yaml": {"ingest.readers.frontmatter"},
    "whoosh": {"index.storage.writer", "index.storage.whoosh_codec", "index.storage.whoosh_fields"},
    "rich": {
        "render.terminal.canvas",
        "render.terminal.columns",
        "render.terminal.marks",
        "render.terminal.passages",
        "render.terminal.flow",
        "render.terminal.folding",
        "render.terminal.hits",
        "render.terminal.lists",
        "render.terminal.progress",
        "render.terminal.tables",
        "render.terminal.rendering",
    },
    "click": {"cli"},
    "platformdirs": {"archive.settings", "config", "sealing"},
}
EVERYWHERE = {"msgspec"}  # records are made of it


def package_rows() -> dict[str, int]:
    """Each package's row, from the drawing."""
    drawing = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    lines = (
        drawing.partition("<!-- packages -->")[2].partition("<!-- /packages -->")[0].splitlines()
    )
    found: dict[str, int] = {}
    row = -1
    for line in filter(str.strip, lines):
        match = re.fullmatch(r" {4}(?:row (\d+) +| {8})([\w.]+) {2,}\S.*", line)
        assert match, f"not a line of the drawing: {line!r}"
        row = int(match[1]) if match[1] else row
        found[match[2]] = row
    return found


ROWS = package_rows()


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def home_of(module: str) -> str | None:
    """The package of the drawing that a module belongs to, or None."""
    while module and module not in ROWS:
        module = module.rpartition(".")[0]
    return module or None


def imports(path: Path, *, lazy: bool = True) -> Iterator[tuple[str, int]]:
    """The modules a file imports, with the line; those inside functions only when `lazy`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if lazy else iter(tree.body)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


MODULES = sorted(path for path in SOURCE.rglob("*.py") if module_name(path) not in {"", "__main__"})


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_package_imports_only_from_rows_above_its_own(path: Path) -> None:
    own = home_of(module_name(path))
    if own is None:
        assert module_name(path) == "ingest", f"{path} is not in the drawing"
        return
    for name, line in imports(path):
        if not name.startswith("backissue."):
            continue
        other = home_of(name.removeprefix("backissue."))
        if other in {None, own}:
            continue
        assert ROWS[other] < ROWS[own], f"{path}:{line} imports {other}"


PACKAGES = sorted(path.parent for path in MODULES if path.name == "__init__.py")


def names_given(package: Path) -> set[str]:
    """What a package's `__init__` lists in `__all__`."""
    for node in ast.parse((package / "__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_an_inner_package_is_used_only_through_the_names_it_gives(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.ImportFrom) and (node.module or "").count(".") >= 2):
            continue
        assert node.module is not None
        target = SOURCE.joinpath(*node.module.split(".")[1:])
        package = target if target.is_dir() else target.parent
        if package.parent == SOURCE or path.is_relative_to(package):
            continue
        where = f"{path}:{node.lineno} imports {node.module}"
        assert target == package, f"{where}, not from {package.name}"
        assert {alias.name for alias in node.names} <= names_given(package), where


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_says_what_each_of_its_modules_is_for(package: Path) -> None:
    names = {path.stem for path in package.glob("*.py")} - {"__init__"}
    names |= {path.parent.name for path in package.glob("*/__init__.py")}
    doc = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert set(re.findall(r"^\* `(\w+)`: ", doc, re.MULTILINE)) == names


def test_no_modules_import_one_another_in_a_circle() -> None:
    known = {module_name(path) for path in MODULES}
    graph = {
        module_name(path): {
            name.removeprefix("backissue.")
            for name, _ in imports(path, lazy=False)
            if name.removeprefix("backissue.") in known - {module_name(path)}
        }
        for path in MODULES
        if path.name != "__init__.py"
    }
    TopologicalSorter(graph).prepare()


def test_every_package_in_the_drawing_exists() -> None:
    names = {module_name(path) for path in SOURCE.rglob("*.py")}
    assert set(ROWS) <= names


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_each_library_has_one_home(path: Path) -> None:
    own = module_name(path)
    for name, line in imports(path):
        homes = HOMES.get(name.partition(".")[0])
        at_home = homes is None or any(own == home or own.startswith(f"{home}.") for home in homes)
        assert at_home, f"{path}:{line} imports {name}"


def test_dependencies_are_all_used_and_none_is_missing() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=~ ]", name)[0] for name in project["dependencies"]}
    packages = {
        "bs4": "beautifulsoup4",
        "markdown_it": "markdown-it-py",
        "mdit_py_plugins": "mdit-py-plugins",
        "whoosh": "whoosh3",
        "yaml": "pyyaml",
    }
    used = {
        packages.get(top, top)
        for path in SOURCE.rglob("*.py")
        for name, _ in imports(path)
        if (top := name.partition(".")[0]) in HOMES
    }
    # Beautiful Soup is told to use lxml by name.
    assert declared == used | {"lxml"} | EVERYWHERE
