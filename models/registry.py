"""MLflow's registry: versions of the model, and which of them is the champion.

A version is code, JSON and text: nothing is pickled when it is written, nothing is unpickled when it is read.
"""

import fcntl
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.catalog import describe
from features.errors import ConfigurationError
from models.pyfunc_table import sign
from models.tenure_model import TenureModel

CHAMPION = "champion"
VERSION_FILE = "version.txt"
"""Beside the files of a model in a plain folder: the version it is registered under."""


@dataclass(frozen=True)
class Registry:
    """The versions of `model_name` at `tracking_uri`; artifacts of a SQLite store lie beside its file."""

    tracking_uri: str
    model_name: str

    def experiment(self) -> str:
        """The id of the experiment that holds the trainings; made, with its store, when there is none."""
        with _one_at_a_time(self._folder()), quiet():
            client = self._client()
            found = client.get_experiment_by_name(self.model_name)
            if found is not None:
                return str(found.experiment_id)
            folder = self._folder()
            location = None if folder is None else (folder / "artifacts").as_uri()
            return str(client.create_experiment(self.model_name, artifact_location=location))

    def register(self, model: TenureModel, run_id: str) -> str:
        """Register `model` as a new version of the run and return the version; the first one is champion."""
        import mlflow

        with tempfile.TemporaryDirectory() as scratch, quiet():
            model.save(Path(scratch) / "model")
            client = self._client()
            with mlflow.start_run(run_id=run_id):
                logged = mlflow.pyfunc.log_model(
                    name=self.model_name,
                    python_model=str(Path(__file__).with_name("pyfunc_code.py")),
                    artifacts={"model": str(Path(scratch) / "model")},
                    signature=sign(describe(model.plan), model.trained_as_of),
                    pip_requirements=["tenure"],
                )
            if not client.search_registered_models(f"name = '{self.model_name}'"):
                client.create_registered_model(self.model_name)
            registered = client.create_model_version(
                self.model_name, f"models:/{logged.model_id}", run_id, model_id=logged.model_id
            )
        version = str(registered.version)
        if self.champion_version() is None:
            self.make_champion(version)
        return version

    def champion_version(self) -> str | None:
        """The version that answers; None before the first training, or when its alias was taken away."""
        from mlflow.exceptions import MlflowException

        with quiet():
            try:
                return str(self._client().get_model_version_by_alias(self.model_name, CHAMPION).version)
            except MlflowException:
                return None

    def versions(self) -> list[str]:
        """Every version, newest first."""
        with quiet():
            found = self._client().search_model_versions(f"name = '{self.model_name}'")
        return sorted((str(version.version) for version in found), key=int, reverse=True)

    def make_champion(self, version: str) -> None:
        """Let `version` answer from now on."""
        with quiet():
            self._client().set_registered_model_alias(self.model_name, CHAMPION, version)

    def download(self, version: str, folder: Path) -> TenureModel:
        """Put the version into `folder` in place of what is there, whole or not at all; returns the model."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".model-") as scratch:
            fresh = Path(scratch) / "fresh"
            shutil.copytree(self._artifacts(version, Path(scratch)), fresh)
            (fresh / VERSION_FILE).write_text(version, encoding="ascii")
            model = TenureModel.load(fresh)
            if folder.exists():
                folder.rename(Path(scratch) / "replaced")
            fresh.rename(folder)
        return model

    def load(self, version: str) -> TenureModel:
        """The model of a version."""
        with tempfile.TemporaryDirectory() as scratch:
            return TenureModel.load(self._artifacts(version, Path(scratch)))

    def _artifacts(self, version: str, scratch: Path) -> Path:
        import mlflow
        from mlflow.exceptions import MlflowException

        with quiet():
            mlflow.set_tracking_uri(self.tracking_uri)
            try:
                downloaded = mlflow.artifacts.download_artifacts(
                    artifact_uri=f"models:/{self.model_name}/{version}", dst_path=str(scratch / "downloaded")
                )
            except (MlflowException, OSError) as reason:
                raise ConfigurationError(
                    f"Version {version} of {self.model_name!r} cannot be read from {self.tracking_uri}: "
                    f"{reason}"
                ) from None
        return Path(downloaded) / "artifacts" / "model"

    def _client(self) -> Any:
        import mlflow

        mlflow.set_tracking_uri(self.tracking_uri)
        return mlflow.MlflowClient()

    def _folder(self) -> Path | None:
        """Where a SQLite store lies; None for a server."""
        if not self.tracking_uri.startswith("sqlite:///"):
            return None
        folder = Path(self.tracking_uri.removeprefix("sqlite:///")).resolve().parent
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow's notices out of our output, and its usage reports at home."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _one_at_a_time(folder: Path | None) -> Iterator[None]:
    """Two processes that make the tables of a new SQLite store at once would collide."""
    if folder is None:
        yield
        return
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
