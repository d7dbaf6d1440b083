r"""Plain text: what a browser, a mail program or a PDF viewer puts on the clipboard.

Lines are cut at `\n` alone: `str.splitlines` also cuts at U+0085 and U+2028, and the first of
these is half of a damaged letter (`Ã\x85`).
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backissue.ingest.readers.formats import BlockBuilder, Document, Original
from backissue.records import Block, BlockKind
from backissue.text.prose import is_end_mark, is_separator
from backissue.text.rules import bounded

if TYPE_CHECKING:
    from backissue.text.layouts import Stretch

_BULLET = re.compile(r"(?P<indent>[ \t\xa0]*)(?:[•◦▪▫‣●○■–*+-])(?:[ \t\xa0]+)(?=\S)")
# Percent of the lines: fewer blank ones are accidents, and every line is a paragraph.
_FEWEST_BLANK_PERCENT: Final = 5

# What code and tables are made of. Most texts have none of it.
_LAYOUT = re.compile(
    r"^(?: {4}|\t)|^ {0,3}(?:```|~~~)|\S\t|\|[^|\n]*\||\S {2,}\S[^\n]*\S {2,}\S|^ *[+|┌╔]",
    re.MULTILINE,
)

# As reStructuredText and people underline; `*` and `#` in rows are separators as a rule.
_ROW = re.compile(r"\s*(?P<row>={3,}|-{3,}|~{3,}|\^{3,}|_{3,}|\+{3,}|\*{3,}|#{3,}|[─━═]{3,})\s*")
_LEVELS = {"=": 1, "~": 3, "^": 3}
_LEVEL = 2
# Characters.
_LONGEST: Final = 90
_LONGEST_CENTRED: Final = 50
_MIRROR = str.maketrans("<>[](){}«»/\\", "><][)(}{»«\\/")
_FRAME = r"[-=~*_#+<>:|•·–—«»/\\]"
_LONGEST_FRAMED = 400  # characters
_FRAMED = bounded(
    rf"\s*(?P<left>(?:{_FRAME}\s?){{2,30}}+)\s*(?P<text>[^\W_].*?)\s*(?P<right>(?:{_FRAME}\s?){{2,80}}+)\s*",
    _LONGEST_FRAMED,
)
_BRACKETED = bounded(
    r"\s*(?P<left>\[)\s+(?P<text>[^\W_][^\[\]]*?)\s+(?P<right>\])\s*", _LONGEST_FRAMED
)
# As wikis mark headings; a `=` in the words is a sum.
_WIKI = bounded(r"(?P<left>={2,6}|=(?= )) ?(?P<text>[^= ][^=]*)(?P=left)", _LONGEST_FRAMED)
_EDITED = re.compile(r"\[edit\]\s+(?P<text>\S.*)")
_INDENT = re.compile(r"\s*")
# `■ Cranes grow` above its text, as Japanese mails mark a heading.
_SQUARED = re.compile(r"\s*[■□◆◇●▼★☆]\s*(?P<text>[^\s■□◆◇●▼★☆].*)")
# `Q u o t e   o f   t h e   d a y`: a word in letters set apart.
_SET_APART = re.compile(r"(?=(?: {0,8}[^\W\d_]){6})[^\W\d_](?: {1,8}[^\W\d_’'-])+")
# `** Cranes grow` over sixty dashes: a heading as Mailchimp writes it in plain text.
_STARRED = re.compile(r"\s*\*\*\s+(?P<text>[^\s*].*)")
# `Cranes grow (https://…)`, as a mail program writes a heading that is a link.
_LINKED = bounded(r"(?P<text>[^\s(].*?)\s?\((?P<url>https?://[^\s()]+)\)", 400)
# `T. Lind`, who has signed what is above.
_INITIAL = re.compile(r"(?:[A-Z]\.\s?){1,3}[A-Z]\w")
# Signs of a row that underlines whatever its width, and characters of the line above it.
_SHORTEST_ROW: Final = 5
_LONGEST_ROW: Final = 10
_LONGEST_OVER_ANY: Final = 40
# Lines of a masthead, and titles that are underlined below it.
_MASTHEAD = 12
_FEWEST_UNDERLINED = 3
# Percent of a heading's width, and signs: so much longer or shorter may the row below it be.
_ROW_SLACK_PERCENT: Final = 20
_ROW_SLACK: Final = 2
# Columns: the widest text that has a middle, how far a centred line is set in, at least, and how
# far off the middle it may be.
_WIDEST: Final = 100
_LEAST_INDENT: Final = 8
_OFF_MIDDLE: Final = 4
# Percent of the lines that are set in, and headings that are not, in a text of such headings.
_SET_IN_PERCENT: Final = 60
_FEWEST_OVER: Final = 2
# So many percent of the lines are no longer than the text is wide.
_WITHIN_PERCENT: Final = 90


def recognises(original: Original) -> bool:
    """Any text is plain text."""
    del original
    return True


def read(original: Original) -> tuple[Document, ...]:
    """The text, as one document."""
    return (Document(blocks=blocks(original.text), flaws=original.decoded.flaws),)


def blocks(text: str) -> tuple[Block, ...]:
    """A block a line. Lines are joined where the text uses blank lines to part its paragraphs."""
    lines = [_set_together(line) for line in text.strip("\n").split("\n")]
    blanks = sum(not line.strip() for line in lines)
    every_line_is_a_paragraph = blanks * 100 < _FEWEST_BLANK_PERCENT * len(lines)
    kept = {one.start: one for one in laid_out("\n".join(lines))}
    inside = {place for one in kept.values() for place in range(one.start, one.end)}
    headings = {place: one for place, one in _headings(lines).items() if place not in inside}
    build = BlockBuilder()
    indents: list[int] = []
    for place, line in enumerate(lines):
        if place in inside:
            if one := kept.get(place):
                build.verbatim(one.kind, one.runs, one.level)
            continue
        heading = headings.get(place)
        if heading is None:
            indents = _line(build, line, indents)
        elif heading.text:
            build.border()
            build.begin(BlockKind.HEADING, heading.level)
            linked = _LINKED.fullmatch(heading.text)
            build.text(linked["text"], url=linked["url"]) if linked else build.text(heading.text)
        if every_line_is_a_paragraph or heading:
            build.border()
        else:
            build.line_break()
    return build.finish()


def _set_together(line: str) -> str:
    """A line whose letters are set apart, as words: `T i d e   t a b l e` is `Tide table`."""
    words = line.strip()
    if words[1:2] != " " or len(words) > _LONGEST or not _SET_APART.fullmatch(words):
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return indent + " ".join(word.replace(" ", "") for word in re.split(r" {2,}", words))


def laid_out(text: str) -> "Sequence[Stretch]":
    """The code and tables in a text."""
    if not _LAYOUT.search(text):
        return ()
    from backissue.text.layouts import stretches  # noqa: PLC0415 - few texts have any

    return stretches(text)


def _line(build: BlockBuilder, line: str, indents: list[int]) -> list[int]:
    """Add one line below list items with these `indents`; those of the next line come back."""
    if not line.strip():
        return indents
    bullet = None if is_separator(line) or is_end_mark(line) else _BULLET.match(line)
    if bullet:
        indent = len(bullet["indent"].expandtabs(4))
        indents = [*(outer for outer in indents if outer < indent), indent]
        build.begin(BlockKind.ITEM, len(indents))
        line = line[bullet.end() :]
    else:
        build.begin(BlockKind.PARAGRAPH)
        indents = []
    build.text(line)
    return indents


# -- headings set by layout ----------------------------------------------------------------------


class _Heading(Struct, frozen=True):
    """A heading's words without the signs that mark it; no text for a row of signs."""

    text: str
    level: int


