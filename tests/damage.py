"""Damage made on purpose: what programs do to a text on its way, each as a function."""

import random
import re
import textwrap
from collections.abc import Callable

Damage = Callable[[str], str | bytes]


def misread(charset: str, *, times: int = 1) -> Damage:
    """UTF-8 read in another charset, whose undefined bytes become controls."""

    def damage(text: str) -> str:
        for _ in range(times):
            text = "".join(_read(byte, charset) for byte in text.encode())
        return text

    return damage


def _read(byte: int, charset: str) -> str:
    try:
        return bytes([byte]).decode(charset)
    except UnicodeDecodeError:
        return chr(byte)


def half_misread(text: str) -> str:
    """Every other paragraph read as cp1252."""
    parts = text.split("\n\n")
    read = misread("cp1252")
    return "\n\n".join(str(read(part)) if at % 2 else part for at, part in enumerate(parts))


def stripped(text: str) -> str:
    """Read as Latin-1, and the controls that came of it stripped."""
    return re.sub("[\x80-\x9f]", "", text.encode().decode("latin-1"))


def replaced(text: str) -> str:
    """Whatever is not ASCII became U+FFFD."""
    return re.sub(r"[^\x00-\x7f]", "\ufffd", text)


def queried(text: str) -> str:
    """Whatever is not ASCII became a question mark."""
    return re.sub(r"[^\x00-\x7f]", "?", text)


def dropped(text: str) -> str:
    """Whatever is not ASCII fell out, without a trace."""
    return re.sub(r"[^\x00-\x7f]", "", text)


def holed(seed: int, share: float = 0.01) -> Damage:
    """One character in a hundred, letters too, became U+FFFD; the title line was spared."""

    def damage(text: str) -> str:
        dice = random.Random(seed)
        title, line_end, rest = text.partition("\n")
        holes = ("\ufffd" if char not in "\n " and dice.random() < share else char for char in rest)
        return title + line_end + "".join(holes)

    return damage


def bytes_lost(text: str) -> str:
    """Read as cp1252, where the bytes that it has no sign for fell out."""
    return text.encode().decode("cp1252", "ignore")


def as_cp1252(text: str) -> bytes:
    """Sound text in another charset than is said of it."""
    return text.encode("cp1252", "replace")


def soft_hyphened(text: str) -> str:
    """A soft hyphen within every long word, and no-break spaces."""
    hyphened = re.sub(r"\b([a-z]{5})([a-z]{4,})\b", "\\1\u00ad\\2", text)
    return hyphened.replace(" of ", " of\u00a0")


def as_pdf(text: str) -> str:
    """Lines of 72 characters, words broken at their ends, ligatures."""
    return "\n".join(_wrapped(line) for line in text.split("\n"))


def _wrapped(line: str) -> str:
    lines = textwrap.wrap(line, 72, break_long_words=False, break_on_hyphens=False)
    for at in range(0, len(lines) - 1, 3):
        word, space, rest = lines[at + 1].partition(" ")
        if space and len(word) > 7 and word.isalpha() and word.islower():
            lines[at] += f" {word[:4]}-"
            lines[at + 1] = f"{word[4:]} {rest}"
    return "\n".join(lines).replace("fi", "ﬁ").replace("fl", "ﬂ")


DAMAGES: dict[str, Damage] = {
    "cp1252": misread("cp1252"),
    "cp1252-twice": misread("cp1252", times=2),
    "latin-1": misread("latin-1"),
    "mac-roman": misread("mac-roman"),
    "cp1251": misread("cp1251"),
    "iso8859-2": misread("iso8859-2"),
    "half": half_misread,
    "stripped": stripped,
    "replaced": replaced,
    "queried": queried,
    "holes-1": holed(1),
    "holes-2": holed(2),
    "bytes-lost": bytes_lost,
    "cp1252-bytes": as_cp1252,
    "soft-hyphens": soft_hyphened,
    "pdf": as_pdf,
}
