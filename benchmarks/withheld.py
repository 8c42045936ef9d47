"""Tenure against the withheld future of real logs, with default settings.

    python -m benchmarks.withheld --data FOLDER
    python -m benchmarks.withheld --data FOLDER --logs online_retail --windows-back 0 1 2

`FOLDER` holds `cdnow/`, `online_retail/` and `complete_journey/`, each with a `purchases.parquet`, and
`interactions.parquet` and `customers.parquet` where there are any. Trains on what was known on the log's date, or so
many windows earlier, predicts, and compares with what then happened.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from features.door.open import DataSettings, open_shop
from features.plan import plan_features
from models.cells import Floats
from models.horizons import Horizons
from training import metrics
from training.learn import learn
from training.past import Past


@dataclass(frozen=True)
class Log:
    """A log's folder, and the date and the window that the field's published figures are about."""

    name: str
    as_of: date
    window_days: int


LOGS = (
    Log("cdnow", date(1998, 1, 1), 180),
    Log("online_retail", date(2011, 9, 9), 90),
    Log("complete_journey", date(2017, 10, 1), 90),
)
FIFTHS = 5
ENOUGH_JUDGED = 50


def open_log(log: Log, data: Path, quarantine: Path) -> Past:
    """The past of a log in the folder `data`; customers need not stand in its table of customers."""
    files = {
        name: str((data / log.name / f"{name}.parquet").resolve())
        for name in ("purchases", "interactions", "customers")
    }
    given = {name: file for name, file in files.items() if Path(file).exists()}
    settings = DataSettings.model_validate({**given, "unknown_customers": "keep"})
    return Past(open_shop(settings, quarantine), seed=0)


def judge(past: Past, as_of: date, window_days: int) -> dict[str, float]:
    """The metrics of one date and window, what happened in it being withheld from the training."""
    started = time.perf_counter()
    plan = plan_features(past.shop, as_of, window_days, ())
    horizons = Horizons(churn_window_days=window_days, clv_horizon_days=window_days)
    model = learn(past, as_of, plan, horizons, lambda *_: None)
    answers = model.answer(past.state(as_of, plan).features, as_of)
    seconds = time.perf_counter() - started
    return measures(answers, past.labels(as_of, window_days), as_of) | {"seconds": seconds}


def measures(answers: pd.DataFrame, labels: pd.DataFrame, as_of: date) -> dict[str, float]:
    """Answers beside what happened; both have one row per customer in the same order."""
    returned = np.where(labels["purchase_days"] > 0, 1.0, 0.0)
    spend = labels["spend"].to_numpy(dtype=float)
    p_return = 1 - answers["churn_probability"].to_numpy(dtype=float)
    clv, low, high = (answers[name].to_numpy(dtype=float) for name in ("clv", "clv_low", "clv_high"))
    found = {
        "customers": float(len(answers)),
        "roc_auc": metrics.roc_auc(returned, p_return),
        "log_loss": metrics.log_loss(returned, p_return),
        "ece": metrics.ece(returned, p_return),
        "ece_floor": metrics.ece_noise_floor(p_return),
        "spearman": metrics.spearman(spend, clv),
        "ngini": metrics.normalized_gini(spend, clv),
        "dmape": metrics.decile_mape(spend, clv),
        "bias": metrics.total_bias(spend, clv),
        "above_high": metrics.share_above_high(spend, high),
        "below_low": metrics.share_below_low(spend, low),
    }
    came = returned > 0
    wait = labels["next_purchase_days"].to_numpy(dtype=float)[came]
    earliest, latest = (
        (answers[name][came] - pd.Timestamp(as_of)).dt.days.to_numpy(dtype=float)
        for name in ("next_purchase_low_at", "next_purchase_high_at")
    )
    found |= {"sooner": float(np.mean(wait < earliest)), "later": float(np.mean(wait > latest))}
    groups = np.array_split(np.argsort(clv, kind="stable"), FIFTHS)
    for number, group in enumerate(groups, 1):
        found[f"above_high_{number}"] = _if_enough(
            high[group], metrics.share_above_high(spend[group], high[group])
        )
    for number, group in enumerate(groups, 1):
        found[f"below_low_{number}"] = _if_enough(
            low[group], metrics.share_below_low(spend[group], low[group])
        )
    return found


def _if_enough(bound: Floats, share: float) -> float:
    """A share of fewer than so many customers tells nothing."""
    return share if int((bound > 0).sum()) >= ENOUGH_JUDGED else float("nan")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one column per log and date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--logs", nargs="+", choices=[log.name for log in LOGS])
    parser.add_argument("--windows-back", type=int, nargs="+", default=[0])
    chosen = parser.parse_args(arguments)
    columns = {}
    for log in LOGS:
        if chosen.logs and log.name not in chosen.logs:
            continue
        with tempfile.TemporaryDirectory() as folder:
            past = open_log(log, chosen.data, Path(folder))
            for back in chosen.windows_back:
                as_of = log.as_of - timedelta(days=back * log.window_days)
                columns[f"{log.name} {as_of}"] = judge(past, as_of, log.window_days)
    print(pd.DataFrame(columns).round(4).to_string())


if __name__ == "__main__":
    main()
