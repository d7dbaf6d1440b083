"""Org: the outlines of Emacs, with `#+title:` and its like as evidence.

The text is written as HTML, which is then read as every other page is. What Org itself does not
publish (drawers, planning, comments, keywords, tags) is boilerplate. Source: the syntax of
orgmode.org/worg/org-syntax.html, as far as letters use it.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Final

from msgspec import Struct, field

from backissue.ingest.readers import frontmatter, html
from backissue.ingest.readers.formats import Document, Original
from backissue.ingest.readers.org_inline import inline, note_mark
from backissue.ingest.readers.org_lists import ITEM, end_of_list, list_of
from backissue.text.days import date_line

_SAMPLE = 20_000
_LONGEST_TITLE = 500
# Blocks within blocks.
_DEEPEST = 10
# Kinds of marks that nobody sets who does not write Org.
_ENOUGH_MARKS: Final = 2

# The patterns of whole lines are for a line without blanks around it.
_KEYWORD = re.compile(r"#\+(?P<name>[A-Za-z][\w-]{0,40})(?:\[[^\]\n]{0,200}\])?:(?P<value>.*)")
# Keywords that are no words of a text, at the start of a line.
_SURE = re.compile(
    r"^#\+(?:title|date|author|options|startup|filetags|begin_(?:src|quote|example))\b",
    re.IGNORECASE | re.MULTILINE,
)
_HEADLINE = re.compile(r"(?P<stars>\*{1,30})[ \t]+(?P<text>\S.*)")
_TAGS = re.compile(r"[ \t]:(?P<tags>[\w@#%:]{1,300}):$")
_STATE = re.compile(
    r"(?P<state>TODO|DONE|NEXT|WAIT(?:ING)?|HOLD|CANCELL?ED|STARTED|SOMEDAY|DRAFT|PROJ)[ \t]+(?=\S)"
)
_PRIORITY = re.compile(r"\[#[A-Z0-9]\][ \t]*")
_COMMENT_HEAD = re.compile(r"COMMENT(?=[ \t]|$)")
_DRAWER = re.compile(r":[\w-]{1,60}:")
_END_OF_DRAWER = ":end:"
_PROPERTY = re.compile(r":(?P<name>[\w-]{1,60}):[ \t]+(?P<value>\S.*)")
_PLANNING = re.compile(r"(?:CLOSED|SCHEDULED|DEADLINE|CLOCK):[ \t]*[<\[=]")
_STAMP = re.compile(r"[<\[]\d{4}-\d\d-\d\d[ \t][^\W\d]{2,12}\.?(?:[ \t][^>\]\n]{0,40})?[>\]]")
_LINK = re.compile(r"\[\[[^\[\]\n]{1,500}\]\[[^\[\]\n]{1,500}\]\]")
_BEGIN = re.compile(r"#\+begin_(?P<name>[\w-]{1,40})(?P<rest>.*)", re.IGNORECASE)
_COMMENT = re.compile(r"#(?:[ \t].*)?")
_MODE = re.compile(
    r"#[ \t]*-\*-.{0,200}\bmode:[ \t]*org\b|#[ \t]*-\*-[ \t]*org[ \t]*-\*-", re.IGNORECASE
)
_FIXED = re.compile(r":(?:[ \t](?P<text>.*))?")
_RULE = re.compile(r"-{5,}")
_NOTE = re.compile(r"\[fn:(?P<name>[\w-]{1,60})\][ \t]*(?P<text>.*)")
# Marks of other languages: in these a line that opens with stars is an item.
_FENCE = re.compile(r"^[ \t]{0,3}(?:```|~~~)|^#{2,6}[ \t]+\S|\]\(https?:", re.MULTILINE)
# What a keyword is about the text, and not for a program that publishes it.
_FACTS = {
    "title": "title",
    "subtitle": "subtitle",
    "date": "date",
    "publication": "publication",
    "newsletter": "newsletter",
    "series": "series",
    "hugo_series": "series",
    "number": "number",
    "issue": "issue",
    "url": "url",
    "canonical_url": "canonical_url",
    "canonical": "canonical",
    "permalink": "permalink",
    "description": "description",
    "export_title": "title",
    "export_date": "date",
    "kind": "kind",
}
# The heading above all notes, which Org does not publish.
_NOTES = "footnotes"
_KEPT_BLOCKS = frozenset({"src", "example"})
_UNSEEN_TAGS = frozenset({"noexport", "archive"})
_YES = frozenset({"t", "true", "yes"})


class _Text(Struct):
    """What is read so far: the page, the keywords, and what is not shown."""

    parts: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    keywords: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def recognises(original: Original) -> bool:
    """Whether a text opens with Org's keywords, or has several kinds of its marks."""
    sample = original.text[:_SAMPLE].lstrip("\ufeff")
    opening = sample.lstrip().partition("\n")[0].strip()
    if _MODE.match(opening):
        return True
    known = _KEYWORD.match(opening) is not None or _BEGIN.match(opening) is not None
    if known or opening.upper() == ":PROPERTIES:":
        return True
    if _FENCE.search(sample):
        return False
    return _SURE.search(sample) is not None or sum(_marks(sample)) >= _ENOUGH_MARKS


