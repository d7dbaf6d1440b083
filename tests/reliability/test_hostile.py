"""Input that means harm: refused or tamed with a reason, and the letter beside it is taken in.

The cases are in tests/cases/hostile, what their files are made from in recipes.py, and what keeps
the program from what it must never do, and tells of it, in guarded.py.
"""

import json
import re
import socket
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backissue.errors import Exit
from backissue.sealing import key_file
from tests.conftest import Trials
from tests.reliability import recipes
from tests.reliability.guarded import MEMORY, Ended, Guard

CASES = Path(__file__).parents[1] / "cases" / "hostile"
GOOD = "Letters 12: Mills\n\nby Ada\n\nThe mills stood idle for most of the year.\n"
# What no archive may hold.
WORDS = "the-words-of-another-file"
CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# The files of an archive; none of their names is a source's.
_SHA = "[0-9a-f]{64}"
OWN = re.compile(
    r"|index(?:\.new|\.old)?|sources(?:/[0-9a-f]{2})?|(?:\.(?:unfinished|change)\.\d+\.tmp|unfinished|change|lock|log\.jsonl)"
    r"|history(?:/\d{6}\.jsonl)?"
    rf"|sources/[0-9a-f]{{2}}/(?:{_SHA}\.(?:bin|json)|\.{_SHA}\.(?:bin|json)\.\d+\.tmp)"
    r"|index(?:\.new)?/(?:MAIN(?:_\w+)?(?:\.\w+)*|_MAIN_\d+\.toc(?:\.[\d.]+)?|\w+\.(?:json|new))"
)

KEY = re.compile(r"\.|key|\.key\.\d+\.tmp")


def cases(topic: str) -> list[dict[str, Any]]:
    with (CASES / f"{topic}.toml").open("rb") as file:
        return tomllib.load(file)["case"]


def marked(case: dict[str, Any]) -> Any:
    return pytest.param(case, id=case["name"])


