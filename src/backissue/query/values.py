"""What stands behind `issue:`, `date:` and `kind:`, and behind options that say the same."""

import re
from datetime import date

from backissue.errors import QueryError, UsageError
from backissue.query.edit_distance import nearest
from backissue.query.nodes import KINDS, Address, And, Dates, Field, Kind, Node, Numbers, Query
from backissue.text import spans


class BadValueError(Exception):
    """A value that does not fit its field; whoever asked for it knows the column, if any."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def wrong(message: str, column: int, hint: str) -> QueryError:
    """A query error; made here so that all of them have a column and a hint."""
    return QueryError(message, column=column, hint=hint)


def shown(text: str) -> str:
    """`text` fit for a message: at most 40 characters, all of them printable."""
    clean = "".join(char if char.isprintable() else "�" for char in text)
    return clean if len(clean) <= 40 else clean[:39] + "…"


_NUMBER = re.compile(r"\d{1,9}")
_ADDRESS = re.compile(r"[^\W_][\w./-]*")
_DATE_FORMS = f"write {spans.FORMS}, or a range: 2024-11..2025-01, 2024-11.. or ..2024-11"


def known_value(text: str, field: Field, column: int) -> Node:
    """What `text` says behind the colon of `field`, one of those that are not text."""
    value = text.strip().lower()
    try:
        if field is Field.ISSUE:
            return _issues(value)
        return _dates(value) if field is Field.DATE else _kind(value)
    except BadValueError as bad:
        raise wrong(bad.message, column, bad.hint) from None


def parse_range(text: str) -> Numbers | Dates:
    """The range `text` says: `395`, `386..396`, `390..` or `..390`, both ends included.

    With months it is one of days: `2024-11..2025-01`, `nov 2024`, `2024-12-23`. Raises UsageError
    for anything else.
    """
    try:
        said = text.strip()
        return _dates(said) if spans.speaks_of_days(said) else _numbers(said)
    except BadValueError as bad:
        raise UsageError(bad.message, hint=bad.hint) from None


def _numbers(text: str) -> Numbers:
    first, last = _ends(text)
    for end in (first, last):
        if end and not (_NUMBER.fullmatch(end) and end.isascii()):
            raise BadValueError(
                f"“{shown(text)}” is not a range of issue numbers",
                "write 395, 386..396, 390.. or ..390",
            )
    low, high = (int(end) if end else None for end in (first, last))
    if low is not None and high is not None and low > high:
        raise BadValueError(f"“{shown(text)}” runs backwards", f"write {high}..{low}")
    return Numbers(first=low, last=high)


def _ends(text: str) -> tuple[str, str]:
    first, dots, last = text.partition("..")
    if text and not dots:
        return text, text
    if not (first or last):
        raise BadValueError("a range needs at least one end", "write first.., ..last or both")
    return first, last


def _issues(text: str) -> Numbers | Address:
    if ".." in text or (text.isascii() and _NUMBER.fullmatch(text)):
        return _numbers(text)
    if re.fullmatch(r"\d+-\d+", text):
        raise BadValueError(
            f"“{shown(text)}” is not a range", f"write issue:{text.replace('-', '..')}"
        )
    if re.fullmatch(r".*[^.]\.\d+", text):
        whole = text.rpartition(".")[0]
        raise BadValueError(
            f"“{shown(text)}” is the address of a section", f"write issue:{shown(whole)}"
        )
    if not _ADDRESS.fullmatch(text):
        raise BadValueError(
            f"“{shown(text)}” is not an issue", "write issue:395, issue:390..395 or issue:slug"
        )
    return Address(text=text)


def _dates(text: str) -> Dates:
    first, last = _ends(text)
    try:
        low = spans.span(first)[0] if first else None
        high = spans.span(last)[1] if last else None
    except ValueError:
        hint = _DATE_FORMS
        if _reads_as_past(text):
            hint = f"that is for an option: --since '{shown(text)}'; here {_DATE_FORMS}"
        raise BadValueError(f"“{shown(text)}” is not a date or a range of dates", hint) from None
    if low and high and low > high:
        raise BadValueError(f"“{shown(text)}” runs backwards", f"write {last}..{first}")
    return Dates(first=low, last=high)


def _reads_as_past(text: str) -> bool:
    try:
        spans.since(text, date(2025, 1, 1))
    except ValueError:
        return False
    return True


def _kind(text: str) -> Kind:
    if text in KINDS:
        return Kind(value=text)
    near = nearest(text, KINDS)
    raise BadValueError(
        f"no kind “{shown(text)}”",
        (f"did you mean {near}? " if near else "") + f"kinds: {', '.join(KINDS)}",
    )


def parse_since(text: str, *, today: date | None = None) -> Dates:
    """The days from what `text` says on: `3 months ago`, `2 weeks`, `yesterday`, `2024-11`, `2024`.

    `today` is the day it is counted back from, if not the clock's. Raises UsageError for anything
    else.
    """
    return Dates(first=_said_day("since", text, today)[0], last=None)


def parse_until(text: str, *, today: date | None = None) -> Dates:
    """The days up to what `text` says, that included: all of November for `2024-11`.

    Otherwise as `parse_since`.
    """
    return Dates(first=None, last=_said_day("until", text, today)[1])


def _said_day(option: str, text: str, today: date | None) -> tuple[date, date]:
    try:
        return spans.span(text)
    except ValueError:
        pass
    try:
        day = spans.since(text, today or date.today())
    except ValueError:
        raise UsageError(
            f"“{shown(text)}” is not a time for --{option}",
            hint=f"write “3 months ago”, “2 weeks”, yesterday, {spans.FORMS}",
        ) from None
    return day, day


def restrict(
    query: Query,
    *,
    issue: str | None = None,
    kind: str | None = None,
    publication: str | None = None,
    days: tuple[Dates, ...] = (),
) -> Query:
    """`query` among the issues, kinds, publication or days that the options name; its source stays.

    The publication is named by its short name (`import-ai`); `days` are what `parse_since` and
    `parse_until` give.

    Raises UsageError for a value that does not fit.
    """
    extra: list[Node] = []
    try:
        if issue is not None:
            extra.append(_issues(issue.strip().lower()))
        if kind is not None:
            extra.append(_kind(kind.strip().lower()))
    except BadValueError as bad:
        raise UsageError(bad.message, hint=bad.hint) from None
    if publication is not None:
        extra.append(Address(text=f"{publication}/"))
    extra += days
    if not extra:
        return query
    root = query.root.nodes if isinstance(query.root, And) else (query.root,)
    return Query(source=query.source, root=And(nodes=(*root, *extra)))
