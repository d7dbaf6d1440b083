"""The other spellings of a name: `GPT 4o` and `GPT4o` of `GPT-4o`, `$80 billion` of `$80bn`.

Words of a query are compared with what an archive has by their *pieces*: stretches of letters, and
numbers. `GPT-4o` is gpt, 4, o, however its pieces are put together, and `GPT-4`, `GPT-40` and
`GPT-4.5` are other names. Between two pieces there may be

* letters and a number: nothing, a hyphen or a space (`Phi4`, `Phi-4`, `Phi 4`; `8bit`, `8-bit`). If
  it is one letter, no space: `F-16` is `F16`, but `section a 1` is no `a1`;
* two stretches of letters: a hyphen or a space (`open-source`). Nothing, if the second is a letter
  with its number: `DeepSeekV3`;
* two numbers: a hyphen or a space in a name that has letters (`Llama-3.1-405B`), otherwise only
  what was typed: `10-20` and `2024-12` are not `10 20` and `2024 12`.

A number with a unit is the same under each name of the unit: `80bn`, `80 billion`; `50%`,
`50 percent`; `1e25`, `10^25`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import NamedTuple

from backissue.text import words

# One way to write a name: its words, each with its distance from the first, as the index has them.
# Words apart are found in a compound, too: `gpt`, `4o` are the parts of `GPT-4o`.
Spelling = tuple[tuple[int, str], ...]

_MOST = 32  # spellings of one name
_MOST_WORDS = 4  # that are one name if they are written together
_SHORTEST = 3  # letters to which a letter with its number may be put: `DeepSeek` and `V3`

_SPLIT = re.compile(r"(?<!\^)[- ]")
_PIECE = re.compile(r"[0-9][0-9.,]*|[^\W\d_]+")
_VERSIONED = re.compile(rf"(?<=[^\W\d_]{{{_SHORTEST}}})(?=[^\W\d_][0-9])")

_MAGNITUDES = {
    "thousand": ("k",),
    "million": ("m", "mn"),
    "billion": ("b", "bn"),
    "trillion": ("t", "tn"),
}
_NAME_OF = {short: name for name, every in _MAGNITUDES.items() for short in (name, *every)}
_CURRENCIES = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen"}
_SIGN_OF = {name: sign for sign, name in _CURRENCIES.items()}
_NUMBER = r"[0-9][0-9,]*(?:\.[0-9]+)?"
_AMOUNT = re.compile(
    rf"([$€£¥]?)({_NUMBER})(?:-?(k|m|b|t)|[- ]?(mn|bn|tn)|[- ]({'|'.join(_MAGNITUDES)}))"
    rf"(?: ({'|'.join(_SIGN_OF)}))?"
)
_SHARE = re.compile(rf"({_NUMBER})(?:%|[- ]percent|[- ]per[- ]cent)")
_POWER = re.compile(rf"({_NUMBER})e(-?[0-9]+)|(?:({_NUMBER})(?: ?x ?))?10\^(-?[0-9]+)")


class Together(NamedTuple):
    """A spelling in which words from number `first` up to, not with, `end` are another's parts."""

    first: int
    end: int
    spelling: Spelling


@lru_cache(maxsize=256)
def spellings(word: str) -> tuple[Spelling, ...]:
    """The other ways to write `word`, a word of a query.

    >>> spellings("gpt-4")
    (((0, 'gpt'), (1, '4')), ((0, 'gpt4'),))
    >>> spellings("10-20"), spellings("training")
    ((), ())
    """
    written = _measured(word) or _named(word)
    if written and (apart := _VERSIONED.sub(" ", word)) != word:
        written += [way for way in _named(apart) if way not in written]
    found = dict.fromkeys(map(words.phrase, written))
    return tuple(spelling for spelling in found if spelling != ((0, word),))


def together(asked: Sequence[str | None]) -> Iterator[Together]:
    """The spellings in which words that follow one another in a query are written together.

    None in `asked` is a part of the query that is not a plain word.

    >>> [one.spelling for one in together(["gpt", "4o", "model"])]
    [((0, 'gpt4o'),)]
    >>> [one.spelling for one in together(["model", "a", "1"])]
    []
    """
    for first in range(len(asked)):
        typed = asked[first] or ""
        for end in range(first + 1, min(len(asked), first + _MOST_WORDS)):
            another = asked[end]
            if not typed or another is None:
                break
            typed = f"{typed} {another}"
            if any(char.isdecimal() for char in typed):
                for written in _measured(typed) or _named(typed, joined=True):
                    yield Together(first, end + 1, words.phrase(written))


