"""Exports: cases under tests/cases/exports, and what an index tells of other files."""

import datetime
import json
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backissue.errors import RejectedSourceError
from backissue.ingest.readers import editor_json, ghost, wxr
from backissue.ingest.sources import Refusal, Source, collect
from backissue.ingest.sources.exports import ExportRecord, index_of
from backissue.ingest.sources.fields import columns_of, facts_from, json_of, rows_of
from backissue.records import NO_FACTS, Facts
from tests.conftest import issues_in, original, reading, take_in
from tests.test_feeds import of_draft

CASES = Path(__file__).parent / "cases" / "exports"
POSTS = """\
post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,podcast_url
11.ice,2024-03-04T23:30:00.000Z,true,,,newsletter,all,"Ice &#x2018;n&#x2019; iron","On ice, mostly",
12.talk,2024-03-05T10:00:00.000Z,true,,,podcast,everyone,Talk,,https://e.example/a.mp3
13.thread,2024-03-06T10:00:00.000Z,true,,,thread,everyone,Thread,,
14.later,,false,,,newsletter,everyone,Later,,
15.about,2024-03-06T10:00:00.000Z,true,,,page,everyone,About,,
"""
EMAILS = """\
id,secondary_id,subject,publish_date,source,slug,status
a,1,Bends,2023-01-02 16:55:00+00:00,app,bends,sent
b,2,Hitches,,app,hitches,draft
"""


def read_cases(name: str) -> list[Any]:
    cases = tomllib.loads((CASES / name).read_text(encoding="utf-8"))["case"]
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize(
    "case",
    [
        case
        for name in ("files.toml", "json.toml", "medium.toml", "sent_on.toml")
        for case in read_cases(name)
    ],
)
def test_an_export_holds_the_issues_its_case_says(case: dict[str, Any]) -> None:
    if "rejected" in case:
        with pytest.raises(RejectedSourceError) as error:
            reading(case["input"])
        assert error.value.message == case["rejected"]
        return
    found = reading(case["input"])
    assert found.format == case["format"]
    pairs = zip(found.drafts, case["issue"], strict=False)
    assert [of_draft(*pair) for pair in pairs] == case["issue"]
    assert len(found.drafts) == len(case["issue"])
    assert dict(found.left_out) == case.get("left_out", {})


def test_a_substack_index_tells_of_each_post_what_it_is() -> None:
    export = index_of({"posts.csv": POSTS.encode()})
    assert export.record_of("posts/11.ice.html") == ExportRecord(
        facts=Facts(title="Ice ‘n’ iron", subtitle="On ice, mostly", date=datetime.date(2024, 3, 4))
    )
    posts = {path: told.left_out for path, told in export.records.items()}
    assert list(posts.values()) == [None, "podcast", "thread", "draft", "page"]
    assert export.indexes == {"posts.csv": "describes the issues in posts/"}


def test_a_substack_export_s_lists_of_people_are_left_out() -> None:
    export = index_of({"posts.csv": POSTS.encode()})
    for name in ("posts/11.ice.opens.csv", "posts/11.ice.delivers.csv", "email_list.lathe.csv"):
        told = export.record_of(name)
        assert told is not None
        assert told.left_out == "list of readers"
    assert export.record_of("posts/other.html") is None


def test_a_buttondown_index_tells_of_each_email_whatever_form_it_has() -> None:
    columns, *lines = (line.split(",") for line in EMAILS.strip().split("\n"))
    rows = [dict(zip(columns, line, strict=True)) for line in lines]
    by_csv = index_of({"emails.csv": EMAILS.encode()})
    by_json = index_of({"emails.json": json.dumps(rows).encode()})
    assert by_csv.records == by_json.records
    assert by_csv.records["emails/bends.md"].facts.title == "Bends"
    assert by_csv.records["emails/hitches.md"].left_out == "draft"


def test_an_index_that_holds_the_texts_is_a_source_as_well() -> None:
    emails = '[{"subject":"Bends","slug":"bends","publish_date":"2023-01-02","body":"A bend."}]'
    export = index_of({"emails.json": emails.encode()})
    assert export.records.keys() == {"emails/bends.md", "emails/bends.html"}
    assert export.indexes == {}


