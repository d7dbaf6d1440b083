"""Several issues and sections: `395 396`, `390..396`, `395.1..395.3`, `@1..3`, `last 5`, `-`."""

import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import click
from msgspec import Struct

from backissue.cli.addresses import (
    Place,
    oldest_first,
    publication_slug,
    publications_by_name,
    resolve,
)
from backissue.cli.app import Decorated, Settings, as_typed
from backissue.cli.output import complain, say
from backissue.cli.recent import hits_between, last_query
from backissue.cli.selecting import are_numbers, years_of
from backissue.errors import BackissueError, Exit, NothingFoundError, UsageError, shown
from backissue.query.nodes import Dates, Numbers
from backissue.records import Head
from backissue.text import spans

if TYPE_CHECKING:
    from backissue.index import Index
    from backissue.records import Places
    from backissue.render.renderer import Renderer

Result = TypeVar("Result")

_LAST = re.compile(r"(?:last|latest|newest)[\s~-]+(?P<count>\d{1,6})", re.IGNORECASE)
_HITS = re.compile(r"@(?P<first>\d{0,5})\.\.@?(?P<last>\d{0,5})")
_SECTION = re.compile(r"\.\d{1,6}$")
_IN_VOLUME = re.compile(r"(\d{1,6})\.(\d{1,6})")
_DASHED = re.compile(r"[\w/.@#]*\d(?:[–—…]|\.{3})[@#]?\d[\w/.]*")
_MOST_JOINED = 6  # words that are one address together: `Import AI 395`
# The first column of what commands write to a pipe: `395.2  heading`, `395<TAB>2024-12-23`.
_COLUMN = re.compile(r"\s*(?P<ref>[^\s@]*\.\d+) {2}\S|(?P<cell>[^\s@]+)\t")


class References(Struct, frozen=True, kw_only=True):
    """What addresses name, each once, in order.

    `several` says whether they may name more than one; `code` is the exit code of the command if
    it succeeds: not 0 where one of several addresses is wrong.
    """

    places: tuple[Place, ...]
    several: bool
    code: Exit


def refs_argument(*, required: bool = True) -> Callable[[Decorated], Decorated]:
    """The argument `refs` of a command: one address or several."""
    shown = "REF…" if required else "[REF…]"
    return click.argument("refs", nargs=-1, required=required, metavar=shown)


def resolve_all(
    settings: Settings, index: "Index", refs: Sequence[str], publication: str | None = None
) -> References:
    """What `refs` name, in the order in which they were typed.

    Each is an address as for `resolve`, or `390..396`, `395.1..395.3`, `@1..3`, `last 5`, or `-`
    for addresses on standard input. If some are wrong, each of them is named on standard error. If
    all are, the last error is raised.
    """
    finder = _Finder(settings=settings, index=index, publication=publication)
    words = [word for ref in refs for word in typed(as_typed(ref))]
    places: dict[tuple[str, int | None], Place] = {}
    errors: list[BackissueError] = []  # one for each wrong address
    several, addresses, at = "-" in refs, 0, 0
    while at < len(words):
        try:
            taken, found = finder.next(words[at:])
            several = several or len(found) > 1 or _is_several(words[at : at + taken])
            places |= {(head.key, position): (head, position) for head, position in found}
            at += taken
        except (NothingFoundError, UsageError) as error:
            taken, wrong = finder.wrong(words[at:], error)
            errors.append(wrong)
            at += taken
        addresses += 1
    together = "".join(words)
    if len(errors) == len(words) > 1 and together.isdecimal() and index.shelf.find(together):
        raise NothingFoundError(f"no issue “{' '.join(words)}”", hint=f"did you mean {together}?")
    code = _settled(places, errors)
    return References(places=tuple(places.values()), several=several or addresses > 1, code=code)


def each(named: References, of: Callable[[Place], Result]) -> tuple[list[Result], Exit]:
    """What `of` gives for each place, and the exit code. Errors are as those of `resolve_all`."""
    found: list[Result] = []
    errors: list[BackissueError] = []
    for place in named.places:
        try:
            found.append(of(place))
        except (NothingFoundError, UsageError) as error:
            errors.append(error)
    return found, max(named.code, _settled(found, errors))


def mark_hits(settings: Settings, index: "Index", refs: Sequence[str], present: "Renderer") -> None:
    """Mark the words of the last search in what is shown, if `refs` are hits of it (`@1`)."""
    if not any(unicodedata.normalize("NFKC", ref).strip().startswith("@") for ref in refs):
        return
    query = last_query(settings.folder)

    @cache
    def places() -> "Places":
        from backissue.query.parsing import parse

        return index.searcher.places(parse(query))

    def find(field: str, text: str) -> Sequence[tuple[int, int]]:
        return places()(field, text)  # made only where words can be marked

    if query:
        present.mark(find)


def _settled(found: Collection[object], errors: Sequence[BackissueError]) -> Exit:
    """Say what is wrong, and return the exit code. Raises the last error if nothing was found."""
    for error in errors if found else errors[:-1]:
        complain(error.message, error.hint)
    if errors and not found:
        raise errors[-1]
    return max((error.exit_code for error in errors), default=Exit.OK)


