"""Which sections belong with one, and why: common links, citations, rare words in common."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from math import log
from typing import NamedTuple

from backissue.index.search.matching import Matcher
from backissue.index.search.ranking import Ranking
from backissue.index.storage import TEXT
from backissue.query import Address, Field, Node, Or, Phrase, Term
from backissue.records import Head, Section, slug_of
from backissue.text import words

# A link in common says more than any few words, a citation as much as some.
_LINK_WEIGHT = 12.0
_CITATION_WEIGHT = 6.0
# How many of a section's most telling words are asked for, and how many name a reason.
_MOST_WORDS = 40
_MOST_NAMED = 5
# Below this, two sections share only their language.
_FEWEST_SHARED = 3
_LEAST = 8.0
# What a name (`DeMo`, `GPT-4o`, `R&D`) says beside a plain word of the same rarity.
_NAME_WEIGHT = 2.5
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf|html)/(\d{4}\.\d{4,5})", re.IGNORECASE)
_URL = re.compile(r"https?://(?:www\.)?(?P<host>[^/?#]+)(?P<path>/[^?#]*)?", re.IGNORECASE)


class Bond(Enum):
    """Why two sections belong together."""

    LINK = "link"
    CITES = "cites"
    CITED = "cited"
    WORDS = "words"


class Tie(NamedTuple):
    """One reason: its kind, its weight, and what to name it by (an address, a word)."""

    bond: Bond
    weight: float
    name: str


def ties(section: Section, head: Head, ranking: Ranking) -> dict[int, list[Tie]]:
    """Why sections belong with `section` of the issue `head`, by document; itself is among them."""
    ask = ranking.scores
    found: dict[int, list[Tie]] = defaultdict(list)
    for word, shown, own in _telling(section, lambda word: _rarity(ranking.matcher, word)):
        for document, score in ask(Term(text=word)).items():
            found[document].append(Tie(Bond.WORDS, score * own, shown))
    for name, node in _targets(section):
        for document in ask(node):
            found[document].append(Tie(Bond.LINK, _LINK_WEIGHT, name))
    for number in section.mentions:
        cited = ask(Address(text=f"{slug_of(head.key)}/{number}"))
        _cite(found, cited, Bond.CITES, str(number))
    if head.publication and head.number is not None:
        name = f"{head.publication} {head.number}"
        citing = ask(Phrase(words=words.phrase(name)))
        _cite(found, citing, Bond.CITED, str(head.number))
    return {document: kept for document, every in found.items() if (kept := _telling_ties(every))}


def _rarity(matcher: Matcher, word: str) -> float:
    """What it says of two sections that both have a word; 0.0 if many have it, or only one."""
    total = len(matcher.sections)
    many = sum(len(lists.documents) for lists in matcher.postings(TEXT, word))
    return log(total / many) if 2 <= many <= total / 8 else 0.0


def _cite(found: dict[int, list[Tie]], documents: Iterable[int], bond: Bond, name: str) -> None:
    """An issue is cited, not a section: those of its sections count that also share words."""
    for document in documents:
        if len(found.get(document, ())) >= _FEWEST_SHARED:
            found[document].append(Tie(bond, _CITATION_WEIGHT, name))


def _telling_ties(all_: list[Tie]) -> list[Tie]:
    """The ties that mean something, the strongest first; none if they can be chance."""
    shared = [tie for tie in all_ if tie.bond is Bond.WORDS]
    others = [tie for tie in all_ if tie.bond is not Bond.WORDS]
    together = sum(tie.weight for tie in shared)
    if not others and (len(shared) < _FEWEST_SHARED or together < _LEAST):
        return []
    # Of equals the first by alphabet, so that the reasons are the same each time.
    return others + sorted(shared, key=lambda tie: (-tie.weight, tie.name))


def named(found: list[Tie]) -> tuple[tuple[Bond, tuple[str, ...]], ...]:
    """The reasons as an answer gives them: each kind once, with its few strongest names."""
    by_bond: dict[Bond, dict[str, None]] = {}
    for tie in found:
        by_bond.setdefault(tie.bond, {})[tie.name] = None
    return tuple((bond, tuple(names)[:_MOST_NAMED]) for bond, names in by_bond.items())


def _telling(section: Section, rarity: Callable[[str], float]) -> Iterator[tuple[str, str, float]]:
    """A section's most telling words: each as the index has it, as it is written, and its weight.

    They are rare in the archive, frequent in the section, or names.
    """
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    texts = [section.heading, section.heading, section.deck or ""]
    texts += [block.text for block in section.blocks]
    for text in texts:
        free = 0  # the first position that no compound has covered
        for token in words.tokens(text):
            if token.span > 1 and token.position < free:
                continue  # `of-the-art` of `state-of-the-art` is not a word
            free = max(free, token.position + token.span)
            counts[token.text] += 1
            shape = text[token.start : token.end]
            # `The` opens a sentence; `the` inside one shows that it is not a name.
            if token.text not in written or shape == token.text:
                written[token.text] = shape
    weights = {
        word: count / (count + 1.0) * (_NAME_WEIGHT if _is_name(written[word]) else 1.0)
        for word, count in counts.items()
        if len(word) > 1 and not _says_little(word)
    }
    telling = {word: weight * rarity(word) for word, weight in weights.items()}
    ranked = sorted(telling, key=lambda word: (-telling[word], word))
    for word in ranked[:_MOST_WORDS]:
        if telling[word]:
            yield word, written[word], weights[word]


def _says_little(word: str) -> bool:
    """Whether a word is rare as it is written, but can be in any text: `they're`, `2.5`."""
    return "'" in word or not any(map(str.isalpha, word))


def _is_name(shape: str) -> bool:
    """Whether a word is more than letters, or has a capital inside: `DeMo`, `GPT-4o`, `C++`."""
    return not shape.isalpha() or not shape[1:].islower()


def _targets(section: Section) -> Iterator[tuple[str, Node]]:
    """Where a section's links lead: a name for it, and how the index is asked for it.

    A site's front page does not count: half of all sections may link it.
    """
    seen: set[str] = set()
    for link in section.links:
        url = link.url or ""
        if paper := _ARXIV.search(url):
            name, node = f"arXiv {paper[1]}", _paper(paper[1])
        elif (page := _URL.match(url)) and (page["path"] or "/").strip("/"):
            name = page["host"] + page["path"].rstrip("/")
            node = Phrase(words=words.phrase(name), field=Field.LINK)
        else:
            continue
        if name not in seen and (not isinstance(node, Phrase) or node.words):
            seen.add(name)
            yield name, node


def _paper(number: str) -> Node:
    """A paper's number, whatever its version: `2411.19870v2`."""
    anywhere = Term(text=number, prefix=True)
    return Or(nodes=(anywhere, Term(text=number, prefix=True, field=Field.LINK)))