_NOTHING = _Heading("", 0)


def _headings(lines: Sequence[str]) -> dict[int, _Heading]:
    """The lines that are headings, and the rows of signs that make them so, by place."""
    found = _underlined(lines)
    for several in (
        _of_wiki(lines),
        _framed(lines),
        _centred(lines),
        _over_text_set_in(lines),
        _over_first_lines(lines),
    ):
        found |= {place: heading for place, heading in several.items() if place not in found}
    return found


def _underlined(lines: Sequence[str]) -> dict[int, _Heading]:
    """Lines over a row of about their width, and lines between two equal rows."""
    found: dict[int, _Heading] = {}
    same = _same_rows(lines)
    for place, line in enumerate(lines):
        if place == 0 or not (row := _ROW.fullmatch(line)) or place - 1 in found:
            continue
        starred = _STARRED.fullmatch(lines[place - 1]) if row["row"][0] in "-=" else None
        text = _unmarked(starred["text"] if starred else lines[place - 1])
        above = lines[place - 2] if place > 1 else ""
        between = place > 1 and place - 2 not in found and _is_same_row(above, row["row"])
        if not _is_title(text) or not (between or not above.strip() or is_separator(above)):
            continue
        if between or starred or place in same or _is_as_wide(text.strip(), row["row"]):
            found[place - 1] = _Heading(text, _LEVELS.get(row["row"][0], _LEVEL))
            found[place] = _NOTHING
            if between:
                found[place - 2] = _NOTHING
    return found


