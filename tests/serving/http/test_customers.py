"""One customer, and many at once."""

from urllib.parse import quote

import httpx
import pytest

from models.scores import NAMES


def test_a_customer_is_answered_with_every_column_of_the_contract_and_its_batch(client: httpx.Client) -> None:
    answer = client.get("/v1/customers/loyal")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "customer_id": "loyal",
        "as_of": "2024-01-01",
        "scored_at": "2024-01-01T04:30:00+00:00",
        "model_version": "7",
        "eligible": True,
        "ineligible_reason": None,
        "churn_probability": 0.1,
        "churn_percentile": 10,
        "risk_band": "low",
        "probability_alive": None,
        "expected_purchases": None,
        "clv": 100.0,
        "clv_median": None,
        "clv_low": 0.0,
        "clv_high": 200.0,
        "value_at_risk": 10.0,
        "expected_next_purchase_at": None,
        "next_purchase_low_at": None,
        "next_purchase_high_at": None,
        "historic_spend": 10.0,
        "purchase_count": 3,
        "days_since_last_purchase": 30,
        "rfm_segment": "CHAMPIONS",
        "value_tier": "high",
        "journey_stage": "retention",
        "engagement_score": None,
        "reasons": [
            {
                "feature": "days_since_last_purchase",
                "value": 3.0,
                "direction": "lowers",
                "importance": "high",
                "text": "bought 3 days ago; usually buys every 21",
            }
        ],
        "batch": {
            "sequence": 1,
            "as_of": "2024-01-01",
            "scored_at": "2024-01-01T04:30:00+00:00",
            "model_version": "7",
            "horizons": {
                "churn_window_days": 90,
                "clv_horizon_days": 365,
                "margin": 1.0,
                "annual_discount_rate": 0.0,
            },
            "customers": 28,
            "eligible": 27,
        },
        "attributes": {},
        "own_segments": [],
        "history": [
            {
                "as_of": "2024-01-01",
                "batch": 1,
                "model_version": "7",
                "eligible": True,
                "churn_probability": 0.1,
                "risk_band": "low",
                "clv": 100.0,
                "clv_low": 0.0,
                "clv_high": 200.0,
                "value_at_risk": 10.0,
                "rfm_segment": "CHAMPIONS",
                "value_tier": "high",
                "journey_stage": "retention",
            }
        ],
        "reliability": None,  # the model of these tests has too little past to hold a date out
    }


def test_a_customer_without_a_score_is_told_with_the_reason(client: httpx.Client) -> None:
    answer = client.get("/v1/customers/refunded").json()
    assert (answer["eligible"], answer["churn_probability"]) == (False, None)
    assert answer["ineligible_reason"] == "Only refunds are known."


def test_an_unknown_customer_is_a_problem_of_its_own_kind(client: httpx.Client) -> None:
    answer = client.get("/v1/customers/nobody")
    problem = answer.json()
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.pop("request_id") == answer.headers["x-request-id"]
    assert problem == {
        "type": "/docs#unknown-customer",
        "title": "Unknown customer",
        "status": 404,
        "detail": "The latest batch does not know this customer.",
        "remedy": "Check the id against the shop's own records.",
    }


def test_an_id_of_any_text_is_found_by_its_path(client: httpx.Client, hostile_ids: list[str]) -> None:
    carried = [customer_id for customer_id in hostile_ids if customer_id not in (".", "..")]
    answers = [client.get(f"/v1/customers/{quote(customer_id, safe='')}") for customer_id in carried]
    assert [answer.json().get("customer_id") for answer in answers] == carried


def test_an_id_that_a_path_cannot_carry_is_found_by_query(
    client: httpx.Client, hostile_ids: list[str]
) -> None:
    answers = [client.get("/v1/customers", params={"id": customer_id}) for customer_id in hostile_ids]
    assert [answer.json().get("customer_id") for answer in answers] == hostile_ids


def test_slashes_in_an_id_may_stand_as_they_are(client: httpx.Client) -> None:
    assert client.get("/v1/customers/a/b").json()["customer_id"] == "a/b"


def test_ids_that_differ_only_in_how_an_accent_is_written_are_two_customers(client: httpx.Client) -> None:
    composed, decomposed = "caf%C3%A9", "cafe%CC%81"
    assert client.get(f"/v1/customers/{composed}").json()["customer_id"] == "caf\u00e9"
    assert client.get(f"/v1/customers/{decomposed}").json()["customer_id"] == "cafe\u0301"


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("x" * 201, 422, "at most 200 characters"),
        ("x" * 10_000, 422, "at most 200 characters"),
        ("tab%09", 422, "control characters"),
        ("nul%00", 422, "control characters"),
        ("%C2%85", 422, "control characters"),
        ("half-a-character-%C3", 400, "not UTF-8"),
        ("%ED%A0%80", 400, "not UTF-8"),
    ],
)
def test_what_cannot_be_an_id_is_refused_with_the_reason(
    client: httpx.Client, path: str, status: int, reason: str
) -> None:
    answer = client.get(f"/v1/customers/{path}")
    assert answer.status_code == status
    assert reason in answer.json()["detail"]


def test_predict_answers_in_the_order_of_the_ids_and_one_bad_id_fails_no_other(client: httpx.Client) -> None:
    asked = ["lapsed", "nobody", "x" * 201, "loyal", "lapsed", "bell\x07"]
    answer = client.post("/v1/predict", json={"customer_ids": asked})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["as_of"], body["model_version"], body["batch"]["sequence"]) == ("2024-01-01", "7", 1)
    assert [result["customer_id"] for result in body["results"]] == asked
    told = [
        result["score"]["churn_probability"] if "score" in result else result["error"]["detail"]
        for result in body["results"]
    ]
    assert told == [
        0.9,
        "The latest batch does not know this customer.",
        "The id must have at most 200 characters.",
        0.1,
        0.9,
        "The id must not hold control characters.",
    ]
    assert list(body["results"][0]["score"]) == list(NAMES)


def test_predict_takes_a_thousand_ids_and_no_more(client: httpx.Client) -> None:
    thousand = [f"c{n}" for n in range(1000)]
    assert len(client.post("/v1/predict", json={"customer_ids": thousand}).json()["results"]) == 1000
    answer = client.post("/v1/predict", json={"customer_ids": [*thousand, "one more"]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.customer_ids"


def test_other_methods_are_refused_at_a_customer(client: httpx.Client) -> None:
    answer = client.delete("/v1/customers/loyal")
    assert answer.status_code == 405
    assert {method.strip() for method in answer.headers["allow"].split(",")} == {"GET", "HEAD"}
    assert client.head("/v1/customers/loyal").content == b""
