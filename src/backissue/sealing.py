"""Seals: whether you wrote something, on this machine.

A seal is a keyed digest (BLAKE2b). Its key is drawn at random when the first seal is made, and lies
in your own state folder, not in an archive: who gives you an archive cannot have sealed it for you.
"""

import os
import stat
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from backissue.own_files import flush, home

try:
    # `hashlib` loads OpenSSL for the same function, which takes a thirtieth of a search.
    from _blake2 import blake2b
except ImportError:  # an interpreter without that module
    from hashlib import blake2b

_SIZE = 32  # bytes of a key, and of a seal
_NAME = "key"


def key_file() -> Path:
    """Where your key is, whether or not it exists. Raises `RuntimeError` where you have no home."""
    base = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(base):
        return Path(base) / "backissue" / _NAME
    if sys.platform == "linux":
        # What platformdirs says there; its import would take a tenth of a search.
        if (own := home()) is None:
            raise RuntimeError("there is no home folder")
        return own / ".local" / "state" / "backissue" / _NAME
    from platformdirs import user_state_path  # noqa: PLC0415 - slow

    return user_state_path("backissue") / _NAME


def seal(data: bytes) -> str:
    """The seal of `data`; the key is made if you have none."""
    return _seal(data, _key() or _made())


def fits(found: str, data: bytes) -> bool:
    """Whether a seal is the one that you made of `data`. It fits nothing where you have no key."""
    key = _key() or (_of_this_process() if _of_this_process.cache_info().currsize else None)
    # No secret is compared bit by bit with what a stranger sends again and again.
    return key is not None and found == _seal(data, key)


def _seal(data: bytes, key: bytes) -> str:
    return blake2b(data, key=key, digest_size=_SIZE).hexdigest()


def _key() -> bytes | None:
    """Your key; None where there is none, or one that somebody else could have read or written."""
    try:
        with key_file().open("rb") as file:
            known = os.fstat(file.fileno())
            key = file.read(_SIZE + 1)
    except (OSError, RuntimeError):
        return None
    own = known.st_uid == os.getuid() and not stat.S_IMODE(known.st_mode) & 0o077
    return key if own and len(key) == _SIZE else None


def _made() -> bytes:
    """A new key. One that cannot be kept is good for as long as this process lives."""
    try:
        file = key_file()
        if os.getuid() == 0 and _owner_of(file) != 0:  # sudo, with the home of another user
            return _of_this_process()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = file.with_name(f".{_NAME}.{os.getpid()}.tmp")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(handle, "wb") as out:
                out.write(os.urandom(_SIZE))
            flush(fresh)
            _put_in_place(fresh, file)
            flush(file.parent)
        finally:
            fresh.unlink(missing_ok=True)
    except (OSError, RuntimeError):
        return _of_this_process()
    return _key() or _of_this_process()


def _put_in_place(fresh: Path, file: Path) -> None:
    """Give a new key its name, unless another process has just made one."""
    with suppress(OSError):  # there is one, or this file system has no second names
        os.link(fresh, file)
    if _key() is None:  # what is there is no key, or is not for you alone
        fresh.replace(file)


def _owner_of(path: Path) -> int:
    """Whose the file is, or the first folder above it that exists."""
    return next(one for one in (path, *path.parents) if one.exists()).stat().st_uid


@cache
def _of_this_process() -> bytes:
    return os.urandom(_SIZE)
