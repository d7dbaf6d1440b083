"""When an issue without a date came out, as far as the numbers of its publication say.

Numbers count up with the days: an issue between two dated ones came out between their days. Issues
of which that is not true (a wrong date, a year in which the numbers start again) are left aside.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from backissue.index.storage import HeadRow
from backissue.query import Dates
from backissue.records import slug_of

# Of the dated issues of a publication, at least so many must be in order of their numbers.
# Otherwise the numbers say nothing of the days, as where they start again each year.
_IN_ORDER = 2 / 3


class Bounds(NamedTuple):
    """The first and last day on which an issue may have come out: `2024-12-23`; None is open.

    Both are the same where the day is known.
    """

    first: str | None
    last: str | None

    def within(self, first: str, last: str) -> bool:
        """Whether the day is surely from `first` to `last`."""
        return first <= (self.first or _EARLIEST) and (self.last or _LATEST) <= last

    def meets(self, first: str, last: str) -> bool:
        """Whether the day may be from `first` to `last`."""
        return first <= (self.last or _LATEST) and (self.first or _EARLIEST) <= last

    @property
    def year(self) -> str | None:
        """The only year in which the day can be; None if there are several."""
        if self.first and self.last and self.first[:4] == self.last[:4]:
            return self.first[:4]
        return None


# ISO dates compare as text. What is open goes on beyond any day that can be asked for.
_EARLIEST, _LATEST = "0000", "9999-99"
UNKNOWN = Bounds(None, None)


def accepts(node: Dates, of: Mapping[str, Bounds]) -> Callable[[HeadRow], bool]:
    """Whether an issue is surely of the days that `node` means, or `possibly`."""
    first = node.first.isoformat() if node.first else _EARLIEST
    last = node.last.isoformat() if node.last else _LATEST
    answer = Bounds.meets if node.possibly else Bounds.within
    return lambda row: answer(of[row.key], first, last)


def in_order(rows: Sequence[HeadRow], of: Mapping[str, Bounds], *, newest: bool) -> list[int]:
    """The places of issues in `rows`, the oldest first, or the newest.

    An issue without a date stands before the last day on which it may have come out, or else behind
    the first; those of one publication by their numbers. Issues of which nothing is known are last,
    those without a number behind the others.
    """
    turn = -1 if newest else 1

    def key(place: int) -> tuple[object, ...]:
        row = rows[place]
        first, last = of[row.key]
        number = tuple(turn * one for one in row.order)
        day = last or first
        if day is None:
            return (1, row.number is None, slug_of(row.key), number, row.key)
        side = 1 if first == last else 0 if last else 2  # before its day, on it, after it
        return (0, turn * int(day.replace("-", "")), turn * side, number, row.key)

    return sorted(range(len(rows)), key=key)


def bounds(rows: Iterable[HeadRow]) -> dict[str, Bounds]:
    """The bounds of each issue, by key, from the dated issues of its publication.

    An issue without a date came out no sooner than the nearest dated one with a lower number, and
    no later than the nearest with a higher one. Without a number, or with the number of another
    issue of its publication, nothing is known.
    """
    found: dict[str, Bounds] = {}
    numbered: dict[str, list[HeadRow]] = defaultdict(list)
    for row in rows:
        found[row.key] = Bounds(row.date, row.date) if row.date else UNKNOWN
        if row.number is not None and row.publication:
            numbered[slug_of(row.key)].append(row)
    for own in numbered.values():
        if any(row.date is None for row in own):
            found.update(_by_number(own))
    return found


def _by_number(own: Sequence[HeadRow]) -> dict[str, Bounds]:
    """The bounds of the issues of one publication that have no date, by their numbers."""
    dated = sorted((row.order, row.date) for row in own if row.date)
    days = _in_order([day for _, day in dated])
    if not dated or sum(map(bool, days)) < _IN_ORDER * len(dated):
        return {}
    numbers = [number for (number, _), day in zip(dated, days, strict=True) if day]
    known = [day for day in days if day]
    borne = Counter(row.order for row in own)
    found: dict[str, Bounds] = {}
    for row in own:
        if row.date is None and row.number is not None and borne[row.order] == 1:
            at = bisect_left(numbers, row.order)
            before, after = known[at - 1] if at else None, known[at] if at < len(known) else None
            found[row.key] = Bounds(before, after)
    return found


def _in_order(days: Sequence[str]) -> list[str | None]:
    """The days that every longest rising row of them has, and None for each of the others.

    >>> _in_order(["2024-01-01", "2024-01-15", "2019-05-05", "2024-02-01"])
    ['2024-01-01', '2024-01-15', None, '2024-02-01']
    """
    figures = [int(day.replace("-", "")) for day in days]
    up_to = _rising(figures)
    onwards = _rising([-figure for figure in reversed(figures)])[::-1]
    longest = max(up_to, default=0)
    on_one = [a + b - 1 == longest for a, b in zip(up_to, onwards, strict=True)]
    # Two at the same place of such rows are in one of them each, and neither is in all.
    rivals = Counter(place for place, on in zip(up_to, on_one, strict=True) if on)
    return [
        day if on and rivals[place] == 1 else None
        for day, on, place in zip(days, on_one, up_to, strict=True)
    ]


def _rising(figures: Iterable[int]) -> list[int]:
    """For each figure, how long the longest row is that ends with it and never falls."""
    ends: list[int] = []  # the lowest figure that ends a row of each length
    found: list[int] = []
    for figure in figures:
        place = bisect_right(ends, figure)
        ends[place : place + 1] = [figure]
        found.append(place + 1)
    return found
