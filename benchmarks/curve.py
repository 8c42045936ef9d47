"""What more customers cost: seconds and memory of whole commands, and the log-log slope from size to size.

    python -m benchmarks curve --customers 1000000                  a tenth of so many, and so many
    python -m benchmarks.curve --sizes 10000 100000 1000000 --train-each --picture docs/cost-curve.svg

Simulates a shop of each size, trains on the smallest (or on each), and scores and publishes every one to
SQLite. Each command is a process of its own, so that its memory is its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path

import altair as alt
import pandas as pd
import vl_convert

from benchmarks.row import Row
from benchmarks.serving import take_model
from tenure.simulator import Scenario, simulate_blocks, write_shop

CUSTOMERS = 100_000
MILLION = 1_000_000
WANTED = {"train": (300.0, 8.0), "score": (180.0, 4.0)}
"""Of a million customers: seconds, and GB."""
STEEPEST = 1.05
LOOK_SECONDS = 0.1
HEAVIEST_MB = 20.0


@dataclass(frozen=True)
class Cost:
    """One command on one shop: wall and processor time in seconds, peak memory in GB, children included."""

    command: str
    customers: int
    purchases: int
    interactions: int
    seconds: float
    processor_seconds: float
    peak_gb: float


def rows(customers: int, seed: int) -> list[Row]:
    """Training, scoring and publishing of so many customers; slopes against a tenth of them."""
    with tempfile.TemporaryDirectory() as temporary:
        costs = measure([customers // 10, customers], seed, True, Path(temporary))
        weight = _megabytes(Path(temporary) / str(customers) / "var" / "model")
    found = []
    for command, (seconds, gb) in WANTED.items():
        cost = next(cost for cost in costs if (cost.command, cost.customers) == (command, customers))
        note = f"{cost.purchases:,} purchases, {cost.interactions:,} interactions"
        bound = ("at most", 1.0) if customers == MILLION else None
        what = f"tenure {command}, {customers:,} customers"
        beside = "target for a million"
        note += f"; {cost.processor_seconds:,.0f} processor seconds"
        found.append(Row(what, cost.seconds, beside, seconds, note, "s", bound))
        found.append(Row(f"{what}: peak memory", cost.peak_gb, beside, gb, "", "GB", bound))
        steepness = slope(costs, command, "processor_seconds") or 0.0
        what = f"{what}: slope of processor seconds"
        found.append(Row(what, steepness, "target", STEEPEST, "from a tenth", "log-log", ("at most", 1.0)))
    found.append(Row("the model version", weight, "target", HEAVIEST_MB, "", "MB", ("at most", 1.0)))
    return found


def measure(sizes: Sequence[int], seed: int, train_each: bool, folder: Path) -> list[Cost]:
    """Costs of `train` and `score`, smallest shop first."""
    costs: list[Cost] = []
    trained: Path | None = None
    for customers in sorted(sizes):
        scenario = Scenario(customers=customers, seed=seed, world="mixed")
        shop = folder / str(customers)
        written = write_shop(simulate_blocks(scenario), scenario, shop)
        commands = ["score"]
        if trained is None or train_each:
            commands, trained = ["train", "score"], shop
        else:
            take_model(trained, shop)
        for command in commands:
            events = written["purchases"], written["interactions"]
            cost = Cost(command, customers, *events, *_run(command, shop))
            costs.append(cost)
            print(*vars(cost).values(), sep="\t", flush=True)
    return costs


def slope(costs: Sequence[Cost], command: str, what: str) -> float | None:
    """By how much the log of a cost grows with the log of the customers, from the smallest to the largest."""
    found = [cost for cost in costs if cost.command == command]
    if len(found) < 2:
        return None
    first, last = found[0], found[-1]
    return log(getattr(last, what) / getattr(first, what)) / log(last.customers / first.customers)


def draw(costs: Sequence[Cost]) -> str:
    """The cost curve as SVG: processor seconds and peak memory of each command, on logarithmic scales."""
    table = pd.DataFrame([asdict(cost) for cost in costs]).rename(
        columns={"processor_seconds": "processor seconds", "peak_gb": "peak memory, GB"}
    )

    def panel(what: str) -> alt.Chart:
        return (
            alt.Chart(table, width=300, height=220)
            .mark_line(point=True)
            .encode(
                x=alt.X("customers:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s")),
                y=alt.Y(f"{what}:Q", scale=alt.Scale(type="log")),
                color=alt.Color("command:N", title=None),
            )
        )

    charts = alt.hconcat(panel("processor seconds"), panel("peak memory, GB"))
    return str(vl_convert.vegalite_to_svg(charts.to_dict()))


def _run(command: str, shop: Path) -> tuple[float, float, float]:
    started = time.perf_counter()
    arguments = [sys.executable, "-m", "tenure", command, "--config", str(shop / "tenure.toml")]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    ended = threading.Event()
    with ThreadPoolExecutor(1) as beside:
        watched = beside.submit(_most_held, process.pid, ended)
        _, status, used = os.wait4(process.pid, 0)
        ended.set()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    seconds = time.perf_counter() - started
    most = max(watched.result(), used.ru_maxrss * 1024)
    return round(seconds, 1), round(used.ru_utime + used.ru_stime, 1), round(most / 1e9, 2)


def _most_held(pid: int, ended: threading.Event) -> int:
    """The most bytes of memory that the process and those it started held together, looked at again and again."""
    most = 0
    while not ended.wait(LOOK_SECONDS):
        most = max(most, _held(pid))
    return most


def _held(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").glob("*/children")
            for child in task.read_text().split()
        ]
    except (OSError, IndexError):  # it has just ended
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(_held(child) for child in children)


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per command as it is done, then the slopes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--train-each", action="store_true", help="train on every size, not on the smallest")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the shops; by default a temporary one")
    parser.add_argument("--picture", type=Path, help="an SVG file to draw the curve into")
    chosen = parser.parse_args(arguments)
    print(*Cost.__annotations__, sep="\t")
    with tempfile.TemporaryDirectory() as temporary:
        costs = measure(chosen.sizes, chosen.seed, chosen.train_each, chosen.keep or Path(temporary))
    for command in ("train", "score"):
        for what in ("processor_seconds", "seconds", "peak_gb"):
            found = slope(costs, command, what)
            if found is not None:
                print(f"{command}: slope of {what} {found:.2f}")
    if chosen.picture:
        chosen.picture.write_text(draw(costs))


if __name__ == "__main__":
    main()
