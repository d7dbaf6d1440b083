"""Where each issue in a source starts, and what its first lines say of it."""

import datetime
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from backissue.ingest.identity import (
    NO_DECISION,
    Decision,
    Evidence,
    EvidenceKind,
    bare_name,
    dated,
    day_beside,
    decide,
    ends_in_name,
    greeted_publication,
    is_letter,
    is_periodical,
    known_as,
    overlay,
    reported,
    split_greeting,
    titles,
    without_name_for_title,
)
from backissue.ingest.structure import grammar
from backissue.ingest.structure.lines import (
    Line,
    is_name_and_day,
    is_page_title,
    may_stand_on_top,
    volume_line,
)
from backissue.records import Block, BlockKind, Facts
from backissue.text.boilerplate import footer, is_boilerplate, is_template, names_button, says_cut
from backissue.text.prose import count_words, cut, fold, squeeze_runs

# A title line, a byline, a date and a greeting stand within so many blocks of one another.
_REACH: Final = 6
# `Issue 57` is on one of so many first lines.
_NUMBER_REACH: Final = 3
_LONGEST_TITLE_LINE: Final = 300
# Characters of a line that says number or day; a title may be in it.
_LONGEST_ISSUE_LINE: Final = 160
_ONE_SENTENCE = re.compile(r"[^.!?]{1,80}[.!?]*")


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
    lines: Sequence[Line], publication: str | None, carrier: Decision = NO_DECISION
) -> Iterator[tuple[Decision, Sequence[Line]]]:
    """What each issue's title line says, and its lines. Lines above the first are its, too.

    `publication` is what you call it, `carrier` what the text's carrier says.
    """
    publication = publication or carrier.facts.publication
    titled = _title_lines(lines, publication, carrier)
    starts = {place: title.facts for place, title in titled.items()}
    if not starts and carrier.facts.title is None and carrier.facts.date is None:
        from backissue.ingest.structure import dated_issues  # noqa: PLC0415 - few have no carrier

        starts = dated_issues.dated_issues(lines)
    if not starts:
        yield NO_DECISION, lines
        return
    places = [*sorted(starts), len(lines)]
    before = lines[: places[0]]
    for start, end in pairwise(places):
        said = starts[start]
        greeted = (greeted_publication(line.block.text) for line in lines[start : start + _REACH])
        name = known_as(said.publication or "", publication, *greeted)
        facts = replace(said, publication=name)
        found = reported(EvidenceKind.TITLE_LINE, facts, lines[start].block.text)
        yield decide(found), [*before, *lines[start:end]]
        before = ()


def _title_lines(
    lines: Sequence[Line], said: str | None, carrier: Decision
) -> dict[int, titles.TitleLine]:
    """The title lines, by place.

    `Claude 3: what it means` has the form of one, so form is not enough: the publication must be
    known otherwise, or the line opens the document, or a byline or a greeting is below it. In what
    a carrier calls one issue, only the known publication's title lines start others.
    """
    greeted = {greeted_publication(line.block.text) for line in lines}
    known = {name for name in (*greeted, said) if name}
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
    if carrier.facts.title is None and carrier.facts.date is None:
        return found
    return _within_one(found, carrier, said, {name for name in greeted if name})


def _within_one(
    found: dict[int, titles.TitleLine], carrier: Decision, said: str | None, greeted: set[str]
) -> dict[int, titles.TitleLine]:
    """Of these title lines, those that count in a text that its carrier calls one issue.

    The carrier has a title or a day of its own: a mail's Subject, a feed's entry, front matter. It
    outranks a line of the text, so `Claude 3` above a byline is a story's heading. A title line of
    the same publication counts, and where the carrier has a number, only one with that number: a
    list of earlier issues has others.
    """
    own = {place: title for place, title in found.items() if _is_own(title, said, greeted)}
    first = next((found[place] for place in (0, 1) if place in found), None)
    if not own and first and _may_rename(first, carrier):
        name = bare_name(first.publication)
        own = {place: one for place, one in found.items() if bare_name(one.publication) == name}
    number = carrier.facts.number
    return {place: one for place, one in own.items() if number in {None, one.number}}


def _is_own(title: titles.TitleLine, said: str | None, greeted: set[str]) -> bool:
    """Whether a title line names the publication that the carrier or a greeting names."""
    name = bare_name(title.publication)
    ends = title.marked and ends_in_name(said or "", name)
    return bare_name(said or "") == name or ends or _is_known(title, greeted)


