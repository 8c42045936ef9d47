"""Large pages: the process that begins anew is the same command, and has asked for them."""

import os
import subprocess
import sys

import pytest

from tenure.memory import ASKING, LARGE_PAGES, NEW_OBJECTS

COMMAND = """
import os, sys
from tenure.memory import ASKING, use_large_pages
use_large_pages()
heap = open("/proc/self/smaps").read().split("[heap]")[1].split("VmFlags:")[1].splitlines()[0].split()
print(sys.argv[1:], "hg" in heap, [os.environ.get(name) for name in ASKING])
"""

needs_them = pytest.mark.skipif(
    not LARGE_PAGES.exists() or "[never]" in LARGE_PAGES.read_text(),
    reason="this system has no large pages to give",
)


def run(**environment):
    clean = {name: value for name, value in os.environ.items() if name not in ASKING}
    command = [sys.executable, "-c", COMMAND, "one", "two words", ""]
    done = subprocess.run(command, env=clean | environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@needs_them
def test_the_command_goes_on_with_large_pages_and_tells_nobody_it_starts():
    assert run() == "['one', 'two words', ''] True [None, None]"


@needs_them
def test_who_has_chosen_how_memory_is_handed_out_keeps_it_so():
    assert run(PYTHONMALLOC="pymalloc") == "['one', 'two words', ''] False [None, 'pymalloc']"


def test_many_new_objects_are_made_before_cycles_are_looked_for():
    told = "print(gc.get_threshold()[0], gc.get_freeze_count())"
    command = f"import gc; from tenure.memory import collect_seldom; collect_seldom(); {told}"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    objects, frozen = map(int, done.stdout.split())
    assert objects == NEW_OBJECTS
    assert frozen > 1_000
