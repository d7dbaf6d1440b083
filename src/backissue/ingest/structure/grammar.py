"""The kinds of line in a newsletter: each function recognises one.

One grammar for all formats. A line is a block with its white space squeezed; where the format kept
the author's bold, the bold decides, and where it did not, the words do.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backissue.records import VERBATIM, Block, BlockKind, Run
from backissue.text.days import is_day_without_year
from backissue.text.prose import count_words, cut, fold, length_in_words, squeeze
from backissue.text.rules import Table, bounded

_RULES = Table(path=Path(__file__).with_suffix(".toml"))

ELLIPSIS = r"(?:…|\.{3,4})"

# `By the river` is a heading.
_BYLINE = re.compile(
    r"by(?:\s+(?!(?:the|an?|my|our|your|its?|all|any|no|now|then|way|far)\b)"
    r"(?P<author>[^\W\d_][^.:;!?\n]{1,60}))?",
    re.IGNORECASE,
)

_DECK_LINE = re.compile(rf"{ELLIPSIS}(?P<deck>.+?){ELLIPSIS}")
_DECK_OPENING = re.compile(rf"{ELLIPSIS}\s*+(?P<deck>.{{9,}}?){ELLIPSIS}(?=[A-Z“\"‘'])")
# Characters: what is longer is a paragraph.
_LONGEST_DECK: Final = 400
LONGEST_HEADING: Final = 250
_LONGEST_IMPRINT = 160
_SHORTEST_WRAP = 45
_LONGEST_CAPITALS: Final = 90
_LONGEST_LINK_LINE: Final = 500
_NO_LINK_LINE = frozenset({BlockKind.HEADING, *VERBATIM})
# A line with a link that opens with a verb, but neither label nor credit, is prose from here on.
_LONGEST_LINKED: Final = 200
# Letters of a heading in capitals; fewer are an abbreviation.
_FEWEST_CAPITALS: Final = 5
# Characters of a name, of a motto, of the words before an address.
LONGEST_NAME: Final = 80
# Each letter belongs to one word only, else a line of capitals is tried in every split of it.
_NAME = re.compile(r"[A-Z][\w.’'-]*+(?:\s[A-Z][\w.’'-]*+){0,3}")
# Words of a heading that has no mark.
MOST_TITLE_WORDS: Final = 15
# Words of a label before an address: `Read more: https://…`.
_MOST_WORDS_OF_LABEL = 2
_LONGEST_DAY = 12  # characters of `26. huhtik.`
_ADDRESS = re.compile(
    r"(?:https?://|ftp://|www\.)\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.\w[\w.-]{1,60}",
    re.IGNORECASE,
)
# What people attach, and what a server runs. `robots.txt` and `Node.js` may be what a story is on.
_FILE_NAME = bounded(
    r"(?:[\w.()-]+ ){0,6}[\w.()-]*\w[)]?\.(?:jpe?g|png|gif|webp|bmp|tiff?|heic|svg|pdf|docx?|xlsx?"
    r"|pptx?|odt|zip|rar|mp[34]|m4a|mov|avi|wav|ics|eml)|[\w.-]*\w\.(?:html?|php|aspx?|jsp|cgi)(?:\?\S*)?"
    r"|\w*[-_\d][\w-]*\.txt",
    LONGEST_HEADING,
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"(?:[(\[](?=[^)\]]{1,5}[)\]])|(?=\w{1,5}[.):]\s))#?(?:(?P<number>\d{1,2})|(?P<roman>[IVX]{1,5}))[.):\]]\s+\S"
)
# What ends a heading in capitals on the line of its text: `STEEL. It …`, `STEEL - It …`.
_LEAD_END = re.compile(r"[.:?!]\s+(?=\S)|\s[-–—]{1,2}\s(?=\S)")
# `三、…`, `十二、…`, `3．…`; no space follows.
_CHINESE = "〇一二三四五六七八九"
_ORDINAL_IN_CHINESE = re.compile(
    rf"(?=[\d{_CHINESE}十])(?:(?P<number>\d{{1,2}})|(?P<tens>[{_CHINESE}](?=十))?(?P<ten>十)?(?P<units>[{_CHINESE}])?)[、．]\s*\S"
)
_SHORTEST_TOLD = 5  # words behind a lead without a number
_ROMAN = {"I": 1, "V": 5, "X": 10}
_ORNAMENT = re.compile("(?:[\u200d\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]{1,6}\\s*)?")
_AFTER_LABEL = re.compile(r"\s*(?P<mark>[:：]|[–—]|-(?=\s)|(?<=\s)-)?\s*")
_OPENS_SENTENCE = r"[A-Z0-9“\"‘'(\[$π]"
_THESIS = re.compile(rf"(?P<thesis>[^\n]{{2,300}}?)\s*+:\s++(?={_OPENS_SENTENCE})")
# Behind a dash the passage may start on the next line; behind a colon that is a list's clause.
_WHOLE_THESIS = re.compile(r"(?P<thesis>[^.!?\n]{2,300}?)\s*+:\s*+$")
_QUESTION = re.compile(rf"(?P<thesis>[^.?!:\n]{{2,200}}[?!])\s+(?={_OPENS_SENTENCE})")
_SENTENCE_END = re.compile(rf"[.!?][”\"’')\]]*\s+(?={_OPENS_SENTENCE})")

_CREDIT_END = re.compile(r"\((?:[^()]|\([^()]*\))+\)\W*$")
# `Read moreEmu3: …`: what a browser copies where label and link touch.
_LINK_TOUCHING = re.compile(
    r"(?P<label>(?:[Rr]ead|[Cc]heck out|[Ww]atch|[Gg]et|[Aa]ccess|[Ss]ee|[Vv]iew|[Ff]ind out)\b"
    r"[^:.!?\n]{0,60}?\b(?:more|here|it|paper|post|blog|research|code|report|site))"
    r"(?P<rest>[A-Z0-9“\"][^\n]*)"
)
# A line that opens with a quotation mark quotes; it has no lead.
_LEAD = re.compile(rf"[A-Z0-9π][^.:!?…\n]{{1,100}}:\s+(?={_OPENS_SENTENCE}|[a-z])")
_QUESTION_LEAD = re.compile(
    rf"(?:How|What|Who|Why|Where|When|Which)\b[^.:!?…\n]{{2,80}}\?\s+(?={_OPENS_SENTENCE})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """The line under a heading, without its dots; `rest` is what follows it on the same line."""

    text: str
    rest: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The opening of a passage; the passage's own words start at offset `end` of the line."""

    label: str
    thesis: str | None
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine:
    """A line that points elsewhere. `rest` starts at offset `start`; it may be on the next line."""

    label: str | None
    rest: str
    start: int


