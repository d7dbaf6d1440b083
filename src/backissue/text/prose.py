"""Blocks as plain text and as Markdown; folding of spellings; fingerprints of sentences.

Source: CommonMark 0.31 for what must be escaped; the folding follows what browsers, mail programs
and editors exchange for one another (curly and straight quotes, the dashes, the kinds of space).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from html import escape
from itertools import groupby
from typing import Final

from backissue.records import VERBATIM, Block, BlockKind, Run

_FOLD = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛", "'"),
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
        # Soft hyphen, zero width space, word joiner, byte order mark: not letters.
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff"),
    }
)
# Scripts without spaces between words: Chinese and Japanese, in which a sign is about a word, and
# Thai, Lao, Burmese and Khmer, in which some letters are. Their signs are no words by themselves.
_LETTERS_A_WORD = 5
_SIGNS = "\u3041-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTERS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_PUNCTUATION = "\u3000-\u303f\u30fb\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’…—·"
_SIGN_WORDS = re.compile(f"[{_SIGNS}]")
_LETTER_RUNS = re.compile(f"[{_LETTERS}]+")
_UNSPACED = re.compile(f"[{_SIGNS}{_LETTERS}][{_SIGNS}{_LETTERS}{_PUNCTUATION}]*")
_ADDRESS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_MARKS = re.compile(r"([\\`*_\[\]<>])")
_FENCE = re.compile(r"`{3,}")
# Marks only at the start of a line: `# `, `- `, `+ `, `1. `, `***`.
_LINE_MARKS = re.compile(
    r"^(#{1,6}(?=\s|$)|[-+](?=\s|$)|\d{1,9}(?=[.)](?:\s|$))[.)]|={3,}|-{3,}|~{3,})"
)


def fold(text: str) -> str:
    r"""`text` with quotes, dashes, ellipses and white space in one spelling, to compare copies by.

    >>> fold("“Don’t”  wait…")
    '"Don\'t" wait...'
    """
    return " ".join(text.translate(_FOLD).split())


def squeeze(text: str) -> str:
    r"""`text` with every run of white space, no-break spaces included, as one plain space.

    >>> squeeze(" two\u00a0 words\n")
    'two words'
    """
    return " ".join(text.split())


def squeeze_runs(runs: Iterable[Run]) -> tuple[Run, ...]:
    """`runs` as one line: white space folded, outer space removed, runs of one style joined."""
    joined: list[Run] = []
    space = True  # swallows the space that would open the line
    for run in runs:
        text = re.sub(r"\s+", " ", run.text)
        if space:
            text = text.removeprefix(" ")
        if not text:
            continue
        space = text.endswith(" ")
        last = joined[-1] if joined else None
        if last and _look(last) == _look(run):
            joined[-1] = _with_text(last, last.text + text)
        else:
            joined.append(_with_text(run, text))
    while joined and not (tail := joined[-1].text.rstrip()):
        joined.pop()
    if joined:
        joined[-1] = _with_text(joined[-1], tail)
    return tuple(joined)


def cut(runs: Sequence[Run], start: int, end: int | None = None) -> tuple[Run, ...]:
    """The part of `runs` between two offsets into their joined text."""
    stop = sum(len(run.text) for run in runs) if end is None else end
    kept: list[Run] = []
    place = 0
    for run in runs:
        low, high = max(start - place, 0), min(stop - place, len(run.text))
        if low < high:
            kept.append(_with_text(run, run.text[low:high]))
        place += len(run.text)
    return tuple(kept)


def squeezed(block: Block) -> Block:
    """`block` with its white space folded; code and tables keep theirs."""
    return block if block.kind in VERBATIM else replace(block, runs=squeeze_runs(block.runs))


def parted(runs: Iterable[Run], signs: str) -> list[tuple[Run, ...]]:
    """Runs cut at each of these signs, which stay out: for each stretch between two, its runs."""
    found: list[list[Run]] = [[]]
    for run in runs:
        for number, text in enumerate(re.split(f"[{signs}]", run.text)):
            if number:
                found.append([])
            if text:
                found[-1].append(_with_text(run, text))
    return list(map(tuple, found))


def rows_of(table: Block) -> list[list[tuple[Run, ...]]]:
    """The rows of a table, each cell as its runs."""
    return [parted(line, "\t") for line in parted(table.runs, "\n")]


def plain(blocks: Iterable[Block]) -> str:
    """Blocks as plain text: a blank line between paragraphs, `• ` before a list item.

    Code has its own lines, a table a line for each row and tabs between its cells.
    """
    return _lay_out(((_plain_line(block), block) for block in blocks), "\n")


def markdown(blocks: Iterable[Block]) -> str:
    """Blocks as CommonMark, with strong, emphasis, links, lists and quotes."""
    return _lay_out(((_markdown_line(block), block) for block in blocks), "\\\n")


def escaped(text: str) -> str:
    r"""A line of plain text as CommonMark, with every character escaped that would be a mark.

    >>> print(escaped("2 * 3 = [6]"))
    2 \* 3 = \[6\]
    """
    return _no_mark(_MARKS.sub(r"\\\1", text))


def plural(noun: str) -> str:
    """The plural of a noun that has a regular one.

    >>> plural("draft"), plural("empty entry")
    ('drafts', 'empty entries')
    """
    return noun[:-1] + "ies" if noun.endswith("y") else noun + "s"


def count_words(text: str) -> int:
    """How many words `text` has, as a word processor counts them.

    Where a script sets no spaces, each character of Chinese and Japanese is one, and so is each
    group of letters that Thai and its neighbours use for a syllable or two.

    >>> count_words("two words"), count_words("起重机回来了。"), count_words("iPhone 很贵")
    (2, 6, 3)
    """
    if text.isascii() or not _UNSPACED.search(text):
        return len(text.split())
    signs = len(_SIGN_WORDS.findall(text))
    letters = sum(-(-len(run) // _LETTERS_A_WORD) for run in _LETTER_RUNS.findall(text))
    return signs + letters + len(_UNSPACED.sub(" ", text).split())


def length_in_words(text: str) -> int:
    """How long a text is beside one with spaces: two Chinese or Japanese signs say one word.

    >>> length_in_words("one two"), length_in_words("起重机回来了")
    (2, 3)
    """
    count = count_words(text)
    return count if text.isascii() else count - len(_SIGN_WORDS.findall(text)) // 2


def _look(run: Run) -> tuple[bool, bool, str | None]:
    return (run.strong, run.emphasis, run.url)


def _with_text(run: Run, text: str) -> Run:
    return Run(text=text, strong=run.strong, emphasis=run.emphasis, url=run.url)


def _lay_out(lines: Iterable[tuple[str, Block]], line_end: str) -> str:
    """Blocks under one another; `line_end` where a line ends and its paragraph does not."""
    parts: list[str] = []
    before: Block | None = None
    for line, block in lines:
        if before is not None:
            listed = block.kind is before.kind is BlockKind.ITEM
            text = block.kind in (BlockKind.PARAGRAPH, BlockKind.QUOTE)
            within = line_end if text else "\n"
            parts.append("\n" if listed else within if block.joined else "\n\n")
        parts.append(line)
        before = block
    return "".join(parts)


def _plain_line(block: Block) -> str:
    match block.kind:
        case BlockKind.ITEM:
            return "  " * max(block.level - 1, 0) + "• " + block.text
        case BlockKind.QUOTE:
            return "> " + block.text
        case BlockKind.RULE:
            return "***"
        case BlockKind.PARAGRAPH | BlockKind.HEADING | BlockKind.CODE | BlockKind.TABLE:
            return block.text


def _markdown_line(block: Block) -> str:
    if block.kind in VERBATIM:
        is_code = block.kind is BlockKind.CODE
        return _markdown_code(block) if is_code else _markdown_table(block)
    line = _markdown_runs(block.runs)
    match block.kind:
        case BlockKind.ITEM:
            return "  " * max(block.level - 1, 0) + "- " + _no_mark(line)
        case BlockKind.QUOTE:
            return "> " + _no_mark(line)
        case BlockKind.HEADING:
            # A section's own heading is the first rank, so headings inside it start lower.
            return "#" * min(block.level + 2, 6) + " " + line
        case BlockKind.RULE:
            return "***"
        case _:
            return _no_mark(line)


def _markdown_runs(runs: Sequence[Run]) -> str:
    linked = groupby(runs, key=lambda run: run.url)
    return "".join(_markdown_link("".join(map(_markdown_run, own)), url) for url, own in linked)


def _markdown_code(block: Block) -> str:
    """Code behind a fence longer than any in it; as HTML where it has links, which no fence has."""
    if any(run.url for run in block.runs):
        return f"<pre><code>{''.join(map(_html_run, block.runs))}</code></pre>"
    fence = "`" * max(3, *(len(found) + 1 for found in _FENCE.findall(block.text)), 3)
    return f"{fence}\n{block.text}\n{fence}"


def _html_run(run: Run) -> str:
    text = escape(run.text, quote=False)
    return f'<a href="{escape(run.url)}">{text}</a>' if run.url else text


def _markdown_table(block: Block) -> str:
    """A table of GitHub's kind; its first row is empty where no row names the columns."""
    rows = [[_markdown_runs(cell).replace("|", "\\|") for cell in row] for row in rows_of(block)]
    if not block.level:
        rows.insert(0, [""] * len(rows[0]))
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _no_mark(line: str) -> str:
    """A line with its start escaped if CommonMark would read it as a list or a heading."""
    found = _LINE_MARKS.match(line)
    if not found:
        return line
    place = found.end() - 1 if found[0][0].isdigit() else 0  # the sign, as no digit is escaped
    return f"{line[:place]}\\{line[place:]}"


