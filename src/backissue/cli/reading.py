"""The commands that read: search, show, why, export."""

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from backissue.cli.addresses import heads_of, publication_option, publication_slug, resolve
from backissue.cli.app import Settings, as_typed, examples, json_option, jsonl_option, pass_settings
from backissue.cli.output import Form, complain, say, write, write_rich
from backissue.errors import Exit, NothingFoundError, UsageError
from backissue.records import Head, Issue, Section
from backissue.render import machine, plain

if TYPE_CHECKING:
    from backissue.index import Index
    from backissue.query import Query
    from backissue.records import Found

_DEFAULT_HITS = 10
_WORD = "\0"  # before an argument that is a word of the query, whatever it looks like


class _TakesQuery(click.Command):
    """A command in whose arguments `-word` is a word left out, not a row of options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [_as_word(arg) for arg in args])


def _as_word(argument: str) -> str:
    """`-robot`, marked as a word; `-n5`, `-h` and `--sort` are options."""
    return _WORD + argument if re.match(r"-(?!-|[nh]$|n\d+$).", argument) else argument


@examples(
    "backissue search distributed training",
    "backissue search '\"test-time compute\" OR o3'",
    "backissue search robot* --in why --issue 390..395",
    "backissue search kind:fiction -robot --sort newest -n 5",
)
@click.command(
    short_help="Find sections.",
    cls=_TakesQuery,
)
@click.argument("query", nargs=-1, required=True)
@click.option(
    "--issue", "issue", metavar="RANGE", help="Only in these issues: 395, 390..395, 390.."
)
@click.option(
    "--in", "within", metavar="FIELD", help="Look for words in this field: why, heading, …"
)
@click.option("--kind", metavar="KIND", help="Only story, fiction or note; newsletter or notes.")
@publication_option
@click.option(
    "--sort",
    type=click.Choice(["relevance", "newest", "oldest"]),
    default="relevance",
    show_default=True,
)
@click.option(
    "-n",
    "limit",
    metavar="N",
    type=click.IntRange(1, 10_000),
    default=_DEFAULT_HITS,
    show_default=True,
    help="How many hits to show.",
)
@json_option
@jsonl_option
@pass_settings
def search(  # noqa: PLR0917  # Click passes each option by name
    settings: Settings,
    query: tuple[str, ...],
    issue: str | None,
    within: str | None,
    kind: str | None,
    publication: str | None,
    sort: str,
    limit: int,
    as_json: bool,
    as_jsonl: bool,
) -> int:
    """Find sections. Several words must all be in a section; the best match comes first.

    Words, "phrases", prefix*, OR, NOT or -word, (brackets), and fields: issue: heading: deck: why:
    body: kind: date: title: publication: link: source:. A word or range after a colon narrows:
    issue:390..395 date:2024-11.. kind:fiction why:compute.
    """
    from backissue.index import Sort
    from backissue.query import parse, restrict

    text = as_typed(" ".join(word.removeprefix(_WORD) for word in query))
    parsed = restrict(parse(text, within=within), issue=issue, kind=kind)
    with settings.index() as index:
        if publication is not None:
            parsed = restrict(parsed, publication=publication_slug(index, publication))
        answer = index.search(parsed, limit=limit, sort=Sort(sort))
        form = settings.form(json=as_json, jsonl=as_jsonl)
        _write_found(answer, text, form)
        if not answer.total:
            _explain_nothing(index, parsed, answer.suggestion)
    return Exit.OK if answer.total else Exit.NOTHING_FOUND


def _write_found(answer: "Found", query: str, form: Form) -> None:
    match form:
        case Form.JSON:
            write([machine.found(answer, query)])
        case Form.JSONL:
            write(machine.lines("hit", map(machine.hit, answer.hits)))
        case Form.RICH if answer.total:
            from backissue.render import terminal

            write_rich(lambda _: terminal.found(answer))
        case Form.PLAIN if answer.total:
            write(plain.found(answer))
            if answer.total > len(answer.hits):
                say(f"{len(answer.hits)} of {answer.total} sections; -n {answer.total} shows all")


def _explain_nothing(index: "Index", query: "Query", suggestion: str | None) -> None:
    unknown = index.unmatched(query)
    if unknown:
        named = ", ".join(f"“{word}”" for word in unknown)
        message = f"nothing found: no section has {named}"
    else:
        message = "nothing found: no section has all of it"
    better = f"did you mean: backissue search {shlex.quote(suggestion)}" if suggestion else None
    complain(message, better)


@examples(
    "backissue show 395.2",
    "backissue show 395",
    "backissue show situational-awareness.4",
    "backissue show 395.2 --json | jq -r .section.markdown",
)
@click.command(short_help="Show a section or an issue.")
@click.argument("ref")
@publication_option
@json_option
@pass_settings
def show(settings: Settings, ref: str, publication: str | None, as_json: bool) -> None:
    """Show a section (395.2), or an issue (395): its contents, then its sections.

    An issue may also be named by its day (2024-12-23), and with its publication (import-ai/395).
    """
    form = settings.form(json=as_json)
    with settings.index() as index:
        head, position = resolve(index, ref, publication)
        section = index.section(head.key, position) if position else None
        issue = None if position else index.issue(head.key)
    if section:
        _show_section(head, section, form)
    elif issue:
        _show_issue(issue, form)


def _show_section(issue: Head, section: Section, form: Form) -> None:
    match form:
        case Form.JSON | Form.JSONL:
            write([machine.document("section", machine.section(issue, section))])
        case Form.RICH:
            from backissue.render import terminal

            write_rich(lambda _: terminal.section(issue, section))
        case Form.PLAIN:
            write(plain.section(issue, section))


def _show_issue(issue: Issue, form: Form) -> None:
    match form:
        case Form.JSON | Form.JSONL:
            write([machine.document("issue", machine.whole_issue(issue))])
        case Form.RICH:
            from backissue.render import terminal

            write_rich(lambda _: terminal.whole_issue(issue), paged=True)
        case Form.PLAIN:
            write(plain.whole_issue(issue))


@examples("backissue why 395.1", "backissue why --issue 395")
@click.command(short_help="Print a “why this matters”.")
@click.argument("ref", required=False)
@click.option("--issue", "whole", metavar="N", help="All of an issue's.")
@publication_option
@json_option
@jsonl_option
@pass_settings
def why(  # noqa: PLR0917  # Click passes each option by name
    settings: Settings,
    ref: str | None,
    whole: str | None,
    publication: str | None,
    as_json: bool,
    as_jsonl: bool,
) -> None:
    """Print a section's “why this matters”, or with --issue all of an issue's."""
    if (ref is None) == (whole is None):
        raise UsageError(
            "why wants a section or --issue, one of the two", hint="such as backissue why 395.1"
        )
    with settings.index() as index:
        head, position = resolve(index, ref or whole or "", publication)
        found = [section for section in _sections(index, head, position) if section.why]
    if not found:
        address = f"{head.id}.{position}" if position else head.id
        raise NothingFoundError(
            f"{address} has no “why this matters”", hint=f"to read it: backissue show {address}"
        )
    form = settings.form(json=as_json, jsonl=as_jsonl)
    _write_passages(head, found, form, single=position is not None)


def _write_passages(issue: Head, found: Sequence[Section], form: Form, *, single: bool) -> None:
    match form:
        case Form.JSON:
            passages = [machine.passage(issue, item) for item in found]
            write([machine.document("passages", passages)])
        case Form.JSONL:
            write(machine.lines("passage", (machine.passage(issue, item) for item in found)))
        case Form.RICH:
            from backissue.render import terminal

            write_rich(lambda _: terminal.passages(issue, found))
        case Form.PLAIN if single:
            write(plain.why(found[0]))
        case Form.PLAIN:
            write(plain.passages(issue, found))


@examples("backissue export --jsonl > archive.jsonl")
@click.command(short_help="Write every issue as JSON.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="One whole issue a line (the default).")
@publication_option
@json_option
@pass_settings
def export(settings: Settings, as_jsonl: bool, publication: str | None, as_json: bool) -> None:
    """Write every issue, whole, as JSON: the same archive gives the same bytes."""
    with settings.index() as index:
        whole = (
            machine.whole_issue(issue)
            for head in sorted(heads_of(index, publication), key=lambda head: head.key)
            if (issue := index.issue(head.key))
        )
        if settings.form(json=as_json, jsonl=as_jsonl) is Form.JSON:
            write([machine.document("issues", list(whole))])
        else:
            write(machine.lines("issue", whole))


def _sections(index: "Index", head: Head, position: int | None) -> tuple[Section, ...]:
    """The one section at a place, or all of the issue's."""
    if position is not None:
        section = index.section(head.key, position)
        return (section,) if section else ()
    issue = index.issue(head.key)
    return issue.sections if issue else ()


COMMANDS = {command.name: command for command in (search, show, why, export)}