def is_byline(text: str) -> bool:
    """Whether a line is a byline: `by`, `by Jack Clark`."""
    return _BYLINE.fullmatch(squeeze(text)) is not None


def is_imprint(block: Block) -> bool:
    """Whether a paragraph only says who made the issue or a part of it: `Editor: Ada Moore`."""
    text = block.text
    if block.kind is not BlockKind.PARAGRAPH or len(text) > _LONGEST_IMPRINT:
        return False
    return _RULES.pattern("imprint").fullmatch(squeeze(text)) is not None


def deck(block: Block) -> Deck | None:
    """The deck in `…like this…`, marked by dots or by the author's emphasis."""
    text = block.text
    if block.kind is not BlockKind.PARAGRAPH or not re.match(ELLIPSIS, text):
        return None
    emphasised = 0
    for run in block.runs:
        if not run.emphasis:
            break
        emphasised += len(run.text)
    if emphasised and len(text[:emphasised].strip(" .…")) > 1:
        return Deck(text=_undotted(text[:emphasised]), rest=cut(block.runs, emphasised))
    if "://" in text:
        return None
    if len(text) <= _LONGEST_DECK and (line := _DECK_LINE.fullmatch(text)):
        return Deck(text=_undotted(line["deck"]), rest=())
    if opening := _DECK_OPENING.match(text, 0, _LONGEST_DECK + 1):
        return Deck(text=_undotted(opening["deck"]), rest=cut(block.runs, opening.end()))
    return None


def _undotted(text: str) -> str:
    return squeeze(re.sub(rf"^{ELLIPSIS}|{ELLIPSIS}$", "", text.strip()))


