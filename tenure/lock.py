"""One training, promotion or rollback at a time: the others hear who is at it."""

import contextlib
import fcntl
import logging
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

logger = logging.getLogger("tenure")


class BusyError(Exception):
    """Another process is changing the models; nothing was done, and asking again later may help."""


@contextlib.contextmanager
def only_one(path: Path, command: str) -> Iterator[None]:
    """Hold the lock at `path` during a command, or raise BusyError at once, which names who holds it.

    The lock is the system's: it goes with its process, however that ends, so that a stale one is nobody's and
    the next command takes it over. It holds among processes of one machine.
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
        if left := file.read():
            logger.warning("%s ended before it was done; its lock was taken over.", left)
        since = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
        _write(
            file.fileno(),
            f"`tenure {command}` (process {os.getpid()} on {socket.gethostname()}, since {since})",
        )
        try:
            yield
        finally:
            os.ftruncate(file.fileno(), 0)


def _write(descriptor: int, text: str) -> None:
    """In one write, so that nobody reads half a name."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
