"""AsciiDoc, as far as letters use it: headings, lists, links, blocks, and the header of a document.

The text is written as Markdown, which is then read as every other is. What AsciiDoc does not show
(attributes, comments, pictures, the settings of blocks) is boilerplate. Source: the syntax of
docs.asciidoctor.org.
"""

import re
from collections.abc import Iterator

from msgspec import Struct, field

from backissue.ingest.readers import frontmatter, markdown
from backissue.ingest.readers.formats import Document, Original
from backissue.text.days import date_line

_SAMPLE = 20_000
_HEADING = re.compile(r"(?P<signs>={1,6})[ \t]+(?P<text>\S.{0,300})")
_MARKS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^:!?[a-zA-Z][\w-]{0,40}!?:(?:[ \t]|$)",
        r"(?:^|[\s(])(?:https?://|link:|xref:)[^\s\[\]]{1,400}\[[^\]\n]{0,300}\]",
        r"^\[[\w,=\"'.#% -]{1,100}\]$",
        r"^(?:image|video|include|toc)::",
        r"^(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION): \S",
        r"^(?:-{4,}|\.{4,}|_{4,}|\|===)$",
    )
)
_ATTRIBUTE = re.compile(r":!?(?P<name>[a-zA-Z][\w-]{0,40})!?:(?:[ \t]+(?P<value>.{0,1000}))?")
_REVISION = re.compile(r"(?:v?\d[\w.]{0,20},[ \t]{0,4})?(?P<day>[^:]{6,40})(?::.{0,200})?")
_ASIDE = re.compile(
    r"(?:image|video|audio|include|toc|ifdef|ifndef|endif)::?\S{0,400}\[[^\]]{0,400}\]$|//(?!/)"
    r"|\[[^\[\]]{0,200}\]$|toc::\[\]$"
)
_ITEM = re.compile(r"[ \t]{0,8}(?P<signs>\*{1,5}|-|\.{1,5})[ \t]+(?P<text>\S.*)")
_NOTE = re.compile(r"(?P<kind>NOTE|TIP|IMPORTANT|WARNING|CAUTION):[ \t]+(?P<text>\S.*)")
_BLOCK = re.compile(r"(?:={4,}|_{4,}|\*{4,}|--|\|===|\+)$")
_LINK = re.compile(
    r"(?<![\w/])(?:link:|xref:)?(?P<url>(?:https?://|mailto:)?[^\s\[\]<>\"]{1,400})"
    r"\[(?P<words>[^\]\n]{0,300})\]"
)
_CROSS = re.compile(r"<<(?P<target>[^<>,\n]{1,100})(?:,[ ]?(?P<words>[^<>\n]{1,200}))?>>")
_FOOTNOTE = re.compile(r"footnote:[\w-]{0,40}\[(?P<words>[^\]\n]{1,600})\]")
_BOLD = re.compile(r"(?<![\w*])\*(?P<words>[^\s*](?:[^*\n]{0,300}[^\s*])?)\*(?![\w*])")
_USE = re.compile(r"\{(?P<name>[a-z][\w-]{0,40})\}")
_KNOWN = {"nbsp": " ", "amp": "&", "lt": "<", "gt": ">", "apos": "'", "empty": "", "sp": " "}
# Attributes that say which issue it is, by the name that front matter has for them.
_FACTS = {"revdate": "date", "page-date": "date", "docdate": "date", "page-title": "title"}


class _AsciiDocText(Struct):
    lines: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


def recognises(original: Original) -> bool:
    """Whether a text has headings as AsciiDoc writes them, and another of its marks."""
    sample = frontmatter.split(original.text[:_SAMPLE]).text.lstrip("\ufeff\n")
    lines = sample.split("\n")
    heads = [match for line in lines if (match := _HEADING.fullmatch(line.rstrip()))]
    # `== Cranes ==` is a wiki's.
    if not heads or any(head["text"].endswith("=") for head in heads):
        return False
    return any(mark.search(sample) for mark in _MARKS)


