"""A folder that others read while it is replaced: they see the old one or the new one, never neither."""

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

AT_FDCWD = -100
RENAME_EXCHANGE = 2


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other process is replacing `folder`, then keep the others waiting; its parent is made.

    The lock is the system's on a file beside the folder: it goes with its process, however that ends. What a
    killed process had left half done beside the folder is cleared away.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.parent.glob(f".{folder.name}-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def put_folder(fresh: Path, folder: Path) -> None:
    """Let `fresh`, on the same file system, take the place of `folder`; what was there ends where `fresh` was.

    The two change places in one step where the system can do that. Elsewhere there is an instant without
    `folder`: whoever dies in it leaves it to the next one to put.
    """
    if not folder.exists():
        fresh.rename(folder)
    elif not _exchange(fresh, folder):
        old = fresh.with_name("replaced")
        folder.rename(old)
        fresh.rename(folder)
        old.rename(fresh)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders by Linux's renameat2; False where system or file system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.EOPNOTSUPP):
        return False
    raise OSError(code, os.strerror(code), str(other))