def _marks(text: str) -> Iterator[bool]:
    """Whether each kind of mark is in a text."""
    lines = text.split("\n")
    heads = [_HEADLINE.fullmatch(line) for line in lines]
    yield _is_outline(lines, heads)
    yield any(head and _STATE.match(head["text"]) for head in heads)
    yield any(head and _TAGS.search(head["text"].rstrip()) for head in heads)
    bare = [line.strip() for line in lines]
    yield any(_KEYWORD.fullmatch(line) or _BEGIN.fullmatch(line) for line in bare)
    yield ":PROPERTIES:" in bare
    yield _LINK.search(text) is not None
    yield any(map(_PLANNING.match, bare)) or _STAMP.search(text) is not None


def _is_outline(lines: Sequence[str], heads: Sequence[re.Match[str] | None]) -> bool:
    """Whether lines with stars are headings: most have a text below, as no item of a list has."""
    found = [place for place, head in enumerate(heads) if head]
    if len(found) < 2:
        return False
    with_text = 0
    for place in found:
        below = next((n for n in range(place + 1, len(lines)) if lines[n].strip()), None)
        text = "" if below is None else lines[below]
        with_text += bool(text) and text[0] not in "*-+=~_# \t" and not ITEM.fullmatch(text)
    return 2 * with_text > len(found) and len(heads[found[0]]["stars"]) == 1  # type: ignore[index]


def read(original: Original) -> tuple[Document, ...]:
    """The text, as one document, with what its keywords say."""
    found = _Text()
    _read(_OrgLines(original.text.lstrip("\ufeff").split("\n")), found)
    page = html.content("".join([*found.parts, *found.notes]))
    facts = {name: found.keywords[key] for key, name in _FACTS.items() if key in found.keywords}
    if "date" in facts:
        facts["date"] = _day(facts["date"])
    front = frontmatter.FrontMatter(fields=facts, text="")
    return (
        Document(
            blocks=page.blocks,
            evidence=frontmatter.evidence_of(front),
            boilerplate=(*found.aside, *page.boilerplate),
            flaws=original.decoded.flaws,
            left_out="draft" if _is_draft(found.keywords) else None,
        ),
    )


def _is_draft(keywords: Mapping[str, str]) -> bool:
    return keywords.get("hugo_draft", keywords.get("draft", "")).strip().lower() in _YES


def _day(value: str) -> str:
    """A day as Org writes it, `<2024-03-03 Sun 10:00>`, as the day alone."""
    if stamp := re.match(r"[<\[]?(\d{4}-\d\d-\d\d)\b", value):
        return stamp[1]
    day = date_line(value)
    return day.isoformat() if day else value


# -- lines ---------------------------------------------------------------------------------------


class _OrgLines(list[str]):
    """Lines, and where in them what is opened may end: found once, not for each that opens."""

    def __init__(self, lines: Iterable[str], depth: int = 0) -> None:
        super().__init__(lines)
        self.depth = depth
        self._ends: dict[str, list[int]] = defaultdict(list)
        for place, line in enumerate(self):
            if line.startswith("*") and _HEADLINE.fullmatch(line):
                self._ends["*"].append(place)
            elif (bare := line.strip().lower()).startswith(("#+end_", _END_OF_DRAWER)):
                self._ends[bare].append(place)

    def end_of(self, name: str, place: int) -> int | None:
        """The first line below `place` that is `name`, or a heading for `*`."""
        ends = self._ends.get(name, [])
        at = bisect_right(ends, place)
        return ends[at] if at < len(ends) else None


