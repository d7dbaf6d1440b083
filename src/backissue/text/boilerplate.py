"""Boilerplate: lines that every issue of a newsletter repeats.

There are two kinds of evidence. Some lines are boilerplate in any place (`Unsubscribe`, `You are
receiving this because …`). Others are boilerplate only among such lines at the end of a text (a
postal address, `Privacy`), because a story can have the same heading. A sentence *about*
unsubscribing is not an instruction to the reader, so it stays.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import compress
from pathlib import Path
from typing import Final

from backissue.records import Block, BlockKind
from backissue.text.prose import count_words, fold, squeeze
from backissue.text.rules import Table

_RULES = Table(path=Path(__file__).with_suffix(".toml"))
_LANGUAGES = Table(path=Path(__file__).with_name("boilerplate_languages.toml"))
# What stands around a notice or a button: `【退订】`, `『上一期』`, `🔙 返回目录 🔙`.
_AROUND = " *_~=<>|/#「」『』【】［］[]()（）〈〉◆◇■□●○◎※→←👉👈🔙🔗⬆↑•·—–-"
_APART = re.compile(r"\s*[|·•‧∙/→»]\s*|\s{2,}|\s+(?:or|and|–|—|-)\s+")
_IN_PLAIN_TEXT = re.compile(r"^\*\*\s+(?=\w)|(?<=\w)\s+\((?:https?://|mailto:)[^\s()]*\)$")
# The addresses in `Unsubscribe (https://…) • Preferences (https://…)` part the buttons.
_BETWEEN_BUTTONS = re.compile(r" \((?:https?://|mailto:)[^\s()]*\)")
_PADDING = "\u034f\u00ad\u200b\u200c\u200d\u2007\u2060\ufeff\xa0 \t\n"

# `📬 `, `_`: signs before the words of a notice.
_SIGN_BEFORE = re.compile(r"(?:[^\w\s…]|_){1,6}\s?")
_SITE = re.compile(r"[\w-]{1,40}(?:\.[\w-]{1,40}){1,3}")
_BYLINE = re.compile(r"(?:edited|written|compiled|curated)\s+by\b")

_FAREWELL = re.compile(
    r"thank(?:s| you) for reading\b[^.!?\n]{0,60}[.!]?"
    r"(?: (?:share|subscribe|upgrade|forward)\b[^\n]{0,120})?",
    re.IGNORECASE,
)
# A notice has one to three lines; a longer text has content.
# Characters.
_LONGEST: Final = 400
_LONGEST_RIGHTS: Final = 160
_LONGEST_BUTTONS: Final = 120
# Words of a row of buttons, and of one of them.
_MOST_WORDS_IN_ROW = 14
_LONGEST_BUTTON = 5
_LONGEST_VERB = 20  # characters of `subscribe to `
_SIGNS_BEFORE = "[(→↑⬆♥❤🤍👍💬🔗\ufe0f "
_SIGNS_BEHIND = ".!:?…»→↑⬆\ufe0f "
# The least part of a row of buttons that must be known buttons.
_KNOWN_PART: Final = 2 / 3
# A menu's parts, and how many of these are known places where none is a button.
_FEWEST_IN_MENU = 3
_FEWEST_PLACES = 2

_ADDRESS_ALONE = re.compile(
    r"(?:\w+:\s*)?[<(\[]?(?:(?:https?://|ftp://|www\.)\S+|(?:mailto:)?[\w.+-]+@[\w-]+\.[\w.-]+)[>)\]]?[.,]?",
    re.IGNORECASE,
)
# An address or link by which one leaves: `kiln-unsubscribe@e.org`, `https://e.org/abmelden?id=3`.
_WAY_OUT = re.compile(
    r"unsub|opt-?out|signoff|avm[aä]l|abmeld|abbestell|afmeld|uitschrijv|d[eé]sabonn|d[eé]sinscri|avmeld"
    r"|-leave@|/leave(?![a-z])|\bleave (?:the|this) list\b|cancelar-suscr|disiscri",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(r"(?:published|produced|sent|brought\s+to\s+you)\s+by\b", re.IGNORECASE)
# Words of a postal address, of a line above an address, of a name or place.
_LONGEST_POSTAL: Final = 20
_LONGEST_LEAD: Final = 12
_SHORT: Final = 6
# Characters. A longer notice must say “you” or “your”; at the end, none may be longer than 800.
_LONG_NOTICE: Final = 240
_LONGEST_AT_END: Final = 800
_TO_READER = re.compile(r"\byour?\b", re.IGNORECASE)
# At most so many words of the author may come between the lines at the end.
_MOST_BETWEEN: Final = 60
# Blocks: a story, the rule and the last line.
_FEWEST_BEFORE_LAST = 3
# Percent of the words of a paragraph at the end that must be boilerplate.
_STANDING_PERCENT: Final = 50


def is_boilerplate(text: str) -> bool:
    """Whether a line is boilerplate in any place: a button, a farewell, a notice."""
    line = squeeze(text.strip(_PADDING))
    if not line:
        return bool(text.strip())
    # `** unsubscribe from this list (https://…)`: a button in plain text.
    if line.count(" (http") > 1:
        line = _BETWEEN_BUTTONS.sub(" | ", line).strip(" |")
    line = _IN_PLAIN_TEXT.sub("", line)
    return len(line) <= _LONGEST and _repeats(line)


# Each stage asks about the same lines, and every copy has them again.
@lru_cache(maxsize=4096)
def _repeats(line: str) -> bool:
    """Whether every issue repeats a line, which is short and has its white space folded."""
    if _is_button(line) or says_cut(line) or _FAREWELL.fullmatch(line):
        return True
    if _LANGUAGES.pattern("openings").match(line.lstrip(_AROUND)):
        return True
    sign = _SIGN_BEFORE.match(line)
    bare = line[sign.end() :] if sign else line
    openings = _RULES.pattern("openings")
    if opening := openings.match(line) or (openings.match(bare) if sign else None):
        rights = opening[0].lower().startswith(("©", "(c)", "copyright"))
        return not rights or len(line) <= _LONGEST_RIGHTS
    inside = line[1:-1].strip() if line[:1] == "[" and line[-1:] == "]" else line
    if says_where(inside) is not None or (sign and says_where(bare) is not None):
        return True
    return _RULES.pattern("networks").fullmatch(line) is not None


def says_cut(text: str) -> bool:
    """Whether a mail program says in a line that it left out the rest: `[Message clipped]`."""
    return len(text) <= _LONGEST and _RULES.pattern("cuts").fullmatch(squeeze(text)) is not None


def says_where(text: str) -> int | None:
    """The offset of the address in a line that says where to read the issue online.

    `View this post on the web at https://…`; None if the line says anything else.
    """
    says = _RULES.pattern("says_where").match(text)
    if not says:
        return None
    rest = text[says.end() :].strip()
    return says.end() if not rest or _ADDRESS_ALONE.fullmatch(rest) or _is_button(rest) else None


def _is_button(line: str) -> bool:
    """One button, or several in a row: `Signup | Work With Us | Follow on X`."""
    plain = line.lower().rstrip(_SIGNS_BEHIND).lstrip(_SIGNS_BEFORE).rstrip(")] ")
    if not plain or len(plain) >= _LONGEST_BUTTONS:
        return False
    bare = plain.strip(_AROUND)
    if _is_action(plain) or (bare != plain and _is_action(bare)):
        return True
    parts = [part.rstrip(".!?: ") for part in _APART.split(plain) if part]
    if len(parts) == 1:
        return _is_row(plain.split(" "))
    parts = [part if _is_action(part) else part.strip(_AROUND) for part in parts]
    known = sum(
        _is_action(part) or _RULES.pattern("network").fullmatch(part) is not None for part in parts
    )
    # A row may have a few words besides several buttons.
    return known >= _KNOWN_PART * len(parts) or _is_menu(parts, buttons=known)


def _is_menu(parts: Sequence[str], *, buttons: int) -> bool:
    """Whether a row only leads to places of a site: `Advertise // Careers // FAQ`."""
    places = [part for part in parts if part in _RULES.words("menu")]
    others = sum(bool(_SITE.fullmatch(part) or _BYLINE.match(part)) for part in parts)
    fewest = 1 if buttons else _FEWEST_PLACES
    whole = buttons + len(places) + others >= (_KNOWN_PART if buttons else 1) * len(parts)
    return whole and len(places) >= fewest and len(parts) >= _FEWEST_IN_MENU - bool(buttons)


def _is_action(words: str) -> bool:
    """Whether words in lower case are those of one button."""
    return (
        words in _RULES.words("buttons")
        or words in _LANGUAGES.words("buttons")
        or _RULES.pattern("actions").fullmatch(words) is not None
    )


def _is_row(words: list[str]) -> bool:
    """Whether words are several buttons that nothing parts: `subscribe submit a tip`."""
    if len(words) > _MOST_WORDS_IN_ROW:
        return False
    place = buttons = 0
    while place < len(words):
        ends = range(min(place + _LONGEST_BUTTON, len(words)), place, -1)
        end = next((end for end in ends if _is_action(" ".join(words[place:end]))), None)
        if end is None and not _RULES.pattern("network").fullmatch(words[place]):
            return False
        buttons += end is not None
        place = end or place + 1
    return buttons > 1


def names_button(text: str, name: str) -> bool:
    """Whether a line is a button with a publication's own name: `Share Harbour Notes`."""
    if len(text) > len(name) + _LONGEST_VERB:
        return False
    verb = fold(text).casefold().rstrip(" .!→").removesuffix(fold(name).casefold())
    return squeeze(verb) in _RULES.words("name_buttons")