def typed(ref: str) -> Iterator[str]:
    """The words of an argument: for `-` those on standard input, `395,396` is two."""
    if ref == "-":
        yield from _on_standard_input()
    elif re.fullmatch(r"[^\s,]+(,[^\s,]+)+,?", ref):
        yield from filter(None, ref.split(","))
    else:
        yield ref


def _on_standard_input() -> list[str]:
    """The addresses on standard input, also in the lines that other commands write."""
    if sys.stdin is None:
        raise UsageError("standard input is closed", hint="give the addresses as arguments")
    if sys.stdin.isatty():
        say("reading addresses from standard input; end with Ctrl-D")
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    found = words_of(text)
    if not found:
        raise NothingFoundError(
            "no address on standard input",
            hint="such as: backissue search WORDS --ids | backissue show -",
        )
    return found


def words_of(text: str) -> list[str]:
    r"""The addresses in a text: its words, or the first column of lines that have columns.

    >>> words_of("395.1 395.2"), words_of("395.2  Phi-4 arrives"), words_of("395\t2024-12-23")
    (['395.1', '395.2'], ['395.2'], ['395'])
    """
    lines = re.split(r"[\n\0\r]+", text)
    columns = [_COLUMN.match(line) for line in lines]
    if not any(columns):
        return text.replace("\0", " ").split()
    found: list[str] = []
    for line, column in zip(lines, columns, strict=True):
        if column:
            found.append(column["ref"] or column["cell"])
        elif len(line.split()) == 1:
            found.append(line.strip())
    return found


def _is_several(words: Sequence[str]) -> bool:
    text = " ".join(words)
    return ".." in text or bool(_LAST.fullmatch(text))


