"""The whole of a simulated shop on a real Spark: every feature, every score and the sample are those of DuckDB.

Sums of floats depend on the order of their terms, which no engine promises: equal is a billionth, relative. Where an
answer is one of a few (a segment, a date, a reason's text), it is the same one.
"""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.build import build_features
from features.cells import count_cells
from features.door.open import DataSettings, open_shop
from features.errors import ConfigurationError
from features.plan import plan_features
from models.assignments import AssignmentRules, fit_assignments
from models.cells import Cells, group_cells
from models.horizons import Horizons
from serving.scoring.on_spark import answer_on_spark
from serving.scoring.own_segments import OwnSegment
from serving.scoring.score import score
from serving.settings import StoreSettings
from serving.store.store import ScoreStore
from tenure.simulator import Scenario, simulate_blocks, write_shop
from training.crowd import Crowd
from training.learn import learn
from training.past import Past, without_objectors

pytestmark = [
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),  # PySpark 4.0 on pandas 3
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # those to Java
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option"),  # Ibis 12 on pandas 3
]
SCENARIO = Scenario(
    customers=250, seed=11, world="mixed", history_days=210, clv_horizon_days=90, interactions_per_year=8
)
ATTRIBUTES = ("country",)
EQUAL = 1e-9
OWN = OwnSegment(
    name="SILENT", rule="days_since_last_purchase > 60 and frequency >= 1 and churn_probability > 0.5"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The shop's files; every tenth customer objects to profiling."""
    folder = tmp_path_factory.mktemp("shop")
    write_shop(simulate_blocks(SCENARIO), SCENARIO, folder)
    customers = pq.read_table(folder / "customers.parquet").to_pandas()
    customers["opted_out"] = np.arange(len(customers)) % 10 == 0
    pq.write_table(pa.Table.from_pandas(customers, preserve_index=False), folder / "customers.parquet")
    return folder


def opened(folder, backend):
    tables = {name: f"{name}.parquet" for name in ("purchases", "interactions", "customers")}
    return open_shop(DataSettings(backend=backend, attributes=ATTRIBUTES, **tables), folder)


@pytest.fixture(scope="module")
def here(folder):
    return opened(folder, "duckdb://")


@pytest.fixture(scope="module")
def there(spark_session, folder):
    return opened(folder, "pyspark://")


@pytest.fixture(scope="module")
def plan(here):
    return plan_features(here, SCENARIO.as_of, SCENARIO.churn_window_days, ATTRIBUTES)


def require_equal(ours, theirs, key):
    ours, theirs = (frame.sort_values(key, ignore_index=True) for frame in (ours, theirs))
    assert list(ours.columns) == list(theirs.columns)
    assert len(ours) == len(theirs) > 0
    for name in ours.columns:
        if name == "reasons":
            for one, other in zip(ours[name].dropna(), theirs[name].dropna(), strict=True):
                values = [[reason.pop("value") for reason in reasons] for reasons in (one, other)]
                assert other == one
                np.testing.assert_allclose(*(np.array(found, dtype=float) for found in values), rtol=EQUAL)
        elif pd.api.types.is_float_dtype(ours[name]):
            np.testing.assert_allclose(theirs[name], ours[name], rtol=EQUAL, atol=EQUAL, err_msg=name)
        else:
            assert theirs[name].tolist() == ours[name].tolist(), name


def test_plan_and_features_are_those_of_duckdb(here, there, plan):
    planned = plan_features(there, SCENARIO.as_of, SCENARIO.churn_window_days, ATTRIBUTES)
    assert dataclasses.replace(planned, typical_gap_days=plan.typical_gap_days) == plan
    assert planned.typical_gap_days == pytest.approx(plan.typical_gap_days, rel=EQUAL)
    ours, theirs = (
        build_features(shop.purchases, shop.interactions, shop.customers, SCENARIO.as_of, plan)
        .to_pyarrow()
        .to_pandas()
        for shop in (here, there)
    )
    require_equal(ours, theirs, "customer_id")


def test_cells_are_counted_there_and_are_those_of_the_features(here, there, plan):
    past = Past(here, seed=0)
    everybody = group_cells(past.features(SCENARIO.as_of, plan))
    for shop in (past.shop, without_objectors(there)):
        counted = Cells.of(count_cells(shop.purchases, SCENARIO.as_of, shop.timezone).to_pyarrow())
        for name in ("frequency", "recency", "T", "weight"):
            assert getattr(counted, name).tolist() == getattr(everybody, name).tolist()


def test_the_sample_is_drawn_there_and_is_that_of_duckdb(here, there):
    ours, theirs = (Crowd.of(shop.purchases, seed=3) for shop in (here, there))
    assert theirs.customers.get_backend().name == "pyspark"
    assert theirs.known(SCENARIO.as_of) == ours.known(SCENARIO.as_of)
    chosen = [set(c.some(SCENARIO.as_of, 60).to_pyarrow()["customer_id"].to_pylist()) for c in (ours, theirs)]
    assert chosen[0] == chosen[1]
    assert 30 < len(chosen[0]) < 90


def test_every_score_is_that_of_duckdb_and_was_worked_out_there(here, there, plan, tmp_path, monkeypatch):
    horizons = Horizons(churn_window_days=SCENARIO.churn_window_days, clv_horizon_days=90)
    past = Past(here, seed=0)
    learned = learn(past, SCENARIO.as_of, plan, horizons, lambda *_: None)
    today = past.state(SCENARIO.as_of, plan).features
    rules = fit_assignments(today, learned.answer(today, SCENARIO.as_of), AssignmentRules())
    model = learned.with_assignments(rules)
    published = {}
    for name, shop in (("here", here), ("there", there)):
        if name == "there":  # whoever answers now is not in this process
            monkeypatch.setattr("models.tenure_model.TenureModel.predict_written", None)
        with ScoreStore(StoreSettings(url=f"sqlite:///{name}.db"), tmp_path, read_only=False) as store:
            publication = score(
                shop,
                SCENARIO.as_of,
                model,
                "1",
                store,
                datetime(2026, 1, 2, tzinfo=UTC),
                tmp_path / "staging",
                lambda done, total: None,
                own_segments=[OWN],
                timeline_events=3,
            )
            published[name] = pd.DataFrame([row for rows in store.iterate() for row in rows])
            assert publication.changed
    assert model.kind == "learned"
    require_equal(published["here"], published["there"], "customer_id")
    assert list((tmp_path / "staging").iterdir()) == []


def test_a_staging_that_is_no_place_is_told_before_anything_is_asked_of_spark():
    with pytest.raises(ConfigurationError, match=r"\[data\] staging: nowhere://answers is no folder"):
        next(answer_on_spark(None, None, SCENARIO.as_of, (), "nowhere://answers"))
