"""Text to words, in one place: for the index, for the terms of a query and for highlighting.

A *word* here is what a reader would look for as it is written: `GPT-4o`, `C++`, `R&D`, `$80bn`,
`10^25`, `don't`. It is the longest run of letters, digits and the few signs that belong to a name.
A compound (`DeepSeek-R1-Lite`) is found whole, by each of its parts, and by each run of parts that
stand together (`DeepSeek-R1`), so `GPT-4` is in `GPT-4-class` and is not in `GPT-4o`.

No word is left out as too common: `to be or not to be` is a phrase like any other.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

# A compound's runs of parts are words up to this many parts; a longer one is found as a phrase of
# its parts. `a-very-long-slug-of-a-title` would otherwise cost the square of its length.
LONGEST_RUN = 4

# One letter or digit. `_` joins parts, as `-` does: `max_tokens`.
_W = r"[^\W_]"
# Ignored inside a word: soft hyphen, zero-width space and joiners, word joiner, byte order mark;
# and the combining accents of decomposed text (`e` + U+0301), the Hebrew points and the Arabic
# marks, none of which `\w` counts as a letter.
_ODD = "\u00ad\u200b-\u200d\u2060\ufeff\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670"
_ATOM_PATTERN = (
    # A sign that opens a word: $80bn, #1, @name; and the one name that begins with a dot.
    rf"(?:[$€£¥](?=\d)|(?<![^\W_])[#@](?={_W})|(?<![.\w])\.(?=[nN][eE][tT](?!\w)))?"
    rf"{_W}+"
    # 100,000 and 2.5 and Qwen2.5; a comma or stop that no digit follows ends the sentence.
    rf"(?:(?<=\d)(?:,\d{{3}}(?!\d)|\.\d+{_W}*))*"
    # don't, o’clock, Google's.
    rf"(?:['’‘‛ʼ´＇]{_W}+)*"
    # R&D, AT&T: an ampersand without spaces between very short words.
    rf"(?:(?<!{_W}{{3}})&{_W}{{1,2}}(?!{_W}))?"
    # 10^25.
    r"(?:(?<=\d)\^-?\d+)?"
    # 50%, 100+; C++, C#, A+ are one letter and its signs, never the letter alone.
    rf"(?:(?<=\d)[%+](?![\w+])|(?<!{_W}{_W})(?:\+\+?|#)(?![\w+#]))?"
)
# 1–8 is 1-8, and US–China, in print with an en dash, is US-China; an em dash parts words. `.` joins
# x.com; `:` joins 12:30.
_JOINER = rf"(?:[-‐‑‒–−﹣－]|\.|(?<=\d):(?=\d)|_+)(?={_W})"
_ATOM = re.compile(_ATOM_PATTERN)
# Most words are letters with a space or a comma behind; that they are tried first is for speed.
_COMPOUND = re.compile(
    rf"[A-Za-z]+(?=[\s,;)!?]|\.\s|$)|{_ATOM_PATTERN}(?:{_JOINER}{_ATOM_PATTERN})*"
)
_SEES_ODD = re.compile(f"[{_ODD}]")
_QUOTES = str.maketrans(dict.fromkeys("’‘‛ʼ´＇", "'"))
# Letters that are another with a stroke, or two in one, and that Unicode does not take apart.
_UNADORNED = str.maketrans(
    {**dict(zip("øłđðħŧı", "olddhti", strict=True)), "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe"}
)
# и and й are two letters, as у and ў are, whatever Unicode says.
_LETTERS_OF_THEIR_OWN = str.maketrans({"й": "\ue001", "ў": "\ue002"})
_BACK = str.maketrans({"\ue001": "й", "\ue002": "ў"})
_ACCENTS = re.compile("[\u0300-\u036f]")
# With the planes of rare ideographs, some of which are the common ones in other clothes.
_SCRIPTS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_BETWEEN = "'’‘‛ʼ´＇&^,."  # signs that join what stands on both sides
_HAS_CJK = re.compile(f"[{_SCRIPTS}]")
_CJK = re.compile(f"[{_SCRIPTS}]|[^{_SCRIPTS}]+")
_POWER = re.compile("(?<=[0-9])[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+$")


class Token(NamedTuple):
    """One word of a text.

    `text` is folded: lower case, straight quotes, no possessive, ligatures undone. `start` and
    `end` are offsets into the text given; `position` counts parts from 0, and `span` says how many
    the word covers (`GPT-4o` covers 2). Parts and other spellings (`80bn` of `$80bn`) follow at
    positions that the word they belong to has covered.
    """

    text: str
    start: int
    end: int
    position: int
    span: int

    @property
    def stem(self) -> str:
        """The word without its inflection: `robot` for `robots`."""
        return stem(self.text)


def tokens(text: str) -> Iterator[Token]:
    """The words of `text`, in order, each compound before its parts.

    >>> [token.text for token in tokens("GPT-4o’s robots")]
    ['gpt-4o', 'gpt', '4o', 'robots']
    """
    if _SEES_ODD.search(text):
        clean, places = _without_odd(text)
        for token in tokens(clean):
            yield token._replace(start=places[token.start], end=places[token.end])
        return
    position = 0
    for match in _COMPOUND.finditer(text):
        word, start = match[0], match.start()
        if word.isalpha() and word.isascii():
            yield Token(word.lower(), start, match.end(), position, 1)
            position += 1
        else:
            count, parts = _taken_apart(word)
            for part, low, high, place, span in parts:
                yield Token(part, start + low, start + high, position + place, span)
            position += count


def placed(text: str) -> tuple[int, list[tuple[str, int]]]:
    """How many positions `text` has, and its words with theirs: `tokens` for indexing, in bulk."""
    if _SEES_ODD.search(text):
        text, _ = _without_odd(text)
    found: list[tuple[str, int]] = []
    position = 0
    for word in _COMPOUND.findall(text):
        if word.isalpha() and word.isascii():
            found.append((word.lower(), position))
            position += 1
        else:
            count, parts = _taken_apart(word)
            found += [(part.text, position + part.position) for part in parts]
            position += count
    return position, found


@lru_cache(maxsize=4096)
def _taken_apart(word: str) -> tuple[int, tuple[Token, ...]]:
    """How many parts a compound has, and its tokens as if it were the whole text."""
    atoms = _atoms(word)
    return len(atoms), tuple(_expand(atoms))


def _without_odd(text: str) -> tuple[str, list[int]]:
    """`text` with accents composed and the rest of `_ODD` gone, and each character's old place."""
    kept: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if not _SEES_ODD.match(char):
            kept.append(char)
            places.append(place)
        elif kept and len(joined := unicodedata.normalize("NFC", kept[-1] + char)) == 1:
            kept[-1] = joined
    return "".join(kept), [*places, len(text)]


