"""Tenure's predictions against simulated shops whose truth is known.

    python -m benchmarks.truth --customers 100000 --world bgnbd --no-interactions
    python -m benchmarks.truth --customers 50 200 1000 --seeds 20

Trains on the history, predicts on `as_of`, and holds the predictions against the hidden truth, against what
then happened, and against the posterior under the true parameters where the world has one. The tails are of the
customers whose bound is above zero, in all and within each fifth of clv.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from sklearn.metrics import log_loss, roc_auc_score

from features.build import build_features
from features.door.open import Shop, open_shop
from models.assignments import AssignmentRules
from models.cells import Floats
from models.tenure_model import TenureModel
from tenure.settings import load_settings
from tenure.simulator import WORLDS, Scenario, simulate_blocks, write_shop
from training.metrics import share_above_high, share_below_low
from training.train import train

FIFTHS = 5
ENOUGH_JUDGED = 50

Integers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Outcome:
    """One shop: who was predicted, beside what was true. `posterior_roc_auc` is missing without a posterior."""

    kind: str
    churn_grade: str
    predicted: float
    true: float
    roc_auc: float
    posterior_roc_auc: float
    log_loss: float
    clv_bias: float
    above_clv_high: float
    above_by_fifth: str
    below_clv_low: float
    below_by_fifth: str
    seconds: float


def measure(scenario: Scenario) -> Outcome:
    """Simulate, train, predict, compare."""
    with tempfile.TemporaryDirectory() as folder:
        write_shop(simulate_blocks(scenario), scenario, Path(folder))
        configuration = load_settings(Path(folder) / "tenure.toml")
        settings = configuration.settings
        started = time.perf_counter()
        shop = open_shop(settings.data, configuration.folder)
        horizons = settings.horizons.resolve(scenario.churn_window_days)
        result = train(
            shop, scenario.as_of, horizons, AssignmentRules(), settings.data.attributes, 0, lambda *_: None
        )
        answers = _predict(result.model, shop, scenario)
        seconds = time.perf_counter() - started
        truth = pq.read_table(Path(folder) / "truth.parquet").to_pandas().set_index("customer_id")
    return _compare(result.model, answers, truth.loc[answers.index], seconds)


def _predict(model: TenureModel, shop: Shop, scenario: Scenario) -> pd.DataFrame:
    features = build_features(shop.purchases, shop.interactions, shop.customers, scenario.as_of, model.plan)
    answers = model.answer(features.to_pyarrow().to_pandas(), scenario.as_of)
    return answers.set_index("customer_id")


def _compare(model: TenureModel, answers: pd.DataFrame, truth: pd.DataFrame, seconds: float) -> Outcome:
    p_return, returned = 1 - answers["churn_probability"], truth["returned"]
    both = returned.nunique() == 2
    posterior = truth["posterior_probability_of_return"]
    clv, low, high, spend = (
        column.to_numpy(dtype=float)
        for column in (answers["clv"], answers["clv_low"], answers["clv_high"], truth["spend"])
    )
    fifths = np.array_split(np.argsort(clv, kind="stable"), FIFTHS)
    return Outcome(
        kind=model.kind,
        churn_grade=(model.grade or {}).get("churn") or "-",
        predicted=p_return.mean(),
        true=truth["probability_of_return"].mean(),
        roc_auc=roc_auc_score(returned, p_return) if both else float("nan"),
        posterior_roc_auc=roc_auc_score(returned, posterior)
        if both and posterior.notna().all()
        else float("nan"),
        log_loss=log_loss(returned, p_return, labels=[False, True]),
        clv_bias=answers["clv"].sum() / truth["expected_spend"].sum() - 1,
        above_clv_high=share_above_high(spend, high),
        above_by_fifth=_by_fifth(share_above_high, spend, high, fifths),
        below_clv_low=share_below_low(spend, low),
        below_by_fifth=_by_fifth(share_below_low, spend, low, fifths),
        seconds=seconds,
    )


def _by_fifth(
    share: Callable[[Floats, Floats], float], spend: Floats, bound: Floats, fifths: list[Integers]
) -> str:
    """The share within each fifth of clv, lowest first; a dash where too few have such a bound."""
    return " ".join(
        f"{share(spend[rows], bound[rows]):.3f}" if (bound[rows] > 0).sum() >= ENOUGH_JUDGED else "-"
        for rows in fifths
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per shop as it is done and, for several seeds, one for all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, nargs="+", default=[100_000])
    parser.add_argument("--world", choices=list(WORLDS), default="mixed")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from 1 on")
    parser.add_argument("--no-interactions", action="store_true")
    chosen = parser.parse_args(arguments)
    intensity = 0.0 if chosen.no_interactions else 15.0
    print("customers", "seed", *Outcome.__annotations__, sep="\t")
    for customers in chosen.customers:
        rows = []
        for seed in range(1, chosen.seeds + 1):
            rows.append(measure(Scenario(customers, seed, chosen.world, interactions_per_year=intensity)))
            print(customers, seed, *_cells(vars(rows[-1])), sep="\t", flush=True)
        if len(rows) > 1:
            print(_summary(customers, rows), flush=True)


def _summary(customers: int, rows: list[Outcome]) -> str:
    """How far the mean prediction is from the mean truth: on average, and in absolute terms."""
    errors = pd.Series([row.predicted - row.true for row in rows])
    kinds = pd.Series([row.kind for row in rows]).value_counts().to_dict()
    grades = pd.Series([row.churn_grade for row in rows]).value_counts().to_dict()
    return (
        f"{customers} customers, {len(rows)} shops: predicted - true {errors.mean():+.4f} on average, "
        f"{errors.abs().mean():.4f} in absolute terms; kinds {kinds}; grades {grades}"
    )


def _cells(values: dict[str, object]) -> list[str]:
    return [f"{value:.4f}" if isinstance(value, float) else str(value) for value in values.values()]


if __name__ == "__main__":
    main()
