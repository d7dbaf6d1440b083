"""Queries from a grammar, each as it is typed, against a reading of all that `export` writes.

The grammar makes the text of a query and, beside it, what the text means; the parser is not asked.
What each section has of that is read in the export by `tests.test_bruteforce`. What a search finds,
and how many sections it counts as complete and as partial, must be what reading finds.
"""

import calendar
import json
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from backissue.errors import Exit
from backissue.index import Index
from backissue.query import (
    Address,
    And,
    Dates,
    Field,
    Fuzzy,
    Kind,
    Near,
    Node,
    Not,
    Numbers,
    Or,
    Phrase,
    SearchOptions,
    Term,
    Wild,
    leaves,
)
from backissue.query.parsing import parse
from backissue.query.synonyms import load
from backissue.records import Block, Head, Issue, IssueKind, Link, Part, Passage, Section
from backissue.records import SectionKind as Kinds
from backissue.text import words
from tests.conftest import Trials
from tests.reliability.children import run, sound
from tests.test_bruteforce import asks_words, in_paragraph, paragraphs, parts_of, placed, term
from tests.test_dating import spans_of
from tests.test_index import issue, section

# -- archives --------------------------------------------------------------------------------------

_PLAIN = ("crane", "cranes", "measure", "measures", "measurement", "the", "of", "what", "reeds")
_SAME = ("fusor", "fusion reactor", "fusion", "reactor", "reactors", "heron", "egret", "egrets")
_NAMES = (
    *("GPT-4o", "GPT-4", "GPT4o", "GPT 4o", "GPT4", "GPT 4", "bb-ca", "bb ca", "B-1", "b1", "b 1"),
    *("c-1-2", "1-2", "1 2", "$80bn", "80bn", "80 billion", "$80 billion", "80 billion dollars"),
    *("cab v2", "cabv2", "C++", "don’t", "Tübingen", "Tubingen", "a-b", "Qwen2.5", "o1", "o3"),
)
# Words of the same origin, besides inflections: what the page on queries calls measurement.
_ORIGINS = {"measure": {"measurement"}, "measurement": {"measure"}}
_OWN = ((("fusor",), ("fusion", "reactor")), (("heron",), ("egret",)))
_SYNONYMS = 'equal = [["fusor", "fusion reactor"], ["heron", "egret"]]\nbuilt-in = false\n'
_SAVED = {"birds": "heron OR crane*", "both": "bb -cab"}
_MEANING: dict[str, Node] = {
    "birds": Or(nodes=(Term(text="heron"), Term(text="crane", prefix=True))),
    "both": And(nodes=(Term(text="bb"), Not(node=Term(text="cab")))),
}


def _letters(dice: random.Random, most: int = 4) -> str:
    """A word of few letters, so that words are often like one another."""
    return "".join(dice.choices("abc", k=dice.randint(1, most)))


