"""The service on a store of many customers, each figure beside an empty route or a target; load from another process.

The shop is simulated, trained on a smaller one, scored, and served as `tenure serve` does it: one process. The empty
route is /healthz, which goes through everything that the other routes go through and asks nothing.
"""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from benchmarks.load import Load, get, post, press
from benchmarks.row import Row
from tenure.simulator import Scenario, simulate_blocks, write_shop

CUSTOMERS = 100_000
LEARNED_FROM = 10_000
SECONDS = 4.0
CLIENTS = 16
ROUNDS = 15
ROUND_SECONDS = 1.0
FILTERS = {
    "no filter": "",
    "segment": "segment=AT_RISK",
    "band": "band=high",
    "tier": "tier=top",
    "stage": "stage=retention",
    "value": "min_value=5&max_value=50",
    "clv": "min_clv=20&max_clv=200",
    "percentile": "min_percentile=40&max_percentile=60",
    "days": "min_days=30&max_days=200",
    "not contacted": "not_contacted_since=2025-12-01",
    "attribute": "attribute=country:{country}",
    "own segment": "own_segment=dear-and-silent",
    "sorted by clv": "sort=clv",
    "sorted by risk": "sort=churn_probability",
    "many together": "band=high&tier=high&segment=AT_RISK&min_days=60&attribute=country:{country}",
    "budget": "budget=5000&contact_cost=1&offer_cost=5&accept_rate=0.2",
}
OWN_SEGMENT = """
[[segments]]
name = "dear-and-silent"
rule = "clv > 100 and days_since_last_purchase > 90"
"""
PURCHASES = [
    {
        "order_id": f"o{n}",
        "customer_id": "someone",
        "ordered_at": f"2025-{n + 1:02}-11T10:00:00Z",
        "amount": 20.0 + n,
    }
    for n in range(10)
]


def rows(customers: int, seed: int) -> list[Row]:
    """One row per figure."""
    with tempfile.TemporaryDirectory() as folder:
        shop = prepare(customers, seed, Path(folder))
        return serve_and_measure(shop)


def prepare(customers: int, seed: int, folder: Path) -> Path:
    """A shop of so many customers, scored and published by a model of a smaller one; the folder of its tenure.toml."""
    small, large = folder / "small", folder / "large"
    for shop, size in ((small, LEARNED_FROM), (large, customers)):
        scenario = Scenario(customers=size, seed=seed, world="mixed")
        write_shop(simulate_blocks(scenario), scenario, shop)
    run("train", small)
    take_model(small, large)
    with (large / "tenure.toml").open("a") as settings:
        settings.write(OWN_SEGMENT)
    run("score", large)
    return large


def take_model(trained: Path, shop: Path) -> None:
    """Only the registry and the model go along; MLflow keeps the artifacts' absolute place."""
    for name in ("mlruns", "var/model"):
        shutil.copytree(trained / name, shop / name)


