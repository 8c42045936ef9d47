"""A shop of 400 simulated customers in a folder of its own, and the command line as a person meets it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tenure.cli import main


@dataclass(frozen=True)
class Said:
    """What a command said, and the exit code it ended with."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def tenure(monkeypatch, capfd) -> Run:
    """Run `tenure` with arguments, in this process, as the console script does."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["tenure", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="session")
def simulated(tmp_path_factory) -> Path:
    """The folder of a simulated shop, with a tenure.toml, where nothing was trained yet."""
    from tenure.simulator import Scenario, simulate_blocks, write_shop

    folder = tmp_path_factory.mktemp("shop")
    scenario = Scenario(
        customers=400, seed=7, world="mixed", history_days=500, clv_horizon_days=90, interactions_per_year=12
    )
    write_shop(simulate_blocks(scenario), scenario, folder)
    return folder
