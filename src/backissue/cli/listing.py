"""The commands that list: issues, publications."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct
from msgspec.structs import replace

from backissue.cli.addresses import heads_of, publication_option, resolve
from backissue.cli.app import Settings, as_typed, examples, forms, pass_settings
from backissue.cli.day_options import since_option, until_option
from backissue.cli.formatting import format_option, write_formatted
from backissue.cli.output import complain, say
from backissue.cli.selecting import Selection, Selector, tell_undated
from backissue.errors import Exit
from backissue.query.values import between
from backissue.records import Head, Issue, IssueKind
from backissue.render import rows
from backissue.render.listed import ISSUES, PUBLICATIONS, ListedIssue
from backissue.render.presentation import listed_title

if TYPE_CHECKING:
    from backissue.index import Index

_SORTS: dict[str, Callable[[Head], tuple[object, ...]]] = {
    "number": lambda head: (head.number is None, head.volume or 0, head.number or 0),
    "title": lambda head: (listed_title(head).casefold(),),
    "sections": lambda head: (-head.sections,),
    "words": lambda head: (-head.words,),
    "publication": lambda head: (head.slug,),
}
_BY_DAY = ("newest", "oldest", "date")


class _Wanted(Struct, frozen=True, kw_only=True):
    """The arguments and options of `issues`, each under the name Click gives it."""

    words: tuple[str, ...]
    publication: str | None
    since: str | None
    until: str | None
    kind: str | None
    sort: str | None
    limit: int | None
    template: str | None

    def takes(self, head: Head) -> bool:
        """Whether an issue is of the kind that you ask for."""
        return self.kind in {None, head.kind.value}

    @property
    def said(self) -> str:
        """What narrows the list, in words for a message."""
        options = (("since", self.since), ("until", self.until), ("of kind", self.kind))
        narrowed = [f"{name} {value}" for name, value in options if value]
        words = [_in_words(as_typed(" ".join(self.words)))] if self.words else []
        return " ".join([*words, *map(as_typed, narrowed)])


def _in_words(text: str) -> str:
    """`no issue 999`, but `no issue in 500..600`."""
    return text if text.isdigit() else f"in {text}"


@examples(
    "backissue issues",
    "backissue issues 386..390 395",
    "backissue issues 2024",
    "backissue issues last 5",
    "backissue issues 2024-11..2025-01 --sort oldest",
    'backissue issues --since "3 months ago" --kind newsletter',
    "backissue issues --format '{id:>6} {date:10} {title:50}'",
    "backissue issues --json | jq -r '.issues[].title'",
)
@click.command()
@click.argument("words", metavar="[RANGE]...", nargs=-1)
@publication_option
@since_option
@until_option
@click.option(
    "--kind", type=click.Choice([kind.value for kind in IssueKind]), help="Only this kind."
)
@click.option(
    "--sort",
    type=click.Choice([*_BY_DAY, *_SORTS]),
    help="In which order to list them: newest first, oldest (or date) first, by number, by title, "
    "by publication, or those with the most sections or words first.",
)
@click.option(
    "-n",
    "limit",
    metavar="N",
    type=click.IntRange(1),
    help="Only N issues: the newest, or the first.",
)
@format_option(ISSUES)
@forms("json", "jsonl")
@pass_settings
def issues(settings: Settings, /, **wanted: Any) -> int:
    """List issues by publication.

    To list fewer, give numbers (395, 386..396, 390..), days (2024, 2024-11..2025-01, “last month”),
    addresses (import-ai/395), “last 5”, or several of these; - reads them from standard input. A
    terminal shows the newest issue last, next to your next command; a pipe and a pager begin with
    it. In a pipe, each line has address, date, number of sections and title, separated by tabs.
    """
    asked = _Wanted(**wanted)
    if "-" in asked.words:
        from backissue.cli.references import typed

        asked = replace(asked, words=tuple(one for word in asked.words for one in typed(word)))
    with settings.index() as index:
        among = heads_of(index, asked.publication)
        selector = Selector(
            index,
            among,
            date.today(),
            lambda ref: resolve(settings, index, ref, asked.publication)[0].key,
        )
        selection = selector.select(map(as_typed, asked.words))
        if not asked.words:
            selection.keys = {head.key for head in among}
        if days := between(asked.since, asked.until):
            selector.narrow(selection, days.first, days.last)
        heads = [head for head in among if head.key in selection.keys]
        heads = _listed(asked, list(filter(asked.takes, heads)), selector)
        items = (ListedIssue(head=head, whole=partial(_whole, index, head)) for head in heads)
        if not write_formatted(settings, asked.template, ISSUES, items):
            settings.present.issues(heads, as_sorted=asked.sort is not None)
    _remark(asked, selection, heads, among)
    return Exit.OK if heads else Exit.NOTHING_FOUND


def _whole(index: "Index", head: Head) -> Issue:
    found = index.shelf.issue(head.key)
    assert found is not None  # noqa: S101  # for the type checker: its head is listed
    return found


def _listed(asked: _Wanted, heads: Sequence[Head], selector: Selector) -> list[Head]:
    """The issues in the order you ask for, and no more than you ask for."""
    if asked.sort in _SORTS:
        return sorted(heads, key=_SORTS[asked.sort])[: asked.limit]
    by_key = {head.key: head for head in heads}
    keys = selector.by_day(newest=asked.sort in {None, "newest"})
    by_day = [by_key[key] for key in keys if key in by_key][: asked.limit]
    if asked.sort is not None:
        return by_day
    chosen = {head.key for head in by_day}
    return [head for head in heads if head.key in chosen]


def _remark(
    asked: _Wanted, selection: Selection, heads: Sequence[Head], among: Sequence[Head]
) -> None:
    """Say which of two meanings was chosen, what was left out, and what means no issue."""
    for note in selection.notes:
        say(note)
    tell_undated([head for head in among if head.key in selection.undated and asked.takes(head)])
    if not heads:
        said = asked.said
        complain(f"no issue {said}" if said else "the archive is empty", _held(among))
    elif selection.lacking:
        say(f"no issue {', '.join(map(_in_words, selection.lacking))}")


def _held(heads: Sequence[Head]) -> str | None:
    """Which numbers and days there are: `there are numbers 386 to 396, days …`."""
    numbers = sorted({head.number for head in heads if head.number is not None})
    days = sorted({head.date for head in heads if head.date})
    named = [
        f"{name}s {known[0]} to {known[-1]}" if len(known) > 1 else f"{name} {known[0]}"
        for name, known in (("number", numbers), ("day", days))
        if known
    ]
    return f"there are {', '.join(named)}" if named else None


@examples("backissue publications", "backissue publications --json")
@click.command()
@format_option(PUBLICATIONS)
@forms("json", "jsonl")
@pass_settings
def publications(settings: Settings, template: str | None) -> int:
    """List publications, with the number of issues and the first and last of each.

    In a pipe, each line has short name, issues, sections, first and last number, first and last
    day, and name, separated by tabs.
    """
    with settings.index() as index:
        found = rows.publications(index.shelf.heads())
    if not write_formatted(settings, template, PUBLICATIONS, found):
        settings.present.publications(found)
    if not found:
        say("the archive is empty")
    return Exit.OK if found else Exit.NOTHING_FOUND


COMMANDS = {command.name: command for command in (issues, publications)}
