"""No text makes a pattern slow: each is linear in its text, or has a bound on its length."""

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import backissue
from backissue.ingest.readers import formats
from backissue.ingest.sources import streams
from backissue.text import spans
from backissue.text.rules import BoundedPattern, Table, bounded
from tests.pumping import slowest

_ROOT = Path(backissue.__file__).parent
_LONG = 20_000  # characters
_METHODS = ("match", "fullmatch", "search")
_USE = re.compile(
    r"(?<![\w.])([A-Za-z_]\w*)(?:\[\w+\])?\.(match|fullmatch|search|sub|subn|split|findall|finditer)\b"
)
_GROUP_USE = re.compile(
    r"pattern\(\s*\"(\w+)\"\s*\)\.(match|fullmatch|search|sub|subn|split|findall|finditer)\b"
)


class Used(NamedTuple):
    """A pattern, how it is used, and on how many characters at most."""

    pattern: re.Pattern[Any]
    uses: frozenset[str]
    most: int


@cache
def modules() -> tuple[ModuleType, ...]:
    names = [found.name for found in pkgutil.walk_packages(backissue.__path__, "backissue.")]
    return tuple(importlib.import_module(name) for name in names if not name.endswith("__main__"))


@cache
def uses(path: Path) -> Mapping[str, frozenset[str]]:
    """The methods that a file calls on each name, and on each group of rules."""
    found: dict[str, set[str]] = defaultdict(set)
    text = path.read_text(encoding="utf-8")
    for name, method in [*_USE.findall(text), *_GROUP_USE.findall(text)]:
        found[name].add(method if method in _METHODS else "finditer")
    return {name: frozenset(methods) for name, methods in found.items()}


def uses_of(name: str, module: ModuleType) -> frozenset[str]:
    """The methods by which a pattern is used: in its own module, or else in any."""
    files = [Path(module.__file__ or ""), *sorted(_ROOT.rglob("*.py"))]
    own = uses(files[0]).get(name)
    return own or frozenset().union(*(uses(file).get(name, ()) for file in files))


def named(module: ModuleType) -> Iterator[tuple[str, Used]]:
    """The patterns of a module that have a name, and those of its tables of rules."""
    for name, value in vars(module).items():
        if isinstance(value, Table):
            for group, rules in value.groups().items():
                if any(rule.pattern for rule in rules):
                    yield f"{value.path.name}:{group}", used(value.pattern(group), group, module)
        for one in inside(value):
            yield f"{module.__name__}.{name}", used(one, name, module)


def inside(value: object) -> Iterator[re.Pattern[Any] | BoundedPattern]:
    """The patterns that a name stands for: one, or some in a tuple or a dictionary."""
    if isinstance(value, re.Pattern | BoundedPattern):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from inside(one)
    elif isinstance(value, tuple | list) and not isinstance(value, str):
        for one in value:
            yield from inside(one)


def used(pattern: re.Pattern[Any] | BoundedPattern, name: str, module: ModuleType) -> Used:
    known = uses_of(name, module) or frozenset({"search", "fullmatch"})
    if isinstance(pattern, BoundedPattern):
        return Used(pattern.pattern, known, pattern.most)
    return Used(pattern, known, _LONG)


class Shape(NamedTuple):
    """A pattern that a function makes: what its variables may be, each case a dictionary."""

    cases: Iterable[Mapping[str, Any]]
    most: int = _LONG
    uses: frozenset[str] = frozenset()  # none: as it is used where it is made


def given_to(function: str) -> Iterator[str]:
    """What the rows of the table of formats give to one of their tests."""
    tree = ast.parse(Path(formats.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str() as pattern)]):
                if name == function:
                    yield pattern


