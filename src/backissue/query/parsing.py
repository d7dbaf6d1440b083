"""The lexer and the parser: from what you type to a checked query.

    query   = either
    either  = all { "OR" all }
    all     = unit { ["AND"] unit }
    unit    = ("NOT" | "-") unit | "(" either ")" | ":" name | [field ":"] leaf
            | field ":" ( "(" either ")" | ":" name )
    leaf    = word | word "*" | w*rd | w?rd | word "~" [1|2] | '"' words '"' [ "~" number ]

A text that was copied is a query, too: a sign alone, what has no partner, an operator without a
word and the words beyond a limit are left out, and the query says so (`left_out`). A mistake in the
language, which no text has, is one `QueryError` with the column and what to type instead.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import NamedTuple, assert_never

from msgspec import Struct
from msgspec.structs import replace

from backissue.errors import QueryError
from backissue.query.nodes import (
    UNTEXTUAL,
    And,
    Field,
    LeftOut,
    Near,
    Node,
    Not,
    Omission,
    Or,
    Phrase,
    Query,
    Term,
)
from backissue.text import words

LONGEST = 10_000  # characters
DEEPEST = 50  # brackets, NOTs and saved searches inside one another
MOST_TERMS = 256
MOST_EXPANDING = 12  # each stands for thousands of words
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
    """One sign, word or quotation of a query."""

    sign: _Sign
    text: str
    column: int  # from 1
    gap: str = ""  # what is left out, or white space, between this and the one before
    within: int | None = None  # of a quotation: "two words"~5


_OPERATORS = {"AND": _Sign.AND, "OR": _Sign.OR, "NOT": _Sign.NOT}
_ENDS = {_Sign.AND, _Sign.OR, _Sign.CLOSE, _Sign.END}
_VALUES = {_Sign.OPEN, _Sign.SAVED, _Sign.WORD, _Sign.QUOTED}
_QUOTES = '"“”„‟＂«»'
_OPENERS = {"(", *_QUOTES}
# A bare word ends at white space, a bracket or a quote: `f(x)` is f and x, but צה"ל is a word.
_WORD = re.compile(rf"(?:[^\s()\x00-\x1f\x7f{_QUOTES}]|{words.HEBREW_MARK})+")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_PAIRED = re.compile(f"[(){_QUOTES}]")
_NEAR = re.compile(rf"~([^\s()\x00-\x1f\x7f{_QUOTES}]*)")
_FIELD = re.compile(r"([^\W\d_]+(?:[_-][^\W\d_]+)*):(?!//)")
_SAVED = re.compile(r":([^\W\d_][\w-]*)")
_KNOWN = {known.value: known for known in Field}
# What stands before a colon in print, and is no field: arXiv:2412.12345, C:\temp, std::vector.
_NO_FIELD = re.compile(r"(?:arxiv|doi|isbn|issn|mailto|urn):|\w+:[:\\]", re.IGNORECASE)
_TEXT = re.compile(r"[^\W_]")
_EVERY_SUM = re.compile(r"[$€£¥]\*+")
_FACE = re.compile(r"(?:;-?|:-)[^\W\d_]")  # ;D and :-P
_MAY_BE_NAME = re.compile(r"\d|\w[-‐‑‒–−﹣－]\w|[²³¹⁰-⁹]")
_NEGATIVE = re.compile(r"-\d{1,3}(?:[.,]\d+)*[%.,;:!?]*(?![^\s()])")  # not -2024, a year


class _Lexer:
    """The lexemes of a text, and what of it is none."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._before: _Sign | None = None  # the lexeme found last, and where it ends
        self._end = 0
        self.left_out: list[LeftOut] = []
        self._quotations: Mapping[int, int] = {}
        self._alone: frozenset[int] = frozenset()
        if _PAIRED.search(text):
            from backissue.query.pairing import paired

            found = paired(text)
            self._quotations, self._alone = found.quotations, found.alone
            self.left_out += found.left_out(text)

    def lexemes(self) -> Iterator[Lexeme]:
        """The lexemes, each with what lies between it and the one before."""
        place = 0
        while place < len(self._text):
            if space := _SPACE.match(self._text, place):
                place = space.end()
                continue
            lexeme, end = self._lexeme(place)
            if lexeme is not None:
                yield lexeme._replace(gap=self._text[self._end : place])
                self._before, self._end = lexeme.sign, end
            elif place not in self._alone:
                text = self._text[place:end]
                self.left_out.append(LeftOut(text=text, column=place + 1, kind=Omission.SIGN))
            place = end
        yield Lexeme(_Sign.END, "", place + 1, self._text[self._end :])

    def _lexeme(self, place: int) -> tuple[Lexeme | None, int]:
        """The lexeme at a place, and where it ends; None if it is no part of the query."""
        char, column = self._text[place], place + 1
        if place in self._alone:
            return None, column
        if char in "()":
            return Lexeme(_Sign(char), char, column), column
        if char in _QUOTES:
            return self._quotation(place, self._quotations[place])
        match = _WORD.match(self._text, place)
        word = match[0] if match else char
        lexeme = self._first_of(word, place)
        if lexeme is not None and lexeme.sign in {_Sign.MINUS, _Sign.FIELD}:
            return lexeme, place + len(lexeme.text)
        return lexeme, place + len(word)

    def _quotation(self, place: int, end: int) -> tuple[Lexeme | None, int]:
        from backissue.query.pairing import how_far

        text, column = self._text[place + 1 : end], place + 1
        near = _NEAR.match(self._text, end + 1)
        end = near.end() if near else end + 1
        if not _TEXT.search(text):
            return None, end
        within = how_far(near[1], FURTHEST, near.start() + 1) if near else None
        return Lexeme(_Sign.QUOTED, text, column, within=within), end

    def _first_of(self, word: str, place: int) -> Lexeme | None:
        """The lexeme that `word` is or opens with; None if it has no letter or digit."""
        column, after = place + 1, place + len(word)
        follows = self._text[after : after + 1]
        in_field = self._before is _Sign.FIELD and self._end == place
        if word in _OPERATORS and not in_field:
            return Lexeme(_OPERATORS[word], word, column)
        if self._excludes(word + follows, place, in_field=in_field):
            return Lexeme(_Sign.MINUS, "-", column)
        if _SAVED.fullmatch(word):
            return Lexeme(_Sign.SAVED, word, column)
        if not in_field and (name := _FIELD.match(word)):
            opens = follows in _OPENERS and after not in self._alone
            valued = opens or _TEXT.search(word, name.end())
            if name[1].lower() in _KNOWN or (valued and not _NO_FIELD.match(word)):
                return Lexeme(_Sign.FIELD, name[0], column)
        searched = _TEXT.search(word) or _EVERY_SUM.match(word) or (in_field and word == "..")
        if not searched or _FACE.fullmatch(word):
            return None
        return Lexeme(_Sign.WORD, word, column)

    def _excludes(self, word: str, place: int, *, in_field: bool) -> bool:
        """Whether the dash before a word leaves it out: not in (AI)-driven, nor in --which."""
        if word[0] != "-" or word[1:2] in {"", "-"} or _NEGATIVE.match(self._text, place):
            return False
        free = not place or self._text[place - 1] == "(" or _SPACE.match(self._text, place - 1)
        return bool((free or in_field) and (_TEXT.search(word) or word[1] in _OPENERS))


