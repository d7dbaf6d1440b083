"""Where texts came from: repairs, and `show --provenance`."""

import click

from backissue.cli.addresses import publication_option, whole
from backissue.cli.app import Settings, examples, forms, pass_settings
from backissue.cli.formatting import format_option, write_formatted
from backissue.cli.output import complain
from backissue.cli.references import refs_argument, resolve_all
from backissue.errors import Exit
from backissue.render import rows
from backissue.render.listed import REPAIRS
from backissue.render.presentation import place


@examples(
    "backissue repairs 395.2",
    "backissue repairs 395",
    "backissue repairs 395 --undo",
    "backissue repairs 395 --json | jq '.repairs[] | select(.confidence == \"guessed\")'",
)
@click.command()
@refs_argument()
@click.option("--undo", is_flag=True, help="Print the repaired blocks as their sources have them.")
@publication_option
@format_option(REPAIRS)
@forms("json", "jsonl")
@pass_settings
def repairs(
    settings: Settings,
    refs: tuple[str, ...],
    undo: bool,
    publication: str | None,
    template: str | None,
) -> int:
    """List each repair in a section (395.2) or an issue (395).

    Undone in reverse order, they give the text of the source. In a pipe, each line has address,
    rule, confidence, the word before and after, source, and the copy that had what the source
    lost, separated by tabs.
    """
    with settings.index() as index:
        named = resolve_all(settings, index, refs, publication)
        wholes = [whole(index, one) for one in named.places]
    found = [row for head, one in wholes for row in rows.repairs(head, one)]
    blocks = [row for head, one in wholes for row in rows.repaired_blocks(head, one)]
    if undo or not write_formatted(settings, template, REPAIRS, found):
        settings.present.repairs(found, blocks, undo=undo)
    if found:
        return named.code
    names = [place(head, one) for head, one in wholes]
    hint = f"to see its sources: backissue show {names[0]} --provenance"
    complain(f"nothing in {', '.join(names[:5])} was repaired", hint)
    return max(named.code, Exit.NOTHING_FOUND)


COMMANDS = {command.name: command for command in (repairs,)}
