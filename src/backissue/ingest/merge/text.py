"""The text of an issue from several copies: one structure, and the best version of each section.

The structure is that of a whole copy, and of several that of which most copies have the headings;
of two, sections with decks and whys come before bare cuts. What the other copies have is found in
it or put in, and nothing that it has already is put in once more under another cut.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from backissue.ingest.merge.copies import Copy, MergedText, are_alike, cleaned_intro, words_of
from backissue.records import VERBATIM, Block, Flaw, Link, Origin, Section
from backissue.text.prose import WORD, compared, fingerprints_of, fold

# Percent of the longest version's words: one with fewer is not whole.
_WHOLE_PERCENT: Final = 80


def merged(ranked: Sequence[Copy], labels: Mapping[str, str]) -> MergedText:
    """The text of an issue, from its copies, of which the best comes first."""
    chosen = sorted(ranked, key=_structure_ranks(ranked))
    base = chosen[0]
    cleaned = {copy.order: cleaned_intro(copy.draft.intro) for copy in chosen}
    aside = [line for copy in chosen for line in cleaned[copy.order][1]]
    slots: list[_Slot] = []
    for copy in chosen:
        aside += _fit(slots, labels[copy.ref.source], copy.draft.sections)
    alike = len({frozenset(map(_heading, copy.draft.sections)) for copy in chosen}) == 1
    # In one structure no copy's intro is another's section.
    own = "" if alike else cleaned[base.order][0]
    place = {labels[copy.ref.source]: at for at, copy in enumerate(ranked)}
    for slot in slots:
        slot.versions.sort(key=lambda version: place[version[0]])
    held = _worded("\n".join(words_of(slot.versions[0][1]) for slot in slots))
    intros = [
        (labels[copy.ref.source], intro) for copy in ranked if (intro := cleaned[copy.order][0])
    ]
    intros = _ordered_intros(intros, own, held)
    flaws = tuple(flaw for intro in intros[1:] for flaw in _differences(intros[0], intro))
    return MergedText(
        sections=tuple(_best(slot.versions) for slot in slots),
        intro=intros[0][1] if intros else None,
        intro_from=intros[0][0] if intros else None,
        aside=tuple(aside),
        flaws=flaws,
    )


def _structure_ranks(ranked: Sequence[Copy]) -> Callable[[Copy], tuple[object, ...]]:
    """A key that is smallest for the copy whose sections are the issue's."""
    longest = max(_word_count(copy) for copy in ranked)
    most = max(len(copy.draft.sections) for copy in ranked)
    heads = {copy.order: frozenset(map(_heading, copy.draft.sections)) for copy in ranked}
    structures = Counter(heads.values())

    def votes(own: frozenset[tuple[str, ...]]) -> int:
        return sum(
            count * 1000 * len(own & other) // max(len(own | other), 1)
            for other, count in structures.items()
        )

    agreed = {own: votes(own) for own in structures}
    few = len(ranked) < 3  # two copies have no majority

    def key(copy: Copy) -> tuple[object, ...]:
        sections = copy.draft.sections
        marked = sum((section.deck is not None) + (section.why is not None) for section in sections)
        return (
            _word_count(copy) * 100 < longest * _WHOLE_PERCENT,
            len(sections) == 1 < most,
            0 if few else -agreed[heads[copy.order]],
            -marked,
            -len(sections),
            *rank(copy),
        )

    return key


def _word_count(copy: Copy) -> int:
    """How many words a copy has, with its headings: another may have them in its text."""
    return sum(len(WORD.findall(words_of(section))) for section in copy.draft.sections)


def _is_whole(words: int, longest: int) -> bool:
    return words * 100 >= longest * _WHOLE_PERCENT


def _heading(section: Section) -> tuple[str, ...]:
    return tuple(WORD.findall(fold(section.heading).casefold()))


def rank(copy: Copy) -> tuple[object, ...]:
    """Smallest for the copy that keeps most of what the author wrote."""
    sections = copy.draft.sections
    blocks = [block for section in sections for block in section.blocks]
    return (*lost_look(blocks), -sum(section.words for section in sections), copy.order)


def lost_look(blocks: Sequence[Block]) -> tuple[bool, bool, bool, bool]:
    """Whether blocks have no links, nothing bold, no code or table, and no lines in paragraphs."""
    runs = [run for block in blocks for run in block.runs]
    return (
        not any(run.url for run in runs),
        not any(run.strong for run in runs),
        not any(block.kind in VERBATIM for block in blocks),
        not any(block.joined for block in blocks),
    )


# -- intros -------------------------------------------------------------------------------------


def _worded(text: str) -> str:
    return " ".join(WORD.findall(fold(text).casefold()))


