"""From tables to a file of scores by the command line, on a simulated shop; each command changes what it says."""

import os
import pickletools
import shutil
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from models.registry import quiet
from models.scores import NAMES


@pytest.fixture(scope="module")
def shop(simulated, tmp_path_factory) -> Path:
    """A copy of the simulated shop that the tests of this module take from step to step."""
    folder = tmp_path_factory.mktemp("job") / "shop"
    shutil.copytree(simulated, folder)
    return folder


def test_nothing_can_be_scored_before_a_model_is_trained(shop, tenure):
    said = tenure("score", "--config", shop / "tenure.toml")
    assert said.code == 2
    assert "There is no champion of 'tenure'" in said.err
    assert "Run `tenure train`" in said.err


def test_nothing_can_be_exported_before_it_is_scored(shop, tenure):
    said = tenure("export", "--config", shop / "tenure.toml", "--out", shop / "scores.csv")
    assert said.code == 2
    assert "Run `tenure score`" in said.err
    assert not (shop / "scores.csv").exists()


def test_check_describes_the_shop(shop, tenure):
    said = tenure("check", "--config", shop / "tenure.toml")
    assert said.code == 0
    assert "rows read" in said.out
    assert "Churn window: 90 days" in said.out
    assert "object to profiling" in said.out


def test_the_first_training_makes_the_champion(shop, tenure):
    said = tenure("train", "--config", shop / "tenure.toml", "--as-of", "2026-01-01")
    assert said.code == 0, said.err
    assert "Learned from" in said.out
    assert "Grade for churn:" in said.out
    assert "Version 1, trained as of 2026-01-01, is the champion." in said.out
    assert (shop / "var/model/version.txt").read_text() == "1"
    assert (shop / "var/model/card.md").read_text().startswith("# Model card: trained as of 2026-01-01")


def test_scoring_publishes_every_customer_and_scoring_again_changes_nothing(shop, tenure):
    first = tenure("score", "--config", shop / "tenure.toml", "--as-of", "2026-01-01")
    assert first.code == 0, first.err
    assert first.out.startswith("Published batch 1 as of 2026-01-01 by model version 1: 400 customers")
    second = tenure("score", "--config", shop / "tenure.toml", "--as-of", "2026-01-01")
    assert second.code == 0
    assert second.out.startswith("Nothing changed: batch 1 already holds these scores")


def test_the_export_holds_every_column_of_the_contract(shop, tenure):
    assert tenure("export", "--config", shop / "tenure.toml", "--out", shop / "scores.parquet").code == 0
    scores = pd.read_parquet(shop / "scores.parquet")
    assert tuple(scores.columns) == NAMES
    assert len(scores) == 400
    scored = scores[scores["eligible"]]
    assert scored["churn_probability"].between(0, 1, inclusive="neither").all()
    assert (scored["clv_low"] <= scored["clv_median"]).all()
    assert (scored["clv_median"] <= scored["clv_high"]).all()
    assert scored["clv"].ge(0).all()
    assert set(scored["churn_percentile"]) <= set(range(1, 101))
    refused = scores[~scores["eligible"]]
    assert refused["ineligible_reason"].str.endswith(".").all()
    assert refused["churn_probability"].isna().all()


def test_scores_tell_who_returns(shop, tenure):
    """The withheld truth: those of the safer half return more often than those of the riskier half."""
    tenure("export", "--config", shop / "tenure.toml", "--out", shop / "scores.parquet")
    scores = pd.read_parquet(shop / "scores.parquet").query("eligible")
    truth = pd.read_parquet(shop / "truth.parquet")
    both = scores.merge(truth, on="customer_id", validate="one_to_one")
    safer = both["churn_probability"] < both["churn_probability"].median()
    assert both.loc[safer, "returned"].mean() > both.loc[~safer, "returned"].mean() + 0.2


def test_a_second_training_gives_the_same_model_and_waits_as_challenger(shop, tenure):
    said = tenure("train", "--config", shop / "tenure.toml", "--as-of", "2026-01-01")
    assert said.code == 0, said.err
    assert "Version 2, trained as of 2026-01-01, is a challenger; version 1 still answers." in said.out
    first, second = (_model_files(shop, version) for version in ("1", "2"))
    assert first == second


def test_an_equal_version_may_be_promoted(shop, tenure):
    said = tenure("promote", "--config", shop / "tenure.toml")
    assert said.code == 0
    assert "Version 2 is the champion now in place of version 1" in said.out
    assert (shop / "var/model/version.txt").read_text() == "2"


def test_anybody_can_load_the_champion_with_mlflow(shop):
    with quiet():
        mlflow.set_tracking_uri(f"sqlite:///{shop}/mlruns/mlflow.db")
        model = mlflow.pyfunc.load_model("models:/tenure@champion")
    names = [column.name for column in model.metadata.get_input_schema()]
    assert names[0] == "customer_id"
    assert {"frequency", "recency", "T", "monetary_value"} <= set(names)


def test_no_file_of_mlflow_is_a_pickle(shop):
    files = [path for path in (shop / "mlruns").rglob("*") if path.is_file()]
    assert any(path.suffix == ".json" for path in files)
    assert [path for path in files if _is_pickle(path)] == []


def test_no_artifact_holds_a_customer(shop):
    ids = set(pd.read_parquet(shop / "customers.parquet")["customer_id"].astype(str))
    for path in (shop / "mlruns/artifacts").rglob("*"):
        if path.is_file():
            words = set(path.read_text(encoding="utf-8").replace('"', " ").replace(",", " ").split())
            assert not words & ids, path


def test_damaged_scores_end_in_a_sentence(shop, tenure):
    spare = shop / "spare.toml"
    spare.write_text((shop / "tenure.toml").read_text().replace("var/scores.db", "tenure.toml"))
    said = tenure("export", "--config", spare, "--out", shop / "scores.csv")
    assert said.code == 2
    assert "Traceback" not in said.err
    os.remove(spare)


def _model_files(shop: Path, version: str) -> dict[str, str]:
    with quiet():
        mlflow.set_tracking_uri(f"sqlite:///{shop}/mlruns/mlflow.db")
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=f"models:/tenure/{version}"))
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted((folder / "artifacts").rglob("*"))
        if path.is_file()
    }


def _is_pickle(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            for _ in pickletools.genops(file):
                pass
    except (ValueError, UnicodeDecodeError, EOFError, IndexError):
        return False
    return True
