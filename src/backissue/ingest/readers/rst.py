"""reStructuredText, as far as letters use it: headings, lists, links, directives, fields.

The text is written as Markdown, which is then read as every other is. What is not shown (comments,
targets, settings, pictures) is boilerplate. Source: the specification of docutils.
"""

import re
from collections.abc import Sequence

from msgspec import Struct, field

from backissue.ingest.readers import frontmatter, markdown
from backissue.ingest.readers.formats import Document, Original

_SAMPLE = 20_000
_ROW = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}")
_DIRECTIVE = re.compile(
    r"\.\.[ \t]+(?:\|[^|\n]{1,60}\|[ \t]+)?(?P<name>[\w:-]{1,40})::(?:[ \t]+(?P<rest>.*))?"
)
_TARGET = re.compile(
    r"\.\.[ \t]+_(?P<name>`[^`\n]{1,200}`|[^:\n]{1,200}):[ \t]*(?P<url>\S{0,1000})"
)
_SWAP = re.compile(r"\.\.[ \t]+\|(?P<name>[^|\n]{1,60})\|[ \t]+replace::[ \t]+(?P<words>.{1,300})")
_REMARK_FIELD = re.compile(r"\.\.[ \t]+(?P<name>[a-z]{2,20}):[ \t]+(?P<value>\S.{0,400})")
_FIELD = re.compile(r":(?P<name>[A-Za-z][\w -]{0,40}):(?:[ \t]+(?P<value>.{0,1000}))?")
_NAMED = re.compile(r"`(?P<words>[^`<>\n]{1,300}?)[ ]?<(?P<url>[^<>\s]{1,1000})>`__?")
_QUOTED = re.compile(r"`(?P<words>[^`\n]{1,300})`(?P<sign>__?)?")
_WORD = re.compile(r"(?<![\w`])(?P<words>[A-Za-z][\w.-]{0,60}[A-Za-z0-9])_(?![\w_])")
_ROLE = re.compile(r":[a-z][\w:+-]{0,30}:`(?P<words>[^`<>\n]{1,300}?)(?:[ ]?<[^<>\n]{1,300}>)?`")
_CODE = re.compile(r"``(?P<words>[^`\n](?:[^\n`]{0,300}[^`\n])?)``")
_SUBSTITUTE = re.compile(r"\|(?P<name>[^|\s][^|\n]{0,60})\|_{0,2}")
_HELD = re.compile("\x00(\\d{1,6})\x00")
_SURE = re.compile(
    r"^\.\.[ \t]+(?:_[^:\n]{1,200}:|[\w-]{1,40}::)|`[^`<>\n]{1,300}[ ]?<[^<>\s]{1,400}>`_",
    re.MULTILINE,
)
_SHOWN = frozenset(
    {"note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "admonition"}
    | {"seealso", "epigraph", "highlights", "pull-quote", "sidebar", "topic", "container", "figure"}
    | {"class", "rubric", "compound", "list-table", "versionadded", "versionchanged", "centered"}
)
_CODE_NAMES = frozenset({"code", "code-block", "sourcecode", "parsed-literal", "literalinclude"})
# Pelican and Nikola write them so; ablog has the day of a post behind a directive.
_POST = "post"


class _RstText(Struct):
    lines: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    swaps: dict[str, str] = field(default_factory=dict)
    styles: list[str] = field(default_factory=list)


def recognises(original: Original) -> bool:
    """Whether a text has an underlined heading, and a mark that nobody sets who writes no RST."""
    sample = original.text[:_SAMPLE]
    if not _SURE.search(sample) or re.search(r"\]\(https?:|^#{1,6} |^```", sample, re.MULTILINE):
        return False
    lines = sample.split("\n")
    return any(_heading(lines, place) for place in range(len(lines)))


def read(original: Original) -> tuple[Document, ...]:
    """The text as one document, with what its fields say."""
    found = _RstText()
    lines = [line.expandtabs(8).rstrip() for line in original.text.lstrip("\ufeff").split("\n")]
    _gather(lines, found)
    place = 0
    while place < len(lines):
        place = _take(lines, place, found)
    title = next((line[2:] for line in found.lines if line.startswith("# ")), None)
    front = frontmatter.FrontMatter(fields=dict(found.fields), text="")
    return (
        Document(
            blocks=markdown.blocks("\n".join(found.lines)),
            evidence=frontmatter.evidence_of(front, title),
            boilerplate=tuple(filter(None, found.aside)),
            flaws=original.decoded.flaws,
        ),
    )


def _gather(lines: Sequence[str], found: _RstText) -> None:
    """The targets of links and what stands for other words, which may follow their use."""
    for line in lines:
        if target := _TARGET.fullmatch(line):
            found.targets[target["name"].strip("`").casefold()] = target["url"]
        elif swap := _SWAP.fullmatch(line):
            found.swaps[swap["name"]] = swap["words"]


def _take(lines: Sequence[str], place: int, found: _RstText) -> int:
    """Read what starts on a line; the place behind it."""
    line = lines[place]
    if size := _heading(lines, place):
        style = line[:1] * 2 if size == 3 else lines[place + 1][:1]
        if style not in found.styles:
            found.styles.append(style)
        rank = min(found.styles.index(style) + 1, 6)
        words = lines[place + 1].strip() if size == 3 else line
        found.lines += ["", f"{'#' * rank} {_inline(words, found)}", ""]
        return place + size
    if line.startswith(".. ") or line == "..":
        return _explicit(lines, place, found)
    known = not any(map(str.strip, found.lines)) or len(found.lines) < 6
    if known and (named := _FIELD.fullmatch(line)):
        found.fields.setdefault(named["name"].lower(), named["value"] or "")
        found.aside.append(line)
        return place + 1
    if line.endswith("::") and _indent(lines, place + 1):
        found.lines += [_inline(line.removesuffix("::").rstrip() + ":", found), "", "```"]
        end = _end(lines, place + 1)
        found.lines += [*_set_out(lines[place + 1 : end]), "```", ""]
        return end
    found.lines.append(_line(line, found))
    return place + 1


def _heading(lines: Sequence[str], place: int) -> int:
    """How many lines a heading has that starts here: text and row, or row, text and row; else 0."""
    line, below, last = (*lines[place : place + 3], "", "")[:3]
    if _ROW.fullmatch(line) and below.strip() and last == line and len(below) <= len(line) + 2:
        return 3
    under = _ROW.fullmatch(below) is not None and len(below) + 2 >= len(line)
    alone = place == 0 or not lines[place - 1].strip()
    return 2 if under and alone and line[:1].strip() and not _ROW.fullmatch(line) else 0


def _explicit(lines: Sequence[str], place: int, found: _RstText) -> int:
    """A directive, a target or a comment, with the lines that are set in below it."""
    line, end = lines[place], _end(lines, place + 1)
    inner = _set_out(lines[place + 1 : end])
    directive = _DIRECTIVE.fullmatch(line)
    if directive is None:
        if remark := _REMARK_FIELD.fullmatch(line):
            found.fields.setdefault(remark["name"], remark["value"])
        if note := re.match(r"\.\. \[[#\w*]{1,40}\][ \t]+", line):
            found.lines += ["", _inline(line[3 : note.end()] + line[note.end() :], found)]
            found.lines += [_inline(one, found) for one in inner]
        else:
            found.aside += [line, *inner]
        return end
    name, rest = directive["name"].lower(), directive["rest"] or ""
    options = next((n for n, one in enumerate(inner) if not one.startswith(":")), len(inner))
    found.aside += [f".. {name}::", *inner[:options]]
    content = inner[options:]
    if name == _POST:
        found.fields.setdefault("date", rest)
    elif name in _CODE_NAMES:
        found.lines += ["", "```", *content, "```", ""]
    elif name in _SHOWN:
        words = [rest] if rest and name not in {"figure", "class", "container"} else []
        inside = _RstText(targets=found.targets, swaps=found.swaps, styles=found.styles)
        at = 0
        while at < len(content):
            at = _take(content, at, inside) if not content[at].startswith("..") else at + 1
        found.lines += ["", *(_inline(one, found) for one in words), "", *inside.lines, ""]
    else:
        found.aside += [rest, *content]
    return end


def _end(lines: Sequence[str], place: int) -> int:
    """Where lines that are set in end; blank ones between them are theirs."""
    last = place
    while place < len(lines) and (not lines[place] or lines[place][0] == " "):
        place += 1
        last = place if lines[place - 1] else last
    return last


def _indent(lines: Sequence[str], place: int) -> bool:
    below = next((line for line in lines[place : place + 3] if line), "")
    return below.startswith(" ")


def _set_out(lines: Sequence[str]) -> list[str]:
    """Lines without the white space that all of them begin with, and blank ones around them."""
    margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    shown = [line[margin:] for line in lines]
    while shown and not shown[0]:
        shown.pop(0)
    while shown and not shown[-1]:
        shown.pop()
    return shown


def _line(line: str, found: _RstText) -> str:
    """A line of text as Markdown."""
    margin = len(line) - len(line.lstrip())
    words = line.lstrip()
    if _ROW.fullmatch(words) and words[0] in "-=*~#":
        return "---" if not margin else ""
    if words.startswith("#. "):
        words = f"1. {words[3:]}"
    if words.startswith("| "):
        return f"{_inline(words[2:], found)}\\"
    return " " * margin + _inline(words, found)


def _inline(text: str, found: _RstText) -> str:
    held: list[str] = []

    def hold(shown: str) -> str:
        held.append(shown)
        return f"\x00{len(held) - 1}\x00"

    text = _CODE.sub(lambda m: hold(f"`{m['words']}`"), text.replace("\x00", "\ufffd"))
    text = _ROLE.sub(lambda m: m["words"].lstrip("~!"), text)
    text = _NAMED.sub(lambda m: hold(_link(m["words"].strip(), m["url"])), text)
    text = _QUOTED.sub(
        lambda m: hold(_of(m["words"], found)) if m["sign"] else f"*{m['words']}*", text
    )
    text = _WORD.sub(lambda m: hold(_of(m["words"], found)) if _knows(m, found) else m[0], text)
    text = _SUBSTITUTE.sub(lambda m: found.swaps.get(m["name"], m[0]), text)
    return _HELD.sub(lambda m: held[int(m[1])], text)


def _knows(match: re.Match[str], found: _RstText) -> bool:
    return match["words"].casefold() in found.targets


def _of(words: str, found: _RstText) -> str:
    return _link(words, found.targets.get(words.casefold(), ""))


def _link(words: str, url: str) -> str:
    """Words that lead to an address on the web; others are only words."""
    return f"[{words}]({url})" if re.match(r"https?://|mailto:", url) else words
