"""Merging: which copies are of one issue, what is kept of each, and what an issue is called."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from backissue.archive import removal
from backissue.archive.rebuilding import rebuild
from backissue.archive.settings import INDEX
from backissue.cli.addresses import publication_slug
from backissue.index import Index
from backissue.ingest.merge.alignment import differences, nearest
from backissue.ingest.merge.copies import are_alike, slug
from backissue.ingest.merge.grouping import groups
from backissue.ingest.merge.mail_header import without_header
from backissue.ingest.merge.merging import merge
from backissue.ingest.sources import Source
from backissue.records import Facts, Issue
from backissue.text.prose import fingerprints_of, plain
from tests.conftest import copies, issues_in, source, take_in

CASES = Path(__file__).parent / "cases" / "merge" / "copies.toml"
TABLES = tomllib.loads(CASES.read_text(encoding="utf-8"))
WORDS: dict[str, str] = TABLES["words"]


def read_cases(*, known: bool = True) -> list[Any]:
    cases = []
    for case in TABLES["case"]:
        reason = case.get("known_failure") if known else None
        marks = (pytest.mark.xfail(reason=reason, strict=True),) if reason else ()
        cases.append(pytest.param(case, id=case["name"], marks=marks))
    return cases


def merged(case: dict[str, Any]) -> tuple[Issue, ...]:
    made = [
        source(copy["name"], copy["text"].format(**WORDS), **copy.get("said", {}))
        for copy in case["copy"]
    ]
    issues = merge(copies(*made))
    assert merge(copies(*reversed(made))) == issues
    return issues


def found(issue: Issue, wanted: dict[str, Any]) -> dict[str, Any]:
    """What an issue has of what a case names."""
    head, sections = issue.head, issue.sections
    flaws = [*issue.flaws, *(flaw for section in sections for flaw in section.flaws)]
    text = "\n\n".join(plain(section.blocks) for section in sections)
    links = [[link.label or "", link.text, link.url] for part in sections for link in part.links]
    flawed = " ".join(flaw.text for flaw in flaws)
    facts = {
        "key": head.key,
        "publication": head.publication,
        "title": head.title,
        "date": head.date and head.date.isoformat(),
        "intro": issue.intro,
        "sources": list(head.sources),
        "sections": len(sections),
        "headings": [section.heading for section in sections],
        "decks": [section.deck for section in sections],
        "links": links,
        "link_set": sorted(links),
        "whys": [section.why.label if section.why else "" for section in sections],
        "flaws": len(flaws),
        "flaw_texts": [flaw.text for flaw in flaws],
        "holds": [words for words in wanted.get("holds", []) if words.format(**WORDS) in text],
        "flawed_words": [word for word in wanted.get("flawed_words", []) if word in flawed.lower()],
    }
    return {name: facts[name] for name in wanted}


def filled(wanted: dict[str, Any]) -> dict[str, Any]:
    """What a case wants, with the sentences it speaks of."""
    rows = [[cell.format(**WORDS) for cell in row] for row in wanted.get("link_set", [])]
    return {**wanted, "link_set": rows} if rows else wanted


@pytest.mark.parametrize("case", read_cases())
def test_copies_become_the_issues_their_case_says(case: dict[str, Any]) -> None:
    issues = merged(case)
    assert [found(issue, wanted) for issue, wanted in zip(issues, case["issue"], strict=True)] == [
        filled(wanted) for wanted in case["issue"]
    ]


@pytest.mark.parametrize("case", read_cases(known=False))
def test_an_issue_counts_its_own_sections_and_words(case: dict[str, Any]) -> None:
    for issue in merged(case):
        assert issue.head.sections == len(issue.sections)
        assert issue.head.words == sum(section.words for section in issue.sections)
        assert [part.position for part in issue.sections] == list(range(1, len(issue.sections) + 1))
        assert f"{issue.head.key.partition('/')[0]}/{issue.head.id}" == issue.head.key


# -- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Situational Awareness", "situational-awareness"),
        ("Über Köln & Ångström", "uber-koln-angstrom"),
        ("Don’t panic", "dont-panic"),
        ("it's GPT-4", "its-gpt-4"),
        ("404", "no-404"),
        ("2024 12", "2024-12"),
        ("Straße", "strasse"),
        ("under_score", "under-score"),
        ("  ", ""),
        ("!?", ""),
        ("中文 标题", "中文-标题"),
        ("a/b/../c", "a-b-c"),
        ("ﬁnal ①", "final-1"),
    ],
)
def test_a_slug_is_lower_case_words_joined_by_hyphens(text: str, address: str) -> None:
    assert slug(text) == address


def test_a_slug_ends_with_a_whole_word_before_its_sixtieth_letter() -> None:
    assert slug("harbour " * 20) == "-".join(["harbour"] * 7)
    assert slug("x" * 100) == "x" * 60


@given(st.text())
def test_any_text_has_a_slug_that_can_be_typed_in_a_shell(text: str) -> None:
    found = slug(text)
    assert not set(found) & set(" \t\n/.'\"\\$`*?[]()<>|&;~#!")
    assert not found.isdigit()
    assert slug(found) == found or not found.isascii()


def numbered_titles(*titles: str) -> list[str]:
    made = [
        source(f"{at}.txt", f"Part {at}:\n…Deck…\n{words}\n", title=title)
        for at, (title, words) in enumerate(zip(titles, WORDS.values(), strict=False))
    ]
    issues = merge(copies(*made))
    assert [issue.head.key for issue in merge(copies(*reversed(made)))] == [
        issue.head.key for issue in issues
    ]
    return [issue.head.key for issue in issues]


def test_issues_of_one_title_are_told_apart_by_a_number() -> None:
    assert numbered_titles("Mills", "Mills", "mills!") == [
        "unfiled/mills",
        "unfiled/mills-2",
        "unfiled/mills-3",
    ]


def test_the_older_of_two_issues_of_one_title_keeps_the_address() -> None:
    new = source("new.txt", f"A:\n…B…\n{WORDS['a']}\n", title="Mills", date="2024-01-01")
    old = source("old.txt", f"A:\n…B…\n{WORDS['b']}\n", title="Mills", date="2020-01-01")
    issues = merge(copies(new, old))
    assert [(issue.head.key, issue.head.sources) for issue in issues] == [
        ("unfiled/mills", ("old.txt",)),
        ("unfiled/mills-2", ("new.txt",)),
    ]


def test_an_address_told_apart_is_not_one_that_another_issue_has() -> None:
    keys = numbered_titles("Mills", "Mills", "Mills 2")
    assert len(set(keys)) == 3


# -- likeness -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (range(4), range(4), True),
        (range(10), range(3), True),  # cut off
        (range(12), range(3), True),
        (range(13), range(3), False),  # too little of the longer one
        (range(10), range(2), False),
        (range(4), range(2), False),  # too few to be sure, though they are half of the longer one
        (range(4), range(3), True),
        (range(2), range(2), True),  # but all there is
        (range(6), range(3, 9), True),
        (range(7), range(4, 11), False),  # less than half of the shorter one
        ((), (), False),
        (range(4), range(4, 8), False),
    ],
)
def test_texts_are_alike_that_share_most_of_their_sentences(
    one: range, other: range, alike: bool
) -> None:
    assert are_alike(frozenset(one), frozenset(other)) is alike
    assert are_alike(frozenset(other), frozenset(one)) is alike


def test_a_sentence_is_known_again_whatever_its_punctuation() -> None:
    one = "“It’s the third time – he said so – that the mill stood still.” And more."
    other = "'It's the third time - he said so - that  the mill stood still!' And more?"
    assert fingerprints_of([one]) == fingerprints_of([other]) != frozenset()


def test_a_sentence_is_known_again_however_its_ellipsis_is_written() -> None:
    one = "It was the third time that the mill stood still… And nobody could say what for, or why."
    assert fingerprints_of([one]) == fingerprints_of([one.replace("…", "...")])


def test_short_phrases_tell_nothing() -> None:
    assert fingerprints_of(["Read more.", "Why this matters: it is so."]) == frozenset()


# -- what is large ------------------------------------------------------------------------------


def test_hundreds_of_loose_copies_with_one_footer_are_as_many_issues() -> None:
    footer = "This letter is sent to those who asked for it and to nobody else at all."
    made = [
        source(
            f"{at}.txt",
            f"Part {at}:\n…Deck…\nThe {at}th of all the mills in the valley stood idle.\n\n"
            f"And the {at}th of all the ships in the harbour was counted once more.\n\n{footer}\n",
        )
        for at in range(400)
    ]
    assert len(merge(copies(*made))) == 400


def test_copies_with_common_sentences_are_only_compared_where_they_can_be_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def counted(one: frozenset[int], other: frozenset[int]) -> bool:
        compared.append((one, other))
        return are_alike(one, other)

    monkeypatch.setattr("backissue.ingest.merge.grouping.are_alike", counted)
    lines = [
        [f"Line {at} of {one} is about the mills and the ships." for at in range(8)]
        for one in range(20)
    ]
    footer = "This letter is sent to those who asked for it and to nobody else at all."
    texts = ["\n\n".join([f"Part {at}:", *line, footer]) for at, line in enumerate(lines)]
    twin = source(
        "twin.txt", texts[0] + "\n\nAnd this line is only in the second copy of the first one."
    )
    made = [source(f"{at}.txt", text) for at, text in enumerate(texts)]
    assert len(merge(copies(*made, twin))) == 20
    assert len(compared) == 2


def two_versions(ours: str, theirs: str) -> list[str]:
    """The flaws of an issue of which there are these two copies, one section each."""
    made = [
        source("a.txt", f"Notes 7: Mills\n\nby Ada\n\nMills:\n…Idle…\n{ours}\n"),
        source("b.txt", f"Notes 7: Mills\n\nby Ada\n\nMills:\n…Idle…\n{theirs}\n"),
    ]
    (issue,) = merge(copies(*made))
    return [flaw.text for section in issue.sections for flaw in section.flaws]


def test_a_difference_in_a_long_text_is_told_by_its_words_alone() -> None:
    words = [f"word{at % 700}" for at in range(6000)]
    changed = [*words[:50], "mill", *words[51:5900], "ship", *words[5901:]]
    assert two_versions(" ".join(words), " ".join(changed)) == [
        "“mill” in b.txt, “word50” in a.txt",
        "“ship” in b.txt, “word300” in a.txt",
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("one two " + "ha " * 20_000 + "three", "two one " + "ha " * 20_001 + "four"),
        (
            " ".join(f"ha we{at}" for at in range(4000)),
            " ".join(f"ha they{at}" for at in range(4000)),
        ),
    ],
)
def test_texts_with_one_word_over_and_over_differ_in_words_that_are_all_told(
    ours: str, theirs: str
) -> None:
    told = " ".join(two_versions(ours, theirs)).replace("“", " ").replace("”", " ").split()
    for text in (ours, theirs):
        assert {word for word in text.split() if word not in {"ha", "one", "two"}} <= set(told)


def test_two_sources_of_one_name_are_told_apart() -> None:
    text = "Harbour Notes 12: Cranes\n\nby Ada\n\nCranes are tall, and nobody can say what for.\n"
    made = merge(copies(source("index.txt", text), source("index.txt", text + " ")))
    named = made[0].head.sources
    assert len(set(named)) == 2
    assert all(name.startswith("index.txt (") for name in named)


# -- copies that share no sentence, and texts that share all ---------------------------------------

TEASER = """<rss version="2.0"><channel><title>Crane Letters</title><link>https://cranes.example</link>
<item><title>On tower cranes</title><link>https://cranes.example/p/tower</link>
<pubDate>Mon, 23 Dec 2024 13:00:00 GMT</pubDate>
<description>They see far. Read more […]</description></item></channel></rss>"""
MAIL = """From: Crane Letters <ada@cranes.example>
Subject: On tower cranes
Date: Mon, 23 Dec 2024 18:30:00 +0000
Message-ID: <1@cranes.example>
Content-Type: text/plain; charset=utf-8

