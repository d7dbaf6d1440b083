"""Inputs that nobody wrote: documents bent and spliced, and what must hold of every one of them.

The laws (`source_law`, `container_law`, `repair_law`, `query_law`) say what. Hypothesis tries them
here; `scripts/fuzz` tries the same, led by the code that each input reaches.
"""

import codecs
import gzip
import io
import json
import random
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from backissue.archive import rebuilding
from backissue.archive.settings import INDEX
from backissue.errors import BackissueError, RejectedSourceError, UsageError
from backissue.index import Index
from backissue.index.storage import rows
from backissue.index.storage.writer import write
from backissue.ingest.merge.copies import Copy
from backissue.ingest.merge.merging import merge
from backissue.ingest.pipeline import Reading, read
from backissue.ingest.readers import FORMATS, reader_for
from backissue.ingest.repair.block_repair import repair, repair_runs
from backissue.ingest.repair.diagnosis import Diagnosis, diagnose
from backissue.ingest.sources import Refusal, Source, collect
from backissue.ingest.structure.drafts import Draft
from backissue.ingest.structure.lines import Line
from backissue.query import Query, SearchOptions
from backissue.query.parsing import parse
from backissue.records import NO_FACTS, DraftRef, Facts, Issue, RepairedBlock, Run, Section
from backissue.text.prose import count_words, plain
from tests.conftest import (
    Trials,
    copies,
    export,
    exported,
    issues_in,
    original,
    sha256,
    source,
    take_in,
)
from tests.test_laws import facts_of, words, words_of
from tests.test_query import NASTY
from tests.test_query import PIECES as LANGUAGE
from tests.test_repair import BROKEN, CARRIER, PROSE

CASES = Path(__file__).parents[1] / "cases"
PROGRAM = [sys.executable, "-m", "backissue"]

_T = TypeVar("_T")


# -- what inputs are made of -----------------------------------------------------------------------

WEB_ARCHIVE = b"""From: <Saved by Blink>
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
----x--
"""


@cache
def documents() -> Mapping[str, tuple[bytes, ...]]:
    """Every document of tests/cases, by the format that it is found to be in."""
    found: dict[str, list[bytes]] = {one.name: [] for one in FORMATS}
    found["web archive (MHTML)"].append(WEB_ARCHIVE)
    for path in sorted(CASES.rglob("*.toml")):
        for text in _texts(tomllib.loads(path.read_text(encoding="utf-8"))):
            # Shorter ones are titles and words; a paragraph alone tells no reader anything.
            if len(text) >= 120 or (len(text) >= 40 and "<" in text):
                data = text.lstrip("\n").encode()
                found[reader_for(original(data)).name].append(data)
    return {name: tuple(dict.fromkeys(every)) for name, every in found.items()}


def _texts(value: object) -> Iterator[str]:
    """Every string in a file of cases."""
    match value:
        case str():
            yield value
        case dict():
            yield from _texts(list(value.values()))
        case list():
            for one in value:
                yield from _texts(one)


def mailbox(messages: Iterable[bytes]) -> bytes:
    """An mbox."""
    mark = b"From ada@example.org Mon Feb  5 10:00:00 2024\n"
    return b"".join(mark + message.rstrip(b"\n") + b"\n\n" for message in messages)


_Files = Sequence[tuple[str, bytes]]


def zipped(files: _Files, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, packing)
    return made.getvalue()


