"""The error boundary: whatever a command meets, the user gets a sentence and an exit code."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO

import click

from backissue.cli.output import collecting, complain, say, show_collected
from backissue.errors import BackissueError, Exit, IndexUnusableError, cause


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and end the process with its exit code."""
    code = run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _hang_up()
    except OSError as error:
        code = _cannot_write(error)
    with suppress(OSError):
        sys.stderr.flush()
    # Python's own tear-down frees an index that the system frees faster.
    os._exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program on these arguments; its exit code. What a user can cause is no exception."""
    _open_streams()
    out = sys.stdout
    sys.stdout = repeatable = _Repeatable(collecting(out))
    try:
        try:
            result = _call(arguments, repeatable)
        finally:
            show_collected()
    except BackissueError as error:
        complain(error.message, error.hint)
        return error.exit_code
    except click.ClickException as error:
        return _misused(error, sys.argv[1:] if arguments is None else arguments)
    except (click.Abort, KeyboardInterrupt):
        say("interrupted; what was finished is kept")
        return Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Click makes an exit of a closed pipe, and of nothing else when it does not stand alone.
        return _hang_up()
    except OSError as error:
        return _cannot_write(error)
    finally:
        sys.stdout = out
    return result if isinstance(result, int) else Exit.OK


def _call(arguments: Sequence[str] | None, out: "_Repeatable") -> object:
    """Run the command. If it met damage in the index, rebuild the index and run it again."""
    from backissue.cli.app import app, rebuild_damaged

    try:
        return app.main(arguments, prog_name="backissue", standalone_mode=False)
    except IndexUnusableError as error:
        if error.archive is None:
            raise
        rebuild_damaged(error.archive, error)
    out.repeat()
    return app.main(arguments, prog_name="backissue", standalone_mode=False)


class _Repeatable:
    """Standard output for a command that may have to begin again: nothing is written twice.

    The same archive gives the same output, so what was written the first time is passed over.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._written = 0
        self._again = 0

    def write(self, text: str) -> int:
        fresh = text[self._again :]
        self._again -= len(text) - len(fresh)
        self._out.write(fresh)
        self._written += len(fresh)
        return len(text)

    def repeat(self) -> None:
        self._again = self._written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


def _open_streams() -> None:
    """Make the standard streams UTF-8, and where one was closed (`>&-`) a hole."""
    for name, errors in (("stdout", "surrogateescape"), ("stderr", "replace")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - to the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors=errors)


def _misused(error: click.ClickException, arguments: Sequence[str]) -> int:
    from backissue.cli.misuse import explained

    misuse = explained(error, arguments)
    complain(misuse.message, misuse.hint)
    return Exit.USAGE


def _hang_up() -> int:
    """The reader of our output has seen enough: that is no error."""
    # Whatever is still buffered would raise again when Python flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.OK


def _cannot_write(error: OSError) -> int:
    place = f" {error.filename}" if error.filename else ""
    complain(f"the system refused{place}: {cause(error)}", None)
    return Exit.USAGE
