"""Retraining that can be left alone, on one simulated shop: lock, kill -9, promotion, rollback, monitor."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from models.champions import crownings
from models.registry import Registry, quiet
from models.tenure_model import TenureModel
from serving.notes import CheckupNote, VersionsNote, read_note
from serving.settings import StoreSettings
from serving.store.store import ScoreStore
from tenure.settings import load_settings
from tenure.shop import lock_of, open_shop, registry_of
from tenure.simulator import Scenario, simulate_blocks, write_shop
from training.bootstrap import Difference
from training.bout import Bout
from training.contest import Contest
from training.grade import Letter
from training.graded import Graded, Subject
from training.learn import learn
from training.past import Past

TODAY = date(2026, 1, 1)
TRAINED = TODAY - timedelta(days=30)
ROOT = Path(__file__).parents[2]
SCENARIO = Scenario(
    customers=2000,
    seed=3,
    world="mixed",
    history_days=220,
    churn_window_days=30,
    clv_horizon_days=30,
    interactions_per_year=0,
    shift_days=30,
)


@dataclass(frozen=True)
class Place:
    """A shop's folder, and what tests ask of it."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "tenure.toml"

    @property
    def registry(self) -> Registry:
        return registry_of(load_settings(self.config))

    @property
    def served_model(self) -> str:
        TenureModel.load(self.folder / "var/model")
        return (self.folder / "var/model/version.txt").read_text()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Place:
    """The shop, to be trained by the first test."""
    folder = tmp_path_factory.mktemp("retraining") / "shop"
    write_shop(simulate_blocks(SCENARIO), SCENARIO, folder)
    return Place(folder)


@pytest.fixture
def shop(made, tenure) -> Place:
    """The shop with a champion that was trained, and scored, a month ago."""
    if not (made.folder / "var/model").exists():
        for command in ("train", "score"):
            said = tenure(command, "--config", made.config, "--as-of", TRAINED)
            assert said.code == 0, said.err
    return made


