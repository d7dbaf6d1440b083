"""Words that may stand for one another: your own list, and a built-in list.

A reader's own stand in `synonyms.toml` in the archive's folder, and are always looked for:

    equal = [["fusor", "fusion reactor"], ["electricity demand", "power consumption"]]
    built-in = false    # ignores the built-in list

The built-in ones (`synonyms.toml` beside this module) are only looked for where the words as
typed are nowhere together. Both ways they count less than the words themselves, and are named in
the answer. Nothing is learned or guessed.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from backissue.errors import UsageError
from backissue.query.nodes import Group, Saying, Synonyms
from backissue.text import words

FILE = "synonyms.toml"
_MOST = 2_000  # groups a reader may write down


class Alternative(NamedTuple):
    """What may stand for the words of a query from number `first` up to, not with, `end`."""

    first: int
    end: int
    saying: Saying


def load(folder: Path) -> Synonyms:
    """The synonyms for the archive in `folder`.

    Raises UsageError for a file that cannot be understood.
    """
    own: tuple[Group, ...] = ()
    with_built_in = True
    path = folder / FILE
    if path.exists():
        own, with_built_in = _read(path)
    return Synonyms(own=own, built_in=_come_along if with_built_in else tuple)


def _come_along() -> tuple[Group, ...]:
    return _read(Path(__file__).with_name(FILE))[0]


def _read(path: Path) -> tuple[tuple[Group, ...], bool]:
    import tomllib

    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
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
    """What may stand for some of the words of a query, in whatever inflection they are asked.

    None is a part of the query that is no plain word.
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
