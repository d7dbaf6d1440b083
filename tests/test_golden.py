"""The same behaviour, byte for byte: the export of seeds/ and of tests/corpus, as hashes.

tests/golden.txt has a line for each issue and one for each of its sections, so that a difference
names what changed. `REWRITE=1 pytest tests/test_golden.py` rewrites it; the diff is the review.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from backissue.ingest.sources import collect
from backissue.records import NO_FACTS
from tests.conftest import HERE, SEEDS, export, take_in
from tests.truth import CORPUS

GOLDEN = HERE / "golden.txt"


def test_the_export_of_seeds_and_corpus_has_not_changed(tmp_path: Path) -> None:
    documents = [str(path) for path in sorted(CORPUS.iterdir()) if path.suffix != ".toml"]
    archive = tmp_path / "archive"
    take_in(archive, *collect([str(SEEDS), *documents], NO_FACTS))
    found = "".join(line + "\n" for one in export(archive).splitlines() for line in hashed(one))
    if os.environ.get("REWRITE"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def hashed(exported: bytes) -> Iterator[str]:
    """The hash of an issue's line, with address and title, and that of each of its sections."""
    issue = json.loads(exported)["issue"]
    yield f"{digest(exported)} {issue['publication']} {issue['id']}: {issue['title']}"
    for one in issue["sections"]:
        yield f"    {digest(json.dumps(one).encode())} {one['position']}: {one['heading']}"


def digest(data: bytes) -> str:
    """The first sixteen digits of the sha256."""
    return hashlib.sha256(data).hexdigest()[:16]
