"""Numbers of the ranking, and what to try instead of each."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import NamedTuple

from backissue.index import search
from backissue.index.storage.entries import WEIGHT_OF, Zone


class Change(NamedTuple):
    """Another value of a constant of `index.search`, or of a zone's weight (`HEADING`).

    `name` begins with the module (`ranking._K`) where several have a constant of the name.
    """

    name: str
    value: float

    def __str__(self) -> str:
        return f"`{self.name.rpartition('.')[2]}` {self.value:g}"

    @property
    def reindexes(self) -> bool:
        """Whether sections must be indexed again for it."""
        return self.name in Zone.__members__

    @contextmanager
    def made(self) -> Iterator[None]:
        """Within this the value is the other one."""
        before = present(self.name)
        self._put(self.value)
        try:
            yield
        finally:
            self._put(before)

    def _put(self, value: float) -> None:
        if self.reindexes:
            WEIGHT_OF[Zone[self.name]] = value
            return
        home, name = home_of(self.name)
        setattr(home, name, type(getattr(home, name))(value))


def parsed(text: str) -> Change:
    """The change that `NAME=VALUE` means. Raises ValueError, with what is wrong."""
    name, _, value = text.partition("=")
    try:
        change = Change(name, float(value))
    except ValueError:
        raise ValueError(f"{text}: write NAME=NUMBER") from None
    if not change.reindexes:
        home_of(name)
    return change


def home_of(text: str) -> tuple[ModuleType, str]:
    """The module of `index.search` that has this number, and its name there.

    Raises ValueError if there is none, or more than one.
    """
    module, _, name = text.rpartition(".")
    known = [one.name for one in iter_modules(search.__path__) if module in {"", one.name}]
    modules = [import_module(f"{search.__name__}.{one}") for one in known]
    homes = [one for one in modules if isinstance(getattr(one, name, None), int | float)]
    if len(homes) != 1:
        many = ", ".join(f"{one.__name__.rpartition('.')[2]}.{name}" for one in homes)
        raise ValueError(f"{text}: {many or 'no module of index.search has such a number'}")
    return homes[0], name


# Every number of the formula, with what is less and what is more.
KNOBS = tuple(
    Change(name, value)
    for name, values in (
        ("_K", (0.9, 1.6)),
        ("_B", (0.5, 0.6, 0.9)),
        ("_INFLECTION", (0.25, 0.75, 1)),
        ("_ONLY_INFLECTIONS", (0.6, 1)),
        ("_OTHER_SPELLING", (0.5, 1)),
        ("_FUNCTION_WORD", (0, 0.3, 1)),
        ("partial_matches._FEW", (0, 2, 99)),
        ("_SYNONYM_WEIGHT", (0.25, 1)),
        ("_DERIVATION_WEIGHT", (0, 0.4, 1)),
        ("HEADING", (1, 2, 5)),
        ("DECK", (1, 3)),
        ("THESIS", (1, 3)),
        ("WHY", (1, 2)),
        ("LINK", (0.3, 1)),
    )
    for value in values
)


def present(text: str) -> float:
    """What a number is today."""
    if text in Zone.__members__:
        return WEIGHT_OF[Zone[text]]
    home, name = home_of(text)
    value: float = getattr(home, name)
    return value
