"""Texts that make a pattern slow: what it repeats, many times over, and then something else.

The texts come from the pattern itself: for each repetition in it, what stands before it, then what
it repeats, in several spellings. A pattern whose time grows with the square of the text, or faster,
is found by the processor time of a few thousand characters.
"""

import re
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

# Characters that may be repeated, the most usual first.
_ALPHABET = " a1.-A:,/#\n\t_'\"()[]<>=*|@&%+" + "éßı中\u00a0’–。"
_MOST_REPEATED = 30  # characters tried for one pattern
_MOST_PAIRS = 60
_REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
_MANY = 8  # times: a repetition of fewer cannot grow

Node = tuple[Any, Any]


class Attack(NamedTuple):
    """A beginning, and what is repeated behind it."""

    before: str
    again: str

    def text(self, length: int, end: str) -> str:
        """The attack, of about this many characters."""
        return self.before + self.again * (length // len(self.again) + 1) + end


def attacks(pattern: re.Pattern[Any]) -> list[Attack]:
    """What may make `pattern` slow."""
    tree = list(parser.parse(pattern.pattern, pattern.flags))
    alphabet = dict.fromkeys([*_signs(tree), " ", "a"])
    found = [
        *islice(dict.fromkeys(_repeated(tree, "")), _MOST_PAIRS),
        *(Attack("", sign) for sign in islice(alphabet, _MOST_REPEATED)),
        Attack("", _shortest(tree)),
    ]
    return [attack for attack in dict.fromkeys(found) if attack.again]


def _repeated(tree: Iterable[Node], before: str) -> Iterator[Attack]:
    for code, value in tree:
        if code in _REPEATS and value[1] > _MANY:
            body = list(value[2])
            yield Attack(before, _shortest(body))
            if len(body) == 1:
                yield from (Attack(before, sign) for sign in islice(_accepted(*body[0]), 6))
            yield from (Attack(before + one.before, one.again) for one in _repeated(body, ""))
            yield from (Attack(before, _shortest(way)) for way in _ways(body))
        else:
            for part in _parts(code, value):
                yield from _repeated(part, before)
        before += _shortest([(code, value)])


def _parts(code: object, value: Any) -> Iterable[Iterable[Node]]:
    """The patterns within a node."""
    if code in _REPEATS:
        return [value[2]]
    if code is codes.SUBPATTERN:
        return [value[3]]
    if code is codes.ATOMIC_GROUP:
        return [value]
    if code is codes.BRANCH:
        return list(value[1])
    if code in {codes.ASSERT, codes.ASSERT_NOT}:
        return [value[1]]
    return []


def _ways(tree: Iterable[Node]) -> Iterator[Iterable[Node]]:
    for code, value in tree:
        if code is codes.BRANCH:
            yield from value[1]
        elif code is codes.SUBPATTERN:
            yield from _ways(value[3])


def _signs(tree: Iterable[Node]) -> Iterator[str]:
    for code, value in tree:
        yield from islice(_accepted(code, value), 4)
        for part in _parts(code, value):
            yield from _signs(part)


def _shortest(tree: Iterable[Node]) -> str:
    """A short text that the pattern takes, as far as that is easily said."""
    found = ""
    for code, value in tree:
        if code in _REPEATS:
            found += _shortest(value[2]) * value[0]
        elif code in {codes.SUBPATTERN, codes.ATOMIC_GROUP, codes.BRANCH}:
            found += _shortest(next(iter(_parts(code, value))))
        else:
            found += next(iter(_accepted(code, value)), "")
    return found


def _accepted(code: object, value: Any) -> Iterator[str]:
    """Characters that a node takes."""
    if code is codes.LITERAL:
        yield chr(value)
    elif code is codes.NOT_LITERAL:
        yield from (sign for sign in _ALPHABET if sign != chr(value))
    elif code is codes.ANY:
        yield from (sign for sign in _ALPHABET if sign != "\n")
    elif code is codes.IN:
        firsts = [
            chr(one if kind is codes.LITERAL else one[0])
            for kind, one in value
            if kind in {codes.LITERAL, codes.RANGE}
        ]
        named = [sign for sign in firsts if _is_in(sign, value)]
        known = [sign for sign in _ALPHABET if _is_in(sign, value)]
        yield from dict.fromkeys([*known[:2], *named, *known])


def _is_in(sign: str, members: Iterable[Node]) -> bool:
    negated = found = False
    for code, value in members:
        if code is codes.NEGATE:
            negated = True
        elif code is codes.LITERAL:
            found |= ord(sign) == value
        elif code is codes.RANGE:
            found |= value[0] <= ord(sign) <= value[1]
        elif code is codes.CATEGORY:
            found |= _is_of(sign, str(value))
    return found is not negated


def _is_of(sign: str, category: str) -> bool:
    kinds = {
        "DIGIT": sign.isdigit(),
        "SPACE": sign.isspace(),
        "WORD": sign.isalnum() or sign == "_",
    }
    known = kinds[category.rpartition("_")[2]]
    return known is not ("_NOT_" in category)


def slowest(pattern: re.Pattern[Any], uses: Iterable[str], length: int) -> str | None:
    """An attack for which a use of `pattern` takes too long at this length; None if there is none.

    A linear pattern takes about a millisecond for ten thousand characters.
    """
    for attack in attacks(pattern):
        for use in uses:
            for end in ("", "\x00"):
                if _grows(pattern, use, attack, end, length):
                    return f"{use} of {attack.before!r} + {attack.again!r}*n + {end!r}"
    return None


_SUSPICIOUS, _TOO_LONG = 0.002, 0.1  # seconds of processor time
# A pattern whose time doubles with each character would not come back from a few hundred of them.
# Each of these lengths is six more than the one before, so that what took less than _TOO_LONG takes
# seconds, and is found.
_SHORT = range(16, 190, 6)


def _grows(pattern: re.Pattern[Any], use: str, attack: Attack, end: str, length: int) -> bool:
    lengths = [one for one in (*_SHORT, 250, 1000, 4000, 10_000) if one < length] + [length]
    taken = 0.0
    for one in lengths:
        taken = _taken(pattern, use, attack.text(one, end))
        if taken > _TOO_LONG:
            return True
        if one >= 1000 and taken < _SUSPICIOUS * one / 4000:
            return False
    return False


def _taken(pattern: re.Pattern[Any], use: str, text: str) -> float:
    subject = text.encode("utf-8") if isinstance(pattern.pattern, bytes) else text
    began = time.thread_time()
    if use == "finditer":
        for _ in pattern.finditer(subject):
            pass
    else:
        getattr(pattern, use)(subject)
    return time.thread_time() - began
