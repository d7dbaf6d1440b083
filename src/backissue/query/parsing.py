"""What you typed to a checked query: the lexer and the parser.

    query   = either
    either  = all { "OR" all }
    all     = unit { ["AND"] unit }
    unit    = ("NOT" | "-") unit | "(" either ")" | ":" name | [field ":"] leaf
            | field ":" ( "(" either ")" | ":" name )
    leaf    = word | word "*" | w*rd | w?rd | word "~" [1|2] | '"' words '"' [ "~" number ]

Nothing is rewritten or dropped in silence: what cannot be understood is one `QueryError` with the
column and what to type instead.
"""

import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import Enum
from typing import NamedTuple, assert_never

from backissue.errors import QueryError, UsageError
from backissue.query.edit_distance import nearest
from backissue.query.nodes import (
    TEXT_FIELDS,
    UNTEXTUAL,
    And,
    Field,
    Fuzzy,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    Term,
    Wild,
    expands,
)
from backissue.query.values import known_value, shown, wrong
from backissue.text import words

LONGEST = 2000  # characters
DEEPEST = 50  # brackets, NOTs and saved searches inside one another
MOST_TERMS = 64
# Each of these stands for thousands of words.
MOST_EXPANDING = 12
FURTHEST = 100  # words; fewer than lie between two paragraphs, so that none is crossed
MOST_SLIPS = 2


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


class _Lexeme(NamedTuple):
    sign: _Sign
    text: str
    column: int
    within: int | None = None  # of a quotation: "two words"~5


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
_FUZZY = re.compile(r"(.+?)~([0-9]*)")


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
                raise wrong("a quote is opened and not closed", column, 'close it: "two words"')
            near = _NEAR.match(text, quoted.end())
            within = _within(near[1], quoted.end() + 1) if near else None
            yield _Lexeme(_Sign.QUOTED, quoted[1], column, within)
            place = (near or quoted).end()
        else:
            match = _WORD.match(text, place)
            word = match[0] if match else char
            place += yield from _lex_word(text, place, word)
    yield _Lexeme(_Sign.END, "", len(text) + 1)


def _within(figures: str, column: int) -> int:
    """How many words a quotation may spread over, as its `~5` says."""
    if re.fullmatch("[0-9]{1,6}", figures) and 1 <= int(figures) <= FURTHEST:
        return int(figures)
    raise wrong(
        f"“~{shown(figures)}” is not how many words apart",
        column,
        f'write "near words"~5, with a number from 1 to {FURTHEST}',
    )


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
    if saved := _SAVED.fullmatch(word):
        yield _Lexeme(_Sign.SAVED, saved[1], column)
        return len(word)
    field = _FIELD.match(word)
    # `Import AI: foo` is a title; only `foo:bar`, without a space, names a field.
    if field and (field.end() < len(word) or after in _OPENERS):
        yield _Lexeme(_Sign.FIELD, field[1], column)
        return field.end()
    if field and field[1].lower() in {known.value for known in Field}:
        name = field[1].lower()
        raise wrong(
            f"nothing follows “{name}:”", column, f"put the value right behind it: {name}:value"
        )
    yield _Lexeme(_Sign.WORD, word, column)
    return len(word)


def parse(text: str, *, within: str | None = None, saved: Mapping[str, str] | None = None) -> Query:
    """The query that `text` says; `within` names the field for words that name none.

    `:name` stands for the query that `saved` has under this name, as if it were there in brackets.

    Raises QueryError for what cannot be understood, UsageError for an unknown `within`.

    >>> str(parse("whale OR otter -China"))
    'whale OR (otter NOT china)'
    >>> str(parse("issue:390..395 :chips", saved={"chips": "gpu OR tpu"}))
    'issue:390..395 (gpu OR tpu)'
    """
    if len(text) > LONGEST:
        raise wrong(
            f"the query has {len(text):,} characters, and {LONGEST:,} is the limit",
            LONGEST + 1,
            "search for a few words of it",
        )
    default = None if within is None else _text_field(within)
    return Query(source=text, root=_Parser(text, default, saved or {}).whole())


def phrase_of(arguments: Iterable[str]) -> str:
    """The query for these words one after another: `"to be or not"`, whatever signs they hold."""
    text = " ".join(arguments)
    return f'"{re.sub(f"[{_QUOTES}]", " ", text)}"'


def is_saved_name(text: str) -> bool:
    """Whether a search can be saved under this name: a letter, then letters, digits, `-` or `_`."""
    return len(text) <= 40 and _SAVED.fullmatch(f":{text}") is not None


def _text_field(name: str) -> Field:
    for field in TEXT_FIELDS:
        if field.value == name.lower():
            return field
    near = nearest(name.lower(), [field.value for field in TEXT_FIELDS])
    known = ", ".join(field.value for field in TEXT_FIELDS)
    guess = f"did you mean {near}? " if near else ""
    raise UsageError(f"no text field “{shown(name)}” to search in", hint=f"{guess}fields: {known}")