def _may_rename(first: titles.TitleLine, carrier: Decision) -> bool:
    """Whether the first line may name the publication though the carrier names another.

    A mail's From, if nothing better is known, is a person who sends it.
    """
    named = next((one.kind for one in carrier.evidence if one.fact == "publication"), None)
    weak = named in {None, EvidenceKind.SENDER}
    # `The Boeing 737` sounds like a newsletter as well, and is none.
    says_so = is_periodical(first.publication.removeprefix("The "))
    return (first.sure and says_so) or (first.marked and (weak or is_periodical(first.publication)))


def _is_title(title: titles.TitleLine, lines: Sequence[Line], place: int, known: set[str]) -> bool:
    below = [line.block for line in lines[place + 1 : place + 1 + _REACH]]
    if _is_known(title, known):
        # A sub-heading about an older issue has no masthead; a title line in one document is first.
        return place <= 1 or any(map(_is_masthead, below))
    if below and (grammar.is_byline(below[0].text) or _day(below[0].text)):
        return True
    alone = not known or is_letter(title.name)
    first = place <= _REACH and all(is_boilerplate(line.block.text) for line in lines[:place])
    return first and alone and title.sure and bool(below) and not grammar.deck(below[0])


def _is_known(title: titles.TitleLine, known: set[str]) -> bool:
    # `Welcome to the seventh Harbour Letter` greets with the name as well.
    name = bare_name(title.publication)
    return any(ends_in_name(other, name) for other in known)


def _is_masthead(block: Block) -> bool:
    return grammar.is_byline(block.text) or greeted_publication(block.text) is not None


def read_masthead(lines: Sequence[Line], title: Decision, carrier: Decision) -> Masthead:
    """Split title line, byline, date, greeting and buttons from the body of the issue.

    `title` is what the title line says, `carrier` what the carrier says.
    """
    told = decide((*title.evidence, *carrier.evidence))
    known = told.facts
    start = replace(title.facts, number=known.number, volume=known.volume, title=known.title)
    standing = footer([line.block for line in lines])
    kept = [line for place, line in enumerate(lines) if place not in standing]
    masthead = _read(kept, start, known, _namesakes(kept, told))
    evidence = (*masthead.evidence, *title.evidence, *carrier.evidence)
    masthead.decision = without_name_for_title(decide(evidence))
    if not masthead.body and (carrier.facts.title or carrier.facts.number is not None):
        # A post that says nothing but `Issue #504` says it.
        said = {line.block.text for line in kept if titles.numbered(line.block.text)}
        masthead.body = [line for line in kept if line.block.text in said]
        masthead.boilerplate = [text for text in masthead.boilerplate if text not in said]
    masthead.boilerplate += [
        lines[place].block.text for place in sorted(standing) if lines[place].block.runs
    ]
    return masthead


def _namesakes(lines: Sequence[Line], told: Decision) -> frozenset[int]:
    """The places of lines that head a section, though they say the issue's title."""
    title = fold(told.facts.title or "").casefold()
    few = (line.block.text for line in lines if 0 < len(line.block.text) < 2 * len(title))
    if not any(fold(text).casefold() == title for text in few):
        return frozenset()
    from backissue.ingest.structure.namesakes import namesakes  # noqa: PLC0415 - few have any

    return namesakes(lines, told)


def _read(lines: Sequence[Line], start: Facts, title: Facts, sections: Collection[int]) -> Masthead:
    """Read line by line; those at `sections` head a section whatever they say."""
    masthead = Masthead(facts=start)
    for place, line in enumerate(lines):
        text = line.block.text
        alone = place + 1 < len(lines) and lines[place + 1].is_rule
        on_top = place < _REACH and all(
            may_stand_on_top(known, alone=alone) for known in masthead.body
        )
        numbered = place >= _NUMBER_REACH or masthead.facts.number is not None
        if (
            on_top
            and masthead.facts.date is None
            and (day := _top_day(lines, place, numbered=numbered))
        ):
            masthead.take(EvidenceKind.DAY_LINE, text, Facts(date=day))
            _take_name(masthead, dated=True)
            masthead.boilerplate.append(text)
        elif place not in sections and (
            _is_standing(lines, place, title) or (on_top and grammar.is_bylines_day(line.block))
        ):
            masthead.boilerplate.append(text)
        elif place < 2 * _REACH and (volume := volume_line(text, dated=place >= _REACH)):
            _take_volume(masthead, text, volume, title.publication)
            masthead.boilerplate.append(text)
        elif on_top and (day := day_beside(text, title.publication)):
            masthead.take(EvidenceKind.DAY_LINE, text, Facts(date=masthead.facts.date or day))
            masthead.boilerplate.append(text)
        elif said := _issue_of(lines, place, masthead, on_top=on_top):
            masthead.take(EvidenceKind.ISSUE_LINE, text, said)
            masthead.boilerplate.append(text)
        elif on_top and masthead.facts.title is None and is_page_title(lines, place):
            heading = grammar.heading_text(text) or text
            masthead.take(EvidenceKind.HEADING, text, Facts(title=heading))
            masthead.boilerplate.append(text)
        elif on_top and place == 0 and is_page_title(lines, place):
            # The carrier gave another title; this one is a line of the issue.
            masthead.subtitle = text
        elif on_top and _is_subtitle(lines, place):
            masthead.subtitle = "\n\n".join(filter(None, [masthead.subtitle, text]))
        else:
            may_greet = len(masthead.body) < _REACH
            _take_line(masthead, line, carrier=title.publication, may_greet=may_greet)
    return masthead


