"""The promises of index.py: what is put in comes out, and a search finds what a reader would."""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from backissue.errors import BusyError, IndexUnusableError, NoArchiveError, QueryError, UsageError
from backissue.index import Index
from backissue.index.storage import rows, segment
from backissue.index.storage import snapshot as index
from backissue.index.storage.writer import write
from backissue.query import Field, Query, SearchOptions, Sort, Term
from backissue.query.parsing import parse
from backissue.query.values import restrict
from backissue.records import (
    Block,
    BlockKind,
    DraftRef,
    Flaw,
    Found,
    Head,
    Issue,
    IssueKind,
    Link,
    Part,
    Passage,
    Repair,
    RepairedBlock,
    Run,
    Section,
    SectionKind,
)

NASTY = (Path(__file__).parent / "cases/query/nasty.txt").read_text(encoding="utf-8").splitlines()


def a_term(**fields: Any) -> Term:
    """A term, for Hypothesis: it cannot read the hints of `Term`, one of which is not loaded."""
    return Term(**fields)


def section(position: int = 1, body: str = "", **changes: object) -> Section:
    plain = Section(
        position=position,
        kind=SectionKind.STORY,
        heading=f"Heading {position}",
        deck=None,
        blocks=tuple(Block(runs=(Run(text=line),)) for line in body.split("\n\n") if line),
        why=None,
        links=(),
        mentions=(),
        words=len(body.split()),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def issue(number: int | str, *sections: Section | str, **changes: object) -> Issue:
    made = tuple(
        section(at, one) if isinstance(one, str) else replace(one, position=at)
        for at, one in enumerate(sections, 1)
    )
    key = f"import-ai/{number}"
    head = Head(
        key=key,
        id=str(number),
        publication="Import AI",
        number=number if isinstance(number, int) else None,
        title=None,
        date=None,
        kind=IssueKind.NEWSLETTER,
        sections=len(made),
        words=sum(one.words for one in made),
        sources=(f"{number}.txt",),
    )
    source = hashlib.sha256(key.encode()).hexdigest()
    return Issue(
        head=replace(head, **changes),  # type: ignore[arg-type]
        intro=None,
        sections=made,
        boilerplate=(),
        flaws=(),
        drafts=(DraftRef(source=source, digest="s", place=0),),
        fingerprints=frozenset({int(source[:16], 16)}),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def search(folder: Path, query: str | Query, **options: object) -> Found:
    with Index.open(folder) as opened:
        return opened.searcher.search(
            SearchOptions(
                query=parse(query) if isinstance(query, str) else query,
                **options,  # type: ignore[arg-type]
            )
        )


def found(folder: Path, query: str, **options: object) -> list[str]:
    hits = search(folder, query, **options).hits
    return [f"{hit.issue.id}.{hit.section.position}" for hit in hits]


def contents(folder: Path) -> list[Issue | None]:
    with Index.open(folder) as opened:
        return [opened.shelf.issue(head.key) for head in opened.shelf.heads()]


# --- records -------------------------------------------------------------------------------------

RICH = Section(
    position=1,
    kind=SectionKind.FICTION,
    heading="Tech Tales: The Machine",
    deck="…a “deck”…",
    blocks=(
        Block(runs=(Run(text="Plain, "), Run(text="strong", strong=True), Run(text=" é", url="u"))),
        Block(kind=BlockKind.ITEM, level=2, joined=True, runs=(Run(text="x", emphasis=True),)),
        Block(kind=BlockKind.RULE),
        Block(runs=(Run(text="Read more: here"),), part=Part.LINK),
    ),
    why=Passage(label="Why this matters", thesis=None, text="because\n\nit does"),
    links=(Link(label="Read more", text="here", url=None), Link(label=None, text="", url="u")),
    mentions=(393, 384),
    words=12,
    repairs=(
        RepairedBlock(
            source="s",
            block=0,
            text="a b é",
            steps=(Repair(rule="mojibake", before="Ã©", after="é", start=4),),
        ),
    ),
    flaws=(Flaw(code="lost", text="a\ufffdb \udc80"),),
)


def test_records_come_out_as_they_went_in(folder: Path) -> None:
    whole = replace(
        issue(395, RICH, section(body="two"), title="T", date=date(2024, 12, 23), words=14),
        intro="Hello",
        boilerplate=("Subscribe now",),
        flaws=(Flaw(code="c", text="t"),),
        fingerprints=frozenset({0, 2**64 - 1}),
    )
    write(folder, add=[whole])
    with Index.open(folder) as opened:
        assert opened.shelf.heads() == (whole.head,)
        assert opened.shelf.issue("import-ai/395") == whole
        assert opened.shelf.section("import-ai/395", 2) == whole.sections[1]
        assert opened.shelf.section("import-ai/395", 3) is None
        assert opened.shelf.section("import-ai/395", 0) is None
        assert opened.shelf.issue("import-ai/396") is None
    assert rows.section_from_json(rows.section_to_json(RICH)) == RICH


def test_an_issue_without_sections_is_kept(folder: Path) -> None:
    write(folder, add=[issue(1), issue(2, "a")])
    assert contents(folder) == [issue(2, "a"), issue(1)]


def test_an_empty_index_answers_everything_with_nothing(folder: Path) -> None:
    write(folder, add=[])
    with Index.open(folder) as opened:
        assert opened.shelf.heads() == ()
        assert (
            opened.searcher.search(SearchOptions(query=parse("a* OR -b OR kind:story"))).total == 0
        )
        assert opened.shelf.find("1") == opened.shelf.neighbours("1") == ()
        assert opened.ledger.states() == opened.ledger.holding(["x"]) == frozenset()
        assert opened.ledger.sharing([1]) == {}


def test_heads_are_ordered_by_publication_then_newest_number_then_slug(folder: Path) -> None:
    write(
        folder,
        add=[
            issue("b"),
            issue("a"),
            issue(9),
            issue(10),
            issue(10, key="zeta/10"),
            issue("c", date=date(2024, 1, 1)),
        ],
    )
    with Index.open(folder) as opened:
        assert [head.key for head in opened.shelf.heads()] == [
            "import-ai/10",
            "import-ai/9",
            "import-ai/c",
            "import-ai/a",
            "import-ai/b",
            "zeta/10",
        ]
        # The shortest address that is unique.
        assert [head.id for head in opened.shelf.heads()] == [
            "import-ai/10",
            "9",
            "c",
            "a",
            "b",
            "zeta/10",
        ]
        assert opened.shelf.find("10") == ("import-ai/10", "zeta/10")
        assert opened.shelf.find("Import-AI/10") == ("import-ai/10",)
        assert opened.shelf.find("11") == ()


def test_addresses_are_found_by_the_thousand_in_any_case_and_with_all_their_namesakes(
    folder: Path,
) -> None:
    mine = [issue(number, f"words {number}") for number in range(300)]
    other = issue("Mills", "words", key="the-lathe/7", id="7")
    write(folder, add=[*mine, other])
    with Index.open(folder) as opened:
        for number in range(300):
            for address in (f"{number}", f"Import-AI/{number} "):
                wanted = [f"import-ai/{number}"]
                if address == "7":
                    wanted.append("the-lathe/7")
                assert list(opened.shelf.find(address)) == wanted
        assert [opened.shelf.find(f"{number}") for number in range(300, 5000)] == [()] * 4700


def test_neighbours_of_an_address_are_the_closest_numbers_or_spellings(folder: Path) -> None:
    write(folder, add=[issue(n) for n in (1, 390, 391, 395)] + [issue("situational-awareness")])
    with Index.open(folder) as opened:
        assert opened.shelf.neighbours("392") == ("391", "390", "395")
        assert opened.shelf.neighbours("situational-awarenes") == ("situational-awareness",)
        assert opened.shelf.neighbours("awareness") == ("situational-awareness",)
        assert opened.shelf.neighbours("9999") == ()
        assert opened.shelf.neighbours("-") == opened.shelf.neighbours("x") == ()
        assert opened.shelf.neighbours("x.y") == ()


def test_states_and_kin_say_what_the_index_was_made_of(folder: Path) -> None:
    one, two = issue(1, "a"), issue(2, "b")
    write(folder, add=[one, two])
    with Index.open(folder) as opened:
        assert opened.ledger.states() == {f"{each.drafts[0].source}.s" for each in (one, two)}
        assert opened.ledger.sharing(one.fingerprints) == {"import-ai/1": len(one.fingerprints)}
        assert opened.ledger.sharing([5]) == {}
        assert opened.ledger.holding([two.drafts[0].source]) == {"import-ai/2"}
    write(folder, add=[], remove=["import-ai/1"])
    with Index.open(folder) as opened:
        assert opened.ledger.states() == {f"{two.drafts[0].source}.s"}
        assert opened.ledger.sharing(one.fingerprints) == {}
        assert opened.ledger.holding([one.drafts[0].source]) == frozenset()


def test_an_issue_may_move_if_one_of_its_drafts_may(folder: Path) -> None:
    firm = issue(1, "a")
    (ref,) = firm.drafts
    mixed = replace(issue(2, "b"), drafts=(ref, replace(ref, place=1, loose=True)))
    write(folder, add=[firm, mixed])
    with Index.open(folder) as opened:
        prints = firm.fingerprints | mixed.fingerprints
        assert opened.ledger.sharing(prints, loose=True).keys() == {"import-ai/2"}


def test_counts_are_of_what_is_there_now(folder: Path) -> None:
    why = Passage(label="W", thesis=None, text="x")
    write(folder, add=[issue(1, section(why=why), "a"), issue(2, RICH, section(why=why))])
    write(folder, add=[], remove=["import-ai/1"])
    with Index.open(folder) as opened:
        assert opened.shelf.counts() == {"story": 1, "fiction": 1, "note": 0, "why": 2}


# --- writing -------------------------------------------------------------------------------------


def test_adding_an_issue_again_replaces_it(folder: Path) -> None:
    write(folder, add=[issue(1, "old words", "gone"), issue(2, "other")])
    write(folder, add=[issue(1, "new words")])
    assert contents(folder) == [issue(2, "other"), issue(1, "new words")]
    assert found(folder, "old OR gone") == []
    assert found(folder, "words") == ["1.1"]


def test_removing_takes_out_the_issue_and_nothing_else(folder: Path) -> None:
    write(folder, add=[issue(n, f"w{n} all", "all") for n in range(1, 6)])
    write(folder, add=[], remove=["import-ai/3", "import-ai/99"])
    assert [one.head.number for one in contents(folder) if one] == [5, 4, 2, 1]
    assert search(folder, "all").total == 8
    assert found(folder, "w3") == []


def test_clearing_leaves_only_what_is_added(folder: Path) -> None:
    write(folder, add=[issue(1, "a"), issue(2, "b")])
    write(folder, add=[issue(3, "c")], clear=True)
    assert contents(folder) == [issue(3, "c")]


def test_two_issues_of_one_key_are_refused_before_anything_is_written(folder: Path) -> None:
    write(folder, add=[issue(1, "a")])
    with pytest.raises(ValueError, match="import-ai/2"):
        write(folder, add=[issue(2, "b"), issue(2, "c")])
    assert contents(folder) == [issue(1, "a")]


def test_a_reader_keeps_the_state_it_opened(folder: Path) -> None:
    write(folder, add=[issue(1, "old")])
    with Index.open(folder) as before:
        write(folder, add=[issue(1, "new")], clear=True)
        assert before.searcher.search(SearchOptions(query=parse("old"))).total == 1
        assert before.shelf.issue("import-ai/1") == issue(1, "old")
    assert search(folder, "old").total == 0


def test_files_are_private_and_old_ones_are_removed(folder: Path) -> None:
    before = os.umask(0o022)
    try:
        for n in range(12):
            write(folder, add=[issue(n, "a")])
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    names = {path.name for path in folder.iterdir()}
    assert len([name for name in names if name.startswith("view_")]) == 1
    assert len([name for name in names if name.endswith(".toc")]) == 1
    segments = json.loads(next(folder.glob("view_*.json")).read_text())["segments"]
    assert len([name for name in names if name.endswith(".words")]) == len(segments)


def test_segments_stay_few_and_what_is_merged_stays_the_same(folder: Path) -> None:
    issues = [issue(n, f"common w{n} GPT-4o", f"“w{n} two” x") for n in range(1, 41)]
    for one in issues:
        write(folder, add=[one])
    write(folder, add=[], remove=["import-ai/7", "import-ai/8"])
    write(folder, add=[issues[6]])
    kept = [one for one in issues if one.head.number != 8]
    assert len(json.loads(next(folder.glob("view_*.json")).read_text())["segments"]) <= 8
    assert sorted(contents(folder), key=lambda one: one.head.number if one else 0) == kept
    assert search(folder, "common").total == 39
    assert found(folder, '"w7 two"') == ["7.2"]
    assert search(folder, "gpt-4o").total == 39


def test_a_second_writer_is_told_to_wait(folder: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    write(folder, add=[issue(1, "a")])
    with (folder / "MAIN_WRITELOCK").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BusyError):
            write(folder, add=[issue(2, "b")])
    write(folder, add=[issue(2, "b")])
    assert search(folder, "a OR b").total == 2


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_index
from backissue.index.storage import whoosh_codec, writer
def die(*_, **__): os._exit(9)
setattr(eval(sys.argv[3]), sys.argv[4], die)
test_index.write(Path(sys.argv[2]), add=[test_index.issue(2, "new")], clear=sys.argv[5] == "clear")
"""


@pytest.mark.parametrize("clear", ["clear", "add"])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("writer", "_add"),
        ("whoosh_codec.WordsWriter", "close"),
        ("whoosh_codec.RecordsWriter", "close"),
        ("writer.TOC", "write"),
        ("whoosh_codec", "view"),
        ("whoosh_codec", "flush"),
        ("whoosh_codec.FileStorage", "rename_file"),
        ("whoosh_codec.FileStorage", "delete_file"),
        ("writer", "_sweep"),
        ("writer", "_write_stamp"),
    ],
)
def test_killed_anywhere_the_index_is_the_old_one_or_the_new(
    folder: Path, owner: str, name: str, clear: str
) -> None:
    old, new = issue(1, "old"), issue(2, "new")
    write(folder, add=[old])
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(folder), owner, name]
    assert subprocess.run([*command, clear], check=False).returncode == 9
    assert contents(folder) in ([old], [new] if clear == "clear" else [new, old])
    write(folder, add=[new], clear=clear == "clear")
    assert contents(folder) == ([new] if clear == "clear" else [new, old])
    assert not list(folder.glob("*.toc.*"))


def test_killed_before_the_stamp_the_first_index_is_unusable_and_can_be_made_anew(
    folder: Path,
) -> None:
    write(folder, add=[issue(1, "a")])
    (folder / "stamp.json").unlink()
    with pytest.raises(IndexUnusableError):
        Index.open(folder)
    with pytest.raises(IndexUnusableError):
        write(folder, add=[issue(2, "b")])
    write(folder, add=[issue(2, "b")], clear=True)
    assert contents(folder) == [issue(2, "b")]


# --- damage and trust ----------------------------------------------------------------------------


def test_a_missing_index_is_unusable(folder: Path) -> None:
    with pytest.raises(IndexUnusableError):
        Index.open(folder)
    folder.mkdir(mode=0o700)
    with pytest.raises(IndexUnusableError):
        Index.open(folder)


def test_an_index_of_another_version_is_unusable_until_it_is_cleared(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, add=[issue(1, "a")])
    monkeypatch.setattr(index, "_SCHEMA_VERSION", 999)
    with pytest.raises(IndexUnusableError, match="another version"):
        Index.open(folder)
    with pytest.raises(IndexUnusableError):
        write(folder, add=[issue(2, "b")])
    write(folder, add=[issue(2, "b")], clear=True)
    assert contents(folder) == [issue(2, "b")]


def read_all(folder: Path) -> list[object]:
    queries = ("word", '"a word" OR w*', "absent", "there -word", "title:b", "source:2.txt")
    with Index.open(folder) as opened:
        return [
            [opened.shelf.issue(head.key) for head in opened.shelf.heads()],
            [opened.searcher.search(SearchOptions(query=parse(query))) for query in queries],
            opened.ledger.states(),
            opened.shelf.counts(),
        ]


SPOIL: list[Callable[[bytes], bytes]] = [
    lambda _: b"",
    lambda data: data[: len(data) // 2],
    lambda data: data[:-1],
    lambda data: bytes(len(data)),
    lambda data: b"x" * len(data),
    lambda data: data[: len(data) // 3] + b"\xff" * (len(data) // 3),
]


@pytest.mark.parametrize("pattern", ["*.words", "*.records", "view_*", "stamp.json"])
@pytest.mark.parametrize("spoil", SPOIL)
def test_a_damaged_file_makes_the_index_unusable_and_clearing_repairs_it(
    folder: Path, pattern: str, spoil: Callable[[bytes], bytes]
) -> None:
    write(folder, add=[issue(n, "a word here", "and there") for n in range(5)])
    (path,) = folder.glob(pattern)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(IndexUnusableError):
        read_all(folder)
    write(folder, add=[issue(1, "b")], clear=True)
    assert contents(folder) == [issue(1, "b")]


@pytest.mark.parametrize("spoil", SPOIL[:5])
def test_a_damaged_table_of_contents_stops_adding_but_not_clearing(
    folder: Path, spoil: Callable[[bytes], bytes]
) -> None:
    write(folder, add=[issue(1, "a")])
    (path,) = folder.glob("*.toc")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(IndexUnusableError):
        write(folder, add=[issue(2, "b")])
    write(folder, add=[issue(2, "b")], clear=True)
    assert contents(folder) == [issue(2, "b")]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chance=st.randoms(use_true_random=False))
def test_flipped_bytes_are_damage_and_never_another_answer(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("flip") / "index"
    write(folder, add=[issue(n, "a word here", "and there", title="b") for n in range(5)])
    write(folder, add=[], remove=["import-ai/2"])
    before = read_all(folder)
    pattern = chance.choice(["*.words", "*.records", "view_*", "stamp.json"])
    (path,) = folder.glob(pattern)
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 1, 3])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    with suppress(IndexUnusableError):
        assert read_all(folder) == before


def test_a_folder_that_others_can_write_to_is_not_opened(folder: Path) -> None:
    write(folder, add=[issue(1, "a")])
    for mode in (0o720, 0o702, 0o777):
        folder.chmod(mode)
        with pytest.raises(NoArchiveError) as caught:
            Index.open(folder)
        assert "chmod go-w" in (caught.value.hint or "")
        with pytest.raises(NoArchiveError):
            write(folder, add=[])
    folder.chmod(0o755)
    Index.open(folder).close()


def test_a_folder_of_another_user_is_not_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, add=[issue(1, "a")])
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(NoArchiveError):
        Index.open(folder)


# --- searching -----------------------------------------------------------------------------------

STORY = section(
    heading="Robots in Tübingen",
    deck="…cheap hands…",
    body="GPT-4o and C++ don’t mix.\n\nA state-of-the-art arm. It just works. “Scaling laws” hold",
    why=Passage(label="Why this matters", thesis="hands are hard", text="Power follows money."),
    links=(Link(label="Read more", text="Arms Report", url="https://arxiv.org/abs/1"),),
)


@pytest.mark.parametrize(
    "query",
    [
        "robots",
        "robot",
        "tübingen",
        "Tubingen",
        "gpt",
        "GPT-4o",
        '"GPT 4o"',
        "C++",
        "don't",
        '"it just works"',
        '"state of the art"',
        "state-of-the-art",
        '"scaling laws"',
        "scal*",
        "robots money",
        "heading:robots",
        "deck:hands",
        "why:hands",
        "why:power",
        "body:arm",
        "link:report",
        "link:arxiv.org",
        "https://arxiv.org/abs/1",
        "publication:import",
        "publication:import-ai",
        'publication:"import ai"',
        "source:7.txt",
        "title:energy",
        "kind:story",
        "kind:newsletter",
        "issue:7",
        "issue:6..8",
        "issue:import-ai/7",
        "date:2024",
        "date:..2024-05-06",
        "-absent",
        "absent OR robots",
        "matters",
    ],
)
def test_a_section_is_found_by(folder: Path, query: str) -> None:
    write(folder, add=[issue(7, STORY, title="Energy", date=date(2024, 5, 6))])
    assert search(folder, query).total == 1


@pytest.mark.parametrize(
    "query",
    [
        "GPT-4",
        "C",
        "Tuebingen",
        '"robots cheap"',  # a phrase stays in one field
        '"mix a state"',  # and in one paragraph
        '"robot in"',  # and has its words as written
        "heading:hands",
        "why:robots",
        "why:matters",
        "body:robots",
        "arxiv",
        "story",
        "kind:fiction",
        "issue:8..",
        "issue:6",
        "date:2025",
        "date:2024-05-07..",
        "-robots",
        "robots absent",
        "import",
    ],
)
def test_a_section_is_not_found_by(folder: Path, query: str) -> None:
    write(folder, add=[issue(7, STORY, title="Energy", date=date(2024, 5, 6))])
    assert search(folder, query).total == 0


def test_continuation_lines_carry_a_phrase_and_paragraphs_do_not(folder: Path) -> None:
    lines = tuple(
        Block(runs=(Run(text=text),), joined=joined)
        for text, joined in (("one two", False), ("three four", True), ("five", False))
    )
    write(folder, add=[issue(1, section(blocks=lines))])
    assert found(folder, '"two three"') == ["1.1"]
    assert found(folder, '"four five"') == []


def test_an_issue_of_which_no_day_is_known_is_at_no_time(folder: Path) -> None:
    write(folder, add=[issue("x", "a"), issue(2, "a", date=date(2024, 1, 1))])
    assert found(folder, "a date:..9999") == ["2.1"]


def test_the_word_as_written_comes_before_its_other_forms(folder: Path) -> None:
    write(folder, add=[issue(1, "a robot here"), issue(2, "a robots here"), issue(3, "a robot is")])
    assert found(folder, "robots")[0] == "2.1"
    assert found(folder, "robot")[-1] == "2.1"


def test_a_heading_says_more_than_a_body_and_neighbours_more_than_strangers(folder: Path) -> None:
    write(
        folder,
        add=[
            issue(1, "other words and then training of things distributed widely over there"),
            issue(2, "other words and then distributed training of things widely over there"),
            issue(3, section(heading="Distributed training", body="x")),
        ],
    )
    assert found(folder, "distributed training") == ["3.1", "2.1", "1.1"]


def test_equal_marks_are_ordered_by_date_then_key_then_position(folder: Path) -> None:
    add = [
        issue(4, "a", "a", date=date(2024, 1, 1)),
        issue(3, "a", date=date(2024, 6, 1)),
        issue("b", "a"),
        issue("a", "a"),
    ]
    write(folder, add=add)
    assert found(folder, "a") == ["3.1", "4.1", "4.2", "a.1", "b.1"]
    assert found(folder, "kind:story", limit=3) == ["3.1", "4.1", "4.2"]
    assert found(folder, "a", sort=Sort.NEWEST) == ["3.1", "4.1", "4.2", "a.1", "b.1"]
    assert found(folder, "a", sort=Sort.OLDEST) == ["4.1", "4.2", "3.1", "a.1", "b.1"]


def test_total_is_exact_whatever_the_limit(folder: Path) -> None:
    write(folder, add=[issue(n, *["a b"] * 7) for n in range(1, 8)])
    for limit in (0, 1, 10, None):
        answer = search(folder, "a", limit=limit)
        assert answer.total == 49
        assert len(answer.hits) == (49 if limit is None else limit)
        assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))


def test_nothing_found_comes_with_a_spelling_that_finds_something(folder: Path) -> None:
    write(folder, add=[issue(1, "distributed training of o1 models")])
    assert search(folder, "distrbuted trainng").suggestion == "distributed training"
    assert search(folder, "o4").suggestion is None
    assert search(folder, "zzzzzz").suggestion is None
    assert search(folder, "trainng zzzzzz").suggestion is None
    assert search(folder, "trainng heading:models").suggestion is None
    assert search(folder, "training").suggestion is None


def test_unmatched_names_the_words_that_no_section_has(folder: Path) -> None:
    write(folder, add=[issue(1, "one two"), issue(2, "three")])
    with Index.open(folder) as opened:
        query = parse('one zebra "two one" why:one -gone thr* three')
        assert opened.searcher.unmatched(query) == ("zebra", '"two one"', "why:one")


def test_options_narrow_a_search(folder: Path) -> None:
    other = issue(2, "a", key="notes/2", publication="Notes", kind=IssueKind.NOTES)
    write(folder, add=[issue(1, "a"), other])
    for options, expected in (
        ({"issue": "1"}, 1),
        ({"issue": "1..2"}, 2),
        ({"kind": "notes"}, 1),
        ({"publication": "import-ai"}, 1),
        ({"publication": "notes"}, 1),
        ({"publication": "import"}, 0),
    ):
        assert search(folder, restrict(parse("a"), **options)).total == expected


def test_many_words_with_one_beginning_are_bounded_to_the_frequent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backissue.index.search.expansion.MOST_EXPANSIONS", 2)
    write(folder, add=[issue(1, "ab1 ab2"), issue(2, "ab2 ab3"), issue(3, "ab4"), issue(4, "ab3")])
    assert sorted(found(folder, "ab*")) == ["1.1", "2.1", "4.1"]


def test_the_same_issues_in_any_order_and_any_batches_answer_alike(tmp_path: Path) -> None:
    chance = random.Random(5)
    vocabulary = ["alpha", "beta", "gamma", "delta", "epsilon", "GPT-4o"]
    issues = [
        issue(n, *[" ".join(chance.choices(vocabulary, k=6)) for _ in range(3)]) for n in range(12)
    ]
    answers = []
    for seed in range(4):
        folder = tmp_path / str(seed)
        mixed = random.Random(seed).sample(issues, len(issues))
        size = seed * 3 or len(mixed)
        for start in range(0, len(mixed), size):
            write(folder, add=mixed[start : start + size])
        write(folder, add=mixed[:2])
        answers.append(
            [search(folder, query, limit=None) for query in ("alpha beta", "g*", '"beta gamma"')]
        )
    assert all(answer == answers[0] for answer in answers)


# --- archives of few words, for comparing (test_bruteforce, test_whoosh) --------------------------

LETTERS = ["a", "b", "ab", "GPT-4", "GPT-4o", "gpt", "4", "robot", "robots", "C++", "don’t", "2.5"]
TEXT = st.lists(st.sampled_from(LETTERS), max_size=6).map(" ".join)
PARAGRAPHS = st.lists(TEXT, max_size=3).map(lambda lines: "\n\n".join(filter(None, lines)))


@st.composite
def sections(draw: st.DrawFn) -> Section:
    why = draw(st.none() | TEXT)
    return section(
        body=draw(PARAGRAPHS),
        heading=draw(TEXT),
        deck=draw(st.none() | TEXT),
        kind=draw(st.sampled_from(SectionKind)),
        why=Passage(label="W", thesis=None, text=why) if why else None,
    )


@st.composite
def archives(draw: st.DrawFn) -> list[Issue]:
    numbers = draw(st.lists(st.integers(1, 9), unique=True, max_size=4))
    return [
        issue(
            number,
            *draw(st.lists(sections(), max_size=3)),
            date=draw(st.none() | st.dates(date(2024, 1, 1), date(2024, 1, 9))),
        )
        for number in numbers
    ]


# More sections than any of these archives has, so that their segment stays a segment of its own.
PADDING = [issue(10, *["b a robot"] * 80), issue(11, *["robots"] * 80)]


def write_in_parts(folder: Path, archive: list[Issue]) -> list[Issue]:
    """Writes `archive` and some more as several segments with deletions; gives all there is."""
    write(folder, add=[*PADDING, *archive[:2]])
    for one in archive[1:] + archive[:1]:
        write(folder, add=[one])
    write(folder, add=[], remove=[PADDING[0].head.key])
    return [*archive, PADDING[1]]


FIELDS = st.sampled_from([None, None, Field.HEADING, Field.WHY, Field.BODY, Field.DECK])
DAYS = st.none() | st.dates(date(2024, 1, 1), date(2024, 1, 9))


# --- no query can hurt ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "index"
    write(folder, add=[issue(7, STORY, "a b c *** () “x”", "a a a a a a", date=date(2024, 5, 6))])
    return folder


def harmless(folder: Path, text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    try:
        answer = search(folder, query, limit=None)
    except UsageError:  # issue:1.2, where no volume has such an issue
        if "issue" not in text.lower():
            raise
        return
    assert answer.total == len(answer.hits)
    for hit in answer.hits:
        ends = [0, *[place for span in hit.snippet.highlights for place in span]]
        assert ends == sorted(ends)
        assert ends[-1] <= len(hit.snippet.text)


@pytest.mark.parametrize("text", NASTY)
def test_no_nasty_query_hurts(library: Path, text: str) -> None:
    harmless(library, text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=2000)
@given(st.text(max_size=50) | st.text(alphabet='a*"()-:?OR .+#\udc80\u00ad’', max_size=40))
def test_no_string_hurts(library: Path, text: str) -> None:
    harmless(library, text)


def test_a_search_imports_neither_whoosh_nor_a_parser(library: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from backissue.index import Index;"
        "from backissue.query import SearchOptions; from backissue.query.parsing import parse;"
        f"Index.open(Path({str(library)!r})).searcher.search(SearchOptions(query=parse('gpt*')));"
        "print({name.partition('.')[0] for name in sys.modules}"
        " & {'whoosh', 'bs4', 'lxml', 'ftfy', 'rich', 'click', 'asyncio', 'pickle'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_issues_title_is_searched_only_where_a_query_says_so(folder: Path) -> None:
    write(folder, add=[issue(7, STORY, title="Energy", date=date(2024, 5, 6))])
    found = search(folder, "energy")
    assert (found.total, found.suggestion) == (0, "title:energy")
    assert search(folder, "title:energy").total == 1


def test_a_segment_is_the_same_however_little_of_it_is_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def words_of(folder: Path) -> list[bytes]:
        write_in_parts(folder, [issue(12, "a b c robot"), issue(13, "ships and robots")])
        return sorted(path.read_bytes() for path in folder.glob("*.words"))

    kept = words_of(tmp_path / "kept")
    monkeypatch.setattr(segment, "_MANY", 3)
    monkeypatch.setattr(segment, "_LARGE", 64)
    assert words_of(tmp_path / "spilled") == kept
    with Index.open(tmp_path / "spilled") as opened:
        assert [head.number for head in opened.shelf.heads()] == [13, 12, 11]