def phrase(text: str) -> tuple[tuple[int, str], ...]:
    """The words of `text` as (position, word): what must stand where for the text to be there.

    One pair for `GPT-4o`; two for `https://x.com`; a compound too long to be a word gives its runs.

    >>> phrase("scaling laws")
    ((0, 'scaling'), (1, 'laws'))
    """
    found: list[tuple[int, str]] = []
    free = 0  # the first position not yet covered
    for token in tokens(text):
        if token.position >= free:
            found.append((token.position, token.text))
            free = token.position + token.span
    return tuple(found)


_WILD = "*?"
_INSIDE = frozenset("-‐‑‒–−﹣－._:'’‘‛ʼ´＇&^,%+#")  # signs that may stand within a word
_OPENS, _CLOSES = frozenset("$€£¥#@"), frozenset("%+#")


def pattern(text: str) -> str | None:
    """`text` folded as words are, its `*` and `?` kept: `GPT-*` is `gpt-*`.

    None if it cannot be a single word (`a/b*`); empty if it has no letter, digit or sign that opens
    a word.

    >>> pattern("GPT-*")
    'gpt-*'
    """
    if _SEES_ODD.search(text):
        text, _ = _without_odd(text)
    dotted = re.match(r"\.[nN]", text)  # .NET is the one name that begins with a dot
    while text and not (dotted or text[0].isalnum() or text[0] in _OPENS or text[0] in _WILD):
        text = text[1:]
    while text and not (text[-1].isalnum() or text[-1] in _CLOSES or text[-1] in _WILD):
        text = text[:-1]
    if any(not (char.isalnum() or char in _WILD or char in _INSIDE) for char in text[1:]):
        return None
    if _HAS_CJK.search(text) and len(text.strip(_WILD)) > 1:
        return None
    if re.search(r"(?<!\d):|:(?![\d*?])", text):  # a time of day, and no field
        return None
    folded = "".join(
        [char if char in _WILD else _pattern_letter(char) for char in text.translate(_QUOTES)]
    )
    return folded if folded.strip(_WILD) else ""


