"""Where texts came from: repairs, and `show --provenance`."""

import click

from backissue.cli.addresses import publication_option, resolve
from backissue.cli.app import Settings, examples, forms, pass_settings
from backissue.cli.output import complain
from backissue.errors import Exit
from backissue.render import rows


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
        head, position = resolve(settings, index, ref, publication)
        section = index.shelf.section(head.key, position) if position else None
        whole = None if position else index.shelf.issue(head.key)
    sections = (section,) if section else whole.sections if whole else ()
    found = rows.repairs(head, whole, sections)
    blocks = rows.repaired_blocks(head, whole, sections)
    settings.present.repairs(found, blocks, undo=undo)
    if found:
        return Exit.OK
    address = f"{head.id}.{position}" if position else head.id
    hint = f"to see its sources: backissue show {address} --provenance"
    complain(f"nothing in {address} was repaired", hint)
    return Exit.NOTHING_FOUND


COMMANDS = {command.name: command for command in (repairs,)}
