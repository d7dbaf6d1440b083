"""The command line: the only place that prints, exits or shows progress.

* `app`: the program, its global options, and the table of its commands.
* `boundary`: the error boundary: whatever a command meets, you get a sentence and an exit code.
* `output`: where output goes, and in which form.
* `typed`: the order of what you typed: global options, aliases, names from other programs.
* `paging`: standard output on a terminal, paged if it is long.
* `addresses`: which issue, section or publication you mean.
* `references`: several issues and sections: ranges, the newest, addresses on standard input.
* `spellings`: other ways to write an address.
* `recent`: the hits of the last search in each terminal.
* `ingesting`: ingest, set, rebuild.
* `removing`: remove.
* `searching`: search.
* `dashes`: what an argument of search that begins with a dash means.
* `unknown_options`: the option that you may have meant, where a command has none of that name.
* `diagnosing`: what a search says about words it did not find.
* `related`: related, searches.
* `listing`: issues, publications.
* `overview`: stats, and the program alone, without a command.
* `showing`: show, why, open, export.
* `provenance`: repairs, and `show --provenance`.
* `keeping`: missing, log, backup, restore, doctor, verify.
* `helping`: fields, help.
"""

from backissue.cli.boundary import main

__all__ = ["main"]
