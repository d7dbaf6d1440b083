"""The option `--format` of each list, and the lines that it writes."""

import sys
from collections.abc import Callable, Iterable

import click

from backissue.cli.app import Decorated, Settings
from backissue.render.listed import Listed
from backissue.render.template import check, filled

_NUL = "backissue.nul"  # where a context keeps whether NUL ends each item


def format_option(listed: Listed, *, nul: bool = True) -> Callable[[Decorated], Decorated]:
    """The option `--format`, as the parameter `template`; with `nul`, also the option `-0`."""
    names = ", ".join(listed.fields)

    def checked(context: click.Context, option: click.Parameter, typed: str | None) -> str | None:
        del context, option
        if typed is not None:
            check(typed, listed.fields, listed.what)
        return typed

    def put(command: Decorated) -> Decorated:
        if nul:
            command = click.option(
                "-0",
                "nul",
                is_flag=True,
                expose_value=False,
                callback=_keep_nul,
                help="With --format: end each item with NUL.",
            )(command)
        return click.option(
            "--format",
            "template",
            metavar="TEMPLATE",
            callback=checked,
            help=f"Write a line each: '{{id}}\\t{{{_example(listed)}:40}}'. Names: {names}.",
        )(command)

    return put


def _example(listed: Listed) -> str:
    """A field that is usually long."""
    names = list(listed.fields)
    return next(name for name in ("heading", "title", names[1]) if name in names)


def _keep_nul(context: click.Context, option: click.Parameter, chosen: bool) -> None:
    del option
    context.meta[_NUL] = chosen


def write_formatted(
    settings: Settings, template: str | None, listed: Listed, items: Iterable[object]
) -> bool:
    """Whether there is a template for these items, which are then written; JSON needs none."""
    if template is None or settings.json or settings.jsonl:
        return False
    end = "\0" if click.get_current_context().meta.get(_NUL) else "\n"
    for item in items:
        sys.stdout.write(filled(template, item, listed.fields) + end)
    return True
