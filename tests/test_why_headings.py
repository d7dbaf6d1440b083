"""`Why this matters` on a line of its own, in every look an author gives it, in every format."""

import pytest

from backissue.ingest.structure import grammar
from backissue.records import Block, BlockKind, Part, Run
from tests.conftest import reading

LABELS = [
    "WHY THIS MATTERS",
    "WHY IT MATTERS:",
    "Why this matters",
    "Why This Matters:",
    "Why this matters to you",
    "Why it matters?",
    "💡 Why it matters",
]
PORTS = "Words about ports come first, and they say a lot about ports and the ships in them."
WHY = "Ships are late, and the ports are where you see it first of all."
MORE = "A second paragraph says more about it, so that the passage has two of them."
CRANES = "Words about cranes are here, of which there are many more than there are ports."

# How a format writes a story's heading, and how a label.
TEXT = {
    "alone": ("{}", "{}"),
    "capitals": ("{upper}", "{}"),
    "underlined label": ("{}\n{=}", "{}\n{-}"),
}
MARKDOWN = {
    "rank below": ("## {}", "### {}"),
    "same rank": ("## {}", "## {}"),
    "rank above": ("### {}", "## {}"),
    "bold label": ("## {}", "**{}**"),
    "bold both": ("**{}**", "**{}**"),
    "bold stories": ("**{}**", "### {}"),
}
HTML = {
    "rank below": ("<h2>{}</h2>", "<h4>{}</h4>"),
    "same rank": ("<h3>{}</h3>", "<h3>{}</h3>"),
    "rank above": ("<h3>{}</h3>", "<h2>{}</h2>"),
    "bold label": ("<h2>{}</h2>", "<p><strong>{}</strong></p>"),
    "bold both": ("<p><b>{}</b></p>", "<p><b>{}</b></p>"),
    "plain label": ("<h2>{}</h2>", "<p>{}</p>"),
    "bold above a break": ("<h2>{}</h2>", "<p><strong>{}</strong><br>"),
}


def written(form: str, story: str, look: str, label: str) -> str:
    """An issue of two stories, each with a why below a `label` on its own line."""
    head = {"text": "{}", "markdown": "# {}", "html": "<h1>{}</h1>"}[form]
    prose = "<p>{}</p>" if form == "html" else "{}"

    def line(look: str, words: str) -> str:
        rows = look.replace("{=}", "=" * len(words)).replace("{-}", "-" * len(words))
        return rows.replace("{upper}", words.upper()).replace("{}", words)

    why = line(prose, WHY)
    label = line(look, label)
    parts = [line(head, "Harbour Notes 12: Ports")]
    for name, text, more in (("Ports are busy", PORTS, [MORE]), ("Cranes grow", CRANES, [])):
        parts += [line(story, name), line(prose, text)]
        passage = why.removeprefix("<p>") if label.endswith("<br>") else why
        parts.append(label + passage if label.endswith("<br>") else f"{label}\n\n{passage}")
        parts += [line(prose, words) for words in more]
        parts.append(line(prose, "Read more: The port (Hull Times)."))
    return "\n\n".join(parts)


CASES = [
    pytest.param(form, story, look, label, id=f"{form}, {name}, {label}")
    for form, looks in (("text", TEXT), ("markdown", MARKDOWN), ("html", HTML))
    for name, (story, look) in looks.items()
    for label in LABELS
]


@pytest.mark.parametrize(("form", "story", "look", "label"), CASES)
def test_a_label_on_its_own_line_is_a_why_and_no_section(
    form: str, story: str, look: str, label: str
) -> None:
    (draft,) = reading(written(form, story, look, label)).drafts
    assert [section.heading.casefold() for section in draft.sections] == [
        "ports are busy",
        "cranes grow",
    ]
    for section, words in zip(draft.sections, (f"{WHY}\n\n{MORE}", WHY), strict=True):
        assert section.why is not None
        assert section.why.label == label.removeprefix("💡 ").removesuffix(":")
        assert (section.why.thesis, section.why.text) == (None, words)
        assert [link.label for link in section.links] == ["Read more"]
        assert section.blocks[-1].part is Part.LINK


@pytest.mark.parametrize(
    ("below", "words"),
    [
        ("WHAT COMES NEXT\n\nMore ports.", WHY),
        ("Why it matters\n\nMore ports.", WHY),
        ("* one port\n* two ports", f"{WHY}\n\n• one port\n• two ports"),
        ("***\n\nAnother story\n\nIt has words of its own, and no part in the why above it.", WHY),
    ],
)
def test_a_passage_ends_where_something_else_begins(below: str, words: str) -> None:
    text = f"Harbour Notes 12: Ports\n\n***\n\nPorts are busy\n\n{PORTS}\n\nWHY THIS MATTERS\n\n"
    (draft,) = reading(text + f"{WHY}\n\n{below}\n\n***\n\nCranes grow\n\n{CRANES}\n").drafts
    why = draft.sections[0].why
    assert why is not None
    assert why.text == words


@pytest.mark.parametrize(
    "heading",
    [
        "Why collaboration matters",
        "WHY COLLABORATION MATTERS",
        "Why this matters now: ten chips",
        "Why this matters for Europe",
        "Why the matter rests",
        "What matters and why",
        "Matters of why",
    ],
)
@pytest.mark.parametrize("kind", [BlockKind.PARAGRAPH, BlockKind.HEADING])
def test_a_headline_that_sounds_like_one_is_no_label(heading: str, kind: BlockKind) -> None:
    assert not grammar.is_why_heading(Block(kind=kind, runs=(Run(text=heading),)))


def test_a_headline_that_sounds_like_a_label_heads_its_story() -> None:
    names = ["Ports are busy", "Why this matters now: ten chips"]
    stories = "".join(f"## {name}\n\n{PORTS}\n\n" for name in names)
    (draft,) = reading(f"# Harbour Notes 12: Ports\n\n{stories}").drafts
    assert [section.heading for section in draft.sections] == names


@pytest.mark.parametrize(
    ("essay", "others", "sections"),
    [
        (12, 3, ["Quays", "Cranes", "Locks", "Why it matters"]),  # an essay on all of it
        (2, 3, ["Quays", "Cranes", "Locks"]),  # too short for one
        (12, 2, ["Quays", "Cranes"]),  # one story in three has a long why
    ],
)
def test_the_essay_among_sections_of_its_rank_is_one_of_them(
    essay: int, others: int, sections: list[str]
) -> None:
    names = ["Quays", "Cranes", "Locks"][:others]
    stories = "".join(f"## {name}\n\n{PORTS}\n\n" for name in names)
    text = f"# Harbour Notes 12: Ports\n\n{stories}## Why it matters\n\n" + f"{PORTS}\n\n" * essay
    (draft,) = reading(text).drafts
    assert [section.heading for section in draft.sections] == sections
    whys = [section.why is not None for section in draft.sections]
    assert whys == [False] * len(whys) if len(sections) > others else whys[-1]


def test_a_label_in_an_issue_of_one_story_is_its_why() -> None:
    (draft,) = reading(f"Harbour Notes 12: Ports\n\n{PORTS}\n\nWHY THIS MATTERS\n\n{WHY}\n").drafts
    (section,) = draft.sections
    assert section.why is not None
    assert section.why.text == WHY
