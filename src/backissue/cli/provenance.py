"""Where texts came from: repairs, and `show --provenance`."""

import click

from backissue.cli.addresses import publication_option, read
from backissue.cli.app import Settings, examples, forms, pass_settings
from backissue.cli.output import complain
from backissue.errors import Exit
from backissue.render import rows
from backissue.render.presentation import place


@examples(
    "backissue repairs 395.2",
    "backissue repairs 395",
    "backissue repairs 395 --undo",
    "backissue repairs 395 --json | jq '.repairs[] | select(.confidence == \"guessed\")'",
)
@click.command(short_help="List the repairs in a section or an issue.")
@click.argument("ref")
@click.option("--undo", is_flag=True, help="Print the repaired blocks as their sources have them.")
@publication_option
@forms("json", "jsonl")
@pass_settings
def repairs(settings: Settings, ref: str, undo: bool, publication: str | None) -> int:
    """List each repair in a section (395.2) or an issue (395).

    Undone in reverse order, they give the text of the source. In a pipe, each line has address,
    rule, confidence, the word before and after, source, and the copy that had what the source
    lost, separated by tabs.
    """
    with settings.index() as index:
        head, whole = read(settings, index, ref, publication)
    found = rows.repairs(head, whole)
    settings.present.repairs(found, rows.repaired_blocks(head, whole), undo=undo)
    if found:
        return Exit.OK
    name = place(head, whole)
    complain(
        f"nothing in {name} was repaired", f"to see its sources: backissue show {name} --provenance"
    )
    return Exit.NOTHING_FOUND


COMMANDS = {command.name: command for command in (repairs,)}
