"""Programs that you chose: the pager, the editor, the browser, each with options if you like.

A command is read as a shell reads it. What a source says never becomes part of one: a pager gets
text, an editor the name of your configuration file, and a browser one address.
"""

import os
import re
import shlex
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from backissue.errors import NothingFoundError, UsageError, shown

SHELL = "/bin/sh"
# What only a shell understands: more than a program and its options.
_FOR_SHELL = re.compile(r"[|&;<>()$`*?\[#~]|^\s*\w+=")
_EDITORS = ("sensible-editor", "vim", "nano")
# What an address may have, and a shell reads in quotes: BROWSER may be `sh -c 'lynx "%s"'`.
_IN_QUOTES = {"$": "%24", "'": "%27"}


def words_of(command: str) -> list[str]:
    """A command's program and arguments; a shell, where only a shell understands the command."""
    with suppress(ValueError):
        words = shlex.split(command)
        if words and not _FOR_SHELL.search(command):
            return words
    return [SHELL, "-c", command]


def edit(file: Path) -> None:
    """Open a file in your editor, and wait for it. Raises `UsageError` where that fails."""
    editor = _editor()
    words = words_of(editor)
    if words[0] == SHELL:  # as git does
        words = [SHELL, "-c", f'{editor} "$@"', editor]
    try:
        failed = subprocess.call([*words, str(file)]) != 0  # noqa: S603  # what you chose
    except OSError:
        failed = True
    if failed:
        what = f"the editor “{shown(editor)}” failed, and {file} may be as it was"
        raise UsageError(what, hint="set EDITOR to another, or open the file yourself")


def _editor() -> str:
    for name in ("VISUAL", "EDITOR"):
        if (chosen := os.environ.get(name, "")).strip():
            return chosen
    return next(filter(shutil.which, _EDITORS), "vi")


def browse(url: str) -> None:
    """Open an address in your browser. Raises `NothingFoundError` where there is none.

    $BROWSER has commands, tried in turn, with colons between them. The address is in the place of
    `%s`, or comes last. With ` &` at its end a command is not waited for.
    """
    # Python's `webbrowser` fails for a blank or an open quote in it, and takes no options.
    commands = os.environ.pop("BROWSER", "").split(os.pathsep)
    import webbrowser

    for sign, spelt in _IN_QUOTES.items():
        url = url.replace(sign, spelt)
    if any(_opened(command, url) for command in commands) or webbrowser.open(url):
        return
    raise NothingFoundError("no browser to open it with", hint="set BROWSER, or use --print")


def _opened(command: str, url: str) -> bool:
    """Whether one of the commands in $BROWSER opened the address."""
    import webbrowser

    try:
        # A program's path may have blanks, as Python takes it.
        words = [command] if shutil.which(command) else shlex.split(command)
    except ValueError:
        what = f"BROWSER cannot be read: “{shown(command)}” has a quote that is not closed"
        raise UsageError(what, hint="such as BROWSER='firefox --new-window'") from None
    if not words or not words[0].strip():
        return False
    if len(words) == 1 and "%s" not in command:
        with suppress(webbrowser.Error):  # it knows how to talk to some of them by name
            return webbrowser.get(words[0]).open(url)
    waits = words[-1:] != ["&"]
    words = words if waits else words[:-1]
    if "%s" not in command:
        words = [*words, "%s"]
    words = [word.replace("%s", url) for word in words]
    try:
        browser = subprocess.Popen(words, start_new_session=not waits)  # noqa: S603  # your own
    except OSError:
        return False
    return browser.wait() == 0 if waits else not browser.poll()
