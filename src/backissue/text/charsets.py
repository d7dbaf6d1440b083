"""Labels of charsets, as mails, pages and feeds declare them, to codecs of Python.

A label is read as browsers read it (WHATWG Encoding Standard, section 4.2: `iso-8859-1` is
Windows-1252, `gb2312` is GB 18030), then as mail programs write it (`win-1251`, `cp-850`,
`x-windows-949`), then as Python does. The one home of webencodings.
"""

import codecs
import re
from functools import cache, lru_cache
from pathlib import Path

from backissue.text.rules import Table

RULES = Table(path=Path(__file__).with_suffix(".toml"))

# No label is longer, and nobody may make this work on a longer one.
_LONGEST = 60
_AROUND = " \t\r\n\f\"'<>"
# `charset=utf-8`, by programs that put the name of the parameter into its value.
_NAMED = re.compile(r"charset=[\"']?", re.IGNORECASE)
_CODE_PAGE = re.compile(
    r"(?:x-)?(?:windows|win|cp|ms|ibm|dos|oem|microsoft-cp|mscp|ms-cp|ccsid|codepage)-?(\d{3,5})"
)
_ISO_8859 = re.compile(r"(?:x-)?iso-?8859-?(\d{1,2})(?:[-:].*)?")
# What Python calls a codec, and is no charset.
_NO_CHARSETS = ("idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape")


def codec_of(label: str) -> str | None:
    """Python's name of the codec that reads what `label` names; None if it names no charset.

    >>> codec_of("ISO-8859-1"), codec_of("win-1251"), codec_of("x-klingon")
    ('cp1252', 'cp1251', None)
    """
    plain = _plain(label)
    return _found(plain) if 0 < len(plain) <= _LONGEST else None


@lru_cache(maxsize=1000)
def _found(plain: str) -> str | None:
    for form in _forms(plain):
        if name := _standard(form) or _codecs("labels").get(form.replace("_", "-")):
            return name
    return _pythons(plain)


def is_ascii(label: str) -> bool:
    """Whether a label claims no more than ASCII."""
    return _plain(label).replace("_", "-") in RULES.words("ascii")


def _plain(label: str) -> str:
    """A label in small letters, without quotes around it or what follows it: `;`, `,`."""
    bare = _NAMED.sub("", label.strip(_AROUND), count=1)
    return re.split("[;,]", bare, maxsplit=1)[0].strip(_AROUND).lower()


def _forms(plain: str) -> list[str]:
    """A label as it is, and as it would be without what mail programs add to it."""
    dashed = re.sub("[_ ]+", "-", plain)
    forms = [plain, dashed, dashed.removeprefix("x-")]
    if match := _CODE_PAGE.fullmatch(dashed):
        forms += [f"cp{match[1]}", f"windows-{match[1]}", f"ibm{match[1]}"]
    if match := _ISO_8859.fullmatch(dashed):
        forms.append(f"iso-8859-{match[1]}")
    return forms


def _standard(label: str) -> str | None:
    """The codec for a label of the standard; it has three that no codec of Python reads."""
    from webencodings.labels import LABELS  # noqa: PLC0415 - few texts need their declared charset

    return _codecs("encodings").get(LABELS.get(label, ""))


@cache
def _codecs(group: str) -> dict[str, str]:
    return {word: rule.name for rule in RULES.groups()[group] for word in rule.words}


def _pythons(plain: str) -> str | None:
    match = _CODE_PAGE.fullmatch(re.sub("[_ ]+", "-", plain))
    for form in (plain, plain.removeprefix("x-"), f"cp{match[1]}" if match else ""):
        try:
            name = codecs.lookup(form).name
            # `rot13`, `zlib` and their like are codecs, but do not turn bytes into text.
            b"a".decode(name, "replace")
        except (LookupError, ValueError):
            continue
        # Python writes some of its names with dashes, and which ones differs with its version.
        if name.replace("-", "_") not in _NO_CHARSETS:
            return name
    return None
