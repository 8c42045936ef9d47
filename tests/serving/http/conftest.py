"""The real service over real HTTP: BentoML's application in a process of its own, on a port of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import uvicorn

from models.horizons import Horizons
from models.scores import ANSWERS
from serving.app import create_app
from serving.settings import StoreSettings, load_service_settings
from serving.store.batches import Batch
from serving.store.store import ScoreStore

ROOT = Path(__file__).parents[3]
START = (
    "import sys; from pathlib import Path; from serving.run import serve; "
    "serve(Path(sys.argv[1]), '127.0.0.1', int(sys.argv[2]), False)"
)

HOSTILE = [
    "a/b",
    "/leading and trailing/",
    "..",
    "a/../b",
    ".",
    "%2F",
    "100%",
    "a?b#c&d=e+f",
    "quotes \"' and `",
    "<script>alert(1)</script>",
    '=HYPERLINK("http://elsewhere.example")',
    "@SUM(A1)",
    "007",
    "1e5",
    "NULL",
    "true",
    " leading space",
    "emoji \N{GRINNING FACE}\N{VARIATION SELECTOR-16}",
    "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "cafe\N{COMBINING ACUTE ACCENT}",
    "\N{RIGHT-TO-LEFT MARK}\N{ARABIC LETTER SHEEN}\N{RIGHT-TO-LEFT OVERRIDE}-7",
    "x" * 200,
]


class Service:
    """A running service: a client for it, its process, its log."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.port = port
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def log(self) -> str:
        return (self.folder / "service.log").read_text()

    def stop(self) -> int:
        """Ask it to end; the exit code."""
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, settings: str) -> Service:
    """A service on tenure.toml with `settings` in `folder`, once it answers."""
    (folder / "tenure.toml").write_text(settings)
    port = free_port()
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", START, str(folder / "tenure.toml"), str(port)],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
    service = Service(folder, port, process)
    deadline = time.monotonic() + 120
    while True:
        try:
            service.client.get("/healthz")
            return service
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(service.log()) from None
            time.sleep(0.1)


def scores_of(customers: list[dict[str, Any]]) -> pd.DataFrame:
    """A frame of the scores' contract: the columns given, nothing in the others."""
    return pd.DataFrame(
        {
            name: pd.Series([customer.get(name) for customer in customers], dtype=object)
            for name in ("customer_id", *(column.name for column in ANSWERS))
        }
    )


def scored_customer(customer_id: str, risk: float, clv: float, **others: Any) -> dict[str, Any]:
    """A customer with a score, and with what follows from it in these tests."""
    band = "high" if risk >= 0.6 else "medium" if risk >= 0.3 else "low"
    return {
        "customer_id": customer_id,
        "eligible": True,
        "churn_probability": risk,
        "churn_percentile": max(1, round(100 * risk)),
        "risk_band": band,
        "clv": clv,
        "clv_low": 0.0,
        "clv_high": 2 * clv,
        "value_at_risk": risk * clv,
        "historic_spend": 10.0,
        "purchase_count": 3,
        "days_since_last_purchase": 30,
        "rfm_segment": "LOYAL",
        "value_tier": "high",
        "journey_stage": "retention",
        **others,
    }


SIX = [
    scored_customer(
        "loyal",
        0.1,
        100.0,
        rfm_segment="CHAMPIONS",
        reasons=[
            {
                "feature": "days_since_last_purchase",
                "value": 3.0,
                "direction": "lowers",
                "importance": "high",
                "text": "bought 3 days ago; usually buys every 21",
            }
        ],
    ),
    scored_customer("lapsed", 0.9, 50.0, rfm_segment="AT_RISK", days_since_last_purchase=200),
    scored_customer("one-time", 0.8, 10.0, rfm_segment="AT_RISK", value_tier="low"),
    scored_customer("new", 0.4, 30.0, rfm_segment="NEW"),
    scored_customer("steady", 0.2, 200.0),
    {
        "customer_id": "refunded",
        "eligible": False,
        "ineligible_reason": "Only refunds are known.",
        "historic_spend": -5.0,
        "purchase_count": 0,
        "rfm_segment": "PROSPECTS",
        "journey_stage": "consideration",
    },
]
HORIZONS = Horizons(churn_window_days=90, clv_horizon_days=365)


def publish_batch(folder: Path, customers: list[dict[str, Any]], as_of: date, keep_batches: int = 12) -> None:
    """One batch of these customers, by model version 7."""
    settings = StoreSettings(url="sqlite:///var/scores.db", keep_batches=keep_batches)
    scored_at = datetime(as_of.year, as_of.month, as_of.day, 4, 30, tzinfo=UTC)
    with ScoreStore(settings, folder, read_only=False) as store:
        store.publish(Batch(as_of, scored_at, "7", HORIZONS, f"{as_of}"), [scores_of(customers)])


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[Service]:
    """A service that answers for six lives and for customers with hostile ids, as of New Year 2024."""
    folder = tmp_path_factory.mktemp("service")
    hostile = [scored_customer(customer_id, 0.5, 1.0, rfm_segment="DORMANT") for customer_id in HOSTILE]
    publish_batch(folder, SIX + hostile, date(2024, 1, 1))
    shutil.copytree(model_folder, folder / "var" / "model")
    service = start(folder, "")
    yield service
    assert service.stop() == 0


@pytest.fixture(scope="session")
def client(service: Service) -> httpx.Client:
    return service.client


@pytest.fixture(scope="session")
def hostile_ids() -> list[str]:
    return HOSTILE


@pytest.fixture(scope="session")
def publish() -> Callable[..., None]:
    return publish_batch


@pytest.fixture(scope="session")
def scored() -> Callable[..., dict[str, Any]]:
    return scored_customer


@pytest.fixture
def new_client(tmp_path: Path) -> Iterator[Callable[[str], httpx.Client]]:
    """Clients of applications of the test's own, under plain uvicorn in a thread: BentoML is slow to start."""
    with contextlib.ExitStack() as running:

        def start_one(settings: str) -> httpx.Client:
            (tmp_path / "tenure.toml").write_text(settings)
            app = create_app(
                lambda: load_service_settings(tmp_path / "tenure.toml"), lambda: datetime.now(UTC)
            )
            listener = socket.create_server(("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            running.callback(thread.join)
            running.callback(setattr, server, "should_exit", True)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            return running.enter_context(httpx.Client(base_url=url, timeout=30))

        yield start_one


@pytest.fixture(scope="session")
def port() -> int:
    return free_port()


@pytest.fixture
def new_service(tmp_path: Path) -> Iterator[Callable[[str], Service]]:
    """Starts services of the test's own in its folder."""
    running: list[Service] = []

    def start_one(settings: str) -> Service:
        running.append(start(tmp_path, settings))
        return running[-1]

    yield start_one
    for one in running:
        if one.process.poll() is None:
            one.stop()
