"""What the index is made of: its fields, the zones of a section, and records as compact JSON.

A record is a list of its fields' values in the order of its class, without those at its end
that have their default: a section has hundreds of runs, and names would be most of it. So the
fields are the format: `FORMAT` goes up whenever one of them changes (an index of another format is
rebuilt, not read).
"""

import json
from collections.abc import Callable, Iterable
from datetime import date
from enum import Enum, IntEnum
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Any, NamedTuple, Self, TypeVar, get_args, get_origin

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from backissue.records import Head, Issue, IssueKind, Section

FORMAT = 12


class Zone(IntEnum):
    """Where in a section a word stands. The values are stored."""

    HEADING = 0
    DECK = 1
    THESIS = 2
    WHY = 3
    BODY = 4
    LINK = 5
    LABEL = 6
    # What only a query that names the field looks at; an issue's title is on all its sections, and
    # would make each of them a hit for every story that the title announces:
    TITLE = 7
    PUBLICATION = 8
    SOURCE = 9
    URL = 10


TEXT = "text"  # the index's field for the zones that every query looks at
ASIDE = "aside"  # and for the others
WITH_SPOTS = (TEXT, ASIDE)
TAG = "tag"  # the field of what is known of a document besides its words

_WEIGHTS = {
    Zone.HEADING: 3.0,
    Zone.DECK: 2.0,
    Zone.THESIS: 2.0,
    Zone.WHY: 1.2,
    Zone.BODY: 1.0,
    Zone.LINK: 0.6,
    Zone.LABEL: 0.1,
    Zone.TITLE: 0.5,
    Zone.PUBLICATION: 1.0,
    Zone.SOURCE: 1.0,
    Zone.URL: 0.6,
}
WEIGHT_OF = [_WEIGHTS[zone] for zone in Zone]

# A spot is a zone and a position in it, in 32 bits.
ZONE_BITS = 24

UNIT = 20  # what a word counts in a section is stored in twentieths

# --- records -------------------------------------------------------------------------------------

_Record = TypeVar("_Record")
_Convert = Callable[[Any], Any]
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class HeadRow(NamedTuple):
    """A head as stored: JSON's types, and no `id`, which depends on the rest of the archive."""

    key: str
    publication: str | None
    number: int | None
    volume: int | None
    title: str | None
    date: str | None
    kind: str
    sections: int
    words: int
    sources: list[str]
    url: str | None

    @property
    def order(self) -> tuple[int, int]:
        """Volume and number, 0 where there is none: how the issues of a publication count."""
        return self.volume or 0, self.number or 0

    @property
    def day(self) -> int:
        """The date as a number that grows with it; 0 where there is none."""
        return int(self.date.replace("-", "")) if self.date else 0

    @classmethod
    def of(cls, head: Head) -> Self:
        """The row of a head."""
        values = {name: getattr(head, name) for name in cls._fields}
        day = head.date and head.date.isoformat()
        return cls(**values | {"date": day, "kind": head.kind.value, "sources": [*head.sources]})

    def head(self, ident: str) -> Head:
        """The head, with the id it has in its archive."""
        values = self._asdict() | {
            "id": ident,
            "date": self.date and date.fromisoformat(self.date),
            "kind": IssueKind(self.kind),
            "sources": tuple(self.sources),
        }
        return Head(**values)


def head_to_json(head: Head) -> bytes:
    """The row of `head` as JSON."""
    return _encode(HeadRow.of(head))


def section_to_json(section: Section) -> bytes:
    """`section` as one line of JSON."""
    return _encode(_pack(section))


def section_from_json(text: bytes) -> Section:
    """The section that `section_to_json` wrote."""
    return _unpack(Section, json.loads(text))


_APART = ("head", "sections")  # of an issue; they are documents of their own


def rest_to_json(issue: Issue) -> bytes:
    """What `issue` has besides its head and its sections."""
    return _encode(_pack(issue, _APART))


def issue_from_json(head: Head, rest: bytes, sections: tuple[Section, ...]) -> Issue:
    """The issue of which `rest_to_json` wrote `rest`."""
    return _unpack(Issue, json.loads(rest), _APART, head=head, sections=sections)


def _encode(row: Iterable[Any]) -> bytes:
    # A lone surrogate, from a file name that is not UTF-8, is kept as it is.
    return _encoder.encode(row).encode(errors="surrogatepass")


def _pack(record: Any, apart: tuple[str, ...] = ()) -> list[Any]:
    layout = _layout(record.__class__, apart)
    row = [getattr(record, name) for name in layout.names]
    while row and len(row) > layout.required and row[-1] == layout.defaults[len(row) - 1]:
        row.pop()
    for at, convert in layout.packing:
        if at < len(row):
            row[at] = convert(row[at])
    return row


def _unpack(
    cls: type[_Record], row: list[Any], apart: tuple[str, ...] = (), **more: Any
) -> _Record:
    kind: Any = cls
    layout = _layout(kind, apart)
    for at, convert in layout.unpacking:
        if at < len(row):
            row[at] = convert(row[at])
    return cls(**dict(zip(layout.names, row)), **more)  # noqa: B905  # defaults are not stored


class _Layout(NamedTuple):
    """How the records of a class are stored, worked out once from its fields."""

    names: tuple[str, ...]
    defaults: tuple[Any, ...]
    required: int  # values that have no default, which come first
    packing: tuple[tuple[int, _Convert], ...]
    unpacking: tuple[tuple[int, _Convert], ...]


@cache
def _layout(cls: Any, apart: tuple[str, ...]) -> _Layout:
    stored = [field for field in fields(cls) if field.name not in apart]
    converts = [_converts(field.type) for field in stored]
    defaults: tuple[Any, ...] = tuple(field.default for field in stored)
    return _Layout(
        names=tuple(field.name for field in stored),
        defaults=defaults,
        required=defaults.count(NODEFAULT),
        packing=tuple((at, pack) for at, (pack, _) in enumerate(converts) if pack),
        unpacking=tuple((at, unpack) for at, (_, unpack) in enumerate(converts) if unpack),
    )


def _converts(kind: Any) -> tuple[_Convert | None, _Convert | None]:
    """How a value of a type becomes one of JSON's types and back; None where it is one."""
    if isinstance(kind, UnionType):
        (inner,) = (one for one in get_args(kind) if one is not type(None))
        pack, unpack = _converts(inner)
        return pack and _unless_none(pack), unpack and _unless_none(unpack)
    if get_origin(kind) is tuple:
        pack, unpack = _converts(get_args(kind)[0])
        return pack and _each(pack), tuple if unpack is None else _tuple_of(unpack)
    if get_origin(kind) is frozenset:
        return sorted, frozenset
    if issubclass(kind, Struct):
        record: Any = kind
        return _pack, lambda row: _unpack(record, row)
    if issubclass(kind, Enum):
        return attrgetter("value"), {one.value: one for one in kind}.__getitem__
    return None, None


def _unless_none(convert: _Convert) -> _Convert:
    return lambda value: None if value is None else convert(value)


def _each(convert: _Convert) -> _Convert:
    return lambda values: [convert(value) for value in values]


def _tuple_of(convert: _Convert) -> _Convert:
    return lambda values: tuple([convert(value) for value in values])
