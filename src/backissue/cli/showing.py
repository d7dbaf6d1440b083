"""The commands that read: show, open, export."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backissue.cli.addresses import heads_of, publication_option, whole
from backissue.cli.app import Settings, examples, forms, pass_settings
from backissue.cli.clipboard import copy_option, copy_plain, copy_text
from backissue.cli.output import do_not_page, say, write
from backissue.cli.programs import browse
from backissue.cli.references import each, mark_hits, refs_argument, resolve_all
from backissue.errors import NothingFoundError
from backissue.records import Head, Issue, Section
from backissue.render import rows
from backissue.render.json import JsonRenderer
from backissue.render.presentation import counted, followed, place

if TYPE_CHECKING:
    from backissue.render.renderer import Renderer


@examples(
    "backissue show 395.2",
    "backissue show 395",
    "backissue show 395.1 396.4",
    "backissue show latest",
    "backissue show situational-awareness.4",
    "backissue show 395.2 --json | jq -r .section.markdown",
    "backissue show 395 --provenance",
)
@click.command()
@refs_argument()
@click.option("--provenance", is_flag=True, help="Show only which source gave what.")
@copy_option
@publication_option
@forms("json", "jsonl")
@pass_settings
def show(
    settings: Settings,
    refs: tuple[str, ...],
    provenance: bool,
    copy: bool,
    publication: str | None,
) -> int:
    """Show a section (395.2), or an issue (395): its contents, then its sections.

    A REF can also be a day (2024-12-23), an address with its publication (import-ai/395), a hit of
    your last search (@3), latest, latest-1 or random (any section). Several are 395.1 396,
    390..396, 395.1..395.3, @1..3, “last 5”, or - for addresses on standard input: see backissue
    help addresses.
    """
    with settings.index() as index:
        named = resolve_all(settings, index, refs, publication)

        def shown(present: "Renderer") -> None:
            wholes = (whole(index, place) for place in named.places)
            if provenance:
                present.provenance([row for one in wholes for row in rows.provenance(*one)])
            elif named.several:
                present.records(wholes)
            else:
                _present(present, *next(wholes))

        if copy:
            copy_plain(shown)
        present = settings.present
        mark_hits(settings, index, refs, present)
        shown(present)
    return named.code


def _present(present: "Renderer", head: Head, one: Issue | Section) -> None:
    if isinstance(one, Section):
        present.section(head, one)
    else:
        present.issue(one)


@examples(
    "backissue open @1",
    "backissue open 395.1 --link 2",
    "backissue open 395.1 --print",
)
@click.command("open")
@refs_argument()
@click.option("--link", metavar="N", type=click.IntRange(1), help="Open the section's Nth link.")
@click.option("--print", "only_print", is_flag=True, help="Print the address and open nothing.")
@copy_option
@publication_option
@pass_settings
def open_(
    settings: Settings,
    /,
    refs: tuple[str, ...],
    link: int | None,
    publication: str | None,
    **only: bool,
) -> int:
    """Open a section's link (Read more: …) in a browser, or else its issue's page.

    For an issue, open the page where it was published, if the archive knows it. --print and --copy
    open nothing.
    """
    with settings.index() as index:
        named = resolve_all(settings, index, refs, publication)
        urls, code = each(named, lambda place: _target(*whole(index, place), link))
    unique = list(dict.fromkeys(urls))
    if only["copy"]:
        copy_text("\n".join(unique))
    for url in unique:
        write([url])
        if not (only["only_print"] or only["copy"]):
            browse(url)
    return code


def _target(head: Head, whole: Issue | Section, link: int | None) -> str:
    """The address to open. Raises `NothingFoundError` if there is none."""
    links = [one for one in whole.links if one.url] if isinstance(whole, Section) else []
    if link is not None:
        if link > len(links):
            what, where = _fewer_links(head, whole, len(links))
            raise NothingFoundError(what, hint=where)
        url = followed(links[link - 1].url)
        if url is None:
            what = f"link {link} leads to no web or mail address"
            raise NothingFoundError(what, hint=f"backissue show {place(head, whole)}")
        return url
    labelled = [one.url for one in links if one.label]
    found = [*labelled, head.url, *(one.url for one in links)]
    url = next(filter(None, map(followed, found)), None)
    if url is None:
        raise NothingFoundError(
            f"{place(head, whole)} has no address to open",
            hint=f"to give its page: backissue set {head.id} url=https://…",
        )
    return url


def _fewer_links(head: Head, whole: Issue | Section, count: int) -> tuple[str, str]:
    """What to say where fewer links have an address than you asked for, and what to type."""
    address = place(head, whole)
    if isinstance(whole, Issue):
        return f"{address} is an issue, and links are of sections", f"such as {head.id}.1 --link 1"
    if not count:
        return f"{address} has no link with an address", f"backissue show {address}"
    last = f"--link 1 to --link {count}" if count > 1 else "--link 1"
    return f"{address} has {counted(count, 'link')} with an address", last


@examples(
    "backissue export --jsonl > archive.jsonl",
    "backissue export --markdown ~/newsletters-2024",
)
@click.command()
@forms("jsonl", about="Write one issue per line (the default).")
@click.option(
    "--markdown",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, readable=False),
    help="Write one file per issue into this folder, which is new, empty or an earlier export.",
)
@publication_option
@forms("json")
@pass_settings
def export(settings: Settings, folder: Path | None, publication: str | None) -> None:
    """Write every issue in full. The same archive always gives the same bytes.

    JSON goes to standard output. Markdown goes to files, with the facts of an issue in YAML above
    its text; other programs can read them, and so can ingest. The folder is complete, or as it was
    before; an earlier export in it is replaced, unless a file of it was changed or added. If the
    folder cannot be written, the exit code is 2, and the same command completes it later.
    """
    if folder is None and not settings.json:
        settings.jsonl = True  # an archive without issues is an empty document, too
    with settings.index() as index:
        issues = (
            issue
            for head in sorted(heads_of(index, publication), key=lambda head: head.key)
            if (issue := index.shelf.issue(head.key))
        )
        if folder is not None:
            from backissue.archive import exporting
            from backissue.render.markdown import document, name_of

            files = (
                (name_of(one.head), document(one).encode("utf-8", "replace")) for one in issues
            )
            count = exporting.export(folder, files)
            say(f"{counted(count, 'issue')} in {folder}")
            return
        do_not_page()
        whole_documents = settings.json and not settings.jsonl
        JsonRenderer(sys.stdout.write, lines=not whole_documents).whole_issues(issues)


COMMANDS = {command.name: command for command in (show, open_, export)}
