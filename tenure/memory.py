"""How a command asks for memory and gives it back: in large pages, and not more often than it pays.

A command works on gigabytes and the service answers from all over its memory; with pages of 4 kilobytes the processor
spends much of that time on finding where they are, most of all in a virtual machine. The GNU C library asks for
large ones if it is told to before a process begins, and Python leaves its own objects to it if told so too. What is
given back is asked for anew a moment later, when the next customers are looked at, and every page of it costs.
"""

import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path

TUNABLES = {
    "hugetlb": 1,
    "arena_max": 1,  # only the first arena has large pages, and Python's threads take turns anyway
    "mmap_threshold": 32 << 20,  # a block of more bytes has pages of its own, which go with it
    "trim_threshold": 256 << 20,  # so many free bytes at the end stay
}
ASKING = {
    "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in TUNABLES.items()),
    "PYTHONMALLOC": "malloc",
}
UNDERSTOOD_SINCE = (2, 35)
"""The version of the GNU C library."""
NEW_OBJECTS = 50_000
_asked: dict[str, str] = {}
LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def use_large_pages() -> None:
    """Begin this process anew with large pages, if it has not and the system has them.

    Whoever has set one of the variables of ASKING has chosen how memory is handed out, and keeps it so. Processes
    that this one starts do not begin like that.
    """
    if {name: os.environ.get(name) for name in ASKING} == ASKING:
        for name in ASKING:
            _asked[name] = os.environ.pop(name)
    elif _could() and not any(name in os.environ for name in ASKING):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **ASKING})


def asked() -> Mapping[str, str]:
    """The environment in which this process began anew, for those it starts for work of its own kind."""
    return dict(_asked)


def collect_seldom() -> None:
    """Leave alone all that was imported, and look for cycles after many new objects only.

    Answers make millions of objects without a cycle; going through them is time in which no thread gets on.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def _could() -> bool:
    try:
        _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        known = tuple(int(part) for part in version.split(".")) >= UNDERSTOOD_SINCE
        return known and "[never]" not in LARGE_PAGES.read_text()
    except (OSError, ValueError):  # another C library, or another system
        return False
