"""Other ways to write an address: `#395`, `Import AI 395`, `ImportAI/395`, `395#2`.

Used where nothing has the address as you typed it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import chain

from backissue.text.rules import bounded

_LONGEST = 200  # characters; a longer text is no address
_AROUND = " \t\n\r.,;:!?…\"'“”‘’«»()[]<>`*"
# A name or nothing, the number, perhaps a section, and perhaps the title behind it.
_NUMBERED = bounded(
    r"(?P<name>.*?)[\s/#:,_-]*\b0*(?P<number>\d{1,9})"
    r"(?:(?:\s*[.#:/§]\s*|,?\s+section\s+|,?\s+§\s*)(?P<section>\d{1,6}))?"
    r"(?:\s+\(\d{4}-\d\d-\d\d\)?|:\s+\D.*)?",
    _LONGEST,
    re.IGNORECASE,
)
# What stands between a publication's name and the number.
_NO_NAME = re.compile(
    r"(?<![\s,#])[\s,#]*+\b(?:issue|number|no|nr|num|edition|newsletter)\b[\s.,#]*$", re.IGNORECASE
)
# `Lathe Digest vol. 15, no. 28`, `V15 #28`
_IN_VOLUME = re.compile(
    r"(?P<name>[^\d]{0,100}?)[\s,:/-]{0,3}\bv(?:ol(?:ume)?)?\.?\s?0*(?P<volume>\d{1,6})[\s,:;/.-]{0,3}"
    r"(?:(?:no|nr|number|issue|n)\b\.?\s?#?|#|n)\s?0*(?P<number>\d{1,6})",
    re.IGNORECASE,
)
_SECTION = bounded(r"(?P<place>.*[^\s.])\s*[.#]\s*0*(?P<section>[1-9]\d{0,5})", _LONGEST)


def spellings(ref: str, publications: Mapping[str, str]) -> Iterator[str]:
    """The addresses that `ref` may stand for, the likeliest first; none that is only guessed.

    `publications` has short names by what `compressed` makes of the names.

    >>> known = {"importai": "import-ai"}
    >>> [next(spellings(one, known)) for one in ("#395", "Import AI 395.2", "ImportAI/395")]
    ['395', 'import-ai/395.2', 'import-ai/395']
    >>> list(spellings("gpt-4", known))
    []
    """
    if len(ref) > _LONGEST:
        return
    text = _plain(ref)
    for one in chain((text, numbered(text, publications)), _named(text, publications)):
        if one and one != ref:
            yield one


def numbered(text: str, publications: Mapping[str, str]) -> str | None:
    """The address in a number with or without its publication; None for any other text.

    >>> numbered("Import AI 395: AI and energy", {"importai": "import-ai"})
    'import-ai/395'
    >>> numbered("Import AI vol. 15, no. 28", {"importai": "import-ai"})
    'import-ai/15.28'
    >>> numbered("GPT-4", {"importai": "import-ai"})
    """
    plain = _plain(text[:_LONGEST])
    if found := _IN_VOLUME.fullmatch(plain):
        slug = publications.get(compressed(found["name"]))
        if slug or not compressed(found["name"]):
            return (f"{slug}/" if slug else "") + f"{found['volume']}.{found['number']}"
    match = _NUMBERED.fullmatch(plain)
    if not match:
        return None
    slug = publications.get(compressed(_NO_NAME.sub("", match["name"])))
    if slug is None and compressed(match["name"]) and not _NO_NAME.fullmatch(match["name"]):
        return None
    section = f".{int(match['section'])}" if match["section"] else ""
    return (f"{slug}/" if slug else "") + match["number"] + section


def _plain(text: str) -> str:
    """The text with plain digits and signs (`３９５`), and without what surrounds it."""
    return unicodedata.normalize("NFKC", text.replace("№", "#")).strip(_AROUND)


def compressed(name: str) -> str:
    """A name without case, spaces and signs.

    >>> compressed("Import AI"), compressed("import-ai")
    ('importai', 'importai')
    """
    return "".join(char for char in name.casefold() if char.isalnum())


def _named(text: str, publications: Mapping[str, str]) -> Iterator[str]:
    """The address of an issue without a number: its title, with or without its publication."""
    match = _SECTION.fullmatch(text)
    place, section = (match["place"], f".{match['section']}") if match else (text, "")
    first, slash, rest = place.rpartition("/")
    slug = publications.get(compressed(first)) if slash else None
    if slash and slug is None:
        return
    from backissue.ingest.merge import slug as slug_of_title

    if name := slug_of_title(rest):
        yield (f"{slug}/" if slug else "") + name + section
