"""One training, promotion or rollback at a time: the others hear who is at it."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path


class BusyError(Exception):
    """Another process is changing the models; nothing was done, and asking again later may help."""


@contextlib.contextmanager
def only_one(path: Path, what: str, since: datetime) -> Iterator[str | None]:
    """Hold the lock at `path` while doing `what`, or raise BusyError, which names who holds it.

    Gives a sentence where the lock was left by a process that ended before it was done. The lock is the
    system's: it goes with its process, however that ends, and processes on one machine see it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read() or "another process"
            raise BusyError(
                f"{holder} is at work on the models. Nothing was changed; try again when it is done."
            ) from None
        left = file.read()
        holder = (
            f"`tenure {what}` (process {os.getpid()} on {socket.gethostname()}, "
            f"since {since.isoformat(sep=' ', timespec='seconds')})"
        )
        _write(file.fileno(), holder)
        try:
            yield f"{left} ended before it was done; its lock was taken over." if left else None
        finally:
            os.ftruncate(file.fileno(), 0)


def _write(descriptor: int, text: str) -> None:
    """In one write, so that nobody reads half a name."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
