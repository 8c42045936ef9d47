"""kill -9 at random points of a publish: readers only ever see whole batches, the next publish succeeds."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from serving.store.errors import NoScoresError

CUSTOMERS = 400
FIRST_DAY = date(2024, 1, 1)
KILLS = 14

# Forks a publisher for each line it reads, since starting Python anew for each would take most of the time.
# A publisher publishes one day after another until it is killed, and prints its id at each of a day's eight
# chunks; clv marks the day.
PUBLISHERS = """
import os, sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
import pandas as pd
import psycopg
from models.horizons import Horizons
from models.scores import ANSWERS
from serving.store.batches import Batch
from serving.settings import StoreSettings
from serving.store.store import ScoreStore
from serving.store.errors import StoreUnavailableError

CUSTOMERS, FIRST_DAY = int(sys.argv[2]), date.fromisoformat(sys.argv[3])

def chunk(first, last, day):
    columns = {column.name: [None] * (last - first) for column in ANSWERS}
    columns |= dict(customer_id=[f"c{n}" for n in range(first, last)], churn_probability=0.5, risk_band="low")
    columns |= dict(eligible=True, clv=float(day), value_at_risk=float(day), historic_spend=1.0)
    columns |= dict(purchase_count=1, rfm_segment="LOYAL", journey_stage="purchase")
    return pd.DataFrame(columns)

def told(chunk):
    print(os.getpid(), flush=True)
    return chunk

def publish_for_ever():
    store = ScoreStore(StoreSettings(url=sys.argv[1], keep_batches=3), Path("/"), read_only=False)
    kept = store.latest_batch()
    day = (kept.as_of - FIRST_DAY).days + 1 if kept else 0
    while True:
        as_of = FIRST_DAY + timedelta(days=day)
        horizons = Horizons(churn_window_days=90, clv_horizon_days=365)
        batch = Batch(as_of, datetime(2024, 1, 1, tzinfo=UTC), "1", horizons, f"{os.getpid()}")
        step = CUSTOMERS // 8
        chunks = (told(chunk(first, first + step, day)) for first in range(0, CUSTOMERS, step))
        try:
            store.publish(batch, chunks)
        except StoreUnavailableError:
            continue  # PostgreSQL has not noticed yet that the last publisher is gone
        day += 1

for _ in sys.stdin:
    if (child := os.fork()) == 0:
        publish_for_ever()
    if not os.WIFSIGNALED(os.waitpid(child, 0)[1]):
        print("a publisher ended by itself", flush=True)
"""


@pytest.fixture
def publishers(store_url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PUBLISHERS, store_url, str(CUSTOMERS), FIRST_DAY.isoformat()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


def test_a_publisher_killed_at_any_point_leaves_a_whole_batch_served(publishers, reader):
    chance = random.Random(20240101)
    served: list[int] = []
    killed: set[int] = set()
    for _ in range(KILLS):
        publishers.stdin.write("publish\n")
        publishers.stdin.flush()
        for _ in range(chance.randint(1, 20)):
            while (publisher := int(publishers.stdout.readline())) in killed:
                pass  # what the one before had still written
        time.sleep(chance.uniform(0, 0.01))
        os.kill(publisher, signal.SIGKILL)
        killed.add(publisher)

        try:
            batch, rows = reader.latest_batch(), [row for rows in reader.iterate() for row in rows]
        except NoScoresError:
            served.append(0)
            continue
        assert len(rows) == batch.customers == batch.eligible == CUSTOMERS
        assert {row["as_of"] for row in rows} == {batch.as_of}
        day = (batch.as_of - FIRST_DAY).days
        assert {row["clv"] for row in rows} == {float(day)}
        assert sum(s.value_at_risk for s in reader.segments().segments) == CUSTOMERS * float(day)
        assert [b.as_of for b in reader.batches()] == [
            FIRST_DAY + timedelta(days=n) for n in range(day, max(-1, day - 3), -1)
        ]
        served.append(batch.sequence)

    assert served == sorted(served)
    assert served[-1] > served[0], "no publisher got through between kills"