def _word(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.5:
        return _letters(dice)
    return dice.choice(_PLAIN if kind < 0.65 else _SAME if kind < 0.75 else _NAMES)


def _line(dice: random.Random, least: int = 1, most: int = 8) -> str:
    return " ".join(_word(dice) for _ in range(dice.randint(least, most)))


def _story(dice: random.Random) -> str:
    """A section in Markdown, of headings, decks, paragraphs, why passages and links, or some."""
    lines = [f"# The {_line(dice, 1, 3)}"]
    if dice.random() < 0.5:
        lines.append(f"…{_line(dice, 2, 5)}…")
    lines += [f"Now {_line(dice)}." for _ in range(dice.randint(1, 3))]
    if dice.random() < 0.3:
        link = f"[{_line(dice, 1, 2)}](https://example.org/{_letters(dice)}/{_letters(dice)})"
        lines.append(f"Also {link} {_line(dice, 1, 3)}.")
    if dice.random() < 0.6:
        thesis = f" – {_line(dice, 1, 2)}" if dice.random() < 0.5 else ""
        lines.append(f"**Why this matters{thesis}:** {_line(dice)}.")
    if dice.random() < 0.5:
        lines.append(f"Read more: [{_line(dice, 1, 3)}](https://example.net/{_letters(dice)}).")
    return "\n\n".join(lines)


def _shelf(folder: Path, dice: random.Random) -> Path:
    """A folder of letters of two publications, most of them numbered, some dated."""
    for publication, numbers in (
        ("Letters", dice.sample(range(1, 10), 5)),
        ("The Tide", dice.sample(range(1, 10), 3)),
    ):
        place = folder / publication.lower().replace(" ", "-")
        place.mkdir(parents=True)
        catalog = [f'publication = "{publication}"']
        for at, number in enumerate((*numbers, None)):
            name = f"{_letters(dice)}-{at}.md"
            stories = [_story(dice) for _ in range(dice.randint(1, 4))]
            (place / name).write_text("\n\n***\n\n".join(stories), encoding="utf-8")
            catalog += [f'["{name}"]', f'title = "{_line(dice, 1, 3)}"']
            if number is not None:
                catalog.append(f"number = {number}")
            if dice.random() < 0.6:
                day = date(2024, 1, 1) + timedelta(days=30 * (number or 3) + dice.randint(0, 20))
                catalog.append(f"date = {day}")
            if dice.random() < 0.2:
                catalog.append('kind = "notes"')
        (place / "catalog.toml").write_text("\n".join(catalog), encoding="utf-8")
    return folder


# -- reading the export ----------------------------------------------------------------------------


def _read(line: bytes) -> Issue:
    """An issue as its line of the export has it."""
    known = json.loads(line)["issue"]
    made = issue(known["id"], *map(_read_section, known["sections"]))
    names = ("key", "id", "publication", "number", "volume", "title")
    head = replace(
        made.head,
        **{name: known[name] for name in names},
        date=known["date"] and date.fromisoformat(known["date"]),
        kind=IssueKind(known["kind"]),
        sources=tuple(known["sources"]),
    )
    return replace(made, head=head)


def _read_section(known: Mapping[str, Any]) -> Section:
    why = Passage(**known["why"]) if known["why"] else None
    links = tuple(Link(**link) for link in known["links"])
    labels = {link.label for link in links if link.label}
    blocks = []
    for line in known["text"].split("\n"):
        part = Part.BODY
        if why and line.startswith(why.label):
            part = Part.WHY
        elif any(line.startswith(f"{label}:") for label in labels):
            part = Part.LINK
        if line:
            blocks.append(Block(runs=(replace(_RUN, text=line),), part=part))
    return section(
        known["position"],
        kind=Kinds(known["kind"]),
        heading=known["heading"],
        deck=known["deck"],
        blocks=tuple(blocks),
        why=why,
        links=links,
    )


_RUN = section(body="x").blocks[0].runs[0]


@dataclass(frozen=True, slots=True)
class Expected:
    """The sections that have all of a query and those that have some, by address."""

    complete: frozenset[str]
    partial: frozenset[str]
    # Those of the partial ones that have a whole part of the query, as it was typed.
    as_typed: frozenset[str] = frozenset()

    @property
    def found(self) -> frozenset[str]:
        """Those that are counted as found."""
        return self.complete or self.partial


@dataclass(frozen=True, slots=True, kw_only=True)
class Has:
    """Which parts of a query a section has, by number, of those that decide.

    `fixed`: all that is no word holds. `loosely`: it has a single word of a phrase, or one of the
    same origin.
    """

    fixed: bool
    direct: frozenset[int]
    synonyms: frozenset[int]
    origins: frozenset[int]
    loosely: bool

    @property
    def every(self) -> frozenset[int]:
        """Those that it has in any way."""
        return self.direct | self.synonyms | self.origins


class Reader:
    """Answers queries by reading every section of an export."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self._spans = spans_of([one.head for one in issues])
        self._sections = [(one.head, each) for one in issues for each in one.sections]

    def reading(self, root: Node, *, strict: bool, possibly: bool = False) -> Expected:
        """What there is to find. `possibly`: an issue whose day is not known may answer."""
        head, each = self._sections[0]
        parts = [part for part, _ in parts_of(root, each, head, self._spans[head.key])]
        worded = [at for at, part in enumerate(parts) if asks_words(part)]
        telling = [at for at in worded if not _is_function(parts[at])] or worded
        apart = {at: _taken_apart(parts[at]) if len(telling) > 1 else [parts[at]] for at in worded}
        all_of_them = frozenset(telling)

        def had(one: Section, head: Head) -> Has:
            answered = parts_of(root, one, head, self._spans[head.key])
            has = [possibly if found is None else found for _, found in answered]
            origins = {
                at for at in worded if parts[at] in apart[at] and _is_derived(parts[at], one)
            }
            pieces = [word for at in worded for word in apart[at] if word is not parts[at]]
            telling_pieces = (word for word in pieces if not _is_function(word))
            synonyms = _instead([parts[at] for at in worded], () if strict else _OWN, one)
            return Has(
                fixed=all(has[at] for at in range(len(parts)) if at not in worded),
                direct=frozenset(at for at in telling if has[at]),
                synonyms=frozenset(worded[at] for at in synonyms) & all_of_them,
                origins=frozenset(origins) & all_of_them,
                loosely=any(_has_inflected(word, one, head) for word in telling_pieces)
                or any(_is_derived(word, one) for word in pieces)
                or any(_is_derived(parts[at], one) for at in worded if parts[at] in apart[at]),
            )

        found = {f"{head.key}.{one.position}": had(one, head) for head, one in self._sections}
        complete = {
            key
            for key, has in found.items()
            if has.fixed and has.direct | has.synonyms == all_of_them
        }
        some = {key for key, has in found.items() if has.fixed and (has.every or has.loosely)}
        known = frozenset[int]().union(*(has.every for has in found.values()))
        are_whole = all(apart[at] == [parts[at]] for at in worded)
        if strict or not worded or (are_whole and len(worded) == len(telling) == 2 > len(known)):
            some = set()  # of two words one is nowhere
        return Expected(
            complete=frozenset(complete),
            partial=frozenset(some - complete),
            as_typed=frozenset(key for key in some - complete if found[key].direct),
        )


def _is_function(part: Node) -> bool:
    plain = isinstance(part, Term) and not part.prefix
    return plain and part.text in words.function_words()


def _taken_apart(part: Node) -> list[Node]:
    """The words of a phrase, or of a compound of plain words; else the part itself."""
    pieces: Sequence[str] = ()
    if isinstance(part, Phrase):
        pieces = [word for _, word in part.words]
    elif isinstance(part, Near):
        pieces = part.words
    elif isinstance(part, Term) and not part.prefix and "-" in part.text:
        pieces = part.text.split("-")
        pieces = pieces if all(one.isalpha() and len(one) > 1 for one in pieces) else ()
    else:
        return [part]
    made: list[Node] = [Term(text=one, field=part.field) for one in pieces]
    return made or [part]


def _is_derived(word: Node, one: Section) -> bool:
    """Whether a section has a word of the same origin as a plain word."""
    if not (isinstance(word, Term) and word.field is None and not word.prefix):
        return False
    return any(_has(Term(text=other), one) for other in _ORIGINS.get(words.stem(word.text), ()))


def _has_inflected(node: Node, one: Section, head: Head) -> bool:
    """Whether a section has a word in any inflection, in no other spelling."""
    assert isinstance(node, Term)
    texts = paragraphs(one, node.field, head)
    stem = words.stem(node.text)
    return any(words.stem(word) == stem for text in texts for _, word in placed(text))


def _has(node: Term | Phrase, one: Section) -> bool:
    return any(in_paragraph(node, text) for text in paragraphs(one, None, _NO_HEAD))


_NO_HEAD = issue(1).head  # where a word may stand in any field of the section itself


def _instead(
    row: list[Node], own: Iterable[tuple[tuple[str, ...], ...]], one: Section
) -> Iterator[int]:
    """Which words of a query a section has a synonym of, by their place in the row."""
    plain = [
        words.stem(part.text)
        if isinstance(part, Term) and part.field is None and not part.prefix
        else None
        for part in row
    ]
    for group in own:
        for saying in group:
            stems = [words.stem(word) for word in saying]
            for first in range(len(plain) - len(stems) + 1):
                if plain[first : first + len(stems)] == stems and any(
                    _says(other, one) for other in group if other != saying
                ):
                    yield from range(first, first + len(stems))


def _says(saying: tuple[str, ...], one: Section) -> bool:
    """Whether a section has these words one after another, the last in any inflection."""
    *before, last = saying
    if not before:
        return _has(Term(text=last), one)
    return any(
        _has(Phrase(words=words.phrase(" ".join((*before, form)))), one)
        for form in (last, *words.kin(last))
    )


# -- the grammar -----------------------------------------------------------------------------------

Made = tuple[str, Node]
_FIELDS = (
    *(Field.HEADING, Field.DECK, Field.WHY, Field.THESIS, Field.LABEL, Field.BODY, Field.LINK),
    *(Field.TITLE, Field.PUBLICATION, Field.SOURCE),
)


@dataclass
class Grammar:
    """Makes queries: each a text to type, and what it means."""

    dice: random.Random
    expanding: int = field(default=0)

    def query(self) -> Made:
        """A whole query."""
        self.expanding = 0
        return self._either(self.dice.choice((0, 1, 1, 2)))

    def _either(self, depth: int) -> Made:
        count = self.dice.choice((1, 1, 1, 2, 3)) if depth else 1
        made = [self._all(depth) for _ in range(count)]
        if count == 1:
            return made[0]
        return " OR ".join(text for text, _ in made), Or(nodes=tuple(node for _, node in made))

    def _all(self, depth: int) -> Made:
        made = [self._part(depth) for _ in range(self.dice.choice((1, 2, 2, 3)))]
        between = self.dice.choice((" ", " ", " AND "))
        nodes: list[Node] = []
        for _, node in made:
            # A name of several words is as many words.
            nodes += node.nodes if isinstance(node, Spaced) else [node]
        text = between.join(text for text, _ in made)
        return text, nodes[0] if len(nodes) == 1 else And(nodes=tuple(nodes))

    def _part(self, depth: int) -> Made:  # noqa: PLR0911 - a kind of part each
        chance = self.dice.random()
        if depth and chance < 0.2:
            text, node = self._either(depth - 1)
            return f"({text})", node
        if chance < 0.35:
            text, node = self._single(depth)
            can_have_dash = text[0] in '"(' or (text[0].isalpha() and depth)
            dash = "-" if can_have_dash and self.dice.random() < 0.5 else "NOT "
            return f"{dash}{text}", Not(node=node)
        if chance < 0.37:
            name = self.dice.choice(tuple(_SAVED))
            return f":{name}", _MEANING[name]
        if chance < 0.5:
            return self._fact()
        if chance < 0.6 and depth:
            within = self.dice.choice(_FIELDS)
            several = [self._sought(within) for _ in range(2)]
            operator, kind = self.dice.choice(((" OR ", Or), (" ", And)))
            text = operator.join(text for text, _ in several)
            return f"{within.value}:({text})", kind(nodes=tuple(node for _, node in several))
        within = self.dice.choice((None, None, None, *_FIELDS)) if chance < 0.8 else None
        if within is None and self.dice.random() < 0.3:
            return self._word()
        text, node = self._sought(within)
        return f"{within.value}:{text}" if within else text, node

    def _single(self, depth: int) -> Made:
        """What can stand behind a NOT."""
        if depth and self.dice.random() < 0.3:
            text, node = self._either(depth - 1)
            return f"({text})", node
        if self.dice.random() < 0.3:
            return self._fact()
        return self._sought(None)

    def _word(self) -> Made:
        """A word or a name, perhaps of several words."""
        typed = _word(self.dice)
        pieces = tuple(Term(text=term(piece)) for piece in typed.split())
        return typed, pieces[0] if len(pieces) == 1 else Spaced(nodes=pieces)

    def _one(self) -> str:
        """A word or name without a space."""
        while " " in (typed := _word(self.dice)):
            pass
        return typed

    def _sought(self, within: Field | None) -> Made:
        choices: list[Callable[[Field | None], Made]] = [self._term, self._term, self._term]
        choices += [self._phrase, self._near, self._near]
        if self.expanding < 10:
            choices += [self._prefix, self._wild, self._fuzzy]
        return self.dice.choice(choices)(within)

    def _term(self, within: Field | None) -> Made:
        typed = self._one()
        return typed, Term(text=term(typed), field=within)

    def _prefix(self, within: Field | None) -> Made:
        self.expanding += 1
        typed = self.dice.choice((_letters(self.dice, 3), "gpt-4", "GPT", "cran", "meas", "tü"))
        return f"{typed}*", Term(text=typed.lower(), field=within, prefix=True)

    def _wild(self, within: Field | None) -> Made:
        self.expanding += 1
        start, end = _letters(self.dice, 2), _letters(self.dice, 2)
        pattern = self.dice.choice(
            (f"{start}*{end}", f"{start}?{end}", f"*{end}", f"{start}?*", f"?{end}", "cr?nes")
        )
        return pattern, Wild(pattern=pattern, field=within)

    def _fuzzy(self, within: Field | None) -> Made:
        self.expanding += 1
        text = self.dice.choice(
            (_letters(self.dice, 4) + "ab", "cranse", "hreon", "gpt4", "mesure")
        )
        sign, slips = self.dice.choice((("~", 1), ("~1", 1), ("~2", 2)))
        return f"{text}{sign}", Fuzzy(text=text, slips=slips, field=within)

    def _phrase(self, within: Field | None) -> Made:
        text = " ".join(_word(self.dice) for _ in range(self.dice.randint(2, 3)))
        return f'"{text}"', Phrase(words=words.phrase(text), field=within)

    def _near(self, within: Field | None) -> Made:
        several = [self._one() for _ in range(self.dice.randint(2, 3))]
        within_words = self.dice.randint(1, 6)
        node = Near(words=tuple(map(term, several)), within=within_words, field=within)
        return f'"{" ".join(several)}"~{within_words}', node

    def _fact(self) -> Made:
        match self.dice.choice(
            ("number", "numbers", "numbers", "day", "days", "days", "kind", "place")
        ):
            case "number":
                number = self.dice.randint(1, 9)
                return f"issue:{number}", Numbers(first=number, last=number)
            case "numbers":
                return self._range("issue", Numbers, sorted(self.dice.sample(range(1, 10), 2)))
            case "day":
                return self._day()
            case "days":
                days = sorted(self._some_day() for _ in range(2))
                return self._range("date", Dates, days)
            case "kind":
                kind = self.dice.choice(("story", "fiction", "note", "newsletter", "notes"))
                return f"kind:{kind}", Kind(value=kind)
            case _:
                place = self.dice.choice(("letters/", "the-tide/", "letters/3", "the-tide/4"))
                return f"issue:{place}", Address(text=place)

    def _range(self, name: str, kind: Callable[..., Node], ends: Sequence[Any]) -> Made:
        first, last = self.dice.choice(((ends[0], ends[1]), (ends[0], None), (None, ends[1])))
        return f"{name}:{first or ''}..{last or ''}", kind(first=first, last=last)

    def _some_day(self) -> date:
        return date(2024, 1, 1) + timedelta(days=self.dice.randint(0, 320))

    def _day(self) -> Made:
        """A day, a month, a quarter or a year, in one of the ways to write it."""
        day = self._some_day()
        month = day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
        quarter = (day.month - 1) // 3
        last = date(day.year, 3 * quarter + 3, 30 if quarter in (1, 2) else 31)
        name = calendar.month_abbr[day.month].lower()
        text, first, last = self.dice.choice(
            (
                (str(day), day, day),
                (f'"{day.day} {name} {day.year}"', day, day),
                (f"{day:%Y-%m}", *month),
                (f"{name}-{day.year}", *month),
                (f"{day.year}-q{quarter + 1}", date(day.year, 3 * quarter + 1, 1), last),
                (f"{day.year}", date(day.year, 1, 1), date(day.year, 12, 31)),
            )
        )
        return f"date:{text}", Dates(first=first, last=last)


class Spaced(And):
    """A name of several words, which are words of the query around them."""


# -- and what a search finds -----------------------------------------------------------------------


_ALL = 10_000  # hits


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a search said: the sections, how many it counts, and those of which no day is known."""

    complete: frozenset[str]
    partial: frozenset[str]
    total: int
    counts: tuple[int, int]
    undated: int


def _asked(index: Index, folder: Path, text: str, *, strict: bool) -> Answered:
    """The answer of the program's own parser and searcher."""
    query = parse(text, saved=_SAVED)
    options = SearchOptions(query=query, limit=None)
    if not strict:
        options = replace(options, synonyms=load(folder), partial=True, fill=True)
    found = index.searcher.search(options)
    keys = [(f"{hit.issue.key}.{hit.section.position}", hit.complete) for hit in found.hits]
    assert len(keys) == found.complete + found.partial
    return Answered(
        complete=frozenset(key for key, complete in keys if complete),
        partial=frozenset(key for key, complete in keys if not complete),
        total=found.total,
        counts=(found.complete, found.partial),
        undated=found.undated.sections if found.undated else 0,
    )


def _typed(archive: Path, text: str, *, strict: bool, most: int) -> Answered:
    """The answer of the command, as JSON."""
    options = ("search", "--json", "-n", str(most), *(("--strict",) if strict else ()))
    ended = run("--archive", archive, *options, "--", text)
    said = json.loads(sound(ended, Exit.OK, Exit.NOTHING_FOUND).stdout)
    assert (ended.code == Exit.OK) == bool(said["hits"]), ended
    return Answered(
        complete=frozenset(hit["key"] for hit in said["hits"] if hit["complete"]),
        partial=frozenset(hit["key"] for hit in said["hits"] if not hit["complete"]),
        total=said["total"],
        counts=(said["complete"], said["partial"]),
        undated=said["undated"]["sections"] if said["undated"] else 0,
    )


def _compare(
    found: Answered, reader: Reader, root: Node, *, strict: bool, most: int = _ALL
) -> None:
    """What was found is what there is; of a page of `most` hits the numbers say that."""
    read = reader.reading(root, strict=strict)
    is_full = len(read.complete) >= most
    counted = read.as_typed if is_full and not strict else read.partial
    assert found.counts == (len(read.complete), len(counted))
    assert found.total == len(read.found)
    assert found.complete <= read.complete
    assert found.partial <= read.partial
    shown = len(found.complete) + len(found.partial)
    assert shown == min(most, len(read.complete) + (0 if is_full else len(read.partial)))
    assert not found.partial or found.complete == read.complete
    unknown: frozenset[str] = frozenset()
    if any(isinstance(leaf, Dates) for leaf in leaves(root)):
        unknown = reader.reading(root, strict=strict, possibly=True).found - read.found
    assert is_full or found.undated == len(unknown)


@pytest.mark.promise(
    "A search finds exactly the sections that a reading of the whole `export` finds, and counts"
    " them rightly: words, phrases, near words, wildcards, typing errors, ranges, days, fields,"
    " NOT, OR, with and without partial matches."
)
@pytest.mark.parametrize("part", range(5))
def test_a_search_finds_what_reading_everything_finds(
    trials: Trials, tmp_path: Path, part: int
) -> None:
    archives, queries = trials.number(few=1, many=4), trials.number(few=40, many=1000)
    for seed in range(archives * part, archives * (part + 1)):
        dice = random.Random(seed)
        folder = tmp_path / str(seed)
        archive, shelf = folder / "archive", _shelf(folder / "shelf", dice)
        sound(run("--archive", archive, "ingest", shelf), Exit.OK)
        (archive / "synonyms.toml").write_text(_SYNONYMS, encoding="utf-8")
        for name, text in _SAVED.items():
            sound(run("--archive", archive, "search", "--save", name, "--", text), Exit.OK, 1)
        lines = sound(run("--archive", archive, "export"), Exit.OK).stdout.splitlines()
        reader, grammar = Reader([_read(line) for line in lines]), Grammar(dice)
        with Index.open(archive / "index") as index:
            for at in range(queries):
                text, root = grammar.query()
                strict = dice.random() < 0.4
                try:
                    if at % 20 == 0:
                        most = dice.choice((1, 3, 10, _ALL, _ALL))
                        found = _typed(archive, text, strict=strict, most=most)
                    else:
                        most, found = _ALL, _asked(index, archive, text, strict=strict)
                    _compare(found, reader, root, strict=strict, most=most)
                except AssertionError as error:
                    error.add_note(f"archive {seed}, query {at}, {strict=}: {text}\n{root}")
                    raise
                trials.did(1, "queries")
        shutil.rmtree(folder)