A tower crane stands in the middle of what it builds, and looks down at all of it.

Nobody has asked its driver what he thinks of the city, though he knows it best of all.
"""


@pytest.mark.parametrize("first", [0, 1])
def test_a_teaser_goes_with_the_issue_it_announces(tmp_path: Path, first: int) -> None:
    both = [source("feed.xml", TEASER), source("inbox.eml", MAIL)]
    take_in(tmp_path / "archive", both[first])
    take_in(tmp_path / "archive", both[1 - first])
    (issue,) = issues_in(tmp_path / "archive")
    assert issue.head.sources == ("feed.xml", "inbox.eml")
    assert issue.head.url == "https://cranes.example/p/tower"
    assert "They see far" not in plain(issue.sections[0].blocks)
    assert any("They see far" in line for line in issue.boilerplate)
    assert [flaw.code for flaw in issue.flaws] == []


def test_a_copy_that_was_cut_short_is_whole_with_another(tmp_path: Path) -> None:
    whole = "Harbour Notes 12: Ports\n\n" + "\n\n".join(
        f"The crane at quay {place} came back this week, and nobody minded." for place in "abcdef"
    )
    cut = "\n\n".join([*whole.split("\n\n")[:5], "[Message clipped]  View entire message"])
    take_in(tmp_path / "archive", source("cut.txt", cut))
    (issue,) = issues_in(tmp_path / "archive")
    assert [flaw.code for flaw in issue.flaws] == ["cut-short"]
    take_in(tmp_path / "archive", source("whole.txt", whole))
    (issue,) = issues_in(tmp_path / "archive")
    assert not issue.flaws


def test_a_teaser_alone_is_kept_and_says_what_it_is(tmp_path: Path) -> None:
    take_in(tmp_path / "archive", source("feed.xml", TEASER))
    (issue,) = issues_in(tmp_path / "archive")
    assert [flaw.code for flaw in issue.flaws] == ["teaser"]


def test_one_text_under_two_titles_on_two_days_is_two_issues(tmp_path: Path) -> None:
    later = MAIL.replace("On tower cranes", "Once more").replace("23 Dec", "30 Dec")
    take_in(tmp_path / "archive", source("1.eml", MAIL), source("2.eml", later))
    assert len(issues_in(tmp_path / "archive")) == 2
    same_week = MAIL.replace("On tower cranes", "Once more").replace("23 Dec", "24 Dec")
    take_in(tmp_path / "other", source("1.eml", MAIL), source("2.eml", same_week))
    assert len(issues_in(tmp_path / "other")) == 1


# -- what mutations of the code found ------------------------------------------------------------

SAME = "\n\n".join(f"Sentence number {n} speaks at some length about day {n}." for n in range(6))


def test_a_loose_copy_alike_to_two_numbers_joins_the_last_in_order() -> None:
    numbered = [
        source(f"{n}.txt", f"{SAME}\n\nNumber {n}.", number=n, publication="Prime Letter")
        for n in (5, 6)
    ]
    loose = source("loose.txt", SAME)
    last = max(numbered, key=lambda one: one.sha256)
    (joined,) = (one for one in merge(copies(*numbered, loose)) if len(one.head.sources) == 2)
    assert joined.head.number == last.by_reader.number


def test_entries_of_one_name_and_day_at_two_addresses_are_two_issues() -> None:
    made = [
        source(
            f"{n}.txt",
            f"Mills\n\nThe mills of place {n} turn.",
            publication="Prime Letter",
            title="Mills",
            date="2024-06-03",
            url=f"https://e.org/{n}",
        )
        for n in (1, 2)
    ]
    assert len(merge(copies(*made))) == 2
    one_address = [
        replace(one, by_reader=replace(one.by_reader, url="https://e.org/1")) for one in made
    ]
    assert len(merge(copies(*one_address))) == 1


def test_of_equal_copies_the_first_in_order_gives_the_text() -> None:
    numbered = source("numbered.txt", SAME, number=5, publication="Prime Letter")
    texts = (f"{SAME}{' ' * n}" for n in range(1, 40))
    loose = next(
        one for text in texts if (one := source("loose.txt", text)).sha256 < numbered.sha256
    )
    (issue,) = merge(copies(numbered, loose))
    (text,) = (one for one in issue.sections[0].origins if one.part == "text")
    assert text.source == "loose.txt"


def test_a_section_without_damage_is_kept_before_one_with_links() -> None:
    linked = (
        f"## Mills\n\n[One](https://e.org/1) of them.\n\n{SAME}\n\nWhat they sa\ufffd\ufffd so."
    )
    sound = f"Mills\n\n{SAME}"
    facts = {"number": 5, "publication": "Prime Letter"}
    (issue,) = merge(
        copies(source("linked.md", linked, **facts), source("sound.txt", sound, **facts))
    )
    (text,) = (one for one in issue.sections[0].origins if one.part == "text")
    assert text.source == "sound.txt"


def test_a_sound_title_is_kept_before_that_of_the_best_copy() -> None:
    facts = {"number": 5, "publication": "Prime Letter"}
    best = source("best.txt", f"{SAME}\n\nOne more line of it.", title="Mi\ufffds", **facts)
    other = source("other.txt", SAME, title="Mills", **facts)
    (issue,) = merge(copies(best, other))
    assert issue.head.title == "Mills"


def test_the_longer_of_two_sound_intros_is_kept() -> None:
    text = "Prime Letter 57: Mills\n\n{}\n\nCranes\n…They lift…\nThe cranes lift more in a day."
    long = source("long.txt", text.format("Short it was not."))
    texts = (text.format("Short.") + " " * spaces for spaces in range(1, 40))
    short = next(one for text in texts if (one := source("short.txt", text)).sha256 < long.sha256)
    (issue,) = merge(copies(short, long))
    assert issue.intro == "Short it was not."


def test_the_older_of_two_namesakes_keeps_the_address() -> None:
    texts = [f"Mills\n\nThe mills of place {place} turn slowly in the wind." for place in range(2)]
    older, newer = sorted((source(f"{n}.txt", text) for n, text in enumerate(texts)), key=hash_of)[
        ::-1
    ]
    older = replace(older, by_reader=replace(older.by_reader, date=date(2023, 6, 3)))
    newer = replace(newer, by_reader=replace(newer.by_reader, date=date(2024, 6, 3)))
    first, second = merge(copies(newer, older))
    assert (first.head.key, first.head.sources) == ("unfiled/mills", (older.name,))
    assert second.head.key == "unfiled/mills-2"


def hash_of(made: Source) -> str:
    return made.sha256


def test_two_sections_of_one_name_are_not_compared_with_one_section() -> None:
    parts = (
        "In brief\n…Ships…\nShips came in today.\n\n***\n\nIn brief\n…Mills…\nMills turned all day."
    )
    texts = (f"Prime Letter 57: Mills\n\n{parts}{end}" for end in ("", "\n"))
    (issue,) = merge(copies(*(source(f"{n}.txt", text) for n, text in enumerate(texts))))
    assert [(section.heading, section.flaws) for section in issue.sections] == [
        ("In brief", ())
    ] * 2


def test_a_copy_without_a_number_does_not_cite_the_issue_it_joins() -> None:
    numbered = source("5.txt", SAME, number=5, publication="Prime Letter")
    citing = f"{SAME}\n\nSo said Prime Letter 5, and so said Prime Letter 4."
    (issue,) = merge(copies(numbered, source("any.txt", citing, publication="Prime Letter")))
    assert issue.sections[0].mentions == (4,)


@pytest.mark.parametrize(
    ("intro", "kept", "aside"),
    [
        ("From: Ada <ada@e.org>\nDate: 3 June\n\nCranes grow.", "Cranes grow.", 2),
        ("Von: Ada <ada@e.org>\nBetreff: Kräne\n\nKräne wachsen.", "Kräne wachsen.", 2),
        ("De : Ada\nDate : lundi\nObjet : Grues\n\nElles montent.", "Elles montent.", 3),
        ("To: pat@e.org", None, 1),
        ("Cranes grow.\n\nThis email was sent to pat@e.org", "Cranes grow.", 1),
        ("Von: Ada\n\nDatum: Montag\n\nBetreff: Kräne\n\nSie wachsen.", "Sie wachsen.", 3),
        ("Hello.\n\nTo: Pat <pat@e.org>\n\nCranes.\n\nMore.", "Hello.\n\nCranes.\n\nMore.", 1),
        ("From: Oslo\nTo: Bergen", "From: Oslo\nTo: Bergen", 0),
        ("From: Oslo\nTo: Bergen\nDate: May", "From: Oslo\nTo: Bergen\nDate: May", 0),
        ("Do: write to ada@e.org", "Do: write to ada@e.org", 0),
        ("Write to ada@e.org, she said.", "Write to ada@e.org, she said.", 0),
        ("Date: 3 June\nPlace: the hall", "Date: 3 June\nPlace: the hall", 0),
        ("We sent it to the mayor, mayor@e.org.", "We sent it to the mayor, mayor@e.org.", 0),
        ("To be clear: ada@e.org is right.", "To be clear: ada@e.org is right.", 0),
    ],
)
def test_an_intro_holds_no_header_and_no_address_of_the_reader(
    intro: str, kept: str | None, aside: int
) -> None:
    found, lines = without_header(intro)
    assert (found, len(lines)) == (kept, aside)
    assert all(line in intro for line in lines)


def test_what_ten_thousand_have_in_common_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of comparisons: linear, whatever title, number or footer is common to all."""
    compared = []

    def counted(one: frozenset[int], other: frozenset[int]) -> bool:
        compared.append(1)
        return are_alike(one, other)

    monkeypatch.setattr("backissue.ingest.merge.grouping.are_alike", counted)
    (base,) = copies(source("a.md", "# Lathe Weekly\n\nThe mill stood idle all year.\n"))
    footer = 10**9
    for facts in (
        Facts(publication="Lathe", title="Weekly"),
        Facts(publication="Lathe", title="Weekly", date=date(2024, 3, 5)),
        Facts(publication="Lathe", number=3),
        Facts(),
    ):
        made = []
        for at in range(600):
            day = facts.date and facts.date + timedelta(days=7 * at)
            own = frozenset({footer, *range(at * 10, at * 10 + 5)})
            draft = replace(base.draft, facts=replace(facts, date=day), fingerprints=own)
            ref = replace(base.ref, source=f"{at:064}", content=f"{at}")
            made.append(replace(base, draft=draft, ref=ref))
        groups(made)
    assert not compared


