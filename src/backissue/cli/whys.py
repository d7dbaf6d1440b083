"""The command that prints each “why this matters”: why."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct
from msgspec.structs import replace

from backissue.cli import recent
from backissue.cli.addresses import Place, oldest_first, publication_option, publication_slug, whole
from backissue.cli.app import Settings, as_typed, examples, forms, pass_settings
from backissue.cli.day_options import since_option, until_option
from backissue.cli.formatting import format_option, write_formatted
from backissue.cli.output import say
from backissue.cli.references import mark_hits, refs_argument, resolve_all
from backissue.cli.selecting import Selection, Selector, tell_undated
from backissue.errors import Exit, NothingFoundError, UsageError
from backissue.records import Found, Head, Hit, Section
from backissue.render.listed import WHYS
from backissue.render.presentation import place

if TYPE_CHECKING:
    from backissue.index import Index
    from backissue.query import SearchOptions

_MOST_HITS = 10  # of a search, unless you say how many
_WHY = "“why this matters”"

Item = tuple[Head, Section]


class _WhyArguments(Struct, frozen=True, kw_only=True):
    """The arguments and options of `why`, each under the name Click gives it."""

    refs: tuple[str, ...]
    issue: str | None
    query: str | None
    latest: bool
    theses: bool
    limit: int | None
    since: str | None
    until: str | None
    kind: str | None
    publication: str | None
    template: str | None

    @property
    def addresses(self) -> list[str]:
        """All addresses, those of options among them."""
        options = [self.issue, "latest" if self.latest else None]
        return [*self.refs, *filter(None, options)]

    @property
    def words(self) -> str:
        """The words that are searched for: also those behind the value of the option."""
        return " ".join(map(as_typed, filter(None, (self.query, *self.refs))))


@examples(
    "backissue why 395.1",
    "backissue why 390..396",
    "backissue why 2024-11",
    "backissue why @1 @3",
    "backissue why latest",
    "backissue why --search 'compute OR power' --since 2024",
    "backissue why --thesis 386..396",
    "backissue why 395 --format '{id:7} {thesis:70} {link}'",
    "backissue search deepseek --ids | backissue why -",
    "backissue why 395 --json | jq -r '.passages[].thesis // .passages[].sentence'",
)
@click.command()
@refs_argument(required=False)
@click.option("--issue", metavar="N", help="All of this issue; with --search, of these issues.")
@click.option(
    "--search",
    "query",
    metavar="QUERY",
    help="Those of the sections that a search finds, best first.",
)
@click.option("--latest", is_flag=True, help="All of the newest issue.")
@click.option(
    "--thesis", "theses", is_flag=True, help="One line each: address, thesis or first sentence."
)
@click.option(
    "-n",
    "limit",
    metavar="N",
    type=click.IntRange(1, 10_000),
    help=f"Only the first N.  [default with --search: {_MOST_HITS}]",
)
@since_option
@until_option
@click.option("--kind", metavar="KIND", help="Only of sections or issues of this kind.")
@publication_option
@format_option(WHYS)
@forms("json", "jsonl")
@pass_settings
def why(settings: Settings, /, **wanted: Any) -> int:
    """Print the “why this matters” of a section, or of several.

    A REF is a section (395.1), an issue (395), a range (390..396, 395.1..395.4), a hit of your last
    search (@3), latest, or - for addresses on standard input. Sections without one are passed over.
    Of several, each has its heading, issue, date and link above it. With --thesis in a pipe, each
    line has address and thesis, separated by a tab.
    """
    asked = _WhyArguments(**wanted)
    with settings.index() as index:
        present = settings.present
        if asked.query is not None:
            options, items = _searched(settings, index, asked)
            single, code = False, Exit.OK if items else Exit.NOTHING_FOUND
            present.mark(index.searcher.places(options.query))
        else:
            items, single, code = _named(settings, index, asked)
            mark_hits(settings, index, asked.refs, present)
        if write_formatted(settings, asked.template, WHYS, items):
            pass
        elif asked.theses:
            present.theses(items)
        else:
            present.whys(items, single=single)
    return code


def _named(
    settings: Settings, index: "Index", asked: _WhyArguments
) -> tuple[list[Item], bool, Exit]:
    """The sections with a why that addresses name, whether it is only one, and the exit code."""
    places, several, code = _places(settings, index, asked)
    single = not several and len(places) == 1 and places[0][1] is not None
    places = _within_days(index, asked, places)
    items = list(_sections(index, places, asked))[: asked.limit]
    if not items and len(places) == 1:
        name = place(*whole(index, places[0]))
        raise NothingFoundError(f"{name} has no {_WHY}", hint=f"to read it: backissue show {name}")
    if not items:
        raise NothingFoundError(
            f"no section of these has a {_WHY}",
            hint="to search for one: backissue why --search WORDS",
        )
    return items, single, code


def _places(
    settings: Settings, index: "Index", asked: _WhyArguments
) -> tuple[Sequence[Place], bool, Exit]:
    """The places that addresses name, or all issues where other options narrow them."""
    if asked.addresses:
        named = resolve_all(settings, index, asked.addresses, asked.publication)
        return named.places, named.several, named.code
    if not (asked.since or asked.until or asked.kind or asked.publication):
        raise UsageError(
            "give a section, an issue, a range, --search or --latest",
            hint="such as backissue why 395.1",
        )
    slug = asked.publication and publication_slug(index, asked.publication)
    return [(head, None) for head in oldest_first(index, slug or None)], True, Exit.OK


def _within_days(index: "Index", asked: _WhyArguments, places: Sequence[Place]) -> Sequence[Place]:
    """The places of issues that came out on the days asked for."""
    from backissue.query.values import between

    days = between(asked.since, asked.until)
    if days is None:
        return places
    heads = list(dict.fromkeys(head for head, _ in places))
    selection = Selection(keys={head.key for head in heads})
    selector = Selector(index, heads, date.today(), lambda ref: ref)
    selector.narrow(selection, days.first, days.last)
    tell_undated([head for head in heads if head.key in selection.undated])
    return [(head, position) for head, position in places if head.key in selection.keys]


def _sections(index: "Index", places: Iterable[Place], asked: _WhyArguments) -> Iterator[Item]:
    """The sections at these places that have a why, each once."""
    kind = None if asked.kind is None else _kind(asked.kind)
    seen: set[tuple[str, int]] = set()
    for one in places:
        head, found = whole(index, one)
        for section in (found,) if isinstance(found, Section) else found.sections:
            at = (head.key, section.position)
            of_kind = kind in {None, section.kind.value, head.kind.value}
            if section.why and of_kind and at not in seen:
                seen.add(at)
                yield head, section


def _kind(text: str) -> str:
    """One of the kinds of sections or issues. Raises `UsageError` for another word."""
    from backissue.query import Field, Kind
    from backissue.query.values import known_value

    found = known_value(text, Field.KIND)
    assert isinstance(found, Kind)  # noqa: S101  # for the type checker: what the field has
    return found.value


def _searched(
    settings: Settings, index: "Index", asked: _WhyArguments
) -> tuple["SearchOptions", list[Item]]:
    """The sections with a why that a search finds, the best first; and what was searched for."""
    from backissue.cli.diagnosing import diagnose
    from backissue.cli.searching import SearchArguments, found_by, search_options

    arguments = SearchArguments(
        query=(asked.words,),
        issue=asked.issue,
        kind=asked.kind,
        publication=asked.publication,
        since=asked.since,
        until=asked.until,
    )
    most = asked.limit or _MOST_HITS
    options = search_options(settings.folder, index, arguments)
    answer, hits = _with_why(index, options, most)
    diagnose(index, options.query, answer)
    if answer.total and not hits:
        raise NothingFoundError(
            f"no section found has a {_WHY}",
            hint=f"to read them: backissue search {shlex.quote(asked.words)}",
        )
    if len(hits) > most:
        say(f"the best {most}; -n {2 * most} shows more")
    shown = hits[:most]
    if shown:
        recent.remember(settings.folder, shown, found_by(options.query, answer))
    return options, [(hit.issue, hit.section) for hit in shown]


def _with_why(index: "Index", options: "SearchOptions", most: int) -> tuple[Found, list[Hit]]:
    """The answer, and its first hits with a why: one more than `most`, if there are so many."""
    # No line shows where sections begin that lack a word: they count if no section has all words.
    limit, options = 4 * most, replace(options, fill=False)
    while True:
        answer = index.searcher.search(replace(options, limit=limit))
        hits = [hit for hit in answer.hits if hit.section.why]
        if len(hits) > most or answer.total <= limit:
            return answer, hits
        limit *= 4


COMMANDS = {command.name: command for command in (why,)}