def _pattern_letter(char: str) -> str:
    if char.isalnum():
        return _fold_letter(char)
    return "-" if char in "‐‑‒–−﹣－" else char


class _Atom(NamedTuple):
    """A part of a compound: as found, its other spellings, and the sign that joins it on."""

    text: str
    aliases: tuple[str, ...]
    start: int
    end: int
    joiner: str


def _atoms(word: str) -> list[_Atom]:
    atoms: list[_Atom] = []
    before = 0
    for match in _ATOM.finditer(word):
        joiner = _join_sign(word[before : match.start()])
        before = match.end()
        ended = match.start()
        for text, low, high in _letters_apart(match[0], match.start()):
            # 人'Z+ keeps its sign: without it, 人z+ would be read as 人z.
            joiner = _join_sign(word[ended:low]) if low > ended else joiner
            ended = high
            folded = _fold(text)
            if not text.isascii():
                folded = folded.strip("'")  # ʼ is a letter to Unicode, and a quote in the end
            # One sign may stand for several letters that are written apart: ヿ is コト.
            apart = not folded.isascii() and _HAS_CJK.search(folded)
            for part in _CJK.findall(folded) if apart else [folded]:
                if part:
                    atoms.append(_Atom(part, _aliases(part), low, high, joiner))
                    joiner = ""
    return atoms


def _letters_apart(atom: str, start: int) -> Iterator[tuple[str, int, int]]:
    """`atom` itself, or its characters one by one where the script writes no spaces (人工智能)."""
    if atom.isascii() or not _HAS_CJK.search(atom):
        yield atom, start, start + len(atom)
        return
    for match in _CJK.finditer(atom):
        piece = match[0].lstrip(_BETWEEN)
        low = start + match.end() - len(piece)
        piece = piece.rstrip(_BETWEEN)
        if any(char.isalnum() for char in piece):
            yield piece, low, low + len(piece)


def _expand(atoms: list[_Atom]) -> Iterator[Token]:
    """The tokens of one compound: runs of parts, longest first, then parts and other spellings."""
    count = len(atoms)
    for first, atom in enumerate(atoms):
        for last in range(min(count, first + LONGEST_RUN) - 1, first, -1):
            run = atoms[first : last + 1]
            text = run[0].text + "".join(part.joiner + part.text for part in run[1:])
            yield Token(text, atom.start, run[-1].end, first, len(run))
        yield Token(atom.text, atom.start, atom.end, first, 1)
        for alias in atom.aliases:
            yield Token(alias, atom.start, atom.end, first, 1)


def _fold(word: str) -> str:
    """One word in the spelling that is indexed and looked up."""
    if not word.isascii():
        word = _POWER.sub(lambda power: "^" + unicodedata.normalize("NFKC", power[0]), word)
        word = word.translate(_QUOTES)
    word = word.lower() if word.isascii() else "".join([_fold_letter(char) for char in word])
    while word.endswith("'s") and len(word) > 2:
        word = word[:-2]
    return word


def _fold_letter(char: str) -> str:
    """`char` in lower case, a ligature as its letters; but ½ stays, as 1⁄2 would be two words."""
    plain = unicodedata.normalize("NFKC", char).lower()
    if plain.isalnum() and "ʼ" not in plain:
        return plain
    # İ is i and a dot above in lower case, and the dot is no letter.
    return "".join([part for part in char.lower() if part.isalnum()]) or char


def _aliases(word: str) -> tuple[str, ...]:
    """Other spellings under which `word` is found too, never the other way round.

    `80bn` finds $80bn and `tubingen` finds Tübingen; `C` does not find C++, nor `net` .NET.
    """
    if word.isascii():
        bare = word[1:] if word[0] in "$#@" else word
        if bare[-1] in "%+" and bare[0].isdigit():
            bare = bare[:-1]
    else:
        bare = _unaccented(word[1:] if word[0] in "€£¥" else word)
    return (bare,) if bare and bare != word else ()


def _unaccented(word: str) -> str:
    """`word`, folded, as it is spelled where accents are not: `tubingen`, `lodz`, `strasse`."""
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFD", word.translate(_LETTERS_OF_THEIR_OWN))
    bare = unicodedata.normalize("NFC", _ACCENTS.sub("", apart))
    return bare.translate(_BACK).translate(_UNADORNED)


