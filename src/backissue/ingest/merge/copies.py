"""Copies of issues: what is known of each, when two are alike, and what their issue is called."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import count
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from backissue.ingest.identity import bare_name
from backissue.ingest.structure import Draft
from backissue.records import DraftRef, Facts, Flaw, Issue, Origin, Section, numbering
from backissue.text.prose import WORD, fold, plain

UNFILED = "unfiled"  # in the address of an issue without a publication
# One in so many sentences of the longer copy is in the other, at least; and so many of the shorter
# one's, in percent and in number, unless they have all sentences in common.
LEAST_SHARE: Final = 4
_SHARED_PERCENT: Final = 50
_FEWEST_SHARED: Final = 3
_LONGEST_SLUG: Final = 60  # characters
# Days: a page may be dated a day off the mail, in another zone.
_SAME_DAY: Final = 1
_SET, _READ = "1", "0"  # in a spelling that is kept: who gave it, you or a source


class Copy(Struct, frozen=True, kw_only=True):
    """A draft, and the names of its source.

    `duplicates` are the other drafts with the same content, and the names of their sources.
    """

    draft: Draft
    ref: DraftRef
    names: tuple[str, ...]
    duplicates: tuple[tuple[DraftRef, tuple[str, ...]], ...] = ()

    @property
    def order(self) -> tuple[str, int]:
        """A total order of copies that depends on their content alone."""
        return (self.ref.source, self.ref.place)

    @property
    def sources(self) -> tuple[tuple[DraftRef, tuple[str, ...]], ...]:
        """The draft and its duplicates, each with the names of its source."""
        return ((self.ref, self.names), *self.duplicates)


def distinct(copies: Iterable[Copy]) -> list[Copy]:
    """One copy of each content, in order, with the others as its duplicates.

    A feed that is kept every week has an entry twenty times over: it is one text from twenty
    sources, and to compare them shows nothing.
    """
    by_content: dict[object, list[Copy]] = defaultdict(list)
    for copy in copies:
        by_content[copy.ref.content or copy.order].append(copy)
    found = []
    for same in by_content.values():
        refs = {(one[0].source, one[0].place): one for copy in same for one in copy.sources}
        (ref, names), *duplicates = (refs[order] for order in sorted(refs))
        found.append(replace(same[0], ref=ref, names=names, duplicates=tuple(duplicates)))
    return sorted(found, key=lambda copy: copy.order)


def is_loose(draft: Draft) -> bool:
    """Whether a draft does not say itself which issue it is of."""
    return draft.facts.number is None or not draft.facts.publication


def base_key(copy: Copy) -> str:
    """The address a copy would have if it were the only one."""
    return key_of(copy.draft.facts, copy.draft.sections)


def are_alike(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether two texts, by their fingerprints, have most of their sentences in common.

    Half of the shorter one's, a quarter of the longer one's, and three at least, or all: a copy may
    be cut off, but a page that quotes an issue is no copy of it.

    >>> are_alike(frozenset({1, 2, 3}), frozenset({1, 2, 3, 4, 5, 6}))
    True
    >>> are_alike(frozenset({1, 2}), frozenset({1, 2, 3}))
    False
    """
    shared = len(one & other)
    small, large = sorted((len(one), len(other)))
    return (
        shared * 100 >= _SHARED_PERCENT * small
        and shared * LEAST_SHARE >= large
        and (shared >= _FEWEST_SHARED or (one == other and shared > 0))
    )


def slug(text: str) -> str:
    """`text` as the part of an address: lower case, words joined by hyphens, accents dropped.

    >>> slug("Émile’s Letter"), slug("2024")
    ('emiles-letter', 'no-2024')
    """
    letters = unicodedata.normalize("NFKD", fold(text).replace("'", "")).casefold()
    words = WORD.findall("".join(char for char in letters if not unicodedata.combining(char)))
    kept = ""
    for word in words:
        longer = f"{kept}-{word}" if kept else word[:_LONGEST_SLUG]
        if len(longer) > _LONGEST_SLUG:
            break
        kept = longer
    # An address of digits alone is a number's.
    return f"no-{kept}" if kept.isdigit() else kept


