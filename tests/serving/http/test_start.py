"""Starting with nothing, picking up what is published, and stopping."""

import gc
import json
import re
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from features.errors import ConfigurationError
from serving.run import serve


def test_without_scores_or_a_model_it_answers_and_says_what_to_run(
    new_service: Callable[..., Any], tmp_path: Path, publish: Callable[..., None], scored: Callable[..., Any]
) -> None:
    client = new_service("").client
    assert client.get("/healthz").json() == {"status": "alive"}
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["reasons"] == [
        "No scores have been published yet. Run `tenure score`.",
        "There is no model yet. Run `tenure train`.",
    ]
    for path in ("/v1/at-risk", "/v1/customers/loyal", "/v1/segments", "/v1/segments/LOYAL/customers"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["type"]) == (503, "/docs#no-scores")
        assert "tenure score" in answer.json()["detail"]
        assert answer.headers["retry-after"] == "10"
    page = client.get("/")
    assert page.status_code == 200
    assert "tenure train\ntenure score" in page.text

    publish(tmp_path, [scored("loyal", 0.1, 100.0)], date(2024, 1, 1))
    assert client.get("/v1/customers/loyal").json()["as_of"] == "2024-01-01"
    assert client.get("/readyz").json()["reasons"] == ["There is no model yet. Run `tenure train`."]
    publish(tmp_path, [scored("loyal", 0.2, 90.0)], date(2024, 1, 2))
    assert client.get("/v1/customers/loyal").json()["churn_probability"] == 0.2


def test_python_does_not_look_for_garbage_among_what_the_service_was_made_of(
    new_client: Callable[..., Any],
) -> None:
    assert new_client("").get("/healthz").status_code == 200
    assert gc.get_freeze_count() > 50_000


def test_a_damaged_store_is_503_and_its_place_is_told_to_the_log_only(
    new_client: Callable[..., Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "scores.db").write_bytes(b"not a database at all" * 100)
    answer = new_client("").get("/v1/at-risk")
    assert (answer.status_code, answer.json()["type"]) == (503, "/docs#no-store")
    assert str(tmp_path) not in answer.text
    assert str(tmp_path) in caplog.text


def test_a_store_url_that_cannot_be_used_does_not_stop_the_service_from_saying_so(
    new_client: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    answer = new_client('[store]\nurl = "mysql://reader:s3cret@db/scores"\n').get("/readyz")
    assert answer.status_code == 503
    assert "[store] url begins with mysql://" in answer.json()["reasons"][0]
    assert "s3cret" not in answer.text + caplog.text


def test_a_stop_waits_for_the_answer_under_way(
    new_service: Callable[..., Any], tmp_path: Path, publish: Callable[..., None], scored: Callable[..., Any]
) -> None:
    publish(tmp_path, [scored("loyal", 0.1, 100.0)], date(2024, 1, 1))
    service = new_service("")
    body = json.dumps({"customer_ids": ["loyal"]}).encode()
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        head = (
            f"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:5])
        time.sleep(0.3)
        stopping = threading.Thread(target=service.stop)
        stopping.start()
        time.sleep(0.5)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{service.url}/healthz")
        connection.sendall(body[5:])
        answer = connection.recv(65536)
    stopping.join()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert service.process.returncode == 0


def test_a_body_that_never_ends_is_given_up(new_client: Callable[..., Any]) -> None:
    client = new_client("[serving]\nmax_seconds = 1\n")
    with socket.create_connection(("127.0.0.1", client.base_url.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 50\r\n\r\n{"
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout")
    assert b"/docs#slow-request" in answer


def test_another_host_than_this_machine_is_refused_without_a_word_for_it(tmp_path: Path) -> None:
    (tmp_path / "tenure.toml").write_text("")
    for host in ("0.0.0.0", "::", "192.168.1.5", "shop.example"):
        with pytest.raises(ConfigurationError, match="--allow-remote"):
            serve(tmp_path / "tenure.toml", host, 3000, allow_remote=False)


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "tenure.toml").write_text("")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"127.0.0.1:{port}: Address already in use"):
            serve(tmp_path / "tenure.toml", "127.0.0.1", port, allow_remote=False)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[serving]\nport = 1\n", r"\[serving\] port: Extra inputs are not permitted"),
        ("[serving]\nmax_seconds = nan\n", r"\[serving\] max_seconds: Input should be a finite number"),
        ("[store]\nkeep_batches = 0\n", r"\[store\] keep_batches: Input should be greater than"),
        ("[serving\n", "cannot be read: Expected"),
    ],
)
def test_a_setting_that_cannot_be_used_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "tenure.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=sentence):
        serve(tmp_path / "tenure.toml", "127.0.0.1", 0, allow_remote=False)


def test_a_missing_configuration_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"does not exist.*TENURE_CONFIG"):
        serve(tmp_path / "tenure.toml", "127.0.0.1", 0, allow_remote=False)


def test_the_reader_does_not_write_to_the_store(
    new_client: Callable[..., Any], tmp_path: Path, publish: Callable[..., None], scored: Callable[..., Any]
) -> None:
    publish(tmp_path, [scored("loyal", 0.1, 100.0)], date(2024, 1, 1))

    def contents() -> list[str]:
        with sqlite3.connect(tmp_path / "var" / "scores.db") as connection:
            return list(connection.iterdump())

    before = contents()
    client = new_client("")
    for path in ("/", "/segments", "/customer?id=loyal", "/v1/at-risk", "/v1/customers/x", "/readyz"):
        client.get(path)
    assert contents() == before


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("risk_bant == 'high'", r"rule names 'risk_bant'; there is no such column; perhaps 'risk_band'\."),
        ("recency > 'long'", r"rule compares a number with a text"),
        ("clv", r"rule is a number, neither true nor false"),
        ("clv >", r"\[\[segments\]\] 0\.rule: .*cannot be read"),
    ],
)
def test_a_segment_of_ones_own_that_the_model_cannot_tell_keeps_the_service_from_starting(
    new_client: Callable[..., Any], tmp_path: Path, model_folder: Path, rule: str, words: str
) -> None:
    shutil.copytree(model_folder, tmp_path / "var" / "model")
    settings = f'[[segments]]\nname = "mine"\nrule = "{rule}"\n'
    reasons = new_client(settings).get("/readyz").json()["reasons"]
    assert re.search(words, reasons[0])
    with pytest.raises(ConfigurationError, match=words):
        serve(tmp_path / "tenure.toml", "127.0.0.1", 1, False)
