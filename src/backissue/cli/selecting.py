"""Which issues the arguments of a list mean: numbers, days, ranges of both, addresses, `last 5`.

A number of four figures is a year where no issue has this number. Several arguments mean all that
each of them means.
"""

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct, field

from backissue.cli.output import say
from backissue.errors import NothingFoundError, UsageError, shown
from backissue.query.nodes import Dates, Numbers
from backissue.records import Head, slug_of
from backissue.render.presentation import counted
from backissue.text import spans

if TYPE_CHECKING:
    from backissue.index import Index

_LONGEST = 9  # words of one range: 5 nov 2024 to 3 dec 2024
_TO = re.compile(r"(?<!\s)\s*+(?:\.{2,}|…|[‒–—]|\bto\b)\s*")
_DASHED = re.compile(r"(?<![0-9])([0-9]{3,}+)-([0-9]{3,})")
_FIGURES = re.compile(r"[0-9]{1,9}")
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
_RECENT = re.compile(r"(?:the )?(latest|newest|last|first|oldest)(?: ([0-9]{1,6}))?(?: issues?)?")
_BEFORE_LATEST = re.compile(r"(?:latest|last|newest)-([0-9]{1,6})")
FORMS = "write 395, 386..396, 2024, 2024-11..2025-01 or “last 5”"


class Selection(Struct):
    """The keys of the issues that are meant, and what there is to say about them."""

    keys: set[str] = field(default_factory=set)
    lacking: list[str] = field(default_factory=list)  # what means no issue
    notes: list[str] = field(default_factory=list)  # which of two meanings was chosen
    undated: set[str] = field(default_factory=set)  # what may be meant, but its day is not known


