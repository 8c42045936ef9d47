"""A query that goes past FastAPI's solving is read as FastAPI reads it, and refused as FastAPI refuses it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import Depends, FastAPI, Query, Request
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from serving.api.lists import AtRiskQuery, refuse_repeats
from serving.api.problems import Problem
from serving.api.query_route import QueryRoute


async def told(request: Request, query: Annotated[AtRiskQuery, Query()]) -> JSONResponse:
    return JSONResponse(query.model_dump(mode="json") | {"set": sorted(query.model_fields_set)})


async def refused(request: Request, problem: Problem) -> JSONResponse:
    return JSONResponse(str(problem.detail), problem.kind.status)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app = FastAPI(exception_handlers={Problem: refused}, dependencies=[Depends(refuse_repeats)])
    app.add_api_route("/theirs", told)
    app.router.add_api_route("/ours", told, route_class_override=QueryRoute)
    return app


def get(app: FastAPI, address: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(address)

    # In a thread of its own: a browser that another test opened leaves its event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(ask())).result()


NUMBERS = ["", "0", "1", "50", "1e2", " 7 ", "-1", "nan", "inf", "\u0661", "2025-12-01", "20251201"]
WORDS = [
    "true",
    "null",
    "high",
    "top",
    "LOYAL",
    "clv",
    "csv",
    "country:MY",
    "country:",
    "plan:a:b",
    "a+b",
    "%41",
]
VALUES = st.sampled_from([*NUMBERS, *WORDS])
QUERIES = st.lists(
    st.tuples(st.sampled_from([*AtRiskQuery.model_fields, "unknown"]), VALUES | st.text(max_size=5)),
    max_size=4,
)


@settings(deadline=None, max_examples=200)
@example([("attribute", "country:MY"), ("attribute", "plan:gold"), ("band", "high"), ("min_days", "60")])
@example([("attribute", "country:MY"), ("attribute", "country:TH")])
@example([("band", "high"), ("band", "high")])
@example([("budget", "5000"), ("contact_cost", "1"), ("offer_cost", "5"), ("accept_rate", "0.2")])
@given(pairs=QUERIES)
def test_any_query_gets_the_same_answer_either_way(app: FastAPI, pairs: list[tuple[str, str]]) -> None:
    query = urlencode(pairs, errors="replace")
    ours, theirs = get(app, f"/ours?{query}"), get(app, f"/theirs?{query}")
    assert (ours.status_code, _of_one_path(ours)) == (theirs.status_code, _of_one_path(theirs))


def test_a_query_that_fits_does_not_go_to_fastapi(app: FastAPI, monkeypatch: Any) -> None:
    async def never(*given: Any, **named: Any) -> None:
        raise AssertionError("FastAPI was asked")

    monkeypatch.setattr("fastapi.routing.solve_dependencies", never)
    answer = get(app, "/ours?band=high&attribute=country%3AMY&attribute=plan%3Agold&limit=5")
    assert answer.json()["attribute"] == ["country:MY", "plan:gold"]
    assert answer.json()["set"] == ["attribute", "band", "limit"]


def _of_one_path(answer: Any) -> str:
    return str(answer.text).replace("/ours", "/theirs")
