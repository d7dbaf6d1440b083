"""What to say about an option that a command does not have: the option that you may have meant."""

from collections.abc import Iterable, Iterator
from shlex import quote

import click

from backissue.errors import UsageError, shown

_MOST = 3  # options in a hint

# Options of other programs, with those of this one that do the same. A command may lack them.
_HABITS = {
    "-l": ("-n",),
    "-k": ("-n",),
    "-m": ("-n",),
    "--limit": ("-n",),
    "--max": ("-n",),
    "--max-count": ("-n",),
    "--num": ("-n",),
    "--number": ("-n",),
    "--top": ("-n",),
    "--head": ("-n",),
    "--lines": ("-n",),
    "-A": ("-C",),
    "-B": ("-C",),
    "--context": ("-C",),
    "--lines-around": ("-C",),
    "-c": ("--count", "-C"),
    "-s": ("--sort",),
    "-S": ("--sort",),
    "-r": ("--sort",),
    "--order": ("--sort",),
    "--sort-by": ("--sort",),
    "--order-by": ("--sort",),
    "--reverse": ("--sort",),
    "-j": ("--json", "--jsonl"),
    "-J": ("--jsonl",),
    "--ndjson": ("--jsonl",),
    "-o": ("--format",),
    "--output": ("--format", "--json"),
    "--template": ("--format",),
    "--fields": ("--format",),
    "--columns": ("--format",),
    "--csv": ("--format", "--jsonl"),
    "-t": ("--kind",),
    "--type": ("--kind",),
    "--field": ("--in",),
    "--from": ("--since",),
    "--after": ("--since",),
    "--start": ("--since",),
    "--newer": ("--since",),
    "--date": ("--since", "--until"),
    "--to": ("--until",),
    "--before": ("--until",),
    "--end": ("--until",),
    "--older": ("--until",),
    "--newsletter": ("--publication",),
    "--exact": ("--strict", "--phrase"),
    "-x": ("--phrase",),
    "-F": ("--phrase",),
    "-z": ("-0",),
    "-Z": ("-0",),
    "--print0": ("-0",),
    "--null": ("-0",),
    "-e": ("--explain",),
    "--why": ("--explain",),
    "--brief": ("--ids",),
    "--numbers": ("--issue",),
    "--issues": ("--issue",),
    "-?": ("--help",),
    "-N": ("--dry-run", "-n"),
}

_FOLDERS = "a folder is read with all that is below it"
# Options that a command does not need, and what it does anyway or what to type instead.
_ELSEWHERE = {
    ("ingest", "-r"): _FOLDERS,
    ("ingest", "-R"): _FOLDERS,
    ("ingest", "--recursive"): _FOLDERS,
    ("ingest", "-n"): "to see what would happen: --dry-run",
    ("ingest", "-f"): "to bring back what you removed: --again",
    ("doctor", "--fix"): "doctor says for each problem what to type",
    ("doctor", "--repair"): "doctor says for each problem what to type",
    ("rebuild", "--force"): "rebuild always starts from the originals",
    ("rebuild", "-f"): "rebuild always starts from the originals",
    ("remove", "-f"): "to remove without being asked: --yes",
    ("remove", "--force"): "to remove without being asked: --yes",
    ("backup", "-o"): "name the file alone: backissue backup FILE",
    ("backup", "--output"): "name the file alone: backissue backup FILE",
    ("export", "-o"): "to write to a file: backissue export > FILE",
    ("export", "--output"): "to write to a file: backissue export > FILE",
}
_FACTS = frozenset({"publication", "number", "volume", "title", "date", "kind", "url", "subtitle"})


def no_option(
    context: click.Context, name: str, value: str = "", *, otherwise: str = ""
) -> UsageError:
    """The error for an option `name` that the command of `context` does not have.

    `value` is what follows it, and is repeated where the option you may have meant takes one.
    `otherwise` is one more thing to type, such as how to leave a word out of a query.
    """
    command = context.info_name or ""
    if instead := _ELSEWHERE.get((command, name)):
        return UsageError(f"{command} has no option {name}", hint=instead)
    if command == "set" and name.removeprefix("--") in _FACTS:
        fact = name.removeprefix("--")
        typed = f"{fact}={quote(value)}" if value else f"{fact}=VALUE"
        return UsageError(f"set has no option {name}", hint=f"write {typed}, without the dashes")
    near = list(_written(options_of(context), _near(name, options_of(context)), value))
    guess = f"did you mean {_either(near)}?" if near else f"see {context.command_path} --help"
    hint = f"{guess} {otherwise}" if near else f"{guess}; {otherwise}"
    typed = shown(name)
    return UsageError(f"{command} has no option {typed}", hint=hint if otherwise else guess)


def options_of(context: click.Context) -> dict[str, click.Option]:
    """The options of a command by each of their names."""
    return {
        name: option
        for option in context.command.get_params(context)
        if isinstance(option, click.Option)
        for name in option.opts
    }


def _near(name: str, known: Iterable[str]) -> list[str]:
    """The options of `known` that are most like `name`, the likeliest first."""
    if usual := [one for one in _HABITS.get(name, ()) if one in known]:
        return usual
    if name[1:].isdecimal():  # as `head -5` and `tail -5`
        return ["-n"] if "-n" in known else []
    if name.startswith("--"):
        from backissue.query.edit_distance import nearest

        near = nearest(name, known)
        return [near] if near else []
    if name.swapcase() in known:
        return [name.swapcase()]
    begun = [one for one in known if one.startswith(f"--{name[1:].lower()}")]
    return begun[:_MOST] if name[1:].isalpha() else []


def _written(options: dict[str, click.Option], names: Iterable[str], value: str) -> Iterator[str]:
    """Options as you would type them, with the value that you typed where it fits."""
    for name in names:
        option = options[name]
        yield f"{name} {shown(value)}" if not option.is_flag and _fits(option, value) else name


def _fits(option: click.Option, value: str) -> bool:
    if isinstance(option.type, click.Choice):
        return value in option.type.choices
    if isinstance(option.type, click.IntRange):
        return value.isascii() and value.isdigit()
    return bool(value) and not value.startswith("-")


def _either(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