def run(command: str, shop: Path) -> None:
    """A command of Tenure on the shop; SystemExit where it fails."""
    subprocess.run(
        [sys.executable, "-m", "tenure", command, "--config", str(shop / "tenure.toml")],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def serve_and_measure(shop: Path) -> list[Row]:
    """The figures of the service on the store of `shop`."""
    ids, country = _some(shop / "var" / "scores.db")
    with serving(shop) as address:
        note = f"{_customers(shop / 'var' / 'scores.db'):,} customers, SQLite, one process"
        found = _look_ups(address, ids, note)
        thousands = [post("/v1/predict", {"customer_ids": ids[n::5][:1_000]}) for n in range(5)]
        many = press(address, thousands, 2, SECONDS)
        found.append(
            Row(
                "POST /v1/predict, 1,000 ids",
                many.per_second * 1_000,
                "target",
                20_000,
                note,
                "customers/s",
                ("at least", 1.0),
            )
        )
        plans = press(address, [get("/v1/at-risk?" + FILTERS["budget"])], 1, 0.2)
        found.append(_within("GET /v1/at-risk, budget, the first of a batch", plans, 100, 5.0))
        for name, query in FILTERS.items():
            path = "/v1/at-risk?" + query.format(country=quote(country))
            press(address, [get(path)], 1, 0.2)  # reads who has an attribute or is in a segment
            found.append(
                _within(
                    f"GET /v1/at-risk, {name}", press(address, [get(path)], CLIENTS, SECONDS / 2), 50, 0.05
                )
            )
        inline = post("/v1/score", {"purchases": PURCHASES, "as_of": "2026-01-01"})
        press(address, [inline], 1, 2.0)
        found.append(
            _within("POST /v1/score, one customer", press(address, [inline], 1, 2 * SECONDS), 99, 0.1)
        )
        bad = [
            (get("/v1/customers/nobody"), 404),
            (get("/v1/at-risk?limit=0"), 422),
            (get("/v1/at-risk?cursor=nonsense"), 400),
            (post("/v1/predict", {"customer_ids": [5] * 1_000}), 422),
            (post("/v1/score", {"purchases": [{**PURCHASES[0], "ordered_at": "yesterday"}] * 5_000}), 422),
        ]
        slowest = max(
            (press(address, [request], 1, SECONDS / 4, status) for request, status in bad),
            key=lambda load: load.percentile(99),
        )
        found.append(_within("bad input, the slowest of five", slowest, 99, 0.05))
    return found


def _within(what: str, load: Load, level: int, seconds: float) -> Row:
    return Row(
        what,
        1_000 * load.percentile(level),
        f"target, {'median' if level == 50 else f'p{level}'}",
        1_000 * seconds,
        f"{load.per_second:,.0f} answers/s",
        "ms",
        ("at most", 1.0),
    )


@contextmanager
def serving(shop: Path) -> Iterator[str]:
    """The service as `tenure serve` starts it, on a free port; its address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "tenure",
        "serve",
        "--config",
        str(shop / "tenure.toml"),
        "--port",
        str(port),
    ]
    log = (shop / "serve.log").open("w")
    process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/readyz").close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit(f"The service did not start; see {shop / 'serve.log'}.")
        yield address
    finally:
        process.terminate()
        process.wait()
        log.close()


def _look_ups(address: str, ids: Sequence[str], note: str) -> list[Row]:
    """Customers one by one beside the empty route, in turn: at first, and at the median of later rounds."""
    asked = [get(f"/v1/customers/{quote(i, safe='')}") for i in ids]
    rounds = []
    for _ in range(1 + ROUNDS):
        empty = press(address, [get("/healthz")], CLIENTS, ROUND_SECONDS)
        rounds.append((press(address, asked, CLIENTS, ROUND_SECONDS).per_second, empty.per_second))
    first, *later = rounds
    ours, theirs = sorted(later, key=lambda found: found[0] / found[1])[ROUNDS // 2]
    told = ", ".join(f"{ours / theirs:.2f}" for ours, theirs in later)
    what, beside, unit = "GET /v1/customers/{id}", "GET /healthz, an empty route", "answers/s"
    return [
        Row(f"{what}, new to the process", first[0], beside, first[1], note, unit),
        Row(what, ours, beside, theirs, f"{note}; rounds: {told}", unit, ("at least", 0.8)),
    ]


def _some(store: Path) -> tuple[Sequence[str], str]:
    """Five thousand ids, spread over the store, and a country that many customers have."""
    with sqlite3.connect(store) as connection:
        ids = [
            row[0]
            for row in connection.execute("SELECT customer_id FROM scores ORDER BY random() LIMIT 5000")
        ]
        query = "SELECT value FROM levels WHERE name = 'country' ORDER BY customers DESC LIMIT 1"
        return ids, connection.execute(query).fetchone()[0]


def _customers(store: Path) -> int:
    with sqlite3.connect(store) as connection:
        return int(connection.execute("SELECT customers FROM batches ORDER BY sequence DESC").fetchone()[0])
