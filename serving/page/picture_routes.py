"""The pictures as images of our own: drawn from the served batch, light and dark, kept for as long as it is."""

from collections.abc import Callable, Hashable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from serving.api.ids import Id
from serving.api.lists import refuse_repeats
from serving.api.problems import Problem
from serving.desk import desk_of, in_thread
from serving.page import customer_drawings, drawings, evidence_drawings
from serving.page.album import Album
from serving.page.flows import flow_table
from serving.page.frame import Frame, Rows
from serving.page.palette import PALETTES, Scheme
from serving.page.queries import Plain, TodayQuery
from serving.page.render import language_of, wording_of
from serving.page.today import plan_of_today

router = APIRouter(prefix="/pictures", include_in_schema=False, dependencies=[Depends(refuse_repeats)])

OF_A_BATCH = "private, max-age=3600"
album = Album()


class Variant(BaseModel):
    """For which screen a picture is."""

    scheme: Scheme = "light"
    narrow: bool = False


class PictureQuery(Variant, Plain):
    """Which variant of a picture; `batch` only tells one address from the next."""

    batch: int = 0


class CustomerPictureQuery(PictureQuery):
    """Whose picture."""

    id: Id


class EvidencePictureQuery(Variant, Plain):
    """Which variant of a picture; `version` only tells one address from the next."""

    version: str = Field("", max_length=200)


class PlanPictureQuery(Variant, TodayQuery):
    """The plan's filters and costs, and which variant."""

    batch: int = 0


@router.get("/value-at-risk.svg")
async def value_at_risk(request: Request, query: Annotated[PictureQuery, Query()]) -> Response:
    """The value at risk by batch."""
    desk = desk_of(request)
    trend = await desk.ask(desk.store.value_at_risk_by_batch)
    frame = _frame(request, query)
    key = tuple((batch.sequence, value) for batch, value in trend)
    return await _svg(("trend", key), frame, lambda: drawings.draw_value_at_risk(frame, trend), OF_A_BATCH)


@router.get("/plan.svg")
async def plan(request: Request, query: Annotated[PlanPictureQuery, Query()]) -> Response:
    """Expected profit by size of the list."""
    _, budgeted = await plan_of_today(request, query)
    frame = _frame(request, query)
    key = ("plan", budgeted.outcome, budgeted.curve)
    return await _svg(key, frame, lambda: drawings.draw_plan(frame, budgeted), "no-store")


@router.get("/segments.svg")
async def segments(request: Request, query: Annotated[PictureQuery, Query()]) -> Response:
    """The value at risk by segment."""
    desk = desk_of(request)
    found = await desk.ask(desk.store.segments)
    frame = _frame(request, query)
    key = ("segments", found.batch.sequence, found.batch.fingerprint)
    return await _svg(key, frame, lambda: drawings.draw_segments(frame, found.segments), OF_A_BATCH)


@router.get("/flows.svg")
async def flows(request: Request, query: Annotated[PictureQuery, Query()]) -> Response:
    """Who moved between segments."""
    desk = desk_of(request)
    batch = await desk.ask(desk.store.latest_batch)
    movement = await desk.ask(desk.store.movement, batch.sequence) if batch else None
    table = flow_table(movement.flows) if movement else None
    if table is None or not table.cells:
        raise Problem("unknown-path", "Nobody has moved between segments, so there is no picture of it.")
    frame = _frame(request, query)
    key = ("flows", tuple(sorted(table.cells.items(), key=str)))
    return await _svg(key, frame, lambda: drawings.draw_flows(frame, table), OF_A_BATCH)


@router.get("/customer-risk.svg")
async def customer_risk(request: Request, query: Annotated[CustomerPictureQuery, Query()]) -> Response:
    """A customer's risk over time."""
    return await _of_the_past(request, query, "risk", customer_drawings.draw_risk)


@router.get("/customer-value.svg")
async def customer_value(request: Request, query: Annotated[CustomerPictureQuery, Query()]) -> Response:
    """A customer's expected value over time."""
    return await _of_the_past(request, query, "value", customer_drawings.draw_value)


@router.get("/customer-days.svg")
async def customer_days(request: Request, query: Annotated[CustomerPictureQuery, Query()]) -> Response:
    """The days on which a customer did something."""
    desk = desk_of(request)
    timeline = await desk.ask(desk.store.timeline, query.id)
    batch = await desk.ask(desk.store.latest_batch)
    if batch is None or timeline is None or not timeline.happenings:
        raise Problem("unknown-customer", "No time line is published for this customer.")
    frame = _frame(request, query)
    happenings, as_of = timeline.happenings, batch.as_of
    return await _svg(
        ("days", happenings, as_of),
        frame,
        lambda: customer_drawings.draw_days(frame, happenings, as_of),
        "no-store",
    )


@router.get("/calibration.svg")
async def calibration(request: Request, query: Annotated[EvidencePictureQuery, Query()]) -> Response:
    """Predicted risks beside what became of them."""
    return await _of_the_evidence(request, query, "reliability", evidence_drawings.draw_calibration)


@router.get("/gains.svg")
async def gains(request: Request, query: Annotated[EvidencePictureQuery, Query()]) -> Response:
    """How many of those who leave a list holds."""
    return await _of_the_evidence(request, query, "gains", evidence_drawings.draw_gains)


@router.get("/deciles.svg")
async def deciles(request: Request, query: Annotated[EvidencePictureQuery, Query()]) -> Response:
    """Predicted values beside what was spent."""
    return await _of_the_evidence(request, query, "deciles", evidence_drawings.draw_deciles)


async def _of_the_evidence(
    request: Request, query: EvidencePictureQuery, name: str, draw: Callable[[Frame, Rows], str]
) -> Response:
    champion = await desk_of(request).current_champion()
    evidence = champion.model.evidence
    if evidence is None:
        raise Problem("unknown-path", "Nothing could be held out, so there is no picture of it.")
    frame = _frame(request, query)
    key = (name, champion.version, evidence["as_of"], str(evidence[name]))
    return await _svg(key, frame, lambda: draw(frame, evidence[name]), OF_A_BATCH)


async def _of_the_past(
    request: Request,
    query: CustomerPictureQuery,
    name: str,
    draw: Callable[[Frame, customer_drawings.Past], str],
) -> Response:
    desk = desk_of(request)
    told = await desk.ask(desk.store.history, query.id)
    past = [(batch, score) for batch, score in told if score["eligible"]]
    if not past:
        raise Problem("unknown-customer", "No batch holds a score of this customer.")
    frame = _frame(request, query)
    shown = ("churn_probability", "clv", "clv_low", "clv_high")
    key = (name, tuple((batch.as_of, *(score[column] for column in shown)) for batch, score in past))
    return await _svg(key, frame, lambda: draw(frame, past), "no-store")


def _frame(request: Request, query: Variant) -> Frame:
    t = language_of(request)
    return Frame(query.narrow, PALETTES[query.scheme], t, wording_of(request, t))


async def _svg(key: Hashable, frame: Frame, draw: Callable[[], str], caching: str) -> Response:
    """What is drawn is the key, so a picture never outlives what it shows, nor tells it of somebody else."""
    whole = (key, frame.is_narrow, frame.palette.card, frame.t.code, frame.w.locale)
    svg = await in_thread(lambda: album.picture(whole, draw))
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": caching})