def is_hello(text: str) -> bool:
    """Whether a line greets, and is no heading: `Good morning!`, `☀️ Hi everyone!`."""
    line = _ORNAMENT.sub("", squeeze(text), count=1)
    return _RULES.pattern("greeting").fullmatch(line) is not None


def announces_more(text: str) -> bool:
    """Whether a line says what an issue has besides its title: `PLUS: locks and gulls`."""
    return _RULES.pattern("plus").match(squeeze(text)) is not None


def opens_issue(text: str) -> bool:
    """Whether a heading is that of an opening section: `Editor's note`, `Welcome`."""
    return _RULES.pattern("opening").match(squeeze(text)) is not None


def is_name(text: str) -> bool:
    """Whether a line is a name, as between a title and its date: `Ada Moore`."""
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def is_bylines_day(block: Block) -> bool:
    """`Apr 26` below a title; a day that is set as a heading opens a part of a diary."""
    return block.kind is not BlockKind.HEADING and is_day_without_year(block.text)


def is_aside(text: str) -> bool:
    """Whether words beside an issue's day only frame it: `Newsletter`, `3 min read`."""
    return _RULES.pattern("aside").fullmatch(squeeze(text)) is not None


def is_contents_label(text: str, *, perhaps: bool = False) -> bool:
    """Whether a line heads a table of contents: `In this issue:`; or `perhaps` one: `Topics:`."""
    if len(text) > _LONGEST_CAPITALS:
        return False
    line = squeeze(text)
    sure = _RULES.pattern("contents").fullmatch(line) is not None
    return sure or (perhaps and _RULES.pattern("perhaps_contents").fullmatch(line) is not None)


def is_file_name(text: str) -> bool:
    """Whether a line is the name of a file: `IMG_2031.jpg`, `view.php?id=3`; `Node.js` is none."""
    return _FILE_NAME.fullmatch(text) is not None


def has_address(text: str) -> bool:
    """Whether a line has a web or mail address in it."""
    return ("@" in text or "://" in text or "www." in text) and _ADDRESS.search(text) is not None


def heads_nothing(block: Block) -> bool:
    """Whether a line that is set as a heading is none: a file's name, or an address with a label.

    `## Crane of the week: https://…` is one.
    """
    text = block.text
    if block.kind is not BlockKind.HEADING or len(text) > LONGEST_HEADING:
        return False
    others = count_words(_ADDRESS.sub("", text))
    return is_file_name(text) or (has_address(text) and others <= _MOST_WORDS_OF_LABEL)


def _is_no_heading(block: Block) -> bool:
    """Whether a paragraph as short as a heading is a greeting, an address, a day, a file's name."""
    text = block.text
    if is_hello(text) or has_address(text) or is_file_name(text) or is_imprint(block):
        return True
    # `Apr 26` is a byline's; days that head something are in bold or capitals, or name the weekday.
    plain = not any(run.strong for run in block.runs) and not text.isupper()
    return plain and len(text) <= _LONGEST_DAY and is_day_without_year(text)


def may_be_heading(block: Block) -> bool:
    """Whether a block is short enough for a heading, and neither greeting nor deck."""
    return (
        block.kind in {BlockKind.PARAGRAPH, BlockKind.HEADING}
        and len(block.text) <= LONGEST_HEADING
        and not (block.kind is BlockKind.PARAGRAPH and _is_no_heading(block))
        and deck(block) is None
    )


def is_bold_line(block: Block) -> bool:
    """Whether every word of a heading-sized line is bold; an emoji before them need not be."""
    words = [run for run in block.runs if any(map(str.isalnum, run.text))]
    marks = all(run.strong for run in block.runs if run.text.strip())
    bold = all(run.strong for run in words) if words else marks
    return bold and bool(block.runs) and may_be_heading(block)


def is_marked_heading(block: Block) -> bool:
    """Whether a line says by rank, bold or closing mark that it is a heading."""
    marked = block.kind is BlockKind.HEADING or is_bold_line(block)
    return may_be_heading(block) and (marked or block.text.endswith((":", "?", "!")))


