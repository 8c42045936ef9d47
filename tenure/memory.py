"""Large pages for what a command holds in memory, where the system gives them to those who ask.

A command works on gigabytes and the service answers from all over its memory; with pages of 4 kilobytes the processor
spends much of that time on finding where they are, most of all in a virtual machine. The GNU C library asks for
large ones if it is told to before a process begins, and Python leaves its own objects to it if told so too.
"""

import os
import sys
from pathlib import Path

ASKING = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PYTHONMALLOC": "malloc"}
UNDERSTOOD_SINCE = (2, 35)
"""The version of the GNU C library."""
LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def use_large_pages() -> None:
    """Begin this process anew with large pages, if it has not and the system has them.

    Whoever has set one of the variables of ASKING has chosen how memory is handed out, and keeps it so. Processes
    that this one starts do not begin like that.
    """
    if {name: os.environ.get(name) for name in ASKING} == ASKING:
        for name in ASKING:
            del os.environ[name]
    elif _could() and not any(name in os.environ for name in ASKING):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **ASKING})


def _could() -> bool:
    try:
        _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        known = tuple(int(part) for part in version.split(".")) >= UNDERSTOOD_SINCE
        return known and "[never]" not in LARGE_PAGES.read_text()
    except (OSError, ValueError):  # another C library, or another system
        return False
