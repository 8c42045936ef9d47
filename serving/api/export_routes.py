"""Exports over HTTP: asked for, looked after, fetched."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, Response

from serving.api.answers import Json
from serving.api.export_answers import ExportAnswer
from serving.api.lists import SegmentQuery
from serving.api.problems import Problem
from serving.api.strict_json import StrictRoute
from serving.desk import Desk, desk_of, in_thread
from serving.exports import DONE, FAILED, Format, Order, TooManyExportsError
from serving.presets import PresetName
from serving.store.filters import Filters

router = APIRouter(prefix="/v1", tags=["Exports"], route_class=StrictRoute)

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
FILE: dict[int | str, Any] = {
    200: {
        "description": "The file, whole; its SHA-256 is in the manifest",
        "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()},
    }
}
ExportId = Annotated[
    str, Path(pattern="^[0-9a-f]{16}$", description="`id` of the answer to POST /v1/exports")
]


class ExportFilters(SegmentQuery):
    """Who is exported; the same filters as those of /v1/at-risk, and all hold."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ExportOrder(BaseModel):
    """What to export."""

    model_config = ConfigDict(extra="forbid", strict=True)

    format: Format
    preset: PresetName | None = Field(
        None, description="columns named as HubSpot or Salesforce imports them, instead of ours"
    )
    raw: bool = Field(
        False, description="CSV for machines: text that a spreadsheet would run is left as it is"
    )
    filters: ExportFilters | None = Field(None, description="without them, everybody")
    scored_only: bool = Field(False, description="leave out those without a score, such as prospects")

    def order(self) -> Order:
        """The same as the exports take it."""
        filters = None
        if self.filters is not None or self.scored_only:
            filters = replace(
                (self.filters or ExportFilters.model_validate({})).filters(), scored_only=self.scored_only
            )
        return Order(self.format, self.preset, self.raw, filters)


@router.post(
    "/exports", status_code=202, response_model=ExportAnswer, summary="Ask for a file with many customers"
)
async def order_export(request: Request, order: ExportOrder) -> Json:
    """The export is made beside the service's other work. Look at Location until its `status` is done."""
    desk, wanted = desk_of(request), order.order()
    try:
        await desk.ask(desk.store.check_names, wanted.filters or Filters())
    except Problem as problem:
        raise problem.in_body() from None
    try:
        manifest = await in_thread(lambda: desk.exports.order(wanted))
    except TooManyExportsError:
        raise Problem("busy", "Too many exports wait already.") from None
    except OSError:
        raise Problem("no-exports", "The folder of exports cannot be written to.") from None
    place = f"/v1/exports/{manifest['id']}"
    return Json(_told(manifest), 202, {"Location": place, "Retry-After": "1"})


@router.get(
    "/exports/{export_id}", response_model=ExportAnswer, summary="How far an export is, and its manifest"
)
async def export_status(request: Request, export_id: ExportId) -> Json:
    """Rows, checksum, batch and model version come with status done; the newest exports are kept."""
    return Json(_told(await _manifest(desk_of(request), export_id)))


@router.get("/exports/{export_id}/file", response_class=Response, responses=FILE, summary="The export's file")
async def export_file(request: Request, export_id: ExportId) -> Response:
    """Fetch it once the status is done."""
    desk = desk_of(request)
    manifest = await _manifest(desk, export_id)
    if manifest["status"] == FAILED:
        raise Problem("export-not-there", str(manifest["error"]))
    if manifest["status"] != DONE:
        raise Problem("export-not-there", "The export is not finished yet.", headers={"Retry-After": "1"})
    path = desk.exports.file(manifest)
    if not await in_thread(path.is_file):
        raise Problem("unknown-export", "The export's file is not kept any more.")
    name = f"tenure-{manifest['as_of']}.{manifest['format']}"
    return FileResponse(path, media_type=MEDIA_TYPES[manifest["format"]], filename=name)


async def _manifest(desk: Desk, export_id: str) -> dict[str, Any]:
    try:
        manifest = await in_thread(lambda: desk.exports.manifest(export_id))
    except OSError:
        raise Problem("no-exports", "The folder of exports cannot be read.") from None
    if manifest is None:
        raise Problem("unknown-export", "There is no export of that id, or it is not kept any more.")
    return manifest


def _told(manifest: dict[str, Any]) -> dict[str, Any]:
    whole = {name: manifest.get(name) for name in ExportAnswer.model_fields}
    if manifest["status"] == DONE:
        whole["file"] = f"/v1/exports/{manifest['id']}/file"
    return whole