def looks_like_heading(block: Block, after: Block | None) -> bool:
    """Whether the first line after a separator is the heading of what follows."""
    if after is None or not may_be_heading(block):
        return False
    # `Intelligence piled high`: a title has no full stop, and prose is below it.
    short = length_in_words(block.text) <= MOST_TITLE_WORDS
    titled = short and block.text[-1:] not in ".,;…”\"’'。，；"
    # The line below is of the same sentence; in verse both are shorter.
    goes_on = after.joined and after.text[:1].islower() and len(block.text) >= _SHORTEST_WRAP
    return is_marked_heading(block) or (titled and not goes_on and after.kind is not BlockKind.ITEM)


def heading_text(text: str) -> str:
    """A heading without the colon that leads on to its section.

    >>> heading_text("Ports are busy:")
    'Ports are busy'
    """
    # `**Tech Tales:`: Markdown that a site generator did not turn into bold.
    return squeeze(squeeze(text).strip("*").rstrip(": ").strip("*"))


def is_in_capitals(text: str) -> bool:
    """Whether a line is in capitals, longer than an abbreviation, no sentence: `STEEL IS DEAR`."""
    return (
        sum(map(str.isalpha, text)) >= _FEWEST_CAPITALS
        and text.isupper()
        and len(text) <= _LONGEST_CAPITALS
        and text[-1:] not in ".,;"
        and not has_address(text)
        and not is_file_name(text)
    )


def ordinal(text: str) -> int | None:
    """The number a line opens with: `1. Steel`, `2) Steel`, `(3) Steel`, `[4] Steel`, `V. Tin`.

    >>> ordinal("(3) Steel"), ordinal("V. Tin"), ordinal("二十三、锡"), ordinal("Tin")
    (3, 5, 23, None)
    """
    if not text.isascii() and (counted := _ORDINAL_IN_CHINESE.match(text)):
        tens, units = (_CHINESE.find(counted[part] or "") for part in ("tens", "units"))
        return int(counted["number"] or 10 * max(tens, bool(counted["ten"])) + max(units, 0))
    match = _ORDINAL.match(text)
    if match is None:
        return None
    if match["number"]:
        return int(match["number"])
    digits = [_ROMAN[digit] for digit in match["roman"]]
    lifted = zip(digits, [*digits[1:], 0], strict=True)
    return sum(-digit if digit < after else digit for digit, after in lifted)


def capital_lead(text: str, *, numbered: bool = False) -> tuple[str, int] | None:
    """The heading in capitals that a paragraph opens with, and where its text starts.

    >>> capital_lead("01. STEEL: DEAR AGAIN.  It costs more.", numbered=True)
    ('STEEL: DEAR AGAIN', 24)
    """
    number = _ORDINAL.match(text)
    start = number.end() - 1 if number else 0
    if text.isupper() or not text[start : start + 1].isupper() or (numbered and not number):
        return None
    found = None
    for end in _LEAD_END.finditer(text, start, start + _LONGEST_CAPITALS):
        lead = text[start : end.start()]
        # `NASA: …` alone is an abbreviation.
        if not lead.isupper() or (found and found[2] != ":"):
            break
        if is_in_capitals(lead) and (number or count_words(text[end.end() :]) > _SHORTEST_TOLD):
            found = squeeze(lead), end.end(), end[0][0]
    return found[:2] if found else None


def is_fiction_marker(text: str) -> bool:
    """Whether a line says that a tale follows: `Tech Tales:`."""
    return _RULES.pattern("fiction").fullmatch(heading_text(text)) is not None


def is_inspiration(text: str) -> bool:
    """Whether a line is the note at the end of a tale: `Things that inspired this story: …`."""
    return _RULES.pattern("inspiration").match(squeeze(text)) is not None


def strong_lead(runs: Sequence[Run]) -> str:
    """The bold words a line opens with, and the colon behind them; empty where there are none."""
    lead = ""
    for run in runs:
        if not run.strong and run.text.strip():
            colon = re.match(r"\s*:", run.text)
            return lead + (colon[0] if colon and lead.strip() else "")
        lead += run.text
    return lead


