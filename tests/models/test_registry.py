"""The registry on a real MLflow store: code, JSON and text go in, the same answers come out."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.plan import plan_features
from models.assignments import AssignmentRules, fit_assignments
from models.champions import crown, crownings, line
from models.horizons import Horizons
from models.registry import Registry
from models.tenure_model import TenureModel
from tenure.simulator import simulate
from training.learn import learn
from training.past import Past

AS_OF = date(2026, 1, 1)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def past(shop_of) -> Past:
    log = simulate(400, 4, "bgnbd", as_of=AS_OF, history_days=75, interactions_per_year=0)
    return Past(shop_of(log.purchases.select(["order_id", "customer_id", "ordered_at", "amount"])), seed=0)


@pytest.fixture(scope="module")
def features(past: Past) -> pd.DataFrame:
    return past.state(AS_OF, plan_features(past.shop, AS_OF, 30, [])).features


@pytest.fixture(scope="module")
def model(past: Past, features: pd.DataFrame) -> TenureModel:
    horizons = Horizons(churn_window_days=30, clv_horizon_days=30)
    learned = learn(past, AS_OF, plan_features(past.shop, AS_OF, 30, []), horizons, lambda *_: None)
    assert learned.kind == "learned"
    return learned.with_assignments(
        fit_assignments(features, learned.answer(features, AS_OF), AssignmentRules())
    )


@pytest.fixture(scope="module")
def registry(tmp_path_factory, model: TenureModel) -> Registry:
    """Two versions of the same model; the first one is champion."""
    import mlflow

    folder = tmp_path_factory.mktemp("shop") / "mlruns"
    registry = Registry(f"sqlite:///{folder}/mlflow.db", "tenure")
    for _ in range(2):
        with mlflow.start_run(experiment_id=registry.experiment()) as run:
            pass
        registry.register(model, run.info.run_id)
    return registry


def test_the_first_version_is_champion_and_the_second_waits(registry):
    assert registry.versions() == ["2", "1"]
    assert registry.champion_version() == "1"


def test_a_version_answers_as_the_model_that_was_registered(registry, model, features):
    answers = registry.load("1").predict(features, AS_OF)
    pd.testing.assert_frame_equal(answers, model.predict(features, AS_OF), check_exact=True)


def test_no_file_of_the_store_is_a_pickle(registry):
    folder = Path(registry.tracking_uri.removeprefix("sqlite:///")).parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if path.name == "model.json"]
    assert not [path for path in files if path.suffix in {".pkl", ".pickle", ".joblib", ".cloudpickle"}]
    # A pickle of protocol 2 or later begins with these bytes.
    assert not [path for path in files if path.read_bytes()[:1] == b"\x80"]


def test_mlflow_alone_loads_the_champion_where_pickles_are_refused(registry, model, features, tmp_path):
    features.to_parquet(tmp_path / "features.parquet")
    script = (
        "import sys, mlflow, pandas as pd; uri, folder = sys.argv[1:]; mlflow.set_tracking_uri(uri);"
        "features = pd.read_parquet(folder + '/features.parquet');"
        "answers = mlflow.pyfunc.load_model('models:/tenure@champion').predict(features);"
        "answers.to_parquet(folder + '/answers.parquet')"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, registry.tracking_uri, str(tmp_path)],
        env=os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    answers = pd.read_parquet(tmp_path / "answers.parquet")
    expected = model.predict(features, AS_OF)
    assert answers["customer_id"].tolist() == features["customer_id"].tolist()
    for name in ("churn_probability", "clv", "clv_low", "clv_high", "value_at_risk"):
        assert (answers[name].to_numpy() == expected[name].to_numpy()).all(), name
    assert np.isnan(answers["probability_alive"][features["frequency"] == 0]).all()


def test_a_downloaded_version_is_a_plain_folder_that_says_which_it_is(registry, features, model, tmp_path):
    registry.download("2", tmp_path / "model")
    assert (tmp_path / "model" / "version.txt").read_text() == "2"
    again = TenureModel.load(tmp_path / "model")
    assert (again.answer(features, AS_OF)["clv"] == model.answer(features, AS_OF)["clv"]).all()


def test_another_version_can_be_made_champion(registry):
    registry.make_champion("2")
    assert registry.champion_version() == "2"
    registry.make_champion("1")
    assert registry.champion_version() == "1"


def test_the_line_of_champions_leads_back_whoever_named_them(registry):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert line(registry) == ["1"]
    crown(registry, "2", at, "ada", "promoted")
    assert (line(registry), registry.champion_version()) == (["1", "2"], "2")
    crown(registry, "1", at, "ada", "rolled back")
    assert line(registry) == ["1"]
    registry.make_champion("2")  # by hand, in MLflow
    assert line(registry) == ["1", "2"]
    crown(registry, "1", at, "bob", "rolled back")
    assert [(entry.version, entry.by, entry.how) for entry in crownings(registry)] == [
        ("1", "ada", "found"),
        ("2", "ada", "promoted"),
        ("1", "ada", "rolled back"),
        ("2", "bob", "found"),
        ("1", "bob", "rolled back"),
    ]


def test_papers_stay_with_a_version_and_are_no_part_of_the_model(registry, model, tmp_path):
    import mlflow

    assert registry.papers("1") == {}
    with mlflow.start_run(experiment_id=registry.experiment()) as run:
        pass
    version = registry.register(model, run.info.run_id, {"reference.json": "{}", "old/model.json": "é"})
    assert registry.papers(version) == {"reference.json": "{}", "old/model.json": "é"}
    registry.download(version, tmp_path / "model")
    assert not (tmp_path / "model/papers").exists()
    assert not (tmp_path / "model/reference.json").exists()
