"""What one source may take of time and memory, and that the rest of the run does not suffer."""

import os
import resource
import signal
import threading
from pathlib import Path

import pytest

from backissue.errors import Exit, RejectedSourceError, UsageError
from backissue.ingest.sources import limits
from backissue.ingest.sources.limits import Limits, bounded
from tests.conftest import export
from tests.test_cli import process

GOOD = "Crane Weekly 7: Ships\n\nA ship came in.\n"


def run_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What an ingest says of a bad and a good file, of which it must take the good one."""
    (path / "good.txt").write_text(GOOD)
    done = process(path / "archive", "ingest", str(path / "bad.txt"), str(path / "good.txt"))
    assert done.returncode == Exit.REJECTED_INPUT
    assert b"A ship came in." in export(path / "archive")
    monkeypatch.undo()
    assert process(path / "archive", "rebuild").returncode == Exit.OK
    return done.stderr


def test_a_source_that_takes_too_long_is_rejected_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.txt").write_text("".join(f"word{number}\n" for number in range(60_000)))
    monkeypatch.setenv(limits.SECONDS, "1")
    said = run_on(tmp_path, monkeypatch)
    assert "cannot read bad.txt: takes more than 1 s of processor time to read; to allow it" in said


@pytest.mark.skipif(limits._address_space() is None, reason="the system does not say")
def test_a_source_that_takes_too_much_memory_is_rejected_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.txt").write_text("word and word, " * 400_000)
    monkeypatch.setenv(limits.MEGABYTES, "64")
    said = run_on(tmp_path, monkeypatch)
    assert "cannot read bad.txt: takes more than 64 MB of memory to read; to allow it more" in said


def endless(allowed: Limits, forgiving: type[Exception] = OSError) -> None:
    """Work that never ends by itself, whatever `forgiving` errors it meets."""
    with bounded(allowed):
        while True:
            try:
                os.getpid()
            except forgiving:
                continue


def test_without_end_is_an_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.SECONDS, "0")
    monkeypatch.setenv(limits.MEGABYTES, "0")
    with bounded(limits.configured()):
        assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


@pytest.mark.parametrize("said", ["soon", "-1", "1.5", "٣", "9" * 30])
def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv(limits.SECONDS, said)
    with pytest.raises(UsageError, match="is no number"):
        limits.configured()


def test_what_was_before_is_put_back_also_after_an_error() -> None:
    before = signal.getsignal(signal.SIGPROF)
    with pytest.raises(RejectedSourceError):
        endless(Limits(seconds=1))
    assert signal.getsignal(signal.SIGPROF) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_no_parser_can_take_the_end_of_time_for_damage() -> None:
    with pytest.raises(RejectedSourceError, match="processor time"):
        endless(Limits(seconds=1), forgiving=Exception)


def test_in_another_thread_the_work_is_done_without_a_limit_of_time() -> None:
    done: list[int] = []

    def work() -> None:
        with bounded(Limits(seconds=1)):
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1]


@pytest.mark.skipif(limits._address_space() is None, reason="the system does not say")
def test_a_lower_limit_of_the_system_is_not_reached_first() -> None:
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    own = (limits._address_space() or 0) + 2**30
    resource.setrlimit(resource.RLIMIT_AS, (own, most))
    try:
        with bounded(Limits(seconds=0, megabytes=4096)):
            assert resource.getrlimit(resource.RLIMIT_AS)[0] < own
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))
