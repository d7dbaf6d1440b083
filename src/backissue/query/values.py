"""What follows `issue:`, `date:` and `kind:`, and what the options that narrow a search say.

Raises UsageError for a value that does not fit, with what to write instead.
"""

import re
from datetime import date

from msgspec.structs import replace

from backissue.errors import UsageError, shown
from backissue.query.edit_distance import nearest
from backissue.query.nodes import (
    KINDS,
    TEXT_FIELDS,
    Address,
    And,
    Dates,
    Field,
    Kind,
    Node,
    Numbers,
    Query,
)
from backissue.query.refusals import wrong
from backissue.text import spans

_NUMBER = re.compile(r"[0-9]{1,9}")
_ADDRESS = re.compile(r"[^\W_][\w./-]*")
_DATE_FORMS = f"write {spans.FORMS}, or a range: 2024-11..2025-01, 2024-11.. or ..2024-11"


def known_value(text: str, field: Field, column: int | None = None) -> Node:
    """What `text` says after the colon of `field`, which is issue, date or kind.

    Raises QueryError instead of UsageError for a value at a `column` of a query.

    >>> from backissue.query import Field
    >>> str(known_value("390..395", Field.ISSUE))
    'issue:390..395'
    """
    value = text.strip().lower()
    try:
        if field is Field.ISSUE:
            return _issues(value)
        return _dates(value) if field is Field.DATE else _kind(value)
    except UsageError as error:
        if column is None:
            raise
        raise wrong(error.message, column, error.hint or "write another value") from None


def text_field(name: str) -> Field:
    """The field of text of this name. Raises UsageError if there is none."""
    known = {field.value: field for field in TEXT_FIELDS}
    if name.lower() in known:
        return known[name.lower()]
    near = nearest(name.lower(), known)
    guess = f"did you mean {near}? " if near else ""
    raise UsageError(
        f"no text field “{shown(name)}” to search in",
        hint=f"{guess}fields: {', '.join(known)}",
    )


def parse_range(text: str) -> Numbers | Dates:
    """The range `text` says: `395`, `386..396`, `390..` or `..390`, both ends included.

    With months it is a range of days: `2024-11..2025-01`, `nov 2024`, `2024-12-23`.

    >>> parse_range("386..396")
    Numbers(first=386, last=396)
    """
    said = text.strip()
    return _dates(said) if spans.speaks_of_days(said) else _numbers(said)


def _numbers(text: str) -> Numbers:
    first, last = _ends(text)
    for end in (first, last):
        if end and not _NUMBER.fullmatch(end):
            raise UsageError(
                f"“{shown(text)}” is not a range of issue numbers",
                hint="write 395, 386..396, 390.. or ..390",
            )
    low, high = (int(end) if end else None for end in (first, last))
    if low is not None and high is not None and low > high:
        raise UsageError(f"“{shown(text)}” runs backwards", hint=f"write {high}..{low}")
    return Numbers(first=low, last=high)


def _ends(text: str) -> tuple[str, str]:
    first, dots, last = text.partition("..")
    if text and not dots:
        return text, text
    if not (first or last):
        raise UsageError("a range needs at least one end", hint="write first.., ..last or both")
    return first, last


# `15.28` is number 28 of volume 15, or else section 28 of issue 15: the index knows.
VOLUME_ADDRESS = re.compile(r"(?:[\w-]+/)?\d{1,6}\.\d{1,6}")


def _issues(text: str) -> Numbers | Address:
    if ".." in text or _NUMBER.fullmatch(text):
        return _numbers(text)
    if re.fullmatch(r"\d+-\d+", text):
        hint = f"write issue:{text.replace('-', '..')}"
        raise UsageError(f"“{shown(text)}” is not a range", hint=hint)
    if re.fullmatch(r".*[^.]\.\d+", text) and not VOLUME_ADDRESS.fullmatch(text):
        hint = f"write issue:{shown(text.rpartition('.')[0])}"
        raise UsageError(f"“{shown(text)}” is the address of a section", hint=hint)
    if not _ADDRESS.fullmatch(text):
        hint = "write issue:395, issue:390..395 or issue:slug"
        raise UsageError(f"“{shown(text)}” is not an issue", hint=hint)
    return Address(text=text)