def _markdown_link(text: str, url: str | None) -> str:
    """Runs that lead to one place, as one link."""
    core = text.strip()
    if not url or not core:
        return text
    # What would end the address early; the others may occur in it, in angle brackets.
    place = re.sub(r"[<>\r\n]", lambda sign: f"%{ord(sign[0]):02X}", url)
    place = f"<{place}>" if re.search(r"[\s()]", place) else place
    return text.replace(core, f"[{core}]({place})")


def _markdown_run(run: Run) -> str:
    """One run; its marks are inside its outer space, as CommonMark requires."""
    core = run.text.strip()
    text = _MARKS.sub(r"\\\1", core)
    if any(map(str.isalnum, core)):  # nobody sees whether a comma is strong
        text = f"*{text}*" if run.emphasis else text
        text = f"**{text}**" if run.strong else text
    return run.text.replace(core, text) if core else run.text


_SEPARATOR = re.compile(
    r"(?:\*\s*){3,}|(?:#\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,}|(?:=\s*){3,}|(?:[–—~•·◆∗]\s*){3,}|⁂"
    # `-=-=-=-`, `~*~*~`; and stars of which a converter left the escapes alone: `\\\`.
    r"|(?:[-=~*_#+^<>–—•·◆∗]\s*){5,}|(?:\\\s*){3,}|(?:\.\s*){8,}|%{8,}|(?:[─━═┄┅]\s*){3,}"
)
# `- end -`, `-30-`, `[ENDS]`: what closes an item, between signs.
_END_SIGNS = r"[-–—=*~#<>()\[\]|]"
_END_MARK = re.compile(
    rf"{_END_SIGNS}{{1,8}}\s{{0,3}}(?:end|ends|30|fin|ende)\s{{0,3}}{_END_SIGNS}{{1,8}}",
    re.IGNORECASE,
)
# Characters: an end mark is no longer.
_LONGEST_END_MARK = 24


