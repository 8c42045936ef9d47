"""The API's documentation: complete, valid, and true."""

import re
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from models.journey import STAGES
from models.scores import NAMES
from serving.api import examples

BEYOND_SCHEMAS = (
    "cursor", "since", "attribute", "own_segment", "not_contacted_since",
    "contact_cost", "offer_cost", "accept_rate", "budget",
)  # fmt: skip
"""A schema can ask that a cursor be text, not that it was given out; nor what names there are, nor for a day that
is in the calendar, nor that a cost comes with the other costs."""


def make_possible(body: dict[str, Any]) -> None:
    """Change what a schema cannot forbid: names of another shop, orders of one id, days that no calendar has."""
    for name in BEYOND_SCHEMAS:
        (body.get("filters") or {}).pop(name, None)
    body.pop("as_of", None)
    for number, row in enumerate((*(body.get("purchases") or ()), *(body.get("interactions") or ()))):
        if not isinstance(row, dict):
            continue
        for name in ("ordered_at", "occurred_at", "resolved_at"):
            if isinstance(row.get(name), str):
                row[name] = "2024-01-02T03:04:05Z"
        for name in ("order_id", "interaction_id"):
            if isinstance(row.get(name), str):
                row[name] = f"{number}"
        row.pop("currency", None)


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def test_every_address_of_the_api_is_described(document: dict[str, Any]) -> None:
    assert {path: sorted(methods) for path, methods in document["paths"].items()} == {
        "/v1/customers": ["get", "head"],
        "/v1/customers/{customer_id}": ["get", "head"],
        "/v1/predict": ["post"],
        "/v1/score": ["post"],
        "/v1/at-risk": ["get"],
        "/v1/campaigns": ["get", "post"],
        "/v1/campaigns/{name}": ["get"],
        "/v1/changes": ["get"],
        "/v1/contacts": ["post"],
        "/v1/cutoffs": ["get"],
        "/v1/exports": ["post"],
        "/v1/exports/{export_id}": ["get"],
        "/v1/exports/{export_id}/file": ["get"],
        "/v1/segments": ["get"],
        "/v1/segments/{segment}/customers": ["get"],
        "/v1/model": ["get"],
        "/healthz": ["get"],
        "/readyz": ["get"],
    }


def test_every_operation_has_an_example_and_its_problems(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"]
            if method == "head":
                assert not any("content" in response for response in operation["responses"].values())
                continue
            success = operation["responses"].get("202") or operation["responses"]["200"]
            if not path.endswith("/file"):
                assert "example" in success["content"]["application/json"], path
            for status, response in operation["responses"].items():
                if status not in ("200", "202", "304"):
                    assert list(response["content"]) == ["application/problem+json"]


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            contents = [response.get("content", {}) for response in operation["responses"].values()]
            if "requestBody" in operation:
                contents.append(operation["requestBody"]["content"])
            for content in contents:
                for media in content.values():
                    if "example" in media:
                        schema = {**media["schema"], "components": document["components"]}
                        jsonschema.Draft202012Validator(schema).validate(media["example"])


def test_the_example_of_a_score_has_every_column() -> None:
    assert tuple(examples.SCORE) == NAMES


def test_the_filter_knows_every_journey_stage(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/v1/at-risk"]["get"]["parameters"]
    stage = next(parameter for parameter in parameters if parameter["name"] == "stage")
    assert tuple(stage["schema"]["anyOf"][0]["enum"]) == STAGES


def test_the_page_of_the_documentation_tells_all_of_it_and_loads_nothing(
    client: httpx.Client, document: dict[str, Any]
) -> None:
    page = client.get("/docs").text
    for path in document["paths"]:
        assert f"<code>{path}</code>" in page
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', page)) == {
        "/",
        "/campaigns",
        "/docs",
        *(f"/docs?lang={code}" for code in ("en", "id", "ms", "th")),
        "/model",
        "/openapi.json",
        "/segments",
        "/static/tenure.css",
        "/static/tenure.js",
        "/static/tenure.svg",
    }


def test_every_kind_of_problem_is_explained_where_its_type_points(client: httpx.Client) -> None:
    problem = client.get("/v1/customers/nobody").json()
    path, _, anchor = problem["type"].partition("#")
    assert f'id="{anchor}"' in client.get(path).text


@pytest.fixture(scope="module")
def generated(service: Any) -> Any:
    return schemathesis.openapi.from_url(f"{service.url}/openapi.json")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/customers"),
        ("GET", "/v1/customers/{customer_id}"),
        ("HEAD", "/v1/customers"),
        ("POST", "/v1/predict"),
        ("POST", "/v1/score"),
        ("GET", "/v1/at-risk"),
        ("GET", "/v1/changes"),
        ("POST", "/v1/exports"),
        ("GET", "/v1/exports/{export_id}"),
        ("GET", "/v1/exports/{export_id}/file"),
        ("GET", "/v1/segments"),
        ("GET", "/v1/segments/{segment}/customers"),
        ("GET", "/v1/model"),
        ("GET", "/readyz"),
    ],
)
def test_generated_requests_get_documented_answers_and_never_a_failure(
    generated: Any, method: str, path: str
) -> None:
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=generated[path][method].as_strategy())
    def check(case: Any) -> None:
        for name in BEYOND_SCHEMAS:
            case.query.pop(name, None)
        if isinstance(case.body, dict):
            make_possible(case.body)
        case.call_and_validate()

    check()