def _join_sign(sign: str) -> str:
    if not sign or sign[0] in ".:_":
        return sign[:1]
    return "-"


# --- stems -------------------------------------------------------------------------------------
#
# Inflection only: plural, third person, past, participle. Nothing that makes another word of it:
# `universal`, `university` and `universe` stay three, as do `generation` and `generative`.
# There is no dictionary; where the rules of spelling leave a choice (`planed` is of `plane`,
# `planned` of `plan`), `inflections.txt` decides for the words of technical news.

_VOWEL = re.compile("[aeiouy]")
# What `-ed` or `-ing` was put to after dropping an `e`: scal(e), achiev(e), produc(e), sampl(e),
# generat(e), optimiz(e), chang(e), requir(e), comput(e), defin(e), provid(e).
_LOST_E = re.compile(
    r"^[^aeiou]*[aeiouy][^aeiouwxy]$"  # one short syllable: cod(e), us(e), scal(e)
    r"|[vuz]$(?<!zz)|(?<!s)s$|c$|[bcdfgkptz]l$|(?:[adreoi]|an|^[^n]*[^i]n)g$|(?<![eo])at$"
    r"|(?:^|[^aeiou])(?:ir|ur|ar|in|id|ud|od|ad|ut|um|un|ib|ok)$"
)


def stem(word: str) -> str:
    """`word` without its inflection and its accents: `robot` for `robots`, `cafe` for `cafés`.

    A word with a digit or a sign is its own stem.

    >>> stem("robots"), stem("cafés"), stem("GPT-4o")
    ('robot', 'cafe', 'GPT-4o')
    """
    word = _unaccented(word)
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    irregular, _ = _inflections()
    if (base := irregular.get(word)) is not None:
        return base
    singular = _singular(word)
    return irregular.get(singular) or _plain(singular)


def _singular(word: str) -> str:
    if not word.endswith("s") or word.endswith(("ss", "us", "is", "ics", "ous")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


def _plain(word: str) -> str:
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("eed"):
        return word
    for ending in ("ed", "ing"):
        base = word.removesuffix(ending)
        if base != word:
            return _restore(base) if len(base) > 1 and _VOWEL.search(base) else word
    return word


def _restore(base: str) -> str:
    """The verb of which `base` is left: `run` of runn, `scale` of scal, `train` of train."""
    last = base[-1]
    if len(base) > 3 and last == base[-2] and last not in "aeiousz":
        several = len(re.findall("[aeiouy]+", base)) > 1
        return base[:-1] if last != "l" or several else base
    return base + "e" if _LOST_E.search(base) else base


def kin(word: str) -> tuple[str, ...]:
    """The other words of the same stem, as spelling allows them; most exist in no archive.

    The inverse of `stem`, so that the index need hold only words as written. Spellings with accents
    are not among them: what has accents is in the index without them, too.
    """
    plain = _unaccented(word)
    if plain != word:
        return tuple(sorted({plain, *kin(plain)}))
    if len(word) < 2 or not (word.isascii() and word.isalpha()):
        return ()
    base = stem(word)
    last = base[-1]
    made = {base, base + "s", base + "es", base + "ed", base + "ing", base + "ings"}
    made |= {base + last + ending for ending in ("ed", "ing", "ings")}
    if last == "e":
        made |= {base + "d", base[:-1] + "ing", base[:-1] + "ings"}
    if last == "y":
        made |= {base[:-1] + "ies", base[:-1] + "ied"}
    made.update(_inflections()[1].get(base, ()))
    return tuple(sorted(form for form in made if form != word and stem(form) == base))


@cache
def _inflections() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The base of each irregular form, and the forms of each such base."""
    lines = read_words(Path(__file__).with_name("inflections.txt"))
    forms = {line[0]: line for line in lines if line[0] != "="}
    forms |= {word: (word,) for line in lines if line[0] == "=" for word in line[1:]}
    return {form: base for base, group in forms.items() for form in group}, forms


@cache
def read_words(path: Path) -> tuple[tuple[str, ...], ...]:
    """The words of each line of a file, without comments: a list that a search can read fast."""
    lines = (line.partition("#")[0] for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(tuple(line.split()) for line in lines if line.strip())