def key_of(facts: Facts, sections: Sequence[Section]) -> str:
    """An issue's full address, before another issue has the same."""
    place = (slug(facts.publication) if facts.publication else "") or UNFILED
    counted = numbering(facts.number, facts.volume)
    if counted is not None:
        return f"{place}/{counted}"
    return f"{place}/{next(filter(None, map(slug, _names(facts.title, sections))), 'untitled')}"


def dated_keys(key: str, day: date | None) -> tuple[str, ...]:
    """What an issue is called beside others of its number, the shortest first: by year, by day.

    >>> dated_keys("lathe-weekly/3", date(2024, 3, 5))
    ('lathe-weekly/3-2024', 'lathe-weekly/3-2024-03-05')
    """
    return (f"{key}-{day.year:04}", f"{key}-{day}") if day else ()


def is_same_day(one: date, other: date) -> bool:
    """Whether two days are one, in two zones."""
    return abs((one - other).days) <= _SAME_DAY


def least_shared(sentences: int) -> int:
    """How many sentences a text of so many must share with another to be alike, at least."""
    return max(-(-sentences // LEAST_SHARE), min(sentences, _FEWEST_SHARED))


def _names(title: str | None, sections: Sequence[Section]) -> Iterator[str]:
    """What an issue without a number may be called: its title or else its first words.

    A title or heading may have no words at all (`***`, an emoji).
    """
    if title:
        yield title
    for section in sections[:1]:
        yield section.heading
        yield from (block.text for block in section.blocks)


def aliases_of(copies: Sequence[Copy]) -> set[str]:
    """The addresses that an issue has as long as less is known of it.

    A file may have come before another one that says the number, or before you set a publication.
    What you noted then still names the issue: its title, as far as any copy has one, with and
    without the publication, and its number without.
    """
    publications = {copy.draft.facts.publication for copy in copies} | {None}
    found: set[str] = set()
    for copy in copies:
        facts, sections = copy.draft.facts, copy.draft.sections
        titled = (None,) if facts.title or sections else ()
        for publication in publications:
            named = replace(facts, publication=publication)
            for number in dict.fromkeys((facts.number, *titled)):
                key = key_of(replace(named, number=number), sections)
                found.add(key)
                if number is not None and publication:
                    found |= set(dated_keys(key, facts.date))
    return {key for key in found if not key.endswith("/untitled")}


def with_distinct_keys(issues: Sequence[Issue]) -> list[Issue]:
    """The issues with one address each: those of one number by year or day, others by a count.

    The oldest of others keeps the address, and the next get `-2`, `-3`.
    """
    by_key: dict[str, list[Issue]] = defaultdict(list)
    for issue in issues:
        by_key[issue.head.key].append(issue)
    found: dict[str, Issue] = {}
    later: list[tuple[str, Issue]] = []
    for key, namesakes in sorted(by_key.items()):
        namesakes.sort(key=lambda issue: (str(issue.head.date or "~"), issue.drafts[0].source))
        first = namesakes[0].head  # a dated one, if there is one
        if len(namesakes) > 1 and first.number is not None and first.publication and first.date:
            later += _by_day(key, namesakes)
            continue
        found[key] = namesakes[0]
        later += [(key, issue) for issue in namesakes[1:]]
    # Only now, since an issue called “Mills 2” has a better right to `mills-2`.
    nexts: dict[str, Iterator[int]] = defaultdict(lambda: count(2))
    for wanted, issue in later:
        key = wanted
        while key in found:
            key = f"{wanted}-{next(nexts[wanted])}"
        head = replace(issue.head, key=key, id=key.partition("/")[2])
        # What you noted before another issue had the number names them all.
        former = {wanted, issue.head.key} if wanted != issue.head.key else set()
        aliases = tuple(sorted({*issue.aliases, *former} - {key}))
        found[key] = replace(issue, head=head, aliases=aliases)
    return list(found.values())


def _by_day(key: str, namesakes: Sequence[Issue]) -> Iterator[tuple[str, Issue]]:
    """The issues of one number, each with its address: by its year, or else by its day."""
    years = Counter(issue.head.date.year for issue in namesakes if issue.head.date)
    for issue in namesakes:
        day = issue.head.date
        if day is None:
            yield f"{key}-undated", issue
        else:
            by_year, by_day = dated_keys(key, day)
            yield (by_year if years[day.year] == 1 else by_day), issue


# -- how a publication is spelled: one way in all its issues, whatever its sources write ----------
#
# `ImportAI`, `Import AI` and `The Import AI Newsletter` are one publication. Each issue keeps the
# spellings of its copies, so that those of a whole archive can be counted without its sources.


def name_key(publication: str | None) -> str:
    """What the names of one publication have in common; "" for none.

    >>> name_key("ImportAI"), name_key("The Import-AI Newsletter"), name_key("Émile’s Letter")
    ('importai', 'importai', 'emilesletter')
    """
    address = slug(publication or "").replace("-", " ")
    return bare_name(address) if address else ""


def spellings_of(copies: Iterable[Copy]) -> frozenset[str]:
    """How the copies of an issue spell its publication, as an issue keeps it."""
    found = set()
    for copy in copies:
        given = ((_READ, copy.draft.facts), (_SET, copy.draft.by_reader))
        for who, publication in ((who, facts.publication) for who, facts in given):
            if publication and (key := name_key(publication)):
                found.add(f"{key}/{who}{publication}")
    return frozenset(found)


def key_in(spelling: str) -> str:
    """The publication's key in a spelling as an issue keeps it."""
    return spelling.partition("/")[0]


def name_in(spelling: str) -> str:
    """The publication's name in a spelling as an issue keeps it."""
    return spelling.partition("/")[2][1:]


def chosen(counts: Mapping[str, int]) -> dict[str, str]:
    """The name of each publication, by its key, from how many issues have each spelling.

    One that you set, then the one of most issues; of equals the one with most words, then letters.
    """
    best: dict[str, tuple[object, ...]] = {}
    for spelling, issues in counts.items():
        key, name = key_in(spelling), name_in(spelling)
        is_set = spelling[len(key) + 1 :].startswith(_SET)
        rank = (is_set, issues, slug(name).count("-"), len(name), name)
        if issues > 0 and rank > best.get(key, ()):
            best[key] = rank
    return {key: str(rank[-1]) for key, rank in best.items()}


def counted(issues: Iterable[Iterable[str]]) -> Counter[str]:
    """How many issues have each spelling."""
    return Counter(spelling for spellings in issues for spelling in spellings)


def respelled(copies: Sequence[Copy], names: Mapping[str, str]) -> Sequence[Copy]:
    """The copies, with their publications spelled as `names` says."""
    return [_respelled(copy, names) for copy in copies]


def _respelled(copy: Copy, names: Mapping[str, str]) -> Copy:
    draft = copy.draft
    facts, by_reader = _named(draft.facts, names), _named(draft.by_reader, names)
    if facts is draft.facts and by_reader is draft.by_reader:
        return copy
    return replace(copy, draft=replace(draft, facts=facts, by_reader=by_reader))


def _named(facts: Facts, names: Mapping[str, str]) -> Facts:
    name = names.get(name_key(facts.publication)) if facts.publication else None
    return facts if name in {None, facts.publication} else replace(facts, publication=name)


# -- the text of one copy ------------------------------------------------------------------------


class MergedText(Struct, frozen=True):
    """The sections and the intro of an issue, who gave the intro, and lines that are in neither."""

    sections: tuple[Section, ...]
    intro: str | None
    intro_from: str | None
    aside: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()


def from_one(section: Section, label: str) -> Section:
    """A section as the source of this name has it."""
    repairs = tuple(replace(repair, source=label) for repair in section.repairs)
    return replace(section, repairs=repairs, origins=(Origin(part="text", source=label),))


def words_of(section: Section) -> str:
    """All that a section says."""
    return "\n".join([section.heading, section.deck or "", plain(section.blocks)])


def cleaned_intro(intro: str | None) -> tuple[str | None, tuple[str, ...]]:
    """An intro without a mail's header and the reader's address, and the lines that were both."""
    if not intro or not (":" in intro or "：" in intro or "@" in intro):
        return intro, ()
    from backissue.ingest.merge.mail_header import without_header  # noqa: PLC0415 - few have one

    return without_header(intro)