def tarred(files: _Files) -> bytes:
    """A tar archive of these files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


@cache
def containers() -> Mapping[str, tuple[bytes, ...]]:
    """Small ones of every kind, one in another, too."""
    held = documents()
    files = [(f"posts/{name}", every[0]) for name, every in held.items()]
    catalog = ("posts/catalog.toml", b'publication = "Gazette"\n["feed"]\nnumber = 7\n')
    zips = (zipped(files[:3]), zipped([*files[:2], catalog], zipfile.ZIP_STORED))
    tars = (tarred([*files[8:10], catalog]), tarred([("a.zip", zips[0]), files[8]]))
    return {
        "mailbox": (mailbox(held["mail"][:3]), mailbox(held["mail"][3:5])),
        "ZIP archive": (*zips, zipped([("a.zip", zips[0]), ("b.tar", tars[0])])),
        "tar archive": tars,
        "gzip file": tuple(gzip.compress(data, mtime=0) for data in (held["mail"][0], zips[0])),
    }


# What formats are told by, what opens and closes, and what has hurt programs before.
PIECES = re.split(
    "[|]",
    "\n\n|\r\n|\n***\n|<|>|<p>|</p>|<br/>|<b>|</b>|<em>|</div>|<div class=|<h2>|<ul><li>"
    "|<table><td>|<blockquote>|<pre>|<!--|-->|<![CDATA[|]]>|<script>|</script>|<img alt=x>"
    "|<a href='javascript:alert(1)'>|<a href='https://e.org/?url=https%3A%2F%2Fe.org'>"
    "|&#0;|&#xD800;|&amp;|&nbsp;|&|<?xml version='1.0'?>|<!DOCTYPE x [|<!ENTITY a 'a'>"
    "|<rss version='2.0'>|<item>|</item>|<entry>|</title>|<content type='xhtml'>|<pubDate>"
    "|<content:encoded>|From: Ada <ada@e.org>\n|Subject: |Date: Mon, 20 Jan 2025 13:55:00 -0800\n"
    "|MIME-Version: 1.0\n|Content-Type: multipart/mixed; boundary=m\n|\n--m\n|--m--"
    "|Content-Type: text/html; charset=x\n|Content-Transfer-Encoding: base64\n"
    "|Content-Transfer-Encoding: quoted-printable\n|=\n|=3D|=E2|=?utf-8?Q?=C3=A9?=|=?x?B?//8=?="
    "|\nFrom ada@e.org Mon Feb  5 10:00:00 2024\n|\n> |\n-- \n"
    '|{"|"}|[{|}]|":null|":1e999|\\u0000|\\ud800|,,|"\n|\n---\n|title: x\n|\n# |\n===\n|](|```'
    "|Import AI 395: |Issue 7|Why this matters – |Why it matters:|Read more: |Tech Tales:\n|…so…"
    "|Things that inspired this story: |2024-12-23|December 23, 2024|999999999999|٣|½"
    "|â|âs|â€™|Ã©|Ã\xa0|com- |pute|don?t|ﬁ|har\xadbour|\ufffd|\x00|\x1b[2J|\x1b]52;c;|\x07|\x9b"
    "|\u202e|\u200b|\u2028|\ufeff|\U0001f6a2|e\u0301|\xa0",
)
_RAW = (b"\xff", b"\xff\xfe", b"\x80", b"\xc3", b"\xed\xa0\x80", b"\x1b$B", b"PK\x03\x04", b"\x85")
SNIPPETS = (*(piece.encode() for piece in PIECES), *_RAW)


def bent(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """`data`, changed in one of the ways that documents are damaged in."""
    start = chance.randint(0, len(data))
    end = min(start + chance.choice((1, 4, 30, 300)), len(data))
    before, middle, after = data[:start], data[start:end], data[end:]
    match chance.choice(("flip", "cut", "double", "splice", "insert", "insert", "swap", "end")):
        case "flip" if middle:
            middle = bytes([middle[0] ^ 1 << chance.randrange(8)]) + middle[1:]
        case "cut":
            middle = b""
        case "double":
            middle *= chance.choice((2, 3, 9))
        case "splice":
            other = chance.choice(others)
            place = chance.randint(0, len(other))
            middle = other[place : place + 300]
        case "swap":
            return _swapped(data, chance)
        case "end":
            return before or data[:1]
        case _:
            middle = chance.choice(SNIPPETS) + middle
    return before + middle + after


def _swapped(data: bytes, chance: random.Random) -> bytes:
    """Two of its lines, or of its tags, in each other's place."""
    parts = re.split(chance.choice((rb"(\n)", rb"(<[^>]*>)")), data)
    one, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]
    return b"".join(parts)


