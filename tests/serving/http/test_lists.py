"""Lists: filters, sorts, pages by cursor, CSV."""

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from models.scores import NAMES


def ids(answer: httpx.Response) -> list[str]:
    return [customer["customer_id"] for customer in answer.json()["customers"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"limit": 5}, ["lapsed", "steady", "new", "loyal", "one-time"]),
        ({"limit": 2}, ["lapsed", "steady"]),
        ({"limit": 3, "sort": "clv"}, ["steady", "loyal", "lapsed"]),
        ({"limit": 2, "sort": "churn_probability"}, ["lapsed", "one-time"]),
        ({"segment": "AT_RISK"}, ["lapsed", "one-time"]),
        ({"band": "medium", "min_value": 5}, ["new"]),
        ({"band": "low"}, ["steady", "loyal"]),
        ({"min_value": 10}, ["lapsed", "steady", "new", "loyal"]),
        ({"segment": "AT_RISK", "tier": "low"}, ["one-time"]),
        ({"min_clv": 100}, ["steady", "loyal"]),
        ({"min_percentile": 80}, ["lapsed", "one-time"]),
        ({"min_days": 31}, ["lapsed"]),
        ({"max_days": 29}, []),
        ({"segment": "CHAMPIONS", "band": "high"}, []),
    ],
)
def test_the_list_holds_who_was_asked_for_highest_value_at_risk_first(
    client: httpx.Client, query: dict[str, Any], expected: list[str]
) -> None:
    answer = client.get("/v1/at-risk", params=query)
    assert answer.status_code == 200
    assert (answer.json()["as_of"], answer.json()["model_version"]) == ("2024-01-01", "7")
    assert ids(answer) == expected


def test_a_walk_by_cursor_sees_every_customer_of_its_batch_once_while_others_are_published(
    new_client: Callable[..., Any], tmp_path: Any, publish: Callable[..., None], scored: Callable[..., Any]
) -> None:
    customers = [scored(f"c{n:02}", 0.5, float(n % 7)) for n in range(40)]
    publish(tmp_path, customers, date(2024, 1, 1))
    client = new_client("")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for day in range(2, 10):
        answer = client.get("/v1/at-risk", params={"limit": 7, **cursor})
        assert answer.json()["as_of"] == "2024-01-01"
        seen += ids(answer)
        if answer.json()["next_cursor"] is None:
            break
        assert f"cursor={answer.json()['next_cursor']}" in answer.headers["link"]
        cursor = {"cursor": answer.json()["next_cursor"]}
        publish(tmp_path, customers[:day], date(2024, 1, day))
    assert sorted(seen) == [f"c{n:02}" for n in range(40)]
    assert len(ids(client.get("/v1/at-risk"))) == 6


def test_a_cursor_of_another_list_or_altered_is_400(client: httpx.Client) -> None:
    cursor = client.get("/v1/at-risk", params={"limit": 2}).json()["next_cursor"]
    flipped = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    other = client.get("/v1/segments/DORMANT/customers", params={"limit": 1}).json()["next_cursor"]
    since = client.get("/v1/changes").json()["next_cursor"]
    for query in (
        {"cursor": cursor, "band": "low"},
        {"cursor": cursor, "sort": "clv"},
        *({"cursor": wrong} for wrong in (flipped, other, since, "start")),
    ):
        answer = client.get("/v1/at-risk", params=query)
        assert (answer.status_code, answer.json()["type"]) == (400, "/docs#unusable-cursor")
        assert answer.json()["errors"][0]["field"] == "query.cursor"
        assert answer.json()["remedy"] == "Start again from the first page of the list."
    answer = client.get("/v1/segments/LOYAL/customers", params={"cursor": cursor})
    assert answer.status_code == 400


def test_a_cursor_whose_batch_is_gone_is_410(
    new_client: Callable[..., Any], tmp_path: Any, publish: Callable[..., None], scored: Callable[..., Any]
) -> None:
    customers = [scored(f"c{n}", 0.5, float(n)) for n in range(4)]
    publish(tmp_path, customers, date(2024, 1, 1))
    client = new_client("")
    cursor = client.get("/v1/at-risk", params={"limit": 2}).json()["next_cursor"]
    publish(tmp_path, customers, date(2024, 1, 2), keep_batches=1)
    answer = client.get("/v1/at-risk", params={"limit": 2, "cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (410, "/docs#outdated-cursor")
    assert answer.json()["errors"][0]["field"] == "query.cursor"


@pytest.mark.parametrize("how", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}])
def test_csv_has_the_columns_of_the_contract_and_no_cell_that_a_spreadsheet_would_run(
    client: httpx.Client, hostile_ids: list[str], how: dict[str, Any]
) -> None:
    answer = client.get("/v1/at-risk", **how)
    rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="customers-2024-01-01.csv"'
    assert tuple(rows[0]) == NAMES
    written = [row[0] for row in rows[1:]]
    assert not [cell for row in rows[1:] for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))]
    assert {cell.removeprefix("'") for cell in written} >= set(hostile_ids)
    assert """'=HYPERLINK("http://elsewhere.example")""" in written


def test_json_is_what_a_client_gets_that_takes_both(client: httpx.Client) -> None:
    answer = client.get("/v1/at-risk", headers={"Accept": "application/json, text/csv"})
    assert answer.headers["content-type"] == "application/json"
    answer = client.get("/v1/at-risk?format=json", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "application/json"


def test_segments_are_told_largest_first(client: httpx.Client) -> None:
    answer = client.get("/v1/segments").json()
    at_risk = next(segment for segment in answer["segments"] if segment["name"] == "AT_RISK")
    assert (answer["as_of"], answer["model_version"]) == ("2024-01-01", "7")
    assert [segment["name"] for segment in answer["segments"]] == [
        "DORMANT",
        "AT_RISK",
        "CHAMPIONS",
        "LOYAL",
        "NEW",
        "PROSPECTS",
    ]
    assert at_risk.pop("churn_probability") == pytest.approx(0.85)
    assert at_risk == {
        "name": "AT_RISK",
        "customers": 2,
        "scored": 2,
        "clv": 60.0,
        "value_at_risk": 53.0,
        "bands": {"high": 2},
    }


def test_members_of_a_segment_come_with_those_without_a_score(client: httpx.Client) -> None:
    assert ids(client.get("/v1/segments/AT_RISK/customers")) == ["lapsed", "one-time"]
    assert ids(client.get("/v1/segments/PROSPECTS/customers")) == ["refunded"]


def test_an_unknown_segment_is_404_and_one_without_members_is_empty(client: httpx.Client) -> None:
    answer = client.get("/v1/segments/NOBODY/customers")
    assert (answer.status_code, answer.json()["type"]) == (404, "/docs#unknown-segment")
    assert ids(client.get("/v1/segments/ALMOST_LOST/customers")) == []
