"""What more customers cost: seconds and memory of whole commands, and the log-log slope from size to size.

    python -m benchmarks.curve --sizes 10000 100000 1000000
    python -m benchmarks.curve --sizes 10000 100000 --train-each

Simulates a shop of each size, trains on the smallest (or on each), and scores and publishes every one to
SQLite with that model. Each command is a process of its own, so that its memory is its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

from tenure.simulator import Scenario, simulate_blocks, write_shop


@dataclass(frozen=True)
class Cost:
    """One command on one shop: wall and processor time in seconds, peak memory in GB."""

    command: str
    customers: int
    purchases: int
    interactions: int
    seconds: float
    processor_seconds: float
    peak_gb: float


def measure(sizes: Sequence[int], seed: int, train_each: bool, folder: Path) -> list[Cost]:
    """Costs of `train` and `score`, smallest shop first."""
    costs: list[Cost] = []
    trained: Path | None = None
    for customers in sorted(sizes):
        scenario = Scenario(customers=customers, seed=seed, world="mixed")
        shop = folder / str(customers)
        rows = write_shop(simulate_blocks(scenario), scenario, shop)
        commands = ["score"]
        if trained is None or train_each:
            commands, trained = ["train", "score"], shop
        else:
            _take_model(trained, shop)
        for command in commands:
            cost = Cost(command, customers, rows["purchases"], rows["interactions"], *_run(command, shop))
            costs.append(cost)
            print(*vars(cost).values(), sep="\t", flush=True)
    return costs


def slope(costs: Sequence[Cost], command: str, what: str) -> float | None:
    """By how much the log of a cost grows with the log of the customers, from the smallest to the largest."""
    rows = [cost for cost in costs if cost.command == command]
    if len(rows) < 2:
        return None
    first, last = rows[0], rows[-1]
    return log(getattr(last, what) / getattr(first, what)) / log(last.customers / first.customers)


def _take_model(trained: Path, shop: Path) -> None:
    # Only the registry and the model go along; MLflow keeps the artifacts' absolute place.
    for name in ("mlruns", "var/model"):
        shutil.copytree(trained / name, shop / name)


def _run(command: str, shop: Path) -> tuple[float, float, float]:
    started = time.perf_counter()
    arguments = [sys.executable, "-m", "tenure", command, "--config", str(shop / "tenure.toml")]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    seconds = time.perf_counter() - started
    return round(seconds, 1), round(used.ru_utime + used.ru_stime, 1), round(used.ru_maxrss / 1e6, 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per command as it is done, then the slopes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--train-each", action="store_true", help="train on every size, not on the smallest")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the shops; by default a temporary one")
    chosen = parser.parse_args(arguments)
    print(*Cost.__annotations__, sep="\t")
    with tempfile.TemporaryDirectory() as temporary:
        costs = measure(chosen.sizes, chosen.seed, chosen.train_each, chosen.keep or Path(temporary))
    for command in ("train", "score"):
        for what in ("processor_seconds", "seconds", "peak_gb"):
            found = slope(costs, command, what)
            if found is not None:
                print(f"{command}: slope of {what} {found:.2f}")


if __name__ == "__main__":
    main()