def test_of_hundreds_of_damaged_copies_each_is_compared_with_a_dozen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def counted(ours: Any, theirs: Any) -> Any:
        compared.append(1)
        return differences(ours, theirs)

    monkeypatch.setattr("backissue.ingest.merge.copy_repair.differences", counted)
    words = [f"w{at}" for at in range(60)]
    texts = [
        "# Lathe Weekly #3: Cranes\n\n" + " ".join([*words[:at], "cr\ufffdne", *words[at:]]) + ".\n"
        for at in range(1, 60)
    ]
    (issue,) = merge(copies(*(source(f"{at}.md", text) for at, text in enumerate(texts))))
    assert len(issue.drafts) == len(texts)
    assert len(compared) <= 12 * len(texts)


def test_a_text_is_compared_with_those_nearest_to_it() -> None:
    seas, hills = "the sea is calm today again", "nobody climbs these hills in winter"
    texts = [text.split() for text in (seas, f"{seas} boys", hills, f"{hills} now", "a b c d")]
    assert nearest(texts, 1) == [[1], [0], [3], [2], []]
    assert nearest(texts, 4) == [
        [1, 2, 3, 4],
        [0, 2, 3, 4],
        [0, 1, 3, 4],
        [0, 1, 2, 4],
        [0, 1, 2, 3],
    ]


