"""Issues as Markdown files, each with what is known of it in YAML above its text.

`ingest` reads these files back, so they are a complete copy of what a person reads. Source of the
form: CommonMark 0.31; the fields are those that Jekyll, Hugo and Obsidian read.
"""

import json
import re
from collections.abc import Iterator

from msgspec.structs import replace

from backissue.records import Block, BlockKind, Head, Issue, Run, Section, SectionKind
from backissue.render.presentation import clean, one_line
from backissue.text.prose import escaped, markdown

# What JSON may leave as it is, and YAML may not: controls, line ends of other scripts, halves.
# Nor are marks that turn the direction of writing left there, which a terminal or editor obeys.
_NOT_IN_YAML = re.compile(
    "[\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)

_SECTION_RANK = 2
# What stands under a title; a first paragraph is longer.
_LONGEST_SUBTITLE = 120


def name_of(head: Head) -> str:
    """The path of an issue's file: its full address, `import-ai/395.md`."""
    return f"{head.key}.md"


def document(issue: Issue) -> str:
    """An issue, whole."""
    parts = ["\n".join(["---", *_fields(issue), "---"])]
    if issue.head.title:
        parts.append(f"# {_line(issue.head.title)}")
    if issue.intro and not _is_subtitle(issue.intro):
        parts += ["\\\n".join(map(_line, part.split("\n"))) for part in issue.intro.split("\n\n")]
    for section in issue.sections:
        parts += _section(section)
    return "\n\n".join(parts) + "\n"


def _fields(issue: Issue) -> Iterator[str]:
    """The YAML above a text; what is not known is not there."""
    head, intro = issue.head, issue.intro
    known = {
        "title": head.title,
        "subtitle": intro if intro and _is_subtitle(intro) else None,
        "volume": head.volume,
        "issue": head.number,
        "date": head.date and head.date.isoformat(),
        "publication": head.publication,
        "url": head.url,
        "kind": head.kind.value,
        "sections": len(issue.sections) if _are_headed(issue) else None,
        "sources": list(head.sources),
    }
    for name, value in known.items():
        if value is not None:
            yield f"{name}: {value if name in ('date', 'issue', 'sections') else _yaml(value)}"


def _yaml(value: object) -> str:
    """A value as JSON, which is YAML except for a few characters."""
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _are_headed(issue: Issue) -> bool:
    """Whether each section has a heading in the text, by which it is found again."""
    return bool(issue.sections) and all(
        section.kind is not SectionKind.NOTE and section.heading.strip()
        for section in issue.sections
    )


def _is_subtitle(intro: str) -> bool:
    """Whether all that stands above an issue's sections is one line under its title."""
    return "\n" not in intro and len(intro) <= _LONGEST_SUBTITLE


def _section(section: Section) -> Iterator[str]:
    if section.kind is not SectionKind.NOTE:  # its heading is its first words
        yield f"## {_heading(section)}"
    if section.deck:
        yield f"*…{_line(section.deck)}…*"
    if section.blocks:
        yield clean(markdown(map(_below_sections, section.blocks)))


def _heading(section: Section) -> str:
    """A section's heading, as a link if it is one."""
    words = one_line(section.heading)
    url = next((link.url for link in section.links if link.text == section.heading), None)
    block = Block(kind=BlockKind.PARAGRAPH, runs=(Run(text=words, url=url),))
    return clean(markdown([block])) if url else escaped(words)


def _below_sections(block: Block) -> Block:
    """A block of a section: its headings are of a lower rank than the section's own."""
    if block.kind is BlockKind.HEADING and block.level <= _SECTION_RANK:
        return replace(block, level=_SECTION_RANK + 1)
    return block


def _line(text: str) -> str:
    return escaped(one_line(text))
