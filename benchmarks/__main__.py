"""`make bench`: each figure beside its peer or its floor, measured in the same run, on simulated data."""

import argparse

from rich.console import Console
from rich.table import Table

from benchmarks.features import measure_features
from benchmarks.purchase_models import measure_purchase_models

SEED = 1


def main() -> None:
    """Measure and print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--customers", type=int, default=100_000)
    customers = arguments.parse_args().customers
    table = Table("what", "Tenure, s", "beside it", "s", "ratio", "note")
    for column in (1, 3, 4):
        table.columns[column].justify = "right"
    for row in (*measure_purchase_models(customers, SEED), *measure_features(customers, SEED)):
        table.add_row(
            row.what,
            f"{row.ours:.2f}",
            row.beside,
            f"{row.theirs:.2f}",
            f"{row.ours / row.theirs:.2f}",
            row.note,
        )
    Console().print(table)


if __name__ == "__main__":
    main()