def _top_day(lines: Sequence[Line], place: int, *, numbered: bool) -> datetime.date | None:
    """The day that one of the first lines names; beside a name in a title, the title has it."""
    block = lines[place].block
    titled = place == 0 or block.kind is BlockKind.HEADING
    return _day(block.text, numbered=numbered, named=not titled)


def _day(text: str, *, numbered: bool = True, named: bool = True) -> datetime.date | None:
    """The day a line names, alone or beside words that say no more: see `day_lines`."""
    if not re.search(r"\d", text):
        return None
    from backissue.ingest.structure import day_lines  # noqa: PLC0415 - few lines have a number

    return day_lines.day_of_line(text, numbered=numbered, named=named)


def _unbuttoned(text: str) -> tuple[str, bool]:
    """A line without buttons; and whether it can only be that of an issue's number and day."""
    if not re.search(r"\d", text):
        return text, False
    from backissue.ingest.structure import day_lines  # noqa: PLC0415 - as in `_day`

    line = day_lines.unbuttoned(text)
    return line, day_lines.is_of_issue(line)


def _is_subtitle(lines: Sequence[Line], place: int) -> bool:
    """Whether a heading is between the document's title and its date or byline."""
    below = [line.block.text for line in lines[place + 1 : place + 3]]
    headed = lines[place].block.kind is BlockKind.HEADING and place > 0
    return headed and any(grammar.is_byline(text) or _day(text) is not None for text in below)


def _issue_of(
    lines: Sequence[Line], place: int, masthead: Masthead, *, on_top: bool
) -> Facts | None:
    """The number or day of its issue in one of the first lines: `Issue 57`, `#12 – Cranes`.

    A name alone above a number is the publication's. `No. 1: Cranes`, `No. 2: Locks` are a list.
    """
    text, sure = _unbuttoned(lines[place].block.text)
    own = place < _NUMBER_REACH and is_page_title(lines, place)
    near = place < (_REACH if sure else _NUMBER_REACH if on_top or own else 0)
    if len(text) > _LONGEST_ISSUE_LINE or not near:
        return None
    title = titles.numbered(text) or (titles.ends_in_number(text) if own else None)
    if own and title is None and (greeted := titles.welcomed(text)):
        title = replace(greeted, title=text)
    if title and title.number == masthead.facts.number and title.title is None:
        # `Issue 88 · 14 June 2021`, below a title that had the number, too.
        return Facts(date=title.date if masthead.facts.date is None else None)
    if title and masthead.facts.number is None:
        if any(titles.numbered(line.block.text) for line in lines[place + 1 :]):
            return None
        _take_name(masthead, dated=False)
    elif below := _titled_below(text, place, masthead):
        title = below
    elif masthead.facts.title is None:
        title = dated(text)
        # Below the first line only a name beside the day says that the line is the issue's.
        title = title if own or place == 0 or (title and title.publication) else None
    else:
        title = None
    return title


def _titled_below(text: str, place: int, masthead: Masthead) -> Facts | None:
    """What `Daily Digest #320` says below a title that has no number."""
    line = titles.title_line(text) if place and masthead.facts.number is None else None
    if line is None or line.title is not None or not line.sure or not is_periodical(line.name):
        return None
    return replace(line.facts, publication=masthead.facts.publication or line.publication)