def _unmarked(line: str) -> str:
    """A heading's words without the square before them."""
    squared = _SQUARED.fullmatch(line)
    return squared["text"] if squared else line


def _is_same_row(above: str, row: str) -> bool:
    """Whether a heading is between two rows of one sign; of `=` they may differ in length."""
    other = _ROW.fullmatch(above)
    return other is not None and (
        other["row"] == row or (other["row"][0] == row[0] == "=" and len(row) >= _SHORTEST_ROW)
    )


def _same_rows(lines: Sequence[str]) -> frozenset[int]:
    """The places of rows that underline whatever their width.

    `News`, `Jobs`, each over the same seven signs; or over rows of one sign that fit none of them.
    Such a row is each time directly below a short line of its own; a separator is not, and one
    below `Ada Moore` each time closes what is above it.
    """
    alike: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        row = _ROW.fullmatch(line)
        if row is None or row["row"][0] not in "=-~":
            continue
        if _SHORTEST_ROW <= len(row["row"]) <= _LONGEST_ROW:
            alike.setdefault(line, []).append(place)
        if place and lines[place - 1].strip():  # else it parts
            alike.setdefault(row["row"][0], []).append(place)
    return frozenset(
        place
        for row, all_places in alike.items()
        for places in (_below_masthead(lines, all_places),)
        if _are_below_titles(lines, places) and (len(row) > 1 or _underline(lines, places))
        for place in places
    )


def _below_masthead(lines: Sequence[str], places: list[int]) -> list[int]:
    """Rows less the first of them, which frame a masthead: all from the first underlined title on.

    A text has several such titles.
    """
    heads = [_are_below_titles(lines, [place, place]) for place in places]
    first = len(heads) - next((n for n, head in enumerate(reversed(heads)) if not head), len(heads))
    own = places[first:]
    return own if first and len(own) >= _FEWEST_UNDERLINED and places[0] < _MASTHEAD else places


def _are_below_titles(lines: Sequence[str], places: Sequence[int]) -> bool:
    """Whether each row is directly below a short line of its own, and no two below the same."""
    texts = [
        lines[place - 1].strip() if place == 1 or (place and not lines[place - 2].strip()) else ""
        for place in places
    ]
    return (
        len(texts) > 1
        and len(set(texts)) == len(set(places))
        and all(_is_title(text) and len(text) <= _LONGEST_OVER_ANY for text in texts)
    )