class Selector:
    """Understands words as issues among `heads`; `today` is the day to count back from.

    `resolve` gives the key of the issue behind an address: `@3`, `import-ai/latest`.
    """

    def __init__(
        self, index: "Index", heads: Sequence[Head], today: date, resolve: Callable[[str], str]
    ) -> None:
        self._index = index
        self._heads = heads
        self._today = today
        self._resolve = resolve
        self._bounds = index.shelf.bounds()

    def select(self, words: Iterable[str]) -> Selection:
        """What all words together mean. Raises UsageError or NothingFoundError for other words."""
        selection = Selection()
        rest = [part for word in words for part in word.replace(",", " ").split() or [word]]
        while rest:
            for length in range(min(_LONGEST, len(rest)), 0, -1):
                text = " ".join(rest[:length])
                found = self._meant(text, selection)
                if found is not None:
                    break
            else:
                length, found = self._addressed(rest)
            selection.keys |= found
            if not found:
                selection.lacking.append(text)
            del rest[:length]
        selection.undated -= selection.keys
        return selection

    def narrow(self, selection: Selection, first: date | None, last: date | None) -> None:
        """Keep only the issues of these days."""
        of_days = Selection()
        of_days.keys = self.within(first, last, of_days)
        possible = (selection.keys | selection.undated) & (of_days.keys | of_days.undated)
        selection.keys &= of_days.keys
        selection.undated = possible - selection.keys

    def within(self, first: date | None, last: date | None, selection: Selection) -> set[str]:
        """The issues that surely came out on these days; those that may have are `undated`."""
        low, high, found = first or date.min, last or date.max, set()
        for head in self._heads:
            earliest, latest = self._bounds[head.key]
            if low <= (earliest or date.min) and (latest or date.max) <= high:
                found.add(head.key)
            elif low <= (latest or date.max) and (earliest or date.min) <= high:
                selection.undated.add(head.key)
        return found

    def _meant(self, text: str, selection: Selection) -> set[str] | None:
        """The issues that `text` means; None if it is not understood."""
        said = text.strip().casefold()
        figures = said.removeprefix("#")
        if _FIGURES.fullmatch(figures):
            return self._figures(figures, figures, selection, numbers_only=figures != said)
        if (found := self._recent(said)) is not None:
            return found
        if found := self._of_volume(said):
            return found
        if found := self._named(said):
            return found
        ends = _TO.split(_DASHED.sub(r"\1..\2", said))
        return self._range(ends[0], ends[-1], selection) if len(ends) < 3 else None

    def _of_volume(self, said: str) -> set[str] | None:
        """The issues of a volume, `15.`, or of a range in volumes, `15.28..16.2`."""
        low, dots, high = said.rpartition("..") if ".." in said else (said, "", said)
        if not dots and not said.endswith("."):
            return None
        ends = [_IN_VOLUME.fullmatch(end) for end in (low, high)]
        if not all(
            match or (dots and not end) for match, end in zip(ends, (low, high), strict=True)
        ):
            return None
        first = _count(ends[0], 0) if ends[0] else (0, 0)
        last = _count(ends[1], _MOST_IN_VOLUME) if ends[1] else (_MOST_IN_VOLUME, 0)
        return {
            head.key
            for head in self._heads
            if head.volume is not None and first <= (head.volume, head.number or 0) <= last
        }

    def _recent(self, said: str) -> set[str] | None:
        """The newest or oldest issues: `latest`, `latest-1`, `last 5`, `first 3`, `all`."""
        if said == "all":
            return set(self.by_day(newest=True))
        if match := _BEFORE_LATEST.fullmatch(said):
            back = int(match[1])
            return set(self.by_day(newest=True)[back : back + 1])
        if match := _RECENT.fullmatch(said):
            newest = match[1] not in {"first", "oldest"}
            return set(self.by_day(newest=newest)[: int(match[2] or 1)])
        return None

    def by_day(self, *, newest: bool) -> list[str]:
        """The keys of all issues, the newest or the oldest first, those of unknown days last."""
        known = {head.key for head in self._heads}
        return [key for key in self._index.shelf.by_day(newest=newest) if key in known]

    def _named(self, said: str) -> set[str]:
        """The issue of this address, or all of the publication of this name."""
        known = {head.key for head in self._heads}
        keys = set(self._index.shelf.find(said)) or set(
            self._index.shelf.find(said.rpartition(".")[0])
        )
        if keys & known:
            return keys & known
        name, _, number = said.rpartition(" ")
        if number.removeprefix("#").isdecimal() and (own := self._of_publication(name)):
            return {head.key for head in own if head.number == int(number.removeprefix("#"))}
        return {head.key for head in self._of_publication(said)}

    def _of_publication(self, name: str) -> list[Head]:
        """The issues of the publication with this name or short name."""
        return [
            head for head in self._heads if name in {head.slug, (head.publication or "").casefold()}
        ]

    def _range(self, low: str, high: str, selection: Selection) -> set[str] | None:
        """The issues from `low` to `high`, of which one may be open; None if it is no range.

        Both are the same where there are no two ends.
        """
        if not (low or high):
            raise UsageError("a range needs at least one end", hint=FORMS)
        slug, slash, number = low.partition("/")
        high = high.removeprefix(f"{slug}/") if slash else high
        low, high = number if slash else low, "" if high in {"latest", "now"} else high
        ends = [end.removeprefix("#") for end in (low, high)]
        if all(not end or _FIGURES.fullmatch(end) for end in ends):
            plain = ends == [low, high] and not slash
            found = self._figures(ends[0], ends[1], selection, numbers_only=not plain)
            return {key for key in found if key.startswith(f"{slug}/")} if slash else found
        try:
            first = spans.span_of(low, self._today).first if low else None
            last = spans.span_of(high, self._today).last if high else None
        except ValueError:
            return self._between(low, high)
        if first and last and first > last:
            raise _backwards(low, high)
        return self.within(first, last, selection)

    def _between(self, low: str, high: str) -> set[str] | None:
        """The issues from one address to another, by day; None if one of them is no address."""
        if low == high:
            return None
        try:
            ends = [self._resolve(end) if end else None for end in (low, high)]
        except (NothingFoundError, UsageError):
            return None
        slugs = {slug_of(end) for end in ends if end}
        keys = [key for key in self.by_day(newest=False) if len(slugs) > 1 or slug_of(key) in slugs]
        if any(end and end not in keys for end in ends):
            return set()
        first = keys.index(ends[0]) if ends[0] else 0
        last = keys.index(ends[1]) if ends[1] else len(keys) - 1
        if first > last:
            raise _backwards(low, high)
        return set(keys[first : last + 1])

    def _figures(
        self, low: str, high: str, selection: Selection, *, numbers_only: bool = False
    ) -> set[str]:
        """The issues with these numbers; or of these years, where no number can be meant."""
        first, last = int(low) if low else None, int(high) if high else None
        if first is not None and last is not None and first > last:
            raise _backwards(low, high)
        asked = Numbers(first=first, last=last)
        numbers = {head.key: head.number for head in self._heads if head.number is not None}
        found = {key for key, number in numbers.items() if number in asked}
        years = None if numbers_only else years_of(asked)
        if years is None:
            return found
        if are_numbers(asked, numbers.values()):
            if self.within(years.first, years.last, Selection()):
                selection.notes.append(_taken_as_numbers(low, high))
            return found
        return self.within(years.first, years.last, selection)

    def _addressed(self, rest: Sequence[str]) -> tuple[int, set[str]]:
        """How many words are an address in another spelling (`Import AI 395`), and its issue."""
        for length in range(min(_LONGEST, len(rest)), 0, -1):
            text = " ".join(rest[:length])
            if length > 1 and text.replace(" ", "").isdecimal():
                continue
            with suppress(NothingFoundError, UsageError):
                return length, {self._resolve(text)} & {head.key for head in self._heads}
        raise self._not_understood(rest[0])

    def _not_understood(self, word: str) -> NothingFoundError | UsageError:
        if ".." in word:
            return UsageError(f"“{shown(word)}” is not a range of issues", hint=FORMS)
        if spans.speaks_of_days(word):
            return UsageError(f"“{shown(word)}” is no day or month", hint=f"write {spans.FORMS}")
        near = self._index.shelf.neighbours(word)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        search = "" if near else f"; to search: backissue search {shlex.quote(shown(word))}"
        return NothingFoundError(f"no issue “{shown(word)}”", hint=f"{hint}{FORMS}{search}")


