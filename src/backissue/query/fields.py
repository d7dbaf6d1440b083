"""The fields as `backissue fields` and the help on queries describe them."""

from msgspec import Struct

from backissue.query.nodes import KINDS, Field


class FieldNote(Struct, frozen=True, kw_only=True):
    """A field: the type of its values, what it searches, examples."""

    field: Field
    type: str
    what: str
    examples: tuple[str, ...]


_ISSUES = ("395", "390..395", "390..", "..390", "import-ai/395", "2024-12-23")
_DAYS = ("2024", "nov-2024", "2024-q4", '"5 nov 2024"', "2024-11-05..2025-01", "2024-11..")
_NOTES = (
    (Field.HEADING, "text", "the section's heading", ("phi*",)),
    (Field.DECK, "text", "the line under it", ('"world models"',)),
    (Field.WHY, "text", "the why passage and its thesis", ("(compute OR power)",)),
    (
        Field.THESIS,
        "text",
        "what the why passage says in a few words behind its label",
        ("scale",),
    ),
    (Field.LABEL, "text", "the words that announce the why passage", ('"may not matter"',)),
    (Field.BODY, "text", "the section's text besides those", ("arm",)),
    (Field.LINK, "text", "link lines, and the addresses linked to", ("arxiv.org",)),
    (Field.TITLE, "text", "the issue's title", ("energy",)),
    (Field.PUBLICATION, "text", "the publication's name, or its short form", ('"import ai"',)),
    (Field.SOURCE, "text", "the names of the files it came from", ("import-ai-395.html",)),
    (
        Field.ISSUE,
        "number, address or range",
        "the issue's number or address; `issue:import-ai/` is all of a publication",
        _ISSUES,
    ),
    (Field.DATE, "date or range", "the issue's date", _DAYS),
    (
        Field.KIND,
        "one of " + ", ".join(KINDS),
        "`story`, `fiction` or `note`; or of the issue, `newsletter` or `notes`",
        ("fiction",),
    ),
)
FIELD_NOTES = tuple(
    FieldNote(
        field=field,
        type=type_,
        what=what,
        examples=tuple(f"{field.value}:{value}" for value in values),
    )
    for field, type_, what, values in _NOTES
)
