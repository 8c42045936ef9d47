"""What the benchmarks keep: each section under its own heading, and what was wanted of each figure."""

import pytest

from benchmarks.results import keep_section
from benchmarks.row import Row

QUICK = Row("fit", 0.5, "lifetimes", 20.0, wanted=("at most", 1 / 20))
SLOW = Row("requests", 700, "an empty route", 1000, "1 client", unit="per second", wanted=("at least", 0.8))


def test_a_section_takes_the_place_of_its_older_self_alone(tmp_path):
    file = tmp_path / "RESULTS.md"
    file.write_text("# Results\n\nBy hand.\n\n## first\n\nold\n\n## second\n\nkept\n")
    keep_section(file, "first", "python -m benchmarks first", [QUICK])
    keep_section(file, "third", "python -m benchmarks third", [SLOW])
    before, first, second, third = file.read_text().split("\n## ")
    assert before == "# Results\n\nBy hand.\n"
    assert "`python -m benchmarks first`, " in first
    assert first.strip().endswith("| fit | 0.50 s | lifetimes | 20.0 s | 0.025 | at most 0.05: holds |  |")
    assert second == "second\n\nkept\n"
    assert "| requests | 700 per second | an empty route | 1,000 per second | 0.7 |" in third


@pytest.mark.parametrize(
    ("row", "verdict"),
    [(QUICK, "at most 0.05: holds"), (SLOW, "at least 0.8: MISSED"), (Row("a", 1, "b", 2), "")],
)
def test_a_missed_figure_says_so(row, verdict):
    assert row.verdict == verdict
