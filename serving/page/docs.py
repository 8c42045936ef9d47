"""The API's documentation: the OpenAPI document for machines, and the same as a page that loads nothing."""

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from serving.api import examples
from serving.api.answers import Json
from serving.api.openapi import describe_api
from serving.api.problems import KINDS
from serving.page.render import render

router = APIRouter(include_in_schema=False)


KINDS_IN_WORDS = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true, false",
    "array": "text, may be repeated",
}


@router.get("/openapi.json")
async def openapi(request: Request) -> Json:
    """The OpenAPI document."""
    return Json(_document(request))


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The same, to read."""
    document = _document(request)
    operations = [
        _operation(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "head"
    ]
    return render(request, "docs.html", here="/docs", document=document, operations=operations, kinds=KINDS)


def _document(request: Request) -> dict[str, Any]:
    app = request.app
    if app.openapi_schema is None:
        app.openapi_schema = describe_api(app)
    document: dict[str, Any] = app.openapi_schema
    return document


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    success = next(response for status, response in operation["responses"].items() if status.startswith("2"))
    answer = success.get("content", {}).get("application/json", {}).get("example")
    return {
        "anchor": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "parameters": [_parameter(parameter) for parameter in operation.get("parameters", [])],
        "curl": _curl(path, method),
        "answer": json.dumps(answer, indent=2, ensure_ascii=False) if answer is not None else None,
        "problems": [status for status in operation["responses"] if status.isdigit() and status[0] in "45"],
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "required": parameter["required"],
        "allowed": _allowed(schema),
        "meaning": parameter.get("description") or schema.get("description", ""),
    }


def _allowed(schema: dict[str, Any]) -> str:
    """A parameter's schema in words: `1 to 1000, 50 unless given`."""
    choices = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    part = choices[0]
    if "enum" in part:
        told = ", ".join(part["enum"])
    elif "maximum" in part:
        told = f"{part.get('minimum', 0):g} to {part['maximum']:g}"
    else:
        told = KINDS_IN_WORDS[part["type"]]
    default = schema.get("default")
    if isinstance(default, bool):
        default = str(default).lower()
    return told if default is None or default == [] else f"{told}; {default} unless given"


def _curl(path: str, method: str) -> str:
    if method == "post":
        body = json.dumps(examples.BODIES[path])
        key = "\\\n  -H 'Idempotency-Key: 8f14e45f' " if path == "/v1/contacts" else ""
        return (
            f"curl http://localhost:3000{path} {key}\\\n  -H 'Content-Type: application/json' "
            f"\\\n  -d '{body}'"
        )
    address = (
        path.replace("{customer_id}", "C-1001").replace("{segment}", "AT_RISK").replace("{name}", "spring")
    )
    if path == "/v1/customers":
        address += "?id=C-1001"
    return f"curl 'http://localhost:3000{address}'"
