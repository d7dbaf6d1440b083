"""Web pages, styles and redirects: what of a saved page is the issue, and where its links lead."""

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backissue.errors import RejectedSourceError
from backissue.ingest.identity import to_plain
from backissue.ingest.readers import html, page, reader_for
from backissue.ingest.readers.styles import read_style
from backissue.records import Facts, SectionKind
from backissue.text.redirects import target_of
from tests.conftest import original, reading
from tests.test_readers import shown

CASES = Path(__file__).parent / "cases" / "pages"
PROSE = "<p>They lean in the wind, and have leant in it for as long as there was a wind.</p>" * 5


def read_cases(name: str) -> list[Any]:
    cases = tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))["case"]
    return [pytest.param(case, id=case["name"]) for case in cases]


def plain_facts(said: dict[str, Any]) -> dict[str, Any]:
    return {
        name: getattr(fact, "isoformat", lambda fact=fact: fact)() for name, fact in said.items()
    }


@pytest.mark.parametrize("case", [*read_cases("pages"), *read_cases("scripts")])
def test_a_page_is_the_text_and_facts_its_case_says(case: dict[str, Any]) -> None:
    source = original(case["input"])
    assert reader_for(source).name == "web page"
    (document,) = page.read(source)
    assert [shown(block) for block in document.blocks] == case["blocks"]
    assert to_plain(document.facts) == plain_facts(case["facts"])
    assert [line for line in case.get("boilerplate", []) if line not in document.boilerplate] == []
    if case.get("boilerplate") == []:
        assert document.boilerplate == ()
    assert [flaw.code for flaw in document.flaws] == case.get("flaws", [])


@pytest.mark.parametrize("case", [*read_cases("pages"), *read_cases("scripts")])
def test_every_visible_word_of_a_page_is_kept(case: dict[str, Any]) -> None:
    (document,) = page.read(original(case["input"]))
    kept = " ".join(
        (
            *(block.text for block in document.blocks),
            *document.boilerplate,
            document.facts.subtitle or "",
        )
    )
    seen = " ".join(block.text for block in html.blocks(case["input"]))
    lost = Counter(filter(str.isalnum, seen)) - Counter(filter(str.isalnum, kept))
    assert dict(lost) == {}


@pytest.mark.parametrize("case", read_cases("heads"))
def test_a_head_says_what_its_case_says(case: dict[str, Any]) -> None:
    text = f"<html><head>{case['head']}</head><body><h1>Cranes lean</h1>{PROSE}</body></html>"
    (document,) = page.read(original(text))
    assert to_plain(document.facts) == plain_facts(case["facts"])


@pytest.mark.parametrize("case", read_cases("redirects"))
def test_a_link_leads_where_its_case_says(case: dict[str, Any]) -> None:
    assert target_of(case["url"]) == case.get("to", case["url"])


@settings(deadline=None)
@given(st.text(st.sampled_from("https:/?=&%._-*~;!eyJaHR0cp3AF[]urlq2v\u00e4")))
def test_any_address_is_survived(tail: str) -> None:
    for head in ("https://www.google.com/url?q=", "https://urldefense.com/v3/__", "https://e.org/"):
        assert target_of(head + tail)


def test_the_redirects_of_links_are_unwrapped_in_every_format() -> None:
    link = '<p>See <a href="https://www.google.com/url?q=https://e.org/a">here</a>.</p><p>x</p>'
    (document,) = html.read(original(link))
    assert [run.url for run in document.blocks[0].runs] == [None, "https://e.org/a", None]


def test_a_page_with_a_numbered_title_is_that_issue() -> None:
    head = "<title>Harbour Notes 12: Cranes - by Ada</title>"
    sections = "<h2>Tall</h2><p>They lean.</p><h2>Wide</h2><p>They stand.</p>"
    text = f"<html><head>{head}</head><body><div class='body markup'>{sections}</div></body></html>"
    (draft,) = reading(text).drafts
    assert (draft.facts.publication, draft.facts.number) == ("Harbour Notes", 12)
    assert [section.heading for section in draft.sections] == ["Tall", "Wide"]
    assert {section.kind for section in draft.sections} == {SectionKind.STORY}


