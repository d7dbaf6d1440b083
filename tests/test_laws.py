"""What holds of every input: nothing lost, no order shows, nothing happens twice.

Hypothesis makes newsletters from a few sentences, so that copies, near copies and strangers meet.
"""

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from itertools import chain, permutations
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from backissue.archive import incremental, ingestion, rebuilding
from backissue.ingest.identity import check
from backissue.ingest.merge.copies import Copy
from backissue.ingest.merge.merging import merge
from backissue.ingest.pipeline import Reading, read
from backissue.ingest.sources.contents import Source
from backissue.ingest.structure.drafts import Draft
from backissue.records import Facts, Issue, SectionKind, Status
from backissue.text.prose import fold, plain
from tests.conftest import (
    Trials,
    copies,
    export,
    exported,
    issues_in,
    seed_items,
    seed_sources,
    source,
)

GOLD = Path(__file__).parent / "gold"
DAMAGED = "003_97489e45dc471143.txt"
# These documents are small, and making them smaller takes longer than all the tests together.
_UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
_HEADINGS_LOST = "where copies give a section two headings or decks, one is lost unsaid"


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the same bytes again gives what it gave before; once is enough."""
    known: dict[object, Reading] = {}

    def read_or_recall(
        data: bytes,
        said: Facts,
        by_place: Mapping[int, Facts] | None = None,
        *,
        by_carrier: Facts,
        name: str,
    ) -> Reading:
        key = (data, said, by_carrier, name)
        assert not by_place
        if key not in known:
            known[key] = read(data, said, by_carrier=by_carrier, name=name)
        return known[key]

    monkeypatch.setattr(incremental, "read", read_or_recall)


@pytest.fixture
def expected(archive: Path) -> bytes:
    return export(archive)


# -- no order shows -----------------------------------------------------------------------------


def orders(trials: Trials) -> list[tuple[Source, ...]]:
    """Orders of the seeds: by default ten, in which each is at each place and on either side
    of each other; with --long every one there is."""
    made = seed_sources()
    turned = [(*made[at:], *made[:at]) for at in range(len(made))]
    few = [order for one in turned for order in (one, one[::-1])]
    every = list(permutations(made))
    number = trials.number(few=len(few), many=len(every))
    return few if number == len(few) else every


@pytest.mark.usefixtures("read_once")
def test_in_one_run_the_order_of_files_does_not_show(
    tmp_path: Path, expected: bytes, trials: Trials
) -> None:
    copies_of = {made.sha256: copies(made) for made in seed_sources()}
    for order in orders(trials):
        issues = merge(chain.from_iterable(copies_of[made.sha256] for made in order))
        assert exported(issues) == expected
    first, *others = seed_sources()
    for place in range(5):
        folder = tmp_path / f"written-{place}"
        ingestion.ingest(folder, [*others[:place], first, *others[place:]])
        assert export(folder) == expected


@pytest.mark.usefixtures("read_once")
def test_in_five_runs_the_order_of_files_does_not_show(
    tmp_path: Path, expected: bytes, trials: Trials
) -> None:
    for at, order in enumerate(orders(trials)):
        folder = tmp_path / f"archive-{at}"
        for made in order:
            ingestion.ingest(folder, [made])
        assert export(folder) == expected
        shutil.rmtree(folder)


def test_without_a_catalog_the_order_does_not_show_either(trials: Trials) -> None:
    bare = [source(made.name, made.data) for made in seed_sources()]
    drafts = {made.sha256: copies(made) for made in bare}
    orders_of_five = list(permutations(bare))
    step = len(orders_of_five) // trials.number(few=15, many=120)
    found = {
        exported(merge(copy for made in order for copy in drafts[made.sha256]))
        for order in orders_of_five[::step]
    }
    assert len(found) == 1


def test_rebuilding_gives_what_was_grown_file_by_file(tmp_path: Path, expected: bytes) -> None:
    folder = tmp_path / "archive"
    for made in reversed(seed_sources()):
        ingestion.ingest(folder, [made])
    grown = issues_in(folder)
    rebuilding.rebuild(folder)
    assert issues_in(folder) == grown
    assert export(folder) == expected


# -- nothing happens twice ----------------------------------------------------------------------


def test_a_second_ingest_changes_nothing_and_says_so(fresh_archive: Path) -> None:
    before = _files(fresh_archive)
    report = ingestion.ingest(fresh_archive, seed_items())
    statuses = [outcome.status for outcome in report.outcomes if outcome.name != "SOURCES.md"]
    assert statuses == [Status.UNCHANGED] * 5
    assert (report.added, report.changed, report.removed) == ((), (), ())
    assert _files(fresh_archive) == before


def _files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its content and when it was written, but for the lock."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and "lock" not in path.name.lower()
    }


# -- nothing is lost ----------------------------------------------------------------------------

_WORD = re.compile(r"[^\W_]+")
_INLINE = re.compile(r"</?(?:a|b|em|i|span|strong)\b[^>]*>")


def words(*texts: object) -> Counter[str]:
    return Counter(word for text in texts for word in _WORD.findall(str(text or "").casefold()))


def visible_words(made: Source) -> Counter[str]:
    """Every word a person sees in a source, found with no help from the program."""
    if made.name == DAMAGED:
        return words((GOLD / "notes.txt").read_text(encoding="utf-8"))
    text = made.data.decode("utf-8")
    if text.startswith("<"):
        text = unescape(re.sub(r"<[^>]*>", " ", _INLINE.sub("", text)))
    return words(text)


def words_of(held: Draft | Issue) -> Counter[str]:
    own = [held.intro, *held.boilerplate]
    for section in held.sections:
        own += [section.heading, section.deck, plain(section.blocks)]
    return words(*own)


def facts_of(draft: Draft) -> Counter[str]:
    return words(draft.facts.title, draft.facts.publication, draft.facts.number)


@pytest.mark.parametrize("made", seed_sources(), ids=lambda made: made.name)
def test_every_visible_word_of_a_source_is_kept(made: Source) -> None:
    found: Counter[str] = Counter()
    for draft in read(made.data, made.by_reader).drafts:
        found += words_of(draft) + facts_of(draft)
    assert dict(visible_words(made) - found) == {}


@pytest.mark.parametrize(
    "made", seed_sources()[:3] + seed_sources()[4:], ids=lambda made: made.name
)
def test_no_word_is_made_up(made: Source) -> None:
    """The notes have no headings, so that their sections are called by their opening words."""
    found: Counter[str] = Counter()
    for draft in read(made.data, made.by_reader).drafts:
        found += words_of(draft)
    assert dict(found - visible_words(made)) == {}


def test_every_word_of_every_copy_is_in_the_issue_or_its_flaws() -> None:
    _assert_nothing_lost(copies(*seed_sources()))


def _assert_nothing_lost(drafts: Sequence[Copy]) -> None:
    issues = {ref: issue for issue in merge(drafts) for ref in issue.drafts}
    for copy in drafts:
        issue = issues[copy.ref]
        flaws = [*issue.flaws, *(flaw for section in issue.sections for flaw in section.flaws)]
        kept = words_of(issue)
        kept += words(*(flaw.text for flaw in flaws if flaw.code == "copies-differ"))
        kept += words(issue.head.title, issue.head.publication, issue.head.number)
        # A button that stands twice says nothing the second time.
        lines = tuple({fold(line) for line in copy.draft.boilerplate})
        assert dict(words_of(replace(copy.draft, boilerplate=lines)) - kept) == {}


@pytest.mark.parametrize(
    "made", [made for made in seed_sources() if made.name != DAMAGED], ids=lambda made: made.name
)
def test_not_one_character_of_a_healthy_source_is_repaired(made: Source) -> None:
    found = read(made.data, made.by_reader)
    assert (found.repairs, found.flaws) == ((), ())
    for draft in found.drafts:
        assert all((part.repairs, part.flaws) == ((), ()) for part in draft.sections)


# -- documents out of a few sentences -----------------------------------------------------------

_SENTENCES = [
    "The river was low that year and the mills stood idle for most of the spring.",
    "A machine in the harbour counts every ship that leaves and writes its name in a book.",
    "Nobody at the institute could say who had first asked for the measurements to be made.",
    "Their results hold for small models as well as for those that fill a whole building.",
    "Seven researchers signed a letter that asked for more time and for better instruments.",
    "We trained it for eleven days on the text of every almanac printed before the war.",
    "The price of a single answer fell by half while the length of the answers doubled.",
    "It is hard to know what a committee wants until it has been given what it asked for.",
]
_NOUNS = ["harbour", "almanac", "engine", "lantern", "committee"]
_NOUNS += ["garden", "signal", "orchard", "bridge", "window"]
_HEADINGS = st.lists(st.sampled_from(_NOUNS), min_size=2, max_size=4).map(
    lambda nouns: " ".join(["The", *nouns])
)
_PARAGRAPH = st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=3).map(" ".join)


@dataclass(frozen=True)
class Story:
    heading: str
    deck: str | None
    body: tuple[str, ...]
    label: str | None
    thesis: str | None
    why: str
    link: str | None


_STORIES = st.lists(
    st.builds(
        Story,
        heading=_HEADINGS,
        deck=st.none() | _HEADINGS.map(lambda words: f"{words} again"),
        body=st.lists(_PARAGRAPH, min_size=1, max_size=3).map(tuple),
        label=st.sampled_from([None, "Why this matters", "Why it matters", "Why does this matter"]),
        thesis=st.none() | _HEADINGS.map(str.lower),
        why=_PARAGRAPH,
        link=st.none() | _HEADINGS.map(lambda words: f"{words} (Archive)"),
    ),
    min_size=2,
    max_size=4,
)


def as_html(stories: Iterable[Story]) -> str:
    """As a web page has it: a heading in bold, its deck in italics, breaks for paragraphs."""
    parts = []
    for story in stories:
        lines = [f"<strong>{escape(story.heading)}:<br/></strong>"]
        lines[0] += f"<em>…{escape(story.deck)}…<br/></em>" if story.deck else ""
        lines[0] += "<br/><br/>".join(map(escape, story.body))
        if story.label:
            lead = f"{story.label} – {story.thesis}" if story.thesis else story.label
            lines.append(f"<br/><strong>{lead}:</strong> {escape(story.why)}")
        if story.link:
            lines.append(
                f'   <strong>Read more</strong>: <a href="https://e.org">{escape(story.link)}</a>.'
            )
        parts.append(f"<p>{'<br />'.join(lines)}</p>")
    return "<p>***</p>".join(parts)


def as_text(stories: Iterable[Story]) -> str:
    """The same page as a browser copies it."""
    parts = []
    for story in stories:
        lines = [f"{story.heading}:"]
        lines += [f"…{story.deck}…"] if story.deck else []
        lines += ["\n\n".join(story.body)]
        if story.label:
            lead = f"{story.label} – {story.thesis}" if story.thesis else story.label
            lines.append(f"\n{lead}: {story.why}")
        lines += [f"Read more: {story.link}."] if story.link else []
        parts.append("\n".join(lines) + "\n")
    return "\n***\n\n".join(parts)


@settings(max_examples=150, deadline=None)
@given(_STORIES, st.sampled_from([as_html, as_text]))
def test_what_was_written_is_what_is_read(stories: list[Story], write: object) -> None:
    assert callable(write)
    (draft,) = read(write(stories).encode(), Facts()).drafts
    assert [section.heading for section in draft.sections] == [story.heading for story in stories]
    assert [section.deck for section in draft.sections] == [story.deck for story in stories]
    for section, story in zip(draft.sections, stories, strict=True):
        assert (section.kind, bool(section.why)) == (SectionKind.STORY, bool(story.label))
        assert [link.text for link in section.links] == ([story.link] if story.link else [])
        if section.why:
            said = (section.why.label, section.why.thesis, section.why.text)
            assert said == (story.label, story.thesis, story.why)


@settings(max_examples=75, deadline=None, phases=_UNSHRUNK)
@given(_STORIES)
def test_html_and_plain_text_of_one_page_are_copies_of_one_issue(stories: list[Story]) -> None:
    html, text = source("a", as_html(stories)), source("b", as_text(stories), number=7)
    _assert_nothing_lost(copies(html, text))


# -- merging ------------------------------------------------------------------------------------


@st.composite
def documents(draw: st.DrawFn) -> Source:
    """A small newsletter: copies, cut copies and strangers of others, numbered or not."""
    said: dict[str, object] = {}
    if draw(st.booleans()):
        said["number"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        said["publication"] = draw(st.sampled_from(["The Gazette", "Über-Post"]))
    if draw(st.booleans()):
        said["title"] = draw(st.sampled_from(["Harbours", "12", "Harbours-2", "!"]))
    whole = _PAGES[draw(st.integers(0, len(_PAGES) - 1))]
    part = whole[draw(st.integers(0, 1)) : len(whole) - draw(st.integers(0, 1))]
    lines = draw(st.sampled_from(_SENTENCES)) if draw(st.booleans()) else ""
    return source(f"{draw(st.integers(0, 99)):02}.txt", as_text(part) + lines, **said)


def _page(*numbers: int) -> list[Story]:
    return [
        Story(
            heading=f"The {_NOUNS[at % len(_NOUNS)]} of {_NOUNS[(at * 3) % len(_NOUNS)]}",
            deck=f"On the {_NOUNS[at % 7]}",
            body=(_SENTENCES[at % 8], f"{_SENTENCES[(at + 1) % 8]} {_SENTENCES[(at + 3) % 8]}"),
            label="Why this matters" if at % 2 else None,
            thesis=None,
            why=_SENTENCES[(at + 5) % 8],
            link=None,
        )
        for at in numbers
    ]


_PAGES = [_page(0, 1, 2), _page(1, 2, 3, 4), _page(5, 6, 7), _page(2, 6, 8)]
_SHELVES = st.lists(documents(), min_size=1, max_size=6, unique_by=lambda made: made.sha256)


def test_merging_depends_on_the_set_of_copies_alone(trials: Trials) -> None:
    @settings(max_examples=trials.number(few=200, many=5000), deadline=None)
    @given(_SHELVES, st.data())
    def holds(shelf: list[Source], data: st.DataObject) -> None:
        drafts = copies(*shelf)
        merged = merge(drafts)
        assert merge(data.draw(st.permutations(drafts))) == merged
        assert sorted(ref.source for issue in merged for ref in issue.drafts) == sorted(
            copy.ref.source for copy in drafts
        )
        assert len({issue.head.key for issue in merged}) == len(merged)

    holds()


@settings(max_examples=200, deadline=None)
@given(_SHELVES)
def test_two_numbers_are_never_merged_however_much_they_share(shelf: list[Source]) -> None:
    drafts = copies(*shelf)
    said = {copy.ref: copy.draft.facts for copy in drafts}
    for issue in merge(drafts):
        numbers = {said[ref].number for ref in issue.drafts} - {None}
        assert len(numbers) <= 1


@settings(max_examples=200, deadline=None, phases=_UNSHRUNK)
@given(_SHELVES)
def test_merging_loses_no_word_of_any_copy(shelf: list[Source]) -> None:
    _assert_nothing_lost(copies(*shelf))


_FACTS = st.sampled_from(
    ["number=1", "number=2", "publication=The Gazette", "title=Harbours", "kind=notes", "number="]
)


def test_any_archive_grown_and_set_in_any_order_is_what_a_rebuild_makes(trials: Trials) -> None:
    @settings(max_examples=trials.number(few=40, many=1000), deadline=None)
    @given(st.lists(documents(), min_size=1, max_size=6), st.data())
    def holds(shelf: list[Source], data: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for made in shelf:
                ingestion.ingest(folder, [made])
                if data.draw(st.booleans()):
                    _set(folder, data)
            grown = issues_in(folder)
            rebuilding.rebuild(folder)
            assert grown == issues_in(folder)

    holds()


def _set(folder: Path, data: st.DataObject) -> None:
    """Say something of one issue, or take it back."""
    issue = data.draw(st.sampled_from(issues_in(folder)))
    key, _, value = data.draw(_FACTS).partition("=")
    ingestion.set_facts(
        folder, issue.drafts, check(key, value), frozenset() if value else frozenset([key])
    )