# The variables of the patterns that functions make, by function. What has a name of its module
# (`rf"\s*{ELLIPSIS}"`) needs no entry.
_MADE: Mapping[str, Shape] = {
    "index.search.related_words._whole": Shape([{"word": "工智"}]),
    "ingest.readers.formats.opens_with": Shape([{"pattern": p} for p in given_to("opens_with")]),
    "ingest.readers.formats.has": Shape(
        [{"pattern": one} for one in given_to("has")], most=formats._SAMPLE
    ),
    "ingest.readers.mail.parts._is_first": Shape([{"name": b"subject"}]),
    "ingest.readers.mail.parts._lines_of": Shape(
        [{"boundary": one} for one in (b"b", b"--", b"\\ \\=_b")]
    ),
    "ingest.sources.streams.container_of": Shape(
        [{"signature": one} for one in streams._SIGNATURES]
    ),
    "ingest.structure.grammar.mentions": Shape(
        [{"name": one} for one in ("Import\\s+AI", "a", "a\\s+a\\s+a")]
    ),
    "query.nodes._glob": Shape(
        [
            {"first": "a", "middle": "(?>.*?b)(?>.*?b)", "last": ".*b"},
            {"first": "", "middle": "(?>.*?.a)(?>.*?.a)(?>.*?a.)", "last": ".*.b"},
        ],
        uses=frozenset({"fullmatch"}),
    ),
    "text.abbreviations._is_used": Shape([{"short": one} for one in ("AI", "R&D", "a")]),
    "text.prose.parted": Shape([{"signs": "\t\n"}]),
    "text.rules.bounded": Shape(()),  # pumped where it is used
    "text.rules._compiled": Shape(()),  # likewise, by table and group
    "text.spans.speaks_of_days": Shape([{"month": one} for one in spans.MONTHS]),
}


def unnamed(module: ModuleType) -> Iterator[tuple[str, Used]]:
    """The patterns that a module writes where it uses them: `re.search("…", text)`."""
    for function, method, written, flags in written_in(module):
        name = f"{module.__name__.removeprefix('backissue.')}.{function}"
        made = _MADE.get(name, Shape([{}]))
        here = {"search", "fullmatch"} if method == "compile" else {"finditer"}
        use = made.uses or frozenset({method} if method in _METHODS else here)
        for case in made.cases:
            known = {**vars(module), **case}
            try:
                pattern = re.compile(eval(written, known), eval(flags, known))
            except NameError as problem:
                pytest.fail(f"{name}: {problem}; say in _MADE what it may be")
            yield name, Used(pattern, use, made.most)


def written_in(module: ModuleType) -> Iterator[tuple[str, str, str, str]]:
    """Of each pattern in a function: the function, how it is used, the source of it, its flags."""
    assert module.__file__
    for function in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=method),
                    args=[pattern, *others],
                    keywords=named_ones,
                ) if method not in {"escape", "purge"}:
                    with_text = len(others) > (method != "compile") + (method in {"sub", "subn"})
                    flags = [ast.unparse(others[-1])] if with_text else []
                    flags += [ast.unparse(one.value) for one in named_ones if one.arg == "flags"]
                    yield function.name, method, ast.unparse(pattern), (flags or ["0"])[0]


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_no_text_makes_a_pattern_slow(module: ModuleType) -> None:
    known = dict[Used, str]()
    for name, one in [*named(module), *unnamed(module)]:
        known.setdefault(one, name)
    assert slow(known.items()) == []


def slow(known: Iterable[tuple[Used, str]]) -> list[str]:
    found = ((name, slowest(one.pattern, sorted(one.uses), one.most)) for one, name in known)
    return [f"{name}: {attack}" for name, attack in found if attack]


def test_patterns_that_functions_make_are_known() -> None:
    found = {
        f"{module.__name__.removeprefix('backissue.')}.{function}"
        for module in modules()
        for function, *_ in written_in(module)
    }
    assert _MADE.keys() <= found


def test_what_makes_a_pattern_slow_is_found() -> None:
    for pattern in (
        r"(a+)+b",
        r"(?:a|a)*b",
        r"\s*x?\s*$",
        r"(?:a|ab|b)*c",
        r"x[ab]*b[ab]*b[ab]*c",
        r".*\d.*\d.*z",
    ):
        assert slowest(re.compile(pattern), ["search"], _LONG)
    for pattern in (r"a+b?c", r"\s+x", r"(?:ab)*c", r"[^\W_]+(?:-[^\W_]+)*"):
        assert slowest(re.compile(pattern), ["match"], _LONG) is None


def test_a_bound_says_that_nothing_longer_matches() -> None:
    pattern = bounded("(a+)+", most=5)
    for use in _METHODS:
        assert getattr(pattern, use)("aaaaa")
        assert getattr(pattern, use)("aaaaaa") is None
