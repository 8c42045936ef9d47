"""What the service refuses, and that it says so in one shape, quickly, without quoting it."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest

JSON = {"Content-Type": "application/json"}


def post(client: httpx.Client, body: bytes | str, **headers: str) -> httpx.Response:
    return client.post("/v1/predict", content=body, headers=JSON | headers)


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ("{}", "body.customer_ids", "Field required"),
        ("[]", "body", "dictionary"),
        ("", "body", "required"),
        ("{", "body", "is not JSON (line 1, column 2)"),
        ('{"customer_ids": []}', "body.customer_ids", "at least 1 item"),
        ('{"customer_ids": "a"}', "body.customer_ids", "list"),
        ('{"customer_ids": null}', "body.customer_ids", "list"),
        ('{"customer_ids": [5]}', "body.customer_ids[0]", "string"),
        ('{"customer_ids": ["a", true]}', "body.customer_ids[1]", "string"),
        ('{"customer_ids": ["a", null]}', "body.customer_ids[1]", "string"),
        ('{"customer_ids": ["\\ud800"]}', "body", "surrogate"),
        ('{"customer_ids": ["a"], "customer_ids": ["b"]}', "customer_ids", "stands twice"),
        ('{"customer_ids": ["a"], "limit": 5}', "body.limit", "Extra inputs are not permitted"),
        ('{"customer_ids": ["a"], "\\ud800": 5}', "body", "surrogate"),
        ('{"customer_ids": [NaN]}', "body", "NaN"),
        ('{"customer_ids": [-Infinity]}', "body", "-Infinity"),
        ('{"customer_ids": [1e999]}', "body.customer_ids[0]", "string"),
        ('{"customer_ids": [' + "9" * 5000 + "]}", "body", "too many digits"),
        ("[" * 100_000, "body", "nested too deeply"),
        (b'{"customer_ids": ["\xff"]}', "body", "UTF-8"),
        (b"\xff\xfe{\x00}\x00", "body", "UTF-8"),
    ],
)
def test_a_body_that_cannot_be_used_is_422_and_names_the_field(
    client: httpx.Client, body: bytes | str, field: str, reason: str
) -> None:
    answer = post(client, body)
    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "/docs#unusable-input"
    assert problem["errors"][0]["field"] == field
    assert reason in problem["errors"][0]["reason"]


def test_what_was_sent_is_not_repeated(client: httpx.Client) -> None:
    answer = post(client, '{"customer_ids": [{"secret-7f3a": "secret-7f3a"}]}')
    assert answer.status_code == 422
    assert "secret-7f3a" not in answer.text


def test_the_name_of_an_unknown_key_is_cut(client: httpx.Client) -> None:
    answer = post(client, json.dumps({"customer_ids": ["a"], "k" * 100_000: 1}))
    assert answer.json()["errors"][0]["field"] == "body." + "k" * 60


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"],
)
def test_a_body_must_say_that_it_is_json(client: httpx.Client, content_type: str) -> None:
    answer = client.post(
        "/v1/predict", content=b'{"customer_ids": ["loyal"]}', headers={"Content-Type": content_type}
    )
    assert (answer.status_code, answer.json()["type"]) == (415, "/docs#wrong-content-type")


def test_a_body_without_a_content_type_is_refused(client: httpx.Client) -> None:
    assert client.post("/v1/predict", content=b'{"customer_ids": ["loyal"]}').status_code == 415


def test_a_compressed_body_is_refused(client: httpx.Client) -> None:
    answer = post(client, b"\x1f\x8b", **{"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_a_body_with_a_charset_is_read(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    answer = client.post("/v1/predict", content=b'{"customer_ids": ["loyal"]}', headers=headers)
    assert answer.status_code == 200


def test_a_body_above_the_limit_is_413_however_it_is_sent(client: httpx.Client) -> None:
    whole = b'{"customer_ids": ["' + b"x" * 5_000_000 + b'"]}'

    def in_chunks() -> Iterator[bytes]:
        for start in range(0, len(whole), 100_000):
            yield whole[start : start + 100_000]

    answers = [
        post(client, whole),
        client.post("/v1/predict", content=in_chunks(), headers=JSON),
        client.post("/v1/nowhere", content=whole, headers=JSON),
    ]
    assert [answer.status_code for answer in answers] == [413, 413, 413]
    assert answers[0].json()["detail"] == "A body may have 4,000,000 bytes."


def test_a_million_ids_of_the_wrong_type_are_refused_at_once_and_in_few_words(client: httpx.Client) -> None:
    started = time.perf_counter()
    answer = post(client, '{"customer_ids": [' + "1," * 1_000_000 + "1]}")
    assert answer.status_code == 422
    assert len(answer.content) < 2_000
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "query.limit"),
        ("limit=1001", "query.limit"),
        ("limit=ten", "query.limit"),
        ("limit=99999999999999999999", "query.limit"),
        ("min_value=nan", "query.min_value"),
        ("min_value=inf", "query.min_value"),
        ("min_value=-1", "query.min_value"),
        ("band=purple", "query.band"),
        ("segment=NOBODY", "query.segment"),
        ("sort=customer_id", "query.sort"),
        ("format=xml", "query.format"),
        ("min_percentile=101", "query.min_percentile"),
        ("bands=high", "query.bands"),
        ("band=high&band=low", "query.band"),
        ("%00=1", "query.?"),
    ],
)
def test_a_filter_that_cannot_be_used_is_422_and_names_the_parameter(
    client: httpx.Client, query: str, field: str
) -> None:
    answer = client.get(f"/v1/at-risk?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_wrong_method_is_405_and_names_the_right_one(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/v1/at-risk")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json()["type"] == "/docs#wrong-method"


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/at-risk/", "/v2/at-risk", "/static/../app.py", "/static/x"]
)
def test_an_unknown_path_is_a_problem_that_does_not_repeat_it(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/docs#unknown-path")
    assert "nowhere" not in answer.text


def test_a_foreign_host_name_is_refused_but_probes_answer(client: httpx.Client) -> None:
    answer = client.get("/v1/at-risk", headers={"Host": "rebound.example"})
    assert (answer.status_code, answer.json()["type"]) == (421, "/docs#wrong-host")
    assert client.get("/healthz", headers={"Host": "10.0.0.7:3000"}).status_code == 200
    assert client.get("/v1/at-risk", headers={"Host": "localhost:1"}).status_code == 200