# -- translations ---------------------------------------------------------------------------------

IN_LANGUAGES = {
    "en": "The warden counted forty cranes on the north bank of the river, more than in any year "
    "before. The town said that nobody may cross the old bridge before the summer comes.",
    "de": "Der Wärter zählte vierzig Kraniche am nördlichen Ufer des Flusses, mehr als in jedem "
    "Jahr davor. Die Stadt sagte, dass niemand vor dem Sommer über die alte Brücke gehen darf.",
    "fr": "Le gardien a compté quarante grues sur la rive nord du fleuve, plus que dans les années "
    "passées. La ville dit que personne ne passera par le vieux pont avant la fin de la saison.",
    "it": "Il guardiano ha contato quaranta gru sulla riva nord del fiume, più che negli anni "
    "passati. La città dice che nessuno passerà dal vecchio ponte prima della fine della stagione.",
    "uk": "Доглядач нарахував сорок журавлів на північному березі річки, більше ніж за рік. "
    "Місто каже, що до літа ніхто не зможе перейти старий міст, бо він не був під наглядом.",
    "ru": "Смотритель насчитал сорок журавлей на северном берегу реки, больше чем за любой прежний "
    "год. Город сообщил, что до лета никто не сможет перейти старый мост.",
    "ja": "管理人は川の北岸で四十羽の鶴を数えた。これまでのどの年よりも多い。"
    "町は夏が来るまで誰も古い橋を渡れないと言った。工事には三か月かかり、費用は町が払う。" * 2,
}


