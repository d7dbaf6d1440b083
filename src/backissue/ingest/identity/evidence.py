"""Evidence of which issue a text is, and the one table that says which evidence is trusted.

Readers and the parser of first lines report what they find, each with its kind; `decide` takes, for
each fact, the evidence whose kind comes first in `TRUST`.
"""

import datetime
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import partial
from typing import Any

from backissue.errors import UsageError
from backissue.records import NO_FACTS, Facts, IssueKind
from backissue.text.prose import squeeze

NAMES = tuple(field.name for field in fields(Facts))
# A line of a provenance table; a title is seldom longer.
_LONGEST_TEXT = 200


class EvidenceKind(Enum):
    """Where a piece of evidence was found."""

    SET = "set"
    OWNER = "option or catalog"
    TITLE_LINE = "title line"
    ISSUE_LINE = "issue line"
    DAY_LINE = "day line"
    NAME_LINE = "name line"
    VOLUME_LINE = "volume line"
    HEADING = "heading"
    GREETING = "greeting"
    CARRIER_TITLE_LINE = "carrier's title line"
    CARRIER_TITLE = "carrier's title"
    EXPORT_INDEX = "export index"
    EXPORT_RECORD = "export record"
    FRONT_MATTER = "front matter"
    FRONT_MATTER_TITLE = "front matter title"
    FRONT_MATTER_ADDRESS = "front matter address"
    SENDER_FOR = "sender for a publication"
    SHARED_NAME = "name shared with the text"
    LIST_TAG = "list tag"
    SUBJECT_VOLUME = "subject with a volume"
    SENDER_ADDRESS = "sender named as the address"
    SUBJECT_DAY = "subject with a day"
    LIST_ID = "List-Id"
    SUBJECT_NAME = "subject that is a name"
    SENDER = "From"
    SUBJECT = "Subject"
    OUTER_SUBJECT = "outer Subject"
    DATE_FIELD = "Date"
    MAIL_ADDRESS = "mail archive address"
    BODY_LINK = "link to the web version"
    ENTRY = "feed entry"
    ENTRY_SOURCE = "feed entry's source"
    FEED_TITLE = "feed title"
    OG_SITE_NAME = "og:site_name"
    PART_OF = "JSON-LD isPartOf"
    PUBLISHER = "JSON-LD publisher"
    PAGE_TITLE = "page title"
    APPLICATION_NAME = "application-name"
    FEED_LINK = "feed link"
    PAGE_HEAD = "page head"
    QUOTATION_LINE = "line above a quotation"
    SUBTITLE_LINE = "subtitle line"
    SNAPSHOT = "snapshot location"
    FILE_NAME = "file name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of evidence: `value` is what it says of `fact`, `text` what was found, as written.

    `fact` is the name of a field of `Facts`, and `value` has that field's type.
    """

    kind: EvidenceKind
    fact: str
    value: str | int | datetime.date | IssueKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The facts that evidence supports, and the evidence that won: one piece for each fact."""

    facts: Facts = NO_FACTS
    evidence: tuple[Evidence, ...] = ()


NO_DECISION = Decision()

OWNERS = (EvidenceKind.SET, EvidenceKind.OWNER)


def _kinds(names: str) -> tuple[EvidenceKind, ...]:
    """Your own facts, and then these kinds of evidence."""
    return (*OWNERS, *(EvidenceKind(squeeze(name)) for name in names.split(",")))