def _ordered_intros(
    intros: Sequence[tuple[str, str]], own: str | None, held: str
) -> list[tuple[str, str]]:
    """The intros, the best first: that of the structure, or one that has all of it and more.

    Without one, the intro that most copies have, and of equals a sound and long one. What the
    sections have already is no intro.
    """
    versions = Counter(_worded(intro) for _, intro in intros)
    mine = _worded(own or "")

    def key(intro: tuple[str, str]) -> tuple[object, ...]:
        words = _worded(intro[1])
        return ("\ufffd" in intro[1], mine not in words, -versions[words], -len(intro[1]))

    ordered = sorted(intros, key=key)
    if own is None:
        ordered = [intro for intro in ordered if f" {_worded(intro[1])} " not in f" {held} "]
    return ordered


# -- sections across copies ---------------------------------------------------------------------


class _Slot(Struct, eq=False):
    """One section as the copies have it, each version with its source's name."""

    versions: list[tuple[str, Section]]
    heading: tuple[str, ...]
    fingerprints: frozenset[int]


def _fit(slots: list[_Slot], name: str, sections: Sequence[Section]) -> list[str]:
    """Put one copy's sections into the slots they are versions of, and others between them.

    Two sections of one copy never share a slot, even if both are called “In brief”. One that the
    slots have in another cut is not put in again; what they lack of it is returned.
    """
    free, left = _Free(slots), _Remaining(slots)
    aside: list[str] = []
    after = 0
    for section in sections:
        own = _Slot(
            versions=[(name, section)],
            heading=_heading(section),
            fingerprints=fingerprints_of(compared(section.blocks)),
        )
        lacking = left.takes(own, section)
        if lacking is not None:
            aside += lacking if left.mentions(section.heading) else [section.heading, *lacking]
            continue
        slot = free.take(own)
        if slot is None:
            slots.insert(after, own)
            after += 1
        else:
            left.use(slot, section)
            slot.versions += own.versions
            after = slots.index(slot) + 1
    return aside


class _Remaining:
    """The words of the slots that no section of the copy at hand has been found in."""

    def __init__(self, slots: Sequence[_Slot]) -> None:
        self._by_heading = {slot.heading: slot for slot in slots}
        self._places = {id(slot): place for place, slot in enumerate(slots)}
        self._words = {id(slot): slot.versions[0][1].words for slot in slots}
        self._texts = {id(slot): f" {_worded(words_of(slot.versions[0][1]))} " for slot in slots}
        self._all = "|".join(self._texts.values())
        self._by_sentence = {one: slot for slot in slots for one in slot.fingerprints}

    def mentions(self, text: str) -> bool:
        """Whether any slot has these words."""
        return f" {_worded(text)} " in self._all

    def takes(self, own: _Slot, section: Section) -> list[str] | None:
        """Take a section's words where the slots have most of them in another cut.

        The lines that they lack come back; None if it is a version of one slot, or says
        something new.
        """
        twin = self._by_heading.get(own.heading)
        if twin is not None and _is_whole(twin.versions[0][1].words, section.words):
            return None
        held, counts, lacking = self._found(own, section)
        found = sum(counts.values())
        total = found + sum(len(WORD.findall(line)) for line in lacking)
        if not counts or not _is_whole(found, total) or any(map(self._is_new, lacking)):
            return None
        ((slot, most),) = counts.most_common(1)
        if _is_whole(most, total) and _is_whole(section.words, self._words[slot]):
            return None
        self._texts.update(held)
        return lacking

    def _is_new(self, line: str) -> bool:
        """Whether a line is a sentence of its own, and no damaged or edited one of the slots'.

        Half of what it says in three words each would be in them.
        """
        words = _worded(line).split()
        if not fingerprints_of([line]):
            return False
        threes = [" ".join(words[at : at + 3]) for at in range(len(words) - 2)]
        known = sum(f" {three} " in self._all for three in threes)
        return 2 * known < len(threes)

    def _found(
        self, own: _Slot, section: Section
    ) -> tuple[dict[int, str], Counter[int], list[str]]:
        """What slots have left without a section, how much of it each has, and lines none has."""
        sharing = {id(slot) for one in own.fingerprints if (slot := self._by_sentence.get(one))}
        # Without a sentence it may be anywhere; which is looked for only if it is somewhere.
        keys = sorted(sharing, key=self._places.__getitem__) or self._texts
        held = {key: self._texts[key] for key in keys}
        counts: Counter[int] = Counter()
        lacking = []
        for line in chain.from_iterable(
            text.split("\n") for text in (section.deck or "", *compared(section.blocks))
        ):
            words = _worded(line)
            if not words:
                continue
            known = f" {words} " in self._all
            at = next((key for key, text in held.items() if known and f" {words} " in text), None)
            if at is None:
                lacking.append(line.lstrip("> "))
            else:
                held[at] = held[at].replace(f" {words} ", " | ", 1)
                counts[at] += words.count(" ") + 1
        return held, counts, lacking

    def use(self, slot: _Slot, section: Section) -> None:
        """Take the words of a version from its slot: those it has, or if it differs all."""
        if id(slot) not in self._texts:
            return
        for text in compared(section.blocks):
            words, held = _worded(text), self._texts[id(slot)]
            if words and f" {words} " not in held:
                self._texts[id(slot)] = " "
                return
            self._texts[id(slot)] = held.replace(f" {words} ", " | ", 1)


