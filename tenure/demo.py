"""The demo: a folder becomes a shop with CDNOW's real purchases, and ends as a running service."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, date, datetime
from pathlib import Path

from features.errors import ConfigurationError
from serving.store.store import ScoreStore
from tenure import printing
from tenure.cdnow import write_cdnow
from tenure.settings import load_settings
from tenure.shop import check_shop, score_shop, train_shop

PURCHASES = "data/purchases.parquet"
MARK = "data/this-is-the-demo"
CONFIGURATION = f"""\
# The demo's shop. Your own starts the same way: name your file, and your columns where they differ from ours.
[data]
purchases  = "{PURCHASES}"
quarantine = "var/rejected"

[serving]
currency = "$"
"""
START_SECONDS = 60.0
A_MONTH_AGO = date(1998, 6, 1)
"""A month before the end of CDNOW's log: with a batch as of then, the page has something to compare today with."""


def run_demo(folder: Path, port: int, once: bool) -> None:
    """Check, train, score and serve in `folder`; with `once`, ask the service for the answers and stop.

    The first time, customers are scored as they stood a month ago, too, by today's model: the page then shows
    who moved since.
    Raises ConfigurationError where the folder already holds a shop that is not the demo's.
    """
    config = prepare(folder)
    printing.profile(check_shop(config))
    with printing.progress("Training") as tell:
        printing.trained(train_shop(config, None, tell))
    for as_of in (None,) if _is_scored(config) else (A_MONTH_AGO, None):
        with printing.progress("Scoring") as tell:
            printing.say(score_shop(config, as_of, datetime.now(UTC), tell).sentence())
    service = _start(config, port)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(service, address)
        example = _example_customer(address)
        printing.say("")
        printing.say(f"The page:      {address}/")
        printing.say(f"One customer:  curl {address}/v1/customers/{example}")
        if once:
            _ask(address, example)
            printing.say("The page and the API answer. Stopping, as asked (--once).")
        else:
            printing.say("Stop with Ctrl-C.")
            service.wait()
    except KeyboardInterrupt:
        pass
    finally:
        _stop(service)


def prepare(folder: Path) -> Path:
    """Make `folder` the demo's shop and return its configuration; run twice, it changes nothing."""
    purchases, mark, config = folder / PURCHASES, folder / MARK, folder / "tenure.toml"
    if purchases.exists() and not mark.exists():
        raise ConfigurationError(
            f"{purchases} is a shop's own file. The demo needs an empty folder: tenure demo --folder DIR"
        )
    if config.exists() and load_settings(config).settings.data.purchases != PURCHASES:
        raise ConfigurationError(
            f"{config} belongs to a shop of your own. "
            "The demo needs an empty folder: tenure demo --folder DIR"
        )
    if not config.exists():
        folder.mkdir(parents=True, exist_ok=True)
        config.write_text(CONFIGURATION, encoding="utf-8")
    if not purchases.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text("Written by `tenure demo`; the demo may overwrite the purchases beside it.\n")
        orders = write_cdnow(purchases)
        printing.say(f"CDNOW, a music shop of 1997 and 1998: {orders:,} orders in {purchases}.")
    return config


def _is_scored(config: Path) -> bool:
    store = load_settings(config).settings.store
    with ScoreStore(store, config.parent, read_only=True) as scores:
        return scores.latest_batch() is not None


def _start(config: Path, port: int) -> subprocess.Popen[bytes]:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise ConfigurationError(f"Port {port} is taken. Choose another: make demo PORT=3001")
    command = [sys.executable, "-m", "tenure", "serve", "--config", str(config), "--port", str(port)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ))


def _wait_until_ready(service: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if service.poll() is not None:
            raise ConfigurationError(f"The service stopped by itself (exit code {service.returncode}).")
        try:
            _get(f"{address}/readyz")
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise ConfigurationError(f"The service did not become ready within {START_SECONDS:.0f} seconds.")


def _example_customer(address: str) -> str:
    """The customer at the top of today's list."""
    listed = json.loads(_get(f"{address}/v1/at-risk?limit=1"))
    return str(listed["customers"][0]["customer_id"])


def _ask(address: str, customer: str) -> None:
    """Raises ConfigurationError where the page or the API does not answer for this customer."""
    page = _get(f"{address}/")
    answer = json.loads(_get(f"{address}/v1/customers/{customer}"))
    if customer not in page or not 0 < answer["churn_probability"] < 1:
        raise ConfigurationError(f"The service answers, but not for customer {customer}.")


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def _stop(service: subprocess.Popen[bytes]) -> None:
    if service.poll() is None:
        service.send_signal(signal.SIGTERM)
        try:
            service.wait(timeout=20)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()