def _read(lines: _OrgLines, found: _Text) -> None:
    """Write the lines as HTML, block by block."""
    place = 0
    unseen = 0  # the level of a heading whose text is not published
    while place < len(lines):
        line = lines[place]
        if head := _HEADLINE.fullmatch(line):
            unseen = _headline(head, unseen, found)
            place += 1
        elif unseen:
            _set_aside([line], found)
            place += 1
        else:
            place = _block(lines, place, found)


def _headline(head: re.Match[str], unseen: int, found: _Text) -> int:
    """Write a heading; returns the level below which nothing is published, or 0."""
    level, text = len(head["stars"]), head["text"].strip()
    tags: list[str] = []
    if match := _TAGS.search(text):
        text, tags = text[: match.start()], match["tags"].split(":")
    aside = [f":{':'.join(tags)}:"] if tags else []
    if state := _STATE.match(text):
        text = text[state.end() :]
        aside.append(state["state"])
    if priority := _PRIORITY.match(text):
        text = text[priority.end() :]
        aside.append(priority[0].strip())
    hidden = _COMMENT_HEAD.match(text) is not None or not _UNSEEN_TAGS.isdisjoint(tags)
    if unseen and level > unseen:
        hidden, level = True, unseen
    if hidden:
        _set_aside([head[0]], found)
        return level
    found.aside += aside
    if text.strip().lower() == _NOTES:
        found.aside.append(text)
        return 0
    rank = min(level + ("title" in found.keywords), 6)
    found.parts.append(f"<h{rank}>{inline(text)}</h{rank}>\n")
    return 0


def _block(lines: _OrgLines, place: int, found: _Text) -> int:
    """Write what begins at a line; returns where the next begins."""
    line = lines[place]
    begin = _BEGIN.fullmatch(line.strip()) if lines.depth < _DEEPEST else None
    if begin:
        return _named_block(lines, place, begin, found)
    if _is_line(line, found):
        return place + 1
    if _DRAWER.fullmatch(line.strip()) and (end := _end_of_drawer(lines, place)):
        _drawer(lines[place:end], found)
        return end
    return _stretch(lines, place, found)


def _is_line(line: str, found: _Text) -> bool:
    """Write what is one line by itself; False where it is part of more."""
    line = line.strip()
    if keyword := _KEYWORD.fullmatch(line):
        _keyword(keyword, found)
    elif _COMMENT.fullmatch(line) or _PLANNING.match(line):
        _set_aside([line], found)
    elif _RULE.fullmatch(line):
        found.parts.append("<hr>\n")
    else:
        return not line
    return True


def _stretch(lines: Sequence[str], place: int, found: _Text) -> int:
    """Write the code, table, list or paragraph that begins at a line; returns where it ends."""
    for test, write in ((_is_fixed, _fixed), (_is_row, _table)):
        if test(lines[place]):
            end = _while(lines, place, test)
            write(lines[place:end], found)
            return end
    if ITEM.fullmatch(lines[place]):
        end = end_of_list(lines, place)
        found.parts.append(list_of(lines[place:end]))
        return end
    return _paragraph(lines, place, found)


def _while(lines: Sequence[str], place: int, test: Callable[[str], bool]) -> int:
    while place < len(lines) and test(lines[place]):
        place += 1
    return place


def _keyword(keyword: re.Match[str], found: _Text) -> None:
    """Keep a keyword's value; a caption is read as words."""
    name, value = keyword["name"].lower(), keyword["value"].strip()
    if name == "caption" and value:
        found.parts.append(f"<p>{inline(value)}</p>\n")
        return
    known = found.keywords.get(name)
    # A title may go on in a second line of the same name.
    found.keywords[name] = (
        f"{known} {value}"
        if known and name == "title" and len(known) < _LONGEST_TITLE
        else known or value
    )
    _set_aside([keyword[0]], found)


