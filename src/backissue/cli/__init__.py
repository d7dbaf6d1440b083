"""The command line: the only place that prints, exits or shows progress.

* `app`: the program, and its global options.
* `commands`: the table of its commands, with what each does.
* `boundary`: the error boundary: whatever a command meets, you get a sentence and an exit code.
* `output`: where output goes, and in which form.
* `typed`: the order of what you typed: global options, aliases, names from other programs.
* `paging`: standard output on a terminal, paged if it is long.
* `programs`: the pager, the editor, the browser: what a command that you chose means.
* `pages`: help pages that flow to the width of the terminal.
* `addresses`: which issue, section or publication you mean.
* `references`: several issues and sections: ranges, the newest, addresses on standard input.
* `spellings`: other ways to write an address.
* `recent`: the hits of the last search in each terminal.
* `ingesting`: ingest, rebuild.
* `correcting`: set.
* `removing`: remove, undo.
* `searching`: search.
* `dashes`: what an argument of search that begins with a dash means.
* `unknown_options`: the option that you may have meant, where a command has none of that name.
* `misuse`: arguments that a command cannot use, and what to type instead.
* `diagnosing`: what a search says about words it did not find.
* `omissions`: what a search says about text that is no part of the query.
* `related`: related, searches.
* `formatting`: the option --format of each list.
* `day_options`: the options that are days.
* `selecting`: which issues the arguments of a list mean: numbers, days, ranges, `last 5`.
* `listing`: issues, publications.
* `overview`: stats, and the program alone, without a command.
* `showing`: show, open, export.
* `whys`: why.
* `citing`: cite.
* `clipboard`: the clipboard of the terminal.
* `provenance`: repairs, and `show --provenance`.
* `keeping`: missing, log, backup, restore, doctor, verify.
* `helping`: fields, help.
* `configuring`: config, schema, completion.
* `completion`: what a shell offers at TAB.
"""

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and end the process with its exit code.

    `--complete` is how a shell asks what fits at TAB. It is answered here, before Click is loaded.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["--complete"]:
        from backissue.cli.completion import answering

        answering.answer(given[1:])
        sys.stdout.flush()
        os._exit(0)
    from backissue.cli.boundary import main as run

    run(arguments)


__all__ = ["main"]
