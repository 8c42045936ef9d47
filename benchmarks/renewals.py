"""Who renews, on simulated shops of contracts: Tenure, Tenure without the sBG under it, the sBG alone, and the truth.

    python -m benchmarks.renewals --customers 1500 --seeds 3
    python -m benchmarks.renewals --customers 1500 --seeds 3 --no-interactions
    python -m benchmarks.renewals --customers 5000 --seeds 3 --no-interactions --horizon 365

The posterior is the best that the renewals so far could tell someone who knew the parameters of the world; the
truth is each customer's own chance. The interval of value is judged of all and within each fifth of clv: the share that
spends more than `clv_high`, the share that spends as much or more (a tenth lies between the two), and the share that
spends less than a `clv_low` above zero.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.metrics import log_loss, roc_auc_score

from features.door.open import Shop, open_shop
from features.plan import plan_features
from models.cells import Floats
from models.purchase_models import fit_purchase_models
from models.renewals import fit_renewals
from models.standing import asked
from tenure.settings import load_settings
from tenure.simulator import PERIOD, SUBSCRIPTION, Scenario, simulate_contracts, write_contracts
from training import metrics
from training.learn import learn
from training.past import Past


def measure(scenario: Scenario) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables: the forecasters, and the tails of the interval.

    One row per forecaster: ROC AUC and log loss of what happened, mean forecast, rank beside the posterior.
    One column for all customers, and one for each fifth of clv, the lowest first.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_contracts(simulate_contracts(scenario), scenario, Path(folder))
        configuration = load_settings(Path(folder) / "tenure.toml")
        data, horizons = configuration.settings.data, configuration.settings.horizons.resolve(PERIOD)
        shop = open_shop(data, configuration.folder)
        truth = pq.read_table(Path(folder) / "truth.parquet").to_pandas().set_index("customer_id")

        def answer(shop: Shop) -> tuple[pd.DataFrame, pd.DataFrame]:
            past = Past(shop, 0)
            plan = plan_features(past.shop, scenario.as_of, PERIOD, data.attributes)
            everybody = past.state(scenario.as_of, plan).features
            features = everybody[asked(everybody, PERIOD)]
            model = learn(past, scenario.as_of, plan, horizons, lambda *_: None)
            answers = model.answer(features, scenario.as_of)
            return features.assign(sbg=fit_renewals(everybody, 0).probability_of_renewal(features)), answers

        features, ours = answer(shop)
        with patch("training.past.fit_purchases", fit_purchase_models):
            _, without = answer(shop)
    known = truth.loc[features["customer_id"]]
    posterior = known["posterior_probability_of_return"].to_numpy()
    forecasts = {
        "Tenure": 1 - ours["churn_probability"].to_numpy(),
        "Tenure without sBG": 1 - without["churn_probability"].to_numpy(),
        "sBG": features["sbg"].to_numpy(),
        "posterior": posterior,
        "truth": known["probability_of_return"].to_numpy(),
    }
    returned = known["returned"].to_numpy()
    compared = pd.DataFrame(
        {
            name: {
                "roc_auc": roc_auc_score(returned, p),
                "log_loss": log_loss(returned, p),
                "mean": p.mean(),
                "rank_of_posterior": pd.Series(p).corr(pd.Series(posterior), method="spearman"),
            }
            for name, p in forecasts.items()
        }
    ).T.rename_axis("forecaster")
    return compared, _tails(ours, known["spend"].to_numpy(dtype=float))


def _tails(answers: pd.DataFrame, spend: Floats) -> pd.DataFrame:
    clv, low, high = (answers[name].to_numpy(dtype=float) for name in ("clv", "clv_low", "clv_high"))
    fifths = np.array_split(np.argsort(clv, kind="stable"), 5)
    groups = {"all": np.arange(len(clv))} | {f"fifth {number}": rows for number, rows in enumerate(fifths, 1)}
    return pd.DataFrame(
        {
            name: {
                "above clv_high": metrics.share_above_high(spend[rows], high[rows]),
                "at it or above": metrics.share_at_high_or_above(spend[rows], high[rows]),
                "below clv_low": metrics.share_below_low(spend[rows], low[rows]),
                "with a clv_low": float((low[rows] > 0).sum()),
            }
            for name, rows in groups.items()
        }
    ).rename_axis("tail")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table per seed and, for several, their mean."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from 1 on")
    parser.add_argument("--no-interactions", action="store_true")
    parser.add_argument("--history", type=int, default=730, help="days")
    parser.add_argument("--horizon", type=int, default=PERIOD, help="of value, in days")
    chosen = parser.parse_args(arguments)
    tables: list[pd.DataFrame] = []
    tails: list[pd.DataFrame] = []
    for seed in range(1, chosen.seeds + 1):
        intensity = 0.0 if chosen.no_interactions else 15.0
        scenario = Scenario(
            chosen.customers,
            seed,
            SUBSCRIPTION,
            churn_window_days=PERIOD,
            history_days=chosen.history,
            clv_horizon_days=chosen.horizon,
            interactions_per_year=intensity,
        )
        for found, kept in zip(measure(scenario), (tables, tails), strict=True):
            kept.append(found)
            print(f"seed {seed}", found.round(4).to_string(), sep="\n", flush=True)
    if len(tables) > 1:
        for kept, by in ((tables, "forecaster"), (tails, "tail")):
            mean = pd.concat(kept).groupby(by, sort=False).mean()
            print("mean", mean.round(4).to_string(), sep="\n")


if __name__ == "__main__":
    main()