def read(original: Original) -> tuple[Document, ...]:
    """The text as one document, with what its header and its attributes say."""
    above = frontmatter.split(original.text)
    named = {name: str(value) for name, value in above.fields.items() if value is not None}
    found = _AsciiDocText(aside=list(above.lines), fields=named)
    lines = above.text.lstrip("\ufeff\n").split("\n")
    rest = lines[_header(lines, found) :]
    found.lines += _body(iter(rest), found)
    front = frontmatter.FrontMatter(fields={**found.fields, **above.fields}, text="")
    return (
        Document(
            blocks=markdown.blocks("\n".join(found.lines)),
            evidence=frontmatter.evidence_of(front, found.fields.get("title")),
            boilerplate=tuple(filter(None, found.aside)),
            flaws=original.decoded.flaws,
        ),
    )


def _header(lines: list[str], found: _AsciiDocText) -> int:
    """Read title, author, revision and attributes; where the text below them starts."""
    place, title = 0, "title" in found.fields
    while place < len(lines) and (line := lines[place].rstrip()):
        head = _HEADING.fullmatch(line)
        if attribute := _ATTRIBUTE.fullmatch(line):
            name = attribute["name"].lower()
            found.fields.setdefault(_FACTS.get(name, name), attribute["value"] or "")
        elif head and head["signs"] == "=" and not title:
            title = True
            found.fields["title"] = head["text"]
        elif title and not head and not _ITEM.fullmatch(line):
            revision = _REVISION.fullmatch(line)
            if revision and date_line(revision["day"].strip()):
                found.fields.setdefault("date", revision["day"].strip())
        elif not line.startswith("//"):
            break
        found.aside.append(line)
        place += 1
    return place


def _body(lines: Iterator[str], found: _AsciiDocText) -> Iterator[str]:
    for line in map(str.rstrip, lines):
        if re.fullmatch(r"-{4,}|\.{4,}", line):
            yield from ("```", *_until(lines, line), "```")
        elif re.fullmatch(r"/{4,}", line):
            found.aside += _until(lines, line)
        elif _ASIDE.match(line):
            found.aside.append(line)
        elif attribute := _ATTRIBUTE.fullmatch(line):
            found.fields.setdefault(attribute["name"].lower(), attribute["value"] or "")
            found.aside.append(line)
        elif not _BLOCK.fullmatch(line):
            yield _line(line, found)


def _until(lines: Iterator[str], end: str) -> Iterator[str]:
    for line in lines:
        if line.rstrip() == end:
            return
        yield line


def _line(line: str, found: _AsciiDocText) -> str:
    """A line of text as Markdown."""
    if head := _HEADING.fullmatch(line):
        return f"{'#' * len(head['signs'])} {_inline(head['text'], found)}"
    if item := _ITEM.fullmatch(line):
        deep = "    " * (len(item["signs"]) - 1)
        sign = "1." if item["signs"].startswith(".") else "-"
        return f"{deep}{sign} {_inline(item['text'], found)}"
    if line in {"'''", "<<<"}:
        return "---"
    if note := _NOTE.fullmatch(line):
        line = f"*{note['kind'].capitalize()}:* {note['text']}"
    titled = re.match(r"\.[^\s.]", line) is not None  # the title of a block
    row = " ".join(line.replace("|", " ").split()) if line.startswith("|") else ""
    shown = _inline(line[1:] if titled else row or line, found)
    if titled:
        return f"**{shown}**\n"
    return f"{shown.removesuffix(' +')}\\" if row or shown.endswith(" +") else shown


def _inline(text: str, found: _AsciiDocText) -> str:
    text = _USE.sub(lambda m: found.fields.get(m["name"]) or _KNOWN.get(m["name"], m[0]), text)
    text = _FOOTNOTE.sub(lambda m: f" ({m['words']})", text)
    text = _CROSS.sub(lambda m: m["words"] or m["target"], text)
    return _BOLD.sub(r"**\g<words>**", _LINK.sub(_link, text))


def _link(match: re.Match[str]) -> str:
    """`https://e.org[words^]`; a picture in a line is not shown."""
    url, words = match["url"], match["words"].partition(",")[0].rstrip("^").strip('" ')
    if re.match(r"(?:image|icon|kbd|btn|menu):", url):
        return "" if url.startswith(("image", "icon")) else words
    if not re.match(r"https?://|mailto:", url):
        return words if match[0].startswith(("link:", "xref:")) else match[0]
    return f"[{words or url}]({url})"
