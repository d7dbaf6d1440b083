"""Issues and sections as you cite them: as text, as Markdown, as BibTeX.

Only what is known is in a citation: without an address it has none, and without a day none.
"""

import re
from collections.abc import Iterator
from datetime import date
from enum import Enum

from msgspec import Struct

from backissue.records import Head, Issue, Section
from backissue.render.presentation import clean, followed, key_of, name, one_line, place
from backissue.text.prose import escaped

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
# What LaTeX reads as a command. A brace as a command of its own keeps the braces of a field even.
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "#$%&_"},
}
_NOT_IN_KEY = re.compile(r"[^\w./+:-]")


class CitationStyle(Enum):
    """How a citation is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    BIBTEX = "bibtex"


class Citation(Struct, frozen=True, kw_only=True):
    """What is known of an issue or a section, and it as a citation (`text`) in a style.

    `heading` is a section's, and None for an issue. `url` is where the issue was published.
    """

    id: str
    key: str
    publication: str | None
    number: int | None
    volume: int | None
    title: str | None
    heading: str | None
    date: date | None
    url: str | None
    style: CitationStyle
    text: str


def citation(head: Head, whole: Issue | Section, style: CitationStyle) -> Citation:
    """An issue or a section as a citation."""
    write = {
        CitationStyle.TEXT: _text,
        CitationStyle.MARKDOWN: _markdown,
        CitationStyle.BIBTEX: _bibtex,
    }[style]
    heading = whole.heading if isinstance(whole, Section) else None
    key = key_of(head, whole)
    return Citation(
        id=place(head, whole),
        key=key,
        publication=head.publication,
        number=head.number,
        volume=head.volume,
        title=head.title,
        heading=heading,
        date=head.date,
        url=head.url,
        style=style,
        text=write(key, head, heading),
    )


def _text(key: str, head: Head, heading: str | None) -> str:
    """`“Heading.” Import AI 395: Title, 2024-12-23. https://…`."""
    del key
    quoted = f"“{_stopped(one_line(heading))}” " if heading else ""
    url = followed(head.url)
    return f"{quoted}{_stopped(_with_day(name(head), head))}" + (f" {url}" if url else "")


def _markdown(key: str, head: Head, heading: str | None) -> str:
    """`“Heading.” [*Import AI* 395: Title](https://…), 2024-12-23.`."""
    del key
    quoted = f"“{_stopped(escaped(one_line(heading)))}” " if heading else ""
    whole = escaped(name(head))
    publication = escaped(one_line(head.publication or "").strip())
    if publication and whole.startswith(publication):
        whole = f"*{publication}*{whole[len(publication) :]}"
    if url := followed(head.url):
        whole = f"[{whole}]({url.replace('(', '%28').replace(')', '%29')})"
    return f"{quoted}{_stopped(_with_day(whole, head))}"


def _with_day(text: str, head: Head) -> str:
    return f"{text}, {head.date}" if head.date else text


def _stopped(text: str) -> str:
    """A text with a full stop, unless it has an end."""
    return text if re.search(r"[.!?…][”’\"')\]]*$", text) else f"{text}."


def _bibtex(key: str, head: Head, heading: str | None) -> str:
    """An entry whose key is the full address, so that you can `show` what a text cites."""
    fields = ",\n".join(f"  {field} = {value}" for field, value in _fields(head, heading))
    return f"@misc{{{_NOT_IN_KEY.sub('-', key)},\n{fields},\n}}"


def _fields(head: Head, heading: str | None) -> Iterator[tuple[str, str]]:
    yield "title", f"{{{_braced(heading or head.title or name(head))}}}"
    if head.publication:
        yield "organization", f"{{{_braced(head.publication)}}}"
    if head.volume is not None:
        yield "volume", f"{{{head.volume}}}"
    if head.number is not None:
        yield "number", f"{{{head.number}}}"
    if heading and name(head) != head.id:
        yield "howpublished", f"{{{_braced(name(head))}}}"
    if head.date:
        yield "year", f"{{{head.date.year:04}}}"
        yield "month", _MONTHS[head.date.month - 1]
        yield "day", f"{{{head.date.day}}}"
    if url := followed(head.url):
        yield "url", f"{{{url}}}"


def _braced(text: str) -> str:
    """A text as LaTeX, in braces that keep its capitals."""
    plain = " ".join(clean(text).split())
    return f"{{{''.join(_LATEX.get(char, char) for char in plain)}}}"
