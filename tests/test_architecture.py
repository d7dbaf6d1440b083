"""The drawing in docs/architecture.md against the imports."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "backissue"
HOMES = {
    "bs4": {
        "ingest.readers.html",
        "ingest.readers.head",
        "ingest.readers.page",
        "ingest.readers.widgets",
    },
    "lxml": {"ingest.readers.html"},
    "feedparser": {"ingest.readers.feed"},
    "ftfy": {"ingest.repair"},
    "markdown_it": {"ingest.readers.markdown"},
    "mdit_py_plugins": {"ingest.readers.markdown"},
    "yaml": {"ingest.frontmatter"},
    "whoosh": {"index.writing", "index.whoosh_codec"},
    "rich": {"render.terminal", "render.progress", "cli.output"},  # cli.output for types alone
    "click": {"cli"},
    "platformdirs": {"settings"},
}


def rooms() -> dict[str, int]:
    """Each room's row, from the drawing."""
    drawing = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    lines = drawing.partition("<!-- rooms -->")[2].partition("<!-- /rooms -->")[0].splitlines()
    found: dict[str, int] = {}
    row = -1
    for line in filter(str.strip, lines):
        match = re.fullmatch(r" {4}(?:row (\d+) +| {8})([\w.]+) {2,}\S.*", line)
        assert match, f"not a line of the drawing: {line!r}"
        row = int(match[1]) if match[1] else row
        found[match[2]] = row
    return found


ROOMS = rooms()


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def room_of(module: str) -> str | None:
    """The room a module is in: its own, or that of the nearest package which has one."""
    while module and module not in ROOMS:
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
def test_a_module_imports_only_from_a_row_above_its_own(path: Path) -> None:
    own = room_of(module_name(path))
    if own is None:
        assert module_name(path) in {"ingest", "index"}, f"{path} is not in the drawing"
        return
    for name, line in imports(path):
        if not name.startswith("backissue."):
            continue
        other = room_of(name.removeprefix("backissue."))
        if other in {None, own}:
            continue
        assert ROOMS[other] < ROOMS[own], f"{path}:{line} imports {other}"


def test_every_room_in_the_drawing_is_there() -> None:
    names = {module_name(path) for path in SOURCE.rglob("*.py")}
    assert set(ROOMS) <= names


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_each_library_has_one_home(path: Path) -> None:
    own = module_name(path)
    for name, line in imports(path):
        homes = HOMES.get(name.partition(".")[0])
        at_home = homes is None or any(own == home or own.startswith(f"{home}.") for home in homes)
        assert at_home, f"{path}:{line} imports {name}"


def functions() -> Iterator[tuple[str, int]]:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{path.name}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_no_function_is_longer_than_sixty_lines_and_nine_in_ten_are_under_thirty() -> None:
    sizes = dict(functions())
    assert not [name for name, size in sizes.items() if size > 60]
    assert sum(size < 30 for size in sizes.values()) >= 0.9 * len(sizes)


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
    assert declared == used | {"lxml"}
