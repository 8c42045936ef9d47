"""The examples work as they stand, against a real service."""

import ast
import json
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
import uvicorn

from models.horizons import Horizons
from models.scores import ANSWERS
from serving.app import create_app
from serving.settings import StoreSettings, load_service_settings
from serving.store.batches import Batch
from serving.store.store import ScoreStore

SYNC = Path(__file__).parents[1] / "examples" / "crm_sync.py"


def publish(folder, bands, day):
    """A batch of one customer for each band, by name."""
    scores = pd.DataFrame({column.name: [None] * len(bands) for column in ANSWERS}).assign(
        customer_id=list(bands), eligible=True, churn_probability=0.5, risk_band=list(bands.values()),
        clv=10.0, value_at_risk=5.0, historic_spend=1.0, purchase_count=1, rfm_segment="LOYAL",
        journey_stage="engagement",
    )  # fmt: skip
    horizons = Horizons(churn_window_days=90, clv_horizon_days=365)
    batch = Batch(date(2024, 1, day), datetime(2024, 1, day, 4, tzinfo=UTC), "1", horizons, f"{day}")
    settings = StoreSettings(url="sqlite:///var/scores.db", keep_batches=3)
    with ScoreStore(settings, folder, read_only=False) as store:
        store.publish(batch, [scores])


@pytest.fixture
def address(tmp_path):
    (tmp_path / "tenure.toml").write_text("")
    app = create_app(lambda: load_service_settings(tmp_path / "tenure.toml"), lambda: datetime.now(UTC))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_the_nightly_sync_hands_over_everybody_once_and_then_what_changed(tmp_path, address):
    def run():
        command = [sys.executable, str(SYNC), address, str(tmp_path / "cursor")]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    publish(tmp_path, {"ann": "low", "<b>bob</b>": "high"}, 1)
    assert [(one["customer_id"], one["kind"]) for one in run()] == [("<b>bob</b>", "added"), ("ann", "added")]
    assert run() == []

    publish(tmp_path, {"ann": "medium", "<b>bob</b>": "high", "cleo": "low"}, 2)
    changed, added = run()
    assert (changed["customer_id"], changed["before"]["risk_band"], changed["after"]["risk_band"]) == (
        "ann", "low", "medium",
    )  # fmt: skip
    assert (added["customer_id"], added["kind"]) == ("cleo", "added")
    assert run() == []

    for day in range(3, 8):  # nobody ran it for longer than changes are kept
        publish(tmp_path, {"ann": "medium"}, day)
    assert [(one["customer_id"], one["reason"]) for one in run()] == [("ann", "start")]


def test_the_nightly_sync_is_under_thirty_lines_of_code():
    text = SYNC.read_text()
    docstring = ast.get_docstring(ast.parse(text), clean=False)
    lines = [line.strip() for line in text.replace(docstring, "").splitlines()]
    assert len([line for line in lines if line and not line.startswith("#") and line != '""""""']) < 30
