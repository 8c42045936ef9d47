"""CDNOW's purchases, the log of the demo: 23,570 customers of a music shop, January 1997 to June 1998.

Published for research by Fader & Hardie; it comes inside the lifetimes package, so nothing is downloaded.
"""

import csv
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import ConfigurationError

SCHEMA = pa.schema(
    [
        ("order_id", pa.string()),
        ("customer_id", pa.string()),
        ("ordered_at", pa.timestamp("us")),
        ("amount", pa.float64()),
        ("quantity", pa.float64()),
    ]
)


def write_cdnow(path: Path) -> int:
    """Write the log as Parquet, one row per order, amounts in dollars; returns the number of orders.

    The log has no order ids, so orders are numbered as they come. lifetimes is located, not imported:
    importing it changes pandas' global options.
    """
    rows = list(_orders(_log()))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), partial)
    partial.replace(path)
    return len(rows)


def _log() -> Path:
    spec = find_spec("lifetimes")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "The demo's log comes with the lifetimes package: run `make install` to have it."
        )
    return Path(spec.origin).parent / "datasets" / "CDNOW_master.txt"


def _orders(log: Path) -> Iterator[dict[str, object]]:
    with log.open(encoding="ascii") as lines:
        next(lines)
        reader = csv.reader(lines, delimiter=" ", skipinitialspace=True)
        for number, (customer, day, quantity, amount) in enumerate(reader, start=1):
            yield {
                "order_id": f"order-{number:05d}",
                "customer_id": customer,
                "ordered_at": datetime.strptime(day, "%Y%m%d"),
                "amount": float(amount),
                "quantity": float(quantity),
            }
