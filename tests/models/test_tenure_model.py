"""The whole model of a small simulated shop: what it answers, and that it is the same when read back."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from features.errors import ConfigurationError
from features.plan import plan_features
from models.assignments import AssignmentRules, fit_assignments
from models.horizons import Horizons
from models.scores import ANSWERS
from models.tenure_model import TenureModel
from tenure.simulator import simulate
from training.learn import learn
from training.past import Past

AS_OF = date(2026, 1, 1)
HORIZONS = Horizons(churn_window_days=60, clv_horizon_days=90, margin=0.5, annual_discount_rate=0.1)


@pytest.fixture(scope="module")
def past(shop_of) -> Past:
    log = simulate(400, 3, "mixed", as_of=AS_OF, history_days=200)
    return Past(shop_of(log.purchases, None, log.customers), seed=0)


@pytest.fixture(scope="module")
def features(past: Past) -> pd.DataFrame:
    return past.state(AS_OF, plan_features(past.shop, AS_OF, 60, ["country"])).features


@pytest.fixture(scope="module")
def model(past: Past, features: pd.DataFrame) -> TenureModel:
    plan = plan_features(past.shop, AS_OF, 60, ["country"])
    learned = learn(past, AS_OF, plan, HORIZONS, lambda *_: None)
    rules = AssignmentRules()
    return learned.with_assignments(fit_assignments(features, learned.answer(features, AS_OF), rules))


@pytest.fixture(scope="module")
def answers(model: TenureModel, features: pd.DataFrame) -> pd.DataFrame:
    return model.predict(features, AS_OF)


def test_it_learned_and_answers_every_column_of_the_contract(model, answers, features):
    assert model.kind == "learned"
    assert list(answers.columns) == ["customer_id", *(column.name for column in ANSWERS)]
    assert answers["customer_id"].tolist() == features["customer_id"].tolist()
    for column in ANSWERS:
        if not column.may_be_empty:
            assert answers[column.name].notna().all(), column.name
    certain = ["churn_probability", "clv", "clv_median", "clv_low", "clv_high", "value_at_risk"]
    assert np.isfinite(answers[[*certain, "expected_purchases"]].to_numpy()).all()


def test_probabilities_are_never_certain_and_values_are_in_order(answers):
    assert answers["churn_probability"].between(0, 1, inclusive="neither").all()
    assert (answers["clv"] >= 0).all()
    assert (answers["clv_low"] <= answers["clv_median"]).all()
    assert (answers["clv_median"] <= answers["clv_high"]).all()


def test_probability_alive_is_empty_for_those_who_bought_on_one_day_only(answers, features):
    once = features["frequency"] == 0
    assert once.any()
    assert answers.loc[once, "probability_alive"].isna().all()
    assert answers.loc[~once, "probability_alive"].between(0, 1).all()


def test_the_next_purchase_is_due_on_or_after_the_day_asked_about(answers):
    assert (answers["expected_next_purchase_at"] >= pd.Timestamp(AS_OF)).all()


def test_reasons_stand_on_contributions_that_add_up_to_the_served_probability(model, answers, features):
    contributions = model.contributions(features)
    churn = expit(contributions.sum(axis=1).to_numpy())
    # Were something unexplained, the baseline would have to take it, customer by customer.
    assert np.ptp(contributions["baseline"].to_numpy()) < 1e-6
    assert churn == pytest.approx(answers["churn_probability"].to_numpy())
    assert answers["reasons"].str.len().between(1, 5).all()


def test_written_answers_are_the_same_with_reasons_as_json(model, answers, features):
    written = model.predict_written(features, AS_OF)
    assert [json.loads(text) for text in written.pop("reasons")] == answers["reasons"].tolist()
    pd.testing.assert_frame_equal(written, answers.drop(columns="reasons"), check_exact=True)


def test_a_customer_alone_gets_the_answer_they_get_among_others(model, answers, features):
    alone = model.predict(features.iloc[[7]], AS_OF)
    pd.testing.assert_frame_equal(alone, answers.iloc[[7]], check_dtype=False)
    backwards = model.predict(features.iloc[::-1], AS_OF)
    pd.testing.assert_frame_equal(backwards.sort_index(), answers, check_dtype=False)


def test_margin_and_discount_take_their_part_of_spend(model, answers, features):
    plain = Horizons(churn_window_days=60, clv_horizon_days=90)
    gross = _with(model, plain).answer(features, AS_OF)["clv"]
    half = _with(model, plain.model_copy(update={"margin": 0.5})).answer(features, AS_OF)["clv"]
    assert half.to_numpy() == pytest.approx(gross.to_numpy() / 2)
    share = (answers["clv"] / half).to_numpy()
    assert ((share > 1.1 ** (-90 / 365)) & (share < 1)).all()


def test_a_saved_model_answers_the_same_to_the_last_digit(model, answers, features, tmp_path):
    model.save(tmp_path / "model")
    again = TenureModel.load(tmp_path / "model")
    pd.testing.assert_frame_equal(again.predict(features, AS_OF), answers, check_exact=True)
    assert again.plan == model.plan
    assert again.horizons == HORIZONS
    assert again.evidence is None


def test_the_evidence_is_kept_with_the_model(model, tmp_path):
    evidence = {"as_of": "2025-11-02", "peers": [{"forecaster": "Tenure", "roc_auc": None}]}
    replace(model, evidence=evidence).save(tmp_path / "model")
    assert TenureModel.load(tmp_path / "model").evidence == evidence


def test_a_saved_model_is_json_and_text_and_holds_no_customer(model, features, tmp_path):
    model.save(tmp_path / "model")
    files = [path for path in (tmp_path / "model").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".txt"}
    texts = [path.read_text(encoding="utf-8") for path in files]
    assert not [name for name in features["customer_id"] for text in texts if name in text]


def test_a_booster_that_was_changed_is_refused(model, tmp_path):
    model.save(tmp_path / "model")
    booster = tmp_path / "model" / "boosters" / "returns_0.txt"
    booster.write_text(booster.read_text().replace("leaf_value=0", "leaf_value=1", 1))
    with pytest.raises(ConfigurationError, match=r"returns_0\.txt is not the file that was saved.*SHA-256"):
        TenureModel.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "boosters" / "returns_1.txt").unlink(), r"returns_1\.txt cannot be read"),
        (lambda folder: (folder / "model.json").unlink(), r"model\.json cannot be read"),
        (lambda folder: (folder / "model.json").write_text("{"), r"model\.json cannot be read as a model"),
        (lambda folder: (folder / "model.json").write_text('{"format": 99}'), r"has the format 99"),
    ],
)
def test_a_folder_that_is_not_whole_says_which_file(model, tmp_path, spoil, words):
    folder: Path = tmp_path / "model"
    model.save(folder)
    spoil(folder)
    with pytest.raises(ConfigurationError, match=words):
        TenureModel.load(folder)


def _with(model: TenureModel, horizons: Horizons) -> TenureModel:

    return replace(model, horizons=horizons)
