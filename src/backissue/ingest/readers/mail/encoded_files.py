"""Files written into a text as lines, as before MIME: uuencode (POSIX.1) and yEnc (draft 1.3).

    begin 644 crane.txt
    +5&AE(&-R86YE(0H
    `
    end

What is in such a file is attached, and no words of the text.
"""

import re
from bisect import bisect_left

from backissue.text.prose import squeeze

_UU_BEGIN = re.compile(r"begin [0-7]{3,4} (?P<name>\S[^\n]{0,200})")
_BASE64_BEGIN = re.compile(r"begin-base64 [0-7]{3,4} (?P<name>\S[^\n]{0,200})")
_YENC_BEGIN = re.compile(r"=ybegin [^\n]{1,100}\bname=(?P<name>\S[^\n]{0,200})")
# The first sign says how many bytes the line has, and three bytes are four signs.
_UU_LINE = re.compile(r"[!-`][ -`]{0,90}")
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]{4,100}={0,2}")
# Such a file may lack its end, where a text was cut. So many whole lines no person writes.
_SURE_LINES = 3
_GROUP = 4  # signs of three bytes


def without_files(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` without the files in it, and their names."""
    if "begin" not in text:
        return text, ()
    lines = text.split("\n")
    ends = [place for place, line in enumerate(lines) if line.startswith("=yend ")]
    kept: list[str] = []
    names: list[str] = []
    place = 0
    while place < len(lines):
        found = _file_at(lines, place, ends)
        if found is None:
            kept.append(lines[place])
            place += 1
        else:
            name, place = found
            names.append(squeeze(name))
    return ("\n".join(kept), tuple(names)) if names else (text, ())


def _file_at(lines: list[str], place: int, ends: list[int]) -> tuple[str, int] | None:
    """The name of the file that begins in this line, and the line below its end."""
    line = lines[place].rstrip()
    if match := _UU_BEGIN.fullmatch(line):
        end = _end_of_uu(lines, place + 1)
    elif match := _BASE64_BEGIN.fullmatch(line):
        end = _end_of_base64(lines, place + 1)
    elif match := _YENC_BEGIN.fullmatch(line):
        # What is above yEnc's last line may be any signs at all.
        after = bisect_left(ends, place)
        end = ends[after] + 1 if after < len(ends) else None
    else:
        return None
    return (match["name"], end) if end else None


def _end_of_uu(lines: list[str], start: int) -> int | None:
    """The line below `end`; in a text that was cut, below the last line of the file."""
    whole = broken = 0
    for place in range(start, len(lines)):
        line = lines[place].rstrip()
        if line == "end":
            return place + 1 if whole >= broken else None
        if line.strip(" `"):
            missing = _missing_signs(line)
            if missing is None:
                return place if whole >= _SURE_LINES and whole >= broken else None
            # Of the last three bytes' signs, blanks may be lost; more is another text, or broken.
            whole += missing < _GROUP
            broken += missing >= _GROUP
    return len(lines) if whole >= _SURE_LINES and whole >= broken else None


def _missing_signs(line: str) -> int | None:
    """How many signs a line lacks of those that its first one announces; None if it has others.

    Blanks at its end may be lost; some programs add a sign or two.
    """
    if not _UU_LINE.fullmatch(line):
        return None
    signs = ((ord(line[0]) - 32 & 63) + 2) // 3 * 4
    return max(0, signs - len(line) + 1) if len(line) - 1 <= signs + 2 else None


def _end_of_base64(lines: list[str], start: int) -> int | None:
    for place in range(start, len(lines)):
        line = lines[place].rstrip()
        if line == "====":
            return place + 1
        if not _BASE64_LINE.fullmatch(line):
            break
    return None
