"""Processes that answer: as the model itself does, told in a sentence where one is ended, and none left behind."""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from features.plan import plan_features
from models.assignments import AssignmentRules, fit_assignments
from models.horizons import Horizons
from serving.scoring.score import score
from serving.scoring.side_by_side import predict_side_by_side
from serving.scoring.workers import Workers
from serving.settings import StoreSettings
from serving.store.errors import StoreError
from serving.store.store import ScoreStore
from tenure.memory import NEW_OBJECTS, collect_seldom
from tenure.simulator import simulate
from training.learn import learn
from training.past import Past

AS_OF = date(2025, 11, 2)
HORIZONS = Horizons(churn_window_days=60, clv_horizon_days=90)
ORPHAN = """
import os, signal, sys
from pathlib import Path
from models.tenure_model import TenureModel
from serving.scoring.workers import Workers

if __name__ == "__main__":
    with Workers().of(TenureModel.load(Path(sys.argv[1]))) as (pool, _):
        print(pool.submit(os.getpid).result(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def past(shop_of):
    log = simulate(300, 3, "mixed", as_of=AS_OF, history_days=200)
    return Past(shop_of(log.purchases, None, log.customers), seed=0)


@pytest.fixture(scope="module")
def features(past):
    return past.state(AS_OF, plan_features(past.shop, AS_OF, 60, [])).features


@pytest.fixture(scope="module")
def model(past, features):
    learned = learn(past, AS_OF, plan_features(past.shop, AS_OF, 60, []), HORIZONS, lambda *_: None)
    return learned.with_assignments(
        fit_assignments(features, learned.answer(features, AS_OF), AssignmentRules())
    )


def test_they_answer_as_the_model_does_from_processes_of_their_own_that_end(model, features):
    nobody = features.head(0)
    frames = [(part, nobody) for _, part in features.groupby(features.index % 5)]
    with Workers(environment={"TENURE_TOLD": "so"}, prepare=collect_seldom).of(model) as (pool, predict):
        answers = [found for found, _, _ in predict_side_by_side(pool, predict, AS_OF, frames)]
        assert pool.submit(os.getpid).result() != os.getpid()
        assert pool.submit(os.getenv, "TENURE_TOLD").result() == "so"
        assert pool.submit(gc.get_threshold).result()[0] == NEW_OBJECTS
    assert "TENURE_TOLD" not in os.environ
    assert multiprocessing.active_children() == []
    for (scored, _), found in zip(frames, answers, strict=True):
        pd.testing.assert_frame_equal(found, model.predict_written(scored, AS_OF), check_exact=True)


def test_one_that_is_ended_from_outside_ends_the_scoring_in_a_sentence(model, features):
    frames = [(features, features.head(0))] * 4
    told = pytest.raises(StoreError, match="most likely for want of memory")
    with told, Workers().of(model) as (pool, predict):
        os.kill(pool.submit(os.getpid).result(), signal.SIGKILL)
        list(predict_side_by_side(pool, predict, AS_OF, frames))


def test_they_do_not_outlive_who_began_them(model, tmp_path):
    model.save(tmp_path / "model")
    (tmp_path / "begin.py").write_text(ORPHAN)
    command = [sys.executable, str(tmp_path / "begin.py"), str(tmp_path / "model")]
    root = {"PYTHONPATH": str(Path(__file__).parents[3])}
    begun = subprocess.run(command, env=os.environ | root, stdout=subprocess.PIPE, text=True, check=False)
    assert begun.returncode == -signal.SIGKILL
    worker = Path(f"/proc/{int(begun.stdout)}")
    for _ in range(300):
        if not worker.exists() or "\nState:\tZ" in (worker / "status").read_text():
            return
        time.sleep(0.1)
    pytest.fail("a worker is still there half a minute after its parent was killed")


def test_a_batch_by_processes_is_the_batch_by_threads(past, model, tmp_path):
    held = []
    for name, workers in (("processes", Workers(many=1)), ("threads", Workers(many=10**9))):
        settings = StoreSettings(url=f"sqlite:///{name}.db")
        with ScoreStore(settings, tmp_path, read_only=False) as store:
            at = datetime(2025, 11, 2, tzinfo=UTC)
            done = score(past.shop, AS_OF, model, "1", store, at, tmp_path, lambda *_: None, workers=workers)
            assert done.changed
        engine = sa.create_engine(f"sqlite:///{tmp_path / name}.db")
        held.append(pd.read_sql("SELECT * FROM scores ORDER BY customer_id", engine))
        engine.dispose()
    pd.testing.assert_frame_equal(*held, check_exact=True)
