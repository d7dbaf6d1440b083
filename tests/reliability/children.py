"""The program in children of this process, which may be made to die at any of their steps.

A child is forked: it starts in milliseconds, since all that it needs has been imported.
"""

import mmap
import os
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import NoReturn, Self

from backissue.cli import main

# What Python tells its audit hooks of files. Every change of a folder's state is between two.
_STEPS = (
    "open",
    "os.chmod",
    "os.listdir",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.scandir",
    "os.truncate",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A child's end: its exit code, or less than 0 the signal that it died of; what it wrote."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def killed(self) -> bool:
        """Whether it was ended as by a switch."""
        return -self.code in (signal.SIGKILL, signal.SIGXFSZ)


class Child:
    """A process that does `work`, whose result is its exit code (None is 0).

    As a context, it ends with that, by `kill -9` if need be.
    """

    def __init__(self, work: Callable[[], int | None]) -> None:
        self._streams = _scratch(), _scratch()
        with warnings.catch_warnings():
            # Python fears for threads; the processes that test have none that hold a lock.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if not self.pid:
            _do(work, *self._streams)
        self._end: Ended | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.ended()

    def kill(self) -> None:
        """`kill -9`. It is not reaped yet, so the number is still its own."""
        if self._end is None:
            os.kill(self.pid, signal.SIGKILL)

    def running(self) -> bool:
        """Whether it has not ended yet."""
        seen = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return self._end is None and os.waitid(os.P_PID, self.pid, seen) is None

    def stopped(self) -> bool:
        """Wait until it has stopped at its doom (yes) or ended (no)."""
        seen = os.WEXITED | os.WSTOPPED | os.WNOWAIT
        found = os.waitid(os.P_PID, self.pid, seen)
        return found is not None and found.si_code == os.CLD_STOPPED

    def go_on(self) -> None:
        """Let it go on after it has stopped."""
        os.kill(self.pid, signal.SIGCONT)

    def ended(self) -> Ended:
        """Its end, once it is there."""
        if self._end is None:
            code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            written = [_written(stream) for stream in self._streams]
            self._end = Ended(code=code, stdout=written[0], stderr=written[1].decode())
        return self._end


def _scratch() -> int:
    """A file without a name, open."""
    number, path = mkstemp()
    os.unlink(path)
    return number


def _written(scratch: int) -> bytes:
    with open(scratch, "rb") as stream:
        stream.seek(0)
        return stream.read()


def _do(work: Callable[[], int | None], stdout: int, stderr: int) -> NoReturn:
    """In the child: the work and nothing else, whatever the parent had in mind."""
    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
            for number, mode in enumerate(("r", "w", "w"))
        )
        code = work() or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def program(*arguments: str | Path, doom: Callable[[], None] | None = None) -> Child:
    """The program with these arguments, and perhaps with a `doom` laid upon it."""

    def work() -> None:
        if doom:
            doom()
        main(list(map(str, arguments)))

    return Child(work)


def run(*arguments: str | Path, doom: Callable[[], None] | None = None) -> Ended:
    """The same, until it has ended."""
    return program(*arguments, doom=doom).ended()


def sound(ended: Ended, *codes: int) -> Ended:
    """A run that ended with one of these codes, and no traceback."""
    assert ended.code in codes, ended
    assert "Traceback" not in ended.stderr, ended
    return ended


def killed_after(seconds: float, *arguments: str | Path) -> Ended:
    """The program, killed after so long, if it has not ended before."""
    child = program(*arguments)
    time.sleep(seconds)
    child.kill()
    return child.ended()


class Steps:
    """Counts the steps that a child takes with files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._names = mmap.mmap(-1, 2**16)  # shared with the child: for each step a byte

    @property
    def names(self) -> list[str]:
        """The steps that the last child took."""
        return [_STEPS[kind - 1] for kind in self._names[: self.taken]]

    @property
    def taken(self) -> int:
        """How many they are."""
        return self._names.find(b"\0")

    def counted(self) -> None:
        """A doom that only counts."""
        self._watch(lambda _: None)

    def killed_before(self, step: int) -> Callable[[], None]:
        """A doom: `kill -9` before this step, counted from 0."""

        return self._signalled(step, signal.SIGKILL)

    def stopped_before(self, step: int) -> Callable[[], None]:
        """A doom: stop before this step, until told to go on."""
        return self._signalled(step, signal.SIGSTOP)

    def _signalled(self, step: int, number: signal.Signals) -> Callable[[], None]:
        def strike(taken: int) -> None:
            if taken == step:
                os.kill(os.getpid(), number)

        return lambda: self._watch(strike)

    def cut_after(self, step: int, size: int) -> Callable[[], None]:
        """A doom: from this step on, the end within the first file that grows beyond `size`.

        That leaves a file of which the end was not written, or nothing yet: the kernel ends the
        process as it writes.
        """

        def strike(taken: int) -> None:
            if taken == step:
                signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        return lambda: self._watch(strike)

    def _watch(self, strike: Callable[[int], None]) -> None:
        taken = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal taken
            if event in _STEPS and self._is_here(arguments[0]):
                strike(taken)
                self._names[taken] = _STEPS.index(event) + 1
                taken += 1

        sys.addaudithook(hook)

    def _is_here(self, path: object) -> bool:
        """Whether it is a path in the folder, or one of an open folder or file."""
        name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        return not name.startswith("/") or name.startswith(self._folder)
