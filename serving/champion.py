"""The champion on disk: loaded when it appears, loaded again when it is replaced."""

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from models.tenure_model import TenureModel

logger = logging.getLogger("tenure.service")

LOOK_AGAIN_SECONDS = 1.0
VERSION_FILE = "version.txt"
"""Beside the model's own files: the version it is registered under."""


@dataclass(frozen=True, eq=False)
class Champion:
    """A loaded model and the version it is registered under; equal to nothing but itself."""

    model: TenureModel
    version: str


class ChampionFolder:
    """The folder of the champion. A new one that cannot be loaded leaves the last good one in place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._seen: tuple[tuple[str, int, int, int], ...] | None = None
        self._champion: Champion | None = None
        self._trouble: str | None = "The model has not been loaded yet."

    def look(self) -> tuple[Champion | None, str | None]:
        """The last champion that could be loaded, and why what is in the folder now is not what answers."""
        if (known := self.lately()) is not None:
            return known
        # While one request loads a new model the others are answered by the last good one.
        if self._lock.acquire(blocking=self._champion is None):
            try:
                self._look_again()
            finally:
                self._lock.release()
        return self._champion, self._trouble

    def lately(self) -> tuple[Champion | None, str | None] | None:
        """The same, if the folder was looked at within the last second; needs no waiting."""
        if time.monotonic() - self._looked_at < LOOK_AGAIN_SECONDS:
            return self._champion, self._trouble
        return None

    def _look_again(self) -> None:
        if time.monotonic() - self._looked_at >= LOOK_AGAIN_SECONDS:
            found = _marks(self.folder)
            if found != self._seen:
                self._load()
                self._seen = found
            self._looked_at = time.monotonic()

    def _load(self) -> None:
        if not self.folder.is_dir():
            self._trouble = "There is no model yet. Run `tenure train`."
            return
        try:
            self._champion = Champion(
                TenureModel.load(self.folder),
                (self.folder / VERSION_FILE).read_text(encoding="ascii").strip(),
            )
            self._trouble = None
        except Exception as error:
            logger.error("The model in %s cannot be loaded: %s: %s", self.folder, type(error).__name__, error)
            self._trouble = (
                "The model on disk cannot be loaded; the service's log says more. Run `tenure train` or "
                "restore the folder."
            )


def _marks(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """What tells one state of the folder from another, without reading its files."""
    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        stats = [(path, path.stat()) for path in files]
    except OSError:
        return ()
    return tuple((str(path), stat.st_ino, stat.st_mtime_ns, stat.st_size) for path, stat in stats)
