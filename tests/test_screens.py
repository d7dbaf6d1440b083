"""Every list and text at every width: no line is wider than the screen, no word found is lost."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from rich.text import Text
from wcwidth import wcswidth

from backissue.archive.missing import Missing, MissingKind
from backissue.archive.privacy import Finding
from backissue.cli.helping import query_page
from backissue.query.fields import FIELD_NOTES
from backissue.records import (
    Block,
    BlockKind,
    Confidence,
    Found,
    Head,
    Hit,
    Issue,
    IssueKind,
    Link,
    Part,
    Passage,
    Reason,
    Related,
    Run,
    Section,
    SectionKind,
    Snippet,
)
from backissue.render import rows
from backissue.render.presentation import View
from backissue.render.terminal.canvas import Canvas
from backissue.render.terminal.folding import fold, shortened
from backissue.render.terminal.passages import Marked, passage
from backissue.render.terminal.rendering import TerminalRenderer
from backissue.render.terminal.tables import Column, table
from tests.test_cli import on_terminal, process

WIDTHS = (40, 60, 80, 120, 200)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
ADDRESS = "https://example.com/" + "/".join(f"part-{number}" for number in range(30)) + "?crane=1"

# Each with a word that was searched.
TEXTS = {
    "prose": ("A crane lifts what two hundred people could not lift in a day. ", "crane"),
    "long prose": (
        "Ships wait outside of the harbour for days. " * 9 + "The last crane. ",
        "crane",
    ),
    "address": (f"See {ADDRESS} for more. ", "crane"),
    "one long word": ("x" * 150 + "crane" + "y" * 150 + " ", "crane"),
    "Chinese": ("今天港口的起重机在工作，船只在港外等候了好几天。" * 4, "起重机"),
    "Japanese": ("港のクレーンは「とても」高い。船は外で待っている。" * 4, "クレーン"),
    "Korean": ("항구의 크레인이 배를 기다리고 있습니다. " * 6, "크레인"),
    "emoji": ("👨‍👩‍👧‍👦👩🏽‍🚀🇩🇪🇯🇵❤️ crane 🏗️🏗️🏗️ " * 6, "crane"),
    "accents": ("Ca\u0301c ca\u0302\u0300n cẩu crâne cra\u0300ne ở cảng. " * 5, "cra\u0300ne"),
    "Arabic": ("الرافعة في الميناء ترفع السفن كل يوم. " * 5, "الرافعة"),
    "Hebrew": ("העגורן בנמל מרים אוניות כל יום. " * 5, "העגורן"),
    "German": ("Hafenkranführergewerkschaftsvorsitzendenwahl im Kran. " * 5, "Kran"),
    "hostile": (
        "[bold]x[/bold] [/] :warning: \x1b[31mred\x07 \u202ecrane\u202c \u009b1m ",
        "crane",
    ),
}
NAMES = list(TEXTS)


def spans(text: str, word: str) -> tuple[tuple[int, int], ...]:
    return tuple(match.span() for match in re.finditer(re.escape(word), text))


def searched(word: str, **fields: Any) -> View:
    """A search for one word."""
    return View(query=word, places=lambda _, text: spans(text, word), **fields)


def head(name: str, number: int | None = 7) -> Head:
    text, _ = TEXTS[name]
    return Head(
        key=f"harbour/{number}",
        id=f"{number}" if number else "a-very-long-address-of-an-issue-without-a-number",
        publication=text[:60],
        number=number,
        title=text,
        date=date(2024, 12, 23),
        kind=IssueKind.NOTES,
        sections=12,
        words=999,
        sources=(f"{text}.txt", "b.txt"),
        url="https://harbour.example/7",
    )


def section(name: str) -> Section:
    text, _ = TEXTS[name]
    paragraph = Block(runs=(Run(text=text), Run(text=text, strong=True, url="https://e.org/a")))
    return Section(
        position=2,
        kind=SectionKind.FICTION,
        heading=text.strip(),
        deck=text,
        blocks=(
            paragraph,
            Block(kind=BlockKind.HEADING, level=2, runs=(Run(text=text),)),
            Block(kind=BlockKind.ITEM, level=1, runs=(Run(text=text),)),
            Block(kind=BlockKind.ITEM, level=3, runs=(Run(text=text),)),
            Block(kind=BlockKind.QUOTE, runs=(Run(text=text),)),
            Block(kind=BlockKind.RULE),
            Block(runs=(Run(text=text),), part=Part.WHY),
            Block(runs=(Run(text="Read more: "), Run(text=text, url=ADDRESS)), part=Part.LINK),
        ),
        why=Passage(label="Why this matters", thesis=text, text=text),
        links=(Link(label="Read more", text=text, url=f"{ADDRESS}2"),),
        mentions=(),
        words=31,
        repairs=(),
        flaws=(),
        origins=(),
    )


def hit(name: str, rank: int = 1, **fields: Any) -> Hit:
    text, word = TEXTS[name]
    usual: dict[str, Any] = {
        "rank": rank,
        "score": 1.0,
        "section": replace(section(name), heading="A crane"),
        "issue": head(name),
        "snippet": Snippet(field="body", text=text * 2, highlights=spans(text * 2, word)),
    }
    usual |= fields
    usual["heading_highlights"] = spans(usual["section"].heading, word)
    return Hit(**usual)


def found(name: str) -> Found:
    whole = replace(section(name), heading=TEXTS[name][0].strip())
    hits = (
        hit(name),
        hit(name, 2, section=whole, missing=("gantry",), instead=(("lift", "hoist"),)),
        hit(name, 10, issue=head(name, None), section=whole),
    )
    return Found(total=99, complete=99, partial=0, hits=hits, suggestion=None)


def divided(name: str) -> Found:
    """The same, but only the first hit has all of the words."""
    first, *others = found(name).hits
    below = (replace(one, complete=False) for one in others)
    return Found(total=1, complete=1, partial=98, hits=(first, *below), suggestion=None)


def repair_row(name: str) -> rows.RepairRow:
    text, word = TEXTS[name]
    return rows.RepairRow(
        id="7.2",
        key="harbour/7.2",
        source=f"{text}.txt",
        block=1,
        start=0,
        rule="broken-word",
        before=word,
        after=word,
        confidence=Confidence.LIKELY,
        witness=None,
        context=text,
        was=f"{word} {word}",
        now=text,
    )


def totals(name: str) -> rows.Totals:
    disk = rows.Disk(place=f"/home/{TEXTS[name][0]}", bytes=4_250_000, index_bytes=999)
    counts = {"story": 1, "fiction": 2, "note": 3, "why": 4}
    return rows.totals([head(name), head(name, 8)], counts, 5, disk)


def related_to(name: str, of: str) -> rows.RelatedRows:
    reason = Reason(kind="words", names=tuple(TEXTS[name][0].split()))
    item = Related(score=1.0, section=section(name), issue=head(name), reasons=(reason,))
    return rows.RelatedRows(of=of, key=f"harbour/{of}", items=(item,))


RUN = {"command": "ingest", "when": "2024-12-23T10:11:12Z", "counts": {"added": 5}, "added": ["a"]}
Show = Callable[[TerminalRenderer, str], object]
LISTS: dict[str, Show] = {
    "issues": lambda show, name: show.issues([head(name), head(name, None), head(name, 1234)]),
    "publications": lambda show, name: show.publications(rows.publications([head(name)])),
    "stats": lambda show, name: show.stats(totals(name)),
    "provenance": lambda show, name: show.provenance(
        [
            rows.OriginRow(id="7.2", key="k", part="text", source=TEXTS[name][0], text="link"),
            rows.OriginRow(id="7", key="k", part="title", source=None, text=TEXTS[name][0]),
        ]
    ),
    "repairs": lambda show, name: show.repairs([repair_row(name)] * 2, [], undo=False),
    "facet": lambda show, name: show.facet("q", "issue", 5, [(TEXTS[name][0], 3), ("b", 12345)]),
    "related": lambda show, name: show.related([related_to(name, "7.1"), related_to(name, "8.1")]),
    "searches": lambda show, name: show.searches({"name": TEXTS[name][0]}),
    "missing": lambda show, name: show.missing(
        [
            Missing(
                kind=MissingKind.CITED,
                publication=TEXTS[name][0][:90],
                evidence=f"cited in {TEXTS[name][0]}",
                issue="a-very-long-address-of-an-issue-without-a-number",
            )
        ]
    ),
    "log": lambda show, name: show.log([{**RUN, "from": [TEXTS[name][0]] * 2}, RUN]),
    "findings": lambda show, name: show.findings(
        [Finding(about=TEXTS[name][0], matter="is altered", remedy=TEXTS[name][0])]
    ),
    "fields": lambda show, _: show.fields(FIELD_NOTES),
    "page": lambda show, _: show.page(query_page()),
}
TEXTUAL: dict[str, Show] = {
    "section": lambda show, name: show.section(head(name), section(name)),
    "issue": lambda show, name: show.issue(
        Issue(
            head=head(name),
            intro=TEXTS[name][0],
            sections=(section(name),),
            boilerplate=(),
            flaws=(),
            drafts=(),
            fingerprints=frozenset(),
        )
    ),
    "whys": lambda show, name: show.whys([(head(name), section(name))], single=False),
    "hits": lambda show, name: show.hits(found(name), searched(TEXTS[name][1])),
    "grouped": lambda show, name: show.hits(found(name), searched(TEXTS[name][1], grouped=True)),
    "whole": lambda show, name: show.hits(found(name), searched(TEXTS[name][1], whole=True)),
    "brief": lambda show, name: show.hits(found(name), searched(TEXTS[name][1], brief=True)),
    "below": lambda show, name: show.hits(divided(name), searched(TEXTS[name][1])),
    "below, brief": lambda show, name: show.hits(
        divided(name), searched(TEXTS[name][1], brief=True)
    ),
}


def written(show: Show, name: str, *, width: int, **canvas: Any) -> str:
    """What a terminal of this width gets."""
    parts: list[str] = []
    show(TerminalRenderer(parts.append, parts.append, Canvas(width=width, **canvas)), name)
    return "".join(parts)


def cases() -> Iterator[Any]:
    for what, show in (LISTS | TEXTUAL).items():
        for name in NAMES:
            yield pytest.param(show, name, id=f"{what}-{name}")


@pytest.fixture(autouse=True)
def many_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(("show", "name"), list(cases()))
def test_no_line_is_wider_than_the_screen(show: Show, name: str) -> None:
    for width in WIDTHS:
        text = ESCAPE.sub("", written(show, name, width=width, links=True))
        assert text
        wide = [line for line in text.splitlines() if wcswidth(line) > width]
        assert not wide, (width, wide[0])


@pytest.mark.parametrize(("show", "name"), list(cases()))
def test_without_color_nothing_is_written_but_text(show: Show, name: str) -> None:
    for width in WIDTHS:
        text = written(show, name, width=width, color=False, links=True)
        assert "\x1b" not in text
        assert text.replace("*", "") == ESCAPE.sub("", text).replace("*", "")


@pytest.mark.parametrize("view", ["hits", "grouped", "whole", "brief"])
@pytest.mark.parametrize("name", NAMES)
def test_every_word_found_is_shown_whole_on_one_line(view: str, name: str) -> None:
    _, word = TEXTS[name]
    for width in WIDTHS:
        lines = written(TEXTUAL[view], name, width=width, color=False).splitlines()
        marked = sum(line.count(f"*{word}*") for line in lines)
        assert marked >= (2 if view == "brief" else 3), (width, lines)


@pytest.mark.parametrize("view", ["below", "below, brief"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_line_divides_the_hits_that_have_all_words_from_the_others(view: str, width: int) -> None:
    lines = written(TEXTUAL[view], "prose", width=width, color=False).splitlines()
    (line,) = [at for at, text in enumerate(lines) if "some of the words ─" in text]
    assert "7.2" in "".join(lines[:line])
    below = " ".join(" ".join(lines[line:]).split())
    assert "with some of the words, the first 2 shown; -n 99 shows all" in below


@pytest.mark.parametrize("name", NAMES)
def test_words_found_are_marked_by_color_or_by_asterisks(name: str) -> None:
    _, word = TEXTS[name]
    colored = written(TEXTUAL["hits"], name, width=80)
    assert colored.count(f"\x1b[1;38;5;163m{word}\x1b[0m") >= 3
    assert f"*{word}*" not in colored


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("width", "most"), [(40, 6), (60, 5), (72, 4), (80, 4), (120, 4), (200, 4)]
)
def test_a_hit_is_four_lines_or_six_where_the_screen_is_narrow(
    name: str, width: int, most: int
) -> None:
    text = written(show_one(hit(name)), name, width=width)
    lines = text.splitlines()[:-2]  # the last line counts
    assert len(lines) <= most
    assert "7.2  A crane [fiction]" in ESCAPE.sub("", lines[0])


def show_one(one: Hit) -> Show:
    """Shows a single hit, whatever the name."""
    return lambda show, _: show.hits(
        Found(total=1, complete=1, partial=0, hits=(one,), suggestion=None), searched("crane")
    )


def hits_of(number: int) -> Found:
    issue = replace(head("prose"), publication="Harbour", title="Ships")
    hits = tuple(hit("long prose", rank, issue=issue) for rank in range(1, number + 1))
    return Found(total=number, complete=number, partial=0, hits=hits, suggestion=None)


@pytest.mark.parametrize(
    ("height", "lines", "apart"), [(24, 51, 10), (50, 41, 0), (51, 41, 0), (52, 51, 10)]
)
def test_ten_hits_fit_on_a_screen_of_fifty_rows(height: int, lines: int, apart: int) -> None:
    show: Show = lambda show, _: show.hits(hits_of(10), searched("crane"))  # noqa: E731  # short
    text = ESCAPE.sub("", written(show, "", width=80, height=height))
    assert (len(text.splitlines()), text.splitlines().count("")) == (lines, apart)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_line_of_an_issue_is_one_line_with_its_day(width: int) -> None:
    one = hit("prose", issue=replace(head("prose"), publication="Harbour Notes", title="Ships"))
    lines = ESCAPE.sub("", written(show_one(one), "", width=width)).splitlines()
    assert lines[1].strip() == "Harbour Notes 7, 2024-12-23"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_word_that_only_the_title_has_is_shown_in_it(width: int) -> None:
    nothing = Snippet(field="body", text="Ships wait. " * 30, highlights=())
    title = "Of ships, of gates, of ropes and of a crane"
    issue = replace(head("prose"), publication="Harbour", title=title)
    one = hit("prose", issue=issue, snippet=nothing)
    text = written(show_one(one), "", width=width)
    assert "\x1b[1;38;5;163mcrane" in text
    assert "2024-12-23" in text


def test_a_passage_that_repeats_the_heading_is_left_out() -> None:
    note = replace(section("prose"), heading="A crane lifts")
    for text, lines in (("A crane lifts.", 2), ("… A crane lifts …", 2), ("A crane lifts it.", 3)):
        one = hit("prose", section=note, snippet=Snippet(field="body", text=text, highlights=()))
        shown = ESCAPE.sub("", written(show_one(one), "", width=80))
        assert len(shown.splitlines()) == lines + 2


def test_context_is_shown_whole() -> None:
    text, _ = TEXTS["long prose"]
    lines = written(TEXTUAL["whole"], "long prose", width=80, color=False)
    assert "".join(lines.split()).count("".join(text.split()).replace("crane", "*crane*")) >= 3


def test_each_publication_has_columns_of_its_own_and_empty_ones_vanish() -> None:
    short = [replace(head("prose", number), publication="A", title="T") for number in (1, 2)]
    long = replace(head("prose", None), key="b/x", publication="B", title="T", date=None)
    text = written(lambda show, _: show.issues([*short, long]), "", width=120, color=False)
    first, second = text.split("\n\n")
    assert first.splitlines()[2].split() == ["1", "2024-12-23", "12", "T", "[notes]"]
    assert first.splitlines()[1].index("date") == 7
    assert "date" not in second
    assert "2024" not in second


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_takes_the_width_there_is(width: int) -> None:
    text = written(LISTS["issues"], "long prose", width=width, color=False)
    widest = max(map(len, text.splitlines()))
    assert width - 12 <= widest <= width
    measured = written(TEXTUAL["section"], "long prose", width=width, color=False)
    assert max(map(len, measured.splitlines())) <= min(width, 96)


@pytest.mark.parametrize("show", LISTS.values(), ids=list(LISTS))
def test_no_word_is_broken_where_a_space_is_near(show: Show) -> None:
    words = {word.strip(".") for word in TEXTS["prose"][0].split()}
    starts = {word[:end] for word in words for end in range(3, len(word))} - words
    for width in WIDTHS:
        text = written(show, "prose", width=width, color=False)
        broken = [part for part in re.findall(r"[A-Za-z]+(?=\s|$)", text) if part in starts]
        assert not broken, (width, broken, text)


def test_an_address_leads_to_the_page_of_its_issue() -> None:
    for what in ("issues", "related", "hits", "grouped", "whys"):
        show = (LISTS | TEXTUAL)[what]
        for width in (40, 120):
            text = written(show, "prose", width=width, links=True)
            assert re.search(r"\x1b\]8;id=\d+;https://harbour\.example/7\x1b\\", text), what
            assert "harbour.example" not in written(show, "prose", width=width, links=False)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "http://", None])
def test_an_address_leads_nowhere_that_is_not_safe(url: str | None) -> None:
    text = written(
        lambda show, _: show.issues([replace(head("prose"), url=url)]), "", width=80, links=True
    )
    assert "\x1b]8" not in text


# -- folding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, []),
        ("two words", 9, ["two words"]),
        ("two words", 8, ["two", "words"]),
        ("a  b", 3, ["a", "b"]),
        ("see https://e.org/aaa/bbb now", 14, ["see", "https://e.org/", "aaa/bbb now"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("语言模型。语言", 8, ["语言模", "型。语言"]),
        ("a「语」b", 4, ["a", "「语", "」b"]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
        ("👨‍👩‍👧👨‍👩‍👧", 2, ["👨‍👩‍👧", "👨‍👩‍👧"]),
        ("🇩🇪🇯🇵", 2, ["🇩🇪", "🇯🇵"]),
        ("语", 1, ["语"]),  # there is no narrower line for it
    ],
)
def test_lines_end_at_spaces_and_between_wide_characters(
    text: str, width: int, lines: list[str]
) -> None:
    assert [text[start:end] for start, end in fold(text, width)] == lines


def test_a_first_line_may_have_less_room() -> None:
    text = "one two three"
    assert [text[a:b] for a, b in fold(text, 9, first=3)] == ["one", "two three"]
    assert [text[a:b] for a, b in fold(text, 9, first=1)] == ["", "one two", "three"]


def test_a_span_is_not_parted_if_it_fits_on_a_line() -> None:
    text = "xxxxcranexxxx"
    assert [text[a:b] for a, b in fold(text, 6)] == ["xxxxcr", "anexxx", "x"]
    assert [text[a:b] for a, b in fold(text, 6, solid=[(4, 9)])] == ["xxxx", "cranex", "xxx"]
    wide = "语言模型语言"
    assert [wide[a:b] for a, b in fold(wide, 6)] == ["语言模", "型语言"]
    assert [wide[a:b] for a, b in fold(wide, 6, solid=[(2, 4)])] == ["语言", "模型语", "言"]


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("short", 5, "short"),
        ("a long name", 8, "a long…"),
        ("unbreakable", 6, "unbre…"),
        ("语言模型", 5, "语言…"),
    ],
)
def test_a_name_is_cut_with_dots(text: str, width: int, shown: str) -> None:
    assert shortened(text, width) == shown


def marked(text: str, *words: str) -> Marked:
    return Marked(text, tuple(sorted(span for word in words for span in spans(text, word))))


def test_a_passage_that_fits_is_left_alone() -> None:
    whole = marked("A crane lifts.", "crane")
    assert passage(whole, 20, 1) is whole


def test_a_passage_begins_with_its_sentence_if_the_word_is_near() -> None:
    whole = marked("Ships wait. " * 20 + "Today the crane lifts. " + "Ships wait. " * 20, "crane")
    assert passage(whole, 40, 2).text.startswith("… Today the crane lifts. Ships wait.")


def test_words_far_apart_are_shown_with_dots_between_them() -> None:
    text = "alpha " + "x y " * 60 + "beta " + "x y " * 60 + "gamma"
    short = passage(marked(text, "alpha", "beta", "gamma"), 40, 2)
    assert {short.text[a:b] for a, b in short.found} == {"alpha", "beta", "gamma"}
    assert short.text.count("…") == 2
    assert len(fold(short.text, 40)) == 2


def test_words_that_need_more_lines_have_them() -> None:
    words = [f"word{number:02}" for number in range(20)]
    text = " and so on and so forth ".join(words)
    short = passage(marked(text, *words), 40, 2)
    assert [short.text[a:b] for a, b in short.found] == words
    assert len(fold(short.text, 40)) > 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [10, 25, 40, 76])
@pytest.mark.parametrize("lines", [1, 2, 3])
def test_no_passage_loses_its_word(name: str, width: int, lines: int) -> None:
    text, word = TEXTS[name]
    short = passage(Marked(text * 3, spans(text * 3, word)), width, lines)
    assert short.found
    assert {short.text[a:b] for a, b in short.found} == {word}


# -- tables --------------------------------------------------------------------------------------


COLUMNS = (
    Column(name="id", lead=True),
    Column(name="sections", right=True, unit="section"),
    Column(name="empty"),
    Column(name="text"),
)


def laid_out(rows: list[tuple[str, ...]], width: int) -> list[str]:
    return [line.plain for line in table(COLUMNS, [[*map(Text, row)] for row in rows], width)]


def test_a_table_folds_under_itself_and_leaves_out_what_is_empty() -> None:
    rows = [("7", "12", "", "one two three four five six seven"), ("a/1234", "1", "", "one")]
    assert laid_out(rows, 46) == [
        "id      sections  text",
        "7             12  one two three four five six",
        "                  seven",
        "a/1234         1  one",
    ]


def test_rows_have_lines_of_their_own_where_columns_have_no_room() -> None:
    rows = [("7", "12", "", "one two three four five six seven"), ("a/1234", "1", "", "one")]
    assert laid_out(rows, 36) == [
        "7",
        "    12 sections · one two three four",
        "    five six seven",
        "a/1234",
        "    1 section · one",
    ]


def test_a_long_word_gets_room_before_prose_does() -> None:
    rows = [("a-word-of-more-than-twenty-four-letters", "1", "", "and so on " * 20)]
    lines = laid_out(rows, 90)
    assert lines[1].startswith("a-word-of-more-than-twenty-four-letters ")
    assert all(len(line) <= 90 for line in lines)


def test_width_is_shared_by_all_columns_that_need_more() -> None:
    rows = [("x y " * 30, "1", "", "x y " * 30)]
    first = laid_out(rows, 100)[1]
    assert first.index(" 1") in range(40, 56)


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 13, 20])
def test_a_tiny_screen_is_no_reason_to_fail(width: int) -> None:
    for show in (LISTS | TEXTUAL).values():
        for name in ("prose", "address", "Chinese", "emoji"):
            assert written(show, name, width=width)


def test_brief_is_one_line_a_hit_and_in_a_pipe_its_columns_have_tabs(archive: Path) -> None:
    words = ("search", "distributed", "training", "--brief")
    piped = process(archive, *words).stdout.splitlines()
    cells = [line.split("\t") for line in piped]
    assert cells[0] == ["393.4", "-", "NOUS enters the distributed training arena"]
    assert ["396.3", "2025-01-20"] in [row[:2] for row in cells]
    for columns in (80, 200):
        shown = on_terminal(
            archive, "search", "distributed", "training", "--brief", columns=columns
        )
        lines = ESCAPE.sub("", shown).splitlines()[:-1]  # the last line counts
        assert [line.split()[0] for line in lines] == [row[0] for row in cells]
        days = {"-": "–"}  # a day that is not known, in a pipe and on a terminal
        assert [line.split()[1] for line in lines] == [days.get(row[1], row[1]) for row in cells]
        assert all("distributed training" in line for line in lines if "393." in line)
    more = process(archive, *words, "-n", "20").stdout.splitlines()
    assert more[: len(piped)] == piped
    assert {line.count("\t") for line in more[len(piped) :]} == {2}
    shown = on_terminal(archive, *words, "-n", "20")
    assert "some of the words" in ESCAPE.sub("", shown).splitlines()[len(piped)]


@pytest.mark.parametrize("width", [20, 31, 40, 41, 60])
def test_prose_in_a_wide_script_fills_its_lines_and_begins_none_with_a_stop(width: int) -> None:
    lines = written(TEXTUAL["section"], "Chinese", width=width, color=False).splitlines()
    assert not [line for line in lines if re.match(r"[ │•]*[。，]", line)]
    start = next(place for place, line in enumerate(lines) if line.startswith("7.2"))
    assert wcswidth(lines[start]) >= width - 3


def test_a_match_in_prose_stays_whole() -> None:
    text, _ = TEXTS["one long word"]

    def show(renderer: TerminalRenderer, name: str) -> None:
        renderer.mark(lambda _, whole: spans(whole, "crane"))
        renderer.section(head(name), section(name))

    for width in WIDTHS:
        shown = written(show, "one long word", width=width)
        assert shown.count("mcrane\x1b") >= text.count("crane") * 5, width