# --- numbers with units ---------------------------------------------------------------------------


def _measured(typed: str) -> list[str]:
    """All ways to write a number with its unit; none if `typed` is none."""
    if amount := _AMOUNT.fullmatch(typed):
        sign, number, *units, money = amount.groups()
        return _amounts(sign, number, _NAME_OF[next(filter(None, units))], money)
    if share := _SHARE.fullmatch(typed):
        return [f"{share[1]}%", f"{share[1]} percent", f"{share[1]} per cent"]
    if power := _POWER.fullmatch(typed):
        times, exponent = power[1] or power[3] or "1", power[2] or power[4]
        if times == "1":
            return [f"10^{exponent}", f"1e{exponent}"]
        ten = f"10^{exponent}"  # × is no word
        return [f"{times}e{exponent}", f"{times} {ten}", f"{times} x {ten}", f"{times}x{ten}"]
    return []


def _amounts(sign: str, number: str, magnitude: str, money: str | None) -> list[str]:
    found = [f"{number} {magnitude}"]
    for short in _MAGNITUDES[magnitude]:
        # One letter is not apart: `1 b` is no billion.
        found += [f"{number}{short}", f"{number}{'-' if len(short) == 1 else ' '}{short}"]
    if money:
        sign = sign or _SIGN_OF[money]
    if not sign:
        return found
    spoken = [f"{amount} {_CURRENCIES[sign]}" for amount in found]
    return [f"{sign}{amount}" for amount in found] + spoken


# --- names ----------------------------------------------------------------------------------------


def _named(typed: str, *, joined: bool = False) -> list[str]:
    """All ways to write a name: words apart, unless all that are typed so are to be `joined`."""
    pieces, signs = _pieces(typed)
    if len(pieces) < 2 or words.function_words().issuperset(pieces):
        return []
    ways: list[Sequence[str]] = []
    for at, sign in enumerate(signs):
        possible = _between(pieces, signs, at)
        if joined and sign == " ":
            if not {"", " "} <= set(possible):
                return []
            possible = ("",)
        ways.append(possible)
    for at in reversed(range(len(ways))):
        if prod(map(len, ways)) > _MOST:
            ways[at] = ways[at][:1]
    found = product(*ways)
    return ["".join(map("".join, zip(pieces, (*way, ""), strict=True))) for way in found]


def _pieces(typed: str) -> tuple[list[str], list[str]]:
    """The pieces of a name and the signs between them; none of `x.com`, `max_tokens`, `12:30`."""
    pieces: list[str] = []
    signs: list[str] = []
    for part, sign in zip(_SPLIT.split(typed), (*_SPLIT.findall(typed), ""), strict=True):
        if not part or "_" in part or any(token.span > 1 for token in words.tokens(part)):
            return [], []
        whole = part.replace(".", "").isalnum()  # C++ and R&D are not taken apart
        inner = _PIECE.findall(part) if whole else [part]
        pieces += inner
        signs += [""] * (len(inner) - 1) + [sign]
    return pieces, signs[:-1]


def _between(pieces: Sequence[str], signs: Sequence[str], at: int) -> Sequence[str]:
    """What may stand between two pieces: a space also for a hyphen, whose parts are words, too."""
    one, other, typed = pieces[at], pieces[at + 1], signs[at]
    numbers = one[-1].isdecimal(), other[0].isdecimal() or other[0] in _CURRENCIES
    match numbers:
        case True, True:
            return (" ",) if any(map(str.isalpha, pieces)) else (typed,)
        case False, False:
            return _between_letters(pieces, signs, at)
        case _:
            letters = one if numbers[1] else other
            if not letters.isalpha():
                return (" ",) if typed else ("",)
            if len(letters) == 1:
                return (typed,) if at or typed == " " else ("", "-")
            return (typed,) if letters in words.function_words() else (" ", "")


def _between_letters(pieces: Sequence[str], signs: Sequence[str], at: int) -> Sequence[str]:
    one, other, typed = pieces[at], pieces[at + 1], signs[at]
    if one in {"a", "i"}:  # `a-list` is not `a list`
        return (typed,)
    versioned = (
        len(other) == 1
        and len(one) >= _SHORTEST
        and signs[at + 1 : at + 2] == [""]
        and one not in words.function_words()
    )
    return (" ", "") if versioned and one.isalpha() and other.isalpha() else (" ",)
