"""The lock between real processes: one holds it, the other hears who; it goes with its process."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tenure.lock import BusyError, only_one

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from tenure.lock import only_one
with only_one(Path(sys.argv[1]), "train"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "mlruns/.lock")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_the_other_hears_command_process_and_machine(holder, tmp_path):
    expected = rf"`tenure train` \(process {holder.pid} on {socket.gethostname()}, since 2.* is at work"
    with pytest.raises(BusyError, match=expected), only_one(tmp_path / "mlruns/.lock", "promote"):
        pass


def test_a_lock_that_was_let_go_is_free(holder, tmp_path, caplog):
    holder.stdin.close()
    assert holder.wait() == 0
    with only_one(tmp_path / "mlruns/.lock", "promote"):
        assert "`tenure promote`" in (tmp_path / "mlruns/.lock").read_text()
    assert caplog.text == ""
    assert (tmp_path / "mlruns/.lock").read_text() == ""


def test_a_lock_whose_process_was_killed_is_taken_over_and_that_is_said(holder, tmp_path, caplog):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with only_one(tmp_path / "mlruns/.lock", "promote"):
        pass
    assert f"`tenure train` (process {holder.pid} on " in caplog.text
    assert "ended before it was done; its lock was taken over." in caplog.text


def test_a_command_that_fails_lets_go(tmp_path):
    with pytest.raises(ZeroDivisionError), only_one(tmp_path / ".lock", "train"):
        _ = 1 / 0
    with only_one(tmp_path / ".lock", "train"):
        pass
