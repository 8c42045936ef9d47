"""RESULTS.md: for each section of the benchmarks what was found last, on which machine, by which command."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.row import HEADINGS, Row

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "duckdb",
    "ibis-framework",
    "lightgbm",
    "lifetimes",
    "bentoml",
    "pyspark",
)


def keep_section(file: Path, name: str, command: str, rows: Sequence[Row]) -> None:
    """Put the rows under the heading of `name`, in the place of what stood there; all else stays as it is."""
    before, sections = _read(file)
    sections[name] = "\n".join(("", f"`{command}`, {_machine()}", "", *_table(rows), "", ""))
    file.write_text(
        before + "".join(f"## {title}\n{text}" for title, text in sections.items()).rstrip() + "\n"
    )


def _read(file: Path) -> tuple[str, dict[str, str]]:
    before, *parts = ("\n" + file.read_text()).split("\n## ")
    titled = (part.partition("\n") for part in parts)
    return before.lstrip("\n") + "\n", {title: text.rstrip("\n") + "\n\n" for title, _, text in titled}


def _table(rows: Sequence[Row]) -> list[str]:
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(row.cells for row in rows)]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def _machine() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue  # an extra that is not installed here
    day = datetime.now(UTC).date()
    load = os.getloadavg()[0]
    return (
        f"{day}, {os.cpu_count()} cores ({platform.machine()}, load {load:.1f} at the end), "
        f"Python {platform.python_version()}, {', '.join(found)}."
    )
