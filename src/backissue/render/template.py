r"""Templates of `--format`: `{id}\t{heading:40}`, with `{{` for a brace, `\t`, `\n`, `\0`.

A field can have a width in cells: `{heading:40}` on the left, `{words:>6}` on the right.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from backissue.errors import UsageError, shown
from backissue.render.cells import fitted
from backissue.render.presentation import clean, one_line

Fields = Mapping[str, Callable[[Any], object]]

_SLOT = re.compile(r"\{\{|\}\}|\{(?P<slot>[^{}]*)\}|\\(?P<escape>[tn0\\])|(?P<lone>[{}])")
_FIELD = re.compile(r"(?P<name>[^:]*)(?::(?P<align>[<>^]?)(?P<width>[1-9]\d{0,2}))?", re.ASCII)
_ESCAPES = {"t": "\t", "n": "\n", "0": "\0", "\\": "\\"}
# Fields that keep their lines.
_OF_LINES = frozenset({"markdown"})


def check(template: str, fields: Fields, what: str) -> None:
    """Raise `UsageError` for a template that cannot be filled; `what` is `a hit`, `an issue`."""
    for match in _SLOT.finditer(template):
        if match["lone"]:
            raise UsageError(
                f"a lone {match['lone']} in the template (column {match.start() + 1})",
                hint="write {{ or }} for a brace",
            )
        if match["slot"] is None:
            continue
        field = _FIELD.fullmatch(match["slot"])
        name = field["name"] if field else match["slot"].partition(":")[0]
        if name not in fields:
            raise _unknown(name, fields, what)
        if field is None:
            raise UsageError(
                f"no width in “{{{shown(match['slot'])}}}”",
                hint=f"write {{{name}:40}}, or {{{name}:>40}} for the right",
            )


def _unknown(name: str, fields: Fields, what: str) -> UsageError:
    from backissue.query.edit_distance import nearest  # noqa: PLC0415 - rarely needed

    near = nearest(name, fields)
    guess = f"did you mean {{{near}}}? " if near else ""
    return UsageError(
        f"no “{{{shown(name)}}}” in {what}", hint=f"{guess}there are {', '.join(fields)}"
    )


def filled(template: str, item: object, fields: Fields) -> str:
    """A checked template with the values of an item; what is absent is empty."""

    def value(match: re.Match[str]) -> str:
        if match["slot"] is None:
            return _ESCAPES[match["escape"]] if match["escape"] else match[0][0]
        field = _FIELD.fullmatch(match["slot"])
        assert field is not None  # noqa: S101  # for the type checker: the template was checked
        found = fields[field["name"]](item)
        text = "" if found is None else str(found)
        if field["width"]:
            return fitted(one_line(text), int(field["width"]), field["align"] or "<")
        return clean(text) if field["name"] in _OF_LINES else one_line(text)

    return _SLOT.sub(value, template)