class _Finder(Struct, frozen=True, kw_only=True):
    """Finds what the next words name."""

    settings: Settings
    index: "Index"
    publication: str | None

    def next(self, words: Sequence[str]) -> tuple[int, Sequence[Place]]:
        """How many of the words are the next address, and what that names."""
        pair = " ".join(words[:2])
        if len(words) > 1 and _LAST.fullmatch(pair) and not self._is_issue(words[0]):
            return 2, self._last(pair)
        try:
            return 1, self._named(words[0])
        except NothingFoundError:
            for count in range(min(len(words), _MOST_JOINED), 1, -1):
                if place := self._joined(words[:count]):
                    return count, (place,)
            raise

    def wrong(self, words: Sequence[str], error: BackissueError) -> tuple[int, BackissueError]:
        """How many words are one wrong address, and its error: `Import AI 999` is three."""
        from backissue.cli.spellings import numbered

        names = publications_by_name(self.index)
        for count in range(min(len(words), _MOST_JOINED), 1, -1):
            text = " ".join(words[:count])
            if "/" in (numbered(text, names) or ""):
                try:
                    self._one(text)
                except (NothingFoundError, UsageError) as of_all:
                    return count, of_all
        return 1, error

    def _named(self, ref: str) -> Sequence[Place]:
        """What one address or range names."""
        if _DASHED.fullmatch(ref):
            ref = re.sub(r"[–—…]|\.{3}", "..", ref)
        if hits := _HITS.fullmatch(ref):
            return [
                self._one(f"@{number}")
                for number in hits_between(self.settings.folder, *hits.groups())
            ]
        if _LAST.fullmatch(ref) and " " in ref.strip():
            return self._last(ref)
        if ".." in ref:
            return self._range(ref)
        try:
            return [self._one(ref)]
        except NothingFoundError:
            if heads := self._of_days(ref):
                return [(head, None) for head in heads]
            raise

    def _of_days(self, ref: str) -> list[Head]:
        """The issues of a year or a month."""
        try:
            first, last = spans.span(ref)
        except ValueError:
            return []
        return self._within(f"{first}..{last}", self._slug)

    def _one(self, ref: str) -> Place:
        return resolve(self.settings, self.index, ref, self.publication)

    def _joined(self, words: Sequence[str]) -> Place | None:
        """What words name together: `Import AI 395`. Digits alone are not joined."""
        if all(word.isdecimal() for word in words):
            return None
        try:
            return self._one(" ".join(words))
        except (NothingFoundError, UsageError):
            return None

    def _is_issue(self, ref: str) -> bool:
        return bool(self.index.shelf.find(ref))

    def _last(self, ref: str) -> Sequence[Place]:
        """The newest issues, the oldest of them first."""
        match = _LAST.fullmatch(ref)
        count = int(match["count"]) if match else 1
        heads = oldest_first(self.index, self._slug)
        if not (heads and count):
            raise NothingFoundError(f"no issue in “{ref}”", hint="to list all: backissue issues")
        return [(head, None) for head in heads[-count:]]

    @property
    def _slug(self) -> str | None:
        """The short name of the only publication to look at; None is all."""
        if self.publication is None:
            return self.index.default
        return publication_slug(self.index, self.publication)

    def _range(self, ref: str) -> Sequence[Place]:
        """The issues in a range of numbers or days, or the sections between two sections."""
        first, _, last = ref.partition("..")
        slug, prefix = self._slug, first.rpartition("/")[0]
        if prefix:
            slug = publication_slug(self.index, prefix)
            first, last = first.removeprefix(f"{prefix}/"), last.removeprefix(f"{prefix}/")
        named = slug if prefix or self.publication is not None else None
        if found := self._in_volumes(first, last, slug):
            return [(head, None) for head in found]
        if _SECTION.search(first or last) and not spans.speaks_of_days(first or last):
            return self._sections(first, last, named)
        try:
            heads = self._within(f"{first}..{last}", slug)
        except UsageError as error:
            return [(head, None) for head in self._between(first, last, named, error)]
        if not heads and not prefix and self.publication is None:
            heads = self._within(f"{first}..{last}", None)  # the default publication has none
        if not heads:
            hint = "to list all: backissue issues"
            raise NothingFoundError(f"no issue in {shown(ref)}", hint=hint)
        return [(head, None) for head in heads]

    def _in_volumes(self, first: str, last: str, slug: str | None) -> list[Head]:
        """The issues of `15.28..16.2`, if there are such volumes and no sections are meant."""
        ends = [_IN_VOLUME.fullmatch(end) for end in (first, last)]
        if not all(match or not end for match, end in zip(ends, (first, last), strict=True)):
            return []
        low, high = ((int(one[1]), int(one[2])) if one else None for one in ends)
        found = [
            head
            for head in self.index.shelf.heads()
            if head.volume is not None
            and slug in {None, head.slug}
            and (low is None or low <= (head.volume, head.number or 0))
            and (high is None or (head.volume, head.number or 0) <= high)
        ]
        return sorted(found, key=lambda one: (one.slug, one.volume, one.number, one.key))

    def _between(
        self, first: str, last: str, slug: str | None, error: UsageError
    ) -> Sequence[Head]:
        """The issues from one to another (`394..latest`), by day. Raises `error` if there are none.

        An open end is that of the publication.
        """
        try:
            ends = [resolve(self.settings, self.index, one, slug) for one in (first, last) if one]
        except NothingFoundError:
            raise error from None
        if not ends or any(position is not None for _, position in ends):
            raise error
        own = oldest_first(self.index, ends[0][0].slug)
        places = [own.index(head) for head, _ in ends if head in own]
        start, end = places[0] if first else 0, places[-1] if last else len(own) - 1
        if len(places) < len(ends):
            raise UsageError(f"“{shown(first)}” and “{shown(last)}” are of two publications")
        if start > end:
            hint = f"write {last}..{first}"
            raise UsageError(f"“{shown(first)}..{shown(last)}” runs backwards", hint=hint)
        return own[start : end + 1]

    def _within(self, text: str, slug: str | None) -> list[Head]:
        """The issues in a range of numbers, or of days, in order of these."""
        from backissue.query.values import parse_range

        wanted = parse_range(text)
        heads = oldest_first(self.index, slug)
        if isinstance(wanted, Numbers):
            numbers = [head.number for head in heads if head.number is not None]
            years = years_of(wanted)
            if years is None or are_numbers(wanted, numbers):
                found = [one for one in heads if one.number is not None and one.number in wanted]
                return sorted(
                    found, key=lambda one: (one.slug, one.volume or 0, one.number, one.key)
                )
            wanted = years
        bounds = self.index.shelf.bounds()
        return [head for head in heads if _is_within(bounds[head.key], wanted)]

    def _sections(self, first: str, last: str, slug: str | None) -> Sequence[Place]:
        """The sections from one to another, which may be of a later issue."""
        start = self._section(first or f"{_SECTION.sub('', last)}.1", slug)
        end = (start[0], start[0].sections)
        if last.isdecimal() and int(last) <= start[0].sections:
            end = (start[0], int(last))
        elif last:
            head, position = resolve(self.settings, self.index, last, slug)
            end = (head, position or head.sections)
        own = oldest_first(self.index, start[0].slug)
        if end[0] not in own:
            raise UsageError(f"“{shown(first)}” and “{shown(last)}” are of two publications")
        if (own.index(start[0]), start[1]) > (own.index(end[0]), end[1]):
            written = f"{end[0].id}.{end[1]}..{start[0].id}.{start[1]}"
            raise UsageError(
                f"“{shown(first)}..{shown(last)}” runs backwards", hint=f"write {written}"
            )
        return [
            (head, position)
            for head in own[own.index(start[0]) : own.index(end[0]) + 1]
            for position in range(1, head.sections + 1)
            if not (head == start[0] and position < start[1])
            and not (head == end[0] and position > end[1])
        ]

    def _section(self, ref: str, slug: str | None) -> tuple[Head, int]:
        head, position = resolve(self.settings, self.index, ref, slug)
        return head, position or 1


def _is_within(bounds: tuple[date | None, date | None], wanted: Dates) -> bool:
    """Whether an issue came out in a span of days, whatever its day between its bounds."""
    first, last = bounds
    after = wanted.first is None or (first is not None and first >= wanted.first)
    return after and (wanted.last is None or (last is not None and last <= wanted.last))
