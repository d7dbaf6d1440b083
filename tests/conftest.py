"""What the tests share: the founding documents, archives of them, and short ways to make more."""

import os
import shutil
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from backissue.archive import ingestion
from backissue.archive.settings import INDEX
from backissue.index import Index
from backissue.ingest.identity import gather
from backissue.ingest.merge.copies import Copy
from backissue.ingest.pipeline import Reading, read
from backissue.ingest.readers.formats import Original
from backissue.ingest.sources import Refusal, Source, collect, digest_of, make_source
from backissue.records import DraftRef, Facts, Issue, Report
from backissue.render.json import JsonRenderer
from backissue.text.decoding import decode

HERE = Path(__file__).parent
SEEDS = HERE.parent / "seeds"

# The detector of charsets is loaded here, which takes half a second, so that no example of a law
# that must hold within a fifth of one has to.
decode("Пряжа зимой".encode("koi8-r"))


# Tests start the program thousands of times; without its compiled modules it compiles itself again
# each time, which takes longer than most of what it is asked to do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option of this suite."""
    parser.addoption(
        "--long",
        action="store_true",
        help="as many rounds as scripts/endure takes: all that a test names as `many`",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --long, run only the tests that take more rounds then, and every promise."""
    if config.getoption("--long"):
        items[:] = [
            item
            for item in items
            if "trials" in getattr(item, "fixturenames", ()) or item.get_closest_marker("promise")
        ]


class Trials:
    """Counts how often a test tried its promise. Called, it gives that many attempts.

    def test_readers_see_all_of_a_run_or_nothing(trials: Trials) -> None:
        for attempt in trials(few=5, many=200):
            ...
    """

    def __init__(self, *, long: bool) -> None:
        self.long = long
        self.count = 0
        self.unit = "times"

    def number(self, *, few: int, many: int) -> int:
        """How many attempts there are to be."""
        return many if self.long else few

    def __call__(self, *, few: int, many: int, unit: str = "times") -> Iterator[int]:
        """So many attempts, numbered from 0; each that ended well is counted."""
        self.unit = unit
        for attempt in range(self.number(few=few, many=many)):
            yield attempt
            self.count += 1

    def did(self, count: int, unit: str = "times") -> None:
        """So many attempts more were made by other means."""
        self.count += count
        self.unit = unit


@pytest.fixture
def trials(request: pytest.FixtureRequest) -> Trials:
    """The test's count, which its report notes."""
    return Trials(long=request.config.getoption("--long"))


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl-C means what it means at a terminal, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder for the tests alone, with a key that they make."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of founding documents; not to be written to."""
    return SEEDS


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that holds the founding documents; not to be written to."""
    folder = tmp_path_factory.mktemp("archive")
    ingestion.ingest(folder, seed_items())
    return folder


@pytest.fixture
def fresh_archive(archive: Path, tmp_path: Path) -> Path:
    """A test's own archive of the founding documents, to do with what it likes."""
    # Without the hits that other tests' searches left there.
    unseen = shutil.ignore_patterns("recent")
    return Path(shutil.copytree(archive, tmp_path / "fresh-archive", ignore=unseen))


def seed_items() -> list[Source | Refusal]:
    """The founding documents with what their catalog says."""
    return list(collect([str(SEEDS)], Facts()))


def seed_sources() -> list[Source]:
    """The five founding documents, without the file that tells about them."""
    return [item for item in seed_items() if isinstance(item, Source)]


def source(name: str, content: str | bytes, **said: object) -> Source:
    """A source of this content, of which the reader said these facts."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    return make_source(name, data, gather(said))


def reading(content: str | bytes, **said: object) -> Reading:
    """What is read in this content."""
    made = source("any", content, **said)
    return read(made.data, made.by_reader)


def original(content: str | bytes) -> Original:
    """`content`, as readers are given it."""
    data = content.encode() if isinstance(content, str) else content
    return Original(data=data, decoded=decode(data))


def sha256(content: str | bytes) -> str:
    """The name the archive gives this content."""
    return digest_of(content.encode() if isinstance(content, str) else content)


def take_in(folder: Path, *items: Source | Refusal) -> Report:
    """Ingest in one run."""
    return ingestion.ingest(folder, items)


def issues_in(folder: Path) -> list[Issue]:
    """Every issue of an archive, whole, by key."""
    with Index.open(folder / INDEX) as index:
        found = [
            index.shelf.issue(head.key) for head in sorted(index.shelf.heads(), key=lambda h: h.key)
        ]
    return [issue for issue in found if issue]


def export(folder: Path) -> bytes:
    """What `backissue export` writes of an archive."""
    return exported(issues_in(folder))


def exported(issues: Iterable[Issue]) -> bytes:
    """What `backissue export` writes of these issues."""
    lines: list[str] = []
    JsonRenderer(lines.append, lines=True).whole_issues(issues)
    return "".join(lines).encode("utf-8")


def copies(*sources: Source) -> list[Copy]:
    """The drafts of these sources as merging takes them."""
    return [
        Copy(
            draft=draft,
            ref=DraftRef(source=made.sha256, digest="", place=draft.place),
            names=(made.name,),
        )
        for made in sources
        for draft in read(made.data, made.by_reader).drafts
    ]