def test_a_page_without_words_in_its_text_is_all_text() -> None:
    body = "<p>One.</p><div class='body markup'></div>"
    text = f"<html><head><title>x</title></head><body>{body}</body></html>"
    (document,) = page.read(original(text))
    assert [block.text for block in document.blocks] == ["One."]
    assert document.facts == Facts(title="x")


@pytest.mark.parametrize(
    "tag", ["div", "table", "article", "header", "form", "a", "td", "blockquote"]
)
def test_pages_nested_thousands_deep_are_read(tag: str) -> None:
    deep = f"{f'<{tag} class=related>' * 3000}words here{f'</{tag}>' * 3000}"
    (document,) = page.read(
        original(f"<html><head><title>x</title></head><body>{deep}{PROSE}</body>")
    )
    kept = " ".join([*(block.text for block in document.blocks), *document.boilerplate])
    assert "words here" in kept


MHTML = """From: <Saved by Blink>
Snapshot-Content-Location: https://e.org/p/cranes
Subject: =?utf-8?Q?Cranes?=
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="--x"

----x
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable
Content-Location: https://e.org/p/cranes

<html><head><title>Cranes</title></head><body><nav>Home</nav><div class=3D"body=
 markup"><p>They lean=E2=80=A6</p></div></body></html>
----x
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
----x--
"""


def test_a_page_saved_as_a_web_archive_is_that_page() -> None:
    read = reading(MHTML)
    assert read.format == "web archive (MHTML)"
    (draft,) = read.drafts
    assert (draft.facts.title, draft.facts.url) == ("Cranes", "https://e.org/p/cranes")
    assert [block.text for block in draft.sections[0].blocks] == ["They lean…"]
    assert draft.boilerplate == ("Home",)


def test_a_web_archive_without_a_page_is_rejected_with_a_reason() -> None:
    with pytest.raises(RejectedSourceError, match="without a page"):
        reading(MHTML.replace("text/html\n", "text/css\n"))


@settings(deadline=None)
@given(st.text(st.sampled_from('<>/="{}[],:@ abodytiledvrpmnsch"')))
def test_any_page_is_survived(tail: str) -> None:
    text = f'<html><head><title>t</title><script type="application/ld+json">{tail}'
    page.read(original(text))
    page.read(original(f"<html><head><title>t</title></head><body>{tail}"))


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY : none !important",
        "visibility:hidden",
        "max-height:0;overflow:hidden",
        "height:0px; overflow-y: hidden",
        "max-height:0px;mso-hide:all",
        "opacity:0;height:0",
    ],
)
def test_what_a_style_hides_is_hidden(style: str) -> None:
    assert read_style(style).hidden


@pytest.mark.parametrize(
    "style",
    [
        "display:block",
        "mso-hide:all",
        "opacity:0",
        "max-height:0",
        "height:0;padding-bottom:56.25%;overflow:hidden",
        "max-height:100px;overflow:hidden",
        "content:'display:none",
        ";;:;",
    ],
)
def test_what_a_style_may_show_is_not_hidden(style: str) -> None:
    assert not read_style(style).hidden


def test_an_article_is_not_its_longest_paragraph_alone() -> None:
    words = "Steel is dear, and no mill of this town will sell a bar of it to anyone. " * 12
    body = f"<p>Menu</p><div><h2>Steel</h2><p>{words}</p></div>"
    text = f"<html><head><title>T</title></head><body>{body}</body></html>"
    (document,) = page.read(original(text))
    assert document.blocks[0].text == "Steel"


def test_of_two_days_above_an_article_the_one_named_published_is_its_day() -> None:
    days = (
        '<time class="changed" datetime="2025-02-03">February 3, 2025</time>'
        '<time class="published" datetime="2025-01-02">January 2, 2025</time>'
    )
    text = f"<html><body>{days}<article><h1>Cranes lean</h1>{PROSE}</article></body></html>"
    (document,) = page.read(original(text))
    assert document.facts.date == date(2025, 1, 2)
