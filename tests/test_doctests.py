"""The examples in docstrings, run as you would type them."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_an_example_gives_what_its_docstring_shows(name: str) -> None:
    result = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


def test_enough_functions_have_an_example() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    shown = {
        test.name for name in MODULES for test in finder.find(import_module(name)) if test.examples
    }
    assert len(shown) >= 25
