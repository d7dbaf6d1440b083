"""Where each issue in a source starts, and what its first lines say of it."""

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from backissue.ingest.identity import (
    NO_DECISION,
    Decision,
    Evidence,
    EvidenceKind,
    bare_name,
    decide,
    greeted_publication,
    is_periodical,
    known_as,
    overlay,
    reported,
    split_greeting,
    titles,
    without,
)
from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import Line
from backissue.records import Block, BlockKind, Facts
from backissue.text.boilerplate import footer, is_boilerplate
from backissue.text.days import date_line, day_in_title
from backissue.text.prose import count_words, cut, fold, squeeze_runs

# A title line, a byline, a date and a greeting stand within so many blocks of one another.
_REACH: Final = 6
# `Issue 57` is on one of so many first lines.
_NUMBER_REACH: Final = 3
# Characters of a name, of a motto, of the words before an address.
_LONGEST_NAME: Final = 80
_LONGEST_TITLE_LINE: Final = 300
# Characters of a line that says number or day; a title may be in it.
_LONGEST_ISSUE_LINE: Final = 160
# Each letter belongs to one word only, else a line of capitals is tried in every split of it.
_NAME = re.compile(r"[A-Z][\w.’'-]*+(?:\s[A-Z][\w.’'-]*+){0,3}")
_DAY_AND_AUTHOR = re.compile(r"\s+[·•|]\s+|\s+(?=by\s)", re.IGNORECASE)


@dataclass(slots=True)
class Masthead:
    """What the lines before the first section say, and the lines themselves.

    `facts` are those known so far; `decision` weighs all `evidence` in the end.
    """

    facts: Facts
    decision: Decision = NO_DECISION
    evidence: list[Evidence] = field(default_factory=list)
    boilerplate: list[str] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    subtitle: str | None = None

    def take(self, kind: EvidenceKind, text: str, found: Facts) -> None:
        """Add what a line says; it outweighs the lines above it."""
        self.facts = overlay(self.facts, found)
        self.evidence[:0] = reported(kind, found, text)


def issues(
    lines: Sequence[Line], publication: str | None
) -> Iterator[tuple[Decision, Sequence[Line]]]:
    """What each issue's title line says, and its lines. Lines above the first are its, too."""
    starts = _title_lines(lines, publication)
    if not starts:
        yield NO_DECISION, lines
        return
    places = [*sorted(starts), len(lines)]
    before = lines[: places[0]]
    for start, end in pairwise(places):
        title = starts[start]
        facts = replace(title.facts, publication=known_as(title.publication, publication))
        found = reported(EvidenceKind.TITLE_LINE, facts, lines[start].block.text)
        yield decide(found), [*before, *lines[start:end]]
        before = ()


def _title_lines(lines: Sequence[Line], said: str | None) -> dict[int, titles.TitleLine]:
    """The title lines, by place.

    `Claude 3: what it means` has the form of one, so form is not enough: the publication must be
    known otherwise, or the line opens the document, or a byline or a greeting is below it.
    """
    greeted = {greeted_publication(line.block.text) for line in lines}
    known = {bare_name(name) for name in (*greeted, said) if name}
    found: dict[int, titles.TitleLine] = {}
    for place, line in enumerate(lines):
        block = line.block
        if (
            block.kind in {BlockKind.PARAGRAPH, BlockKind.HEADING}
            and len(block.text) < _LONGEST_TITLE_LINE
        ):
            title = titles.title_line(block.text)
            if title and _is_title(title, lines, place, known):
                found[place] = title
    return found


def _is_title(title: titles.TitleLine, lines: Sequence[Line], place: int, known: set[str]) -> bool:
    below = [line.block for line in lines[place + 1 : place + 1 + _REACH]]
    # `Welcome to the seventh Harbour Letter` greets with the name as well.
    name = re.escape(bare_name(title.publication).removeprefix("the "))
    if any(re.search(rf"(?:^|\s){name}$", other) for other in known):
        # A sub-heading about an older issue has no masthead; a title line in one document is first.
        return place <= 1 or any(map(_is_masthead, below))
    if below and (grammar.is_byline(below[0].text) or _day(below[0].text)):
        return True
    return place == 0 and not known and title.sure and bool(below) and not grammar.deck(below[0])


def _is_masthead(block: Block) -> bool:
    return grammar.is_byline(block.text) or greeted_publication(block.text) is not None


def read_masthead(lines: Sequence[Line], title: Decision, carrier: Decision) -> Masthead:
    """Split title line, byline, date, greeting and buttons from the body of the issue.

    `title` is what the title line says, `carrier` what the carrier says.
    """
    known = decide((*title.evidence, *carrier.evidence)).facts
    start = replace(title.facts, number=known.number, title=known.title)
    standing = footer([line.block for line in lines])
    kept = [line for place, line in enumerate(lines) if place not in standing]
    masthead = _read(kept, start, known)
    evidence = (*masthead.evidence, *title.evidence, *carrier.evidence)
    masthead.decision = _without_name_for_title(decide(evidence))

    masthead.boilerplate += [
        lines[place].block.text for place in sorted(standing) if lines[place].block.runs
    ]
    return masthead


