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
from itertools import chain
from pathlib import Path
from typing import NamedTuple

# A compound's runs of parts are words up to this many parts; a longer one is found as a phrase of
# its parts. `a-very-long-slug-of-a-title` would otherwise cost the square of its length.
LONGEST_RUN = 4

# One letter or digit. `_` joins parts, as `-` does: `max_tokens`.
_W = r"[^\W_]"
# Vowels and tones that the scripts of India and South East Asia write as marks on a letter: they
# are of the word (`हिन्दी`, `ข้าว`), but `\w` leaves them out.
VOWEL_SIGNS = (
    "\u0900-\u0903\u093a-\u093c\u093e-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc\u09be-\u09cd"
    "\u09d7\u09e2\u09e3\u0a01-\u0a03\u0a3c-\u0a51\u0a70\u0a71\u0a75\u0a81-\u0a83\u0abc\u0abe-\u0acd\u0ae2"
    "\u0ae3\u0b01-\u0b03\u0b3c\u0b3e-\u0b57\u0b62\u0b63\u0b82\u0bbe-\u0bcd\u0bd7\u0c00-\u0c04\u0c3c\u0c3e-"
    "\u0c56\u0c62\u0c63\u0c81-\u0c83\u0cbc\u0cbe-\u0cd6\u0ce2\u0ce3\u0d00-\u0d03\u0d3b\u0d3c\u0d3e-\u0d4d"
    "\u0d57\u0d62\u0d63\u0d81-\u0d83\u0dca-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-"
    "\u0ece\u0f18\u0f19\u0f35\u0f37\u0f39\u0f71-\u0f84\u0f86\u0f87\u0f8d-\u0fbc\u102b-\u103e\u1056-\u1059"
    "\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u17b4-\u17d3\u17dd"
)
# The mark of an abbreviation stands before its last letter, or before an ending: צה״ל, and with a
# quotation mark צה"ל, דו"חות. Behind a prefix it opens a quotation: ב"בית הלבן".
HEBREW_MARK = (
    r"(?:(?<=[א-ת])[\"״](?=[א-ת](?![א-ת\"״]))|(?<=[א-ת][א-ת])[\"״](?=[א-ת]{2,4}(?![א-ת\"״])))"
)
_LETTERS = rf"{_W}+(?:[{VOWEL_SIGNS}]+{_W}*)*"
# Ignored inside a word: soft hyphen, zero-width space and joiners, word joiner, byte order mark;
# the combining accents of decomposed text (`e` + U+0301), the Hebrew points and the Arabic
# marks, none of which `\w` counts as a letter; and the Arabic stroke that only makes a word long.
_IGNORED = (
    "\u00ad\u200b-\u200d\u2060\ufeff\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0640\u064b-\u065f\u0670"
)
_ATOM_PATTERN = (
    # A sign that opens a word: $80bn, #1, @name; and the one name that begins with a dot.
    rf"(?:[$€£¥](?=\d)|(?<![^\W_])[#@](?={_W})|(?<![.\w])\.(?=[nN][eE][tT](?!\w)))?"
    rf"{_LETTERS}"
    # 100,000 and 2.5 and Qwen2.5; a comma or stop that no digit follows ends the sentence.
    rf"(?:(?<=\d)(?:,\d{{3}}(?!\d)|\.\d+{_W}*))*"
    # don't, o’clock, Google's; a Hebrew abbreviation.
    rf"(?:['’‘‛ʼ´＇׳]{_LETTERS}|{HEBREW_MARK}[א-ת]+)*"
    # R&D, AT&T: an ampersand without spaces between very short words.
    rf"(?:(?<!{_W}{{3}})&{_W}{{1,2}}(?!{_W}))?"
    # 10^25.
    r"(?:(?<=\d)\^-?\d+)?"
    # 50%, 100+; C++, C#, A+ are one letter and its signs, never the letter alone.
    rf"(?:(?<=\d)[%+](?![\w+])|(?<!{_W}{_W})(?:\+\+?|#)(?![\w+#]))?"
)
# 1–8 is 1-8, and US–China, in print with an en dash, is US-China; an em dash parts words. `.` joins
# x.com; `:` joins 12:30; and the Hebrew hyphen joins as ours does.
_JOINER = rf"(?:[-‐‑‒–−﹣－־]|\.|(?<=\d):(?=\d)|_+)(?={_W})"
_ATOM = re.compile(_ATOM_PATTERN)
# Most words are letters with a space or a comma behind; that they are tried first is for speed.
_COMPOUND = re.compile(
    rf"[A-Za-z]+(?=[\s,;)!?]|\.\s|$)|{_ATOM_PATTERN}(?:{_JOINER}{_ATOM_PATTERN})*"
)
SEES_IGNORED = re.compile(f"[{_IGNORED}]")
QUOTES = str.maketrans({**dict.fromkeys("’‘‛ʼ´＇׳", "'"), "״": '"', "ς": "σ"})
# Letters that are another with a stroke, or two in one, and that Unicode does not take apart.
_UNADORNED = str.maketrans(
    {**dict(zip("øłđðħŧı", "olddhti", strict=True)), "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe"}
)
# и and й are two letters, as у and ў are, whatever Unicode says.
_LETTERS_OF_THEIR_OWN = str.maketrans({"й": "\ue001", "ў": "\ue002"})
_BACK = str.maketrans({"\ue001": "й", "\ue002": "ў"})
_ACCENTS = re.compile("[\u0300-\u036f]")
# The scripts that write no spaces: Thai, Lao, Burmese and Khmer; the Japanese ones, and the Chinese
# with the planes of rare ideographs, some of which are the common ones in other clothes.
_WITHOUT_SPACES = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0edc-\u0edf\u1000-\u102a"
    "\u103f\u1050-\u1055\u1780-\u17b3\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003134f"
)
_BETWEEN = "'’‘‛ʼ´＇׳&^,."  # signs that join what stands on both sides
_FIRST_UNSPACED = _WITHOUT_SPACES[0]
# A letter with its vowel signs is one, so that no letter is found without them. Python compiles
# these two when a text needs them: so many letters take as long as a tenth of a search.
_UNSPACED_LETTER = f"[{_WITHOUT_SPACES}]"
_UNSPACED = f"[{_WITHOUT_SPACES}][{VOWEL_SIGNS}]*|[^{_WITHOUT_SPACES}]+"
_CONTRACTED = re.compile(r"n't$|'(?:d|ll|m|re|ve|clock)$")  # English; the words in it are no names
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
    if SEES_IGNORED.search(text):
        clean, places = without_ignored(text)
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
    if SEES_IGNORED.search(text):
        text, _ = without_ignored(text)
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