def in_language(name: str, text: str) -> Source:
    prose = f"{text} {text.upper()}"  # long enough to be of a language
    return source(f"{name}.md", f"# Marsh Letter #216\n\n*5 March 2024*\n\n## 1\n\n{prose}\n")


@pytest.mark.parametrize(
    "pair", ["de ja", "en ru", "ru ja", "de ru", "de en", "en fr", "fr it", "ru uk"]
)
def test_one_number_in_two_languages_is_two_issues(pair: str) -> None:
    made = [in_language(name, IN_LANGUAGES[name]) for name in pair.split()]
    issues = merge(copies(*made))
    assert len(issues) == 2
    assert merge(copies(*reversed(made))) == issues
    assert all(len(issue.sections) == 1 for issue in issues)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ru", IN_LANGUAGES["ru"].encode("cp1251").decode("cp1252", "replace")),
        ("ru", IN_LANGUAGES["ru"].encode().decode("cp1251", "replace")),
        ("ru", "Marsh Letter, crane count, north bank, GPT-4"),
        ("ja", IN_LANGUAGES["ja"].encode().decode("latin-1")),
        ("en", f"{IN_LANGUAGES['en']} Журавли вернулись, говорит смотритель."),
        ("de", IN_LANGUAGES["de"].encode("ascii", "ignore").decode()),
        ("de", IN_LANGUAGES["de"].encode().decode("cp1252", "replace")),
        (
            "en",
            "The cranes are back on the north bank, more of them than the warden can count.",
        ),
        ("en", f"{IN_LANGUAGES['en']} {IN_LANGUAGES['de']}"),
        ("en", "Crane count, marsh map, weir photographs, Ada Moore, Ben Hill, GPT-4, Linz, Graz"),
    ],
)
def test_a_copy_that_is_damaged_edited_or_of_two_languages_is_no_translation(
    name: str, other: str
) -> None:
    made = [in_language(name, IN_LANGUAGES[name]), in_language("other", other)]
    assert len(merge(copies(*made))) == 1