def _without_name_for_title(decision: Decision) -> Decision:
    """The facts of `The Lathe #7` without a title that only repeats the publication's name."""
    facts = decision.facts
    named = facts.number is not None and facts.publication and facts.title
    if named and bare_name(facts.title or "") == bare_name(facts.publication or ""):
        return without(decision, "title")
    return decision


def _read(lines: Sequence[Line], start: Facts, title: Facts) -> Masthead:
    masthead = Masthead(facts=start)
    for place, line in enumerate(lines):
        text = line.block.text
        # A day below the first words of an issue is that of an event in it.
        alone = place + 1 < len(lines) and lines[place + 1].is_rule
        on_top = place < _REACH and all(
            _may_stand_on_top(known, alone=alone) for known in masthead.body
        )
        if on_top and masthead.facts.date is None and (day := _day(text)):
            masthead.take(EvidenceKind.DAY_LINE, text, Facts(date=day))
            _take_name(masthead, dated=True)
            masthead.boilerplate.append(text)
        elif _is_standing(lines, place, title) or _is_author(lines, place, title):
            masthead.boilerplate.append(text)
        elif place < _REACH and (volume := titles.in_volume(text)):
            _take_volume(masthead, text, volume, title.publication)
            masthead.boilerplate.append(text)
        elif on_top and (day := _day_of_name(text, title.publication)):
            masthead.take(EvidenceKind.DAY_LINE, text, Facts(date=masthead.facts.date or day))
            masthead.boilerplate.append(text)
        elif on_top and (said := _issue_of(lines, place, masthead)):
            masthead.take(EvidenceKind.ISSUE_LINE, text, said)
            masthead.boilerplate.append(text)
        elif on_top and masthead.facts.title is None and _is_page_title(lines, place):
            heading = grammar.heading_text(text) or text
            masthead.take(EvidenceKind.HEADING, text, Facts(title=heading))
            masthead.boilerplate.append(text)
        elif on_top and place == 0 and _is_page_title(lines, place):
            # The carrier gave another title; this one is a line of the issue.
            masthead.subtitle = text
        elif on_top and _is_subtitle(lines, place):
            masthead.subtitle = "\n\n".join(filter(None, [masthead.subtitle, text]))
        else:
            _take_greeting(masthead, line, carrier=title.publication)
    return masthead


def _day(text: str) -> datetime.date | None:
    """The day a line names, alone or beside the author: `June 3, 2024 by Ada Moore`."""
    parts = _DAY_AND_AUTHOR.split(text)
    if grammar.is_byline(text) and len(parts) == 1:
        parts = _signed_and_dated(text)
    days = [day for part in parts if (day := date_line(part))]
    others = [part for part in parts if not date_line(part)]
    aside = len(text) <= _LONGEST_NAME and date_line(parts[0]) is not None
    aside = aside or all(grammar.is_byline(part) or is_boilerplate(part) for part in others)
    return days[0] if len(days) == 1 and aside else None


def _signed_and_dated(text: str) -> list[str]:
    """The author and the day of a byline: `by Ada Moore, June 3, 2024`; or the line as it is."""
    for gap in re.finditer(r",?\s+(?:on\s+)?", text):
        if date_line(text[gap.end() :]):
            return [text[: gap.start()], text[gap.end() :]]
    return [text]


def _day_of_name(text: str, publication: str | None) -> datetime.date | None:
    """The day after the publication's own name: `The Lathe 2024-06-03`."""
    dated = day_in_title(text) if publication else None
    own = dated and bare_name(dated[0]) == bare_name(publication or "")
    return dated[1] if dated and own else None


def _is_subtitle(lines: Sequence[Line], place: int) -> bool:
    """Whether a heading is between the document's title and its date or byline."""
    below = [line.block.text for line in lines[place + 1 : place + 3]]
    headed = lines[place].block.kind is BlockKind.HEADING and place > 0
    return headed and any(grammar.is_byline(text) or _day(text) is not None for text in below)


def _is_name(text: str) -> bool:
    """Whether a line is a name, as between a title and its date: `Ada Moore`."""
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def _may_stand_on_top(line: Line, *, alone: bool) -> bool:
    """Whether a line may be above the issue's day: a name, an address, a separator.

    Above one that a separator parts from what follows, a motto may, too.
    """
    text = line.block.text
    if titles.is_volume(text):
        return True
    motto = alone and len(text) <= _LONGEST_NAME and text[-1:] not in ".!?:"
    return line.is_rule or _is_name(text) or "://" in text[:_LONGEST_NAME] or motto


