"""`make demo`, as a newcomer runs it, but for the set-up that running these tests has already done."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_make_demo_ends_with_a_page_and_a_curl_that_answer(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Make tells its children about itself; this one starts afresh.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "demo", "DEMO_ONCE=1", f"VENV={sys.prefix}", f"DEMO_DIR={tmp_path}", f"PORT={port}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "69,659 rows read, 69,659 admitted" in done.stdout
    assert "23,570 customers, 23,570 of them with a score" in done.stdout
    assert f"The page:      http://127.0.0.1:{port}/" in done.stdout
    assert re.search(rf"curl http://127\.0\.0\.1:{port}/v1/customers/\d{{5}}\n", done.stdout)
    assert "The page and the API answer." in done.stdout
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", port)) != 0