def _end_of_drawer(lines: _OrgLines, place: int) -> int | None:
    end, heading = lines.end_of(_END_OF_DRAWER, place), lines.end_of("*", place)
    return None if end is None or (heading is not None and heading < end) else end + 1


def _drawer(lines: Sequence[str], found: _Text) -> None:
    for line in lines[1:-1]:
        if match := _PROPERTY.fullmatch(line.strip()):
            name = match["name"].lower()
            if name.startswith("export_") and name in _FACTS:
                found.keywords.setdefault(_FACTS[name], match["value"].strip())
    _set_aside(lines, found)


def _set_aside(lines: Sequence[str], found: _Text) -> None:
    found.aside += [line.strip() for line in lines if line.strip()]


def _named_block(lines: _OrgLines, place: int, begin: re.Match[str], found: _Text) -> int:
    """`#+begin_quote` to `#+end_quote`; one that does not end is a line that is set aside."""
    name = begin["name"].lower()
    end = lines.end_of(f"#+end_{name}", place)
    if end is None:
        _set_aside([lines[place]], found)
        return place + 1
    inside = lines[place + 1 : end]
    if name == "comment":
        _set_aside(inside, found)
    elif name in _KEPT_BLOCKS:
        found.parts.append(_code([re.sub(r"^([ \t]*),(?=\*|#\+)", r"\1", line) for line in inside]))
    elif name == "export":
        if begin["rest"].split()[:1] in (["html"], ["HTML"]):
            found.parts.append("\n".join(inside) + "\n")
        else:
            _set_aside(inside, found)
    elif name == "verse":
        shown = "<br>".join(inline(line.strip()) for line in inside)
        found.parts.append(f"<p>{shown}</p>\n")
    else:
        tag = "blockquote" if name == "quote" else "div"
        found.parts.append(f"<{tag}>")
        _read(_OrgLines(inside, lines.depth + 1), found)
        found.parts.append(f"</{tag}>\n")
    return end + 1


def _code(lines: Sequence[str]) -> str:
    return f"<pre><code>{escape(chr(10).join(lines), quote=False)}</code></pre>\n"


def _fixed(lines: Sequence[str], found: _Text) -> None:
    matches = (_FIXED.fullmatch(line.strip()) for line in lines)
    found.parts.append(_code([match["text"] or "" for match in matches if match]))


def _is_fixed(line: str) -> bool:
    return _FIXED.fullmatch(line.strip()) is not None


def _is_row(line: str) -> bool:
    return line.lstrip().startswith("|")


def _table(lines: Sequence[str], found: _Text) -> None:
    """Rows between `|`; a row of dashes below the first makes it the names of the columns."""
    rows = [line.strip() for line in lines]
    ruled = [row.startswith("|-") for row in rows]
    headed = True in ruled[1:] and not ruled[0]
    first_rule = ruled.index(True) if headed else 0
    made = []
    for place, row in enumerate(rows):
        if not ruled[place]:
            tag = "th" if place < first_rule else "td"
            cells = row.removeprefix("|").removesuffix("|").split("|")
            shown = "".join(f"<{tag}>{inline(cell.strip())}</{tag}>" for cell in cells)
            made.append(f"<tr>{shown}</tr>")
    found.parts.append(f"<table>{''.join(made)}</table>\n")


def _starts_block(line: str) -> bool:
    """Whether a line ends the paragraph above it."""
    return (
        not line.strip()
        or _HEADLINE.fullmatch(line) is not None
        or ITEM.fullmatch(line) is not None
        or line.lstrip().startswith(("#+", "|"))
        or any(p.fullmatch(line.strip()) for p in (_RULE, _COMMENT, _DRAWER))
        or _NOTE.match(line) is not None
    )


def _paragraph(lines: Sequence[str], place: int, found: _Text) -> int:
    end = place + 1
    while end < len(lines) and not _starts_block(lines[end]):
        end += 1
    text = "\n".join(line.strip() for line in lines[place:end])
    if note := _NOTE.match(text):
        words = inline(text[note.start("text") :])
        found.notes.append(f"<p>{note_mark(note['name'])} {words}</p>\n")
    else:
        found.parts.append(f"<p>{inline(text)}</p>\n")
    return end
