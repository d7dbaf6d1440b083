"""A reader's words to a checked query: knows the language, not the index.

    query   = either
    either  = all { "OR" all }
    all     = unit { ["AND"] unit }
    unit    = ("NOT" | "-") unit | "(" either ")" | [field ":"] ( word | word* | "phrase" )
            | field ":" "(" either ")"

Nothing is rewritten or dropped in silence: what cannot be understood is one `QueryError` with the
column and what to type instead. The page for readers is docs/query-language.md.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import NamedTuple, assert_never

from backissue import words
from backissue.errors import QueryError, UsageError
from backissue.records import IssueKind, SectionKind

LONGEST = 2000  # characters
DEEPEST = 50  # brackets and NOTs inside one another
MOST_TERMS = 64


class Field(Enum):
    """A part of a section, or of what is known of its issue, that a query can name."""

    HEADING = "heading"
    DECK = "deck"
    WHY = "why"
    BODY = "body"
    LINK = "link"
    TITLE = "title"
    PUBLICATION = "publication"
    SOURCE = "source"
    ISSUE = "issue"
    DATE = "date"
    KIND = "kind"


KINDS = tuple(kind.value for kind in (*SectionKind, *IssueKind))
_UNTEXTUAL = {Field.ISSUE, Field.DATE, Field.KIND}
TEXT_FIELDS = tuple(field for field in Field if field not in _UNTEXTUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word, in `field` or (None) anywhere; `prefix` asks for every word that begins so."""

    text: str
    field: Field | None = None
    prefix: bool = False

    def __str__(self) -> str:
        return f"{_label(self.field)}{self.text}{'*' if self.prefix else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words one after another within one field, each with its distance from the first."""

    words: tuple[tuple[int, str], ...]
    field: Field | None = None

    def __str__(self) -> str:
        return f'{_label(self.field)}"{" ".join(text for _, text in self.words)}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Issues numbered `first` to `last`, both included; None is open."""

    first: int | None
    last: int | None

    def __str__(self) -> str:
        return "issue:" + _span(self.first, self.last)

    def __contains__(self, number: int) -> bool:
        return (self.first is None or self.first <= number) and (
            self.last is None or number <= self.last
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The issue with this address, short or full, in lower case; with `/` behind it all issues of
    the publication whose short name it is.
    """

    text: str

    def __str__(self) -> str:
        return f"issue:{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Issues dated from `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None

    def __str__(self) -> str:
        return "date:" + _span(self.first, self.last)

    def __contains__(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Sections of a kind, or of issues of a kind: one of `KINDS`."""

    value: str

    def __str__(self) -> str:
        return f"kind:{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Everything but."""

    node: "Node"

    def __str__(self) -> str:
        return f"NOT {_bracketed(self.node)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All of these in one section."""

    nodes: tuple["Node", ...]

    def __str__(self) -> str:
        return " ".join(_bracketed(node) for node in self.nodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """Any of these."""

    nodes: tuple["Node", ...]

    def __str__(self) -> str:
        return " OR ".join(_bracketed(node) for node in self.nodes)


Leaf = Term | Phrase | Numbers | Address | Dates | Kind
Node = Leaf | Not | And | Or


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A checked query: `source` as the reader wrote it, `root` as it was understood.

    `str(query)` is the canonical spelling, which `parse` reads back to the same `root`.
    """

    source: str
    root: Node

    def __str__(self) -> str:
        return str(self.root)

    def wanted(self) -> tuple[Term | Phrase, ...]:
        """The words and phrases a hit may show: all but those under a NOT, in query order."""
        return tuple(dict.fromkeys(_wanted(self.root)))


def _wanted(node: Node) -> Iterator[Term | Phrase]:
    match node:
        case Term() | Phrase():
            yield node
        case And() | Or():
            for inner in node.nodes:
                yield from _wanted(inner)
        case Not() | Numbers() | Address() | Dates() | Kind():
            return
        case _:
            assert_never(node)


def _label(field: Field | None) -> str:
    return f"{field.value}:" if field else ""


def _span(first: object, last: object) -> str:
    if first == last:
        return str(first)
    return f"{'' if first is None else first}..{'' if last is None else last}"


def _bracketed(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)


# --- reading -----------------------------------------------------------------------------------


class _Sign(Enum):
    OPEN = "("
    CLOSE = ")"
    MINUS = "-"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    FIELD = "field"
    WORD = "word"
    QUOTED = "quoted"
    END = "end"


class _Lexeme(NamedTuple):
    sign: _Sign
    text: str
    column: int


_OPERATORS = {"AND": _Sign.AND, "OR": _Sign.OR, "NOT": _Sign.NOT}
_QUOTES = '"“”„‟＂'
_OPENERS = {"(", *_QUOTES}
# A bare word ends at white space, a bracket or a quote: `f(x)` is f and x.
_WORD = re.compile(rf"[^\s()\x00-\x1f\x7f{_QUOTES}]+")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_QUOTED = re.compile(f"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]")
_FIELD = re.compile(r"([^\W\d_]+(?:[_-][^\W\d_]+)*):(?!//)")


def _lex(text: str) -> Iterator[_Lexeme]:
    place = 0
    while place < len(text):
        char, column = text[place], place + 1
        if space := _SPACE.match(text, place):
            place = space.end()
        elif char in "()":
            yield _Lexeme(_Sign(char), char, column)
            place += 1
        elif char in _QUOTES:
            quoted = _QUOTED.match(text, place)
            if quoted is None:
                raise _wrong("a quote is opened and not closed", column, 'close it: "two words"')
            yield _Lexeme(_Sign.QUOTED, quoted[1], column)
            place = quoted.end()
        else:
            match = _WORD.match(text, place)
            word = match[0] if match else char
            place += yield from _lex_word(text, place, word)
    yield _Lexeme(_Sign.END, "", len(text) + 1)


def _lex_word(text: str, place: int, word: str) -> Generator[_Lexeme, None, int]:
    """The lexemes that `word` opens with; returns how many characters they take."""
    column, after = place + 1, text[place + len(word) : place + len(word) + 1]
    if word in _OPERATORS:
        yield _Lexeme(_OPERATORS[word], word, column)
        return len(word)
    # A lone dash, or a row of them, is punctuation and not an operator.
    if word[0] == "-" and (word.strip("-") or (word == "-" and after in _OPENERS)):
        yield _Lexeme(_Sign.MINUS, "-", column)
        return 1
    field = _FIELD.match(word)
    # `Import AI: foo` is a title; only `foo:bar`, without a space, names a field.
    if field and (field.end() < len(word) or after in _OPENERS):
        yield _Lexeme(_Sign.FIELD, field[1], column)
        return field.end()
    if field and field[1].lower() in {known.value for known in Field}:
        name = field[1].lower()
        raise _wrong(
            f"nothing follows “{name}:”", column, f"put the value right behind it: {name}:value"
        )
    yield _Lexeme(_Sign.WORD, word, column)
    return len(word)


def parse(text: str, *, within: str | None = None) -> Query:
    """The query that `text` says; `within` names the field for words that name none.

    Raises QueryError for what cannot be understood, UsageError for an unknown `within`.
    """
    if len(text) > LONGEST:
        raise _wrong(
            f"the query has {len(text):,} characters, and {LONGEST:,} is the limit",
            LONGEST + 1,
            "search for a few words of it",
        )
    default = None if within is None else _within(within)
    return Query(source=text, root=_Parser(text, default).whole())


def _within(name: str) -> Field:
    for field in TEXT_FIELDS:
        if field.value == name.lower():
            return field
    known = ", ".join(field.value for field in TEXT_FIELDS)
    raise UsageError(f"no text field “{shown(name)}” to search in", hint=f"fields: {known}")


class _Parser:
    """Recursive descent over the lexemes, one look ahead."""

    def __init__(self, text: str, default: Field | None) -> None:
        self._lexemes = _lex(text)
        self._next = next(self._lexemes)
        self._default = default
        self._depth = 0
        self._terms = 0

    def whole(self) -> Node:
        if self._next.sign is _Sign.END:
            raise _wrong("the query is empty", 1, "type a word to look for")
        node = self._either(self._default)
        if self._next.sign is _Sign.CLOSE:
            raise _wrong("a bracket is closed that was not opened", self._next.column, "remove it")
        return node

    def _advance(self) -> _Lexeme:
        lexeme = self._next
        self._next = next(self._lexemes, lexeme)
        return lexeme

    def _either(self, field: Field | None) -> Node:
        nodes = [self._all(field)]
        while self._next.sign is _Sign.OR:
            self._advance()
            nodes.append(self._all(field))
        return _joined(Or, nodes)

    def _all(self, field: Field | None) -> Node:
        nodes = [self._unit(field)]
        while self._next.sign not in {_Sign.OR, _Sign.CLOSE, _Sign.END}:
            if self._next.sign is _Sign.AND:
                self._advance()
            nodes.append(self._unit(field))
        return _joined(And, nodes)

    def _unit(self, field: Field | None) -> Node:
        lexeme = self._advance()
        match lexeme.sign:
            case _Sign.NOT | _Sign.MINUS:
                return self._negated(lexeme, field)
            case _Sign.OPEN:
                return self._group(lexeme, field)
            case _Sign.FIELD:
                return self._fielded(lexeme)
            case _Sign.WORD:
                return self._word(lexeme, field)
            case _Sign.QUOTED:
                return self._quoted(lexeme, field)
            case _Sign.AND | _Sign.OR:
                hint = f'to search for the word, write "{lexeme.text.lower()}" or in lower case'
                raise _wrong(f"{lexeme.text} has nothing before it", lexeme.column, hint)
            case _Sign.CLOSE:
                raise _wrong("the brackets hold nothing", lexeme.column, "put words between them")
            case _Sign.END:
                raise _wrong("the query ends too soon", lexeme.column, "remove the last operator")
            case _:
                assert_never(lexeme.sign)

    def _deeper(self, column: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _wrong(f"more than {DEEPEST} levels of brackets", column, "write it flatter")

    def _negated(self, lexeme: _Lexeme, field: Field | None) -> Node:
        self._deeper(lexeme.column)
        if self._next.sign in {_Sign.END, _Sign.CLOSE, _Sign.AND, _Sign.OR}:
            raise _wrong(
                f"{lexeme.text} has nothing after it", lexeme.column, "write -word or NOT word"
            )
        node = Not(node=self._unit(field))
        self._depth -= 1
        return node

    def _group(self, lexeme: _Lexeme, field: Field | None) -> Node:
        self._deeper(lexeme.column)
        node = self._either(field)
        if self._next.sign is not _Sign.CLOSE:
            raise _wrong(
                "a bracket is opened and not closed", lexeme.column, "close it: (this OR that)"
            )
        self._advance()
        self._depth -= 1
        return node

    def _fielded(self, lexeme: _Lexeme) -> Node:
        field = _field(lexeme, self._next)
        match self._next.sign:
            case _Sign.OPEN:
                return self._group(self._advance(), field)
            case _Sign.WORD:
                return self._word(self._advance(), field)
            case _Sign.QUOTED:
                return self._quoted(self._advance(), field)
            case _:
                raise _wrong(
                    f"nothing to look for follows “{field.value}:”",
                    lexeme.column,
                    f"put the value right behind it: {field.value}:value",
                )

    def _word(self, lexeme: _Lexeme, field: Field | None) -> Node:
        self._count(lexeme)
        if field in _UNTEXTUAL:
            return _known_value(lexeme, field)
        text = lexeme.text
        prefix = text.endswith("*")
        if prefix:
            text = text[:-1]
        if not text.strip("*?"):
            raise _wrong(
                f"“{shown(lexeme.text)}” alone is everything", lexeme.column, "write word*"
            )
        if "*" in text.rstrip("*"):
            raise _wrong(
                "a * can only end a word", lexeme.column, f"write {shown(text.split('*')[0])}*"
            )
        node = _term(text, lexeme, field, prefix=prefix)
        if field is None and "://" in text:
            # An address is looked for where it is printed and where it is only linked to.
            return Or(nodes=(node, replace(node, field=Field.LINK)))
        return node

    def _quoted(self, lexeme: _Lexeme, field: Field | None) -> Node:
        self._count(lexeme)
        if field in _UNTEXTUAL:
            return _known_value(lexeme, field)
        return _term(lexeme.text, lexeme, field, prefix=False)

    def _count(self, lexeme: _Lexeme) -> None:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise _wrong(f"more than {MOST_TERMS} words", lexeme.column, "search for fewer of them")


def _joined(kind: type[And] | type[Or], nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else kind(nodes=tuple(nodes))


def _term(text: str, lexeme: _Lexeme, field: Field | None, *, prefix: bool) -> Term | Phrase:
    found = words.phrase(text)
    if not found:
        raise _wrong(
            f"“{shown(lexeme.text)}” has no letter or digit to search for",
            lexeme.column,
            "signs alone are not in the index",
        )
    if len(found) == 1:
        return Term(text=found[0][1], field=field, prefix=prefix)
    if prefix:
        raise _wrong(
            f"“{shown(lexeme.text)}” is several words, and a * completes one",
            lexeme.column,
            f"write {found[-1][1]}*",
        )
    base = found[0][0]
    return Phrase(words=tuple((at - base, word) for at, word in found), field=field)


def _field(lexeme: _Lexeme, value: _Lexeme) -> Field:
    name = lexeme.text.lower()
    for field in Field:
        if field.value == name:
            return field
    near = nearest(name, [field.value for field in Field])
    quoted = f'"{shown(lexeme.text)}:{shown(value.text)}"'
    guess = f"did you mean “{near}:”? " if near else ""
    raise _wrong(
        f"no field “{shown(lexeme.text)}”",
        lexeme.column,
        f"{guess}fields: {', '.join(field.value for field in Field)}; "
        f"to search the text, write {quoted} in quotes",
    )


# --- values ------------------------------------------------------------------------------------


def _known_value(lexeme: _Lexeme, field: Field | None) -> Node:
    text = lexeme.text.strip().lower()
    try:
        if field is Field.ISSUE:
            return _issues(text)
        if field is Field.DATE:
            return _dates(text)
        return _kind(text)
    except _BadValueError as bad:
        raise _wrong(bad.message, lexeme.column, bad.hint) from None


class _BadValueError(Exception):
    """A value that does not fit its field; whoever asked for it knows the column, if any."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


_NUMBER = re.compile(r"\d{1,9}")
_ADDRESS = re.compile(r"[^\W_][\w./-]*")
_OF_DAYS = re.compile(r"(?:^|\.\.)\s*\d{4}-\d{1,2}(?:$|-|\s|\.\.)")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)


def parse_range(text: str) -> Numbers | Dates:
    """The range `text` says: `395`, `386..396`, `390..` or `..390`, both ends included.

    With months it is one of days: `2024-11..2025-01`, `2024-12-23`. Raises UsageError for anything
    else.
    """
    try:
        return _dates(text.strip()) if _OF_DAYS.search(text) else _numbers(text.strip())
    except _BadValueError as bad:
        raise UsageError(bad.message, hint=bad.hint) from None


def _numbers(text: str) -> Numbers:
    first, last = _ends(text)
    for end in (first, last):
        if end and not (_NUMBER.fullmatch(end) and end.isascii()):
            raise _BadValueError(
                f"“{shown(text)}” is not a range of issue numbers",
                "write 395, 386..396, 390.. or ..390",
            )
    low, high = (int(end) if end else None for end in (first, last))
    if low is not None and high is not None and low > high:
        raise _BadValueError(f"“{shown(text)}” runs backwards", f"write {high}..{low}")
    return Numbers(first=low, last=high)


def _ends(text: str) -> tuple[str, str]:
    first, dots, last = text.partition("..")
    if text and not dots:
        return text, text
    if not (first or last):
        raise _BadValueError("a range needs at least one end", "write first.., ..last or both")
    return first, last


def _issues(text: str) -> Numbers | Address:
    if ".." in text or (text.isascii() and _NUMBER.fullmatch(text)):
        return _numbers(text)
    if re.fullmatch(r"\d+-\d+", text):
        raise _BadValueError(
            f"“{shown(text)}” is not a range", f"write issue:{text.replace('-', '..')}"
        )
    if re.fullmatch(r".*[^.]\.\d+", text):
        whole = text.rpartition(".")[0]
        raise _BadValueError(
            f"“{shown(text)}” is the address of a section", f"write issue:{shown(whole)}"
        )
    if not _ADDRESS.fullmatch(text):
        raise _BadValueError(
            f"“{shown(text)}” is not an issue", "write issue:395, issue:390..395 or issue:slug"
        )
    return Address(text=text)


def _dates(text: str) -> Dates:
    first, last = _ends(text)
    low = _day(first, text)[0] if first else None
    high = _day(last, text)[1] if last else None
    if low and high and low > high:
        raise _BadValueError(f"“{shown(text)}” runs backwards", f"write {last}..{first}")
    return Dates(first=low, last=high)


def _day(text: str, whole: str) -> tuple[date, date]:
    """The first and last day of a year, a month or a day."""
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day = (int(part) if part else None for part in match.groups())
        first = date(year or 0, month or 1, day or 1)
    except ValueError:
        raise _BadValueError(
            f"“{shown(whole)}” is not a date or a range of dates",
            "write 2024, 2024-11, 2024-11-05, 2024-11..2025-01, 2024-11.. or ..2024-11",
        ) from None
    if day:
        return first, first
    if month is None:
        return first, first.replace(month=12, day=31)
    # No month has 32 days, and the month after next starts no sooner than 32 days on.
    if month == 12:
        return first, first.replace(day=31)
    return first, first.replace(month=month + 1) - timedelta(days=1)


def _kind(text: str) -> Kind:
    if text in KINDS:
        return Kind(value=text)
    near = nearest(text, KINDS)
    raise _BadValueError(
        f"no kind “{shown(text)}”",
        (f"did you mean {near}? " if near else "") + f"kinds: {', '.join(KINDS)}",
    )


def restrict(
    query: Query,
    *,
    issue: str | None = None,
    kind: str | None = None,
    publication: str | None = None,
) -> Query:
    """`query` among the issues, kinds or publication that the options name; its source stays.

    The publication is named by its short name (`import-ai`).

    Raises UsageError for a value that does not fit.
    """
    extra: list[Node] = []
    try:
        if issue is not None:
            extra.append(_issues(issue.strip().lower()))
        if kind is not None:
            extra.append(_kind(kind.strip().lower()))
    except _BadValueError as bad:
        raise UsageError(bad.message, hint=bad.hint) from None
    if publication is not None:
        extra.append(Address(text=f"{publication}/"))
    if not extra:
        return query
    root = query.root.nodes if isinstance(query.root, And) else (query.root,)
    return Query(source=query.source, root=And(nodes=(*root, *extra)))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The closest of `known` within two changes of one letter (one in a short word), if any."""
    limit = 1 if len(word) < 4 else 2
    ranked = sorted((distance(word, other, limit), other) for other in known)
    return ranked[0][1] if ranked and ranked[0][0] <= limit else None


def distance(one: str, other: str, limit: int) -> int:
    """How many letters to add, drop, change or swap with a neighbour; `limit + 1` if more."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one):
        older, before, row = before, row, [i + 1]
        for j, letter in enumerate(other):
            cost = min(before[j] + (char != letter), before[j + 1] + 1, row[j] + 1)
            if i and j and char == other[j - 1] and one[i - 1] == letter:
                cost = min(cost, older[j - 1] + 1)
            row.append(cost)
        if min(row) > limit and min(before) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def shown(text: str) -> str:
    """`text` fit for a message: at most 40 characters, all of them printable."""
    clean = "".join(char if char.isprintable() else "�" for char in text)
    return clean if len(clean) <= 40 else clean[:39] + "…"


def _wrong(message: str, column: int, hint: str) -> QueryError:
    return QueryError(message, column=column, hint=hint)