class _Parser:
    """Recursive descent over the lexemes, one look ahead."""

    def __init__(
        self,
        text: str,
        default: Field | None,
        saved: Mapping[str, str],
        outer: "tuple[_Parser, str] | None" = None,
    ) -> None:
        self._lexemes = _lex(text)
        self._next = next(self._lexemes)
        self._default = default
        self._saved = saved
        self._open: tuple[str, ...] = (*outer[0]._open, outer[1]) if outer else ()
        self._depth: int = outer[0]._depth if outer else 0
        self._terms: int = outer[0]._terms if outer else 0
        self._expanding: int = outer[0]._expanding if outer else 0

    def whole(self) -> Node:
        if self._next.sign is _Sign.END:
            raise wrong("the query is empty", 1, "type a word to look for")
        node = self._either(self._default)
        if self._next.sign is _Sign.CLOSE:
            raise wrong("a bracket is closed that was not opened", self._next.column, "remove it")
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
            case _Sign.FIELD:
                return self._fielded(lexeme)
            case _Sign.OPEN | _Sign.SAVED | _Sign.WORD | _Sign.QUOTED:
                return self._value(lexeme, field)
            case _Sign.AND | _Sign.OR:
                hint = f'to search for the word, write "{lexeme.text.lower()}" or in lower case'
                raise wrong(f"{lexeme.text} has nothing before it", lexeme.column, hint)
            case _Sign.CLOSE:
                raise wrong("the brackets hold nothing", lexeme.column, "put words between them")
            case _Sign.END:
                hint = "put words behind what comes last, or remove that"
                raise wrong("the query ends too soon", lexeme.column, hint)
            case _:
                assert_never(lexeme.sign)

    def _deeper(self, column: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise wrong(f"more than {DEEPEST} levels of brackets", column, "write it flatter")

    def _negated(self, lexeme: _Lexeme, field: Field | None) -> Node:
        self._deeper(lexeme.column)
        if self._next.sign in {_Sign.END, _Sign.CLOSE, _Sign.AND, _Sign.OR}:
            raise wrong(
                f"{lexeme.text} has nothing after it", lexeme.column, "write -word or NOT word"
            )
        node = Not(node=self._unit(field))
        self._depth -= 1
        return node

    def _fielded(self, lexeme: _Lexeme) -> Node:
        field = _field(lexeme, self._next)
        if self._next.sign in {_Sign.OPEN, _Sign.SAVED, _Sign.WORD, _Sign.QUOTED}:
            return self._value(self._advance(), field)
        raise wrong(
            f"nothing to look for follows “{field.value}:”",
            lexeme.column,
            f"put the value right behind it: {field.value}:value",
        )

    def _value(self, lexeme: _Lexeme, field: Field | None) -> Node:
        """What may stand behind a field's colon, and without it."""
        if lexeme.sign is _Sign.OPEN:
            return self._group(lexeme, field)
        if lexeme.sign is _Sign.SAVED:
            return self._saved_search(lexeme, field)
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise wrong(f"more than {MOST_TERMS} words", lexeme.column, "search for fewer of them")
        if field in UNTEXTUAL:
            return known_value(lexeme.text, field, lexeme.column)
        node = _quoted(lexeme, field) if lexeme.sign is _Sign.QUOTED else _word(lexeme, field)
        if isinstance(node, Term | Wild | Fuzzy) and expands(node):
            self._expanding += 1
            if self._expanding > MOST_EXPANDING:
                raise wrong(
                    f"more than {MOST_EXPANDING} words with *, ? or ~",
                    lexeme.column,
                    "write some of them in full",
                )
        return node

    def _group(self, lexeme: _Lexeme, field: Field | None) -> Node:
        self._deeper(lexeme.column)
        node = self._either(field)
        if self._next.sign is not _Sign.CLOSE:
            raise wrong(
                "a bracket is opened and not closed", lexeme.column, "close it: (this OR that)"
            )
        self._advance()
        self._depth -= 1
        return node

    def _saved_search(self, lexeme: _Lexeme, field: Field | None) -> Node:
        name = lexeme.text.lower()
        text = self._saved.get(name)
        if text is None:
            near = nearest(name, self._saved)
            guess = f"did you mean :{near}? " if near else ""
            raise wrong(
                f"no saved search “{shown(name)}”",
                lexeme.column,
                f'{guess}to search the text, write ":{shown(name)}" in quotes',
            )
        if name in self._open:
            raise wrong(
                f"the saved search “{shown(name)}” uses itself",
                lexeme.column,
                "save one of the two under another name",
            )
        self._deeper(lexeme.column)
        inner = None
        try:
            inner = _Parser(text, field, self._saved, (self, name))
            node = inner.whole()
        except QueryError as error:
            what = error.message.removesuffix(f" (column {error.column})")
            # The innermost says where; those around it need not each say so, too.
            where = "" if what.startswith("in the saved") else f"in the saved search “{name}”: "
            raise wrong(where + what, lexeme.column, error.hint or "save it again") from None
        self._terms, self._expanding = inner._terms, inner._expanding
        self._depth -= 1
        return node


def _joined(kind: type[And] | type[Or], nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else kind(nodes=tuple(nodes))


# --- words -------------------------------------------------------------------------------------


def _word(lexeme: _Lexeme, field: Field | None) -> Node:
    text = lexeme.text
    if not text.strip("*?"):
        raise wrong(f"“{shown(text)}” alone is everything", lexeme.column, "write word*")
    if fuzzy := _FUZZY.fullmatch(text):
        return _fuzzy(fuzzy[1], fuzzy[2], lexeme, field)
    if _is_pattern(text):
        return _pattern(lexeme, field)
    node = _term(lexeme, field)
    if field is None and "://" in text:
        # An address is looked for where it is printed and where it is only linked to.
        return Or(nodes=(node, replace(node, field=Field.LINK)))
    return node


def _is_pattern(text: str) -> bool:
    """Whether a word has a `*`, or a `?` that is no question mark and not of an address."""
    if "*" in text:
        return True
    return "/" not in text and "?" in (words.pattern(text) or "").rstrip("?")


def _pattern(lexeme: _Lexeme, field: Field | None) -> Term | Wild:
    found = words.pattern(lexeme.text)
    if found is None:
        last = re.split(r"[^\w*?]+", lexeme.text.strip("*?"))[-1] or "word"
        raise wrong(
            f"“{shown(lexeme.text)}” is several words, and a * completes one",
            lexeme.column,
            f"write {shown(last)}*",
        )
    if not any(char.isalnum() or char in "$€£¥" for char in found):
        raise _nothing_to_find(lexeme)
    begins = found.rstrip("*")
    if "*" in begins or "?" in begins:
        return Wild(pattern=re.sub(r"\*+", "*", found), field=field)
    return Term(text=begins, field=field, prefix=True)


def _fuzzy(text: str, figures: str, lexeme: _Lexeme, field: Field | None) -> Fuzzy:
    if _is_pattern(text):
        raise wrong(
            f"“{shown(lexeme.text)}” has both * or ? and ~",
            lexeme.column,
            "write one of the two: scal* or scaling~",
        )
    found = words.phrase(text)
    if not found:
        raise _nothing_to_find(lexeme)
    if len(found) > 1:
        raise wrong(
            f"“{shown(lexeme.text)}” is several words, and ~ is of one",
            lexeme.column,
            f"write {shown(found[-1][1])}~",
        )
    word = found[0][1]
    # Two slips in a short word make other words of it: hunyan, human.
    slips = int(figures[:6]) if figures else (1 if len(word) < 8 else 2)
    if not 1 <= slips <= MOST_SLIPS:
        raise wrong(
            f"“{shown(lexeme.text)}” allows {slips} slips, and {MOST_SLIPS} are the most",
            lexeme.column,
            f'write {shown(word)}~ or {shown(word)}~2; for words near one another, "two words"~5',
        )
    if len(word) <= slips:
        raise wrong(
            f"“{shown(word)}” is too short for ~{slips}",
            lexeme.column,
            "write a word of more letters",
        )
    return Fuzzy(text=word, slips=slips, field=field)


def _quoted(lexeme: _Lexeme, field: Field | None) -> Term | Phrase | Near:
    node = _term(lexeme, field)
    if lexeme.within is None:
        return node
    if isinstance(node, Term):
        raise wrong(
            f"“{shown(lexeme.text)}” is one word, and ~{lexeme.within} is of several",
            lexeme.column,
            f'write "two words"~{lexeme.within}, or {shown(node.text)}~ for a word like it',
        )
    return Near(words=tuple(word for _, word in node.words), within=lexeme.within, field=field)


def _term(lexeme: _Lexeme, field: Field | None) -> Term | Phrase:
    found = words.phrase(lexeme.text)
    if not found:
        raise _nothing_to_find(lexeme)
    if len(found) == 1:
        return Term(text=found[0][1], field=field)
    base = found[0][0]
    return Phrase(words=tuple((at - base, word) for at, word in found), field=field)


def _nothing_to_find(lexeme: _Lexeme) -> QueryError:
    return wrong(
        f"“{shown(lexeme.text)}” has no letter or digit to search for",
        lexeme.column,
        "signs alone are not in the index",
    )


def _field(lexeme: _Lexeme, value: _Lexeme) -> Field:
    name = lexeme.text.lower()
    for field in Field:
        if field.value == name:
            return field
    near = nearest(name, [field.value for field in Field])
    quoted = f'"{shown(lexeme.text)}:{shown(value.text)}"'
    guess = f"did you mean “{near}:”? " if near else ""
    raise wrong(
        f"no field “{shown(lexeme.text)}”",
        lexeme.column,
        f"{guess}fields: {', '.join(field.value for field in Field)}; "
        f"to search the text, write {quoted} in quotes",
    )