@st.composite
def mutants(draw: st.DrawFn, wholes: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    """A document, bent a few times, and in one of a dozen nothing but bytes."""
    data = draw(st.sampled_from(wholes))
    chance = draw(st.randoms(use_true_random=False))
    for _ in range(draw(st.integers(0, 5))):
        data = bent(data, others, chance)
    return data or b"x"


NAMES = [
    "posts/1.html",
    "posts.csv",
    "emails.csv",
    "catalog.toml",
    "posts/catalog.toml",
    "../../x.html",
    "/etc/x",
    "..",
    ".",
    ".git/a",
    "C:\\x\\..\\y.html",
    "a\x1b[2J.html",
    "a\nb.html",
    "\x9b2J",
    "cur/1.a:2,S",
    "new/2.b",
    "__MACOSX/._a",
    "é.html",
    "a/",
    "!.zip",
]


@st.composite
def archives(draw: st.DrawFn, others: Sequence[bytes]) -> bytes:
    """A zip or a tar of bent documents under odd names, and half of the time bent itself."""
    names = st.sampled_from(NAMES) | st.text(
        st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20
    )
    files = draw(st.lists(st.tuples(names, mutants(others, others)), max_size=4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two files of one name
        data = draw(st.sampled_from((zipped, tarred)))(files)
    chance = draw(st.randoms(use_true_random=False))
    for _ in range(draw(st.sampled_from((0, 0, 1, 3)))):
        data = bent(data, others, chance)
    return data or b"x"


# -- what must hold of every source ----------------------------------------------------------------

_ADDRESS = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
# What JSON or a terminal would take as a command.
_COMMANDS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def source_law(data: bytes, *, times: int = 2) -> None:
    """A source is read, the same each time and whole, or refused in a sentence."""
    found = _read_or_refused(data)
    assert all(_read_or_refused(data) == found for _ in range(times - 1))
    if isinstance(found, str):
        assert found
        assert found.isprintable()
        return
    assert codecs.lookup(found.encoding)
    assert [draft.place for draft in found.drafts] == sorted({one.place for one in found.drafts})
    for draft in found.drafts:
        _draft_law(draft)
    if found.repairs:
        _told_law(data, found)
    elif found.format == "plain text":
        _seen_law(data, found)
    _merged_law(merged(data, found))


def _read_or_refused(data: bytes, said: Facts = NO_FACTS, told: Facts = NO_FACTS) -> Reading | str:
    try:
        return read(data, said, by_carrier=told)
    except RejectedSourceError as error:
        return error.message


def _told_law(data: bytes, found: Reading) -> None:
    """Repairs taken back give what stands in the source."""
    told = set(_as_told(data))
    for draft in found.drafts:
        for block in (*draft.text.repairs, *_repairs_of(draft)):
            _repair_law(block)
            assert block.original in told


def _repairs_of(draft: Draft) -> Iterator[RepairedBlock]:
    return (repair for line in draft.text.lines for repair in line.repairs)


def _as_told(data: bytes) -> Iterator[str]:
    """The text of every block and the title of every document, before anything was repaired."""
    from backissue.text.wrapping import unwrapped

    given = original(data)
    for document in reader_for(given).read(given):
        yield document.facts.title or ""
        for block in unwrapped(document.blocks):
            yield block.text


def _draft_law(draft: Draft) -> None:
    _facts_law(draft.facts)
    assert [part.position for part in draft.sections] == list(range(1, len(draft.sections) + 1))
    for section in draft.sections:
        _section_law(section)
    given = words(*(line.block.text for line in draft.text.lines), *draft.text.boilerplate)
    assert _lost(given, [draft]) == set()


_MARK = re.compile(r"\s*\d{1,3}(?=[.)]\s+[A-Z]{2})")
# `T i d e   t a b l e` is read as `Tide table`.
_SET_APART = re.compile(r"(?m)^[^\S\n]*[^\W_](?:[^\S\n]+[^\W_])+[^\S\n]*$")


def _lost(given: Counter[str], drafts: Iterable[Draft]) -> set[str]:
    """Words of a source that are in none of its drafts."""
    kept = Counter[str]()
    for draft in drafts:
        kept += words_of(draft) + facts_of(draft)
        # Of `Subject: Cranes` in a digest of messages, `Cranes` is the heading.
        kept["subject"] += sum(map(_is_subject, draft.text.lines))
        # Of `01. HERON STANDS.` the number is a mark, as a bullet is.
        marks = (found[0] for line in draft.text.lines if (found := _MARK.match(line.block.text)))
        kept += words(*marks)
    return {word for word in given - kept if not _is_parted(word, kept)}


def _seen_law(data: bytes, found: Reading) -> None:
    """Every word a person sees in a plain text is kept; there is no markup to tell it from."""
    seen = _SET_APART.sub(lambda line: re.sub(r"(?<=\w) (?=\w)", "", line[0]), original(data).text)
    assert _lost(words(seen), found.drafts) == set()


def _is_parted(word: str, kept: Counter[str]) -> bool:
    """Whether a line was parted within a word: `wider</em>They`, of which `wider` ends a deck."""
    return any(word[:place] in kept and word[place:] in kept for place in range(1, len(word)))


def _is_subject(line: Line) -> bool:
    # Its colon may be torn off.
    return re.match(r"\s*subject\b", line.block.text, re.IGNORECASE) is not None


def _facts_law(facts: Facts) -> None:
    for text in (facts.title, facts.publication, facts.subtitle):
        assert text is None or (text.strip() and len(text.splitlines()) == 1), facts
    assert facts.number is None or 0 <= facts.number <= 999_999, facts
    assert facts.url is None or (_ADDRESS.match(facts.url) and facts.url.isprintable()), facts


def _section_law(section: Section) -> None:
    assert section.heading.strip()
    assert section.heading == " ".join(section.heading.split())
    assert section.deck is None or section.deck.strip()
    text = plain(section.blocks)
    assert text.encode("utf-8").decode("utf-8") == text
    assert section.words == count_words(text)
    linked = [link.url for link in section.links]
    linked += [run.url for block in section.blocks for run in block.runs]
    for url in filter(None, linked):
        assert _ADDRESS.match(url), url
        assert url.isprintable(), url
    assert rows.section_from_json(rows.section_to_json(section)) == section


def _repair_law(block: RepairedBlock) -> None:
    """Each repair stands where it says it does, as all those before it are taken back."""
    text = block.text
    for one in reversed(block.steps):
        end = one.start + len(one.after)
        assert text[one.start : end] == one.after, block
        text = text[: one.start] + one.before + text[end:]
    assert text == block.original


def merged(data: bytes, found: Reading, name: str = "any") -> tuple[Issue, ...]:
    """The issues of one source."""
    digest = sha256(data)
    return merge(
        Copy(
            draft=draft,
            ref=DraftRef(source=digest, digest="", place=draft.place),
            names=(name,),
        )
        for draft in found.drafts
    )


def _merged_law(issues: Sequence[Issue]) -> None:
    """Every issue outlives its record, and what is exported of it is JSON."""
    for issue in issues:
        head = rows.HeadRow(*json.loads(rows.head_to_json(issue.head))).head(issue.head.id)
        again = rows.issue_from_json(head, rows.rest_to_json(issue), issue.sections)
        assert again == issue
    _export_law(exported(issues), len(issues))


def _export_law(written: bytes, issues: int) -> None:
    text = written.decode("utf-8")
    assert not _COMMANDS.search(text)
    assert [json.loads(line)["schema"] for line in text.splitlines()] == [1] * issues


def container_law(data: bytes) -> None:
    """What a file holds comes out, the same each time, or is refused by name in a sentence."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        items = list(collect([file.name], NO_FACTS))
        assert list(collect([file.name], NO_FACTS)) == items
    for item in items:
        assert not _COMMANDS.search(item.name), item.name
        if isinstance(item, Refusal):
            assert item.reason
            assert item.reason.isprintable()
        else:
            assert item.sha256 == sha256(item.data)
            assert ".." not in re.split("[!/]", item.name)
            found = _read_or_refused(item.data, item.by_reader, item.by_carrier)
            assert isinstance(found, Reading) or found.isprintable()


# -- what must hold of every text and query --------------------------------------------------------


def repair_law(text: str) -> None:
    """What is repaired can be undone, and is not repaired again."""
    lines = text.split("\n")
    found = diagnose(text)
    repaired = [repair(line, found) for line in lines]
    for line, one in zip(lines, repaired, strict=True):
        block = RepairedBlock(source="", block=None, text=one.text, steps=one.steps)
        _repair_law(block)
        assert block.original == line
        middle = len(line) // 2
        runs = tuple(Run(text=part) for part in (line[:middle], line[middle:]))
        whole = repair_runs(runs, found)
        assert ("".join(run.text for run in whole[0]), *whole[1:]) == (
            one.text,
            one.steps,
            one.flaws,
        )
    once = "\n".join(one.text for one in repaired)
    again = diagnose(once)
    assert "\n".join(repair(line, again).text for line in once.split("\n")) == once


def repair_among_damage_law(text: str) -> None:
    """The same where what stands above the text proves two kinds of damage."""
    repair_law(text)
    repair_law(f"{CARRIER}\n{BROKEN}\n{text}")


SAVED = {"chips": "gpu OR tpu", "both": ":chips -market", "loop": "a OR :loop", "broken": 'a "b'}


def _parsed_or_refused(text: str) -> Query | BackissueError:
    try:
        return parse(text, saved=SAVED)
    except BackissueError as error:
        return error


def query_law(index: Index, text: str) -> None:
    """A query is understood or refused in a sentence, and what it finds is there."""
    query = _parsed_or_refused(text)
    if isinstance(query, BackissueError):
        _check_refusal(query)
        return
    assert parse(str(query)).root == query.root
    options = SearchOptions(query=query, limit=3, partial=True)
    try:
        found = index.searcher.search(options)
    except UsageError as error:  # the archive has no such issue, but a section: issue:395.2
        _check_refusal(error)
        return
    assert len(found.hits) == min(found.total, 3)
    assert [hit.rank for hit in found.hits] == list(range(1, len(found.hits) + 1))
    for hit in found.hits:
        ends = [0, *(place for span in hit.snippet.highlights for place in span)]
        assert ends == sorted(ends)
        assert ends[-1] <= len(hit.snippet.text)
        index.searcher.explain(options, hit.issue.key, hit.section.position)
    if found.suggestion:
        assert index.searcher.search(SearchOptions(query=parse(found.suggestion), limit=1)).total
    index.searcher.unmatched(query)
    index.searcher.cut_expansions(query)
    if not found.total:
        index.searcher.blocking(query)


def _check_refusal(error: BackissueError) -> None:
    assert error.hint
    assert (error.message + error.hint).isprintable()


# -- the laws, tried -------------------------------------------------------------------------------

_PHASES = (Phase.explicit, Phase.generate, Phase.shrink)


def attempts(
    trials: Trials,
    inputs: st.SearchStrategy[_T],
    law: Callable[[_T], object],
    *,
    few: int,
    many: int,
    unit: str = "inputs",
) -> None:
    """Try the law with so many inputs, each counted that obeyed it."""

    @settings(
        max_examples=trials.number(few=few, many=many),
        deadline=None,
        derandomize=not trials.long,
        database=None,
        phases=_PHASES,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def attempt(made: _T) -> None:
        law(made)
        trials.did(1, unit)

    attempt()


@pytest.mark.promise(
    "A document of any format, mutated, cut off or joined with another, is ingested completely"
    " or rejected in one sentence, with the same result each time."
)
@pytest.mark.parametrize("name", [one.name for one in FORMATS])
def test_a_bent_document_is_read_whole_or_refused(trials: Trials, name: str) -> None:
    every = [data for wholes in documents().values() for data in wholes]
    attempts(trials, mutants(documents()[name], every), source_law, few=60, many=2500)


@pytest.mark.promise("Any bytes are ingested completely or rejected in one sentence.")
def test_any_bytes_are_read_or_refused(trials: Trials) -> None:
    pieces = st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=30).map(b"".join)
    attempts(trials, st.binary(min_size=1) | pieces, source_law, few=150, many=8000)


@pytest.mark.promise(
    "From a damaged archive or mailbox, everything readable is ingested, and the rest is named"
    " with its reason."
)
@pytest.mark.parametrize("kind", ["mailbox", "ZIP archive", "tar archive", "gzip file"])
def test_a_bent_container_gives_what_it_holds(trials: Trials, kind: str) -> None:
    every = [data for wholes in containers().values() for data in wholes]
    attempts(trials, mutants(containers()[kind], every), container_law, few=50, many=1500)


@pytest.mark.promise("Strange names and contents in an archive do no harm.")
def test_an_archive_of_odd_names_gives_what_it_holds(trials: Trials) -> None:
    every = [data for wholes in documents().values() for data in wholes]
    attempts(trials, archives(every), container_law, few=100, many=4000)


_LETTERS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=4)
_DAMAGED = st.lists(
    PROSE | st.sampled_from(PIECES) | _LETTERS | st.sampled_from([CARRIER, BROKEN]), max_size=8
)


@pytest.mark.promise(
    "For any text, reverting its repairs gives the original text, and a second repair finds"
    " nothing to do."
)
def test_any_repair_can_be_taken_back_and_is_final(trials: Trials) -> None:
    texts = _DAMAGED.map("".join) | _DAMAGED.map(" ".join) | _DAMAGED.map("\n".join)
    attempts(trials, texts, repair_among_damage_law, few=80, many=4000, unit="texts")


HEALTHY = (
    "It’s a “so-called” drop-in – 3–6 of them… and she didn’t say; Moore’s law, the labs’ edge.",
    "We read the self-improving, state-of-the-art model’s naïve résumé at the café in Köln.",
    "L’âge d’or, l’âme du château : où êtes-vous, à la hâte ? Çà et là, n’est-ce pas ?",
    "A câmara está à âncora; três lâmpadas, você já não é.",
    "Über die Brücke gehen fünf Mädchen – „groß“ und „schön“.",
    "Så många öar, så få båtar; där går båten till Åbo.",
    "Când a rămas acasă, a mâncat pâine și a râs.",
    "GPT-4o, C++, π0, 10^25, 606× and $80bn; f(x) = x² ≤ 3 · 10⁻⁴, 20°C, §7, ½.",
)
_SCRIPTS = ("αω", "ая", "את", "بي", "कह", "一龥", "あん", "アヲ", "가힣", "აჰ")
_FOREIGN = st.one_of(
    st.text(st.characters(min_codepoint=ord(first), max_codepoint=ord(last)), min_size=1)
    for first, last in _SCRIPTS
)
_ENGLISH = st.sampled_from(sorted({word for line in HEALTHY[:2] for word in line.split()}))
_SENTENCES = st.lists(_ENGLISH, max_size=12).map(" ".join) | st.lists(_FOREIGN).map(" ".join)


@pytest.mark.promise("Repair does not change undamaged text, in any language and script.")
def test_healthy_text_is_left_alone(trials: Trials) -> None:
    lines = st.lists(st.sampled_from(HEALTHY) | _SENTENCES, min_size=1, max_size=8)
    attempts(trials, lines.map("\n".join), _untouched_law, few=150, many=6000, unit="texts")


def _untouched_law(text: str) -> None:
    found = diagnose(text)
    assert found == Diagnosis()
    for line in text.split("\n"):
        assert (repair(line, found).text, repair(line, found).steps) == (line, ())


_SOUGHT = [
    "training",
    "trainings~1",
    "distributed~2",
    "hunyan~",
    "scal*",
    "s?al*ng",
    "why:energy",
    "heading:(ai OR chips)",
    "GPT-4o",
    '"language models"~8',
    '"Tech Tales"',
    "issue:(390 OR 386..)",
    "kind:(story OR note)",
    "-market",
    "date:2024..",
]
_QUERIES = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from([*PIECES, *LANGUAGE.split(), " "]), max_size=14).map("".join),
    st.lists(st.sampled_from([*LANGUAGE.split(), *NASTY, *_SOUGHT]), max_size=14).map(" ".join),
    st.lists(st.sampled_from([*_SOUGHT, "OR", "NOT"]), min_size=1, max_size=5).map(" ".join),
)


@pytest.mark.promise(
    "Any query is answered or rejected in one sentence, and the program's spelling of it can be"
    " entered again."
)
def test_any_query_is_answered_or_refused(trials: Trials, archive: Path) -> None:
    with Index.open(archive / INDEX) as index:

        def law(text: str) -> None:
            query_law(index, text)

        attempts(trials, _QUERIES, law, few=150, many=6000, unit="queries")


@pytest.mark.promise("An export of mutated documents contains everything that was ingested.")
def test_what_is_read_of_bent_documents_outlives_the_archive(
    trials: Trials, tmp_path: Path
) -> None:
    every = [data for wholes in documents().values() for data in wholes]
    for attempt in range(trials.number(few=2, many=60)):
        chance = random.Random(attempt)
        inputs = {_bent_often(chance.choice(every), every, chance) or b"x" for _ in range(20)}
        made = [source(f"{place}.txt", data) for place, data in enumerate(sorted(inputs))]
        folder = tmp_path / str(attempt)
        issues = merge(copies(*filter(_is_read, made)))
        folder.mkdir(exist_ok=True)
        write(folder / "alone", add=issues)
        with Index.open(folder / "alone") as index:
            kept = {issue.head.key: index.shelf.issue(issue.head.key) for issue in issues}
            ids = {head.key: head.id for head in index.shelf.heads()}
        for issue in issues:
            expected = replace(issue, head=replace(issue.head, id=ids[issue.head.key]))
            assert kept[issue.head.key] == expected, f"seed {attempt}"
        take_in(folder, *made)
        grown = issues_in(folder)
        rebuilding.rebuild(folder)
        assert issues_in(folder) == grown, f"seed {attempt}"
        _export_law(export(folder), len(grown))
        trials.did(len(made), "inputs")


def _bent_often(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    for _ in range(chance.randint(0, 4)):
        data = bent(data, others, chance)
    return data


def _is_read(made: Source) -> bool:
    try:
        return bool(read(made.data, made.by_reader).drafts)
    except RejectedSourceError:
        return False


@pytest.mark.promise("JSON output for mutated documents is valid JSON.")
def test_what_is_exported_of_bent_documents_is_json(trials: Trials, tmp_path: Path) -> None:
    every = [data for wholes in documents().values() for data in wholes]
    for attempt in trials(few=1, many=10):
        chance = random.Random(attempt)
        folder = tmp_path / str(attempt)
        made = [_bent_often(chance.choice(every), every, chance) or b"x" for _ in range(20)]
        take_in(folder, *(source(f"{place}.txt", data) for place, data in enumerate(made)))
        command = [*PROGRAM, "--archive", str(folder), "export", "--json"]
        done = subprocess.run(command, capture_output=True, check=True)
        said = json.loads(done.stdout)
        assert len(said["issues"]) == len(issues_in(folder)), f"seed {attempt}"


# -- what once broke the program -------------------------------------------------------------------


def _cases() -> list[Any]:
    """The cases of cases/fuzz: `bytes` is TOML text in Latin-1, as in cases/decode."""
    found = []
    for path in sorted((CASES / "fuzz").glob("*.toml")):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            found.append(pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}"))
    return found


@pytest.mark.promise("Inputs that broke the program in the past do not break it again.")
@pytest.mark.parametrize(("law", "case"), _cases())
def test_what_once_broke_the_program_does_so_no_more(
    trials: Trials, archive: Path, law: str, case: dict[str, str]
) -> None:
    match law:
        case "sources":
            source_law(bytes_of(case))
        case "containers":
            container_law(bytes_of(case))
        case "repair":
            repair_law(case["text"])
        case "queries":
            with Index.open(archive / INDEX) as index:
                query_law(index, case["text"])
        case _:
            pytest.fail(f"no law of {law}")
    trials.did(1, "cases")


def bytes_of(case: Mapping[str, str]) -> bytes:
    """The input of a case, which is told as text or byte by byte."""
    return case["text"].encode() if "text" in case else case["bytes"].encode("latin-1")
