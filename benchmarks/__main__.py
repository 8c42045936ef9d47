"""`make bench`: each figure beside its peer, its floor or its target, measured in the same run, on simulated data.

    python -m benchmarks                                            every section at its usual size
    python -m benchmarks purchase_models --customers 1000000        one section
    python -m benchmarks --write                                    and keep what was found in RESULTS.md

Each section is a module of this package with `CUSTOMERS`, its usual size, and `rows(customers, seed)`.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.results import keep_section
from benchmarks.row import HEADINGS, Row

SECTIONS = ("purchase_models", "features", "curve", "serving")
SEED = 1
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the sections, print one table with the command for each, and keep it where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", metavar="section", help=f"any of {', '.join(SECTIONS)}")
    parser.add_argument(
        "--customers", type=int, help="of the simulated shop; by default what each section says"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {RESULTS.name}")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.sections) - set(SECTIONS):
        parser.error(f"there is no section {min(unknown)!r}; there are {', '.join(SECTIONS)}")

    table = Table(*HEADINGS, title="Tenure beside its peers and floors")
    for number in (1, 3, 4):
        table.columns[number].justify = "right"
    for name in chosen.sections or SECTIONS:
        section = import_module(f"benchmarks.{name}")
        customers = chosen.customers or section.CUSTOMERS
        command = f"python -m benchmarks {name} --customers {customers} --seed {chosen.seed}"
        found: list[Row] = section.rows(customers, chosen.seed)
        table.add_section()
        table.add_row(command, style="dim")
        for row in found:
            table.add_row(*row.cells)
        if chosen.write:
            keep_section(RESULTS, name, command, found)
    Console(width=None if Console().is_terminal else 200).print(table)


if __name__ == "__main__":
    main()
