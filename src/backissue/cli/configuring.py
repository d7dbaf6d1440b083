"""The commands about the program: schema, completion."""

import sys
from importlib.resources import files

import click

from backissue.cli.app import Settings, examples, pass_settings

_SHELLS = ("bash", "zsh", "fish")


@examples("backissue schema", "backissue schema > backissue.schema.json")
@click.command(short_help="Print the JSON Schema of --json and --jsonl.")
@pass_settings
def schema(settings: Settings) -> None:
    """Print the JSON Schema that everything written with --json and --jsonl follows.

    Within schema 1, keys are added, but none is removed or changes its meaning.
    """
    del settings
    page = files("backissue.render").joinpath("output-schema.json")
    sys.stdout.write(page.read_text(encoding="utf-8"))


@examples(
    'eval "$(backissue completion bash)"',
    "source <(backissue completion zsh)",
    "backissue completion fish > ~/.config/fish/completions/backissue.fish",
)
@click.command(short_help="Print what completes commands at TAB in your shell.")
@click.argument("shell", type=click.Choice(_SHELLS))
@pass_settings
def completion(settings: Settings, shell: str) -> None:
    """Print a script by which bash, zsh or fish completes what you type at TAB.

    It completes commands, options, addresses with their headings, @1 and the other hits of the
    last search, publications, fields of the query, saved searches, help topics and your aliases.

    \b
    bash  put the first line below into ~/.bashrc
    zsh   put the second line into ~/.zshrc, below compinit
    fish  type the third line once
    """  # noqa: D301  # \b is an escape, by which Click leaves lines as they are
    del settings
    script = files("backissue.cli").joinpath(f"completion.{shell}")
    sys.stdout.write(script.read_text(encoding="utf-8"))


COMMANDS = {command.name: command for command in (schema, completion)}