EVERY = [case for topic in ("containers", "documents", "folders") for case in cases(topic)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where cases are tried: the guard, a secret file, and a server that nobody may call."""

    guard: Guard
    folder: Path
    secret: Path
    server: socket.socket

    def told(self, value: Any) -> Any:
        """What a case tells, with the places of this bench."""
        if isinstance(value, str):
            for sign, text in (
                ("@SECRET@", str(self.secret)),
                ("@WORDS@", WORDS),
                ("@PORT@", str(self.server.getsockname()[1])),
            ):
                value = value.replace(sign, text)
            return value
        if isinstance(value, list):
            return [self.told(item) for item in value]
        if isinstance(value, dict):
            return {self.told(key): self.told(item) for key, item in value.items()}
        return value

    def was_called(self) -> bool:
        try:
            self.server.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    secret = folder / "secret.txt"
    secret.write_text(f"{WORDS}\n", encoding="utf-8")
    with ExitStack() as kept:
        server = kept.enter_context(socket.create_server(("127.0.0.1", 0)))
        server.setblocking(False)
        guard = Guard(folder)
        kept.callback(guard.close)
        yield Bench(guard=guard, folder=folder, secret=secret, server=server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a case: the run, the lines of its report by status and name, what is held."""

    run: Ended
    outcomes: Mapping[str, Mapping[str, str]]
    counts: Mapping[str, int]
    held: str


def tried(bench: Bench, case: Mapping[str, Any], place: Path) -> Tried:
    files, scratch = place / "files", place / "scratch"
    files.mkdir()
    scratch.mkdir()
    (files / "good.txt").write_text(GOOD, encoding="utf-8")
    archive = files / case["archive"] if "archive" in case else place / "archive"
    with ExitStack() as kept:
        for told in bench.told(case["files"]):
            recipes.make(files, told, kept)
        named = [*case.get("named", ["."]), *(["good.txt"] if "named" in case else [])]
        arguments = ("--archive", str(archive), "ingest", "--json", *named)
        limits = {"BACKISSUE_SOURCE_SECONDS": "seconds", "BACKISSUE_SOURCE_MB": "megabytes"}
        said = {name: str(case[key]) for name, key in limits.items() if key in case}
        run = bench.guard.run(*arguments, cwd=files, TMPDIR=str(scratch), **said)
    assert "Traceback" not in run.err, run.err[-2000:]
    assert run.did == ()
    _keeps_to_its_place(run, archive, scratch)
    held = bench.guard.run("--archive", str(archive), "export")
    assert held.code == Exit.OK, (run, held)
    report = json.loads(run.out)["report"]["sources"]
    counts = Counter(line["status"] for line in report)
    return Tried(run=run, outcomes=_outcomes(report), counts=counts, held=held.out)


def _outcomes(report: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[str, str]]:
    """The report: by status, the format and reason by name, as a terminal is shown it."""
    found: dict[str, dict[str, str]] = {}
    for line in report:
        name = CONTROLS.sub("�", line["name"]).replace("\n", " ")
        why = " ".join(filter(None, (line["format"], line["reason"])))
        found.setdefault(line["status"], {})[name] = why
    return found


def _keeps_to_its_place(run: Ended, archive: Path, scratch: Path) -> None:
    """Nothing is written but the archive's own files, and temporary ones that are gone again."""
    for made in map(Path, run.made):
        if made.is_relative_to(archive):
            inside = made.relative_to(archive).as_posix()
            assert OWN.fullmatch("" if inside == "." else inside), made
        elif made.is_relative_to(state := key_file().parent):  # what seals the index
            assert KEY.fullmatch(made.relative_to(state).as_posix()), made
        else:
            assert made.is_relative_to(scratch), made
    assert not list(scratch.iterdir())


@pytest.mark.promise(
    "Hostile input is rejected with a reason, or made harmless, within 1.5 GB of memory; the"
    " files beside it are ingested."
)
@pytest.mark.parametrize("case", [marked(case) for case in EVERY])
def test_what_means_harm_is_refused_or_tamed_and_its_neighbour_is_taken_in(
    bench: Bench, case: dict[str, Any], tmp_path: Path, trials: Trials
) -> None:
    if case.get("long") and not trials.long:
        pytest.skip("tried with --long")
    for _ in trials(few=1, many=1):
        found = tried(bench, case, tmp_path)
        _is_plain(found)
        assert found.outcomes["added"].get("good.txt") == "plain text"
        assert "The mills stood idle" in found.held
        for status in ("rejected", "skipped", "added"):
            _says(found, status, bench.told(case.get(status, {})))
        assert not [words for words in bench.told(case.get("lacks", [])) if words in found.held]
        assert not [words for words in case.get("holds", []) if words not in found.held]
        assert not bench.was_called()
        assert not Path(f"{bench.secret}.owned").exists()
        assert found.run.peak < MEMORY


def _is_plain(found: Tried) -> None:
    """What is said: lines of our own, a reason for each refusal, no traceback, the right code."""
    run, lines = found.run, found.run.err.splitlines()
    refused = "rejected" in found.outcomes
    assert run.code == (Exit.REJECTED_INPUT if refused else Exit.OK), run.err
    assert run.err.endswith("\n")
    assert all(line.startswith("backissue: ") for line in lines), run.err[-3000:]
    assert not CONTROLS.search(run.err)
    assert max(map(len, lines)) < 2000
    for status, verb in (("rejected", "cannot read"), ("skipped", "skipped")):
        said = [line for line in lines if line.startswith(f"backissue: {verb} ")]
        assert len(said) == found.counts[status], (said, found.outcomes)
        assert all(found.outcomes.get(status, {}).values())


def _says(found: Tried, status: str, wanted: Mapping[str, str]) -> None:
    said = found.outcomes.get(status, {})
    for name, why in wanted.items():
        assert why in said.get(name, "(nothing)"), (found.outcomes, found.run.err[-3000:])
    if status == "rejected" and wanted:
        assert said.keys() == wanted.keys()