@pytest.mark.parametrize("name", ["posts.csv", "emails.csv", "emails.json"])
@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff", b"a,b\n1,2\n", b"{}", b"[]", b"[1]", b"[[[[", b'{"results":[{}]}']
)
def test_a_file_that_is_no_index_tells_nothing(name: str, data: bytes) -> None:
    export = index_of({name: data})
    assert (export.records, export.indexes) == ({}, {})


@pytest.mark.parametrize(
    ("other", "recognised"),
    [
        ({"id": 2, "title": "Tar", "status": "draft"}, True),
        ({"id": 2, "title": "Tar"}, False),
        ({"id": 2, "status": "draft"}, False),
        ({"title": "Tar", "status": "draft"}, False),
    ],
)
def test_json_is_of_ghost_only_if_each_post_is(other: dict[str, object], recognised: bool) -> None:
    posts = [{"id": 1, "title": "Salt", "html": "<p>Salt it is.</p>"}, other]
    assert ghost.recognises(original(json.dumps({"posts": posts}))) is recognised


def test_a_substack_folder_gives_its_issues_with_title_subtitle_and_day(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    (folder / "posts").mkdir(parents=True)
    (folder / "posts.csv").write_text(POSTS, encoding="utf-8")
    for post in ("11.ice", "12.talk", "14.later"):
        page = f"<p>The {post} came early, and went late.</p><p>Nobody minded.</p>"
        (folder / "posts" / f"{post}.html").write_text(page, encoding="utf-8")
    items = list(collect([str(folder)], NO_FACTS))
    skipped = {item.name: item.reason for item in items if isinstance(item, Refusal)}
    assert skipped == {
        "posts.csv": "describes the issues in posts/",
        "posts/12.talk.html": "a podcast",
        "posts/14.later.html": "a draft",
    }
    take_in(tmp_path / "archive", *items)
    (issue,) = issues_in(tmp_path / "archive")
    assert (issue.head.title, issue.head.date) == ("Ice ‘n’ iron", datetime.date(2024, 3, 4))
    assert issue.intro == "On ice, mostly"


def an_export(folder: Path, *names: str) -> Path:
    """A Substack export whose `posts` have these files."""
    (folder / "posts").mkdir(parents=True)
    (folder / "posts.csv").write_text(POSTS + ROPES, encoding="utf-8")
    for name in names:
        page = f"<p>The {name} came early, and went late.</p><p>Nobody minded.</p>"
        (folder / "posts" / name).write_text(page, encoding="utf-8")
    return folder


ROPES = "16.ropes,2024-04-04T10:00:00.000Z,true,,,newsletter,all,Ropes,,\n"
LOST = "posts.csv has a row for it (“Ropes”), and there is no such file"


def test_a_row_without_a_file_is_reported_and_a_file_without_a_row(tmp_path: Path) -> None:
    folder = an_export(tmp_path / "export", "11.ice.html", "99.lead.html", "99.notes.txt")
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(tmp_path))
    for start, inside in ((folder, ""), (packed, "export.zip!export/")):
        items = list(collect([str(start)], NO_FACTS))
        lost = [item for item in items if isinstance(item, Refusal) and not item.skipped]
        assert [(item.name, item.reason) for item in lost] == [
            (f"{inside}posts/16.ropes.html", LOST)
        ]
        remarks = {item.name: item.remark for item in items if isinstance(item, Source)}
        assert remarks == {
            f"{inside}posts/11.ice.html": None,
            f"{inside}posts/99.lead.html": "posts.csv has no row for it",
            f"{inside}posts/99.notes.txt": None,
        }
    report = take_in(tmp_path / "archive", *collect([str(folder / "posts")], NO_FACTS))
    reasons = {outcome.name: outcome.reason for outcome in report.outcomes}
    assert reasons["../posts/16.ropes.html"] == LOST
    assert reasons["99.lead.html"] == "posts.csv has no row for it"


def test_rows_are_no_news_where_a_single_file_is_named(tmp_path: Path) -> None:
    folder = an_export(tmp_path / "export", "11.ice.html")
    (item,) = collect([str(folder / "posts" / "11.ice.html")], NO_FACTS)
    assert isinstance(item, Source)
    assert item.by_carrier.title == "Ice ‘n’ iron"


def test_rows_of_an_export_that_is_not_there_are_not_missing(tmp_path: Path) -> None:
    items = list(collect([str(an_export(tmp_path / "export", "other.html"))], NO_FACTS))
    assert [item.name for item in items] == ["posts.csv", "posts/other.html"]
    assert not any(isinstance(item, Refusal) for item in items)


def test_an_email_without_its_file_is_reported_once(tmp_path: Path) -> None:
    rows = f"{EMAILS}c,3,Knots,2023-02-02 16:55:00+00:00,app,knots,sent\n"
    (tmp_path / "emails").mkdir()
    (tmp_path / "emails.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "emails" / "bends.html").write_text("<p>A bend is a knot.</p>", encoding="utf-8")
    items = [item for item in collect([str(tmp_path)], NO_FACTS) if isinstance(item, Refusal)]
    assert [(item.name, item.skipped) for item in items] == [
        ("emails/knots.md", False),
        ("emails.csv", True),
    ]


def test_a_table_is_read_whatever_parts_its_columns() -> None:
    for delimiter in ",;\t":
        text = f'\ufeffPost Title{delimiter}B\n"one{delimiter}\ntwo"{delimiter}3\n'
        assert columns_of(text) == {"post_title", "b"}
        assert rows_of(text) == ({"post_title": f"one{delimiter}\ntwo", "b": "3"},)


def test_a_field_longer_than_the_csv_module_likes_is_read_whole() -> None:
    body = "word " * 60_000
    assert rows_of(f"a,b\n1,{body}\n")[0]["b"] == body


def test_fields_that_do_not_hold_what_their_names_say_tell_nothing() -> None:
    assert facts_from(title=" \n", date="soon", url="javascript:alert(1)") == NO_FACTS
    assert facts_from(date=0) == facts_from(date=True) == facts_from(date=10**40) == NO_FACTS
    long = facts_from(title="long " * 500).title
    assert long is not None
    assert len(long) == 500


def test_json_nested_without_end_is_no_value() -> None:
    assert json_of("[" * 100_000) is None


def test_lexical_nested_deep_keeps_its_words_in_order() -> None:
    node: dict[str, object] = {"type": "extended-text", "text": "deep", "format": 3}
    for _ in range(5_000):
        node = {"type": "quote", "children": [node, {"type": "text", "text": "after"}]}
    (card,) = editor_json.of_lexical({"root": {"type": "root", "children": [node]}})
    assert card.text.index("<strong><em>deep</em></strong>") < card.text.index("after")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["root", "children", "type", "text", "sections", "markups", "cards"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_in_a_post_is_survived(value: object) -> None:
    for made in (editor_json.of_lexical(value), editor_json.of_mobiledoc(value)):
        assert all(isinstance(card.text, str) for card in made)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("one\n\ntwo", "<p>one\n\n<p>two"),
        ("one\ntwo", "<p>one<br>\ntwo"),
        ('<a\nhref="x">one</a>', '<p><a\nhref="x">one</a>'),
        ("<h2>H</h2>\nbelow", "<h2>H</h2>\n\n<p>below"),
        ("[embed]https://e.example/v[/embed]", "<p>https://e.example/v"),
        ("[note]kept[/note] and [sic]", "<p>kept and [sic]"),
        ('[contact-form-7 id="1"]', ""),
        ("<pre>a\n\nb</pre>", "<pre>a\n\nb</pre>"),
        ("<!-- wp:list --><ul><li>a\n\nb</li></ul>", "<!-- wp:list --><ul><li>a\n\nb</li></ul>"),
    ],
)
def test_what_an_author_typed_is_shown_as_wordpress_shows_it(typed: str, shown: str) -> None:
    assert wxr.as_html(typed) == shown


def test_a_post_that_does_not_say_whether_it_is_published_is_an_issue() -> None:
    text = b"post_id,post_date,is_published,title\n11.ice,2024-01-09 10:00:00,,Ice\n"
    assert index_of({"posts.csv": text}).records["posts/11.ice.html"].left_out is None
