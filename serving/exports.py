"""Exports that the API makes on request: one at a time, in a folder of their own, the newest few of them."""

import contextlib
import logging
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from features.errors import ConfigurationError
from serving.export import Written, write
from serving.presets import PRESETS
from serving.store.errors import StoreError, UnknownNameError
from serving.store.filters import Filters
from serving.store.store import ScoreStore

Format = Literal["csv", "ndjson", "parquet"]
MOST_WAITING = 8
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"

logger = logging.getLogger("tenure.service")


class TooManyExportsError(Exception):
    """So many exports wait already that another one is refused."""


@dataclass(frozen=True)
class Order:
    """What an export shall hold, and how; without filters it holds everybody."""

    format: Format
    preset: str | None
    raw: bool
    filters: Filters | None


class Exports:
    """The exports of one service. What it makes of an order is in the order's manifest, a file of its own.

    The first use takes stock: what a service before this one had not finished is told as failed.
    """

    def __init__(self, folder: Path, keep: int, store: ScoreStore, clock: Callable[[], datetime]) -> None:
        self._folder, self._keep, self._store, self._clock = folder, keep, store, clock
        self._lock = threading.Lock()
        self._took_stock = False
        self._waiting = 0
        self._worker = ThreadPoolExecutor(1, "exports")

    def order(self, order: Order) -> dict[str, Any]:
        """The manifest of a new export that waits for its turn.

        Raises TooManyExportsError, and OSError where the folder cannot be written to.
        """
        self._take_stock()
        with self._lock:
            if self._waiting >= MOST_WAITING:
                raise TooManyExportsError
            self._waiting += 1
        manifest = {
            "id": secrets.token_hex(8),
            "status": WAITING,
            "requested_at": self._clock(),
            **{key: value for key, value in asdict(order).items() if key != "filters"},
        }
        try:
            self._note(manifest)
            self._worker.submit(self._make, manifest, order)
        except BaseException:
            self._release()
            raise
        return manifest

    def manifest(self, export_id: str) -> dict[str, Any] | None:
        """The manifest as it stands now; None where there is no such export, or not any more."""
        self._take_stock()
        with contextlib.suppress(FileNotFoundError):
            return dict(orjson.loads((self._folder / f"{export_id}.json").read_bytes()))
        return None

    def file(self, manifest: dict[str, Any]) -> Path:
        """Where the export's file is once it is done."""
        return self._folder / f"{manifest['id']}.{manifest['format']}"

    def close(self) -> None:
        """Begin no other export; one under way ends with its service."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _make(self, manifest: dict[str, Any], order: Order) -> None:
        try:
            self._note({**manifest, "status": RUNNING})
            told = self._outcome(manifest, order)
            self._note({**manifest, **told, "finished_at": self._clock()})
            self._prune()
        except OSError as error:
            logger.error("export %s cannot be noted: %s", manifest["id"], error.strerror)
        finally:
            self._release()

    def _outcome(self, manifest: dict[str, Any], order: Order) -> dict[str, Any]:
        try:
            preset = PRESETS[order.preset]
            written: Written = write(self._store, self.file(manifest), order.raw, preset, order.filters)
            return {"status": DONE, **written.manifest()}
        except UnknownNameError as unknown:
            return {"status": FAILED, "error": f"{unknown}."}
        except (StoreError, ConfigurationError) as trouble:
            logger.error("export %s: %s", manifest["id"], trouble)
            return {"status": FAILED, "error": "The export could not be made; the service's log says why."}

    def _take_stock(self) -> None:
        with self._lock:
            if self._took_stock:
                return
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for manifest in self._manifests():
                if manifest["status"] in (WAITING, RUNNING):
                    lost = "The service was restarted before the export was finished. Ask for it again."
                    self._note({**manifest, "status": FAILED, "error": lost})
            self._took_stock = True

    def _prune(self) -> None:
        finished = [one for one in self._manifests() if one["status"] in (DONE, FAILED)]
        for old in sorted(finished, key=lambda one: str(one["requested_at"]), reverse=True)[self._keep :]:
            for path in (self.file(old), self._folder / f"{old['id']}.json"):
                path.unlink(missing_ok=True)

    def _manifests(self) -> list[dict[str, Any]]:
        return [orjson.loads(path.read_bytes()) for path in self._folder.glob("*.json")]

    def _note(self, manifest: dict[str, Any]) -> None:
        """Write the manifest in one step: whoever reads it reads the old one or the new one."""
        path = self._folder / f"{manifest['id']}.json"
        unfinished = path.with_suffix(".part")
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps(manifest))
        os.replace(unfinished, path)

    def _release(self) -> None:
        with self._lock:
            self._waiting -= 1
