"""How long the store takes to answer, with every filter, a made-up batch of so many customers.

    python -m benchmarks.lists --customers 1000000 [--url postgresql+psycopg://...]

Prints milliseconds of a page of 50 (the median of 20), and how long two batches take to publish.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.horizons import Horizons
from models.scores import ANSWERS
from serving.settings import StoreSettings
from serving.store.batches import Batch
from serving.store.feed import Wanted
from serving.store.store import Filters, ScoreStore

CHUNK = 50_000
COUNTRIES = ("MY", "TH", "ID", "SG", "VN")
OWN = (("tenth", "one in ten"), ("rare", "one in a thousand"))
ASKED = {
    "no filter": Filters(),
    "band": Filters(risk_band="high"),
    "segment, tier and stage": Filters(rfm_segment="LOYAL", value_tier="top", journey_stage="retention"),
    "percentile between": Filters(min_churn_percentile=40, max_churn_percentile=42),
    "clv between": Filters(min_clv=10.0, max_clv=11.0),
    "value at risk between": Filters(min_value_at_risk=5.0, max_value_at_risk=6.0),
    "days between": Filters(min_days_since_last_purchase=100, max_days_since_last_purchase=105),
    "attribute, a fifth": Filters(attributes=(("country", "MY"),)),
    "attribute, 1 in 10,000": Filters(attributes=(("plan", "gold"),)),
    "own segment, a tenth": Filters(own_segment="tenth"),
    "own segment, 1 in 1,000": Filters(own_segment="rare"),
    "everything": Filters(
        risk_band="high", rfm_segment="LOYAL", own_segment="tenth", min_clv=10.0, min_churn_percentile=80,
        max_days_since_last_purchase=300, attributes=(("country", "MY"),),
    ),
}  # fmt: skip


def main() -> None:
    """Publish twice, ask everything in every order."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--customers", type=int, default=100_000)
    arguments.add_argument("--url", default="sqlite:///scores.db")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = StoreSettings(url=given.url, keep_batches=2)
        with ScoreStore(settings, Path(folder), read_only=False) as store:
            for day in (1, 2):
                print(
                    f"publish batch {day}: {_seconds(partial(publish_batch, store, given.customers, day)):.1f} s"
                )
                if day == 1:
                    cursor = store.changes(None, 1, Wanted()).next_cursor
        with ScoreStore(settings, Path(folder), read_only=True) as store:
            for what, filters in ASKED.items():
                for sort in ("value_at_risk", "clv", "churn_probability"):
                    ms = _median(partial(store.at_risk, filters, 50, None, sort))
                    print(f"{what}, by {sort}: {ms:.1f} ms")
            print(f"500 changes: {_median(lambda: store.changes(cursor, 500, Wanted())):.1f} ms")
            print(f"a customer: {_median(lambda: store.portrait('c0000777')):.2f} ms")


def publish_batch(store: ScoreStore, customers: int, day: int) -> None:
    """Publish the made-up batch of that day of January 2026."""
    at = datetime(2026, 1, day, 4, tzinfo=UTC)
    horizons = Horizons(churn_window_days=90, clv_horizon_days=365)
    batch = Batch(date(2026, 1, day), at, "1", horizons, str(day), OWN)
    store.publish(batch, _chunks(customers, day), attributes=_attributes(customers))


def _chunks(customers: int, day: int) -> Iterator[pd.DataFrame]:
    draw = np.random.default_rng(1)
    for first in range(0, customers, CHUNK):
        n = np.arange(first, min(first + CHUNK, customers))
        risk = (draw.beta(2, 1, len(n)) + 0.002 * (day - 1)).clip(0, 1)
        clv = draw.lognormal(3, 1, len(n))
        yield pd.DataFrame({column.name: None for column in ANSWERS}, index=n).assign(
            customer_id=[f"c{i:07}" for i in n],
            eligible=True,
            churn_probability=risk,
            churn_percentile=np.ceil(risk * 100).clip(1, 100).astype(int),
            risk_band=np.select([risk >= 0.7, risk >= 0.4], ["high", "medium"], "low"),
            clv=clv,
            value_at_risk=risk * clv,
            historic_spend=10.0,
            purchase_count=2,
            days_since_last_purchase=draw.integers(0, 500, len(n)),
            rfm_segment=draw.choice(["LOYAL", "NEW", "AT_RISK", "DORMANT"], len(n)),
            value_tier=draw.choice(["top", "high", "medium", "low"], len(n)),
            journey_stage=draw.choice(["retention", "engagement"], len(n)),
            own_segments=[_own(i) for i in n],
        )


def _own(number: int) -> str | None:
    if number % 1_000 == 0:
        return '["tenth", "rare"]'
    return '["tenth"]' if number % 10 == 0 else None


def _attributes(customers: int) -> Iterator[pd.DataFrame]:
    for first in range(0, customers, CHUNK):
        n = range(first, min(first + CHUNK, customers))
        told = [(f"c{i:07}", "country", COUNTRIES[i % 5]) for i in n]
        told += [(f"c{i:07}", "plan", "gold") for i in n if i % 10_000 == 0]
        yield pd.DataFrame(told, columns=["customer_id", "name", "value"])


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _median(work: Callable[[], Any]) -> float:
    return 1_000 * statistics.median(_seconds(work) for _ in range(20))


if __name__ == "__main__":
    main()