@pytest.fixture
def training_elsewhere(shop) -> Iterator[subprocess.Popen[bytes]]:
    """Another process in the midst of a training."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tenure", "train", "--config", str(shop.config)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        lock = lock_of(load_settings(shop.config))
        while not lock.exists() or not lock.read_text():
            assert process.poll() is None, "the training ended before it had begun"
            time.sleep(0.05)
        yield process
        process.kill()


def test_of_two_at_once_one_wins_and_the_other_says_who_holds_the_lock(shop, tenure, training_elsewhere):
    for command in ("train", "promote", "rollback"):
        said = tenure(command, "--config", shop.config)
        assert said.code == 1, said
        assert (
            f"`tenure train` (process {training_elsewhere.pid} on {socket.gethostname()}, since 2" in said.err
        )
        assert "Nothing was changed; try again when it is done." in said.err
    assert training_elsewhere.poll() is None


def test_a_training_that_is_killed_leaves_the_old_model_and_scores_and_the_next_one_finishes(
    shop, tenure, training_elsewhere, caplog
):
    time.sleep(2)
    os.kill(training_elsewhere.pid, signal.SIGKILL)
    training_elsewhere.wait()
    assert shop.registry.champion_version() == "1"
    assert shop.served_model == "1"
    with ScoreStore(StoreSettings(), shop.folder, read_only=True) as store:
        assert store.latest_batch().model_version == "1"

    said = tenure("train", "--config", shop.config)
    assert said.code == 0, said.err
    assert "Version 2, trained as of 2026-01-01, is a challenger; version 1 still answers." in said.out
    assert "ended before it was done; its lock was taken over" in caplog.text
    assert not lock_of(load_settings(shop.config)).read_text()


def test_there_is_no_way_back_from_the_first_champion(shop, tenure):
    said = tenure("rollback", "--config", shop.config)
    assert said.code == 1
    assert "Version 1 still answers: no version was champion before it" in said.out


def test_versions_meet_as_their_recipes_had_forecast_then_and_as_they_were_registered(shop, tenure):
    said = tenure("promote", "--config", shop.config)
    for word in ("rehearsed", "registered", "log_loss", "roc_auc", "normalized_gini"):
        assert word in said.out
    last = said.out.splitlines()[-1]
    if said.code == 0:
        assert last.startswith("Version 2 is the champion now in place of version 1: in 6 paired comparisons")
    else:
        assert last.startswith("Version 2 stays a challenger: ")
        assert tenure("promote", "--config", shop.config, "--force").code == 0
    assert shop.served_model == "2"


def test_rollback_lets_the_champion_before_answer_and_says_whose_scores_are_served(shop, tenure):
    said = tenure("rollback", "--config", shop.config)
    assert said.code == 0, said.err
    assert said.out.startswith("Version 1 answers again in place of version 2.")
    assert "The scores of 2025-12-02 that are served were made by version 1" in said.out
    assert (shop.registry.champion_version(), shop.served_model) == ("1", "1")
    assert [(entry.version, entry.how) for entry in crownings(shop.registry)][-1] == ("1", "rolled back")
    note = read_note(VersionsNote, shop.folder / "var/model")
    assert (note.newest, note.decision) == ("2", "Version 1 answers again in place of version 2.")
    assert tenure("rollback", "--config", shop.config).code == 1


def test_a_challenger_that_learned_shuffled_labels_is_refused_whatever_its_grade_and_papers_claim(
    shop, tenure
):
    registry = shop.registry
    honest = registry.load("2")
    with quiet(), mlflow.start_run(experiment_id=registry.experiment()) as run:
        pass
    liar = replace(
        _learned_from_shuffled_labels(shop, honest),
        grade={"churn": "A", "churn_sentence": "Believe me.", "value": "A", "value_sentence": "Believe me."},
        metrics={"log_loss": 0.01, "roc_auc": 0.99},
    )
    liar = liar.with_assignments(honest.assignments)
    assert registry.register(liar, run.info.run_id, registry.papers("2")) == "3"

    said = tenure("promote", "--config", shop.config)
    assert said.code == 1
    last = said.out.splitlines()[-1]
    assert last.startswith("Version 3 stays a challenger: ")
    assert "on a window that the challenger learned from" in last
    assert "log_loss of 1," in last
    assert "worse than the champion's" in last
    assert (registry.champion_version(), shop.served_model) == ("1", "1")


def test_force_promotes_it_and_is_written_down(shop, tenure):
    said = tenure("promote", "--config", shop.config, "--version", "3", "--force")
    assert said.code == 0
    assert "Version 3 is the champion now in place of version 1 (forced although " in said.out
    client = shop.registry.client()
    version = client.get_model_version("tenure", "3")
    assert " by " in version.tags["tenure.forced"]
    assert "worse than the champion's" in version.tags["tenure.forced"]
    with quiet():
        log = mlflow.artifacts.load_text(f"runs:/{version.run_id}/promotions.log").splitlines()
    assert ["stays a challenger" in line for line in log] == [True, False]
    assert crownings(shop.registry)[-1].how == "forced"
    assert tenure("rollback", "--config", shop.config).code == 0
    assert shop.served_model == "1"


def test_a_version_that_answers_another_question_is_not_compared(shop, tenure):
    registry = shop.registry
    with quiet(), mlflow.start_run(experiment_id=registry.experiment()) as run:
        pass
    other = registry.load("2")
    horizons = other.horizons.model_copy(update={"clv_horizon_days": 60})
    registry.register(replace(other, horizons=horizons), run.info.run_id, registry.papers("2"))
    said = tenure("promote", "--config", shop.config)
    assert said.code == 1
    assert "its clv_horizon_days is 60, the champion's 30, so the two cannot be compared" in said.out


def test_a_version_whose_grade_has_fallen_is_refused_though_it_answers_as_the_champion_does(shop, tenure):
    registry = shop.registry
    with quiet(), mlflow.start_run(experiment_id=registry.experiment()) as run:
        pass
    champion = registry.load("1")
    fallen = replace(champion, grade=dict(champion.grade or {}) | {"churn": "C", "value": "C"})
    version = registry.register(fallen, run.info.run_id, registry.papers("1"))
    said = tenure("promote", "--config", shop.config, "--version", version)
    assert said.code == 1
    last = said.out.splitlines()[-1]
    letters = [(champion.grade or {})[subject] for subject in ("churn", "value")]
    for subject, letter in zip(("churn", "value"), letters, strict=True):
        assert f"the challenger's grade for {subject} has fallen from {letter}, which the champion" in last
    assert last.endswith("or promote it all the same with --force, which is written down.")
    assert shop.served_model == "1"


@pytest.mark.parametrize(("subject", "refused"), [("churn", "AB"), ("value", "AB"), ("churn", "BC")])
def test_a_grade_that_falls_by_the_same_customers_is_refused_though_no_metric_is_worse(
    shop, tenure, monkeypatch, subject, refused
):
    """The two answer alike within noise, and one letter apart: that is what the strict rule is about."""
    monkeypatch.setattr("tenure.promotion.contest", lambda *_: met_and_graded(subject, *reversed(refused)))
    said = tenure("promote", "--config", shop.config, "--version", "2")
    assert said.code == 1
    old, new = refused
    assert (
        f"Version 2 stays a challenger: the challenger's grade for {subject} has fallen: {new}, the champion's "
        f"{old}, by the same 1,000 customers from 2025-12-02 on, 30 days. The champion goes on answering."
    ) in said.out.splitlines()[-1]
    assert shop.served_model == "1"


def test_a_grade_of_another_date_may_be_a_letter_lower_where_the_same_customers_give_both_the_same(
    shop, tenure, monkeypatch
):
    registry = shop.registry
    with quiet(), mlflow.start_run(experiment_id=registry.experiment()) as run:
        pass
    champion, challenger = registry.load("1"), registry.load("2")
    assert (champion.grade or {})["churn"] == "A"
    lower = replace(challenger, grade=dict(challenger.grade or {}) | {"churn": "B", "value": "A"})
    version = registry.register(lower, run.info.run_id, registry.papers("2"))
    for met, code in ((Contest((), (), ()), 1), (met_and_graded("churn", "B", "B"), 0)):
        monkeypatch.setattr("tenure.promotion.contest", lambda *_, met=met: met)
        assert tenure("promote", "--config", shop.config, "--version", version).code == code
    assert tenure("rollback", "--config", shop.config).code == 0
    assert shop.served_model == "1"


def met_and_graded(subject: Subject, challenger: Letter, champion: Letter) -> Contest:
    """A meeting in which nothing is worse beyond noise."""
    difference = Difference(-0.001, -0.01, 0.008)
    bout = Bout("rehearsed", TRAINED, 30, 1000, "roc_auc", 0.7, 0.701, difference, "equal")
    return Contest((bout,), (Graded(subject, TRAINED, 30, 1000, challenger, champion),), ())


def test_the_monitor_is_silent_on_a_shop_that_goes_on_as_before(shop, tenure):
    said = tenure("monitor", "--config", shop.config, "--as-of", TODAY)
    assert said.code == 0, said.out
    assert said.out.splitlines()[-1] == "Version 1, trained 30 days before 2026-01-01, is still good."
    assert "Scores of 2025-12-02 by version 1: of 1," in said.out
    assert "log_loss 0." in said.out


def test_the_figures_of_a_check_up_are_a_run_of_their_own_in_mlflow(shop):
    client = shop.registry.client()
    (run,) = client.search_runs([shop.registry.experiment()], "tags.kind = 'monitor'", max_results=1)
    assert run.info.run_name == "monitor as of 2026-01-01"
    assert run.data.tags["retraining_due"] == "false"
    assert run.data.metrics["reasons"] == 0
    assert {
        "js_churn_probability",
        "js_spend_30d",
        "course_purchase_days",
        "served_log_loss",
        "promised_log_loss",
        "purchases_age_days",
    } <= set(run.data.metrics)


def test_what_the_check_up_found_lies_beside_the_model_for_the_page(shop):
    note = read_note(CheckupNote, shop.folder / "var/model")
    assert (note.version, note.as_of, note.reasons) == ("1", TODAY, ())
    versions = read_note(VersionsNote, shop.folder / "var/model")
    assert {versions.churn, versions.value} <= {"A", "B", "C", "none"}
    room = [column.allowed - column.distance for column in note.moved]
    assert room == sorted(room)
    assert len(room) == 10
    assert note.figures["model_age_days"] == 30


@pytest.mark.parametrize(
    ("shift", "reason"),
    [("half the purchases", "purchase days"), ("twice the spend", "spend on a purchase day")],
)
def test_the_monitor_fires_on_a_shop_that_has_changed(shop, tenure, shift, reason):
    before = (shop.folder / "purchases.parquet").read_bytes()
    try:
        pq.write_table(_shifted(shop, shift), shop.folder / "purchases.parquet")
        said = tenure("monitor", "--config", shop.config, "--as-of", TODAY)
    finally:
        (shop.folder / "purchases.parquet").write_bytes(before)
    assert said.code == 1
    assert f"The shop has changed its course: in the 30 days since training the {reason} of" in said.out
    assert said.out.splitlines()[-1].startswith("Retraining is due: ")


def test_data_that_stopped_coming_is_a_reason(shop, tenure):
    said = tenure("monitor", "--config", shop.config, "--as-of", TODAY + timedelta(days=20))
    assert said.code == 1
    assert "Purchases: the newest is of 2025-12-31, 20 days before 2026-01-20, and 7 are allowed" in said.out
    assert said.out.splitlines()[-1] == "Retraining is due: 1 reason."


def test_the_monitor_needs_a_champion(tmp_path, tenure):
    shutil.copy(ROOT / "tenure.toml", tmp_path)
    said = tenure("monitor", "--config", tmp_path / "tenure.toml")
    assert said.code == 2
    assert "There is no champion of 'tenure'" in said.err


def _learned_from_shuffled_labels(shop: Place, honest: TenureModel) -> TenureModel:
    """The same recipe, taught that everybody did what some other customer did."""

    class Shuffled(Past):
        def labels(self, as_of: date, window_days: int, *most: int) -> pd.DataFrame:
            labels = super().labels(as_of, window_days, *most)
            order = np.random.default_rng(as_of.toordinal() + window_days).permutation(len(labels))
            others = labels.drop(columns="customer_id").iloc[order].reset_index(drop=True)
            return pd.concat([labels[["customer_id"]], others], axis=1)

    configuration = load_settings(shop.config)
    past = Shuffled(open_shop(configuration.settings.data, configuration.folder), 0)
    return learn(past, honest.trained_as_of, honest.plan, honest.horizons, lambda *_: None)


def _shifted(shop: Place, shift: str):
    """The purchases of the same shop whose last month, the month since training, went otherwise."""
    if shift == "half the purchases":
        (block,) = simulate_blocks(replace(SCENARIO, rate_shift=0.5))
        return block.purchases
    table = pq.read_table(shop.folder / "purchases.parquet")
    is_new = table["ordered_at"].to_numpy() >= np.datetime64(TRAINED)
    amount = table["amount"].to_numpy()
    return table.set_column(
        table.column_names.index("amount"), "amount", [np.where(is_new, 2 * amount, amount)]
    )
