"""Nothing of BentoML's is reachable, nothing loads from outside, and the log names nobody."""

import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/docs.json",
        "/schema.json",
        "/livez",
        "/static_content/index.css",
        "/assets/index.js",
        "/tenure",
    ],
)
def test_nothing_of_bentoml_is_reachable(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/docs#unknown-path")
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/segments", "/customer?id=loyal", "/docs", "/v1/at-risk", "/nowhere"])
def test_every_answer_forbids_to_load_frame_guess_or_keep(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_the_log_has_route_status_time_and_request_id_and_no_id_or_value(
    client: httpx.Client, service: Any
) -> None:
    answers = [
        client.get("/v1/customers/canary-5d1"),
        client.get("/v1/customers?id=canary-5d1"),
        client.get("/canary-5d1"),
        client.get("/v1/at-risk?segment=canary-5d1&canary-5d1=1"),
        client.post("/v1/predict", json={"customer_ids": ["canary-5d1"]}),
        client.post("/v1/predict", json={"canary-5d1": {"canary-5d1": "canary-5d1"}}),
        client.post("/v1/score", json={"purchases": [{"customer_id": "canary-5d1"}]}),
        client.request("CANARY-5D1", "/"),
    ]
    log = service.log()
    assert "canary-5d1" not in log.lower()
    for answer, route in zip(
        answers,
        ["/v1/customers/{customer_id:path}", "/v1/customers", "unmatched", "/v1/at-risk"],
        strict=False,
    ):
        request_id = answer.headers["x-request-id"]
        assert re.search(rf"tenure.requests GET {re.escape(route)} \d+ [\d.]+ ms {request_id}", log)


def test_thousands_of_paths_leave_nothing_behind(
    service: Any,
) -> None:
    process = Path(f"/proc/{service.process.pid}")
    connection = HTTPConnection("127.0.0.1", service.port)

    def resident_bytes() -> int:
        return int((process / "statm").read_text().split()[1]) * 4096

    def ask(numbers: range) -> None:
        for number in numbers:
            connection.request("GET", f"/v1/customers/c{number}")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 404

    ask(range(500))
    memory, descriptors = resident_bytes(), len(list((process / "fd").iterdir()))
    ask(range(500, 4_000))
    assert resident_bytes() - memory < 5_000_000
    assert len(list((process / "fd").iterdir())) <= descriptors + 1
    connection.close()


def test_an_id_of_ten_thousand_characters_is_refused_everywhere_and_quoted_nowhere(
    client: httpx.Client, service: Any
) -> None:
    long = "endless" * 1_429
    html = {"Accept": "text/html"}
    csv = {"Accept": "text/csv"}
    answers = [
        client.get(f"/v1/customers/{long}"),
        client.get("/v1/customers", params={"id": long}),
        client.get(f"/customers/{long}", headers=html),
        client.get("/customers", params={"id": long}, headers=html),
        client.get("/pictures/customer-days.svg", params={"id": long}),
        client.get(f"/v1/segments/{long}/customers", headers=csv),
        client.get("/campaigns.csv", params={"name": long}),
        client.post("/v1/predict", json={"customer_ids": [long[:200] + "!"]}),
        client.post(
            "/v1/contacts", json={"contacts": [{"customer_id": long}]}, headers={"Idempotency-Key": "endless"}
        ),
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 422, 404, 422, 200, 200]
    assert "must have at most 200 characters" in answers[-1].json()["results"][0]["error"]["detail"]
    assert all("endlessendless" not in answer.text for answer in answers[:-2])
    assert "endlessendless" not in service.log()
