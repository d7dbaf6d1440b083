"""What a search says on standard error: words that were not found, and what was found instead."""

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from backissue.cli.output import complain, say
from backissue.render.presentation import counted

if TYPE_CHECKING:
    from backissue.index import Index
    from backissue.query import Query
    from backissue.records import Found, Undated


def diagnose(index: "Index", asked: "Query", answer: "Found") -> None:
    """Say on standard error which words were not found, and what was found instead."""
    for cut in index.searcher.cut_expansions(asked):
        say(f"“{cut.part}” stands for {cut.of:,} words; only the {cut.words:,} commonest count")
    if not answer.total:
        explain_nothing(index, asked, answer.suggestion, answer.undated)
        return
    if answer.undated:
        tell_undated(answer.undated)
    unknown = index.searcher.unmatched(asked)
    if answer.relaxed:
        message = f"no section has {_listed(unknown)}" if unknown else "no section has all of it"
        complain(f"{message}; these have some of the words", _better(answer.suggestion))
    elif unknown and not any(hit.instead for hit in answer.hits):
        complain(f"no section has {_listed(unknown)}", _better(answer.suggestion))
    if stand := dict.fromkeys(pair for hit in answer.hits for pair in hit.instead):
        say("also found: " + ", ".join(f"“{other}” for “{word}”" for word, other in stand))
    if answer.related_words:
        say(_related(asked, answer.related_words))


def _related(asked: "Query", words: Sequence[str]) -> str:
    """Words that the sections shown have in common, and what to type to ask for one of them."""
    more = shlex.quote(f"{asked} {words[0]}")
    return f"related words here: {', '.join(words)} (try: backissue search {more})"


def tell_undated(undated: "Undated") -> None:
    """Say on standard error what is left out because its day is not known."""
    sections = counted(undated.sections, "section")
    days = "day is" if undated.issues == 1 else "days are"
    say(
        f"left out {sections} of {counted(undated.issues, 'issue')} whose {days} not known; "
        f"to give a day: backissue set {undated.newest.id} date=YYYY-MM-DD"
    )


def explain_nothing(
    index: "Index", asked: "Query", suggestion: str | None, undated: "Undated | None"
) -> None:
    """Say why a search found nothing, and what to type instead."""
    if years := _years_meant(index, asked):
        complain(f"nothing found: no issue has the number {years}", f"for the year: date:{years}")
        return
    if undated:
        complain("nothing found that is surely of these days", None)
        tell_undated(undated)
        return
    unknown = index.searcher.unmatched(asked)
    hint = _better(suggestion)
    if hint is None and (block := index.searcher.blocking(asked)):
        hint = f"without {_listed(block.parts)}: {counted(block.total, 'section')}"
    if unknown:
        complain(f"nothing found: no section has {_listed(unknown)}", hint)
        return
    asks_words = bool(asked.wanted())
    complain("nothing found: no section has all of it" if asks_words else "nothing found", hint)


def _years_meant(index: "Index", asked: "Query") -> str | None:
    """The years that a query has as numbers of issues, if there are no such numbers."""
    from backissue.query import Numbers, conjuncts

    found = [node for node in conjuncts(asked.root) if isinstance(node, Numbers)]
    for node in found:
        ends = [end for end in (node.first, node.last) if end is not None]
        if all(1900 <= end < 2100 for end in ends):
            heads = index.shelf.heads()
            numbered = any(head.number in node for head in heads if head.number is not None)
            dated = any(head.date.year in node for head in heads if head.date)
            if dated and not numbered:
                return str(node).removeprefix("issue:")
    return None


def _better(suggestion: str | None) -> str | None:
    return f"did you mean: backissue search {shlex.quote(suggestion)}" if suggestion else None


def _listed(words: Iterable[str]) -> str:
    """Words in quotes; a phrase is quoted already."""
    return ", ".join(word if '"' in word else f"“{word}”" for word in words)
