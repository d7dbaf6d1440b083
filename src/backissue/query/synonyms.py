"""Words that may stand for one another: your own list, and a built-in list.

Yours are in `synonyms.toml` in the archive's folder, and always count:

    equal = [["fusor", "fusion reactor"], ["electricity demand", "power consumption"]]
    built-in = false    # ignores the built-in list

The built-in ones (`synonyms.toml` beside this module) count only if no section has all words as
typed. Both add less to a score than the words themselves, and the answer names them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from backissue.errors import UsageError
from backissue.query.nodes import SYNONYMS_FILE, Group, Saying, Synonyms
from backissue.text import words

_BUILT_IN = Path(__file__).with_name("synonyms.toml")
_MOST = 2_000  # groups in your file


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
    if not path.exists():
        return Synonyms()
    own, with_built_in = _read(path)
    return Synonyms(own=own, built_in=with_built_in)


def built_in() -> tuple[Group, ...]:
    """The groups that come with backissue."""
    return _read(_BUILT_IN)[0]


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
