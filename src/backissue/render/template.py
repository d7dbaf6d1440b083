r"""Templates of `search --format`: `{id}\t{heading}`, with `{{` for a brace, `\t`, `\n`, `\0`."""

import re
from collections.abc import Callable, Mapping

from backissue.errors import UsageError
from backissue.records import Hit
from backissue.render.presentation import address, one_line

_VALUES: Mapping[str, Callable[[Hit], object]] = {
    "rank": lambda hit: hit.rank,
    "id": lambda hit: address(hit.issue, hit.section.position),
    "score": lambda hit: f"{hit.score:.4f}",
    "heading": lambda hit: hit.section.heading,
    "deck": lambda hit: hit.section.deck,
    "kind": lambda hit: hit.section.kind.value,
    "words": lambda hit: hit.section.words,
    "snippet": lambda hit: hit.snippet.text,
    "field": lambda hit: hit.snippet.field,
    "issue": lambda hit: hit.issue.id,
    "publication": lambda hit: hit.issue.publication,
    "number": lambda hit: hit.issue.number,
    "title": lambda hit: hit.issue.title,
    "date": lambda hit: hit.issue.date,
    "url": lambda hit: hit.issue.url,
}
NAMES = tuple(_VALUES)
_SLOT = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\\([tn0\\])|([{}])")
_ESCAPES = {"t": "\t", "n": "\n", "0": "\0", "\\": "\\"}


def check(template: str) -> None:
    """Raise `UsageError` for a template that cannot be filled."""
    for match in _SLOT.finditer(template):
        if match[3]:
            raise UsageError(
                f"a lone {match[3]} in the template (column {match.start() + 1})",
                hint="write {{ or }} for a brace",
            )
        if match[1] is not None and match[1] not in _VALUES:
            raise UsageError(f"no “{{{match[1]}}}” in a hit", hint=f"there are {', '.join(NAMES)}")


def filled(template: str, hit: Hit) -> str:
    """A checked template with the values of a hit; what is absent is empty."""
    return _SLOT.sub(lambda match: _slot(match, hit), template)


def _slot(match: re.Match[str], hit: Hit) -> str:
    if match[1] is not None:
        value = _VALUES[match[1]](hit)
        return "" if value is None else one_line(str(value))
    return _ESCAPES[match[2]] if match[2] else match[0][0]