# -- publications that are spelled in several ways ------------------------------------------------

LETTER = (
    "# {name} {number}: {bird}s\n\n*{day}*\n\n## One\n\nThe {bird} stands in the marsh all day and "
    "waits for the rain.\n\n## Two\n\nNobody has seen a {bird} on the weir since the flood.\n"
)


def letter(name: str, number: int, bird: str, day: str = "5 March 2023") -> Source:
    text = LETTER.format(name=name, number=number, bird=bird, day=day)
    return source(f"{name} {number} {bird}.md", text)


def spelled(folder: Path) -> list[tuple[str, str | None, int]]:
    return [
        (issue.head.key, issue.head.publication, len(issue.head.sources))
        for issue in issues_in(folder)
    ]


@pytest.mark.parametrize(
    ("one", "other", "key", "name"),
    [
        ("Marsh Times", "MarshTimes", "marsh-times/44", "Marsh Times"),
        ("The Marsh Times", "Marsh Times", "the-marsh-times/44", "The Marsh Times"),
        ("Marsh-Times", "MARSHTIMES", "marsh-times/44", "Marsh-Times"),
        ("Marsh Times Newsletter", "Marsh Times", "marsh-times/44", "Marsh Times"),
        ("Quay Réseau", "QuayReseau", "quay-reseau/44", "Quay Réseau"),
    ],
)
@pytest.mark.parametrize("second_day", ["5 March 2023", "9 March 2023", ""])
@pytest.mark.parametrize("turned", [False, True])
def test_an_issue_is_one_however_its_publication_is_spelled(
    one: str, other: str, key: str, name: str, second_day: str, *, turned: bool, tmp_path: Path
) -> None:
    both = [letter(f"{one} #", 44, "crane"), letter(f"{other} #", 44, "crane", second_day)]
    for made in reversed(both) if turned else both:
        take_in(tmp_path, made)
    assert spelled(tmp_path) == [(key, name, 2)]
    before = issues_in(tmp_path)
    rebuild(tmp_path)
    assert issues_in(tmp_path) == before


