"""What a batch comes to, added up while it is written: reading it back would take longer than writing it."""

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from serving.store.schema import batches, segments

DRAWERS = ["rfm_segment", "risk_band"]
SUMS = {
    "scored": "eligible",
    "clv": "clv",
    "value_at_risk": "value_at_risk",
    "expected_churners": "churn_probability",
}


class Totals:
    """Customers and sums by segment and risk band."""

    def __init__(self) -> None:
        self._parts: list[Any] = []

    def add(self, answers: pa.Table) -> None:
        """Add some answers, a table of serving.scoring.score_records.SCHEMA."""
        sums = [(column, "sum") for column in SUMS.values()]
        counted = answers.group_by(DRAWERS).aggregate([([], "count_all"), *sums])
        found = [counted["count_all"], *(counted[f"{column}_sum"] for column in SUMS.values())]
        self._parts.append(
            pa.table([*(counted[name] for name in DRAWERS), *found], [*DRAWERS, "customers", *SUMS])
        )

    def write(self, connection: sa.Connection, sequence: int) -> int:
        """Count the batch into its row and its segments; how many customers there are."""
        rows = self._added_up()
        customers, eligible = (sum(row[name] for row in rows) for name in ("customers", "scored"))
        connection.execute(
            batches.update()
            .where(batches.c.sequence == sequence)
            .values(customers=customers, eligible=eligible)
        )
        told = [{"batch": sequence, **row} for row in rows if row["rfm_segment"] is not None]
        if told:
            connection.execute(segments.insert(), told)
        return int(customers)

    def _added_up(self) -> list[dict[str, Any]]:
        if not self._parts:
            return []
        names = ["customers", *SUMS]
        summed = pa.concat_tables(self._parts).group_by(DRAWERS).aggregate([(name, "sum") for name in names])
        return [
            {**{name: row[name] for name in DRAWERS}, **{name: row[f"{name}_sum"] or 0 for name in names}}
            for row in summed.to_pylist()
        ]
