"""Corrections of what the archive knows about an issue: set."""

import re
import shlex
from collections.abc import Sequence
from datetime import date
from itertools import takewhile
from typing import TYPE_CHECKING

import click

from backissue.cli.addresses import note_longer_addresses, note_shared_numbers
from backissue.cli.app import Settings, as_typed, examples, forms, pass_settings
from backissue.cli.ingesting import tell
from backissue.cli.output import say
from backissue.cli.references import resolve_all
from backissue.errors import UsageError
from backissue.records import DraftRef, Facts, Head, Issue

if TYPE_CHECKING:
    from backissue.index import Index

_FACT = re.compile(r"\s*\w+\s*=")
# What two issues may have in common.
_OF_SEVERAL = frozenset({"publication", "kind"})


@examples(
    "backissue set situational-awareness kind=notes",
    "backissue set 396 date=2025-01-20 title='$80bn on AI infrastructure'",
    "backissue set 396 date='20 Jan 2025'",
    "backissue set 396 date=",
    "backissue set @1 number=395",
    "backissue set 386 387 publication='Import AI'",
)
@click.command("set")
@click.argument("ref", metavar="REF…")
@click.argument("fact", nargs=-1, required=True, metavar="KEY=VALUE…")
@forms("json")
@pass_settings
def set_(settings: Settings, ref: str, fact: tuple[str, ...]) -> int:
    """Correct an issue's number, title, date, publication, kind or address (url).

    KEY= removes your correction. The originals stay as they are; only the records change. If that
    changes the issue's address, or makes it part of another issue, standard error says so.
    """
    from backissue.archive import ingestion

    refs, words = _apart([as_typed(ref), *map(as_typed, fact)])
    facts, unsaid = _facts(words)
    with settings.index() as index:
        named = resolve_all(settings, index, refs)
        if named.code:  # one of several is wrong, and may be a slip
            say("nothing was changed")
            return named.code
        keys = dict.fromkeys(head.key for head, _ in named.places)
        issues = [issue for key in keys if (issue := index.shelf.issue(key))]
        held = frozenset(head.key for head in index.shelf.heads())
    if len(issues) > 1:
        _check_shared(facts, issues)
    drafts = [draft for issue in issues for draft in issue.drafts]
    report = ingestion.set_facts(settings.folder, drafts, facts, unsaid, [*refs, *words])
    code = tell(settings, report)
    with settings.index() as index:
        for issue in issues:
            _say_new_address(index, issue, held)
        note_longer_addresses(index, report)
        note_shared_numbers(index, report)
    return code


def _apart(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The addresses, and the facts behind them."""
    refs = list(takewhile(lambda word: not _FACT.match(word), words))
    facts = list(words[len(refs) :])
    if not refs:
        hint = f"such as backissue set 395 {words[0]}"
        raise UsageError("no address before the facts", hint=hint)
    if not facts:  # what follows the name of one was meant to be one, or else the last word
        names = [at for at, word in enumerate(refs) if at and word.lower() in _names()]
        at = names[0] if names else -1
        refs, facts = refs[:at], refs[at:]
    return refs, facts


def _names() -> tuple[str, ...]:
    """The names of facts."""
    from backissue.ingest.identity import NAMES

    return NAMES


def _no_fact(words: Sequence[str]) -> UsageError:
    """The error for a word that is not `KEY=VALUE`, and is followed by the rest of `words`."""
    name = words[0].lower()
    hint = f"keys are {', '.join(_names())}"
    if name in _names():
        value = next((one for one in words[1:] if one != "="), None)
        hint = f"write {name}={'VALUE' if value is None else shlex.quote(value)}"
    return UsageError(f"“{words[0]}” is not KEY=VALUE", hint=hint)


def _facts(words: Sequence[str]) -> tuple[Facts, frozenset[str]]:
    """The facts that `KEY=VALUE` words give, and the names of those they remove."""
    from backissue.ingest.identity import check, overlay
    from backissue.text.spans import one_day

    facts, unsaid = Facts(), set()
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise _no_fact(words[at:])
        if name == "date" and value:
            value = one_day("date", value, date.today()).isoformat()
        facts = overlay(facts, check(name, value))
        if not value:
            unsaid.add(name)
    return facts, frozenset(unsaid)


def _check_shared(facts: Facts, issues: Sequence[Issue]) -> None:
    """Raise `UsageError` for a fact that is true of one issue only."""
    from backissue.ingest.identity import to_plain

    single = [name for name in to_plain(facts) if name not in _OF_SEVERAL]
    if single:
        ids = " and ".join(issue.head.id for issue in issues)
        verb = "is" if len(single) == 1 else "are"
        raise UsageError(
            f"{' and '.join(single)} {verb} for one issue, and these are several: {ids}",
            hint="name one issue",
        )


def _say_new_address(index: "Index", before: Issue, held: frozenset[str]) -> None:
    """Say what became of an issue's address, if that changed. `held` has all keys from before."""
    after = _holding(index, before.drafts)
    if not after or [head.key for head in after] == [before.head.key]:
        return
    old, new = before.head.id, " and ".join(head.id for head in after)
    if old == new:  # in another publication
        old, new = before.head.key, " and ".join(head.key for head in after)
    joined = [head for head in after if head.key in held - {before.head.key}]
    if joined and len(after) == 1:
        say(f"{old} is now part of {new}, which was in the archive before")
    elif joined:
        say(f"{old} is now {new}; part of that was in the archive before")
    else:
        say(f"{old} is now {new}")


def _holding(index: "Index", drafts: Sequence[DraftRef]) -> list[Head]:
    """The issues that have these drafts now."""
    wanted = {(draft.source, draft.place) for draft in drafts}
    return [
        issue.head
        for key in sorted(index.ledger.holding({draft.source for draft in drafts}))
        if (issue := index.shelf.issue(key))
        and any((draft.source, draft.place) in wanted for draft in issue.drafts)
    ]


COMMANDS = {command.name: command for command in (set_,)}
