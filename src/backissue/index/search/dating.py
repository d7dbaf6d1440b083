"""When an issue without a date came out, as far as the numbers of its publication say.

Numbers count up with the days: an issue between two dated ones came out between their days. Issues
of which that is not true (a wrong date, a year in which the numbers start again) are left aside.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from backissue.index.storage import HeadRow
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


UNKNOWN = Bounds(None, None)


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
    dated = sorted((row.number or 0, row.date) for row in own if row.date)
    days = _in_order([day for _, day in dated])
    if not dated or sum(map(bool, days)) < _IN_ORDER * len(dated):
        return {}
    numbers = [number for (number, _), day in zip(dated, days, strict=True) if day]
    known = [day for day in days if day]
    borne = Counter(row.number for row in own)
    found: dict[str, Bounds] = {}
    for row in own:
        if row.date is None and row.number is not None and borne[row.number] == 1:
            at = bisect_left(numbers, row.number)
            before, after = known[at - 1] if at else None, known[at] if at < len(known) else None
            found[row.key] = Bounds(before, after)
    return found


def _in_order(days: Sequence[str]) -> list[str | None]:
    """The days that every longest rising row of them has, and None for each of the others.

    >>> _in_order(["2024-01-01", "2019-05-05", "2024-02-01", "2024-03-01"])
    ['2024-01-01', None, '2024-02-01', '2024-03-01']
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
