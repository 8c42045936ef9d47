"""Tenure's HTTP application: the routes behind the door that every request comes through."""

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from features.errors import ConfigurationError
from serving.api import (
    campaign_routes,
    change_routes,
    contact_routes,
    customer_routes,
    cutoff_routes,
    export_routes,
    health_routes,
    list_routes,
    model_routes,
    score_routes,
)
from serving.api.headers import SecurityHeaders
from serving.api.limits import RequestLimits
from serving.api.problems import LastResort, problem_of_http, problem_of_invalid, request_id_of
from serving.api.request_log import RequestLog
from serving.desk import ClosedDesk, Desk
from serving.page import (
    campaigns,
    contacting,
    customer,
    docs,
    model,
    picture_routes,
    segments,
    static_routes,
    today,
)
from serving.page.render import render_problem
from serving.settings import ServiceSettings, ServingSettings

PARTS = (
    customer_routes,
    score_routes,
    list_routes,
    cutoff_routes,
    contact_routes,
    campaign_routes,
    change_routes,
    export_routes,
    model_routes,
    health_routes,
    docs,
)
PAGES = (today, customer, segments, model, campaigns, contacting, picture_routes, static_routes)


def create_app(find_settings: Callable[[], ServiceSettings], clock: Callable[[], datetime]) -> FastAPI:
    """The application; `find_settings` is called when it starts, not before. `clock` tells the time in UTC.

    Settings that cannot be used do not keep it from starting: every answer then says why.
    """

    @asynccontextmanager
    async def open_desk(app: FastAPI) -> AsyncIterator[None]:
        app.state.limits = ServingSettings()
        try:
            app.state.desk = Desk(find_settings(), clock)
            app.state.limits = app.state.desk.settings.serving
        except ConfigurationError as reason:
            app.state.desk = ClosedDesk(reason)
        with _all_that_is_there_left_alone():
            yield
        app.state.desk.close()

    app = FastAPI(
        title="Tenure",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=open_desk,
        middleware=[Middleware(layer) for layer in (RequestLog, SecurityHeaders, LastResort, RequestLimits)],
        exception_handlers={HTTPException: _answer, RequestValidationError: _answer},
    )
    app.state.clock = clock
    for part in PARTS + PAGES:
        app.include_router(part.router)
    return app


@contextmanager
def _all_that_is_there_left_alone() -> Iterator[None]:
    """Let Python look for garbage among what requests leave only.

    What was imported are three hundred thousand objects that stay. Looking through them held up every request for .6
    to 1.2 seconds every quarter of a minute under load, measured where memory was slow.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _answer(request: Request, error: Exception) -> Response:
    """What went wrong, as problem+json; as a page for a browser, and where a page has no scores to show yet."""
    if isinstance(error, RequestValidationError):
        problem = problem_of_invalid(error)
    else:
        assert isinstance(error, HTTPException)
        problem = problem_of_http(error)
    path = request.url.path
    empty = problem.kind.slug == "no-scores" and not path.endswith(".csv")
    wants_page = empty or "text/html" in request.headers.get("accept", "")
    if wants_page and not path.startswith("/v1/"):
        return render_problem(request, problem)
    return problem.answer(request_id_of(request.scope))
