"""`bentoml build` and `bentoml serve`: the bento answers by itself, away from the project and from MLflow."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[3]
BENTOML = [sys.executable, "-m", "bentoml"]
PARTS = ("features", "models", "serving", "bentofile.yaml", "requirements.lock", "tenure.toml")


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory,
    model_folder: Path,
    publish: Callable[..., None],
    scored: Callable[..., Any],
) -> Path:
    """A project with a champion in var/model, published scores, and no mlruns."""
    folder = tmp_path_factory.mktemp("project")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder)
    shutil.copytree(model_folder, folder / "var" / "model")
    publish(folder, [scored("loyal", 0.1, 100.0)], date(2024, 1, 1))
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = str(tmp_path_factory.mktemp("bentoml"))
    return os.environ | {"BENTOML_HOME": home, "BENTOML_DO_NOT_TRACK": "True", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def bento(project: Path, environment: dict[str, str]) -> Path:
    """The built bento's folder; the project's own code and model are gone by then."""
    built = subprocess.run(
        [*BENTOML, "build", "--output", "tag"], cwd=project, env=environment, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    for part in (*PARTS, "var/model"):
        path = project / part
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return next((Path(environment["BENTOML_HOME"]) / "bentos" / "tenure").glob("*/bento.yaml")).parent


@pytest.fixture(scope="module")
def client(
    bento: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory, port: int
) -> Iterator[httpx.Client]:
    """A client of `bentoml serve tenure:latest`, started in a folder of no importance."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with (elsewhere / "log").open("w+") as log:
        process = subprocess.Popen(
            [*BENTOML, "serve", "tenure:latest", "--port", str(port)],
            cwd=elsewhere,
            env=environment,
            stdout=log,
            stderr=log,
        )
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            deadline = time.monotonic() + 120
            while True:
                try:
                    client.get("/healthz")
                    break
                except httpx.TransportError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        log.seek(0)
                        raise RuntimeError(log.read()) from None
                    time.sleep(0.2)
            yield client
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_a_bento_holds_code_model_and_configuration_and_no_scores(bento: Path) -> None:
    assert sorted(path.name for path in (bento / "src").iterdir()) == [
        "bentofile.yaml",
        "features",
        "models",
        "serving",
        "tenure.toml",
        "var",
    ]
    assert [path.name for path in (bento / "src" / "var").iterdir()] == ["model"]
    assert "lightgbm==" in (bento / "env" / "python" / "requirements.txt").read_text()


def test_a_bento_answers_from_its_model_and_from_the_store_of_the_folder_it_was_built_in(
    client: httpx.Client, purchases: list[dict[str, Any]]
) -> None:
    assert client.get("/readyz").json() == {"status": "ready", "as_of": "2024-01-01", "model_version": "7"}
    assert client.get("/v1/customers/loyal").json()["churn_probability"] == 0.1
    assert client.get("/v1/model").json()["kind"] == "btyd"
    answer = client.post("/v1/score", json={"purchases": purchases, "as_of": "2024-01-01"})
    assert answer.json()["results"][0]["score"]["eligible"] is True
    assert "Value at risk" in client.get("/").text


@pytest.mark.parametrize("path", ["/metrics", "/docs.json", "/schema.json", "/livez"])
def test_a_bento_shows_nothing_of_bentoml(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404
