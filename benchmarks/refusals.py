"""How long the service takes to refuse what it cannot answer, over HTTP, with a made-up batch of so many customers.

    python -m benchmarks.refusals --customers 200000

Prints status, field, and milliseconds of each question: the median and the longest of 30.
"""

import argparse
import contextlib
import json
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from benchmarks.lists import publish_batch
from serving.app import create_app
from serving.settings import StoreSettings, load_service_settings
from serving.store.store import ScoreStore

TIMES = 30
LONG = "x" * 10_000


def main() -> None:
    """Publish three batches of which two are kept, then ask."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--customers", type=int, default=100_000)
    customers = arguments.parse_args().customers
    with tempfile.TemporaryDirectory() as name, _served(Path(name)) as client:
        settings = StoreSettings(url="sqlite:///scores.db", keep_batches=2)
        with ScoreStore(settings, Path(name), read_only=False) as store:
            for day in (1, 2, 3):
                publish_batch(store, customers, day)
                if day == 1:
                    old = client.get("/v1/at-risk?limit=1").json()["next_cursor"]
        for method, path, options in _questions(client, old):
            taken = []
            for _ in range(TIMES):
                started = time.perf_counter()
                answer = client.request(method, path, **options)
                taken.append(1_000 * (time.perf_counter() - started))
            problem = answer.json()
            field = problem.get("errors", [{"field": "-"}])[0]["field"]
            told = f"{statistics.median(taken):.1f}\t{max(taken):.1f}"
            print(f"{answer.status_code}\t{field}\t{told}\t{method} {path[:60]}", flush=True)


def _questions(client: httpx.Client, old: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    current = client.get("/v1/at-risk?limit=1").json()["next_cursor"]
    flipped = current[:-2] + ("A" if current[-2] != "A" else "B") + current[-1:]
    for asked in (
        "bands=high", "band=high&band=low", "band=purple", "attribute=county:MY", "own_segment=nobody",
        "budget=0", "contact_cost=-1", "accept_rate=2", "limit=1000000", f"cursor={flipped}", f"cursor={old}",
        f"cursor={current}&band=high", f"cursor={LONG}",
    ):  # fmt: skip
        yield "GET", f"/v1/at-risk?{asked}", {}
    yield "GET", f"/v1/changes?since={current}", {}
    yield "GET", f"/v1/cutoffs?contact_cost=-1&segment={LONG}", {}
    yield "GET", f"/v1/customers/{LONG}", {}
    yield "GET", f"/customers?id={LONG}", {}
    yield "GET", f"/v1/segments/{LONG}/customers", {}
    json_type = {"Content-Type": "application/json"}
    for path, body in (
        ("/v1/predict", {"customer_ids": [1] * 100_000}),
        ("/v1/exports", {"format": "csv", "filters": {"attribute": ["county:MY"]}}),
        ("/v1/campaigns", {"name": "x", "budget": 0}),
        ("/v1/contacts", {"contacts": []}),
    ):
        headers = json_type | {"Idempotency-Key": "refused"}
        yield "POST", path, {"content": json.dumps(body).encode(), "headers": headers}


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[httpx.Client]:
    (folder / "tenure.toml").write_text('[store]\nurl = "sqlite:///scores.db"\n')
    app = create_app(lambda: load_service_settings(folder / "tenure.toml"), lambda: datetime.now(UTC))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    main()
