"""The OpenAPI document: FastAPI's, with our problems in place of its validation errors, and with examples."""

import warnings
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serving.api import examples
from serving.api.problems import KINDS, MEDIA_TYPE, Kind

DESCRIPTION = """\
Will a customer come back, what are they worth, and why. Scores are published in batches; every answer
names the date it knows the past up to (`as_of`) and the model version that gave it. Windows are in days
and half-open, money is in the shop's currency, and whatever is not a success is a problem+json document."""

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "Why there is no answer (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "remedy", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "the kind of problem, explained at this address"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong in this case"},
        "remedy": {"type": "string", "description": "what to do about it"},
        "request_id": {"type": "string", "description": "the request in the service's log"},
        "errors": {
            "type": "array",
            "description": "the first 20 fields that cannot be used",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
        "reasons": {"type": "array", "items": {"type": "string"}},
    },
}

EVERYWHERE = ("unusable-input", "wrong-host", "failure")
FROM_STORE = ("no-scores",)
WITH_BODY = ("slow-request", "too-large", "wrong-content-type")
WITH_TAG = ("/v1/customers/{customer_id}", "/v1/customers")
ALSO: dict[str, tuple[str, ...]] = {
    "/v1/customers/{customer_id}": ("unknown-customer", "unreadable-address", *FROM_STORE),
    "/v1/customers": ("unknown-customer", "unreadable-address", *FROM_STORE),
    "/v1/predict": FROM_STORE,
    "/v1/score": ("no-model",),
    "/v1/at-risk": ("unusable-cursor", "outdated-cursor", *FROM_STORE),
    "/v1/changes": ("unusable-cursor", "outdated-changes", *FROM_STORE),
    "/v1/exports": ("busy", "no-exports", *FROM_STORE),
    "/v1/exports/{export_id}": ("unknown-export", "unreadable-address"),
    "/v1/exports/{export_id}/file": ("unknown-export", "export-not-there", "unreadable-address"),
    "/v1/segments": FROM_STORE,
    "/v1/segments/{segment}/customers": (
        "unknown-segment",
        "unusable-cursor",
        "outdated-cursor",
        *FROM_STORE,
    ),
    "/v1/cutoffs": FROM_STORE,
    "/v1/contacts": ("read-only", "reused-key", *FROM_STORE),
    "/v1/campaigns": ("read-only", "campaign-exists", *FROM_STORE),
    "/v1/campaigns/{name}": ("unknown-campaign", "unreadable-address", *FROM_STORE),
    "/v1/model": ("no-model",),
    "/readyz": ("not-ready",),
}


def describe_api(app: FastAPI) -> dict[str, Any]:
    """The document of every route in `app` that is part of the API."""
    with warnings.catch_warnings():
        # An address that answers GET and HEAD has one id for both; they get one each below.
        warnings.filterwarnings("ignore", "Duplicate Operation ID")
        document: dict[str, Any] = get_openapi(
            title="Tenure", version="1", description=DESCRIPTION, routes=app.routes
        )
    schemas = document["components"]["schemas"]
    for theirs in ("HTTPValidationError", "ValidationError"):
        schemas.pop(theirs, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "head" in operations:
                bare = operation["operationId"].removesuffix("_get").removesuffix("_head")
                operation["operationId"] = f"{bare}_{method}"
            _add_examples(path, method, operation)
            _add_problems(path, operation)
            if path in WITH_TAG:
                operation["responses"]["304"] = {"description": "What If-None-Match names still holds"}
            if method == "head":
                _take_bodies(operation)
    return document


def _take_bodies(operation: dict[str, Any]) -> None:
    """HEAD answers with the headers of GET alone."""
    operation["operationId"] += "_head"
    for response in operation["responses"].values():
        response.pop("content", None)


def _add_examples(path: str, method: str, operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        operation["requestBody"]["content"]["application/json"]["example"] = examples.BODIES[path]
    answer = examples.ANSWERS.get(f"{method.upper()} {path}", examples.ANSWERS.get(path))
    if answer is not None:
        success = "202" if "202" in operation["responses"] else "200"
        operation["responses"][success]["content"]["application/json"]["example"] = answer


def _add_problems(path: str, operation: dict[str, Any]) -> None:
    slugs = EVERYWHERE + ALSO.get(path, ()) + (WITH_BODY if "requestBody" in operation else ())
    kinds = sorted((kind for kind in KINDS if kind.slug in slugs), key=lambda kind: kind.status)
    for kind in kinds:
        operation["responses"][str(kind.status)] = _problem(kind.title, kind)
    operation["responses"]["default"] = _problem("Any other problem", kinds[0])


def _problem(description: str, kind: Kind) -> dict[str, Any]:
    example = {
        "type": f"/docs#{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": "What is wrong in this case.",
        "remedy": kind.remedy,
        "request_id": "3a234f2980696e01",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}
