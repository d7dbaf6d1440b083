"""What only a typesetter needs: soft hyphens within words, and letters cast in one piece.

Both are right on a page, and in text they hide the word: `super\u00adintelligence`, `\ufb01nd`.
"""

import re

from backissue.ingest.repair.edits import Edit, replacing

# A letter that mojibake leaves before U+00AD (`Ã\xad` is `í`), where that was not repaired.
_LETTER = r"[^\W\d_À-ÖØ-Þ]"
_SOFT = re.compile(rf"(?<={_LETTER})\u00ad+(?={_LETTER})")
# At the end of a line; the line's end is part of the break.
_SOFT_END = re.compile(rf"(?<={_LETTER})\u00ad+[ \t]*\n[ \t]*(?={_LETTER})")
_LIGATURE = re.compile(r"(?<=[A-Za-z’'-])[\ufb00-\ufb06]|[\ufb00-\ufb06](?=[A-Za-z])")
_LETTERS = dict(enumerate(("ff", "fi", "fl", "ffi", "ffl", "ſt", "st"), 0xFB00))
# Text with a ligature or two was typed so; a PDF that has them has them everywhere.
_ENOUGH_LIGATURES = 3


def count_soft_hyphens(text: str) -> int:
    """How many soft hyphens stand within words, or where a line parted one."""
    if "\u00ad" not in text:  # as in most documents
        return 0
    return len(_SOFT.findall(text)) + len(_SOFT_END.findall(text))


def count_ligatures(text: str) -> int:
    """How many ligatures stand in words, unless they are too few to come from a font."""
    found = len(_LIGATURE.findall(text)) if re.search("[\ufb00-\ufb06]", text) else 0
    return found if found >= _ENOUGH_LIGATURES else 0


def soft_hyphens(text: str) -> list[Edit]:
    """Soft hyphens within words, gone: `news\u00adletter`.

    Certain: U+00AD says where a word may be parted, and between two letters it says nothing else.
    Price: none to a reader; who sets the text again has to hyphenate it again.
    """
    return replacing(_SOFT, text, "", "soft-hyphen")


def soft_line_ends(text: str) -> list[Edit]:
    """The same where the line was parted at it, unless what is known of the words said more."""
    return replacing(_SOFT_END, text, "", "soft-hyphen")


def ligatures(text: str) -> list[Edit]:
    """Letters cast in one piece, apart: `\ufb01nd` to `find`.

    Certain: a font has them for the letters they are made of, and nothing else. One that stands
    alone is spoken of, and stays. Price: none to a reader, who sees the same letters.
    """
    return [
        Edit(match.start(), match.end(), _LETTERS[ord(match[0])], "ligature")
        for match in _LIGATURE.finditer(text)
    ]
