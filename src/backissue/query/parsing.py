"""The lexer and the parser: from what you type to a checked query.

    query   = either
    either  = all { "OR" all }
    all     = unit { ["AND"] unit }
    unit    = ("NOT" | "-") unit | "(" either ")" | ":" name | [field ":"] leaf
            | field ":" ( "(" either ")" | ":" name )
    leaf    = word | word "*" | w*rd | w?rd | word "~" [1|2] | '"' words '"' [ "~" number ]

Nothing is dropped silently: what cannot be understood is one `QueryError` with the column and what
to type instead.
"""

import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple, assert_never

from backissue.errors import QueryError, UsageError, shown
from backissue.query.nodes import (
    TEXT_FIELDS,
    UNTEXTUAL,
    And,
    Field,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    Term,
    expands,
)
from backissue.text import words

LONGEST = 2000  # characters
DEEPEST = 50  # brackets, NOTs and saved searches inside one another
MOST_TERMS = 64
# Each of these stands for thousands of words.
MOST_EXPANDING = 12
FURTHEST = 100  # words apart; two paragraphs are further apart, so that none is crossed


class _Sign(Enum):
    OPEN = "("
    CLOSE = ")"
    MINUS = "-"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    FIELD = "field"
    SAVED = "saved"
    WORD = "word"
    QUOTED = "quoted"
    END = "end"


class Lexeme(NamedTuple):
    """One sign, word or quotation of a query, and its column, from 1."""

    sign: _Sign
    text: str
    column: int
    within: int | None = None  # of a quotation: "two words"~5

    @property
    def quoted(self) -> str:
        """The text as a message shows it."""
        return f"“{shown(self.text)}”"

    def wrong(self, message: str, hint: str) -> QueryError:
        """The error that this lexeme is."""
        return _wrong(message, self.column, hint)

    def empty(self) -> QueryError:
        """The error that nothing in it can be searched for."""
        hint = "signs alone are not in the index"
        return self.wrong(f"{self.quoted} has no letter or digit to search for", hint)


_OPERATORS = {"AND": _Sign.AND, "OR": _Sign.OR, "NOT": _Sign.NOT}
_QUOTES = '"“”„‟＂'
_OPENERS = {"(", *_QUOTES}
# A bare word ends at white space, a bracket or a quote: `f(x)` is f and x.
_WORD = re.compile(rf"[^\s()\x00-\x1f\x7f{_QUOTES}]+")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_QUOTED = re.compile(f"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]")
_NEAR = re.compile(rf"~([^\s()\x00-\x1f\x7f{_QUOTES}]*)")
_FIELD = re.compile(r"([^\W\d_]+(?:[_-][^\W\d_]+)*):(?!//)")
_SAVED = re.compile(r":([^\W\d_][\w-]*)")


def _wrong(message: str, column: int, hint: str) -> QueryError:
    """A query error, which always has a column and a hint."""
    return QueryError(message, column=column, hint=hint)


def _guess(name: str, known: Iterable[str], form: str = "{}") -> str:
    """A question for a hint: whether the nearest of `known` was meant; empty if none is near."""
    from backissue.query.edit_distance import nearest

    near = nearest(name, known)
    return f"did you mean {form.format(near)}? " if near else ""


def _lex(text: str) -> Iterator[Lexeme]:
    place = 0
    while place < len(text):
        char, column = text[place], place + 1
        if space := _SPACE.match(text, place):
            place = space.end()
        elif char in "()":
            yield Lexeme(_Sign(char), char, column)
            place += 1
        elif char in _QUOTES:
            quoted = _QUOTED.match(text, place)
            if quoted is None:
                raise _wrong("a quote is opened and not closed", column, 'close it: "two words"')
            near = _NEAR.match(text, quoted.end())
            within = _within(near[1], quoted.end() + 1) if near else None
            yield Lexeme(_Sign.QUOTED, quoted[1], column, within)
            place = (near or quoted).end()
        else:
            match = _WORD.match(text, place)
            word = match[0] if match else char
            place += yield from _lex_word(text, place, word)
    yield Lexeme(_Sign.END, "", len(text) + 1)


def _within(figures: str, column: int) -> int:
    """How many words a quotation may spread over, as its `~5` says."""
    if re.fullmatch("[0-9]{1,6}", figures) and 1 <= int(figures) <= FURTHEST:
        return int(figures)
    raise _wrong(
        f"“~{shown(figures)}” is not how many words apart",
        column,
        f'write "near words"~5, with a number from 1 to {FURTHEST}',
    )


