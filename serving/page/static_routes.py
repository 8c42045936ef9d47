"""The page's own files: style sheet, script and icon."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

from serving.api.problems import Problem

FOLDER = Path(__file__).parent / "static"
TYPES = {"tenure.css": "text/css", "tenure.js": "text/javascript", "tenure.svg": "image/svg+xml"}

router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
async def static(name: str) -> FileResponse:
    """One of them."""
    if name not in TYPES:
        raise Problem("unknown-path", "Nothing is served at this address.")
    headers = {"Cache-Control": "public, max-age=300"}
    return FileResponse(FOLDER / name, media_type=TYPES[name], headers=headers)
