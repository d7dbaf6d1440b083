"""What programs make of letters that they cannot write: `?`, nothing, or half of their bytes.

Of two copies these functions say which has lost what the other has. They take texts, and know
nothing of copies.
"""

import re
from collections.abc import Callable

from backissue.text.prose import squeeze

# A letter that is not ASCII, which a program may drop that cannot write it; or its place.
LETTER = re.compile("[^\\W\\d_\x00-\x7f]|\ufffd")
# A letter that is not ASCII beside another, or what stands for a character that is lost.
_DROPPED = re.compile(r"(?<=\w)[^\W\d_\x00-\x7f]|[^\W\d_\x00-\x7f](?=\w)|\w\ufffd|\ufffd\w")
MARKED_LOSS = re.compile("[?\ufffd]")


def is_flattened(ours: str, theirs: str) -> bool:
    """Whether `ours` is just what a program makes of `theirs` that cannot write what is not ASCII.

    Question marks, `don?t` for `don’t`; or the first of a letter's bytes, `Å` for `ń`.
    """
    return _is_made_of(squeeze(ours), squeeze(theirs), _flat_forms)


def is_without(ours: str, theirs: str, *, bare: bool) -> bool:
    """Whether `ours` is `theirs` without some of the letters of its words that are not ASCII.

    `Erds` for `Erdős`, whose letter a program dropped that could not write it; in a `bare` copy,
    which has nothing but ASCII, it dropped the signs as well.
    """
    if not bare and not _DROPPED.search(theirs):
        return False
    # A dash that fell out leaves two spaces, of which one is left.
    one, two = ("".join(text.split()) for text in (ours, theirs))
    return len(one) < len(two) and _is_made_of(one, two, _nothing if bare else _no_letter)


def _is_made_of(ours: str, theirs: str, forms: Callable[[str], tuple[str, ...]]) -> bool:
    """Whether `ours` is not `theirs`, but has each of its characters, or one of its `forms`."""
    if ours == theirs or theirs.isascii():
        return False
    places = {0}  # how far ours may have been matched; no pattern, since that may try for ever
    for char in theirs:
        taken = (char,) if char.isascii() else (char, *forms(char))
        places = {at + len(form) for at in places for form in taken if ours.startswith(form, at)}
    return len(ours) in places


def _flat_forms(char: str) -> tuple[str, ...]:
    read = char.encode("utf-8", "replace").decode("latin-1")
    return "?", re.sub("[\x80-\x9f]", "", read)


def _no_letter(char: str) -> tuple[str, ...]:
    return ("",) if LETTER.match(char) else ()


def _nothing(_: str) -> tuple[str, ...]:
    return ("",)


def with_marks(ours: str, theirs: str) -> str | None:
    r"""`ours` with U+FFFD for each question mark that `theirs` lacks; None where more differs.

    No program drops what is ASCII: a question mark that fell out stood for something else.

    >>> with_marks("B?la, really?", "Bla, really?")
    'B\ufffdla, really?'
    """
    left = iter("".join(theirs.split()))
    char, found = next(left, ""), ""
    for sign in ours:
        if sign.isspace():
            found += sign
        elif sign == char:
            found += sign
            char = next(left, "")
        elif sign in "?\ufffd":
            found += "\ufffd"
        else:
            return None
    return found if not char and found.count("\ufffd") and len(found.split()) else None


def together(ours: str, theirs: str) -> str | None:
    """What two versions of one length say together, where each has lost what the other has.

    `you’\ufffd` and `you?d` are `you’d`. None where they do not agree, or ours has lost nothing. A
    question mark where the other has U+FFFD is a loss, too.
    """
    if len(ours) != len(theirs):
        return None
    whole = ""
    for one, two in zip(ours, theirs, strict=True):
        if one != two and not (one.isspace() and two.isspace()):
            if one == "\ufffd" or (one == "?" and not two.isascii()):
                one = two if two != "?" else one  # noqa: PLW2901  # the sound one of the two
            elif two != "\ufffd" and not (two == "?" and not one.isascii()):
                return None
        whole += one
    return whole if whole != ours else None
