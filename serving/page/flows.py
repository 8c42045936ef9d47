"""Flows between segments as a table: from each segment that anybody left to each that anybody entered."""

from collections.abc import Iterable
from dataclasses import dataclass

from serving.store.movements import Flow


@dataclass(frozen=True)
class FlowTable:
    """Customers by segment before (rows) and now (columns), largest first; None is no segment.

    `cells` holds those who moved; the others are counted in `stayed`.
    """

    rows: tuple[str | None, ...]
    columns: tuple[str | None, ...]
    cells: dict[tuple[str | None, str | None], int]
    stayed: int

    @property
    def moved(self) -> int:
        """How many customers moved."""
        return sum(self.cells.values())


def flow_table(flows: Iterable[Flow]) -> FlowTable:
    """The table of these flows."""
    cells: dict[tuple[str | None, str | None], int] = {}
    left: dict[str | None, int] = {}
    entered: dict[str | None, int] = {}
    stayed = 0
    for flow in flows:
        if flow.before == flow.now:
            stayed += flow.customers
            continue
        cells[flow.before, flow.now] = flow.customers
        left[flow.before] = left.get(flow.before, 0) + flow.customers
        entered[flow.now] = entered.get(flow.now, 0) + flow.customers
    return FlowTable(_largest_first(left), _largest_first(entered), cells, stayed)


def _largest_first(sums: dict[str | None, int]) -> tuple[str | None, ...]:
    return tuple(sorted(sums, key=lambda name: (-sums[name], name or "")))