class _Free:
    """The slots that no section of the copy at hand has taken, by heading and by sentence."""

    def __init__(self, slots: Sequence[_Slot]) -> None:
        self._by_heading: dict[tuple[str, ...], deque[_Slot]] = defaultdict(deque)
        self._by_fingerprint: dict[int, list[_Slot]] = defaultdict(list)
        self._taken: set[int] = set()
        for slot in slots:
            self._by_heading[slot.heading].append(slot)
            for fingerprint in slot.fingerprints:
                self._by_fingerprint[fingerprint].append(slot)

    def take(self, own: _Slot) -> _Slot | None:
        """The slot of the same heading, else the first with most sentences in common."""
        known = self._by_fingerprint
        sharing = (slot for one in sorted(own.fingerprints) for slot in known.get(one, ()))
        alike = (slot for slot in sharing if are_alike(own.fingerprints, slot.fingerprints))
        named = self._by_heading.get(own.heading, deque())
        while named and id(named[0]) in self._taken:  # not looked at again: thousands may have it
            named.popleft()
        for slot in chain(named, alike):
            if id(slot) not in self._taken:
                self._taken.add(id(slot))
                return slot
        return None


def _best(versions: Sequence[tuple[str, Section]]) -> Section:
    """The best version of a section, with what only the others have."""
    longest = max(section.words for _, section in versions)
    ordered = sorted(versions, key=lambda version: _section_rank(version[1], longest))
    (name, best), others = ordered[0], ordered[1:]
    repairs = tuple(replace(repair, source=name) for repair in best.repairs)
    origins = (Origin(part="text", source=name),)
    best = replace(best, heading=_cased(ordered), repairs=repairs, origins=origins)
    for other_name, other in others:
        links = _joined_links(best.links, other.links)
        best = replace(
            best,
            deck=best.deck or other.deck,
            why=best.why or other.why,
            links=links,
            mentions=tuple(sorted({*best.mentions, *other.mentions})),
            flaws=best.flaws + _differences((name, words_of(best)), (other_name, words_of(other))),
            origins=best.origins + _added(best, other, links, other_name),
        )
    return best


def _cased(versions: Sequence[tuple[str, Section]]) -> str:
    """The heading of the first version, or as another has it that is not all in capitals."""
    first, *others = (section for _, section in versions)
    if not first.heading.isupper():
        return first.heading
    same = (one.heading for one in others if _heading(one) == _heading(first))
    return next((heading for heading in same if not heading.isupper()), first.heading)


def _added(best: Section, other: Section, links: Sequence[Link], name: str) -> tuple[Origin, ...]:
    """What another version, of the source of this `name`, adds to the best one."""
    added = [
        Origin(part=part, source=name)
        for part in ("deck", "why")
        if getattr(best, part) is None and getattr(other, part) is not None
    ]
    known = set(best.links)
    added += [
        Origin(part="link", source=name, text=link.text) for link in links if link not in known
    ]
    return tuple(added)


def _section_rank(section: Section, longest: int) -> tuple[object, ...]:
    """Smallest for the version that is whole, undamaged, and keeps links, bold and paragraphs.

    Of equals the one that needed least repair.
    """
    return (
        section.words * 100 < longest * _WHOLE_PERCENT,
        len(section.flaws),
        *lost_look(section.blocks),
        sum(len(repair.steps) for repair in section.repairs),
    )


def _joined_links(ours: Sequence[Link], theirs: Sequence[Link]) -> tuple[Link, ...]:
    """Our links with the labels and targets that theirs add, and those that only they have."""
    by_text = {_link_words(link): link for link in theirs}
    known = {_link_words(link) for link in ours}
    targets = {link.url for link in ours if link.url}
    joined = []
    for link in ours:
        other = by_text.get(_link_words(link))
        joined.append(
            replace(link, label=link.label or other.label, url=link.url or other.url)
            if other
            else link
        )
    added = [
        link
        for link in theirs
        if link.url and link.url not in targets and _link_words(link) not in known
    ]
    return (*joined, *added)


def _link_words(link: Link) -> str:
    return " ".join(WORD.findall(fold(link.text).casefold()))


def _differences(best: tuple[str, str], other: tuple[str, str]) -> tuple[Flaw, ...]:
    """The words in which a copy differs from the one that was kept, as flaws."""
    ours, theirs = (WORD.findall(fold(text).casefold()) for _, text in (best, other))
    if ours == theirs:
        return ()
    from backissue.ingest.merge.alignment import differences  # noqa: PLC0415 - copies seldom differ

    return tuple(
        Flaw(
            code="copies-differ",
            text=f"“{' '.join(ours[a:b])}” in {best[0]}, “{' '.join(theirs[c:d])}” in {other[0]}",
        )
        for a, b, c, d in differences(ours, theirs)
    )
