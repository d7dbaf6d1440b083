"""Citations: cite."""

import click

from backissue.cli.addresses import publication_option, whole
from backissue.cli.app import Settings, examples, forms, pass_settings
from backissue.cli.clipboard import copy_option, copy_plain
from backissue.cli.references import refs_argument, resolve_all


@examples(
    "backissue cite 395.2",
    "backissue cite 395.2 395.4 --style bibtex >> refs.bib",
    "backissue cite @1 --style markdown --copy",
)
@click.command()
@refs_argument()
@click.option(
    "--style",
    type=click.Choice(["text", "markdown", "bibtex"]),
    default="text",
    show_default=True,
    help="How to write it.",
)
@copy_option
@publication_option
@forms("json", "jsonl")
@pass_settings
def cite(
    settings: Settings, refs: tuple[str, ...], style: str, copy: bool, publication: str | None
) -> int:
    """Print a citation of a section (395.2) or an issue (395), one for each REF.

    It has the section's heading, the issue's publication, number, title and day, and the address
    where the issue was published, as far as they are known. The key of a BibTeX entry is the full
    address. --copy puts the same text on the clipboard of your terminal.
    """
    from backissue.render.citations import CitationStyle, citation

    with settings.index() as index:
        named = resolve_all(settings, index, refs, publication)
        found = [citation(*whole(index, place), CitationStyle(style)) for place in named.places]
    if copy:
        copy_plain(lambda present: present.citations(found))
    settings.present.citations(found)
    return named.code


COMMANDS = {command.name: command for command in (cite,)}
