"""The program in processes of their own, kept from whatever a hostile source might have it do.

One process imports the program, and forks for each run, since starting Python takes half a second.
Each run has a bound on its memory and a hook that hears of all it does: what is forbidden fails
there, and is noted besides, in case that the program swallows the failure.
"""

import io
import json
import os
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

HERE = Path(__file__).parents[2]
# What one run may take. The largest source is 64 MB, and a tree of a page thirty times as large.
MEMORY = 1536 * 2**20
# No measure of anything: what is stopped by it would never have ended.
_PATIENCE = 900

# A program that fetches nothing has no use for a socket, and a name of a host is all it may ask.
_NETWORK = re.compile(
    r"(?!socket\.(?:gethostname|__new__)$)(?:socket|urllib|http|ftplib|smtplib)\."
)
_PROCESSES = re.compile(r"os\.(?:system|exec|posix_spawn|spawn|startfile)|subprocess\.|pty\.spawn")
_CODE = frozenset({"exec", "compile", "pickle.find_class", "marshal.loads"})
_WRITES = frozenset({"open", "os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What came of a run: exit code, what it wrote, and its most memory, in bytes.

    `did` are the forbidden things it tried, `made` the paths it wrote to.
    """

    code: int
    out: str
    err: str
    peak: int
    did: tuple[str, ...]
    made: tuple[str, ...]


class Guard:
    """Runs the program; to be closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.guarded"],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE / 'src'}"},
            start_new_session=True,
        )

    def run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        terminal: str | None = None,
        processes: bool = False,
        memory: int = MEMORY,
        **environment: str | None,
    ) -> Ended:
        """Run the program on these arguments.

        `terminal` is the path of one to write to; `processes` says that it may start some. What is
        None in the `environment` is not in it.
        """
        request = {
            "arguments": arguments,
            "folder": str(self._folder),
            "cwd": str(cwd or self._folder),
            "terminal": terminal,
            "processes": processes,
            "memory": memory,
            "environment": environment,
        }
        sent, heard = self._process.stdin, self._process.stdout
        assert sent
        assert heard
        sent.write(json.dumps(request) + "\n")
        sent.flush()
        if not select.select([heard], [], [], _PATIENCE)[0]:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise AssertionError(f"no end of {arguments} in {_PATIENCE} seconds")
        return _ended(self._folder, json.loads(heard.readline()))

    def close(self) -> None:
        """End the process that runs the program."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _ended(folder: Path, answer: Mapping[str, int]) -> Ended:
    said = {name: (folder / name).read_bytes() for name in ("out", "err", "did")}
    events = said["did"].decode("utf-8", "surrogateescape").split("\0")[:-1]
    return Ended(
        code=os.waitstatus_to_exitcode(answer["status"]),
        out=said["out"].decode("utf-8", "surrogateescape"),
        err=said["err"].decode("utf-8", "surrogateescape"),
        peak=answer["peak"] * 1024,
        did=tuple(event[1:] for event in events if event[0] == "!"),
        made=tuple(sorted({event[1:] for event in events if event[0] == "+"})),
    )


# -- in the process that forks ------------------------------------------------------------------


def serve() -> None:
    """Run what is asked for on standard input, a line a run, until it is closed."""
    _import_all()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _run(request)
        _, status, used = os.wait4(child, 0)
        print(json.dumps({"status": status, "peak": used.ru_maxrss}), flush=True)  # noqa: T201


def _import_all() -> None:
    """Import what commands import where they run."""
    import backissue.archive.backup
    import backissue.archive.health
    import backissue.archive.ingestion
    import backissue.render.terminal.progress
    import backissue.render.terminal.rendering  # noqa: F401
    from backissue.cli import app, commands

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import feedparser  # noqa: F401
    for name in commands.COMMANDS:
        assert app.app.get_command(app.app.make_context("backissue", ["help"]), name)


def _run(request: Mapping[str, Any]) -> None:
    """One run, in the process made for it."""
    folder = Path(request["folder"])
    os.chdir(request["cwd"])
    for name, value in request["environment"].items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    tempfile.tempdir = os.environ.get("TMPDIR")
    _open_streams(folder, request["terminal"])
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    notes = os.open(folder / "did", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    sys.addaudithook(_hook(notes, processes=request["processes"]))
    from backissue.cli import boundary

    boundary.main(request["arguments"])


def _open_streams(folder: Path, terminal: str | None) -> None:
    names = [terminal] * 3 if terminal else [os.devnull, str(folder / "out"), str(folder / "err")]
    if terminal:
        for name in ("out", "err"):
            (folder / name).write_bytes(b"")
        os.setsid()  # so that the terminal is this process's own
    for number, name in enumerate(names):
        handle = os.open(name, (os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if number else os.O_RDWR)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    for number, name in ((1, "stdout"), (2, "stderr")):
        raw = io.FileIO(number, "w", closefd=False)
        stream = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", write_through=number == 2)
        setattr(sys, name, stream)


def _hook(notes: int, *, processes: bool) -> Callable[[str, tuple[Any, ...]], None]:
    """Hears of all that a run does; fails what is forbidden."""

    def note(sign: str, what: object) -> None:
        text = os.fsdecode(what) if isinstance(what, (str, bytes, os.PathLike)) else repr(what)
        os.write(notes, f"{sign}{text}\0".encode("utf-8", "surrogateescape"))

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _WRITES:
            for path in _written(event, arguments):
                note("+", path)
        elif _is_forbidden(event, processes=processes):
            note("!", f"{event} {arguments!r:.200}")
            raise PermissionError(f"forbidden: {event}")

    return hear


def _is_forbidden(event: str, *, processes: bool) -> bool:
    if event in _CODE:
        return not _is_of_program(event)
    return bool(_NETWORK.match(event) or (not processes and _PROCESSES.match(event)))


def _is_of_program(event: str) -> bool:
    """Whether code is run because a module is imported, or Whoosh opens the private index."""
    frame: FrameType | None = sys._getframe(2)
    while frame:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return True
        if event == "pickle.find_class" and "/whoosh/" in name:
            return True
        frame = frame.f_back
    return False


def _written(event: str, arguments: Sequence[Any]) -> Sequence[object]:
    """The paths that an event writes to."""
    if event == "open":
        path, mode, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or set(mode or "") & set("wax+")
        paths = [path] if writes else []
    else:
        to = event in {"os.rename", "os.link", "os.symlink"}
        paths = [arguments[1 if to else 0]]
    return [path for path in paths if not isinstance(path, int)]


if __name__ == "__main__":
    serve()
