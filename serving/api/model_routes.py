"""The model that answers: what it is, how far it can be believed, what it looks at."""

from dataclasses import asdict

from fastapi import APIRouter, Request

from features.catalog import describe
from models.scores import COLUMNS
from serving.api.answers import Json
from serving.api.model_answers import ModelAnswer
from serving.desk import desk_of

router = APIRouter(prefix="/v1", tags=["Model"])


@router.get("/model", response_model=ModelAnswer, summary="The model, its grade and its catalogue")
async def model(request: Request) -> Json:
    """The champion that scores history sent inline; `as_of` is the day it knows the past up to.

    Published scores name the version that they were made by, which may be an older one.
    """
    champion = await desk_of(request).current_champion()
    model = champion.model
    return Json(
        {
            "as_of": model.trained_as_of,
            "model_version": champion.version,
            "kind": model.kind,
            "why": model.why,
            "horizons": model.horizons.model_dump(),
            "timezone": model.plan.timezone,
            "grade": model.grade,
            "metrics": model.metrics,
            "evidence": model.evidence,
            "features": [asdict(feature) for feature in describe(model.plan)],
            "scores": [asdict(column) for column in COLUMNS],
        }
    )