def why_label(block: Block) -> Label | None:
    """The label of a “why this matters” with its thesis; a false friend is None."""
    text = block.text
    # `💡 Why it matters`: the sign before a label is no part of it.
    label = _RULES.pattern("why").match(text, _ORNAMENT.match(text).end())  # type: ignore[union-attr]
    if not label or block.kind not in {BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.QUOTE}:
        return None
    after = _AFTER_LABEL.match(text, label.end())
    asks = label[0].endswith("?")
    # `Why this matters for Europe is a long story.` is a sentence, not a label.
    if after is None or not (after["mark"] or asks or after.end() == len(text)):
        return None
    lead = strong_lead(block.runs)
    if len(lead.rstrip(": ")) > label.end():
        thesis: str | None = lead[after.end() :].strip().removesuffix(":").rstrip() or None
        end = len(lead)
    else:
        bold_label = bool(lead.strip()) and after["mark"] == ":"
        thesis, end = (
            (None, after.end()) if bold_label else _thesis(text, after.end(), after["mark"])
        )
    return Label(
        label=squeeze(label[0]).rstrip("?") if asks and thesis else squeeze(label[0]),
        thesis=thesis,
        end=end,
    )


def is_why_heading(block: Block) -> bool:
    """Whether a line is the label of a “why this matters” and nothing else."""
    label = why_label(block)
    return label is not None and label.thesis is None and label.end == len(block.text)


def _thesis(text: str, start: int, mark: str | None) -> tuple[str | None, int]:
    """The phrase between label and passage, found by its punctuation, and its end."""
    rest = text[start:]
    phrase = _THESIS.match(rest) or (_WHOLE_THESIS.match(rest) if mark != ":" else None)
    first_sentence = _SENTENCE_END.search(rest)
    in_one_sentence = phrase and (not first_sentence or phrase.end() <= first_sentence.start())
    if phrase and in_one_sentence:
        return phrase["thesis"].strip(), start + phrase.end()
    # Behind a dash a question may be the thesis: `Why this matters – is this just RL? An …`.
    if mark not in {":", None} and (question := _QUESTION.match(rest)):
        return question["thesis"].strip(), start + question.end()
    return None, start


def link_line(block: Block) -> LinkLine | None:
    """The line, if it points elsewhere: `Read more: …`, `Get the code here (GitHub).`."""
    text = block.text
    if block.kind in _NO_LINK_LINE or len(text) > _LONGEST_LINK_LINE:
        return None
    if (touching := _LINK_TOUCHING.fullmatch(text)) and text.rstrip(". ").endswith(")"):
        return _link(text, touching["label"], touching.start("rest"))
    linked = any(run.url for run in block.runs)
    if label := _RULES.pattern("link_label").fullmatch(text):
        rest = label["rest"]
        # `Play it safe: the authors advise …` tells; `Play the demo: Oasis (Decart).` sends.
        titled = _RULES.pattern("sends").match(text) and not _SENTENCE_END.search(rest)
        if linked or _CREDIT_END.search(rest) or titled:
            return _link(text, label["label"], label.start("rest"))
    if _RULES.pattern("link_credit").fullmatch(text) or (
        linked and _RULES.pattern("points").match(text) and len(text) < _LONGEST_LINKED
    ):
        return _link(text, None, 0)
    return None


def _link(text: str, label: str | None, start: int) -> LinkLine:
    return LinkLine(
        label=squeeze(label) if label else None,
        rest=text[start:].strip().removesuffix("."),
        start=start,
    )


def opens_with_lead(block: Block, *, bold_kept: bool) -> bool:
    """Whether a paragraph opens with a lead: in bold where bold was kept, else by its form."""
    if block.joined or block.kind is not BlockKind.PARAGRAPH:
        return False
    if bold_kept:
        return bool(strong_lead(block.runs).strip())
    return bool(_LEAD.match(block.text) or _QUESTION_LEAD.match(block.text))


def mentions(text: str, publication: str | None, own: int | None) -> frozenset[int]:
    """The numbers of other issues of the same publication that a text cites.

    >>> sorted(mentions("see Import AI 393 and Import AI #384", "Import AI", 395))
    [384, 393]
    """
    if not publication:
        return frozenset()
    name = re.escape(fold(publication)).replace(r"\ ", r"\s+")
    cited = re.findall(rf"\b{name}(?:\s+issue)?\s+#?(\d{{1,5}})\b", fold(text), re.IGNORECASE)
    return frozenset(int(number) for number in cited) - {own}
