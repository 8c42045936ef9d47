"""Generated requests to the addresses of campaigns get documented answers, and never a failure."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings

from serving.app import create_app
from serving.settings import load_service_settings

# Each customer's address answers GET and HEAD by one function; the document tells them apart.
pytestmark = pytest.mark.filterwarnings("ignore:Duplicate Operation ID")


@pytest.fixture(scope="module")
def generated(
    tmp_path_factory: pytest.TempPathFactory,
    publish: Callable[..., None],
    scored: Callable[..., dict[str, Any]],
) -> Iterator[Any]:
    """A service of its own, whose contacts disturb no other test."""
    folder: Path = tmp_path_factory.mktemp("generated")
    publish(folder, [scored(f"c{n}", (n + 1) / 22, 50.0) for n in range(20)], date(2024, 1, 1))
    (folder / "tenure.toml").write_text("[campaigns]\nrest_days = 0\n")
    app = create_app(lambda: load_service_settings(folder / "tenure.toml"), lambda: datetime.now(UTC))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    with contextlib.ExitStack() as running:
        running.callback(thread.join)
        running.callback(setattr, server, "should_exit", True)
        yield schemathesis.openapi.from_url(f"http://127.0.0.1:{listener.getsockname()[1]}/openapi.json")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/cutoffs"),
        ("POST", "/v1/contacts"),
        ("POST", "/v1/campaigns"),
        ("GET", "/v1/campaigns"),
        ("GET", "/v1/campaigns/{name}"),
    ],
)
def test_generated_requests_get_documented_answers_and_never_a_failure(
    generated: Any, method: str, path: str
) -> None:
    keys = itertools.count()

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=generated[path][method].as_strategy())
    def check(case: Any) -> None:
        # A schema cannot ask for names that a batch knows, for days that are in the calendar, for keys that are
        # new, for costs at which somebody is worth contacting.
        filters = case.body.get("filters") if isinstance(case.body, dict) else case.query
        for name in ("attribute", "own_segment", "not_contacted_since"):
            (filters or {}).pop(name, None)
        if method == "POST" and isinstance(case.body, dict):
            if "name" in case.body:
                for name in ("filters", "contact_cost", "offer_cost", "accept_rate", "budget"):
                    case.body.pop(name, None)
            if "Idempotency-Key" in (case.headers or {}):
                case.headers["Idempotency-Key"] += f"-{next(keys)}"
        case.call_and_validate()

    check()
