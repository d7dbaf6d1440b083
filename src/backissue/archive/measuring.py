"""How large an archive is on the disk."""

import os
from pathlib import Path

from backissue.archive.settings import INDEX, SOURCES


def sizes(folder: Path) -> tuple[int, int]:
    """The bytes of the originals, and those of the index. A file that vanishes counts as empty."""
    return _bytes(folder / SOURCES, ".bin"), _bytes(folder / INDEX, "")


def _bytes(folder: Path, ending: str) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(ending):
                try:
                    total += os.lstat(os.path.join(place, name)).st_size
                except OSError:
                    continue  # of a run that writes at this moment
    return total