def _underline(lines: Sequence[str], places: Sequence[int]) -> bool:
    """Whether rows of different lengths underline, and do not part letters below their signatures.

    Rows of `=` do. Others do if the first is below the text's first line or below the line after
    its underlined title, or each directly above its text and none below a name with an initial.
    """
    _, second, *rest = (place for place in range(places[0] + 1) if lines[place].strip())
    titled = rest[1:] == [places[0]] and _ROW.fullmatch(lines[second]) is not None
    opens = not rest or titled
    touching = all(place + 1 < len(lines) and lines[place + 1].strip() for place in places)
    names = [lines[place - 1].strip() for place in places]
    # `B. Lind` has signed; below `2. Cranes`, `B. Further reading` is a heading.
    signed = any(map(_INITIAL.match, names)) and not any(name[:1].isdigit() for name in names)
    return lines[places[0]].strip()[0] == "=" or opens or (touching and not signed)


def _is_title(text: str) -> bool:
    words = text.strip()
    ends = words.endswith((".", ",", ";")) and not words.isupper()
    has_words = any(char.isalnum() for char in words) and not is_separator(words)
    return has_words and len(words) <= _LONGEST and not ends


def _is_as_wide(text: str, row: str) -> bool:
    """`***` below `END` parts; a row of stars must be as wide to the sign."""
    slack = 0 if row[0] in "*#" else max(_ROW_SLACK, len(text) * _ROW_SLACK_PERCENT // 100)
    return abs(len(row) - len(text)) <= slack


def _of_wiki(lines: Sequence[str]) -> dict[int, _Heading]:
    """`== Cranes grow ==`, as wikis mark a heading; and `[edit] Cranes grow`, copied from one."""
    found: dict[int, _Heading] = {}
    for place, line in enumerate(lines):
        if line[:1] not in "=[ " or len(line) > 2 * _LONGEST:
            continue
        if marked := _WIKI.fullmatch(line.strip()):
            text = marked["text"].strip("*_'/ ")
            if text and _is_title(text):
                found[place] = _Heading(text, len(marked["left"]))
        elif (edited := _EDITED.fullmatch(line.strip())) and _is_title(edited["text"]):
            found[place] = _Heading(edited["text"], _LEVEL)
    return found


def _over_text_set_in(lines: Sequence[str]) -> dict[int, _Heading]:
    """Short lines directly above text that is set in deeper, as nearly all of the text is."""
    indents = [_indent(line) if line.strip() else -1 for line in lines]
    # By characters: the lines of a paragraph may be one by now.
    worded: Counter[int] = Counter()
    for line, indent in zip(lines, indents, strict=True):
        if indent >= 0 and not is_separator(line):
            worded[indent] += len(line)
    body = worded.most_common(1)[0][0] if worded else 0
    found: dict[int, _Heading] = {}
    set_in = sum(count for indent, count in worded.items() if indent >= body)
    if not body or set_in * 100 < _SET_IN_PERCENT * worded.total():
        return found
    outer = Counter(
        indents[place]
        for place, line in enumerate(lines)
        if 0 <= indents[place] < body and _heads_text_set_in(lines, indents, place, body)
    )
    margin = max(outer, key=lambda indent: (outer[indent], indent), default=0)
    if outer[margin] < _FEWEST_OVER:
        return found
    for place, line in enumerate(lines):
        if indents[place] == margin and _heads_text_set_in(lines, indents, place, body):
            found[place] = _Heading(line.strip(), _LEVEL)
    return found


def _heads_text_set_in(lines: Sequence[str], indents: Sequence[int], place: int, body: int) -> bool:
    """Whether a line is a title below a blank line, and directly above text at `body`."""
    above = place and lines[place - 1].strip()
    first = place + 2 if place + 1 < len(lines) and not lines[place + 1].strip() else place + 1
    below = indents[first] if first < len(lines) else -1
    words = lines[place].strip()
    return (
        not above
        and (below == body or (below > body > 0 == indents[place] and first == place + 2))
        and (first == place + 2 or not lines[first].strip()[:1].islower())
        and words[:1].isalnum()
        and words[-1:] != ":"  # which leads into what is shown below it
        and _is_title(words)
        and len(words) <= _LONGEST_OVER_ANY + _LEAST_INDENT
    )


def _over_first_lines(lines: Sequence[str]) -> dict[int, _Heading]:
    """Short lines set in as the first lines of paragraphs are, each right above one."""
    indents = [_indent(line) if line.strip() else -1 for line in lines]
    above = [-1, *indents]
    below = [*indents[1:], -1, -1]
    opens = [
        place
        for place, own in enumerate(indents)
        if own > 0 and (below[place] == 0 or len(lines[place]) > _WIDEST)
    ]
    usual, count = Counter(indents[place] for place in opens).most_common(1)[0] if opens else (0, 0)
    found = {
        place - 1: _Heading(lines[place - 1].strip(), _LEVEL)
        for place in opens
        if indents[place] == above[place] == usual
        and place > 1
        and above[place - 1] < 0
        and _is_title(lines[place - 1])
        and len(lines[place - 1].strip()) <= _LONGEST_OVER_ANY
    }
    return found if len(found) >= _FEWEST_OVER and count >= len(found) else {}


def _framed(lines: Sequence[str]) -> dict[int, _Heading]:
    """`>> HARD NEWS <<`, `* * TITLE * *`, `--- Links ------`, where there are two in one frame."""
    frames: dict[int, tuple[str, _Heading]] = {}
    for place, line in enumerate(lines):
        if len(line) > 2 * _LONGEST:
            continue
        match = _FRAMED.fullmatch(line) or _BRACKETED.fullmatch(line)
        titled = match and _is_title(match["text"]) and match["text"][0].isupper()
        if match and titled and not is_end_mark(line):
            left, right = ("".join(match[side].split()) for side in ("left", "right"))
            if set(left.translate(_MIRROR)) == set(right) and _are_shut(match["text"], left):
                frames[place] = (left[0], _Heading(_set_together(match["text"]), _LEVEL))
    counts = Counter(frame for frame, _ in frames.values())
    return {
        place: heading
        for place, (frame, heading) in frames.items()
        # `>> HARD NEWS <<`, in capitals between arrows, is one alone.
        if counts[frame] > 1 or (frame in "<>«»" and heading.text.isupper())
    }


def _are_shut(text: str, frame: str) -> bool:
    """Whether a frame's signs are only at its ends: `--option and --other--` is no title."""
    words = not any(sign * 2 in text for sign in set(frame))
    return words and (frame != "[" or text.isupper())


def _centred(lines: Sequence[str]) -> dict[int, _Heading]:
    """Short lines in the middle, blank lines above and below, where there are two below the top."""
    width = _width(lines)
    if not width:
        return {}
    # Of the lines above the first words many are centred, none of which heads a section.
    first = next(n for n, line in enumerate(lines) if len(line.strip()) > _LONGEST_CENTRED)
    usual = Counter(_indent(line) for line in lines if len(line.strip()) > _LONGEST_CENTRED)
    margin = usual.most_common(1)[0][0] if usual else 0
    found = {
        place: _Heading(line.strip(), _LEVEL)
        for place, line in enumerate(lines)
        if place > first and _is_centred(line, width, margin) and _stands_alone(lines, place)
    }
    return found if len(found) > 1 else {}


def _width(lines: Sequence[str]) -> int:
    """How wide the text is set; 0 where its lines are whole paragraphs."""
    lengths = sorted(len(line.rstrip()) for line in lines if len(line.strip()) > _LONGEST_CENTRED)
    width = lengths[len(lengths) * _WITHIN_PERCENT // 100] if lengths else 0
    return width if width <= _WIDEST else 0


def _is_centred(line: str, width: int, margin: int) -> bool:
    words = line.strip()
    if not 2 < len(words) <= _LONGEST_CENTRED or not _is_title(words) or not words[0].isupper():
        return False
    indent = _indent(line)
    middle = indent + len(words) / 2
    return indent >= margin + _LEAST_INDENT and abs(middle - (margin + width) / 2) <= _OFF_MIDDLE


def _stands_alone(lines: Sequence[str], place: int) -> bool:
    around = (lines[place - 1] if place else "", lines[place + 1] if place + 1 < len(lines) else "")
    return not any(line.strip() for line in around)


def _indent(line: str) -> int:
    found = _INDENT.match(line.expandtabs(8))
    return found.end() if found else 0