def parse(text: str, *, within: str | None = None, saved: Mapping[str, str] | None = None) -> Query:
    """The query that `text` says; `within` names the field for words that name none.

    `:name` stands for the query that `saved` has under this name, as if in brackets.

    Raises QueryError for a mistake in the language, and if there is no word; UsageError for an
    unknown `within`.

    >>> str(parse("whale OR otter -China"))
    'whale OR (otter NOT china)'
    >>> str(parse("issue:390..395 :chips", saved={"chips": "gpu OR tpu"}))
    'issue:390..395 (gpu OR tpu)'
    >>> str(parse("R & D (in brief"))
    'r d in brief'
    """
    default = None
    if within is not None:
        from backissue.query.values import text_field

        default = text_field(within)
    kept: str = text
    beyond: tuple[LeftOut, ...] = ()
    if len(text) > LONGEST:
        from backissue.query.pairing import cut

        kept, beyond = cut(text, LONGEST)
    parser = _QueryParser(kept, default, saved or {})
    root = parser.whole()
    left_out = sorted((*parser.left_out, *beyond), key=lambda one: one.column)
    return Query(source=text, root=root, left_out=tuple(left_out))


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


class _Spent(Struct):
    """How much of its limits a query has used, saved searches included."""

    depth: int = 0
    terms: int = 0
    expanding: int = 0

    @contextmanager
    def deeper(self, lexeme: Lexeme) -> Iterator[None]:
        """One level of nesting."""
        self.depth += 1
        if self.depth > DEEPEST:
            from backissue.query.refusals import wrong

            message = f"more than {DEEPEST} levels of brackets"
            raise wrong(message, lexeme.column, "write it flatter")
        yield
        self.depth -= 1