def is_separator(line: str) -> bool:
    """Whether a line only separates text: `***`, `* * *`, `-----`.

    >>> is_separator("* * *"), is_separator("#####"), is_separator("* one")
    (True, True, False)
    """
    return _SEPARATOR.fullmatch(line.strip()) is not None


def is_end_mark(line: str) -> bool:
    """Whether a line only says that an item ends.

    >>> is_end_mark("- end -"), is_end_mark("-30-"), is_end_mark("- the end"), is_end_mark("30")
    (True, True, False, False)
    """
    words = line.strip()
    return len(words) <= _LONGEST_END_MARK and _END_MARK.fullmatch(words) is not None


# -- fingerprints of sentences, by which two copies of one text are recognised ---------------------

_SENTENCE_END = re.compile(r"(?<=[.!?…])[”\"’')\]]*\s+|[:;]\s+")
# The letters and digits of a word, by which copies are compared.
WORD = re.compile(r"[^\W_]+")
# `Read more`, `What they did`: issues that share nothing else have phrases of fewer words.
_FEWEST_WORDS: Final = 7


def fingerprints_of(texts: Iterable[str]) -> frozenset[int]:
    """The fingerprints of every sentence that is long enough to identify a text.

    Only letters and digits count, in lower case, so quotes, dashes, spacing and most damage to
    punctuation have no effect; nor have web addresses, which a page has behind its words and a
    plain text beside them. A fingerprint is 63 bits of BLAKE2b.
    """
    return frozenset(
        _fingerprint("".join(words))
        for text in map(_without_addresses, texts)
        for sentence in _SENTENCE_END.split(text)
        if len(words := WORD.findall(sentence.casefold())) >= _FEWEST_WORDS
    )


def compared(blocks: Iterable[Block]) -> Iterator[str]:
    """The texts of blocks from which fingerprints are made: of code and tables line by line.

    So a copy that has each line as a paragraph is recognised.
    """
    for block in blocks:
        yield from block.text.split("\n") if block.kind in VERBATIM else (block.text,)


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub(" ", text) if "://" in text else text


def _fingerprint(letters: str) -> int:
    digest = blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