def footer(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of the boilerplate at the end of a text.

    It extends upwards from the end as long as few words come between such lines. The words between
    them are not part of it.
    """
    groups = _groups(blocks)
    tail = _tail(blocks, groups)
    found = {place for group in tail for place in group}
    if not any(_shows_end(text) for group in tail for text in _texts(blocks, group)):
        found = set()
    found |= _closing_parts(blocks, found) | _last_lines(blocks) | _farewell(blocks)
    below, above = _without_words(blocks)
    found |= below
    if not found:
        return frozenset()
    top, bottom = min(found), max(found)
    for place in range(top, len(blocks)):
        if place not in found and _belongs(blocks, place, found, bottom):
            found.add(place)
    if top > _FEWEST_BEFORE_LAST and "://" in blocks[top - 1].text + blocks[top - 2].text:
        from backissue.text import last_lines  # noqa: PLC0415 - few ends have such a line

        top = last_lines.first_of_end(blocks, top)
        found.update(range(top, min(found)))
    # A heading goes with what is below it, if all of that goes.
    whole = all(place in found for place in range(top, len(blocks)))
    if whole and top and (_heads_end(blocks[top - 1].text) or _heads_only(blocks, top - 1)):
        found.add(top - 1)
        top -= 1
    if whole and top and blocks[top - 1].kind is BlockKind.RULE:
        found.add(top - 1)
    return above.union(found)


def _without_words(blocks: Sequence[Block]) -> tuple[frozenset[int], frozenset[int]]:
    """The places of a signature and of sentences that come again; and where these are above."""
    if len(blocks) <= _FEWEST_BEFORE_LAST or blocks[-1].kind is BlockKind.HEADING:
        return frozenset(), frozenset()
    from backissue.text import last_lines  # noqa: PLC0415 - a short text has none

    above, below = last_lines.repeated(blocks)
    return last_lines.signature(blocks) | below, above


def _heads_only(blocks: Sequence[Block], place: int) -> bool:
    """Whether a line behind a separator heads nothing but the end: `KILN INFORMATION`."""
    line = squeeze(blocks[place].text[: _LONGEST_BUTTONS + 1])
    if place <= _FEWEST_BEFORE_LAST or blocks[place - 1].kind is not BlockKind.RULE:
        return False
    headed = blocks[place].kind is BlockKind.HEADING or (line.isupper() and len(line) > _SHORT)
    return headed and count_words(line) <= _SHORT and line[-1:] not in ".!?"


def _last_lines(blocks: Sequence[Block]) -> set[int]:
    """The place of a last line in italics behind a rule, if it speaks of the letter."""
    if len(blocks) < _FEWEST_BEFORE_LAST or blocks[-2].kind is not BlockKind.RULE:
        return set()
    last = blocks[-1]
    leaning = all(run.emphasis or not any(map(str.isalnum, run.text)) for run in last.runs)
    speaks = _RULES.pattern("last_lines").match(squeeze(last.text[: _LONGEST + 1]))
    short = last.kind is BlockKind.PARAGRAPH and len(last.text) <= _LONGEST
    return {len(blocks) - 1} if leaning and short and speaks else set()


def _farewell(blocks: Sequence[Block]) -> set[int]:
    """The places of a short end below `Thank you for reading`, if a line of it is boilerplate."""
    known = False
    others = 0
    for place in range(len(blocks) - 1, -1, -1):
        text = squeeze(blocks[place].text[: _LONGEST_AT_END + 1])
        heads = blocks[place].kind is BlockKind.HEADING
        if text and (heads or (place and blocks[place - 1].kind is BlockKind.RULE)):
            farewell = _RULES.pattern("farewell_headings").match(text[: _LONGEST_BUTTONS + 1])
            if farewell and known:
                return set(range(place, len(blocks)))
            if heads:
                break
        if is_boilerplate(text) or _tells_end(text) or _leads_out(text):
            known = known or bool(text)
        else:
            others += count_words(text)
        if others > _MOST_BETWEEN or len(text) > _LONGEST_AT_END:
            break
    return set()


def is_template(text: str) -> bool:
    """Whether a line is only marks of a site's template: `{% include links.md %}`."""
    line = text.strip()
    return line.startswith("{") and _RULES.pattern("templates").match(line) is not None


def _shows_end(text: str) -> bool:
    """Whether a line can show that a text's end starts: boilerplate anywhere, or how to leave."""
    line = squeeze(text)
    if len(line) > _LONGEST_AT_END:
        return False
    ways = any(table.pattern("ways_out").match(line) for table in (_RULES, _LANGUAGES))
    return ways or _leads_out(line) or is_boilerplate(text)


def _leads_out(line: str) -> bool:
    """Whether a line has an address, and says how to leave, in whatever language it does."""
    reached = len(line) <= _LONGEST and ("@" in line or "://" in line)
    return reached and _WAY_OUT.search(line) is not None


def _heads_end(text: str) -> bool:
    line = squeeze(text)
    if len(line) > _LONGEST_BUTTONS:
        return False
    found = _RULES.pattern("end_headings").fullmatch(line) or _LANGUAGES.pattern(
        "end_headings"
    ).fullmatch(line.strip(_AROUND + ":："))
    return found is not None or _heads_part(line)


def _heads_part(line: str) -> bool:
    """Whether a heading says that how to subscribe, or whose the rights are, is below it."""
    bare = line.strip(_AROUND + ":：")
    return (
        _RULES.pattern("closing_headings").fullmatch(line) is not None
        or _LANGUAGES.pattern("closing_headings").fullmatch(bare) is not None
    )


def _closing_parts(blocks: Sequence[Block], found: set[int]) -> set[int]:
    """The places of the last short parts under headings such as `Subscription information`.

    One of the lines of each must lead somewhere, or be boilerplate of the end.
    """
    taken: set[int] = set()
    end = len(blocks)
    below: list[int] = []
    for place in range(len(blocks) - 1, -1, -1):
        text = squeeze(blocks[place].text[: _LONGEST_AT_END + 1])
        heads = len(text) <= _LONGEST_BUTTONS and _heads_part(text)
        if heads and not blocks[place].joined and any(_leads(blocks[one]) for one in below):
            taken.update(range(place, end))
            end, below = place, []
            continue
        if blocks[place].kind is BlockKind.HEADING and text and place not in found:
            break
        below.append(place)
        if sum(len(blocks[one].text) for one in below if one not in found) > _LONGEST_AT_END:
            break
    return taken


def _leads(block: Block) -> bool:
    """Whether a line has an address, or is boilerplate at the end."""
    text = squeeze(block.text[:_LONGEST_AT_END])
    linked = any(run.url for run in block.runs)
    return linked or "://" in text or "@" in text or is_boilerplate(text) or _tells_end(text)


def _texts(blocks: Sequence[Block], group: Sequence[int]) -> list[str]:
    """The lines of a paragraph, and all of it in one."""
    lines = [squeeze(blocks[place].text) for place in group]
    return [*lines, " ".join(lines)]


def _groups(blocks: Sequence[Block]) -> list[list[int]]:
    """The places of each paragraph's lines."""
    groups: list[list[int]] = []
    for place, block in enumerate(blocks):
        if block.joined and groups and block.kind is not BlockKind.RULE:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _tail(blocks: Sequence[Block], groups: Sequence[list[int]]) -> list[list[int]]:
    """The paragraphs of boilerplate at the end.

    A button can be above the first story or below the last, so it does not show the end.
    """
    found: list[list[int]] = []
    between = 0
    for group in reversed(groups):
        words = [count_words(blocks[place].text) for place in group]
        lines = [squeeze(blocks[place].text) for place in group]
        leads = not between and any(map(_leads_out, _texts(blocks, group)))
        known = [leads or _tells_end(line) for line in lines]
        ends = [tells or _is_place(line) for tells, line in zip(known, lines, strict=True)]
        if any(known) and sum(compress(words, ends)) * 100 >= _STANDING_PERCENT * sum(words):
            found.append(group)
            between = 0
            continue
        between += sum(
            count
            for count, place in zip(words, group, strict=True)
            if not is_boilerplate(blocks[place].text)
        )
        if between > _MOST_BETWEEN:
            break
    return found


def _tells_end(text: str) -> bool:
    plain = _IN_PLAIN_TEXT.sub("", text)
    if _RULES.pattern("openings").match(plain):
        return True
    leaves = plain.lower().startswith("unsubscribe") or " (http" in plain
    if leaves and "unsubscribe" in plain.lower() and is_boilerplate(plain):
        return True
    if _PUBLISHED.match(text) and _is_place(text):
        return True
    bare = text.lstrip(_AROUND)
    if len(text) <= _LONGEST and (
        _LANGUAGES.pattern("openings").match(bare)
        or _LANGUAGES.pattern("at_the_end").match(bare)
        or bare.rstrip(_AROUND) in _LANGUAGES.words("buttons")
    ):
        return True
    if len(text) > _LONG_NOTICE and not _TO_READER.search(text):
        return False
    ways = len(text) <= _LONG_NOTICE and _RULES.pattern("ways_out").match(text) is not None
    at_end = len(text) <= _LONGEST_AT_END
    return ways or (at_end and _RULES.pattern("at_the_end").match(text) is not None)


def _is_place(text: str) -> bool:
    """A web, mail or postal address, and nothing else."""
    if _ADDRESS_ALONE.fullmatch(text):
        return True
    postal = (
        _RULES.pattern("postal").search(text) is not None and re.search(r"\d", text) is not None
    )
    return postal and count_words(text) <= _LONGEST_POSTAL and text[-1:] not in "!?:"


def _belongs(blocks: Sequence[Block], place: int, found: set[int], bottom: int) -> bool:
    """Whether a line among those at the end adds nothing: an address, a name, a rule."""
    block = blocks[place]
    text = squeeze(block.text)
    below = place - 1 in found
    if block.kind is BlockKind.RULE:
        return below or place + 1 in found
    if not below:
        return False
    after = squeeze(blocks[place + 1].text) if place + 1 < len(blocks) else ""
    words = count_words(text)
    return (
        is_boilerplate(text)
        or _is_place(text)
        or _heads_end(text)
        or (words <= _LONGEST_LEAD and text.endswith(":") and bool(_ADDRESS_ALONE.fullmatch(after)))
        # `Ada Moore`, `San Francisco`: too short to be content, between lines without content.
        or (
            words <= _SHORT
            and text[-1:] not in ".!?:…"
            and place < bottom
            and block.kind is not BlockKind.HEADING
        )
    )
