"""Is the process alive, and can it answer?"""

from datetime import date
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from serving.api.answers import Json
from serving.api.problems import Problem
from serving.desk import desk_of, in_thread

router = APIRouter(tags=["Health"])


class AliveAnswer(BaseModel):
    """The process answers."""

    status: Literal["alive"]


class ReadyAnswer(BaseModel):
    """Scores and a model are served."""

    status: Literal["ready"]
    as_of: date
    model_version: str


@router.get("/healthz", response_model=AliveAnswer, summary="Is the process alive?")
async def alive() -> Json:
    """Answers as long as the process does, whatever it serves."""
    return Json({"status": "alive"})


@router.get("/readyz", response_model=ReadyAnswer, summary="Are scores and a model served?")
async def ready(request: Request) -> Json:
    """503 names in `reasons` what is missing. Published scores are answered even without a model."""
    desk = desk_of(request)
    reasons = []
    batch = None
    try:
        batch = await desk.ask(desk.store.latest_batch)
        if batch is None:
            reasons.append("No scores have been published yet. Run `tenure score`.")
    except Problem as problem:
        reasons.append(str(problem.detail))
    _, trouble = await in_thread(desk.champion.look)
    if trouble:
        reasons.append(trouble)
    if reasons or batch is None:
        raise Problem("not-ready", " ".join(reasons), reasons=reasons)
    return Json({"status": "ready", "as_of": batch.as_of, "model_version": batch.model_version})
