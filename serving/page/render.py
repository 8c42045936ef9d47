"""Rendering: a template becomes a page in the reader's language, with what every page needs."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from fastapi import Request
from starlette.responses import HTMLResponse

from serving.api.problems import Problem, request_id_of
from serving.desk import Desk
from serving.page import wording
from serving.page.language import CODES, Language, choose, language
from serving.page.phrases import retold
from serving.page.wording import Wording
from serving.settings import ServingSettings

HERE = Path(__file__).parent
COOKIE = "tenure_language"
YEAR_SECONDS = 365 * 24 * 3600
LONGEST = 2_500
"""An id of 200 characters, percent-encoded, is shorter, and so is a cursor."""

templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
for _name in ("words", "sentence", "weightiest", "with_code"):
    templates.filters[_name] = getattr(wording, _name)
templates.filters["retold"] = retold
templates.tests["mostly_nothing"] = wording.is_mostly_nothing


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of the template; a language that was asked for is remembered in a cookie."""
    t = language_of(request)
    serving: ServingSettings = request.app.state.limits
    batch = values.setdefault("batch", None)
    values["age"] = None
    if batch is not None and isinstance(request.app.state.desk, Desk):
        now = request.app.state.clock()
        values["age"] = wording.days_old(batch.scored_at, now, serving.stale_after_days)
    values |= {"t": t, "w": wording_of(request, t), "languages": _languages(request)}
    page = HTMLResponse(templates.get_template(template).render(**values), status)
    page.headers["Vary"] = "Accept-Language, Cookie"
    if request.query_params.get("lang") == t.code:
        page.set_cookie(COOKIE, t.code, max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return page


def render_problem(request: Request, problem: Problem) -> HTMLResponse:
    """A problem as a page, for people; where there are no scores yet, what to do about it."""
    status = problem.kind.status
    if problem.kind.slug == "no-scores":
        return render(request, "no_scores.html", here=request.url.path)
    request_id = request_id_of(request.scope)
    return render(request, "problem.html", status, here="", problem=problem, request_id=request_id)


def language_of(request: Request) -> Language:
    """The reader's language."""
    asked, remembered = request.query_params.get("lang"), request.cookies.get(COOKIE)
    accepted = request.headers.get("accept-language", "")
    return language(choose(asked, remembered, accepted, request.app.state.limits.locale))


def wording_of(request: Request, t: Language) -> Wording:
    """How numbers and dates are written: the shop's way, or the language's where the shop has none set."""
    serving: ServingSettings = request.app.state.limits
    return Wording(serving.locale or t.code, t.months, serving.currency)


def _languages(request: Request) -> list[dict[str, str]]:
    """Every language and the address of this very page in it; of an endless address only what can be meant."""
    asked = [
        (key, value)
        for key, value in request.query_params.multi_items()
        if key != "lang" and len(key) + len(value) <= LONGEST
    ]
    path = request.url.path if request.method == "GET" and len(request.url.path) <= LONGEST else "/"
    return [
        {
            "code": code,
            "name": language(code).name,
            "address": f"{path}?{urlencode([*asked, ('lang', code)])}",
        }
        for code in CODES
    ]