@pytest.mark.parametrize("place", [0, 2, 5])
def test_one_file_that_spells_a_newsletter_differently_makes_no_second_one(
    place: int, tmp_path: Path
) -> None:
    birds = ["crane", "heron", "stork", "egret", "bittern"]
    made = [letter("MarshTimes #", 40 + at, bird) for at, bird in enumerate(birds)]
    made.insert(place, letter("The Marsh Times #", 50, "plover"))
    for one in made:
        take_in(tmp_path, one)
    assert {(name, key.partition("/")[0]) for key, name, _ in spelled(tmp_path)} == {
        ("MarshTimes", "marshtimes")
    }
    together = tmp_path / "together"
    take_in(together, *made)
    assert issues_in(together) == issues_in(tmp_path)


@pytest.mark.parametrize("typed", ["marshtimes", "Marsh Times", "the marsh-times newsletter"])
def test_a_publication_is_found_by_any_of_its_spellings(typed: str, tmp_path: Path) -> None:
    take_in(tmp_path, letter("MarshTimes #", 1, "crane"))
    with Index.open(tmp_path / INDEX) as index:
        assert publication_slug(index, typed) == "marshtimes"


def test_the_spelling_is_the_old_one_again_when_the_files_with_the_other_are_gone(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "archive"
    take_in(archive, letter("MarshTimes #", 1, "crane"), letter("Marsh Times #", 2, "heron"))
    assert {name for _, name, _ in spelled(archive)} == {"Marsh Times"}
    removal.remove(archive, removal.Chosen(keys=frozenset({"marsh-times/2"})))
    assert spelled(archive) == [("marshtimes/1", "MarshTimes", 1)]


def test_a_spelling_that_you_set_is_taken_before_what_most_files_have(tmp_path: Path) -> None:
    take_in(tmp_path, *(letter("MarshTimes #", at, f"crane{at}") for at in range(1, 4)))
    text = LETTER.format(name="Number", number="", bird="heron", day="9 June 2023")
    take_in(tmp_path, source("set.md", text, publication="Marsh Times", number=9))
    assert {name for _, name, _ in spelled(tmp_path)} == {"Marsh Times"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Marsh Times", "Marsh Time"),
        ("Marsh Times", "Marsh Times Digest"),
        ("Lathe News", "Lathe Weekly"),
        ("Ada's Newsletter", "Ada Weekly"),
        ("Harbour Linux", "Harbour Linux Daily"),
    ],
)
def test_other_names_are_other_publications(one: str, other: str, tmp_path: Path) -> None:
    take_in(tmp_path, letter(f"{one} #", 44, "crane"), letter(f"{other} #", 44, "crane"))
    assert len({key.partition("/")[0] for key, _, _ in spelled(tmp_path)}) == 2


def test_two_newsletters_of_one_bare_name_keep_their_issues_of_one_number(tmp_path: Path) -> None:
    one = letter("The Marsh Times #", 3, "crane", "5 March 2019")
    take_in(tmp_path, one, letter("MarshTimes #", 3, "heron", "7 June 2021"))
    assert [key for key, _, _ in spelled(tmp_path)] == [
        "the-marsh-times/3-2019",
        "the-marsh-times/3-2021",
    ]
