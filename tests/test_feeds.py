"""Feeds: each case under tests/cases/feeds is a feed and what is in it."""

import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest

from backissue.errors import RejectedSourceError
from backissue.ingest.readers import feed
from backissue.ingest.structure.drafts import Draft
from backissue.text.prose import plain
from tests.conftest import original, reading, source, take_in

CASES = Path(__file__).parent / "cases" / "feeds"
RSS = '<rss version="2.0"><channel><title>Lathe</title>{}</channel></rss>'
ITEM = "<item><title>t</title><description>{}</description></item>"


def read_cases(name: str) -> list[Any]:
    cases = tomllib.loads((CASES / name).read_text(encoding="utf-8"))["case"]
    return [pytest.param(case, id=case["name"]) for case in cases]


def of_draft(draft: Draft, wanted: dict[str, Any]) -> dict[str, Any]:
    """What an issue has of what a case names, with `""` for nothing."""
    blocks = [block for section in draft.sections for block in section.blocks]
    facts = draft.facts
    found = {
        "publication": facts.publication,
        "number": facts.number,
        "title": facts.title,
        "date": facts.date and facts.date.isoformat(),
        "url": facts.url,
        "intro": draft.intro,
        "boilerplate": [" ".join(line.split()) for line in draft.boilerplate],
        "headings": [section.heading for section in draft.sections],
        "text": plain(blocks),
        "links": [run.url for block in blocks for run in block.runs if run.url],
        "flaws": [flaw.code for flaw in draft.flaws],
    }
    return {name: "" if found[name] is None else found[name] for name in wanted}


@pytest.mark.parametrize("case", read_cases("feeds.toml"))
def test_a_feed_holds_the_issues_its_case_says(case: dict[str, Any]) -> None:
    if "rejected" in case:
        with pytest.raises(RejectedSourceError) as error:
            reading(case["input"])
        assert error.value.message == case["rejected"]
        return
    found = reading(case["input"])
    assert found.format == case.get("format", "feed")
    assert [of_draft(*pair) for pair in zip(found.drafts, case["issue"], strict=False)] == case[
        "issue"
    ]
    assert len(found.drafts) == len(case["issue"])


def test_a_feed_without_a_title_holds_its_issues() -> None:
    nameless = RSS.replace("<title>Lathe</title>", "").format(ITEM.format("Steel is dear."))
    (draft,) = reading(nameless).drafts
    assert (draft.facts.publication, draft.facts.title) == (None, "t")


@pytest.mark.parametrize("case", read_cases("hostile.toml"))
def test_a_hostile_feed_is_tamed_or_refused(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    if "rejected" in case:
        with pytest.raises(RejectedSourceError, match=case["rejected"]):
            reading(case["input"])
    else:
        (draft,) = reading(case["input"]).drafts
        assert of_draft(draft, {"text": ""}) == {"text": case["text"]}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Import AI", "Import AI"),
        ("Import AI (via RSS)", "Import AI"),
        ("Import AI - RSS feed", "Import AI"),
        ("Import AI » Feed", "Import AI"),
        ("Import AI | Latest posts", "Import AI"),
        ("RSS feed for Import AI", "Import AI"),
        ("This Week in RSS", "This Week in RSS"),
        ("Atom", "Atom"),
        ("The Daily Feed", "The Daily Feed"),
        ("Feed: a letter", "Feed: a letter"),
    ],
)
def test_a_publication_has_its_own_name_without_what_says_that_it_is_a_feed(
    title: str, name: str
) -> None:
    found = feed.parse(RSS.replace("Lathe", title).format(ITEM.format("x")))
    assert found.name == name


@pytest.mark.parametrize(
    "inner",
    [
        "<b>" * 20_000 + "deep" + "</b>" * 20_000,
        "<b>" * 20_000 + "deep",
        "deep" + "<" * 50_000,
        "deep" + "<a " * 20_000,
        "deep" + "&" * 50_000,
        "deep" + "<![CDATA[" * 20_000,
        "deep" + "<!--" * 20_000,
        "deep" + "<svg>" * 5_000,
    ],
    ids=["nested", "open", "angles", "tags", "ampersands", "cdata", "comments", "svg"],
)
def test_a_feed_of_a_thousand_broken_tags_is_read_or_refused_at_once(inner: str) -> None:
    try:
        found = reading(RSS.format(ITEM.format(inner)))
    except RejectedSourceError:
        return
    assert len(found.drafts) == 1


def test_a_charset_the_feed_declares_is_read_as_declared() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-2"?>' + RSS.format(ITEM.format("Łódź i Kraków"))
    (draft,) = reading(text.encode("iso-8859-2")).drafts
    assert of_draft(draft, {"text": ""})["text"] == "Łódź i Kraków"


def test_a_charset_the_feed_declares_and_does_not_have_is_not_believed() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + RSS.format(ITEM.format("Łódź – café"))
    (draft,) = reading(text.encode()).drafts
    assert of_draft(draft, {"text": ""})["text"] == "Łódź – café"


def test_no_break_spaces_at_the_edges_of_a_text_reach_the_repair() -> None:
    found = feed.parse(RSS.format(ITEM.format("\xa0voilÃ\xa0")))
    assert found.posts[0].pieces[0].text == "\xa0voilÃ\xa0"


def test_an_entry_that_stands_in_two_feeds_is_one_issue(tmp_path: Path) -> None:
    body = "The ferries stood still for nine weeks, and nobody minded. " * 5
    item = (
        f"<item><title>Lathe 7: Ice</title><guid>7</guid><description>{body}</description></item>"
    )
    report = take_in(
        tmp_path / "archive",
        source("a.xml", RSS.format(item)),
        source("b.xml", RSS.format(item + item)),
    )
    assert [issue.id for issue in report.added] == ["7"]


def test_a_text_that_is_no_feed_is_not_taken_for_one() -> None:
    for text in ("", "<", "<?xml", "<!--", "<!DOCTYPE rss [", "<?xml?>" * 200, "{}", "From a\n"):
        assert not feed.recognises(original(text))


def test_an_author_may_end_in_dots_and_a_site_may_not() -> None:
    whole = "<content:encoded>&lt;p&gt;Steel is dear…&lt;/p&gt;</content:encoded>"
    for words, flaws in ((whole, []), (whole.replace("…", " […]"), ["teaser"])):
        item = f"<title>T</title><description>Of steel.</description>{words}"
        text = RSS.format(f"<item>{item}</item>").replace(
            "<rss", '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"', 1
        )
        (document,) = feed.read(original(text))
        assert [flaw.code for flaw in document.flaws] == flaws


def test_a_summary_of_many_words_that_ends_in_dots_leads_to_its_issue() -> None:
    words = "Steel is dear and brass is not. " * 30
    for end, flaws in (("…", ["teaser"]), (".", [])):
        item = f"<item><title>T</title><description>{words}So{end}</description></item>"
        (document,) = feed.read(original(RSS.format(item)))
        assert [flaw.code for flaw in document.flaws] == flaws
