"""The page of the model: whether its answers can be believed, in words first."""

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from serving.api.lists import refuse_repeats
from serving.api.problems import Problem
from serving.champion import Champion
from serving.desk import Desk, desk_of, in_thread
from serving.notes import CheckupNote, DamagedNoteError, N, VersionsNote, read_note
from serving.page.queries import Plain
from serving.page.render import render

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_repeats)])

logger = logging.getLogger("tenure.service")

WORST_FIRST = ("C", "B", "A")
FIRST_TENTH = 0.1


@router.get("/model")
async def model(request: Request, query: Annotated[Plain, Query()]) -> Response:
    """Grades, and what they rest on."""
    desk = desk_of(request)
    batch = await desk.ask(desk.store.latest_batch)
    champion = await _champion(desk)
    if champion is None:
        return render(request, "no_model.html", here="/model", batch=batch)
    evidence = champion.model.evidence
    checkup, damaged = await in_thread(lambda: _note(CheckupNote, desk.settings.model_folder))
    versions, _ = await in_thread(lambda: _note(VersionsNote, desk.settings.model_folder))
    return render(
        request,
        "model.html",
        here="/model",
        batch=batch,
        champion=champion,
        model=champion.model,
        grades=_grades(champion.model.grade),
        verdict=verdict(champion.model.grade),
        evidence=evidence,
        held_out=date.fromisoformat(evidence["as_of"]) if evidence else None,
        off=mean_miss(evidence["reliability"]) if evidence else None,
        tenth=first_tenth(evidence["gains"]) if evidence else None,
        checkup=checkup,
        versions=versions,
        damaged=damaged,
    )


def verdict(grade: Mapping[str, Any] | None) -> str | None:
    """The worse of the two letters, which is what the whole can be trusted like; None where neither is known."""
    letters = {grade["churn"], grade["value"]} if grade else set()
    return next((letter for letter in WORST_FIRST if letter in letters), None)


def mean_miss(reliability: list[dict[str, Any]]) -> float | None:
    """By how much the risks were off, in percentage points: the mean over customers of their group's miss."""
    customers = sum(group["customers"] for group in reliability)
    if not customers:
        return None
    missed = sum(
        abs(group["churned"] - group["customers"] * group["mean_probability"]) for group in reliability
    )
    return float(100 * missed / customers)


def first_tenth(gains: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The point of the gains that is nearest to a tenth of the list."""
    return min(gains, key=lambda point: abs(point["share"] - FIRST_TENTH), default=None)


def _grades(grade: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    told = grade or {}
    return [
        {"name": name, "letter": told.get(name), "sentence": told.get(f"{name}_sentence")}
        for name in ("churn", "value")
    ]


def _note(kind: type[N], model_folder: Path) -> tuple[N | None, bool]:
    """What a command left for this page, and whether it left something that cannot be read."""
    try:
        return read_note(kind, model_folder), False
    except DamagedNoteError as trouble:
        logger.error("A note for the page of the model cannot be read: %s", trouble)
        return None, True


async def _champion(desk: Desk) -> Champion | None:
    try:
        return await desk.current_champion()
    except Problem as problem:
        if problem.kind.slug != "no-model":
            raise
        return None