_NUMBERED = (
    "title line, front matter, carrier's title line, carrier's title, issue line, volume line"
)
# For each fact the kinds of evidence, the most trusted first. Explained in docs/ingest.md.
TRUST: Mapping[str, tuple[EvidenceKind, ...]] = {
    "publication": _kinds(
        """
        issue line, title line, name line, greeting, carrier's title line, export index,
        export record, front matter, sender for a publication, name shared with the text,
        list tag, subject with a volume, sender named as the address, subject with a day,
        List-Id, subject that is a name, From, feed entry's source, feed title,
        og:site_name, JSON-LD isPartOf, JSON-LD publisher, page title, application-name,
        feed link, volume line, carrier's title
        """
    ),
    "number": _kinds(f"{_NUMBERED}, greeting, file name"),
    "volume": _kinds(_NUMBERED),
    "title": _kinds(
        """
        issue line, title line, carrier's title line, carrier's title, export index, export record,
        front matter, Subject, outer Subject, feed entry, page title, heading
        """
    ),
    "date": _kinds(
        """
        issue line, title line, day line, volume line, export index, export record, front matter
        title, heading, front matter address, front matter, Date, feed entry, page head, line
        above a quotation, carrier's title line, carrier's title, file name
        """
    ),
    "kind": _kinds("front matter"),
    "url": _kinds(
        """
        export index, export record, front matter, mail archive address, link to the web version,
        feed entry, page head, snapshot location
        """
    ),
    "subtitle": _kinds("export index, export record, front matter, feed entry, subtitle line"),
}
_RANK = {fact: {kind: rank for rank, kind in enumerate(kinds)} for fact, kinds in TRUST.items()}


def reported(kind: EvidenceKind, facts: Facts, text: str | None = None) -> tuple[Evidence, ...]:
    """Each known fact as evidence of one kind; `text` is what was found, else the value itself."""
    return tuple(
        Evidence(kind=kind, fact=name, value=value, text=_shown(value if text is None else text))
        for name in NAMES
        if (value := getattr(facts, name)) is not None
    )


def decide(evidence: Iterable[Evidence]) -> Decision:
    """The facts that the most trusted evidence supports; of two of one kind the first is taken.

    A volume is taken only where its own evidence has the number that is taken, so not the one of
    `Vol. 8, No. 12` where the issue is called `#395`.
    """
    best: dict[str, Evidence] = {}
    numbers: dict[EvidenceKind, int] = {}
    for one in evidence:
        rank = _RANK[one.fact]
        if one.fact == "number" and isinstance(one.value, int):
            numbers.setdefault(one.kind, one.value)
        if one.fact not in best or rank[one.kind] < rank[best[one.fact].kind]:
            best[one.fact] = one
    if (volume := best.get("volume")) and volume.kind not in OWNERS:
        number = best.get("number")
        if number is None or numbers.get(volume.kind, number.value) != number.value:
            del best["volume"]
    facts = replace(NO_FACTS, **{name: one.value for name, one in best.items()})  # type: ignore[arg-type]
    return Decision(facts=facts, evidence=tuple(best[name] for name in NAMES if name in best))


def without(decision: Decision, *names: str) -> Decision:
    """The decision less what it says of these facts."""
    return decide(one for one in decision.evidence if one.fact not in names)


def _shown(value: object) -> str:
    text = str(value.value if isinstance(value, Enum) else value)
    line = squeeze(text[: 2 * _LONGEST_TEXT])
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"


# -- facts as you give them: options, `set`, a catalog.toml -------------------------------------

# Longer than any real title, shorter than anything that hurts a terminal or an index.
_LONGEST_FACT = 500
_HIGHEST_NUMBER = 999_999
# A key of thousands of dots takes a gigabyte to read.
_LONGEST_LINE = 4000
_LONGEST_REFUSED = 60


def check(name: str, value: object) -> Facts:
    """One fact from its name and its value, as text or as TOML gave it.

    Raises `UsageError` with what was expected. An empty text is no value: the field is None.

    >>> check("number", "396").number
    396
    """
    if name not in _CHECKS:
        raise UsageError(f"no fact “{_cut(name)}”", hint=_guess(name))
    return NO_FACTS if value == "" else replace(NO_FACTS, **{name: _CHECKS[name](value)})


def _guess(name: str) -> str:
    from backissue.query.edit_distance import nearest  # noqa: PLC0415 - rarely needed

    near = nearest(name.lower(), NAMES)
    return f"did you mean {near}?" if near else f"facts are {', '.join(NAMES)}"


def gather(values: Mapping[str, object]) -> Facts:
    """Facts from a mapping of names to values. Raises `UsageError` at the first that is wrong."""
    facts = NO_FACTS
    for name, value in values.items():
        facts = overlay(facts, check(name, value))
    return facts


