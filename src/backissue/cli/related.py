"""The commands beside a search: related, searches."""

from typing import TYPE_CHECKING

import click

from backissue.cli import recent
from backissue.cli.addresses import Place, publication_option
from backissue.cli.app import Settings, examples, forms, pass_settings
from backissue.cli.formatting import format_option, write_formatted
from backissue.cli.output import complain, say
from backissue.cli.references import each, refs_argument, resolve_all
from backissue.errors import Exit, UsageError
from backissue.render.listed import RELATED, SEARCHES, RankedRelated
from backissue.render.rows import RelatedRows

if TYPE_CHECKING:
    from backissue.index import Index

_MOST = 10  # sections, unless you say how many


@examples("backissue related 395.3", "backissue related @1 @2", "backissue related 395.3 --json")
@click.command()
@refs_argument()
@publication_option
@click.option(
    "-n",
    "limit",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=_MOST,
    show_default=True,
    help="How many sections to show.",
)
@format_option(RELATED)
@forms("json", "jsonl")
@pass_settings
def related(
    settings: Settings,
    refs: tuple[str, ...],
    publication: str | None,
    limit: int,
    template: str | None,
) -> int:
    """List sections of other issues that are related to a section, each with the reason.

    Both have the same link or the same rare words, or one cites the other's issue.
    """
    with settings.index() as index:
        named = resolve_all(settings, index, refs, publication)
        groups, code = each(named, lambda place: _related(index, place, limit))
    found = [item for group in groups for item in group.items]
    if found:
        recent.remember(settings.folder, found)
    pairs = [(item, group.of) for group in groups for item in group.items]
    ranked = [RankedRelated(rank, *pair) for rank, pair in enumerate(pairs, 1)]
    if not write_formatted(settings, template, RELATED, ranked):
        settings.present.related([group for group in groups if group.items])
    for group in groups:
        if not group.items:
            say(f"no section is related to {group.of}")
    return code if found else max(code, Exit.NOTHING_FOUND)


def _related(index: "Index", place: Place, limit: int) -> RelatedRows:
    """The sections related to one. Raises `UsageError` for an issue."""
    head, position = place
    if position is None:
        raise UsageError(f"{head.id} is an issue", hint=f"name a section: {head.id}.1")
    items = index.searcher.related(head.key, position, limit)
    return RelatedRows(of=f"{head.id}.{position}", key=f"{head.key}.{position}", items=items)


@examples("backissue searches", "backissue searches --forget chips")
@click.command()
@click.option("--forget", metavar="NAME", help="Delete the search of this name.")
@format_option(SEARCHES)
@forms("json")
@pass_settings
def searches(settings: Settings, forget: str | None, template: str | None) -> int:
    """List the searches saved with search --save NAME; in a query, :NAME stands for one.

    In a pipe, each line has name and query, separated by a tab.
    """
    from backissue.archive import saved_searches

    folder = settings.existing_folder
    if forget is not None:
        saved_searches.forget(folder, forget)
        say(f"deleted the search {forget}")
        return Exit.OK
    found = saved_searches.load(folder)
    if not write_formatted(settings, template, SEARCHES, found.items()):
        settings.present.searches(found)
    if not found:
        complain("no search is saved", "to save one: backissue search WORDS --save NAME")
    return Exit.OK if found else Exit.NOTHING_FOUND


COMMANDS = {command.name: command for command in (related, searches)}
