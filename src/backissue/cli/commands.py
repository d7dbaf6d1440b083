"""The commands, in the order of the help: where each is written, and what it does, in one line.

The help of the program is written from here, and loads none of them.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Command(NamedTuple):
    """Which module of this package has it among its `COMMANDS`, and what it does."""

    module: str
    about: str


COMMANDS: Mapping[str, Command] = {
    "ingest": Command("ingesting", "Add files and folders to the archive."),
    "search": Command("searching", "Find sections."),
    "related": Command("related", "List sections related to a section."),
    "searches": Command("related", "List saved searches."),
    "fields": Command("helping", "List the fields that a query can name."),
    "issues": Command("listing", "List issues."),
    "publications": Command("listing", "List publications."),
    "show": Command("showing", "Show a section or an issue."),
    "why": Command("whys", "Print each “why this matters”."),
    "open": Command("showing", "Open a link in a browser."),
    "cite": Command("citing", "Print a citation of a section or an issue."),
    "repairs": Command("provenance", "List the repairs in a section or an issue."),
    "set": Command("correcting", "Correct an issue's number, title, date or address."),
    "remove": Command("removing", "Remove issues or sources from the archive."),
    "undo": Command("removing", "Take back the last ingest, set or remove."),
    "missing": Command("keeping", "List what seems to be missing."),
    "log": Command("keeping", "List past runs."),
    "backup": Command("keeping", "Write the archive to one file."),
    "restore": Command("keeping", "Restore an archive from a backup."),
    "verify": Command("keeping", "Compare all records with the originals."),
    "doctor": Command("keeping", "Find problems, and say how to solve them."),
    "stats": Command("overview", "Show where the archive is, and count what it has."),
    "export": Command("showing", "Write every issue as JSON or Markdown."),
    "rebuild": Command("ingesting", "Rebuild all records from the originals."),
    "config": Command("configuring", "Show the configuration, and where each value comes from."),
    "schema": Command("configuring", "Print the JSON Schema of --json and --jsonl."),
    "completion": Command("configuring", "Print what completes commands at TAB in your shell."),
    "help": Command("helping", "Explain queries, addresses or a command."),
}
