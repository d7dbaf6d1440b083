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
@click.command(short_help="List what was repaired.")
@click.argument("ref")
@click.option("--undo", is_flag=True, help="Print the repaired blocks as their sources have them.")
@publication_option
@forms("json", "jsonl")
@pass_settings
def repairs(settings: Settings, ref: str, undo: bool, publication: str | None) -> int:
    """List each repair in a section (395.2) or an issue (395): rule, before, after, confidence.

    Taken back in reverse order they give the text as it was. In a pipe: address, rule, confidence,
    the word before and after, source, and the copy that had what the source lost, apart by tabs.
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
    hint = f"for where it came from: backissue show {address} --provenance"
    complain(f"nothing in {address} was mended", hint)
    return Exit.NOTHING_FOUND


COMMANDS = {command.name: command for command in (repairs,)}
