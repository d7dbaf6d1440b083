"""Words that may stand for one another: yours, built-in ones, and the archive's abbreviations.

Yours are in `synonyms.toml` in the archive's folder, and always count:

    equal = [["fusor", "fusion reactor"], ["electricity demand", "power consumption"]]
    built-in = false    # ignores the built-in list, and the archive's abbreviations

The built-in ones (`synonyms.txt` beside this module) count only for sections that lack a word as
typed, as do the abbreviations that sections define. For each of these the index has two tags, which
begin with the stems of one form, so that any inflection of it finds the other:

    short:llm=large language model
    long:large language model=llm

So do words of the same origin (`measurement` for `measure`), which `derivations.txt` describes.

All add less to a score than the words themselves, and the answer names them.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from backissue import own_files
from backissue.errors import UsageError
from backissue.query.nodes import SYNONYMS_FILE, Group, Saying, Synonyms
from backissue.text import words

_BUILT_IN = Path(__file__).with_name("synonyms.txt")  # which a search reads fast
_DERIVATIONS = Path(__file__).with_name("derivations.txt")
# The fewest letters of a word, and those that two words of one origin begin with.
_SHORTEST = 4
_IN_COMMON = 3
_MOST = 2_000  # groups in your file
_MOST_FORMS = 3  # of an abbreviation: those that most sections define
_LONGEST_FORM = 16  # words

# The tags that begin so, and how many sections have each.
Tags = Callable[[str], Mapping[str, int]]


class Alternative(NamedTuple):
    """What may stand for the words of a query from number `first` up to, not with, `end`."""

    first: int
    end: int
    saying: Saying


def load(folder: Path) -> Synonyms:
    """The synonyms for the archive in `folder`: your own, and whether the built-in ones count.

    Raises UsageError for a file that cannot be understood.
    """
    path = folder / SYNONYMS_FILE
    if not os.path.lexists(path):
        return Synonyms()
    own, with_built_in = _read(path)
    return Synonyms(own=own, built_in=with_built_in)


@cache
def built_in() -> tuple[Group, ...]:
    """The groups that come with backissue."""
    lines = _BUILT_IN.read_text(encoding="utf-8").splitlines()
    return tuple(
        tuple(map(_saying, line.split(" = "))) for line in lines if line and line[0] != "#"
    )


def _read(path: Path) -> tuple[tuple[Group, ...], bool]:
    import tomllib

    try:
        told = tomllib.loads(own_files.read(path).decode())
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="correct or remove it") from None
    unknown = sorted(set(told) - {"equal", "built-in"})
    groups, with_built_in = told.get("equal", []), told.get("built-in", True)
    if unknown or not isinstance(with_built_in, bool) or not _is_groups(groups):
        what = f"“{unknown[0]}” in it" if unknown else "what it says"
        raise UsageError(
            f"{path}: {what} is not understood",
            hint='write equal = [["one", "another word"]] and built-in = true or false',
        )
    made = (tuple(dict.fromkeys(filter(None, map(_saying, group)))) for group in groups)
    return tuple(group for group in made if len(group) > 1), with_built_in


def _is_groups(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _MOST
        and all(isinstance(group, list) for group in value)
        and all(isinstance(saying, str) for group in value for saying in group)
    )


def _saying(text: str) -> Saying:
    return tuple(word for _, word in words.phrase(text))


def alternatives(asked: Sequence[str | None], groups: Sequence[Group]) -> Iterator[Alternative]:
    """What may stand for some of the words of a query, in any inflection of theirs.

    None in `asked` is a part of the query that is not a plain word.

    >>> list(alternatives(["cheap", "GPU"], [(("gpu",), ("graphics", "card"))]))
    []
    >>> list(alternatives(["cheap", "gpus"], [(("gpu",), ("graphics", "card"))]))
    [Alternative(first=1, end=2, saying=('graphics', 'card'))]
    """
    stems = [None if word is None else words.stem(word) for word in asked]
    for group in groups:
        for saying in group:
            wanted = [words.stem(word) for word in saying]
            for first in range(len(stems) - len(wanted) + 1):
                if stems[first : first + len(wanted)] == wanted:
                    for other in group:
                        if other != saying:
                            yield Alternative(first, first + len(wanted), other)


# --- abbreviations that the archive defines ------------------------------------------------------


def tags_of(short_form: str, long_form: str) -> tuple[str, ...]:
    """What the index stores of a definition; nothing if the short form is several words (`I/O`).

    >>> tags_of("MoE", "mixture-of-experts")
    ('short:moe=mixture of experts', 'long:mixture of expert=moe')
    """
    short, long = _saying(short_form), _parts(long_form)
    if len(short) != 1:
        return ()
    return f"short:{_stems(short)}={' '.join(long)}", f"long:{_stems(long)}={short[0]}"


def defined(asked: Sequence[str | None], tags: Tags) -> Iterator[Alternative]:
    """The other forms of the abbreviations among the words of a query; None is no plain word.

    The work grows with the query, and with what the archive defines of its words.

    >>> archive = ["short:llm=large language model", "long:large language model=llm"]
    >>> tags = lambda prefix: {tag: 1 for tag in archive if tag.startswith(prefix)}
    >>> list(defined(["cheap", "llms"], tags))
    [Alternative(first=1, end=2, saying=('large', 'language', 'model'))]
    >>> list(defined(["large", "language", "models"], tags))
    [Alternative(first=0, end=3, saying=('llm',))]
    """
    parts = [_parts(word) if word else () for word in asked]
    for first, word in enumerate(asked):
        if word is None or word in words.function_words():
            continue
        stem = words.stem(word)
        yield from _forms(tags(f"short:{stem}="), first, {stem: first + 1})
        long: list[str] = []
        ends: dict[str, int] = {}
        for end, some in enumerate(parts[first : first + _LONGEST_FORM], first + 1):
            if not some:
                break
            long += map(words.stem, some)
            ends[" ".join(long)] = end
        if len(long) > 1:  # as every long form is
            yield from _forms(tags(f"long:{long[0]} {long[1]}"), first, ends)


def _forms(tags: Mapping[str, int], first: int, ends: Mapping[str, int]) -> Iterator[Alternative]:
    """What the tags have for words of a query that begin at `first`.

    `ends` has the stems of these words, for each number of them, with the end.
    """
    total: Counter[tuple[str, str]] = Counter()
    shown: dict[tuple[str, str], tuple[int, str]] = {}
    for tag, count in tags.items():
        key, _, form = tag.partition(":")[2].partition("=")
        if key in ends:
            same = key, _stems(form.split())  # one form in several inflections
            total[same] += count
            shown[same] = min(shown.get(same, (0, form)), (-count, form))
    taken: Counter[str] = Counter()
    for same in sorted(total, key=lambda same: (-total[same], same)):
        key, _ = same
        taken[key] += 1
        if taken[key] <= _MOST_FORMS:
            yield Alternative(first, ends[key], tuple(shown[same][1].split()))


def _parts(text: str) -> tuple[str, ...]:
    """The words of a text, a compound by its parts."""
    found: dict[int, str] = {}
    for token in words.tokens(text):
        if token.span == 1:
            found.setdefault(token.position, token.text)  # other spellings come behind
    return tuple(found.values())


def _stems(several: Iterable[str]) -> str:
    return " ".join(map(words.stem, several))


# --- words of the same origin ---------------------------------------------------------------------


class _Origins(NamedTuple):
    """What the list says: endings and what they are replaced by; families; words kept apart."""

    endings: dict[str, tuple[str, ...]]
    families: dict[str, frozenset[str]]
    apart: dict[str, frozenset[str]]
    longest: int  # letters of an ending


def derived(word: str) -> tuple[str, ...]:
    """The words that `word` may be made from, and those that may be made from it, uninflected.

    They are what spelling allows; most of them are no words. No word that `derivations.txt` keeps
    apart is among them.

    >>> "measurement" in derived("measures"), "measure" in derived("measurements")
    (True, True)
    >>> "station" in derived("state")
    False
    """
    base = words.stem(word)
    rules = _origins()
    found = set(rules.families.get(base, ()))
    if len(base) >= _SHORTEST and base.isascii() and base.isalpha():
        for at in range(max(len(base) - rules.longest, 0), len(base) + 1):
            for ending in rules.endings.get(base[at:], ()):
                made = base[:at] + ending
                if len(made) >= _SHORTEST and made[:_IN_COMMON] == base[:_IN_COMMON]:
                    found.add(made)
    found -= rules.apart.get(base, frozenset())
    return tuple(sorted(made for made in found if words.stem(made) == made))


@cache
def _origins() -> _Origins:
    endings: dict[str, tuple[str, ...]] = {}
    families: dict[str, frozenset[str]] = {}
    apart: dict[str, frozenset[str]] = {}
    for first, *others in words.read_words(_DERIVATIONS):
        if first.startswith("-"):
            one, other = first[1:], others[0][1:]
            endings[one] = (*endings.get(one, ()), other)
            endings[other] = (*endings.get(other, ()), one)
            continue
        group, kept = (others, apart) if first == "!" else ([first, *others], families)
        for word in group:
            kept[word] = kept.get(word, frozenset()) | (frozenset(group) - {word})
    return _Origins(endings, families, apart, max(map(len, endings)))