def _is_standing(lines: Sequence[Line], place: int, title: Facts) -> bool:
    """Whether a line is boilerplate, or only repeats title, author or publication."""
    if lines[place].is_rule:
        return False
    text = lines[place].block.text
    below = lines[place + 1].block.text if place + 1 < len(lines) else ""
    before_cut = not text.strip("….") and says_cut(below)  # `…` above `[Message clipped]`
    template = lines[place].block.kind is not BlockKind.CODE and is_template(text)
    if template or is_boilerplate(text) or before_cut or _is_author(lines, place, title):
        return True
    name = title.publication
    if name and (names_button(text, name) or (place < _REACH and is_name_and_day(text, name))):
        return True
    if place >= _REACH:
        return False
    if fold(text).casefold() in {fold(known).casefold() for known in (name, title.title) if known}:
        # An issue may be called as its first section is.
        return place + 1 == len(lines) or grammar.deck(lines[place + 1].block) is None
    line = titles.title_line(text) if title.number is not None else None
    same = line is not None and line.number == title.number
    own = same and line and known_as(line.publication, name) == name
    return bool(own) or (title.number is not None and grammar.is_byline(text))


def _is_author(lines: Sequence[Line], place: int, title: Facts) -> bool:
    """`Ada Moore` on the line below the title line."""
    if place != 1 or title.number is None or len(lines) < 3:
        return False
    own, below = lines[1].block, lines[2].block
    named = own.joined and count_words(own.text) > 1 and grammar.is_name(own.text)
    return named and not below.joined and _is_standing(lines, 0, title)


def _take_name(masthead: Masthead, *, dated: bool) -> None:
    """Use the only name above a number as the publication's; above a day, if it sounds like one.

    Of several, use the only one that does. `Ada Moore` may stand there as well.
    """
    title = masthead.facts.title or ""
    named = is_letter(title) or (masthead.facts.volume is not None and is_periodical(title))
    if not dated and masthead.facts.publication is None and named:
        masthead.take(EvidenceKind.NAME_LINE, title, Facts(publication=title))
    named_lines = [line for line in masthead.body if grammar.is_name(line.block.text)]
    names = [line.block.text for line in named_lines]
    if len(names) > 1 or dated:
        names = [name for name in names if is_periodical(name)]
    if len(names) != 1 or masthead.facts.publication is not None:
        return
    # Beside the name stand those of people, and of pictures.
    masthead.body = [line for line in masthead.body if line not in named_lines]
    masthead.boilerplate += [line.block.text for line in named_lines]
    masthead.take(EvidenceKind.NAME_LINE, names[0], Facts(publication=names[0]))


def _take_volume(masthead: Masthead, text: str, volume: Facts, carrier: str | None) -> None:
    """Use what `Vol. 3, No. 7 -- May 5, 1998` says, and the name in it, if there is no better."""
    known = replace(volume, publication=carrier or volume.publication)
    if masthead.facts.number not in {None, volume.number}:
        known = replace(known, number=None, volume=None)
    found = overlay(known, masthead.facts)
    known = replace(known, publication=found.publication, date=found.date)
    masthead.take(EvidenceKind.VOLUME_LINE, text, known)
    _take_name(masthead, dated=False)


def _take_line(masthead: Masthead, line: Line, *, carrier: str | None, may_greet: bool) -> None:
    """Keep a line of the body, without the usual words of a greeting if it is one."""
    if kept := _without_greeting(masthead, line, carrier) if may_greet else line:
        masthead.body.append(kept)


def _without_greeting(masthead: Masthead, line: Line, carrier: str | None) -> Line | None:
    """A line without a greeting's usual words; the greeting may name the publication.

    The carrier is surer: `Welcome to the tenth issue of the Lathe` has many forms. But
    where its title names what the greeting does, its publication is the one who sends.
    """
    text = line.block.text
    name = greeted_publication(text)
    titled = name and bare_name(masthead.facts.title or "") == bare_name(name)
    if name and masthead.facts.publication is None and (carrier is None or titled):
        masthead.take(EvidenceKind.GREETING, text, Facts(publication=name))
    if _take_welcome(masthead, text, carrier) and _ONE_SENTENCE.fullmatch(text):
        masthead.boilerplate.append(text)
        return None
    standing, news = split_greeting(text)
    if standing:
        masthead.boilerplate.append(standing)
        if not news.strip():
            return None
        runs = cut(line.block.runs, len(standing))
        line = replace(line, block=replace(line.block, runs=squeeze_runs(runs)))
    return line


def _take_welcome(masthead: Masthead, text: str, carrier: str | None) -> bool:
    """Use the number of `Welcome to issue #12!`, and the name of `… issue #12 of Harbour Notes`."""
    greeted = titles.welcomed(text) if masthead.facts.number is None else None
    if greeted is None:
        return False
    known = masthead.facts.publication or carrier
    facts = replace(greeted, publication=None) if known else greeted
    masthead.take(EvidenceKind.GREETING, text, facts)
    return True
