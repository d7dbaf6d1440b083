"""A plain part as blocks: signatures and seals apart, lines broken to fit put together."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backissue.ingest.readers import plaintext
from backissue.records import Block
from backissue.text import unwrapping

_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SEAL = re.compile(r"-----BEGIN PGP (?P<what>SIGNATURE|PUBLIC KEY BLOCK)-----")
_SEAL_FIELD = re.compile(r"[A-Z][A-Za-z-]+: .*|\s*")
_SEAL_BODY = re.compile(r"\s*|[A-Z][a-z]+: .*|=?[A-Za-z0-9+/=]+")
# RFC 3676, section 4.3; where the space behind the dashes was lost, only a short one is sure.
_SIGNATURE = "-- "
_LONGEST_SIGNATURE = 15
_LONGEST_BARE_SIGNATURE = 6
# What pads a preview, so that a mail program shows no more words beside the subject. It never opens
# with a no-break space, which may be half of a damaged letter.
_UNSEEN = r"[\u034f\u200c\u00ad\u200b\u2060\ufeff]"
_PADDING = re.compile(rf"{_UNSEEN}(?:[ \t\xa0\u2007]*{_UNSEEN})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A plain part: its blocks, and the lines that are no words of the issue's."""

    blocks: tuple[Block, ...]
    boilerplate: tuple[str, ...]


def read(text: str, *, flowed: bool = False, delete_space: bool = False) -> Plain:
    """The blocks of a plain part; seals and the signature are boilerplate."""
    text = _PADDING.sub("", text)
    text, sealed = unsealed(text)
    text, signature = without_signature(text)
    text = unwrapping.unflow(text, delete_space=delete_space) if flowed else text
    return Plain(
        blocks=plaintext.blocks(unwrapping.unwrap(text)), boilerplate=(*sealed, *signature)
    )


def unsealed(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` without PGP's armour (RFC 9580, section 7), and the armour's lines."""
    if "-----BEGIN PGP " not in text:
        return text, ()
    kept: list[str] = []
    taken: list[str] = []
    signed = False
    lines = iter(text.split("\n"))
    for line in lines:
        if line.rstrip() == _SIGNED:
            signed = True
            taken.append(line)
            kept.extend(_below_fields(lines, taken))
        elif seal := _SEAL.match(line):
            signed = False
            taken.append(line)
            kept.extend(_below_seal(lines, taken, f"-----END PGP {seal['what']}-----"))
        else:
            # What opens with a dash is set in by another while it is signed.
            kept.append(line.removeprefix("- ") if signed else line)
    return "\n".join(kept), ("\n".join(taken),) if taken else ()


def _below_fields(lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    """Take `Hash: SHA1` and the blank line below; a line that is neither comes back."""
    for line in lines:
        if not _SEAL_FIELD.fullmatch(line):
            yield line
            return
        taken.append(line)
        if not line.strip():
            return


def _below_seal(lines: Iterator[str], taken: list[str], end: str) -> Iterator[str]:
    """Take a seal's lines; where its end was lost, words below it come back."""
    for line in lines:
        if line.startswith(end):
            taken.append(line)
            return
        if not _SEAL_BODY.fullmatch(line):
            yield line
            return
        taken.append(line)


def without_signature(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` without the signature below its last `-- `, and that."""
    lines = text.split("\n")
    for place in range(len(lines) - 1, 0, -1):
        if lines[place].rstrip() != "--":
            continue
        below = [line for line in lines[place + 1 :] if line.strip()]
        exact = lines[place] == _SIGNATURE
        longest = _LONGEST_SIGNATURE if exact else _LONGEST_BARE_SIGNATURE
        if len(below) > longest or not any(line.strip() for line in lines[:place]):
            break
        return "\n".join(lines[:place]), ("\n".join(below),) if below else ()
    return text, ()