class _QueryParser:
    """Recursive descent over the lexemes, one look ahead; None is what has no word."""

    def __init__(
        self,
        text: str,
        default: Field | None,
        saved: Mapping[str, str],
        outer: "tuple[_QueryParser, str] | None" = None,
    ) -> None:
        self._text = text
        lexer = _Lexer(text)
        self._lexemes = lexer.lexemes()
        self.left_out = lexer.left_out
        self._next = next(self._lexemes)
        self._default = default
        self._saved = saved
        self._open: tuple[str, ...] = (*outer[0]._open, outer[1]) if outer else ()
        self._spent: _Spent = outer[0]._spent if outer else _Spent()

    def whole(self) -> Node:
        """The query. Raises QueryError if it has no word."""
        node = self._either(self._default)
        if node is None:
            from backissue.query.refusals import nothing

            raise nothing(self._text, self.left_out)
        if _MAY_BE_NAME.search(str(node)):  # as the words are folded, not as they were typed
            from backissue.query.names import with_spellings

            return with_spellings(node)
        return node

    def _advance(self) -> Lexeme:
        lexeme = self._next
        self._next = next(self._lexemes, lexeme)
        return lexeme

    def _leave_out(self, lexeme: Lexeme, kind: Omission, text: str | None = None) -> None:
        """Remember what is no part of the query. Behind the last word, words are all there is."""
        if self._spent.terms <= MOST_TERMS or kind is Omission.BEYOND:
            text = lexeme.text if text is None else text
            self.left_out.append(LeftOut(text=text, column=lexeme.column, kind=kind))

    def _either(self, field: Field | None) -> Node | None:
        nodes = [self._all(field)]
        while self._next.sign is _Sign.OR:
            sign = self._advance()
            nodes.append(self._all(field))
            if nodes[-1] is None or not any(nodes[:-1]):
                self._leave_out(sign, Omission.OPERATOR)
        return _joined(Or, nodes)

    def _all(self, field: Field | None) -> Node | None:
        nodes: list[Node | None] = []
        while self._next.sign not in {_Sign.OR, _Sign.CLOSE, _Sign.END}:
            if self._next.sign is not _Sign.AND:
                nodes.append(self._unit(field))
                continue
            sign = self._advance()
            if not any(nodes) or self._next.sign in _ENDS:
                self._leave_out(sign, Omission.OPERATOR)
        return _joined(And, nodes)

    def _unit(self, field: Field | None) -> Node | None:
        lexeme = self._advance()
        match lexeme.sign:
            case _Sign.NOT | _Sign.MINUS:
                return self._negated(lexeme, field)
            case _Sign.FIELD:
                return self._fielded(lexeme, field)
            case _Sign.OPEN | _Sign.SAVED | _Sign.WORD | _Sign.QUOTED:
                return self._value(lexeme, field)
            case _Sign.AND | _Sign.OR | _Sign.CLOSE | _Sign.END:
                raise ValueError("no unit begins with it")
            case _:
                assert_never(lexeme.sign)

    def _negated(self, lexeme: Lexeme, field: Field | None) -> Node | None:
        """Everything but the unit behind it, which a sign between them cuts off."""
        gap = self._next.gap
        is_dash = lexeme.sign is _Sign.MINUS
        cut_off = _SPACE.search(gap) if is_dash else _SPACE.sub("", gap).strip(f"(){_QUOTES}")
        if not cut_off and self._next.sign not in _ENDS:
            with self._spent.deeper(lexeme):
                if (node := self._unit(field)) is not None:
                    return Not(node=node)
        self._leave_out(lexeme, Omission.SIGN if is_dash else Omission.OPERATOR)
        return None

    def _fielded(self, lexeme: Lexeme, around: Field | None) -> Node | None:
        name, apart = lexeme.text[:-1], _SPACE.search(self._next.gap)
        field = _KNOWN.get(name.lower())
        if field is None or (not apart and self._next.sign is _Sign.MINUS):
            from backissue.query.refusals import no_field, nothing_follows

            if field is not None:
                raise nothing_follows(field, lexeme.column)
            raise no_field(name, self._next.text, lexeme.column)
        if not apart and self._next.sign in _VALUES:
            node = self._value(self._advance(), field)
            if node is not None or self._spent.terms > MOST_TERMS:
                return node
        # `Source: Wired` is prose.
        self._leave_out(lexeme, Omission.FIELD)
        return self._value(lexeme._replace(sign=_Sign.WORD, text=name), around)

    def _value(self, lexeme: Lexeme, field: Field | None) -> Node | None:
        """What can follow a field's colon, or be there without a field."""
        if lexeme.sign is _Sign.OPEN:
            return self._group(lexeme, field)
        if lexeme.sign is _Sign.SAVED:
            return self._saved_search(lexeme, field)
        self._spent.terms += 1
        if self._spent.terms > MOST_TERMS:
            self._leave_out(lexeme, Omission.BEYOND)
            return None
        if field in UNTEXTUAL:
            from backissue.query.values import known_value

            return known_value(lexeme.text, field, lexeme.column)
        node = _quoted(lexeme, field) if lexeme.sign is _Sign.QUOTED else self._word(lexeme, field)
        if node is None:
            self._leave_out(lexeme, Omission.SIGN)
        return node

    def _word(self, lexeme: Lexeme, field: Field | None) -> Node | None:
        if any(sign in lexeme.text for sign in "*?~"):
            from backissue.query.patterns import expanding, looks_expanding

            found = expanding(lexeme.text, lexeme.column, field)
            if found is not None and self._spent.expanding < MOST_EXPANDING:
                self._spent.expanding += 1
                return found
            if found is not None or looks_expanding(lexeme.text):
                self._leave_out(lexeme, Omission.MARK)
        node = _term(lexeme, field)
        if field is None and node is not None and "://" in lexeme.text:
            # A section has an address in its text, or only behind a link.
            return Or(nodes=(node, replace(node, field=Field.LINK)))
        return node

    def _group(self, lexeme: Lexeme, field: Field | None) -> Node | None:
        if self._next.sign is _Sign.CLOSE:
            self._leave_out(lexeme, Omission.SIGN, "()")
        with self._spent.deeper(lexeme):
            node = self._either(field)
            self._advance()  # no other bracket is left by now
        return node

    def _saved_search(self, lexeme: Lexeme, field: Field | None) -> Node | None:
        name = lexeme.text[1:].lower()
        text = self._saved.get(name)
        if text is None and len(name) == 1:  # :D
            self._leave_out(lexeme, Omission.SIGN)
            return None
        from backissue.query import refusals

        if text is None:
            raise refusals.no_saved_search(name, self._saved, lexeme.column)
        if name in self._open:
            raise refusals.endless(name, lexeme.column)
        with self._spent.deeper(lexeme):
            inner = _QueryParser(text, field, self._saved, (self, name))
            try:
                node = inner.whole()
            except QueryError as error:
                raise refusals.in_saved_search(name, error, lexeme.column) from None
        beyond = [one for one in inner.left_out if one.kind is Omission.BEYOND]
        self.left_out += [replace(one, column=lexeme.column) for one in beyond]
        return node


def _joined(kind: type[And] | type[Or], nodes: Iterable[Node | None]) -> Node | None:
    found = tuple(node for node in nodes if node is not None)
    return found[0] if len(found) == 1 else kind(nodes=found) if found else None


def _quoted(lexeme: Lexeme, field: Field | None) -> Term | Phrase | Near | None:
    node = _term(lexeme, field)
    if lexeme.within is None and isinstance(node, Term) and _MAY_BE_NAME.search(node.text):
        return Phrase(words=((0, node.text),), field=field)  # in no other spelling
    if node is None or lexeme.within is None:
        return node
    if isinstance(node, Term):
        from backissue.query.refusals import one_word

        raise one_word(lexeme.text, node.text, lexeme.within, lexeme.column)
    return Near(words=tuple(word for _, word in node.words), within=lexeme.within, field=field)


def _term(lexeme: Lexeme, field: Field | None) -> Term | Phrase | None:
    found = words.phrase(lexeme.text)
    if not found:
        return None
    if len(found) == 1:
        return Term(text=found[0][1], field=field)
    base = found[0][0]
    return Phrase(words=tuple((at - base, word) for at, word in found), field=field)