def _lex_word(text: str, place: int, word: str) -> Generator[Lexeme, None, int]:
    """The lexemes that `word` opens with; returns how many characters they take."""
    column, after = place + 1, text[place + len(word) : place + len(word) + 1]
    if word in _OPERATORS:
        yield Lexeme(_OPERATORS[word], word, column)
        return len(word)
    # A lone dash, or a row of them, is punctuation and not an operator.
    if word[0] == "-" and (word.strip("-") or (word == "-" and after in _OPENERS)):
        yield Lexeme(_Sign.MINUS, "-", column)
        return 1
    if saved := _SAVED.fullmatch(word):
        yield Lexeme(_Sign.SAVED, saved[1], column)
        return len(word)
    field = _FIELD.match(word)
    # `Import AI: foo` is a title; only `foo:bar`, without a space, names a field.
    if field and (field.end() < len(word) or after in _OPENERS):
        yield Lexeme(_Sign.FIELD, field[1], column)
        return field.end()
    if field and field[1].lower() in {known.value for known in Field}:
        name = field[1].lower()
        raise _wrong(
            f"nothing follows “{name}:”", column, f"put the value right behind it: {name}:value"
        )
    yield Lexeme(_Sign.WORD, word, column)
    return len(word)


def parse(text: str, *, within: str | None = None, saved: Mapping[str, str] | None = None) -> Query:
    """The query that `text` says; `within` names the field for words that name none.

    `:name` stands for the query that `saved` has under this name, as if in brackets.

    Raises QueryError for what cannot be understood, UsageError for an unknown `within`.

    >>> str(parse("whale OR otter -China"))
    'whale OR (otter NOT china)'
    >>> str(parse("issue:390..395 :chips", saved={"chips": "gpu OR tpu"}))
    'issue:390..395 (gpu OR tpu)'
    """
    if len(text) > LONGEST:
        raise _wrong(
            f"the query has {len(text):,} characters, and {LONGEST:,} is the limit",
            LONGEST + 1,
            "search for a few words of it",
        )
    default = None if within is None else _text_field(within)
    return Query(source=text, root=_QueryParser(text, default, saved or {}).whole())


def phrase_of(arguments: Iterable[str]) -> str:
    """The query for these words one after another, whatever signs are in them.

    >>> phrase_of(["to", "be or (not"])
    '"to be or (not"'
    """
    text = " ".join(arguments)
    return f'"{re.sub(f"[{_QUOTES}]", " ", text)}"'


def is_saved_name(text: str) -> bool:
    """Whether a search can be saved under this name: a letter, then letters, digits, `-` or `_`."""
    return len(text) <= 40 and _SAVED.fullmatch(f":{text}") is not None


def _text_field(name: str) -> Field:
    for field in TEXT_FIELDS:
        if field.value == name.lower():
            return field
    known = [field.value for field in TEXT_FIELDS]
    raise UsageError(
        f"no text field “{shown(name)}” to search in",
        hint=f"{_guess(name.lower(), known)}fields: {', '.join(known)}",
    )


