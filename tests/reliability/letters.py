"""A newsletter made up: issues of four sections, copies of them, and folders of both."""

import random
from collections.abc import Iterable
from pathlib import Path

# In every section, once.
WORD = "whales"
_WORDS = ("salt", "wind", "rope", "keel", "tar", "gale", "reef", "sail", "mast", "oar", "fog")
TALES = ("The tide tables", "A harbour at night", "Letters to a lighthouse", "What gulls know")


def letter(number: int, *, lacking: int | None = None, damaged: int | None = None) -> str:
    """An issue of four sections, of which a copy may lack one and have another damaged."""
    dice = random.Random(number)
    sections = []
    for position, heading in enumerate(TALES):
        words = dice.choices(_WORDS, k=25)
        text = f"Of {WORD} it is said in letter {number}: {' '.join(words)}. Señor Núñez agrees."
        if position == damaged:
            text = text.encode().decode("cp1252")
        if position != lacking:
            sections.append(
                f"{heading}\n…and {dice.choice(words)}…\n{text}\n\n"
                f"**Why this matters:** {' '.join(reversed(words))}.\n"
            )
    return "\n***\n\n".join(sections)


def shelf_of(folder: Path, letters: Iterable[tuple[int | None, str]]) -> Path:
    """A folder of letters, whose catalog numbers those that are to have a number."""
    folder.mkdir()
    catalog = ['publication = "Letters"']
    for place, (number, text) in enumerate(letters):
        name = f"{place:02}.txt"
        (folder / name).write_text(text, encoding="utf-8")
        if number is not None:
            catalog.append(f'["{name}"]\nnumber = {number}\ntitle = "Letter {number}"')
    (folder / "catalog.toml").write_text("\n".join(catalog), encoding="utf-8")
    return folder
