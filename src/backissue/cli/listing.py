"""The commands that list: issues, publications."""

from collections.abc import Sequence

import click

from backissue.cli.addresses import heads_of, publication_option
from backissue.cli.app import Settings, examples, forms, pass_settings
from backissue.cli.output import say
from backissue.errors import Exit
from backissue.records import Head
from backissue.render import rows


@examples(
    "backissue issues",
    "backissue issues 386..396",
    "backissue issues 2024-11..2025-01",
    "backissue issues --publication import-ai",
    "backissue issues --json | jq -r '.issues[].title'",
)
@click.command(short_help="List issues.")
@click.argument("span", metavar="[RANGE]", required=False)
@publication_option
@forms("json", "jsonl")
@pass_settings
def issues(settings: Settings, span: str | None, publication: str | None) -> int:
    """List issues by publication, the newest first.

    Give a range of numbers (395, 386..396, 390..) or of days (2024-11..2025-01, 2024-12-23) to
    list fewer. In a pipe, each line has address, date, number of sections and title, separated by
    tabs.
    """
    with settings.index() as index:
        heads = _within(heads_of(index, publication), span)
    settings.present.issues(heads)
    if not heads:
        say(f"no issue in {span or 'the archive'}")
    return Exit.OK if heads else Exit.NOTHING_FOUND


def _within(heads: Sequence[Head], span: str | None) -> list[Head]:
    """The issues in a range of numbers or days; all of them without a range."""
    if span is None:
        return list(heads)
    from backissue.query import (
        Dates,
    )
    from backissue.query.values import parse_range

    wanted = parse_range(span)
    if isinstance(wanted, Dates):
        return [head for head in heads if head.date is not None and head.date in wanted]
    return [head for head in heads if head.number is not None and head.number in wanted]


@examples("backissue publications", "backissue publications --json")
@click.command(short_help="List publications.")
@forms("json", "jsonl")
@pass_settings
def publications(settings: Settings) -> int:
    """List publications, with the number of issues and the first and last of each.

    In a pipe, each line has short name, issues, sections, first and last number, first and last
    day, and name, separated by tabs.
    """
    with settings.index() as index:
        found = rows.publications(index.shelf.heads())
    settings.present.publications(found)
    if not found:
        say("the archive is empty")
    return Exit.OK if found else Exit.NOTHING_FOUND


COMMANDS = {command.name: command for command in (issues, publications)}
