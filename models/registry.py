"""MLflow's registry: versions of the model, and which of them is the champion.

A version is code, JSON and text: nothing is pickled when it is written, nothing is unpickled when it is read.
"""

import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.catalog import describe
from features.errors import ConfigurationError
from models.folders import one_at_a_time, put_folder
from models.pyfunc_table import sign
from models.tenure_model import TenureModel

CHAMPION = "champion"
PAPERS = "papers"
VERSION_FILE = "version.txt"
"""Beside the files of a model in a plain folder: the version it is registered under."""


@dataclass(frozen=True)
class Registry:
    """The versions of `model_name` at `tracking_uri`; artifacts of a SQLite store lie beside its file."""

    tracking_uri: str
    model_name: str

    def experiment(self) -> str:
        """The id of the experiment that holds the trainings; made, with its store, when there is none."""
        with self._making_tables(), quiet():
            client = self.client()
            found = client.get_experiment_by_name(self.model_name)
            if found is not None:
                return str(found.experiment_id)
            folder = self._folder()
            location = None if folder is None else (folder / "artifacts").as_uri()
            return str(client.create_experiment(self.model_name, artifact_location=location))

    def register(self, model: TenureModel, run_id: str, papers: Mapping[str, str] | None = None) -> str:
        """Register `model` as a new version of the run and return the version; the first one is champion.

        `papers` are texts by path that stay with the version without being part of the model; no customer's
        row is in them either.
        """
        import mlflow

        with tempfile.TemporaryDirectory() as scratch, quiet():
            model.save(Path(scratch) / "model")
            artifacts = {"model": str(Path(scratch) / "model")}
            if papers:
                artifacts[PAPERS] = str(_write_papers(papers, Path(scratch) / PAPERS))
            client = self.client()
            with mlflow.start_run(run_id=run_id):
                logged = mlflow.pyfunc.log_model(
                    name=self.model_name,
                    python_model=str(Path(__file__).with_name("pyfunc_code.py")),
                    artifacts=artifacts,
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
                return str(self.client().get_model_version_by_alias(self.model_name, CHAMPION).version)
            except MlflowException:
                return None

    def versions(self) -> list[str]:
        """Every version, newest first."""
        with quiet():
            found = self.client().search_model_versions(f"name = '{self.model_name}'")
        return sorted((str(version.version) for version in found), key=int, reverse=True)

    def make_champion(self, version: str) -> None:
        """Let `version` answer from now on."""
        with quiet():
            self.client().set_registered_model_alias(self.model_name, CHAMPION, version)

    def download(self, version: str, folder: Path) -> TenureModel:
        """Put the version into `folder` in place of what is there, whole or not at all; returns the model."""
        with one_at_a_time(folder):
            return self._put(version, folder)

    def download_champion(self, folder: Path) -> tuple[str, TenureModel] | None:
        """Put the champion into `folder`: its version and the model; None where there is no champion.

        Which version that is gets decided when it is this process's turn, so that of several the last one
        to put its model there puts the one that is champion then.
        """
        with one_at_a_time(folder):
            version = self.champion_version()
            return None if version is None else (version, self._put(version, folder))

    def papers(self, version: str) -> dict[str, str]:
        """The texts by path that stay with a version; none of a version that was registered without."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = self._artifacts(version, Path(scratch)).with_name(PAPERS)
            return {
                str(path.relative_to(folder)): path.read_text(encoding="utf-8")
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }

    def load(self, version: str) -> TenureModel:
        """The model of a version."""
        with tempfile.TemporaryDirectory() as scratch:
            return TenureModel.load(self._artifacts(version, Path(scratch)))

    def _put(self, version: str, folder: Path) -> TenureModel:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            fresh = Path(scratch) / "fresh"
            shutil.copytree(self._artifacts(version, Path(scratch)), fresh)
            (fresh / VERSION_FILE).write_text(version, encoding="ascii")
            model = TenureModel.load(fresh)
            put_folder(fresh, folder)
        return model

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

    def client(self) -> Any:
        """MLflow's client of the store."""
        import mlflow

        mlflow.set_tracking_uri(self.tracking_uri)
        return mlflow.MlflowClient()

    @contextmanager
    def _making_tables(self) -> Iterator[None]:
        """Two processes that make the tables of a new SQLite store at once would collide."""
        if (folder := self._folder()) is None:
            yield
            return
        with one_at_a_time(folder / "mlflow"):
            yield

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


def _write_papers(papers: Mapping[str, str], folder: Path) -> Path:
    for name, text in papers.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
