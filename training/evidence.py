"""What a model version carries to be believed: how its recipe did on a past date, as plain numbers."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from models.empc import empc
from training import metrics
from training.curves import captured, deciles, reliability, shares
from training.held_out import HeldOut
from training.peers import OURS, PeerForecast


def gather_evidence(held: HeldOut, peers: Mapping[str, PeerForecast]) -> dict[str, Any]:
    """Plain JSON about one held-out churn window; money in shop currency, what a sample cannot tell is None.

    `reliability`: bins of the churn probability. `gains`: the share of all churners found in the top share of
    the list, and by picking those silent for longest. `deciles`: of clv, the highest last, means per customer.
    `empc`: what the paper's campaign would have earned per customer by our list, and by silence. `interval`:
    shares outside the 10-90 interval where its bound is above zero. `peers`: ours last.
    """
    returned, spend = (held.judged[name].to_numpy(float) for name in ("returned", "spend"))
    churned, p_return = 1 - returned, held.judged["p_return"].to_numpy(float)
    clv = held.judged["clv"].to_numpy(float)
    silence = held.judged["days_since_last_purchase"].to_numpy(float)
    found = zip(shares(), captured(churned, -p_return), captured(churned, silence), strict=True)
    campaign = empc(churned, 1 - p_return)
    everyone = {**peers, OURS: PeerForecast(p_return, clv)}
    return {
        "as_of": held.as_of.isoformat(),
        "window_days": held.window_days,
        "customers": len(churned),
        "reliability": [dict(row) for row in reliability(churned, 1 - p_return)],
        "gains": [
            {"share": float(share), "captured": float(ours), "by_silence": float(theirs)}
            for share, ours, theirs in found
        ],
        "deciles": [dict(row) for row in deciles(spend, clv)],
        "interval": {
            "above_high": _known(metrics.share_above_high(spend, held.judged["clv_high"].to_numpy(float))),
            "below_low": _known(metrics.share_below_low(spend, held.judged["clv_low"].to_numpy(float))),
        },
        "empc": {
            "profit": campaign.profit,
            "fraction": campaign.fraction,
            "by_silence": empc(churned, silence).profit,
        },
        "peers": [
            {
                "forecaster": name,
                "roc_auc": _known(metrics.roc_auc(returned, forecast.p_return)),
                "log_loss": _known(metrics.log_loss(returned, forecast.p_return)),
                "normalized_gini": _known(metrics.normalized_gini(spend, forecast.spend)),
                "total_bias": _known(metrics.total_bias(spend, forecast.spend)),
            }
            for name, forecast in everyone.items()
        ],
    }


def _known(number: float) -> float | None:
    return number if isfinite(number) else None
