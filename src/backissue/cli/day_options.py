"""The options that are days: `--since`, `--until`, and the day of an issue."""

from datetime import date

import click

since_option = click.option(
    "--since", metavar="WHEN", help='Only from this day on: 2024-11, "3 months ago".'
)
until_option = click.option("--until", metavar="WHEN", help="Only up to this day.")


def issue_day(context: click.Context, option: click.Parameter, typed: str | None) -> str | None:
    """The day of an issue as you typed it (`20 Jan 2025`, `yesterday`), in the form 2025-01-20.

    Raises `UsageError` for anything but one day.
    """
    del context
    if not typed:
        return typed
    from backissue.text.spans import one_day

    return one_day(option.opts[0], typed, date.today()).isoformat()
