"""Who renews, on simulated shops of contracts: Tenure, Tenure without the sBG under it, the sBG alone, and the truth.

    python -m benchmarks.renewals --customers 1500 --seeds 3
    python -m benchmarks.renewals --customers 1500 --seeds 3 --no-interactions

The posterior is the best that the renewals so far could tell someone who knew the parameters of the world; the
truth is each customer's own chance.
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
from models.purchase_models import fit_purchase_models
from models.renewals import fit_renewals
from models.standing import asked
from tenure.settings import load_settings
from tenure.simulator import PERIOD, SUBSCRIPTION, Scenario, simulate_contracts, write_contracts
from training.learn import learn
from training.past import Past


def measure(scenario: Scenario) -> pd.DataFrame:
    """One row per forecaster: ROC AUC and log loss of what happened, mean forecast, rank beside the posterior."""
    with tempfile.TemporaryDirectory() as folder:
        write_contracts(simulate_contracts(scenario), scenario, Path(folder))
        configuration = load_settings(Path(folder) / "tenure.toml")
        data, horizons = configuration.settings.data, configuration.settings.horizons.resolve(PERIOD)
        shop = open_shop(data, configuration.folder)
        truth = pq.read_table(Path(folder) / "truth.parquet").to_pandas().set_index("customer_id")

        def answer(shop: Shop) -> tuple[pd.DataFrame, np.ndarray]:
            past = Past(shop, 0)
            plan = plan_features(past.shop, scenario.as_of, PERIOD, data.attributes)
            everybody = past.state(scenario.as_of, plan).features
            features = everybody[asked(everybody, PERIOD)]
            model = learn(past, scenario.as_of, plan, horizons, lambda *_: None)
            p = 1 - model.answer(features, scenario.as_of)["churn_probability"].to_numpy()
            return features.assign(sbg=fit_renewals(everybody, 0).probability_of_renewal(features)), p

        features, ours = answer(shop)
        with patch("training.past.fit_purchases", fit_purchase_models):
            _, without = answer(shop)
    known = truth.loc[features["customer_id"]]
    posterior = known["posterior_probability_of_return"].to_numpy()
    forecasts = {
        "Tenure": ours,
        "Tenure without sBG": without,
        "sBG": features["sbg"].to_numpy(),
        "posterior": posterior,
        "truth": known["probability_of_return"].to_numpy(),
    }
    returned = known["returned"].to_numpy()
    return pd.DataFrame(
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table per seed and, for several, their mean."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from 1 on")
    parser.add_argument("--no-interactions", action="store_true")
    chosen = parser.parse_args(arguments)
    tables = []
    for seed in range(1, chosen.seeds + 1):
        intensity = 0.0 if chosen.no_interactions else 15.0
        scenario = Scenario(
            chosen.customers,
            seed,
            SUBSCRIPTION,
            churn_window_days=PERIOD,
            clv_horizon_days=PERIOD,
            interactions_per_year=intensity,
        )
        tables.append(measure(scenario))
        print(f"seed {seed}", tables[-1].round(4).to_string(), sep="\n", flush=True)
    if len(tables) > 1:
        mean = pd.concat(tables).groupby("forecaster", sort=False).mean()
        print("mean", mean.round(4).to_string(), sep="\n")


if __name__ == "__main__":
    main()