def _issue_of(lines: Sequence[Line], place: int, masthead: Masthead) -> Facts | None:
    """The number or day of its issue in one of the first lines: `Issue 57`, `#12 – Cranes`.

    A name alone above a number is the publication's. `No. 1: Cranes`, `No. 2: Locks` are a list.
    """
    text = _unbuttoned(lines[place].block.text)
    if place >= _NUMBER_REACH or len(text) > _LONGEST_ISSUE_LINE:
        return None
    own = _is_page_title(lines, place)
    title = titles.numbered(text) or (titles.ends_in_number(text) if own else None)
    if title and title.number == masthead.facts.number and title.title is None:
        # `Issue 88 · 14 June 2021`, below a title that had the number, too.
        return Facts(date=title.date if masthead.facts.date is None else None)
    if title and masthead.facts.number is None:
        if any(titles.numbered(line.block.text) for line in lines[place + 1 :]):
            return None
        _take_name(masthead, dated=False)
    elif (own or place == 0) and masthead.facts.title is None:
        title = titles.dated(text)
    else:
        title = None
    return title


def _unbuttoned(text: str) -> str:
    """`Issue 12 // 3 June 2024 // View in your browser` without the button."""
    parts = [part for part in re.split(r"\s+(?://|[·•|])\s+", text) if not is_boilerplate(part)]
    return " · ".join(parts) if len(parts) > 1 or parts != [text] else text


def _take_name(masthead: Masthead, *, dated: bool) -> None:
    """Use the only name above a number as the publication's; above a day, if it sounds like one.

    `Ada Moore` may stand above a day as well.
    """
    names = [line for line in masthead.body if _is_name(line.block.text)]
    if len(names) != 1 or masthead.facts.publication is not None:
        return
    name = names[0].block.text
    if not dated or is_periodical(name):
        masthead.body.remove(names[0])
        masthead.boilerplate.append(name)
        masthead.take(EvidenceKind.NAME_LINE, name, Facts(publication=name))


def _take_volume(masthead: Masthead, text: str, volume: Facts, carrier: str | None) -> None:
    """Use name and day of `Vol. 3, No. 7 -- May 5, 1998`; its number is not the issue's."""
    known = Facts(publication=carrier or volume.publication, date=volume.date)
    found = overlay(known, masthead.facts)
    masthead.take(
        EvidenceKind.VOLUME_LINE, text, Facts(publication=found.publication, date=found.date)
    )
    _take_name(masthead, dated=False)


def _is_page_title(lines: Sequence[Line], place: int) -> bool:
    """Whether a heading is the document's own: the only one of the highest rank."""
    own = lines[place].block
    if own.kind is not BlockKind.HEADING or len(lines) == place + 1:
        return False
    others = [
        line.block.level
        for number, line in enumerate(lines)
        if number != place and line.block.kind is BlockKind.HEADING
    ]
    return own.level < min(others, default=2)


def _is_standing(lines: Sequence[Line], place: int, title: Facts) -> bool:
    """Whether a line is boilerplate, or only repeats title, author or publication."""
    if lines[place].is_rule:
        return False
    text = lines[place].block.text
    if is_boilerplate(text):
        return True
    if place >= _REACH:
        return False
    name = title.publication
    if fold(text).casefold() in {fold(known).casefold() for known in (name, title.title) if known}:
        # An issue may be called as its first section is.
        return place + 1 == len(lines) or grammar.deck(lines[place + 1].block) is None
    line = titles.title_line(text) if title.number is not None else None
    own = line is not None and (line.publication, line.number) == (name, title.number)
    return own or (title.number is not None and grammar.is_byline(text))


def _is_author(lines: Sequence[Line], place: int, title: Facts) -> bool:
    """`Ada Moore` on the line below the title line."""
    if place != 1 or title.number is None or len(lines) < 3:
        return False
    own, below = lines[1].block, lines[2].block
    named = own.joined and count_words(own.text) > 1 and _is_name(own.text)
    return named and not below.joined and _is_standing(lines, 0, title)


def _take_greeting(masthead: Masthead, line: Line, *, carrier: str | None) -> None:
    """Keep a line without a greeting's usual words; the greeting may name the publication.

    The carrier is surer: `Welcome to the tenth issue of the Lathe` has many forms. But
    where its title names what the greeting does, its publication is the one who sends.
    """
    if len(masthead.body) < _REACH:
        text = line.block.text
        name = greeted_publication(text)
        titled = name and bare_name(masthead.facts.title or "") == bare_name(name)
        if name and masthead.facts.publication is None and (carrier is None or titled):
            masthead.take(EvidenceKind.GREETING, text, Facts(publication=name))
        standing, news = split_greeting(text)
        if standing:
            masthead.boilerplate.append(standing)
            if not news.strip():
                return
            runs = cut(line.block.runs, len(standing))
            line = replace(line, block=replace(line.block, runs=squeeze_runs(runs)))
    masthead.body.append(line)