@dataclass(slots=True)
class _Spent:
    """How much of its limits a query has used, saved searches included."""

    depth: int = 0
    terms: int = 0
    expanding: int = 0

    @contextmanager
    def deeper(self, lexeme: Lexeme) -> Iterator[None]:
        """One level of nesting."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise lexeme.wrong(f"more than {DEEPEST} levels of brackets", "write it flatter")
        yield
        self.depth -= 1


class _QueryParser:
    """Recursive descent over the lexemes, one look ahead."""

    def __init__(
        self,
        text: str,
        default: Field | None,
        saved: Mapping[str, str],
        outer: "tuple[_QueryParser, str] | None" = None,
    ) -> None:
        self._lexemes = _lex(text)
        self._next = next(self._lexemes)
        self._default = default
        self._saved = saved
        self._open: tuple[str, ...] = (*outer[0]._open, outer[1]) if outer else ()
        self._spent: _Spent = outer[0]._spent if outer else _Spent()

    def whole(self) -> Node:
        if self._next.sign is _Sign.END:
            raise _wrong("the query is empty", 1, "type a word to look for")
        node = self._either(self._default)
        if self._next.sign is _Sign.CLOSE:
            raise self._next.wrong("a bracket is closed that was not opened", "remove it")
        return node

    def _advance(self) -> Lexeme:
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
            case _Sign.FIELD:
                return self._fielded(lexeme)
            case _Sign.OPEN | _Sign.SAVED | _Sign.WORD | _Sign.QUOTED:
                return self._value(lexeme, field)
            case _Sign.AND | _Sign.OR:
                hint = f'to search for the word, write "{lexeme.text.lower()}" or in lower case'
                raise lexeme.wrong(f"{lexeme.text} has nothing before it", hint)
            case _Sign.CLOSE:
                raise lexeme.wrong("the brackets hold nothing", "put words between them")
            case _Sign.END:
                hint = "put words behind what comes last, or remove that"
                raise lexeme.wrong("the query ends too soon", hint)
            case _:
                assert_never(lexeme.sign)

    def _negated(self, lexeme: Lexeme, field: Field | None) -> Node:
        with self._spent.deeper(lexeme):
            if self._next.sign in {_Sign.END, _Sign.CLOSE, _Sign.AND, _Sign.OR}:
                hint = "write -word or NOT word"
                raise lexeme.wrong(f"{lexeme.text} has nothing after it", hint)
            return Not(node=self._unit(field))

    def _fielded(self, lexeme: Lexeme) -> Node:
        field = _field(lexeme, self._next)
        if self._next.sign in {_Sign.OPEN, _Sign.SAVED, _Sign.WORD, _Sign.QUOTED}:
            return self._value(self._advance(), field)
        raise lexeme.wrong(
            f"nothing to look for follows “{field.value}:”",
            f"put the value right behind it: {field.value}:value",
        )

    def _value(self, lexeme: Lexeme, field: Field | None) -> Node:
        """What can follow a field's colon, or be there without a field."""
        if lexeme.sign is _Sign.OPEN:
            return self._group(lexeme, field)
        if lexeme.sign is _Sign.SAVED:
            return self._saved_search(lexeme, field)
        self._spent.terms += 1
        if self._spent.terms > MOST_TERMS:
            raise lexeme.wrong(f"more than {MOST_TERMS} words", "search for fewer of them")
        if field in UNTEXTUAL:
            return _known(lexeme, field)
        node = _quoted(lexeme, field) if lexeme.sign is _Sign.QUOTED else _word(lexeme, field)
        if expands(node):
            self._spent.expanding += 1
            if self._spent.expanding > MOST_EXPANDING:
                many = f"more than {MOST_EXPANDING} words with *, ? or ~"
                raise lexeme.wrong(many, "write some of them in full")
        return node

    def _group(self, lexeme: Lexeme, field: Field | None) -> Node:
        with self._spent.deeper(lexeme):
            node = self._either(field)
            if self._next.sign is not _Sign.CLOSE:
                hint = "close it: (this OR that)"
                raise lexeme.wrong("a bracket is opened and not closed", hint)
            self._advance()
        return node

    def _saved_search(self, lexeme: Lexeme, field: Field | None) -> Node:
        name = lexeme.text.lower()
        text = self._saved.get(name)
        if text is None:
            guess = _guess(name, self._saved, ":{}")
            hint = f'{guess}to search the text, write ":{shown(name)}" in quotes'
            raise lexeme.wrong(f"no saved search “{shown(name)}”", hint)
        if name in self._open:
            hint = "save one of the two under another name"
            raise lexeme.wrong(f"the saved search “{shown(name)}” uses itself", hint)
        with self._spent.deeper(lexeme):
            try:
                return _QueryParser(text, field, self._saved, (self, name)).whole()
            except QueryError as error:
                what = error.message.removesuffix(f" (column {error.column})")
                # The innermost names itself; those around it need not.
                where = "" if what.startswith("in the saved") else f"in the saved search “{name}”: "
                raise lexeme.wrong(where + what, error.hint or "save it again") from None


def _joined(kind: type[And] | type[Or], nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else kind(nodes=tuple(nodes))


def _known(lexeme: Lexeme, field: Field) -> Node:
    from backissue.query.values import known_value

    try:
        return known_value(lexeme.text, field)
    except UsageError as error:
        raise lexeme.wrong(error.message, error.hint or "write another value") from None


def _word(lexeme: Lexeme, field: Field | None) -> Node:
    text = lexeme.text
    if not text.strip("*?"):
        raise lexeme.wrong(f"{lexeme.quoted} alone is everything", "write word*")
    if any(sign in text for sign in "*?~"):
        from backissue.query.patterns import expanding

        if (found := expanding(lexeme, field)) is not None:
            return found
    node = _term(lexeme, field)
    if field is None and "://" in text:
        # A section has an address in its text, or only behind a link.
        return Or(nodes=(node, replace(node, field=Field.LINK)))
    return node


def _quoted(lexeme: Lexeme, field: Field | None) -> Term | Phrase | Near:
    node = _term(lexeme, field)
    if lexeme.within is None:
        return node
    if isinstance(node, Term):
        raise lexeme.wrong(
            f"{lexeme.quoted} is one word, and ~{lexeme.within} is of several",
            f'write "two words"~{lexeme.within}, or {shown(node.text)}~ for a word like it',
        )
    return Near(words=tuple(word for _, word in node.words), within=lexeme.within, field=field)


def _term(lexeme: Lexeme, field: Field | None) -> Term | Phrase:
    found = words.phrase(lexeme.text)
    if not found:
        raise lexeme.empty()
    if len(found) == 1:
        return Term(text=found[0][1], field=field)
    base = found[0][0]
    return Phrase(words=tuple((at - base, word) for at, word in found), field=field)


def _field(lexeme: Lexeme, value: Lexeme) -> Field:
    name = lexeme.text.lower()
    for field in Field:
        if field.value == name:
            return field
    known = [field.value for field in Field]
    raise lexeme.wrong(
        f"no field {lexeme.quoted}",
        f"{_guess(name, known, '“{}:”')}fields: {', '.join(known)}; "
        f'to search the text, write "{shown(lexeme.text)}:{shown(value.text)}" in quotes',
    )