def overlay(under: Facts, over: Facts) -> Facts:
    """The facts of `over`, and those of `under` that it does not have."""
    known = {name: value for name in NAMES if (value := getattr(over, name)) is not None}
    return replace(under, **known)


def to_plain(facts: Facts) -> dict[str, str | int]:
    """Facts as JSON values, without absent ones; `gather` reads them back.

    >>> to_plain(gather({"number": "396", "date": "2025-01-20"}))
    {'number': 396, 'date': '2025-01-20'}
    """
    plain: dict[str, str | int] = {}
    for name in NAMES:
        value = getattr(facts, name)
        if isinstance(value, Enum):
            plain[name] = value.value
        elif isinstance(value, datetime.date):
            plain[name] = value.isoformat()
        elif value is not None:
            plain[name] = value
    return plain


def read_catalog(text: str) -> dict[str, Facts]:
    """The facts in a `catalog.toml`: by file name, and under "" those that hold for every file.

    Raises `UsageError` naming the table and the key that is wrong.
    """
    if max(map(len, text.splitlines()), default=0) > _LONGEST_LINE:
        raise UsageError(f"a line of more than {_LONGEST_LINE} characters")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"not valid TOML: {error}") from None
    except (RecursionError, ValueError):  # brackets in brackets; a number of thousands of digits
        raise UsageError("not TOML that can be read") from None
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    common = {name: value for name, value in values.items() if name not in tables}
    return {"": _table("", common)} | {name: _table(name, table) for name, table in tables.items()}


def facts_of(catalog: Mapping[str, Facts], name: str) -> Facts:
    """What a catalog says of one file."""
    return overlay(catalog.get("", NO_FACTS), catalog.get(name, NO_FACTS))


def _table(name: str, table: Mapping[str, object]) -> Facts:
    try:
        return gather(table)
    except UsageError as error:
        place = f"[“{_cut(name)}”] " if name else ""
        raise UsageError(place + error.message, hint=error.hint) from None


def _number(name: str, value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _HIGHEST_NUMBER:
        expected = f"{name} is a whole number up to {_HIGHEST_NUMBER}"
        # Python prints no whole number of thousands of digits.
        shown = "" if isinstance(value, int) else str(value)[:_LONGEST_REFUSED]
        parts = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,5})", shown)
        raise _refused(
            value,
            expected,
            f"write volume={parts[1]} number={parts[2]}" if parts else f"such as {name}=396",
        )
    return value


def _date(value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str):
        from backissue.text.spans import one_day  # noqa: PLC0415 - few give a day as a text

        return one_day("date", value)
    raise _refused(value, "date is a day", "such as date=2025-01-20")


def _kind(value: object) -> IssueKind:
    try:
        return IssueKind(value)
    except ValueError:
        kinds = " or ".join(kind.value for kind in IssueKind)
        raise _refused(value, f"kind is {kinds}", "such as kind=notes") from None


def _url(value: object) -> str:
    url = _text("url", value)
    if not re.fullmatch(r"https?://\S+", url, re.IGNORECASE):
        raise _refused(value, "url is a web address", "such as url=https://…")
    return url


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _refused(value, f"{name} is a text", f'{name}="…"')
    text = squeeze(value)
    if not text or len(text) > _LONGEST_FACT or not text.isprintable():
        raise UsageError(f"{name} is one printable line of at most {_LONGEST_FACT} characters")
    return text


def _refused(value: object, expected: str, hint: str) -> UsageError:
    try:
        shown = f"“{_cut(value)}”" if isinstance(value, str) else _cut(repr(value))
    except (ValueError, RecursionError):  # Python prints no number of thousands of digits
        shown = "this"
    return UsageError(f"{expected}, not {shown}", hint=hint)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_REFUSED else f"{text[:_LONGEST_REFUSED]}…"


_CHECKS: dict[str, Callable[[object], Any]] = {
    "publication": partial(_text, "publication"),
    "number": partial(_number, "number"),
    "volume": partial(_number, "volume"),
    "title": partial(_text, "title"),
    "date": _date,
    "kind": _kind,
    "url": _url,
    "subtitle": partial(_text, "subtitle"),
}