def _dates(text: str) -> Dates:
    first, last = _ends(text)
    try:
        low = spans.span(first)[0] if first else None
        high = spans.span(last)[1] if last else None
    except ValueError:
        hint = _DATE_FORMS
        if _is_past(text):
            hint = f"that is for an option: --since '{shown(text)}'; here {_DATE_FORMS}"
        raise UsageError(f"“{shown(text)}” is not a date or a range of dates", hint=hint) from None
    if low and high and low > high:
        raise UsageError(f"“{shown(text)}” runs backwards", hint=f"write {last}..{first}")
    return Dates(first=low, last=high)


def _is_past(text: str) -> bool:
    """Whether `text` says how long ago, as `3 months ago` does."""
    try:
        spans.since(text, date(2025, 1, 1))
    except ValueError:
        return False
    return True


def _kind(text: str) -> Kind:
    if text in KINDS:
        return Kind(value=text)
    near = nearest(text, KINDS)
    guess = f"did you mean {near}? " if near else ""
    raise UsageError(f"no kind “{shown(text)}”", hint=f"{guess}kinds: {', '.join(KINDS)}")


def parse_since(text: str, *, today: date | None = None) -> Dates:
    """The days from `text` on: `3 months ago`, `2 weeks`, `yesterday`, `2024-11`, `2024`.

    `today` is the day to count back from, if not the clock's.

    >>> str(parse_since("2 weeks ago", today=date(2025, 1, 20)))
    'date:2025-01-06..'
    """
    return Dates(first=_said_day("since", text, today)[0], last=None)


def parse_until(text: str, *, today: date | None = None) -> Dates:
    """The days up to and with `text`: all of November for `2024-11`. Otherwise as `parse_since`.

    >>> str(parse_until("2024-11"))
    'date:..2024-11-30'
    """
    return Dates(first=None, last=_said_day("until", text, today)[1])


def between(since: str | None, until: str | None) -> Dates | None:
    """The days that `--since` and `--until` allow together; None where neither is given.

    Raises UsageError if the first is after the last.
    """
    first = None if since is None else parse_since(since).first
    last = None if until is None else parse_until(until).last
    if first and last and first > last:
        raise UsageError(f"--since {since} is after --until {until}", hint="swap them")
    return Dates(first=first, last=last) if first or last else None


def _said_day(option: str, text: str, today: date | None) -> tuple[date, date]:
    try:
        found = spans.span_of(text, today or date.today())
    except ValueError:
        raise UsageError(
            f"“{shown(text)}” is not a time for --{option}",
            hint=f"write {spans.FORMS}, {spans.PAST_FORMS}",
        ) from None
    # `last week` is a day a week ago for --since and for --until.
    return found.first, found.first if found.until_now else found.last


def restrict(
    query: Query,
    *,
    issue: str | None = None,
    kind: str | None = None,
    publication: str | None = None,
    days: tuple[Dates, ...] = (),
) -> Query:
    """`query` among these issues, kinds, publication and days only; its source stays.

    `publication` is a short name (`import-ai`); `days` are what `parse_since` and `parse_until`
    return.
    """
    extra: list[Node] = []
    if issue is not None:
        extra.append(_issues(issue.strip().lower()))
    if kind is not None:
        extra.append(_kind(kind.strip().lower()))
    if publication is not None:
        extra.append(Address(text=f"{publication}/"))
    extra += days
    if not extra:
        return query
    root = query.root.nodes if isinstance(query.root, And) else (query.root,)
    nodes = (*root, *extra)
    return replace(query, root=nodes[0] if len(nodes) == 1 else And(nodes=nodes))
