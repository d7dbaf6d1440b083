"""The options `--since` and `--until`."""

import click

since_option = click.option(
    "--since", metavar="WHEN", help='Only from this day on: 2024-11, "3 months ago".'
)
until_option = click.option("--until", metavar="WHEN", help="Only up to this day.")
