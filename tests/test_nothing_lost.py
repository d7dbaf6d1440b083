"""Nothing lost: each word of a document is in its issues, and so is found or at least shown.

A word that a reader saw in a document is in the title, the intro, a section or the boilerplate of
an issue. Only the number of a heading in capitals (`01. STEEL IS DEAR.`) goes, as bullets do.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backissue.errors import RejectedSourceError
from backissue.ingest.pipeline import read
from backissue.ingest.sources import Source
from backissue.ingest.structure import Draft, grammar
from backissue.records import Block
from backissue.text.prose import plain, squeeze
from tests.conftest import reading, seed_sources
from tests.truth import CORPUS, truths

DOCUMENTS = [source for truth in truths(CORPUS) for source in truth.documents]


def words(texts: Iterator[str]) -> Counter[str]:
    return Counter(word for text in texts for word in re.findall(r"\w+", text.strip("*_")))


def seen(block: Block) -> str:
    """The words of a block, without the marks of a heading in capitals, or in a digest."""
    text = squeeze(block.text)
    lead = grammar.capital_lead(text)
    return text[text.index(lead[0][:3]) :] if lead else text.removeprefix("Subject: ")


def source_words(drafts: Sequence[Draft]) -> Counter[str]:
    return words(seen(line.block) for draft in drafts for line in draft.text.lines)


def kept(draft: Draft) -> Iterator[str]:
    yield draft.facts.title or ""
    yield draft.intro or ""
    yield from draft.boilerplate
    for section in draft.sections:
        yield from (section.heading, section.deck or "", plain(section.blocks))


def lost(drafts: Sequence[Draft]) -> dict[str, int]:
    """The words that are in no part of the issues, and how often they are missing."""
    return dict(source_words(drafts) - words(text for draft in drafts for text in kept(draft)))


@pytest.mark.parametrize("source", DOCUMENTS, ids=lambda one: one.name.rpartition("/")[2])
def test_no_word_of_a_document_of_the_corpus_is_lost(source: Source) -> None:
    drafts = read(source.data, source.by_reader, by_carrier=source.by_carrier).drafts
    assert lost(drafts) == {}


@pytest.mark.parametrize("source", seed_sources(), ids=lambda one: one.name.rpartition("/")[2])
def test_no_word_of_a_founding_document_is_lost(source: Source) -> None:
    drafts = read(source.data, source.by_reader, by_carrier=source.by_carrier).drafts
    assert lost(drafts) == {}


# -- documents of any shape -----------------------------------------------------------------------

MANY = 100
SHORT = st.sampled_from(
    [
        "Cranes",
        "Locks leak",
        "What happened",
        "Why it matters",
        "What to watch",
        "BIG CRANES",
        "PLUS: locks, and gulls",
        "Harbour Notes 12: Ice",
        "Harbour Notes",
        "Issue 12",
        "Editor’s note",
        "June 3, 2024",
        "In this issue:",
        "- end -",
        "*Crane comes back",
        "01. NEW LOCK. The lock was opened in the spring of the year.",
        "1. Steel is dear",
        "Tech Tales:",
        "…Tall…",
        "by Ada Moore",
        "🥁",
    ]
)
LONG = st.sampled_from(
    [
        "The port has bought a crane that is taller than the last one, and will have it by May.",
        "A lock that was mended in May leaks once more; the town must pay for the water it loses.",
        "Why it matters: whoever has the port has the town, and has had it since there was one.",
        "Read more: Ports of the north (Gazette).",
        "They open.",
        "One\nTwo\nThree",
    ]
)
PARTS = st.one_of(
    st.tuples(st.sampled_from(["h1", "h2", "h3", "h4", "h6"]), SHORT),
    st.tuples(st.sampled_from(["bold", "line", "item", "link", "row"]), SHORT),
    st.tuples(st.sampled_from(["line", "line", "item", "quote"]), LONG),
    st.just(("rule", "")),
)
SHAPES = st.lists(PARTS, min_size=1, max_size=16)
Shape = Sequence[tuple[str, str]]


def in_markdown(shape: Shape) -> str:
    marks = {"bold": "**{}**", "item": "- {}", "link": "[{}](https://e.org/1)", "quote": "> {}"}
    marks |= {f"h{level}": "#" * level + " {}" for level in range(1, 7)}
    marks |= {"rule": "***", "row": "{}\n\n---"}
    return "\n\n".join(marks.get(kind, "{}").format(text) for kind, text in shape)


def in_html(shape: Shape) -> str:
    marks = {
        "bold": "<p><b>{}</b></p>",
        "item": "<ul><li>{}</li></ul>",
        "link": '<p><a href="https://e.org/1">{}</a></p>',
        "quote": "<blockquote>{}</blockquote>",
        "rule": "<hr/>",
        "row": "<table><tr><td>{}</td></tr></table>",
    }
    marks |= {f"h{level}": f"<h{level}>{{}}</h{level}>" for level in range(1, 7)}
    return "\n".join(marks.get(kind, "<p>{}</p>").format(text) for kind, text in shape)


def in_plain_text(shape: Shape) -> str:
    marks = {"h1": "{}\n=========", "h2": "{}\n-------", "h3": "=== {} ===", "h4": "  {}"}
    marks |= {"item": "* {}", "quote": "> {}", "rule": "-" * 30, "row": "{}\n" + "~" * 9}
    return "\n\n".join(marks.get(kind, "{}").format(text) for kind, text in shape)


@pytest.mark.parametrize("written", [in_markdown, in_html, in_plain_text])
@settings(max_examples=200, deadline=None)
@given(shape=SHAPES)
def test_no_word_of_a_document_of_any_shape_is_lost(written, shape: Shape) -> None:  # type: ignore[no-untyped-def]
    try:
        drafts = reading(written(shape)).drafts
    except RejectedSourceError:
        return
    assert lost(drafts) == {}
    # The numbers of a list in Markdown are marks, as its bullets are.
    wanted = words(text for _, text in shape) - Counter({"1": MANY, "01": MANY})
    assert dict(wanted - words(text for draft in drafts for text in kept(draft))) == {}
