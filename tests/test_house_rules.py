"""The limits of CONTRIBUTING's House style, checked over the source."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "backissue"

MODULE_LINES = 450
FUNCTION_LINES = 45
PARAMETERS = 6

HEAVY = {
    "bs4",
    "chardet",
    "feedparser",
    "ftfy",
    "lxml",
    "markdown_it",
    "mdit_py_plugins",
    "rich",
    "whoosh",
    "yaml",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def sources() -> dict[str, str]:
    """The text of each module, by its path below src/backissue."""
    paths = sorted(SOURCE.rglob("*.py"))
    return {str(path.relative_to(SOURCE)): path.read_text(encoding="utf-8") for path in paths}


@cache
def trees() -> dict[str, ast.Module]:
    return {path: ast.parse(text) for path, text in sources().items()}


def functions() -> Iterator[tuple[str, Function]]:
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{path} {node.name}", node


def length(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def parameters(node: Function) -> list[str]:
    """Every parameter that a caller fills, `*args` and `**options` among them."""
    given = node.args
    found = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return [one.arg for one in found if one and one.arg not in {"self", "cls"}]


def test_no_module_is_too_long() -> None:
    long = {path for path, text in sources().items() if text.count("\n") > MODULE_LINES}
    assert long == set()


def test_no_function_is_too_long_and_nine_in_ten_are_under_thirty_lines() -> None:
    sizes = [(name, length(node)) for name, node in functions()]
    assert {name for name, size in sizes if size > FUNCTION_LINES} == set()
    assert sum(size < 30 for _, size in sizes) >= 0.9 * len(sizes)


def test_no_function_has_too_many_parameters() -> None:
    many = {name for name, node in functions() if len(parameters(node)) > PARAMETERS}
    assert many == set()


def test_no_class_name_is_used_for_two_things() -> None:
    homes = defaultdict(list)
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(path)
    assert {name for name, paths in homes.items() if len(paths) > 1} == set()


def test_everything_public_has_a_docstring() -> None:
    """Modules, classes and functions; a method may have its base's."""
    bare = [path for path, tree in trees().items() if not ast.get_docstring(tree)]
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                bare += [] if ast.get_docstring(node) else [f"{path} {node.name}"]
    assert bare == []


def test_every_noqa_has_a_reason() -> None:
    bare = {
        path for path, text in sources().items() if re.search(r"# noqa(: [\w, ]+)?$", text, re.M)
    }
    assert bare == set()


def module_of(name: str) -> str | None:
    """The path of a module of ours, or None."""
    inside = name.removeprefix("backissue").lstrip(".").replace(".", "/")
    tried = [f"{inside}.py", f"{inside}/__init__.py" if inside else "__init__.py"]
    return next((path for path in tried if path in sources()), None)


def loaded_with(path: str) -> Iterator[str]:
    """The modules that importing one imports at once, their packages among them."""
    for node in trees()[path].body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[: n + 1]) for n in range(len(parts)))


def test_the_program_starts_without_its_heavy_libraries() -> None:
    """What `tests/test_startup.py` sees of single commands holds for whatever `cli.app` loads."""
    waiting, seen = ["cli/app.py"], {"cli/app.py"}
    while waiting:
        path = waiting.pop()
        for name in loaded_with(path):
            assert name not in HEAVY, f"{path} imports {name} when the program starts"
            ours = module_of(name) if name.startswith("backissue") else None
            if ours and ours not in seen:
                seen.add(ours)
                waiting.append(ours)
    assert "cli/output.py" in seen


def test_house_style_names_the_same_numbers() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    style = page.partition("## House style")[2]
    said = re.search(
        r"no module over (\d+) lines, no function over (\d+), none with more than (\d+) parameters",
        style,
    )
    assert said, "House style does not say the limits"
    assert tuple(map(int, said.groups())) == (MODULE_LINES, FUNCTION_LINES, PARAMETERS)
