"""The pages: the customers at risk, a customer, the segments; rendered here, without a script."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import jinja2
from fastapi import APIRouter, Depends, Query, Request
from pydantic import model_validator
from starlette.responses import FileResponse, HTMLResponse, Response

from models.scores import ANSWERS, ScoreColumn
from serving.api.ids import Id
from serving.api.lists import AtRiskQuery, refuse_repeats
from serving.api.problems import Problem, request_id_of
from serving.desk import ClosedDesk, Desk, desk_of
from serving.page import wording
from serving.store.batches import Score

HERE = Path(__file__).parent
STATIC = {"tenure.css": "text/css", "tenure.svg": "image/svg+xml"}
CSV_ROWS = 1_000
SHOWN = ("value_at_risk", "clv")
MONEY = ("clv", "clv_median", "clv_low", "clv_high", "value_at_risk", "historic_spend")

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_repeats)])

templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
for _name in ("count", "percent", "day", "moment", "days_ago", "words", "sentence", "told", "with_code"):
    templates.filters[_name] = getattr(wording, _name)


class Form(AtRiskQuery):
    """The filters as the page's form sends them: every field, where one left blank asks nothing."""

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in given.items() if value != ""}


@router.get("/")
async def at_risk(request: Request, query: Annotated[Form, Query()]) -> Response:
    """The customers at risk, highest value at risk first."""
    desk = desk_of(request)
    try:
        page = await desk.ask(desk.store.at_risk, query.filters(), query.limit, query.cursor, query.sort)
        segments = await desk.ask(desk.store.segments, page.batch.sequence)
    except Problem as problem:
        if problem.kind.slug == "no-scores":
            return render(request, "no_scores.html", here="/")
        raise
    asked = query.model_dump(exclude_defaults=True, exclude={"cursor"})
    filters = {key: value for key, value in asked.items() if key != "limit"}
    return render(
        request,
        "at_risk.html",
        here="/",
        batch=page.batch,
        query=query,
        scores=page.scores,
        segments=sorted(segment.name for segment in segments.segments),
        totals={
            "value_at_risk": sum(segment.value_at_risk for segment in segments.segments),
            "clv": sum(segment.clv for segment in segments.segments),
            "high": sum(segment.bands.get("high", 0) for segment in segments.segments),
        },
        filtered=bool(filters),
        decimals=wording.decimals_for([score[name] for score in page.scores for name in SHOWN]),
        first="/?" + urlencode(asked),
        following="/?" + urlencode({**asked, "cursor": page.next_cursor}) if page.next_cursor else None,
        csv="/v1/at-risk?" + urlencode({**filters, "format": "csv", "limit": CSV_ROWS}),
    )


@router.get("/segments")
async def segments(request: Request) -> Response:
    """The segments, largest first."""
    desk = desk_of(request)
    found = await desk.ask(desk.store.segments)
    return render(request, "segments.html", here="/segments", batch=found.batch, segments=found.segments)


@router.get("/customer")
async def customer(request: Request, customer_id: Annotated[Id, Query(alias="id")]) -> Response:
    """Everything known about one customer."""
    desk = desk_of(request)
    answer = await desk.look_up(desk.store.customer, customer_id)
    if answer.score is None:
        raise Problem("unknown-customer", "The latest batch does not know this customer.")
    return render(
        request,
        "customer.html",
        here="/customer",
        batch=answer.batch,
        score=answer.score,
        facts=_facts(answer.score, desk.settings.serving.currency),
    )


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """The style sheet and the icon."""
    if name not in STATIC:
        raise Problem("unknown-path", "Nothing is served at this address.")
    headers = {"Cache-Control": "public, max-age=300"}
    return FileResponse(HERE / "static" / name, media_type=STATIC[name], headers=headers)


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of the template, with what every page needs."""
    desk: Desk | ClosedDesk = request.app.state.desk
    serving = request.app.state.limits
    batch = values.setdefault("batch", None)
    values["age"] = None
    if batch is not None and isinstance(desk, Desk):
        now = request.app.state.clock()
        values["age"] = wording.age(batch.scored_at, now, serving.stale_after_days)
    values["amount"] = partial(wording.amount, serving.currency)
    return HTMLResponse(templates.get_template(template).render(**values), status)


def render_problem(request: Request, problem: Problem) -> HTMLResponse:
    """A problem as a page, for people."""
    return render(
        request,
        "problem.html",
        problem.kind.status,
        here="",
        problem=problem,
        request_id=request_id_of(request.scope),
    )


def _facts(score: Score, currency: str) -> Sequence[tuple[str, str, str]]:
    return [
        (wording.words(column.name), _fact(score[column.name], column, currency), column.meaning)
        for column in ANSWERS
        if column.kind != "reasons" and column.name != "ineligible_reason"
    ]


def _fact(value: Any, column: ScoreColumn, currency: str) -> str:
    if value is None:
        return wording.NONE
    if column.name in MONEY:
        return wording.amount(currency, value, 2)
    match column.kind:
        case "integer":
            return wording.count(int(value))
        case "number" if column.name.endswith(("probability", "_alive")):
            return wording.percent(value)
        case "number":
            return f"{value:,.1f}"
        case "date":
            return wording.day(value)
        case "flag":
            return "Yes" if value else "No"
    return str(value)
