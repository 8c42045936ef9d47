"""Tenure as a BentoML service: our own application, and nothing of BentoML's beside it."""

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bentoml
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.app import create_app
from serving.settings import ServiceSettings, find_service_settings


class OnlyOurs:
    """Hands every request to `ours`: BentoML's own pages, schemas and probes answer before a mounted app."""

    def __init__(self, app: ASGIApp, ours: ASGIApp) -> None:
        self.bentoml = app
        self.ours = ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the news of start and stop goes by way of BentoML."""
        app = self.bentoml if scope["type"] == "lifespan" else self.ours
        await app(scope, receive, send)


def create_service(find_settings: Callable[[], ServiceSettings]) -> Any:
    """The service. Its label `folder` is where it was defined: for a built bento, where it was built."""
    app = create_app(find_settings, lambda: datetime.now(UTC))

    @bentoml.service(
        name="tenure",
        labels={"folder": str(Path.cwd())},
        workers=1,
        http={"host": "127.0.0.1", "port": 3000},
        traffic={"timeout": 60},
        metrics={"enabled": False},
        tracing={"excluded_urls": ".*"},
        logging={"access": {"enabled": False}},
    )
    @bentoml.asgi_app(app)
    class Tenure:
        """Churn, value and what to do about them, for every customer of a shop."""

        def __init__(self) -> None:
            logging.getLogger("tenure").setLevel(logging.INFO)

    service: Any = Tenure
    service.add_asgi_middleware(OnlyOurs, ours=app)
    return service


def _found() -> ServiceSettings:
    bento = tenure.bento
    built_in = Path(bento.info.labels["folder"]) if bento is not None else None
    return find_service_settings(Path.cwd(), os.environ, built_in)


tenure = create_service(_found)