def without_ignored(text: str) -> tuple[str, list[int]]:
    """`text` with accents composed, without the rest of `_IGNORED`; each character's old place."""
    kept: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if not SEES_IGNORED.match(char):
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


def has_unspaced(text: str) -> bool:
    """Whether there is a letter of a script that writes no spaces (人, ก)."""
    if text.isascii() or max(text.translate(QUOTES)) < _FIRST_UNSPACED:
        return False
    return re.search(_UNSPACED_LETTER, text) is not None


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
            for part in re.findall(_UNSPACED, folded) if has_unspaced(folded) else [folded]:
                if part:
                    atoms.append(_Atom(part, _aliases(part), low, high, joiner))
                    joiner = ""
    return atoms


def _letters_apart(atom: str, start: int) -> Iterator[tuple[str, int, int]]:
    """`atom` itself, or its characters one by one where the script writes no spaces (人工智能)."""
    if not has_unspaced(atom):
        yield atom, start, start + len(atom)
        return
    for match in re.finditer(_UNSPACED, atom):
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
        word = word.translate(QUOTES)
    word = word.lower() if word.isascii() else "".join([fold_letter(char) for char in word])
    while word.endswith("'s") and len(word) > 2:
        word = word[:-2]
    return word


def fold_letter(char: str) -> str:
    """`char` in lower case, a ligature as its letters; but ½ stays, as 1⁄2 would be two words."""
    plain = unicodedata.normalize("NFKC", char).lower()
    if plain.isalnum() and "ʼ" not in plain:
        return plain
    # İ is i and a dot above in lower case, and the dot is no letter.
    return "".join([part for part in char.lower() if part.isalnum()]) or char


def _aliases(word: str) -> tuple[str, ...]:
    """Other spellings under which `word` is found too, never the other way round.

    `80bn` finds $80bn, `tubingen` Tübingen, and `arte` dell'arte; `C` does not find C++, nor `net`
    .NET.
    """
    hangul = "\uac00" <= word[-1] <= "\ud7a3"
    if hangul or '"' in word or ("'" in word and not _CONTRACTED.search(word)):
        from backissue.text.clitics import bare_words  # noqa: PLC0415 - few words need it

        bare = bare_words(word)
        return tuple(dict.fromkeys([*_plainer(word), *bare, *chain(*map(_plainer, bare))]))
    return _plainer(word)


def _plainer(word: str) -> tuple[str, ...]:
    """`word` without signs and accents, if it has any; an abbreviation without its mark."""
    if word.isascii():
        bare = word[1:] if word[0] in "$#@" else word
        if bare[-1] in "%+" and bare[0].isdigit():
            bare = bare[:-1]
    else:
        bare = _unaccented(word[1:] if word[0] in "€£¥" else word).replace('"', "")
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
    irregular, _ = _inflections()
    if (base := irregular.get(word)) is not None:
        return base
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    base = singular(word)
    return irregular.get(base) or _plain(base)


def singular(word: str) -> str:
    """`word` without the ending of a plural, by the rules of spelling alone.

    >>> singular("policies"), singular("models"), singular("physics")
    ('policy', 'model', 'physics')
    """
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
def function_words() -> frozenset[str]:
    """Words that hold a sentence together and say little of what it is about: `the`, `what`.

    Not among them: words that are also names (`us`, `will`).
    """
    return frozenset(
        word for line in read_words(Path(__file__).with_name("function_words.txt")) for word in line
    )


@cache
def read_words(path: Path) -> tuple[tuple[str, ...], ...]:
    """The words of each line of a file, without comments: a list that a search can read fast."""
    lines = (line.partition("#")[0] for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(tuple(line.split()) for line in lines if line.strip())