_IN_VOLUME = re.compile(r"(\d{1,6})\.(\d{1,6})?")
_MOST_IN_VOLUME = 1_000_000  # no volume, and no number in one, is as high


def _count(match: re.Match[str], number: int) -> tuple[int, int]:
    """A volume and a number in it, or this one where only the volume is said."""
    return int(match[1]), int(match[2]) if match[2] else number


def years_of(asked: Numbers) -> Dates | None:
    """The days of these numbers as years; None if one of them is no year."""
    ends = [end for end in (asked.first, asked.last) if end is not None]
    if not all(_FIRST_YEAR <= end <= _LAST_YEAR for end in ends):
        return None
    first = date(asked.first, 1, 1) if asked.first is not None else None
    return Dates(first=first, last=date(asked.last, 12, 31) if asked.last is not None else None)


def are_numbers(asked: Numbers, numbers: Collection[int]) -> bool:
    """Whether figures that can be years are meant as numbers: whether there are such numbers.

    All numbers are below 2023 where the highest is 396, and `..2023` does not mean them.
    """
    if asked.first is None:
        return max(numbers, default=0) >= (asked.last or 0)
    return any(number in asked for number in numbers)


def tell_undated(heads: Sequence[Head]) -> None:
    """Say how many issues are left out because their days are not known, if any."""
    if heads:
        days = "day is" if len(heads) == 1 else "days are"
        say(
            f"left out {counted(len(heads), 'issue')} whose {days} not known; "
            f"to give a day: backissue set {heads[0].id} date=YYYY-MM-DD"
        )


def _backwards(low: str, high: str) -> UsageError:
    return UsageError(f"“{shown(f'{low}..{high}')}” runs backwards", hint=f"write {high}..{low}")


def _taken_as_numbers(low: str, high: str) -> str:
    if low == high:
        return f"{low} is the number of an issue; for the year: {low}-01..{low}-12"
    years = f"{low and low + '-01'}..{high and high + '-12'}"
    return f"{low}..{high} are numbers of issues; for the years: {years}"
