"""Which words to try next where no section has all of a query: what its best sections talk of.

This is relevance feedback by Rocchio's formula, only that the words are offered, and never added
by themselves. A word is worth, summed over the best sections, how well the section answers
(squared, so that the first few decide), times how much it talks of the word, times how rare the
word is in the archive. So every word offered is explained by sections in sight. docs/ranking.md
says how often it leads to the right one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from heapq import nsmallest
from itertools import pairwise
from pathlib import Path

from backissue.index.search.ranking import Ranking, is_function_word
from backissue.index.storage import TEXT, WEIGHT_OF, Zone
from backissue.query import Fuzzy, Near, Phrase, Sought, Term, Wild
from backissue.records import Hit, Part, Section
from backissue.text import words

_MOST = 3  # words offered
_MOST_KNOWN = 40  # parts; a longer query is a pasted text, to which a word more adds nothing
_BEST = 10  # sections whose words are looked at
_FEWEST = 2  # of these must have a word
# So much of the archive may have it, as in `related`; and so many sections in any archive.
_MOST_COMMON = 1 / 8
_FEW = 5
_MOST_TRIED = 8  # words of which it is asked whether they change the answer
_MOST_TEXT = 2000  # characters of a section; more of them adds time, and hardly a word
# So many words are looked up in the index; a word of a script without spaces is a phrase, and takes
# much longer.
_MOST_WORDS = 100
_MOST_PHRASES = 20
_LONGEST_PHRASE = 6  # characters
_GENERAL_WORDS = Path(__file__).with_name("general_words.txt")
# What may be a word; what is one, and not a number or a contraction; and what is a site (`x.com`)
# or a path (`max_tokens`), and not a version (`llama-3.1`).
_WORD = re.compile(r"(?<![\w$€£¥])[^\W\d_](?:[\w'’&+#-]|\.\w)*")
_PLAIN = re.compile(r"[^\W\d_](?:[^\W_]|[-&+#]|\.\d)+")
_SITE_OR_PATH = re.compile(r"\.[^\W\d]|_")
_ADVERB = re.compile("(?!anoma|assemb|butterf|fami|ita|monopo|supp).{3,}ly")  # how, not what
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED = re.compile(f"[{_HAN}]{{2,}}|[\u30a1-\u30fa\u30fc]{{3,}}")
# Characters that hold a Chinese sentence together. They part its words.
_GRAMMAR = "的了是在和与與就都而及或这這那不有我你他她它们們为為对對于於到从從以之其但把也"
_IN_WORD = re.compile(f"(?![{_GRAMMAR}])[{_HAN}]")


def related_words(
    hits: Sequence[Hit],
    known: Sequence[Sought],
    ranking: Ranking,
    changes: Callable[[str], bool],
) -> tuple[str, ...]:
    """At most three words that the best of `hits` have in common, the most telling first.

    `known` are the parts of the query and their synonyms, which need no offering. `changes` says
    whether one more word in the query puts another section on the page; each word offered does.
    """
    if len(known) > _MOST_KNOWN:
        return ()
    best = nsmallest(_BEST, hits, key=lambda hit: (-hit.score, hit.rank))
    taken = {part for leaf in known for word in _words_of(leaf) for part in _parts(word)}
    found: list[str] = []
    tried = 0
    for word in _ranked(best, ranking):
        parts = _parts(word)
        if taken.isdisjoint(parts) and not any(_stands_for(leaf, word) for leaf in known):
            tried += 1
            if changes(word):
                found.append(word)
                taken |= parts
        if len(found) == _MOST or tried == _MOST_TRIED:
            break
    return tuple(found)


# --- what a query has already --------------------------------------------------------------------


def _words_of(leaf: Sought) -> Iterator[str]:
    """The words of a part of a query; those of a script without spaces as one."""
    match leaf:
        case Phrase():
            each = [word for _, word in leaf.words]
            yield from ["".join(each)] if _UNSPACED.fullmatch("".join(each)) else each
        case Near():
            yield from leaf.words
        case Term() | Fuzzy():
            yield leaf.text
        case Wild():
            return


def _stands_for(leaf: Sought, word: str) -> bool:
    """Whether a part of a query that stands for many words stands for this one."""
    if isinstance(leaf, Term):
        return leaf.prefix and word.startswith(leaf.text)
    return isinstance(leaf, Wild | Fuzzy) and leaf.accepts(word)


def _parts(word: str) -> set[str]:
    """What two words that are alike have in common: a stem of their parts, or two characters.

    >>> sorted(_parts("language-models"))
    ['language', 'language-models', 'model']
    """
    if _UNSPACED.fullmatch(word):
        return set(map("".join, pairwise(word)))
    return {words.stem(token.text) for token in words.tokens(word)}


# --- what its best sections have -----------------------------------------------------------------


def _ranked(best: Sequence[Hit], ranking: Ranking) -> Iterator[str]:
    """The words that several of the sections have, the most telling first.

    Inflections of a word are one, named by the most frequent of them.
    """
    counts = [_counts(hit.section) for hit in best]
    having = Counter(word for its in counts for word in its)
    forms: dict[str, list[str]] = defaultdict(list)
    for word, many in having.items():
        if many >= _FEWEST and (stem := _telling_stem(word)):
            forms[stem].append(word)
    talk = {stem: _talk(group, best, counts) for stem, group in forms.items()}
    most = max(_FEW, len(ranking.matcher.sections) * _MOST_COMMON)
    worth: dict[str, float] = {}
    for stem in _most_talked_of(talk):
        many = sum(_frequency(ranking, form) for form in forms[stem])
        # Another section must have it, or it leads nowhere.
        if max(having[form] for form in forms[stem]) < many <= most:
            worth[stem] = talk[stem] * ranking.rarity(many)
    for stem in sorted(worth, key=lambda stem: (-worth[stem], stem)):
        form = min(forms[stem], key=lambda form: (-having[form], form))
        yield _whole(form, best) if _UNSPACED.fullmatch(form) else form


def _talk(
    forms: Sequence[str], best: Sequence[Hit], counts: Sequence[Mapping[str, float]]
) -> float:
    """How much the best sections talk of a word, the first of them most."""
    each = [sum([its.get(form, 0.0) for form in forms]) for its in counts]
    parts = zip(best, each, strict=True)
    return sum([hit.score**2 * count / (count + 1.0) for hit, count in parts])


def _most_talked_of(talk: Mapping[str, float]) -> list[str]:
    """The stems that are worth looking up."""
    ranked = sorted(talk, key=lambda stem: (-talk[stem], stem))
    phrases = [stem for stem in ranked if _UNSPACED.fullmatch(stem)][:_MOST_PHRASES]
    spaced = [stem for stem in ranked if not _UNSPACED.fullmatch(stem)][:_MOST_WORDS]
    return spaced + phrases


def _frequency(ranking: Ranking, word: str) -> int:
    """How many sections have a word, other inflections aside."""
    if _UNSPACED.fullmatch(word):
        return len(ranking.scores(Phrase(words=words.phrase(word))))
    return ranking.matcher.frequency(TEXT, word)


def _counts(section: Section) -> dict[str, float]:
    """What each word counts in a section; in a heading it counts more."""
    found: dict[str, float] = {}
    for text, weight in _texts(section):
        for word in _words(text):
            found[word] = found.get(word, 0.0) + weight
    return found


def _texts(section: Section) -> Iterator[tuple[str, float]]:
    """The paragraphs of a section up to some length, each with what a word in it counts."""
    yield section.heading, WEIGHT_OF[Zone.HEADING]
    yield section.deck or "", WEIGHT_OF[Zone.DECK]
    if section.why:
        yield section.why.thesis or "", WEIGHT_OF[Zone.THESIS]
    left = _MOST_TEXT
    for block in section.blocks:
        if left > 0 and block.part is not Part.LINK:
            text = block.text
            if len(text) > left:
                text = text[:left].rpartition(" ")[0] or text[:left]
            yield text, 1.0
            left -= len(text)


def _words(text: str) -> Iterator[str]:
    """The words of a text; the parts of a compound, too; pairs in a script without spaces."""
    for word in _WORD.findall(text):
        if word.isascii() and word.isalpha():  # quick, since nearly all are
            yield word.lower()
        else:
            yield from _folded(word)
    if not text.isascii():
        for run in _UNSPACED.findall(re.sub(f"[{_GRAMMAR}]", " ", text)):
            yield from map("".join, pairwise(run)) if _IN_WORD.match(run) else (run,)


@lru_cache(maxsize=4096)
def _folded(word: str) -> tuple[str, ...]:
    """A word as the index has it, with each part of a compound; none of what names a place.

    >>> _folded("Long-in-development")
    ('long-in-development', 'long', 'in', 'development')
    """
    if _SITE_OR_PATH.search(word):
        return ()
    tokens = list(words.tokens(word))
    whole = len({token.position for token in tokens})
    return tuple(token.text for token in tokens if token.span in {1, whole})


def _telling_stem(word: str) -> str | None:
    """The stem of a word that says what a text is about; None for any other word."""
    if _UNSPACED.fullmatch(word):
        return word
    if not _PLAIN.fullmatch(word) or _ADVERB.fullmatch(word) or is_function_word(Term(text=word)):
        return None
    stem = words.stem(word)
    return None if stem in _general_stems() else stem


def _whole(pair: str, best: Sequence[Hit]) -> str:
    """The longer word that some characters are always part of: 人工智能 for 工智."""
    every = "\n".join(text for hit in best for text, _ in _texts(hit.section))
    word = pair
    while len(word) < _LONGEST_PHRASE:
        places = [match.start() for match in re.finditer(word, every)]
        before = {every[max(place - 1, 0) : place] for place in places}
        after = {every[place + len(word) : place + len(word) + 1] for place in places}
        if len(after) == 1 and _IN_WORD.match(char := min(after)):
            word += char
        elif len(before) == 1 and _IN_WORD.match(char := min(before)):
            word = char + word
        else:
            break
    return word


@cache
def _general_stems() -> frozenset[str]:
    every = (word for line in words.read_words(_GENERAL_WORDS) for word in line)
    return frozenset(map(words.stem, every))
